/* Operators and helpers over lanes: value texts read as trees (formula.h) and printed again.
 *
 * A choice becomes a selection, of which both arms are computed; so does `if (c) return a;`, and
 * assignments in an `if` are kept where its condition holds. What has loops or the like is computed
 * for one lane after the other, as functions of the C library are. */
#include "backend/c_vector.h"
#include "backend/emit_c_lanes.h"

#include <string.h>

struct printer {
    struct c_unit *unit;
    bool single; /* REAL is float */
    const struct formula_function *function;
    enum formula_type type[FORMULA_MAX_SLOTS];
    struct adc_text *out; /* statements */
    struct adc_text returned;
    unsigned closing;      /* brackets of selections behind `returned` */
    const char *condition; /* variable of the `if` at hand, or NULL */
    unsigned conditions;   /* variables made for conditions */
    bool done, failed;
};

/* Text with its type; `one`: of a single number, which vectors take as an operand. */
struct value {
    const char *text;
    enum formula_type type;
    bool one;
};

static struct value evaluate(struct printer *p, const struct formula *formula);

/* -------------------------------------------------------------------------------- values */

static bool is_real(enum formula_type type)
{
    return type == FORMULA_F64 || type == FORMULA_F32 || type == FORMULA_REAL;
}

static bool is_int(enum formula_type type)
{
    return type == FORMULA_I64 || type == FORMULA_U64;
}

static enum formula_type lane_type(const struct printer *p, enum formula_type type)
{
    return formula_lane_type(type, p->single);
}

static enum formula_type real_type(const struct printer *p)
{
    return lane_type(p, FORMULA_REAL);
}

static const char *word(struct printer *p, const char *word)
{
    return c_lanes_word(p->unit, p->single, word);
}

static const char *type_name(struct printer *p, enum formula_type type)
{
    return word(p, is_real(type)          ? "vd__"
                   : type == FORMULA_U64  ? "vu__"
                   : type == FORMULA_BOOL ? "vi__"
                                          : "vn__");
}

static struct value fail(struct printer *p)
{
    p->failed = true;
    return (struct value){"", FORMULA_F64, true};
}

static struct value vector_of(enum formula_type type)
{
    return (struct value){NULL, type, false};
}

/* A text with 0, 1, 2 in it replaced by others; `like` has its type. */
static struct value make(struct printer *p, struct value like, const char *format, const char *a,
                         const char *b, const char *c)
{
    struct adc_text text;
    adc_text_init(&text, p->unit->arena);
    for (const char *at = format; *at; at++) {
        const char *argument = *at == '0' ? a : *at == '1' ? b : *at == '2' ? c : NULL;
        if (argument) adc_text_add(&text, argument);
        else adc_text_put(&text, at, 1);
    }
    return (struct value){text.data, lane_type(p, like.type), like.one};
}

/* The value as a vector. */
static const char *vector(struct printer *p, struct value value)
{
    if (!value.one) return value.text;
    const char *splat = word(p, is_real(value.type) ? "splat__" : "splat_int__");
    if (value.type != FORMULA_U64)
        return make(p, vector_of(value.type), "1(0)", value.text, splat, NULL).text;
    return make(p, vector_of(value.type), "(2)1((int64_t)0)", value.text, splat, word(p, "vu__"))
        .text;
}

static struct value converted(struct printer *p, struct value a, enum formula_type to)
{
    return make(p, vector_of(to), "__builtin_convertvector(0, 1)", a.text, type_name(p, to), NULL);
}

/* A comparison of vectors of a type, as a mask: as wide as reals. */
static struct value truth_of(struct printer *p, const char *a, enum formula_type type,
                             const char *sign, const char *b)
{
    struct value truth = make(p, vector_of(FORMULA_BOOL), "(0 1 2)", a, sign, b);
    if (p->single && type == FORMULA_I64) {
        struct adc_text text;
        adc_text_init(&text, p->unit->arena);
        adc_text_add(&text, "(");
        c_lanes_put_int_comparison(p->unit, sign, a, b, &text);
        adc_text_add(&text, ")");
        truth.text = text.data;
        return truth;
    }
    if (p->single && type == FORMULA_U64) return converted(p, truth, FORMULA_BOOL);
    return make(p, truth, "((1)0)", truth.text, word(p, "vi__"), NULL);
}

static struct value convert(struct printer *p, struct value a, enum formula_type to)
{
    to = lane_type(p, to);
    if (a.type == to) return a;
    const char *text = vector(p, a);
    if (is_real(a.type) && is_real(to)) return fail(p);
    if (to == FORMULA_BOOL && p->single && is_int(a.type))
        return truth_of(p, text, a.type, "!=", vector(p, (struct value){"0", FORMULA_I64, true}));
    if (to == FORMULA_BOOL) return truth_of(p, text, a.type, "!=", "0");
    if (a.type == FORMULA_BOOL) { /* 0 or 1 */
        struct value bit = make(p, vector_of(FORMULA_I64), "(0 & 1)", text, "1", NULL);
        if (p->single) bit = converted(p, bit, FORMULA_I64);
        return convert(p, bit, to);
    }
    if (is_real(to) || is_real(a.type))
        return converted(p, (struct value){text, a.type, false}, to);
    return make(p, vector_of(to), "(1)0", text, type_name(p, to), NULL);
}

/* ------------------------------------------------------------------------------ expressions */

static struct value constant(struct printer *p, const struct formula *formula)
{
    struct adc_text text;
    adc_text_init(&text, p->unit->arena);
    if (formula->kind == FORMULA_NUMBER) {
        adc_text_add(&text, formula->text);
        if (p->single) adc_text_add(&text, "f");
        return (struct value){text.data, real_type(p), true};
    }
    enum formula_type type = lane_type(p, formula->type);
    if (type == FORMULA_U64)
        adc_text_format(&text, "UINT64_C(%llu)", (unsigned long long)formula->integer);
    else adc_text_format(&text, "INT64_C(%lld)", (long long)formula->integer);
    return (struct value){text.data, type, true};
}

static struct value slot(struct printer *p, uint32_t slot)
{
    struct adc_text text;
    adc_text_init(&text, p->unit->arena);
    if (slot < 3) adc_text_format(&text, "%c", "xyz"[slot]);
    else adc_text_format(&text, "v%u", slot);
    return (struct value){text.data, p->type[slot], false};
}

static const char *sign_of(enum formula_op op)
{
    static const char *const signs[] = {
        [FORMULA_OR] = "|",           [FORMULA_AND] = "&",     [FORMULA_BIT_OR] = "|",
        [FORMULA_BIT_XOR] = "^",      [FORMULA_BIT_AND] = "&", [FORMULA_EQ] = "==",
        [FORMULA_NE] = "!=",          [FORMULA_LT] = "<",      [FORMULA_LE] = "<=",
        [FORMULA_GT] = ">",           [FORMULA_GE] = ">=",     [FORMULA_SHIFT_LEFT] = "<<",
        [FORMULA_SHIFT_RIGHT] = ">>", [FORMULA_ADD] = "+",     [FORMULA_SUB] = "-",
        [FORMULA_MUL] = "*",          [FORMULA_DIV] = "/",     [FORMULA_REM] = "%"};
    return signs[op];
}

static struct value binary(struct printer *p, const struct formula *formula)
{
    enum formula_op op = formula->op;
    struct value a = evaluate(p, formula->child[0]), b = evaluate(p, formula->child[1]);
    bool truth = op >= FORMULA_EQ && op <= FORMULA_GE;
    bool shift = op == FORMULA_SHIFT_LEFT || op == FORMULA_SHIFT_RIGHT;
    bool bools = a.type == FORMULA_BOOL && b.type == FORMULA_BOOL;
    bool bits = op == FORMULA_BIT_AND || op == FORMULA_BIT_OR;
    if (op == FORMULA_AND || op == FORMULA_OR) {
        a = convert(p, a, FORMULA_BOOL);
        b = convert(p, b, FORMULA_BOOL);
        return make(p, vector_of(FORMULA_BOOL), "(0 1 2)", vector(p, a), sign_of(op), vector(p, b));
    }
    if ((op == FORMULA_DIV || op == FORMULA_REM) && !is_real(a.type) && !is_real(b.type))
        return fail(p); /* by zero, it traps */
    enum formula_type type = shift                      ? a.type
                             : bools && (truth || bits) ? FORMULA_BOOL
                                                        : formula_lane_common(a.type, b.type);
    a = convert(p, a, type);
    b = convert(p, b, type);
    if (truth) return truth_of(p, vector(p, a), type, sign_of(op), vector(p, b));
    bool one = a.one && b.one;
    return make(p, (struct value){NULL, type, one}, "(0 1 2)", a.text, sign_of(op), b.text);
}

/* 0 ? 1 : 2 */
static const char *select_format(struct printer *p, enum formula_type type)
{
    struct adc_text format;
    bool mask = p->single && type == FORMULA_BOOL;
    const char *name = word(p, is_real(type) ? "select__"
                               : mask        ? "select_mask__"
                                             : "select_int__");
    adc_text_init(&format, p->unit->arena);
    if (type != FORMULA_U64) adc_text_format(&format, "%s(0, 1, 2)", name);
    else
        adc_text_format(&format, "(%s)%s(0, (%s)1, (%s)2)", word(p, "vu__"), name, word(p, "vn__"),
                        word(p, "vn__"));
    return format.data;
}

static struct value choice(struct printer *p, const struct formula *formula)
{
    struct value c = convert(p, evaluate(p, formula->child[0]), FORMULA_BOOL);
    struct value a = evaluate(p, formula->child[1]), b = evaluate(p, formula->child[2]);
    enum formula_type type = a.type == b.type ? a.type : formula_lane_common(a.type, b.type);
    a = convert(p, a, type);
    b = convert(p, b, type);
    return make(p, vector_of(type), select_format(p, type), vector(p, c), vector(p, a),
                vector(p, b));
}

static void note_function(struct c_unit *unit, const char *name, unsigned arity)
{
    for (size_t i = 0; i < unit->used.lane_functions.count; i++)
        if (!strcmp(unit->used.lane_functions.data[i].name, name)) return;
    ADC_PUSH(unit->arena, unit->used.lane_functions, ((struct c_lane_function){name, arity}));
    unit->used.math = true;
}

/* One or more arguments, converted to `parameter`s, NULL: reals. */
static const char *list(struct printer *p, const struct formula *at,
                        const enum formula_type *parameter, unsigned *count)
{
    struct adc_text text;
    adc_text_init(&text, p->unit->arena);
    for (*count = 0; at; at = at->next, ++*count) {
        if (at->kind == FORMULA_ADDRESS || *count == 3) return fail(p).text;
        enum formula_type type = parameter ? parameter[*count] : FORMULA_REAL;
        if (*count) adc_text_add(&text, ", ");
        adc_text_add(&text, vector(p, convert(p, evaluate(p, at), type)));
    }
    return text.data;
}

static const char *helper_name(struct c_unit *unit, unsigned index)
{
    struct adc_text name;
    const char *text = strstr(adc_helper_text(index), "H(") + 2;
    adc_text_init(&name, unit->arena);
    adc_text_format(&name, "%.*s", (int)strcspn(text, ")"), text);
    return name.data;
}

/* Whether vmath.def has a function of that name, which is then needed. */
static bool use_vmath(struct printer *p, const char *name)
{
    int index = adc_vmath_find(name, strlen(name), p->single ? ADC_F32 : ADC_F64);
    if (index >= 0) c_vector_need(p->unit->used.lane_vector, (unsigned)index);
    return index >= 0;
}

static struct value call(struct printer *p, const struct formula *formula)
{
    static const char *const ints[] = {"ldexp", "scalbn", "ilogb", "frexp"};
    unsigned count;
    for (size_t i = 0; i < sizeof ints / sizeof *ints; i++)
        if (!strcmp(formula->text, ints[i])) return fail(p);
    const char *arguments = list(p, formula->child[0], NULL, &count);
    if (!p->failed && use_vmath(p, formula->text))
        return make(p, vector_of(FORMULA_REAL), p->single ? "0_vf__(1)" : "0_v__(1)", formula->text,
                    arguments, NULL);
    if (!p->failed) note_function(p->unit, formula->text, count);
    return make(p, vector_of(FORMULA_REAL), p->single ? "0_eachf__(1)" : "0_each__(1)",
                formula->text, arguments, NULL);
}

static struct value call_helper(struct printer *p, const struct formula *formula)
{
    unsigned count, index = (unsigned)formula->integer;
    const struct formula_function *helper = formula_of_text(p->unit->arena, adc_helper_text(index));
    if (!helper) return fail(p);
    const char *arguments = list(p, formula->child[0], helper->parameter, &count);
    const char *name = helper_name(p->unit, index);
    if (use_vmath(p, name))
        return make(p, vector_of(helper->result), p->single ? "0_vf__(1)" : "0_v__(1)", name,
                    arguments, NULL);
    p->unit->used.lane_helpers[p->single][index] = 1;
    return make(p, vector_of(helper->result), p->single ? "0_lanesf__(1)" : "0_lanes__(1)", name,
                arguments, NULL);
}

static struct value evaluate(struct printer *p, const struct formula *formula)
{
    struct value a;
    switch (formula->kind) {
    case FORMULA_NUMBER:
    case FORMULA_INTEGER: return constant(p, formula);
    case FORMULA_HUGE:
        p->unit->used.math = true;
        return (struct value){p->single ? "(float)HUGE_VAL" : "HUGE_VAL", real_type(p), true};
    case FORMULA_NAN:
        p->unit->used.math = true;
        return (struct value){p->single ? "NAN" : "(double)NAN", real_type(p), true};
    case FORMULA_VARIABLE: return slot(p, formula->slot);
    case FORMULA_NEGATE:
        a = evaluate(p, formula->child[0]);
        if (a.type == FORMULA_BOOL) a = convert(p, a, FORMULA_I64);
        return make(p, (struct value){NULL, a.type, a.one}, "(-0)", a.text, NULL, NULL);
    case FORMULA_NOT:
        a = convert(p, evaluate(p, formula->child[0]), FORMULA_BOOL);
        return make(p, vector_of(FORMULA_BOOL), "(~0)", vector(p, a), NULL, NULL);
    case FORMULA_CAST:
        a = evaluate(p, formula->child[0]);
        return formula->type == FORMULA_VOID ? a : convert(p, a, formula->type);
    case FORMULA_BINARY: return binary(p, formula);
    case FORMULA_CHOICE: return choice(p, formula);
    case FORMULA_CALL: return call(p, formula);
    case FORMULA_HELPER: return call_helper(p, formula);
    case FORMULA_SIZEOF:
        return constant(p, &(struct formula){.kind = FORMULA_INTEGER,
                                             .type = FORMULA_I64,
                                             .integer = p->single ? 4 : 8});
    case FORMULA_VMATH: /* c_vector.c prints vmath.def */
    case FORMULA_PICK:
    case FORMULA_BITS_OF:
    case FORMULA_REAL_OF:
    case FORMULA_ADDRESS:
    case FORMULA_ASSIGN:
    case FORMULA_COPY_BITS:
    case FORMULA_DECLARE:
    case FORMULA_EVALUATE:
    case FORMULA_IF:
    case FORMULA_FOR:
    case FORMULA_RETURN: break;
    }
    return fail(p);
}

/* ------------------------------------------------------------------------------- statements */

static void put_line(struct printer *p, const char *format, const char *a, const char *b,
                     const char *c)
{
    const char *text = make(p, vector_of(FORMULA_F64), format, a, b, c).text;
    c_put_wrapped(p->out, text, strlen(text), 4);
}

static void put_assigned(struct printer *p, uint32_t to, const char *value)
{
    const char *name = slot(p, to).text;
    if (!p->condition) {
        put_line(p, "0 = 1;", name, value, NULL);
    } else {
        struct value kept = make(p, vector_of(p->type[to]), select_format(p, p->type[to]),
                                 p->condition, value, name);
        put_line(p, "0 = 1;", name, kept.text, NULL);
    }
}

static void put_declared(struct printer *p, const struct formula *statement)
{
    uint32_t to = statement->slot;
    p->type[to] = lane_type(p, statement->type);
    const char *type = type_name(p, p->type[to]), *name = slot(p, to).text;
    if (!statement->child[0]) {
        put_line(p, "0 1 = {2};", type, name, "0");
        return;
    }
    struct value value = convert(p, evaluate(p, statement->child[0]), p->type[to]);
    const char *format = p->function->assigned[to] ? "0 1 = 2;" : "const 0 1 = 2;";
    put_line(p, format, type, name, vector(p, value));
}

static void put_list(struct printer *p, const struct formula *list);

/* What is returned in the `if` is kept for the lanes of its condition. */
static void put_if(struct printer *p, const struct formula *statement)
{
    struct value c = convert(p, evaluate(p, statement->child[0]), FORMULA_BOOL);
    struct adc_text name;
    const char *before = p->condition;
    adc_text_init(&name, p->unit->arena);
    adc_text_format(&name, "c%u", ++p->conditions);
    put_line(p, "const 2 0 = 1;", name.data, vector(p, c), word(p, "vi__"));
    if (statement->child[2] || before) { /* none in the tables */
        p->failed = true;
        return;
    }
    if (!formula_returns(statement->child[1])) p->condition = name.data;
    struct adc_text kept = p->returned;
    adc_text_init(&p->returned, p->unit->arena);
    unsigned closing = p->closing;
    p->closing = 0;
    put_list(p, statement->child[1]);
    struct adc_text inner = p->returned;
    if (p->closing) p->failed = true;
    p->condition = before;
    p->returned = kept;
    p->closing = closing;
    p->done = false;
    if (!inner.count) return;
    bool mask = p->single && p->function->result == FORMULA_BOOL;
    const char *select = is_real(p->function->result) ? "select__"
                         : mask                       ? "select_mask__"
                                                      : "select_int__";
    adc_text_format(&p->returned, "%s(%s, %s, ", word(p, select), name.data, inner.data);
    p->closing++;
}

static void put_statement(struct printer *p, const struct formula *statement)
{
    const struct formula *inner;
    switch (statement->kind) {
    case FORMULA_DECLARE: put_declared(p, statement); return;
    case FORMULA_IF: put_if(p, statement); return;
    case FORMULA_RETURN:
        adc_text_add(&p->returned,
                     vector(p, convert(p, evaluate(p, statement->child[0]), p->function->result)));
        p->done = true;
        return;
    case FORMULA_EVALUATE:
        inner = statement->child[0];
        if (inner->kind == FORMULA_ASSIGN) {
            struct value value = convert(p, evaluate(p, inner->child[0]), p->type[inner->slot]);
            put_assigned(p, inner->slot, vector(p, value));
        } else if (inner->kind == FORMULA_COPY_BITS) {
            struct value bits = evaluate(p, inner->child[0]);
            const char *type = type_name(p, p->type[inner->slot]);
            put_assigned(p, inner->slot,
                         make(p, vector_of(FORMULA_I64), "(1)0", vector(p, bits), type, NULL).text);
        } else {
            p->failed = true;
        }
        return;
    default: p->failed = true; return;
    }
}

static void put_list(struct printer *p, const struct formula *list)
{
    for (; list && !p->failed && !p->done; list = list->next) put_statement(p, list);
}

/* ------------------------------------------------------------------------------- functions */

/* Ints beside floats. */
static bool has_pairs(const struct printer *p)
{
    bool ints = is_int(lane_type(p, p->function->result));
    for (unsigned i = 0; i < p->function->parameter_count; i++)
        ints |= is_int(lane_type(p, p->function->parameter[i]));
    return p->single && ints;
}

static void put_head(struct printer *p, const char *name, struct adc_text *out)
{
    const struct formula_function *function = p->function;
    adc_text_format(out, "static inline %s%s %s(", has_pairs(p) ? "PAIR__ " : "",
                    type_name(p, lane_type(p, function->result)), name);
    for (unsigned i = 0; i < function->parameter_count; i++)
        adc_text_format(out, "%s%s %c", i ? ", " : "",
                        type_name(p, lane_type(p, function->parameter[i])), "xyz"[i]);
    adc_text_add(out, ")\n{\n");
}

/* One lane after the other, by the scalar function. Bools are all bits or none. */
static void put_each(struct printer *p, const char *scalar, struct adc_text *out)
{
    const struct formula_function *function = p->function;
    bool truth = function->result == FORMULA_BOOL;
    const char *bits = p->single ? "-(int32_t)" : "-(int64_t)";
    adc_text_format(out, "    %s v = {0};\n    for (int i = 0; i < %s; i++) v[i] = %s%s(",
                    type_name(p, lane_type(p, function->result)), word(p, "LANES__"),
                    truth ? bits : "", scalar);
    for (unsigned i = 0; i < function->parameter_count; i++)
        adc_text_format(out, "%s%c[i]%s", i ? ", " : "", "xyz"[i],
                        function -> parameter[i] == FORMULA_BOOL ? " != 0" : "");
    adc_text_add(out, ");\n    return v;\n}\n\n");
}

/* A function over vectors that the file defines. */
struct defined {
    const struct formula_function *function;
    const char *name, *scalar; /* for one number */
};

static void define(struct c_unit *unit, bool single, struct defined defined, struct adc_text *out)
{
    const struct formula_function *function = defined.function;
    struct printer p = {.unit = unit, .single = single, .function = function};
    struct adc_text body;
    adc_text_init(&body, unit->arena);
    adc_text_init(&p.returned, unit->arena);
    p.out = &body;
    for (unsigned i = 0; i < function->parameter_count; i++)
        p.type[i] = lane_type(&p, function->parameter[i]);
    put_head(&p, defined.name, out);
    if (defined.scalar) {
        put_each(&p, defined.scalar, out);
        return;
    }
    put_list(&p, function->body);
    ADC_INVARIANT(!p.failed && p.done, unit->products[0].function->graph);
    struct adc_text statement;
    adc_text_init(&statement, unit->arena);
    adc_text_format(&statement, "return %s", p.returned.data);
    while (p.closing--) adc_text_add(&statement, ")");
    adc_text_add(&statement, ";");
    adc_text_add(out, body.data);
    c_put_wrapped(out, statement.data, statement.count, 4);
    adc_text_add(out, "}\n\n");
}

static const char *operator_name(struct c_unit *unit, bool single, enum adc_op op)
{
    struct adc_text text;
    const char *name = adc_op_info(op)->name;
    bool taken = adc_helper_find(name, strlen(name)) >= 0;
    adc_text_init(&text, unit->arena);
    adc_text_format(&text, "%s%s_lanes%s__", name, taken ? "_op" : "", single ? "f" : "");
    return text.data;
}

static void define_operator(struct c_unit *unit, bool single, enum adc_op op, struct adc_text *out)
{
    struct defined defined = {.function = formula_of_operator(unit->arena, op)};
    ADC_INVARIANT(defined.function, unit->products[0].function->graph);
    defined.name = operator_name(unit, single, op);
    if (!formula_goes_in_lanes(unit->arena, defined.function, single)) {
        struct adc_text scalar;
        adc_text_init(&scalar, unit->arena);
        c_put_callee(unit, op, single, &scalar);
        defined.scalar = scalar.data;
    }
    define(unit, single, defined, out);
}

static void define_helper(struct c_unit *unit, bool single, unsigned index, struct adc_text *out)
{
    struct defined defined = {.function = formula_of_text(unit->arena, adc_helper_text(index))};
    struct adc_text name, scalar;
    const char *width = single ? "f" : "";
    adc_text_init(&name, unit->arena);
    adc_text_init(&scalar, unit->arena);
    adc_text_format(&name, "%s_lanes%s__", helper_name(unit, index), width);
    adc_text_format(&scalar, "%s%s__", helper_name(unit, index), width);
    defined.name = name.data;
    if (!formula_goes_in_lanes(unit->arena, defined.function, single)) {
        unit->used.helpers[index][single] = 1;
        defined.scalar = scalar.data;
    }
    define(unit, single, defined, out);
}

void c_lanes_put_callee(struct c_lanes *l, enum adc_op op, struct adc_text *out)
{
    l->unit->used.lane_operators[l->single][op] = 1;
    adc_text_add(out, operator_name(l->unit, l->single, op));
}

/* The instruction of the target, where a compiler must not take it by itself (errno). */
static const char *library_instruction(const char *name, bool single)
{
    static const char *const roots[] = {
        "#if defined(AVX512__) && defined(__clang__)\n"
        "    return (vd__)__builtin_ia32_sqrtpd512(x, 4);\n"
        "#elif defined(AVX512__)\n"
        "    return (vd__)__builtin_ia32_sqrtpd512_mask(x, x, (unsigned char)-1, 4);\n"
        "#elif defined(AVX__) && !defined(__clang__)\n"
        "    return (vd__)__builtin_ia32_sqrtpd256(x);\n"
        "#else\n",
        "#if defined(AVX512__) && defined(__clang__)\n"
        "    return (vf__)__builtin_ia32_sqrtps512(x, 4);\n"
        "#elif defined(AVX512__)\n"
        "    return (vf__)__builtin_ia32_sqrtps512_mask(x, x, (unsigned short)-1, 4);\n"
        "#elif defined(AVX__) && !defined(__clang__)\n"
        "    return (vf__)__builtin_ia32_sqrtps256(x);\n"
        "#else\n"};
    static const char *const absolute[] = {"    return (vd__)((vi__)x & INT64_MAX);\n}\n\n",
                                           "    return (vf__)((mf__)x & INT32_MAX);\n}\n\n"};
    static const char *const signs[] = {
        "    return (vd__)(((vi__)x & INT64_MAX) | ((vi__)y & INT64_MIN));\n}\n\n",
        "    return (vf__)(((mf__)x & INT32_MAX) | ((mf__)y & INT32_MIN));\n}\n\n"};
    if (!strcmp(name, "sqrt")) return roots[single];
    if (!strcmp(name, "fabs")) return absolute[single];
    return strcmp(name, "copysign") ? "" : signs[single];
}

static void define_library_function(struct c_unit *unit, bool single,
                                    const struct c_lane_function *function, struct adc_text *out)
{
    const char *real = c_lanes_word(unit, single, "vd__"), *width = single ? "f" : "";
    const char *text = library_instruction(function->name, single);
    adc_text_format(out, "static inline %s %s_each%s__(", real, function->name, width);
    for (unsigned i = 0; i < function->arity; i++)
        adc_text_format(out, "%s%s %c", i ? ", " : "", real, "xyz"[i]);
    adc_text_format(out, ")\n{\n%s", text);
    if (*text == ' ') return;
    adc_text_format(out, "    %s v = {0};\n    for (int i = 0; i < %s; i++) v[i] = %s%s(", real,
                    c_lanes_word(unit, single, "LANES__"), function->name, width);
    for (unsigned i = 0; i < function->arity; i++)
        adc_text_format(out, "%s%c[i]", i ? ", " : "", "xyz"[i]);
    adc_text_format(out, ");\n    return v;\n%s}\n\n", *text ? "#endif\n" : "");
}

/* Operators first, since they say which helpers are needed, put in the opposite order. */
void c_lanes_put_operators(struct c_unit *unit, bool single, struct adc_text *out)
{
    struct c_vector vector = {.reals = "vd__", .bits = "vu__", .masks = "vi__", .suffix = "_v__"};
    struct c_vector narrow = {.reals = "vf__", .bits = "bf__", .masks = "mf__", .suffix = "_vf__"};
    struct adc_text operators, *texts;
    unsigned count = 0;
    while (adc_helper_text(count)) count++;
    if (single) vector = narrow;
    vector.fused = unit->unit->programs[0]->fma;
    c_vector_init(&vector, unit->products[0].function->graph, single ? ADC_F32 : ADC_F64);
    unit->used.lane_vector = &vector;
    unit->used.lane_functions.count = 0;
    texts = adc_arena_array(unit->arena, count, sizeof *texts);
    adc_text_init(&operators, unit->arena);
    for (unsigned op = ADC_OP_FIRST_ELEMENTWISE; op < ADC_OP_COUNT; op++)
        if (unit->used.lane_operators[single][op])
            define_operator(unit, single, (enum adc_op)op, &operators);
    for (unsigned i = count; i-- > 0;) {
        adc_text_init(&texts[i], unit->arena);
        if (unit->used.lane_helpers[single][i]) define_helper(unit, single, i, &texts[i]);
    }
    c_vector_put(&vector, out);
    unit->used.lane_vector = NULL;
    for (size_t i = 0; i < unit->used.lane_functions.count; i++)
        define_library_function(unit, single, &unit->used.lane_functions.data[i], out);
    for (unsigned i = 0; i < count; i++) adc_text_add(out, texts[i].data);
    adc_text_add(out, operators.data);
}
