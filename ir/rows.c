/* Finding of rows: one walk over a loop in lanes. */
#include "ir/rows.h"

#include "ir/state.h"

typedef const struct adc_node *node_t;

enum { MOST_ROWS = 64, LEAST_COLUMNS = 3, LEAST_ADDED = 2 };

struct finder {
    const struct loop_program *program;
    const struct loop_lanes *lanes;
    struct adc_arena *arena;
    struct loop_rows *rows;
    const struct loop_statement *at; /* of the loop's own block */
    bool own;                        /* what is looked at stands there, not further in */
    uint8_t *barred;                 /* by buffer: not to be set by rows */
};

/* Which row an element belongs to, and where in it it is; false: to none. Columns are counted as
 * they lie in memory: what is behind a row (loop_buffer.row) has some that nobody asks for. */
static bool find_place(const struct finder *f, node_t array, const node_t *element,
                       struct loop_row *row, unsigned *column)
{
    const struct loop_program *program = f->program;
    enum loop_reach reach = loop_reach(program, array, element);
    if (reach != LOOP_STRIDE && reach != LOOP_ANY) return false;
    unsigned axes = array->rank;
    while (axes > 0 && adc_is_const(element[axes - 1])) axes--;
    row->axes = axes;
    row->length = 1;
    *column = 0;
    if (!axes || axes == array->rank) return false;
    for (unsigned i = axes; i < array->rank; i++) {
        node_t length = loop_length(program, array, i);
        if (!adc_is_const(length) || length->value.integer > LOOP_ROW_MOST) return false;
        int64_t at = element[i]->value.integer;
        if (at < 0 || at >= length->value.integer) return false;
        row->length *= (unsigned)length->value.integer;
        *column = *column * (unsigned)length->value.integer + (unsigned)at;
        if (row->length > LOOP_ROW_MOST) return false;
    }
    row->beside = reach == LOOP_STRIDE && program->value[element[axes - 1]->id] == LOOP_SERIES &&
                  program->step[element[axes - 1]->id] == 1;
    for (unsigned i = 0; i + 1 < axes; i++)
        row->beside &= program->value[element[i]->id] == LOOP_UNIFORM;
    return true;
}

static bool is_like(const struct finder *f, const struct loop_row *a, const struct loop_row *b)
{
    node_t array = loop_row_array(a), other = loop_row_array(b);
    if (a->set != b->set || a->adds != b->adds || a->axes != b->axes || a->length != b->length)
        return false;
    if (a->set ? f->program->buffer[array->id] != f->program->buffer[other->id] : array != other)
        return false;
    for (unsigned i = 0; i < a->axes; i++)
        if (loop_row_element(a)[i] != loop_row_element(b)[i]) return false;
    return true;
}

/* Takes an element in; `opens`: a row may begin with it. */
static bool take(struct finder *f, struct loop_row *row, unsigned column, bool opens)
{
    struct loop_rows *rows = f->rows;
    size_t i = 0;
    while (i < rows->rows.count && !is_like(f, &rows->rows.data[i], row)) i++;
    if (i == rows->rows.count) {
        if (!opens || i == MOST_ROWS) return false;
        row->at = f->at;
        row->first = column;
        row->end = column + 1;
        ADC_PUSH(f->arena, rows->rows, *row);
    }
    struct loop_row *all = &rows->rows.data[i];
    if (column < all->first) {
        all->first = column;
        all->one = row->one;
    }
    if (column >= all->end) all->end = column + 1;
    uint64_t bit = UINT64_C(1) << column;
    if (row->set && all->asked & bit) return false;
    all->asked |= bit;
    rows->row[row->one->id] = (uint32_t)i + 1;
    rows->column[row->one->id] = (uint8_t)column;
    if (row->set) all->at = f->at;
    return true;
}

static void bar(struct finder *f, node_t array)
{
    if (f->program->place[array->id] == LOOP_BUFFER) f->barred[f->program->buffer[array->id]] = 1;
}

/* `always`: all lanes at work read it. */
static void look_at_read(struct finder *f, node_t read, bool always)
{
    node_t array = read->in[0];
    struct loop_row row = {.one = read};
    unsigned column;
    while (array->op == ADC_OP_MARK || array->op == ADC_OP_STOP)
        bar(f, array), array = array->in[0];
    bar(f, array);
    if (array != read->in[0] || array->op != ADC_OP_PARAM) return;
    if (f->program->place[array->id] == LOOP_BUFFER) return; /* a copy, with rows of its own */
    if (array->type != ADC_F64 && array->type != ADC_INT) return;
    if (find_place(f, array, read->in + 1, &row, &column)) take(f, &row, column, always && f->own);
}

static void look_at_definition(struct finder *f, node_t node, bool always);

static void look(struct finder *f, node_t node, bool always)
{
    if (f->program->place[node->id] == LOOP_INLINE) look_at_definition(f, node, always);
}

/* As deep as expressions are printed. */
static void look_at_definition(struct finder *f, node_t node, bool always)
{
    if (node->op == ADC_OP_FINAL) {
        look(f, adc_final_state(node), always);
        return;
    }
    if (node->op == ADC_OP_READ) look_at_read(f, node, always);
    for (unsigned i = node->op == ADC_OP_READ; i < node->count; i++)
        look(f, node->in[i], always && (node->op != ADC_OP_IF || i == 0));
}

static void look_at_reduce(struct finder *f, const struct loop_statement *statement)
{
    node_t nest = statement->node;
    struct loop_row row = {.one = nest, .set = true};
    unsigned column;
    look(f, statement->value, true);
    if (!nest->rank) return;
    const node_t *target = adc_nest_parts(nest).target;
    for (unsigned i = 0; i < nest->rank; i++) look(f, target[i], true);
    row.adds = nest->number == ADC_REDUCE_SUM;
    bool sets = f->own && (row.adds || nest->number == ADC_REDUCE_SET) && nest->type == ADC_F64 &&
                f->program->place[nest->id] == LOOP_BUFFER && !f->rows->row[nest->id] &&
                !loop_copied(f->program, f->lanes, nest, target);
    sets = sets && find_place(f, nest, target, &row, &column) && row.beside != row.adds;
    if (!sets || !take(f, &row, column, true)) bar(f, nest);
}

static void look_at_carried(struct finder *f, node_t loop)
{
    for (unsigned i = 0; i < adc_loop_parts(loop).count; i++)
        if (!adc_loop_carried(loop, i).state->rank) look(f, adc_loop_carried(loop, i).next, false);
}

static void look_at_block(struct finder *f, const struct loop_block *block);

static void look_inside(struct finder *f, const struct loop_block *block)
{
    bool own = f->own;
    f->own = false;
    look_at_block(f, block);
    f->own = own;
}

static void look_at_block(struct finder *f, const struct loop_block *block)
{
    for (size_t i = 0; i < block->count; i++) {
        const struct loop_statement *statement = block->data[i];
        if (f->own) f->at = statement;
        switch (statement->kind) {
        case LOOP_LET: look_at_definition(f, statement->node, true); break;
        case LOOP_VAR:
            if (statement->value) look(f, statement->value, true);
            break;
        case LOOP_SET:
            if (statement->value == statement->node) look_at_definition(f, statement->node, true);
            else look(f, statement->value, true);
            break;
        case LOOP_REDUCE: look_at_reduce(f, statement); break;
        case LOOP_FILL: bar(f, statement->node); break;
        case LOOP_CHECK: look(f, statement->node, false); break;
        case LOOP_STORE: look(f, statement->value, false); break;
        case LOOP_CARRY: look_at_carried(f, statement->node); break;
        case LOOP_CALL: break;
        case LOOP_BRANCH:
            look(f, statement->node, false);
            look_inside(f, &statement->then);
            look_inside(f, &statement->otherwise);
            break;
        case LOOP_FOR:
            look(f, statement->node->in[0], false);
            look(f, statement->node->in[1], false);
            if (statement->value) look(f, statement->value->in[1], false);
            look_inside(f, &statement->then);
            break;
        }
    }
}

/* Whether it is worth while, and allowed. */
static bool is_kept(const struct finder *f, const struct loop_row *row)
{
    unsigned count = 0, room = row->end - row->first;
    for (uint64_t left = row->asked; left; left &= left - 1) count++;
    if (row->set && f->barred[f->program->buffer[row->one->id]]) return false;
    if (row->adds) return count >= LEAST_ADDED && count == room;
    if (row->set) return count == row->length;
    return loop_row_is_pair(row) ||
           (row->one->type == ADC_F64 && count >= LEAST_COLUMNS && room <= 2 * count);
}

/* Two rows of one buffer might be one in other words; sums may come in any order. */
static void bar_met(struct finder *f)
{
    const struct loop_rows *rows = f->rows;
    for (size_t i = 0; i < rows->rows.count; i++)
        for (size_t k = 0; k < i; k++) {
            node_t a = rows->rows.data[i].one, b = rows->rows.data[k].one;
            if (!rows->rows.data[i].set || !rows->rows.data[k].set) continue;
            if (rows->rows.data[i].adds && rows->rows.data[k].adds) continue;
            if (f->program->buffer[a->id] == f->program->buffer[b->id]) bar(f, a);
        }
}

const struct loop_rows *loop_rows_of(const struct loop_program *program,
                                     const struct loop_statement *loop, struct adc_arena *arena)
{
    size_t count = program->function->graph->nodes.count, kept = 0;
    struct finder f = {.program = program, .lanes = loop->lanes, .arena = arena, .own = true};
    if (loop->lanes->vectors > 1 || loop->lanes->real == ADC_F32) return NULL;
    f.rows = ADC_NEW(arena, struct loop_rows);
    f.rows->row = ADC_NEW_ARRAY(arena, uint32_t, count);
    f.rows->column = ADC_NEW_ARRAY(arena, uint8_t, count);
    f.barred = ADC_NEW_ARRAY(arena, uint8_t, program->buffers.count);
    look_at_block(&f, &loop->then);
    bar_met(&f);
    for (size_t id = 0; id < count; id++) {
        const struct loop_row *row = loop_row_of(f.rows, program->function->graph->nodes.data[id]);
        if (row && !is_kept(&f, row)) f.rows->row[id] = 0;
        else kept += row != NULL;
    }
    return kept ? f.rows : NULL;
}
