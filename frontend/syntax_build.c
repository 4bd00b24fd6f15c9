/* Nodes and lists for the actions of parser.y. Mistakes with a production of their own:
 * syntax_mistakes.c. */
#include "frontend/syntax_build.h"

#include <stdarg.h>
#include <string.h>

/* -------------------------------------------------------------------- lists */

struct syntax_link {
    struct ast *node;
    struct syntax_link *next;
};

struct syntax_list *list_new(struct syntax *syntax)
{
    struct syntax_list *list = ADC_NEW(syntax->arena, struct syntax_list);
    list->end = &list->first;
    list->indent = UINT32_MAX;
    return list;
}

struct syntax_list *list_add(struct syntax *syntax, struct syntax_list *list, struct ast *node)
{
    struct syntax_link *link = ADC_NEW(syntax->arena, struct syntax_link);
    link->node = node;
    *list->end = link;
    list->end = &link->next;
    list->count++;
    return list;
}

/* Where the line of `offset` begins if only blanks stand before it, else UINT32_MAX. */
static uint32_t indent_begin(const struct syntax *syntax, uint32_t offset)
{
    while (offset > 0 && (syntax->text[offset - 1] == ' ' || syntax->text[offset - 1] == '\t'))
        offset--;
    return offset == 0 || syntax->text[offset - 1] == '\n' ? offset : UINT32_MAX;
}

/* Is the indentation before `inner` that before `outer` and more? (Blanks and tabs do not
 * compare.) */
static bool is_deeper(const struct syntax *syntax, uint32_t outer, uint32_t inner)
{
    uint32_t a = indent_begin(syntax, outer), b = indent_begin(syntax, inner);
    if (inner - b <= outer - a) return false;
    return memcmp(syntax->text + a, syntax->text + b, outer - a) == 0;
}

static void report_indent(struct syntax *syntax, struct adc_span span)
{
    char sign = syntax->text[span.begin];
    uint32_t width = span.end - span.begin < 2 ? 1 : 2;
    struct adc_diag *diag =
        syntax_report(syntax, ADC_E02, syntax_span(syntax, span.begin, span.begin + width),
                      "this line starts a new statement, but is indented like a continuation");
    if (sign == '-' || sign == '@') {
        adc_diag_help(syntax->diags, diag, "`%c ` with a blank behind it continues the line above",
                      sign);
        adc_diag_fix(syntax->diags, diag, syntax_span(syntax, span.begin + 1, span.begin + 1), " ");
    } else {
        adc_diag_help(syntax->diags, diag,
                      "to continue the line above, end that with an operator or a comma; a "
                      "statement stands below its neighbours");
    }
}

struct syntax_list *list_add_statement(struct syntax *syntax, struct syntax_list *list,
                                       struct ast *statement)
{
    uint32_t begin = statement->span.begin;
    if (indent_begin(syntax, begin) != UINT32_MAX) {
        if (list->indent == UINT32_MAX) list->indent = begin;
        else if (is_deeper(syntax, list->indent, begin)) report_indent(syntax, statement->span);
    }
    return list_add(syntax, list, statement);
}

/* -------------------------------------------------------------------- nodes */

static struct ast *new_node(struct syntax *syntax, unsigned kind, struct adc_span span,
                            struct adc_span at, uint32_t count)
{
    struct ast *node =
        adc_arena_alloc(syntax->arena, sizeof *node + (size_t)count * sizeof node->child[0]);
    node->kind = (enum ast_kind)kind;
    node->span = span;
    node->at = at;
    node->count = count;
    return node;
}

static void fill_from(struct ast *node, uint32_t begin, const struct syntax_list *list)
{
    for (const struct syntax_link *link = list->first; link; link = link->next)
        node->child[begin++] = link->node;
}

static void fill(struct ast *node, unsigned count, va_list children)
{
    for (unsigned i = 0; i < count; i++) node->child[i] = va_arg(children, struct ast *);
}

static const struct adc_name *name_at(struct syntax *syntax, struct adc_span span)
{
    return adc_name(syntax->names, syntax->text + span.begin, span.end - span.begin);
}

struct ast *build_node(struct syntax *syntax, unsigned kind, struct adc_span span,
                       struct adc_span at, unsigned count, ...)
{
    struct ast *node = new_node(syntax, kind, span, at, count);
    va_list children;
    va_start(children, count);
    fill(node, count, children);
    va_end(children);
    return node;
}

struct ast *build_named(struct syntax *syntax, unsigned kind, struct adc_span span,
                        struct adc_span name, unsigned count, ...)
{
    struct ast *node = new_node(syntax, kind, span, name, count);
    va_list children;
    va_start(children, count);
    fill(node, count, children);
    va_end(children);
    node->text = name_at(syntax, name);
    return node;
}

struct ast *build_list(struct syntax *syntax, unsigned kind, struct adc_span span,
                       struct adc_span at, struct syntax_list *list)
{
    struct ast *node = new_node(syntax, kind, span, at, list->count);
    fill_from(node, 0, list);
    return node;
}

struct ast *build_with(struct syntax *syntax, unsigned kind, struct adc_span span,
                       struct adc_span at, struct ast *first, const struct syntax_list *rest)
{
    struct ast *node = new_node(syntax, kind, span, at, 1 + rest->count);
    node->child[0] = first;
    fill_from(node, 1, rest);
    return node;
}

/* ------------------------------------------------------------- declarations */

/* The names of a path with dots between them, blanks left out. */
static const struct adc_name *dotted(struct syntax *syntax, const struct syntax_list *path)
{
    if (path->count == 1) return path->first->node->text;
    struct adc_text text;
    adc_text_init(&text, syntax->arena);
    for (const struct syntax_link *link = path->first; link; link = link->next) {
        if (text.count) adc_text_put(&text, ".", 1);
        adc_text_put(&text, link->node->text->text, link->node->text->length);
    }
    return adc_name(syntax->names, text.data, text.count);
}

struct ast *build_item(struct syntax *syntax, struct adc_span span, const struct adc_name *doc,
                       struct syntax_list *attributes, struct ast *declaration)
{
    struct ast *item = build_with(syntax, AST_ITEM, span, declaration->at, declaration, attributes);
    item->text = doc;
    return item;
}

struct ast *build_import(struct syntax *syntax, struct adc_span span, struct adc_span path_span,
                         struct syntax_list *path, struct adc_span alias, struct syntax_list *names)
{
    struct syntax_list none = {0};
    struct ast *node = build_list(syntax, AST_IMPORT, span, path_span, names ? names : &none);
    node->text = dotted(syntax, path);
    if (alias.end) node->alias = name_at(syntax, alias);
    return node;
}

struct ast *build_typedef(struct syntax *syntax, struct adc_span span, struct adc_span name,
                          struct syntax_list *dims, struct ast *type)
{
    struct ast *node = build_with(syntax, AST_TYPEDEF, span, name, type, dims);
    node->text = name_at(syntax, name);
    return node;
}

/* parameters, result, body, rules */
static struct ast *build_signature(struct syntax *syntax, unsigned kind, struct adc_span span,
                                   struct adc_span name, const struct build_function *parts)
{
    struct ast *node = new_node(syntax, kind, span, name, 3 + parts->rules->count);
    node->child[0] = parts->params;
    node->child[1] = parts->result;
    node->child[2] = parts->body;
    fill_from(node, 3, parts->rules);
    node->text = name_at(syntax, name);
    return node;
}

struct ast *build_function(struct syntax *syntax, struct adc_span span, struct adc_span name,
                           unsigned exported, const struct build_function *parts)
{
    struct ast *node = build_signature(syntax, AST_FN, span, name, parts);
    node->flag = exported;
    if (!parts->body) {
        struct adc_diag *diag =
            syntax_report(syntax, ADC_E34, name, "`%s` has no body", syntax_quote(syntax, name));
        adc_diag_help(syntax->diags, diag, "`= expr` or `{ ... }`");
        node->child[2] = build_node(syntax, AST_ERROR, name, name, 0);
    }
    return node;
}

struct ast *build_extern(struct syntax *syntax, struct adc_span span, struct adc_span name,
                         const struct build_function *parts)
{
    return build_signature(syntax, AST_EXTERN, span, name, parts);
}

/* `name` is `@name` or `@name(`. */
struct ast *build_attribute(struct syntax *syntax, struct adc_span span, struct adc_span name,
                            struct syntax_list *arguments)
{
    name.begin++;
    if (syntax->text[name.end - 1] == '(') name.end--;
    struct ast *node = build_list(syntax, AST_ATTR, span, name, arguments);
    node->text = name_at(syntax, name);
    return node;
}

struct ast *build_param(struct syntax *syntax, struct adc_span name, unsigned kind,
                        struct ast *type, struct ast *value)
{
    struct ast *node = build_named(syntax, AST_PARAM, name, name, 2, type, value);
    node->flag = kind;
    return node;
}

struct ast *build_rule(struct syntax *syntax, struct adc_span span, struct adc_span name,
                       struct adc_span names_span, struct syntax_list *names, struct ast *body)
{
    if (!syntax_span_is(syntax, name, "vjp") && !syntax_span_is(syntax, name, "jvp")) {
        struct adc_diag *diag = syntax_report(syntax, ADC_E48, name, "`%s` is no kind of rule",
                                              syntax_quote(syntax, name));
        adc_diag_help(syntax->diags, diag, "`with vjp ...` or `with jvp ...`");
    }
    if (!names) return build_named(syntax, AST_RULE, span, name, 1, body);
    return build_named(syntax, AST_RULE, span, name, 2,
                       build_list(syntax, AST_LIST, names_span, names_span, names), body);
}

struct ast *build_type_name(struct syntax *syntax, struct adc_span span, struct adc_span path_span,
                            struct syntax_list *path, struct syntax_list *dims)
{
    struct ast *node = build_list(syntax, AST_TNAME, span, path_span, dims);
    node->text = dotted(syntax, path);
    return node;
}

/* One field without a name is a type in parentheses. */
struct ast *build_record_type(struct syntax *syntax, struct adc_span span,
                              struct syntax_list *fields)
{
    struct ast *first = fields->first->node;
    if (fields->count > 1 || first->text)
        return build_list(syntax, AST_TRECORD, span, span, fields);
    first->child[0]->span = span;
    return first->child[0];
}

/* -------------------------------------------------------------- expressions */

struct ast *build_require(struct syntax *syntax, struct adc_span span, struct adc_span word,
                          struct ast *condition, struct adc_span message)
{
    struct ast *node = build_node(syntax, AST_REQUIRE, span, word, 1, condition);
    node->text = build_string(syntax, message)->text;
    return node;
}

struct ast *build_name(struct syntax *syntax, struct adc_span span)
{
    return build_named(syntax, AST_NAME, span, span, 0);
}

struct ast *build_range(struct syntax *syntax, struct adc_span span, struct adc_span dots,
                        struct ast *low, struct ast *high, struct ast *step)
{
    return build_node(syntax, AST_RANGE, span, dots, 3, low, high, step);
}

/* What a list of arguments is used for. */
enum use { USE_CALL, USE_TUPLE, USE_ARRAY };

static struct ast *erroneous(struct syntax *syntax, const struct ast *node)
{
    return build_node(syntax, AST_ERROR, node->span, node->at, 0);
}

/* An argument as a value: indices with ranges, and ranges outside of calls, are reported. */
static struct ast *as_value(struct syntax *syntax, struct ast *node, enum use use)
{
    if (node->kind == AST_BINDER) {
        struct adc_diag *diag = syntax_report(syntax, ADC_E48, node->span,
                                              "`%s` gives an index its range, but no `:` "
                                              "and expression follow",
                                              syntax_quote(syntax, node->span));
        adc_diag_help(syntax->diags, diag, "`sum(i in 0..n: ...)`");
    } else if (node->kind == AST_RANGE && use != USE_CALL) {
        struct adc_diag *diag =
            syntax_report(syntax, ADC_E48, node->span, "a range is not a value");
        adc_diag_help(syntax->diags, diag, "`[i in %s: i]` is an array of its numbers",
                      syntax_quote(syntax, node->span));
    } else if (node->kind == AST_NAMED && use == USE_ARRAY) {
        syntax_report(syntax, ADC_E48, node->at, "elements of an array have no names");
    } else {
        return node;
    }
    return erroneous(syntax, node);
}

static void check_values(struct syntax *syntax, struct syntax_list *list, enum use use)
{
    for (struct syntax_link *link = list->first; link; link = link->next)
        link->node = as_value(syntax, link->node, use);
}

struct ast *build_call(struct syntax *syntax, struct adc_span span, struct ast *callee,
                       struct syntax_list *arguments)
{
    check_values(syntax, arguments, USE_CALL);
    return build_with(syntax, AST_CALL, span, callee->at, callee, arguments);
}

struct ast *build_tuple(struct syntax *syntax, struct adc_span span, struct syntax_list *elements)
{
    check_values(syntax, elements, USE_TUPLE);
    struct ast *first = elements->first->node;
    if (elements->count > 1 || first->kind == AST_NAMED)
        return build_list(syntax, AST_TUPLE, span, span, elements);
    first->span = span; /* parentheses belong to what they enclose */
    return first;
}

struct ast *build_array(struct syntax *syntax, struct adc_span span, struct adc_span bracket,
                        struct syntax_list *elements)
{
    check_values(syntax, elements, USE_ARRAY);
    return build_list(syntax, AST_ARRAY, span, bracket, elements);
}

/* An argument as an index of a reduction. */
static struct ast *as_binder(struct syntax *syntax, struct ast *node)
{
    if (node->kind == AST_BINDER) return node;
    if (node->kind == AST_NAME)
        return build_named(syntax, AST_BINDER, node->span, node->at, 1, (struct ast *)NULL);
    if (node->kind != AST_ERROR) {
        struct adc_diag *diag =
            syntax_report(syntax, ADC_E48, node->span, "`%s` stands where an index is named",
                          syntax_quote(syntax, node->span));
        adc_diag_help(syntax->diags, diag, "indices are names, as in `sum(i, j in 0..n: ...)`");
    }
    return NULL;
}

struct ast *build_reduce(struct syntax *syntax, struct adc_span span, struct adc_span indices,
                         const struct build_reduce *parts)
{
    struct syntax_list *binders = list_new(syntax);
    for (struct syntax_link *link = parts->indices->first; link; link = link->next) {
        struct ast *binder = as_binder(syntax, link->node);
        if (binder) list_add(syntax, binders, binder);
    }
    struct ast *list = build_list(syntax, AST_LIST, indices, indices, binders);
    struct adc_span at = parts->callee ? parts->callee->at : indices;
    if (!parts->callee)
        return build_node(syntax, AST_BUILD, span, at, 3, list, parts->filter, parts->body);
    return build_node(syntax, AST_REDUCE, span, at, 4, parts->callee, list, parts->filter,
                      parts->body);
}

struct ast *build_in(struct syntax *syntax, struct adc_span span, struct adc_span word,
                     struct ast *name, struct ast *range)
{
    if (name->kind == AST_NAME) return build_named(syntax, AST_BINDER, span, name->at, 1, range);
    struct adc_diag *diag =
        syntax_report(syntax, ADC_E48, name->span, "`%s` stands where an index is named",
                      syntax_quote(syntax, name->span));
    adc_diag_help(syntax->diags, diag, "indices are names, as in `sum(i in 0..n: ...)`");
    return build_node(syntax, AST_ERROR, span, word, 0);
}
