/* What the files of `@parallel for` share: lower_parallel.c decides what becomes of a component,
 * lower_points.c says what a pass computes at the points of a sum. */
#ifndef ADC_FRONTEND_LOWER_PARALLEL_H
#define ADC_FRONTEND_LOWER_PARALLEL_H

#include "frontend/lower.h"

enum { PARALLEL_MOST_INNER = 6 };

/* What is replaced: `count` pairs. */
struct parallel_map {
    const struct adc_node *from[PARALLEL_MOST_INNER + 2], *to[PARALLEL_MOST_INNER + 2];
    unsigned count;
};

struct parallel {
    struct lower *l;
    const struct adc_node *index;        /* of the loop */
    const struct adc_node *state, *init; /* of the component at hand */
    /* versions of the component within a pass, oldest first, and what their element at `own` is */
    const struct adc_node *const *own;
    ADC_VEC(const struct adc_node *) versions;
    ADC_VEC(const struct adc_node *) needed; /* of the last look, by id */
    ADC_VEC(const struct adc_node *) loops;  /* among these */
    const struct adc_node *met;              /* why not: a STATE, or NULL */
};

/* Whether the node sees neither what passes of the loop carry, nor what those of the `count` loops
 * over `inner` do. Elements of versions at `own` may be seen. */
bool parallel_is_independent(struct parallel *p, const struct adc_node *root,
                             const struct adc_node *const *inner, unsigned count);

/* The node, which is independent, with the replacements, and with elements of versions replaced by
 * `own_value` (NULL: there are none). Of loops inside it keeps what it asks for. */
const struct adc_node *parallel_replace(struct parallel *p, const struct adc_node *root,
                                        const struct parallel_map *map,
                                        const struct adc_node *own_value);

#endif
