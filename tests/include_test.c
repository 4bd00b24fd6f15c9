/* Emitted headers stand alone: C99, C11, C17 and C++17, included twice, under strict flags. */
#define _XOPEN_SOURCE 700 /* mkdtemp */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/emit_c_fixture.h"

/* Adds a product of z whose only derivative output is `name`. */
static void add_product(struct fixture *t, const struct adc_function *f, enum adc_product product,
                        const char *name, enum adc_role role)
{
    struct adc_function *g = bench_function(&t->bench, "z");
    struct adc_text symbol;
    *g = *f;
    adc_text_init(&symbol, &t->bench.arena);
    adc_text_format(&symbol, "z%s", adc_product_suffix(product));
    g->symbol = adc_name_of(&t->bench.names, symbol.data);
    g->product = product;
    bench_result(&t->bench, g, name, constant(g, 4));
    g->results.data[g->results.count - 1].role = role;
    g->results.data[g->results.count - 1].of = f->params.data[0].name;
    add(t, bench_schedule(&t->bench, g));
}

/* A function with enough parameters for a struct. */
static void add_wide(struct fixture *t)
{
    struct adc_function *f = bench_function(&t->bench, "wide");
    for (int i = 0; i < 150; i++) {
        char name[16];
        snprintf(name, sizeof name, "x%d", i);
        bench_param(&t->bench, f, name, i % 2 ? ADC_INT : ADC_F32);
    }
    f->params.data[0].doc = "says */ and /* and more\nof it";
    bench_result(&t->bench, f, "result", constant(f, 1));
    add(t, bench_schedule(&t->bench, f));
}

static void header_compiles_alone_in_every_standard(void **state)
{
    struct fixture *t = *state;
    struct adc_function *f = seed(t);
    bench_param(&t->bench, f, "k", ADC_INT);
    bench_param(&t->bench, f, "flag", ADC_BOOL);
    add(t, bench_schedule(&t->bench, f));
    add_product(t, f, ADC_GRAD, "grad_x", ADC_ROLE_GRAD);
    add_product(t, f, ADC_HESSIAN, "hess", ADC_ROLE_HESSIAN);
    add_wide(t);
    emit(t);
    write_file(t, "alone.c",
               "#include \"test.h\"\n#include \"test.h\"\nint main(void) { return 0; }\n");
    write_file(t, "alone.cpp",
               "#include \"test.h\"\nint main() { double r = 0;"
               "if (z_hess_size() != 1 || z_abi() != z_abi_version) return 1;"
               "return z(2, 3, 1, true, &r, nullptr) != 0 || r != 57; }\n");
    for (unsigned i = 0; i < COMPILER_COUNT; i++) {
        if (!have(t, compilers[i])) continue;
        static const char *const standards[] = {"c99", "c11", "c17"};
        for (unsigned j = 0; j < 3; j++) {
            char command[512];
            snprintf(command, sizeof command,
                     "%s -std=%s " STRICT " alone.c -o alone && %s -std=%s " STRICT " -c test.c",
                     compilers[i], standards[j], compilers[i], standards[j]);
            must(t, command);
        }
        const char *cpp = i ? "clang++" : "g++";
        char command[512];
        snprintf(
            command, sizeof command,
            "%s -std=c++17 -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror -c alone.cpp && "
            "%s alone.o test.o -lm -o alone && ./alone",
            cpp, cpp);
        if (have(t, cpp)) must(t, command);
    }
}

static void header_without_functions_compiles(void **state)
{
    struct fixture *t = *state;
    emit(t);
    must(t, "cc -std=c99 " STRICT " -c test.c");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(header_compiles_alone_in_every_standard),
        TEST(header_without_functions_compiles),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
