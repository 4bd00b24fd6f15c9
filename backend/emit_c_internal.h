/* What the files of the C emitter share.
 *
 * emit_c.c             the source file around the functions
 * emit_c_index.c       names of loop indices
 * emit_c_shape.c       sizes: ranges, checks, the layout of the workspace, shapes as text
 * emit_c_operator.c    elementwise operators: shape in C, functions that the file needs for them
 * emit_c_expression.c  expressions
 * emit_c_statement.c   statements, lines
 * emit_c_function.c    parts, entry points, f_work, f_status
 * emit_c_team.c        parts that are made in chunks
 * emit_c_header.c      the header
 * emit_c_text.c        comments, string literals, places
 * manifest.c           the manifest
 *
 * owner    everything lies on the unit's arena */
#ifndef ADC_BACKEND_EMIT_C_INTERNAL_H
#define ADC_BACKEND_EMIT_C_INTERNAL_H

#include "backend/c_unit.h"

/* ------------------------------------------------------------------------------- emit_c_index.c */

/* Claims the names of indices, before those of locals. */
void c_index_names_init(struct c_unit *unit, struct c_product *product);
/* Between these two the index has a name, which no open one has. */
void c_open_index(const struct c_product *product, const struct adc_node *index);
void c_close_index(const struct c_product *product, const struct adc_node *index);

/* ------------------------------------------------------------------------------- emit_c_shape.c */

void c_find_ranges(struct c_unit *unit, struct c_product *product);
bool c_may_be_negative(const struct c_product *product, const struct adc_node *node);
/* The entry point leaves when a size is negative. */
void c_put_negative_checks(struct c_unit *unit, const struct c_product *product);
/* static size_t f_layout__(..., size_t *at__): bytes of workspace, and where each buffer begins. */
void c_put_layout(struct c_unit *unit, const struct c_product *product);
/* "scalar", "real[N, D*(D + 1) div 2]" */
void c_put_shape(const struct adc_function *function, enum adc_type type,
                 const struct adc_node *const *shape, unsigned rank, struct adc_text *out);
/* "24 + 8*N" */
void c_put_work_formula(const struct c_product *product, struct adc_text *out);
/* Rows of the hessian: their number if variables are scalars, else (0) an expression. */
uint32_t c_hessian_count(const struct c_product *product);
const struct adc_node *c_hessian_length(const struct c_product *product);
/* int64_t f_hess_size(...), without what follows. */
void c_put_hessian_size_prototype(const struct c_group *group, struct adc_text *out);
void c_put_hessian_size(struct c_unit *unit, const struct c_group *group);
/* The fields of a record in their order: "rot[3], pos[3], f, leg(a, b[2])". */
void c_put_fields(const struct adc_function *function, const struct adc_form *form,
                  const struct adc_node *const *sizes, struct adc_text *out);
/* Axes of a result, with what they lie on from the arena of `out`. */
const struct adc_node *const *c_result_shape(const struct adc_result *result,
                                             struct adc_arena *arena);

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
/* Likewise on the right of `<`. */
void c_put_bound(struct c_unit *unit, const struct c_product *product, const struct adc_node *node,
                 struct adc_text *out);
/* The ends of the passes of a loop; the high one on the right of `<`. */
void c_put_low(struct c_unit *unit, const struct c_product *product, const struct adc_node *index,
               struct adc_text *out);
void c_put_high(struct c_unit *unit, const struct c_product *product, const struct adc_node *index,
                struct adc_text *out);
/* What the slot of the node behind `base` holds; and what begins an assignment to it, giving what
 * ends it. */
void c_put_slot(struct c_unit *unit, const struct c_product *product, const struct adc_node *node,
                const char *base, struct adc_text *out);
const char *c_open_slot(struct c_unit *unit, const struct c_product *product,
                        const struct adc_node *node, const char *base, struct adc_text *out);
/* The array that a node stands for, and one element of it: x, x[i*D + d]. */
void c_put_array(const struct c_product *product, const struct adc_node *array,
                 struct adc_text *out);
void c_put_element(struct c_unit *unit, const struct c_product *product,
                   const struct adc_node *array, const struct adc_node *const *element,
                   struct adc_text *out);
/* The place of an element in the part of an array that the axes before `axis` choose: r*D + c. */
void c_put_linear(struct c_unit *unit, const struct c_product *product,
                  const struct adc_node *array, const struct adc_node *const *element,
                  unsigned axis, struct adc_text *out);
/* Of rows that are copied: where the first begins, which may be outside of the array. */
void c_put_row_start(struct c_unit *unit, const struct c_product *product,
                     const struct loop_copy *copy, struct adc_text *out);
/* Its number of elements. */
void c_put_row_length(struct c_unit *unit, const struct c_product *product,
                      const struct loop_copy *copy, struct adc_text *out);
/* `if (...) `, that there is such a row; nothing where the index alone says which it is. */
void c_put_row_condition(struct c_unit *unit, const struct c_product *product,
                         const struct loop_copy *copy, struct adc_text *out);
/* Elements of an array: N*D, 0 if any axis is negative. */
void c_put_length(struct c_unit *unit, const struct c_product *product,
                  const struct adc_node *array, struct adc_text *out);
/* `a + b` of any operator that takes in a value: `left` is a primary expression. */
void c_put_taken_in(struct c_unit *unit, const struct c_product *product, enum adc_op op,
                    const char *left, const struct adc_node *value, struct adc_text *out);

/* Where an expression over scalar parameters is printed alone: places count for nothing. */
struct c_closed {
    const char **names; /* by node id: the variable that holds it, or NULL */
    bool by_name;       /* parameters by their names though there is a struct of them */
};
/* The value of a node, as an operand of `<`; its definition. */
void c_put_closed(struct c_unit *unit, const struct c_product *product,
                  const struct c_closed *closed, const struct adc_node *node, struct adc_text *out);
void c_put_closed_definition(struct c_unit *unit, const struct c_product *product,
                             const struct c_closed *closed, const struct adc_node *node,
                             struct adc_text *out);
void c_put_input(const struct c_product *product, uint32_t index, struct adc_text *out);
void c_put_output(const struct c_product *product, uint32_t index, struct adc_text *out);

/* ---------------------------------------------------------------------------- emit_c_statement.c
 * */

/* One line or several of at most C_WIDTH columns; continuation lines are indented deeper. */
void c_put_wrapped(struct adc_text *out, const char *text, size_t length, unsigned indent);
/* Lays out unit->statement, with its origin. */
void c_finish_statement(struct c_unit *unit, struct adc_span span, unsigned indent);
/* The head of a FOR, behind which its index is open, and its end. */
void c_open_loop(struct c_unit *unit, const struct c_product *product,
                 const struct loop_statement *loop, unsigned indent);
void c_close_loop(struct c_unit *unit, const struct c_product *product,
                  const struct loop_statement *loop, unsigned indent);
/* A statement without others inside. */
void c_put_simple_statement(struct c_unit *unit, const struct c_product *product,
                            const struct loop_statement *statement, unsigned indent);
/* Of a CARRY what is not a vector. */
void c_put_carried_scalars(struct c_unit *unit, const struct c_product *product,
                           const struct adc_node *loop, unsigned indent);
/* The statements of a part, indented by 4. */
void c_put_part_body(struct c_unit *unit, const struct c_product *product, uint32_t part);

/* ------------------------------------------------------------------------------- emit_c_lanes.c */

/* A FOR that has lanes, for targets that have vectors; one that may be short ends in `else`. */
void c_put_lanes(struct c_unit *unit, const struct c_product *product,
                 const struct loop_statement *loop, unsigned indent);

/* ---------------------------------------------------------------------------- emit_c_function.c */

void c_put_product(struct c_unit *unit, const struct c_product *product);
void c_put_group_functions(struct c_unit *unit, const struct c_group *group);

/* f_part3__(x, result, w__), or all its chunks */
void c_put_part_call(struct c_unit *unit, const struct c_product *product, uint32_t part,
                     struct adc_text *out);
/* What a part takes, and what it is given; brackets are open if `any` stands there already. */
void c_put_part_parameters(const struct c_product *product, uint32_t index, bool any,
                           struct adc_text *out);
enum c_caller { C_FROM_PART, C_FROM_ENTRY, C_FROM_CHUNK };
void c_put_part_arguments(const struct c_unit *unit, const struct c_product *product,
                          uint32_t index, enum c_caller caller, bool any, struct adc_text *out);
/* Where a buffer lies behind `base`: base + at__[place] */
void c_put_space(const struct c_product *product, uint32_t buffer, const char *base, uint32_t place,
                 struct adc_text *out);

/* ----------------------------------------------------------------------------- emit_c_team.c */

/* int f_chunks3__(low, high, cost, ...): a part that has a team, in chunks. */
void c_put_team(struct c_unit *unit, const struct c_product *product, uint32_t part);
void c_put_team_call(struct c_unit *unit, const struct c_product *product, uint32_t part,
                     struct adc_text *out);
/* Variables to their slots; the sums of a team from there; what the part begins with. */
void c_put_hand_over(struct c_unit *unit, const struct c_product *product,
                     const struct loop_nodes *nodes, unsigned indent);
void c_put_take_back(struct c_unit *unit, const struct c_product *product,
                     const struct loop_team *team, unsigned indent);
void c_put_team_values(struct c_unit *unit, const struct c_product *product,
                       const struct loop_team *team);
/* Functions that all teams call. */
void c_put_team_helpers(struct adc_text *out);

/* Prototypes without the semicolon. */
void c_put_prototype(const struct c_product *product, struct adc_text *out);
void c_put_work_prototype(const struct c_product *product, struct adc_text *out);
/* const double *x */
void c_put_input_declaration(const struct c_product *product, uint32_t index, struct adc_text *out);
/* What f_work and the like take, as a list without its closing bracket; true if there are any. */
bool c_put_work_parameters(const struct c_product *product, struct adc_text *out);

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
