/* Lowering of `for`: what its body assigns, and the loops of its indices from outermost to
 * innermost.
 *
 * Each index is a loop of the graph; the inits of an inner one are the STATEs of the outer. A guard
 * stands in the innermost loop. Outer loops carry whether all passes inside were made, and end when
 * one was not. */
#include "frontend/lower.h"

/* --------------------------------------------------------------- looking at the text */

static uint32_t first_serial(const struct ast *node)
{
    return node->child[0]->child[0]->symbol ? node->child[0]->child[0]->symbol->serial : 0;
}

/* A name from before the loop with a cell of the function at hand. */
static struct lower_cell *cell_before(struct lower *l, const struct ast *name, uint32_t serial)
{
    const struct sema_symbol *symbol = name->symbol;
    if (!symbol || symbol->serial == 0 || symbol->serial >= serial) return NULL;
    switch (symbol->kind) {
    case SYMBOL_PARAM:
    case SYMBOL_LET:
    case SYMBOL_MUT:
    case SYMBOL_INDEX:
    case SYMBOL_DIM: return lower_cell(l, symbol);
    default: return NULL;
    }
}

static void note_target(struct lower *l, struct lower_loop *loop, const struct ast *target)
{
    uint32_t serial = first_serial(loop->node);
    while (target->kind == AST_FIELD || target->kind == AST_INDEX) target = target->child[0];
    struct lower_cell *cell = target->kind == AST_NAME ? cell_before(l, target, serial) : NULL;
    for (size_t c = 0; cell && c < loop->cells.count; c++)
        if (loop->cells.data[c] == cell) return;
    if (cell) ADC_PUSH(l->arena, loop->cells, cell);
}

static void note(struct lower *l, struct lower_loop *loop, const struct ast *node)
{
    if (node->kind == AST_NAME) {
        const struct lower_cell *cell = cell_before(l, node, first_serial(loop->node));
        if (!cell || !cell->value) return;
        const struct adc_indices *free = lower_free(l, cell->value);
        loop->around = adc_indices_union(l->graph, loop->around, free);
    } else if (node->kind == AST_ASSIGN) {
        const struct ast *target = node->child[0];
        if (target->kind != AST_TUPLE) note_target(l, loop, target);
        for (uint32_t t = 0; target->kind == AST_TUPLE && t < target->count; t++)
            note_target(l, loop, target->child[t]);
    }
}

static struct ast *note_step(void *visitor, struct ast *node, uint32_t i)
{
    struct lower *l = visitor;
    if (i == 0) note(l, l->loop, node);
    if (i == node->count) return NULL;
    return node->child[i] ? node->child[i] : AST_SKIP;
}

/* --------------------------------------------------------------------- begin, end */

static bool has_array(const struct lower_value *value)
{
    for (uint32_t i = 0; i < value->count; i++)
        if (has_array(value->field[i])) return true;
    return value->array != NULL;
}

bool lower_is_closed(const struct lower_value *value)
{
    for (unsigned i = 0; value->array && i < value->array->rank; i++)
        if (value->array->shape[i]->free) return false;
    for (uint32_t i = 0; i < value->count; i++)
        if (!lower_is_closed(value->field[i])) return false;
    return true;
}

void lower_refuse_length(struct lower *l)
{
    sema_unsupported(&l->s, sema_at(l->loop->node),
                     "a loop that changes an array whose length depends on an index");
}

/* What the cells are outside. Assignments of the body are none of the arms around. */
static void take_cells(struct lower *l, struct lower_loop *loop)
{
    size_t count = loop->cells.count;
    uint32_t depth = l->arm ? l->arm->depth : 0;
    bool closed = true;
    loop->before = ADC_NEW_ARRAY(l->arena, const struct lower_value *, count);
    loop->depths = ADC_NEW_ARRAY(l->arena, uint32_t, count);
    for (size_t c = 0; c < count; c++) {
        struct lower_cell *cell = loop->cells.data[c];
        loop->before[c] = cell->value;
        loop->depths[c] = cell->arm_depth;
        loop->leaves += lower_leaf_count(cell->value);
        closed &= lower_is_closed(cell->value);
        bool joined = cell->arm_depth < depth && has_array(cell->value);
        if (joined) loop->path = lower_local_path(l);
        cell->arm_depth = depth;
    }
    bool small = loop->leaves + 2 < ADC_MAX_CARRIED;
    if (small && closed) return;
    if (!closed) lower_refuse_length(l);
    if (!small)
        adc_diag_add(l->diags, ADC_E37, sema_at(loop->node), "a loop changes more than %d values",
                     ADC_MAX_CARRIED - 2);
    loop->cells.count = loop->leaves = 0;
}

void lower_begin_loop(struct lower *l, const struct ast *node)
{
    struct lower_loop *loop = ADC_NEW(l->arena, struct lower_loop);
    loop->outer = l->loop;
    loop->node = node;
    loop->base = l->frame->base;
    loop->open = l->open.count;
    loop->history = node->kind == AST_REC;
    loop->first_mark = l->graph->mark_count;
    l->loop = loop;
    ast_walk(l->arena, (struct ast *)node, note_step, l); /* which only reads */
    take_cells(l, loop);
}

void lower_end_loop(struct lower *l)
{
    struct lower_loop *loop = l->loop;
    l->frame->base = loop->base;
    l->loop = loop->outer;
    for (size_t p = 0; p < loop->pasts.count; p++) lower_check_past(l, &loop->pasts.data[p]);
    for (size_t c = 0; c < loop->cells.count; c++) {
        struct lower_cell *cell = loop->cells.data[c];
        const struct lower_value *after = cell->value;
        cell->value = loop->before[c];
        cell->arm_depth = loop->depths[c];
        if (after != cell->value) lower_assign(l, cell, lower_defined(l, cell->symbol, after));
    }
}

/* ------------------------------------------------------------------------- the step */

/* The body runs under the guard. */
static void begin_body(struct lower *l, const struct ast *guard)
{
    l->loop->end_check = l->checks.count;
    if (guard) {
        l->loop->guard = lower_pop(l)->node;
        lower_open_arm(l, l->loop->guard, false);
    }
    l->frame->base = l->arm ? l->arm->depth : 0;
    for (size_t c = 0; c < l->loop->cells.count; c++)
        l->loop->cells.data[c]->arm_depth = l->frame->base;
}

static void end_body(struct lower *l)
{
    if (l->loop->guard) l->arm = l->arm->outer; /* what it logged was never to be taken back */
    while (l->loop->pass) lower_close_pass(l);
    lower_end_loop(l);
    lower_push(l, l->unit);
}

struct ast *lower_step_for(struct lower *l, struct ast *node, uint32_t i)
{
    struct ast *binders = node->child[0], *guard = node->child[1];
    uint32_t count = binders->count;
    if (i == 0) lower_begin_loop(l, node);
    else if (i <= count || i == count + 2) lower_pop(l);
    l->graph->span = node->span;
    if (i < count) return binders->child[i];
    if (i == count) {
        l->loop->first_check = l->checks.count;
        return guard ? guard : AST_SKIP;
    }
    if (i == count + 1) {
        begin_body(l, guard);
        return node->child[2];
    }
    end_body(l);
    return NULL;
}
