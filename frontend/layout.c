/* Line ends and brackets, between lexer.l and parser.y.
 *
 * in          raw tokens
 * out         tokens of the grammar
 * invariants  brackets match; NL behind every statement, never two, none at the begin of a block */
#include "frontend/layout.h"

#include "frontend/parser.h"
#include "frontend/syntax_lexer.h"

/* -------------------------------------------------------------- raw tokens */

struct layout_token layout_take(struct syntax *syntax)
{
    struct layout *layout = &syntax->layout;
    if (layout->ahead_count == 0) return lexer_next(syntax);
    struct layout_token token = layout->ahead[0];
    layout->ahead_count--;
    for (uint32_t i = 0; i < layout->ahead_count; i++) layout->ahead[i] = layout->ahead[i + 1];
    return token;
}

void layout_put_back(struct syntax *syntax, struct layout_token token)
{
    struct layout *layout = &syntax->layout;
    for (uint32_t i = layout->ahead_count; i > 0; i--) layout->ahead[i] = layout->ahead[i - 1];
    layout->ahead[0] = token;
    layout->ahead_count++;
}

/* The raw token after the next `skip` ones. */
struct layout_token layout_peek(struct syntax *syntax, uint32_t skip)
{
    struct layout *layout = &syntax->layout;
    while (layout->ahead_count <= skip) layout->ahead[layout->ahead_count++] = lexer_next(syntax);
    return layout->ahead[skip];
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
bool layout_at_start(const struct layout *layout)
{
    switch (layout->last.code) {
    case START_FILE:
    case START_BODY:
    case NL:
    case SYNC:
    case '{':
    case DOC: return true;
    default: return false;
    }
}

bool layout_ends_operand(const struct layout *layout)
{
    switch (layout->last.code) {
    case IDENT:
    case INT:
    case REAL:
    case STRING:
    case TRUE:
    case FALSE:
    case BAD:
    case ')':
    case ']':
    case '}':
    case '\'': return !layout->attribute;
    case PLUSPLUS: return true;
    default: return false;
    }
}

/* Does `raw`, first on its line, go on with the statement above? */
static bool continues(const struct syntax *syntax, struct layout_token raw)
{
    switch (raw.code) {
    case '-':
    case '@': return raw.blank;
    case WHILE: return syntax->layout.in_for;
    case IDENT: return syntax_is_elif(syntax, raw);
    case ')':
    case ']':
    case '}':
    case '{':
    case ',':
    case ':':
    case '.':
    case '=':
    case '?':
    case DOTDOT:
    case THEN:
    case ELSE:
    case IN:
    case WITH:
    case ARROW:
    case FATARROW:
    case ADDEQ:
    case SUBEQ:
    case MULEQ:
    case DIVEQ: return true;
    default: return syntax_is_operator(raw.code);
    }
}

/* Inside of brackets an item is recognised at the very begin of a line only: a `const` further
 * right is meant as a statement. */
static bool begins_line(const struct syntax *syntax, struct layout_token raw)
{
    return raw.span.begin == 0 || syntax->text[raw.span.begin - 1] == '\n';
}

/* Begins `raw`, whose successor is `next`, an item and nothing else? */
static bool begins_item(struct layout_token raw, struct layout_token next)
{
    switch (raw.code) {
    case FN:
    case CONST:
    case TYPE:
    case IMPORT: return next.code == IDENT;
    case EXPORT:
    case EXTERN: return next.code == FN;
    default: return false;
    }
}

bool layout_begins_statement(int code)
{
    return code == LET || code == MUT || code == REC || code == FOR || code == REQUIRE;
}

const struct layout_bracket *layout_innermost(const struct layout *layout)
{
    size_t count = layout->brackets.count;
    return count ? &layout->brackets.data[count - 1] : NULL;
}

/* Do line ends matter here? */
static bool in_lines(const struct layout *layout)
{
    const struct layout_bracket *bracket = layout_innermost(layout);
    return !bracket || bracket->code == '{';
}

bool layout_in_statements(const struct syntax *syntax)
{
    const struct layout_bracket *bracket = layout_innermost(&syntax->layout);
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

/* Of a block, indentation tells which brace was forgotten: one inside may have taken the `}` of
 * this. */
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
    if (!syntax->body && begins_line(syntax, raw) && begins_item(raw, layout_peek(syntax, 0)))
        keep = 0;
    else if (layout_begins_statement(raw.code))
        while (keep && matching->open.data[keep - 1].code != '{') keep--;
    leave_unclosed(matching, keep);
}

/* Reads all tokens; memory for the open brackets only. */
bool layout_match(struct syntax *syntax)
{
    struct matching matching = {.syntax = syntax};
    lexer_open(syntax, true);
    for (;;) {
        struct layout_token raw = layout_take(syntax);
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

/* ------------------------------------------------------ the second pass */

static bool listed(const uint32_t *offsets, size_t count, uint32_t offset)
{
    for (size_t i = 0; i < count; i++)
        if (offsets[i] == offset) return true;
    return false;
}

static bool is_stray(const struct layout *layout, struct layout_token raw)
{
    return is_closing(raw.code) && listed(layout->stray.data, layout->stray.count, raw.span.begin);
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
    } else if (token.code == '[' && layout->last.code == IDENT &&
               (layout->before.code == LET || layout->before.code == REC)) {
        bracket.role = ROLE_INDICES;
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
        attribute = layout_innermost(layout)->role == ROLE_ATTRIBUTE;
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
    const struct layout_bracket *bracket = layout_innermost(layout);
    if (!bracket || !bracket->open) return false;
    if (raw.code == 0 || is_closing(raw.code)) return true;
    if (!raw.first) return false;
    if (!syntax->body && begins_line(syntax, raw) && begins_item(raw, layout_peek(syntax, 0)))
        return true;
    if (bracket->code == '{') return false;
    return layout_begins_statement(raw.code) ||
           (layout_ends_operand(layout) && !continues(syntax, raw));
}

/* Does a statement or item end before `raw`? */
static bool ends_before(struct syntax *syntax, struct layout_token raw)
{
    const struct layout *layout = &syntax->layout;
    if (!in_lines(layout) || layout_at_start(layout)) return false;
    if (raw.code == 0 || raw.code == '}') return true;
    if (!raw.first || layout->attribute) return false;
    if (layout_ends_operand(layout) && !continues(syntax, raw)) return true;
    if (layout_in_statements(syntax)) return layout_begins_statement(raw.code);
    return begins_item(raw, layout_peek(syntax, 0)) && layout->last.code != EXPORT &&
           layout->last.code != EXTERN;
}

/* `@name` and `@name(` at the begin of a statement or item. */
static struct layout_token attribute_of(struct syntax *syntax, struct layout_token raw)
{
    const struct layout *layout = &syntax->layout;
    struct layout_token name = layout_peek(syntax, 0);
    if (!(layout_at_start(layout) || layout->attribute) || name.span.begin != raw.span.end)
        return raw;
    if (name.code != IDENT && !syntax_is_keyword(name.code)) return raw;
    layout_take(syntax);
    raw.code = ATTR;
    raw.span.end = name.span.end;
    struct layout_token bracket = layout_peek(syntax, 0);
    if (bracket.code != '(' || bracket.span.begin != name.span.end) return raw;
    layout_take(syntax);
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
    layout_put_back(syntax, raw);
    return emit(syntax, doc);
}

static struct layout_token step(struct syntax *syntax)
{
    struct layout *layout = &syntax->layout;
    struct layout_token raw = layout_take(syntax);
    while (is_stray(layout, raw) ||
           (raw.code == ';' && in_lines(layout) && (layout_at_start(layout) || layout->attribute)))
        raw = layout_take(syntax);
    bool closes = closes_before(syntax, raw);
    if (ends_before(syntax, raw)) {
        if (raw.code == ';') return semicolon(syntax, raw);
        layout_put_back(syntax, raw);
        return emit_made(syntax, NL);
    }
    if (closes) {
        layout_put_back(syntax, raw);
        if (layout_innermost(layout)->code == '{' && !layout_at_start(layout))
            return emit_made(syntax, NL);
        return emit_made(syntax, closing_of(layout_innermost(layout)->code));
    }
    if (raw.code == ';' && in_lines(layout)) return semicolon(syntax, raw);
    if (is_closing(raw.code) && layout_innermost(layout))
        raw.code = closing_of(layout_innermost(layout)->code);
    if (raw.text && layout_at_start(layout) && !layout->brackets.count && !syntax->body && raw.code)
        return doc_of(syntax, raw);
    if (raw.code == '@') raw = attribute_of(syntax, raw);
    return emit(syntax, syntax_translate(syntax, raw));
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
    struct layout_token next = layout_peek(syntax, 0);
    return next.code == 0 || begins_item(next, layout_peek(syntax, 1)) ||
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
