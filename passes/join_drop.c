/* Arrays that nobody reads: their stores go, values that only these asked for, loops that are empty
 * then, and their memory. An array that is written anywhere else than in loops that may be joined
 * stays. */
#include "passes/join.h"
#include "passes/uses.h"

#include "ir/state.h"

#include <string.h>

typedef const struct adc_node *node_t;

struct readers {
    struct loop_maker *maker;
    uint32_t *reads;   /* by buffer */
    uint8_t *kept;     /* by buffer: written elsewhere too than in loops of the kind */
    struct uses asked; /* values, by what is looked at: a loop, at the end the program */
};

static void count_reads(struct readers *r, node_t node)
{
    bool read = node->op == ADC_OP_READ;
    if (read && apart_array(node->in[0])->op != ADC_OP_PARAM)
        r->reads[r->maker->program->buffer[apart_array(node->in[0])->id]]++;
    for (unsigned i = read; i < node->count; i++)
        if (join_is_inline(r->maker, node->in[i])) count_reads(r, node->in[i]);
}

static void count_value(struct readers *r, node_t value)
{
    if (value && join_is_inline(r->maker, value)) count_reads(r, value);
}

static void count_loop(struct readers *r, const struct loop_statement *statement)
{
    node_t loop = statement->kind == LOOP_CARRY ? statement->node : statement->value;
    struct adc_loop parts = adc_loop_parts(loop);
    if (parts.guard) count_value(r, parts.guard);
    for (unsigned i = 0; i < parts.count; i++) count_value(r, adc_loop_carried(loop, i).next);
}

static void count_block(struct readers *r, const struct loop_block *block, bool simple);

static void count_statement(struct readers *r, const struct loop_statement *statement, bool simple)
{
    struct join_list l;
    switch (statement->kind) {
    case LOOP_LET: count_reads(r, statement->node); return;
    case LOOP_REDUCE: {
        struct adc_nest parts = adc_nest_parts(statement->node);
        count_value(r, statement->value);
        for (unsigned i = 0; i < parts.rank; i++) count_value(r, parts.target[i]);
        if (parts.rank && !simple) r->kept[r->maker->program->buffer[statement->node->id]] = 1;
        return;
    }
    case LOOP_FOR:
        for (unsigned i = 0; i < 2; i++) count_value(r, statement->node->in[i]);
        if (statement->value) count_loop(r, statement);
        simple = join_accesses(r->maker, statement, &l);
        count_block(r, &statement->then, simple);
        return;
    case LOOP_CARRY: count_loop(r, statement); return;
    case LOOP_SET:
        if (statement->value == statement->node) count_reads(r, statement->node);
        else count_value(r, statement->value);
        return;
    case LOOP_BRANCH:
        count_value(r, statement->node);
        count_block(r, &statement->then, false);
        count_block(r, &statement->otherwise, false);
        return;
    case LOOP_VAR:
    case LOOP_STORE: count_value(r, statement->value); return;
    case LOOP_CHECK: count_value(r, statement->node); return;
    case LOOP_FILL:
    case LOOP_CALL: return;
    }
}

static void count_block(struct readers *r, const struct loop_block *block, bool simple)
{
    for (size_t i = 0; i < block->count; i++) count_statement(r, block->data[i], simple);
}

static bool is_unread(const struct readers *r, node_t array)
{
    const struct loop_program *program = r->maker->program;
    uint32_t buffer = program->buffer[array->id];
    return !r->reads[buffer] && !r->kept[buffer] && program->buffers.data[buffer].result < 0;
}

/* Values that nothing in the loop asks for; whether there are any. */
static bool drop_values(struct readers *r, struct loop_block *block)
{
    size_t before = block->count;
    r->asked.now++;
    uses_drop_values(&r->asked, block);
    return block->count < before;
}

/* Whether anything went. */
static bool drop_unread(struct readers *r, struct loop_block *block, bool simple)
{
    struct join_list l;
    size_t left = 0;
    bool any = false;
    for (size_t i = 0; i < block->count; i++) {
        struct loop_statement *statement = block->data[i];
        bool stores = statement->kind == LOOP_FILL ||
                      (simple && statement->kind == LOOP_REDUCE && statement->node->rank);
        bool goes = stores && is_unread(r, statement->node);
        if (statement->kind == LOOP_FOR || statement->kind == LOOP_BRANCH) {
            bool inner = join_accesses(r->maker, statement, &l);
            any |= drop_unread(r, &statement->then, inner);
            any |= drop_unread(r, &statement->otherwise, false);
            goes = inner && !statement->then.count;
        }
        any |= goes;
        if (!goes) block->data[left++] = statement;
    }
    block->count = left;
    if (simple) any |= drop_values(r, block);
    return any;
}

/* Buffers of arrays that nothing reads or writes are no longer there. */
static void drop_buffers(const struct readers *r)
{
    struct loop_program *program = r->maker->program;
    size_t count = program->buffers.count, left = 0;
    uint32_t *number = ADC_NEW_ARRAY(r->maker->arena, uint32_t, count + 1);
    for (size_t i = 0; i < count; i++) {
        const struct loop_buffer *buffer = &program->buffers.data[i];
        number[i] = (uint32_t)left;
        if (r->reads[i] || r->kept[i] || buffer->result >= 0)
            program->buffers.data[left++] = *buffer;
    }
    program->buffers.count = left;
    for (size_t id = 0; id < program->function->graph->nodes.count; id++)
        if (program->buffer[id] < count) program->buffer[id] = number[program->buffer[id]];
}

static void mark(struct uses *asked, const struct loop_block *block)
{
    for (size_t i = 0; i < block->count; i++) {
        uses_statement(asked, block->data[i]);
        mark(asked, &block->data[i]->then);
        mark(asked, &block->data[i]->otherwise);
    }
}

/* Values that only arrays asked for which went. Of several parts each may ask for what another one
 * computes, whatever their order, so that what all of them ask for stays. */
static void drop_unasked(struct readers *r)
{
    struct loop_program *program = r->maker->program;
    r->asked.now++;
    uses_lengths(&r->asked);
    for (size_t i = 0; program->parts.count > 1 && i < program->parts.count; i++)
        mark(&r->asked, &program->parts.data[i].body);
    for (size_t i = 0; i < program->parts.count; i++)
        uses_drop_values(&r->asked, &program->parts.data[i].body);
}

void join_drop(struct loop_maker *j)
{
    struct loop_program *program = j->program;
    struct readers r = {.maker = j};
    size_t nodes = program->function->graph->nodes.count, buffers = program->buffers.count;
    r.asked = (struct uses){.program = program, .known = nodes};
    r.asked.values = ADC_NEW_ARRAY(j->arena, uint32_t, nodes);
    r.asked.number = ADC_NEW_ARRAY(j->arena, uint32_t, buffers);
    r.reads = ADC_NEW_ARRAY(j->arena, uint32_t, buffers);
    r.kept = ADC_NEW_ARRAY(j->arena, uint8_t, buffers);
    for (bool any = buffers > 0; any;) {
        memset(r.reads, 0, buffers * sizeof *r.reads);
        for (size_t i = 0; i < program->parts.count; i++)
            count_block(&r, &program->parts.data[i].body, false);
        any = false;
        for (size_t i = 0; i < program->parts.count; i++)
            any |= drop_unread(&r, &program->parts.data[i].body, false);
    }
    drop_buffers(&r);
    drop_unasked(&r);
}
