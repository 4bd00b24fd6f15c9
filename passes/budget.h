/* Lengths of segments by a budget (checkpoint.c). */
#ifndef ADC_PASSES_BUDGET_H
#define ADC_PASSES_BUDGET_H

#include "ir/state.h"
#include "passes/walk.h"

/* Passes in a segment of the loop, a closed int above 0, so that reverse mode keeps no more than
 * `bytes` of it, or as little as segments allow. NULL if all passes fit, or if nothing bounds what
 * is kept. Scratch: the walk's. */
const struct adc_node *budget_length(struct adc_graph *graph, const struct adc_node *loop,
                                     uint64_t bytes, struct walk *walk);

#endif
