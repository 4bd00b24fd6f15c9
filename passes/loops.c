/* Loops that are one, made one; components that nobody asks for (components.h), dropped.
 *
 *     same index, guard and direction, in the same loops, equal where       one loop with the
 *     they share components, and neither computed from the other            components of both
 *     no FINAL that is used, no STATE in what is used                       the component goes
 *     next == state                                                         its init in its place
 *
 * Derivatives make loops again with further components (tangents, records), and count on this pass.
 * As a loop that is made one of several may need what comes after the first of them, nodes are made
 * on demand. A nest in the body of a loop that binds an index which is free in the loop gets one of
 * its own: the derivative of a loop sums over what its nests bind, and never over what is free. */
#include "ir/state.h"
#include "passes/components.h"
#include "passes/passes.h"
#include "passes/walk.h"

typedef const struct adc_node *node_t;

/* A component of a group, and the next one with the same STATE in another group. */
struct component {
    struct adc_carried carried;
    struct group *group;
    struct component *same;
};

/* Groups in whose body a loop is, by ascending number. */
struct context {
    ADC_VEC(const struct group *) groups;
};

struct group {
    uint32_t number;
    node_t first; /* its loops agree with this in index, guard and direction */
    struct context *context;
    ADC_VEC(node_t) loops;
    ADC_VEC(struct component *) components;
    struct group *next; /* in order of their first loops */
    node_t made;
};

struct merger {
    const struct adc_function *from;
    struct adc_graph *graph; /* of the new function */
    struct adc_arena *scratch;
    struct group **group;         /* by id of a loop */
    struct context **context;     /* by id of a loop */
    struct component **component; /* by id of a STATE */
    uint8_t *live, *apart;        /* by id; apart: of nests */
    node_t *map;                  /* by old id */
    struct group *first, **last;
    uint32_t group_count;
    struct walk walk;
    ADC_VEC(node_t) stack;
};

/* ------------------------------------------------------------------------------ groups */

static struct component *find(const struct merger *merger, const struct group *group, node_t state)
{
    struct component *component = merger->component[state->id];
    while (component && component->group != group) component = component->same;
    return component;
}

/* Whether one of the loops is computed from `target`, or from a loop of the group `target_group`,
 * where loops of one group are one. */
static bool are_computed_from(struct merger *merger, const node_t *loops, size_t count,
                              node_t target, const struct group *target_group)
{
    struct walk *walk = &merger->walk;
    bool found = false;
    node_t node;
    for (size_t i = 0; i < count; i++)
        for (unsigned j = 0; j < loops[i]->count; j++) walk_add(walk, loops[i]->in[j]);
    while (!found && (node = walk_next(walk))) {
        const struct group *of = node->op == ADC_OP_LOOP ? merger->group[node->id] : NULL;
        found = node == target || (of && of == target_group);
        for (size_t i = 0; of && i < of->loops.count; i++) walk_add(walk, of->loops.data[i]);
        for (unsigned i = 0; i < node->count; i++) walk_add(walk, node->in[i]);
    }
    walk_end(walk);
    return found;
}

static bool same_context(const struct context *a, const struct context *b)
{
    if (a == b) return true;
    if (!a || !b || a->groups.count != b->groups.count) return false;
    for (size_t i = 0; i < a->groups.count; i++)
        if (a->groups.data[i] != b->groups.data[i]) return false;
    return true;
}

static bool fits(struct merger *merger, node_t loop, const struct group *group)
{
    unsigned count = adc_loop_parts(loop).count, more = 0;
    if (loop->in[0] != group->first->in[0] || loop->in[1] != group->first->in[1] ||
        loop->number != group->first->number ||
        !same_context(group->context, merger->context[loop->id]))
        return false;
    for (unsigned i = 0; i < count; i++) {
        struct adc_carried one = adc_loop_carried(loop, i);
        const struct component *component = find(merger, group, one.state);
        if (!component) more++;
        else if (component->carried.init != one.init || component->carried.next != one.next)
            return false;
    }
    return group->components.count + more <= ADC_MAX_CARRIED &&
           !are_computed_from(merger, &loop, 1, NULL, group) &&
           !are_computed_from(merger, group->loops.data, group->loops.count, loop, NULL);
}

static void join_group(struct merger *merger, node_t loop, struct group *group)
{
    ADC_PUSH(merger->scratch, group->loops, loop);
    merger->group[loop->id] = group;
    for (unsigned i = 0; i < adc_loop_parts(loop).count; i++) {
        struct adc_carried one = adc_loop_carried(loop, i);
        if (find(merger, group, one.state)) continue;
        struct component *component = ADC_NEW(merger->scratch, struct component);
        *component = (struct component){.carried = one, .group = group};
        component->same = merger->component[one.state->id];
        merger->component[one.state->id] = component;
        ADC_PUSH(merger->scratch, group->components, component);
    }
}

static void find_group(struct merger *merger, node_t loop)
{
    struct group *group = merger->first;
    while (group && !fits(merger, loop, group)) group = group->next;
    if (!group) {
        group = ADC_NEW(merger->scratch, struct group);
        group->first = loop;
        group->context = merger->context[loop->id];
        group->number = merger->group_count++;
        *merger->last = group;
        merger->last = &group->next;
    }
    join_group(merger, loop, group);
}

/* Tells the loops in the body of `loop` where they are. A context is not changed once it is made,
 * as loops share them. */
static void tell_inner(struct merger *merger, node_t loop)
{
    struct walk *walk = &merger->walk;
    const struct group *group = merger->group[loop->id];
    node_t node;
    walk_add(walk, loop);
    while ((node = walk_next(walk))) {
        struct context *old = merger->context[node->id], *context;
        for (unsigned i = 0; i < node->count; i++)
            if (adc_indices_has(node->in[i]->free, loop->in[0])) walk_add(walk, node->in[i]);
        if (node->op != ADC_OP_LOOP || node == loop) continue;
        bool known = false;
        for (size_t i = 0; old && i < old->groups.count; i++)
            known = known || old->groups.data[i] == group;
        if (known) continue;
        context = ADC_NEW(merger->scratch, struct context);
        size_t count = old ? old->groups.count : 0, at = 0;
        while (at < count && old->groups.data[at]->number < group->number) at++;
        for (size_t i = 0; i < at; i++)
            ADC_PUSH(merger->scratch, context->groups, old->groups.data[i]);
        ADC_PUSH(merger->scratch, context->groups, group);
        for (size_t i = at; i < count; i++)
            ADC_PUSH(merger->scratch, context->groups, old->groups.data[i]);
        merger->context[node->id] = context;
    }
    walk_end(walk);
}

/* -------------------------------------------------------------------------- nests apart */

static bool binds_one_of(node_t node, const struct adc_indices *free)
{
    struct adc_nest nest = adc_nest_parts(node);
    for (unsigned i = 0; i < nest.index_count; i++)
        if (adc_indices_has(free, nest.index[i])) return true;
    return false;
}

/* What a LOOP begins with, which is computed before it. */
static bool is_init(unsigned i)
{
    return i >= 2 && i % 3 == 0;
}

static void find_apart(struct merger *merger, node_t loop)
{
    struct walk *walk = &merger->walk;
    node_t node;
    if (!loop->free) return;
    walk_add(walk, loop);
    while ((node = walk_next(walk))) {
        if (node->op == ADC_OP_NEST && binds_one_of(node, loop->free)) merger->apart[node->id] = 1;
        for (unsigned i = 0; i < node->count; i++) {
            if (node == loop ? is_init(i) : !node->in[i]->free) continue;
            walk_add(walk, node->in[i]);
        }
    }
    walk_end(walk);
}

/* The nest over indices of its own. */
static node_t apart(struct merger *merger, node_t nest)
{
    struct adc_nest parts = adc_nest_parts(nest);
    node_t in[ADC_MAX_INPUTS];
    for (unsigned i = 0; i < parts.index_count; i++) {
        node_t from = adc_nest_parts(nest).index[i];
        node_t fresh = adc_fresh_index(merger->graph, from);
        for (unsigned j = 0; j < nest->count; j++)
            in[j] = adc_rename(merger->graph, nest->in[j], from, fresh, merger->scratch);
        nest = adc_structural(merger->graph, nest, in);
    }
    return nest;
}

/* ------------------------------------------------------------------------------- making */

/* A STATE that keeps its init in every loop that it is of. */
static node_t constant_init(const struct merger *merger, node_t state)
{
    node_t init = NULL;
    for (const struct component *at = merger->component[state->id]; at; at = at->same) {
        if (at->carried.next != state || (init && init != at->carried.init)) return NULL;
        init = at->carried.init;
    }
    return init;
}

static bool is_made(const struct merger *merger, const struct component *component)
{
    node_t state = component->carried.state;
    return merger->live[state->id] && !constant_init(merger, state);
}

/* Puts what is not made yet on the stack; false if there was something. */
static bool ask(struct merger *merger, node_t node)
{
    if (merger->map[node->id]) return true;
    ADC_PUSH(merger->scratch, merger->stack, node);
    return false;
}

static bool ask_loop(struct merger *merger, const struct group *group)
{
    bool ready = ask(merger, group->first->in[0]) && ask(merger, group->first->in[1]);
    for (size_t i = 0; ready && i < group->components.count; i++) {
        struct adc_carried one = group->components.data[i]->carried;
        if (is_made(merger, group->components.data[i]))
            ready = ask(merger, one.state) && ask(merger, one.init) && ask(merger, one.next);
    }
    return ready;
}

static node_t made_loop(struct merger *merger, struct group *group)
{
    struct adc_loop loop = adc_loop_parts(group->first);
    struct adc_carried *carried =
        ADC_NEW_ARRAY(merger->scratch, struct adc_carried, group->components.count);
    if (group->made) return group->made;
    loop.count = 0;
    for (size_t i = 0; i < group->components.count; i++) {
        struct adc_carried one = group->components.data[i]->carried;
        if (!is_made(merger, group->components.data[i])) continue;
        carried[loop.count++] = (struct adc_carried){
            merger->map[one.state->id], merger->map[one.init->id], merger->map[one.next->id]};
    }
    merger->graph->span = merger->from->graph->spans.data[group->first->id];
    loop.index = merger->map[loop.index->id];
    loop.guard = merger->map[loop.guard->id];
    loop.carried = carried;
    return group->made = adc_loop(merger->graph, &loop);
}

static void make_final(struct merger *merger, node_t final)
{
    node_t state = adc_final_state(final), init = constant_init(merger, state);
    struct group *group = merger->group[final->in[0]->id];
    if (init) {
        if (ask(merger, init)) merger->map[final->id] = merger->map[init->id];
    } else if (ask_loop(merger, group)) {
        node_t made = made_loop(merger, group);
        merger->map[final->id] = adc_final(merger->graph, made, merger->map[state->id]);
    }
}

static void make(struct merger *merger, node_t node)
{
    const struct adc_graph *from = merger->from->graph;
    node_t in[ADC_MAX_INPUTS];
    node_t init = node->op == ADC_OP_STATE ? constant_init(merger, node) : NULL;
    if (node->op == ADC_OP_FINAL) {
        make_final(merger, node);
        return;
    }
    if (init) {
        if (ask(merger, init)) merger->map[node->id] = merger->map[init->id];
        return;
    }
    for (unsigned i = 0; i < node->count; i++)
        if (!ask(merger, node->in[i])) return;
    for (unsigned i = 0; i < node->count; i++) in[i] = merger->map[node->in[i]->id];
    node_t made = adc_copy(merger->graph, from, node, in);
    merger->map[node->id] = merger->apart[node->id] ? apart(merger, made) : made;
}

static void make_all(struct merger *merger)
{
    const struct adc_graph *from = merger->from->graph;
    for (size_t id = 0; id < from->nodes.count; id++) {
        if (!merger->live[id]) continue;
        ADC_PUSH(merger->scratch, merger->stack, from->nodes.data[id]);
        while (merger->stack.count) {
            node_t top = merger->stack.data[merger->stack.count - 1];
            if (merger->map[top->id]) merger->stack.count--;
            else make(merger, top);
        }
    }
}

struct adc_function *pass_loops(struct adc_arena *arena, struct adc_function *function,
                                struct adc_arena *scratch)
{
    const struct adc_graph *from = function->graph;
    size_t count = from->nodes.count;
    struct merger merger = {.from = function, .scratch = scratch, .last = &merger.first};
    merger.group = ADC_NEW_ARRAY(scratch, struct group *, count);
    merger.context = ADC_NEW_ARRAY(scratch, struct context *, count);
    merger.component = ADC_NEW_ARRAY(scratch, struct component *, count);
    merger.live = ADC_NEW_ARRAY(scratch, uint8_t, count);
    merger.apart = ADC_NEW_ARRAY(scratch, uint8_t, count);
    merger.map = ADC_NEW_ARRAY(scratch, node_t, count);
    walk_init(&merger.walk, from, scratch);
    adc_function_live(function, merger.apart);
    for (size_t id = count; id-- > 0;) { /* loops around come first */
        if (!merger.apart[id] || from->nodes.data[id]->op != ADC_OP_LOOP) continue;
        find_group(&merger, from->nodes.data[id]);
        tell_inner(&merger, from->nodes.data[id]);
    }
    for (size_t id = 0; id < count; id++) merger.apart[id] = 0;
    if (!merger.first) return function;
    for (const struct group *group = merger.first; group; group = group->next)
        for (size_t i = 0; i < group->loops.count; i++) find_apart(&merger, group->loops.data[i]);
    components_live(function, merger.live, scratch);
    struct adc_function *to = pass_new_like(arena, function);
    merger.graph = to->graph;
    make_all(&merger);
    pass_map_roots(to, function, merger.map);
    return to;
}
