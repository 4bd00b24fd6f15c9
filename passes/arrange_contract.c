/* Array contraction: what an array is asked for inside of one loop alone is made anew in each pass.
 *
 *     let a[p, b] = e(p, b)                    for p
 *     let y[p] = sum(b: a[p, s[b]])                for b: a[b] = e(p, b)
 *                                                  y[p] = sum of a[s[b]]
 *
 * Arrays with a free index get an axis for it (arrange_close.c), unless its loop is of this kind:
 * then they are as long as one pass needs, and stay in the cache; in lanes, each lane has its own.
 * Jacobians are such loops, over their directions.
 *
 * index    outside of all others, and of arrays
 * one loop none of the nests that bind it stands in a loop or needs another one of them, so that
 *          they are fused (arrange_fuse.c): with a second loop all would be computed again
 * law      every value is computed by the same operations: bit for bit
 * limits   in lanes an element takes as much room as 32 of an axis (loop.h): where the range is
 *          short and the array long, the workspace grows
 * cost     linear, for up to MOST indices */
#include "passes/arrange.h"

enum { MOST = 64 };

struct contraction {
    const struct arrange *arrange;
    const struct adc_graph *graph;
    uint8_t *bit;                /* by id of an index: 1 + its number, or 0 */
    uint64_t arrays, bound, bad; /* by number: has arrays, has nests, is not of the kind */
    uint64_t *after;             /* by id: indices of nests that it is computed from */
};

static uint64_t bit_of(const struct contraction *c, const struct adc_node *index)
{
    unsigned number = c->bit[index->id];
    return number ? UINT64_C(1) << (number - 1) : 0;
}

/* Of the indices of the loops around something, those that are not outermost. */
static uint64_t not_outermost(const struct contraction *c, const struct adc_node *const *index,
                              unsigned count)
{
    const struct adc_node *first = NULL;
    uint64_t others = 0;
    for (unsigned i = 0; i < count; i++) {
        const uint32_t *rank = c->arrange->first_rank;
        if (c->arrange->updates.is_time[index[i]->id]) continue;
        const struct adc_node *later = index[i];
        if (!first || rank[later->id] < rank[first->id]) {
            const struct adc_node *swap = first;
            first = later;
            later = swap;
        }
        if (later) others |= bit_of(c, later);
    }
    return others;
}

static void look_at_nest(struct contraction *c, const struct adc_node *node)
{
    struct adc_nest nest = adc_nest_parts(node);
    const struct adc_indices *scope = c->arrange->updates.scope[node->id];
    const struct adc_node *path[ADC_MAX_NEST];
    unsigned count = 0;
    for (uint32_t i = 0; scope && i < scope->count; i++) {
        if (nest.rank) c->arrays |= bit_of(c, scope->index[i]);
        path[count++] = scope->index[i];
    }
    for (unsigned i = 0; i < nest.index_count; i++) {
        uint64_t bit = bit_of(c, nest.index[i]);
        path[count++] = nest.index[i];
        if (scope || c->after[node->id] & bit) c->bad |= bit;
        c->bound |= bit;
        c->after[node->id] |= bit;
    }
    c->bad |= not_outermost(c, path, count);
}

static void look_at_node(struct contraction *c, const struct adc_node *node)
{
    const struct adc_indices *scope = c->arrange->updates.scope[node->id];
    for (unsigned i = 0; i < node->count; i++) c->after[node->id] |= c->after[node->in[i]->id];
    if (node->op == ADC_OP_NEST) look_at_nest(c, node);
    else if (scope) c->bad |= not_outermost(c, scope->index, scope->count);
}

uint8_t *arrange_contracted(struct arrange *arrange, const struct adc_function *function)
{
    const struct adc_graph *graph = function->graph;
    struct adc_arena *scratch = arrange->scratch;
    size_t count = graph->nodes.count;
    struct contraction c = {.arrange = arrange, .graph = graph};
    uint8_t *contracted = ADC_NEW_ARRAY(scratch, uint8_t, count), numbers = 0;
    arrange_look(arrange, function);
    c.bit = ADC_NEW_ARRAY(scratch, uint8_t, count);
    c.after = ADC_NEW_ARRAY(scratch, uint64_t, count);
    for (size_t id = 0; id < count && numbers < MOST; id++)
        if (arrange->updates.live[id] && graph->nodes.data[id]->op == ADC_OP_INDEX &&
            !arrange->updates.is_time[id])
            c.bit[id] = ++numbers;
    for (size_t id = 0; id < count; id++)
        if (arrange->updates.live[id]) look_at_node(&c, graph->nodes.data[id]);
    for (size_t id = 0; id < count; id++)
        contracted[id] = (bit_of(&c, graph->nodes.data[id]) & c.arrays & c.bound & ~c.bad) != 0;
    return contracted;
}
