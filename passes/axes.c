/* Axes of constant length: nests over them as expressions, small arrays as scalars (decision 0016).
 *
 *     sum(i in 0..2: x[n, i]*y[i])     x[n, 0]*y[0] + x[n, 1]*y[1]
 *     let y[i in 0..2] = e(i)          y_0 = e(0), y_1 = e(1), and nothing else if all that read y
 *                                      name constant elements
 *     STATE of shape [T, 2]            two of shape [T]
 *
 * What axes_find says, node by node in ascending order: there is a version of each node for every
 * value of the expanded indices that it depends on and for every part that it is cut into.
 * Conditions of constants are decided on the way, so `if i == 0` leaves nothing. An array that
 * stays whole although its index is expanded gets its elements by conditions on that index.
 *
 * order    sums over expanded indices go from left to right, and begin with their first term; with
 *          `strict` with 0, as loops do (it matters where all terms are -0)
 * reads    of a map at its own indices are its value, where the map is a part of something or waits
 *          for a loop with state: derivative and value can be in one loop over points then */
#include "passes/axes.h"

#include "ir/state.h"
#include "passes/point.h"
#include "passes/updates.h"

#include <math.h>

typedef const struct adc_node *node_t;

struct maker {
    struct axes *axes;
    struct adc_arena *scratch;
    struct adc_graph *graph; /* of the new function */
    node_t *made;            /* all versions */
    size_t *first;           /* by old id: where those of a node begin */
    int64_t *at;             /* by old id of an INDEX that is expanded: its value */
    ADC_VEC(uint8_t) waits;  /* by new id: a value that a loop makes in each point */
};

/* A point of a nest at given values of the expanded indices that it binds. */
struct piece {
    node_t value, guard;
    node_t *index, *target, *shape; /* those that are left */
};

struct pieces {
    struct piece *data;
    size_t count, capacity;
    unsigned index_count, rank; /* of each */
    enum adc_reduce reduce;
};

/* ------------------------------------------------------------------------------ versions */

static size_t version(const struct maker *m, node_t node, unsigned part)
{
    size_t number = 0;
    for (uint32_t i = 0; node->free && i < node->free->count; i++) {
        node_t index = node->free->index[i];
        if (!m->axes->expanded[index->id]) continue;
        number *= axes_length(m->axes, index);
        number += (size_t)(m->at[index->id] - m->axes->low[index->id]);
    }
    return m->first[node->id] + number * axes_parts(m->axes, node) + part;
}

static node_t made(const struct maker *m, node_t node)
{
    return m->made[version(m, node, 0)];
}

/* The indices of a list that are expanded, at their first values. Returns their number. */
static unsigned begin(struct maker *m, const node_t *index, unsigned count, node_t *expanded)
{
    unsigned found = 0;
    for (unsigned i = 0; i < count; i++)
        if (m->axes->expanded[index[i]->id]) expanded[found++] = index[i];
    for (unsigned i = 0; i < found; i++) m->at[expanded[i]->id] = m->axes->low[expanded[i]->id];
    return found;
}

/* The next values, the last index first; false behind the last ones. */
static bool advance(struct maker *m, const node_t *expanded, unsigned count)
{
    while (count-- > 0) {
        uint32_t id = expanded[count]->id;
        if (m->at[id]++ < m->axes->high[id]) return true;
        m->at[id] = m->axes->low[id];
    }
    return false;
}

/* ------------------------------------------------------------------------------ scalars */

static node_t operator(struct maker *m, enum adc_op op, const node_t *in, unsigned count)
{
    union adc_value values[3] = {{.bits = 0}, {.bits = 0}, {.bits = 0}};
    bool constant = op >= ADC_OP_FIRST_ELEMENTWISE;
    if (op == ADC_OP_IF && adc_is_const(in[0])) return in[0]->value.boolean ? in[1] : in[2];
    if (op == ADC_OP_IF && in[1] == in[2]) return in[1];
    for (unsigned i = 0; i < count && constant; i++) {
        constant = adc_is_const(in[i]);
        values[i] = in[i]->value;
    }
    if (!constant) return adc_apply(m->graph, op, in, count);
    enum adc_type type = adc_result_type(op, in, count);
    enum adc_type real = adc_type_is_real(type) ? type : (enum adc_type)in[0]->type;
    return adc_const(m->graph, type, adc_op_apply(op, real, values));
}

static node_t choice(struct maker *m, node_t condition, node_t then, node_t otherwise)
{
    node_t in[] = {condition, then, otherwise};
    return operator(m, ADC_OP_IF, in, 3);
}

/* What a reduction over nothing is. */
static node_t nothing(struct maker *m, enum adc_reduce reduce, enum adc_type type)
{
    bool product = reduce == ADC_REDUCE_PROD, most = reduce == ADC_REDUCE_MAX;
    if (type == ADC_BOOL) return adc_bool(m->graph, reduce == ADC_REDUCE_ALL);
    if (reduce != ADC_REDUCE_MAX && reduce != ADC_REDUCE_MIN)
        return adc_type_is_real(type) ? adc_real(m->graph, type, product)
                                      : adc_int(m->graph, product);
    if (adc_type_is_real(type)) return adc_real(m->graph, type, most ? -INFINITY : INFINITY);
    return adc_int(m->graph, most ? INT64_MIN : INT64_MAX);
}

static node_t both(struct maker *m, enum adc_reduce reduce, node_t a, node_t b)
{
    node_t in[] = {a, b};
    return operator(m, adc_reduce_op(reduce, (enum adc_type)b->type), in, 2);
}

/* ------------------------------------------------------------------------------- nests */

static bool in_range(const struct maker *m, node_t index)
{
    int64_t at = m->at[index->id];
    return made(m, index->in[0])->value.integer <= at && at < made(m, index->in[1])->value.integer;
}

/* Whether the nest, at the values at hand, has points that go into a part of it. */
static bool concerns(const struct maker *m, node_t node, unsigned part)
{
    struct adc_nest nest = adc_nest_parts(node);
    unsigned cut = axes_cut(m->axes, node);
    node_t guard = made(m, nest.guard);
    if (adc_is_const(guard) && !guard->value.boolean) return false;
    for (unsigned i = 0; i < nest.index_count; i++)
        if (m->axes->expanded[nest.index[i]->id] && !in_range(m, nest.index[i])) return false;
    for (unsigned axis = 0; axis < nest.rank; axis++)
        if (axes_is_cut(cut, axis) &&
            made(m, nest.target[axis])->value.integer != axes_coordinate(m->axes, node, part, axis))
            return false;
    return true;
}

static void take_piece(struct maker *m, node_t node, struct pieces *pieces)
{
    struct adc_nest nest = adc_nest_parts(node);
    unsigned cut = axes_cut(m->axes, node), count = 0, rank = 0;
    struct piece piece = {made(m, nest.value), made(m, nest.guard), NULL, NULL, NULL};
    piece.index = ADC_NEW_ARRAY(m->scratch, node_t, nest.index_count);
    piece.target = ADC_NEW_ARRAY(m->scratch, node_t, nest.rank);
    piece.shape = ADC_NEW_ARRAY(m->scratch, node_t, nest.rank);
    for (unsigned i = 0; i < nest.index_count; i++)
        if (!m->axes->expanded[nest.index[i]->id]) piece.index[count++] = made(m, nest.index[i]);
    for (unsigned axis = 0; axis < nest.rank; axis++) {
        if (axes_is_cut(cut, axis)) continue;
        piece.target[rank] = made(m, nest.target[axis]);
        piece.shape[rank++] = made(m, nest.shape[axis]);
    }
    pieces->index_count = count;
    pieces->rank = rank;
    ADC_PUSH(m->scratch, *pieces, piece);
}

/* The points that go into a part of the nest, for all values of the expanded indices it binds. */
static struct pieces pieces_of(struct maker *m, node_t node, unsigned part)
{
    struct adc_nest nest = adc_nest_parts(node);
    struct pieces pieces = {.reduce = nest.reduce};
    node_t expanded[ADC_MAX_NEST];
    unsigned count = begin(m, nest.index, nest.index_count, expanded);
    do {
        if (concerns(m, node, part)) take_piece(m, node, &pieces);
    } while (advance(m, expanded, count));
    return pieces;
}

static bool same_place(const struct pieces *pieces, const struct piece *a, const struct piece *b)
{
    for (unsigned i = 0; i < pieces->index_count; i++)
        if (a->index[i] != b->index[i]) return false;
    for (unsigned i = 0; i < pieces->rank; i++)
        if (a->target[i] != b->target[i]) return false;
    return true;
}

/* One piece for all from `first` on that are in its place, which leave the list. */
static struct piece gathered(struct maker *m, struct pieces *pieces, size_t first)
{
    struct piece *piece = &pieces->data[first], all = *piece;
    enum adc_type type = (enum adc_type)piece->value->type;
    node_t none = nothing(m, pieces->reduce, type);
    bool sets = pieces->reduce == ADC_REDUCE_SET, same = true;
    for (size_t i = first; i < pieces->count; i++)
        if (pieces->data[i].value && same_place(pieces, piece, &pieces->data[i]))
            same &= pieces->data[i].guard == piece->guard;
    all.value = m->axes->options.strict && pieces->reduce == ADC_REDUCE_SUM ? none : NULL;
    if (!same) all.guard = adc_bool(m->graph, true);
    for (size_t i = first; i < pieces->count; i++) {
        struct piece *one = &pieces->data[i];
        if (!one->value || (i > first && !same_place(pieces, &all, one))) continue;
        node_t value =
            same ? one->value
                 : choice(m, one->guard, one->value, sets && all.value ? all.value : none);
        all.value = all.value && !sets ? both(m, pieces->reduce, all.value, value) : value;
        one->value = NULL;
    }
    return all;
}

static node_t nest_of(struct maker *m, const struct pieces *pieces, const struct piece *piece)
{
    struct adc_nest nest = {.reduce = pieces->reduce, .rank = pieces->rank};
    if (!nest.rank && nest.reduce == ADC_REDUCE_SET) nest.reduce = ADC_REDUCE_SUM;
    nest.value = piece->value;
    nest.guard = piece->guard;
    nest.index = piece->index;
    nest.index_count = pieces->index_count;
    nest.target = piece->target;
    nest.shape = piece->shape;
    return adc_nest(m->graph, &nest);
}

/* A scalar: the reduction of all pieces, or the one element that they set. */
static node_t reduced(struct maker *m, struct pieces *pieces, enum adc_type type)
{
    enum adc_reduce reduce = pieces->reduce == ADC_REDUCE_SET ? ADC_REDUCE_SUM : pieces->reduce;
    node_t none = nothing(m, reduce, type), sum = NULL;
    for (size_t i = 0; i < pieces->count; i++) {
        if (!pieces->data[i].value) continue;
        struct piece all = gathered(m, pieces, i);
        node_t value =
            pieces->index_count ? nest_of(m, pieces, &all) : choice(m, all.guard, all.value, none);
        sum = sum ? both(m, reduce, sum, value) : value;
    }
    return sum ? sum : none;
}

static node_t zeros(struct maker *m, node_t array)
{
    unsigned cut = axes_cut(m->axes, array), rank = 0;
    node_t target[ADC_MAX_RANK], shape[ADC_MAX_RANK];
    struct adc_nest nest = {.reduce = ADC_REDUCE_SUM, .target = target, .shape = shape};
    nest.value = adc_const(m->graph, (enum adc_type)array->type, (union adc_value){.bits = 0});
    nest.guard = adc_bool(m->graph, false);
    for (unsigned axis = 0; axis < array->rank; axis++) {
        if (axes_is_cut(cut, axis)) continue;
        target[rank] = adc_int(m->graph, 0);
        shape[rank++] = made(m, adc_shape(array, axis));
    }
    nest.rank = rank;
    return rank ? adc_nest(m->graph, &nest) : nest.value;
}

/* An array: the pieces side by side. */
static node_t joined(struct maker *m, node_t node, struct pieces *pieces)
{
    node_t sum = NULL;
    for (size_t i = 0; i < pieces->count; i++) {
        struct piece piece = pieces->data[i];
        if (!piece.value) continue;
        if (pieces->reduce == ADC_REDUCE_SUM) piece = gathered(m, pieces, i);
        node_t next = nest_of(m, pieces, &piece);
        sum = sum ? adc_join(m->graph, sum, next) : next;
    }
    return sum ? sum : zeros(m, node);
}

/* Of `values`, one for each combination of some indices, the last one goes: its value, from `low`
 * on, chooses among `length` of them. */
static void choose(struct maker *m, node_t index, int64_t low, unsigned length,
                   struct node_list *values)
{
    values->count /= length;
    for (size_t i = 0; i < values->count; i++) {
        node_t value = values->data[i * length + length - 1];
        for (unsigned at = length - 1; at-- > 0;) {
            node_t ends[] = {index, adc_int(m->graph, low + at + 1)};
            node_t before = operator(m, ADC_OP_ILT, ends, 2);
            value = choice(m, before, values->data[i * length + at], value);
        }
        values->data[i] = value;
    }
}

static node_t by_index(struct maker *m, const node_t *index, const node_t *own, unsigned count,
                       struct node_list *values)
{
    while (count-- > 0)
        choose(m, own[count], m->axes->low[index[count]->id], axes_length(m->axes, index[count]),
               values);
    return values->data[0];
}

/* The expanded indices of a nest that stays whole, those first that its elements stand at; returns
 * how many these are. */
static unsigned split_indices(struct maker *m, const struct adc_nest *nest, node_t *outer,
                              node_t *inner, unsigned *inner_count)
{
    node_t expanded[ADC_MAX_NEST];
    unsigned count = begin(m, nest->index, nest->index_count, expanded), kept = 0;
    *inner_count = 0;
    for (unsigned i = 0; i < count; i++) {
        bool stands = nest->reduce == ADC_REDUCE_SET;
        for (unsigned axis = 0; axis < nest->rank; axis++)
            stands |= adc_indices_has(nest->target[axis]->free, expanded[i]);
        if (stands) outer[kept++] = expanded[i];
        else inner[(*inner_count)++] = expanded[i];
    }
    return kept;
}

/* Of a nest that stays whole: what it has at the values of the outer indices at hand. */
static struct piece whole_piece(struct maker *m, node_t node, const node_t *inner, unsigned count)
{
    struct pieces pieces = {.reduce = (enum adc_reduce)node->number};
    struct piece none = {.guard = adc_bool(m->graph, false)};
    for (unsigned i = 0; i < count; i++) m->at[inner[i]->id] = m->axes->low[inner[i]->id];
    do {
        if (concerns(m, node, 0)) take_piece(m, node, &pieces);
    } while (advance(m, inner, count));
    none.value = nothing(m, ADC_REDUCE_SUM, (enum adc_type)node->type);
    return pieces.count ? gathered(m, &pieces, 0) : none;
}

/* A nest of a result, as a join of one for each value of the expanded indices; NULL: it has no
 * other indices, or it is not there everywhere. */
static node_t mosaic(struct maker *m, node_t node)
{
    if (!m->axes->result[node->id] || !point_sets_apart(node)) return NULL;
    struct pieces pieces = pieces_of(m, node, 0);
    for (size_t i = 0; i < pieces.count; i++)
        if (!adc_is_true(pieces.data[i].guard)) return NULL;
    return pieces.count && pieces.index_count ? joined(m, node, &pieces) : NULL;
}

/* A nest that is not cut, although it binds indices that are expanded: it keeps those at which its
 * elements stand. */
static node_t whole_nest(struct maker *m, node_t node)
{
    node_t parts = mosaic(m, node);
    if (parts) return parts;
    struct adc_nest nest = adc_nest_parts(node);
    node_t outer[ADC_MAX_NEST], inner[ADC_MAX_NEST], own[ADC_MAX_NEST];
    node_t index[ADC_MAX_NEST], target[ADC_MAX_RANK], shape[ADC_MAX_RANK];
    unsigned inner_count, count = split_indices(m, &nest, outer, inner, &inner_count), at = 0;
    struct node_list value = {0}, guard = {0};
    do {
        struct piece piece = whole_piece(m, node, inner, inner_count);
        ADC_PUSH(m->scratch, value, piece.value);
        ADC_PUSH(m->scratch, guard, piece.guard);
    } while (advance(m, outer, count));
    for (unsigned i = 0; i < count; i++)
        own[i] =
            adc_index(m->graph, outer[i]->number, adc_int(m->graph, m->axes->low[outer[i]->id]),
                      adc_int(m->graph, m->axes->high[outer[i]->id] + 1));
    for (unsigned axis = 0; axis < nest.rank; axis++) {
        target[axis] = made(m, nest.target[axis]);
        shape[axis] = made(m, nest.shape[axis]);
        for (unsigned i = 0; i < count; i++)
            if (nest.target[axis] == outer[i]) target[axis] = own[i];
    }
    unsigned left = 0;
    for (unsigned i = 0; i < nest.index_count; i++) {
        if (at < count && outer[at] == nest.index[i]) index[left++] = own[at++];
        else if (!m->axes->expanded[nest.index[i]->id]) index[left++] = made(m, nest.index[i]);
    }
    nest.value = by_index(m, outer, own, count, &value);
    nest.guard = by_index(m, outer, own, count, &guard);
    nest.index = index;
    nest.index_count = left;
    nest.target = target;
    nest.shape = shape;
    return adc_nest(m->graph, &nest);
}

static bool binds_expanded(const struct maker *m, const struct adc_nest *nest)
{
    for (unsigned i = 0; i < nest->index_count; i++)
        if (m->axes->expanded[nest->index[i]->id]) return true;
    return false;
}

static node_t copied(struct maker *m, node_t node)
{
    node_t in[ADC_MAX_INPUTS];
    for (unsigned i = 0; i < node->count; i++) in[i] = made(m, node->in[i]);
    return adc_copy(m->graph, m->axes->from->graph, node, in);
}

static node_t nest_part(struct maker *m, node_t node, unsigned part)
{
    struct adc_nest nest = adc_nest_parts(node);
    struct pieces pieces;
    unsigned cut = axes_cut(m->axes, node);
    if (!cut && !binds_expanded(m, &nest)) return copied(m, node);
    if (!cut && node->rank) return whole_nest(m, node);
    pieces = pieces_of(m, node, part);
    bool scalar = cut == (1u << node->rank) - 1;
    return scalar ? reduced(m, &pieces, (enum adc_type)node->type) : joined(m, node, &pieces);
}

/* ------------------------------------------------------------------------- other arrays */

/* Fresh indices over the axes of an array that are not cut by `cut`, and their lengths. */
static unsigned fresh_indices(struct maker *m, node_t array, unsigned cut, node_t *index,
                              node_t *shape)
{
    unsigned rank = 0;
    for (unsigned axis = 0; axis < array->rank; axis++) {
        if (axes_is_cut(cut, axis)) continue;
        shape[rank] = made(m, adc_shape(array, axis));
        node_t like = adc_index(m->graph, 0, adc_int(m->graph, 0), shape[rank]);
        index[rank++] = adc_fresh_index(m->graph, like);
    }
    return rank;
}

static node_t map_of(struct maker *m, unsigned rank, const node_t *index, const node_t *shape,
                     node_t value)
{
    struct adc_nest nest = {.reduce = ADC_REDUCE_SET, .rank = rank, .index_count = rank};
    nest.value = value;
    nest.index = nest.target = index;
    nest.shape = shape;
    return adc_nest(m->graph, &nest);
}

/* The part of `array`, which goes into `by` and is cut like that: a parameter by reads. */
static node_t part_of(struct maker *m, node_t array, node_t by, unsigned part)
{
    unsigned cut = axes_cut(m->axes, by), rank = 0;
    node_t index[ADC_MAX_RANK], shape[ADC_MAX_RANK], element[ADC_MAX_RANK];
    if (array->op != ADC_OP_PARAM || !cut) return m->made[version(m, array, part)];
    fresh_indices(m, array, cut, index, shape);
    for (unsigned axis = 0; axis < array->rank; axis++)
        element[axis] = axes_is_cut(cut, axis)
                            ? adc_int(m->graph, axes_coordinate(m->axes, by, part, axis))
                            : index[rank++];
    node_t value = adc_read(m->graph, made(m, array), element);
    return rank ? map_of(m, rank, index, shape, value) : value;
}

/* Of an array that has no points there. */
static bool is_nothing(const struct maker *m, node_t part)
{
    return !m->axes->options.strict && adc_is_real_value(part, 0.0);
}

static node_t join_part(struct maker *m, node_t join, unsigned part)
{
    node_t a = part_of(m, join->in[0], join, part), b = part_of(m, join->in[1], join, part);
    if (a->rank) return adc_join(m->graph, a, b);
    if (adc_has_no_points(join->in[0]) || is_nothing(m, a)) return b;
    if (adc_has_no_points(join->in[1]) || is_nothing(m, b)) return a;
    return both(m, ADC_REDUCE_SUM, a, b);
}

static node_t put_part(struct maker *m, node_t put, unsigned part)
{
    node_t array = part_of(m, put->in[0], put, part);
    struct pieces pieces;
    if (!axes_cut(m->axes, put)) return adc_put(m->graph, array, made(m, put->in[1]));
    pieces = pieces_of(m, put->in[1], part);
    for (size_t i = 0; i < pieces.count; i++) {
        const struct piece *piece = &pieces.data[i];
        array = array->rank ? adc_put(m->graph, array, nest_of(m, &pieces, piece))
                            : choice(m, piece->guard, piece->value, array);
    }
    return array;
}

static node_t state_part(struct maker *m, node_t state)
{
    unsigned cut = axes_cut(m->axes, state), rank = 0;
    node_t shape[ADC_MAX_RANK];
    if (!cut) return copied(m, state);
    for (unsigned axis = 0; axis < state->rank; axis++)
        if (!axes_is_cut(cut, axis)) shape[rank++] = made(m, adc_shape(state, axis));
    return adc_state_array(m->graph, made(m, state->in[0]), (enum adc_type)state->type, shape, rank,
                           rank && adc_is_history(state));
}

static node_t loop_of(struct maker *m, node_t old)
{
    struct adc_loop loop = adc_loop_parts(old);
    struct adc_carried *carried = ADC_NEW_ARRAY(m->scratch, struct adc_carried, ADC_MAX_CARRIED);
    unsigned count = 0;
    for (unsigned i = 0; i < loop.count; i++) {
        struct adc_carried one = adc_loop_carried(old, i);
        for (unsigned part = 0; part < axes_parts(m->axes, one.state); part++)
            carried[count++] = (struct adc_carried){part_of(m, one.state, one.state, part),
                                                    part_of(m, one.init, one.state, part),
                                                    part_of(m, one.next, one.state, part)};
    }
    loop.index = made(m, loop.index);
    loop.guard = made(m, loop.guard);
    loop.carried = carried;
    loop.count = count;
    return adc_loop(m->graph, &loop);
}

static node_t final_part(struct maker *m, node_t final, unsigned part)
{
    node_t state = adc_final_state(final);
    return adc_final(m->graph, made(m, final->in[0]), part_of(m, state, final, part));
}

/* -------------------------------------------------------------------------------- reads */

static bool has_waited(struct maker *m, node_t value)
{
    while (m->waits.count <= value->id) {
        node_t node = m->graph->nodes.data[m->waits.count];
        uint8_t waits = node->op == ADC_OP_FINAL && node->free;
        for (unsigned i = 0; i < node->count; i++) waits |= m->waits.data[node->in[i]->id];
        ADC_PUSH(m->scratch, m->waits, node->free ? waits : 0);
    }
    return m->waits.data[value->id];
}

/* The read of a map at its own indices. */
static node_t own_value(struct maker *m, node_t array, const node_t *element, bool is_part)
{
    if (!array->rank || !point_is_map(array)) return NULL;
    struct adc_nest nest = adc_nest_parts(array);
    if (!adc_is_true(nest.guard) || (!is_part && !has_waited(m, nest.value))) return NULL;
    for (unsigned i = 0; i < nest.rank; i++)
        if (element[i] != nest.index[i]) return NULL;
    return nest.value;
}

static node_t read_of(struct maker *m, node_t read)
{
    node_t array = read->in[0], element[ADC_MAX_RANK];
    unsigned cut = axes_cut(m->axes, array), rank = 0, part = 0;
    for (unsigned axis = 0; axis < array->rank; axis++) {
        node_t at = made(m, read->in[1 + axis]);
        if (!axes_is_cut(cut, axis)) {
            element[rank++] = at;
            continue;
        }
        int64_t length = adc_shape(array, axis)->value.integer;
        if (at->value.integer < 0 || at->value.integer >= length)
            return adc_const(m->graph, (enum adc_type)read->type, (union adc_value){.bits = 0});
        part = part * (unsigned)length + (unsigned)at->value.integer;
    }
    node_t from = m->made[version(m, array, part)];
    if (!rank) return from;
    node_t value = own_value(m, from, element, cut);
    return value ? value : adc_read(m->graph, from, element);
}

/* --------------------------------------------------------------------------- everything */

static node_t version_of(struct maker *m, node_t node, unsigned part)
{
    node_t in[ADC_MAX_INPUTS];
    switch (node->op) {
    case ADC_OP_INDEX:
        return m->axes->expanded[node->id] ? adc_int(m->graph, m->at[node->id]) : copied(m, node);
    case ADC_OP_READ: return read_of(m, node);
    case ADC_OP_NEST: return nest_part(m, node, part);
    case ADC_OP_JOIN: return join_part(m, node, part);
    case ADC_OP_PUT: return put_part(m, node, part);
    case ADC_OP_STATE: return state_part(m, node);
    case ADC_OP_LOOP: return loop_of(m, node);
    case ADC_OP_FINAL: return final_part(m, node, part);
    case ADC_OP_MARK: /* has done its work where no derivative is left */
        in[0] = part_of(m, node->in[0], node, part);
        return m->axes->options.marks ? adc_mark_numbered(m->graph, in[0], node->number) : in[0];
    case ADC_OP_STOP: return adc_apply1(m->graph, ADC_OP_STOP, part_of(m, node->in[0], node, part));
    case ADC_OP_GRAD:
    case ADC_OP_JVP:
    case ADC_OP_VJP:
    case ADC_OP_CONST:
    case ADC_OP_PARAM: return copied(m, node);
    default: break;
    }
    for (unsigned i = 0; i < node->count; i++) in[i] = made(m, node->in[i]);
    return operator(m, (enum adc_op)node->op, in, node->count);
}

static void make_versions(struct maker *m, node_t node)
{
    const struct adc_graph *from = m->axes->from->graph;
    const struct adc_indices *free = node->free;
    node_t expanded[ADC_MAX_INPUTS];
    unsigned count = begin(m, free ? free->index : NULL, free ? free->count : 0, expanded);
    m->graph->span = from->spans.data[node->id];
    do {
        for (unsigned part = 0; part < axes_parts(m->axes, node); part++) {
            node_t made = version_of(m, node, part);
            m->made[version(m, node, part)] = made;
            if (made->op != ADC_OP_CONST && made->op != ADC_OP_PARAM)
                adc_graph_take_notes(m->graph, made, from, node);
        }
    } while (advance(m, expanded, count));
}

/* The part `one` of an array at its places in the whole. */
static node_t in_place(struct maker *m, node_t array, unsigned part, node_t one)
{
    node_t target[ADC_MAX_RANK], shape[ADC_MAX_RANK];
    struct adc_nest nest = adc_nest_parts(one);
    unsigned cut = axes_cut(m->axes, array), kept = 0;
    for (unsigned axis = 0; axis < array->rank; axis++) {
        bool inside = axes_is_cut(cut, axis);
        shape[axis] = made(m, adc_shape(array, axis));
        target[axis] = inside ? adc_int(m->graph, axes_coordinate(m->axes, array, part, axis))
                              : nest.target[kept++];
    }
    nest.rank = array->rank;
    nest.target = target;
    nest.shape = shape;
    return adc_nest(m->graph, &nest);
}

/* The join of all parts, if they are maps; else NULL. */
static node_t mosaic_again(struct maker *m, node_t array)
{
    node_t sum = NULL;
    for (unsigned part = 0; part < axes_parts(m->axes, array); part++) {
        node_t one = m->made[version(m, array, part)];
        if (!point_is_map(one) || !one->rank || !adc_is_true(adc_nest_parts(one).guard))
            return NULL;
        one = in_place(m, array, part, one);
        sum = sum ? adc_join(m->graph, sum, one) : one;
    }
    return sum;
}

/* An array again that is cut, for those who see it from outside. */
static node_t whole_again(struct maker *m, node_t array)
{
    node_t index[ADC_MAX_RANK], shape[ADC_MAX_RANK], own[ADC_MAX_RANK];
    unsigned cut = axes_cut(m->axes, array);
    struct node_list parts = {0};
    node_t sum = cut ? mosaic_again(m, array) : made(m, array);
    if (sum) return sum;
    unsigned rank = fresh_indices(m, array, 0, index, shape), kept = 0;
    for (unsigned axis = 0; axis < rank; axis++)
        if (!axes_is_cut(cut, axis)) own[kept++] = index[axis];
    for (unsigned part = 0; part < axes_parts(m->axes, array); part++) {
        node_t one = m->made[version(m, array, part)];
        ADC_PUSH(m->scratch, parts, kept ? adc_read(m->graph, one, own) : one);
    }
    for (unsigned axis = rank; axis-- > 0;) {
        unsigned length = axes_is_cut(cut, axis) ? (unsigned)shape[axis]->value.integer : 1;
        if (length > 1) choose(m, index[axis], 0, length, &parts);
    }
    return map_of(m, rank, index, shape, parts.data[0]);
}

struct adc_function *pass_axes(struct adc_arena *arena, struct adc_function *function,
                               const struct pass_axes_options *options, struct adc_arena *scratch)
{
    struct axes axes = {.scratch = scratch, .options = *options};
    struct maker m = {.axes = &axes, .scratch = scratch};
    const struct adc_graph *from = function->graph;
    size_t count = from->nodes.count, versions = 0;
    if (!axes_find(&axes, function)) return function;
    struct adc_function *to = pass_new_like(arena, function);
    node_t *map = ADC_NEW_ARRAY(scratch, node_t, count);
    m.graph = to->graph;
    m.first = ADC_NEW_ARRAY(scratch, size_t, count);
    m.at = ADC_NEW_ARRAY(scratch, int64_t, count);
    for (size_t id = 0; id < count; id++) {
        node_t node = from->nodes.data[id];
        m.first[id] = versions;
        if (axes.live[id]) versions += axes_versions(&axes, node);
    }
    m.made = ADC_NEW_ARRAY(scratch, node_t, versions);
    for (size_t id = 0; id < count; id++)
        if (axes.live[id]) make_versions(&m, from->nodes.data[id]);
    for (size_t id = 0; id < count; id++)
        if (axes.live[id] && !axes_cut(&axes, from->nodes.data[id])) map[id] = m.made[m.first[id]];
    for (size_t i = 0; i < function->results.count; i++)
        for (uint32_t j = 0; j < function->results.data[i].count; j++) {
            node_t node = function->results.data[i].nodes[j];
            map[node->id] = whole_again(&m, node);
        }
    pass_map_roots(to, function, map);
    return to;
}
