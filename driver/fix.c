/* --fix: compile, replace, again. Texts stay in memory until the last round. */
#define _XOPEN_SOURCE 700
#include "driver/fix.h"

#include "driver/program.h"
#include "driver/session.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { ROUNDS = 10, SHOWN = 60 };

struct fix {
    const struct adc_diag *diag;
    size_t order; /* among the diagnostics */
};

struct fix_list {
    struct fix *data;
    size_t count, capacity;
};

/* ---------------------------------------------------------------------- choosing */

static int by_place(const void *a, const void *b)
{
    const struct fix *first = a, *second = b;
    uint32_t one = first->diag->fix.begin, two = second->diag->fix.begin;
    if (one != two) return one < two ? -1 : 1;
    return first->order < second->order ? -1 : 1;
}

/* Those of errors, without the ones that would change what an earlier one changes. */
static void choose_fixes(struct session *session, uint32_t source, struct fix_list *fixes)
{
    const struct adc_diags *diags = &session->context.diags;
    for (size_t i = 0; i < diags->list.count; i++) {
        const struct adc_diag *diag = diags->list.data[i];
        if (diag->severity != ADC_ERROR || !diag->fix_text || diag->fix.source != source) continue;
        ADC_PUSH(&session->arena, *fixes, (struct fix){diag, i});
    }
    if (fixes->count) qsort(fixes->data, fixes->count, sizeof *fixes->data, by_place);
    size_t kept = 0;
    for (size_t i = 0; i < fixes->count; i++) {
        const struct adc_span *last = kept ? &fixes->data[kept - 1].diag->fix : NULL;
        const struct adc_span *next = &fixes->data[i].diag->fix;
        if (last && (next->begin < last->end || next->begin == last->begin)) continue;
        fixes->data[kept++] = fixes->data[i];
    }
    fixes->count = kept;
}

/* ---------------------------------------------------------------------- applying */

/* One line of a text, cut where it gets long. */
static const char *shown(struct session *session, const char *text, size_t length)
{
    size_t count = 0;
    while (count < length && text[count] != '\n' && text[count] != '\0') count++;
    bool cut = count < length || count > SHOWN;
    if (count > SHOWN) count = SHOWN;
    while (count > 0 && cut && ((unsigned char)text[count] & 0xc0) == 0x80) count--;
    return session_format(session, "%.*s%s", (int)count, text, cut ? "..." : "");
}

static void say(struct session *session, const struct adc_diag *diag)
{
    const char *from = session->context.diags.sources.data[diag->fix.source].text + diag->fix.begin;
    size_t length = diag->fix.end - diag->fix.begin;
    const char *old = shown(session, from, length);
    const char *new = shown(session, diag->fix_text, strlen(diag->fix_text));
    struct adc_span span = diag->fix;
    if (span.end == 0) span = diag->span; /* put before the first byte */
    const char *text = !length            ? session_format(session, "added `%s`", new)
                       : !*diag->fix_text ? session_format(session, "removed `%s`", old)
                                          : session_format(session, "`%s` -> `%s`", old, new);
    session_fixed(session, span, adc_code_name(diag->code), text);
}

static void apply(struct session *session, const struct fix_list *fixes, const char *text,
                  size_t length, struct adc_text *out)
{
    size_t at = 0;
    for (size_t i = 0; i < fixes->count; i++) {
        const struct adc_diag *diag = fixes->data[i].diag;
        adc_text_put(out, text + at, diag->fix.begin - at);
        adc_text_add(out, diag->fix_text);
        at = diag->fix.end;
        say(session, diag);
    }
    adc_text_put(out, text + at, length - at);
}

/* ------------------------------------------------------------------------- files */

/* Renamed into place at once: errors that remain do not take it back. */
static int write_file(struct session *session, const char *path, const struct adc_text *text)
{
    int status = files_stage(session, path, text->data, text->count);
    if (status == STATUS_GOOD) status = files_commit(session);
    files_discard(&session->files);
    session->files.outputs.count = 0;
    return status;
}

static int check_path(struct session *session, const char *path)
{
    struct stat about;
    bool plain = strcmp(path, "-") != 0 && (stat(path, &about) != 0 || S_ISREG(about.st_mode));
    if (plain) return STATUS_GOOD;
    return session_fail(session, STATUS_USAGE, "`--fix` rewrites a file, and `%s` is none", path);
}

/* One compilation; *changed says whether `text` was replaced. */
static int round_of(struct session *session, const char *path, struct adc_text *text, bool *changed)
{
    struct program program = {0};
    struct fix_list fixes = {0};
    struct adc_text fixed;
    *changed = false;
    int status = program_compile_text(session, path, text->data, text->count, &program);
    if (status == STATUS_USAGE || status == STATUS_SYSTEM) return status;
    if (status == STATUS_GOOD) program_look_at_all(session, &program);
    if (session->context.diags.sources.count) choose_fixes(session, 0, &fixes);
    adc_text_init(&fixed, &session->arena);
    adc_text_add(&fixed, "");
    apply(session, &fixes, text->data, text->count, &fixed);
    session->context.diags.list.count = 0;
    session_keep_messages(session);
    *changed = fixes.count > 0;
    *text = fixed;
    return STATUS_GOOD;
}

static int fix_file(struct session *session, const char *path)
{
    struct adc_text text = {.arena = &session->arena};
    const char *data;
    bool changed = true, any = false;
    int status = check_path(session, path);
    if (status == STATUS_GOOD) status = files_read(session, path, &data, &text.count);
    if (status != STATUS_GOOD) return status;
    text.data = adc_arena_copy(&session->arena, data, text.count);
    for (unsigned round = 0; round < ROUNDS && changed; round++) {
        status = round_of(session, path, &text, &changed);
        if (status != STATUS_GOOD) return status;
        any |= changed;
    }
    return any ? write_file(session, path, &text) : STATUS_GOOD;
}

int fix_files(struct session *session)
{
    const struct options *options = &session->options;
    bool several = options->command == COMMAND_TEST || options->command == COMMAND_FMT;
    size_t count = several ? options->operands.count : 1;
    if (options->expression)
        return session_fail(session, STATUS_USAGE, "`--fix` rewrites a file, and there is none");
    for (size_t i = 0; i < count && i < options->operands.count; i++) {
        int status = fix_file(session, options->operands.data[i]);
        if (status != STATUS_GOOD) return status;
    }
    return STATUS_GOOD;
}
