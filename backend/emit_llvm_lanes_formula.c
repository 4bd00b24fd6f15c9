/* Operators, helpers and functions of the C library over lanes.
 *
 * Value texts and helpers that go in lanes (formula_lanes.c) are evaluated over vectors: a choice
 * is a selection, an `if` keeps what it assigns or returns for the lanes of its condition. What
 * does not is computed for one lane after the other. Functions of vmath.def, helpers that are not
 * short and whatever goes lane by lane are functions of the module, each there once. */
#include "backend/emit_llvm_lanes.h"

#include <math.h>
#include <string.h>

enum {
    SHORT = 24,  /* nodes of a function that is written where it is called */
    SMALL = 60,  /* instructions of one that becomes a part of all its users, */
    LARGE = 400, /* and of one that becomes a part of none if there are several; */
    ALL = 1000,  /* of one in all its users together, so that it becomes a part of each */
};

struct frame {
    struct ll_module *m;
    const struct formula_function *function;
    LLVMValueRef slot[FORMULA_MAX_SLOTS];
    enum formula_type type[FORMULA_MAX_SLOTS];
    LLVMValueRef condition; /* of the `if` at hand, or NULL */
};

static struct ll_value evaluate(struct frame *f, const struct formula *formula);
static LLVMValueRef run(struct ll_module *m, const struct formula_function *function,
                        const LLVMValueRef *arguments);

/* -------------------------------------------------------------------------------- types */

static enum formula_type real_of(const struct ll_module *m)
{
    return formula_lane_type(FORMULA_REAL, m->single);
}

static bool is_real(enum formula_type type)
{
    return type == FORMULA_F64 || type == FORMULA_F32;
}

static LLVMTypeRef type_of(const struct ll_module *m, enum formula_type type)
{
    LLVMTypeRef one = is_real(type)          ? ll_type(m, ll_real(m))
                      : type == FORMULA_BOOL ? m->types.i1
                                             : m->types.i64;
    return LLVMVectorType(one, m->lanes);
}

static LLVMValueRef is_true(struct ll_module *m, struct ll_value a)
{
    LLVMValueRef zero = LLVMConstNull(LLVMTypeOf(a.value));
    if (a.type == FORMULA_BOOL) return a.value;
    if (is_real(a.type)) return LLVMBuildFCmp(m->at, LLVMRealUNE, a.value, zero, "");
    return LLVMBuildICmp(m->at, LLVMIntNE, a.value, zero, "");
}

/* A real that no integer is may be asked for by lanes that do not take the answer. */
static LLVMValueRef to_integer(struct ll_module *m, LLVMValueRef real, LLVMTypeRef type)
{
    return LLVMBuildFreeze(m->at, LLVMBuildFPToSI(m->at, real, type, ""), "");
}

static struct ll_value convert(struct ll_module *m, struct ll_value a, enum formula_type to)
{
    to = formula_lane_type(to, m->single);
    LLVMTypeRef type = type_of(m, to);
    struct ll_value b = {a.value, to};
    if (a.type == to) return a;
    if (to == FORMULA_BOOL) b.value = is_true(m, a);
    else if (is_real(to) && (a.type == FORMULA_BOOL || a.type == FORMULA_U64))
        b.value = LLVMBuildUIToFP(m->at, a.value, type, "");
    else if (is_real(to)) b.value = LLVMBuildSIToFP(m->at, a.value, type, "");
    else if (a.type == FORMULA_BOOL) b.value = LLVMBuildZExt(m->at, a.value, type, "");
    else if (is_real(a.type)) b.value = to_integer(m, a.value, type);
    return b;
}

static struct ll_value constant(struct frame *f, enum formula_type type, LLVMValueRef one)
{
    return (struct ll_value){ll_splat(f->m, one), type};
}

/* ------------------------------------------------------------------------------ operators */

static struct ll_value operate(struct frame *f, const struct formula *formula)
{
    enum formula_op op = formula->op;
    struct ll_value a = evaluate(f, formula->child[0]), b = evaluate(f, formula->child[1]);
    bool truth = op >= FORMULA_EQ && op <= FORMULA_GE;
    bool shift = op == FORMULA_SHIFT_LEFT || op == FORMULA_SHIFT_RIGHT;
    bool bools = a.type == FORMULA_BOOL && b.type == FORMULA_BOOL;
    bool bits = op == FORMULA_BIT_AND || op == FORMULA_BIT_OR;
    enum formula_type type = op == FORMULA_AND || op == FORMULA_OR ? FORMULA_BOOL
                             : shift                               ? a.type
                             : bools && (truth || bits)            ? FORMULA_BOOL
                                                        : formula_lane_common(a.type, b.type);
    a = convert(f->m, a, type);
    b = convert(f->m, b, type);
    if (truth) return (struct ll_value){ll_formula_compare(f->m, op, a, b), FORMULA_BOOL};
    bool traps = op == FORMULA_REM || (op == FORMULA_DIV && !is_real(type));
    ADC_INVARIANT(!traps, f->m->product->function->graph); /* stays scalar (formula_lanes.c) */
    a.value = LLVMBuildBinOp(f->m->at, ll_formula_opcode(op, type), a.value, b.value, "");
    return a;
}

static struct ll_value negate(struct frame *f, const struct formula *formula)
{
    struct ll_value a = evaluate(f, formula->child[0]);
    if (a.type == FORMULA_BOOL) a = convert(f->m, a, FORMULA_I64);
    a.value = is_real(a.type) ? LLVMBuildFNeg(f->m->at, a.value, "")
                              : LLVMBuildNeg(f->m->at, a.value, "");
    return a;
}

static struct ll_value choose(struct frame *f, const struct formula *formula)
{
    LLVMValueRef condition = is_true(f->m, evaluate(f, formula->child[0]));
    struct ll_value a = evaluate(f, formula->child[1]), b = evaluate(f, formula->child[2]);
    enum formula_type type = a.type == b.type ? a.type : formula_lane_common(a.type, b.type);
    a = convert(f->m, a, type);
    b = convert(f->m, b, type);
    a.value = LLVMBuildSelect(f->m->at, condition, a.value, b.value, "");
    return a;
}

/* ---------------------------------------------------------------------------------- calls */

static const LLVMAttributeIndex FUNCTION = (LLVMAttributeIndex)LLVMAttributeFunctionIndex;

static unsigned inline_kind(void)
{
    static const char name[] = "alwaysinline";
    return LLVMGetEnumAttributeKindForName(name, sizeof name - 1);
}

static LLVMAttributeRef inline_mark(struct ll_module *m)
{
    return LLVMCreateEnumAttribute(m->context, inline_kind(), 0);
}

/* Calls the function of the module; all arguments and results are vectors. */
static LLVMValueRef call_function(struct ll_module *m, struct ll_lane_function wanted,
                                  const struct formula_function *formula,
                                  const LLVMValueRef *arguments, unsigned count)
{
    LLVMTypeRef types[3];
    LLVMValueRef values[3];
    for (unsigned i = 0; i < count; i++) {
        values[i] = arguments[i];
        types[i] = LLVMTypeOf(arguments[i]);
    }
    enum formula_type result = formula ? formula_lane_type(formula->result, m->single) : real_of(m);
    LLVMTypeRef type = LLVMFunctionType(type_of(m, result), types, count, false);
    LLVMValueRef called = ll_lane_function(m, &wanted, type);
    ll_note_pure(m, called);
    LLVMValueRef call = ll_call(m, called, values, count);
    if (!m->lane || !m->lane->calls) LLVMAddCallSiteAttribute(call, FUNCTION, inline_mark(m));
    return call;
}

static const char *name_of(struct ll_module *m, const char *name, size_t length, const char *ending)
{
    struct adc_text text;
    adc_text_init(&text, m->arena);
    adc_text_format(&text, "%.*s_%s__", (int)length, name, ending);
    return text.data;
}

static LLVMValueRef call_vmath(struct ll_module *m, unsigned index, const LLVMValueRef *arguments)
{
    const struct formula_function *formula = ll_vmath_formula(m, index);
    if (formula->size <= SHORT) return ll_vmath(m, index, m->lanes, arguments);
    const char *name = adc_vmath_name(index);
    struct ll_lane_function wanted = {.kind = LL_LANE_VMATH, .index = index};
    wanted.name = name_of(m, name, strlen(name), "v");
    return call_function(m, wanted, formula, arguments, formula->parameter_count);
}

/* Exact, so LLVM's are the same, whatever the target makes of them. */
static bool is_exact(const char *name)
{
    static const char *const names[] = {"fabs", "sqrt",  "fma",   "floor",
                                        "ceil", "trunc", "round", "copysign"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(names[i], name) == 0) return true;
    return false;
}

/* Arguments converted to the types of parameters, NULL: reals. */
static unsigned list(struct frame *f, const struct formula *at, const enum formula_type *parameter,
                     LLVMValueRef *values)
{
    unsigned count = 0;
    for (; at; at = at->next, count++)
        values[count] =
            convert(f->m, evaluate(f, at), parameter ? parameter[count] : FORMULA_REAL).value;
    return count;
}

static struct ll_value call(struct frame *f, const struct formula *formula)
{
    struct ll_module *m = f->m;
    LLVMValueRef values[3];
    size_t length = strlen(formula->text);
    unsigned count = list(f, formula->child[0], NULL, values);
    int index = adc_vmath_find(formula->text, length, ll_real(m));
    if (index >= 0) return (struct ll_value){call_vmath(m, (unsigned)index, values), real_of(m)};
    if (is_exact(formula->text)) {
        struct adc_text name;
        adc_text_init(&name, m->arena);
        adc_text_format(&name, "llvm.%s", formula->text);
        LLVMTypeRef type = LLVMTypeOf(values[0]);
        return (struct ll_value){ll_intrinsic(m, name.data, type, values, count), real_of(m)};
    }
    struct ll_lane_function wanted = {.kind = LL_LANE_EACH_LIBRARY, .index = count};
    wanted.name = name_of(m, formula->text, length, "each");
    return (struct ll_value){call_function(m, wanted, NULL, values, count), real_of(m)};
}

/* Remembered by operator, and helper behind them. */
static bool goes(struct ll_module *m, unsigned which, const struct formula_function *function)
{
    enum { UNKNOWN, GOES, STAYS };
    uint8_t *form = &m->lane_forms[which][m->single];
    if (*form == UNKNOWN)
        *form = formula_goes_in_lanes(m->arena, function, m->single) ? GOES : STAYS;
    return *form == GOES;
}

static struct ll_value call_helper(struct frame *f, const struct formula *formula)
{
    struct ll_module *m = f->m;
    unsigned index = (unsigned)formula->integer;
    const struct formula_function *helper = ll_helper_formula(m, index);
    const char *name = strstr(adc_helper_text(index), "H(") + 2;
    size_t length = strcspn(name, ")");
    struct ll_value result = {NULL, formula_lane_type(helper->result, m->single)};
    LLVMValueRef values[3];
    unsigned count = list(f, formula->child[0], helper->parameter, values);
    int vmath = adc_vmath_find(name, length, ll_real(m));
    bool lanes = vmath < 0 && goes(m, ADC_OP_COUNT + index, helper);
    if (vmath >= 0) {
        result.value = call_vmath(m, (unsigned)vmath, values);
    } else if (lanes && helper->size <= SHORT) {
        result.value = run(m, helper, values);
    } else {
        struct ll_lane_function wanted = {.kind = lanes ? LL_LANE_HELPER : LL_LANE_EACH_HELPER};
        wanted.index = index;
        wanted.name = name_of(m, name, length, "lanes");
        result.value = call_function(m, wanted, helper, values, count);
    }
    return result;
}

static struct ll_value evaluate(struct frame *f, const struct formula *formula)
{
    struct ll_module *m = f->m;
    struct ll_value a;
    switch (formula->kind) {
    case FORMULA_NUMBER:
        return constant(f, real_of(m),
                        LLVMConstRealOfString(ll_type(m, ll_real(m)), formula->text));
    case FORMULA_INTEGER:
        return constant(f, formula_lane_type(formula->type, m->single),
                        ll_i64(m, formula->integer));
    case FORMULA_HUGE:
        return constant(f, real_of(m), LLVMConstReal(ll_type(m, ll_real(m)), (double)INFINITY));
    case FORMULA_NAN:
        return constant(f, real_of(m), LLVMConstReal(ll_type(m, ll_real(m)), (double)NAN));
    case FORMULA_SIZEOF: return constant(f, FORMULA_I64, ll_i64(m, m->single ? 4 : 8));
    case FORMULA_VARIABLE: return (struct ll_value){f->slot[formula->slot], f->type[formula->slot]};
    case FORMULA_NEGATE: return negate(f, formula);
    case FORMULA_NOT:
        a.value = LLVMBuildNot(m->at, is_true(m, evaluate(f, formula->child[0])), "");
        return (struct ll_value){a.value, FORMULA_BOOL};
    case FORMULA_CAST:
        a = evaluate(f, formula->child[0]);
        return formula->type == FORMULA_VOID ? a : convert(m, a, formula->type);
    case FORMULA_BINARY: return operate(f, formula);
    case FORMULA_CHOICE: return choose(f, formula);
    case FORMULA_CALL: return call(f, formula);
    case FORMULA_HELPER: return call_helper(f, formula);
    case FORMULA_VMATH: /* formula_goes_in_lanes knows none of these */
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
    ADC_INVARIANT(false, m->product->function->graph);
    return (struct ll_value){NULL, FORMULA_VOID};
}

/* ----------------------------------------------------------------------------- statements */

static void assign(struct frame *f, uint32_t slot, LLVMValueRef value)
{
    if (f->condition) value = LLVMBuildSelect(f->m->at, f->condition, value, f->slot[slot], "");
    f->slot[slot] = value;
}

static void put_declared(struct frame *f, const struct formula *statement)
{
    enum formula_type type = formula_lane_type(statement->type, f->m->single);
    f->type[statement->slot] = type;
    f->slot[statement->slot] = statement->child[0]
                                   ? convert(f->m, evaluate(f, statement->child[0]), type).value
                                   : LLVMConstNull(type_of(f->m, type));
}

static void put_simple(struct frame *f, const struct formula *statement)
{
    const struct formula *inner = statement->child[0];
    if (statement->kind == FORMULA_DECLARE) {
        put_declared(f, statement);
        return;
    }
    enum formula_type type = f->type[inner->slot];
    struct ll_value value = evaluate(f, inner->child[0]);
    if (inner->kind == FORMULA_ASSIGN) value = convert(f->m, value, type);
    else value.value = LLVMBuildBitCast(f->m->at, value.value, type_of(f->m, type), "");
    assign(f, inner->slot, value.value);
}

static LLVMValueRef returned(struct frame *f, const struct formula *statement)
{
    return convert(f->m, evaluate(f, statement->child[0]), f->function->result).value;
}

/* What the `if` returns, or NULL. */
static LLVMValueRef put_if(struct frame *f, const struct formula *statement, LLVMValueRef condition)
{
    const struct formula *at = statement->child[1];
    f->condition = formula_returns(at) ? NULL : condition;
    for (; at && at->kind != FORMULA_RETURN; at = at->next) put_simple(f, at);
    f->condition = NULL;
    return at ? returned(f, at) : NULL;
}

/* The last value, but where a condition before it holds; the first such counts. */
static LLVMValueRef run(struct ll_module *m, const struct formula_function *function,
                        const LLVMValueRef *arguments)
{
    enum { MOST = 16 };
    struct frame f = {.m = m, .function = function};
    LLVMValueRef conditions[MOST], values[MOST], result;
    const struct formula *at = function->body;
    unsigned count = 0;
    for (unsigned i = 0; i < function->parameter_count; i++) {
        f.type[i] = formula_lane_type(function->parameter[i], m->single);
        f.slot[i] = arguments[i];
    }
    for (; at->kind != FORMULA_RETURN; at = at->next) {
        if (at->kind != FORMULA_IF) {
            put_simple(&f, at);
            continue;
        }
        ADC_INVARIANT(count < MOST, m->product->function->graph);
        conditions[count] = is_true(m, evaluate(&f, at->child[0]));
        values[count] = put_if(&f, at, conditions[count]);
        if (values[count]) count++;
    }
    result = returned(&f, at);
    while (count--) result = LLVMBuildSelect(m->at, conditions[count], values[count], result, "");
    return result;
}

/* ------------------------------------------------------------------------------ functions */

static bool is_bool(LLVMValueRef vector)
{
    LLVMTypeRef one = LLVMGetElementType(LLVMTypeOf(vector));
    return LLVMGetTypeKind(one) == LLVMIntegerTypeKind && LLVMGetIntTypeWidth(one) == 1;
}

/* The scalar form for one lane. */
static LLVMValueRef put_one(struct ll_module *m, const struct ll_lane_function *wanted,
                            LLVMValueRef *arguments, unsigned count)
{
    LLVMTypeRef types[3];
    if (wanted->kind == LL_LANE_EACH_OPERATOR)
        return ll_operator(m, (enum adc_op)wanted->index, m->single, arguments);
    if (wanted->kind == LL_LANE_EACH_HELPER)
        return ll_helper(m, wanted->index, m->single, arguments);
    for (unsigned i = 0; i < count; i++) types[i] = ll_type(m, ll_real(m));
    struct adc_text name;
    adc_text_init(&name, m->arena);
    adc_text_format(&name, "%.*s%s", (int)(strlen(wanted->name) - strlen("_each__")), wanted->name,
                    m->single ? "f" : "");
    LLVMTypeRef type = LLVMFunctionType(ll_type(m, ll_real(m)), types, count, false);
    LLVMValueRef function = ll_external(m, name.data, type);
    ll_note_pure(m, function);
    return ll_call(m, function, arguments, count);
}

/* for each lane: result[i] = one(x[i], ...); bools as ints. */
static LLVMValueRef put_each(struct ll_module *m, const struct ll_lane_function *wanted,
                             const LLVMValueRef *vectors, unsigned count)
{
    LLVMTypeRef result = LLVMGetReturnType(LLVMGlobalGetValueType(wanted->function));
    bool truth = is_bool(LLVMGetUndef(result));
    LLVMTypeRef wide = truth ? LLVMVectorType(m->types.i64, m->lanes) : result;
    LLVMValueRef variable = ll_variable(m, wide), lanes = ll_i64(m, m->lanes), one[3];
    struct ll_counter each = ll_open_counter(m, ll_i64(m, 0), lanes, ll_i64(m, 1));
    for (unsigned i = 0; i < count; i++) {
        LLVMValueRef vector = vectors[i];
        if (is_bool(vector))
            vector = LLVMBuildZExt(m->at, vector, LLVMVectorType(m->types.i64, m->lanes), "");
        one[i] = LLVMBuildExtractElement(m->at, vector, each.k, "");
        if (is_bool(vectors[i])) one[i] = LLVMBuildTrunc(m->at, one[i], m->types.i1, "");
    }
    LLVMValueRef value = put_one(m, wanted, one, count);
    if (truth) value = LLVMBuildZExt(m->at, value, m->types.i64, "");
    LLVMBuildStore(m->at, value, ll_offset(m, LLVMTypeOf(value), variable, each.k));
    ll_close_counter(m, &each);
    LLVMValueRef all = LLVMBuildLoad2(m->at, wide, variable, "");
    return truth ? LLVMBuildICmp(m->at, LLVMIntNE, all, LLVMConstNull(wide), "") : all;
}

void ll_put_lane_formula(struct ll_module *m, const struct ll_lane_function *wanted)
{
    LLVMValueRef arguments[3], result;
    unsigned count = LLVMCountParams(wanted->function);
    ll_begin(m, wanted->function);
    for (unsigned i = 0; i < count; i++) arguments[i] = LLVMGetParam(wanted->function, i);
    if (wanted->kind == LL_LANE_VMATH) result = ll_vmath(m, wanted->index, m->lanes, arguments);
    else if (wanted->kind == LL_LANE_HELPER)
        result = run(m, ll_helper_formula(m, wanted->index), arguments);
    else result = put_each(m, wanted, arguments, count);
    LLVMBuildRet(m->at, result);
    ll_end(m);
}

static unsigned size_of(LLVMValueRef function)
{
    unsigned size = 0;
    LLVMBasicBlockRef block = LLVMGetFirstBasicBlock(function);
    for (; block; block = LLVMGetNextBasicBlock(block))
        for (LLVMValueRef at = LLVMGetFirstInstruction(block); at; at = LLVMGetNextInstruction(at))
            size++;
    return size;
}

/* A call puts all vectors aside, and code for a function takes as long as often as it is there. So
 * what is small is written into its users, and what has one user or, by its size, few, as a loop
 * that calls a sine once for each vector of its tile; what is large into none. In between that
 * depends on the call. From -O2 on time is no matter. */
static void choose_form(struct ll_module *m, LLVMValueRef function)
{
    LLVMUseRef use = LLVMGetFirstUse(function);
    unsigned size = size_of(function), users = 0;
    for (LLVMUseRef each = use; each; each = LLVMGetNextUse(each)) users++;
    bool little = size <= SMALL || users < 2 || (size <= LARGE && users * size <= ALL);
    if (m->level > 1 || little) {
        ll_attribute(m, function, LLVMAttributeFunctionIndex, "alwaysinline", 0);
        return;
    }
    for (; use && size > LARGE; use = LLVMGetNextUse(use))
        LLVMRemoveCallSiteEnumAttribute(LLVMGetUser(use), FUNCTION, inline_kind());
    ll_align_stack(m, function);
}

void ll_choose_lane_forms(struct ll_module *m)
{
    for (size_t i = 0; i < m->lane_functions.count; i++) {
        const struct ll_lane_function *made = &m->lane_functions.data[i];
        if (made->kind != LL_LANE_SCATTER && made->kind != LL_LANE_COPY)
            choose_form(m, made->function);
    }
}

LLVMValueRef ll_lane_operator(struct ll_module *m, enum adc_op op, const LLVMValueRef *arguments)
{
    const struct formula_function *function = ll_formula(m, op);
    if (goes(m, op, function)) return run(m, function, arguments);
    struct ll_lane_function wanted = {.kind = LL_LANE_EACH_OPERATOR, .index = op};
    const char *name = adc_op_info(op)->name;
    wanted.name = name_of(m, name, strlen(name), "op_each");
    return call_function(m, wanted, function, arguments, function->parameter_count);
}
