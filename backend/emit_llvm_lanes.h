/* Loops in lanes in LLVM: what their files share.
 *
 * emit_llvm_lanes.c             the loop, runs of statements, masks
 * emit_llvm_lanes_inner.c       inner loops of which several passes are made at a time
 * emit_llvm_lanes_statement.c   simple statements
 * emit_llvm_lanes_expression.c  nodes as vectors
 * emit_llvm_lanes_formula.c     operators, helpers and functions of the library over vectors
 * emit_llvm_lanes_memory.c      vectors in memory, sums of lanes
 * emit_llvm_lanes_copy.c        rows that become columns
 * emit_llvm_lanes_rows.c        the same in registers, of elements that are named
 *
 * The same steps as in C (emit_c_lanes.h), so the same numbers at the same number of lanes. Values
 * of lanes are vectors of m->lanes double or float, i64 or i1; masks are vectors of i1. Where a
 * tile has several vectors, a run is written once for each of them. */
#ifndef ADC_BACKEND_EMIT_LLVM_LANES_H
#define ADC_BACKEND_EMIT_LLVM_LANES_H

#include "backend/emit_llvm_internal.h"
#include "ir/rows.h"

enum { LL_MOST_LANES = 16 };

/* Which lanes are at work: all without a value; `array`: a variable with one mask a vector. */
struct ll_mask {
    LLVMValueRef value;
    bool array;
};

/* What a tile adds to an element that all lanes share is collected first. */
struct ll_collector {
    const struct loop_statement *statement;
    LLVMValueRef variable;
};

/* The loop being written. */
struct ll_lanes {
    struct ll_module *m;
    const struct loop_statement *loop;
    const uint8_t *arrays;   /* by node id: the variable has a value for each vector of a tile */
    struct ll_place *places; /* by node id: varying variables */
    LLVMValueRef *sums;      /* by their number: variables, one value for each vector */
    LLVMValueRef vector;     /* number of the vector at hand, i64; NULL where a tile has one */
    struct ll_mask mask;     /* lanes at work */
    LLVMValueRef rest;       /* lanes that have a pass, where that may not be all; or NULL */
    bool masked;             /* in an arm whose condition varies */
    bool grouped;            /* what is collected is the group's */
    LLVMValueRef keeps;      /* in full tiles: whether sums wait; NULL where none do */
    bool left;               /* in passes that a jam leaves */
    const struct adc_node *jammed; /* index of the jam whose body is at hand, or NULL */
    bool calls; /* functions are written once for each vector of a tile, or called */
    ADC_VEC(struct ll_collector) collectors; /* of the run or group at hand */
    const struct loop_rows *rows;            /* of tiles that are full; or NULL */
    LLVMValueRef **columns;                  /* by number of a row: its elements, as far as known */
};

static inline const struct loop_program *ll_program(const struct ll_lanes *l)
{
    return l->m->product->program;
}

static inline bool ll_varies(const struct ll_lanes *l, const struct adc_node *node)
{
    return ll_program(l)->value[node->id] == LOOP_VARYING;
}

/* The type of reals in vectors at hand. */
static inline enum adc_type ll_real(const struct ll_module *m)
{
    return m->single ? ADC_F32 : ADC_F64;
}

/* ------------------------------------------------------------------ emit_llvm_lanes_memory.c */

LLVMTypeRef ll_vector_type(const struct ll_module *m, enum adc_type type);
LLVMValueRef ll_splat(struct ll_module *m, LLVMValueRef one);
/* first, first + step, ... */
LLVMValueRef ll_series(struct ll_module *m, LLVMValueRef first, LLVMValueRef step);
/* The first lanes, as many as are left. */
LLVMValueRef ll_first_lanes(struct ll_module *m, LLVMValueRef left);
LLVMValueRef ll_any(struct ll_module *m, LLVMValueRef mask);
/* Lane i and lane i + m->lanes/2 first. */
LLVMValueRef ll_lane_sum(struct ll_module *m, LLVMValueRef value);
/* Lane i is the sum of the lanes of values[i], in the same order; the values are lost. Of fewer
 * values than lanes, value i and value i + count are folded already. */
LLVMValueRef ll_lane_sums(struct ll_module *m, LLVMValueRef *values, unsigned count);
/* values[0]: blocks of `half` lanes are sums of two, from it and from values[apart] in turn. */
void ll_fold_lanes(struct ll_module *m, LLVMValueRef *values, unsigned half, unsigned apart);
/* Blocks of `half` lanes: the lower ones of each pair from a and b in turn, or the upper ones. */
LLVMValueRef ll_mixed(struct ll_module *m, LLVMValueRef a, LLVMValueRef b, unsigned half,
                      bool upper);
LLVMValueRef ll_intrinsic(struct ll_module *m, const char *name, LLVMTypeRef type,
                          LLVMValueRef *arguments, unsigned count);

/* Elements of an array, from an address on; lanes without a bit in the mask (NULL: none) touch no
 * memory and are 0. Vectors of type[lanes] are what lanes compute with. */
LLVMValueRef ll_load_next(struct ll_module *m, enum adc_type type, LLVMValueRef from,
                          LLVMValueRef mask);
void ll_store_next(struct ll_module *m, LLVMValueRef value, LLVMValueRef to, LLVMValueRef mask);
/* At `places`, counted in elements from there. */
LLVMValueRef ll_gather(struct ll_module *m, enum adc_type type, LLVMValueRef from,
                       LLVMValueRef places, LLVMValueRef mask);
/* Of all lanes, of reals at a distance. */
LLVMValueRef ll_gather_apart(struct ll_module *m, LLVMValueRef from, LLVMValueRef stride);
/* One lane after the other, as they may meet: is added, or `set`, stored. */
void ll_scatter(struct ll_module *m, LLVMValueRef to, LLVMValueRef places, LLVMValueRef value,
                LLVMValueRef mask, bool set);
/* The same at a distance, in elements. */
void ll_scatter_apart(struct ll_module *m, LLVMValueRef to, LLVMValueRef stride, LLVMValueRef value,
                      LLVMValueRef mask, bool set);
/* Vectors in tiled buffers and of variables. */
LLVMValueRef ll_load_vector(struct ll_module *m, LLVMTypeRef type, LLVMValueRef address);
void ll_store_vector(struct ll_module *m, LLVMValueRef value, LLVMValueRef address);
/* A function of the module, made at first use. */
LLVMValueRef ll_lane_function(struct ll_module *m, const struct ll_lane_function *wanted,
                              LLVMTypeRef type);

/* -------------------------------------------------------------------- emit_llvm_lanes_copy.c */

/* Arguments: the tile, the first row, the length of rows, how many are left, and room for one more.
 * `back`: from the tile to the rows. */
void ll_copy_rows(struct ll_module *m, unsigned vectors, bool back, LLVMValueRef *arguments);
void ll_put_copy_rows(struct ll_module *m, const struct ll_lane_function *wanted);
/* As many rows as lanes. */
void ll_transpose(struct ll_module *m, LLVMValueRef *rows);

/* -------------------------------------------------------------------- emit_llvm_lanes_rows.c */

/* Loads the rows that begin with the statement; stores those that end with it. */
void ll_open_rows(struct ll_lanes *l, const struct loop_statement *statement);
void ll_close_rows(struct ll_lanes *l, const struct loop_statement *statement);
/* Where the element of a row is kept, of a READ or NEST; NULL: it has no row. */
LLVMValueRef *ll_row_element(const struct ll_lanes *l, const struct adc_node *node);
/* Of the loop at hand, whose tiles are full from here on. */
void ll_find_rows(struct ll_lanes *l);

/* ----------------------------------------------------------------- emit_llvm_lanes_formula.c */

/* An operator of vectors. */
LLVMValueRef ll_lane_operator(struct ll_module *m, enum adc_op op, const LLVMValueRef *arguments);
void ll_put_lane_formula(struct ll_module *m, const struct ll_lane_function *wanted);

/* -------------------------------------------------------------- emit_llvm_lanes_expression.c */

/* The mask at hand, NULL: all lanes. */
LLVMValueRef ll_lane_mask(struct ll_lanes *l);
/* Of neighbours from `element` on; NULL, too, where all lanes have room for theirs. */
LLVMValueRef ll_lane_mask_at(struct ll_lanes *l, const struct adc_node *array,
                             const struct adc_node *const *element);
/* A value of the vector at hand in an array of one for each vector. */
LLVMValueRef ll_at_vector(struct ll_lanes *l, LLVMTypeRef type, LLVMValueRef array);
LLVMValueRef ll_lane_use(struct ll_lanes *l, const struct adc_node *node);
LLVMValueRef ll_lane_definition(struct ll_lanes *l, const struct adc_node *node);
/* Where a varying variable is, if it changes or is an array. */
LLVMValueRef ll_lane_variable(struct ll_lanes *l, const struct adc_node *node);
/* Of the first lane; its distance to the next lane, in elements; of each lane from *from on, which
 * is behind the first by a last index that all share: elements of a row have the same places. */
LLVMValueRef ll_lane_address(struct ll_lanes *l, const struct adc_node *array,
                             const struct adc_node *const *element);
LLVMValueRef ll_lane_stride(struct ll_lanes *l, const struct adc_node *array,
                            const struct adc_node *const *element);
LLVMValueRef ll_lane_places(struct ll_lanes *l, const struct adc_node *array,
                            const struct adc_node *const *element, LLVMValueRef *from);
/* The vector of a tiled buffer, or of a row that was copied; NULL: it is neither. */
LLVMValueRef ll_lane_own(struct ll_lanes *l, const struct adc_node *array,
                         const struct adc_node *const *element);

/* ------------------------------------------------------------------------ emit_llvm_lanes.c */

void ll_align_stack(struct ll_module *m, LLVMValueRef function);
/* Statements [first, last) of a block, a run. */
void ll_put_run(struct ll_lanes *l, const struct loop_block *block, size_t first, size_t last);
void ll_open_collector(struct ll_lanes *l, const struct loop_statement *statement);
/* Where the vector of the nest's element is kept. */
LLVMValueRef ll_lane_kept(struct ll_module *m, const struct adc_node *nest);

/* A loop over `number` while `step` more are at most `limit`, tested at its end; what follows is
 * the body. Behind it `number` is where it ended. */
struct ll_passes {
    LLVMBasicBlockRef before, body, end;
    LLVMValueRef low, limit, step, number;
    bool tiles; /* of the loop in lanes, and not of one inside */
};
void ll_open_passes(struct ll_module *m, struct ll_passes *passes);
void ll_close_passes(struct ll_module *m, struct ll_passes *passes);

/* ------------------------------------------------------------------ emit_llvm_lanes_inner.c */

/* A FOR with a jam, or one whose passes are grouped. */
void ll_put_jammed(struct ll_lanes *l, const struct loop_statement *loop);
void ll_put_grouped(struct ll_lanes *l, const struct loop_statement *loop);
/* A loop in the body of a jam that has a pass for certain: without a test before it, or as the one
 * pass that it has. False: it is not known to have any. */
bool ll_put_certain(struct ll_lanes *l, const struct loop_statement *loop);

/* --------------------------------------------------------------- emit_llvm_lanes_statement.c */

/* A LET, VAR, SET or REDUCE of what varies, for the vector at hand. */
void ll_put_lane_statement(struct ll_lanes *l, const struct loop_statement *statement);
/* Room for a varying variable of several runs. */
void ll_open_lane_array(struct ll_lanes *l, const struct adc_node *node);
/* What a variable is before anything else, in all lanes. */
LLVMValueRef ll_lane_first(struct ll_lanes *l, const struct adc_node *node);

#endif
