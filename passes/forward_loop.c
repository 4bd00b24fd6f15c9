/* Forward mode through loops: the loop again, with the tangents of its active components beside
 * them. As they share index and components, passes/loops.c makes one loop of the two.
 *
 * Tangents that depend on indices on which the primal loop does not (a direction's) need a loop for
 * each of their values. If all that the loop carries are histories, of which some element at a
 * place that data choose is read, so that they are kept whole, that loop has the tangents alone:
 *
 *     LOOP(b; w, 0, PUT(w, [b] -> f(w[parent[b]])))
 *     LOOP(c; w', 0, PUT(w', [c] -> f'(FINAL(w)[parent[c]])*w'[parent[c]]))
 *
 * since what a pass reads of a history can be read again from its FINAL. Else it has the primal
 * components, too. */
#include "passes/forward.h"

typedef const struct adc_node *node_t;

static bool is_active(const struct tangents *tangents, node_t node)
{
    return node->id >= tangents->range.low && node->id <= tangents->range.high &&
           tangents->active[node->id - tangents->range.low];
}

static node_t or_zero(struct tangents *tangents, node_t node)
{
    node_t dot = forward_tangent(tangents, node);
    return dot ? dot : adc_zero_like(tangents->graph, node);
}

node_t forward_state(struct tangents *tangents, node_t state)
{
    return adc_state(tangents->graph, state->in[0], state, adc_is_history(state));
}

/* The tangent of a component that is asked for at the end alone. */
static node_t state_of(struct tangents *tangents, node_t state)
{
    node_t *dot = &tangents->dot[state->id - tangents->range.low];
    if (!*dot) *dot = forward_state(tangents, state);
    return *dot;
}

/* ---------------------------------------------------------------------------- histories */

/* Nodes in terms of a pass, again with FINALs in place of histories and of what is put into these.
 * Those of which is made nothing are NULL. */
struct rereading {
    struct adc_graph *graph;
    node_t loop;
    uint32_t low, count; /* ids of what may be in terms of a pass */
    uint8_t *needed;     /* by id - low */
    node_t *map;         /* by id - low: first that of histories and of what is put into them */
    bool chosen;         /* an element is read at a place that data choose */
};

static bool is_chosen(node_t place)
{
    bool chosen = place->op == ADC_OP_READ;
    for (unsigned i = 0; i < place->count; i++) chosen |= place->in[i]->op == ADC_OP_READ;
    return chosen;
}

static bool changes(const struct rereading *r, node_t node)
{
    return adc_indices_has(node->free, r->loop->in[0]);
}

static void find_histories(struct rereading *r)
{
    for (uint32_t id = r->low; id < r->low + r->count; id++) {
        node_t node = r->graph->nodes.data[id];
        bool state = node->op == ADC_OP_STATE && node->in[0] == r->loop->in[0];
        if (state && adc_loop_find(r->loop, node->number) >= 0)
            r->map[id - r->low] = adc_final(r->graph, r->loop, node);
        if (node->op == ADC_OP_PUT && node->in[0]->id >= r->low)
            r->map[id - r->low] = r->map[node->in[0]->id - r->low];
    }
}

static void make_again(struct rereading *r)
{
    for (uint32_t id = r->low + r->count; id-- > r->low;) {
        node_t node = r->graph->nodes.data[id];
        if (!r->needed[id - r->low] || r->map[id - r->low]) continue;
        for (unsigned i = 0; i < node->count; i++)
            if (changes(r, node->in[i])) r->needed[node->in[i]->id - r->low] = 1;
    }
    for (uint32_t id = r->low; id < r->low + r->count; id++) {
        node_t node = r->graph->nodes.data[id], in[ADC_MAX_INPUTS];
        if (!r->needed[id - r->low] || r->map[id - r->low]) continue;
        bool again = false, read = node->op == ADC_OP_READ;
        for (unsigned i = 0; i < node->count; i++) {
            in[i] = changes(r, node->in[i]) ? r->map[node->in[i]->id - r->low] : node->in[i];
            again |= in[i] != node->in[i];
        }
        for (unsigned i = 1; read && in[0] != node->in[0] && i < node->count; i++)
            r->chosen |= is_chosen(node->in[i]);
        r->map[id - r->low] = again ? adc_structural(r->graph, node, in) : node;
    }
}

/* Whether the primal components are histories from their beginning, and nothing else. */
static bool is_of_histories(const struct rereading *r, const struct adc_loop *loop, unsigned primal)
{
    if (loop->guard && !adc_is_true(loop->guard)) return false;
    for (unsigned i = 0; i < primal; i++) {
        const struct adc_carried *one = &loop->carried[i];
        if (!adc_is_history(one->state) || !adc_has_no_points(one->init)) return false;
        if (one->next->id < r->low || !r->map[one->next->id - r->low]) return false;
    }
    return true;
}

static const struct adc_indices *indices_of(struct adc_graph *graph, const struct adc_carried *one,
                                            unsigned count)
{
    const struct adc_indices *free = NULL;
    for (unsigned i = 0; i < count; i++) {
        free = adc_indices_union(graph, free, one[i].init->free);
        free = adc_indices_union(graph, free, one[i].next->free);
    }
    return free;
}

/* Leaves the tangents alone if they need no primal components beside them. */
static void set_apart(struct tangents *tangents, node_t node, struct adc_loop *loop,
                      struct adc_carried *carried)
{
    struct adc_graph *graph = tangents->graph;
    unsigned primal = adc_loop_parts(node).count, count = loop->count - primal;
    struct rereading r = {.graph = graph, .loop = node, .low = node->in[0]->id};
    const struct adc_indices *more = indices_of(graph, carried + primal, count);
    more = adc_indices_minus(graph, more, node->in[0]->free);
    if (loop->checkpoint != ADC_CHECKPOINT_DEFAULT || !adc_indices_minus(graph, more, node->free))
        return;
    r.count = (uint32_t)graph->nodes.count - r.low;
    r.needed = ADC_NEW_ARRAY(tangents->scratch, uint8_t, r.count);
    r.map = ADC_NEW_ARRAY(tangents->scratch, node_t, r.count);
    find_histories(&r);
    if (!is_of_histories(&r, loop, primal)) return;
    for (unsigned i = 0; i < count; i++)
        if (changes(&r, carried[primal + i].next))
            r.needed[carried[primal + i].next->id - r.low] = 1;
    make_again(&r);
    if (!r.chosen) return;
    for (unsigned i = 0; i < count; i++) {
        carried[i] = carried[primal + i];
        if (changes(&r, carried[i].next)) carried[i].next = r.map[carried[i].next->id - r.low];
    }
    loop->count = count;
}

/* -------------------------------------------------------------------------------- loops */

node_t forward_loop(struct tangents *tangents, node_t node)
{
    struct adc_loop loop = adc_loop_parts(node);
    unsigned primal = loop.count;
    struct adc_carried *carried =
        ADC_NEW_ARRAY(tangents->scratch, struct adc_carried, 2 * (size_t)primal);
    for (unsigned i = 0; i < primal; i++) {
        struct adc_carried one = adc_loop_carried(node, i);
        carried[i] = one;
        if (!adc_type_is_real(one.state->type)) continue;
        if (!is_active(tangents, one.state) && !is_active(tangents, one.next) &&
            !is_active(tangents, one.init))
            continue;
        carried[loop.count].state = state_of(tangents, one.state);
        carried[loop.count].init = or_zero(tangents, one.init);
        carried[loop.count++].next = or_zero(tangents, one.next);
    }
    loop.carried = carried;
    if (loop.count > primal) set_apart(tangents, node, &loop, carried);
    return adc_loop_around(tangents->graph, &loop, carried, NULL, tangents->scratch);
}

node_t forward_final(struct tangents *tangents, node_t final)
{
    node_t loop = forward_tangent(tangents, final->in[0]);
    return adc_final(tangents->graph, loop, forward_tangent(tangents, adc_final_state(final)));
}

/* Elements that are replaced by constants have the tangent 0. */
node_t forward_put(struct tangents *tangents, node_t put)
{
    struct adc_nest points = adc_nest_parts(put->in[1]);
    node_t nest = forward_tangent(tangents, put->in[1]);
    if (!nest && !forward_tangent(tangents, put->in[0])) return NULL;
    points.value = adc_real(tangents->graph, put->type, 0.0);
    if (!nest) nest = adc_nest(tangents->graph, &points);
    return adc_put(tangents->graph, or_zero(tangents, put->in[0]), nest);
}
