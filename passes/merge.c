/* Sums into one array over the same points: one nest for all that have indices, guard and target in
 * common, so that an element is read and written once a point.
 *
 *     join(add(i -> [i]: a), add(i -> [i + 1]: b), add(i -> [i]: c))
 *         join(add(i -> [i]: a + c), add(i -> [i + 1]: b))
 *
 * It adds in another order, so `--strict` leaves it out. A nest that anything else asks for stays
 * apart. */
#include "passes/passes.h"
#include "passes/updates.h"

typedef const struct adc_node *node_t;

struct merging {
    struct updates updates;
    struct adc_function *to;
    node_t *map; /* by old id */
    struct adc_arena *scratch;
};

/* A sum over points that only one array asks for. */
static bool may_merge(const struct merging *m, node_t node)
{
    return node->op == ADC_OP_NEST && m->updates.uses[node->id] == 1 &&
           adc_nest_parts(node).reduce == ADC_REDUCE_SUM && !adc_has_no_points(node);
}

/* The value is a nest's first input; all others say where it goes. */
static bool agree(node_t a, node_t b)
{
    if (a->count != b->count || a->number != b->number || a->rank != b->rank) return false;
    for (unsigned i = 1; i < a->count; i++)
        if (a->in[i] != b->in[i]) return false;
    return true;
}

static node_t copied(struct merging *m, node_t node)
{
    node_t in[ADC_MAX_INPUTS];
    for (unsigned i = 0; i < node->count; i++) in[i] = m->map[node->in[i]->id];
    return adc_copy(m->to->graph, m->updates.function->graph, node, in);
}

/* The nest with the values of all that agree with it; they are taken out of the list. */
static node_t merged(struct merging *m, struct node_list *leaves, size_t first)
{
    struct adc_graph *graph = m->to->graph;
    node_t leaf = leaves->data[first], in[ADC_MAX_INPUTS];
    if (!may_merge(m, leaf)) return m->map[leaf->id];
    for (unsigned i = 0; i < leaf->count; i++) in[i] = m->map[leaf->in[i]->id];
    for (size_t i = first + 1; i < leaves->count; i++) {
        node_t other = leaves->data[i];
        if (!other || !may_merge(m, other) || !agree(leaf, other)) continue;
        in[0] = pass_sum(graph, in[0], m->map[other->in[0]->id]);
        leaves->data[i] = NULL;
    }
    return adc_copy(graph, m->updates.function->graph, leaf, in);
}

static node_t merged_join(struct merging *m, node_t join)
{
    struct node_list leaves = {0};
    node_t sum = NULL;
    updates_leaves(&m->updates, join, &leaves);
    for (size_t i = 0; i < leaves.count; i++) {
        if (!leaves.data[i]) continue;
        node_t next = merged(m, &leaves, i);
        sum = sum ? adc_join(m->to->graph, sum, next) : next;
    }
    return sum;
}

/* By id, the nests that a JOIN makes when it comes to it; NULL if there are no JOINs. */
static uint8_t *find_parts(const struct merging *m, const struct adc_graph *graph)
{
    uint8_t *part = NULL;
    for (size_t id = 0; id < graph->nodes.count; id++) {
        node_t node = graph->nodes.data[id];
        if (node->op != ADC_OP_JOIN || !m->updates.live[id]) continue;
        if (!part) part = ADC_NEW_ARRAY(m->scratch, uint8_t, graph->nodes.count);
        for (unsigned i = 0; i < 2; i++) part[node->in[i]->id] = may_merge(m, node->in[i]);
    }
    return part;
}

struct adc_function *pass_merge(struct adc_arena *arena, struct adc_function *function,
                                struct adc_arena *scratch)
{
    const struct adc_graph *from = function->graph;
    struct merging m = {.scratch = scratch};
    updates_find(&m.updates, function, scratch);
    const uint8_t *part = find_parts(&m, from);
    if (!part) return function;
    m.to = pass_new_like(arena, function);
    m.map = ADC_NEW_ARRAY(scratch, node_t, from->nodes.count);
    for (size_t id = 0; id < from->nodes.count; id++) {
        node_t node = from->nodes.data[id];
        if (!m.updates.live[id] || part[id] || updates_is_part(&m.updates, node)) continue;
        m.to->graph->span = from->spans.data[id];
        m.map[id] = node->op == ADC_OP_JOIN ? merged_join(&m, node) : copied(&m, node);
        if (from->names.data[id] && node->op != ADC_OP_PARAM)
            adc_graph_set_name(m.to->graph, m.map[id], from->names.data[id]);
    }
    pass_map_roots(m.to, function, m.map);
    return m.to;
}
