/* Arrays that are changed in place: who writes into whose elements, and when.
 *
 * After arrange_updates (arrange.h) every PUT, JOIN and LOOP takes over the buffer of the array
 * it changes:
 *     PUT(array, nest)         the nest writes into the array's buffer
 *     JOIN(.. base, nests)     the nests add to the base's; without a base they add up from zeros
 *     LOOP                     its array components begin in the buffers of their inits; `next`
 *                              ends in the
 *                              buffer of the STATE, FINAL is there too
 * So a version of an array is gone when the next one is made: whatever reads it comes first. */
#ifndef ADC_PASSES_UPDATES_H
#define ADC_PASSES_UPDATES_H

#include "ir/function.h"
#include "ir/state.h"

struct updates {
    const struct adc_function *function;
    struct adc_arena *scratch;
    uint8_t *live;  /* by id */
    uint32_t *uses; /* by id: inputs of live nodes and results that the node is */
    /* by id: the indices in whose loops the node is computed: its free ones, with those in whose
     * loops stands the LOOP that binds one of these */
    const struct adc_indices **loops;
    /* and, if it is written into a larger array, that one's */
    const struct adc_indices **scope;
    /* by id of an index that a LOOP binds: the scope of the LOOP */
    const struct adc_indices **outer;
    uint8_t *is_time;                 /* by id of an index: a LOOP binds it */
    const struct adc_node **replaced; /* by id of a NEST: the version it writes over; NULL: none */
    /* by id of an array, of a READ: id + 1 of the READs of an array */
    uint32_t *first_read, *next_read;
};

void updates_find(struct updates *updates, const struct adc_function *function,
                  struct adc_arena *scratch);

/* For ADC_PUSH. */
struct node_list {
    const struct adc_node **data;
    size_t count, capacity;
};

/* What a JOIN that is no part of another one adds up, from left to right: `leaves` gets nodes of
 * the graph. */
void updates_leaves(const struct updates *updates, const struct adc_node *join,
                    struct node_list *leaves);

/* Whether the leaves of a JOIN are maps that stand side by side: one of them sets each element,
 * and no other one. */
bool updates_is_mosaic(const struct node_list *leaves);

/* A JOIN that only adds to another JOIN. */
bool updates_is_part(const struct updates *updates, const struct adc_node *join);

/* Whether all of a's indices are in b. */
bool updates_within(const struct adc_indices *a, const struct adc_indices *b);

/* Whether a READ of what a nest writes over is of the very element that the nest writes at that
 * point, and at no other. */
bool updates_own_element(const struct adc_node *read, const struct adc_node *nest);

/* A version that is replaced before its loop (or the function) ends, so that its READs have a
 * time. */
bool updates_is_mutable(const struct adc_node *array);

/* The nodes at the level of `scope` that read a version which an update replaces: the READs
 * themselves, or the
 * nests and loops that hold them; histories have none. Calls visit(context, node). */
void updates_readers(const struct updates *updates, const struct adc_node *array,
                     const struct adc_indices *scope,
                     void (*visit)(void *context, const struct adc_node *node), void *context);

#endif
