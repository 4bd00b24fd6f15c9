/* A loop in lanes: its statements, each for all passes of a tile.
 *
 * Statements between inner loops are a run. Where a tile is several vectors a run is three things:
 * what is uniform, a loop over the vectors for what varies, and the sums into elements that all
 * lanes share; a variable of one run is a vector, one of several runs an array of them. */
#include "backend/emit_c_lanes.h"
#include "ir/state.h"

#include <string.h>

static const struct adc_span nowhere;

void c_lanes_finish(struct c_lanes_writer *w)
{
    c_finish_statement(w->l.unit, nowhere, w->indent);
}

void c_lanes_finish_at(struct c_lanes_writer *w, const struct adc_node *node)
{
    c_finish_statement(w->l.unit, w->l.product->function->graph->spans.data[node->id], w->indent);
}

static void put_line(struct c_lanes_writer *w, const char *line)
{
    adc_text_add(w->text, line);
    c_lanes_finish(w);
}

static bool varies(const struct c_lanes_writer *w, const struct adc_node *node)
{
    return c_lanes_varies(&w->l, node);
}

/* ----------------------------------------------------------------------- loops over vectors */

static void open_vectors(struct c_lanes_writer *w)
{
    if (w->l.lanes->vectors == 1) return;
    adc_text_format(w->text, "UNROLL__ for (int l__ = 0; l__ < %u; l__++) {", w->l.lanes->vectors);
    c_lanes_finish(w);
    w->indent += 4;
    w->l.vectors = true;
}

static void close_vectors(struct c_lanes_writer *w)
{
    if (!w->l.vectors) return;
    w->indent -= 4;
    w->l.vectors = false;
    put_line(w, "}");
}

static void declare_array(struct c_lanes_writer *w, const struct adc_node *node)
{
    if (!w->l.arrays[node->id]) return;
    adc_text_format(w->text, "%s %s[%u];", c_lanes_type(&w->l, (enum adc_type)node->type),
                    w->l.product->locals[node->id], w->l.lanes->vectors);
    c_lanes_finish(w);
}

/* -------------------------------------------------------------------------------------- runs */

static void put_sum(struct c_lanes_writer *w, const struct loop_statement *statement,
                    const char *sum)
{
    c_put_element(w->l.unit, w->l.product, statement->node, adc_nest_parts(statement->node).target,
                  w->text);
    adc_text_format(w->text, " += %s;", sum);
    c_lanes_finish(w);
}

static void put_collected(struct c_lanes_writer *w, const struct loop_statement *statement)
{
    struct adc_text sum;
    if (loop_is_kept(w->l.product->program, statement->node)) {
        c_lanes_put_kept(w, statement, statement);
        return;
    }
    if (w->keeps && statement->waiting) {
        adc_text_add(w->text, "if (keep__) ");
        c_lanes_put_kept(w, statement->waiting, statement);
        adc_text_add(w->text, "else ");
    }
    adc_text_init(&sum, w->l.unit->arena);
    adc_text_format(&sum, "%s(", c_lanes_name(&w->l, "sum__"));
    c_lanes_put_collector(w, statement, &sum);
    adc_text_add(&sum, ")");
    put_sum(w, statement, sum.data);
}

/* Where a tile is one vector, what a run adds to several elements that all lanes share goes into an
 * array first. */
static void open_together(struct c_lanes_writer *w, const struct loop_block *block, size_t first,
                          size_t last)
{
    const struct loop_statement *one = NULL;
    unsigned count = 0;
    for (size_t i = first; i < last && !w->grouped; i++) {
        if (!loop_is_added_up(w->l.product->program, block->data[i])) continue;
        if (!count++) one = block->data[i];
    }
    if (count < 2) return;
    struct adc_text name;
    adc_text_init(&name, w->l.unit->arena);
    c_lanes_put_collector(w, one, &name);
    w->together = name.data;
    w->collected = 0;
    adc_text_format(w->text, "%s %s[%u];", c_lanes_name(&w->l, "vd__"), name.data, count);
    c_lanes_finish(w);
}

static void close_together(struct c_lanes_writer *w, const struct loop_block *block, size_t first,
                           size_t last)
{
    const char *name = w->together;
    unsigned done = 0;
    if (!name) return;
    adc_text_format(w->text, "%s sum_%s[%u + %s];", c_lanes_name(&w->l, "double"), name,
                    w->collected, c_lanes_name(&w->l, "LANES__"));
    c_lanes_finish(w);
    adc_text_format(w->text, "%s(sum_%s, %s, %u);", c_lanes_name(&w->l, "each_sum__"), name, name,
                    w->collected);
    c_lanes_finish(w);
    for (size_t i = first; i < last; i++) {
        struct adc_text sum;
        if (!loop_is_added_up(w->l.product->program, block->data[i])) continue;
        adc_text_init(&sum, w->l.unit->arena);
        adc_text_format(&sum, "sum_%s[%u]", name, done++);
        put_sum(w, block->data[i], sum.data);
    }
    w->together = NULL;
}

static void put_one_vector(struct c_lanes_writer *w, const struct loop_block *block, size_t first,
                           size_t last)
{
    open_together(w, block, first, last);
    for (size_t i = first; i < last; i++) {
        const struct loop_statement *statement = block->data[i];
        c_lanes_open_rows(w, statement);
        if (loop_is_shared(w->l.product->program, w->l.lanes, statement))
            c_put_simple_statement(w->l.unit, w->l.product, statement, w->indent);
        else c_lanes_put_statement(w, statement);
        c_lanes_close_rows(w, statement);
    }
    close_together(w, block, first, last);
}

/* Statements [first, last) of a block. */
void c_lanes_put_run(struct c_lanes_writer *w, const struct loop_block *block, size_t first,
                     size_t last)
{
    const struct loop_program *program = w->l.product->program;
    bool any = false;
    if (w->l.lanes->vectors == 1) {
        put_one_vector(w, block, first, last);
        return;
    }
    for (size_t i = first; i < last; i++) {
        const struct loop_statement *statement = block->data[i];
        if (loop_is_shared(program, w->l.lanes, statement)) {
            c_put_simple_statement(w->l.unit, w->l.product, statement, w->indent);
            continue;
        }
        any = true;
        if (statement->kind == LOOP_LET || statement->kind == LOOP_VAR)
            declare_array(w, statement->node);
        if (!loop_is_collected(program, statement) || w->grouped) continue;
        adc_text_format(w->text, "%s ", c_lanes_name(&w->l, "vd__"));
        c_lanes_put_collector(w, statement, w->text);
        adc_text_add(w->text, " = {0};");
        c_lanes_finish(w);
    }
    if (!any) return;
    open_vectors(w);
    for (size_t i = first; i < last; i++)
        if (!loop_is_shared(program, w->l.lanes, block->data[i]))
            c_lanes_put_statement(w, block->data[i]);
    close_vectors(w);
    for (size_t i = first; i < last; i++)
        if (loop_is_collected(program, block->data[i]) && !w->grouped)
            put_collected(w, block->data[i]);
}

/* ----------------------------------------------------------------------- what holds statements */

static void put_block(struct c_lanes_writer *w, const struct loop_block *block);

static void put_inner(struct c_lanes_writer *w, const struct loop_block *block)
{
    w->indent += 4;
    put_block(w, block);
    w->indent -= 4;
}

static void put_fill(struct c_lanes_writer *w, const struct adc_node *array)
{
    struct c_lanes *l = &w->l;
    adc_text_add(w->text, "for (int64_t k__ = 0; k__ < ");
    c_put_length(l->unit, l->product, array, w->text);
    if (l->lanes->vectors > 1) adc_text_format(w->text, "*%u", l->lanes->vectors);
    adc_text_format(w->text, "; k__++) *%s(", c_lanes_name(l, "own__"));
    c_put_array(l->product, array, w->text);
    adc_text_format(w->text, ", k__) = (%s){0};", c_lanes_name(l, "vd__"));
    c_lanes_finish_at(w, array);
}

/* The mask of an arm; with `whole`, all1__ beside it says whether all passes of the tile are in it.
 */
static const char *put_mask(struct c_lanes_writer *w, const struct adc_node *condition,
                            bool positive, bool whole)
{
    struct adc_text name;
    uint32_t number = ++w->masks;
    bool vectors = w->l.lanes->vectors > 1;
    adc_text_init(&name, w->l.unit->arena);
    adc_text_format(&name, "m%u__%s", number, vectors ? "[l__]" : "");
    const char *type = c_lanes_name(&w->l, "vi__"), *any = c_lanes_name(&w->l, "any__");
    if (vectors) {
        adc_text_format(w->text, "%s m%u__[%u];", type, number, w->l.lanes->vectors);
        c_lanes_finish(w);
        adc_text_format(w->text, "bool some%u__ = false", number);
        if (whole) adc_text_format(w->text, ", all%u__ = true", number);
        put_line(w, ";");
        open_vectors(w);
    }
    w->l.unit->used.boolean = true;
    if (!vectors) adc_text_format(w->text, "const %s ", type);
    adc_text_format(w->text, "%s = %s & %s(%s);", name.data, w->l.mask, positive ? "" : "~",
                    c_lanes_used(w, condition));
    c_lanes_finish(w);
    if (vectors) {
        adc_text_format(w->text, "some%u__ |= %s(%s);", number, any, name.data);
        c_lanes_finish(w);
        if (whole) {
            adc_text_format(w->text, "all%u__ &= !%s(~%s);", number, any, name.data);
            c_lanes_finish(w);
        }
        close_vectors(w);
    }
    return name.data;
}

static bool adds_in_loops(const struct c_lanes_writer *w, const struct loop_block *block,
                          bool in_loop)
{
    bool adds = false;
    for (size_t i = 0; i < block->count; i++) {
        const struct loop_statement *statement = block->data[i];
        bool inner = in_loop || statement->kind == LOOP_FOR;
        adds |= in_loop && loop_is_collected(w->l.product->program, statement);
        adds |= adds_in_loops(w, &statement->then, inner);
        adds |= adds_in_loops(w, &statement->otherwise, inner);
    }
    return adds;
}

/* An arm whose loops add up over lanes is there twice: masked sums take a tenth to a fifth more
 * time, and mostly all passes of a tile go the same way. What is nested in such an arm is not. */
static bool is_twice(const struct c_lanes_writer *w, const struct loop_block *arm)
{
    if (w->l.mask != w->l.all || w->l.lanes->vectors == 1 || w->whole) return false;
    return adds_in_loops(w, arm, false);
}

static void put_arm(struct c_lanes_writer *w, const struct loop_statement *branch,
                    const struct loop_block *arm, bool positive)
{
    const char *before = w->l.mask;
    bool masked = w->masked, whole = is_twice(w, arm);
    if (!arm->count) return;
    const char *mask = put_mask(w, branch->node, positive, whole);
    uint32_t number = w->masks;
    if (whole) {
        adc_text_format(w->text, "if (all%u__) {", number);
        c_lanes_finish_at(w, branch->node);
        w->whole = true;
        put_inner(w, arm);
        w->whole = false;
        adc_text_add(w->text, "} else ");
    }
    if (w->l.lanes->vectors > 1) adc_text_format(w->text, "if (some%u__) {", number);
    else adc_text_format(w->text, "if (%s(%s)) {", c_lanes_name(&w->l, "any__"), mask);
    c_lanes_finish_at(w, branch->node);
    w->l.mask = mask;
    w->masked = true;
    put_inner(w, arm);
    put_line(w, "}");
    w->l.mask = before;
    w->masked = masked;
}

static void put_branch(struct c_lanes_writer *w, const struct loop_statement *branch)
{
    bool turned = !branch->then.count;
    if (turned && !branch->otherwise.count) return;
    if (w->l.product->program->value[branch->node->id]) {
        put_arm(w, branch, &branch->then, true);
        put_arm(w, branch, &branch->otherwise, false);
        return;
    }
    adc_text_add(w->text, turned ? "if (!" : "if (");
    if (turned) c_put_operand(w->l.unit, w->l.product, branch->node, w->text);
    else c_put_use(w->l.unit, w->l.product, branch->node, w->text);
    adc_text_add(w->text, ") {");
    c_lanes_finish_at(w, branch->node);
    put_inner(w, turned ? &branch->otherwise : &branch->then);
    if (!turned && branch->otherwise.count) {
        put_line(w, "} else {");
        put_inner(w, &branch->otherwise);
    }
    put_line(w, "}");
}

/* Vectors first, since they may be made of numbers that change then. */
static void put_carry(struct c_lanes_writer *w, const struct adc_node *loop)
{
    unsigned count = adc_loop_parts(loop).count;
    bool any = false;
    for (unsigned i = 0; i < count; i++) {
        struct adc_carried carried = adc_loop_carried(loop, i);
        any |= !carried.state->rank && varies(w, carried.state) && carried.next != carried.state;
    }
    if (any) open_vectors(w);
    for (unsigned pass = 0; any && pass < 2; pass++)
        for (unsigned i = 0; i < count; i++) {
            struct adc_carried carried = adc_loop_carried(loop, i);
            if (carried.state->rank || !varies(w, carried.state)) continue;
            if (carried.next == carried.state) continue;
            if (!pass)
                adc_text_format(w->text, "const %s next%u_%u__ = %s;",
                                c_lanes_type(&w->l, (enum adc_type)carried.state->type), loop->id,
                                i, c_lanes_used(w, carried.next));
            else
                adc_text_format(w->text, "%s = next%u_%u__;", c_lanes_variable(w, carried.state),
                                loop->id, i);
            c_lanes_finish_at(w, carried.next);
        }
    if (any) close_vectors(w);
    c_put_carried_scalars(w->l.unit, w->l.product, loop, w->indent);
}

/* Passes of an inner loop, several at a time, and one by one those that are left. */
static void put_jammed(struct c_lanes_writer *w, const struct loop_statement *loop)
{
    const struct c_product *product = w->l.product;
    const struct adc_node *index = loop->node;
    struct adc_text low, high;
    adc_text_init(&low, w->l.unit->arena);
    adc_text_init(&high, w->l.unit->arena);
    c_put_use(w->l.unit, product, index->in[0], &low);
    c_put_bound(w->l.unit, product, index->in[1], &high);
    put_line(w, "{");
    w->indent += 4;
    c_open_index(product, index);
    const char *name = product->locals[index->id];
    adc_text_format(w->text, "int64_t %s = %s;", name, low.data);
    c_lanes_finish(w);
    adc_text_format(w->text, "for (; %s - %s >= %d; %s += %d) {", high.data, name, LOOP_JAMMED,
                    name, LOOP_JAMMED);
    c_lanes_finish_at(w, index);
    put_inner(w, &loop->jam->body);
    put_line(w, "}");
    adc_text_format(w->text, "for (; %s < %s; %s++) {", name, high.data, name);
    c_lanes_finish(w);
    put_inner(w, &loop->then);
    put_line(w, "}");
    c_close_index(product, index);
    w->indent -= 4;
    put_line(w, "}");
}

static void put_for(struct c_lanes_writer *w, const struct loop_statement *statement)
{
    if (statement->jam) {
        put_jammed(w, statement);
    } else if (statement->grouped) {
        c_lanes_put_grouped(w, statement);
    } else {
        c_open_loop(w->l.unit, w->l.product, statement, w->indent);
        put_inner(w, &statement->then);
        c_close_loop(w->l.unit, w->l.product, statement, w->indent);
    }
}

/* Whole rows are of statements that stand in for nothing. Where GCC does not know that sums mostly
 * wait, small mixtures take a twentieth longer. */
static void put_waiting(struct c_lanes_writer *w, const struct loop_statement *statement)
{
    const struct loop_rows *rows = w->l.rows;
    w->l.rows = NULL;
    put_line(w, "if (__builtin_expect(keep__, 1)) {");
    w->indent += 4;
    put_for(w, statement->waiting);
    w->indent -= 4;
    put_line(w, "} else {");
    w->l.rows = rows;
    w->indent += 4;
    put_for(w, statement);
    w->indent -= 4;
    put_line(w, "}");
}

static void put_block(struct c_lanes_writer *w, const struct loop_block *block)
{
    for (size_t i = 0; i < block->count;) {
        const struct loop_statement *statement = block->data[i];
        size_t last = i;
        while (last < block->count && loop_is_simple(block->data[last])) last++;
        if (last > i) {
            c_lanes_put_run(w, block, i, last);
            i = last;
            continue;
        }
        if (statement->kind == LOOP_FOR && w->keeps && statement->waiting) {
            put_waiting(w, statement);
        } else if (statement->kind == LOOP_FOR) {
            put_for(w, statement);
        } else if (statement->kind == LOOP_BRANCH) {
            put_branch(w, statement);
        } else if (statement->kind == LOOP_FILL) {
            put_fill(w, statement->node);
        } else {
            ADC_INVARIANT(statement->kind == LOOP_CARRY, w->l.product->function->graph);
            put_carry(w, statement->node);
        }
        i++;
    }
}

/* -------------------------------------------------------------------------------- the loop */

static void put_sums_before(struct c_lanes_writer *w)
{
    for (size_t i = 0; i < w->l.lanes->sums.count; i++) {
        const struct adc_node *nest = w->l.lanes->sums.data[i];
        const char *type = c_lanes_type(&w->l, (enum adc_type)nest->type);
        adc_text_format(w->text, "%s s%u__", type, nest->id);
        unsigned vectors = w->l.lanes->vectors;
        if (vectors > 1) adc_text_format(w->text, "[%u]", vectors);
        adc_text_add(w->text, vectors > 1 ? " = {" : " = ");
        for (unsigned k = 0; k < vectors; k++) {
            if (k) adc_text_add(w->text, ", ");
            c_lanes_put_first(w, nest);
        }
        adc_text_add(w->text, vectors > 1 ? "};" : ";");
        c_lanes_finish(w);
    }
}

/* place = or place +=, and what closes it: a float has a slot of a double in the workspace. */
static const char *open_sum(struct c_lanes_writer *w, const struct adc_node *nest,
                            const char *place, const char *sign)
{
    const struct c_product *product = w->l.product;
    if (product->program->place[nest->id] != LOOP_WORK || nest->type == ADC_F64) {
        adc_text_format(w->text, "%s %s= ", place, sign);
        return ";";
    }
    const char *close = c_open_slot(w->l.unit, product, nest, "w__", w->text);
    if (*sign) adc_text_format(w->text, "%s %s ", place, sign);
    return close;
}

/* Vectors of the tile in their order, then the lanes in theirs; sums in halves. */
static void put_sum_after(struct c_lanes_writer *w, const struct adc_node *nest)
{
    struct c_unit *unit = w->l.unit;
    enum adc_op op = adc_reduce_op((enum adc_reduce)nest->number, (enum adc_type)nest->type);
    struct adc_text name, place;
    adc_text_init(&name, unit->arena);
    adc_text_init(&place, unit->arena);
    adc_text_format(&name, "s%u__", nest->id);
    c_put_use(unit, w->l.product, nest, &place);
    unsigned vectors = w->l.lanes->vectors;
    if (op == ADC_OP_ADD) {
        const char *close = open_sum(w, nest, place.data, "+");
        adc_text_format(w->text, "%s(", c_lanes_name(&w->l, "sum__"));
        for (unsigned k = 1; k + 1 < vectors; k++) adc_text_add(w->text, "(");
        for (unsigned k = 0; k < vectors; k++) {
            if (vectors == 1) adc_text_add(w->text, name.data);
            else adc_text_format(w->text, "%s%s[%u]", k ? " + " : "", name.data, k);
            if (k && k + 1 < vectors) adc_text_add(w->text, ")");
        }
        adc_text_format(w->text, ")%s", close);
        c_lanes_finish(w);
        return;
    }
    if (vectors > 1) {
        adc_text_format(w->text, "for (int l__ = 0; l__ < %u; l__++)", vectors);
        c_lanes_finish(w);
    }
    adc_text_format(w->text, "for (int i__ = 0; i__ < %s; i__++) ", c_lanes_name(&w->l, "LANES__"));
    const char *lane = vectors > 1 ? "[l__][i__]" : "[i__]";
    const char *close = open_sum(w, nest, place.data, "");
    if (op == ADC_OP_MUL) {
        adc_text_format(w->text, "%s*%s%s%s", place.data, name.data, lane, close);
    } else {
        c_put_callee(unit, op, w->l.single, w->text);
        adc_text_format(w->text, "(%s, %s%s)%s", place.data, name.data, lane, close);
    }
    c_lanes_finish(w);
}

void c_lanes_put_left(struct c_lanes_writer *w)
{
    const struct adc_node *index = w->loop->node;
    c_put_high(w->l.unit, w->l.product, index, w->text);
    adc_text_format(w->text, " - %s", w->l.product->locals[index->id]);
}

/* copy_rows__(tile, array, length, rows, vectors), or the way back. */
static void put_copy(struct c_lanes_writer *w, const struct loop_copy *copy, const char *function)
{
    struct c_lanes *l = &w->l;
    c_put_row_condition(l->unit, l->product, copy, w->text);
    adc_text_format(w->text, "%s(", c_lanes_name(l, function));
    c_lanes_put_copy(l, copy, w->text);
    adc_text_add(w->text, ", ");
    c_put_array(l->product, copy->array, w->text);
    adc_text_add(w->text, " + ");
    c_put_row_start(l->unit, l->product, copy, w->text);
    adc_text_add(w->text, ", ");
    c_put_row_length(l->unit, l->product, copy, w->text);
    adc_text_add(w->text, ", ");
    c_lanes_put_left(w);
    adc_text_format(w->text, ", %u);", l->lanes->vectors);
    c_lanes_finish(w);
}

/* A tile: its rows, its statements, its rows again. */
static void put_tile(struct c_lanes_writer *w)
{
    const struct loop_lanes *lanes = w->l.lanes;
    for (size_t i = 0; i < lanes->copies.count; i++)
        put_copy(w, &lanes->copies.data[i], "copy_rows__");
    put_block(w, &w->loop->then);
    for (size_t i = 0; i < lanes->copies.count; i++)
        if (lanes->copies.data[i].back) put_copy(w, &lanes->copies.data[i], "put_rows__");
}

/* Tiles that are full; of a loop that is whole, all. */
static void put_full(struct c_lanes_writer *w, bool whole)
{
    const struct adc_node *index = w->loop->node;
    const char *name = w->l.product->locals[index->id];
    unsigned vectors = w->l.lanes->vectors;
    struct adc_text size;
    adc_text_init(&size, w->l.unit->arena);
    if (vectors > 1) adc_text_format(&size, "%u*", vectors);
    adc_text_add(&size, c_lanes_name(&w->l, "LANES__"));
    adc_text_format(w->text, "int64_t %s = ", name);
    c_put_low(w->l.unit, w->l.product, index, w->text);
    adc_text_add(w->text, ";");
    c_lanes_finish(w);
    w->keeps = w->l.lanes->kept.count > 0;
    if (w->keeps) c_lanes_open_keep(w, size.data);
    adc_text_add(w->text, "for (; ");
    if (whole) {
        adc_text_format(w->text, "%s < ", name);
        c_put_high(w->l.unit, w->l.product, index, w->text);
    } else {
        c_lanes_put_left(w);
        adc_text_format(w->text, " >= %s", size.data);
    }
    adc_text_format(w->text, "; %s += %s) {", name, size.data);
    c_lanes_finish_at(w, index);
    w->indent += 4;
    w->l.mask = w->l.all;
    w->l.rows = loop_rows_of(w->l.product->program, w->loop, w->l.unit->arena);
    c_lanes_declare_set_rows(w);
    put_tile(w);
    w->l.rows = NULL;
    w->indent -= 4;
    put_line(w, "}");
    if (w->keeps) c_lanes_close_keep(w);
    w->keeps = false;
}

/* What is left, vector by vector: of a tile of several as many as have a pass. */
static void put_rest(struct c_lanes_writer *w)
{
    const struct adc_node *index = w->loop->node;
    const char *name = w->l.product->locals[index->id];
    const struct loop_lanes *tile = w->l.lanes;
    struct loop_lanes one = *tile;
    one.vectors = 1;
    adc_text_format(w->text, "%s%s < ", tile->vectors > 1 ? "for (; " : "if (", name);
    c_put_high(w->l.unit, w->l.product, index, w->text);
    if (tile->vectors > 1)
        adc_text_format(w->text, "; %s += %s", name, c_lanes_name(&w->l, "LANES__"));
    adc_text_format(w->text, ") { /* fewer passes than %s are left */",
                    tile->vectors > 1 ? "a tile has" : "lanes");
    c_lanes_finish(w);
    w->indent += 4;
    w->l.mask = w->l.rest = "on__";
    w->l.lanes = &one;
    w->l.arrays = ADC_NEW_ARRAY(w->l.unit->arena, uint8_t,
                                w->l.product->program->function->graph->nodes.count);
    adc_text_format(w->text, "const %s on__ = %s(", c_lanes_name(&w->l, "vi__"),
                    c_lanes_name(&w->l, "first__"));
    c_lanes_put_left(w);
    adc_text_add(w->text, ");");
    c_lanes_finish(w);
    size_t before = w->l.unit->out->count;
    put_tile(w);
    if (!strstr(w->l.unit->out->data + before, "on__")) put_line(w, "(void)on__;");
    w->l.lanes = tile;
    w->l.rest = NULL;
    w->indent -= 4;
    put_line(w, "}");
}

static void put_beginning(struct c_lanes_writer *w)
{
    if (loop_may_be_short(w->loop)) {
        adc_text_add(w->text, "if (");
        c_put_high(w->l.unit, w->l.product, w->loop->node, w->text);
        const char *lanes = c_lanes_name(&w->l, "LANES__");
        if (w->l.lanes->half)
            adc_text_format(w->text, " >= (LANES__ == 8 ? %s/2 : %s)) {", lanes, lanes);
        else adc_text_format(w->text, " >= %s) {", lanes);
        c_lanes_finish(w);
    } else {
        put_line(w, "{");
    }
    w->indent += 4;
}

void c_put_lanes(struct c_unit *unit, const struct c_product *product,
                 const struct loop_statement *loop, unsigned indent)
{
    struct c_lanes_writer w = {.loop = loop, .text = &unit->statement, .indent = indent};
    w.l = (struct c_lanes){.unit = unit, .product = product, .lanes = loop->lanes};
    w.l.index = loop->node;
    w.l.arrays = loop_lane_arrays(product->program, loop, unit->arena);
    w.l.single = loop->lanes->real == ADC_F32;
    w.l.all = c_lanes_name(&w.l, "ALL__");
    unit->used.integer = true;
    c_open_index(product, loop->node);
    put_beginning(&w);
    put_sums_before(&w);
    w.l.sum = loop->lanes->vectors > 1 ? "[l__]" : "";
    bool whole = loop_is_whole(product->program, loop);
    put_full(&w, whole);
    if (loop->lanes->vectors > 1) w.l.sum = "[0]";
    if (!whole) put_rest(&w);
    for (size_t i = 0; i < loop->lanes->sums.count; i++)
        put_sum_after(&w, loop->lanes->sums.data[i]);
    w.indent -= 4;
    put_line(&w, loop_may_be_short(loop) ? "} else" : "}");
    c_close_index(product, loop->node);
}
