/* Functions for lanes as LLVM code over vectors of 8 doubles and 16 floats: the bits of the same
 * texts over single numbers, for this machine and for any of its kind; and so those with fused
 * multiply-adds. */
#define _POSIX_C_SOURCE 200809L /* mkdtemp */

#include "backend/emit_llvm_internal.h"

#include "tests/vmath_program.h"

#include <llvm-c/Analysis.h>
#include <llvm-c/Target.h>
#include <llvm-c/TargetMachine.h>

static const char head[] = "typedef double reals_d __attribute__((vector_size(64)));\n"
                           "typedef float reals_s __attribute__((vector_size(64)));\n\n";

/* The program calls NAME_d(x, y), the module has NAME_d__(&result, &x, &y). */
static void put_wrapper(unsigned index, const char *arguments, struct adc_text *out)
{
    const char *name = adc_vmath_name(index), *width = &"d\0s"[adc_vmath_type(index) * 2];
    unsigned count = (unsigned)strlen(arguments) / 3 + 1;
    adc_text_format(out, "void %s_%s__(void *", name, width);
    for (unsigned i = 0; i < count; i++) adc_text_add(out, ", const void *");
    adc_text_format(out, ");\n\nstatic reals_%s %s_%s(", width, name, width);
    for (unsigned i = 0; i < count; i++)
        adc_text_format(out, "%sreals_%s %c", i ? ", " : "", width, "xyz"[i]);
    adc_text_format(out, ")\n{\n    reals_%s r;\n    %s_%s__(&r", width, name, width);
    for (unsigned i = 0; i < count; i++) adc_text_format(out, ", &%c", "xyz"[i]);
    adc_text_add(out, ");\n    return r;\n}\n\n");
}

static void write_program(const char *folder, bool fused)
{
    struct adc_text text;
    adc_text_init(&text, &arena);
    adc_text_add(&text, "#include \"tests/vmath_functions.h\"\n#include <stdio.h>\n\n");
    if (fused) put_fused_singles(&graph, "static", &text);
    adc_text_add(&text, head);
    for (unsigned i = 0; adc_vmath_text(i, fused); i++)
        if (only_reals(i)) put_wrapper(i, only_reals(i), &text);
    put_program(fused, &text);
    write_text(folder, &text);
}

static void put_function(struct ll_module *m, unsigned index, unsigned count)
{
    bool single = adc_vmath_type(index) == ADC_F32;
    unsigned lanes = single ? 16 : 8;
    LLVMTypeRef reals = LLVMVectorType(single ? m->types.f32 : m->types.f64, lanes);
    LLVMTypeRef pointers[4];
    for (unsigned i = 0; i < 4; i++) pointers[i] = m->types.pointer;
    struct adc_text name;
    adc_text_init(&name, &arena);
    adc_text_format(&name, "%s_%s__", adc_vmath_name(index), single ? "s" : "d");
    LLVMTypeRef type = LLVMFunctionType(m->types.none, pointers, count + 1, false);
    LLVMValueRef function = LLVMAddFunction(m->module, name.data, type), arguments[3];
    ll_begin(m, function);
    for (unsigned i = 0; i < count; i++)
        arguments[i] = LLVMBuildLoad2(m->at, reals, LLVMGetParam(function, i + 1), "");
    LLVMBuildStore(m->at, ll_vmath(m, index, lanes, arguments), LLVMGetParam(function, 0));
    LLVMBuildRetVoid(m->at);
    ll_end(m);
}

static LLVMTargetMachineRef open_machine(bool native)
{
    LLVMTargetRef target;
    char *triple = LLVMGetDefaultTargetTriple(), *problem;
    char *cpu = native ? LLVMGetHostCPUName() : NULL;
    char *features = native ? LLVMGetHostCPUFeatures() : NULL;
    if (LLVMGetTargetFromTriple(triple, &target, &problem)) fail_msg("%s", problem);
    LLVMTargetMachineRef machine =
        LLVMCreateTargetMachine(target, triple, cpu ? cpu : "", features ? features : "",
                                LLVMCodeGenLevelDefault, LLVMRelocPIC, LLVMCodeModelDefault);
    assert_non_null(machine);
    LLVMDisposeMessage(triple);
    LLVMDisposeMessage(cpu);
    LLVMDisposeMessage(features);
    return machine;
}

static void write_object(const char *folder, bool native, bool fused)
{
    LLVMTargetMachineRef machine = open_machine(native);
    LLVMTargetDataRef layout = LLVMCreateTargetDataLayout(machine);
    LLVMContextRef context = LLVMContextCreate();
    struct ll_module m = {.arena = &arena, .context = context, .fma = fused};
    m.fuses = native && __builtin_cpu_supports("avx512f");
    m.module = LLVMModuleCreateWithNameInContext("vmath", context);
    m.at = LLVMCreateBuilderInContext(context);
    m.prologue = LLVMCreateBuilderInContext(context);
    LLVMSetModuleDataLayout(m.module, layout);
    ll_types_init(&m, layout);
    for (unsigned i = 0; adc_vmath_text(i, fused); i++)
        if (only_reals(i)) put_function(&m, i, (unsigned)strlen(only_reals(i)) / 3 + 1);
    char path[60], *problem = NULL;
    snprintf(path, sizeof path, "%s/functions.o", folder);
    if (LLVMVerifyModule(m.module, LLVMReturnStatusAction, &problem)) fail_msg("%s", problem);
    LLVMDisposeMessage(problem);
    if (LLVMTargetMachineEmitToFile(machine, m.module, path, LLVMObjectFile, &problem))
        fail_msg("%s", problem);
    LLVMDisposeBuilder(m.at);
    LLVMDisposeBuilder(m.prologue);
    LLVMDisposeModule(m.module);
    LLVMContextDispose(context);
    LLVMDisposeTargetData(layout);
    LLVMDisposeTargetMachine(machine);
}

static void compare(bool fused)
{
    LLVMInitializeNativeTarget();
    LLVMInitializeNativeAsmPrinter();
    char folder[] = "/tmp/adc-vmath-XXXXXX";
    assert_non_null(mkdtemp(folder));
    write_program(folder, fused);
    bool good = true;
    for (int native = 0; native < 2; native++) {
        write_object(folder, native, fused);
        good &= run("cd %s && gcc -O1 -std=c11 -ffp-contract=off -Wno-psabi -I%s"
                    " -o program program.c functions.o -lm && ./program > output",
                    folder, ADC_SOURCE_DIR);
    }
    if (good) good = run("rm -r %s%s", folder, "");
    assert_true(good);
}

static void llvm_gives_the_bits_of_single_numbers(void **state)
{
    (void)state;
    compare(false);
}

static void fused_in_llvm_gives_the_bits_of_single_numbers(void **state)
{
    (void)state;
    compare(true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(llvm_gives_the_bits_of_single_numbers),
        cmocka_unit_test(fused_in_llvm_gives_the_bits_of_single_numbers),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
