/* Tokens for the formatter, and what their blanks depend on beyond their neighbours.
 *
 * in          a source without syntax errors and its tree
 * out         the tokens of the grammar without those that are not in the text; a `;` or line end
 *             that ends a statement is noted at the token behind it */
#include "frontend/format_internal.h"

#include "frontend/parser.h"
#include "frontend/syntax.h"

#include <string.h>

bool format_is_opening(int code)
{
    return code == '(' || code == '[' || code == '{' || code == ATTRP;
}

bool format_is_closing(int code)
{
    return code == ')' || code == ']' || code == '}';
}

/* ---------------------------------------------------- comparisons and types */

struct comparisons {
    struct adc_arena *arena;
    ADC_VEC(uint32_t) offsets; /* in the order of the text */
};

/* In order of the text: between its two operands. */
static struct ast *comparison_step(void *visitor, struct ast *node, uint32_t i)
{
    struct comparisons *found = visitor;
    if (i == 1 && (node->kind == AST_LT || node->kind == AST_GT))
        ADC_PUSH(found->arena, found->offsets, node->at.begin);
    if (i == node->count) return NULL;
    return node->child[i] ? node->child[i] : AST_SKIP;
}

/* Children are not always in the order of the text (the result type of a function type). */
static void mark_comparisons(struct format *format, struct ast *file)
{
    struct comparisons found = {.arena = format->arena};
    bool *marked = ADC_NEW_ARRAY(format->arena, bool, (size_t)format->length + 1);
    ast_walk(format->arena, file, comparison_step, &found);
    for (size_t i = 0; i < found.offsets.count; i++) marked[found.offsets.data[i]] = true;
    for (size_t i = 0; i < format->tokens.count; i++) {
        struct format_token *token = &format->tokens.data[i];
        token->compares = (token->code == '<' || token->code == '>') && marked[token->begin];
        if (i && token[-1].compares) token->indexes = false;
    }
}

/* ----------------------------------------------------------------- reading */

/* Where the reader is: tokens passed on and what they left. */
struct reader {
    struct syntax syntax;
    char ends;
    bool import; /* the current item is an import */
};

static void note_token(struct format *format, struct reader *reader, struct layout_token raw,
                       bool operand)
{
    size_t count = format->tokens.count;
    const struct format_token *last = count ? &format->tokens.data[count - 1] : NULL;
    const struct format_token *before = count > 1 ? last - 1 : NULL;
    struct format_token token = {
        .code = raw.code, .begin = raw.span.begin, .end = raw.span.end, .ends = reader->ends};
    if (!last || token.ends) reader->import = raw.code == IMPORT;
    if (raw.code == 0 || raw.code == '}') token.ends = FORMAT_NO_END;
    token.prefix =
        (raw.code == '-' && !operand) || (raw.code == NOT && format->text[token.begin] == '!');
    token.attribute = reader->syntax.layout.attribute;
    token.indexes = raw.code == '[' && (operand || (last && last->code == '>'));
    token.apart = raw.code == '(' && last && last->code == IDENT &&
                  (reader->import || (before && before->code == WITH));
    reader->ends = FORMAT_NO_END;
    ADC_PUSH(format->arena, format->tokens, token);
}

static void read_tokens(struct format *format, struct reader *reader)
{
    struct syntax *syntax = &reader->syntax;
    for (;;) {
        bool operand = layout_ends_operand(&syntax->layout);
        struct layout_token raw = layout_next(syntax);
        if (raw.code == NL)
            reader->ends = raw.span.begin < raw.span.end ? FORMAT_SEMICOLON : FORMAT_LINE_END;
        else if (raw.code != DOC && raw.code != START_FILE)
            note_token(format, reader, raw, operand);
        if (raw.code == 0) return;
    }
}

/* ------------------------------------------------------------------- blocks */

static bool has_newline(const struct format *format, uint32_t begin, uint32_t end)
{
    return memchr(format->text + begin, '\n', end - begin) != NULL;
}

/* Does nothing but white space and `;` lie behind the token? */
static bool is_empty(const struct format *format, uint32_t begin, uint32_t end)
{
    while (begin < end && strchr(" \t\r\n;", format->text[begin])) begin++;
    return begin == end;
}

struct block {
    size_t token;
    uint32_t line; /* line ends before it */
};

/* Marks the braces of blocks on several lines; one with nothing in it becomes `{}`. */
static void mark_blocks(struct format *format)
{
    struct format_token *tokens = format->tokens.data;
    ADC_VEC(struct block) open = {0};
    uint32_t line = 0, at = format->begin;
    for (size_t i = 0; i < format->tokens.count; i++) {
        for (; at < tokens[i].begin; at++) line += format->text[at] == '\n';
        struct block block = {i, line};
        if (tokens[i].code == '{') ADC_PUSH(format->arena, open, block);
        if (tokens[i].code != '}') continue;
        block = open.data[--open.count];
        struct format_token *brace = &tokens[block.token];
        bool empty = block.token + 1 == i && is_empty(format, brace->end, tokens[i].begin);
        brace->broken = tokens[i].broken = line > block.line && !empty;
    }
}

/* ------------------------------------------------------------ tight `+`, `-` */

/* An index, a size or a bound of a range that is made of names, ints and + - * alone is written
 * without blanks. A segment is such a candidate. */
struct segment {
    size_t first;
    bool candidate; /* what stands before it makes it an index, size or bound */
    bool simple;
    bool indexes; /* the bracket around it does */
};

static bool is_simple(int code)
{
    return code == IDENT || code == INT || code == '+' || code == '-' || code == '*' || code == '.';
}

static bool ends_segment(int code)
{
    switch (code) {
    case 0:
    case ',':
    case ':':
    case '=':
    case '{':
    case IN:
    case IF:
    case WHILE:
    case DOTDOT: return true;
    default: return format_is_closing(code) || format_is_opening(code);
    }
}

/* Tokens [segment->first, end). A break beside a sign keeps its blanks: at the begin of a line
 * they tell whether it begins a statement. */
static void tighten(struct format *format, const struct segment *segment, size_t end)
{
    struct format_token *tokens = format->tokens.data;
    if (!segment->simple || end == segment->first) return;
    if (!segment->candidate && tokens[end].code != DOTDOT) return;
    if (has_newline(format, tokens[segment->first].begin, tokens[end].begin)) return;
    for (size_t i = segment->first; i < end; i++) tokens[i].tight = true;
}

static void next_segment(struct segment *segment, const struct format_token *token, size_t next)
{
    segment->first = next;
    segment->simple = true;
    segment->candidate = token->code == IN || token->code == DOTDOT ||
                         (segment->indexes && (token->code == ',' || token->code == '['));
}

static void mark_tight(struct format *format)
{
    ADC_VEC(struct segment) outer = {0};
    struct segment segment = {.simple = true};
    for (size_t i = 0; i < format->tokens.count; i++) {
        const struct format_token *token = &format->tokens.data[i];
        if (token->ends) next_segment(&segment, token, i);
        if (!ends_segment(token->code)) {
            segment.simple = segment.simple && is_simple(token->code);
            continue;
        }
        if (!format_is_opening(token->code)) tighten(format, &segment, i);
        if (format_is_closing(token->code)) {
            segment = outer.data[--outer.count];
            segment.simple = false;
            continue;
        }
        if (format_is_opening(token->code)) {
            if (token->code == '{') tighten(format, &segment, i);
            ADC_PUSH(format->arena, outer, segment);
            segment.indexes = token->indexes;
        }
        next_segment(&segment, token, i + 1);
    }
}

void format_tokens(struct format *format, struct adc_names *names, struct adc_diags *diags,
                   uint32_t source, struct ast *file)
{
    struct reader reader = {.syntax = {.arena = format->arena,
                                       .names = names,
                                       .diags = diags,
                                       .source = source,
                                       .length = format->length,
                                       .text = format->text}};
    format->begin = syntax_text_begin(&reader.syntax);
    layout_start(&reader.syntax);
    read_tokens(format, &reader);
    mark_comparisons(format, file);
    mark_blocks(format);
    mark_tight(format);
}
