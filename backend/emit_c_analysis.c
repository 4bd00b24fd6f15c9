/* What each part of a program needs: inputs, outputs, workspace, statuses; and an order of the
 * parts in which callees come first.
 *
 * cost     linear in the program, plus parts times parameters; the emitter hands a struct to the
 *          parts when there are more than C_MAX_PARAMETERS of these, and only their presence
 *          counts then
 * depth    blocks and inline expressions nest at most as deep as ir/loop.h says, so they are
 *          walked recursively; calls of parts are not */
#include "backend/emit_c_internal.h"

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
    uint32_t *input_stamps, *output_stamps;
    struct list inputs, outputs, callees;
};

static void note(struct walk *walk, struct list *list, uint32_t *stamps, uint32_t index)
{
    bool single = walk->product->args_tag && list->count; /* one stands for all */
    if (single || stamps[index] == walk->stamp) return;
    stamps[index] = walk->stamp;
    ADC_PUSH(walk->arena, *list, index);
}

static void visit_use(struct walk *walk, const struct adc_node *node);

static void visit_inputs(struct walk *walk, const struct adc_node *node)
{
    for (unsigned i = 0; i < node->count; i++) visit_use(walk, node->in[i]);
}

static void visit_use(struct walk *walk, const struct adc_node *node)
{
    switch ((enum loop_place)walk->product->program->place[node->id]) {
    case LOOP_LEAF:
        if (node->op == ADC_OP_PARAM) note(walk, &walk->inputs, walk->input_stamps, node->number);
        else visit_inputs(walk, node);
        break;
    case LOOP_INLINE: visit_inputs(walk, node); break;
    case LOOP_WORK: walk->part->work = true; break;
    case LOOP_LOCAL:
    case LOOP_UNUSED: break;
    }
}

static void visit_target(struct walk *walk, const struct adc_node *node)
{
    if (walk->product->program->place[node->id] == LOOP_WORK) walk->part->work = true;
}

static void visit_block(struct walk *walk, const struct loop_block *block);

static void visit_statement(struct walk *walk, const struct loop_statement *statement)
{
    switch (statement->kind) {
    case LOOP_LET:
        visit_target(walk, statement->node);
        visit_inputs(walk, statement->node);
        break;
    case LOOP_VAR: visit_target(walk, statement->node); break;
    case LOOP_SET:
        visit_target(walk, statement->node);
        if (statement->value == statement->node) visit_inputs(walk, statement->node);
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
        note(walk, &walk->outputs, walk->output_stamps, statement->index);
        break;
    case LOOP_CALL: ADC_PUSH(walk->arena, walk->callees, statement->index); break;
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

/* The needs of a part whose callees are known: its own and theirs. */
static void finish_part(struct walk *walk, uint32_t index)
{
    const struct loop_program *program = walk->product->program;
    walk->part = &walk->product->parts[index];
    walk->stamp = index + 1;
    walk->inputs.count = walk->outputs.count = walk->callees.count = 0;
    visit_block(walk, &program->parts.data[index].body);
    for (size_t i = 0; i < walk->callees.count; i++) {
        const struct c_part *callee = &walk->product->parts[walk->callees.data[i]];
        for (uint32_t j = 0; j < callee->input_count; j++)
            note(walk, &walk->inputs, walk->input_stamps, callee->inputs[j]);
        for (uint32_t j = 0; j < callee->output_count; j++)
            note(walk, &walk->outputs, walk->output_stamps, callee->outputs[j]);
        walk->part->work |= callee->work;
        walk->part->checks |= callee->checks;
    }
    sort(&walk->inputs);
    sort(&walk->outputs);
    struct c_part *part = walk->part;
    part->input_count = (uint32_t)walk->inputs.count;
    part->output_count = (uint32_t)walk->outputs.count;
    part->inputs = ADC_NEW_ARRAY(walk->arena, uint32_t, part->input_count);
    part->outputs = ADC_NEW_ARRAY(walk->arena, uint32_t, part->output_count);
    if (part->input_count)
        memcpy(part->inputs, walk->inputs.data, part->input_count * sizeof(uint32_t));
    if (part->output_count)
        memcpy(part->outputs, walk->outputs.data, part->output_count * sizeof(uint32_t));
}

static void push_callees(struct adc_arena *arena, struct list *stack,
                         const struct loop_block *block)
{
    for (size_t i = 0; i < block->count; i++) {
        const struct loop_statement *statement = block->data[i];
        if (statement->kind == LOOP_CALL) ADC_PUSH(arena, *stack, statement->index);
        if (statement->kind != LOOP_BRANCH) continue;
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
    for (uint32_t i = 0; i < product->order_count; i++) finish_part(&walk, product->order[i]);
}
