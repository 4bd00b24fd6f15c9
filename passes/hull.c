/* Interval arithmetic on ints; recursion is bounded by DEEPEST. */
#include "passes/hull.h"

enum { DEEPEST = 48 };

typedef const struct adc_node *node_t;

struct hull {
    struct adc_graph *graph;
    struct walk *walk;
    unsigned depth;
};

static node_t end_of(struct hull *hull, node_t value, bool most);

static bool is_int(node_t node, int64_t value)
{
    return node->op == ADC_OP_CONST && node->value.integer == value;
}

node_t pass_plus(struct adc_graph *graph, node_t a, node_t b)
{
    if (is_int(a, 0)) return b;
    if (is_int(b, 0)) return a;
    if (adc_is_const(a) && adc_is_const(b))
        return adc_int(graph, a->value.integer + b->value.integer);
    if (a->op == ADC_OP_ISUB && a->in[1] == b) return a->in[0];
    return adc_apply2(graph, ADC_OP_IADD, a, b);
}

node_t pass_minus(struct adc_graph *graph, node_t a, node_t b)
{
    if (is_int(b, 0)) return a;
    if (a == b) return adc_int(graph, 0);
    if (adc_is_const(a) && adc_is_const(b))
        return adc_int(graph, a->value.integer - b->value.integer);
    if (a->op == ADC_OP_IADD && a->in[0] == b) return a->in[1];
    if (a->op == ADC_OP_IADD && a->in[1] == b) return a->in[0];
    return adc_apply2(graph, ADC_OP_ISUB, a, b);
}

/* Whether the value depends on a STATE of a loop whose index is free in it. */
static bool is_carried(struct hull *hull, node_t value)
{
    struct walk *walk = hull->walk;
    bool found = false;
    node_t node;
    walk_add(walk, value);
    while (!found && (node = walk_next(walk))) {
        found = node->op == ADC_OP_STATE && adc_indices_has(value->free, node->in[0]);
        for (unsigned i = 0; i < node->count; i++)
            if (node->in[i]->free) walk_add(walk, node->in[i]);
    }
    walk_end(walk);
    return found;
}

/* The largest or smallest value over all points: what no rule knows. */
static node_t over_all(struct hull *hull, node_t value, bool most)
{
    struct adc_nest nest = {.reduce = most ? ADC_REDUCE_MAX : ADC_REDUCE_MIN, .value = value};
    if (!value->free) return value;
    if (is_carried(hull, value)) return NULL;
    nest.index = value->free->index;
    nest.index_count = value->free->count;
    return adc_nest(hull->graph, &nest);
}

/* An operator of two ends, if there are such. */
static node_t of_ends(struct hull *hull, enum adc_op op, node_t a, node_t b)
{
    if (!a || !b) return NULL;
    if (op == ADC_OP_IADD) return pass_plus(hull->graph, a, b);
    if (op == ADC_OP_ISUB) return pass_minus(hull->graph, a, b);
    if (op == ADC_OP_IMUL && (is_int(a, 0) || is_int(b, 0))) return adc_int(hull->graph, 0);
    return adc_apply2(hull->graph, op, a, b);
}

/* The number of passes of a loop is at most the length of its range. */
static node_t end_of_count(struct hull *hull, node_t final, bool most)
{
    struct adc_graph *graph = hull->graph;
    struct adc_carried one = adc_final_carried(final);
    struct adc_loop loop = adc_loop_parts(final->in[0]);
    bool counts = one.next->op == ADC_OP_IADD &&
                  ((one.next->in[0] == one.state && is_int(one.next->in[1], 1)) ||
                   (one.next->in[1] == one.state && is_int(one.next->in[0], 1)));
    if (!counts) return over_all(hull, final, most);
    node_t init = end_of(hull, one.init, most);
    if (!most) return init;
    node_t length = end_of(hull, pass_minus(graph, loop.index->in[1], loop.index->in[0]), true);
    length = of_ends(hull, ADC_OP_IMAX, length, adc_int(graph, 0));
    return of_ends(hull, ADC_OP_IADD, init, length);
}

/* Whether the element that is read can be the one that is put: constant coordinates are equal. */
static bool may_meet(node_t read, struct adc_nest put)
{
    for (unsigned i = 0; i < put.rank; i++) {
        node_t a = read->in[1 + i], b = put.target[i];
        if (adc_is_const(a) && adc_is_const(b) && a != b) return false;
    }
    return true;
}

/* What a history holds: zeros and what was put, in this loop or in loops inside. */
static node_t end_of_element(struct hull *hull, node_t read, bool most)
{
    node_t at = read->in[0], end = adc_int(hull->graph, 0), before[ADC_MAX_NEST];
    unsigned count = 0;
    if (!adc_is_history(at) || at->op != ADC_OP_FINAL) return over_all(hull, read, most);
    for (;;) {
        if (at->op == ADC_OP_FINAL && count < ADC_MAX_NEST) {
            struct adc_carried one = adc_final_carried(at);
            before[count++] = one.init;
            at = one.next;
        } else if (at->op == ADC_OP_PUT) {
            struct adc_nest put = adc_nest_parts(at->in[1]);
            at = at->in[0];
            if (!may_meet(read, put)) continue;
            end =
                of_ends(hull, most ? ADC_OP_IMAX : ADC_OP_IMIN, end, end_of(hull, put.value, most));
        } else if (count) {
            at = before[--count];
        } else {
            return end;
        }
    }
}

/* Above 0, the same at all points: lengths of segments (checkpoint.c) are roots and their powers. */
static bool is_length(node_t node)
{
    if (node->free) return false;
    while (node->op == ADC_OP_IMUL && node->in[0]->op == ADC_OP_IROOT) node = node->in[1];
    while (node->op == ADC_OP_IMUL && node->in[1]->op == ADC_OP_IROOT) node = node->in[0];
    if (adc_is_const(node)) return node->value.integer > 0;
    return node->op == ADC_OP_IROOT;
}

static node_t end_of_product(struct hull *hull, node_t product, bool most)
{
    node_t a = product->in[0], b = product->in[1];
    if (adc_is_const(a) || is_length(a)) {
        node_t swap = a;
        a = b;
        b = swap;
    }
    if (!adc_is_const(b) && !is_length(b)) return over_all(hull, product, most);
    bool grows = !adc_is_const(b) || b->value.integer >= 0;
    return of_ends(hull, ADC_OP_IMUL, end_of(hull, a, grows ? most : !most), b);
}

static node_t end_of_quotient(struct hull *hull, node_t quotient, bool most)
{
    node_t by = quotient->in[1];
    if (!is_length(by)) return over_all(hull, quotient, most);
    return of_ends(hull, ADC_OP_IDIV, end_of(hull, quotient->in[0], most), by);
}

static node_t end_of_inputs(struct hull *hull, node_t value, bool most)
{
    struct adc_graph *graph = hull->graph;
    enum adc_op choice = most ? ADC_OP_IMAX : ADC_OP_IMIN;
    node_t end;
    switch (value->op) {
    case ADC_OP_INDEX:
        if (!most) return end_of(hull, value->in[0], false);
        return of_ends(hull, ADC_OP_ISUB, end_of(hull, value->in[1], true), adc_int(graph, 1));
    case ADC_OP_IADD:
    case ADC_OP_ISUB:
        end = end_of(hull, value->in[1], value->op == ADC_OP_ISUB ? !most : most);
        return of_ends(hull, value->op, end_of(hull, value->in[0], most), end);
    case ADC_OP_INEG:
        end = end_of(hull, value->in[0], !most);
        return of_ends(hull, ADC_OP_ISUB, adc_int(graph, 0), end);
    case ADC_OP_IMIN:
    case ADC_OP_IMAX:
        end = end_of(hull, value->in[0], most);
        return of_ends(hull, value->op, end, end_of(hull, value->in[1], most));
    case ADC_OP_IF:
        end = end_of(hull, value->in[1], most);
        return of_ends(hull, choice, end, end_of(hull, value->in[2], most));
    case ADC_OP_IMUL: return end_of_product(hull, value, most);
    case ADC_OP_IDIV: return end_of_quotient(hull, value, most);
    case ADC_OP_FINAL: return end_of_count(hull, value, most);
    case ADC_OP_READ: return end_of_element(hull, value, most);
    default: return over_all(hull, value, most);
    }
}

static node_t end_of(struct hull *hull, node_t value, bool most)
{
    if (!value->free && value->op != ADC_OP_FINAL && value->op != ADC_OP_READ) return value;
    if (hull->depth == DEEPEST) return value->free ? over_all(hull, value, most) : value;
    hull->depth++;
    node_t end = end_of_inputs(hull, value, most);
    hull->depth--;
    return end;
}

node_t pass_end(struct adc_graph *graph, node_t value, bool most, struct walk *walk)
{
    struct hull hull = {.graph = graph, .walk = walk};
    return end_of(&hull, value, most);
}

node_t pass_extent(struct adc_graph *graph, node_t index, struct walk *walk)
{
    return pass_end(graph, pass_minus(graph, index->in[1], index->in[0]), true, walk);
}
