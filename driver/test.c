/* adc test: @test functions of some files, then gradients of their exported functions.
 *
 * One line for each test on standard output. A file that does not compile is one failed test; the
 * others are run all the same. */
#include "driver/commands.h"
#include "driver/evaluate.h"
#include "driver/session.h"
#include "driver/verify.h"

#include <string.h>

struct tests {
    struct session *session;
    struct verify_options options;
    evaluate_engine *engine; /* beside the interpreter */
    size_t passed, failed, skipped;
};

enum outcome { PASSED, FAILED, SKIPPED };

/* "pass  f.ad: name", "FAIL  f.ad: name: why" */
static void say(struct tests *tests, enum outcome outcome, const char *what, const char *why)
{
    static const char *const words[] = {[PASSED] = "pass", [FAILED] = "FAIL", [SKIPPED] = "skip"};
    size_t *counts[] = {
        [PASSED] = &tests->passed, [FAILED] = &tests->failed, [SKIPPED] = &tests->skipped};
    ++*counts[outcome];
    adc_text_format(&tests->session->out, "%s  %s%s%s\n", words[outcome], what, why ? ": " : "",
                    why ? why : "");
}

/* ------------------------------------------------------------------------- tests */

/* "f.ad:3:5: what failed", or NULL if every check holds. */
static const char *failed_check(struct session *session, const struct job *job)
{
    for (size_t i = 0; i < job->function->checks.count; i++) {
        const struct adc_check *check = &job->function->checks.data[i];
        if (check->status != job->status) continue;
        const struct adc_source *source = &session->context.diags.sources.data[check->span.source];
        struct adc_position at = adc_source_position(source, check->span.begin);
        return session_format(session, "%s:%u:%u: failed: %s", source->name, at.line, at.column,
                              check->text);
    }
    return job->status ? session_format(session, "status %d", (int)job->status) : NULL;
}

static int run_by(struct tests *tests, evaluate_engine *engine, struct job *job, const char **why)
{
    double seconds;
    int status = engine(tests->session, job, 1, 1, &seconds);
    if (status == STATUS_GOOD) *why = failed_check(tests->session, job);
    return status;
}

static int run_test(struct tests *tests, struct program *program, const char *name)
{
    struct session *session = tests->session;
    struct adc_function *written;
    struct job job = {0};
    const char *why = NULL, *what = session_format(session, "%s: %s", program->name, name);
    int status = program_function_named(session, program, name, &written);
    if (status != STATUS_GOOD) return status;
    job.function = compile_derive(&session->context, written, ADC_VALUE, &program->options);
    if (!job.function) return session_compiler_failed(session);
    status = evaluate_make_outputs(session, &job);
    if (status == STATUS_GOOD) status = run_by(tests, evaluate_interpreted, &job, &why);
    if (status == STATUS_GOOD && !why && tests->engine != evaluate_interpreted) {
        status = run_by(tests, tests->engine, &job, &why);
        if (why) why = session_format(session, "%s (compiled only)", why);
    }
    if (status == STATUS_GOOD) say(tests, why ? FAILED : PASSED, what, why);
    return status;
}

/* --------------------------------------------------------------------- gradients */

static const char *first_complaint(struct session *session, const struct verify_report *report)
{
    for (size_t i = 0; i < report->entries.count; i++)
        if (report->entries.data[i].verdict == VERIFY_FAILED)
            return verify_complaint(session, report, &report->entries.data[i]);
    return NULL;
}

/* `const` parameters without a value are no error here: the function is left out. */
static int needs_constant(struct tests *tests, const char *what)
{
    struct adc_diags *diags = &tests->session->context.diags;
    const char *why = diags->list.data[diags->list.count - 1]->text;
    for (size_t i = 0; i < diags->list.count; i++)
        if (diags->list.data[i]->code == ADC_E44) why = diags->list.data[i]->text;
    say(tests, SKIPPED, what, session_format(tests->session, "%s", why));
    return STATUS_GOOD;
}

static int test_gradient(struct tests *tests, struct program *program, const char *name)
{
    struct session *session = tests->session;
    struct adc_diags *diags = &session->context.diags;
    struct adc_function *written;
    struct verify_report report;
    const char *what = session_format(session, "%s: derivatives of %s", program->name, name);
    size_t before = diags->list.count;
    uint32_t errors = diags->error_count;
    int status = program_function_named(session, program, name, &written);
    if (status == STATUS_USAGE && diags->list.count > before) {
        needs_constant(tests, what);
        diags->list.count = before;
        diags->error_count = errors;
        return STATUS_GOOD;
    }
    if (status != STATUS_GOOD || !verify_applies(program, written)) return status;
    status = verify_function(session, program, written, &tests->options, &report);
    if (status != STATUS_GOOD) return status;
    const char *why = first_complaint(session, &report);
    if (report.points.count) say(tests, why ? FAILED : PASSED, what, why);
    else say(tests, SKIPPED, what, verify_left_out(session, &report));
    return STATUS_GOOD;
}

/* ------------------------------------------------------------------------- files */

static int run_functions(struct tests *tests, struct program *program)
{
    const struct compile_entry *entries;
    size_t count = compile_entries(program->module, &entries);
    int status = STATUS_GOOD;
    for (size_t i = 0; i < count && status == STATUS_GOOD; i++)
        if (entries[i].test) status = run_test(tests, program, entries[i].name);
    if (tests->session->options.no_gradients) return status;
    for (size_t i = 0; i < count && status == STATUS_GOOD; i++)
        if (entries[i].exported) status = test_gradient(tests, program, entries[i].name);
    return status;
}

static int run_file(struct tests *tests, const char *path)
{
    struct session *session = tests->session;
    struct program program = {0};
    int status = program_compile(session, path, &program);
    if (status == STATUS_GOOD) status = run_functions(tests, &program);
    if (status == STATUS_GOOD && session->options.operands.count == 1)
        status = program_check_constants(session, &program);
    if (status == STATUS_PROGRAM) {
        say(tests, FAILED, path, "it has errors");
        status = STATUS_GOOD;
    }
    session_keep_messages(session);
    return status;
}

int command_test(struct session *session)
{
    const struct options *options = &session->options;
    struct tests tests = {.session = session};
    if (options->operands.count == 0)
        return session_fail(session, STATUS_USAGE, "`adc test` needs a file");
    int status = verify_take_options(session, &tests.options);
    tests.options.drawn = true;
    tests.engine = evaluate_engine_of(options->engine);
    for (size_t i = 0; i < options->operands.count && status == STATUS_GOOD; i++)
        status = run_file(&tests, options->operands.data[i]);
    if (status != STATUS_GOOD) return status;
    adc_text_format(&session->out, "%zu passed, %zu failed, %zu skipped\n", tests.passed,
                    tests.failed, tests.skipped);
    session->out_stands = true;
    return tests.failed ? STATUS_PROGRAM : STATUS_GOOD;
}
