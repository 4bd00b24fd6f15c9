/* Scheduling: from the graph to the loop program, in three steps. */
#include "passes/schedule.h"

static void share_buffer(struct loop_program *program, const struct adc_node *array,
                         uint32_t buffer, struct adc_arena *scratch)
{
    ADC_VEC(const struct adc_node *) stack = {0};
    ADC_PUSH(scratch, stack, array);
    while (stack.count) {
        const struct adc_node *node = stack.data[--stack.count];
        program->buffer[node->id] = buffer;
        for (unsigned i = 0; node->op == ADC_OP_JOIN && i < 2; i++)
            ADC_PUSH(scratch, stack, node->in[i]);
    }
}

/* One buffer an array that is no operand of a join; the operands accumulate into the join's. */
static void find_buffers(struct schedule *schedule)
{
    struct loop_program *program = schedule->program;
    uint8_t *operand = ADC_NEW_ARRAY(schedule->scratch, uint8_t, schedule->count);
    program->buffer = ADC_NEW_ARRAY(schedule->arena, uint32_t, schedule->count);
    for (size_t id = 0; id < schedule->count; id++) {
        const struct adc_node *node = schedule->graph->nodes.data[id];
        if (schedule->region[id] && node->op == ADC_OP_JOIN)
            operand[node->in[0]->id] = operand[node->in[1]->id] = 1;
    }
    for (size_t id = 0; id < schedule->count; id++) {
        const struct adc_node *node = schedule->graph->nodes.data[id];
        if (!schedule->region[id] || program->place[id] != LOOP_BUFFER || operand[id]) continue;
        struct loop_buffer buffer = {.node = node, .result = -1};
        for (size_t i = 0; i < schedule->function->results.count; i++)
            if (schedule->function->results.data[i].nodes[0] == node) buffer.result = (int32_t)i;
        share_buffer(program, node, (uint32_t)program->buffers.count, schedule->scratch);
        ADC_PUSH(schedule->arena, program->buffers, buffer);
    }
}

struct loop_program *pass_schedule(struct adc_arena *arena, const struct adc_function *function,
                                   struct adc_arena *scratch)
{
    function = pass_arrange(arena, function, scratch);
    struct schedule schedule = {.arena = arena, .scratch = scratch, .function = function};
    struct schedule_blocks blocks = {0};
    size_t count = function->graph->nodes.count;
    schedule.graph = function->graph;
    schedule.count = count;
    schedule.program = ADC_NEW(arena, struct loop_program);
    schedule.program->function = function;
    schedule.program->place = ADC_NEW_ARRAY(arena, uint8_t, count);
    schedule.program->slot = ADC_NEW_ARRAY(arena, uint32_t, count);
    schedule.body = ADC_NEW(scratch, struct loop_block);
    schedule.region = ADC_NEW_ARRAY(scratch, struct region *, count);
    schedule.host = ADC_NEW_ARRAY(scratch, struct region *, count);
    schedule.uses = ADC_NEW_ARRAY(scratch, uint32_t, count);
    schedule.hoisted = ADC_NEW_ARRAY(scratch, uint8_t, count);
    schedule.expression = ADC_NEW_ARRAY(scratch, uint8_t, count);
    schedule.by_condition = ADC_NEW_ARRAY(scratch, struct region *, count);
    ADC_PUSH(arena, schedule.program->parts, (struct loop_part){{0}});
    schedule_place(&schedule);
    find_buffers(&schedule);
    schedule_order(&schedule, &blocks);
    schedule_parts(&schedule, &blocks);
    return schedule.program;
}
