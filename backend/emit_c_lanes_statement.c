/* Simple statements of a loop in lanes: what varies.
 *
 * sums     an addition to a sum that all passes share is made for the lanes at work alone; a
 *          product may be added in one rounding, here and nowhere else */
#include "backend/emit_c_lanes.h"
#include "ir/nest.h"

static bool varies(const struct c_lanes_writer *w, const struct adc_node *node)
{
    return c_lanes_varies(&w->l, node);
}

static void use(struct c_lanes_writer *w, const struct adc_node *node)
{
    c_lanes_put_use(&w->l, node, w->text);
}

const char *c_lanes_used(struct c_lanes_writer *w, const struct adc_node *node)
{
    struct adc_text text;
    adc_text_init(&text, w->l.unit->arena);
    c_lanes_put_use(&w->l, node, &text);
    return text.data;
}

static const char *bracketed(struct c_lanes_writer *w, const struct adc_node *node, bool brackets)
{
    struct adc_text text;
    adc_text_init(&text, w->l.unit->arena);
    adc_text_format(&text, brackets ? "(%s)" : "%s", c_lanes_used(w, node));
    return text.data;
}

const char *c_lanes_variable(struct c_lanes_writer *w, const struct adc_node *node)
{
    struct adc_text text;
    adc_text_init(&text, w->l.unit->arena);
    c_lanes_put_variable(&w->l, node, &text);
    return text.data;
}

/* vd__ x = , or x[l__] = where it is an array. */
static void put_declared(struct c_lanes_writer *w, const char *qualifier,
                         const struct adc_node *node)
{
    if (!w->l.arrays[node->id])
        adc_text_format(w->text, "%s%s ", qualifier,
                        c_lanes_type(&w->l, (enum adc_type)node->type));
    c_lanes_put_variable(&w->l, node, w->text);
    adc_text_add(w->text, " = ");
}

void c_lanes_put_first(struct c_lanes_writer *w, const struct adc_node *node)
{
    const char *name = adc_type_is_real((enum adc_type)node->type) ? "splat__"
                       : node->type == ADC_BOOL                    ? "splat_bool__"
                                                                   : "splat_int__";
    adc_text_format(w->text, "%s(", c_lanes_name(&w->l, name));
    c_put_literal(w->l.unit, (enum adc_type)node->type, c_first_value(node), w->text);
    adc_text_add(w->text, ")");
}

/* place = value, where the mask holds if that is not all lanes at work. */
static void put_kept(struct c_lanes_writer *w, const struct adc_node *node, const char *place,
                     const char *value, bool always)
{
    if (always || w->l.mask == w->l.all) {
        adc_text_format(w->text, "%s = %s;", place, value);
        return;
    }
    const char *select = c_lanes_select(&w->l, (enum adc_type)node->type);
    adc_text_format(w->text, "%s = %s(%s, %s, %s);", place, select, w->l.mask, value, place);
}

/* place + value as a text; for lanes that are not at work `place`, if these are to be left. */
static const char *added(struct c_lanes_writer *w, const char *place, const struct adc_node *value,
                         bool masked)
{
    struct loop_addend addend = loop_addend_of(w->l.product->program, value);
    struct adc_text text;
    masked &= w->l.mask != w->l.all;
    adc_text_init(&text, w->l.unit->arena);
    if (addend.product) {
        const char *name = masked ? "fma_where__" : "fma__";
        adc_text_format(&text, "%s(%s%s, %s, %s", c_lanes_name(&w->l, name), addend.less ? "-" : "",
                        bracketed(w, addend.product->in[0], addend.less),
                        c_lanes_used(w, addend.product->in[1]), place);
    } else if (masked) {
        const char *name = addend.less ? "less_where__" : "add_where__";
        adc_text_format(&text, "%s(%s, %s", c_lanes_name(&w->l, name), place,
                        c_lanes_used(w, addend.value));
    } else {
        adc_text_format(&text, "%s %s ", place, addend.less ? "-" : "+");
        c_lanes_put_addend(&w->l, addend.value, &text);
        return text.data;
    }
    if (masked) adc_text_format(&text, ", %s)", w->l.mask);
    else adc_text_add(&text, ")");
    return text.data;
}

/* `place op value` as a text. */
static const char *taken_in(struct c_lanes_writer *w, const struct adc_node *nest,
                            const char *place, const struct adc_node *value)
{
    enum adc_op op = adc_reduce_op((enum adc_reduce)nest->number, (enum adc_type)nest->type);
    const char *sign = op == ADC_OP_MUL ? "*" : NULL;
    struct adc_text text;
    adc_text_init(&text, w->l.unit->arena);
    if (nest->number == ADC_REDUCE_SET) return c_lanes_used(w, value);
    if (op == ADC_OP_ADD) return added(w, place, value, false);
    if (nest->type == ADC_BOOL) sign = nest->number == ADC_REDUCE_ALL ? "&" : "|";
    if (sign) {
        adc_text_format(&text, "%s %s (%s)", place, sign, c_lanes_used(w, value));
        return text.data;
    }
    c_lanes_put_callee(&w->l, op, &text);
    adc_text_format(&text, "(%s, %s)", place, c_lanes_used(w, value));
    return text.data;
}

/* place op= value, for lanes at work alone if these are to be told apart. */
static void put_taken_in(struct c_lanes_writer *w, const struct adc_node *nest, const char *place,
                         const struct adc_node *value, bool masked)
{
    bool sum =
        adc_reduce_op((enum adc_reduce)nest->number, (enum adc_type)nest->type) == ADC_OP_ADD;
    if (sum && nest->number != ADC_REDUCE_SET)
        adc_text_format(w->text, "%s = %s;", place, added(w, place, value, masked));
    else put_kept(w, nest, place, taken_in(w, nest, place, value), !masked);
}

/* if (any__(on__ & ~v)) ok = false; */
static void put_test(struct c_lanes_writer *w, const struct adc_node *nest,
                     const struct adc_node *value)
{
    bool all = nest->number == ADC_REDUCE_ALL;
    adc_text_format(w->text, "if (%s(%s & %s(%s))) %s = %s;", c_lanes_name(&w->l, "any__"),
                    w->l.mask, all ? "~" : "", c_lanes_used(w, value),
                    w->l.product->locals[nest->id], all ? "false" : "true");
}

static void put_scalar_reduce(struct c_lanes_writer *w, const struct loop_statement *statement)
{
    const struct adc_node *nest = statement->node;
    struct adc_text place;
    if (loop_is_lane_sum(w->l.lanes, nest)) {
        adc_text_init(&place, w->l.unit->arena);
        adc_text_format(&place, "s%u__%s", nest->id, w->l.sum);
        put_taken_in(w, nest, place.data, statement->value, true);
    } else if (!varies(w, nest)) {
        put_test(w, nest, statement->value);
    } else {
        const char *name = c_lanes_variable(w, nest);
        put_taken_in(w, nest, name, statement->value, w->masked);
    }
}

void c_lanes_put_collector(const struct c_lanes_writer *w, const struct loop_statement *statement,
                           struct adc_text *out)
{
    adc_text_format(out, "a%u_%u__%s", statement->node->id, statement->value->id,
                    w->grouped ? "[i__]" : "");
}

/* Added up over the lanes of a tile. */
static void put_tile_sum(struct c_lanes_writer *w, const struct loop_statement *statement)
{
    struct c_lanes *l = &w->l;
    struct adc_text name, value;
    bool kept = loop_is_kept(l->product->program, statement->node);
    adc_text_init(&name, l->unit->arena);
    adc_text_init(&value, l->unit->arena);
    if (kept && l->lanes->vectors == 1) c_lanes_put_kept_place(l, statement->node, &name);
    else if (w->together) adc_text_format(&name, "%s[%u]", w->together, w->collected++);
    else c_lanes_put_collector(w, statement, &name);
    if (l->vectors || w->grouped || kept) {
        adc_text_format(w->text, "%s = %s;", name.data,
                        added(w, name.data, statement->value, true));
        return;
    }
    if (l->mask != l->all) {
        adc_text_format(&value, "%s(%s, %s, (%s){0})", c_lanes_name(l, "select__"), l->mask,
                        c_lanes_used(w, statement->value), c_lanes_name(l, "vd__"));
    } else {
        adc_text_add(&value, c_lanes_used(w, statement->value));
    }
    if (w->together) {
        adc_text_format(w->text, "%s = %s;", name.data, value.data);
        return;
    }
    c_put_element(l->unit, l->product, statement->node, adc_nest_parts(statement->node).target,
                  w->text);
    adc_text_format(w->text, " += %s(%s);", c_lanes_name(l, "sum__"), value.data);
}

static void put_array_reduce(struct c_lanes_writer *w, const struct loop_statement *statement)
{
    struct c_lanes *l = &w->l;
    const struct adc_node *nest = statement->node;
    const struct adc_node *const *target = adc_nest_parts(nest).target;
    enum loop_reach reach = loop_reach(l->product->program, nest, target);
    bool set = nest->number == ADC_REDUCE_SET;
    struct adc_text place;
    const char *name;
    adc_text_init(&place, l->unit->arena);
    if (reach == LOOP_OWN) c_lanes_put_own(l, nest, target, &place);
    if (reach == LOOP_OWN || c_lanes_put_copied(l, nest, target, &place)) {
        put_taken_in(w, nest, place.data, statement->value, w->masked);
        return;
    }
    if (reach == LOOP_ONE) {
        put_tile_sum(w, statement);
        return;
    }
    if (c_lanes_put_row_element(l, nest, w->text)) {
        adc_text_format(w->text, " = %s;", c_lanes_used(w, statement->value));
        return;
    }
    bool ints = nest->type == ADC_INT; /* which are set alone */
    bool next = reach == LOOP_NEXT && !ints;
    bool all = next && c_lanes_reach_all(l, nest, target);
    name = ints                 ? (reach == LOOP_ANY ? "set_int_at__" : "scatter_int__")
           : reach == LOOP_ANY  ? (set ? "set_at__" : "add_at__")
           : all                ? (set ? "store_all__" : "add_all__")
           : reach == LOOP_NEXT ? (set ? "store__" : "add__")
           : set                ? "scatter__"
                                : "add_apart__";
    adc_text_format(w->text, "%s(", c_lanes_name(l, name));
    if (reach == LOOP_ANY) c_put_array(l->product, nest, w->text);
    else c_lanes_put_address(l, nest, target, w->text);
    adc_text_add(w->text, ", ");
    if (reach == LOOP_ANY) c_lanes_put_places(l, nest, target, w->text);
    else if (!next) c_lanes_put_stride(l, nest, target, w->text);
    if (!next) adc_text_add(w->text, ", ");
    use(w, statement->value);
    if (all) adc_text_add(w->text, ");");
    else adc_text_format(w->text, ", %s);", l->mask);
}

void c_lanes_put_statement(struct c_lanes_writer *w, const struct loop_statement *statement)
{
    const struct adc_node *node = statement->node, *value = statement->value;
    switch (statement->kind) {
    case LOOP_LET:
        put_declared(w, "const ", node);
        c_lanes_put_definition(&w->l, node, w->text);
        adc_text_add(w->text, ";");
        break;
    case LOOP_VAR:
        put_declared(w, "", node);
        if (value) use(w, value);
        else c_lanes_put_first(w, node);
        adc_text_add(w->text, ";");
        break;
    case LOOP_SET: {
        struct adc_text text;
        adc_text_init(&text, w->l.unit->arena);
        if (value == node) c_lanes_put_definition(&w->l, node, &text);
        else c_lanes_put_use(&w->l, value, &text);
        put_kept(w, node, c_lanes_variable(w, node), text.data, !w->masked);
        break;
    }
    default:
        if (node->rank) put_array_reduce(w, statement);
        else put_scalar_reduce(w, statement);
    }
    c_lanes_finish_at(w,
                      statement->kind == LOOP_SET || statement->kind == LOOP_REDUCE ? value : node);
}
