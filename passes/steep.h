/* Where derivatives may be infinite although values are not: behind sqrt, acos, ... at the edge of
 * their domain. There a product of derivatives is a strong one (MUL_STRONG), whichever of its
 * factors is the zero, so that both modes give the same number; everywhere else it is plain. */
#ifndef ADC_PASSES_STEEP_H
#define ADC_PASSES_STEEP_H

#include "passes/passes.h"

struct steep {
    struct pass_range range;
    const uint8_t *set; /* by id - range.low */
};

/* For tangents of the active nodes, or (`backwards`) for their adjoints. */
struct steep steep_find(const struct adc_graph *graph, struct pass_range range,
                        const uint8_t *active, bool backwards, struct adc_arena *scratch);

/* Whether the tangent of argument i of `node` has to be multiplied strongly. */
bool steep_tangent(const struct steep *steep, const struct adc_node *node, unsigned i);

/* The same for the adjoint of `node`. */
bool steep_adjoint(const struct steep *steep, const struct adc_node *node);

#endif
