/* What the files of the pass share: tiles.c chooses, tiles_cut.c cuts. */
#ifndef ADC_PASSES_TILES_H
#define ADC_PASSES_TILES_H

#include "ir/loop.h"
#include "ir/nest.h"
#include "passes/loop_maker.h"

/* Declared in a pass of the loop that is cut, and asked for in another piece of it: each pass of a
 * cut gets an element of an array. */
struct tiles_kept {
    const struct adc_node *node;
    const struct adc_node *set, *sum; /* nests over the array, one for each way to write it */
    const struct adc_node *inner;     /* index of the last inner loop that asks for it */
};

struct tiles {
    struct loop_maker maker;
    const struct loop_lanes *lanes; /* around the loop at hand */
    /* by id, of the first `count`: number of the piece of the loop that declares it, all pieces of
     * the program one after the other; or 0 */
    uint32_t *piece;
    size_t count;
    uint32_t first, last; /* pieces of the loop at hand */
    ADC_VEC(struct tiles_kept) kept;
};

static inline bool tiles_depends(const struct adc_node *node, const struct adc_node *index)
{
    return adc_indices_has(node->free, index);
}

/* Declared in the loop at hand; in which piece. */
static inline uint32_t tiles_piece(const struct tiles *t, const struct adc_node *node)
{
    uint32_t piece = node->id < t->count ? t->piece[node->id] : 0;
    return piece >= t->first ? piece : 0;
}

/* The element lies in a tile of which each lane has one. */
static inline bool tiles_is_own(const struct loop_program *program, const struct loop_lanes *lanes,
                                const struct adc_node *array, const struct adc_node *const *element)
{
    return loop_copied(program, lanes, array, element) ||
           loop_reach(program, array, element) == LOOP_OWN;
}

/* A loop of fewer passes has nothing to cut: it stays as it was, which is decided when it runs. */
enum { TILES_LEAST = 16 };

/* Makes of the loop one over cuts of `passes` passes. */
void tiles_cut(struct tiles *t, struct loop_statement *loop, int64_t passes);

#endif
