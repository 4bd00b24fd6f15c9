/* Which indices are expanded, and which axes are cut.
 *
 * Everything that may be is assumed at first, and what stands against it found until there is no
 * more of that:
 *     an axis stays       if anything names an element of it that is not constant, or its array is
 *                         a result of symbolic size
 *     an index stays      if a loop with state depends on it, if the derivative has a rule of its
 *                         own for the nest that binds it (max, min), or if the order of a sum
 *                         would change where that is forbidden
 *     both stay           where a node would have more than `most` versions
 * An index is expanded only if a cut axis asks for it, so nests over parameters alone stay loops.
 * `most` is halved until all versions together are no more than MOST_NODES: code stays linear. */
#include "passes/axes.h"

#include "passes/point.h"

#include "ir/state.h"

enum { MOST_NODES = 1 << 14 };
static const int64_t far = INT64_C(1) << 31; /* ints beyond are not followed */

typedef const struct adc_node *node_t;

/* ----------------------------------------------------------------------------- classes */

static node_t root_of(const struct axes *x, node_t array)
{
    uint32_t id = array->id;
    while (x->root[id] != id) id = x->root[id] = x->root[x->root[id]];
    return x->from->graph->nodes.data[id];
}

unsigned axes_cut(const struct axes *x, node_t array)
{
    return array->rank ? x->cut[root_of(x, array)->id] : 0;
}

unsigned axes_parts(const struct axes *x, node_t array)
{
    unsigned cut = axes_cut(x, array), parts = 1;
    for (unsigned axis = 0; axis < array->rank; axis++)
        if (axes_is_cut(cut, axis)) parts *= (unsigned)adc_shape(array, axis)->value.integer;
    return parts;
}

int64_t axes_coordinate(const struct axes *x, node_t array, unsigned part, unsigned axis)
{
    unsigned cut = axes_cut(x, array);
    for (unsigned i = array->rank; --i > axis;)
        if (axes_is_cut(cut, i)) part /= (unsigned)adc_shape(array, i)->value.integer;
    return part % (unsigned)adc_shape(array, axis)->value.integer;
}

/* A parameter is not cut: its elements are read. */
static void join_classes(struct axes *x, node_t a, node_t b)
{
    if (!a->rank || a->op == ADC_OP_PARAM || b->op == ADC_OP_PARAM) return;
    node_t root = root_of(x, a), other = root_of(x, b);
    x->cut[other->id] &= x->cut[root->id];
    x->root[root->id] = other->id;
}

static unsigned small_axes(node_t array)
{
    unsigned cut = 0;
    if (array->op == ADC_OP_PARAM) return 0;
    for (unsigned axis = 0; axis < array->rank; axis++) {
        node_t length = adc_shape(array, axis);
        bool small = adc_is_const(length) && length->value.integer >= 1 &&
                     length->value.integer <= AXES_LONGEST;
        if (small) cut |= 1u << axis;
    }
    return cut;
}

static void find_classes(struct axes *x)
{
    const struct adc_graph *graph = x->from->graph;
    for (size_t id = 0; id < graph->nodes.count; id++) {
        node_t node = graph->nodes.data[id];
        x->root[id] = (uint32_t)id;
        if (x->live[id] && node->rank) x->cut[id] = (uint16_t)small_axes(node);
    }
    for (size_t id = 0; id < graph->nodes.count; id++) {
        node_t node = graph->nodes.data[id];
        if (!x->live[id]) continue;
        if (node->op == ADC_OP_JOIN || node->op == ADC_OP_PUT) join_classes(x, node->in[1], node);
        if (node->rank && (node->op == ADC_OP_JOIN || node->op == ADC_OP_PUT ||
                           node->op == ADC_OP_MARK || node->op == ADC_OP_STOP))
            join_classes(x, node->in[0], node);
        if (node->op == ADC_OP_FINAL) join_classes(x, adc_final_state(node), node);
        for (unsigned i = 0; node->op == ADC_OP_LOOP && i < adc_loop_parts(node).count; i++) {
            struct adc_carried one = adc_loop_carried(node, i);
            join_classes(x, one.init, one.state);
            join_classes(x, one.next, one.state);
        }
    }
}

/* What a derivative that is still to be made names is one array. */
static void keep_derivative(struct axes *x, node_t node)
{
    if (node->rank) x->cut[root_of(x, node)->id] = 0;
    for (unsigned i = 0; i < node->count; i++)
        if (node->in[i]->rank) x->cut[root_of(x, node->in[i])->id] = 0;
}

/* Classes that nobody reads from stay whole, and so do results that are large, but maps: these are
 * joined of their parts. */
static void find_use(struct axes *x)
{
    const struct adc_graph *graph = x->from->graph;
    uint8_t *used = ADC_NEW_ARRAY(x->scratch, uint8_t, graph->nodes.count);
    for (size_t id = 0; id < graph->nodes.count; id++) {
        node_t node = graph->nodes.data[id];
        if (!x->live[id]) continue;
        if (node->op == ADC_OP_READ) used[root_of(x, node->in[0])->id] = 1;
        if (node->op == ADC_OP_STATE && node->rank) used[root_of(x, node)->id] = 1;
    }
    for (size_t id = 0; id < graph->nodes.count; id++) {
        node_t node = graph->nodes.data[id];
        if (!used[id]) x->cut[id] = 0;
        if (x->live[id] && adc_is_derivative(node)) keep_derivative(x, node);
    }
    for (size_t i = 0; i < x->from->results.count; i++) {
        const struct adc_result *result = &x->from->results.data[i];
        for (uint32_t j = 0; result->rank && j < result->count; j++) {
            node_t array = result->nodes[j];
            bool large = small_axes(array) != (1u << array->rank) - 1;
            x->result[array->id] = 1;
            if (large && !point_is_map(array)) x->cut[root_of(x, array)->id] = 0;
        }
    }
    for (size_t id = graph->nodes.count; id-- > 0;) { /* what a result is joined of */
        node_t node = graph->nodes.data[id];
        for (unsigned i = 0; node->op == ADC_OP_JOIN && x->result[id] && i < 2; i++)
            x->result[node->in[i]->id] = 1;
    }
}

/* ------------------------------------------------------------------------- ends of ints */

static bool take_ends(struct axes *x, node_t node, const int64_t *corner, unsigned count)
{
    int64_t *low = &x->low[node->id], *high = &x->high[node->id];
    *low = *high = corner[0];
    for (unsigned i = 1; i < count; i++) {
        if (corner[i] < *low) *low = corner[i];
        if (corner[i] > *high) *high = corner[i];
    }
    return *low > -far && *high < far;
}

static bool find_ends(struct axes *x, node_t node)
{
    uint32_t a = node->count ? node->in[0]->id : 0, b = node->count > 1 ? node->in[1]->id : 0;
    if (node->type != ADC_INT) return false;
    if (adc_is_const(node)) return take_ends(x, node, &node->value.integer, 1);
    if (node->count < 2 || !x->bounded[a] || !x->bounded[b]) return false;
    int64_t low[] = {x->low[a], x->low[b]}, high[] = {x->high[a], x->high[b]}, corner[4];
    switch (node->op) {
    case ADC_OP_INDEX:
        corner[0] = low[0];
        corner[1] = high[1] - 1;
        return corner[0] <= corner[1] && take_ends(x, node, corner, 2);
    case ADC_OP_IADD:
        corner[0] = low[0] + low[1];
        corner[1] = high[0] + high[1];
        return take_ends(x, node, corner, 2);
    case ADC_OP_ISUB:
        corner[0] = low[0] - high[1];
        corner[1] = high[0] - low[1];
        return take_ends(x, node, corner, 2);
    case ADC_OP_IMUL:
        corner[0] = low[0] * low[1];
        corner[1] = low[0] * high[1];
        corner[2] = high[0] * low[1];
        corner[3] = high[0] * high[1];
        return take_ends(x, node, corner, 4);
    default: return false; /* not followed */
    }
}

static void find_ranges(struct axes *x)
{
    const struct adc_graph *graph = x->from->graph;
    for (size_t id = 0; id < graph->nodes.count; id++) {
        node_t node = graph->nodes.data[id];
        if (x->live[id]) x->bounded[id] = find_ends(x, node);
        if (node->op == ADC_OP_INDEX)
            x->barred[id] = !x->bounded[id] || x->high[id] - x->low[id] >= AXES_LONGEST;
    }
    for (size_t id = 0; id < graph->nodes.count; id++) {
        node_t node = graph->nodes.data[id];
        if (x->live[id] && node->op == ADC_OP_LOOP) x->barred[node->in[0]->id] = 1;
    }
}

/* ---------------------------------------------------------------------------- short sums */

/* A scalar sum over a few components of what lies in parameters: distances of points, products of
 * small matrices. A loop of three passes costs more than what it does. */
static bool is_short(const struct axes *x, node_t index)
{
    enum { LONGEST = 4 };
    return !x->barred[index->id] && axes_length(x, index) <= LONGEST;
}

static bool is_short_sum(const struct axes *x, const struct adc_nest *nest)
{
    enum { MOST_POINTS = 16 };
    unsigned points = 1;
    for (unsigned i = 0; i < nest->index_count; i++)
        if (is_short(x, nest->index[i])) points *= axes_length(x, nest->index[i]);
    return !nest->rank && nest->reduce == ADC_REDUCE_SUM && points <= MOST_POINTS;
}

static void not_summed(struct axes *x, node_t node)
{
    for (uint32_t i = 0; node->free && i < node->free->count; i++)
        x->summed[node->free->index[i]->id] = 0;
}

/* A range that mentions an index has values once that one has. */
static bool has_summed_range(const struct axes *x, node_t index)
{
    bool all = true;
    for (uint32_t i = 0; i < index->free->count; i++)
        all &= x->summed[index->free->index[i]->id];
    return all;
}

/* Not over what lies along a long axis, as windows do: passes that know loops take care of them. */
static void find_summed(struct axes *x)
{
    const struct adc_graph *graph = x->from->graph;
    for (size_t id = 0; id < graph->nodes.count; id++) {
        node_t node = graph->nodes.data[id];
        if (!x->live[id] || node->op != ADC_OP_NEST) continue;
        struct adc_nest nest = adc_nest_parts(node);
        for (unsigned i = 0; is_short_sum(x, &nest) && i < nest.index_count; i++)
            x->summed[nest.index[i]->id] = is_short(x, nest.index[i]);
    }
    for (size_t id = 0; id < graph->nodes.count; id++) {
        node_t node = graph->nodes.data[id];
        if (!x->live[id]) continue;
        if (node->op == ADC_OP_NEST)
            for (unsigned i = 0; i < node->rank; i++) not_summed(x, adc_nest_parts(node).target[i]);
        if (node->op != ADC_OP_READ) continue;
        for (unsigned i = 0; i < node->in[0]->rank; i++)
            if (!adc_is_const(adc_shape(node->in[0], i))) not_summed(x, node->in[1 + i]);
    }
    for (size_t id = 0; id < graph->nodes.count; id++)
        if (x->summed[id]) x->summed[id] = has_summed_range(x, graph->nodes.data[id]);
}

/* ---------------------------------------------------------------------------- objections */

static void find_fixed(struct axes *x)
{
    const struct adc_graph *graph = x->from->graph;
    for (size_t id = 0; id < graph->nodes.count; id++) {
        node_t node = graph->nodes.data[id];
        bool fixed = node->op == ADC_OP_CONST || node->op == ADC_OP_INDEX ||
                     node->op == ADC_OP_IF || node->op >= ADC_OP_FIRST_ELEMENTWISE;
        if (node->op == ADC_OP_INDEX && x->barred[id]) fixed = false;
        for (unsigned i = 0; fixed && i < node->count; i++) fixed = x->fixed[node->in[i]->id];
        x->fixed[id] = fixed;
    }
}

static void keep_axes(struct axes *x, node_t array, unsigned kept)
{
    uint16_t *cut = &x->cut[root_of(x, array)->id];
    if (!(*cut & kept)) return;
    *cut &= (uint16_t)~kept;
    x->changed = true;
}

static void check_elements(struct axes *x, node_t array, const node_t *element)
{
    unsigned cut = axes_cut(x, array), kept = 0;
    for (unsigned axis = 0; axis < array->rank; axis++)
        if (axes_is_cut(cut, axis) && !x->fixed[element[axis]->id]) kept |= 1u << axis;
    if (kept) keep_axes(x, array, kept);
}

static void expand(struct axes *x, node_t node)
{
    for (uint32_t i = 0; node->free && i < node->free->count; i++)
        x->expanded[node->free->index[i]->id] = 1;
}

/* What cut axes and short sums ask for; free sets have the indices that ranges mention. */
static void find_expanded(struct axes *x)
{
    const struct adc_graph *graph = x->from->graph;
    for (size_t id = 0; id < graph->nodes.count; id++)
        x->expanded[id] = x->summed[id] && x->fixed[id];
    for (size_t id = 0; id < graph->nodes.count; id++) {
        node_t node = graph->nodes.data[id];
        bool reads = node->op == ADC_OP_READ;
        if (!x->live[id] || (!reads && node->op != ADC_OP_NEST)) continue;
        node_t array = reads ? node->in[0] : node;
        unsigned cut = axes_cut(x, array);
        const node_t *element = reads ? node->in + 1 : adc_nest_parts(node).target;
        for (unsigned axis = 0; axis < array->rank; axis++)
            if (axes_is_cut(cut, axis)) expand(x, element[axis]);
    }
}

static void bar(struct axes *x, node_t index)
{
    if (!x->expanded[index->id] || x->barred[index->id]) return;
    x->barred[index->id] = 1;
    x->changed = true;
}

static void bar_free(struct axes *x, node_t node)
{
    for (uint32_t i = 0; node->free && i < node->free->count; i++) bar(x, node->free->index[i]);
}

static bool is_expanded(const struct axes *x, node_t node)
{
    for (uint32_t i = 0; node->free && i < node->free->count; i++)
        if (x->expanded[node->free->index[i]->id]) return true;
    return false;
}

/* Of a nest that stays whole along some axis: what it sets there is the value at an index, and its
 * other loops are the same for all values of those that are expanded. */
static void check_whole(struct axes *x, node_t node, const struct adc_nest *nest)
{
    unsigned cut = axes_cut(x, node);
    for (unsigned axis = 0; axis < nest->rank; axis++)
        if (!axes_is_cut(cut, axis) && nest->target[axis]->op != ADC_OP_INDEX)
            bar_free(x, nest->target[axis]);
    if (!nest->rank || cut) return;
    for (unsigned i = 0; i < nest->index_count; i++)
        if (!x->expanded[nest->index[i]->id]) bar_free(x, nest->index[i]);
}

static void check_nest(struct axes *x, node_t node)
{
    struct adc_nest nest = adc_nest_parts(node);
    bool some = false, all = true;
    size_t points = 1;
    for (unsigned i = 0; i < nest.index_count; i++) {
        bool expanded = x->expanded[nest.index[i]->id];
        some |= expanded;
        all &= expanded;
        if (expanded && points <= x->most) points *= axes_length(x, nest.index[i]);
    }
    bool sums = nest.reduce == ADC_REDUCE_SUM || nest.reduce == ADC_REDUCE_PROD;
    bool extreme = nest.reduce == ADC_REDUCE_MAX || nest.reduce == ADC_REDUCE_MIN;
    bool refused = points > x->most || (extreme && !x->options.last) ||
                   (sums && x->options.strict && (nest.rank || !all));
    for (unsigned i = 0; some && refused && i < nest.index_count; i++) bar(x, nest.index[i]);
    check_whole(x, node, &nest);
}

/* A PUT of one element makes it at most once. */
static void check_put(struct axes *x, node_t put)
{
    struct adc_nest nest = adc_nest_parts(put->in[1]);
    unsigned all = (1u << nest.rank) - 1;
    if (axes_cut(x, put) != all) return;
    for (unsigned i = 0; i < nest.index_count; i++)
        if (!x->expanded[nest.index[i]->id]) keep_axes(x, put, all);
}

/* Derivatives carry as much again, of every order. */
static void check_loop(struct axes *x, node_t loop)
{
    unsigned count = 0, carried = adc_loop_parts(loop).count, most = 1;
    node_t largest = NULL;
    bar_free(x, loop);
    for (unsigned i = 0; i < carried; i++) {
        node_t state = adc_loop_carried(loop, i).state;
        unsigned parts = axes_parts(x, state);
        count += parts;
        if (parts > most) largest = state;
        if (parts > most) most = parts;
    }
    if (largest && count > carried + AXES_MOST) keep_axes(x, largest, (1u << largest->rank) - 1);
}

size_t axes_versions(const struct axes *x, node_t node)
{
    size_t count = axes_parts(x, node);
    for (uint32_t i = 0; node->free && i < node->free->count && count <= x->most; i++)
        if (x->expanded[node->free->index[i]->id]) count *= axes_length(x, node->free->index[i]);
    return count;
}

static void check(struct axes *x, node_t node)
{
    if (node->op == ADC_OP_NEST) check_nest(x, node);
    if (node->op == ADC_OP_PUT) check_put(x, node);
    if (node->op == ADC_OP_LOOP) check_loop(x, node);
    if (node->op == ADC_OP_STATE && is_expanded(x, node)) bar_free(x, node);
    if (axes_versions(x, node) <= x->most) return;
    if (is_expanded(x, node)) bar_free(x, node);
    else keep_axes(x, node, (1u << node->rank) - 1);
}

static void settle(struct axes *x)
{
    const struct adc_graph *graph = x->from->graph;
    do {
        x->changed = false;
        find_fixed(x);
        for (size_t id = 0; id < graph->nodes.count; id++) {
            node_t node = graph->nodes.data[id];
            if (!x->live[id]) continue;
            if (node->op == ADC_OP_READ) check_elements(x, node->in[0], node->in + 1);
            if (node->op == ADC_OP_NEST) check_elements(x, node, adc_nest_parts(node).target);
        }
        if (x->changed) continue;
        find_expanded(x);
        for (size_t id = 0; id < graph->nodes.count; id++)
            if (x->live[id]) check(x, graph->nodes.data[id]);
    } while (x->changed);
}

bool axes_find(struct axes *x, const struct adc_function *function)
{
    size_t count = function->graph->nodes.count, made, more;
    x->from = function;
    x->live = ADC_NEW_ARRAY(x->scratch, uint8_t, count);
    x->low = ADC_NEW_ARRAY(x->scratch, int64_t, count);
    x->high = ADC_NEW_ARRAY(x->scratch, int64_t, count);
    x->bounded = ADC_NEW_ARRAY(x->scratch, uint8_t, count);
    x->barred = ADC_NEW_ARRAY(x->scratch, uint8_t, count);
    x->expanded = ADC_NEW_ARRAY(x->scratch, uint8_t, count);
    x->fixed = ADC_NEW_ARRAY(x->scratch, uint8_t, count);
    x->summed = ADC_NEW_ARRAY(x->scratch, uint8_t, count);
    x->root = ADC_NEW_ARRAY(x->scratch, uint32_t, count);
    x->cut = ADC_NEW_ARRAY(x->scratch, uint16_t, count);
    x->result = ADC_NEW_ARRAY(x->scratch, uint8_t, count);
    adc_function_live(function, x->live);
    find_classes(x);
    find_use(x);
    find_ranges(x);
    find_summed(x);
    x->most = AXES_MOST;
    do {
        settle(x);
        made = more = 0;
        for (size_t id = 0; id < count; id++) {
            size_t own = x->live[id] ? axes_versions(x, function->graph->nodes.data[id]) : 0;
            if (own > 1) made += own;
            more += own > 1;
        }
        x->most /= 2;
    } while (made > MOST_NODES);
    return more > 0;
}
