/* The LLVM emitter: loop programs as a module, beside the C emitter (emit_c.h).
 *
 * in       the same unit as the C emitter's; the target's data layout and triple
 * out      functions of the same names, signatures and numbers as emitted C: entry points, f_work,
 *          f_abi, f_status, f_hess_size
 * errors   as emit_c; what else leaves by longjmp, the module is the caller's to free */
#ifndef ADC_BACKEND_EMIT_LLVM_H
#define ADC_BACKEND_EMIT_LLVM_H

#include "backend/emit_c.h"
#include "backend/llvm_api.h"

struct emit_llvm_target {
    LLVMTargetDataRef layout;
    unsigned level; /* of code generation */
    bool callers;   /* emit_llvm_caller.c */
    unsigned lanes; /* of doubles in a vector, as C has them; 0: no loop runs in lanes */
    bool fuses;     /* lanes add a product in one rounding */
};

/* emit_llvm_target.c: sets lanes and fuses, by the layout's machine. */
void emit_llvm_find_lanes(LLVMTargetMachineRef machine, struct emit_llvm_target *target);

/* All belongs to the caller, who frees it after a longjmp too. */
struct emit_llvm_module {
    LLVMModuleRef module;
    LLVMBuilderRef builders[2];
    LLVMDIBuilderRef lines;               /* NULL: debuggers need not find the program */
    const char **symbols, **work_symbols; /* set here: by program, on the unit's arena */
};

/* False after errors. */
bool emit_llvm(const struct emit_c_unit *unit, const struct emit_llvm_target *target,
               struct emit_llvm_module *to);

#endif
