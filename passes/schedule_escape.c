/* Variables that are read outside of the block that gives them their value: declared further
 * out, as the arms of an
 * `if` may be opened several times. */
#include "passes/schedule.h"

void schedule_declare(struct schedule *schedule, struct schedule_block *block,
                      const struct loop_statement *branch, const struct adc_node *node)
{
    struct adc_arena *arena = schedule->arena;
    struct loop_statement *statement = ADC_NEW(arena, struct loop_statement);
    statement->kind = LOOP_VAR;
    statement->node = node;
    ADC_PUSH(arena, *block->block, statement);
    struct loop_statement **data = block->block->data;
    size_t at = block->block->count - 1;
    for (bool passed = false; at && !passed; at--) {
        passed = data[at - 1] == branch;
        data[at] = data[at - 1];
    }
    data[at] = statement;
    schedule->declared[node->id] = 1;
}

struct escape {
    struct schedule *schedule;
    const struct schedule_blocks *blocks;
    struct schedule_block *at; /* the block of the reading statement */
};

static bool encloses(const struct schedule_block *outer, const struct schedule_block *inner)
{
    while (inner && inner != outer) inner = inner->parent;
    return inner == outer;
}

/* A read (or a SET) of a variable whose block is closed: it is declared in the innermost block that
 * encloses both. */
static void check_read(void *context, const struct adc_node *node)
{
    struct escape *escape = context;
    struct schedule *schedule = escape->schedule;
    struct schedule_block *made = schedule->made_in[node->id];
    if (encloses(made, escape->at)) return;
    struct loop_statement *branch = NULL;
    while (!encloses(made, escape->at)) {
        branch = made->branch;
        made = made->parent;
    }
    schedule->made_in[node->id] = made;
    if (!schedule->declared[node->id]) {
        schedule_declare(schedule, made, branch, node);
        return;
    }
    for (size_t i = 0; i < escape->blocks->list.count; i++) { /* an IF's VAR moves out */
        struct loop_block *block = escape->blocks->list.data[i]->block;
        size_t kept = 0;
        for (size_t j = 0; j < block->count; j++)
            if (block->data[j]->kind != LOOP_VAR || block->data[j]->node != node)
                block->data[kept++] = block->data[j];
        block->count = kept;
    }
    schedule_declare(schedule, made, branch, node);
}

static void find_escapes(struct schedule *schedule, const struct schedule_blocks *blocks)
{
    for (size_t i = 0; i < blocks->list.count; i++) {
        struct escape escape = {schedule, blocks, blocks->list.data[i]};
        for (size_t j = 0; j < escape.at->block->count; j++) {
            size_t count = escape.at->block->count;
            const struct loop_statement *statement = escape.at->block->data[j];
            schedule_reads(schedule, statement, check_read, &escape);
            if (statement->kind == LOOP_SET) check_read(&escape, statement->node);
            j += escape.at->block->count - count; /* declarations went in before this statement */
        }
    }
}

/* A LET of a variable that a VAR declares becomes a SET. */
static void postpone_lets(struct schedule *schedule, const struct schedule_blocks *blocks)
{
    for (size_t i = 0; i < blocks->list.count; i++) {
        struct loop_block *block = blocks->list.data[i]->block;
        for (size_t j = 0; j < block->count; j++) {
            struct loop_statement *statement = block->data[j];
            if (statement->kind != LOOP_LET || !schedule->declared[statement->node->id]) continue;
            statement->kind = LOOP_SET;
            statement->value = statement->node;
        }
    }
}

void schedule_escape(struct schedule *schedule, const struct schedule_blocks *blocks)
{
    find_escapes(schedule, blocks);
    postpone_lets(schedule, blocks);
}
