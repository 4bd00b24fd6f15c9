/* Forward mode: tangents in ascending id, absent where structurally zero; the table's rules serve
 * as they
 * are, for they are linear in the tangent. An `if` takes the tangent of the arm that ran. What is 0
 * where a condition does not hold stays under it (point.h). */
#include "passes/forward.h"

#include "ir/rules.h"
#include "passes/passes.h"
#include "passes/point.h"

const struct adc_node *forward_tangent(const struct tangents *tangents, const struct adc_node *node)
{
    bool inside = node->id >= tangents->range.low && node->id <= tangents->range.high;
    return inside ? tangents->dot[node->id - tangents->range.low] : NULL;
}

static const struct adc_node *sum(struct adc_graph *graph, const struct adc_node *a,
                                  const struct adc_node *b)
{
    struct point left, right;
    if (!a || !b) return a ? a : b;
    if (!a->rank && point_split(graph, a, &left) && point_split(graph, b, &right) &&
        left.condition == right.condition) {
        left.value = adc_apply2(graph, ADC_OP_ADD, left.value, right.value);
        return point_join(graph, left);
    }
    return a->rank ? adc_join(graph, a, b) : adc_apply2(graph, ADC_OP_ADD, a, b);
}

static const struct adc_node *through_if(struct tangents *tangents, const struct adc_node *node)
{
    const struct adc_node *then = forward_tangent(tangents, node->in[1]);
    const struct adc_node *otherwise = forward_tangent(tangents, node->in[2]);
    const struct adc_node *zero = adc_real(tangents->graph, node->type, 0.0);
    if (!then && !otherwise) return NULL;
    return adc_apply3(tangents->graph, ADC_OP_IF, node->in[0], then ? then : zero,
                      otherwise ? otherwise : zero);
}

static const struct adc_node *read_tangent(struct tangents *tangents, const struct adc_node *node)
{
    const struct adc_node *dot = forward_tangent(tangents, node->in[0]);
    struct point point;
    if (!dot) return NULL;
    if (point_read(tangents->graph, dot, node->in + 1, &point))
        return point_join(tangents->graph, point);
    return adc_read(tangents->graph, dot, node->in + 1);
}

/* What input `i` contributes to the tangent of an operator. */
static const struct adc_node *contribution(struct tangents *tangents, const struct adc_node *node,
                                           unsigned i, const struct adc_node *in)
{
    struct point point;
    bool strong = steep_tangent(&tangents->steep, node, i);
    if (!point_split(tangents->graph, in, &point))
        return adc_op_contribution(tangents->graph, node, i, in, strong);
    point.value = adc_op_contribution(tangents->graph, node, i, point.value, strong);
    return point_join(tangents->graph, point);
}

static const struct adc_node *propagate(struct tangents *tangents, const struct adc_node *node)
{
    const struct adc_node *dot = NULL;
    switch (node->op) {
    case ADC_OP_CONST:
    case ADC_OP_PARAM:
    case ADC_OP_STOP: return NULL;
    case ADC_OP_MARK: return forward_tangent(tangents, node->in[0]);
    case ADC_OP_IF: return through_if(tangents, node);
    case ADC_OP_READ: return read_tangent(tangents, node);
    case ADC_OP_NEST:
        dot = forward_tangent(tangents, node->in[0]);
        if (!dot) return NULL;
        if (tangents->put[node->id - tangents->range.low])
            return forward_points(tangents->graph, node, dot);
        return forward_nest(tangents, node, dot);
    case ADC_OP_STATE: return forward_state(tangents, node);
    case ADC_OP_LOOP: return forward_loop(tangents, node);
    case ADC_OP_FINAL: return forward_final(tangents, node);
    case ADC_OP_PUT: return forward_put(tangents, node);
    case ADC_OP_JOIN:
        return sum(tangents->graph, forward_tangent(tangents, node->in[0]),
                   forward_tangent(tangents, node->in[1]));
    default: break;
    }
    ADC_INVARIANT(node->op >= ADC_OP_FIRST_ELEMENTWISE, tangents->graph);
    for (unsigned i = 0; i < node->count; i++) {
        const struct adc_node *in = forward_tangent(tangents, node->in[i]);
        if (in) dot = sum(tangents->graph, dot, contribution(tangents, node, i, in));
    }
    return dot;
}

static void find_puts(struct tangents *tangents)
{
    for (uint32_t id = tangents->range.low; id <= tangents->range.high; id++) {
        const struct adc_node *node = tangents->graph->nodes.data[id];
        if (node->op == ADC_OP_PUT && node->in[1]->id >= tangents->range.low)
            tangents->put[node->in[1]->id - tangents->range.low] = 1;
    }
}

void pass_forward(struct adc_graph *graph, const struct pass_seed *wrt, size_t wrt_count,
                  struct pass_seed *outputs, size_t output_count, struct adc_arena *scratch)
{
    struct tangents tangents = {.graph = graph, .scratch = scratch};
    uint8_t *active;
    tangents.range = pass_activity(graph, (struct pass_seeds){outputs, output_count},
                                   (struct pass_seeds){wrt, wrt_count}, scratch, &active);
    tangents.active = active;
    for (size_t i = 0; i < output_count; i++) outputs[i].value = NULL;
    if (tangents.range.low > tangents.range.high) return;
    tangents.steep = steep_find(graph, tangents.range, active, false, scratch);
    size_t count = (size_t)tangents.range.high - tangents.range.low + 1;
    struct adc_span span = graph->span;
    tangents.dot = ADC_NEW_ARRAY(scratch, const struct adc_node *, count);
    tangents.put = ADC_NEW_ARRAY(scratch, uint8_t, count);
    find_puts(&tangents);
    for (size_t i = 0; i < wrt_count; i++) {
        uint32_t id = wrt[i].node->id;
        if (id > tangents.range.high) continue;
        const struct adc_node **dot = &tangents.dot[id - tangents.range.low];
        *dot = sum(graph, *dot, wrt[i].value);
    }
    for (uint32_t id = tangents.range.low; id <= tangents.range.high; id++) {
        if (!active[id - tangents.range.low]) continue;
        graph->span = graph->spans.data[id];
        const struct adc_node **dot = &tangents.dot[id - tangents.range.low];
        *dot = sum(graph, *dot, propagate(&tangents, graph->nodes.data[id]));
    }
    for (size_t i = 0; i < output_count; i++)
        outputs[i].value = forward_tangent(&tangents, outputs[i].node);
    graph->span = span;
}
