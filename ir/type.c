/* Names of scalar types. */
#include "ir/type.h"

const char *adc_type_name(enum adc_type type)
{
    static const char *const names[ADC_TYPE_COUNT] = {"f64", "f32", "int", "bool", "i32"};
    return names[type];
}
