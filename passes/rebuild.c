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
        param->shape = adc_mapped(arena, param->shape, param->rank, map);
        param->sizes = adc_mapped(arena, param->sizes, param->size_count, map);
    }
    for (size_t i = 0; i < from->results.count; i++) {
        struct adc_result result = from->results.data[i];
        result.nodes = adc_mapped(arena, result.nodes, result.count, map);
        result.sizes = adc_mapped(arena, result.sizes, result.size_count, map);
        ADC_PUSH(arena, to->results, result);
    }
    for (size_t i = 0; i < from->checks.count; i++) {
        struct adc_check check = from->checks.data[i];
        check.condition = map[check.condition->id];
        ADC_PUSH(arena, to->checks, check);
    }
}

const struct adc_node *pass_sum(struct adc_graph *graph, const struct adc_node *a,
                                const struct adc_node *b)
{
    if (b->op == ADC_OP_NEG) return adc_apply2(graph, ADC_OP_SUB, a, b->in[0]);
    if (a->op == ADC_OP_NEG) return adc_apply2(graph, ADC_OP_SUB, b, a->in[0]);
    return adc_apply2(graph, ADC_OP_ADD, a, b);
}
