/* The mistakes that have a production in parser.y: each is reported, and what was meant goes on. */
#include "frontend/syntax_build.h"

#include "frontend/builtin.h"

#include <string.h>

static struct ast *erroneous(struct syntax *syntax, struct adc_span span, struct adc_span at)
{
    return build_node(syntax, AST_ERROR, span, at, 0);
}

/* The type that a name of another language means here. */
static const char *own_type(const struct syntax *syntax, struct adc_span name)
{
    const char *text = syntax_copy(syntax, name), *own = builtin_own_type(text);
    return own ? own : strcmp(text, "auto") == 0 ? "real" : syntax_quote(syntax, name);
}

/* ------------------------------------------------------------- declarations */

struct ast *build_untyped_param(struct syntax *syntax, struct adc_span name, unsigned kind)
{
    const char *text = syntax_quote(syntax, name);
    struct adc_diag *diag =
        syntax_report(syntax, ADC_E01, name, "parameter `%s` has no type", text);
    adc_diag_help(syntax->diags, diag, "`%s: real`", text);
    adc_diag_fix(syntax->diags, diag, syntax_span(syntax, name.end, name.end), ": real");
    return build_param(syntax, name, kind, erroneous(syntax, name, name), NULL);
}

static bool is_own_type(const struct syntax *syntax, struct adc_span name)
{
    static const char *const types[] = {"real", "f32", "f64", "int", "i32", "bool"};
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        if (syntax_span_is(syntax, name, types[i])) return true;
    return false;
}

/* `x real` */
static struct ast *missing_colon(struct syntax *syntax, struct adc_span name, struct adc_span type)
{
    const char *text = syntax_quote(syntax, name);
    struct adc_diag *diag = syntax_report(syntax, ADC_E01, syntax_join(name, type),
                                          "expected `:` between `%s` and its type", text);
    adc_diag_help(syntax->diags, diag, "`%s: %s`", text, syntax_quote(syntax, type));
    adc_diag_fix(syntax->diags, diag, syntax_span(syntax, name.end, name.end), ":");
    return build_param(syntax, name, AST_PARAM_PLAIN, erroneous(syntax, type, type), NULL);
}

/* `double x` or `double *x`. */
struct ast *build_type_first(struct syntax *syntax, struct adc_span span, struct adc_span type,
                             struct adc_span name)
{
    if (is_own_type(syntax, name)) return missing_colon(syntax, type, name);
    const char *text = syntax_quote(syntax, name);
    const char *own = own_type(syntax, type);
    bool pointer = syntax->text[type.end] == '*' || syntax->text[name.begin - 1] == '*';
    struct adc_diag *diag = syntax_report(
        syntax, ADC_E01, span, "expected `:` after `%s`; parameters are written name first", text);
    adc_diag_help(syntax->diags, diag, "`%s: %s%s`", text, own, pointer ? "[n]" : "");
    if (!pointer) adc_diag_fix(syntax->diags, diag, span, "%s: %s", text, own);
    return build_param(syntax, name, AST_PARAM_PLAIN, erroneous(syntax, span, type), NULL);
}

struct ast *build_colon_result(struct syntax *syntax, struct adc_span colon, struct ast *type)
{
    struct adc_diag *diag =
        syntax_report(syntax, ADC_E01, colon, "the result type of a function follows `->`");
    adc_diag_help(syntax->diags, diag, "`-> %s`", syntax_quote(syntax, type->span));
    adc_diag_fix(syntax->diags, diag, colon, " ->");
    return type;
}

/* --------------------------------------------------------------- statements */

/* `double y = e` */
void syntax_report_typed_local(struct syntax *syntax, struct adc_span type, struct adc_span name)
{
    const char *text = syntax_quote(syntax, name);
    const char *own = own_type(syntax, type);
    struct adc_span both = syntax_join(type, name);
    struct adc_diag *diag = syntax_report(syntax, ADC_E01, both,
                                          "`%s` is not how `%s` is declared; values begin with "
                                          "`let`, those that change with `mut`",
                                          syntax_quote(syntax, both), text);
    adc_diag_help(syntax->diags, diag, "`let %s: %s = ...`", text, own);
    adc_diag_fix(syntax->diags, diag, both, "let %s: %s", text, own);
}

/* `var x = e`, `const x = e` inside a function */
struct ast *build_foreign_local(struct syntax *syntax, struct adc_span span, struct adc_span word,
                                const char *meant)
{
    const char *text = syntax_quote(syntax, word);
    struct adc_diag *diag = syntax_report(
        syntax, ADC_E01, word, "`%s` does not stand in a block; it belongs to parameters%s", text,
        text[0] == 'c' ? " and to the file" : "");
    adc_diag_help(syntax->diags, diag, "`%s`", meant);
    adc_diag_fix(syntax->diags, diag, word, "%s", meant);
    return erroneous(syntax, span, word);
}

struct ast *build_let_mut(struct syntax *syntax, struct adc_span span, struct adc_span words)
{
    struct adc_diag *diag =
        syntax_report(syntax, ADC_E01, words, "a value is either `let` or `mut`, not both");
    adc_diag_help(syntax->diags, diag, "`mut`");
    adc_diag_fix(syntax->diags, diag, words, "mut");
    return erroneous(syntax, span, words);
}

struct ast *build_while(struct syntax *syntax, struct adc_span span, struct adc_span word,
                        struct adc_span condition)
{
    struct adc_diag *diag =
        syntax_report(syntax, ADC_E40, word, "there is no `while` without a bound");
    adc_diag_help(syntax->diags, diag, "`for it in 0..LIMIT while %s { ... }`",
                  syntax_quote(syntax, condition));
    adc_diag_fix(syntax->diags, diag, word, "for it in 0..1000 while");
    return erroneous(syntax, span, word);
}

struct ast *build_increment(struct syntax *syntax, struct adc_span span, struct adc_span sign,
                            struct adc_span target)
{
    const char *text = syntax_quote(syntax, target);
    struct adc_diag *diag = syntax_report(syntax, ADC_E03, sign, "`++` is not an operator");
    adc_diag_help(syntax->diags, diag, "`%s += 1`", text);
    adc_diag_fix(syntax->diags, diag, span, "%s += 1", text);
    return erroneous(syntax, span, sign);
}

/* -------------------------------------------------------------- expressions */

/* `left operator right` where `left` is a comparison already. The first excess operator is
 * reported. */
struct ast *build_chain(struct syntax *syntax, struct adc_span span, struct adc_span operator,
                        struct ast * left, struct ast *right)
{
    if (left->kind != AST_ERROR) {
        const char *first = syntax_quote(syntax, left->span);
        const char *middle = syntax_quote(syntax, left->child[1]->span);
        const char *last = syntax_quote(syntax, syntax_join(operator, right->span));
        struct adc_diag *diag =
            syntax_report(syntax, ADC_E05, operator, "comparisons do not chain");
        adc_diag_help(syntax->diags, diag, "`%s and %s %s`", first, middle, last);
        adc_diag_fix(syntax->diags, diag, syntax_span(syntax, operator.begin, operator.begin),
                     "and %s ", syntax_copy(syntax, left->child[1]->span));
    }
    return erroneous(syntax, span, operator);
}

struct ast *build_plus(struct syntax *syntax, struct adc_span sign, struct ast *operand)
{
    struct adc_diag *diag = syntax_report(syntax, ADC_E36, sign, "there is no unary plus");
    adc_diag_help(syntax->diags, diag, "drop it");
    adc_diag_fix(syntax->diags, diag, sign, "%s", "");
    return operand;
}

struct ast *build_conditional(struct syntax *syntax, struct adc_span span, struct adc_span mark,
                              struct adc_span condition, struct adc_span yes, struct adc_span no)
{
    const char *c = syntax_quote(syntax, condition);
    const char *a = syntax_quote(syntax, yes), *b = syntax_quote(syntax, no);
    struct adc_diag *diag = syntax_report(syntax, ADC_E03, mark, "`?` is not an operator");
    adc_diag_help(syntax->diags, diag, "`if %s then %s else %s`", c, a, b);
    adc_diag_fix(syntax->diags, diag, span, "if %s then %s else %s", syntax_copy(syntax, condition),
                 syntax_copy(syntax, yes), syntax_copy(syntax, no));
    return erroneous(syntax, span, mark);
}

struct ast *build_bare_lambda(struct syntax *syntax, struct adc_span span, struct adc_span names,
                              struct adc_span body)
{
    const char *text = syntax_quote(syntax, names);
    struct adc_diag *diag =
        syntax_report(syntax, ADC_E33, syntax_join(names, body), "a lambda begins with `fn`");
    adc_diag_help(syntax->diags, diag, "`fn(%s) => %s`", text, syntax_quote(syntax, body));
    if (span.begin == names.begin) adc_diag_fix(syntax->diags, diag, names, "fn(%s)", text);
    else adc_diag_fix(syntax->diags, diag, syntax_span(syntax, span.begin, span.begin), "fn");
    return erroneous(syntax, span, names);
}

struct ast *build_comma_filter(struct syntax *syntax, struct adc_span comma, struct ast *condition)
{
    struct adc_diag *diag =
        syntax_report(syntax, ADC_E32, comma, "a filter follows the indices without a comma");
    adc_diag_help(syntax->diags, diag, "`sum(i, j if %s: ...)`",
                  syntax_quote(syntax, condition->span));
    adc_diag_fix(syntax->diags, diag, comma, "%s", "");
    return condition;
}
