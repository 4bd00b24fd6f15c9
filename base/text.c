/* Growing texts and shortest round-trip numbers. */
#include "base/text.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void adc_text_init(struct adc_text *text, struct adc_arena *arena)
{
    *text = (struct adc_text){.arena = arena, .data = (char *)""};
}

static void reserve(struct adc_text *text, size_t more)
{
    if (text->count + more < text->capacity) return;
    size_t wanted = text->capacity ? text->capacity * 2 : 64;
    while (wanted <= text->count + more) wanted *= 2;
    char *data = adc_arena_alloc(text->arena, wanted);
    if (text->count) memcpy(data, text->data, text->count);
    text->data = data;
    text->capacity = wanted;
}

void adc_text_put(struct adc_text *text, const char *bytes, size_t length)
{
    reserve(text, length);
    memcpy(text->data + text->count, bytes, length);
    text->count += length;
    text->data[text->count] = '\0';
}

void adc_text_add(struct adc_text *text, const char *string)
{
    adc_text_put(text, string, strlen(string));
}

void adc_text_vformat(struct adc_text *text, const char *format, va_list arguments)
{
    va_list again;
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, again);
    va_end(again);
    if (length < 0) return;
    reserve(text, (size_t)length);
    vsnprintf(text->data + text->count, (size_t)length + 1, format, arguments);
    text->count += (size_t)length;
}

void adc_text_format(struct adc_text *text, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    adc_text_vformat(text, format, arguments);
    va_end(arguments);
}

static bool reads_back(const char *digits, double value, bool single)
{
    double again = strtod(digits, NULL);
    return single ? (float)again == (float)value : again == value;
}

/* Digits to try first. A decimal of up to DBL_DIG digits survives the way to a normal double and
 * back, so if one reads back, then rounding to DBL_DIG digits gives it (and %g drops the zeros
 * behind it). Subnormals have fewer. */
static int first_precision(double value, bool single)
{
    if (single) return fabs(value) < (double)FLT_MIN ? 1 : FLT_DIG;
    return fabs(value) < DBL_MIN ? 1 : DBL_DIG;
}

/* snprintf and strtod follow the locale's decimal point, but agree with each other; the point is
 * put right afterwards. */
void adc_text_real(struct adc_text *text, double value, bool single)
{
    if (isnan(value)) {
        adc_text_add(text, "nan");
        return;
    }
    if (isinf(value)) {
        adc_text_add(text, value > 0 ? "inf" : "-inf");
        return;
    }
    char digits[40];
    for (int precision = first_precision(value, single); precision <= 17; precision++) {
        snprintf(digits, sizeof digits, "%.*g", precision, value);
        if (reads_back(digits, value, single)) break;
    }
    /* %g turns to exponents at the digit count, so "16" may come out as "2e+01" with one digit:
     * whole numbers below 1e16 are written out */
    if (fabs(value) < 1e16 && value == floor(value)) snprintf(digits, sizeof digits, "%.0f", value);
    for (char *at = digits; *at; at++)
        if (*at != '-' && *at != '+' && *at != 'e' && (*at < '0' || *at > '9')) *at = '.';
    adc_text_add(text, digits);
    if (!strpbrk(digits, ".e")) adc_text_add(text, ".0");
}
