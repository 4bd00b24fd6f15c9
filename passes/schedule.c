/* Scheduling: from the graph to the loop program, in three steps. */
#include "passes/schedule.h"

static void share(struct schedule *schedule, uint8_t *has, uint32_t buffer,
                  const struct adc_node *array)
{
    if (!array->rank || array->op == ADC_OP_PARAM) return;
    ADC_INVARIANT(!has[array->id] || schedule->program->buffer[array->id] == buffer,
                  schedule->graph);
    has[array->id] = 1;
    schedule->program->buffer[array->id] = buffer;
}

static uint32_t new_buffer(struct schedule *schedule, uint8_t *has, const struct adc_node *array)
{
    struct loop_program *program = schedule->program;
    struct loop_buffer buffer = {.node = array, .result = -1};
    uint32_t number = (uint32_t)program->buffers.count;
    for (size_t i = 0; i < schedule->function->results.count; i++)
        if (schedule->function->results.data[i].nodes[0] == array) buffer.result = (int32_t)i;
    ADC_PUSH(schedule->arena, program->buffers, buffer);
    share(schedule, has, number, array);
    return number;
}

static void share_carried(struct schedule *schedule, uint8_t *has, struct adc_carried carried)
{
    if (!carried.state->rank) return;
    if (!has[carried.state->id]) new_buffer(schedule, has, carried.state);
    uint32_t buffer = schedule->program->buffer[carried.state->id];
    share(schedule, has, buffer, carried.init);
    share(schedule, has, buffer, carried.next);
}

/* One buffer for an array and all the versions it is made from in place (updates.h). */
static void find_buffers(struct schedule *schedule)
{
    uint8_t *has = ADC_NEW_ARRAY(schedule->scratch, uint8_t, schedule->count);
    uint32_t *buffer = ADC_NEW_ARRAY(schedule->arena, uint32_t, schedule->count);
    schedule->program->buffer = buffer;
    for (size_t id = schedule->count; id-- > 0;) {
        const struct adc_node *node = schedule->graph->nodes.data[id];
        if (!schedule->region[id]) continue;
        for (unsigned i = 0; node->op == ADC_OP_LOOP && i < adc_loop_parts(node).count; i++)
            share_carried(schedule, has, adc_loop_carried(node, i));
        if (schedule->program->place[id] != LOOP_BUFFER) continue;
        if (!has[id]) new_buffer(schedule, has, node);
        if (node->op == ADC_OP_FINAL) share(schedule, has, buffer[id], adc_final_state(node));
        for (unsigned i = 0; (node->op == ADC_OP_PUT || node->op == ADC_OP_JOIN) && i < 2; i++)
            share(schedule, has, buffer[id], node->in[i]);
    }
}

/* Whether a length is made of scalar parameters alone. */
static bool is_sized(const struct adc_node *length, const uint8_t *sized)
{
    if (length->rank || length->free) return false;
    if (length->op == ADC_OP_CONST) return true;
    if (length->op == ADC_OP_PARAM) return length->type == ADC_INT || length->type == ADC_BOOL;
    if (length->op < ADC_OP_FIRST_ELEMENTWISE && length->op != ADC_OP_IF) return false;
    for (unsigned i = 0; i < length->count; i++)
        if (!sized[length->in[i]->id]) return false;
    return true;
}

/* The first array whose lengths are not known before the run, or NULL. */
static const struct adc_node *find_unsized(const struct adc_function *function,
                                           struct adc_arena *scratch)
{
    const struct adc_graph *graph = function->graph;
    uint8_t *sized = ADC_NEW_ARRAY(scratch, uint8_t, graph->nodes.count);
    uint8_t *live = ADC_NEW_ARRAY(scratch, uint8_t, graph->nodes.count);
    adc_function_live(function, live);
    for (size_t id = 0; id < graph->nodes.count; id++) {
        const struct adc_node *node = graph->nodes.data[id];
        sized[id] = is_sized(node, sized);
        for (unsigned i = 0; live[id] && node->op != ADC_OP_PARAM && i < node->rank; i++)
            if (!sized[adc_shape(node, i)->id]) return node;
    }
    return NULL;
}

/* NULL if the updates of arrays cannot be ordered. */
static struct loop_program *scheduled(struct adc_arena *arena, const struct adc_function *function,
                                      pass_set without, struct adc_arena *scratch)
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
    schedule.hoisted = ADC_NEW_ARRAY(scratch, uint8_t, count);
    schedule.kept = ADC_NEW_ARRAY(scratch, uint8_t, count);
    schedule.early = ADC_NEW_ARRAY(scratch, uint8_t, count);
    schedule.guarded = ADC_NEW_ARRAY(scratch, uint8_t, count);
    updates_find(&schedule.updates, function, scratch);
    schedule.expression = ADC_NEW_ARRAY(scratch, uint8_t, count);
    schedule.by_condition = ADC_NEW_ARRAY(scratch, struct region *, count);
    ADC_PUSH(arena, schedule.program->parts, (struct loop_part){.team = NULL});
    schedule_place(&schedule);
    find_buffers(&schedule);
    if (!schedule_order(&schedule, &blocks)) return NULL;
    schedule_parts(&schedule, &blocks);
#ifndef NDEBUG
    const char *broken = schedule_verify(&schedule);
    ADC_INVARIANT(!broken, function->graph);
#endif
    if (!pass_is_in(without, PASS_FILLS)) schedule_drop_fills(&schedule);
    if (!pass_is_in(without, PASS_SHARE)) schedule_share(&schedule);
    return schedule.program;
}

/* NULL if the updates of arrays cannot be ordered. */
static struct loop_program *arranged(struct adc_arena *arena, const struct adc_function *function,
                                     const struct pass_arrange_options *options,
                                     struct adc_arena *scratch)
{
    struct adc_span at;
    const struct adc_function *made = pass_arrange(arena, function, options, scratch, &at);
    const struct adc_node *unsized = made ? find_unsized(made, scratch) : NULL;
    if (made && !unsized) return scheduled(arena, made, options->without, scratch);
    if (made) at = made->graph->spans.data[unsized->id];
    struct loop_program *program = ADC_NEW(arena, struct loop_program);
    program->function = function;
    program->unsized = true;
    program->unsized_at = at;
    return program;
}

/* Updates in place one by one may leave no order for all of them: then arrays with other readers
 * are copied. */
struct loop_program *pass_schedule(struct adc_arena *arena, const struct adc_function *function,
                                   pass_set without, struct adc_arena *scratch)
{
    struct pass_arrange_options options = {.without = without};
    function = pass_entry(arena, function, scratch);
    struct loop_program *program = arranged(arena, function, &options, scratch);
    options.cautious = true;
    if (!program) program = arranged(arena, function, &options, scratch);
    ADC_INVARIANT(program, function->graph);
    return program;
}
