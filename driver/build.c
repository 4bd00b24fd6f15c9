/* adc build: C source, header, manifest and dependency file; or the text of an earlier stage. */
#define _XOPEN_SOURCE 700
#include "driver/commands.h"
#include "driver/explain.h"
#include "driver/graph.h"
#include "driver/imports.h"
#include "driver/native.h"
#include "driver/report.h"
#include "driver/session.h"
#include "driver/stages.h"

#include <string.h>
#include <sys/stat.h>

/* Where everything goes; NULL: not written. */
struct plan {
    const char *kind; /* of --emit */
    const char *output, *header, *manifest, *dependencies;
};

static bool is_standard(const char *path)
{
    return strcmp(path, "-") == 0;
}

static bool same_file(const char *a, const char *b)
{
    struct stat first, second;
    if (!a || !b) return false;
    if (strcmp(a, b) == 0) return true;
    return stat(a, &first) == 0 && stat(b, &second) == 0 && S_ISREG(first.st_mode) &&
           first.st_dev == second.st_dev && first.st_ino == second.st_ino;
}

/* No two outputs on one file, and none on the source. */
static int check_collisions(struct session *session, const struct plan *plan, const char *source)
{
    const char *paths[] = {source, plan->output, plan->header, plan->manifest, plan->dependencies};
    size_t count = sizeof paths / sizeof *paths;
    for (size_t i = 0; i < count; i++)
        for (size_t k = i + 1; k < count; k++) {
            if (!same_file(paths[i], paths[k]) || (i == 0 && is_standard(paths[i]))) continue;
            return session_fail(session, STATUS_USAGE,
                                i == 0 ? "`%s` would be written over its own source"
                                       : "`%s` is named for two outputs",
                                paths[k]);
        }
    return STATUS_GOOD;
}

/* Outputs that would be written over an imported file. */
static int check_imports(struct session *session, const struct plan *plan)
{
    const char *paths[] = {plan->output, plan->header, plan->manifest, plan->dependencies};
    for (size_t i = 0; i < imports_count(session); i++)
        for (size_t k = 0; k < sizeof paths / sizeof *paths; k++)
            if (same_file(imports_path(session, i), paths[k]))
                return session_fail(session, STATUS_USAGE,
                                    "`%s` would be written over a file that is imported", paths[k]);
    return STATUS_GOOD;
}

static int check_kind(struct session *session, bool has_interface)
{
    const struct options *options = &session->options;
    const char *wrong = options->header       ? "--header"
                        : options->manifest   ? "--manifest"
                        : options->prefix     ? "--prefix"
                        : options->no_malloc  ? "--no-malloc"
                        : options->accumulate ? "--accumulate"
                                              : NULL;
    if (has_interface || !wrong) return STATUS_GOOD;
    return session_fail(session, STATUS_USAGE, "`%s` is for --emit c, obj, asm or llvm", wrong);
}

/* ".o" for "obj". */
static const char *ending_of(struct session *session, const char *kind)
{
    if (strcmp(kind, "obj") == 0) return ".o";
    if (strcmp(kind, "asm") == 0) return ".s";
    if (strcmp(kind, "llvm") == 0) return ".ll";
    return session_format(session, ".%s", kind);
}

static bool is_identifier_start(const char *text)
{
    for (const char *at = text; *at; at++) {
        bool letter = (*at >= 'a' && *at <= 'z') || (*at >= 'A' && *at <= 'Z') || *at == '_';
        bool digit = *at >= '0' && *at <= '9';
        if (!letter && !(digit && at != text)) return false;
    }
    return true;
}

static int make_plan(struct session *session, const char *source, struct plan *plan)
{
    const struct options *options = &session->options;
    struct adc_arena *arena = &session->arena;
    plan->kind = options->emit ? options->emit : "c";
    enum native_form form;
    bool native = native_form(plan->kind, &form), is_c = strcmp(plan->kind, "c") == 0;
    bool callable = is_c || strcmp(plan->kind, "obj") == 0;
    plan->output = options->output;
    if (!plan->output)
        plan->output = is_standard(source)
                           ? "-"
                           : files_with_ending(arena, source, ending_of(session, plan->kind));
    plan->header = options->header;
    if (callable && !plan->header && !is_standard(plan->output))
        plan->header = files_with_ending(arena, plan->output, ".h");
    plan->manifest = options->manifest;
    plan->dependencies = options->dependencies;
    bool implied = options->write_dependencies || options->dependent || options->phony_dependencies;
    if (implied && !plan->dependencies)
        plan->dependencies = files_with_ending(arena, plan->output, ".d");
    if (options->explain_shapes && is_standard(plan->output))
        return session_fail(session, STATUS_USAGE, "`--explain-shapes` needs an output: -o FILE");
    if (plan->dependencies && is_standard(plan->output))
        return session_fail(session, STATUS_USAGE, "a dependency file needs an output: -o FILE");
    if (options->prefix && !is_identifier_start(options->prefix))
        return session_fail(session, STATUS_USAGE, "`--prefix %s` does not begin a C name",
                            options->prefix);
    int status = check_kind(session, is_c || native);
    return status == STATUS_GOOD ? check_collisions(session, plan, source) : status;
}

/* ----------------------------------------------------------------- dependencies */

/* Blanks, # and $ as make and ninja read them. */
static void put_escaped(struct adc_text *out, const char *path)
{
    for (; *path; path++) {
        if (*path == ' ' || *path == '#') adc_text_add(out, "\\");
        if (*path == '$') adc_text_add(out, "$");
        adc_text_put(out, path, 1);
    }
}

static void put_dependents(struct adc_text *out, const char *dependent, const struct plan *plan)
{
    const char *targets[] = {plan->output, plan->header, plan->manifest};
    if (dependent) put_escaped(out, dependent);
    for (size_t i = 0; !dependent && i < sizeof targets / sizeof *targets; i++) {
        if (!targets[i] || is_standard(targets[i])) continue;
        if (out->count) adc_text_add(out, " ");
        put_escaped(out, targets[i]);
    }
    adc_text_add(out, ":");
}

static int write_dependencies(struct session *session, const struct plan *plan, const char *source)
{
    const struct options *options = &session->options;
    struct adc_text text;
    if (!plan->dependencies) return STATUS_GOOD;
    adc_text_init(&text, &session->arena);
    put_dependents(&text, options->dependent, plan);
    if (!is_standard(source)) {
        adc_text_add(&text, " ");
        put_escaped(&text, source);
    }
    for (size_t i = 0; i < imports_count(session); i++) {
        adc_text_add(&text, " ");
        put_escaped(&text, imports_path(session, i));
    }
    adc_text_add(&text, "\n");
    for (size_t i = 0; options->phony_dependencies && i < imports_count(session); i++) {
        put_escaped(&text, imports_path(session, i));
        adc_text_add(&text, ":\n");
    }
    return files_stage(session, plan->dependencies, text.data, text.count);
}

/* ---------------------------------------------------------------------------- C */

static int stage_text(struct session *session, const char *path, const struct adc_text *text)
{
    return path ? files_stage(session, path, text->data, text->count) : STATUS_GOOD;
}

/* A source without a header of its own holds it where it would include it. */
static int inline_header(struct session *session, const char *name, const struct adc_text *header,
                         struct adc_text *source)
{
    const char *include = session_format(session, "#include \"%s\"\n", name);
    const char *at = strstr(source->data, include);
    if (!at)
        return session_fail(session, STATUS_SYSTEM, "internal error: the source has no `%s`", name);
    struct adc_text whole;
    adc_text_init(&whole, &session->arena);
    adc_text_put(&whole, source->data, (size_t)(at - source->data));
    adc_text_put(&whole, header->data, header->count);
    adc_text_add(&whole, at + strlen(include));
    *source = whole;
    return STATUS_GOOD;
}

struct texts {
    struct adc_text source, header, manifest;
};

static int c_options(struct session *session, const struct program *program,
                     const struct plan *plan, struct compile_c_options *c)
{
    const struct options *options = &session->options;
    *c = (struct compile_c_options){.source_name = files_base_name(program->name),
                                    .prefix = options->prefix ? options->prefix : "",
                                    .no_malloc = options->no_malloc,
                                    .accumulate = options->accumulate,
                                    .line_directives = options->line_directives};
    c->header_name = plan->header && !is_standard(plan->header)
                         ? files_base_name(plan->header)
                         : files_with_ending(&session->arena, files_base_name(program->name), ".h");
    return options_products(session, options->derive, &c->products);
}

static int make_c(struct session *session, struct program *program, const struct plan *plan,
                  struct texts *texts)
{
    struct compile_c_options c;
    int status = c_options(session, program, plan, &c);
    if (status != STATUS_GOOD) return status;
    adc_text_init(&texts->source, &session->arena);
    adc_text_init(&texts->header, &session->arena);
    adc_text_init(&texts->manifest, &session->arena);
    struct compile_c_texts made = {&texts->source, &texts->header,
                                   plan->manifest ? &texts->manifest : NULL};
    if (!compile_emit_c(&session->context, program->module, &program->options, &c, &made))
        return session_compiler_failed(session);
    if (plan->header) return STATUS_GOOD;
    return inline_header(session, c.header_name, &texts->header, &texts->source);
}

static int build_c(struct session *session, struct program *program, const struct plan *plan)
{
    struct texts texts;
    int status = make_c(session, program, plan, &texts);
    if (status == STATUS_GOOD) status = stage_text(session, plan->output, &texts.source);
    if (status == STATUS_GOOD) status = stage_text(session, plan->header, &texts.header);
    if (status == STATUS_GOOD) status = stage_text(session, plan->manifest, &texts.manifest);
    return status;
}

int stages_c_file(struct session *session, struct program *program, struct adc_text *out)
{
    struct texts texts;
    struct plan plan = {.kind = "c", .output = "-"};
    if (!is_standard(program->path))
        plan.header = files_with_ending(&session->arena, program->path, ".h");
    int status = make_c(session, program, &plan, &texts);
    if (status == STATUS_GOOD) adc_text_put(out, texts.source.data, texts.source.count);
    return status;
}

/* ------------------------------------------------------------------- native code */

/* The header is that of the C source, which nobody wants here. */
static int make_native(struct session *session, struct program *program, const struct plan *plan,
                       struct adc_text *out, struct texts *texts)
{
    struct native_report report;
    struct compile_native_request native = {native_options(session), NATIVE_LLVM, out, &report};
    struct compile_c_options c;
    int status = c_options(session, program, plan, &c);
    if (status != STATUS_GOOD) return status;
    native_form(plan->kind, &native.form);
    adc_text_init(&texts->source, &session->arena);
    adc_text_init(&texts->header, &session->arena);
    adc_text_init(&texts->manifest, &session->arena);
    struct compile_c_texts made = {&texts->source, &texts->header, &texts->manifest};
    bool wanted = plan->header || plan->manifest;
    if (compile_emit_native(&session->context, program->module, &program->options, &c,
                            wanted ? &made : NULL, &native))
        return STATUS_GOOD;
    return native_failed(session, &report);
}

static int build_native(struct session *session, struct program *program, const struct plan *plan)
{
    struct texts texts;
    struct adc_text out;
    adc_text_init(&out, &session->arena);
    int status = make_native(session, program, plan, &out, &texts);
    if (status == STATUS_GOOD) status = stage_text(session, plan->output, &out);
    if (status == STATUS_GOOD) status = stage_text(session, plan->header, &texts.header);
    if (status == STATUS_GOOD) status = stage_text(session, plan->manifest, &texts.manifest);
    return status;
}

int stages_native_file(struct session *session, struct program *program, struct adc_text *out)
{
    struct texts texts;
    struct plan plan = {.kind = session->options.stage, .output = "-"};
    return make_native(session, program, &plan, out, &texts);
}

/* --------------------------------------------------------------- the other kinds */

static int build_text(struct session *session, struct program *program,
                      const struct option_list *names, const struct plan *plan)
{
    struct adc_text text;
    int status = STATUS_GOOD;
    bool loops = strcmp(plan->kind, "loops") == 0;
    adc_text_init(&text, &session->arena);
    for (size_t i = 0; i < names->count && status == STATUS_GOOD; i++)
        status = strcmp(plan->kind, "dot") == 0
                     ? graph_written(session, program, names->data[i], &text)
                     : stages_products_text(session, program, names->data[i],
                                            loops ? STAGES_LOOPS : STAGES_IR, false, &text);
    return status == STATUS_GOOD ? stage_text(session, plan->output, &text) : status;
}

static int exported_functions(struct session *session, const struct program *program,
                              struct option_list *names)
{
    const struct compile_entry *entries;
    size_t count = compile_entries(program->module, &entries);
    for (size_t i = 0; i < count; i++)
        if (entries[i].exported) ADC_PUSH(&session->arena, *names, entries[i].name);
    if (names->count) return STATUS_GOOD;
    session_fail(session, STATUS_PROGRAM, "`%s` exports no function, so there is nothing to build",
                 program->name);
    session_help(session, "write `export fn`");
    return STATUS_PROGRAM;
}

int command_build(struct session *session)
{
    const struct options *options = &session->options;
    struct program program = {0};
    struct plan plan;
    struct option_list names = {0};
    if (options->operands.count == 0)
        return session_fail(session, STATUS_USAGE, "`adc build` needs a file");
    if (options->operands.count > 1)
        return session_fail(session, STATUS_USAGE, "`adc build` takes one file; `%s` is too many",
                            options->operands.data[1]);
    const char *source = options->operands.data[0];
    int status = make_plan(session, source, &plan);
    if (status == STATUS_GOOD) status = program_compile(session, source, &program);
    if (status == STATUS_GOOD) status = check_imports(session, &plan);
    if (status == STATUS_GOOD) status = exported_functions(session, &program, &names);
    for (size_t i = 0; i < names.count && status == STATUS_GOOD; i++)
        status = stages_check_names(session, &program, names.data[i]);
    for (size_t i = 0; i < names.count && status == STATUS_GOOD; i++)
        status = report_check_limits(session, &program, names.data[i]);
    if (status != STATUS_GOOD) return status;
    enum native_form form;
    if (strcmp(plan.kind, "c") == 0) status = build_c(session, &program, &plan);
    else if (native_form(plan.kind, &form)) status = build_native(session, &program, &plan);
    else status = build_text(session, &program, &names, &plan);
    if (status == STATUS_GOOD) status = program_check_constants(session, &program);
    for (size_t i = 0; options->explain_shapes && i < names.count && status == STATUS_GOOD; i++)
        status = explain_shapes(session, &program, names.data[i]);
    return status == STATUS_GOOD ? write_dependencies(session, &plan, source) : status;
}
