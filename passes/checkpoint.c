/* Loops whose passes are made again for their derivative, cut into segments.
 *
 *     LOOP(t in low..high; s, init, next)
 *     LOOP(q in 0..segments; s_q, init,
 *          FINAL(LOOP(t in low + q*K .. min(low + q*K + K, high); s, s_q, next)))
 *
 * and, for further levels, the inner loop again in the same way. Nothing else is done for reverse
 * mode: the adjoint of the loop over segments goes over these backwards, finds the states that each
 * began with, and has the adjoint of the inner loop in its body, whose recording loop makes the
 * passes of the segment again (ADC_CHECKPOINT_STATES, reverse_record.c). So n passes cost n/K
 * states and K records of a pass, and 2n passes; every further level n more.
 *
 * length   of a segment: what `every` asks for, or what fits a budget (budget.c), or powers of the
 *          root of n, m = ceil(n^(1/(levels + 1))), so that each loop makes at most m passes
 * guard    stays with the inner loop. Further segments begin only if all passes before them were
 *          made, as a counter tells
 * order    passes and their sums are those of the loop as written, bit for bit */
#include "ir/state.h"
#include "passes/budget.h"
#include "passes/hull.h"
#include "passes/passes.h"
#include "passes/window.h"

typedef const struct adc_node *node_t;

enum { MOST_LOOPS = ADC_CHECKPOINT_MOST_LEVELS + 1 };

/* One of the loops, outermost first: what it makes of an index, and its segments. */
struct segments {
    node_t index, start, passes; /* it goes over `passes` values of t, from `start` on */
    node_t size;                 /* values of t in one of its own passes; NULL: one */
};

struct cutter {
    struct adc_graph *graph; /* of the new function */
    struct adc_arena *scratch;
    struct walk *walk;
    uint64_t budget;
    node_t node;          /* to be cut, in the new graph */
    struct adc_loop loop; /* its parts */
    struct adc_carried *carried;
    struct segments level[MOST_LOOPS];
    unsigned levels;
    node_t count; /* of the passes made, a component; NULL if there is no guard */
};

/* ---------------------------------------------------------------------------- lengths */

/* How many segments of `size` passes hold `passes` of them. */
static node_t segments_of(struct adc_graph *graph, node_t passes, node_t size)
{
    node_t more = pass_plus(graph, passes, pass_minus(graph, size, adc_int(graph, 1)));
    return adc_apply2(graph, ADC_OP_IDIV, more, size);
}

/* Closed ones, as lengths of arrays are made of them; false if nothing bounds the passes. */
static bool find_sizes(struct cutter *c)
{
    uint32_t asked = c->loop.checkpoint;
    if (asked == ADC_CHECKPOINT_DEFAULT) {
        c->levels = 1;
        c->level[0].size = budget_length(c->graph, c->node, c->budget, c->walk);
        return c->level[0].size;
    }
    node_t passes = pass_extent(c->graph, c->loop.index, c->walk);
    if (asked > ADC_CHECKPOINT_EVERY) {
        c->levels = 1;
        c->level[0].size = adc_int(c->graph, (int64_t)asked - ADC_CHECKPOINT_EVERY);
        return true;
    }
    if (!passes) return false;
    c->levels = asked - ADC_CHECKPOINT_LEVELS;
    node_t size =
        adc_apply2(c->graph, ADC_OP_IROOT, passes, adc_int(c->graph, (int64_t)c->levels + 1));
    c->level[c->levels - 1].size = size;
    for (unsigned i = c->levels - 1; i-- > 0;)
        c->level[i].size = adc_apply2(c->graph, ADC_OP_IMUL, c->level[i + 1].size, size);
    return true;
}

/* The indices, each with the values of t that it stands for. */
static void make_indices(struct cutter *c)
{
    struct adc_graph *graph = c->graph;
    node_t t = c->loop.index;
    const struct adc_indices *around = adc_indices_minus(graph, t->free, adc_indices_of(graph, t));
    struct segments *level = c->level;
    level->start = t->in[0];
    level->passes = pass_minus(graph, t->in[1], t->in[0]);
    for (; level->size; level++) {
        node_t segments = segments_of(graph, level->passes, level->size);
        level->index = adc_loop_index(graph, adc_int(graph, 0), segments, around);
        around = adc_indices_union(graph, around, level->index->free);
        node_t before = adc_apply2(graph, ADC_OP_IMUL, level->index, level->size);
        node_t left = pass_minus(graph, level->passes, before);
        level[1].start = pass_plus(graph, level->start, before);
        level[1].passes = adc_apply2(graph, ADC_OP_IMIN, level->size, left);
    }
    node_t end = pass_plus(graph, level->start, level->passes);
    level->index = adc_loop_index(graph, level->start, end, around);
    adc_graph_set_name(graph, level->index, graph->names.data[t->id]);
    adc_graph_set_hint(graph, level->index, adc_graph_hint(graph, t));
}

/* ------------------------------------------------------------------------------ loops */

/* Whether all passes before those of this segment have been made. */
static node_t is_reached(struct cutter *c, const struct segments *level, node_t count)
{
    struct adc_graph *graph = c->graph;
    node_t before = pass_minus(graph, level[1].start, c->level[0].start);
    if (c->loop.down) {
        before = pass_plus(graph, level[1].start, level[1].passes);
        before = pass_minus(graph, c->loop.index->in[1], before);
    }
    return adc_apply2(graph, ADC_OP_IEQ, count, before);
}

/* The components of a segment's loop. */
static void carry_segments(struct cutter *c, unsigned at, struct adc_carried *own)
{
    const struct adc_carried *outer = at ? own - c->loop.count : NULL;
    for (unsigned i = 0; i < c->loop.count; i++) {
        node_t state = c->carried[i].state;
        own[i].state = adc_state(c->graph, c->level[at].index, state, adc_is_history(state));
        adc_graph_set_name(c->graph, own[i].state, c->graph->names.data[state->id]);
        own[i].init = outer ? outer[i].state : c->carried[i].init;
    }
}

/* Those of the innermost loop: of the loop as written. */
static void carry_passes(struct cutter *c, struct adc_carried *own)
{
    const struct adc_carried *outer = own - c->loop.count;
    node_t from = c->loop.index, to = c->level[c->levels].index;
    for (unsigned i = 0; i < c->loop.count; i++) {
        own[i].state = adc_rename(c->graph, c->carried[i].state, from, to, c->scratch);
        own[i].next = adc_rename(c->graph, c->carried[i].next, from, to, c->scratch);
        own[i].init = outer[i].state;
        adc_graph_set_name(c->graph, own[i].state, c->graph->names.data[c->carried[i].state->id]);
    }
}

static node_t make_level(struct cutter *c, unsigned at, const struct adc_carried *carried)
{
    const struct segments *level = &c->level[at];
    struct adc_loop loop = {.index = level->index, .down = c->loop.down, .count = c->loop.count};
    loop.carried = carried;
    if (level->size) {
        loop.checkpoint = ADC_CHECKPOINT_STATES;
        if (c->count) loop.guard = is_reached(c, level, carried[c->loop.count - 1].state);
    } else {
        loop.guard = adc_rename(c->graph, c->loop.guard, c->loop.index, level->index, c->scratch);
    }
    return adc_loop(c->graph, &loop);
}

/* The loops, innermost first. */
static node_t make_loops(struct cutter *c)
{
    unsigned count = c->loop.count;
    struct adc_carried *all =
        ADC_NEW_ARRAY(c->scratch, struct adc_carried, count * (c->levels + 1));
    struct adc_carried *own = all + count * c->levels;
    for (unsigned at = 0; at < c->levels; at++) carry_segments(c, at, all + count * at);
    carry_passes(c, own);
    node_t made = make_level(c, c->levels, own);
    for (unsigned at = c->levels; at-- > 0;) {
        own -= count;
        for (unsigned i = 0; i < count; i++)
            own[i].next = adc_final(c->graph, made, own[i + count].state);
        made = make_level(c, at, own);
    }
    return made;
}

static node_t cut(struct adc_graph *graph, node_t node, uint64_t budget, struct walk *walk)
{
    struct adc_arena *scratch = walk->scratch;
    struct cutter c = {
        .graph = graph, .scratch = scratch, .walk = walk, .budget = budget, .node = node};
    c.loop = adc_loop_parts(node);
    unsigned count = c.loop.count;
    bool counted = !adc_is_true(c.loop.guard);
    if (count + counted > ADC_MAX_CARRIED) return node;
    c.carried = ADC_NEW_ARRAY(scratch, struct adc_carried, count + 1);
    for (unsigned i = 0; i < count; i++) c.carried[i] = adc_loop_carried(node, i);
    if (counted) {
        c.count = adc_state(graph, c.loop.index, adc_int(graph, 0), false);
        node_t next = adc_apply2(graph, ADC_OP_IADD, c.count, adc_int(graph, 1));
        c.carried[c.loop.count++] = (struct adc_carried){c.count, adc_int(graph, 0), next};
    }
    if (!find_sizes(&c)) return node;
    make_indices(&c);
    return make_loops(&c);
}

/* ---------------------------------------------------------------------- the function */

static bool is_cut(node_t node)
{
    return node->op == ADC_OP_LOOP && adc_loop_parts(node).checkpoint > ADC_CHECKPOINT_LEVELS;
}

/* With a budget. */
static bool may_be_cut(node_t node)
{
    if (is_cut(node)) return true;
    return node->op == ADC_OP_LOOP && !node->free &&
           adc_loop_parts(node).checkpoint == ADC_CHECKPOINT_DEFAULT;
}

typedef bool loop_test(node_t node);

/* Whether there is something to cut, and reverse mode to come. */
static bool is_asked(const struct adc_function *function, enum adc_product product, loop_test *asks)
{
    bool reverse = product != ADC_VALUE && product != ADC_PUSHFORWARD, any = false;
    for (size_t id = 0; id < function->graph->nodes.count; id++) {
        node_t node = function->graph->nodes.data[id];
        reverse = reverse || node->op == ADC_OP_GRAD || node->op == ADC_OP_VJP;
        any = any || asks(node);
    }
    return any && reverse;
}

/* Histories of loops that will be cut, read in windows alone, are arrays that change: what is kept
 * of these are a few elements a segment. */
static const struct adc_function *narrowed(struct adc_arena *arena,
                                           const struct adc_function *function, loop_test *asks,
                                           struct adc_arena *scratch)
{
    const struct adc_graph *from = function->graph;
    struct windows windows = {.from = function, .scratch = scratch, .plain = true, .asks = asks};
    uint8_t *live = ADC_NEW_ARRAY(scratch, uint8_t, from->nodes.count);
    adc_function_live(function, live);
    windows.live = live;
    if (!windows_find(&windows)) return function;
    node_t *map = ADC_NEW_ARRAY(scratch, node_t, from->nodes.count), in[ADC_MAX_INPUTS];
    struct adc_function *to = pass_new_like(arena, function);
    for (size_t id = 0; id < from->nodes.count; id++) {
        node_t node = from->nodes.data[id];
        if (!live[id]) continue;
        for (unsigned i = 0; i < node->count; i++) in[i] = map[node->in[i]->id];
        to->graph->span = from->spans.data[id];
        map[id] = windows_copy(&windows, to->graph, node, in);
    }
    pass_map_roots(to, function, map);
    return to;
}

static const struct adc_function *all_cut(struct adc_arena *arena,
                                          const struct adc_function *function, uint64_t budget,
                                          struct adc_arena *scratch)
{
    const struct adc_graph *from = function->graph;
    loop_test *asks = budget ? may_be_cut : is_cut;
    node_t *map = ADC_NEW_ARRAY(scratch, node_t, from->nodes.count), in[ADC_MAX_INPUTS];
    struct adc_function *to = pass_new_like(arena, function);
    struct walk walk;
    walk_init(&walk, to->graph, scratch);
    for (size_t id = 0; id < from->nodes.count; id++) {
        node_t node = from->nodes.data[id];
        for (unsigned i = 0; i < node->count; i++) in[i] = map[node->in[i]->id];
        to->graph->span = from->spans.data[id];
        if (node->op == ADC_OP_FINAL) map[id] = adc_final_again(to->graph, node, in[0]);
        else map[id] = adc_copy(to->graph, from, node, in);
        if (asks(node)) map[id] = cut(to->graph, map[id], budget, &walk);
        adc_graph_take_notes(to->graph, map[id], from, node);
    }
    pass_map_roots(to, function, map);
    return to;
}

const struct adc_function *pass_checkpoint(struct adc_arena *arena,
                                           const struct adc_function *function,
                                           enum adc_product product, uint64_t budget,
                                           struct adc_arena *scratch)
{
    loop_test *asks = budget ? may_be_cut : is_cut;
    if (!is_asked(function, product, asks)) return function;
    return all_cut(arena, narrowed(arena, function, asks, scratch), budget, scratch);
}
