/* What the parts of the parser share; nothing of it is seen outside of ast_parse.
 *
 *     text --lexer.l--> raw tokens --layout.c--> tokens --parser.y--> struct ast
 *
 * lexer.l       one raw token at a time; stray characters and malformed numbers
 * layout.c      line ends become separators, brackets are made to match; syntax_words.c replaces
 *               words of other languages and keywords used as names
 * parser.y      the grammar; its actions are calls of syntax_build.c
 * syntax_error.c  from bison's state to a sentence
 *
 * owner    all memory is the compilation's arena (given back with it)
 * errors   reported through syntax_report, which keeps the number of them in bounds */
#ifndef ADC_FRONTEND_SYNTAX_H
#define ADC_FRONTEND_SYNTAX_H

#include "frontend/ast.h"
#include "frontend/layout.h"

enum {
    SYNTAX_MOST_ERRORS = 20,       /* then the parser gives up */
    SYNTAX_MOST_BRACKETS = 500000, /* open at a time */
    SYNTAX_MOST_SYMBOLS = 3000000  /* on bison's stack: open brackets, operators, branches ... */
};

struct syntax {
    struct adc_arena *arena;
    struct adc_names *names;
    struct adc_diags *diags;
    uint32_t source, length;
    const char *text;      /* of the source */
    bool body;             /* statements instead of items */
    size_t first_diag;     /* number of diagnostics before the parse */
    uint32_t errors;       /* reported by this parse, at most SYNTAX_MOST_ERRORS */
    bool full;             /* there were more errors than that */
    struct adc_diag spare; /* takes the texts of errors that are not reported */
    struct layout layout;
    struct ast *result; /* FILE or BLOCK, or NULL when the parser gave up */
};

/* Reports an error; never NULL, so that help and fix can be added without a test. */
struct adc_diag *syntax_report(struct syntax *syntax, enum adc_code code, struct adc_span span,
                               const char *format, ...) __attribute__((format(printf, 4, 5)));

/* Was something already reported in bytes [begin, end)? */
bool syntax_reported_within(const struct syntax *syntax, uint32_t begin, uint32_t end);

/* NUL bytes, control characters and malformed UTF-8: reports the first and returns false. */
bool syntax_check_text(struct syntax *syntax);

/* Where the text begins: behind a byte order mark, if there is one. */
uint32_t syntax_text_begin(const struct syntax *syntax);

/* Bytes [begin, end) of this source; the bytes from the begin of `first` to the end of `last`. */
struct adc_span syntax_span(const struct syntax *syntax, uint32_t begin, uint32_t end);
struct adc_span syntax_join(struct adc_span first, struct adc_span last);

/* The source text of a span: for a message, cut to a readable length; whole, for a fix (empty
 * once no more errors are reported); compared. */
const char *syntax_quote(const struct syntax *syntax, struct adc_span span);
const char *syntax_copy(const struct syntax *syntax, struct adc_span span);
bool syntax_span_is(const struct syntax *syntax, struct adc_span span, const char *text);

/* Lexical mistakes (syntax_char.c). */
void syntax_report_operator(struct syntax *syntax, struct adc_span span);
void syntax_report_number(struct syntax *syntax, struct adc_span span, uint32_t number_end);
void syntax_report_string(struct syntax *syntax, struct adc_span span);
/* A character above ASCII that is no letter: the token code that it was meant for, or 0 for
 * none, and its length. */
int syntax_report_character(struct syntax *syntax, uint32_t begin, uint32_t *length, bool quiet);

/* `double y = e` (syntax_mistakes.c). */
void syntax_report_typed_local(struct syntax *syntax, struct adc_span type, struct adc_span name);

/* Words of other languages and keywords as names: the token that `raw`, about to be passed on,
 * stands for (syntax_words.c). Is the token an `elif` behind a block? */
struct layout_token syntax_translate(struct syntax *syntax, struct layout_token raw);
bool syntax_is_elif(const struct syntax *syntax, struct layout_token token);

/* What bison knows where it cannot go on: token codes that could stand there. */
enum { SYNTAX_CODES = 384 };
struct syntax_expected {
    bool token[SYNTAX_CODES];
};
void syntax_report_unexpected(struct syntax *syntax, const struct syntax_expected *expected);
void syntax_report_depth(struct syntax *syntax, struct adc_span span, uint32_t limit);

/* Is the token one that joins two operands (syntax_error.c)? And a keyword? */
bool syntax_is_operator(int code);
bool syntax_is_keyword(int code);

#endif
