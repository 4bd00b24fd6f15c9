/* Sizes when lowering: comparing them, their text, dimensions of functions, shapes as written. */
#include "frontend/lower.h"

const struct adc_node *lower_size(struct lower *l, const struct adc_node *node)
{
    return sizes_canonical(&l->sizes, node);
}

/* ------------------------------------------------------------------------ text */

enum { TEXT_DEPTH = 3 }; /* of div, min ... inside each other; deeper ones are cut */

static void put_size(struct lower *l, const struct size *size, unsigned depth,
                     struct adc_text *out);

static void put_call(struct lower *l, const struct adc_node *node, unsigned depth,
                     struct adc_text *out)
{
    bool infix = node->op == ADC_OP_IDIV || node->op == ADC_OP_IMOD;
    const struct size *a = sizes_of(&l->sizes, node->in[0]), *b = sizes_of(&l->sizes, node->in[1]);
    if (!infix) adc_text_add(out, node->op == ADC_OP_IMIN ? "min(" : "max(");
    else if (a->count > 1) adc_text_add(out, "(");
    put_size(l, a, depth + 1, out);
    if (infix && a->count > 1) adc_text_add(out, ")");
    if (!infix) adc_text_add(out, ", ");
    else adc_text_add(out, node->op == ADC_OP_IDIV ? " div " : " mod ");
    if (infix && b->count > 1) adc_text_add(out, "(");
    put_size(l, b, depth + 1, out);
    if (!infix || b->count > 1) adc_text_add(out, ")");
}

static void put_atom(struct lower *l, const struct adc_node *node, unsigned depth,
                     struct adc_text *out)
{
    const struct adc_name *name = l->graph->names.data[node->id];
    if (node->op == ADC_OP_PARAM) name = l->function->params.data[node->number].name;
    if (node->op == ADC_OP_INDEX && node->number < l->index_names.count)
        name = l->index_names.data[node->number];
    bool call = node->op == ADC_OP_IDIV || node->op == ADC_OP_IMOD || node->op == ADC_OP_IMIN ||
                node->op == ADC_OP_IMAX;
    if (name) adc_text_add(out, name->text);
    else if (call && depth < TEXT_DEPTH) put_call(l, node, depth, out);
    else adc_text_add(out, "...");
}

static void put_term(struct lower *l, const struct size_term *term, uint64_t factor, unsigned depth,
                     struct adc_text *out)
{
    bool written = factor != 1 || term->degree == 0;
    if (written) adc_text_format(out, "%llu", (unsigned long long)factor);
    for (uint32_t i = 0; i < term->degree; i++) {
        uint32_t power = 1;
        if (i && term->atom[i] == term->atom[i - 1]) continue;
        while (i + power < term->degree && term->atom[i + power] == term->atom[i]) power++;
        if (i || written) adc_text_add(out, "*");
        put_atom(l, term->atom[i], depth, out);
        if (power > 1) adc_text_format(out, "^%u", power);
    }
}

static void put_size(struct lower *l, const struct size *size, unsigned depth, struct adc_text *out)
{
    if (size->count == 0) adc_text_add(out, "0");
    for (uint32_t t = 0; t < size->count; t++) {
        const struct size_term *term = &size->term[t];
        bool minus = term->factor < 0;
        if (minus) adc_text_add(out, t ? " - " : "-");
        else if (t) adc_text_add(out, " + ");
        put_term(l, term, minus ? 0 - (uint64_t)term->factor : (uint64_t)term->factor, depth, out);
    }
}

const char *lower_size_text(struct lower *l, const struct adc_node *node)
{
    struct adc_text text;
    adc_text_init(&text, l->arena);
    put_size(l, sizes_of(&l->sizes, node), 0, &text);
    return text.data;
}

/* ------------------------------------------------------------------- comparison */

enum lower_order lower_compare_sizes(struct lower *l, const struct adc_node *a,
                                     const struct adc_node *b)
{
    int64_t constant;
    const struct size *difference =
        sizes_sum(&l->sizes, sizes_of(&l->sizes, a), -1, sizes_of(&l->sizes, b));
    if (!difference || !sizes_is_constant(difference, &constant)) return LOWER_UNKNOWN;
    return constant ? LOWER_DIFFERENT : LOWER_EQUAL;
}

void lower_require_equal(struct lower *l, const struct ast *place, const struct adc_node *a,
                         const struct adc_node *b)
{
    if (lower_compare_sizes(l, a, b) == LOWER_EQUAL) return;
    const struct adc_node *equal = adc_apply2(l->graph, ADC_OP_IEQ, a, b);
    lower_require(l, equal, place,
                  sema_format(&l->s, "`%s` and `%s` must be equal here", lower_size_text(l, a),
                              lower_size_text(l, b)));
}

/* ------------------------------------------------------------- shapes as written */

const struct adc_node *lower_written_size(struct lower *l, struct ast *dimension)
{
    ast_walk(l->arena, dimension, lower_visit, l);
    return lower_size(l, lower_pop(l)->node);
}

static const struct ast *array_of(const struct ast *type)
{
    while (type->kind == AST_TNAME && type->symbol && type->symbol->kind == SYMBOL_TYPE)
        type = type->symbol->decl->child[0];
    return type;
}

/* The sizes written in the type of an array, in order; those of its elements last. */
struct written {
    struct ast *dimension[ADC_MAX_RANK];
    unsigned count;
};

static struct written written_sizes(const struct ast *type)
{
    struct written written = {.count = 0};
    for (type = array_of(type); type->kind == AST_TARRAY; type = array_of(type->child[0]))
        for (uint32_t d = 1; d < type->count; d++)
            written.dimension[written.count++] = type->child[d];
    return written;
}

void lower_written_shape(struct lower *l, const struct ast *type, const struct adc_node **shape)
{
    struct written written = written_sizes(type);
    for (unsigned i = 0; i < written.count; i++) {
        struct ast *dimension = written.dimension[i];
        bool blank = dimension->kind == AST_NAME && !dimension->type;
        shape[i] = blank ? lower_cell(l, dimension->symbol)->value->node
                         : lower_written_size(l, dimension);
    }
}

static void report_size(struct lower *l, const struct ast *place, const struct adc_node *wanted,
                        const struct adc_node *found, const struct ast *dimension)
{
    struct adc_diag *diag =
        adc_diag_add(l->diags, ADC_E20, place->span, "expected size %s, found %s",
                     lower_size_text(l, wanted), lower_size_text(l, found));
    if (!diag->notes) adc_diag_note(l->diags, diag, dimension->span, "the size is written here");
}

static void expect_size(struct lower *l, const struct ast *place, struct ast *dimension,
                        const struct adc_node *found)
{
    bool blank = dimension->kind == AST_NAME && !dimension->type;
    if (blank) return;
    const struct adc_node *wanted = lower_written_size(l, dimension);
    if (lower_compare_sizes(l, wanted, found) == LOWER_DIFFERENT)
        report_size(l, place, wanted, found, dimension);
    else lower_require_equal(l, place, wanted, found);
}

static void expect_array(struct lower *l, const struct ast *type, const struct lower_array *array,
                         const struct ast *place)
{
    struct written written = written_sizes(type);
    for (unsigned i = 0; i < written.count; i++)
        expect_size(l, place, written.dimension[i], array->shape[i]);
}

/* Recursion is over the depth of a type. */
void lower_expect_shape(struct lower *l, const struct ast *type, const struct lower_value *value,
                        const struct ast *place)
{
    type = array_of(type);
    if (value->array) {
        expect_array(l, type, value->array, place);
        return;
    }
    if (type->kind != AST_TRECORD) return;
    for (uint32_t f = 0; f < value->count && f < type->count; f++) {
        const struct ast *field = type->child[f];
        lower_expect_shape(l, field->kind == AST_FIELDDEF ? field->child[0] : field,
                           value->field[f], place);
    }
}

/* ------------------------------------------------------- dimensions of a function */

static bool bound_here(const struct sema_function *function, const struct ast *dimension,
                       struct sema_symbol **symbol)
{
    *symbol = dimension->kind == AST_NAME ? dimension->symbol : NULL;
    return *symbol && (*symbol)->kind == SYMBOL_DIM && (*symbol)->function == function;
}

static void bind_array(struct lower *l, const struct ast *type, const struct lower_array *array)
{
    struct written written = written_sizes(type);
    for (unsigned i = 0; i < written.count; i++) {
        struct sema_symbol *symbol;
        if (!bound_here(l->frame->function, written.dimension[i], &symbol)) continue;
        struct lower_cell *cell = lower_cell(l, symbol);
        if (cell->value) continue;
        cell->symbol = symbol;
        cell->value = lower_scalar(l, array->shape[i]);
    }
}

static void bind_value(struct lower *l, const struct ast *type, const struct lower_value *value)
{
    type = array_of(type);
    if (value->array) bind_array(l, type, value->array);
    if (value->node || value->array || type->kind != AST_TRECORD) return;
    for (uint32_t f = 0; f < value->count && f < type->count; f++)
        bind_value(l, type->child[f]->child[0], value->field[f]);
}

void lower_bind_shape(struct lower *l, const struct sema_symbol *parameter)
{
    if (parameter->decl)
        bind_value(l, parameter->decl->child[0], lower_cell(l, parameter)->value);
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
