/* Checks at entry: those at the head of the list that need nothing but parameters. They come before
 * all else, so what they say holds in the rest of the function.
 *
 * in       any function
 * out      the same on the same graph with entry_count set; the indices of these checks are their
 *          own, so that no loop runs for a check and for something else */
#include "passes/passes.h"

#include "ir/nest.h"

/* The condition by indices of its own: `own` has them by id of the old ones. */
static const struct adc_node *apart(struct adc_graph *graph, const struct adc_node *condition,
                                    const struct adc_node **own, struct adc_arena *scratch)
{
    size_t count = (size_t)condition->id + 1;
    uint8_t *needed = ADC_NEW_ARRAY(scratch, uint8_t, count);
    const struct adc_node **map = ADC_NEW_ARRAY(scratch, const struct adc_node *, count);
    needed[condition->id] = 1;
    for (size_t id = count; id-- > 0;)
        for (unsigned i = 0; needed[id] && i < graph->nodes.data[id]->count; i++)
            needed[graph->nodes.data[id]->in[i]->id] = 1;
    for (size_t id = 0; id < count; id++) {
        const struct adc_node *node = graph->nodes.data[id], *in[ADC_MAX_INPUTS];
        if (!needed[id]) continue;
        for (unsigned i = 0; i < node->count; i++) in[i] = map[node->in[i]->id];
        if (node->op == ADC_OP_INDEX) {
            if (!own[id]) own[id] = adc_structural(graph, adc_fresh_index(graph, node), in);
            map[id] = own[id];
        } else {
            map[id] =
                node->count && node->op != ADC_OP_PARAM ? adc_structural(graph, node, in) : node;
        }
    }
    return map[condition->id];
}

const struct adc_function *pass_entry(struct adc_arena *arena, const struct adc_function *from,
                                      struct adc_arena *scratch)
{
    struct adc_function *function = ADC_NEW(arena, struct adc_function);
    struct adc_graph *graph = from->graph;
    *function = *from;
    function->checks.data = ADC_NEW_ARRAY(arena, struct adc_check, from->checks.count + 1);
    for (size_t i = 0; i < from->checks.count; i++) function->checks.data[i] = from->checks.data[i];
    const uint8_t *entry = adc_function_entry(function, scratch);
    const struct adc_node **own =
        ADC_NEW_ARRAY(scratch, const struct adc_node *, graph->nodes.count);
    size_t count = 0;
    while (count < function->checks.count && entry[function->checks.data[count].condition->id])
        count++;
    function->entry_count = count;
    for (size_t i = 0; i < count; i++) {
        struct adc_check *check = &function->checks.data[i];
        graph->span = check->span;
        check->condition = apart(graph, check->condition, own, scratch);
    }
    return function;
}

uint8_t *pass_entry_nodes(const struct adc_function *function, struct adc_arena *scratch)
{
    const struct adc_graph *graph = function->graph;
    uint8_t *needed = ADC_NEW_ARRAY(scratch, uint8_t, graph->nodes.count);
    for (size_t i = 0; i < function->entry_count; i++)
        needed[function->checks.data[i].condition->id] = 1;
    for (size_t id = graph->nodes.count; id-- > 0;) {
        const struct adc_node *node = graph->nodes.data[id];
        bool reads = node->op == ADC_OP_READ;
        for (unsigned i = 0; needed[id] && i < node->count; i++) needed[node->in[i]->id] = 1;
        for (unsigned i = 1; needed[id] && reads && i < node->in[0]->rank; i++)
            needed[adc_shape(node->in[0], i)->id] = 1;
    }
    return needed;
}
