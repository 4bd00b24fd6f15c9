/* The reader of value texts and helpers: all of the tables, the shape of some, and what it refuses. */
#include "backend/formula.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct adc_heap heap;
static struct adc_arena arena;

static int start(void **state)
{
    (void)state;
    heap = (struct adc_heap){adc_standard_allocator(), NULL};
    adc_arena_init(&arena, &heap);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    adc_arena_free(&arena);
    return 0;
}

static void formula_reads_every_text_of_the_tables(void **state)
{
    (void)state;
    for (unsigned i = 0; adc_helper_text(i); i++) {
        const struct formula_function *function = formula_of_text(&arena, adc_helper_text(i));
        if (!function) fail_msg("%s", adc_helper_text(i));
    }
    for (unsigned op = ADC_OP_FIRST_ELEMENTWISE; op < ADC_OP_COUNT; op++)
        if (!formula_of_operator(&arena, (enum adc_op)op))
            fail_msg("%s", adc_op_info((enum adc_op)op)->value);
}

static void formula_reads_every_function_for_lanes(void **state)
{
    (void)state;
    for (unsigned i = 0; adc_vmath_text(i); i++)
        if (!formula_of_vmath(&arena, i)) fail_msg("%s", adc_vmath_text(i));
}

static void formula_takes_the_constant_of_the_width(void **state)
{
    (void)state;
    for (int single = 0; single < 2; single++) {
        int index = adc_vmath_find("high_half", 9, single ? ADC_F32 : ADC_F64);
        assert_true(index >= 0);
        const struct formula_function *function = formula_of_vmath(&arena, (unsigned)index);
        assert_non_null(function);
        const struct formula *shift = function->body->child[0];
        assert_int_equal(shift->op, FORMULA_SHIFT_RIGHT);
        assert_int_equal(shift->child[1]->integer, single ? 16 : 32);
    }
}

static void formula_holds_together_as_c_does(void **state)
{
    (void)state;
    const struct formula_function *function = formula_of_text(
        &arena, "static bool H(f)(REAL x, int64_t y) { return x + x * x < x == (y >> 1 & 1); }");
    assert_non_null(function);
    const struct formula *equal = function->body->child[0];
    assert_int_equal(equal->op, FORMULA_EQ);
    assert_int_equal(equal->child[0]->op, FORMULA_LT);
    assert_int_equal(equal->child[0]->child[0]->op, FORMULA_ADD);
    assert_int_equal(equal->child[0]->child[0]->child[1]->op, FORMULA_MUL);
    assert_int_equal(equal->child[1]->op, FORMULA_BIT_AND);
    assert_int_equal(equal->child[1]->child[0]->op, FORMULA_SHIFT_RIGHT);
}

static void formula_groups_from_the_left(void **state)
{
    (void)state;
    const struct formula_function *function =
        formula_of_text(&arena, "static REAL H(f)(REAL x) { return x - x - x; }");
    assert_non_null(function);
    assert_int_equal(function->body->child[0]->child[0]->kind, FORMULA_BINARY);
    assert_int_equal(function->body->child[0]->child[1]->kind, FORMULA_VARIABLE);
}

static void formula_notes_what_changes(void **state)
{
    (void)state;
    const struct formula_function *function = formula_of_text(
        &arena,
        "static REAL H(f)(REAL x, REAL y) { for (int k = 0; k < 3; k++) x *= y; return x; }");
    assert_non_null(function);
    assert_true(function->assigned[0] && !function->assigned[1] && function->assigned[2]);
    assert_true(function->loops && !function->plain);
}

static void formula_refuses_what_it_cannot_read(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "static REAL H(f)(REAL x) { return x",
        "static REAL H(f)(REAL x) { return z; }",
        "static REAL H(f)(REAL x) { return H(nothing)(x); }",
        "static REAL H(f)(REAL x) { switch (x) {} }",
        "static REAL H(f)(long x) { return x; }",
        "static REAL H(f)(REAL x) { return x; } rest",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_null(formula_of_text(&arena, bad[i]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(formula_reads_every_text_of_the_tables),
        cmocka_unit_test(formula_reads_every_function_for_lanes),
        cmocka_unit_test(formula_takes_the_constant_of_the_width),
        cmocka_unit_test(formula_holds_together_as_c_does),
        cmocka_unit_test(formula_groups_from_the_left),
        cmocka_unit_test(formula_notes_what_changes),
        cmocka_unit_test(formula_refuses_what_it_cannot_read),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
