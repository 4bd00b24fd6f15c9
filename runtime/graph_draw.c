/* The picture of a graph as its host sees it, in the language of Graphviz.
 *
 * Variables are blue boxes, placeholders green houses, constants grey boxes, operators ellipses, as
 * `adc graph` draws them; edges run from inputs to operators, in order of the inputs. */
#include "runtime/graph.h"

struct drawing {
    adc_status status;
    struct host_graph *graph;
    const struct adc_node *output;
    struct adc_text text;
};

static const char *style_of(adc_node_kind kind)
{
    switch (kind) {
    case ADC_NODE_VARIABLE: return "shape=box, style=filled, fillcolor=lightblue";
    case ADC_NODE_PLACEHOLDER: return "shape=house, style=filled, fillcolor=palegreen";
    case ADC_NODE_CONSTANT: return "shape=box, style=filled, fillcolor=gray90";
    case ADC_NODE_OPERATOR: return "shape=ellipse, style=filled, fillcolor=white";
    case ADC_NODE_NONE: break;
    }
    return "";
}

static void put_scalar(struct adc_text *out, const adc_argument *value)
{
    switch (value->type) {
    case ADC_TYPE_F64: adc_text_real(out, value->value.f64, false); break;
    case ADC_TYPE_F32: adc_text_real(out, (double)value->value.f32, true); break;
    case ADC_TYPE_INT: adc_text_format(out, "%lld", (long long)value->value.i64); break;
    case ADC_TYPE_I32: adc_text_format(out, "%d", value->value.i32); break;
    case ADC_TYPE_BOOL: adc_text_add(out, value->value.boolean ? "true" : "false"); break;
    }
}

/* A line of the label: a number, or the lengths of an array. */
static void put_found(struct drawing *drawing, const struct adc_node *node, const char *what,
                      bool gradient)
{
    struct adc_text *out = &drawing->text;
    adc_argument value;
    adc_status status = gradient ? adc_graph_gradient(drawing->graph, node, &value)
                                 : adc_graph_value(drawing->graph, node, &value);
    if (status != ADC_GOOD) return;
    adc_text_format(out, "\\n%s ", what);
    if (!value.rank) put_scalar(out, &value);
    for (unsigned i = 0; i < value.rank; i++)
        adc_text_format(out, "%s%lld", i ? ", " : "[", (long long)value.lengths[i]);
    adc_text_add(out, value.rank ? "]" : "");
}

static void put_node(struct drawing *drawing, const struct adc_node *node)
{
    static const char *const kinds[] = {"", "Variable", "Placeholder", "Constant", "Operator"};
    struct adc_text *out = &drawing->text;
    const struct adc_node *constant = node->op == ADC_OP_MARK ? node->in[0] : node;
    adc_node_kind kind = adc_graph_kind(drawing->graph, node);
    adc_text_format(out, "  n%u [%s, label=\"%s\\n%s", node->id, style_of(kind), kinds[kind],
                    graph_name_text(drawing->graph, node, &drawing->graph->unit.in.scratch));
    if (kind == ADC_NODE_CONSTANT) {
        adc_argument value = {.type = host_element((enum adc_type)node->type)};
        host_store(value.type, constant->value, &value.value);
        adc_text_add(out, " = ");
        put_scalar(out, &value);
    } else {
        put_found(drawing, node, "value", false);
    }
    put_found(drawing, node, "gradient", true);
    adc_text_add(out, "\"];\n");
}

static void draw(void *argument)
{
    struct drawing *drawing = argument;
    struct host_graph *graph = drawing->graph;
    struct graph_nodes order = {0};
    adc_text_init(&drawing->text, &graph->unit.in.arena);
    graph_order(graph, &drawing->output, 1, &graph->unit.in.scratch, &order);
    adc_text_add(&drawing->text,
                 "digraph \"graph\" {\n  rankdir=BT;\n  node [fontname=\"Helvetica\"];\n");
    for (size_t i = 0; i < order.count; i++) put_node(drawing, order.data[i]);
    for (size_t i = 0; i < order.count; i++) {
        const struct graph_record *record = graph_record(graph, order.data[i]);
        for (unsigned k = 0; k < record->count; k++)
            if (record->inputs[k])
                adc_text_format(&drawing->text, "  n%u -> n%u;\n", record->inputs[k]->id,
                                order.data[i]->id);
    }
    adc_text_add(&drawing->text, "}\n");
}

adc_status adc_graph_draw(adc_graph *graph, const adc_node *output, adc_write *write, void *user)
{
    struct drawing drawing = {.graph = graph, .output = output};
    if (!graph || !write) return ADC_BAD_ARGUMENT;
    struct adc_context *context = graph->unit.context;
    if (!host_enter(&graph->unit)) return context->status;
    if (!graph_has(graph, output))
        return host_fail(context, ADC_BAD_ARGUMENT, "the output is no node of this graph");
    if (host_run(&graph->unit, draw, &drawing)) write(user, drawing.text.data, drawing.text.count);
    return context->status;
}
