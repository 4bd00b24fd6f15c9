/* Derivatives in a pass of a loop by a mark from before it, through earlier passes (ADC_THROUGH):
 * what the loop carries carries its derivative along.
 *
 *     s' = f(s, m)                          s' = f(s, m)
 *     ... grad(e(s, m), m) through ...      ds'[u] = df/dm[u] + df/ds * ds[u]
 *                                           ... de/dm[u] + de/ds * ds[u] ...
 *
 * for the elements u of the mark. Each STATE that was computed from the mark becomes a MARK of its
 * own, by which the partial derivatives are taken: GRAD, JVP and VJP nodes for expand.c, which then
 * lead through one pass alone. A pass costs as many forward sweeps as the mark has elements (real
 * time recurrent learning: Williams & Zipser, Neural Computation 1, 1989), and the work grows with
 * the number of passes, not with its square.
 *
 * Round by round those by one mark that need no other derivative through earlier passes; a
 * derivative that is carried to where it is taken needs one of next higher order each pass, which
 * the front end refuses. */
#include "ir/state.h"
#include "passes/passes.h"
#include "passes/walk.h"

typedef const struct adc_node *node_t;

/* A STATE that was computed from the mark: its copies, and its derivative, whose axes are those of
 * the mark, then its own. */
struct moving {
    node_t state, mark, dot;
};

struct through {
    const struct adc_function *from;
    struct adc_function *to;
    struct adc_arena *scratch;
    struct adc_diags *diags;
    struct walk walk;
    node_t mark;                       /* of the round */
    node_t *map;                       /* by old id */
    struct adc_carried *component;     /* by id of a STATE */
    struct moving **moving;            /* by id of a STATE */
    uint8_t *live, *chosen, *computed; /* by id; computed: from the mark */
};

/* Along the unit of the mark's element `at`, or (not NULL) along `weight`, shaped as the mark. */
struct direction {
    const node_t *at;
    node_t weight;
};

static bool is_through(node_t node)
{
    return adc_is_derivative(node) && node->number == ADC_THROUGH;
}

/* ------------------------------------------------------------------------ the round */

static void find_components(struct through *t)
{
    const struct adc_graph *graph = t->from->graph;
    for (size_t id = 0; id < graph->nodes.count; id++) {
        node_t node = graph->nodes.data[id];
        if (!t->live[id] || node->op != ADC_OP_LOOP) continue;
        for (unsigned i = 0; i < adc_loop_parts(node).count; i++) {
            struct adc_carried one = adc_loop_carried(node, i);
            t->component[one.state->id] = one;
        }
    }
}

/* Asks for what a derivative flows to the node from, in this pass and in earlier ones. */
static void add_sources(struct through *t, node_t node)
{
    if (node->op == ADC_OP_STOP) return;
    if (node->op == ADC_OP_FINAL) walk_add(&t->walk, adc_final_state(node));
    if (node->op == ADC_OP_STATE && t->component[node->id].init) {
        walk_add(&t->walk, t->component[node->id].init);
        walk_add(&t->walk, t->component[node->id].next);
    }
    for (unsigned i = 0; i < node->count; i++)
        if (adc_type_is_real(node->in[i]->type)) walk_add(&t->walk, node->in[i]);
}

/* Whether the derivative's value needs no such derivative itself, in earlier passes neither; its
 * STATEs, if it is chosen, are noted as `moving`. */
static bool is_ready(struct through *t, node_t derivative)
{
    ADC_VEC(node_t) states = {0};
    bool ready = true;
    node_t node;
    walk_add(&t->walk, derivative->in[0]);
    while (ready && (node = walk_next(&t->walk))) {
        ready = !is_through(node);
        add_sources(t, node);
        if (node->op != ADC_OP_STATE || !adc_indices_has(derivative->free, node->in[0])) continue;
        if (!adc_indices_has(t->mark->free, node->in[0])) ADC_PUSH(t->scratch, states, node);
    }
    walk_end(&t->walk);
    for (size_t i = 0; ready && i < states.count; i++)
        if (!t->moving[states.data[i]->id])
            t->moving[states.data[i]->id] = ADC_NEW(t->scratch, struct moving);
    return ready;
}

static bool is_computed(const struct through *t, node_t node)
{
    if (node == t->mark) return true;
    if (node->op == ADC_OP_STOP) return false;
    if (node->op == ADC_OP_STATE) {
        const struct adc_carried *one = &t->component[node->id];
        return one->init && (t->computed[one->init->id] || t->computed[one->next->id]);
    }
    if (node->op == ADC_OP_FINAL) return t->computed[adc_final_state(node)->id];
    for (unsigned i = 0; i < node->count; i++)
        if (t->computed[node->in[i]->id]) return true;
    return false;
}

/* Through reals, from pass to pass until that is all. */
static void find_computed(struct through *t)
{
    const struct adc_graph *graph = t->from->graph;
    for (size_t id = 0; id < graph->nodes.count; id++) t->computed[id] = 0;
    for (bool more = true; more;) {
        more = false;
        for (size_t id = 0; id < graph->nodes.count; id++) {
            node_t node = graph->nodes.data[id];
            if (!t->live[id] || t->computed[id] || !adc_type_is_real(node->type)) continue;
            t->computed[id] = is_computed(t, node);
            more = more || t->computed[id];
        }
    }
}

/* The first derivative that is ready, and all others by its mark that are. */
static void choose(struct through *t)
{
    const struct adc_graph *graph = t->from->graph;
    t->mark = NULL;
    for (size_t id = 0; id < graph->nodes.count; id++) {
        node_t node = graph->nodes.data[id];
        if (!t->live[id] || !is_through(node)) continue;
        node_t before = t->mark;
        if (before && node->in[1] != before) continue;
        t->mark = node->in[1];
        t->chosen[id] = is_ready(t, node);
        if (!t->chosen[id]) t->mark = before;
    }
    ADC_INVARIANT(t->mark, t->to->graph); /* no derivative is carried to itself */
    find_computed(t);
    for (size_t id = 0; id < graph->nodes.count; id++)
        if (!t->computed[id]) t->moving[id] = NULL;
}

/* ------------------------------------------------------------------------ directions */

static node_t as_type(struct through *t, node_t node, enum adc_type type)
{
    if (!node || (enum adc_type)node->type == type) return node;
    return adc_apply1(t->to->graph, type == ADC_F32 ? ADC_OP_F64_TO_F32 : ADC_OP_F32_TO_F64, node);
}

static node_t times(struct through *t, node_t a, node_t b)
{
    return adc_apply2(t->to->graph, ADC_OP_MUL_STRONG, a, as_type(t, b, (enum adc_type)a->type));
}

static node_t sum(struct through *t, node_t a, node_t b)
{
    if (!a || !b) return a ? a : b;
    return a->rank ? adc_join(t->to->graph, a, b) : adc_apply2(t->to->graph, ADC_OP_ADD, a, b);
}

static node_t the_mark(const struct through *t)
{
    return t->map[t->mark->id];
}

static node_t element(struct through *t, node_t array, const node_t *at)
{
    return array->rank ? adc_read(t->to->graph, array, at) : array;
}

/* Sum over the points of the indices; the value itself if there are none. */
static node_t sum_over(struct through *t, node_t value, const node_t *index, unsigned count)
{
    struct adc_nest nest = {.reduce = ADC_REDUCE_SUM, .value = value, .index = index};
    nest.index_count = count;
    return count ? adc_nest(t->to->graph, &nest) : value;
}

/* The array of the lengths of `like` whose elements are the values at the indices. */
static node_t array_of(struct through *t, node_t like, node_t value, const node_t *index)
{
    node_t shape[2 * ADC_MAX_RANK];
    struct adc_nest nest = {.reduce = ADC_REDUCE_SET, .value = value, .shape = shape};
    for (unsigned i = 0; i < like->rank; i++) shape[i] = adc_shape(like, i);
    nest.rank = nest.index_count = like->rank;
    nest.target = nest.index = index;
    return like->rank ? adc_nest(t->to->graph, &nest) : value;
}

/* The derivative of a STATE, its element at `at`, which has room for the mark's indices before. */
static node_t element_along(struct through *t, const struct moving *moving, node_t *at,
                            const struct direction *direction)
{
    unsigned rank = the_mark(t)->rank;
    node_t own[ADC_MAX_RANK];
    if (!direction->weight) {
        for (unsigned i = 0; i < rank; i++) at[i] = direction->at[i];
        return element(t, moving->dot, at);
    }
    adc_fresh_indices(t->to->graph, the_mark(t), own);
    for (unsigned i = 0; i < rank; i++) at[i] = own[i];
    node_t factor = element(t, direction->weight, own);
    return sum_over(t, times(t, element(t, moving->dot, at), factor), own, rank);
}

/* What a STATE changes by in the direction. */
static node_t state_along(struct through *t, const struct moving *moving,
                          const struct direction *direction)
{
    node_t at[2 * ADC_MAX_RANK], *index = at + the_mark(t)->rank;
    if (!the_mark(t)->rank && !direction->weight) return moving->dot;
    adc_fresh_indices(t->to->graph, moving->state, index);
    return array_of(t, moving->state, element_along(t, moving, at, direction), index);
}

/* ------------------------------------------------------------------------ derivatives */

/* The copy of STATE, with its derivative. */
static const struct moving *made(struct through *t, node_t state)
{
    struct moving *moving = t->moving[state->id];
    node_t shape[2 * ADC_MAX_RANK];
    unsigned rank = the_mark(t)->rank + state->rank;
    if (moving->dot) return moving;
    ADC_INVARIANT(rank <= ADC_MAX_RANK, t->to->graph);
    for (unsigned i = 0; i < rank; i++)
        shape[i] = i < the_mark(t)->rank ? adc_shape(the_mark(t), i)
                                         : adc_shape(moving->state, i - the_mark(t)->rank);
    moving->dot = adc_state_array(t->to->graph, moving->state->in[0], (enum adc_type)state->type,
                                  shape, rank, adc_is_history(state));
    return moving;
}

/* How a value changes along the direction through what the pass began with; NULL: not at all.
 * *direct: whether it is computed from the mark in this pass too. */
static node_t along_states(struct through *t, node_t value, const struct direction *direction,
                           bool *direct)
{
    struct adc_graph *graph = t->to->graph;
    node_t total = NULL, node;
    ADC_VEC(node_t) states = {0};
    *direct = false;
    if (t->computed[value->id]) walk_add(&t->walk, value);
    while ((node = walk_next(&t->walk))) {
        if (node == t->mark) *direct = true;
        bool state = node->op == ADC_OP_STATE && t->moving[node->id];
        if (state && adc_indices_has(value->free, node->in[0])) /* not of a loop inside */
            ADC_PUSH(t->scratch, states, node);
        for (unsigned i = 0; node != t->mark && i < node->count; i++)
            walk_add(&t->walk, node->in[i]);
    }
    walk_end(&t->walk);
    for (size_t i = 0; i < states.count; i++) {
        const struct moving *moving = made(t, states.data[i]);
        node_t dot = state_along(t, moving, direction);
        total = sum(t, total, adc_apply3(graph, ADC_OP_JVP, t->map[value->id], moving->mark, dot));
    }
    return total;
}

/* The same through the mark too, along a unit. */
static node_t along(struct through *t, node_t value, const node_t *at)
{
    struct direction direction = {.at = at};
    bool direct;
    node_t total = along_states(t, value, &direction, &direct);
    if (!direct) return total;
    node_t unit = adc_unit(t->to->graph, the_mark(t), at);
    node_t dot = adc_apply3(t->to->graph, ADC_OP_JVP, t->map[value->id], the_mark(t), unit);
    return sum(t, dot, total);
}

/* ------------------------------------------------------------- along all units, as arrays */

/* A nest of rank > 0 with the axes of the mark before its own. */
static node_t spread_nest(struct through *t, node_t node)
{
    struct adc_graph *graph = t->to->graph;
    struct adc_nest nest = adc_nest_parts(node);
    unsigned rank = the_mark(t)->rank, count = 0;
    node_t index[ADC_MAX_NEST], target[2 * ADC_MAX_RANK], shape[2 * ADC_MAX_RANK];
    ADC_INVARIANT(rank + nest.index_count + 2 * (rank + nest.rank) + 2 <= ADC_MAX_NEST, graph);
    adc_fresh_indices(graph, the_mark(t), index);
    for (; count < rank; count++) {
        target[count] = index[count];
        shape[count] = adc_shape(the_mark(t), count);
    }
    node_t value = along(t, nest.value, index);
    for (unsigned i = 0; i < nest.index_count; i++) index[rank + i] = t->map[nest.index[i]->id];
    for (unsigned i = 0; i < nest.rank; i++) {
        target[rank + i] = t->map[nest.target[i]->id];
        shape[rank + i] = t->map[nest.shape[i]->id];
    }
    nest.value = value ? value : adc_real(graph, (enum adc_type)node->type, 0.0);
    nest.guard = t->map[nest.guard->id];
    nest.index = index;
    nest.target = target;
    nest.shape = shape;
    nest.index_count += rank;
    nest.rank += rank;
    return adc_nest(graph, &nest);
}

/* Any value along all units, element by element. */
static node_t spread_any(struct through *t, node_t value)
{
    struct adc_graph *graph = t->to->graph;
    unsigned rank = the_mark(t)->rank;
    node_t index[2 * ADC_MAX_RANK], shape[2 * ADC_MAX_RANK], copy = t->map[value->id];
    struct adc_nest nest = {.reduce = ADC_REDUCE_SET, .index = index, .target = index};
    adc_fresh_indices(graph, the_mark(t), index);
    adc_fresh_indices(graph, copy, index + rank);
    node_t dot = along(t, value, index);
    if (dot && !rank) return dot;
    nest.rank = nest.index_count = rank + value->rank;
    for (unsigned i = 0; i < nest.rank; i++)
        shape[i] = i < rank ? adc_shape(the_mark(t), i) : adc_shape(copy, i - rank);
    nest.shape = shape;
    if (!dot) nest.guard = adc_bool(graph, false);
    nest.value =
        dot ? element(t, dot, index + rank) : adc_real(graph, (enum adc_type)value->type, 0.0);
    return nest.rank ? adc_nest(graph, &nest) : nest.value;
}

static bool changes_by_elements(node_t value)
{
    return value->op == ADC_OP_PUT || value->op == ADC_OP_JOIN;
}

/* Along all units, in the shape of a STATE's derivative. Arrays that change by elements do so too:
 * what a pass puts costs no more than that. */
static node_t spread(struct through *t, node_t value)
{
    ADC_VEC(node_t) changes = {0};
    node_t total;
    while (changes_by_elements(value) || (value->op == ADC_OP_MARK && value != t->mark)) {
        if (value->op != ADC_OP_MARK) ADC_PUSH(t->scratch, changes, value);
        value = value->in[0];
    }
    if (value->op == ADC_OP_STATE && t->moving[value->id]) total = made(t, value)->dot;
    else if (value->op == ADC_OP_FINAL && t->moving[adc_final_state(value)->id])
        total =
            adc_final(t->to->graph, t->map[value->in[0]->id], made(t, adc_final_state(value))->dot);
    else if (value->op == ADC_OP_NEST && value->rank && t->computed[value->id])
        total = spread_nest(t, value);
    else total = spread_any(t, value);
    while (changes.count) {
        node_t change = changes.data[--changes.count], points = change->in[1];
        if (change->op == ADC_OP_PUT) total = adc_put(t->to->graph, total, spread_nest(t, points));
        else if (points->op == ADC_OP_NEST)
            total = adc_join(t->to->graph, total, spread_nest(t, points));
        else total = adc_join(t->to->graph, total, spread_any(t, points));
    }
    return total;
}

/* ------------------------------------------------------------------------ making */

/* The inner product of an adjoint and a tangent of one value. */
static node_t product(struct through *t, node_t bar, node_t dot)
{
    node_t index[ADC_MAX_RANK];
    if (!dot->rank) return times(t, bar, dot);
    adc_fresh_indices(t->to->graph, dot, index);
    node_t terms = times(t, element(t, bar, index), element(t, dot, index));
    return sum_over(t, terms, index, dot->rank);
}

static node_t made_jvp(struct through *t, node_t node)
{
    struct direction direction = {.weight = t->map[node->in[2]->id]};
    bool direct;
    node_t through = along_states(t, node->in[0], &direction, &direct), dot = NULL;
    node_t value = t->map[node->in[0]->id];
    if (direct) dot = adc_apply3(t->to->graph, ADC_OP_JVP, value, the_mark(t), direction.weight);
    dot = sum(t, dot, through);
    return dot ? dot : adc_zero_like(t->to->graph, value);
}

/* GRAD and VJP: in the shape of the mark. */
static node_t made_adjoint(struct through *t, node_t node)
{
    struct adc_graph *graph = t->to->graph;
    node_t index[ADC_MAX_RANK], bar = NULL, value = t->map[node->in[0]->id];
    node_t weight = node->op == ADC_OP_VJP ? t->map[node->in[2]->id] : NULL;
    struct direction direction = {.at = index};
    bool direct;
    adc_fresh_indices(graph, the_mark(t), index);
    node_t through = along_states(t, node->in[0], &direction, &direct);
    if (through && weight) through = product(t, weight, through);
    if (through) through = as_type(t, through, (enum adc_type)node->type);
    if (through) through = array_of(t, the_mark(t), through, index);
    if (direct)
        bar = weight ? adc_apply3(graph, ADC_OP_VJP, value, the_mark(t), weight)
                     : adc_apply2(graph, ADC_OP_GRAD, value, the_mark(t));
    bar = sum(t, bar, through);
    return bar ? bar : adc_zero_like(graph, the_mark(t));
}

/* Whether the loop can carry derivatives too; if not, that has been said. */
static bool has_room(struct through *t, node_t node)
{
    unsigned count = adc_loop_parts(node).count, more = 0;
    for (unsigned i = 0; i < count; i++)
        more += t->moving[adc_loop_carried(node, i).state->id] != NULL;
    if (!more || count + more <= ADC_MAX_CARRIED) return true;
    adc_diag_add(t->diags, ADC_E37, t->to->graph->span,
                 "a loop changes more than %d values, with the derivatives that it carries",
                 ADC_MAX_CARRIED);
    return false;
}

static node_t made_loop(struct through *t, node_t node)
{
    struct adc_loop loop = adc_loop_parts(node);
    unsigned count = loop.count;
    struct adc_carried *carried = ADC_NEW_ARRAY(t->scratch, struct adc_carried, 2 * (size_t)count);
    for (unsigned i = 0; i < count; i++) {
        struct adc_carried one = adc_loop_carried(node, i);
        const struct moving *moving = t->moving[one.state->id] ? made(t, one.state) : NULL;
        carried[i].state = moving ? moving->state : t->map[one.state->id];
        carried[i].init = t->map[one.init->id];
        carried[i].next = t->map[one.next->id];
        if (!moving) continue;
        carried[loop.count].state = moving->dot;
        carried[loop.count].init = spread(t, one.init);
        carried[loop.count++].next = spread(t, one.next);
    }
    loop.index = t->map[loop.index->id];
    loop.guard = t->map[loop.guard->id];
    loop.carried = carried;
    return adc_loop(t->to->graph, &loop);
}

static node_t again(struct through *t, node_t node)
{
    node_t in[ADC_MAX_INPUTS];
    for (unsigned i = 0; i < node->count; i++) in[i] = t->map[node->in[i]->id];
    return adc_copy(t->to->graph, t->from->graph, node, in);
}

/* A derivative that nobody asks for leads through one pass alone, and so is no work. */
static node_t without_use(struct through *t, node_t node)
{
    node_t in[3];
    for (unsigned i = 0; i < node->count; i++) in[i] = t->map[node->in[i]->id];
    return adc_apply(t->to->graph, (enum adc_op)node->op, in, node->count);
}

/* The node again; NULL after a diagnostic. */
static node_t make(struct through *t, node_t node)
{
    struct adc_graph *graph = t->to->graph;
    graph->span = t->from->graph->spans.data[node->id];
    if (t->chosen[node->id])
        return node->op == ADC_OP_JVP ? made_jvp(t, node) : made_adjoint(t, node);
    if (node->op == ADC_OP_LOOP) return has_room(t, node) ? made_loop(t, node) : NULL;
    if (is_through(node) && !t->live[node->id]) return without_use(t, node);
    node_t copy = again(t, node);
    struct moving *moving = t->moving[node->id];
    if (!moving) return copy;
    *moving = (struct moving){.state = copy, .mark = adc_mark(graph, copy)};
    return moving->mark;
}

/* A round; NULL after a diagnostic. `map`: by id of `from`. */
static struct adc_function *made_round(struct adc_arena *arena, const struct adc_function *from,
                                       struct adc_arena *scratch, struct adc_diags *diags,
                                       node_t **map)
{
    size_t count = from->graph->nodes.count;
    struct through t = {.from = from, .scratch = scratch, .diags = diags};
    t.live = ADC_NEW_ARRAY(scratch, uint8_t, count);
    t.chosen = ADC_NEW_ARRAY(scratch, uint8_t, count);
    t.computed = ADC_NEW_ARRAY(scratch, uint8_t, count);
    t.moving = ADC_NEW_ARRAY(scratch, struct moving *, count);
    t.component = ADC_NEW_ARRAY(scratch, struct adc_carried, count);
    t.map = *map = ADC_NEW_ARRAY(scratch, node_t, count);
    t.to = pass_new_like(arena, from);
    adc_function_live(from, t.live);
    walk_init(&t.walk, from->graph, scratch);
    find_components(&t);
    choose(&t);
    for (size_t id = 0; id < count; id++) {
        t.map[id] = make(&t, from->graph->nodes.data[id]);
        if (!t.map[id]) return NULL;
    }
    pass_map_roots(t.to, from, t.map);
    return t.to;
}

static bool has_through(const struct adc_graph *graph)
{
    for (size_t id = 0; id < graph->nodes.count; id++)
        if (is_through(graph->nodes.data[id])) return true;
    return false;
}

const struct adc_function *pass_through(struct adc_arena *arena,
                                        const struct adc_function *function,
                                        struct adc_arena *scratch, struct adc_diags *diags,
                                        const struct adc_node **map)
{
    const struct adc_graph *written = function->graph;
    node_t *round;
    size_t count = written->nodes.count;
    for (size_t id = 0; map && id < count; id++) map[id] = written->nodes.data[id];
    while (has_through(function->graph)) {
        function = made_round(arena, function, scratch, diags, &round);
        if (!function) return NULL;
        for (size_t id = 0; map && id < count; id++) map[id] = round[map[id]->id];
    }
    return function;
}
