/* Functions of vmath.def over the vector types of GCC and Clang.
 *
 * For each width a file has vectors of reals, of unsigned integers as wide, and of masks (signed
 * integers as wide, -1 for true), all of one number of lanes, which nothing here depends on:
 *
 *     typedef double reals__ __attribute__((vector_size(64)));
 *
 * Usage: c_vector_need() and c_vector_use() say what is called as NAME SUFFIX(x, y), then
 * c_vector_put() defines that and what it needs, as static inline functions. In C a comparison of
 * vectors is a mask.
 *
 * Where the file defines AVX512__ (vectors of 512 bits) or AVX__ (256), steps that are one
 * instruction there are that, with the same bits.
 *
 * The file needs <math.h>, <stdbool.h>, <stdint.h> and <string.h>. Contraction of products and sums
 * must be off, as it is in every emitted file.
 *
 * owner    texts and what is read lie on the arena */
#ifndef ADC_BACKEND_C_VECTOR_H
#define ADC_BACKEND_C_VECTOR_H

#include "backend/formula.h"

/* What functions are made of. */
enum c_basic {
    C_ALL,         /* all(real): the same in all lanes */
    C_ALL_BITS,    /* all_bits(unsigned) */
    C_SELECT,      /* select(mask, reals, reals): the first where the mask is true */
    C_LESS,        /* less(reals a, reals b): a < b ? a : b */
    C_GREATER,     /* greater(reals a, reals b): a > b ? a : b */
    C_SELECT_BITS, /* select_bits(mask, bits, bits) */
    C_ANY,         /* any(mask): whether any lane is true */
    C_FABS,        /* fabs(reals) */
    C_COPYSIGN,    /* copysign(reals, reals) */
    C_SQRT,        /* sqrt(reals) */
    C_FMA,         /* fma(reals a, reals b, reals c): a*b + c, rounded once */
    C_PICK,        /* pick(bits k, const real *): number k modulo 16 of a table */
    C_BASIC_COUNT
};

struct c_vector {
    struct adc_arena *arena;
    const struct adc_graph *graph;    /* any, for ADC_INVARIANT */
    enum adc_type type;               /* ADC_F64 or ADC_F32 */
    const char *reals, *bits, *masks; /* names of the types */
    const char *suffix;
    bool fused; /* with fused multiply-adds */
    bool used[C_BASIC_COUNT];
    bool *needed; /* by index of vmath.h; of both widths, but only one of them is marked */
};

void c_vector_init(struct c_vector *vector, const struct adc_graph *graph, enum adc_type type);

/* Marks function `index`, which is of the width, and all that it calls. */
void c_vector_need(struct c_vector *vector, unsigned index);

void c_vector_use(struct c_vector *vector, enum c_basic basic);

void c_vector_put(struct c_vector *vector, struct adc_text *out);

#endif
