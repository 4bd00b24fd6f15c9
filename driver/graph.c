/* adc graph: the computation graph as DOT, or as a picture made by Graphviz. */
#include "driver/graph.h"

#include "backend/emit_dot.h"
#include "driver/commands.h"
#include "driver/evaluate.h"
#include "driver/process.h"
#include "driver/session.h"
#include "driver/trace.h"

#include <string.h>

/* ------------------------------------------------------------------------- text */

static void draw(const struct trace *trace, const char *const *notes, struct adc_text *out)
{
    emit_dot(trace->function, trace->names, trace->live, notes, out);
}

int graph_written(struct session *session, struct program *program, const char *name,
                  struct adc_text *out)
{
    struct trace trace = {0};
    struct adc_function *function = compile_lower(&session->context, program->module, name);
    if (!function) return session_compiler_failed(session);
    trace_names(session, function, &trace);
    draw(&trace, NULL, out);
    return STATUS_GOOD;
}

/* "value 3.0\ngradient 1.0"; the number of a constant is in the picture anyway. */
static const char *note_of(struct session *session, const struct trace *trace,
                           const struct adc_node *node)
{
    struct adc_text text;
    const char *value = trace_value(session, trace, node);
    const char *note = trace_note(session, trace, node);
    const char *gradient = trace_gradient(session, trace, node);
    adc_text_init(&text, &session->arena);
    if (node->op != ADC_OP_CONST) adc_text_format(&text, "\nvalue %s", value);
    if (strcmp(gradient, "-") != 0) adc_text_format(&text, "\ngradient %s", gradient);
    if (*note) adc_text_format(&text, "\n%s", note);
    return text.count ? text.data + 1 : NULL;
}

static void draw_with_values(struct session *session, const struct trace *trace,
                             struct adc_text *out)
{
    size_t count = trace->function->graph->nodes.count;
    const char **notes = ADC_NEW_ARRAY(&session->arena, const char *, count);
    for (size_t id = 0; id < count; id++)
        if (trace->live[id])
            notes[id] = note_of(session, trace, trace->function->graph->nodes.data[id]);
    draw(trace, notes, out);
}

/* Inputs were given, other than those that const parameters took. */
static bool has_inputs(const struct program *program)
{
    for (size_t i = 0; i < program->arguments.count; i++)
        if (!program->arguments.data[i].used) return true;
    return false;
}

static int draw_written(struct session *session, const struct program *program,
                        const struct adc_function *function, struct adc_text *out)
{
    struct trace trace = {0};
    if (!has_inputs(program)) {
        trace_names(session, function, &trace);
        draw(&trace, NULL, out);
        return STATUS_GOOD;
    }
    int status = trace_evaluate(session, program, function, &trace);
    if (status == STATUS_GOOD) draw_with_values(session, &trace, out);
    return status;
}

/* The function with its derivatives as results like the others: emit_dot points at those only. */
static const struct adc_function *with_plain_results(struct session *session,
                                                     const struct adc_function *derived)
{
    struct adc_function *function = ADC_NEW(&session->arena, struct adc_function);
    size_t count = derived->results.count;
    *function = *derived;
    function->results.data = ADC_NEW_ARRAY(&session->arena, struct adc_result, count);
    for (size_t i = 0; i < count; i++) {
        function->results.data[i] = derived->results.data[i];
        function->results.data[i].role = ADC_ROLE_PRIMAL;
    }
    return function;
}

/* Value and gradient on one graph, as they are compiled. */
static int draw_gradient(struct session *session, const struct program *program,
                         const struct adc_function *function, struct adc_text *out)
{
    struct trace trace = {0};
    union adc_value *inputs;
    int status = program_check_derivative(session, program, function, true);
    if (status != STATUS_GOOD) return status;
    const struct adc_function *derived =
        compile_derive(&session->context, function, ADC_GRAD, &program->options);
    if (!derived) return session_compiler_failed(session);
    derived = with_plain_results(session, derived);
    trace_names(session, derived, &trace);
    if (!has_inputs(program)) {
        draw(&trace, NULL, out);
        return STATUS_GOOD;
    }
    status = arguments_check_used(session, &program->arguments, &derived, 1);
    if (status == STATUS_GOOD)
        status = arguments_bind(session, derived, &program->arguments, &inputs);
    if (status != STATUS_GOOD) return status;
    uint32_t failed = adc_interpret(derived, inputs, &session->arena, &trace.values);
    if (failed) return evaluate_failed_check(session, derived, failed, inputs);
    draw_with_values(session, &trace, out);
    return STATUS_GOOD;
}

/* --------------------------------------------------------------------- pictures */

/* Graphviz writes into a private folder; the picture then goes the way of every output. */
static int stage_picture(struct session *session, const char *form, const struct adc_text *dot,
                         const char *path)
{
    const char *folder, *picture;
    size_t length;
    int status = files_private_folder(session, &folder);
    if (status != STATUS_GOOD) return status;
    const char *source = session_format(session, "%s/graph.dot", folder);
    const char *result = session_format(session, "%s/graph.%s", folder, form);
    const char *problem = files_write_new(source, dot->data, dot->count);
    if (problem)
        return session_fail(session, STATUS_SYSTEM, "cannot write `%s`: %s", source, problem);
    const char *const command[] = {
        "dot", session_format(session, "-T%s", form), "-o", result, source, NULL};
    status = process_run(session, "Graphviz", command, session_format(session, "%s/log", folder),
                         "install graphviz, or write a .dot file");
    if (status == STATUS_GOOD) status = files_read(session, result, &picture, &length);
    return status == STATUS_GOOD ? files_stage(session, path, picture, length) : status;
}

/* "svg" or "png"; "" for text; NULL for anything else. */
static const char *picture_form(const char *path)
{
    if (!path || strcmp(path, "-") == 0) return "";
    if (files_ends_in(path, ".dot") || files_ends_in(path, ".gv")) return "";
    if (files_ends_in(path, ".svg")) return "svg";
    return files_ends_in(path, ".png") ? "png" : NULL;
}

int command_graph(struct session *session)
{
    const char *path = session->options.output;
    const char *form = picture_form(path);
    struct program program = {0};
    struct adc_function *function;
    struct adc_text dot;
    if (!form)
        return session_fail(session, STATUS_USAGE,
                            "`-o %s`: a graph ends in .dot, .gv, .svg or .png", path);
    int status = program_open(session, true, &program);
    if (status == STATUS_GOOD) status = program_function(session, &program, &function);
    if (status != STATUS_GOOD) return status;
    adc_text_init(&dot, &session->arena);
    status = session->options.grad ? draw_gradient(session, &program, function, &dot)
                                   : draw_written(session, &program, function, &dot);
    if (status != STATUS_GOOD) return status;
    if (*form) return stage_picture(session, form, &dot, path);
    return files_stage(session, path ? path : "-", dot.data, dot.count);
}
