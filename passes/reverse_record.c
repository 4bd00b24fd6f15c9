/* What the adjoint of a loop takes from the passes of the loop: computed again or recorded.
 *
 * The nodes given are in terms of an index t of the primal loop and an index r of the adjoint. A
 * primal node depends on t and on no STATE of a loop further in. One that depends on no STATE of t
 * is kept. Of the others, walked down from the adjoint, these are recorded, each as a history of
 * the recording loop (the primal loop with further components) over the passes and the other
 * indices that the node depends on:
 *     STATEs, elements of arrays, reductions, FINALs, and costly operators that the loop computes
 * all others are computed again from their inputs. Not recorded, as they can be read at the end, is
 *     an element of a history, and what is put into one
 *     a history of a loop further in: it gets one more axis and is carried through both loops
 * At last t is renamed to r, and loops and STATEs of the copied nodes get names of their own. */
#include "passes/hull.h"
#include "passes/reverse.h"
#include "passes/walk.h"

typedef const struct adc_node *node_t;

enum { SCALAR_TYPES = 3 };

/* A node replaced by an element of a history, in terms of t. */
struct change {
    node_t state;   /* of the history; NULL for a scalar record, which has a place in its group */
    unsigned group; /* of scalar records */
    size_t place;
    bool is_bool; /* recorded as 1 or 0 */
    unsigned rank;
    node_t element[ADC_MAX_RANK];
};

/* An inner loop's history carried through. */
struct carried_through {
    node_t final, state;
};

struct recorder {
    struct adc_graph *graph;
    struct adc_arena *scratch;
    node_t loop, index, passes; /* index: r; passes: an element along the first axis, t - low */
    const struct adc_indices *known;   /* indices that stand around the loop */
    const struct adc_indices *renamed; /* t and the indices of copied loops */
    struct walk all, primal, used;
    const struct adc_indices **states;   /* by place in all: indices of the STATEs it depends on */
    struct change **changes;             /* by place in used; NULL: copied */
    ADC_VEC(struct adc_carried) carried; /* of the recording loop */
    ADC_VEC(node_t) scalars[SCALAR_TYPES];
    node_t packed[SCALAR_TYPES]; /* the histories of scalars */
    ADC_VEC(struct carried_through) through;
    node_t recording;
};

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
    node_t node;
    for (unsigned i = 0; i < recorder->loop->count; i++)
        reach(recorder, walk, recorder->loop->in[i]);
    while ((node = walk_next(walk))) {
        if (node->op == ADC_OP_LOOP) rename_also(recorder, node->in[0]);
        for (unsigned i = 0; i < node->count; i++) reach(recorder, walk, node->in[i]);
    }
}

static const struct adc_indices *states_of(const struct recorder *recorder, node_t node)
{
    int64_t place = walk_place(&recorder->all, node);
    return place < 0 ? NULL : recorder->states[place];
}

static void find_states(struct recorder *recorder)
{
    struct adc_graph *graph = recorder->graph;
    size_t count = recorder->all.order.count;
    recorder->states = ADC_NEW_ARRAY(recorder->scratch, const struct adc_indices *, count);
    for (size_t at = count; at-- > 0;) {
        node_t node = recorder->all.order.data[at];
        const struct adc_indices *states = NULL;
        for (unsigned i = 0; i < node->count; i++)
            states = adc_indices_union(graph, states, states_of(recorder, node->in[i]));
        if (node->op == ADC_OP_STATE || node->op == ADC_OP_LOOP) {
            const struct adc_indices *own = adc_indices_of(graph, node->in[0]);
            states = node->op == ADC_OP_STATE ? adc_indices_union(graph, states, own)
                                              : adc_indices_minus(graph, states, own);
        }
        recorder->states[at] = states;
    }
}

/* Whether the node belongs to a pass of the primal loop and depends on what that carries. */
static bool is_carried(struct recorder *recorder, node_t node)
{
    const struct adc_indices *states = states_of(recorder, node);
    node_t index = recorder->loop->in[0];
    if (!adc_indices_has(states, index)) return false;
    states = adc_indices_minus(recorder->graph, states, index->free);
    return !adc_indices_minus(recorder->graph, states, recorder->known);
}

/* ------------------------------------------------------------------------------ records */

static struct change *new_change(struct recorder *recorder, node_t state, unsigned rank)
{
    struct change *change = ADC_NEW(recorder->scratch, struct change);
    change->state = state;
    change->rank = rank;
    return change;
}

static node_t new_history(struct recorder *recorder, enum adc_type type, const node_t *shape,
                          unsigned rank)
{
    return adc_state_array(recorder->graph, recorder->loop->in[0], type, shape, rank, true);
}

static void carry(struct recorder *recorder, node_t state, node_t next)
{
    struct adc_carried one = {state, adc_zero_like(recorder->graph, state), next};
    ADC_PUSH(recorder->scratch, recorder->carried, one);
}

static node_t length_of(struct recorder *recorder)
{
    return pass_extent(recorder->graph, recorder->loop->in[0]);
}

/* An axis over the values of an index. */
static node_t axis(struct adc_graph *graph, node_t index, node_t *length)
{
    if (index->in[0]->free) {
        *length = pass_extent(graph, index);
    } else {
        node_t high = pass_end(graph, index->in[1], true);
        *length = pass_minus(graph, high, index->in[0]);
    }
    return pass_minus(graph, index, index->in[0]);
}

/* Too many axes become one. */
static unsigned flattened(struct adc_graph *graph, node_t *element, node_t *shape, unsigned rank)
{
    if (rank <= ADC_MAX_RANK) return rank;
    node_t at = element[1], length = shape[1];
    for (unsigned i = 2; i < rank; i++) {
        at = pass_plus(graph, adc_apply2(graph, ADC_OP_IMUL, at, shape[i]), element[i]);
        length = adc_apply2(graph, ADC_OP_IMUL, length, shape[i]);
    }
    element[1] = at;
    shape[1] = length;
    return 2;
}

static node_t as_number(struct recorder *recorder, node_t value)
{
    struct adc_graph *graph = recorder->graph;
    if (value->type != ADC_BOOL) return value;
    return adc_apply3(graph, ADC_OP_IF, value, adc_int(graph, 1), adc_int(graph, 0));
}

static struct change *record_scalar(struct recorder *recorder, node_t value)
{
    struct change *change = new_change(recorder, NULL, 1);
    change->group = value->type == ADC_F64 ? 0 : value->type == ADC_F32 ? 1 : 2;
    change->place = recorder->scalars[change->group].count;
    ADC_PUSH(recorder->scratch, recorder->scalars[change->group], value);
    return change;
}

/* The nest of a put again with an index of its own in place of one that a loop binds. */
static node_t put_apart(struct recorder *recorder, node_t put, node_t index)
{
    node_t in[ADC_MAX_INPUTS], fresh = adc_fresh_index(recorder->graph, index);
    for (unsigned i = 0; i < put->count; i++)
        in[i] = adc_rename(recorder->graph, put->in[i], index, fresh, recorder->scratch);
    return adc_structural(recorder->graph, put, in);
}

/* The value at all points of the indices `inner` in each pass. */
static struct change *record_points(struct recorder *recorder, node_t value,
                                    const struct adc_indices *inner)
{
    struct adc_graph *graph = recorder->graph;
    node_t element[1 + ADC_MAX_INPUTS], shape[1 + ADC_MAX_INPUTS];
    struct adc_nest nest = {.reduce = ADC_REDUCE_SET, .value = value};
    element[0] = recorder->passes;
    shape[0] = length_of(recorder);
    for (uint32_t i = 0; i < inner->count; i++)
        element[1 + i] = axis(graph, inner->index[i], &shape[1 + i]);
    nest.rank = flattened(graph, element, shape, 1 + inner->count);
    nest.target = element;
    nest.shape = shape;
    nest.index = inner->index;
    nest.index_count = inner->count;
    node_t state = new_history(recorder, value->type, shape, nest.rank);
    struct change *change = new_change(recorder, state, nest.rank);
    for (unsigned i = 0; i < nest.rank; i++) change->element[i] = element[i];
    node_t put = adc_nest(graph, &nest);
    for (uint32_t i = 0; i < inner->count; i++)
        if (adc_indices_has(recorder->renamed, inner->index[i]))
            put = put_apart(recorder, put, inner->index[i]);
    carry(recorder, state, adc_put(graph, state, put));
    return change;
}

static struct change *record(struct recorder *recorder, node_t node)
{
    const struct adc_indices *inner = node->free;
    node_t value = as_number(recorder, node);
    inner = adc_indices_minus(recorder->graph, inner, recorder->known);
    inner = adc_indices_minus(recorder->graph, inner, recorder->loop->in[0]->free);
    struct change *change =
        inner ? record_points(recorder, value, inner) : record_scalar(recorder, value);
    if (!inner) change->element[0] = recorder->passes;
    change->is_bool = node->type == ADC_BOOL;
    return change;
}

/* The histories of scalars: one of each type, with the scalars of a pass side by side. */
static void pack_scalars(struct recorder *recorder)
{
    static const enum adc_type types[SCALAR_TYPES] = {ADC_F64, ADC_F32, ADC_INT};
    struct adc_graph *graph = recorder->graph;
    for (unsigned group = 0; group < SCALAR_TYPES; group++) {
        size_t count = recorder->scalars[group].count;
        if (!count) continue;
        node_t shape[] = {length_of(recorder), adc_int(graph, (int64_t)count)};
        node_t state = new_history(recorder, types[group], shape, count > 1 ? 2 : 1);
        node_t next = state;
        for (size_t i = 0; i < count; i++) {
            node_t element[] = {recorder->passes, adc_int(graph, (int64_t)i)};
            next = adc_put_element(graph, next, element, recorder->scalars[group].data[i], NULL);
        }
        recorder->packed[group] = state;
        carry(recorder, state, next);
    }
}

/* ---------------------------------------------------------------------------- histories */

/* The component of the primal loop that an array began as in this pass; NULL if it is none. */
static node_t component_of(const struct recorder *recorder, node_t array)
{
    for (;;) switch (array->op) {
        case ADC_OP_PUT:
        case ADC_OP_MARK: array = array->in[0]; break;
        case ADC_OP_FINAL: array = adc_final_carried(array).init; break;
        case ADC_OP_STATE: return array->in[0] == recorder->loop->in[0] ? array : NULL;
        default: return NULL;
        }
}

static struct change *element_of_history(struct recorder *recorder, node_t state,
                                         const node_t *element)
{
    struct change *change = new_change(recorder, state, state->rank);
    for (unsigned i = 0; i < state->rank; i++) change->element[i] = element[i];
    return change;
}

/* Where in a history the value is put in every pass, if that can be said where the value is used.
 * */
static struct change *put_into_history(struct recorder *recorder, node_t value)
{
    struct adc_graph *graph = recorder->graph;
    const struct adc_indices *scope = adc_indices_union(graph, value->free, recorder->known);
    for (unsigned i = 0; i < adc_loop_parts(recorder->loop).count; i++) {
        struct adc_carried one = adc_loop_carried(recorder->loop, i);
        if (!adc_is_history(one.state)) continue;
        for (node_t array = one.next; array->op == ADC_OP_PUT; array = array->in[0]) {
            struct adc_nest put = adc_nest_parts(array->in[1]);
            bool same = put.value == value && adc_is_true(put.guard);
            for (unsigned axis_at = 0; same && axis_at < put.rank; axis_at++)
                same = !adc_indices_minus(graph, put.target[axis_at]->free, scope);
            if (same && component_of(recorder, array) == one.state)
                return element_of_history(recorder, one.state, put.target);
        }
    }
    return NULL;
}

/* A put one rank higher: at `first` along the new axis. */
static node_t put_deeper(struct adc_graph *graph, node_t array, node_t old, node_t first)
{
    struct adc_nest put = adc_nest_parts(old);
    node_t target[ADC_MAX_RANK] = {first}, shape[ADC_MAX_RANK];
    for (unsigned i = 0; i < put.rank; i++) target[1 + i] = put.target[i];
    for (unsigned i = 0; i <= put.rank; i++) shape[i] = adc_shape(array, i);
    put.rank++;
    put.target = target;
    put.shape = shape;
    return adc_put(graph, array, adc_nest(graph, &put));
}

/* The history `final` of an inner loop again with one more axis, going on from `init`: the loop
 * with one more component. Recursion is bounded by the nesting of loops. */
static node_t deeper(struct recorder *recorder, node_t final, node_t init)
{
    struct adc_graph *graph = recorder->graph;
    node_t loop = final->in[0];
    struct adc_loop parts = adc_loop_parts(loop);
    struct adc_carried one = adc_final_carried(final);
    struct adc_carried *carried =
        ADC_NEW_ARRAY(recorder->scratch, struct adc_carried, parts.count + 1);
    node_t state = adc_state(graph, parts.index, init, true), next = state;
    ADC_VEC(node_t) steps = {0};
    for (node_t at = one.next; at != one.state;) {
        ADC_PUSH(recorder->scratch, steps, at);
        at = at->op == ADC_OP_PUT ? at->in[0] : adc_final_carried(at).init;
    }
    for (size_t i = steps.count; i-- > 0;) {
        node_t step = steps.data[i];
        if (step->op == ADC_OP_PUT) next = put_deeper(graph, next, step->in[1], recorder->passes);
        else next = deeper(recorder, step, next);
    }
    for (unsigned i = 0; i < parts.count; i++) carried[i] = adc_loop_carried(loop, i);
    carried[parts.count++] = (struct adc_carried){state, init, next};
    parts.carried = carried;
    return adc_final(graph, adc_loop(graph, &parts), state);
}

/* Whether the history `final` changes by puts alone. Recursion is bounded by the nesting of loops.
 * */
static bool is_put_together(node_t final)
{
    struct adc_carried one = adc_final_carried(final);
    for (node_t at = one.next; at != one.state;) {
        if (at->op == ADC_OP_PUT) at = at->in[0];
        else if (at->op == ADC_OP_FINAL && is_put_together(at)) at = adc_final_carried(at).init;
        else return false;
    }
    return true;
}

/* Whether `final` is a history that begins and ends in a pass. */
static bool is_inner_history(struct recorder *recorder, node_t final)
{
    const struct adc_indices *inner;
    if (final->op != ADC_OP_FINAL || !adc_is_history(final) || final->rank == ADC_MAX_RANK)
        return false;
    inner = adc_indices_minus(recorder->graph, final->free, recorder->known);
    inner = adc_indices_minus(recorder->graph, inner, recorder->loop->in[0]->free);
    node_t init = adc_final_carried(final).init;
    bool zeros = init->op == ADC_OP_NEST && adc_is_const(init->in[1]) && !adc_is_true(init->in[1]);
    return !inner && zeros && is_put_together(final);
}

static struct change *element_carried_through(struct recorder *recorder, node_t read)
{
    struct adc_graph *graph = recorder->graph;
    node_t final = read->in[0], state = NULL, shape[ADC_MAX_RANK];
    for (size_t i = 0; i < recorder->through.count; i++)
        if (recorder->through.data[i].final == final) state = recorder->through.data[i].state;
    if (!state) {
        shape[0] = length_of(recorder);
        for (unsigned i = 0; i < final->rank; i++)
            shape[1 + i] = pass_end(graph, adc_shape(final, i), true);
        state = new_history(recorder, (enum adc_type) final->type, shape, final->rank + 1u);
        carry(recorder, state, deeper(recorder, final, state));
        ADC_PUSH(recorder->scratch, recorder->through, (struct carried_through){final, state});
    }
    struct change *change = new_change(recorder, state, state->rank);
    change->element[0] = recorder->passes;
    for (unsigned i = 0; i < final->rank; i++) change->element[1 + i] = read->in[1 + i];
    return change;
}

/* ----------------------------------------------------------------------------- choosing */

static struct change *read_change(struct recorder *recorder, node_t read)
{
    if (!is_carried(recorder, read->in[0])) return NULL; /* the element may be recorded */
    node_t state = component_of(recorder, read->in[0]);
    if (state && adc_is_history(state)) return element_of_history(recorder, state, read->in + 1);
    if (is_inner_history(recorder, read->in[0])) return element_carried_through(recorder, read);
    return record(recorder, read);
}

/* How a node that is carried by the primal loop is had in a pass of the adjoint; NULL: computed. */
static struct change *choose(struct recorder *recorder, node_t node)
{
    bool worth = node->op == ADC_OP_STATE || node->op == ADC_OP_FINAL || node->op == ADC_OP_NEST;
    struct change *change;
    if (node->op == ADC_OP_READ) return read_change(recorder, node);
    if (node->rank) return NULL;
    if (node->op >= ADC_OP_FIRST_ELEMENTWISE)
        worth = adc_op_info((enum adc_op)node->op)->properties & ADC_COSTLY &&
                walk_place(&recorder->primal, node) >= 0;
    if (!worth) return NULL;
    change = put_into_history(recorder, node);
    return change ? change : record(recorder, node);
}

static void walk_used(struct recorder *recorder, const node_t *nodes, size_t count)
{
    struct walk *used = &recorder->used;
    ADC_VEC(struct change *) changes = {0};
    node_t node;
    for (size_t i = 0; i < count; i++) reach(recorder, used, nodes[i]);
    while ((node = walk_next(used))) {
        struct change *change = is_carried(recorder, node) ? choose(recorder, node) : NULL;
        ADC_PUSH(recorder->scratch, changes, change);
        if (node->op == ADC_OP_LOOP) rename_also(recorder, node->in[0]);
        ADC_INVARIANT(change || !node->rank || node->op != ADC_OP_STATE ||
                          node->in[0] != recorder->loop->in[0],
                      recorder->graph);
        for (unsigned i = 0; change && i < change->rank; i++)
            reach(recorder, used, change->element[i]);
        for (unsigned i = 0; !change && i < node->count; i++) reach(recorder, used, node->in[i]);
    }
    recorder->changes = changes.data;
}

/* ------------------------------------------------------------------------------ copying */

static node_t mapped(const struct recorder *recorder, const node_t *map, node_t node)
{
    int64_t place = walk_place(&recorder->used, node);
    return place < 0 ? node : map[place];
}

static node_t changed(struct recorder *recorder, const node_t *map, const struct change *change)
{
    struct adc_graph *graph = recorder->graph;
    node_t state = change->state ? change->state : recorder->packed[change->group];
    node_t element[ADC_MAX_RANK];
    for (unsigned i = 0; i < change->rank; i++)
        element[i] = mapped(recorder, map, change->element[i]);
    if (!change->state) element[1] = adc_int(graph, (int64_t)change->place);
    node_t read = adc_read(graph, adc_final(graph, recorder->recording, state), element);
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
        return adc_state_array(graph, in[0], (enum adc_type)node->type, in + 1, node->rank,
                               adc_is_history(node));
    if (node->op != ADC_OP_FINAL) return adc_structural(graph, node, in);
    int at = adc_loop_find(node->in[0], node->number);
    return adc_final(graph, in[0], adc_loop_carried(in[0], (unsigned)at).state);
}

/* What has to be mapped before the node at that place; NULL when there is no more. */
static node_t unmapped(const struct recorder *recorder, const node_t *map, size_t place)
{
    node_t node = recorder->used.order.data[place];
    const struct change *change = recorder->changes[place];
    unsigned count = change ? change->rank : node->count;
    for (unsigned i = 0; i < count; i++) {
        node_t in = change ? change->element[i] : node->in[i];
        int64_t at = walk_place(&recorder->used, in);
        if (at >= 0 && !map[at]) return in;
    }
    return NULL;
}

/* Elements of histories may have been made after the nodes that are read from there. */
static void copy_all(struct recorder *recorder, node_t *nodes, size_t count)
{
    size_t used = recorder->used.order.count;
    node_t *map = ADC_NEW_ARRAY(recorder->scratch, node_t, used);
    ADC_VEC(size_t) stack = {0};
    for (size_t i = used; i-- > 0;) {
        ADC_PUSH(recorder->scratch, stack, i);
        while (stack.count) {
            size_t at = stack.data[stack.count - 1];
            node_t before = map[at] ? NULL : unmapped(recorder, map, at);
            if (before) {
                ADC_PUSH(recorder->scratch, stack, (size_t)walk_place(&recorder->used, before));
                continue;
            }
            const struct change *change = recorder->changes[at];
            if (!map[at])
                map[at] = change ? changed(recorder, map, change)
                                 : copied(recorder, map, recorder->used.order.data[at]);
            stack.count--;
        }
    }
    for (size_t i = 0; i < count; i++) nodes[i] = mapped(recorder, map, nodes[i]);
}

void reverse_record(const struct reversal *reversal, node_t *nodes, size_t count)
{
    struct adc_graph *graph = reversal->outer->graph;
    struct recorder recorder = {.graph = graph, .scratch = reversal->outer->scratch};
    node_t loop = reversal->loop, t = loop->in[0];
    struct adc_loop parts = adc_loop_parts(loop);
    recorder.loop = loop;
    recorder.index = reversal->index;
    recorder.known = adc_indices_union(graph, loop->free, reversal->outer->fixed);
    recorder.passes = pass_minus(graph, t, t->in[0]);
    walk_init(&recorder.all, graph, recorder.scratch);
    walk_init(&recorder.primal, graph, recorder.scratch);
    walk_init(&recorder.used, graph, recorder.scratch);
    for (unsigned i = 0; i < parts.count; i++)
        ADC_PUSH(recorder.scratch, recorder.carried, adc_loop_carried(loop, i));
    rename_also(&recorder, t);
    walk_all(&recorder, &recorder.primal);
    recorder.renamed = NULL;
    rename_also(&recorder, t);
    rename_also(&recorder, reversal->index);
    for (size_t i = 0; i < count; i++) reach(&recorder, &recorder.all, nodes[i]);
    walk_all(&recorder, &recorder.all);
    find_states(&recorder);
    recorder.renamed = NULL;
    rename_also(&recorder, t);
    walk_used(&recorder, nodes, count);
    pack_scalars(&recorder);
    parts.carried = recorder.carried.data;
    parts.count = (unsigned)recorder.carried.count;
    recorder.recording = adc_loop(graph, &parts);
    copy_all(&recorder, nodes, count);
    walk_end(&recorder.used);
}
