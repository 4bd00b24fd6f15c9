/* Who writes into whose elements. */
#include "passes/updates.h"

#include "ir/nest.h"
#include "passes/point.h"

bool updates_within(const struct adc_indices *a, const struct adc_indices *b)
{
    if (!a || a == b) return true;
    for (uint32_t i = 0; i < a->count; i++)
        if (!adc_indices_has(b, a->index[i])) return false;
    return true;
}

static void count_uses(struct updates *u)
{
    const struct adc_graph *graph = u->function->graph;
    for (size_t id = graph->nodes.count; id-- > 0;) {
        const struct adc_node *node = graph->nodes.data[id];
        if (!u->live[id]) continue;
        for (unsigned i = 0; i < node->count; i++) u->uses[node->in[i]->id]++;
        if (node->op != ADC_OP_READ) continue;
        u->next_read[id] = u->first_read[node->in[0]->id];
        u->first_read[node->in[0]->id] = (uint32_t)id + 1;
    }
    for (size_t i = 0; i < u->function->results.count; i++)
        for (uint32_t j = 0; j < u->function->results.data[i].count; j++)
            u->uses[u->function->results.data[i].nodes[j]->id]++;
}

bool updates_is_part(const struct updates *u, const struct adc_node *join)
{
    return join->op == ADC_OP_JOIN && u->replaced[join->id] == join;
}

/* A JOIN used once, by a JOIN, is its part: noted by a `replaced` of itself. */
static void find_parts(struct updates *u)
{
    const struct adc_graph *graph = u->function->graph;
    for (size_t id = 0; id < graph->nodes.count; id++) {
        const struct adc_node *node = graph->nodes.data[id];
        for (unsigned i = 0; u->live[id] && node->op == ADC_OP_JOIN && i < 2; i++)
            if (node->in[i]->op == ADC_OP_JOIN && u->uses[node->in[i]->id] == 1)
                u->replaced[node->in[i]->id] = node->in[i];
    }
}

void updates_leaves(const struct updates *u, const struct adc_node *join, struct node_list *leaves)
{
    struct node_list stack = {0};
    ADC_PUSH(u->scratch, stack, join);
    while (stack.count) {
        const struct adc_node *node = stack.data[--stack.count];
        if (node != join && !updates_is_part(u, node)) {
            ADC_PUSH(u->scratch, *leaves, node);
            continue;
        }
        ADC_PUSH(u->scratch, stack, node->in[1]);
        ADC_PUSH(u->scratch, stack, node->in[0]);
    }
}

enum { MOST_TILES = 64 };

/* Which of the elements along its axes of constants a map sets, as one number, and how many such
 * there are; false if it is none of a mosaic. */
static bool find_tile(const struct adc_node *map, uint64_t *number, uint64_t *count)
{
    struct adc_nest nest = adc_nest_parts(map);
    unsigned indices = 0;
    *number = 0;
    *count = 1;
    if (nest.reduce != ADC_REDUCE_SET || !adc_is_true(nest.guard)) return false;
    for (unsigned axis = 0; axis < nest.rank; axis++) {
        const struct adc_node *at = nest.target[axis], *length = nest.shape[axis];
        for (unsigned i = 0; i < axis; i++)
            if (nest.target[i] == at && !adc_is_const(at)) return false;
        if (point_runs_over(at, length)) {
            indices++;
            continue;
        }
        if (!adc_is_const(at) || !adc_is_const(length) || at->value.integer < 0) return false;
        if (at->value.integer >= length->value.integer) return false;
        if (length->value.integer > MOST_TILES) return false;
        *number = *number * (uint64_t)length->value.integer + (uint64_t)at->value.integer;
        *count *= (uint64_t)length->value.integer;
        if (*count > MOST_TILES) return false;
    }
    return indices == nest.index_count;
}

/* Axes of constants are the same in all. */
static bool is_like(const struct adc_node *a, const struct adc_node *b)
{
    for (unsigned axis = 0; axis < a->rank; axis++)
        if (adc_is_const(adc_nest_parts(a).target[axis]) !=
            adc_is_const(adc_nest_parts(b).target[axis]))
            return false;
    return true;
}

bool updates_is_mosaic(const struct node_list *leaves)
{
    uint64_t found = 0, number, count = 0;
    if (leaves->count > MOST_TILES) return false;
    for (size_t i = 0; i < leaves->count; i++) {
        const struct adc_node *leaf = leaves->data[i];
        if (leaf->op != ADC_OP_NEST || !find_tile(leaf, &number, &count)) return false;
        if (!is_like(leaf, leaves->data[0]) || found >> number & 1) return false;
        found |= UINT64_C(1) << number;
    }
    return leaves->count == count;
}

static void find_join(struct updates *u, const struct adc_node *join)
{
    struct node_list leaves = {0};
    const struct adc_node *base = NULL;
    updates_leaves(u, join, &leaves);
    for (size_t i = 0; i < leaves.count; i++)
        if (leaves.data[i]->op != ADC_OP_NEST) base = leaves.data[i];
    for (size_t i = 0; i < leaves.count; i++)
        if (leaves.data[i]->op == ADC_OP_NEST) u->replaced[leaves.data[i]->id] = base;
}

static void widen(struct updates *u, const struct adc_indices **scopes, const struct adc_node *node,
                  const struct adc_indices *by)
{
    const struct adc_indices **scope = &scopes[node->id];
    if (!by || *scope == by) return;
    *scope = adc_indices_union(u->function->graph, *scope, by);
    for (uint32_t i = 0; i < by->count; i++)
        *scope = adc_indices_union(u->function->graph, *scope, u->outer[by->index[i]->id]);
}

static void find_scopes(struct updates *u)
{
    const struct adc_graph *graph = u->function->graph;
    for (size_t id = graph->nodes.count; id-- > 0;) {
        const struct adc_node *node = graph->nodes.data[id];
        if (!u->live[id]) continue;
        widen(u, u->loops, node, node->free);
        widen(u, u->scope, node, node->free);
        if (node->op == ADC_OP_JOIN || node->op == ADC_OP_PUT)
            for (unsigned i = 0; i < 2; i++) widen(u, u->scope, node->in[i], u->scope[id]);
        if (node->op != ADC_OP_LOOP) continue;
        u->outer[node->in[0]->id] = u->scope[id];
        u->is_time[node->in[0]->id] = 1;
        for (unsigned i = 0; i < adc_loop_parts(node).count; i++) {
            struct adc_carried carried = adc_loop_carried(node, i);
            if (carried.state->rank) widen(u, u->scope, carried.init, u->scope[id]);
        }
    }
}

void updates_find(struct updates *u, const struct adc_function *function, struct adc_arena *scratch)
{
    const struct adc_graph *graph = function->graph;
    size_t count = graph->nodes.count;
    *u = (struct updates){.function = function, .scratch = scratch};
    u->live = ADC_NEW_ARRAY(scratch, uint8_t, count);
    u->uses = ADC_NEW_ARRAY(scratch, uint32_t, count);
    u->loops = ADC_NEW_ARRAY(scratch, const struct adc_indices *, count);
    u->scope = ADC_NEW_ARRAY(scratch, const struct adc_indices *, count);
    u->outer = ADC_NEW_ARRAY(scratch, const struct adc_indices *, count);
    u->is_time = ADC_NEW_ARRAY(scratch, uint8_t, count);
    u->replaced = ADC_NEW_ARRAY(scratch, const struct adc_node *, count);
    u->first_read = ADC_NEW_ARRAY(scratch, uint32_t, count);
    u->next_read = ADC_NEW_ARRAY(scratch, uint32_t, count);
    adc_function_live(function, u->live);
    count_uses(u);
    find_parts(u);
    find_scopes(u);
    for (size_t id = 0; id < count; id++) {
        const struct adc_node *node = graph->nodes.data[id];
        if (!u->live[id]) continue;
        if (node->op == ADC_OP_PUT) u->replaced[node->in[1]->id] = node->in[0];
        if (node->op == ADC_OP_JOIN && !updates_is_part(u, node)) find_join(u, node);
    }
}

bool updates_is_mutable(const struct adc_node *array)
{
    if (array->op == ADC_OP_PARAM) return false;
    if (array->op == ADC_OP_PUT || array->op == ADC_OP_JOIN)
        return !adc_goes_on_as_history(array->in[0]);
    return !adc_is_history(array);
}

/* Sums may come to an element again, unless each index is a coordinate of it. */
static bool is_once(struct adc_nest nest)
{
    if (nest.reduce == ADC_REDUCE_SET) return true;
    for (unsigned i = 0; i < nest.index_count; i++) {
        bool found = false;
        for (unsigned j = 0; j < nest.rank; j++) found = found || nest.target[j] == nest.index[i];
        if (!found) return false;
    }
    return true;
}

bool updates_own_element(const struct adc_node *read, const struct adc_node *nest)
{
    struct adc_nest parts = adc_nest_parts(nest);
    for (unsigned i = 0; i < parts.rank; i++)
        if (read->in[1 + i] != parts.target[i]) return false;
    return is_once(parts);
}

/* Inner loops that may copy the array, marked in `holds`; what the first of them is. */
static size_t mark_takers(const struct updates *u, const struct adc_node *array,
                          const struct adc_indices *scope, uint8_t *holds)
{
    const struct adc_graph *graph = u->function->graph;
    size_t first = graph->nodes.count;
    for (size_t id = graph->nodes.count; id-- > array->id;) {
        const struct adc_node *node = graph->nodes.data[id];
        bool takes = node->op == ADC_OP_PUT || node->op == ADC_OP_JOIN || node->op == ADC_OP_LOOP;
        if (!u->live[id] || !takes || updates_within(u->loops[id], scope)) continue;
        for (unsigned i = 0; i < node->count; i++)
            if (node->in[i] == array) holds[first = id] = 1;
    }
    return first;
}

void updates_readers(const struct updates *u, const struct adc_node *array,
                     const struct adc_indices *scope,
                     void (*visit)(void *context, const struct adc_node *node), void *context)
{
    const struct adc_graph *graph = u->function->graph;
    size_t count = graph->nodes.count;
    if (!updates_is_mutable(array)) return;
    uint8_t *holds = ADC_NEW_ARRAY(u->scratch, uint8_t, count);
    size_t first = mark_takers(u, array, scope, holds);
    for (uint32_t at = u->first_read[array->id]; at; at = u->next_read[at - 1]) {
        const struct adc_node *read = graph->nodes.data[at - 1];
        if (updates_within(read->free, scope)) {
            visit(context, read);
            continue;
        }
        holds[at - 1] = 1;
        if (at - 1 < first) first = at - 1;
    }
    for (size_t id = first; id < count; id++) {
        const struct adc_node *node = graph->nodes.data[id];
        for (unsigned i = 0; u->live[id] && !holds[id] && i < node->count; i++)
            holds[id] = holds[node->in[i]->id];
        if (!holds[id] || !updates_within(u->scope[id], scope)) continue;
        holds[id] = 0; /* it stands for what it holds */
        visit(context, node);
    }
}
