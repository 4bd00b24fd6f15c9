/* Values that are there under a condition alone, and structural zeros elsewhere.
 *
 * The seed of a row of a jacobian is an array that is 1 at one element. Nothing of the sort is ever
 * multiplied by 0: a condition goes with the value instead, up to the nest that sums it or stores
 * it, where an equation of an index takes the loop away (pass_simple_nest). */
#ifndef ADC_PASSES_POINT_H
#define ADC_PASSES_POINT_H

#include "ir/nest.h"

struct point {
    const struct adc_node *condition, *value;
};

/* Whether `array` is a nest without indices, which has a value at one element alone: then what a
 * read of `element` gives. */
bool point_read(struct adc_graph *graph, const struct adc_node *array,
                const struct adc_node *const *element, struct point *point);

/* Whether the index takes all values from 0 to the length. */
bool point_runs_over(const struct adc_node *index, const struct adc_node *length);

/* 0 <= element < length, seen at a glance. */
bool point_is_inside(const struct adc_node *element, const struct adc_node *length);

/* Whether the array is a map: every element is what its own indices give, in order. */
bool point_is_map(const struct adc_node *array);

/* Whether each point of the nest sets an element of its own: each index has an axis for itself. */
bool point_sets_apart(const struct adc_node *node);

/* The element `at` of an array that nothing else reads: where a map can be asked for it alone, what
 * the map has there; `at` are indices that the map does not bind. */
const struct adc_node *point_element(struct adc_graph *graph, const struct adc_node *array,
                                     const struct adc_node *const *at, struct adc_arena *scratch);

/* Whether `value` is such a value, made by point_join. */
bool point_split(struct adc_graph *graph, const struct adc_node *value, struct point *point);

/* The value where the condition holds, else 0; NULL if the value is. */
const struct adc_node *point_join(struct adc_graph *graph, struct point point);

enum { POINT_MOST_PARTS = 32 };

/* The conditions whose conjunction the guard is, true apart; false: more than `most`, which is
 * POINT_MOST_PARTS at the most. */
bool point_parts(const struct adc_node *guard, const struct adc_node **parts, unsigned most,
                 unsigned *part_count);

/* Both conditions; NULL: true. */
const struct adc_node *point_both(struct adc_graph *graph, const struct adc_node *a,
                                  const struct adc_node *b);

/* The nest without the indices that its guard gives as other expressions: `sum(i if i + 1 == k: e)`
 * is e at i = k - 1, if that is in range. What is 0 where a condition does not hold joins the
 * guard. */
const struct adc_node *point_simple_nest(struct adc_graph *graph, const struct adc_node *node,
                                         struct adc_arena *scratch);

#endif
