/* Nests of lowering: substitution of indices, and names that keep loops apart.
 *
 * A nest must not stand inside the loop of an index that it binds itself, or the index would lose
 * its value: such a nest depends on another index that changes inside of this loop. lower_nest then
 * gives the outer index another name. Nests that do not depend on what is inside of the loop stand
 * before it and may share its names. */
#include "frontend/lower.h"

const struct adc_node *lower_and(struct lower *l, const struct adc_node *a,
                                 const struct adc_node *b)
{
    if (!a || !b) return a ? a : b;
    return adc_apply3(l->graph, ADC_OP_IF, a, b, adc_bool(l->graph, false));
}

/* ----------------------------------------------------------------- substitution */

struct substitution {
    struct lower *l;
    const struct adc_node *const *from, *const *to;
    unsigned count;
    const struct adc_node *rename[ADC_MAX_INPUTS]; /* bound inside, free in what comes in */
    unsigned rename_count;
};

static bool reads_any(const struct adc_node *node, const struct adc_node *const *indices,
                      unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        if (adc_indices_has(node->free, indices[i])) return true;
    return false;
}

static bool concerns(const struct substitution *s, const struct adc_node *node)
{
    return reads_any(node, s->from, s->count) || reads_any(node, s->rename, s->rename_count);
}

static uint32_t derived_name(struct lower *l)
{
    const char *text = sema_format(&l->s, "index %u", l->derived++);
    return adc_name_of(l->module->names, text)->number;
}

const struct adc_node *lower_derived_index(struct lower *l, const struct adc_node *like)
{
    return adc_index_like(l->graph, like, derived_name(l), like->in);
}

static uint64_t bit_of(const struct adc_node *index)
{
    return UINT64_C(1) << (index->id % 64);
}

static void begin_search(struct lower *l)
{
    while (l->seen.count < l->graph->nodes.count) ADC_PUSH(l->arena, l->seen, 0);
    while (l->replaced.count < l->graph->nodes.count)
        ADC_PUSH(l->arena, l->replaced, (const struct adc_node *)NULL);
    l->searches++;
    l->search.count = 0;
}

static bool visit_once(struct lower *l, const struct adc_node *node)
{
    if (l->seen.data[node->id] == l->searches) return false;
    l->seen.data[node->id] = l->searches;
    return true;
}

/* What nests inside bind and a replacement reads. */
static void find_captures(struct substitution *s, const struct adc_node *root)
{
    struct lower *l = s->l;
    uint64_t incoming = 0;
    for (unsigned i = 0; i < s->count; i++)
        for (uint32_t f = 0; s->to[i]->free && f < s->to[i]->free->count; f++)
            incoming |= bit_of(s->to[i]->free->index[f]);
    if (!(lower_fact(l, root)->bound & incoming)) return;
    begin_search(l);
    ADC_PUSH(l->arena, l->search, root);
    while (l->search.count) {
        const struct adc_node *node = l->search.data[--l->search.count];
        if (!visit_once(l, node) || !(lower_fact(l, node)->bound & incoming)) continue;
        for (unsigned i = 0; i < node->count; i++) ADC_PUSH(l->arena, l->search, node->in[i]);
        if (node->op != ADC_OP_NEST || !reads_any(node, s->from, s->count)) continue;
        struct adc_nest nest = adc_nest_parts(node);
        for (unsigned b = 0; b < nest.index_count; b++) {
            bool captured = false, known = false;
            for (unsigned i = 0; i < s->count; i++)
                captured |= adc_indices_has(s->to[i]->free, nest.index[b]);
            for (unsigned i = 0; i < s->rename_count; i++) known |= s->rename[i] == nest.index[b];
            ADC_INVARIANT(!captured || s->rename_count < ADC_MAX_INPUTS, l->graph);
            if (captured && !known) s->rename[s->rename_count++] = nest.index[b];
        }
    }
}

/* A loop again has an index and components of its own. */
static const struct adc_node *loop_again(struct lower *l, const struct adc_node *node,
                                         const struct adc_node *const *in)
{
    if (node->op == ADC_OP_INDEX) {
        struct adc_node like = {.op = ADC_OP_INDEX, .type = ADC_INT, .count = node->count};
        like.number = ADC_FRESH_NAMES | l->graph->fresh_count;
        struct lower_level *level = ADC_NEW(l->arena, struct lower_level);
        level->index = adc_structural(l->graph, &like, in);
        level->in_arm = lower_level(l, node)->in_arm;
        lower_note_level(l, level);
        return level->index;
    }
    if (node->op == ADC_OP_STATE) {
        const struct adc_node *state = adc_state_array(l->graph, in[0], (enum adc_type)node->type,
                                                       in + 1, node->rank, adc_is_history(node));
        lower_state(l, state->number)->level = lower_level(l, in[0]);
        return state;
    }
    if (node->op == ADC_OP_FINAL) return adc_final_again(l->graph, node, in[0]);
    const struct adc_node *loop = adc_structural(l->graph, node, in);
    struct lower_level *level = lower_level(l, in[0]);
    ADC_INVARIANT(in[0] != node->in[0], l->graph);
    level->loop = loop;
    level->guard = in[1];
    for (unsigned i = 0; i < adc_loop_parts(loop).count; i++) {
        struct adc_carried one = adc_loop_carried(loop, i);
        lower_state(l, one.state->number)->init = one.init;
        lower_state(l, one.state->number)->next = one.next;
    }
    return loop;
}

static bool is_of_loop(const struct lower *l, const struct adc_node *node)
{
    switch (node->op) {
    case ADC_OP_INDEX: return lower_level(l, node) != NULL;
    case ADC_OP_STATE:
    case ADC_OP_LOOP:
    case ADC_OP_FINAL: return true;
    default: return false;
    }
}

static const struct adc_node *rebuilt(struct substitution *s, const struct adc_node *node)
{
    struct lower *l = s->l;
    const struct adc_node *in[ADC_MAX_INPUTS];
    for (unsigned i = 0; i < s->count; i++)
        if (s->from[i] == node) return s->to[i];
    for (unsigned i = 0; i < node->count; i++)
        in[i] = concerns(s, node->in[i]) ? l->replaced.data[node->in[i]->id] : node->in[i];
    for (unsigned i = 0; i < s->rename_count; i++)
        if (s->rename[i] == node) return adc_index_like(l->graph, node, derived_name(l), in);
    const struct adc_node *made =
        is_of_loop(l, node) ? loop_again(l, node, in) : adc_structural(l->graph, node, in);
    const struct adc_name *name = l->graph->names.data[node->id];
    if (name) adc_graph_set_name(l->graph, made, name);
    return made;
}

const struct adc_node *lower_substitute(struct lower *l, const struct adc_node *root,
                                        const struct adc_node *const *from,
                                        const struct adc_node *const *to, unsigned count)
{
    struct substitution s = {.l = l, .from = from, .to = to, .count = count};
    if (!concerns(&s, root)) return root;
    find_captures(&s, root);
    begin_search(l);
    ADC_PUSH(l->arena, l->search, root);
    while (l->search.count) {
        const struct adc_node *node = l->search.data[l->search.count - 1];
        bool ready = true;
        if (l->seen.data[node->id] != l->searches)
            for (unsigned i = 0; i < node->count; i++) {
                const struct adc_node *in = node->in[i];
                if (!concerns(&s, in) || l->seen.data[in->id] == l->searches) continue;
                ADC_PUSH(l->arena, l->search, in);
                ready = false;
            }
        if (!ready) continue;
        l->search.count--;
        if (visit_once(l, node)) l->replaced.data[node->id] = rebuilt(&s, node);
    }
    return l->replaced.data[root->id];
}

bool lower_reads_state(struct lower *l, const struct adc_node *const *nodes, unsigned count,
                       const struct adc_node *const *indices, unsigned index_count)
{
    begin_search(l);
    for (unsigned i = 0; i < count; i++) ADC_PUSH(l->arena, l->search, nodes[i]);
    while (l->search.count) {
        const struct adc_node *node = l->search.data[--l->search.count];
        if (!visit_once(l, node) || !reads_any(node, indices, index_count)) continue;
        for (unsigned i = 0; node->op == ADC_OP_STATE && i < index_count; i++)
            if (node->in[0] == indices[i]) return true;
        for (unsigned i = 0; i < node->count; i++) ADC_PUSH(l->arena, l->search, node->in[i]);
    }
    return false;
}

/* ------------------------------------------------------------------------ nests */

/* The nest's parts in one list, to be replaced alike. */
struct parts {
    const struct adc_node *node[ADC_MAX_INPUTS];
    unsigned count, guard, target, index; /* where these begin */
    const struct adc_indices *around;     /* free in any part */
};

static void take_apart(struct lower *l, struct parts *parts, const struct adc_nest *nest)
{
    *parts = (struct parts){.count = 0};
    ADC_INVARIANT(nest->index_count + nest->rank + 2 <= ADC_MAX_INPUTS, l->graph);
    parts->node[parts->count++] = nest->value;
    parts->guard = parts->count;
    if (nest->guard) parts->node[parts->count++] = nest->guard;
    parts->target = parts->count;
    for (unsigned i = 0; i < nest->rank; i++) parts->node[parts->count++] = nest->target[i];
    parts->index = parts->count;
    for (unsigned i = 0; i < nest->index_count; i++) parts->node[parts->count++] = nest->index[i];
    for (unsigned i = 0; i < parts->count; i++)
        parts->around = adc_indices_union(l->graph, parts->around, parts->node[i]->free);
}

/* Whether `inner` depends on what changes inside of the loop of index `a`. */
static bool is_inside(const struct parts *parts, unsigned a, const struct adc_node *inner)
{
    for (uint32_t f = 0; f < inner->free->count; f++) {
        if (!adc_indices_has(parts->around, inner->free->index[f])) return true;
        for (unsigned i = parts->index + a; i < parts->count; i++)
            if (parts->node[i] == inner->free->index[f]) return true;
    }
    return false;
}

static bool binds(const struct adc_node *node, const struct adc_node *index)
{
    if (node->op != ADC_OP_NEST) return false;
    struct adc_nest nest = adc_nest_parts(node);
    for (unsigned b = 0; b < nest.index_count; b++)
        if (nest.index[b] == index) return true;
    return false;
}

/* Whether a nest in the loop of index `a` binds it again. */
static bool clashes(struct lower *l, const struct parts *parts, unsigned a)
{
    const struct adc_node *index = parts->node[parts->index + a];
    uint64_t bit = bit_of(index);
    begin_search(l);
    for (unsigned i = 0; i < parts->index; i++)
        if (lower_fact(l, parts->node[i])->bound & bit)
            ADC_PUSH(l->arena, l->search, parts->node[i]);
    while (l->search.count) {
        const struct adc_node *node = l->search.data[--l->search.count];
        if (!(lower_fact(l, node)->bound & bit) || !visit_once(l, node)) continue;
        for (unsigned i = 0; i < node->count; i++) ADC_PUSH(l->arena, l->search, node->in[i]);
        if (binds(node, index) && is_inside(parts, a, node)) return true;
    }
    return false;
}

const struct adc_node *lower_nest(struct lower *l, const struct adc_nest *nest)
{
    struct parts parts;
    struct adc_nest made = *nest;
    take_apart(l, &parts, nest);
    for (unsigned a = 0; a < nest->index_count; a++) {
        const struct adc_node *from = parts.node[parts.index + a];
        if (!clashes(l, &parts, a)) continue;
        const struct adc_node *to = lower_derived_index(l, from);
        for (unsigned i = 0; i < parts.count; i++)
            parts.node[i] =
                parts.node[i] == from ? to : lower_substitute(l, parts.node[i], &from, &to, 1);
        parts.around = adc_indices_union(l->graph, parts.around, to->free);
    }
    made.value = parts.node[0];
    made.guard = parts.guard < parts.target ? parts.node[parts.guard] : NULL;
    made.target = parts.node + parts.target;
    made.index = parts.node + parts.index;
    return adc_nest(l->graph, &made);
}
