/* What each part of a program needs: inputs, outputs, workspace, statuses; and an order of the
 * parts in which callees come first.
 *
 * cost     linear in the program, plus parts times parameters; the emitter hands a struct to the
 *          parts when there are more than C_MAX_PARAMETERS of these, and only their presence
 *          counts then
 * depth    blocks and inline expressions nest at most as deep as ir/loop.h says, so they are
 *          walked recursively; calls of parts are not */
#include "backend/c_unit.h"
#include "ir/state.h"

#include <string.h>

struct list {
    uint32_t *data;
    size_t count, capacity;
};

/* The walk over one part. stamps: the part that noted an input or output last, plus 1. */
struct walk {
    struct adc_arena *arena;
    struct c_product *product;
    struct c_part *part;
    uint32_t stamp;
    uint32_t *input_stamps, *output_stamps, *buffer_stamps, *index_stamps, *named_stamps;
    struct list inputs, outputs, buffers, indices, named;
    uint8_t *open;                /* by node id: inside a loop of this index */
    const struct adc_node *chunk; /* the index whose ends the part is given; or NULL */
};

static void note(struct walk *walk, struct list *list, uint32_t *stamps, uint32_t index)
{
    if (stamps[index] == walk->stamp) return;
    stamps[index] = walk->stamp;
    ADC_PUSH(walk->arena, *list, index);
}

/* Where a struct holds them all, one stands for the others. */
static void note_input(struct walk *walk, uint32_t index)
{
    if (walk->product->args_tag && walk->inputs.count) return;
    note(walk, &walk->inputs, walk->input_stamps, index);
}

static void note_output(struct walk *walk, uint32_t index)
{
    if (walk->product->args_tag && walk->outputs.count) return;
    note(walk, &walk->outputs, walk->output_stamps, index);
}

static void note_buffer(struct walk *walk, uint32_t index)
{
    if (walk->product->arrays_tag && walk->buffers.count) return;
    note(walk, &walk->buffers, walk->buffer_stamps, index);
}

/* Of a statement of the part. */
static void name_buffer(struct walk *walk, uint32_t index)
{
    note_buffer(walk, index);
    note(walk, &walk->named, walk->named_stamps, index);
}

static void note_index(struct walk *walk, uint32_t id)
{
    if (!walk->open[id]) note(walk, &walk->indices, walk->index_stamps, id);
}

static void visit_use(struct walk *walk, const struct adc_node *node);

static void visit_array(struct walk *walk, const struct adc_node *array)
{
    const struct loop_program *program = walk->product->program;
    array = loop_array(program, array);
    if (program->place[array->id] == LOOP_BUFFER) name_buffer(walk, program->buffer[array->id]);
    else note_input(walk, array->number);
}

static void visit_element(struct walk *walk, const struct adc_node *array,
                          const struct adc_node *const *element)
{
    unsigned first = adc_first_axis(array, element, 0);
    visit_array(walk, array);
    for (unsigned i = 0; i < array->rank; i++) {
        visit_use(walk, element[i]);
        if (i > first) visit_use(walk, loop_length(walk->product->program, array, i));
    }
}

static void visit_definition(struct walk *walk, const struct adc_node *node)
{
    if (node->op == ADC_OP_PARAM) note_input(walk, node->number);
    else if (node->op == ADC_OP_INDEX) note_index(walk, node->id);
    else if (node->op == ADC_OP_READ) visit_element(walk, node->in[0], node->in + 1);
    else if (node->op == ADC_OP_FINAL) visit_use(walk, adc_final_state(node));
    else
        for (unsigned i = 0; i < node->count; i++) visit_use(walk, node->in[i]);
}

static void visit_use(struct walk *walk, const struct adc_node *node)
{
    switch ((enum loop_place)walk->product->program->place[node->id]) {
    case LOOP_LEAF:
    case LOOP_INLINE:
    case LOOP_UNUSED: visit_definition(walk, node); break;
    case LOOP_WORK: walk->part->work = true; break;
    case LOOP_BUFFER: visit_array(walk, node); break;
    case LOOP_LOCAL: break;
    }
}

static void visit_target(struct walk *walk, const struct adc_node *node)
{
    if (walk->product->program->place[node->id] == LOOP_WORK) walk->part->work = true;
}

static void visit_block(struct walk *walk, const struct loop_block *block);

static void visit_for(struct walk *walk, const struct loop_statement *statement)
{
    const struct adc_node *index = statement->node;
    if (index != walk->chunk) {
        visit_use(walk, index->in[0]);
        visit_use(walk, index->in[1]);
    }
    if (statement->value) visit_use(walk, statement->value->in[1]);
    for (size_t i = 0; statement->lanes && i < statement->lanes->copies.count; i++) {
        const struct loop_copy *copy = &statement->lanes->copies.data[i];
        name_buffer(walk, copy->buffer);
        const struct loop_program *program = walk->product->program;
        for (unsigned axis = loop_first_length(program, copy); axis < copy->array->rank; axis++)
            visit_use(walk, loop_length(program, copy->array, axis));
        for (unsigned axis = 0; axis < copy->axis; axis++) visit_use(walk, copy->element[axis]);
    }
    for (size_t i = 0; statement->lanes && i < statement->lanes->kept.count; i++)
        visit_array(walk, statement->lanes->kept.data[i].vectors);
    walk->open[index->id]++;
    visit_block(walk, &statement->then);
    walk->open[index->id]--;
}

static void visit_reduce(struct walk *walk, const struct loop_statement *statement)
{
    const struct adc_node *node = statement->node;
    if (node->rank) visit_element(walk, node, adc_nest_parts(node).target);
    else visit_target(walk, node);
    visit_use(walk, statement->value);
}

static void visit_carry(struct walk *walk, const struct adc_node *loop)
{
    for (unsigned i = 0; i < adc_loop_parts(loop).count; i++) {
        struct adc_carried carried = adc_loop_carried(loop, i);
        if (carried.state->rank || carried.next == carried.state) continue;
        visit_target(walk, carried.state);
        visit_use(walk, carried.next);
    }
}

/* Ends of the loops that say what a team costs. */
static void visit_cost(struct walk *walk, const struct loop_cost *cost)
{
    visit_use(walk, cost->low);
    visit_use(walk, cost->high);
    for (size_t i = 0; i < cost->inner.count; i++) visit_cost(walk, cost->inner.data[i]);
}

/* What the part needs that is called, but for the indices that are open around the call. */
static void visit_call(struct walk *walk, uint32_t index)
{
    const struct c_part *callee = &walk->product->parts[index];
    for (uint32_t i = 0; i < callee->input_count; i++) note_input(walk, callee->inputs[i]);
    for (uint32_t i = 0; i < callee->output_count; i++) note_output(walk, callee->outputs[i]);
    for (uint32_t i = 0; i < callee->buffer_count; i++) note_buffer(walk, callee->buffers[i]);
    for (uint32_t i = 0; i < callee->index_count; i++) note_index(walk, callee->indices[i]);
    walk->part->work |= callee->work;
    walk->part->checks |= callee->checks;
    walk->part->teams |= callee->teams;
    const struct loop_team *team = c_team(walk->product, index);
    if (!team) return;
    visit_cost(walk, &team->cost);
    if (c_has_own(walk->product, index)) walk->part->teams = walk->part->work = true;
}

static void visit_statement(struct walk *walk, const struct loop_statement *statement)
{
    switch (statement->kind) {
    case LOOP_LET:
        visit_target(walk, statement->node);
        visit_definition(walk, statement->node);
        break;
    case LOOP_FOR: visit_for(walk, statement); break;
    case LOOP_FILL:
        visit_array(walk, statement->node);
        for (unsigned i = 0; i < statement->node->rank; i++)
            visit_use(walk, loop_length(walk->product->program, statement->node, i));
        break;
    case LOOP_REDUCE: visit_reduce(walk, statement); break;
    case LOOP_VAR:
        visit_target(walk, statement->node);
        if (statement->value) visit_use(walk, statement->value);
        break;
    case LOOP_CARRY: visit_carry(walk, statement->node); break;
    case LOOP_SET:
        visit_target(walk, statement->node);
        if (statement->value == statement->node) visit_definition(walk, statement->node);
        else visit_use(walk, statement->value);
        break;
    case LOOP_BRANCH:
        visit_use(walk, statement->node);
        visit_block(walk, &statement->then);
        visit_block(walk, &statement->otherwise);
        break;
    case LOOP_CHECK:
        visit_use(walk, statement->node);
        walk->part->checks = true;
        break;
    case LOOP_STORE:
        visit_use(walk, statement->value);
        note_output(walk, statement->index);
        break;
    case LOOP_CALL: visit_call(walk, statement->index); break;
    }
}

static void visit_block(struct walk *walk, const struct loop_block *block)
{
    for (size_t i = 0; i < block->count; i++) visit_statement(walk, block->data[i]);
}

/* Insertion into order: the lists are at most C_MAX_PARAMETERS long. */
static void sort(struct list *list)
{
    for (size_t i = 1; i < list->count; i++) {
        uint32_t value = list->data[i];
        size_t at = i;
        for (; at > 0 && list->data[at - 1] > value; at--) list->data[at] = list->data[at - 1];
        list->data[at] = value;
    }
}

static uint32_t *keep(struct walk *walk, struct list *list, uint32_t *count)
{
    uint32_t *kept = ADC_NEW_ARRAY(walk->arena, uint32_t, list->count);
    sort(list);
    *count = (uint32_t)list->count;
    if (list->count) memcpy(kept, list->data, list->count * sizeof *kept);
    return kept;
}

/* What is handed over lies in the workspace. */
static void visit_team(struct walk *walk, const struct loop_team *team)
{
    const uint8_t *place = walk->product->program->place;
    for (size_t i = 0; i < team->values.count; i++)
        walk->part->work |= place[team->values.data[i]->id] == LOOP_LOCAL;
    walk->part->work |= team->sums.count > 0;
    for (size_t i = 0; i < team->own.count; i++) note_buffer(walk, team->own.data[i]);
}

/* The needs of a part whose callees are known: its own and theirs. */
static void finish_part(struct walk *walk, uint32_t index)
{
    struct c_part *part = &walk->product->parts[index];
    walk->part = part;
    walk->stamp = index + 1;
    walk->inputs.count = walk->outputs.count = walk->buffers.count = walk->indices.count = 0;
    walk->named.count = 0;
    const struct loop_team *team = c_team(walk->product, index);
    walk->chunk = team ? team->loop->node : NULL;
    visit_block(walk, &walk->product->program->parts.data[index].body);
    if (team) visit_team(walk, team);
    part->inputs = keep(walk, &walk->inputs, &part->input_count);
    part->outputs = keep(walk, &walk->outputs, &part->output_count);
    part->buffers = keep(walk, &walk->buffers, &part->buffer_count);
    part->indices = keep(walk, &walk->indices, &part->index_count);
    part->named = keep(walk, &walk->named, &part->named_count);
}

static void push_callees(struct adc_arena *arena, struct list *stack,
                         const struct loop_block *block)
{
    for (size_t i = 0; i < block->count; i++) {
        const struct loop_statement *statement = block->data[i];
        if (statement->kind == LOOP_CALL) ADC_PUSH(arena, *stack, statement->index);
        if (statement->kind != LOOP_BRANCH && statement->kind != LOOP_FOR) continue;
        push_callees(arena, stack, &statement->then);
        push_callees(arena, stack, &statement->otherwise);
    }
}

/* The callees of a part on the stack, the first one on top. */
static void enter_part(struct adc_arena *arena, struct list *stack, const struct loop_block *body)
{
    size_t low = stack->count;
    push_callees(arena, stack, body);
    for (size_t high = stack->count; high > low + 1; low++) {
        uint32_t callee = stack->data[--high];
        stack->data[high] = stack->data[low];
        stack->data[low] = callee;
    }
}

/* Depth first from the entry; a part is entered when first seen on the stack and put in order when
 * seen again with all its callees done. Parts that nobody calls are left out. */
static uint32_t order_parts(struct adc_arena *arena, const struct loop_program *program,
                            uint32_t *order)
{
    enum { NEW, ENTERED, DONE };
    uint8_t *state = ADC_NEW_ARRAY(arena, uint8_t, program->parts.count);
    struct list stack = {0};
    uint32_t count = 0;
    ADC_PUSH(arena, stack, 0);
    while (stack.count) {
        uint32_t part = stack.data[stack.count - 1];
        if (state[part] == NEW) {
            state[part] = ENTERED;
            enter_part(arena, &stack, &program->parts.data[part].body);
            continue;
        }
        stack.count--;
        if (state[part] == ENTERED) {
            state[part] = DONE;
            order[count++] = part;
        }
    }
    return count;
}

void c_analyse(struct c_unit *unit, struct c_product *product)
{
    struct adc_arena *arena = unit->arena;
    const struct loop_program *program = product->program;
    product->parts = ADC_NEW_ARRAY(arena, struct c_part, program->parts.count);
    product->order = ADC_NEW_ARRAY(arena, uint32_t, program->parts.count);
    product->order_count = order_parts(arena, program, product->order);
    struct walk walk = {.arena = arena, .product = product};
    walk.input_stamps = ADC_NEW_ARRAY(arena, uint32_t, product->function->params.count);
    walk.output_stamps = ADC_NEW_ARRAY(arena, uint32_t, product->function->results.count);
    walk.buffer_stamps = ADC_NEW_ARRAY(arena, uint32_t, program->buffers.count);
    walk.named_stamps = ADC_NEW_ARRAY(arena, uint32_t, program->buffers.count);
    walk.index_stamps = ADC_NEW_ARRAY(arena, uint32_t, program->function->graph->nodes.count);
    walk.open = ADC_NEW_ARRAY(arena, uint8_t, program->function->graph->nodes.count);
    for (uint32_t i = 0; i < product->order_count; i++) finish_part(&walk, product->order[i]);
}
