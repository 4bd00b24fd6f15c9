/* Costly elements that nobody asks for are not computed.
 *
 *     let y[v] = e(sum(b: s(b, v)))       let asked = sum(p -> [f[p]]: 1)
 *     ... y[f[p]] ...                     let y[v if asked[v] > 0] = e(sum(b if asked[v] > 0: ...))
 *
 * in       a function with its derivatives, so that what these need for each element is left to the
 *          same rule
 * out      nests whose other elements are `unread`. What is the same for all elements leaves their
 *          loop, with the arm that the filter is (schedule_lift.c). A sum may get an array of its
 *          own and has the filter, too
 * asked    at places that int parameters give, computed from nothing else but indices; or by
 *          another such array for its own element, if that is asked for
 * costly   a sum in each element that nothing else computes, or reads of one that has such. The sum
 *          gets the condition as a filter, which leaves its loop (unswitch.c)
 * law      what is read is computed as before, bit for bit. Checks are conditions of their own and
 *          hold for all elements
 * cost     bodies of nests */
#include "passes/passes.h"
#include "passes/point.h"

#include "ir/state.h"

typedef const struct adc_node *node_t;

enum { ALL_AXES = (1 << ADC_MAX_RANK) - 1 };

/* The element of `array` that is read in the body of `map`, at its own index. */
struct relation {
    node_t map, array;
};

/* A sum is computed for all values of an index. */
struct other {
    node_t index;
    uint32_t before; /* 1 + the one before of that sum, or 0 */
};

struct wish {
    ADC_VEC(node_t) places; /* ints */
    node_t index;           /* of the axis in question; NULL: the array is computed as it is */
    unsigned axis;
    uint32_t everywhere; /* bits of axes along which all elements may be asked for */
    bool costly;
};

struct asking {
    const struct adc_graph *graph;
    struct adc_arena *scratch;
    uint8_t *live, *plain, *gathers, *early; /* by id; of ints: `plain`, `gathers` an element */
    uint8_t *is_time;                        /* by id: an index that a LOOP binds */
    struct wish *wish;                       /* by id of an array */
    uint8_t *everywhere;                     /* by id of a sum: not in wanted elements alone */
    uint32_t *last_other;                    /* by id of a sum: 1 + the last of `others`, or 0 */
    uint32_t *stamp;
    ADC_VEC(node_t) stack;
    ADC_VEC(struct relation) relations, sums; /* `array`: the sum in an element */
    ADC_VEC(struct other) others;
};

/* ------------------------------------------------------------------------------ places */

static bool is_plain(const struct asking *a, node_t node)
{
    bool read = node->op == ADC_OP_READ, scalar = node->op >= ADC_OP_FIRST_ELEMENTWISE;
    if (node->op == ADC_OP_PARAM || adc_is_const(node)) return true;
    if (adc_type_is_real((enum adc_type)node->type) || node->rank) return false;
    if (node->op == ADC_OP_INDEX && a->is_time[node->id]) return false;
    if (!scalar && !read && node->op != ADC_OP_INDEX && node->op != ADC_OP_IF) return false;
    for (unsigned i = 0; i < node->count; i++)
        if (!a->plain[node->in[i]->id]) return false;
    return true;
}

static void find_plain(struct asking *a)
{
    size_t count = a->graph->nodes.count;
    for (size_t id = 0; id < count; id++)
        if (a->live[id] && a->graph->nodes.data[id]->op == ADC_OP_LOOP)
            a->is_time[a->graph->nodes.data[id]->in[0]->id] = 1;
    for (size_t id = 0; id < count; id++) {
        node_t node = a->graph->nodes.data[id];
        if (!a->live[id] || !is_plain(a, node)) continue;
        a->plain[id] = 1;
        a->gathers[id] = node->op == ADC_OP_READ;
        for (unsigned i = 0; i < node->count; i++) a->gathers[id] |= a->gathers[node->in[i]->id];
    }
}

static void add_place(struct asking *a, struct wish *wish, node_t place)
{
    for (size_t i = 0; i < wish->places.count; i++)
        if (wish->places.data[i] == place) return;
    ADC_PUSH(a->scratch, wish->places, place);
}

/* ------------------------------------------------------------------------------ wishes */

/* Elements at the index of a loop around are looked at from there. */
static void look_at_read(struct asking *a, node_t read)
{
    struct wish *wish = &a->wish[read->in[0]->id];
    for (unsigned axis = 0; axis + 1 < read->count; axis++) {
        node_t place = read->in[axis + 1];
        bool known = a->plain[place->id] && a->gathers[place->id];
        if (place->op != ADC_OP_INDEX && !known) wish->everywhere |= 1u << axis;
    }
}

static void look_at_uses(struct asking *a, node_t node)
{
    for (unsigned i = node->op == ADC_OP_READ; i < node->count; i++)
        if (node->in[i]->rank) a->wish[node->in[i]->id].everywhere = ALL_AXES;
    if (node->op == ADC_OP_READ) look_at_read(a, node);
}

/* The first axis along which not all elements are asked for. All uses have been looked at. */
static void choose_axis(struct wish *wish, node_t node)
{
    struct adc_nest nest = adc_nest_parts(node);
    if (nest.reduce != ADC_REDUCE_SET || !adc_is_true(nest.guard)) return;
    for (unsigned axis = 0; axis < nest.rank && !wish->index; axis++) {
        node_t index = nest.target[axis];
        if (wish->everywhere >> axis & 1 || !adc_among(index, nest.index, nest.index_count) ||
            !point_runs_over(index, nest.shape[axis]) || adc_among(index, nest.target, axis))
            continue;
        wish->index = index;
        wish->axis = axis;
    }
}

/* In the body of `map`, which binds `index` and has an element for each value of it that is asked
 * for; or (`wanted` false) for all. */
static void look_at_own(struct asking *a, node_t map, node_t read, node_t index, bool wanted)
{
    for (unsigned axis = 0; axis + 1 < read->count; axis++) {
        if (read->in[axis + 1] != index) continue;
        if (!wanted) a->wish[read->in[0]->id].everywhere |= 1u << axis;
        else ADC_PUSH(a->scratch, a->relations, ((struct relation){map, read->in[0]}));
    }
}

static bool is_sum_inside(node_t node, node_t index)
{
    return node->op == ADC_OP_NEST && !node->rank && adc_indices_has(node->free, index);
}

static void look_at_sum(struct asking *a, node_t map, node_t sum, const node_t *index,
                        unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        if (!is_sum_inside(sum, index[i])) continue;
        if (index[i] == a->wish[map->id].index) {
            ADC_PUSH(a->scratch, a->sums, ((struct relation){map, sum}));
            continue;
        }
        struct other other = {index[i], a->last_other[sum->id]};
        ADC_PUSH(a->scratch, a->others, other);
        a->last_other[sum->id] = (uint32_t)a->others.count;
    }
}

static void look_inside(struct asking *a, node_t node, const node_t *index, unsigned count)
{
    struct wish *wish = &a->wish[node->id];
    a->stack.count = 0;
    ADC_PUSH(a->scratch, a->stack, node);
    while (a->stack.count) {
        node_t inner = a->stack.data[--a->stack.count];
        bool varies = inner == node;
        if (a->stamp[inner->id] == node->id) continue;
        a->stamp[inner->id] = node->id;
        for (unsigned i = 0; i < count && !varies; i++)
            varies = adc_indices_has(inner->free, index[i]);
        if (!varies) continue;
        for (unsigned i = 0; i < count && inner->op == ADC_OP_READ; i++)
            look_at_own(a, node, inner, index[i], index[i] == wish->index);
        look_at_sum(a, node, inner, index, count);
        for (unsigned i = 0; i < inner->count; i++) ADC_PUSH(a->scratch, a->stack, inner->in[i]);
    }
}

/* Whoever uses it comes later in the graph and has been looked at. */
static void look_at_node(struct asking *a, node_t node)
{
    if (node->op == ADC_OP_NEST) {
        struct adc_nest nest = adc_nest_parts(node);
        if (nest.rank) choose_axis(&a->wish[node->id], node);
        look_inside(a, node, nest.index, nest.index_count);
    }
    if (node->op == ADC_OP_LOOP) look_inside(a, node, node->in, 1);
    look_at_uses(a, node);
}

/* Elements at an index of a map are those that the map is asked for: hand_on. */
static void take_places(struct asking *a, node_t read)
{
    struct wish *wish = &a->wish[read->in[0]->id];
    if (!wish->index) return;
    node_t place = read->in[wish->axis + 1];
    if (place->op != ADC_OP_INDEX) add_place(a, wish, place);
}

/* Costs go from what is read to what reads it, places the other way. */
static void hand_on(struct asking *a)
{
    size_t count = a->relations.count;
    for (size_t i = 0; i < a->sums.count; i++) {
        struct relation sum = a->sums.data[i];
        uint32_t id = sum.array->id;
        for (uint32_t k = a->last_other[id]; k; k = a->others.data[k - 1].before)
            a->everywhere[id] |= a->others.data[k - 1].index == a->wish[sum.map->id].index;
        a->wish[sum.map->id].costly |= !a->everywhere[id];
    }
    for (size_t i = count; i-- > 0;) {
        struct relation relation = a->relations.data[i];
        struct wish *array = &a->wish[relation.array->id];
        a->wish[relation.map->id].costly |= array->index && array->costly;
    }
    for (size_t id = a->graph->nodes.count; id-- > 0;)
        if (a->live[id] && a->graph->nodes.data[id]->op == ADC_OP_READ)
            take_places(a, a->graph->nodes.data[id]);
    for (size_t i = 0; i < count; i++) {
        struct relation relation = a->relations.data[i];
        struct wish *map = &a->wish[relation.map->id], *array = &a->wish[relation.array->id];
        for (size_t p = 0; array->index && p < map->places.count; p++)
            add_place(a, array, map->places.data[p]);
    }
}

/* Whether some array is to be computed in part; marks what places are made of. */
static bool mark_early(struct asking *a)
{
    bool any = false;
    for (size_t id = 0; id < a->graph->nodes.count; id++) {
        struct wish *wish = &a->wish[id];
        if (!wish->costly || !wish->places.count) wish->index = NULL;
        if (!wish->index) continue;
        any = true;
        a->early[adc_nest_parts(a->graph->nodes.data[id]).shape[wish->axis]->id] = 1;
        for (size_t i = 0; i < wish->places.count; i++) a->early[wish->places.data[i]->id] = 1;
    }
    for (size_t id = a->graph->nodes.count; id-- > 0;)
        for (unsigned i = 0; a->early[id] && i < a->graph->nodes.data[id]->count; i++)
            a->early[a->graph->nodes.data[id]->in[i]->id] = 1;
    return any;
}

static bool find_wishes(struct asking *a, const struct adc_function *function)
{
    size_t count = a->graph->nodes.count;
    find_plain(a);
    for (size_t i = 0; i < function->results.count; i++)
        for (unsigned k = 0; k < function->results.data[i].count; k++)
            a->wish[function->results.data[i].nodes[k]->id].everywhere = ALL_AXES;
    for (size_t id = count; id-- > 0;)
        if (a->live[id]) look_at_node(a, a->graph->nodes.data[id]);
    hand_on(a);
    return mark_early(a);
}

/* -------------------------------------------------------------------------------- maps */

/* How often each element along an axis of that length is asked for at a place. */
static node_t counts(struct adc_graph *graph, node_t place, node_t length)
{
    node_t index[ADC_MAX_NEST];
    struct adc_nest nest = {.reduce = ADC_REDUCE_SUM, .value = adc_int(graph, 1), .rank = 1};
    nest.guard = adc_bool(graph, true);
    nest.target = &place;
    nest.shape = &length;
    nest.index = index;
    for (uint32_t i = 0; place->free && i < place->free->count; i++) {
        unsigned at = nest.index_count++;
        for (; at && index[at - 1]->id > place->free->index[i]->id; at--) index[at] = index[at - 1];
        index[at] = place->free->index[i];
    }
    return adc_nest(graph, &nest);
}

static node_t is_asked(struct asking *a, struct adc_graph *graph, node_t old, const node_t *map)
{
    const struct wish *wish = &a->wish[old->id];
    node_t all = NULL, index = map[wish->index->id];
    node_t length = map[adc_nest_parts(old).shape[wish->axis]->id];
    for (size_t i = 0; i < wish->places.count; i++) {
        node_t one = counts(graph, map[wish->places.data[i]->id], length);
        all = all ? adc_join(graph, all, one) : one;
    }
    return adc_apply2(graph, ADC_OP_IGT, adc_read(graph, all, &index), adc_int(graph, 0));
}

/* What the value is computed from for each element of its own, down to the sums in it, by id. */
static uint8_t *find_body(struct asking *a, node_t value, node_t index)
{
    uint8_t *body = ADC_NEW_ARRAY(a->scratch, uint8_t, (size_t)value->id + 1);
    body[value->id] = 1;
    for (size_t id = (size_t)value->id + 1; id-- > 0;) {
        node_t node = a->graph->nodes.data[id];
        if (body[id]) body[id] = adc_indices_has(node->free, index);
        if (!body[id] || is_sum_inside(node, index)) continue;
        for (unsigned i = 0; i < node->count; i++) body[node->in[i]->id] = 1;
    }
    return body;
}

/* The map again, for elements that somebody asks for. */
static node_t asked_only(struct asking *a, struct adc_graph *graph, node_t old, const node_t *map)
{
    node_t index = a->wish[old->id].index, in[ADC_MAX_INPUTS];
    node_t asked = is_asked(a, graph, old, map), value = adc_nest_parts(old).value;
    const uint8_t *body = find_body(a, value, index);
    node_t *own = ADC_NEW_ARRAY(a->scratch, node_t, (size_t)value->id + 1);
    for (uint32_t id = 0; id <= value->id; id++) {
        node_t node = a->graph->nodes.data[id];
        own[id] = map[id];
        if (!body[id] || node == index) continue;
        graph->span = a->graph->spans.data[id];
        if (is_sum_inside(node, index) && !a->everywhere[id]) {
            struct adc_nest sum = adc_nest_parts(map[id]);
            if (adc_is_true(sum.guard)) sum.guard = asked;
            else sum.guard = adc_apply2(graph, ADC_OP_AND, asked, sum.guard);
            own[id] = adc_nest(graph, &sum);
            continue;
        }
        for (unsigned i = 0; i < node->count; i++) in[i] = own[node->in[i]->id];
        own[id] = adc_copy(graph, a->graph, node, in);
    }
    struct adc_nest nest = adc_nest_parts(map[old->id]);
    nest.value = own[value->id];
    nest.guard = asked;
    nest.unread = true;
    return adc_nest(graph, &nest);
}

static void copy(struct adc_function *to, const struct adc_graph *from, node_t node, node_t *map)
{
    node_t in[ADC_MAX_INPUTS];
    for (unsigned i = 0; i < node->count; i++) in[i] = map[node->in[i]->id];
    map[node->id] = adc_copy(to->graph, from, node, in);
}

struct adc_function *pass_asked(struct adc_arena *arena, struct adc_function *function,
                                struct adc_arena *scratch)
{
    const struct adc_graph *from = function->graph;
    size_t count = from->nodes.count;
    struct asking a = {.graph = from, .scratch = scratch};
    a.live = ADC_NEW_ARRAY(scratch, uint8_t, count);
    a.plain = ADC_NEW_ARRAY(scratch, uint8_t, count);
    a.gathers = ADC_NEW_ARRAY(scratch, uint8_t, count);
    a.early = ADC_NEW_ARRAY(scratch, uint8_t, count);
    a.is_time = ADC_NEW_ARRAY(scratch, uint8_t, count);
    a.wish = ADC_NEW_ARRAY(scratch, struct wish, count);
    a.last_other = ADC_NEW_ARRAY(scratch, uint32_t, count);
    a.everywhere = ADC_NEW_ARRAY(scratch, uint8_t, count);
    a.stamp = ADC_NEW_ARRAY(scratch, uint32_t, count);
    adc_function_live(function, a.live);
    if (!find_wishes(&a, function)) return function;
    struct adc_function *to = pass_new_like(arena, function);
    node_t *map = ADC_NEW_ARRAY(scratch, node_t, count);
    for (size_t id = 0; id < count; id++)
        if (a.live[id] && a.early[id]) copy(to, from, from->nodes.data[id], map);
    for (size_t id = 0; id < count; id++) {
        node_t node = from->nodes.data[id];
        if (!a.live[id]) continue;
        copy(to, from, node, map);
        to->graph->span = from->spans.data[id];
        if (a.wish[id].index) map[id] = asked_only(&a, to->graph, node, map);
        if (node->op != ADC_OP_PARAM) adc_graph_take_notes(to->graph, map[id], from, node);
    }
    pass_map_roots(to, function, map);
    return to;
}
