/* Arrays of the caller lie in the workspace while loops in lanes walk over their rows again and
 * again.
 *
 * Rows of the caller's have no room behind them, so that the last vector of each is read, and added
 * to, under a mask; and a loop that asks for masks is written twice. What a step of a recurrent
 * cell reads of its weights, and adds to their gradients, is copied once, into rows that have room
 * (passes/rows.c), and each of many steps saves the masks.
 *
 * in       a program with lanes, before pass_rows, which is to follow
 * out      parameters that are chosen have a buffer, filled in front of all else; results that are
 *          chosen lie in the workspace, and are copied behind all else to the output, which has a
 *          buffer of its own. Who reads or adds to them does so by the same statements
 * chosen   reals that loops in lanes, of one vector a tile, reach one behind the other along the
 *          whole last axis, in a loop outside that makes several passes with the same elements. Of
 *          such a loop that reaches nothing else but what has room, makes no sums over lanes and
 *          holds no loops and arms, all masks are gone then; in others they stay for the rest, and
 *          copies gained nothing, or lost. And they have operators enough for each element that a
 *          copy is little beside them: a product and a sum are not
 * not      of what is copied into tiles, or waits in vectors of its own, or what loops without
 *          lanes reach as well, or those inside of others in lanes: they gain nothing, and native
 *          code of Kalman's filter with four states took 5 % longer
 * cost     linear in the program */
#include "passes/lanes.h"
#include "passes/loop_maker.h"
#include "passes/passes.h"

#include "ir/nest.h"
#include "ir/state.h"

typedef const struct adc_node *node_t;

enum { LEAST_PASSES = 8, LEAST_COST = 2 };

/* A loop that is open, or the end of the list: NULL. */
struct around {
    const struct loop_statement *loop;
    const struct around *outer;
};

/* What loops reach of an array again and again. */
struct guest {
    double cost, accesses, now;
    bool barred;
};

struct call {
    uint32_t part;
    const struct around *around;
};

struct lodge {
    struct loop_maker maker;
    struct guest *inputs, *results; /* by number of the parameter, of the buffer */
    ADC_VEC(struct guest *) met;    /* by the loop in lanes at hand */
    ADC_VEC(struct call) calls;
    const struct around *around;       /* of the loop in lanes at hand */
    const struct loop_statement *loop; /* it, or NULL */
    double cost, accesses;             /* of a pass of it */
    bool whole;                        /* it needs no masks if what it met has room */
    struct loop_block before, behind;
};

/* ------------------------------------------------------------------------------------ uses */

static struct guest *guest_of(const struct lodge *l, node_t array)
{
    const struct loop_program *program = l->maker.program;
    array = loop_array(program, array);
    if (array->op == ADC_OP_PARAM) return &l->inputs[array->number];
    if (program->place[array->id] != LOOP_BUFFER) return NULL;
    uint32_t buffer = program->buffer[array->id];
    return program->buffers.data[buffer].result >= 0 ? &l->results[buffer] : NULL;
}

static void bar(const struct lodge *l, node_t array)
{
    struct guest *guest = guest_of(l, array);
    if (guest) guest->barred = true;
}

/* A loop outside makes several passes with the element. */
static bool is_met_again(const struct lodge *l, node_t array, const node_t *element)
{
    for (const struct around *around = l->around; around; around = around->outer) {
        bool moves = false;
        for (unsigned i = 0; i < array->rank; i++)
            moves |= adc_indices_has(element[i]->free, around->loop->node);
        if (!moves && lanes_passes(around->loop) >= LEAST_PASSES) return true;
    }
    return false;
}

static bool is_told(node_t length)
{
    return length->op == ADC_OP_PARAM || adc_is_const(length);
}

/* Along the whole last axis. */
static bool is_row(const struct lodge *l, node_t array, const node_t *element)
{
    node_t index = l->loop->node;
    if (element[array->rank - 1] != index || !adc_is_const(index->in[0])) return false;
    if (index->in[0]->value.integer || index->in[1] != adc_shape(array, array->rank - 1))
        return false;
    return loop_reach(l->maker.program, array, element) == LOOP_NEXT;
}

/* Of the caller: it is one of few that the program names by numbers and loops. */
static bool can_lodge(const struct lodge *l, node_t array, const node_t *element)
{
    for (unsigned i = 0; i + 1 < array->rank; i++)
        if (!adc_is_const(element[i]) && element[i]->op != ADC_OP_INDEX) return false;
    return rows_may_be_longer(adc_shape(array, array->rank - 1)) && is_met_again(l, array, element);
}

/* Without a loop at hand, lanes have nothing of it. */
static void reach(struct lodge *l, node_t array, const node_t *element)
{
    const struct loop_program *program = l->maker.program;
    struct guest *guest = guest_of(l, array);
    bool caller = guest || program->place[loop_array(program, array)->id] != LOOP_BUFFER;
    if (!l->loop) {
        bar(l, array);
        return;
    }
    if (loop_reach(program, array, element) == LOOP_ONE) return;
    l->whole &= is_row(l, array, element) && (!caller || (guest && can_lodge(l, array, element)));
    if (!guest || !l->whole) return;
    if (guest->now == 0) ADC_PUSH(l->maker.arena, l->met, guest);
    guest->now++;
    l->accesses++;
}

static void visit_use(struct lodge *l, node_t node);

/* Recurses through what is printed inside its user. */
static void visit_definition(struct lodge *l, node_t node)
{
    bool read = node->op == ADC_OP_READ;
    if (node->op == ADC_OP_FINAL) {
        visit_use(l, adc_final_state(node));
        return;
    }
    for (unsigned i = read; i < node->count; i++) visit_use(l, node->in[i]);
    if (read) reach(l, node->in[0], node->in + 1);
    l->cost += loop_operator_cost(node);
}

static void visit_use(struct lodge *l, node_t node)
{
    if (l->maker.program->place[node->id] == LOOP_INLINE) visit_definition(l, node);
}

static void visit_statement(struct lodge *l, const struct loop_statement *statement)
{
    node_t node = statement->node;
    if (!loop_is_simple(statement)) return;
    if (statement->kind == LOOP_LET || statement->value == node) visit_definition(l, node);
    else if (statement->value) visit_use(l, statement->value);
    if (statement->kind != LOOP_REDUCE || !node->rank) return;
    l->cost += node->number != ADC_REDUCE_SET;
    reach(l, node, adc_nest_parts(node).target);
}

/* Loops inside of one in lanes, and all that they hold. */
static void visit_inner(struct lodge *l, const struct loop_block *block, bool inside)
{
    for (size_t i = 0; i < block->count; i++) {
        const struct loop_statement *statement = block->data[i];
        bool deeper = inside || statement->kind == LOOP_FOR;
        if (inside) visit_statement(l, statement);
        visit_inner(l, &statement->then, deeper);
        visit_inner(l, &statement->otherwise, deeper);
    }
}

/* It may need no masks, if all that its statements reach has room. */
static bool may_be_whole(const struct lodge *l, const struct loop_statement *loop)
{
    if (loop->lanes->vectors > 1 || loop->lanes->sums.count) return false;
    for (size_t i = 0; i < loop->then.count; i++) {
        const struct loop_statement *statement = loop->then.data[i];
        node_t node = statement->node;
        if (!loop_is_simple(statement)) return false;
        if (statement->kind != LOOP_REDUCE) continue;
        if (!node->rank ||
            loop_reach(l->maker.program, node, adc_nest_parts(node).target) == LOOP_ONE)
            return false;
    }
    return true;
}

/* What a pass costs is the arrays' by their accesses, if that saves the masks. */
static void share_out(struct lodge *l)
{
    for (size_t i = 0; i < l->met.count; i++) {
        struct guest *guest = l->met.data[i];
        if (l->whole) {
            guest->cost += guest->now * l->cost / l->accesses;
            guest->accesses += guest->now;
        }
        guest->now = 0;
    }
    l->met.count = 0;
}

static void visit_lanes(struct lodge *l, const struct loop_statement *loop)
{
    for (size_t i = 0; i < loop->lanes->copies.count; i++)
        bar(l, loop->lanes->copies.data[i].array);
    for (size_t i = 0; i < loop->lanes->kept.count; i++) bar(l, loop->lanes->kept.data[i].array);
    visit_inner(l, &loop->then, false);
    l->whole = may_be_whole(l, loop);
    if (!l->whole) return;
    l->loop = loop;
    l->cost = l->accesses = 0;
    for (size_t i = 0; i < loop->then.count; i++) visit_statement(l, loop->then.data[i]);
    share_out(l);
    l->loop = NULL;
}

static void visit_block(struct lodge *l, const struct loop_block *block,
                        const struct around *around)
{
    for (size_t i = 0; i < block->count; i++) {
        const struct loop_statement *statement = block->data[i];
        const struct around *inside = around;
        if (statement->kind == LOOP_CALL) {
            struct call call = {statement->index, around};
            ADC_PUSH(l->maker.arena, l->calls, call);
        } else if (statement->kind == LOOP_FOR && statement->lanes) {
            l->around = around;
            visit_lanes(l, statement);
            continue;
        } else if (statement->kind == LOOP_FOR) {
            struct around *made = ADC_NEW(l->maker.arena, struct around);
            *made = (struct around){statement, around};
            inside = made;
        } else if (around) {
            visit_statement(l, statement);
        }
        visit_block(l, &statement->then, inside);
        visit_block(l, &statement->otherwise, inside);
    }
}

/* ---------------------------------------------------------------------------------- copies */

static bool is_chosen(const struct guest *guest, node_t array)
{
    if (guest->barred || guest->accesses == 0 || guest->cost < LEAST_COST * guest->accesses)
        return false;
    if (array->type != ADC_F64 && array->type != ADC_F32) return false;
    for (unsigned i = 0; i < array->rank; i++)
        if (!is_told(adc_shape(array, i))) return false;
    return true;
}

/* Of loops over all elements, the innermost one in lanes. */
static void make_indices(struct lodge *l, node_t array, node_t *index)
{
    struct loop_maker *m = &l->maker;
    loop_maker_int(m, 0);
    adc_fresh_indices(m->program->function->graph, array, index);
    for (unsigned i = 0; i < array->rank; i++) {
        loop_maker_place(m, index[i], LOOP_LEAF);
        if (adc_is_const(index[i]->in[1])) loop_maker_place(m, index[i]->in[1], LOOP_LEAF);
    }
    m->program->value[index[array->rank - 1]->id] = LOOP_SERIES;
    m->program->step[index[array->rank - 1]->id] = 1;
}

/* to[k, ..., i] = from[k, ..., i], behind what is in the block; `to` is made, with a buffer. */
static node_t copied(struct lodge *l, node_t from, struct loop_block *block)
{
    struct loop_maker *m = &l->maker;
    struct adc_graph *graph = m->program->function->graph;
    node_t index[ADC_MAX_RANK], shape[ADC_MAX_RANK];
    unsigned rank = from->rank;
    make_indices(l, from, index);
    for (unsigned i = 0; i < rank; i++) shape[i] = index[i]->in[1];
    node_t read = adc_read(graph, from, index);
    loop_maker_place(m, read, LOOP_INLINE);
    m->program->value[read->id] = LOOP_VARYING;
    struct adc_nest nest = {.reduce = ADC_REDUCE_SET, .rank = rank, .index_count = rank};
    nest.value = read;
    nest.target = nest.index = index;
    nest.shape = shape;
    node_t to = adc_nest(graph, &nest);
    loop_maker_place(m, to, LOOP_BUFFER);
    m->program->buffer[to->id] = (uint32_t)m->program->buffers.count;
    struct loop_buffer buffer = {.node = to, .result = -1};
    ADC_PUSH(m->arena, m->program->buffers, buffer);
    struct loop_lanes *lanes = ADC_NEW(m->arena, struct loop_lanes);
    *lanes = (struct loop_lanes){.real = (enum adc_type)from->type, .vectors = 1};
    for (unsigned i = 0; i < rank; i++) {
        struct loop_statement *loop = loop_maker_add(m, block, LOOP_FOR, index[i], NULL);
        if (i + 1 == rank) loop->lanes = lanes;
        block = &loop->then;
    }
    loop_maker_add(m, block, LOOP_REDUCE, to, read);
    return to;
}

/* The node of a parameter, which from now on stands for its copy; the parameter has another. */
static void lodge_input(struct lodge *l, node_t array)
{
    struct loop_program *program = l->maker.program;
    node_t caller = loop_maker_twin(&l->maker, array, array->in);
    node_t copy = copied(l, caller, &l->before);
    program->place[array->id] = LOOP_BUFFER;
    program->buffer[array->id] = program->buffer[copy->id];
}

static void lodge_result(struct lodge *l, uint32_t buffer)
{
    struct loop_program *program = l->maker.program;
    int32_t result = program->buffers.data[buffer].result;
    node_t copy = copied(l, program->buffers.data[buffer].node, &l->behind);
    program->buffers.data[buffer].result = -1;
    program->buffers.data[program->buffer[copy->id]].result = result;
}

/* ------------------------------------------------------------------------------------ all */

static void lodge_inputs(struct lodge *l)
{
    const struct adc_graph *graph = l->maker.program->function->graph;
    size_t count = graph->nodes.count;
    for (size_t id = 0; id < count; id++) {
        node_t array = graph->nodes.data[id];
        if (array->op != ADC_OP_PARAM || !array->rank) continue;
        if (is_chosen(&l->inputs[array->number], array)) lodge_input(l, array);
    }
}

static void surround(struct lodge *l)
{
    struct loop_block *body = &l->maker.program->parts.data[0].body;
    struct adc_arena *arena = l->maker.arena;
    if (!l->before.count && !l->behind.count) return;
    for (size_t i = 0; i < body->count; i++) ADC_PUSH(arena, l->before, body->data[i]);
    for (size_t i = 0; i < l->behind.count; i++) ADC_PUSH(arena, l->before, l->behind.data[i]);
    *body = l->before;
}

void pass_lodge(struct adc_arena *arena, struct loop_program *program)
{
    struct lodge l = {.maker = {.arena = arena, .program = program}};
    if (!program->value) return;
    struct call entry = {0};
    size_t buffers = program->buffers.count;
    l.maker.known = program->function->graph->nodes.count;
    l.inputs = ADC_NEW_ARRAY(arena, struct guest, program->function->params.count);
    l.results = ADC_NEW_ARRAY(arena, struct guest, buffers);
    ADC_PUSH(arena, l.calls, entry);
    for (size_t i = 0; i < l.calls.count; i++) {
        struct call call = l.calls.data[i];
        visit_block(&l, &program->parts.data[call.part].body, call.around);
    }
    lodge_inputs(&l);
    for (uint32_t i = 0; i < buffers; i++)
        if (is_chosen(&l.results[i], program->buffers.data[i].node)) lodge_result(&l, i);
    surround(&l);
}
