/* Copies of the passes of a loop, and of the loops in them.
 *
 * in       a loop whose passes may be mixed (passes/jam.c)
 * out      a block with LOOP_JAMMED copies of each statement. Copy k has the index + k for the
 *          index, and nodes of its own for all that is declared inside. A loop that all copies have
 *          from the same low end on becomes one loop up to the lowest high end, the first copy's,
 *          and for each further copy one over what it has more. Of sums alone, all copies of one
 *          stand before those of the next
 * nests    a copy goes to targets of its own; what it says of values stays that of the original
 * cost     linear in what is made */
#include "passes/jam.h"

#include "ir/nest.h"

#include <string.h>

typedef const struct adc_node *node_t;

/* ----------------------------------------------------------------------------------- nodes */

/* index + number, printed where it is used. */
static node_t later(struct jam *j, node_t index, unsigned number)
{
    struct adc_graph *graph = j->maker.program->function->graph;
    node_t inputs[] = {index, adc_int(graph, number)};
    struct adc_node like = {.op = ADC_OP_IADD, .type = ADC_INT, .count = 2};
    node_t sum = adc_twin(graph, &like, inputs);
    loop_maker_make_room(&j->maker);
    j->maker.program->place[inputs[1]->id] = LOOP_LEAF;
    j->maker.program->place[sum->id] = LOOP_INLINE;
    j->maker.program->value[sum->id] = LOOP_UNIFORM;
    return sum;
}

/* ------------------------------------------------------------------------------ statements */

static void copy_block(struct jam *j, const struct loop_block *from, struct loop_block *to);

/* node = its own operator of its inputs: as the copy has them. */
static void copy_set(struct jam *j, const struct loop_statement *from, struct loop_statement *made)
{
    made->node = loop_maker_replaced(&j->maker, from->node);
    if (from->value != from->node) {
        made->value = loop_maker_replaced(&j->maker, from->value);
        return;
    }
    node_t inputs[ADC_MAX_INPUTS];
    loop_maker_inputs(&j->maker, from->node, inputs);
    struct adc_node *node = (struct adc_node *)made->node; /* a twin */
    memcpy(node->in, inputs, node->count * sizeof *inputs);
    made->value = made->node;
}

static void copy_for(struct jam *j, const struct loop_statement *from, struct loop_statement *made)
{
    node_t ends[] = {loop_maker_replaced(&j->maker, from->node->in[0]),
                     loop_maker_replaced(&j->maker, from->node->in[1])};
    made->node = loop_maker_twin(&j->maker, from->node, ends);
    loop_maker_take(&j->maker, from->node, made->node);
    copy_block(j, &from->then, &made->then);
}

static void copy_statement(struct jam *j, const struct loop_statement *from, struct loop_block *to)
{
    struct loop_statement *made = loop_maker_add(&j->maker, to, from->kind, from->node, NULL);
    switch (from->kind) {
    case LOOP_LET: made->node = loop_maker_defined(&j->maker, from->node); return;
    case LOOP_VAR:
        made->node = loop_maker_twin(&j->maker, from->node, from->node->in);
        loop_maker_take(&j->maker, from->node, made->node);
        if (from->value) made->value = loop_maker_replaced(&j->maker, from->value);
        return;
    case LOOP_SET: copy_set(j, from, made); return;
    case LOOP_REDUCE:
        made->node = loop_maker_nest(&j->maker, from->node);
        made->value = loop_maker_replaced(&j->maker, from->value);
        return;
    case LOOP_FOR: copy_for(j, from, made); return;
    case LOOP_BRANCH:
        made->node = loop_maker_replaced(&j->maker, from->node);
        copy_block(j, &from->then, &made->then);
        copy_block(j, &from->otherwise, &made->otherwise);
        return;
    case LOOP_FILL:
    case LOOP_CHECK:
    case LOOP_STORE:
    case LOOP_CARRY:
    case LOOP_CALL: break;
    }
    ADC_INVARIANT(false, j->maker.program->function->graph);
}

static void copy_block(struct jam *j, const struct loop_block *from, struct loop_block *to)
{
    for (size_t i = 0; i < from->count; i++) copy_statement(j, from->data[i], to);
}

/* ----------------------------------------------------------------------------------- loops */

/* Nothing but sums and stores. */
static bool is_sums(const struct loop_block *block)
{
    for (size_t i = 0; i < block->count; i++)
        if (block->data[i]->kind != LOOP_REDUCE) return false;
    return true;
}

/* What the copies share. Sums into one element stand one behind the other: with stores to another
 * array between them, a compiler would store and load it again each time. */
static void copy_common(struct jam *j, const struct loop_block *from, struct loop_block *to)
{
    size_t together = is_sums(from) ? 1 : from->count;
    for (size_t i = 0; i < from->count; i += together)
        for (unsigned k = 0; k < LOOP_JAMMED; k++) {
            j->maker.copy = j->copies[k];
            for (size_t n = i; n < i + together; n++) copy_statement(j, from->data[n], to);
        }
}

/* One loop over what all copies have, then for each what it has more. */
static void fuse(struct jam *j, const struct loop_statement *inner, struct loop_block *to)
{
    node_t index = inner->node, ends[2];
    struct loop_statement *common = loop_maker_add(&j->maker, to, inner->kind, inner->node, NULL);
    j->maker.copy = j->copies[0];
    ends[0] = loop_maker_replaced(&j->maker, index->in[0]);
    ends[1] = loop_maker_replaced(&j->maker, index->in[1]);
    common->node = loop_maker_twin(&j->maker, index, ends);
    for (unsigned k = 0; k < LOOP_JAMMED; k++) {
        j->maker.copy = j->copies[k];
        loop_maker_take(&j->maker, index, common->node);
    }
    copy_common(j, &inner->then, &common->then);
    for (unsigned k = 1; k < LOOP_JAMMED; k++) {
        j->maker.copy = j->copies[k];
        node_t more[] = {ends[1], loop_maker_replaced(&j->maker, index->in[1])};
        if (more[0] == more[1]) continue;
        struct loop_statement *rest = loop_maker_add(&j->maker, to, inner->kind, inner->node, NULL);
        rest->node = loop_maker_twin(&j->maker, index, more);
        loop_maker_take(&j->maker, index, rest->node);
        copy_block(j, &inner->then, &rest->then);
    }
}

static void forget(struct jam *j)
{
    for (size_t i = 0; i < j->maker.taken.count; i++)
        for (unsigned k = 0; k < LOOP_JAMMED; k++) j->copies[k][j->maker.taken.data[i]] = NULL;
    j->maker.taken.count = 0;
}

struct loop_jam *jam_copies(struct jam *j, const struct loop_statement *loop)
{
    struct loop_jam *jam = ADC_NEW(j->maker.arena, struct loop_jam);
    for (unsigned k = 1; k < LOOP_JAMMED; k++) {
        j->maker.copy = j->copies[k];
        loop_maker_take(&j->maker, loop->node, later(j, loop->node, k));
    }
    for (size_t i = 0; i < loop->then.count; i++) {
        const struct loop_statement *statement = loop->then.data[i];
        if (jam_is_fused(statement, loop->node)) {
            fuse(j, statement, &jam->body);
            continue;
        }
        for (unsigned k = 0; k < LOOP_JAMMED; k++) {
            j->maker.copy = j->copies[k];
            copy_statement(j, statement, &jam->body);
        }
    }
    forget(j);
    return jam;
}
