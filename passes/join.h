/* What the files of the pass share: join.c joins loops, join_forward.c makes variables of what they
 * store and load, join_drop.c takes away what nobody reads then. */
#ifndef ADC_PASSES_JOIN_H
#define ADC_PASSES_JOIN_H

#include "ir/loop.h"
#include "ir/nest.h"
#include "passes/apart.h"
#include "passes/loop_maker.h"

static inline bool join_is_inline(const struct loop_maker *j, const struct adc_node *node)
{
    return j->program->place[node->id] == LOOP_INLINE;
}

static inline bool join_same_buffer(const struct loop_maker *j, const struct adc_node *a,
                                    const struct adc_node *b)
{
    return j->program->buffer[a->id] == j->program->buffer[b->id];
}

/* In a loop over `index`: an element of an array, or (rank 0) a scalar that a loop adds to. */
struct join_access {
    const struct adc_node *array, *index;
    const struct adc_node *const *element;
    unsigned rank;
    bool written;
};

struct join_list {
    struct loop_maker *maker;
    const struct adc_node *index;
    ADC_VEC(struct join_access) list;
    bool possible, wide; /* `wide`: all that it writes is f64, as lanes want it */
};

/* Whether the loop is one that may be joined: innermost, values and sums alone, and what it writes
 * is a pass's own. Then all that it touches but parameters. */
bool join_accesses(struct loop_maker *j, const struct loop_statement *loop, struct join_list *list);

enum join_relation { JOIN_SAME, JOIN_APART, JOIN_UNKNOWN };

/* Of elements in two passes with the same number. */
enum join_relation join_compare(const struct loop_maker *j, const struct join_access *a,
                                const struct join_access *b);

/* With what stands for others. */
void join_replace(struct loop_maker *j, struct loop_statement *statement);

/* Statement `at` of the block, a loop that nothing more joins. */
void join_forward(struct loop_maker *j, struct loop_block *block, size_t at);
void join_drop(struct loop_maker *j);

static inline void join_take_out(struct loop_block *block, const struct loop_statement *statement)
{
    size_t left = 0;
    for (size_t i = 0; i < block->count; i++)
        if (block->data[i] != statement) block->data[left++] = block->data[i];
    block->count = left;
}

#endif
