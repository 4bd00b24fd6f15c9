/* Warnings about what is computed and never used (E10), and attributes that silence warnings. */
#include "frontend/sema.h"

#include <stdlib.h>
#include <string.h>

void sema_note_unused(struct sema *s)
{
    size_t first = s->scope->marks.data[s->scope->marks.count - 1];
    for (size_t i = first; i < s->scope->locals.count; i++) {
        struct sema_symbol *symbol = s->scope->locals.data[i];
        bool local = symbol->kind == SYMBOL_LET || symbol->kind == SYMBOL_MUT;
        if (local && !symbol->used && symbol->name->text[0] != '_' && symbol->span.end)
            ADC_PUSH(s->arena, s->unused, symbol);
    }
}

static int by_place(const void *left, const void *right)
{
    const struct sema_symbol *const *a = left, *const *b = right;
    struct adc_span x = (*a)->span, y = (*b)->span;
    if (x.source != y.source) return x.source < y.source ? -1 : 1;
    return x.begin < y.begin ? -1 : x.begin > y.begin;
}

/* In the order of the text; scopes close inside out. */
void sema_report_unused(struct sema *s)
{
    if (s->unused.count)
        qsort(s->unused.data, s->unused.count, sizeof *s->unused.data, by_place);
    for (size_t i = 0; i < s->unused.count; i++) {
        const struct sema_symbol *symbol = s->unused.data[i];
        struct adc_diag *diag = adc_diag_add(s->diags, ADC_E10, symbol->span,
                                             "`%s` is computed and never used", symbol->name->text);
        adc_diag_help(s->diags, diag, "remove it or prefix `_`");
    }
}

/* ------------------------------------------------------------------ assignments */

struct ast *sema_target_root(struct ast *target)
{
    while (target->kind == AST_FIELD || target->kind == AST_INDEX) target = target->child[0];
    return target->kind == AST_NAME ? target : NULL;
}

static void keep(struct sema *s, struct ast *target, bool restore)
{
    struct ast *root = sema_target_root(target);
    struct sema_symbol *symbol = root ? scope_find(s->scope, root->text) : NULL;
    if (!symbol || symbol->kind != SYMBOL_MUT) return;
    if (restore) symbol->used = root->flag != 0;
    else root->flag = symbol->used;
}

/* To be assigned is no use: what `used` was before the target is looked at stands in the `flag` of
 * its name until afterwards. */
void sema_keep_used(struct sema *s, struct ast *target, bool restore)
{
    if (target->kind != AST_TUPLE) {
        keep(s, target, restore);
        return;
    }
    for (uint32_t t = 0; t < target->count; t++) {
        /* backwards when restoring: a name that occurs twice was noted first unused */
        struct ast *part = target->child[restore ? target->count - 1 - t : t];
        keep(s, part->kind == AST_NAMED ? part->child[0] : part, restore);
    }
}

/* ------------------------------------------------------------------------ @nowarn */

static void mute(struct sema *s, const struct ast *argument, struct adc_span span)
{
    const char *name = argument->kind == AST_NAME ? argument->text->text : sema_source(s, argument);
    unsigned code = 0;
    while (code < ADC_CODE_COUNT && strcmp(adc_code_name((enum adc_code)code), name) != 0) code++;
    if (code == ADC_CODE_COUNT)
        adc_diag_add(s->diags, ADC_E42, argument->span, "`@nowarn` knows no warning `%s`", name);
    else if (!adc_code_is_warning((enum adc_code)code))
        adc_diag_add(s->diags, ADC_E42, argument->span,
                     "%s is an error; `@nowarn` is for warnings", name);
    else ADC_PUSH(s->diags->arena, s->diags->mutes, (struct adc_mute){(enum adc_code)code, span});
}

void sema_nowarn(struct sema *s, const struct ast *attribute, struct adc_span span)
{
    if (attribute->count == 0)
        adc_diag_add(s->diags, ADC_E42, sema_at(attribute),
                     "`@nowarn` needs the code of a warning, as in `@nowarn(E10)`");
    for (uint32_t a = 0; a < attribute->count; a++) mute(s, attribute->child[a], span);
}
