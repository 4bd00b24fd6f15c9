/* What the files of the C emitter share.
 *
 * emit_c.c             names and E45, then the source file around the functions
 * emit_c_analysis.c    what each part of a program needs
 * emit_c_operator.c    elementwise operators: shape in C, functions that the file needs for them
 * emit_c_expression.c  expressions
 * emit_c_statement.c   statements, lines
 * emit_c_function.c    parts, entry points, f_work, f_status
 * emit_c_header.c      the header
 * emit_c_text.c        comments, string literals, places
 * manifest.c           the manifest
 *
 * owner    everything lies on the unit's arena */
#ifndef ADC_BACKEND_EMIT_C_INTERNAL_H
#define ADC_BACKEND_EMIT_C_INTERNAL_H

#include "backend/c_names.h"
#include "backend/emit_c.h"

enum { C_MAX_PARAMETERS = 100, C_WIDTH = 100 };

struct c_group;

/* What a part touches, calls included; lists are indices of parameters and results, ascending. */
struct c_part {
    uint32_t *inputs, *outputs;
    uint32_t input_count, output_count;
    bool work;   /* reads or writes the workspace */
    bool checks; /* may return a status */
};

/* One C entry point. */
struct c_product {
    const struct loop_program *program;
    const struct adc_function *function;
    const struct c_group *group;
    const char *symbol, *work_symbol;
    const char *args_tag; /* struct that holds the parameters when they are too many, else NULL */
    const char **inputs, **outputs; /* C names by index */
    const char **locals;            /* by node id: C name of a LOCAL */
    struct c_scope scope;
    struct c_part *parts;
    uint32_t *order; /* of the parts that are called, callees first, the entry last */
    uint32_t order_count;
};

/* A renamed name, for the list in the header. */
struct c_renamed {
    const char *source, *c;
};

struct c_status {
    uint32_t number;
    const char *text;
    struct adc_span span;
};

/* One exported function: its products and what they share. */
struct c_group {
    const struct adc_function *function;          /* of the first product */
    size_t first, count;                          /* of unit->products */
    const char *status, *abi, *hess_size;         /* functions; hess_size NULL without a hessian */
    const char *ok, *out_of_memory, *abi_version; /* enumerators; status 3 is `status`_3 */
    uint32_t hess_count;
    ADC_VEC(struct c_status) statuses; /* ascending */
    ADC_VEC(struct c_renamed) renamed;
    uint32_t abi_number; /* changes with the prototypes */
};

/* Functions that the file has to define for operators, each for double ([0]) and float ([1]). */
struct c_used {
    uint8_t (*operators)[2];  /* by enum adc_op */
    uint8_t (*helpers)[2];    /* by number of helper */
    bool math, stdlib;        /* headers */
    bool boolean, integer;    /* types beyond those of the interface */
    bool load_int, store_int; /* access to integers in the workspace */
    bool parts;               /* static functions that must stay functions */
};

struct c_unit {
    const struct emit_c_unit *unit;
    struct adc_arena *arena;
    struct c_words words;
    const char *guard; /* of the header */
    struct c_product *products;
    struct c_group *groups;
    size_t group_count;
    struct c_used used;
    struct adc_text *out;      /* where functions go */
    struct adc_text statement; /* the statement being made */
    struct adc_text remark;    /* the line comment being made */
    /* position of the last line comment or directive; line 0: none yet in this function */
    uint32_t last_source, last_line;
};

/* ---------------------------------------------------------------------------- emit_c_analysis.c */

void c_analyse(struct c_unit *unit, struct c_product *product);

/* ---------------------------------------------------------------------------- emit_c_operator.c */

enum c_shape {
    C_BINARY,   /* x OP y */
    C_PREFIX,   /* OP x, also a cast */
    C_CHOICE,   /* x ? y : z */
    C_CALL,     /* NAME(x, y) of the library or a helper, arguments in order */
    C_COMPOUND, /* anything else: a function of its own */
};

struct c_form {
    enum c_shape shape;
    /* C_BINARY, C_PREFIX: the operator (maybe with REAL in brackets); C_CALL: F(name) or H(name) */
    const char *text;
    size_t length;
};

struct c_form c_form_of(enum adc_op op);

/* Width at which the R of the node's operator stands. */
bool c_is_single(const struct adc_node *node);
const char *c_type(enum adc_type type);

/* The name to call for a C_CALL or C_COMPOUND operator; notes that it is used. */
void c_put_callee(struct c_unit *unit, enum adc_op op, bool single, struct adc_text *out);
void c_put_cast(const struct c_form *form, bool single, struct adc_text *out);

/* Definitions of all used functions. */
void c_put_helpers(struct c_unit *unit, struct adc_text *out);

/* ---------------------------------------------------------------------------- emit_c_expression.c
 * */

void c_put_literal(struct c_unit *unit, enum adc_type type, union adc_value value,
                   struct adc_text *out);

/* The value of a node where it is used, whatever its place. */
void c_put_use(struct c_unit *unit, const struct c_product *product, const struct adc_node *node,
               struct adc_text *out);
/* Likewise as an operand of a prefix operator. */
void c_put_operand(struct c_unit *unit, const struct c_product *product,
                   const struct adc_node *node, struct adc_text *out);
/* The expression that computes a node (what a LET writes). */
void c_put_definition(struct c_unit *unit, const struct c_product *product,
                      const struct adc_node *node, struct adc_text *out);
void c_put_input(const struct c_product *product, uint32_t index, struct adc_text *out);
void c_put_output(const struct c_product *product, uint32_t index, struct adc_text *out);

/* ---------------------------------------------------------------------------- emit_c_statement.c
 * */

/* One line or several of at most C_WIDTH columns; continuation lines are indented deeper. */
void c_put_wrapped(struct adc_text *out, const char *text, size_t length, unsigned indent);
/* The statements of a part, indented by 4. */
void c_put_part_body(struct c_unit *unit, const struct c_product *product, uint32_t part);

/* ---------------------------------------------------------------------------- emit_c_function.c */

void c_put_product(struct c_unit *unit, const struct c_product *product);
void c_put_group_functions(struct c_unit *unit, const struct c_group *group);

/* f_part3__(x, result, w__) */
void c_put_part_call(const struct c_product *product, uint32_t part, struct adc_text *out);

/* Prototypes without the semicolon. */
void c_put_prototype(const struct c_product *product, struct adc_text *out);
void c_put_work_prototype(const struct c_product *product, struct adc_text *out);
size_t c_parameter_count(const struct c_product *product);
bool c_work_takes(const struct c_product *product, uint32_t input);
bool c_work_takes_struct(const struct c_product *product);

/* ---------------------------------------------------------- emit_c_header.c, manifest.c */

void c_put_header(struct c_unit *unit, struct adc_text *out);
void c_put_manifest(struct c_unit *unit, struct adc_text *out);

/* ------------------------------------------------------------------------ emit_c_text.c */

/* "01_seed.ad:12" of a span, "" without a place. */
void c_put_place(const struct c_unit *unit, struct adc_span span, struct adc_text *out);
/* "k > 0 (01_seed.ad:12)" */
void c_put_status_text(const struct c_unit *unit, const struct c_status *status,
                       struct adc_text *out);
/* Text made harmless inside a comment; line ends become `newline`. */
void c_put_comment(const char *text, const char *newline, struct adc_text *out);
/* A string literal with its quotes. */
void c_put_string(const char *text, struct adc_text *out);

#endif
