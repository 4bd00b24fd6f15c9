/* Interned names: equal texts are one object, so names compare by pointer, and their dense numbers
 * index side tables.
 *
 * owner    the table's arena */
#ifndef ADC_BASE_NAME_H
#define ADC_BASE_NAME_H

#include "base/vec.h"

#include <stdint.h>

struct adc_name {
    uint32_t number; /* dense, in order of first appearance */
    uint32_t length; /* bytes, without the NUL behind the text */
    uint32_t hash;
    char text[];
};

struct adc_names {
    struct adc_arena *arena;
    const struct adc_name **slots; /* open addressing; a power of two, at most 3/4 full */
    uint32_t slot_count, count;
};

void adc_names_init(struct adc_names *names, struct adc_arena *arena);
const struct adc_name *adc_name(struct adc_names *names, const char *text, size_t length);
const struct adc_name *adc_name_of(struct adc_names *names, const char *text); /* NUL-terminated */

/* FNV-1a with a final mix; `seed` is 0 or an earlier result. */
uint32_t adc_hash(const void *bytes, size_t length, uint32_t seed);

#endif
