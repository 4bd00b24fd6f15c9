/* Which functions lanes have: every function of the C library that value texts and helpers call is
 * one of vmath.def, or an instruction, or one of the few that have no straight line. */
#include "ir/vmath.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* Instructions, or two: printed as such. */
static const char *const instructions[] = {"fabs",  "copysign", "sqrt", "floor", "ceil",
                                           "trunc", "round",    "fma",  "fmax",  "nan"};

/* As many steps as the exponents differ; a pair of results; called once per lane. */
static const char *const one_by_one[] = {"fmod", "remainder", "frexp", "ldexp"};

static bool is_among(const char *const *list, size_t count, const char *name, size_t length)
{
    for (size_t i = 0; i < count; i++)
        if (strlen(list[i]) == length && memcmp(list[i], name, length) == 0) return true;
    return false;
}

static void check_calls(const char *text)
{
    while ((text = strstr(text, "F(")) != NULL) {
        const char *name = text += 2;
        size_t length = strcspn(name, ")");
        bool other =
            is_among(instructions, sizeof instructions / sizeof *instructions, name, length) ||
            is_among(one_by_one, sizeof one_by_one / sizeof *one_by_one, name, length);
        for (int type = ADC_F64; type <= ADC_F32; type++) {
            bool found = adc_vmath_find(name, length, (enum adc_type)type) >= 0;
            if (found == other) fail_msg("%.*s: not one of them alone", (int)length, name);
        }
    }
}

static void vmath_has_every_function_that_the_tables_call(void **state)
{
    (void)state;
    for (unsigned op = ADC_OP_FIRST_ELEMENTWISE; op < ADC_OP_COUNT; op++)
        check_calls(adc_op_info((enum adc_op)op)->value);
    for (unsigned i = 0; adc_helper_text(i); i++) check_calls(adc_helper_text(i));
}

static void vmath_has_each_function_for_both_widths(void **state)
{
    (void)state;
    for (unsigned i = 0; adc_vmath_text(i, false); i++) {
        const char *name = adc_vmath_name(i);
        assert_int_equal(adc_vmath_find(name, strlen(name), adc_vmath_type(i)), i);
        enum adc_type other = adc_vmath_type(i) == ADC_F64 ? ADC_F32 : ADC_F64;
        assert_true(adc_vmath_find(name, strlen(name), other) >= 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vmath_has_every_function_that_the_tables_call),
        cmocka_unit_test(vmath_has_each_function_for_both_widths),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
