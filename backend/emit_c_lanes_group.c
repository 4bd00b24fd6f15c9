/* Inner loops of loops in lanes whose passes are grouped (ir/loop.h).
 *
 * What each pass of a group collects for its element is a vector of its own; as many as there are
 * lanes are added up together, in the order of a single one: of one statement, and stored as one
 * vector, or of two, half of the passes each, and stored as two halves. */
#include "backend/emit_c_lanes.h"
#include "ir/nest.h"

static void put_line(struct c_lanes_writer *w, const char *line)
{
    adc_text_add(w->text, line);
    c_lanes_finish(w);
}

/* A group that is being written. */
struct group {
    struct c_lanes_writer *w;
    const struct loop_block *block;
    unsigned parts;
    const char *passes; /* their number */
};

static bool is_collected(const struct group *g, size_t i)
{
    return loop_is_collected(g->w->l.product->program, g->block->data[i]);
}

/* Names of what is collected, one vector a pass of the group; of a second part, where they stand
 * behind the first. */
static void put_collectors(const struct group *g)
{
    struct c_lanes_writer *w = g->w;
    const struct loop_statement *first = NULL;
    for (size_t i = 0; i < g->block->count; i++) {
        if (!is_collected(g, i)) continue;
        adc_text_format(w->text, first ? "%s *const " : "%s ", c_lanes_name(&w->l, "vd__"));
        c_lanes_put_collector(w, g->block->data[i], w->text);
        if (first) {
            adc_text_add(w->text, " = ");
            c_lanes_put_collector(w, first, w->text);
            adc_text_format(w->text, " + %s;", g->passes);
            first = NULL;
        } else {
            adc_text_format(w->text, "[%s];", c_lanes_name(&w->l, "LANES__"));
            if (g->parts == 2) first = g->block->data[i];
        }
        c_lanes_finish(w);
    }
}

static void put_group_of_passes(const struct group *g, const char *index)
{
    struct c_lanes_writer *w = g->w;
    adc_text_format(w->text, "UNROLL__ for (int i__ = 0; i__ < %s; i__++) {", g->passes);
    c_lanes_finish(w);
    w->indent += 4;
    adc_text_format(w->text, "const int64_t %s = group__ + i__;", index);
    c_lanes_finish(w);
    adc_text_format(w->text, "(void)%s;", index); /* a value may be the same in all passes */
    c_lanes_finish(w);
    w->grouped = true;
    for (size_t i = 0; i < g->block->count; i++) {
        if (!is_collected(g, i)) continue;
        c_lanes_put_collector(w, g->block->data[i], w->text);
        adc_text_format(w->text, " = (%s){0};", c_lanes_name(&w->l, "vd__"));
        c_lanes_finish(w);
    }
    c_lanes_put_run(w, g->block, 0, g->block->count);
    w->grouped = false;
    w->indent -= 4;
    put_line(w, "}");
}

static void put_target(const struct group *g, const struct loop_statement *statement)
{
    struct c_lanes *l = &g->w->l;
    adc_text_add(g->w->text, "&");
    c_put_element(l->unit, l->product, statement->node, adc_nest_parts(statement->node).target,
                  g->w->text);
    adc_text_add(g->w->text, ", ");
}

/* += the sums of the group, of which the index is that of the first. */
static void put_group_sums(const struct group *g)
{
    struct c_lanes_writer *w = g->w;
    const char *add = c_lanes_name(&w->l, g->parts == 2 ? "add_halves__" : "add_all__");
    const struct loop_statement *first = NULL;
    for (size_t i = 0; i < g->block->count; i++) {
        const struct loop_statement *statement = g->block->data[i];
        if (!is_collected(g, i)) continue;
        if (!first) adc_text_format(w->text, "%s(", add);
        put_target(g, statement);
        if (!first) first = statement;
        if (g->parts == 2 && first == statement) continue;
        adc_text_format(w->text, "%s(", c_lanes_name(&w->l, "sums__"));
        c_lanes_put_collector(w, first, w->text);
        adc_text_add(w->text, "));");
        c_lanes_finish_at(w, statement->value);
        first = NULL;
    }
}

static const char *passes_of(const struct c_lanes_writer *w, unsigned parts)
{
    const char *lanes = c_lanes_name(&w->l, "LANES__");
    struct adc_text half;
    adc_text_init(&half, w->l.unit->arena);
    adc_text_format(&half, "%s / 2", lanes);
    return parts == 2 ? half.data : lanes;
}

/* Passes of an inner loop, a group at a time, and one by one those that are left. */
void c_lanes_put_grouped(struct c_lanes_writer *w, const struct loop_statement *loop)
{
    const struct c_product *product = w->l.product;
    const struct adc_node *index = loop->node;
    struct group group = {.w = w, .block = &loop->then};
    group.parts = loop_group_parts(product->program, loop);
    group.passes = passes_of(w, group.parts);
    put_line(w, "{");
    w->indent += 4;
    c_open_index(product, index);
    const char *name = product->locals[index->id];
    adc_text_add(w->text, "int64_t group__ = ");
    c_put_use(w->l.unit, product, index->in[0], w->text);
    adc_text_add(w->text, ";");
    c_lanes_finish(w);
    adc_text_add(w->text, "for (; ");
    c_put_bound(w->l.unit, product, index->in[1], w->text);
    adc_text_format(w->text, " - group__ >= %s; group__ += %s) {", group.passes, group.passes);
    c_lanes_finish_at(w, index);
    w->indent += 4;
    put_collectors(&group);
    put_group_of_passes(&group, name);
    adc_text_format(w->text, "const int64_t %s = group__;", name);
    c_lanes_finish(w);
    put_group_sums(&group);
    w->indent -= 4;
    put_line(w, "}");
    adc_text_format(w->text, "for (int64_t %s = group__; %s < ", name, name);
    c_put_bound(w->l.unit, product, index->in[1], w->text);
    adc_text_format(w->text, "; %s++) {", name);
    c_lanes_finish(w);
    w->indent += 4;
    c_lanes_put_run(w, &loop->then, 0, loop->then.count);
    w->indent -= 4;
    put_line(w, "}");
    c_close_index(product, index);
    w->indent -= 4;
    put_line(w, "}");
}
