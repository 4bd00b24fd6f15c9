/* Passes of loops under way: their indices, STATEs for what the body assigns, FINALs behind. */
#include "frontend/lower.h"

/* ---------------------------------------------------------------- levels and states */

struct lower_level *lower_level(const struct lower *l, const struct adc_node *index)
{
    return index->id < l->levels.count ? l->levels.data[index->id] : NULL;
}

void lower_note_level(struct lower *l, struct lower_level *level)
{
    while (l->levels.count <= level->index->id)
        ADC_PUSH(l->arena, l->levels, (struct lower_level *)NULL);
    l->levels.data[level->index->id] = level;
}

struct lower_state *lower_state(struct lower *l, uint32_t number)
{
    number &= ~ADC_STATE_HISTORY;
    while (l->states.count <= number)
        ADC_PUSH(l->arena, l->states, (struct lower_state){.init = 0});
    return &l->states.data[number];
}

static const struct adc_node *new_state(struct lower *l, const struct lower_pass *pass,
                                        const struct adc_node *init, bool history)
{
    const struct adc_node *state = adc_state(l->graph, pass->level->index, init, history);
    *lower_state(l, state->number) = (struct lower_state){.init = init, .level = pass->level};
    return state;
}

/* -------------------------------------------------------------------------- open */

static const struct adc_node *apply(struct lower *l, enum adc_op op, const struct adc_node *x,
                                    const struct adc_node *y)
{
    return adc_apply2(l->graph, op, x, y);
}

static void check_step(struct lower *l, const struct ast *place, const struct adc_node *step)
{
    const struct lower_fact *fact = lower_fact(l, step);
    if (fact->known && fact->value.integer < 1) {
        struct adc_diag *diag = adc_diag_add(l->diags, ADC_E11, place->span, "a step is above 0");
        adc_diag_help(l->diags, diag, "`reverse(a..b)` goes down");
    }
    if (!fact->known)
        lower_require(l, apply(l, ADC_OP_IGE, step, adc_int(l->graph, 1)), place,
                      "a step is above 0");
}

/* The index, its value as the program sees it and the number of passes. */
static void make_index(struct lower *l, struct lower_pass *pass, const struct lower_range *range)
{
    struct lower_loop *loop = l->loop;
    const struct adc_node *low = range->low, *high = range->high;
    const struct adc_indices *around = loop->around;
    if (!lower_may_open(l, pass->binder)) {
        low = high = adc_int(l->graph, 0);
        around = NULL;
    }
    pass->low = low;
    pass->length = lower_size(l, apply(l, ADC_OP_ISUB, high, low));
    if (range->step) {
        const struct adc_node *more = apply(l, ADC_OP_ISUB, range->step, adc_int(l->graph, 1));
        check_step(l, pass->binder->child[0]->child[2], range->step);
        pass->length = apply(l, ADC_OP_IADD, pass->length, more);
        pass->length = lower_size(l, apply(l, ADC_OP_IDIV, pass->length, range->step));
        low = adc_int(l->graph, 0);
        high = pass->length;
    }
    pass->level->index = pass->value = adc_loop_index(l->graph, low, high, around);
    adc_graph_set_name(l->graph, pass->value, pass->binder->symbol->name);
    adc_graph_set_hint(l->graph, pass->level->index, pass->binder->symbol->hint);
    if (range->step)
        pass->value = lower_size(
            l, apply(l, ADC_OP_IADD, range->low, apply(l, ADC_OP_IMUL, pass->value, range->step)));
    loop->around = adc_indices_union(l->graph, around, pass->level->index->free);
}

/* Of a guard over several indices: what each level has to know. */
static void carry_extra(struct lower *l, struct lower_pass *pass)
{
    struct adc_graph *graph = l->graph;
    struct lower_level *level = pass->level;
    pass->extra =
        new_state(l, pass, pass->inner ? adc_int(graph, 0) : adc_bool(graph, true), false);
    if (!pass->inner) level->guard = lower_and(l, level->guard, pass->extra);
}

void lower_carry(struct lower *l, struct lower_loop *loop, struct lower_pass *pass)
{
    size_t count = loop->cells.count;
    pass->inits = ADC_NEW_ARRAY(l->arena, const struct adc_node *, loop->leaves);
    pass->states = ADC_NEW_ARRAY(l->arena, const struct adc_node *, loop->leaves);
    pass->outside = ADC_NEW_ARRAY(l->arena, const struct lower_value *, count);
    const struct adc_node **init = pass->inits, **state = pass->states;
    for (size_t c = 0; c < count; c++) init = lower_leaves(l, loop->cells.data[c]->value, init);
    for (uint32_t i = 0; i < loop->leaves; i++)
        pass->states[i] = new_state(l, pass, pass->inits[i], loop->history);
    for (size_t c = 0; c < count; c++) {
        struct lower_cell *cell = loop->cells.data[c];
        pass->outside[c] = cell->value;
        cell->value = lower_defined(l, cell->symbol, lower_like(l, cell->value, &state));
    }
}

void lower_open_pass(struct lower *l, const struct ast *binder, const struct lower_range *range)
{
    struct lower_loop *loop = l->loop;
    const struct ast *binders = loop->node->child[0];
    struct lower_pass *pass = ADC_NEW(l->arena, struct lower_pass);
    pass->outer = loop->pass;
    pass->binder = binder;
    pass->inner = binder == binders->child[binders->count - 1];
    pass->down = (binder->flag & AST_BINDER_DOWN) != 0;
    pass->level = ADC_NEW(l->arena, struct lower_level);
    pass->level->parallel = loop->node->kind == AST_FOR && loop->node->flag & AST_FOR_PARALLEL;
    if (!pass->outer) {
        pass->level->guard = loop->path;
        pass->level->in_arm = loop->path != NULL;
    }
    make_index(l, pass, range);
    lower_note_level(l, pass->level);
    loop->pass = pass;
    lower_open_index(l, binder, pass->level->index, pass->value);
    if (loop->history) return;
    lower_carry(l, loop, pass);
    if (loop->node->child[1] && binders->count > 1) carry_extra(l, pass);
}

/* -------------------------------------------------------------------------- close */

/* All components in one list. */
struct closing {
    struct adc_carried *carried;
    unsigned count;
};

static void add(struct lower *l, struct closing *c, const struct adc_node *state,
                const struct adc_node *next)
{
    struct lower_state *known = lower_state(l, state->number);
    known->next = next;
    c->carried[c->count++] = (struct adc_carried){state, known->init, next};
}

static const struct adc_node *next_extra(struct lower *l, const struct lower_pass *pass)
{
    if (!pass->inner) return l->loop->complete;
    return apply(l, ADC_OP_IADD, pass->extra, adc_int(l->graph, 1));
}

static void make_loop(struct lower *l, struct lower_pass *pass, const struct closing *c)
{
    struct lower_level *level = pass->level;
    struct adc_loop loop = {.index = level->index, .guard = level->guard, .down = pass->down};
    if (!c->count && !level->guard) return;
    loop.carried = c->carried;
    loop.count = c->count;
    if (!pass->outer) loop.checkpoint = (uint32_t)l->loop->node->integer;
    level->loop = adc_loop(l->graph, &loop);
}

/* The guard is asked once more than passes are made, unless all are: what it checks is checked then
 * too, where the loop ended. */
static void check_end(struct lower *l, const struct lower_pass *pass, const struct adc_node *passes)
{
    const struct lower_loop *loop = l->loop;
    const struct adc_node *last = adc_final(l->graph, pass->level->loop, passes);
    const struct adc_node *early = apply(l, ADC_OP_ILT, last, pass->length);
    const struct adc_loop parts = adc_loop_parts(pass->level->loop);
    const struct adc_node **from, **to;
    from = ADC_NEW_ARRAY(l->arena, const struct adc_node *, parts.count + 1);
    to = ADC_NEW_ARRAY(l->arena, const struct adc_node *, parts.count + 1);
    for (unsigned i = 0; i < parts.count; i++) {
        from[i] = adc_loop_carried(pass->level->loop, i).state;
        to[i] = adc_final(l->graph, pass->level->loop, from[i]);
    }
    from[parts.count] = pass->level->index;
    const struct adc_node *end = apply(l, ADC_OP_ISUB, pass->level->index->in[1], last);
    to[parts.count] = pass->down ? apply(l, ADC_OP_ISUB, end, adc_int(l->graph, 1))
                                 : apply(l, ADC_OP_IADD, pass->level->index->in[0], last);
    for (size_t c = loop->first_check; c < loop->end_check; c++) {
        struct lower_check check = l->checks.data[c];
        if (check.instance != l->instance) continue;
        const struct adc_node *path = check.path;
        if (path) path = lower_substitute(l, path, from, to, parts.count + 1);
        lower_require_also(l, &check,
                           lower_substitute(l, check.condition, from, to, parts.count + 1),
                           lower_and(l, early, path));
    }
}

/* The cells' values behind the loop; what no pass changes is what it was. */
static void leave(struct lower *l, const struct lower_pass *pass, const struct adc_node **next)
{
    const struct lower_loop *loop = l->loop;
    uint32_t i = 0;
    for (size_t c = 0; c < loop->cells.count; c++) {
        struct lower_cell *cell = loop->cells.data[c];
        const struct adc_node **leaves = next + i;
        bool changed = false;
        for (uint32_t n = lower_leaf_count(pass->outside[c]); n > 0; n--, i++) {
            bool same = next[i] == pass->states[i];
            changed |= !same;
            const struct adc_node *at_once = same ? NULL : lower_parallel(l, pass, i, next[i]);
            if (at_once) next[i] = at_once;
            else if (same) next[i] = pass->inits[i];
            else next[i] = adc_final(l->graph, pass->level->loop, pass->states[i]);
        }
        cell->value = changed ? lower_like(l, pass->outside[c], &leaves) : pass->outside[c];
    }
}

void lower_close_pass(struct lower *l)
{
    struct lower_loop *loop = l->loop;
    struct lower_pass *pass = loop->pass;
    const struct adc_node **next = ADC_NEW_ARRAY(l->arena, const struct adc_node *, loop->leaves);
    const struct adc_node **end = next;
    struct closing c = {.count = 0};
    bool checks = pass->inner && loop->end_check > loop->first_check;
    const struct adc_node *passes = pass->inner ? pass->extra : NULL;
    c.carried = ADC_NEW_ARRAY(l->arena, struct adc_carried, loop->leaves + 2);
    if (pass->inner) pass->level->guard = lower_and(l, pass->level->guard, loop->guard);
    for (size_t n = 0; n < loop->cells.count; n++)
        end = lower_leaves(l, loop->cells.data[n]->value, end);
    for (uint32_t i = 0; i < loop->leaves; i++) add(l, &c, pass->states[i], next[i]);
    if (pass->extra) add(l, &c, pass->extra, next_extra(l, pass));
    if (checks && !passes) {
        passes = new_state(l, pass, adc_int(l->graph, 0), false);
        add(l, &c, passes, apply(l, ADC_OP_IADD, passes, adc_int(l->graph, 1)));
    }
    make_loop(l, pass, &c);
    l->open.count--;
    loop->pass = pass->outer;
    leave(l, pass, next);
    if (checks) check_end(l, pass, passes);
    if (!pass->extra) return;
    loop->complete = adc_final(l->graph, pass->level->loop, pass->extra);
    if (pass->inner) loop->complete = apply(l, ADC_OP_IGE, loop->complete, pass->length);
}
