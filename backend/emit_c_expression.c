/* Expressions with the brackets that C needs and the few that compilers ask for.
 *
 * law      the association of floating-point operations is that of the graph, `--` never appears,
 *          and what is evaluated is what the branch taken needs (a conditional expression is lazy)
 * depth    INLINE nodes nest at most LOOP_MAX_DEPTH deep, so this recurses */
#include "backend/emit_c_internal.h"
#include "ir/state.h"

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
    const struct c_closed *closed; /* or NULL */
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
    unit->used.integer |= adc_type_is_integer(type);
    switch (type) {
    case ADC_F64: put_real(unit, value.f64, false, out); break;
    case ADC_F32: put_real(unit, (double)value.f32, true, out); break;
    case ADC_INT:
    case ADC_I32: put_integer(value.integer, out); break;
    case ADC_BOOL: adc_text_add(out, value.boolean ? "true" : "false"); break;
    case ADC_TYPE_COUNT: break;
    }
}

static bool is_negative(const struct adc_node *constant)
{
    switch ((enum adc_type)constant->type) {
    case ADC_F64: return signbit(constant->value.f64);
    case ADC_F32: return signbit(constant->value.f32);
    case ADC_INT:
    case ADC_I32: return constant->value.integer < 0;
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
    while (is_transparent(node) &&
           (p->closed || place[node->id] == LOOP_INLINE || place[node->id] == LOOP_LEAF))
        node = node->in[0];
    return node;
}

static bool is_bool(const struct adc_node *node, bool value)
{
    return node->op == ADC_OP_CONST && node->type == ADC_BOOL && node->value.boolean == value;
}

/* What a node looks like as `left OP right`. */
struct binary {
    enum level level;
    const char *text;
    int length;
    const struct adc_node *left, *right;
};

/* `c ? b : false` and `c ? true : b` are what && and || mean. */
static bool as_logic(const struct printer *p, const struct adc_node *node, struct binary *binary)
{
    if (node->op != ADC_OP_IF || node->type != ADC_BOOL) return false;
    bool both = is_bool(node->in[2], false);
    if (!both && !is_bool(node->in[1], true)) return false;
    *binary = (struct binary){both ? AND : OR, both ? "&&" : "||", 2, resolve(p, node->in[0]),
                              resolve(p, node->in[both ? 1 : 2])};
    return true;
}

/* Ints wrap, which takes a call; where they cannot overflow, C's own operator will do. */
static const char *plain_operator(const struct printer *p, const struct adc_node *node)
{
    if (!p->product->ranges || !p->product->ranges[node->id].known) return NULL;
    switch (node->op) {
    case ADC_OP_IADD: return "+";
    case ADC_OP_ISUB: return "-";
    case ADC_OP_IMUL: return "*";
    default: return NULL;
    }
}

/* How the operator is written here. Compilers warn of `k == k` for ints and bools: a call hides
 * it. */
static struct c_form form_of(const struct printer *p, const struct adc_node *node)
{
    const char *plain = plain_operator(p, node);
    if (plain) return (struct c_form){C_BINARY, plain, 1};
    struct c_form form = c_form_of((enum adc_op)node->op);
    if (form.shape != C_BINARY || adc_type_is_real(node->in[0]->type)) return form;
    if (resolve(p, node->in[0]) == resolve(p, node->in[1])) form.shape = C_COMPOUND;
    return form;
}

static enum level definition_level(const struct printer *p, const struct adc_node *node)
{
    if (node->op == ADC_OP_CONST) return is_negative(node) ? UNARY : PRIMARY;
    if (node->op == ADC_OP_PARAM || node->op == ADC_OP_INDEX || node->op == ADC_OP_READ)
        return PRIMARY;
    struct binary logic;
    if (node->op == ADC_OP_IF) return as_logic(p, node, &logic) ? logic.level : CONDITIONAL;
    struct c_form form = form_of(p, node);
    if (form.shape == C_BINARY) return binary_level(&form);
    if (form.shape == C_CHOICE) return CONDITIONAL;
    return form.shape == C_PREFIX ? UNARY : PRIMARY;
}

static enum level use_level(const struct printer *p, const struct adc_node *node)
{
    if (p->closed) return p->closed->names[node->id] ? PRIMARY : definition_level(p, node);
    switch ((enum loop_place)p->product->program->place[node->id]) {
    case LOOP_WORK:
        if (node->type == ADC_F32) return UNARY;
        return node->type == ADC_BOOL ? EQUALITY : PRIMARY;
    case LOOP_LOCAL:
    case LOOP_BUFFER: return PRIMARY;
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
    bool named =
        p->closed ? p->closed->names[node->id] != NULL : place == LOOP_LOCAL || place == LOOP_WORK;
    if (named) return false;
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
void c_put_slot(struct c_unit *unit, const struct c_product *product, const struct adc_node *node,
                const char *base, struct adc_text *out)
{
    unsigned slot = product->program->slot[node->id];
    if (adc_type_is_real(node->type)) {
        adc_text_format(out, "%s%s[%u]", node->type == ADC_F32 ? "(float)" : "", base, slot);
        return;
    }
    unit->used.load_int = true;
    adc_text_format(out, "%sload_int__(%s + %u)%s", node->type == ADC_I32 ? "(int32_t)" : "", base,
                    slot, node->type == ADC_BOOL ? " != 0" : "");
}

const char *c_open_slot(struct c_unit *unit, const struct c_product *product,
                        const struct adc_node *node, const char *base, struct adc_text *out)
{
    unsigned slot = product->program->slot[node->id];
    if (adc_type_is_real(node->type)) {
        bool narrow = node->type == ADC_F32;
        adc_text_format(out, "%s[%u] = %s", base, slot, narrow ? "(double)(" : "");
        return narrow ? ");" : ";";
    }
    unit->used.store_int = true;
    adc_text_format(out, "store_int__(%s + %u, ", base, slot);
    return ");";
}

static void put_use(struct printer *p, const struct adc_node *node)
{
    node = resolve(p, node);
    if (p->closed) {
        if (p->closed->names[node->id]) adc_text_add(p->out, p->closed->names[node->id]);
        else put_definition(p, node);
        return;
    }
    switch ((enum loop_place)p->product->program->place[node->id]) {
    case LOOP_LOCAL: adc_text_add(p->out, p->product->locals[node->id]); return;
    case LOOP_WORK: c_put_slot(p->unit, p->product, node, "w__", p->out); return;
    case LOOP_BUFFER: c_put_array(p->product, node, p->out); return;
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

static void put_binary(struct printer *p, const struct binary *b)
{
    const struct adc_node *left = b->left, *right = b->right;
    put_bracketed(p, left, use_level(p, left) < b->level || wants_brackets(p, b->level, left));
    const char *blank = b->level == PRODUCT ? "" : " ";
    adc_text_format(p->out, "%s%.*s%s", blank, b->length, b->text, blank);
    put_bracketed(p, right,
                  use_level(p, right) <= b->level || wants_brackets(p, b->level, right) ||
                      begins_negative(p, right));
}

static void put_infix(struct printer *p, const struct adc_node *node, const struct c_form *form)
{
    struct binary binary = {binary_level(form), form->text, (int)form->length,
                            resolve(p, node->in[0]), resolve(p, node->in[1])};
    if (reads_better_swapped(p, node, binary.left, binary.right)) {
        binary.left = resolve(p, node->in[1]);
        binary.right = resolve(p, node->in[0]);
    }
    put_binary(p, &binary);
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
    struct binary logic;
    if (as_logic(p, node, &logic)) {
        put_binary(p, &logic);
        return;
    }
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
    case C_BINARY: put_infix(p, node, &form); break;
    case C_PREFIX: put_prefix(p, node, &form); break;
    case C_CHOICE: put_conditional(p, node); break;
    case C_CALL:
    case C_COMPOUND: put_call(p, node); break;
    }
}

/* -------------------------------------------------------------------------- elements */

void c_put_array(const struct c_product *product, const struct adc_node *array,
                 struct adc_text *out)
{
    const struct loop_program *program = product->program;
    array = loop_array(program, array);
    if (array->op == ADC_OP_PARAM && program->place[array->id] != LOOP_BUFFER) {
        c_put_input(product, array->number, out);
        return;
    }
    ADC_INVARIANT(program->place[array->id] == LOOP_BUFFER, product->function->graph);
    adc_text_add(out, product->buffers[program->buffer[array->id]]);
}

static bool is_int(const struct adc_node *node, int64_t value)
{
    return node->op == ADC_OP_CONST && node->type == ADC_INT && node->value.integer == value;
}

/* A sum that is being made; level 0: it is zero so far and has no text. */
struct linear {
    struct adc_text text;
    enum level level;
};

static void multiply(struct printer *p, struct linear *sum, const struct adc_node *factor)
{
    if (!sum->level || is_int(factor, 1)) return;
    struct adc_text product;
    adc_text_init(&product, p->unit->arena);
    adc_text_format(&product, sum->level < PRODUCT ? "(%s)*" : "%s*", sum->text.data);
    struct printer inner = {p->unit, p->product, &product, p->closed};
    put_at_least(&inner, factor, UNARY);
    sum->text = product;
    sum->level = PRODUCT;
}

static void add_term(struct printer *p, struct linear *sum, const struct adc_node *term)
{
    term = resolve(p, term);
    if (is_int(term, 0)) return;
    struct printer inner = {p->unit, p->product, &sum->text, p->closed};
    if (sum->level) {
        adc_text_add(&sum->text, " + ");
        put_bracketed(&inner, term, use_level(p, term) <= SUM || begins_negative(p, term));
        sum->level = SUM;
    } else {
        put_use(&inner, term);
        sum->level = use_level(p, term);
    }
}

/* The place of an element in the part of an array that its axes before `axis` choose. No overflow:
 * the array could not be there. */
static const char *linear_text(struct printer *p, const struct adc_node *array,
                               const struct adc_node *const *element, unsigned axis)
{
    struct linear sum = {.level = 0};
    adc_text_init(&sum.text, p->unit->arena);
    for (unsigned i = axis; i < array->rank; i++) {
        if (i > axis) multiply(p, &sum, loop_length(p->product->program, array, i));
        add_term(p, &sum, element[i]);
    }
    return sum.level ? sum.text.data : "0";
}

static void put_element(struct printer *p, const struct adc_node *array,
                        const struct adc_node *const *element)
{
    c_put_array(p->product, array, p->out);
    adc_text_format(p->out, "[%s]", linear_text(p, array, element, 0));
}

static void put_definition(struct printer *p, const struct adc_node *node)
{
    switch (node->op) {
    case ADC_OP_CONST:
        c_put_literal(p->unit, (enum adc_type)node->type, node->value, p->out);
        break;
    case ADC_OP_PARAM:
        if (p->closed && p->closed->by_name) adc_text_add(p->out, p->product->inputs[node->number]);
        else c_put_input(p->product, node->number, p->out);
        break;
    case ADC_OP_INDEX: adc_text_add(p->out, p->product->locals[node->id]); break;
    case ADC_OP_READ: put_element(p, node->in[0], node->in + 1); break;
    case ADC_OP_IF: put_conditional(p, node); break;
    case ADC_OP_MARK:
    case ADC_OP_STOP: put_use(p, node->in[0]); break;
    case ADC_OP_FINAL: put_use(p, adc_final_state(node)); break;
    default:
        ADC_INVARIANT(node->op >= ADC_OP_FIRST_ELEMENTWISE && node->op < ADC_OP_COUNT,
                      p->product->function->graph);
        put_operator(p, node);
    }
}

void c_put_use(struct c_unit *unit, const struct c_product *product, const struct adc_node *node,
               struct adc_text *out)
{
    struct printer p = {unit, product, out, NULL};
    put_use(&p, node);
}

void c_put_operand(struct c_unit *unit, const struct c_product *product,
                   const struct adc_node *node, struct adc_text *out)
{
    struct printer p = {unit, product, out, NULL};
    put_at_least(&p, node, UNARY);
}

void c_put_definition(struct c_unit *unit, const struct c_product *product,
                      const struct adc_node *node, struct adc_text *out)
{
    struct printer p = {unit, product, out, NULL};
    put_definition(&p, node);
}

void c_put_bound(struct c_unit *unit, const struct c_product *product, const struct adc_node *node,
                 struct adc_text *out)
{
    struct printer p = {unit, product, out, NULL};
    put_at_least(&p, node, SUM);
}

void c_put_low(struct c_unit *unit, const struct c_product *product, const struct adc_node *index,
               struct adc_text *out)
{
    if (index == unit->chunk) adc_text_add(out, "low__");
    else c_put_use(unit, product, index->in[0], out);
}

void c_put_high(struct c_unit *unit, const struct c_product *product, const struct adc_node *index,
                struct adc_text *out)
{
    if (index == unit->chunk) adc_text_add(out, "high__");
    else c_put_bound(unit, product, index->in[1], out);
}

void c_put_element(struct c_unit *unit, const struct c_product *product,
                   const struct adc_node *array, const struct adc_node *const *element,
                   struct adc_text *out)
{
    struct printer p = {unit, product, out, NULL};
    put_element(&p, array, element);
}

void c_put_linear(struct c_unit *unit, const struct c_product *product,
                  const struct adc_node *array, const struct adc_node *const *element,
                  unsigned axis, struct adc_text *out)
{
    struct printer p = {unit, product, out, NULL};
    adc_text_add(out, linear_text(&p, array, element, axis));
}

/* Two negative axes have a positive product. */
static void put_axis(struct printer *p, const struct adc_node *array, unsigned axis)
{
    const struct adc_node *size = loop_length(p->product->program, array, axis);
    bool limited = array->rank > 1 && c_may_be_negative(p->product, adc_shape(array, axis));
    if (!limited) {
        put_at_least(p, size, array->rank > 1 ? UNARY : SUM);
        return;
    }
    c_put_callee(p->unit, ADC_OP_IMAX, false, p->out);
    adc_text_add(p->out, "(");
    put_use(p, size);
    adc_text_add(p->out, ", 0)");
}

void c_put_length(struct c_unit *unit, const struct c_product *product,
                  const struct adc_node *array, struct adc_text *out)
{
    struct printer p = {unit, product, out, NULL};
    for (unsigned i = 0; i < array->rank; i++) {
        if (i) adc_text_add(out, "*");
        put_axis(&p, array, i);
    }
}

void c_put_row_length(struct c_unit *unit, const struct c_product *product,
                      const struct loop_copy *copy, struct adc_text *out)
{
    struct printer p = {unit, product, out, NULL};
    unsigned first = copy->axis + 1, rank = copy->array->rank;
    for (unsigned i = first; i < rank; i++) {
        if (i > first) adc_text_add(out, "*");
        put_at_least(&p, loop_length(product->program, copy->array, i),
                     rank > first + 1 ? UNARY : CONDITIONAL);
    }
}

void c_put_row_start(struct c_unit *unit, const struct c_product *product,
                     const struct loop_copy *copy, struct adc_text *out)
{
    struct printer p = {unit, product, out, NULL};
    for (unsigned axis = 0; axis <= copy->axis; axis++) {
        if (axis) adc_text_add(out, " + ");
        put_at_least(&p, copy->element[axis], UNARY);
        for (unsigned i = axis + 1; i < copy->array->rank; i++) {
            adc_text_add(out, "*");
            put_at_least(&p, loop_length(product->program, copy->array, i), UNARY);
        }
    }
}

void c_put_row_condition(struct c_unit *unit, const struct c_product *product,
                         const struct loop_copy *copy, struct adc_text *out)
{
    struct printer p = {unit, product, out, NULL};
    bool asked = false;
    for (unsigned axis = 0; axis < copy->axis; axis++) {
        if (loop_is_there(product->program, copy, axis)) continue;
        adc_text_add(out, asked ? " && " : "if (");
        asked = true;
        put_at_least(&p, copy->element[axis], SUM);
        adc_text_add(out, " >= 0 && ");
        put_at_least(&p, copy->element[axis], SUM);
        adc_text_add(out, " < ");
        put_at_least(&p, loop_length(product->program, copy->array, axis), SUM);
    }
    if (asked) adc_text_add(out, ") ");
}

void c_put_taken_in(struct c_unit *unit, const struct c_product *product, enum adc_op op,
                    const char *left, const struct adc_node *value, struct adc_text *out)
{
    struct printer p = {unit, product, out, NULL};
    struct c_form form = c_form_of(op);
    value = resolve(&p, value);
    if (form.shape != C_BINARY) {
        c_put_callee(unit, op, value->type == ADC_F32, out);
        adc_text_format(out, "(%s, ", left);
        put_use(&p, value);
        adc_text_add(out, ")");
        return;
    }
    enum level level = binary_level(&form);
    const char *blank = level == PRODUCT ? "" : " ";
    adc_text_format(out, "%s%s%.*s%s", left, blank, (int)form.length, form.text, blank);
    put_bracketed(&p, value,
                  use_level(&p, value) <= level || wants_brackets(&p, level, value) ||
                      begins_negative(&p, value));
}

void c_put_closed(struct c_unit *unit, const struct c_product *product,
                  const struct c_closed *closed, const struct adc_node *node, struct adc_text *out)
{
    struct printer p = {unit, product, out, closed};
    put_at_least(&p, node, SUM);
}

void c_put_closed_definition(struct c_unit *unit, const struct c_product *product,
                             const struct c_closed *closed, const struct adc_node *node,
                             struct adc_text *out)
{
    struct printer p = {unit, product, out, closed};
    put_definition(&p, node);
}
