/* The reader of value texts and helpers: all of the tables, the shape of some, and what it refuses. */
#include "backend/formula.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

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
    for (unsigned i = 0; adc_vmath_text(i, false); i++)
        for (int fused = 0; fused < 2; fused++)
            if (!formula_of_vmath(&arena, i, fused)) fail_msg("%s", adc_vmath_text(i, fused));
}

static void formula_takes_the_constant_of_the_width(void **state)
{
    (void)state;
    for (int single = 0; single < 2; single++) {
        int index = adc_vmath_find("high_half", 9, single ? ADC_F32 : ADC_F64);
        assert_true(index >= 0);
        const struct formula_function *function = formula_of_vmath(&arena, (unsigned)index, false);
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

/* The expression that a function of four reals and two words returns, behind fusing. */
static const struct formula *fused(const char *body)
{
    struct adc_text text;
    adc_text_init(&text, &arena);
    adc_text_format(
        &text, "static REAL H(f)(REAL a, REAL b, REAL c, REAL d, BITS m, BITS n) { %s }", body);
    struct formula_function *function = formula_of_text(&arena, text.data);
    assert_non_null(function);
    formula_fuse(&arena, function);
    const struct formula *last = function->body;
    while (last->next) last = last->next;
    return last->child[0];
}

static bool is_fma(const struct formula *formula)
{
    return formula->kind == FORMULA_CALL && strcmp(formula->text, "fma") == 0;
}

static void sums_of_products_are_fused(void **state)
{
    (void)state;
    static const char *const sums[] = {"return a*b + c;", "return a + b*c;", "return a*b - c;",
                                       "return a - b*c;", "return a*b + c*d;"};
    for (size_t i = 0; i < sizeof sums / sizeof *sums; i++) {
        const struct formula *sum = fused(sums[i]), *a = sum->child[0];
        assert_true(is_fma(sum));
        assert_int_equal(a->kind, i == 3 ? FORMULA_NEGATE : FORMULA_VARIABLE);
        assert_non_null(a->next->next);
        assert_null(a->next->next->next);
        assert_int_equal(a->next->next->kind, i == 2   ? FORMULA_NEGATE
                                              : i == 4 ? FORMULA_BINARY
                                                       : FORMULA_VARIABLE);
    }
    const struct formula *sum = fused("return (a - b*K(0.5)) - c*K(-0.25);")->child[0];
    assert_string_equal(sum->next->text, "0.25");
    assert_string_equal(sum->next->next->child[0]->next->text, "-0.5");
}

static void what_is_named_or_no_real_is_not_fused(void **state)
{
    (void)state;
    static const char *const sums[] = {"const REAL p = a*b; return p + c;", "return a*b/c + d;",
                                       "return (a + b)*c;", "return m*n + n;"};
    for (size_t i = 0; i < sizeof sums / sizeof *sums; i++)
        assert_int_equal(fused(sums[i])->kind, FORMULA_BINARY);
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
        cmocka_unit_test(sums_of_products_are_fused),
        cmocka_unit_test(what_is_named_or_no_real_is_not_fused),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
