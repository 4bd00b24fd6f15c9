/* Derivatives of elementwise operators: the `rules` column of ops.def, made into nodes.
 *
 * law      for cotangents as for tangents: what is built is `a` times the partial, by the
 *          conventions of the language (section 9), and right to every order around each point
 *          where the operator is smooth
 * threads  as the graph */
#ifndef ADC_IR_RULES_H
#define ADC_IR_RULES_H

#include "ir/node.h"

/* Whether a partial of the node is infinite where its value is finite, as that of sqrt at 0. */
bool adc_op_is_steep(const struct adc_node *node);

/* What `a` becomes on its way through argument `i` of the elementwise `node`.
 *
 * graph    of node and a; new nodes are appended
 * a        cotangent of the node or tangent of argument i: real, of the node's width (a conversion
 *          between widths takes either and gives the other)
 * strong   `a` may be infinite where the node is smooth: 0 times that is 0
 * returns  a node of the node's width, or NULL for a structural zero */
const struct adc_node *adc_op_contribution(struct adc_graph *graph, const struct adc_node *node,
                                           unsigned i, const struct adc_node *a, bool strong);

#endif
