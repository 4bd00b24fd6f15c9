/* JSON in and out, on jansson.
 *
 * Written texts keep the order of insertion and give every number as the shortest text that reads
 * back; infinities and NaN are strings. The constructors never fail: running out of memory inside
 * jansson aborts the process, as there is no partial result worth keeping. */
#ifndef ADC_DRIVER_JSON_IO_H
#define ADC_DRIVER_JSON_IO_H

#include "base/text.h"
#include "ir/type.h"

#include <jansson.h>

struct session;

/* Bytes that are not UTF-8 become '?', in place. */
void json_make_utf8(char *text, size_t length);

/* A string, made UTF-8 if it is not. */
json_t *json_text(const char *text);
json_t *json_of_value(enum adc_type type, union adc_value value);

/* Both take over `value`. */
void json_put(json_t *object, const char *key, json_t *value);
void json_append(json_t *array, json_t *value);

/* One line: {"a": 1, "b": [2.0, "inf"]}. */
void json_write(const json_t *value, struct adc_text *out);

/* A JSON text of a file; *value is NULL after an error. Free it with json_decref. */
int json_read(struct session *session, const char *path, json_t **value);

/* The text that NAME=VALUE would give for a scalar: "2.5", "true", "inf"; NULL for null and strings
 * that are no number; "[" and "{" for arrays and objects. */
const char *json_argument_text(struct adc_arena *arena, const json_t *value);

#endif
