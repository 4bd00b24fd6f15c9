/* libadc_llvm, opened at first use: LLVM takes longer to load than most commands run.
 *
 * It is found by the run path of whoever calls, which leads to where it was built or installed.
 * Once loaded it stays: what LLVM registers cannot be taken back. */
#include "runtime/compile.h"

#include <string.h>

#ifdef ADC_HAS_LLVM

#include <dlfcn.h>

static const struct native_library *load(struct adc_arena *arena, const char **problem)
{
    struct adc_text text;
    native_entry *entry;
    void *library = dlopen("libadc_llvm.so", RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    void *symbol = library ? dlsym(library, NATIVE_ENTRY) : NULL;
    adc_text_init(&text, arena);
    if (!symbol) {
        const char *reason = dlerror();
        adc_text_format(&text, "libadc_llvm cannot be loaded: %s", reason ? reason : "unknown");
        *problem = text.data;
        return NULL;
    }
    memcpy(&entry, &symbol, sizeof entry); /* both have one size, as POSIX has it */
    const struct native_library *found = entry();
    if (strcmp(found->adc_version, ADC_VERSION) == 0) return found;
    adc_text_format(&text, "libadc_llvm is of adc %s, this is %s", found->adc_version, ADC_VERSION);
    *problem = text.data;
    return NULL;
}

#else

static const struct native_library *load(struct adc_arena *arena, const char **problem)
{
    (void)arena;
    *problem = "this adc was built without LLVM";
    return NULL;
}

#endif

const struct native_library *compile_open_native(struct compilation *context, const char **problem)
{
    if (!context->native) context->native = load(&context->arena, problem);
    return context->native;
}
