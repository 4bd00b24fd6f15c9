/* Hits, ties and products of the others: the parts of reductions' derivatives. */
#include "passes/reverse.h"

const struct adc_indices *pass_nest_scope(struct adc_graph *graph, const struct adc_nest *nest)
{
    const struct adc_indices *scope = NULL;
    for (unsigned i = 0; i < nest->index_count; i++)
        scope = adc_indices_union(graph, scope, nest->index[i]->free);
    return scope;
}

static const struct adc_node *both(struct adc_graph *graph, const struct adc_node *a,
                                   const struct adc_node *b)
{
    return adc_apply3(graph, ADC_OP_IF, a, b, adc_bool(graph, false));
}

/* A nest over the same points (and `more`, if given) with another value. */
static const struct adc_node *alike(struct adc_graph *graph, struct adc_nest nest,
                                    enum adc_reduce reduce, const struct adc_node *more,
                                    const struct adc_node *value)
{
    nest.reduce = reduce;
    nest.value = value;
    nest.rank = 0;
    if (more) nest.guard = both(graph, nest.guard, more);
    return adc_nest(graph, &nest);
}

/* v must be the very number that the reduction saw: it is the same node. */
const struct adc_node *pass_extreme_hit(struct adc_graph *graph, const struct adc_node *node)
{
    struct adc_nest nest = adc_nest_parts(node);
    const struct adc_node *equal = adc_apply2(graph, ADC_OP_EQ, nest.value, node);
    const struct adc_node *nan = both(graph, adc_apply1(graph, ADC_OP_ISNAN, nest.value),
                                      adc_apply1(graph, ADC_OP_ISNAN, node));
    return adc_apply3(graph, ADC_OP_IF, equal, adc_bool(graph, true), nan);
}

const struct adc_node *pass_extreme_ties(struct adc_graph *graph, const struct adc_node *node)
{
    return alike(graph, adc_nest_parts(node), ADC_REDUCE_SUM, pass_extreme_hit(graph, node),
                 adc_real(graph, node->type, 1.0));
}

/* The product over all points but the one at hand: the indices again under fresh names. */
static const struct adc_node *product_without(struct adc_graph *graph, const struct adc_node *node,
                                              struct adc_arena *scratch)
{
    struct adc_nest nest = adc_nest_parts(node);
    const struct adc_node *index[ADC_MAX_INPUTS];
    const struct adc_node *other = adc_bool(graph, false);
    for (unsigned i = 0; i < nest.index_count; i++) index[i] = nest.index[i];
    for (unsigned i = 0; i < nest.index_count; i++) {
        const struct adc_node *old = index[i];
        const struct adc_node *fresh = adc_fresh_index(graph, old);
        nest.value = adc_rename(graph, nest.value, old, fresh, scratch);
        nest.guard = adc_rename(graph, nest.guard, old, fresh, scratch);
        for (unsigned j = i + 1; j < nest.index_count; j++)
            index[j] = adc_rename(graph, index[j], old, fresh, scratch);
        index[i] = fresh;
        const struct adc_node *differs = adc_apply2(graph, ADC_OP_INE, nest.index[i], fresh);
        other = adc_apply3(graph, ADC_OP_IF, other, adc_bool(graph, true), differs);
    }
    nest.index = index;
    return alike(graph, nest, ADC_REDUCE_PROD, other, nest.value);
}

const struct adc_node *pass_prod_others(struct adc_graph *graph, const struct adc_node *node,
                                        struct adc_arena *scratch)
{
    struct adc_nest nest = adc_nest_parts(node);
    const struct adc_node *zero = adc_real(graph, node->type, 0.0);
    const struct adc_node *is_zero = adc_apply2(graph, ADC_OP_EQ, nest.value, zero);
    const struct adc_node *zeros = alike(graph, nest, ADC_REDUCE_SUM, is_zero, adc_int(graph, 1));
    const struct adc_node *none = adc_apply2(graph, ADC_OP_IEQ, zeros, adc_int(graph, 0));
    const struct adc_node *quotient = adc_apply2(graph, ADC_OP_DIV, node, nest.value);
    return adc_apply3(graph, ADC_OP_IF, none, quotient, product_without(graph, node, scratch));
}
