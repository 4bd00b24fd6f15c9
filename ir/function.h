/* A function of the graph: parameters, results, checks.
 *
 * The same structure holds what was written (`f`) and what passes/derive made of it (`f_grad`,
 * ...):
 * inputs are `params` in order, outputs `results` in order, so interpreter, schedule and emitters
 * need
 * not know about derivatives. */
#ifndef ADC_IR_FUNCTION_H
#define ADC_IR_FUNCTION_H

#include "ir/node.h"

/* ADC_DIM: the length of an axis, an int; such parameters come first. */
enum adc_kind { ADC_VAR, ADC_PLAIN, ADC_DATA, ADC_DIM };

enum adc_product {
    ADC_VALUE,
    ADC_GRAD,
    ADC_PULLBACK,
    ADC_PUSHFORWARD,
    ADC_HVP,
    ADC_HESSIAN,
    ADC_JACOBIAN,
    ADC_PRODUCT_COUNT
};

/* What an input or output of a product stands for. */
enum adc_role {
    ADC_ROLE_PRIMAL,   /* a parameter or result as written */
    ADC_ROLE_GRAD,     /* grad_x */
    ADC_ROLE_BAR,      /* result_bar (input), x_bar (output) of vjp */
    ADC_ROLE_DOT,      /* x_dot (input), result_dot (output) of jvp and hvp */
    ADC_ROLE_HVP,      /* x_hvp */
    ADC_ROLE_HESSIAN,  /* hess */
    ADC_ROLE_JACOBIAN, /* jac_RESULT_x */
    ADC_ROLE_COUNT
};

/* What a record looks like that lies in memory as one array: axes around a scalar or around fields,
 * which lie one behind the other in their order. An array that is but a part of a record with
 * several element types has a form in which the records around it have one field.
 *
 * first    its lengths are sizes[first], ... of the parameter or result
 * declared fields of the record as written, `names` theirs (NULL: of a tuple); `position` is that
 *          of a field among those of the record around it */
struct adc_form {
    const struct adc_name *name; /* of the field, or NULL */
    uint32_t position;
    enum adc_type type; /* of all its scalars; ADC_TYPE_COUNT: they have several */
    unsigned rank;
    uint32_t first;
    const struct adc_form *fields;
    uint32_t count; /* 0: scalars */
    const struct adc_name *const *names;
    uint32_t declared;
};

struct adc_parameter {
    const struct adc_name *name; /* "x", "x_dot", "result_bar" */
    const struct adc_name *of;   /* "x", "x", "result": what it belongs to */
    enum adc_kind kind;
    enum adc_role role;
    enum adc_type type;
    struct adc_span span;
    unsigned rank;                       /* 0: a scalar */
    const struct adc_node *const *shape; /* `rank` closed ints of the function's graph */
    const struct adc_name *whole; /* the record that it is a part of: `opts` of `opts_call` */
    const struct adc_form *form;  /* of a record; NULL: an array or scalar as it is */
    const struct adc_node *const *sizes; /* of `form`: `size_count` closed ints */
    uint32_t size_count;
    bool has_default;
    union adc_value value; /* the default */
    const char *doc;       /* or NULL */
};

struct adc_result {
    const struct adc_name *name; /* "result", a field's name, "grad_x", "hess" */
    const struct adc_name *of;   /* what it belongs to: itself, "x" of grad_x, "y" of jac_y_x */
    enum adc_role role;
    enum adc_type type;
    unsigned rank;                 /* of nodes[0]; an array stands alone */
    const struct adc_node **nodes; /* `count` of them; several only for hess, row by row */
    uint32_t count;
    bool named;                   /* false for the one unnamed result of a function */
    const struct adc_name *whole; /* as in a parameter, these too */
    const struct adc_form *form;
    const struct adc_node *const *sizes;
    uint32_t size_count;
};

/* Holds iff `condition` is true; the first that does not, in order, gives the status. */
struct adc_check {
    const struct adc_node *condition;
    uint32_t status;  /* from 1, in source order */
    const char *text; /* what failed: the user's text or the condition as written */
    struct adc_span span;
};

/* What needed no check, where that was asked for. */
struct adc_proof {
    const char *text; /* "`x[i+1]` is inside 0..N" */
    struct adc_span span;
};

struct adc_function {
    const struct adc_name *name;   /* as written, "f" */
    const struct adc_name *symbol; /* "f", "f_grad" */
    enum adc_product product;
    struct adc_graph *graph;
    ADC_VEC(struct adc_parameter) params;
    ADC_VEC(struct adc_result) results;
    ADC_VEC(struct adc_check) checks;
    size_t entry_count; /* so many checks come before all else (passes/entry.c) */
    ADC_VEC(struct adc_proof) proofs;
    unsigned wanted; /* bits 1 << enum adc_product: from @derive, or the default; 0 = default */
    const struct adc_name *of; /* the result that `@derive(grad = of)` chose, or NULL */
    bool exported;
    enum adc_type real;   /* what `real` means: ADC_F64 or ADC_F32 */
    struct adc_span span; /* of the name */
    const char *doc;      /* text of its /// lines, or NULL */
};

/* A function without parameters and results on a new graph. */
struct adc_function *adc_function_new(struct adc_arena *arena, const struct adc_name *name);

/* Name of a product as in --derive: "value", "grad", "vjp", "jvp", "hvp", "hessian",
 * "jacobian"; and the suffix of its symbol: "", "_grad", "_vjp", "_jvp", "_hvp", "_hess",
 * "_jac". */
const char *adc_product_name(enum adc_product product);
const char *adc_product_suffix(enum adc_product product);

/* "x" of the result jac_y_x. */
const char *adc_result_by(const struct adc_result *result);

const char *adc_kind_name(enum adc_kind kind); /* "var", "plain", "data" */
const char *adc_role_name(enum adc_role role); /* "primal", "grad", "bar", ... */

/* Whether the parameter is the one of this name, or a part of the record that is. */
bool adc_parameter_is(const struct adc_parameter *parameter, const char *name);

/* Roots of the function (results, checks, shapes and sizes) marked in `live` (one byte per node
 * id). */
void adc_function_roots(const struct adc_function *function, uint8_t *live);

/* The same with all they need. */
void adc_function_live(const struct adc_function *function, uint8_t *live);

/* Whether the node is a size: the length of an axis, never negative. */
bool adc_is_size(const struct adc_function *function, const struct adc_node *node);

/* By id, which nodes are known at entry: computed from parameters alone, without loops, and without
 * real arithmetic under indices. */
uint8_t *adc_function_entry(const struct adc_function *function, struct adc_arena *arena);

/* The nodes of an array of them in another graph: `map` has them by id. */
const struct adc_node **adc_mapped(struct adc_arena *arena, const struct adc_node *const *nodes,
                                   uint32_t count, const struct adc_node *const *map);

/* ---------------------------------------------------------------------------- other modules of ir
 * */

/* verify.c: every invariant of graph and function; NULL if all hold, else what is wrong. */
const char *adc_verify(const struct adc_function *function, struct adc_text *problem);

/* print.c: text IR; parse.c reads it back to the same bytes. */
void adc_print(const struct adc_function *function, struct adc_text *out);
struct adc_function *adc_parse_ir(struct adc_arena *arena, struct adc_names *names,
                                  const char *text, size_t length, struct adc_text *problem);

/* names.c: the automatic name of every node by id, counted per operator in ascending id over live
 * nodes: "mul/0", "Const/1"; parameters by their own name. */
const char **adc_node_names(const struct adc_function *function, struct adc_arena *arena,
                            const uint8_t *live);

/* interp.c: values of all nodes by id (array of graph->nodes.count, from `arena`). `arguments` by
 * parameter index. Returns the status of the first check that failed, 0 if none. */
uint32_t adc_interpret(const struct adc_function *function, const union adc_value *arguments,
                       struct adc_arena *arena, union adc_value **values);

#endif
