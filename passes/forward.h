/* What the files of forward mode share. */
#ifndef ADC_PASSES_FORWARD_H
#define ADC_PASSES_FORWARD_H

#include "ir/state.h"
#include "passes/passes.h"
#include "passes/steep.h"

struct tangents {
    struct adc_graph *graph;
    struct adc_arena *scratch;
    struct pass_range range;
    const uint8_t *active;
    struct steep steep;
    const struct adc_node **dot; /* by id - range.low; of a LOOP the loop with tangents */
    uint8_t *put;                /* by id - range.low: a PUT takes its points, zeros too */
};

/* The tangent of a node, NULL for a structural zero. */
const struct adc_node *forward_tangent(const struct tangents *tangents,
                                       const struct adc_node *node);

/* forward_nest.c: the tangent of a nest whose value has the tangent `dot`. */
const struct adc_node *forward_nest(struct tangents *tangents, const struct adc_node *node,
                                    const struct adc_node *dot);

/* That of a SET nest whose points a PUT takes: the same points, whatever the tangent is there. */
const struct adc_node *forward_points(struct adc_graph *graph, const struct adc_node *node,
                                      const struct adc_node *dot);

/* forward_loop.c: the tangent of a STATE is a STATE of the same loop, that of a FINAL the FINAL of
 * the loop with tangents; that of PUT is a PUT. */
const struct adc_node *forward_state(struct tangents *tangents, const struct adc_node *state);
const struct adc_node *forward_loop(struct tangents *tangents, const struct adc_node *loop);
const struct adc_node *forward_final(struct tangents *tangents, const struct adc_node *final);
const struct adc_node *forward_put(struct tangents *tangents, const struct adc_node *put);

#endif
