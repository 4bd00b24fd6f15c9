/* Drops the zeros of arrays that are written whole: histories, and arrays made piece by piece.
 *
 * An array that is no history is put as boxes of elements (gather.c). Along an axis there may be
 * three of them, [0, b), [p, q) and [r, length), where b is p or min(p, length) and r is q or
 * max(q, b): whatever the numbers, every element is in one of these.
 *
 * A history starts as zeros (ir/state.h). Where its loop puts every element, whatever the data, and
 * no element is read before it is put, as is the rule for histories, nobody sees the zeros, unless
 * they are an array that others read too. What is put by all passes is known by the targets: an
 * axis is covered by an index that runs from 0 to its length, of the loop, of a loop further in, or
 * of the nest that is put; at most one axis is covered by constants, one nest each. Or by an index
 * of the loop plus c, where the first pass puts the c elements before: without a pass nobody reads
 * of it. Lengths that nobody else asks for go with the zeros. O(1) a FILL and O(statements). */
#include "ir/loop.h"
#include "ir/state.h"
#include "passes/point.h"
#include "passes/schedule.h"
#include "passes/uses.h"

typedef const struct adc_node *node_t;

enum { MOST_CONSTANTS = 64, MOST_LOOPS = 8 };

struct cover {
    node_t array;
    /* Along the axis `moved` - 1 all passes put what comes behind the first `before` elements, the
     * first pass puts those in `begun` (along `begun_axis` - 1); indices of the loops that do. */
    unsigned moved, begun_axis;
    node_t moves, begins;
    int64_t before;
    uint64_t begun;
    node_t running[MOST_LOOPS]; /* indices of the loops that put */
    unsigned loops;
    uint64_t constants; /* along the axis that they cover */
    int64_t axis;       /* that axis; -1: none so far */
    bool whole;         /* something is put in all passes */
};

/* e is `rest` and a constant that is greater than 0; NULL if it is not. */
static node_t rest_of(node_t e, int64_t *constant)
{
    if (e->op != ADC_OP_IADD || !adc_is_const(e->in[1])) return NULL;
    *constant = e->in[1]->value.integer;
    return *constant > 0 ? e->in[0] : NULL;
}

/* At `index + c`, of `length + c` elements, where the index of a loop runs from 0 to that length:
 * all but the first c elements. */
static bool is_moved(struct cover *cover, unsigned axis, node_t at, node_t length)
{
    int64_t by = 0, more = 0;
    node_t index = rest_of(at, &by), end = rest_of(length, &more);
    if (!index || !end || by != more || by >= MOST_CONSTANTS || cover->moved) return false;
    if (!adc_among(index, cover->running, cover->loops) || !point_runs_over(index, end))
        return false;
    cover->moved = axis + 1;
    cover->moves = index;
    cover->before = by;
    return true;
}

/* One of the first elements of an axis, put in the first pass. */
static bool is_begun(struct cover *cover, unsigned axis, node_t at)
{
    if (!adc_is_const(at) || at->value.integer < 0 || at->value.integer >= MOST_CONSTANTS)
        return false;
    if (cover->begun_axis && cover->begun_axis != axis + 1) return false;
    cover->begun_axis = axis + 1;
    cover->begun |= UINT64_C(1) << at->value.integer;
    return true;
}

/* Asked in the first pass of a loop that puts. */
static bool is_first_pass(struct cover *cover, node_t guard)
{
    if (guard->op != ADC_OP_IEQ || !adc_is_int_value(guard->in[1], 0)) return false;
    if (cover->begins && cover->begins != guard->in[0]) return false;
    cover->begins = guard->in[0];
    return adc_among(guard->in[0], cover->running, cover->loops);
}

/* One nest: whether it covers the array, but for the axis of constants. */
static bool add_points(struct cover *cover, node_t points)
{
    struct adc_nest nest = adc_nest_parts(points);
    bool begins = is_first_pass(cover, nest.guard), begun = false;
    if (!begins && !adc_is_true(nest.guard)) return false;
    for (unsigned axis = 0; axis < nest.rank; axis++) {
        node_t at = nest.target[axis], length = adc_shape(cover->array, axis);
        if (!begins && is_moved(cover, axis, at, length)) continue;
        if (begins && !begun && is_begun(cover, axis, at)) {
            begun = true;
            continue;
        }
        bool own = adc_among(at, nest.index, nest.index_count);
        bool running = own || adc_among(at, cover->running, cover->loops);
        for (unsigned before = 0; before < axis; before++)
            if (nest.target[before] == at) return false; /* a diagonal */
        if (running && point_runs_over(at, length)) continue;
        if (!adc_is_const(at) || !adc_is_const(length)) return false;
        if (length->value.integer > MOST_CONSTANTS || at->value.integer < 0) return false;
        if (at->value.integer >= length->value.integer) return false;
        if (cover->axis >= 0 && cover->axis != (int64_t)axis) return false;
        cover->axis = (int64_t)axis;
        cover->constants |= UINT64_C(1) << at->value.integer;
    }
    cover->whole |= !begins;
    return begun == begins;
}

static bool is_begun_enough(const struct cover *cover)
{
    uint64_t all = (UINT64_C(1) << cover->before) - 1;
    if (!cover->moved && !cover->begun) return true;
    return cover->moved && cover->moved == cover->begun_axis && cover->moves == cover->begins &&
           (cover->begun & all) == all;
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
    if (!adc_is_history(array)) return false;
    while (at->op == ADC_OP_FINAL || at->op == ADC_OP_PUT || depth) {
        if (at->op == ADC_OP_FINAL) {
            if (!adc_is_history(at) || !runs_through(&cover, at->in[0])) return false;
            before[depth++] = adc_final_carried(at).init;
            at = adc_final_carried(at).next;
        } else if (at->op == ADC_OP_PUT) {
            struct cover one = cover;
            if (add_points(&one, at->in[1])) cover = one;
            at = at->in[0];
        } else if (at->op == ADC_OP_STATE) {
            at = before[--depth]; /* of a loop that has been gone through */
            if (!depth) break;
        } else {
            return false;
        }
    }
    return at == zeros && cover.whole && constants_suffice(&cover) && is_begun_enough(&cover);
}

/* -------------------------------------------------------------------- pieces of an array */

enum { MOST_PIECES = 2 * ADC_MAX_RANK + 1 };

struct filling {
    const struct schedule *schedule;
    node_t *put;     /* by id of an array: the PUT that changes it */
    uint8_t *length; /* by id: the first one of an array whose zeros went */
};

struct boxes {
    node_t nest[MOST_PIECES];
    unsigned count;
};

struct range {
    node_t low, high;
};

static struct range range_of(node_t nest, unsigned axis)
{
    node_t index = adc_nest_parts(nest).target[axis];
    return (struct range){index->in[0], index->in[1]};
}

/* The boxes with a range along an axis; a NULL: any. */
static struct boxes boxes_with(const struct boxes *boxes, unsigned axis, struct range range)
{
    struct boxes found = {.count = 0};
    for (unsigned i = 0; i < boxes->count; i++) {
        struct range own = range_of(boxes->nest[i], axis);
        if ((!range.low || own.low == range.low) && (!range.high || own.high == range.high))
            found.nest[found.count++] = boxes->nest[i];
    }
    return found;
}

static bool is_choice(node_t node, enum adc_op op, node_t a, node_t b)
{
    return node->op == op &&
           ((node->in[0] == a && node->in[1] == b) || (node->in[0] == b && node->in[1] == a));
}

/* Whether [0, before) reaches to p. */
static bool reaches(node_t before, node_t p, node_t length)
{
    return before == p || is_choice(before, ADC_OP_IMIN, p, length);
}

/* Whether [behind, length) begins at q, or further in where the first box has come that far. */
static bool begins(node_t behind, node_t q, node_t before)
{
    if (behind == q || behind == before) return true;
    if (behind->op != ADC_OP_IMAX) return false;
    node_t other = behind->in[behind->in[0] == q ? 1 : 0];
    if (behind->in[0] != q && behind->in[1] != q) return false;
    if (other == before || (adc_is_int_value(before, 0) && adc_is_int_value(other, 0))) return true;
    return other->op == ADC_OP_IMAX && (other->in[0] == before || other->in[1] == before) &&
           (adc_is_int_value(other->in[0], 0) || adc_is_int_value(other->in[1], 0));
}

static bool cover_from(const struct boxes *boxes, node_t array, unsigned axis);

static bool range_covers(const struct boxes *boxes, node_t array, unsigned axis, struct range range)
{
    struct boxes some = boxes_with(boxes, axis, range);
    return some.count && cover_from(&some, array, axis + 1);
}

/* Whether boxes cover what is behind the inside [p, q) of an axis and before it. */
static bool ends_cover(const struct boxes *boxes, node_t array, unsigned axis, struct range inside)
{
    node_t length = adc_shape(array, axis),
           before = adc_is_int_value(inside.low, 0) ? inside.low : NULL;
    for (unsigned i = 0; !before && i < boxes->count; i++) {
        struct range first = range_of(boxes->nest[i], axis);
        if (adc_is_int_value(first.low, 0) && reaches(first.high, inside.low, length) &&
            range_covers(boxes, array, axis, first))
            before = first.high;
    }
    if (!before || inside.high == length) return before != NULL;
    for (unsigned i = 0; i < boxes->count; i++) {
        struct range last = range_of(boxes->nest[i], axis);
        if (last.high == length && begins(last.low, inside.high, before) &&
            range_covers(boxes, array, axis, last))
            return true;
    }
    return false;
}

/* Along this axis and those behind it. Recursion ends at the rank. */
static bool cover_from(const struct boxes *boxes, node_t array, unsigned axis)
{
    if (axis == array->rank) return true;
    for (unsigned i = boxes->count; i-- > 0;) {
        struct range inside = range_of(boxes->nest[i], axis);
        if (range_covers(boxes, array, axis, inside) && ends_cover(boxes, array, axis, inside))
            return true;
    }
    return false;
}

/* A box of elements, each at its own point. */
static bool is_box(node_t nest)
{
    struct adc_nest parts = adc_nest_parts(nest);
    if (!adc_is_true(parts.guard) || parts.index_count != parts.rank) return false;
    for (unsigned axis = 0; axis < parts.rank; axis++) {
        if (!adc_among(parts.target[axis], parts.index, parts.index_count)) return false;
        if (adc_among(parts.target[axis], parts.target, axis)) return false;
        for (unsigned i = 0; i < parts.rank; i++) /* ranges that are the same at all points */
            if (adc_indices_has(parts.target[axis]->in[0]->free, parts.index[i]) ||
                adc_indices_has(parts.target[axis]->in[1]->free, parts.index[i]))
                return false;
    }
    return true;
}

/* Put from `zeros` on, before anybody else sees one of the versions. */
static bool is_put_whole(const struct filling *f, node_t zeros)
{
    struct boxes boxes = {.count = 0};
    const uint32_t *uses = f->schedule->updates.uses;
    node_t put = f->put[zeros->id];
    for (node_t at = zeros; put && uses[at->id] == 1; put = f->put[at->id]) {
        if (boxes.count == MOST_PIECES) return false;
        if (is_box(put->in[1])) boxes.nest[boxes.count++] = put->in[1];
        if (boxes.count && cover_from(&boxes, zeros, 0)) return true;
        at = put;
    }
    return false;
}

/* Nobody else asks for them. */
static bool is_unseen(const struct filling *f, node_t zeros)
{
    const struct loop_program *program = f->schedule->program;
    node_t last = program->buffers.data[program->buffer[zeros->id]].node;
    return f->schedule->updates.uses[zeros->id] == 1 &&
           (is_written_whole(last, zeros) || is_put_whole(f, zeros));
}

/* An arm may have held a fill alone. */
static bool is_idle(const struct loop_statement *statement)
{
    return statement->kind == LOOP_BRANCH && !statement->then.count && !statement->otherwise.count;
}

static void drop(const struct filling *f, struct loop_block *block)
{
    size_t kept = 0;
    for (size_t i = 0; i < block->count; i++) {
        struct loop_statement *statement = block->data[i];
        if (statement->kind == LOOP_FILL && is_unseen(f, statement->node)) {
            f->length[adc_shape(statement->node, 0)->id] = 1;
            continue;
        }
        drop(f, &statement->then);
        drop(f, &statement->otherwise);
        if (is_idle(statement)) continue;
        block->data[kept++] = statement;
    }
    block->count = kept;
}

/* ---------------------------------------------------------------------------- lengths */

static void mark_block(struct uses *uses, const struct loop_block *block)
{
    for (size_t i = 0; i < block->count; i++) {
        const struct loop_statement *statement = block->data[i];
        uses_statement(uses, statement);
        mark_block(uses, &statement->then);
        mark_block(uses, &statement->otherwise);
        if (statement->kind == LOOP_FILL) uses_value(uses, adc_shape(statement->node, 0));
    }
}

/* Places of elements ask for all lengths but the first. */
static void mark_all(const struct filling *f, struct uses *uses)
{
    const struct loop_program *program = f->schedule->program;
    for (size_t id = 0; id < uses->known; id++) {
        node_t array = f->schedule->graph->nodes.data[id];
        for (unsigned axis = 1; axis < array->rank; axis++)
            uses_value(uses, adc_shape(array, axis));
    }
    for (size_t i = 0; i < program->parts.count; i++)
        mark_block(uses, &program->parts.data[i].body);
}

static bool has_inline(const struct loop_program *program, node_t node)
{
    for (unsigned i = 0; i < node->count; i++)
        if (program->place[node->in[i]->id] == LOOP_INLINE) return true;
    return false;
}

/* It can be said again where a pass over loops should come to ask for it. */
static bool is_short(const struct loop_program *program, node_t length)
{
    if (program->place[length->id] != LOOP_LOCAL) return false;
    for (unsigned i = 0; i < length->count; i++)
        if (has_inline(program, length->in[i])) return false;
    return true;
}

/* Lengths have variables in front of all else. */
static void drop_lengths(const struct filling *f, struct loop_block *block, const struct uses *uses)
{
    size_t kept = 0;
    for (size_t i = 0; i < block->count; i++) {
        struct loop_statement *statement = block->data[i];
        node_t node = statement->node;
        if (statement->kind == LOOP_LET && f->length[node->id] && !uses->values[node->id] &&
            is_short(uses->program, node))
            uses->program->place[node->id] = LOOP_INLINE;
        else block->data[kept++] = statement;
    }
    block->count = kept;
}

void schedule_drop_fills(const struct schedule *schedule)
{
    struct loop_program *program = schedule->program;
    struct filling f = {.schedule = schedule};
    struct uses uses = {.program = program, .now = 1, .known = schedule->count};
    f.put = ADC_NEW_ARRAY(schedule->scratch, node_t, schedule->count);
    f.length = ADC_NEW_ARRAY(schedule->scratch, uint8_t, schedule->count);
    uses.values = ADC_NEW_ARRAY(schedule->scratch, uint32_t, schedule->count);
    uses.number = ADC_NEW_ARRAY(schedule->scratch, uint32_t, program->buffers.count);
    for (size_t id = 0; id < schedule->count; id++) {
        node_t node = schedule->graph->nodes.data[id];
        if (schedule->updates.live[id] && node->op == ADC_OP_PUT) f.put[node->in[0]->id] = node;
    }
    for (size_t i = 0; i < program->parts.count; i++) drop(&f, &program->parts.data[i].body);
    mark_all(&f, &uses);
    for (size_t i = 0; i < program->parts.count; i++)
        drop_lengths(&f, &program->parts.data[i].body, &uses);
}
