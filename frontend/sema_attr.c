/* Attributes: known names, their arguments, the products @derive asks for, checkpoints. */
#include "frontend/sema.h"

#include "ir/state.h"

#include <string.h>

enum { FOR_ITEM = 1, FOR_STATEMENT = 2, HAS_ARGUMENTS = 4 };

static const struct {
    const char *name;
    unsigned properties;
} attributes[] = {
    {"derive", FOR_ITEM | HAS_ARGUMENTS},
    {"inline", FOR_ITEM},
    {"noinline", FOR_ITEM},
    {"test", FOR_ITEM},
    {"parallel", FOR_STATEMENT},
    {"checkpoint", FOR_STATEMENT | HAS_ARGUMENTS},
    {"store", FOR_STATEMENT},
    {"recompute", FOR_STATEMENT},
    {"simd", FOR_ITEM | FOR_STATEMENT | HAS_ARGUMENTS},
    {"unroll", FOR_STATEMENT | HAS_ARGUMENTS},
    {"static", FOR_ITEM | HAS_ARGUMENTS},
    {"unchecked", FOR_ITEM | FOR_STATEMENT},
    {"unique", FOR_STATEMENT | HAS_ARGUMENTS},
    {"nowarn", FOR_ITEM | FOR_STATEMENT | HAS_ARGUMENTS},
};
enum { ATTRIBUTE_COUNT = sizeof attributes / sizeof *attributes };

static void report_unknown(struct sema *s, const struct ast *attribute)
{
    const char *candidates[ATTRIBUTE_COUNT];
    const char *name = attribute->text->text;
    for (int a = 0; a < ATTRIBUTE_COUNT; a++) candidates[a] = attributes[a].name;
    struct adc_diag *diag =
        adc_diag_add(s->diags, ADC_E42, sema_at(attribute), "there is no attribute `@%s`", name);
    const char *near = adc_nearest(name, candidates, ATTRIBUTE_COUNT);
    if (near) adc_diag_help(s->diags, diag, "`@%s`", near);
}

/* Whether the attribute is known and may stand here. */
static bool check_attribute(struct sema *s, const struct ast *attribute, unsigned place)
{
    int a = 0;
    while (a < ATTRIBUTE_COUNT && strcmp(attributes[a].name, attribute->text->text) != 0) a++;
    if (a == ATTRIBUTE_COUNT) {
        report_unknown(s, attribute);
        return false;
    }
    if (!(attributes[a].properties & place)) {
        adc_diag_add(s->diags, ADC_E42, sema_at(attribute), "`@%s` belongs to a %s",
                     attributes[a].name, place == FOR_ITEM ? "statement" : "function");
        return false;
    }
    if (attribute->count && !(attributes[a].properties & HAS_ARGUMENTS)) {
        adc_diag_add(s->diags, ADC_E42, attribute->child[0]->span, "`@%s` takes no arguments",
                     attributes[a].name);
        return false;
    }
    return true;
}

/* --------------------------------------------------------------------- @derive */

static bool is_later_product(const char *name)
{
    return strcmp(name, "lagrangian_hessian") == 0;
}

static void report_no_product(struct sema *s, const struct ast *argument, const char *name)
{
    const char *candidates[ADC_PRODUCT_COUNT];
    struct adc_text list;
    adc_text_init(&list, s->arena);
    for (int p = 0; p < ADC_PRODUCT_COUNT; p++) {
        candidates[p] = adc_product_name((enum adc_product)p);
        adc_text_format(&list, p ? ", %s" : "%s", candidates[p]);
    }
    struct adc_diag *diag =
        adc_diag_add(s->diags, ADC_E42, argument->span, "`@derive` knows no product `%s`", name);
    const char *near = adc_nearest(name, candidates, ADC_PRODUCT_COUNT);
    if (near) adc_diag_help(s->diags, diag, "`%s`", near);
    else adc_diag_help(s->diags, diag, "%s", list.data);
}

/* `grad = loss`: the result that is differentiated. */
static void choose_result(struct sema *s, const struct ast *argument,
                          struct sema_function *function)
{
    const char *name = argument->text->text;
    const struct ast *of = argument->child[0];
    bool single =
        strcmp(name, "grad") == 0 || strcmp(name, "hvp") == 0 || strcmp(name, "hessian") == 0;
    if (of->kind != AST_NAME)
        adc_diag_add(s->diags, ADC_E42, of->span, "`%s = NAME` names a result", name);
    else if (!single)
        adc_diag_add(s->diags, ADC_E42, argument->span,
                     "`%s` differentiates every real result; `grad`, `hvp` and `hessian` one",
                     name);
    else if (function->of && function->of->child[0]->text != of->text)
        adc_diag_add(s->diags, ADC_E42, argument->span,
                     "`@derive` differentiates one result; `%s` was chosen before",
                     function->of->child[0]->text->text);
    else function->of = argument;
}

static void derive_argument(struct sema *s, const struct ast *argument,
                            struct sema_function *function)
{
    const char *name = argument->text ? argument->text->text : NULL;
    bool later = argument->kind == AST_CALL || (name && is_later_product(name));
    if (later) {
        sema_unsupported(s, argument->span, sema_format(s, "`%s`", sema_source(s, argument)));
        return;
    }
    if (argument->kind != AST_NAME && argument->kind != AST_NAMED) {
        report_no_product(s, argument, sema_source(s, argument));
        return;
    }
    if (argument->kind == AST_NAMED) choose_result(s, argument, function);
    for (int p = 0; p < ADC_PRODUCT_COUNT; p++)
        if (strcmp(adc_product_name((enum adc_product)p), name) == 0) {
            function->wanted |= 1u << p;
            return;
        }
    report_no_product(s, argument, name);
}

static void derive(struct sema *s, const struct ast *attribute, struct sema_function *function)
{
    if (attribute->count == 0)
        adc_diag_add(s->diags, ADC_E42, sema_at(attribute),
                     "`@derive` needs the products wanted, as in `@derive(value, grad)`");
    for (uint32_t a = 0; a < attribute->count; a++)
        derive_argument(s, attribute->child[a], function);
}

/* ----------------------------------------------------------------- @checkpoint */

static void report_checkpoint(struct sema *s, struct adc_span span)
{
    struct adc_diag *diag =
        adc_diag_add(s->diags, ADC_E42, span, "`@checkpoint` says how values of passes are kept");
    adc_diag_help(s->diags, diag, "`every = 32` passes, `levels = 2`, or `none`");
}

/* ADC_CHECKPOINT_* of what is asked for; DEFAULT after a message. */
static uint32_t checkpoint(struct sema *s, const struct ast *attribute)
{
    const struct ast *argument = attribute->count == 1 ? attribute->child[0] : NULL;
    const char *name = argument && argument->text ? argument->text->text : "";
    if (argument && argument->kind == AST_NAME && strcmp(name, "none") == 0)
        return ADC_CHECKPOINT_NONE;
    if (attribute->count == 0) return ADC_CHECKPOINT_LEVELS + 1;
    bool every = strcmp(name, "every") == 0, levels = strcmp(name, "levels") == 0;
    if (!argument || argument->kind != AST_NAMED || (!every && !levels) ||
        argument->child[0]->kind != AST_INT) {
        report_checkpoint(s, argument ? argument->span : sema_at(attribute));
        return ADC_CHECKPOINT_DEFAULT;
    }
    int64_t count = argument->child[0]->integer;
    int64_t most = every ? ADC_CHECKPOINT_MOST_PASSES : ADC_CHECKPOINT_MOST_LEVELS;
    if (count < 1 || count > most) {
        adc_diag_add(s->diags, ADC_E42, argument->child[0]->span, "`%s` is from 1 to %lld", name,
                     (long long)most);
        return ADC_CHECKPOINT_DEFAULT;
    }
    return (uint32_t)count + (every ? ADC_CHECKPOINT_EVERY : ADC_CHECKPOINT_LEVELS);
}

static void report_place(struct sema *s, const struct ast *attribute, const char *place)
{
    adc_diag_add(s->diags, ADC_E42, sema_at(attribute), "`@%s` belongs to a %s",
                 attribute->text->text, place);
}

/* The names that a `let` defines are kept so; of none if it went wrong. */
static void keep(struct ast *statement, const char *name)
{
    uint8_t how = strcmp(name, "store") == 0 ? ADC_KEEP_STORE : ADC_KEEP_RECOMPUTE;
    if (statement->symbol) statement->symbol->keep = how;
    for (uint32_t n = 1; statement->kind == AST_LETTUPLE && n < statement->count; n++)
        if (statement->child[n]->symbol) statement->child[n]->symbol->keep = how;
}

void sema_place_attributes(struct sema *s, struct ast *attributed)
{
    struct ast *statement = attributed->child[0];
    bool let = statement->kind == AST_LET || statement->kind == AST_LETARRAY ||
               statement->kind == AST_LETTUPLE;
    for (uint32_t a = 1; a < attributed->count; a++) {
        const struct ast *attribute = attributed->child[a];
        const char *name = attribute->text->text;
        if (strcmp(name, "checkpoint") == 0) {
            if (statement->kind == AST_FOR || statement->kind == AST_REC)
                statement->integer = checkpoint(s, attribute);
            else report_place(s, attribute, "`for` or a `rec`");
        } else if (strcmp(name, "store") == 0 || strcmp(name, "recompute") == 0) {
            if (let) keep(statement, name);
            else report_place(s, attribute, "`let`");
        } else if (strcmp(name, "parallel") == 0 || strcmp(name, "unroll") == 0) {
            if (statement->kind != AST_FOR) report_place(s, attribute, "`for`");
            else if (strcmp(name, "parallel") == 0) statement->flag |= AST_FOR_PARALLEL;
        }
        if (strcmp(name, "unroll") == 0 && statement->kind == AST_FOR)
            sema_unroll(attribute, statement);
    }
    sema_end_hints(s, attributed);
}

/* ------------------------------------------------------------------ entry points */

void sema_item_attributes(struct sema *s, const struct ast *item, struct sema_function *function)
{
    for (uint32_t a = 1; a < item->count; a++) {
        const struct ast *attribute = item->child[a];
        if (!check_attribute(s, attribute, FOR_ITEM)) continue;
        const char *name = attribute->text->text;
        bool derives = strcmp(name, "derive") == 0, tests = strcmp(name, "test") == 0;
        if (!function && strcmp(name, "nowarn") != 0)
            adc_diag_add(s->diags, ADC_E42, sema_at(attribute), "`@%s` belongs to a function",
                         name);
        else if (derives) derive(s, attribute, function);
        else if (tests) function->test = true;
        else if (function && strcmp(name, "unchecked") == 0) function->unchecked = true;
        else if (function && strcmp(name, "simd") == 0 && sema_check_hint(s, attribute))
            function->hints = sema_simd(s, attribute, NULL, function->hints);
        else if (strcmp(name, "nowarn") == 0) sema_nowarn(s, attribute, item->span);
    }
    if (!function || s->in_import) return;
    /* that of the function declared last */
    struct fe_entry *entry = &s->module->entries.data[s->module->entries.count - 1];
    entry->exported = function->exported;
    entry->test = function->test;
}

static void check_static(struct sema *s, const struct ast *argument,
                         const struct sema_function *function)
{
    ADC_VEC(const char *) names = {0};
    const char *text = sema_source(s, argument);
    for (size_t d = 0; d < function->dims.count; d++) {
        const struct adc_name *name = function->dims.data[d]->name;
        if (argument->kind == AST_NAME && argument->text == name) return;
        ADC_PUSH(s->arena, names, name->text);
    }
    struct adc_diag *diag =
        adc_diag_add(s->diags, ADC_E42, argument->span, "`%s` is no dimension of `%s`", text,
                     function->symbol->name->text);
    const char *near = adc_nearest(text, names.data, names.count);
    if (near) adc_diag_help(s->diags, diag, "`%s`", near);
}

void sema_static_attributes(struct sema *s, const struct ast *item)
{
    for (uint32_t a = 1; a < item->count; a++) {
        const struct ast *attribute = item->child[a];
        if (strcmp(attribute->text->text, "static") != 0) continue;
        if (attribute->count == 0)
            adc_diag_add(s->diags, ADC_E42, sema_at(attribute),
                         "`@static` needs the dimensions meant, as in `@static(D)`");
        for (uint32_t n = 0; n < attribute->count; n++)
            check_static(s, attribute->child[n], item->child[0]->symbol->function);
    }
}

void sema_statement_attributes(struct sema *s, struct ast *attributed)
{
    for (uint32_t a = 1; a < attributed->count; a++) {
        const struct ast *attribute = attributed->child[a];
        if (!check_attribute(s, attribute, FOR_STATEMENT)) continue;
        const char *name = attribute->text->text;
        if (strcmp(name, "nowarn") == 0) sema_nowarn(s, attribute, attributed->span);
        else if (strcmp(name, "unchecked") == 0) attributed->flag = true;
        else if (sema_check_hint(s, attribute) && strcmp(name, "simd") == 0)
            s->frame->hints = sema_simd(s, attribute, attributed, s->frame->hints);
    }
}
