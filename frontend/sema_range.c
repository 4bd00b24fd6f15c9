/* Indices: definitions by element, comprehensions, reductions, ranges.
 *
 * An index without `in` takes its range from the first axis that it indexes alone and whose array
 * is there before the index is; that the others agree is seen when lowering, where sizes are known.
 */
#include "frontend/sema.h"

#include <string.h>

/* ---------------------------------------------------------------------- ranges */

/* Of a BINDER or an index (`integer` says so); nowhere else does a range have a meaning. */
struct ast *sema_step_range(struct sema *s, struct ast *node, uint32_t i)
{
    node->type = &s->types->error;
    if (i == 0 && !node->integer) {
        sema_unsupported(s, node->span, "a range");
        return NULL;
    }
    if (i < 2) return node->child[i] ? node->child[i] : AST_SKIP;
    if (i == 2 && node->child[2]) {
        if (node->integer == AST_RANGE_STEPS) return node->child[2];
        sema_unsupported(s, node->child[2]->span, "a step");
        return NULL;
    }
    bool good = true;
    for (unsigned end = 0; end < 3; end++)
        if (node->child[end])
            good &= sema_expect(s, node->child[end], &s->types->scalars[ADC_INT],
                                end == 2 ? "a step" : "the end of a range");
    if (good) node->type = &s->types->unit;
    return NULL;
}

static bool in_constant(struct sema *s)
{
    return !s->frame || !s->frame->function || s->frame->in_default;
}

/* `reverse(a..b)`: a loop goes down. */
static void turn(struct sema *s, struct ast *binder)
{
    const struct ast *range = binder->child[0], *call = range->child[1];
    if (!(binder->flag & AST_BINDER_LOOP) || range->flag != AST_RANGE_UPTO) return;
    if (call->kind != AST_CALL || call->count != 2 || call->child[1]->kind != AST_RANGE) return;
    const struct ast *callee = call->child[0];
    const struct sema_symbol *symbol =
        callee->kind == AST_NAME ? scope_find(s->scope, callee->text) : NULL;
    if (!symbol || !symbol->builtin || strcmp(symbol->builtin->name, "reverse") != 0) return;
    binder->flag |= AST_BINDER_DOWN;
    binder->child[0] = call->child[1];
}

static struct ast *begin_binder(struct sema *s, struct ast *node)
{
    if (!node->child[0]) return AST_SKIP;
    turn(s, node);
    node->child[0]->integer = node->flag & AST_BINDER_LOOP ? AST_RANGE_STEPS : AST_RANGE_ENDS;
    return node->child[0];
}

struct ast *sema_step_binder(struct sema *s, struct ast *node, uint32_t i)
{
    if (i == 0) return begin_binder(s, node);
    if (node->child[0] && (node->child[0]->flag == AST_RANGE_FULL) &&
        (!node->child[0]->child[0] || !node->child[0]->child[1]))
        adc_diag_add(s->diags, ADC_E11, node->child[0]->span,
                     "the range of `%s` needs both its ends", node->text->text);
    node->symbol = sema_define(s, SYMBOL_INDEX, node->text, sema_at(node), node);
    node->symbol->type = &s->types->scalars[ADC_INT];
    sema_take_hints(s, node->symbol);
    node->symbol->last_use = &node->symbol->uses;
    return NULL;
}

/* --------------------------------------------------------------- opening, closing */

void sema_open_indices(struct sema *s, struct ast *node, bool definition)
{
    scope_open(s->scope);
    node->integer = s->frame ? s->frame->floor : 0;
    node->flag = s->diags->error_count;
    if (s->frame && definition) s->frame->floor = s->serials + 1;
}

static const struct sema_use *first_ready(const struct sema_symbol *index)
{
    const struct sema_use *use = index->uses;
    while (use && use->newest >= index->serial) use = use->next;
    return use;
}

static void report_no_range(struct sema *s, const struct ast *binder)
{
    const struct sema_symbol *index = binder->symbol;
    const char *name = binder->text->text;
    struct adc_diag *diag =
        adc_diag_add(s->diags, ADC_E11, sema_at(binder), "cannot tell the range of `%s`", name);
    if (index->uses)
        adc_diag_note(s->diags, diag, index->uses->place->span,
                      "`%s` is made inside, so its length is not known before",
                      sema_source(s, index->uses->array));
    else
        adc_diag_note(s->diags, diag, (struct adc_span){0, 0, 0},
                      "`%s` never indexes an axis alone", name);
    adc_diag_help(s->diags, diag, "`%s in 0..n`", name);
}

void sema_close_indices(struct sema *s, struct ast *node, const struct ast *binders)
{
    bool silent = s->diags->error_count != node->flag;
    for (uint32_t b = 0; b < binders->count; b++) {
        const struct ast *binder = binders->child[b];
        if (binder->kind != AST_BINDER || binder->child[0] || !binder->symbol) continue;
        const struct sema_use *use = first_ready(binder->symbol);
        if (!use && !silent) report_no_range(s, binder);
        binder->symbol->uses = (struct sema_use *)use;
    }
    if (s->frame) s->frame->floor = (uint32_t)node->integer;
    node->integer = 0; /* from here on: what attributes of a loop ask for (sema_attr.c) */
    sema_note_unused(s);
    scope_close(s->scope);
}

/* ------------------------------------------------------------------ definitions */

static void report_filter(struct sema *s, const struct ast *filter)
{
    struct adc_diag *diag =
        adc_diag_add(s->diags, ADC_E18, filter->span,
                     "a filtered definition would have a size known only at run time");
    adc_diag_help(s->diags, diag,
                  "keep the size and write `if c then e else 0`, or filter a reduction");
}

/* The type of an array by its element `value`; the element's own axes come last. */
static const struct sema_type *array_type(struct sema *s, const struct ast *binders,
                                          struct ast *value)
{
    const struct sema_type *type = value->type;
    if (!sema_expect_value(s, value)) return &s->types->error;
    return sema_array_type(s, type, binders->count, binders->span);
}

const struct sema_type *sema_array_type(struct sema *s, const struct sema_type *element,
                                        uint32_t axes, struct adc_span span)
{
    if (element->kind == SEMA_ERROR) return element;
    if (element->axes + axes > ADC_MAX_AXES) {
        sema_unsupported(s, span, sema_format(s, "an array with more than %d axes", ADC_MAX_AXES));
        return &s->types->error;
    }
    if (sema_is(element, ADC_INT)) element = &s->types->scalars[ADC_INT];
    return sema_tensor(s->types, element, axes);
}

struct ast *sema_step_letarray(struct sema *s, struct ast *node, uint32_t i)
{
    struct ast *type = node->child[1], *value = node->child[2];
    if (i == 0) {
        sema_open_indices(s, node, true);
        return node->child[0];
    }
    if (i == 1) return type ? type : AST_SKIP;
    if (i == 2) return value;
    sema_close_indices(s, node, node->child[0]);
    const struct sema_type *made = array_type(s, node->child[0], value);
    if (type && made->kind != SEMA_ERROR) {
        const char *what = sema_format(s, "an element of `%s`", node->text->text);
        bool good = sema_expect(s, value, type->type, what);
        made = good ? sema_array_type(s, type->type, node->child[0]->count, type->span)
                    : &s->types->error;
    }
    node->symbol = sema_define(s, SYMBOL_LET, node->text, sema_at(node), node);
    node->symbol->type = sema_plain(s->types, made);
    node->type = &s->types->unit;
    return NULL;
}

struct ast *sema_step_build(struct sema *s, struct ast *node, uint32_t i)
{
    struct ast *filter = node->child[1];
    if (i == 0) {
        sema_open_indices(s, node, true);
        if (in_constant(s)) sema_unsupported(s, node->span, "an index in a constant");
        return node->child[0];
    }
    if (i == 1) return filter ? filter : AST_SKIP;
    if (i == 2) return node->child[2];
    if (filter) report_filter(s, filter);
    sema_close_indices(s, node, node->child[0]);
    node->type = array_type(s, node->child[0], node->child[2]);
    return NULL;
}

/* ------------------------------------------------------------------- reductions */

static const struct sema_type *logical(struct sema *s, struct ast *body,
                                       enum builtin_reduction reduction, const char *name)
{
    const struct sema_type *wanted = &s->types->scalars[ADC_BOOL];
    if (sema_is_tensor(body->type)) {
        adc_diag_add(s->diags, ADC_E20, body->span, "`%s` takes bools; this is %s", name,
                     sema_shape_text(s, body));
        return &s->types->error;
    }
    sema_expect(s, body, wanted, sema_format(s, "`%s`", name));
    return reduction == BUILTIN_COUNT ? &s->types->scalars[ADC_INT] : wanted;
}

/* Where an extreme value is: its index, a tuple of several. */
static const struct sema_type *position(struct sema *s, struct ast *body, uint32_t count,
                                        const struct builtin *row)
{
    if (sema_is_tensor(body->type)) {
        sema_unsupported(s, body->span, sema_format(s, "`%s` of arrays", row->name));
        return &s->types->error;
    }
    if (count == 1) return &s->types->scalars[ADC_INT];
    struct sema_field *fields = ADC_NEW_ARRAY(s->arena, struct sema_field, count);
    for (uint32_t i = 0; i < count; i++)
        fields[i] = (struct sema_field){NULL, &s->types->scalars[ADC_INT]};
    return sema_record(s->types, fields, count);
}

const struct sema_type *sema_reduced(struct sema *s, struct ast *body, uint32_t count,
                                     const struct builtin *row)
{
    enum builtin_reduction reduction = row->reduction;
    const struct sema_type *type = body->type;
    if (type->kind == SEMA_ERROR) return type;
    if (reduction == BUILTIN_ALL || reduction == BUILTIN_ANY || reduction == BUILTIN_COUNT)
        return logical(s, body, reduction, row->name);
    if (!sema_expect_number(s, body, sema_format(s, "`%s`", row->name))) return &s->types->error;
    if (reduction == BUILTIN_ARGMAX || reduction == BUILTIN_ARGMIN)
        return position(s, body, count, row);
    bool real = reduction == BUILTIN_MEAN || reduction == BUILTIN_VARIANCE ||
                reduction == BUILTIN_LOGSUMEXP;
    const struct sema_type *scalar = sema_plain(s->types, sema_element(s->types, type));
    if (real && scalar->scalar == ADC_INT) scalar = &s->types->scalars[s->types->real];
    return sema_tensor(s->types, scalar, type->rank);
}

/* The row of what is written before the indices; NULL after a message. */
static const struct builtin *reduction_of(struct sema *s, struct ast *callee)
{
    struct sema_symbol *symbol =
        callee->kind == AST_NAME ? scope_find(s->scope, callee->text) : NULL;
    const struct builtin *row = symbol && symbol->kind == SYMBOL_BUILTIN ? symbol->builtin : NULL;
    if (row && row->reduction != BUILTIN_NO_REDUCTION) {
        callee->symbol = symbol;
        callee->type = &s->types->function;
        return row;
    }
    if (callee->kind == AST_NAME && !symbol) {
        sema_report_missing(s, callee);
        return NULL;
    }
    if (callee->kind == AST_ERROR || (symbol && symbol->kind == SYMBOL_MISSING)) return NULL;
    struct adc_diag *diag =
        adc_diag_add(s->diags, ADC_E20, callee->span, "`%s` does not reduce over indices",
                     sema_source(s, callee));
    adc_diag_help(s->diags, diag,
                  "the reductions are sum prod max min mean var_of logsumexp argmax argmin all any "
                  "count");
    return NULL;
}

static const struct sema_type *finish_reduce(struct sema *s, struct ast *node)
{
    const struct builtin *row = node->child[0]->symbol->builtin;
    struct ast *filter = node->child[2];
    if (filter) sema_expect(s, filter, &s->types->scalars[ADC_BOOL], "a filter");
    return sema_reduced(s, node->child[3], node->child[1]->count, row);
}

struct ast *sema_step_reduce(struct sema *s, struct ast *node, uint32_t i)
{
    if (i == 0) {
        node->type = &s->types->error;
        if (!reduction_of(s, node->child[0])) {
            s->skipped = true;
            return NULL;
        }
        sema_open_indices(s, node, true);
        if (in_constant(s)) sema_unsupported(s, node->span, "an index in a constant");
        return AST_SKIP;
    }
    if (i < 4) return node->child[i] ? node->child[i] : AST_SKIP;
    sema_close_indices(s, node, node->child[1]);
    node->type = finish_reduce(s, node);
    return NULL;
}
