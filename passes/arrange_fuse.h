/* What fusing one level of loops shares: which nests share a loop (arrange_fuse.c), and what
 * later loops over the
 * same index find stored (arrange_keep.c). */
#ifndef ADC_PASSES_ARRANGE_FUSE_H
#define ADC_PASSES_ARRANGE_FUSE_H

#include "passes/arrange.h"

/* A nest (or a LOOP, which shares its loop with nobody) and the loop that it opens at the level
 * at hand. */
struct sink {
    const struct adc_node *nest;
    const struct adc_node *path[ADC_MAX_NEST];
    unsigned depth;
    uint32_t block;   /* number of the block, by path */
    uint32_t waiting; /* sinks of its block it depends on, not yet placed */
    bool placed;
    uint64_t *needs; /* bits by sink of the block */
};

/* A value that an earlier loop stores for this one. */
struct kept {
    const struct adc_node *node; /* in the old graph */
    uint32_t owner;              /* the group that computes it */
};

/* One loop. */
struct group {
    const struct adc_node *index; /* in the old graph */
    const struct adc_node *fresh; /* in the new graph; NULL: the index itself */
    bool renamed;
    uint32_t block;
    ADC_VEC(uint32_t) sinks;
    ADC_VEC(struct kept) kept; /* ascending */
    ADC_VEC(const struct adc_node *)
    memo; /* by id of the new graph: what the node is in this loop */
    bool begun;
};

struct fusion {
    struct arrange *arrange;
    const struct adc_graph *graph;
    unsigned level;
    ADC_VEC(struct sink) sinks;
    ADC_VEC(struct group) groups;
    uint32_t *group_of; /* by nest id: group + 1 */
    uint8_t *used;      /* by index id: a loop has it already */
    uint32_t *stamp, stamps;
    /* by id of a nest or LOOP: what reads the versions it replaces */
    struct node_list *readers;
};

/* Finds what loops over an index that has had a loop in the same block would compute again
 * although it is costly. */
void arrange_find_kept(struct fusion *fusion);

/* What a node of the new graph is inside the loop of a group. */
const struct adc_node *arrange_in_group(struct fusion *fusion, struct group *group,
                                        const struct adc_node *node);

#endif
