/* Types, constants, memory, blocks: what the rest of the LLVM emitter is written in. */
#include "backend/emit_llvm_internal.h"

#include <string.h>

/* -------------------------------------------------------------------------------- types */

void ll_types_init(struct ll_module *m, LLVMTargetDataRef layout)
{
    LLVMContextRef context = m->context;
    m->types = (struct ll_types){
        .f64 = LLVMDoubleTypeInContext(context),
        .f32 = LLVMFloatTypeInContext(context),
        .i64 = LLVMInt64TypeInContext(context),
        .i32 = LLVMInt32TypeInContext(context),
        .i8 = LLVMInt8TypeInContext(context),
        .i1 = LLVMInt1TypeInContext(context),
        .pointer = LLVMPointerTypeInContext(context, 0),
        .size = LLVMIntPtrTypeInContext(context, layout),
        .none = LLVMVoidTypeInContext(context),
    };
}

LLVMTypeRef ll_type(const struct ll_module *m, enum adc_type type)
{
    switch (type) {
    case ADC_F64: return m->types.f64;
    case ADC_F32: return m->types.f32;
    case ADC_INT: return m->types.i64;
    case ADC_BOOL: return m->types.i1;
    case ADC_I32: return m->types.i32;
    case ADC_TYPE_COUNT: break;
    }
    return m->types.none;
}

LLVMTypeRef ll_memory_type(const struct ll_module *m, enum adc_type type)
{
    return type == ADC_BOOL ? m->types.i8 : ll_type(m, type);
}

/* ---------------------------------------------------------------------------- constants */

LLVMValueRef ll_i64(const struct ll_module *m, int64_t value)
{
    return LLVMConstInt(m->types.i64, (uint64_t)value, true);
}

LLVMValueRef ll_size(const struct ll_module *m, uint64_t value)
{
    return LLVMConstInt(m->types.size, value, false);
}

LLVMValueRef ll_status(const struct ll_module *m, int64_t value)
{
    return LLVMConstInt(m->types.i32, (uint64_t)value, true);
}

/* By their bits: the number is the same whatever it is. */
static LLVMValueRef real_constant(LLVMTypeRef integer, LLVMTypeRef real, uint64_t bits)
{
    return LLVMConstBitCast(LLVMConstInt(integer, bits, false), real);
}

LLVMValueRef ll_constant(const struct ll_module *m, enum adc_type type, union adc_value value)
{
    uint32_t narrow;
    switch (type) {
    case ADC_F64: return real_constant(m->types.i64, m->types.f64, value.bits);
    case ADC_F32:
        memcpy(&narrow, &value.f32, sizeof narrow);
        return real_constant(m->types.i32, m->types.f32, narrow);
    case ADC_INT: return ll_i64(m, value.integer);
    case ADC_BOOL: return LLVMConstInt(m->types.i1, value.boolean, false);
    case ADC_I32: return ll_status(m, value.integer);
    case ADC_TYPE_COUNT: break;
    }
    return NULL;
}

/* ------------------------------------------------------------------------------- memory */

LLVMValueRef ll_load(struct ll_module *m, enum adc_type type, LLVMValueRef address)
{
    LLVMValueRef value = LLVMBuildLoad2(m->at, ll_memory_type(m, type), address, "");
    return type == ADC_BOOL ? LLVMBuildTrunc(m->at, value, m->types.i1, "") : value;
}

void ll_store(struct ll_module *m, enum adc_type type, LLVMValueRef value, LLVMValueRef address)
{
    if (type == ADC_BOOL) value = LLVMBuildZExt(m->at, value, m->types.i8, "");
    LLVMBuildStore(m->at, value, address);
}

LLVMValueRef ll_variable(struct ll_module *m, LLVMTypeRef type)
{
    return LLVMBuildAlloca(m->prologue, type, "");
}

LLVMValueRef ll_offset(struct ll_module *m, LLVMTypeRef type, LLVMValueRef base, LLVMValueRef index)
{
    if (LLVMIsNull(index)) return base;
    return LLVMBuildInBoundsGEP2(m->at, type, base, &index, 1, "");
}

LLVMValueRef ll_compare(struct ll_module *m, LLVMIntPredicate predicate, LLVMValueRef a,
                        LLVMValueRef b)
{
    return LLVMBuildICmp(m->at, predicate, a, b, "");
}

LLVMValueRef ll_is_null(struct ll_module *m, LLVMValueRef pointer)
{
    return LLVMBuildIsNull(m->at, pointer, "");
}

/* ------------------------------------------------------------------------------- blocks */

LLVMBasicBlockRef ll_block(struct ll_module *m)
{
    return LLVMAppendBasicBlockInContext(m->context, m->function, "");
}

LLVMBasicBlockRef ll_here(const struct ll_module *m)
{
    return LLVMGetInsertBlock(m->at);
}

void ll_go_on(struct ll_module *m, LLVMBasicBlockRef block)
{
    LLVMPositionBuilderAtEnd(m->at, block);
}

void ll_jump(struct ll_module *m, LLVMBasicBlockRef block)
{
    LLVMBuildBr(m->at, block);
}

void ll_fork(struct ll_module *m, LLVMValueRef condition, LLVMBasicBlockRef then,
             LLVMBasicBlockRef otherwise)
{
    LLVMBuildCondBr(m->at, condition, then, otherwise);
}

LLVMValueRef ll_join(struct ll_module *m, LLVMValueRef a, LLVMBasicBlockRef from_a, LLVMValueRef b,
                     LLVMBasicBlockRef from_b)
{
    LLVMValueRef values[] = {a, b}, phi = LLVMBuildPhi(m->at, LLVMTypeOf(a), "");
    LLVMBasicBlockRef blocks[] = {from_a, from_b};
    LLVMAddIncoming(phi, values, blocks, 2);
    return phi;
}

/* By a number that is known when the program runs, before the first branch of a pass: for the
 * address of what an arm is chosen by. */
static bool is_multiplied(LLVMValueRef k)
{
    LLVMBasicBlockRef first = LLVMGetInstructionParent(k);
    for (LLVMUseRef use = LLVMGetFirstUse(k); use; use = LLVMGetNextUse(use)) {
        LLVMValueRef user = LLVMGetUser(use);
        if (LLVMGetInstructionOpcode(user) != LLVMMul) continue;
        if (LLVMGetInstructionParent(user) != first) continue;
        if (!LLVMIsConstant(LLVMGetOperand(user, 0)) && !LLVMIsConstant(LLVMGetOperand(user, 1)))
            return true;
    }
    return false;
}

LLVMValueRef ll_next(struct ll_module *m, LLVMValueRef k, LLVMValueRef step)
{
    LLVMValueRef next = LLVMBuildNSWAdd(m->at, k, step, "");
    bool arms = LLVMIsAPHINode(k) && LLVMGetInstructionParent(k) != ll_here(m);
    bool hidden = m->level > 0 && m->lane && !(arms && is_multiplied(k));
    return hidden ? LLVMBuildFreeze(m->at, next, "") : next;
}

struct ll_counter ll_open_counter(struct ll_module *m, LLVMValueRef from, LLVMValueRef limit,
                                  LLVMValueRef step)
{
    struct ll_counter counter = {.before = ll_here(m), .step = step};
    LLVMBasicBlockRef body = ll_block(m);
    counter.head = ll_block(m);
    counter.end = ll_block(m);
    ll_jump(m, counter.head);
    ll_go_on(m, counter.head);
    counter.k = LLVMBuildPhi(m->at, LLVMTypeOf(from), "");
    LLVMAddIncoming(counter.k, &from, &counter.before, 1);
    LLVMValueRef next = LLVMBuildAdd(m->at, counter.k, step, "");
    ll_fork(m, ll_compare(m, LLVMIntSLE, next, limit), body, counter.end);
    ll_go_on(m, body);
    return counter;
}

void ll_close_counter(struct ll_module *m, struct ll_counter *counter)
{
    LLVMValueRef next = ll_next(m, counter->k, counter->step);
    LLVMBasicBlockRef here = ll_here(m);
    LLVMAddIncoming(counter->k, &next, &here, 1);
    ll_jump(m, counter->head);
    ll_go_on(m, counter->end);
}

/* ---------------------------------------------------------------------------- functions */

void ll_attribute(struct ll_module *m, LLVMValueRef function, int place, const char *name,
                  uint64_t value)
{
    unsigned kind = LLVMGetEnumAttributeKindForName(name, strlen(name));
    LLVMAddAttributeAtIndex(function, (LLVMAttributeIndex)place,
                            LLVMCreateEnumAttribute(m->context, kind, value));
}

void ll_extension(struct ll_module *m, LLVMValueRef function, int place, enum adc_type type)
{
    if (type == ADC_BOOL) ll_attribute(m, function, place, "zeroext", 0);
    if (type == ADC_I32) ll_attribute(m, function, place, "signext", 0);
}

void ll_note_pure(struct ll_module *m, LLVMValueRef function)
{
    static const char *const names[] = {"memory", "nounwind", "willreturn"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        ll_attribute(m, function, LLVMAttributeFunctionIndex, names[i], 0);
}

/* LLVM must not take it for a function that it knows: it would call others in its place. */
LLVMValueRef ll_external(struct ll_module *m, const char *name, LLVMTypeRef type)
{
    LLVMValueRef function = LLVMGetNamedFunction(m->module, name);
    if (function) return function;
    function = LLVMAddFunction(m->module, name, type);
    ll_attribute(m, function, LLVMAttributeFunctionIndex, "nobuiltin", 0);
    ll_attribute(m, function, LLVMAttributeFunctionIndex, "nounwind", 0);
    return function;
}

LLVMValueRef ll_call(struct ll_module *m, LLVMValueRef function, LLVMValueRef *arguments,
                     unsigned count)
{
    return LLVMBuildCall2(m->at, LLVMGlobalGetValueType(function), function, arguments, count, "");
}

void ll_note_width(LLVMContextRef context, LLVMValueRef function)
{
    static const char *const names[] = {"prefer-vector-width", "min-legal-vector-width"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        LLVMAddAttributeAtIndex(
            function, (LLVMAttributeIndex)LLVMAttributeFunctionIndex,
            LLVMCreateStringAttribute(context, names[i], (unsigned)strlen(names[i]), "512", 3));
}

void ll_begin(struct ll_module *m, LLVMValueRef function)
{
    static const char no_builtins[] = "no-builtins";
    m->function = function;
    ll_attribute(m, function, LLVMAttributeFunctionIndex, "nounwind", 0);
    LLVMAddAttributeAtIndex(
        function, (LLVMAttributeIndex)LLVMAttributeFunctionIndex,
        LLVMCreateStringAttribute(m->context, no_builtins, sizeof no_builtins - 1, "", 0));
    if (m->doubles == 8) ll_note_width(m->context, function);
    LLVMPositionBuilderAtEnd(m->prologue, ll_block(m));
    m->body = ll_block(m);
    ll_go_on(m, m->body);
}

void ll_end(struct ll_module *m)
{
    LLVMBuildBr(m->prologue, m->body);
    ll_debug_end(m);
}
