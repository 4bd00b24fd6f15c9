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

/* Nested lists of row-major elements; lengths below 0 count as 0. */
json_t *json_of_array(enum adc_type type, const union adc_value *elements, const int64_t *lengths,
                      unsigned rank);

/* One line: {"a": 1, "b": [2.0, "inf"]}. */
void json_write(const json_t *value, struct adc_text *out);

/* The same for people: of long lists the beginning, "[0.0, 1.0, 2.0, ... 97 more]". */
void json_write_short(const json_t *value, size_t limit, struct adc_text *out);

/* A JSON text of a file and its value: NULL after an error, to be freed with json_decref. */
int json_read(struct session *session, const char *path, json_t **value, const char **text);

/* Where the values of the members of an object stand in its text, one after the other; the text
 * must be that of an object and there must be such a member. */
const char *json_first_member(const char *text);
const char *json_next_member(const char *member);

/* Behind the value that `text` begins with: at the comma or bracket that ends it, or at the end. */
const char *json_after_value(const char *text);

/* What NAME=VALUE would have for it: "2.5", "true", "inf", "[1, 2]"; strings that are no number as
 * in JSON. `raw` is where the value stands in its text. */
const char *json_argument_text(struct adc_arena *arena, const json_t *value, const char *raw);

#endif
