/* The formatter from text to text, and the check that both have the same tree. */
#include "frontend/format.h"

#include "frontend/format_internal.h"
#include "frontend/syntax.h"

#include <string.h>

struct pair {
    const struct ast *a, *b;
};

static bool same_node(const struct ast *a, const struct ast *b)
{
    return a->kind == b->kind && a->text == b->text && a->alias == b->alias && a->flag == b->flag &&
           a->integer == b->integer && memcmp(&a->real, &b->real, sizeof a->real) == 0 &&
           a->count == b->count;
}

/* Equal but for spans? Names are interned in one table. */
static bool same_tree(struct adc_arena *arena, const struct ast *a, const struct ast *b)
{
    ADC_VEC(struct pair) stack = {0};
    struct pair pair = {a, b};
    ADC_PUSH(arena, stack, pair);
    while (stack.count) {
        pair = stack.data[--stack.count];
        if (!same_node(pair.a, pair.b)) return false;
        for (uint32_t i = 0; i < pair.a->count; i++) {
            struct pair child = {pair.a->child[i], pair.b->child[i]};
            if (!child.a != !child.b) return false;
            if (child.a) ADC_PUSH(arena, stack, child);
        }
    }
    return true;
}

static bool keeps_meaning(struct adc_arena *arena, struct adc_names *names, const struct ast *file,
                          const struct adc_text *out)
{
    struct adc_diags diags;
    adc_diags_init(&diags, arena);
    uint32_t source = adc_source_add(&diags, "formatted", out->data ? out->data : "", out->count);
    const struct ast *again = ast_parse(arena, names, &diags, source);
    return diags.error_count == 0 && same_tree(arena, file, again);
}

bool fe_format(struct adc_arena *arena, struct adc_names *names, struct adc_diags *diags,
               uint32_t source, struct adc_text *out)
{
    uint32_t errors = diags->error_count;
    struct ast *file = ast_parse(arena, names, diags, source);
    if (diags->error_count > errors) return false;
    struct format format = {.arena = arena,
                            .text = diags->sources.data[source].text,
                            .length = diags->sources.data[source].length};
    format_tokens(&format, names, diags, source, file);
    format_print(&format, out);
    return keeps_meaning(arena, names, file, out);
}
