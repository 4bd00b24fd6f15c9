/* Elementwise operators: types that fit, arrays as nests of one point an element. */
#include "runtime/graph.h"

#include <string.h>

/* --------------------------------------------------------------------------- nests of axes */

const struct adc_node *graph_index(struct host_graph *graph, unsigned axis,
                                   const struct adc_node *length)
{
    static const char names[ADC_MAX_RANK + 1] = "ijklmnopqrstuvwx";
    struct adc_graph *nodes = graph->function->graph;
    const struct adc_node *index = adc_index(nodes, axis + 1, adc_int(nodes, 0), length);
    adc_graph_set_name(nodes, index, adc_name(&graph->unit.in.names, &names[axis], 1));
    return index;
}

const struct adc_node *graph_element(struct host_graph *graph, const struct adc_node *array,
                                     const struct adc_node *const *at)
{
    return array->rank ? adc_read(graph->function->graph, array, at) : array;
}

const struct adc_node *graph_map(struct host_graph *graph, const struct adc_node *value,
                                 const struct adc_node *const *shape,
                                 const struct adc_node *const *index, unsigned rank)
{
    struct adc_nest nest = {.reduce = ADC_REDUCE_SET, .value = value, .rank = rank};
    nest.target = nest.index = index;
    nest.index_count = rank;
    nest.shape = shape;
    return rank ? adc_nest(graph->function->graph, &nest) : value;
}

/* --------------------------------------------------------------------------------- checks */

const char *graph_text(struct host_graph *graph, const char *format, ...)
{
    struct adc_text text;
    va_list arguments;
    adc_text_init(&text, &graph->unit.in.arena);
    va_start(arguments, format);
    adc_text_vformat(&text, format, arguments);
    va_end(arguments);
    return text.data;
}

bool graph_need(struct graph_step *step, const struct adc_node *condition, const char *text)
{
    struct host_graph *graph = step->graph;
    if (adc_is_true(condition)) return true;
    if (adc_is_const(condition)) {
        graph_fail(step, ADC_WRONG_SHAPE, "it does not hold that %s", text);
        return false;
    }
    ADC_PUSH(&graph->unit.in.arena, graph->pending, (struct graph_check){NULL, condition, text});
    return true;
}

bool graph_need_equal(struct graph_step *step, const struct adc_node *a, const struct adc_node *b,
                      const char *text)
{
    struct adc_graph *nodes = step->graph->function->graph;
    if (a == b) return true;
    if (adc_is_const(a) && adc_is_const(b)) return graph_need(step, adc_bool(nodes, false), text);
    return graph_need(step, adc_apply2(nodes, ADC_OP_IEQ, a, b), text);
}

/* ---------------------------------------------------------------------------------- types */

const struct adc_node *graph_as_int(struct host_graph *graph, const struct adc_node *node)
{
    if (node->type == ADC_I32) return adc_apply1(graph->function->graph, ADC_OP_I32_TO_INT, node);
    return node->type == ADC_INT ? node : NULL;
}

const struct adc_node *graph_as_real(struct host_graph *graph, const struct adc_node *node)
{
    struct adc_graph *nodes = graph->function->graph;
    const struct adc_node *integer = graph_as_int(graph, node);
    bool single = graph->real == ADC_F32;
    if (integer) return adc_apply1(nodes, single ? ADC_OP_INT_TO_F32 : ADC_OP_INT_TO_F64, integer);
    if (node->type == ADC_F32 && !single) return adc_apply1(nodes, ADC_OP_F32_TO_F64, node);
    return node->type == graph->real ? node : NULL;
}

/* The scalar as the operator's argument wants it; as it is where nothing is to be done. */
static const struct adc_node *fitted(struct host_graph *graph, char letter,
                                     const struct adc_node *node)
{
    const struct adc_node *made = NULL;
    if (letter == 'R') made = graph_as_real(graph, node);
    if (letter == 'I') made = graph_as_int(graph, node);
    return made ? made : node;
}

/* ------------------------------------------------------------------------------ operators */

/* What inputs of an elementwise operator have in common. */
struct shape {
    const struct adc_node *axes[ADC_MAX_AXES], *index[ADC_MAX_AXES];
    unsigned rank;
};

static bool join_shape(struct graph_step *step, struct shape *shape, const struct adc_node *first,
                       const struct adc_node *array)
{
    struct host_graph *graph = step->graph;
    struct adc_arena *scratch = &graph->unit.in.scratch;
    if (array->rank != first->rank) {
        graph_fail(step, ADC_WRONG_SHAPE, "`%s` has %u axes, but `%s` has %u",
                   graph_name_text(graph, first, scratch), (unsigned)first->rank,
                   graph_name_text(graph, array, scratch), (unsigned)array->rank);
        return false;
    }
    for (unsigned i = 0; i < array->rank; i++) {
        if (shape->axes[i] == adc_shape(array, i)) continue;
        const char *text = graph_text(graph, "`%s` and `%s` have equal lengths along axis %u",
                                      graph_name_text(graph, first, scratch),
                                      graph_name_text(graph, array, scratch), i);
        if (!graph_need_equal(step, shape->axes[i], adc_shape(array, i), text)) return false;
    }
    return true;
}

static bool find_shape(struct graph_step *step, struct shape *shape)
{
    const struct adc_node *first = NULL;
    for (size_t i = 0; i < step->count; i++) {
        const struct adc_node *input = step->inputs[i];
        if (!input->rank) continue;
        if (first && !join_shape(step, shape, first, input)) return false;
        if (first) continue;
        first = input;
        shape->rank = input->rank;
        for (unsigned k = 0; k < input->rank; k++) {
            shape->axes[k] = adc_shape(input, k);
            shape->index[k] = graph_index(step->graph, k, shape->axes[k]);
        }
    }
    return true;
}

/* The least that the inputs follow from; a scalar of scalars alone has any. */
static enum graph_closed closed(const struct graph_step *step, const struct adc_node *made)
{
    enum graph_closed least =
        adc_type_is_real((enum adc_type)made->type) || made->rank ? GRAPH_OPEN : GRAPH_DIMENSIONS;
    for (size_t i = 0; i < step->count; i++) {
        enum graph_closed one = graph_record(step->graph, step->inputs[i])->closed;
        if (one < least) least = one;
    }
    return least;
}

static void make_elementwise(struct graph_step *step, enum adc_op op, struct graph_record record)
{
    struct host_graph *graph = step->graph;
    struct shape shape = {.rank = 0};
    const struct adc_node *inputs[3];
    const char *signature = op == ADC_OP_IF ? NULL : adc_op_info(op)->signature;
    if (!find_shape(step, &shape)) return;
    for (size_t i = 0; i < step->count; i++) {
        inputs[i] = graph_element(graph, step->inputs[i], shape.index);
        if (signature) inputs[i] = fitted(graph, signature[i], inputs[i]);
    }
    if (op == ADC_OP_IF && inputs[1]->type != inputs[2]->type)
        for (int i = 1; i < 3; i++) inputs[i] = fitted(graph, 'R', inputs[i]);
    if (adc_result_type(op, inputs, (unsigned)step->count) == ADC_TYPE_COUNT) {
        graph_fail(step, ADC_WRONG_TYPE, "`%s` does not take values of these types",
                   graph_word(record.word));
        return;
    }
    const struct adc_node *value =
        adc_apply(graph->function->graph, op, inputs, (unsigned)step->count);
    value = graph_map(graph, value, shape.axes, shape.index, shape.rank);
    record.closed = (uint8_t)closed(step, value);
    graph_show(step, value, record);
}

static void apply(void *argument)
{
    struct graph_step *step = argument;
    enum adc_op op = adc_op_find(step->name, strlen(step->name));
    if (op < ADC_OP_FIRST_ELEMENTWISE || op >= ADC_OP_COUNT) {
        graph_fail(step, ADC_UNKNOWN_NAME, "there is no operator `%.40s`", step->name);
        return;
    }
    if (step->count != adc_op_info(op)->arity) {
        graph_fail(step, ADC_BAD_ARGUMENT, "`%s` takes %u values, but %zu were given", step->name,
                   adc_op_info(op)->arity, step->count);
        return;
    }
    make_elementwise(
        step, op,
        (struct graph_record){.form = GRAPH_ELEMENTWISE, .word = (uint16_t)op, .op = (uint16_t)op});
}

adc_node *adc_graph_apply(adc_graph *graph, const char *name, adc_node *const *inputs, size_t count)
{
    struct graph_step step = {.graph = graph, .name = name, .count = count};
    if (!graph) return NULL;
    step.inputs = (const struct adc_node *const *)inputs;
    if (!name)
        return host_fail(graph->unit.context, ADC_BAD_ARGUMENT, "the operator is NULL"), NULL;
    return graph_run(&step, apply, false);
}

static void make_select(void *step)
{
    make_elementwise(step, ADC_OP_IF,
                     (struct graph_record){.form = GRAPH_SELECT, .word = ADC_OP_SELECT});
}

adc_node *adc_graph_select(adc_graph *graph, adc_node *condition, adc_node *x, adc_node *y)
{
    const struct adc_node *inputs[] = {condition, x, y};
    struct graph_step step = {.graph = graph, .inputs = inputs, .count = 3};
    return graph_run(&step, make_select, false);
}

static void make_stop(void *argument)
{
    struct graph_step *step = argument;
    const struct adc_node *made =
        adc_apply1(step->graph->function->graph, ADC_OP_STOP, step->inputs[0]);
    graph_show(step, made, (struct graph_record){.form = GRAPH_STOP, .word = ADC_OP_STOP});
}

adc_node *adc_graph_stop(adc_graph *graph, adc_node *x)
{
    const struct adc_node *inputs[] = {x};
    struct graph_step step = {.graph = graph, .inputs = inputs, .count = 1};
    return graph_run(&step, make_stop, false);
}
