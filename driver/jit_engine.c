/* The engine `jit`: native code for the jobs, in memory. */
#include "driver/call.h"
#include "driver/evaluate.h"
#include "driver/native.h"
#include "driver/session.h"

static int make_unit(struct session *session, const struct job *jobs, size_t count,
                     struct emit_c_unit *unit)
{
    const struct loop_program **programs =
        ADC_NEW_ARRAY(&session->arena, const struct loop_program *, count);
    *unit = (struct emit_c_unit){.source_name = "program", .header_name = "program.h"};
    unit->prefix = "";
    unit->programs = programs;
    unit->count = count;
    unit->diags = &session->context.diags;
    unit->arena = &session->arena;
    for (size_t i = 0; i < count; i++) {
        programs[i] = compile_schedule(&session->context, jobs[i].function);
        if (!programs[i]) return session_compiler_failed(session);
    }
    return STATUS_GOOD;
}

int evaluate_jit(struct session *session, struct job *jobs, size_t count, unsigned repeat,
                 double *seconds)
{
    struct native_options options = {.level = native_level(session)};
    struct native_report report;
    struct emit_c_unit unit;
    struct native_function *functions =
        ADC_NEW_ARRAY(&session->arena, struct native_function, count);
    struct job_caller *callers = ADC_NEW_ARRAY(&session->arena, struct job_caller, count);
    int status = make_unit(session, jobs, count, &unit);
    if (status != STATUS_GOOD) return status;
    struct native_code *code =
        compile_native(&session->context, &unit, &options, functions, &report);
    if (!code) return native_failed(session, &report);
    for (size_t i = 0; i < count; i++)
        callers[i] = (struct job_caller){functions[i].call, functions[i].call_work};
    status = call_jobs(session, jobs, callers, count, repeat, seconds);
    session->context.native->release(code);
    return status;
}
