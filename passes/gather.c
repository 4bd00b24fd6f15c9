/* Sums into neighbouring elements become, element by element, the sum of what comes to it.
 *
 *     sum(i in lo..hi -> [i]: a(i)) joined with sum(i in lo..hi -> [i + 1]: b(i)), of [N]
 *         set(j in max(lo, lo + 1)..min(hi, hi + 1) -> [j]: a(j) + b(j - 1))
 *         and the elements before and behind these, where a and b ask whether they have a point
 *
 * so each element is stored once, in any order, from no zeros; nothing waits for the store of a
 * neighbour. Offsets may be symbolic, and may have further indices of the nest in them: of
 * sum(i, k -> [i + k]: w[k]*u(i)) the element j gets sum(k: w[k]*u(j - k)).
 *
 * pieces    one with all conditions, which leave loops later (edges.c), unless values have loops in
 *           them: then along each axis the inside, where every nest has a point for each element,
 *           without conditions, those among them that a program asks about the ends
 *           (gather_split.c); before and behind it, whatever the sizes, all conditions are asked
 * values    at several offsets are computed several times, unless that costs more than an array
 *           (gather_cost.c). Scalars that are reduced over the same points, each with
 *           an element, come along
 * slices    sums into a part of an array at fixed places have an array of that part's own, if that
 *           is gathered (gather_slices.c)
 * order     elements are added to in another order, so `--strict` leaves it out
 * untouched targets that are no index and an offset, each along its own axis; points that many
 *           elements have nothing of; ranges that depend on each other; nests that anything else
 *           asks for
 * cost      linear in the nodes for each piece, offset and array of a function */
#include "passes/gather.h"

#include "passes/affine.h"
#include "passes/hull.h"

#include <string.h>

typedef const struct adc_node *node_t;

node_t gather_copied(struct gather *g, node_t root)
{
    struct node_list stack = {0};
    ADC_PUSH(g->scratch, stack, root);
    while (stack.count) {
        node_t node = stack.data[stack.count - 1], in[ADC_MAX_INPUTS];
        bool waits = false;
        for (unsigned i = 0; !g->map[node->id] && i < node->count; i++) {
            in[i] = g->map[node->in[i]->id];
            if (in[i]) continue;
            ADC_PUSH(g->scratch, stack, node->in[i]);
            waits = true;
        }
        if (waits) continue;
        stack.count--;
        if (!g->map[node->id])
            g->map[node->id] = adc_copy(g->to->graph, g->updates.function->graph, node, in);
    }
    return g->map[root->id];
}

/* ------------------------------------------------------------------------- shifts */

enum { MOST_TERMS = 16 };

/* target = the terms, with signs. */
struct terms {
    node_t node[MOST_TERMS];
    int sign[MOST_TERMS];
    unsigned count;
};

static bool find_terms(node_t target, struct terms *terms)
{
    terms->count = 1;
    terms->node[0] = target;
    terms->sign[0] = 1;
    for (unsigned at = 0; at < terms->count;) {
        node_t node = terms->node[at];
        if (node->op != ADC_OP_IADD && node->op != ADC_OP_ISUB) {
            at++;
            continue;
        }
        if (terms->count == MOST_TERMS) return false;
        terms->node[at] = node->in[0];
        terms->node[terms->count] = node->in[1];
        terms->sign[terms->count++] = node->op == ADC_OP_ISUB ? -terms->sign[at] : terms->sign[at];
    }
    return true;
}

static bool has_any(const struct adc_indices *set, const node_t *index, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        if (adc_indices_has(set, index[i])) return true;
    return false;
}

/* Which of the terms can be the point's own index along an axis: the first one of the nest that
 * stands there once, with a range that a program gives in sizes rather than in numbers. */
static int own_term(const struct terms *terms, const struct adc_nest *nest, const node_t *taken,
                    unsigned taken_count)
{
    for (unsigned constant = 0; constant < 2; constant++)
        for (unsigned i = 0; i < nest->index_count; i++) {
            node_t index = nest->index[i];
            unsigned times = 0;
            int found = -1;
            for (unsigned t = 0; t < terms->count; t++) {
                times += adc_indices_has(terms->node[t]->free, index);
                if (terms->node[t] == index && terms->sign[t] > 0) found = (int)t;
            }
            if (adc_is_const(index->in[0]) && adc_is_const(index->in[1]) && !constant) continue;
            if (found >= 0 && times == 1 && !adc_among(index, taken, taken_count)) return found;
        }
    return -1;
}

static bool find_offset(struct gather *g, struct shift *shift, const struct adc_nest *nest,
                        unsigned axis)
{
    struct adc_graph *graph = g->to->graph;
    struct terms terms;
    if (!find_terms(nest->target[axis], &terms)) return false;
    int own = own_term(&terms, nest, shift->index, axis);
    if (own < 0) return false;
    shift->index[axis] = terms.node[own];
    shift->offset[axis] = adc_int(graph, 0);
    for (unsigned t = 0; t < terms.count; t++) {
        if ((int)t == own) continue;
        node_t term = gather_copied(g, terms.node[t]), *offset = &shift->offset[axis];
        *offset = terms.sign[t] > 0 ? affine_plus(graph, *offset, term)
                                    : affine_minus(graph, *offset, term);
    }
    return true;
}

/* The axis whose offset is a closed int plus or minus the index of the rest; -1: there is none. */
static int axis_of_rest(struct gather *g, const struct shift *shift, node_t rest)
{
    struct adc_graph *graph = g->to->graph;
    node_t copy = g->map[rest->id];
    for (unsigned axis = 0; axis < shift->leaf->rank; axis++) {
        node_t offset = shift->offset[axis];
        if (!adc_indices_has(offset->free, copy)) continue;
        bool single =
            !affine_minus(graph, offset, copy)->free || !affine_plus(graph, offset, copy)->free;
        return single ? (int)axis : -1;
    }
    return -1;
}

/* Whether each index of the rest moves the target along an axis of its own, and all offsets are
 * known by their ends. */
static bool has_ends(struct gather *g, const struct shift *shift)
{
    unsigned moving = 0;
    for (unsigned i = 0; i < shift->rest_count; i++)
        if (shift->rest[i]->free->count > 1 || axis_of_rest(g, shift, shift->rest[i]) < 0)
            return false;
    for (unsigned axis = 0; axis < shift->leaf->rank; axis++) {
        node_t offset = shift->offset[axis];
        moving += offset->free != NULL;
        if (!pass_end_of_ranges(g->to->graph, offset, false) ||
            !pass_end_of_ranges(g->to->graph, offset, true))
            return false;
    }
    return moving == shift->rest_count;
}

/* A sum that only its array asks for, by an index and an offset along each axis. */
static bool is_shift(struct gather *g, node_t leaf, struct shift *shift)
{
    struct adc_nest nest = adc_nest_parts(leaf);
    *shift = (struct shift){.leaf = leaf};
    for (unsigned axis = 0; axis < nest.rank; axis++)
        if (nest.shape[axis]->free || !find_offset(g, shift, &nest, axis)) return false;
    for (unsigned i = 0; i < nest.index_count; i++) {
        node_t index = nest.index[i];
        bool own = adc_among(index, shift->index, nest.rank);
        if (own && (index->in[0]->free || index->in[1]->free)) return false;
        if (own) continue;
        shift->rest[shift->rest_count++] = index;
        if (has_any(index->free, shift->index, nest.rank)) return false;
        gather_copied(g, index);
    }
    return has_ends(g, shift);
}

static bool same_points(const struct shift *a, const struct shift *b, unsigned rank)
{
    return !memcmp(a->index, b->index, rank * sizeof *a->index);
}

static bool same_shift(const struct shift *a, const struct shift *b, unsigned rank)
{
    return same_points(a, b, rank) && !memcmp(a->offset, b->offset, rank * sizeof *a->offset);
}

enum { LEAST_INSIDE = 8 };

/* Whether the points of a shift without a rest have all but a few elements along an axis, so that
 * little is left before and behind; a part of an array, or one of several, is better added to. */
static bool is_nearly_whole(struct gather *g, const struct shift *shift, unsigned axis)
{
    struct adc_graph *graph = g->to->graph;
    node_t index = shift->index[axis], offset = shift->offset[axis];
    node_t length = gather_copied(g, adc_shape(shift->leaf, axis));
    node_t low = affine_plus(graph, gather_copied(g, index->in[0]), offset);
    node_t high = affine_plus(graph, gather_copied(g, index->in[1]), offset);
    int64_t behind, inside;
    if (!adc_is_const(low) || !affine_distance(length, high, &behind)) return false;
    int64_t before = low->value.integer;
    if (before < -GATHER_MOST_REACH || before > GATHER_MOST_REACH) return false;
    if (behind < -GATHER_MOST_REACH || behind > GATHER_MOST_REACH) return false;
    return !affine_distance(high, low, &inside) || inside >= LEAST_INSIDE + before + behind;
}

/* With a rest, elements that few points give to are as many as the rest has. */
static bool reaches_far(struct gather *g, const struct shift *shift)
{
    for (unsigned axis = 0; axis < shift->leaf->rank; axis++)
        if (!shift->offset[axis]->free && !is_nearly_whole(g, shift, axis)) return false;
    return true;
}

/* ------------------------------------------------------------------------- arrays */

bool gather_is_sum(node_t leaf)
{
    return leaf->op == ADC_OP_NEST && leaf->number == ADC_REDUCE_SUM && leaf->rank &&
           adc_type_is_real(leaf->type) && !adc_has_no_points(leaf);
}

/* What an array is the sum of. */
static void add_array(struct gather *g, node_t root)
{
    struct gathered array = {.root = root};
    struct node_list leaves = {0};
    struct shift shifts[GATHER_MOST_SHIFTS];
    if (root->op == ADC_OP_JOIN) updates_leaves(&g->updates, root, &leaves);
    else ADC_PUSH(g->scratch, leaves, root);
    for (size_t i = 0; i < leaves.count; i++) {
        node_t leaf = leaves.data[i];
        bool alone = leaf == root || g->updates.uses[leaf->id] == 1;
        if (leaf->op != ADC_OP_NEST) {
            if (array.base) return;
            array.base = leaf;
        } else if (gather_is_sum(leaf) && alone && array.shift_count < GATHER_MOST_SHIFTS &&
                   is_shift(g, leaf, &shifts[array.shift_count]) &&
                   reaches_far(g, &shifts[array.shift_count])) {
            array.shift_count++;
        } else {
            ADC_PUSH(g->scratch, array.others, leaf);
        }
    }
    if (!array.shift_count) return;
    array.shifts = ADC_NEW_ARRAY(g->scratch, struct shift, array.shift_count);
    memcpy(array.shifts, shifts, array.shift_count * sizeof *shifts);
    for (size_t i = 0; i < array.shift_count; i++) {
        g->leaf_of[shifts[i].leaf->id] = (uint32_t)g->arrays.count + 1;
        if (shifts[i].rest_count) array.has_rest = true;
        for (unsigned axis = 0; axis < root->rank; axis++)
            if (shifts[i].offset[axis] != shifts[0].offset[axis] || shifts[i].offset[axis]->free)
                array.wants = true;
    }
    ADC_PUSH(g->scratch, g->arrays, array);
}

/* By id, the nests that are operands: of a JOIN, or points of a PUT. */
static uint8_t *find_operands(const struct gather *g)
{
    const struct adc_graph *graph = g->updates.function->graph;
    uint8_t *operand = ADC_NEW_ARRAY(g->scratch, uint8_t, graph->nodes.count);
    for (size_t id = 0; id < graph->nodes.count; id++) {
        node_t node = graph->nodes.data[id];
        if (g->updates.live[id] && (node->op == ADC_OP_JOIN || node->op == ADC_OP_PUT))
            for (unsigned i = 0; i < 2; i++) operand[node->in[i]->id] = 1;
    }
    return operand;
}

static void find_arrays(struct gather *g)
{
    const struct adc_graph *graph = g->updates.function->graph;
    const uint8_t *operand = find_operands(g);
    for (size_t id = 0; id < graph->nodes.count; id++) {
        node_t node = graph->nodes.data[id];
        if (!g->updates.live[id]) continue;
        if (node->op == ADC_OP_JOIN ? !updates_is_part(&g->updates, node)
                                    : gather_is_sum(node) && !operand[id])
            add_array(g, node);
    }
}

/* ------------------------------------------------------------------------- groups */

static bool same_shape(const struct gather_group *group, node_t root)
{
    if (group->rank != root->rank) return false;
    for (unsigned axis = 0; axis < group->rank; axis++)
        if (group->shape[axis] != adc_shape(root, axis)) return false;
    return true;
}

/* A shift of the group, a member of which the array is, over the points of `like`. */
static const struct shift *shift_over(const struct gather *g, uint32_t group,
                                      const struct shift *like, unsigned rank)
{
    for (size_t i = 0; i < g->arrays.count; i++) {
        const struct gathered *array = &g->arrays.data[i];
        for (size_t s = 0; array->group == group + 1 && s < array->shift_count; s++)
            if (same_points(&array->shifts[s], like, rank)) return &array->shifts[s];
    }
    return NULL;
}

/* What else is made in the group's loops: arrays of the same shape by points that it has. */
static void find_members(struct gather *g, uint32_t number)
{
    const struct gather_group *group = &g->groups.data[number];
    for (bool more = true; more;) {
        more = false;
        for (size_t i = 0; i < g->arrays.count; i++) {
            struct gathered *array = &g->arrays.data[i];
            if (array->group || array->has_rest || !same_shape(group, array->root)) continue;
            bool all = true;
            for (size_t s = 0; s < array->shift_count; s++)
                all = all && shift_over(g, number, &array->shifts[s], group->rank);
            if (!all) continue;
            array->group = number + 1;
            more = true;
        }
    }
}

/* Whether all points of the shift have an element, also where its nest has a guard: a scalar that
 * is a sum over these points has a guard of its own. */
static bool keeps_inside(struct gather *g, const struct shift *shift, unsigned rank)
{
    struct adc_graph *graph = g->to->graph;
    for (unsigned axis = 0; axis < rank; axis++) {
        node_t index = shift->index[axis], offset = shift->offset[axis];
        node_t length = gather_copied(g, adc_shape(shift->leaf, axis));
        node_t low = affine_plus(graph, gather_copied(g, index->in[0]), offset);
        node_t high = affine_plus(graph, gather_copied(g, index->in[1]), offset);
        if (!adc_is_const(low) || low->value.integer < 0) return false;
        if (affine_least(graph, high, length) != high) return false;
    }
    return true;
}

/* Scalars that are sums over the points of one of the group's shifts. */
static void find_companions(struct gather *g, uint32_t number)
{
    const struct adc_graph *graph = g->updates.function->graph;
    unsigned rank = g->groups.data[number].rank;
    for (size_t id = 0; id < graph->nodes.count; id++) {
        node_t node = graph->nodes.data[id];
        if (!g->updates.live[id] || node->op != ADC_OP_NEST || node->rank || node->free) continue;
        if (node->number != ADC_REDUCE_SUM || !adc_type_is_real(node->type)) continue;
        if (g->companion_of[id]) continue;
        struct adc_nest nest = adc_nest_parts(node);
        if (nest.index_count != rank) continue;
        for (size_t i = 0; i < g->arrays.count && !g->companion_of[id]; i++)
            for (size_t s = 0; s < g->arrays.data[i].shift_count; s++) {
                const struct shift *shift = &g->arrays.data[i].shifts[s];
                bool same = g->arrays.data[i].group == number + 1;
                for (unsigned axis = 0; axis < rank; axis++)
                    same = same && adc_among(nest.index[axis], shift->index, rank);
                if (!same || !keeps_inside(g, shift, rank)) continue;
                ADC_PUSH(g->scratch, g->companions, (struct companion){node, shift, number + 1});
                g->companion_of[id] = (uint32_t)g->companions.count;
                break;
            }
    }
}

/* Shifts that are one have one number. */
static void number_shifts(struct gather *g, uint32_t number)
{
    uint32_t keys = 0;
    for (size_t i = 0; i < g->arrays.count; i++)
        for (size_t s = 0; s < g->arrays.data[i].shift_count; s++) {
            struct shift *shift = &g->arrays.data[i].shifts[s];
            if (g->arrays.data[i].group != number + 1) continue;
            for (size_t j = 0; j <= i && !shift->key; j++)
                for (size_t t = 0; t < (j < i ? g->arrays.data[j].shift_count : s); t++)
                    if (g->arrays.data[j].group == number + 1 &&
                        same_shift(&g->arrays.data[j].shifts[t], shift,
                                   g->groups.data[number].rank))
                        shift->key = g->arrays.data[j].shifts[t].key;
            if (!shift->key) shift->key = ++keys;
        }
}

static void dissolve(struct gather *g, uint32_t number)
{
    for (size_t i = 0; i < g->arrays.count; i++)
        if (g->arrays.data[i].group == number + 1) g->arrays.data[i].group = 0;
}

/* Scalars over points whose values are stored stay in the loops that store these. */
static bool stays(const struct gather *g, const struct companion *companion, unsigned rank)
{
    const struct adc_graph *graph = g->updates.function->graph;
    for (size_t id = 0; id < graph->nodes.count; id++) {
        node_t node = graph->nodes.data[id];
        if (!g->store[id]) continue;
        for (unsigned axis = 0; axis < rank; axis++)
            if (adc_indices_has(node->free, companion->shift->index[axis])) return true;
    }
    return false;
}

static void leave_companions(struct gather *g, uint32_t number, bool all)
{
    for (size_t i = 0; i < g->companions.count; i++) {
        struct companion *companion = &g->companions.data[i];
        if (companion->group != number + 1) continue;
        if (!all && !stays(g, companion, g->groups.data[number].rank)) continue;
        g->companion_of[companion->nest->id] = 0;
        companion->group = 0;
    }
}

static void find_groups(struct gather *g)
{
    for (size_t i = 0; i < g->arrays.count; i++) {
        struct gathered *array = &g->arrays.data[i];
        struct gather_group group = {.first = (uint32_t)i, .rank = array->root->rank};
        uint32_t number = (uint32_t)g->groups.count;
        if (!array->wants || array->group) continue;
        for (unsigned axis = 0; axis < group.rank; axis++)
            group.shape[axis] = adc_shape(array->root, axis);
        group.has_rest = array->has_rest;
        ADC_PUSH(g->scratch, g->groups, group);
        array->group = number + 1;
        if (!group.has_rest) {
            find_members(g, number);
            find_companions(g, number);
        }
        number_shifts(g, number);
        bool pays = gather_pays(g, number);
        if (!pays) dissolve(g, number);
        if (!pays || g->groups.data[number].stored) leave_companions(g, number, !pays);
    }
}

/* ------------------------------------------------------------------------- making */

static bool find_all(struct gather *g)
{
    size_t count = g->updates.function->graph->nodes.count;
    bool any = false;
    g->array_of = ADC_NEW_ARRAY(g->scratch, uint32_t, count);
    g->leaf_of = ADC_NEW_ARRAY(g->scratch, uint32_t, count);
    g->companion_of = ADC_NEW_ARRAY(g->scratch, uint32_t, count);
    g->part = ADC_NEW_ARRAY(g->scratch, uint8_t, count);
    g->store = ADC_NEW_ARRAY(g->scratch, uint8_t, count);
    g->array = ADC_NEW_ARRAY(g->scratch, node_t, count);
    g->passes = ADC_NEW_ARRAY(g->scratch, uint8_t, count);
    for (size_t id = 0; id < count; id++) {
        node_t node = g->updates.function->graph->nodes.data[id];
        if (node->op == ADC_OP_LOOP) g->passes[node->in[0]->id] = 1;
    }
    g->version = ADC_NEW_ARRAY(g->scratch, node_t, count);
    g->stamp = ADC_NEW_ARRAY(g->scratch, uint32_t, count);
    find_arrays(g);
    find_groups(g);
    for (size_t i = 0; i < g->arrays.count; i++) {
        const struct gathered *array = &g->arrays.data[i];
        if (!array->group) continue;
        any = true;
        g->array_of[array->root->id] = (uint32_t)i + 1;
        for (size_t s = 0; s < array->shift_count; s++)
            if (array->shifts[s].leaf != array->root) g->part[array->shifts[s].leaf->id] = 1;
    }
    return any;
}

static node_t made(struct gather *g, node_t node)
{
    node_t in[ADC_MAX_INPUTS];
    if (g->array_of[node->id]) return gather_array(g, &g->arrays.data[g->array_of[node->id] - 1]);
    if (g->companion_of[node->id])
        return gather_scalar(g, &g->companions.data[g->companion_of[node->id] - 1]);
    for (unsigned i = 0; i < node->count; i++) in[i] = g->map[node->in[i]->id];
    return adc_copy(g->to->graph, g->updates.function->graph, node, in);
}

/* By id, the JOINs that gather_array makes again. */
static void mark_joins(struct gather *g)
{
    struct node_list stack = {0};
    for (size_t i = 0; i < g->arrays.count; i++)
        if (g->arrays.data[i].group) ADC_PUSH(g->scratch, stack, g->arrays.data[i].root);
    while (stack.count) {
        node_t node = stack.data[--stack.count];
        for (unsigned i = 0; node->op == ADC_OP_JOIN && i < 2; i++) {
            if (!updates_is_part(&g->updates, node->in[i])) continue;
            g->part[node->in[i]->id] = 1;
            ADC_PUSH(g->scratch, stack, node->in[i]);
        }
    }
}

/* Without what nobody asks for any more. */
static struct adc_function *cleaned(struct adc_arena *arena, struct adc_function *from,
                                    struct adc_arena *scratch)
{
    const struct adc_graph *graph = from->graph;
    struct adc_function *to = pass_new_like(arena, from);
    uint8_t *live = ADC_NEW_ARRAY(scratch, uint8_t, graph->nodes.count);
    node_t *map = ADC_NEW_ARRAY(scratch, node_t, graph->nodes.count);
    adc_function_live(from, live);
    for (size_t id = 0; id < graph->nodes.count; id++) {
        node_t node = graph->nodes.data[id], in[ADC_MAX_INPUTS];
        if (!live[id]) continue;
        for (unsigned i = 0; i < node->count; i++) in[i] = map[node->in[i]->id];
        map[id] = adc_copy(to->graph, graph, node, in);
    }
    pass_map_roots(to, from, map);
    return to;
}

/* Whether the array of a slice is made of nothing but what is gathered. */
static bool is_good_slice(struct gather *g, node_t array)
{
    uint32_t number = g->array_of[array->id];
    if (!number) return false;
    const struct gathered *gathered = &g->arrays.data[number - 1];
    bool good = !gathered->others.count;
    for (size_t i = 0; good && i < gathered->shift_count; i++)
        good = !gather_is_choice(g, gathered->shifts[i].leaf);
    return good;
}

/* Leaves alone the slices that are no good; without `again`, all. Whether there are such. */
static bool leaves_slices(struct gather *g, struct gather_slices *slices, bool again)
{
    bool any = false;
    for (size_t i = 0; i < slices->array.count; i++) {
        bool good = is_good_slice(g, slices->array.data[i]);
        if (!good || !again) slices->left[slices->first.data[i]->id] = 1;
        any |= !good;
    }
    return any;
}

static void find_in(struct gather *g, struct adc_function *function)
{
    struct adc_arena *scratch = g->scratch;
    *g = (struct gather){.scratch = scratch};
    updates_find(&g->updates, function, scratch);
    g->map = ADC_NEW_ARRAY(scratch, node_t, function->graph->nodes.count);
    g->to = pass_new_like(scratch, function);
    g->any = find_all(g);
}

/* Returns the function, with arrays for those slices that then are gathered. */
static struct adc_function *find_with_slices(struct gather *g, struct adc_function *function)
{
    struct gather_slices slices = {0};
    struct adc_function *sliced = NULL;
    slices.left = ADC_NEW_ARRAY(g->scratch, uint8_t, function->graph->nodes.count);
    for (unsigned round = 0; round < 3; round++) {
        sliced = gather_sliced(function, &slices, g->scratch);
        find_in(g, sliced);
        if (!leaves_slices(g, &slices, round == 0)) break;
    }
    return sliced;
}

struct adc_function *pass_gather(struct adc_arena *arena, struct adc_function *function,
                                 struct adc_arena *scratch)
{
    struct gather g = {.scratch = scratch};
    const struct adc_function *sliced = find_with_slices(&g, function);
    const struct adc_graph *from = sliced->graph;
    if (!g.any) return function;
    mark_joins(&g);
    for (size_t id = 0; id < from->nodes.count; id++) {
        node_t node = from->nodes.data[id];
        if (!g.updates.live[id] || g.map[id] || g.part[id]) continue;
        g.to->graph->span = from->spans.data[id];
        g.map[id] = made(&g, node);
        if (from->names.data[id] && node->op != ADC_OP_PARAM)
            adc_graph_set_name(g.to->graph, g.map[id], from->names.data[id]);
    }
    pass_map_roots(g.to, sliced, g.map);
    return cleaned(arena, g.to, scratch);
}
