#include "driver/native.h"

#include "driver/session.h"

#include <string.h>

unsigned native_level(const struct session *session)
{
    const char *level = session->options.optimise;
    return level ? (unsigned)(*level - '0') : 1;
}

struct native_options native_options(const struct session *session)
{
    const struct options *options = &session->options;
    return (struct native_options){options->target, options->cpu, native_level(session),
                                   options->line_directives, options->openmp};
}

bool native_form(const char *name, enum native_form *form)
{
    static const char *const names[] = {
        [NATIVE_LLVM] = "llvm", [NATIVE_ASSEMBLY] = "asm", [NATIVE_OBJECT] = "obj"};
    for (unsigned i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(names[i], name) == 0) {
            *form = (enum native_form)i;
            return true;
        }
    return false;
}

int native_failed(struct session *session, const struct native_report *report)
{
    if (!report->problem) return session_compiler_failed(session);
    session_fail(session, STATUS_SYSTEM, "no native code: %s", report->problem);
    if (!session->context.native)
        session_help(session, "everything else works without it: --engine c, --emit c");
    return STATUS_SYSTEM;
}
