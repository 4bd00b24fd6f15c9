/* What the three steps of scheduling share: regions and places (schedule_place.c, schedule_lift.c),
 * the order of
 * statements
 * (schedule_order.c), parts and workspace (schedule_parts.c).
 *
 * A region is the root, an arm of an `if` (parent, condition, which arm) or the body of a loop
 * (parent, index);
 * equal ones are one object. A node belongs to the innermost region that holds all its users, so
 * what only an arm
 * needs is computed only there, and it moves out of the loops whose index it does not depend on,
 * sometimes with the arms in them (schedule_lift.c). */
#ifndef ADC_PASSES_SCHEDULE_H
#define ADC_PASSES_SCHEDULE_H

#include "passes/arrange.h"

struct schedule_block;

struct region {
    struct region *parent;            /* NULL: the root */
    const struct adc_node *condition; /* of an arm */
    bool positive;
    bool asked; /* of an arm: where elements of arrays are read, of which there are some */
    const struct adc_node *index;   /* of a loop */
    const struct adc_node *carries; /* of a loop: the LOOP whose passes it runs; NULL */
    uint32_t depth;
    /* of a loop: what its body and range need from outside, not yet computed */
    uint32_t waiting;
    struct region *other;     /* the opposite arm, if it is used at all */
    struct region *same_next; /* next region with this condition */
    struct region *hash_next;
    /* schedule_order.c */
    struct region_queue *queue;
};

struct schedule {
    struct adc_arena *arena; /* of the result */
    struct adc_arena *scratch;
    const struct adc_function *function;
    const struct adc_graph *graph;
    struct loop_program *program;
    struct loop_block *body; /* of part 0; apart, since `parts` grows and moves */
    size_t count;            /* nodes */
    struct region root;
    struct region **region; /* by id: where a live node's value is needed */
    /* by id: the region of the statement that prints or computes the node */
    struct region **host;
    uint32_t *uses;               /* by id */
    uint8_t *expression;          /* by id of an IF: printed as c ? a : b */
    struct region **by_condition; /* by id: regions with this condition */
    uint8_t *hoisted;             /* by id: moved out of a loop */
    uint8_t *kept;                /* by id: wants a variable whatever its uses */
    uint8_t *early;               /* by id: computed where its loops stand, whatever its uses */
    uint8_t *guarded;             /* by id: an arm of an IF */
    uint8_t *cost;                /* by id: of all that it is computed from (schedule_lift.c) */
    struct updates updates;
    /* by id: the block whose statement gives it its value (schedule_order.c) */
    struct schedule_block **made_in;
    uint8_t *declared; /* by id: a VAR exists */
    struct region **buckets;
    uint32_t bucket_count, region_count;
};

/* The first axis of an array by its nest whose length is asked for in its loops: elements are found
 * without that of axis 0, but zeros are not. */
unsigned schedule_first_length(const struct adc_node *nest);

static inline bool schedule_is_leaf(const struct adc_node *node)
{
    return node->op == ADC_OP_CONST || node->op == ADC_OP_PARAM || node->op == ADC_OP_INDEX;
}

/* Where a nest's accumulator lives, the body of its innermost loop, and (the same, or an arm of it)
 * where its
 * guard holds. */
struct schedule_nest {
    struct region *outside, *body, *inside;
    struct region *outermost; /* its outermost own loop; NULL if it has none */
};
struct schedule_nest schedule_nest_regions(struct schedule *schedule, const struct adc_node *nest);

/* The loop of a LOOP and where it stands. */
struct schedule_nest schedule_loop_regions(struct schedule *schedule, const struct adc_node *loop);

/* The innermost region that holds both. */
struct region *schedule_common(struct region *a, struct region *b);

struct region *schedule_arm(struct schedule *schedule, struct region *parent,
                            const struct adc_node *condition, bool positive);

/* schedule_lift.c: fills schedule->cost; and the region that a node needed in `region` is moved to.
 */
void schedule_find_costs(struct schedule *schedule);
struct region *schedule_lifted(struct schedule *schedule, const struct adc_node *node,
                               struct region *region);

/* The node is needed in the region. */
void schedule_need(struct schedule *schedule, const struct adc_node *node, struct region *region);

void schedule_place(struct schedule *schedule);

/* A block of the program under construction and where it hangs. */
struct schedule_block {
    struct loop_block *block;
    struct schedule_block *parent; /* NULL: the root block */
    struct loop_statement *branch; /* the statement in the parent's block that holds it */
};

struct schedule_blocks {
    ADC_VEC(struct schedule_block *) list; /* parents first */
};

/* Declares `node` in `block`, before the statement `branch`, which stands near its end. */
void schedule_declare(struct schedule *schedule, struct schedule_block *block,
                      const struct loop_statement *branch, const struct adc_node *node);

/* Declares what is read outside of the block that makes it. */
void schedule_escape(struct schedule *schedule, const struct schedule_blocks *blocks);

/* Fills schedule->body; all blocks in `blocks`. False if some statements wait for each other. */
bool schedule_order(struct schedule *schedule, struct schedule_blocks *blocks);

/* Calls visit(context, node) for every LOCAL or WORK node that printing `node` as an operand reads;
 * inline
 * expressions are followed (their depth is bounded). */
void schedule_operands(const struct schedule *schedule, const struct adc_node *node,
                       void (*visit)(void *context, const struct adc_node *node), void *context);

/* All nodes that a statement reads. */
void schedule_reads(const struct schedule *schedule, const struct loop_statement *statement,
                    void (*visit)(void *context, const struct adc_node *node), void *context);

/* Cuts long and deep blocks into parts and gives what lives across parts a slot of the workspace.
 * */
void schedule_parts(struct schedule *schedule, struct schedule_blocks *blocks);

/* What is wrong with the finished program, or NULL. */
const char *schedule_verify(struct schedule *schedule);

/* fills.c: histories that are written whole are not filled before. */
void schedule_drop_fills(const struct schedule *schedule);

/* share.c: arrays lie in the buffers of the maps that are made of them. */
void schedule_share(const struct schedule *schedule);

#endif
