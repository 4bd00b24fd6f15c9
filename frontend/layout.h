/* From raw tokens to those of the grammar: what a line end means, and brackets that always
 * match.
 *
 * The grammar sees NL behind every statement and every item, nowhere else: not inside parentheses
 * and square brackets, not behind a token that cannot end an expression, not before one that cannot
 * begin a statement. `-` and `@` at the begin of a line begin a statement when glued to what
 * follows. `;` is an NL. An NL also stands before a `}` and before the end of the text.
 *
 * A first pass over the text (layout_match) finds brackets that are never closed or close
 * nothing; the second pass (layout_next) closes the former where their statement ends and drops
 * the latter, so that one missing bracket is one error and the rest of the text is still parsed. */
#ifndef ADC_FRONTEND_LAYOUT_H
#define ADC_FRONTEND_LAYOUT_H

#include "base/diag.h"
#include "base/name.h"

struct syntax;

struct layout_token {
    int code; /* of parser.h; 0 at the end */
    struct adc_span span;
    bool first; /* first on its line */
    bool blank; /* white space or the end follows */
    const struct adc_name
        *text; /* DOC: the comment; of others: the doc comment before it, or NULL */
};

/* ROLE_INDICES: of an array that is defined, `let y[` */
enum layout_role { ROLE_PLAIN, ROLE_PARAMS, ROLE_ATTRIBUTE, ROLE_INDICES };

struct layout_bracket {
    uint32_t begin;
    char code; /* ( [ { */
    char role; /* enum layout_role */
    bool open; /* never closed */
};

enum { LAYOUT_AHEAD = 4 };

struct layout {
    void *scanner;
    ADC_VEC(struct layout_bracket) brackets;
    struct layout_token ahead[LAYOUT_AHEAD]; /* raw tokens read but not passed on */
    uint32_t ahead_count;
    struct layout_token last, before; /* the last two tokens passed on */
    uint32_t statement;               /* where the current statement begins */
    bool in_for;                      /* the current statement began with `for` */
    bool recovering;                  /* skip to the end of the statement, then pass on SYNC */
    size_t sync_depth;                /* brackets open at the end of that statement */
    bool attribute;                   /* the last token ended an attribute */
    ADC_VEC(uint32_t) unclosed;       /* brackets that are never closed, by their offsets */
    ADC_VEC(uint32_t) stray;          /* closing brackets that close nothing */
    ADC_VEC(int) misused;             /* keywords reported as names */
};

/* The first pass. False if there is no point in parsing. */
bool layout_match(struct syntax *syntax);

/* The second pass: starts it; the next token; after a syntax error, what to do about the rest of
 * the statement. */
void layout_start(struct syntax *syntax);
struct layout_token layout_next(struct syntax *syntax);
void layout_recover(struct syntax *syntax);

/* For syntax_words.c and messages: raw tokens (that after the next `skip` ones; 0 at the end),
 * and where the last token leaves things: nothing of a statement yet, an operand behind which a
 * line may end, statements (rather than items, or the inside of brackets), the innermost bracket
 * or NULL. */
struct layout_token layout_take(struct syntax *syntax);
void layout_put_back(struct syntax *syntax, struct layout_token token);
struct layout_token layout_peek(struct syntax *syntax, uint32_t skip);
bool layout_at_start(const struct layout *layout);
bool layout_ends_operand(const struct layout *layout);
bool layout_in_statements(const struct syntax *syntax);
bool layout_begins_statement(int code);
const struct layout_bracket *layout_innermost(const struct layout *layout);

#endif
