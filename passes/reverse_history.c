/* Histories of the recording loop: what is put there, and where it is found again.
 *
 * A record has the passes as its first axis. A value that depends on further indices has an axis
 * for each, by the ends of their ranges; scalars of one type lie side by side. What is used under
 * conditions of the program is recorded under them: an arm that is not taken costs nothing, and no
 * derivative of it meets a zero in derivatives of higher order. Arrays that hold what another held
 * in the pass before are recorded with that. */
#include "passes/reverse_record.h"

typedef const struct adc_node *node_t;

static struct change *new_change(struct recorder *recorder, node_t state, unsigned rank)
{
    struct change *change = ADC_NEW(recorder->scratch, struct change);
    change->state = state;
    change->rank = rank;
    return change;
}

static node_t new_history(struct recorder *recorder, node_t like, const node_t *shape,
                          unsigned rank)
{
    return adc_state_array(recorder->graph, recorder->loop->in[0], like->type, shape, rank, true);
}

static void carry(struct recorder *recorder, node_t state, node_t next)
{
    struct adc_carried one = {state, adc_zero_like(recorder->graph, state), next};
    ADC_PUSH(recorder->scratch, recorder->carried, one);
}

/* The indices that stand neither around the loop nor in its range. */
static const struct adc_indices *inner_indices(struct recorder *recorder, node_t node)
{
    const struct adc_indices *inner;
    inner = adc_indices_minus(recorder->graph, node->free, recorder->known);
    return adc_indices_minus(recorder->graph, inner, recorder->loop->in[0]->free);
}

/* ------------------------------------------------------------------------------ records */

/* An axis over the values of an index; false if there is no bound for it. */
static bool axis(struct recorder *recorder, node_t index, node_t *element, node_t *length)
{
    struct adc_graph *graph = recorder->graph;
    node_t low = index->in[0];
    *element = pass_minus(graph, index, low);
    *length = low->free ? pass_extent(graph, index, recorder->spare)
                        : pass_end(graph, index->in[1], true, recorder->spare);
    if (*length && !low->free) *length = pass_minus(graph, *length, low);
    return *length;
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

/* Whether the primal loop asks the condition too, with no index but those the node has. */
static bool is_asked(struct recorder *recorder, node_t node, node_t condition)
{
    struct adc_graph *graph = recorder->graph;
    const struct adc_indices *scope = adc_indices_union(graph, node->free, recorder->known);
    return walk_place(recorder->primal, condition) >= 0 &&
           !adc_indices_minus(graph, condition->free, scope);
}

/* No loop further in runs where its passes are recorded all at once: what it carries, and the node
 * does not depend on, is not known there. */
static bool is_known(struct recorder *recorder, node_t node, const struct guard *guard)
{
    for (; guard; guard = guard->parent)
        if (is_asked(recorder, node, guard->condition) &&
            record_is_of_inner(recorder, guard->condition))
            return false;
    return true;
}

/* The value in the arms in which the adjoint asks for it, as far as the primal loop has them too,
 * and zero in others: it is then computed in these alone. */
static node_t in_arms(struct recorder *recorder, node_t node, node_t value,
                      const struct guard *guard)
{
    struct adc_graph *graph = recorder->graph;
    bool is_real = adc_type_is_real((enum adc_type)value->type);
    node_t zero = is_real ? adc_real(graph, (enum adc_type)value->type, 0.0) : adc_int(graph, 0);
    for (; guard; guard = guard->parent) {
        if (!is_asked(recorder, node, guard->condition)) continue;
        value = adc_apply3(graph, ADC_OP_IF, guard->condition, guard->positive ? value : zero,
                           guard->positive ? zero : value);
    }
    return value;
}

static struct change *record_scalar(struct recorder *recorder, node_t value)
{
    struct change *change = new_change(recorder, NULL, 1);
    change->element[0] = recorder->passes;
    change->group = value->type == ADC_F64 ? 0 : value->type == ADC_F32 ? 1 : 2;
    change->place = recorder->scalars[change->group].count;
    ADC_PUSH(recorder->scratch, recorder->scalars[change->group], value);
    return change;
}

/* The nest again with an index of its own in place of one that a loop binds. */
static node_t apart(struct recorder *recorder, node_t nest, node_t index)
{
    node_t in[ADC_MAX_INPUTS], fresh = adc_fresh_index(recorder->graph, index);
    for (unsigned i = 0; i < nest->count; i++)
        in[i] = adc_rename(recorder->graph, nest->in[i], index, fresh, recorder->scratch);
    return adc_structural(recorder->graph, nest, in);
}

/* The value at all points of the indices `inner` in each pass. */
static struct change *record_points(struct recorder *recorder, node_t value,
                                    const struct adc_indices *inner)
{
    struct adc_graph *graph = recorder->graph;
    node_t element[1 + ADC_MAX_INPUTS], shape[1 + ADC_MAX_INPUTS];
    struct adc_nest nest = {.reduce = ADC_REDUCE_SET, .value = value};
    element[0] = recorder->passes;
    shape[0] = recorder->length;
    for (uint32_t i = 0; i < inner->count; i++)
        if (!axis(recorder, inner->index[i], &element[1 + i], &shape[1 + i])) return NULL;
    nest.rank = flattened(graph, element, shape, 1 + inner->count);
    nest.target = element;
    nest.shape = shape;
    nest.index = inner->index;
    nest.index_count = inner->count;
    node_t state = new_history(recorder, value, shape, nest.rank);
    struct change *change = new_change(recorder, state, nest.rank);
    for (unsigned i = 0; i < nest.rank; i++) change->element[i] = element[i];
    node_t put = adc_nest(graph, &nest);
    for (uint32_t i = 0; i < inner->count; i++)
        if (adc_indices_has(recorder->renamed, inner->index[i]))
            put = apart(recorder, put, inner->index[i]);
    carry(recorder, state, adc_put(graph, state, put));
    return change;
}

struct change *record_value(struct recorder *recorder, node_t node, const struct guard *guard)
{
    struct adc_graph *graph = recorder->graph;
    if (!is_known(recorder, node, guard)) return NULL;
    const struct adc_indices *inner = inner_indices(recorder, node);
    bool is_bool = node->type == ADC_BOOL;
    node_t value = node;
    if (is_bool) value = adc_apply3(graph, ADC_OP_IF, node, adc_int(graph, 1), adc_int(graph, 0));
    value = in_arms(recorder, node, value, guard);
    struct change *change =
        inner ? record_points(recorder, value, inner) : record_scalar(recorder, value);
    if (change) change->is_bool = is_bool;
    return change;
}

/* A nest that puts all of an array into a history, at `first` along the first axis of that. */
static node_t put_array(struct recorder *recorder, node_t history, node_t array, node_t first,
                        node_t guard)
{
    struct adc_graph *graph = recorder->graph;
    node_t element[1 + ADC_MAX_RANK] = {first}, shape[1 + ADC_MAX_RANK];
    struct adc_nest nest = {.reduce = ADC_REDUCE_SET, .rank = array->rank + 1u, .guard = guard};
    for (unsigned i = 0; i < array->rank; i++) {
        node_t like = adc_index(graph, 0, adc_int(graph, 0), adc_shape(array, i));
        element[1 + i] = adc_fresh_index(graph, like);
    }
    for (unsigned i = 0; i < nest.rank; i++) shape[i] = adc_shape(history, i);
    nest.target = element;
    nest.shape = shape;
    nest.index = element + 1;
    nest.index_count = array->rank;
    nest.value = adc_read(graph, array, element + 1);
    return adc_put(graph, history, adc_nest(graph, &nest));
}

/* The STATE of the loop that this one becomes in the next pass; NULL: it becomes something else. */
static node_t follows(const struct recorder *recorder, node_t state)
{
    int at = adc_loop_find(recorder->loop, state->number);
    node_t next = at < 0 ? state : adc_loop_carried(recorder->loop, (unsigned)at).next;
    bool own = next->op == ADC_OP_STATE && next->in[0] == recorder->loop->in[0];
    bool alike = own && next != state && adc_same_shape(next, state) && next->type == state->type;
    return alike && !adc_is_history(next) && !adc_is_history(state) ? next : NULL;
}

/* The states that hold what one of them held so many passes ago, in their order; that one comes
 * first. One alone if the state is none of several, or is not known from pass to pass. */
static struct lags lags_of(const struct recorder *recorder, node_t state)
{
    struct lags lags = {{state}, 1};
    struct adc_loop parts = adc_loop_parts(recorder->loop);
    node_t first = state;
    if (recorder->states_only || adc_loop_is_down(recorder->loop) || !adc_is_true(parts.guard))
        return lags;
    for (unsigned i = 0; i < MOST_LAGS && first; i++, first = follows(recorder, first))
        lags.state[0] = first;
    if (first) return (struct lags){{state}, 1}; /* round and round, or too many */
    for (bool more = true; more && lags.count < MOST_LAGS;) {
        more = false;
        for (unsigned i = 0; i < parts.count && !more; i++) {
            node_t one = adc_loop_carried(recorder->loop, i).state;
            if (!one->rank || follows(recorder, one) != lags.state[lags.count - 1]) continue;
            lags.state[lags.count++] = one;
            more = true;
        }
    }
    for (unsigned i = 0; i < lags.count; i++)
        if (lags.state[i] == state) return lags;
    return (struct lags){{state}, 1}; /* another one holds the same */
}

/* One history for all of them: what the last one begins with comes first, then what the one before
 * it begins with, at last what the first one holds in each pass. */
static node_t tape_of(struct recorder *recorder, const struct lags *lags)
{
    struct adc_graph *graph = recorder->graph;
    node_t shape[1 + ADC_MAX_RANK], first = lags->state[0];
    unsigned more = lags->count - 1;
    for (size_t i = 0; i < recorder->tapes.count; i++)
        if (recorder->tapes.data[i].first == first) return recorder->tapes.data[i].history;
    shape[0] = pass_plus(graph, recorder->length, adc_int(graph, more));
    for (unsigned i = 0; i < first->rank; i++) shape[1 + i] = adc_shape(first, i);
    node_t state = new_history(recorder, first, shape, first->rank + 1u);
    node_t at = pass_plus(graph, recorder->passes, adc_int(graph, more));
    node_t next = put_array(recorder, state, first, at, NULL);
    node_t begin = adc_apply2(graph, ADC_OP_IEQ, recorder->passes, adc_int(graph, 0));
    for (unsigned i = more; i > 0; i--)
        next = put_array(recorder, next, lags->state[i], adc_int(graph, more - i), begin);
    carry(recorder, state, next);
    ADC_PUSH(recorder->scratch, recorder->tapes, (struct tape){first, state});
    return state;
}

struct change *record_array(struct recorder *recorder, node_t array)
{
    struct adc_graph *graph = recorder->graph;
    if (recorder->states_only && adc_is_history(array)) return new_change(recorder, array, 0);
    ADC_INVARIANT(array->rank < ADC_MAX_RANK && array->type != ADC_BOOL, graph);
    struct lags lags = lags_of(recorder, array);
    struct change *change = new_change(recorder, tape_of(recorder, &lags), 1);
    unsigned lag = 0;
    while (lags.state[lag] != array) lag++;
    change->element[0] =
        pass_plus(graph, recorder->passes, adc_int(graph, (int64_t)(lags.count - 1 - lag)));
    return change;
}

void record_scalars(struct recorder *recorder)
{
    struct adc_graph *graph = recorder->graph;
    for (unsigned group = 0; group < RECORD_SCALARS; group++) {
        size_t count = recorder->scalars[group].count;
        if (!count) continue;
        node_t shape[] = {recorder->length, adc_int(graph, (int64_t)count)};
        node_t like = recorder->scalars[group].data[0];
        node_t state = new_history(recorder, like, shape, count > 1 ? 2 : 1), next = state;
        for (size_t i = 0; i < count; i++) {
            node_t one = recorder->scalars[group].data[i];
            node_t element[] = {recorder->passes, adc_int(graph, (int64_t)i)};
            next = adc_put_element(graph, next, element, one, NULL);
        }
        recorder->packed[group] = state;
        carry(recorder, state, next);
    }
}

/* ---------------------------------------------------------------------------- histories */

/* What the STATE of a loop further in begins as; NULL if that loop is not known. */
static node_t init_of(const struct recorder *recorder, node_t state)
{
    for (size_t i = 0; i < recorder->inner.count; i++) {
        node_t loop = recorder->inner.data[i];
        int at = loop->in[0] == state->in[0] ? adc_loop_find(loop, state->number) : -1;
        if (at >= 0) return adc_loop_carried(loop, (unsigned)at).init;
    }
    return NULL;
}

/* The component of the primal loop that an array began as in this pass; NULL if it is none. */
static node_t component_of(const struct recorder *recorder, node_t array)
{
    while (array) switch (array->op) {
        case ADC_OP_PUT:
        case ADC_OP_MARK: array = array->in[0]; break;
        case ADC_OP_FINAL: array = adc_final_carried(array).init; break;
        case ADC_OP_STATE:
            if (array->in[0] == recorder->loop->in[0]) return array;
            array = init_of(recorder, array);
            break;
        default: return NULL;
        }
    return NULL;
}

static struct change *element_of(struct recorder *recorder, node_t state, const node_t *element)
{
    struct change *change = new_change(recorder, state, state->rank);
    for (unsigned i = 0; i < state->rank; i++) change->element[i] = element[i];
    return change;
}

/* Whether the place of a put can be said where the value is used, without records. */
static bool can_be_found(struct recorder *recorder, node_t value, struct adc_nest put)
{
    struct adc_graph *graph = recorder->graph;
    const struct adc_indices *scope = adc_indices_union(graph, value->free, recorder->known);
    for (unsigned i = 0; i < put.rank; i++)
        if (adc_indices_minus(graph, put.target[i]->free, scope) ||
            record_is_carried(recorder, put.target[i]))
            return false;
    return put.value == value && adc_is_true(put.guard);
}

struct change *record_put(struct recorder *recorder, node_t value)
{
    for (unsigned i = 0; i < adc_loop_parts(recorder->loop).count; i++) {
        struct adc_carried one = adc_loop_carried(recorder->loop, i);
        if (!adc_is_history(one.state)) continue;
        for (node_t array = one.next; array->op == ADC_OP_PUT; array = array->in[0]) {
            struct adc_nest put = adc_nest_parts(array->in[1]);
            if (can_be_found(recorder, value, put) && component_of(recorder, array) == one.state)
                return element_of(recorder, one.state, put.target);
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

/* Whether the history `final` changes by puts alone. Recursion is bounded by the nesting of
 * loops. */
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
    if (final->op != ADC_OP_FINAL || !adc_is_history(final) || final->rank == ADC_MAX_RANK)
        return false;
    node_t init = adc_final_carried(final).init;
    return adc_has_no_points(init) && !inner_indices(recorder, final) && is_put_together(final);
}

/* The component that carries `final` through; NULL if its shape is not bounded. */
static node_t carried_through(struct recorder *recorder, node_t final)
{
    struct adc_graph *graph = recorder->graph;
    node_t shape[ADC_MAX_RANK] = {recorder->length};
    for (size_t i = 0; i < recorder->through.count; i++)
        if (recorder->through.data[i].final == final) return recorder->through.data[i].state;
    for (unsigned i = 0; i < final->rank; i++) {
        shape[1 + i] = pass_end(graph, adc_shape(final, i), true, recorder->spare);
        if (!shape[1 + i]) return NULL;
    }
    node_t state = new_history(recorder, final, shape, final->rank + 1u);
    carry(recorder, state, deeper(recorder, final, state));
    ADC_PUSH(recorder->scratch, recorder->through, (struct carried_through){final, state});
    return state;
}

struct change *record_history(struct recorder *recorder, node_t read)
{
    node_t state = component_of(recorder, read->in[0]);
    return state && adc_is_history(state) ? element_of(recorder, state, read->in + 1) : NULL;
}

struct change *record_read(struct recorder *recorder, node_t read)
{
    struct change *own = record_history(recorder, read);
    if (own || recorder->states_only) return own;
    node_t array = read->in[0], state;
    state = is_inner_history(recorder, array) ? carried_through(recorder, array) : NULL;
    if (!state) return NULL;
    struct change *change = new_change(recorder, state, state->rank);
    change->element[0] = recorder->passes;
    for (unsigned i = 0; i < array->rank; i++) change->element[1 + i] = read->in[1 + i];
    return change;
}

/* Whether a pass reads the array at two places or more for each of its elements: along as many
 * indices as it has axes. */
static bool is_read_around(struct recorder *recorder, node_t state)
{
    unsigned reads = 0;
    for (size_t i = 0; i < recorder->primal->order.count && reads < 2; i++) {
        node_t read = recorder->primal->order.data[i];
        if (read->op != ADC_OP_READ || read->in[0] != state) continue;
        const struct adc_indices *inner = inner_indices(recorder, read);
        reads += inner && inner->count >= state->rank;
    }
    return reads > 1;
}

struct change *record_element(struct recorder *recorder, node_t read)
{
    node_t state = read->in[0];
    bool own = state->op == ADC_OP_STATE && state->in[0] == recorder->loop->in[0];
    if (!own || recorder->states_only || state->rank == ADC_MAX_RANK || state->type == ADC_BOOL)
        return NULL;
    size_t at = 0;
    while (at < recorder->arrays.count && recorder->arrays.data[at].state != state) at++;
    if (at == recorder->arrays.count) {
        struct lags lags = lags_of(recorder, state);
        bool whole = false;
        for (unsigned i = 0; i < lags.count; i++) whole |= is_read_around(recorder, lags.state[i]);
        struct kept_array one = {state, whole ? record_array(recorder, state) : NULL};
        ADC_PUSH(recorder->scratch, recorder->arrays, one);
    }
    const struct change *array = recorder->arrays.data[at].change;
    if (!array) return NULL;
    struct change *change = new_change(recorder, array->state, state->rank + 1u);
    change->element[0] = array->element[0];
    for (unsigned i = 0; i < state->rank; i++) change->element[1 + i] = read->in[1 + i];
    return change;
}
