/* A growing text on an arena: what every printer writes into.
 *
 * data is NUL-terminated once anything was put; count excludes the NUL. No locale dependence:
 * numbers are written by adc_text_real and adc_text_int, never through %g. */
#ifndef ADC_BASE_TEXT_H
#define ADC_BASE_TEXT_H

#include "base/arena.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>

struct adc_text {
    struct adc_arena *arena;
    char *data;
    size_t count, capacity;
};

void adc_text_init(struct adc_text *text, struct adc_arena *arena);
void adc_text_put(struct adc_text *text, const char *bytes, size_t length);
void adc_text_add(struct adc_text *text, const char *string);

/* printf with %s %.*s %c %d %u %zu %lld only (nothing that reads the locale). */
void adc_text_format(struct adc_text *text, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void adc_text_vformat(struct adc_text *text, const char *format, va_list arguments);

/* The shortest decimal text that reads back to the same number (as a float if `single`):
 * always with a point or exponent ("2.0", "1e-05"); "inf", "-inf", "nan". */
void adc_text_real(struct adc_text *text, double value, bool single);

#endif
