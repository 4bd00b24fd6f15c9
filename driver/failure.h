/* A check that failed, looked at again: the values that made it fail.
 *
 *     index of `z` outside 0..N: m = 1, idx[1] = 7, N = 3
 *
 * owner    the session's arena */
#ifndef ADC_DRIVER_FAILURE_H
#define ADC_DRIVER_FAILURE_H

#include "ir/function.h"

struct session;

/* ": m = 1, idx[1] = 7, N = 3 (from `x`)", or "" where ints and sizes do not tell. */
const char *failure_values(struct session *session, const struct adc_function *function,
                           const struct adc_check *check, const union adc_value *inputs);

#endif
