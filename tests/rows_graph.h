/* Graphs of one row: the operator on parameters and what its rules make of an adjoint; their
 * values.
 *
 * owner    the arena of the state */
#ifndef ADC_TESTS_ROWS_GRAPH_H
#define ADC_TESTS_ROWS_GRAPH_H

#include "ir/rules.h"
#include "tests/rows_table.h"

struct state {
    struct adc_heap heap;
    struct adc_arena arena;
    jmp_buf out_of_memory;
    struct points points;
};

/* A row applied to parameters, and what its rules make of an adjoint. */
struct graph_of_row {
    struct adc_graph graph;
    enum adc_op op;
    const struct adc_node *out[MAX_OUTPUTS]; /* NULL: structural zero */
};

enum { ADJOINT = MAX_ARGUMENTS }; /* parameter number of the adjoint */

/* `constant_ints`: int arguments are constants, as the exponent of a power mostly is. */
static void build(struct graph_of_row *row, struct state *state, const struct point *point,
                  bool constant_ints, bool constant_adjoint)
{
    struct adc_graph *graph = &row->graph;
    const struct adc_node *in[MAX_ARGUMENTS];
    row->op = point->op;
    adc_graph_init(graph, &state->arena);
    for (unsigned i = 0; i < point->count; i++) {
        enum adc_type type = argument_type(point->op, i, point->type);
        in[i] = constant_ints && type == ADC_INT ? adc_int(graph, point->in[i].integer)
                                                 : adc_param(graph, type, i);
    }
    row->out[0] = adc_apply(graph, point->op, in, point->count);
    enum adc_type type = row->out[0]->type;
    for (unsigned i = 0; i < point->count; i++) {
        row->out[i + 1] = NULL;
        if (!is_real_argument(point->op, i)) continue;
        enum adc_type real = adc_type_is_real(type) ? type : point->type;
        const struct adc_node *a =
            constant_adjoint ? adc_real(graph, real, 1.0) : adc_param(graph, real, ADJOINT);
        row->out[i + 1] = adc_op_contribution(graph, row->out[0], i, a, false);
    }
}

static enum adc_type width_of(const struct adc_node *node)
{
    return adc_type_is_real(node->type) || !node->count ? node->type : node->in[0]->type;
}

/* Values of all nodes by id. */
static union adc_value *evaluate(struct state *state, const struct adc_graph *graph,
                                 const union adc_value *arguments)
{
    union adc_value *values = ADC_NEW_ARRAY(&state->arena, union adc_value, graph->nodes.count);
    for (size_t id = 0; id < graph->nodes.count; id++) {
        const struct adc_node *node = graph->nodes.data[id];
        union adc_value in[3] = {{.bits = 0}};
        for (unsigned i = 0; i < node->count; i++) in[i] = values[node->in[i]->id];
        if (node->op == ADC_OP_CONST) values[id] = node->value;
        else if (node->op == ADC_OP_PARAM) values[id] = arguments[node->number];
        else if (node->op == ADC_OP_IF) values[id] = in[0].boolean ? in[1] : in[2];
        else values[id] = adc_op_apply((enum adc_op)node->op, width_of(node), in);
    }
    return values;
}

static union adc_value real_value(double value, enum adc_type type)
{
    union adc_value real = {.bits = 0};
    if (type == ADC_F32) real.f32 = (float)value;
    else real.f64 = value;
    return real;
}

/* Whether the graph of `b` is that of `a`, if neither has constant ints. */
static bool same_graph(const struct point *a, const struct point *b)
{
    return a && a->op == b->op && a->type == b->type;
}

#endif
