/* Names in scope: O(1) by a side table over name numbers, undone when a scope closes.
 *
 * A frame is one body being checked (of a function, a constant, a type). Frames nest, because a
 * callee is checked when its first call is met; a local is visible in its own frame alone.
 *
 * owner    the arena */
#ifndef ADC_FRONTEND_SCOPE_H
#define ADC_FRONTEND_SCOPE_H

#include "frontend/ast.h"
#include "frontend/builtin.h"
#include "frontend/types.h"
#include "ir/node.h"

enum symbol_kind {
    SYMBOL_MISSING, /* reported as undefined, or without meaning yet: silent from then on */
    SYMBOL_PARAM,
    SYMBOL_LET,
    SYMBOL_MUT,
    SYMBOL_CONST,
    SYMBOL_FUNCTION,
    SYMBOL_TYPE,
    SYMBOL_BUILTIN,
    SYMBOL_MODULE, /* an imported file, or a part of a dotted path of one */
    SYMBOL_INDEX,  /* of a comprehension or reduction */
    SYMBOL_DIM,    /* the length of an axis, bound by a parameter's shape */
};

enum symbol_state { STATE_NEW, STATE_ACTIVE, STATE_DONE }; /* of CONST, FUNCTION, TYPE */

struct sema_function;
struct module_unit;

/* An index stands alone at an axis: `axis` of `array` gives it its range. */
struct sema_use {
    struct sema_use *next;
    struct ast *array, *place;
    uint32_t axis;
    uint32_t newest; /* serial of the newest local that `array` reads; 0: none */
};

/* A `rec` whose value is being checked. */
struct sema_rec {
    const struct sema_type *element;   /* what its elements are taken for */
    const struct ast *value;           /* as written: each look takes a copy */
    ADC_VEC(const struct ast *) reads; /* INDEX nodes that read it */
    bool ready;                        /* the indices have their ranges */
    bool guessed;                      /* no branch told the type */
    uint32_t errors;                   /* before the value was looked at, and: */
    size_t messages, unused;
};

struct sema_symbol {
    enum symbol_kind kind;
    enum symbol_state state;
    const struct adc_name *name;
    struct adc_span span;         /* of the name where it is defined */
    const struct sema_type *type; /* value's, or the type itself */
    struct ast *decl;
    const struct builtin *builtin;
    struct sema_function *function;    /* FUNCTION: itself; of locals: the one they belong to */
    struct sema_lambda *lambda;        /* LET: stands for it; its parameters have no types yet */
    enum ast_param param;              /* PARAM: its kind */
    uint32_t slot;                     /* PARAM, LET, MUT, INDEX, DIM: number within the function */
    uint32_t serial;                   /* of locals: in the order of their definitions, from 1 */
    struct sema_use *uses, **last_use; /* INDEX: bare uses in the order of the text */
    uint32_t frame, depth;
    struct sema_lambda *captor; /* that captured it last */
    struct sema_rec *rec;       /* LET: its elements are being defined */
    struct adc_hint hint;       /* INDEX: what is asked of its loops */
    uint8_t keep;               /* LET: enum adc_keep, for a loop's adjoint */
    bool differentiated;        /* second argument of a derivative somewhere */
    bool used;
    struct module_unit *unit;  /* MODULE: its file; NULL: a part of a path alone */
    uint32_t space;            /* MODULE: owner of the further parts of the path, or 0 */
    bool implied;              /* MODULE: first part of a path; gives way to what is defined.
                                * PARAM: of a lambda made of a function's name */
    struct sema_symbol *outer; /* local of the same name that it hides */
};

struct scope_slot {
    struct sema_symbol *local, *global, *prelude;
};

/* Locals with serials first to last are not seen, nor those of the ranges below, which are apart.
 */
struct scope_hidden {
    uint32_t first, last;
    const struct scope_hidden *below;
};

struct scope {
    struct adc_arena *arena;
    ADC_VEC(struct scope_slot) slots;      /* by name number */
    ADC_VEC(struct sema_symbol *) locals;  /* undo stack */
    ADC_VEC(size_t) marks;                 /* open scopes: where their locals begin */
    const struct scope_hidden *hidden;     /* or NULL */
    ADC_VEC(struct sema_symbol *) globals; /* prelude first */
    size_t prelude_count;
    uint32_t frame, frame_count;
};

void scope_init(struct scope *scope, struct adc_arena *arena, struct adc_names *names,
                struct sema_types *types);

/* What a name means in the current frame, or NULL. */
struct sema_symbol *scope_find(const struct scope *scope, const struct adc_name *name);

struct sema_symbol *scope_symbol(struct scope *scope, enum symbol_kind kind,
                                 const struct adc_name *name, struct adc_span span);
void scope_add_global(struct scope *scope, struct sema_symbol *symbol);
void scope_forget_globals(struct scope *scope); /* all but the prelude: for the next file */
void scope_add_local(struct scope *scope, struct sema_symbol *symbol);

/* Hides locals from `first` on to `last`, the newest one; undone by setting `hidden` back. */
void scope_hide(struct scope *scope, uint32_t first, uint32_t last);

void scope_open(struct scope *scope);
void scope_close(struct scope *scope);

/* Enters a frame and gives the number of the one left, for scope_leave. */
uint32_t scope_enter(struct scope *scope);
void scope_leave(struct scope *scope, uint32_t former);

/* The visible name nearest to `name`, or NULL. Linear in the number of names: for messages. */
const char *scope_nearest(const struct scope *scope, const char *name);

#endif
