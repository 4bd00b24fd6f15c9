/* Activity: from the variables upwards, from the outputs downwards; both must reach a node. */
#include "passes/passes.h"

/* Inputs through which a derivative can flow. */
static bool carries(const struct adc_node *node, unsigned i)
{
    if (node->op == ADC_OP_STOP) return false;
    if (node->op == ADC_OP_IF && i == 0) return false;
    return adc_type_is_real(node->in[i]->type);
}

static bool depends(const struct adc_node *node, const uint8_t *varies, uint32_t low)
{
    if (!adc_type_is_real(node->type)) return false;
    if (node->op >= ADC_OP_FIRST_ELEMENTWISE && adc_op_info(node->op)->properties & ADC_FLAT)
        return false;
    for (unsigned i = 0; i < node->count; i++) {
        uint32_t id = node->in[i]->id;
        if (id >= low && varies[id - low] && carries(node, i)) return true;
    }
    return false;
}

struct pass_range pass_activity(const struct adc_graph *graph, struct pass_seeds outputs,
                                struct pass_seeds wrt, struct adc_arena *scratch, uint8_t **active)
{
    struct pass_range range = {UINT32_MAX, 0};
    for (size_t i = 0; i < wrt.count; i++)
        if (wrt.data[i].node->id < range.low) range.low = wrt.data[i].node->id;
    for (size_t i = 0; i < outputs.count; i++)
        if (outputs.data[i].node->id > range.high) range.high = outputs.data[i].node->id;
    if (!wrt.count || !outputs.count || range.low > range.high) {
        *active = NULL;
        return (struct pass_range){1, 0};
    }
    size_t count = (size_t)range.high - range.low + 1;
    uint8_t *varies = ADC_NEW_ARRAY(scratch, uint8_t, count);
    uint8_t *needed = ADC_NEW_ARRAY(scratch, uint8_t, count);
    for (size_t i = 0; i < wrt.count; i++)
        if (wrt.data[i].node->id <= range.high) varies[wrt.data[i].node->id - range.low] = 1;
    for (uint32_t id = range.low; id <= range.high; id++)
        if (depends(graph->nodes.data[id], varies, range.low)) varies[id - range.low] = 1;
    for (size_t i = 0; i < outputs.count; i++)
        if (outputs.data[i].node->id >= range.low) needed[outputs.data[i].node->id - range.low] = 1;
    for (uint32_t id = range.high + 1; id-- > range.low;) {
        const struct adc_node *node = graph->nodes.data[id];
        needed[id - range.low] &= varies[id - range.low];
        if (!needed[id - range.low]) continue;
        for (unsigned i = 0; i < node->count; i++)
            if (node->in[i]->id >= range.low && carries(node, i))
                needed[node->in[i]->id - range.low] = 1;
    }
    *active = needed;
    return range;
}
