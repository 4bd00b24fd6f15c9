/* Statements of a part, and the lines they become.
 *
 * A statement is put together in unit->statement and then laid out: at most C_WIDTH columns where
 * a blank or a `*` allows it. Behind a statement stands the line of the source it comes from, when
 * that differs from the one before; or a #line directive before it. */
#include "backend/emit_c_internal.h"
#include "ir/state.h"

#include <string.h>

/* ------------------------------------------------------------------------------ lines */

static void put_indent(struct adc_text *out, unsigned columns)
{
    while (columns-- > 0) adc_text_put(out, " ", 1);
}

/* Where to end a line of at most `room` bytes: at the last blank, else behind the last `*` or `/`
 * (no operand begins with `*` or `/`), else at the end of the word. A blank before `*` belongs to
 * a declaration. */
static size_t line_end(const char *text, size_t length, size_t room)
{
    if (length <= room) return length;
    size_t star = 0, blank = 0, comma = 0;
    for (size_t i = room; i > 0 && !comma; i--) {
        if (text[i] == ' ' && text[i - 1] == ',') comma = i;
        if (text[i] == ' ' && !blank && text[i + 1] != '*') blank = i;
        if (!star && (text[i - 1] == '*' || text[i - 1] == '/')) star = i;
    }
    if (comma > room / 2) return comma;
    if (blank) return blank;
    if (star) return star;
    size_t end = room;
    while (end < length && text[end] != ' ' && text[end] != '*') end++;
    return end;
}

void c_put_wrapped(struct adc_text *out, const char *text, size_t length, unsigned indent)
{
    while (length && text[length - 1] == ' ') length--;
    for (bool first = true; length; first = false) {
        unsigned columns = first ? indent : indent + 4;
        put_indent(out, columns);
        size_t end = line_end(text, length, C_WIDTH - columns);
        adc_text_put(out, text, end);
        adc_text_put(out, "\n", 1);
        while (end < length && text[end] == ' ') end++;
        text += end;
        length -= end;
    }
}

/* ------------------------------------------------------------------- where it comes from */

static void put_line_directive(struct c_unit *unit, const struct adc_source *source, uint32_t line)
{
    adc_text_format(unit->out, "#line %u ", line);
    c_put_string(source->name, unit->out);
    adc_text_add(unit->out, "\n");
}

/* True if the span is on another line than the statement before; *at is its position. */
static bool next_line(struct c_unit *unit, struct adc_span span, struct adc_position *at)
{
    const struct adc_diags *diags = unit->unit->diags;
    if (!span.end || span.source >= diags->sources.count) return false;
    *at = adc_source_position(&diags->sources.data[span.source], span.begin);
    if (unit->last_source == span.source && unit->last_line == at->line) return false;
    unit->last_source = span.source;
    unit->last_line = at->line;
    return true;
}

static void put_remark(const struct c_unit *unit, struct adc_span span, struct adc_position at,
                       struct adc_text *out)
{
    const char *name = unit->unit->diags->sources.data[span.source].name;
    adc_text_add(out, "/* ");
    if (strcmp(name, unit->unit->source_name) == 0) adc_text_format(out, "line %u", at.line);
    else c_put_place(unit, span, out);
    adc_text_add(out, " */");
}

void c_finish_statement(struct c_unit *unit, struct adc_span span, unsigned indent)
{
    struct adc_text *statement = &unit->statement, *remark = &unit->remark;
    struct adc_position at;
    bool moved = next_line(unit, span, &at);
    if (moved && unit->unit->line_directives) {
        put_line_directive(unit, &unit->unit->diags->sources.data[span.source], at.line);
    } else if (moved) {
        remark->count = 0;
        put_remark(unit, span, at, remark);
        if (indent + statement->count + 1 + remark->count <= C_WIDTH) {
            adc_text_format(statement, " %s", remark->data);
        } else {
            put_indent(unit->out, indent);
            adc_text_format(unit->out, "%s\n", remark->data);
        }
    }
    c_put_wrapped(unit->out, statement->data, statement->count, indent);
    statement->count = 0;
}

static struct adc_span span_of(const struct c_product *product, const struct adc_node *node)
{
    return product->function->graph->spans.data[node->id];
}

/* ------------------------------------------------------------------------- statements */

struct writer {
    struct c_unit *unit;
    const struct c_product *product;
    struct adc_text *text; /* unit->statement */
};

static enum loop_place place_of(const struct writer *w, const struct adc_node *node)
{
    return (enum loop_place)w->product->program->place[node->id];
}

/* Opens the assignment of a workspace slot and says what closes it. */
static const char *open_slot(const struct writer *w, const struct adc_node *node)
{
    return c_open_slot(w->unit, w->product, node, "w__", w->text);
}

static void put_declaration(const struct writer *w, const char *qualifier,
                            const struct adc_node *node)
{
    w->unit->used.boolean |= node->type == ADC_BOOL;
    w->unit->used.integer |= adc_type_is_integer((enum adc_type)node->type);
    adc_text_format(w->text, "%s%s %s = ", qualifier, c_type((enum adc_type)node->type),
                    w->product->locals[node->id]);
}

static void put_let(struct writer *w, const struct adc_node *node)
{
    const char *close = ";";
    if (place_of(w, node) == LOOP_WORK) close = open_slot(w, node);
    else put_declaration(w, "const ", node);
    c_put_definition(w->unit, w->product, node, w->text);
    adc_text_add(w->text, close);
}

static void put_var(struct writer *w, const struct loop_statement *statement)
{
    const struct adc_node *node = statement->node;
    const char *close = ";";
    if (place_of(w, node) == LOOP_WORK) close = open_slot(w, node);
    else put_declaration(w, "", node);
    if (statement->value) c_put_use(w->unit, w->product, statement->value, w->text);
    else c_put_literal(w->unit, (enum adc_type)node->type, c_first_value(node), w->text);
    adc_text_add(w->text, close);
}

/* name = value */
static void put_assigned(struct writer *w, const struct adc_node *node, const char *value)
{
    const char *close = ";";
    if (place_of(w, node) == LOOP_WORK) close = open_slot(w, node);
    else adc_text_format(w->text, "%s = ", w->product->locals[node->id]);
    adc_text_add(w->text, value);
    adc_text_add(w->text, close);
}

static bool is_state_of(const struct adc_node *loop, const struct adc_node *node)
{
    return node->op == ADC_OP_STATE && node->in[0] == loop->in[0];
}

static bool is_carried(const struct loop_program *program, struct adc_carried carried, bool scalar)
{
    if (carried.state->rank || carried.next == carried.state) return false;
    return !scalar || program->value[carried.state->id] != LOOP_VARYING;
}

/* All at once: what becomes another STATE is read before that changes. `scalar`: in a loop in
 * lanes, where vectors are not meant. */
static void put_carry(struct writer *w, const struct adc_node *loop, bool scalar, unsigned indent)
{
    struct adc_span nowhere = {0};
    unsigned count = adc_loop_parts(loop).count;
    for (unsigned i = 0; i < count; i++) {
        struct adc_carried carried = adc_loop_carried(loop, i);
        if (!is_carried(w->product->program, carried, scalar)) continue;
        if (!is_state_of(loop, carried.next)) continue;
        adc_text_format(w->text,
                        "const %s next%u_%u__ = ", c_type((enum adc_type)carried.next->type),
                        loop->id, i);
        c_put_use(w->unit, w->product, carried.next, w->text);
        adc_text_add(w->text, ";");
        c_finish_statement(w->unit, nowhere, indent);
    }
    for (unsigned i = 0; i < count; i++) {
        struct adc_carried carried = adc_loop_carried(loop, i);
        struct adc_text value;
        if (!is_carried(w->product->program, carried, scalar)) continue;
        adc_text_init(&value, w->unit->arena);
        if (is_state_of(loop, carried.next)) adc_text_format(&value, "next%u_%u__", loop->id, i);
        else c_put_use(w->unit, w->product, carried.next, &value);
        put_assigned(w, carried.state, value.data);
        c_finish_statement(w->unit, span_of(w->product, carried.next), indent);
    }
}

void c_put_carried_scalars(struct c_unit *unit, const struct c_product *product,
                           const struct adc_node *loop, unsigned indent)
{
    struct writer writer = {unit, product, &unit->statement};
    put_carry(&writer, loop, true, indent);
}

static void put_set(struct writer *w, const struct loop_statement *statement)
{
    const char *close = ";";
    if (place_of(w, statement->node) == LOOP_WORK) close = open_slot(w, statement->node);
    else adc_text_format(w->text, "%s = ", w->product->locals[statement->node->id]);
    if (statement->value == statement->node)
        c_put_definition(w->unit, w->product, statement->node, w->text);
    else c_put_use(w->unit, w->product, statement->value, w->text);
    adc_text_add(w->text, close);
}

static void put_check(struct writer *w, const struct loop_statement *statement)
{
    const struct adc_check *check = &w->product->function->checks.data[statement->index];
    adc_text_add(w->text, "if (!");
    c_put_operand(w->unit, w->product, statement->node, w->text);
    adc_text_format(w->text, ") return %s_%u;", w->product->group->status, check->status);
}

/* The assignment behind the test for NULL. */
static void put_assignment(struct writer *w, const struct loop_statement *statement)
{
    const struct adc_result *result = &w->product->function->results.data[statement->index];
    bool adjoint = result->role == ADC_ROLE_GRAD || result->role == ADC_ROLE_BAR;
    bool array = result->role == ADC_ROLE_HESSIAN; /* of scalars, entry by entry */
    if (!array) adc_text_add(w->text, "*");
    c_put_output(w->product, statement->index, w->text);
    if (array) adc_text_format(w->text, "[%u]", statement->element);
    adc_text_add(w->text, adjoint && w->unit->unit->accumulate ? " += " : " = ");
    c_put_use(w->unit, w->product, statement->value, w->text);
    adc_text_add(w->text, ";");
}

static void put_wanted(struct writer *w, uint32_t index)
{
    adc_text_add(w->text, "if (");
    c_put_output(w->product, index, w->text);
    adc_text_add(w->text, ") ");
}

/* Stores [first, last) of one result; a block if there are several. */
static void put_stores(struct writer *w, const struct loop_block *block, size_t first, size_t last,
                       unsigned indent)
{
    struct adc_span nowhere = {0};
    put_wanted(w, block->data[first]->index);
    bool several = last - first > 1;
    if (several) {
        adc_text_add(w->text, "{");
        c_finish_statement(w->unit, nowhere, indent);
    }
    for (size_t i = first; i < last; i++) {
        put_assignment(w, block->data[i]);
        c_finish_statement(w->unit, span_of(w->product, block->data[i]->value),
                           several ? indent + 4 : indent);
    }
    if (!several) return;
    adc_text_add(w->text, "}");
    c_finish_statement(w->unit, nowhere, indent);
}

static void put_block(struct writer *w, const struct loop_block *block, unsigned indent);

/* The head of a loop; its index is open behind it. */
static void put_head(struct writer *w, const struct loop_statement *statement, unsigned indent)
{
    const struct adc_node *index = statement->node;
    struct adc_text low;
    adc_text_init(&low, w->unit->arena);
    c_put_low(w->unit, w->product, index, &low);
    w->unit->used.integer = true;
    c_open_index(w->product, index);
    const char *name = w->product->locals[index->id];
    bool guarded = statement->value && !adc_is_true(statement->value->in[1]);
    struct adc_text guard;
    adc_text_init(&guard, w->unit->arena);
    if (guarded) c_put_operand(w->unit, w->product, statement->value->in[1], &guard);
    /* GCC would say that it heeds no pragma where the condition has two parts (-O0) */
    unsigned copies = guarded ? 0 : loop_copies(w->product->program, statement);
    w->unit->used.copies |= copies > 0;
    if (copies) adc_text_format(w->text, "COPIES__(%u) ", copies);
    if (statement->value && adc_loop_is_down(statement->value)) { /* downwards */
        adc_text_format(w->text, "for (int64_t %s = ", name);
        c_put_use(w->unit, w->product, index->in[1], w->text);
        adc_text_format(w->text, "; %s%s%s-- > ", guarded ? guard.data : "", guarded ? " && " : "",
                        name);
        c_put_bound(w->unit, w->product, index->in[0], w->text);
        adc_text_add(w->text, ";) {");
    } else {
        adc_text_format(w->text, "for (int64_t %s = %s; %s < ", name, low.data, name);
        c_put_high(w->unit, w->product, index, w->text);
        adc_text_format(w->text, "%s%s; %s++) {", guarded ? " && " : "", guarded ? guard.data : "",
                        name);
    }
    c_finish_statement(w->unit, span_of(w->product, index), indent);
}

static void put_end(struct writer *w, const struct loop_statement *statement, unsigned indent)
{
    struct adc_span nowhere = {0};
    c_close_index(w->product, statement->node);
    adc_text_add(w->text, "}");
    c_finish_statement(w->unit, nowhere, indent);
}

void c_open_loop(struct c_unit *unit, const struct c_product *product,
                 const struct loop_statement *loop, unsigned indent)
{
    struct writer writer = {unit, product, &unit->statement};
    put_head(&writer, loop, indent);
}

void c_close_loop(struct c_unit *unit, const struct c_product *product,
                  const struct loop_statement *loop, unsigned indent)
{
    struct writer writer = {unit, product, &unit->statement};
    put_end(&writer, loop, indent);
}

static void put_unused_copies(struct writer *w, const struct loop_lanes *lanes, unsigned indent)
{
    struct adc_span nowhere = {0};
    for (size_t i = 0; i < lanes->copies.count; i++) {
        adc_text_format(w->text, "(void)%s;", w->product->buffers[lanes->copies.data[i].buffer]);
        c_finish_statement(w->unit, nowhere, indent);
    }
    for (size_t i = 0; i < lanes->kept.count; i++) {
        adc_text_add(w->text, "(void)");
        c_put_array(w->product, lanes->kept.data[i].vectors, w->text);
        adc_text_add(w->text, ";");
        c_finish_statement(w->unit, nowhere, indent);
    }
}

/* for (; i < end; i++), or where a chunk ends before. */
static void put_passes(struct writer *w, const struct loop_statement *loop,
                       const struct adc_node *end, const struct loop_block *body, unsigned indent)
{
    const char *name = w->product->locals[loop->node->id];
    struct adc_text high;
    adc_text_init(&high, w->unit->arena);
    c_put_high(w->unit, w->product, loop->node, &high);
    adc_text_format(w->text, "for (; %s < ", name);
    if (end) {
        c_put_callee(w->unit, ADC_OP_IMIN, false, w->text);
        adc_text_add(w->text, "(");
        c_put_use(w->unit, w->product, end, w->text);
        adc_text_format(w->text, ", %s)", high.data);
    } else {
        adc_text_add(w->text, high.data);
    }
    adc_text_format(w->text, "; %s++) {", name);
    c_finish_statement(w->unit, span_of(w->product, loop->node), indent);
    put_block(w, body, indent + 4);
    adc_text_add(w->text, "}");
    c_finish_statement(w->unit, (struct adc_span){0}, indent);
}

/* One pass after the other: before the middle, there, and behind it. */
static void put_around_middle(struct writer *w, const struct loop_statement *loop, unsigned indent)
{
    const struct loop_statement *branch = loop->then.data[0];
    struct adc_span nowhere = {0};
    struct adc_text low;
    adc_text_init(&low, w->unit->arena);
    c_put_low(w->unit, w->product, loop->node, &low);
    c_open_index(w->product, loop->node);
    adc_text_add(w->text, "{");
    c_finish_statement(w->unit, nowhere, indent);
    adc_text_format(w->text, "int64_t %s = %s;", w->product->locals[loop->node->id], low.data);
    c_finish_statement(w->unit, nowhere, indent + 4);
    if (loop->middle->from) put_passes(w, loop, loop->middle->from, &branch->otherwise, indent + 4);
    put_passes(w, loop, loop->middle->to, &branch->then, indent + 4);
    if (loop->middle->to) put_passes(w, loop, NULL, &branch->otherwise, indent + 4);
    w->unit->used.integer = true;
    put_end(w, loop, indent);
}

/* Where there are vectors the loop in lanes, else, and for fewer passes than lanes, the loop as it
 * is. */
static void put_for(struct writer *w, const struct loop_statement *statement, unsigned indent)
{
    bool both = statement->lanes && loop_may_be_short(statement);
    if (statement->lanes) {
        adc_text_add(w->unit->out, "#if defined(LANES__)\n");
        c_put_lanes(w->unit, w->product, statement, indent);
        bool unused = statement->lanes->copies.count || statement->lanes->kept.count;
        if (!both || unused) adc_text_add(w->unit->out, "#else\n");
        put_unused_copies(w, statement->lanes, indent);
        if (both) adc_text_add(w->unit->out, "#endif\n");
    }
    if (statement->middle) {
        put_around_middle(w, statement, indent);
    } else {
        put_head(w, statement, indent);
        put_block(w, &statement->then, indent + 4);
        put_end(w, statement, indent);
    }
    if (statement->lanes && !both) adc_text_add(w->unit->out, "#endif\n");
}

static void put_fill(struct writer *w, const struct adc_node *array)
{
    w->unit->used.integer = true;
    adc_text_add(w->text, "for (int64_t k__ = 0; k__ < ");
    c_put_length(w->unit, w->product, array, w->text);
    adc_text_add(w->text, "; k__++) ");
    c_put_array(w->product, array, w->text);
    adc_text_add(w->text, "[k__] = ");
    c_put_literal(w->unit, (enum adc_type)array->type, (union adc_value){.bits = 0}, w->text);
    adc_text_add(w->text, ";");
}

/* place op= value; */
static void put_taken_in(struct writer *w, const struct loop_statement *statement,
                         const char *place)
{
    enum adc_reduce reduce = (enum adc_reduce)statement->node->number;
    enum adc_op op = adc_reduce_op(reduce, (enum adc_type)statement->node->type);
    if (reduce == ADC_REDUCE_SET || op == ADC_OP_ADD || op == ADC_OP_MUL) {
        adc_text_format(w->text, "%s %s= ", place,
                        op == ADC_OP_ADD   ? "+"
                        : op == ADC_OP_MUL ? "*"
                                           : "");
        c_put_use(w->unit, w->product, statement->value, w->text);
    } else if (reduce == ADC_REDUCE_ALL) { /* no pass waits for the one before */
        adc_text_add(w->text, "if (!");
        c_put_operand(w->unit, w->product, statement->value, w->text);
        adc_text_format(w->text, ") %s = false", place);
    } else {
        adc_text_format(w->text, "%s = ", place);
        c_put_taken_in(w->unit, w->product, op, place, statement->value, w->text);
    }
    adc_text_add(w->text, ";");
}

static void put_reduce(struct writer *w, const struct loop_statement *statement)
{
    const struct adc_node *node = statement->node;
    struct adc_text place;
    adc_text_init(&place, w->unit->arena);
    if (node->rank) {
        c_put_element(w->unit, w->product, node, adc_nest_parts(node).target, &place);
        put_taken_in(w, statement, place.data);
        return;
    }
    c_put_use(w->unit, w->product, node, &place);
    if (place_of(w, node) != LOOP_WORK || node->type == ADC_F64) {
        put_taken_in(w, statement, place.data);
        return;
    }
    enum adc_op op = adc_reduce_op((enum adc_reduce)node->number, (enum adc_type)node->type);
    struct adc_text left; /* a slot that is read with a conversion */
    adc_text_init(&left, w->unit->arena);
    adc_text_format(&left, "(%s)", place.data);
    const char *close = open_slot(w, node);
    c_put_taken_in(w->unit, w->product, op, left.data, statement->value, w->text);
    adc_text_add(w->text, close);
}

static void put_branch(struct writer *w, const struct loop_statement *statement, unsigned indent)
{
    bool turned = !statement->then.count;
    struct adc_span nowhere = {0};
    if (turned && !statement->otherwise.count) return;
    adc_text_add(w->text, turned ? "if (!" : "if (");
    if (turned) c_put_operand(w->unit, w->product, statement->node, w->text);
    else c_put_use(w->unit, w->product, statement->node, w->text);
    adc_text_add(w->text, ") {");
    c_finish_statement(w->unit, span_of(w->product, statement->node), indent);
    put_block(w, turned ? &statement->otherwise : &statement->then, indent + 4);
    if (!turned && statement->otherwise.count) {
        adc_text_add(w->text, "} else {");
        c_finish_statement(w->unit, nowhere, indent);
        put_block(w, &statement->otherwise, indent + 4);
    }
    adc_text_add(w->text, "}");
    c_finish_statement(w->unit, nowhere, indent);
}

static void put_call(struct writer *w, uint32_t part, unsigned indent)
{
    struct adc_span nowhere = {0};
    bool checks = w->product->parts[part].checks;
    const struct loop_team *team = c_team(w->product, part);
    if (team) {
        c_put_hand_over(w->unit, w->product, &team->values, indent);
        c_put_hand_over(w->unit, w->product, &team->sums, indent);
    }
    if (checks) adc_text_add(w->text, "status__ = ");
    c_put_part_call(w->unit, w->product, part, w->text);
    adc_text_add(w->text, ";");
    c_finish_statement(w->unit, nowhere, indent);
    if (checks) {
        adc_text_add(w->text, "if (status__) return status__;");
        c_finish_statement(w->unit, nowhere, indent);
    }
    if (team) c_put_take_back(w->unit, w->product, team, indent);
}

static void put_statement(struct writer *w, const struct loop_statement *statement, unsigned indent)
{
    struct adc_span span = {0};
    switch (statement->kind) {
    case LOOP_LET:
        put_let(w, statement->node);
        span = span_of(w->product, statement->node);
        break;
    case LOOP_VAR:
        put_var(w, statement);
        span = span_of(w->product, statement->node);
        break;
    case LOOP_SET:
        put_set(w, statement);
        span = span_of(w->product, statement->value);
        break;
    case LOOP_CHECK:
        put_check(w, statement);
        span = w->product->function->checks.data[statement->index].span;
        break;
    case LOOP_FILL:
        put_fill(w, statement->node);
        span = span_of(w->product, statement->node);
        break;
    case LOOP_REDUCE:
        put_reduce(w, statement);
        span = span_of(w->product, statement->value);
        break;
    case LOOP_FOR: put_for(w, statement, indent); return;
    case LOOP_CARRY: put_carry(w, statement->node, false, indent); return;
    case LOOP_BRANCH: put_branch(w, statement, indent); return;
    case LOOP_CALL: put_call(w, statement->index, indent); return;
    case LOOP_STORE: return; /* put_block takes them in runs */
    }
    c_finish_statement(w->unit, span, indent);
}

void c_put_simple_statement(struct c_unit *unit, const struct c_product *product,
                            const struct loop_statement *statement, unsigned indent)
{
    struct writer writer = {unit, product, &unit->statement};
    put_statement(&writer, statement, indent);
}

static void put_block(struct writer *w, const struct loop_block *block, unsigned indent)
{
    for (size_t i = 0; i < block->count;) {
        const struct loop_statement *statement = block->data[i];
        size_t end = i + 1;
        if (statement->kind != LOOP_STORE) {
            put_statement(w, statement, indent);
        } else {
            while (end < block->count && block->data[end]->kind == LOOP_STORE &&
                   block->data[end]->index == statement->index)
                end++;
            put_stores(w, block, i, end, indent);
        }
        i = end;
    }
}

static bool calls_checks(const struct c_product *product, const struct loop_block *block)
{
    for (size_t i = 0; i < block->count; i++) {
        const struct loop_statement *statement = block->data[i];
        if (statement->kind == LOOP_CALL && product->parts[statement->index].checks) return true;
        bool blocks = statement->kind == LOOP_BRANCH || statement->kind == LOOP_FOR;
        if (blocks && (calls_checks(product, &statement->then) ||
                       calls_checks(product, &statement->otherwise)))
            return true;
    }
    return false;
}

void c_put_part_body(struct c_unit *unit, const struct c_product *product, uint32_t part)
{
    const struct loop_block *body = &product->program->parts.data[part].body;
    struct writer writer = {unit, product, &unit->statement};
    const struct loop_team *team = c_team(product, part);
    if (calls_checks(product, body)) adc_text_add(unit->out, "    int status__;\n");
    if (team) c_put_team_values(unit, product, team);
    unit->chunk = team ? team->loop->node : NULL;
    put_block(&writer, body, 4);
    unit->chunk = NULL;
    if (team) c_put_hand_over(unit, product, &team->sums, 4);
}
