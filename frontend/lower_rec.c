/* Lowering of `rec`: loops whose components are histories, each element put once.
 *
 * A history has the axes of the indices, then those of an element. The latter's lengths are told by
 * a branch that reads no element, or by the value itself, lowered for elements of unknown length;
 * both under an arm that is never taken. */
#include "frontend/lower.h"

/* ------------------------------------------------------------------ a first look */

static bool reads_itself(struct lower *l, const struct ast *value, const struct sema_symbol *rec)
{
    ADC_VEC(const struct ast *) stack = {0};
    ADC_PUSH(l->arena, stack, value);
    while (stack.count) {
        const struct ast *node = stack.data[--stack.count];
        if (node->kind == AST_NAME && node->symbol == rec) return true;
        for (uint32_t c = 0; c < node->count; c++)
            if (node->child[c]) ADC_PUSH(l->arena, stack, node->child[c]);
    }
    return false;
}

/* The branch that tells the shape of an element; else the whole value. */
static struct ast *telling(struct lower *l, struct ast *value, const struct sema_symbol *rec)
{
    ADC_VEC(struct ast *) stack = {0};
    ADC_PUSH(l->arena, stack, value);
    while (stack.count) {
        struct ast *node = stack.data[--stack.count];
        if (!reads_itself(l, node, rec)) return node;
        if (node->kind == AST_BLOCK && node->count == 1) ADC_PUSH(l->arena, stack, node->child[0]);
        if (node->kind != AST_IF) continue;
        ADC_PUSH(l->arena, stack, node->child[2]);
        ADC_PUSH(l->arena, stack, node->child[1]);
    }
    return value;
}

static bool has_arrays(const struct sema_type *type)
{
    if (type->kind == SEMA_TENSOR) return true;
    for (uint32_t f = 0; type->kind == SEMA_RECORD && f < type->count; f++)
        if (has_arrays(type->fields[f].type)) return true;
    return false;
}

/* Zeros; axes behind the first ones have the unknown length. */
static const struct lower_value *unknown_value(struct lower *l, const struct sema_type *type,
                                               const struct lower_array *known)
{
    struct lower_array made = *known;
    if (type->kind != SEMA_TENSOR) {
        struct lower_value *record = lower_record(l, type->count);
        for (uint32_t f = 0; f < type->count; f++)
            record->field[f] = unknown_value(l, type->fields[f].type, known);
        return record;
    }
    made.rank = type->rank;
    made.type = type->scalar;
    for (unsigned i = 0; i < made.rank; i++) {
        if (i >= known->rank) made.shape[i] = l->loop->unknown;
        made.index[i] = lower_axis(l, i, made.shape[i]);
    }
    made.body = adc_const(l->graph, made.type, (union adc_value){.bits = 0});
    return lower_array_value(l, &made);
}

/* ---------------------------------------------------------------------- indices */

/* The passes from the outermost on; loops come first among the indices. */
struct axes {
    const struct lower_pass *pass[ADC_MAX_RANK];
    unsigned loops, count;                    /* of the indices */
    const struct adc_node *low[ADC_MAX_RANK]; /* of each index */
    const struct adc_node *at[ADC_MAX_RANK];  /* the element of this pass */
    const struct adc_node *length[ADC_MAX_RANK];
};

static const struct adc_node *minus(struct lower *l, const struct adc_node *a,
                                    const struct adc_node *b)
{
    return lower_size(l, adc_apply2(l->graph, ADC_OP_ISUB, a, b));
}

static void find_axes(struct lower *l, const struct lower_loop *loop, struct axes *axes)
{
    *axes = (struct axes){.count = loop->node->child[0]->count};
    for (const struct lower_pass *pass = loop->pass; pass; pass = pass->outer) axes->loops++;
    unsigned at = axes->loops;
    for (const struct lower_pass *pass = loop->pass; pass; pass = pass->outer)
        axes->pass[--at] = pass;
    for (unsigned i = 0; i < axes->count; i++) {
        const struct adc_node *index = l->open.data[loop->open + i].index;
        axes->low[i] = index->in[0];
        axes->at[i] = minus(l, index, index->in[0]);
        axes->length[i] = minus(l, index->in[1], index->in[0]);
        if (axes->length[i]->free) axes->length[i] = adc_int(l->graph, 0); /* an error */
    }
}

static void check_axes(struct lower *l, const struct ast *node)
{
    const struct ast *binders = node->child[0];
    const struct adc_node *index[ADC_MAX_RANK];
    for (unsigned i = 0; i < binders->count; i++) {
        index[i] = l->open.data[l->loop->open + i].index;
        if (!lower_check_axis(l, binders->child[i], index[i], index, i)) continue;
        if (index[i]->in[0]->free || index[i]->in[1]->free) lower_refuse_length(l);
    }
}

static const struct sema_type *element_type(struct lower *l, const struct ast *node)
{
    struct sema_types *types = &l->module->types;
    const struct sema_type *type = node->symbol->type;
    return sema_tensor(types, sema_element(types, type), type->rank - node->child[0]->count);
}

/* --------------------------------------------------------------------- histories */

struct histories {
    const struct axes *axes;
    struct lower_pass *pass;
    uint32_t count;
};

static const struct lower_value *history(struct lower *l, struct histories *h,
                                         const struct lower_value *element)
{
    const struct adc_node *shape[ADC_MAX_RANK];
    const struct lower_array *array = element->array;
    unsigned rank = h->axes->count;
    if (!element->node && !array) {
        struct lower_value *record = lower_record(l, element->count);
        for (uint32_t f = 0; f < element->count; f++)
            record->field[f] = history(l, h, element->field[f]);
        return record;
    }
    for (unsigned i = 0; i < rank; i++) shape[i] = h->axes->length[i];
    for (unsigned i = 0; array && i < array->rank; i++) shape[rank++] = array->shape[i];
    enum adc_type type = array ? array->type : (enum adc_type)element->node->type;
    const struct lower_pass *outer = h->pass->outer;
    const struct adc_node *state =
        adc_state_array(l->graph, h->pass->level->index, type, shape, rank, true);
    const struct adc_node *init = outer ? outer->states[h->count] : adc_zero_like(l->graph, state);
    *lower_state(l, state->number) = (struct lower_state){init, NULL, h->pass->level};
    adc_graph_set_name(l->graph, state, l->loop->node->symbol->name);
    h->pass->states[h->count] = state;
    h->pass->inits[h->count++] = init;
    return lower_stored(l, state);
}

/* Each loop carries the histories of all elements. */
static void carry(struct lower *l, struct lower_loop *loop)
{
    struct axes axes;
    find_axes(l, loop, &axes);
    struct lower_cell *cell = loop->cells.data[0];
    if (!lower_is_closed(loop->element)) {
        lower_refuse_length(l);
        loop->element = lower_zero(l, element_type(l, loop->node));
    }
    loop->leaves = lower_leaf_count(loop->element);
    for (unsigned i = 0; i < axes.loops; i++) {
        struct lower_pass *pass = (struct lower_pass *)axes.pass[i];
        struct histories h = {.axes = &axes, .pass = pass};
        pass->states = ADC_NEW_ARRAY(l->arena, const struct adc_node *, loop->leaves);
        pass->inits = ADC_NEW_ARRAY(l->arena, const struct adc_node *, loop->leaves);
        pass->outside = ADC_NEW_ARRAY(l->arena, const struct lower_value *, 1);
        cell->value = history(l, &h, loop->element);
        pass->outside[0] = cell->value; /* for its form */
    }
}

/* ----------------------------------------------------------------------- putting */

static const struct lower_value *with_element(struct lower *l, const struct axes *axes,
                                              const struct lower_value *all,
                                              const struct lower_value *element)
{
    const struct adc_node *target[ADC_MAX_RANK], *index[ADC_MAX_RANK];
    struct lower_array *array = element->array ? lower_apart(l, element->array) : NULL;
    if (!all->array) {
        struct lower_value *record = lower_record(l, all->count);
        for (uint32_t f = 0; f < all->count; f++)
            record->field[f] = with_element(l, axes, all->field[f], element->field[f]);
        return record;
    }
    struct adc_nest nest = {.reduce = ADC_REDUCE_SET, .rank = all->array->rank};
    for (unsigned i = 0; i < axes->count; i++) target[i] = axes->at[i];
    for (unsigned i = axes->loops; i < axes->count; i++)
        index[nest.index_count++] = l->open.data[l->loop->open + i].index;
    for (unsigned i = 0; array && i < array->rank; i++)
        target[axes->count + i] = index[nest.index_count++] = array->index[i];
    nest.value = array ? array->body : element->node;
    nest.target = target;
    nest.index = index;
    nest.shape = all->array->shape;
    const struct adc_node *state = all->array->stored;
    return lower_stored(l, adc_put(l->graph, state, lower_nest(l, &nest)));
}

static void end_rec(struct lower *l, struct ast *node, const struct lower_value *element)
{
    struct lower_loop *loop = l->loop;
    struct lower_cell *cell = loop->cells.data[0];
    struct axes axes;
    find_axes(l, loop, &axes);
    if (node->child[1]) lower_expect_shape(l, node->child[1], element, node->child[2]);
    if (lower_same_shapes(l, node->child[2], loop->element, element))
        cell->value = with_element(l, &axes, cell->value, element);
    l->open.count = loop->open + axes.loops;
    while (loop->pass) lower_close_pass(l);
    loop->cells.count = 0;
    lower_end_loop(l);
    lower_define(l, node->symbol, cell->value);
    lower_push(l, l->unit);
}

/* ---------------------------------------------------------------------- the step */

static void begin_rec(struct lower *l, const struct ast *node)
{
    struct lower_cell *cell = lower_cell(l, node->symbol);
    *cell = (struct lower_cell){.symbol = node->symbol};
    lower_begin_loop(l, node);
    ADC_PUSH(l->arena, l->loop->cells, cell);
}

/* Zeros of the shape written in the type of an array; NULL if that leaves a size open. */
static const struct lower_value *written(struct lower *l, const struct ast *node,
                                         const struct sema_type *type)
{
    struct lower_array made = {.type = type->scalar, .rank = type->rank};
    struct lower_type shape = {.frame = l->frame};
    lower_written(l, node->child[1], l->frame, true, &shape);
    for (unsigned i = 0; i < made.rank; i++) {
        made.shape[i] = lower_axis_size(l, &shape.axis[i]);
        if (!made.shape[i]) return NULL;
        made.index[i] = lower_axis(l, i, made.shape[i]);
    }
    made.body = adc_const(l->graph, made.type, (union adc_value){.bits = 0});
    return lower_array_value(l, &made);
}

/* Looks for the lengths of an element first, unless it is made of scalars or they are written. */
static struct ast *begin_trial(struct lower *l, struct ast *node)
{
    struct lower_loop *loop = l->loop;
    struct lower_array known = {.rank = node->child[0]->count};
    const struct sema_type *type = element_type(l, node);
    check_axes(l, node);
    if (node->child[1] && type->kind == SEMA_TENSOR) loop->element = written(l, node, type);
    if (loop->element) return AST_SKIP;
    if (!has_arrays(type)) {
        loop->element = lower_zero(l, type);
        return AST_SKIP;
    }
    const struct adc_node *none = adc_int(l->graph, 0);
    struct axes axes;
    find_axes(l, loop, &axes);
    loop->trial = true;
    loop->unknown = lower_derived_index(l, lower_axis(l, 0, none));
    for (unsigned i = 0; i < known.rank; i++) known.shape[i] = axes.length[i];
    loop->cells.data[0]->value = unknown_value(l, node->symbol->type, &known);
    lower_open_arm(l, adc_bool(l->graph, false), false);
    return telling(l, node->child[2], node->symbol);
}

static bool is_known(const struct lower_value *value, const struct adc_node *unknown)
{
    for (unsigned i = 0; value->array && i < value->array->rank; i++)
        if (adc_indices_has(value->array->shape[i]->free, unknown)) return false;
    for (uint32_t f = 0; f < value->count; f++)
        if (!is_known(value->field[f], unknown)) return false;
    return true;
}

static void end_trial(struct lower *l, const struct ast *node)
{
    struct lower_loop *loop = l->loop;
    const struct sema_type *type = element_type(l, node);
    if (!loop->trial) return;
    loop->trial = false;
    l->arm = l->arm->outer;
    loop->element = lower_convert(l, lower_pop(l), type);
    if (is_known(loop->element, loop->unknown)) return;
    const char *name = node->text->text;
    struct adc_diag *diag = adc_diag_add(l->diags, ADC_E20, sema_at(node),
                                         "cannot tell the shape of the elements of `%s`", name);
    adc_diag_help(l->diags, diag, "write its type: `rec %s[...]: real[N] = ...`", name);
    loop->element = lower_zero(l, type);
}

struct ast *lower_step_rec(struct lower *l, struct ast *node, uint32_t i)
{
    l->graph->span = node->span;
    if (i == 0) {
        begin_rec(l, node);
        return node->child[0];
    }
    if (i == 1) {
        lower_pop(l);
        return begin_trial(l, node);
    }
    if (i == 2) {
        end_trial(l, node);
        carry(l, l->loop);
        return node->child[2];
    }
    end_rec(l, node, lower_convert(l, lower_pop(l), element_type(l, node)));
    return NULL;
}

/* ------------------------------------------------------------------- what is read */

static struct lower_loop *rec_of(struct lower *l, const struct ast *name)
{
    struct lower_loop *loop = l->loop;
    if (name->kind != AST_NAME || !name->symbol) return NULL;
    while (loop && (!loop->history || loop->node->symbol != name->symbol)) loop = loop->outer;
    return loop && !loop->trial ? loop : NULL;
}

static const struct lower_value *moved(struct lower *l, const struct lower_value *given,
                                       const struct adc_node *low)
{
    if (!given) return NULL;
    if (given->node) return lower_scalar(l, minus(l, given->node, low));
    struct lower_value *ends = lower_record(l, 2);
    for (unsigned e = 0; e < 2; e++) ends->field[e] = moved(l, given->field[e], low);
    return ends;
}

/* The last element read along an axis, as the loop goes; NULL: all are. */
static const struct adc_node *last_read(struct lower *l, const struct lower_value *given, bool down)
{
    if (!given || given->node) return given ? given->node : NULL;
    const struct lower_value *end = given->field[down ? 0 : 1];
    if (!end) return NULL;
    return down ? end->node : minus(l, end->node, adc_int(l->graph, 1));
}

enum decision { EARLIER, SAME, LATER, UNKNOWN };

/* `ahead` = how far the loop is ahead of what is read. */
static enum decision decide(struct lower *l, const struct adc_node *ahead)
{
    const struct size *size = sizes_of(&l->sizes, ahead);
    const struct size *more = sizes_sum(&l->sizes, size, -1, sizes_constant(&l->sizes, 1));
    int64_t constant;
    if (sizes_is_constant(size, &constant))
        return constant > 0 ? EARLIER : constant == 0 ? SAME : LATER;
    return more && lower_proves(l, more) ? EARLIER : UNKNOWN;
}

static void report_later(struct lower *l, const struct lower_loop *loop, const struct ast *read)
{
    const struct ast *binder = loop->node->child[0]->child[0];
    struct adc_diag *diag = adc_diag_add(
        l->diags, ADC_E19, read->span, "`%s` is read before it is computed; `rec` goes %s in `%s`",
        sema_source(&l->s, read), binder->flag & AST_BINDER_DOWN ? "downwards" : "upwards",
        binder->text->text);
    if (!diag->notes) adc_diag_note(l->diags, diag, loop->node->symbol->span, "defined here");
}

/* Lexicographically earlier, as what remains to be checked: NULL is true; `*late`: surely not. */
static const struct adc_node *earlier(struct lower *l, const struct axes *axes,
                                      const struct lower_access *access, bool *late)
{
    const struct adc_node *ahead[ADC_MAX_RANK], *zero = adc_int(l->graph, 0);
    const struct adc_node *rest = adc_bool(l->graph, false);
    unsigned unknown = 0;
    bool open = true;
    for (unsigned i = 0; open && i < axes->loops; i++) {
        bool down = axes->pass[i]->down;
        const struct adc_node *at = last_read(l, access->given[i], down);
        if (!at) break;
        const struct adc_node *gap = down ? minus(l, at, axes->at[i]) : minus(l, axes->at[i], at);
        enum decision decision = decide(l, gap);
        if (decision == EARLIER) rest = NULL;
        if (decision == UNKNOWN) ahead[unknown++] = gap;
        open = decision == UNKNOWN ? access->given[i]->node != NULL : decision == SAME;
    }
    *late = rest && !unknown;
    while (unknown > 0) {
        const struct adc_node *gap = ahead[--unknown];
        const struct adc_node *above = adc_apply2(l->graph, ADC_OP_IGT, gap, zero);
        const struct adc_node *equal = adc_apply2(l->graph, ADC_OP_IEQ, gap, zero);
        equal = lower_and(l, equal, rest);
        rest = adc_apply3(l->graph, ADC_OP_IF, above, adc_bool(l->graph, true), equal);
    }
    return rest;
}

void lower_check_earlier(struct lower *l, struct lower_access *access)
{
    const struct lower_loop *loop = rec_of(l, access->node->child[0]);
    struct axes axes;
    bool late;
    if (!loop) return;
    find_axes(l, loop, &axes);
    for (unsigned i = 0; i < axes.count; i++) {
        bool zero = adc_is_const(axes.low[i]) && axes.low[i]->value.integer == 0;
        if (!zero) access->given[i] = moved(l, access->given[i], axes.low[i]);
    }
    const struct adc_node *check = earlier(l, &axes, access, &late);
    if (late) report_later(l, loop, access->node);
    else if (check)
        lower_require(l, check, access->node,
                      sema_format(&l->s, "`%s` is read before it is computed",
                                  sema_source(&l->s, access->node)));
}
