/* Expressions over lanes.
 *
 * law      the arithmetic of each lane is that of the scalar form
 * masks    an element is read only for lanes that ask for it: inside of an `if` these are the lanes
 *          at work for which the condition holds
 * depth    as emit_c_expression.c */
#include "backend/emit_c_lanes.h"
#include "ir/state.h"

#include <string.h>

static enum loop_value value_of(const struct c_lanes *l, const struct adc_node *node)
{
    return (enum loop_value)l->product->program->value[node->id];
}

static enum loop_place place_of(const struct c_lanes *l, const struct adc_node *node)
{
    return (enum loop_place)l->product->program->place[node->id];
}

const char *c_lanes_type(const struct c_lanes *l, enum adc_type type)
{
    return c_lanes_name(l, adc_type_is_real(type) ? "vd__" : type == ADC_BOOL ? "vi__" : "vn__");
}

const char *c_lanes_select(const struct c_lanes *l, enum adc_type type)
{
    bool mask = l->single && type == ADC_BOOL;
    return c_lanes_name(l, adc_type_is_real(type) ? "select__"
                           : mask                 ? "select_mask__"
                                                  : "select_int__");
}

static enum c_lanes_level put_definition(struct c_lanes *l, const struct adc_node *node,
                                         struct adc_text *out);

/* ------------------------------------------------------------------- values that do not vary */

/* The first lane of a vector is that of pass `index` + this. */
static void put_first(const struct c_lanes *l, int64_t step, struct adc_text *out)
{
    if (!l->vectors) return;
    const char *lanes = c_lanes_name(l, "LANES__");
    if (step == 1) adc_text_format(out, " + l__*%s", lanes);
    else adc_text_format(out, " + %lld*l__*%s", (long long)step, lanes);
}

static void put_series(struct c_lanes *l, const struct adc_node *node, struct adc_text *out)
{
    int64_t step = l->product->program->step[node->id];
    adc_text_format(out, "%s(", c_lanes_name(l, "series__"));
    c_put_bound(l->unit, l->product, node, out);
    put_first(l, step, out);
    adc_text_format(out, ", %lld)", (long long)step);
}

static void put_splat(struct c_lanes *l, const struct adc_node *node, struct adc_text *out)
{
    const char *name = adc_type_is_real((enum adc_type)node->type) ? "splat__"
                       : node->type == ADC_BOOL                    ? "splat_bool__"
                                                                   : "splat_int__";
    adc_text_format(out, "%s(", c_lanes_name(l, name));
    c_put_use(l->unit, l->product, node, out);
    adc_text_add(out, ")");
}

/* -------------------------------------------------------------------------------- operands */

void c_lanes_put_variable(const struct c_lanes *l, const struct adc_node *node,
                          struct adc_text *out)
{
    adc_text_add(out, l->product->locals[node->id]);
    if (l->arrays[node->id]) adc_text_add(out, "[l__]");
}

static enum c_lanes_level put_use(struct c_lanes *l, const struct adc_node *node,
                                  struct adc_text *out)
{
    while ((node->op == ADC_OP_MARK || node->op == ADC_OP_STOP) && place_of(l, node) == LOOP_INLINE)
        node = node->in[0];
    if (node->op == ADC_OP_FINAL && place_of(l, node) == LOOP_INLINE) node = adc_final_state(node);
    if (value_of(l, node) == LOOP_UNIFORM) {
        put_splat(l, node, out);
        return C_LANES_NAME;
    }
    if (value_of(l, node) == LOOP_SERIES) {
        put_series(l, node, out);
        return C_LANES_NAME;
    }
    if (place_of(l, node) == LOOP_INLINE) return put_definition(l, node, out);
    c_lanes_put_variable(l, node, out);
    return C_LANES_NAME;
}

void c_lanes_put_use(struct c_lanes *l, const struct adc_node *node, struct adc_text *out)
{
    put_use(l, node, out);
}

static void put_at_least(struct c_lanes *l, const struct adc_node *node, enum c_lanes_level least,
                         struct adc_text *out)
{
    struct adc_text text;
    adc_text_init(&text, l->unit->arena);
    bool brackets = put_use(l, node, &text) < least;
    adc_text_format(out, brackets ? "(%s)" : "%s", text.data);
}

void c_lanes_put_addend(struct c_lanes *l, const struct adc_node *node, struct adc_text *out)
{
    put_at_least(l, node, C_LANES_PRODUCT, out);
}

/* ---------------------------------------------------------------------------------- elements */

void c_lanes_put_address(struct c_lanes *l, const struct adc_node *array,
                         const struct adc_node *const *element, struct adc_text *out)
{
    adc_text_add(out, "&");
    c_put_element(l->unit, l->product, array, element, out);
    if (!l->vectors) return;
    adc_text_format(out, " + l__*%s", c_lanes_name(l, "LANES__"));
    if (loop_reach(l->product->program, array, element) == LOOP_NEXT) return;
    adc_text_add(out, "*");
    c_lanes_put_stride(l, array, element, out);
}

/* (1*D + 2)*E: the sum over axes of a step and the lengths behind it. */
void c_lanes_put_stride(struct c_lanes *l, const struct adc_node *array,
                        const struct adc_node *const *element, struct adc_text *out)
{
    struct adc_text sum;
    adc_text_init(&sum, l->unit->arena);
    for (unsigned i = 0; i < array->rank; i++) {
        bool steps = value_of(l, element[i]) == LOOP_SERIES;
        long long step = steps ? (long long)l->product->program->step[element[i]->id] : 0;
        struct adc_text more;
        adc_text_init(&more, l->unit->arena);
        if (sum.count) {
            adc_text_format(&more, sum.data[sum.count - 1] == ')' ? "%s*" : "(%s)*", sum.data);
            c_put_operand(l->unit, l->product, loop_length(l->product->program, array, i), &more);
        }
        if (steps) adc_text_format(&more, more.count ? " + %lld" : "%lld", step);
        if (more.count) {
            sum.count = 0;
            adc_text_format(&sum, "(%s)", more.data);
        }
    }
    adc_text_add(out, sum.count ? sum.data : "0");
}

void c_lanes_put_places(struct c_lanes *l, const struct adc_node *array,
                        const struct adc_node *const *element, struct adc_text *out)
{
    struct adc_text sum;
    adc_text_init(&sum, l->unit->arena);
    const char *splat = c_lanes_name(l, "splat_int__");
    unsigned first = adc_first_axis(array, element, 0);
    for (unsigned i = first; i < array->rank; i++) {
        struct adc_text more;
        adc_text_init(&more, l->unit->arena);
        if (i > first) {
            adc_text_format(&more, "(%s)*%s(", sum.data, splat);
            c_put_use(l->unit, l->product, loop_length(l->product->program, array, i), &more);
            adc_text_add(&more, ") + ");
        }
        put_at_least(l, element[i], C_LANES_PRODUCT, &more);
        sum = more;
    }
    adc_text_add(out, sum.data);
}

/* Value `place` of the tiles at `array`. */
static void put_tile(struct c_lanes *l, const char *array, const char *place, struct adc_text *out)
{
    bool word = !strpbrk(place, " *");
    const char *own = c_lanes_name(l, "own__");
    if (l->lanes->vectors > 1)
        adc_text_format(out, word ? "*%s(%s, %s*%u + l__)" : "*%s(%s, (%s)*%u + l__)", own, array,
                        place, l->lanes->vectors);
    else adc_text_format(out, "*%s(%s, %s)", own, array, place);
}

void c_lanes_put_own(struct c_lanes *l, const struct adc_node *array,
                     const struct adc_node *const *element, struct adc_text *out)
{
    struct adc_text name, place;
    adc_text_init(&name, l->unit->arena);
    adc_text_init(&place, l->unit->arena);
    c_put_array(l->product, array, &name);
    c_put_linear(l->unit, l->product, array, element, 0, &place);
    put_tile(l, name.data, place.data, out);
}

bool c_lanes_put_copied(struct c_lanes *l, const struct adc_node *array,
                        const struct adc_node *const *element, struct adc_text *out)
{
    const struct loop_copy *copy = loop_copied(l->product->program, l->lanes, array, element);
    struct adc_text name, place;
    if (!copy) return false;
    adc_text_init(&name, l->unit->arena);
    adc_text_init(&place, l->unit->arena);
    c_lanes_put_copy(l, copy, &name);
    c_put_linear(l->unit, l->product, copy->array, element, copy->axis + 1, &place);
    put_tile(l, name.data, place.data, out);
    return true;
}

void c_lanes_put_copy(const struct c_lanes *l, const struct loop_copy *copy, struct adc_text *out)
{
    adc_text_add(out, l->product->buffers[copy->buffer]);
}

static const char *suffix_of(enum adc_type type)
{
    switch (type) {
    case ADC_INT: return "_int__";
    case ADC_I32: return "_i32__";
    case ADC_BOOL: return "_bool__";
    case ADC_F64:
    case ADC_F32:
    case ADC_TYPE_COUNT: break;
    }
    return "__";
}

static void put_call(struct c_lanes *l, const char *name, const char *suffix, struct adc_text *out)
{
    struct adc_text text;
    adc_text_init(&text, l->unit->arena);
    adc_text_format(&text, "%s%s", name, suffix);
    adc_text_format(out, "%s(", c_lanes_name(l, text.data));
}

bool c_lanes_reach_all(const struct c_lanes *l, const struct adc_node *array,
                       const struct adc_node *const *element)
{
    return l->mask == l->all ||
           (l->mask == l->rest && loop_has_room(l->product->program, l->index, array, element));
}

static enum c_lanes_level put_read(struct c_lanes *l, const struct adc_node *read,
                                   struct adc_text *out)
{
    const struct adc_node *array = read->in[0], *const *element = read->in + 1;
    const char *suffix = suffix_of((enum adc_type)array->type);
    enum loop_reach reach = loop_reach(l->product->program, array, element);
    if (c_lanes_put_copied(l, array, element, out)) return C_LANES_PREFIX;
    if (c_lanes_put_row_element(l, read, out)) return C_LANES_NAME;
    if (reach == LOOP_OWN) {
        c_lanes_put_own(l, array, element, out);
    } else if (reach == LOOP_ANY) {
        put_call(l, "pick", suffix, out);
        c_put_array(l->product, array, out);
        adc_text_add(out, ", ");
        c_lanes_put_places(l, array, element, out);
        adc_text_format(out, ", %s)", l->mask);
    } else {
        bool real = adc_type_is_real((enum adc_type)array->type), all = l->mask == l->all;
        bool near = reach == LOOP_NEXT && real;
        all |= near && c_lanes_reach_all(l, array, element);
        all |= near && loop_reads_whole(l->product->program, l->index, array, element);
        bool next = reach == LOOP_NEXT && (real || (all && array->type != ADC_BOOL));
        put_call(l, next ? (real ? "load" : "next") : "gather", all && real ? "_all__" : suffix,
                 out);
        c_lanes_put_address(l, array, element, out);
        if (!next) {
            adc_text_add(out, ", ");
            c_lanes_put_stride(l, array, element, out);
        }
        if (all && (real || next)) adc_text_add(out, ")");
        else adc_text_format(out, ", %s)", l->mask);
    }
    return reach == LOOP_OWN ? C_LANES_PREFIX : C_LANES_NAME;
}

/* ----------------------------------------------------------------------------- conditions */

static bool is_bool(const struct adc_node *node, bool value)
{
    return node->op == ADC_OP_CONST && node->type == ADC_BOOL && node->value.boolean == value;
}

/* The node for lanes where `condition` (a text) holds as well. */
static void put_arm(struct c_lanes *l, const struct adc_node *node, const char *condition,
                    struct adc_text *out)
{
    struct adc_text mask;
    const char *before = l->mask;
    if (!loop_reads(l->product->program, node)) {
        put_use(l, node, out);
        return;
    }
    adc_text_init(&mask, l->unit->arena);
    adc_text_format(&mask, "(%s & %s)", before, condition);
    if (value_of(l, node) != LOOP_UNIFORM) {
        l->mask = mask.data;
        put_use(l, node, out);
        l->mask = before;
        return;
    }
    put_call(l,
             node->type == ADC_BOOL  ? "splat_bool"
             : node->type == ADC_INT ? "splat_int"
                                     : "splat",
             "__", out);
    adc_text_format(out, "%s(%s) ? ", c_lanes_name(l, "any__"), mask.data);
    c_put_operand(l->unit, l->product, node, out);
    adc_text_add(out, node->type == ADC_BOOL ? " : false)" : " : 0)");
}

static enum c_lanes_level put_conditional(struct c_lanes *l, const struct adc_node *node,
                                          struct adc_text *out)
{
    const struct adc_node *condition = node->in[0];
    struct adc_text holds, fails;
    adc_text_init(&holds, l->unit->arena);
    adc_text_init(&fails, l->unit->arena);
    if (value_of(l, condition) == LOOP_UNIFORM) {
        adc_text_add(out, "(");
        c_put_operand(l->unit, l->product, condition, out);
        for (unsigned i = 1; i < 3; i++) { /* the very same type, which operators lose */
            adc_text_format(out, " %c (%s)", i == 1 ? '?' : ':',
                            c_lanes_type(l, (enum adc_type)node->type));
            put_at_least(l, node->in[i], C_LANES_PREFIX, out);
        }
        adc_text_add(out, ")");
        return C_LANES_NAME;
    }
    put_at_least(l, condition, C_LANES_PREFIX, &holds);
    adc_text_format(&fails, "~%s", holds.data);
    bool both = node->type == ADC_BOOL && is_bool(node->in[2], false);
    bool either = node->type == ADC_BOOL && is_bool(node->in[1], true);
    if (both || either) {
        adc_text_format(out, "(%s %s (", holds.data, both ? "&" : "|");
        put_arm(l, node->in[both ? 1 : 2], both ? holds.data : fails.data, out);
        adc_text_add(out, "))");
        return C_LANES_NAME;
    }
    adc_text_format(out, "%s(%s, ", c_lanes_select(l, (enum adc_type)node->type), holds.data);
    put_arm(l, node->in[1], holds.data, out);
    adc_text_add(out, ", ");
    put_arm(l, node->in[2], fails.data, out);
    adc_text_add(out, ")");
    return C_LANES_NAME;
}

/* --------------------------------------------------------------------------------- operators */

/* A real operand, which a vector of reals takes as it is. */
static void put_operand(struct c_lanes *l, const struct adc_node *node, enum c_lanes_level least,
                        struct adc_text *out)
{
    if (value_of(l, node) != LOOP_UNIFORM) put_at_least(l, node, least, out);
    else c_put_operand(l->unit, l->product, node, out);
}

static enum c_lanes_level put_infix(struct c_lanes *l, const struct adc_node *node,
                                    const char *sign, enum c_lanes_level level,
                                    struct adc_text *out)
{
    const char *blank = level == C_LANES_PRODUCT ? "" : " ";
    bool uniform = value_of(l, node->in[0]) == LOOP_UNIFORM &&
                   value_of(l, node->in[1]) == LOOP_UNIFORM; /* of what an arm gives a value */
    if (uniform) put_splat(l, node->in[0], out);
    else put_operand(l, node->in[0], level, out);
    adc_text_format(out, "%s%s%s", blank, sign, blank);
    /* behind a sign without a blank nothing may begin with one: a comment does with two */
    put_operand(l, node->in[1], level == C_LANES_SUM ? C_LANES_PRODUCT : C_LANES_NAME, out);
    return level;
}

static enum c_lanes_level put_bits(struct c_lanes *l, const struct adc_node *node, const char *sign,
                                   struct adc_text *out)
{
    adc_text_add(out, "(");
    put_at_least(l, node->in[0], C_LANES_SUM, out);
    adc_text_format(out, " %s ", sign);
    put_at_least(l, node->in[1], C_LANES_SUM, out);
    adc_text_add(out, ")");
    return C_LANES_NAME;
}

static enum c_lanes_level put_compared(struct c_lanes *l, const struct adc_node *node,
                                       const char *sign, struct adc_text *out)
{
    const char *masks = c_lanes_name(l, "vi__");
    bool wide = l->single && node->in[0]->type != ADC_BOOL &&
                !adc_type_is_real((enum adc_type)node->in[0]->type);
    if (!wide) {
        adc_text_format(out, "(%s)", masks);
        put_bits(l, node, sign, out);
        return C_LANES_PREFIX;
    }
    struct adc_text a, b;
    adc_text_init(&a, l->unit->arena);
    adc_text_init(&b, l->unit->arena);
    put_use(l, node->in[0], &a);
    put_use(l, node->in[1], &b);
    c_lanes_put_int_comparison(l->unit, sign, a.data, b.data, out);
    return C_LANES_PREFIX;
}

static enum c_lanes_level put_function(struct c_lanes *l, const struct adc_node *node,
                                       struct adc_text *out)
{
    c_lanes_put_callee(l, (enum adc_op)node->op, out);
    adc_text_add(out, "(");
    for (unsigned i = 0; i < node->count; i++) {
        if (i) adc_text_add(out, ", ");
        put_use(l, node->in[i], out);
    }
    adc_text_add(out, ")");
    return C_LANES_NAME;
}

static enum c_lanes_level put_prefix(struct c_lanes *l, const struct adc_node *node,
                                     const char *sign, struct adc_text *out)
{
    adc_text_add(out, sign);
    put_at_least(l, node->in[0], C_LANES_NAME, out);
    return C_LANES_PREFIX;
}

static enum c_lanes_level put_definition(struct c_lanes *l, const struct adc_node *node,
                                         struct adc_text *out)
{
    switch (node->op) {
    case ADC_OP_READ: return put_read(l, node, out);
    case ADC_OP_FINAL: return put_use(l, adc_final_state(node), out);
    case ADC_OP_IF: return put_conditional(l, node, out);
    case ADC_OP_MARK:
    case ADC_OP_STOP:
    case ADC_OP_I32_TO_INT: return put_use(l, node->in[0], out);
    case ADC_OP_ADD: return put_infix(l, node, "+", C_LANES_SUM, out);
    case ADC_OP_SUB: return put_infix(l, node, "-", C_LANES_SUM, out);
    case ADC_OP_MUL: return put_infix(l, node, "*", C_LANES_PRODUCT, out);
    case ADC_OP_DIV: return put_infix(l, node, "/", C_LANES_PRODUCT, out);
    case ADC_OP_NEG: return put_prefix(l, node, "-", out);
    case ADC_OP_NOT: return put_prefix(l, node, "~", out);
    case ADC_OP_AND: return put_bits(l, node, "&", out);
    case ADC_OP_OR: return put_bits(l, node, "|", out);
    case ADC_OP_EQ:
    case ADC_OP_IEQ:
    case ADC_OP_BEQ: return put_compared(l, node, "==", out);
    case ADC_OP_NE:
    case ADC_OP_INE:
    case ADC_OP_BNE: return put_compared(l, node, "!=", out);
    case ADC_OP_LT:
    case ADC_OP_ILT: return put_compared(l, node, "<", out);
    case ADC_OP_LE:
    case ADC_OP_ILE: return put_compared(l, node, "<=", out);
    case ADC_OP_GT:
    case ADC_OP_IGT: return put_compared(l, node, ">", out);
    case ADC_OP_GE:
    case ADC_OP_IGE: return put_compared(l, node, ">=", out);
    default: return put_function(l, node, out);
    }
}

void c_lanes_put_definition(struct c_lanes *l, const struct adc_node *node, struct adc_text *out)
{
    if (value_of(l, node) == LOOP_VARYING) put_definition(l, node, out);
    else put_use(l, node, out);
}
