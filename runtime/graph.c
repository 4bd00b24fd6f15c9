/* Graphs of a host: leaves, names, the order of nodes. */
#include "runtime/graph.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *graph_word(unsigned word)
{
    static const char *const words[GRAPH_WORDS - ADC_OP_COUNT] = {
        "Var", "Placeholder", "Const",  "sum",       "prod",    "mean",
        "all", "any",         "matmul", "transpose", "reshape", "index"};
    return word < ADC_OP_COUNT ? adc_op_info((enum adc_op)word)->name : words[word - ADC_OP_COUNT];
}

/* ----------------------------------------------------------------------------------- steps */

bool graph_has(const struct host_graph *graph, const struct adc_node *node)
{
    const struct adc_graph *nodes = graph->function->graph;
    return node && node->id < graph->records.count && nodes->nodes.data[node->id] == node &&
           graph->records.data[node->id].form != GRAPH_HIDDEN;
}

const struct graph_record *graph_record(const struct host_graph *graph, const struct adc_node *node)
{
    return &graph->records.data[node->id];
}

void graph_fail(struct graph_step *step, adc_status status, const char *format, ...)
{
    char text[400];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    step->status = status;
    step->made = NULL;
    host_say(step->graph->unit.context, status, "%s", text);
}

adc_node *graph_run(struct graph_step *step, void (*work)(void *step), bool gaps)
{
    struct host_graph *graph = step->graph;
    if (!graph || !host_enter(&graph->unit)) return NULL;
    struct adc_context *context = graph->unit.context;
    if (step->count && !step->inputs)
        return host_fail(context, ADC_BAD_ARGUMENT, "the nodes are NULL"), NULL;
    for (size_t i = 0; i < step->count; i++) {
        const struct adc_node *input = step->inputs[i];
        if (graph_has(graph, input) || (gaps && i && !input)) continue;
        return host_fail(context, ADC_BAD_ARGUMENT, "input %zu is no node of this graph", i), NULL;
    }
    graph->pending.count = 0;
    return host_run(&graph->unit, work, step) ? (adc_node *)step->made : NULL;
}

static void add_checks(struct host_graph *graph, const struct adc_node *owner)
{
    struct adc_arena *arena = &graph->unit.in.arena;
    for (size_t i = 0; i < graph->pending.count; i++) {
        struct graph_check check = graph->pending.data[i];
        check.owner = owner;
        ADC_PUSH(arena, graph->checks, check);
    }
}

void graph_show(struct graph_step *step, const struct adc_node *node, struct graph_record record)
{
    struct host_graph *graph = step->graph;
    struct adc_arena *arena = &graph->unit.in.arena;
    struct graph_nodes *list = &graph->by_word[record.word];
    step->made = node;
    if (graph_has(graph, node)) return;
    while (graph->records.count < graph->function->graph->nodes.count)
        ADC_PUSH(arena, graph->records, (struct graph_record){.form = GRAPH_HIDDEN});
    if (!record.inputs && step->count) {
        size_t bytes = step->count * sizeof *step->inputs;
        bool same = node->count == step->count && !memcmp(node->in, step->inputs, bytes);
        const struct adc_node **copy = NULL;
        if (!same) {
            copy = ADC_NEW_ARRAY(arena, const struct adc_node *, step->count);
            memcpy(copy, step->inputs, bytes);
        }
        record.inputs = same ? node->in : copy;
        record.count = (uint8_t)step->count;
    }
    add_checks(graph, node);
    record.ordinal = UINT32_MAX;
    if (!graph->function->graph->names.data[node->id]) {
        record.ordinal = (uint32_t)list->count;
        ADC_PUSH(arena, *list, node);
    }
    graph->records.data[node->id] = record;
}

/* ----------------------------------------------------------------------------------- names */

/* Names are those of the language, so that C and programs can be written with them. */
bool graph_is_name(const char *text)
{
    if (!*text || (*text >= '0' && *text <= '9')) return false;
    for (; *text; text++) {
        bool letter = (*text >= 'a' && *text <= 'z') || (*text >= 'A' && *text <= 'Z');
        if (!letter && !(*text >= '0' && *text <= '9') && *text != '_' && !(*text & 0x80))
            return false;
    }
    return true;
}

/* The name, if it may be given to a node. */
static const struct adc_name *new_name(struct graph_step *step, const char *text)
{
    struct host_graph *graph = step->graph;
    if (!graph_is_name(text)) {
        graph_fail(step, ADC_BAD_ARGUMENT, "`%.40s` is no name", text);
        return NULL;
    }
    const struct adc_name *name = adc_name_of(&graph->unit.in.names, text);
    if (name->number < graph->by_name.count && graph->by_name.data[name->number]) {
        graph_fail(step, ADC_GIVEN_TWICE, "there is a node `%s` already", text);
        return NULL;
    }
    return name;
}

static void give_name(struct host_graph *graph, const struct adc_node *node,
                      const struct adc_name *name)
{
    struct adc_arena *arena = &graph->unit.in.arena;
    while (graph->by_name.count <= name->number) ADC_PUSH(arena, graph->by_name, NULL);
    graph->by_name.data[name->number] = node;
    adc_graph_set_name(graph->function->graph, node, name);
}

static void name_node(void *argument)
{
    struct graph_step *step = argument;
    struct host_graph *graph = step->graph;
    const struct adc_node *node = step->inputs[0];
    const struct adc_name *name = new_name(step, step->name);
    if (!name) return;
    if (graph->function->graph->names.data[node->id])
        graph_fail(step, ADC_GIVEN_TWICE, "the node is called `%s`",
                   graph->function->graph->names.data[node->id]->text);
    else if (node->op == ADC_OP_PARAM || node->op == ADC_OP_CONST)
        graph_fail(step, ADC_BAD_ARGUMENT, "a leaf is named when it is made");
    else give_name(graph, node, name);
}

adc_status adc_graph_rename(adc_graph *graph, adc_node *node, const char *name)
{
    const struct adc_node *inputs[] = {node};
    struct graph_step step = {.graph = graph, .name = name, .inputs = inputs, .count = 1};
    if (!graph || !name) return ADC_BAD_ARGUMENT;
    graph_run(&step, name_node, false);
    return graph->unit.context->status;
}

static size_t automatic_name(const struct graph_record *record, char *text, size_t size)
{
    int length = snprintf(text, size, "%s/%u", graph_word(record->word), record->ordinal);
    return (size_t)length;
}

size_t adc_graph_name(const adc_graph *graph, const adc_node *node, char *text, size_t size)
{
    if (text && size) *text = '\0';
    if (!graph || !graph_has(graph, node)) return 0;
    const struct adc_name *name = graph->function->graph->names.data[node->id];
    if (!name) return automatic_name(graph_record(graph, node), text, text ? size : 0);
    if (text && size) snprintf(text, size, "%s", name->text);
    return name->length;
}

const char *graph_name_text(const struct host_graph *graph, const struct adc_node *node,
                            struct adc_arena *arena)
{
    size_t length = adc_graph_name(graph, node, NULL, 0);
    char *text = adc_arena_alloc(arena, length + 1);
    adc_graph_name(graph, node, text, length + 1);
    return text;
}

/* "mul/12": the word before the stroke, the number behind it. */
static const struct adc_node *find_automatic(const struct host_graph *graph, const char *name,
                                             const char *stroke)
{
    size_t length = (size_t)(stroke - name), digits = strspn(stroke + 1, "0123456789");
    if (!digits || stroke[1 + digits] || (stroke[1] == '0' && digits > 1)) return NULL;
    unsigned long long ordinal = strtoull(stroke + 1, NULL, 10);
    for (unsigned word = 0; word < GRAPH_WORDS; word++) {
        const struct graph_nodes *list = &graph->by_word[word];
        if (!list->count || strncmp(graph_word(word), name, length) != 0) continue;
        if (graph_word(word)[length]) continue;
        return ordinal < list->count ? list->data[ordinal] : NULL;
    }
    return NULL;
}

static void find(void *argument)
{
    struct graph_step *step = argument;
    const struct host_graph *graph = step->graph;
    const char *stroke = strchr(step->name, '/');
    if (stroke) {
        step->made = find_automatic(graph, step->name, stroke);
    } else {
        uint32_t number = adc_name_of(&step->graph->unit.in.names, step->name)->number;
        if (number < graph->by_name.count) step->made = graph->by_name.data[number];
    }
    if (!step->made) step->status = ADC_UNKNOWN_NAME;
}

adc_node *adc_graph_find(adc_graph *graph, const char *name)
{
    struct graph_step step = {.graph = graph, .name = name};
    if (!graph || !name) return NULL;
    return graph_run(&step, find, false);
}

/* ---------------------------------------------------------------------------------- leaves */

static void start(void *argument)
{
    struct graph_step *step = argument;
    struct host_graph *graph = step->graph;
    struct compilation *in = &graph->unit.in;
    adc_source_add(&in->diags, "graph", "", 0); /* what messages point at */
    graph->function = adc_function_new(&in->arena, adc_name_of(&in->names, "graph"));
    graph->function->symbol = graph->function->name;
    graph->function->real = graph->real;
}

adc_graph *adc_graph_new(adc_context *context, adc_element real)
{
    if (!context) return NULL;
    if (real != ADC_TYPE_F64 && real != ADC_TYPE_F32)
        return host_fail(context, ADC_BAD_ARGUMENT, "a graph is of F64 or F32"), NULL;
    struct host_graph *graph = host_add(context, sizeof *graph);
    if (!graph) return NULL;
    struct graph_step step = {.graph = graph};
    graph->real = host_type(real);
    graph->unit.close = graph_close;
    if (host_run(&graph->unit, start, &step)) return graph;
    host_remove(&graph->unit);
    return NULL;
}

void adc_graph_free(adc_graph *graph)
{
    if (graph) host_remove(&graph->unit);
}

static bool are_lengths(struct graph_step *step)
{
    for (size_t i = 0; i < step->count; i++)
        if (step->inputs[i]->type != ADC_INT || step->inputs[i]->rank ||
            graph_record(step->graph, step->inputs[i])->closed < GRAPH_DIMENSIONS) {
            graph_fail(step, ADC_WRONG_TYPE, "length %zu is no int made of dimensions and numbers",
                       i);
            return false;
        }
    return true;
}

/* Before it is known what the node is made of, what a leaf of its type follows from. */
static enum graph_closed closed_leaf(enum adc_type type, size_t rank)
{
    return rank || adc_type_is_real(type) ? GRAPH_OPEN : GRAPH_INTS;
}

static void add_leaf(struct graph_step *step, enum adc_kind kind, enum graph_form form,
                     unsigned word)
{
    struct host_graph *graph = step->graph;
    struct adc_arena *arena = &graph->unit.in.arena;
    const struct adc_name *name = NULL;
    uint32_t number = (uint32_t)graph->function->params.count;
    if (!are_lengths(step) || (step->name && !(name = new_name(step, step->name)))) return;
    const struct adc_node **shape = ADC_NEW_ARRAY(arena, const struct adc_node *, step->count);
    for (size_t i = 0; i < step->count; i++) shape[i] = step->inputs[i];
    struct adc_parameter parameter = {.kind = kind, .type = host_type(step->type)};
    parameter.rank = (unsigned)step->count;
    parameter.shape = shape;
    const struct adc_node *node =
        step->count
            ? adc_array_param(graph->function->graph, parameter.type, number, shape, parameter.rank)
            : adc_param(graph->function->graph, parameter.type, number);
    if (name) give_name(graph, node, name);
    ADC_PUSH(arena, graph->fed, (struct graph_fed){.given = false});
    step->count = 0; /* lengths are no inputs */
    struct graph_record record = {.form = (uint8_t)form, .word = (uint16_t)word};
    record.closed =
        (uint8_t)(kind == ADC_DIM ? GRAPH_DIMENSIONS : closed_leaf(parameter.type, node->rank));
    graph_show(step, node, record);
    parameter.name = parameter.of =
        name ? name : adc_name_of(&graph->unit.in.names, graph_name_text(graph, node, arena));
    ADC_PUSH(arena, graph->function->params, parameter);
}

static void add_variable(void *step)
{
    add_leaf(step, ADC_VAR, GRAPH_VARIABLE, GRAPH_WORD_VAR);
}

static void add_placeholder(void *step)
{
    add_leaf(step, ADC_PLAIN, GRAPH_PLACEHOLDER, GRAPH_WORD_PLACEHOLDER);
}

static void add_dimension(void *step)
{
    add_leaf(step, ADC_DIM, GRAPH_DIMENSION, GRAPH_WORD_PLACEHOLDER);
}

static bool rank_fits(struct host_graph *graph, unsigned rank)
{
    if (!graph) return false;
    if (rank <= ADC_MAX_AXES) return true;
    host_fail(graph->unit.context, ADC_WRONG_SHAPE, "an array has at most %d axes", ADC_MAX_AXES);
    return false;
}

adc_node *adc_graph_variable(adc_graph *graph, const char *name, unsigned rank,
                             adc_node *const *lengths)
{
    struct graph_step step = {.graph = graph, .name = name, .count = rank};
    if (!rank_fits(graph, rank)) return NULL;
    step.inputs = (const struct adc_node *const *)lengths;
    step.type = host_element(graph->real);
    return graph_run(&step, add_variable, false);
}

adc_node *adc_graph_placeholder(adc_graph *graph, const char *name, adc_element type, unsigned rank,
                                adc_node *const *lengths)
{
    struct graph_step step = {.graph = graph, .name = name, .count = rank, .type = type};
    if (!rank_fits(graph, rank)) return NULL;
    if (!host_is_element(type))
        return host_fail(graph->unit.context, ADC_BAD_ARGUMENT, "there is no such type"), NULL;
    step.inputs = (const struct adc_node *const *)lengths;
    return graph_run(&step, add_placeholder, false);
}

adc_node *adc_graph_dimension(adc_graph *graph, const char *name)
{
    struct graph_step step = {.graph = graph, .name = name, .type = ADC_TYPE_INT};
    return graph_run(&step, add_dimension, false);
}

/* A mark is never merged with another node, which is what a named constant wants. */
static void add_constant(void *argument)
{
    struct graph_step *step = argument;
    struct host_graph *graph = step->graph;
    struct adc_graph *nodes = graph->function->graph;
    const struct adc_name *name = NULL;
    if (step->name && !(name = new_name(step, step->name))) return;
    const struct adc_node *node = adc_const(nodes, host_type(step->type), step->value);
    if (name) give_name(graph, node = adc_mark(nodes, node), name);
    bool real = adc_type_is_real((enum adc_type)node->type);
    graph_show(step, node,
               (struct graph_record){.form = GRAPH_CONSTANT,
                                     .word = GRAPH_WORD_CONST,
                                     .closed = real ? GRAPH_OPEN : GRAPH_DIMENSIONS});
}

adc_node *adc_graph_constant(adc_graph *graph, const char *name, double value)
{
    struct graph_step step = {.graph = graph, .name = name};
    if (!graph) return NULL;
    step.type = host_element(graph->real);
    if (graph->real == ADC_F32) step.value.f32 = (float)value;
    else step.value.f64 = value;
    return graph_run(&step, add_constant, false);
}

adc_node *adc_graph_int(adc_graph *graph, int64_t value)
{
    struct graph_step step = {.graph = graph, .type = ADC_TYPE_INT, .value = {.integer = value}};
    return graph_run(&step, add_constant, false);
}

adc_node *adc_graph_bool(adc_graph *graph, bool value)
{
    struct graph_step step = {.graph = graph, .type = ADC_TYPE_BOOL};
    step.value.boolean = value;
    return graph_run(&step, add_constant, false);
}

/* --------------------------------------------------------------------------------- looking */

adc_node_kind adc_graph_kind(const adc_graph *graph, const adc_node *node)
{
    if (!graph || !graph_has(graph, node)) return ADC_NODE_NONE;
    switch ((enum graph_form)graph_record(graph, node)->form) {
    case GRAPH_VARIABLE: return ADC_NODE_VARIABLE;
    case GRAPH_PLACEHOLDER:
    case GRAPH_DIMENSION: return ADC_NODE_PLACEHOLDER;
    case GRAPH_CONSTANT: return ADC_NODE_CONSTANT;
    case GRAPH_HIDDEN: return ADC_NODE_NONE;
    case GRAPH_ELEMENTWISE:
    case GRAPH_SELECT:
    case GRAPH_MATMUL:
    case GRAPH_TRANSPOSE:
    case GRAPH_REDUCE:
    case GRAPH_RESHAPE:
    case GRAPH_INDEX:
    case GRAPH_STOP: return ADC_NODE_OPERATOR;
    }
    return ADC_NODE_NONE;
}

adc_element adc_graph_type(const adc_graph *graph, const adc_node *node)
{
    return graph && graph_has(graph, node) ? host_element((enum adc_type)node->type) : ADC_TYPE_F64;
}

unsigned adc_graph_rank(const adc_graph *graph, const adc_node *node)
{
    return graph && graph_has(graph, node) ? node->rank : 0;
}

/* ----------------------------------------------------------------------------------- order */

struct frame {
    const struct adc_node *node;
    unsigned next; /* input to visit */
};

struct walk {
    const struct host_graph *graph;
    struct adc_arena *arena;
    uint8_t *seen;
    struct {
        struct frame *data;
        size_t count, capacity;
    } stack;
};

static void enter(struct walk *walk, const struct adc_node *node)
{
    if (!node || walk->seen[node->id]) return;
    walk->seen[node->id] = 1;
    ADC_PUSH(walk->arena, walk->stack, (struct frame){node, 0});
}

void graph_order(const struct host_graph *graph, const struct adc_node *const *roots, size_t count,
                 struct adc_arena *arena, struct graph_nodes *order)
{
    struct walk walk = {.graph = graph, .arena = arena};
    walk.seen = ADC_NEW_ARRAY(arena, uint8_t, graph->records.count);
    for (size_t i = 0; i < count; i++) {
        enter(&walk, roots[i]);
        while (walk.stack.count) {
            struct frame *top = &walk.stack.data[walk.stack.count - 1];
            const struct graph_record *record = graph_record(graph, top->node);
            if (top->next < record->count) {
                enter(&walk, record->inputs[top->next++]);
                continue;
            }
            ADC_PUSH(arena, *order, top->node);
            walk.stack.count--;
        }
    }
}

struct ordering {
    adc_status status;
    struct host_graph *graph;
    const struct adc_node *output;
    adc_node **nodes;
    size_t room, count;
};

static void order(void *argument)
{
    struct ordering *task = argument;
    struct graph_nodes found = {0};
    graph_order(task->graph, &task->output, 1, &task->graph->unit.in.scratch, &found);
    task->count = found.count;
    for (size_t i = 0; i < found.count && i < task->room; i++)
        task->nodes[i] = (adc_node *)found.data[i];
}

size_t adc_graph_order(adc_graph *graph, const adc_node *output, adc_node **nodes, size_t room)
{
    struct ordering task = {.graph = graph, .output = output, .nodes = nodes, .room = room};
    if (!graph || !host_enter(&graph->unit)) return 0;
    if (!graph_has(graph, output) || (room && !nodes)) {
        host_fail(graph->unit.context, ADC_BAD_ARGUMENT, "the output is no node of this graph");
        return 0;
    }
    return host_run(&graph->unit, order, &task) ? task.count : 0;
}
