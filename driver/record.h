/* Records as users give and get them: objects, or lists in the order of the fields, inside each
 * other and in lists; in memory one array (ir/function.h).
 *
 * owner    the session's arena */
#ifndef ADC_DRIVER_RECORD_H
#define ADC_DRIVER_RECORD_H

#include "driver/array.h"
#include "driver/json_io.h"
#include "ir/function.h"

/* What a record shall be; the target's rank is not looked at. */
struct record_target {
    struct array_target array;
    const struct adc_form *form;
    uint32_t size_count;
    bool bare; /* a part of a record is given without the records around it */
};

/* [{"rot": [0, 0, 1], "f": 2}, ...]; `array` gets the elements of `form` and the sizes. */
int record_of_text(struct session *session, const struct record_target *target, const char *text,
                   struct array *array);

/* The elements of a form as nested objects and lists. Of a form that is a part of a record, other
 * fields are left out (of a tuple: null), so that json_merge makes the record of its parts. */
json_t *record_json(enum adc_type type, const union adc_value *elements,
                    const struct adc_form *form, const int64_t *sizes);

/* Where an element of a form lies: "[0].turn[2]". */
void record_place(const struct adc_form *form, const int64_t *sizes, size_t element,
                  struct adc_text *out);

/* Puts `part` into the value that `object` has for `key`, or there; takes over `part`. */
void record_merge(json_t *object, const char *key, json_t *part);

#endif
