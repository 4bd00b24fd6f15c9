/* A function of a graph as a program: one `let` a node, in their order.
 *
 *     export fn z(var x: real, var y: real) -> real {
 *       let mul_0 = x * y
 *       ...
 *     }
 *
 * Names are those of the nodes; one that means something in the language gets a `_` behind it.
 * Elementwise operators of arrays are comprehensions whose indices take their ranges from the
 * arrays. An operator that the language has no word for cannot be written. */
#include "runtime/graph.h"

#include "backend/emit_c.h"
#include "frontend/builtin.h"

#include <math.h>
#include <string.h>

struct writer {
    adc_status status;
    struct host_graph *graph;
    const adc_graph_function *function;
    struct adc_text text;
    const char **names;              /* by id */
    const char *index[ADC_MAX_AXES]; /* names of indices */
    const struct adc_node *missing;  /* what cannot be written */
};

/* ----------------------------------------------------------------------------------- words */

static bool is_taken(const char *name)
{
    static const char *const keywords[] = {
        "fn",     "let",    "mut",  "rec",     "const", "var",  "data",  "type", "import", "as",
        "export", "extern", "with", "require", "if",    "then", "else",  "for",  "while",  "in",
        "and",    "or",     "not",  "div",     "mod",   "true", "false", NULL};
    const struct builtin *builtin;
    for (size_t i = 0; keywords[i]; i++)
        if (strcmp(keywords[i], name) == 0) return true;
    for (size_t i = 0; (builtin = builtin_at(i)); i++)
        if (strcmp(builtin->name, name) == 0) return true;
    return false;
}

static bool is_given(const struct host_graph *graph, const char *name)
{
    for (size_t i = 0; i < graph->by_name.count; i++) {
        const struct adc_node *node = graph->by_name.data[i];
        if (node && !strcmp(graph->function->graph->names.data[node->id]->text, name)) return true;
    }
    return false;
}

/* The name with strokes behind it until nothing else is called so. */
static const char *free_name(struct host_graph *graph, const char *name)
{
    name = graph_identifier(graph, name);
    if (!is_taken(name)) return name;
    do name = graph_text(graph, "%s_", name);
    while (is_given(graph, name));
    return name;
}

/* Operators between their operands, and before one. */
static const char *infix(enum adc_op op)
{
    switch (op) {
    case ADC_OP_ADD:
    case ADC_OP_IADD: return "+";
    case ADC_OP_SUB:
    case ADC_OP_ISUB:
    case ADC_OP_NEG:
    case ADC_OP_INEG: return "-";
    case ADC_OP_MUL:
    case ADC_OP_IMUL: return "*";
    case ADC_OP_DIV: return "/";
    case ADC_OP_POW:
    case ADC_OP_IPOW: return "^";
    case ADC_OP_EQ:
    case ADC_OP_IEQ:
    case ADC_OP_BEQ: return "==";
    case ADC_OP_NE:
    case ADC_OP_INE:
    case ADC_OP_BNE: return "!=";
    case ADC_OP_LT:
    case ADC_OP_ILT: return "<";
    case ADC_OP_LE:
    case ADC_OP_ILE: return "<=";
    case ADC_OP_GT:
    case ADC_OP_IGT: return ">";
    case ADC_OP_GE:
    case ADC_OP_IGE: return ">=";
    case ADC_OP_AND: return "and";
    case ADC_OP_OR: return "or";
    case ADC_OP_NOT: return "not ";
    case ADC_OP_IDIV: return "div";
    case ADC_OP_IMOD:
    case ADC_OP_MOD: return "mod";
    default: return NULL; /* a function, or nothing */
    }
}

/* The name of a built-in function for the operator; NULL: there is none. */
static const char *function_name(enum adc_op op)
{
    const struct builtin *builtin;
    switch (op) {
    case ADC_OP_INT_TO_F64:
    case ADC_OP_F32_TO_F64: return "f64";
    case ADC_OP_INT_TO_F32:
    case ADC_OP_F64_TO_F32: return "f32";
    case ADC_OP_BOOL_TO_INT:
    case ADC_OP_I32_TO_INT:
    case ADC_OP_TRUNC_INT: return "int";
    default: break;
    }
    for (size_t i = 0; (builtin = builtin_at(i)); i++)
        if (builtin->op == op || builtin->int_op == op) return builtin->name;
    return NULL;
}

/* -------------------------------------------------------------------------------- operands */

static void put_constant(struct writer *w, const struct adc_node *node)
{
    struct adc_text *out = &w->text;
    if (node->op == ADC_OP_MARK) node = node->in[0];
    bool single = node->type == ADC_F32;
    if (node->type == ADC_BOOL) {
        adc_text_add(out, node->value.boolean ? "true" : "false");
    } else if (node->type == ADC_INT && node->value.integer == INT64_MIN) {
        adc_text_add(out, "(-9223372036854775807 - 1)");
    } else if (node->type == ADC_INT) {
        bool negative = node->value.integer < 0;
        adc_text_format(out, negative ? "(%lld)" : "%lld", (long long)node->value.integer);
    } else {
        double value = single ? (double)node->value.f32 : node->value.f64;
        adc_text_add(out, signbit(value) && !isnan(value) ? "(" : "");
        adc_text_real(out, value, single);
        adc_text_add(out, signbit(value) && !isnan(value) ? ")" : "");
    }
}

static void put_operand(struct writer *w, const struct adc_node *node)
{
    bool literal = graph_record(w->graph, node)->form == GRAPH_CONSTANT && node->op == ADC_OP_CONST;
    if (literal) put_constant(w, node);
    else adc_text_add(&w->text, w->names[node->id]);
}

/* The operand's element where it is an array. */
static void put_element(struct writer *w, const struct adc_node *node)
{
    put_operand(w, node);
    for (unsigned i = 0; i < node->rank; i++)
        adc_text_format(&w->text, "%s%s", i ? ", " : "[", w->index[i]);
    adc_text_add(&w->text, node->rank ? "]" : "");
}

static void put_list(struct writer *w, const struct graph_record *record, unsigned first)
{
    for (unsigned i = first; i < record->count; i++) {
        if (i > first) adc_text_add(&w->text, ", ");
        if (record->inputs[i]) put_operand(w, record->inputs[i]);
        else adc_text_add(&w->text, ":");
    }
}

/* "[i, j: " before an expression over the points of an array. */
static void open_points(struct writer *w, unsigned rank)
{
    for (unsigned i = 0; i < rank; i++)
        adc_text_format(&w->text, "%s%s", i ? ", " : "[", w->index[i]);
    adc_text_add(&w->text, rank ? ": " : "");
}

/* ------------------------------------------------------------------------------ operators */

static void put_elementwise(struct writer *w, const struct adc_node *node,
                            const struct graph_record *record)
{
    enum adc_op op = (enum adc_op)record->op;
    const char *sign = infix(op), *name = sign ? NULL : function_name(op);
    bool choice = record->form == GRAPH_SELECT || op == ADC_OP_SELECT;
    if (!sign && !name && !choice) w->missing = node;
    open_points(w, node->rank);
    if (name) adc_text_format(&w->text, "%s(", name);
    for (unsigned i = 0; i < record->count; i++) {
        static const char *const arms[] = {"if ", " then ", " else "};
        if (choice) adc_text_add(&w->text, arms[i]);
        else if (sign && record->count == 1) adc_text_add(&w->text, sign);
        else if (i) adc_text_format(&w->text, sign ? " %s " : "%s ", sign ? sign : ",");
        put_element(w, record->inputs[i]);
    }
    adc_text_add(&w->text, name ? ")" : "");
    adc_text_add(&w->text, node->rank ? "]" : "");
}

static void put_reduction(struct writer *w, const struct graph_record *record)
{
    static const char *const names[GRAPH_REDUCTIONS] = {"sum",  "prod", "max", "min",
                                                        "mean", "all",  "any"};
    const struct adc_node *array = record->inputs[0];
    bool first = true;
    if (record->axis < 0) {
        adc_text_format(&w->text, "%s(", names[record->op]);
        put_operand(w, array);
        adc_text_add(&w->text, ")");
        return;
    }
    for (unsigned i = 0; i < array->rank; i++) {
        if ((int)i == record->axis) continue;
        adc_text_format(&w->text, "%s%s", first ? "[" : ", ", w->index[i]);
        first = false;
    }
    adc_text_format(&w->text, ": %s(%s: ", names[record->op], w->index[record->axis]);
    put_element(w, array);
    adc_text_add(&w->text, ")]");
}

static void put_call(struct writer *w, const char *name, const struct graph_record *record)
{
    adc_text_format(&w->text, "%s(", name);
    put_list(w, record, 0);
    adc_text_add(&w->text, ")");
}

static void put_value(struct writer *w, const struct adc_node *node)
{
    const struct graph_record *record = graph_record(w->graph, node);
    switch ((enum graph_form)record->form) {
    case GRAPH_CONSTANT: put_constant(w, node); return;
    case GRAPH_ELEMENTWISE:
    case GRAPH_SELECT: put_elementwise(w, node, record); return;
    case GRAPH_REDUCE: put_reduction(w, record); return;
    case GRAPH_RESHAPE: put_call(w, "reshape", record); return;
    case GRAPH_STOP: put_call(w, "stop_gradient", record); return;
    case GRAPH_MATMUL:
        put_operand(w, record->inputs[0]);
        adc_text_add(&w->text, " @ ");
        put_operand(w, record->inputs[1]);
        return;
    case GRAPH_TRANSPOSE:
        put_operand(w, record->inputs[0]);
        adc_text_add(&w->text, "'");
        return;
    case GRAPH_INDEX:
        put_operand(w, record->inputs[0]);
        if (record->count < 2) return;
        adc_text_add(&w->text, "[");
        put_list(w, record, 1);
        adc_text_add(&w->text, "]");
        return;
    case GRAPH_HIDDEN:
    case GRAPH_VARIABLE:
    case GRAPH_PLACEHOLDER:
    case GRAPH_DIMENSION: return; /* they have no value here */
    }
}

/* ------------------------------------------------------------------------------ signature */

static void put_type(struct writer *w, const struct adc_function *f, const struct adc_node *node)
{
    static const char *const names[ADC_TYPE_COUNT] = {"f64", "f32", "int", "bool", "i32"};
    bool real = node->type == w->graph->real;
    adc_text_add(&w->text, real ? "real" : names[node->type]);
    for (unsigned i = 0; i < node->rank; i++) {
        adc_text_add(&w->text, i ? ", " : "[");
        c_put_size(f, adc_shape(node, i), &w->text);
    }
    adc_text_add(&w->text, node->rank ? "]" : "");
}

/* A copy of the head of the graph whose parameters have the names of the program. */
static struct adc_function *renamed_head(struct writer *w, const struct graph_nodes *order)
{
    struct compilation *in = &w->graph->unit.in;
    const struct adc_function *from = w->graph->function;
    struct adc_function *head = ADC_NEW(&in->scratch, struct adc_function);
    *head = *from;
    head->params.data = ADC_NEW_ARRAY(&in->scratch, struct adc_parameter, from->params.count);
    memcpy(head->params.data, from->params.data, from->params.count * sizeof *from->params.data);
    for (size_t i = 0; i < from->params.count; i++)
        if (head->params.data[i].kind == ADC_DIM)
            head->params.data[i].name =
                adc_name_of(&in->names, free_name(w->graph, head->params.data[i].name->text));
    for (size_t i = 0; i < order->count; i++)
        if (order->data[i]->op == ADC_OP_PARAM)
            head->params.data[order->data[i]->number].name =
                adc_name_of(&in->names, w->names[order->data[i]->id]);
    return head;
}

static void put_parameters(struct writer *w, const struct adc_function *head, const uint8_t *live)
{
    const struct adc_graph *nodes = w->graph->function->graph;
    bool first = true;
    for (size_t id = 0; id < nodes->nodes.count; id++) {
        const struct adc_node *node = nodes->nodes.data[id];
        if (!live[id] || node->op != ADC_OP_PARAM) continue;
        const struct adc_parameter *parameter = &head->params.data[node->number];
        if (parameter->kind == ADC_DIM) continue;
        adc_text_format(&w->text, "%s%s%s: ", first ? "" : ", ",
                        parameter->kind == ADC_VAR ? "var " : "", parameter->name->text);
        put_type(w, head, node);
        first = false;
    }
}

/* A dimension that is the length of no live leaf has nothing to be bound by. */
static void check_dimensions(struct writer *w, const uint8_t *live)
{
    const struct adc_graph *nodes = w->graph->function->graph;
    size_t count = nodes->nodes.count;
    uint8_t *bound = ADC_NEW_ARRAY(&w->graph->unit.in.scratch, uint8_t, count);
    for (size_t id = 0; id < count; id++) {
        const struct adc_node *node = nodes->nodes.data[id];
        bool leaf = live[id] && node->op == ADC_OP_PARAM;
        for (unsigned i = 0; leaf && i < node->rank; i++) bound[adc_shape(node, i)->id] = 1;
    }
    for (size_t id = 0; id < count; id++) {
        const struct adc_node *node = nodes->nodes.data[id];
        if (!live[id] || bound[id] || node->op != ADC_OP_PARAM) continue;
        if (w->graph->function->params.data[node->number].kind == ADC_DIM) w->missing = node;
    }
}

static void put_result_types(struct writer *w, const struct adc_function *head)
{
    const adc_graph_function *f = w->function;
    if (!f->result_names) {
        put_type(w, head, f->results[0]);
        return;
    }
    for (size_t i = 0; i < f->count; i++) {
        adc_text_format(&w->text, "%s%s: ", i ? ", " : "(", f->result_names[i]);
        put_type(w, head, f->results[i]);
    }
    adc_text_add(&w->text, ")");
}

static void put_results(struct writer *w)
{
    const adc_graph_function *f = w->function;
    adc_text_add(&w->text, "  ");
    for (size_t i = 0; i < f->count; i++) {
        if (f->result_names)
            adc_text_format(&w->text, "%s%s = ", i ? ", " : "(", f->result_names[i]);
        put_operand(w, f->results[i]);
    }
    adc_text_add(&w->text, f->result_names ? ")\n}\n" : "\n}\n");
}

/* ---------------------------------------------------------------------------------- whole */

static void name_all(struct writer *w, const struct graph_nodes *order)
{
    static const char letters[ADC_MAX_AXES + 1] = "ijklmnop";
    struct adc_arena *scratch = &w->graph->unit.in.scratch;
    w->names = ADC_NEW_ARRAY(scratch, const char *, w->graph->records.count);
    for (size_t i = 0; i < order->count; i++) {
        const struct adc_node *node = order->data[i];
        w->names[node->id] = free_name(w->graph, graph_name_text(w->graph, node, scratch));
    }
    for (unsigned i = 0; i < ADC_MAX_AXES; i++) {
        const char *name = adc_arena_copy(scratch, &letters[i], 1);
        while (is_given(w->graph, name) || is_taken(name)) name = graph_text(w->graph, "%s_", name);
        w->index[i] = name;
    }
}

static void write_program(void *argument)
{
    struct writer *w = argument;
    struct host_graph *graph = w->graph;
    struct adc_arena *scratch = &graph->unit.in.scratch;
    struct graph_nodes order = {0};
    uint8_t *live = ADC_NEW_ARRAY(scratch, uint8_t, graph->function->graph->nodes.count);
    adc_text_init(&w->text, &graph->unit.in.arena);
    graph_order(graph, (const struct adc_node *const *)w->function->results, w->function->count,
                scratch, &order);
    for (size_t i = 0; i < w->function->count; i++) live[w->function->results[i]->id] = 1;
    graph_live(graph, live, graph->function->graph->nodes.count);
    check_dimensions(w, live);
    name_all(w, &order);
    struct adc_function *head = renamed_head(w, &order);
    adc_text_format(&w->text, "export fn %s(", w->function->name);
    put_parameters(w, head, live);
    adc_text_add(&w->text, ") -> ");
    put_result_types(w, head);
    adc_text_add(&w->text, " {\n");
    for (size_t i = 0; i < order.count; i++) {
        const struct adc_node *node = order.data[i];
        bool literal = node->op == ADC_OP_CONST;
        if (node->op == ADC_OP_PARAM || literal) continue;
        adc_text_format(&w->text, "  let %s = ", w->names[node->id]);
        put_value(w, node);
        adc_text_add(&w->text, "\n");
    }
    put_results(w);
    if (w->missing) w->status = ADC_BAD_PROGRAM;
}

adc_status adc_graph_emit_ad(adc_graph *graph, const adc_graph_function *function, adc_write *write,
                             void *user)
{
    struct writer w = {.graph = graph, .function = function};
    char name[80];
    if (!graph || !write) return ADC_BAD_ARGUMENT;
    struct adc_context *context = graph->unit.context;
    if (!graph_may_make(graph, function)) return context->status;
    bool good = host_run(&graph->unit, write_program, &w);
    if (w.missing) {
        adc_graph_name(graph, w.missing, name, sizeof name);
        return host_fail(context, ADC_BAD_PROGRAM,
                         w.missing->op == ADC_OP_PARAM
                             ? "the dimension `%s` is the length of no axis of a parameter"
                             : "`%s` is of an operator that the language has no word for",
                         name);
    }
    if (good) write(user, w.text.data, w.text.count);
    return context->status;
}
