/* The order of loops, and arrays of values for reductions that are asked for elsewhere than where
 * their loops can
 * stand. */
#include "passes/arrange.h"

/* The largest value of a range's end + 1 over all outer indices: a closed length that holds every
 * value. */
static const struct adc_node *hull(struct arrange *arrange, const struct adc_node *index)
{
    struct adc_graph *graph = arrange->to->graph;
    const struct adc_node *high = index->in[1];
    while (high->free) {
        const struct adc_node *inner = high->free->index[high->free->count - 1];
        const struct adc_node *last =
            adc_apply2(graph, ADC_OP_ISUB, inner->in[1], adc_int(graph, 1));
        high = adc_rename(graph, high, inner, last, arrange->scratch);
    }
    return high;
}

/* An array over the free indices of a scalar `value`, by `reduce` over the indices of `nest`, and
 * the read of the
 * element at hand. */
static const struct adc_node *array_of(struct arrange *arrange, struct adc_nest nest,
                                       const struct adc_indices *free)
{
    const struct adc_node *target[ADC_MAX_RANK], *shape[ADC_MAX_RANK], *index[ADC_MAX_INPUTS];
    struct adc_graph *graph = arrange->to->graph;
    ADC_INVARIANT(free->count <= ADC_MAX_RANK, graph);
    nest.rank = free->count;
    for (unsigned i = 0; i < nest.rank; i++) target[i] = index[i] = free->index[i];
    arrange_sort(arrange, target, nest.rank);
    for (unsigned i = 0; i < nest.rank; i++) shape[i] = hull(arrange, target[i]);
    for (unsigned i = 0; i < nest.index_count; i++) index[nest.rank + i] = nest.index[i];
    nest.index_count += nest.rank;
    arrange_sort(arrange, index, nest.index_count);
    nest.target = target;
    nest.shape = shape;
    nest.index = index;
    return adc_read(graph, adc_nest(graph, &nest), target);
}

/* The nest with its indices under fresh names that come last. */
static const struct adc_node *moved_in(struct arrange *arrange, struct adc_nest nest)
{
    struct adc_graph *graph = arrange->to->graph;
    const struct adc_node *index[ADC_MAX_INPUTS];
    for (unsigned i = 0; i < nest.index_count; i++) index[i] = nest.index[i];
    for (unsigned i = 0; i < nest.index_count; i++) {
        const struct adc_node *old = index[i], *fresh = arrange_fresh(arrange, old, 0);
        nest.value = adc_rename(graph, nest.value, old, fresh, arrange->scratch);
        nest.guard = adc_rename(graph, nest.guard, old, fresh, arrange->scratch);
        for (unsigned j = i + 1; j < nest.index_count; j++)
            index[j] = adc_rename(graph, index[j], old, fresh, arrange->scratch);
        index[i] = fresh;
    }
    nest.index = index;
    return adc_nest(graph, &nest);
}

const struct adc_node *arrange_order(struct arrange *arrange, const struct adc_node *node,
                                     const struct adc_node *const *in)
{
    const struct adc_node *made = arrange_copy(arrange, node, in), *index[ADC_MAX_INPUTS];
    if (made->op != ADC_OP_NEST) return made;
    struct adc_nest nest = adc_nest_parts(made);
    for (unsigned i = 0; i < nest.index_count; i++) index[i] = nest.index[i];
    arrange_sort(arrange, index, nest.index_count);
    nest.index = index;
    uint32_t last_free = 0;
    for (uint32_t i = 0; made->free && i < made->free->count; i++) {
        uint32_t rank = arrange_rank(arrange, made->free->index[i]);
        if (rank > last_free) last_free = rank;
    }
    if (!nest.index_count || arrange_rank(arrange, index[0]) > last_free)
        return adc_nest(arrange->to->graph, &nest);
    if (nest.reduce == ADC_REDUCE_SUM) return array_of(arrange, nest, made->free);
    return moved_in(arrange, nest);
}

/* ------------------------------------------------------------------------- store */

/* Marks, in `misplaced` by id, the scalar reductions that the body of `nest` asks for although
 * their free
 * indices are not its outermost ones. */
static void find_misplaced(struct arrange *arrange, const struct adc_graph *graph,
                           const struct adc_node *node, uint32_t *stamp, uint8_t *misplaced)
{
    const struct adc_node *path[ADC_MAX_NEST];
    unsigned depth = arrange_path(arrange, node, path);
    for (unsigned i = 0; i < node->count; i++) stamp[node->in[i]->id] = node->id;
    for (uint32_t id = node->id; id-- > 0;) {
        const struct adc_node *inner = graph->nodes.data[id];
        if (stamp[id] != node->id || !inner->free) continue;
        if (inner->op == ADC_OP_NEST) {
            uint32_t found = 0;
            for (unsigned i = 0; i < depth && i < inner->free->count; i++)
                found += adc_indices_has(inner->free, path[i]);
            if (found < inner->free->count) misplaced[id] = 1;
            continue; /* it looks after its own body */
        }
        for (unsigned i = 0; i < inner->count; i++) stamp[inner->in[i]->id] = node->id;
    }
}

static const struct adc_node *store(struct arrange *arrange, const struct adc_node *node,
                                    const struct adc_node *const *in)
{
    const struct adc_node *made = arrange_copy(arrange, node, in);
    const uint8_t *misplaced = arrange->marks;
    if (!misplaced[node->id]) return made;
    struct adc_nest nest = {.reduce = ADC_REDUCE_SET, .value = made};
    return array_of(arrange, nest, made->free);
}

struct adc_function *arrange_store(struct arrange *arrange, const struct adc_function *from)
{
    const struct adc_graph *graph = from->graph;
    uint32_t *stamp = ADC_NEW_ARRAY(arrange->scratch, uint32_t, graph->nodes.count);
    arrange->marks = ADC_NEW_ARRAY(arrange->scratch, uint8_t, graph->nodes.count);
    for (size_t id = 0; id < graph->nodes.count; id++)
        if (graph->nodes.data[id]->op == ADC_OP_NEST)
            find_misplaced(arrange, graph, graph->nodes.data[id], stamp, arrange->marks);
    return arrange_rebuild(arrange, from, store);
}

/* ------------------------------------------------------------------------- joins */

/* A nest that copies an array under fresh indices. */
static const struct adc_node *copy_of(struct arrange *arrange, const struct adc_node *array)
{
    struct adc_graph *graph = arrange->to->graph;
    const struct adc_node *index[ADC_MAX_RANK], *shape[ADC_MAX_RANK];
    for (unsigned i = 0; i < array->rank; i++) {
        shape[i] = adc_shape(array, i);
        const struct adc_node *like = adc_index(graph, 0, adc_int(graph, 0), shape[i]);
        index[i] = arrange_fresh(arrange, like, 0);
    }
    struct adc_nest nest = {.reduce = ADC_REDUCE_SUM, .rank = array->rank, .target = index};
    nest.shape = shape;
    nest.index = index;
    nest.index_count = array->rank;
    nest.value = adc_read(graph, array, index);
    return adc_nest(graph, &nest);
}

static const struct adc_node *join_operand(struct arrange *arrange, const struct adc_node *old,
                                           const struct adc_node *array)
{
    bool single = arrange->marks[old->id] == 1;
    if (!single || (array->op != ADC_OP_NEST && array->op != ADC_OP_JOIN))
        return copy_of(arrange, array);
    if (array->op == ADC_OP_JOIN || array->number == ADC_REDUCE_SUM) return array;
    struct adc_nest nest = adc_nest_parts(array);
    nest.reduce = ADC_REDUCE_SUM; /* each element at most once: to add is to set */
    return adc_nest(arrange->to->graph, &nest);
}

static const struct adc_node *join(struct arrange *arrange, const struct adc_node *node,
                                   const struct adc_node *const *in)
{
    if (node->op != ADC_OP_JOIN) return arrange_copy(arrange, node, in);
    return adc_join(arrange->to->graph, join_operand(arrange, node->in[0], in[0]),
                    join_operand(arrange, node->in[1], in[1]));
}

/* Array results that are parameters, parts of a join or another result's array too are copied. */
static void own_results(struct arrange *arrange, struct adc_function *function)
{
    size_t count = function->graph->nodes.count;
    uint8_t *taken = ADC_NEW_ARRAY(arrange->scratch, uint8_t, count);
    for (size_t id = 0; id < count; id++) {
        const struct adc_node *node = function->graph->nodes.data[id];
        if (node->op == ADC_OP_JOIN) taken[node->in[0]->id] = taken[node->in[1]->id] = 1;
    }
    for (size_t i = 0; i < function->results.count; i++) {
        struct adc_result *result = &function->results.data[i];
        if (!result->rank) continue;
        const struct adc_node *array = result->nodes[0];
        bool made = array->op == ADC_OP_NEST || array->op == ADC_OP_JOIN;
        if (made && array->id < count && !taken[array->id]) taken[array->id] = 1;
        else result->nodes[0] = copy_of(arrange, array);
    }
}

struct adc_function *arrange_joins(struct arrange *arrange, const struct adc_function *from)
{
    const struct adc_graph *graph = from->graph;
    uint8_t *live = ADC_NEW_ARRAY(arrange->scratch, uint8_t, graph->nodes.count);
    arrange->marks = ADC_NEW_ARRAY(arrange->scratch, uint8_t, graph->nodes.count);
    adc_function_live(from, live);
    for (size_t id = 0; id < graph->nodes.count; id++)
        for (unsigned i = 0; live[id] && i < graph->nodes.data[id]->count; i++) {
            uint8_t *uses = &arrange->marks[graph->nodes.data[id]->in[i]->id];
            if (*uses < 2) ++*uses;
        }
    for (size_t i = 0; i < from->results.count; i++)
        for (uint32_t j = 0; j < from->results.data[i].count; j++)
            arrange->marks[from->results.data[i].nodes[j]->id] = 2;
    struct adc_function *to = arrange_rebuild(arrange, from, join);
    own_results(arrange, to);
    return to;
}
