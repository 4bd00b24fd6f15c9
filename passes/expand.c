/* Derivative nodes, expanded innermost first: ascending ids guarantee that what a GRAD
 * differentiates has no
 * derivative node left in it.
 *
 * All GRADs of one value share one reverse sweep. A mark is copied with its number and never
 * merged, so
 * perturbations cannot be confused. Structural zeros become the number 0 of the node's type (the
 * language
 * promises a zero of the right shape; that there is a path at all was checked by E25). */
#include "ir/nest.h"
#include "passes/passes.h"

struct expansion {
    const struct adc_function *from;
    struct adc_function *to;
    struct adc_arena *scratch;
    const struct adc_node **map; /* by old id */
    uint32_t *next_grad;         /* by old id of a GRAD: the next one of the same value, or 0 */
    uint32_t *first_grad;        /* by old id of a value: its first GRAD, or 0 */
    const struct adc_indices **fixed; /* by old id: free in a derivative that needs the node */
    uint8_t *marked;                  /* by old id: computed from a mark */
    uint8_t *derived;                 /* by old id: computed from a derivative */
};

static const struct adc_node *or_zero(struct expansion *expansion, const struct adc_node *value,
                                      const struct adc_node *like)
{
    return value ? value : adc_zero_like(expansion->to->graph, like);
}

/* Lists, by value, the GRADs of it, so that one sweep serves them all. */
static void collect(struct expansion *expansion)
{
    const struct adc_graph *graph = expansion->from->graph;
    for (size_t id = graph->nodes.count; id-- > 0;) {
        const struct adc_node *node = graph->nodes.data[id];
        if (node->op != ADC_OP_GRAD) continue;
        uint32_t value = node->in[0]->id;
        expansion->next_grad[id] = expansion->first_grad[value];
        expansion->first_grad[value] = (uint32_t)id;
    }
}

/* Whether forward mode does: a derivative of a derivative by one scalar of its type. */
static bool takes_one_sweep(const struct expansion *expansion, const struct adc_node *value,
                            const struct pass_seed *wrt, size_t count)
{
    return count == 1 && !wrt[0].node->rank && wrt[0].node->type == value->type &&
           expansion->derived[value->id];
}

/* By one scalar, in forward mode. */
static void expand_along(struct expansion *expansion, const struct adc_node *output,
                         struct pass_seed *x)
{
    struct adc_graph *graph = expansion->to->graph;
    struct pass_seed along = {x->node, adc_real(graph, x->node->type, 1.0)};
    struct pass_seed value = {output, NULL};
    pass_forward(graph, &along, 1, &value, 1, expansion->scratch);
    x->value = value.value;
}

/* Maps every GRAD of the value by a mark that comes before it. A derivative is differentiated again
 * in forward mode if that takes one sweep: its size then grows less from order to order. */
static void expand_grads(struct expansion *expansion, const struct adc_node *value)
{
    struct adc_graph *graph = expansion->to->graph;
    const struct adc_graph *old = expansion->from->graph;
    ADC_VEC(struct pass_seed) wrt = {0};
    for (uint32_t id = expansion->first_grad[value->id]; id; id = expansion->next_grad[id]) {
        const struct adc_node *mark = old->nodes.data[id]->in[1];
        if (mark->id > value->id) continue;
        ADC_PUSH(expansion->scratch, wrt, (struct pass_seed){expansion->map[mark->id], NULL});
    }
    const struct adc_node *output = expansion->map[value->id];
    struct pass_seed seed = {output, adc_real(graph, output->type, 1.0)};
    if (takes_one_sweep(expansion, value, wrt.data, wrt.count))
        expand_along(expansion, output, &wrt.data[0]);
    else pass_reverse(graph, &seed, 1, wrt.data, wrt.count, expansion->scratch);
    size_t next = 0;
    for (uint32_t id = expansion->first_grad[value->id]; id; id = expansion->next_grad[id])
        if (old->nodes.data[id]->in[1]->id <= value->id) {
            const struct pass_seed *done = &wrt.data[next++];
            expansion->map[id] = or_zero(expansion, done->value, done->node);
        }
}

static const struct adc_node *expand_jvp(struct expansion *expansion, const struct adc_node *node)
{
    struct pass_seed wrt = {expansion->map[node->in[1]->id], expansion->map[node->in[2]->id]};
    struct pass_seed output = {expansion->map[node->in[0]->id], NULL};
    pass_forward(expansion->to->graph, &wrt, 1, &output, 1, expansion->scratch);
    return or_zero(expansion, output.value, output.node);
}

static const struct adc_node *expand_vjp(struct expansion *expansion, const struct adc_node *node)
{
    struct pass_seed output = {expansion->map[node->in[0]->id], expansion->map[node->in[2]->id]};
    struct pass_seed wrt = {expansion->map[node->in[1]->id], NULL};
    pass_reverse(expansion->to->graph, &output, 1, &wrt, 1, expansion->scratch);
    return or_zero(expansion, wrt.value, wrt.node);
}

/* Finds `fixed`, `marked` and `derived`. */
static void find_fixed(struct expansion *expansion)
{
    const struct adc_graph *graph = expansion->from->graph;
    struct adc_graph *sets = expansion->to->graph;
    for (size_t id = graph->nodes.count; id-- > 0;) {
        const struct adc_node *node = graph->nodes.data[id];
        const struct adc_indices *fixed = expansion->fixed[id];
        if (adc_is_derivative(node)) fixed = adc_indices_union(sets, fixed, node->free);
        for (unsigned i = 0; fixed && i < node->count; i++) {
            const struct adc_indices **in = &expansion->fixed[node->in[i]->id];
            *in = adc_indices_union(sets, *in, fixed);
        }
    }
    for (size_t id = 0; id < graph->nodes.count; id++) {
        const struct adc_node *node = graph->nodes.data[id];
        expansion->marked[id] = node->op == ADC_OP_MARK;
        expansion->derived[id] = adc_is_derivative(node);
        for (unsigned i = 0; i < node->count; i++) {
            expansion->marked[id] |= expansion->marked[node->in[i]->id];
            expansion->derived[id] |= expansion->derived[node->in[i]->id];
        }
    }
}

/* A nest whose derivative stands where an index that it binds has a value gets an index of its own
 * instead: what arrives there may depend on that value. */
static const struct adc_node *apart(struct expansion *expansion, const struct adc_node *old,
                                    const struct adc_node *nest)
{
    struct adc_graph *graph = expansion->to->graph;
    struct adc_nest parts = adc_nest_parts(old);
    const struct adc_node *in[ADC_MAX_INPUTS];
    if (!expansion->marked[old->id]) return nest;
    for (unsigned i = 0; i < parts.index_count; i++) {
        if (!adc_indices_has(expansion->fixed[old->id], parts.index[i])) continue;
        const struct adc_node *from = expansion->map[parts.index[i]->id];
        const struct adc_node *fresh = adc_fresh_index(graph, from);
        for (unsigned j = 0; j < nest->count; j++)
            in[j] = adc_rename(graph, nest->in[j], from, fresh, expansion->scratch);
        nest = adc_structural(graph, nest, in);
    }
    return nest;
}

static const struct adc_node *again(struct expansion *expansion, const struct adc_node *node)
{
    const struct adc_node *inputs[ADC_MAX_INPUTS];
    for (unsigned i = 0; i < node->count; i++) inputs[i] = expansion->map[node->in[i]->id];
    const struct adc_node *copy =
        adc_copy(expansion->to->graph, expansion->from->graph, node, inputs);
    return node->op == ADC_OP_NEST ? apart(expansion, node, copy) : copy;
}

static void expand_node(struct expansion *expansion, const struct adc_node *node)
{
    struct adc_graph *graph = expansion->to->graph;
    const struct adc_graph *old = expansion->from->graph;
    graph->span = old->spans.data[node->id];
    ADC_INVARIANT(!adc_is_derivative(node) || node->number != ADC_THROUGH, graph);
    switch (node->op) {
    case ADC_OP_GRAD:
        if (node->in[1]->id > node->in[0]->id) /* not computed from the mark */
            expansion->map[node->id] = adc_zero_like(graph, expansion->map[node->in[1]->id]);
        else if (!expansion->map[node->id]) expand_grads(expansion, node->in[0]);
        break;
    case ADC_OP_JVP: expansion->map[node->id] = expand_jvp(expansion, node); break;
    case ADC_OP_VJP: expansion->map[node->id] = expand_vjp(expansion, node); break;
    default: expansion->map[node->id] = again(expansion, node); return;
    }
    adc_graph_take_notes(graph, expansion->map[node->id], old, node);
}

struct adc_function *pass_expand(struct adc_arena *arena, const struct adc_function *function,
                                 struct adc_arena *scratch, const struct adc_node ***map)
{
    size_t count = function->graph->nodes.count;
    struct expansion expansion = {.from = function, .scratch = scratch};
    expansion.to = pass_new_like(arena, function);
    expansion.map = ADC_NEW_ARRAY(scratch, const struct adc_node *, count);
    expansion.next_grad = ADC_NEW_ARRAY(scratch, uint32_t, count);
    expansion.first_grad = ADC_NEW_ARRAY(scratch, uint32_t, count);
    expansion.fixed = ADC_NEW_ARRAY(scratch, const struct adc_indices *, count);
    expansion.marked = ADC_NEW_ARRAY(scratch, uint8_t, count);
    expansion.derived = ADC_NEW_ARRAY(scratch, uint8_t, count);
    collect(&expansion);
    find_fixed(&expansion);
    for (size_t id = 0; id < count; id++) expand_node(&expansion, function->graph->nodes.data[id]);
    pass_map_roots(expansion.to, function, expansion.map);
    if (map) *map = expansion.map;
    return expansion.to;
}
