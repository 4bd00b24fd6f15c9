/* Target, module, passes, code generation. Every failure ends as text in the report. */
#define _XOPEN_SOURCE 700
#include "backend/native.h"

#include <string.h>
#include <threads.h>
#include <time.h>

/* ------------------------------------------------------------------------------- problems */

bool native_fail(struct native_report *report, struct adc_arena *arena, const char *what,
                 const char *text)
{
    struct adc_text line;
    if (report->problem) return false;
    adc_text_init(&line, arena);
    adc_text_format(&line, "%s: %.*s", what, (int)strcspn(text, "\n"), text);
    report->problem = line.data;
    return false;
}

bool native_fail_message(struct native *n, const char *what, char *message)
{
    native_fail(n->report, n->arena, what, message ? message : "unknown");
    LLVMDisposeMessage(message);
    return false;
}

bool native_fail_error(struct native *n, const char *what, LLVMErrorRef error)
{
    char *text = LLVMGetErrorMessage(error);
    native_fail(n->report, n->arena, what, text);
    LLVMDisposeErrorMessage(text);
    return false;
}

/* Without a handler an error is printed and ends the process. */
static void on_diagnostic(LLVMDiagnosticInfoRef info, void *native)
{
    if (LLVMGetDiagInfoSeverity(info) != LLVMDSError) return;
    native_fail_message(native, "LLVM", LLVMGetDiagInfoDescription(info));
}

double native_mark(struct native *n)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    double now = (double)time.tv_sec + 1e-9 * (double)time.tv_nsec, before = n->mark;
    n->mark = now;
    return now - before;
}

/* --------------------------------------------------------------------------------- target */

static once_flag host_once = ONCE_FLAG_INIT, all_once = ONCE_FLAG_INIT;

static void register_host(void)
{
    LLVMInitializeNativeTarget();
    LLVMInitializeNativeAsmPrinter();
}

/* Linked with the host's back end alone, the library knows no other target. */
static void register_all(void)
{
#ifndef ADC_LLVM_HOST_ONLY
    LLVMInitializeAllTargetInfos();
    LLVMInitializeAllTargets();
    LLVMInitializeAllTargetMCs();
    LLVMInitializeAllAsmPrinters();
#endif
}

/* LLVM prints about a name that it does not know and goes on. */
static const struct {
    const char *target, *cpu;
} known[] = {
#include "llvm/llvm_cpus.inc"
};

static bool is_known(const char *target, const char *cpu)
{
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(known[i].target, target) == 0 && strcmp(known[i].cpu, cpu) == 0) return true;
    return false;
}

/* Compilers for RISC-V with an operating system take reals for granted; LLVM does not by itself. */
static bool is_risc_v_system(const struct native *n)
{
    const char *triple = n->options->triple;
    return triple && strncmp(triple, "riscv64", 7) == 0 && !strstr(triple, "none") &&
           !strstr(triple, "elf");
}

static const char *features_of(const struct native *n, const char *cpu)
{
    return !*cpu && is_risc_v_system(n) ? "+m,+a,+f,+d,+c" : "";
}

static void note_interface(const struct native *n)
{
    static const char key[] = "target-abi", value[] = "lp64d";
    if (!is_risc_v_system(n)) return;
    LLVMValueRef text = LLVMMDStringInContext(n->context, value, sizeof value - 1);
    LLVMAddModuleFlag(n->to.module, LLVMModuleFlagBehaviorError, key, sizeof key - 1,
                      LLVMValueAsMetadata(text));
}

static bool make_machine(struct native *n, LLVMTargetRef target, const char *triple)
{
    const char *wanted = n->options->cpu ? n->options->cpu : n->jit ? "native" : "";
    bool native = strcmp(wanted, "native") == 0;
    char *cpu = LLVMGetHostCPUName(), *features = LLVMGetHostCPUFeatures();
    bool good = native || !*wanted || is_known(LLVMGetTargetName(target), wanted);
    LLVMCodeGenOptLevel level = (LLVMCodeGenOptLevel)n->options->level;
    if (good)
        n->machine = LLVMCreateTargetMachine(target, triple, native ? cpu : wanted,
                                             native ? features : features_of(n, wanted), level,
                                             LLVMRelocPIC, LLVMCodeModelDefault);
    LLVMDisposeMessage(cpu);
    LLVMDisposeMessage(features);
    if (n->machine) return true;
    return native_fail(n->report, n->arena, good ? "no code for target" : "no such processor",
                       good ? triple : wanted);
}

/* "native" is for the host alone: for another target it would be a name like any other. */
bool native_open_target(struct native *n)
{
    LLVMTargetRef target;
    native_mark(n);
    call_once(&host_once, register_host);
    if (n->options->triple) call_once(&all_once, register_all);
    char *text = NULL, *own = LLVMGetDefaultTargetTriple();
    char *triple = LLVMNormalizeTargetTriple(n->options->triple ? n->options->triple : own);
    bool good = !LLVMGetTargetFromTriple(triple, &target, &text);
    if (!good) native_fail_message(n, "no such target", text);
    else if (n->options->triple && n->options->cpu && strcmp(n->options->cpu, "native") == 0)
        good = native_fail(n->report, n->arena, "no such processor", "native, of a target");
    good = good && make_machine(n, target, triple);
    LLVMDisposeMessage(triple);
    LLVMDisposeMessage(own);
    return good;
}

void native_describe_host(struct adc_text *out)
{
    char *triple = LLVMGetDefaultTargetTriple(), *cpu = LLVMGetHostCPUName();
    char *features = LLVMGetHostCPUFeatures();
    adc_text_format(out, "%s %s %s\n", triple, cpu, features);
    LLVMDisposeMessage(triple);
    LLVMDisposeMessage(cpu);
    LLVMDisposeMessage(features);
}

bool native_open(struct native *n)
{
    if (!native_open_target(n)) return false;
    n->layout = LLVMCreateTargetDataLayout(n->machine);
    n->context = LLVMContextCreate();
    LLVMContextSetDiagnosticHandler(n->context, on_diagnostic, n);
    n->to.module = LLVMModuleCreateWithNameInContext("adc", n->context);
    n->to.builders[0] = LLVMCreateBuilderInContext(n->context);
    n->to.builders[1] = LLVMCreateBuilderInContext(n->context);
    if (n->options->debug) n->to.lines = LLVMCreateDIBuilder(n->to.module);
    char *triple = LLVMGetTargetMachineTriple(n->machine);
    LLVMSetModuleDataLayout(n->to.module, n->layout);
    LLVMSetTarget(n->to.module, triple);
    LLVMDisposeMessage(triple);
    note_interface(n);
    return true;
}

/* --------------------------------------------------------------------------------- module */

/* Most programs have no loop, and a target takes a while to look at. */
static bool has_lanes(const struct emit_c_unit *unit)
{
    bool any = false;
    for (size_t i = 0; i < unit->count; i++) any |= unit->programs[i]->value != NULL;
    return any;
}

bool native_build(struct native *n)
{
    struct emit_llvm_target target = {n->layout, n->options->level, n->jit, 0, false};
    char *text = NULL;
    if (has_lanes(n->unit)) emit_llvm_find_lanes(n->machine, &target);
    n->lanes = target.lanes > 0;
    if (!emit_llvm(n->unit, &target, &n->to)) return false;
    if (LLVMVerifyModule(n->to.module, LLVMReturnStatusAction, &text))
        return native_fail_message(n, "internal error: LLVM rejects the module", text);
    LLVMDisposeMessage(text);
    n->report->times.build += native_mark(n);
    return true;
}

/* Some loop has a hint that asks for copies of its passes. */
static bool has_copies(const struct emit_c_unit *unit)
{
    bool any = false;
    for (size_t i = 0; i < unit->count; i++) {
        const struct adc_graph *graph = unit->programs[i]->function->graph;
        for (size_t k = 0; k < graph->hints.count; k++) any |= graph->hints.data[k].hint.copies > 0;
    }
    return any;
}

static bool run_passes(struct native *n, const char *pipeline)
{
    LLVMPassBuilderOptionsRef options = LLVMCreatePassBuilderOptions();
    LLVMErrorRef error = LLVMRunPasses(n->to.module, pipeline, n->machine, options);
    LLVMDisposePassBuilderOptions(options);
    return !error || native_fail_error(n, "LLVM's passes", error);
}

/* Loops are rotated and inductions are phis as they are emitted, so there is little to do; what the
 * default pipelines add costs more than it gains. Of loops in lanes, [1], functions become
 * parts, what does not change is moved out, and of stores of tiles to one place all but the last
 * are dropped. */
bool native_optimise(struct native *n)
{
    static const char *const pipelines[2][4] = {
        {
            NULL,
            "function(sroa)",
            "function(sroa,early-cse<memssa>,simplifycfg)",
            "function(sroa,early-cse<memssa>,simplifycfg,loop-mssa(licm),gvn)",
        },
        {
            NULL,
            "function(sroa,early-cse<memssa>,simplifycfg,loop-mssa(licm),dse)",
            "function(sroa,early-cse<memssa>,simplifycfg,loop-mssa(licm),dse)",
            "function(sroa,early-cse<memssa>,simplifycfg,loop-mssa(licm),gvn,dse)",
        },
    };
    /* loops that the program asks for are unrolled, and no others */
    static const char copies[] =
        "function(loop-unroll<O2;no-partial;no-peeling;no-runtime;no-upperbound;full-unroll-max=0>,"
        "early-cse<memssa>,simplifycfg)";
    const char *pipeline = pipelines[n->lanes][n->options->level];
    if (pipeline && n->lanes && !run_passes(n, "always-inline,globaldce")) return false;
    if (pipeline && !run_passes(n, pipeline)) return false;
    if (pipeline && has_copies(n->unit) && !run_passes(n, copies)) return false;
    native_join_pairs(n);
    n->report->times.passes += native_mark(n);
    return true;
}

bool native_generate(struct native *n, LLVMCodeGenFileType type)
{
    char *text = NULL;
    if (LLVMTargetMachineEmitToMemoryBuffer(n->machine, n->to.module, type, &text, &n->object))
        return native_fail_message(n, "LLVM's code generation", text);
    n->report->times.generation += native_mark(n);
    return n->report->problem == NULL;
}

void native_close(struct native *n)
{
    for (int i = 0; i < 2; i++)
        if (n->to.builders[i]) LLVMDisposeBuilder(n->to.builders[i]);
    if (n->to.lines) LLVMDisposeDIBuilder(n->to.lines);
    if (n->object) LLVMDisposeMemoryBuffer(n->object);
    if (n->to.module) LLVMDisposeModule(n->to.module);
    if (n->context) LLVMContextDispose(n->context);
    if (n->layout) LLVMDisposeTargetData(n->layout);
    if (n->machine) LLVMDisposeTargetMachine(n->machine);
}
