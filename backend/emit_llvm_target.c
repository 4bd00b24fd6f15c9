/* What a target computes with: the same lanes as C has for it (emit_c_lanes_text.c).
 *
 * LLVM's C API does not tell what a processor has, and a name may be all that is known of it. The
 * code for a few operations on vectors does. Of this machine's own processor there is a list, which
 * saves a small program a sixth of its time. */
#include "backend/emit_llvm.h"

#include "backend/emit_llvm_internal.h"

#include <string.h>

struct probe {
    LLVMContextRef context;
    LLVMModuleRef module;
    LLVMBuilderRef at;
    LLVMValueRef function;
};

/* *p = *p + *p of eight doubles, *p = *p > 0 of two ints, *p = fma(*p, *p, *p) of one double. */
static void put_operations(struct probe *p)
{
    LLVMTypeRef f64 = LLVMDoubleTypeInContext(p->context);
    LLVMTypeRef ints = LLVMVectorType(LLVMInt64TypeInContext(p->context), 2);
    LLVMValueRef place = LLVMGetParam(p->function, 0);
    LLVMValueRef eight = LLVMBuildLoad2(p->at, LLVMVectorType(f64, 8), place, "");
    LLVMBuildStore(p->at, LLVMBuildFAdd(p->at, eight, eight, ""), place);
    LLVMValueRef two = LLVMBuildLoad2(p->at, ints, place, "");
    LLVMValueRef greater = LLVMBuildICmp(p->at, LLVMIntSGT, two, LLVMConstNull(ints), "");
    LLVMBuildStore(p->at, LLVMBuildSExt(p->at, greater, ints, ""), place);
    LLVMValueRef one = LLVMBuildLoad2(p->at, f64, place, ""), arguments[] = {one, one, one};
    unsigned id = LLVMLookupIntrinsicID("llvm.fma", strlen("llvm.fma"));
    LLVMValueRef fma = LLVMGetIntrinsicDeclaration(p->module, id, &f64, 1);
    LLVMTypeRef type = LLVMGlobalGetValueType(fma);
    LLVMBuildStore(p->at, LLVMBuildCall2(p->at, type, fma, arguments, 3, ""), place);
    LLVMBuildRetVoid(p->at);
}

static bool find(const char *text, size_t length, const char *word)
{
    size_t size = strlen(word);
    for (size_t i = 0; i + size <= length; i++)
        if (memcmp(text + i, word, size) == 0) return true;
    return false;
}

static void read_x86(LLVMMemoryBufferRef code, struct emit_llvm_target *target)
{
    const char *text = LLVMGetBufferStart(code);
    size_t length = LLVMGetBufferSize(code);
    bool fma = find(text, length, "vfmadd");
    target->lanes = find(text, length, "zmm")       ? 8
                    : find(text, length, "ymm")     ? 4
                    : find(text, length, "pcmpgtq") ? 2
                                                    : 0;
    target->fuses = fma && target->lanes >= 4;
}

/* How good the code is does not matter. */
static void put_haste(struct probe *p)
{
    static const char *const names[] = {"noinline", "optnone"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        unsigned kind = LLVMGetEnumAttributeKindForName(names[i], strlen(names[i]));
        LLVMAddAttributeAtIndex(p->function, (LLVMAttributeIndex)LLVMAttributeFunctionIndex,
                                LLVMCreateEnumAttribute(p->context, kind, 0));
    }
}

static void probe_x86(LLVMTargetMachineRef machine, const char *triple,
                      struct emit_llvm_target *target)
{
    struct probe p = {.context = LLVMContextCreate()};
    LLVMMemoryBufferRef code = NULL;
    char *problem = NULL;
    p.module = LLVMModuleCreateWithNameInContext("probe", p.context);
    p.at = LLVMCreateBuilderInContext(p.context);
    LLVMSetModuleDataLayout(p.module, target->layout);
    LLVMSetTarget(p.module, triple);
    LLVMTypeRef pointer = LLVMPointerTypeInContext(p.context, 0);
    LLVMTypeRef type = LLVMFunctionType(LLVMVoidTypeInContext(p.context), &pointer, 1, false);
    p.function = LLVMAddFunction(p.module, "probe", type);
    ll_note_width(p.context, p.function);
    put_haste(&p);
    LLVMPositionBuilderAtEnd(p.at, LLVMAppendBasicBlockInContext(p.context, p.function, ""));
    put_operations(&p);
    if (!LLVMTargetMachineEmitToMemoryBuffer(machine, p.module, LLVMAssemblyFile, &problem, &code))
        read_x86(code, target);
    LLVMDisposeMessage(problem);
    if (code) LLVMDisposeMemoryBuffer(code);
    LLVMDisposeBuilder(p.at);
    LLVMDisposeModule(p.module);
    LLVMContextDispose(p.context);
}

/* "+sse2,-avx512f,...": whether the sign stands before that name. */
static bool is_listed(const char *features, char sign, const char *name)
{
    size_t length = strlen(name);
    while (*features) {
        size_t size = strcspn(features, ",");
        if (size == length + 1 && *features == sign && memcmp(features + 1, name, length) == 0)
            return true;
        features += size;
        features += *features == ',';
    }
    return false;
}

/* False: it is not the whole list. */
static bool read_list(const char *features, struct emit_llvm_target *target)
{
    bool wide = is_listed(features, '+', "avx512f");
    if (!wide && !is_listed(features, '-', "avx512f")) return false;
    target->lanes = wide                                 ? 8
                    : is_listed(features, '+', "avx")    ? 4
                    : is_listed(features, '+', "sse4.2") ? 2
                                                         : 0;
    target->fuses = target->lanes >= 4 && is_listed(features, '+', "fma");
    return true;
}

static void find_x86(LLVMTargetMachineRef machine, const char *triple,
                     struct emit_llvm_target *target)
{
    char *features = LLVMGetTargetMachineFeatureString(machine);
    if (!read_list(features, target)) probe_x86(machine, triple, target);
    LLVMDisposeMessage(features);
}

void emit_llvm_find_lanes(LLVMTargetMachineRef machine, struct emit_llvm_target *target)
{
    char *triple = LLVMGetTargetMachineTriple(machine);
    target->lanes = 0;
    target->fuses = false;
    if (strncmp(triple, "aarch64", 7) == 0 || strncmp(triple, "arm64", 5) == 0) target->lanes = 2;
    else if (strncmp(triple, "x86_64", 6) == 0 || (triple[0] == 'i' && find(triple, 4, "86")))
        find_x86(machine, triple, target);
    LLVMDisposeMessage(triple);
}
