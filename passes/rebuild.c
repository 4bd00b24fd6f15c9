/* What every pass that makes a new function from an old one needs. */
#include "passes/passes.h"

struct adc_function *pass_new_like(struct adc_arena *arena, const struct adc_function *from)
{
    struct adc_function *to = adc_function_new(arena, from->name);
    struct adc_graph *graph = to->graph;
    *to = *from;
    to->graph = graph;
    graph->mark_count = from->graph->mark_count; /* what is made is not what will be copied */
    graph->state_count = from->graph->state_count;
    graph->fresh_count = from->graph->fresh_count;
    to->params.data = NULL;
    to->params.count = to->params.capacity = 0;
    for (size_t i = 0; i < from->params.count; i++)
        ADC_PUSH(arena, to->params, from->params.data[i]);
    to->results.data = NULL;
    to->results.count = to->results.capacity = 0;
    to->checks.data = NULL;
    to->checks.count = to->checks.capacity = 0;
    return to;
}

void pass_map_roots(struct adc_function *to, const struct adc_function *from,
                    const struct adc_node *const *map)
{
    struct adc_arena *arena = to->graph->arena;
    for (size_t i = 0; i < from->params.count; i++) {
        struct adc_parameter *param = &to->params.data[i];
        if (!param->rank) continue;
        const struct adc_node **shape = ADC_NEW_ARRAY(arena, const struct adc_node *, param->rank);
        for (unsigned j = 0; j < param->rank; j++)
            shape[j] = map[from->params.data[i].shape[j]->id];
        param->shape = shape;
    }
    for (size_t i = 0; i < from->results.count; i++) {
        struct adc_result result = from->results.data[i];
        result.nodes = ADC_NEW_ARRAY(arena, const struct adc_node *, result.count);
        for (uint32_t j = 0; j < result.count; j++)
            result.nodes[j] = map[from->results.data[i].nodes[j]->id];
        ADC_PUSH(arena, to->results, result);
    }
    for (size_t i = 0; i < from->checks.count; i++) {
        struct adc_check check = from->checks.data[i];
        check.condition = map[check.condition->id];
        ADC_PUSH(arena, to->checks, check);
    }
}
