/* Imports: the names they bring into a file, and members looked up through a module's name. */
#include "frontend/sema.h"

#include <string.h>

/* ------------------------------------------------------------------ clashes */

bool sema_gives_way(const struct sema_symbol *symbol)
{
    return !symbol || symbol->kind == SYMBOL_BUILTIN || symbol->implied;
}

void sema_report_clash(struct sema *s, const struct adc_name *name, struct adc_span span,
                       const struct sema_symbol *earlier)
{
    struct adc_diag *diag =
        adc_diag_add(s->diags, ADC_E08, span, "`%s` is already defined here", name->text);
    if (diag->notes) return;
    for (size_t i = 0; i < s->imported.count; i++)
        if (s->imported.data[i].symbol == earlier) {
            adc_diag_note(s->diags, diag, s->imported.data[i].span, "first imported here");
            if (earlier->kind == SYMBOL_MODULE)
                adc_diag_help(s->diags, diag, "`import ... as NAME` gives a module another name");
            return;
        }
    adc_diag_note(s->diags, diag, earlier->span, "first defined here");
}

/* `name` is the symbol's own, or that of a module in this file. */
static void bring(struct sema *s, const struct adc_name *name, struct sema_symbol *symbol,
                  struct adc_span span)
{
    const struct sema_symbol *earlier = scope_find(s->scope, name);
    if (!sema_gives_way(earlier)) {
        sema_report_clash(s, name, span, earlier);
        return;
    }
    if (earlier && earlier->implied && symbol->kind == SYMBOL_MODULE)
        symbol->space = earlier->space;
    scope_add_global(s->scope, symbol);
    ADC_PUSH(s->arena, s->imported, (struct sema_import){symbol, span});
}

/* ---------------------------------------------------------------- declarations */

static void suggest_member(struct sema *s, struct adc_diag *diag, const struct module_unit *unit,
                           const struct adc_name *name, struct adc_span span)
{
    ADC_VEC(const char *) names = {0};
    for (uint32_t i = 0; i < unit->tree->count; i++) {
        const struct ast *item = unit->tree->child[i];
        const struct ast *decl = item->kind == AST_ITEM ? item->child[0] : NULL;
        if (decl && decl->symbol && decl->kind != AST_IMPORT)
            ADC_PUSH(s->arena, names, decl->text->text);
    }
    const char *near = adc_nearest(name->text, names.data, names.count);
    if (!near) return;
    adc_diag_help(s->diags, diag, "`%s`", near);
    adc_diag_fix(s->diags, diag, span, "%s", near);
}

static void report_no_member(struct sema *s, const struct sema_symbol *module,
                             const struct adc_name *name, struct adc_span span)
{
    const struct module_unit *unit = module->unit;
    if (!unit) {
        adc_diag_add(s->diags, ADC_E07, span, "no module `%s.%s` is imported here",
                     module->name->text, name->text);
        return;
    }
    struct adc_diag *diag = adc_diag_add(s->diags, ADC_E07, span, "`%s` does not define `%s`",
                                         unit->path, name->text);
    if (!diag->help) suggest_member(s, diag, unit, name, span);
}

static void import_names(struct sema *s, const struct ast *import)
{
    const struct sema_symbol *module = import->symbol;
    for (uint32_t i = 0; i < import->count; i++) {
        const struct ast *name = import->child[i];
        struct sema_symbol *symbol =
            modules_find(&s->module->files, module->unit->owner, name->text);
        if (symbol) bring(s, name->text, symbol, name->span);
        else report_no_member(s, module, name->text, name->span);
    }
}

static struct sema_symbol *new_module(struct sema *s, const struct adc_name *name,
                                      struct adc_span span)
{
    struct sema_symbol *symbol = scope_symbol(s->scope, SYMBOL_MODULE, name, span);
    symbol->state = STATE_DONE;
    symbol->type = &s->types->module;
    return symbol;
}

/* The part `name` within the module or part `outer`, made when it is new. */
static struct sema_symbol *part_of(struct sema *s, struct sema_symbol *outer,
                                   const struct adc_name *name, struct adc_span span)
{
    struct modules *files = &s->module->files;
    if (!outer->space) outer->space = modules_new_owner(files);
    struct sema_symbol *part = modules_find(files, outer->space, name);
    if (part) return part;
    part = new_module(s, name, span);
    modules_put(files, outer->space, name, part);
    return part;
}

/* `import a.b.c` also makes a.b.c a path, unless `a` means something else. */
static void import_path(struct sema *s, const struct ast *import)
{
    const char *at = import->text->text, *dot = strchr(at, '.');
    struct sema_symbol *part = NULL;
    for (; at; at = dot ? dot + 1 : NULL) {
        dot = strchr(at, '.');
        const struct adc_name *name =
            adc_name(s->names, at, dot ? (size_t)(dot - at) : strlen(at));
        if (part) {
            part = part_of(s, part, name, import->at);
            continue;
        }
        part = scope_find(s->scope, name);
        if (part && part->kind == SYMBOL_MODULE) continue;
        if (!sema_gives_way(part)) return;
        part = new_module(s, name, import->at);
        part->implied = true;
        scope_add_global(s->scope, part);
    }
    part->unit = import->symbol->unit;
}

void sema_declare_import(struct sema *s, struct ast *import)
{
    if (!import->symbol) return;
    if (import->count) {
        import_names(s, import);
        return;
    }
    const char *dot = strrchr(import->text->text, '.');
    const struct adc_name *name = import->alias ? import->alias
                                  : dot         ? adc_name_of(s->names, dot + 1)
                                                : import->text;
    struct sema_symbol *symbol = new_module(s, name, import->at);
    symbol->unit = import->symbol->unit;
    bring(s, name, symbol, import->at);
    if (dot && !import->alias) import_path(s, import);
}

/* Reported when the files were loaded, or well. */
struct ast *sema_step_import(struct sema *s, struct ast *node, uint32_t i)
{
    (void)s;
    (void)node;
    (void)i;
    return NULL;
}

void sema_publish(struct sema *s, const struct module_unit *unit)
{
    for (uint32_t i = 0; i < unit->tree->count; i++) {
        const struct ast *item = unit->tree->child[i];
        const struct ast *decl = item->kind == AST_ITEM ? item->child[0] : NULL;
        if (decl && decl->symbol && decl->kind != AST_IMPORT)
            modules_put(&s->module->files, unit->owner, decl->text, decl->symbol);
    }
}

/* ---------------------------------------------------------------------- members */

static struct sema_symbol *member(struct sema *s, const struct sema_symbol *module,
                                  const struct adc_name *name)
{
    const struct modules *files = &s->module->files;
    struct sema_symbol *found = module->space ? modules_find(files, module->space, name) : NULL;
    if (found || !module->unit) return found;
    return modules_find(files, module->unit->owner, name);
}

void sema_member(struct sema *s, struct ast *node)
{
    const struct sema_symbol *module = node->child[0]->symbol;
    struct sema_symbol *symbol = module ? member(s, module, node->text) : NULL;
    if (!module) { /* `(if c then a else a).f` */
        sema_expect_value(s, node->child[0]);
    } else if (!symbol) {
        report_no_member(s, module, node->text, sema_at(node));
    } else if (symbol->kind == SYMBOL_TYPE) {
        adc_diag_add(s->diags, ADC_E20, node->span, "`%s` is a type, not a value",
                     sema_source(s, node));
    } else {
        node->symbol = symbol;
        node->type = symbol->type;
        if (symbol->kind == SYMBOL_CONST && symbol->type->kind == SEMA_SCALAR &&
            symbol->type->literal)
            node->integer = symbol->decl->integer;
    }
}

struct sema_symbol *sema_find_path(struct sema *s, const struct adc_name *path)
{
    const char *at = path->text, *dot = strchr(at, '.');
    if (!dot) return scope_find(s->scope, path);
    struct sema_symbol *symbol =
        scope_find(s->scope, adc_name(s->names, at, (size_t)(dot - at)));
    while (dot && symbol && symbol->kind == SYMBOL_MODULE) {
        at = dot + 1;
        dot = strchr(at, '.');
        symbol = member(s, symbol, adc_name(s->names, at, dot ? (size_t)(dot - at) : strlen(at)));
    }
    return dot ? NULL : symbol;
}
