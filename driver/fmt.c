/* adc fmt: canonical layout. Files are rewritten in place, all of them or none; standard input
 * goes to standard output. */
#include "driver/commands.h"
#include "driver/session.h"
#include "frontend/format.h"

#include <string.h>

/* The library's errors for want of memory go where the driver's do. */
static struct compilation *context_of(struct session *session)
{
    struct compilation *context = &session->context;
    context->heap.out_of_memory = session->heap.out_of_memory;
    if (!context->names.arena) {
        adc_names_init(&context->names, &context->arena);
        adc_diags_init(&context->diags, &context->arena);
    }
    return context;
}

static int format_file(struct session *session, const char *path)
{
    struct compilation *context = context_of(session);
    struct adc_text out;
    const char *text = NULL;
    size_t length = 0;
    const char *name = strcmp(path, "-") == 0 ? "stdin" : path;
    adc_text_init(&out, &session->arena);
    int status = files_read(session, path, &text, &length);
    if (status != STATUS_GOOD) return status;
    if (!text) text = "";
    uint32_t source = adc_source_add(&context->diags, name, text, length);
    if (!fe_format(&session->arena, &context->names, &context->diags, source, &out))
        return session_compiler_failed(session);
    const char *formatted = out.data ? out.data : "";
    if (!session->options.check) return files_stage(session, path, formatted, out.count);
    if (out.count == length && memcmp(formatted, text, length) == 0) return STATUS_GOOD;
    adc_text_format(&session->out, "%s\n", name);
    return STATUS_PROGRAM;
}

/* Goes on after an error, so that all are reported; the gravest status counts. */
int command_fmt(struct session *session)
{
    const struct option_list *paths = &session->options.operands;
    int status = STATUS_GOOD;
    if (paths->count == 0) return session_fail(session, STATUS_USAGE, "`adc fmt` needs a file");
    for (size_t i = 0; i < paths->count; i++) {
        int one = format_file(session, paths->data[i]);
        if (one > status) status = one;
    }
    session->out_stands = session->options.check;
    return status;
}
