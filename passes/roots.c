/* Powers of halves are products with roots, which take a tenth of the time.
 *
 *     x^1.5      x*sqrt(x)            x^-0.5     1/sqrt(x)
 *     x^2.5      (x*x)*sqrt(x)        x^-1.5     (1/sqrt(x))/x
 *
 * and the slopes of such powers, which are powers of other halves. At most four roundings, so that
 * as many units in the last place are off as the power itself may be: further powers stay. A power
 * of -0 is one of 0, and one of -inf that of inf, unlike the root: what may be either is made
 * positive first. `--strict` leaves the pass out. */
#include "passes/passes.h"

#include "ir/nest.h"

#include <math.h>

typedef const struct adc_node *node_t;

double roots_exponent(node_t node)
{
    const double most = 2.5;
    if (node->op != ADC_OP_POW && node->op != ADC_OP_POW_DX) return 0;
    if (!adc_is_const(node->in[1])) return 0;
    double exponent = adc_real_number(node->in[1]) - (node->op == ADC_OP_POW_DX ? 1 : 0);
    bool half = fabs(exponent) <= most && fabs(fmod(exponent, 1.0)) == 0.5;
    return half ? exponent : 0;
}

bool roots_is_positive(node_t node)
{
    enum { MOST = 32 };
    node_t pending[MOST] = {node};
    for (unsigned count = 1, done = 0; done < count; done++) {
        node_t now = pending[done];
        switch (now->op) {
        case ADC_OP_CONST:
            if (adc_real_number(now) < 0 || signbit(adc_real_number(now))) return false;
            break;
        case ADC_OP_MUL:
        case ADC_OP_ADD:
            if (now->op == ADC_OP_MUL && now->in[0] == now->in[1]) break;
            if (count + 2 > MOST) return false;
            pending[count++] = now->in[0];
            pending[count++] = now->in[1];
            break;
        case ADC_OP_NEST:
            if (adc_nest_parts(now).reduce != ADC_REDUCE_SUM || now->rank) return false;
            if (count + 1 > MOST) return false;
            pending[count++] = adc_nest_parts(now).value;
            break;
        case ADC_OP_EXP: break;
        default: return false;
        }
    }
    return true;
}

static node_t positive(struct adc_graph *graph, node_t x)
{
    enum adc_type type = (enum adc_type)x->type;
    if (roots_is_positive(x)) return x;
    node_t low = adc_apply2(graph, ADC_OP_EQ, x, adc_real(graph, type, -INFINITY));
    node_t zero = adc_apply2(graph, ADC_OP_ADD, x, adc_real(graph, type, 0.0)); /* not -0 */
    return adc_apply3(graph, ADC_OP_IF, low, adc_real(graph, type, INFINITY), zero);
}

static node_t product(struct adc_graph *graph, node_t given, double exponent)
{
    enum adc_type type = (enum adc_type)given->type;
    node_t x = positive(graph, given), root = adc_apply1(graph, ADC_OP_SQRT, x), whole = x;
    if (exponent < 0) root = adc_apply2(graph, ADC_OP_DIV, adc_real(graph, type, 1.0), root);
    if (fabs(exponent) < 1) return root;
    if (fabs(exponent) > 2) whole = adc_apply2(graph, ADC_OP_MUL, x, x);
    return adc_apply2(graph, exponent < 0 ? ADC_OP_DIV : ADC_OP_MUL, root, whole);
}

static bool has_any(const struct adc_graph *graph)
{
    for (size_t id = 0; id < graph->nodes.count; id++)
        if (roots_exponent(graph->nodes.data[id]) != 0) return true;
    return false;
}

struct adc_function *pass_roots(struct adc_arena *arena, struct adc_function *function,
                                struct adc_arena *scratch)
{
    const struct adc_graph *from = function->graph;
    if (!has_any(from)) return function;
    uint8_t *live = ADC_NEW_ARRAY(scratch, uint8_t, from->nodes.count);
    node_t *map = ADC_NEW_ARRAY(scratch, node_t, from->nodes.count);
    struct adc_function *to = pass_new_like(arena, function);
    adc_function_live(function, live);
    for (size_t id = 0; id < from->nodes.count; id++) {
        node_t node = from->nodes.data[id], in[ADC_MAX_INPUTS];
        double exponent = roots_exponent(node);
        if (!live[id]) continue;
        to->graph->span = from->spans.data[id];
        for (unsigned i = 0; i < node->count; i++) in[i] = map[node->in[i]->id];
        map[id] = exponent != 0 ? product(to->graph, in[0], exponent)
                                : adc_copy(to->graph, from, node, in);
        if (node->op == ADC_OP_POW_DX && exponent != 0)
            map[id] = adc_apply2(to->graph, ADC_OP_MUL, map[id],
                                 adc_real(to->graph, (enum adc_type)node->type, exponent + 1));
        if (node->op != ADC_OP_PARAM && node->op != ADC_OP_CONST)
            adc_graph_take_notes(to->graph, map[id], from, node);
    }
    pass_map_roots(to, function, map);
    return to;
}
