/* Sums and differences of ints in a form in which equal ones are one node as far as constants go:
 * something plus one constant. (x - 1) + 1 is x, and an element next to another's neighbour is
 * found to be the other. */
#ifndef ADC_PASSES_AFFINE_H
#define ADC_PASSES_AFFINE_H

#include "ir/node.h"

const struct adc_node *affine_plus(struct adc_graph *graph, const struct adc_node *a,
                                   const struct adc_node *b);
const struct adc_node *affine_minus(struct adc_graph *graph, const struct adc_node *a,
                                    const struct adc_node *b);

/* Whether a - b is a constant: that in *distance. Makes no nodes. */
bool affine_distance(const struct adc_node *a, const struct adc_node *b, int64_t *distance);

/* Of two ints: <, <=, >, >=, == or !=. */
bool affine_is_comparison(const struct adc_node *node);

/* The larger and the smaller of two, one of them where their difference is a constant. */
const struct adc_node *affine_most(struct adc_graph *graph, const struct adc_node *a,
                                   const struct adc_node *b);
const struct adc_node *affine_least(struct adc_graph *graph, const struct adc_node *a,
                                    const struct adc_node *b);

/* The node without the constant that is added to it, which goes to *constant; NULL: it is one. */
const struct adc_node *affine_base(const struct adc_node *node, int64_t *constant);

#endif
