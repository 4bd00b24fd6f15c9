/* Functions of vmath.def over vectors in LLVM: the same steps as in C, so the same bits.
 *
 * Functions are written out where they are called. A choice is a select, an `if` a jump over its
 * body when no lane asks. */
#include "backend/emit_llvm_lanes.h"

#include <math.h>
#include <string.h>

/* A body being written; masks are vectors of i1. */
struct vmath {
    struct ll_module *m;
    const struct formula_function *function;
    unsigned index; /* of vmath.h */
    bool single;
    unsigned lanes;
    LLVMValueRef mask;                    /* of the `if` at hand, or NULL */
    LLVMValueRef slot[FORMULA_MAX_SLOTS]; /* value, or where it lies if it is assigned */
    enum formula_type type[FORMULA_MAX_SLOTS];
};

static LLVMValueRef evaluate(struct vmath *v, const struct formula *formula);

static const struct adc_graph *graph_of(const struct ll_module *m)
{
    return m->unit->products[0].function->graph;
}

static LLVMTypeRef type_of(const struct vmath *v, enum formula_type type)
{
    const struct ll_types *types = &v->m->types;
    LLVMTypeRef one = v->single ? types->f32 : types->f64;
    if (type == FORMULA_BITS) one = v->single ? types->i32 : types->i64;
    if (type == FORMULA_BOOL) one = types->i1;
    return LLVMVectorType(one, v->lanes);
}

static LLVMValueRef all(struct vmath *v, LLVMValueRef value)
{
    LLVMValueRef *values = ADC_NEW_ARRAY(v->m->arena, LLVMValueRef, v->lanes);
    for (unsigned i = 0; i < v->lanes; i++) values[i] = value;
    return LLVMConstVector(values, v->lanes);
}

static LLVMTypeRef real_type(const struct vmath *v)
{
    return v->single ? v->m->types.f32 : v->m->types.f64;
}

static LLVMValueRef all_real(struct vmath *v, double value)
{
    return all(v, LLVMConstReal(real_type(v), value));
}

/* ------------------------------------------------------------------------------ operators */

static bool is_real(LLVMValueRef value)
{
    LLVMTypeKind kind = LLVMGetTypeKind(LLVMGetElementType(LLVMTypeOf(value)));
    return kind == LLVMFloatTypeKind || kind == LLVMDoubleTypeKind;
}

static LLVMValueRef compare(struct vmath *v, enum formula_op op, LLVMValueRef a, LLVMValueRef b)
{
    static const LLVMRealPredicate reals[] = {LLVMRealOEQ, LLVMRealUNE, LLVMRealOLT,
                                              LLVMRealOLE, LLVMRealOGT, LLVMRealOGE};
    static const LLVMIntPredicate naturals[] = {LLVMIntEQ,  LLVMIntNE,  LLVMIntULT,
                                                LLVMIntULE, LLVMIntUGT, LLVMIntUGE};
    if (is_real(a)) return LLVMBuildFCmp(v->m->at, reals[op - FORMULA_EQ], a, b, "");
    return LLVMBuildICmp(v->m->at, naturals[op - FORMULA_EQ], a, b, "");
}

static LLVMOpcode opcode_of(const struct vmath *v, enum formula_op op, bool real)
{
    switch (op) {
    case FORMULA_OR:
    case FORMULA_BIT_OR: return LLVMOr;
    case FORMULA_AND:
    case FORMULA_BIT_AND: return LLVMAnd;
    case FORMULA_BIT_XOR: return LLVMXor;
    case FORMULA_SHIFT_LEFT: return LLVMShl;
    case FORMULA_SHIFT_RIGHT: return LLVMLShr;
    case FORMULA_ADD: return real ? LLVMFAdd : LLVMAdd;
    case FORMULA_SUB: return real ? LLVMFSub : LLVMSub;
    case FORMULA_MUL: return real ? LLVMFMul : LLVMMul;
    case FORMULA_DIV: ADC_INVARIANT(real, graph_of(v->m)); return LLVMFDiv;
    case FORMULA_EQ: /* compared, or not there */
    case FORMULA_NE:
    case FORMULA_LT:
    case FORMULA_LE:
    case FORMULA_GT:
    case FORMULA_GE:
    case FORMULA_REM: break;
    }
    ADC_INVARIANT(false, graph_of(v->m));
    return LLVMAdd;
}

static LLVMValueRef operate(struct vmath *v, const struct formula *formula)
{
    LLVMValueRef a = evaluate(v, formula->child[0]), b = evaluate(v, formula->child[1]);
    if (formula->op >= FORMULA_EQ && formula->op <= FORMULA_GE)
        return compare(v, formula->op, a, b);
    return LLVMBuildBinOp(v->m->at, opcode_of(v, formula->op, is_real(a)), a, b, "");
}

/* fabs, copysign, sqrt, fma; of a mask whether any lane is true. */
static LLVMValueRef intrinsic(struct vmath *v, const char *name, LLVMValueRef *arguments,
                              unsigned count)
{
    struct adc_text text;
    LLVMTypeRef type = LLVMTypeOf(arguments[0]);
    adc_text_init(&text, v->m->arena);
    adc_text_format(&text, "llvm.%s", name);
    unsigned id = LLVMLookupIntrinsicID(text.data, text.count);
    ADC_INVARIANT(id, graph_of(v->m));
    LLVMValueRef function = LLVMGetIntrinsicDeclaration(v->m->module, id, &type, 1);
    return ll_call(v->m, function, arguments, count);
}

/* ------------------------------------------------------------------------------- variables */

static LLVMValueRef variable(struct vmath *v, uint32_t slot)
{
    if (!v->function->assigned[slot]) return v->slot[slot];
    return LLVMBuildLoad2(v->m->at, type_of(v, v->type[slot]), v->slot[slot], "");
}

static void open_variable(struct vmath *v, uint32_t slot, enum formula_type type,
                          LLVMValueRef value)
{
    v->type[slot] = type;
    v->slot[slot] = value;
    if (!v->function->assigned[slot]) return;
    v->slot[slot] = ll_variable(v->m, type_of(v, type));
    LLVMBuildStore(v->m->at, value, v->slot[slot]);
}

static void assign(struct vmath *v, const struct formula *formula)
{
    LLVMValueRef value = evaluate(v, formula->child[0]);
    if (v->mask) value = LLVMBuildSelect(v->m->at, v->mask, value, variable(v, formula->slot), "");
    LLVMBuildStore(v->m->at, value, v->slot[formula->slot]);
}

/* -------------------------------------------------------------------------------- bodies */

static void put_if(struct vmath *v, const struct formula *statement);

/* What the list returns, or NULL. */
static LLVMValueRef put_list(struct vmath *v, const struct formula *list)
{
    for (const struct formula *at = list; at; at = at->next) {
        if (at->kind == FORMULA_RETURN) return evaluate(v, at->child[0]);
        if (at->kind == FORMULA_IF) put_if(v, at);
        else if (at->kind == FORMULA_DECLARE)
            open_variable(v, at->slot, at->type, evaluate(v, at->child[0]));
        else assign(v, at->child[0]);
    }
    return NULL;
}

static void put_if(struct vmath *v, const struct formula *statement)
{
    struct ll_module *m = v->m;
    LLVMValueRef mask = evaluate(v, statement->child[0]);
    LLVMBasicBlockRef body = ll_block(m), end = ll_block(m);
    ll_fork(m, intrinsic(v, "vector.reduce.or", &mask, 1), body, end);
    ll_go_on(m, body);
    v->mask = mask;
    put_list(v, statement->child[1]);
    v->mask = NULL;
    ll_jump(m, end);
    ll_go_on(m, end);
}

static unsigned vmath_count(void)
{
    unsigned count = 0;
    while (adc_vmath_text(count, false)) count++;
    return count;
}

const struct formula_function *ll_vmath_formula(struct ll_module *m, unsigned index)
{
    if (!m->vmath) m->vmath = ADC_NEW_ARRAY(m->arena, struct formula_function *, vmath_count());
    if (!m->vmath[index]) m->vmath[index] = formula_of_vmath(m->arena, index, m->fma);
    ADC_INVARIANT(m->vmath[index], graph_of(m));
    return m->vmath[index];
}

/* Vectors are those that AVX-512 has instructions for: one for y*2^n, which rounds once, as the two
 * products of vmath.def do, and takes the integer below n; one that picks from two vectors. */
static bool is_wide(const struct ll_module *m, unsigned index, unsigned lanes)
{
    return m->fuses && lanes == 8 && adc_vmath_type(index) == ADC_F64;
}

static bool is_called(unsigned index, const char *name)
{
    return strcmp(adc_vmath_name(index), name) == 0;
}

static LLVMValueRef call_of_machine(struct ll_module *m, const char *name, LLVMValueRef *arguments,
                                    unsigned count)
{
    unsigned id = LLVMLookupIntrinsicID(name, strlen(name));
    ADC_INVARIANT(id, graph_of(m));
    return ll_call(m, LLVMGetIntrinsicDeclaration(m->module, id, NULL, 0), arguments, count);
}

static LLVMValueRef scale_at_once(struct ll_module *m, const LLVMValueRef *arguments)
{
    LLVMTypeRef lanes = m->types.i8;
    LLVMValueRef all[] = {arguments[0], arguments[1], arguments[0], LLVMConstAllOnes(lanes),
                          LLVMConstInt(m->types.i32, 4, false)};
    return call_of_machine(m, "llvm.x86.avx512.mask.scalef.pd.512", all, 5);
}

static LLVMValueRef run(struct ll_module *m, unsigned index, unsigned lanes,
                        const LLVMValueRef *arguments)
{
    bool wide = is_wide(m, index, lanes);
    if (wide && is_called(index, "scale")) return scale_at_once(m, arguments);
    if (wide && is_called(index, "whole")) return arguments[0];
    struct vmath v = {.m = m, .index = index, .lanes = lanes};
    v.single = adc_vmath_type(index) == ADC_F32;
    v.function = ll_vmath_formula(m, index);
    for (unsigned i = 0; i < v.function->parameter_count; i++)
        open_variable(&v, i, v.function->parameter[i], arguments[i]);
    return put_list(&v, v.function->body);
}

/* Of an `if`, which is rare: what is called there is there once, however many calls there are of
 * the function with the `if`. */
static LLVMValueRef call_seldom(struct vmath *v, unsigned index, LLVMValueRef *arguments)
{
    static const char *const marks[] = {"cold", "noinline"};
    struct ll_module *m = v->m;
    const struct formula_function *function = ll_vmath_formula(m, index);
    struct ll_lane_function wanted = {.kind = LL_LANE_VMATH, .index = index};
    LLVMTypeRef types[FORMULA_MAX_PARAMETERS];
    struct adc_text name;
    adc_text_init(&name, m->arena);
    adc_text_format(&name, "%s_v__", adc_vmath_name(index));
    wanted.name = name.data;
    for (unsigned i = 0; i < function->parameter_count; i++)
        types[i] = type_of(v, function->parameter[i]);
    LLVMTypeRef type =
        LLVMFunctionType(type_of(v, function->result), types, function->parameter_count, false);
    LLVMValueRef called = ll_lane_function(m, &wanted, type);
    ll_note_pure(m, called);
    LLVMValueRef call = ll_call(m, called, arguments, function->parameter_count);
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
        unsigned kind = LLVMGetEnumAttributeKindForName(marks[i], strlen(marks[i]));
        LLVMAddCallSiteAttribute(call, (LLVMAttributeIndex)LLVMAttributeFunctionIndex,
                                 LLVMCreateEnumAttribute(m->context, kind, 0));
    }
    return call;
}

static LLVMValueRef call(struct vmath *v, const struct formula *formula)
{
    LLVMValueRef arguments[3];
    unsigned count = 0;
    for (const struct formula *at = formula->child[0]; at && count < 3; at = at->next)
        arguments[count++] = evaluate(v, at);
    if (formula->kind == FORMULA_CALL) return intrinsic(v, formula->text, arguments, count);
    if (v->mask && v->m->level == 1) return call_seldom(v, (unsigned)formula->integer, arguments);
    return run(v->m, (unsigned)formula->integer, v->lanes, arguments);
}

/* The table of a PICK in function `v->index`: there is one of it in a module. */
static LLVMValueRef table_of(struct vmath *v, const struct formula *pick, LLVMValueRef *numbers)
{
    struct ll_module *m = v->m;
    size_t index = (size_t)v->index * FORMULA_MAX_PICKS + pick->slot;
    if (!m->tables)
        m->tables = ADC_NEW_ARRAY(m->arena, LLVMValueRef, vmath_count() * FORMULA_MAX_PICKS);
    if (m->tables[index]) return m->tables[index];
    LLVMValueRef values = LLVMConstArray(m->types.f64, numbers, FORMULA_PICK_COUNT);
    LLVMValueRef table = LLVMAddGlobal(m->module, LLVMTypeOf(values), "");
    LLVMSetInitializer(table, values);
    LLVMSetGlobalConstant(table, true);
    LLVMSetLinkage(table, LLVMPrivateLinkage);
    return m->tables[index] = table;
}

static LLVMValueRef pick(struct vmath *v, const struct formula *formula)
{
    struct ll_module *m = v->m;
    LLVMValueRef numbers[FORMULA_PICK_COUNT], index = evaluate(v, formula->child[0]);
    unsigned count = 0;
    for (const struct formula *at = formula->child[1]; at; at = at->next)
        numbers[count++] = LLVMConstRealOfString(m->types.f64, at->text);
    if (is_wide(m, v->index, v->lanes)) {
        LLVMValueRef all[] = {LLVMConstVector(numbers, 8), index, LLVMConstVector(numbers + 8, 8)};
        return call_of_machine(m, "llvm.x86.avx512.vpermi2var.pd.512", all, 3);
    }
    LLVMValueRef table = table_of(v, formula, numbers);
    LLVMValueRef result = LLVMGetUndef(type_of(v, FORMULA_REAL));
    LLVMValueRef last = LLVMConstInt(m->types.i64, FORMULA_PICK_COUNT - 1, false);
    for (unsigned i = 0; i < v->lanes; i++) {
        LLVMValueRef lane = LLVMConstInt(m->types.i32, i, false);
        LLVMValueRef one = LLVMBuildExtractElement(m->at, index, lane, "");
        one = LLVMBuildAnd(m->at, one, last, "");
        LLVMValueRef place = LLVMBuildGEP2(m->at, m->types.f64, table, &one, 1, "");
        one = LLVMBuildLoad2(m->at, m->types.f64, place, "");
        result = LLVMBuildInsertElement(m->at, result, one, lane, "");
    }
    return result;
}

static LLVMValueRef choose(struct vmath *v, const struct formula *formula)
{
    LLVMValueRef mask = evaluate(v, formula->child[0]);
    LLVMValueRef a = evaluate(v, formula->child[1]), b = evaluate(v, formula->child[2]);
    return LLVMBuildSelect(v->m->at, mask, a, b, "");
}

static LLVMValueRef cast_bits(struct vmath *v, const struct formula *formula,
                              enum formula_type type)
{
    return LLVMBuildBitCast(v->m->at, evaluate(v, formula->child[0]), type_of(v, type), "");
}

static LLVMValueRef evaluate(struct vmath *v, const struct formula *formula)
{
    switch (formula->kind) {
    case FORMULA_NUMBER: return all(v, LLVMConstRealOfString(real_type(v), formula->text));
    case FORMULA_INTEGER:
        return all(v, LLVMConstInt(v->single ? v->m->types.i32 : v->m->types.i64,
                                   (uint64_t)formula->integer, false));
    case FORMULA_HUGE: return all_real(v, (double)INFINITY);
    case FORMULA_NAN: return all_real(v, (double)NAN);
    case FORMULA_VARIABLE: return variable(v, formula->slot);
    case FORMULA_NEGATE: return LLVMBuildFNeg(v->m->at, evaluate(v, formula->child[0]), "");
    case FORMULA_NOT: return LLVMBuildNot(v->m->at, evaluate(v, formula->child[0]), "");
    case FORMULA_CAST: return evaluate(v, formula->child[0]); /* of infinity to REAL */
    case FORMULA_BINARY: return operate(v, formula);
    case FORMULA_CHOICE: return choose(v, formula);
    case FORMULA_CALL:
    case FORMULA_VMATH: return call(v, formula);
    case FORMULA_PICK: return pick(v, formula);
    case FORMULA_BITS_OF: return cast_bits(v, formula, FORMULA_BITS);
    case FORMULA_REAL_OF: return cast_bits(v, formula, FORMULA_REAL);
    case FORMULA_SIZEOF: /* not in vmath.def, or statements */
    case FORMULA_ADDRESS:
    case FORMULA_HELPER:
    case FORMULA_ASSIGN:
    case FORMULA_COPY_BITS:
    case FORMULA_DECLARE:
    case FORMULA_EVALUATE:
    case FORMULA_IF:
    case FORMULA_FOR:
    case FORMULA_RETURN: break;
    }
    ADC_INVARIANT(false, graph_of(v->m));
    return NULL;
}

LLVMValueRef ll_vmath(struct ll_module *m, unsigned index, unsigned lanes,
                      const LLVMValueRef *arguments)
{
    return run(m, index, lanes, arguments);
}
