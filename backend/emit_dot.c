/* Graphviz text of a graph: nodes in ascending id, then edges, then results. */
#include "backend/emit_dot.h"

#include "ir/state.h"

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
    case ADC_OP_STATE: return (struct style){"State", "box", "khaki"};
    case ADC_OP_LOOP: return (struct style){"Loop", "box3d", "lavender"};
    case ADC_OP_FINAL: return (struct style){"Operator", "ellipse", "khaki"};
    default: return (struct style){"Operator", "ellipse", "white"};
    }
}

static void put_value(const struct adc_node *constant, struct adc_text *out)
{
    switch ((enum adc_type)constant->type) {
    case ADC_F64: adc_text_real(out, constant->value.f64, false); break;
    case ADC_F32: adc_text_real(out, (double)constant->value.f32, true); break;
    case ADC_INT:
    case ADC_I32: adc_text_format(out, "%lld", (long long)constant->value.integer); break;
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

/* ------------------------------------------------------------------------- edges */

/* What an edge says: words, and a number behind them unless it is 0. */
struct role {
    const char *text;
    unsigned number;
    bool hidden;
};

/* value, where, at 1, ..., length 1, ..., for */
static struct role role_in_nest(const struct adc_node *node, unsigned i)
{
    struct adc_nest nest = adc_nest_parts(node);
    unsigned first = nest.rank > 1; /* one axis needs no number */
    if (i == 0) return (struct role){"value", 0, false};
    if (i == 1) return (struct role){"where", 0, adc_is_true(nest.guard)};
    if (i < 2 + nest.rank) return (struct role){"at", first * (i - 1), false};
    if (i < 2 + 2 * nest.rank) return (struct role){"length", first * (i - 1 - nest.rank), false};
    return (struct role){"for", 0, false};
}

/* for, while; of a component what the next pass starts with. Its init goes to the state. */
static struct role role_in_loop(const struct adc_node *node, unsigned i)
{
    if (i == 0) return (struct role){"for", 0, false};
    if (i == 1) return (struct role){"while", 0, adc_is_true(node->in[1])};
    return (struct role){"next", (i - 2) / 3 + 1, (i - 2) % 3 != 2};
}

static struct role role_of(const struct adc_node *node, unsigned i)
{
    static const char *const arms[] = {"if", "then", "else"}, *const range[] = {"from", "to"};
    bool ordered = !(adc_op_info((enum adc_op)node->op)->properties & ADC_COMMUTES);
    switch (node->op) {
    case ADC_OP_IF: return (struct role){arms[i], 0, false};
    case ADC_OP_NEST: return role_in_nest(node, i);
    case ADC_OP_LOOP: return role_in_loop(node, i);
    case ADC_OP_INDEX: return (struct role){range[i], 0, false};
    case ADC_OP_STATE: return (struct role){"", 0, true}; /* its loops say more */
    case ADC_OP_READ:
        if (i == 0) return (struct role){"of", 0, false};
        return (struct role){"at", node->count > 2 ? i : 0, false};
    case ADC_OP_PUT: return (struct role){i ? "elements" : "into", 0, false};
    case ADC_OP_JOIN: return (struct role){"", 0, false};
    case ADC_OP_FINAL:
        return (struct role){"last", (unsigned)adc_loop_find(node->in[0], node->number) + 1, false};
    default: return (struct role){"", ordered && node->count > 1 ? i + 1 : 0, false};
    }
}

/* The same input twice gives two edges. Where the order matters, edges are numbered from 1. */
static void put_edges(const struct adc_node *node, struct adc_text *out)
{
    for (unsigned i = 0; i < node->count; i++) {
        struct role role = role_of(node, i);
        if (role.hidden) continue;
        adc_text_format(out, "  n%u -> n%u", node->in[i]->id, node->id);
        if (*role.text || role.number) adc_text_format(out, " [label=\"%s", role.text);
        if (role.number) adc_text_format(out, *role.text ? " %u" : "%u", role.number);
        adc_text_add(out, *role.text || role.number ? "\"];\n" : ";\n");
    }
}

static void put_carried(const struct adc_node *loop, struct adc_text *out)
{
    for (unsigned i = 0; i < adc_loop_parts(loop).count; i++) {
        struct adc_carried one = adc_loop_carried(loop, i);
        adc_text_format(out, "  n%u -> n%u [label=\"first\"];\n", one.init->id, one.state->id);
        if (one.next == one.state) continue;
        adc_text_format(out, "  n%u -> n%u [style=dashed, constraint=false, color=firebrick];\n",
                        one.next->id, one.state->id);
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

/* ------------------------------------------------------------------------ frames */

enum { NO_FRAME }; /* else 1 + the id of a loop's index */

struct picture {
    const struct adc_function *f;
    const char *const *names, *const *notes;
    uint8_t *drawn;  /* by id: live, and more than the condition `true` of a nest or loop */
    uint32_t *depth; /* by id of a loop's index: 1 for an outermost loop; else 0 */
    uint32_t *frame; /* by id of a loop's index: the frame that its own frame is in */
    struct adc_text *out;
};

/* The frame of the innermost loop whose passes the node belongs to. */
static uint32_t innermost(const struct picture *picture, const struct adc_node *node)
{
    uint32_t found = NO_FRAME, depth = 0;
    for (uint32_t i = 0; node->free && i < node->free->count; i++) {
        uint32_t index = node->free->index[i]->id;
        if (picture->depth[index] <= depth) continue;
        depth = picture->depth[index];
        found = 1 + index;
    }
    return found;
}

/* Outer loops have greater ids than those in their passes, so they come first here. */
static void find_frames(struct picture *picture, const uint8_t *live)
{
    const struct adc_graph *graph = picture->f->graph;
    for (size_t id = graph->nodes.count; id-- > 0;) {
        const struct adc_node *node = graph->nodes.data[id];
        if (!live[id] || node->op != ADC_OP_LOOP) continue;
        uint32_t frame = innermost(picture, node), index = node->in[0]->id;
        uint32_t depth = frame == NO_FRAME ? 1 : 1 + picture->depth[frame - 1];
        if (depth <= picture->depth[index]) continue;
        picture->depth[index] = depth;
        picture->frame[index] = frame;
    }
}

static void find_drawn(struct picture *picture, const uint8_t *live)
{
    const struct adc_function *f = picture->f;
    for (size_t i = 0; i < f->results.count; i++)
        for (uint32_t j = 0; j < f->results.data[i].count; j++)
            picture->drawn[f->results.data[i].nodes[j]->id] = 1;
    for (size_t id = 0; id < f->graph->nodes.count; id++) {
        const struct adc_node *node = f->graph->nodes.data[id];
        if (!live[id]) continue;
        if (!adc_is_true(node)) picture->drawn[id] = 1;
        for (unsigned i = 0; i < node->count; i++)
            if (!role_of(node, i).hidden) picture->drawn[node->in[i]->id] = 1;
        for (unsigned i = 0; node->op == ADC_OP_LOOP && i < adc_loop_parts(node).count; i++)
            picture->drawn[adc_loop_carried(node, i).init->id] = 1;
    }
}

static void put_nodes(const struct picture *picture, uint32_t frame)
{
    const struct adc_graph *graph = picture->f->graph;
    for (size_t id = 0; id < graph->nodes.count; id++) {
        const struct adc_node *node = graph->nodes.data[id];
        if (!picture->drawn[id] || innermost(picture, node) != frame) continue;
        put_node(picture->f, node, picture->names[id], picture->notes ? picture->notes[id] : NULL,
                 picture->out);
    }
}

static void open_frame(const struct picture *picture, uint32_t index)
{
    const struct adc_name *name = picture->f->graph->names.data[index];
    adc_text_format(
        picture->out,
        "  subgraph cluster_%u {\n  style=rounded; fontname=\"Helvetica\"; label=\"for ", index);
    put_label(picture->out, name ? name->text : picture->names[index]);
    adc_text_add(picture->out, "\";\n");
}

/* Frames in frames, each with its nodes: from one to its first frame inside, or behind the last of
 * these back to the one around. */
static void put_frames(const struct picture *picture)
{
    size_t count = picture->f->graph->nodes.count;
    uint32_t frame = NO_FRAME, index = 0;
    put_nodes(picture, NO_FRAME);
    for (;;) {
        while (index < count && (!picture->depth[index] || picture->frame[index] != frame)) index++;
        if (index < count) {
            frame = 1 + index;
            open_frame(picture, index);
            put_nodes(picture, frame);
            index = 0;
        } else if (frame != NO_FRAME) {
            adc_text_add(picture->out, "  }\n");
            index = frame; /* the id behind this frame's */
            frame = picture->frame[frame - 1];
        } else {
            return;
        }
    }
}

void emit_dot(const struct adc_function *f, const char *const *names, const uint8_t *live,
              const char *const *notes, struct adc_text *out)
{
    const struct adc_graph *graph = f->graph;
    size_t count = graph->nodes.count;
    struct picture picture = {.f = f, .names = names, .notes = notes, .out = out};
    picture.drawn = ADC_NEW_ARRAY(out->arena, uint8_t, count);
    picture.depth = ADC_NEW_ARRAY(out->arena, uint32_t, count);
    picture.frame = ADC_NEW_ARRAY(out->arena, uint32_t, count);
    find_frames(&picture, live);
    find_drawn(&picture, live);
    adc_text_add(out, "digraph \"");
    put_label(out, f->symbol->text);
    adc_text_add(out, "\" {\n  rankdir=BT;\n  node [fontname=\"Helvetica\"];\n"
                      "  edge [fontname=\"Helvetica\", fontsize=10];\n");
    put_frames(&picture);
    for (size_t id = 0; id < count; id++)
        if (live[id]) put_edges(graph->nodes.data[id], out);
    for (size_t id = 0; id < count; id++)
        if (live[id] && graph->nodes.data[id]->op == ADC_OP_LOOP)
            put_carried(graph->nodes.data[id], out);
    for (size_t i = 0; i < f->results.count; i++)
        if (f->results.data[i].role == ADC_ROLE_PRIMAL) put_result(&f->results.data[i], i, out);
    adc_text_add(out, "}\n");
}
