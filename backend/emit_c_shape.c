/* Sizes: what ints may be, sizes that must not be negative, the layout of the workspace, and shapes
 * for documentation.
 *
 * A size is an expression over scalar parameters alone. In functions it is printed with a variable
 * for every node that has several users or much below it, so its length and depth stay bounded; in
 * documentation what is too deep or too long is cut. */
#include "backend/emit_c_internal.h"
#include "ir/nest.h"

#include <stdlib.h>
#include <string.h>

/* --------------------------------------------------------------------------------- ranges */

/* Loops make one step in no less than a tenth of a nanosecond: none gets as far as this. */
#define STEPS (INT64_C(1) << 56)

static struct c_range between(int64_t low, int64_t high)
{
    return (struct c_range){low, high, true};
}

static bool sum_fits(int64_t a, int64_t b)
{
    return b > 0 ? a <= INT64_MAX - b : a >= INT64_MIN - b;
}

static struct c_range range_sum(struct c_range a, struct c_range b)
{
    if (!sum_fits(a.low, b.low) || !sum_fits(a.high, b.high)) return (struct c_range){0};
    return between(a.low + b.low, a.high + b.high);
}

static struct c_range range_difference(struct c_range a, struct c_range b)
{
    if (b.low == INT64_MIN || b.high == INT64_MIN) return (struct c_range){0};
    return range_sum(a, between(-b.high, -b.low));
}

/* Of factors that are not negative; others are rare in subscripts. */
static struct c_range range_product(struct c_range a, struct c_range b)
{
    if (a.low < 0 || b.low < 0) return (struct c_range){0};
    if (b.high > 0 && a.high > INT64_MAX / b.high) return (struct c_range){0};
    return between(a.low * b.low, a.high * b.high);
}

static struct c_range range_index(struct c_range low, struct c_range high)
{
    int64_t most = high.known && high.high > INT64_MIN ? high.high - 1 : INT64_MAX - 1;
    if (low.high < INT64_MAX - STEPS && low.high + STEPS < most) most = low.high + STEPS;
    return between(low.low, most > low.low ? most : low.low);
}

static struct c_range range_of(const struct adc_function *f, const struct c_range *ranges,
                               const struct adc_node *node)
{
    struct c_range unknown = {0}, a = unknown, b = unknown;
    if (node->type != ADC_INT || node->rank) return unknown;
    if (node->op == ADC_OP_CONST) return between(node->value.integer, node->value.integer);
    if (node->op == ADC_OP_BOOL_TO_INT) return between(0, 1);
    if (node->op == ADC_OP_PARAM)
        return adc_is_size(f, node) ? between(0, INT64_MAX) : unknown;
    if (node->op == ADC_OP_READ || node->op == ADC_OP_NEST || node->op == ADC_OP_STATE ||
        node->op == ADC_OP_FINAL)
        return unknown;
    if (node->count > 0) a = ranges[node->in[0]->id];
    if (node->count > 1) b = ranges[node->in[1]->id];
    if (!a.known) return unknown;
    if (node->op == ADC_OP_INDEX) return range_index(a, b);
    if (node->op == ADC_OP_MARK || node->op == ADC_OP_STOP) return a;
    if (!b.known) return unknown;
    switch (node->op) {
    case ADC_OP_IADD: return range_sum(a, b);
    case ADC_OP_ISUB: return range_difference(a, b);
    case ADC_OP_IMUL: return range_product(a, b);
    case ADC_OP_IDIV: return a.low >= 0 && b.low > 0 ? between(0, a.high) : unknown;
    case ADC_OP_IMOD: return b.low > 0 ? between(0, b.high - 1) : unknown;
    case ADC_OP_IMAX:
        return between(a.low > b.low ? a.low : b.low, a.high > b.high ? a.high : b.high);
    case ADC_OP_IMIN:
        return between(a.low < b.low ? a.low : b.low, a.high < b.high ? a.high : b.high);
    default: return unknown;
    }
}

static bool has_arrays(const struct c_product *product)
{
    const struct adc_function *f = product->function;
    if (product->indices || product->program->buffers.count) return true;
    for (size_t i = 0; i < f->params.count; i++)
        if (f->params.data[i].rank || f->params.data[i].kind == ADC_DIM) return true;
    return false;
}

void c_find_ranges(struct c_unit *unit, struct c_product *product)
{
    const struct adc_graph *graph = product->function->graph;
    if (!has_arrays(product)) return;
    struct c_range *ranges = ADC_NEW_ARRAY(unit->arena, struct c_range, graph->nodes.count);
    for (size_t id = 0; id < graph->nodes.count; id++)
        ranges[id] = range_of(product->function, ranges, graph->nodes.data[id]);
    product->ranges = ranges;
}

bool c_may_be_negative(const struct c_product *product, const struct adc_node *node)
{
    const struct c_range *range = &product->ranges[node->id];
    return !range->known || range->low < 0;
}

/* ------------------------------------------------------------------------ closed expressions */

enum { MAX_CLOSED_DEPTH = 8 };

/* Roots and all they need, then their variables. */
struct sizes {
    struct c_unit *unit;
    const struct c_product *product;
    struct c_closed closed;
    ADC_VEC(uint32_t) ids;
    uint32_t *users; /* by node id; 0: not needed */
};

static void init_sizes(struct sizes *s, struct c_unit *unit, const struct c_product *product)
{
    size_t count = product->function->graph->nodes.count;
    *s = (struct sizes){.unit = unit, .product = product};
    s->closed.names = ADC_NEW_ARRAY(unit->arena, const char *, count);
    s->users = ADC_NEW_ARRAY(unit->arena, uint32_t, count);
}

static void add_size(struct sizes *s, const struct adc_node *root)
{
    size_t next = s->ids.count;
    if (!s->users[root->id]++) ADC_PUSH(s->unit->arena, s->ids, root->id);
    for (; next < s->ids.count; next++) {
        const struct adc_node *node = s->product->function->graph->nodes.data[s->ids.data[next]];
        for (unsigned i = 0; i < node->count; i++)
            if (!s->users[node->in[i]->id]++) ADC_PUSH(s->unit->arena, s->ids, node->in[i]->id);
    }
}

static int by_id(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static void put_statement(struct c_unit *unit)
{
    c_put_wrapped(unit->out, unit->statement.data, unit->statement.count, 4);
    unit->statement.count = 0;
}

/* const int64_t n1__ = ...; in ascending id, so every variable stands before its users. */
static void put_size_variables(struct sizes *s)
{
    const struct adc_graph *graph = s->product->function->graph;
    struct c_unit *unit = s->unit;
    uint8_t *depth = ADC_NEW_ARRAY(unit->arena, uint8_t, graph->nodes.count);
    uint32_t count = 0;
    if (s->ids.count) qsort(s->ids.data, s->ids.count, sizeof *s->ids.data, by_id);
    for (size_t i = 0; i < s->ids.count; i++) {
        const struct adc_node *node = graph->nodes.data[s->ids.data[i]];
        if (node->op == ADC_OP_CONST || node->op == ADC_OP_PARAM) continue;
        for (unsigned j = 0; j < node->count; j++)
            if (depth[node->in[j]->id] >= depth[node->id])
                depth[node->id] = (uint8_t)(depth[node->in[j]->id] + 1);
        if (s->users[node->id] < 2 && depth[node->id] < MAX_CLOSED_DEPTH) continue;
        struct adc_text name;
        adc_text_init(&name, unit->arena);
        adc_text_format(&name, "n%u__", ++count);
        adc_text_format(&unit->statement, "const %s %s = ", c_type((enum adc_type)node->type),
                        name.data);
        c_put_closed_definition(unit, s->product, &s->closed, node, &unit->statement);
        adc_text_add(&unit->statement, ";");
        put_statement(unit);
        s->closed.names[node->id] = name.data;
        depth[node->id] = 0;
        unit->used.boolean |= node->type == ADC_BOOL;
    }
}

/* ---------------------------------------------------------------------------- entry checks */

/* if (N < 0 || D < 0) return f_negative_size; */
void c_put_negative_checks(struct c_unit *unit, const struct c_product *product)
{
    const struct adc_function *f = product->function;
    struct adc_text *text = &unit->statement;
    struct sizes sizes;
    bool any = false;
    if (!product->ranges) return;
    init_sizes(&sizes, unit, product);
    struct adc_text condition;
    adc_text_init(&condition, unit->arena);
    for (uint32_t i = 0; i < f->params.count; i++) {
        if (f->params.data[i].kind != ADC_DIM) continue;
        adc_text_add(&condition, any ? " || " : "");
        c_put_input(product, i, &condition);
        adc_text_add(&condition, " < 0");
        any = true;
    }
    for (size_t i = 0; i < f->params.count; i++)
        for (unsigned axis = 0; axis < f->params.data[i].rank; axis++) {
            const struct adc_node *size = f->params.data[i].shape[axis];
            if (adc_is_size(product->function, size) || !c_may_be_negative(product, size)) continue;
            if (!sizes.users[size->id]) add_size(&sizes, size);
        }
    put_size_variables(&sizes);
    for (size_t i = 0; i < f->params.count; i++)
        for (unsigned axis = 0; axis < f->params.data[i].rank; axis++) {
            const struct adc_node *size = f->params.data[i].shape[axis];
            if (!sizes.users[size->id] || adc_is_size(product->function, size)) continue;
            if (!c_may_be_negative(product, size)) continue;
            adc_text_add(&condition, any ? " || " : "");
            c_put_closed(unit, product, &sizes.closed, size, &condition);
            adc_text_add(&condition, " < 0");
            any = true;
        }
    if (!any) return;
    adc_text_format(text, "if (%s) return %s;", condition.data, product->group->negative_size);
    put_statement(unit);
}

/* --------------------------------------------------------------------------------- layout */

/* extent__(extent__(first, N), D) */
static void put_extent(struct sizes *s, const struct loop_buffer *buffer, const char *first)
{
    struct adc_text *text = &s->unit->statement;
    const struct adc_node *array = buffer->node;
    for (unsigned i = buffer->first_axis; i < array->rank; i++) adc_text_add(text, "extent__(");
    adc_text_add(text, first);
    for (unsigned i = buffer->first_axis; i < array->rank; i++) {
        adc_text_add(text, ", ");
        c_put_closed(s->unit, s->product, &s->closed, loop_buffer_length(buffer, i), text);
        adc_text_add(text, ")");
    }
}

static void put_length(struct sizes *s, const struct loop_buffer *buffer, uint32_t place)
{
    struct adc_text *text = &s->unit->statement;
    adc_text_format(text, "at__[%u] = ", place);
    put_extent(s, buffer, "1");
    adc_text_add(text, ";");
    put_statement(s->unit);
}

/* The buffer behind what is there, so much being `size`. */
static void put_room(struct sizes *s, const struct loop_buffer *buffer, const char *size,
                     uint32_t place)
{
    struct adc_text *text = &s->unit->statement;
    adc_text_format(text, "at__[%u] = %s / sizeof(double);", place, size);
    put_statement(s->unit);
    struct adc_text element;
    adc_text_init(&element, s->unit->arena);
    if (buffer->tiled) adc_text_format(&element, "%d", LOOP_TILE_BYTES);
    else adc_text_format(&element, "sizeof(%s)", c_type((enum adc_type)buffer->node->type));
    adc_text_format(text, "%s = room__(%s, ", size, size);
    put_extent(s, buffer, element.data);
    adc_text_add(text, ");");
    put_statement(s->unit);
    if (loop_is_aligned(buffer)) {
        adc_text_format(text, "%s = room__(%s, %d);", size, size, LOOP_TILE_ALIGN);
        put_statement(s->unit);
    }
}

static void put_buffer_layout(struct sizes *s, uint32_t index)
{
    const struct loop_buffer *buffer = &s->product->program->buffers.data[index];
    put_room(s, buffer, "size__", index);
    if (c_adds_result(s->unit, s->product, index))
        put_length(s, buffer, c_length_place(s->product, index));
}

/* What each chunk but the first has: slots, buffers, and a line of cache apart. */
static void put_chunk_layout(struct sizes *s)
{
    struct c_unit *unit = s->unit;
    const struct loop_program *program = s->product->program;
    uint32_t last = c_chunk_place(unit, s->product);
    if (!program->threads) return;
    adc_text_format(unit->out, "    size_t own__ = %u;\n", 8 * program->work_count);
    for (uint32_t i = 0; i < program->buffers.count; i++) {
        const struct loop_buffer *buffer = &program->buffers.data[i];
        if (!buffer->own) continue;
        uint32_t place = c_own_place(unit, s->product, i);
        put_room(s, buffer, "own__", place);
        put_length(s, buffer, place + 1);
    }
    adc_text_format(unit->out,
                    "    own__ = room__(own__, %d);\n"
                    "    at__[%u] = size__ / sizeof(double);\n"
                    "    at__[%u] = own__ / sizeof(double);\n"
                    "    size__ = room__(size__, extent__(own__, %u));\n",
                    LOOP_TILE_ALIGN, last, last + 1, program->threads - 1);
}

static void put_unused_inputs(struct c_unit *unit, const struct sizes *s, bool by_struct)
{
    const struct c_product *product = s->product;
    const struct adc_graph *graph = product->function->graph;
    uint8_t *read = ADC_NEW_ARRAY(unit->arena, uint8_t, product->function->params.count);
    bool any = false;
    for (size_t i = 0; i < s->ids.count; i++) {
        const struct adc_node *node = graph->nodes.data[s->ids.data[i]];
        if (node->op != ADC_OP_PARAM) continue;
        read[node->number] = 1;
        any = true;
    }
    if (by_struct && !any) adc_text_add(unit->out, "    (void)args;\n");
    for (uint32_t i = 0; !by_struct && i < product->function->params.count; i++)
        if (c_work_takes(product, i) && !read[i])
            adc_text_format(unit->out, "    (void)%s;\n", product->inputs[i]);
}

void c_put_layout(struct c_unit *unit, const struct c_product *product)
{
    const struct loop_program *program = product->program;
    struct sizes sizes;
    bool by_struct = c_work_takes_struct(product);
    unit->used.layout = unit->used.integer = true;
    init_sizes(&sizes, unit, product);
    sizes.closed.by_name = !by_struct;
    for (size_t i = 0; i < program->buffers.count; i++)
        for (unsigned axis = program->buffers.data[i].first_axis;
             axis < program->buffers.data[i].node->rank; axis++)
            add_size(&sizes, loop_buffer_length(&program->buffers.data[i], axis));
    adc_text_format(unit->out, "/* Bytes of workspace of %s; at__[k]: where array k begins. */\n",
                    product->symbol);
    adc_text_format(&unit->statement, "static size_t %s_layout__", product->symbol);
    bool any = c_put_work_parameters(product, &unit->statement);
    adc_text_add(&unit->statement, any ? ", size_t *at__)" : "(size_t *at__)");
    c_put_wrapped(unit->out, unit->statement.data, unit->statement.count, 0);
    unit->statement.count = 0;
    adc_text_add(unit->out, "{\n");
    put_unused_inputs(unit, &sizes, by_struct);
    put_size_variables(&sizes);
    adc_text_format(unit->out, "    size_t size__ = %u;\n", 8 * program->work_count);
    for (uint32_t i = 0; i < program->buffers.count; i++) put_buffer_layout(&sizes, i);
    put_chunk_layout(&sizes);
    adc_text_add(unit->out, "    return size__;\n}\n\n");
}

/* --------------------------------------------------------------------------------- hessian */

uint32_t c_hessian_count(const struct c_product *product)
{
    const struct adc_result *hess = &product->function->results.data[0];
    uint32_t rows = 0;
    while (!hess->rank && rows * rows < hess->count) rows++;
    return rows;
}

const struct adc_node *c_hessian_length(const struct c_product *product)
{
    const struct adc_result *hess = &product->function->results.data[0];
    return hess->rank ? adc_shape(hess->nodes[0], 0) : NULL;
}

void c_put_hessian_size_prototype(const struct c_group *group, struct adc_text *out)
{
    adc_text_format(out, "int64_t %s", group->hess_size);
    if (!c_hessian_length(group->hessian)) adc_text_add(out, "(void)");
    else adc_text_add(out, c_put_work_parameters(group->hessian, out) ? ")" : "(void)");
}

void c_put_hessian_size(struct c_unit *unit, const struct c_group *group)
{
    const struct c_product *product = group->hessian;
    const struct adc_node *length = c_hessian_length(product);
    struct sizes sizes;
    init_sizes(&sizes, unit, product);
    sizes.closed.by_name = !c_work_takes_struct(product);
    if (length) add_size(&sizes, length);
    c_put_hessian_size_prototype(group, &unit->statement);
    c_put_wrapped(unit->out, unit->statement.data, unit->statement.count, 0);
    unit->statement.count = 0;
    adc_text_add(unit->out, "{\n");
    if (length) put_unused_inputs(unit, &sizes, c_work_takes_struct(product));
    put_size_variables(&sizes);
    adc_text_add(&unit->statement, "return ");
    if (length) c_put_closed(unit, product, &sizes.closed, length, &unit->statement);
    else adc_text_format(&unit->statement, "%u", c_hessian_count(product));
    adc_text_add(&unit->statement, ";");
    put_statement(unit);
    adc_text_add(unit->out, "}\n\n");
}

/* --------------------------------------------------------------------------- documentation */

enum { MAX_TEXT_DEPTH = 8, MAX_TEXT_LENGTH = 200 };

enum level { LOWEST, SUM, PRODUCT, PREFIX, HIGHEST };

static const char *infix(enum adc_op op, enum level *level)
{
    switch (op) {
    case ADC_OP_IADD: *level = SUM; return " + ";
    case ADC_OP_ISUB: *level = SUM; return " - ";
    case ADC_OP_IMUL: *level = PRODUCT; return "*";
    case ADC_OP_IDIV: *level = PRODUCT; return " div ";
    case ADC_OP_IMOD: *level = PRODUCT; return " mod ";
    default: *level = HIGHEST; return NULL;
    }
}

static void put_size(const struct adc_function *f, const struct adc_node *node, enum level least,
                     unsigned depth, struct adc_text *out);

static void put_size_call(const struct adc_function *f, const struct adc_node *node, unsigned depth,
                          struct adc_text *out)
{
    const char *name = adc_op_info((enum adc_op)node->op)->name;
    if (node->op == ADC_OP_IMIN) name = "min";
    if (node->op == ADC_OP_IMAX) name = "max";
    adc_text_format(out, "%s(", name);
    for (unsigned i = 0; i < node->count; i++) {
        if (i) adc_text_add(out, ", ");
        put_size(f, node->in[i], LOWEST, depth + 1, out);
    }
    adc_text_add(out, ")");
}

/* Recurses to a depth of MAX_TEXT_DEPTH. */
static void put_size(const struct adc_function *f, const struct adc_node *node, enum level least,
                     unsigned depth, struct adc_text *out)
{
    enum level level;
    const char *text = infix((enum adc_op)node->op, &level);
    if (node->op == ADC_OP_CONST && node->type == ADC_INT) {
        adc_text_format(out, "%lld", (long long)node->value.integer);
    } else if (node->op == ADC_OP_PARAM) {
        adc_text_add(out, f->params.data[node->number].name->text);
    } else if (depth == MAX_TEXT_DEPTH || out->count > MAX_TEXT_LENGTH) {
        adc_text_add(out, "...");
    } else if (text) {
        if (level < least) adc_text_add(out, "(");
        put_size(f, node->in[0], level, depth + 1, out);
        adc_text_add(out, text);
        put_size(f, node->in[1], level + 1, depth + 1, out);
        if (level < least) adc_text_add(out, ")");
    } else {
        put_size_call(f, node, depth, out);
    }
}

void c_put_size(const struct adc_function *function, const struct adc_node *size,
                struct adc_text *out)
{
    struct adc_text text;
    adc_text_init(&text, out->arena);
    put_size(function, size, LOWEST, 0, &text);
    adc_text_put(out, text.data, text.count);
}

void c_put_shape(const struct adc_function *function, enum adc_type type,
                 const struct adc_node *const *shape, unsigned rank, struct adc_text *out)
{
    static const char *const names[ADC_TYPE_COUNT] = {"real", "real", "int", "bool", "i32"};
    if (!rank) {
        adc_text_add(out, "scalar");
        return;
    }
    adc_text_add(out, names[type]);
    for (unsigned i = 0; i < rank; i++) {
        adc_text_add(out, i ? ", " : "[");
        c_put_size(function, shape[i], out);
    }
    adc_text_add(out, "]");
}

/* Recursion is over the depth of a type. */
void c_put_fields(const struct adc_function *function, const struct adc_form *form,
                  const struct adc_node *const *sizes, struct adc_text *out)
{
    for (uint32_t f = 0; f < form->count; f++) {
        const struct adc_form *field = &form->fields[f];
        if (f) adc_text_add(out, ", ");
        if (field->name) adc_text_add(out, field->name->text);
        else adc_text_format(out, "%u", field->position);
        for (unsigned i = 0; i < field->rank; i++) {
            adc_text_add(out, i ? ", " : "[");
            c_put_size(function, sizes[field->first + i], out);
        }
        if (field->rank) adc_text_add(out, "]");
        if (!field->count) continue;
        adc_text_add(out, "(");
        c_put_fields(function, field, sizes, out);
        adc_text_add(out, ")");
    }
}

const struct adc_node *const *c_result_shape(const struct adc_result *result,
                                             struct adc_arena *arena)
{
    if (!result->rank) return NULL;
    const struct adc_node **shape = ADC_NEW_ARRAY(arena, const struct adc_node *, result->rank);
    for (unsigned i = 0; i < result->rank; i++) shape[i] = adc_shape(result->nodes[0], i);
    return shape;
}

/* One axis as a factor. */
static void put_factor(const struct c_product *product, const struct loop_buffer *buffer,
                       unsigned axis, struct adc_text *out)
{
    struct adc_text text;
    bool limited = c_may_be_negative(product, adc_shape(buffer->node, axis));
    const struct adc_node *size = loop_buffer_length(buffer, axis);
    adc_text_init(&text, out->arena);
    if (limited) adc_text_add(&text, "max(");
    put_size(product->function, size, limited ? LOWEST : PREFIX, 0, &text);
    if (limited) adc_text_add(&text, ", 0)");
    adc_text_put(out, text.data, text.count);
}

static void put_buffer_formula(const struct c_product *product, const struct loop_buffer *buffer,
                               struct adc_text *out)
{
    const struct adc_node *array = buffer->node;
    static const unsigned widths[ADC_TYPE_COUNT] = {8, 4, 8, 1, 4};
    unsigned width = widths[array->type];
    if (loop_is_aligned(buffer)) adc_text_format(out, "%d + ", LOOP_TILE_ALIGN);
    if (buffer->tiled) width = LOOP_TILE_BYTES;
    if (width >= 8) adc_text_format(out, "%u", width);
    else if (width == 4) adc_text_add(out, "8*((4");
    else adc_text_add(out, "8*((1");
    for (unsigned i = buffer->first_axis; i < array->rank; i++) {
        adc_text_add(out, "*");
        put_factor(product, buffer, i, out);
    }
    if (width < 8) adc_text_add(out, " + 7) div 8)");
}

void c_put_work_formula(const struct c_product *product, struct adc_text *out)
{
    const struct loop_program *program = product->program;
    bool any = program->work_count || !program->buffers.count;
    if (any) adc_text_format(out, "%llu", 8ULL * program->work_count);
    for (size_t i = 0; i < program->buffers.count; i++) {
        if (any) adc_text_add(out, " + ");
        any = true;
        put_buffer_formula(product, &program->buffers.data[i], out);
    }
    if (!program->threads) return;
    if (any) adc_text_add(out, " + ");
    adc_text_format(out, "%u*(%u", program->threads - 1, 8 * program->work_count + LOOP_TILE_ALIGN);
    for (size_t i = 0; i < program->buffers.count; i++) {
        if (!program->buffers.data[i].own) continue;
        adc_text_add(out, " + ");
        put_buffer_formula(product, &program->buffers.data[i], out);
    }
    adc_text_add(out, ")");
}
