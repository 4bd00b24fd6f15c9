/* Reader of tests/rows/?.tsv (format: tests/rows_make.py) and distances in units of the last place.
 *
 * owner    the arena; a malformed line fails the test */
#ifndef ADC_TESTS_ROWS_TABLE_H
#define ADC_TESTS_ROWS_TABLE_H

#include "ir/node.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_ARGUMENTS = 3, MAX_OUTPUTS = 4, MAX_WORDS = 9 };

enum stated { NOT_STATED, STRUCTURAL_ZERO, STATED };

/* A number that is expected; a zero without sign may be either one. */
struct expected {
    enum stated stated;
    union adc_value value;
    bool any_zero;
};

struct point {
    enum adc_op op;
    enum adc_type type; /* width of R */
    unsigned line, count;
    union adc_value in[MAX_ARGUMENTS];
    struct expected out[MAX_OUTPUTS]; /* value, then partials by argument */
    double bound[MAX_OUTPUTS];        /* in ulp */
};

struct points {
    ADC_VEC(struct point) list;
};

static const char *row_name(enum adc_op op)
{
    return adc_op_info(op)->name;
}

static enum adc_type letter_type(char letter, enum adc_op op, enum adc_type real)
{
    if (letter == 'I') return ADC_INT;
    if (letter == 'B') return ADC_BOOL;
    if (letter == 'N') return ADC_I32;
    if (letter == 'S') return op == ADC_OP_F32_TO_F64 ? ADC_F32 : ADC_F64;
    return real;
}

static enum adc_type argument_type(enum adc_op op, unsigned i, enum adc_type real)
{
    return letter_type(adc_op_info(op)->signature[i], op, real);
}

static bool has_reals(enum adc_op op)
{
    return strpbrk(adc_op_info(op)->signature, "RS") != NULL;
}

/* Whether the letter of argument `i` is that of a real. */
static bool is_real_argument(enum adc_op op, unsigned i)
{
    return adc_type_is_real(argument_type(op, i, ADC_F64));
}

static union adc_value read_value(const char *word, enum adc_type type)
{
    union adc_value value = {.bits = 0};
    char *end = NULL;
    if (adc_type_is_integer(type)) value.integer = strtoll(word, &end, 10);
    else if (type == ADC_F64) value.f64 = strtod(word, &end);
    else if (type == ADC_F32) value.f32 = strtof(word, &end);
    else value.boolean = strcmp(word, "true") == 0;
    if (end ? *end != '\0' : !value.boolean && strcmp(word, "false") != 0)
        fail_msg("not a value: %s", word);
    return value;
}

static struct expected read_expected(const char *word, enum adc_type type)
{
    struct expected expected = {.stated = STATED, .any_zero = strcmp(word, "0") == 0};
    if (strcmp(word, "*") == 0) expected.stated = NOT_STATED;
    else if (strcmp(word, "-") == 0) expected.stated = STRUCTURAL_ZERO;
    else expected.value = read_value(word, type);
    return expected;
}

/* Cuts `text` at `separator` in place. */
static unsigned cut(char *text, char separator, char **words, unsigned limit)
{
    unsigned count = 0;
    while (text && count < limit) {
        words[count++] = text;
        text = strchr(text, separator);
        if (text) *text++ = '\0';
    }
    return count;
}

static void read_point(struct point *point, char *line, enum adc_type type)
{
    char *fields[5], *words[MAX_WORDS];
    assert_int_equal(cut(line, '\t', fields, 5), 5);
    point->op = adc_op_find(fields[0], strlen(fields[0]));
    if (point->op == ADC_OP_COUNT) fail_msg("no row %s in ops.def", fields[0]);
    point->type = type;
    point->count = adc_op_info(point->op)->arity;
    assert_int_equal(cut(fields[1], ' ', words, MAX_WORDS), point->count);
    for (unsigned i = 0; i < point->count; i++)
        point->in[i] = read_value(words[i], argument_type(point->op, i, type));
    enum adc_type result = adc_op_result(point->op, type);
    point->out[0] = read_expected(fields[2], result);
    unsigned partials = cut(fields[3], ' ', words, MAX_WORDS);
    for (unsigned i = 0; i < point->count; i++)
        point->out[i + 1] = read_expected(i < partials ? words[i] : "-", result);
    unsigned bounds = cut(fields[4], ' ', words, MAX_WORDS);
    for (unsigned i = 0; i < MAX_OUTPUTS; i++)
        point->bound[i] = i < bounds ? strtod(words[i], NULL) : 4.0;
}

/* --------------------------------------------------------------------------- distances */

/* Numbers in order, neighbours one apart; both zeros are 0. */
static int64_t place_of(union adc_value value, enum adc_type type)
{
    if (type == ADC_F32) {
        int32_t bits;
        memcpy(&bits, &value.f32, sizeof bits);
        return bits < 0 ? -(int64_t)(bits & INT32_MAX) : bits;
    }
    int64_t bits;
    memcpy(&bits, &value.f64, sizeof bits);
    return bits < 0 ? -(bits & INT64_MAX) : bits;
}

static double as_double(union adc_value value, enum adc_type type)
{
    return type == ADC_F32 ? (double)value.f32 : value.f64;
}

/* Distance in units of the last place: of the subnormal grid near 0. Infinity is the neighbour of
 * the largest number. */
static double ulps(union adc_value a, union adc_value b, enum adc_type type)
{
    bool a_nan = isnan(as_double(a, type)), b_nan = isnan(as_double(b, type));
    if (a_nan || b_nan) return a_nan && b_nan ? 0.0 : (double)INFINITY;
    int64_t p = place_of(a, type), q = place_of(b, type);
    return (double)(p > q ? (uint64_t)p - (uint64_t)q : (uint64_t)q - (uint64_t)p);
}

static bool agrees(const struct expected *expected, union adc_value value, enum adc_type type,
                   double bound)
{
    if (expected->stated != STATED) return true;
    if (type == ADC_INT) return value.integer == expected->value.integer;
    /* held as an int, or as C stored it, in half of one */
    if (type == ADC_I32) return (int32_t)value.integer == (int32_t)expected->value.integer;
    if (type == ADC_BOOL) return value.boolean == expected->value.boolean;
    double wanted = as_double(expected->value, type), got = as_double(value, type);
    /* an infinity that is stated is no rounding */
    if (isinf(wanted) && isinf(got)) return wanted == got;
    if (wanted == 0.0 && got == 0.0 && !expected->any_zero) return signbit(wanted) == signbit(got);
    return ulps(expected->value, value, type) <= bound;
}

static void put_value(struct adc_text *text, union adc_value value, enum adc_type type)
{
    if (adc_type_is_integer(type)) adc_text_format(text, "%lld", (long long)value.integer);
    else if (type == ADC_BOOL) adc_text_add(text, value.boolean ? "true" : "false");
    else adc_text_real(text, as_double(value, type), type == ADC_F32);
}

/* One line that says what is wrong, kept in `report`. */
static void complain(struct adc_text *report, const struct point *point, unsigned output,
                     union adc_value value, const char *engine)
{
    enum adc_type type = adc_op_result(point->op, point->type);
    adc_text_format(report, "%s: %s %s(", engine, adc_type_name(point->type), row_name(point->op));
    for (unsigned i = 0; i < point->count; i++) {
        if (i) adc_text_add(report, ", ");
        put_value(report, point->in[i], argument_type(point->op, i, point->type));
    }
    adc_text_format(report, ") %s%.*s: ", output ? "partial " : "value", output != 0,
                    &"123"[output ? output - 1 : 0]);
    put_value(report, value, type);
    adc_text_add(report, " instead of ");
    put_value(report, point->out[output].value, type);
    if (adc_type_is_real(type)) {
        double distance = ulps(value, point->out[output].value, type);
        adc_text_add(report, ", ulp ");
        adc_text_real(report, distance, false);
        adc_text_add(report, " > ");
        adc_text_real(report, point->bound[output], false);
    }
    adc_text_add(report, "\n");
}

#endif
