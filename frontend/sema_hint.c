/* Attributes that change no value but the loops that are made: @simd, @unroll, @unique.
 *
 * What `@simd` asks is noted with each index of its statement or function (the one it names, or
 * all) when the index is bound, and goes along with the index from there on. A mistake in a hint
 * would never show, so what is written is checked all the same. */
#include "frontend/sema.h"

#include "ir/loop.h"

#include <string.h>

struct form {
    const char *name;
    uint32_t least, most; /* arguments */
    bool names;           /* may be arguments, and: */
    int64_t ints;         /* up to this one */
    const char *takes;
};

static const struct form forms[] = {
    {"unroll", 0, 1, false, LOOP_MOST_COPIES,
     "`@unroll` takes a number of copies up to 64, as in `@unroll(4)`"},
    {"simd", 1, 2, true, INT32_MAX,
     "`@simd` takes an index, a number of passes, or both, as in `@simd(n, 32)`"},
    {"unique", 1, 1, true, 0, "`@unique` takes the name of an array of indices"},
};

static bool fits(const struct form *form, const struct ast *attribute)
{
    bool good = attribute->count >= form->least && attribute->count <= form->most;
    for (uint32_t a = 0; a < attribute->count; a++) {
        const struct ast *argument = attribute->child[a];
        bool number = argument->kind == AST_INT;
        good &= number ? argument->integer >= 1 && argument->integer <= form->ints
                       : form->names && argument->kind == AST_NAME;
        /* an index, then a number */
        if (a) good &= number && attribute->child[0]->kind == AST_NAME;
    }
    return good;
}

bool sema_check_hint(struct sema *s, const struct ast *attribute)
{
    for (size_t f = 0; f < sizeof forms / sizeof *forms; f++) {
        if (strcmp(forms[f].name, attribute->text->text) != 0) continue;
        if (!fits(&forms[f], attribute)) {
            adc_diag_add(s->diags, ADC_E42, sema_at(attribute), "%s", forms[f].takes);
            return false;
        }
        if (forms[f].ints) return true;
        attribute->child[0]->symbol = scope_find(s->scope, attribute->child[0]->text);
        if (!attribute->child[0]->symbol) sema_report_missing(s, attribute->child[0]);
    }
    return true;
}

struct sema_hint *sema_simd(struct sema *s, const struct ast *attribute, const struct ast *owner,
                            struct sema_hint *outer)
{
    struct sema_hint *hint = ADC_NEW(s->arena, struct sema_hint);
    const struct ast *last = attribute->child[attribute->count - 1];
    *hint = (struct sema_hint){.outer = outer, .owner = owner, .attribute = attribute};
    if (attribute->child[0]->kind == AST_NAME) hint->index = attribute->child[0];
    hint->hint.tile = last->kind == AST_INT ? (uint32_t)last->integer : 0;
    hint->hint.lanes = hint->index && hint->hint.tile != 1;
    hint->hint.at = hint->index ? hint->index->span : sema_at(attribute);
    return hint;
}

void sema_take_hints(struct sema *s, struct sema_symbol *symbol)
{
    for (struct sema_hint *hint = s->frame->hints; hint; hint = hint->outer) {
        if (hint->index && hint->index->text != symbol->name) continue;
        hint->found = true;
        if (!symbol->hint.tile && !symbol->hint.lanes) symbol->hint = hint->hint;
    }
}

void sema_end_hints(struct sema *s, const struct ast *owner)
{
    struct sema_hint *hint;
    for (; (hint = s->frame->hints) && hint->owner == owner; s->frame->hints = hint->outer) {
        if (hint->found) continue;
        if (hint->index)
            adc_diag_add(s->diags, ADC_E42, hint->index->span, "no index `%s` is bound here",
                         hint->index->text->text);
        else adc_diag_add(s->diags, ADC_E42, sema_at(hint->attribute), "no index is bound here");
    }
}

void sema_unroll(const struct ast *attribute, struct ast *loop)
{
    const struct ast *binders = loop->child[0];
    struct sema_symbol *symbol = binders->child[binders->count - 1]->symbol;
    bool any = !attribute->count || attribute->child[0]->kind != AST_INT;
    if (symbol) symbol->hint.copies = any ? ADC_COPIES_ANY : (uint32_t)attribute->child[0]->integer;
}
