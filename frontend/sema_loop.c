/* Loops: `for`, and `rec`, whose elements read earlier ones.
 *
 * The elements of a `rec` have a type before its value is checked. Where none is written, the value
 * is checked twice: first with elements of no type, which gives that of the branches that read
 * none, then with that type; and again, with reals, where ints do not do. */
#include "frontend/sema.h"

static bool in_constant(struct sema *s, struct ast *node)
{
    if (s->frame && s->frame->function && !s->frame->in_default) return false;
    node->type = &s->types->unit;
    sema_unsupported(s, sema_at(node), "a loop in a constant");
    return true;
}

static struct ast *open_loop(struct sema *s, struct ast *node, bool definition)
{
    struct ast *binders = node->child[0];
    sema_open_indices(s, node, definition);
    for (uint32_t b = 0; b < binders->count; b++) {
        const struct ast *range = binders->child[b]->child[0];
        binders->child[b]->flag = AST_BINDER_LOOP;
        if (definition && range && range->child[2])
            sema_unsupported(s, range->child[2]->span, "a step of a `rec`");
    }
    return binders;
}

struct ast *sema_step_for(struct sema *s, struct ast *node, uint32_t i)
{
    struct ast *guard = node->child[1];
    if (i == 0) return in_constant(s, node) ? NULL : open_loop(s, node, false);
    if (i == 1) return guard ? guard : AST_SKIP;
    if (i == 2) {
        if (guard) sema_expect(s, guard, &s->types->scalars[ADC_BOOL], "the guard");
        return node->child[2];
    }
    sema_close_indices(s, node, node->child[0]);
    node->type = &s->types->unit;
    return NULL;
}

/* ------------------------------------------------------------- the type of elements */

static const struct sema_type *joined(struct sema *s, const struct sema_type *a,
                                      const struct sema_type *b)
{
    const struct sema_type *type = a ? sema_join(s->types, a, b) : b;
    return type ? type : a;
}

/* A part of the value that gives it its type, behind `axes` of comprehensions. */
struct branch {
    const struct ast *node;
    uint32_t axes;
};

/* The type of those branches that have one; NULL: none has. */
static const struct sema_type *known_type(struct sema *s, const struct ast *value)
{
    ADC_VEC(struct branch) stack = {0};
    const struct sema_type *type = NULL;
    ADC_PUSH(s->arena, stack, ((struct branch){value, 0}));
    while (stack.count) {
        struct branch at = stack.data[--stack.count];
        const struct ast *node = at.node;
        if (node->kind == AST_IF) {
            ADC_PUSH(s->arena, stack, ((struct branch){node->child[2], at.axes}));
            ADC_PUSH(s->arena, stack, ((struct branch){node->child[1], at.axes}));
        } else if (node->kind == AST_BLOCK && node->count) {
            ADC_PUSH(s->arena, stack, ((struct branch){node->child[node->count - 1], at.axes}));
        } else if (node->kind == AST_BUILD) {
            uint32_t axes = at.axes + node->child[0]->count;
            ADC_PUSH(s->arena, stack, ((struct branch){node->child[2], axes}));
        } else if (node->type->kind != SEMA_ERROR) {
            type = joined(s, type, sema_array_type(s, node->type, at.axes, node->span));
        }
    }
    return type;
}

static void take_for(struct sema *s, struct ast *node, const struct sema_type *element)
{
    struct sema_symbol *symbol = node->symbol;
    const struct ast *binders = node->child[0];
    bool value = element->kind != SEMA_UNIT && element->kind != SEMA_FUNCTION &&
                 element->kind != SEMA_MODULE;
    symbol->rec->element = value ? sema_plain(s->types, element) : &s->types->error;
    symbol->rec->reads.count = 0;
    symbol->type = sema_array_type(s, symbol->rec->element, binders->count, binders->span);
    symbol->rec->errors = s->diags->error_count;
    symbol->rec->messages = s->diags->list.count;
    symbol->rec->unused = s->unused.count;
}

/* Forgets what the last look at the value had to say. */
static void take_back(struct sema *s, const struct sema_rec *rec)
{
    s->diags->error_count = rec->errors;
    s->diags->list.count = rec->messages;
    s->unused.count = rec->unused;
}

static void report_no_type(struct sema *s, const struct ast *node)
{
    const char *name = node->text->text;
    struct adc_diag *diag = adc_diag_add(s->diags, ADC_E20, sema_at(node),
                                         "cannot tell the type of the elements of `%s`", name);
    adc_diag_help(s->diags, diag, "write it: `rec %s[...]: real = ...`", name);
}

/* The value was checked without a type of the elements: takes one; false: there is none to try. */
static bool suppose(struct sema *s, struct ast *node)
{
    const struct ast *value = node->child[2];
    struct sema_rec *rec = node->symbol->rec;
    const struct sema_type *type = known_type(s, value);
    if (s->diags->error_count != rec->errors || (!type && value->kind == AST_ERROR)) return false;
    if (!type && value->kind == AST_TUPLE) {
        report_no_type(s, node);
        return false;
    }
    s->unused.count = rec->unused;
    rec->guessed = !type;
    take_for(s, node, type ? type : &s->types->scalars[s->types->real]);
    return node->symbol->type->kind != SEMA_ERROR;
}

enum { MOST_LOOKS = 8 };

/* Elements, or fields of them, that were taken for ints and are none; for reals, and are arrays. */
static bool widen(struct sema *s, struct ast *node)
{
    struct sema_rec *rec = node->symbol->rec;
    if (rec->guessed && s->diags->error_count != rec->errors) {
        take_back(s, rec);
        report_no_type(s, node);
        node->child[2]->type = rec->element = &s->types->error;
        return false;
    }
    const struct sema_type *found = node->child[2]->type;
    if (found->kind == SEMA_ERROR || sema_converts(found, rec->element)) return false;
    const struct sema_type *wider = sema_join(s->types, rec->element, found);
    if (!wider || wider->kind == SEMA_ERROR) return false;
    take_back(s, rec);
    take_for(s, node, wider);
    return true;
}

/* --------------------------------------------------------------- what elements read */

static bool is_binder(const struct ast *index, const struct ast *binder)
{
    return index->kind == AST_NAME && index->symbol && index->symbol == binder->symbol;
}

/* How many of the first indices tell that the element is an earlier one: `u[t, q-1]` two; all of
 * them, unless it is plain. */
static uint32_t deciding(const struct ast *read, const struct ast *binders)
{
    for (uint32_t b = 0; b < binders->count && b + 1 < read->count; b++) {
        const struct ast *index = read->child[b + 1], *binder = binders->child[b];
        bool back = index->kind == AST_SUB && is_binder(index->child[0], binder) &&
                    index->child[1]->kind == AST_INT && index->child[1]->integer > 0;
        if (back) return b + 1;
        if (!is_binder(index, binder)) break;
    }
    return binders->count;
}

/* Indices behind those that decide for all reads are axes of the elements: none waits for
 * another. */
static void find_axes(struct ast *node)
{
    const struct ast *binders = node->child[0];
    const struct sema_rec *rec = node->symbol->rec;
    uint32_t loops = 1;
    for (size_t r = 0; r < rec->reads.count; r++) {
        uint32_t needed = deciding(rec->reads.data[r], binders);
        if (needed > loops) loops = needed;
    }
    for (uint32_t b = loops; b < binders->count; b++)
        binders->child[b]->flag &= ~(unsigned)AST_BINDER_LOOP;
}

void sema_report_early(struct sema *s, const struct ast *name)
{
    struct adc_diag *diag =
        adc_diag_add(s->diags, ADC_E19, name->span,
                     "`%s` is read as a whole before all of it is computed", name->text->text);
    adc_diag_help(s->diags, diag, "inside its own definition only earlier elements can be read");
}

/* ------------------------------------------------------------------------- the step */

static struct ast *begin_rec(struct sema *s, struct ast *node)
{
    if (in_constant(s, node)) {
        if (s->frame) sema_define(s, SYMBOL_MISSING, node->text, sema_at(node), node);
        return NULL;
    }
    node->symbol = sema_define(s, SYMBOL_LET, node->text, sema_at(node), node);
    node->symbol->rec = ADC_NEW(s->arena, struct sema_rec);
    return open_loop(s, node, true);
}

static void end_rec(struct sema *s, struct ast *node)
{
    struct ast *value = node->child[2];
    struct sema_symbol *symbol = node->symbol;
    const struct sema_type *element = symbol->rec->element;
    sema_close_indices(s, node, node->child[0]);
    const char *what = sema_format(s, "an element of `%s`", node->text->text);
    bool good = element->kind == SEMA_ERROR ? sema_expect_value(s, value)
                                            : sema_expect(s, value, element, what);
    if (!good) symbol->type = &s->types->error;
    find_axes(node);
    symbol->rec = NULL;
    symbol->used = false; /* it was read by itself alone so far */
    node->type = &s->types->unit;
}

static struct ast *look(struct sema *s, struct ast *node)
{
    node->child[2] = ast_copy(s->arena, node->symbol->rec->value);
    return node->child[2];
}

struct ast *sema_step_rec(struct sema *s, struct ast *node, uint32_t i)
{
    struct ast *type = node->child[1];
    if (i == 0) return begin_rec(s, node);
    if (i == 1) return type ? type : AST_SKIP;
    if (i == 2) {
        node->symbol->rec->ready = true;
        node->symbol->rec->value = node->child[2];
        take_for(s, node, type ? type->type : &s->types->error);
        return look(s, node);
    }
    if (!type && i == 3 && suppose(s, node)) return look(s, node);
    if (!type && i >= 4 && i < 4 + MOST_LOOKS && widen(s, node)) return look(s, node);
    end_rec(s, node);
    return NULL;
}
