/* Object code made callable: LLJIT with a dylib that sees the C library's functions that generated
 * code may call, and nothing else of the process. */
#define _GNU_SOURCE /* sincos */
#include "backend/jit.h"

#include "backend/native.h"

#include <dlfcn.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct native_code {
    struct adc_allocator allocator;
    LLVMOrcLLJITRef jit;
    LLVMOrcJITDylibRef library;
};

/* One call: what it makes and where its steps lie. */
struct call {
    struct native native;
    enum native_form form;
    struct adc_text *out;               /* emit */
    struct native_object *made;         /* make */
    const struct native_object *object; /* load, into: */
    struct native_code *code;
    struct native_function *functions;
};

/* -------------------------------------------------------------------------------- symbols */

struct symbol {
    const char *name;
    uintptr_t address;
};

#define ONE(name)                \
    {                            \
#name, (uintptr_t)(name) \
    }
#define BOTH(name) ONE(name), ONE(name##f)

/* Functions of value texts and helpers, those that LLVM calls where a target has no instruction,
 * and memory. */
static const struct symbol symbols[] = {
    BOTH(acos),
    BOTH(acosh),
    BOTH(asin),
    BOTH(asinh),
    BOTH(atan),
    BOTH(atan2),
    BOTH(atanh),
    BOTH(cbrt),
    BOTH(ceil),
    BOTH(cos),
    BOTH(cosh),
    BOTH(erf),
    BOTH(erfc),
    BOTH(exp),
    BOTH(exp2),
    BOTH(expm1),
    BOTH(floor),
    BOTH(fma),
    BOTH(fmax),
    BOTH(fmin),
    BOTH(fmod),
    BOTH(frexp),
    BOTH(hypot),
    BOTH(ldexp),
    BOTH(log),
    BOTH(log10),
    BOTH(log1p),
    BOTH(log2),
    BOTH(pow),
    BOTH(remainder),
    BOTH(round),
    BOTH(sin),
#if defined(__GLIBC__)
    BOTH(sincos), /* native_pairs.c */
#endif
    BOTH(sinh),
    BOTH(sqrt),
    BOTH(tan),
    BOTH(tanh),
    BOTH(trunc),
    ONE(malloc),
    ONE(free),
    ONE(memset),
    {"memcpy", (uintptr_t)memcpy},
};

enum { SYMBOL_COUNT = sizeof symbols / sizeof *symbols };

static bool define(struct native *n, const struct native_code *code, LLVMOrcCSymbolMapPair *pairs,
                   size_t count)
{
    LLVMErrorRef error = LLVMOrcJITDylibDefine(code->library, LLVMOrcAbsoluteSymbols(pairs, count));
    return error ? native_fail_error(n, "LLVM's linker", error) : true;
}

/* Of the library of OpenMP that the process has already, or else GNU's, which is then kept: its
 * threads live on. */
static bool define_threads(struct native *n, const struct native_code *code)
{
    static const char library[] = "libgomp.so.1";
    static const char *const names[] = {"GOMP_parallel", "omp_get_max_threads",
                                        "omp_get_num_threads", "omp_get_thread_num"};
    enum { COUNT = sizeof names / sizeof *names };
    LLVMOrcCSymbolMapPair pairs[COUNT];
    void *from = dlopen(NULL, RTLD_NOW);
    if (!from || !dlsym(from, names[0])) from = dlopen(library, RTLD_NOW | RTLD_LOCAL);
    if (!from) {
        const char *why = dlerror();
        return native_fail(n->report, n->arena, "threads in native code", why ? why : library);
    }
    for (size_t i = 0; i < COUNT; i++) {
        void *address = dlsym(from, names[i]);
        if (!address) return native_fail(n->report, n->arena, "threads in native code", names[i]);
        pairs[i].Name = LLVMOrcLLJITMangleAndIntern(code->jit, names[i]);
        pairs[i].Sym.Address = (uintptr_t)address;
        pairs[i].Sym.Flags = (LLVMJITSymbolFlags){LLVMJITSymbolGenericFlagsExported, 0};
    }
    return define(n, code, pairs, COUNT);
}

static bool define_symbols(struct native *n, const struct native_code *code)
{
    LLVMOrcCSymbolMapPair pairs[SYMBOL_COUNT];
    for (size_t i = 0; i < SYMBOL_COUNT; i++) {
        pairs[i].Name = LLVMOrcLLJITMangleAndIntern(code->jit, symbols[i].name);
        pairs[i].Sym.Address = symbols[i].address;
        pairs[i].Sym.Flags = (LLVMJITSymbolFlags){LLVMJITSymbolGenericFlagsExported, 0};
    }
    if (!define(n, code, pairs, SYMBOL_COUNT)) return false;
    return !n->options->threads || define_threads(n, code);
}

/* --------------------------------------------------------------------------------- linking */

/* Every failure is told to whoever asked as well, so nothing is lost. */
static void on_session_error(void *nothing, LLVMErrorRef error)
{
    (void)nothing;
    LLVMConsumeError(error);
}

/* The older linker, to which debuggers can listen in every version of LLVM. */
static LLVMOrcObjectLayerRef debugged_layer(void *nothing, LLVMOrcExecutionSessionRef session,
                                            const char *triple)
{
    (void)nothing;
    (void)triple;
    LLVMOrcObjectLayerRef layer =
        LLVMOrcCreateRTDyldObjectLinkingLayerWithSectionMemoryManager(session);
    LLVMOrcRTDyldObjectLinkingLayerRegisterJITEventListener(layer,
                                                            LLVMCreateGDBRegistrationListener());
    return layer;
}

static bool start(struct native *n, struct native_code *code)
{
    LLVMOrcLLJITBuilderRef builder = LLVMOrcCreateLLJITBuilder();
    if (n->options->debug)
        LLVMOrcLLJITBuilderSetObjectLinkingLayerCreator(builder, debugged_layer, NULL);
    LLVMOrcLLJITBuilderSetJITTargetMachineBuilder(
        builder, LLVMOrcJITTargetMachineBuilderCreateFromTargetMachine(n->machine));
    n->machine = NULL; /* it was consumed */
    LLVMErrorRef error = LLVMOrcCreateLLJIT(&code->jit, builder);
    if (error) return native_fail_error(n, "LLVM's JIT", error);
    LLVMOrcExecutionSessionRef session = LLVMOrcLLJITGetExecutionSession(code->jit);
    LLVMOrcExecutionSessionSetErrorReporter(session, on_session_error, NULL);
    code->library = LLVMOrcExecutionSessionCreateBareJITDylib(session, "adc");
    return define_symbols(n, code);
}

struct lookup {
    uintptr_t address;
    LLVMErrorRef error;
};

/* Called before the look-up returns. */
static void on_found(LLVMErrorRef error, LLVMOrcCSymbolMapPairs pairs, size_t count, void *context)
{
    struct lookup *lookup = context;
    lookup->error = error;
    if (!error && count) lookup->address = pairs[0].Sym.Address;
}

static struct lookup look_up(const struct native_code *code, const char *symbol)
{
    struct lookup lookup = {0};
    LLVMOrcCJITDylibSearchOrderElement order = {code->library,
                                                LLVMOrcJITDylibLookupFlagsMatchAllSymbols};
    LLVMOrcCLookupSetElement wanted = {LLVMOrcLLJITMangleAndIntern(code->jit, symbol),
                                       LLVMOrcSymbolLookupFlagsRequiredSymbol};
    LLVMOrcExecutionSessionLookup(LLVMOrcLLJITGetExecutionSession(code->jit),
                                  LLVMOrcLookupKindStatic, &order, 1, &wanted, 1, on_found,
                                  &lookup);
    return lookup;
}

static uintptr_t address(const struct native_code *code, const char *symbol)
{
    struct lookup lookup = look_up(code, symbol);
    LLVMConsumeError(lookup.error);
    return lookup.address;
}

/* "f_call__" */
static uintptr_t address_of_caller(struct native *n, const struct native_code *code,
                                   const char *symbol)
{
    struct adc_text name;
    adc_text_init(&name, n->arena);
    adc_text_format(&name, "%s_call__", symbol);
    return address(code, name.data);
}

static void find_functions(struct call *call)
{
    for (size_t i = 0; i < call->object->count; i++) {
        struct native_function *f = &call->functions[i];
        f->symbol = call->object->symbols[i];
        f->work_symbol = call->object->work_symbols[i];
        f->entry = address(call->code, f->symbol);
        f->work = address(call->code, f->work_symbol);
        f->call = (native_caller *)address_of_caller(&call->native, call->code, f->symbol);
        f->call_work =
            (native_work_caller *)address_of_caller(&call->native, call->code, f->work_symbol);
    }
}

/* The first look-up links all of the object: what is missing shows here. */
static bool link_object(struct call *call)
{
    struct native *n = &call->native;
    if (!start(n, call->code)) return false;
    LLVMMemoryBufferRef object = LLVMCreateMemoryBufferWithMemoryRangeCopy(
        call->object->bytes, call->object->size, "object");
    LLVMErrorRef error = LLVMOrcLLJITAddObjectFile(call->code->jit, call->code->library, object);
    if (!error) error = look_up(call->code, call->object->symbols[0]).error;
    if (error) return native_fail_error(n, "LLVM's linker", error);
    find_functions(call);
    n->report->times.link += native_mark(n);
    return true;
}

static void release(struct native_code *code)
{
    if (code->jit) LLVMConsumeError(LLVMOrcDisposeLLJIT(code->jit));
    code->allocator.resize(code->allocator.user, code, sizeof *code, 0);
}

/* ----------------------------------------------------------------------------------- calls */

static bool run_emit(struct call *call)
{
    struct native *n = &call->native;
    if (!native_open(n) || !native_build(n) || !native_optimise(n)) return false;
    if (call->form == NATIVE_LLVM) {
        char *text = LLVMPrintModuleToString(n->to.module);
        n->object = LLVMCreateMemoryBufferWithMemoryRangeCopy(text, strlen(text), "text");
        LLVMDisposeMessage(text);
    } else if (!native_generate(n,
                                call->form == NATIVE_OBJECT ? LLVMObjectFile : LLVMAssemblyFile)) {
        return false;
    }
    adc_text_put(call->out, LLVMGetBufferStart(n->object), LLVMGetBufferSize(n->object));
    return true;
}

static bool run_make(struct call *call)
{
    struct native *n = &call->native;
    struct native_object *made = call->made;
    n->jit = true;
    if (!native_open(n) || !native_build(n) || !native_optimise(n)) return false;
    if (!native_generate(n, LLVMObjectFile)) return false;
    *made = (struct native_object){n->to.symbols, n->to.work_symbols, n->unit->count, NULL, 0};
    made->size = LLVMGetBufferSize(n->object);
    made->bytes = adc_arena_copy(n->arena, LLVMGetBufferStart(n->object), made->size);
    return true;
}

static bool run_load(struct call *call)
{
    call->native.jit = true;
    return native_open_target(&call->native) && link_object(call);
}

/* What LLVM holds is freed before a longjmp goes on. */
static bool guarded(struct call *call, bool (*run)(struct call *call))
{
    struct adc_heap *heap = call->native.arena->heap;
    jmp_buf *outer = heap->out_of_memory, landing;
    heap->out_of_memory = &landing;
    int why = setjmp(landing);
    bool good = why == 0 && run(call);
    heap->out_of_memory = outer;
    native_close(&call->native);
    if (!good && call->code) release(call->code);
    if (why) longjmp(*outer, why);
    return good;
}

static struct call call_of(struct adc_arena *arena, const struct native_options *options,
                           struct native_report *report)
{
    *report = (struct native_report){0};
    return (struct call){.native = {.arena = arena, .options = options, .report = report}};
}

static bool emit(const struct emit_c_unit *unit, const struct native_options *options,
                 enum native_form form, struct adc_text *out, struct native_report *report)
{
    struct call call = call_of(unit->arena, options, report);
    call.native.unit = unit;
    call.form = form;
    call.out = out;
    return guarded(&call, run_emit);
}

static bool make(const struct emit_c_unit *unit, const struct native_options *options,
                 struct native_object *object, struct native_report *report)
{
    struct call call = call_of(unit->arena, options, report);
    call.native.unit = unit;
    call.made = object;
    return guarded(&call, run_make);
}

/* Times add up to those of make. */
static struct native_code *load(struct adc_arena *arena, const struct native_object *object,
                                const struct native_options *options,
                                struct native_function *functions, struct native_report *report)
{
    struct adc_heap *heap = arena->heap;
    struct native_times times = report->times;
    struct call call = call_of(arena, options, report);
    report->times = times;
    call.object = object;
    call.functions = functions;
    call.code = heap->allocator.resize(heap->allocator.user, NULL, 0, sizeof *call.code);
    if (!call.code) longjmp(*heap->out_of_memory, 1);
    *call.code = (struct native_code){.allocator = heap->allocator};
    return guarded(&call, run_load) ? call.code : NULL;
}

static const struct native_library library = {ADC_VERSION, LLVM_VERSION_STRING,  emit,    make,
                                              load,        native_describe_host, address, release};

__attribute__((visibility("default"))) native_entry adc_native_library;

const struct native_library *adc_native_library(void)
{
    return &library;
}
