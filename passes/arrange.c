/* The steps of arranging, one after the other, and what they share. */
#include "passes/arrange.h"

#include "passes/affine.h"

uint32_t arrange_rank(const struct arrange *arrange, const struct adc_node *index)
{
    return arrange->rank.data[index->number];
}

const struct adc_node *arrange_fresh(struct arrange *arrange, const struct adc_node *like,
                                     uint32_t rank)
{
    uint32_t number = (uint32_t)arrange->rank.count;
    ADC_PUSH(arrange->scratch, arrange->rank, rank ? rank : ++arrange->last_rank);
    ADC_PUSH(arrange->scratch, arrange->time, arrange->time.data[like->number]);
    ADC_PUSH(arrange->scratch, arrange->ends, arrange->ends.data[like->number]);
    return adc_index_like(arrange->to->graph, like, number, like->in);
}

void arrange_sort(struct arrange *arrange, const struct adc_node **index, unsigned count)
{
    for (unsigned i = 1; i < count; i++) {
        const struct adc_node *now = index[i];
        uint32_t rank = arrange_rank(arrange, now);
        unsigned at = i;
        for (; at && arrange_rank(arrange, index[at - 1]) > rank; at--) index[at] = index[at - 1];
        index[at] = now;
    }
}

const struct adc_node *arrange_copy(struct arrange *arrange, const struct adc_node *node,
                                    const struct adc_node *const *in)
{
    return adc_copy(arrange->to->graph, arrange->from->graph, node, in);
}

unsigned arrange_path(struct arrange *arrange, const struct adc_node *node,
                      const struct adc_node **path)
{
    const struct adc_indices *scope = arrange->updates.scope[node->id];
    unsigned count = 0;
    for (uint32_t i = 0; scope && i < scope->count; i++) path[count++] = scope->index[i];
    if (node->op == ADC_OP_LOOP) {
        path[count++] = node->in[0];
    } else {
        struct adc_nest nest = adc_nest_parts(node);
        for (unsigned i = 0; i < nest.index_count; i++) path[count++] = nest.index[i];
    }
    arrange_sort(arrange, path, count);
    return count;
}

/* The index that runs over an axis of that length, as index - low if it does not begin at 0. */
static const struct adc_node *running_over(const struct adc_node *element,
                                           const struct adc_node *length)
{
    const struct adc_node *index = element->op == ADC_OP_ISUB ? element->in[0] : element;
    int64_t from, to;
    if (index->op != ADC_OP_INDEX || !adc_is_const(index->in[0])) return NULL;
    if (!affine_distance(index, element, &from) || from != index->in[0]->value.integer) return NULL;
    return affine_distance(index->in[1], length, &to) && to == from ? index : NULL;
}

bool arrange_sets_all(const struct adc_node *array)
{
    const struct adc_node *index[ADC_MAX_RANK];
    if (array->op != ADC_OP_NEST) return false;
    struct adc_nest nest = adc_nest_parts(array);
    if (nest.reduce != ADC_REDUCE_SET || !adc_is_true(nest.guard)) return false;
    if (nest.index_count != nest.rank) return false;
    for (unsigned i = 0; i < nest.rank; i++) {
        index[i] = running_over(nest.target[i], nest.shape[i]);
        if (!index[i]) return false;
        for (unsigned j = 0; j < i; j++)
            if (index[j] == index[i]) return false;
    }
    return true;
}

bool arrange_permutes(const struct adc_node *array)
{
    if (array->op != ADC_OP_NEST || array->rank != 1) return false;
    struct adc_nest nest = adc_nest_parts(array);
    const struct adc_node *read = adc_unique_element(nest.target[0]);
    if (nest.reduce != ADC_REDUCE_SET || !adc_is_true(nest.guard)) return false;
    return read && read->count == 2 && nest.index_count == 1 && read->in[1] == nest.index[0] &&
           running_over(nest.index[0], nest.shape[0]);
}

uint32_t arrange_time_rank(const struct arrange *arrange, const struct adc_indices *set)
{
    uint32_t rank = 0;
    for (uint32_t i = 0; set && i < set->count; i++)
        if (arrange->time.data[set->index[i]->number] &&
            arrange_rank(arrange, set->index[i]) > rank)
            rank = arrange_rank(arrange, set->index[i]);
    return rank;
}

void arrange_look(struct arrange *arrange, const struct adc_function *function)
{
    if (arrange->from == function) return;
    arrange->from = function;
    updates_find(&arrange->updates, function, arrange->scratch);
}

struct adc_function *arrange_rebuild(
    struct arrange *arrange, const struct adc_function *from,
    const struct adc_node *(*make)(struct arrange *arrange, const struct adc_node *node,
                                   const struct adc_node *const *in))
{
    const struct adc_graph *graph = from->graph;
    arrange_look(arrange, from);
    arrange->to = pass_new_like(arrange->arena, from);
    arrange->map = ADC_NEW_ARRAY(arrange->scratch, const struct adc_node *, graph->nodes.count);
    for (size_t id = 0; id < graph->nodes.count; id++) {
        const struct adc_node *node = graph->nodes.data[id], *in[ADC_MAX_INPUTS];
        if (!arrange->updates.live[id]) continue;
        for (unsigned i = 0; i < node->count; i++) in[i] = arrange->map[node->in[i]->id];
        arrange->to->graph->span = graph->spans.data[id];
        arrange->map[id] = make(arrange, node, in);
        if (arrange->map[id]->op != ADC_OP_PARAM)
            adc_graph_take_notes(arrange->to->graph, arrange->map[id], graph,
                                 graph->nodes.data[id]);
    }
    pass_map_roots(arrange->to, from, arrange->map);
    return arrange->to;
}

static const struct adc_node *narrowed(struct arrange *arrange, const struct adc_node *node,
                                       const struct adc_node *const *in)
{
    return windows_copy(arrange->window, arrange->to->graph, node, in);
}

static const struct adc_function *arrange_windows(struct arrange *arrange,
                                                  const struct adc_function *from)
{
    arrange_look(arrange, from);
    struct windows windows = {.from = from, .scratch = arrange->scratch};
    windows.live = arrange->updates.live;
    if (!windows_find(&windows)) return from;
    arrange->window = &windows;
    from = arrange_rebuild(arrange, from, narrowed);
    arrange->window = NULL;
    return from;
}

/* A number of its own for every index. */
static const struct adc_node *number_indices(struct arrange *arrange, const struct adc_node *node,
                                             const struct adc_node *const *in)
{
    if (node->op != ADC_OP_INDEX) return arrange_copy(arrange, node, in);
    uint32_t number = (uint32_t)arrange->rank.count;
    ADC_PUSH(arrange->scratch, arrange->rank, arrange->first_rank[node->id]);
    uint8_t anew = arrange->contracted && arrange->contracted[node->id] ? ARRANGE_ANEW : 0;
    ADC_PUSH(arrange->scratch, arrange->time,
             arrange->updates.is_time[node->id] ? ARRANGE_STATE : anew);
    return adc_index(arrange->to->graph, number, in[0], in[1]);
}

static bool has_arrays(const struct adc_function *function)
{
    for (size_t id = 0; id < function->graph->nodes.count; id++)
        if (function->graph->nodes.data[id]->op == ADC_OP_NEST ||
            function->graph->nodes.data[id]->op == ADC_OP_READ ||
            function->graph->nodes.data[id]->op == ADC_OP_LOOP)
            return true;
    for (size_t i = 0; i < function->results.count; i++)
        if (function->results.data[i].rank) return true;
    return false;
}

/* What moves has copies of the updates in its body, of arrays that these have to themselves. Of a
 * loop that was copied, each copy may carry less: what is left of it stands in fewer loops. */
static const struct adc_function *ordered(struct arrange *arrange, const struct adc_function *from)
{
    struct adc_function *to;
    do {
        arrange->moved = false;
        to = arrange_rebuild(arrange, from, arrange_order);
        from = to;
    } while (arrange->moved);
    return arrange_drop(arrange, arrange_unshare(arrange, to));
}

const struct adc_function *pass_arrange(struct adc_arena *arena,
                                        const struct adc_function *function,
                                        const struct pass_arrange_options *options,
                                        struct adc_arena *scratch, struct adc_span *unsized)
{
    struct arrange arrange = {.arena = arena, .scratch = scratch, .cautious = options->cautious};
    arrange.without = options->without;
    if (!has_arrays(function)) return function;
    ADC_PUSH(scratch, arrange.rank, 0); /* no index has number 0 */
    ADC_PUSH(scratch, arrange.time, 0);
    arrange.first_rank = arrange_first_ranks(&arrange, function);
    if (!pass_is_in(arrange.without, PASS_CONTRACT) && !pass_is_in(arrange.without, PASS_FUSE))
        arrange.contracted = arrange_contracted(&arrange, function);
    struct adc_function *numbered = arrange_rebuild(&arrange, function, number_indices);
    arrange_find_ends(&arrange);
    function = arrange_unshare(&arrange, numbered);
    if (!pass_is_in(arrange.without, PASS_WINDOW)) function = arrange_windows(&arrange, function);
    function = arrange_close(&arrange, function);
    function = arrange_drop(&arrange, arrange_guards(&arrange, function));
    function = arrange_rebuild(&arrange, function, arrange_bounds);
    function = arrange_updates(&arrange, arrange_aside(&arrange, function));
    function = arrange_store(&arrange, ordered(&arrange, function));
    function = arrange_fuse(&arrange, function);
    arrange.placed = true;
    function = arrange_drop(&arrange, function);
    *unsized = arrange.unsized_at;
    return arrange.is_unsized ? NULL : function;
}
