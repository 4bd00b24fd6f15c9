/* The scanner of lexer.l: opening it, its next token, and what its actions do. */
#include "frontend/syntax_lexer.h"

#include "frontend/parser.h"
#include "frontend/unicode.h"

#define YYSTYPE SYNTAX_STYPE
#define YYLTYPE SYNTAX_LTYPE
#include "frontend/lexer.h"

#include <string.h>

enum { HEADER = 16 }; /* in front of flex's blocks: their size, keeping the alignment */

/* Flex allocates through the arena; `scanner` carries the state as its extra data. */
void *lexer_alloc(size_t size, void *scanner)
{
    struct lexer_state *state = lexer_get_extra(scanner);
    char *block = adc_arena_alloc(state->syntax->arena, size + HEADER);
    memcpy(block, &size, sizeof size);
    return block + HEADER;
}

void *lexer_realloc(void *block, size_t size, void *scanner)
{
    size_t old_size = 0;
    char *again = lexer_alloc(size, scanner);
    if (!block) return again;
    memcpy(&old_size, (char *)block - HEADER, sizeof old_size);
    memcpy(again, block, old_size < size ? old_size : size);
    return again;
}

void lexer_free(void *block, void *scanner)
{
    (void)block;
    (void)scanner;
}

void lexer_fail(void *scanner)
{
    struct lexer_state *state = lexer_get_extra(scanner);
    longjmp(*state->syntax->arena->heap->out_of_memory, 1);
}

struct adc_span lexer_span(const struct lexer_state *state, uint32_t begin, uint32_t length)
{
    return syntax_span(state->syntax, begin, begin + length);
}

/* A line of `///`; four slashes are an ordinary comment, and so are three behind something else. */
void lexer_doc(struct lexer_state *state, const char *text, uint32_t length)
{
    if (state->quiet || !state->first || (length > 3 && text[3] == '/')) return;
    uint32_t begin = length > 3 && text[3] == ' ' ? 4 : 3;
    if (length > begin && text[length - 1] == '\r') length--;
    if (state->doc.count) adc_text_put(&state->doc, "\n", 1);
    adc_text_put(&state->doc, text + begin, length - begin);
}

static uint32_t digits(const char *text, uint32_t begin, uint32_t length)
{
    while (begin < length && ((text[begin] >= '0' && text[begin] <= '9') || text[begin] == '_'))
        begin++;
    while (begin > 0 && text[begin - 1] == '_') begin--;
    return begin;
}

uint32_t lexer_number_length(const char *text, uint32_t length)
{
    uint32_t end = digits(text, 0, length);
    if (end + 1 < length && text[end] == '.') end = digits(text, end + 1, length);
    if (end < length && (text[end] == 'e' || text[end] == 'E')) {
        uint32_t sign = end + 1 < length && (text[end + 1] == '-' || text[end + 1] == '+');
        uint32_t exponent = digits(text, end + 1 + sign, length);
        if (exponent > end + 1 + sign) end = exponent;
    }
    return end;
}

bool lexer_is_real(const char *text, uint32_t length)
{
    for (uint32_t i = 0; i < length; i++)
        if (text[i] == '.' || text[i] == 'e' || text[i] == 'E') return true;
    return false;
}

uint32_t lexer_name_length(const char *text, uint32_t length)
{
    uint32_t at = 0;
    while (at < length) {
        uint32_t character = 0;
        uint32_t bytes = unicode_decode(text + at, length - at, &character);
        if (bytes == 0) break;
        if (bytes > 1 && !(at ? unicode_is_name_part(character) : unicode_is_letter(character)))
            break;
        at += bytes;
    }
    return at;
}

void lexer_number(struct lexer_state *state, struct adc_span span, uint32_t number_end)
{
    if (!state->quiet) syntax_report_number(state->syntax, span, number_end);
}

void lexer_operator(struct lexer_state *state, struct adc_span span)
{
    if (!state->quiet) syntax_report_operator(state->syntax, span);
}

void lexer_string(struct lexer_state *state, struct adc_span span)
{
    if (!state->quiet) syntax_report_string(state->syntax, span);
}

int lexer_character(struct lexer_state *state, uint32_t begin, uint32_t *length)
{
    return syntax_report_character(state->syntax, begin, length, state->quiet);
}

void lexer_open(struct syntax *syntax, bool quiet)
{
    struct lexer_state *state = ADC_NEW(syntax->arena, struct lexer_state);
    char *buffer = adc_arena_alloc(syntax->arena, (size_t)syntax->length + 2);
    memcpy(buffer, syntax->text, syntax->length);
    uint32_t begin = syntax_text_begin(syntax);
    memset(buffer, ' ', begin);
    state->syntax = syntax;
    state->text = buffer;
    state->quiet = quiet;
    state->first = true;
    adc_text_init(&state->doc, syntax->arena);
    if (lexer_lex_init_extra(state, &syntax->layout.scanner))
        longjmp(*syntax->arena->heap->out_of_memory, 1);
    lexer__scan_buffer(buffer, (size_t)syntax->length + 2, syntax->layout.scanner);
}

const struct lexer_state *lexer_state_of(const struct syntax *syntax)
{
    return lexer_get_extra(syntax->layout.scanner);
}

static bool blank_at(const struct syntax *syntax, uint32_t offset)
{
    return offset >= syntax->length || strchr(" \t\r\n", syntax->text[offset]);
}

struct layout_token lexer_next(struct syntax *syntax)
{
    struct lexer_state *state = lexer_get_extra(syntax->layout.scanner);
    struct layout_token token = {0};
    SYNTAX_STYPE unused;
    token.code = lexer_lex(&unused, &token.span, syntax->layout.scanner);
    if (token.code == 0) token.span = syntax_span(syntax, syntax->length, syntax->length);
    token.first = state->first;
    token.blank = blank_at(syntax, token.span.end);
    if (state->doc.count) {
        token.text = adc_name(syntax->names, state->doc.data, state->doc.count);
        state->doc.count = 0;
    }
    state->first = false;
    return token;
}
