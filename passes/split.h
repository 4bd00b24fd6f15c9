/* Terms of a sum as what changes with the summed index, and factors that do not.
 *
 *     sum(i: -(c*(x[i] op d)))     inside  x[i]
 *                                  factors op d, then *c, then neg: done to the sum in this order
 *
 * op is a product, a quotient, or their strong forms (mul_strong, div_pos), which are linear in the
 * side that changes: so (sum of inside) op d is the sum of (inside op d), up to rounding, to what
 * overflows, and to terms of a strong product that add up to exactly 0 (docs/decisions/0014). Two
 * terms that are added have in common what both have as a factor. What has no factor that is wanted
 * is left as the node it is, so that it stays shared with its other users.
 *
 * cost     linear in the products, quotients, sums and differences that the value is made of, of
 *          which no more than a few hundred are looked through */
#ifndef ADC_PASSES_SPLIT_H
#define ADC_PASSES_SPLIT_H

#include "ir/nest.h"
#include "passes/walk.h"

/* What is done to the sum. */
struct factor {
    enum adc_op op;            /* MUL, DIV, MUL_STRONG, DIV_POS or NEG */
    const struct adc_node *by; /* NULL for NEG */
    bool left;                 /* of MUL_STRONG: `by` is the left operand */
};

struct split {
    const struct adc_node *inside;
    const struct factor *factors;
    unsigned count;
    bool strong; /* one of the factors is */
};

/* Splits a scalar that depends on `index`; count is 0 if there is nothing to move out. Wanted are
 * factors that mention one of `wanted`; NULL: all but constants. Others, and signs, move with these
 * where they stand around them. */
struct split split_value(struct walk *walk, struct adc_graph *graph, const struct adc_node *value,
                         const struct adc_node *index, const struct adc_indices *wanted);

/* The factors at the root of a scalar that are positive numbers; a sign would make -0 of no points.
 */
struct split split_constants(struct walk *walk, const struct adc_node *value);

/* `value` with all that is done to it. */
const struct adc_node *split_apply(struct adc_graph *graph, const struct adc_node *value,
                                   const struct factor *factors, unsigned count);

/* x*y in the order of operands that simplification gives. */
const struct adc_node *split_product(struct adc_graph *graph, const struct adc_node *x,
                                     const struct adc_node *y);

#endif
