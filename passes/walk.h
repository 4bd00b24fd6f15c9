/* What some nodes are computed from, in descending id: each node once, nothing that is not asked
 * for.
 *
 *     walk_add(&walk, root);
 *     while ((node = walk_next(&walk))) ... walk_add(&walk, node->in[i]) ...
 *     (walk.order holds what was visited; backwards it is an order in which inputs come first)
 *     walk_end(&walk);
 *
 * The cost is that of what is visited, so a graph with many loops may be walked loop by loop. */
#ifndef ADC_PASSES_WALK_H
#define ADC_PASSES_WALK_H

#include "ir/node.h"

struct walk {
    const struct adc_graph *graph;
    struct adc_arena *scratch;
    uint32_t *place;   /* by id: 1 + place in `order`; UINT32_MAX while waiting; 0 not reached */
    const void **note; /* by id: whatever the walker wants to know of a node; NULL at first */
    size_t capacity;
    ADC_VEC(const struct adc_node *) order, waiting; /* a heap, the largest id on top */
};

enum { WALK_NOWHERE = -1 };

void walk_init(struct walk *walk, const struct adc_graph *graph, struct adc_arena *scratch);

/* Asks for a node; returns whether that is news. */
bool walk_add(struct walk *walk, const struct adc_node *node);

/* The next node, NULL when there is none. */
const struct adc_node *walk_next(struct walk *walk);

/* Where in `order` the node is, or WALK_NOWHERE. */
int64_t walk_place(const struct walk *walk, const struct adc_node *node);

/* Forgets all nodes; the walk may be used again. */
void walk_end(struct walk *walk);

#endif
