/* What stands inside of loops in lanes is made ready for registers.
 *
 * in       a program with its loops in lanes marked (passes/lanes.c)
 * out      the same program with more marks: a printer that does not know them is right as well
 * grouped  an innermost loop that adds sums over the lanes to elements one behind the other: a
 *          group of passes, one for each lane, is added up by exchanging halves between vectors and
 *          then stored as one vector
 * order    each element is the same sum in the same order, but where two sums go to one array
 * cost     linear */
#include "ir/nest.h"
#include "passes/passes.h"

static bool depends(const struct adc_node *node, const struct adc_node *index)
{
    return adc_indices_has(node->free, index);
}

/* index, or index + or - what does not change with it. */
static bool steps_by_one(const struct adc_node *node, const struct adc_node *index)
{
    if (node == index) return true;
    if (node->op == ADC_OP_IADD && node->in[1] == index) return !depends(node->in[0], index);
    if (node->op != ADC_OP_IADD && node->op != ADC_OP_ISUB) return false;
    return node->in[0] == index && !depends(node->in[1], index);
}

/* ---------------------------------------------------------------------------------- groups */

/* The sum goes to elements one behind the other. */
static bool is_row(const struct adc_node *nest, const struct adc_node *index)
{
    struct adc_nest parts = adc_nest_parts(nest);
    for (unsigned i = 0; i + 1 < parts.rank; i++)
        if (depends(parts.target[i], index)) return false;
    return steps_by_one(parts.target[parts.rank - 1], index);
}

static bool can_group(const struct loop_program *program, const struct loop_statement *loop)
{
    bool any = false;
    if (loop->value) return false;
    for (size_t i = 0; i < loop->then.count; i++) {
        const struct loop_statement *statement = loop->then.data[i];
        if (statement->kind != LOOP_LET && statement->kind != LOOP_REDUCE) return false;
        if (!loop_is_collected(program, statement)) continue;
        if (!is_row(statement->node, loop->node)) return false;
        any = true;
    }
    return any;
}

/* ------------------------------------------------------------------------------------ walk */

static void visit(struct loop_program *program, struct loop_block *block, bool lanes);

static void visit_for(struct loop_program *program, struct loop_statement *loop, bool lanes)
{
    if (lanes && can_group(program, loop)) loop->grouped = true;
    else visit(program, &loop->then, lanes || loop->lanes);
}

static void visit(struct loop_program *program, struct loop_block *block, bool lanes)
{
    for (size_t i = 0; i < block->count; i++) {
        struct loop_statement *statement = block->data[i];
        if (statement->kind == LOOP_FOR) visit_for(program, statement, lanes);
        if (statement->kind != LOOP_BRANCH) continue;
        visit(program, &statement->then, lanes);
        visit(program, &statement->otherwise, lanes);
    }
}

void pass_jam(struct adc_arena *arena, struct loop_program *program)
{
    (void)arena;
    for (size_t i = 0; i < program->parts.count; i++)
        visit(program, &program->parts.data[i].body, false);
}
