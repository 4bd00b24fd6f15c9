/* Which histories are read in windows alone, and these again with fewer elements. */
#include "passes/window.h"

enum { MOST_SLOTS = 16, SMALL = 1 << 30 };

/* A small constant that is added to something else: e = *rest + constant; *rest NULL: nothing. */
static int64_t constant_in(const struct adc_node *e, const struct adc_node **rest)
{
    const struct adc_node *constant = NULL, *other = NULL;
    if (adc_is_const(e)) constant = e;
    else if ((e->op == ADC_OP_IADD || e->op == ADC_OP_ISUB) && adc_is_const(e->in[1])) {
        constant = e->in[1];
        other = e->in[0];
    } else if (e->op == ADC_OP_IADD && adc_is_const(e->in[0])) {
        constant = e->in[0];
        other = e->in[1];
    }
    bool small = constant && constant->value.integer > -SMALL && constant->value.integer < SMALL;
    *rest = small ? other : e;
    if (!small) return 0;
    return e->op == ADC_OP_ISUB ? -constant->value.integer : constant->value.integer;
}

/* How far behind `from` an expression is; -1 if it is not. */
static int64_t behind(const struct adc_node *e, const struct adc_node *from)
{
    const struct adc_node *rest, *rest_from;
    int64_t ahead = constant_in(e, &rest) - constant_in(from, &rest_from);
    return rest == rest_from && ahead <= 0 ? -ahead : -1;
}

/* Gives a number to a history, the versions of its array and the components of inner loops that
 * carry it. */
static void mark_versions(struct windows *w, const struct adc_node *state, uint32_t number)
{
    const struct adc_graph *graph = w->from->graph;
    w->group[state->id] = number;
    w->outer_state[state->id] = 1;
    for (bool more = true; more;) {
        more = false;
        for (size_t id = state->id; id < graph->nodes.count; id++) {
            const struct adc_node *node = graph->nodes.data[id];
            if (!w->live[id]) continue;
            if (node->op == ADC_OP_PUT && w->group[node->in[0]->id] == number)
                w->group[id] = number;
            if (node->op == ADC_OP_FINAL && w->group[adc_final_state(node)->id] == number)
                w->group[id] = number;
            if (node->op != ADC_OP_LOOP) continue;
            for (unsigned i = 0; i < adc_loop_parts(node).count; i++) {
                struct adc_carried carried = adc_loop_carried(node, i);
                uint32_t *inner = &w->group[carried.state->id];
                if (w->group[carried.init->id] != number || *inner == number) continue;
                *inner = number;
                more = true;
            }
        }
    }
}

/* Whether a loop hands versions of the history on as such: what becomes another array, or another
 * loop's value of one, is needed whole. */
static bool hands_on(const struct windows *w, const struct adc_node *loop, uint32_t number)
{
    for (unsigned i = 0; i < adc_loop_parts(loop).count; i++) {
        struct adc_carried carried = adc_loop_carried(loop, i);
        bool own = w->group[carried.state->id] == number;
        if (own != (w->group[carried.next->id] == number)) return false;
        if (own && !adc_is_history(carried.state)) return false;
    }
    return true;
}

/* Elements that a use of a version needs, counted from the one put; 0: all of them. */
static int64_t needed_by(const struct windows *w, const struct adc_node *version,
                         const struct adc_node *user, const struct adc_node *loop)
{
    const struct adc_node *index = loop->in[0];
    bool last = version->op == ADC_OP_FINAL && version->in[0] == loop;
    if (user->op == ADC_OP_LOOP) return hands_on(w, user, w->group[version->id]);
    if (user->op == ADC_OP_FINAL) return 1;
    if (user->op == ADC_OP_PUT)
        return user->in[0] == version && behind(adc_nest_parts(user->in[1]).target[0], index) == 0;
    if (user->op != ADC_OP_READ) return 0;
    if (last) return behind(user->in[1], adc_shape(version, 0));
    int64_t distance = behind(user->in[1], index);
    if (!w->outer_state[version->id]) return distance + 1;
    if (distance == 0) return 0; /* not yet put */
    return w->plain ? distance : distance + 1;
}

/* How many elements the history of a component needs; 0: all. */
static uint32_t window_of(struct windows *w, const struct adc_node *loop,
                          struct adc_carried carried)
{
    const struct adc_graph *graph = w->from->graph;
    const struct adc_node *index = loop->in[0];
    uint32_t number = w->group[carried.state->id];
    int64_t most = 1;
    if (adc_loop_is_down(loop) || !adc_is_true(loop->in[1]) ||
        index->in[1] != adc_shape(carried.state, 0))
        return 0;
    if (!adc_is_const(index->in[0]) || index->in[0]->value.integer != 0) return 0;
    for (size_t id = carried.state->id; id < graph->nodes.count; id++) {
        const struct adc_node *node = graph->nodes.data[id];
        for (unsigned i = 0; w->live[id] && i < node->count; i++) {
            if (!node->in[i]->rank || w->group[node->in[i]->id] != number) continue;
            int64_t needed = needed_by(w, node->in[i], node, loop);
            if (needed < 1 || needed > MOST_SLOTS) return 0;
            if (needed > most) most = needed;
        }
    }
    for (size_t i = 0; i < w->from->results.count; i++)
        if (w->group[w->from->results.data[i].nodes[0]->id] == number) return 0;
    return (uint32_t)most;
}

bool windows_find(struct windows *w)
{
    const struct adc_graph *graph = w->from->graph;
    bool any = false;
    uint32_t number = 0;
    w->slots = ADC_NEW_ARRAY(w->scratch, uint32_t, graph->nodes.count);
    w->group = ADC_NEW_ARRAY(w->scratch, uint32_t, graph->nodes.count);
    w->outer_state = ADC_NEW_ARRAY(w->scratch, uint8_t, graph->nodes.count);
    for (size_t id = 0; id < graph->nodes.count; id++) {
        const struct adc_node *loop = graph->nodes.data[id];
        if (!w->live[id] || loop->op != ADC_OP_LOOP || (w->asks && !w->asks(loop))) continue;
        for (unsigned i = 0; i < adc_loop_parts(loop).count; i++) {
            struct adc_carried carried = adc_loop_carried(loop, i);
            if (!adc_is_history(carried.state) || !adc_has_no_points(carried.init)) continue;
            mark_versions(w, carried.state, ++number);
            uint32_t slots = window_of(w, loop, carried);
            if (!slots) continue;
            any = true;
            for (size_t at = 0; at < graph->nodes.count; at++)
                if (w->group[at] == number) w->slots[at] = slots;
        }
    }
    return any;
}

/* ------------------------------------------------------------------------- making */

static const struct adc_node *modulo(struct adc_graph *graph, const struct adc_node *e,
                                     uint32_t slots)
{
    return slots == 1 ? adc_int(graph, 0)
                      : adc_apply2(graph, ADC_OP_IMOD, e, adc_int(graph, slots));
}

/* The nest with the first axis of `slots` elements. */
static const struct adc_node *narrow(struct adc_graph *graph, const struct adc_node *node,
                                     uint32_t slots)
{
    struct adc_nest nest = adc_nest_parts(node);
    const struct adc_node *in[ADC_MAX_NEST];
    for (unsigned i = 0; i < node->count; i++) in[i] = node->in[i];
    in[2] = modulo(graph, nest.target[0], slots);
    in[2 + nest.rank] = adc_int(graph, slots);
    return adc_structural(graph, node, in);
}

const struct adc_node *windows_copy(const struct windows *w, struct adc_graph *graph,
                                    const struct adc_node *node, const struct adc_node *const *in)
{
    const struct adc_node *parts[ADC_MAX_INPUTS];
    struct adc_node like = *node;
    uint32_t slots = node->count ? w->slots[node->in[0]->id] : 0;
    for (unsigned i = 0; i < node->count; i++) parts[i] = in[i];
    if (node->op == ADC_OP_STATE && w->slots[node->id])
        parts[1] = adc_int(graph, w->slots[node->id]);
    if (node->op == ADC_OP_READ && slots) parts[1] = modulo(graph, in[1], slots);
    if (node->op == ADC_OP_PUT && slots) parts[1] = narrow(graph, in[1], slots);
    if (w->plain && w->slots[node->id] && adc_is_history(node)) like.number &= ~ADC_STATE_HISTORY;
    for (unsigned i = 0; node->op == ADC_OP_LOOP && i < adc_loop_parts(node).count; i++) {
        struct adc_carried carried = adc_loop_carried(node, i);
        uint32_t kept = w->slots[carried.state->id];
        if (kept && adc_has_no_points(carried.init))
            parts[2 + 3 * i + 1] = narrow(graph, in[2 + 3 * i + 1], kept);
    }
    const struct adc_node *made = adc_structural(graph, &like, parts);
    adc_graph_take_notes(graph, made, w->from->graph, node);
    return made;
}
