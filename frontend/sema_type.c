/* Types as written: names, records; arrays and functions have no meaning yet. */
#include "frontend/sema.h"

static void report_no_type(struct sema *s, struct ast *node)
{
    const char *name = node->text->text;
    if (scope_find(s->scope, node->text)) {
        adc_diag_add(s->diags, ADC_E20, sema_at(node), "`%s` is not a type", name);
        return;
    }
    struct adc_diag *diag =
        adc_diag_add(s->diags, ADC_E07, sema_at(node), "no type `%s` in scope", name);
    const char *near = scope_nearest(s->scope, name);
    if (!near) return;
    adc_diag_help(s->diags, diag, "`%s`", near);
    adc_diag_fix(s->diags, diag, sema_at(node), "%s", near);
}

static bool is_builtin_type(const struct sema_symbol *symbol)
{
    return symbol && symbol->kind == SYMBOL_BUILTIN && symbol->builtin->kind == BUILTIN_TYPE;
}

/* Types are not shadowed by values: `real` means the type wherever a type is written, unless the
 * file defines a type of that name. */
static struct sema_symbol *find_type(struct sema *s, const struct adc_name *name)
{
    struct sema_symbol *symbol = scope_find(s->scope, name);
    if (symbol && (symbol->kind == SYMBOL_TYPE || symbol->kind == SYMBOL_MISSING)) return symbol;
    for (size_t i = 0; builtin_at(i) && builtin_at(i)->kind == BUILTIN_TYPE; i++)
        if (s->scope->globals.data[i]->name == name) return s->scope->globals.data[i];
    return symbol;
}

struct ast *sema_step_tname(struct sema *s, struct ast *node, uint32_t i)
{
    struct sema_symbol *symbol = node->text ? find_type(s, node->text) : NULL;
    if (i == 0) {
        node->type = &s->types->error;
        if (node->count) {
            sema_unsupported(s, node->span, "a type with dimensions");
            return NULL;
        }
        struct ast *first =
            symbol && symbol->kind == SYMBOL_TYPE ? sema_need(s, symbol, sema_at(node)) : NULL;
        return first ? first : AST_SKIP;
    }
    if (symbol && (symbol->kind == SYMBOL_TYPE || is_builtin_type(symbol))) {
        node->type = symbol->type;
        node->symbol = symbol;
    } else if (node->text && !(symbol && symbol->kind == SYMBOL_MISSING)) {
        report_no_type(s, node);
    }
    return NULL;
}

/* The dimensions of an array type are names from here on, silent until arrays have a meaning. */
static void bind_dimensions(struct sema *s, const struct ast *node)
{
    if (!s->frame || !s->frame->function) return;
    for (uint32_t d = 1; d < node->count; d++) {
        const struct ast *dimension = node->child[d];
        if (!dimension || dimension->kind != AST_NAME) continue;
        struct sema_symbol *symbol = scope_find(s->scope, dimension->text);
        if (symbol && symbol->kind != SYMBOL_BUILTIN) continue;
        symbol = scope_symbol(s->scope, SYMBOL_MISSING, dimension->text, dimension->span);
        symbol->type = &s->types->error;
        scope_add_local(s->scope, symbol);
    }
}

struct ast *sema_step_tarray(struct sema *s, struct ast *node, uint32_t i)
{
    (void)i;
    sema_unsupported(s, node->span, "an array type");
    bind_dimensions(s, node);
    node->type = &s->types->error;
    return NULL;
}

struct ast *sema_step_fielddef(struct sema *s, struct ast *node, uint32_t i)
{
    (void)s;
    if (i == 0) return node->child[0];
    node->type = node->child[0]->type;
    return NULL;
}

/* Names of fields must differ: each is a local of a scope of its own while its neighbours are
 * looked at. */
void sema_check_fields(struct sema *s, struct ast *node)
{
    scope_open(s->scope);
    for (uint32_t i = 0; i < node->count; i++) {
        const struct ast *field = node->child[i];
        bool named = (field->kind == AST_FIELDDEF || field->kind == AST_NAMED) && field->text;
        if (!named) continue;
        struct sema_symbol *earlier = scope_find(s->scope, field->text);
        if (earlier && earlier->decl == node) {
            struct adc_diag *diag =
                adc_diag_add(s->diags, ADC_E08, sema_at(field), "the field `%s` is already defined",
                             field->text->text);
            adc_diag_note(s->diags, diag, earlier->span, "first defined here");
            continue;
        }
        struct sema_symbol *symbol =
            scope_symbol(s->scope, SYMBOL_MISSING, field->text, sema_at(field));
        symbol->decl = node;
        scope_add_local(s->scope, symbol);
    }
    scope_close(s->scope);
}

struct ast *sema_step_trecord(struct sema *s, struct ast *node, uint32_t i)
{
    if (i < node->count) return node->child[i];
    struct sema_field *fields = ADC_NEW_ARRAY(s->arena, struct sema_field, node->count);
    bool silent = false;
    for (uint32_t f = 0; f < node->count; f++) {
        fields[f] = (struct sema_field){node->child[f]->text, node->child[f]->type};
        silent |= fields[f].type->kind == SEMA_ERROR;
    }
    sema_check_fields(s, node);
    if (node->count == 1 && !fields[0].name) {
        node->type = fields[0].type;
        return NULL;
    }
    const struct sema_type *type = sema_record(s->types, fields, node->count);
    if (!type)
        adc_diag_add(s->diags, ADC_E37, node->span,
                     "this record is nested deeper than %d or has more than %d scalars",
                     SEMA_MAX_DEPTH, SEMA_MAX_LEAVES);
    node->type = type && !silent ? type : &s->types->error;
    return NULL;
}
