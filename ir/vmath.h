/* Functions for lanes: what stands there for functions of the C library, and for helpers that are
 * better made of other steps. vmath.def says how they are written and what they promise.
 *
 * No globals: the table is constant. */
#ifndef ADC_IR_VMATH_H
#define ADC_IR_VMATH_H

#include "ir/op.h"

/* The function for F(name) or H(name) at a width, ADC_F64 or ADC_F32: its index, or -1 where lanes
 * compute what is printed elsewhere (an instruction, the text of the helper). */
int adc_vmath_find(const char *name, size_t length, enum adc_type type);

/* Its definition as C text in the notation of vmath.def, `fused`: the one for fused multiply-adds;
 * NULL behind the last. It calls functions of its width with lower indices only. */
const char *adc_vmath_text(unsigned index, bool fused);
const char *adc_vmath_name(unsigned index);
enum adc_type adc_vmath_type(unsigned index);

#endif
