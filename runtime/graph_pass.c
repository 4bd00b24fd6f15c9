/* Forward and backward passes: the interpreter over what the output needs.
 *
 * A pass keeps what it derived for its output, so that passes over the same output, as in a loop of
 * an optimiser, derive once. Its memory is its own: a pass that finds none leaves the graph as it
 * was. What was found lies in `run` until the next pass. */
#include "runtime/graph.h"

#include <string.h>

struct graph_pass {
    struct compilation in;
    struct adc_arena run; /* of its heap */
    const struct adc_node *output;
    struct adc_module module;      /* for host_bind: it has a unit */
    struct adc_function view;      /* the graph's, with one result and the checks that count */
    struct host_function function; /* of the view */
    adc_port result;
    const struct adc_node *const *result_shape;
    uint8_t *live; /* by id: what the output needs */
    size_t live_count;
    const struct adc_function *combined; /* with adjoints, once a backward pass ran */
    uint32_t *primal, *adjoints;
    bool backward, found; /* of the last run */
    const struct adc_function *ran;
    union adc_value *values; /* by id of `ran` */
};

/* -------------------------------------------------------------------------------- feeding */

static bool fits_leaf(struct host_graph *graph, const struct adc_node *node,
                      const adc_argument *argument, size_t *count)
{
    struct adc_context *context = graph->unit.context;
    const char *name = argument->name;
    if (node->op != ADC_OP_PARAM) {
        bool constant = graph_record(graph, node)->form == GRAPH_CONSTANT;
        host_fail(context, constant ? ADC_IS_CONSTANT : ADC_BAD_ARGUMENT,
                  constant ? "`%s` is a constant" : "`%s` is computed, not fed", name);
    } else if (argument->type != host_element((enum adc_type)node->type)) {
        host_fail(context, ADC_WRONG_TYPE, "`%s` is of another type", name);
    } else if (argument->rank != node->rank) {
        host_fail(context, ADC_WRONG_SHAPE, "`%s` has %u axes, but %u were given", name,
                  (unsigned)node->rank, argument->rank);
    } else {
        for (unsigned i = 0; i < node->rank; i++)
            if (argument->lengths[i] < 0)
                return host_fail(context, ADC_NEGATIVE_SIZE, "`%s` has a negative length", name),
                       false;
        if (!host_count(argument->lengths, argument->rank, count))
            host_fail(context, ADC_WRONG_SHAPE, "`%s` has more elements than memory", name);
        else if (node->rank && *count && !argument->data)
            host_fail(context, ADC_BAD_ARGUMENT, "the data of `%s` is NULL", name);
        else return true;
    }
    return false;
}

/* The old memory serves if it has the right size. */
static bool keep_array(struct adc_context *context, struct graph_fed *fed,
                       const adc_argument *argument, size_t size)
{
    if (size != fed->size) {
        void *data = size ? host_allocate(context, size) : NULL;
        if (size && !data) return host_fail(context, ADC_OUT_OF_MEMORY, "out of memory"), false;
        host_release(context, fed->data, fed->size);
        fed->data = data;
        fed->size = size;
    }
    if (size) memcpy(fed->data, argument->data, size);
    memcpy(fed->lengths, argument->lengths, sizeof fed->lengths);
    return true;
}

static bool feed_one(struct host_graph *graph, const adc_argument *argument)
{
    struct adc_context *context = graph->unit.context;
    size_t count;
    if (!argument->name)
        return host_fail(context, ADC_BAD_ARGUMENT, "an argument has no name"), false;
    const struct adc_node *node = adc_graph_find(graph, argument->name);
    if (!node) {
        if (context->status == ADC_UNKNOWN_NAME)
            host_say(context, ADC_UNKNOWN_NAME, "the graph has no node `%s`", argument->name);
        return false;
    }
    if (!fits_leaf(graph, node, argument, &count)) return false;
    struct graph_fed *fed = &graph->fed.data[node->number];
    size_t size = count * host_size(argument->type);
    if (node->rank && !keep_array(context, fed, argument, size)) return false;
    if (!node->rank)
        fed->value = host_load(argument->type, argument->data ? argument->data : &argument->value);
    fed->given = true;
    return true;
}

adc_status adc_graph_feed(adc_graph *graph, const adc_argument *arguments, size_t count)
{
    if (!graph || (count && !arguments)) return ADC_BAD_ARGUMENT;
    if (!host_enter(&graph->unit)) return graph->unit.context->status;
    for (size_t i = 0; i < count; i++)
        if (!feed_one(graph, &arguments[i])) break;
    return graph->unit.context->status;
}

/* ------------------------------------------------------------------------------- a pass */

void graph_live(const struct host_graph *graph, uint8_t *live, size_t count)
{
    const struct adc_graph *nodes = graph->function->graph;
    for (bool more = true; more;) {
        more = false;
        for (size_t id = count; id-- > 0;)
            for (unsigned i = 0; live[id] && i < nodes->nodes.data[id]->count; i++)
                live[nodes->nodes.data[id]->in[i]->id] = 1;
        for (size_t i = 0; i < graph->checks.count; i++) {
            const struct graph_check *check = &graph->checks.data[i];
            if (check->owner->id >= count || !live[check->owner->id]) continue;
            more |= !live[check->condition->id];
            live[check->condition->id] = 1;
        }
    }
}

static void make_view(struct host_graph *graph, struct graph_pass *pass)
{
    struct adc_arena *arena = &pass->in.arena;
    size_t count = graph->function->graph->nodes.count;
    struct adc_result result = {.type = (enum adc_type)pass->output->type, .count = 1};
    pass->live = ADC_NEW_ARRAY(arena, uint8_t, count);
    pass->live_count = count;
    pass->live[pass->output->id] = 1;
    graph_live(graph, pass->live, count);
    pass->view = *graph->function;
    memset(&pass->view.results, 0, sizeof pass->view.results);
    memset(&pass->view.checks, 0, sizeof pass->view.checks);
    result.name = result.of = adc_name_of(&pass->in.names, "result");
    result.rank = pass->output->rank;
    result.nodes = ADC_NEW_ARRAY(arena, const struct adc_node *, 1);
    result.nodes[0] = pass->output;
    ADC_PUSH(arena, pass->view.results, result);
    for (size_t i = 0; i < graph->checks.count; i++) {
        const struct graph_check *check = &graph->checks.data[i];
        if (check->owner->id >= count || !pass->live[check->owner->id]) continue;
        ADC_PUSH(arena, pass->view.checks,
                 (struct adc_check){check->condition, (uint32_t)i + 1, check->text, {0, 0, 0}});
    }
}

/* Leaves that the output does not need have a default, so nobody misses them. */
static void make_ports(struct host_graph *graph, struct graph_pass *pass)
{
    struct adc_arena *arena = &pass->in.arena;
    const struct adc_graph *nodes = graph->function->graph;
    size_t count = graph->function->params.count;
    pass->module.unit = &graph->unit;
    pass->function = (struct host_function){.module = &pass->module, .function = &pass->view};
    pass->function.inputs = ADC_NEW_ARRAY(arena, adc_port, count);
    pass->function.results = &pass->result;
    pass->function.lengths = &pass->result_shape; /* of no axes, for nobody asks */
    pass->result = (adc_port){.name = ""};
    for (size_t i = 0; i < count; i++) {
        const struct adc_parameter *parameter = &graph->function->params.data[i];
        adc_port *port = &pass->function.inputs[i];
        port->name = parameter->name->text;
        port->kind = parameter->kind == ADC_DIM ? ADC_PORT_DIMENSION : ADC_PORT_PLAIN;
        port->type = host_element(parameter->type);
        port->rank = parameter->rank;
        port->has_default = true;
    }
    for (size_t id = 0; id < pass->live_count; id++) {
        const struct adc_node *node = nodes->nodes.data[id];
        if (pass->live[id] && node->op == ADC_OP_PARAM)
            pass->function.inputs[node->number].has_default = false;
    }
}

static const adc_argument *fed_arguments(struct host_graph *graph, struct graph_pass *pass,
                                         size_t *count)
{
    size_t all = pass->view.params.count;
    adc_argument *arguments = ADC_NEW_ARRAY(&pass->run, adc_argument, all);
    *count = 0;
    for (size_t i = 0; i < all; i++) {
        const struct graph_fed *fed = &graph->fed.data[i];
        const adc_port *port = &pass->function.inputs[i];
        if (!fed->given || port->has_default) continue;
        adc_argument *argument = &arguments[(*count)++];
        *argument = (adc_argument){.name = port->name, .type = port->type, .rank = port->rank};
        memcpy(argument->lengths, fed->lengths, port->rank * sizeof *fed->lengths);
        if (port->rank) argument->data = fed->data;
        else host_store(port->type, fed->value, &argument->value);
    }
    return arguments;
}

struct passing {
    adc_status status;
    struct host_graph *graph;
    struct graph_pass *pass;
    bool backward;
};

static void derive(struct passing *task)
{
    struct graph_pass *pass = task->pass;
    struct compile_options options = {.real = task->graph->real};
    if (!pass->combined)
        pass->combined =
            compile_with_adjoints(&pass->in, &pass->view, &options, &pass->primal, &pass->adjoints);
    if (!pass->combined) task->status = ADC_INTERNAL_ERROR;
}

static void run(void *argument)
{
    struct passing *task = argument;
    struct graph_pass *pass = task->pass;
    struct host_binding binding = {.function = &pass->function, .arena = &pass->run};
    if (!pass->live) {
        make_view(task->graph, pass);
        make_ports(task->graph, pass);
    }
    if (task->backward) derive(task);
    if (task->status != ADC_GOOD) return;
    binding.arguments = fed_arguments(task->graph, pass, &binding.count);
    task->status = host_bind(&binding);
    if (task->status != ADC_GOOD) return;
    pass->ran = task->backward ? pass->combined : &pass->view;
    pass->backward = task->backward;
    task->status = (adc_status)adc_interpret(pass->ran, binding.inputs, &pass->run, &pass->values);
    pass->found = task->status == ADC_GOOD;
    if (!pass->found)
        host_say(task->graph->unit.context, task->status, "failed: %s",
                 adc_graph_status_text(task->graph, task->status));
}

static void drop_pass(struct host_graph *graph)
{
    struct graph_pass *pass = graph->pass;
    if (!pass) return;
    adc_arena_free(&pass->run);
    compilation_free(&pass->in);
    host_release(graph->unit.context, pass, sizeof *pass);
    graph->pass = NULL;
}

void graph_close(struct host_unit *unit)
{
    struct host_graph *graph = (struct host_graph *)unit; /* it is the first member */
    drop_pass(graph);
    for (size_t i = 0; i < graph->fed.count; i++)
        host_release(unit->context, graph->fed.data[i].data, graph->fed.data[i].size);
}

/* The pass for `output`, with nothing found yet. */
static struct graph_pass *open_pass(struct host_graph *graph, const struct adc_node *output)
{
    struct adc_context *context = graph->unit.context;
    if (graph->pass && graph->pass->output != output) drop_pass(graph);
    if (!graph->pass) {
        struct graph_pass *pass = host_allocate(context, sizeof *pass);
        if (!pass) return host_fail(context, ADC_OUT_OF_MEMORY, "out of memory"), NULL;
        compilation_init(&pass->in, context->allocator);
        adc_arena_init(&pass->run, &pass->in.heap);
        pass->output = output;
        graph->pass = pass;
    }
    adc_arena_free(&graph->pass->run);
    graph->pass->found = false;
    return graph->pass;
}

static adc_status finish(struct passing *task, bool done)
{
    struct host_graph *graph = task->graph;
    struct adc_context *context = graph->unit.context;
    const struct compilation *in = &task->pass->in;
    if (done && !in->failed) return context->status = task->status;
    task->status = in->no_memory ? ADC_OUT_OF_MEMORY : ADC_INTERNAL_ERROR;
    host_fail(context, task->status, "%s", in->failure);
    drop_pass(graph);
    return context->status;
}

static adc_status make_pass(adc_graph *graph, const adc_node *output, bool backward)
{
    struct passing task = {.graph = graph, .backward = backward};
    if (!graph) return ADC_BAD_ARGUMENT;
    struct adc_context *context = graph->unit.context;
    if (!host_enter(&graph->unit)) return context->status;
    if (!graph_has(graph, output))
        return host_fail(context, ADC_BAD_ARGUMENT, "the output is no node of this graph");
    if (backward && (output->rank || !adc_type_is_real((enum adc_type)output->type)))
        return host_fail(context, ADC_WRONG_TYPE, "a backward pass starts at a real scalar");
    task.pass = open_pass(graph, output);
    if (!task.pass) return context->status;
    return finish(&task, compilation_run(&task.pass->in, run, &task));
}

adc_status adc_graph_forward(adc_graph *graph, const adc_node *output)
{
    return make_pass(graph, output, false);
}

adc_status adc_graph_backward(adc_graph *graph, const adc_node *output)
{
    return make_pass(graph, output, true);
}

const char *adc_graph_status_text(const adc_graph *graph, adc_status status)
{
    if (graph && status > 0 && (size_t)status <= graph->checks.count)
        return graph->checks.data[status - 1].text;
    return adc_status_text(NULL, status);
}

/* -------------------------------------------------------------------------------- reading */

struct reading {
    adc_status status;
    struct graph_pass *pass;
    const struct adc_node *node, *at; /* of the graph, of what ran; `at` NULL: zeros */
    adc_argument *result;
};

/* Lengths are nodes of the primal, whose values are there. */
static void read_lengths(struct reading *task)
{
    const struct graph_pass *pass = task->pass;
    for (unsigned i = 0; i < task->node->rank; i++) {
        uint32_t id = adc_shape(task->node, i)->id;
        if (pass->backward) id = pass->primal[id];
        int64_t length = pass->values[id].integer;
        task->result->lengths[i] = length > 0 ? length : 0;
    }
}

static void read_node(void *argument)
{
    struct reading *task = argument;
    adc_argument *result = task->result;
    size_t count, size = host_size(result->type);
    union adc_value value = {.bits = 0};
    read_lengths(task);
    if (task->at) value = task->pass->values[task->at->id];
    if (!task->node->rank) {
        host_store(result->type, value, &result->value);
        return;
    }
    host_count(result->lengths, result->rank, &count);
    if (task->at && size == sizeof value) {
        result->data = (void *)value.elements;
        return;
    }
    result->data = adc_arena_array(&task->pass->run, count, size);
    for (size_t k = 0; task->at && k < count; k++)
        host_store(result->type, value.elements[k], (char *)result->data + k * size);
}

/* What the node is in what ran; false if the pass has no value of it. */
static bool locate(const struct graph_pass *pass, bool gradient, struct reading *task)
{
    const struct adc_node *node = task->node;
    bool real = adc_type_is_real((enum adc_type)node->type);
    if (!pass || !pass->found || node->id >= pass->live_count || !pass->live[node->id])
        return false;
    if (gradient && (!pass->backward || !real)) return false;
    uint32_t id = !pass->backward ? node->id
                  : gradient      ? pass->adjoints[node->id]
                                  : pass->primal[node->id];
    task->at = id == UINT32_MAX ? NULL : pass->ran->graph->nodes.data[id];
    return true;
}

static adc_status read_value(const adc_graph *graph, const adc_node *node, bool gradient,
                             adc_argument *result)
{
    struct reading task = {.node = node, .result = result};
    if (!graph || !result || !graph_has(graph, node)) return ADC_BAD_ARGUMENT;
    if (!locate(graph->pass, gradient, &task)) return ADC_MISSING;
    task.pass = graph->pass;
    *result = (adc_argument){.type = host_element((enum adc_type)node->type), .rank = node->rank};
    if (compilation_run(&graph->pass->in, read_node, &task)) return ADC_GOOD;
    return graph->pass->in.no_memory ? ADC_OUT_OF_MEMORY : ADC_INTERNAL_ERROR;
}

adc_status adc_graph_value(const adc_graph *graph, const adc_node *node, adc_argument *result)
{
    return read_value(graph, node, false, result);
}

adc_status adc_graph_gradient(const adc_graph *graph, const adc_node *node, adc_argument *result)
{
    return read_value(graph, node, true, result);
}
