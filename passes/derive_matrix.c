/* Matrices of derivatives as products: hessian, jacobian.
 *
 *     f_hess(inputs) -> hess               forward over reverse: a sweep for each element of a
 *                                          variable; n by n, the variables flattened in order
 *     f_jac(inputs)  -> results, jac_y_x   for each real result y and variable x: axes of y, then
 *                                          of x
 *
 * A sweep for each element is one sweep along a unit at indices of its own, inside a nest over
 * them. The jacobian takes forward mode, a sweep for each element of the variables, or reverse
 * mode, one for each of the results: the fewer if all lengths are known, else by the greatest
 * number of axes, forward mode if these are alike. */
#include "passes/derive.h"
#include "passes/point.h"

#include <string.h>

/* ---------------------------------------------------------------------- hessian */

/* An entry of the matrix, which has one width: that of `real`, or f64 where widths meet. */
static const struct adc_node *hessian_entry(struct derivation *d, const struct adc_node *value,
                                            enum adc_type type)
{
    if (!value) return adc_real(d->to->graph, type, 0.0);
    if (value->type == (uint8_t)type) return value;
    return adc_apply1(d->to->graph, ADC_OP_F32_TO_F64, value);
}

static enum adc_type hessian_type(const struct derivation *d)
{
    for (size_t i = 0; i < d->vars.count; i++)
        if (derive_var(d, i)->type == ADC_F64) return ADC_F64;
    return ADC_F32;
}

/* Of scalars alone: one expression for each entry on or above the diagonal. */
static void scalar_hessian(struct derivation *d)
{
    struct adc_graph *graph = d->to->graph;
    size_t n = d->vars.count;
    enum adc_type type = hessian_type(d);
    struct pass_seed *grads = ADC_NEW_ARRAY(d->scratch, struct pass_seed, n);
    struct adc_result hess = {.role = ADC_ROLE_HESSIAN, .type = type, .named = true};
    hess.name = hess.of = adc_name_of(d->names, "hess");
    hess.count = (uint32_t)(n * n);
    hess.nodes = ADC_NEW_ARRAY(graph->arena, const struct adc_node *, n *n);
    for (size_t i = 0; i < n; i++) {
        const struct adc_node *bar = d->wrt.data[i].value;
        grads[i].node = bar ? bar : adc_real(graph, type, 0.0);
    }
    for (size_t i = 0; i < n; i++) {
        const struct adc_node *x = d->wrt.data[i].node;
        struct pass_seed along = {x, adc_real(graph, x->type, 1.0)};
        pass_forward(graph, &along, 1, grads + i, n - i, d->scratch);
        for (size_t j = i; j < n; j++) {
            hess.nodes[i * n + j] = hessian_entry(d, grads[j].value, type);
            hess.nodes[j * n + i] = hess.nodes[i * n + j];
        }
    }
    derive_drop_results(d);
    ADC_PUSH(graph->arena, d->to->results, hess);
}

static const struct adc_node *int_sum(struct adc_graph *graph, const struct adc_node *a,
                                      const struct adc_node *b)
{
    if (adc_is_const(a) && a->value.integer == 0) return b;
    return adc_apply2(graph, ADC_OP_IADD, a, b);
}

static const struct adc_node *element_count(struct adc_graph *graph, const struct adc_node *like)
{
    const struct adc_node *count = adc_int(graph, 1);
    for (unsigned i = 0; i < like->rank; i++)
        count = i ? adc_apply2(graph, ADC_OP_IMUL, count, adc_shape(like, i)) : adc_shape(like, i);
    return count;
}

/* The number of the element among those of all variables, the first of this one being `first`. */
static const struct adc_node *flat(struct adc_graph *graph, const struct adc_node *first,
                                   const struct adc_node *like, const struct adc_node *const *index)
{
    const struct adc_node *at = adc_int(graph, 0);
    for (unsigned i = 0; i < like->rank; i++) {
        if (i) at = adc_apply2(graph, ADC_OP_IMUL, at, adc_shape(like, i));
        at = int_sum(graph, at, index[i]);
    }
    return int_sum(graph, first, at);
}

/* Variable `i` among all of them. */
struct part {
    const struct adc_node *node, *first, *grad;
    const struct adc_node *index[ADC_MAX_RANK];
};

struct matrix {
    struct derivation *d;
    enum adc_type type;
    const struct adc_node *length, *sum;
};

/* Adds the block of `row` and `column`, and its transpose. */
static void add_block(struct matrix *m, const struct part *row, const struct part *column,
                      const struct adc_node *dot)
{
    struct adc_graph *graph = m->d->to->graph;
    const struct adc_node *index[2 * ADC_MAX_RANK], *target[2], *shape[] = {m->length, m->length};
    struct adc_nest nest = {.reduce = ADC_REDUCE_SET, .rank = 2, .target = target, .shape = shape};
    for (unsigned i = 0; i < row->node->rank; i++) index[nest.index_count++] = row->index[i];
    for (unsigned i = 0; i < column->node->rank; i++) index[nest.index_count++] = column->index[i];
    if (dot && dot->rank) dot = adc_read(graph, dot, column->index);
    nest.value = hessian_entry(m->d, dot, m->type);
    nest.index = index;
    target[0] = flat(graph, row->first, row->node, row->index);
    target[1] = flat(graph, column->first, column->node, column->index);
    for (unsigned side = 0; side < (row->node == column->node ? 1u : 2u); side++) {
        const struct adc_node *block = adc_nest(graph, &nest), *first = target[0];
        m->sum = m->sum ? adc_join(graph, m->sum, block) : block;
        target[0] = target[1];
        target[1] = first;
    }
}

/* Of arrays: blocks that are stored where they belong. */
static void array_hessian(struct derivation *d)
{
    struct adc_graph *graph = d->to->graph;
    size_t n = d->vars.count;
    struct part *parts = ADC_NEW_ARRAY(d->scratch, struct part, 2 * n), *columns = parts + n;
    struct pass_seed *dots = ADC_NEW_ARRAY(d->scratch, struct pass_seed, n);
    struct matrix m = {.d = d, .type = hessian_type(d), .length = adc_int(graph, 0)};
    for (size_t i = 0; i < n; i++) {
        const struct adc_node *node = d->wrt.data[i].node, *bar = d->wrt.data[i].value;
        parts[i] = (struct part){.node = node, .first = m.length};
        parts[i].grad = bar ? bar : adc_zero_like(graph, node);
        columns[i] = parts[i];
        adc_fresh_indices(d->to->graph, node, parts[i].index);
        adc_fresh_indices(d->to->graph, node, columns[i].index);
        m.length = int_sum(graph, m.length, element_count(graph, node));
        dots[i].node = parts[i].grad;
    }
    for (size_t i = 0; i < n; i++) {
        struct pass_seed along = {parts[i].node, adc_unit(graph, parts[i].node, parts[i].index)};
        pass_forward(graph, &along, 1, dots + i, n - i, d->scratch);
        for (size_t j = i; j < n; j++) add_block(&m, &parts[i], &columns[j], dots[j].value);
    }
    struct adc_result hess = {.role = ADC_ROLE_HESSIAN};
    hess.name = hess.of = adc_name_of(d->names, "hess");
    derive_drop_results(d);
    derive_output(d, hess, m.sum, m.sum);
}

bool derive_hessian(struct derivation *d)
{
    bool arrays = false;
    if (!derive_gradient(d)) return false;
    for (size_t i = 0; i < d->vars.count; i++) arrays |= d->wrt.data[i].node->rank > 0;
    if (arrays) array_hessian(d);
    else scalar_hessian(d);
    return true;
}

/* --------------------------------------------------------------------- jacobian */

/* Of several arrays: how many elements, if that is known, and the most axes. */
struct extent {
    int64_t elements;
    bool known;
    unsigned axes;
};

static void add_extent(struct extent *extent, const struct adc_node *node)
{
    enum { MANY = 1 << 24 };
    int64_t elements = 1;
    for (unsigned i = 0; i < node->rank; i++) {
        const struct adc_node *length = adc_shape(node, i);
        extent->known &= adc_is_const(length);
        if (!extent->known) break;
        int64_t n = length->value.integer;
        elements *= n < 0 ? 0 : n < MANY ? n : MANY;
        if (elements > MANY) elements = MANY;
    }
    if (extent->elements < MANY) extent->elements += elements;
    if (node->rank > extent->axes) extent->axes = node->rank;
}

/* All real results, or the one that the caller names. `@derive(grad = loss)` is of gradients. */
static bool has_jacobian(const struct derivation *d, const struct adc_result *y)
{
    const char *of = d->options->of;
    return adc_type_is_real(y->type) && (!of || !strcmp(y->name->text, of));
}

static bool prefers_reverse(const struct derivation *d)
{
    struct extent results = {.known = true}, vars = {.known = true};
    for (size_t i = 0; i < d->to->results.count; i++)
        if (has_jacobian(d, &d->to->results.data[i]))
            add_extent(&results, d->to->results.data[i].nodes[0]);
    for (size_t i = 0; i < d->wrt.count; i++) add_extent(&vars, d->wrt.data[i].node);
    if (results.known && vars.known) return results.elements < vars.elements;
    return results.axes < vars.axes;
}

/* The rows of one result and the columns of one variable. */
struct block {
    const struct adc_node *y, *x;
    const struct adc_node *rows[ADC_MAX_RANK], *columns[ADC_MAX_RANK];
};

static void add_jacobian(struct derivation *d, const struct adc_result *y, size_t x,
                         const struct block *block, const struct adc_node *value)
{
    struct adc_graph *graph = d->to->graph;
    const struct adc_node *index[2 * ADC_MAX_RANK], *shape[2 * ADC_MAX_RANK];
    struct adc_nest nest = {.reduce = ADC_REDUCE_SET, .value = value};
    for (unsigned i = 0; i < block->y->rank; i++) {
        shape[nest.rank] = adc_shape(block->y, i);
        index[nest.rank++] = block->rows[i];
    }
    for (unsigned i = 0; i < block->x->rank; i++) {
        shape[nest.rank] = adc_shape(block->x, i);
        index[nest.rank++] = block->columns[i];
    }
    nest.index_count = nest.rank;
    nest.target = nest.index = index;
    nest.shape = shape;
    if (!value) nest.value = adc_real(graph, y->type, 0.0);
    const struct adc_name *name =
        derive_joined(d, derive_joined(d, "jac_", y->name->text)->text, "_");
    struct adc_result jac = {.of = y->name, .role = ADC_ROLE_JACOBIAN};
    jac.name = derive_joined(d, name->text, derive_var(d, x)->name->text);
    const struct adc_node *node = nest.rank ? adc_nest(graph, &nest) : nest.value;
    derive_output(d, jac, node, node);
}

/* Those of a map: so its loops are also those of its derivatives. */
static void own_indices(const struct adc_node *map, const struct adc_node **index)
{
    struct adc_nest nest = adc_nest_parts(map);
    for (unsigned i = 0; i < nest.rank; i++) index[i] = nest.index[i];
}

static const struct adc_node *forward_block(struct derivation *d, const struct block *block)
{
    struct adc_graph *graph = d->to->graph;
    struct pass_seed along = {block->x, adc_unit(graph, block->x, block->columns)};
    struct pass_seed output = {block->y, NULL};
    pass_forward(graph, &along, 1, &output, 1, d->scratch);
    if (!output.value || !block->y->rank) return output.value;
    return point_element(graph, output.value, block->rows, d->scratch);
}

static const struct adc_node *reverse_block(struct derivation *d, const struct block *block)
{
    struct adc_graph *graph = d->to->graph;
    struct pass_seed output = {block->y, adc_unit(graph, block->y, block->rows)};
    struct pass_seed x = {block->x, NULL};
    pass_reverse(graph, &output, 1, &x, 1, d->scratch);
    if (!x.value || !block->x->rank) return x.value;
    return point_element(graph, x.value, block->columns, d->scratch);
}

bool derive_jacobian(struct derivation *d)
{
    bool reverse = prefers_reverse(d), found = !d->options->of;
    size_t count = d->to->results.count;
    for (size_t r = 0; r < count; r++) {
        struct adc_result y = d->to->results.data[r];
        if (!has_jacobian(d, &y)) continue;
        found = true;
        for (size_t v = 0; v < d->vars.count; v++) {
            struct block block = {.y = y.nodes[0], .x = d->wrt.data[v].node};
            if (!reverse && point_is_map(block.y)) own_indices(block.y, block.rows);
            else adc_fresh_indices(d->to->graph, block.y, block.rows);
            adc_fresh_indices(d->to->graph, block.x, block.columns);
            add_jacobian(d, &y, v, &block,
                         reverse ? reverse_block(d, &block) : forward_block(d, &block));
        }
    }
    if (!found)
        adc_diag_add(d->diags, ADC_E49, d->from->span, "`%s` has no real result `%s`",
                     d->from->name->text, d->options->of);
    return found;
}
