/* The session: messages on standard error as text or JSON, results on standard output. */
#define _XOPEN_SOURCE 700
#include "driver/session.h"

#include "driver/json_io.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void session_init(struct session *session)
{
    adc_arena_init(&session->arena, &session->heap);
    compilation_init(&session->context, session->heap.allocator);
    adc_text_init(&session->out, &session->arena);
    adc_text_init(&session->told, &session->arena);
    files_init(&session->files, &session->arena);
}

void session_free(struct session *session)
{
    files_discard(&session->files);
    compilation_free(&session->context);
    adc_arena_free(&session->arena);
}

static const char *formatted(struct session *session, const char *format, va_list arguments)
{
    struct adc_text text;
    adc_text_init(&text, &session->arena);
    adc_text_vformat(&text, format, arguments);
    return text.data;
}

const char *session_format(struct session *session, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    const char *text = formatted(session, format, arguments);
    va_end(arguments);
    return text;
}

int session_fail(struct session *session, int status, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    struct message message = {.text = formatted(session, format, arguments)};
    va_end(arguments);
    ADC_PUSH(&session->arena, session->messages, message);
    return status;
}

int session_fail_at(struct session *session, int status, struct adc_span span, const char *text)
{
    struct message message = {.span = span, .text = text};
    ADC_PUSH(&session->arena, session->messages, message);
    return status;
}

void session_fixed(struct session *session, struct adc_span span, const char *code,
                   const char *text)
{
    struct message message = {.span = span, .text = text, .code = code};
    ADC_PUSH(&session->arena, session->messages, message);
}

void session_help(struct session *session, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    session->messages.data[session->messages.count - 1].help =
        formatted(session, format, arguments);
    va_end(arguments);
}

bool session_suggest(struct session *session, const char *name, const char *const *candidates,
                     size_t count)
{
    const char *near = adc_nearest(name, candidates, count);
    if (near) session_help(session, "did you mean `%s`?", near);
    return near != NULL;
}

int session_compiler_failed(struct session *session)
{
    const struct compilation *context = &session->context;
    if (context->failed)
        return session_fail(session, STATUS_SYSTEM, "internal error: %s",
                            context->failure ? context->failure : "the compiler gave up");
    if (context->diags.error_count) return STATUS_PROGRAM;
    return session_fail(session, STATUS_SYSTEM, "internal error: failed without a diagnostic");
}

/* --------------------------------------------------------------- messages as text */

static bool use_colour(void)
{
    const char *no = getenv("NO_COLOR");
    return isatty(STDERR_FILENO) && !(no && *no);
}

/* Control characters of names and file names never reach a terminal. */
static void put_visible(struct adc_text *out, const char *text)
{
    for (; *text; text++) {
        bool control = ((unsigned char)*text < 0x20 && *text != '\n') || *text == 0x7f;
        adc_text_put(out, control ? "?" : text, 1);
    }
}

static void render_message(const struct session *session, const struct message *message,
                           bool colour, struct adc_text *out)
{
    if (message->span.end) {
        const struct adc_source *source =
            &session->context.diags.sources.data[message->span.source];
        struct adc_position at = adc_source_position(source, message->span.begin);
        adc_text_format(out, "%s:%u:%u: ", source->name, at.line, at.column);
    } else {
        adc_text_add(out, "adc: ");
    }
    const char *on = message->code ? "\033[1;32m" : "\033[1;31m";
    adc_text_format(out, "%s%s:%s ", colour ? on : "", message->code ? "fixed" : "error",
                    colour ? "\033[0m" : "");
    put_visible(out, message->text);
    if (message->code) adc_text_format(out, " [%s]", message->code);
    adc_text_add(out, "\n");
    if (!message->help) return;
    adc_text_add(out, "      = help: ");
    put_visible(out, message->help);
    adc_text_add(out, "\n");
}

static void render_text(const struct session *session, struct adc_text *out)
{
    const struct adc_diags *diags = &session->context.diags;
    bool colour = use_colour();
    for (size_t i = 0; i < diags->list.count; i++)
        adc_diag_render(diags, diags->list.data[i], colour, out);
    for (size_t i = 0; i < session->messages.count; i++)
        render_message(session, &session->messages.data[i], colour, out);
}

/* --------------------------------------------------------------- messages as JSON */

static json_t *json_position(const struct adc_source *source, uint32_t offset)
{
    struct adc_position at = adc_source_position(source, offset);
    json_t *position = json_object();
    json_put(position, "line", json_integer(at.line));
    json_put(position, "column", json_integer(at.column));
    return position;
}

static void put_span(const struct session *session, json_t *object, struct adc_span span,
                     bool placed)
{
    if (!placed) {
        json_put(object, "file", json_null());
        json_put(object, "line", json_null());
        json_put(object, "column", json_null());
        json_put(object, "end", json_null());
        return;
    }
    const struct adc_source *source = &session->context.diags.sources.data[span.source];
    struct adc_position at = adc_source_position(source, span.begin);
    json_put(object, "file", json_text(source->name));
    json_put(object, "line", json_integer(at.line));
    json_put(object, "column", json_integer(at.column));
    json_put(object, "end", json_position(source, span.end));
}

static json_t *json_notes(const struct session *session, const struct adc_note *notes)
{
    json_t *list = json_array();
    for (const struct adc_note *note = notes; note; note = note->next) {
        json_t *object = json_object();
        json_put(object, "message", json_text(note->text));
        put_span(session, object, note->span, note->span.end != 0);
        json_append(list, object);
    }
    return list;
}

static json_t *json_fix(const struct session *session, const struct adc_diag *diag)
{
    if (!diag->fix_text) return json_null();
    json_t *fix = json_object();
    put_span(session, fix, diag->fix, true);
    json_put(fix, "text", json_text(diag->fix_text));
    return fix;
}

static json_t *json_diag(const struct session *session, const struct adc_diag *diag)
{
    json_t *object = json_object();
    json_put(object, "code", json_text(adc_code_name(diag->code)));
    json_put(object, "severity", json_text(diag->severity == ADC_ERROR ? "error" : "warning"));
    put_span(session, object, diag->span, true);
    json_put(object, "message", json_text(diag->text));
    json_put(object, "notes", json_notes(session, diag->notes));
    json_put(object, "help", diag->help ? json_text(diag->help) : json_null());
    json_put(object, "fix", json_fix(session, diag));
    return object;
}

static json_t *json_message(const struct session *session, const struct message *message)
{
    json_t *object = json_object();
    json_put(object, "code", message->code ? json_text(message->code) : json_null());
    json_put(object, "severity", json_text(message->code ? "fixed" : "error"));
    put_span(session, object, message->span, message->span.end != 0);
    json_put(object, "message", json_text(message->text));
    json_put(object, "notes", json_array());
    json_put(object, "help", message->help ? json_text(message->help) : json_null());
    json_put(object, "fix", json_null());
    return object;
}

/* Takes over `element`; they stand one behind the other, by commas. */
static void render_element(json_t *element, struct adc_text *out)
{
    if (out->count) adc_text_add(out, ", ");
    json_write(element, out);
    json_decref(element);
}

static void render_json(const struct session *session, struct adc_text *out)
{
    const struct adc_diags *diags = &session->context.diags;
    for (size_t i = 0; i < diags->list.count; i++)
        render_element(json_diag(session, diags->list.data[i]), out);
    for (size_t i = 0; i < session->messages.count; i++)
        render_element(json_message(session, &session->messages.data[i]), out);
}

static bool messages_as_json(const struct session *session)
{
    const char *form = session->options.diagnostics;
    return form && strcmp(form, "json") == 0;
}

static void tell(struct session *session)
{
    if (messages_as_json(session)) render_json(session, &session->told);
    else render_text(session, &session->told);
    session->messages.count = 0;
}

void session_forget(struct session *session)
{
    compilation_free(&session->context);
    compilation_init(&session->context, session->heap.allocator);
}

void session_keep_messages(struct session *session)
{
    tell(session);
    session_forget(session);
}

/* Nobody is left to tell when standard error cannot be written. */
static void write_messages(struct session *session)
{
    struct adc_text text;
    bool json = messages_as_json(session);
    tell(session);
    adc_text_init(&text, &session->arena);
    adc_text_add(&text, json ? "[" : "");
    if (session->told.count) adc_text_add(&text, session->told.data);
    adc_text_add(&text, json ? "]\n" : "");
    json_make_utf8(text.data, text.count);
    files_write_all(STDERR_FILENO, text.data, text.count);
}

static int write_results(struct session *session)
{
    if (session->out.count == 0) return STATUS_GOOD;
    const char *problem = files_write_all(STDOUT_FILENO, session->out.data, session->out.count);
    if (!problem) return STATUS_GOOD;
    return session_fail(session, STATUS_SYSTEM, "cannot write to standard output: %s", problem);
}

int session_finish(struct session *session, int status)
{
    int written = STATUS_GOOD;
    if (status == STATUS_GOOD || (status == STATUS_PROGRAM && session->out_stands))
        written = write_results(session);
    if (written != STATUS_GOOD) status = written;
    if (status == STATUS_GOOD) status = files_commit(session);
    files_discard(&session->files);
    write_messages(session);
    return status;
}
