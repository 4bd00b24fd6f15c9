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

enum symbol_kind {
    SYMBOL_MISSING, /* reported as undefined, or without meaning yet: silent from then on */
    SYMBOL_PARAM,
    SYMBOL_LET,
    SYMBOL_MUT,
    SYMBOL_CONST,
    SYMBOL_FUNCTION,
    SYMBOL_TYPE,
    SYMBOL_BUILTIN,
};

enum symbol_state { STATE_NEW, STATE_ACTIVE, STATE_DONE }; /* of CONST, FUNCTION, TYPE */

struct sema_function;

struct sema_symbol {
    enum symbol_kind kind;
    enum symbol_state state;
    const struct adc_name *name;
    struct adc_span span;         /* of the name where it is defined */
    const struct sema_type *type; /* value's, or the type itself */
    struct ast *decl;
    const struct builtin *builtin;
    struct sema_function *function; /* FUNCTION: itself; PARAM, LET, MUT: the one it belongs to */
    enum ast_param param;           /* PARAM: its kind */
    uint32_t slot;                  /* PARAM, LET, MUT: number within the function */
    uint32_t frame, depth;
    bool differentiated; /* second argument of a derivative somewhere */
    bool used;
    struct sema_symbol *outer; /* local of the same name that it hides */
};

struct scope_slot {
    struct sema_symbol *local, *global;
};

struct scope {
    struct adc_arena *arena;
    ADC_VEC(struct scope_slot) slots;      /* by name number */
    ADC_VEC(struct sema_symbol *) locals;  /* undo stack */
    ADC_VEC(size_t) marks;                 /* open scopes: where their locals begin */
    ADC_VEC(struct sema_symbol *) globals; /* prelude first */
    uint32_t frame, frame_count;
};

void scope_init(struct scope *scope, struct adc_arena *arena, struct adc_names *names,
                struct sema_types *types);

/* What a name means in the current frame, or NULL. */
struct sema_symbol *scope_find(const struct scope *scope, const struct adc_name *name);

struct sema_symbol *scope_symbol(struct scope *scope, enum symbol_kind kind,
                                 const struct adc_name *name, struct adc_span span);
void scope_add_global(struct scope *scope, struct sema_symbol *symbol);
void scope_add_local(struct scope *scope, struct sema_symbol *symbol);

void scope_open(struct scope *scope);
void scope_close(struct scope *scope);

/* Enters a frame and gives the number of the one left, for scope_leave. */
uint32_t scope_enter(struct scope *scope);
void scope_leave(struct scope *scope, uint32_t former);

/* The visible name nearest to `name`, or NULL. Linear in the number of names: for messages. */
const char *scope_nearest(const struct scope *scope, const char *name);

#endif
