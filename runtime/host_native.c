/* Native code of functions: the one place where the host API meets backend/jit.h. */
#include "runtime/host.h"

bool host_native_make(struct host_function *function, const char **problem)
{
    struct compilation *in = &function->module->unit->in;
    const struct adc_context *context = function->module->unit->context;
    if (function->native) return true;
    struct native_report report;
    struct host_native *made = ADC_NEW(&in->arena, struct host_native);
    struct compile_code code = {
        .functions = &function->function, .count = 1, .source_name = function->module->name};
    code.options.level = context->level;
    code.options.debug = context->debug;
    code.made = &made->function;
    code.report = &report;
    made->code = compile_native(in, &code);
    made->library = in->native;
    *problem = report.problem ? report.problem : "the program has none";
    if (!made->code) return false;
    function->native = made;
    return true;
}

void host_native_free(struct host_function *function)
{
    if (function->native) function->native->library->release(function->native->code);
}

struct making {
    adc_status status;
    struct host_function *function;
    const char *problem;
};

static void make(void *argument)
{
    struct making *task = argument;
    if (!host_native_make(task->function, &task->problem)) task->status = ADC_NO_NATIVE_CODE;
}

void *adc_function_pointer(adc_function *function)
{
    struct making task = {.function = function};
    if (!function) return NULL;
    struct host_unit *unit = function->module->unit;
    if (host_run(unit, make, &task)) return (void *)function->native->function.entry;
    if (unit->context->status == ADC_NO_NATIVE_CODE)
        host_fail(unit->context, ADC_NO_NATIVE_CODE, "no native code: %s", task.problem);
    return NULL;
}
