/* Lines of the formatted text: where they break and how far they are indented.
 *
 * in          tokens and the text between them
 * out         lines, each comment one blank behind the code on its line
 * invariants  a line breaks where it did in the source, but for blocks on several lines (a break
 *             behind `{` and before `}`) and a few tokens that join the line above; so the
 *             separators of layout.h stay where they are */
#include "frontend/format_internal.h"

#include "frontend/parser.h"

#include <string.h>

enum { BLOCK = 2, CONTINUATION = 4, DEEPEST = 80 /* no line is indented further */ };

/* A bracket that is open, or the file. Columns. */
struct frame {
    int code;
    uint32_t base;  /* where lines in it begin */
    uint32_t shift; /* more, behind a break after `=` in the current statement or argument */
    uint32_t hang;  /* base, if the line breaks right behind the bracket or its `i:` */
    uint32_t close; /* where the closing bracket goes, if it begins a line */
    size_t ifs;     /* printer->ifs.count outside */
};

struct printer {
    const struct format *format;
    struct adc_text *out;
    ADC_VEC(struct frame) frames;
    ADC_VEC(uint32_t) ifs; /* columns of the `if`s whose `else` is to come */
    ADC_VEC(struct format_trailing) trailing;
    struct format_gap gap;
    uint32_t line, column; /* of the end of the output, from 0 */
    uint32_t indent;       /* of the current line */
    uint32_t else_column;  /* of the `if` of the last `else` */
    int first;             /* code of the first token on the line, 0 if there is none yet */
};

static struct frame *innermost(const struct printer *printer)
{
    return &printer->frames.data[printer->frames.count - 1];
}

static bool in_brackets(const struct frame *frame)
{
    return frame->code == '(' || frame->code == '[';
}

/* ------------------------------------------------------------------ writing */

static void put(struct printer *printer, const char *text, size_t length)
{
    adc_text_put(printer->out, text, length);
    printer->column = format_columns(text, length, printer->column);
}

static void put_line_break(struct printer *printer, uint32_t newlines, uint32_t indent)
{
    if (printer->out->count == 0) return;
    for (uint32_t i = 0; i < newlines && i < 2; i++) {
        put(printer, "\n", 1);
        printer->line++;
    }
    for (uint32_t i = 0; i < indent; i++) put(printer, " ", 1);
    printer->indent = indent;
    printer->first = 0;
}

/* Without the carriage returns at the ends of its lines. */
static void put_comment(struct printer *printer, const struct format_comment *comment)
{
    const char *at = printer->format->text + comment->begin;
    const char *end = printer->format->text + comment->end;
    while (at < end) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        const char *stop = newline ? newline : end;
        while (newline && stop > at && stop[-1] == '\r') stop--;
        put(printer, at, (size_t)(stop - at));
        if (newline) put(printer, "\n", 1);
        printer->line += newline != NULL;
        at = newline ? newline + 1 : end;
    }
}

static void put_trailing(struct printer *printer, const struct format_comment *comment)
{
    struct format_trailing trailing = {.line = printer->line, .code = printer->column};
    put(printer, " ", 1);
    trailing.offset = printer->out->count;
    trailing.wanted = format_column_of(printer->format, comment->begin);
    ADC_PUSH(printer->format->arena, printer->trailing, trailing);
    put_comment(printer, comment);
}

/* ---------------------------------------------------------------- indenting */

static uint32_t limited(uint32_t column)
{
    return column < DEEPEST ? column : DEEPEST;
}

static bool assigns(int code)
{
    return code == '=' || code == FATARROW || code == ADDEQ || code == SUBEQ || code == MULEQ ||
           code == DIVEQ;
}

/* Column of `then` and `else`: that of their `if`. */
static uint32_t if_column(const struct printer *printer, const struct frame *frame)
{
    size_t count = printer->ifs.count;
    return count > frame->ifs ? printer->ifs.data[count - 1] : frame->base + frame->shift;
}

/* A line that goes on with an expression: deeper than what begins it. */
static uint32_t continuation(const struct frame *frame)
{
    if (in_brackets(frame) || frame->shift) return frame->base + frame->shift + BLOCK;
    return frame->base + CONTINUATION;
}

static uint32_t indent_behind(struct printer *printer, const struct format_token *a,
                              struct frame *frame)
{
    if (a->code == THEN) return if_column(printer, frame) + BLOCK;
    if (a->code == ELSE) return printer->else_column + BLOCK;
    if (in_brackets(frame) && (format_is_opening(a->code) || a->code == ':'))
        frame->base = frame->hang;
    else if (assigns(a->code)) frame->shift += BLOCK;
    else if (!in_brackets(frame) || a->code != ',') return continuation(frame);
    return frame->base + frame->shift;
}

/* Indentation of a line that begins with `b`, the token behind `a`. */
static uint32_t indent_of(struct printer *printer, const struct format_token *a,
                          const struct format_token *b)
{
    struct frame *frame = innermost(printer);
    if (!a || b->code == 0 || b->ends || a->code == '{' || a->attribute) return frame->base;
    if (format_is_closing(b->code)) return frame->close;
    if (b->code == '{') return frame->base + frame->shift;
    if (b->code == THEN || b->code == ELSE) return if_column(printer, frame);
    if (b->code == WITH && !in_brackets(frame)) {
        frame->shift = BLOCK;
        return frame->base + frame->shift;
    }
    return indent_behind(printer, a, frame);
}

/* ------------------------------------------------------------------- breaks */

/* Does `b` go to the line of `a` though it began a line? */
static bool joins(const struct format_token *a, const struct format_token *b)
{
    if (b->ends || b->code == 0) return false;
    if (a->prefix || b->code == ',') return true;
    if (a->code == '{' && b->code == '}') return true;
    if (b->code == ELSE) return a->code == '}' && a->broken;
    if (b->code != '{' || a->attribute) return false;
    return format_is_closing(a->code) || assigns(a->code) || a->code == IDENT || a->code == INT ||
           a->code == REAL || a->code == TRUE || a->code == FALSE || a->code == THEN ||
           a->code == ELSE || a->code == '\'' || a->code == '>';
}

static uint32_t at_least_one(uint32_t newlines)
{
    return newlines ? newlines : 1;
}

static uint32_t at_most_one(uint32_t newlines)
{
    return newlines ? 1 : 0;
}

/* Is comment `i` of the gap the last thing on its line? */
static bool ends_line(const struct printer *printer, const struct format_token *b, size_t i)
{
    const struct format_gap *gap = &printer->gap;
    if (i + 1 < gap->comments.count) return gap->comments.data[i + 1].newlines > 0;
    return gap->newlines > 0 || b->code == 0;
}

/* The first thing behind the `{` of a block, and behind any opening bracket. */
static void begin_block(struct printer *printer, const struct format_token *a,
                        const struct format_token *b)
{
    struct format_gap *gap = &printer->gap;
    struct format_comment *comments = gap->comments.data;
    uint32_t *first = gap->comments.count ? &comments->newlines : &gap->newlines;
    if (a && !format_is_opening(a->code)) return;
    if (a && a->broken && *first == 0 && gap->comments.count && ends_line(printer, b, 0))
        first = gap->comments.count > 1 ? &comments[1].newlines : &gap->newlines;
    *first = a && a->broken ? 1 : at_most_one(*first);
}

/* Decides on the breaks of the gap between two tokens. */
static void plan_gap(struct printer *printer, const struct format_token *a,
                     const struct format_token *b)
{
    struct format_gap *gap = &printer->gap;
    if (a && gap->comments.count == 0 && joins(a, b)) gap->newlines = 0;
    begin_block(printer, a, b);
    if (format_is_closing(b->code)) gap->newlines = at_most_one(gap->newlines);
    if (b->code == '}' && b->broken) gap->newlines = 1;
    if (b->ends == FORMAT_LINE_END && !gap->any_newline)
        gap->newlines = at_least_one(gap->newlines);
    if (b->code == 0 && gap->comments.count == 0) gap->newlines = 0;
}

/* ----------------------------------------------------------------- printing */

static bool breaks_line(const struct format_gap *gap)
{
    bool breaks = gap->newlines > 0;
    for (size_t i = 0; i < gap->comments.count; i++) breaks |= gap->comments.data[i].newlines > 0;
    return breaks;
}

static void print_comments(struct printer *printer, const struct format_token *a,
                           const struct format_token *b, uint32_t indent)
{
    const struct format_gap *gap = &printer->gap;
    bool glued =
        a && !a->attribute && (a->prefix || (format_is_opening(a->code) && a->code != '{'));
    for (size_t i = 0; i < gap->comments.count; i++) {
        const struct format_comment *comment = &gap->comments.data[i];
        bool begins = comment->newlines || (!a && i == 0);
        if (begins) put_line_break(printer, comment->newlines, indent);
        if (begins && comment->hidden) put(printer, "; ", 2);
        bool trails = !begins && ends_line(printer, b, i) && !(glued && i == 0);
        if (!begins && !trails && !(glued && i == 0)) put(printer, " ", 1);
        if (trails) put_trailing(printer, comment);
        else put_comment(printer, comment);
    }
}

static bool blank_behind_comment(const struct format_token *b)
{
    return b->code != 0 && b->code != ')' && b->code != ']' && b->code != ',';
}

/* `;` stays between statements on one line, and before a block that would go on with the
 * statement above. */
static bool needs_semicolon(const struct printer *printer, const struct format_token *b)
{
    return b->ends == FORMAT_SEMICOLON && (!breaks_line(&printer->gap) || b->code == '{');
}

static void print_gap(struct printer *printer, const struct format_token *a,
                      const struct format_token *b)
{
    const struct format *format = printer->format;
    struct format_gap *gap = &printer->gap;
    struct frame *frame = innermost(printer);
    format_gap(format, a ? a->end : format->begin, b->begin, gap);
    plan_gap(printer, a, b);
    if (b->ends) {
        frame->shift = 0;
        printer->ifs.count = frame->ifs;
    }
    if (needs_semicolon(printer, b)) put(printer, ";", 1);
    bool breaks = breaks_line(gap) || !a;
    uint32_t indent = breaks ? limited(indent_of(printer, a, b)) : 0;
    bool closing = format_is_closing(b->code);
    print_comments(printer, a, b, closing ? limited(frame->base) : indent);
    if (gap->newlines) put_line_break(printer, gap->newlines, indent);
    else if (gap->comments.count ? blank_behind_comment(b) : a && b->code && format_blank(a, b))
        put(printer, " ", 1);
}

/* The block of an `else` and of what stands in brackets goes with its line, others with their
 * statement. */
static uint32_t block_column(const struct printer *printer, const struct frame *outer)
{
    if (in_brackets(outer) || printer->first == THEN || printer->first == ELSE ||
        printer->first == '}')
        return printer->indent;
    return outer->base + outer->shift;
}

static void open_frame(struct printer *printer, const struct format_token *token)
{
    struct frame frame = {.code = token->code == ATTRP ? '(' : token->code,
                          .base = printer->column,
                          .hang = printer->indent + CONTINUATION,
                          .close = printer->indent,
                          .ifs = printer->ifs.count};
    if (token->code == '{') {
        frame.close = block_column(printer, innermost(printer));
        frame.base = frame.close + BLOCK;
    }
    ADC_PUSH(printer->format->arena, printer->frames, frame);
}

/* An `else if` keeps the column of the first `if`. */
static void note_condition(struct printer *printer, const struct format_token *token)
{
    const struct frame *frame = innermost(printer);
    uint32_t column = printer->column - (token->end - token->begin);
    if (token->code == ELSE) {
        printer->else_column = if_column(printer, frame);
        if (token[1].code != IF && printer->ifs.count > frame->ifs) printer->ifs.count--;
    } else if (token == printer->format->tokens.data || token[-1].code != ELSE ||
               printer->ifs.count == frame->ifs) {
        ADC_PUSH(printer->format->arena, printer->ifs, column);
    }
}

static void print_token(struct printer *printer, const struct format_token *token)
{
    put(printer, printer->format->text + token->begin, token->end - token->begin);
    if (printer->first == 0) printer->first = token->code;
    if (token->code == IF || token->code == ELSE) note_condition(printer, token);
    if (format_is_opening(token->code)) open_frame(printer, token);
    struct frame *frame = innermost(printer);
    if (format_is_closing(token->code)) {
        printer->ifs.count = frame->ifs;
        printer->frames.count--;
    } else if (token->code == ',') {
        frame->shift = 0;
        printer->ifs.count = frame->ifs;
    }
}

void format_print(const struct format *format, struct adc_text *out)
{
    struct adc_text lines;
    struct printer printer = {.format = format, .out = &lines};
    struct frame file = {0};
    adc_text_init(&lines, format->arena);
    ADC_PUSH(format->arena, printer.frames, file);
    for (size_t i = 0; i < format->tokens.count; i++) {
        const struct format_token *token = &format->tokens.data[i];
        print_gap(&printer, i ? token - 1 : NULL, token);
        if (token->code) print_token(&printer, token);
    }
    if (lines.count && lines.data[lines.count - 1] != '\n') adc_text_add(&lines, "\n");
    format_align(&lines, printer.trailing.data, printer.trailing.count, out);
}
