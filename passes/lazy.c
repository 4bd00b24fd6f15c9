/* Sums that arms alone ask for are made in these arms.
 *
 *     if c then x else f(sum(k: s(k)))          sum(k if not c: s(k))
 *
 * in       a function with its derivatives, so that these are left to the same rule
 * sums     scalar reductions of what a LOOP carries, as in a factorisation: each pass would make
 *          them again, whatever arm it takes. All others may leave loops, share loops with sums
 *          that are asked for everywhere, and be made in lanes: a condition would keep them
 *          from that
 * guard    as many of the conditions on the way to all uses, from the outside in, as depend on no
 *          other index than the sum itself; it leaves the loop again (unswitch.c)
 * law      what is read is computed as before, bit for bit
 * cost     linear, times the depth of arms */
#include "passes/guard.h"
#include "passes/passes.h"

#include "ir/nest.h"
#include "ir/state.h"

typedef const struct adc_node *node_t;

struct lazy {
    struct guards guards;
    uint8_t *live, *used, *is_time; /* by id: an index that a LOOP binds */
    const struct guard **guard;     /* by id: of all uses so far */
    node_t *map;
};

/* ---------------------------------------------------------------------------------- uses */

static void use(struct lazy *lazy, node_t node, const struct guard *guard)
{
    const struct guard **now = &lazy->guard[node->id];
    *now = lazy->used[node->id] ? guard_common(*now, guard) : guard;
    lazy->used[node->id] = 1;
}

/* A point that the guard of a NEST keeps out is not made at all. */
static void use_of_nest(struct lazy *lazy, node_t node)
{
    const struct guard *all = node->rank ? NULL : lazy->guard[node->id];
    const struct guard *guard = guard_inside(&lazy->guards, all, node);
    struct adc_nest nest = adc_nest_parts(node);
    bool filters = !adc_is_const(nest.guard);
    use(lazy, nest.value, filters ? guard_all(&lazy->guards, guard, nest.guard) : guard);
    use(lazy, nest.guard, guard);
    for (unsigned i = 2; i < node->count; i++) use(lazy, node->in[i], NULL);
}

/* All users have been met. Arrays and what loops carry are there whatever is read of them. */
static void use_inputs(struct lazy *lazy, node_t node)
{
    const struct guard *guard = lazy->guard[node->id];
    bool arms = node->op == ADC_OP_IF && !adc_is_const(node->in[0]);
    bool plain = node->op >= ADC_OP_FIRST_ELEMENTWISE || node->op == ADC_OP_READ || arms;
    if (node->op == ADC_OP_NEST) {
        use_of_nest(lazy, node);
        return;
    }
    for (unsigned i = 0; i < node->count; i++) {
        const struct guard *under = plain && !node->in[i]->rank ? guard : NULL;
        if (arms && i) under = guard_arm(&lazy->guards, guard, node->in[0], i == 1);
        use(lazy, node->in[i], under);
    }
}

static void find_guards(struct lazy *lazy, const struct adc_function *function)
{
    for (size_t i = 0; i < function->results.count; i++)
        for (unsigned k = 0; k < function->results.data[i].count; k++)
            use(lazy, function->results.data[i].nodes[k], NULL);
    for (size_t i = 0; i < function->checks.count; i++)
        use(lazy, function->checks.data[i].condition, NULL);
    for (size_t id = function->graph->nodes.count; id-- > 0;) {
        node_t node = function->graph->nodes.data[id];
        if (!lazy->live[id]) continue;
        if (node->op == ADC_OP_LOOP) lazy->is_time[node->in[0]->id] = 1;
        use_inputs(lazy, node);
    }
}

/* ---------------------------------------------------------------------------------- sums */

static bool is_carried(const struct lazy *lazy, node_t node)
{
    for (uint32_t i = 0; node->free && i < node->free->count; i++)
        if (lazy->is_time[node->free->index[i]->id]) return true;
    return false;
}

/* Whether the condition can be asked where the sum begins. */
static bool is_known(struct lazy *lazy, node_t condition, node_t sum)
{
    return condition->id < sum->id &&
           !adc_indices_minus(lazy->guards.graph, condition->free, sum->free);
}

/* The outer conditions of the sum's guard up to the first one that is not known there. */
static const struct guard *known_part(struct lazy *lazy, node_t sum)
{
    const struct guard *known = lazy->guard[sum->id];
    for (const struct guard *at = known; at; at = at->parent)
        if (!is_known(lazy, at->condition, sum)) known = at->parent;
    return known;
}

/* The guard's conditions, and `inner` if all of them hold. */
static node_t all_of(struct lazy *lazy, struct adc_graph *to, const struct guard *guard,
                     node_t inner)
{
    for (; guard; guard = guard->parent) {
        node_t condition = lazy->map[guard->condition->id], no = adc_bool(to, false);
        if (!adc_is_true(inner))
            inner = adc_apply3(to, ADC_OP_IF, condition, guard->positive ? inner : no,
                               guard->positive ? no : inner);
        else inner = guard->positive ? condition : adc_apply1(to, ADC_OP_NOT, condition);
    }
    return inner;
}

static node_t copied(struct lazy *lazy, struct adc_graph *to, node_t node)
{
    node_t in[ADC_MAX_INPUTS];
    for (unsigned i = 0; i < node->count; i++) in[i] = lazy->map[node->in[i]->id];
    node_t made = adc_copy(to, lazy->guards.graph, node, in);
    if (node->op != ADC_OP_NEST || node->rank || !is_carried(lazy, node)) return made;
    const struct guard *guard = known_part(lazy, node);
    if (!guard) return made;
    struct adc_nest nest = adc_nest_parts(made);
    nest.guard = all_of(lazy, to, guard, nest.guard);
    return adc_nest(to, &nest);
}

struct adc_function *pass_lazy(struct adc_arena *arena, struct adc_function *function,
                               struct adc_arena *scratch)
{
    const struct adc_graph *from = function->graph;
    size_t count = from->nodes.count;
    struct lazy lazy = {.live = NULL};
    guards_init(&lazy.guards, function->graph, scratch);
    lazy.live = ADC_NEW_ARRAY(scratch, uint8_t, count);
    lazy.used = ADC_NEW_ARRAY(scratch, uint8_t, count);
    lazy.is_time = ADC_NEW_ARRAY(scratch, uint8_t, count);
    lazy.guard = ADC_NEW_ARRAY(scratch, const struct guard *, count);
    lazy.map = ADC_NEW_ARRAY(scratch, node_t, count);
    adc_function_live(function, lazy.live);
    find_guards(&lazy, function);
    struct adc_function *to = pass_new_like(arena, function);
    for (size_t id = 0; id < count; id++) {
        node_t node = from->nodes.data[id];
        if (!lazy.live[id]) continue;
        to->graph->span = from->spans.data[id];
        lazy.map[id] = copied(&lazy, to->graph, node);
        if (node->op != ADC_OP_PARAM) adc_graph_take_notes(to->graph, lazy.map[id], from, node);
    }
    pass_map_roots(to, function, lazy.map);
    return to;
}
