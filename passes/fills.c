/* Drops the zeros of histories that are written whole.
 *
 * A history starts as zeros (ir/state.h). Where its loop puts every element, whatever the data, and
 * no element is read before it is put, as is the rule for histories, nobody sees the zeros, unless
 * they are an array that others read too. What is put by all passes is known by the targets: an
 * axis is covered by an index that runs from 0 to its length, of the loop, of a loop further in, or
 * of the nest that is put; at most one axis is covered by constants, one nest each. O(1) a FILL and
 * O(statements). */
#include "ir/loop.h"
#include "ir/state.h"
#include "passes/schedule.h"

typedef const struct adc_node *node_t;

enum { MOST_CONSTANTS = 64, MOST_LOOPS = 8 };

struct cover {
    node_t array;
    node_t running[MOST_LOOPS]; /* indices of the loops that put */
    unsigned loops;
    uint64_t constants; /* along the axis that they cover */
    int64_t axis;       /* that axis; -1: none so far */
};

static bool runs_over(node_t index, node_t length)
{
    bool from_zero = adc_is_const(index->in[0]) && index->in[0]->value.integer == 0;
    return index->op == ADC_OP_INDEX && from_zero && index->in[1] == length;
}

static bool among(node_t index, const node_t *list, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        if (list[i] == index) return true;
    return false;
}

/* One nest: whether it covers the array, but for the axis of constants. */
static bool add_points(struct cover *cover, node_t points)
{
    struct adc_nest nest = adc_nest_parts(points);
    if (!adc_is_true(nest.guard)) return false;
    for (unsigned axis = 0; axis < nest.rank; axis++) {
        node_t at = nest.target[axis], length = adc_shape(cover->array, axis);
        bool own = among(at, nest.index, nest.index_count);
        bool running = own || among(at, cover->running, cover->loops);
        for (unsigned before = 0; before < axis; before++)
            if (nest.target[before] == at) return false; /* a diagonal */
        if (running && runs_over(at, length)) continue;
        if (!adc_is_const(at) || !adc_is_const(length)) return false;
        if (length->value.integer > MOST_CONSTANTS || at->value.integer < 0) return false;
        if (at->value.integer >= length->value.integer) return false;
        if (cover->axis >= 0 && cover->axis != (int64_t)axis) return false;
        cover->axis = (int64_t)axis;
        cover->constants |= UINT64_C(1) << at->value.integer;
    }
    return true;
}

static bool constants_suffice(const struct cover *cover)
{
    if (cover->axis < 0) return true;
    int64_t length = adc_shape(cover->array, (unsigned)cover->axis)->value.integer;
    return cover->constants == UINT64_MAX >> (MOST_CONSTANTS - length);
}

static bool runs_through(struct cover *cover, node_t loop)
{
    struct adc_loop parts = adc_loop_parts(loop);
    if (!adc_is_true(parts.guard) || cover->loops == MOST_LOOPS) return false;
    cover->running[cover->loops++] = parts.index;
    return true;
}

/* By what is put from the end of the loop back to its start, at `zeros`. A history carried through
 * a loop further in is put there. */
static bool is_written_whole(node_t array, node_t zeros)
{
    struct cover cover = {.array = array, .axis = -1};
    node_t before[MOST_LOOPS], at = array;
    unsigned depth = 0;
    bool whole = false;
    if (!adc_is_history(array)) return false;
    while (at->op == ADC_OP_FINAL || at->op == ADC_OP_PUT || depth) {
        if (at->op == ADC_OP_FINAL) {
            if (!adc_is_history(at) || !runs_through(&cover, at->in[0])) return false;
            before[depth++] = adc_final_carried(at).init;
            at = adc_final_carried(at).next;
        } else if (at->op == ADC_OP_PUT) {
            struct cover one = cover;
            if (add_points(&one, at->in[1])) {
                cover = one;
                whole = true;
            }
            at = at->in[0];
        } else if (at->op == ADC_OP_STATE) {
            at = before[--depth]; /* of a loop that has been gone through */
            if (!depth) break;
        } else {
            return false;
        }
    }
    return at == zeros && whole && constants_suffice(&cover);
}

/* The loop is the only one that has them. */
static bool is_unseen(const struct schedule *schedule, node_t zeros)
{
    const struct loop_program *program = schedule->program;
    node_t last = program->buffers.data[program->buffer[zeros->id]].node;
    return schedule->updates.uses[zeros->id] == 1 && is_written_whole(last, zeros);
}

/* An arm may have held a fill alone. */
static bool is_idle(const struct loop_statement *statement)
{
    return statement->kind == LOOP_BRANCH && !statement->then.count && !statement->otherwise.count;
}

static void drop(const struct schedule *schedule, struct loop_block *block)
{
    size_t kept = 0;
    for (size_t i = 0; i < block->count; i++) {
        struct loop_statement *statement = block->data[i];
        if (statement->kind == LOOP_FILL && is_unseen(schedule, statement->node)) continue;
        drop(schedule, &statement->then);
        drop(schedule, &statement->otherwise);
        if (is_idle(statement)) continue;
        block->data[kept++] = statement;
    }
    block->count = kept;
}

void schedule_drop_fills(const struct schedule *schedule)
{
    struct loop_program *program = schedule->program;
    for (size_t i = 0; i < program->parts.count; i++) drop(schedule, &program->parts.data[i].body);
}
