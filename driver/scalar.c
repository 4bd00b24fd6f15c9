/* Scalars: what counts as a number, and how texts become values. */
#include "driver/scalar.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static size_t digits(const char *text)
{
    size_t count = 0;
    while (text[count] >= '0' && text[count] <= '9') count++;
    return count;
}

static bool is_whole(const char *text)
{
    if (*text == '-' || *text == '+') text++;
    size_t count = digits(text);
    return count > 0 && text[count] == '\0';
}

/* 12  -1.5  .5  2.  1e-3 */
static bool is_number(const char *text)
{
    if (*text == '-' || *text == '+') text++;
    size_t before = digits(text), after = 0;
    text += before;
    if (*text == '.') {
        after = digits(text + 1);
        text += after + 1;
    }
    if (before + after == 0) return false;
    if (*text != 'e' && *text != 'E') return *text == '\0';
    text++;
    if (*text == '-' || *text == '+') text++;
    size_t exponent = digits(text);
    return exponent > 0 && text[exponent] == '\0';
}

static bool is_named_number(const char *text)
{
    if (*text == '-' || *text == '+') text++;
    return strcmp(text, "inf") == 0 || strcmp(text, "nan") == 0;
}

static bool is_bool(const char *text)
{
    return strcmp(text, "true") == 0 || strcmp(text, "false") == 0;
}

/* 3, and 3.0 or 3e2 as they are whole. */
static enum scalar_problem read_int(const char *text, union adc_value *value)
{
    if (is_whole(text)) {
        errno = 0;
        value->integer = strtoll(text, NULL, 10);
        return errno ? SCALAR_OUT_OF_RANGE : SCALAR_GOOD;
    }
    if (!is_number(text)) return SCALAR_ILL_TYPED;
    return scalar_of_double(strtod(text, NULL), ADC_INT, value);
}

/* As an i32. */
static enum scalar_problem narrowed(enum scalar_problem problem, union adc_value value)
{
    bool fits = value.integer >= INT32_MIN && value.integer <= INT32_MAX;
    return problem == SCALAR_GOOD && !fits ? SCALAR_OUT_OF_RANGE : problem;
}

static enum scalar_problem read_real(const char *text, enum adc_type type, union adc_value *value)
{
    bool number = is_number(text);
    if (!number && !is_named_number(text)) return SCALAR_ILL_TYPED;
    bool overflow;
    if (type == ADC_F32) {
        value->f32 = strtof(text, NULL);
        overflow = isinf(value->f32);
    } else {
        value->f64 = strtod(text, NULL);
        overflow = isinf(value->f64);
    }
    return number && overflow ? SCALAR_OUT_OF_RANGE : SCALAR_GOOD;
}

enum scalar_problem scalar_read(const char *text, enum adc_type type, union adc_value *value)
{
    value->bits = 0;
    if (adc_type_is_real(type)) return read_real(text, type, value);
    if (type == ADC_INT) return read_int(text, value);
    if (type == ADC_I32) return narrowed(read_int(text, value), *value);
    if (!is_bool(text)) return SCALAR_ILL_TYPED;
    value->boolean = text[0] == 't';
    return SCALAR_GOOD;
}

enum scalar_problem scalar_of_double(double real, enum adc_type type, union adc_value *value)
{
    value->bits = 0;
    switch (type) {
    case ADC_F64: value->f64 = real; return SCALAR_GOOD;
    case ADC_F32:
        value->f32 = (float)real;
        return isinf(value->f32) && !isinf(real) ? SCALAR_OUT_OF_RANGE : SCALAR_GOOD;
    case ADC_INT:
        if (isnan(real) || (real != floor(real) && !isinf(real))) return SCALAR_ILL_TYPED;
        if (!(real >= -0x1p63 && real < 0x1p63)) return SCALAR_OUT_OF_RANGE;
        value->integer = (int64_t)real;
        return SCALAR_GOOD;
    case ADC_I32: return narrowed(scalar_of_double(real, ADC_INT, value), *value);
    case ADC_BOOL:
    case ADC_TYPE_COUNT: break;
    }
    return SCALAR_ILL_TYPED;
}

bool scalar_as_written(const char *text, enum adc_type *type, union adc_value *value)
{
    value->bits = 0;
    if (is_bool(text)) {
        *type = ADC_BOOL;
        value->boolean = text[0] == 't';
        return true;
    }
    errno = 0;
    *type = ADC_INT;
    value->integer = is_whole(text) ? strtoll(text, NULL, 10) : 0;
    if (is_whole(text) && !errno) return true;
    if (!is_number(text) && !is_named_number(text)) return false;
    *type = ADC_F64;
    value->f64 = strtod(text, NULL);
    return is_named_number(text) || isfinite(value->f64);
}

const char *scalar_wanted(enum adc_type type)
{
    return type == ADC_BOOL            ? "a bool (true or false)"
           : adc_type_is_integer(type) ? "an int"
                                       : "a real";
}
