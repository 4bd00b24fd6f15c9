/* How long the segments of a loop may be, so that what its derivative keeps stays within a budget.
 *
 * Of n passes in segments of K, with S numbers of state and at most P numbers kept of a pass,
 *
 *     n/K*S + K*P <= B,   so K <= (b + sqrt(b^2 - 4*n*S/P))/2,   b = B/P
 *
 * and not less than sqrt(n*S/P), where that is least. P is an upper bound: all that the recorder
 * (reverse_record.c) may keep of a pass, whether the adjoint will read it or not. */
#include "passes/budget.h"

#include "passes/reverse_record.h"

typedef const struct adc_node *node_t;

/* Cells of 8 bytes: b*b and 4*n*S stay within an int. */
enum { MOST_CELLS = 1 << 30 };

struct budget {
    struct adc_graph *graph;
    struct walk *walk;
    node_t index; /* of the loop */
};

static node_t times(struct budget *b, node_t x, node_t y)
{
    if (adc_is_const(x) && x->value.integer == 1) return y;
    if (adc_is_const(y) && y->value.integer == 1) return x;
    if (adc_is_const(x) && adc_is_const(y)) {
        int64_t product;
        bool fits = !__builtin_mul_overflow(x->value.integer, y->value.integer, &product);
        return adc_int(b->graph, fits ? product : INT64_MAX);
    }
    return adc_apply2(b->graph, ADC_OP_IMUL, x, y);
}

static node_t over(struct budget *b, node_t x, node_t y)
{
    if (adc_is_const(y) && y->value.integer == 1) return x;
    if (adc_is_const(x) && adc_is_const(y))
        return adc_int(b->graph, x->value.integer / y->value.integer);
    return adc_apply2(b->graph, ADC_OP_IDIV, x, y);
}

static node_t largest(struct budget *b, node_t x, int64_t least)
{
    if (adc_is_const(x)) return x->value.integer < least ? adc_int(b->graph, least) : x;
    return adc_apply2(b->graph, ADC_OP_IMAX, x, adc_int(b->graph, least));
}

/* How many numbers the node has in a pass; NULL if nothing bounds them. */
static node_t cells(struct budget *b, node_t node)
{
    node_t all = adc_int(b->graph, 1);
    for (unsigned i = 0; i < node->rank; i++) all = times(b, all, adc_shape(node, i));
    const struct adc_indices *inner = adc_indices_minus(b->graph, node->free, b->index->free);
    for (uint32_t i = 0; inner && i < inner->count; i++) {
        node_t extent = pass_extent(b->graph, inner->index[i], b->walk);
        if (!extent) return NULL;
        all = times(b, all, extent);
    }
    return all->free ? NULL : all;
}

/* Whether the recorder may keep the node of a pass; `carried`: it depends on what the loop carries,
 * else costly operators alone are kept. */
static bool may_be_kept(const struct adc_graph *graph, node_t loop, node_t node, bool carried)
{
    if (!carried && node->op < ADC_OP_FIRST_ELEMENTWISE) return false;
    if (!node->rank && record_suits_next(graph, loop, node)) return true;
    return node->op == ADC_OP_STATE || (!node->rank && record_suits(graph, node));
}

/* P, or NULL. */
static node_t kept_of_a_pass(struct budget *b, node_t loop, struct adc_arena *scratch)
{
    uint8_t *carried = ADC_NEW_ARRAY(scratch, uint8_t, loop->id);
    node_t sum = adc_int(b->graph, 1);
    for (uint32_t id = b->index->id; id < loop->id; id++) {
        node_t node = b->graph->nodes.data[id];
        if (!adc_indices_has(node->free, b->index)) continue;
        carried[id] = node->op == ADC_OP_STATE;
        for (unsigned i = 0; i < node->count; i++)
            if (node->in[i]->id >= b->index->id) carried[id] |= carried[node->in[i]->id];
        if (!may_be_kept(b->graph, loop, node, carried[id])) continue;
        node_t more = cells(b, node);
        if (!more) return NULL;
        sum = pass_plus(b->graph, sum, more);
        if (record_partner(node) != ADC_OP_COUNT) sum = pass_plus(b->graph, sum, more);
    }
    return sum;
}

/* S, or NULL. Histories are kept whole in any case. */
static node_t state_of(struct budget *b, node_t loop)
{
    node_t sum = adc_int(b->graph, 0);
    for (unsigned i = 0; i < adc_loop_parts(loop).count; i++) {
        node_t state = adc_loop_carried(loop, i).state, more = cells(b, state);
        if (!more) return NULL;
        if (!adc_is_history(state)) sum = pass_plus(b->graph, sum, more);
    }
    return sum;
}

static int64_t value_of(node_t node)
{
    return adc_is_const(node) ? node->value.integer : INT64_MAX;
}

/* Whether all passes are known to fit without segments. */
static bool fits_whole(node_t passes, node_t kept, int64_t available)
{
    int64_t all;
    return !__builtin_mul_overflow(value_of(passes), value_of(kept), &all) && all <= available;
}

node_t budget_length(struct adc_graph *graph, node_t loop, uint64_t bytes, struct walk *walk)
{
    struct budget b = {.graph = graph, .walk = walk, .index = adc_loop_parts(loop).index};
    node_t passes = pass_extent(graph, b.index, walk);
    node_t state = passes ? state_of(&b, loop) : NULL;
    node_t kept = state ? kept_of_a_pass(&b, loop, walk->scratch) : NULL;
    int64_t available = bytes / 8 < MOST_CELLS ? (int64_t)(bytes / 8) : MOST_CELLS;
    if (!kept || fits_whole(passes, kept, available)) return NULL;
    node_t most = over(&b, adc_int(graph, available), kept);
    node_t unit =
        over(&b, pass_plus(graph, state, pass_minus(graph, kept, adc_int(graph, 1))), kept);
    node_t load = times(&b, passes, unit), two = adc_int(graph, 2);
    node_t square = pass_minus(graph, times(&b, most, most), times(&b, adc_int(graph, 4), load));
    node_t root = adc_apply2(graph, ADC_OP_IROOT, largest(&b, square, 0), two);
    /* the root is rounded up */
    node_t fitting = pass_plus(graph, most, pass_minus(graph, root, adc_int(graph, 1)));
    node_t least = adc_apply2(graph, ADC_OP_IROOT, load, two);
    node_t length = adc_apply2(graph, ADC_OP_IMAX, over(&b, fitting, two), least);
    return largest(&b, length, 1);
}
