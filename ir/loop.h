/* The loop program: what passes/schedule makes of a function and both code emitters print.
 *
 * Statements in order, over nodes of the function's graph. A node is a leaf (constant, parameter),
 * or
 * printed inside its one user (INLINE), or a local variable of the part (LOCAL), or a slot of the
 * workspace (WORK: it lives across parts). Parts keep functions short and shallow: part 0 is the
 * entry,
 * the others are called from it or from each other.
 *
 * bounds   statements per part, nesting of blocks in a part and depth of inline expressions are
 *          bounded
 *          by the constants below, so that printers may recurse over one part */
#ifndef ADC_IR_LOOP_H
#define ADC_IR_LOOP_H

#include "ir/function.h"

enum { LOOP_MAX_STATEMENTS = 160, LOOP_MAX_NESTING = 12, LOOP_MAX_DEPTH = 12 };

enum loop_place {
    /* a constant or a parameter (an array parameter is a pointer), or the index of an open loop */
    LOOP_LEAF,
    LOOP_UNUSED,
    LOOP_INLINE, /* printed inside its one user; a READ is base[linear element] */
    LOOP_LOCAL,
    LOOP_WORK,
    LOOP_BUFFER, /* an array: program->buffers says where it lies */
};

enum loop_kind {
    /* node gets its value (an IF node here is a conditional expression) */
    LOOP_LET,
    /* for `node`, an INDEX, from its low to its high end: then. With `value`, a LOOP: in its
     * direction, while the
     * STATE that is its guard holds */
    LOOP_FOR,
    /* every element of `node`, an array in a buffer, gets 0 */
    LOOP_FILL,
    /* takes `value` into `node`, a NEST: a scalar accumulator (declared by a VAR with the first
     * value of its
     * reduction), or the element of a buffer at the nest's target (SET stores, SUM adds) */
    LOOP_REDUCE,
    /* declares `node`, which SETs further in give its value; zero until then (the reduction's first
     * value for a NEST, `value` if that is not NULL) */
    LOOP_VAR,
    /* node = value, inside an arm; value == node: node = its own operator of its inputs (a LET
     * whose variable a
     * VAR further out had to declare) */
    LOOP_SET,
    /* if (node) then else otherwise */
    LOOP_BRANCH,
    /* unless node holds, return the status of check `index` */
    LOOP_CHECK,
    /* element `element` of result `index` = value, if that output is wanted; array results are
     * buffers instead */
    LOOP_STORE,
    /* the end of a pass of `node`, a LOOP: its scalar STATEs become their nexts, all at once */
    LOOP_CARRY,
    /* part `index` */
    LOOP_CALL,
};

struct loop_statement;

struct loop_block {
    struct loop_statement **data;
    size_t count, capacity;
};

struct loop_statement {
    enum loop_kind kind;
    const struct adc_node *node;
    const struct adc_node *value;      /* SET, STORE, REDUCE, VAR, FOR */
    uint32_t index;                    /* CHECK, STORE, CALL */
    uint32_t element;                  /* STORE */
    struct loop_block then, otherwise; /* BRANCH; FOR has its body in `then` */
};

struct loop_part {
    struct loop_block body;
};

/* An array that is computed. Its elements have the type of `node`; there are as many as the product
 * of its
 * shape. It lies in the output array `result` if that is wanted (result >= 0), else in the
 * workspace behind the
 * slots, in the order of the list, each at a multiple of 8 bytes; space is kept for it in any case.
 * */
struct loop_buffer {
    const struct adc_node *node; /* the last array in it */
    int32_t result;              /* index of the result it is, or -1 */
};

struct loop_program {
    const struct adc_function *function;
    ADC_VEC(struct loop_part) parts;
    uint8_t *place;      /* enum loop_place by node id */
    uint32_t *slot;      /* WORK: index into the workspace, in elements of 8 bytes */
    uint32_t work_count; /* elements of 8 bytes, without buffers */
    ADC_VEC(struct loop_buffer) buffers;
    uint32_t *buffer; /* by node id of a LOOP_BUFFER: index into buffers */
    /* there is no program: the workspace depends on data, by what stands at `unsized_at` */
    bool unsized;
    struct adc_span unsized_at;
};

/* Text of a loop program, for `adc show --stage loops` and tests. */
void loop_print(const struct loop_program *program, struct adc_text *out);

#endif
