/* Windows: a history of which passes read only the last few elements, and the rest of the program
 * only the last ones, keeps only these: its first axis is taken modulo their number.
 *
 *     read in the body         [t - c, ...]       1 <= c <= d, or c = 0 behind the put
 *     read of the FINAL        [length - k, ...]
 *
 * As a history it keeps max(d + 1, k) elements: slots of other elements than the one a pass puts do
 * not change in that pass. As an array that changes (`plain`) it does without the element that is
 * put where that is read from the pass before alone. */
#ifndef ADC_PASSES_WINDOW_H
#define ADC_PASSES_WINDOW_H

#include "ir/function.h"
#include "ir/state.h"

struct windows {
    const struct adc_function *from;
    const uint8_t *live; /* by id */
    struct adc_arena *scratch;
    bool plain;
    bool (*asks)(const struct adc_node *loop); /* whose histories these are; NULL: of all loops */
    uint32_t *slots;                           /* by id of an array: elements kept, 0: all */
    uint32_t *group;      /* by id of an array: number of the history whose version it is */
    uint8_t *outer_state; /* by id: the STATE of the history's own loop */
};

/* Finds `slots` with the first five given; false if there are no windows. */
bool windows_find(struct windows *windows);

/* The node in another graph, with the inputs `in` of that. */
const struct adc_node *windows_copy(const struct windows *windows, struct adc_graph *graph,
                                    const struct adc_node *node, const struct adc_node *const *in);

#endif
