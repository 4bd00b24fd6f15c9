/* Quotients by one divisor are products with its reciprocal, which is computed once.
 *
 *     x/d, y/d                x*(1/d), y*(1/d)
 *     x[n]/d                  x[n]*(1/d)          where d changes with fewer indices than x
 *
 * A quotient takes the time of eight products, and lanes do not help it as much. A product with a
 * reciprocal is off by one and a half units in the last place at most, a quotient by a half; and
 * where the divisor is below 2^-1024 (floats: 2^-128) the reciprocal is infinite. So quotients stay
 * where somebody could tell, who expects 49/49 to be 1: if the way to a result as written, to a
 * comparison, to an int, to a step (floor and such) or to a max or min over an axis leads through
 * no sum. To a question for a sign it may lead through products, roots and sums of squares, whose
 * signs are known whatever the roundings. What is left are terms of sums, which may be added up in
 * any order anyway, and what derivatives alone compute. Of the terms of sums those alone change
 * whose divisor changes with fewer indices, as factors that leave a sum. `--strict` leaves the pass
 * out. */
#include "passes/passes.h"

#include "ir/nest.h"
#include "ir/state.h"

typedef const struct adc_node *node_t;

/* How much of a value is to be as it is written. */
enum exact { ROUGH, SIGNED /* whether it is 0, and its sign */, EXACT };

struct quotients {
    const struct adc_graph *from;
    uint8_t *live;
    uint8_t *written; /* by id: a result as written needs it, whatever derivatives are made */
    uint8_t *exact;   /* by id: enum exact */
    uint32_t *count;  /* by id of a divisor: quotients by it in derivatives that may be rounded */
};

/* Whether another rounding of what it is computed from may change its value by any amount. */
static bool jumps(node_t node)
{
    if (node->op == ADC_OP_LOOP) return false; /* its FINALs say */
    if (!adc_type_is_real((enum adc_type)node->type)) return true;
    switch (node->op) {
    case ADC_OP_FMOD:
    case ADC_OP_REMAINDER:
    case ADC_OP_COPYSIGN: return true;
    case ADC_OP_NEST: {
        enum adc_reduce reduce = adc_nest_parts(node).reduce;
        return reduce == ADC_REDUCE_MAX || reduce == ADC_REDUCE_MIN;
    }
    default:
        return node->op >= ADC_OP_FIRST_ELEMENTWISE &&
               adc_op_info((enum adc_op)node->op)->properties & ADC_FLAT;
    }
}

static bool is_sum(node_t node)
{
    if (node->op != ADC_OP_NEST) return false;
    struct adc_nest nest = adc_nest_parts(node);
    return nest.reduce == ADC_REDUCE_SUM && nest.index_count;
}

/* Whether nothing but the signs of what it is computed from decides about its own. */
static bool keeps_sign(node_t node)
{
    switch (node->op) {
    case ADC_OP_MUL:
    case ADC_OP_DIV:
    case ADC_OP_NEG:
    case ADC_OP_SQRT:
    case ADC_OP_ABS:
    case ADC_OP_IF:
    case ADC_OP_READ:
    case ADC_OP_PUT: return true;
    case ADC_OP_NEST: return adc_nest_parts(node).reduce == ADC_REDUCE_SET;
    case ADC_OP_ADD: return roots_is_positive(node->in[0]) && roots_is_positive(node->in[1]);
    default: return false;
    }
}

static bool asks_for_sign(node_t node)
{
    return node->op >= ADC_OP_EQ && node->op <= ADC_OP_GE &&
           (adc_is_real_value(node->in[0], 0.0) || adc_is_real_value(node->in[1], 0.0));
}

/* Marks what exact values are computed from. Inputs come before those who use them; what a loop
 * hands on is exact as a whole. */
static void hand_down(struct quotients *q)
{
    for (size_t id = q->from->nodes.count; id-- > 0;) {
        node_t node = q->from->nodes.data[id];
        uint8_t level = q->exact[id];
        bool all = q->live[id] && jumps(node);
        if (all) level = asks_for_sign(node) ? SIGNED : EXACT;
        if (!q->live[id] || !level) continue;
        if (!all && !keeps_sign(node)) level = EXACT;
        for (unsigned i = all || !is_sum(node) ? 0 : 1; i < node->count; i++)
            if (q->exact[node->in[i]->id] < level) q->exact[node->in[i]->id] = level;
    }
}

/* What a pass of a loop begins with comes from the pass before; whether that is news. */
static bool hand_back(struct quotients *q)
{
    bool news = false;
    for (size_t id = 0; id < q->from->nodes.count; id++) {
        node_t node = q->from->nodes.data[id];
        if (!q->live[id] || node->op != ADC_OP_LOOP) continue;
        for (unsigned i = 0; i < adc_loop_parts(node).count; i++) {
            struct adc_carried one = adc_loop_carried(node, i);
            if (!q->exact[one.state->id] || q->exact[one.next->id] == EXACT) continue;
            q->exact[one.next->id] = q->exact[one.init->id] = EXACT;
            news = true;
        }
    }
    return news;
}

static void find_exact(struct quotients *q, const struct adc_function *function)
{
    for (size_t i = 0; i < function->results.count; i++) {
        const struct adc_result *result = &function->results.data[i];
        for (uint32_t j = 0; result->role == ADC_ROLE_PRIMAL && j < result->count; j++) {
            q->exact[result->nodes[j]->id] = EXACT;
            q->written[result->nodes[j]->id] = 1;
        }
    }
    for (size_t id = q->from->nodes.count; id-- > 0;) {
        node_t node = q->from->nodes.data[id];
        for (unsigned i = 0; q->written[id] && i < node->count; i++)
            q->written[node->in[i]->id] = 1;
    }
    do hand_down(q);
    while (hand_back(q));
}

static bool may_round(const struct quotients *q, node_t node)
{
    return node->free && q->live[node->id] && q->exact[node->id] < EXACT &&
           node->op == ADC_OP_DIV && !adc_is_real_value(node->in[0], 1.0);
}

static bool changes_less(node_t divisor, node_t quotient)
{
    return (divisor->free ? divisor->free->count : 0) <
           (quotient->free ? quotient->free->count : 0);
}

/* The value is the same in a function and in its gradient: what is written is replaced or not
 * whatever else there is. */
static bool is_replaced(const struct quotients *q, node_t node)
{
    if (!may_round(q, node)) return false;
    if (changes_less(node->in[1], node)) return true;
    return !q->written[node->id] && q->count[node->in[1]->id] > 1;
}

static node_t reciprocal(struct adc_graph *graph, node_t divisor)
{
    enum adc_type type = (enum adc_type)divisor->type;
    if (adc_is_const(divisor)) return adc_real(graph, type, 1.0 / adc_real_number(divisor));
    return adc_apply2(graph, ADC_OP_DIV, adc_real(graph, type, 1.0), divisor);
}

static bool find(struct quotients *q)
{
    bool any = false;
    for (size_t id = 0; id < q->from->nodes.count; id++) {
        node_t node = q->from->nodes.data[id];
        if (may_round(q, node) && !q->written[id]) q->count[node->in[1]->id]++;
    }
    for (size_t id = 0; id < q->from->nodes.count; id++)
        any |= is_replaced(q, q->from->nodes.data[id]);
    return any;
}

struct adc_function *pass_quotients(struct adc_arena *arena, struct adc_function *function,
                                    struct adc_arena *scratch)
{
    const struct adc_graph *from = function->graph;
    struct quotients q = {.from = from};
    q.live = ADC_NEW_ARRAY(scratch, uint8_t, from->nodes.count);
    q.exact = ADC_NEW_ARRAY(scratch, uint8_t, from->nodes.count);
    q.written = ADC_NEW_ARRAY(scratch, uint8_t, from->nodes.count);
    q.count = ADC_NEW_ARRAY(scratch, uint32_t, from->nodes.count);
    adc_function_live(function, q.live);
    find_exact(&q, function);
    if (!find(&q)) return function;
    node_t *map = ADC_NEW_ARRAY(scratch, node_t, from->nodes.count);
    struct adc_function *to = pass_new_like(arena, function);
    for (size_t id = 0; id < from->nodes.count; id++) {
        node_t node = from->nodes.data[id], in[ADC_MAX_INPUTS];
        if (!q.live[id]) continue;
        to->graph->span = from->spans.data[id];
        for (unsigned i = 0; i < node->count; i++) in[i] = map[node->in[i]->id];
        map[id] = is_replaced(&q, node)
                      ? adc_apply2(to->graph, ADC_OP_MUL, in[0], reciprocal(to->graph, in[1]))
                      : adc_copy(to->graph, from, node, in);
        if (node->op != ADC_OP_PARAM && node->op != ADC_OP_CONST)
            adc_graph_take_notes(to->graph, map[id], from, node);
    }
    pass_map_roots(to, function, map);
    return to;
}
