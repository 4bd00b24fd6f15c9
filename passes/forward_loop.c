/* Forward mode through loops: the loop again, with the tangents of its active components beside
 * them. As they share index and components, passes/loops.c makes one loop of the two. */
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

/* Tangents that depend on indices on which the primal loop does not (a unit's) need a loop for each
 * of their values, with the primal components in it. */
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
