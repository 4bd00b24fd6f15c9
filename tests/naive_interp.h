/* A second interpreter, as plain as can be: it walks trees, copies whole arrays, and binds indices
 * in frames. Values are kept per frame, so that shared nodes are not computed again and again. */
#ifndef ADC_TESTS_NAIVE_INTERP_H
#define ADC_TESTS_NAIVE_INTERP_H

#include "ir/function.h"
#include "ir/state.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct naive_cell {
    union adc_value value;     /* elements: of an array */
    struct naive_cell *finals; /* of a loop, by component */
    bool known;
};

/* One value of one index; of a loop's index with the states of the pass. */
struct naive_frame {
    struct naive_frame *outer;
    const struct adc_node *index, *loop;
    int64_t value;
    struct naive_cell *states, *memo; /* memo: by node id */
};

struct naive {
    const struct adc_graph *graph;
    struct adc_arena *arena;
    const union adc_value *arguments;
};

static inline struct naive_cell naive_eval(struct naive *n, const struct adc_node *node,
                                           struct naive_frame *frame);

static inline int64_t naive_int(struct naive *n, const struct adc_node *node,
                                struct naive_frame *frame)
{
    return naive_eval(n, node, frame).value.integer;
}

static inline struct naive_frame naive_open(struct naive *n, struct naive_frame *outer,
                                            const struct adc_node *index, int64_t value)
{
    struct naive_frame frame = {.outer = outer, .index = index, .value = value};
    frame.memo = calloc(n->graph->nodes.count, sizeof *frame.memo);
    return frame;
}

/* ------------------------------------------------------------------------ arrays */

static inline size_t naive_length(struct naive *n, const struct adc_node *array,
                                  struct naive_frame *frame)
{
    size_t length = 1;
    for (unsigned i = 0; i < array->rank; i++) {
        int64_t of_axis = naive_int(n, adc_shape(array, i), frame);
        length *= of_axis > 0 ? (size_t)of_axis : 0;
    }
    return length;
}

/* -1 outside the array. */
static inline int64_t naive_position(struct naive *n, const struct adc_node *array,
                                     const struct adc_node *const *element,
                                     struct naive_frame *frame)
{
    int64_t at = 0;
    for (unsigned i = 0; i < array->rank; i++) {
        int64_t e = naive_int(n, element[i], frame);
        int64_t of_axis = naive_int(n, adc_shape(array, i), frame);
        if (e < 0 || e >= of_axis) return -1;
        at = at * of_axis + e;
    }
    return at;
}

static inline union adc_value *naive_copy(struct naive *n, const struct adc_node *array,
                                          struct naive_frame *frame)
{
    size_t length = naive_length(n, array, frame);
    union adc_value *copy = ADC_NEW_ARRAY(n->arena, union adc_value, length);
    const union adc_value *from = naive_eval(n, array, frame).value.elements;
    if (length) memcpy(copy, from, length * sizeof *copy);
    return copy;
}

static inline union adc_value naive_add(enum adc_type type, union adc_value a, union adc_value b)
{
    if (type == ADC_F64) return (union adc_value){.f64 = a.f64 + b.f64};
    if (type == ADC_F32) return (union adc_value){.f32 = a.f32 + b.f32};
    return (union adc_value){.integer = (int64_t)((uint64_t)a.integer + (uint64_t)b.integer)};
}

static inline union adc_value naive_join(struct naive *n, const struct adc_node *node,
                                         struct naive_frame *frame)
{
    union adc_value *sum = naive_copy(n, node->in[0], frame);
    const union adc_value *b = naive_eval(n, node->in[1], frame).value.elements;
    size_t length = naive_length(n, node, frame);
    for (size_t i = 0; i < length; i++) sum[i] = naive_add(node->type, sum[i], b[i]);
    return (union adc_value){.elements = sum};
}

/* ------------------------------------------------------------------------- nests */

static inline union adc_value naive_reduce(const struct adc_node *node, union adc_value old,
                                           union adc_value value)
{
    bool real = adc_type_is_real(node->type);
    union adc_value in[3] = {old, value, {.bits = 0}};
    switch ((enum adc_reduce)node->number) {
    case ADC_REDUCE_SUM: return naive_add(node->type, old, value);
    case ADC_REDUCE_PROD: return adc_op_apply(real ? ADC_OP_MUL : ADC_OP_IMUL, node->type, in);
    case ADC_REDUCE_MAX: return adc_op_apply(real ? ADC_OP_MAX : ADC_OP_IMAX, node->type, in);
    case ADC_REDUCE_MIN: return adc_op_apply(real ? ADC_OP_MIN : ADC_OP_IMIN, node->type, in);
    case ADC_REDUCE_ALL: return (union adc_value){.boolean = old.boolean && value.boolean};
    case ADC_REDUCE_ANY: return (union adc_value){.boolean = old.boolean || value.boolean};
    case ADC_REDUCE_SET:
    case ADC_REDUCE_COUNT: break;
    }
    return value;
}

static inline union adc_value naive_nothing(const struct adc_node *node)
{
    union adc_value zero = {.bits = 0};
    bool real = node->type == ADC_F64;
    switch ((enum adc_reduce)node->number) {
    case ADC_REDUCE_PROD:
        return real ? (union adc_value){.f64 = 1} : (union adc_value){.integer = 1};
    case ADC_REDUCE_MAX:
        return real ? (union adc_value){.f64 = -INFINITY} : (union adc_value){.integer = INT64_MIN};
    case ADC_REDUCE_MIN:
        return real ? (union adc_value){.f64 = INFINITY} : (union adc_value){.integer = INT64_MAX};
    case ADC_REDUCE_ALL: return (union adc_value){.boolean = true};
    default: return zero;
    }
}

/* Points of the indices from `level` on, into elements or one scalar. */
static inline void naive_points(struct naive *n, const struct adc_node *node, unsigned level,
                                union adc_value *to, struct naive_frame *frame)
{
    struct adc_nest nest = adc_nest_parts(node);
    if (level < nest.index_count) {
        const struct adc_node *index = nest.index[level];
        int64_t high = naive_int(n, index->in[1], frame);
        for (int64_t i = naive_int(n, index->in[0], frame); i < high; i++) {
            struct naive_frame point = naive_open(n, frame, index, i);
            naive_points(n, node, level + 1, to, &point);
            free(point.memo);
        }
        return;
    }
    if (!naive_eval(n, nest.guard, frame).value.boolean) return;
    int64_t at = naive_position(n, node, nest.target, frame); /* 0 of a scalar */
    if (at >= 0) to[at] = naive_reduce(node, to[at], naive_eval(n, nest.value, frame).value);
}

static inline union adc_value naive_nest(struct naive *n, const struct adc_node *node,
                                         struct naive_frame *frame)
{
    union adc_value scalar = naive_nothing(node), *to = &scalar;
    if (node->rank) to = ADC_NEW_ARRAY(n->arena, union adc_value, naive_length(n, node, frame));
    naive_points(n, node, 0, to, frame);
    return node->rank ? (union adc_value){.elements = to} : scalar;
}

/* ------------------------------------------------------------------------- loops */

static inline struct naive_cell naive_loop(struct naive *n, const struct adc_node *node,
                                           struct naive_frame *frame)
{
    struct adc_loop loop = adc_loop_parts(node);
    struct naive_cell *states = ADC_NEW_ARRAY(n->arena, struct naive_cell, loop.count);
    int64_t low = naive_int(n, loop.index->in[0], frame),
            high = naive_int(n, loop.index->in[1], frame);
    for (unsigned i = 0; i < loop.count; i++)
        states[i] = naive_eval(n, adc_loop_carried(node, i).init, frame);
    for (int64_t k = 0; k < high - low; k++) {
        struct naive_frame pass =
            naive_open(n, frame, loop.index, loop.down ? high - 1 - k : low + k);
        pass.loop = node;
        pass.states = states;
        bool goes = naive_eval(n, loop.guard, &pass).value.boolean;
        struct naive_cell *next = ADC_NEW_ARRAY(n->arena, struct naive_cell, loop.count);
        for (unsigned i = 0; goes && i < loop.count; i++)
            next[i] = naive_eval(n, adc_loop_carried(node, i).next, &pass);
        free(pass.memo);
        if (!goes) break;
        states = next;
    }
    return (struct naive_cell){.finals = states};
}

static inline struct naive_cell naive_state(const struct adc_node *node, struct naive_frame *frame)
{
    while (frame->index != node->in[0] || !frame->loop ||
           adc_loop_find(frame->loop, node->number) < 0)
        frame = frame->outer;
    return frame->states[adc_loop_find(frame->loop, node->number)];
}

/* ------------------------------------------------------------------------- nodes */

static inline union adc_value naive_operator(struct naive *n, const struct adc_node *node,
                                             struct naive_frame *frame)
{
    union adc_value in[3] = {{.bits = 0}, {.bits = 0}, {.bits = 0}};
    if (node->op == ADC_OP_IF) {
        bool first = naive_eval(n, node->in[0], frame).value.boolean;
        return naive_eval(n, node->in[first ? 1 : 2], frame).value;
    }
    for (unsigned i = 0; i < node->count; i++) in[i] = naive_eval(n, node->in[i], frame).value;
    bool real = adc_type_is_real(node->type) || !node->count;
    return adc_op_apply(node->op, real ? node->type : node->in[0]->type, in);
}

static inline struct naive_cell naive_compute(struct naive *n, const struct adc_node *node,
                                              struct naive_frame *frame)
{
    union adc_value *elements;
    int64_t at;
    struct naive_cell cell = {.finals = NULL};
    switch (node->op) {
    case ADC_OP_CONST: cell.value = node->value; break;
    case ADC_OP_PARAM: cell.value = n->arguments[node->number]; break;
    case ADC_OP_INDEX:
        while (frame->index != node) frame = frame->outer;
        cell.value.integer = frame->value;
        break;
    case ADC_OP_STATE: return naive_state(node, frame);
    case ADC_OP_LOOP: return naive_loop(n, node, frame);
    case ADC_OP_FINAL:
        return naive_eval(n, node->in[0], frame).finals[adc_loop_find(node->in[0], node->number)];
    case ADC_OP_MARK:
    case ADC_OP_STOP: return naive_eval(n, node->in[0], frame);
    case ADC_OP_NEST: cell.value = naive_nest(n, node, frame); break;
    case ADC_OP_JOIN: cell.value = naive_join(n, node, frame); break;
    case ADC_OP_PUT:
        elements = naive_copy(n, node->in[0], frame);
        naive_points(n, node->in[1], 0, elements, frame);
        cell.value.elements = elements;
        break;
    case ADC_OP_READ:
        at = naive_position(n, node->in[0], node->in + 1, frame);
        if (at >= 0) cell.value = naive_eval(n, node->in[0], frame).value.elements[at];
        break;
    default: cell.value = naive_operator(n, node, frame);
    }
    return cell;
}

/* Kept in the innermost frame that the node depends on. */
static inline struct naive_cell naive_eval(struct naive *n, const struct adc_node *node,
                                           struct naive_frame *frame)
{
    while (frame->outer && !adc_indices_has(node->free, frame->index)) frame = frame->outer;
    struct naive_cell *cell = &frame->memo[node->id];
    if (!cell->known) {
        *cell = naive_compute(n, node, frame);
        cell->known = true;
    }
    return *cell;
}

/* Values of the results, one each. */
static inline void naive_interpret(const struct adc_function *function,
                                   const union adc_value *arguments, struct adc_arena *arena,
                                   union adc_value *results)
{
    struct naive n = {function->graph, arena, arguments};
    struct naive_frame whole = naive_open(&n, NULL, NULL, 0);
    for (size_t i = 0; i < function->results.count; i++)
        results[i] = naive_eval(&n, function->results.data[i].nodes[0], &whole).value;
    free(whole.memo);
}

#endif
