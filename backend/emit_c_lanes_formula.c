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
    return type == FORMULA_F64 || type == FORMULA_REAL;
}

static const char *type_name(enum formula_type type)
{
    if (is_real(type)) return "vd__";
    return type == FORMULA_U64 ? "vu__" : "vi__";
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
    return (struct value){text.data, formula_lane_type(like.type), like.one};
}

/* The value as a vector. */
static const char *vector(struct printer *p, struct value value)
{
    if (!value.one) return value.text;
    if (is_real(value.type)) {
        c_lanes_use_text(p->unit, "splat__");
        return make(p, vector_of(value.type), "splat__(0)", value.text, NULL, NULL).text;
    }
    c_lanes_use_text(p->unit, "splat_int__");
    const char *format =
        value.type == FORMULA_U64 ? "(vu__)splat_int__((int64_t)0)" : "splat_int__(0)";
    return make(p, vector_of(value.type), format, value.text, NULL, NULL).text;
}

static struct value convert(struct printer *p, struct value a, enum formula_type to)
{
    to = formula_lane_type(to);
    if (a.type == to) return a;
    const char *text = vector(p, a);
    if (a.type == FORMULA_F32 || to == FORMULA_F32) return fail(p);
    if (to == FORMULA_BOOL) return make(p, vector_of(to), "(vi__)(0 != 1)", text, "0", NULL);
    if (a.type == FORMULA_BOOL) { /* 0 or 1 */
        struct value bit = make(p, vector_of(FORMULA_I64), "(0 & 1)", text, "1", NULL);
        return convert(p, bit, to);
    }
    if (is_real(to) || is_real(a.type))
        return make(p, vector_of(to), "__builtin_convertvector(0, 1)", text, type_name(to), NULL);
    return make(p, vector_of(to), "(1)0", text, type_name(to), NULL);
}

/* ------------------------------------------------------------------------------ expressions */

static struct value constant(struct printer *p, const struct formula *formula)
{
    struct adc_text text;
    adc_text_init(&text, p->unit->arena);
    if (formula->kind == FORMULA_NUMBER) {
        adc_text_add(&text, formula->text);
        return (struct value){text.data, FORMULA_F64, true};
    }
    enum formula_type type = formula_lane_type(formula->type);
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
    if (truth)
        return make(p, vector_of(FORMULA_BOOL), "((vi__)(0 1 2))", vector(p, a), sign_of(op),
                    vector(p, b));
    bool one = a.one && b.one;
    return make(p, (struct value){NULL, type, one}, "(0 1 2)", a.text, sign_of(op), b.text);
}

static struct value choice(struct printer *p, const struct formula *formula)
{
    struct value c = convert(p, evaluate(p, formula->child[0]), FORMULA_BOOL);
    struct value a = evaluate(p, formula->child[1]), b = evaluate(p, formula->child[2]);
    enum formula_type type = a.type == b.type ? a.type : formula_lane_common(a.type, b.type);
    a = convert(p, a, type);
    b = convert(p, b, type);
    const char *format = is_real(type)         ? "select__(0, 1, 2)"
                         : type == FORMULA_U64 ? "(vu__)select_int__(0, (vi__)1, (vi__)2)"
                                               : "select_int__(0, 1, 2)";
    c_lanes_use_text(p->unit, is_real(type) ? "select__" : "select_int__");
    return make(p, vector_of(type), format, vector(p, c), vector(p, a), vector(p, b));
}

static void note_function(struct c_unit *unit, const char *name, unsigned arity)
{
    for (size_t i = 0; i < unit->used.lane_functions.count; i++)
        if (!strcmp(unit->used.lane_functions.data[i].name, name)) return;
    ADC_PUSH(unit->arena, unit->used.lane_functions, ((struct c_lane_function){name, arity}));
    unit->used.math = unit->used.lanes = true;
}

/* One or more arguments, converted to `parameter`s, NULL: reals. */
static const char *list(struct printer *p, const struct formula *at,
                        const enum formula_type *parameter, unsigned *count)
{
    struct adc_text text;
    adc_text_init(&text, p->unit->arena);
    for (*count = 0; at; at = at->next, ++*count) {
        if (at->kind == FORMULA_ADDRESS || *count == 3) return fail(p).text;
        enum formula_type type = parameter ? parameter[*count] : FORMULA_F64;
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
    int index = adc_vmath_find(name, strlen(name), ADC_F64);
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
        return make(p, vector_of(FORMULA_F64), "0_v__(1)", formula->text, arguments, NULL);
    if (!p->failed) note_function(p->unit, formula->text, count);
    return make(p, vector_of(FORMULA_F64), "0_each__(1)", formula->text, arguments, NULL);
}

static struct value call_helper(struct printer *p, const struct formula *formula)
{
    unsigned count, index = (unsigned)formula->integer;
    const struct formula_function *helper = formula_of_text(p->unit->arena, adc_helper_text(index));
    if (!helper) return fail(p);
    const char *arguments = list(p, formula->child[0], helper->parameter, &count);
    const char *name = helper_name(p->unit, index);
    if (use_vmath(p, name))
        return make(p, vector_of(helper->result), "0_v__(1)", name, arguments, NULL);
    p->unit->used.lane_helpers[index] = 1;
    return make(p, vector_of(helper->result), "0_lanes__(1)", name, arguments, NULL);
}

static struct value evaluate(struct printer *p, const struct formula *formula)
{
    struct value a;
    switch (formula->kind) {
    case FORMULA_NUMBER:
    case FORMULA_INTEGER: return constant(p, formula);
    case FORMULA_HUGE:
        p->unit->used.math = true;
        return (struct value){"HUGE_VAL", FORMULA_F64, true};
    case FORMULA_NAN:
        p->unit->used.math = true;
        return (struct value){"(double)NAN", FORMULA_F64, true};
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
        return constant(
            p, &(struct formula){.kind = FORMULA_INTEGER, .type = FORMULA_I64, .integer = 8});
    case FORMULA_VMATH: /* c_vector.c prints vmath.def */
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
    } else if (is_real(p->type[to])) {
        c_lanes_use_text(p->unit, "select__");
        struct value kept =
            make(p, vector_of(FORMULA_F64), "select__(0, 1, 2)", p->condition, value, name);
        put_line(p, "0 = 1;", name, kept.text, NULL);
    } else {
        c_lanes_use_text(p->unit, "select_int__");
        bool natural = p->type[to] == FORMULA_U64;
        struct value kept =
            make(p, vector_of(FORMULA_F64),
                 natural ? "(vu__)select_int__(0, (vi__)1, (vi__)2)" : "select_int__(0, 1, 2)",
                 p->condition, value, name);
        put_line(p, "0 = 1;", name, kept.text, NULL);
    }
}

static void put_declared(struct printer *p, const struct formula *statement)
{
    uint32_t to = statement->slot;
    p->type[to] = formula_lane_type(statement->type);
    if (p->type[to] == FORMULA_F32 || p->type[to] == FORMULA_VOID) p->failed = true;
    const char *type = type_name(p->type[to]), *name = slot(p, to).text;
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
    put_line(p, "const vi__ 0 = 1;", name.data, vector(p, c), NULL);
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
    c_lanes_use_text(p->unit, is_real(p->function->result) ? "select__" : "select_int__");
    adc_text_format(&p->returned, "%s(%s, %s, ",
                    is_real(p->function->result) ? "select__" : "select_int__", name.data,
                    inner.data);
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
            const char *type = type_name(p->type[inner->slot]);
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

static void put_head(const struct formula_function *function, const char *name,
                     struct adc_text *out)
{
    adc_text_format(out, "static inline %s %s(", type_name(formula_lane_type(function->result)),
                    name);
    for (unsigned i = 0; i < function->parameter_count; i++)
        adc_text_format(out, "%s%s %c", i ? ", " : "",
                        type_name(formula_lane_type(function->parameter[i])), "xyz"[i]);
    adc_text_add(out, ")\n{\n");
}

/* One lane after the other, by the scalar function. Bools are all bits or none. */
static void put_each(const struct formula_function *function, const char *scalar,
                     struct adc_text *out)
{
    bool truth = function->result == FORMULA_BOOL;
    adc_text_format(out, "    %s v = {0};\n    for (int i = 0; i < LANES__; i++) v[i] = %s%s(",
                    type_name(formula_lane_type(function->result)), truth ? "-(int64_t)" : "",
                    scalar);
    for (unsigned i = 0; i < function->parameter_count; i++)
        adc_text_format(out, "%s%c[i]%s", i ? ", " : "", "xyz"[i],
                        function -> parameter[i] == FORMULA_BOOL ? " != 0" : "");
    adc_text_add(out, ");\n    return v;\n}\n\n");
}

/* `scalar` is the function for one number. */
static void define(struct c_unit *unit, const struct formula_function *function, const char *name,
                   const char *(*scalar)(struct c_unit *unit, unsigned which), unsigned which,
                   struct adc_text *out)
{
    struct printer p = {.unit = unit, .function = function};
    struct adc_text body;
    adc_text_init(&body, unit->arena);
    adc_text_init(&p.returned, unit->arena);
    p.out = &body;
    for (unsigned i = 0; i < function->parameter_count; i++)
        p.type[i] = formula_lane_type(function->parameter[i]);
    put_head(function, name, out);
    if (!formula_goes_in_lanes(unit->arena, function)) {
        put_each(function, scalar(unit, which), out);
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

static const char *operator_name(struct c_unit *unit, enum adc_op op)
{
    struct adc_text text;
    const char *name = adc_op_info(op)->name;
    bool taken = adc_helper_find(name, strlen(name)) >= 0;
    adc_text_init(&text, unit->arena);
    adc_text_format(&text, "%s%s_lanes__", name, taken ? "_op" : "");
    return text.data;
}

static const char *scalar_operator(struct c_unit *unit, unsigned op)
{
    struct adc_text text;
    adc_text_init(&text, unit->arena);
    c_put_callee(unit, (enum adc_op)op, false, &text);
    return text.data;
}

static const char *scalar_helper(struct c_unit *unit, unsigned index)
{
    struct adc_text text;
    const char *name = helper_name(unit, index);
    adc_text_init(&text, unit->arena);
    unit->used.helpers[index][0] = 1;
    adc_text_format(&text, "%s__", name);
    return text.data;
}

void c_lanes_put_callee(struct c_unit *unit, enum adc_op op, struct adc_text *out)
{
    unit->used.lanes = true;
    unit->used.lane_operators[op] = 1;
    adc_text_add(out, operator_name(unit, op));
}

/* The instruction of the target, where a compiler must not take it by itself (errno). */
static void define_library_function(const struct c_lane_function *function, struct adc_text *out)
{
    adc_text_format(out, "static inline vd__ %s_each__(", function->name);
    for (unsigned i = 0; i < function->arity; i++)
        adc_text_format(out, "%svd__ %c", i ? ", " : "", "xyz"[i]);
    adc_text_add(out, ")\n{\n");
    if (!strcmp(function->name, "fabs")) {
        adc_text_add(out, "    return (vd__)((vi__)x & INT64_MAX);\n}\n\n");
        return;
    }
    if (!strcmp(function->name, "copysign")) {
        adc_text_add(out,
                     "    return (vd__)(((vi__)x & INT64_MAX) | ((vi__)y & INT64_MIN));\n}\n\n");
        return;
    }
    bool root = !strcmp(function->name, "sqrt");
    if (root)
        adc_text_add(out, "#if defined(AVX512__) && defined(__clang__)\n    return "
                          "(vd__)__builtin_ia32_sqrtpd512(x, 4);\n"
                          "#elif defined(AVX512__)\n    return "
                          "(vd__)__builtin_ia32_sqrtpd512_mask(x, x, (unsigned char)-1, 4);\n"
                          "#elif defined(AVX__) && !defined(__clang__)\n    return "
                          "(vd__)__builtin_ia32_sqrtpd256(x);\n"
                          "#else\n");
    adc_text_format(out, "    vd__ v = {0};\n    for (int i = 0; i < LANES__; i++) v[i] = %s(",
                    function->name);
    for (unsigned i = 0; i < function->arity; i++)
        adc_text_format(out, "%s%c[i]", i ? ", " : "", "xyz"[i]);
    adc_text_format(out, ");\n    return v;\n%s}\n\n", root ? "#endif\n" : "");
}

/* Operators first, since they say which helpers are needed, put in the opposite order. */
void c_lanes_put_operators(struct c_unit *unit, struct adc_text *out)
{
    struct c_vector vector = {.reals = "vd__", .bits = "vu__", .masks = "vi__", .suffix = "_v__"};
    struct adc_text operators, helpers, *texts;
    unsigned count = 0;
    while (adc_helper_text(count)) count++;
    c_vector_init(&vector, unit->products[0].function->graph, ADC_F64);
    unit->used.lane_vector = &vector;
    texts = adc_arena_array(unit->arena, count, sizeof *texts);
    adc_text_init(&operators, unit->arena);
    adc_text_init(&helpers, unit->arena);
    for (unsigned op = ADC_OP_FIRST_ELEMENTWISE; op < ADC_OP_COUNT; op++) {
        if (!unit->used.lane_operators[op]) continue;
        const struct formula_function *function = formula_of_operator(unit->arena, (enum adc_op)op);
        ADC_INVARIANT(function, unit->products[0].function->graph);
        define(unit, function, operator_name(unit, (enum adc_op)op), scalar_operator, op,
               &operators);
    }
    for (unsigned i = count; i-- > 0;) {
        struct adc_text name;
        adc_text_init(&texts[i], unit->arena);
        if (!unit->used.lane_helpers[i]) continue;
        adc_text_init(&name, unit->arena);
        adc_text_format(&name, "%s_lanes__", helper_name(unit, i));
        define(unit, formula_of_text(unit->arena, adc_helper_text(i)), name.data, scalar_helper, i,
               &texts[i]);
    }
    c_vector_put(&vector, out);
    unit->used.lane_vector = NULL;
    for (size_t i = 0; i < unit->used.lane_functions.count; i++)
        define_library_function(&unit->used.lane_functions.data[i], out);
    for (unsigned i = 0; i < count; i++) adc_text_add(out, texts[i].data);
    adc_text_add(out, operators.data);
}
