/* adc show: one stage of the compilation as text. */
#include "driver/commands.h"
#include "driver/native.h"
#include "driver/session.h"
#include "driver/stages.h"

#include <string.h>

static int show_function(struct session *session, struct program *program, const char *name)
{
    const char *stage = session->options.stage;
    enum native_form form;
    struct adc_text *out = &session->out;
    if (strcmp(stage, "ir") == 0) return stages_written(session, program, name, out);
    if (strcmp(stage, "c") == 0) return stages_c(session, program, name, out);
    if (native_form(stage, &form)) return stages_native(session, program, name, out);
    bool adjoint = strcmp(stage, "adjoint") == 0;
    return stages_products_text(session, program, name, adjoint ? STAGES_IR : STAGES_LOOPS, adjoint,
                                out);
}

static bool has_interface(const char *stage)
{
    enum native_form form;
    return strcmp(stage, "c") == 0 || native_form(stage, &form);
}

/* Functions stand together in one C source, as they do in that of `adc build`. */
static bool is_whole_file(const struct session *session, const struct program *program)
{
    const struct compile_entry *entries;
    size_t count = compile_entries(program->module, &entries);
    bool exported = false;
    for (size_t i = 0; i < count; i++) exported |= entries[i].exported;
    return has_interface(session->options.stage) && program->path && !program->function && exported;
}

int command_show(struct session *session)
{
    struct program program = {0};
    struct option_list names = {0};
    if (!session->options.stage) {
        session_fail(session, STATUS_USAGE, "`adc show` needs --stage");
        session_help(session, "--stage with one of ast, ir, adjoint, loops, c, llvm, asm");
        return STATUS_USAGE;
    }
    int status = program_open(session, true, &program);
    if (status == STATUS_GOOD) status = program_functions(session, &program, &names);
    if (status == STATUS_GOOD && strcmp(session->options.stage, "ast") == 0) {
        compile_print_ast(&session->context, program.module, &session->out);
        if (!files_ends_in(session->out.data, "\n")) adc_text_add(&session->out, "\n");
        return session->context.failed ? session_compiler_failed(session) : STATUS_GOOD;
    }
    for (size_t i = 0; i < names.count && status == STATUS_GOOD; i++)
        status = stages_check_names(session, &program, names.data[i]);
    if (status == STATUS_GOOD && is_whole_file(session, &program)) {
        bool is_c = strcmp(session->options.stage, "c") == 0;
        status = is_c ? stages_c_file(session, &program, &session->out)
                      : stages_native_file(session, &program, &session->out);
        names.count = 0;
    }
    for (size_t i = 0; i < names.count && status == STATUS_GOOD; i++) {
        if (session->out.count) adc_text_add(&session->out, "\n");
        status = show_function(session, &program, names.data[i]);
    }
    return status == STATUS_GOOD ? program_check_constants(session, &program) : status;
}
