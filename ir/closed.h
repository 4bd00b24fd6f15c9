/* Values of closed ints: sizes and ends of ranges that follow from scalar parameters alone. */
#ifndef ADC_IR_CLOSED_H
#define ADC_IR_CLOSED_H

#include "ir/function.h"

/* The values of `count` closed ints at `inputs` (by parameter), of which scalars alone matter. One
 * walk over the graph up to the last of them, in memory of `scratch`. */
void adc_closed_values(const struct adc_function *function, const union adc_value *inputs,
                       const struct adc_node *const *nodes, size_t count, int64_t *values,
                       struct adc_arena *scratch);

#endif
