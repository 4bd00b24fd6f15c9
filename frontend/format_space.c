/* Blanks between the tokens of a line. */
#include "frontend/format_internal.h"

#include "frontend/parser.h"

static bool is_either(int a, int b, int code)
{
    return a == code || b == code;
}

/* Behind what a call or an index may stand. */
static bool is_called(int code)
{
    return code == IDENT || code == STRING || code == FN || code == '\'' || format_is_closing(code);
}

static bool in_type(const struct format_token *token)
{
    return (token->code == '<' || token->code == '>') && !token->compares;
}

static bool is_sign(const struct format_token *token)
{
    return (token->code == '+' || token->code == '-') && !token->prefix;
}

/* Brackets and separators: 1 a blank, 0 none, -1 not decided. */
static int beside_brackets(const struct format_token *a, const struct format_token *b)
{
    if (a->attribute) return 1;
    if (a->code == '{') return b->code != '}';
    if (format_is_opening(a->code)) return 0;
    if (b->code == '}') return 1;
    if (b->code == ')' || b->code == ']' || b->code == ',') return 0;
    if (a->prefix) return 0;
    if (b->code == ':') return a->code == ',';
    if (a->code == ',' || a->code == ':') return 1;
    return -1;
}

/* As above for what binds without blanks. */
static int beside_tight(const struct format_token *a, const struct format_token *b)
{
    if (b->code == '.') return a->code == INT || a->code == REAL; /* not a point of the number */
    if (a->code == '.' || b->code == '\'') return 0;
    if (is_either(a->code, b->code, DOTDOT)) return 0;
    if (is_either(a->code, b->code, '*') || is_either(a->code, b->code, '/') ||
        is_either(a->code, b->code, '^'))
        return 0;
    if ((is_sign(a) && a->tight) || (is_sign(b) && b->tight)) return 0;
    if (in_type(b) || (in_type(a) && a->code == '<')) return 0;
    return -1;
}

bool format_blank(const struct format_token *a, const struct format_token *b)
{
    int decided = b->ends ? 1 : beside_brackets(a, b);
    if (decided < 0) decided = beside_tight(a, b);
    if (decided >= 0) return decided;
    if (b->code == '(') return b->apart || !is_called(a->code);
    if (b->code == '[') return !b->indexes;
    return true;
}
