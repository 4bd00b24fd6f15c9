/* A C program that compares functions for lanes, NAME_d(reals_d) and NAME_s(reals_s), with the same
 * texts over single numbers, bit for bit. */
#ifndef ADC_TESTS_VMATH_PROGRAM_H
#define ADC_TESTS_VMATH_PROGRAM_H

#include "tests/vmath_singles.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

/* All bit patterns alike, and numbers around 1. */
static const char points[] =
    "static uint64_t random_bits(uint64_t *state)\n{\n"
    "    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);\n"
    "    return *state ^ *state >> 29;\n}\n\n"
    "static double point(uint64_t *state, unsigned i)\n{\n"
    "    const double edges[] = {0.0, -0.0, HUGE_VAL, -HUGE_VAL, (double)NAN, 1.0, -1.0, 0.5};\n"
    "    uint64_t bits = random_bits(state);\n"
    "    double unit = (double)(bits >> 11) * 0x1p-53;\n"
    "    if (i < 64) return edges[i % 8 ^ (i / 8 & (bits >> 60))];\n"
    "    if (i % 3 == 0) return real_f64(bits);\n"
    "    return i % 3 == 1 ? 2.0 * unit - 1.0 : 60.0 * unit - 30.0;\n}\n\n"
    "static void sum(uint64_t *checksum, uint64_t bits)\n{\n"
    "    *checksum = (*checksum ^ bits) * UINT64_C(0x9e3779b97f4a7c15);\n"
    "    *checksum ^= *checksum >> 31;\n}\n\n"
    "static unsigned wrong;\n\n";

/* $N name, $d or s, $D double or float, $F f64 or f32, $P vmath, vmath_f, fused or fused_f, $A arguments of the
 * vector function, $a of the other. */
static const char comparison[] =
    "static uint64_t compare_$N_$d(void)\n{\n"
    "    uint64_t state = 1;\n    uint64_t checksum = 0;\n"
    "    for (unsigned i = 0; i < 4000;) {\n"
    "        reals_$d x = {0};\n        reals_$d y = {0};\n        reals_$d z = {0};\n"
    "        for (unsigned k = 0; k < sizeof x / sizeof x[0]; k++, i++) {\n"
    "            x[k] = ($D)point(&state, i);\n            y[k] = ($D)point(&state, i / 2);\n"
    "            z[k] = ($D)point(&state, i / 3);\n        }\n"
    "        (void)y;\n        (void)z;\n"
    "        const reals_$d r = $N_$d($A);\n"
    "        for (unsigned k = 0; k < sizeof x / sizeof x[0]; k++) {\n"
    "            const $D one = $P_$N($a);\n"
    "            const $D other = r[k];\n"
    "            bool same = bits_$F(one) == bits_$F(other) || (one != one && other != other);\n"
    "            if (!same) wrong++;\n"
    "            if (!same && wrong < 10) printf(\"$N_$d(%.17g, %.17g): %.17g, one by one "
    "%.17g\\n\",\n"
    "                (double)x[k], (double)y[k], (double)other, (double)one);\n"
    "            sum(&checksum, one != one ? 1 : bits_$F(one));\n"
    "        }\n    }\n    return checksum;\n}\n\n";

static struct adc_heap heap;
static struct adc_arena arena;
static struct adc_graph graph;

/* Functions that are not there for every number: a last argument that is an integer, or that a
 * machine has no use for, or one that is not below 0. Those that call them are compared. */
static bool is_partial(const char *name)
{
    static const char *const names[] = {"scale", "whole", "exp_with", "erfc_positive"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(names[i], name) == 0) return true;
    return false;
}

/* Its arguments as the program has them, or NULL if not all is real. */
static const char *only_reals(unsigned index)
{
    static const char *const arguments[] = {NULL, "x", "x, y", "x, y, z"};
    return is_partial(adc_vmath_name(index)) ? NULL : arguments[real_arguments(&arena, index)];
}

static void put_comparison(unsigned index, bool fused, const char *arguments, struct adc_text *out)
{
    bool single = adc_vmath_type(index) == ADC_F32;
    for (const char *at = comparison; *at; at++) {
        if (*at != '$') {
            adc_text_put(out, at, 1);
            continue;
        }
        switch (*++at) {
        case 'N': adc_text_add(out, adc_vmath_name(index)); break;
        case 'd': adc_text_add(out, single ? "s" : "d"); break;
        case 'D': adc_text_add(out, single ? "float" : "double"); break;
        case 'F': adc_text_add(out, single ? "f32" : "f64"); break;
        case 'P':
            adc_text_format(out, "%s%s", fused ? "fused" : "vmath", single ? "_f" : "");
            break;
        case 'A': adc_text_add(out, arguments); break;
        default:
            for (const char *a = arguments; *a; a++) {
                adc_text_put(out, a, 1);
                if (*a >= 'x') adc_text_add(out, "[k]");
            }
        }
    }
}

/* What stands behind the definitions of types and functions. */
static void put_program(bool fused, struct adc_text *out)
{
    adc_text_add(out, points);
    for (unsigned i = 0; adc_vmath_text(i, fused); i++)
        if (only_reals(i)) put_comparison(i, fused, only_reals(i), out);
    adc_text_add(out, "int main(void)\n{\n");
    for (unsigned i = 0; adc_vmath_text(i, fused); i++)
        if (only_reals(i)) {
            const char *name = adc_vmath_name(i), *suffix = &"d\0s"[adc_vmath_type(i) * 2];
            adc_text_format(out, "    printf(\"%s %s %%016llx\\n\", ", name, suffix);
            adc_text_format(out, "(unsigned long long)compare_%s_%s());\n", name, suffix);
        }
    adc_text_add(out, "    return wrong != 0;\n}\n");
}

static void write_text(const char *folder, const struct adc_text *text)
{
    char path[60];
    snprintf(path, sizeof path, "%s/program.c", folder);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(text->data, 1, text->count, file), text->count);
    assert_int_equal(fclose(file), 0);
}

static bool run(const char *format, const char *first, const char *second)
{
    char command[600];
    snprintf(command, sizeof command, format, first, second);
    int status = system(command);
    if (status) fprintf(stderr, "status %d: %s\n", status, command);
    return status == 0;
}

static int start(void **state)
{
    (void)state;
    heap = (struct adc_heap){adc_standard_allocator(), NULL};
    adc_arena_init(&arena, &heap);
    adc_graph_init(&graph, &arena);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    adc_arena_free(&arena);
    return 0;
}

#endif
