/* Invariants of outer loops: what the body of a nest computes again and again although an outer
 * index does not change it, and inner indices do (what knows outer indices alone leaves the loops
 * anyway). If it is costly, its values are stored in an array over its own indices: in
 * `sum(n, k: x[n]*exp(w[k]))` there is one exponential for each k.
 *
 * costly   a transcendental, a quotient of ints, or made of one, so an element at a packed index is
 *          stored too, and is contiguous then. Several sums and products of reals as well: an
 *          element of `world[b] @ unbind[b]` takes eight loads and seven operations, and one load
 *          once it has an array; at worst, if the outer loop has one pass, it is stored for
 *          nothing. What does not know the innermost of its indices leaves that loop, and does not
 *          count:
 *          `(x[n, j] - m[j])*p` is made again for each i, p once for all j
 * lazy     what stands in an arm of an `if` stays there: the array would have it for all points.
 *          A filter is asked at all points anyway, for each value of the outer index
 * cost     linear in the bodies of nests */
#include "passes/arrange.h"

enum { WORTH_STORING = 4 }; /* operations on reals */

struct hoisting {
    struct arrange *arrange;
    uint8_t *costly; /* by id: WORTH_STORING or more, or as many operations as it takes */
    uint8_t *inner;  /* and of these what its innermost loop takes */
    uint32_t *stamp; /* by id: the nest that was here last */
    uint8_t *marks;
};

static unsigned own_cost(const struct adc_node *node)
{
    if (node->op == ADC_OP_IDIV || node->op == ADC_OP_IMOD) return WORTH_STORING;
    if (node->op < ADC_OP_FIRST_ELEMENTWISE) return 0;
    if (adc_op_info((enum adc_op)node->op)->properties & ADC_COSTLY) return WORTH_STORING;
    return adc_type_is_real((enum adc_type)node->type) ? 1 : 0;
}

static const struct adc_node *innermost(const struct arrange *arrange, const struct adc_node *node)
{
    const struct adc_node *last = node->free->index[0];
    for (uint32_t i = 1; i < node->free->count; i++)
        if (arrange_rank(arrange, node->free->index[i]) > arrange_rank(arrange, last))
            last = node->free->index[i];
    return last;
}

static uint8_t limited(unsigned cost)
{
    return (uint8_t)(cost < WORTH_STORING ? cost : WORTH_STORING);
}

/* What scalars take, counted up to WORTH_STORING. */
static void find_costly(struct hoisting *h, const struct adc_graph *graph)
{
    struct arrange *arrange = h->arrange;
    h->costly = ADC_NEW_ARRAY(arrange->scratch, uint8_t, graph->nodes.count);
    h->inner = ADC_NEW_ARRAY(arrange->scratch, uint8_t, graph->nodes.count);
    for (size_t id = 0; id < graph->nodes.count; id++) {
        const struct adc_node *node = graph->nodes.data[id];
        bool scalar = node->op >= ADC_OP_FIRST_ELEMENTWISE || node->op == ADC_OP_READ ||
                      node->op == ADC_OP_IF;
        if (!arrange->updates.live[id] || !scalar || node->rank || !node->free) continue;
        const struct adc_node *last = innermost(arrange, node);
        unsigned cost = own_cost(node), inner = cost;
        for (unsigned i = 0; i < node->count; i++) {
            const struct adc_node *in = node->in[i];
            if (!in->free) continue;
            cost += h->costly[in->id];
            if (in->type == ADC_INT || adc_indices_has(in->free, last)) inner += h->inner[in->id];
        }
        h->costly[id] = limited(cost);
        h->inner[id] = limited(inner);
    }
}

static bool may_be_stored(const struct arrange *arrange, const struct adc_node *node)
{
    if (node->type == ADC_BOOL || node->free->count > ADC_MAX_RANK) return false;
    uint32_t time = arrange_time_rank(arrange, node->free);
    unsigned axes = 0;
    for (uint32_t i = 0; i < node->free->count; i++) {
        const struct adc_node *index = node->free->index[i];
        if (arrange->time.data[index->number] == ARRANGE_ANEW) continue;
        if (arrange_rank(arrange, index) <= time || !arrange_has_ends(arrange, index)) return false;
        axes++;
    }
    return axes > 0;
}

/* Whether all indices of the node but not all outside of them are those of the loops around. */
static bool is_invariant(const struct node_list *path, const struct adc_node *node)
{
    uint32_t found = 0;
    for (size_t i = 0; i < path->count && found < node->free->count; i++) {
        if (adc_indices_has(node->free, path->data[i])) found++;
        else if (found < node->free->count) return true;
    }
    return false;
}

static void look_at(struct hoisting *h, const struct adc_node *nest)
{
    struct adc_nest parts = adc_nest_parts(nest);
    const struct adc_node *around[ADC_MAX_NEST];
    struct node_list stack = {0}, path = {0};
    unsigned depth = arrange_path(h->arrange, nest, around);
    for (unsigned i = 0; i < depth; i++) ADC_PUSH(h->arrange->scratch, path, around[i]);
    ADC_PUSH(h->arrange->scratch, stack, parts.value);
    ADC_PUSH(h->arrange->scratch, stack, parts.guard);
    for (unsigned i = 0; i < parts.rank; i++) ADC_PUSH(h->arrange->scratch, stack, parts.target[i]);
    while (stack.count) {
        const struct adc_node *node = stack.data[--stack.count];
        if (h->stamp[node->id] == nest->id || h->costly[node->id] < WORTH_STORING) continue;
        h->stamp[node->id] = nest->id;
        bool pays = h->inner[node->id] == WORTH_STORING;
        if (pays && is_invariant(&path, node) && may_be_stored(h->arrange, node)) {
            if (!h->marks[node->id]) h->marks[node->id] = ARRANGE_INVARIANT;
            continue;
        }
        unsigned count = node->op == ADC_OP_IF ? 1 : node->count;
        for (unsigned i = 0; i < count; i++) ADC_PUSH(h->arrange->scratch, stack, node->in[i]);
    }
}

void arrange_find_invariants(struct arrange *arrange, uint8_t *marks)
{
    const struct adc_graph *graph = arrange->from->graph;
    struct hoisting h = {.arrange = arrange, .marks = marks};
    find_costly(&h, graph);
    h.stamp = ADC_NEW_ARRAY(arrange->scratch, uint32_t, graph->nodes.count);
    for (size_t id = 0; id < graph->nodes.count; id++)
        if (arrange->updates.live[id] && graph->nodes.data[id]->op == ADC_OP_NEST)
            look_at(&h, graph->nodes.data[id]);
}
