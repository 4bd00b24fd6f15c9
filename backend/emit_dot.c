/* Graphviz text of a graph: nodes in ascending id, then edges, then results. */
#include "backend/emit_dot.h"

#include <string.h>

/* Text inside a quoted label; line ends become `\n`. */
static void put_label(struct adc_text *out, const char *text)
{
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        if (c == '"' || c == '\\') adc_text_format(out, "\\%c", c);
        else if (c == '\n') adc_text_add(out, "\\n");
        else if (c < 0x20 || c == 0x7F) adc_text_add(out, " ");
        else adc_text_put(out, text, 1);
    }
}

/* How a kind of node is drawn. */
struct style {
    const char *kind, *shape, *fill;
};

static struct style style_of(const struct adc_function *f, const struct adc_node *node)
{
    switch (node->op) {
    case ADC_OP_CONST: return (struct style){"Constant", "box", "gray90"};
    case ADC_OP_IF: return (struct style){"Operator", "diamond", "moccasin"};
    case ADC_OP_PARAM:
        if (f->params.data[node->number].kind == ADC_VAR)
            return (struct style){"Variable", "box", "lightblue"};
        return (struct style){"Placeholder", "house", "palegreen"};
    default: return (struct style){"Operator", "ellipse", "white"};
    }
}

static void put_value(const struct adc_node *constant, struct adc_text *out)
{
    switch ((enum adc_type)constant->type) {
    case ADC_F64: adc_text_real(out, constant->value.f64, false); break;
    case ADC_F32: adc_text_real(out, (double)constant->value.f32, true); break;
    case ADC_INT: adc_text_format(out, "%lld", (long long)constant->value.integer); break;
    case ADC_BOOL: adc_text_add(out, constant->value.boolean ? "true" : "false"); break;
    case ADC_TYPE_COUNT: break;
    }
}

static void put_node(const struct adc_function *f, const struct adc_node *node, const char *name,
                     const char *note, struct adc_text *out)
{
    struct style style = style_of(f, node);
    const struct adc_name *source = f->graph->names.data[node->id];
    adc_text_format(out, "  n%u [shape=%s, style=filled, fillcolor=%s, label=\"%s\\n", node->id,
                    style.shape, style.fill, style.kind);
    put_label(out, name);
    if (source && node->op != ADC_OP_PARAM && strcmp(source->text, name) != 0) {
        adc_text_add(out, " (");
        put_label(out, source->text);
        adc_text_add(out, ")");
    }
    if (node->op == ADC_OP_CONST) {
        adc_text_add(out, " = ");
        put_value(node, out);
    }
    if (note) {
        adc_text_add(out, "\\n");
        put_label(out, note);
    }
    adc_text_add(out, "\"];\n");
}

/* The same input twice gives two edges. Where the order matters, edges are numbered from 1. */
static void put_edges(const struct adc_node *node, struct adc_text *out)
{
    static const char *const arms[] = {"if", "then", "else"};
    bool ordered = node->count > 1 && node->op != ADC_OP_IF &&
                   !(adc_op_info((enum adc_op)node->op)->properties & ADC_COMMUTES);
    for (unsigned i = 0; i < node->count; i++) {
        adc_text_format(out, "  n%u -> n%u", node->in[i]->id, node->id);
        if (node->op == ADC_OP_IF) adc_text_format(out, " [label=\"%s\"]", arms[i]);
        else if (ordered) adc_text_format(out, " [label=\"%u\"]", i + 1);
        adc_text_add(out, ";\n");
    }
}

static void put_result(const struct adc_result *result, size_t index, struct adc_text *out)
{
    adc_text_format(out, "  r%zu [shape=plaintext, fontname=\"Helvetica-Bold\", label=\"", index);
    put_label(out, result->name->text);
    adc_text_add(out, "\"];\n");
    for (uint32_t i = 0; i < result->count; i++) {
        adc_text_format(out, "  n%u -> r%zu [style=bold", result->nodes[i]->id, index);
        if (result->count > 1) adc_text_format(out, ", label=\"%u\"", i);
        adc_text_add(out, "];\n");
    }
}

void emit_dot(const struct adc_function *f, const char *const *names, const uint8_t *live,
              const char *const *notes, struct adc_text *out)
{
    const struct adc_graph *graph = f->graph;
    adc_text_add(out, "digraph \"");
    put_label(out, f->symbol->text);
    adc_text_add(out, "\" {\n  rankdir=BT;\n  node [fontname=\"Helvetica\"];\n"
                      "  edge [fontname=\"Helvetica\", fontsize=10];\n");
    for (size_t id = 0; id < graph->nodes.count; id++)
        if (live[id]) put_node(f, graph->nodes.data[id], names[id], notes ? notes[id] : NULL, out);
    for (size_t id = 0; id < graph->nodes.count; id++)
        if (live[id]) put_edges(graph->nodes.data[id], out);
    for (size_t i = 0; i < f->results.count; i++)
        if (f->results.data[i].role == ADC_ROLE_PRIMAL) put_result(&f->results.data[i], i, out);
    adc_text_add(out, "}\n");
}
