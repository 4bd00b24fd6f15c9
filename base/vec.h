/* Growable arrays on an arena.
 *
 *     ADC_VEC(int) ages = {0};
 *     ADC_PUSH(arena, ages, 42);
 *     for (size_t i = 0; i < ages.count; i++) use(ages.data[i]);
 *
 * Growing leaves the old block to the arena; as sizes double, that is at most the size of the
 * array. */
#ifndef ADC_BASE_VEC_H
#define ADC_BASE_VEC_H

#include "base/arena.h"

#define ADC_VEC(type)                                                                              \
    struct {                                                                                       \
        type *data;                                                                                \
        size_t count, capacity;                                                                    \
    }

#define ADC_PUSH(arena, vec, ...)                                                                  \
    do {                                                                                           \
        if ((vec).count == (vec).capacity)                                                         \
            (vec).data =                                                                           \
                adc_vec_grow((arena), (vec).data, &(vec).capacity, sizeof *(vec).data);            \
        (vec).data[(vec).count++] = __VA_ARGS__;                                                   \
    } while (0)

/* A block twice as large that begins with the old contents; updates *capacity (in elements). */
void *adc_vec_grow(struct adc_arena *arena, const void *data, size_t *capacity, size_t size);

#endif
