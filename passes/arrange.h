/* Arranging nests for the schedule (pass_arrange, passes.h): what its steps share.
 *
 * Every index has a number of its own, which it keeps when its range is rewritten, and every number
 * a rank: the
 * order in which loops nest. After arranging
 *     arrays have no free indices but those of loops with state, where they do not change in place,
 *     and of loops whose passes have them for themselves
 *     (arrange_close.c, arrange_contract.c)
 *     the indices of a nest ascend in rank, and those it binds come after its free ones
 *     (arrange_order.c)
 *     a scalar reduction is asked for only where exactly its free indices are the outermost open
 *     ones; other
 *     places read an array of its values
 *     (arrange_order.c)
 *     what is costly and does not change with an outer loop is read from such an array too
 *     (arrange_hoist.c)
 *     reads and targets are inside their arrays, proved or guarded
 *     (arrange_bounds.c)
 *     every LOOP has an index of its own
 *     (arrange_unshare.c)
 *     a history of which only the last elements are read keeps only these
 *     (window.c)
 *     an update reads other rows of its array than it writes from copies of them
 *     (arrange_aside.c)
 *     every PUT, JOIN and LOOP takes over the buffer of what it changes (updates.h), results are
 * arrays of their own
 *     (arrange_update.c)
 *     the guard of a loop is a STATE
 *     (arrange_guard.c)
 *     every component of a loop is asked for
 *     (arrange_drop.c)
 *     all loops over one index node in one place are one loop
 *     (arrange_fuse.c) */
#ifndef ADC_PASSES_ARRANGE_H
#define ADC_PASSES_ARRANGE_H

#include "ir/nest.h"
#include "passes/passes.h"
#include "passes/updates.h"
#include "passes/window.h"

struct fusion;
struct takeover;

/* Closed ints: no value of an index is less than `low`, all are less than `high`; NULL: not known.
 */
struct arrange_ends {
    const struct adc_node *low, *high;
};

/* Rows that updates put aside (arrange_aside.c). */
struct aside {
    const struct adc_indices **scope; /* by id of a READ of a row: that of the update; else NULL */
    struct node_list reads, rows;     /* READs of the old graph, and their rows in the new one */
    bool found;
};

/* Arrays in the loop over an index have no axis for it. */
enum arrange_time {
    ARRANGE_STATE = 1, /* a LOOP binds it */
    ARRANGE_ANEW,      /* each pass makes them anew (arrange_contract.c) */
};

struct arrange {
    struct adc_arena *arena; /* of the new function */
    struct adc_arena *scratch;
    const struct adc_function *from;
    struct adc_function *to;
    const struct adc_node **map;       /* by id of `from` */
    ADC_VEC(uint32_t) rank;            /* by number of an INDEX */
    ADC_VEC(uint8_t) time;             /* by number of an INDEX: enum arrange_time, or 0 */
    ADC_VEC(struct arrange_ends) ends; /* by number of an INDEX; nodes of `measured` */
    const struct adc_graph *measured;
    bool is_unsized;            /* some axis has a length that is not known before the run */
    struct adc_span unsized_at; /* the first such */
    uint32_t last_rank;
    const uint32_t *first_rank; /* by id of the function to arrange: rank of an INDEX */
    const uint8_t *contracted;  /* and whether it is ARRANGE_ANEW; NULL: none is */
    struct updates updates;     /* of `from`, once arrange_look has seen it */
    struct fusion *fusion;      /* arrange_fuse.c */
    struct takeover *takeover;  /* arrange_update.c */
    struct aside aside;
    const struct windows *window; /* window.c */
    uint8_t *taken;               /* by id of `from`: an update has it (arrange_unshare.c) */
    const struct adc_node **copy; /* by id of an array of `from`: its copy (arrange_order.c) */
    struct node_list stored;      /* arrays of the values that loops keep (arrange_keep.c) */
    struct limits *limits;        /* arrange_limits.c: of `limits_of` */
    const struct adc_function *limits_of;
    bool cautious; /* pass_arrange */
    pass_set without;
    bool moved;     /* arrange_order.c: indices have come behind others */
    bool updated;   /* arrange_updates has run */
    bool placed;    /* arrange_fuse has run: loops keep their places */
    uint8_t *marks; /* by id of `from`: what the step at hand found out */
};

/* Looks at a function: `from` and `updates` are its; nothing is done if they are already. */
void arrange_look(struct arrange *arrange, const struct adc_function *function);

/* Makes a new function by asking `make` for every live node; in[] are its inputs in the new graph.
 * */
struct adc_function *arrange_rebuild(
    struct arrange *arrange, const struct adc_function *from,
    const struct adc_node *(*make)(struct arrange *arrange, const struct adc_node *node,
                                   const struct adc_node *const *in));

uint32_t arrange_rank(const struct arrange *arrange, const struct adc_node *index);

/* An index over the range of `like` with a number of its own; rank 0: behind all others. */
const struct adc_node *arrange_fresh(struct arrange *arrange, const struct adc_node *like,
                                     uint32_t rank);

/* Ranks by id of the indices of a function; sets last_rank. (arrange_rank.c) */
uint32_t *arrange_first_ranks(struct arrange *arrange, const struct adc_function *function);

/* By id of the indices of a function whose ranks are known: whether arrays are made anew in each
 * pass of its loop. (arrange_contract.c) */
uint8_t *arrange_contracted(struct arrange *arrange, const struct adc_function *function);

/* Of an element of an int parameter, as it is read in the function that is made: what the checks at
 * entry say of it, `*low` and `*high` (exclusive); false if they leave an end open.
 * (arrange_limits.c) */
bool arrange_limited(struct arrange *arrange, const struct adc_node *element,
                     const struct adc_node **low, const struct adc_node **high);

/* Whether checks at entry say that the divisor of a remainder, a size, is not 0 wherever the
 * indices of the remainder have values. (arrange_limits.c) */
bool arrange_divides(struct arrange *arrange, const struct adc_node *remainder);

/* Indices by ascending rank. */
void arrange_sort(struct arrange *arrange, const struct adc_node **index, unsigned count);

/* The node again in the new graph. */
const struct adc_node *arrange_copy(struct arrange *arrange, const struct adc_node *node,
                                    const struct adc_node *const *in);

/* All loops that a nest or LOOP of `from` opens, with those it stands in, by rank. Returns their
 * number. */
unsigned arrange_path(struct arrange *arrange, const struct adc_node *node,
                      const struct adc_node **path);

/* A map over the whole shape: every element is set. */
bool arrange_sets_all(const struct adc_node *nest);
/* Whether it sets each element once in the order of an array in which no two numbers are alike, as
 * many as there are elements: no further one is left. */
bool arrange_permutes(const struct adc_node *nest);

/* The highest rank of an index of a set that has a `time`; 0 if there is none. */
uint32_t arrange_time_rank(const struct arrange *arrange, const struct adc_indices *set);

/* Finds the ends of all indices of `to`. (arrange_ends.c) */
void arrange_find_ends(struct arrange *arrange);

/* Whether the range of an index is known before the run, so that it may have an axis. */
bool arrange_has_ends(const struct arrange *arrange, const struct adc_node *index);

/* An axis over the values of an index: the element at hand, and the length. */
const struct adc_node *arrange_axis(struct arrange *arrange, const struct adc_node *index,
                                    const struct adc_node **length);

/* The largest value of the length of an axis, in the new graph. */
const struct adc_node *arrange_length(struct arrange *arrange, const struct adc_node *length);

const struct adc_node *arrange_bounds(struct arrange *arrange, const struct adc_node *node,
                                      const struct adc_node *const *in);
const struct adc_node *arrange_order(struct arrange *arrange, const struct adc_node *node,
                                     const struct adc_node *const *in);

/* Steps that look at the whole graph first. */
struct adc_function *arrange_store(struct arrange *arrange, const struct adc_function *from);
/* Why arrange_store stores a scalar: what it reads is made elsewhere, or it is an invariant. */
enum { ARRANGE_MISPLACED = 1, ARRANGE_INVARIANT };

/* Marks, by id, costly scalars that do not change with an outer loop. (arrange_hoist.c) */
void arrange_find_invariants(struct arrange *arrange, uint8_t *marks);
const struct adc_function *arrange_aside(struct arrange *arrange, const struct adc_function *from);
struct adc_function *arrange_updates(struct arrange *arrange, const struct adc_function *from);
/* A nest that copies an array under fresh indices, and a nest again as nobody else has it.
 * (arrange_update.c) */
const struct adc_node *arrange_copied(struct arrange *arrange, const struct adc_node *array,
                                      enum adc_reduce reduce);
const struct adc_node *arrange_alone(struct arrange *arrange, const struct adc_node *nest);

/* A LOOP of the new graph over the index `fresh` instead of its own. (arrange_unshare.c) */
const struct adc_node *arrange_loop_over(struct arrange *arrange, const struct adc_node *loop,
                                         const struct adc_node *fresh);
struct adc_function *arrange_unshare(struct arrange *arrange, struct adc_function *from);
struct adc_function *arrange_close(struct arrange *arrange, const struct adc_function *from);
struct adc_function *arrange_guards(struct arrange *arrange, const struct adc_function *from);
struct adc_function *arrange_drop(struct arrange *arrange, const struct adc_function *from);
struct adc_function *arrange_fuse(struct arrange *arrange, const struct adc_function *from);

#endif
