/* Seeded points: inputs drawn the same way everywhere, from integers alone.
 *
 * Reals come from a mix of scales: most of them between 0.1 and 2, some up to 2^10, few up to
 * 2^26 or as small as 2^-26, few whole (for ties and kinks); a third is negative. Ints are 1 to
 * 5, bools both. Elements of an array are of one scale, so that sums of them keep their digits. */
#ifndef ADC_DRIVER_DRAW_H
#define ADC_DRIVER_DRAW_H

#include "ir/type.h"

#include <stddef.h>

struct draw {
    uint64_t state;
};

/* The stream of one draw of one seed. */
struct draw draw_start(int64_t seed, uint64_t number);

union adc_value draw_value(struct draw *draw, enum adc_type type);

/* 1 to `most`: the length of an axis. */
int64_t draw_length(struct draw *draw, uint64_t most);

/* At least 0 and below `limit`. */
uint64_t draw_below(struct draw *draw, uint64_t limit);

/* Ints are indices: at least 0 and below `limit`. */
void draw_elements(struct draw *draw, enum adc_type type, int64_t limit, union adc_value *elements,
                   size_t count);

#endif
