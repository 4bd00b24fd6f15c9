/* Fused multiply-adds in functions for lanes, as `--fma` has them.
 *
 * in       a function of vmath.def
 * out      in it F(fma)(a, b, c), rounded once on every machine, for each sum or difference of
 *          reals one side of which is a product; of two products that on the right
 * left     what has a name is rounded as it was: a variable, an argument
 * differs  in that rounding alone; zeros have the same signs
 * law      decided on the text, before any printer sees it, so all engines fuse the same */
#include "backend/formula.h"

#include <string.h>

struct fuser {
    struct adc_arena *arena;
    enum formula_type type[FORMULA_MAX_SLOTS];
};

static bool is_real(const struct fuser *f, const struct formula *formula)
{
    switch (formula->kind) {
    case FORMULA_NUMBER:
    case FORMULA_HUGE:
    case FORMULA_NAN:
    case FORMULA_CAST: /* of infinity to REAL */
    case FORMULA_CALL:
    case FORMULA_PICK:
    case FORMULA_REAL_OF: return true;
    case FORMULA_VARIABLE: return f->type[formula->slot] == FORMULA_REAL;
    case FORMULA_VMATH: return formula->type == FORMULA_REAL;
    case FORMULA_NEGATE: return is_real(f, formula->child[0]);
    case FORMULA_CHOICE: return is_real(f, formula->child[1]);
    case FORMULA_BINARY:
        return (formula->op < FORMULA_EQ || formula->op > FORMULA_GE) &&
               is_real(f, formula->child[0]);
    case FORMULA_INTEGER:
    case FORMULA_BITS_OF:
    case FORMULA_NOT:
    case FORMULA_SIZEOF: /* not in vmath.def, or statements */
    case FORMULA_ADDRESS:
    case FORMULA_HELPER:
    case FORMULA_ASSIGN:
    case FORMULA_COPY_BITS:
    case FORMULA_DECLARE:
    case FORMULA_EVALUATE:
    case FORMULA_IF:
    case FORMULA_FOR:
    case FORMULA_RETURN: break;
    }
    return false;
}

static struct formula *copied(const struct fuser *f, const struct formula *formula)
{
    struct formula *copy = ADC_NEW(f->arena, struct formula);
    *copy = *formula;
    copy->next = NULL;
    return copy;
}

/* Constants have the sign in their text. */
static struct formula *negated(const struct fuser *f, struct formula *formula)
{
    if (formula->kind == FORMULA_NEGATE) return formula->child[0];
    struct formula *result = copied(f, formula);
    if (formula->kind != FORMULA_NUMBER) {
        *result = (struct formula){.kind = FORMULA_NEGATE, .child = {formula}};
    } else if (*formula->text == '-') {
        result->text = formula->text + 1;
    } else {
        struct adc_text text;
        adc_text_init(&text, f->arena);
        adc_text_format(&text, "-%s", formula->text);
        result->text = text.data;
    }
    return result;
}

/* F(fma)(a, b, c) for a*b + c, or with a minus before the product or before c. */
static struct formula *fused(const struct fuser *f, const struct formula *product,
                             struct formula *c, bool less_product, bool less)
{
    struct formula *a = product->child[0], *b = product->child[1];
    struct formula *call = copied(f, product);
    if (less_product && b->kind == FORMULA_NUMBER) b = negated(f, b);
    else if (less_product) a = negated(f, a);
    a = copied(f, a);
    a->next = copied(f, b);
    a->next->next = copied(f, less ? negated(f, c) : c);
    call->kind = FORMULA_CALL;
    call->text = "fma";
    call->child[0] = a;
    call->child[1] = NULL;
    return call;
}

static bool is_product(const struct formula *formula)
{
    return formula->kind == FORMULA_BINARY && formula->op == FORMULA_MUL;
}

/* What stands in place of the expression; it is not in a list. */
static struct formula *fuse(const struct fuser *f, struct formula *formula)
{
    bool less = formula->op == FORMULA_SUB;
    if (formula->kind != FORMULA_BINARY || (!less && formula->op != FORMULA_ADD)) return formula;
    struct formula *left = formula->child[0], *right = formula->child[1];
    if (!is_real(f, left)) return formula;
    if (is_product(right)) return fused(f, right, left, less, false);
    return is_product(left) ? fused(f, left, right, false, less) : formula;
}

/* Of a list of expressions or statements, from the inside out. */
static void fuse_list(struct fuser *f, struct formula **list)
{
    for (; *list; list = &(*list)->next) {
        struct formula *formula = *list, *next = formula->next;
        for (unsigned i = 0; i < 3; i++) fuse_list(f, &formula->child[i]);
        if (formula->kind == FORMULA_DECLARE) f->type[formula->slot] = formula->type;
        *list = fuse(f, formula);
        (*list)->next = next;
    }
}

void formula_fuse(struct adc_arena *arena, struct formula_function *function)
{
    struct fuser f = {.arena = arena};
    for (unsigned i = 0; i < function->parameter_count; i++) f.type[i] = function->parameter[i];
    fuse_list(&f, &function->body);
}
