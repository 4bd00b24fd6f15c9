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
    BUILTIN_REDUCTION, /* sum, prod, mean ...; max and min are SAME */
    BUILTIN_DOT,
    BUILTIN_OUTER,
    BUILTIN_CROSS,
    BUILTIN_NORM,
    BUILTIN_TRACE,
    BUILTIN_LEN,
    BUILTIN_EYE,
    BUILTIN_ZEROS,
    BUILTIN_ONES,
    BUILTIN_FILL,
    BUILTIN_LATER,
    BUILTIN_FOREIGN,
};

enum builtin_reduction {
    BUILTIN_NO_REDUCTION,
    BUILTIN_SUM,
    BUILTIN_PROD,
    BUILTIN_MAX,
    BUILTIN_MIN,
    BUILTIN_MEAN,
    BUILTIN_LOGSUMEXP,
    BUILTIN_ARGMAX,
    BUILTIN_ARGMIN,
    BUILTIN_ALL,
    BUILTIN_ANY,
    BUILTIN_COUNT,
};

struct builtin {
    const char *name;
    enum builtin_kind kind;
    enum adc_op op, int_op; /* ADC_OP_COUNT: none */
    const char *help;       /* FOREIGN: what to write instead */
};

/* Row `index` of the table, NULL behind the last. */
const struct builtin *builtin_at(size_t index);

/* Which reduction over indices the row is. */
enum builtin_reduction builtin_reduction(const struct builtin *builtin);

/* The value of a CONSTANT. */
double builtin_constant(const struct builtin *builtin);

#endif
