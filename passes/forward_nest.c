/* Forward mode through nests: the tangent of a nest is a nest over the same points.
 *
 *     SET, SUM    the tangents of the values, under the same target
 *     MAX, MIN    the mean of the tangents of the ties
 *     PROD        sum of tangent times product of the others */
#include "passes/forward.h"

#include "passes/reverse.h"

static const struct adc_node *sum_over(struct adc_graph *graph, struct adc_nest nest,
                                       const struct adc_node *more, const struct adc_node *value)
{
    nest.value = value;
    if (nest.rank == 0) nest.reduce = ADC_REDUCE_SUM;
    if (more)
        nest.guard = adc_apply3(graph, ADC_OP_IF, nest.guard, more, adc_bool(graph, false));
    return adc_nest(graph, &nest);
}

const struct adc_node *forward_nest(struct adc_graph *graph, const struct adc_node *node,
                                    const struct adc_node *dot, struct adc_arena *scratch)
{
    struct adc_nest nest = adc_nest_parts(node);
    const struct adc_node *sum;
    switch (nest.reduce) {
    case ADC_REDUCE_SET:
    case ADC_REDUCE_SUM: return sum_over(graph, nest, NULL, dot);
    case ADC_REDUCE_MAX:
    case ADC_REDUCE_MIN:
        sum = sum_over(graph, nest, pass_extreme_hit(graph, node), dot);
        return adc_apply2(graph, ADC_OP_DIV, sum, pass_extreme_ties(graph, node));
    case ADC_REDUCE_PROD:
        return sum_over(graph, nest, NULL,
                        adc_apply2(graph, ADC_OP_MUL, dot, pass_prod_others(graph, node, scratch)));
    case ADC_REDUCE_ALL:
    case ADC_REDUCE_ANY:
    case ADC_REDUCE_COUNT: break;
    }
    ADC_INVARIANT(false, graph); /* a logical reduction carries no tangent */
    return NULL;
}
