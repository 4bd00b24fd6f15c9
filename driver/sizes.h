/* Sizes of arrays: found from the arrays that are given, evaluated for those that are computed. */
#ifndef ADC_DRIVER_SIZES_H
#define ADC_DRIVER_SIZES_H

#include "driver/array.h"
#include "ir/function.h"

/* Gives every ADC_DIM parameter of `function` its value in `values` (by parameter), from `arrays`
 * (by parameter; NULL where none was given); those with given[i] have one already. All sizes must
 * agree. */
int sizes_bind(struct session *session, const struct adc_function *function,
               const struct array *const *arrays, const bool *given, union adc_value *values);

/* The values of `count` closed ints at `inputs` (by parameter), of which scalars alone matter. */
void sizes_evaluate(struct session *session, const struct adc_function *function,
                    const union adc_value *inputs, const struct adc_node *const *nodes,
                    size_t count, int64_t *values);

/* How many elements an array with these lengths has; lengths below 0 become 0. */
int sizes_count(struct session *session, int64_t *lengths, unsigned rank, size_t *count);

#endif
