/* Arrays: literals, indexing, `'`, `@`. Types know ranks; sizes are looked at when lowering. */
#include "frontend/sema.h"

#include <string.h>

const char *sema_shape_text(struct sema *s, const struct ast *value)
{
    const struct sema_symbol *symbol = value->kind == AST_NAME ? value->symbol : NULL;
    bool written = symbol && symbol->kind == SYMBOL_PARAM && symbol->decl &&
                   symbol->decl->child[0]->kind == AST_TARRAY;
    return written ? sema_source(s, symbol->decl->child[0]) : sema_type_name(s, value->type);
}

/* --------------------------------------------------------------------- combining */

/* The type of a parameter as written, of an array with its dimensions; NULL for other values. */
static const struct ast *written_type(const struct ast *value)
{
    const struct sema_symbol *symbol = value->kind == AST_NAME ? value->symbol : NULL;
    if (!symbol || symbol->kind != SYMBOL_PARAM || !symbol->decl) return NULL;
    const struct ast *type = symbol->decl->child[0];
    return type->kind == AST_TARRAY ? type : NULL;
}

/* The only axis whose size is written like that of the vector; array->count if none is. */
static uint32_t axis_like(struct sema *s, const struct ast *array, const struct ast *vector)
{
    uint32_t found = array->count;
    for (uint32_t a = 1; a < array->count; a++) {
        if (strcmp(sema_source(s, array->child[a]), sema_source(s, vector->child[1])) != 0)
            continue;
        if (found != array->count) return array->count;
        found = a;
    }
    return found;
}

/* `[i, j: X[i, j] + b[j]]` for the operator between two parameters of which one is a vector. */
static const char *with_indices(struct sema *s, const struct ast *node, const struct ast *a,
                                const struct ast *b)
{
    static const char letters[] = "ijklmn";
    const char *operator= node->kind == AST_ADD ? " + "
    : node->kind == AST_SUB                     ? " - "
    : node->kind == AST_MUL                     ? "*"
    : node->kind == AST_DIV                     ? "/"
                                                : NULL;
    const struct ast *types[] = {written_type(a), written_type(b)}, *names[] = {a, b};
    if (!operator|| !types[0] || !types[1]) return NULL;
    unsigned vector = types[1]->count == 2;
    const struct ast *array = types[!vector];
    if (types[vector]->count != 2 || array->count > sizeof letters) return NULL;
    uint32_t axis = axis_like(s, array, types[vector]);
    if (axis == array->count) return NULL;
    struct adc_text all, text;
    adc_text_init(&all, s->arena);
    for (uint32_t i = 1; i < array->count; i++)
        adc_text_format(&all, "%s%c", i > 1 ? ", " : "", letters[i - 1]);
    adc_text_init(&text, s->arena);
    adc_text_format(&text, "[%s: ", all.data);
    for (unsigned n = 0; n < 2; n++) {
        adc_text_format(&text, "%s%s", n ? operator: "", sema_source(s, names[n]));
        if (n == vector) adc_text_format(&text, "[%c]", letters[axis - 1]);
        else adc_text_format(&text, "[%s]", all.data);
    }
    adc_text_add(&text, "]");
    return text.data;
}

static void report_shapes(struct sema *s, const struct ast *node, const struct ast *a,
                          const struct ast *b)
{
    struct adc_diag *diag =
        adc_diag_add(s->diags, ADC_E16, sema_at(node),
                     "shapes `%s` and `%s` do not combine; only scalars broadcast",
                     sema_shape_text(s, a), sema_shape_text(s, b));
    const char *indexed = with_indices(s, node, a, b);
    if (indexed) adc_diag_help(s->diags, diag, "`%s`", indexed);
    else adc_diag_help(s->diags, diag, "say it with indices: `[i, j: ...]`");
}

bool sema_combine(struct sema *s, const struct ast *node, struct ast *const *operands,
                  uint32_t count)
{
    const struct ast *first = NULL;
    for (uint32_t i = 0; i < count; i++) {
        const struct ast *operand = operands[i];
        if (!sema_is_tensor(operand->type)) continue;
        if (!first) first = operand;
        if (operand->type->rank == first->type->rank) continue;
        report_shapes(s, node, first, operand);
        return false;
    }
    return true;
}

/* ------------------------------------------------------------------------ literals */

struct ast *sema_step_array(struct sema *s, struct ast *node, uint32_t i)
{
    const struct sema_type *type = NULL;
    if (i < node->count) return node->child[i];
    node->type = &s->types->error;
    for (uint32_t e = 0; e < node->count; e++) {
        struct ast *element = node->child[e];
        sema_no_function(s, element, "an element of an array");
        if (!sema_expect_value(s, element)) return NULL;
        const struct sema_type *joined =
            type ? sema_join(s->types, type, element->type) : element->type;
        if (!joined) {
            adc_diag_add(s->diags, ADC_E20, element->span,
                         "expected %s for an element of the array, found %s",
                         sema_type_name(s, type), sema_type_name(s, element->type));
            return NULL;
        }
        type = joined;
    }
    if (type) node->type = sema_array_type(s, type, 1, node->span);
    else adc_diag_add(s->diags, ADC_E20, node->span, "an array literal needs an element");
    return NULL;
}

/* ------------------------------------------------------------------------ indexing */

static bool is_slice(const struct ast *index)
{
    return index->kind == AST_RANGE || index->kind == AST_ALL;
}

static bool has_slice(const struct ast *node)
{
    for (uint32_t i = 1; i < node->count; i++)
        if (is_slice(node->child[i])) return true;
    return false;
}

static void note_use(struct sema *s, const struct ast *node, struct ast *index, uint32_t axis)
{
    struct ast *array = node->child[0];
    uint32_t newest = node->flag;
    while (array->kind == AST_INDEX && !has_slice(array)) { /* A[i][j] is A[i, j] */
        axis += array->count - 1;
        newest = array->flag;
        array = array->child[0];
    }
    if (array->kind == AST_NAME && array->symbol && array->symbol->rec) return;
    struct sema_symbol *symbol = index->symbol;
    struct sema_use *use = ADC_NEW(s->arena, struct sema_use);
    *use = (struct sema_use){.array = array, .place = index, .axis = axis, .newest = newest};
    *symbol->last_use = use;
    symbol->last_use = &use->next;
}

static void check_index(struct sema *s, const struct ast *node, struct ast *index, uint32_t axis)
{
    const struct sema_type *type = index->type;
    if (index->kind == AST_NAME && index->symbol && index->symbol->kind == SYMBOL_INDEX)
        note_use(s, node, index, axis);
    if (sema_is(type, ADC_INT) || !sema_expect_value(s, index)) return;
    if (!sema_is_real(type)) {
        struct adc_diag *diag =
            adc_diag_add(s->diags, ADC_E20, index->span, "an index is an int, this is %s",
                         sema_shape_text(s, index));
        if (sema_is_tensor(type))
            adc_diag_help(s->diags, diag, "`[i: %s[%s[i]]]`", sema_source(s, node->child[0]),
                          sema_source(s, index));
        return;
    }
    if (sema_report_quotient(s, index, "an index")) return;
    struct adc_diag *diag =
        adc_diag_add(s->diags, ADC_E21, index->span, "a real is used as an index");
    adc_diag_help(s->diags, diag, "`int(%s)` (no derivative passes)", sema_source(s, index));
}

static void report_rank(struct sema *s, const struct ast *node)
{
    const struct ast *array = node->child[0];
    uint32_t rank = array->type->rank, wanted = node->count - 1;
    const struct ast *index = node->child[rank + 1];
    adc_diag_add(s->diags, ADC_E14, index->span, "index `%s` of `%s` needs rank %u, `%s` is `%s`",
                 sema_source(s, index), sema_source(s, node), wanted, sema_source(s, array),
                 sema_shape_text(s, array));
}

static const struct sema_type *indexed(struct sema *s, struct ast *node)
{
    const struct sema_type *type = node->child[0]->type;
    uint32_t slices = 0, errors = s->diags->error_count;
    for (uint32_t i = 1; i < node->count; i++) {
        if (is_slice(node->child[i])) slices++;
        else check_index(s, node, node->child[i], i - 1);
    }
    if (!sema_expect_value(s, node->child[0])) return &s->types->error;
    if (node->count - 1 > type->rank) {
        report_rank(s, node);
        return &s->types->error;
    }
    if (s->diags->error_count != errors) return &s->types->error;
    return sema_tensor(s->types, sema_element(s->types, type),
                       type->rank - (node->count - 1) + slices);
}

/* While the array is visited, `integer` keeps what was the newest local before; afterwards `flag`
 * is the newest one that the array reads. */
struct ast *sema_step_index(struct sema *s, struct ast *node, uint32_t i)
{
    uint32_t *newest = s->frame ? &s->frame->newest : NULL;
    if (i == 0 && newest) {
        node->integer = *newest;
        *newest = 0;
    }
    if (i == 1 && newest) {
        node->flag = *newest;
        if (*newest < node->integer) *newest = (uint32_t)node->integer;
    }
    if (i < node->count) {
        struct ast *next = node->child[i];
        if (i > 0 && next->kind == AST_ALL) return AST_SKIP;
        if (i > 0 && next->kind == AST_RANGE) next->integer = AST_RANGE_STEPS;
        if (i == 0) s->array = next;
        return next;
    }
    node->type = indexed(s, node);
    struct sema_symbol *symbol = node->child[0]->kind == AST_NAME ? node->child[0]->symbol : NULL;
    if (symbol && symbol->rec) ADC_PUSH(s->arena, symbol->rec->reads, node);
    return NULL;
}

/* ------------------------------------------------------------------ linear algebra */

struct ast *sema_step_transpose(struct sema *s, struct ast *node, uint32_t i)
{
    struct ast *x = node->child[0];
    if (i == 0) return x;
    node->type = &s->types->error;
    if (!sema_expect_value(s, x)) return NULL;
    if (sema_is_tensor(x->type) && x->type->rank == 2) {
        node->type = x->type;
        return NULL;
    }
    struct adc_diag *diag =
        adc_diag_add(s->diags, ADC_E14, node->span, "`'` transposes a matrix; `%s` is `%s`",
                     sema_source(s, x), sema_shape_text(s, x));
    if (sema_is_tensor(x->type) && x->type->rank == 1)
        adc_diag_help(s->diags, diag, "`dot(a, b)` or `outer(a, b)`");
    return NULL;
}

struct ast *sema_step_matmul(struct sema *s, struct ast *node, uint32_t i)
{
    if (i < 2) return node->child[i];
    struct ast *a = node->child[0], *b = node->child[1];
    node->type = &s->types->error;
    bool left = sema_expect_rank(s, a, 1, 2, "`@`"), right = sema_expect_rank(s, b, 1, 2, "`@`");
    if (!left || !right) return NULL;
    const struct sema_type *scalar =
        sema_arithmetic(s->types, sema_element(s->types, a->type), sema_element(s->types, b->type));
    node->type =
        sema_tensor(s->types, sema_plain(s->types, scalar), a->type->rank + b->type->rank - 2);
    return NULL;
}
