/* Copies of the passes of a loop, and of the loops in them.
 *
 * in       a loop whose passes may be mixed (passes/jam.c)
 * out      a block with LOOP_JAMMED copies of each statement. Copy k has the index + k for the
 *          index, and nodes of its own for all that is declared inside. A loop that all copies have
 *          from the same low end on becomes one loop up to the lowest high end, the first copy's,
 *          and for each further copy one over what it has more
 * nests    a copy goes to targets of its own; what it says of values stays that of the original
 * cost     linear in what is made */
#include "passes/jam.h"

#include "ir/nest.h"

#include <string.h>

typedef const struct adc_node *node_t;

/* ----------------------------------------------------------------------------------- nodes */

static void *grown(struct jam *j, const void *table, size_t size, size_t count)
{
    char *more = adc_arena_array(j->arena, count, size);
    memcpy(more, table, j->known * size);
    return more;
}

/* What the program says of nodes, with room for one more. */
static void make_room(struct jam *j)
{
    struct loop_program *program = j->program;
    if (program->function->graph->nodes.count <= j->known) return;
    size_t count = program->function->graph->nodes.count * 2;
    program->place = grown(j, program->place, sizeof *program->place, count);
    program->slot = grown(j, program->slot, sizeof *program->slot, count);
    program->buffer = grown(j, program->buffer, sizeof *program->buffer, count);
    program->value = grown(j, program->value, sizeof *program->value, count);
    program->step = grown(j, program->step, sizeof *program->step, count);
    j->known = count;
}

/* A node in the place of `like`, of the same kind of value. */
static struct adc_node *twin(struct jam *j, node_t like, const node_t *inputs)
{
    struct loop_program *program = j->program;
    struct adc_graph *graph = program->function->graph;
    graph->span = graph->spans.data[like->id];
    struct adc_node *made = adc_twin(graph, like, inputs);
    adc_graph_take_notes(graph, made, graph, like);
    make_room(j);
    program->place[made->id] = program->place[like->id];
    program->slot[made->id] = program->slot[like->id];
    program->buffer[made->id] = program->buffer[like->id];
    program->value[made->id] = program->value[like->id];
    program->step[made->id] = program->step[like->id];
    return made;
}

/* index + number, printed where it is used. */
static node_t later(struct jam *j, node_t index, unsigned number)
{
    struct adc_graph *graph = j->program->function->graph;
    node_t inputs[] = {index, adc_int(graph, number)};
    struct adc_node like = {.op = ADC_OP_IADD, .type = ADC_INT, .count = 2};
    node_t sum = adc_twin(graph, &like, inputs);
    make_room(j);
    j->program->place[inputs[1]->id] = LOOP_LEAF;
    j->program->place[sum->id] = LOOP_INLINE;
    j->program->value[sum->id] = LOOP_UNIFORM;
    return sum;
}

/* In the copy at hand the one stands for the other. */
static void take(struct jam *j, node_t node, node_t copy)
{
    if (!j->copy[node->id]) ADC_PUSH(j->arena, j->taken, node->id);
    j->copy[node->id] = copy;
}

static node_t copied(struct jam *j, node_t node);

/* Its inputs as the copy has them; whether any is another one. */
static bool copied_inputs(struct jam *j, node_t node, node_t *inputs)
{
    bool other = false;
    for (unsigned i = 0; i < node->count; i++) {
        inputs[i] = node->op == ADC_OP_READ && !i ? node->in[i] : copied(j, node->in[i]);
        other |= inputs[i] != node->in[i];
    }
    return other;
}

/* What the copy uses for the node. Recurses through what is printed inside its user. */
static node_t copied(struct jam *j, node_t node)
{
    node_t inputs[ADC_MAX_INPUTS];
    if (node->id < j->before && j->copy[node->id]) return j->copy[node->id];
    if (j->program->place[node->id] != LOOP_INLINE || node->op == ADC_OP_INDEX) return node;
    return copied_inputs(j, node, inputs) ? twin(j, node, inputs) : node;
}

static node_t defined(struct jam *j, node_t node)
{
    node_t inputs[ADC_MAX_INPUTS];
    copied_inputs(j, node, inputs);
    node_t made = twin(j, node, inputs);
    take(j, node, made);
    return made;
}

/* The nest with the targets of the copy. */
static node_t copied_nest(struct jam *j, node_t nest)
{
    struct adc_nest parts = adc_nest_parts(nest);
    node_t inputs[ADC_MAX_INPUTS];
    bool other = false;
    if (!nest->rank) return copied(j, nest);
    memcpy(inputs, nest->in, nest->count * sizeof *inputs);
    for (unsigned i = 0; i < parts.rank; i++) {
        node_t target = copied(j, parts.target[i]);
        other |= target != parts.target[i];
        inputs[parts.target - nest->in + i] = target;
    }
    return other ? twin(j, nest, inputs) : nest;
}

/* ------------------------------------------------------------------------------ statements */

static struct loop_statement *added(struct jam *j, struct loop_block *block,
                                    const struct loop_statement *like)
{
    struct loop_statement *statement = ADC_NEW(j->arena, struct loop_statement);
    *statement = (struct loop_statement){.kind = like->kind, .node = like->node};
    ADC_PUSH(j->arena, *block, statement);
    return statement;
}

static void copy_block(struct jam *j, const struct loop_block *from, struct loop_block *to);

/* node = its own operator of its inputs: as the copy has them. */
static void copy_set(struct jam *j, const struct loop_statement *from, struct loop_statement *made)
{
    made->node = copied(j, from->node);
    if (from->value != from->node) {
        made->value = copied(j, from->value);
        return;
    }
    node_t inputs[ADC_MAX_INPUTS];
    copied_inputs(j, from->node, inputs);
    struct adc_node *node = (struct adc_node *)made->node; /* a twin */
    memcpy(node->in, inputs, node->count * sizeof *inputs);
    made->value = made->node;
}

static void copy_for(struct jam *j, const struct loop_statement *from, struct loop_statement *made)
{
    node_t ends[] = {copied(j, from->node->in[0]), copied(j, from->node->in[1])};
    made->node = twin(j, from->node, ends);
    take(j, from->node, made->node);
    copy_block(j, &from->then, &made->then);
}

static void copy_statement(struct jam *j, const struct loop_statement *from, struct loop_block *to)
{
    struct loop_statement *made = added(j, to, from);
    switch (from->kind) {
    case LOOP_LET: made->node = defined(j, from->node); return;
    case LOOP_VAR:
        made->node = twin(j, from->node, from->node->in);
        take(j, from->node, made->node);
        if (from->value) made->value = copied(j, from->value);
        return;
    case LOOP_SET: copy_set(j, from, made); return;
    case LOOP_REDUCE:
        made->node = copied_nest(j, from->node);
        made->value = copied(j, from->value);
        return;
    case LOOP_FOR: copy_for(j, from, made); return;
    case LOOP_BRANCH:
        made->node = copied(j, from->node);
        copy_block(j, &from->then, &made->then);
        copy_block(j, &from->otherwise, &made->otherwise);
        return;
    case LOOP_FILL:
    case LOOP_CHECK:
    case LOOP_STORE:
    case LOOP_CARRY:
    case LOOP_CALL: break;
    }
    ADC_INVARIANT(false, j->program->function->graph);
}

static void copy_block(struct jam *j, const struct loop_block *from, struct loop_block *to)
{
    for (size_t i = 0; i < from->count; i++) copy_statement(j, from->data[i], to);
}

/* ----------------------------------------------------------------------------------- loops */

/* One loop over what all copies have, then for each what it has more. */
static void fuse(struct jam *j, const struct loop_statement *inner, struct loop_block *to)
{
    node_t index = inner->node, ends[2];
    struct loop_statement *common = added(j, to, inner);
    j->copy = j->copies[0];
    ends[0] = copied(j, index->in[0]);
    ends[1] = copied(j, index->in[1]);
    common->node = twin(j, index, ends);
    for (unsigned k = 0; k < LOOP_JAMMED; k++) {
        j->copy = j->copies[k];
        take(j, index, common->node);
        copy_block(j, &inner->then, &common->then);
    }
    for (unsigned k = 1; k < LOOP_JAMMED; k++) {
        j->copy = j->copies[k];
        node_t more[] = {ends[1], copied(j, index->in[1])};
        if (more[0] == more[1]) continue;
        struct loop_statement *rest = added(j, to, inner);
        rest->node = twin(j, index, more);
        take(j, index, rest->node);
        copy_block(j, &inner->then, &rest->then);
    }
}

static void forget(struct jam *j)
{
    for (size_t i = 0; i < j->taken.count; i++)
        for (unsigned k = 0; k < LOOP_JAMMED; k++) j->copies[k][j->taken.data[i]] = NULL;
    j->taken.count = 0;
}

struct loop_jam *jam_copies(struct jam *j, const struct loop_statement *loop)
{
    struct loop_jam *jam = ADC_NEW(j->arena, struct loop_jam);
    for (unsigned k = 1; k < LOOP_JAMMED; k++) {
        j->copy = j->copies[k];
        take(j, loop->node, later(j, loop->node, k));
    }
    for (size_t i = 0; i < loop->then.count; i++) {
        const struct loop_statement *statement = loop->then.data[i];
        if (jam_is_fused(statement, loop->node)) {
            fuse(j, statement, &jam->body);
            continue;
        }
        for (unsigned k = 0; k < LOOP_JAMMED; k++) {
            j->copy = j->copies[k];
            copy_statement(j, statement, &jam->body);
        }
    }
    forget(j);
    return jam;
}
