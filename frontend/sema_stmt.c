/* Statements: blocks, definitions, assignments, require, if without a value. */
#include "frontend/sema.h"

#include <string.h>

/* Functions and modules are nothing that could be computed, not even to be thrown away. */
static void check_statement(struct sema *s, struct ast *statement)
{
    enum sema_kind kind = statement->type->kind;
    if (kind == SEMA_FUNCTION || kind == SEMA_MODULE) sema_expect_value(s, statement);
}

struct ast *sema_step_block(struct sema *s, struct ast *node, uint32_t i)
{
    if (i == 0) scope_open(s->scope);
    else if (i < node->count) check_statement(s, node->child[i - 1]);
    if (i < node->count) return node->child[i];
    sema_note_unused(s);
    scope_close(s->scope);
    node->type = node->count ? node->child[node->count - 1]->type : &s->types->unit;
    return NULL;
}

struct ast *sema_step_attributed(struct sema *s, struct ast *node, uint32_t i)
{
    if (i == 0) {
        sema_statement_attributes(s, node);
        return node->child[0];
    }
    node->type = node->child[0]->type;
    sema_place_attributes(s, node);
    return NULL;
}

static const char *quoted(struct sema *s, const struct adc_name *name)
{
    return sema_format(s, "`%s`", name->text);
}

/* The type of `let x = e` and `mut x = e`. */
static const struct sema_type *defined_type(struct sema *s, struct ast *type, struct ast *value,
                                            const struct adc_name *name)
{
    if (type) {
        sema_expect(s, value, type->type, quoted(s, name));
        return type->type;
    }
    if (value->type->kind == SEMA_FUNCTION && value->type->count) return value->type;
    if (!sema_expect_value(s, value)) return &s->types->error;
    return sema_plain(s->types, value->type);
}

static struct ast *define(struct sema *s, struct ast *node, uint32_t i, enum symbol_kind kind)
{
    if (i < 2) return node->child[i] ? node->child[i] : AST_SKIP;
    const struct sema_type *type = defined_type(s, node->child[0], node->child[1], node->text);
    node->symbol = sema_define(s, kind, node->text, sema_at(node), node);
    node->symbol->type = type;
    node->type = &s->types->unit;
    return NULL;
}

/* `let f = fn(x) => e`, where the calls of f tell the type of x. */
static bool waits(const struct ast *let)
{
    return !let->child[0] && let->child[1]->kind == AST_LAMBDA && sema_is_open(let->child[1]);
}

struct ast *sema_step_let(struct sema *s, struct ast *node, uint32_t i)
{
    if (i == 1)
        sema_prepare_function(s, &node->child[1],
                              node->child[0] ? node->child[0]->type : &s->types->error);
    if (i == 0 || !waits(node)) return define(s, node, i, SYMBOL_LET);
    node->symbol = sema_define(s, SYMBOL_LET, node->text, sema_at(node), node);
    sema_bind_lambda(s, node->child[1], node->symbol);
    node->type = &s->types->unit;
    return NULL;
}

struct ast *sema_step_mut(struct sema *s, struct ast *node, uint32_t i)
{
    if (i < 2 || node->child[1]->type->kind != SEMA_FUNCTION) return define(s, node, i, SYMBOL_MUT);
    struct adc_diag *diag = adc_diag_add(s->diags, ADC_E24, node->child[1]->span,
                                         "a function cannot be the value of a `mut`");
    adc_diag_help(s->diags, diag, "`let`, or branch inside the function");
    node->child[1]->type = &s->types->error;
    return define(s, node, i, SYMBOL_MUT);
}

struct ast *sema_step_lettuple(struct sema *s, struct ast *node, uint32_t i)
{
    struct ast *value = node->child[0];
    if (i == 0) return value;
    const struct sema_type *type = &s->types->error;
    if (sema_expect_value(s, value)) type = sema_plain(s->types, value->type);
    uint32_t names = node->count - 1;
    if (type->kind != SEMA_ERROR && (type->kind != SEMA_RECORD || type->count != names)) {
        adc_diag_add(s->diags, ADC_E20, value->span, "%u names need a tuple of %u, this is %s",
                     names, names, sema_type_name(s, type));
        type = &s->types->error;
    }
    for (uint32_t n = 0; n < names; n++) {
        struct ast *name = node->child[n + 1];
        name->symbol = sema_define(s, SYMBOL_LET, name->text, name->span, name);
        name->symbol->type = type->kind == SEMA_RECORD ? type->fields[n].type : type;
        name->type = name->symbol->type;
    }
    node->type = &s->types->unit;
    return NULL;
}

/* ------------------------------------------------------------------ assignments */

/* `let x` becomes `mut x`. */
static void fix_let(struct sema *s, struct adc_diag *diag, struct adc_span name)
{
    const char *text = s->diags->sources.data[name.source].text;
    const struct adc_span let = {name.source, name.begin - 4, name.begin - 1};
    if (name.begin >= 4 && memcmp(text + let.begin, "let ", 4) == 0)
        adc_diag_fix(s->diags, diag, let, "mut");
}

static void report_not_mut(struct sema *s, const struct ast *root)
{
    const struct sema_symbol *symbol = root->symbol;
    const char *name = root->text->text;
    struct adc_diag *diag = adc_diag_add(s->diags, ADC_E09, root->span,
                                         "`%s` is not `mut`, so it cannot be assigned", name);
    if (symbol->span.end) adc_diag_note(s->diags, diag, symbol->span, "defined here");
    if (symbol->kind == SYMBOL_PARAM)
        adc_diag_help(s->diags, diag, "`mut %s1 = %s` (parameters are values)", name, name);
    if (symbol->kind != SYMBOL_LET) return;
    bool array = symbol->decl && symbol->decl->kind == AST_LETARRAY;
    adc_diag_help(s->diags, diag, array ? "`mut %s = [...: ...]`" : "`mut %s = ...`", name);
    if (symbol->decl && symbol->decl->kind == AST_LET) fix_let(s, diag, symbol->span);
}

/* Inside a comprehension or reduction nothing around it changes. */
static bool is_outside(const struct sema *s, const struct sema_symbol *symbol)
{
    return s->frame->floor && symbol->serial < s->frame->floor;
}

static bool may_assign(struct sema *s, struct ast *target)
{
    struct ast *root = sema_target_root(target);
    if (target->type->kind == SEMA_ERROR && !(root && root->symbol)) return false;
    if (!root) {
        adc_diag_add(s->diags, ADC_E09, target->span,
                     "`%s` is not a name, so it cannot be assigned", sema_source(s, target));
        return false;
    }
    if (!root->symbol || root->symbol->kind == SYMBOL_MISSING) return false;
    if (root->symbol->kind == SYMBOL_MUT && is_outside(s, root->symbol)) {
        struct adc_diag *diag =
            adc_diag_add(s->diags, ADC_E09, root->span,
                         "`%s` is defined outside of %s, so it cannot be assigned here",
                         root->text->text, s->frame->version ? "this function" : "these indices");
        adc_diag_note(s->diags, diag, root->symbol->span, "defined here");
        return false;
    }
    if (root->symbol->kind == SYMBOL_MUT) return true;
    report_not_mut(s, root);
    return false;
}

static const struct sema_type *updated_type(struct sema *s, const struct ast *node)
{
    const struct sema_type *a = node->child[0]->type, *b = node->child[1]->type;
    const struct sema_type *type = sema_arithmetic(s->types, a, b);
    if (node->flag == AST_DIV_SET && type->scalar == ADC_INT)
        return sema_tensor(s->types, &s->types->scalars[s->types->real], type->rank);
    return type;
}

/* `x += e` is `x = x + e`, so its result must fit x too. */
static void check_update(struct sema *s, struct ast *node)
{
    struct ast *target = node->child[0], *value = node->child[1];
    bool left = sema_expect_number(s, target, "an update");
    bool right = sema_expect_number(s, value, "an update");
    if (!left || !right || !sema_combine(s, node, node->child, 2)) return;
    const struct sema_type *type = updated_type(s, node);
    if (sema_converts(type, target->type)) return;
    const char *name = sema_source(s, target);
    bool to_int = sema_is(target->type, ADC_INT) && type->rank == 0;
    struct adc_diag *diag = adc_diag_add(s->diags, to_int ? ADC_E21 : ADC_E20, value->span,
                                         "`%s` is %s, but the new value is %s", name,
                                         sema_type_name(s, target->type), sema_type_name(s, type));
    const struct ast *root = sema_target_root(target);
    if (root && to_int) adc_diag_help(s->diags, diag, "`mut %s: real = ...`", root->text->text);
}

static void check_set(struct sema *s, struct ast *target, struct ast *value)
{
    uint32_t errors = s->diags->error_count;
    const struct sema_type *type = target->type;
    bool all = target->kind == AST_INDEX && value->type->kind == SEMA_SCALAR;
    if (all) type = sema_element(s->types, type); /* x[1..] = 0 */
    sema_expect(s, value, type, sema_format(s, "`%s`", sema_source(s, target)));
    struct ast *root = sema_target_root(target);
    bool widened = sema_is(target->type, ADC_INT) && sema_is_real(value->type);
    if (s->diags->error_count == errors || !widened || !root || !root->symbol->decl) return;
    struct adc_diag *diag = s->diags->list.data[s->diags->list.count - 1];
    adc_diag_note(s->diags, diag, root->symbol->span, "`mut %s: real = ...` makes it real",
                  root->text->text);
}

static void check_tuple(struct sema *s, struct ast *node)
{
    struct ast *target = node->child[0], *value = node->child[1];
    if (node->flag != AST_SET) {
        adc_diag_add(s->diags, ADC_E20, node->span, "a tuple can be assigned by `=` alone");
        return;
    }
    bool all = true;
    for (uint32_t t = 0; t < target->count; t++) all &= may_assign(s, target->child[t]);
    if (all && sema_expect_value(s, value) && target->type->kind != SEMA_ERROR)
        sema_expect(s, value, target->type, "this tuple");
}

struct ast *sema_step_assign(struct sema *s, struct ast *node, uint32_t i)
{
    struct ast *target = node->child[0], *value = node->child[1];
    if (i == 1) sema_keep_used(s, target, false);
    if (i < 2) return i == 0 ? value : target;
    sema_keep_used(s, target, true);
    node->type = &s->types->unit;
    if (target->kind == AST_TUPLE) check_tuple(s, node);
    else if (!may_assign(s, target)) return NULL;
    else if (node->flag == AST_SET) check_set(s, target, value);
    else check_update(s, node);
    return NULL;
}

/* -------------------------------------------------------------- require, if */

struct ast *sema_step_require(struct sema *s, struct ast *node, uint32_t i)
{
    if (i == 0) return node->child[0];
    sema_expect(s, node->child[0], &s->types->scalars[ADC_BOOL], "the condition");
    node->type = &s->types->unit;
    return NULL;
}

struct ast *sema_step_ifstmt(struct sema *s, struct ast *node, uint32_t i)
{
    if (i < node->count) return node->child[i] ? node->child[i] : AST_SKIP;
    sema_expect(s, node->child[0], &s->types->scalars[ADC_BOOL], "the condition");
    for (uint32_t arm = 1; arm < node->count; arm++)
        if (node->child[arm]) check_statement(s, node->child[arm]);
    node->type = &s->types->unit;
    return NULL;
}
