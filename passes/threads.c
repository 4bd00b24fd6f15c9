/* Which loops are made in chunks that may run at once.
 *
 * in       a program whose loops in lanes are marked and jammed: this comes last
 * out      the same program. Each loop chosen is a part of its own, called where it stood, that
 *          has a loop_team; what it shares with its caller has slots in the workspace
 * choice   on each way from the outside in the first loop that may; none inside of a loop in lanes
 *          or of another team. Whether threads are worth their while is asked when sizes are known
 * strict   loops in which passes add reals to one place stay as they are
 * cost     statements times the depth of loops */
#include "passes/threads.h"

enum { LEAST_PASSES = 4 };
/* A thread takes some microseconds to begin and to end; an addition takes a third of a nanosecond,
 * in lanes a fourth of that. */
static const double least_cost = 1 << 16, lanes_factor = 4;

/* ------------------------------------------------------------------------------------ taking */

static void hand_over(struct threads *t, const struct adc_node *node)
{
    struct loop_program *program = t->program;
    if (program->place[node->id] != LOOP_LOCAL || t->crossing[node->id]) return;
    t->crossing[node->id] = 1;
    program->slot[node->id] = program->work_count++;
}

static void give_own(struct loop_program *program, uint32_t buffer)
{
    struct loop_buffer *given = &program->buffers.data[buffer];
    if (!given->own) given->own = ++program->own_count;
}

static bool has_lanes(const struct loop_block *block)
{
    for (size_t i = 0; i < block->count; i++)
        if (block->data[i]->lanes || has_lanes(&block->data[i]->then) ||
            has_lanes(&block->data[i]->otherwise))
            return true;
    return false;
}

static void describe(struct loop_team *team, const struct loop_statement *loop)
{
    bool lanes = loop->lanes || has_lanes(&loop->then);
    team->loop = loop;
    team->unit = loop->lanes ? loop->lanes->vectors * (LOOP_TILE_BYTES / LOOP_TILE_VECTORS / 8) : 1;
    team->least = least_cost * (lanes ? lanes_factor : 1);
}

/* The statement `at` of the block becomes a call. */
static void take(struct threads *t, struct loop_statement **at, struct loop_team *team)
{
    struct loop_program *program = t->program;
    struct loop_statement *loop = *at, *call = ADC_NEW(t->arena, struct loop_statement);
    struct loop_part part = {.team = team};
    for (size_t i = 0; i < team->values.count; i++) hand_over(t, team->values.data[i]);
    for (size_t i = 0; i < team->sums.count; i++) hand_over(t, team->sums.data[i]);
    for (size_t i = 0; i < team->own.count; i++) give_own(program, team->own.data[i]);
    for (size_t i = 0; i < team->added.count; i++) give_own(program, team->added.data[i]);
    ADC_PUSH(t->arena, part.body, loop);
    call->kind = LOOP_CALL;
    call->index = (uint32_t)program->parts.count;
    ADC_PUSH(t->arena, program->parts, part);
    *at = call;
}

/* --------------------------------------------------------------------------------------- walk */

struct list {
    uint32_t *data;
    size_t count, capacity;
};

static bool is_long(const struct adc_node *index)
{
    double passes;
    return !threads_passes(index->in[0], index->in[1], &passes) || passes >= LEAST_PASSES;
}

/* The cost is known and not worth two threads. */
static bool is_little(const struct loop_team *team)
{
    double passes;
    return threads_passes(team->cost.low, team->cost.high, &passes) && !team->cost.inner.count &&
           passes * team->cost.own < 2 * team->least;
}

/* `calls`: parts that the block calls. */
static void visit(struct threads *t, struct loop_block *block, struct list *calls)
{
    for (size_t i = 0; i < block->count; i++) {
        struct loop_statement *statement = block->data[i];
        if (statement->kind == LOOP_CALL) ADC_PUSH(t->scratch, *calls, statement->index);
        if (statement->kind == LOOP_BRANCH) {
            visit(t, &statement->then, calls);
            visit(t, &statement->otherwise, calls);
        }
        if (statement->kind != LOOP_FOR) continue;
        struct loop_team *team = ADC_NEW(t->arena, struct loop_team);
        bool possible = is_long(statement->node) && threads_look(t, statement, team);
        if (possible) describe(team, statement);
        if (possible && !is_little(team)) take(t, &block->data[i], team);
        else if (!statement->lanes) visit(t, &statement->then, calls);
    }
}

void pass_threads(struct adc_arena *arena, struct loop_program *program,
                  const struct pass_threads_options *options, struct adc_arena *scratch)
{
    struct threads t = {.arena = arena, .scratch = scratch, .program = program};
    size_t count = program->function->graph->nodes.count, parts = program->parts.count;
    struct list calls = {0};
    t.strict = options->strict;
    t.accesses = ADC_NEW_ARRAY(scratch, uint32_t, program->buffers.count);
    t.crossing = ADC_NEW_ARRAY(scratch, uint8_t, count);
    t.inside = ADC_NEW_ARRAY(scratch, uint32_t, count);
    t.used = ADC_NEW_ARRAY(scratch, uint32_t, count);
    threads_count(&t);
    ADC_PUSH(scratch, calls, 0);
    for (size_t i = 0; i < calls.count; i++) {
        struct loop_block body = program->parts.data[calls.data[i]].body; /* parts may move */
        visit(&t, &body, &calls);
    }
    program->threads = program->parts.count > parts ? options->most : 0;
}
