/* What the files of reverse mode share: the sweep and how contributions are passed on.
 *
 * The adjoint of a scalar node e lives in scope(e), its free indices, under a guard; what arrives
 * from a larger
 * scope is summed over the indices that e does not know. A read passes each contribution on at
 * once, to a nest
 * of its own over the whole scope it came from; the adjoint of an array is the join of such nests.
 * */
#ifndef ADC_PASSES_REVERSE_H
#define ADC_PASSES_REVERSE_H

#include "ir/nest.h"
#include "passes/guard.h"
#include "passes/passes.h"

struct contribution {
    struct guarded item;
    struct contribution *next;
};

struct sweep {
    struct adc_graph *graph;
    struct adc_arena *scratch;
    struct guards guards;
    struct pass_range range;
    /* free in the outputs: what arrives is never summed over them */
    const struct adc_indices *fixed;
    uint8_t *active;             /* by id - range.low */
    struct contribution **first; /* by id - range.low, newest first */
    uint8_t *wanted;             /* by id - range.low: in wrt, so its sum is kept in `sum` */
    struct guarded *sum;         /* by id - range.low */
};

bool reverse_is_active(const struct sweep *sweep, const struct adc_node *node);

/* Passes `bar` (a scalar, living in `scope`) to the scalar `node`. NULL values are structural
 * zeros. */
void reverse_push(struct sweep *sweep, const struct adc_node *node, const struct adc_indices *scope,
                  struct guarded bar);

/* Passes an array, living in `scope`, to an array. */
void reverse_push_array(struct sweep *sweep, const struct adc_node *array,
                        const struct adc_indices *scope, const struct adc_node *bar);

/* reverse_nest.c: the adjoint of a nest, for its (scalar or array) cotangent. */
void reverse_nest(struct sweep *sweep, const struct adc_node *node, struct guarded bar);

/* nest_rules.c: what forward and reverse mode know of reductions, as nodes in the scope of one
 * point.
 *
 * pass_extreme_hit   whether the point's value is the extreme one (a NaN hits a NaN)
 * pass_extreme_ties  how many points hit, as a real, in the nest's own scope
 * pass_prod_others   the product of the values at all other points; exact where some are zero, to
 *                    every order */
const struct adc_node *pass_extreme_hit(struct adc_graph *graph, const struct adc_node *node);
const struct adc_node *pass_extreme_ties(struct adc_graph *graph, const struct adc_node *node);
const struct adc_node *pass_prod_others(struct adc_graph *graph, const struct adc_node *node,
                                        struct adc_arena *scratch);

/* All indices of a nest, with those their ranges mention. */
const struct adc_indices *pass_nest_scope(struct adc_graph *graph, const struct adc_nest *nest);

#endif
