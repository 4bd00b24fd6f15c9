/* Components that nobody asks for leave their loops: those that the guard alone had asked for
 * before it became a component itself (arrange_guard.c), those that a copy of a loop carries for
 * the readers of the original (arrange_order.c, arrange_fuse.c). Once loops share what they share,
 * one that depends on fewer indices without them stays inside of the others all the same. */
#include "passes/arrange.h"
#include "passes/components.h"

#include <string.h>

/* Indices that a loop depended on, in the new graph, and depends on no more. */
static const struct adc_indices *lost(struct arrange *arrange, const struct adc_node *old,
                                      const struct adc_node *loop)
{
    struct adc_graph *graph = arrange->to->graph;
    const struct adc_indices *all = NULL;
    for (uint32_t i = 0; old->free && i < old->free->count; i++) {
        const struct adc_node *index = arrange->map[old->free->index[i]->id];
        if (index) all = adc_indices_union(graph, all, adc_indices_of(graph, index));
    }
    return adc_indices_minus(graph, all, loop->free);
}

/* It stands where it stood: its index mentions what it depended on. */
static const struct adc_node *in_place(struct arrange *arrange, const struct adc_node *old,
                                       const struct adc_node *loop)
{
    const struct adc_indices *more = lost(arrange, old, loop);
    const struct adc_node *inputs[ADC_MAX_INPUTS], *index = loop->in[0];
    if (!more) return loop;
    struct adc_node like = {.op = ADC_OP_INDEX, .type = ADC_INT, .number = index->number};
    for (unsigned i = 0; i < index->count; i++) inputs[like.count++] = index->in[i];
    for (uint32_t i = 0; i < more->count; i++) {
        ADC_INVARIANT(like.count < ADC_MAX_INPUTS, arrange->to->graph);
        inputs[like.count++] = more->index[i];
    }
    return arrange_loop_over(arrange, loop, adc_structural(arrange->to->graph, &like, inputs));
}

/* A loop with the components whose STATEs are there. */
static const struct adc_node *make(struct arrange *arrange, const struct adc_node *node,
                                   const struct adc_node *const *in)
{
    if (node->op != ADC_OP_LOOP) return arrange_copy(arrange, node, in);
    struct adc_loop loop = adc_loop_parts(node);
    struct adc_carried *carried =
        ADC_NEW_ARRAY(arrange->scratch, struct adc_carried, loop.count + 1u);
    unsigned count = loop.count;
    loop.count = 0;
    for (unsigned i = 2; i < 2 + 3 * count; i += 3)
        if (in[i]) carried[loop.count++] = (struct adc_carried){in[i], in[i + 1], in[i + 2]};
    loop.index = in[0];
    loop.guard = in[1];
    loop.carried = carried;
    const struct adc_node *made = adc_loop(arrange->to->graph, &loop);
    return arrange->placed ? in_place(arrange, node, made) : made;
}

struct adc_function *arrange_drop(struct arrange *arrange, const struct adc_function *from)
{
    const struct adc_graph *graph = from->graph;
    uint8_t *asked_for = ADC_NEW_ARRAY(arrange->scratch, uint8_t, graph->nodes.count);
    components_live(from, asked_for, arrange->scratch);
    for (size_t id = 0; id < graph->nodes.count; id++) {
        const struct adc_node *node = graph->nodes.data[id];
        if (asked_for[id] && node->op == ADC_OP_FINAL) asked_for[node->in[0]->id] = 1;
    }
    arrange_look(arrange, from);
    memcpy(arrange->updates.live, asked_for, graph->nodes.count);
    return arrange_rebuild(arrange, from, make);
}
