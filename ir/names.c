/* Automatic names: "mul/0", "add/1", "Const/0", counted per operator in topological order. */
#include "ir/function.h"

const char **adc_node_names(const struct adc_function *function, struct adc_arena *arena,
                            const uint8_t *live)
{
    const struct adc_graph *graph = function->graph;
    const char **names = ADC_NEW_ARRAY(arena, const char *, graph->nodes.count);
    uint32_t *counts = ADC_NEW_ARRAY(arena, uint32_t, ADC_OP_COUNT);
    for (size_t id = 0; id < graph->nodes.count; id++) {
        const struct adc_node *node = graph->nodes.data[id];
        if (!live[id]) continue;
        if (node->op == ADC_OP_PARAM) {
            names[id] = function->params.data[node->number].name->text;
            continue;
        }
        const char *kind = node->op == ADC_OP_CONST ? "Const" : adc_op_info(node->op)->name;
        struct adc_text text;
        adc_text_init(&text, arena);
        adc_text_format(&text, "%s/%u", kind, counts[node->op]++);
        names[id] = text.data;
    }
    return names;
}
