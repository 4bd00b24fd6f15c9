/* Guards: under which conditions an adjoint lives.
 *
 * A guard is a path of `if` arms from the root (NULL, always) down; equal paths are one object. The
 * adjoint of what only an arm needs stays under that arm's guard until it is accumulated, so that a
 * partial of the arm not taken is never multiplied by zero. */
#ifndef ADC_PASSES_GUARD_H
#define ADC_PASSES_GUARD_H

#include "ir/node.h"

struct guard {
    const struct guard *parent; /* NULL: always */
    const struct adc_node *condition;
    bool positive; /* the arm where `condition` holds */
    uint32_t depth, number;
    struct guard *next; /* in its hash bucket */
};

struct guards {
    struct adc_graph *graph;
    struct adc_arena *arena;
    struct guard **buckets;
    uint32_t bucket_count, count;
};

/* One contribution to an adjoint. */
struct guarded {
    const struct guard *guard;
    const struct adc_node *value;
};

void guards_init(struct guards *guards, struct adc_graph *graph, struct adc_arena *arena);

const struct guard *guard_arm(struct guards *guards, const struct guard *parent,
                              const struct adc_node *condition, bool positive);

/* The arms where all parts of a conjunction hold, one below the other: parts that do not mention an
 * index can then be asked outside of it, and arms of an IF are the same ones. */
const struct guard *guard_all(struct guards *guards, const struct guard *parent,
                              const struct adc_node *conjunction);

/* The longest path that both begin with. */
const struct guard *guard_common(const struct guard *a, const struct guard *b);

/* True where the guard holds; NULL for always. */
const struct adc_node *guard_condition(struct guards *guards, const struct guard *guard);

/* Splits a guard by the indices of `inner`: returns what does not mention them, as a guard;
 * *condition is the
 * conjunction of the rest, NULL if there is none. */
const struct guard *guard_split(struct guards *guards, const struct guard *guard,
                                const struct adc_indices *inner, const struct adc_node **condition);

/* What is known of a guard inside of a NEST or LOOP that is used under it: conditions on an index
 * that the node binds itself are about another one of that name. */
const struct guard *guard_inside(struct guards *guards, const struct guard *guard,
                                 const struct adc_node *node);

/* The sum of contributions as one guarded value, under their common guard if they cover it, else
 * under the part of
 * it where at least one counts. Equal guards add, the two arms of one condition join to an `if`:
 * one `if` for each
 * arm on the paths, so linear in their union. `items` is not kept; count > 0. */
struct guarded guard_sum(struct guards *guards, struct guarded *items, size_t count);

/* The value where the guard holds, 0 elsewhere. */
const struct adc_node *guard_close(struct guards *guards, struct guarded item);

#endif
