/* Activity: from the variables upwards, from the outputs downwards; both must reach a node.
 *
 * A component of a loop (state.h) varies if its init or its next does, and is needed if its FINAL
 * or its STATE is. As a STATE comes before what it is computed from, both sweeps are repeated until
 * nothing changes. */
#include "ir/state.h"
#include "passes/passes.h"

struct activity {
    const struct adc_graph *graph;
    struct pass_range range;
    uint8_t *varies, *needed; /* by id - range.low */
    bool again;               /* a STATE changed behind the sweep */
};

/* Inputs through which a derivative can flow. */
static bool carries(const struct adc_node *node, unsigned i)
{
    if (node->op == ADC_OP_STOP) return false;
    if (node->op == ADC_OP_IF && i == 0) return false;
    return adc_type_is_real(node->in[i]->type);
}

static bool has(const struct activity *activity, const uint8_t *set, const struct adc_node *node)
{
    uint32_t id = node->id;
    return id >= activity->range.low && id <= activity->range.high && set[id - activity->range.low];
}

static bool component_varies(const struct activity *activity, struct adc_carried one)
{
    return adc_type_is_real(one.state->type) &&
           (has(activity, activity->varies, one.init) || has(activity, activity->varies, one.next));
}

static bool loop_varies(struct activity *activity, const struct adc_node *loop)
{
    bool varies = false;
    for (unsigned i = 0; i < adc_loop_parts(loop).count; i++) {
        struct adc_carried one = adc_loop_carried(loop, i);
        if (!component_varies(activity, one)) continue;
        varies = true;
        if (has(activity, activity->varies, one.state)) continue;
        activity->varies[one.state->id - activity->range.low] = 1;
        activity->again = true;
    }
    return varies;
}

static bool varies(struct activity *activity, const struct adc_node *node)
{
    if (node->op == ADC_OP_LOOP) return loop_varies(activity, node);
    if (!adc_type_is_real(node->type) || node->op == ADC_OP_STATE) return false;
    if (node->op == ADC_OP_FINAL) return component_varies(activity, adc_final_carried(node));
    if (node->op >= ADC_OP_FIRST_ELEMENTWISE && adc_op_info(node->op)->properties & ADC_FLAT)
        return false;
    for (unsigned i = 0; i < node->count; i++)
        if (has(activity, activity->varies, node->in[i]) && carries(node, i)) return true;
    return false;
}

static void need(struct activity *activity, const struct adc_node *node)
{
    if (!has(activity, activity->varies, node) || has(activity, activity->needed, node)) return;
    activity->needed[node->id - activity->range.low] = 1;
    activity->again = activity->again || node->op == ADC_OP_STATE;
}

static void need_component(struct activity *activity, struct adc_carried one)
{
    need(activity, one.init);
    need(activity, one.next);
}

static void need_inputs(struct activity *activity, const struct adc_node *node)
{
    switch (node->op) {
    case ADC_OP_LOOP:
        for (unsigned i = 0; i < adc_loop_parts(node).count; i++) {
            struct adc_carried one = adc_loop_carried(node, i);
            if (has(activity, activity->needed, one.state)) need_component(activity, one);
        }
        return;
    case ADC_OP_FINAL:
        need(activity, node->in[0]);
        need_component(activity, adc_final_carried(node));
        return;
    default: break;
    }
    for (unsigned i = 0; i < node->count; i++)
        if (carries(node, i)) need(activity, node->in[i]);
}

static void sweep_up(struct activity *activity)
{
    for (uint32_t id = activity->range.low; id <= activity->range.high; id++)
        if (varies(activity, activity->graph->nodes.data[id]))
            activity->varies[id - activity->range.low] = 1;
}

static void sweep_down(struct activity *activity)
{
    for (uint32_t id = activity->range.high + 1; id-- > activity->range.low;)
        if (activity->needed[id - activity->range.low])
            need_inputs(activity, activity->graph->nodes.data[id]);
}

/* STATEs may come before the variable that they are computed from. */
static void include_states(struct activity *activity)
{
    for (uint32_t id = activity->range.high + 1; id-- > activity->range.low;) {
        const struct adc_node *node = activity->graph->nodes.data[id];
        if (node->op != ADC_OP_LOOP) continue;
        for (unsigned i = 0; i < adc_loop_parts(node).count; i++) {
            uint32_t state = adc_loop_carried(node, i).state->id;
            if (state < activity->range.low) activity->range.low = state;
        }
    }
}

struct pass_range pass_activity(const struct adc_graph *graph, struct pass_seeds outputs,
                                struct pass_seeds wrt, struct adc_arena *scratch, uint8_t **active)
{
    struct activity activity = {.graph = graph, .range = {UINT32_MAX, 0}};
    struct pass_range *range = &activity.range;
    for (size_t i = 0; i < wrt.count; i++)
        if (wrt.data[i].node->id < range->low) range->low = wrt.data[i].node->id;
    for (size_t i = 0; i < outputs.count; i++)
        if (outputs.data[i].node->id > range->high) range->high = outputs.data[i].node->id;
    if (!wrt.count || !outputs.count || range->low > range->high) {
        *active = NULL;
        return (struct pass_range){1, 0};
    }
    include_states(&activity);
    size_t count = (size_t)range->high - range->low + 1;
    activity.varies = ADC_NEW_ARRAY(scratch, uint8_t, count);
    activity.needed = ADC_NEW_ARRAY(scratch, uint8_t, count);
    for (size_t i = 0; i < wrt.count; i++)
        if (wrt.data[i].node->id <= range->high)
            activity.varies[wrt.data[i].node->id - range->low] = 1;
    do {
        activity.again = false;
        sweep_up(&activity);
    } while (activity.again);
    for (size_t i = 0; i < outputs.count; i++) need(&activity, outputs.data[i].node);
    do {
        activity.again = false;
        sweep_down(&activity);
    } while (activity.again);
    *active = activity.needed;
    return *range;
}
