/* Updates in place: which PUT, JOIN and LOOP may take over the buffer of the array it changes;
 * the others get a copy
 * (updates.h says what holds afterwards).
 *
 * A version may be taken over once, by an update that is computed as often as the version is, if
 * nothing that still
 * reads it is computed from the update. The update's own nest may read it only at the very
 * element that it writes.
 * A STATE may only be taken on the way to its own `next`.
 *
 * cost     linear for a version without reads; else a walk over the graph for each update */
#include "passes/arrange.h"

#include <string.h>

struct takeover {
    struct arrange *arrange;
    const struct adc_function *from;
    const struct updates *updates;
    uint8_t *taken;                /* by id: a version that somebody takes over, or a result */
    uint8_t *copied;               /* by id of a PUT, JOIN: works on a copy */
    const struct adc_node **root;  /* by id: the first version in the array's buffer */
    const struct adc_node **last;  /* by id of a first version: the last one made in its buffer */
    const struct adc_node **leads; /* by id: the STATE to whose next the array leads; NULL: none */
    const struct adc_node ***ways; /* by id of a LOOP: the STATEs its components lead to */
    /* by id of a LOOP, JOIN: which components, leaves are taken over */
    uint8_t **inits;
    const struct adc_node *
        *written;               /* by id of a nest that becomes an update of a STATE: that STATE */
    uint8_t *depends, *reached; /* by id, for the question at hand */
};

/* ------------------------------------------------------------- where versions lead */

static void mark_version(struct takeover *t, const struct adc_node *node,
                         const struct adc_node *state)
{
    t->leads[node->id] = state;
    if (node->op != ADC_OP_FINAL) return;
    const struct adc_node *loop = node->in[0], ***way = &t->ways[loop->id];
    if (!*way)
        *way =
            ADC_NEW_ARRAY(t->arrange->scratch, const struct adc_node *, adc_loop_parts(loop).count);
    (*way)[adc_loop_find(loop, node->number)] = state;
}

/* Marks the versions between a STATE and its next, if the one is made from the other. */
static void mark_way(struct takeover *t, const struct adc_node *state, const struct adc_node *next)
{
    struct node_list stack = {0};
    const struct adc_node **below = t->written; /* scratch: who asked for the node */
    ADC_PUSH(t->arrange->scratch, stack, next);
    below[next->id] = NULL;
    while (stack.count) {
        const struct adc_node *node = stack.data[--stack.count], *inner[2] = {NULL, NULL};
        if (node == state) {
            for (; node; node = below[node->id]) mark_version(t, node, state);
            break;
        }
        if (node->op == ADC_OP_PUT || node->op == ADC_OP_JOIN) inner[0] = node->in[0];
        if (node->op == ADC_OP_JOIN) inner[1] = node->in[1];
        if (node->op == ADC_OP_FINAL) inner[0] = adc_final_carried(node).init;
        for (unsigned i = 0; i < 2; i++) {
            if (!inner[i] || inner[i]->op == ADC_OP_NEST) continue;
            below[inner[i]->id] = node;
            ADC_PUSH(t->arrange->scratch, stack, inner[i]);
        }
    }
}

static void find_ways(struct takeover *t)
{
    const struct adc_graph *graph = t->from->graph;
    for (size_t id = 0; id < graph->nodes.count; id++) {
        const struct adc_node *loop = graph->nodes.data[id];
        if (!t->updates->live[id] || loop->op != ADC_OP_LOOP) continue;
        for (unsigned i = 0; i < adc_loop_parts(loop).count; i++) {
            struct adc_carried carried = adc_loop_carried(loop, i);
            if (carried.state->rank) mark_way(t, carried.state, carried.next);
        }
    }
    size_t size = graph->nodes.count * sizeof *t->written;
    if (size) memset(t->written, 0, size);
}

/* ---------------------------------------------------------------------- questions */

/* An update under consideration: `nests` are written into the array. */
struct update {
    const struct adc_node *node;
    const struct adc_node *const *nests;
    size_t nest_count;
};

static void mark_dependents(struct takeover *t, const struct adc_node *of)
{
    const struct adc_graph *graph = t->from->graph;
    memset(t->depends, 0, graph->nodes.count);
    t->depends[of->id] = 1;
    for (size_t id = of->id + 1; id < graph->nodes.count; id++) {
        const struct adc_node *node = graph->nodes.data[id];
        for (unsigned i = 0; !t->depends[id] && i < node->count; i++)
            t->depends[id] = t->depends[node->in[i]->id];
        bool update = node->op == ADC_OP_PUT || node->op == ADC_OP_JOIN;
        for (unsigned i = 0; update && t->depends[id] && i < 2; i++) /* what is written later */
            if (node->in[i]->op == ADC_OP_NEST) t->depends[node->in[i]->id] = 1;
    }
}

/* Whether what the nest reads of `array` point by point is the very element it writes. */
static bool reads_own_element(struct takeover *t, const struct adc_node *nest,
                              const struct adc_node *array, const struct adc_indices *scope)
{
    const struct adc_graph *graph = t->from->graph;
    memset(t->reached, 0, (size_t)nest->id + 1);
    t->reached[nest->id] = 1;
    for (size_t id = (size_t)nest->id + 1; id-- > 0;) {
        const struct adc_node *node = graph->nodes.data[id];
        if (!t->reached[id]) continue;
        for (unsigned i = 0; i < node->count; i++) t->reached[node->in[i]->id] = 1;
        if (node->op != ADC_OP_READ || node->in[0] != array) continue;
        if (!updates_within(node->free, scope) && !updates_own_element(node, nest)) return false;
    }
    return true;
}

struct question {
    struct takeover *t;
    const struct update *update;
    const struct adc_node *array;
    const struct adc_indices *scope;
    bool refused;
};

static void ask(void *context, const struct adc_node *reader)
{
    struct question *q = context;
    for (size_t i = 0; i < q->update->nest_count; i++) {
        if (reader != q->update->nests[i]) continue;
        if (q->update->nest_count > 1 || !reads_own_element(q->t, reader, q->array, q->scope))
            q->refused = true;
        return;
    }
    bool inside = reader->op == ADC_OP_LOOP && reader == q->update->node; /* while it changes */
    if (inside || (reader != q->update->node && q->t->depends[reader->id])) q->refused = true;
}

/* Made again as fast as copied, of what is there everywhere: constants, elements of parameters. */
static bool is_cheap(const struct adc_node *array)
{
    if (array->op != ADC_OP_NEST) return false;
    if (adc_has_no_points(array)) return true;
    const struct adc_node *value = array->in[0];
    bool element = value->op == ADC_OP_READ && value->in[0]->op == ADC_OP_PARAM;
    return (element || !value->count) && arrange_sets_all(array);
}

static bool continues_history(const struct adc_node *loop, const struct adc_node *array)
{
    for (unsigned i = 0; i < adc_loop_parts(loop).count; i++) {
        struct adc_carried carried = adc_loop_carried(loop, i);
        if (carried.init == array && !adc_is_history(carried.state)) return false;
    }
    return true;
}

/* A history whose loop has ended: its READs have no time (updates_readers), so all of them may
 * come later than an update. One that is read nowhere, or that a further history continues, is
 * free. */
static bool is_kept_history(const struct takeover *t, const struct adc_node *array,
                            const struct adc_node *update)
{
    if (array->op != ADC_OP_FINAL || !adc_is_history(array)) return false;
    if (t->root[array->id]->op == ADC_OP_STATE || t->updates->uses[array->id] == 1) return false;
    return update->op != ADC_OP_LOOP || !continues_history(update, array);
}

/* Whether the update may take the array over. */
static bool may_take(struct takeover *t, const struct update *update, const struct adc_node *array,
                     const struct adc_node *leads)
{
    const struct adc_node *node = update->node, *root = t->root[array->id];
    const struct adc_indices *scope = t->updates->loops[node->id];
    if (array->op == ADC_OP_PARAM || t->taken[array->id]) return false;
    if (t->updates->loops[root->id] != scope &&
        (!is_cheap(array) || t->updates->uses[array->id] > 1))
        return false;
    if (root->op == ADC_OP_STATE && leads != root) return false;
    if (is_kept_history(t, array, node)) return false;
    if (t->updates->uses[array->id] == 1 || !updates_is_mutable(array)) return true;
    if (t->arrange->cautious) return false;
    struct question question = {t, update, array, scope, false};
    mark_dependents(t, node);
    updates_readers(t->updates, array, scope, ask, &question);
    return !question.refused;
}

static void take(struct takeover *t, const struct adc_node *node, const struct adc_node *array)
{
    t->taken[array->id] = 1;
    t->root[node->id] = t->root[array->id];
    t->last[t->root[node->id]->id] = node;
}

/* ---------------------------------------------------------------------- decisions */

static void decide_put(struct takeover *t, const struct adc_node *put)
{
    struct update update = {put, &put->in[1], 1};
    if (may_take(t, &update, put->in[0], t->leads[put->id])) take(t, put, put->in[0]);
    else t->copied[put->id] = 1;
}

static bool is_operand(const struct takeover *t, const struct adc_node *leaf)
{
    return leaf->op == ADC_OP_NEST && t->updates->uses[leaf->id] == 1;
}

/* The leaf that the others are added to: the one that leads to the same STATE, else the first
 * that may be taken. */
static void decide_join(struct takeover *t, const struct adc_node *join)
{
    struct adc_arena *scratch = t->arrange->scratch;
    struct node_list leaves = {0}, nests = {0};
    updates_leaves(t->updates, join, &leaves);
    for (size_t i = 0; i < leaves.count; i++)
        if (is_operand(t, leaves.data[i])) ADC_PUSH(scratch, nests, leaves.data[i]);
    struct update update = {join, nests.data, nests.count};
    for (unsigned round = 0; round < 2; round++)
        for (size_t i = 0; i < leaves.count; i++) {
            const struct adc_node *leaf = leaves.data[i];
            bool own = t->leads[leaf->id] && t->leads[leaf->id] == t->leads[join->id];
            if (leaf->op == ADC_OP_NEST || (round == 0 && !own)) continue;
            if (!may_take(t, &update, leaf, t->leads[join->id])) continue;
            take(t, join, leaf);
            t->inits[join->id] = ADC_NEW_ARRAY(scratch, uint8_t, leaves.count);
            t->inits[join->id][i] = 1;
            return;
        }
}

static void decide_loop(struct takeover *t, const struct adc_node *loop)
{
    unsigned count = adc_loop_parts(loop).count;
    struct update update = {loop, NULL, 0};
    t->inits[loop->id] = ADC_NEW_ARRAY(t->arrange->scratch, uint8_t, count);
    for (unsigned i = 0; i < count; i++) {
        struct adc_carried carried = adc_loop_carried(loop, i);
        if (!carried.state->rank) continue;
        const struct adc_node *leads = t->ways[loop->id] ? t->ways[loop->id][i] : NULL;
        if (!may_take(t, &update, carried.init, leads)) continue;
        t->taken[carried.init->id] = 1;
        t->inits[loop->id][i] = 1;
    }
}

/* A whole array computed anew, element by element from itself: written over the old one. */
static void decide_whole(struct takeover *t, const struct adc_node *loop)
{
    for (unsigned i = 0; i < adc_loop_parts(loop).count; i++) {
        struct adc_carried carried = adc_loop_carried(loop, i);
        const struct adc_node *next = carried.next;
        if (!carried.state->rank || next->op != ADC_OP_NEST || next->number != ADC_REDUCE_SET ||
            t->updates->uses[next->id] != 1 || t->taken[carried.state->id])
            continue;
        struct update update = {next, &next, 1};
        const struct adc_indices *scope = t->updates->loops[carried.state->id];
        if (t->arrange->cautious || !arrange_sets_all(next)) continue;
        if (t->updates->loops[next->id] != scope) continue; /* else it is there once for all */
        struct question question = {t, &update, carried.state, scope, false};
        mark_dependents(t, next);
        updates_readers(t->updates, carried.state, scope, ask, &question);
        if (question.refused) continue;
        t->taken[carried.state->id] = 1;
        t->written[next->id] = carried.state;
    }
}

static void decide(struct takeover *t)
{
    const struct adc_graph *graph = t->from->graph;
    for (size_t id = 0; id < graph->nodes.count; id++) {
        const struct adc_node *node = graph->nodes.data[id];
        t->root[id] = node;
        if (!t->updates->live[id]) continue;
        if (node->op == ADC_OP_PUT) decide_put(t, node);
        if (node->op == ADC_OP_JOIN && !updates_is_part(t->updates, node)) decide_join(t, node);
        if (node->op == ADC_OP_LOOP) {
            decide_whole(t, node);
            decide_loop(t, node);
        }
        if (node->op != ADC_OP_FINAL || !node->rank) continue;
        int component = adc_loop_find(node->in[0], node->number);
        if (!t->inits[node->in[0]->id][component]) continue;
        t->root[id] = t->root[adc_final_carried(node).init->id];
        t->last[t->root[id]->id] = node;
    }
}

/* ------------------------------------------------------------------------- making */

const struct adc_node *arrange_copied(struct arrange *arrange, const struct adc_node *array,
                                      enum adc_reduce reduce)
{
    struct adc_graph *graph = arrange->to->graph;
    const struct adc_node *index[ADC_MAX_RANK], *shape[ADC_MAX_RANK];
    for (unsigned i = 0; i < array->rank; i++) {
        shape[i] = adc_shape(array, i);
        const struct adc_node *like = adc_index(graph, 0, adc_int(graph, 0), shape[i]);
        index[i] = arrange_fresh(arrange, like, 0);
    }
    struct adc_nest nest = {.reduce = reduce, .rank = array->rank, .target = index};
    nest.shape = shape;
    nest.index = index;
    nest.index_count = array->rank;
    nest.value = adc_read(graph, array, index);
    return adc_nest(graph, &nest);
}

const struct adc_node *arrange_alone(struct arrange *arrange, const struct adc_node *node)
{
    struct adc_graph *graph = arrange->to->graph;
    struct adc_nest nest = adc_nest_parts(node);
    const struct adc_node *index[ADC_MAX_NEST], *in[ADC_MAX_NEST];
    for (unsigned i = 0; i < node->count; i++) in[i] = node->in[i];
    for (unsigned i = 0; i < nest.index_count; i++) {
        unsigned at = 2 + 2 * nest.rank + i;
        const struct adc_node *old = in[at];
        const struct adc_node *fresh = arrange_fresh(arrange, old, arrange_rank(arrange, old));
        for (unsigned j = 0; j < node->count; j++)
            in[j] = j == at ? fresh : adc_rename(graph, in[j], old, fresh, arrange->scratch);
    }
    if (nest.index_count) return adc_structural(graph, node, in);
    const struct adc_node *like = adc_index(graph, 0, adc_int(graph, 0), adc_int(graph, 1));
    index[0] = arrange_fresh(arrange, like, 0);
    nest.index = index;
    nest.index_count = 1;
    return adc_nest(graph, &nest);
}

/* A version in a buffer of its own: computed again if that is no more than filling it, else
 * copied. */
static const struct adc_node *fresh_version(struct arrange *arrange, const struct adc_node *array)
{
    return adc_has_no_points(array) ? arrange_alone(arrange, array)
                                    : arrange_copied(arrange, array, ADC_REDUCE_SET);
}

static const struct adc_node *made_put(struct takeover *t, const struct adc_node *node,
                                       const struct adc_node *const *in)
{
    struct arrange *arrange = t->arrange;
    const struct adc_node *array = t->copied[node->id] ? fresh_version(arrange, in[0]) : in[0];
    bool single = t->updates->uses[node->in[1]->id] == 1;
    return adc_put(arrange->to->graph, array, single ? in[1] : arrange_alone(arrange, in[1]));
}

/* A nest that adds, for a leaf. */
static const struct adc_node *addend(struct takeover *t, const struct adc_node *leaf)
{
    struct arrange *arrange = t->arrange;
    const struct adc_node *made = arrange->map[leaf->id];
    if (t->taken[leaf->id]) made = arrange_copied(arrange, made, ADC_REDUCE_SET); /* put aside */
    if (!is_operand(t, leaf)) return arrange_copied(arrange, made, ADC_REDUCE_SUM);
    struct adc_nest nest = adc_nest_parts(made);
    nest.reduce = ADC_REDUCE_SUM; /* each element at most once: to add is to set */
    return adc_nest(arrange->to->graph, &nest);
}

/* Leaves that set an element each need no zeros to be added to. */
static bool stays_mosaic(struct takeover *t, const struct node_list *leaves)
{
    for (size_t i = 0; i < leaves->count; i++)
        if (!is_operand(t, leaves->data[i]) || t->taken[leaves->data[i]->id]) return false;
    return updates_is_mosaic(leaves);
}

static const struct adc_node *made_join(struct takeover *t, const struct adc_node *node)
{
    struct node_list leaves = {0};
    const struct adc_node *sum = NULL;
    const uint8_t *base = t->inits[node->id];
    updates_leaves(t->updates, node, &leaves);
    for (size_t i = 0; base && i < leaves.count; i++)
        if (base[i]) sum = t->arrange->map[leaves.data[i]->id];
    bool mosaic = !base && stays_mosaic(t, &leaves);
    for (size_t i = 0; i < leaves.count; i++) {
        if (base && base[i]) continue;
        const struct adc_node *leaf =
            mosaic ? t->arrange->map[leaves.data[i]->id] : addend(t, leaves.data[i]);
        sum = sum ? adc_join(t->arrange->to->graph, sum, leaf) : leaf;
    }
    return sum;
}

/* What a component becomes, in the buffer of its STATE. */
static const struct adc_node *made_next(struct takeover *t, const struct adc_node *old_state,
                                        const struct adc_node *old_next,
                                        const struct adc_node *const *map)
{
    struct arrange *arrange = t->arrange;
    const struct adc_node *state = map[old_state->id], *next = map[old_next->id];
    if (t->root[old_next->id] == old_state) return next;
    if (t->written[old_next->id] == old_state) return adc_put(arrange->to->graph, state, next);
    const struct adc_node *last = t->last[old_state->id], *root = t->root[old_next->id];
    /* what may change before the end of the pass is put aside */
    if (root->op == ADC_OP_STATE || root->op == ADC_OP_FINAL || t->taken[old_next->id])
        next = arrange_copied(arrange, next, ADC_REDUCE_SET);
    return adc_put(arrange->to->graph, last ? map[last->id] : state,
                   arrange_copied(arrange, next, ADC_REDUCE_SET));
}

static const struct adc_node *made_loop(struct takeover *t, const struct adc_node *node,
                                        const struct adc_node *const *in)
{
    struct arrange *arrange = t->arrange;
    const struct adc_node **parts =
        ADC_NEW_ARRAY(arrange->scratch, const struct adc_node *, node->count);
    for (unsigned i = 0; i < node->count; i++) parts[i] = in[i];
    for (unsigned i = 0; i < adc_loop_parts(node).count; i++) {
        struct adc_carried carried = adc_loop_carried(node, i);
        const struct adc_node **init = &parts[2 + 3 * i + 1], **next = &parts[2 + 3 * i + 2];
        if (!carried.state->rank) continue;
        if (!t->inits[node->id][i]) *init = fresh_version(arrange, *init);
        *next = made_next(t, carried.state, carried.next, arrange->map);
    }
    return adc_structural(arrange->to->graph, node, parts);
}

static const struct adc_node *make(struct arrange *arrange, const struct adc_node *node,
                                   const struct adc_node *const *in)
{
    struct takeover *t = arrange->takeover;
    switch (node->op) {
    case ADC_OP_PUT: return made_put(t, node, in);
    case ADC_OP_JOIN:
        if (!updates_is_part(t->updates, node)) return made_join(t, node);
        return arrange_copy(arrange, node, in);
    case ADC_OP_LOOP: return made_loop(t, node, in);
    default: return arrange_copy(arrange, node, in);
    }
}

/* Array results that are parameters, or that an update takes over, are copied; so is one that is
 * a result twice. */
static void own_results(struct takeover *t, struct adc_function *to)
{
    for (size_t i = 0; i < to->results.count; i++) {
        const struct adc_result *old = &t->from->results.data[i];
        struct adc_result *result = &to->results.data[i];
        if (!result->rank) continue;
        const struct adc_node *array = old->nodes[0];
        bool again = array->op == ADC_OP_PARAM || array->op == ADC_OP_STATE;
        for (size_t j = 0; j < i && !again; j++)
            again = t->from->results.data[j].rank && t->from->results.data[j].nodes[0] == array;
        if (again) result->nodes[0] = arrange_copied(t->arrange, result->nodes[0], ADC_REDUCE_SET);
    }
}

struct adc_function *arrange_updates(struct arrange *arrange, const struct adc_function *from)
{
    size_t count = from->graph->nodes.count;
    struct adc_arena *scratch = arrange->scratch;
    arrange_look(arrange, from);
    struct takeover t = {.arrange = arrange, .from = from, .updates = &arrange->updates};
    t.taken = ADC_NEW_ARRAY(scratch, uint8_t, count);
    t.copied = ADC_NEW_ARRAY(scratch, uint8_t, count);
    t.depends = ADC_NEW_ARRAY(scratch, uint8_t, count);
    t.reached = ADC_NEW_ARRAY(scratch, uint8_t, count);
    t.root = ADC_NEW_ARRAY(scratch, const struct adc_node *, count);
    t.last = ADC_NEW_ARRAY(scratch, const struct adc_node *, count);
    t.leads = ADC_NEW_ARRAY(scratch, const struct adc_node *, count);
    t.ways = ADC_NEW_ARRAY(scratch, const struct adc_node **, count);
    t.written = ADC_NEW_ARRAY(scratch, const struct adc_node *, count);
    t.inits = ADC_NEW_ARRAY(scratch, uint8_t *, count);
    for (size_t i = 0; i < from->results.count; i++)
        if (from->results.data[i].rank) t.taken[from->results.data[i].nodes[0]->id] = 1;
    find_ways(&t);
    decide(&t);
    arrange->takeover = &t;
    struct adc_function *to = arrange_rebuild(arrange, from, make);
    arrange->takeover = NULL;
    own_results(&t, to);
    arrange->updated = true;
    return to;
}
