/* Line ends, brackets, and words that are not ours, between lexer.l and parser.y.
 *
 * in   raw tokens; out  tokens of the grammar. Invariants: brackets match; NL behind every statement, never
 * two, none at the begin of a block; nothing but NL stands before `}` of a block that is not empty. */
#include "frontend/layout.h"

#include "frontend/parser.h"
#include "frontend/syntax_lexer.h"

enum layout_role { ROLE_PLAIN, ROLE_PARAMS, ROLE_ATTRIBUTE };

/* -------------------------------------------------------------- raw tokens */

static struct layout_token take(struct syntax *syntax)
{
    struct layout *layout = &syntax->layout;
    if (layout->ahead_count == 0) return lexer_next(syntax);
    struct layout_token token = layout->ahead[0];
    layout->ahead_count--;
    for (uint32_t i = 0; i < layout->ahead_count; i++) layout->ahead[i] = layout->ahead[i + 1];
    return token;
}

static void put_back(struct syntax *syntax, struct layout_token token)
{
    struct layout *layout = &syntax->layout;
    for (uint32_t i = layout->ahead_count; i > 0; i--) layout->ahead[i] = layout->ahead[i - 1];
    layout->ahead[0] = token;
    layout->ahead_count++;
}

/* The raw token after the next `skip` ones. */
static struct layout_token peek(struct syntax *syntax, uint32_t skip)
{
    struct layout *layout = &syntax->layout;
    while (layout->ahead_count <= skip) layout->ahead[layout->ahead_count++] = lexer_next(syntax);
    return layout->ahead[skip];
}

struct layout_token layout_peek(struct syntax *syntax)
{
    return peek(syntax, 0);
}

/* ---------------------------------------------------------- classification */

static bool is_opening(int code)
{
    return code == '(' || code == '[' || code == '{';
}

static bool is_closing(int code)
{
    return code == ')' || code == ']' || code == '}';
}

static int closing_of(char code)
{
    return code == '(' ? ')' : code == '[' ? ']' : '}';
}

/* Nothing of a statement stands before the next token. */
static bool at_start(const struct layout *layout)
{
    switch (layout->last.code) {
    case START_FILE: case START_BODY: case NL: case SYNC: case '{': case DOC: return true;
    default: return false;
    }
}

static bool ends_operand(const struct layout *layout)
{
    switch (layout->last.code) {
    case IDENT: case INT: case REAL: case STRING: case TRUE: case FALSE: case BAD:
    case ')': case ']': case '}': case '\'': return !layout->attribute;
    case PLUSPLUS: return true;
    default: return false;
    }
}

static bool is_word(const struct syntax *syntax, struct layout_token token, const char *const *words)
{
    if (token.code != IDENT) return false;
    for (; *words; words++)
        if (syntax_span_is(syntax, token.span, *words)) return true;
    return false;
}

static bool is_elif(const struct syntax *syntax, struct layout_token token)
{
    static const char *const words[] = {"elif", "elseif", "elsif", NULL};
    return syntax->layout.last.code == '}' && is_word(syntax, token, words);
}

/* Does `raw`, first on its line, go on with the statement above? */
static bool continues(const struct syntax *syntax, struct layout_token raw)
{
    switch (raw.code) {
    case '-': case '@': return raw.blank;
    case WHILE: return syntax->layout.in_for;
    case IDENT: return is_elif(syntax, raw);
    case ')': case ']': case '}': case '{': case ',': case ':': case '.': case '=': case '?':
    case DOTDOT: case THEN: case ELSE: case IN: case WITH: case ARROW: case FATARROW:
    case ADDEQ: case SUBEQ: case MULEQ: case DIVEQ: return true;
    default: return syntax_is_operator(raw.code);
    }
}

/* Inside of brackets an item is recognised at the very begin of a line only: a `const` further right is
 * meant as a statement. */
static bool begins_line(const struct syntax *syntax, struct layout_token raw)
{
    return raw.span.begin == 0 || syntax->text[raw.span.begin - 1] == '\n';
}

/* Begins `raw`, whose successor is `next`, an item and nothing else? */
static bool begins_item(struct layout_token raw, struct layout_token next)
{
    switch (raw.code) {
    case FN: case CONST: case TYPE: case IMPORT: return next.code == IDENT;
    case EXPORT: case EXTERN: return next.code == FN;
    default: return false;
    }
}

static bool begins_statement(int code)
{
    return code == LET || code == MUT || code == REC || code == FOR || code == REQUIRE;
}

static const struct layout_bracket *innermost(const struct layout *layout)
{
    size_t count = layout->brackets.count;
    return count ? &layout->brackets.data[count - 1] : NULL;
}

/* Do line ends matter here? */
static bool in_lines(const struct layout *layout)
{
    const struct layout_bracket *bracket = innermost(layout);
    return !bracket || bracket->code == '{';
}

static bool in_statements(const struct syntax *syntax)
{
    const struct layout_bracket *bracket = innermost(&syntax->layout);
    return bracket ? bracket->code == '{' : syntax->body;
}

/* ------------------------------------------------------- the first pass */

struct matching {
    struct syntax *syntax;
    ADC_VEC(struct layout_bracket) open;
    uint32_t suspect; /* a `{` in the current item that is indented deeper than its `}`, or 0 */
};

/* Blanks before the first token on the line of `offset`. */
static uint32_t indent_of(const struct syntax *syntax, uint32_t offset)
{
    while (offset > 0 && syntax->text[offset - 1] != '\n') offset--;
    uint32_t begin = offset;
    while (syntax->text[offset] == ' ' || syntax->text[offset] == '\t') offset++;
    return offset - begin;
}

/* Of a block, indentation tells which brace was forgotten: one inside may have taken the `}` of this. */
static void report_unclosed(struct matching *matching, struct layout_bracket bracket)
{
    struct syntax *syntax = matching->syntax;
    if (syntax->full) return;
    uint32_t at = bracket.begin;
    ADC_PUSH(syntax->arena, syntax->layout.unclosed, at);
    if (bracket.code == '{' && matching->suspect > at) at = matching->suspect;
    syntax_report(syntax, ADC_E31, syntax_span(syntax, at, at + 1), "`%c` is never closed",
                  bracket.code);
}

static void report_stray(struct syntax *syntax, struct layout_token raw)
{
    if (syntax->full) return;
    ADC_PUSH(syntax->arena, syntax->layout.stray, raw.span.begin);
    struct adc_diag *diag =
        syntax_report(syntax, ADC_E48, raw.span, "`%c` closes nothing", raw.code);
    adc_diag_help(syntax->diags, diag, "remove it, or add the bracket that it should close");
}

static void report_wrong(struct matching *matching, struct layout_token raw)
{
    struct syntax *syntax = matching->syntax;
    struct layout_bracket top = matching->open.data[--matching->open.count];
    struct adc_diag *diag =
        syntax_report(syntax, ADC_E31, syntax_span(syntax, top.begin, top.begin + 1),
                      "`%c` is never closed; `%c` does not match it", top.code, raw.code);
    adc_diag_note(syntax->diags, diag, raw.span, "this should be `%c`", closing_of(top.code));
    adc_diag_fix(syntax->diags, diag, raw.span, "%c", closing_of(top.code));
}

/* Brackets above the first `keep` are never closed. */
static void leave_unclosed(struct matching *matching, size_t keep)
{
    while (matching->open.count > keep)
        report_unclosed(matching, matching->open.data[--matching->open.count]);
}

static void match_indents(struct matching *matching, struct layout_bracket open,
                          struct layout_token close)
{
    const struct syntax *syntax = matching->syntax;
    if (matching->open.count == 1) matching->suspect = 0;
    else if (close.code == '}' && close.first && !matching->suspect &&
             indent_of(syntax, open.begin) > indent_of(syntax, close.span.begin))
        matching->suspect = open.begin;
}

/* `)` and `]` do not reach out of a block: a brace holds mistakes together. */
static void match_closing(struct matching *matching, struct layout_token raw)
{
    const struct layout_bracket *open = matching->open.data;
    size_t count = matching->open.count, at = count;
    while (at && closing_of(open[at - 1].code) != raw.code && open[at - 1].code != '{') at--;
    if (at && closing_of(open[at - 1].code) == raw.code) {
        leave_unclosed(matching, at);
        match_indents(matching, open[at - 1], raw);
        matching->open.count--;
    } else if (raw.code != '}' && count && open[count - 1].code != '{') {
        report_wrong(matching, raw);
    } else {
        report_stray(matching->syntax, raw);
    }
}

/* Items stand in no bracket, statements in braces only. */
static void match_line(struct matching *matching, struct layout_token raw)
{
    struct syntax *syntax = matching->syntax;
    size_t keep = matching->open.count;
    if (!raw.first || keep == 0) return;
    if (!syntax->body && begins_line(syntax, raw) && begins_item(raw, peek(syntax, 0))) keep = 0;
    else if (begins_statement(raw.code))
        while (keep && matching->open.data[keep - 1].code != '{') keep--;
    leave_unclosed(matching, keep);
}

/* Reads all tokens; memory for the open brackets only. */
bool layout_match(struct syntax *syntax)
{
    struct matching matching = {.syntax = syntax};
    lexer_open(syntax, true);
    for (;;) {
        struct layout_token raw = take(syntax);
        if (raw.code == 0 || syntax->full) break;
        match_line(&matching, raw);
        if (is_closing(raw.code)) match_closing(&matching, raw);
        if (!is_opening(raw.code)) continue;
        if (matching.open.count == SYNTAX_MOST_BRACKETS) {
            syntax_report_depth(syntax, raw.span, SYNTAX_MOST_BRACKETS);
            return false;
        }
        struct layout_bracket bracket = {.begin = raw.span.begin, .code = (char)raw.code};
        ADC_PUSH(syntax->arena, matching.open, bracket);
    }
    const struct lexer_state *state = lexer_state_of(syntax);
    if (state->unclosed_comment) {
        syntax_report(syntax, ADC_E31, state->comment, "this comment is never closed");
        return false;
    }
    leave_unclosed(&matching, 0);
    return !syntax->full;
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
    case IDENT: case INT: case REAL: case STRING: case TRUE: case FALSE: case BAD:
    case '(': case '[': case '-': case IF: case NOT: return true;
    default: return false;
    }
}

/* `double y = e` is read as `let y = e`, `return e` as `e`; the others leave an erroneous expression. */
static struct layout_token foreign_statement(struct syntax *syntax, struct layout_token raw)
{
    static const char *const leave[] = {"return", NULL};
    static const char *const jump[] = {"break", "continue", NULL};
    struct layout_token next = peek(syntax, 0);
    bool alone = ends_statement(next);
    if (next.code == IDENT && !alone && peek(syntax, 1).code == '=') {
        syntax_report_typed_local(syntax, raw.span, next.span);
        raw.code = LET;
        return raw;
    }
    if (is_word(syntax, raw, leave) && (alone || begins_operand(next.code))) {
        adc_diag_help(syntax->diags, report_foreign(syntax, raw),
                      "the last expression of a block is its value; `if` chooses between values");
        if (!alone) return take(syntax);
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
    if (!is_word(syntax, raw, words) || peek(syntax, 0).code != IDENT) return raw;
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
    put_back(syntax, word);
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
    case FN: case MUT: case REC: case TYPE: case AS: case VAR: case DATA: case CONST:
    case IMPORT: case FOR: case '.': return true;
    default: return false;
    }
}

static bool is_labelled(const struct layout *layout, int code, int next)
{
    if (at_start(layout) && begins_statement(code)) return false;
    bool opens = layout->last.code == '(' || layout->last.code == '[' ||
                 layout->last.code == ',' || at_start(layout);
    bool label = next == ':' || next == '=' || next == ADDEQ || next == SUBEQ || next == MULEQ ||
                 next == DIVEQ;
    return opens && label && code != ELSE && code != THEN && code != TRUE && code != FALSE;
}

/* Words that begin neither statements nor expressions, where an operand is due. */
static bool stands_for_value(const struct syntax *syntax, int code, int next)
{
    const struct layout *layout = &syntax->layout;
    const struct layout_bracket *bracket = innermost(layout);
    switch (code) {
    case DATA: case VAR: case TYPE: case AS: case CONST: case IMPORT: case EXPORT: case EXTERN: break;
    default: return false;
    }
    if (ends_operand(layout) || next == IDENT || next == FN) return false;
    if (layout->last.code == '=' || syntax_is_operator(layout->last.code)) return true;
    if (bracket && bracket->role == ROLE_PARAMS) return next == ',' || next == ')';
    return bracket || syntax->body;
}

static const char *noun(const struct syntax *syntax, int next)
{
    const struct layout_bracket *bracket = innermost(&syntax->layout);
    switch (syntax->layout.last.code) {
    case FN: return "a function";
    case TYPE: return "a type";
    case AS: case IMPORT: return "a module";
    case FOR: return "an index";
    case '.': return "a field";
    case LET: case MUT: case REC: return "a value";
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

/* The keyword is taken as the name it was meant to be. Later uses of it as a value are not reported. */
static struct layout_token keyword_as_name(struct syntax *syntax, struct layout_token raw)
{
    struct layout *layout = &syntax->layout;
    struct layout_token next = peek(syntax, 0);
    bool declared = names_something(syntax, raw, next) || is_labelled(layout, raw.code, next.code);
    if (!declared && !stands_for_value(syntax, raw.code, next.code)) return raw;
    if (declared || !is_misused(layout, raw.code)) {
        const char *word = syntax_quote(syntax, raw.span);
        struct adc_diag *diag =
            syntax_report(syntax, ADC_E06, raw.span, "`%s` is a keyword; it cannot name %s", word,
                          noun(syntax, next.code));
        adc_diag_help(syntax->diags, diag, "`%s_`", word);
        ADC_PUSH(syntax->arena, layout->misused, raw.code);
    }
    raw.code = IDENT;
    return raw;
}

static struct layout_token translate(struct syntax *syntax, struct layout_token raw)
{
    if (syntax->layout.recovering) return raw;
    if (syntax_is_keyword(raw.code)) return keyword_as_name(syntax, raw);
    if (raw.code != IDENT) return raw;
    if (is_elif(syntax, raw)) return foreign_elif(syntax, raw);
    if (!at_start(&syntax->layout)) return raw;
    return in_statements(syntax) ? foreign_statement(syntax, raw) : foreign_item(syntax, raw);
}

/* ------------------------------------------------------ the second pass */

static bool listed(const uint32_t *offsets, size_t count, uint32_t offset)
{
    for (size_t i = 0; i < count; i++)
        if (offsets[i] == offset) return true;
    return false;
}

static bool is_stray(const struct layout *layout, struct layout_token raw)
{
    return is_closing(raw.code) &&
           listed(layout->stray.data, layout->stray.count, raw.span.begin);
}

static void open_bracket(struct syntax *syntax, struct layout_token token)
{
    struct layout *layout = &syntax->layout;
    struct layout_bracket bracket = {.begin = token.span.end - 1, .code = (char)token.code};
    if (token.code == ATTRP) {
        bracket.code = '(';
        bracket.role = ROLE_ATTRIBUTE;
    } else if (token.code == '(' && layout->last.code == IDENT && layout->before.code == FN) {
        bracket.role = ROLE_PARAMS;
    }
    bracket.open = listed(layout->unclosed.data, layout->unclosed.count, bracket.begin);
    ADC_PUSH(syntax->arena, layout->brackets, bracket);
}

/* Notes what the token means for those after it, and passes it on. */
static struct layout_token emit(struct syntax *syntax, struct layout_token token)
{
    struct layout *layout = &syntax->layout;
    bool attribute = token.code == ATTR;
    if (is_opening(token.code) || token.code == ATTRP) {
        open_bracket(syntax, token);
    } else if (is_closing(token.code) && layout->brackets.count) {
        attribute = innermost(layout)->role == ROLE_ATTRIBUTE;
        layout->brackets.count--;
    }
    if (token.code == FOR) layout->in_for = true;
    if (token.code == NL || token.code == '{' || token.code == '}') {
        layout->statement = token.span.end;
        layout->in_for = false;
    }
    layout->attribute = attribute;
    layout->before = layout->last;
    layout->last = token;
    return token;
}

/* A token that is not in the text, behind the last one. */
static struct layout_token emit_made(struct syntax *syntax, int code)
{
    uint32_t at = syntax->layout.last.span.end;
    struct layout_token token = {.code = code, .span = syntax_span(syntax, at, at), .blank = true};
    return emit(syntax, token);
}

/* Must a bracket that is never closed be closed before `raw`? */
static bool closes_before(struct syntax *syntax, struct layout_token raw)
{
    const struct layout *layout = &syntax->layout;
    const struct layout_bracket *bracket = innermost(layout);
    if (!bracket || !bracket->open) return false;
    if (raw.code == 0 || is_closing(raw.code)) return true;
    if (!raw.first) return false;
    if (!syntax->body && begins_line(syntax, raw) && begins_item(raw, peek(syntax, 0)))
        return true;
    if (bracket->code == '{') return false;
    return begins_statement(raw.code) || (ends_operand(layout) && !continues(syntax, raw));
}

/* Does a statement or item end before `raw`? */
static bool ends_before(struct syntax *syntax, struct layout_token raw)
{
    const struct layout *layout = &syntax->layout;
    if (!in_lines(layout) || at_start(layout)) return false;
    if (raw.code == 0 || raw.code == '}') return true;
    if (!raw.first || layout->attribute) return false;
    if (ends_operand(layout) && !continues(syntax, raw)) return true;
    if (in_statements(syntax)) return begins_statement(raw.code);
    return begins_item(raw, peek(syntax, 0)) && layout->last.code != EXPORT &&
           layout->last.code != EXTERN;
}

/* `@name` and `@name(` at the begin of a statement or item. */
static struct layout_token attribute_of(struct syntax *syntax, struct layout_token raw)
{
    const struct layout *layout = &syntax->layout;
    struct layout_token name = peek(syntax, 0);
    if (!(at_start(layout) || layout->attribute) || name.span.begin != raw.span.end) return raw;
    if (name.code != IDENT && !syntax_is_keyword(name.code)) return raw;
    take(syntax);
    raw.code = ATTR;
    raw.span.end = name.span.end;
    struct layout_token bracket = peek(syntax, 0);
    if (bracket.code != '(' || bracket.span.begin != name.span.end) return raw;
    take(syntax);
    raw.code = ATTRP;
    raw.span.end = bracket.span.end;
    return raw;
}

static struct layout_token semicolon(struct syntax *syntax, struct layout_token raw)
{
    raw.code = NL;
    return emit(syntax, raw);
}

static struct layout_token doc_of(struct syntax *syntax, struct layout_token raw)
{
    struct layout_token doc = raw;
    doc.code = DOC;
    doc.span.end = doc.span.begin;
    raw.text = NULL;
    put_back(syntax, raw);
    return emit(syntax, doc);
}

static struct layout_token step(struct syntax *syntax)
{
    struct layout *layout = &syntax->layout;
    struct layout_token raw = take(syntax);
    while (is_stray(layout, raw) ||
           (raw.code == ';' && in_lines(layout) && (at_start(layout) || layout->attribute)))
        raw = take(syntax);
    bool closes = closes_before(syntax, raw);
    if (ends_before(syntax, raw)) {
        if (raw.code == ';') return semicolon(syntax, raw);
        put_back(syntax, raw);
        return emit_made(syntax, NL);
    }
    if (closes) {
        put_back(syntax, raw);
        if (innermost(layout)->code == '{' && !at_start(layout)) return emit_made(syntax, NL);
        return emit_made(syntax, closing_of(innermost(layout)->code));
    }
    if (raw.code == ';' && in_lines(layout)) return semicolon(syntax, raw);
    if (is_closing(raw.code) && innermost(layout)) raw.code = closing_of(innermost(layout)->code);
    if (raw.text && at_start(layout) && !layout->brackets.count && !syntax->body && raw.code)
        return doc_of(syntax, raw);
    if (raw.code == '@') raw = attribute_of(syntax, raw);
    return emit(syntax, translate(syntax, raw));
}

void layout_start(struct syntax *syntax)
{
    syntax->layout.ahead_count = 0;
    lexer_open(syntax, false);
}

/* ------------------------------------------------------------- recovery */

void layout_recover(struct syntax *syntax)
{
    struct layout *layout = &syntax->layout;
    size_t depth = layout->brackets.count;
    int code = layout->last.code;
    if ((is_opening(code) || code == ATTRP) && depth) depth--; /* the parser has not taken it */
    while (depth && layout->brackets.data[depth - 1].code != '{') depth--;
    layout->sync_depth = depth;
    layout->recovering = true;
}

/* Is the token just passed on the end of the statement (or item) that the error is in? */
static bool at_sync(struct syntax *syntax)
{
    const struct layout *layout = &syntax->layout;
    if (layout->last.code != NL || layout->brackets.count != layout->sync_depth) return false;
    if (layout->sync_depth || syntax->body) return true;
    struct layout_token next = peek(syntax, 0);
    return next.code == 0 || begins_item(next, peek(syntax, 1)) ||
           (next.code == '@' && !next.blank);
}

static struct layout_token resynchronise(struct syntax *syntax)
{
    struct layout *layout = &syntax->layout;
    while (!at_sync(syntax) && layout->last.code != 0) step(syntax);
    layout->recovering = false;
    if (layout->last.code == NL) layout->last.code = SYNC;
    return layout->last;
}

struct layout_token layout_next(struct syntax *syntax)
{
    struct layout *layout = &syntax->layout;
    if (syntax->full) return (struct layout_token){.span = layout->last.span};
    if (layout->recovering) return resynchronise(syntax);
    if (layout->last.code == 0) return emit_made(syntax, syntax->body ? START_BODY : START_FILE);
    return step(syntax);
}
