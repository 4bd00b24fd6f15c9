/* Polynomials of lengths, from the innermost block outwards. Blocks and inline expressions of a
 * part are bounded (loop.h), so walking them recurses; parts are taken callees first. */
#include "runtime/cost.h"

#include "backend/emit_c_internal.h"
#include "ir/closed.h"
#include "passes/hull.h"

#include <string.h>

/* Bytes of a frame beside the values of its function: return address, saved registers, alignment,
 * what compilers keep for themselves. */
enum { FRAME = 160 };

struct terms {
    ADC_VEC(struct cost_term) list;
};

struct costing {
    struct adc_arena *arena;
    const struct c_product *product;
    const struct loop_program *program;
    struct cost *cost;
    struct terms *parts;     /* of those that were walked */
    ADC_VEC(uint8_t) closed; /* by node id, as far as looked at: follows from scalars alone */
};

/* ----------------------------------------------------------------------------- polynomials */

static bool same_lengths(const struct cost_term *a, const struct cost_term *b)
{
    if (a->length_count != b->length_count) return false;
    return !a->length_count || /* there may be no memory to compare */
           memcmp(a->lengths, b->lengths, a->length_count * sizeof *a->lengths) == 0;
}

static uint64_t sum_of(uint64_t a, uint64_t b)
{
    return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

static uint64_t product_of(uint64_t a, uint64_t b)
{
    return b && a > UINT64_MAX / b ? UINT64_MAX : a * b;
}

/* Sums, or takes the greater where `or`. */
static void add_term(struct costing *c, struct terms *to, struct cost_term term, bool or)
{
    if (!term.count) return;
    for (size_t i = 0; i < to->list.count; i++) {
        struct cost_term *here = &to->list.data[i];
        if (!same_lengths(here, &term)) continue;
        if (! or) here->count = sum_of(here->count, term.count);
        else if (here->count < term.count) here->count = term.count;
        return;
    }
    ADC_PUSH(c->arena, to->list, term);
}

static void add_terms(struct costing *c, struct terms *to, const struct terms *from, bool or)
{
    for (size_t i = 0; i < from->list.count; i++) add_term(c, to, from->list.data[i], or);
}

static void add_count(struct costing *c, struct terms *to, uint64_t count)
{
    add_term(c, to, (struct cost_term){.count = count}, false);
}

/* The term with one more length, in the order of ids; constants go to the count. */
static struct cost_term longer(struct costing *c, struct cost_term term,
                               const struct adc_node *length)
{
    if (length->op == ADC_OP_CONST) {
        int64_t times = length->value.integer;
        term.count = product_of(term.count, times > 0 ? (uint64_t)times : 0);
        return term;
    }
    const struct adc_node **lengths =
        ADC_NEW_ARRAY(c->arena, const struct adc_node *, term.length_count + 1);
    uint32_t at = term.length_count;
    for (; at > 0 && term.lengths[at - 1]->id > length->id; at--)
        lengths[at] = term.lengths[at - 1];
    for (uint32_t i = 0; i < at; i++) lengths[i] = term.lengths[i];
    lengths[at] = length;
    term.lengths = lengths;
    term.length_count++;
    return term;
}

static void add_times(struct costing *c, struct terms *to, const struct terms *from,
                      const struct adc_node *length)
{
    for (size_t i = 0; i < from->list.count; i++)
        add_term(c, to, longer(c, from->list.data[i], length), false);
}

/* ------------------------------------------------------------------------------ operations */

static bool is_flop(const struct adc_node *node)
{
    if (node->op < ADC_OP_FIRST_ELEMENTWISE) return false;
    return strchr(adc_op_info((enum adc_op)node->op)->signature, 'R') != NULL;
}

static uint64_t expression(const struct costing *c, const struct adc_node *node);

static uint64_t operand(const struct costing *c, const struct adc_node *node)
{
    return c->program->place[node->id] == LOOP_INLINE ? expression(c, node) : 0;
}

static uint64_t expression(const struct costing *c, const struct adc_node *node)
{
    uint64_t count = is_flop(node);
    if (node->op == ADC_OP_NEST || node->op == ADC_OP_LOOP || node->op == ADC_OP_STATE) return 0;
    if (node->op == ADC_OP_IF) {
        uint64_t then = operand(c, node->in[1]), otherwise = operand(c, node->in[2]);
        return operand(c, node->in[0]) + (then > otherwise ? then : otherwise);
    }
    for (unsigned i = 0; i < node->count; i++) count += operand(c, node->in[i]);
    return count;
}

/* ------------------------------------------------------------------------------ statements */

static struct terms block(struct costing *c, const struct loop_block *block);

/* What adc_closed_values can tell. */
static bool is_closed(struct costing *c, const struct adc_node *node)
{
    const struct adc_graph *graph = c->program->function->graph;
    while (c->closed.count <= node->id) {
        const struct adc_node *next = graph->nodes.data[c->closed.count];
        bool scalar = !next->rank && !adc_type_is_real((enum adc_type)next->type);
        bool leaf = next->op == ADC_OP_CONST || next->op == ADC_OP_PARAM;
        bool closed = scalar && (leaf || next->op == ADC_OP_IF || next->op > ADC_OP_BEFORE_FIRST_);
        for (unsigned i = 0; i < next->count; i++) closed &= c->closed.data[next->in[i]->id];
        ADC_PUSH(c->arena, c->closed, closed);
    }
    return c->closed.data[node->id];
}

/* The greatest length that the loop has; NULL: data say. */
static const struct adc_node *length_of(struct costing *c, const struct adc_node *index)
{
    struct adc_graph *graph = c->program->function->graph;
    const struct adc_node *low = index->in[0], *high = index->in[1];
    bool from_zero = low->op == ADC_OP_CONST && low->value.integer == 0;
    const struct adc_node *length = from_zero ? high : adc_apply2(graph, ADC_OP_ISUB, high, low);
    if (length->free) length = pass_end_of_ranges(graph, length, true);
    return length && is_closed(c, length) ? length : NULL;
}

static void add_loop(struct costing *c, struct terms *to, const struct loop_statement *statement)
{
    struct terms body = block(c, &statement->then);
    if (statement->cuts) { /* their passes count */
        add_terms(c, to, &body, false);
        return;
    }
    const struct adc_node *length =
        length_of(c, statement->whole ? statement->whole : statement->node);
    if (statement->value) add_count(c, &body, operand(c, statement->value->in[1]));
    if (length) add_times(c, to, &body, length);
    else c->cost->unbounded |= body.list.count > 0;
}

static uint64_t reduction(const struct costing *c, const struct loop_statement *statement)
{
    const struct adc_node *nest = statement->node;
    bool joins = nest->number != ADC_REDUCE_SET && adc_type_is_real((enum adc_type)nest->type);
    return operand(c, statement->value) + joins;
}

static uint64_t carried(const struct costing *c, const struct adc_node *loop)
{
    uint64_t count = 0;
    for (unsigned i = 0; i < adc_loop_parts(loop).count; i++)
        count += operand(c, adc_loop_carried(loop, i).next);
    return count;
}

/* Of those that are not made of others. */
static uint64_t simple(const struct costing *c, const struct loop_statement *statement)
{
    switch (statement->kind) {
    case LOOP_LET: return expression(c, statement->node);
    case LOOP_SET:
        return statement->value == statement->node ? expression(c, statement->node)
                                                   : operand(c, statement->value);
    case LOOP_VAR: return statement->value ? operand(c, statement->value) : 0;
    case LOOP_REDUCE: return reduction(c, statement);
    case LOOP_STORE: return operand(c, statement->value);
    case LOOP_CHECK:
    case LOOP_BRANCH: return operand(c, statement->node);
    case LOOP_CARRY: return carried(c, statement->node);
    case LOOP_FOR:
    case LOOP_FILL:
    case LOOP_CALL: break;
    }
    return 0;
}

static void add_statement(struct costing *c, struct terms *to,
                          const struct loop_statement *statement)
{
    c->cost->statements++;
    add_count(c, to, simple(c, statement));
    if (statement->kind == LOOP_FOR) add_loop(c, to, statement);
    if (statement->kind == LOOP_CALL) add_terms(c, to, &c->parts[statement->index], false);
    if (statement->kind != LOOP_BRANCH) return;
    struct terms arms = block(c, &statement->then), other = block(c, &statement->otherwise);
    add_terms(c, &arms, &other, true);
    add_terms(c, to, &arms, false);
}

static struct terms block(struct costing *c, const struct loop_block *block)
{
    struct terms terms = {0};
    for (size_t i = 0; i < block->count; i++) add_statement(c, &terms, block->data[i]);
    return terms;
}

/* ------------------------------------------------------------------------------------ stack */

/* Doubles in the widest vector; in those of functions over vectors that call each other. */
enum { WIDEST = 8, FUNCTIONS = 2048 };

/* Values of nodes that stand in the block: variables, and what expressions are made of. */
static uint64_t values_of(const struct costing *c, const struct adc_node *node)
{
    uint64_t count = 1;
    for (unsigned i = 0; i < node->count; i++)
        if (c->program->place[node->in[i]->id] == LOOP_INLINE) count += values_of(c, node->in[i]);
    return count;
}

/* Of a value: how many times 8 bytes a tile of ints is: pairs of vectors beside floats. */
static uint64_t lanes_of(const struct loop_lanes *lanes)
{
    return (uint64_t)(lanes->real == ADC_F32 ? 2 * WIDEST : WIDEST) * lanes->vectors;
}

/* Values of the block; *deepest is the largest stack of those that it calls. */
static uint64_t values_in(const struct costing *c, const struct loop_block *block,
                          const uint64_t *stacks, uint64_t *deepest)
{
    uint64_t count = 0;
    for (size_t i = 0; i < block->count; i++) {
        const struct loop_statement *statement = block->data[i];
        if (statement->kind == LOOP_CALL && *deepest < stacks[statement->index])
            *deepest = stacks[statement->index];
        if (statement->kind == LOOP_CALL) continue;
        if (statement->node) count += values_of(c, statement->node);
        if (statement->value) count += values_of(c, statement->value);
        uint64_t inside = values_in(c, &statement->then, stacks, deepest);
        inside += values_in(c, &statement->otherwise, stacks, deepest);
        /* full tiles and the rest have variables of their own, and functions of vectors theirs */
        if (statement->lanes) inside = 2 * lanes_of(statement->lanes) * inside + FUNCTIONS;
        count += inside;
    }
    return count;
}

/* Arguments of a call lie on the stack of the caller, too. */
static uint64_t stack_of_part(const struct costing *c, uint32_t index, const uint64_t *stacks)
{
    const struct c_part *part = &c->product->parts[index];
    uint64_t deepest = 0, parameters = part->input_count + part->output_count;
    uint64_t values = values_in(c, &c->program->parts.data[index].body, stacks, &deepest);
    parameters += part->buffer_count + part->index_count + part->work;
    uint64_t bytes = FRAME + 8 * (values + 2 * parameters) + deepest;
    if (!c_team(c->product, index)) return bytes;
    /* the function around it, which has a status of each chunk, and that of its threads */
    return bytes + 2 * FRAME + 4 * c->program->threads +
           8 * (3 * parameters + c->program->buffers.count);
}

static uint64_t stack_of_entry(const struct costing *c, const uint64_t *stacks)
{
    uint64_t parameters = c_parameter_count(c->product), buffers = c->program->buffers.count;
    uint64_t body = stacks[c->product->order[c->product->order_count - 1]];
    if (c->program->threads) buffers += c->program->own_count + 1; /* places of the layout */
    return FRAME + 8 * (2 * parameters + 4 * buffers) + body;
}

/* ------------------------------------------------------------------------------------ whole */

static uint64_t constants_of(const struct loop_program *program)
{
    const struct adc_graph *graph = program->function->graph;
    size_t count = graph->nodes.count;
    uint64_t bytes = 0;
    for (size_t id = 0; id < count; id++) {
        const struct adc_node *node = graph->nodes.data[id];
        if (node->op != ADC_OP_CONST || program->place[id] == LOOP_UNUSED) continue;
        if (node->type == ADC_F64) bytes += 8;
        if (node->type == ADC_F32) bytes += 4;
    }
    return bytes;
}

static void cost_of(struct costing *c)
{
    const struct c_product *product = c->product;
    size_t count = c->program->parts.count;
    uint64_t *stacks = ADC_NEW_ARRAY(c->arena, uint64_t, count);
    struct adc_text work;
    adc_text_init(&work, c->arena);
    c->parts = ADC_NEW_ARRAY(c->arena, struct terms, count);
    c->cost->program = c->program;
    c->cost->constants = constants_of(c->program);
    for (uint32_t i = 0; i < product->order_count; i++) {
        uint32_t part = product->order[i];
        c->parts[part] = block(c, &c->program->parts.data[part].body);
        stacks[part] = stack_of_part(c, part, stacks);
    }
    struct terms *whole = &c->parts[product->order[product->order_count - 1]];
    for (size_t i = 0; i < whole->list.count; i++)
        ADC_PUSH(c->arena, c->cost->flops, whole->list.data[i]);
    c->cost->stack = stack_of_entry(c, stacks);
    c_put_work_formula(product, &work);
    c->cost->work = work.data;
    for (size_t i = 0; i < c->program->buffers.count; i++) {
        const struct adc_node *node = c->program->buffers.data[i].node;
        for (unsigned axis = 0; axis < node->rank; axis++)
            c->cost->sized |= adc_shape(node, axis)->op != ADC_OP_CONST;
    }
}

bool cost_of_unit(const struct emit_c_unit *request, struct cost *costs)
{
    struct c_unit unit;
    if (!c_unit_prepare(&unit, request)) return false;
    for (size_t i = 0; i < request->count; i++) {
        struct costing costing = {.arena = request->arena, .product = &unit.products[i]};
        costs[i] = (struct cost){0};
        costing.program = request->programs[i];
        costing.cost = &costs[i];
        cost_of(&costing);
    }
    return true;
}

void cost_put_flops(const struct cost *cost, struct adc_text *out)
{
    if (!cost->flops.count) adc_text_add(out, "0");
    for (size_t i = 0; i < cost->flops.count; i++) {
        const struct cost_term *term = &cost->flops.data[i];
        if (i) adc_text_add(out, " + ");
        bool alone = term->count == 1 && term->length_count;
        if (!alone) adc_text_format(out, "%llu", (unsigned long long)term->count);
        for (uint32_t k = 0; k < term->length_count; k++) {
            const struct adc_node *length = term->lengths[k];
            bool simple = length->op == ADC_OP_PARAM;
            if (k || !alone) adc_text_add(out, "*");
            if (!simple) adc_text_add(out, "(");
            c_put_size(cost->program->function, length, out);
            if (!simple) adc_text_add(out, ")");
        }
    }
}

/* ------------------------------------------------------------------------------- in numbers */

uint64_t cost_flops_at(const struct cost *cost, const union adc_value *inputs,
                       struct adc_arena *scratch)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < cost->flops.count; i++) {
        const struct cost_term *term = &cost->flops.data[i];
        int64_t *lengths = ADC_NEW_ARRAY(scratch, int64_t, term->length_count);
        uint64_t count = term->count;
        adc_closed_values(cost->program->function, inputs, term->lengths, term->length_count,
                          lengths, scratch);
        for (uint32_t k = 0; k < term->length_count; k++)
            count = product_of(count, lengths[k] > 0 ? (uint64_t)lengths[k] : 0);
        sum = sum_of(sum, count);
    }
    return sum;
}

/* Bytes behind `size` for an array, a multiple of 8; SIZE_MAX: too many. As f_work counts. */
static size_t with_buffer(size_t size, const struct loop_buffer *buffer, const int64_t *lengths)
{
    static const size_t widths[ADC_TYPE_COUNT] = {
        [ADC_F64] = 8, [ADC_F32] = 4, [ADC_INT] = 8, [ADC_BOOL] = 1, [ADC_I32] = 4};
    size_t bytes = buffer->tiled ? LOOP_TILE_BYTES : widths[buffer->node->type];
    for (unsigned i = buffer->first_axis; i < buffer->node->rank; i++) {
        size_t length = lengths[i] > 0 ? (size_t)lengths[i] : 0;
        if (length && bytes > SIZE_MAX / length) return SIZE_MAX;
        bytes *= length;
    }
    if (loop_is_aligned(buffer) && bytes > SIZE_MAX - LOOP_TILE_ALIGN) return SIZE_MAX;
    if (loop_is_aligned(buffer)) bytes += LOOP_TILE_ALIGN;
    if (size == SIZE_MAX || bytes > SIZE_MAX - 7 || (bytes + 7) / 8 * 8 > SIZE_MAX - size)
        return SIZE_MAX;
    return size + (bytes + 7) / 8 * 8;
}

size_t cost_work_at(const struct loop_program *program, const union adc_value *inputs,
                    struct adc_arena *scratch)
{
    size_t size = 8 * (size_t)program->work_count, next = 0, own = size;
    ADC_VEC(const struct adc_node *) nodes = {0};
    for (size_t i = 0; i < program->buffers.count; i++)
        for (unsigned axis = 0; axis < program->buffers.data[i].node->rank; axis++)
            ADC_PUSH(scratch, nodes, loop_buffer_length(&program->buffers.data[i], axis));
    int64_t *lengths = ADC_NEW_ARRAY(scratch, int64_t, nodes.count);
    adc_closed_values(program->function, inputs, nodes.data, nodes.count, lengths, scratch);
    for (size_t i = 0; i < program->buffers.count; i++) {
        size = with_buffer(size, &program->buffers.data[i], lengths + next);
        if (program->buffers.data[i].own)
            own = with_buffer(own, &program->buffers.data[i], lengths + next);
        next += program->buffers.data[i].node->rank;
    }
    if (program->threads < 2) return size;
    unsigned chunks = program->threads - 1; /* that have memory of their own, a line apart */
    if (own > SIZE_MAX - LOOP_TILE_ALIGN) return SIZE_MAX;
    own += LOOP_TILE_ALIGN;
    return own > (SIZE_MAX - size) / chunks ? SIZE_MAX : size + chunks * own;
}
