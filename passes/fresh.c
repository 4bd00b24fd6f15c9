/* Loops in lanes end before the elements that were just stored: a vector that holds one waits until
 * the store is done, and a mask keeps what reads next waiting.
 *
 *     for j {                          for j {
 *       for k = 0 to j in lanes {        for k = 0 to j - j mod 8 in lanes { ... }
 *         s += l[i, k]*l[j, k]           for k = j - j mod 8 to j { ... }
 *       }                                l[i, j] = ... s
 *       l[i, j] = ... s                }
 *     }
 *
 * in       a program with lanes, behind all other passes over loops in lanes
 * which    loops of values and sums alone, up to the pass of the loop around them or one further,
 *          with an element in the row of one that this loop reads or writes at its pass, if either
 *          writes. All is whole vectors then, but of those that are longer than 8
 * law      the same passes in the same order; a sum gets the last terms one by one
 * cost     linear in the program; for each such loop, the accesses of the loop around it */
#include "passes/affine.h"
#include "passes/apart.h"
#include "passes/loop_maker.h"
#include "passes/passes.h"

#include "ir/nest.h"

typedef const struct adc_node *node_t;

enum { WHOLE = 8 }; /* passes: lanes of doubles in the widest vectors */

typedef ADC_VEC(struct apart_access) accesses_t;

struct fresh {
    struct loop_maker maker;
    accesses_t around, inside; /* of the loop around one in lanes, but for loops in it; of that */
};

/* -------------------------------------------------------------------------------- accesses */

static void visit(struct fresh *f, accesses_t *list, node_t node, bool defined)
{
    if (!defined && f->maker.program->place[node->id] != LOOP_INLINE) return;
    if (node->op == ADC_OP_INDEX || node->op == ADC_OP_FINAL) return;
    if (node->op == ADC_OP_READ) {
        struct apart_access access = {apart_array(node->in[0]), node->in + 1, true, false};
        ADC_PUSH(f->maker.arena, *list, access);
    }
    for (unsigned i = node->op == ADC_OP_READ; i < node->count; i++)
        visit(f, list, node->in[i], false);
}

static void visit_block(struct fresh *f, accesses_t *list, const struct loop_block *block)
{
    for (size_t i = 0; i < block->count; i++) {
        const struct loop_statement *statement = block->data[i];
        bool self = statement->kind == LOOP_LET ||
                    (statement->kind == LOOP_SET && statement->value == statement->node);
        if (self) visit(f, list, statement->node, true);
        else if (statement->value && statement->kind != LOOP_FOR)
            visit(f, list, statement->value, false);
        if (statement->kind == LOOP_REDUCE && statement->node->rank) {
            struct apart_access access = {.array = statement->node};
            access.element = adc_nest_parts(statement->node).target;
            ADC_PUSH(f->maker.arena, *list, access);
        }
        if (statement->kind != LOOP_BRANCH) continue;
        visit_block(f, list, &statement->then);
        visit_block(f, list, &statement->otherwise);
    }
}

/* One at `at` of the row that the other runs along with the index; and it is written. */
static bool meet(const struct fresh *f, const struct apart_access *inner, node_t index,
                 const struct apart_access *outer, node_t at)
{
    unsigned last = inner->array->rank - 1u;
    int64_t distance;
    if (inner->read && outer->read) return false;
    if (!apart_same_array(f->maker.program, inner->array, outer->array)) return false;
    if (outer->array->rank != last + 1 || inner->element[last] != index) return false;
    for (unsigned axis = 0; axis < last; axis++)
        if (inner->element[axis] != outer->element[axis]) return false;
    return affine_distance(outer->element[last], at, &distance) && distance >= -1 && distance <= 1;
}

static bool is_fresh(const struct fresh *f, node_t index, node_t at)
{
    for (size_t i = 0; i < f->inside.count; i++)
        for (size_t j = 0; j < f->around.count; j++)
            if (meet(f, &f->inside.data[i], index, &f->around.data[j], at)) return true;
    return false;
}

/* ----------------------------------------------------------------------------------- loops */

/* From 0 to the pass of the loop around it, which is no negative number, or to the next. */
static bool ends_there(const struct loop_statement *loop, node_t around)
{
    node_t low = loop->node->in[0], first = around->in[0];
    int64_t distance;
    if (!adc_is_const(low) || low->value.integer) return false;
    if (!adc_is_const(first) || first->value.integer < 0) return false;
    return affine_distance(loop->node->in[1], around, &distance) && distance >= 0 && distance <= 1;
}

static void add_loop(struct fresh *f, const struct loop_statement *loop, const node_t *ends,
                     const struct loop_lanes *lanes, struct loop_block *block)
{
    struct loop_maker *m = &f->maker;
    struct loop_statement *made = loop_maker_add(m, block, LOOP_FOR, loop->node, NULL);
    made->node = loop_maker_twin(m, loop->node, ends);
    made->lanes = lanes;
    loop_maker_take(m, loop->node, made->node);
    for (size_t i = 0; i < loop->then.count; i++)
        loop_maker_copy(m, &made->then, loop->then.data[i]);
    loop_maker_forget(m);
}

static void cut(struct fresh *f, const struct loop_statement *loop, struct loop_block *block)
{
    struct loop_maker *m = &f->maker;
    node_t low = loop->node->in[0], high = loop->node->in[1];
    node_t left = loop_maker_computed2(m, ADC_OP_IMOD, high, loop_maker_int(m, WHOLE));
    node_t whole = loop_maker_computed2(m, ADC_OP_ISUB, high, left);
    loop_maker_place(m, whole, LOOP_LOCAL);
    loop_maker_add(m, block, LOOP_LET, whole, NULL);
    add_loop(f, loop, (node_t[]){low, whole}, loop->lanes, block);
    add_loop(f, loop, (node_t[]){whole, high}, NULL, block);
}

static void look(struct fresh *f, struct loop_block *block, const struct loop_statement *around);

static void look_around(struct fresh *f, struct loop_statement *loop)
{
    accesses_t kept = f->around;
    f->around = (accesses_t){0};
    visit_block(f, &f->around, &loop->then);
    look(f, &loop->then, loop);
    f->around = kept;
}

static void look(struct fresh *f, struct loop_block *block, const struct loop_statement *around)
{
    struct loop_block made = {0};
    for (size_t i = 0; i < block->count; i++) {
        struct loop_statement *statement = block->data[i];
        if (statement->kind == LOOP_BRANCH) {
            look(f, &statement->then, around);
            look(f, &statement->otherwise, around);
        } else if (statement->kind == LOOP_FOR && !statement->lanes) {
            look_around(f, statement);
        } else if (around && loop_is_bare(statement) && ends_there(statement, around->node)) {
            f->inside.count = 0;
            visit_block(f, &f->inside, &statement->then);
            if (is_fresh(f, statement->node, around->node)) {
                cut(f, statement, &made);
                continue;
            }
        }
        ADC_PUSH(f->maker.arena, made, statement);
    }
    *block = made;
}

void pass_fresh(struct adc_arena *arena, struct loop_program *program)
{
    struct fresh f = {.maker = {.arena = arena, .program = program}};
    if (!program->value) return;
    f.maker.known = program->function->graph->nodes.count;
    for (size_t i = 0; i < program->parts.count; i++) look(&f, &program->parts.data[i].body, NULL);
}
