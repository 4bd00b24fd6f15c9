/* Guards of loops become components: whether the loop goes on is known when a pass begins, so
 * nothing of a pass that
 * does not take place is ever begun.
 *
 *     init   the guard in terms of the inits, at the first value of the index
 *     next   the guard in terms of the nexts, at the next value */
#include "passes/arrange.h"

/* `guard` with the STATEs of the loop and its index replaced. */
static const struct adc_node *at_pass(struct arrange *arrange, const struct adc_node *loop,
                                      const struct adc_node *guard, bool first)
{
    struct adc_graph *graph = arrange->to->graph;
    const struct adc_node *index = loop->in[0], *step = adc_int(graph, 1);
    size_t count = graph->nodes.count;
    uint32_t low = index->id;
    const struct adc_node **map = ADC_NEW_ARRAY(arrange->scratch, const struct adc_node *, count);
    if (adc_loop_is_down(loop))
        map[low] = first ? adc_apply2(graph, ADC_OP_ISUB, index->in[1], step)
                         : adc_apply2(graph, ADC_OP_ISUB, index, step);
    else map[low] = first ? index->in[0] : adc_apply2(graph, ADC_OP_IADD, index, step);
    for (uint32_t id = low + 1; id <= guard->id; id++) {
        const struct adc_node *node = graph->nodes.data[id], *in[ADC_MAX_INPUTS];
        if (!adc_indices_has(node->free, index)) continue;
        if (node->op == ADC_OP_STATE && node->in[0] == index) {
            int at = adc_loop_find(loop, node->number);
            if (at < 0) continue; /* of another loop over the index */
            struct adc_carried carried = adc_loop_carried(loop, (unsigned)at);
            map[id] = first ? carried.init : carried.next;
            continue;
        }
        bool good = true;
        for (unsigned i = 0; i < node->count; i++) {
            in[i] = adc_indices_has(node->in[i]->free, index) ? map[node->in[i]->id] : node->in[i];
            good = good && in[i];
        }
        if (good) map[id] = adc_structural(graph, node, in);
    }
    return map[guard->id];
}

static const struct adc_node *make(struct arrange *arrange, const struct adc_node *node,
                                   const struct adc_node *const *in)
{
    struct adc_graph *graph = arrange->to->graph;
    const struct adc_node *made = arrange_copy(arrange, node, in);
    if (node->op != ADC_OP_LOOP || adc_is_const(in[1])) return made;
    struct adc_loop loop = adc_loop_parts(made);
    struct adc_carried *carried =
        ADC_NEW_ARRAY(arrange->scratch, struct adc_carried, loop.count + 1u);
    for (unsigned i = 0; i < loop.count; i++) carried[i] = adc_loop_carried(made, i);
    struct adc_carried *last = &carried[loop.count];
    const struct adc_node *goes_on = adc_state(graph, loop.index, adc_bool(graph, true), false);
    bool depends = adc_indices_has(loop.guard->free, loop.index);
    last->state = goes_on;
    last->init = depends ? at_pass(arrange, made, loop.guard, true) : loop.guard;
    last->next = depends ? at_pass(arrange, made, loop.guard, false) : loop.guard;
    loop.carried = carried;
    loop.guard = goes_on;
    loop.count++;
    return adc_loop(graph, &loop);
}

struct adc_function *arrange_guards(struct arrange *arrange, const struct adc_function *from)
{
    return arrange_rebuild(arrange, from, make);
}
