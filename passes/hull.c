/* Interval arithmetic on ints; recursion is bounded by DEEPEST.
 *
 * A carried int: if `next` is at most max(state + step, bound), and there are at most n passes,
 *
 *     state <= max(init, bound) + n max(step, 0)
 *
 * and the other way round. What is asked for while its own next is looked at has no end. */
#include "passes/hull.h"

enum { DEEPEST = 48, MOST_STEPS = 4000 };

typedef const struct adc_node *node_t;

struct hull {
    struct adc_graph *graph;
    struct walk *walk; /* NULL: no nests */
    unsigned depth, busy, steps;
    node_t asked[DEEPEST]; /* STATEs that are looked at */
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
    if (!hull->walk || is_carried(hull, value)) return NULL;
    nest.index = value->free->index;
    nest.index_count = value->free->count;
    return adc_nest(hull->graph, &nest);
}

/* An operator of two ends, if there are such. */
static node_t of_ends(struct hull *hull, enum adc_op op, node_t a, node_t b)
{
    if (!a || !b) return NULL;
    if ((op == ADC_OP_IMAX || op == ADC_OP_IMIN) && a == b) return a;
    if (op == ADC_OP_IMUL && (is_int(a, 0) || is_int(b, 1))) return a;
    if (op == ADC_OP_IADD) return pass_plus(hull->graph, a, b);
    if (op == ADC_OP_ISUB) return pass_minus(hull->graph, a, b);
    if (op == ADC_OP_IMUL && (is_int(a, 0) || is_int(b, 0))) return adc_int(hull->graph, 0);
    return adc_apply2(hull->graph, op, a, b);
}

/* -------------------------------------------------------------------- what loops carry */

/* What a component is at most after a pass: the larger of state + step and bound; either may be
 * NULL. */
struct growth {
    node_t step, bound;
};

static struct growth growth_of(struct hull *hull, node_t state, node_t next, bool most);

static node_t either(struct hull *hull, node_t a, node_t b, bool most)
{
    return a && b ? of_ends(hull, most ? ADC_OP_IMAX : ADC_OP_IMIN, a, b) : a ? a : b;
}

/* Whatever of the two is the case. */
static struct growth growth_of_either(struct hull *hull, node_t state, node_t a, node_t b,
                                      bool most)
{
    struct growth none = {NULL, NULL}, one = growth_of(hull, state, a, most),
                  other = growth_of(hull, state, b, most);
    if ((!one.step && !one.bound) || (!other.step && !other.bound)) return none;
    one.step = either(hull, one.step, other.step, most);
    one.bound = either(hull, one.bound, other.bound, most);
    return one;
}

/* What is less than both (more, unless `most`): a bound, if one has no step. */
static struct growth growth_of_clamp(struct hull *hull, node_t state, node_t a, node_t b, bool most)
{
    struct growth one = growth_of(hull, state, a, most), other = growth_of(hull, state, b, most);
    if (one.bound && !one.step) return one;
    return other.step || other.bound ? other : one;
}

static struct growth plus_end(struct hull *hull, struct growth growth, enum adc_op op, node_t end)
{
    struct growth none = {NULL, NULL};
    if (!end) return none;
    if (growth.step) growth.step = of_ends(hull, op, growth.step, end);
    if (growth.bound) growth.bound = of_ends(hull, op, growth.bound, end);
    return growth;
}

static struct growth growth_of(struct hull *hull, node_t state, node_t next, bool most)
{
    struct growth growth = {NULL, NULL};
    if (next == state) {
        growth.step = adc_int(hull->graph, 0);
        return growth;
    }
    if (hull->depth == DEEPEST || ++hull->steps > MOST_STEPS) return growth;
    hull->depth++;
    if (next->op == ADC_OP_IF)
        growth = growth_of_either(hull, state, next->in[1], next->in[2], most);
    else if (next->op == (most ? ADC_OP_IMAX : ADC_OP_IMIN))
        growth = growth_of_either(hull, state, next->in[0], next->in[1], most);
    else if (next->op == (most ? ADC_OP_IMIN : ADC_OP_IMAX))
        growth = growth_of_clamp(hull, state, next->in[0], next->in[1], most);
    else if (!(growth.bound = end_of(hull, next, most)) &&
             (next->op == ADC_OP_IADD || next->op == ADC_OP_ISUB)) {
        bool minus = next->op == ADC_OP_ISUB;
        growth = plus_end(hull, growth_of(hull, state, next->in[0], most), next->op,
                          end_of(hull, next->in[1], minus ? !most : most));
        if (!growth.step && !growth.bound && !minus)
            growth = plus_end(hull, growth_of(hull, state, next->in[1], most), next->op,
                              end_of(hull, next->in[0], most));
    }
    hull->depth--;
    return growth;
}

/* The loop that carries a STATE (any: they agree in it). */
static node_t loop_of(const struct hull *hull, node_t state)
{
    for (size_t id = (size_t)state->id + 1; id < hull->graph->nodes.count; id++) {
        node_t node = hull->graph->nodes.data[id];
        if (node->op != ADC_OP_LOOP || node->in[0] != state->in[0]) continue;
        int at = adc_loop_find(node, state->number);
        if (at >= 0 && adc_loop_carried(node, (unsigned)at).state == state) return node;
    }
    return NULL;
}

static node_t end_of_component(struct hull *hull, node_t loop, struct adc_carried one, bool most)
{
    struct adc_graph *graph = hull->graph;
    node_t index = loop->in[0], zero = adc_int(graph, 0);
    for (unsigned i = 0; i < hull->busy; i++)
        if (hull->asked[i] == one.state) return NULL;
    if (hull->busy == DEEPEST || one.state->rank) return NULL;
    hull->asked[hull->busy++] = one.state;
    struct growth growth = growth_of(hull, one.state, one.next, most);
    node_t end = end_of(hull, one.init, most);
    hull->busy--;
    if (!end || (!growth.step && !growth.bound)) return NULL;
    if (growth.bound) end = either(hull, end, growth.bound, most);
    if (!growth.step || is_int(growth.step, 0)) return end;
    node_t passes = end_of(hull, pass_minus(graph, index->in[1], index->in[0]), true);
    passes = of_ends(hull, ADC_OP_IMAX, passes, zero);
    if (!adc_is_const(growth.step)) growth.step = either(hull, growth.step, zero, most);
    else if ((growth.step->value.integer > 0) != most) return end;
    if (!is_int(growth.step, 1)) passes = of_ends(hull, ADC_OP_IMUL, passes, growth.step);
    return of_ends(hull, ADC_OP_IADD, end, passes);
}

static node_t end_of_state(struct hull *hull, node_t state, bool most)
{
    node_t loop = loop_of(hull, state);
    if (!loop) return NULL;
    int at = adc_loop_find(loop, state->number);
    return end_of_component(hull, loop, adc_loop_carried(loop, (unsigned)at), most);
}

static node_t end_of_final(struct hull *hull, node_t final, bool most)
{
    node_t end = end_of_component(hull, final->in[0], adc_final_carried(final), most);
    return end ? end : over_all(hull, final, most);
}

/* --------------------------------------------------------------------------- operators */

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

/* Above 0, the same at all points: lengths of segments (checkpoint.c) are roots and powers, or
 * greater than a constant. */
static bool is_length(node_t node)
{
    if (node->free) return false;
    while (node->op == ADC_OP_IMUL && node->in[0]->op == ADC_OP_IROOT) node = node->in[1];
    while (node->op == ADC_OP_IMUL && node->in[1]->op == ADC_OP_IROOT) node = node->in[0];
    if (node->op == ADC_OP_IMAX) node = node->in[adc_is_const(node->in[0]) ? 0 : 1];
    if (adc_is_const(node)) return node->value.integer > 0;
    return node->op == ADC_OP_IROOT;
}

/* By a constant or a length; else of the products of the ends. */
static node_t end_of_product(struct hull *hull, node_t product, bool most)
{
    node_t a = product->in[0], b = product->in[1], end = NULL;
    if (adc_is_const(a) || is_length(a) || (!a->free && !adc_is_const(b) && !is_length(b))) {
        a = product->in[1];
        b = product->in[0];
    }
    if (adc_is_const(b) || is_length(b)) {
        bool grows = !adc_is_const(b) || b->value.integer >= 0;
        return of_ends(hull, ADC_OP_IMUL, end_of(hull, a, grows ? most : !most), b);
    }
    for (unsigned i = 0; i < (b->free ? 4 : 2); i++) {
        node_t one = of_ends(hull, ADC_OP_IMUL, end_of(hull, a, i & 1), end_of(hull, b, i >> 1));
        if (!one) return over_all(hull, product, most);
        end = either(hull, end, one, most);
    }
    return end;
}

/* By a length. */
static node_t end_of_division(struct hull *hull, node_t value, bool most)
{
    node_t by = value->in[1];
    if (!is_length(by)) return over_all(hull, value, most);
    if (value->op == ADC_OP_IMOD)
        return most ? pass_minus(hull->graph, by, adc_int(hull->graph, 1))
                    : adc_int(hull->graph, 0);
    return of_ends(hull, ADC_OP_IDIV, end_of(hull, value->in[0], most), by);
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
    case ADC_OP_IDIV:
    case ADC_OP_IMOD: return end_of_division(hull, value, most);
    case ADC_OP_STATE: return end_of_state(hull, value, most);
    case ADC_OP_FINAL: return end_of_final(hull, value, most);
    case ADC_OP_READ: return end_of_element(hull, value, most);
    default: return over_all(hull, value, most);
    }
}

static node_t end_of(struct hull *hull, node_t value, bool most)
{
    if (!value->free && value->op != ADC_OP_FINAL && value->op != ADC_OP_READ) return value;
    if (hull->depth == DEEPEST || ++hull->steps > MOST_STEPS) return over_all(hull, value, most);
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

node_t pass_end_of_ranges(struct adc_graph *graph, node_t value, bool most)
{
    struct hull hull = {.graph = graph};
    return end_of(&hull, value, most);
}

node_t pass_extent(struct adc_graph *graph, node_t index, struct walk *walk)
{
    return pass_end(graph, pass_minus(graph, index->in[1], index->in[0]), true, walk);
}
