/* Forward mode through nests: the tangent of a nest is a nest over the same points.
 *
 *     SET, SUM    the tangents of the values, under the same target
 *     MAX, MIN    the mean of the tangents of the ties
 *     PROD        sum of tangent times product of the others */
#include "passes/forward.h"

#include "passes/point.h"
#include "passes/reverse.h"

static const struct adc_node *sum_over(struct adc_graph *graph, struct adc_nest nest,
                                       const struct adc_node *value, struct adc_arena *scratch)
{
    nest.value = value;
    if (nest.rank == 0) nest.reduce = ADC_REDUCE_SUM;
    return point_simple_nest(graph, adc_nest(graph, &nest), scratch);
}

static bool changes_inside(const struct adc_nest *nest, const struct adc_node *condition)
{
    for (unsigned i = 0; i < nest->index_count; i++)
        if (adc_indices_has(condition->free, nest->index[i])) return true;
    return false;
}

static const struct adc_node *tangent_of(struct tangents *tangents, const struct adc_node *node,
                                         struct adc_nest nest, const struct adc_node *dot)
{
    struct adc_graph *graph = tangents->graph;
    struct adc_arena *scratch = tangents->scratch;
    const struct adc_node *sum;
    switch (nest.reduce) {
    case ADC_REDUCE_SET:
    case ADC_REDUCE_SUM: return sum_over(graph, nest, dot, scratch);
    case ADC_REDUCE_MAX:
    case ADC_REDUCE_MIN:
        nest.guard = point_both(graph, nest.guard, pass_extreme_hit(graph, node));
        sum = sum_over(graph, nest, dot, scratch);
        return adc_apply2(graph, ADC_OP_DIV, sum, pass_extreme_ties(graph, node));
    case ADC_REDUCE_PROD:
        dot = adc_apply2(graph,
                         steep_tangent(&tangents->steep, node, 0) ? ADC_OP_MUL_STRONG : ADC_OP_MUL,
                         dot, pass_prod_others(graph, node, scratch));
        return sum_over(graph, nest, dot, scratch);
    case ADC_REDUCE_ALL:
    case ADC_REDUCE_ANY:
    case ADC_REDUCE_COUNT: break;
    }
    ADC_INVARIANT(false, graph); /* a logical reduction carries no tangent */
    return NULL;
}

const struct adc_node *forward_nest(struct tangents *tangents, const struct adc_node *node,
                                    const struct adc_node *dot)
{
    struct adc_graph *graph = tangents->graph;
    struct adc_nest nest = adc_nest_parts(node);
    struct point point;
    if (!point_split(graph, dot, &point)) return tangent_of(tangents, node, nest, dot);
    if (nest.rank || changes_inside(&nest, point.condition)) {
        nest.guard = point_both(graph, nest.guard, point.condition);
        return tangent_of(tangents, node, nest, point.value);
    }
    point.value = tangent_of(tangents, node, nest, point.value);
    return point_join(graph, point);
}

const struct adc_node *forward_points(struct adc_graph *graph, const struct adc_node *node,
                                      const struct adc_node *dot)
{
    struct adc_nest nest = adc_nest_parts(node);
    nest.value = dot;
    return adc_nest(graph, &nest);
}
