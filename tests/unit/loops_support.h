/* Programs with loops made by hand, their values in plain C, and what must hold of their
 * derivatives:
 *
 *     value = plain C;  gradient = differences of plain C;  tangent = gradient * direction
 *     hvp by forward over reverse = differences of the gradient
 *         = by reverse over reverse = by reverse over forward
 *
 * A program takes dims N and T and `var x[N]`, and gives a scalar s. */
#ifndef ADC_TESTS_LOOPS_SUPPORT_H
#define ADC_TESTS_LOOPS_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ir/function.h"
#include "ir/state.h"
#include "passes/passes.h"
#include "tests/random_support.h"

#include <math.h>
#include <string.h>

typedef const struct adc_node *node_t;

enum { MOST = 16 };

struct world {
    struct adc_heap heap;
    jmp_buf landing;
    struct adc_arena arena;
    struct adc_names names;
    struct adc_diags diags;
    struct adc_function *f;
    struct adc_graph *g;
    node_t n, steps, x; /* dims N, T; var x[N] */
    uint32_t indices;
};

struct program {
    const char *name;
    node_t (*build)(struct world *w);
    double (*value)(const double *x, int n, int steps);
    int least; /* of N and T */
};

/* ---------------------------------------------------------------------- building */

static inline node_t num(struct world *w, double x)
{
    return adc_real(w->g, ADC_F64, x);
}

static inline node_t whole(struct world *w, int64_t k)
{
    return adc_int(w->g, k);
}

static inline node_t index_in(struct world *w, node_t low, node_t high)
{
    return adc_index(w->g, ++w->indices, low, high);
}

static inline node_t index_to(struct world *w, node_t high)
{
    return index_in(w, whole(w, 0), high);
}

/* Of a loop in the loops whose innermost index is `around`. */
static inline node_t inner_index(struct world *w, node_t around, node_t low, node_t high)
{
    return adc_loop_index(w->g, low, high, around->free);
}

static inline node_t op1(struct world *w, enum adc_op op, node_t x)
{
    return adc_apply1(w->g, op, x);
}

static inline node_t op2(struct world *w, enum adc_op op, node_t x, node_t y)
{
    return adc_apply2(w->g, op, x, y);
}

static inline node_t add(struct world *w, node_t x, node_t y)
{
    return op2(w, ADC_OP_ADD, x, y);
}

static inline node_t mul(struct world *w, node_t x, node_t y)
{
    return op2(w, ADC_OP_MUL, x, y);
}

static inline node_t plus(struct world *w, node_t i, int64_t k)
{
    return op2(w, ADC_OP_IADD, i, whole(w, k));
}

static inline node_t choose(struct world *w, node_t c, node_t x, node_t y)
{
    return adc_apply3(w->g, ADC_OP_IF, c, x, y);
}

static inline node_t at(struct world *w, node_t array, node_t i)
{
    return adc_read(w->g, array, &i);
}

static inline node_t at2(struct world *w, node_t array, node_t i, node_t j)
{
    node_t element[] = {i, j};
    return adc_read(w->g, array, element);
}

static inline node_t put(struct world *w, node_t array, node_t i, node_t value)
{
    return adc_put_element(w->g, array, &i, value, NULL);
}

static inline node_t put2(struct world *w, node_t array, node_t i, node_t j, node_t value)
{
    node_t element[] = {i, j};
    return adc_put_element(w->g, array, element, value, NULL);
}

/* [value for i] of the given length. */
static inline node_t map(struct world *w, node_t value, node_t i, node_t length)
{
    struct adc_nest nest = {.reduce = ADC_REDUCE_SET, .value = value, .rank = 1, .target = &i};
    nest.shape = &length;
    nest.index = &i;
    nest.index_count = 1;
    return adc_nest(w->g, &nest);
}

static inline node_t reduce(struct world *w, enum adc_reduce reduce, node_t value, node_t i)
{
    struct adc_nest nest = {.reduce = reduce, .value = value, .index = &i, .index_count = 1};
    return adc_nest(w->g, &nest);
}

static inline node_t sum(struct world *w, node_t value, node_t i)
{
    return reduce(w, ADC_REDUCE_SUM, value, i);
}

static inline node_t state_of(struct world *w, node_t index, node_t like)
{
    return adc_state(w->g, index, like, false);
}

static inline node_t history(struct world *w, node_t index, node_t a, node_t b)
{
    node_t shape[] = {a, b};
    return adc_state_array(w->g, index, ADC_F64, shape, b ? 2 : 1, true);
}

static inline node_t loop_of(struct world *w, node_t index, node_t guard,
                             const struct adc_carried *carried, unsigned count)
{
    struct adc_loop loop = {.index = index, .guard = guard, .carried = carried, .count = count};
    return adc_loop(w->g, &loop);
}

/* The one component of a loop after it. */
static inline node_t after(struct world *w, node_t index, node_t state, node_t init, node_t next)
{
    struct adc_carried one = {state, init, next};
    return adc_final(w->g, loop_of(w, index, NULL, &one, 1), state);
}

/* sum(i: a[i]*(1 + i/4)): tells elements apart. */
static inline node_t digest(struct world *w, node_t array)
{
    node_t i = index_to(w, adc_shape(array, 0));
    node_t quarter = mul(w, op1(w, ADC_OP_INT_TO_F64, i), num(w, 0.25));
    return sum(w, mul(w, at(w, array, i), add(w, num(w, 1), quarter)), i);
}

static inline double digested(const double *a, int n)
{
    double s = 0;
    for (int i = 0; i < n; i++) s += a[i] * (1 + i * 0.25);
    return s;
}

/* ------------------------------------------------------------------------- world */

static inline node_t world_param(struct world *w, const char *name, enum adc_type type,
                                 enum adc_kind kind, node_t length)
{
    node_t *shape = ADC_NEW_ARRAY(&w->arena, node_t, 1);
    struct adc_parameter p = {.name = adc_name_of(&w->names, name), .type = type, .kind = kind};
    shape[0] = length;
    p.of = p.name;
    p.shape = shape;
    p.rank = length ? 1 : 0;
    uint32_t number = (uint32_t)w->f->params.count;
    ADC_PUSH(&w->arena, w->f->params, p);
    return length ? adc_array_param(w->g, type, number, shape, 1) : adc_param(w->g, type, number);
}

static inline void world_open(struct world *w, const struct program *program)
{
    memset(w, 0, sizeof *w);
    w->heap = (struct adc_heap){adc_standard_allocator(), &w->landing};
    adc_arena_init(&w->arena, &w->heap);
    adc_names_init(&w->names, &w->arena);
    adc_diags_init(&w->diags, &w->arena);
    w->f = adc_function_new(&w->arena, adc_name_of(&w->names, "f"));
    w->g = w->f->graph;
    w->n = world_param(w, "N", ADC_INT, ADC_DIM, NULL);
    w->steps = world_param(w, "T", ADC_INT, ADC_DIM, NULL);
    w->x = world_param(w, "x", ADC_F64, ADC_VAR, w->n);
    struct adc_result result = {.name = adc_name_of(&w->names, "s"), .type = ADC_F64, .count = 1};
    result.of = result.name;
    result.named = true;
    result.nodes = ADC_NEW_ARRAY(&w->arena, node_t, 1);
    result.nodes[0] = program->build(w);
    ADC_PUSH(&w->arena, w->f->results, result);
}

static inline void world_close(struct world *w)
{
    adc_arena_free(&w->arena);
}

/* A product of a function, as the compiler makes it. */
static inline struct adc_function *product_of(struct world *w, const struct adc_function *from,
                                              enum adc_product which, const char *of)
{
    struct pass_derive_options options = {.of = of, .names = &w->names, .diags = &w->diags};
    return support_product(from, which, &options, &w->arena, &w->arena);
}

struct point {
    int n, steps;
    double x[MOST], v[MOST];
};

static inline union adc_value reals(struct world *w, const double *from, int count)
{
    union adc_value *values = ADC_NEW_ARRAY(&w->arena, union adc_value, (size_t)count);
    for (int i = 0; i < count; i++) values[i].f64 = from[i];
    return (union adc_value){.elements = values};
}

/* x is at the point; other arrays are the direction v; scalar cotangents are 0. Gives the result of
 * that name: a scalar, or an array, into `out`. */
static inline void run(struct world *w, const struct adc_function *f, const struct point *point,
                       const char *name, double *out)
{
    union adc_value arguments[16], *values;
    for (size_t i = 0; i < f->params.count; i++) {
        const char *param = f->params.data[i].name->text;
        arguments[i] = (union adc_value){.bits = 0};
        if (!strcmp(param, "N")) arguments[i].integer = point->n;
        else if (!strcmp(param, "T")) arguments[i].integer = point->steps;
        else if (!strcmp(param, "x")) arguments[i] = reals(w, point->x, point->n);
        else if (f->params.data[i].rank) arguments[i] = reals(w, point->v, point->n);
    }
    assert_int_equal(adc_interpret(f, arguments, &w->arena, &values), 0);
    for (size_t i = 0; i < f->results.count; i++) {
        const struct adc_result *result = &f->results.data[i];
        if (strcmp(result->name->text, name) != 0) continue;
        union adc_value value = values[result->nodes[0]->id];
        if (!result->rank) *out = value.f64;
        for (int k = 0; result->rank && k < point->n; k++) out[k] = value.elements[k].f64;
        return;
    }
    fail_msg("no result %s", name);
}

/* ------------------------------------------------------------------------ checks */

static inline void near(const struct program *program, const struct point *point, const char *what,
                        double got, double expected, double tolerance)
{
    if (!(fabs(got - expected) <= tolerance * (1 + fabs(expected))))
        fail_msg("%s, N %d, T %d, %s: %.15g, not %.15g", program->name, point->n, point->steps,
                 what, got, expected);
}

/* d f / d x_k by Richardson's extrapolation. */
static inline double plain_difference(const struct program *program, const struct point *point,
                                      int k)
{
    double slope[2];
    for (int half = 0; half < 2; half++) {
        double h = half ? 5e-4 : 1e-3, ends[2];
        for (int side = 0; side < 2; side++) {
            struct point moved = *point;
            moved.x[k] += side ? h : -h;
            ends[side] = program->value(moved.x, point->n, point->steps);
        }
        slope[half] = (ends[1] - ends[0]) / (2 * h);
    }
    return (4 * slope[1] - slope[0]) / 3;
}

static inline void check_first(struct world *w, const struct program *program,
                               const struct point *point, const struct adc_function *grad,
                               const struct adc_function *jvp)
{
    double s, s_dot, expected_dot = 0, g[MOST] = {0};
    run(w, grad, point, "s", &s);
    near(program, point, "value", s, program->value(point->x, point->n, point->steps), 1e-12);
    run(w, grad, point, "grad_x", g);
    for (int k = 0; k < point->n; k++) {
        near(program, point, "gradient", g[k], plain_difference(program, point, k), 1e-7);
        expected_dot += g[k] * point->v[k];
    }
    run(w, jvp, point, "s_dot", &s_dot);
    near(program, point, "tangent", s_dot, expected_dot, 1e-11);
}

struct seconds {
    struct adc_function *hvp, *reverse_reverse, *reverse_forward;
};

static inline void check_second(struct world *w, const struct program *program,
                                const struct point *point, const struct adc_function *grad,
                                const struct seconds *seconds)
{
    double h[MOST] = {0}, rr[MOST] = {0}, rf[MOST] = {0}, g[4][MOST] = {{0}};
    const double steps[] = {1e-3, -1e-3, 5e-4, -5e-4};
    run(w, seconds->hvp, point, "x_hvp", h);
    run(w, seconds->reverse_reverse, point, "x_bar", rr);
    run(w, seconds->reverse_forward, point, "grad_x", rf);
    for (int side = 0; side < 4; side++) {
        struct point moved = *point;
        for (int k = 0; k < point->n; k++) moved.x[k] += steps[side] * point->v[k];
        run(w, grad, &moved, "grad_x", g[side]);
    }
    for (int k = 0; k < point->n; k++) {
        double coarse = (g[0][k] - g[1][k]) / 2e-3, fine = (g[2][k] - g[3][k]) / 1e-3;
        near(program, point, "hvp", h[k], (4 * fine - coarse) / 3, 1e-6);
        near(program, point, "reverse over reverse", rr[k], h[k], 1e-10);
        near(program, point, "reverse over forward", rf[k], h[k], 1e-10);
    }
}

/* 25 points: N and T of 0, 1, 2, 3, 5. */
static inline struct point point_of(unsigned i)
{
    static const int sizes[] = {0, 1, 2, 3, 5};
    struct point point = {.n = sizes[i % 5], .steps = sizes[i / 5]};
    for (int k = 0; k < MOST; k++) {
        point.x[k] = 0.3 + 0.5 * sin(1.7 * k + i);
        point.v[k] = cos(2.3 * k + 1);
    }
    return point;
}

static inline void check_program(const struct program *program, bool second)
{
    struct world w;
    world_open(&w, program);
    struct adc_function *grad = product_of(&w, w.f, ADC_GRAD, NULL);
    struct adc_function *jvp = product_of(&w, w.f, ADC_PUSHFORWARD, NULL);
    struct seconds seconds = {NULL, NULL, NULL};
    if (second) {
        seconds.hvp = product_of(&w, w.f, ADC_HVP, NULL);
        seconds.reverse_reverse = product_of(&w, grad, ADC_PULLBACK, NULL);
        seconds.reverse_forward = product_of(&w, jvp, ADC_GRAD, "s_dot");
    }
    for (unsigned i = 0; i < 25; i++) {
        struct point point = point_of(i);
        if (point.n < program->least || point.steps < program->least) continue;
        check_first(&w, program, &point, grad, jvp);
        if (second) check_second(&w, program, &point, grad, &seconds);
    }
    world_close(&w);
}

#endif
