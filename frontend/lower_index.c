/* Indexing: elements, rows, slices, and proofs or checks that they lie inside the array. */
#include "frontend/lower.h"

#include <string.h>

/* Low end, high end, step; fields are NULL where they are not written. */
struct ast *lower_step_range(struct lower *l, struct ast *node, uint32_t i)
{
    if (i < 3) return node->child[i] ? node->child[i] : AST_SKIP;
    struct lower_value *ends = lower_record(l, 3);
    for (unsigned end = 3; end-- > 0;) ends->field[end] = node->child[end] ? lower_pop(l) : NULL;
    lower_push(l, ends);
    return NULL;
}

/* ------------------------------------------------------------- what is said of ranges */

static bool has_free_range(const struct ast *index)
{
    const struct sema_symbol *symbol = index->kind == AST_NAME ? index->symbol : NULL;
    return symbol && symbol->kind == SYMBOL_INDEX && !symbol->decl->child[0];
}

static void report_sizes(struct lower *l, const struct ast *node, const struct ast *index,
                         const struct adc_node *found, const struct adc_node *length)
{
    const struct sema_use *use = index->symbol->uses;
    struct adc_diag *diag = adc_diag_add(l->diags, ADC_E13, index->span,
                                         "`%s` indexes axes of different sizes", index->text->text);
    if (diag->notes) return;
    adc_diag_note(l->diags, diag, use->place->span, "%s, as an axis of `%s`",
                  lower_size_text(l, found), sema_source(&l->s, use->array));
    adc_diag_note(l->diags, diag, index->span, "%s, as an axis of `%s`", lower_size_text(l, length),
                  sema_source(&l->s, node->child[0]));
    adc_diag_help(l->diags, diag, "`%s in 0..n`", index->text->text);
}

/* The name in `index` that stands for the one index of its value; NULL if there are several. */
static const struct ast *index_name(struct lower *l, struct ast *index, const struct adc_node *node)
{
    ADC_VEC(const struct ast *) stack = {0};
    if (!node->free || node->free->count != 1) return NULL;
    ADC_PUSH(l->arena, stack, index);
    while (stack.count) {
        const struct ast *part = stack.data[--stack.count];
        if (has_free_range(part) && lower_cell(l, part->symbol)->value &&
            lower_cell(l, part->symbol)->value->node == node->free->index[0])
            return part;
        for (uint32_t c = 0; c < part->count; c++)
            if (part->child[c]) ADC_PUSH(l->arena, stack, part->child[c]);
    }
    return NULL;
}

/* The range of the index that keeps index + offset inside 0..length. */
static void suggest_range(struct lower *l, struct adc_diag *diag, struct ast *index,
                          const struct adc_node *node, const struct adc_node *length)
{
    const struct ast *name = index_name(l, index, node);
    int64_t offset;
    if (!name) return;
    const struct adc_node *bound = node->free->index[0];
    const struct size *difference =
        sizes_sum(&l->sizes, sizes_of(&l->sizes, node), -1, sizes_of(&l->sizes, bound));
    if (!difference || !sizes_is_constant(difference, &offset)) return;
    const struct ast *binder = name->symbol->decl;
    const struct adc_node *high =
        offset > 0
            ? lower_size(l, adc_apply2(l->graph, ADC_OP_ISUB, length, adc_int(l->graph, offset)))
            : bound->in[1];
    const char *range =
        sema_format(&l->s, "%s in %lld..%s", binder->text->text,
                    (long long)(offset < 0 ? -offset : 0), lower_size_text(l, high));
    const struct sema_use *use = name->symbol->uses;
    adc_diag_note(l->diags, diag, use->place->span, "`%s` runs over 0..%s because of this",
                  name->text->text, lower_size_text(l, bound->in[1]));
    adc_diag_help(l->diags, diag, "`%s`", range);
    adc_diag_fix(l->diags, diag, sema_at(binder), "%s", range);
}

/* ------------------------------------------------------------------------ bounds */

struct bound {               /* of index `node` along an axis of `length` elements */
    const struct ast *place; /* the whole INDEX */
    struct ast *index;
    const struct adc_node *node, *length;
};

/* How far beyond its end (low: before its begin) the index surely gets; 0 if it may not. */
static int64_t overrun(struct lower *l, const struct size *room, const struct size **worst)
{
    int64_t constant;
    *worst = lower_least(l, room);
    if (!*worst || lower_on_path(l)) return 0;
    return sizes_is_constant(*worst, &constant) && constant < 0 ? -constant : 0;
}

static void report_overrun(struct lower *l, const struct bound *b, int64_t by, bool low)
{
    const char *text = sema_source(&l->s, b->place);
    struct adc_diag *diag;
    if (low) {
        diag =
            adc_diag_add(l->diags, ADC_E15, b->index->span,
                         "`%s` reaches element %lld, before the first one", text, (long long)-by);
        if (b->place->count == 2 && adc_is_const(b->node))
            adc_diag_help(l->diags, diag, "indices count from 0: `%s[%s - %lld]`",
                          sema_source(&l->s, b->place->child[0]), lower_size_text(l, b->length),
                          (long long)by);
    } else {
        const struct adc_node *reached =
            lower_size(l, adc_apply2(l->graph, ADC_OP_IADD, b->length, adc_int(l->graph, by - 1)));
        diag = adc_diag_add(l->diags, ADC_E15, b->index->span,
                            "`%s` reaches element %s, %s past the end", text,
                            lower_size_text(l, reached),
                            by == 1 ? "one" : sema_format(&l->s, "%lld", (long long)by));
    }
    if (!diag->notes && !diag->help) suggest_range(l, diag, b->index, b->node, b->length);
}

/* The part of 0 <= index < length that is to be checked; NULL: proved, or wrong and reported. */
static const struct adc_node *unproved(struct lower *l, const struct bound *b)
{
    const struct size *low = sizes_of(&l->sizes, b->node), *worst;
    const struct size *high = sizes_sum(&l->sizes, sizes_of(&l->sizes, b->length), -1, low);
    if (high) high = sizes_sum(&l->sizes, high, -1, sizes_constant(&l->sizes, 1));
    const struct adc_node *check = NULL;
    if (!lower_proves(l, low)) {
        int64_t by = overrun(l, low, &worst);
        if (by) {
            report_overrun(l, b, by, true);
            return NULL;
        }
        check = adc_apply2(l->graph, ADC_OP_IGE, b->node, adc_int(l->graph, 0));
    }
    if (high && lower_proves(l, high)) return check;
    int64_t by = high ? overrun(l, high, &worst) : 0;
    if (by) {
        report_overrun(l, b, by, false);
        return NULL;
    }
    return lower_and(l, check, adc_apply2(l->graph, ADC_OP_ILT, b->node, b->length));
}

static void check_bound(struct lower *l, const struct bound *b)
{
    if (has_free_range(b->index)) {
        const struct adc_node *found = b->node->in[1];
        if (lower_compare_sizes(l, found, b->length) == LOWER_DIFFERENT)
            report_sizes(l, b->place, b->index, found, b->length);
        else lower_require_equal(l, b->place, found, b->length);
        return;
    }
    const struct adc_node *check = unproved(l, b);
    if (!check)
        lower_proved(l, b->place, "index `%s` is inside 0..%s", sema_source(&l->s, b->index),
                     lower_size_text(l, b->length));
    if (check)
        lower_require_inside(l, check, b->place,
                             sema_format(&l->s, "index of `%s` outside 0..%s",
                                         sema_source(&l->s, b->place->child[0]),
                                         lower_size_text(l, b->length)));
}

/* ------------------------------------------------------------------------- slices */

/* a <= b: E15 with this text, or a check. */
static void require_order(struct lower *l, const struct ast *place, const struct adc_node *a,
                          const struct adc_node *b, const char *text)
{
    const struct size *room =
        sizes_sum(&l->sizes, sizes_of(&l->sizes, b), -1, sizes_of(&l->sizes, a));
    if (room && lower_proves(l, room)) return;
    int64_t constant;
    if (room && sizes_is_constant(room, &constant) && !lower_on_path(l)) {
        adc_diag_add(l->diags, ADC_E15, place->span, "%s", text);
        return;
    }
    lower_require_inside(l, adc_apply2(l->graph, ADC_OP_ILE, a, b), place, text);
}

/* E11 or a check; what stands in for a step that is none is 1. */
static const struct adc_node *checked_step(struct lower *l, const struct ast *place,
                                           const struct adc_node *step)
{
    const struct adc_node *one = adc_int(l->graph, 1);
    const struct lower_fact *fact = lower_fact(l, step);
    if (fact->known && fact->value.integer < 1) {
        struct adc_diag *diag = adc_diag_add(l->diags, ADC_E11, place->span, "a step is above 0");
        adc_diag_help(l->diags, diag, "`reverse` turns an array");
        return one;
    }
    if (!fact->known)
        lower_require(l, adc_apply2(l->graph, ADC_OP_IGE, step, one), place, "a step is above 0");
    return step;
}

struct slice { /* elements `first` + i*`step` of an axis; step NULL: 1 */
    const struct adc_node *first, *step, *length;
};

static struct slice slice(struct lower *l, const struct ast *node, const struct ast *range,
                          const struct lower_value *ends, const struct adc_node *length)
{
    const struct adc_node *zero = adc_int(l->graph, 0), *one = adc_int(l->graph, 1);
    const struct adc_node *low = ends->field[0] ? lower_size(l, ends->field[0]->node) : zero;
    const struct adc_node *high = ends->field[1] ? lower_size(l, ends->field[1]->node) : length;
    struct slice made = {.first = low};
    const char *array = sema_source(&l->s, node->child[0]);
    const char *text =
        sema_format(&l->s, "slice of `%s` outside 0..%s", array, lower_size_text(l, length));
    if (ends->field[0]) require_order(l, range, zero, low, text);
    if (ends->field[1]) require_order(l, range, high, length, text);
    if (ends->field[0] && ends->field[1])
        text = sema_format(&l->s, "slice of `%s` ends before it begins", array);
    require_order(l, range, low, high, text);
    made.length = lower_size(l, adc_apply2(l->graph, ADC_OP_ISUB, high, low));
    if (!ends->field[2]) return made;
    made.step = checked_step(l, range->child[2], lower_size(l, ends->field[2]->node));
    const struct adc_node *more = adc_apply2(l->graph, ADC_OP_ISUB, made.step, one);
    more = adc_apply2(l->graph, ADC_OP_IADD, made.length, more);
    made.length = lower_size(l, adc_apply2(l->graph, ADC_OP_IDIV, more, made.step));
    return made;
}

/* ------------------------------------------------------------------------ the step */

static void take_axis(struct lower *l, struct lower_access *a, unsigned axis)
{
    struct ast *index = a->place[axis];
    const struct lower_value *given = a->given[axis];
    const struct adc_node *length = a->array->shape[axis];
    struct slice part = {.length = length};
    if (given && given->node) {
        struct bound b = {a->node, index, given->node, length};
        check_bound(l, &b);
        a->at[axis] = given->node;
        return;
    }
    if (given) part = slice(l, a->node, index, given, length);
    unsigned made = a->made.rank++;
    a->made.shape[made] = part.length;
    a->made.index[made] = lower_axis(l, made, part.length);
    const struct adc_node *at = a->made.index[made];
    if (part.step) at = adc_apply2(l->graph, ADC_OP_IMUL, at, part.step);
    if (part.first) at = adc_apply2(l->graph, ADC_OP_IADD, part.first, at);
    a->at[axis] = lower_size(l, at);
}

void lower_locate(struct lower *l, struct lower_access *a)
{
    for (unsigned axis = 0; axis < a->array->rank; axis++) take_axis(l, a, axis);
}

static const struct lower_value *accessed(struct lower *l, struct lower_access *a)
{
    const struct adc_indices *scope = lower_scope(l);
    lower_locate(l, a);
    unsigned given = 0;
    for (unsigned axis = 0; axis < a->array->rank; axis++) given += a->given[axis] != NULL;
    if (a->made.rank && !given) {
        struct lower_value *same = lower_record(l, 0);
        same->array = a->array;
        return same;
    }
    for (unsigned i = 0; i < a->made.rank; i++)
        scope = adc_indices_union(l->graph, scope, a->made.index[i]->free);
    a->made.body = lower_element(l, a->array, a->at, scope);
    a->made.type = a->array->type;
    return a->made.rank ? lower_array_value(l, &a->made) : lower_scalar(l, a->made.body);
}

/* Of an array of records every field is accessed alike; a check that is there is not made again. */
const struct lower_value *lower_accessed(struct lower *l, const struct lower_access *access,
                                         const struct lower_value *value)
{
    if (value->array) {
        struct lower_access a = *access;
        a.array = value->array;
        return accessed(l, &a);
    }
    struct lower_value *made = lower_record(l, value->count);
    for (uint32_t f = 0; f < value->count; f++)
        made->field[f] = lower_accessed(l, access, value->field[f]);
    return made;
}

struct ast *lower_step_index(struct lower *l, struct ast *node, uint32_t i)
{
    if (i < node->count) return i && node->child[i]->kind == AST_ALL ? AST_SKIP : node->child[i];
    struct lower_access a = {.node = node};
    l->graph->span = node->span;
    for (uint32_t c = node->count - 1; c > 0; c--) {
        a.place[c - 1] = node->child[c];
        if (node->child[c]->kind != AST_ALL) a.given[c - 1] = lower_pop(l);
    }
    lower_check_earlier(l, &a);
    lower_push(l, lower_unique(l, node->child[0], lower_accessed(l, &a, lower_pop(l))));
    return NULL;
}

/* ------------------------------------------------------------------------------ @unique */

void lower_open_unique(struct lower *l, const struct ast *attribute)
{
    if (strcmp(attribute->text->text, "unique") != 0) return;
    struct lower_unique unique = {l->frame, attribute, false};
    ADC_PUSH(l->arena, l->unique, unique);
}

void lower_close_unique(struct lower *l, const struct ast *attributed)
{
    while (l->unique.count) {
        const struct lower_unique *last = &l->unique.data[l->unique.count - 1];
        bool own = false;
        for (uint32_t a = 1; a < attributed->count; a++)
            own |= attributed->child[a] == last->attribute;
        if (!own) return;
        const struct ast *name = last->attribute->child[0];
        l->unique.count--;
        if (last->met) continue;
        struct adc_diag *diag =
            adc_diag_add(l->diags, ADC_E51, name->span,
                         "no element of a parameter `%s` is read here", name->text->text);
        adc_diag_help(l->diags, diag,
                      "what is said belongs to elements that the statement itself "
                      "reads, as `x[%s[i]]`",
                      name->text->text);
    }
}

const struct lower_value *lower_unique(struct lower *l, const struct ast *array,
                                       const struct lower_value *value)
{
    const struct adc_node *read = value->node;
    bool narrow = read && read->op == ADC_OP_I32_TO_INT;
    if (narrow) read = read->in[0];
    if (!read || array->kind != AST_NAME || read->op != ADC_OP_READ) return value;
    if (read->in[0]->op != ADC_OP_PARAM) return value;
    for (size_t i = 0; i < l->unique.count; i++) {
        struct lower_unique *unique = &l->unique.data[i];
        bool said = unique->attribute->child[0]->symbol == array->symbol;
        if (!said || unique->frame != l->frame) continue;
        unique->met = true;
        read = adc_read_unique(l->graph, read);
        return lower_scalar(l, narrow ? adc_apply1(l->graph, ADC_OP_I32_TO_INT, read) : read);
    }
    return value;
}
