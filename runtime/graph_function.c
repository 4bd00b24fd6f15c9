/* Functions of a graph: what the results need, again, with parameters of its own. */
#include "runtime/graph.h"

#include <string.h>

/* ------------------------------------------------------------------------------ requests */

static const char *result_name(const adc_graph_function *function, size_t i)
{
    return function->result_names ? function->result_names[i] : "result";
}

static bool names_differ(const adc_graph_function *function)
{
    for (size_t i = 0; i < function->count; i++)
        for (size_t k = 0; k < i; k++)
            if (strcmp(result_name(function, i), result_name(function, k)) == 0) return false;
    return true;
}

static bool names_are_good(const adc_graph_function *function)
{
    for (size_t i = 0; i < function->count; i++)
        if (!result_name(function, i) || !graph_is_name(result_name(function, i))) return false;
    return true;
}

bool graph_may_make(struct host_graph *graph, const adc_graph_function *function)
{
    struct adc_context *context = graph->unit.context;
    const char *problem = NULL;
    if (!host_enter(&graph->unit)) return false;
    if (!function || !function->name || !graph_is_name(function->name))
        problem = "the function has no name of letters, digits and `_`";
    else if (!function->count || !function->results) problem = "the function has no results";
    else if (function->count > ADC_MAX_INPUTS) problem = "the function has too many results";
    else if (!names_are_good(function)) problem = "a result has no name of letters, digits and `_`";
    else if (!names_differ(function)) problem = "two results have one name";
    for (size_t i = 0; !problem && i < function->count; i++)
        if (!graph_has(graph, function->results[i])) problem = "a result is no node of this graph";
    if (problem) host_fail(context, ADC_BAD_ARGUMENT, "%s", problem);
    return !problem;
}

/* ----------------------------------------------------------------------------- extraction */

struct extraction {
    struct host_graph *graph;
    struct adc_function *to;
    uint8_t *live;
    const struct adc_node **map; /* by id */
    uint32_t *numbers;           /* of the graph's parameters in `to` */
};

const char *graph_identifier(struct host_graph *graph, const char *name)
{
    struct compilation *in = &graph->unit.in;
    char *text = adc_arena_copy(&in->arena, name, strlen(name));
    char *stroke = strchr(text, '/');
    if (!stroke) return text;
    *stroke = '_';
    for (;;) {
        uint32_t number = adc_name_of(&in->names, text)->number;
        if (number >= graph->by_name.count || !graph->by_name.data[number]) return text;
        text = (char *)graph_text(graph, "%s_", text);
    }
}

static void take_parameters(struct extraction *e, bool dimensions)
{
    struct host_graph *graph = e->graph;
    const struct adc_graph *nodes = graph->function->graph;
    for (size_t id = 0; id < nodes->nodes.count; id++) {
        const struct adc_node *node = nodes->nodes.data[id];
        if (!e->live[id] || node->op != ADC_OP_PARAM) continue;
        struct adc_parameter parameter = graph->function->params.data[node->number];
        if ((parameter.kind == ADC_DIM) != dimensions) continue;
        const char *name = graph_identifier(graph, parameter.name->text);
        parameter.name = parameter.of = adc_name_of(&graph->unit.in.names, name);
        e->numbers[node->number] = (uint32_t)e->to->params.count;
        ADC_PUSH(&graph->unit.in.arena, e->to->params, parameter);
    }
}

static const struct adc_node *copied(struct extraction *e, const struct adc_node *node,
                                     const struct adc_node *const *inputs)
{
    struct adc_graph *to = e->to->graph;
    if (node->op != ADC_OP_PARAM) return adc_copy(to, e->graph->function->graph, node, inputs);
    uint32_t number = e->numbers[node->number];
    enum adc_type type = (enum adc_type)node->type;
    if (!node->rank) return adc_param(to, type, number);
    struct adc_parameter *parameter = &e->to->params.data[number];
    const struct adc_node **shape =
        ADC_NEW_ARRAY(to->arena, const struct adc_node *, parameter->rank);
    memcpy(shape, inputs, parameter->rank * sizeof *shape);
    parameter->shape = shape;
    return adc_array_param(to, type, number, shape, parameter->rank);
}

static void copy_nodes(struct extraction *e)
{
    const struct adc_graph *from = e->graph->function->graph;
    for (size_t id = 0; id < from->nodes.count; id++) {
        const struct adc_node *node = from->nodes.data[id], *inputs[ADC_MAX_INPUTS];
        if (!e->live[id]) continue;
        for (unsigned i = 0; i < node->count; i++) inputs[i] = e->map[node->in[i]->id];
        e->map[id] = copied(e, node, inputs);
    }
}

static void take_results(struct extraction *e, const adc_graph_function *wanted)
{
    struct compilation *in = &e->graph->unit.in;
    for (size_t i = 0; i < wanted->count; i++) {
        const struct adc_node *node = e->map[wanted->results[i]->id];
        struct adc_result result = {.type = (enum adc_type)node->type, .rank = node->rank};
        result.name = result.of = adc_name_of(&in->names, result_name(wanted, i));
        result.named = wanted->result_names != NULL;
        result.nodes = ADC_NEW_ARRAY(&in->arena, const struct adc_node *, 1);
        result.nodes[0] = node;
        result.count = 1;
        ADC_PUSH(&in->arena, e->to->results, result);
    }
}

static void take_checks(struct extraction *e)
{
    for (size_t i = 0; i < e->graph->checks.count; i++) {
        const struct graph_check *check = &e->graph->checks.data[i];
        if (!e->live[check->owner->id]) continue;
        struct adc_check taken = {.condition = e->map[check->condition->id], .text = check->text};
        taken.status = (uint32_t)e->to->checks.count + 1;
        ADC_PUSH(&e->graph->unit.in.arena, e->to->checks, taken);
    }
}

struct adc_function *graph_extract(struct host_graph *graph, const adc_graph_function *wanted)
{
    struct compilation *in = &graph->unit.in;
    const struct adc_graph *from = graph->function->graph;
    size_t count = from->nodes.count;
    struct extraction e = {.graph = graph};
    e.live = ADC_NEW_ARRAY(&in->scratch, uint8_t, count);
    e.map = ADC_NEW_ARRAY(&in->scratch, const struct adc_node *, count);
    e.numbers = ADC_NEW_ARRAY(&in->scratch, uint32_t, graph->function->params.count);
    for (size_t i = 0; i < wanted->count; i++) e.live[wanted->results[i]->id] = 1;
    graph_live(graph, e.live, count);
    e.to = adc_function_new(&in->arena, adc_name_of(&in->names, wanted->name));
    e.to->symbol = e.to->name;
    e.to->real = graph->real;
    e.to->exported = true;
    e.to->graph->mark_count = from->mark_count; /* what is made is not what is copied */
    take_parameters(&e, true);
    take_parameters(&e, false);
    copy_nodes(&e);
    take_results(&e, wanted);
    take_checks(&e);
    return e.to;
}

/* ----------------------------------------------------------------------------- compilation */

struct making {
    adc_status status;
    struct host_graph *graph;
    const adc_graph_function *function;
    struct adc_module *made;
};

static void make_module(void *argument)
{
    struct making *task = argument;
    struct compilation *in = &task->graph->unit.in;
    struct adc_function *written = graph_extract(task->graph, task->function);
    struct adc_module *module = ADC_NEW(&in->arena, struct adc_module);
    module->unit = &task->graph->unit;
    module->options.real = task->graph->real;
    module->name = "graph";
    module->compiled = compile_written(in, written);
    if (!host_take_exports(module)) {
        task->status = ADC_INTERNAL_ERROR;
        return;
    }
    module->next = module->unit->modules;
    module->unit->modules = task->made = module;
}

adc_module *adc_graph_compile(adc_graph *graph, const adc_graph_function *function)
{
    struct making task = {.graph = graph, .function = function};
    if (!graph || !graph_may_make(graph, function)) return NULL;
    return host_run(&graph->unit, make_module, &task) ? task.made : NULL;
}
