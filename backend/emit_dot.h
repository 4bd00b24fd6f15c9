/* The picture of a function's graph, in the language of Graphviz.
 *
 * Variables are blue boxes, placeholders green houses, constants grey plain texts, operators
 * ellipses, `if` a diamond whose edges say condition, then, else; every result has an arrow to its
 * name. Edges run from inputs to operators, in order of the inputs.
 *
 * What belongs to a loop's pass is in a frame, inside the frame of the loop around it. Its states
 * are yellow, with an arrow from what they are first and a dashed one back from what they become.
 * law      the same graph gives the same bytes; every label is escaped */
#ifndef ADC_BACKEND_EMIT_DOT_H
#define ADC_BACKEND_EMIT_DOT_H

#include "ir/function.h"

/* The nodes marked in `live`. names: by id, what to call each; notes: by id, further lines of the
 * label, parted by line ends ("value 3\ngradient 1"), or NULL (as may be all of it). */
void emit_dot(const struct adc_function *f, const char *const *names, const uint8_t *live,
              const char *const *notes, struct adc_text *out);

#endif
