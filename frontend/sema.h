/* Inside of the checker: one visitor over the tree (ast_walk), shared by sema_*.c.
 *
 * Every node kind has a step function: called with 0, 1, 2, ... it returns what to visit next, and
 * sets node->type when it is done. A name whose function, constant or type has not been checked yet
 * is checked there and then (the step returns its declaration), so callees are done before their
 * callers and a cycle is seen when an ACTIVE one is met. */
#ifndef ADC_FRONTEND_SEMA_H
#define ADC_FRONTEND_SEMA_H

#include "frontend/frontend.h"
#include "frontend/modules.h"
#include "frontend/scope.h"

struct sema_function {
    struct sema_symbol *symbol;
    struct ast *decl; /* FN; NULL for the body of `adc eval` and of lambdas */
    struct ast *body;
    struct sema_symbol **params;
    uint32_t param_count;
    ADC_VEC(struct sema_symbol *) dims; /* in the order of their first appearance */
    uint32_t first_slot, slot_count;    /* of parameters and locals; a lambda's are within those of
                                         * the function around it */
    struct sema_lambda *lambda;         /* it is a version of this lambda; or NULL */
    uint32_t newest;                    /* serial of the newest local that a version captures */
    bool takes_functions;
    const struct sema_type *result; /* declared or inferred; ERROR until known */
    bool declared;                  /* the result type is written */
    bool exported, test, called;
    bool unchecked;          /* @unchecked: indices in its text are not checked */
    struct sema_hint *hints; /* @simd */
    unsigned wanted;         /* bits 1 << enum adc_product, of @derive; 0: default */
    const struct ast *of;    /* `grad = loss` of @derive: the result chosen; NULL: none */
    const char *doc;
    uint32_t number; /* over all files, in the order of their checking */
};

/* A lambda as written. It is checked once for each list of types of its parameters, where these
 * are known: in place, or, bound by a `let`, where it is called. */
struct sema_lambda {
    struct ast *node;
    struct sema_function *within; /* version of the lambda around it, or NULL */
    uint32_t serial, floor;       /* of locals and in the frame, where it stands */
    uint32_t number;              /* over all lambdas and functions */
    ADC_VEC(struct sema_function *) versions;
    ADC_VEC(const struct sema_symbol *) captured; /* locals around; when checked: by their slots */
};

struct fe_module {
    struct adc_arena *arena;
    struct adc_names *names;
    struct adc_diags *diags;
    struct ast *tree;
    struct sema_types types;
    struct scope scope; /* of the file at hand; in the end, the given one */
    struct modules files;
    uint32_t function_count;                   /* in all files */
    ADC_VEC(struct sema_function *) functions; /* of the given file; source order */
    ADC_VEC(struct fe_entry) entries;          /* the same */
};

/* An attribute that concerns indices which are bound in a statement or a function. */
struct sema_hint {
    struct sema_hint *outer;
    const struct ast *owner; /* the ATTRIBUTED; NULL: the function */
    const struct ast *attribute;
    const struct ast *index; /* the one that is meant; NULL: all */
    struct adc_hint hint;
    bool found; /* it is bound */
};

/* What is being checked: a function, a constant or a type. */
struct sema_frame {
    struct sema_frame *outer;
    struct sema_symbol *subject;
    struct sema_function *function; /* NULL: no parameters may occur */
    struct adc_span use;            /* where it was needed */
    uint32_t former;                /* scope's frame before */
    bool in_default;                /* inside a parameter's default */
    bool in_size;                   /* inside the size of an array type */
    uint32_t newest;                /* serial of the newest local read since it was reset */
    uint32_t floor;                 /* first serial under the innermost indices; 0: none are open */
    struct sema_function *version;  /* of the innermost lambda that is being checked, or NULL */
    struct sema_hint *hints;        /* of the statement at hand, innermost first */
};

/* What is kept of the frame while a lambda is checked. */
struct sema_outer {
    struct sema_function *version;
    uint32_t floor, newest;
    const struct scope_hidden *hidden;
};

/* What an import brought into the file at hand. */
struct sema_import {
    const struct sema_symbol *symbol;
    struct adc_span span;
};

struct sema {
    struct adc_arena *arena;
    struct adc_names *names;
    struct adc_diags *diags;
    struct fe_module *module;
    struct sema_types *types;
    struct scope *scope;
    struct sema_frame *frame;
    uint32_t serials;        /* of locals so far */
    const struct ast *array; /* of the INDEX that is being visited: a `rec` may stand there */
    bool skipped;            /* arguments of an unknown function were not looked at */
    bool in_import;          /* the file at hand is an imported one */
    ADC_VEC(struct sema_import) imported;
    ADC_VEC(const struct sema_symbol *) unused; /* E10, once there are no errors */
    ADC_VEC(struct sema_lambda *) lambdas;
    ADC_VEC(struct sema_outer) outers;
};

typedef struct ast *sema_step(struct sema *s, struct ast *node, uint32_t i);

/* sema.c: the step function of each kind. */
struct ast *sema_visit(void *visitor, struct ast *node, uint32_t i);

/* ------------------------------------------------------------ frames (sema_item.c) */

void sema_enter(struct sema *s, struct sema_symbol *subject, struct sema_function *function);
void sema_leave(struct sema *s);

/* The declaration to visit before `symbol` can be used at `use`, or NULL: it is ready, or it is
 * being checked, which is reported (E23). */
struct ast *sema_need(struct sema *s, struct sema_symbol *symbol, struct adc_span use);

void sema_declare(struct sema *s, struct ast *file);
struct sema_function *sema_new_function(struct sema *s, struct sema_symbol *symbol,
                                        struct ast *body);
/* The body has been visited: checks or infers the result. */
void sema_finish_function(struct sema *s, struct sema_function *function);

/* A local named `name`, defined by `decl`; reports E08 and E12. NULL outside functions. */
struct sema_symbol *sema_define(struct sema *s, enum symbol_kind kind, const struct adc_name *name,
                                struct adc_span span, struct ast *decl);

/* ----------------------------------------------------------- functions (sema_function.c) */

/* Before `*value` is visited where a function of type `type` is wanted (ERROR: of a type that its
 * calls tell): a name of a function becomes the lambda that calls it. */
void sema_prepare_function(struct sema *s, struct ast **value, const struct sema_type *type);
/* Binds the lambda, whose parameters have no types, to `symbol`. */
void sema_bind_lambda(struct sema *s, struct ast *node, struct sema_symbol *symbol);
/* Whether some parameter has no type. */
bool sema_is_open(const struct ast *lambda);
/* A call of the lambda with arguments that have been visited: what to visit first, or NULL when
 * the call has its type. */
struct ast *sema_call_lambda(struct sema *s, struct ast *call, struct sema_lambda *lambda);
/* A call of a value with the type of a function. */
void sema_call_value(struct sema *s, struct ast *call);
void sema_capture(struct sema *s, struct sema_symbol *symbol);
/* All is checked: puts what lambdas capture in order. */
void sema_finish_lambdas(struct sema *s);
/* E24: "a function cannot be WHAT". */
void sema_refuse_function(struct sema *s, struct adc_span span, const char *what);
/* The same of `value`, if it is one; then ERROR. */
void sema_no_function(struct sema *s, struct ast *value, const char *what);

/* ------------------------------------------------------------- messages (sema_report.c) */

const char *sema_type_name(struct sema *s, const struct sema_type *type);
const char *sema_source(struct sema *s, const struct ast *node); /* as written; long ones cut */
struct adc_span sema_at(const struct ast *node);
/* E41: "WHAT is not supported yet". */
void sema_unsupported(struct sema *s, struct adc_span span, const char *what);
/* E20, E21, E22 unless the value of `value` fits `type`; `what` names its place: "`k`". */
bool sema_expect(struct sema *s, struct ast *value, const struct sema_type *type, const char *what);
/* E20 unless `value` is a number; false also for ERROR. */
bool sema_expect_number(struct sema *s, struct ast *value, const char *what);
/* E20 if there is no value (a block that ends in a statement) or if it is a function. */
bool sema_expect_value(struct sema *s, struct ast *value);
/* E22 if the value is a quotient of ints; false: it is none. */
bool sema_report_quotient(struct sema *s, const struct ast *value, const char *what);
/* Reports (E04) a block that would end in a value if its last `if` had an `else`. */
bool sema_missing_else(struct sema *s, const struct ast *value);
const char *sema_format(struct sema *s, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* E08 if two fields (FIELDDEF, NAMED) of `node` have one name (sema_type.c). */
void sema_check_fields(struct sema *s, struct ast *node);

/* ----------------------------------------------------------------- arrays (sema_array.c) */

/* The type of a value as written where a parameter declares it: "real[N, D]". */
const char *sema_shape_text(struct sema *s, const struct ast *value);
/* E16 unless all operands that are tensors have one rank. */
bool sema_combine(struct sema *s, const struct ast *node, struct ast *const *operands,
                  uint32_t count);
/* The type of an array with `axes` axes before those of its elements; ERROR after E41. */
const struct sema_type *sema_array_type(struct sema *s, const struct sema_type *element,
                                        uint32_t axes, struct adc_span span);
/* Of `body` reduced over `count` indices (sema_range.c). */
const struct sema_type *sema_reduced(struct sema *s, struct ast *body, uint32_t count,
                                     const struct builtin *row);
/* REDUCTION, ARRAY (sema_whole.c). */
void sema_whole_builtin(struct sema *s, struct ast *call, const struct builtin *row);
/* An operand of `@`, `dot` ...: a tensor of numbers whose rank is one of those allowed, or E14. */
bool sema_expect_rank(struct sema *s, struct ast *value, uint32_t least, uint32_t most,
                      const char *what);
/* A node that binds indices (sema_range.c): what is open before stands in its `integer` and `flag`.
 * In a definition (or reduction) nothing around may be assigned. */
void sema_open_indices(struct sema *s, struct ast *node, bool definition);
void sema_close_indices(struct sema *s, struct ast *node, const struct ast *binders);
bool sema_check_count(struct sema *s, const struct ast *call, const char *name, uint32_t wanted);
void sema_report_missing(struct sema *s, struct ast *name); /* E07 */
/* The names that stand alone in shapes of the function's parameters (sema_type.c). */
void sema_define_dims(struct sema *s, const struct ast *fn);

/* ----------------------------------------------------------------- imports (sema_import.c) */

/* Whether a definition may take the symbol's name: none, a built-in, a part of a path. */
bool sema_gives_way(const struct sema_symbol *symbol);
void sema_report_clash(struct sema *s, const struct adc_name *name, struct adc_span span,
                       const struct sema_symbol *earlier);
void sema_declare_import(struct sema *s, struct ast *import);
/* The file is checked: its declarations become its members. */
void sema_publish(struct sema *s, const struct module_unit *unit);
/* FIELD of a module: sets symbol and type. */
void sema_member(struct sema *s, struct ast *node);
/* What a dotted path (of a type) means; NULL: nothing. */
struct sema_symbol *sema_find_path(struct sema *s, const struct adc_name *path);

/* ---------------------------------------------------------------- warnings (sema_unused.c) */

/* Before the innermost scope closes; at the end of a check without errors. */
void sema_note_unused(struct sema *s);
void sema_report_unused(struct sema *s);
/* The name at the root of `s.h[i]`; NULL if the target is something else. */
struct ast *sema_target_root(struct ast *target);
void sema_keep_used(struct sema *s, struct ast *target, bool restore);
void sema_nowarn(struct sema *s, const struct ast *attribute, struct adc_span span);

/* --------------------------------------------------------------- attributes (sema_attr.c) */

void sema_item_attributes(struct sema *s, const struct ast *item, struct sema_function *function);
/* The function is checked: what @static names are dimensions of its parameters. */
void sema_static_attributes(struct sema *s, const struct ast *item);
/* ATTRIBUTED; its flag says whether @unchecked is among them. */
void sema_statement_attributes(struct sema *s, struct ast *attributed);
/* Those whose meaning depends on the statement, which has been visited. */
void sema_place_attributes(struct sema *s, struct ast *attributed);

/* sema_hint.c: whether the arguments of @simd, @unroll or @unique are good; of others, true. */
bool sema_check_hint(struct sema *s, const struct ast *attribute);
/* What a good @simd asks for, in front of `outer`. */
struct sema_hint *sema_simd(struct sema *s, const struct ast *attribute, const struct ast *owner,
                            struct sema_hint *outer);
/* An index has been bound; and, all of the owner has been visited. */
void sema_take_hints(struct sema *s, struct sema_symbol *symbol);
void sema_end_hints(struct sema *s, const struct ast *owner);
void sema_unroll(const struct ast *attribute, struct ast *loop);

/* E19: a `rec` without an index inside its own definition (sema_loop.c). */
void sema_report_early(struct sema *s, const struct ast *name);

/* ------------------------------------------------------------- steps, by file */

sema_step sema_step_file, sema_step_item, sema_step_const, sema_step_typedef, sema_step_fn,
    sema_step_param, sema_step_list; /* sema_item.c */
sema_step sema_step_tname, sema_step_tarray, sema_step_trecord,
    sema_step_fielddef;                                      /* sema_type.c */
sema_step sema_step_tfn, sema_step_lambda, sema_step_lparam; /* sema_function.c */
sema_step sema_step_block, sema_step_attributed, sema_step_let, sema_step_lettuple, sema_step_mut,
    sema_step_assign, sema_step_require, sema_step_ifstmt; /* sema_stmt.c */
sema_step sema_step_for, sema_step_rec;                    /* sema_loop.c */
sema_step sema_step_literal, sema_step_name, sema_step_field, sema_step_tuple, sema_step_named,
    sema_step_if, sema_step_unary, sema_step_binary, sema_step_pow, sema_step_compare,
    sema_step_logic, sema_step_error, sema_step_unsupported; /* sema_expr.c */
sema_step sema_step_call;                                    /* sema_call.c */
sema_step sema_step_import;                                  /* sema_import.c */
sema_step sema_step_range, sema_step_binder, sema_step_letarray, sema_step_build,
    sema_step_reduce; /* sema_range.c */
sema_step sema_step_array, sema_step_index, sema_step_transpose,
    sema_step_matmul; /* sema_array.c */

/* sema_derivative.c: grad, jvp, vjp, hvp. */
struct ast *sema_step_derivative(struct sema *s, struct ast *call, uint32_t i,
                                 const struct builtin *builtin);

#endif
