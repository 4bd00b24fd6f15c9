/* Value texts of ops.def, helpers of helpers.def and functions of vmath.def as trees.
 *
 * The texts are C (helpers.def says how much of it); whoever does not print them reads them here.
 * What has not the form that the tables promise gives NULL.
 *
 * owner    the arena given
 * depth    texts are the compiler's own, so reading and walking recurse */
#ifndef ADC_BACKEND_FORMULA_H
#define ADC_BACKEND_FORMULA_H

#include "ir/node.h"
#include "ir/vmath.h"

/* REAL is the width at which a formula is used. */
enum formula_type {
    FORMULA_VOID,
    FORMULA_BOOL,
    FORMULA_INT, /* int and int32_t */
    FORMULA_I64,
    FORMULA_U64,
    FORMULA_SIZE, /* size_t */
    FORMULA_F32,
    FORMULA_F64,
    FORMULA_REAL,
    FORMULA_BITS, /* unsigned, as wide as REAL */
};

enum formula_kind {
    /* expressions */
    FORMULA_NUMBER,    /* text: a real of width REAL */
    FORMULA_INTEGER,   /* integer, of `type` */
    FORMULA_HUGE,      /* HUGE_VAL, a double */
    FORMULA_NAN,       /* F(nan)("") */
    FORMULA_SIZEOF,    /* of `type` */
    FORMULA_VARIABLE,  /* slot */
    FORMULA_ADDRESS,   /* &slot */
    FORMULA_NEGATE,    /* -0 */
    FORMULA_NOT,       /* !0 */
    FORMULA_CAST,      /* (type)0 */
    FORMULA_BINARY,    /* 0 op 1 */
    FORMULA_CHOICE,    /* 0 ? 1 : 2 */
    FORMULA_CALL,      /* function `text` of the C library, at REAL; arguments: a list at 0 */
    FORMULA_HELPER,    /* helper `integer` likewise */
    FORMULA_VMATH,     /* function `integer` of vmath.def likewise; its result is a `type` */
    FORMULA_PICK,      /* number 0 modulo 16 of the list of as many at 1; `slot` counts lists */
    FORMULA_BITS_OF,   /* bits(0) */
    FORMULA_REAL_OF,   /* real(0) */
    FORMULA_ASSIGN,    /* slot = 0 */
    FORMULA_COPY_BITS, /* memcpy(&slot, &0, sizeof) */
    /* statements, in lists */
    FORMULA_DECLARE, /* slot of `type`, perhaps with a value 0 */
    FORMULA_EVALUATE,
    FORMULA_IF,  /* 0: condition, 1: list, 2: list or NULL */
    FORMULA_FOR, /* 0: condition or NULL, 1: body, 2: what comes after each pass */
    FORMULA_RETURN,
};

enum formula_op {
    FORMULA_OR,
    FORMULA_AND,
    FORMULA_BIT_OR,
    FORMULA_BIT_XOR,
    FORMULA_BIT_AND,
    FORMULA_EQ,
    FORMULA_NE,
    FORMULA_LT,
    FORMULA_LE,
    FORMULA_GT,
    FORMULA_GE,
    FORMULA_SHIFT_LEFT,
    FORMULA_SHIFT_RIGHT,
    FORMULA_ADD,
    FORMULA_SUB,
    FORMULA_MUL,
    FORMULA_DIV,
    FORMULA_REM,
};

struct formula {
    enum formula_kind kind;
    enum formula_op op;
    enum formula_type type;
    uint32_t slot;
    int64_t integer;
    const char *text;
    struct formula *child[3];
    struct formula *next; /* in a list */
};

enum { FORMULA_MAX_SLOTS = 48 };

enum { FORMULA_PICK_COUNT = 16, FORMULA_MAX_PICKS = 2 };

enum { FORMULA_MAX_PARAMETERS = 6 }; /* 3 of operators and of helpers */

/* A function; an operator is one whose body returns its value and whose slots are x, y, z. */
struct formula_function {
    enum formula_type result;
    enum formula_type parameter[FORMULA_MAX_PARAMETERS];
    unsigned parameter_count;
    unsigned slot_count;              /* parameters first */
    unsigned pick_count;              /* lists to pick from */
    bool assigned[FORMULA_MAX_SLOTS]; /* changes, or its address is taken */
    const char *name[FORMULA_MAX_SLOTS];
    struct formula *body;
    unsigned size; /* nodes */
    bool loops;
    bool plain; /* no statement or expression that goes two ways, no call */
};

/* The value of an elementwise operator. */
struct formula_function *formula_of_operator(struct adc_arena *arena, enum adc_op op);

/* "static [inline] REAL H(name)(REAL x, int64_t y) { ... }", or name__ in place of H(name). */
struct formula_function *formula_of_text(struct adc_arena *arena, const char *text);

/* formula_lanes.c: whether lanes compute the function, at f64 or f32, side by side, as the same
 * steps over vectors; what does not is computed by its scalar form, one lane after the other. */
bool formula_goes_in_lanes(struct adc_arena *arena, const struct formula_function *function,
                           bool single);
/* Ints are 64 bits wide there, REAL is double or float; what two operands become. */
enum formula_type formula_lane_type(enum formula_type type, bool single);
enum formula_type formula_lane_common(enum formula_type a, enum formula_type b);
/* The list ends in a `return`. */
bool formula_returns(const struct formula *list);

/* A function for lanes, at its width; `fused`: with fused multiply-adds, F(fma)(a, b, c). */
struct formula_function *formula_of_vmath(struct adc_arena *arena, unsigned index, bool fused);

/* formula_fuse.c: makes fused multiply-adds of the sums of products in a function of vmath.def. */
void formula_fuse(struct adc_arena *arena, struct formula_function *function);

#endif
