/* What the files of forward mode share. */
#ifndef ADC_PASSES_FORWARD_H
#define ADC_PASSES_FORWARD_H

#include "ir/nest.h"

/* forward_nest.c: the tangent of a nest whose value has the tangent `dot`. */
const struct adc_node *forward_nest(struct adc_graph *graph, const struct adc_node *node,
                                    const struct adc_node *dot, struct adc_arena *scratch);

#endif
