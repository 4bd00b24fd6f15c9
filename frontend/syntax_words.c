/* Words that are not ours and keywords that are used as names, in the tokens on their way to the
 * grammar: each is reported, and what was meant is passed on. */
#include "frontend/syntax.h"

#include "frontend/parser.h"

static bool is_word(const struct syntax *syntax, struct layout_token token,
                    const char *const *words)
{
    if (token.code != IDENT) return false;
    for (; *words; words++)
        if (syntax_span_is(syntax, token.span, *words)) return true;
    return false;
}

bool syntax_is_elif(const struct syntax *syntax, struct layout_token token)
{
    static const char *const words[] = {"elif", "elseif", "elsif", NULL};
    return syntax->layout.last.code == '}' && is_word(syntax, token, words);
}

/* ---------------------------------------------- words that are not ours */

static struct adc_diag *report_foreign(struct syntax *syntax, struct layout_token raw)
{
    return syntax_report(syntax, ADC_E40, raw.span, "there is no `%s`",
                         syntax_quote(syntax, raw.span));
}

static bool ends_statement(struct layout_token token)
{
    return token.first || token.code == 0 || token.code == ';' || token.code == '}';
}

static bool begins_operand(int code)
{
    switch (code) {
    case IDENT:
    case INT:
    case REAL:
    case STRING:
    case TRUE:
    case FALSE:
    case BAD:
    case '(':
    case '[':
    case '-':
    case IF:
    case NOT: return true;
    default: return false;
    }
}

/* `double y = e` is read as `let y = e`, `return e` as `e`; the others leave an erroneous
 * expression. */
static struct layout_token foreign_statement(struct syntax *syntax, struct layout_token raw)
{
    static const char *const leave[] = {"return", NULL};
    static const char *const jump[] = {"break", "continue", NULL};
    struct layout_token next = layout_peek(syntax, 0);
    bool alone = ends_statement(next);
    if (next.code == IDENT && !alone && layout_peek(syntax, 1).code == '=') {
        syntax_report_typed_local(syntax, raw.span, next.span);
        raw.code = LET;
        return raw;
    }
    if (is_word(syntax, raw, leave) && (alone || begins_operand(next.code))) {
        adc_diag_help(syntax->diags, report_foreign(syntax, raw),
                      "the last expression of a block is its value; `if` chooses between values");
        if (!alone) return layout_take(syntax);
        raw.code = BAD;
    } else if (is_word(syntax, raw, jump) && alone) {
        adc_diag_help(syntax->diags, report_foreign(syntax, raw),
                      "a guard ends a loop early: `for i in 0..n while condition { ... }`; `if` "
                      "skips what should not run");
        raw.code = BAD;
    }
    return raw;
}

static struct layout_token foreign_item(struct syntax *syntax, struct layout_token raw)
{
    static const char *const words[] = {"def", "func", "function", "fun", "proc", NULL};
    if (!is_word(syntax, raw, words) || layout_peek(syntax, 0).code != IDENT) return raw;
    struct adc_diag *diag = report_foreign(syntax, raw);
    adc_diag_help(syntax->diags, diag, "functions begin with `fn`");
    adc_diag_fix(syntax->diags, diag, raw.span, "fn");
    raw.code = FN;
    return raw;
}

static struct layout_token foreign_elif(struct syntax *syntax, struct layout_token raw)
{
    struct adc_diag *diag = report_foreign(syntax, raw);
    adc_diag_help(syntax->diags, diag, "`else if`");
    adc_diag_fix(syntax->diags, diag, raw.span, "else if");
    struct layout_token word = raw;
    word.code = IF;
    word.first = false;
    layout_put_back(syntax, word);
    raw.code = ELSE;
    return raw;
}

/* ------------------------------------------------ keywords used as names */

static bool names_something(const struct syntax *syntax, struct layout_token raw,
                            struct layout_token next)
{
    if (next.code == IDENT && !next.first) return false;
    switch (syntax->layout.last.code) {
    case LET: return raw.code != MUT;
    case FN:
    case MUT:
    case REC:
    case TYPE:
    case AS:
    case VAR:
    case DATA:
    case CONST:
    case IMPORT:
    case FOR:
    case '.': return true;
    default: return false;
    }
}

static bool is_labelled(const struct layout *layout, int code, int next)
{
    if (layout_at_start(layout) && layout_begins_statement(code)) return false;
    bool opens = layout->last.code == '(' || layout->last.code == '[' || layout->last.code == ',' ||
                 layout_at_start(layout);
    bool label = next == ':' || next == '=' || next == ADDEQ || next == SUBEQ || next == MULEQ ||
                 next == DIVEQ;
    return opens && label && code != ELSE && code != THEN && code != TRUE && code != FALSE;
}

/* Words that begin neither statements nor expressions, where an operand is due. */
static bool stands_for_value(const struct syntax *syntax, int code, int next)
{
    const struct layout *layout = &syntax->layout;
    const struct layout_bracket *bracket = layout_innermost(layout);
    switch (code) {
    case DATA:
    case VAR:
    case TYPE:
    case AS:
    case CONST:
    case IMPORT:
    case EXPORT:
    case EXTERN: break;
    default: return false;
    }
    if (layout_ends_operand(layout) || next == IDENT || next == FN) return false;
    if (layout->last.code == '=' || syntax_is_operator(layout->last.code)) return true;
    if (bracket && bracket->role == ROLE_PARAMS) return next == ',' || next == ')';
    return bracket || syntax->body;
}

static const char *noun(const struct syntax *syntax, int next)
{
    const struct layout_bracket *bracket = layout_innermost(&syntax->layout);
    switch (syntax->layout.last.code) {
    case FN: return "a function";
    case TYPE: return "a type";
    case AS:
    case IMPORT: return "a module";
    case FOR: return "an index";
    case '.': return "a field";
    case LET:
    case MUT:
    case REC: return "a value";
    default: break;
    }
    if (bracket && bracket->role == ROLE_PARAMS) return "a parameter";
    if (next == IN) return "an index";
    return next == '=' && bracket && bracket->code == '(' ? "an argument" : "a value";
}

static bool is_misused(const struct layout *layout, int code)
{
    for (size_t i = 0; i < layout->misused.count; i++)
        if (layout->misused.data[i] == code) return true;
    return false;
}

/* The keyword is taken as the name it was meant to be. Later uses of it as a value are not
 * reported. */
static struct layout_token keyword_as_name(struct syntax *syntax, struct layout_token raw)
{
    struct layout *layout = &syntax->layout;
    struct layout_token next = layout_peek(syntax, 0);
    const struct layout_bracket *bracket = layout_innermost(layout);
    bool line_ends = next.first && (!bracket || bracket->code == '{');
    bool declared = names_something(syntax, raw, next) || is_labelled(layout, raw.code, next.code);
    if (!declared && !stands_for_value(syntax, raw.code, line_ends ? NL : next.code)) return raw;
    if (declared || !is_misused(layout, raw.code)) {
        const char *word = syntax_quote(syntax, raw.span);
        struct adc_diag *diag =
            syntax_report(syntax, ADC_E06, raw.span, "`%s` is a keyword; it cannot name %s", word,
                          noun(syntax, next.code));
        adc_diag_help(syntax->diags, diag, "`%s_`", word);
        adc_diag_fix(syntax->diags, diag, raw.span, "%s_", word);
        ADC_PUSH(syntax->arena, layout->misused, raw.code);
    }
    raw.code = IDENT;
    return raw;
}

struct layout_token syntax_translate(struct syntax *syntax, struct layout_token raw)
{
    if (syntax->layout.recovering) return raw;
    if (syntax_is_keyword(raw.code)) return keyword_as_name(syntax, raw);
    if (raw.code != IDENT) return raw;
    if (syntax_is_elif(syntax, raw)) return foreign_elif(syntax, raw);
    if (syntax->layout.last.code == EXPORT) return foreign_item(syntax, raw);
    if (!layout_at_start(&syntax->layout)) return raw;
    return layout_in_statements(syntax) ? foreign_statement(syntax, raw)
                                        : foreign_item(syntax, raw);
}
