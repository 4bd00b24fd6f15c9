/* adc trace: nodes in topological order with kind, name, value and gradient.
 *
 * The order is that of a walk from the results, inputs before users, each node once: leaves stand
 * where they are first needed. */
#include "driver/trace.h"

#include "driver/commands.h"
#include "driver/evaluate.h"
#include "driver/json_io.h"
#include "driver/session.h"

#include <string.h>

/* ------------------------------------------------------------------- evaluation */

void trace_names(struct session *session, const struct adc_function *function, struct trace *trace)
{
    trace->function = function;
    trace->live = ADC_NEW_ARRAY(&session->arena, uint8_t, function->graph->nodes.count);
    adc_function_live(function, trace->live);
    trace->names = adc_node_names(function, &session->arena, trace->live);
}

static bool has_real_result(const struct adc_function *function)
{
    for (size_t i = 0; i < function->results.count; i++)
        if (adc_type_is_real(function->results.data[i].type)) return true;
    return false;
}

/* Function whose nodes hold all values: the derivative too if there is a real result. */
static int combined_function(struct session *session, const struct program *program,
                             struct trace *trace, const struct adc_function **combined,
                             uint32_t **primal, uint32_t **adjoints)
{
    *combined = adc_function_with_adjoints(&session->context, trace->function, &program->options,
                                           primal, adjoints);
    return *combined ? STATUS_GOOD : session_compiler_failed(session);
}

static void take_values(struct trace *trace, const union adc_value *values, const uint32_t *primal,
                        const uint32_t *adjoints)
{
    for (size_t id = 0; id < trace->function->graph->nodes.count; id++) {
        if (!trace->live[id]) continue;
        trace->values[id] = values[primal[id]];
        if (adjoints[id] != UINT32_MAX) trace->gradients[id] = values[adjoints[id]];
    }
}

int trace_evaluate(struct session *session, const struct program *program,
                   const struct adc_function *function, struct trace *trace)
{
    const struct adc_function *combined;
    union adc_value *inputs, *values;
    uint32_t *primal, *adjoints;
    size_t count = function->graph->nodes.count;
    trace_names(session, function, trace);
    trace->has_gradients = has_real_result(function);
    trace->values = ADC_NEW_ARRAY(&session->arena, union adc_value, count);
    trace->gradients = ADC_NEW_ARRAY(&session->arena, union adc_value, count);
    int status = STATUS_GOOD;
    if (trace->has_gradients) status = program_check_result(session, program, function);
    if (status == STATUS_GOOD)
        status = arguments_check_used(session, &program->arguments, &function, 1);
    if (status == STATUS_GOOD)
        status = arguments_bind(session, function, &program->arguments, &inputs);
    if (status == STATUS_GOOD)
        status = combined_function(session, program, trace, &combined, &primal, &adjoints);
    if (status != STATUS_GOOD) return status;
    uint32_t failed = adc_interpret(combined, inputs, &session->arena, &values);
    if (failed) return evaluate_failed_check(session, function, failed);
    take_values(trace, values, primal, adjoints);
    return STATUS_GOOD;
}

/* ------------------------------------------------------------------------ order */

struct frame {
    const struct adc_node *node;
    unsigned next; /* input to visit */
};

struct order {
    struct adc_arena *arena;
    uint8_t *seen;
    ADC_VEC(struct frame) stack;
    ADC_VEC(const struct adc_node *) nodes;
};

static void enter(struct order *order, const struct adc_node *node)
{
    if (order->seen[node->id]) return;
    order->seen[node->id] = 1;
    ADC_PUSH(order->arena, order->stack, (struct frame){node, 0});
}

static void visit(struct order *order, const struct adc_node *root)
{
    enter(order, root);
    while (order->stack.count) {
        struct frame *top = &order->stack.data[order->stack.count - 1];
        if (top->next < top->node->count) {
            enter(order, top->node->in[top->next++]);
            continue;
        }
        ADC_PUSH(order->arena, order->nodes, top->node);
        order->stack.count--;
    }
}

static void order_nodes(const struct adc_function *function, struct order *order)
{
    order->seen = ADC_NEW_ARRAY(order->arena, uint8_t, function->graph->nodes.count);
    for (size_t i = 0; i < function->results.count; i++)
        for (uint32_t k = 0; k < function->results.data[i].count; k++)
            visit(order, function->results.data[i].nodes[k]);
    for (size_t i = 0; i < function->checks.count; i++)
        visit(order, function->checks.data[i].condition);
}

/* ----------------------------------------------------------------------- output */

const char *trace_kind(const struct adc_function *function, const struct adc_node *node)
{
    if (node->op == ADC_OP_CONST) return "Constant";
    if (node->op != ADC_OP_PARAM) return "Operator";
    return function->params.data[node->number].kind == ADC_VAR ? "Variable" : "Placeholder";
}

const char *trace_text(struct session *session, enum adc_type type, union adc_value value)
{
    struct adc_text text;
    adc_text_init(&text, &session->arena);
    switch (type) {
    case ADC_F64: adc_text_real(&text, value.f64, false); break;
    case ADC_F32: adc_text_real(&text, (double)value.f32, true); break;
    case ADC_INT: adc_text_format(&text, "%lld", (long long)value.integer); break;
    case ADC_BOOL: adc_text_add(&text, value.boolean ? "true" : "false"); break;
    case ADC_TYPE_COUNT: break;
    }
    return text.data;
}

static bool has_gradient(const struct trace *trace, const struct adc_node *node)
{
    return trace->has_gradients && adc_type_is_real((enum adc_type)node->type);
}

/* The name a `let` gave it, unless that is the node's own name. */
static const char *source_name(const struct trace *trace, const struct adc_node *node)
{
    const struct adc_name *name = trace->function->graph->names.data[node->id];
    if (!name || strcmp(name->text, trace->names[node->id]) == 0) return NULL;
    return name->text;
}

static json_t *json_node(const struct trace *trace, const struct adc_node *node)
{
    enum adc_type type = (enum adc_type)node->type;
    const char *source = source_name(trace, node);
    json_t *object = json_object(), *inputs = json_array();
    json_put(object, "kind", json_text(trace_kind(trace->function, node)));
    json_put(object, "name", json_text(trace->names[node->id]));
    json_put(object, "source", source ? json_text(source) : json_null());
    for (unsigned i = 0; i < node->count; i++)
        json_append(inputs, json_text(trace->names[node->in[i]->id]));
    json_put(object, "inputs", inputs);
    json_put(object, "value", json_of_value(type, trace->values[node->id]));
    json_put(object, "gradient",
             has_gradient(trace, node) ? json_of_value(type, trace->gradients[node->id])
                                       : json_null());
    return object;
}

static void write_json(struct session *session, const struct trace *trace,
                       const struct order *order)
{
    json_t *root = json_object(), *nodes = json_array();
    json_put(root, "function", json_text(trace->function->name->text));
    for (size_t i = 0; i < order->nodes.count; i++)
        json_append(nodes, json_node(trace, order->nodes.data[i]));
    json_put(root, "nodes", nodes);
    json_write(root, &session->out);
    adc_text_add(&session->out, "\n");
    json_decref(root);
}

enum { COLUMNS = 5 };

struct line {
    const char *cell[COLUMNS]; /* kind, name, source, value, gradient */
};

static struct line line_of(struct session *session, const struct trace *trace,
                           const struct adc_node *node)
{
    enum adc_type type = (enum adc_type)node->type;
    const char *source = source_name(trace, node);
    struct line line = {{trace_kind(trace->function, node), trace->names[node->id],
                         source ? source : "", trace_text(session, type, trace->values[node->id]),
                         "-"}};
    if (has_gradient(trace, node))
        line.cell[4] = trace_text(session, type, trace->gradients[node->id]);
    return line;
}

/* Characters, not bytes: names may hold letters outside ASCII. */
static size_t width_of(const char *text)
{
    size_t width = 0;
    for (; *text; text++) width += ((unsigned char)*text & 0xc0) != 0x80;
    return width;
}

static void write_lines(struct session *session, const struct line *lines, size_t count)
{
    size_t widths[COLUMNS] = {0};
    for (size_t i = 0; i < count; i++)
        for (unsigned c = 0; c < COLUMNS; c++)
            if (width_of(lines[i].cell[c]) > widths[c]) widths[c] = width_of(lines[i].cell[c]);
    for (size_t i = 0; i < count; i++) {
        for (unsigned c = 0; c + 1 < COLUMNS; c++) {
            size_t blanks = widths[c] - width_of(lines[i].cell[c]) + 2;
            adc_text_format(&session->out, "%s%*s", lines[i].cell[c], (int)blanks, "");
        }
        adc_text_format(&session->out, "%s\n", lines[i].cell[COLUMNS - 1]);
    }
}

static void write_table(struct session *session, const struct trace *trace,
                        const struct order *order)
{
    size_t count = order->nodes.count;
    struct line *lines = ADC_NEW_ARRAY(&session->arena, struct line, count + 1);
    lines[0] = (struct line){{"kind", "name", "source", "value", "gradient"}};
    for (size_t i = 0; i < count; i++) lines[i + 1] = line_of(session, trace, order->nodes.data[i]);
    write_lines(session, lines, count + 1);
}

int command_trace(struct session *session)
{
    struct program program = {0};
    struct adc_function *function;
    struct trace trace = {0};
    struct order order = {.arena = &session->arena};
    int status = program_open(session, false, &program);
    if (status == STATUS_GOOD) status = program_function(session, &program, &function);
    if (status == STATUS_GOOD) status = trace_evaluate(session, &program, function, &trace);
    if (status != STATUS_GOOD) return status;
    order_nodes(function, &order);
    if (session->options.json) write_json(session, &trace, &order);
    else write_table(session, &trace, &order);
    return STATUS_GOOD;
}
