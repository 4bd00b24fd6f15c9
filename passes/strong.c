/* Strong products leave loops in lanes: by a finite number other than 0 they are plain ones.
 *
 *     for k { a[k] += u *strong x[k] }   becomes   if u is finite and not 0 {
 *                                                    for k { a[k] += u*x[k] }
 *                                                  } else { the loop as it was }
 *
 * in       a program with lanes, behind all other passes over loops in lanes: arms share what
 *          they declare
 * which    loops in lanes that stand in other loops, so that the test is not all there is to a call
 *          that must be short; of values and sums alone; by up to MOST_FACTORS numbers that they do
 *          not change
 * law      mul_strong(u, x) is u*x but where that is NaN of a 0 and an infinity; a scalar sum
 *          may add a plain product in one rounding, as in any loop in lanes
 * cost     linear in the program */
#include "passes/loop_maker.h"
#include "passes/passes.h"

#include "ir/nest.h"

typedef const struct adc_node *node_t;

enum { MOST_FACTORS = 4 };

struct strong {
    struct loop_maker maker;
    const struct loop_statement *loop; /* being looked at */
    node_t factors[MOST_FACTORS];
    unsigned count;
};

/* --------------------------------------------------------------------------------- factors */

/* A value of its own that is made outside of the loop. */
static bool stays(const struct strong *s, node_t node)
{
    unsigned place = s->maker.program->place[node->id];
    if (place != LOOP_LOCAL && place != LOOP_WORK && node->op != ADC_OP_PARAM) return false;
    if (adc_indices_has(node->free, s->loop->node)) return false;
    for (size_t i = 0; i < s->loop->then.count; i++)
        if (s->loop->then.data[i]->node == node) return false;
    return true;
}

static node_t factor_of(const struct strong *s, node_t product)
{
    for (unsigned i = 0; i < 2; i++)
        if (stays(s, product->in[i])) return product->in[i];
    return NULL;
}

static bool has_factor(const struct strong *s, node_t factor)
{
    for (unsigned i = 0; i < s->count; i++)
        if (s->factors[i] == factor) return true;
    return false;
}

/* In the value and in what is printed inside of it. */
static void find(struct strong *s, node_t node, bool defined)
{
    if (!defined && s->maker.program->place[node->id] != LOOP_INLINE) return;
    if (node->op == ADC_OP_INDEX || node->op == ADC_OP_FINAL) return;
    if (node->op == ADC_OP_MUL_STRONG) {
        node_t factor = factor_of(s, node);
        if (factor && !has_factor(s, factor) && s->count < MOST_FACTORS)
            s->factors[s->count++] = factor;
    }
    for (unsigned i = node->op == ADC_OP_READ; i < node->count; i++) find(s, node->in[i], false);
}

/* ----------------------------------------------------------------------------------- copies */

/* What stands for all strong products in the value, which its own operator is taken of if it is
 * defined here. */
static void take(struct strong *s, node_t node, bool defined)
{
    struct loop_maker *m = &s->maker;
    node_t inputs[ADC_MAX_INPUTS];
    if (!defined && m->program->place[node->id] != LOOP_INLINE) return;
    if (node->op == ADC_OP_INDEX || node->op == ADC_OP_FINAL || loop_maker_has_copy(m, node))
        return;
    for (unsigned i = node->op == ADC_OP_READ; i < node->count; i++) take(s, node->in[i], false);
    if (node->op != ADC_OP_MUL_STRONG) return;
    node_t factor = factor_of(s, node);
    if (!factor || !has_factor(s, factor)) return;
    loop_maker_inputs(m, node, inputs);
    struct adc_node *plain = loop_maker_twin(m, node, inputs);
    plain->op = ADC_OP_MUL; /* a twin, which no other node is */
    loop_maker_take(m, node, plain);
}

static struct loop_statement *plain_loop(struct strong *s)
{
    struct loop_maker *m = &s->maker;
    struct loop_statement *made = loop_maker_statement(m, LOOP_FOR, s->loop->node, NULL);
    made->lanes = s->loop->lanes;
    for (size_t i = 0; i < s->loop->then.count; i++) {
        const struct loop_statement *from = s->loop->then.data[i];
        take(s, from->kind == LOOP_LET ? from->node : from->value, from->kind == LOOP_LET);
        loop_maker_copy(m, &made->then, from);
    }
    loop_maker_forget(m);
    return made;
}

/* All factors are finite and not 0. */
static node_t condition(struct strong *s)
{
    struct loop_maker *m = &s->maker;
    node_t all = NULL;
    for (unsigned i = 0; i < s->count; i++) {
        node_t factor = s->factors[i];
        node_t zero = loop_maker_zero(m, (enum adc_type)factor->type);
        node_t none = loop_maker_computed2(m, ADC_OP_EQ, factor, zero);
        node_t some = loop_maker_computed(m, ADC_OP_NOT, 1, &none);
        node_t finite = loop_maker_computed(m, ADC_OP_ISFINITE, 1, &factor);
        node_t plain = loop_maker_computed2(m, ADC_OP_AND, finite, some);
        all = all ? loop_maker_computed2(m, ADC_OP_AND, all, plain) : plain;
    }
    return all;
}

/* ------------------------------------------------------------------------------------ loops */

static void change(struct strong *s, struct loop_statement *statement)
{
    if (!loop_is_bare(statement)) return;
    s->loop = statement;
    s->count = 0;
    for (size_t i = 0; i < statement->then.count; i++) {
        const struct loop_statement *inner = statement->then.data[i];
        if (inner->kind == LOOP_LET) find(s, inner->node, true);
        else find(s, inner->value, false);
    }
    if (!s->count) return;
    struct loop_statement *kept = ADC_NEW(s->maker.arena, struct loop_statement);
    *kept = *statement;
    s->loop = kept;
    struct loop_statement *plain = plain_loop(s);
    *statement = (struct loop_statement){.kind = LOOP_BRANCH, .node = condition(s)};
    ADC_PUSH(s->maker.arena, statement->then, plain);
    ADC_PUSH(s->maker.arena, statement->otherwise, kept);
}

static void look(struct strong *s, const struct loop_block *block, bool in_loop)
{
    for (size_t i = 0; i < block->count; i++) {
        struct loop_statement *statement = block->data[i];
        bool loop = statement->kind == LOOP_FOR;
        if (loop && statement->lanes) {
            if (in_loop) change(s, statement);
        } else if (loop || statement->kind == LOOP_BRANCH) {
            look(s, &statement->then, in_loop || loop);
            look(s, &statement->otherwise, in_loop || loop);
        }
    }
}

void pass_strong(struct adc_arena *arena, struct loop_program *program)
{
    struct strong s = {.maker = {.arena = arena, .program = program}};
    if (!program->value) return;
    s.maker.known = program->function->graph->nodes.count;
    for (size_t i = 0; i < program->parts.count; i++) look(&s, &program->parts.data[i].body, false);
}
