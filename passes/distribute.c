/* Factors leave sums: what a term has as a factor and a summed index does not change is applied to
 * the sum over that index, once.
 *
 *     y[g] += sum(i, j: a[j, g]*b[i, j])
 *         y[g] += sum(j: a[j, g]*u(j))        u(j) = sum(i: b[i, j])
 *
 * u is a reduction inside the value; passes/arrange_order.c makes an array of it where its loops
 * stand elsewhere. Taken are, of the summed indices that no factor mentions,
 *     drops    those whose sum inside does not depend on all the rest: each of the two nests has
 *              fewer indices than the one before
 *     scales   all, where nothing needs a further array: sums that are scalars, and indices that
 *              come last anyway
 *     waits    all, where a factor is made of a sum over the same points, which would have to be
 *              complete first; or where the innermost loop loses a product
 *     scatters all, where the innermost loop adds to elements that lie anywhere: the sum over many
 *              points lies in its order
 * but no scale leaves a sum of a few terms, or one whose points would have to be counted for it in
 * the innermost loop.
 * A part of the guard that mentions what moves goes inside. Where a factor may not be finite the
 * sum is used only if it has a point, so that nothing is still 0. What can differ from the sum as
 * written: docs/decisions/0014-distribution.md. `--strict` leaves the pass out.
 *
 * cost     for each nest its indices times what split.h looks through */
#include "passes/distribute.h"

#include "passes/arrange.h"
#include "passes/hull.h"
#include "passes/point.h"
#include "passes/split.h"

#include <math.h>

typedef const struct adc_node *node_t;

enum {
    MOST_AXES = 8,
    MOST_LOOKED_AT = 4096, /* nodes that a factor is made of */
    SHORT = 16             /* passes of a loop that is not worth an array */
};

/* A nest that is being taken apart; its guard is the conjunction of `parts`. */
struct sum {
    node_t like; /* the nest as it was */
    node_t value;
    node_t index[ADC_MAX_NEST], parts[POINT_MOST_PARTS];
    unsigned index_count, part_count;
    const struct adc_indices *kept;  /* what targets mention */
    const struct adc_indices *scope; /* what is free or bound */
};

/* Summed indices that could move inside. */
struct candidate {
    struct split split;
    const struct adc_indices *moved, *domain; /* bound inside; all that the sum inside knows */
    bool drops;
};

/* ------------------------------------------------------------------------- sets */

static const struct adc_indices *with(struct distribution *d, const struct adc_indices *a,
                                      const struct adc_indices *b)
{
    return adc_indices_union(d->graph, a, b);
}

static bool meets(const struct adc_indices *a, const struct adc_indices *b)
{
    for (uint32_t i = 0; a && i < a->count; i++)
        if (adc_indices_has(b, a->index[i])) return true;
    return false;
}

static uint32_t count_of(const struct adc_indices *set)
{
    return set ? set->count : 0;
}

static const struct distribute_place *place_of(const struct distribution *d, node_t index)
{
    return &d->places.data[index->id];
}

static bool is_short(node_t index)
{
    return adc_is_const(index->in[0]) && adc_is_const(index->in[1]) &&
           index->in[1]->value.integer - index->in[0]->value.integer <= SHORT;
}

/* ------------------------------------------------------------------------- nests */

static bool open_sum(struct distribution *d, struct sum *sum, node_t node)
{
    struct adc_nest nest = adc_nest_parts(node);
    *sum = (struct sum){.like = node, .value = nest.value, .scope = node->free};
    /* one stays free for what a drop adds */
    if (!point_parts(nest.guard, sum->parts, POINT_MOST_PARTS - 1, &sum->part_count)) return false;
    for (unsigned i = 0; i < nest.index_count; i++) {
        sum->index[sum->index_count++] = nest.index[i];
        sum->scope = with(d, sum->scope, nest.index[i]->free);
    }
    for (unsigned i = 0; i < nest.rank; i++) sum->kept = with(d, sum->kept, nest.target[i]->free);
    return true;
}

static node_t guard_of(struct distribution *d, const struct sum *sum)
{
    node_t guard = adc_bool(d->graph, true);
    for (unsigned i = 0; i < sum->part_count; i++)
        guard = point_both(d->graph, guard, sum->parts[i]);
    return guard;
}

/* What is left of the nest: a nest, or its one point. */
static node_t close_sum(struct distribution *d, const struct sum *sum)
{
    struct adc_nest nest = adc_nest_parts(sum->like);
    nest.value = sum->value;
    nest.guard = guard_of(d, sum);
    nest.index = sum->index;
    nest.index_count = sum->index_count;
    if (nest.rank || nest.index_count) return adc_nest(d->graph, &nest);
    if (adc_is_true(nest.guard)) return nest.value;
    return adc_apply3(d->graph, ADC_OP_IF, nest.guard, nest.value,
                      adc_real(d->graph, sum->like->type, 0.0));
}

/* A reduction over those indices of the sum that move inside. */
static node_t inner_sum(struct distribution *d, const struct sum *sum,
                        const struct adc_indices *moved, node_t guard, node_t value)
{
    node_t index[ADC_MAX_NEST];
    struct adc_nest nest = {.reduce = ADC_REDUCE_SUM, .value = value, .guard = guard};
    for (unsigned i = 0; i < sum->index_count; i++)
        if (adc_indices_has(moved, sum->index[i])) index[nest.index_count++] = sum->index[i];
    nest.index = index;
    return adc_nest(d->graph, &nest);
}

/* ------------------------------------------------------------------------- finding */

/* The summed indices that go with `index` if its factors leave: all that these do not mention. */
static void complete(struct distribution *d, const struct sum *sum, struct candidate *c)
{
    const struct adc_indices *outside = NULL;
    for (unsigned i = 0; i < c->split.count; i++)
        if (c->split.factors[i].by) outside = with(d, outside, c->split.factors[i].by->free);
    c->domain = c->split.inside->free;
    c->moved = NULL;
    for (unsigned i = 0; i < sum->index_count; i++) {
        node_t index = sum->index[i];
        if (adc_indices_has(sum->kept, index) || adc_indices_has(outside, index)) continue;
        c->moved = with(d, c->moved, adc_indices_of(d->graph, index));
        c->domain = with(d, c->domain, index->free);
    }
    for (unsigned i = 0; i < sum->part_count; i++)
        if (meets(sum->parts[i]->free, c->moved))
            c->domain = with(d, c->domain, sum->parts[i]->free);
}

/* Of what is dropped nothing stays inside; factors that mention none of it do: terms with them may
 * be shared. */
static bool find_candidate(struct distribution *d, const struct sum *sum, node_t index,
                           struct candidate *c)
{
    c->split = split_value(&d->walk, d->graph, sum->value, index, NULL);
    complete(d, sum, c);
    c->drops = count_of(c->domain) < count_of(sum->scope);
    if (!c->drops) return c->split.count > 0;
    const struct adc_indices *dropped = adc_indices_minus(d->graph, sum->scope, c->domain);
    c->split = split_value(&d->walk, d->graph, sum->value, index, dropped);
    complete(d, sum, c);
    return true;
}

/* Whether the sum inside would be an array: its loops are outside of some that it stands in. */
static bool takes_array(const struct distribution *d, const struct candidate *c)
{
    uint32_t first = UINT32_MAX, last = 0;
    for (uint32_t i = 0; i < c->domain->count; i++) {
        uint32_t rank = place_of(d, c->domain->index[i])->rank;
        if (adc_indices_has(c->moved, c->domain->index[i])) first = rank < first ? rank : first;
        else last = rank > last ? rank : last;
    }
    return first < last;
}

/* And whether it can be one. */
static bool has_axes(const struct distribution *d, const struct candidate *c)
{
    unsigned axes = 0;
    for (uint32_t i = 0; i < c->domain->count; i++) {
        node_t index = c->domain->index[i];
        if (adc_indices_has(c->moved, index)) continue;
        if (place_of(d, index)->time || ++axes > MOST_AXES) return false;
        if (!pass_end_of_ranges(d->graph, index->in[0], false) ||
            !pass_end_of_ranges(d->graph, index->in[1], true))
            return false;
    }
    return true;
}

/* Whether a factor is made of a sum over an index that moves. */
static bool waits(struct distribution *d, const struct candidate *c)
{
    node_t node;
    bool found = false;
    for (unsigned i = 0; i < c->split.count; i++)
        if (c->split.factors[i].by) walk_add(&d->walk, c->split.factors[i].by);
    while (!found && d->walk.order.count < MOST_LOOKED_AT && (node = walk_next(&d->walk))) {
        if (node->op == ADC_OP_NEST) {
            struct adc_nest nest = adc_nest_parts(node);
            for (unsigned i = 0; i < nest.index_count; i++)
                found = found || adc_indices_has(c->moved, nest.index[i]);
        }
        for (unsigned i = 0; i < node->count; i++) walk_add(&d->walk, node->in[i]);
    }
    walk_end(&d->walk);
    return found;
}

static node_t innermost(const struct distribution *d, const struct candidate *c)
{
    node_t last = NULL;
    for (uint32_t i = 0; i < c->domain->count; i++)
        if (!last || place_of(d, c->domain->index[i])->rank > place_of(d, last)->rank)
            last = c->domain->index[i];
    return last;
}

/* Whether a factor changes with the innermost loop. */
static bool is_innermost(const struct distribution *d, const struct candidate *c)
{
    node_t last = innermost(d, c);
    for (unsigned i = 0; i < c->split.count; i++)
        if (c->split.factors[i].by && adc_indices_has(c->split.factors[i].by->free, last))
            return true;
    return false;
}

static bool all_short(const struct adc_indices *set)
{
    for (uint32_t i = 0; i < set->count; i++)
        if (!is_short(set->index[i])) return false;
    return true;
}

/* Whether points of the sum inside would have to be counted in the innermost loop. */
static bool counts(const struct distribution *d, const struct sum *sum, const struct candidate *c)
{
    node_t last = innermost(d, c);
    for (unsigned i = 0; i < sum->part_count; i++)
        if (meets(sum->parts[i]->free, c->moved) && adc_indices_has(sum->parts[i]->free, last))
            return true;
    return false;
}

static bool moves_all(const struct sum *sum, const struct candidate *c)
{
    for (unsigned i = 0; i < sum->index_count; i++)
        if (!adc_indices_has(sum->kept, sum->index[i]) && !adc_indices_has(c->moved, sum->index[i]))
            return false;
    return true;
}

/* Whether it pays (the head of this file). */
static bool pays(struct distribution *d, const struct sum *sum, const struct candidate *c)
{
    bool array = takes_array(d, c), few = all_short(c->moved);
    if (array && (few || !has_axes(d, c))) return false;
    if (c->drops) return true;
    if (few || !moves_all(sum, c)) return false;
    bool cheap = !counts(d, sum, c) && (!array || !sum->like->rank || is_innermost(d, c));
    return cheap || waits(d, c);
}

/* Whether the place in an axis is computed from the index by more than a sum. */
static bool is_computed(struct distribution *d, node_t at, node_t index)
{
    node_t node;
    bool found = false;
    walk_add(&d->walk, at);
    while (!found && (node = walk_next(&d->walk))) {
        if (!adc_indices_has(node->free, index) || node->op == ADC_OP_INDEX) continue;
        found = node->op != ADC_OP_IADD && node->op != ADC_OP_ISUB && node->op != ADC_OP_INEG;
        for (unsigned i = 0; i < node->count; i++) walk_add(&d->walk, node->in[i]);
    }
    walk_end(&d->walk);
    return found;
}

/* Whether elements lie anywhere as the innermost loop runs, for each of many points: as they do if
 * a triangle is packed. */
static bool is_scattered(struct distribution *d, const struct sum *sum, struct candidate *c)
{
    c->split = (struct split){.inside = sum->value};
    complete(d, sum, c);
    if (!c->moved || all_short(c->moved) || !takes_array(d, c) || !has_axes(d, c)) return false;
    struct adc_nest nest = adc_nest_parts(sum->like);
    for (unsigned i = 0; i < nest.rank; i++)
        if (is_computed(d, nest.target[i], innermost(d, c))) return true;
    return false;
}

/* Of all that pay, the one that knows the fewest indices: nothing else can leave its inside. */
static bool find_best(struct distribution *d, const struct sum *sum, struct candidate *best)
{
    bool found = false;
    for (unsigned i = 0; i < sum->index_count; i++) {
        struct candidate c;
        if (adc_indices_has(sum->kept, sum->index[i])) continue;
        if (!adc_indices_has(sum->value->free, sum->index[i])) continue;
        if (!find_candidate(d, sum, sum->index[i], &c)) continue;
        if (found && count_of(c.domain) >= count_of(best->domain)) continue;
        if (!pays(d, sum, &c)) continue;
        *best = c;
        found = true;
    }
    return found;
}

/* ------------------------------------------------------------------------- taking apart */

/* Whether it is a finite number whatever the inputs are. */
static bool is_finite(node_t by)
{
    if (!adc_is_const(by)) return by->op == ADC_OP_INT_TO_F64 || by->op == ADC_OP_INT_TO_F32;
    return isfinite(adc_real_number(by));
}

static bool needs_point(const struct split *split)
{
    for (unsigned i = 0; i < split->count; i++) {
        const struct factor *factor = &split->factors[i];
        bool quotient = factor->op == ADC_OP_DIV || factor->op == ADC_OP_DIV_POS;
        if (factor->by && (!is_finite(factor->by) || (quotient && !adc_is_const(factor->by))))
            return true;
    }
    return false;
}

/* 0 .. i + 1 and the like. */
static bool is_never_empty(node_t index)
{
    node_t low = index->in[0], high = index->in[1];
    if (!adc_is_const(low)) return false;
    if (adc_is_const(high)) return low->value.integer < high->value.integer;
    if (low->value.integer != 0 || high->op != ADC_OP_IADD || !adc_is_const(high->in[1]))
        return false;
    node_t outer = high->in[0];
    return high->in[1]->value.integer > 0 && outer->op == ADC_OP_INDEX &&
           adc_is_const(outer->in[0]) && outer->in[0]->value.integer >= 0;
}

/* Whether the sum inside has a point: by its ranges, or by counting if these depend on each other
 * or there is a guard. */
static node_t has_point(struct distribution *d, const struct sum *sum, const struct candidate *c,
                        node_t guard)
{
    struct adc_graph *graph = d->graph;
    enum adc_type type = (enum adc_type)sum->like->type;
    node_t some = adc_bool(graph, true);
    bool count = !adc_is_true(guard);
    for (uint32_t i = 0; i < c->moved->count && !count; i++) {
        node_t index = c->moved->index[i];
        if (is_never_empty(index)) continue;
        count = meets(index->in[0]->free, c->moved) || meets(index->in[1]->free, c->moved);
        some =
            point_both(d->graph, some, adc_apply2(graph, ADC_OP_ILT, index->in[0], index->in[1]));
    }
    if (!count) return some;
    node_t points = inner_sum(d, sum, c->moved, guard, adc_real(graph, type, 1.0));
    return adc_apply2(graph, ADC_OP_GT, points, adc_real(graph, type, 0.0));
}

/* The guard inside: what mentions an index that moves. `*asked` has, beyond that, what else the sum
 * inside knows of: points at which it is not needed. The parts that remain outside stay in sum. */
static node_t split_guard(struct distribution *d, struct sum *sum, const struct candidate *c,
                          node_t *asked)
{
    node_t inner = adc_bool(d->graph, true);
    unsigned left = 0;
    *asked = inner;
    for (unsigned i = 0; i < sum->part_count; i++) {
        node_t part = sum->parts[i];
        bool goes = meets(part->free, c->moved), known = part->free != NULL;
        for (uint32_t j = 0; known && j < part->free->count; j++)
            known = adc_indices_has(c->domain, part->free->index[j]);
        if (goes) inner = point_both(d->graph, inner, part);
        else sum->parts[left++] = part;
        if (known) *asked = point_both(d->graph, *asked, part);
    }
    sum->part_count = left;
    return inner;
}

static void move(struct distribution *d, struct sum *sum, const struct candidate *c)
{
    node_t asked, guard = split_guard(d, sum, c, &asked);
    node_t inside = inner_sum(d, sum, c->moved, asked, c->split.inside);
    if (needs_point(&c->split)) {
        node_t some = has_point(d, sum, c, guard);
        if (!adc_is_true(some)) sum->parts[sum->part_count++] = some;
    }
    sum->value = split_apply(d->graph, inside, c->split.factors, c->split.count);
    unsigned left = 0;
    for (unsigned i = 0; i < sum->index_count; i++)
        if (!adc_indices_has(c->moved, sum->index[i])) sum->index[left++] = sum->index[i];
    sum->index_count = left;
    sum->scope = adc_indices_minus(d->graph, sum->scope, c->moved);
    d->changed = true;
}

/* A sum that is a scalar leaves constants outside. */
static node_t without_constants(struct distribution *d, struct sum *sum)
{
    struct split split = split_constants(&d->walk, sum->value);
    bool scales = !sum->like->rank && sum->index_count && split.count &&
                  meets(split.inside->free, sum->scope);
    if (!scales) return close_sum(d, sum);
    sum->value = split.inside;
    d->changed = true;
    return split_apply(d->graph, close_sum(d, sum), split.factors, split.count);
}

static node_t distributed(struct distribution *d, node_t node)
{
    struct sum sum;
    struct candidate c = {.drops = false};
    if (node->op != ADC_OP_NEST || node->number != ADC_REDUCE_SUM) return node;
    if (!adc_type_is_real((enum adc_type)node->type) || adc_has_no_points(node)) return node;
    if (!open_sum(d, &sum, node)) return node;
    while (sum.part_count + 1 < POINT_MOST_PARTS && find_best(d, &sum, &c)) move(d, &sum, &c);
    if (is_scattered(d, &sum, &c)) move(d, &sum, &c);
    return without_constants(d, &sum);
}

bool distribute_drops(struct distribution *d, node_t nest)
{
    struct sum sum;
    struct candidate c;
    return open_sum(d, &sum, nest) && find_best(d, &sum, &c) && c.drops;
}

/* Whether the sum may be one of several that are added up. */
static bool may_be_joined(const struct distribution *d, node_t node)
{
    return !node->rank || !d->updates->replaced[node->id];
}

/* A sum of the old graph; terms of it that are sums are taken for themselves. */
static node_t of_sum(struct distribution *d, node_t node, node_t copied)
{
    struct distribute_terms terms;
    if (!may_be_joined(d, node) || !distribute_find_terms(d, node, &terms))
        return distributed(d, copied);
    node_t all = terms.rest ? distributed(d, terms.rest) : NULL;
    for (size_t i = 0; i < terms.apart.count; i++) {
        node_t more = distributed(d, terms.apart.data[i]);
        if (!all) all = more;
        else if (node->rank) all = adc_join(d->graph, all, more);
        else all = adc_apply2(d->graph, ADC_OP_ADD, all, more);
    }
    d->changed = true;
    return all;
}

/* ------------------------------------------------------------------------- the graph */

static void set_place(struct distribution *d, node_t index, struct distribute_place place)
{
    while (d->places.count <= index->id)
        ADC_PUSH(d->scratch, d->places, (struct distribute_place){0});
    d->places.data[index->id] = place;
}

struct adc_function *pass_distribute(struct adc_arena *arena, struct adc_function *function,
                                     struct adc_arena *scratch)
{
    const struct adc_graph *from = function->graph;
    struct distribution d = {.scratch = scratch};
    struct arrange arrange = {.arena = scratch, .scratch = scratch};
    const uint32_t *rank = arrange_first_ranks(&arrange, function);
    d.updates = &arrange.updates;
    d.to = pass_new_like(arena, function);
    d.graph = d.to->graph;
    d.map = ADC_NEW_ARRAY(scratch, node_t, from->nodes.count);
    walk_init(&d.walk, d.graph, scratch);
    for (size_t id = 0; id < from->nodes.count; id++) {
        node_t node = from->nodes.data[id], in[ADC_MAX_INPUTS];
        if (!arrange.updates.live[id]) continue;
        for (unsigned i = 0; i < node->count; i++) in[i] = d.map[node->in[i]->id];
        d.graph->span = from->spans.data[id];
        d.map[id] = adc_copy(d.graph, from, node, in);
        if (node->op == ADC_OP_INDEX)
            set_place(&d, d.map[id],
                      (struct distribute_place){rank[id], arrange.updates.is_time[id]});
        d.map[id] = of_sum(&d, node, d.map[id]);
        if (d.map[id]->op != ADC_OP_PARAM && d.map[id]->op != ADC_OP_CONST)
            adc_graph_take_notes(d.graph, d.map[id], from, node);
    }
    pass_map_roots(d.to, function, d.map);
    return d.changed ? d.to : function;
}
