/* What the files that record passes share. */
#ifndef ADC_PASSES_REVERSE_RECORD_H
#define ADC_PASSES_REVERSE_RECORD_H

#include "passes/hull.h"
#include "passes/reverse.h"

enum { RECORD_SCALARS = 3 }; /* types of scalars: double, float, int */

/* A node replaced by an element of a history, in terms of a pass of the primal loop. */
struct change {
    const struct adc_node *state; /* of the history; NULL: of the scalars of a type */
    unsigned group;               /* of the type */
    size_t place;                 /* among these */
    bool is_bool;                 /* recorded as 1 or 0 */
    unsigned rank;                /* of the element; the node's own axes follow it */
    const struct adc_node *element[ADC_MAX_RANK];
};

/* An inner loop's history carried through. */
struct carried_through {
    const struct adc_node *final, *state;
};

/* A carried array: kept whole (`change`), or not (NULL). */
struct kept_array {
    const struct adc_node *state;
    struct change *change;
};

/* States of which each holds what the one before it held a pass ago. */
enum { MOST_LAGS = 8 };
struct lags {
    const struct adc_node *state[MOST_LAGS];
    unsigned count;
};

/* The history of the first of such states, that serves all of them. */
struct tape {
    const struct adc_node *first, *history;
};

struct recorder {
    struct adc_graph *graph;
    struct adc_arena *scratch;
    struct guards *guards;
    /* index: of the adjoint; passes: a place along the first axis, t - low */
    const struct adc_node *loop, *index, *passes, *length;
    const struct adc_indices *known;   /* indices that stand around the loop */
    const struct adc_indices *renamed; /* t and the indices of copied loops */
    struct walk *all, *primal, *used, *spare;
    const struct adc_indices **states;   /* by place in all: indices of the STATEs it depends on */
    struct change **changes;             /* by place in used; NULL: copied */
    ADC_VEC(struct adc_carried) carried; /* of the recording loop */
    ADC_VEC(const struct adc_node *) scalars[RECORD_SCALARS];
    const struct adc_node *packed[RECORD_SCALARS]; /* the histories of scalars */
    ADC_VEC(struct carried_through) through;
    ADC_VEC(struct kept_array) arrays; /* that were asked for */
    ADC_VEC(struct tape) tapes;
    const struct adc_node *recording;
    bool states_only;                       /* ADC_CHECKPOINT_STATES */
    ADC_VEC(const struct adc_node *) inner; /* of these: the loops in the body */
};

/* Whether a scalar that a loop carries, or that depends on such, is rather recorded than computed
 * again: what the program asks for (@store, @recompute) comes first, of what can be had either way;
 * what is carried, and its elements, can only be recorded. */
bool record_suits(const struct adc_graph *graph, const struct adc_node *node);

/* Whether a scalar that the next pass begins with is rather recorded, for the number of operators
 * that it takes. */
bool record_suits_next(const struct adc_graph *graph, const struct adc_node *loop,
                       const struct adc_node *node);

/* Cosine of a sine, sine of a cosine: where the loop computes the node the adjoint may ask for this
 * operator of the same, and have it recorded; else ADC_OP_COUNT. */
enum adc_op record_partner(const struct adc_node *node);

/* Whether the node depends on what a loop further in carries. */
bool record_is_of_inner(struct recorder *recorder, const struct adc_node *node);

/* Whether the node belongs to a pass of the primal loop and depends on what that carries. */
bool record_is_carried(struct recorder *recorder, const struct adc_node *node);

/* reverse_history.c: the ways of having a carried node in a pass of the adjoint; NULL where one
 * does not serve. `guard`: under which the node is used.
 *
 * record_value       a scalar, at all points of the other indices it depends on, if their number is
 *                    bounded and `guard` can be asked there
 * record_array       all of a STATE; one history for it and for what it was in passes before, as
 *                    far as the loop carries that as such (`old = u`)
 * record_put         what is put into a history in every pass
 * record_history     an element of a history
 * record_read        and of an inner loop's history
 * record_element     an element of a STATE that is kept whole, as several elements of it are read
 *                    at as many points as it has elements or so: a stencil needs one record */
struct change *record_value(struct recorder *recorder, const struct adc_node *node,
                            const struct guard *guard);
struct change *record_array(struct recorder *recorder, const struct adc_node *state);
struct change *record_put(struct recorder *recorder, const struct adc_node *value);
struct change *record_history(struct recorder *recorder, const struct adc_node *read);
struct change *record_read(struct recorder *recorder, const struct adc_node *read);
struct change *record_element(struct recorder *recorder, const struct adc_node *read);

/* The histories of scalars become components. */
void record_scalars(struct recorder *recorder);

#endif
