/* JSON through jansson; numbers are written here, as jansson knows no shortest form. */
#include "driver/json_io.h"

#include "driver/session.h"

#include <float.h>
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

/* A float is stored as the double that its own shortest text names, so that 0.1f is written 0.1. A
 * normal float is read back from six digits if from fewer at all. */
static double as_written(double value, bool single)
{
    if (!single) return value;
    for (int digits = fabs(value) < (double)FLT_MIN ? 1 : FLT_DIG; digits <= 9; digits++) {
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
    case ADC_INT:
    case ADC_I32: return needed(json_integer(value.integer));
    case ADC_BOOL: return json_boolean(value.boolean);
    case ADC_TYPE_COUNT: break;
    }
    abort();
}

/* Calls itself once an axis. */
json_t *json_of_array(enum adc_type type, const union adc_value *elements, const int64_t *lengths,
                      unsigned rank)
{
    if (rank == 0) return json_of_value(type, *elements);
    json_t *list = needed(json_array());
    size_t inner = 1;
    for (unsigned i = 1; i < rank; i++) inner *= lengths[i] > 0 ? (size_t)lengths[i] : 0;
    for (int64_t i = 0; i < lengths[0]; i++)
        json_append(list, json_of_array(type, elements + (size_t)i * inner, lengths + 1, rank - 1));
    return list;
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

static void write_value(const json_t *value, size_t limit, struct adc_text *out);

static void write_object(const json_t *object, size_t limit, struct adc_text *out)
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
        write_value(value, limit, out);
        between = ", ";
    }
    adc_text_add(out, "}");
}

static void write_array(const json_t *array, size_t limit, struct adc_text *out)
{
    size_t count = json_array_size(array);
    bool cut = count > limit;
    size_t shown = cut ? limit - 1 : count; /* "1 more" would be as long as the one */
    adc_text_add(out, "[");
    for (size_t i = 0; i < shown; i++) {
        if (i) adc_text_add(out, ", ");
        write_value(json_array_get(array, i), limit, out);
    }
    if (cut) adc_text_format(out, "%s... %zu more", shown ? ", " : "", count - shown);
    adc_text_add(out, "]");
}

/* Calls itself: the values are the driver's own, objects in objects and arrays of at most
 * ADC_MAX_AXES axes. */
static void write_value(const json_t *value, size_t limit, struct adc_text *out)
{
    if (json_is_object(value)) write_object(value, limit, out);
    else if (json_is_array(value)) write_array(value, limit, out);
    else if (json_is_real(value)) adc_text_real(out, json_real_value(value), false);
    else if (json_is_integer(value))
        adc_text_format(out, "%lld", (long long)json_integer_value(value));
    else write_plain(value, out);
}

void json_write(const json_t *value, struct adc_text *out)
{
    write_value(value, SIZE_MAX, out);
}

void json_write_short(const json_t *value, size_t limit, struct adc_text *out)
{
    write_value(value, limit, out);
}

/* ---------------------------------------------------------------------- reading */

int json_read(struct session *session, const char *path, json_t **value, const char **text)
{
    size_t length;
    *value = NULL;
    int status = files_read(session, path, text, &length);
    if (status != STATUS_GOOD) return status;
    json_error_t error;
    size_t flags = JSON_REJECT_DUPLICATES | JSON_DECODE_ANY;
    *value = json_loadb(*text, length, flags, &error);
    /* whole numbers beyond 64 bits: good as reals, and too large for an int parameter all the same
     * */
    if (!*value && json_error_code(&error) == json_error_numeric_overflow)
        *value = json_loadb(*text, length, flags | JSON_DECODE_INT_AS_REAL, &error);
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

static const char *after_blanks(const char *at)
{
    return at + strspn(at, " \t\r\n");
}

/* Behind the string that begins at `at`. */
static const char *after_string(const char *at)
{
    for (at++; *at && *at != '"'; at++)
        if (*at == '\\' && at[1]) at++;
    return *at ? at + 1 : at;
}

const char *json_after_value(const char *at)
{
    size_t depth = 0;
    while (*at) {
        if (*at == '"') {
            at = after_string(at);
            continue;
        }
        bool closes = *at == ']' || *at == '}';
        if (depth == 0 && (closes || *at == ',')) return at;
        if (closes) depth--;
        if (*at == '[' || *at == '{') depth++;
        at++;
    }
    return at;
}

/* From the bracket or comma before a key to the value behind it. */
static const char *member(const char *at)
{
    if (!*at) return at;
    at = after_blanks(at + 1);
    if (*at != '"') return at; /* an empty object, or the end */
    at = after_blanks(after_string(at));
    return after_blanks(at + (*at == ':'));
}

const char *json_first_member(const char *text)
{
    return member(after_blanks(text));
}

const char *json_next_member(const char *at)
{
    return member(json_after_value(at));
}

const char *json_argument_text(struct adc_arena *arena, const json_t *value, const char *raw)
{
    struct adc_text text;
    adc_text_init(&text, arena);
    const char *number = json_is_string(value) ? string_argument(json_string_value(value)) : NULL;
    if (number) return number;
    raw = after_blanks(raw);
    switch (json_typeof(value)) {
    case JSON_OBJECT:
    case JSON_ARRAY: adc_text_put(&text, raw, (size_t)(json_after_value(raw) - raw)); break;
    case JSON_STRING: write_plain(value, &text); break;
    case JSON_NULL: adc_text_add(&text, "null"); break;
    case JSON_TRUE: adc_text_add(&text, "true"); break;
    case JSON_FALSE: adc_text_add(&text, "false"); break;
    case JSON_INTEGER: adc_text_format(&text, "%lld", (long long)json_integer_value(value)); break;
    case JSON_REAL: adc_text_real(&text, json_real_value(value), false); break;
    }
    return text.data;
}
