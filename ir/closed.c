/* One walk back for what is needed, one forward for its values. */
#include "ir/closed.h"

static union adc_value evaluated(const struct adc_graph *graph, const struct adc_node *node,
                                 const union adc_value *inputs, const union adc_value *values)
{
    union adc_value in[3] = {{.bits = 0}, {.bits = 0}, {.bits = 0}};
    if (node->op == ADC_OP_CONST) return node->value;
    if (node->op == ADC_OP_PARAM) return inputs[node->number];
    ADC_INVARIANT(node->count <= 3 && node->op != ADC_OP_INDEX, graph);
    for (unsigned i = 0; i < node->count; i++) in[i] = values[node->in[i]->id];
    if (node->op == ADC_OP_IF) return in[0].boolean ? in[1] : in[2];
    ADC_INVARIANT(node->op >= ADC_OP_FIRST_ELEMENTWISE, graph);
    bool real = adc_type_is_real((enum adc_type)node->type);
    enum adc_type type = real || !node->count ? node->type : node->in[0]->type;
    return adc_op_apply((enum adc_op)node->op, type, in);
}

void adc_closed_values(const struct adc_function *function, const union adc_value *inputs,
                       const struct adc_node *const *nodes, size_t count, int64_t *values,
                       struct adc_arena *scratch)
{
    const struct adc_graph *graph = function->graph;
    size_t end = 0;
    for (size_t i = 0; i < count; i++)
        if (nodes[i]->id >= end) end = (size_t)nodes[i]->id + 1;
    uint8_t *needed = ADC_NEW_ARRAY(scratch, uint8_t, end);
    union adc_value *all = ADC_NEW_ARRAY(scratch, union adc_value, end);
    for (size_t i = 0; i < count; i++) needed[nodes[i]->id] = 1;
    for (size_t id = end; id-- > 0;)
        for (unsigned i = 0; needed[id] && i < graph->nodes.data[id]->count; i++)
            needed[graph->nodes.data[id]->in[i]->id] = 1;
    for (size_t id = 0; id < end; id++)
        if (needed[id]) all[id] = evaluated(graph, graph->nodes.data[id], inputs, all);
    for (size_t i = 0; i < count; i++) values[i] = all[nodes[i]->id].integer;
}
