/* Conditions that a loop does not change leave it: `for i { if c { ... } }` becomes
 * `if c { for i { ... } }`.
 *
 * in       a scheduled program, before pass_lanes
 * out      the same program where that is all that a loop holds. Innermost loops first, so that a
 *          condition leaves all loops that it does not depend on. What the arm computed again in
 *          each pass is then computed before the loop: the schedule does so but for arms
 * law      every statement runs with the same values; nodes are total, so what is asked of a loop
 *          without passes does no harm */
#include "passes/passes.h"

#include "ir/nest.h"

static bool is_free_of(const struct adc_node *node, const struct loop_statement *loop)
{
    return !adc_indices_has(node->free, loop->node);
}

static bool can_leave(const struct loop_statement *loop)
{
    if (loop->value || loop->then.count != 1) return false;
    const struct loop_statement *branch = loop->then.data[0];
    return branch->kind == LOOP_BRANCH && !branch->otherwise.count &&
           is_free_of(branch->node, loop);
}

/* A variable that changes in the loop, though its node is the same in all passes. */
static bool has_variables(const struct loop_statement *loop)
{
    for (size_t i = 0; i < loop->then.count; i++)
        if (loop->then.data[i]->kind == LOOP_VAR && is_free_of(loop->then.data[i]->node, loop))
            return true;
    return false;
}

/* Statements of the loop before it. */
static void move_out(struct adc_arena *arena, struct loop_statement *loop, struct loop_block *block)
{
    struct loop_block kept = {0};
    bool all = has_variables(loop);
    for (size_t i = 0; i < loop->then.count; i++) {
        struct loop_statement *statement = loop->then.data[i];
        bool leaves = !all && statement->kind == LOOP_LET && is_free_of(statement->node, loop);
        if (leaves) ADC_PUSH(arena, *block, statement);
        else ADC_PUSH(arena, kept, statement);
    }
    loop->then = kept;
}

/* The statement of the loop becomes the branch, that of the branch the loop. */
static void leave(struct adc_arena *arena, struct loop_statement *statement)
{
    struct loop_statement loop = *statement, *inner = statement->then.data[0];
    struct loop_block arm = {0};
    *statement = *inner;
    loop.then = inner->then;
    *inner = loop;
    move_out(arena, inner, &arm);
    ADC_PUSH(arena, arm, inner);
    statement->then = arm;
}

static void look_at(struct adc_arena *arena, const struct loop_block *block)
{
    for (size_t i = 0; i < block->count; i++) {
        struct loop_statement *statement = block->data[i];
        if (statement->kind != LOOP_FOR && statement->kind != LOOP_BRANCH) continue;
        look_at(arena, &statement->then);
        look_at(arena, &statement->otherwise);
        if (statement->kind == LOOP_FOR && can_leave(statement)) leave(arena, statement);
    }
}

void pass_unswitch(struct adc_arena *arena, struct loop_program *program)
{
    for (size_t i = 0; i < program->parts.count; i++) look_at(arena, &program->parts.data[i].body);
}
