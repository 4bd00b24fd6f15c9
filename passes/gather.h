/* What the files of the gather pass share. `old` nodes are of the function that comes in, `new`
 * ones of the one that is made. */
#ifndef ADC_PASSES_GATHER_H
#define ADC_PASSES_GATHER_H

#include "ir/state.h"
#include "passes/passes.h"
#include "passes/updates.h"

enum {
    GATHER_MOST_SHIFTS = 64,
    GATHER_MOST_BOUNDS = 8,
    GATHER_MOST_CONDITIONS = 32,
    /* elements that points may leave out at an end of an axis */
    GATHER_MOST_REACH = 64
};

/* A sum over points into the elements that they lie next to: the point with index[a] along axis a
 * adds to the element index[a] + offset[a]. The rest are indices that offsets may have in them (the
 * weights of a filter): an element gets a sum over them. */
struct shift {
    const struct adc_node *leaf;                 /* old: the nest */
    const struct adc_node *index[ADC_MAX_RANK];  /* old */
    const struct adc_node *offset[ADC_MAX_RANK]; /* new, in terms of the rest as copied */
    const struct adc_node *rest[ADC_MAX_NEST];   /* old */
    unsigned rest_count;
    uint32_t key; /* equal where index and offset are */
};

/* An array to which points add. */
struct gathered {
    const struct adc_node *root, *base; /* old; base: what the sums are added to, or NULL */
    struct shift *shifts;
    size_t shift_count;
    struct node_list others; /* old: nests that stay sums */
    uint32_t group;          /* + 1; 0: it stays as it is */
    bool wants, has_rest;    /* gathering is for it; offsets have indices in them */
};

/* A reduction to a scalar over the points of a shift. */
struct companion {
    const struct adc_node *nest; /* old */
    const struct shift *shift;
    uint32_t group; /* + 1 */
};

/* One axis of the elements, new nodes: [low, high), where every shift has its points, inside all of
 * [0, length). Indices; NULL: no such elements. `beside` runs inside, for what is an edge along a
 * later axis: in loops of its own. */
struct gather_axis {
    const struct adc_node *length, *low, *high;
    const struct adc_node *like; /* old: an index whose name the others get */
    const struct adc_node *all, *inside, *beside, *before, *behind;
};

/* A comparison of an index that has one answer inside: `high`: because the index is below the end
 * `bound`, else because it is at least that. */
struct gather_condition {
    const struct adc_node *node, *index; /* old */
    const struct adc_node *bound;        /* new */
    bool high;
};

/* Arrays of one shape that are made in the same loops. */
struct gather_group {
    uint32_t first;                             /* the array that it is made for */
    const struct adc_node *shape[ADC_MAX_RANK]; /* old */
    unsigned rank;
    bool stored; /* values that several shifts share have arrays */
    bool has_rest, made;
    bool has_loops; /* in its values */
    struct gather_axis axis[ADC_MAX_RANK];
    struct gather_condition condition[GATHER_MOST_CONDITIONS];
    unsigned condition_count;
};

struct gather {
    struct updates updates;
    struct adc_function *to;
    struct adc_arena *scratch;
    bool any;                    /* there are groups */
    const struct adc_node **map; /* by old id */
    ADC_VEC(struct gathered) arrays;
    ADC_VEC(struct companion) companions;
    ADC_VEC(struct gather_group) groups;
    /* by old id of a root, of a nest that is a shift, of a scalar one: number + 1 */
    uint32_t *array_of, *leaf_of, *companion_of;
    uint8_t *part;                 /* by old id: a nest that only its array asks for */
    uint8_t *store;                /* by old id: a value that has an array */
    uint8_t *passes;               /* by old id of an INDEX: of a loop with state */
    const struct adc_node **array; /* by old id: that array, new */
    /* the version of old nodes that is being made */
    const struct adc_node **version;
    uint32_t *stamp, stamps;
};

/* Sums into slices that have arrays of their own, one number for each slice. */
struct gather_slices {
    uint8_t *left;          /* by old id of a slice's first sum: it is to have none */
    struct node_list first; /* old: that sum */
    struct node_list array; /* of the function that comes out: what is to be gathered */
};

/* gather_slices.c: the function with such arrays; itself, where there is nothing to do. */
struct adc_function *gather_sliced(struct adc_function *function, struct gather_slices *slices,
                                   struct adc_arena *scratch);

/* A sum of reals into elements of an array. */
bool gather_is_sum(const struct adc_node *leaf);

/* The node in the new function, made if it is not there yet. */
const struct adc_node *gather_copied(struct gather *g, const struct adc_node *node);

/* gather_cost.c: whether the group is worth it, and how: sets `stored` and marks what is stored. */
bool gather_pays(struct gather *g, uint32_t group);

/* Whether the sum has a costly value under a condition of data: a loop without lanes passes over it
 * where that does not hold. */
bool gather_is_choice(struct gather *g, const struct adc_node *leaf);

/* gather_make.c: the array, and the scalar, piece by piece. */
const struct adc_node *gather_array(struct gather *g, const struct gathered *array);
const struct adc_node *gather_scalar(struct gather *g, const struct companion *companion);

/* gather_split.c: the comparisons in the group's values that split ranges near their ends. */
void gather_find_conditions(struct gather *g, uint32_t group);

/* What such a comparison says inside of the axis of `shift` whose index it asks about, or NULL. */
const struct adc_node *gather_truth(struct gather *g, const struct gather_group *group,
                                    const struct shift *shift, const bool *inside,
                                    const struct adc_node *node);

/* An operator of bools some of which are constants, simplified; NULL: as it is. */
const struct adc_node *gather_folded(const struct adc_node *node, const struct adc_node *const *in,
                                     struct adc_graph *graph);

#endif
