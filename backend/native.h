/* From a unit to object code, inside libadc_llvm.
 *
 * owner    native_close frees everything; `object` is the caller's once taken */
#ifndef ADC_BACKEND_NATIVE_H
#define ADC_BACKEND_NATIVE_H

#include "backend/emit_llvm.h"
#include "backend/jit.h"

struct native {
    const struct emit_c_unit *unit; /* or NULL: an object is loaded */
    struct adc_arena *arena;
    const struct native_options *options;
    struct native_report *report;
    LLVMTargetMachineRef machine;
    LLVMTargetDataRef layout;
    LLVMContextRef context;
    struct emit_llvm_module to;
    LLVMMemoryBufferRef object; /* or assembly */
    double mark;                /* when the step at hand began */
    bool jit;                   /* for this machine, now */
    bool lanes;                 /* the module has loops in lanes */
};

/* Each step gives false after errors, with report->problem where there is no diagnostic. */
bool native_open_target(struct native *n); /* the machine alone */
bool native_open(struct native *n);
bool native_build(struct native *n);
bool native_optimise(struct native *n);
void native_join_pairs(struct native *n); /* native_pairs.c */
bool native_generate(struct native *n, LLVMCodeGenFileType type);
void native_close(struct native *n);

/* This machine's processor and what it can do, in one line. */
void native_describe_host(struct adc_text *out);

/* Seconds since the last mark; sets the next one. */
double native_mark(struct native *n);

/* Note a problem, unless there is one already; give back false. */
bool native_fail(struct native_report *report, struct adc_arena *arena, const char *what,
                 const char *text);
bool native_fail_message(struct native *n, const char *what, char *message);
bool native_fail_error(struct native *n, const char *what, LLVMErrorRef error);

#endif
