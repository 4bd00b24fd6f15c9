/* What the files of the pass share: threads.c chooses loops, threads_look.c looks at one. */
#ifndef ADC_PASSES_THREADS_H
#define ADC_PASSES_THREADS_H

#include "passes/passes.h"

struct threads_access {
    const struct adc_node *array;
    const struct adc_node *const *element; /* NULL: all of it */
    enum { THREADS_READ, THREADS_SET, THREADS_ADD, THREADS_FILL } kind;
};

struct threads {
    struct adc_arena *arena, *scratch;
    struct loop_program *program;
    bool strict;
    uint32_t *accesses; /* by buffer: in the whole program */
    uint8_t *crossing;  /* by node id: a LOCAL that has a slot */
    /* the loop at hand; without one accesses are counted alone */
    const struct adc_node *index;
    struct loop_team *team;
    struct loop_cost *cost; /* of the block at hand, in which a statement counts `weight` times */
    double weight;
    unsigned inner;   /* loops around that have a cost of their own */
    unsigned calls;   /* of parts around */
    uint32_t number;  /* of the loop */
    uint32_t *inside; /* by node id: number of the loop inside of which it is declared */
    uint32_t *used;   /* by node id: number of the loop that uses it */
    bool possible;
    ADC_VEC(struct threads_access) list;
};

/* Accesses of the whole program, by buffer. */
void threads_count(struct threads *t);

/* How many passes a loop has, below 0 for none; false: that is not constant. */
bool threads_passes(const struct adc_node *low, const struct adc_node *high, double *passes);

/* Whether the passes of the loop may be made in chunks; `team` says how. */
bool threads_look(struct threads *t, const struct loop_statement *loop, struct loop_team *team);

#endif
