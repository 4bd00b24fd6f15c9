/* An arm that gives a variable the zero that it begins with has nothing to do.
 *
 *     x = 0; if c { x = a[i] } else { x = 0 }          x = 0; if c { x = a[i] }
 *
 * in       a scheduled program, before unswitch.c. Reads under conditions of indices are such
 *          branches; in lanes each arm is a mask, a question and a selection
 * out      the same without SETs of zero to a variable that a VAR gave it in the same pass, and
 *          without branches of which nothing is left
 * law      every variable has the same value wherever it is read, the sign of zeros included */
#include "passes/passes.h"

struct zeros {
    uint32_t *pass; /* by node id: the loop in whose passes the variable begins as zero; 0: none */
    uint32_t loops; /* seen so far, each under a number of its own */
};

/* +0 or false: all bits. */
static bool is_zero(const struct adc_node *node)
{
    return adc_is_const(node) && !node->rank && node->value.bits == 0;
}

/* A variable of an IF, which SETs give its value; one of a reduction adds to what it is. */
static bool begins_as_zero(const struct loop_statement *statement)
{
    return statement->kind == LOOP_VAR && !statement->value && statement->node->op == ADC_OP_IF;
}

static bool is_idle(const struct zeros *zeros, const struct loop_statement *statement,
                    uint32_t loop)
{
    if (statement->kind == LOOP_SET)
        return zeros->pass[statement->node->id] == loop && is_zero(statement->value);
    return statement->kind == LOOP_BRANCH && !statement->then.count && !statement->otherwise.count;
}

/* The block of a pass of that loop; nested as deep as statements are. */
static void look_at(struct zeros *zeros, struct loop_block *block, uint32_t loop)
{
    size_t kept = 0;
    for (size_t i = 0; i < block->count; i++) {
        struct loop_statement *statement = block->data[i];
        uint32_t inner = statement->kind == LOOP_FOR ? ++zeros->loops : loop;
        if (begins_as_zero(statement)) zeros->pass[statement->node->id] = loop;
        look_at(zeros, &statement->then, inner);
        look_at(zeros, &statement->otherwise, inner);
        if (!is_idle(zeros, statement, loop)) block->data[kept++] = statement;
    }
    block->count = kept;
}

void pass_zeros(struct loop_program *program, struct adc_arena *scratch)
{
    struct zeros zeros = {.loops = 0};
    zeros.pass = ADC_NEW_ARRAY(scratch, uint32_t, program->function->graph->nodes.count);
    for (size_t i = 0; i < program->parts.count; i++)
        look_at(&zeros, &program->parts.data[i].body, ++zeros.loops);
}
