/* Values of literals, and what the text as a whole must be.
 *
 * Nothing here depends on the locale: reals are handed to strtod without a decimal point, as
 * digits and an exponent, which it rounds correctly. */
#include "frontend/syntax_build.h"
#include "frontend/unicode.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --------------------------------------------------------------------- text */

uint32_t syntax_text_begin(const struct syntax *syntax)
{
    return syntax->length >= 3 && memcmp(syntax->text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
}

static void report_text(struct syntax *syntax, uint32_t at, const char *what, const char *help)
{
    struct adc_diag *diag =
        syntax_report(syntax, ADC_E46, syntax_span(syntax, at, at + 1), "%s", what);
    adc_diag_help(syntax->diags, diag, "%s", help);
}

static void report_not_utf8(struct syntax *syntax, uint32_t at)
{
    const unsigned char *text = (const unsigned char *)syntax->text;
    bool wide = syntax->length >= 2 &&
                ((text[0] == 0xff && text[1] == 0xfe) || (text[0] == 0xfe && text[1] == 0xff));
    if (wide && at == 0) report_text(syntax, 0, "this is UTF-16", "save the file as UTF-8");
    else {
        struct adc_diag *diag = syntax_report(syntax, ADC_E46, syntax_span(syntax, at, at + 1),
                                              "byte 0x%02x is not UTF-8", text[at]);
        adc_diag_help(syntax->diags, diag, "save the file as UTF-8");
    }
}

static void report_control(struct syntax *syntax, uint32_t at)
{
    unsigned char c = (unsigned char)syntax->text[at];
    if (c == 0) {
        report_text(syntax, at, "this is a NUL byte, not text", "is this a binary file?");
    } else if (c == '\r') {
        report_text(syntax, at, "this carriage return ends no line",
                    "end lines with a line feed, with or without a carriage return before it");
    } else {
        struct adc_diag *diag = syntax_report(syntax, ADC_E46, syntax_span(syntax, at, at + 1),
                                              "this is a control character (0x%02x), not text", c);
        adc_diag_help(syntax->diags, diag, "remove it; tabs and line feeds are fine");
    }
}

static bool is_control(const struct syntax *syntax, uint32_t at)
{
    unsigned char c = (unsigned char)syntax->text[at];
    if (c == '\r') return syntax->text[at + 1] != '\n'; /* a NUL is behind the text */
    return (c < 0x20 && c != '\t' && c != '\n') || c == 0x7f;
}

bool syntax_check_text(struct syntax *syntax)
{
    uint32_t at = 0;
    while (at < syntax->length) {
        uint32_t character = 0;
        uint32_t bytes = unicode_decode(syntax->text + at, syntax->length - at, &character);
        if (bytes == 0) report_not_utf8(syntax, at);
        else if (bytes == 1 && is_control(syntax, at)) report_control(syntax, at);
        if (syntax->errors) return false;
        at += bytes;
    }
    return true;
}

/* ------------------------------------------------------------------ numbers */

struct ast *build_int(struct syntax *syntax, struct adc_span span)
{
    struct ast *node = build_named(syntax, AST_INT, span, span, 0);
    int64_t value = 0;
    for (uint32_t i = span.begin; i < span.end; i++) {
        if (syntax->text[i] == '_') continue;
        int digit = syntax->text[i] - '0';
        if (value > (INT64_MAX - digit) / 10) {
            struct adc_diag *diag = syntax_report(syntax, ADC_E47, span, "`%s` does not fit an int",
                                                  syntax_quote(syntax, span));
            adc_diag_help(syntax->diags, diag,
                          "the largest int is 9223372036854775807; write %s.0 for a real",
                          syntax_quote(syntax, span));
            return node;
        }
        value = value * 10 + digit;
    }
    node->integer = value;
    return node;
}

/* Reads [+-]digits; saturates far outside of what matters. */
static long long exponent_of(const char *text, uint32_t length)
{
    enum { FAR = 1000000000 };
    long long value = 0;
    for (uint32_t i = 0; i < length; i++)
        if (text[i] >= '0' && text[i] <= '9' && value < FAR) value = value * 10 + (text[i] - '0');
    return length && text[0] == '-' ? -value : value;
}

/* 12.50e3 becomes 1250e1 */
static double real_of(struct syntax *syntax, const char *text, uint32_t length)
{
    char *digits = adc_arena_alloc(syntax->arena, (size_t)length + 32);
    uint32_t count = 0, fraction = 0, i = 0;
    bool point = false;
    for (; i < length && text[i] != 'e' && text[i] != 'E'; i++) {
        if (text[i] == '.') point = true;
        if (text[i] < '0' || text[i] > '9') continue;
        digits[count++] = text[i];
        fraction += point;
    }
    if (i < length) i++;
    long long exponent = exponent_of(text + i, length - i) - fraction;
    snprintf(digits + count, 32, "e%lld", exponent);
    return strtod(digits, NULL);
}

struct ast *build_real(struct syntax *syntax, struct adc_span span)
{
    struct ast *node = build_named(syntax, AST_REAL, span, span, 0);
    node->real = real_of(syntax, syntax->text + span.begin, span.end - span.begin);
    if (isinf(node->real)) {
        struct adc_diag *diag = syntax_report(syntax, ADC_E47, span, "`%s` does not fit a real",
                                              syntax_quote(syntax, span));
        adc_diag_help(syntax->diags, diag,
                      "the largest real is 1.7976931348623157e308; infinity is `inf`");
        node->real = 0;
    }
    return node;
}

/* ------------------------------------------------------------------ strings */

static char escape_of(char c)
{
    switch (c) {
    case 'n': return '\n';
    case 't': return '\t';
    case 'r': return '\r';
    case '"': return '"';
    case '\\': return '\\';
    default: return '\0';
    }
}

/* The text between the quotes; the closing one may be missing (that was reported). */
struct ast *build_string(struct syntax *syntax, struct adc_span span)
{
    struct ast *node = build_node(syntax, AST_STRING, span, span, 0);
    char *contents = adc_arena_alloc(syntax->arena, span.end - span.begin + 1);
    size_t count = 0;
    for (uint32_t i = span.begin + 1; i < span.end && syntax->text[i] != '"'; i++) {
        char c = syntax->text[i];
        if (c == '\\' && i + 1 < span.end) {
            c = escape_of(syntax->text[++i]);
            struct adc_span escape = syntax_span(syntax, i - 1, i + 1);
            if (!c) {
                uint32_t unused;
                escape.end = i + unicode_decode(syntax->text + i, span.end - i, &unused);
                adc_diag_help(syntax->diags,
                              syntax_report(syntax, ADC_E03, escape,
                                            "`%s` means nothing in a string",
                                            syntax_quote(syntax, escape)),
                              "`\\n`, `\\t`, `\\r`, `\\\"` and `\\\\` do");
                i = escape.end - 1;
                continue;
            }
        }
        contents[count++] = c;
    }
    node->text = adc_name(syntax->names, contents, count);
    return node;
}
