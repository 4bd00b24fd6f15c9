/* Scalar types and values.
 *
 * `real` of the language is F64, or F32 under --real=f32; both may meet in one graph. I32 is how
 * parameters and results hold ints (`integer` has the value): nothing computes with it but the
 * conversions to and from INT. */
#ifndef ADC_IR_TYPE_H
#define ADC_IR_TYPE_H

#include <stdbool.h>
#include <stdint.h>

enum adc_type { ADC_F64, ADC_F32, ADC_INT, ADC_BOOL, ADC_I32, ADC_TYPE_COUNT };

/* Read the member of the value's type only; unused bytes are zero, so that equal values of one type
 * compare equal byte by byte (hash-consing tells 0.0 from -0.0 and NaNs by payload). */
union adc_value {
    double f64;
    float f32;
    int64_t integer;
    bool boolean;
    uint64_t bits;
    const union adc_value *elements; /* of an array: row-major */
};

static inline bool adc_type_is_integer(enum adc_type type)
{
    return type == ADC_INT || type == ADC_I32;
}

static inline bool adc_type_is_real(enum adc_type type)
{
    return type == ADC_F64 || type == ADC_F32;
}

const char *adc_type_name(enum adc_type type); /* "f64", "f32", "int", "bool", "i32" */

#endif
