/* Types as written: names, records, arrays with their dimensions. */
#include "frontend/sema.h"

static void report_no_type(struct sema *s, struct ast *node)
{
    const char *name = node->text->text, *near = builtin_own_type(name);
    const struct sema_symbol *other = sema_find_path(s, node->text);
    if (other && !(near && other->kind == SYMBOL_BUILTIN)) {
        adc_diag_add(s->diags, ADC_E20, sema_at(node), "`%s` is not a type", name);
        return;
    }
    struct adc_diag *diag =
        adc_diag_add(s->diags, ADC_E07, sema_at(node), "no type `%s` in scope", name);
    if (!near) near = scope_nearest(s->scope, name);
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

/* The names of the sizes that a type takes, behind its type. */
static uint32_t size_count(const struct sema_symbol *symbol)
{
    return symbol->kind == SYMBOL_TYPE ? symbol->decl->count - 1 : 0;
}

static bool is_blank(const struct ast *dimension)
{
    return dimension->kind == AST_NAME && dimension->text && dimension->text->length == 1 &&
           dimension->text->text[0] == '_';
}

/* An int, or `_` for a length that needs no name: not in a type that has one. */
static bool check_size(struct sema *s, struct ast *size)
{
    if (!is_blank(size)) return sema_expect(s, size, &s->types->scalars[ADC_INT], "a size");
    if (s->frame && s->frame->function) return true;
    sema_unsupported(s, size->span, "`_` in a type that has a name");
    return false;
}

/* The sizes between `<` and `>`: as many as the type takes, all ints. */
static bool check_sizes(struct sema *s, const struct ast *node, const struct sema_symbol *symbol)
{
    uint32_t wanted = size_count(symbol);
    bool good = true;
    if (node->count != wanted) {
        struct adc_diag *diag =
            adc_diag_add(s->diags, ADC_E43, node->span, "the type `%s` takes %u size%s, %u given",
                         node->text->text, wanted, wanted == 1 ? "" : "s", node->count);
        if (symbol->span.end)
            adc_diag_note(s->diags, diag, symbol->span, "`%s` is defined here", node->text->text);
        return false;
    }
    for (uint32_t a = 0; a < node->count; a++) {
        struct ast *size = node->child[a];
        good &= check_size(s, size);
        if (!good || !is_blank(size) || size->symbol) continue;
        sema_unsupported(s, size->span, "`_` that is not the length of an axis of a parameter");
        good = false;
    }
    return good;
}

static void name_type(struct sema *s, struct ast *node, const struct sema_symbol *symbol)
{
    if (is_builtin_type(symbol) && symbol->type->kind == SEMA_ERROR) {
        sema_unsupported(s, node->span, sema_format(s, "`%s`", node->text->text));
    } else if (symbol && (symbol->kind == SYMBOL_TYPE || is_builtin_type(symbol))) {
        if (check_sizes(s, node, symbol)) node->type = symbol->type;
    } else if (node->text && !(symbol && symbol->kind == SYMBOL_MISSING)) {
        report_no_type(s, node);
    }
}

struct ast *sema_step_tname(struct sema *s, struct ast *node, uint32_t i)
{
    if (i == 0) {
        node->type = &s->types->error;
        node->symbol = node->text ? find_type(s, node->text) : NULL;
        bool named = node->symbol && node->symbol->kind == SYMBOL_TYPE;
        struct ast *first = named ? sema_need(s, node->symbol, sema_at(node)) : NULL;
        return first ? first : AST_SKIP;
    }
    if (s->frame) s->frame->in_size = i <= node->count;
    if (i <= node->count) return is_blank(node->child[i - 1]) ? AST_SKIP : node->child[i - 1];
    name_type(s, node, node->symbol);
    return NULL;
}

/* ------------------------------------------------------------------ dimensions */

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

/* A size that a type takes, by its name where the type is defined. */
struct formal {
    const struct ast *decl;
    uint32_t number;
};

struct formals {
    struct formal *data;
    size_t count, capacity;
};

static void add_formal(struct sema *s, struct formals *found, const struct ast *name, uint32_t n)
{
    struct sema_symbol *symbol = name->symbol ? name->symbol : find_type(s, name->text);
    if (!symbol || symbol->kind != SYMBOL_TYPE || n + 1 >= symbol->decl->count) return;
    for (size_t i = 0; i < found->count; i++)
        if (found->data[i].decl == symbol->decl && found->data[i].number == n) return;
    ADC_PUSH(s->arena, *found, ((struct formal){symbol->decl, n}));
}

/* Whether the size stands alone at an axis in the type's own text; types that it is handed on to
 * are added to `found`. */
static bool is_axis(struct sema *s, struct formal formal, struct formals *found)
{
    ADC_VEC(const struct ast *) stack = {0};
    const struct adc_name *name = formal.decl->child[1 + formal.number]->text;
    bool axis = false;
    ADC_PUSH(s->arena, stack, formal.decl->child[0]);
    while (stack.count) {
        const struct ast *type = stack.data[--stack.count];
        if (type->kind == AST_TFN) continue;
        for (uint32_t c = 0; c < type->count; c++) {
            const struct ast *part = type->child[c];
            bool here = part->kind == AST_NAME && part->text == name;
            if (here && type->kind == AST_TARRAY) axis = true;
            else if (here && type->text) add_formal(s, found, type, c);
            else ADC_PUSH(s->arena, stack, part);
        }
    }
    return axis;
}

/* Whether an argument for size `n` of the type `name` is the length of some axis. */
static bool is_length(struct sema *s, const struct ast *name, uint32_t n)
{
    struct formals found = {0};
    add_formal(s, &found, name, n);
    for (size_t i = 0; i < found.count; i++)
        if (is_axis(s, found.data[i], &found)) return true;
    return false;
}

struct parts {
    struct ast **data;
    size_t count, capacity;
};

/* Puts the parts of a type on the stack, the first one on top; of what a named type takes, lengths
 * alone. */
static void push_parts(struct sema *s, struct ast *type, struct parts *stack)
{
    for (uint32_t c = type->count; c-- > 0;) {
        struct ast *part = type->child[c];
        bool alone = part->kind == AST_NAME && type->kind == AST_TNAME;
        if (!alone || (type->text && is_length(s, type, c))) ADC_PUSH(s->arena, *stack, part);
    }
}

/* The sizes in a type, in the order of the text; those that stand alone are defined. */
static void define_of(struct sema *s, const struct ast *fn, const struct ast *param)
{
    struct parts stack = {0};
    uint32_t axis = 0;
    ADC_PUSH(s->arena, stack, param->child[0]);
    while (stack.count) {
        struct ast *part = stack.data[--stack.count];
        bool sized = part->kind == AST_TARRAY || part->kind == AST_TNAME;
        if (part->kind == AST_NAME && part->text) {
            if (is_blank(part)) define_blank(s, param, part, axis);
            else define_dim(s, fn, part);
            axis++;
        } else if (sized || part->kind == AST_TRECORD || part->kind == AST_FIELDDEF) {
            push_parts(s, part, &stack);
        } else {
            axis += part->kind != AST_TFN;
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
    for (uint32_t d = 1; d < node->count; d++) good &= check_size(s, node->child[d]);
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
