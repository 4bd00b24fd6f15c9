/* What a pass of a `@parallel for` computes: whether it depends on other passes, and the same for
 * all passes at once, by indices of a sum instead of those of loops.
 *
 * A loop inside may carry, beside what a value asks for, what the passes around share. Components
 * of loops are therefore looked at one by one, and a replaced loop has those asked for. */
#include "frontend/lower_parallel.h"

#include <stdlib.h>

typedef const struct adc_node *node_t;

/* ----------------------------------------------------------------------------- looking */

static bool is_needed(const struct parallel *p, node_t node)
{
    const struct lower *l = p->l;
    return node->id < l->seen.count && l->seen.data[node->id] == l->searches;
}

/* Nodes from before the loop are as they are. */
static void need(struct parallel *p, node_t node)
{
    struct lower *l = p->l;
    if (node->id < p->index->id || is_needed(p, node)) return;
    l->seen.data[node->id] = l->searches;
    ADC_PUSH(l->arena, l->search, node);
    ADC_PUSH(l->arena, p->needed, node);
}

static void need_component(struct parallel *p, node_t loop, node_t state)
{
    int at = adc_loop_find(loop, state->number);
    if (at < 0) return;
    need(p, adc_loop_carried(loop, (unsigned)at).init);
    need(p, adc_loop_carried(loop, (unsigned)at).next);
}

static void need_final(struct parallel *p, node_t final)
{
    node_t loop = final->in[0];
    need(p, adc_final_state(final));
    if (loop->id < p->index->id || is_needed(p, loop)) return;
    p->l->seen.data[loop->id] = p->l->searches;
    ADC_PUSH(p->l->arena, p->needed, loop);
    ADC_PUSH(p->l->arena, p->loops, loop);
    need(p, loop->in[0]);
    need(p, loop->in[1]);
    for (unsigned i = 0; i < adc_loop_parts(loop).count; i++) {
        node_t state = adc_loop_carried(loop, i).state;
        if (is_needed(p, state)) need_component(p, loop, state);
    }
}

static void need_state(struct parallel *p, node_t state)
{
    for (unsigned i = 0; i < state->count; i++) need(p, state->in[i]);
    for (size_t i = 0; i < p->loops.count; i++)
        if (p->loops.data[i]->in[0] == state->in[0]) need_component(p, p->loops.data[i], state);
}

static bool is_own(const struct parallel *p, node_t read)
{
    if (!p->own || read->op != ADC_OP_READ) return false;
    for (size_t i = 0; i < p->versions.count; i++) {
        bool same = read->in[0] == p->versions.data[i];
        for (unsigned a = 0; same && a < p->state->rank; a++) same = read->in[a + 1] == p->own[a];
        if (same) return true;
    }
    return false;
}

bool parallel_is_independent(struct parallel *p, node_t root, node_t const *inner, unsigned count)
{
    struct lower *l = p->l;
    while (l->seen.count < l->graph->nodes.count) ADC_PUSH(l->arena, l->seen, 0);
    l->searches++;
    l->search.count = p->needed.count = p->loops.count = 0;
    need(p, root);
    while (l->search.count) {
        node_t node = l->search.data[--l->search.count];
        if (is_own(p, node)) continue;
        bool carried = node->op == ADC_OP_STATE && node->in[0] == p->index;
        for (unsigned i = 0; node->op == ADC_OP_STATE && i < count; i++)
            carried |= node->in[0] == inner[i];
        if (carried) {
            p->met = node;
            return false;
        }
        if (node->op == ADC_OP_FINAL) need_final(p, node);
        else if (node->op == ADC_OP_STATE) need_state(p, node);
        else
            for (unsigned i = 0; i < node->count; i++) need(p, node->in[i]);
    }
    return true;
}

/* --------------------------------------------------------------------------- replacing */

static node_t replaced(const struct parallel *p, node_t node)
{
    return is_needed(p, node) ? p->l->replaced.data[node->id] : node;
}

static node_t replace_loop(struct parallel *p, node_t node)
{
    struct adc_loop loop = adc_loop_parts(node);
    struct adc_carried *carried = ADC_NEW_ARRAY(p->l->arena, struct adc_carried, loop.count);
    unsigned all = loop.count;
    bool same = replaced(p, loop.index) == loop.index;
    loop.count = 0;
    for (unsigned i = 0; i < all; i++) {
        struct adc_carried one = adc_loop_carried(node, i);
        if (!is_needed(p, one.state)) continue;
        struct adc_carried made = {replaced(p, one.state), replaced(p, one.init),
                                   replaced(p, one.next)};
        same &= made.init == one.init && made.next == one.next;
        carried[loop.count++] = made;
    }
    if (same && loop.count == all) return node;
    loop.index = replaced(p, loop.index);
    loop.guard = replaced(p, node->in[1]);
    loop.carried = carried;
    return adc_loop(p->l->graph, &loop);
}

/* Of the state with that number: the loop may carry fewer than before, each in another place. */
static node_t final_of(struct adc_graph *graph, node_t final, node_t loop)
{
    int at = adc_loop_find(loop, final->number);
    ADC_INVARIANT(at >= 0, graph);
    return adc_final(graph, loop, adc_loop_carried(loop, (unsigned)at).state);
}

static node_t replace_node(struct parallel *p, node_t node, const struct parallel_map *map,
                           node_t own_value)
{
    struct adc_graph *graph = p->l->graph;
    node_t in[ADC_MAX_INPUTS];
    bool same = true;
    for (unsigned i = 0; i < map->count; i++)
        if (map->from[i] == node) return map->to[i];
    if (own_value && is_own(p, node)) return own_value;
    if (node->op == ADC_OP_LOOP) return replace_loop(p, node);
    for (unsigned i = 0; i < node->count; i++) {
        in[i] = replaced(p, node->in[i]);
        same &= in[i] == node->in[i];
    }
    if (same) return node;
    if (node->op == ADC_OP_FINAL) return final_of(graph, node, in[0]);
    node_t made = adc_structural(graph, node, in);
    const struct adc_name *name = graph->names.data[node->id];
    if (name && made->id + 1 == graph->nodes.count) adc_graph_set_name(graph, made, name);
    return made;
}

static int by_id(const void *a, const void *b)
{
    node_t x = *(const node_t *)a, y = *(const node_t *)b;
    return (x->id > y->id) - (x->id < y->id);
}

node_t parallel_replace(struct parallel *p, node_t root, const struct parallel_map *map,
                        node_t own_value)
{
    struct lower *l = p->l;
    if (!root) return NULL;
    bool independent = parallel_is_independent(p, root, NULL, 0);
    ADC_INVARIANT(independent, l->graph);
    if (p->needed.count) qsort(p->needed.data, p->needed.count, sizeof *p->needed.data, by_id);
    while (l->replaced.count < l->graph->nodes.count) ADC_PUSH(l->arena, l->replaced, (node_t)NULL);
    for (size_t i = 0; i < p->needed.count; i++) {
        node_t node = p->needed.data[i];
        l->replaced.data[node->id] = replace_node(p, node, map, own_value);
    }
    return replaced(p, root);
}
