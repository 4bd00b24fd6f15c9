/* The engine `jit`: native code for the jobs, in memory. */
#include "driver/call.h"
#include "driver/evaluate.h"
#include "driver/native.h"
#include "driver/session.h"

int evaluate_jit(struct session *session, struct job *jobs, size_t count, unsigned repeat,
                 double *seconds)
{
    struct native_report report;
    const struct adc_function **functions =
        ADC_NEW_ARRAY(&session->arena, const struct adc_function *, count);
    struct native_function *made = ADC_NEW_ARRAY(&session->arena, struct native_function, count);
    struct job_caller *callers = ADC_NEW_ARRAY(&session->arena, struct job_caller, count);
    struct compile_code code = {functions, count, "program", .made = made, .report = &report};
    code.options.level = native_level(session);
    code.options.debug = session->options.line_directives;
    session->context.cache = session->options.cache;
    for (size_t i = 0; i < count; i++) functions[i] = jobs[i].function;
    struct native_code *loaded = compile_native(&session->context, &code);
    if (!loaded) return native_failed(session, &report);
    for (size_t i = 0; i < count; i++)
        callers[i] = (struct job_caller){made[i].call, made[i].call_work};
    int status = call_jobs(session, jobs, callers, count, repeat, seconds);
    session->context.native->release(loaded);
    return status;
}
