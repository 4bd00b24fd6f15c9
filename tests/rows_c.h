/* The rows as a unit of the C emitter: for each row and width one function of x, y, z that gives
 * the value and the partials; beside it functions of one type that call these.
 *
 * owner    the bench's arena, the state's for the graphs */
#ifndef ADC_TESTS_ROWS_C_H
#define ADC_TESTS_ROWS_C_H

#include "passes/passes.h"
#include "tests/rows_graph.h"
#include "tests/unit/emit_c_support.h"

/* rows.c, rows.h: what adc emits; calls.c: int call_NAME(const union value *in, union value *out)
 * for each function of rows.h, which gives its status. */
struct c_files {
    struct adc_text source, header, calls;
};

static struct adc_function *function_of_row(struct bench *bench, struct graph_of_row *row,
                                            enum adc_type real)
{
    static const char *const inputs[] = {"x", "y", "z"};
    static const char *const outputs[] = {"value", "partial_x", "partial_y", "partial_z"};
    struct adc_text name;
    adc_text_init(&name, &bench->arena);
    adc_text_format(&name, "row_%s_%s", row_name(row->op), adc_type_name(real));
    struct adc_function *function = bench_function(bench, name.data);
    function->graph = &row->graph;
    function->real = real;
    unsigned arity = adc_op_info(row->op)->arity;
    for (unsigned i = 0; i < arity; i++)
        bench_param(bench, function, inputs[i], argument_type(row->op, i, real));
    for (unsigned i = 0; i <= arity; i++)
        if (row->out[i]) bench_result(bench, function, outputs[i], row->out[i]);
    return function;
}

static void put_call(const struct adc_function *function, const struct graph_of_row *row,
                     struct adc_text *out)
{
    static const char *const members[] = {"f64", "f32", "integer", "boolean", "narrow"};
    const char *name = function->name->text;
    adc_text_format(out,
                    "int call_%s(const union value *in, union value *out);\n"
                    "int call_%s(const union value *in, union value *out)\n{\n    return %s(",
                    name, name, name);
    for (unsigned i = 0; i < function->params.count; i++)
        adc_text_format(out, "in[%u].%s, ", i, members[function->params.data[i].type]);
    for (unsigned i = 0; i <= adc_op_info(row->op)->arity; i++)
        if (row->out[i]) adc_text_format(out, "&out[%u].%s, ", i, members[row->out[i]->type]);
    adc_text_add(out, "NULL);\n}\n\n");
}

static void emit_rows(struct state *state, struct bench *bench, struct c_files *files)
{
    ADC_VEC(const struct loop_program *) programs = {0};
    const struct point *before = NULL;
    adc_text_init(&files->source, &bench->arena);
    adc_text_init(&files->header, &bench->arena);
    adc_text_init(&files->calls, &bench->arena);
    adc_text_add(&files->calls,
                 "#include \"rows.h\"\n#include <stdbool.h>\n#include <stddef.h>\n"
                 "#include <stdint.h>\n"
                 "union value { double f64; float f32; int64_t integer; bool boolean; "
                 "int32_t narrow; };\n\n");
    for (size_t i = 0; i < state->points.list.count; i++) {
        const struct point *point = &state->points.list.data[i];
        if (same_graph(before, point)) continue;
        struct graph_of_row *row = ADC_NEW(&bench->arena, struct graph_of_row);
        build(row, state, point, false, true);
        const struct adc_function *function = function_of_row(bench, row, point->type);
        ADC_PUSH(&bench->arena, programs, pass_schedule(&bench->arena, function, 0, &bench->arena));
        put_call(function, row, &files->calls);
        before = point;
    }
    const struct emit_c_unit unit = {.source_name = "rows.ad",
                                     .header_name = "rows.h",
                                     .prefix = "",
                                     .programs = programs.data,
                                     .count = programs.count,
                                     .diags = &bench->diags,
                                     .arena = &bench->arena};
    assert_true(emit_c(&unit, &files->source, &files->header, NULL));
}

#endif
