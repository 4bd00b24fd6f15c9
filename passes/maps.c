/* Sums with one point for each element become maps.
 *
 *     sum(i in 0..N if c -> [i]: v), of [N]         set(i in 0..N -> [i]: if c then v else 0)
 *
 * so the array is stored once, and neither filled with zeros nor read before. The guard is one that
 * no index of the nest changes: it leaves the loops (unswitch.c). Points that lie elsewhere keep
 * the guard and the zeros, for as a value it would be asked for all elements.
 *
 *     sum(i in 0..N if c -> [p[i]]: v), no two of p alike       set(i in 0..N if c -> [p[i]]: v)
 *
 * which reads nothing, and needs no copies on threads.
 *
 * in       a graph whose sums have found their places (merge.c, gather.c)
 * untouched operands of JOIN and PUT, which are added to or replaced where they are
 * differs  -0 is stored where 0 + -0 gave 0, so `--strict` leaves it out
 * cost     linear */
#include "passes/passes.h"
#include "passes/point.h"

#include "ir/state.h"

typedef const struct adc_node *node_t;

static bool changes_guard(const struct adc_nest *nest)
{
    for (unsigned i = 0; i < nest->index_count; i++)
        if (adc_indices_has(nest->guard->free, nest->index[i])) return true;
    return false;
}

static bool is_one_a_point(node_t node)
{
    if (node->op != ADC_OP_NEST || node->number != ADC_REDUCE_SUM || !node->rank) return false;
    struct adc_nest nest = adc_nest_parts(node);
    if (!adc_type_is_real(node->type) || nest.index_count != nest.rank) return false;
    for (unsigned i = 0; i < nest.rank; i++)
        if (!adc_among(nest.target[i], nest.index, nest.index_count) ||
            adc_among(nest.target[i], nest.target, i) ||
            !point_runs_over(nest.target[i], nest.shape[i]))
            return false;
    return !adc_has_no_points(node) && !changes_guard(&nest);
}

/* Each point has an element of its own, as the program says of an array that it goes by. */
static bool is_said_once(node_t node)
{
    if (node->op != ADC_OP_NEST || node->number != ADC_REDUCE_SUM || !node->rank) return false;
    struct adc_nest nest = adc_nest_parts(node);
    bool said = false;
    for (unsigned i = 0; i < nest.rank; i++) said |= adc_unique_element(nest.target[i]) != NULL;
    return said && !adc_has_no_points(node) && adc_has_own_elements(&nest);
}

/* Of a sum of the graph that comes in. */
static node_t map_of(struct adc_graph *graph, node_t sum, const node_t *map)
{
    node_t target[ADC_MAX_RANK], shape[ADC_MAX_RANK], index[ADC_MAX_INPUTS];
    struct adc_nest old = adc_nest_parts(sum);
    struct adc_nest nest = {.reduce = ADC_REDUCE_SET, .rank = old.rank};
    struct point point = {map[old.guard->id], map[old.value->id]};
    for (unsigned i = 0; i < old.rank; i++) {
        target[i] = map[old.target[i]->id];
        shape[i] = map[old.shape[i]->id];
    }
    for (unsigned i = 0; i < old.index_count; i++) index[i] = map[old.index[i]->id];
    bool whole = is_one_a_point(sum);
    nest.guard = whole ? NULL : point.condition;
    nest.value = whole ? point_join(graph, point) : point.value;
    nest.target = target;
    nest.shape = shape;
    nest.index = index;
    nest.index_count = old.index_count;
    return adc_nest(graph, &nest);
}

/* By id, the sums that become maps; NULL: none does. */
static uint8_t *find_maps(const struct adc_function *function, const uint8_t *live,
                          struct adc_arena *scratch)
{
    const struct adc_graph *graph = function->graph;
    uint8_t *map = ADC_NEW_ARRAY(scratch, uint8_t, graph->nodes.count);
    bool any = false;
    for (size_t id = 0; id < graph->nodes.count; id++)
        map[id] = live[id] &&
                  (is_one_a_point(graph->nodes.data[id]) || is_said_once(graph->nodes.data[id]));
    for (size_t id = 0; id < graph->nodes.count; id++) {
        node_t node = graph->nodes.data[id];
        if (!live[id] || (node->op != ADC_OP_JOIN && node->op != ADC_OP_PUT)) continue;
        for (unsigned i = 0; i < 2; i++) map[node->in[i]->id] = 0;
    }
    for (size_t id = 0; id < graph->nodes.count; id++) any |= map[id];
    return any ? map : NULL;
}

struct adc_function *pass_maps(struct adc_arena *arena, struct adc_function *function,
                               struct adc_arena *scratch)
{
    const struct adc_graph *from = function->graph;
    uint8_t *live = ADC_NEW_ARRAY(scratch, uint8_t, from->nodes.count);
    adc_function_live(function, live);
    const uint8_t *is_map = find_maps(function, live, scratch);
    if (!is_map) return function;
    struct adc_function *to = pass_new_like(arena, function);
    node_t *map = ADC_NEW_ARRAY(scratch, node_t, from->nodes.count);
    for (size_t id = 0; id < from->nodes.count; id++) {
        node_t node = from->nodes.data[id], in[ADC_MAX_INPUTS];
        if (!live[id]) continue;
        for (unsigned i = 0; i < node->count; i++) in[i] = map[node->in[i]->id];
        if (!is_map[id]) {
            map[id] = adc_copy(to->graph, from, node, in);
            continue;
        }
        to->graph->span = from->spans.data[id];
        map[id] = map_of(to->graph, node, map);
        adc_graph_take_notes(to->graph, map[id], from, node);
    }
    pass_map_roots(to, function, map);
    return to;
}
