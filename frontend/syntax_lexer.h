/* What lexer.l keeps between tokens and the functions its actions call (syntax_lexer.c). */
#ifndef ADC_FRONTEND_SYNTAX_LEXER_H
#define ADC_FRONTEND_SYNTAX_LEXER_H

#include "frontend/syntax.h"

struct lexer_state {
    struct syntax *syntax;
    const char *text; /* flex's buffer: offset 0 of the source */
    bool quiet;       /* report nothing */
    bool first;       /* a line end was passed since the last token */
    bool unclosed_comment;
    struct adc_span comment; /* opening of the last comment */
    struct adc_text doc;     /* lines of `///` since the last token */
};

struct adc_span lexer_span(const struct lexer_state *state, uint32_t begin, uint32_t length);
/* Out of memory. */
void lexer_fail(void *scanner) __attribute__((noreturn));
void lexer_doc(struct lexer_state *state, const char *text, uint32_t length);

/* Bytes of the number that a token begins with, and whether it has a point or an exponent; bytes
 * of the name (0: its first character is no letter). */
uint32_t lexer_number_length(const char *text, uint32_t length);
bool lexer_is_real(const char *text, uint32_t length);
uint32_t lexer_name_length(const char *text, uint32_t length);

void lexer_number(struct lexer_state *state, struct adc_span span, uint32_t number_end);
void lexer_operator(struct lexer_state *state, struct adc_span span);
void lexer_string(struct lexer_state *state, struct adc_span span);
int lexer_character(struct lexer_state *state, uint32_t begin, uint32_t *length);

/* A scanner over the whole text, and its next raw token. */
void lexer_open(struct syntax *syntax, bool quiet);
struct layout_token lexer_next(struct syntax *syntax);
const struct lexer_state *lexer_state_of(const struct syntax *syntax);

#endif
