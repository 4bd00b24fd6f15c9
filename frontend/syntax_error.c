/* From bison's state to a sentence: the token found, the one before it, and the tokens that
 * could stand there decide. One error a statement: what follows the first in the same statement
 * is its consequence. */
#include "frontend/syntax.h"

#include "frontend/parser.h"

#include <string.h>

/* ------------------------------------------------------------------- tokens */

static const struct {
    int code;
    const char *text;
} keywords[] = {
    {FN, "fn"},         {LET, "let"},       {MUT, "mut"},   {REC, "rec"},         {CONST, "const"},
    {DATA, "data"},     {VAR, "var"},       {TYPE, "type"}, {IMPORT, "import"},   {AS, "as"},
    {EXPORT, "export"}, {EXTERN, "extern"}, {WITH, "with"}, {REQUIRE, "require"}, {IF, "if"},
    {THEN, "then"},     {ELSE, "else"},     {FOR, "for"},   {WHILE, "while"},     {IN, "in"},
    {AND, "and"},       {OR, "or"},         {NOT, "not"},   {DIV, "div"},         {MOD, "mod"},
    {TRUE, "true"},     {FALSE, "false"},
};

bool syntax_is_keyword(int code)
{
    for (size_t i = 0; i < sizeof keywords / sizeof keywords[0]; i++)
        if (keywords[i].code == code) return true;
    return false;
}

bool syntax_is_operator(int code)
{
    switch (code) {
    case '+':
    case '-':
    case '*':
    case '/':
    case '^':
    case '@':
    case DIV:
    case MOD:
    case AND:
    case OR:
    case EQ:
    case NE:
    case LE:
    case GE:
    case '<':
    case '>': return true;
    default: return false;
    }
}

/* Tokens behind which a value must stand, besides the operators. */
static bool wants_value(int code)
{
    switch (code) {
    case NOT:
    case '=':
    case ADDEQ:
    case SUBEQ:
    case MULEQ:
    case DIVEQ:
    case FATARROW: return true;
    default: return syntax_is_operator(code);
    }
}

/* What was found, for "found ..." */
static const char *found_text(struct syntax *syntax)
{
    struct layout_token last = syntax->layout.last;
    if (last.code != NL) {
        struct adc_text text;
        adc_text_init(&text, syntax->arena);
        if (last.code == STRING) return "a string";
        adc_text_format(&text, "`%s`", syntax_quote(syntax, last.span));
        return text.data;
    }
    if (last.span.end > last.span.begin) return "`;`";
    int next = layout_peek(syntax, 0).code;
    return next == 0 ? "the end of the text" : next == '}' ? "`}`" : "the end of the line";
}

/* ------------------------------------------------------------- expectations */

/* One thing that could stand here, shown if its token is expected and that of `unless` is not. */
static const struct {
    int code, unless;
    const char *text;
} things[] = {
    {IMPORT, 0, "a declaration (`fn`, `const`, `type`, `import`)"},
    {LET, 0, "a statement"},
    {INT, LET, "an expression"},
    {IDENT, INT, "a name"},
    {STRING, INT, "a string"},
    {FN, INT, "`fn`"},
    {'*', INT, "an operator"},
    {'(', INT, "`(`"},
    {')', 0, "`)`"},
    {']', 0, "`]`"},
    {'{', INT, "`{`"},
    {'}', 0, "`}`"},
    {',', 0, "`,`"},
    {':', 0, "`:`"},
    {'=', 0, "`=`"},
    {ARROW, 0, "`->`"},
    {FATARROW, '*', "`=>`"},
    {THEN, 0, "`then`"},
    {ELSE, 0, "`else`"},
    {IN, 0, "`in`"},
    {DOTDOT, '*', "`..`"},
    {'>', '*', "`>`"},
    {NL, 0, "the end of the line"},
};

/* Names and brackets that open a type are said as one; after an operand they are operators. */
static bool is_shown(const struct syntax_expected *expected, size_t i)
{
    int code = things[i].code, unless = things[i].unless;
    if (!expected->token[code] || (unless && expected->token[unless])) return false;
    bool operand_ended = expected->token['*'] && !expected->token[INT];
    bool type = expected->token[IDENT] && expected->token[FN] && !expected->token[INT];
    if (operand_ended && (code == '(' || code == '=' || code == ':')) return false;
    if ((type || expected->token[IMPORT]) && (code == '(' || code == FN)) return false;
    return !(expected->token[LET] && code == '}');
}

static const char *expected_text(struct syntax *syntax, const struct syntax_expected *expected)
{
    enum { MOST = 4 };
    const char *shown[MOST];
    size_t count = 0;
    for (size_t i = 0; i < sizeof things / sizeof things[0] && count < MOST; i++)
        if (is_shown(expected, i)) shown[count++] = things[i].text;
    struct adc_text text;
    adc_text_init(&text, syntax->arena);
    bool type = expected->token[IDENT] && expected->token[FN] && !expected->token[INT] &&
                !expected->token[LET] && !expected->token[IMPORT];
    for (size_t i = 0; i < count; i++) {
        if (i) adc_text_add(&text, i + 1 == count ? " or " : ", ");
        adc_text_add(&text, type && strcmp(shown[i], "a name") == 0 ? "a type" : shown[i]);
    }
    return count ? text.data : "something else";
}

/* --------------------------------------------------- errors with a name */

static bool is_twice(const struct syntax *syntax, struct adc_span span)
{
    return span.begin > 0 && syntax->text[span.begin - 1] == syntax->text[span.begin];
}

/* `a +` and nothing that could follow. */
static bool report_missing_operand(struct syntax *syntax, const struct syntax_expected *expected)
{
    struct layout_token before = syntax->layout.before;
    if (!expected->token[INT] || !wants_value(before.code)) return false;
    const char *text = syntax_quote(syntax, before.span);
    if (before.code == '-' && is_twice(syntax, before.span)) {
        struct adc_span both = syntax_span(syntax, before.span.begin - 1, before.span.end);
        adc_diag_help(syntax->diags,
                      syntax_report(syntax, ADC_E03, both, "`--` is not an operator"), "`x -= 1`");
    } else if (syntax_is_operator(before.code)) {
        syntax_report(syntax, ADC_E35, before.span, "`%s` has no right operand", text);
    } else {
        syntax_report(syntax, ADC_E35, before.span, "nothing follows `%s`", text);
    }
    return true;
}

static bool report_missing_else(struct syntax *syntax, const struct syntax_expected *expected)
{
    struct layout_token last = syntax->layout.last, before = syntax->layout.before;
    if (!expected->token[ELSE]) return false;
    if (last.code != NL && last.code != ')' && last.code != ']' && last.code != ',' &&
        last.code != ':' && last.code != '}')
        return false;
    struct adc_span behind = syntax_span(syntax, before.span.end, before.span.end);
    struct adc_diag *diag =
        syntax_report(syntax, ADC_E04, behind, "`if` used as a value needs an `else`");
    const char *branch = before.code == '}' ? " else { 0 }" : " else 0";
    adc_diag_help(syntax->diags, diag, "`%s`", branch);
    adc_diag_fix(syntax->diags, diag, behind, "%s", branch);
    return true;
}

static bool report_keyword(struct syntax *syntax, const struct syntax_expected *expected)
{
    struct layout_token last = syntax->layout.last;
    if (!syntax_is_keyword(last.code) || !expected->token[IDENT]) return false;
    if (expected->token[INT] || expected->token[FN]) return false;
    const char *word = syntax_quote(syntax, last.span);
    struct adc_diag *diag =
        syntax_report(syntax, ADC_E06, last.span, "`%s` is a keyword; it cannot be a name", word);
    adc_diag_help(syntax->diags, diag, "`%s_`", word);
    adc_diag_fix(syntax->diags, diag, last.span, "%s_", word);
    return true;
}

static bool report_increment(struct syntax *syntax)
{
    struct layout_token last = syntax->layout.last;
    if (last.code != PLUSPLUS) return false;
    adc_diag_help(syntax->diags,
                  syntax_report(syntax, ADC_E03, last.span, "`++` is not an operator"),
                  "`x += 1` as a statement of its own");
    return true;
}

/* `let y[i if c] = e` */
static bool report_filtered_definition(struct syntax *syntax)
{
    const struct layout_bracket *bracket = layout_innermost(&syntax->layout);
    if (syntax->layout.last.code != IF || !bracket || bracket->role != ROLE_INDICES) return false;
    struct adc_diag *diag =
        syntax_report(syntax, ADC_E18, syntax->layout.last.span,
                      "a filtered definition would have a size known only at run time");
    adc_diag_help(syntax->diags, diag,
                  "keep the size and write `if c then e else 0`, or filter a reduction");
    return true;
}

/* `lambda x: e` */
static bool report_lambda(struct syntax *syntax)
{
    struct layout_token before = syntax->layout.before;
    if (before.code != IDENT || !syntax_span_is(syntax, before.span, "lambda")) return false;
    struct adc_diag *diag =
        syntax_report(syntax, ADC_E33, before.span, "a lambda is written `fn(x) => ...`");
    adc_diag_help(syntax->diags, diag, "`fn(x) => x^2`");
    return true;
}

/* ------------------------------------------------------- everything else */

static bool is_operand_end(int code)
{
    return code == IDENT || code == INT || code == REAL || code == ')' || code == ']' ||
           code == '}' || code == '\'';
}

/* `def g(x)` in a block */
static bool is_function_word(const struct syntax *syntax)
{
    static const char *const words[] = {"def", "func", "function", "fun", "proc"};
    struct layout_token before = syntax->layout.before;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (before.code == IDENT && syntax_span_is(syntax, before.span, words[i])) return true;
    return false;
}

static const char *help_for(const struct syntax *syntax, const struct syntax_expected *expected)
{
    int found = syntax->layout.last.code, before = syntax->layout.before.code;
    if (expected->token[IMPORT]) {
        if (found == LET || found == MUT)
            return "`const c = ...` defines a constant of the file; `let` and `mut` stand in "
                   "functions";
        return "a function is written `fn f(x: real) -> real = ...`";
    }
    if (found == '=' && expected->token[EQ]) return "equality is written `==`";
    if (found == IF && is_operand_end(before)) return "`if c then a else b` is the choice";
    if (found == '(' && before == FOR) return "`for i in 0..n { ... }`, without parentheses";
    if (found == '(' && before == MUT)
        return "`mut` defines one name; `let (a, b) = e` takes a tuple apart";
    if (found == FOR && is_operand_end(before))
        return "indices come first: `sum(i in 0..n: e)`, `[i in 0..n: e]`";
    if (found == ':' && expected->token[']'] && is_operand_end(before))
        return "a slice is written `x[a..b]`";
    if (found == IDENT && is_function_word(syntax))
        return "functions do not stand in functions; `let g = fn(x) => ...` names a lambda";
    if (found == IDENT && before == FN)
        return "functions do not stand in functions; `let g = fn(x) => ...` names a lambda";
    if (found == ELSE) return "`else` follows the `}` or the value of its `if`";
    if (found == ':' && expected->token['{'] && !expected->token[INT])
        return "blocks stand in `{ }`";
    if (found == DOTDOT) return "ranges stand in `for`, in indices and slices, and in calls";
    if (found == STRING && before == IMPORT) return "`import folder.file`, without quotes";
    if (found == STRING)
        return "strings stand in `require`, `extern`, `with`, `probe` and attributes only";
    if (expected->token['*'] && (found == IDENT || found == INT || found == REAL) &&
        is_operand_end(before))
        return "a product is written with `*`; statements end with their line or `;`";
    return NULL;
}

static void report_other(struct syntax *syntax, const struct syntax_expected *expected)
{
    struct adc_diag *diag =
        syntax_report(syntax, ADC_E48, syntax->layout.last.span, "expected %s, found %s",
                      expected_text(syntax, expected), found_text(syntax));
    const char *help = help_for(syntax, expected);
    if (help) adc_diag_help(syntax->diags, diag, "%s", help);
}

void syntax_report_unexpected(struct syntax *syntax, const struct syntax_expected *expected)
{
    const struct layout *layout = &syntax->layout;
    /* an NL stands behind the last token that was passed on; more may have been dropped before
     * it */
    uint32_t end =
        layout->last.code == NL ? layout_peek(syntax, 0).span.begin : layout->last.span.end;
    if (syntax->full || syntax_reported_within(syntax, layout->statement, end)) return;
    if (report_increment(syntax) || report_missing_operand(syntax, expected) ||
        report_missing_else(syntax, expected) || report_filtered_definition(syntax) ||
        report_lambda(syntax) || report_keyword(syntax, expected))
        return;
    report_other(syntax, expected);
}

void syntax_report_depth(struct syntax *syntax, struct adc_span span, uint32_t limit)
{
    struct adc_diag *diag = syntax_report(syntax, ADC_E37, span, "nested deeper than %u", limit);
    adc_diag_help(syntax->diags, diag, "name inner parts with `let`");
}
