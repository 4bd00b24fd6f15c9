/* Sums over lanes that wait until a loop in lanes ends (passes/wait.c): a vector for each element
 * of their arrays, cleared before the full tiles and added up behind them. */
#include "backend/emit_c_lanes.h"

/* *own__(a1__, k*D + r) += a7_9__; */
void c_lanes_put_kept(struct c_lanes_writer *w, const struct loop_statement *statement,
                      const struct loop_statement *collected)
{
    const struct c_lanes *l = &w->l;
    const struct adc_node *nest = statement->node;
    adc_text_format(w->text, "*%s(", c_lanes_name(l, "own__"));
    c_put_array(l->product, nest, w->text);
    adc_text_add(w->text, ", ");
    c_put_linear(l->unit, l->product, nest, adc_nest_parts(nest).target, 0, w->text);
    adc_text_add(w->text, ") += ");
    c_lanes_put_collector(w, collected, w->text);
    adc_text_add(w->text, ";");
    c_lanes_finish(w);
}

/* for (int64_t k__ = 0; k__ < N*D; k__++) ... *own__(a1__, k__): of each vector that is kept. */
static void open_kept(struct c_lanes_writer *w, const struct loop_keep *keep, const char *before)
{
    const struct c_lanes *l = &w->l;
    adc_text_add(w->text, "for (int64_t k__ = 0; k__ < ");
    c_put_length(l->unit, l->product, keep->array, w->text);
    adc_text_add(w->text, "; k__++) ");
    if (*before) {
        c_put_array(l->product, keep->array, w->text);
        adc_text_format(w->text, "[k__] += %s(", before);
    }
    adc_text_format(w->text, "*%s(", c_lanes_name(l, "own__"));
    c_put_array(l->product, keep->vectors, w->text);
    adc_text_add(w->text, ", k__)");
}

/* Whether sums wait: where there are tiles enough and not too many sums. If so, no sums yet. */
void c_lanes_open_keep(struct c_lanes_writer *w, const char *size)
{
    const struct loop_lanes *lanes = w->l.lanes;
    adc_text_add(w->text, "const bool keep__ = ");
    c_lanes_put_left(w);
    adc_text_format(w->text, " >= %d*%s", LOOP_KEPT_TILES, size);
    for (size_t i = 0; i < lanes->kept.count; i++) {
        adc_text_add(w->text, " && ");
        c_put_length(w->l.unit, w->l.product, lanes->kept.data[i].array, w->text);
        adc_text_format(w->text, " <= %d", LOOP_KEPT);
    }
    adc_text_add(w->text, ";");
    c_lanes_finish(w);
    adc_text_add(w->text, "if (keep__) {");
    c_lanes_finish(w);
    w->indent += 4;
    for (size_t i = 0; i < lanes->kept.count; i++) {
        open_kept(w, &lanes->kept.data[i], "");
        adc_text_format(w->text, " = (%s){0};", c_lanes_name(&w->l, "vd__"));
        c_lanes_finish(w);
    }
    w->indent -= 4;
    adc_text_add(w->text, "}");
    c_lanes_finish(w);
}

void c_lanes_close_keep(struct c_lanes_writer *w)
{
    const struct loop_lanes *lanes = w->l.lanes;
    adc_text_add(w->text, "if (keep__) {");
    c_lanes_finish(w);
    w->indent += 4;
    for (size_t i = 0; i < lanes->kept.count; i++) {
        open_kept(w, &lanes->kept.data[i], c_lanes_name(&w->l, "sum__"));
        adc_text_add(w->text, ");");
        c_lanes_finish(w);
    }
    w->indent -= 4;
    adc_text_add(w->text, "}");
    c_lanes_finish(w);
}
