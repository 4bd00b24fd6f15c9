/* Reverse mode through loops: the adjoint of a loop is a loop in the other direction.
 *
 *     LOOP(t; s, init, next)
 *     LOOP(r, the other way; s_bar, what arrived at FINAL(s), what arrives at STATE(s);
 *                            sum_x, 0, sum_x + what arrives at x; ...)
 *
 * A sweep of its own over the body begins with s_bar at every `next`. What arrives at a STATE is
 * the next of its adjoint; what arrives outside the body is added up by a further component; both
 * in terms of a pass of the primal loop, until reverse_record puts them in terms of r. FINALs are
 * passed on. */
#include "passes/hull.h"
#include "passes/point.h"
#include "passes/reverse.h"

typedef const struct adc_node *node_t;

/* ----------------------------------------------------------- what the body uses from outside */

bool reverse_is_outside(const struct sweep *sweep, node_t node)
{
    return sweep->reversal &&
           !adc_indices_minus(sweep->graph, node->free, sweep->reversal->loop->free);
}

static bool same_part(const struct accumulator *sum, node_t node, const node_t *fixed)
{
    if (sum->node != node || !sum->fixed != !fixed) return false;
    for (unsigned i = 0; fixed && i < node->rank; i++)
        if (sum->fixed[i] != fixed[i]) return false;
    return true;
}

/* Zeros of the shape of the part of an array that has no axis where `fixed` is not NULL. */
static node_t part_like(struct adc_graph *graph, node_t node, const node_t *fixed)
{
    node_t shape[ADC_MAX_RANK], target[ADC_MAX_RANK], zero = adc_real(graph, node->type, 0.0);
    struct adc_nest nest = {.reduce = ADC_REDUCE_SUM, .value = zero};
    for (unsigned i = 0; i < node->rank; i++) {
        if (fixed[i]) continue;
        target[nest.rank] = adc_int(graph, 0);
        shape[nest.rank++] = adc_shape(node, i);
    }
    if (!nest.rank) return zero;
    nest.guard = adc_bool(graph, false);
    nest.target = target;
    nest.shape = shape;
    return adc_nest(graph, &nest);
}

static struct accumulator *accumulator(struct sweep *sweep, node_t node, node_t *fixed)
{
    struct reversal *reversal = sweep->reversal;
    for (size_t i = 0; i < reversal->outside.count; i++)
        if (same_part(&reversal->outside.data[i], node, fixed)) return &reversal->outside.data[i];
    struct accumulator made = {.node = node, .fixed = fixed, .like = node};
    if (fixed) made.like = part_like(sweep->graph, node, fixed);
    made.state = made.sum = adc_state(sweep->graph, reversal->index, made.like, false);
    ADC_PUSH(sweep->scratch, reversal->outside, made);
    return &reversal->outside.data[reversal->outside.count - 1];
}

/* The axes of an array on which a contribution stands at one place in all passes: one that mentions
 * an index over which is summed outside, and none that changes. NULL if there are none. */
static node_t *standing(struct sweep *sweep, node_t node, const struct adc_nest *nest)
{
    const struct reversal *reversal = sweep->reversal;
    const struct adc_indices *around = reversal->loop->free;
    const struct adc_indices *summed = reverse_summed_over(reversal->outer, node, around);
    node_t *fixed = NULL;
    for (unsigned i = 0; summed && i < node->rank; i++) {
        const struct adc_indices *free = nest->target[i]->free;
        if (adc_indices_minus(sweep->graph, free, around)) continue;
        if (adc_indices_minus(sweep->graph, free, summed) == free) continue;
        if (!fixed) fixed = ADC_NEW_ARRAY(sweep->scratch, node_t, node->rank);
        fixed[i] = nest->target[i];
    }
    return fixed;
}

/* The nest without these axes, added to the part. */
static void add_to_part(struct sweep *sweep, node_t node, struct adc_nest nest, node_t *fixed)
{
    struct accumulator *sum = accumulator(sweep, node, fixed);
    node_t shape[ADC_MAX_RANK], target[ADC_MAX_RANK];
    nest.rank = 0;
    for (unsigned i = 0; i < node->rank; i++) {
        if (fixed[i]) continue;
        target[nest.rank] = nest.target[i];
        shape[nest.rank++] = adc_shape(node, i);
    }
    nest.target = target;
    nest.shape = shape;
    if (nest.rank) {
        sum->sum = adc_join(sweep->graph, sum->sum, adc_nest(sweep->graph, &nest));
        return;
    }
    struct point point = {adc_is_true(nest.guard) ? NULL : nest.guard, nest.value};
    struct guarded item = {NULL, point_join(sweep->graph, point)};
    if (nest.index_count) item.value = adc_nest(sweep->graph, &nest);
    ADC_PUSH(sweep->scratch, sum->items, item);
}

void reverse_outside(struct sweep *sweep, node_t node, struct guarded item)
{
    struct adc_nest nest;
    node_t *fixed = NULL;
    if (node->rank && item.value->op == ADC_OP_NEST) {
        nest = adc_nest_parts(item.value);
        if (nest.reduce == ADC_REDUCE_SUM) fixed = standing(sweep, node, &nest);
    }
    if (fixed) {
        add_to_part(sweep, node, nest, fixed);
        return;
    }
    struct accumulator *sum = accumulator(sweep, node, NULL);
    if (node->rank) sum->sum = adc_join(sweep->graph, sum->sum, item.value);
    else ADC_PUSH(sweep->scratch, sum->items, item);
}

/* The component's value after a pass. */
static node_t accumulated(struct sweep *sweep, struct accumulator *sum)
{
    if (!sum->items.count) return sum->sum;
    struct guarded item = guard_sum(&sweep->guards, sum->items.data, sum->items.count);
    return adc_apply2(sweep->graph, ADC_OP_ADD, sum->sum, guard_close(&sweep->guards, item));
}

/* Whether an accumulator goes on from what has arrived so far: of an array, so that it is added to
 * in place, however deeply loops are nested; of a scalar, if the loop is a segment, so that the sum
 * is that of the loop that was cut. */
static bool goes_on(struct sweep *outer, const struct reversal *reversal,
                    const struct accumulator *part)
{
    node_t node = part->node;
    if (part->fixed) return false;
    bool segment = outer->reversal && reverse_is_outside(outer, node) &&
                   adc_loop_parts(outer->reversal->loop).checkpoint == ADC_CHECKPOINT_STATES;
    return (node->rank || segment) && reverse_is_direct(outer, node, reversal->loop->free);
}

/* What an accumulator starts from. */
static node_t accumulated_before(struct sweep *outer, const struct reversal *reversal,
                                 const struct accumulator *part)
{
    node_t node = part->node;
    if (!goes_on(outer, reversal, part)) return adc_zero_like(outer->graph, part->like);
    if (!reverse_is_outside(outer, node)) return reverse_take(outer, node);
    struct accumulator *sum = accumulator(outer, node, NULL);
    sum->sum = accumulated(outer, sum);
    sum->items.count = 0;
    return sum->sum;
}

static void pass_on(struct sweep *outer, const struct reversal *reversal, node_t node, node_t bar)
{
    const struct adc_indices *scope = reversal->loop->free;
    if (node->rank) reverse_push_array(outer, node, scope, bar);
    else reverse_push(outer, node, scope, (struct guarded){NULL, bar});
}

/* Sums that went on from what was outside replace it, before anything is added there. */
static void pass_on_sums(struct sweep *outer, struct reversal *reversal, node_t loop)
{
    for (unsigned later = 0; later < 2; later++)
        for (size_t i = 0; i < reversal->outside.count; i++) {
            struct accumulator *sum = &reversal->outside.data[i];
            node_t bar = adc_final(outer->graph, loop, sum->state);
            bool replaces = reverse_is_outside(outer, sum->node) && goes_on(outer, reversal, sum);
            if (replaces && !later) accumulator(outer, sum->node, NULL)->sum = bar;
            if (replaces || !later) continue;
            if (!sum->fixed) pass_on(outer, reversal, sum->node, bar);
            else reverse_push_part(outer, sum->node, reversal->loop->free, sum->fixed, bar);
        }
}

/* ------------------------------------------------------------------------------- the loop */

/* The values of the index that were passed: all of the range, or as many as a counter says. */
static node_t adjoint_index(struct sweep *sweep, node_t node)
{
    struct adc_graph *graph = sweep->graph;
    struct adc_loop loop = adc_loop_parts(node);
    struct adc_carried *carried = ADC_NEW_ARRAY(sweep->scratch, struct adc_carried, loop.count + 1);
    if (adc_is_true(loop.guard)) return adc_fresh_index(graph, loop.index);
    for (unsigned i = 0; i < loop.count; i++) carried[i] = adc_loop_carried(node, i);
    node_t count = adc_state(graph, loop.index, adc_int(graph, 0), false);
    node_t next = adc_apply2(graph, ADC_OP_IADD, count, adc_int(graph, 1));
    carried[loop.count++] = (struct adc_carried){count, adc_int(graph, 0), next};
    loop.carried = carried;
    node_t passes = adc_final(graph, adc_loop(graph, &loop), count);
    node_t in[ADC_MAX_INPUTS];
    for (unsigned i = 0; i < loop.index->count; i++) in[i] = loop.index->in[i];
    if (loop.down) in[0] = pass_minus(graph, in[1], passes);
    else in[1] = pass_plus(graph, in[0], passes);
    node_t passed = adc_structural(graph, loop.index, in);
    adc_graph_set_hint(graph, passed, adc_graph_hint(graph, loop.index));
    return adc_fresh_index(graph, passed);
}

/* Whether an operand belongs to the pass: the points of an update do, whatever they depend on,
 * since the element that arrives at them is one of this pass. */
static bool in_the_pass(const struct sweep *inside, node_t node, unsigned operand)
{
    if (node->op == ADC_OP_PUT && operand == 1) return true;
    return !reverse_is_outside(inside, node->in[operand]);
}

/* The active nodes of the body. */
static struct pass_range body_range(struct sweep *sweep, const struct reversal *reversal)
{
    struct walk *walk = &sweep->walks[0];
    node_t node;
    struct pass_range range = {reversal->loop->id, reversal->loop->id};
    struct sweep inside = *sweep;
    inside.reversal = (struct reversal *)reversal;
    walk_add(walk, reversal->loop);
    while ((node = walk_next(walk))) {
        range.low = node->id;
        for (unsigned i = 0; i < node->count; i++)
            if (reverse_is_active(sweep, node->in[i]) && in_the_pass(&inside, node, i))
                walk_add(walk, node->in[i]);
    }
    walk_end(walk);
    return range;
}

static node_t arrived_at(const struct contribution *arrived, uint32_t number)
{
    for (; arrived; arrived = arrived->next)
        if (arrived->number == number) return arrived->item.value;
    return NULL;
}

/* Adjoint components of the primal ones; `of` says which those are. */
static unsigned begin(struct sweep *body, const struct contribution *arrived,
                      struct adc_carried *carried, struct adc_carried *of)
{
    struct adc_graph *graph = body->graph;
    struct reversal *reversal = body->reversal;
    unsigned count = 0;
    for (unsigned i = 0; i < adc_loop_parts(reversal->loop).count; i++) {
        struct adc_carried primal = adc_loop_carried(reversal->loop, i);
        node_t bar = arrived_at(arrived, primal.state->number);
        if (!bar && !reverse_is_active(body, primal.state)) continue;
        carried[count].state = adc_state(graph, reversal->index, primal.state, false);
        carried[count].init = bar ? bar : adc_zero_like(graph, primal.state);
        of[count++] = primal;
    }
    return count;
}

static void sweep_body(struct sweep *body, const struct adc_carried *carried,
                       const struct adc_carried *of, unsigned count)
{
    const struct adc_indices *scope = body->fixed;
    for (unsigned i = 0; i < count; i++) {
        if (reverse_is_active(body, of[i].state))
            body->wanted[of[i].state->id - body->visited.low] = 1;
        if (of[i].next->rank) reverse_push_array(body, of[i].next, scope, carried[i].state);
        else reverse_push(body, of[i].next, scope, (struct guarded){NULL, carried[i].state});
    }
    reverse_run(body);
}

static node_t arrived_at_state(struct sweep *body, node_t state)
{
    struct guarded bar = {NULL, NULL};
    if (reverse_is_active(body, state)) bar = body->sum[state->id - body->visited.low];
    if (!bar.value) return adc_zero_like(body->graph, state);
    return state->rank ? bar.value : guard_close(&body->guards, bar);
}

/* The nexts of all components in terms of the adjoint's passes. */
static void finish(struct sweep *body, struct adc_carried *carried, const struct adc_carried *of,
                   unsigned count)
{
    struct reversal *reversal = body->reversal;
    unsigned all = count + (unsigned)reversal->outside.count;
    node_t *next = ADC_NEW_ARRAY(body->scratch, node_t, all);
    for (unsigned i = 0; i < count; i++) next[i] = arrived_at_state(body, of[i].state);
    for (unsigned i = count; i < all; i++) {
        struct accumulator *sum = &reversal->outside.data[i - count];
        next[i] = accumulated(body, sum);
        carried[i].state = sum->state;
        carried[i].init = accumulated_before(reversal->outer, reversal, sum);
    }
    reverse_record(reversal, next, all);
    for (unsigned i = 0; i < all; i++) carried[i].next = next[i];
}

/* The indices of the adjoint loops around: an index has those of the primal ones around it, which
 * are renamed to them. */
static const struct adc_indices *adjoints_around(const struct sweep *sweep)
{
    const struct adc_indices *all = NULL;
    for (const struct reversal *at = sweep->reversal; at; at = at->outer->reversal)
        all = adc_indices_union(sweep->graph, all, at->index->free);
    return all;
}

void reverse_loop(struct sweep *sweep, node_t node, const struct contribution *arrived)
{
    struct adc_graph *graph = sweep->graph;
    struct reversal reversal = {.outer = sweep, .loop = node};
    struct sweep body = *sweep;
    struct adc_carried *carried =
        ADC_NEW_ARRAY(sweep->scratch, struct adc_carried, ADC_MAX_CARRIED);
    struct adc_carried *of = ADC_NEW_ARRAY(sweep->scratch, struct adc_carried, ADC_MAX_CARRIED);
    struct adc_loop loop = {.down = !adc_loop_parts(node).down, .carried = carried};
    loop.index = reversal.index = adjoint_index(sweep, node);
    body.reversal = &reversal;
    body.visited = body_range(sweep, &reversal);
    body.fixed = adc_indices_union(graph, body.fixed, node->free);
    body.fixed = adc_indices_union(graph, body.fixed, node->in[0]->free);
    reverse_start(&body);
    unsigned count = begin(&body, arrived, carried, of);
    sweep_body(&body, carried, of, count);
    ADC_INVARIANT(count + reversal.outside.count <= ADC_MAX_CARRIED, graph);
    finish(&body, carried, of, count);
    loop.count = count + (unsigned)reversal.outside.count;
    node_t made = adc_loop_around(graph, &loop, carried, adjoints_around(sweep), sweep->scratch);
    pass_on_sums(sweep, &reversal, made);
    for (unsigned i = 0; i < count; i++)
        if (reverse_is_active(sweep, of[i].init))
            pass_on(sweep, &reversal, of[i].init, adc_final(graph, made, carried[i].state));
}
