/* Passes at an end of a range that change nothing are left out.
 *
 *     rec l[i in 0..N, j in 0..N] = if j > i then 0 else f      for i { for j in 0..i + 1 { f } }
 *
 * in       a function before its derivatives, so that these go through as many passes
 * idle     a pass of a loop over elements that it puts into histories, which begin as zeros, if all
 *          of these are 0 under one condition: j less, or greater, than what stays in the range of
 *          j, the index of a loop around
 * law      the same elements, bit for bit, and the condition is answered
 * cost     linear */
#include "passes/affine.h"
#include "passes/passes.h"

#include "ir/nest.h"
#include "ir/state.h"

typedef const struct adc_node *node_t;

/* Where the condition is `truth`, passes are idle; the others begin, or end, at bound + more. */
struct idle {
    node_t condition, bound;
    bool truth, end;
    int64_t more;
};

/* --------------------------------------------------------------------------------- conditions */

static bool is_zero(node_t node)
{
    return adc_is_const(node) && adc_type_is_real((enum adc_type)node->type) &&
           adc_real_number(node) == 0 && !node->value.bits;
}

/* The value is 0 where the condition is `truth`. */
static bool is_nothing(node_t value, node_t condition, bool truth)
{
    return is_zero(value) || (value->op == ADC_OP_IF && value->in[0] == condition &&
                              is_zero(value->in[truth ? 1 : 2]));
}

/* index OP bound, of < <= > >= */
static bool is_ordered(node_t index, node_t condition, struct idle *idle)
{
    bool less = condition->op == ADC_OP_ILT || condition->op == ADC_OP_ILE;
    bool greater = condition->op == ADC_OP_IGT || condition->op == ADC_OP_IGE;
    bool equal = condition->op == ADC_OP_ILE || condition->op == ADC_OP_IGE;
    unsigned side = condition->in[0] == index ? 0 : 1;
    if ((!less && !greater) || condition->in[side] != index) return false;
    if (side) less = greater; /* bound OP index */
    if (!idle->truth) {       /* the others are idle */
        less = !less;
        equal = !equal;
    }
    idle->bound = condition->in[1 - side];
    idle->end = !less;
    idle->more = less == equal; /* j <= e: from e + 1; j > e: to e + 1 */
    return true;
}

/* The end that is left lies in the range. */
static bool is_inside(node_t index, const struct idle *idle)
{
    node_t bound = idle->bound;
    int64_t low, high;
    if (bound->op != ADC_OP_INDEX || bound == index || bound->id > index->id) return false;
    if (adc_indices_has(bound->free, index)) return false;
    return affine_distance(bound->in[0], index->in[0], &low) && low >= 0 &&
           affine_distance(bound->in[1], index->in[1], &high) && high <= 0;
}

/* ------------------------------------------------------------------------------------- loops */

static bool all_nothing(node_t loop, const struct idle *idle)
{
    for (unsigned i = 0; i < adc_loop_parts(loop).count; i++) {
        struct adc_carried one = adc_loop_carried(loop, i);
        node_t element = adc_carried_element(&one);
        if (!element) return false;
        node_t value = adc_nest_parts(element).value;
        if (!is_nothing(value, idle->condition, idle->truth)) return false;
    }
    return true;
}

static bool find_idle(node_t loop, struct idle *idle)
{
    struct adc_loop parts = adc_loop_parts(loop);
    if (!adc_is_true(parts.guard) || parts.checkpoint != ADC_CHECKPOINT_DEFAULT) return false;
    struct adc_carried first = adc_loop_carried(loop, 0);
    node_t element = adc_carried_element(&first);
    node_t value = element ? adc_nest_parts(element).value : NULL;
    if (!value || value->op != ADC_OP_IF) return false;
    idle->condition = value->in[0];
    for (int arm = 1; arm <= 2; arm++) {
        idle->truth = arm == 1;
        if (is_ordered(parts.index, idle->condition, idle) && is_inside(parts.index, idle) &&
            all_nothing(loop, idle))
            return true;
    }
    return false;
}

struct range {
    struct idle idle;
    unsigned loops; /* over the index */
    bool found;
};

static bool find_ranges(const struct adc_graph *graph, const uint8_t *live, struct range *range)
{
    bool any = false;
    for (size_t id = 0; id < graph->nodes.count; id++) {
        node_t node = graph->nodes.data[id];
        if (!live[id] || node->op != ADC_OP_LOOP) continue;
        struct range *of = &range[node->in[0]->id];
        of->found = !of->loops++ && find_idle(node, &of->idle);
        any |= of->found;
    }
    return any;
}

static node_t shorter(struct adc_graph *to, node_t index, const struct idle *idle,
                      const node_t *map)
{
    node_t ends[2] = {map[index->in[0]->id], map[index->in[1]->id]};
    const struct adc_indices *around = NULL;
    for (unsigned i = 2; i < index->count; i++)
        around = adc_indices_union(to, around, adc_indices_of(to, map[index->in[i]->id]));
    ends[idle->end] = affine_plus(to, map[idle->bound->id], adc_int(to, idle->more));
    return adc_loop_index(to, ends[0], ends[1], around);
}

struct adc_function *pass_idle(struct adc_arena *arena, struct adc_function *function,
                               struct adc_arena *scratch)
{
    const struct adc_graph *from = function->graph;
    size_t count = from->nodes.count;
    uint8_t *live = ADC_NEW_ARRAY(scratch, uint8_t, count);
    struct range *range = ADC_NEW_ARRAY(scratch, struct range, count);
    node_t *map = ADC_NEW_ARRAY(scratch, node_t, count);
    adc_function_live(function, live);
    if (!find_ranges(from, live, range)) return function;
    struct adc_function *to = pass_new_like(arena, function);
    for (size_t id = 0; id < count; id++) {
        node_t node = from->nodes.data[id], in[ADC_MAX_INPUTS];
        if (!live[id]) continue;
        to->graph->span = from->spans.data[id];
        for (unsigned i = 0; i < node->count; i++) in[i] = map[node->in[i]->id];
        bool found = node->op == ADC_OP_INDEX && range[id].found;
        if (!map[id]) /* not a condition that is answered */
            map[id] = found ? shorter(to->graph, node, &range[id].idle, map)
                            : adc_copy(to->graph, from, node, in);
        if (found) map[range[id].idle.condition->id] = adc_bool(to->graph, !range[id].idle.truth);
        if (node->op != ADC_OP_PARAM && node->op != ADC_OP_CONST && map[id]->op != ADC_OP_CONST)
            adc_graph_take_notes(to->graph, map[id], from, node);
    }
    pass_map_roots(to, function, map);
    return to;
}
