/* Where arrays of the workspace that lanes store neighbours in begin, and their rows: at multiples
 * of the widest vector. A store or load that crosses such a line takes twice the time, and one that
 * finds half of what it loads in one store and half in another waits for both. So does one of what
 * was stored under a mask: where rows have room for whole vectors, the last one needs none
 * (loop_has_room).
 *
 * in       a program with lanes, before pass_threads
 * out      the same statements; such arrays are `aligned`. Where their last axis is a size or a
 *          constant, `row` is the next multiple of a vector, but at most twice the axis: short rows
 *          would be little but room. Parts that reach into such an array begin with a LET of `row`
 * not      of arrays that are results: the caller says how they lie. Nor are rows longer where they
 *          are copied into tiles, or have vectors that are kept, element by element
 * cost     linear in the program */
#include "passes/loop_maker.h"
#include "passes/passes.h"

#include "ir/nest.h"
#include "ir/state.h"

typedef const struct adc_node *node_t;

struct part_list {
    uint32_t *data; /* buffers that the part reaches into, once each */
    size_t count, capacity;
};

struct row {
    node_t axis, length;
    enum adc_type type;
};

struct rows {
    struct loop_maker maker;
    struct part_list *list; /* of the part at hand */
    uint32_t *stamp;        /* by buffer: the last part that reaches into it, plus 1 */
    uint32_t part;
    bool lanes;      /* inside of a loop in lanes */
    uint8_t *stored; /* by buffer: lanes store neighbours */
    uint8_t *copied; /* by buffer: rows go into tiles, or lie as vectors that are kept do */
    ADC_VEC(struct row) made;
};

/* ------------------------------------------------------------------------ arrays of a part */

static void touch(struct rows *r, node_t array)
{
    const struct loop_program *program = r->maker.program;
    array = loop_array(program, array);
    if (program->place[array->id] != LOOP_BUFFER) return;
    uint32_t buffer = program->buffer[array->id];
    if (r->stamp[buffer] == r->part + 1) return;
    r->stamp[buffer] = r->part + 1;
    ADC_PUSH(r->maker.arena, *r->list, buffer);
}

/* The address of an element of the first row has no length of rows. */
static void touch_element(struct rows *r, node_t array, const node_t *element)
{
    if (adc_first_axis(array, element, 0) + 1 < array->rank) touch(r, array);
}

static void visit_use(struct rows *r, node_t node);

/* Recurses through what is printed inside its user. */
static void visit_definition(struct rows *r, node_t node)
{
    if (node->op == ADC_OP_FINAL) {
        visit_use(r, adc_final_state(node));
        return;
    }
    if (node->op == ADC_OP_READ) touch_element(r, node->in[0], node->in + 1);
    for (unsigned i = node->op == ADC_OP_READ; i < node->count; i++) visit_use(r, node->in[i]);
}

static void visit_use(struct rows *r, node_t node)
{
    if (r->maker.program->place[node->id] == LOOP_INLINE) visit_definition(r, node);
}

static void visit_reduce(struct rows *r, const struct loop_statement *statement)
{
    const struct loop_program *program = r->maker.program;
    node_t nest = statement->node;
    visit_use(r, statement->value);
    if (!nest->rank) return;
    struct adc_nest parts = adc_nest_parts(nest);
    touch_element(r, nest, parts.target);
    for (unsigned i = 0; i < parts.rank; i++) visit_use(r, parts.target[i]);
    if (r->lanes && loop_reach(program, nest, parts.target) == LOOP_NEXT)
        r->stored[program->buffer[nest->id]] = 1;
}

static void visit_block(struct rows *r, const struct loop_block *block);

static void visit_for(struct rows *r, const struct loop_statement *loop)
{
    const struct loop_program *program = r->maker.program;
    bool lanes = r->lanes;
    visit_use(r, loop->node->in[0]);
    visit_use(r, loop->node->in[1]);
    if (loop->value) visit_use(r, loop->value->in[1]);
    for (size_t i = 0; loop->lanes && i < loop->lanes->copies.count; i++) {
        node_t array = loop->lanes->copies.data[i].array;
        touch(r, array);
        if (program->place[array->id] == LOOP_BUFFER) r->copied[program->buffer[array->id]] = 1;
    }
    for (size_t i = 0; loop->lanes && i < loop->lanes->kept.count; i++)
        r->copied[program->buffer[loop->lanes->kept.data[i].array->id]] = 1;
    r->lanes |= loop->lanes != NULL;
    visit_block(r, &loop->then);
    if (loop->jam) visit_block(r, &loop->jam->body);
    r->lanes = lanes;
}

static void visit_carry(struct rows *r, node_t loop)
{
    for (unsigned i = 0; i < adc_loop_parts(loop).count; i++)
        if (!adc_loop_carried(loop, i).state->rank) visit_use(r, adc_loop_carried(loop, i).next);
}

static void visit_statement(struct rows *r, const struct loop_statement *statement)
{
    switch (statement->kind) {
    case LOOP_LET: visit_definition(r, statement->node); return;
    case LOOP_VAR:
        if (statement->value) visit_use(r, statement->value);
        return;
    case LOOP_SET:
        if (statement->value == statement->node) visit_definition(r, statement->node);
        else visit_use(r, statement->value);
        return;
    case LOOP_FOR: visit_for(r, statement); return;
    case LOOP_FILL: touch(r, statement->node); return;
    case LOOP_REDUCE: visit_reduce(r, statement); return;
    case LOOP_BRANCH:
        visit_use(r, statement->node);
        visit_block(r, &statement->then);
        visit_block(r, &statement->otherwise);
        return;
    case LOOP_CARRY: visit_carry(r, statement->node); return;
    case LOOP_CHECK: visit_use(r, statement->node); return;
    case LOOP_STORE: visit_use(r, statement->value); return;
    case LOOP_CALL: return;
    }
}

static void visit_block(struct rows *r, const struct loop_block *block)
{
    for (size_t i = 0; i < block->count; i++) visit_statement(r, block->data[i]);
}

/* -------------------------------------------------------------------------------- lengths */

/* axis + min((unit - axis mod unit) mod unit, axis), or the axis where that is too long for an int:
 * the size of the workspace then is, too. */
static node_t length_of(struct rows *r, node_t axis, enum adc_type type)
{
    struct loop_maker *m = &r->maker;
    int64_t unit = LOOP_TILE_ALIGN / (type == ADC_F32 ? 4 : 8);
    for (size_t i = 0; i < r->made.count; i++)
        if (r->made.data[i].axis == axis && r->made.data[i].type == type)
            return r->made.data[i].length;
    struct row row = {.axis = axis, .type = type};
    if (adc_is_const(axis)) {
        int64_t have = axis->value.integer;
        if (have < unit || have % unit == 0 || have > INT64_MAX - unit) return NULL;
        return loop_maker_int(m, have + (unit - have % unit));
    }
    node_t most = loop_maker_int(m, unit);
    node_t over = loop_maker_computed2(m, ADC_OP_IMOD, axis, most);
    node_t less = loop_maker_computed2(m, ADC_OP_ISUB, most, over);
    node_t more = loop_maker_computed2(m, ADC_OP_IMOD, less, most);
    node_t added = loop_maker_computed2(m, ADC_OP_IMIN, more, axis);
    node_t whole = loop_maker_computed2(m, ADC_OP_IADD, axis, added);
    row.length = loop_maker_computed2(m, ADC_OP_IMAX, axis, whole);
    r->maker.program->place[row.length->id] = LOOP_LOCAL;
    ADC_PUSH(r->maker.arena, r->made, row);
    return row.length;
}

bool rows_may_be_longer(node_t length)
{
    return length->op == ADC_OP_PARAM || adc_is_const(length);
}

static void choose(struct rows *r, uint32_t index)
{
    const struct loop_program *program = r->maker.program;
    struct loop_buffer *buffer = &program->buffers.data[index];
    enum adc_type type = (enum adc_type)buffer->node->type;
    unsigned rank = buffer->node->rank;
    if (!r->stored[index] || buffer->result >= 0 || buffer->tiled || buffer->first_axis) return;
    if (type != ADC_F64 && type != ADC_F32) return;
    buffer->aligned = true;
    if (r->copied[index]) return;
    node_t axis = adc_shape(buffer->node, rank - 1);
    if (rows_may_be_longer(axis)) buffer->row = length_of(r, axis, type);
}

/* ---------------------------------------------------------------------------------- parts */

/* Before all else in the part: its lengths, once each. */
static void define(struct rows *r, struct loop_block *body, const struct part_list *list)
{
    struct loop_block block = {0};
    const struct loop_program *program = r->maker.program;
    for (size_t k = 0; k < r->made.count; k++) {
        bool used = false;
        for (size_t i = 0; i < list->count; i++)
            used |= program->buffers.data[list->data[i]].row == r->made.data[k].length;
        if (!used) continue;
        loop_maker_add(&r->maker, &block, LOOP_LET, r->made.data[k].length, NULL);
    }
    if (!block.count) return;
    for (size_t i = 0; i < body->count; i++) ADC_PUSH(r->maker.arena, block, body->data[i]);
    *body = block;
}

void pass_rows(struct adc_arena *arena, struct loop_program *program)
{
    struct rows r = {.maker = {.arena = arena, .program = program}};
    if (!program->value) return;
    r.maker.known = program->function->graph->nodes.count;
    r.stamp = ADC_NEW_ARRAY(arena, uint32_t, program->buffers.count);
    r.stored = ADC_NEW_ARRAY(arena, uint8_t, program->buffers.count);
    r.copied = ADC_NEW_ARRAY(arena, uint8_t, program->buffers.count);
    struct part_list *lists = ADC_NEW_ARRAY(arena, struct part_list, program->parts.count);
    for (r.part = 0; r.part < program->parts.count; r.part++) {
        r.list = &lists[r.part];
        visit_block(&r, &program->parts.data[r.part].body);
    }
    for (uint32_t i = 0; i < program->buffers.count; i++) choose(&r, i);
    for (size_t i = 0; i < program->parts.count; i++)
        define(&r, &program->parts.data[i].body, &lists[i]);
}
