/* Sizes: int nodes as polynomials with integer coefficients, so that equal sizes are seen to be
 * equal.
 *
 * Atoms are the ints that sums and products are made of: parameters, indices, elements, and `div`,
 * `mod`, `min`, `max` of polynomials. Terms are in canonical order (higher degree first, then by
 * the ids of their atoms), and arithmetic wraps as that of the language does, so two nodes of one
 * polynomial are always equal, and sizes_node gives both the same node. What is too large for a
 * polynomial is an atom of its own.
 *
 * owner    the arena */
#ifndef ADC_FRONTEND_SIZES_H
#define ADC_FRONTEND_SIZES_H

#include "ir/node.h"

enum { SIZE_MAX_DEGREE = 6, SIZE_MAX_TERMS = 24 };

struct size_term {
    int64_t factor; /* never 0 */
    uint32_t degree;
    const struct adc_node *atom[SIZE_MAX_DEGREE]; /* ascending ids */
};

struct size {
    uint32_t count;
    struct size_term term[];
};

struct sizes {
    struct adc_arena *arena;
    struct adc_graph *graph;
    ADC_VEC(const struct size *) of;        /* by node id; NULL: not looked at */
    ADC_VEC(const struct adc_node *) stack; /* of sizes_of */
};

/* The polynomial of an int node. */
const struct size *sizes_of(struct sizes *sizes, const struct adc_node *node);

/* The one node of a polynomial; that of the polynomial of a node. */
const struct adc_node *sizes_node(struct sizes *sizes, const struct size *size);
const struct adc_node *sizes_canonical(struct sizes *sizes, const struct adc_node *node);

const struct size *sizes_constant(struct sizes *sizes, int64_t value);
/* NULL if the result is too large. */
const struct size *sizes_sum(struct sizes *sizes, const struct size *a, int64_t factor,
                             const struct size *b); /* a + factor*b */
const struct size *sizes_product(struct sizes *sizes, const struct size *a, const struct size *b);

/* The polynomial with `atom` replaced; NULL if the result is too large. */
const struct size *sizes_replace(struct sizes *sizes, const struct size *size,
                                 const struct adc_node *atom, const struct size *by);

bool sizes_is_constant(const struct size *size, int64_t *value);

#endif
