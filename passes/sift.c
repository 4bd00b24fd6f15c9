/* Sums that a filter of data picks the terms of are made element by element.
 *
 *     for v: ... sum(b if w[b, v] != 0: ...)           for v: ..., g__[v] = g(v)
 *     for v: for b if w[b, v] != 0:                    for b: for v' if w[b, v'] != 0:
 *         s[b] += w[b, v]*g(v)                             s[b] += w[b, v']*g__[v']
 *
 * A sum over an index in whose loop the program asks for all elements would be made there, where
 * each term adds to memory, in lanes to a vector of it. It gets an index of its own, inside of the
 * loop over the elements: a variable sums up. What changes with that index alone has an array, so
 * that terms find it side by side.
 *
 * in       a function with its derivatives, whose sums have found their places (merge.c, maps.c)
 * where    elements have one index, in no other loop; the filter reads a row of an array along the
 *          index of the sum; and something that is read there is complete behind a loop alone: the
 *          sums then share no loop with what made it
 * law      the same terms; another order of sums: `--strict` leaves it out
 * cost     linear, but for the terms of these sums */
#include "passes/passes.h"
#include "passes/point.h"
#include "passes/updates.h"

#include "ir/nest.h"

typedef const struct adc_node *node_t;

enum { MOST_NODES = 64 }; /* of a term */

struct sift {
    const struct adc_function *function;
    struct updates updates;
    const struct adc_indices **around; /* by id of an index: those in whose loops nests bind it */
    uint8_t *chosen;                   /* by id of a nest */
    struct share *share;               /* by id of a filter */
    node_t *index;                     /* by id of an index: the one for these sums */
    node_t *array;                     /* by id of what changes with an index alone */
    node_t *map;                       /* by id: nodes of the new graph */
    struct adc_graph *to;
    struct adc_arena *scratch;
};

/* The sums that one filter picks terms for, and what these read of the summed index alone. */
struct share {
    uint32_t sums, rows;
    node_t element, summed; /* of the first one */
};

/* The nodes that a term is made of and that change with an index of the sum, down to reads. */
struct term {
    node_t summed, element;
    node_t node[MOST_NODES], made[MOST_NODES]; /* of the graph that comes in, of the new one */
    bool whole[MOST_NODES]; /* changes with the summed index alone, what asks for it does not */
    unsigned count;
    bool late; /* something is read that is complete behind a loop */
};

static bool has(node_t node, node_t index)
{
    return adc_indices_has(node->free, index);
}

static bool is_alone(node_t node, node_t index)
{
    return node->free && node->free->count == 1 && node->free->index[0] == index;
}

/* Elements side by side as the index goes on. */
static bool is_along(node_t read, node_t index)
{
    for (unsigned i = 0; i + 1 < read->count; i++)
        if (has(read->in[i], index)) return false;
    return read->in[read->count - 1] == index;
}

static bool is_inside(node_t read)
{
    for (unsigned i = 1; i < read->count; i++)
        if (!point_is_inside(read->in[i], adc_shape(read->in[0], i - 1))) return false;
    return true;
}

/* Sums into elements that are no point's own: the loops that make them end before. */
static bool is_late(node_t array)
{
    while (array->op == ADC_OP_JOIN) array = array->in[1];
    if (array->op != ADC_OP_NEST) return false;
    struct adc_nest nest = adc_nest_parts(array);
    for (unsigned i = 0; i < nest.rank; i++)
        if (nest.target[i]->op != ADC_OP_INDEX) return nest.reduce == ADC_REDUCE_SUM;
    return false;
}

/* Whether the element is there at all points, and lanes over the sum find it side by side. */
static bool may_read(struct term *t, node_t read)
{
    bool both = has(read, t->summed) && has(read, t->element);
    if (read->in[0]->free || !is_inside(read)) return false;
    t->late |= is_alone(read, t->summed) && is_late(read->in[0]);
    return !both || is_along(read, t->summed);
}

static bool take(struct term *t, node_t node, bool whole)
{
    for (unsigned i = 0; i < t->count; i++)
        if (t->node[i] == node) return t->whole[i] |= whole, true;
    if (t->count == MOST_NODES) return false;
    t->whole[t->count] = whole;
    t->node[t->count++] = node;
    return true;
}

/* Not what costs more than to read it where loops over the index have kept it. */
static bool is_cheap(node_t node)
{
    return node->op >= ADC_OP_FIRST_ELEMENTWISE && !node->rank &&
           !(adc_op_info((enum adc_op)node->op)->properties & ADC_COSTLY);
}

/* From nodes that were taken on, all that they are made of; false: something else than operators
 * and reads, or too much. */
static bool find_all(struct term *t)
{
    for (unsigned at = 0; at < t->count; at++) {
        node_t node = t->node[at];
        bool real = adc_type_is_real((enum adc_type)node->type);
        bool stored = real && is_alone(node, t->summed);
        if (node->op == ADC_OP_INDEX) continue;
        if (node->op == ADC_OP_READ ? !may_read(t, node) : !is_cheap(node)) return false;
        if (!real && node->type != ADC_BOOL) return false;
        for (unsigned i = 0; i < node->count; i++) {
            node_t in = node->in[i];
            bool whole = !stored && is_alone(in, t->summed) && in->op != ADC_OP_INDEX;
            if ((has(in, t->summed) || has(in, t->element)) && !take(t, in, whole)) return false;
        }
    }
    return true;
}

/* A sum for each value of the element's index: reduced where it is asked for, or an array. */
struct sum {
    node_t element, summed;
    struct adc_nest nest;
};

static bool find_term(const struct sum *sum, bool filter, struct term *t)
{
    node_t value = sum->nest.value;
    *t = (struct term){.summed = sum->summed, .element = sum->element};
    if (!take(t, sum->nest.guard, false)) return false;
    bool changes = has(value, sum->summed) || has(value, sum->element);
    if (!filter && changes && !take(t, value, is_alone(value, sum->summed))) return false;
    return find_all(t);
}

/* The filter reads what changes with both indices, the sum what is late. */
static bool picks(const struct sum *sum)
{
    struct term t;
    bool data = false;
    if (!has(sum->nest.guard, sum->summed) || !find_term(sum, true, &t)) return false;
    for (unsigned i = 0; i < t.count; i++)
        data |= t.node[i]->op == ADC_OP_READ && has(t.node[i], sum->summed) &&
                has(t.node[i], sum->element);
    return data && find_term(sum, false, &t) && t.late;
}

/* One coordinate is an index of the nest, none of the others changes with one. */
static bool find_element(struct sum *sum)
{
    const struct adc_nest *nest = &sum->nest;
    if (nest->index_count != 2) return false;
    for (unsigned axis = 0; axis < nest->rank; axis++) {
        node_t at = nest->target[axis];
        if (!has(at, nest->index[0]) && !has(at, nest->index[1])) continue;
        if (sum->element || at->op != ADC_OP_INDEX) return false;
        sum->element = at;
    }
    sum->summed = nest->index[nest->index[0] == sum->element];
    return sum->element;
}

static bool find_sum(const struct sift *s, node_t node, struct sum *sum)
{
    const struct adc_indices *scope = s->updates.scope[node->id];
    if (node->op != ADC_OP_NEST || !adc_type_is_real((enum adc_type)node->type)) return false;
    *sum = (struct sum){.nest = adc_nest_parts(node)};
    if (sum->nest.reduce != ADC_REDUCE_SUM) return false;
    if (node->rank) return !scope && find_element(sum);
    if (!scope || scope->count != 1 || sum->nest.index_count != 1) return false;
    sum->element = scope->index[0];
    sum->summed = sum->nest.index[0];
    return true;
}

static bool is_plain(const struct sift *s, node_t index)
{
    struct adc_hint hint = adc_graph_hint(s->function->graph, index);
    return !hint.tile && !hint.copies && !hint.lanes && index->free->count == 1 &&
           adc_is_int_value(index->in[0], 0) && !s->updates.is_time[index->id];
}

/* Elements stand in the loop of the sum elsewhere. */
static bool is_wanted(const struct sift *s, node_t node, struct sum *sum)
{
    if (!find_sum(s, node, sum)) return false;
    const struct adc_indices *around = s->around[sum->element->id];
    return around && adc_indices_has(around, sum->summed) && is_plain(s, sum->summed) &&
           is_plain(s, sum->element) && picks(sum);
}

static void find_around(struct sift *s)
{
    const struct adc_graph *graph = s->function->graph;
    struct adc_graph sets;
    s->around = ADC_NEW_ARRAY(s->scratch, const struct adc_indices *, graph->nodes.count);
    adc_graph_init(&sets, s->scratch);
    for (size_t id = 0; id < graph->nodes.count; id++) {
        node_t node = graph->nodes.data[id];
        if (!s->updates.live[id] || node->op != ADC_OP_NEST || !s->updates.scope[id]) continue;
        struct adc_nest nest = adc_nest_parts(node);
        for (unsigned i = 0; i < nest.index_count; i++) {
            const struct adc_indices **around = &s->around[nest.index[i]->id];
            *around = adc_indices_union(&sets, *around, s->updates.scope[id]);
        }
    }
}

static bool is_row(const struct term *t, unsigned number)
{
    return t->whole[number] && adc_type_is_real((enum adc_type)t->node[number]->type);
}

/* What the sum reads along its index, if no sum with this filter before has done so. */
static void count_rows(struct sift *s, const struct sum *sum, uint8_t *seen)
{
    struct share *share = &s->share[sum->nest.guard->id];
    struct term t;
    if (!share->sums++) share->element = sum->element, share->summed = sum->summed;
    find_term(sum, false, &t);
    for (unsigned i = 0; i < t.count; i++) {
        if (!is_row(&t, i) || seen[t.node[i]->id]) continue;
        seen[t.node[i]->id] = 1;
        share->rows++;
    }
}

/* Each term of a sum saves a load and a store, each row costs a load. */
static bool pays(const struct sift *s, const struct sum *sum)
{
    const struct share *share = &s->share[sum->nest.guard->id];
    return share->sums > share->rows && share->element == sum->element &&
           share->summed == sum->summed;
}

static bool find_sums(struct sift *s)
{
    const struct adc_graph *graph = s->function->graph;
    uint8_t *seen = ADC_NEW_ARRAY(s->scratch, uint8_t, graph->nodes.count);
    struct sum sum;
    bool any = false;
    s->chosen = ADC_NEW_ARRAY(s->scratch, uint8_t, graph->nodes.count);
    s->share = ADC_NEW_ARRAY(s->scratch, struct share, graph->nodes.count);
    find_around(s);
    for (size_t id = 0; id < graph->nodes.count; id++) {
        node_t node = graph->nodes.data[id];
        if (!s->updates.live[id] || !is_wanted(s, node, &sum)) continue;
        s->chosen[id] = 1;
        count_rows(s, &sum, seen);
    }
    for (size_t id = 0; id < graph->nodes.count; id++) {
        if (!s->chosen[id]) continue;
        find_sum(s, graph->nodes.data[id], &sum);
        any |= s->chosen[id] = pays(s, &sum);
    }
    return any;
}

/* ------------------------------------------------------------------------------------- sums */

/* What changes with the summed index alone, for all its values. */
static node_t array_of(struct sift *s, node_t node, node_t summed)
{
    node_t *place = &s->array[node->id], of = s->map[summed->id];
    if (*place) return *place;
    node_t index = adc_fresh_index(s->to, of), length = s->map[summed->in[1]->id];
    struct adc_nest map = {.reduce = ADC_REDUCE_SET, .rank = 1, .index_count = 1};
    map.value = adc_rename(s->to, s->map[node->id], of, index, s->scratch);
    map.target = map.index = &index;
    map.shape = &length;
    return *place = adc_nest(s->to, &map);
}

static node_t made_of(const struct sift *s, const struct term *t, node_t node)
{
    for (unsigned i = 0; i < t->count; i++)
        if (t->node[i] == node) return t->made[i];
    return s->map[node->id];
}

/* A node of the term with the new index; what it is made of is there. */
static node_t remade(struct sift *s, const struct term *t, unsigned number)
{
    node_t node = t->node[number], in[ADC_MAX_INPUTS], index = s->index[t->summed->id];
    if (node->op == ADC_OP_INDEX) return node == t->summed ? index : s->map[node->id];
    if (is_row(t, number) && !(node->op == ADC_OP_READ && is_along(node, t->summed)))
        return adc_read(s->to, array_of(s, node, t->summed), &index);
    for (unsigned i = 0; i < node->count; i++) in[i] = made_of(s, t, node->in[i]);
    return adc_copy(s->to, s->function->graph, node, in);
}

/* In the order of ids what a node is made of comes first. */
static void put_in_order(struct term *t)
{
    for (unsigned i = 1; i < t->count; i++) {
        node_t node = t->node[i];
        bool whole = t->whole[i];
        unsigned at = i;
        for (; at && t->node[at - 1]->id > node->id; at--) {
            t->node[at] = t->node[at - 1];
            t->whole[at] = t->whole[at - 1];
        }
        t->node[at] = node;
        t->whole[at] = whole;
    }
}

/* Loops over elements have no lanes: eight elements side by side have terms where one of them has,
 * and rows would be copied for the filter alone. */
static node_t own_index(struct sift *s, node_t index, uint32_t tile)
{
    node_t *own = &s->index[index->id];
    if (*own) return *own;
    *own = adc_fresh_index(s->to, s->map[index->id]);
    adc_graph_set_hint(s->to, *own, (struct adc_hint){.tile = tile});
    return *own;
}

/* The sum with an index of its own, for elements by theirs. */
static node_t sum_of(struct sift *s, const struct sum *old)
{
    struct adc_nest sum = {.reduce = ADC_REDUCE_SUM, .index_count = 1};
    node_t index = own_index(s, old->summed, 0), element = s->map[old->element->id];
    struct term t;
    find_term(old, false, &t);
    put_in_order(&t);
    for (unsigned i = 0; i < t.count; i++) t.made[i] = remade(s, &t, i);
    sum.value = made_of(s, &t, old->nest.value);
    sum.guard = made_of(s, &t, old->nest.guard);
    sum.index = &index;
    return adc_rename(s->to, adc_nest(s->to, &sum), element, own_index(s, old->element, 1),
                      s->scratch);
}

/* An array of such sums, as the nest was, or for what was reduced where it was asked for. */
static node_t array_of_sums(struct sift *s, node_t node)
{
    struct adc_nest map = {.reduce = ADC_REDUCE_SET, .rank = 1, .index_count = 1};
    node_t target[ADC_MAX_RANK], shape[ADC_MAX_RANK], index;
    struct sum old;
    find_sum(s, node, &old);
    map.value = sum_of(s, &old);
    index = s->index[old.element->id];
    target[0] = index;
    shape[0] = s->map[old.element->in[1]->id];
    for (unsigned i = 0; i < node->rank; i++) {
        node_t at = old.nest.target[i];
        target[i] = at == old.element ? index : s->map[at->id];
        shape[i] = s->map[old.nest.shape[i]->id];
    }
    if (node->rank) map.rank = node->rank, map.reduce = ADC_REDUCE_SUM;
    map.target = target;
    map.shape = shape;
    map.index = &index;
    node_t made = adc_nest(s->to, &map), at = s->map[old.element->id];
    return node->rank ? made : adc_read(s->to, made, &at);
}

struct adc_function *pass_sift(struct adc_arena *arena, struct adc_function *function,
                               struct adc_arena *scratch)
{
    const struct adc_graph *from = function->graph;
    struct sift s = {.function = function, .scratch = scratch};
    size_t count = from->nodes.count;
    updates_find(&s.updates, function, scratch);
    if (!find_sums(&s)) return function;
    struct adc_function *to = pass_new_like(arena, function);
    s.to = to->graph;
    s.map = ADC_NEW_ARRAY(scratch, node_t, count);
    s.index = ADC_NEW_ARRAY(scratch, node_t, count);
    s.array = ADC_NEW_ARRAY(scratch, node_t, count);
    for (size_t id = 0; id < count; id++) {
        node_t node = from->nodes.data[id], in[ADC_MAX_INPUTS];
        if (!s.updates.live[id]) continue;
        for (unsigned i = 0; i < node->count; i++) in[i] = s.map[node->in[i]->id];
        to->graph->span = from->spans.data[id];
        s.map[id] = s.chosen[id] ? array_of_sums(&s, node) : adc_copy(to->graph, from, node, in);
        if (s.chosen[id]) adc_graph_take_notes(to->graph, s.map[id], from, node);
    }
    pass_map_roots(to, function, s.map);
    return to;
}
