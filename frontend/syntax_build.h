/* What the actions of parser.y call: nodes and lists of nodes, and the mistakes that the grammar
 * knows.
 *
 * Spans: `span` is the whole construct, `at` its name or operator. Children are in the order of
 * ast.def. Functions named after a mistake report it and return a node of what was probably
 * meant, or AST_ERROR. */
#ifndef ADC_FRONTEND_SYNTAX_BUILD_H
#define ADC_FRONTEND_SYNTAX_BUILD_H

#include "frontend/syntax.h"

/* A list in the making. */
struct syntax_list {
    struct syntax_link *first, **end;
    uint32_t count;
    uint32_t
        indent; /* of statements: where the first one that begins a line does; UINT32_MAX: none */
};

struct syntax_list *list_new(struct syntax *syntax);
struct syntax_list *list_add(struct syntax *syntax, struct syntax_list *list, struct ast *node);
/* As list_add; a statement indented deeper than those before it is E02. */
struct syntax_list *list_add_statement(struct syntax *syntax, struct syntax_list *list,
                                       struct ast *statement);

/* Nodes: with `count` children; of the list; with one child, then the list's. `kind` is an enum
 * ast_kind. build_named takes the text from `name`, which is also `at`. */
struct ast *build_node(struct syntax *syntax, unsigned kind, struct adc_span span,
                       struct adc_span at, unsigned count, ...);
struct ast *build_named(struct syntax *syntax, unsigned kind, struct adc_span span,
                        struct adc_span name, unsigned count, ...);
struct ast *build_list(struct syntax *syntax, unsigned kind, struct adc_span span,
                       struct adc_span at, struct syntax_list *list);
struct ast *build_with(struct syntax *syntax, unsigned kind, struct adc_span span,
                       struct adc_span at, struct ast *first, const struct syntax_list *rest);

/* declarations */
struct build_function {
    struct ast *params, *result, *body; /* of an extern, `body` is its symbol or NULL */
    struct syntax_list *rules;
};
struct ast *build_item(struct syntax *syntax, struct adc_span span, const struct adc_name *doc,
                       struct syntax_list *attributes, struct ast *declaration);
struct ast *build_import(struct syntax *syntax, struct adc_span span, struct adc_span path_span,
                         struct syntax_list *path, struct adc_span alias,
                         struct syntax_list *names);
struct ast *build_typedef(struct syntax *syntax, struct adc_span span, struct adc_span name,
                          struct syntax_list *dims, struct ast *type);
struct ast *build_function(struct syntax *syntax, struct adc_span span, struct adc_span name,
                           unsigned exported, const struct build_function *parts);
struct ast *build_extern(struct syntax *syntax, struct adc_span span, struct adc_span name,
                         const struct build_function *parts);
struct ast *build_attribute(struct syntax *syntax, struct adc_span span, struct adc_span name,
                            struct syntax_list *arguments);
struct ast *build_param(struct syntax *syntax, struct adc_span name, unsigned kind,
                        struct ast *type, struct ast *value);
struct ast *build_untyped_param(struct syntax *syntax, struct adc_span name, unsigned kind);
struct ast *build_type_first(struct syntax *syntax, struct adc_span span, struct adc_span type,
                             struct adc_span name);
struct ast *build_colon_result(struct syntax *syntax, struct adc_span colon, struct ast *type);
/* `names` is NULL for a rule in C, whose `body` is the symbol. */
struct ast *build_rule(struct syntax *syntax, struct adc_span span, struct adc_span name,
                       struct adc_span names_span, struct syntax_list *names, struct ast *body);
struct ast *build_type_name(struct syntax *syntax, struct adc_span span, struct adc_span path_span,
                            struct syntax_list *path, struct syntax_list *dims);
struct ast *build_record_type(struct syntax *syntax, struct adc_span span,
                              struct syntax_list *fields);

/* statements */
struct ast *build_require(struct syntax *syntax, struct adc_span span, struct adc_span word,
                          struct ast *condition, struct adc_span message);
struct ast *build_foreign_local(struct syntax *syntax, struct adc_span span, struct adc_span word,
                                const char *meant);
struct ast *build_let_mut(struct syntax *syntax, struct adc_span span, struct adc_span words);
struct ast *build_while(struct syntax *syntax, struct adc_span span, struct adc_span word,
                        struct adc_span condition);
struct ast *build_increment(struct syntax *syntax, struct adc_span span, struct adc_span sign,
                            struct adc_span target);

/* expressions */
struct ast *build_name(struct syntax *syntax, struct adc_span span);
struct ast *build_int(struct syntax *syntax, struct adc_span span);
struct ast *build_real(struct syntax *syntax, struct adc_span span);
struct ast *build_string(struct syntax *syntax, struct adc_span span);
struct ast *build_range(struct syntax *syntax, struct adc_span span, struct adc_span dots,
                        struct ast *low, struct ast *high, struct ast *step);
struct ast *build_call(struct syntax *syntax, struct adc_span span, struct ast *callee,
                       struct syntax_list *arguments);
struct build_reduce {
    struct ast *callee; /* NULL: a comprehension */
    struct syntax_list *indices;
    struct ast *filter, *body;
};
struct ast *build_reduce(struct syntax *syntax, struct adc_span span, struct adc_span indices,
                         const struct build_reduce *parts);
/* `e in r`: an index with its range. */
struct ast *build_in(struct syntax *syntax, struct adc_span span, struct adc_span word,
                     struct ast *name, struct ast *range);
struct ast *build_tuple(struct syntax *syntax, struct adc_span span, struct syntax_list *elements);
struct ast *build_array(struct syntax *syntax, struct adc_span span, struct adc_span bracket,
                        struct syntax_list *elements);
struct ast *build_chain(struct syntax *syntax, struct adc_span span, struct adc_span operator,
                        struct ast * left, struct ast *right);
struct ast *build_plus(struct syntax *syntax, struct adc_span sign, struct ast *operand);
struct ast *build_conditional(struct syntax *syntax, struct adc_span span, struct adc_span mark,
                              struct adc_span condition, struct adc_span yes, struct adc_span no);
struct ast *build_bare_lambda(struct syntax *syntax, struct adc_span span, struct adc_span names,
                              struct adc_span body);
struct ast *build_comma_filter(struct syntax *syntax, struct adc_span comma, struct ast *condition);

#endif
