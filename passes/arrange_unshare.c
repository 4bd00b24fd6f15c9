/* An index for every loop with state, and for every update an array to change: copies of loops
 * and updates that differ
 * in what is around them share what does not depend on it, and would share variables and
 * buffers. */
#include "passes/arrange.h"

/* Whether an update takes over the array that is its input `i`. */
static bool takes(const struct adc_node *node, unsigned i)
{
    if (node->op == ADC_OP_PUT || node->op == ADC_OP_JOIN) return true;
    return node->op == ADC_OP_LOOP && i >= 2 && i % 3 == 0 && node->in[i]->rank;
}

/* Whether what an update takes over, or writes, turned out to be an array in which a loop stores
 * values for others to read (arrange_keep.c). */
static bool is_stored(const struct arrange *arrange, const struct adc_node *array)
{
    for (size_t i = 0; i < arrange->stored.count; i++)
        if (arrange->stored.data[i] == array) return true;
    return false;
}

static const struct adc_node *own_input(struct arrange *arrange, const struct adc_node *node,
                                        unsigned i, const struct adc_node *in)
{
    if (!arrange->taken || !takes(node, i)) return in;
    uint8_t *taken = &arrange->taken[node->in[i]->id];
    bool stored = is_stored(arrange, node->in[i]), adds = node->op == ADC_OP_JOIN;
    if (!*taken && !stored) {
        *taken = 1;
        return in;
    }
    if (in->op == ADC_OP_NEST && !stored) return arrange_alone(arrange, in);
    return arrange_copied(arrange, in, adds ? ADC_REDUCE_SUM : ADC_REDUCE_SET);
}

const struct adc_node *arrange_loop_over(struct arrange *arrange, const struct adc_node *loop,
                                         const struct adc_node *fresh)
{
    struct adc_graph *graph = arrange->to->graph;
    const struct adc_node **parts =
        ADC_NEW_ARRAY(arrange->scratch, const struct adc_node *, loop->count);
    const struct adc_node *index = loop->in[0];
    if (graph->names.data[index->id])
        adc_graph_set_name(graph, fresh, graph->names.data[index->id]);
    for (unsigned i = 0; i < loop->count; i++)
        parts[i] = adc_rename(graph, loop->in[i], index, fresh, arrange->scratch);
    return adc_structural(graph, loop, parts);
}

static const struct adc_node *make(struct arrange *arrange, const struct adc_node *node,
                                   const struct adc_node *const *in)
{
    const struct adc_node **parts =
        ADC_NEW_ARRAY(arrange->scratch, const struct adc_node *, node->count);
    for (unsigned i = 0; i < node->count; i++) parts[i] = own_input(arrange, node, i, in[i]);
    const struct adc_node *made = arrange_copy(arrange, node, parts);
    if (node->op != ADC_OP_LOOP || !arrange->marks[node->id]) return made;
    const struct adc_node *index = made->in[0];
    return arrange_loop_over(arrange, made,
                             arrange_fresh(arrange, index, arrange_rank(arrange, index)));
}

/* Marks the loops over an index that an earlier one has. */
static bool find_shared_loops(struct arrange *arrange, const struct adc_function *from)
{
    const struct adc_graph *graph = from->graph;
    uint8_t *taken = ADC_NEW_ARRAY(arrange->scratch, uint8_t, graph->nodes.count);
    bool any = false;
    arrange->marks = ADC_NEW_ARRAY(arrange->scratch, uint8_t, graph->nodes.count);
    arrange_look(arrange, from);
    for (size_t id = 0; id < graph->nodes.count; id++) {
        const struct adc_node *loop = graph->nodes.data[id];
        if (!arrange->updates.live[id] || loop->op != ADC_OP_LOOP) continue;
        arrange->marks[id] = taken[loop->in[0]->id];
        any = any || arrange->marks[id];
        taken[loop->in[0]->id] = 1;
    }
    return any;
}

static bool shares_arrays(struct arrange *arrange, const struct adc_function *from)
{
    const struct adc_graph *graph = from->graph;
    uint8_t *taken = ADC_NEW_ARRAY(arrange->scratch, uint8_t, graph->nodes.count);
    bool any = false;
    arrange_look(arrange, from);
    for (size_t id = 0; id < graph->nodes.count; id++) {
        const struct adc_node *node = graph->nodes.data[id];
        for (unsigned i = 0; arrange->updates.live[id] && i < node->count; i++) {
            if (!takes(node, i)) continue;
            any = any || taken[node->in[i]->id] || is_stored(arrange, node->in[i]);
            taken[node->in[i]->id] = 1;
        }
    }
    return any;
}

static struct adc_function *rebuilt(struct arrange *arrange, const struct adc_function *from)
{
    struct adc_function *to = arrange_rebuild(arrange, from, make);
    for (size_t i = 0; i < arrange->stored.count; i++)
        if (arrange->stored.data[i])
            arrange->stored.data[i] = arrange->map[arrange->stored.data[i]->id];
    return to;
}

struct adc_function *arrange_unshare(struct arrange *arrange, struct adc_function *from)
{
    arrange->taken = NULL;
    while (find_shared_loops(arrange, from)) from = rebuilt(arrange, from);
    while (arrange->updated && shares_arrays(arrange, from)) {
        arrange->taken = ADC_NEW_ARRAY(arrange->scratch, uint8_t, from->graph->nodes.count);
        from = rebuilt(arrange, from);
    }
    return from;
}
