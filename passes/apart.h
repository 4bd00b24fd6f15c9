/* Passes of a loop that may be mixed: none reads or sets an element that another one writes. */
#ifndef ADC_PASSES_APART_H
#define ADC_PASSES_APART_H

#include "ir/loop.h"

/* An access to an array in the loop that is looked at. */
struct apart_access {
    const struct adc_node *array;
    const struct adc_node *const *element;
    bool read, added; /* neither: set */
};

struct apart {
    const struct loop_program *program;
    const struct adc_node *index; /* of the loop */
    ADC_VEC(struct apart_access) list;
    /* a loop inside runs over the index */
    bool (*runs_inside)(const void *of, const struct adc_node *index);
    const void *of;
};

/* The array that a MARK or STOP stands for. */
const struct adc_node *apart_array(const struct adc_node *array);

/* They lie in one place. */
bool apart_same_array(const struct loop_program *program, const struct adc_node *a,
                      const struct adc_node *b);

/* index, or index + or - what does not change with it. */
bool apart_steps(const struct adc_node *node, const struct adc_node *index);

/* Whether no pass writes to an element of the access's array that another one reads or sets:
 * additions may meet. */
bool apart_holds(const struct apart *apart, const struct apart_access *one);

#endif
