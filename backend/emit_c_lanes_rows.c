/* Rows of arrays that are columns of vectors in registers (ir/rows.h): r3__[column]. */
#include "backend/emit_c_lanes.h"

static void put_name(const struct c_lanes *l, const struct loop_row *row, struct adc_text *out)
{
    adc_text_format(out, "r%u__", (unsigned)(row - l->rows->rows.data));
}

/* Columns are counted from there on. */
static unsigned first_of(const struct loop_row *row)
{
    return (row->set && !row->adds) || loop_row_is_pair(row) ? 0 : row->first;
}

bool c_lanes_put_row_element(const struct c_lanes *l, const struct adc_node *node,
                             struct adc_text *out)
{
    const struct loop_row *row = loop_row_of(l->rows, node);
    if (!row) return false;
    put_name(l, row, out);
    adc_text_format(out, "[%u]", l->rows->column[node->id] - first_of(row));
    return true;
}

/* vd__ r3__[14 + LANES__]; */
static void declare(struct c_lanes_writer *w, const struct loop_row *row)
{
    enum adc_type type = (enum adc_type)row->one->type;
    adc_text_format(w->text, "%s ", c_lanes_type(&w->l, type));
    put_name(&w->l, row, w->text);
    if (loop_row_is_pair(row)) adc_text_add(w->text, "[2];");
    else
        adc_text_format(w->text, "[%u + %s];", row->end - row->first,
                        c_lanes_name(&w->l, "LANES__"));
    c_lanes_finish(w);
}

/* Of the first lane's row, from the first element on that is asked for. */
static void put_address(struct c_lanes_writer *w, const struct loop_row *row)
{
    c_lanes_put_address(&w->l, loop_row_array(row), loop_row_element(row), w->text);
}

/* The array, and where each lane has the first element that it asks for. */
static void put_array_and_places(struct c_lanes_writer *w, const struct loop_row *row)
{
    struct c_lanes *l = &w->l;
    c_put_array(l->product, loop_row_array(row), w->text);
    adc_text_add(w->text, ", ");
    c_lanes_put_places(l, loop_row_array(row), loop_row_element(row), w->text);
}

static void load(struct c_lanes_writer *w, const struct loop_row *row)
{
    struct c_lanes *l = &w->l;
    const struct adc_node *array = loop_row_array(row), *const *element = loop_row_element(row);
    bool pair = loop_row_is_pair(row);
    const char *name = !pair                    ? "pick_rows__"
                       : array->type == ADC_INT ? "pick_pair_int__"
                                                : "pick_pair__";
    adc_text_format(w->text, "%s(", c_lanes_name(l, name));
    put_name(l, row, w->text);
    adc_text_add(w->text, ", ");
    if (pair) {
        put_address(w, row);
        adc_text_add(w->text, row->first ? " - 1);" : ");");
        return;
    }
    if (loop_reach(l->product->program, array, element) == LOOP_ANY) {
        put_array_and_places(w, row);
    } else {
        put_address(w, row);
        adc_text_format(w->text, ", %s(0, ", c_lanes_name(l, "series__"));
        c_lanes_put_stride(l, array, element, w->text);
        adc_text_add(w->text, ")");
    }
    adc_text_format(w->text, ", %u, %u);", row->end - row->first, row->length - row->first);
}

void c_lanes_open_rows(struct c_lanes_writer *w, const struct loop_statement *statement)
{
    for (size_t i = 0; w->l.rows && i < w->l.rows->rows.count; i++) {
        const struct loop_row *row = &w->l.rows->rows.data[i];
        if (row->set || row->at != statement || !loop_row_of(w->l.rows, row->one)) continue;
        declare(w, row);
        load(w, row);
        c_lanes_finish_at(w, row->one);
    }
}

static void put_sums(struct c_lanes_writer *w, const struct loop_row *row)
{
    adc_text_format(w->text, "%s(", c_lanes_name(&w->l, "add_rows__"));
    put_array_and_places(w, row);
    adc_text_add(w->text, ", ");
    put_name(&w->l, row, w->text);
    adc_text_format(w->text, ", %u);", row->end - row->first);
}

void c_lanes_declare_set_rows(struct c_lanes_writer *w)
{
    for (size_t i = 0; w->l.rows && i < w->l.rows->rows.count; i++) {
        const struct loop_row *row = &w->l.rows->rows.data[i];
        if (row->set && loop_row_of(w->l.rows, row->one)) declare(w, row);
    }
}

void c_lanes_close_rows(struct c_lanes_writer *w, const struct loop_statement *statement)
{
    for (size_t i = 0; w->l.rows && i < w->l.rows->rows.count; i++) {
        const struct loop_row *row = &w->l.rows->rows.data[i];
        if (!row->set || row->at != statement || !loop_row_of(w->l.rows, row->one)) continue;
        bool pair = loop_row_is_pair(row);
        if (row->adds) {
            put_sums(w, row);
        } else {
            adc_text_format(w->text, "%s(",
                            c_lanes_name(&w->l, pair ? "set_pair__" : "set_rows__"));
            put_address(w, row);
            adc_text_add(w->text, ", ");
            put_name(&w->l, row, w->text);
            if (!pair) adc_text_format(w->text, ", %u", row->length);
            adc_text_add(w->text, ");");
        }
        c_lanes_finish_at(w, row->one);
    }
}
