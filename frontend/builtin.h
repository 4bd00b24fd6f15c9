/* The prelude: what builtin.def says of each name. */
#ifndef ADC_FRONTEND_BUILTIN_H
#define ADC_FRONTEND_BUILTIN_H

#include "ir/op.h"

#include <stdbool.h>

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
    BUILTIN_JACOBIAN,
    BUILTIN_HESSIAN,
    BUILTIN_STOP,
    BUILTIN_REDUCTION, /* sum, prod, mean ...; max and min are SAME */
    BUILTIN_ARRAY,     /* sees arrays as a whole, or makes one */
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
    BUILTIN_VARIANCE,
    BUILTIN_LOGSUMEXP,
    BUILTIN_ARGMAX,
    BUILTIN_ARGMIN,
    BUILTIN_ALL,
    BUILTIN_ANY,
    BUILTIN_COUNT,
};

enum builtin_array { /* of the rows that are BUILTIN_ARRAY */
#define ADC_BUILTIN(name, kind, op, int_op, reduction, help)
#define ADC_ARRAY(name, id, check, least, most) BUILTIN_##id,
#include "frontend/builtin.def"
#undef ADC_BUILTIN
#undef ADC_ARRAY
};

struct builtin {
    const char *name;
    enum builtin_kind kind;
    enum adc_op op, int_op;           /* ADC_OP_COUNT: none */
    enum builtin_reduction reduction; /* REDUCTION, SAME: over indices or all elements */
    const char *help;                 /* FOREIGN: what to write instead */
    enum builtin_array array;         /* ARRAY: which one, and */
    unsigned least, most;             /* the number of its arguments; most 0: any */
};

/* Row `index` of the table, NULL behind the last. */
const struct builtin *builtin_at(size_t index);

/* Whether the second argument names what is differentiated by. */
bool builtin_is_derivative(const struct builtin *builtin);

/* The type here that a name of another language means, or NULL. */
const char *builtin_own_type(const char *name);

/* The value of a CONSTANT. */
double builtin_constant(const struct builtin *builtin);

#endif
