/* Two ways to an infinite derivative.
 *
 *     STEEP     the slope is infinite where the value is finite: sqrt at 0. The value goes on to
 *               be multiplied by 0, and so does the derivative: x*sqrt(x), acos(cos(x))
 *     OVERFLOW  the slope is infinite where the value is: exp, log at 0. Only what makes a finite
 *               value of it, a division or another function, has slope 0 there: 1/(1 + exp(x)).
 *               In reverse mode the strong zero of exp itself is enough
 *
 * A tangent inherits from the tangents that it is computed from, an adjoint from those of what uses
 * the node. As a STATE comes before what it is computed from, sweeps are repeated until nothing
 * changes. */
#include "passes/steep.h"

#include "ir/rules.h"
#include "ir/state.h"

enum { STEEP = 1, OVERFLOW = 2 };

struct sweep {
    const struct adc_graph *graph;
    struct pass_range range;
    const uint8_t *active;
    uint8_t *set;
    bool again; /* what comes by a STATE changed behind the sweep */
};

static bool inside(struct pass_range range, const struct adc_node *node)
{
    return node->id >= range.low && node->id <= range.high;
}

static unsigned found(const struct sweep *sweep, const struct adc_node *node)
{
    return inside(sweep->range, node) ? sweep->set[node->id - sweep->range.low] : 0;
}

static void include(struct sweep *sweep, const struct adc_node *node, unsigned bits, bool behind)
{
    if (!inside(sweep->range, node)) return;
    uint8_t *set = &sweep->set[node->id - sweep->range.low];
    if ((*set & bits) == bits) return;
    *set |= (uint8_t)bits;
    sweep->again = sweep->again || behind;
}

/* Elementwise, and of a value that may be infinite it makes a finite one. */
static bool is_bounded(const struct adc_node *node, unsigned i)
{
    if (node->op < ADC_OP_FIRST_ELEMENTWISE) return false;
    if (node->op == ADC_OP_DIV) return i == 1;
    return node->op != ADC_OP_IPOW && adc_op_info((enum adc_op)node->op)->properties & ADC_COSTLY;
}

static bool is_singular(const struct adc_node *node)
{
    return node->op >= ADC_OP_FIRST_ELEMENTWISE &&
           adc_op_info((enum adc_op)node->op)->properties & ADC_SINGULAR;
}

/* ----------------------------------------------------------------------------- tangents */

static unsigned of_inputs(const struct sweep *sweep, const struct adc_node *node)
{
    unsigned bits = 0;
    for (unsigned i = 0; i < node->count; i++) {
        unsigned in = found(sweep, node->in[i]);
        bits |= is_bounded(node, i) ? in & STEEP : in;
    }
    if (adc_op_is_steep(node)) bits |= STEEP;
    else if (is_singular(node)) bits |= OVERFLOW;
    return bits;
}

static void sweep_up(struct sweep *sweep)
{
    for (uint32_t id = sweep->range.low; id <= sweep->range.high; id++) {
        const struct adc_node *node = sweep->graph->nodes.data[id];
        if (node->op == ADC_OP_STATE || !sweep->active[id - sweep->range.low]) continue;
        unsigned bits = of_inputs(sweep, node);
        include(sweep, node, bits, false);
        for (unsigned i = 0; node->op == ADC_OP_LOOP && i < adc_loop_parts(node).count; i++)
            include(sweep, adc_loop_carried(node, i).state, bits, true);
    }
}

/* ----------------------------------------------------------------------------- adjoints */

static void sweep_down(struct sweep *sweep)
{
    for (uint32_t id = sweep->range.high + 1; id-- > sweep->range.low;) {
        const struct adc_node *node = sweep->graph->nodes.data[id];
        if (!sweep->active[id - sweep->range.low]) continue;
        unsigned bits = found(sweep, node);
        if (node->op == ADC_OP_LOOP)
            for (unsigned i = 0; i < adc_loop_parts(node).count; i++)
                bits |= found(sweep, adc_loop_carried(node, i).state);
        if (adc_op_is_steep(node)) bits |= STEEP;
        for (unsigned i = 0; bits && i < node->count; i++)
            include(sweep, node->in[i], bits, node->in[i]->op == ADC_OP_STATE);
    }
}

struct steep steep_find(const struct adc_graph *graph, struct pass_range range,
                        const uint8_t *active, bool backwards, struct adc_arena *scratch)
{
    struct sweep sweep = {.graph = graph, .range = range, .active = active};
    sweep.set = ADC_NEW_ARRAY(scratch, uint8_t, (size_t)range.high - range.low + 1);
    do {
        sweep.again = false;
        if (backwards) sweep_down(&sweep);
        else sweep_up(&sweep);
    } while (sweep.again);
    return (struct steep){range, sweep.set};
}

bool steep_tangent(const struct steep *steep, const struct adc_node *node, unsigned i)
{
    const struct adc_node *in = node->in[i];
    unsigned bits = inside(steep->range, in) ? steep->set[in->id - steep->range.low] : 0;
    return bits & STEEP || (bits && is_bounded(node, i));
}

bool steep_adjoint(const struct steep *steep, const struct adc_node *node)
{
    return inside(steep->range, node) && steep->set[node->id - steep->range.low] & STEEP;
}
