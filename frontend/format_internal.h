/* What the parts of the formatter share.
 *
 * format_tokens.c    the tokens, with what their blanks and breaks depend on
 * format_space.c     blanks inside a line
 * format_print.c     lines and their indentation
 * format_comment.c   comments: found between tokens, aligned at the ends of lines */
#ifndef ADC_FRONTEND_FORMAT_INTERNAL_H
#define ADC_FRONTEND_FORMAT_INTERNAL_H

#include "frontend/ast.h"

/* How a statement ends before a token. */
enum format_end { FORMAT_NO_END, FORMAT_LINE_END, FORMAT_SEMICOLON };

struct format_token {
    int code; /* of parser.h; 0 at the end */
    uint32_t begin, end;
    char ends;      /* enum format_end: the statement before it */
    bool prefix;    /* `-` or `!` before its operand */
    bool tight;     /* `+` or `-` without blanks: x[i+1] */
    bool compares;  /* `<` or `>` that is no bracket of a type */
    bool attribute; /* ends an attribute */
    bool indexes;   /* `[` behind what it indexes or gives a size to */
    bool apart;     /* `(` behind a word that it is no argument list of */
    bool broken;    /* `{` of a block on several lines; the `}` of one */
};

struct format {
    struct adc_arena *arena;
    const char *text;
    uint32_t begin, length; /* the text begins behind a byte order mark */
    ADC_VEC(struct format_token) tokens;
};

/* Tokens of an error-free source, whose tree is `file`. */
void format_tokens(struct format *format, struct adc_names *names, struct adc_diags *diags,
                   uint32_t source, struct ast *file);

bool format_is_opening(int code);
bool format_is_closing(int code);

/* Stands a blank between two tokens on one line? */
bool format_blank(const struct format_token *a, const struct format_token *b);

/* ---------------------------------------------------------------- comments */

struct format_comment {
    uint32_t begin, end; /* without the line end and white space before it */
    uint32_t newlines;   /* before it */
    bool line;           /* goes to the end of its line */
    bool several;        /* has a line end in it */
    bool hidden;         /* a `///` behind a `;`, which is no doc comment for that */
};

/* What lies between two tokens. */
struct format_gap {
    ADC_VEC(struct format_comment) comments;
    uint32_t newlines; /* before the token behind the gap */
    bool any_newline;  /* outside of comments */
};
void format_gap(const struct format *format, uint32_t begin, uint32_t end, struct format_gap *gap);

/* A comment at the end of a line: `offset` of its first byte, one blank behind the code. */
struct format_trailing {
    size_t offset;
    uint32_t line;   /* counted in the output */
    uint32_t code;   /* columns of the line without the comment */
    uint32_t wanted; /* the column it had in the source */
};

/* Columns of a text that begins in column `column`: characters, tabs to multiples of 8. */
uint32_t format_columns(const char *text, size_t length, uint32_t column);
uint32_t format_column_of(const struct format *format, uint32_t offset);

/* `text` with blanks before its trailing comments, which are in order. */
void format_align(const struct adc_text *text, const struct format_trailing *trailing, size_t count,
                  struct adc_text *out);

/* All lines, before trailing comments are aligned. */
void format_print(const struct format *format, struct adc_text *out);

#endif
