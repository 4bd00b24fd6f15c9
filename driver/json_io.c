/* JSON through jansson; numbers are written here, as jansson knows no shortest form. */
#include "driver/json_io.h"

#include "driver/session.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static json_t *needed(json_t *value)
{
    if (!value) abort();
    return value;
}

/* Bytes of the character that begins the text, 0 if it is none (Unicode 15, table 3-7). */
static size_t character(const unsigned char *text, size_t length)
{
    unsigned char lead = text[0];
    if (lead < 0x80) return 1;
    size_t size = lead >= 0xc2 && lead <= 0xdf   ? 2
                  : lead >= 0xe0 && lead <= 0xef ? 3
                  : lead >= 0xf0 && lead <= 0xf4 ? 4
                                                 : 0;
    if (size == 0 || size > length) return 0;
    for (size_t i = 1; i < size; i++)
        if ((text[i] & 0xc0) != 0x80) return 0;
    bool overlong = (lead == 0xe0 && text[1] < 0xa0) || (lead == 0xf0 && text[1] < 0x90);
    bool outside = (lead == 0xed && text[1] > 0x9f) || (lead == 0xf4 && text[1] > 0x8f);
    return overlong || outside ? 0 : size;
}

void json_make_utf8(char *text, size_t length)
{
    for (size_t i = 0; i < length;) {
        size_t size = character((const unsigned char *)text + i, length - i);
        if (size == 0) text[i] = '?';
        i += size ? size : 1;
    }
}

json_t *json_text(const char *text)
{
    json_t *value = json_string(text);
    if (value) return value;
    size_t length = strlen(text);
    char *copy = malloc(length + 1);
    if (!copy) abort();
    memcpy(copy, text, length + 1);
    json_make_utf8(copy, length);
    value = json_string(copy);
    free(copy);
    return needed(value);
}

/* A float is stored as the double that its own shortest text names, so that 0.1f is written 0.1. */
static double as_written(double value, bool single)
{
    if (!single) return value;
    for (int digits = 1; digits <= 9; digits++) {
        char text[32];
        snprintf(text, sizeof text, "%.*e", digits - 1, value);
        double again = strtod(text, NULL);
        if ((float)again == (float)value) return again;
    }
    return value;
}

static json_t *json_of_real(double value, bool single)
{
    if (isnan(value)) return json_text("nan");
    if (isinf(value)) return json_text(value > 0 ? "inf" : "-inf");
    return needed(json_real(as_written(value, single)));
}

json_t *json_of_value(enum adc_type type, union adc_value value)
{
    switch (type) {
    case ADC_F64: return json_of_real(value.f64, false);
    case ADC_F32: return json_of_real((double)value.f32, true);
    case ADC_INT: return needed(json_integer(value.integer));
    case ADC_BOOL: return json_boolean(value.boolean);
    case ADC_TYPE_COUNT: break;
    }
    abort();
}

void json_put(json_t *object, const char *key, json_t *value)
{
    if (json_object_set_new(object, key, needed(value)) != 0) abort();
}

void json_append(json_t *array, json_t *value)
{
    if (json_array_append_new(array, needed(value)) != 0) abort();
}

/* ---------------------------------------------------------------------- writing */

static void write_plain(const json_t *value, struct adc_text *out)
{
    char *text = json_dumps(value, JSON_ENCODE_ANY);
    if (!text) abort();
    adc_text_add(out, text);
    free(text);
}

static void write_object(const json_t *object, struct adc_text *out)
{
    const char *key, *between = "";
    json_t *value;
    adc_text_add(out, "{");
    json_object_foreach((json_t *)object, key, value)
    {
        json_t *name = json_text(key);
        adc_text_add(out, between);
        write_plain(name, out);
        json_decref(name);
        adc_text_add(out, ": ");
        json_write(value, out);
        between = ", ";
    }
    adc_text_add(out, "}");
}

static void write_array(const json_t *array, struct adc_text *out)
{
    size_t count = json_array_size(array);
    adc_text_add(out, "[");
    for (size_t i = 0; i < count; i++) {
        if (i) adc_text_add(out, ", ");
        json_write(json_array_get(array, i), out);
    }
    adc_text_add(out, "]");
}

/* Calls itself: the values are the driver's own, at most five levels deep. */
void json_write(const json_t *value, struct adc_text *out)
{
    if (json_is_object(value)) write_object(value, out);
    else if (json_is_array(value)) write_array(value, out);
    else if (json_is_real(value)) adc_text_real(out, json_real_value(value), false);
    else write_plain(value, out);
}

/* ---------------------------------------------------------------------- reading */

int json_read(struct session *session, const char *path, json_t **value)
{
    const char *text;
    size_t length;
    *value = NULL;
    int status = files_read(session, path, &text, &length);
    if (status != STATUS_GOOD) return status;
    json_error_t error;
    size_t flags = JSON_REJECT_DUPLICATES | JSON_DECODE_ANY;
    *value = json_loadb(text, length, flags, &error);
    /* whole numbers beyond 64 bits: good as reals, and too large for an int parameter all the same
     * */
    if (!*value && json_error_code(&error) == json_error_numeric_overflow)
        *value = json_loadb(text, length, flags | JSON_DECODE_INT_AS_REAL, &error);
    if (*value) return STATUS_GOOD;
    return session_fail(session, STATUS_USAGE, "`%s` is not JSON: line %d, column %d: %s", path,
                        error.line, error.column, error.text);
}

static const char *string_argument(const char *text)
{
    static const char *const numbers[] = {"inf", "-inf", "nan"};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        if (strcmp(text, numbers[i]) == 0) return numbers[i];
    return NULL;
}

const char *json_argument_text(struct adc_arena *arena, const json_t *value)
{
    struct adc_text text;
    adc_text_init(&text, arena);
    switch (json_typeof(value)) {
    case JSON_OBJECT: return "{";
    case JSON_ARRAY: return "[";
    case JSON_STRING: return string_argument(json_string_value(value));
    case JSON_NULL: return NULL;
    case JSON_TRUE: return "true";
    case JSON_FALSE: return "false";
    case JSON_INTEGER: adc_text_format(&text, "%lld", (long long)json_integer_value(value)); break;
    case JSON_REAL: adc_text_real(&text, json_real_value(value), false); break;
    }
    return text.data;
}
