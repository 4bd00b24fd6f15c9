/* The prelude: what builtin.def says of each name. */
#ifndef ADC_FRONTEND_BUILTIN_H
#define ADC_FRONTEND_BUILTIN_H

#include "ir/op.h"

enum builtin_kind {
    BUILTIN_MATH,
    BUILTIN_SAME,
    BUILTIN_CONSTANT,
    BUILTIN_TYPE,
    BUILTIN_ROUND,
    BUILTIN_GRAD,
    BUILTIN_JVP,
    BUILTIN_VJP,
    BUILTIN_HVP,
    BUILTIN_STOP,
    BUILTIN_LATER,
    BUILTIN_FOREIGN,
};

struct builtin {
    const char *name;
    enum builtin_kind kind;
    enum adc_op op, int_op; /* ADC_OP_COUNT: none */
    const char *help;       /* FOREIGN: what to write instead */
};

/* Row `index` of the table, NULL behind the last. */
const struct builtin *builtin_at(size_t index);

/* The value of a CONSTANT. */
double builtin_constant(const struct builtin *builtin);

#endif
