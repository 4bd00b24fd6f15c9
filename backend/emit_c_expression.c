/* Expressions with the brackets that C needs and the few that compilers ask for.
 *
 * law      the association of floating-point operations is that of the graph, `--` never appears,
 *          and what is evaluated is what the branch taken needs (a conditional expression is lazy)
 * depth    INLINE nodes nest at most LOOP_MAX_DEPTH deep, so this recurses */
#include "backend/emit_c_internal.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

/* How tightly an expression holds together, as in the grammar of C. */
enum level {
    CONDITIONAL = 1,
    OR,
    AND,
    EQUALITY,
    RELATION,
    SUM,
    PRODUCT,
    UNARY,
    PRIMARY,
};

struct printer {
    struct c_unit *unit;
    const struct c_product *product;
    struct adc_text *out;
};

/* ------------------------------------------------------------------------- literals */

static void put_real(struct c_unit *unit, double value, bool single, struct adc_text *out)
{
    if (isnan(value) || isinf(value)) {
        unit->used.math = true;
        if (signbit(value)) adc_text_add(out, "-");
        adc_text_add(out, isinf(value) ? (single ? "HUGE_VALF" : "HUGE_VAL")
                                       : (single ? "NAN" : "(double)NAN"));
        return;
    }
    adc_text_real(out, value, single);
    if (single) adc_text_add(out, "f");
}

static void put_integer(int64_t value, struct adc_text *out)
{
    if (value == INT64_MIN) adc_text_add(out, "INT64_MIN");
    else if (value > INT32_MAX || value < -INT32_MAX)
        adc_text_format(out, "%sINT64_C(%lld)", value < 0 ? "-" : "",
                        (long long)(value < 0 ? -value : value));
    else adc_text_format(out, "%lld", (long long)value);
}

void c_put_literal(struct c_unit *unit, enum adc_type type, union adc_value value,
                   struct adc_text *out)
{
    unit->used.boolean |= type == ADC_BOOL;
    unit->used.integer |= type == ADC_INT;
    switch (type) {
    case ADC_F64: put_real(unit, value.f64, false, out); break;
    case ADC_F32: put_real(unit, (double)value.f32, true, out); break;
    case ADC_INT: put_integer(value.integer, out); break;
    case ADC_BOOL: adc_text_add(out, value.boolean ? "true" : "false"); break;
    case ADC_TYPE_COUNT: break;
    }
}

static bool is_negative(const struct adc_node *constant)
{
    switch ((enum adc_type)constant->type) {
    case ADC_F64: return signbit(constant->value.f64);
    case ADC_F32: return signbit(constant->value.f32);
    case ADC_INT: return constant->value.integer < 0;
    case ADC_BOOL:
    case ADC_TYPE_COUNT: break;
    }
    return false;
}

/* ------------------------------------------------------------------- levels of nodes */

static enum level binary_level(const struct c_form *form)
{
    static const struct {
        const char *text;
        enum level level;
    } table[] = {
        {"+", SUM},       {"-", SUM},       {"*", PRODUCT},  {"/", PRODUCT},
        {"<", RELATION},  {"<=", RELATION}, {">", RELATION}, {">=", RELATION},
        {"==", EQUALITY}, {"!=", EQUALITY}, {"&&", AND},     {"||", OR},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (strlen(table[i].text) == form->length &&
            !memcmp(table[i].text, form->text, form->length))
            return table[i].level;
    return CONDITIONAL; /* always in brackets */
}

/* Neither has a meaning of its own in values. */
static bool is_transparent(const struct adc_node *node)
{
    return node->op == ADC_OP_MARK || node->op == ADC_OP_STOP;
}

/* The node whose text stands for this one where it is used. */
static const struct adc_node *resolve(const struct printer *p, const struct adc_node *node)
{
    const uint8_t *place = p->product->program->place;
    while (is_transparent(node) && (place[node->id] == LOOP_INLINE || place[node->id] == LOOP_LEAF))
        node = node->in[0];
    return node;
}

/* How the operator is written here. Compilers warn of `k == k` for ints and bools: a call hides
 * it. */
static struct c_form form_of(const struct printer *p, const struct adc_node *node)
{
    struct c_form form = c_form_of((enum adc_op)node->op);
    if (form.shape != C_BINARY || adc_type_is_real(node->in[0]->type)) return form;
    if (resolve(p, node->in[0]) == resolve(p, node->in[1])) form.shape = C_COMPOUND;
    return form;
}

static enum level definition_level(const struct printer *p, const struct adc_node *node)
{
    if (node->op == ADC_OP_CONST) return is_negative(node) ? UNARY : PRIMARY;
    if (node->op == ADC_OP_PARAM) return PRIMARY;
    if (node->op == ADC_OP_IF) return CONDITIONAL;
    struct c_form form = form_of(p, node);
    if (form.shape == C_BINARY) return binary_level(&form);
    if (form.shape == C_CHOICE) return CONDITIONAL;
    return form.shape == C_PREFIX ? UNARY : PRIMARY;
}

static enum level use_level(const struct printer *p, const struct adc_node *node)
{
    switch ((enum loop_place)p->product->program->place[node->id]) {
    case LOOP_WORK:
        if (node->type == ADC_F32) return UNARY;
        return node->type == ADC_BOOL ? EQUALITY : PRIMARY;
    case LOOP_LOCAL: return PRIMARY;
    case LOOP_LEAF:
    case LOOP_INLINE:
    case LOOP_UNUSED: break;
    }
    return definition_level(p, node);
}

/* Whether the text of a use begins with a minus sign. */
static bool begins_negative(const struct printer *p, const struct adc_node *node)
{
    node = resolve(p, node);
    enum loop_place place = (enum loop_place)p->product->program->place[node->id];
    if (place == LOOP_LOCAL || place == LOOP_WORK) return false;
    if (node->op == ADC_OP_CONST) return is_negative(node);
    if (node->op < ADC_OP_FIRST_ELEMENTWISE) return false;
    struct c_form form = form_of(p, node);
    if (form.shape == C_PREFIX) return form.text[0] == '-';
    if (form.shape != C_BINARY) return false;
    return use_level(p, resolve(p, node->in[0])) >= binary_level(&form) &&
           begins_negative(p, node->in[0]);
}

/* ----------------------------------------------------------------------- expressions */

static void put_definition(struct printer *p, const struct adc_node *node);

void c_put_input(const struct c_product *product, uint32_t index, struct adc_text *out)
{
    if (product->args_tag) adc_text_add(out, "args->");
    adc_text_add(out, product->inputs[index]);
}

void c_put_output(const struct c_product *product, uint32_t index, struct adc_text *out)
{
    if (product->args_tag) adc_text_add(out, "args->");
    adc_text_add(out, product->outputs[index]);
}

/* A workspace slot read at the node's type; the slot holds a double, or the bytes of an int64_t. */
static void put_slot(struct printer *p, const struct adc_node *node)
{
    unsigned slot = p->product->program->slot[node->id];
    if (adc_type_is_real(node->type)) {
        adc_text_format(p->out, "%sw__[%u]", node->type == ADC_F32 ? "(float)" : "", slot);
        return;
    }
    p->unit->used.load_int = true;
    adc_text_format(p->out, "load_int__(w__ + %u)%s", slot, node->type == ADC_BOOL ? " != 0" : "");
}

static void put_use(struct printer *p, const struct adc_node *node)
{
    node = resolve(p, node);
    switch ((enum loop_place)p->product->program->place[node->id]) {
    case LOOP_LOCAL: adc_text_add(p->out, p->product->locals[node->id]); return;
    case LOOP_WORK: put_slot(p, node); return;
    case LOOP_LEAF:
    case LOOP_INLINE:
    case LOOP_UNUSED: break;
    }
    put_definition(p, node);
}

static void put_bracketed(struct printer *p, const struct adc_node *node, bool brackets)
{
    if (brackets) adc_text_add(p->out, "(");
    put_use(p, node);
    if (brackets) adc_text_add(p->out, ")");
}

static void put_at_least(struct printer *p, const struct adc_node *node, enum level least)
{
    put_bracketed(p, node, use_level(p, resolve(p, node)) < least);
}

/* Compilers warn of `a && b || c`, `a < b == c` and `!a == b` without brackets, rightly. */
static bool wants_brackets(const struct printer *p, enum level parent, const struct adc_node *node)
{
    enum level level = use_level(p, node);
    if (parent == OR) return level == AND;
    if (parent != EQUALITY && parent != RELATION) return false;
    return level == EQUALITY || level == RELATION || (level == UNARY && node->type == ADC_BOOL);
}

/* Sums are written with products first, `s*5.0 + x`; the graph keeps no order of what commutes. */
static bool reads_better_swapped(const struct printer *p, const struct adc_node *node,
                                 const struct adc_node *left, const struct adc_node *right)
{
    return node->op == ADC_OP_ADD && use_level(p, left) == PRIMARY &&
           use_level(p, right) == PRODUCT && !begins_negative(p, right);
}

static void put_binary(struct printer *p, const struct adc_node *node, const struct c_form *form)
{
    enum level level = binary_level(form);
    const struct adc_node *left = resolve(p, node->in[0]), *right = resolve(p, node->in[1]);
    if (reads_better_swapped(p, node, left, right)) {
        const struct adc_node *first = right;
        right = left;
        left = first;
    }
    put_bracketed(p, left, use_level(p, left) < level || wants_brackets(p, level, left));
    const char *blank = level == PRODUCT ? "" : " ";
    adc_text_format(p->out, "%s%.*s%s", blank, (int)form->length, form->text, blank);
    put_bracketed(p, right,
                  use_level(p, right) <= level || wants_brackets(p, level, right) ||
                      begins_negative(p, right));
}

static void put_call(struct printer *p, const struct adc_node *node)
{
    c_put_callee(p->unit, (enum adc_op)node->op, c_is_single(node), p->out);
    adc_text_add(p->out, "(");
    for (unsigned i = 0; i < node->count; i++) {
        if (i) adc_text_add(p->out, ", ");
        put_use(p, node->in[i]);
    }
    adc_text_add(p->out, ")");
}

static void put_prefix(struct printer *p, const struct adc_node *node, const struct c_form *form)
{
    c_put_cast(form, c_is_single(node), p->out);
    const struct adc_node *inner = resolve(p, node->in[0]);
    put_bracketed(p, inner, use_level(p, inner) < UNARY || begins_negative(p, inner));
}

static void put_conditional(struct printer *p, const struct adc_node *node)
{
    put_at_least(p, node->in[0], OR);
    adc_text_add(p->out, " ? ");
    put_at_least(p, node->in[1], OR);
    adc_text_add(p->out, " : ");
    put_at_least(p, node->in[2], CONDITIONAL);
}

static void put_operator(struct printer *p, const struct adc_node *node)
{
    struct c_form form = form_of(p, node);
    switch (form.shape) {
    case C_BINARY: put_binary(p, node, &form); break;
    case C_PREFIX: put_prefix(p, node, &form); break;
    case C_CHOICE: put_conditional(p, node); break;
    case C_CALL:
    case C_COMPOUND: put_call(p, node); break;
    }
}

static void put_definition(struct printer *p, const struct adc_node *node)
{
    switch (node->op) {
    case ADC_OP_CONST:
        c_put_literal(p->unit, (enum adc_type)node->type, node->value, p->out);
        break;
    case ADC_OP_PARAM: c_put_input(p->product, node->number, p->out); break;
    case ADC_OP_IF: put_conditional(p, node); break;
    case ADC_OP_MARK:
    case ADC_OP_STOP: put_use(p, node->in[0]); break;
    default:
        ADC_INVARIANT(node->op >= ADC_OP_FIRST_ELEMENTWISE && node->op < ADC_OP_COUNT,
                      p->product->function->graph);
        put_operator(p, node);
    }
}

void c_put_use(struct c_unit *unit, const struct c_product *product, const struct adc_node *node,
               struct adc_text *out)
{
    struct printer p = {unit, product, out};
    put_use(&p, node);
}

void c_put_operand(struct c_unit *unit, const struct c_product *product,
                   const struct adc_node *node, struct adc_text *out)
{
    struct printer p = {unit, product, out};
    put_at_least(&p, node, UNARY);
}

void c_put_definition(struct c_unit *unit, const struct c_product *product,
                      const struct adc_node *node, struct adc_text *out)
{
    struct printer p = {unit, product, out};
    put_definition(&p, node);
}
