/* Shapes as written: the sizes in types, where they have their meaning, and dimensions of
 * functions. Recursion is over the depth of a type.
 *
 * A type with a name may take sizes; inside of it they stand for what was written between `<` and
 * `>`, in the frame of the type that wrote it. */
#include "frontend/lower.h"

/* ------------------------------------------------------------------ types as written */

/* The frame of what the type `name` stands for. */
static struct lower_frame *named_frame(struct lower *l, const struct ast *name,
                                       struct lower_frame *outer, bool known)
{
    if (!name->count) return outer;
    struct lower_frame *frame = ADC_NEW(l->arena, struct lower_frame);
    frame->outer = outer;
    frame->named = name;
    frame->cells = ADC_NEW_ARRAY(l->arena, struct lower_cell, name->count);
    for (uint32_t a = 0; known && a < name->count; a++) {
        const struct lower_axis axis = {name->child[a], outer};
        const struct adc_node *size = lower_axis_size(l, &axis);
        if (size) frame->cells[a].value = lower_scalar(l, size);
    }
    return frame;
}

void lower_written(struct lower *l, const struct ast *type, struct lower_frame *frame, bool known,
                   struct lower_type *written)
{
    for (;;) {
        bool named = type->kind == AST_TNAME && type->symbol && type->symbol->kind == SYMBOL_TYPE;
        if (named) {
            frame = named_frame(l, type, frame, known);
            type = type->symbol->decl->child[0];
        } else if (type->kind == AST_TARRAY) {
            for (uint32_t d = 1; d < type->count; d++)
                written->axis[written->rank++] = (struct lower_axis){type->child[d], frame};
            type = type->child[0];
        } else if (type->kind == AST_TRECORD && type->count == 1 && !type->child[0]->text) {
            type = type->child[0]->child[0]; /* a parenthesis */
        } else {
            break;
        }
    }
    written->record = type->kind == AST_TRECORD ? type : NULL;
    written->scalar = written->record ? NULL : type;
    written->frame = frame;
}

/* ------------------------------------------------------------------------- sizes */

static bool is_formal(const struct ast *size)
{
    return size->kind == AST_NAME && size->symbol && size->symbol->kind == SYMBOL_DIM &&
           !size->symbol->function;
}

/* What a size stands for: itself, or what the type that it is a size of was given. */
static struct lower_axis resolved(struct lower_axis axis)
{
    while (is_formal(axis.size)) {
        axis.size = axis.frame->named->child[axis.size->symbol->slot];
        axis.frame = axis.frame->outer;
    }
    return axis;
}

/* `_`, of a parameter or not. */
static bool is_blank(const struct ast *size)
{
    return size->kind == AST_NAME && !size->type;
}

const struct adc_node *lower_axis_size(struct lower *l, const struct lower_axis *axis)
{
    struct lower_axis at = resolved(*axis);
    struct lower_frame *frame = l->frame;
    if (is_blank(at.size) && !at.size->symbol) return NULL;
    l->frame = at.frame;
    const struct adc_node *size;
    if (is_blank(at.size)) {
        size = lower_cell(l, at.size->symbol)->value->node;
    } else {
        ast_walk(l->arena, at.size, lower_visit, l);
        size = lower_size(l, lower_pop(l)->node);
    }
    l->frame = frame;
    return size;
}

/* ------------------------------------------------------------------- expectations */

/* What is compared with a value. */
struct expectation {
    struct lower_frame *frame;
    const struct ast *place;
    const struct adc_name *field; /* the innermost one with a name, or NULL */
};

static void report_size(struct lower *l, const struct expectation *e, const struct adc_node *wanted,
                        const struct adc_node *found, const struct ast *size)
{
    const char *field = e->field ? sema_format(&l->s, " in the field `%s`", e->field->text) : "";
    struct adc_diag *diag =
        adc_diag_add(l->diags, ADC_E20, e->place->span, "expected size %s, found %s%s",
                     lower_size_text(l, wanted), lower_size_text(l, found), field);
    if (!diag->notes) adc_diag_note(l->diags, diag, size->span, "the size is written here");
}

static void expect_size(struct lower *l, const struct expectation *e, const struct lower_axis *axis,
                        const struct adc_node *found)
{
    const struct adc_node *wanted = lower_axis_size(l, axis);
    if (!wanted) return;
    if (lower_compare_sizes(l, wanted, found) == LOWER_DIFFERENT)
        report_size(l, e, wanted, found, axis->size);
    else lower_require_equal(l, e->place, wanted, found);
}

/* Axes of an array of records stand before those of every field: `written` has them, and the first
 * `seen` ones were looked at with another field. */
static void expect(struct lower *l, struct expectation e, const struct ast *type,
                   struct lower_type written, unsigned seen, const struct lower_value *value)
{
    lower_written(l, type, e.frame, true, &written);
    if (!written.record) {
        for (unsigned i = seen; i < written.rank; i++)
            expect_size(l, &e, &written.axis[i], value->array->shape[i]);
        return;
    }
    e.frame = written.frame;
    for (uint32_t f = 0; f < written.record->count; f++) {
        const struct ast *field = written.record->child[f];
        if (field->text) e.field = field->text;
        expect(l, e, field->child[0], written, seen, value->field[f]);
        seen = written.rank;
    }
}

void lower_expect_shape(struct lower *l, const struct ast *type, const struct lower_value *value,
                        const struct ast *place)
{
    const struct expectation e = {.frame = l->frame, .place = place};
    expect(l, e, type, (struct lower_type){.rank = 0}, 0, value);
}

/* ------------------------------------------------------- dimensions of a function */

static void bind_array(struct lower *l, const struct lower_type *written,
                       const struct lower_array *array)
{
    for (unsigned i = 0; i < written->rank; i++) {
        struct lower_axis axis = resolved(written->axis[i]);
        struct sema_symbol *symbol = axis.size->kind == AST_NAME ? axis.size->symbol : NULL;
        if (!symbol || symbol->kind != SYMBOL_DIM || symbol->function != l->frame->function)
            continue;
        struct lower_cell *cell = lower_cell(l, symbol);
        if (cell->value) continue;
        cell->symbol = symbol;
        cell->value = lower_scalar(l, array->shape[i]);
    }
}

static void bind(struct lower *l, const struct ast *type, struct lower_type written,
                 const struct lower_value *value)
{
    struct lower_frame *frame = written.frame;
    lower_written(l, type, frame, false, &written);
    if (value->array) bind_array(l, &written, value->array);
    for (uint32_t f = 0; written.record && f < written.record->count; f++)
        bind(l, written.record->child[f]->child[0], written, value->field[f]);
}

void lower_bind_shape(struct lower *l, const struct sema_symbol *parameter)
{
    if (parameter->decl)
        bind(l, parameter->decl->child[0], (struct lower_type){.frame = l->frame},
             lower_cell(l, parameter)->value);
}

void lower_bind_dims(struct lower *l, const struct ast *const *places)
{
    const struct sema_function *function = l->frame->function;
    for (uint32_t p = 0; p < function->param_count; p++) lower_bind_shape(l, function->params[p]);
    for (uint32_t p = 0; p < function->param_count; p++) {
        const struct sema_symbol *parameter = function->params[p];
        if (parameter->decl)
            lower_expect_shape(l, parameter->decl->child[0], lower_cell(l, parameter)->value,
                               places[p]);
    }
}
