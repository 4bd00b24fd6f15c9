/* What the files of the pass share: join.c joins loops, join_forward.c makes variables of what they
 * store and load, join_drop.c takes away what nobody reads then. */
#ifndef ADC_PASSES_JOIN_H
#define ADC_PASSES_JOIN_H

#include "ir/loop.h"
#include "ir/nest.h"

struct joiner {
    struct adc_arena *arena;
    struct loop_program *program;
    size_t known; /* nodes that the tables of the program and `copy` have room for */
    /* by id: what stands for the node in the loop at hand; NULL: itself. And the ids that have one
     */
    const struct adc_node **copy;
    ADC_VEC(uint32_t) taken;
};

static inline bool join_is_inline(const struct joiner *j, const struct adc_node *node)
{
    return j->program->place[node->id] == LOOP_INLINE;
}

static inline const struct adc_node *join_array_of(const struct adc_node *array)
{
    while (array->op == ADC_OP_MARK || array->op == ADC_OP_STOP) array = array->in[0];
    return array;
}

static inline bool join_same_buffer(const struct joiner *j, const struct adc_node *a,
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
    struct joiner *joiner;
    const struct adc_node *index;
    ADC_VEC(struct join_access) list;
    bool possible, wide; /* `wide`: all that it writes is f64, as lanes want it */
};

/* Whether the loop is one that may be joined: innermost, values and sums alone, and what it writes
 * is a pass's own. Then all that it touches but parameters. */
bool join_accesses(struct joiner *j, const struct loop_statement *loop, struct join_list *list);

enum join_relation { JOIN_SAME, JOIN_APART, JOIN_UNKNOWN };

/* Of elements in two passes with the same number. */
enum join_relation join_compare(const struct joiner *j, const struct join_access *a,
                                const struct join_access *b);

/* A node in the place of `like`, of the same kind of value. */
struct adc_node *join_twin(struct joiner *j, const struct adc_node *like,
                           const struct adc_node *const *inputs);
void join_make_room(struct joiner *j);

/* From now on, until join_forget, the one stands for the other in statements. */
void join_take(struct joiner *j, const struct adc_node *node, const struct adc_node *copy);
void join_forget(struct joiner *j);
void join_replace(struct joiner *j, struct loop_statement *statement);

/* Statement `at` of the block, a loop that nothing more joins. */
void join_forward(struct joiner *j, struct loop_block *block, size_t at);
void join_drop(struct joiner *j);

static inline void join_take_out(struct loop_block *block, const struct loop_statement *statement)
{
    size_t left = 0;
    for (size_t i = 0; i < block->count; i++)
        if (block->data[i] != statement) block->data[left++] = block->data[i];
    block->count = left;
}

#endif
