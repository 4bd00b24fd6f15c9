/* Arrays and values that statements of a loop program read. */
#ifndef ADC_PASSES_USES_H
#define ADC_PASSES_USES_H

#include "ir/loop.h"

struct uses {
    const struct loop_program *program;
    uint32_t *number; /* by buffer: the last `now` at which it was read */
    uint32_t now;
    uint32_t *values; /* or NULL; by id of `known` nodes: the last `now` that asked for it */
    size_t known;
};

/* Marks the buffer of an array, if it has one. */
void uses_array(struct uses *uses, const struct adc_node *array);

/* Marks a value, and what it is computed from where it is printed in its user. */
void uses_value(struct uses *uses, const struct adc_node *node);

/* Marks all that computing a statement reads; not what it adds to or sets, and not what statements
 * in it do. */
void uses_statement(struct uses *uses, const struct loop_statement *statement);

/* Marks what lengths of arrays ask for; of the first `known` nodes. */
void uses_lengths(struct uses *uses);

/* Values go for which neither what follows in the block asks nor what was marked before. */
void uses_drop_values(struct uses *uses, struct loop_block *block);

#endif
