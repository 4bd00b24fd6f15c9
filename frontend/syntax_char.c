/* Lexical mistakes: operators of other languages, malformed numbers, characters without meaning. */
#include "frontend/syntax.h"

#include "frontend/parser.h"
#include "frontend/unicode.h"

#include <ctype.h>
#include <string.h>

/* ---------------------------------------------------------------- operators */

static const struct {
    const char *text, *help,
        *fix; /* fix: what it is replaced by (a word between blanks), or NULL */
} operators[] = {
    {"%", "`a mod b` (floor modulus)", "mod"},
    {"**", "`x^y`", "^"},
    {"&", "`a and b`", "and"},
    {"|", "`a or b`", "or"},
    {"<>", "`a != b`", "!="},
    {"===", "`a == b`", "=="},
    {"!==", "`a != b`", "!="},
    {":=", "`let x = ...` defines, `x = ...` assigns to a `mut`", NULL},
    {"^=", "`x = x^y`", NULL},
    {".*", "`a*b` is elementwise already", "*"},
    {"./", "`a/b` is elementwise already", "/"},
    {".^", "`a^b` is elementwise already", "^"},
    {"~", "`not c`", "not"},
    {"#", "comments begin with `//`", "//"},
};

/* Replaces `span`; a word gets blanks around it where there are none. */
static void fix_operator(struct syntax *syntax, struct adc_diag *diag, struct adc_span span,
                         const char *fix)
{
    bool word = fix[0] >= 'a' && fix[0] <= 'z';
    bool before = word && span.begin > 0 && !strchr(" \t\n(", syntax->text[span.begin - 1]);
    bool behind = word && !strchr(" \t\r\n", syntax->text[span.end]);
    adc_diag_fix(syntax->diags, diag, span, "%s%s%s", before ? " " : "", fix, behind ? " " : "");
}

void syntax_report_operator(struct syntax *syntax, struct adc_span span)
{
    const char *text = syntax_quote(syntax, span);
    for (size_t i = 0; i < sizeof operators / sizeof operators[0]; i++) {
        if (strcmp(operators[i].text, text) != 0) continue;
        bool comment = text[0] == '#';
        struct adc_diag *diag = syntax_report(
            syntax, ADC_E03, span,
            comment ? "`%s` does not begin a comment" : "`%s` is not an operator", text);
        adc_diag_help(syntax->diags, diag, "%s", operators[i].help);
        if (operators[i].fix) fix_operator(syntax, diag, span, operators[i].fix);
        return;
    }
    syntax_report(syntax, ADC_E03, span, "`%s` has no meaning here", text);
}

/* ------------------------------------------------------------------ numbers */

static void report_point(struct syntax *syntax, struct adc_span span)
{
    const char *text = syntax_quote(syntax, span);
    bool before = syntax->text[span.begin] == '.'; /* .5 rather than 1. */
    char glued = span.begin ? syntax->text[span.begin - 1] : ' ';
    if (before && (glued == '_' || glued == ')' || glued == ']' || isalnum((unsigned char)glued))) {
        struct adc_diag *tuple = syntax_report(syntax, ADC_E03, span, "`%s` picks nothing", text);
        adc_diag_help(syntax->diags, tuple, "`let (a, b) = e` takes a tuple apart");
        return;
    }
    struct adc_diag *diag = syntax_report(syntax, ADC_E03, span, "`%s` lacks a digit %s the point",
                                          text, before ? "before" : "behind");
    adc_diag_help(syntax->diags, diag, before ? "`0%s`" : "`%s0`", text);
    uint32_t at = before ? span.begin : span.end;
    adc_diag_fix(syntax->diags, diag, syntax_span(syntax, at, at), "0");
}

/* `span` is the number and what is glued to it; the number alone ends at `number_end`. */
void syntax_report_number(struct syntax *syntax, struct adc_span span, uint32_t number_end)
{
    if (number_end == span.end || syntax->text[number_end] == '.') {
        report_point(syntax, span);
        return;
    }
    const char *text = syntax_quote(syntax, span);
    const char *number = syntax_quote(syntax, syntax_span(syntax, span.begin, number_end));
    struct adc_span name_span = syntax_span(syntax, number_end, span.end);
    const char *name = syntax_quote(syntax, name_span);
    struct adc_diag *diag =
        syntax_report(syntax, ADC_E03, span, "`%s` is neither a number nor a name", text);
    if (name[0] == '_') {
        adc_diag_help(syntax->diags, diag, "`_` stands between digits, as in 1_000");
    } else if (strcmp(number, "0") == 0 && strchr("xXbBoO", name[0])) {
        adc_diag_help(syntax->diags, diag, "ints are written in decimal");
    } else if (strcmp(name, "f") == 0 || strcmp(name, "F") == 0 || strcmp(name, "L") == 0) {
        adc_diag_help(syntax->diags, diag, "numbers have no suffix: `%s`", number);
        adc_diag_fix(syntax->diags, diag, name_span, "%s", "");
    } else {
        adc_diag_help(syntax->diags, diag, "a product is written `%s*%s`", number, name);
        adc_diag_fix(syntax->diags, diag, syntax_span(syntax, number_end, number_end), "*");
    }
}

void syntax_report_string(struct syntax *syntax, struct adc_span span)
{
    struct adc_diag *diag =
        syntax_report(syntax, ADC_E31, syntax_span(syntax, span.begin, span.begin + 1),
                      "this string is never closed");
    adc_diag_help(syntax->diags, diag, "a string ends on its line; `\\n` is a line end in it");
}

/* --------------------------------------------------------------- characters */

static const struct {
    uint32_t character;
    int code;         /* the token that was meant; 0: none, it is left out */
    const char *name; /* Unicode's */
    const char *own;  /* what to write instead, or NULL */
} lookalikes[] = {
    {0x00a0, 0, "no-break space", " "},
    {0x00ab, 0, "left-pointing double angle quotation mark", "\\\""},
    {0x00ac, NOT, "not sign", "not"},
    {0x00ad, 0, "soft hyphen", NULL},
    {0x00b1, 0, "plus-minus sign", NULL},
    {0x00b2, 0, "superscript two", "^2"},
    {0x00b3, 0, "superscript three", "^3"},
    {0x00bb, 0, "right-pointing double angle quotation mark", "\\\""},
    {0x00d7, '*', "multiplication sign", "*"},
    {0x00f7, '/', "division sign", "/"},
    {0x2010, '-', "hyphen", "-"},
    {0x2013, '-', "en dash", "-"},
    {0x2014, '-', "em dash", "-"},
    {0x2018, '\'', "left single quotation mark", "'"},
    {0x2019, '\'', "right single quotation mark", "'"},
    {0x201c, 0, "left double quotation mark", "\\\""},
    {0x201d, 0, "right double quotation mark", "\\\""},
    {0x2026, DOTDOT, "horizontal ellipsis", ".."},
    {0x2032, '\'', "prime", "'"},
    {0x2192, ARROW, "rightwards arrow", "->"},
    {0x21d2, FATARROW, "rightwards double arrow", "=>"},
    {0x2202, 0, "partial differential", "grad(e, x)"},
    {0x2207, 0, "nabla", "grad(e, x)"},
    {0x2208, IN, "element of", "in"},
    {0x220f, 0, "n-ary product", "prod(i: ...)"},
    {0x2211, 0, "n-ary summation", "sum(i: ...)"},
    {0x2212, '-', "minus sign", "-"},
    {0x2215, '/', "division slash", "/"},
    {0x2217, '*', "asterisk operator", "*"},
    {0x2219, '*', "bullet operator", "*"},
    {0x221a, 0, "square root", "sqrt(x)"},
    {0x221e, BAD, "infinity", "inf"},
    {0x2227, AND, "logical and", "and"},
    {0x2228, OR, "logical or", "or"},
    {0x2260, NE, "not equal to", "!="},
    {0x2264, LE, "less-than or equal to", "<="},
    {0x2265, GE, "greater-than or equal to", ">="},
    {0x22c5, '*', "dot operator", "*"},
    {0x00b7, '*', "middle dot", "*"},
    {0x200b, 0, "zero width space", NULL},
    {0x3000, 0, "ideographic space", " "},
    {0xfeff, 0, "byte order mark", NULL},
    {0xff08, 0, "fullwidth left parenthesis", "("},
    {0xff09, 0, "fullwidth right parenthesis", ")"},
    {0xff0c, ',', "fullwidth comma", ","},
    {0xff1a, ':', "fullwidth colon", ":"},
    {0xff1d, '=', "fullwidth equals sign", "="},
};

static struct adc_span span_of(const struct syntax *syntax, uint32_t begin, uint32_t *character)
{
    uint32_t bytes = unicode_decode(syntax->text + begin, syntax->length - begin, character);
    return syntax_span(syntax, begin, begin + bytes);
}

static void report_unknown(struct syntax *syntax, struct adc_span span, uint32_t character)
{
    bool mark = unicode_is_name_part(character);
    struct adc_diag *diag = syntax_report(syntax, ADC_E03, span,
                                          mark ? "`%s` (U+%04X) cannot begin a name"
                                               : "`%s` (U+%04X) has no meaning here",
                                          syntax_quote(syntax, span), character);
    adc_diag_help(syntax->diags, diag, "names are letters and digits of any script, and `_`");
}

int syntax_report_character(struct syntax *syntax, uint32_t begin, uint32_t *length, bool quiet)
{
    uint32_t character = 0;
    struct adc_span span = span_of(syntax, begin, &character);
    *length = span.end - span.begin;
    for (size_t i = 0; i < sizeof lookalikes / sizeof lookalikes[0]; i++) {
        if (lookalikes[i].character != character) continue;
        if (quiet) return lookalikes[i].code;
        struct adc_diag *diag = syntax_report(
            syntax, ADC_E03, span, "`%s` (U+%04X, %s) is not a character of the language",
            syntax_quote(syntax, span), character, lookalikes[i].name);
        const char *own = lookalikes[i].own;
        if (own) adc_diag_help(syntax->diags, diag, own[0] == ' ' ? "a blank" : "`%s`", own);
        else adc_diag_help(syntax->diags, diag, "remove it");
        if (lookalikes[i].code || !own || own[0] == ' ' || own[0] == '^')
            adc_diag_fix(syntax->diags, diag, span, "%s", own ? own : "");
        return lookalikes[i].code;
    }
    if (!quiet) report_unknown(syntax, span, character);
    return 0;
}
