/* Conditions that go with values, and what they take away from nests. */
#include "passes/point.h"

typedef const struct adc_node *node_t;

node_t point_both(struct adc_graph *graph, node_t a, node_t b)
{
    if (!a || adc_is_true(a)) return b;
    if (!b || adc_is_true(b) || a == b) return a;
    return adc_apply3(graph, ADC_OP_IF, a, b, adc_bool(graph, false));
}

node_t point_join(struct adc_graph *graph, struct point point)
{
    if (!point.value || adc_is_true(point.condition)) return point.value;
    return adc_apply3(graph, ADC_OP_IF, point.condition, point.value,
                      adc_real(graph, (enum adc_type)point.value->type, 0.0));
}

bool point_split(struct adc_graph *graph, node_t value, struct point *point)
{
    *point = (struct point){NULL, value};
    while (point->value->op == ADC_OP_IF && adc_is_real_value(point->value->in[2], 0.0)) {
        point->condition = point_both(graph, point->condition, point->value->in[0]);
        point->value = point->value->in[1];
    }
    return point->condition != NULL;
}

/* ----------------------------------------------------------------------- reading */

bool point_runs_over(node_t index, node_t length)
{
    return index->op == ADC_OP_INDEX && index->in[1] == length && adc_is_int_value(index->in[0], 0);
}

bool point_is_inside(node_t element, node_t length)
{
    if (adc_is_const(element))
        return element->value.integer >= 0 && adc_is_const(length) &&
               element->value.integer < length->value.integer;
    return element->op == ADC_OP_INDEX && element->in[1] == length &&
           adc_is_const(element->in[0]) && element->in[0]->value.integer >= 0;
}

bool point_read(struct adc_graph *graph, node_t array, const node_t *element, struct point *point)
{
    if (array->op != ADC_OP_NEST) return false;
    struct adc_nest nest = adc_nest_parts(array);
    if (nest.index_count) return false;
    for (unsigned i = 0; i < nest.rank; i++)
        if (!point_is_inside(element[i], nest.shape[i]) &&
            !point_is_inside(nest.target[i], nest.shape[i]))
            return false;
    *point = (struct point){nest.guard, nest.value};
    for (unsigned i = 0; i < nest.rank; i++) {
        if (element[i] == nest.target[i]) continue;
        node_t equal = adc_apply2(graph, ADC_OP_IEQ, element[i], nest.target[i]);
        point->condition = point_both(graph, point->condition, equal);
    }
    return true;
}

bool point_is_map(node_t array)
{
    if (array->op != ADC_OP_NEST || array->number != ADC_REDUCE_SET) return false;
    struct adc_nest nest = adc_nest_parts(array);
    if (nest.index_count != nest.rank) return false;
    for (unsigned i = 0; i < nest.rank; i++)
        if (nest.target[i] != nest.index[i] || !point_is_inside(nest.index[i], nest.shape[i]))
            return false;
    return true;
}

bool point_sets_apart(node_t node)
{
    struct adc_nest nest = adc_nest_parts(node);
    if (nest.reduce != ADC_REDUCE_SET) return false;
    for (unsigned i = 0; i < nest.index_count; i++) {
        unsigned axis = 0;
        while (axis < nest.rank && nest.target[axis] != nest.index[i]) axis++;
        if (axis == nest.rank) return false;
    }
    return true;
}

node_t point_element(struct adc_graph *graph, node_t array, const node_t *at,
                     struct adc_arena *scratch)
{
    struct point point;
    if (array->op != ADC_OP_NEST) return adc_read(graph, array, at);
    struct adc_nest nest = adc_nest_parts(array);
    if (point_read(graph, array, at, &point)) return point_join(graph, point);
    bool map = point_is_map(array);
    for (unsigned i = 0; i < nest.rank; i++) map = map && point_is_inside(at[i], nest.shape[i]);
    if (!map) return adc_read(graph, array, at);
    point = (struct point){nest.guard, nest.value};
    for (unsigned i = 0; i < nest.rank; i++) {
        point.condition = adc_rename(graph, point.condition, nest.index[i], at[i], scratch);
        point.value = adc_rename(graph, point.value, nest.index[i], at[i], scratch);
    }
    return point_join(graph, point);
}

/* ---------------------------------------------------------------------- equations */

enum { MOST_STEPS = 8 };

/* A nest under construction. */
struct solving {
    struct adc_graph *graph;
    struct adc_arena *scratch;
    struct adc_nest nest;
    node_t index[ADC_MAX_NEST], target[ADC_MAX_RANK];
    node_t parts[POINT_MOST_PARTS]; /* the guard is their conjunction */
    unsigned count;
};

bool point_parts(node_t guard, node_t *parts, unsigned most, unsigned *part_count)
{
    node_t pending[POINT_MOST_PARTS];
    unsigned count = 0;
    pending[count++] = guard;
    *part_count = 0;
    while (count) {
        node_t part = pending[--count];
        bool both =
            part->op == ADC_OP_IF && adc_is_const(part->in[2]) && !part->in[2]->value.boolean;
        if (count + 2 > POINT_MOST_PARTS || *part_count >= most) return false;
        if (both) {
            pending[count++] = part->in[1];
            pending[count++] = part->in[0];
        } else if (!adc_is_true(part)) {
            parts[(*part_count)++] = part;
        }
    }
    return true;
}

/* The value of `index` where `side`, which has it, equals `other`, which has not; NULL: not
 * seen. */
static node_t solved(struct adc_graph *graph, node_t index, node_t side, node_t other)
{
    for (unsigned step = 0; side != index; step++) {
        bool sum = side->op == ADC_OP_IADD, difference = side->op == ADC_OP_ISUB;
        if (step == MOST_STEPS || (!sum && !difference)) return NULL;
        unsigned at = adc_indices_has(side->in[0]->free, index) ? 0 : 1;
        node_t rest = side->in[1 - at];
        if (adc_indices_has(rest->free, index)) return NULL;
        if (sum) other = adc_apply2(graph, ADC_OP_ISUB, other, rest);
        else if (at == 0) other = adc_apply2(graph, ADC_OP_IADD, other, rest);
        else other = adc_apply2(graph, ADC_OP_ISUB, rest, other);
        side = side->in[at];
    }
    return other;
}

static node_t solve(struct adc_graph *graph, node_t index, node_t equation)
{
    if (equation->op != ADC_OP_IEQ) return NULL;
    bool left = adc_indices_has(equation->in[0]->free, index);
    bool right = adc_indices_has(equation->in[1]->free, index);
    if (left == right) return NULL;
    return solved(graph, index, equation->in[left ? 0 : 1], equation->in[left ? 1 : 0]);
}

/* Whether a nest inside of `root` binds an index that `by` depends on: it would capture it. */
static bool captures(const struct adc_graph *graph, node_t root, node_t index, node_t by)
{
    for (uint32_t id = index->id + 1; by->free && id <= root->id; id++) {
        node_t node = graph->nodes.data[id];
        if (node->op != ADC_OP_NEST || !adc_indices_has(node->free, index)) continue;
        struct adc_nest nest = adc_nest_parts(node);
        for (unsigned i = 0; i < nest.index_count; i++)
            if (adc_indices_has(by->free, nest.index[i])) return true;
    }
    return false;
}

static bool is_index_of(node_t node, node_t index)
{
    return node->op == ADC_OP_INDEX && node->in[0] == index->in[0] && node->in[1] == index->in[1];
}

/* Replaces index number `at` by an expression; part `equation` of the guard said so. */
static void replace(struct solving *s, unsigned at, node_t by, unsigned equation)
{
    struct adc_graph *graph = s->graph;
    node_t index = s->index[at];
    s->parts[equation] = s->parts[--s->count];
    if (!is_index_of(by, index)) {
        s->parts[s->count++] = adc_apply2(graph, ADC_OP_ILE, index->in[0], by);
        s->parts[s->count++] = adc_apply2(graph, ADC_OP_ILT, by, index->in[1]);
    }
    s->nest.value = adc_rename(graph, s->nest.value, index, by, s->scratch);
    for (unsigned i = 0; i < s->count; i++)
        s->parts[i] = adc_rename(graph, s->parts[i], index, by, s->scratch);
    for (unsigned i = 0; i < s->nest.rank; i++)
        s->target[i] = adc_rename(graph, s->target[i], index, by, s->scratch);
    for (unsigned i = at + 1; i < s->nest.index_count; i++)
        s->index[i - 1] = adc_rename(graph, s->index[i], index, by, s->scratch);
    s->nest.index_count--;
}

/* The conditions of a range are two more. */
static bool find_equation(struct solving *s)
{
    for (unsigned p = 0; p < s->count && s->count + 1 < POINT_MOST_PARTS; p++)
        for (unsigned i = 0; i < s->nest.index_count; i++) {
            node_t by = solve(s->graph, s->index[i], s->parts[p]);
            if (!by || captures(s->graph, s->nest.value, s->index[i], by)) continue;
            replace(s, i, by, p);
            return true;
        }
    return false;
}

static bool is_zeros(node_t nest)
{
    return adc_type_is_real(nest->type) && adc_has_no_points(nest);
}

static bool may_solve(const struct adc_nest *nest)
{
    return nest->reduce == ADC_REDUCE_SET || nest->reduce == ADC_REDUCE_SUM;
}

node_t point_simple_nest(struct adc_graph *graph, node_t node, struct adc_arena *scratch)
{
    struct solving s = {.graph = graph, .scratch = scratch, .nest = adc_nest_parts(node)};
    struct point point;
    if (!may_solve(&s.nest)) return node;
    if (is_zeros(node)) return adc_zero_like(graph, node);
    bool split = adc_type_is_real(node->type) && point_split(graph, s.nest.value, &point);
    if (split) {
        s.nest.value = point.value;
        s.nest.guard = point_both(graph, s.nest.guard, point.condition);
    }
    if (!point_parts(s.nest.guard, s.parts, POINT_MOST_PARTS, &s.count)) return node;
    for (unsigned i = 0; i < s.nest.index_count; i++) s.index[i] = s.nest.index[i];
    for (unsigned i = 0; i < s.nest.rank; i++) s.target[i] = s.nest.target[i];
    bool found = false;
    while (find_equation(&s)) found = true;
    if (!found && !split) return node;
    s.nest.guard = NULL;
    for (unsigned i = 0; i < s.count; i++)
        s.nest.guard = point_both(graph, s.nest.guard, s.parts[i]);
    s.nest.index = s.index;
    s.nest.target = s.target;
    if (s.nest.rank || s.nest.index_count) {
        const struct adc_node *made = adc_nest(graph, &s.nest);
        return is_zeros(made) ? adc_zero_like(graph, made) : made;
    }
    node_t zero = adc_const(graph, (enum adc_type)node->type, (union adc_value){.bits = 0});
    if (!s.nest.guard) return s.nest.value;
    return adc_apply3(graph, ADC_OP_IF, s.nest.guard, s.nest.value, zero);
}
