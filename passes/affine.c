/* The constant is split off, the rest is combined as far as a glance goes. Ints wrap, so nothing is
 * lost by another order. */
#include "passes/affine.h"

typedef const struct adc_node *node_t;

enum { MOST_STEPS = 16 };

/* base + constant; base NULL: the constant alone. */
struct split {
    node_t base;
    int64_t constant;
};

static int64_t wrapped(int64_t a, int64_t b)
{
    return (int64_t)((uint64_t)a + (uint64_t)b);
}

static int64_t negated(int64_t a)
{
    return (int64_t)(0 - (uint64_t)a);
}

static struct split split_of(node_t node)
{
    struct split split = {node, 0};
    for (unsigned step = 0; split.base && step < MOST_STEPS; step++) {
        node_t at = split.base;
        bool sum = at->op == ADC_OP_IADD, difference = at->op == ADC_OP_ISUB;
        if (adc_is_const(at)) {
            split.constant = wrapped(split.constant, at->value.integer);
            split.base = NULL;
        } else if ((sum || difference) && adc_is_const(at->in[1])) {
            int64_t own = at->in[1]->value.integer;
            split.constant = wrapped(split.constant, sum ? own : negated(own));
            split.base = at->in[0];
        } else if (sum && adc_is_const(at->in[0])) {
            split.constant = wrapped(split.constant, at->in[0]->value.integer);
            split.base = at->in[1];
        } else {
            break;
        }
    }
    return split;
}

node_t affine_base(node_t node, int64_t *constant)
{
    struct split split = split_of(node);
    *constant = split.constant;
    return split.base;
}

static node_t joined(struct adc_graph *graph, node_t base, int64_t constant)
{
    if (!base) return adc_int(graph, constant);
    if (constant == 0) return base;
    bool less = constant < 0 && constant > INT64_MIN;
    node_t distance = adc_int(graph, less ? -constant : constant);
    return adc_apply2(graph, less ? ADC_OP_ISUB : ADC_OP_IADD, base, distance);
}

static node_t base_sum(struct adc_graph *graph, node_t a, node_t b)
{
    if (!a || !b) return a ? a : b;
    if (a->op == ADC_OP_ISUB && a->in[1] == b) return a->in[0];
    if (b->op == ADC_OP_ISUB && b->in[1] == a) return b->in[0];
    return adc_apply2(graph, ADC_OP_IADD, a, b);
}

static node_t base_difference(struct adc_graph *graph, node_t a, node_t b)
{
    if (!b) return a;
    if (a == b) return NULL;
    if (!a) return adc_apply2(graph, ADC_OP_ISUB, adc_int(graph, 0), b);
    if (a->op == ADC_OP_IADD && a->in[1] == b) return a->in[0];
    if (a->op == ADC_OP_IADD && a->in[0] == b) return a->in[1];
    return adc_apply2(graph, ADC_OP_ISUB, a, b);
}

node_t affine_plus(struct adc_graph *graph, node_t a, node_t b)
{
    struct split left = split_of(a), right = split_of(b);
    struct split rest = {base_sum(graph, left.base, right.base), 0};
    if (rest.base) rest = split_of(rest.base);
    return joined(graph, rest.base, wrapped(rest.constant, wrapped(left.constant, right.constant)));
}

node_t affine_minus(struct adc_graph *graph, node_t a, node_t b)
{
    struct split left = split_of(a), right = split_of(b);
    struct split rest = {base_difference(graph, left.base, right.base), 0};
    if (rest.base) rest = split_of(rest.base);
    return joined(graph, rest.base,
                  wrapped(rest.constant, wrapped(left.constant, negated(right.constant))));
}

bool affine_distance(node_t a, node_t b, int64_t *distance)
{
    struct split left = split_of(a), right = split_of(b);
    *distance = wrapped(left.constant, negated(right.constant));
    return left.base == right.base;
}

static node_t chosen(struct adc_graph *graph, enum adc_op op, node_t a, node_t b)
{
    struct split left = split_of(a), right = split_of(b);
    if (left.base != right.base) return adc_apply2(graph, op, a, b);
    return (left.constant > right.constant) == (op == ADC_OP_IMAX) ? a : b;
}

node_t affine_most(struct adc_graph *graph, node_t a, node_t b)
{
    return chosen(graph, ADC_OP_IMAX, a, b);
}

node_t affine_least(struct adc_graph *graph, node_t a, node_t b)
{
    return chosen(graph, ADC_OP_IMIN, a, b);
}

bool affine_is_comparison(const struct adc_node *node)
{
    switch (node->op) {
    case ADC_OP_ILT:
    case ADC_OP_ILE:
    case ADC_OP_IGT:
    case ADC_OP_IGE:
    case ADC_OP_IEQ:
    case ADC_OP_INE: return true;
    default: return false;
    }
}
