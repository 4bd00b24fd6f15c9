/* Sine and cosine of one number by one call.
 *
 * The C library of GNU has both at the price of one and a bit, with the bits that each has by
 * itself; GCC calls it too where C asks for both. What one block asks for is asked for together. */
#include "backend/native.h"

#include <string.h>

struct pairs {
    struct native *native;
    LLVMBuilderRef at;
    ADC_VEC(LLVMValueRef) alone; /* calls in the block at hand whose partner has not come */
};

/* 's', 'c' or 0. */
static char kind_of(LLVMValueRef value)
{
    size_t length;
    LLVMValueRef callee = LLVMIsACallInst(value) ? LLVMGetCalledValue(value) : NULL;
    if (!callee || !LLVMIsAFunction(callee)) return 0;
    const char *name = LLVMGetValueName2(callee, &length);
    if (!strcmp(name, "sin") || !strcmp(name, "sinf")) return 's';
    return !strcmp(name, "cos") || !strcmp(name, "cosf") ? 'c' : 0;
}

static LLVMValueRef partner_of(struct pairs *pairs, LLVMValueRef call)
{
    for (size_t i = 0; i < pairs->alone.count; i++) {
        LLVMValueRef other = pairs->alone.data[i];
        if (kind_of(other) == kind_of(call) || LLVMTypeOf(other) != LLVMTypeOf(call)) continue;
        if (LLVMGetOperand(other, 0) != LLVMGetOperand(call, 0)) continue;
        pairs->alone.data[i] = pairs->alone.data[--pairs->alone.count];
        return other;
    }
    return NULL;
}

static LLVMValueRef function_for(struct pairs *pairs, LLVMTypeRef real, LLVMTypeRef *type)
{
    LLVMModuleRef module = pairs->native->to.module;
    LLVMTypeRef pointer = LLVMPointerTypeInContext(pairs->native->context, 0);
    LLVMTypeRef inputs[] = {real, pointer, pointer};
    const char *name = LLVMGetTypeKind(real) == LLVMFloatTypeKind ? "sincosf" : "sincos";
    LLVMValueRef function = LLVMGetNamedFunction(module, name);
    *type = LLVMFunctionType(LLVMVoidTypeInContext(pairs->native->context), inputs, 3, false);
    return function ? function : LLVMAddFunction(module, name, *type);
}

static LLVMValueRef slot(struct pairs *pairs, LLVMValueRef call)
{
    LLVMValueRef function = LLVMGetBasicBlockParent(LLVMGetInstructionParent(call));
    LLVMPositionBuilderBefore(pairs->at, LLVMGetFirstInstruction(LLVMGetEntryBasicBlock(function)));
    return LLVMBuildAlloca(pairs->at, LLVMTypeOf(call), "");
}

static void replace(struct pairs *pairs, LLVMValueRef call, LLVMValueRef from)
{
    LLVMReplaceAllUsesWith(call, LLVMBuildLoad2(pairs->at, LLVMTypeOf(call), from, ""));
    LLVMInstructionEraseFromParent(call);
}

/* In the place of the first of both. */
static void join(struct pairs *pairs, LLVMValueRef first, LLVMValueRef second)
{
    LLVMValueRef of = LLVMGetOperand(first, 0), next = LLVMGetNextInstruction(first);
    LLVMValueRef slots[] = {slot(pairs, first), slot(pairs, second)};
    bool sine = kind_of(first) == 's';
    LLVMValueRef in[] = {of, slots[sine ? 0 : 1], slots[sine ? 1 : 0]};
    LLVMTypeRef type;
    LLVMValueRef function = function_for(pairs, LLVMTypeOf(first), &type);
    LLVMPositionBuilderBefore(pairs->at, next);
    LLVMSetCurrentDebugLocation2(pairs->at, LLVMInstructionGetDebugLoc(first));
    LLVMBuildCall2(pairs->at, type, function, in, 3, "");
    replace(pairs, first, slots[0]);
    replace(pairs, second, slots[1]);
    LLVMSetCurrentDebugLocation2(pairs->at, NULL);
}

static void join_block(struct pairs *pairs, LLVMBasicBlockRef block)
{
    pairs->alone.count = 0;
    for (LLVMValueRef call = LLVMGetFirstInstruction(block), next; call; call = next) {
        next = LLVMGetNextInstruction(call);
        if (!kind_of(call)) continue;
        LLVMValueRef first = partner_of(pairs, call);
        if (first) join(pairs, first, call);
        else ADC_PUSH(pairs->native->arena, pairs->alone, call);
    }
}

void native_join_pairs(struct native *native)
{
    struct pairs pairs = {.native = native};
    if (!strstr(LLVMGetTarget(native->to.module), "linux-gnu")) return;
    pairs.at = LLVMCreateBuilderInContext(native->context);
    for (LLVMValueRef function = LLVMGetFirstFunction(native->to.module); function;
         function = LLVMGetNextFunction(function))
        for (LLVMBasicBlockRef block = LLVMGetFirstBasicBlock(function); block;
             block = LLVMGetNextBasicBlock(block))
            join_block(&pairs, block);
    LLVMDisposeBuilder(pairs.at);
}
