/* Conditions over all points and passes, for the checks of what is under indices and in loops.
 *
 * A condition in a loop that depends on what the loop carries, or on how long it runs, is a further
 * component of the same loop: whether it held so far. */
#include "frontend/lower.h"

/* ------------------------------------------------------------------------- points */

static const struct adc_node *over_points(struct lower *l, const struct adc_node *condition,
                                          const struct adc_node *index, bool always)
{
    struct adc_nest nest = {.reduce = always ? ADC_REDUCE_ALL : ADC_REDUCE_ANY};
    const struct adc_node *own = index;
    if (lower_level(l, index)) own = lower_derived_index(l, index); /* a loop's is its own */
    if (own != index) condition = lower_substitute(l, condition, &index, &own, 1);
    nest.value = condition;
    nest.index = &own;
    nest.index_count = 1;
    return lower_nest(l, &nest);
}

/* ------------------------------------------------------------------------- passes */

/* A loop's parts in one list, to be replaced alike. */
struct copy {
    const struct adc_node **from, **to;
    unsigned count;
};

static void replace_by(struct copy *copy, const struct adc_node *from, const struct adc_node *to)
{
    copy->from[copy->count] = from;
    copy->to[copy->count++] = to;
}

static const struct adc_node *copied(struct lower *l, const struct copy *copy,
                                     const struct adc_node *node)
{
    return lower_substitute(l, node, copy->from, copy->to, copy->count);
}

/* The loop and the condition again, by an index in whose scope `more` stands. */
static struct lower_level *wider(struct lower *l, const struct lower_level *level,
                                 const struct adc_indices *more, const struct adc_node **condition)
{
    const struct adc_node *index = level->index;
    struct adc_loop loop = adc_loop_parts(level->loop);
    struct lower_level *made = ADC_NEW(l->arena, struct lower_level);
    struct adc_carried *carried = ADC_NEW_ARRAY(l->arena, struct adc_carried, loop.count);
    struct copy copy = {.count = 0};
    copy.from = ADC_NEW_ARRAY(l->arena, const struct adc_node *, loop.count + 1);
    copy.to = ADC_NEW_ARRAY(l->arena, const struct adc_node *, loop.count + 1);
    more = adc_indices_union(
        l->graph, more, adc_indices_minus(l->graph, index->free, adc_indices_of(l->graph, index)));
    made->index = adc_loop_index(l->graph, index->in[0], index->in[1], more);
    adc_graph_set_hint(l->graph, made->index, adc_graph_hint(l->graph, index));
    lower_note_level(l, made);
    replace_by(&copy, index, made->index);
    for (unsigned i = 0; i < loop.count; i++) {
        struct adc_carried one = adc_loop_carried(level->loop, i);
        carried[i].state = adc_state(l->graph, made->index, one.state, adc_is_history(one.state));
        replace_by(&copy, one.state, carried[i].state);
    }
    for (unsigned i = 0; i < loop.count; i++) {
        struct adc_carried one = adc_loop_carried(level->loop, i);
        carried[i].init = one.init;
        carried[i].next = copied(l, &copy, one.next);
        *lower_state(l, carried[i].state->number) =
            (struct lower_state){carried[i].init, carried[i].next, made};
    }
    loop.index = made->index;
    loop.guard = made->guard = copied(l, &copy, loop.guard);
    loop.carried = carried;
    made->loop = adc_loop(l->graph, &loop);
    *condition = copied(l, &copy, *condition);
    return made;
}

/* A component that starts as `always` and becomes the other once a pass says so. */
static const struct adc_node *over_passes(struct lower *l, const struct adc_node *condition,
                                          const struct lower_level *level, bool always)
{
    struct adc_graph *graph = l->graph;
    const struct adc_indices *more = adc_indices_minus(graph, condition->free, level->index->free);
    if (more) level = wider(l, level, more, &condition);
    struct adc_loop loop = adc_loop_parts(level->loop);
    struct adc_carried *carried = ADC_NEW_ARRAY(l->arena, struct adc_carried, loop.count + 1);
    for (unsigned i = 0; i < loop.count; i++) carried[i] = adc_loop_carried(level->loop, i);
    struct adc_carried *own = &carried[loop.count++];
    const struct adc_node *fixed = adc_bool(graph, !always);
    own->init = adc_bool(graph, always);
    own->state = adc_state(graph, level->index, own->init, false);
    own->next = always ? adc_apply3(graph, ADC_OP_IF, own->state, condition, fixed)
                       : adc_apply3(graph, ADC_OP_IF, own->state, fixed, condition);
    *lower_state(l, own->state->number) = (struct lower_state){own->init, own->next, level};
    loop.carried = carried;
    return adc_final(graph, adc_loop(graph, &loop), own->state);
}

/* ------------------------------------------------------------------------ indices */

static bool is_innermost(const struct adc_indices *free, const struct adc_node *index)
{
    for (uint32_t i = 0; i < free->count; i++)
        if (free->index[i] != index && adc_indices_has(free->index[i]->free, index)) return false;
    return true;
}

/* An index that no other one depends on, of a nest if there is one; NULL: none is left. */
static const struct adc_node *innermost(struct lower *l, const struct adc_node *condition,
                                        const struct adc_indices *but)
{
    const struct adc_node *found = NULL;
    const struct adc_indices *free = condition->free;
    for (uint32_t i = 0; free && i < free->count; i++) {
        const struct adc_node *index = free->index[i];
        if (adc_indices_has(but, index) || !is_innermost(free, index)) continue;
        if (!found || lower_level(l, found)) found = index;
    }
    return found;
}

const struct adc_node *lower_over(struct lower *l, const struct adc_node *condition,
                                  const struct adc_indices *but, bool always)
{
    const struct adc_node *index;
    while ((index = innermost(l, condition, but))) {
        const struct lower_level *level = lower_level(l, index);
        bool carried = adc_indices_has(lower_fact(l, condition)->carried, index);
        bool passes = level && level->loop && (carried || level->guard);
        condition = passes ? over_passes(l, condition, level, always)
                           : over_points(l, condition, index, always);
    }
    return condition;
}
