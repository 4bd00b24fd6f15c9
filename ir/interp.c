/* The interpreter: every node's value in ascending id, the oracle of the tests and of `adc trace`.
 *
 * All operators are total, so both arms of an `if` are evaluated and the condition chooses; what the
 * arm not taken computed is looked at by nobody. Derivative nodes must have been expanded. */
#include "ir/function.h"

static union adc_value evaluate(const struct adc_graph *graph, const struct adc_node *node,
                                const union adc_value *values, const union adc_value *arguments)
{
    union adc_value in[3] = {{.bits = 0}, {.bits = 0}, {.bits = 0}};
    for (unsigned i = 0; i < node->count; i++) in[i] = values[node->in[i]->id];
    switch (node->op) {
    case ADC_OP_CONST: return node->value;
    case ADC_OP_PARAM: return arguments[node->number];
    case ADC_OP_IF: return in[0].boolean ? in[1] : in[2];
    case ADC_OP_MARK:
    case ADC_OP_STOP: return in[0];
    default: break;
    }
    ADC_INVARIANT(node->op >= ADC_OP_FIRST_ELEMENTWISE, graph);
    bool real = adc_type_is_real(node->type);
    enum adc_type type = real || !node->count ? node->type : node->in[0]->type;
    return adc_op_apply(node->op, type, in);
}

uint32_t adc_interpret(const struct adc_function *function, const union adc_value *arguments,
                       struct adc_arena *arena, union adc_value **values)
{
    const struct adc_graph *graph = function->graph;
    size_t count = graph->nodes.count;
    uint8_t *live = ADC_NEW_ARRAY(arena, uint8_t, count);
    *values = ADC_NEW_ARRAY(arena, union adc_value, count);
    adc_function_live(function, live);
    for (size_t id = 0; id < count; id++)
        if (live[id]) (*values)[id] = evaluate(graph, graph->nodes.data[id], *values, arguments);
    for (size_t i = 0; i < function->checks.count; i++)
        if (!(*values)[function->checks.data[i].condition->id].boolean)
            return function->checks.data[i].status;
    return 0;
}
