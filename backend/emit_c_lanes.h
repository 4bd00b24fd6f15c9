/* Loops in lanes in C: what their files share.
 *
 * emit_c_lanes.c             the loop, runs of statements, masks
 * emit_c_lanes_group.c       inner loops whose passes are grouped
 * emit_c_lanes_statement.c   simple statements
 * emit_c_lanes_expression.c  expressions over vectors
 * emit_c_lanes_rows.c        rows of arrays that are columns of vectors in registers
 * emit_c_lanes_formula.c     operators over vectors
 * emit_c_lanes_text.c        types and functions that the file has for them
 * emit_c_lanes_single.c      those that are others for float
 *
 * LANES__ is the number of lanes, not defined where there are no vectors: then the loop is printed
 * in its scalar form. Loops whose reals are f32 have LANESF__ lanes, twice as many, and types and
 * functions of their own; what the printer calls vd__, load__ ... is vf__, loadf__ ... there. Bools
 * of lanes are ints of all bits or none. What is not one of the lanes at work (the last tile is
 * rarely full) is computed and neither read from memory nor kept, but behind rows that have room
 * for it (loop_has_room). */
#ifndef ADC_BACKEND_EMIT_C_LANES_H
#define ADC_BACKEND_EMIT_C_LANES_H

#include "backend/emit_c_internal.h"
#include "ir/rows.h"

/* How tightly the text of a value over lanes holds together. */
enum c_lanes_level { C_LANES_BITS = 1, C_LANES_SUM, C_LANES_PRODUCT, C_LANES_PREFIX, C_LANES_NAME };

/* The loop being printed. */
struct c_lanes {
    struct c_unit *unit;
    const struct c_product *product;
    const struct loop_lanes *lanes;
    const struct adc_node *index;
    uint8_t *arrays;  /* by node id: the variable is an array over the vectors of a tile */
    bool single;      /* reals are f32 */
    const char *all;  /* the mask of all lanes */
    const char *mask; /* the lanes at work; `all` where that is known to be all */
    const char *rest; /* the lanes that have a pass, where that is not known to be all; or NULL */
    const char *sum;  /* behind the loop's sums: which of their vectors, where a tile has several */
    bool vectors;     /* several in a tile: inside of a loop over them */
    const struct loop_rows *rows; /* of tiles that are full; or NULL */
};

static inline bool c_lanes_varies(const struct c_lanes *l, const struct adc_node *node)
{
    return l->product->program->value[node->id] == LOOP_VARYING;
}

/* A type, macro or function of emit_c_lanes_text.c, which the file then needs, as it is called for
 * reals of either width. Notation: vd__ reals, vi__ masks, vn__ ints, vu__ natural numbers. */
const char *c_lanes_word(struct c_unit *unit, bool single, const char *word);
static inline const char *c_lanes_name(const struct c_lanes *l, const char *word)
{
    return c_lanes_word(l->unit, l->single, word);
}
/* All words of a text. */
void c_lanes_put_words(const char *text, bool single, struct adc_text *out);
/* The text of a function for float, if that is not the one for double by other names; or NULL. */
const char *c_lanes_single_text(const char *name);
/* A comparison of ints beside floats, as a mask. */
void c_lanes_put_int_comparison(struct c_unit *unit, const char *sign, const char *a, const char *b,
                                struct adc_text *out);
/* Types and functions of lanes, as far as used: behind the helpers of the file. */
void c_lanes_put_texts(struct c_unit *unit, struct adc_text *out);
/* Operators over lanes, as far as used; notes what they need. */
void c_lanes_put_operators(struct c_unit *unit, bool single, struct adc_text *out);

/* The vector that a node is, whatever it is; what a LET of a varying node writes. */
void c_lanes_put_use(struct c_lanes *l, const struct adc_node *node, struct adc_text *out);
void c_lanes_put_definition(struct c_lanes *l, const struct adc_node *node, struct adc_text *out);
/* As what is added or taken away, behind a sign: in brackets if it is a sum itself. */
void c_lanes_put_addend(struct c_lanes *l, const struct adc_node *node, struct adc_text *out);
/* x[k] of a varying variable that is an array. */
void c_lanes_put_variable(const struct c_lanes *l, const struct adc_node *node,
                          struct adc_text *out);
/* All lanes reach the neighbours from `element` on: they have passes, or there is room for them. */
bool c_lanes_reach_all(const struct c_lanes *l, const struct adc_node *array,
                       const struct adc_node *const *element);
/* &a[i], of the first lane; element k of a tiled buffer, as a vector that may be assigned to. */
void c_lanes_put_address(struct c_lanes *l, const struct adc_node *array,
                         const struct adc_node *const *element, struct adc_text *out);
void c_lanes_put_own(struct c_lanes *l, const struct adc_node *array,
                     const struct adc_node *const *element, struct adc_text *out);
/* The same of a row that was copied; false if it was not. */
bool c_lanes_put_copied(struct c_lanes *l, const struct adc_node *array,
                        const struct adc_node *const *element, struct adc_text *out);
/* The buffer of a copy. */
void c_lanes_put_copy(const struct c_lanes *l, const struct loop_copy *copy, struct adc_text *out);
/* The distance of lanes, in elements. */
void c_lanes_put_stride(struct c_lanes *l, const struct adc_node *array,
                        const struct adc_node *const *element, struct adc_text *out);
/* The place of each lane's element, a vector of ints. */
void c_lanes_put_places(struct c_lanes *l, const struct adc_node *array,
                        const struct adc_node *const *element, struct adc_text *out);

/* Of values of a type: vd__, vi__ or vn__; the function that selects among them by a mask. */
const char *c_lanes_type(const struct c_lanes *l, enum adc_type type);
const char *c_lanes_select(const struct c_lanes *l, enum adc_type type);
/* NAME_lanes__ of an operator that has no sign of C; notes that it is used. */
void c_lanes_put_callee(struct c_lanes *l, enum adc_op op, struct adc_text *out);

/* The writing of the loop. */
struct c_lanes_writer {
    struct c_lanes l;
    const struct loop_statement *loop;
    struct adc_text *text; /* unit->statement */
    uint32_t masks;        /* made so far */
    bool masked;           /* in an arm whose condition varies */
    bool whole;            /* in an arm that all passes of the tile are in */
    /* in a group of passes of an inner loop, as many as lanes: this is number i__ */
    bool grouped;
    bool keeps; /* in full tiles, whose sums wait if keep__ says so */
    /* sums into elements that all lanes share are made together: the array that holds their
     * addends in a run of several, and how many are there by now; else NULL */
    const char *together;
    unsigned collected;
    unsigned indent;
};

/* Lays out unit->statement; with the origin of a node. */
void c_lanes_finish(struct c_lanes_writer *w);
void c_lanes_finish_at(struct c_lanes_writer *w, const struct adc_node *node);

/* Room for rows that are set; loads the rows that begin with a statement; stores those that end
 * with it. */
void c_lanes_declare_set_rows(struct c_lanes_writer *w);
void c_lanes_open_rows(struct c_lanes_writer *w, const struct loop_statement *statement);
void c_lanes_close_rows(struct c_lanes_writer *w, const struct loop_statement *statement);
/* The vector that holds an element of a row, of a READ or NEST; false: it has no row. */
bool c_lanes_put_row_element(const struct c_lanes *l, const struct adc_node *node,
                             struct adc_text *out);

/* A LET, VAR, SET or REDUCE of what varies. */
void c_lanes_put_statement(struct c_lanes_writer *w, const struct loop_statement *statement);
/* Statements [first, last) of a block, a run. */
void c_lanes_put_run(struct c_lanes_writer *w, const struct loop_block *block, size_t first,
                     size_t last);
/* An inner loop whose passes are grouped. */
void c_lanes_put_grouped(struct c_lanes_writer *w, const struct loop_statement *loop);
/* The variable that collects what a tile adds to one element. */
void c_lanes_put_collector(const struct c_lanes_writer *w, const struct loop_statement *statement,
                           struct adc_text *out);
/* How many passes are left, from that at hand on. */
void c_lanes_put_left(struct c_lanes_writer *w);
/* Adds what is collected for one statement to the vector of another's element. */
void c_lanes_put_kept_place(const struct c_lanes *l, const struct adc_node *nest,
                            struct adc_text *out);
void c_lanes_put_kept(struct c_lanes_writer *w, const struct loop_statement *statement,
                      const struct loop_statement *collected);
/* Before the full tiles, of `size` passes, and behind them: keep__, whether sums wait. */
void c_lanes_open_keep(struct c_lanes_writer *w, const char *size);
void c_lanes_close_keep(struct c_lanes_writer *w);
/* What a variable is before anything else, in all lanes. */
void c_lanes_put_first(struct c_lanes_writer *w, const struct adc_node *node);
const char *c_lanes_used(struct c_lanes_writer *w, const struct adc_node *node);
const char *c_lanes_variable(struct c_lanes_writer *w, const struct adc_node *node);

#endif
