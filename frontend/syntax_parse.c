/* ast_parse and ast_parse_body: the stages of the parser one after the other, and the
 * bookkeeping of its errors: at most SYNTAX_MOST_ERRORS, in the order of the text. */
#include "frontend/syntax.h"

#include "frontend/parser.h"
#include "frontend/syntax_build.h"

#include <string.h>

/* ------------------------------------------------------------------- spans */

struct adc_span syntax_span(const struct syntax *syntax, uint32_t begin, uint32_t end)
{
    return (struct adc_span){syntax->source, begin, end};
}

struct adc_span syntax_join(struct adc_span first, struct adc_span last)
{
    return (struct adc_span){first.source, first.begin, last.end};
}

const char *syntax_copy(const struct syntax *syntax, struct adc_span span)
{
    if (syntax->full) return "";
    return adc_arena_copy(syntax->arena, syntax->text + span.begin, span.end - span.begin);
}

/* The first line of the span, cut behind a whole character. */
const char *syntax_quote(const struct syntax *syntax, struct adc_span span)
{
    enum { LONGEST = 60 };
    const char *text = syntax->text + span.begin;
    uint32_t length = 0;
    while (length < span.end - span.begin && length < LONGEST && text[length] != '\n') length++;
    if (length == span.end - span.begin) return adc_arena_copy(syntax->arena, text, length);
    while (length > 0 && ((unsigned char)text[length] & 0xc0) == 0x80) length--;
    char *quote = adc_arena_alloc(syntax->arena, length + 4);
    memcpy(quote, text, length);
    memcpy(quote + length, "...", 3);
    return quote;
}

bool syntax_span_is(const struct syntax *syntax, struct adc_span span, const char *text)
{
    size_t length = strlen(text);
    return span.end - span.begin == length && memcmp(syntax->text + span.begin, text, length) == 0;
}

/* ------------------------------------------------------------------ errors */

struct adc_diag *syntax_report(struct syntax *syntax, enum adc_code code, struct adc_span span,
                               const char *format, ...)
{
    if (syntax->errors == SYNTAX_MOST_ERRORS) {
        syntax->full = true;
        return &syntax->spare;
    }
    struct adc_text text;
    adc_text_init(&text, syntax->arena);
    va_list arguments;
    va_start(arguments, format);
    adc_text_vformat(&text, format, arguments);
    va_end(arguments);
    size_t before = syntax->diags->list.count;
    struct adc_diag *diag = adc_diag_add(syntax->diags, code, span, "%s", text.data);
    /* the same error again: its help and fix stand already */
    if (syntax->diags->list.count == before) return &syntax->spare;
    syntax->errors++;
    return diag;
}

bool syntax_reported_within(const struct syntax *syntax, uint32_t begin, uint32_t end)
{
    for (size_t i = syntax->first_diag; i < syntax->diags->list.count; i++) {
        const struct adc_diag *diag = syntax->diags->list.data[i];
        if (diag->span.begin >= begin && diag->span.begin <= end) return true;
    }
    return false;
}

/* Insertion sort: stable, and there are few. */
static void sort_errors(struct syntax *syntax)
{
    struct adc_diag **list = syntax->diags->list.data;
    for (size_t i = syntax->first_diag + 1; i < syntax->diags->list.count; i++) {
        struct adc_diag *diag = list[i];
        size_t to = i;
        for (; to > syntax->first_diag && list[to - 1]->span.begin > diag->span.begin; to--)
            list[to] = list[to - 1];
        list[to] = diag;
    }
}

static void finish_errors(struct syntax *syntax)
{
    if (syntax->errors == 0) return;
    sort_errors(syntax);
    if (!syntax->full) return;
    struct adc_diag *last = syntax->diags->list.data[syntax->diags->list.count - 1];
    adc_diag_note(syntax->diags, last, (struct adc_span){0},
                  "there are more syntax errors; the first %d are shown", SYNTAX_MOST_ERRORS);
}

/* ----------------------------------------------------------------- parsing */

static struct ast *parse(struct syntax *syntax)
{
    const struct adc_source *source = &syntax->diags->sources.data[syntax->source];
    syntax->text = source->text;
    syntax->length = source->length;
    syntax->first_diag = syntax->diags->list.count;
    if (syntax_check_text(syntax) && layout_match(syntax)) {
        layout_start(syntax);
        syntax_parse(syntax); /* its status adds nothing: errors were reported */
    }
    finish_errors(syntax);
    if (syntax->result) return syntax->result;
    struct adc_span nothing = syntax_span(syntax, 0, 0);
    return build_node(syntax, syntax->body ? AST_BLOCK : AST_FILE, nothing, nothing, 0);
}

struct ast *ast_parse(struct adc_arena *arena, struct adc_names *names, struct adc_diags *diags,
                      uint32_t source)
{
    struct syntax syntax = {.arena = arena, .names = names, .diags = diags, .source = source};
    return parse(&syntax);
}

struct ast *ast_parse_body(struct adc_arena *arena, struct adc_names *names,
                           struct adc_diags *diags, uint32_t source)
{
    struct syntax syntax = {
        .arena = arena, .names = names, .diags = diags, .source = source, .body = true};
    return parse(&syntax);
}
