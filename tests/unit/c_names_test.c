/* What source names become in C. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "backend/c_names.h"

#include <string.h>

struct table {
    struct adc_heap heap;
    jmp_buf out_of_memory;
    struct adc_arena arena;
    struct c_words words;
};

static int set_up(void **state)
{
    static struct table table;
    table.heap = (struct adc_heap){adc_standard_allocator(), &table.out_of_memory};
    adc_arena_init(&table.arena, &table.heap);
    c_words_init(&table.words, &table.arena);
    *state = &table;
    return 0;
}

static int tear_down(void **state)
{
    struct table *table = *state;
    adc_arena_free(&table->arena);
    return 0;
}

static void expect(struct table *table, enum c_use use, const char *source, const char *c)
{
    assert_string_equal(c_mangle(&table->words, source, use), c);
}

static void ordinary_names_survive(void **state)
{
    static const char *const names[] = {"x", "theta_1", "loss", "X", "exponent", "doubles", "a__b"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        expect(*state, C_LOCAL, names[i], names[i]);
        expect(*state, C_FUNCTION, names[i], names[i]);
    }
}

static void words_of_c_cpp_and_libm_get_an_underscore(void **state)
{
    static const char *const names[] = {
        "double", "inline", "bool",     "class", "template", "and",   "exp",     "sinf",
        "lgamma", "NULL",   "INFINITY", "NAN",   "I",        "errno", "M_PI",    "j0",
        "y1",     "gamma",  "abs",      "free",  "malloc",   "div",   "int64_t", "unix",
        "memcpy", "true",   "nullptr",  "asm",   "SIZE_MAX", "typeof"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char expected[32];
        strcpy(expected, names[i]);
        strcat(expected, "_");
        expect(*state, C_LOCAL, names[i], expected);
        expect(*state, C_FUNCTION, names[i], expected);
    }
}

static void posix_names_are_taken_for_functions_only(void **state)
{
    expect(*state, C_FUNCTION, "main", "main_");
    expect(*state, C_FUNCTION, "read", "read_");
    expect(*state, C_FUNCTION, "time", "time_");
    expect(*state, C_LOCAL, "time", "time");
    expect(*state, C_LOCAL, "index", "index");
}

static void own_symbols_are_taken_for_locals(void **state)
{
    struct table *table = *state;
    c_words_reserve(&table->words, "f_grad");
    expect(table, C_LOCAL, "f_grad", "f_grad_");
    expect(table, C_FUNCTION, "f_grad", "f_grad");
}

static void endings_and_beginnings_of_the_compiler_are_avoided(void **state)
{
    expect(*state, C_LOCAL, "t1__", "t1___");
    expect(*state, C_LOCAL, "w__", "w___");
    expect(*state, C_LOCAL, "__", "v___");
    expect(*state, C_LOCAL, "_Bool", "v_Bool");
    expect(*state, C_LOCAL, "__linux__", "v__linux___");
    expect(*state, C_LOCAL, "_x", "_x");
    expect(*state, C_FUNCTION, "_x", "v_x");
    expect(*state, C_LOCAL, "ADC_TEST_H", "ADC_TEST_H_");
}

static void letters_outside_ascii_are_spelt(void **state)
{
    expect(*state, C_LOCAL, "σ", "u03C3_");
    expect(*state, C_LOCAL, "xσ", "x_u03C3_");
    expect(*state, C_LOCAL, "xσμ2", "x_u03C3_u03BC_2");
    expect(*state, C_LOCAL, "grad_σ", "grad_u03C3_");
    expect(*state, C_LOCAL, "é", "u00E9_");
    expect(*state, C_LOCAL, "a𝜎", "a_u1D70E_");
}

static void very_long_names_stay_apart(void **state)
{
    struct table *table = *state;
    char one[1001] = {0}, other[1001] = {0};
    memset(one, 'a', 1000);
    memset(other, 'a', 1000);
    other[999] = 'b';
    const char *a = c_mangle(&table->words, one, C_LOCAL);
    const char *b = c_mangle(&table->words, other, C_LOCAL);
    assert_true(strlen(a) <= 200);
    assert_string_not_equal(a, b);
}

static void claims_in_a_scope_are_unique(void **state)
{
    struct table *table = *state;
    struct c_scope scope;
    c_scope_init(&scope, &table->words);
    assert_string_equal(c_claim(&scope, "s"), "s");
    assert_string_equal(c_claim(&scope, "s_2"), "s_2");
    assert_string_equal(c_claim(&scope, "s"), "s_3");
    assert_string_equal(c_claim(&scope, "s"), "s_4");
    assert_string_equal(c_claim(&scope, "exp"), "exp_");
    assert_string_equal(c_claim(&scope, "exp_"), "exp__2");
    assert_string_equal(c_claim(&scope, "σ"), "u03C3_");
    assert_string_equal(c_claim(&scope, "u03C3_"), "u03C3__2");
    assert_false(c_take(&scope, "s"));
    assert_true(c_take(&scope, "free_name"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(ordinary_names_survive),
        TEST(words_of_c_cpp_and_libm_get_an_underscore),
        TEST(posix_names_are_taken_for_functions_only),
        TEST(own_symbols_are_taken_for_locals),
        TEST(endings_and_beginnings_of_the_compiler_are_avoided),
        TEST(letters_outside_ascii_are_spelt),
        TEST(very_long_names_stay_apart),
        TEST(claims_in_a_scope_are_unique),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
