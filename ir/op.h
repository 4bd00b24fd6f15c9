/* Operators: what ops.def says of each, and the structural node kinds beside them.
 *
 * The table serves everyone: the constant folder and the interpreter call `adc_op_apply`, the C
 * emitter prints `value` (the same text, stringised), forward and reverse mode build derivatives
 * with `adc_op_contribution` (rules.h). No globals: the table is constant. */
#ifndef ADC_IR_OP_H
#define ADC_IR_OP_H

#include "ir/type.h"

#include <stddef.h>

enum adc_op {
    /* structural */
    ADC_OP_CONST, /* value */
    ADC_OP_PARAM, /* number = index of the parameter */
    ADC_OP_IF,    /* in: condition, then, else; lazy: only the chosen arm counts */
    ADC_OP_MARK,  /* in: value; number is unique: a differentiation variable, never merged */
    ADC_OP_STOP,  /* in: value; derivative zero */
    ADC_OP_GRAD,  /* in: e, mark; d e / d mark; expanded by passes/expand */
    ADC_OP_JVP,   /* in: y, mark, tangent of the mark */
    ADC_OP_VJP,   /* in: y, mark, adjoint of y */
    ADC_OP_INDEX, /* in: low, high; number = its name; takes the values low <= i < high (nest.h) */
    ADC_OP_READ,  /* in: array, element ...; 0 outside the array */
    ADC_OP_NEST,  /* the one array node (nest.h); number = enum adc_reduce */
    ADC_OP_JOIN,  /* in: two arrays of one shape; their sum, element by element */
    ADC_OP_STATE, /* in: index, shape ...; a carried value at the start of a pass (state.h) */
    ADC_OP_LOOP,  /* in: index, guard, (state, init, next) ...; number: 1 goes down */
    ADC_OP_FINAL, /* in: loop; number = that of the state; its value after the loop */
    ADC_OP_PUT,   /* in: array, SET nest; the array with the nest's elements replaced */
    ADC_OP_FIRST_ELEMENTWISE,
    ADC_OP_BEFORE_FIRST_ = ADC_OP_FIRST_ELEMENTWISE - 1,
#define ADC_OPERATOR(id, name, signature, properties, rules, ...) ADC_OP_##id,
#include "ir/ops.def"
#undef ADC_OPERATOR
    ADC_OP_COUNT
};

enum adc_op_properties {
    ADC_COMMUTES = 1, /* op(x, y) and op(y, x) are the same number */
    ADC_SINGULAR = 2, /* a partial is infinite in or at the edge of the domain: strong zero */
    ADC_COSTLY = 4,   /* a transcendental: worth a variable, never computed twice */
    ADC_FLAT = 8,     /* of reals, piecewise constant: derivative zero everywhere it exists */
};

/* signature: argument letters, a colon, the result's letter; R real (F64 or F32, all alike), I int,
 * B bool, S real of the one width that the row's name says (conversions; an argument S is of the
 * width that the result is not): "RR:R", "RR:B", "I:S", "S:S". */
struct adc_op_info {
    const char *name;      /* as printed: "mul" */
    const char *signature; /* "RR:R" */
    const char *value; /* ISO C99 expression in x, y, z, REAL, F(), K(), H(); NULL for structural */
    unsigned arity;
    unsigned properties;
};

const struct adc_op_info *adc_op_info(enum adc_op op);

/* Result type of an elementwise operator whose R stands for `real` (..._TO_F64, ..._TO_F32 have
 * theirs fixed). */
enum adc_type adc_op_result(enum adc_op op, enum adc_type real);

/* The operator printed as `name` (length bytes); ADC_OP_COUNT if there is none. */
enum adc_op adc_op_find(const char *name, size_t length);

/* Value of an elementwise operator. `type` is the width at which R stands (ADC_F64 or ADC_F32;
 * ignored without R): that of the result if it is real, else that of the arguments.
 * Never traps: integer arithmetic wraps, division by zero gives 0, and so does the conversion of a
 * number that does not fit (the language's status comes from a check beside it). */
union adc_value adc_op_apply(enum adc_op op, enum adc_type type, const union adc_value *arguments);

/* Helper functions that value texts call as H(name): definitions as C text in the notation of value
 * texts (REAL, F, K, H), in order of need: a helper calls earlier ones only. adc_helper_text gives
 * NULL behind the last, adc_helper_find the index of a name or -1. */
const char *adc_helper_text(unsigned index);
int adc_helper_find(const char *name, size_t length);

#endif
