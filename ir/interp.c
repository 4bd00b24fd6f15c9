/* The interpreter: every closed node's value in ascending id, the oracle of the tests and of `adc
 * trace`.
 *
 * All operators are total, so both arms of an `if` are evaluated and the condition chooses; what
 * the arm not
 * taken computed is looked at by nobody, and a read outside its array gives 0. Derivative nodes
 * must have been
 * expanded.
 *
 * A nest runs over its points; the nodes that depend on its indices are evaluated anew where the
 * innermost of
 * these changes (its plan). Nests inside recurse, at most as deep as indices can be open
 * (ADC_MAX_NEST). */
#include "ir/function.h"
#include "ir/nest.h"

#include <math.h>

/* Nodes to evaluate when the index of a level has got a value, in ascending id. */
struct plan {
    ADC_VEC(const struct adc_node *) level[ADC_MAX_NEST];
};

struct machine {
    const struct adc_graph *graph;
    struct adc_arena *arena;
    const union adc_value *arguments;
    union adc_value *values; /* by id */
    struct plan **plans;     /* by id of a nest, made when it first runs */
    uint8_t *open;           /* by id of an index: a nest that binds it is running */
    uint32_t *stamp;         /* by id: last plan that looked at the node */
    uint32_t stamps;
};

static void run_nest(struct machine *m, const struct adc_node *node);

/* ------------------------------------------------------------------------ arrays */

static size_t length_of(const struct machine *m, const struct adc_node *array)
{
    size_t total = 1;
    for (unsigned i = 0; i < array->rank; i++) {
        int64_t n = m->values[adc_shape(array, i)->id].integer;
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
        int64_t n = m->values[adc_shape(array, i)->id].integer;
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
    return m->values[node->in[0]->id].elements[at];
}

static union adc_value add_values(enum adc_type type, union adc_value a, union adc_value b)
{
    union adc_value in[3] = {a, b, {.bits = 0}};
    return adc_op_apply(adc_type_is_real(type) ? ADC_OP_ADD : ADC_OP_IADD, type, in);
}

static union adc_value join(struct machine *m, const struct adc_node *node)
{
    size_t length = length_of(m, node);
    union adc_value *sum = ADC_NEW_ARRAY(m->arena, union adc_value, length);
    const union adc_value *a = m->values[node->in[0]->id].elements;
    const union adc_value *b = m->values[node->in[1]->id].elements;
    for (size_t i = 0; i < length; i++) sum[i] = add_values(node->type, a[i], b[i]);
    return (union adc_value){.elements = sum};
}

/* ------------------------------------------------------------------------- nodes */

static union adc_value evaluate(struct machine *m, const struct adc_node *node)
{
    union adc_value in[3] = {{.bits = 0}, {.bits = 0}, {.bits = 0}};
    switch (node->op) {
    case ADC_OP_CONST: return node->value;
    case ADC_OP_PARAM: return m->arguments[node->number];
    case ADC_OP_READ: return read_element(m, node);
    case ADC_OP_JOIN: return join(m, node);
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

static void give(struct machine *m, const struct adc_node *node)
{
    if (node->op == ADC_OP_INDEX) return; /* its nest gives it values */
    if (node->op == ADC_OP_NEST) run_nest(m, node);
    else m->values[node->id] = evaluate(m, node);
}

/* ------------------------------------------------------------------------- plans */

/* The level at which `node` changes: the last of the nest's indices that it depends on; -1 if it
 * depends on
 * none, or on an index that is bound further in. */
static int level_of(const struct adc_nest *nest, const struct adc_indices *outside,
                    const struct adc_node *node)
{
    int level = -1;
    for (uint32_t i = 0; node->free && i < node->free->count; i++) {
        const struct adc_node *index = node->free->index[i];
        int found = -1;
        for (unsigned j = 0; j < nest->index_count; j++)
            if (nest->index[j] == index) found = (int)j;
        if (found < 0 && !adc_indices_has(outside, index)) return -1;
        if (found > level) level = found;
    }
    return level;
}

/* Whether the walk goes on into what `node` is computed from: it depends on one of the nest's
 * indices. */
static bool depends(const struct adc_nest *nest, const struct adc_node *node)
{
    for (unsigned j = 0; j < nest->index_count; j++)
        if (adc_indices_has(node->free, nest->index[j])) return true;
    return false;
}

static struct plan *make_plan(struct machine *m, const struct adc_node *node)
{
    struct plan *plan = ADC_NEW(m->arena, struct plan);
    struct adc_nest nest = adc_nest_parts(node);
    uint32_t stamp = ++m->stamps;
    for (unsigned i = 0; i < node->count; i++) m->stamp[node->in[i]->id] = stamp;
    for (uint32_t id = node->id; id-- > 0;) {
        const struct adc_node *inner = m->graph->nodes.data[id];
        if (m->stamp[id] != stamp || !depends(&nest, inner)) continue;
        for (unsigned i = 0; i < inner->count; i++) m->stamp[inner->in[i]->id] = stamp;
    }
    for (uint32_t id = 0; id < node->id; id++) {
        const struct adc_node *inner = m->graph->nodes.data[id];
        if (m->stamp[id] != stamp || !depends(&nest, inner)) continue;
        int level = level_of(&nest, node->free, inner);
        if (level >= 0) ADC_PUSH(m->arena, plan->level[level], inner);
    }
    m->plans[node->id] = plan;
    return plan;
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

/* What a nest gives; elements of an array, or one scalar. */
struct target {
    union adc_value *data;
    const struct adc_node *node;
    struct adc_nest nest;
};

static void point(struct machine *m, const struct target *target)
{
    const struct adc_nest *nest = &target->nest;
    if (!m->values[nest->guard->id].boolean) return;
    int64_t at = nest->rank ? position(m, target->node, nest->target) : 0;
    if (at < 0) return;
    target->data[at] = reduced(nest->reduce, target->node->type, target->data[at],
                               m->values[nest->value->id]);
}

static void run_points(struct machine *m, const struct target *target, const struct plan *plan)
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
        for (size_t i = 0; i < plan->level[level].count; i++) give(m, plan->level[level].data[i]);
        if (level + 1 == nest->index_count) {
            point(m, target);
        } else {
            level++;
            next[level] = m->values[nest->index[level]->in[0]->id].integer;
        }
    }
}

/* What a nest overwrites although an outer one, which binds the same index, still needs it: the
 * values of its
 * indices and of the nodes that depend on them, in the order of the plan. */
static void exchange(struct machine *m, const struct adc_nest *nest, const struct plan *plan,
                     union adc_value *kept, bool keep)
{
    size_t at = 0;
    for (unsigned i = 0; i < nest->index_count; i++) {
        union adc_value *index = &m->values[nest->index[i]->id];
        if (keep) kept[at++] = *index;
        else *index = kept[at++];
        for (size_t j = 0; j < plan->level[i].count; j++) {
            union adc_value *value = &m->values[plan->level[i].data[j]->id];
            if (keep) kept[at++] = *value;
            else *value = kept[at++];
        }
    }
}

/* Runs the points; an index that is open already gets its value back. */
static void run_nested(struct machine *m, const struct target *target, const struct plan *plan)
{
    const struct adc_nest *nest = &target->nest;
    union adc_value *kept = NULL;
    bool clash = false;
    size_t count = nest->index_count;
    for (unsigned i = 0; i < nest->index_count; i++) {
        clash = clash || m->open[nest->index[i]->id];
        m->open[nest->index[i]->id]++;
        count += plan->level[i].count;
    }
    if (clash) {
        kept = ADC_NEW_ARRAY(m->arena, union adc_value, count);
        exchange(m, nest, plan, kept, true);
    }
    run_points(m, target, plan);
    if (clash) exchange(m, nest, plan, kept, false);
    for (unsigned i = 0; i < nest->index_count; i++) m->open[nest->index[i]->id]--;
}

static void run_nest(struct machine *m, const struct adc_node *node)
{
    struct target target = {.node = node, .nest = adc_nest_parts(node)};
    struct plan *plan = m->plans[node->id] ? m->plans[node->id] : make_plan(m, node);
    union adc_value scalar;
    size_t length = node->rank ? length_of(m, node) : 1;
    target.data = node->rank ? ADC_NEW_ARRAY(m->arena, union adc_value, length) : &scalar;
    for (size_t i = 0; i < length; i++)
        target.data[i] = first_value(target.nest.reduce, node->type);
    run_nested(m, &target, plan);
    if (node->rank) m->values[node->id].elements = target.data;
    else m->values[node->id] = scalar;
}

uint32_t adc_interpret(const struct adc_function *function, const union adc_value *arguments,
                       struct adc_arena *arena, union adc_value **values)
{
    const struct adc_graph *graph = function->graph;
    size_t count = graph->nodes.count;
    uint8_t *live = ADC_NEW_ARRAY(arena, uint8_t, count);
    struct machine m = {.graph = graph, .arena = arena, .arguments = arguments};
    m.values = ADC_NEW_ARRAY(arena, union adc_value, count);
    m.plans = ADC_NEW_ARRAY(arena, struct plan *, count);
    m.stamp = ADC_NEW_ARRAY(arena, uint32_t, count);
    m.open = ADC_NEW_ARRAY(arena, uint8_t, count);
    *values = m.values;
    adc_function_live(function, live);
    for (size_t id = 0; id < count; id++)
        if (live[id] && !graph->nodes.data[id]->free) give(&m, graph->nodes.data[id]);
    for (size_t i = 0; i < function->checks.count; i++)
        if (!m.values[function->checks.data[i].condition->id].boolean)
            return function->checks.data[i].status;
    return 0;
}
