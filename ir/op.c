/* The table of operators: information, values by compiled text, C by the same text.
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

const char *adc_helper_name(unsigned index)
{
    return index < HELPER_COUNT ? helpers[index].name : NULL;
}

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

/* -------------------------------------------------------------------------------- texts */

static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/* Length of the word or the one other character that `text` begins with. */
static size_t token_length(const char *text)
{
    size_t length = 0;
    while (is_word(text[length])) length++;
    return length ? length : 1;
}

/* F(name), K(number), H(name): returns what is behind the bracket. */
static const char *put_macro(const char *text, enum adc_type type, struct adc_text *out)
{
    const char *inside = text + 2, *end = strchr(inside, ')');
    adc_text_put(out, inside, (size_t)(end - inside));
    if (type == ADC_F32) adc_text_add(out, "f");
    if (*text == 'H') adc_text_add(out, "__");
    return end + 1;
}

/* The operand that a word stands for, -1 for none. */
static int operand_index(const char *word, size_t length)
{
    return length == 1 && *word >= 'x' && *word <= 'z' ? *word - 'x' : -1;
}

/* Without operands x, y, z stay as they are. */
static void expand(const char *text, enum adc_type type, const char *const *operands,
                   struct adc_text *out)
{
    while (*text) {
        size_t length = token_length(text);
        int operand = operands ? operand_index(text, length) : -1;
        if (length == 1 && strchr("FKH", *text) && text[1] == '(') {
            text = put_macro(text, type, out);
            continue;
        }
        if (operand >= 0) adc_text_add(out, operands[operand]);
        else if (!same_text("REAL", text, length)) adc_text_put(out, text, length);
        else adc_text_add(out, type == ADC_F32 ? "float" : "double");
        text += length;
    }
}

void adc_op_text(enum adc_op op, enum adc_type type, const char *const *operands,
                 struct adc_text *out)
{
    expand(table[op].info.value, type, operands, out);
}

bool adc_op_needs_function(enum adc_op op)
{
    unsigned seen[3] = {0, 0, 0};
    for (const char *text = table[op].info.value; *text;) {
        size_t length = token_length(text);
        int operand = operand_index(text, length);
        if (*text == '?' || (operand >= 0 && seen[operand]++)) return true;
        text += length;
    }
    return false;
}

void adc_helper_define(unsigned index, enum adc_type type, struct adc_text *out)
{
    expand(helpers[index].text, type, NULL, out);
}
