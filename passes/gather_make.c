/* Making what is gathered: pieces of the array, and values at other points. */
#include "passes/affine.h"
#include "passes/gather.h"
#include "passes/hull.h"
#include "passes/point.h"

typedef const struct adc_node *node_t;

/* ------------------------------------------------------------------------- values */

/* The old indices that something else stands for in the version at hand, and where that is. */
struct replaced {
    node_t index[ADC_MAX_NEST];
    unsigned count;
    const struct gather_group *group;
    const struct shift *shift;
    const bool *inside; /* by axis */
};

static void replace(struct gather *g, struct replaced *replaced, node_t index, node_t by)
{
    replaced->index[replaced->count++] = index;
    g->version[index->id] = by;
    g->stamp[index->id] = g->stamps;
}

static bool depends(const struct replaced *replaced, node_t node)
{
    for (unsigned i = 0; node->free && i < replaced->count; i++)
        if (adc_indices_has(node->free, replaced->index[i])) return true;
    return false;
}

/* The old indices that it depends on, but those of loops with state around. Returns how many. */
static unsigned points_of(const struct gather *g, node_t value, node_t *index)
{
    unsigned count = 0;
    for (uint32_t i = 0; i < value->free->count; i++)
        if (!g->passes[value->free->index[i]->id]) index[count++] = value->free->index[i];
    return count;
}

/* The array of a value, over the points that it depends on. */
static node_t array_of(struct gather *g, node_t value)
{
    struct adc_graph *graph = g->to->graph;
    node_t target[ADC_MAX_RANK], shape[ADC_MAX_RANK], index[ADC_MAX_RANK];
    struct adc_nest nest = {.reduce = ADC_REDUCE_SET, .value = g->map[value->id]};
    if (g->array[value->id]) return g->array[value->id];
    nest.rank = nest.index_count = points_of(g, value, index);
    for (unsigned i = 0; i < nest.rank; i++) {
        index[i] = gather_copied(g, index[i]);
        target[i] = affine_minus(graph, index[i], index[i]->in[0]);
        shape[i] = affine_minus(graph, index[i]->in[1], index[i]->in[0]);
    }
    nest.target = target;
    nest.shape = shape;
    nest.index = index;
    return g->array[value->id] = adc_nest(graph, &nest);
}

static node_t element_of(struct gather *g, node_t value)
{
    struct adc_graph *graph = g->to->graph;
    node_t at[ADC_MAX_RANK], index[ADC_MAX_RANK];
    unsigned count = points_of(g, value, index);
    for (unsigned i = 0; i < count; i++)
        at[i] = affine_minus(graph, g->version[index[i]->id], gather_copied(g, index[i]->in[0]));
    return adc_read(graph, array_of(g, value), at);
}

static node_t rebuilt(struct gather *g, const struct replaced *replaced, node_t node,
                      const node_t *in)
{
    if (g->store[node->id]) return element_of(g, node);
    node_t truth = gather_truth(g, replaced->group, replaced->shift, replaced->inside, node);
    if (!truth) truth = gather_folded(node, in, g->to->graph);
    if (truth) return truth;
    if (node->op == ADC_OP_IADD) return affine_plus(g->to->graph, in[0], in[1]);
    if (node->op == ADC_OP_ISUB) return affine_minus(g->to->graph, in[0], in[1]);
    return adc_copy(g->to->graph, g->updates.function->graph, node, in);
}

/* The node, new, where the replaced indices are what stands for them. */
static node_t moved(struct gather *g, const struct replaced *replaced, node_t root)
{
    struct node_list stack = {0};
    if (!depends(replaced, root)) return gather_copied(g, root);
    ADC_PUSH(g->scratch, stack, root);
    while (stack.count) {
        node_t node = stack.data[stack.count - 1], in[ADC_MAX_INPUTS];
        bool waits = false, known = g->stamp[node->id] == g->stamps;
        for (unsigned i = 0; !known && !g->store[node->id] && i < node->count; i++) {
            bool own = depends(replaced, node->in[i]);
            in[i] = own ? g->version[node->in[i]->id] : gather_copied(g, node->in[i]);
            if (!own || g->stamp[node->in[i]->id] == g->stamps) continue;
            ADC_PUSH(g->scratch, stack, node->in[i]);
            waits = true;
        }
        if (waits) continue;
        stack.count--;
        if (known) continue;
        g->version[node->id] = rebuilt(g, replaced, node, in);
        g->stamp[node->id] = g->stamps;
    }
    return g->version[root->id];
}

/* ------------------------------------------------------------------------- pieces */

/* A box of elements: `at` are its indices, `inside` says for which axes every shift has points. */
struct piece {
    node_t at[ADC_MAX_RANK];
    bool inside[ADC_MAX_RANK];
};

struct pieces {
    struct piece piece[2 * ADC_MAX_RANK + 1];
    unsigned count;
};

static node_t fresh_index(struct gather *g, node_t low, node_t high, node_t like)
{
    struct adc_graph *graph = g->to->graph;
    struct adc_node fresh = {.op = ADC_OP_INDEX, .type = ADC_INT, .count = 2};
    fresh.number = ADC_FRESH_NAMES | graph->fresh_count;
    node_t in[] = {low, high}, index = adc_structural(graph, &fresh, in);
    const struct adc_name *name = g->updates.function->graph->names.data[like->id];
    if (name) adc_graph_set_name(graph, index, name);
    return index;
}

/* Ends of which the largest, or smallest, is asked for; comparable ones are one. */
struct ends {
    node_t end[GATHER_MOST_BOUNDS];
    unsigned count;
    bool most;
};

static void add_end(struct adc_graph *graph, struct ends *ends, node_t end)
{
    for (unsigned i = 0; i < ends->count; i++) {
        node_t *old = &ends->end[i];
        node_t both = ends->most ? affine_most(graph, *old, end) : affine_least(graph, *old, end);
        if (both != *old && both != end && ends->count < GATHER_MOST_BOUNDS) continue;
        *old = both;
        return;
    }
    ends->end[ends->count++] = end;
}

static node_t end_of(struct adc_graph *graph, const struct ends *ends)
{
    node_t end = ends->end[0];
    for (unsigned i = 1; i < ends->count; i++)
        end = adc_apply2(graph, ends->most ? ADC_OP_IMAX : ADC_OP_IMIN, end, ends->end[i]);
    return end;
}

static bool is_false(node_t condition)
{
    return condition && adc_is_const(condition) && !adc_is_true(condition);
}

/* Where the inside of an axis begins and ends, for all shifts of the group. */
static void find_inside(struct gather *g, uint32_t number, unsigned a)
{
    struct adc_graph *graph = g->to->graph;
    struct gather_axis *axis = &g->groups.data[number].axis[a];
    axis->length = gather_copied(g, g->groups.data[number].shape[a]);
    struct ends lows = {{adc_int(graph, 0)}, 1, true}, highs = {{axis->length}, 1, false};
    for (size_t i = 0; i < g->arrays.count; i++)
        for (size_t s = 0; s < g->arrays.data[i].shift_count; s++) {
            const struct shift *shift = &g->arrays.data[i].shifts[s];
            node_t index = shift->index[a], offset = shift->offset[a];
            if (g->arrays.data[i].group != number + 1) continue;
            if (!axis->like) axis->like = index;
            add_end(graph, &lows,
                    affine_plus(graph, gather_copied(g, index->in[0]),
                                pass_end_of_ranges(graph, offset, true)));
            add_end(graph, &highs,
                    affine_plus(graph, gather_copied(g, index->in[1]),
                                pass_end_of_ranges(graph, offset, false)));
            for (unsigned c = 0; c < g->groups.data[number].condition_count; c++) {
                const struct gather_condition *one = &g->groups.data[number].condition[c];
                if (one->index != index) continue;
                node_t end = pass_end_of_ranges(graph, offset, !one->high);
                add_end(graph, one->high ? &highs : &lows, affine_plus(graph, one->bound, end));
            }
        }
    axis->low = end_of(graph, &lows);
    axis->high = end_of(graph, &highs);
}

static void make_edges(struct gather *g, struct gather_axis *axis)
{
    struct adc_graph *graph = g->to->graph;
    node_t zero = adc_int(graph, 0);
    node_t left =
        adc_is_int_value(axis->low, 0) ? zero : affine_least(graph, axis->low, axis->length);
    bool natural = adc_is_const(left) || axis->length->op == ADC_OP_PARAM;
    node_t right = natural ? left : affine_most(graph, zero, left);
    if (!adc_is_int_value(left, 0)) axis->before = fresh_index(g, zero, left, axis->like);
    if (axis->high == axis->length) return;
    right = affine_most(graph, axis->high, right);
    axis->behind = fresh_index(g, right, axis->length, axis->like);
}

static void make_inside(struct gather *g, struct gather_axis *axis)
{
    node_t zero = adc_int(g->to->graph, 0);
    bool whole = !axis->before && !axis->behind;
    axis->inside = fresh_index(g, axis->low, axis->high, axis->like);
    axis->beside = fresh_index(g, axis->low, axis->high, axis->like);
    axis->all = whole ? axis->inside : fresh_index(g, zero, axis->length, axis->like);
}

/* Loops are in the order in which their indices are made: those over the few elements of an edge
 * are outside of those along it. */
static const struct gather_group *made_group(struct gather *g, uint32_t number)
{
    struct gather_group *group = &g->groups.data[number];
    if (group->made) return group;
    gather_find_conditions(g, number);
    for (unsigned a = 0; a < group->rank; a++) find_inside(g, number, a);
    for (unsigned a = 0; a < group->rank; a++) make_edges(g, &group->axis[a]);
    for (unsigned a = 0; a < group->rank; a++) make_inside(g, &group->axis[a]);
    group->made = true;
    return group;
}

/* All elements, where nothing but conditions changes at the ends. Else what is inside along all
 * axes, first so that what shares its loops can; then slabs before and behind, one axis after the
 * other. */
static void find_pieces(const struct gather_group *group, struct pieces *pieces)
{
    struct piece inside = {{NULL}, {false}};
    bool one = !group->has_rest && !group->has_loops;
    for (unsigned a = 0; a < group->rank; a++) {
        const struct gather_axis *axis = &group->axis[a];
        inside.at[a] = one ? axis->all : axis->inside;
        inside.inside[a] = !one || axis->all == axis->inside;
    }
    pieces->count = 1;
    pieces->piece[0] = inside;
    if (one) return;
    for (unsigned a = 0; a < group->rank; a++) {
        struct piece edge = inside;
        edge.inside[a] = false;
        for (unsigned b = 0; b < a; b++) edge.at[b] = group->axis[b].beside;
        for (unsigned b = a + 1; b < group->rank; b++) {
            edge.at[b] = group->axis[b].all;
            edge.inside[b] = group->axis[b].all == group->axis[b].inside;
        }
        edge.at[a] = group->axis[a].before;
        if (edge.at[a]) pieces->piece[pieces->count++] = edge;
        edge.at[a] = group->axis[a].behind;
        if (edge.at[a]) pieces->piece[pieces->count++] = edge;
    }
}

/* ------------------------------------------------------------------- shifts in pieces */

/* What a shift gives to the elements of a piece. */
struct giving {
    struct gather *g;
    const struct shift *shift;
    const struct piece *piece;
    const struct gather_group *group;
    struct replaced replaced;
    node_t rest[ADC_MAX_NEST];   /* new */
    node_t offset[ADC_MAX_RANK]; /* in terms of these */
    bool bounded[ADC_MAX_RANK];  /* by the ranges of the rest */
    node_t outer, inner;         /* conditions, without and with the rest in them */
};

static void ask(struct giving *v, node_t condition)
{
    node_t *to = &v->outer;
    if (adc_is_true(condition)) return;
    for (unsigned i = 0; i < v->shift->rest_count; i++)
        if (adc_indices_has(condition->free, v->rest[i])) to = &v->inner;
    *to = point_both(v->g->to->graph, *to, condition);
}

/* low + offset <= at < high + offset, as far as that is not seen at a glance. */
static void ask_for_point(struct giving *v, unsigned axis)
{
    struct adc_graph *graph = v->g->to->graph;
    node_t index = v->shift->index[axis], at = v->piece->at[axis], offset = v->offset[axis];
    node_t low = affine_plus(graph, gather_copied(v->g, index->in[0]), offset);
    node_t high = affine_plus(graph, gather_copied(v->g, index->in[1]), offset);
    bool all_low = adc_is_const(low) && low->value.integer <= 0;
    if (!all_low) ask(v, adc_apply2(graph, ADC_OP_ILE, low, at));
    if (affine_least(graph, high, v->group->axis[axis].length) != v->group->axis[axis].length)
        ask(v, adc_apply2(graph, ADC_OP_ILT, at, high));
}

/* `offset` = what is closed + or - the index `rest`: 1, -1; else 0. */
static int sign_of(struct adc_graph *graph, node_t offset, node_t rest, node_t *closed)
{
    *closed = affine_minus(graph, offset, rest);
    if (!(*closed)->free) return 1;
    *closed = affine_plus(graph, offset, rest);
    return (*closed)->free ? 0 : -1;
}

/* The range of an index of the rest, narrowed by the axes whose offset is made of it alone. */
static void narrow(struct giving *v, node_t rest, node_t *low, node_t *high)
{
    struct adc_graph *graph = v->g->to->graph;
    node_t copy = v->g->map[rest->id], closed, one = adc_int(graph, 1);
    for (unsigned axis = 0; axis < v->group->rank; axis++) {
        node_t index = v->shift->index[axis];
        if (v->piece->inside[axis] || !adc_indices_has(v->shift->offset[axis]->free, copy))
            continue;
        int sign = sign_of(graph, v->shift->offset[axis], copy, &closed);
        ADC_INVARIANT(sign, graph); /* gather.c has seen to that */
        /* first <= at - closed - sign*rest <= last */
        node_t at = affine_minus(graph, v->piece->at[axis], closed);
        node_t to_first = affine_minus(graph, at, gather_copied(v->g, index->in[0]));
        node_t to_last =
            affine_plus(graph, affine_minus(graph, at, gather_copied(v->g, index->in[1])), one);
        if (sign > 0) {
            *low = affine_most(graph, *low, to_last);
            *high = affine_least(graph, *high, affine_plus(graph, to_first, one));
        } else {
            node_t zero = adc_int(graph, 0);
            *low = affine_most(graph, *low, affine_minus(graph, zero, to_first));
            *high = affine_least(graph, *high,
                                 affine_plus(graph, affine_minus(graph, zero, to_last), one));
        }
        v->bounded[axis] = true;
    }
}

/* Indices of the rest under names of their own, so that nothing inside captures them. */
static void rename_rest(struct giving *v)
{
    struct gather *g = v->g;
    struct adc_graph *graph = g->to->graph;
    for (unsigned i = 0; i < v->shift->rest_count; i++) {
        node_t rest = v->shift->rest[i];
        node_t low = moved(g, &v->replaced, rest->in[0]),
               high = moved(g, &v->replaced, rest->in[1]);
        narrow(v, rest, &low, &high);
        v->rest[i] = fresh_index(g, low, high, rest);
        replace(g, &v->replaced, rest, v->rest[i]);
        for (unsigned axis = 0; axis < v->group->rank; axis++)
            v->offset[axis] =
                adc_rename(graph, v->offset[axis], g->map[rest->id], v->rest[i], g->scratch);
    }
}

/* The value of a nest over the shift's points at the elements of the piece; the conditions are in
 * *condition. */
static node_t given(struct giving *v, node_t nest, node_t *condition)
{
    struct gather *g = v->g;
    struct adc_graph *graph = g->to->graph;
    struct adc_nest parts = adc_nest_parts(nest);
    g->stamps++;
    v->replaced.group = v->group;
    v->replaced.shift = v->shift;
    v->replaced.inside = v->piece->inside;
    for (unsigned axis = 0; axis < v->group->rank; axis++) v->offset[axis] = v->shift->offset[axis];
    rename_rest(v);
    for (unsigned axis = 0; axis < v->group->rank; axis++) {
        if (!v->piece->inside[axis] && !v->bounded[axis]) ask_for_point(v, axis);
        replace(g, &v->replaced, v->shift->index[axis],
                affine_minus(graph, v->piece->at[axis], v->offset[axis]));
    }
    node_t value = moved(g, &v->replaced, parts.value);
    if (!adc_is_true(parts.guard)) ask(v, moved(g, &v->replaced, parts.guard));
    *condition = v->outer;
    if (!v->shift->rest_count) return value;
    struct adc_nest sum = {.reduce = ADC_REDUCE_SUM, .value = value, .guard = v->inner};
    sum.index = v->rest;
    sum.index_count = v->shift->rest_count;
    return adc_nest(graph, &sum);
}

/* What all shifts give to an element of the piece. */
static node_t sum_of_shifts(struct gather *g, const struct gathered *array,
                            const struct gather_group *group, const struct piece *piece)
{
    struct adc_graph *graph = g->to->graph;
    node_t sum = NULL;
    for (size_t s = 0; s < array->shift_count; s++) {
        struct giving v = {.g = g, .shift = &array->shifts[s], .piece = piece, .group = group};
        struct point point;
        point.value = given(&v, array->shifts[s].leaf, &point.condition);
        if (is_false(point.condition)) continue;
        node_t value = point.condition ? point_join(graph, point) : point.value;
        sum = sum ? pass_sum(graph, sum, value) : value;
    }
    return sum ? sum : adc_real(graph, (enum adc_type)array->root->type, 0.0);
}

static node_t piece_of(struct gather *g, const struct gathered *array,
                       const struct gather_group *group, const struct piece *piece)
{
    node_t shape[ADC_MAX_RANK];
    struct adc_nest nest = {.rank = group->rank, .target = piece->at, .shape = shape};
    nest.value = sum_of_shifts(g, array, group, piece);
    nest.reduce = array->base ? ADC_REDUCE_SUM : ADC_REDUCE_SET;
    for (unsigned a = 0; a < group->rank; a++) shape[a] = group->axis[a].length;
    nest.index = piece->at;
    nest.index_count = group->rank;
    return adc_nest(g->to->graph, &nest);
}

node_t gather_array(struct gather *g, const struct gathered *array)
{
    struct adc_graph *graph = g->to->graph;
    const struct gather_group *group = made_group(g, array->group - 1);
    struct pieces pieces;
    node_t made = array->base ? g->map[array->base->id] : NULL;
    find_pieces(group, &pieces);
    for (unsigned i = 0; i < pieces.count; i++) {
        node_t piece = piece_of(g, array, group, &pieces.piece[i]);
        if (array->base) made = adc_join(graph, made, piece);
        else if (pieces.count == 1) made = piece;
        else made = adc_put(graph, made ? made : adc_zero_like(graph, piece), piece);
    }
    for (size_t i = 0; i < array->others.count; i++)
        made = adc_join(graph, made, g->map[array->others.data[i]->id]);
    return made;
}

node_t gather_scalar(struct gather *g, const struct companion *companion)
{
    struct adc_graph *graph = g->to->graph;
    const struct gather_group *group = made_group(g, companion->group - 1);
    struct pieces pieces;
    node_t sum = NULL;
    find_pieces(group, &pieces);
    for (unsigned i = 0; i < pieces.count; i++) {
        struct giving v = {.g = g, .shift = companion->shift, .group = group};
        struct adc_nest nest = {.reduce = ADC_REDUCE_SUM};
        v.piece = &pieces.piece[i];
        nest.value = given(&v, companion->nest, &nest.guard);
        if (is_false(nest.guard) && sum) continue;
        nest.index = v.piece->at;
        nest.index_count = group->rank;
        node_t piece = adc_nest(graph, &nest);
        sum = sum ? adc_apply2(graph, ADC_OP_ADD, sum, piece) : piece;
    }
    return sum;
}
