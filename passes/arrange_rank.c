/* Ranks to begin with: an index comes behind those that its range mentions and, as far as that has
 * no circle, behind
 * those in whose loops its own loops stand in the program as written. What the program says first
 * counts first:
 * reductions over an outer index, which reverse mode makes, come late and give way. */
#include "passes/arrange.h"

enum { MOST_INDICES = 1024 }; /* beyond, the order in which they were made */

struct order {
    const struct adc_node **index; /* in the order in which they were made */
    uint32_t *position;            /* by node id: position in `index` */
    uint32_t count, words;
    uint64_t *before; /* count rows of bits: what must come before, directly or not */
};

static uint64_t *row(const struct order *order, uint32_t i)
{
    return order->before + (size_t)i * order->words;
}

static bool comes_before(const struct order *order, uint32_t a, uint32_t b)
{
    return row(order, b)[a / 64] >> a % 64 & 1;
}

/* `a` before `b`, unless `b` comes before `a` already. */
static void put_before(struct order *order, uint32_t a, uint32_t b)
{
    if (a == b || comes_before(order, b, a) || comes_before(order, a, b)) return;
    for (uint32_t i = 0; i < order->count; i++) {
        if (i != b && !comes_before(order, b, i)) continue;
        for (uint32_t w = 0; w < order->words; w++) row(order, i)[w] |= row(order, a)[w];
        row(order, i)[a / 64] |= UINT64_C(1) << a % 64;
    }
}

static void all_before(struct order *order, const struct adc_indices *outer,
                       const struct adc_node *index)
{
    for (uint32_t i = 0; outer && i < outer->count; i++)
        put_before(order, order->position[outer->index[i]->id], order->position[index->id]);
}

/* An array that a loop carries stays where the loop is: nests that read it have the indices around
 * the loop outermost. (Scalars are stored for those that have not: arrange_order.c.) */
static void carried_first(struct order *order, const struct updates *updates,
                          struct adc_arena *scratch)
{
    const struct adc_graph *graph = updates->function->graph;
    struct adc_graph sets;
    const struct adc_indices **around =
        ADC_NEW_ARRAY(scratch, const struct adc_indices *, graph->nodes.count);
    adc_graph_init(&sets, scratch);
    for (size_t id = 0; id < graph->nodes.count; id++) {
        const struct adc_node *node = graph->nodes.data[id];
        const struct adc_indices *all = NULL;
        if (!updates->live[id]) continue;
        for (unsigned i = 0; i < node->count; i++)
            all = adc_indices_union(&sets, all, around[node->in[i]->id]);
        bool carried = node->op == ADC_OP_FINAL || node->op == ADC_OP_STATE;
        if (node->op == ADC_OP_LOOP || carried) all = node->rank ? updates->scope[id] : NULL;
        around[id] = all;
        if (node->op != ADC_OP_NEST || !all) continue;
        struct adc_nest nest = adc_nest_parts(node);
        for (unsigned i = 0; i < nest.index_count; i++)
            if (!adc_indices_has(all, nest.index[i])) all_before(order, all, nest.index[i]);
        for (unsigned i = 0; i < nest.index_count; i++)
            around[id] = adc_indices_minus(&sets, around[id], nest.index[i]->free);
    }
}

/* The indices around a loop that carries state, as the program nests them: outer ones are made
 * first. What a derivative reads of such a loop may be a copy of it over indices of its own. */
static void as_made(struct order *order, const struct adc_indices *scope)
{
    for (uint32_t i = 1; i < scope->count; i++)
        put_before(order, order->position[scope->index[i - 1]->id],
                   order->position[scope->index[i]->id]);
}

/* Loops that carry state first: nothing may move out of them. */
static void find_order(struct order *order, const struct updates *updates,
                       struct adc_arena *scratch)
{
    const struct adc_graph *graph = updates->function->graph;
    for (uint32_t i = 0; i < order->count; i++)
        all_before(order, order->index[i]->free, order->index[i]);
    carried_first(order, updates, scratch);
    for (unsigned round = 0; round < 3; round++)
        for (size_t id = 0; id < graph->nodes.count; id++) {
            const struct adc_node *node = graph->nodes.data[id];
            const struct adc_indices *scope = updates->scope[id];
            if (!updates->live[id] || !scope) continue;
            if (node->op == ADC_OP_LOOP && round == 0) all_before(order, scope, node->in[0]);
            if (node->op == ADC_OP_LOOP && round == 1) as_made(order, scope);
            if (node->op != ADC_OP_NEST) continue;
            struct adc_nest nest = adc_nest_parts(node);
            for (unsigned i = 0; i < nest.index_count; i++)
                for (uint32_t j = 0; j < scope->count; j++)
                    if (round == (updates->is_time[scope->index[j]->id] ? 1u : 2u))
                        put_before(order, order->position[scope->index[j]->id],
                                   order->position[nest.index[i]->id]);
        }
}

/* Of the indices all of whose predecessors are ranked, the one made first comes next. */
static void rank_all(const struct order *order, uint32_t *ranks, struct adc_arena *scratch)
{
    uint8_t *done = ADC_NEW_ARRAY(scratch, uint8_t, order->count);
    for (uint32_t rank = 1; rank <= order->count; rank++) {
        uint32_t next = 0;
        for (uint32_t i = order->count; i-- > 0;) {
            bool ready = !done[i];
            for (uint32_t j = 0; ready && j < order->count; j++)
                ready = done[j] || !comes_before(order, j, i);
            if (ready) next = i;
        }
        done[next] = 1;
        ranks[order->index[next]->id] = rank;
    }
}

uint32_t *arrange_first_ranks(struct arrange *arrange, const struct adc_function *function)
{
    const struct adc_graph *graph = function->graph;
    struct adc_arena *scratch = arrange->scratch;
    size_t count = graph->nodes.count;
    struct order order = {.position = ADC_NEW_ARRAY(scratch, uint32_t, count)};
    uint32_t *ranks = ADC_NEW_ARRAY(scratch, uint32_t, count);
    arrange_look(arrange, function);
    order.index = ADC_NEW_ARRAY(scratch, const struct adc_node *, count);
    for (size_t id = 0; id < count; id++) {
        if (!arrange->updates.live[id] || graph->nodes.data[id]->op != ADC_OP_INDEX) continue;
        order.position[id] = order.count;
        order.index[order.count++] = graph->nodes.data[id];
        ranks[id] = order.count;
    }
    arrange->last_rank = order.count;
    if (order.count > MOST_INDICES) return ranks;
    order.words = order.count / 64 + 1;
    order.before = ADC_NEW_ARRAY(scratch, uint64_t, (size_t)order.count * order.words);
    find_order(&order, &arrange->updates, scratch);
    rank_all(&order, ranks, scratch);
    return ranks;
}
