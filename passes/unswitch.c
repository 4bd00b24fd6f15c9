/* Conditions that a loop does not change leave it: `for i { if c { ... } }` becomes
 * `if c { for i { ... } }`, also where it is one of two; `if c { a } if c { b }` is one branch.
 *
 * in       a scheduled program, before pass_lanes
 * out      the same program where nothing else in a loop has an effect. Innermost loops first, so
 *          that a condition leaves all loops that it does not depend on. What the arm computed
 *          again in each pass is then computed before the loop: the schedule does so but for arms
 * law      every statement runs with the same values; nodes are total, so what is asked of a loop
 *          without passes does no harm */
#include "passes/passes.h"

#include "ir/nest.h"

static bool is_free_of(const struct adc_node *node, const struct loop_statement *loop)
{
    return !adc_indices_has(node->free, loop->node);
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

/* `if a and b { ... }`, of which the loop changes one: becomes a branch in a branch, so that the
 * other can leave. A conjunction that has a variable, which others may ask for, keeps it, and the
 * inner branch asks for both. False if there is no such part. */
static bool split_condition(struct adc_arena *arena, const uint8_t *place,
                            const struct loop_statement *loop, struct loop_statement *branch)
{
    const struct adc_node *both = branch->node;
    if (both->op != ADC_OP_AND) return false;
    unsigned outer = is_free_of(both->in[0], loop) ? 0 : 1;
    if (!is_free_of(both->in[outer], loop)) return false;
    struct loop_statement *inner = ADC_NEW(arena, struct loop_statement);
    *inner = *branch;
    if (place[both->id] == LOOP_INLINE) inner->node = both->in[1 - outer];
    branch->node = both->in[outer];
    branch->then = (struct loop_block){0};
    ADC_PUSH(arena, branch->then, inner);
    return true;
}

/* The branch that is all there is in a loop but for values, which nothing outside of it sees; NULL
 * if there is none, or it has to stay. */
static struct loop_statement *leaving(struct adc_arena *arena, const uint8_t *place,
                                      const struct loop_statement *loop)
{
    struct loop_statement *branch = NULL;
    if (loop->value) return NULL;
    for (size_t i = 0; i < loop->then.count; i++) {
        struct loop_statement *statement = loop->then.data[i];
        if (statement->kind == LOOP_LET) continue;
        if (branch || statement->kind != LOOP_BRANCH) return NULL;
        branch = statement;
    }
    if (!branch || branch->otherwise.count) return NULL;
    bool leaves = is_free_of(branch->node, loop) || split_condition(arena, place, loop, branch);
    return leaves ? branch : NULL;
}

static void append(struct adc_arena *arena, struct loop_block *block, const struct loop_block *more)
{
    for (size_t i = 0; i < more->count; i++) ADC_PUSH(arena, *block, more->data[i]);
}

/* The statement of the loop becomes the branch, that of the branch the loop. */
static void leave(struct adc_arena *arena, struct loop_statement *statement,
                  struct loop_statement *branch)
{
    struct loop_statement loop = *statement;
    struct loop_block arm = {0}, body = {0};
    *statement = *branch;
    for (size_t i = 0; i < loop.then.count; i++) {
        if (loop.then.data[i] == branch) append(arena, &body, &statement->then);
        else ADC_PUSH(arena, body, loop.then.data[i]);
    }
    loop.then = body;
    *branch = loop;
    move_out(arena, branch, &arm);
    ADC_PUSH(arena, arm, branch);
    statement->then = arm;
}

/* Branches by one condition that stand one behind the other. */
static void join_branches(struct adc_arena *arena, struct loop_block *block)
{
    size_t left = 0;
    for (size_t i = 0; i < block->count; i++) {
        struct loop_statement *now = block->data[i], *last = left ? block->data[left - 1] : NULL;
        bool joins = last && last->kind == LOOP_BRANCH && now->kind == LOOP_BRANCH &&
                     last->node == now->node;
        if (!joins) {
            block->data[left++] = now;
            continue;
        }
        append(arena, &last->then, &now->then);
        append(arena, &last->otherwise, &now->otherwise);
    }
    block->count = left;
}

static void look_at(struct adc_arena *arena, const uint8_t *place, struct loop_block *block)
{
    for (size_t i = 0; i < block->count; i++) {
        struct loop_statement *statement = block->data[i], *branch;
        if (statement->kind != LOOP_FOR && statement->kind != LOOP_BRANCH) continue;
        look_at(arena, place, &statement->then);
        look_at(arena, place, &statement->otherwise);
        if (statement->kind != LOOP_FOR) continue;
        branch = leaving(arena, place, statement);
        if (branch) leave(arena, statement, branch);
    }
    join_branches(arena, block);
}

void pass_unswitch(struct adc_arena *arena, struct loop_program *program)
{
    for (size_t i = 0; i < program->parts.count; i++)
        look_at(arena, program->place, &program->parts.data[i].body);
}
