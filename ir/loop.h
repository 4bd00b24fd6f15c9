/* The loop program: what passes/schedule makes of a function and both code emitters print.
 *
 * Statements in order, over nodes of the function's graph. A node is a leaf (constant, parameter), or
 * printed inside its one user (INLINE), or a local variable of the part (LOCAL), or a slot of the
 * workspace (WORK: it lives across parts). Parts keep functions short and shallow: part 0 is the entry,
 * the others are called from it or from each other.
 *
 * bounds   statements per part, nesting of blocks in a part and depth of inline expressions are bounded
 *          by the constants below, so that printers may recurse over one part */
#ifndef ADC_IR_LOOP_H
#define ADC_IR_LOOP_H

#include "ir/function.h"

enum { LOOP_MAX_STATEMENTS = 160, LOOP_MAX_NESTING = 12, LOOP_MAX_DEPTH = 12 };

enum loop_place { LOOP_LEAF, LOOP_UNUSED, LOOP_INLINE, LOOP_LOCAL, LOOP_WORK };

enum loop_kind {
    LOOP_LET,   /* node gets its value (an IF node here is a conditional expression) */
    LOOP_VAR,   /* declares `node`, which SETs further in give its value; zero until then */
    LOOP_SET,   /* node = value, inside an arm; value == node: node = its own operator of its inputs
                   (a LET whose variable a VAR further out had to declare) */
    LOOP_BRANCH, /* if (node) then else otherwise */
    LOOP_CHECK, /* unless node holds, return the status of check `index` */
    LOOP_STORE, /* element `element` of result `index` = value, if that output is wanted */
    LOOP_CALL,  /* part `index` */
};

struct loop_statement;

struct loop_block {
    struct loop_statement **data;
    size_t count, capacity;
};

struct loop_statement {
    enum loop_kind kind;
    const struct adc_node *node;
    const struct adc_node *value; /* SET, STORE */
    uint32_t index;               /* CHECK, STORE, CALL */
    uint32_t element;             /* STORE */
    struct loop_block then, otherwise;
};

struct loop_part {
    struct loop_block body;
};

struct loop_program {
    const struct adc_function *function;
    ADC_VEC(struct loop_part) parts;
    uint8_t *place; /* enum loop_place by node id */
    uint32_t *slot; /* WORK: index into the workspace, in elements of 8 bytes */
    uint32_t work_count; /* elements of 8 bytes */
};

/* Text of a loop program, for `adc show --stage loops` and tests. */
void loop_print(const struct loop_program *program, struct adc_text *out);

#endif
