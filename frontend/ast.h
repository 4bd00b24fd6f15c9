/* The syntax tree: uniform nodes, made by the parser, annotated by sema, read by lower.
 *
 * No walk recurses: depth is the user's. `ast_walk` visits a tree with its own stack; a visitor
 * is asked, step by step, which node to visit next, so that it can open scopes between children
 * or follow a call into another body.
 *
 * owner    the compilation's arena */
#ifndef ADC_FRONTEND_AST_H
#define ADC_FRONTEND_AST_H

#include "base/diag.h"
#include "base/name.h"

enum ast_kind {
#define ADC_AST(id, name, children) AST_##id,
#include "frontend/ast.def"
#undef ADC_AST
    AST_KIND_COUNT
};

enum ast_param { AST_PARAM_PLAIN, AST_PARAM_VAR, AST_PARAM_DATA, AST_PARAM_CONST };
enum ast_assign { AST_SET, AST_ADD_SET, AST_SUB_SET, AST_MUL_SET, AST_DIV_SET };
enum ast_binder { AST_BINDER_LOOP = 1, AST_BINDER_DOWN = 2 }; /* bits, set by sema */
enum ast_range { AST_RANGE_FULL, AST_RANGE_UPTO };
enum ast_for { AST_FOR_PARALLEL = 1 }; /* bits, set by sema */
/* In `integer` of a RANGE, set by sema: what may be written. */
enum ast_range_use { AST_RANGE_NOWHERE, AST_RANGE_ENDS, AST_RANGE_STEPS };

struct sema_symbol;
struct sema_type;

struct ast {
    enum ast_kind kind;
    struct adc_span span; /* of the whole construct */
    struct adc_span at;   /* of its name or operator; where most messages point */
    const struct adc_name *text;
    const struct adc_name *alias; /* IMPORT */
    unsigned flag;
    int64_t integer;
    double real;
    const struct sema_type *type; /* set by sema: of an expression; NULL before */
    struct sema_symbol *symbol;   /* set by sema: what a name, target or declaration stands for */
    uint32_t count;
    struct ast *child[];
};

/* What the parser leaves: `file` is never NULL (an unreadable text gives an empty file and
 * errors). */
struct ast *ast_parse(struct adc_arena *arena, struct adc_names *names, struct adc_diags *diags,
                      uint32_t source);

/* As above for the body of a function, as `adc eval` takes it: statements, the last one an
 * expression or `NAME = e`. Gives a BLOCK. */
struct ast *ast_parse_body(struct adc_arena *arena, struct adc_names *names,
                           struct adc_diags *diags, uint32_t source);

/* A tree that sema has not seen, once more. */
struct ast *ast_copy(struct adc_arena *arena, const struct ast *tree);

const char *ast_kind_name(enum ast_kind kind);

/* S-expressions with two blanks per level; types beside expressions once sema has set them
 * (`type_text` renders one; NULL before sema). */
void ast_print(const struct ast *tree, struct adc_text *out,
               void (*type_text)(const struct sema_type *, struct adc_text *));

/* Visits a tree. step(visitor, node, i) is called with i = 0, 1, 2, ... while `node` is on the
 * stack; it returns the next node to visit, AST_SKIP to be asked again with i + 1 without a
 * visit (for absent children), or NULL when the node is done. A returned node need not be a
 * child. `scratch` holds the stack. */
#define AST_SKIP ((struct ast *)-1)
void ast_walk(struct adc_arena *scratch, struct ast *root,
              struct ast *(*step)(void *visitor, struct ast *node, uint32_t i), void *visitor);

#endif
