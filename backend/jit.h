/* Native code: what libadc_llvm offers to those who open it (runtime/native.c).
 *
 * The library exports adc_native_library alone. Units are those of the C emitter, functions have
 * the names, signatures and numbers of emitted C (backend/emit_llvm.h).
 *
 * owner    texts lie on the unit's arena; compiled code is the caller's to free, and independent of
 *          the arena
 * threads  calls with different units may run at once; so may compiled functions
 * errors   mistakes of the program are diagnostics; anything else is a line in `problem`, and
 *          nothing is printed. Want of memory in the arena leaves by longjmp */
#ifndef ADC_BACKEND_JIT_H
#define ADC_BACKEND_JIT_H

#include "backend/emit_c.h"

enum native_form { NATIVE_LLVM, NATIVE_ASSEMBLY, NATIVE_OBJECT };

struct native_options {
    const char *triple; /* NULL: the host's */
    const char *cpu;    /* NULL: any of the target, in a JIT this very one; "native": this one */
    unsigned level;     /* 0 to 3 */
    bool debug;         /* debuggers find lines of the program */
    bool threads;       /* what is loaded needs a library of OpenMP */
};

/* Seconds. */
struct native_times {
    double build, passes, generation, link;
};

struct native_report {
    const char *problem; /* one line if a call failed without a diagnostic, else NULL */
    struct native_times times;
};

/* 8 bytes: a scalar at its beginning (an int32_t as itself) or the pointer of an array. */
union native_value {
    union adc_value scalar;
    int32_t narrow;
    const void *elements;
};

typedef int native_caller(const union native_value *inputs, void *const *outputs, void *work);
typedef size_t native_work_caller(const union native_value *inputs);

/* A program that was compiled: addresses of f and f_work, which have the signatures of emitted C,
 * and the same for callers that know the parameters at run time alone. */
struct native_function {
    const char *symbol, *work_symbol;
    uintptr_t entry, work;
    native_caller *call;
    native_work_caller *call_work;
};

/* What is loaded: bytes of an object file, and by program the names of f and f_work in it. */
struct native_object {
    const char **symbols, **work_symbols;
    size_t count;
    const char *bytes;
    size_t size;
};

struct native_code;

struct native_library {
    const char *adc_version, *llvm_version;
    /* Appends text or the bytes of an object file to `out`. */
    bool (*emit)(const struct emit_c_unit *unit, const struct native_options *options,
                 enum native_form form, struct adc_text *out, struct native_report *report);
    /* For this very machine, to be loaded; on the unit's arena. */
    bool (*make)(const struct emit_c_unit *unit, const struct native_options *options,
                 struct native_object *object, struct native_report *report);
    /* NULL after errors; fills `functions`, one a program. Nothing of the object is needed later;
     * names of functions are its own. */
    struct native_code *(*load)(struct adc_arena *arena, const struct native_object *object,
                                const struct native_options *options,
                                struct native_function *functions, struct native_report *report);
    /* A line that differs between machines that do not run each other's objects. */
    void (*describe_host)(struct adc_text *out);
    /* Where a function begins; 0 if there is none of that name. */
    uintptr_t (*address)(const struct native_code *code, const char *symbol);
    void (*release)(struct native_code *code);
};

typedef const struct native_library *native_entry(void);

#define NATIVE_ENTRY "adc_native_library"

#endif
