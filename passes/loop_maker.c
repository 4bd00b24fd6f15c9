/* Nodes that passes over a scheduled program make.
 *
 * in       a scheduled program, with what it says of its nodes by id
 * out      the same tables, longer, of the new nodes as of those in whose place they stand
 * cost     linear in what is made */
#include "passes/loop_maker.h"

#include "ir/nest.h"

#include <string.h>

typedef const struct adc_node *node_t;

/* A table of the program with more entries, zero; NULL stays NULL. */
static void *grown(struct loop_maker *n, void *table, size_t size, size_t had, size_t count)
{
    if (!table && had) return NULL;
    char *more = adc_arena_array(n->arena, count, size);
    memset(more, 0, count * size);
    if (had) memcpy(more, table, had * size);
    return more;
}

void loop_maker_make_room(struct loop_maker *n)
{
    struct loop_program *program = n->program;
    if (program->function->graph->nodes.count <= n->known) return;
    size_t count = program->function->graph->nodes.count * 2, had = n->known;
    program->place = grown(n, program->place, sizeof *program->place, had, count);
    program->slot = grown(n, program->slot, sizeof *program->slot, had, count);
    program->buffer = grown(n, program->buffer, sizeof *program->buffer, had, count);
    program->value = grown(n, program->value, sizeof *program->value, had, count);
    program->step = grown(n, program->step, sizeof *program->step, had, count);
    n->known = count;
}

struct adc_node *loop_maker_twin(struct loop_maker *n, node_t like, const node_t *inputs)
{
    struct loop_program *program = n->program;
    struct adc_graph *graph = program->function->graph;
    graph->span = graph->spans.data[like->id];
    struct adc_node *made = adc_twin(graph, like, inputs);
    adc_graph_take_notes(graph, made, graph, like);
    loop_maker_make_room(n);
    program->place[made->id] = program->place[like->id];
    program->slot[made->id] = program->slot[like->id];
    program->buffer[made->id] = program->buffer[like->id];
    if (program->value) program->value[made->id] = program->value[like->id];
    if (program->step) program->step[made->id] = program->step[like->id];
    return made;
}

void loop_maker_place(struct loop_maker *n, node_t node, enum loop_place place)
{
    loop_maker_make_room(n);
    n->program->place[node->id] = (uint8_t)place;
    if (n->program->value) n->program->value[node->id] = LOOP_UNIFORM;
}

node_t loop_maker_int(struct loop_maker *n, int64_t number)
{
    node_t made = adc_int(n->program->function->graph, number);
    loop_maker_place(n, made, LOOP_LEAF);
    return made;
}

node_t loop_maker_computed(struct loop_maker *n, enum adc_op op, unsigned count,
                           const node_t *inputs)
{
    struct adc_node like = {.op = (uint16_t)op, .count = (uint16_t)count};
    like.type = (uint8_t)adc_result_type(op, inputs, count);
    node_t made = adc_twin(n->program->function->graph, &like, inputs);
    loop_maker_place(n, made, LOOP_INLINE);
    return made;
}

node_t loop_maker_computed2(struct loop_maker *n, enum adc_op op, node_t a, node_t b)
{
    node_t inputs[] = {a, b};
    return loop_maker_computed(n, op, 2, inputs);
}

node_t loop_maker_zero(struct loop_maker *n, enum adc_type type)
{
    union adc_value none = {.bits = 0};
    node_t zero = adc_const(n->program->function->graph, type, none);
    loop_maker_place(n, zero, LOOP_LEAF);
    return zero;
}

node_t loop_maker_sum(struct loop_maker *n, enum adc_type type, node_t index)
{
    struct adc_graph *graph = n->program->function->graph;
    struct adc_nest nest = {.reduce = ADC_REDUCE_SUM, .index = &index, .index_count = 1};
    nest.value = loop_maker_zero(n, type);
    node_t once = adc_nest(graph, &nest), made = adc_twin(graph, once, once->in);
    loop_maker_place(n, made, LOOP_LOCAL);
    return made;
}

struct loop_statement *loop_maker_statement(struct loop_maker *n, enum loop_kind kind, node_t node,
                                            node_t value)
{
    struct loop_statement *made = ADC_NEW(n->arena, struct loop_statement);
    *made = (struct loop_statement){.kind = kind, .node = node, .value = value};
    return made;
}

struct loop_statement *loop_maker_add(struct loop_maker *n, struct loop_block *block,
                                      enum loop_kind kind, node_t node, node_t value)
{
    struct loop_statement *made = loop_maker_statement(n, kind, node, value);
    ADC_PUSH(n->arena, *block, made);
    return made;
}

void loop_maker_take(struct loop_maker *n, node_t node, node_t copy)
{
    if (node->id >= n->copy_count) {
        size_t count = n->known;
        n->copy = grown(n, n->copy, sizeof(node_t), n->copy_count, count);
        n->copy_count = count;
    }
    if (!n->copy[node->id]) ADC_PUSH(n->arena, n->taken, node->id);
    n->copy[node->id] = copy;
}

bool loop_maker_inputs(struct loop_maker *n, node_t node, node_t *inputs)
{
    bool other = false;
    for (unsigned i = 0; i < node->count; i++) {
        bool array = node->op == ADC_OP_READ && !i;
        inputs[i] = array ? node->in[i] : loop_maker_replaced(n, node->in[i]);
        other |= inputs[i] != node->in[i];
    }
    return other;
}

/* Recurses through what is printed inside its user. */
node_t loop_maker_replaced(struct loop_maker *n, node_t node)
{
    node_t inputs[ADC_MAX_INPUTS];
    if (loop_maker_has_copy(n, node)) return n->copy[node->id];
    if (n->program->place[node->id] != LOOP_INLINE || node->op == ADC_OP_INDEX) return node;
    return loop_maker_inputs(n, node, inputs) ? loop_maker_twin(n, node, inputs) : node;
}

node_t loop_maker_defined(struct loop_maker *n, node_t node)
{
    node_t inputs[ADC_MAX_INPUTS];
    loop_maker_inputs(n, node, inputs);
    node_t made = loop_maker_twin(n, node, inputs);
    loop_maker_take(n, node, made);
    return made;
}

node_t loop_maker_nest(struct loop_maker *n, node_t nest)
{
    struct adc_nest parts = adc_nest_parts(nest);
    node_t inputs[ADC_MAX_INPUTS];
    bool other = false;
    if (!nest->rank) return loop_maker_replaced(n, nest);
    memcpy(inputs, nest->in, nest->count * sizeof *inputs);
    for (unsigned i = 0; i < parts.rank; i++) {
        node_t target = loop_maker_replaced(n, parts.target[i]);
        other |= target != parts.target[i];
        inputs[parts.target - nest->in + i] = target;
    }
    return other ? loop_maker_twin(n, nest, inputs) : nest;
}

void loop_maker_copy(struct loop_maker *n, struct loop_block *block,
                     const struct loop_statement *statement)
{
    node_t node = statement->node;
    struct loop_statement *made = loop_maker_add(n, block, statement->kind, node, NULL);
    if (statement->kind == LOOP_REDUCE) {
        made->node = loop_maker_nest(n, node);
        made->value = loop_maker_replaced(n, statement->value);
    } else {
        ADC_INVARIANT(statement->kind == LOOP_LET, n->program->function->graph);
        made->node = loop_maker_has_copy(n, node) ? n->copy[node->id] : loop_maker_defined(n, node);
    }
}

void loop_maker_forget(struct loop_maker *n)
{
    for (size_t i = 0; i < n->taken.count; i++) n->copy[n->taken.data[i]] = NULL;
    n->taken.count = 0;
}
