/* What the two files of the pass share: lanes_body.c looks at one loop, lanes.c chooses among
 * them. */
#ifndef ADC_PASSES_LANES_H
#define ADC_PASSES_LANES_H

#include "passes/passes.h"

/* An access to an array inside of the loop at hand. */
struct lanes_access {
    const struct adc_node *array;
    const struct adc_node *const *element; /* NULL: all of it (FILL) */
    enum { LANES_READ, LANES_SET, LANES_ADD, LANES_FILL } kind;
    bool scans;              /* inner loops run along its further axes */
    double weight, in_lanes; /* how often a pass makes it, and how often lanes do */
};

/* What the loop at hand does to a buffer. */
struct lanes_inner {
    uint32_t look;  /* of which all this is known */
    uint32_t count; /* accesses inside */
    bool shared;    /* passes write their parts of it */
};

/* Of an index with a hint (ir/node.h) that asks for lanes: some loop over it has them, or why the
 * first one has not. */
struct lanes_wish {
    const struct adc_node *index;
    struct adc_span at;
    bool met;
    const char *why;
};

struct lanes {
    struct adc_arena *arena, *scratch;
    struct loop_program *program;
    ADC_VEC(struct lanes_wish) wishes;
    bool strict;
    unsigned depth;            /* loops around the one at hand */
    uint32_t *accesses;        /* by buffer: in the whole program */
    struct lanes_inner *inner; /* by buffer */
    uint32_t *users;           /* by id of an INDEX: loops over it */
    /* the loop at hand */
    const struct adc_node *index;
    uint32_t look;           /* its number */
    uint32_t number;         /* of the round: what is known is of this one */
    uint32_t *carried;       /* by node id: a variable that varies, as an earlier round found */
    bool again;              /* there is one that no earlier round found */
    unsigned masked;         /* conditions around that vary */
    uint32_t *seen;          /* by node id: value and step are known */
    uint32_t *inside;        /* by node id: declared, or an index opened, inside */
    ADC_VEC(uint32_t) known; /* their ids */
    uint8_t *value;          /* enum loop_value by node id */
    int64_t *step;
    bool reals[2]; /* ADC_F64, ADC_F32: there are some that vary; both cannot be */
    bool possible, has_loop;
    bool runs_long;       /* a loop inside has not a few passes alone */
    const char *why;      /* not possible; NULL: types without lanes */
    double before, after; /* costs, scalar and in lanes */
    double slow;          /* of `before`: functions and quotients */
    double chosen;        /* arithmetic under conditions that vary from pass to pass */
    bool mostly_chosen;   /* that is more than half of all */
    ADC_VEC(struct lanes_access) list;
    ADC_VEC(const struct adc_node *) sums;
};

/* Counts the accesses in a block: of the whole program, or of the loop at hand if there is one.
 * (lanes.c) */
void lanes_count(struct lanes *l, const struct loop_block *block);

/* Each pass has the array for itself. */
bool lanes_is_own(const struct lanes *l, const struct adc_node *array);

/* Whether the loop can run in lanes; before, after, list, sums, value and step say how. */
bool lanes_look(struct lanes *l, const struct loop_statement *loop);

/* The access is to the pass's own row of an array that all passes share, and if any of them writes
 * to it, so are all accesses to it, each to the same row or to another one: rows may be copied.
 * Not one behind a place that lanes share to which a single statement stores: its elements are
 * stored where they are. */
bool lanes_is_row(struct lanes *l, const struct lanes_access *access);
/* Of such an access: the axis of the index; whether passes write to the row. */
unsigned lanes_row_axis(const struct lanes *l, const struct lanes_access *access);
bool lanes_row_is_written(struct lanes *l, const struct lanes_access *access);

/* Elements that such a row is thought to have; how many of its lengths are not known. */
double lanes_row_elements(const struct lanes *l, const struct lanes_access *access,
                          unsigned *unknown);

/* Passes that a loop is thought to make. */
double lanes_passes(const struct loop_statement *loop);

#endif
