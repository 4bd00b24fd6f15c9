/* Inner loops of loops in lanes whose passes are grouped (ir/loop.h): LANES__ passes at a time.
 *
 * What each pass of a group collects for its element is a vector of its own; all are added up
 * together, in the order of a single one, and stored as one vector. */
#include "backend/emit_c_lanes.h"
#include "ir/nest.h"

static void put_line(struct c_lanes_writer *w, const char *line)
{
    adc_text_add(w->text, line);
    c_lanes_finish(w);
}

/* Names of what is collected, one vector a pass of the group. */
static void put_collectors(struct c_lanes_writer *w, const struct loop_block *block)
{
    for (size_t i = 0; i < block->count; i++) {
        if (!loop_is_collected(w->l.product->program, block->data[i])) continue;
        adc_text_format(w->text, "%s ", c_lanes_name(&w->l, "vd__"));
        c_lanes_put_collector(w, block->data[i], w->text);
        adc_text_format(w->text, "[%s];", c_lanes_name(&w->l, "LANES__"));
        c_lanes_finish(w);
    }
}

static void put_group_of_passes(struct c_lanes_writer *w, const struct loop_block *block,
                                const char *index)
{
    adc_text_format(w->text, "UNROLL__ for (int i__ = 0; i__ < %s; i__++) {",
                    c_lanes_name(&w->l, "LANES__"));
    c_lanes_finish(w);
    w->indent += 4;
    adc_text_format(w->text, "const int64_t %s = group__ + i__;", index);
    c_lanes_finish(w);
    adc_text_format(w->text, "(void)%s;", index); /* a value may be the same in all passes */
    c_lanes_finish(w);
    w->grouped = true;
    for (size_t i = 0; i < block->count; i++) {
        if (!loop_is_collected(w->l.product->program, block->data[i])) continue;
        c_lanes_put_collector(w, block->data[i], w->text);
        adc_text_format(w->text, " = (%s){0};", c_lanes_name(&w->l, "vd__"));
        c_lanes_finish(w);
    }
    c_lanes_put_run(w, block, 0, block->count);
    w->grouped = false;
    w->indent -= 4;
    put_line(w, "}");
}

/* += the sums of the group, of which the index is that of the first. */
static void put_group_sums(struct c_lanes_writer *w, const struct loop_block *block)
{
    struct c_lanes *l = &w->l;
    for (size_t i = 0; i < block->count; i++) {
        const struct loop_statement *statement = block->data[i];
        if (!loop_is_collected(w->l.product->program, statement)) continue;
        adc_text_format(w->text, "%s(&", c_lanes_name(l, "add_all__"));
        c_put_element(l->unit, l->product, statement->node, adc_nest_parts(statement->node).target,
                      w->text);
        adc_text_format(w->text, ", %s(", c_lanes_name(l, "sums__"));
        c_lanes_put_collector(w, statement, w->text);
        adc_text_add(w->text, "));");
        c_lanes_finish_at(w, statement->value);
    }
}

/* Passes of an inner loop, as many as lanes at a time, and one by one those that are left. */
void c_lanes_put_grouped(struct c_lanes_writer *w, const struct loop_statement *loop)
{
    const struct c_product *product = w->l.product;
    const struct adc_node *index = loop->node;
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
    const char *lanes = c_lanes_name(&w->l, "LANES__");
    adc_text_format(w->text, " - group__ >= %s; group__ += %s) {", lanes, lanes);
    c_lanes_finish_at(w, index);
    w->indent += 4;
    put_collectors(w, &loop->then);
    put_group_of_passes(w, &loop->then, name);
    adc_text_format(w->text, "const int64_t %s = group__;", name);
    c_lanes_finish(w);
    put_group_sums(w, &loop->then);
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
