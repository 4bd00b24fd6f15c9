/* The order of loops, and arrays of values for reductions that are asked for elsewhere than where
 * their loops can
 * stand. */
#include "passes/arrange.h"

/* An array over those free indices of a scalar that come behind all loops with state, by the
 * reduction of `nest`
 * over its indices, and the read of the element at hand. */
static const struct adc_node *array_of(struct arrange *arrange, struct adc_nest nest,
                                       const struct adc_indices *free)
{
    const struct adc_node *target[ADC_MAX_RANK], *shape[ADC_MAX_RANK], *index[ADC_MAX_NEST];
    struct adc_graph *graph = arrange->to->graph;
    uint32_t time = arrange_time_rank(arrange, free);
    for (uint32_t i = 0; i < free->count; i++) {
        if (arrange_rank(arrange, free->index[i]) <= time) continue;
        ADC_INVARIANT(nest.rank < ADC_MAX_RANK, graph);
        index[nest.rank++] = free->index[i];
    }
    arrange_sort(arrange, index, nest.rank);
    for (unsigned i = 0; i < nest.rank; i++) target[i] = arrange_axis(arrange, index[i], &shape[i]);
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
    const struct adc_node *index[ADC_MAX_NEST], *target[ADC_MAX_RANK];
    for (unsigned i = 0; i < nest.index_count; i++) index[i] = nest.index[i];
    for (unsigned i = 0; i < nest.rank; i++) target[i] = nest.target[i];
    for (unsigned i = 0; i < nest.index_count; i++) {
        const struct adc_node *old = index[i], *fresh = arrange_fresh(arrange, old, 0);
        nest.value = adc_rename(graph, nest.value, old, fresh, arrange->scratch);
        nest.guard = adc_rename(graph, nest.guard, old, fresh, arrange->scratch);
        for (unsigned j = 0; j < nest.rank; j++)
            target[j] = adc_rename(graph, target[j], old, fresh, arrange->scratch);
        for (unsigned j = i + 1; j < nest.index_count; j++)
            index[j] = adc_rename(graph, index[j], old, fresh, arrange->scratch);
        index[i] = fresh;
    }
    nest.index = index;
    nest.target = target;
    return adc_nest(graph, &nest);
}

/* Whether all indices that would become axes have lengths. */
static bool has_axes(const struct arrange *arrange, const struct adc_indices *free)
{
    uint32_t time = arrange_time_rank(arrange, free);
    for (uint32_t i = 0; free && i < free->count; i++)
        if (arrange_rank(arrange, free->index[i]) > time &&
            !arrange_has_ends(arrange, free->index[i]))
            return false;
    return true;
}

/* Whether the range of an index mentions one that comes behind it: one that has been moved in. */
static bool is_overtaken(const struct arrange *arrange, const struct adc_node *index)
{
    for (uint32_t i = 0; index->free && i < index->free->count; i++)
        if (arrange_rank(arrange, index->free->index[i]) > arrange_rank(arrange, index))
            return true;
    return false;
}

/* Whether all indices of a nest, and those around it, stand where they will. */
static bool is_settled(const struct arrange *arrange, const struct adc_nest *nest,
                       const struct adc_indices *around)
{
    bool overtaken = false;
    for (unsigned i = 0; i < nest->index_count; i++)
        overtaken |= is_overtaken(arrange, nest->index[i]);
    for (uint32_t i = 0; around && i < around->count; i++)
        overtaken |= is_overtaken(arrange, around->index[i]);
    return !overtaken;
}

static uint32_t last_rank(const struct arrange *arrange, const struct adc_indices *scope)
{
    uint32_t last = 0;
    for (uint32_t i = 0; scope && i < scope->count; i++) {
        uint32_t rank = arrange_rank(arrange, scope->index[i]);
        if (rank > last) last = rank;
    }
    return last;
}

/* A LOOP stands in a nest that has been moved in: so its own index comes behind that nest's. */
static const struct adc_node *loop_behind(struct arrange *arrange, const struct adc_node *loop,
                                          uint32_t last)
{
    if (arrange_rank(arrange, loop->in[0]) > last) return loop;
    arrange->moved = true;
    return arrange_loop_over(arrange, loop, arrange_fresh(arrange, loop->in[0], 0));
}

const struct adc_node *arrange_order(struct arrange *arrange, const struct adc_node *node,
                                     const struct adc_node *const *in)
{
    const struct adc_node *made = arrange_copy(arrange, node, in), *index[ADC_MAX_NEST];
    const struct adc_indices *scope = arrange->updates.scope[node->id];
    uint32_t last = last_rank(arrange, scope);
    if (made->op == ADC_OP_LOOP) return loop_behind(arrange, made, last);
    if (made->op != ADC_OP_NEST) return made;
    struct adc_nest nest = adc_nest_parts(made);
    for (unsigned i = 0; i < nest.index_count; i++) index[i] = nest.index[i];
    arrange_sort(arrange, index, nest.index_count);
    nest.index = index;
    uint32_t first = nest.index_count ? arrange_rank(arrange, index[0]) : UINT32_MAX;
    if (first > last) return adc_nest(arrange->to->graph, &nest);
    bool apart =
        nest.reduce == ADC_REDUCE_SUM && !nest.rank && is_settled(arrange, &nest, made->free);
    if (apart && first > arrange_time_rank(arrange, scope) && has_axes(arrange, made->free))
        return array_of(arrange, nest, made->free);
    arrange->moved = true; /* nests inside may stand in the wrong order now */
    return moved_in(arrange, nest);
}

/* ------------------------------------------------------------------------- store */

/* Whether the indices in whose loops a scalar or an array is made are not the outermost ones of
 * `path`. */
static bool is_misplaced(const struct arrange *arrange, const struct adc_node *node,
                         const struct adc_node *const *path, unsigned depth)
{
    const struct adc_indices *scope = arrange->updates.scope[node->id];
    uint32_t count = scope ? scope->count : 0, found = 0;
    for (unsigned i = 0; i < depth && i < count; i++) found += adc_indices_has(scope, path[i]);
    return found < count;
}

/* Marks, in `misplaced` by id, what the body of a nest or loop asks for although it is made in
 * other loops than the outermost ones around: scalar reductions, results of loops, and READs of
 * arrays. */
static void find_misplaced(struct arrange *arrange, const struct adc_node *node, uint32_t *stamp,
                           uint8_t *misplaced)
{
    const struct adc_graph *graph = arrange->from->graph;
    const struct adc_node *path[ADC_MAX_NEST];
    unsigned depth = arrange_path(arrange, node, path);
    for (unsigned i = 0; i < node->count; i++) stamp[node->in[i]->id] = node->id;
    for (uint32_t id = node->id; id-- > 0;) {
        const struct adc_node *inner = graph->nodes.data[id];
        if (stamp[id] != node->id || !inner->free) continue;
        bool closed = inner->op == ADC_OP_NEST || inner->op == ADC_OP_LOOP;
        bool scalar = (inner->op == ADC_OP_NEST || inner->op == ADC_OP_FINAL) && !inner->rank;
        if (scalar && is_misplaced(arrange, inner, path, depth)) misplaced[id] = ARRANGE_MISPLACED;
        if (inner->op == ADC_OP_READ && is_misplaced(arrange, inner->in[0], path, depth))
            misplaced[id] = ARRANGE_MISPLACED;
        if (closed) continue; /* it looks after its own body */
        for (unsigned i = 0; i < inner->count; i++) stamp[inner->in[i]->id] = node->id;
    }
}

/* A copy of an array of the old graph that has an axis for each index of its scope that comes
 * behind all loops with state, and these indices. */
static const struct adc_node *stored(struct arrange *arrange, const struct adc_node *array,
                                     const struct adc_node **axes, unsigned *count)
{
    struct adc_graph *graph = arrange->to->graph;
    const struct adc_node *made = arrange->map[array->id], **copy = &arrange->copy[array->id];
    const struct adc_node *index[ADC_MAX_NEST], *target[ADC_MAX_RANK], *shape[ADC_MAX_RANK];
    const struct adc_indices *scope = arrange->updates.scope[array->id];
    uint32_t time = arrange_time_rank(arrange, scope);
    *count = 0;
    for (uint32_t i = 0; i < scope->count; i++)
        if (arrange_rank(arrange, scope->index[i]) > time)
            axes[(*count)++] = arrange->map[scope->index[i]->id];
    arrange_sort(arrange, axes, *count);
    if (*copy) return *copy;
    struct adc_nest nest = {.reduce = ADC_REDUCE_SET, .rank = *count + made->rank};
    ADC_INVARIANT(nest.rank <= ADC_MAX_RANK, graph);
    for (unsigned i = 0; i < *count; i++)
        target[i] = arrange_axis(arrange, index[i] = axes[i], &shape[i]);
    for (unsigned i = 0; i < made->rank; i++) {
        const struct adc_node *length = shape[*count + i] = adc_shape(made, i);
        const struct adc_node *like = adc_index(graph, 0, adc_int(graph, 0), length);
        target[*count + i] = index[*count + i] = arrange_fresh(arrange, like, 0);
    }
    nest.value = adc_read(graph, made, target + *count);
    nest.target = target;
    nest.shape = shape;
    nest.index = index;
    nest.index_count = nest.rank;
    return *copy = adc_nest(graph, &nest);
}

/* The element of an array that is read where its loops are not. */
static const struct adc_node *stored_element(struct arrange *arrange, const struct adc_node *read,
                                             const struct adc_node *const *in)
{
    const struct adc_node *at[ADC_MAX_NEST], *length;
    unsigned count;
    const struct adc_node *array = stored(arrange, read->in[0], at, &count);
    for (unsigned i = 0; i < count; i++) at[i] = arrange_axis(arrange, at[i], &length);
    for (unsigned i = 1; i < read->count; i++) at[count++] = in[i];
    return adc_read(arrange->to->graph, array, at);
}

static const struct adc_node *store(struct arrange *arrange, const struct adc_node *node,
                                    const struct adc_node *const *in)
{
    if (!arrange->marks[node->id]) return arrange_copy(arrange, node, in);
    if (node->op == ADC_OP_READ && arrange->marks[node->id] == ARRANGE_MISPLACED)
        return stored_element(arrange, node, in);
    const struct adc_node *made = arrange_copy(arrange, node, in);
    struct adc_nest nest = {.reduce = ADC_REDUCE_SET, .value = made};
    nest.guard = adc_bool(arrange->to->graph, true);
    return array_of(arrange, nest, made->free);
}

struct adc_function *arrange_store(struct arrange *arrange, const struct adc_function *from)
{
    const struct adc_graph *graph = from->graph;
    struct adc_arena *scratch = arrange->scratch;
    uint32_t *stamp = ADC_NEW_ARRAY(scratch, uint32_t, graph->nodes.count);
    arrange->marks = ADC_NEW_ARRAY(scratch, uint8_t, graph->nodes.count);
    arrange->copy = ADC_NEW_ARRAY(scratch, const struct adc_node *, graph->nodes.count);
    arrange_look(arrange, from);
    for (size_t id = 0; id < graph->nodes.count; id++) {
        const struct adc_node *node = graph->nodes.data[id];
        if (arrange->updates.live[id] && (node->op == ADC_OP_NEST || node->op == ADC_OP_LOOP))
            find_misplaced(arrange, node, stamp, arrange->marks);
    }
    if (!pass_is_in(arrange->without, PASS_HOIST)) arrange_find_invariants(arrange, arrange->marks);
    return arrange_rebuild(arrange, from, store);
}
