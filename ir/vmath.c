/* The table of functions for lanes. A function of both widths has two entries of one text. */
#include "ir/vmath.h"

#include <string.h>

/* Stringised at once: arguments of arguments would have their macros expanded. */
#define TEXT(result, name, parameters, body) \
    "static " result " H(" name ")" parameters " { " body " }"

static const struct {
    const char *name, *text;
    enum adc_type type;
} functions[] = {
#define ADC_VMATH_F64(name, result, parameters, ...) \
    {#name, TEXT(#result, #name, #parameters, #__VA_ARGS__), ADC_F64},
#define ADC_VMATH_F32(name, result, parameters, ...) \
    {#name, TEXT(#result, #name, #parameters, #__VA_ARGS__), ADC_F32},
#define ADC_VMATH(name, result, parameters, ...)                       \
    {#name, TEXT(#result, #name, #parameters, #__VA_ARGS__), ADC_F64}, \
        {#name, TEXT(#result, #name, #parameters, #__VA_ARGS__), ADC_F32},
#define ADC_VMATH_FUSED(name, result, parameters, ...)
#include "ir/vmath.def"
#undef ADC_VMATH
#undef ADC_VMATH_F64
#undef ADC_VMATH_F32
#undef ADC_VMATH_FUSED
};

/* What has another text there. */
static const struct {
    const char *name, *text;
} fused_functions[] = {
#define ADC_VMATH(name, result, parameters, ...)
#define ADC_VMATH_F64(name, result, parameters, ...)
#define ADC_VMATH_F32(name, result, parameters, ...)
#define ADC_VMATH_FUSED(name, result, parameters, ...) \
    {#name, TEXT(#result, #name, #parameters, #__VA_ARGS__)},
#include "ir/vmath.def"
#undef ADC_VMATH
#undef ADC_VMATH_F64
#undef ADC_VMATH_F32
#undef ADC_VMATH_FUSED
};

enum {
    FUNCTION_COUNT = sizeof functions / sizeof *functions,
    FUSED_COUNT = sizeof fused_functions / sizeof *fused_functions
};

int adc_vmath_find(const char *name, size_t length, enum adc_type type)
{
    for (unsigned i = 0; i < FUNCTION_COUNT; i++)
        if (functions[i].type == type && strlen(functions[i].name) == length &&
            memcmp(functions[i].name, name, length) == 0)
            return (int)i;
    return -1;
}

const char *adc_vmath_text(unsigned index, bool fused)
{
    if (index >= FUNCTION_COUNT) return NULL;
    for (unsigned i = 0; fused && i < FUSED_COUNT; i++)
        if (strcmp(fused_functions[i].name, functions[index].name) == 0)
            return fused_functions[i].text;
    return functions[index].text;
}

const char *adc_vmath_name(unsigned index)
{
    return functions[index].name;
}

enum adc_type adc_vmath_type(unsigned index)
{
    return functions[index].type;
}
