/* Splitting ranges where a program itself asks about their ends: of `if i == 0 or i == N - 1 then a
 * else b` the inside has b, and the elements before and behind that have the question.
 *
 * A comparison of index + constant with a closed int near an end of the axis has one answer where
 * the index is past that int, or before it: the inside ends there. */
#include "passes/affine.h"
#include "passes/gather.h"

typedef const struct adc_node *node_t;

static bool is_near(int64_t distance)
{
    return distance >= -GATHER_MOST_REACH && distance <= GATHER_MOST_REACH;
}

/* Of a comparison of index + distance with the closed int `other`. */
static void add_condition(struct gather *g, struct gather_group *group, unsigned axis,
                          struct gather_condition condition, int64_t distance, node_t other)
{
    struct adc_graph *graph = g->to->graph;
    node_t length = gather_copied(g, group->shape[axis]), bound = gather_copied(g, other);
    int64_t behind;
    bool high = affine_distance(length, bound, &behind) && is_near(behind);
    bool low = adc_is_const(bound) && is_near(bound->value.integer);
    if (low && high) high = bound->value.integer > behind; /* constants both */
    if (!low && !high) return;
    condition.high = high;
    condition.bound = affine_minus(graph, bound, adc_int(graph, high ? distance : distance - 1));
    group->condition[group->condition_count++] = condition;
}

static void look_at(struct gather *g, struct gather_group *group, const struct shift *shift,
                    node_t node)
{
    if (!affine_is_comparison(node) || group->condition_count == GATHER_MOST_CONDITIONS) return;
    for (unsigned c = 0; c < group->condition_count; c++)
        if (group->condition[c].node == node) return;
    for (unsigned side = 0; side < 2; side++)
        for (unsigned axis = 0; axis < group->rank; axis++) {
            struct gather_condition condition = {node, shift->index[axis], NULL, false};
            int64_t distance;
            if (node->in[1 - side]->free) continue;
            if (!affine_distance(node->in[side], condition.index, &distance)) continue;
            add_condition(g, group, axis, condition, distance, node->in[1 - side]);
            return;
        }
}

static void look_through(struct gather *g, struct gather_group *group, const struct shift *shift,
                         node_t nest)
{
    struct node_list stack = {0};
    g->stamps++;
    ADC_PUSH(g->scratch, stack, nest->in[0]);
    ADC_PUSH(g->scratch, stack, nest->in[1]);
    while (stack.count) {
        node_t node = stack.data[--stack.count];
        if (!node->free || g->stamp[node->id] == g->stamps || g->store[node->id]) continue;
        g->stamp[node->id] = g->stamps;
        look_at(g, group, shift, node);
        group->has_loops |= node->op == ADC_OP_NEST || node->op == ADC_OP_LOOP;
        for (unsigned i = 0; i < node->count; i++) ADC_PUSH(g->scratch, stack, node->in[i]);
    }
}

void gather_find_conditions(struct gather *g, uint32_t number)
{
    struct gather_group *group = &g->groups.data[number];
    for (size_t i = 0; i < g->arrays.count; i++)
        for (size_t s = 0; s < g->arrays.data[i].shift_count; s++) {
            const struct shift *shift = &g->arrays.data[i].shifts[s];
            if (g->arrays.data[i].group == number + 1) look_through(g, group, shift, shift->leaf);
        }
    for (size_t i = 0; i < g->companions.count; i++)
        if (g->companions.data[i].group == number + 1)
            look_through(g, group, g->companions.data[i].shift, g->companions.data[i].nest);
}

/* Where the left side is greater, or less. */
static bool answer(enum adc_op op, bool greater)
{
    switch (op) {
    case ADC_OP_ILT:
    case ADC_OP_ILE: return !greater;
    case ADC_OP_IGT:
    case ADC_OP_IGE: return greater;
    case ADC_OP_INE: return true;
    default: return false; /* IEQ */
    }
}

node_t gather_truth(struct gather *g, const struct gather_group *group, const struct shift *shift,
                    const bool *inside, node_t node)
{
    for (unsigned c = 0; affine_is_comparison(node) && c < group->condition_count; c++) {
        const struct gather_condition *condition = &group->condition[c];
        if (condition->node != node) continue;
        for (unsigned axis = 0; axis < group->rank; axis++) {
            if (shift->index[axis] != condition->index || !inside[axis]) continue;
            bool left = adc_indices_has(node->in[0]->free, condition->index);
            return adc_bool(g->to->graph, answer((enum adc_op)node->op, left != condition->high));
        }
    }
    return NULL;
}

node_t gather_folded(node_t node, const node_t *in, struct adc_graph *graph)
{
    if (node->op == ADC_OP_IF && adc_is_const(in[0])) return in[in[0]->value.boolean ? 1 : 2];
    if (node->op == ADC_OP_NOT && adc_is_const(in[0]))
        return adc_bool(graph, !in[0]->value.boolean);
    if (node->op != ADC_OP_AND && node->op != ADC_OP_OR) return NULL;
    for (unsigned i = 0; i < 2; i++) {
        if (!adc_is_const(in[i])) continue;
        return in[i]->value.boolean == (node->op == ADC_OP_AND) ? in[1 - i] : in[i];
    }
    return NULL;
}
