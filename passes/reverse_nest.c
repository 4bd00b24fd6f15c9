/* Reverse mode through nests: reads and writes swapped, the same points.
 *
 *     SUM         v_bar = Y_bar                      SET and SUM arrays  v_bar = read(Y_bar,
 *                 target)
 *     MAX, MIN    v_bar = Y_bar / ties, selected where v is the extreme (never multiplied)
 *     PROD        v_bar = Y_bar * product of the others
 *
 * The nest's guard joins the adjoint's. */
#include "passes/point.h"
#include "passes/reverse.h"

static void push_extreme(struct sweep *sweep, const struct adc_node *node, struct guarded bar,
                         const struct adc_indices *scope)
{
    struct adc_graph *graph = sweep->graph;
    const struct adc_node *hit = pass_extreme_hit(graph, node);
    const struct adc_node *ties = pass_extreme_ties(graph, node);
    bar.guard = guard_arm(&sweep->guards, bar.guard, hit, true);
    bar.value = adc_apply2(graph, ADC_OP_DIV, bar.value, ties);
    reverse_push(sweep, node->in[0], scope, bar);
}

static void push_product(struct sweep *sweep, const struct adc_node *node, struct guarded bar,
                         const struct adc_indices *scope)
{
    const struct adc_node *others = pass_prod_others(sweep->graph, node, sweep->scratch);
    enum adc_op product = steep_adjoint(&sweep->steep, node) ? ADC_OP_MUL_STRONG : ADC_OP_MUL;
    bar.value = adc_apply2(sweep->graph, product, bar.value, others);
    reverse_push(sweep, node->in[0], scope, bar);
}

/* The cotangent of the point's value is the array's, at the target. */
static void read_bar(struct sweep *sweep, const struct adc_nest *nest, struct guarded *bar)
{
    struct point point;
    if (!point_read(sweep->graph, bar->value, nest->target, &point)) {
        bar->value = adc_read(sweep->graph, bar->value, nest->target);
        return;
    }
    if (!adc_is_true(point.condition))
        bar->guard = guard_arm(&sweep->guards, bar->guard, point.condition, true);
    bar->value = point.value;
}

void reverse_nest(struct sweep *sweep, const struct adc_node *node, const struct adc_indices *scope,
                  struct guarded bar)
{
    struct adc_graph *graph = sweep->graph;
    struct adc_nest nest = adc_nest_parts(node);
    scope = adc_indices_union(graph, scope, pass_nest_scope(graph, &nest));
    if (adc_has_no_points(node)) return;
    if (!adc_is_true(nest.guard)) bar.guard = guard_all(&sweep->guards, bar.guard, nest.guard);
    if (node->rank) read_bar(sweep, &nest, &bar);
    switch (nest.reduce) {
    case ADC_REDUCE_SET:
    case ADC_REDUCE_SUM: reverse_push(sweep, nest.value, scope, bar); return;
    case ADC_REDUCE_MAX:
    case ADC_REDUCE_MIN: push_extreme(sweep, node, bar, scope); return;
    case ADC_REDUCE_PROD: push_product(sweep, node, bar, scope); return;
    case ADC_REDUCE_ALL:
    case ADC_REDUCE_ANY:
    case ADC_REDUCE_COUNT: break;
    }
    ADC_INVARIANT(false, graph); /* a logical reduction carries no derivative */
}

/* The value gets what arrived at its element, the array what arrived elsewhere. Elements of a
 * history are put once, while its loop runs: nobody asks again for what they were before. */
void reverse_put(struct sweep *sweep, const struct adc_node *node, const struct adc_node *bar)
{
    struct adc_graph *graph = sweep->graph;
    struct adc_nest points = adc_nest_parts(node->in[1]);
    if (reverse_is_active(sweep, node->in[1]))
        reverse_nest(sweep, node->in[1], node->free, (struct guarded){NULL, bar});
    if (!reverse_is_active(sweep, node->in[0])) return;
    points.value = adc_real(graph, node->type, 0.0);
    if (!adc_goes_on_as_history(node->in[0])) bar = adc_put(graph, bar, adc_nest(graph, &points));
    reverse_push_array(sweep, node->in[0], node->free, bar);
}
