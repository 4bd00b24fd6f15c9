/* Innermost loops over the same range that stand one behind the other become one, and what a pass
 * stores and loads again goes by a variable.
 *
 *     for i { x[i] = v }  for i { y[i] += x[i] }        for i { y[i] += v }
 *
 * in       a scheduled program, before pass_lanes. The updates of loops over state, forward and
 *          back, are such loops: copies of states, zeros, and sums into them
 * joined   if an array that one of them writes is touched by the other at the same element in the
 *          same pass alone, or at elements that are told apart by constants; and if neither asks
 *          for a sum that the other makes
 * zeros    an array of one axis that is filled before the loop is not filled if the loop writes
 *          each element before anything else is done with it
 * nobody   an array that nobody reads any more, and a value nobody asks for, go
 * law      every value is computed by the same operations in the same order: bit for bit
 * cost     pairs of accesses of two loops, whose number is bounded; linear in the program */
#include "passes/join.h"

#include "passes/passes.h"

typedef const struct adc_node *node_t;

/* Of a loop. More would not fit into registers, and take long to compare. */
enum { MOST_STATEMENTS = 96, MOST_ACCESSES = 256 };

/* ------------------------------------------------------------------------------- nodes */

/* Equal ints of two loops, each a tree of what is printed where it is used. */
static bool same_int(const struct loop_maker *j, node_t a, node_t a_index, node_t b, node_t b_index)
{
    if (a == b) return a_index == b_index || !adc_indices_has(a->free, b_index);
    if (a == a_index || b == b_index) return a == a_index && b == b_index;
    if (a->op != b->op || a->count != b->count || a->number != b->number || !a->count) return false;
    if (!join_is_inline(j, a) || !join_is_inline(j, b) || a->op == ADC_OP_READ) return false;
    for (unsigned i = 0; i < a->count; i++)
        if (!same_int(j, a->in[i], a_index, b->in[i], b_index)) return false;
    return true;
}

enum join_relation join_compare(const struct loop_maker *j, const struct join_access *a,
                                const struct join_access *b)
{
    bool same = true;
    if (!adc_same_shape(a->array, b->array)) return JOIN_UNKNOWN; /* of two that share memory */
    for (unsigned i = 0; i < a->rank; i++) {
        node_t x = a->element[i], y = b->element[i];
        if (adc_is_const(x) && adc_is_const(y) && x->value.integer != y->value.integer)
            return JOIN_APART;
        same = same && same_int(j, x, a->index, y, b->index);
    }
    return same ? JOIN_SAME : JOIN_UNKNOWN;
}

/* ---------------------------------------------------------------------------- accesses */

static void add_access(struct join_list *l, node_t array, const node_t *element, unsigned rank,
                       bool written)
{
    struct join_access access = {apart_array(array), l->index, element, rank, written};
    if (l->list.count == MOST_ACCESSES) l->possible = false;
    else ADC_PUSH(l->maker->arena, l->list, access);
}

/* Of what a node is made of, as far as it is printed there. */
static void look_inside(struct join_list *l, node_t node)
{
    bool read = node->op == ADC_OP_READ;
    if (read && apart_array(node->in[0])->op != ADC_OP_PARAM)
        add_access(l, node->in[0], node->in + 1, node->count - 1, false);
    for (unsigned i = read; i < node->count; i++) {
        if (join_is_inline(l->maker, node->in[i])) look_inside(l, node->in[i]);
        else if (node->in[i]->op == ADC_OP_NEST) add_access(l, node->in[i], NULL, 0, false);
    }
}

static void look_at_value(struct join_list *l, node_t value)
{
    if (join_is_inline(l->maker, value)) look_inside(l, value);
    else if (value->op == ADC_OP_NEST) add_access(l, value, NULL, 0, false);
}

/* Passes write to elements of their own, or add to scalars. */
static void look_at_reduce(struct join_list *l, const struct loop_statement *statement)
{
    struct adc_nest parts = adc_nest_parts(statement->node);
    look_at_value(l, statement->value);
    for (unsigned i = 0; i < parts.rank; i++) look_at_value(l, parts.target[i]);
    l->possible &= !parts.rank || adc_among(l->index, parts.target, parts.rank);
    l->wide &= statement->node->type == ADC_F64;
    add_access(l, statement->node, parts.target, parts.rank, true);
}

bool join_accesses(struct loop_maker *j, const struct loop_statement *loop, struct join_list *l)
{
    *l =
        (struct join_list){.maker = j, .index = loop->node, .possible = !loop->value, .wide = true};
    if (loop->kind != LOOP_FOR || loop->then.count > MOST_STATEMENTS) return false;
    for (size_t i = 0; i < loop->then.count && l->possible; i++) {
        const struct loop_statement *statement = loop->then.data[i];
        bool let = statement->kind == LOOP_LET &&
                   j->program->place[statement->node->id] == LOOP_LOCAL && !statement->node->rank;
        if (let) look_inside(l, statement->node);
        else if (statement->kind == LOOP_REDUCE) look_at_reduce(l, statement);
        else return false;
    }
    return l->possible;
}

static bool agree(const struct loop_maker *j, const struct join_access *a,
                  const struct join_access *b)
{
    if (!a->written && !b->written) return true;
    if (!a->rank || !b->rank) return a->array != b->array;
    if (!join_same_buffer(j, a->array, b->array)) return true;
    enum join_relation relation = join_compare(j, a, b);
    if (relation == JOIN_SAME) return adc_among(a->index, a->element, a->rank);
    return relation == JOIN_APART;
}

static bool all_agree(const struct loop_maker *j, const struct join_list *a,
                      const struct join_list *b)
{
    for (size_t i = 0; i < a->list.count; i++)
        for (size_t k = 0; k < b->list.count; k++)
            if (!agree(j, &a->list.data[i], &b->list.data[k])) return false;
    return true;
}

static bool touches(const struct loop_maker *j, const struct join_list *l, node_t array)
{
    for (size_t i = 0; i < l->list.count; i++)
        if (l->list.data[i].rank && join_same_buffer(j, l->list.data[i].array, array)) return true;
    return false;
}

/* ------------------------------------------------------------------------------ copies */

static node_t with_inputs(struct loop_maker *j, node_t node)
{
    node_t inputs[ADC_MAX_INPUTS];
    return loop_maker_inputs(j, node, inputs) ? loop_maker_twin(j, node, inputs) : node;
}

void join_replace(struct loop_maker *j, struct loop_statement *statement)
{
    node_t node = statement->node;
    if (statement->kind == LOOP_LET) {
        statement->node = with_inputs(j, node);
        if (statement->node != node) loop_maker_take(j, node, statement->node);
        return;
    }
    statement->value = loop_maker_replaced(j, statement->value);
    if (node->rank) statement->node = with_inputs(j, node);
}

/* ------------------------------------------------------------------------------- blocks */

static void append(struct loop_maker *j, struct loop_statement *loop,
                   const struct loop_statement *more)
{
    loop_maker_take(j, more->node, loop->node);
    for (size_t i = 0; i < more->then.count; i++) {
        join_replace(j, more->then.data[i]);
        ADC_PUSH(j->arena, loop->then, more->then.data[i]);
    }
    loop_maker_forget(j);
}

/* The program asks the same of both. */
static bool same_hint(const struct loop_maker *j, node_t a, node_t b)
{
    const struct adc_graph *graph = j->program->function->graph;
    struct adc_hint one = adc_graph_hint(graph, a), other = adc_graph_hint(graph, b);
    return one.tile == other.tile && one.copies == other.copies;
}

/* Where the loop may go: behind the last of the block, which it becomes a part of, if what stands
 * between them may stand before both. */
static struct loop_statement *host_of(struct loop_maker *j, const struct loop_block *block,
                                      const struct loop_statement *loop,
                                      const struct join_list *own)
{
    struct join_list other;
    size_t at = block->count;
    while (at > 0 && (block->data[at - 1]->kind == LOOP_FILL ||
                      (block->data[at - 1]->kind == LOOP_VAR && !block->data[at - 1]->value)))
        at--;
    struct loop_statement *host = at ? block->data[at - 1] : NULL;
    if (!host || !join_accesses(j, host, &other)) return NULL;
    if (!same_hint(j, host->node, loop->node) || host->node->in[0] != loop->node->in[0] ||
        host->node->in[1] != loop->node->in[1])
        return NULL;
    if (other.wide != own->wide || host->then.count + loop->then.count > MOST_STATEMENTS ||
        !all_agree(j, &other, own))
        return NULL;
    for (; at < block->count; at++)
        if (block->data[at]->kind == LOOP_FILL && touches(j, &other, block->data[at]->node))
            return NULL;
    return host;
}

/* The host moves behind what stood between it and the loop. */
static void move_back(struct loop_block *block, struct loop_statement *host)
{
    join_take_out(block, host);
    block->data[block->count++] = host;
}

/* Nothing more joins the loop. */
static void finish(struct loop_maker *j, struct loop_block *block,
                   const struct loop_statement *loop)
{
    size_t at = block->count - 1;
    while (block->data[at] != loop) at--;
    join_forward(j, block, at);
}

static void look_at(struct loop_maker *j, struct loop_block *block)
{
    struct loop_block made = {0};
    struct loop_statement *open = NULL;
    for (size_t i = 0; i < block->count; i++) {
        struct loop_statement *statement = block->data[i], *host = NULL;
        struct join_list own;
        bool simple = join_accesses(j, statement, &own);
        if (simple) host = host_of(j, &made, statement, &own);
        if (host) {
            append(j, host, statement);
            move_back(&made, host);
            continue;
        }
        bool between = statement->kind == LOOP_FILL || statement->kind == LOOP_VAR;
        if (open && !between) finish(j, &made, open);
        if (!between) open = simple ? statement : NULL;
        if (!simple) look_at(j, &statement->then);
        if (!simple) look_at(j, &statement->otherwise);
        ADC_PUSH(j->arena, made, statement);
    }
    if (open) finish(j, &made, open);
    *block = made;
}

void pass_join(struct adc_arena *arena, struct loop_program *program)
{
    struct loop_maker j = {.arena = arena, .program = program};
    j.known = program->function->graph->nodes.count;
    for (size_t i = 0; i < program->parts.count; i++) look_at(&j, &program->parts.data[i].body);
    join_drop(&j);
}
