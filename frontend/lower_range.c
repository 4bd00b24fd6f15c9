/* Lowering of what binds indices: definitions by element, comprehensions, reductions.
 *
 * An index is open while what it ranges over is lowered; checks in there hold for all its values.
 * The filter of a reduction is an arm around its body. */
#include "frontend/lower.h"

enum { MOST_OPEN = 24 };

struct ast *lower_step_list(struct lower *l, struct ast *node, uint32_t i)
{
    if (i > 0) lower_pop(l);
    if (i < node->count) return node->child[i];
    lower_push(l, l->unit);
    return NULL;
}

/* ---------------------------------------------------------------------- opening */

static bool is_open(const struct lower *l, const struct adc_node *index)
{
    for (size_t i = 0; i < l->open.count; i++)
        if (l->open.data[i].index == index) return true;
    return false;
}

static void keep_name(struct lower *l, const struct adc_node *index, const struct adc_name *name)
{
    while (l->index_names.count <= index->number)
        ADC_PUSH(l->arena, l->index_names, (const struct adc_name *)NULL);
    l->index_names.data[index->number] = name;
}

bool lower_may_open(struct lower *l, const struct ast *binder)
{
    if (l->open.count < MOST_OPEN) return true;
    if (l->open.count == MOST_OPEN)
        adc_diag_add(l->diags, ADC_E37, sema_at(binder), "more than %d indices inside each other",
                     MOST_OPEN);
    return false;
}

void lower_open_index(struct lower *l, const struct ast *binder, const struct adc_node *index,
                      const struct adc_node *value)
{
    const struct sema_symbol *symbol = binder->symbol;
    struct lower_cell *cell = lower_cell(l, symbol);
    *cell = (struct lower_cell){.symbol = symbol, .value = lower_scalar(l, value)};
    ADC_PUSH(l->arena, l->open, (struct lower_open){index, l->instance});
}

static void open_index(struct lower *l, const struct ast *binder, const struct adc_node *low,
                       const struct adc_node *high)
{
    const struct sema_symbol *symbol = binder->symbol;
    const struct adc_node *index = adc_index(l->graph, symbol->name->number, low, high);
    if (is_open(l, index)) index = lower_derived_index(l, index);
    adc_graph_set_name(l->graph, index, symbol->name);
    adc_graph_set_hint(l->graph, index, symbol->hint);
    if (!lower_may_open(l, binder)) index = l->open.data[0].index;
    keep_name(l, index, symbol->name);
    lower_open_index(l, binder, index, index);
}

/* The ends of the range, or the array whose axis the index walks. */
struct ast *lower_step_binder(struct lower *l, struct ast *node, uint32_t i)
{
    const struct ast *range = node->child[0];
    struct lower_range ends = {.low = adc_int(l->graph, 0)};
    if (i == 0 && !range) return node->symbol->uses->array;
    if (range && i < 3) return range->child[i] ? range->child[i] : AST_SKIP;
    if (!range) ends.high = lower_any_array(lower_pop(l))->shape[node->symbol->uses->axis];
    if (range && range->child[2]) ends.step = lower_size(l, lower_pop(l)->node);
    if (range) ends.high = lower_size(l, lower_pop(l)->node);
    if (range && range->child[0]) ends.low = lower_size(l, lower_pop(l)->node);
    l->graph->span = node->span;
    if (node->flag & AST_BINDER_LOOP) lower_open_pass(l, node, &ends);
    else open_index(l, node, ends.low, ends.high);
    lower_push(l, l->unit);
    return NULL;
}

/* The indices of `binders`, the innermost ones, are closed; they are copied to `index`. */
static unsigned close_indices(struct lower *l, const struct ast *binders,
                              const struct adc_node **index)
{
    size_t first = l->open.count - binders->count;
    for (size_t i = first; i < l->open.count; i++) index[i - first] = l->open.data[i].index;
    l->open.count = first;
    return binders->count;
}

/* ------------------------------------------------------------------ definitions */

static bool depends_on_data(struct lower *l, const struct adc_node *length)
{
    const struct size *size = sizes_of(&l->sizes, length);
    for (uint32_t t = 0; t < size->count; t++)
        for (uint32_t i = 0; i < size->term[t].degree; i++) {
            uint16_t op = size->term[t].atom[i]->op;
            if (op == ADC_OP_READ || op == ADC_OP_NEST) return true;
        }
    return false;
}

bool lower_check_axis(struct lower *l, const struct ast *binder, const struct adc_node *index,
                      const struct adc_node *const *earlier, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        if (adc_indices_has(index->in[0]->free, earlier[i]) ||
            adc_indices_has(index->in[1]->free, earlier[i])) {
            struct adc_diag *diag = adc_diag_add(
                l->diags, ADC_E18, sema_at(binder),
                "the range of `%s` depends on another index; definitions are rectangular",
                binder->text->text);
            adc_diag_help(l->diags, diag,
                          "range over all and write `if c then e else 0`, or reduce");
            return false;
        }
    if (!depends_on_data(l, index->in[0]) && !depends_on_data(l, index->in[1])) return true;
    struct adc_diag *diag =
        adc_diag_add(l->diags, ADC_E18, sema_at(binder),
                     "the range of `%s` depends on elements of an array", binder->text->text);
    adc_diag_help(l->diags, diag, "sizes are made of dimensions, constants and scalar ints");
    return false;
}

/* Element 0 is that of the low end. */
static void from_zero(struct lower *l, struct lower_array *made, unsigned axis)
{
    const struct adc_node *index = made->index[axis], *low = index->in[0];
    const struct adc_node *length =
        lower_size(l, adc_apply2(l->graph, ADC_OP_ISUB, index->in[1], low));
    made->shape[axis] = length;
    if (adc_is_const(low) && low->value.integer == 0) return;
    const struct adc_node *ends[] = {adc_int(l->graph, 0), length};
    const struct adc_node *based = adc_index_like(l->graph, index, index->number, ends);
    if (l->graph->names.data[index->id])
        adc_graph_set_name(l->graph, based, l->graph->names.data[index->id]);
    const struct adc_node *to = adc_apply2(l->graph, ADC_OP_IADD, based, low);
    made->body = lower_substitute(l, made->body, &index, &to, 1);
    made->index[axis] = based;
}

/* The indices of a definition; its first axes. */
struct defining {
    const struct adc_node *index[ADC_MAX_INPUTS];
    unsigned count;
};

/* The array of an element, whose own axes come last. */
static const struct lower_value *array_of(struct lower *l, const struct defining *d,
                                          const struct adc_node *body,
                                          const struct lower_array *inner)
{
    struct lower_array made = {.rank = d->count, .body = body, .type = (enum adc_type)body->type};
    for (unsigned i = 0; i < d->count; i++) made.index[i] = d->index[i];
    for (unsigned i = 0; inner && i < inner->rank; i++) {
        made.index[made.rank] = inner->index[i];
        made.shape[made.rank++] = inner->shape[i];
    }
    for (unsigned i = 0; i < d->count; i++) from_zero(l, &made, i);
    return lower_array_value(l, &made);
}

/* Arrays of elements, inside of the indices. */
static const struct lower_value *apart(struct lower *l, const struct lower_value *value)
{
    if (value->node) return value;
    struct lower_value *made = lower_record(l, value->count);
    if (value->array) made->array = lower_apart(l, value->array);
    for (uint32_t f = 0; f < value->count; f++) made->field[f] = apart(l, value->field[f]);
    return made;
}

/* Of records: an array a field. */
static const struct lower_value *arrays_of(struct lower *l, const struct defining *d,
                                           const struct lower_value *value)
{
    if (value->node) return array_of(l, d, value->node, NULL);
    if (value->array) return array_of(l, d, value->array->body, value->array);
    struct lower_value *made = lower_record(l, value->count);
    for (uint32_t f = 0; f < value->count; f++) made->field[f] = arrays_of(l, d, value->field[f]);
    return made;
}

/* The array of the element `value`. */
static const struct lower_value *defined_array(struct lower *l, const struct ast *node,
                                               const struct lower_value *value)
{
    const struct ast *binders = node->child[0];
    const struct adc_node *index[ADC_MAX_INPUTS];
    value = apart(l, value);
    struct defining d = {.count = close_indices(l, binders, index)};
    for (unsigned i = 0; i < d.count; i++) {
        d.index[i] = index[i];
        if (!lower_check_axis(l, binders->child[i], index[i], index, i))
            d.index[i] = lower_axis(l, i, adc_int(l->graph, 0));
    }
    return arrays_of(l, &d, value);
}

/* The type of the elements as the binders see them. */
static const struct sema_type *element_type(struct lower *l, const struct sema_type *array,
                                            const struct ast *binders)
{
    struct sema_types *types = &l->module->types;
    return sema_tensor(types, sema_element(types, array), array->rank - binders->count);
}

struct ast *lower_step_letarray(struct lower *l, struct ast *node, uint32_t i)
{
    if (i == 0) return node->child[0];
    if (i == 1) {
        lower_pop(l);
        return node->child[2];
    }
    l->graph->span = node->span;
    const struct sema_type *type = element_type(l, node->symbol->type, node->child[0]);
    lower_define(l, node->symbol, defined_array(l, node, lower_convert(l, lower_pop(l), type)));
    lower_push(l, l->unit);
    return NULL;
}

struct ast *lower_step_build(struct lower *l, struct ast *node, uint32_t i)
{
    if (i == 0) return node->child[0];
    if (i == 1) {
        lower_pop(l);
        return node->child[2];
    }
    l->graph->span = node->span;
    const struct sema_type *type = element_type(l, node->type, node->child[0]);
    lower_push(l, defined_array(l, node, lower_convert(l, lower_pop(l), type)));
    return NULL;
}

/* ------------------------------------------------------------------- reductions */

/* What the values are converted to before they are reduced. */
static const struct sema_type *reduced_type(struct lower *l, const struct ast *node)
{
    struct sema_types *types = &l->module->types;
    const struct sema_type *body = node->child[3]->type;
    const struct sema_type *scalar = sema_plain(types, sema_element(types, body));
    if (sema_is_numeric(node->type) && node->type->scalar != ADC_INT)
        scalar = &types->scalars[node->type->scalar];
    return sema_tensor(types, scalar, body->rank);
}

static void finish_reduce(struct lower *l, const struct ast *node)
{
    const struct builtin *row = node->child[0]->symbol->builtin;
    const struct adc_node *index[ADC_MAX_INPUTS];
    struct lower_points points = {.index = index};
    const struct lower_value *value = lower_convert(l, lower_pop(l), reduced_type(l, node));
    struct lower_array *array = value->array ? lower_apart(l, value->array) : NULL;
    if (node->child[2]) {
        points.guard = l->arm->condition;
        lower_close_arm(l, false);
    }
    points.count = close_indices(l, node->child[1], index);
    l->graph->span = node->span;
    if (!array) {
        lower_push(l, lower_reduction(l, node, row, &points, value->node));
        return;
    }
    struct lower_array made = *array;
    made.stored = NULL;
    made.body = lower_reduction(l, node, row, &points, array->body)->node;
    made.type = (enum adc_type)made.body->type;
    lower_push(l, lower_array_value(l, &made));
}

struct ast *lower_step_reduce(struct lower *l, struct ast *node, uint32_t i)
{
    struct ast *filter = node->child[2];
    if (i == 0) return AST_SKIP;
    if (i == 1) return node->child[1];
    if (i == 2) {
        lower_pop(l);
        return filter ? filter : AST_SKIP;
    }
    if (i == 3) {
        if (filter) lower_open_arm(l, lower_pop(l)->node, false);
        return node->child[3];
    }
    finish_reduce(l, node);
    return NULL;
}
