/* A C file with one function for each row and width: value and partials from in[] to out[], by the
 * texts that emitted C is made of. */
#ifndef ADC_TESTS_ROWS_C_H
#define ADC_TESTS_ROWS_C_H

#include "tests/rows_graph.h"

#include <stdio.h>

/* Rows that are functions of the file, helpers it holds: by [width]. */
struct c_file {
    struct state *state;
    struct adc_text body;
    uint8_t defined[ADC_OP_COUNT][2];
};

static const char *c_type(enum adc_type type)
{
    static const char *const names[] = {"double", "float", "int64_t", "bool"};
    return names[type];
}

static void define_row(struct c_file *file, enum adc_op op, enum adc_type real)
{
    static const char *const operands[] = {"x", "y", "z"};
    uint8_t *defined = &file->defined[op][real == ADC_F32];
    if (*defined) return;
    *defined = 1;
    adc_text_format(&file->body, "static inline %s row_%s_%s(", c_type(adc_op_result(op, real)),
                    row_name(op), adc_type_name(real));
    for (unsigned i = 0; i < adc_op_info(op)->arity; i++)
        adc_text_format(&file->body, "%s%s %s", i ? ", " : "", c_type(argument_type(op, i, real)),
                        operands[i]);
    adc_text_add(&file->body, ") { return ");
    adc_op_text(op, real, operands, &file->body);
    adc_text_add(&file->body, "; }\n");
}

static void put_constant(struct adc_text *text, const struct adc_node *node)
{
    put_value(text, node->value, (enum adc_type)node->type);
    if (node->type == ADC_F32) adc_text_add(text, "f");
}

static const char *const members[] = {"f64", "f32", "integer", "boolean"};

static void put_node(struct c_file *file, const struct adc_node *node, struct adc_text *out)
{
    char names[3][16];
    const char *operands[3] = {names[0], names[1], names[2]};
    for (unsigned i = 0; i < node->count; i++)
        snprintf(names[i], sizeof names[i], "n%u", (unsigned)node->in[i]->id);
    enum adc_type real = width_of(node) == ADC_F32 ? ADC_F32 : ADC_F64;
    adc_text_format(out, "    const %s n%u = ", c_type(node->type), (unsigned)node->id);
    if (node->op == ADC_OP_CONST) {
        put_constant(out, node);
    } else if (node->op == ADC_OP_PARAM) {
        adc_text_format(out, "in[%u].%s", (unsigned)node->number, members[node->type]);
    } else if (node->op == ADC_OP_IF) {
        adc_text_format(out, "%s ? %s : %s", names[0], names[1], names[2]);
    } else if (adc_op_needs_function((enum adc_op)node->op)) {
        define_row(file, (enum adc_op)node->op, real);
        adc_text_format(out, "row_%s_%s(", row_name((enum adc_op)node->op), adc_type_name(real));
        for (unsigned i = 0; i < node->count; i++)
            adc_text_format(out, "%s%s", i ? ", " : "", operands[i]);
        adc_text_add(out, ")");
    } else {
        adc_op_text((enum adc_op)node->op, real, operands, out);
    }
    adc_text_add(out, ";\n");
}

/* void test_NAME_WIDTH(const union value *in, union value *out) */
static void put_row(struct c_file *file, const struct graph_of_row *row, enum adc_type type)
{
    struct adc_text text;
    adc_text_init(&text, &file->state->arena);
    adc_text_format(&text,
                    "void test_%s_%s(const union value *in, union value *out);\n"
                    "void test_%s_%s(const union value *in, union value *out)\n{\n",
                    row_name(row->op), adc_type_name(type), row_name(row->op), adc_type_name(type));
    uint8_t *live = ADC_NEW_ARRAY(&file->state->arena, uint8_t, row->graph.nodes.count);
    for (unsigned i = 0; i <= adc_op_info(row->op)->arity; i++)
        if (row->out[i]) live[row->out[i]->id] = 1;
    for (size_t id = row->graph.nodes.count; id-- > 0;)
        for (unsigned i = 0; live[id] && i < row->graph.nodes.data[id]->count; i++)
            live[row->graph.nodes.data[id]->in[i]->id] = 1;
    for (size_t id = 0; id < row->graph.nodes.count; id++)
        if (live[id]) put_node(file, row->graph.nodes.data[id], &text);
    for (unsigned i = 0; i <= adc_op_info(row->op)->arity; i++)
        if (row->out[i])
            adc_text_format(&text, "    out[%u].%s = n%u;\n", i, members[row->out[i]->type],
                            (unsigned)row->out[i]->id);
    adc_text_add(&text, "}\n");
    adc_text_put(&file->body, text.data, text.count);
}

/* Helpers that the text calls, those that these call, in order of need. */
static void put_helpers(struct state *state, const struct adc_text *body, struct adc_text *out)
{
    unsigned count = 0;
    while (adc_helper_name(count)) count++;
    const char **definitions = ADC_NEW_ARRAY(&state->arena, const char *, count * 2);
    for (unsigned i = count * 2; i-- > 0;) {
        struct adc_text call, definition;
        enum adc_type type = i % 2 ? ADC_F32 : ADC_F64;
        adc_text_init(&call, &state->arena);
        adc_text_format(&call, "%s%s__(", adc_helper_name(i / 2), i % 2 ? "f" : "");
        bool called = strstr(body->data, call.data) != NULL;
        for (unsigned j = i + 1; j < count * 2; j++)
            if (definitions[j] && strstr(definitions[j], call.data)) called = true;
        if (!called) continue;
        adc_text_init(&definition, &state->arena);
        adc_helper_define(i / 2, type, &definition);
        definitions[i] = definition.data;
    }
    for (unsigned i = 0; i < count * 2; i++)
        if (definitions[i]) adc_text_format(out, "%s\n", definitions[i]);
}

static const char *emit_rows(struct state *state)
{
    struct c_file file = {.state = state};
    struct adc_text whole;
    struct graph_of_row row;
    const struct point *before = NULL;
    adc_text_init(&file.body, &state->arena);
    adc_text_init(&whole, &state->arena);
    for (size_t i = 0; i < state->points.list.count; i++) {
        const struct point *point = &state->points.list.data[i];
        if (same_graph(before, point)) continue;
        build(&row, state, point, false, true);
        put_row(&file, &row, point->type);
        before = point;
    }
    adc_text_add(
        &whole,
        "#include <math.h>\n#include <stdbool.h>\n#include <stdint.h>\n#include <string.h>\n"
        "union value { double f64; float f32; int64_t integer; bool boolean; };\n");
    put_helpers(state, &file.body, &whole);
    adc_text_put(&whole, file.body.data, file.body.count);
    return whole.data;
}

#endif
