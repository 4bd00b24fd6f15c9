/* Random array programs without state: maps, reductions, triangles, gathers, filters, histograms and matrix products;
 * derivatives at points worked out by hand. The laws are in random_arrays.h. Passes exercised: nest_rules,
 * forward_nest, reverse_nest, arrange, arrange_bounds, arrange_rank, arrange_order, arrange_fuse, schedule_place,
 * schedule_order, schedule_parts. */
#define _XOPEN_SOURCE 700 /* mkdtemp */

#include "tests/random_arrays.h"

enum { PROGRAMS = 400, COMPILED = 60 };

/* --------------------------------------------------------------------- generator */

/* A vector over i that has been computed from `v`, itself a vector of length n. */
static node_t step(struct world *w, node_t v)
{
    struct adc_graph *g = w->graph;
    node_t vi = adc_read(g, v, &w->i);
    node_t at[] = {w->i, w->j};
    node_t aij = adc_read(g, w->A, at);
    node_t k = adc_index(g, NAME_K, adc_int(g, 0), w->i); /* k in 0..i */
    node_t after = adc_index(g, NAME_K + 1, w->i, w->n);  /* l in i..n */
    node_t p = adc_read(g, w->perm, &w->i);
    node_t positive = adc_apply2(g, ADC_OP_GT, aij, adc_real(g, ADC_F64, 0.0));
    enum adc_reduce sums[] = {ADC_REDUCE_SUM, ADC_REDUCE_PROD, ADC_REDUCE_MAX, ADC_REDUCE_MIN};
    node_t inner;
    switch (dice(w, 9)) {
    case 0: inner = smooth(w, vi, adc_read(g, w->x, &w->i)); break;
    case 1: inner = nest(w, sums[dice(w, 2)], smooth(w, aij, vi), NULL, w->j, NULL); break;
    case 2:
        inner = nest(w, ADC_REDUCE_SUM, smooth(w, adc_read(g, v, &k), vi), NULL, k, NULL);
        break;
    case 3: inner = adc_read(g, v, &p); break; /* gather */
    case 4: return array1(w, ADC_REDUCE_SUM, smooth(w, vi, vi), NULL, p, w->n, w->i, NULL);
    case 5: inner = nest(w, ADC_REDUCE_SUM, smooth(w, aij, vi), positive, w->j, NULL); break;
    case 6: return array1(w, ADC_REDUCE_SUM, smooth(w, aij, vi), positive, p, w->n, w->i, w->j);
    case 7:
        inner = nest(w, sums[dice(w, 4)], smooth(w, adc_read(g, v, &after), vi), NULL, after, NULL);
        break;
    default: {
        node_t all = nest(w, sums[dice(w, 4)], smooth(w, vi, vi), NULL, w->i, NULL);
        inner = smooth(w, all, vi);
    }
    }
    return array1(w, ADC_REDUCE_SET, adc_apply1(g, ADC_OP_TANH, inner), NULL, w->i, w->n, w->i,
                  NULL);
}

static void generate(struct world *w)
{
    node_t v = w->x;
    unsigned steps = 1 + dice(w, 3);
    for (unsigned s = 0; s < steps; s++) v = step(w, v);
    node_t vi = adc_read(w->graph, v, &w->i);
    node_t pick = adc_read(w->graph, w->perm, &w->i);
    node_t other = adc_read(w->graph, v, &pick);
    add_result(w, "s", nest(w, ADC_REDUCE_SUM, smooth(w, vi, other), NULL, w->i, NULL));
    add_result(w, "v", v);
}

/* ------------------------------------------------------------------------- tests */

/* sum_ij A[i,j]^2 x[i] at a point worked out by hand. */
static void gradient_of_a_quadratic_form(void **state)
{
    (void)state;
    struct world w;
    struct inputs in = {.n = 2, .m = 2, .x = {3, 5}, .A = {1, 2, -1, 4}};
    struct outputs out = {0};
    world_open(&w, 1);
    node_t at[] = {w.i, w.j};
    node_t a = adc_read(w.graph, w.A, at);
    node_t square = adc_apply2(w.graph, ADC_OP_MUL, a, a);
    node_t term = adc_apply2(w.graph, ADC_OP_MUL, square, adc_read(w.graph, w.x, &w.i));
    add_result(&w, "s", nest(&w, ADC_REDUCE_SUM, term, NULL, w.i, w.j));
    run(&w, product(&w, ADC_GRAD, NULL), &in, &out);
    assert_true(out.s == 100.0);
    assert_true(out.x[0] == 5.0 && out.x[1] == 17.0);
    assert_true(out.A[0] == 6.0 && out.A[1] == 12.0 && out.A[2] == -10.0 && out.A[3] == 40.0);
    world_close(&w);
}

/* prod(x) at one and at two zeros: gradient 6, 0, 0 where 0, 2, 3; Hessian-vector product exact too. */
static void products_with_zeros_are_exact(void **state)
{
    (void)state;
    struct world w;
    struct inputs in = {.n = 3, .m = 0, .x = {0, 2, 3}, .x_dot = {1, 10, 100}};
    struct outputs out = {0};
    world_open(&w, 1);
    node_t xi = adc_read(w.graph, w.x, &w.i);
    add_result(&w, "s", nest(&w, ADC_REDUCE_PROD, xi, NULL, w.i, NULL));
    run(&w, product(&w, ADC_GRAD, NULL), &in, &out);
    assert_true(out.s == 0.0 && out.x[0] == 6.0 && out.x[1] == 0.0 && out.x[2] == 0.0);
    struct adc_function *hvp = product(&w, ADC_HVP, NULL);
    run(&w, hvp, &in, &out); /* H = [[0,3,2],[3,0,0],[2,0,0]] */
    assert_true(out.x[0] == 230.0 && out.x[1] == 3.0 && out.x[2] == 2.0);
    in.x[1] = 0; /* x = 0, 0, 3: H = [[0,3,0],[3,0,0],[0,0,0]] */
    run(&w, hvp, &in, &out);
    assert_true(out.x[0] == 30.0 && out.x[1] == 3.0 && out.x[2] == 0.0);
    world_close(&w);
}

/* Ties share evenly; a NaN takes the whole gradient. */
static void ties_of_max_share(void **state)
{
    (void)state;
    struct world w;
    struct inputs in = {.n = 4, .m = 0, .x = {3, 1, 3, 3}};
    struct outputs out = {0};
    world_open(&w, 1);
    node_t xi = adc_read(w.graph, w.x, &w.i);
    add_result(&w, "s", nest(&w, ADC_REDUCE_MAX, xi, NULL, w.i, NULL));
    struct adc_function *grad = product(&w, ADC_GRAD, NULL);
    run(&w, grad, &in, &out);
    assert_true(out.s == 3.0 && out.x[1] == 0.0);
    assert_true(out.x[0] == 1.0 / 3 && out.x[2] == 1.0 / 3 && out.x[3] == 1.0 / 3);
    in.x[1] = NAN;
    run(&w, grad, &in, &out);
    assert_true(isnan(out.s) && out.x[0] == 0.0 && out.x[1] == 1.0);
    world_close(&w);
}

#define LAW(law, count)                  \
    static void test_##law(void **state) \
    {                                    \
        (void)state;                     \
        law(generate, count);            \
    }
LAW(text_ir_reads_back, PROGRAMS)
LAW(reverse_equals_forward, PROGRAMS)
LAW(tangents_equal_differences, PROGRAMS)
LAW(hvp_equals_differences_of_the_gradient, PROGRAMS)
LAW(compiled_equals_interpreted, COMPILED)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text_ir_reads_back),
        cmocka_unit_test(gradient_of_a_quadratic_form),
        cmocka_unit_test(products_with_zeros_are_exact),
        cmocka_unit_test(ties_of_max_share),
        cmocka_unit_test(test_reverse_equals_forward),
        cmocka_unit_test(test_tangents_equal_differences),
        cmocka_unit_test(test_hvp_equals_differences_of_the_gradient),
        cmocka_unit_test(test_compiled_equals_interpreted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
