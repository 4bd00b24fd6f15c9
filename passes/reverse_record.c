/* What the adjoint of a loop takes from the passes of the loop: computed again or recorded.
 *
 * The nodes given are in terms of an index t of the primal loop and an index r of the adjoint. A
 * primal node depends on t and on no STATE of a loop further in. One that depends on no STATE of t
 * is kept, if it is no costly operator. Of the others, walked down from the adjoint, these are
 * recorded, each as a history of the recording loop (the primal loop with further components) over
 * the passes and the other indices that the node depends on:
 *     STATEs, elements of arrays, reductions, FINALs, costly operators that the loop computes, and
 *     what takes many operators and is kept for the next pass anyway, sines and cosines that the
 *     adjoint alone computes where the loop computes the other one, as both are one call or share
 *     most of their work
 * all others are computed again from their inputs. Not recorded, as they can be read at the end, is
 *     an element of a history, and what is put into one
 *     a history of a loop further in: it gets one more axis and is carried through both loops
 * Of an array that passes read at several places for each of its elements, all is recorded at once.
 * What depends on indices whose number has no bound is computed again from the STATEs of the pass.
 * So is everything of a loop over segments (checkpoint.c): of it STATEs alone are recorded, and the
 * passes of a segment are made again, with records of their own.
 * At last t is renamed to r, and loops and STATEs of the copied nodes get names of their own. */
#include "passes/reverse_record.h"

typedef const struct adc_node *node_t;

/* -------------------------------------------------------------------------- dependences */

static bool meets(const struct adc_indices *a, const struct adc_indices *b)
{
    for (uint32_t i = 0; a && i < a->count; i++)
        if (adc_indices_has(b, a->index[i])) return true;
    return false;
}

static void rename_also(struct recorder *recorder, node_t index)
{
    struct adc_graph *graph = recorder->graph;
    recorder->renamed = adc_indices_union(graph, recorder->renamed, adc_indices_of(graph, index));
}

static void reach(struct recorder *recorder, struct walk *walk, node_t node)
{
    if (meets(node->free, recorder->renamed)) walk_add(walk, node);
}

/* Everything that the nodes waiting and those of the primal loop are computed from in a pass. */
static void walk_all(struct recorder *recorder, struct walk *walk)
{
    node_t node, loop = recorder->loop;
    for (unsigned i = 0; i < loop->count; i++) reach(recorder, walk, loop->in[i]);
    while ((node = walk_next(walk))) {
        if (node->op == ADC_OP_LOOP) {
            rename_also(recorder, node->in[0]);
            if (recorder->states_only) ADC_PUSH(recorder->scratch, recorder->inner, node);
        }
        for (unsigned i = 0; i < node->count; i++) reach(recorder, walk, node->in[i]);
    }
}

static const struct adc_indices *states_of(const struct recorder *recorder, node_t node)
{
    int64_t place = walk_place(recorder->all, node);
    return place < 0 ? NULL : recorder->states[place];
}

static void find_states(struct recorder *recorder)
{
    struct adc_graph *graph = recorder->graph;
    size_t count = recorder->all->order.count;
    recorder->states = ADC_NEW_ARRAY(recorder->scratch, const struct adc_indices *, count);
    for (size_t at = count; at-- > 0;) {
        node_t node = recorder->all->order.data[at];
        const struct adc_indices *states = NULL;
        for (unsigned i = 0; i < node->count; i++)
            states = adc_indices_union(graph, states, states_of(recorder, node->in[i]));
        if (node->op == ADC_OP_STATE)
            states = adc_indices_union(graph, states, adc_indices_of(graph, node->in[0]));
        if (node->op == ADC_OP_LOOP)
            states = adc_indices_minus(graph, states, adc_indices_of(graph, node->in[0]));
        recorder->states[at] = states;
    }
}

bool record_is_of_inner(struct recorder *recorder, node_t node)
{
    const struct adc_indices *states = states_of(recorder, node);
    states = adc_indices_minus(recorder->graph, states, recorder->loop->in[0]->free);
    return adc_indices_minus(recorder->graph, states, recorder->known);
}

bool record_is_carried(struct recorder *recorder, node_t node)
{
    return adc_indices_has(states_of(recorder, node), recorder->loop->in[0]) &&
           !record_is_of_inner(recorder, node);
}

/* ----------------------------------------------------------------------------- choosing */

/* An element, or what a loop or a reduction makes. */
static bool is_structural(node_t node)
{
    return node->op == ADC_OP_STATE || node->op == ADC_OP_READ || node->op == ADC_OP_FINAL ||
           node->op == ADC_OP_NEST;
}

/* Small powers are a few products by the time they are computed, powers of halves roots. */
static bool is_costly(node_t node)
{
    enum { FEW_PRODUCTS = 4 };
    if (node->op < ADC_OP_FIRST_ELEMENTWISE || roots_exponent(node) != 0) return false;
    if (node->op == ADC_OP_IPOW && adc_is_const(node->in[1]) &&
        node->in[1]->value.integer <= FEW_PRODUCTS && node->in[1]->value.integer >= -FEW_PRODUCTS)
        return false;
    return adc_op_info((enum adc_op)node->op)->properties & ADC_COSTLY;
}

bool record_suits(const struct adc_graph *graph, node_t node)
{
    enum adc_keep keep = (enum adc_keep)graph->kept.data[node->id];
    if (node->op == ADC_OP_STATE || node->op == ADC_OP_READ) return true;
    if (keep != ADC_KEEP_DEFAULT) return keep == ADC_KEEP_STORE;
    return is_structural(node) || is_costly(node);
}

bool record_suits_next(const struct adc_graph *graph, node_t loop, node_t node)
{
    enum { FEW = 8 };
    node_t found[FEW] = {node};
    unsigned count = 1;
    bool is_next = false;
    for (unsigned i = 0; i < adc_loop_parts(loop).count; i++)
        is_next |= adc_loop_carried(loop, i).next == node;
    if (!is_next || graph->kept.data[node->id] != ADC_KEEP_DEFAULT || is_structural(node))
        return false;
    for (unsigned done = 0; done < count; done++)
        for (unsigned i = 0; i < found[done]->count; i++) {
            node_t in = found[done]->in[i];
            bool again = !adc_indices_has(in->free, loop->in[0]) || record_suits(graph, in);
            for (unsigned j = 0; j < count && !again; j++) again = found[j] == in;
            if (again || in->op < ADC_OP_FIRST_ELEMENTWISE) continue;
            if (count == FEW) return true;
            found[count++] = in;
        }
    return false;
}

/* Operators that the adjoint alone computes are not recorded, but for one of a pair. */
static bool is_recorded(const struct recorder *recorder, node_t node)
{
    if (record_suits_next(recorder->graph, recorder->loop, node)) return true;
    return record_suits(recorder->graph, node) &&
           (is_structural(node) || walk_place(recorder->primal, node) >= 0);
}

enum adc_op record_partner(node_t node)
{
    if (node->op == ADC_OP_SIN) return ADC_OP_COS;
    return node->op == ADC_OP_COS ? ADC_OP_SIN : ADC_OP_COUNT;
}

/* The adjoint alone computes it, but the loop the other one of a pair, which may be recorded. */
static bool is_beside(const struct recorder *recorder, node_t node)
{
    enum adc_op op = record_partner(node);
    if (op == ADC_OP_COUNT) return false;
    node_t other = adc_apply1(recorder->graph, op, node->in[0]);
    return walk_place(recorder->primal, other) >= 0 && record_suits(recorder->graph, other);
}

/* A costly operator of what the pass reads from outside alone. */
static bool is_worth(const struct recorder *recorder, node_t node)
{
    return !recorder->states_only && !is_structural(node) && is_recorded(recorder, node) &&
           !states_of(recorder, node);
}

/* How a node that is carried by the primal loop is had in a pass of the adjoint; NULL: computed. */
static struct change *choose(struct recorder *recorder, node_t node, const struct guard *guard)
{
    bool own = node->op == ADC_OP_STATE && node->in[0] == recorder->loop->in[0];
    struct change *change = NULL;
    if (node->rank) return own ? record_array(recorder, node) : NULL;
    if (node->op == ADC_OP_READ) {
        /* of an array that is not carried: the element may be recorded */
        if (!record_is_carried(recorder, node->in[0])) return NULL;
        change = record_read(recorder, node);
        if (!change) change = record_element(recorder, node);
    }
    if (change || !(is_recorded(recorder, node) || is_beside(recorder, node))) return change;
    change = record_put(recorder, node);
    if (change || (recorder->states_only && !own)) return change;
    return record_value(recorder, node, guard);
}

/* ------------------------------------------------------------------------------- walking */

/* As reach, for a node that is used under a guard. */
static void use(struct recorder *recorder, node_t node, const struct guard *guard)
{
    struct walk *used = recorder->used;
    if (!meets(node->free, recorder->renamed)) return;
    bool news = walk_add(used, node);
    const void **note = &used->note[node->id];
    *note = news ? guard : guard_common(*note, guard);
}

static const struct guard *arm(struct recorder *recorder, const struct guard *guard,
                               node_t condition, bool positive)
{
    if (adc_is_const(condition)) return guard;
    return positive ? guard_all(recorder->guards, guard, condition)
                    : guard_arm(recorder->guards, guard, condition, false);
}

static void use_inputs(struct recorder *recorder, node_t node, const struct guard *guard)
{
    guard = guard_inside(recorder->guards, guard, node);
    for (unsigned i = 0; i < node->count; i++) {
        const struct guard *under = guard;
        if (node->op == ADC_OP_IF && i > 0) under = arm(recorder, guard, node->in[0], i == 1);
        if (node->op == ADC_OP_NEST && i == 0) under = arm(recorder, guard, node->in[1], true);
        use(recorder, node->in[i], under);
    }
}

static void walk_used(struct recorder *recorder, const node_t *nodes, size_t count)
{
    ADC_VEC(struct change *) changes = {0};
    node_t node;
    for (size_t i = 0; i < count; i++) use(recorder, nodes[i], NULL);
    while ((node = walk_next(recorder->used))) {
        const struct guard *guard = recorder->used->note[node->id];
        struct change *change = NULL;
        if (record_is_carried(recorder, node) || is_worth(recorder, node))
            change = choose(recorder, node, guard);
        else if (recorder->states_only && node->op == ADC_OP_READ)
            change = record_history(recorder, node); /* as it is read further in */
        ADC_PUSH(recorder->scratch, changes, change);
        if (node->op == ADC_OP_LOOP) rename_also(recorder, node->in[0]);
        if (!change) use_inputs(recorder, node, guard);
        for (unsigned i = 0; change && i < change->rank; i++)
            use(recorder, change->element[i], guard);
    }
    recorder->changes = changes.data;
}

/* ------------------------------------------------------------------------------ copying */

static node_t mapped(const struct recorder *recorder, const node_t *map, node_t node)
{
    int64_t place = walk_place(recorder->used, node);
    return place < 0 ? node : map[place];
}

/* All of an array at one pass. */
static node_t array_at(struct adc_graph *graph, node_t history, node_t pass)
{
    node_t element[ADC_MAX_RANK] = {pass}, shape[ADC_MAX_RANK];
    struct adc_nest nest = {.reduce = ADC_REDUCE_SET, .rank = history->rank - 1u};
    for (unsigned i = 0; i < nest.rank; i++) {
        shape[i] = adc_shape(history, 1 + i);
        node_t like = adc_index(graph, 0, adc_int(graph, 0), shape[i]);
        element[1 + i] = adc_fresh_index(graph, like);
    }
    nest.target = nest.index = element + 1;
    nest.index_count = nest.rank;
    nest.shape = shape;
    nest.value = adc_read(graph, history, element);
    return adc_nest(graph, &nest);
}

static node_t changed(struct recorder *recorder, const node_t *map, node_t node,
                      const struct change *change)
{
    struct adc_graph *graph = recorder->graph;
    node_t state = change->state ? change->state : recorder->packed[change->group];
    node_t element[ADC_MAX_RANK], history = adc_final(graph, recorder->recording, state);
    for (unsigned i = 0; i < change->rank; i++)
        element[i] = mapped(recorder, map, change->element[i]);
    if (node->rank && !change->rank) return history; /* that holds the elements of all passes */
    if (node->rank) return array_at(graph, history, element[0]);
    if (!change->state) element[1] = adc_int(graph, (int64_t)change->place);
    node_t read = adc_read(graph, history, element);
    if (!change->is_bool) return read;
    return adc_apply2(graph, ADC_OP_INE, read, adc_int(graph, 0));
}

static node_t copied(struct recorder *recorder, const node_t *map, node_t node)
{
    struct adc_graph *graph = recorder->graph;
    node_t in[ADC_MAX_INPUTS];
    graph->span = graph->spans.data[node->id];
    if (node == recorder->loop->in[0]) return recorder->index;
    for (unsigned i = 0; i < node->count; i++) in[i] = mapped(recorder, map, node->in[i]);
    if (node->op == ADC_OP_INDEX && adc_indices_has(recorder->renamed, node))
        return adc_fresh_index(graph, adc_structural(graph, node, in));
    if (node->op == ADC_OP_STATE)
        return adc_state_array(graph, in[0], node->type, in + 1, node->rank, adc_is_history(node));
    if (node->op != ADC_OP_FINAL) return adc_structural(graph, node, in);
    return adc_final_again(graph, node, in[0]);
}

/* What has to be mapped before the node at that place; NULL when there is no more. */
static node_t unmapped(const struct recorder *recorder, const node_t *map, size_t place)
{
    node_t node = recorder->used->order.data[place];
    const struct change *change = recorder->changes[place];
    unsigned count = change ? change->rank : node->count;
    for (unsigned i = 0; i < count; i++) {
        node_t in = change ? change->element[i] : node->in[i];
        int64_t at = walk_place(recorder->used, in);
        if (at >= 0 && !map[at]) return in;
    }
    return NULL;
}

static node_t replacement(struct recorder *recorder, const node_t *map, size_t place)
{
    node_t node = recorder->used->order.data[place];
    const struct change *change = recorder->changes[place];
    return change ? changed(recorder, map, node, change) : copied(recorder, map, node);
}

/* Elements of histories may have been made after the nodes that are read from there. */
static void copy_all(struct recorder *recorder, node_t *nodes, size_t count)
{
    size_t used = recorder->used->order.count;
    node_t *map = ADC_NEW_ARRAY(recorder->scratch, node_t, used);
    ADC_VEC(size_t) stack = {0};
    for (size_t i = used; i-- > 0;) {
        ADC_PUSH(recorder->scratch, stack, i);
        while (stack.count) {
            size_t at = stack.data[stack.count - 1];
            node_t before = map[at] ? NULL : unmapped(recorder, map, at);
            if (before) {
                ADC_PUSH(recorder->scratch, stack, (size_t)walk_place(recorder->used, before));
                continue;
            }
            if (!map[at]) map[at] = replacement(recorder, map, at);
            stack.count--;
        }
    }
    for (size_t i = 0; i < count; i++) nodes[i] = mapped(recorder, map, nodes[i]);
}

/* -------------------------------------------------------------------------------- all of it */

/* The largest value over the passes of a loop, and over the indices in between: by the loop with
 * one more component. */
static node_t most_of_passes(struct sweep *sweep, node_t node, node_t value)
{
    struct adc_graph *graph = sweep->graph;
    struct adc_loop loop = adc_loop_parts(node);
    struct adc_carried *carried = ADC_NEW_ARRAY(sweep->scratch, struct adc_carried, loop.count + 1);
    const struct adc_indices *inner = adc_indices_minus(graph, value->free, node->free);
    inner = adc_indices_minus(graph, inner, loop.index->free);
    struct adc_nest nest = {.reduce = ADC_REDUCE_MAX, .value = value};
    nest.index = inner ? inner->index : NULL;
    nest.index_count = inner ? inner->count : 0;
    if (inner) value = adc_nest(graph, &nest);
    for (unsigned i = 0; i < loop.count; i++) carried[i] = adc_loop_carried(node, i);
    node_t most = adc_state(graph, loop.index, adc_int(graph, 0), false);
    node_t next = adc_apply2(graph, ADC_OP_IMAX, most, value);
    carried[loop.count++] = (struct adc_carried){most, adc_int(graph, 0), next};
    loop.carried = carried;
    return adc_final(graph, adc_loop(graph, &loop), most);
}

/* A closed int; where the range depends on what loops around carry, these are run for it. */
static node_t passes_at_most(const struct reversal *reversal)
{
    struct sweep *outer = reversal->outer;
    struct adc_graph *graph = outer->graph;
    node_t index = reversal->loop->in[0], value = pass_minus(graph, index->in[1], index->in[0]);
    node_t end = pass_end(graph, value, true, &outer->walks[3]);
    for (; !end && outer->reversal; outer = outer->reversal->outer) {
        value = most_of_passes(outer, outer->reversal->loop, value);
        end = pass_end(graph, value, true, &outer->walks[3]);
    }
    ADC_INVARIANT(end, graph);
    return end;
}

static void begin(struct recorder *recorder, const struct reversal *reversal)
{
    struct sweep *outer = reversal->outer;
    node_t loop = reversal->loop, t = loop->in[0];
    recorder->graph = outer->graph;
    recorder->scratch = outer->scratch;
    recorder->loop = loop;
    recorder->index = reversal->index;
    recorder->all = &outer->walks[0];
    recorder->primal = &outer->walks[1];
    recorder->used = &outer->walks[2];
    recorder->spare = &outer->walks[3];
    recorder->known = adc_indices_union(outer->graph, loop->free, outer->fixed);
    recorder->passes = pass_minus(outer->graph, t, t->in[0]);
    recorder->length = passes_at_most(reversal);
    recorder->states_only = adc_loop_parts(loop).checkpoint == ADC_CHECKPOINT_STATES;
    for (unsigned i = 0; i < adc_loop_parts(loop).count; i++)
        ADC_PUSH(recorder->scratch, recorder->carried, adc_loop_carried(loop, i));
}

void reverse_record(const struct reversal *reversal, node_t *nodes, size_t count)
{
    struct recorder recorder = {.recording = NULL};
    struct guards guards;
    begin(&recorder, reversal);
    node_t t = recorder.loop->in[0];
    struct adc_loop parts = adc_loop_parts(recorder.loop);
    guards_init(&guards, recorder.graph, recorder.scratch);
    recorder.guards = &guards;
    rename_also(&recorder, t);
    walk_all(&recorder, recorder.primal);
    recorder.renamed = NULL;
    rename_also(&recorder, t);
    rename_also(&recorder, reversal->index);
    for (size_t i = 0; i < count; i++) reach(&recorder, recorder.all, nodes[i]);
    walk_all(&recorder, recorder.all);
    find_states(&recorder);
    recorder.renamed = NULL;
    rename_also(&recorder, t);
    walk_used(&recorder, nodes, count);
    record_scalars(&recorder);
    parts.carried = recorder.carried.data;
    parts.count = (unsigned)recorder.carried.count;
    recorder.recording = adc_loop(recorder.graph, &parts);
    copy_all(&recorder, nodes, count);
    walk_end(recorder.all);
    walk_end(recorder.primal);
    walk_end(recorder.used);
}
