/* Sums into neighbours inside of a slice of an array, as a step of a recurrence has them, whose
 * derivative adds to the step before, have an array of their own, whose sums can be gathered.
 *
 *     join(x, sum(i -> [t - 1, i]: a(i)), sum(i -> [t - 1, i + 1]: b(i)))
 *         join(x, sum(j in 0..N -> [t - 1, j]: s[j]))
 *         with s = join(sum(i -> [i]: a(i)), sum(i -> [i + 1]: b(i))), of [N]
 *
 * The places that no index of the sums changes stand in front. A slice that lies outside of the
 * array gets nothing, as before.
 *
 * untouched slices to which all sums add at one place; nests that anything else asks for */
#include "passes/gather.h"

typedef const struct adc_node *node_t;

struct slicing {
    struct updates updates;
    struct adc_function *to;
    node_t *map; /* by old id */
    struct gather_slices *slices;
    struct adc_arena *scratch;
};

static bool is_changed(node_t place, const struct adc_nest *nest)
{
    for (unsigned i = 0; i < nest->index_count; i++)
        if (adc_indices_has(place->free, nest->index[i])) return true;
    return false;
}

/* How many places in front no index of the sum changes, while one changes each behind; 0: it can
 * have no slice. */
static unsigned fixed_places(node_t leaf)
{
    struct adc_nest nest = adc_nest_parts(leaf);
    unsigned fixed = 0;
    while (fixed < nest.rank && !is_changed(nest.target[fixed], &nest)) fixed++;
    for (unsigned axis = 0; axis < nest.rank; axis++)
        if (nest.shape[axis]->free || (axis >= fixed && !is_changed(nest.target[axis], &nest)))
            return 0;
    return fixed < nest.rank ? fixed : 0;
}

static bool same_places(node_t a, node_t b, unsigned from, unsigned to)
{
    struct adc_nest nest = adc_nest_parts(a), other = adc_nest_parts(b);
    for (unsigned axis = from; axis < to; axis++)
        if (nest.target[axis] != other.target[axis]) return false;
    return true;
}

/* The leaves of a JOIN, those of one slice one behind the other in `next`. */
struct sums {
    struct node_list leaves;
    unsigned *fixed; /* by number; 0: it stays as it is */
    size_t *next;    /* by number of one: that of the next of its slice, or `count` */
    uint8_t *behind; /* by number: it is not the first of its slice */
};

/* Finds the rest of the slice of a sum. Whether they add at several places. */
static bool find_slice(struct sums *sums, size_t first)
{
    size_t count = sums->leaves.count, last = first;
    node_t leaf = sums->leaves.data[first];
    unsigned fixed = sums->fixed[first], rank = leaf->rank;
    bool several = false;
    for (size_t i = first + 1; i < count; i++) {
        node_t other = sums->leaves.data[i];
        if (sums->fixed[i] != fixed || !same_places(leaf, other, 0, fixed)) continue;
        several = several || !same_places(leaf, other, fixed, rank);
        sums->behind[i] = 1;
        sums->next[last] = i;
        last = i;
    }
    sums->next[last] = count;
    return several;
}

static void forget(struct sums *sums, size_t first)
{
    for (size_t i = first, next; i < sums->leaves.count; i = next) {
        next = sums->next[i];
        sums->behind[i] = 0;
        sums->fixed[i] = 0;
    }
}

/* Returns whether there are slices. */
static bool find_slices(struct slicing *s, node_t join, struct sums *sums)
{
    bool any = false;
    updates_leaves(&s->updates, join, &sums->leaves);
    size_t count = sums->leaves.count;
    sums->fixed = ADC_NEW_ARRAY(s->scratch, unsigned, count);
    sums->next = ADC_NEW_ARRAY(s->scratch, size_t, count);
    sums->behind = ADC_NEW_ARRAY(s->scratch, uint8_t, count);
    for (size_t i = 0; i < count; i++) {
        node_t leaf = sums->leaves.data[i];
        if (gather_is_sum(leaf) && s->updates.uses[leaf->id] == 1)
            sums->fixed[i] = fixed_places(leaf);
    }
    for (size_t i = 0; i < count; i++) {
        if (!sums->fixed[i] || sums->behind[i]) continue;
        bool several = find_slice(sums, i);
        if (several && !s->slices->left[sums->leaves.data[i]->id]) any = true;
        else forget(sums, i);
    }
    return any;
}

/* The sum into the slice alone. */
static node_t inner_sum(struct slicing *s, node_t leaf, unsigned fixed)
{
    struct adc_nest nest = adc_nest_parts(leaf);
    node_t target[ADC_MAX_RANK], shape[ADC_MAX_RANK], index[ADC_MAX_INPUTS];
    nest.rank -= fixed;
    for (unsigned axis = 0; axis < nest.rank; axis++) {
        target[axis] = s->map[nest.target[fixed + axis]->id];
        shape[axis] = s->map[nest.shape[fixed + axis]->id];
    }
    for (unsigned i = 0; i < nest.index_count; i++) index[i] = s->map[nest.index[i]->id];
    nest.value = s->map[nest.value->id];
    nest.guard = s->map[nest.guard->id];
    nest.target = target;
    nest.shape = shape;
    nest.index = index;
    return adc_nest(s->to->graph, &nest);
}

/* What adds the slice's array to the slice. */
static node_t made_slice(struct slicing *s, const struct sums *sums, size_t first)
{
    struct adc_graph *graph = s->to->graph;
    node_t target[ADC_MAX_RANK], shape[ADC_MAX_RANK], array = NULL;
    node_t leaf = sums->leaves.data[first];
    struct adc_nest nest = adc_nest_parts(leaf);
    unsigned fixed = sums->fixed[first];
    for (size_t i = first; i < sums->leaves.count; i = sums->next[i]) {
        node_t sum = inner_sum(s, sums->leaves.data[i], fixed);
        array = array ? adc_join(graph, array, sum) : sum;
    }
    for (unsigned axis = 0; axis < nest.rank; axis++) {
        shape[axis] = s->map[nest.shape[axis]->id];
        if (axis < fixed) target[axis] = s->map[nest.target[axis]->id];
    }
    adc_fresh_indices(graph, array, target + fixed);
    ADC_PUSH(s->scratch, s->slices->first, leaf);
    ADC_PUSH(s->scratch, s->slices->array, array);
    nest.value = adc_read(graph, array, target + fixed);
    nest.guard = NULL;
    nest.target = target;
    nest.shape = shape;
    nest.index = target + fixed;
    nest.index_count = nest.rank - fixed;
    return adc_nest(graph, &nest);
}

static node_t made_join(struct slicing *s, node_t join)
{
    struct sums sums = {0};
    node_t made = NULL;
    if (!find_slices(s, join, &sums)) return NULL;
    for (size_t i = 0; i < sums.leaves.count; i++) {
        node_t leaf = sums.leaves.data[i];
        if (sums.behind[i]) continue;
        node_t next = sums.fixed[i] ? made_slice(s, &sums, i) : s->map[leaf->id];
        made = made ? adc_join(s->to->graph, made, next) : next;
    }
    return made;
}

struct adc_function *gather_sliced(struct adc_function *function, struct gather_slices *slices,
                                   struct adc_arena *scratch)
{
    const struct adc_graph *from = function->graph;
    struct slicing s = {.slices = slices, .scratch = scratch};
    slices->first.count = slices->array.count = 0;
    updates_find(&s.updates, function, scratch);
    s.to = pass_new_like(scratch, function);
    s.map = ADC_NEW_ARRAY(scratch, node_t, from->nodes.count);
    for (size_t id = 0; id < from->nodes.count; id++) {
        node_t node = from->nodes.data[id], in[ADC_MAX_INPUTS];
        bool whole = node->op == ADC_OP_JOIN && !updates_is_part(&s.updates, node);
        if (!s.updates.live[id]) continue;
        s.to->graph->span = from->spans.data[id];
        if (whole) s.map[id] = made_join(&s, node);
        for (unsigned i = 0; i < node->count; i++) in[i] = s.map[node->in[i]->id];
        if (!s.map[id]) s.map[id] = adc_copy(s.to->graph, from, node, in);
        if (from->names.data[id] && node->op != ADC_OP_PARAM)
            adc_graph_set_name(s.to->graph, s.map[id], from->names.data[id]);
    }
    if (!slices->first.count) return function;
    pass_map_roots(s.to, function, s.map);
    return s.to;
}
