/* What the files of the pass share: jam.c chooses, jam_copy.c makes the copies. */
#ifndef ADC_PASSES_JAM_H
#define ADC_PASSES_JAM_H

#include "ir/loop.h"
#include "ir/nest.h"
#include "passes/apart.h"
#include "passes/loop_maker.h"

struct jam {
    struct loop_maker maker; /* its table of copies is that of the copy at hand */
    const struct adc_node **copies[LOOP_JAMMED];
    /* the loop that is looked at: its number, by node id what is declared inside */
    uint32_t number, *inside;
    struct apart apart; /* with the accesses to arrays in it */
};

/* Whether the node changes with the index. */
static inline bool jam_depends(const struct adc_node *node, const struct adc_node *index)
{
    return adc_indices_has(node->free, index);
}

/* The copies of a loop's passes; of each loop in its body that jam_is_fused one loop holds them. */
struct loop_jam *jam_copies(struct jam *j, const struct loop_statement *loop);
bool jam_is_fused(const struct loop_statement *inner, const struct adc_node *index);

#endif
