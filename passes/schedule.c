/* Scheduling: from the graph to the loop program, in three steps. */
#include "passes/schedule.h"

struct loop_program *pass_schedule(struct adc_arena *arena, const struct adc_function *function,
                                   struct adc_arena *scratch)
{
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
    schedule.expression = ADC_NEW_ARRAY(scratch, uint8_t, count);
    schedule.by_condition = ADC_NEW_ARRAY(scratch, struct region *, count);
    ADC_PUSH(arena, schedule.program->parts, (struct loop_part){{0}});
    schedule_place(&schedule);
    schedule_order(&schedule, &blocks);
    schedule_parts(&schedule, &blocks);
    return schedule.program;
}
