/* Which value texts and helpers lanes compute side by side.
 *
 * A choice is a selection of which both arms are computed, so is `if (c) return a;`, and
 * assignments in an `if` are kept where its condition holds. Whatever else goes two ways, loops, a
 * width of reals that is not the one at hand, a quotient of integers (by zero it traps) and a
 * function that takes or gives integers are left to the scalar form, one lane after the other. */
#include "backend/formula.h"

#include <string.h>

struct looker {
    const struct formula_function *function;
    struct adc_arena *arena;
    enum formula_type type[FORMULA_MAX_SLOTS];
    bool single; /* REAL is float */
    bool possible;
};

enum formula_type formula_lane_type(enum formula_type type, bool single)
{
    switch (type) {
    case FORMULA_REAL: return single ? FORMULA_F32 : FORMULA_F64;
    case FORMULA_INT:
    case FORMULA_SIZE: return FORMULA_I64;
    default: return type;
    }
}

enum formula_type formula_lane_common(enum formula_type a, enum formula_type b)
{
    if (a == FORMULA_F64 || b == FORMULA_F64) return FORMULA_F64;
    if (a == FORMULA_F32 || b == FORMULA_F32) return FORMULA_F32;
    return a == FORMULA_U64 || b == FORMULA_U64 ? FORMULA_U64 : FORMULA_I64;
}

static enum formula_type look(struct looker *l, const struct formula *formula);

static enum formula_type real_type(const struct looker *l)
{
    return formula_lane_type(FORMULA_REAL, l->single);
}

/* A real of the other width is none of the lanes'. */
static enum formula_type type_of(struct looker *l, enum formula_type type)
{
    type = formula_lane_type(type, l->single);
    if (type == (l->single ? FORMULA_F64 : FORMULA_F32)) l->possible = false;
    return type;
}

static void look_as(struct looker *l, const struct formula *formula, enum formula_type type)
{
    look(l, formula);
    type_of(l, type);
}

static enum formula_type look_at_binary(struct looker *l, const struct formula *formula)
{
    enum formula_op op = formula->op;
    enum formula_type a = look(l, formula->child[0]), b = look(l, formula->child[1]);
    bool truth = op >= FORMULA_EQ && op <= FORMULA_GE;
    bool bits = op == FORMULA_BIT_AND || op == FORMULA_BIT_OR;
    if (op == FORMULA_AND || op == FORMULA_OR) {
        return FORMULA_BOOL;
    }
    bool reals = a == real_type(l) || b == real_type(l);
    if ((op == FORMULA_DIV || op == FORMULA_REM) && !reals) l->possible = false;
    bool bools = a == FORMULA_BOOL && b == FORMULA_BOOL;
    bool shift = op == FORMULA_SHIFT_LEFT || op == FORMULA_SHIFT_RIGHT;
    enum formula_type type = shift                      ? a
                             : bools && (truth || bits) ? FORMULA_BOOL
                                                        : formula_lane_common(a, b);
    return truth ? FORMULA_BOOL : type;
}

/* Converted to the parameters, NULL: reals. */
static void look_at_list(struct looker *l, const struct formula *at,
                         const enum formula_type *parameter)
{
    for (unsigned count = 0; at; at = at->next, count++) {
        if (at->kind == FORMULA_ADDRESS || count == 3) {
            l->possible = false;
            return;
        }
        look_as(l, at, parameter ? parameter[count] : FORMULA_REAL);
    }
}

static enum formula_type look_at_call(struct looker *l, const struct formula *formula)
{
    static const char *const ints[] = {"ldexp", "scalbn", "ilogb", "frexp"};
    for (size_t i = 0; i < sizeof ints / sizeof *ints; i++)
        if (!strcmp(formula->text, ints[i])) l->possible = false;
    look_at_list(l, formula->child[0], NULL);
    return real_type(l);
}

static enum formula_type look_at_helper(struct looker *l, const struct formula *formula)
{
    const struct formula_function *helper =
        formula_of_text(l->arena, adc_helper_text((unsigned)formula->integer));
    if (!helper) {
        l->possible = false;
        return real_type(l);
    }
    look_at_list(l, formula->child[0], helper->parameter);
    return type_of(l, helper->result);
}

static enum formula_type look_at_choice(struct looker *l, const struct formula *formula)
{
    look_as(l, formula->child[0], FORMULA_BOOL);
    enum formula_type a = look(l, formula->child[1]), b = look(l, formula->child[2]);
    return a == b ? a : formula_lane_common(a, b);
}

static enum formula_type look(struct looker *l, const struct formula *formula)
{
    enum formula_type type;
    switch (formula->kind) {
    case FORMULA_NUMBER:
    case FORMULA_HUGE:
    case FORMULA_NAN: return real_type(l);
    case FORMULA_INTEGER: return type_of(l, formula->type);
    case FORMULA_SIZEOF: return FORMULA_I64;
    case FORMULA_VARIABLE: return l->type[formula->slot];
    case FORMULA_NEGATE:
        type = look(l, formula->child[0]);
        return type == FORMULA_BOOL ? FORMULA_I64 : type;
    case FORMULA_NOT: look_as(l, formula->child[0], FORMULA_BOOL); return FORMULA_BOOL;
    case FORMULA_CAST:
        type = look(l, formula->child[0]);
        return formula->type == FORMULA_VOID ? type : type_of(l, formula->type);
    case FORMULA_BINARY: return look_at_binary(l, formula);
    case FORMULA_CHOICE: return look_at_choice(l, formula);
    case FORMULA_CALL: return look_at_call(l, formula);
    case FORMULA_HELPER: return look_at_helper(l, formula);
    case FORMULA_VMATH:
    case FORMULA_PICK:
    case FORMULA_BITS_OF:
    case FORMULA_REAL_OF:
    case FORMULA_ADDRESS:
    case FORMULA_ASSIGN:
    case FORMULA_COPY_BITS:
    case FORMULA_DECLARE:
    case FORMULA_EVALUATE:
    case FORMULA_IF:
    case FORMULA_FOR:
    case FORMULA_RETURN: break;
    }
    l->possible = false;
    return real_type(l);
}

bool formula_returns(const struct formula *list)
{
    while (list && list->next) list = list->next;
    return list && list->kind == FORMULA_RETURN;
}

static void look_at_statement(struct looker *l, const struct formula *statement)
{
    const struct formula *inner = statement->child[0];
    bool assigns = statement->kind == FORMULA_EVALUATE &&
                   (inner->kind == FORMULA_ASSIGN || inner->kind == FORMULA_COPY_BITS);
    if (statement->kind == FORMULA_DECLARE) {
        enum formula_type type = type_of(l, statement->type);
        l->type[statement->slot] = type;
        if (type == FORMULA_VOID) l->possible = false;
        if (inner) look_as(l, inner, type);
    } else if (statement->kind == FORMULA_RETURN) {
        look_as(l, inner, l->function->result);
    } else if (assigns) {
        enum formula_type type = l->type[inner->slot];
        if (inner->kind == FORMULA_ASSIGN) look_as(l, inner->child[0], type);
        else look(l, inner->child[0]);
    } else {
        l->possible = false;
    }
}

/* Of one `if`, without else: assignments, or one value to return. */
static void look_at_if(struct looker *l, const struct formula *statement)
{
    const struct formula *list = statement->child[1];
    bool returning = formula_returns(list);
    look_as(l, statement->child[0], FORMULA_BOOL);
    if (statement->child[2]) l->possible = false;
    for (; list && l->possible; list = list->next) {
        bool assigns = list->kind == FORMULA_EVALUATE;
        if (list->kind == FORMULA_IF || (returning && assigns)) l->possible = false;
        else look_at_statement(l, list);
    }
}

bool formula_goes_in_lanes(struct adc_arena *arena, const struct formula_function *function,
                           bool single)
{
    struct looker l = {.function = function, .arena = arena, .single = single, .possible = true};
    const struct formula *list = function->body;
    for (unsigned i = 0; i < function->parameter_count; i++)
        l.type[i] = type_of(&l, function->parameter[i]);
    for (; list && l.possible && list->kind != FORMULA_RETURN; list = list->next) {
        if (list->kind == FORMULA_IF) look_at_if(&l, list);
        else look_at_statement(&l, list);
    }
    if (list) look_at_statement(&l, list);
    return l.possible && list;
}
