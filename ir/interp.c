/* The interpreter: every closed node's value in ascending id, the oracle of the tests and of `adc
 * trace`.
 *
 * All operators are total, so both arms of an `if` are evaluated and the condition chooses; what
 * the arm not taken computed is looked at by nobody, and a read outside its array gives 0.
 * Derivative nodes must have been expanded.
 *
 * scopes   nests and loops. The nodes that depend on a scope's indices are evaluated anew where the
 *          innermost of these changes (its plan); nodes that depend on further indices belong to
 *          scopes further in, which recurse, as deep as indices can be open (ADC_MAX_NEST)
 * arrays   versions (interp_array.h): an update costs what it touches, whoever reads the older
 *          array and in whatever order, and arrays of a pass are given back in the next one */
#include "ir/function.h"
#include "ir/interp_array.h"
#include "ir/state.h"

#include <math.h>

enum { LEVEL_GUARD, LEVEL_BODY }; /* of a loop's plan: what its guard needs, the rest */

/* A live FINAL, and the state whose value it gets. */
struct last {
    const struct adc_node *node, *state;
};

/* What a scope evaluates when the index of a level has got a value, in ascending id. */
struct plan {
    ADC_VEC(const struct adc_node *) level[ADC_MAX_NEST];
    ADC_VEC(const struct adc_node *) arrays; /* those among them */
    ADC_VEC(struct last) finals;             /* of a loop */
    bool dense; /* the nest wrote many of its elements when it ran last */
    /* what an outer scope keeps meanwhile, made when first needed: values, and arrays */
    union adc_value *kept;
    struct interp_array **kept_arrays;
    /* of a loop, by component: between the passes */
    union adc_value *next;
    struct interp_array **next_arrays;
};

struct machine {
    const struct adc_graph *graph;
    struct adc_arena *arena;
    const union adc_value *arguments;
    union adc_value *values;               /* by id, of scalars */
    struct interp_array **arrays;          /* by id: a handle */
    const struct adc_node *const **shapes; /* by id of an array: its lengths */
    struct interp_store store;
    struct plan **plans;  /* by id of a nest or loop, made when it first runs */
    uint8_t *live, *open; /* by id; open: of an index: scopes that bind it and are running */
    uint8_t *points;      /* by id of a nest: `put` takes its points */
    uint32_t *stamp;      /* by id: last plan that looked at the node */
    uint32_t stamps;
};

static void run_nest(struct machine *m, const struct adc_node *node);
static void run_loop(struct machine *m, const struct adc_node *node);

/* ------------------------------------------------------------------------ arrays */

static size_t length_of(struct machine *m, const struct adc_node *array)
{
    size_t total = 1;
    for (unsigned i = 0; i < array->rank; i++) {
        int64_t n = m->values[m->shapes[array->id][i]->id].integer;
        if (n > 0 && total > (size_t)INT64_MAX / (size_t)n)
            adc_arena_array(m->arena, total, SIZE_MAX); /* out of memory */
        total *= n > 0 ? (size_t)n : 0;
    }
    return total;
}

/* Position of the element whose coordinates are the values of `element`; -1 outside the array. */
static int64_t position(const struct machine *m, const struct adc_node *array,
                        const struct adc_node *const *element)
{
    int64_t at = 0;
    for (unsigned i = 0; i < array->rank; i++) {
        int64_t n = m->values[m->shapes[array->id][i]->id].integer;
        int64_t e = m->values[element[i]->id].integer;
        if (e < 0 || e >= n) return -1;
        at = at * n + e;
    }
    return at;
}

static union adc_value read_element(const struct machine *m, const struct adc_node *node)
{
    int64_t at = position(m, node->in[0], node->in + 1);
    if (at < 0) return (union adc_value){.bits = 0};
    return interp_read(m->arrays[node->in[0]->id], (size_t)at);
}

/* The node's array becomes `array`, whose handle it takes. */
static void hold(struct machine *m, const struct adc_node *node, struct interp_array *array)
{
    struct interp_array *old = m->arrays[node->id];
    m->arrays[node->id] = array;
    if (old) interp_drop(&m->store, old);
}

/* What holds the lengths of an array, as adc_shape finds it. */
static const struct adc_node *const *shape_of(const struct machine *m, const struct adc_node *node)
{
    const struct adc_node *like = node->count ? node->in[0] : NULL;
    switch (node->op) {
    case ADC_OP_PARAM: return node->in;
    case ADC_OP_STATE: return node->in + 1;
    case ADC_OP_NEST: return adc_nest_parts(node).shape;
    case ADC_OP_FINAL: like = adc_final_state(node); break;
    default: break; /* MARK, STOP, JOIN, PUT */
    }
    return m->shapes[like->id];
}

/* ------------------------------------------------------------------------- nodes */

static union adc_value evaluate(struct machine *m, const struct adc_node *node)
{
    union adc_value in[3] = {{.bits = 0}, {.bits = 0}, {.bits = 0}};
    switch (node->op) {
    case ADC_OP_CONST: return node->value;
    case ADC_OP_PARAM: return m->arguments[node->number];
    case ADC_OP_READ: return read_element(m, node);
    default: break;
    }
    ADC_INVARIANT(node->count <= 3, m->graph);
    for (unsigned i = 0; i < node->count; i++) in[i] = m->values[node->in[i]->id];
    switch (node->op) {
    case ADC_OP_IF: return in[0].boolean ? in[1] : in[2];
    case ADC_OP_MARK:
    case ADC_OP_STOP: return in[0];
    default: break;
    }
    ADC_INVARIANT(node->op >= ADC_OP_FIRST_ELEMENTWISE, m->graph);
    bool real = adc_type_is_real(node->type);
    enum adc_type type = real || !node->count ? node->type : node->in[0]->type;
    return adc_op_apply(node->op, type, in);
}

static struct interp_array *evaluate_array(struct machine *m, const struct adc_node *node)
{
    struct interp_array *a = m->arrays[node->in[0]->id];
    switch (node->op) {
    case ADC_OP_PARAM:
        return interp_borrow(&m->store, length_of(m, node), m->arguments[node->number].elements);
    case ADC_OP_JOIN: return interp_join(&m->store, node->type, a, m->arrays[node->in[1]->id]);
    case ADC_OP_PUT: return interp_put(&m->store, a, m->arrays[node->in[1]->id]);
    default: break;
    }
    ADC_INVARIANT(node->op == ADC_OP_MARK || node->op == ADC_OP_STOP, m->graph);
    return interp_keep(a);
}

static void give(struct machine *m, const struct adc_node *node)
{
    switch (node->op) {
    case ADC_OP_INDEX:
    case ADC_OP_STATE:
    case ADC_OP_FINAL: return; /* their nests and loops give them values */
    case ADC_OP_NEST: run_nest(m, node); return;
    case ADC_OP_LOOP: run_loop(m, node); return;
    default: break;
    }
    if (node->rank) hold(m, node, evaluate_array(m, node));
    else m->values[node->id] = evaluate(m, node);
}

/* ------------------------------------------------------------------------- plans */

/* What nests and loops have in common. */
struct scope {
    const struct adc_node *node;
    const struct adc_node *const *index;
    unsigned count, levels;
};

static struct scope scope_of(const struct adc_node *node)
{
    struct scope scope = {node, node->in, 1, 2}; /* of a loop */
    if (node->op == ADC_OP_LOOP) return scope;
    struct adc_nest nest = adc_nest_parts(node);
    scope.index = nest.index;
    scope.count = scope.levels = nest.index_count;
    return scope;
}

/* The level at which `node` changes: the last of the scope's indices that it depends on; -1 if it
 * depends on none, or on an index that is bound further in. */
static int level_of(const struct scope *scope, const struct adc_node *node)
{
    int level = -1;
    for (uint32_t i = 0; node->free && i < node->free->count; i++) {
        const struct adc_node *index = node->free->index[i];
        int found = -1;
        for (unsigned j = 0; j < scope->count; j++)
            if (scope->index[j] == index) found = (int)j;
        if (found < 0 && !adc_indices_has(scope->node->free, index)) return -1;
        if (found > level) level = found;
    }
    return level;
}

/* Whether the walk goes on into what `node` is computed from: it depends on one of the scope's
 * indices. */
static bool depends(const struct scope *scope, const struct adc_node *node)
{
    for (unsigned j = 0; j < scope->count; j++)
        if (adc_indices_has(node->free, scope->index[j])) return true;
    return false;
}

/* Stamps what the stamped nodes up to `last` that depend on the scope are computed from. */
static void spread(struct machine *m, const struct scope *scope, uint32_t last, uint32_t stamp)
{
    for (uint32_t id = last + 1; id-- > 0;) {
        const struct adc_node *inner = m->graph->nodes.data[id];
        if (m->stamp[id] != stamp || !depends(scope, inner)) continue;
        for (unsigned i = 0; i < inner->count; i++) m->stamp[inner->in[i]->id] = stamp;
    }
}

/* The stamped nodes of the scope, to the level that they change at, or all to `fixed`. */
static void plan_levels(struct machine *m, const struct scope *scope, struct plan *plan,
                        uint32_t stamp, int fixed)
{
    for (uint32_t id = 0; id < scope->node->id; id++) {
        const struct adc_node *inner = m->graph->nodes.data[id];
        if (m->stamp[id] != stamp || !depends(scope, inner)) continue;
        int level = level_of(scope, inner);
        if (level < 0) continue;
        ADC_PUSH(m->arena, plan->level[fixed < 0 ? level : fixed], inner);
        if (inner->rank) ADC_PUSH(m->arena, plan->arrays, inner);
    }
}

static void plan_nest(struct machine *m, const struct scope *scope, struct plan *plan)
{
    uint32_t stamp = ++m->stamps;
    for (unsigned i = 0; i < scope->node->count; i++) m->stamp[scope->node->in[i]->id] = stamp;
    spread(m, scope, scope->node->id - 1, stamp);
    plan_levels(m, scope, plan, stamp, -1);
}

/* The guard's nodes are stamped last, so that they are not among those of the body. */
static void plan_loop(struct machine *m, const struct scope *scope, struct plan *plan)
{
    const struct adc_node *loop = scope->node;
    struct adc_loop parts = adc_loop_parts(loop);
    uint32_t body = ++m->stamps, guard = ++m->stamps;
    for (unsigned i = 0; i < loop->count; i++) m->stamp[loop->in[i]->id] = body;
    spread(m, scope, loop->id - 1, body);
    m->stamp[parts.guard->id] = guard;
    spread(m, scope, parts.guard->id, guard);
    plan_levels(m, scope, plan, guard, LEVEL_GUARD);
    plan_levels(m, scope, plan, body, LEVEL_BODY);
    for (size_t id = loop->id + 1; id < m->graph->nodes.count; id++) {
        struct last last = {.node = m->graph->nodes.data[id]};
        if (!m->live[id] || last.node->op != ADC_OP_FINAL || last.node->in[0] != loop) continue;
        last.state = adc_final_state(last.node);
        ADC_PUSH(m->arena, plan->finals, last);
    }
    plan->next = ADC_NEW_ARRAY(m->arena, union adc_value, parts.count);
    plan->next_arrays = ADC_NEW_ARRAY(m->arena, struct interp_array *, parts.count);
}

static struct plan *plan_of(struct machine *m, const struct scope *scope)
{
    struct plan **plan = &m->plans[scope->node->id];
    if (*plan) return *plan;
    *plan = ADC_NEW(m->arena, struct plan);
    if (scope->node->op == ADC_OP_LOOP) plan_loop(m, scope, *plan);
    else plan_nest(m, scope, *plan);
    return *plan;
}

/* ------------------------------------------------------------------------ scopes */

/* A node's value moves between the machine and the place `at` of what is kept. */
static void exchange_one(struct machine *m, const struct plan *plan, uint32_t id, size_t at)
{
    union adc_value value = m->values[id];
    struct interp_array *array = m->arrays[id];
    m->values[id] = plan->kept[at];
    m->arrays[id] = plan->kept_arrays[at];
    plan->kept[at] = value;
    plan->kept_arrays[at] = array;
}

/* What a scope overwrites although an outer one, which binds the same index, still needs it: the
 * values of its plan, in which its indices are. */
static void exchange(struct machine *m, const struct scope *scope, struct plan *plan)
{
    size_t at = 0, count = 0;
    for (unsigned i = 0; i < scope->levels; i++) count += plan->level[i].count;
    if (!plan->kept) {
        plan->kept = ADC_NEW_ARRAY(m->arena, union adc_value, count);
        plan->kept_arrays = ADC_NEW_ARRAY(m->arena, struct interp_array *, count);
    }
    for (unsigned i = 0; i < scope->levels; i++)
        for (size_t j = 0; j < plan->level[i].count; j++)
            exchange_one(m, plan, plan->level[i].data[j]->id, at++);
}

/* Whether an index of the scope is open already; then values of outer scopes were put aside. */
static bool enter(struct machine *m, const struct scope *scope, struct plan *plan)
{
    bool clash = false;
    for (unsigned i = 0; i < scope->count; i++) clash = m->open[scope->index[i]->id]++ || clash;
    if (clash) exchange(m, scope, plan);
    return clash;
}

/* Gives back the arrays of the last pass, and outer scopes their values. */
static void leave(struct machine *m, const struct scope *scope, struct plan *plan, bool clash)
{
    for (size_t i = 0; i < plan->arrays.count; i++) hold(m, plan->arrays.data[i], NULL);
    if (clash) exchange(m, scope, plan);
    for (unsigned i = 0; i < scope->count; i++) m->open[scope->index[i]->id]--;
}

static void give_level(struct machine *m, const struct plan *plan, unsigned level)
{
    for (size_t i = 0; i < plan->level[level].count; i++) give(m, plan->level[level].data[i]);
}

/* ------------------------------------------------------------------------- nests */

static union adc_value first_value(enum adc_reduce reduce, enum adc_type type)
{
    union adc_value value = {.bits = 0};
    double real = reduce == ADC_REDUCE_MAX ? -INFINITY : reduce == ADC_REDUCE_MIN ? INFINITY : 0.0;
    if (reduce == ADC_REDUCE_PROD) real = 1.0;
    if (type == ADC_F64) value.f64 = real;
    if (type == ADC_F32) value.f32 = (float)real;
    if (type == ADC_INT && reduce == ADC_REDUCE_MAX) value.integer = INT64_MIN;
    else if (type == ADC_INT && reduce == ADC_REDUCE_MIN) value.integer = INT64_MAX;
    else if (type == ADC_INT) value.integer = reduce == ADC_REDUCE_PROD;
    if (type == ADC_BOOL) value.boolean = reduce == ADC_REDUCE_ALL;
    return value;
}

static union adc_value reduced(enum adc_reduce reduce, enum adc_type type, union adc_value sum,
                               union adc_value value)
{
    union adc_value in[3] = {sum, value, {.bits = 0}};
    if (reduce == ADC_REDUCE_SET) return value;
    return adc_op_apply(adc_reduce_op(reduce, type), type, in);
}

/* What a nest gives: elements of an array, or one scalar. */
struct target {
    struct interp_array *array;
    union adc_value scalar;
    const struct adc_node *node;
    struct adc_nest nest;
    size_t written;
};

static void point(struct machine *m, struct target *target)
{
    const struct adc_nest *nest = &target->nest;
    union adc_value *to = &target->scalar;
    if (!m->values[nest->guard->id].boolean) return;
    if (nest->rank) {
        int64_t at = position(m, target->node, nest->target);
        if (at < 0) return;
        to = interp_cell(&m->store, target->array, (size_t)at);
        target->written++;
    }
    *to = reduced(nest->reduce, target->node->type, *to, m->values[nest->value->id]);
}

static void run_points(struct machine *m, struct target *target, const struct plan *plan)
{
    const struct adc_nest *nest = &target->nest;
    int64_t next[ADC_MAX_NEST];
    unsigned level = 0;
    if (nest->index_count == 0) {
        point(m, target);
        return;
    }
    next[0] = m->values[nest->index[0]->in[0]->id].integer;
    for (;;) {
        const struct adc_node *index = nest->index[level];
        if (next[level] >= m->values[index->in[1]->id].integer) {
            if (level-- == 0) return;
            continue;
        }
        m->values[index->id].integer = next[level]++;
        give_level(m, plan, level);
        if (level + 1 == nest->index_count) {
            point(m, target);
        } else {
            level++;
            next[level] = m->values[nest->index[level]->in[0]->id].integer;
        }
    }
}

/* An array begins with a buffer if it is made once, or was filled when it was made last. */
static void run_nest(struct machine *m, const struct adc_node *node)
{
    struct target target = {.node = node, .nest = adc_nest_parts(node)};
    struct scope scope = scope_of(node);
    struct plan *plan = plan_of(m, &scope);
    bool points = m->points[node->id];
    target.scalar = first_value(target.nest.reduce, node->type);
    if (node->rank) {
        bool dense = !points && (!node->free || plan->dense);
        target.array = interp_zeros(&m->store, length_of(m, node), dense);
        target.array->fixed = points;
    }
    bool clash = enter(m, &scope, plan);
    run_points(m, &target, plan);
    leave(m, &scope, plan, clash);
    if (!node->rank) {
        m->values[node->id] = target.scalar;
        return;
    }
    plan->dense = target.written > target.array->length / 4;
    hold(m, node, target.array);
}

/* ------------------------------------------------------------------------- loops */

/* All components at once become their inits, before the first pass, or their nexts. */
static void advance(struct machine *m, const struct adc_node *loop, const struct plan *plan,
                    bool first)
{
    unsigned count = adc_loop_parts(loop).count;
    for (unsigned i = 0; i < count; i++) {
        struct adc_carried one = adc_loop_carried(loop, i);
        const struct adc_node *from = first ? one.init : one.next;
        if (from->rank) plan->next_arrays[i] = interp_keep(m->arrays[from->id]);
        else plan->next[i] = m->values[from->id];
    }
    for (unsigned i = 0; i < count; i++) {
        const struct adc_node *state = adc_loop_carried(loop, i).state;
        if (state->rank) hold(m, state, plan->next_arrays[i]);
        else m->values[state->id] = plan->next[i];
    }
}

static void run_passes(struct machine *m, const struct adc_node *loop, const struct plan *plan)
{
    struct adc_loop parts = adc_loop_parts(loop);
    int64_t low = m->values[parts.index->in[0]->id].integer;
    int64_t high = m->values[parts.index->in[1]->id].integer;
    while (low < high) {
        m->values[parts.index->id].integer = parts.down ? --high : low++;
        give_level(m, plan, LEVEL_GUARD);
        if (!m->values[parts.guard->id].boolean) return;
        give_level(m, plan, LEVEL_BODY);
        advance(m, loop, plan, false);
    }
}

static void run_loop(struct machine *m, const struct adc_node *node)
{
    struct scope scope = scope_of(node);
    struct plan *plan = plan_of(m, &scope);
    bool clash = enter(m, &scope, plan);
    advance(m, node, plan, true);
    run_passes(m, node, plan);
    for (size_t i = 0; i < plan->finals.count; i++) {
        struct last last = plan->finals.data[i];
        if (last.node->rank) hold(m, last.node, interp_keep(m->arrays[last.state->id]));
        else m->values[last.node->id] = m->values[last.state->id];
    }
    leave(m, &scope, plan, clash);
}

/* -------------------------------------------------------------------------- whole */

static void prepare(struct machine *m, const struct adc_function *function)
{
    size_t count = m->graph->nodes.count;
    m->store.arena = m->arena;
    m->values = ADC_NEW_ARRAY(m->arena, union adc_value, count);
    m->arrays = ADC_NEW_ARRAY(m->arena, struct interp_array *, count);
    m->shapes = ADC_NEW_ARRAY(m->arena, const struct adc_node *const *, count);
    m->plans = ADC_NEW_ARRAY(m->arena, struct plan *, count);
    m->stamp = ADC_NEW_ARRAY(m->arena, uint32_t, count);
    m->open = ADC_NEW_ARRAY(m->arena, uint8_t, count);
    m->live = ADC_NEW_ARRAY(m->arena, uint8_t, count);
    m->points = ADC_NEW_ARRAY(m->arena, uint8_t, count);
    adc_function_live(function, m->live);
    for (size_t id = 0; id < count; id++) {
        const struct adc_node *node = m->graph->nodes.data[id];
        if (!m->live[id]) continue;
        if (node->rank) m->shapes[id] = shape_of(m, node);
        if (node->op == ADC_OP_PUT) m->points[node->in[1]->id] = 1;
    }
}

uint32_t adc_interpret(const struct adc_function *function, const union adc_value *arguments,
                       struct adc_arena *arena, union adc_value **values)
{
    const struct adc_graph *graph = function->graph;
    struct machine m = {.graph = graph, .arena = arena, .arguments = arguments};
    prepare(&m, function);
    *values = m.values;
    for (size_t id = 0; id < graph->nodes.count; id++)
        if (m.live[id] && !graph->nodes.data[id]->free) give(&m, graph->nodes.data[id]);
    for (size_t id = 0; id < graph->nodes.count; id++)
        if (m.arrays[id] && !graph->nodes.data[id]->free)
            m.values[id].elements = interp_plain(&m.store, m.arrays[id]);
    for (size_t i = 0; i < function->checks.count; i++)
        if (!m.values[function->checks.data[i].condition->id].boolean)
            return function->checks.data[i].status;
    return 0;
}
