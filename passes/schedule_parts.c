/* Parts and workspace.
 *
 * Innermost blocks first: a block with too many statements is cut into parts of bounded length,
 * called one after the other (and the calls again, if they are too many); one that nests too deeply
 * becomes a part. So
 * functions are short and shallow whatever the program. Variables that live across parts move to
 * the
 * workspace; slots are shared by live range in the order of the text. */
#include "passes/schedule.h"

struct parts {
    struct schedule *schedule;
    struct schedule_blocks *blocks;
    uint32_t *part_of; /* by node id: part + 1 of the first statement that mentions it */
    uint32_t *last;    /* by node id: clock of the last mention */
    uint32_t *first;
    uint32_t clock;
    uint32_t part;
    bool loops;                                /* there is a loop */
    ADC_VEC(const struct adc_node *) crossing; /* in order of first mention */
};

/* ---------------------------------------------------------------------- cutting */

struct measure {
    uint32_t size, height; /* statements, inner ones included; levels of blocks */
};

static struct measure measure_block(const struct loop_block *block)
{
    /* inner blocks have been cut, so each has bounded size; sizes and heights are kept in the
     * `index` and
     * `element` of the statements that hold them */
    struct measure measure = {0, 1};
    for (size_t i = 0; i < block->count; i++) {
        const struct loop_statement *statement = block->data[i];
        measure.size++;
        if (statement->kind != LOOP_BRANCH && statement->kind != LOOP_FOR) continue;
        measure.size += statement->index;
        if (statement->element + 1 > measure.height) measure.height = statement->element + 1;
    }
    return measure;
}

static struct loop_statement *call(struct parts *parts, const struct loop_block *body)
{
    struct adc_arena *arena = parts->schedule->arena;
    struct loop_statement *statement = ADC_NEW(arena, struct loop_statement);
    struct loop_part part = {.body = *body};
    statement->kind = LOOP_CALL;
    statement->index = (uint32_t)parts->schedule->program->parts.count;
    ADC_PUSH(arena, parts->schedule->program->parts, part);
    return statement;
}

static uint32_t size_of(const struct loop_statement *statement)
{
    bool holds = statement->kind == LOOP_BRANCH || statement->kind == LOOP_FOR;
    return holds ? statement->index + 1 : 1;
}

static uint32_t most_statements(const struct schedule_block *block)
{
    for (; block; block = block->parent)
        if (block->branch && block->branch->kind == LOOP_FOR) return LOOP_MAX_BODY;
    return LOOP_MAX_STATEMENTS;
}

/* Replaces the statements by calls of parts of at most `most` (one statement may be larger). */
static void cut(struct parts *parts, struct loop_block *block, uint32_t most)
{
    struct adc_arena *arena = parts->schedule->arena;
    struct loop_block calls = {0};
    for (size_t i = 0; i < block->count;) {
        struct loop_block body = {0};
        uint32_t size = 0;
        while (i < block->count && (!size || size + size_of(block->data[i]) <= most)) {
            size += size_of(block->data[i]);
            ADC_PUSH(arena, body, block->data[i++]);
        }
        ADC_PUSH(arena, calls, call(parts, &body));
    }
    *block = calls;
}

static void whole(struct parts *parts, struct loop_block *block)
{
    struct loop_block body = *block;
    *block = (struct loop_block){0};
    ADC_PUSH(parts->schedule->arena, *block, call(parts, &body));
}

static void cut_blocks(struct parts *parts)
{
    for (size_t i = parts->blocks->list.count; i-- > 0;) {
        struct schedule_block *at = parts->blocks->list.data[i];
        struct measure measure = measure_block(at->block);
        uint32_t most = most_statements(at);
        while (measure.size > most && at->block->count > 1) {
            cut(parts, at->block, most);
            measure = measure_block(at->block);
        }
        if (measure.height >= LOOP_MAX_NESTING && at->parent) {
            whole(parts, at->block);
            measure = measure_block(at->block);
        }
        if (!at->branch) continue;
        at->branch->index += measure.size;
        if (measure.height > at->branch->element) at->branch->element = measure.height;
    }
    for (size_t i = 0; i < parts->blocks->list.count; i++) {
        struct loop_statement *branch = parts->blocks->list.data[i]->branch;
        if (branch) branch->index = branch->element = 0;
    }
}

/* -------------------------------------------------------------------- workspace */

static void mention(void *context, const struct adc_node *node)
{
    struct parts *parts = context;
    uint32_t id = node->id;
    uint8_t *place = &parts->schedule->program->place[id];
    parts->last[id] = parts->clock;
    if (!parts->part_of[id]) {
        parts->part_of[id] = parts->part + 1;
        parts->first[id] = parts->clock;
    } else if (parts->part_of[id] != parts->part + 1 && *place == LOOP_LOCAL) {
        *place = LOOP_WORK;
        ADC_PUSH(parts->schedule->scratch, parts->crossing, node);
    }
}

struct position {
    const struct loop_block *block;
    size_t next;
    uint32_t part;
};

/* All statements in order of execution, calls followed. */
static void walk_statements(struct parts *parts)
{
    struct schedule *schedule = parts->schedule;
    ADC_VEC(struct position) stack = {0};
    ADC_PUSH(schedule->scratch, stack,
             (struct position){&schedule->program->parts.data[0].body, 0, 0});
    while (stack.count) {
        struct position *at = &stack.data[stack.count - 1];
        if (at->next == at->block->count) {
            stack.count--;
            continue;
        }
        const struct loop_statement *statement = at->block->data[at->next++];
        parts->part = at->part;
        parts->clock++;
        schedule_reads(schedule, statement, mention, parts);
        if (statement->kind == LOOP_FOR) parts->loops = true;
        bool defines = statement->kind == LOOP_LET || statement->kind == LOOP_VAR ||
                       statement->kind == LOOP_SET;
        if (defines) mention(parts, statement->node);
        struct position inner = {NULL, 0, at->part};
        if (statement->kind == LOOP_CALL) {
            inner.part = statement->index;
            inner.block = &schedule->program->parts.data[statement->index].body;
            ADC_PUSH(schedule->scratch, stack, inner);
        } else if (statement->kind == LOOP_BRANCH || statement->kind == LOOP_FOR) {
            inner.block = &statement->otherwise;
            ADC_PUSH(schedule->scratch, stack, inner);
            inner.block = &statement->then;
            ADC_PUSH(schedule->scratch, stack, inner);
        }
    }
}

/* Slots by live range: those whose nodes end are free again for nodes that begin later. In a loop
 * what is read
 * last in the text is read again in the next pass, so with loops every node keeps its slot. */
static void allocate(struct parts *parts)
{
    struct schedule *schedule = parts->schedule;
    struct loop_program *program = schedule->program;
    uint32_t *begins = ADC_NEW_ARRAY(schedule->scratch, uint32_t, (size_t)parts->clock + 1);
    uint32_t *ends = ADC_NEW_ARRAY(schedule->scratch, uint32_t, (size_t)parts->clock + 1);
    uint32_t *next_begin = ADC_NEW_ARRAY(schedule->scratch, uint32_t, schedule->count);
    uint32_t *next_end = ADC_NEW_ARRAY(schedule->scratch, uint32_t, schedule->count);
    ADC_VEC(uint32_t) unused = {0};
    for (size_t i = parts->crossing.count; i-- > 0;) {
        uint32_t id = parts->crossing.data[i]->id;
        next_begin[id] = begins[parts->first[id]];
        begins[parts->first[id]] = id + 1;
        next_end[id] = ends[parts->last[id]];
        ends[parts->last[id]] = id + 1;
    }
    for (uint32_t clock = 0; clock <= parts->clock; clock++) {
        for (uint32_t id = begins[clock]; id; id = next_begin[id - 1]) {
            if (!unused.count) ADC_PUSH(schedule->scratch, unused, program->work_count++);
            program->slot[id - 1] = unused.data[--unused.count];
        }
        for (uint32_t id = ends[clock]; id && !parts->loops; id = next_end[id - 1])
            ADC_PUSH(schedule->scratch, unused, program->slot[id - 1]);
    }
}

void schedule_parts(struct schedule *schedule, struct schedule_blocks *blocks)
{
    struct parts parts = {.schedule = schedule, .blocks = blocks};
    cut_blocks(&parts);
    schedule->program->parts.data[0].body = *schedule->body;
    if (schedule->program->parts.count == 1) return;
    parts.part_of = ADC_NEW_ARRAY(schedule->scratch, uint32_t, schedule->count);
    parts.first = ADC_NEW_ARRAY(schedule->scratch, uint32_t, schedule->count);
    parts.last = ADC_NEW_ARRAY(schedule->scratch, uint32_t, schedule->count);
    walk_statements(&parts);
    allocate(&parts);
}
