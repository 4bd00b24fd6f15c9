/* Value texts and helpers as LLVM IR, by C's rules of conversion.
 *
 * A helper is written where it is called if it is short and has no loop, else it is an internal
 * function. Arms without calls are evaluated both and selected from. */
#include "backend/emit_llvm_internal.h"

#include <math.h>
#include <string.h>

enum { SHORT = 40 }; /* nodes of a helper that is written where it is called */

/* A formula being written. */
struct frame {
    struct ll_module *m;
    const struct formula_function *function;
    bool single;
    LLVMValueRef slot[FORMULA_MAX_SLOTS]; /* value, or where it lies if it is assigned */
    enum formula_type type[FORMULA_MAX_SLOTS];
    LLVMBasicBlockRef end; /* where `return` goes, with these */
    ADC_VEC(LLVMValueRef) values;
    ADC_VEC(LLVMBasicBlockRef) from;
    bool ended; /* the block at hand has been left */
};

static struct ll_value evaluate(struct frame *f, const struct formula *formula);

/* -------------------------------------------------------------------------------- types */

static enum formula_type resolve(const struct frame *f, enum formula_type type)
{
    if (type != FORMULA_REAL) return type;
    return f->single ? FORMULA_F32 : FORMULA_F64;
}

static LLVMTypeRef type_of(const struct ll_module *m, enum formula_type type)
{
    switch (type) {
    case FORMULA_VOID:
    case FORMULA_BITS: break; /* of vmath.def alone */
    case FORMULA_BOOL: return m->types.i1;
    case FORMULA_INT: return m->types.i32;
    case FORMULA_I64:
    case FORMULA_U64: return m->types.i64;
    case FORMULA_SIZE: return m->types.size;
    case FORMULA_F32: return m->types.f32;
    case FORMULA_F64:
    case FORMULA_REAL: return m->types.f64;
    }
    return m->types.none;
}

static bool is_real(enum formula_type type)
{
    return type == FORMULA_F32 || type == FORMULA_F64;
}

static bool is_unsigned(enum formula_type type)
{
    return type == FORMULA_BOOL || type == FORMULA_U64 || type == FORMULA_SIZE;
}

static LLVMValueRef is_true(struct ll_module *m, struct ll_value a)
{
    LLVMValueRef zero = LLVMConstNull(type_of(m, a.type));
    if (a.type == FORMULA_BOOL) return a.value;
    if (is_real(a.type)) return LLVMBuildFCmp(m->at, LLVMRealUNE, a.value, zero, "");
    return ll_compare(m, LLVMIntNE, a.value, zero);
}

static LLVMValueRef convert_integer(struct ll_module *m, struct ll_value a, LLVMTypeRef type)
{
    unsigned from = LLVMGetIntTypeWidth(type_of(m, a.type)), to = LLVMGetIntTypeWidth(type);
    if (to < from) return LLVMBuildTrunc(m->at, a.value, type, "");
    if (to == from) return a.value;
    return is_unsigned(a.type) ? LLVMBuildZExt(m->at, a.value, type, "")
                               : LLVMBuildSExt(m->at, a.value, type, "");
}

static struct ll_value convert(struct ll_module *m, struct ll_value a, enum formula_type to)
{
    LLVMTypeRef type = type_of(m, to);
    struct ll_value b = {a.value, to};
    if (a.type == to) return a;
    if (to == FORMULA_BOOL) b.value = is_true(m, a);
    else if (is_real(to) && is_real(a.type))
        b.value = to == FORMULA_F64 ? LLVMBuildFPExt(m->at, a.value, type, "")
                                    : LLVMBuildFPTrunc(m->at, a.value, type, "");
    else if (is_real(to) && is_unsigned(a.type))
        b.value = LLVMBuildUIToFP(m->at, a.value, type, "");
    else if (is_real(to)) b.value = LLVMBuildSIToFP(m->at, a.value, type, "");
    else if (is_real(a.type)) b.value = LLVMBuildFPToSI(m->at, a.value, type, "");
    else b.value = convert_integer(m, a, type);
    return b;
}

/* The usual arithmetic conversions; a size is met by sizes and ints alone, or as 64 bits. */
static enum formula_type common(enum formula_type a, enum formula_type b)
{
    if (a == FORMULA_F64 || b == FORMULA_F64) return FORMULA_F64;
    if (a == FORMULA_F32 || b == FORMULA_F32) return FORMULA_F32;
    if (a == FORMULA_U64 || b == FORMULA_U64) return FORMULA_U64;
    bool wide = a == FORMULA_I64 || b == FORMULA_I64;
    bool size = a == FORMULA_SIZE || b == FORMULA_SIZE;
    if (size) return wide ? FORMULA_U64 : FORMULA_SIZE;
    return wide ? FORMULA_I64 : FORMULA_INT;
}

/* --------------------------------------------------------------------- simple expressions */

static struct ll_value number(struct frame *f, const struct formula *formula)
{
    enum formula_type type = resolve(f, FORMULA_REAL);
    return (struct ll_value){LLVMConstRealOfString(type_of(f->m, type), formula->text), type};
}

static struct ll_value real_constant(struct frame *f, enum formula_type type, double value)
{
    return (struct ll_value){LLVMConstReal(type_of(f->m, type), value), type};
}

static struct ll_value integer(struct frame *f, enum formula_type type, int64_t value)
{
    return (struct ll_value){LLVMConstInt(type_of(f->m, type), (uint64_t)value, true), type};
}

static uint64_t size_of(struct frame *f, enum formula_type type)
{
    enum formula_type resolved = resolve(f, type);
    if (is_real(resolved)) return resolved == FORMULA_F64 ? 8 : 4;
    return (LLVMGetIntTypeWidth(type_of(f->m, resolved)) + 7) / 8;
}

static struct ll_value variable(struct frame *f, uint32_t slot)
{
    LLVMTypeRef type = type_of(f->m, f->type[slot]);
    struct ll_value value = {f->slot[slot], f->type[slot]};
    if (f->function->assigned[slot]) value.value = LLVMBuildLoad2(f->m->at, type, value.value, "");
    return value;
}

static void set_variable(struct frame *f, uint32_t slot, struct ll_value value)
{
    value = convert(f->m, value, f->type[slot]);
    if (f->function->assigned[slot]) LLVMBuildStore(f->m->at, value.value, f->slot[slot]);
    else f->slot[slot] = value.value;
}

/* Parameters have their values next. */
static void open_variable(struct frame *f, uint32_t slot, enum formula_type type)
{
    f->type[slot] = resolve(f, type);
    if (f->function->assigned[slot])
        f->slot[slot] = ll_variable(f->m, type_of(f->m, f->type[slot]));
}

/* ------------------------------------------------------------------------------ operators */

LLVMValueRef ll_formula_compare(struct ll_module *m, enum formula_op op, struct ll_value a,
                                struct ll_value b)
{
    static const LLVMRealPredicate reals[] = {LLVMRealOEQ, LLVMRealUNE, LLVMRealOLT,
                                              LLVMRealOLE, LLVMRealOGT, LLVMRealOGE};
    static const LLVMIntPredicate ints[] = {LLVMIntEQ,  LLVMIntNE,  LLVMIntSLT,
                                            LLVMIntSLE, LLVMIntSGT, LLVMIntSGE};
    static const LLVMIntPredicate naturals[] = {LLVMIntEQ,  LLVMIntNE,  LLVMIntULT,
                                                LLVMIntULE, LLVMIntUGT, LLVMIntUGE};
    unsigned i = op - FORMULA_EQ;
    if (is_real(a.type)) return LLVMBuildFCmp(m->at, reals[i], a.value, b.value, "");
    return ll_compare(m, is_unsigned(a.type) ? naturals[i] : ints[i], a.value, b.value);
}

LLVMOpcode ll_formula_opcode(enum formula_op op, enum formula_type type)
{
    bool real = is_real(type), natural = is_unsigned(type);
    switch (op) {
    case FORMULA_ADD: return real ? LLVMFAdd : LLVMAdd;
    case FORMULA_SUB: return real ? LLVMFSub : LLVMSub;
    case FORMULA_MUL: return real ? LLVMFMul : LLVMMul;
    case FORMULA_DIV: return real ? LLVMFDiv : natural ? LLVMUDiv : LLVMSDiv;
    case FORMULA_REM: return real ? LLVMFRem : natural ? LLVMURem : LLVMSRem;
    case FORMULA_SHIFT_LEFT: return LLVMShl;
    case FORMULA_SHIFT_RIGHT: return natural ? LLVMLShr : LLVMAShr;
    case FORMULA_OR:
    case FORMULA_BIT_OR: return LLVMOr;
    case FORMULA_BIT_XOR: return LLVMXor;
    case FORMULA_BIT_AND:
    case FORMULA_AND:
    case FORMULA_EQ:
    case FORMULA_NE:
    case FORMULA_LT:
    case FORMULA_LE:
    case FORMULA_GT:
    case FORMULA_GE: break;
    }
    return LLVMAnd;
}

const struct formula_function *ll_helper_formula(struct ll_module *m, unsigned index)
{
    if (!m->helpers[index]) m->helpers[index] = formula_of_text(m->arena, adc_helper_text(index));
    ADC_INVARIANT(m->helpers[index], m->unit->products[0].function->graph);
    return m->helpers[index];
}

/* No call, nothing that could trap: may be evaluated though nobody asked. */
static bool is_cheap(const struct frame *f, const struct formula *formula)
{
    switch (formula->kind) {
    case FORMULA_NUMBER:
    case FORMULA_INTEGER:
    case FORMULA_HUGE:
    case FORMULA_NAN:
    case FORMULA_SIZEOF:
    case FORMULA_VARIABLE: return true;
    case FORMULA_NEGATE:
    case FORMULA_NOT:
    case FORMULA_CAST: return is_cheap(f, formula->child[0]);
    case FORMULA_BINARY:
        return formula->op != FORMULA_DIV && formula->op != FORMULA_REM &&
               is_cheap(f, formula->child[0]) && is_cheap(f, formula->child[1]);
    case FORMULA_CHOICE:
        return is_cheap(f, formula->child[0]) && is_cheap(f, formula->child[1]) &&
               is_cheap(f, formula->child[2]);
    case FORMULA_HELPER:
        return ll_helper_formula(f->m, (unsigned)formula->integer)->plain &&
               is_cheap(f, formula->child[0]) && !formula->child[0]->next;
    case FORMULA_VMATH:
    case FORMULA_PICK:
    case FORMULA_BITS_OF:
    case FORMULA_REAL_OF:
    case FORMULA_ADDRESS:
    case FORMULA_CALL:
    case FORMULA_ASSIGN:
    case FORMULA_COPY_BITS:
    case FORMULA_DECLARE:
    case FORMULA_EVALUATE:
    case FORMULA_IF:
    case FORMULA_FOR:
    case FORMULA_RETURN: break;
    }
    return false;
}

/* a && b, a || b: b is not asked if a says it all. */
static struct ll_value logic(struct frame *f, const struct formula *formula)
{
    struct ll_module *m = f->m;
    bool both = formula->op == FORMULA_AND;
    struct ll_value result = {is_true(m, evaluate(f, formula->child[0])), FORMULA_BOOL};
    if (is_cheap(f, formula->child[1])) {
        LLVMValueRef right = is_true(m, evaluate(f, formula->child[1]));
        result.value = LLVMBuildBinOp(m->at, both ? LLVMAnd : LLVMOr, result.value, right, "");
        return result;
    }
    LLVMBasicBlockRef from = ll_here(m), more = ll_block(m), end = ll_block(m);
    ll_fork(m, result.value, both ? more : end, both ? end : more);
    ll_go_on(m, more);
    LLVMValueRef right = is_true(m, evaluate(f, formula->child[1]));
    LLVMBasicBlockRef from_right = ll_here(m);
    ll_jump(m, end);
    ll_go_on(m, end);
    LLVMValueRef known = LLVMConstInt(m->types.i1, !both, false);
    result.value = ll_join(m, known, from, right, from_right);
    return result;
}

static struct ll_value operate(struct frame *f, const struct formula *formula)
{
    if (formula->op == FORMULA_AND || formula->op == FORMULA_OR) return logic(f, formula);
    struct ll_value a = evaluate(f, formula->child[0]), b = evaluate(f, formula->child[1]);
    bool shift = formula->op == FORMULA_SHIFT_LEFT || formula->op == FORMULA_SHIFT_RIGHT;
    bool truth = formula->op >= FORMULA_EQ && formula->op <= FORMULA_GE;
    bool bools = a.type == FORMULA_BOOL && b.type == FORMULA_BOOL;
    enum formula_type type = shift || (truth && bools) ? a.type : common(a.type, b.type);
    a = convert(f->m, a, type);
    b = convert(f->m, b, type);
    if (truth) return (struct ll_value){ll_formula_compare(f->m, formula->op, a, b), FORMULA_BOOL};
    a.value = LLVMBuildBinOp(f->m->at, ll_formula_opcode(formula->op, type), a.value, b.value, "");
    return a;
}

static struct ll_value negate(struct frame *f, const struct formula *formula)
{
    struct ll_value a = evaluate(f, formula->child[0]);
    if (is_real(a.type)) {
        a.value = LLVMBuildFNeg(f->m->at, a.value, "");
        return a;
    }
    a = convert(f->m, a, common(a.type, FORMULA_INT));
    a.value = LLVMBuildNeg(f->m->at, a.value, "");
    return a;
}

/* The type of an arm is not known before it is evaluated; what is too narrow is made wider in its
 * own block. */
static struct ll_value choose(struct frame *f, const struct formula *formula)
{
    struct ll_module *m = f->m;
    LLVMValueRef condition = is_true(m, evaluate(f, formula->child[0]));
    if (is_cheap(f, formula->child[1]) && is_cheap(f, formula->child[2])) {
        struct ll_value a = evaluate(f, formula->child[1]), b = evaluate(f, formula->child[2]);
        enum formula_type type = a.type == b.type ? a.type : common(a.type, b.type);
        a = convert(m, a, type);
        b = convert(m, b, type);
        a.value = LLVMBuildSelect(m->at, condition, a.value, b.value, "");
        return a;
    }
    LLVMBasicBlockRef first = ll_block(m), second = ll_block(m), end = ll_block(m);
    ll_fork(m, condition, first, second);
    ll_go_on(m, first);
    struct ll_value a = evaluate(f, formula->child[1]);
    LLVMBasicBlockRef from_a = ll_here(m);
    ll_go_on(m, second);
    struct ll_value b = evaluate(f, formula->child[2]);
    enum formula_type type = a.type == b.type ? a.type : common(a.type, b.type);
    b = convert(m, b, type);
    LLVMBasicBlockRef from_b = ll_here(m);
    ll_jump(m, end);
    ll_go_on(m, from_a);
    a = convert(m, a, type);
    ll_jump(m, end);
    ll_go_on(m, end);
    return (struct ll_value){ll_join(m, a.value, from_a, b.value, from_b), type};
}

/* ---------------------------------------------------------------------------------- calls */

/* Functions that targets have instructions for, exact everywhere: LLVM's own are the same. */
static bool is_intrinsic(const char *name)
{
    static const char *const names[] = {"fabs", "sqrt",  "fma",   "floor",
                                        "ceil", "trunc", "round", "copysign"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(names[i], name) == 0) return true;
    return false;
}

static LLVMValueRef intrinsic(struct frame *f, const char *name)
{
    struct adc_text text;
    LLVMTypeRef type = type_of(f->m, resolve(f, FORMULA_REAL));
    adc_text_init(&text, f->m->arena);
    adc_text_format(&text, "llvm.%s", name);
    unsigned id = LLVMLookupIntrinsicID(text.data, text.count);
    return LLVMGetIntrinsicDeclaration(f->m->module, id, &type, 1);
}

/* sin, sinf: ints (of ldexp) and addresses (of frexp) go as they are, everything else as REAL. */
static struct ll_value call(struct frame *f, const struct formula *formula)
{
    struct ll_module *m = f->m;
    enum formula_type real = resolve(f, FORMULA_REAL);
    LLVMValueRef arguments[3];
    LLVMTypeRef types[3];
    unsigned count = 0;
    bool pure = true;
    for (const struct formula *at = formula->child[0]; at && count < 3; at = at->next, count++) {
        struct ll_value value = {NULL, FORMULA_VOID};
        bool address = at->kind == FORMULA_ADDRESS;
        if (!address) value = evaluate(f, at);
        if (!address && value.type != FORMULA_INT) value = convert(m, value, real);
        arguments[count] = address ? f->slot[at->slot] : value.value;
        types[count] = LLVMTypeOf(arguments[count]);
        pure &= !address;
    }
    if (is_intrinsic(formula->text))
        return (struct ll_value){ll_call(m, intrinsic(f, formula->text), arguments, count), real};
    struct adc_text name;
    adc_text_init(&name, m->arena);
    adc_text_format(&name, "%s%s", formula->text, f->single ? "f" : "");
    LLVMTypeRef type = LLVMFunctionType(type_of(m, real), types, count, false);
    LLVMValueRef function = ll_external(m, name.data, type);
    if (pure) ll_note_pure(m, function);
    return (struct ll_value){ll_call(m, function, arguments, count), real};
}

static LLVMTypeRef function_type(struct frame *f)
{
    LLVMTypeRef types[FORMULA_MAX_PARAMETERS];
    for (unsigned i = 0; i < f->function->parameter_count; i++)
        types[i] = type_of(f->m, resolve(f, f->function->parameter[i]));
    return LLVMFunctionType(type_of(f->m, resolve(f, f->function->result)), types,
                            f->function->parameter_count, false);
}

static LLVMValueRef helper_function(struct ll_module *m, unsigned index, bool single)
{
    LLVMValueRef *function = &m->helper_functions[index][single];
    if (*function) return *function;
    struct frame frame = {.m = m, .function = ll_helper_formula(m, index), .single = single};
    const char *text = strstr(adc_helper_text(index), "H(") + 2;
    struct adc_text name;
    adc_text_init(&name, m->arena);
    adc_text_format(&name, "%.*s%s__", (int)strcspn(text, ")"), text, single ? "f" : "");
    *function = LLVMAddFunction(m->module, name.data, function_type(&frame));
    LLVMSetLinkage(*function, LLVMInternalLinkage);
    ll_note_pure(m, *function);
    ADC_PUSH(m->arena, m->wanted, (struct ll_helper){index, single});
    return *function;
}

static struct ll_value run(struct frame *f, const struct ll_value *arguments);

static struct ll_value call_helper(struct frame *f, const struct formula *formula)
{
    struct ll_module *m = f->m;
    struct frame inner = {.m = m, .single = f->single};
    inner.function = ll_helper_formula(m, (unsigned)formula->integer);
    struct ll_value arguments[3];
    LLVMValueRef values[3];
    unsigned count = 0;
    for (const struct formula *at = formula->child[0]; at; at = at->next, count++) {
        enum formula_type type = resolve(&inner, inner.function->parameter[count]);
        arguments[count] = convert(m, evaluate(f, at), type);
        values[count] = arguments[count].value;
    }
    if (!inner.function->loops && inner.function->size <= SHORT) return run(&inner, arguments);
    LLVMValueRef function = helper_function(m, (unsigned)formula->integer, f->single);
    return (struct ll_value){ll_call(m, function, values, count),
                             resolve(&inner, inner.function->result)};
}

static struct ll_value evaluate(struct frame *f, const struct formula *formula)
{
    struct ll_value none = {NULL, FORMULA_VOID};
    switch (formula->kind) {
    case FORMULA_NUMBER: return number(f, formula);
    case FORMULA_INTEGER: return integer(f, formula->type, formula->integer);
    case FORMULA_HUGE: return real_constant(f, FORMULA_F64, (double)INFINITY);
    case FORMULA_NAN: return real_constant(f, resolve(f, FORMULA_REAL), (double)NAN);
    case FORMULA_SIZEOF: return integer(f, FORMULA_SIZE, (int64_t)size_of(f, formula->type));
    case FORMULA_VARIABLE: return variable(f, formula->slot);
    case FORMULA_NEGATE: return negate(f, formula);
    case FORMULA_NOT:
        return (struct ll_value){
            LLVMBuildNot(f->m->at, is_true(f->m, evaluate(f, formula->child[0])), ""),
            FORMULA_BOOL};
    case FORMULA_CAST:
        if (formula->type == FORMULA_VOID) return evaluate(f, formula->child[0]);
        return convert(f->m, evaluate(f, formula->child[0]), resolve(f, formula->type));
    case FORMULA_BINARY: return operate(f, formula);
    case FORMULA_CHOICE: return choose(f, formula);
    case FORMULA_CALL: return call(f, formula);
    case FORMULA_HELPER: return call_helper(f, formula);
    case FORMULA_ASSIGN: set_variable(f, formula->slot, evaluate(f, formula->child[0])); break;
    case FORMULA_COPY_BITS: {
        LLVMTypeRef type = type_of(f->m, f->type[formula->slot]);
        LLVMValueRef bits = evaluate(f, formula->child[0]).value;
        LLVMBuildStore(f->m->at, LLVMBuildBitCast(f->m->at, bits, type, ""),
                       f->slot[formula->slot]);
        break;
    }
    case FORMULA_VMATH: /* these four of vmath.def alone */
    case FORMULA_PICK:
    case FORMULA_BITS_OF:
    case FORMULA_REAL_OF:
    case FORMULA_ADDRESS: /* an argument of a call */
    case FORMULA_DECLARE:
    case FORMULA_EVALUATE:
    case FORMULA_IF:
    case FORMULA_FOR:
    case FORMULA_RETURN: break; /* statements */
    }
    return none;
}

/* ----------------------------------------------------------------------------- statements */

static void put_list(struct frame *f, const struct formula *list);

static void put_return(struct frame *f, const struct formula *statement)
{
    struct ll_value value = evaluate(f, statement->child[0]);
    value = convert(f->m, value, resolve(f, f->function->result));
    ADC_PUSH(f->m->arena, f->values, value.value);
    ADC_PUSH(f->m->arena, f->from, ll_here(f->m));
    ll_jump(f->m, f->end);
    f->ended = true;
}

/* The list in a block of its own, which goes on at `end`. */
static void put_arm(struct frame *f, LLVMBasicBlockRef block, const struct formula *list,
                    LLVMBasicBlockRef end)
{
    ll_go_on(f->m, block);
    f->ended = false;
    put_list(f, list);
    if (!f->ended) ll_jump(f->m, end);
}

static void put_if(struct frame *f, const struct formula *statement)
{
    struct ll_module *m = f->m;
    LLVMValueRef condition = is_true(m, evaluate(f, statement->child[0]));
    LLVMBasicBlockRef then = ll_block(m), otherwise = ll_block(m), end = ll_block(m);
    ll_fork(m, condition, then, otherwise);
    put_arm(f, then, statement->child[1], end);
    bool ended = f->ended;
    put_arm(f, otherwise, statement->child[2], end);
    f->ended &= ended;
    ll_go_on(m, end);
    if (f->ended) LLVMBuildUnreachable(m->at);
}

static void put_for(struct frame *f, const struct formula *statement)
{
    struct ll_module *m = f->m;
    LLVMBasicBlockRef head = ll_block(m), body = ll_block(m), step = ll_block(m), end = ll_block(m);
    ll_jump(m, head);
    ll_go_on(m, head);
    ll_fork(m, is_true(m, evaluate(f, statement->child[0])), body, end);
    put_arm(f, body, statement->child[1], step);
    ll_go_on(m, step);
    if (statement->child[2]) evaluate(f, statement->child[2]->child[0]);
    ll_jump(m, head);
    ll_go_on(m, end);
    f->ended = false;
}

static void put_statement(struct frame *f, const struct formula *statement)
{
    switch (statement->kind) {
    case FORMULA_DECLARE:
        open_variable(f, statement->slot, statement->type);
        if (statement->child[0]) set_variable(f, statement->slot, evaluate(f, statement->child[0]));
        break;
    case FORMULA_IF: put_if(f, statement); break;
    case FORMULA_FOR: put_for(f, statement); break;
    case FORMULA_RETURN: put_return(f, statement); break;
    default: evaluate(f, statement->child[0]); break; /* FORMULA_EVALUATE: the reader's rest */
    }
}

static void put_list(struct frame *f, const struct formula *list)
{
    for (; list && !f->ended; list = list->next) put_statement(f, list);
}

/* The body at hand with these arguments; what it returns is the value. */
static struct ll_value run(struct frame *f, const struct ll_value *arguments)
{
    struct ll_module *m = f->m;
    struct ll_value result = {.type = resolve(f, f->function->result)};
    for (unsigned i = 0; i < f->function->parameter_count; i++) {
        open_variable(f, i, f->function->parameter[i]);
        set_variable(f, i, arguments[i]);
    }
    if (f->function->body->kind == FORMULA_RETURN)
        return convert(m, evaluate(f, f->function->body->child[0]), result.type);
    f->end = ll_block(m);
    put_list(f, f->function->body);
    ll_go_on(m, f->end);
    result.value = LLVMBuildPhi(m->at, type_of(m, result.type), "");
    LLVMAddIncoming(result.value, f->values.data, f->from.data, (unsigned)f->values.count);
    return result;
}

/* ------------------------------------------------------------------------------ functions */

struct formula_function *ll_formula(const struct ll_module *m, enum adc_op op)
{
    struct formula_function **function = &m->operators[op];
    if (!*function) *function = formula_of_operator(m->arena, op);
    ADC_INVARIANT(*function, m->product->function->graph);
    return *function;
}

LLVMValueRef ll_operator(struct ll_module *m, enum adc_op op, bool single,
                         const LLVMValueRef *arguments)
{
    const struct formula_function *function = ll_formula(m, op);
    struct ll_value values[3];
    struct frame frame = {.m = m, .function = function, .single = single};
    for (unsigned i = 0; i < function->parameter_count; i++)
        values[i] = (struct ll_value){arguments[i], resolve(&frame, function->parameter[i])};
    return run(&frame, values).value;
}

LLVMValueRef ll_helper(struct ll_module *m, unsigned index, bool single,
                       const LLVMValueRef *arguments)
{
    LLVMValueRef function = helper_function(m, index, single), values[3];
    unsigned count = ll_helper_formula(m, index)->parameter_count;
    for (unsigned i = 0; i < count; i++) values[i] = arguments[i];
    return ll_call(m, function, values, count);
}

static void define(struct frame *frame, LLVMValueRef function)
{
    struct ll_module *m = frame->m;
    struct ll_value arguments[FORMULA_MAX_PARAMETERS];
    ll_begin(m, function);
    for (unsigned i = 0; i < frame->function->parameter_count; i++)
        arguments[i] = (struct ll_value){LLVMGetParam(function, i),
                                         resolve(frame, frame->function->parameter[i])};
    LLVMBuildRet(m->at, run(frame, arguments).value);
    ll_end(m);
}

/* Helpers call helpers: the list grows meanwhile. */
void ll_put_helpers(struct ll_module *m)
{
    for (; m->written < m->wanted.count; m->written++) {
        struct ll_helper helper = m->wanted.data[m->written];
        struct frame frame = {.m = m, .single = helper.single};
        frame.function = ll_helper_formula(m, helper.index);
        define(&frame, m->helper_functions[helper.index][helper.single]);
    }
}

LLVMValueRef ll_function_of_text(struct ll_module *m, const char *name, const char *text)
{
    struct frame frame = {.m = m};
    frame.function = formula_of_text(m->arena, text);
    ADC_INVARIANT(frame.function, m->unit->products[0].function->graph);
    LLVMValueRef function = LLVMAddFunction(m->module, name, function_type(&frame));
    LLVMSetLinkage(function, LLVMInternalLinkage);
    define(&frame, function);
    return function;
}
