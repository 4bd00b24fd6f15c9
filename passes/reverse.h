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

#include "ir/state.h"
#include "passes/guard.h"
#include "passes/passes.h"
#include "passes/steep.h"
#include "passes/walk.h"

struct contribution {
    struct guarded item;
    uint32_t number; /* at a LOOP: of the component */
    struct contribution *next;
};

struct reversal;

enum { REVERSE_WALKS = 4 };

/* One sweep: over a function, or over the body of a loop. */
struct sweep {
    struct adc_graph *graph;
    struct adc_arena *scratch;
    struct guards guards;
    struct pass_range range;
    uint8_t *active; /* by id - range.low */
    struct steep steep;
    const struct adc_indices *fixed; /* what arrives is never summed over these */
    struct pass_range visited;       /* what this sweep visits */
    struct contribution **first;     /* by id - visited.low, newest first */
    uint8_t *wanted;                 /* by id - visited.low: its sum is kept in `sum` */
    struct guarded *sum;             /* by id - visited.low */
    struct walk *walks;              /* REVERSE_WALKS of them, shared by all sweeps */
    struct reversal *reversal;       /* of the loop whose body is swept; NULL: the function */
};

bool reverse_is_active(const struct sweep *sweep, const struct adc_node *node);

/* Passes `bar` (a scalar, living in `scope`) to the scalar `node`. NULL values are structural
 * zeros. */
void reverse_push(struct sweep *sweep, const struct adc_node *node, const struct adc_indices *scope,
                  struct guarded bar);

/* Passes an array, living in `scope`, to an array. */
void reverse_push_array(struct sweep *sweep, const struct adc_node *array,
                        const struct adc_indices *scope, const struct adc_node *bar);

/* Passes `bar` to the part of an array where the axes that `fixed` names stand at these elements;
 * bar has the others alone, a scalar if there are none. */
void reverse_push_part(struct sweep *sweep, const struct adc_node *array,
                       const struct adc_indices *scope, const struct adc_node *const *fixed,
                       const struct adc_node *bar);

/* The indices of `scope` over which is summed what arrives at the node. */
const struct adc_indices *reverse_summed_over(struct sweep *sweep, const struct adc_node *node,
                                              const struct adc_indices *scope);

/* Makes room for the nodes with ids in sweep->visited. */
void reverse_start(struct sweep *sweep);

/* Visits them. */
void reverse_run(struct sweep *sweep);

/* What has arrived at an array so far, which then counts as not arrived; zeros if nothing has. */
const struct adc_node *reverse_take(struct sweep *sweep, const struct adc_node *array);

/* Whether an array that arrives from `scope` is passed on to `node` as it is. */
bool reverse_is_direct(struct sweep *sweep, const struct adc_node *node,
                       const struct adc_indices *scope);

/* reverse_nest.c: the adjoint of a nest, for its (scalar or array) cotangent, which lives in
 * `scope`; and of a PUT. */
void reverse_nest(struct sweep *sweep, const struct adc_node *node, const struct adc_indices *scope,
                  struct guarded bar);
void reverse_put(struct sweep *sweep, const struct adc_node *node, const struct adc_node *bar);

/* reverse_loop.c: a loop, by what has arrived at its components.
 *
 * outside     a node that the body uses and that is not of the body: it knows no index but those
 *             that are free in the loop. What arrives there is added up by a component of the
 *             adjoint: of the part alone to which all passes add, `angle[n]` of what reads
 *             `angle[n, j]` in a loop over j that stands at a point n */
struct accumulator {
    const struct adc_node *node; /* outside */
    /* of an array, by axis: where all passes stand, NULL if that changes; NULL: everywhere so */
    const struct adc_node **fixed;
    const struct adc_node *like;   /* of the type and shape of the part */
    const struct adc_node *state;  /* of the adjoint loop */
    const struct adc_node *sum;    /* so far, from the state on */
    ADC_VEC(struct guarded) items; /* of a scalar: to be added to it */
};

struct reversal {
    struct sweep *outer;
    const struct adc_node *loop;
    const struct adc_node *index; /* of the adjoint loop */
    ADC_VEC(struct accumulator) outside;
};

void reverse_loop(struct sweep *sweep, const struct adc_node *loop,
                  const struct contribution *arrived);
bool reverse_is_outside(const struct sweep *sweep, const struct adc_node *node);
void reverse_outside(struct sweep *sweep, const struct adc_node *node, struct guarded item);

/* reverse_record.c: the `count` nodes in terms of a pass of the adjoint loop alone: what they take
 * from a pass of the primal loop is computed again or recorded. */
void reverse_record(const struct reversal *reversal, const struct adc_node **nodes, size_t count);

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
