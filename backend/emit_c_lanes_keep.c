/* Sums over lanes that wait until a loop in lanes ends (passes/wait.c): a vector for each element
 * of their arrays, cleared before the full tiles and added up behind them. */
#include "backend/emit_c_lanes.h"
#include "ir/state.h"

static void put_name(const struct c_lanes *l, const struct adc_node *vectors, struct adc_text *out)
{
    adc_text_format(out, "kept%u__", l->product->program->buffer[vectors->id] + 1);
}

/* kept1__[k*D + r], the vector of an element. */
void c_lanes_put_kept_place(const struct c_lanes *l, const struct adc_node *nest,
                            struct adc_text *out)
{
    put_name(l, nest, out);
    adc_text_add(out, "[");
    c_put_linear(l->unit, l->product, nest, adc_nest_parts(nest).target, 0, out);
    adc_text_add(out, "]");
}

/* kept1__[k*D + r] += a7_9__; */
void c_lanes_put_kept(struct c_lanes_writer *w, const struct loop_statement *statement,
                      const struct loop_statement *collected)
{
    c_lanes_put_kept_place(&w->l, statement->node, w->text);
    adc_text_add(w->text, " += ");
    c_lanes_put_collector(w, collected, w->text);
    adc_text_add(w->text, ";");
    c_lanes_finish(w);
}

/* for (int64_t k__ = 0; k__ < N*D; k__++) ... kept1__[k__]: of each vector that is kept. */
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
    put_name(l, keep->vectors, w->text);
    adc_text_add(w->text, "[k__]");
}

/* An array before has as many elements. */
static bool is_asked(const struct loop_lanes *lanes, size_t number)
{
    for (size_t i = 0; i < number; i++)
        if (adc_alike(lanes->kept.data[i].array, lanes->kept.data[number].array)) return true;
    return false;
}

/* Pointers of their own: what is stored through them might else change the others, for all that
 * compilers know. */
static void declare_kept(struct c_lanes_writer *w)
{
    const struct c_lanes *l = &w->l;
    for (size_t i = 0; i < l->lanes->kept.count; i++) {
        const struct adc_node *vectors = l->lanes->kept.data[i].vectors;
        adc_text_format(w->text, "%s *const ", c_lanes_name(l, "vd__"));
        put_name(l, vectors, w->text);
        adc_text_format(w->text, " = %s(", c_lanes_name(l, "own__"));
        c_put_array(l->product, vectors, w->text);
        adc_text_add(w->text, ", 0);");
        c_lanes_finish(w);
    }
}

/* Whether sums wait: where there are tiles enough and not too many sums. If so, no sums yet. */
void c_lanes_open_keep(struct c_lanes_writer *w, const char *size)
{
    const struct loop_lanes *lanes = w->l.lanes;
    adc_text_add(w->text, "const bool keep__ = ");
    c_lanes_put_left(w);
    adc_text_format(w->text, " >= %d*%s", (int)lanes->kept_tiles, size);
    for (size_t i = 0; i < lanes->kept.count; i++) {
        if (is_asked(lanes, i)) continue;
        adc_text_add(w->text, " && ");
        c_put_length(w->l.unit, w->l.product, lanes->kept.data[i].array, w->text);
        adc_text_format(w->text, " <= %d", (int)lanes->kept_elements);
    }
    adc_text_add(w->text, ";");
    c_lanes_finish(w);
    declare_kept(w);
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
