/* Axes of constant length as scalars (pass_axes, passes.h): what finding and making share.
 *
 * expanded   an INDEX of constant range that nests bind; there is a node for each of its values
 * cut        an axis of an array along which it falls apart into arrays, or scalars, of their own:
 *            all that read or write the array name constant elements of the axis, once indices are
 *            expanded
 * class      arrays that are versions of one: they are cut alike */
#ifndef ADC_PASSES_AXES_H
#define ADC_PASSES_AXES_H

#include "passes/passes.h"

enum { AXES_LONGEST = 16, AXES_MOST = 64 };

struct axes {
    const struct adc_function *from;
    struct adc_arena *scratch;
    struct pass_axes_options options;
    unsigned most;       /* parts and points that one node may have */
    uint8_t *live;       /* by id, as all that follow */
    int64_t *low, *high; /* of ints with `bounded`: the least and the largest value */
    uint8_t *bounded;
    uint8_t *barred;   /* INDEX: not to be expanded */
    uint8_t *summed;   /* INDEX of a short sum: expanded whether or not a cut axis asks for it */
    uint8_t *expanded; /* INDEX */
    uint8_t *fixed;    /* an int or bool that is constant once what may be expanded is */
    uint32_t *root;    /* of an array: another one of its class, or itself */
    uint16_t *cut;     /* by id of a root: axes of the class, bit by bit */
    uint8_t *result;   /* an array that the function returns, or a part of one */
    bool changed;
};

/* Fills in all tables; false if there is nothing to expand. (axes_find.c) */
bool axes_find(struct axes *axes, const struct adc_function *function);

/* The axes along which an array is cut, bit by bit. */
unsigned axes_cut(const struct axes *axes, const struct adc_node *array);

/* How many arrays or scalars it is cut into. */
unsigned axes_parts(const struct axes *axes, const struct adc_node *array);

/* Of a part of an array: its element along a cut axis. */
int64_t axes_coordinate(const struct axes *axes, const struct adc_node *array, unsigned part,
                        unsigned axis);

/* Versions of a node: parts, for all values of the expanded indices that it depends on. */
size_t axes_versions(const struct axes *axes, const struct adc_node *node);

static inline bool axes_is_cut(unsigned cut, unsigned axis)
{
    return cut >> axis & 1;
}

static inline unsigned axes_length(const struct axes *axes, const struct adc_node *index)
{
    return (unsigned)(axes->high[index->id] - axes->low[index->id] + 1);
}

#endif
