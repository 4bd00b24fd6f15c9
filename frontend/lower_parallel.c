/* `@parallel for`: what each pass does to a value from before the loop without looking at what
 * other passes do, for all passes at once.
 *
 *     s += e              s + sum(i: e)
 *     x[a] += e           x and, to each element, the sum of what passes add to it
 *     x[a] = e            all elements put at once: that no other pass meets them is asserted
 *     x[a] = f(x[a])      the same: a pass may look at the element that it alone has, and set it
 *     x[a] += e           and add to it any number of times
 *
 * under conditions, too, and in loops inside, whose indices are then indices of the sum. What looks
 * at other values that the loop changes stays with the loop, and a warning says why.
 *
 * Of a plain `for`, so is an array of which each pass sets an element that it alone has, as its
 * place says: no other number comes out of that.
 *
 * A component is taken apart along its spine: from `next` by way of what was changed down to the
 * STATE, with a segment for the passes of each loop inside and for each arm. */
#include "frontend/lower_parallel.h"

typedef const struct adc_node *node_t;

/* A change of the component, in terms of the passes it stands in. */
struct update {
    node_t node;          /* PUT, ADD, SUB: where it is written */
    node_t value, guard;  /* guard NULL: true */
    struct adc_nest nest; /* of elements: target and shape, indices of its own */
    bool added;
    bool repeats; /* passes inside may set one element several times */
    node_t inner[PARALLEL_MOST_INNER];
    unsigned inner_count;
};

/* The spine from `from` down to `to`. */
struct segment {
    node_t from, to, guard;
    node_t inner[PARALLEL_MOST_INNER];
    unsigned inner_count;
};

struct changes {
    struct parallel p;
    struct lower *l;
    const node_t *base;               /* by id - index->id, of a scalar: see find_bases */
    ADC_VEC(struct segment) segments; /* that are to be looked at, the next one last */
    ADC_VEC(struct update) updates;   /* the last one first */
    const char *why, *instead;        /* of a component that stays with the loop */
    node_t culprit;
};

static bool refuse(struct changes *c, node_t culprit, const char *why, const char *instead)
{
    c->culprit = culprit;
    c->why = why;
    c->instead = instead;
    return false;
}

static bool is_independent(struct changes *c, node_t node, node_t at, const node_t *inner,
                           unsigned count)
{
    if (!node || parallel_is_independent(&c->p, node, inner, count)) return true;
    if (c->p.met->in[0] == c->p.index)
        return refuse(c, at, "it looks at what passes of the loop change",
                      "look at values from before the loop, as `let before = ...`");
    return refuse(c, at, "it depends on what the loop inside carries from pass to pass",
                  "keep what that loop computes in an array of the pass, and use it behind it");
}

/* ------------------------------------------------------------------------------- the spine */

static node_t base_of(const struct changes *c, node_t node)
{
    return node->id < c->p.index->id ? NULL : c->base[node->id - c->p.index->id];
}

/* Made of the component by changes, or its STATE in a loop inside. */
static bool leads(const struct changes *c, node_t node)
{
    return base_of(c, node) != NULL;
}

static node_t common_base(const struct changes *c, node_t x, node_t y)
{
    if (!leads(c, x) || !leads(c, y)) return NULL;
    while (x != y) {
        node_t *later = x->id > y->id ? &x : &y;
        if (base_of(c, *later) == *later) return NULL;
        *later = base_of(c, *later);
    }
    return x;
}

/* Of a scalar what it was made of by one more change; of a STATE that leads there, itself; NULL: it
 * is no such thing. */
static node_t find_base(const struct changes *c, node_t node)
{
    node_t init;
    switch (node->op) {
    case ADC_OP_ADD:
    case ADC_OP_IADD:
        if (leads(c, node->in[0])) return node->in[0];
        return leads(c, node->in[1]) ? node->in[1] : NULL;
    case ADC_OP_SUB:
    case ADC_OP_ISUB: return leads(c, node->in[0]) ? node->in[0] : NULL;
    case ADC_OP_IF: return common_base(c, node->in[1], node->in[2]);
    case ADC_OP_FINAL: init = adc_final_carried(node).init; return leads(c, init) ? init : NULL;
    case ADC_OP_STATE:
        if (node == c->p.state) return node;
        init = lower_state(c->l, node->number)->init;
        return init && leads(c, init) ? node : NULL;
    default: return NULL;
    }
}

static void find_bases(struct changes *c, node_t next)
{
    const struct adc_graph *graph = c->l->graph;
    uint32_t low = c->p.index->id, count = (uint32_t)graph->nodes.count;
    node_t *base = ADC_NEW_ARRAY(c->l->arena, node_t, count - low);
    c->base = base;
    for (uint32_t id = low; id <= next->id; id++)
        if (!graph->nodes.data[id]->rank) base[id - low] = find_base(c, graph->nodes.data[id]);
}

static void push(struct changes *c, const struct segment *like, node_t from, node_t to,
                 node_t guard)
{
    struct segment segment = *like;
    segment.from = from;
    segment.to = to;
    if (guard) segment.guard = segment.guard ? lower_and(c->l, segment.guard, guard) : guard;
    if (from != to) ADC_PUSH(c->l->arena, c->segments, segment);
}

/* What is asked around all passes of a loop is no `while`. */
static bool push_passes(struct changes *c, const struct segment *s, node_t final)
{
    struct adc_carried carried = adc_final_carried(final);
    node_t loop = final->in[0], index = loop->in[0], guard = loop->in[1];
    struct segment inside = *s;
    if (adc_indices_has(guard->free, index))
        return refuse(c, final, "a loop inside ends by `while`", "ask by `if` in its passes");
    if (s->inner_count == PARALLEL_MOST_INNER)
        return refuse(c, final, "too many loops stand in one another",
                      "put inner ones into a function of the pass");
    for (unsigned i = 0; i < 2; i++)
        if (!is_independent(c, index->in[i], final, s->inner, s->inner_count)) return false;
    push(c, s, carried.init, s->to, NULL);
    inside.inner[inside.inner_count++] = index;
    push(c, &inside, carried.next, carried.state, adc_is_true(guard) ? NULL : guard);
    return true;
}

/* ------------------------------------------------------------------------------- elements */

static bool is_element(node_t read, node_t array, const struct adc_nest *nest)
{
    if (read->op != ADC_OP_READ || read->in[0] != array) return false;
    for (unsigned i = 0; i < nest->rank; i++)
        if (read->in[i + 1] != nest->target[i]) return false;
    return true;
}

/* What is added to the element, or NULL. */
static node_t addend(struct changes *c, node_t value, node_t before, const struct adc_nest *nest)
{
    bool sum = value->op == ADC_OP_ADD || value->op == ADC_OP_IADD;
    bool difference = value->op == ADC_OP_SUB || value->op == ADC_OP_ISUB;
    if (!sum && !difference) return NULL;
    unsigned own = is_element(value->in[0], before, nest) ? 0 : 1;
    if (!is_element(value->in[own], before, nest) || (difference && own)) return NULL;
    enum adc_op negate = value->op == ADC_OP_SUB ? ADC_OP_NEG : ADC_OP_INEG;
    return sum ? value->in[1 - own] : adc_apply1(c->l->graph, negate, value->in[1]);
}

/* Each pass of the loops inside sets another element, or is said to. */
static bool sets_once(const struct changes *c, const struct update *u)
{
    struct adc_nest inner = u->nest;
    node_t index[PARALLEL_MOST_INNER];
    inner.index = index;
    inner.index_count = 0;
    for (unsigned k = 0; k < u->inner_count; k++) {
        const struct lower_level *level = lower_level(c->l, u->inner[k]);
        if (!level || !level->parallel) index[inner.index_count++] = u->inner[k];
    }
    return adc_has_own_elements(&inner);
}

static bool take_put(struct changes *c, const struct segment *s, node_t put)
{
    struct update u = {.node = put, .nest = adc_nest_parts(put->in[1]), .guard = s->guard};
    node_t given = u.nest.guard && !adc_is_true(u.nest.guard) ? u.nest.guard : NULL;
    u.guard = given && u.guard ? lower_and(c->l, u.guard, given) : given ? given : u.guard;
    u.inner_count = s->inner_count;
    for (unsigned i = 0; i < s->inner_count; i++) u.inner[i] = s->inner[i];
    for (unsigned i = 0; i < u.nest.rank; i++)
        if (!is_independent(c, u.nest.target[i], put, s->inner, s->inner_count)) return false;
    if (!is_independent(c, u.guard, put, s->inner, s->inner_count)) return false;
    node_t added = addend(c, u.nest.value, put->in[0], &u.nest);
    u.added = added && parallel_is_independent(&c->p, added, s->inner, s->inner_count);
    u.value = u.added ? added : u.nest.value;
    u.repeats = !u.added && !sets_once(c, &u);
    ADC_PUSH(c->l->arena, c->updates, u);
    return true;
}

static bool take_arrays(struct changes *c)
{
    while (c->segments.count) {
        struct segment s = c->segments.data[--c->segments.count];
        if (s.from->op == ADC_OP_PUT) {
            push(c, &s, s.from->in[0], s.to, NULL);
            if (!take_put(c, &s, s.from)) return false;
        } else if (s.from->op == ADC_OP_FINAL) {
            if (!push_passes(c, &s, s.from)) return false;
        } else {
            return refuse(c, s.from, "a pass replaces all of it", "set its elements one by one");
        }
    }
    return true;
}

/* -------------------------------------------------------------------------------- scalars */

static bool take_addition(struct changes *c, const struct segment *s, node_t node)
{
    struct update u = {.node = node, .guard = s->guard, .added = true};
    bool difference = node->op == ADC_OP_SUB || node->op == ADC_OP_ISUB;
    node_t base = base_of(c, node);
    u.value = node->in[node->in[0] == base ? 1 : 0];
    u.inner_count = s->inner_count;
    for (unsigned i = 0; i < s->inner_count; i++) u.inner[i] = s->inner[i];
    if (!is_independent(c, u.guard, node, s->inner, s->inner_count)) return false;
    if (!is_independent(c, u.value, node, s->inner, s->inner_count)) return false;
    enum adc_op negate = node->op == ADC_OP_SUB ? ADC_OP_NEG : ADC_OP_INEG;
    if (difference) u.value = adc_apply1(c->l->graph, negate, u.value);
    ADC_PUSH(c->l->arena, c->updates, u);
    return true;
}

static bool take_scalars(struct changes *c, node_t next)
{
    find_bases(c, next);
    while (c->segments.count) {
        struct segment s = c->segments.data[--c->segments.count];
        node_t node = s.from, base = base_of(c, node);
        if (!base || base == node)
            return refuse(
                c, node, "it is not added to alone",
                "`+=` and `-=` are for all passes; a value of one pass is declared in the "
                "body, other reductions stand by themselves, as `max(i: x[i])`");
        if (node->op == ADC_OP_FINAL) {
            if (!push_passes(c, &s, node)) return false;
            continue;
        }
        push(c, &s, base, s.to, NULL);
        if (node->op != ADC_OP_IF) {
            if (!take_addition(c, &s, node)) return false;
            continue;
        }
        push(c, &s, node->in[1], base, node->in[0]);
        push(c, &s, node->in[2], base, adc_apply1(c->l->graph, ADC_OP_NOT, node->in[0]));
    }
    return true;
}

/* ----------------------------------------------------------------------- all passes at once */

/* For all passes; of a plain `for` one for all its arrays, so that they share what they are made
 * of. */
static node_t new_index(struct changes *c)
{
    struct lower_level *level = lower_level(c->l, c->p.index);
    if (level->parallel) return adc_fresh_index(c->l->graph, c->p.index);
    if (!level->all) level->all = adc_fresh_index(c->l->graph, c->p.index);
    return level->all;
}

/* Indices of a sum for the loop's (`all`) and those inside. */
static struct parallel_map points_of(struct changes *c, const struct update *u, bool all)
{
    struct adc_graph *graph = c->l->graph;
    struct parallel_map map = {.count = 0};
    if (all) {
        map.from[0] = c->p.index;
        map.to[map.count++] = new_index(c);
    }
    for (unsigned i = 0; i < u->inner_count; i++) {
        node_t ends[2];
        for (unsigned e = 0; e < 2; e++)
            ends[e] = parallel_replace(&c->p, u->inner[i]->in[e], &map, NULL);
        node_t plain = adc_index_like(graph, u->inner[i], 0, ends);
        map.from[map.count] = u->inner[i];
        map.to[map.count++] = adc_fresh_index(graph, plain);
    }
    return map;
}

static node_t sum_of(struct changes *c, const struct update *u, bool all)
{
    struct parallel_map map = points_of(c, u, all);
    struct adc_nest sum = {.reduce = ADC_REDUCE_SUM, .index_count = map.count, .index = map.to};
    sum.value = parallel_replace(&c->p, u->value, &map, NULL);
    sum.guard = parallel_replace(&c->p, u->guard, &map, NULL);
    return adc_nest(c->l->graph, &sum);
}

static node_t scalar_after(struct changes *c)
{
    node_t value = c->p.init;
    enum adc_op op = adc_reduce_op(ADC_REDUCE_SUM, (enum adc_type)value->type);
    for (size_t i = c->updates.count; i-- > 0;)
        value = adc_apply2(c->l->graph, op, value, sum_of(c, &c->updates.data[i], true));
    return value;
}

static bool is_zeros(node_t array)
{
    if (array->op != ADC_OP_NEST || array->number != ADC_REDUCE_SET) return false;
    node_t value = adc_nest_parts(array).value;
    return adc_is_const(value) && adc_is_real_value(value, 0);
}

/* Array and, element by element, what is added. A sum is never -0. */
static node_t with_sums(struct adc_graph *graph, node_t array, node_t sums)
{
    if (is_zeros(array)) return sums;
    node_t index[ADC_MAX_RANK], shape[ADC_MAX_RANK];
    adc_fresh_indices(graph, array, index);
    for (unsigned i = 0; i < array->rank; i++) shape[i] = adc_shape(array, i);
    struct adc_nest map = {.reduce = ADC_REDUCE_SET, .rank = array->rank, .target = index};
    enum adc_op op = adc_reduce_op(ADC_REDUCE_SUM, (enum adc_type)array->type);
    map.shape = shape;
    map.index = index;
    map.index_count = array->rank;
    map.value = adc_apply2(graph, op, adc_read(graph, array, index), adc_read(graph, sums, index));
    return adc_nest(graph, &map);
}

/* The nest of the update's elements over all passes; `value` in terms of `map`. */
static node_t elements_of(struct changes *c, const struct update *u, const struct parallel_map *map,
                          node_t value, node_t guard)
{
    node_t target[ADC_MAX_RANK], index[ADC_MAX_INPUTS];
    struct adc_nest nest = u->nest;
    for (unsigned i = 0; i < nest.rank; i++)
        target[i] = parallel_replace(&c->p, nest.target[i], map, NULL);
    for (unsigned i = 0; i < map->count; i++) index[i] = map->to[i];
    for (unsigned i = 0; i < nest.index_count; i++)
        index[map->count + i] = parallel_replace(&c->p, nest.index[i], map, NULL);
    nest.target = target;
    nest.index = index;
    nest.index_count += map->count;
    nest.value = value;
    nest.guard = guard;
    nest.reduce = u->added ? ADC_REDUCE_SUM : ADC_REDUCE_SET;
    return adc_nest(c->l->graph, &nest);
}

static node_t updated(struct changes *c, node_t array, const struct update *u)
{
    struct parallel_map map = points_of(c, u, true);
    node_t value = parallel_replace(&c->p, u->value, &map, NULL);
    node_t guard = parallel_replace(&c->p, u->guard, &map, NULL);
    node_t made = elements_of(c, u, &map, value, guard);
    return u->added ? with_sums(c->l->graph, array, made) : adc_put(c->l->graph, array, made);
}

/* ------------------------------------------------------------------- one element of a pass */

/* All updates are of one element, and each pass is sure to set it, or it is the pass's in any case:
 * no other pass has it. Additions say nothing of other passes. */
static bool is_one_element(struct changes *c)
{
    const struct update *first = &c->updates.data[0];
    bool sure = false;
    for (size_t n = 0; n < c->updates.count; n++) {
        const struct update *u = &c->updates.data[n];
        if (u->nest.index_count || (!u->added && u->inner_count)) return false;
        for (unsigned a = 0; a < u->nest.rank; a++)
            if (u->nest.target[a] != first->nest.target[a]) return false;
        sure |= !u->added && !u->guard && !u->inner_count;
    }
    for (unsigned a = 0; a < first->nest.rank; a++)
        sure |= adc_is_coordinate(first->nest.target[a], c->p.index);
    return sure;
}

/* The element behind the update, in terms of the pass, by what it was before: `value`. */
static node_t element_after(struct changes *c, const struct update *u, node_t value)
{
    struct adc_graph *graph = c->l->graph;
    struct parallel_map none = {.count = 0};
    enum adc_op op = adc_reduce_op(ADC_REDUCE_SUM, (enum adc_type)value->type);
    if (u->inner_count) return adc_apply2(graph, op, value, sum_of(c, u, false));
    if (!is_independent(c, u->value, u->node, NULL, 0)) return NULL;
    node_t next = parallel_replace(&c->p, u->value, &none, value);
    if (u->added) next = adc_apply2(graph, op, value, next);
    return u->guard ? adc_apply3(graph, ADC_OP_IF, u->guard, next, value) : next;
}

static node_t element_put(struct changes *c)
{
    struct adc_graph *graph = c->l->graph;
    struct update *last = &c->updates.data[0];
    struct parallel_map map = {.count = 2};
    node_t target[ADC_MAX_RANK], state = c->p.state;
    node_t before = adc_read(graph, state, last->nest.target), value = before;
    c->p.own = last->nest.target;
    ADC_PUSH(c->l->arena, c->p.versions, state);
    for (size_t n = c->updates.count; n-- > 0;) {
        const struct update *u = &c->updates.data[n];
        c->p.versions.count = 0;
        ADC_PUSH(c->l->arena, c->p.versions, u->node->in[0]);
        value = element_after(c, u, value);
        if (!value) return NULL;
    }
    map.from[0] = c->p.index;
    map.to[0] = new_index(c);
    map.count = 1;
    for (unsigned a = 0; a < state->rank; a++)
        target[a] = parallel_replace(&c->p, last->nest.target[a], &map, NULL);
    map.from[1] = before;
    map.to[1] = adc_read(graph, c->p.init, target);
    map.count = 2;
    c->p.versions.count = 0;
    ADC_PUSH(c->l->arena, c->p.versions, state);
    value = parallel_replace(&c->p, value, &map, NULL);
    c->p.own = NULL;
    map.count = 1;
    last->added = false;
    return adc_put(graph, c->p.init, elements_of(c, last, &map, value, NULL));
}

/* An array that was made of another one by changes. */
static node_t array_before(const struct changes *c, node_t array)
{
    switch (array->op) {
    case ADC_OP_PUT: return array->in[0];
    case ADC_OP_FINAL: return adc_final_carried(array).init;
    case ADC_OP_STATE: return lower_state(c->l, array->number)->init;
    default: return NULL;
    }
}

/* By id - index->id: it is the component's array, or was made of that by changes. */
static bool *find_versions(const struct changes *c)
{
    const struct adc_graph *graph = c->l->graph;
    uint32_t low = c->p.index->id, count = (uint32_t)graph->nodes.count;
    bool *version = ADC_NEW_ARRAY(c->l->arena, bool, count - low);
    for (uint32_t id = low; id < count; id++) {
        node_t node = graph->nodes.data[id], before = node->rank ? array_before(c, node) : NULL;
        version[id - low] =
            node == c->p.state || (before && before->id >= low && version[before->id - low]);
    }
    return version;
}

/* What nodes on the stack of a search are computed from in a pass; `seen` by id - index->id. False:
 * there is one that `stops` it. */
static bool search(struct changes *c, bool *seen, bool (*stops)(const void *of, node_t node),
                   const void *of)
{
    struct lower *l = c->l;
    uint32_t low = c->p.index->id;
    while (l->search.count) {
        node_t node = l->search.data[--l->search.count];
        if (node->id < low || seen[node->id - low]) continue;
        seen[node->id - low] = true;
        if (stops(of, node)) return false;
        for (unsigned i = 0; i < node->count; i++) ADC_PUSH(l->arena, l->search, node->in[i]);
    }
    return true;
}

/* By id - low. */
struct marks {
    const bool *marked;
    uint32_t low;
};

static bool reads_marked(const void *of, node_t node)
{
    const struct marks *versions = of;
    if (node->op != ADC_OP_READ || node->in[0]->id < versions->low) return false;
    return versions->marked[node->in[0]->id - versions->low];
}

static bool is_costly_marked(const void *of, node_t node)
{
    const struct marks *others = of;
    if (!others->marked[node->id - others->low]) return false;
    if (node->op == ADC_OP_LOOP || (node->op == ADC_OP_NEST && !node->rank)) return true;
    if (node->op < ADC_OP_FIRST_ELEMENTWISE) return false;
    return adc_op_info((enum adc_op)node->op)->properties & ADC_COSTLY;
}

static void search_others(struct changes *c, const struct lower_pass *pass, bool arrays)
{
    struct lower *l = c->l;
    l->search.count = 0;
    for (uint32_t i = 0; i < l->loop->leaves; i++)
        if (pass->states[i] != c->p.state && (pass->states[i]->rank > 0) == arrays)
            ADC_PUSH(l->arena, l->search, lower_state(l, pass->states[i]->number)->next);
}

/* Whether the loop makes the array, or what takes long in it, in any case: other variables look at
 * it, or numbers are made of the same. */
static bool is_made_anyway(struct changes *c, const struct lower_pass *pass)
{
    struct lower *l = c->l;
    uint32_t low = c->p.index->id;
    size_t count = l->graph->nodes.count - low;
    struct marks versions = {find_versions(c), low};
    bool *seen = ADC_NEW_ARRAY(l->arena, bool, count), *own = ADC_NEW_ARRAY(l->arena, bool, count);
    struct marks others = {seen, low};
    search_others(c, pass, false);
    if (!search(c, seen, reads_marked, &versions)) return true;
    l->search.count = 0;
    for (size_t i = 0; i < c->updates.count; i++)
        ADC_PUSH(l->arena, l->search, c->updates.data[i].value);
    if (!search(c, own, is_costly_marked, &others)) return true;
    search_others(c, pass, true);
    return !search(c, seen, reads_marked, &versions);
}

/* Of a plain `for`: each pass sets an element that it alone has, as its place says, or several by
 * one update. Nothing is added in another order. */
static node_t own_elements(struct changes *c, const struct lower_pass *pass)
{
    const struct update *u = &c->updates.data[0];
    bool own = false;
    for (unsigned a = 0; a < u->nest.rank; a++)
        own |= adc_is_coordinate(u->nest.target[a], c->p.index);
    if (!own || is_made_anyway(c, pass)) return NULL;
    bool alone = c->updates.count == 1 && !u->added && !u->repeats;
    if (alone && is_independent(c, u->value, u->node, u->inner, u->inner_count))
        return updated(c, c->p.init, u);
    for (size_t n = 0; n < c->updates.count; n++)
        if (c->updates.data[n].inner_count) return NULL;
    return is_one_element(c) ? element_put(c) : NULL;
}

/* Elements that are set are set by PUTs alone: sums would be added in another order. */
static node_t array_after(struct changes *c)
{
    bool added = true, set = true, free = true;
    for (size_t n = 0; n < c->updates.count; n++) {
        const struct update *u = &c->updates.data[n];
        added &= u->added;
        set &= !u->added && !u->repeats;
        free &= is_independent(c, u->value, u->node, u->inner, u->inner_count);
    }
    node_t array = c->p.init;
    if (free && (added || set)) {
        for (size_t i = c->updates.count; i-- > 0;) array = updated(c, array, &c->updates.data[i]);
        return array;
    }
    if (is_one_element(c)) return element_put(c);
    for (size_t n = 0; free && n < c->updates.count; n++)
        if (c->updates.data[n].repeats)
            refuse(c, c->updates.data[n].node, "a loop inside may set an element several times",
                   "compute its last value in a variable, and set the element behind that loop");
    if (free && !c->why)
        refuse(c, c->updates.data[0].node, "a pass both sets elements and adds to others",
               "add up in a variable and set the element once");
    return NULL;
}

/* ------------------------------------------------------------------------------ components */

/* The array belongs to a `@parallel for` around, which takes this loop for one of its own. */
static bool is_carried_in_parallel(struct lower *l, node_t array)
{
    while (array && array->rank) {
        if (array->op == ADC_OP_PUT) array = array->in[0];
        else if (array->op == ADC_OP_FINAL) array = adc_final_carried(array).init;
        else if (array->op != ADC_OP_STATE) return false;
        else if (lower_level(l, array->in[0])->parallel) return true;
        else array = lower_state(l, array->number)->init;
    }
    return false;
}

static void warn(const struct changes *c, const struct lower_pass *pass)
{
    const struct adc_graph *graph = c->l->graph;
    const struct adc_name *name = graph->names.data[c->p.state->id];
    node_t culprit = c->culprit;
    struct adc_span at = culprit ? graph->spans.data[culprit->id] : c->l->loop->node->span;
    struct adc_diag *diag =
        adc_diag_add(c->l->diags, ADC_E51, at, "passes over `%s` come one by one for `%s`: %s",
                     pass->binder->symbol->name->text, name ? name->text : "it", c->why);
    adc_diag_note(c->l->diags, diag, sema_at(c->l->loop->node),
                  "`@parallel` asks for all of them at once");
    adc_diag_help(c->l->diags, diag, "%s", c->instead);
}

const struct adc_node *lower_parallel(struct lower *l, const struct lower_pass *pass, uint32_t leaf,
                                      const struct adc_node *next)
{
    struct changes c = {.l = l};
    c.p.l = l;
    c.p.index = pass->level->index;
    c.p.state = pass->states[leaf];
    c.p.init = pass->inits[leaf];
    bool deferred = pass->outer || is_carried_in_parallel(l, c.p.init);
    bool ends = l->loop->guard != NULL, array = c.p.state->rank > 0;
    if (deferred || (!pass->level->parallel && (!array || ends))) return NULL;
    struct segment all = {.from = next, .to = c.p.state};
    node_t after = NULL;
    push(&c, &all, next, c.p.state, ends ? NULL : pass->level->guard);
    if (!pass->level->parallel) return take_arrays(&c) ? own_elements(&c, pass) : NULL;
    if (ends) refuse(&c, NULL, "the loop ends by `while`", "ask by `if` in its passes");
    else if (array && take_arrays(&c)) after = array_after(&c);
    else if (!array && take_scalars(&c, next)) after = scalar_after(&c);
    if (!after) warn(&c, pass);
    return after;
}
