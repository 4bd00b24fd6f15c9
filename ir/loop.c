/* Text of a loop program, one statement a line, INLINE nodes written inside their user.
 *
 *     program z_grad work 2
 *     buffer 0 %12:y f64 result 0
 *     part 0
 *       let %5:s f64 = add(mul(x, y), 5.0)
 *       let [1] f64 = sin(%5:s)
 *       if lt(%5:s, 0.0)
 *         set %7 = x
 *       else
 *         set %7 = y
 *       check 1 ilt(0, k)
 *       store result[0] = %7
 *       fill %12:y
 *       for %8:i = 0 to N
 *         reduce %12:y[%8:i] sum mul(read(x, %8:i), 2.0)
 *       for %9:n = 0 to N lanes 4 sum %20
 *         copy 3 = x[%9:n]
 *         reduce %20 sum read(x, %9:n, 0)
 *       call 1
 *
 * A LOCAL, an index and an array are written as their number, with the name of the source behind
 * it; a WORK node as its slot. Of arrays that share a buffer the buffer's own is written.
 * depth    blocks and inline expressions are bounded (loop.h), so this recurses */
#include "ir/loop.h"

#include "ir/state.h"

struct printer {
    const struct loop_program *program;
    struct adc_text *out;
};

static void put_constant(const struct adc_node *node, struct adc_text *out)
{
    switch ((enum adc_type)node->type) {
    case ADC_F64: adc_text_real(out, node->value.f64, false); break;
    case ADC_F32:
        adc_text_real(out, (double)node->value.f32, true);
        adc_text_add(out, "f");
        break;
    case ADC_INT:
    case ADC_I32: adc_text_format(out, "%lld", (long long)node->value.integer); break;
    case ADC_BOOL: adc_text_add(out, node->value.boolean ? "true" : "false"); break;
    case ADC_TYPE_COUNT: break;
    }
}

static void put_use(struct printer *p, const struct adc_node *node);
static void put_target(struct printer *p, const struct adc_node *node);

/* The operator with its inputs, whatever the place of the node. */
static void put_definition(struct printer *p, const struct adc_node *node)
{
    if (node->op == ADC_OP_CONST) {
        put_constant(node, p->out);
        return;
    }
    if (node->op == ADC_OP_PARAM) {
        adc_text_add(p->out, p->program->function->params.data[node->number].name->text);
        return;
    }
    if (node->op == ADC_OP_INDEX) {
        put_target(p, node);
        return;
    }
    if (node->op == ADC_OP_FINAL) {
        put_use(p, adc_final_state(node));
        return;
    }
    adc_text_format(p->out, "%s(", adc_op_info((enum adc_op)node->op)->name);
    for (unsigned i = 0; i < node->count; i++) {
        if (i) adc_text_add(p->out, ", ");
        put_use(p, node->in[i]);
    }
    adc_text_add(p->out, ")");
}

static void put_target(struct printer *p, const struct adc_node *node)
{
    if (p->program->place[node->id] == LOOP_WORK) {
        adc_text_format(p->out, "[%u]", p->program->slot[node->id]);
        return;
    }
    if (p->program->place[node->id] == LOOP_BUFFER)
        node = p->program->buffers.data[p->program->buffer[node->id]].node;
    const struct adc_name *name = p->program->function->graph->names.data[node->id];
    adc_text_format(p->out, "%%%u%s%s", node->id, name ? ":" : "", name ? name->text : "");
}

static void put_use(struct printer *p, const struct adc_node *node)
{
    enum loop_place place = (enum loop_place)p->program->place[node->id];
    if (place == LOOP_LOCAL || place == LOOP_WORK || place == LOOP_BUFFER) put_target(p, node);
    else put_definition(p, node);
}

static void put_indent(struct printer *p, unsigned depth)
{
    while (depth-- > 0) adc_text_add(p->out, "  ");
}

static void put_block(struct printer *p, const struct loop_block *block, unsigned depth);

static void put_branch(struct printer *p, const struct loop_statement *statement, unsigned depth)
{
    adc_text_add(p->out, "if ");
    put_use(p, statement->node);
    adc_text_add(p->out, "\n");
    put_block(p, &statement->then, depth + 1);
    if (!statement->otherwise.count) return;
    put_indent(p, depth);
    adc_text_add(p->out, "else\n");
    put_block(p, &statement->otherwise, depth + 1);
}

/* lanes 4 sum %7 %9 */
static void put_lanes(struct printer *p, const struct loop_lanes *lanes, unsigned depth)
{
    adc_text_format(p->out, " lanes %u%s", lanes->vectors, lanes->half ? " half" : "");
    if (lanes->real == ADC_F32) adc_text_add(p->out, " f32");
    for (size_t i = 0; i < lanes->sums.count; i++) {
        adc_text_add(p->out, i ? " " : " sum ");
        put_target(p, lanes->sums.data[i]);
    }
    adc_text_add(p->out, "\n");
    for (size_t i = 0; i < lanes->copies.count; i++) {
        put_indent(p, depth);
        const char *how = lanes->copies.data[i].back ? "to and fro" : "=";
        adc_text_format(p->out, "copy %u %s ", lanes->copies.data[i].buffer, how);
        put_use(p, lanes->copies.data[i].array);
        for (unsigned axis = 0; axis <= lanes->copies.data[i].axis; axis++) {
            adc_text_add(p->out, axis ? ", " : "[");
            put_use(p, lanes->copies.data[i].element[axis]);
        }
        adc_text_add(p->out, "]\n");
    }
    for (size_t i = 0; i < lanes->kept.count; i++) {
        put_indent(p, depth);
        adc_text_add(p->out, "keep ");
        put_target(p, lanes->kept.data[i].vectors);
        adc_text_add(p->out, " for ");
        put_target(p, lanes->kept.data[i].array);
        adc_text_add(p->out, "\n");
    }
}

/* unroll 4; grouped, or jam 4 with what is made four at a time, and `rest` before what is not */
static void put_inner(struct printer *p, const struct loop_statement *loop, unsigned depth)
{
    unsigned copies = loop_copies(p->program, loop);
    if (copies) adc_text_format(p->out, " unroll %u", copies);
    if (!loop->jam) {
        adc_text_add(p->out, loop->grouped ? " grouped\n" : "\n");
        return;
    }
    adc_text_format(p->out, " jam %d\n", LOOP_JAMMED);
    put_block(p, &loop->jam->body, depth + 1);
    put_indent(p, depth);
    adc_text_add(p->out, "rest\n");
}

static void put_for(struct printer *p, const struct loop_statement *statement, unsigned depth)
{
    adc_text_add(p->out, "for ");
    put_target(p, statement->node);
    adc_text_add(p->out, " = ");
    put_use(p, statement->node->in[0]);
    adc_text_add(p->out,
                 statement->value && adc_loop_is_down(statement->value) ? " down to " : " to ");
    put_use(p, statement->node->in[1]);
    if (statement->value && !adc_is_true(statement->value->in[1])) {
        adc_text_add(p->out, " while ");
        put_use(p, statement->value->in[1]);
    }
    if (statement->middle) {
        const struct loop_middle *middle = statement->middle;
        adc_text_add(p->out, " middle ");
        put_use(p, middle->from ? middle->from : statement->node->in[0]);
        adc_text_add(p->out, " to ");
        put_use(p, middle->to ? middle->to : statement->node->in[1]);
    }
    if (statement->lanes) put_lanes(p, statement->lanes, depth + 1);
    else put_inner(p, statement, depth);
    put_block(p, &statement->then, depth + 1);
}

static void put_reduce(struct printer *p, const struct loop_statement *statement)
{
    struct adc_nest nest = adc_nest_parts(statement->node);
    adc_text_add(p->out, "reduce ");
    put_target(p, statement->node);
    for (unsigned i = 0; i < nest.rank; i++) {
        adc_text_add(p->out, i ? ", " : "[");
        put_use(p, nest.target[i]);
    }
    adc_text_format(p->out, "%s %s ", nest.rank ? "]" : "", adc_reduce_name(nest.reduce));
    put_use(p, statement->value);
}

static void put_declared(struct printer *p, const char *word, const struct adc_node *node)
{
    adc_text_add(p->out, word);
    put_target(p, node);
    adc_text_format(p->out, " %s", adc_type_name((enum adc_type)node->type));
}

/* carry a = b, b = add(a, b) */
static void put_carry(struct printer *p, const struct adc_node *loop)
{
    adc_text_add(p->out, "carry");
    const char *comma = " ";
    for (unsigned i = 0; i < adc_loop_parts(loop).count; i++) {
        struct adc_carried carried = adc_loop_carried(loop, i);
        if (carried.state->rank) continue;
        adc_text_add(p->out, comma);
        put_target(p, carried.state);
        adc_text_add(p->out, " = ");
        put_use(p, carried.next);
        comma = ", ";
    }
}

static void put_one(struct printer *p, const struct loop_statement *statement, unsigned depth)
{
    const struct adc_function *function = p->program->function;
    put_indent(p, depth);
    switch (statement->kind) {
    case LOOP_LET:
        put_declared(p, "let ", statement->node);
        adc_text_add(p->out, " = ");
        put_definition(p, statement->node);
        break;
    case LOOP_FOR: put_for(p, statement, depth); return;
    case LOOP_FILL:
        adc_text_add(p->out, "fill ");
        put_target(p, statement->node);
        break;
    case LOOP_REDUCE: put_reduce(p, statement); break;
    case LOOP_VAR:
        put_declared(p, "var ", statement->node);
        if (!statement->value) break;
        adc_text_add(p->out, " = ");
        put_use(p, statement->value);
        break;
    case LOOP_CARRY: put_carry(p, statement->node); break;
    case LOOP_SET:
        adc_text_add(p->out, "set ");
        put_target(p, statement->node);
        adc_text_add(p->out, " = ");
        if (statement->value == statement->node) put_definition(p, statement->node);
        else put_use(p, statement->value);
        break;
    case LOOP_BRANCH: put_branch(p, statement, depth); return;
    case LOOP_CHECK:
        adc_text_format(p->out, "check %u ", function->checks.data[statement->index].status);
        put_use(p, statement->node);
        break;
    case LOOP_STORE:
        adc_text_format(p->out,
                        "store %s[%u] = ", function->results.data[statement->index].name->text,
                        statement->element);
        put_use(p, statement->value);
        break;
    case LOOP_CALL: adc_text_format(p->out, "call %u", statement->index); break;
    }
    adc_text_add(p->out, "\n");
}

static void put_statement(struct printer *p, const struct loop_statement *statement, unsigned depth)
{
    if (!statement->waiting) {
        put_one(p, statement, depth);
        return;
    }
    put_indent(p, depth);
    adc_text_add(p->out, "if sums wait\n");
    put_one(p, statement->waiting, depth + 1);
    put_indent(p, depth);
    adc_text_add(p->out, "else\n");
    put_one(p, statement, depth + 1);
}

static void put_block(struct printer *p, const struct loop_block *block, unsigned depth)
{
    for (size_t i = 0; i < block->count; i++) put_statement(p, block->data[i], depth);
}

/* " chunks of 32 from %3 sum %7 own 2 add 0" */
static void put_team(struct printer *p, const struct loop_team *team)
{
    adc_text_format(p->out, " chunks of %u", team->unit);
    for (size_t i = 0; i < team->values.count; i++) {
        adc_text_add(p->out, i ? " " : " from ");
        put_target(p, team->values.data[i]);
    }
    for (size_t i = 0; i < team->sums.count; i++) {
        adc_text_add(p->out, i ? " " : " sum ");
        put_target(p, team->sums.data[i]);
    }
    for (size_t i = 0; i < team->own.count; i++)
        adc_text_format(p->out, i ? " %u" : " own %u", team->own.data[i]);
    for (size_t i = 0; i < team->added.count; i++)
        adc_text_format(p->out, i ? " %u" : " add %u", team->added.data[i]);
}

void loop_print(const struct loop_program *program, struct adc_text *out)
{
    struct printer printer = {program, out};
    adc_text_format(out, "program %s work %u\n", program->function->symbol->text,
                    program->work_count);
    for (size_t i = 0; i < program->buffers.count; i++) {
        const struct loop_buffer *buffer = &program->buffers.data[i];
        adc_text_format(out, "buffer %zu ", i);
        put_target(&printer, buffer->node);
        adc_text_format(out, " %s", adc_type_name((enum adc_type)buffer->node->type));
        if (buffer->result >= 0) adc_text_format(out, " result %d", buffer->result);
        if (buffer->tiled) adc_text_add(out, buffer->kept ? " kept" : " tiled");
        if (buffer->first_axis) adc_text_add(out, " row");
        if (buffer->aligned) adc_text_add(out, " aligned");
        if (buffer->row) {
            adc_text_add(out, " rows ");
            put_use(&printer, buffer->row);
        }
        adc_text_add(out, "\n");
    }
    for (size_t i = 0; i < program->parts.count; i++) {
        adc_text_format(out, "part %zu", i);
        if (program->parts.data[i].team) put_team(&printer, program->parts.data[i].team);
        adc_text_add(out, "\n");
        put_block(&printer, &program->parts.data[i].body, 1);
    }
}
