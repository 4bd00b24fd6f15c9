/* Types as written: names, records, arrays with their dimensions. */
#include "frontend/sema.h"

static void report_no_type(struct sema *s, struct ast *node)
{
    const char *name = node->text->text;
    if (sema_find_path(s, node->text)) {
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
    struct sema_symbol *symbol = sema_find_path(s, name);
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
    if (is_builtin_type(symbol) && symbol->type->kind == SEMA_ERROR) {
        sema_unsupported(s, node->span, sema_format(s, "`%s`", node->text->text));
    } else if (symbol && (symbol->kind == SYMBOL_TYPE || is_builtin_type(symbol))) {
        node->type = symbol->type;
        node->symbol = symbol;
    } else if (node->text && !(symbol && symbol->kind == SYMBOL_MISSING)) {
        report_no_type(s, node);
    }
    return NULL;
}

/* ------------------------------------------------------------------ dimensions */

static bool is_blank(const struct ast *dimension)
{
    return dimension->kind == AST_NAME && dimension->text && dimension->text->length == 1 &&
           dimension->text->text[0] == '_';
}

static bool is_parameter(const struct ast *fn, const struct adc_name *name)
{
    const struct ast *params = fn->child[0];
    for (uint32_t p = 0; p < params->count; p++)
        if (params->child[p]->text == name) return true;
    return false;
}

/* `_`: a length without a name in the text; it is that of an axis of the parameter. */
static void define_blank(struct sema *s, const struct ast *param, struct ast *dimension,
                         uint32_t axis)
{
    const char *name = sema_format(s, "%s_%u", param->text ? param->text->text : "", axis);
    struct sema_symbol *symbol =
        scope_symbol(s->scope, SYMBOL_DIM, adc_name_of(s->names, name), dimension->span);
    symbol->type = &s->types->scalars[ADC_INT];
    symbol->state = STATE_DONE;
    symbol->function = s->frame->function;
    symbol->slot = symbol->function->slot_count++;
    dimension->symbol = symbol;
    ADC_PUSH(s->arena, symbol->function->dims, symbol);
}

static void define_dim(struct sema *s, const struct ast *fn, struct ast *dimension)
{
    struct sema_symbol *symbol = scope_find(s->scope, dimension->text);
    if (symbol && symbol->kind != SYMBOL_BUILTIN && symbol->kind != SYMBOL_MISSING) return;
    if (is_parameter(fn, dimension->text)) return;
    symbol = sema_define(s, SYMBOL_DIM, dimension->text, dimension->span, dimension);
    symbol->type = &s->types->scalars[ADC_INT];
    symbol->used = true;
    ADC_PUSH(s->arena, s->frame->function->dims, symbol);
}

/* Fields of records may be arrays: a stack of types to look at. */
static void define_of(struct sema *s, const struct ast *fn, const struct ast *param)
{
    ADC_VEC(struct ast *) stack = {0};
    ADC_PUSH(s->arena, stack, param->child[0]);
    while (stack.count) {
        struct ast *type = stack.data[--stack.count];
        if (type->kind == AST_TRECORD || type->kind == AST_FIELDDEF)
            for (uint32_t c = type->count; c-- > 0;) ADC_PUSH(s->arena, stack, type->child[c]);
        if (type->kind != AST_TARRAY) continue;
        for (uint32_t d = 1; d < type->count; d++) {
            struct ast *dimension = type->child[d];
            if (is_blank(dimension)) define_blank(s, param, dimension, d - 1);
            else if (dimension->kind == AST_NAME && dimension->text) define_dim(s, fn, dimension);
        }
    }
}

void sema_define_dims(struct sema *s, const struct ast *fn)
{
    const struct ast *params = fn->child[0];
    for (uint32_t p = 0; p < params->count; p++)
        if (params->child[p]->kind == AST_PARAM) define_of(s, fn, params->child[p]);
}

static bool check_dimensions(struct sema *s, const struct ast *node)
{
    bool good = true;
    for (uint32_t d = 1; d < node->count; d++)
        if (!is_blank(node->child[d]))
            good &= sema_expect(s, node->child[d], &s->types->scalars[ADC_INT], "a size");
    return good;
}

static const struct sema_type *refused(struct sema *s, struct adc_span span, const char *what)
{
    sema_refuse_function(s, span, what);
    return &s->types->error;
}

static const struct sema_type *array_type(struct sema *s, const struct ast *node)
{
    const struct ast *element = node->child[0];
    if (element->type->kind == SEMA_ERROR) return element->type;
    if (element->type->kind == SEMA_FUNCTION)
        return refused(s, element->span, "an element of an array");
    if (element->type->kind == SEMA_RECORD) {
        sema_unsupported(s, node->span, "an array of records");
        return &s->types->error;
    }
    return sema_array_type(s, element->type, node->count - 1, node->span);
}

struct ast *sema_step_tarray(struct sema *s, struct ast *node, uint32_t i)
{
    if (i == 0) return node->child[0];
    if (s->frame) s->frame->in_size = i < node->count;
    if (i < node->count) return is_blank(node->child[i]) ? AST_SKIP : node->child[i];
    bool good = check_dimensions(s, node);
    node->type = good ? array_type(s, node) : &s->types->error;
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
        if (fields[f].type->kind == SEMA_FUNCTION && (node->count > 1 || fields[f].name))
            fields[f].type = refused(s, node->child[f]->span, "part of a record");
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
