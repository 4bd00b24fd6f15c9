/* Sums into one array over the same points: one nest for all that have indices, guard and target in
 * common, so that an element is read and written once a point.
 *
 *     join(add(i -> [i]: a), add(i -> [i + 1]: b), add(i -> [i]: c))
 *         join(add(i -> [i]: a + c), add(i -> [i + 1]: b))
 *
 * Where the target is read from an array, guards may differ: the element is far away, a choice is
 * not.
 *
 *     join(add(i if g -> [k[i]]: a), add(i if not g -> [k[i]]: b))
 *         add(i -> [k[i]]: if g then a else b)
 *
 * It adds in another order, so `--strict` leaves it out. A nest that anything else asks for stays
 * apart; one that an array asks for twice is added twice. */
#include "passes/passes.h"
#include "passes/point.h"
#include "passes/updates.h"

typedef const struct adc_node *node_t;

struct merging {
    struct updates updates;
    struct adc_function *to;
    node_t *map;    /* by old id */
    uint8_t *alone; /* by old id: a sum over points that only one JOIN asks for */
    struct adc_arena *scratch;
};

/* Whether an element of an array of ints says where the nest adds. */
static bool is_scattered(node_t nest)
{
    struct adc_nest parts = adc_nest_parts(nest);
    for (unsigned i = 0; i < parts.rank; i++)
        if (parts.target[i]->op == ADC_OP_READ) return true;
    return false;
}

/* A leaf of a JOIN in the new graph; NULL: another one has taken it in. */
struct leaf {
    node_t old, value, guard; /* value and guard of a sum that only this JOIN asks for */
};

/* The value is a nest's first input, the guard its second; all others say where it goes. */
static bool agree(node_t a, node_t b)
{
    if (a->count != b->count || a->number != b->number || a->rank != b->rank) return false;
    for (unsigned i = 2; i < a->count; i++)
        if (a->in[i] != b->in[i]) return false;
    return true;
}

static node_t copied(struct merging *m, node_t node)
{
    node_t in[ADC_MAX_INPUTS];
    for (unsigned i = 0; i < node->count; i++) in[i] = m->map[node->in[i]->id];
    return adc_copy(m->to->graph, m->updates.function->graph, node, in);
}

static node_t not_of(struct adc_graph *graph, node_t a)
{
    return a->op == ADC_OP_NOT ? a->in[0] : adc_apply1(graph, ADC_OP_NOT, a);
}

static void add(struct adc_graph *graph, struct leaf *to, const struct leaf *other)
{
    if (to->guard == other->guard) {
        to->value = pass_sum(graph, to->value, other->value);
    } else if (to->guard == not_of(graph, other->guard)) {
        to->value = adc_apply3(graph, ADC_OP_IF, to->guard, to->value, other->value);
        to->guard = adc_bool(graph, true);
    } else {
        bool all = adc_is_true(to->guard) || adc_is_true(other->guard);
        to->value = pass_sum(
            graph, point_join(graph, (struct point){.condition = to->guard, .value = to->value}),
            point_join(graph, (struct point){.condition = other->guard, .value = other->value}));
        to->guard =
            all ? adc_bool(graph, true)
                : adc_apply3(graph, ADC_OP_IF, to->guard, adc_bool(graph, true), other->guard);
    }
}

/* Adds up the leaves that agree: those with one guard; with any, where that is worth while. */
static void merge(struct merging *m, struct leaf *leaves, size_t count, bool one_guard)
{
    for (size_t i = 0; i < count; i++) {
        struct leaf *to = &leaves[i];
        if (!to->value || (!one_guard && !is_scattered(to->old))) continue;
        for (size_t j = i + 1; j < count; j++) {
            struct leaf *other = &leaves[j];
            if (!other->value || !agree(to->old, other->old)) continue;
            if (one_guard && to->guard != other->guard) continue;
            add(m->to->graph, to, other);
            *other = (struct leaf){NULL, NULL, NULL};
        }
    }
}

static node_t made(struct merging *m, const struct leaf *leaf)
{
    node_t in[ADC_MAX_INPUTS];
    if (!leaf->value) return m->map[leaf->old->id];
    in[0] = leaf->value;
    in[1] = leaf->guard;
    for (unsigned i = 2; i < leaf->old->count; i++) in[i] = m->map[leaf->old->in[i]->id];
    return adc_copy(m->to->graph, m->updates.function->graph, leaf->old, in);
}

static node_t merged_join(struct merging *m, node_t join)
{
    struct node_list old = {0};
    node_t sum = NULL;
    updates_leaves(&m->updates, join, &old);
    struct leaf *leaves = ADC_NEW_ARRAY(m->scratch, struct leaf, old.count);
    for (size_t i = 0; i < old.count; i++) {
        node_t leaf = old.data[i];
        leaves[i].old = leaf;
        if (!m->alone[leaf->id]) continue;
        leaves[i].value = m->map[leaf->in[0]->id];
        leaves[i].guard = m->map[leaf->in[1]->id];
    }
    merge(m, leaves, old.count, true);
    merge(m, leaves, old.count, false);
    for (size_t i = 0; i < old.count; i++) {
        if (!leaves[i].old) continue;
        node_t next = made(m, &leaves[i]);
        sum = sum ? adc_join(m->to->graph, sum, next) : next;
    }
    return sum;
}

/* Marks the sums that one JOIN alone asks for: it makes them when it comes to them. Whether there
 * are JOINs. */
static bool find_alone(struct merging *m, const struct adc_graph *graph)
{
    uint32_t *seen = ADC_NEW_ARRAY(m->scratch, uint32_t, graph->nodes.count);
    bool found = false;
    for (size_t id = 0; id < graph->nodes.count; id++) {
        node_t node = graph->nodes.data[id];
        struct node_list leaves = {0};
        if (node->op != ADC_OP_JOIN || !m->updates.live[id]) continue;
        found = true;
        if (updates_is_part(&m->updates, node)) continue;
        updates_leaves(&m->updates, node, &leaves);
        for (size_t i = 0; i < leaves.count; i++) seen[leaves.data[i]->id] = 0;
        for (size_t i = 0; i < leaves.count; i++) {
            node_t leaf = leaves.data[i];
            m->alone[leaf->id] = leaf->op == ADC_OP_NEST && leaf->number == ADC_REDUCE_SUM &&
                                 ++seen[leaf->id] == m->updates.uses[leaf->id] &&
                                 !adc_has_no_points(leaf);
        }
    }
    return found;
}

struct adc_function *pass_merge(struct adc_arena *arena, struct adc_function *function,
                                struct adc_arena *scratch)
{
    const struct adc_graph *from = function->graph;
    struct merging m = {.scratch = scratch};
    updates_find(&m.updates, function, scratch);
    m.alone = ADC_NEW_ARRAY(scratch, uint8_t, from->nodes.count);
    if (!find_alone(&m, from)) return function;
    m.to = pass_new_like(arena, function);
    m.map = ADC_NEW_ARRAY(scratch, node_t, from->nodes.count);
    for (size_t id = 0; id < from->nodes.count; id++) {
        node_t node = from->nodes.data[id];
        if (!m.updates.live[id] || m.alone[id] || updates_is_part(&m.updates, node)) continue;
        m.to->graph->span = from->spans.data[id];
        m.map[id] = node->op == ADC_OP_JOIN ? merged_join(&m, node) : copied(&m, node);
        if (from->names.data[id] && node->op != ADC_OP_PARAM)
            adc_graph_set_name(m.to->graph, m.map[id], from->names.data[id]);
    }
    pass_map_roots(m.to, function, m.map);
    return m.to;
}
