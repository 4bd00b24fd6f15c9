/* Scalars as users write them: 3, -1.5e3, true, inf. */
#ifndef ADC_DRIVER_SCALAR_H
#define ADC_DRIVER_SCALAR_H

#include "ir/type.h"

#include <stddef.h>

enum scalar_problem { SCALAR_GOOD, SCALAR_ILL_TYPED, SCALAR_OUT_OF_RANGE };

/* The value of a text as something of type `type`. Ints may be written 3.0 or 3e2. */
enum scalar_problem scalar_read(const char *text, enum adc_type type, union adc_value *value);

/* The same for a number that is no text. */
enum scalar_problem scalar_of_double(double real, enum adc_type type, union adc_value *value);

/* A text by how it is written: ADC_INT, ADC_BOOL or ADC_F64; false if it is none of them. */
bool scalar_as_written(const char *text, enum adc_type *type, union adc_value *value);

/* "a real", "an int", "a bool (true or false)" */
const char *scalar_wanted(enum adc_type type);

#endif
