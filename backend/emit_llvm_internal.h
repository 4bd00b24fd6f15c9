/* What the files of the LLVM emitter share.
 *
 * emit_llvm.c             the module: functions of the interface, then the helpers they need
 * emit_llvm_formula.c     value texts and helpers
 * emit_llvm_vmath.c       functions of vmath.def over vectors
 * emit_llvm_expression.c  nodes
 * emit_llvm_statement.c   statements
 * emit_llvm_function.c    parts, entry points
 * emit_llvm_team.c        parts that are made in chunks
 * emit_llvm_shape.c       sizes, the layout of the workspace
 * emit_llvm_debug.c       lines of the program
 * emit_llvm_caller.c      callers by arrays of pointers
 * emit_llvm_types.c       types, prototypes, what instructions are made of
 *
 * Values of nodes are i1 (bool), i32, i64, float, double; in memory a bool is a byte and a slot of
 * the workspace a double or the bytes of an i64.
 *
 * owner    LLVM objects belong to the module, which is the caller's; the rest to the unit's arena
 * errors   broken invariants and want of memory leave by longjmp: the caller frees the module */
#ifndef ADC_BACKEND_EMIT_LLVM_INTERNAL_H
#define ADC_BACKEND_EMIT_LLVM_INTERNAL_H

#include "backend/c_unit.h"
#include "backend/emit_llvm.h"
#include "backend/formula.h"

struct ll_types {
    LLVMTypeRef f64, f32, i64, i32, i8, i1, pointer, size, none;
};

/* A value of a formula; type is not FORMULA_REAL. */
struct ll_value {
    LLVMValueRef value;
    enum formula_type type;
};

/* A helper to be written; `single`: for float. */
struct ll_helper {
    unsigned index;
    bool single;
};

/* A function of the module that loops in lanes call. */
struct ll_lane_function {
    enum {
        LL_LANE_SCATTER,       /* elements of some lanes, one after the other; `set` */
        LL_LANE_COPY,          /* rows to columns; `set`: back */
        LL_LANE_VMATH,         /* function `index` of vmath.h */
        LL_LANE_HELPER,        /* helper `index` over vectors */
        LL_LANE_EACH_HELPER,   /* the helper one lane after the other */
        LL_LANE_EACH_OPERATOR, /* likewise operator `index` */
        LL_LANE_EACH_LIBRARY,  /* likewise a function of the C library */
    } kind;
    const char *name;
    unsigned index;
    bool set, single;
    LLVMValueRef function;
};

/* A loop over k from some number on, while k + step is at most `limit`. */
struct ll_counter {
    LLVMBasicBlockRef before, head, end;
    LLVMValueRef k, step;
};

/* Where a node's value is: itself, or a variable that holds it. */
struct ll_place {
    LLVMValueRef value;
    bool variable;
};

struct ll_debug {
    LLVMDIBuilderRef builder; /* NULL: nobody wants lines */
    LLVMMetadataRef type;     /* of every subprogram */
    LLVMMetadataRef *files;   /* by source; NULL: not made yet */
    LLVMMetadataRef scope;    /* subprogram of the function being written, or NULL */
    uint32_t source;          /* of its file */
};

struct ll_module {
    struct c_unit *unit;
    struct adc_arena *arena;
    LLVMContextRef context;
    LLVMModuleRef module;
    LLVMBuilderRef at;       /* the end of the block being written */
    LLVMBuilderRef prologue; /* the end of the first block: variables, members of structs */
    struct ll_types types;
    struct formula_function **operators; /* by enum adc_op, as far as used */
    struct formula_function **helpers;   /* by number */
    bool fma;                            /* functions of vmath.h are with fused multiply-adds */
    struct formula_function **vmath;     /* by index of vmath.h; NULL before the first */
    LLVMValueRef *tables;                /* that its functions pick from */
    LLVMValueRef (*helper_functions)[2]; /* by number and width */
    ADC_VEC(struct ll_helper) wanted;    /* helpers called and not written so far */
    size_t written;                      /* of those */
    unsigned doubles;                    /* in a vector; 0: every loop is scalar */
    bool single;                         /* vectors at hand are of f32, twice as many */
    unsigned lanes;                      /* of vectors at hand */
    bool fuses;                          /* lanes add a product in one rounding */
    ADC_VEC(struct ll_lane_function) lane_functions;
    size_t lane_functions_put;    /* those that are written */
    struct ll_place *lane_places; /* by node id of the product: of what varies */
    /* by operator, then helper, and width: what emit_llvm_lanes_formula.c knows of it */
    uint8_t (*lane_forms)[2];
    struct ll_lanes *lane;           /* the loop in lanes being written, or NULL */
    unsigned level;                  /* of code generation */
    bool callers;                    /* emit_llvm_caller.c */
    LLVMValueRef extent, room;       /* functions of sizes, or NULL */
    LLVMValueRef chunk_count, chunk; /* of c_unit.h, or NULL */
    LLVMValueRef *parts;             /* functions of the product at hand */
    LLVMValueRef *teams;             /* by part: all its chunks, or NULL */
    struct ll_debug debug;
    /* the function being written, of `product` */
    const struct c_product *product;
    LLVMValueRef function;
    LLVMBasicBlockRef body;
    struct ll_place *places;                  /* by node id: LOCALs and open indices */
    LLVMValueRef *inputs, *outputs, *buffers; /* by index; NULL: not here, or not looked up */
    LLVMTypeRef args_type;                    /* of the struct of parameters, or NULL */
    LLVMValueRef args, arrays, work;          /* or NULL */
    LLVMValueRef layout;                      /* places of the workspace, or NULL */
    LLVMValueRef low, high;                   /* ends of the passes of `chunk_index` */
    const struct adc_node *chunk_index;       /* or NULL */
};

/* ------------------------------------------------------------------- emit_llvm_types.c */

void ll_types_init(struct ll_module *m, LLVMTargetDataRef layout);
LLVMTypeRef ll_type(const struct ll_module *m, enum adc_type type);        /* of a value */
LLVMTypeRef ll_memory_type(const struct ll_module *m, enum adc_type type); /* of an element */
LLVMValueRef ll_i64(const struct ll_module *m, int64_t value);
LLVMValueRef ll_size(const struct ll_module *m, uint64_t value);
LLVMValueRef ll_status(const struct ll_module *m, int64_t value);
LLVMValueRef ll_constant(const struct ll_module *m, enum adc_type type, union adc_value value);

LLVMValueRef ll_load(struct ll_module *m, enum adc_type type, LLVMValueRef address);
void ll_store(struct ll_module *m, enum adc_type type, LLVMValueRef value, LLVMValueRef address);
LLVMValueRef ll_variable(struct ll_module *m, LLVMTypeRef type);
LLVMValueRef ll_offset(struct ll_module *m, LLVMTypeRef type, LLVMValueRef base,
                       LLVMValueRef index);
LLVMValueRef ll_compare(struct ll_module *m, LLVMIntPredicate predicate, LLVMValueRef a,
                        LLVMValueRef b);
LLVMValueRef ll_is_null(struct ll_module *m, LLVMValueRef pointer);

LLVMBasicBlockRef ll_block(struct ll_module *m);
LLVMBasicBlockRef ll_here(const struct ll_module *m);
void ll_go_on(struct ll_module *m, LLVMBasicBlockRef block); /* what follows is written there */
void ll_jump(struct ll_module *m, LLVMBasicBlockRef block);
void ll_fork(struct ll_module *m, LLVMValueRef condition, LLVMBasicBlockRef then,
             LLVMBasicBlockRef otherwise);
LLVMValueRef ll_join(struct ll_module *m, LLVMValueRef a, LLVMBasicBlockRef from_a, LLVMValueRef b,
                     LLVMBasicBlockRef from_b);

/* k + step, of the next pass. In a loop inside of one in lanes LLVM's strength reduction, which
 * takes a sixth of the time of generating code and makes such loops no faster, sees no
 * induction, unless the index is multiplied to find what an arm is chosen by: of passes that skip
 * the arm, that is most of the time. */
LLVMValueRef ll_next(struct ll_module *m, LLVMValueRef k, LLVMValueRef step);
/* What follows is the body, and behind the loop again; counter.k is then where it ended. */
struct ll_counter ll_open_counter(struct ll_module *m, LLVMValueRef from, LLVMValueRef limit,
                                  LLVMValueRef step);
void ll_close_counter(struct ll_module *m, struct ll_counter *counter);

void ll_attribute(struct ll_module *m, LLVMValueRef function, int place, const char *name,
                  uint64_t value);
/* A parameter or result of the interface: how narrow types are extended. */
void ll_extension(struct ll_module *m, LLVMValueRef function, int place, enum adc_type type);
/* Whole vectors of 512 bits, of which LLVM takes halves for some processors by itself. */
void ll_note_width(LLVMContextRef context, LLVMValueRef function);
/* Its result depends on its arguments alone: what is asked twice is computed once. */
void ll_note_pure(struct ll_module *m, LLVMValueRef function);
/* A function of the C library or of the target's run time. */
LLVMValueRef ll_external(struct ll_module *m, const char *name, LLVMTypeRef type);
LLVMValueRef ll_call(struct ll_module *m, LLVMValueRef function, LLVMValueRef *arguments,
                     unsigned count);

/* Opens and closes the body of a function. */
void ll_begin(struct ll_module *m, LLVMValueRef function);
void ll_end(struct ll_module *m);

/* ------------------------------------------------------------------- emit_llvm_formula.c */

/* An operator of values (of their own types) at the width of R. */
LLVMValueRef ll_operator(struct ll_module *m, enum adc_op op, bool single,
                         const LLVMValueRef *arguments);
struct formula_function *ll_formula(const struct ll_module *m, enum adc_op op);
/* The bodies of all helpers that were called. */
void ll_put_helpers(struct ll_module *m);
LLVMValueRef ll_helper(struct ll_module *m, unsigned index, bool single,
                       const LLVMValueRef *arguments);
const struct formula_function *ll_helper_formula(struct ll_module *m, unsigned index);

/* Operators of formulas, of values of one type, or of vectors of such: a comparison of two values,
 * and the instruction for any other operator. */
LLVMValueRef ll_formula_compare(struct ll_module *m, enum formula_op op, struct ll_value a,
                                struct ll_value b);
LLVMOpcode ll_formula_opcode(enum formula_op op, enum formula_type type);
/* A function of a text that formula.h reads. */
LLVMValueRef ll_function_of_text(struct ll_module *m, const char *name, const char *text);

/* ------------------------------------------------------------------- emit_llvm_vmath.c */

/* Function `index` of vmath.h of vectors of `lanes` reals of its width. */
LLVMValueRef ll_vmath(struct ll_module *m, unsigned index, unsigned lanes,
                      const LLVMValueRef *arguments);
const struct formula_function *ll_vmath_formula(struct ll_module *m, unsigned index);

/* ------------------------------------------------------------------- emit_llvm_lanes*.c */

/* A FOR that has lanes, where m->lanes says that there are some. */
void ll_put_lanes(struct ll_module *m, const struct loop_statement *loop);
/* Statements inside of one. */
void ll_put_lane_block(struct ll_module *m, const struct loop_block *block);
/* Loops and functions that follow are of f32, or of f64, as outside of any. */
void ll_choose_width(struct ll_module *m, bool single);
/* The bodies of functions that such loops call. */
void ll_put_lane_functions(struct ll_module *m);
/* emit_llvm_lanes_formula.c: which of them become parts of their users. Once all are there. */
void ll_choose_lane_forms(struct ll_module *m);

/* ------------------------------------------------------------------- emit_llvm_expression.c */

LLVMValueRef ll_use(struct ll_module *m, const struct adc_node *node);
LLVMValueRef ll_definition(struct ll_module *m, const struct adc_node *node);
/* Without calls and memory, and little of it: may be evaluated though nobody asked. */
bool ll_is_cheap(const struct ll_module *m, const struct adc_node *node, unsigned depth);
LLVMValueRef ll_array(struct ll_module *m, const struct adc_node *array);
LLVMValueRef ll_element(struct ll_module *m, const struct adc_node *array,
                        const struct adc_node *const *element);
LLVMValueRef ll_length(struct ll_module *m, const struct adc_node *array);
/* Number of the element among those at axis `first` and behind. */
LLVMValueRef ll_linear(struct ll_module *m, const struct adc_node *array,
                       const struct adc_node *const *element, unsigned first);
LLVMValueRef ll_buffer(struct ll_module *m, uint32_t index);
LLVMValueRef ll_input(struct ll_module *m, uint32_t index);
LLVMValueRef ll_output(struct ll_module *m, uint32_t index);
/* Ends of the passes of a loop. */
LLVMValueRef ll_low(struct ll_module *m, const struct adc_node *index);
LLVMValueRef ll_high(struct ll_module *m, const struct adc_node *index);
LLVMValueRef ll_slot(struct ll_module *m, const struct adc_node *node);
LLVMValueRef ll_load_slot(struct ll_module *m, const struct adc_node *node);
void ll_store_slot(struct ll_module *m, const struct adc_node *node, LLVMValueRef value);
void ll_assign(struct ll_module *m, const struct adc_node *node, LLVMValueRef value);

/* ------------------------------------------------------------------- emit_llvm_statement.c */

void ll_put_body(struct ll_module *m, uint32_t part);
/* Of a FOR, one pass after the other. */
void ll_put_for(struct ll_module *m, const struct loop_statement *statement);
/* Of what is no STORE. */
void ll_put_statement(struct ll_module *m, const struct loop_statement *statement);
/* What of it is the same in all lanes, if there are any. */
void ll_put_carry(struct ll_module *m, const struct adc_node *loop);
void ll_put_span(struct ll_module *m, const struct loop_statement *statement);

/* ------------------------------------------------------------------- emit_llvm_shape.c */

/* The entry point leaves when a size is negative. */
void ll_put_negative_checks(struct ll_module *m);
/* size f_layout__(..., size *at): bytes of workspace, and where each buffer begins. */
void ll_put_layout(struct ll_module *m, LLVMValueRef function);
/* int64_t f_hess_size(...) of the product that is a hessian. */
void ll_put_hessian_size(struct ll_module *m, const struct c_group *group);

/* ------------------------------------------------------------------- emit_llvm_function.c */

void ll_put_product(struct ll_module *m, const struct c_product *product);
/* With the same arguments all chunks, if there are any: ll_call_team. */
LLVMValueRef ll_call_part(struct ll_module *m, uint32_t part);
struct ll_list {
    ADC_VEC(LLVMValueRef) values;
};
void ll_push_arguments(struct ll_module *m, uint32_t part, struct ll_list *arguments);
/* What the function at hand is given for the part, from parameter `next` on. */
void ll_bind_part(struct ll_module *m, uint32_t part, unsigned next);
/* A function with these types of parameters and those that the part is given. */
LLVMValueRef ll_declare_like(struct ll_module *m, uint32_t part, const char *name,
                             const LLVMTypeRef *before, unsigned count);
/* Where a buffer lies behind `base`, by place `place` of the layout. */
LLVMValueRef ll_space(struct ll_module *m, LLVMValueRef base, uint32_t buffer, uint32_t place);
LLVMValueRef ll_layout_place(struct ll_module *m, uint32_t place);
/* for (k = 0; k < length; k++) output[k] += space[k]; */
void ll_put_addition(struct ll_module *m, enum adc_type type, LLVMValueRef output,
                     LLVMValueRef space, LLVMValueRef length);

/* ------------------------------------------------------------------- emit_llvm_team.c */

/* The function of all chunks of a part. */
void ll_put_team(struct ll_module *m, uint32_t part);
LLVMValueRef ll_call_team(struct ll_module *m, uint32_t part);
/* Variables to their slots, from there, and what the part begins with. */
void ll_hand_over(struct ll_module *m, const struct loop_nodes *nodes);
void ll_take_back(struct ll_module *m, const struct loop_nodes *nodes);
void ll_put_team_values(struct ll_module *m, const struct loop_team *team);
/* A function `symbol` of what workspaces depend on, its first parameters being `inputs`. */
LLVMValueRef ll_begin_sized(struct ll_module *m, const char *symbol, LLVMTypeRef result,
                            bool internal);

/* ------------------------------------------------------------------- emit_llvm_debug.c */

/* The builder is the caller's. */
void ll_debug_open(struct ll_module *m, LLVMDIBuilderRef builder);
/* The function being written belongs to the product; what follows comes from there. */
void ll_debug_begin(struct ll_module *m, bool internal);
void ll_debug_at(struct ll_module *m, struct adc_span span);
void ll_debug_end(struct ll_module *m);

/* Around each of several texts of one loop: a debugger stops where a line begins in a block, once
 * in each. LLVM keeps a block that has a variable: the index, of which it says no value. */
LLVMMetadataRef ll_debug_open_block(struct ll_module *m, const struct adc_node *index);
void ll_debug_close_block(struct ll_module *m, LLVMMetadataRef outer);

/* ------------------------------------------------------------------- emit_llvm_caller.c */

void ll_put_callers(struct ll_module *m);

#endif
