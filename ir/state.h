/* State: loops that carry values, and arrays that are updated element by element.
 *
 *     LOOP(index, guard; state, init, next; ...)
 *                          for all values of the index, while the guard holds
 *     FINAL(loop)          what a component is after the last pass
 *     PUT(array, nest)     the array with the elements that a SET nest names replaced
 *
 * A STATE is what a component is at the start of a pass: a leaf in whose free set the loop's index
 * stands, so what belongs to a pass is what depends on the index, and everything else is computed
 * once outside. All `next`s are in terms of the STATEs of one pass and take effect together. A loop
 * without passes gives its inits.
 *
 * index    bound by the loop; every loop that is made gets one of its own (adc_loop_index,
 *          adc_fresh_index). A loop goes up, or down from high - 1
 * scope    behind its range the index has the indices around on which the loop depends, so that a
 *          STATE, a leaf, depends on them too
 * guard    asked before each pass, in terms of the STATEs; false ends the loop. Constant true
 *          without `while`
 * arrays   carried arrays change by PUT and JOIN, in place: whoever makes a graph may count on cost
 *          by element. A nest as operand of PUT stands for its points alone, not for zeros
 *          elsewhere
 * history  a component that starts as zeros and whose elements are put at most once, and not read
 *          before: all passes see the same elements, so what a pass reads can be read again from
 *          the FINAL. A `rec` is a loop whose components are histories; what reverse mode records
 *          is one too
 * order    a component's number is unique among those that are made; a renamed loop keeps the
 *          numbers of its components. Loops over one index that agree in what they share are one
 *          loop; passes/loops.c makes it so, and drops components that nobody asks for */
#ifndef ADC_IR_STATE_H
#define ADC_IR_STATE_H

#include "ir/nest.h"

#define ADC_STATE_HISTORY (UINT32_C(1) << 31) /* in the number of a STATE and its FINAL */

struct adc_carried {
    const struct adc_node *state, *init, *next; /* alike in type and shape */
};

struct adc_loop {
    const struct adc_node *index, *guard; /* guard NULL: true */
    bool down;
    uint32_t checkpoint; /* what the program asked for: ADC_CHECKPOINT_* */
    const struct adc_carried *carried;
    unsigned count;
};

/* @checkpoint of a loop; in its node's number above the direction. */
enum {
    ADC_CHECKPOINT_DEFAULT,
    ADC_CHECKPOINT_NONE,
    /* made by passes/checkpoint.c: the derivative keeps what passes start from, nothing else */
    ADC_CHECKPOINT_STATES,
    ADC_CHECKPOINT_LEVELS, /* + the number of levels, from 1 */
    ADC_CHECKPOINT_MOST_LEVELS = 8,
    ADC_CHECKPOINT_EVERY = ADC_CHECKPOINT_LEVELS + ADC_CHECKPOINT_MOST_LEVELS, /* + passes */
    ADC_CHECKPOINT_MOST_PASSES = 1 << 30
};

enum { ADC_MAX_CARRIED = (ADC_MAX_INPUTS - 2) / 3 };

/* The index of a new loop, which depends on the indices `around`. */
const struct adc_node *adc_loop_index(struct adc_graph *graph, const struct adc_node *low,
                                      const struct adc_node *high,
                                      const struct adc_indices *around);

/* A new component of a loop over `index`; `like` gives type and shape (which must be closed). */
const struct adc_node *adc_state(struct adc_graph *graph, const struct adc_node *index,
                                 const struct adc_node *like, bool history);

/* A new array component by its shape. */
const struct adc_node *adc_state_array(struct adc_graph *graph, const struct adc_node *index,
                                       enum adc_type type, const struct adc_node *const *shape,
                                       unsigned rank, bool history);

/* What is wrong with a loop that is to be made, or NULL. Carried arrays have the lengths of their
 * states, node by node; a history is an array and starts as zeros or as a history. */
const char *adc_loop_problem(const struct adc_loop *loop);

const struct adc_node *adc_loop(struct adc_graph *graph, const struct adc_loop *loop);

/* The loop, under an index of its own if it depends on indices that its index has not around it
 * (the fixed ones of a derivative), `but` apart (NULL: none); `carried`, which are the loop's, are
 * then in terms of that. */
const struct adc_node *adc_loop_around(struct adc_graph *graph, struct adc_loop *loop,
                                       struct adc_carried *carried, const struct adc_indices *but,
                                       struct adc_arena *scratch);

/* What the component of `state` is after the loop. */
const struct adc_node *adc_final(struct adc_graph *graph, const struct adc_node *loop,
                                 const struct adc_node *state);

/* Whether two arrays have their lengths, node by node, and their type in common; or two scalars
 * their type. */
bool adc_alike(const struct adc_node *a, const struct adc_node *b);

/* `nest` is a SET nest of the array's shape. */
const struct adc_node *adc_put(struct adc_graph *graph, const struct adc_node *array,
                               const struct adc_node *nest);

/* The array with one element replaced; `guard` NULL: always. */
const struct adc_node *adc_put_element(struct adc_graph *graph, const struct adc_node *array,
                                       const struct adc_node *const *element,
                                       const struct adc_node *value, const struct adc_node *guard);

/* The parts of a LOOP node, `carried` apart: component i is adc_loop_carried(node, i). */
struct adc_loop adc_loop_parts(const struct adc_node *node);
struct adc_carried adc_loop_carried(const struct adc_node *node, unsigned i);

/* The SET of one element that each pass puts into a history; NULL: the component is something else.
 */
const struct adc_node *adc_carried_element(const struct adc_carried *one);

/* The component of a loop that a STATE or FINAL of this number stands for; -1 if there is none. */
int adc_loop_find(const struct adc_node *loop, uint32_t number);

/* The FINAL of the same component in `loop`, a copy of its own loop with other STATEs. */
const struct adc_node *adc_final_again(struct adc_graph *graph, const struct adc_node *final,
                                       const struct adc_node *loop);

/* The STATE whose last value a FINAL is, with its init and next. */
struct adc_carried adc_final_carried(const struct adc_node *final);

static inline const struct adc_node *adc_final_state(const struct adc_node *final)
{
    return adc_final_carried(final).state;
}

static inline bool adc_loop_is_down(const struct adc_node *loop)
{
    return loop->number & 1;
}

static inline bool adc_is_history(const struct adc_node *node)
{
    return (node->op == ADC_OP_STATE || node->op == ADC_OP_FINAL) &&
           node->number & ADC_STATE_HISTORY;
}

/* Whether what is put into the array is put into a history whose loop still runs, so that it is the
 * element's first value. A put into a history that has ended replaces elements. */
bool adc_goes_on_as_history(const struct adc_node *array);

#endif
