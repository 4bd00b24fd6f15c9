/* What a loop adds to single elements, it adds to variables.
 *
 *     for n { ... p_bar[1] += x }      var s; for n { ... s += x }; if 1 < K { p_bar[1] += s }
 *
 * in       a scheduled program, before pass_lanes: a variable is a vector in lanes, where an
 *          element is a sum over the lanes, a load, an addition and a store for each of them
 * out      the same program; the element is met once, behind the loop. It is there if a pass met
 *          it, and where none did the sum is 0
 * which    elements at places that are numbers, of arrays that the loop does nothing else with than
 *          add to such; loops without state, outermost ones first
 * law      sums in another order: not under `--strict`
 * cost     linear in the program */
#include "passes/loop_maker.h"
#include "passes/passes.h"
#include "passes/uses.h"

#include "ir/nest.h"

typedef const struct adc_node *node_t;

enum { MOST_SINGLES = 16 }; /* of a loop */

struct single {
    node_t nest, sum;
};

struct singles {
    struct loop_maker maker;
    struct uses others; /* arrays that the loop does more with */
    bool calls;         /* parts, which are not looked into */
    struct single list[MOST_SINGLES];
    unsigned count;
};

/* Numbers that are inside of the array, or can be shown to be where it is long enough. */
static bool is_single(node_t nest)
{
    struct adc_nest parts = adc_nest_parts(nest);
    bool real = nest->type == ADC_F64 || nest->type == ADC_F32;
    if (!nest->rank || nest->number != ADC_REDUCE_SUM || !real) return false;
    for (unsigned i = 0; i < nest->rank; i++) {
        node_t length = adc_shape(nest, i), place = parts.target[i];
        if (!adc_is_const(place) || place->value.integer < 0) return false;
        if (length->op == ADC_OP_PARAM) continue;
        if (!adc_is_const(length) || place->value.integer >= length->value.integer) return false;
    }
    return true;
}

static void look_at(struct singles *s, const struct loop_block *block)
{
    for (size_t i = 0; i < block->count; i++) {
        const struct loop_statement *statement = block->data[i];
        node_t node = statement->node;
        bool other = statement->kind == LOOP_REDUCE && node->rank && !is_single(node);
        uses_statement(&s->others, statement);
        if (other || statement->kind == LOOP_FILL) uses_array(&s->others, node);
        s->calls |= statement->kind == LOOP_CALL;
        look_at(s, &statement->then);
        look_at(s, &statement->otherwise);
    }
}

/* --------------------------------------------------------------------------------- variables */

static bool is_same(const struct singles *s, node_t a, node_t b)
{
    struct adc_nest one = adc_nest_parts(a), other = adc_nest_parts(b);
    const uint32_t *buffer = s->maker.program->buffer;
    if (buffer[a->id] != buffer[b->id] || a->rank != b->rank) return false;
    for (unsigned i = 0; i < a->rank; i++)
        if (one.target[i]->value.integer != other.target[i]->value.integer) return false;
    return true;
}

/* A scalar sum, of which the nest says nothing: statements do. */
static node_t make_sum(struct singles *s, node_t like)
{
    struct adc_graph *graph = s->maker.program->function->graph;
    struct adc_nest nest = {.reduce = ADC_REDUCE_SUM, .index_count = 1};
    nest.value = adc_const(graph, like->type, (union adc_value){.bits = 0});
    nest.index = adc_nest_parts(like).index;
    node_t made = adc_nest(graph, &nest);
    made = adc_twin(graph, made, made->in);
    loop_maker_place(&s->maker, nest.value, LOOP_LEAF);
    loop_maker_place(&s->maker, made, LOOP_LOCAL);
    return made;
}

/* The variable for the element; NULL if there are too many. */
static node_t sum_for(struct singles *s, node_t nest)
{
    for (unsigned i = 0; i < s->count; i++)
        if (is_same(s, s->list[i].nest, nest)) return s->list[i].sum;
    if (s->count == MOST_SINGLES) return NULL;
    s->list[s->count].nest = nest;
    return s->list[s->count++].sum = make_sum(s, nest);
}

static void replace(struct singles *s, struct loop_block *block)
{
    const struct loop_program *program = s->maker.program;
    for (size_t i = 0; i < block->count; i++) {
        struct loop_statement *statement = block->data[i];
        bool single = statement->kind == LOOP_REDUCE && is_single(statement->node) &&
                      s->others.number[program->buffer[statement->node->id]] != s->others.now;
        node_t sum = single && adc_nest_parts(statement->node).index_count
                         ? sum_for(s, statement->node)
                         : NULL;
        if (sum) statement->node = sum;
        replace(s, &statement->then);
        replace(s, &statement->otherwise);
    }
}

/* --------------------------------------------------------------------------------- statements */

static struct loop_statement *new_statement(struct singles *s, enum loop_kind kind, node_t node)
{
    struct loop_statement *made = ADC_NEW(s->maker.arena, struct loop_statement);
    made->kind = kind;
    made->node = node;
    return made;
}

/* if 1 < K { p_bar[1] += s }, without the condition where the length is a number. */
static struct loop_statement *addition(struct singles *s, const struct single *single)
{
    struct loop_statement *made = new_statement(s, LOOP_REDUCE, single->nest);
    struct adc_nest parts = adc_nest_parts(single->nest);
    made->value = single->sum;
    for (unsigned i = 0; i < single->nest->rank; i++) {
        node_t length = adc_shape(single->nest, i), condition;
        if (length->op != ADC_OP_PARAM) continue;
        condition = loop_maker_computed2(&s->maker, ADC_OP_ILT, parts.target[i], length);
        struct loop_statement *branch = new_statement(s, LOOP_BRANCH, condition);
        ADC_PUSH(s->maker.arena, branch->then, made);
        made = branch;
    }
    return made;
}

static void change(struct singles *s, struct loop_statement *loop, struct loop_block *made)
{
    struct adc_arena *arena = s->maker.arena;
    s->others.now++;
    s->calls = false;
    s->count = 0;
    look_at(s, &loop->then);
    if (!s->calls) replace(s, &loop->then);
    for (unsigned i = 0; i < s->count; i++)
        ADC_PUSH(arena, *made, new_statement(s, LOOP_VAR, s->list[i].sum));
    ADC_PUSH(arena, *made, loop);
    for (unsigned i = 0; i < s->count; i++) ADC_PUSH(arena, *made, addition(s, &s->list[i]));
}

static void visit(struct singles *s, struct loop_block *block)
{
    struct loop_block made = {0};
    for (size_t i = 0; i < block->count; i++) {
        struct loop_statement *statement = block->data[i];
        bool loop = statement->kind == LOOP_FOR;
        if (loop && !statement->value) {
            change(s, statement, &made);
            continue;
        }
        visit(s, &statement->then);
        visit(s, &statement->otherwise);
        ADC_PUSH(s->maker.arena, made, statement);
    }
    *block = made;
}

void pass_singles(struct adc_arena *arena, struct loop_program *program)
{
    struct singles s = {.maker = {.arena = arena, .program = program}};
    s.maker.known = program->function->graph->nodes.count;
    s.others.program = program;
    s.others.number = ADC_NEW_ARRAY(arena, uint32_t, program->buffers.count);
    for (size_t i = 0; i < program->parts.count; i++) visit(&s, &program->parts.data[i].body);
}
