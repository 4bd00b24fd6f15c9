/* Arrays with free indices as arrays that have none: an axis for each free index comes before
 * their own, and reads say where they stand. The indices of loops with state, and those outside of
 * these, stay free: such an array is made anew in every pass; and so do those of arrays that change
 * in place. What then is a copy of an array is that array. */
#include "passes/arrange.h"

/* The indices for which an array of the old graph gets axes, by rank. Returns their number. */
static unsigned axes_of(struct arrange *arrange, const struct adc_indices *free,
                        const struct adc_node **axes)
{
    uint32_t time = arrange_time_rank(arrange, free);
    unsigned count = 0;
    for (uint32_t i = 0; free && i < free->count; i++)
        if (arrange_rank(arrange, free->index[i]) > time)
            axes[count++] = arrange->map[free->index[i]->id];
    arrange_sort(arrange, axes, count);
    return count;
}

/* The nest with further axes first; `count` of them. */
static const struct adc_node *closed(struct arrange *arrange, struct adc_nest nest,
                                     const struct adc_node *const *axes, unsigned count)
{
    struct adc_graph *graph = arrange->to->graph;
    const struct adc_node *target[ADC_MAX_RANK], *shape[ADC_MAX_RANK], *index[ADC_MAX_INPUTS];
    ADC_INVARIANT(count + nest.rank <= ADC_MAX_RANK, graph);
    for (unsigned i = 0; i < count; i++) {
        index[i] = axes[i];
        target[i] = arrange_axis(arrange, axes[i], &shape[i]);
    }
    for (unsigned i = 0; i < nest.rank; i++) {
        target[count + i] = nest.target[i];
        shape[count + i] = arrange_length(arrange, nest.shape[i]);
    }
    for (unsigned i = 0; i < nest.index_count; i++) index[count + i] = nest.index[i];
    nest.rank += count;
    nest.index_count += count;
    nest.target = target;
    nest.shape = shape;
    nest.index = index;
    return adc_nest(graph, &nest);
}

/* The element at `own` of an array of the old graph, here called `array`, at the point at hand. */
static const struct adc_node *element(struct arrange *arrange, const struct adc_node *old,
                                      const struct adc_node *array,
                                      const struct adc_node *const *own)
{
    const struct adc_node *at[ADC_MAX_RANK], *length;
    unsigned count = arrange->marks[old->id] ? 0 : axes_of(arrange, old->free, at);
    for (unsigned i = 0; i < count; i++) at[i] = arrange_axis(arrange, at[i], &length);
    for (unsigned i = 0; i < old->rank; i++) at[count + i] = own[i];
    return adc_read(arrange->to->graph, array, at);
}

/* An operand of a join that has all the join's axes; it may be open itself, if it is also part of
 * what changes in place. */
static const struct adc_node *spread(struct arrange *arrange, const struct adc_node *old,
                                     const struct adc_node *array, const struct adc_indices *free)
{
    const struct adc_node *own[ADC_MAX_RANK], *shape[ADC_MAX_RANK], *axes[ADC_MAX_RANK];
    struct adc_graph *graph = arrange->to->graph;
    if (old->free == free && !arrange->marks[old->id]) return array;
    unsigned count = axes_of(arrange, free, axes), before = array->rank - old->rank;
    for (unsigned i = 0; i < old->rank; i++) {
        shape[i] = adc_shape(array, before + i);
        own[i] = arrange_fresh(arrange, adc_index(graph, 0, adc_int(graph, 0), shape[i]), 0);
    }
    struct adc_nest nest = {.reduce = ADC_REDUCE_SET, .rank = old->rank, .target = own};
    nest.shape = shape;
    nest.index = own;
    nest.index_count = old->rank;
    nest.value = element(arrange, old, array, own);
    nest.guard = adc_bool(graph, true);
    return closed(arrange, nest, axes, count);
}

/* The array that a nest copies as it is; NULL if it does not. */
static const struct adc_node *copied(const struct adc_node *node)
{
    struct adc_nest nest = adc_nest_parts(node);
    const struct adc_node *read = nest.value;
    bool same = nest.rank && nest.reduce <= ADC_REDUCE_SUM && adc_is_true(nest.guard) &&
                nest.index_count == nest.rank && read->op == ADC_OP_READ &&
                (read->in[0]->op == ADC_OP_NEST || read->in[0]->op == ADC_OP_JOIN) &&
                !read->in[0]->free && read->in[0]->rank == nest.rank;
    for (unsigned i = 0; same && i < nest.rank; i++) {
        const struct adc_node *index = nest.index[i];
        same = nest.target[i] == index && read->in[1 + i] == index && adc_is_const(index->in[0]) &&
               index->in[0]->value.integer == 0 && index->in[1] == nest.shape[i] &&
               adc_shape(read->in[0], i) == nest.shape[i];
    }
    return same ? read->in[0] : NULL;
}

/* Whether the nest or what it reads is part of what changes in place. */
static bool changes(const struct arrange *arrange, const struct adc_node *node)
{
    const struct adc_node *value = node->in[0];
    if (value->op == ADC_OP_READ && arrange->marks[value->in[0]->id]) return true;
    return arrange->marks[node->id];
}

static const struct adc_node *plain(struct arrange *arrange, const struct adc_node *node,
                                    const struct adc_node *const *in)
{
    const struct adc_node *same = arrange_copy(arrange, node, in);
    const struct adc_node *copy =
        same->op == ADC_OP_NEST && !same->free && !changes(arrange, node) ? copied(same) : NULL;
    return copy ? copy : same;
}

static const struct adc_node *make(struct arrange *arrange, const struct adc_node *node,
                                   const struct adc_node *const *in)
{
    const struct adc_node *axes[ADC_MAX_RANK];
    const struct adc_node *array = node->op == ADC_OP_READ ? node->in[0] : node;
    if (!array->rank || !array->free || arrange->marks[array->id]) return plain(arrange, node, in);
    if (node->op == ADC_OP_READ) return element(arrange, array, in[0], in + 1);
    if (node->op == ADC_OP_JOIN)
        return adc_join(arrange->to->graph, spread(arrange, node->in[0], in[0], node->free),
                        spread(arrange, node->in[1], in[1], node->free));
    const struct adc_node *open = arrange_copy(arrange, node, in);
    ADC_INVARIANT(open->op == ADC_OP_NEST, arrange->to->graph);
    return closed(arrange, adc_nest_parts(open), axes, axes_of(arrange, node->free, axes));
}

/* Arrays that change in place, and what they are made of. */
static bool stays_open(const struct adc_node *node)
{
    return node->op == ADC_OP_PUT || node->op == ADC_OP_LOOP || node->op == ADC_OP_STATE ||
           node->op == ADC_OP_FINAL;
}

struct adc_function *arrange_close(struct arrange *arrange, const struct adc_function *from)
{
    const struct adc_graph *graph = from->graph;
    uint8_t *open = ADC_NEW_ARRAY(arrange->scratch, uint8_t, graph->nodes.count);
    for (size_t id = 0; id < graph->nodes.count; id++) {
        const struct adc_node *node = graph->nodes.data[id];
        open[id] = stays_open(node) ||
                   (node->op == ADC_OP_JOIN && (open[node->in[0]->id] || open[node->in[1]->id]));
    }
    for (size_t id = graph->nodes.count; id-- > 0;) {
        const struct adc_node *node = graph->nodes.data[id];
        if (node->op != ADC_OP_READ && open[id])
            for (unsigned i = 0; i < node->count; i++)
                if (node->in[i]->rank) open[node->in[i]->id] = 1;
    }
    arrange->marks = open;
    return arrange_rebuild(arrange, from, make);
}
