/* Arrays and values that statements of a loop program read.
 *
 * cost     linear in what is printed */
#include "passes/uses.h"

#include "ir/nest.h"
#include "ir/state.h"

typedef const struct adc_node *node_t;

void uses_array(struct uses *uses, node_t array)
{
    const struct loop_program *program = uses->program;
    array = loop_array(program, array);
    if (program->place[array->id] == LOOP_BUFFER)
        uses->number[program->buffer[array->id]] = uses->now;
}

static void visit_use(struct uses *uses, node_t node);

/* Recurses through what is printed inside its user. */
static void visit_definition(struct uses *uses, node_t node)
{
    if (node->op == ADC_OP_FINAL) {
        visit_use(uses, adc_final_state(node));
        return;
    }
    for (unsigned i = node->op == ADC_OP_READ; i < node->count; i++) visit_use(uses, node->in[i]);
    if (node->op == ADC_OP_READ) uses_array(uses, node->in[0]);
}

static void visit_use(struct uses *uses, node_t node)
{
    if (uses->values && node->id < uses->known) uses->values[node->id] = uses->now;
    if (uses->program->place[node->id] == LOOP_INLINE) visit_definition(uses, node);
    if (uses->program->place[node->id] == LOOP_BUFFER) uses_array(uses, node);
}

void uses_value(struct uses *uses, node_t node)
{
    visit_use(uses, node);
}

static void visit_reduce(struct uses *uses, const struct loop_statement *statement)
{
    struct adc_nest parts = adc_nest_parts(statement->node);
    visit_use(uses, statement->value);
    for (unsigned i = 0; i < statement->node->rank; i++) visit_use(uses, parts.target[i]);
}

static void visit_carry(struct uses *uses, node_t loop)
{
    for (unsigned i = 0; i < adc_loop_parts(loop).count; i++) {
        uses_array(uses, adc_loop_carried(loop, i).state);
        visit_use(uses, adc_loop_carried(loop, i).next);
    }
}

void uses_statement(struct uses *uses, const struct loop_statement *statement)
{
    switch (statement->kind) {
    case LOOP_LET: visit_definition(uses, statement->node); return;
    case LOOP_VAR:
        if (statement->value) visit_use(uses, statement->value);
        return;
    case LOOP_SET:
        if (statement->value == statement->node) visit_definition(uses, statement->node);
        else visit_use(uses, statement->value);
        return;
    case LOOP_FOR:
        visit_use(uses, statement->node->in[0]);
        visit_use(uses, statement->node->in[1]);
        if (statement->value) visit_use(uses, statement->value->in[1]);
        return;
    case LOOP_REDUCE: visit_reduce(uses, statement); return;
    case LOOP_BRANCH:
    case LOOP_CHECK: visit_use(uses, statement->node); return;
    case LOOP_STORE: visit_use(uses, statement->value); return;
    case LOOP_CARRY: visit_carry(uses, statement->node); return;
    case LOOP_FILL:
    case LOOP_CALL: return;
    }
}

void uses_lengths(struct uses *uses)
{
    const struct adc_graph *graph = uses->program->function->graph;
    for (size_t id = 0; id < uses->known; id++)
        for (unsigned axis = 0; axis < graph->nodes.data[id]->rank; axis++)
            visit_use(uses, adc_shape(graph->nodes.data[id], axis));
}

void uses_drop_values(struct uses *uses, struct loop_block *block)
{
    size_t left = block->count;
    for (size_t i = block->count; i-- > 0;) {
        struct loop_statement *statement = block->data[i];
        node_t node = statement->node;
        bool value = statement->kind == LOOP_LET && node->id < uses->known;
        if (value && uses->values[node->id] != uses->now) continue;
        uses_drop_values(uses, &statement->then);
        uses_drop_values(uses, &statement->otherwise);
        uses_statement(uses, statement);
        block->data[--left] = statement;
    }
    for (size_t i = left; i < block->count; i++) block->data[i - left] = block->data[i];
    block->count -= left;
}
