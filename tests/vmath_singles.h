/* Functions for lanes with fused multiply-adds as C over single numbers, fused_exp(double) and
 * fused_f_exp(float): those whose arguments and results are real, as the printer of vectors writes
 * them for machines that have no such instruction, of whose lanes the first counts.
 *
 * The program begins with tests/vmath_functions.h. */
#ifndef ADC_TESTS_VMATH_SINGLES_H
#define ADC_TESTS_VMATH_SINGLES_H

#include "backend/c_vector.h"

static const char single_types[] = "#define ONE __attribute__((vector_size(16)))\n"
                                   "typedef double one_d ONE;\ntypedef uint64_t one_bits_d ONE;\n"
                                   "typedef int64_t one_mask_d ONE;\n"
                                   "typedef float one_s ONE;\ntypedef uint32_t one_bits_s ONE;\n"
                                   "typedef int32_t one_mask_s ONE;\n\n";

/* How many arguments it has, or 0 if not all is real. */
static unsigned real_arguments(struct adc_arena *arena, unsigned index)
{
    const struct formula_function *function = formula_of_vmath(arena, index, true);
    if (!function || function->result != FORMULA_REAL) return 0;
    for (unsigned i = 0; i < function->parameter_count; i++)
        if (function->parameter[i] != FORMULA_REAL) return 0;
    return function->parameter_count;
}

static void put_single(unsigned index, unsigned count, const char *linkage, struct adc_text *out)
{
    bool single = adc_vmath_type(index) == ADC_F32;
    const char *type = single ? "float" : "double", *name = adc_vmath_name(index);
    adc_text_format(out, "%s %s fused_%s%s(", linkage, type, single ? "f_" : "", name);
    for (unsigned i = 0; i < count; i++)
        adc_text_format(out, "%s%s %c", i ? ", " : "", type, "xyz"[i]);
    adc_text_format(out, ")\n{\n    return %s_one_%s(", name, single ? "s" : "d");
    for (unsigned i = 0; i < count; i++)
        adc_text_format(out, single ? "%s(one_s){%c, %c, %c, %c}" : "%s(one_d){%c, %c}",
                        i ? ", " : "", "xyz"[i], "xyz"[i], "xyz"[i], "xyz"[i]);
    adc_text_add(out, ")[0];\n}\n\n");
}

static void put_fused_singles(const struct adc_graph *graph, const char *linkage,
                              struct adc_text *out)
{
    struct c_vector vectors[2] = {
        {.reals = "one_d", .bits = "one_bits_d", .masks = "one_mask_d", .suffix = "_one_d"},
        {.reals = "one_s", .bits = "one_bits_s", .masks = "one_mask_s", .suffix = "_one_s"}};
    adc_text_add(out, single_types);
    for (unsigned w = 0; w < 2; w++) {
        vectors[w].fused = true;
        c_vector_init(&vectors[w], graph, w ? ADC_F32 : ADC_F64);
        for (unsigned i = 0; adc_vmath_text(i, true); i++)
            if (adc_vmath_type(i) == vectors[w].type) c_vector_need(&vectors[w], i);
        c_vector_put(&vectors[w], out);
    }
    for (unsigned i = 0; adc_vmath_text(i, true); i++) {
        unsigned count = real_arguments(graph->arena, i);
        if (count) put_single(i, count, linkage, out);
    }
}

#endif
