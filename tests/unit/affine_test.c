/* Sums of ints (passes/affine.c): constants come together, whatever way they were added. */
#include "passes/affine.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct adc_heap heap;
static struct adc_arena arena;
static struct adc_graph graph;
static const struct adc_node *n, *m;

static int start(void **state)
{
    (void)state;
    heap = (struct adc_heap){adc_standard_allocator(), NULL};
    adc_arena_init(&arena, &heap);
    adc_graph_init(&graph, &arena);
    n = adc_param(&graph, ADC_INT, 0);
    m = adc_param(&graph, ADC_INT, 1);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    adc_arena_free(&arena);
    return 0;
}

static const struct adc_node *plus(const struct adc_node *a, int64_t b)
{
    return affine_plus(&graph, a, adc_int(&graph, b));
}

static void constants_come_together(void **state)
{
    (void)state;
    assert_ptr_equal(plus(plus(n, -1), 1), n);
    assert_ptr_equal(plus(plus(n, 2), -5), adc_apply2(&graph, ADC_OP_ISUB, n, adc_int(&graph, 3)));
    assert_ptr_equal(affine_minus(&graph, plus(n, 4), plus(n, 1)), adc_int(&graph, 3));
    assert_ptr_equal(plus(adc_apply2(&graph, ADC_OP_IADD, adc_int(&graph, 2), n), -2), n);
    assert_ptr_equal(affine_plus(&graph, adc_int(&graph, 2), adc_int(&graph, 3)),
                     adc_int(&graph, 5));
}

static void what_is_added_is_taken_away(void **state)
{
    (void)state;
    const struct adc_node *less = affine_minus(&graph, n, m);
    assert_ptr_equal(affine_plus(&graph, less, m), n);
    assert_ptr_equal(affine_plus(&graph, plus(less, 1), plus(m, -1)), n);
    assert_ptr_equal(affine_minus(&graph, plus(affine_plus(&graph, n, m), 7), plus(m, 7)), n);
    assert_ptr_equal(affine_minus(&graph, m, m), adc_int(&graph, 0));
}

static void ints_wrap(void **state)
{
    (void)state;
    assert_ptr_equal(plus(plus(n, INT64_MAX), 1), plus(n, INT64_MIN));
    assert_ptr_equal(plus(plus(n, INT64_MIN), INT64_MIN), n);
}

static void ends_that_compare_are_one(void **state)
{
    (void)state;
    int64_t distance;
    assert_ptr_equal(affine_most(&graph, plus(n, -1), n), n);
    assert_ptr_equal(affine_least(&graph, plus(n, -1), n), plus(n, -1));
    assert_ptr_equal(affine_least(&graph, n, m), adc_apply2(&graph, ADC_OP_IMIN, n, m));
    assert_true(affine_distance(plus(n, 3), plus(n, -1), &distance));
    assert_int_equal(distance, 4);
    assert_false(affine_distance(n, m, &distance));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(constants_come_together, start, stop),
        cmocka_unit_test_setup_teardown(what_is_added_is_taken_away, start, stop),
        cmocka_unit_test_setup_teardown(ints_wrap, start, stop),
        cmocka_unit_test_setup_teardown(ends_that_compare_are_one, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
