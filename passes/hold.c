/* Sums into an element that is the same in all passes of a loop are made in a variable.
 *
 *     for p { a[f, 4] += e(p) }     t = 0; for p { t += e(p) }; if low < high { a[f, 4] += t }
 *
 * A sum into an element waits until the one before has been stored, and where lanes add to elements
 * of their own, each is taken apart lane by lane in every pass.
 *
 * in       a scheduled program, before pass_lanes
 * out      the same sums in another order: `--strict` leaves the pass out
 * which    sums that each pass of an ordinary loop makes, or all of them or none, into
 *          arrays with which the loop does nothing but add to them. Innermost loops first
 * ends     an element need not be there where the loop has no pass, so it is asked
 * cost     statements times the depth of loops */
#include "passes/loop_maker.h"
#include "passes/passes.h"

#include "ir/nest.h"
#include "ir/state.h"

typedef const struct adc_node *node_t;

enum { MOST_SUMS = 32 }; /* of a loop: more are many registers' worth */

struct hold {
    struct loop_maker maker;
    size_t known, buffers; /* entries of the tables */
    uint32_t number;       /* of the loop that is looked at */
    uint32_t *used;        /* by buffer: the last loop that does more than add to it */
    uint32_t *declared;    /* by node id: the last loop whose body declares or sets the variable */
    bool possible;
};

/* ------------------------------------------------------------------------------------ uses */

static void use_array(struct hold *h, node_t array)
{
    const struct loop_program *program = h->maker.program;
    while ((array->op == ADC_OP_MARK || array->op == ADC_OP_STOP) &&
           program->place[array->id] != LOOP_BUFFER)
        array = array->in[0];
    if (program->place[array->id] == LOOP_BUFFER && program->buffer[array->id] < h->buffers)
        h->used[program->buffer[array->id]] = h->number;
}

static void use(struct hold *h, node_t node);

/* Recurses through what is printed inside its user. */
static void use_definition(struct hold *h, node_t node)
{
    if (node->op == ADC_OP_FINAL) {
        use(h, adc_final_state(node));
        return;
    }
    for (unsigned i = node->op == ADC_OP_READ; i < node->count; i++) use(h, node->in[i]);
    if (node->op == ADC_OP_READ) use_array(h, node->in[0]);
}

static void use(struct hold *h, node_t node)
{
    if (h->maker.program->place[node->id] == LOOP_INLINE) use_definition(h, node);
    if (h->maker.program->place[node->id] == LOOP_BUFFER) use_array(h, node);
}

static void use_sum(struct hold *h, const struct loop_statement *statement)
{
    node_t nest = statement->node;
    use(h, statement->value);
    if (!nest->rank && nest->id < h->known) h->declared[nest->id] = h->number;
    if (!nest->rank) return;
    struct adc_nest parts = adc_nest_parts(nest);
    for (unsigned i = 0; i < nest->rank; i++) use(h, parts.target[i]);
    if (nest->number != ADC_REDUCE_SUM) use_array(h, nest);
}

static void look_at_block(struct hold *h, const struct loop_block *block);

static void look_at(struct hold *h, const struct loop_statement *statement)
{
    switch (statement->kind) {
    case LOOP_LET:
        if (statement->node->id < h->known) h->declared[statement->node->id] = h->number;
        use_definition(h, statement->node);
        return;
    case LOOP_VAR:
        if (statement->node->id < h->known) h->declared[statement->node->id] = h->number;
        if (statement->value) use(h, statement->value);
        return;
    case LOOP_SET:
        if (statement->node->id < h->known) h->declared[statement->node->id] = h->number;
        if (statement->value == statement->node) use_definition(h, statement->node);
        else use(h, statement->value);
        return;
    case LOOP_FOR:
        use(h, statement->node->in[0]);
        use(h, statement->node->in[1]);
        look_at_block(h, &statement->then);
        return;
    case LOOP_FILL: use_array(h, statement->node); return;
    case LOOP_REDUCE: use_sum(h, statement); return;
    case LOOP_BRANCH:
        use(h, statement->node);
        look_at_block(h, &statement->then);
        look_at_block(h, &statement->otherwise);
        return;
    case LOOP_CARRY:
    case LOOP_CHECK:
    case LOOP_STORE:
    case LOOP_CALL: h->possible = false; return;
    }
}

static void look_at_block(struct hold *h, const struct loop_block *block)
{
    for (size_t i = 0; i < block->count; i++) {
        if (block->data[i]->value && block->data[i]->kind == LOOP_FOR) h->possible = false;
        look_at(h, block->data[i]);
    }
}

/* ----------------------------------------------------------------------------------- choice */

/* Nothing in it changes with the passes of the loop, or is declared in its body. */
static bool stays(const struct hold *h, node_t node, node_t index)
{
    const struct loop_program *program = h->maker.program;
    if (adc_is_const(node)) return true;
    if (node == index || (node->id < h->known && h->declared[node->id] == h->number)) return false;
    if (node->op == ADC_OP_PARAM || node->op == ADC_OP_INDEX) return true;
    if (program->place[node->id] == LOOP_LOCAL) return !adc_indices_has(node->free, index);
    if (program->place[node->id] != LOOP_INLINE || node->op == ADC_OP_READ) return false;
    for (unsigned i = 0; i < node->count; i++)
        if (!stays(h, node->in[i], index)) return false;
    return true;
}

static bool can_be_held(const struct hold *h, const struct loop_statement *statement, node_t index)
{
    node_t nest = statement->node;
    if (statement->kind != LOOP_REDUCE || !nest->rank || nest->number != ADC_REDUCE_SUM)
        return false;
    uint32_t buffer = h->maker.program->buffer[nest->id];
    if (!adc_type_is_real((enum adc_type)nest->type) || h->used[buffer] == h->number) return false;
    struct adc_nest parts = adc_nest_parts(nest);
    for (unsigned i = 0; i < nest->rank; i++)
        if (!stays(h, parts.target[i], index)) return false;
    return true;
}

/* ----------------------------------------------------------------------------------- change */

static struct loop_statement *new_statement(struct hold *h, enum loop_kind kind, node_t node)
{
    struct loop_statement *made = ADC_NEW(h->maker.arena, struct loop_statement);
    made->kind = kind;
    made->node = node;
    return made;
}

/* A scalar sum; the nest says nothing of values: statements do. */
static node_t new_sum(struct hold *h, node_t like)
{
    struct adc_graph *graph = h->maker.program->function->graph;
    struct adc_nest nest = {.reduce = ADC_REDUCE_SUM};
    nest.value = adc_const(graph, (enum adc_type)like->type, (union adc_value){.bits = 0});
    nest.index = adc_nest_parts(like).index;
    nest.index_count = 1;
    node_t once = adc_nest(graph, &nest), made = adc_twin(graph, once, once->in);
    loop_maker_place(&h->maker, nest.value, LOOP_LEAF);
    loop_maker_place(&h->maker, made, LOOP_LOCAL);
    return made;
}

static struct loop_block in_branch(struct hold *h, node_t condition, struct loop_block block)
{
    struct loop_block made = {0};
    struct loop_statement *branch = new_statement(h, LOOP_BRANCH, condition);
    branch->then = block;
    ADC_PUSH(h->maker.arena, made, branch);
    return made;
}

/* What follows the loop: the sum into the element. */
static struct loop_statement *held(struct hold *h, struct loop_statement **place,
                                   struct loop_block *variables)
{
    struct loop_statement *sum = new_statement(h, LOOP_REDUCE, (*place)->node);
    struct loop_statement *inside = new_statement(h, LOOP_REDUCE, new_sum(h, sum->node));
    inside->value = (*place)->value;
    sum->value = inside->node;
    ADC_PUSH(h->maker.arena, *variables, new_statement(h, LOOP_VAR, inside->node));
    *place = inside;
    return sum;
}

/* Of the loop's body, and of the arms in it that all passes take or none. */
static struct loop_block hold_sums(struct hold *h, struct loop_block *body, node_t index,
                                   bool is_arm, struct loop_block *variables)
{
    struct loop_block behind = {0};
    for (size_t i = 0; i < body->count && variables->count < MOST_SUMS; i++) {
        struct loop_statement *statement = body->data[i];
        if (can_be_held(h, statement, index)) {
            ADC_PUSH(h->maker.arena, behind, held(h, &body->data[i], variables));
        } else if (statement->kind == LOOP_BRANCH && !is_arm && stays(h, statement->node, index)) {
            struct loop_block arm = hold_sums(h, &statement->then, index, true, variables);
            if (!arm.count) continue;
            arm = in_branch(h, statement->node, arm);
            ADC_PUSH(h->maker.arena, behind, arm.data[0]);
        }
    }
    return behind;
}

/* `made` gets variables, the loop, and what adds them; that in a branch, where there may be no
 * pass. */
static void change(struct hold *h, struct loop_statement *loop, struct loop_block *made)
{
    struct loop_block behind = {0}, variables = {0};
    node_t low = loop->node->in[0], high = loop->node->in[1];
    bool some = adc_is_const(low) && adc_is_const(high) && low->value.integer < high->value.integer;
    h->number++;
    h->possible = !loop->value;
    if (h->possible) look_at_block(h, &loop->then);
    if (h->possible) behind = hold_sums(h, &loop->then, loop->node, false, &variables);
    if (behind.count && !some)
        behind = in_branch(h, loop_maker_computed2(&h->maker, ADC_OP_ILT, low, high), behind);
    for (size_t i = 0; i < variables.count; i++) ADC_PUSH(h->maker.arena, *made, variables.data[i]);
    ADC_PUSH(h->maker.arena, *made, loop);
    for (size_t i = 0; i < behind.count; i++) ADC_PUSH(h->maker.arena, *made, behind.data[i]);
}

static void hold_block(struct hold *h, struct loop_block *block)
{
    struct loop_block made = {0};
    for (size_t i = 0; i < block->count; i++) {
        struct loop_statement *statement = block->data[i];
        hold_block(h, &statement->then);
        hold_block(h, &statement->otherwise);
        if (statement->kind == LOOP_FOR) change(h, statement, &made);
        else ADC_PUSH(h->maker.arena, made, statement);
    }
    *block = made;
}

void pass_hold(struct adc_arena *arena, struct loop_program *program)
{
    struct hold h = {.maker = {.arena = arena, .program = program}};
    h.maker.known = h.known = program->function->graph->nodes.count;
    h.buffers = program->buffers.count;
    h.used = ADC_NEW_ARRAY(arena, uint32_t, h.buffers);
    h.declared = ADC_NEW_ARRAY(arena, uint32_t, h.known);
    for (size_t i = 0; i < program->parts.count; i++) hold_block(&h, &program->parts.data[i].body);
}
