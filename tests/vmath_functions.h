/* The functions of vmath.def as C, of one argument each: vmath_exp(double), vmath_f_exp(float). */
#ifndef ADC_TESTS_VMATH_FUNCTIONS_H
#define ADC_TESTS_VMATH_FUNCTIONS_H

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#ifdef __clang__
#pragma STDC FP_CONTRACT OFF
#endif

static inline uint64_t bits_f64(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static inline double real_f64(uint64_t bits)
{
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

static inline uint32_t bits_f32(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static inline float real_f32(uint32_t bits)
{
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* What no function calls is there for others. */
#define PICK(index, ...) ((const REAL[]){__VA_ARGS__}[(index)&15])
#define FUNCTION(name, result, parameters, ...)                     \
    static inline __attribute__((unused)) result H(name) parameters \
    {                                                               \
        __VA_ARGS__                                                 \
    }
#define NO_FUNCTION(name, result, parameters, ...)

#define ADC_VMATH FUNCTION
#define ADC_VMATH_FUSED NO_FUNCTION

#define REAL double
#define BITS uint64_t
#define bits bits_f64
#define real real_f64
#define W(wide, single) wide
#define B(wide, single) UINT64_C(wide)
#define F(name) name
#define K(number) number
#define H(name) vmath_##name
#define ADC_VMATH_F64 FUNCTION
#define ADC_VMATH_F32 NO_FUNCTION
#include "ir/vmath.def"
#undef REAL
#undef BITS
#undef bits
#undef real
#undef W
#undef B
#undef F
#undef K
#undef H
#undef ADC_VMATH_F64
#undef ADC_VMATH_F32

#define REAL float
#define BITS uint32_t
#define bits bits_f32
#define real real_f32
#define W(wide, single) single##f
#define B(wide, single) UINT32_C(single)
#define F(name) name##f
#define K(number) number##f
#define H(name) vmath_f_##name
#define ADC_VMATH_F64 NO_FUNCTION
#define ADC_VMATH_F32 FUNCTION
#include "ir/vmath.def"
#undef REAL
#undef BITS
#undef bits
#undef real
#undef W
#undef B
#undef F
#undef K
#undef H
#undef ADC_VMATH_F64
#undef ADC_VMATH_F32
#undef ADC_VMATH
#undef ADC_VMATH_FUSED
#undef FUNCTION
#undef PICK
#undef NO_FUNCTION

#endif
