/* The table of operators: information, values by compiled text, the same text for the emitter.
 *
 * ops.def and helpers.def are read once for each use: as functions of either width (numerics.h), as
 * strings, as information. Nothing here knows a single operator. */
#include "ir/op.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

/* A contracted x*y + z would be another number than that of the emitted C. */
#ifdef __clang__
#pragma STDC FP_CONTRACT OFF
#endif

/* ------------------------------------------------------------------------------- values */

#define REAL double
#define FIELD f64
#define F(name) name
#define K(number) number
#define H(name) helper_##name
#define ROW(id) f64_##id
#include "ir/numerics.h"
#undef REAL
#undef FIELD
#undef F
#undef K
#undef H
#undef ROW

#define REAL float
#define FIELD f32
#define F(name) name##f
#define K(number) number##f
#define H(name) helper_f_##name
#define ROW(id) f32_##id
#include "ir/numerics.h"
#undef REAL
#undef FIELD
#undef F
#undef K
#undef H
#undef ROW

typedef union adc_value value_function(const union adc_value *arguments);

static value_function *const functions[][2] = {
#define ADC_OPERATOR(id, name, signature, properties, rules, ...) {f64_##id, f32_##id},
#include "ir/ops.def"
#undef ADC_OPERATOR
};

union adc_value adc_op_apply(enum adc_op op, enum adc_type type, const union adc_value *arguments)
{
    return functions[op - ADC_OP_FIRST_ELEMENTWISE][type == ADC_F32](arguments);
}

/* -------------------------------------------------------------------------- information */

/* Signatures: text, arguments, type of the result; ADC_TYPE_COUNT stands for the width of R. */
#define SIGNATURE_R_R "R:R", 1, ADC_TYPE_COUNT
#define SIGNATURE_RR_R "RR:R", 2, ADC_TYPE_COUNT
#define SIGNATURE_RRR_R "RRR:R", 3, ADC_TYPE_COUNT
#define SIGNATURE_RI_R "RI:R", 2, ADC_TYPE_COUNT
#define SIGNATURE_BRR_R "BRR:R", 3, ADC_TYPE_COUNT
#define SIGNATURE_R_B "R:B", 1, ADC_BOOL
#define SIGNATURE_RR_B "RR:B", 2, ADC_BOOL
#define SIGNATURE_R_I "R:I", 1, ADC_INT
#define SIGNATURE_I_I "I:I", 1, ADC_INT
#define SIGNATURE_II_I "II:I", 2, ADC_INT
#define SIGNATURE_III_I "III:I", 3, ADC_INT
#define SIGNATURE_II_B "II:B", 2, ADC_BOOL
#define SIGNATURE_B_B "B:B", 1, ADC_BOOL
#define SIGNATURE_BB_B "BB:B", 2, ADC_BOOL
#define SIGNATURE_B_I "B:I", 1, ADC_INT
#define SIGNATURE_N_I "N:I", 1, ADC_INT
#define SIGNATURE_I_N "I:N", 1, ADC_I32
#define SIGNATURE_I_D "I:S", 1, ADC_F64
#define SIGNATURE_I_S "I:S", 1, ADC_F32
#define SIGNATURE_S_D "S:S", 1, ADC_F64
#define SIGNATURE_D_S "S:S", 1, ADC_F32

/* Two steps, so that the signature's macro is expanded before its parts are told apart. */
#define ENTRY(...) ENTRY_OF(__VA_ARGS__)
#define ENTRY_OF(name, text, arity, result, properties, value) \
    {{name, text, value, arity, properties}, result},

static const struct {
    struct adc_op_info info;
    enum adc_type result;
} table[] = {
    {{"const", NULL, NULL, 0, 0}, ADC_TYPE_COUNT}, {{"param", NULL, NULL, 0, 0}, ADC_TYPE_COUNT},
    {{"if", NULL, NULL, 3, 0}, ADC_TYPE_COUNT},    {{"mark", NULL, NULL, 1, 0}, ADC_TYPE_COUNT},
    {{"stop", NULL, NULL, 1, 0}, ADC_TYPE_COUNT},  {{"grad", NULL, NULL, 2, 0}, ADC_TYPE_COUNT},
    {{"jvp", NULL, NULL, 3, 0}, ADC_TYPE_COUNT},   {{"vjp", NULL, NULL, 3, 0}, ADC_TYPE_COUNT},
    {{"index", NULL, NULL, 2, 0}, ADC_TYPE_COUNT}, {{"read", NULL, NULL, 0, 0}, ADC_TYPE_COUNT},
    {{"nest", NULL, NULL, 0, 0}, ADC_TYPE_COUNT},  {{"join", NULL, NULL, 2, 0}, ADC_TYPE_COUNT},
    {{"state", NULL, NULL, 0, 0}, ADC_TYPE_COUNT}, {{"loop", NULL, NULL, 0, 0}, ADC_TYPE_COUNT},
    {{"final", NULL, NULL, 1, 0}, ADC_TYPE_COUNT}, {{"put", NULL, NULL, 2, 0}, ADC_TYPE_COUNT},
#define ADC_OPERATOR(id, name, signature, properties, rules, ...) \
    ENTRY(name, SIGNATURE_##signature, properties, #__VA_ARGS__)
#include "ir/ops.def"
#undef ADC_OPERATOR
};
_Static_assert(sizeof table / sizeof *table == ADC_OP_COUNT, "one entry for each enum adc_op");

const struct adc_op_info *adc_op_info(enum adc_op op)
{
    return &table[op].info;
}

enum adc_type adc_op_result(enum adc_op op, enum adc_type real)
{
    return table[op].result == ADC_TYPE_COUNT ? real : table[op].result;
}

static bool same_text(const char *string, const char *text, size_t length)
{
    return strlen(string) == length && !memcmp(string, text, length);
}

enum adc_op adc_op_find(const char *name, size_t length)
{
    for (unsigned op = 0; op < ADC_OP_COUNT; op++)
        if (same_text(table[op].info.name, name, length)) return (enum adc_op)op;
    return ADC_OP_COUNT;
}

/* ------------------------------------------------------------------------------ helpers */

static const struct {
    const char *name, *text;
} helpers[] = {
#define ADC_HELPER(name, result, parameters, ...) \
    {#name, "static " #result " H(" #name ")" #parameters " { " #__VA_ARGS__ " }"},
#include "ir/helpers.def"
#undef ADC_HELPER
};

enum { HELPER_COUNT = sizeof helpers / sizeof *helpers };

const char *adc_helper_text(unsigned index)
{
    return index < HELPER_COUNT ? helpers[index].text : NULL;
}

int adc_helper_find(const char *name, size_t length)
{
    for (unsigned i = 0; i < HELPER_COUNT; i++)
        if (same_text(helpers[i].name, name, length)) return (int)i;
    return -1;
}
