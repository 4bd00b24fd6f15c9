/* adc trace: nodes in topological order with kind, name, value and gradient.
 *
 * The order is that of a walk from the results, inputs before users, each node once: leaves stand
 * where they are first needed. */
#include "driver/trace.h"

#include "driver/commands.h"
#include "driver/evaluate.h"
#include "driver/json_io.h"
#include "driver/session.h"
#include "ir/nest.h"

#include <string.h>

enum { LIST_SHOWN = 4 }; /* elements of a list in tables and pictures */

/* ------------------------------------------------------------------- evaluation */

void trace_names(struct session *session, const struct adc_function *function, struct trace *trace)
{
    trace->function = function;
    trace->live = ADC_NEW_ARRAY(&session->arena, uint8_t, function->graph->nodes.count);
    adc_function_live(function, trace->live);
    trace->names = adc_node_names(function, &session->arena, trace->live);
}

static bool has_real_scalar(const struct adc_function *function)
{
    for (size_t i = 0; i < function->results.count; i++)
        if (adc_type_is_real(function->results.data[i].type) && !function->results.data[i].rank)
            return true;
    return false;
}

/* Function whose nodes hold all values: the derivative too if there is a real scalar among the
 * results. */
static int combined_function(struct session *session, const struct program *program,
                             struct trace *trace, const struct adc_function **combined,
                             uint32_t **primal, uint32_t **adjoints)
{
    *combined = compile_with_adjoints(&session->context, trace->function, &program->options, primal,
                                      adjoints);
    return *combined ? STATUS_GOOD : session_compiler_failed(session);
}

/* What depends on indices has a value at each of their points, and none here. */
static bool depends_on_indices(const struct adc_node *node)
{
    return node->free || node->op == ADC_OP_INDEX;
}

static bool has_value(const struct adc_graph *graph, uint32_t id)
{
    return id != UINT32_MAX && !depends_on_indices(graph->nodes.data[id]);
}

/* A scalar without an adjoint has the gradient 0. */
static void take_values(struct trace *trace, const struct adc_graph *combined,
                        const union adc_value *values, const uint32_t *primal,
                        const uint32_t *adjoints)
{
    const struct adc_graph *graph = trace->function->graph;
    for (uint32_t id = 0; id < graph->nodes.count; id++) {
        const struct adc_node *node = graph->nodes.data[id];
        if (!trace->live[id] || depends_on_indices(node)) continue;
        if (has_value(combined, primal[id])) trace->values[id] = values[primal[id]];
        if (!trace->has_gradients || !adc_type_is_real((enum adc_type)node->type)) continue;
        bool none = adjoints[id] == UINT32_MAX;
        trace->has_gradient[id] = none ? !node->rank : has_value(combined, adjoints[id]);
        if (has_value(combined, adjoints[id])) trace->gradients[id] = values[adjoints[id]];
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
    trace->has_gradients = has_real_scalar(function);
    trace->values = ADC_NEW_ARRAY(&session->arena, union adc_value, count);
    trace->gradients = ADC_NEW_ARRAY(&session->arena, union adc_value, count);
    trace->has_gradient = ADC_NEW_ARRAY(&session->arena, uint8_t, count);
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
    if (failed) return evaluate_failed_check(session, combined, failed, inputs);
    take_values(trace, combined->graph, values, primal, adjoints);
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

static void lengths_of(const struct trace *trace, const struct adc_node *array, int64_t *lengths)
{
    for (unsigned i = 0; i < array->rank; i++)
        lengths[i] = trace->values[adc_shape(array, i)->id].integer;
}

static json_t *json_of_node(const struct trace *trace, const struct adc_node *node,
                            const union adc_value *value)
{
    int64_t lengths[ADC_MAX_RANK];
    lengths_of(trace, node, lengths);
    return json_of_array((enum adc_type)node->type, node->rank ? value->elements : value, lengths,
                         node->rank);
}

static const char *text_of(struct session *session, const struct trace *trace,
                           const struct adc_node *node, const union adc_value *value)
{
    struct adc_text text;
    adc_text_init(&text, &session->arena);
    json_t *json = json_of_node(trace, node, value);
    if (json_is_string(json)) adc_text_add(&text, json_string_value(json)); /* inf and nan */
    else json_write_short(json, LIST_SHOWN, &text);
    json_decref(json);
    return text.data;
}

const char *trace_value(struct session *session, const struct trace *trace,
                        const struct adc_node *node)
{
    if (depends_on_indices(node)) return "-";
    return text_of(session, trace, node, &trace->values[node->id]);
}

const char *trace_gradient(struct session *session, const struct trace *trace,
                           const struct adc_node *node)
{
    if (!trace->has_gradient || !trace->has_gradient[node->id]) return "-";
    return text_of(session, trace, node, &trace->gradients[node->id]);
}

/* An index by the name it was written with. */
static const char *index_name(const struct trace *trace, const struct adc_node *index)
{
    const struct adc_name *name = trace->function->graph->names.data[index->id];
    return name ? name->text : trace->names[index->id];
}

const char *trace_note(struct session *session, const struct trace *trace,
                       const struct adc_node *node)
{
    struct adc_text text;
    int64_t lengths[ADC_MAX_RANK];
    adc_text_init(&text, &session->arena);
    for (uint32_t i = 0; node->free && i < node->free->count; i++)
        adc_text_format(&text, "%s%s", i ? ", " : "for ", index_name(trace, node->free->index[i]));
    if (!trace->values || !node->rank) return text.data;
    lengths_of(trace, node, lengths);
    adc_text_add(&text, adc_type_name((enum adc_type)node->type));
    for (unsigned i = 0; i < node->rank; i++)
        adc_text_format(&text, "%s%lld", i ? ", " : "[", (long long)lengths[i]);
    adc_text_add(&text, "]");
    return text.data;
}

/* The name a `let` gave it, unless that is the node's own name. */
static const char *source_name(const struct trace *trace, const struct adc_node *node)
{
    const struct adc_name *name = trace->function->graph->names.data[node->id];
    if (!name || strcmp(name->text, trace->names[node->id]) == 0) return NULL;
    return name->text;
}

static json_t *json_of_shape(const struct trace *trace, const struct adc_node *array)
{
    int64_t lengths[ADC_MAX_RANK];
    json_t *list = json_array();
    lengths_of(trace, array, lengths);
    for (unsigned i = 0; i < array->rank; i++) json_append(list, json_integer(lengths[i]));
    return list;
}

static json_t *json_of_indices(const struct trace *trace, const struct adc_node *node)
{
    json_t *list = json_array();
    for (uint32_t i = 0; node->free && i < node->free->count; i++)
        json_append(list, json_text(index_name(trace, node->free->index[i])));
    return list;
}

static json_t *json_node(const struct trace *trace, const struct adc_node *node)
{
    const char *source = source_name(trace, node);
    json_t *object = json_object(), *inputs = json_array();
    bool value = !depends_on_indices(node), gradient = trace->has_gradient[node->id];
    json_put(object, "kind", json_text(trace_kind(trace->function, node)));
    json_put(object, "name", json_text(trace->names[node->id]));
    json_put(object, "source", source ? json_text(source) : json_null());
    for (unsigned i = 0; i < node->count; i++)
        json_append(inputs, json_text(trace->names[node->in[i]->id]));
    json_put(object, "inputs", inputs);
    json_put(object, "value",
             value ? json_of_node(trace, node, &trace->values[node->id]) : json_null());
    json_put(object, "gradient",
             gradient ? json_of_node(trace, node, &trace->gradients[node->id]) : json_null());
    if (node->rank) json_put(object, "shape", json_of_shape(trace, node));
    if (!value) json_put(object, "indices", json_of_indices(trace, node));
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

enum { COLUMNS = 6 };

struct line {
    const char *cell[COLUMNS]; /* kind, name, source, value, gradient, note */
};

static struct line line_of(struct session *session, const struct trace *trace,
                           const struct adc_node *node)
{
    const char *source = source_name(trace, node);
    return (struct line){{trace_kind(trace->function, node), trace->names[node->id],
                          source ? source : "", trace_value(session, trace, node),
                          trace_gradient(session, trace, node), trace_note(session, trace, node)}};
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
        unsigned last = COLUMNS - 1;
        while (!*lines[i].cell[last]) last--;
        for (unsigned c = 0; c < last; c++) {
            size_t blanks = widths[c] - width_of(lines[i].cell[c]) + 2;
            adc_text_format(&session->out, "%s%*s", lines[i].cell[c], (int)blanks, "");
        }
        adc_text_format(&session->out, "%s\n", lines[i].cell[last]);
    }
}

static void write_table(struct session *session, const struct trace *trace,
                        const struct order *order)
{
    size_t count = order->nodes.count;
    struct line *lines = ADC_NEW_ARRAY(&session->arena, struct line, count + 1);
    lines[0] = (struct line){{"kind", "name", "source", "value", "gradient", ""}};
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
