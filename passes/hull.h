/* The ends of what an int can be over all values of the indices that it depends on, as closed ints.
 * */
#ifndef ADC_PASSES_HULL_H
#define ADC_PASSES_HULL_H

#include "ir/state.h"
#include "passes/walk.h"

/* A closed int that is never less (`most`) or never more (else) than `value`; NULL if there is
 * none, as it depends on what a loop carries. By the ends of ranges where `value` is made of
 * indices and of what loops carry by sums, differences, products, quotients, remainders, minima
 * and maxima, a carried int growing by no more than some step a pass; by what histories hold of
 * these; else by a nest over all points. */
const struct adc_node *pass_end(struct adc_graph *graph, const struct adc_node *value, bool most,
                                struct walk *walk);

/* The same by ends alone: NULL where it takes a nest. */
const struct adc_node *pass_end_of_ranges(struct adc_graph *graph, const struct adc_node *value,
                                          bool most);

/* The largest number of values that the index takes, or NULL. */
const struct adc_node *pass_extent(struct adc_graph *graph, const struct adc_node *index,
                                   struct walk *walk);

/* a - b and a + b, constants folded. */
const struct adc_node *pass_minus(struct adc_graph *graph, const struct adc_node *a,
                                  const struct adc_node *b);
const struct adc_node *pass_plus(struct adc_graph *graph, const struct adc_node *a,
                                 const struct adc_node *b);

#endif
