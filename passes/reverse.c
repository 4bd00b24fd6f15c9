/* Reverse mode: one sweep over the active nodes in descending id.
 *
 * An adjoint is a pair (guard, value): contributions through the arm of an `if` live under that
 * arm's
 * guard (guard.h), and the guard is closed with 0 only when the cotangent of a variable is handed
 * out.
 * The rules of elementwise operators are the table's (ir/rules.h). */
#include "passes/reverse.h"

#include "ir/rules.h"
#include "passes/point.h"

bool reverse_is_active(const struct sweep *sweep, const struct adc_node *node)
{
    return node->id >= sweep->range.low && node->id <= sweep->range.high &&
           sweep->active[node->id - sweep->range.low];
}

static void add_to(struct sweep *sweep, const struct adc_node *node, uint32_t number,
                   struct guarded item)
{
    struct contribution *contribution = ADC_NEW(sweep->scratch, struct contribution);
    contribution->item = item;
    contribution->number = number;
    contribution->next = sweep->first[node->id - sweep->visited.low];
    sweep->first[node->id - sweep->visited.low] = contribution;
}

static void add(struct sweep *sweep, const struct adc_node *node, struct guarded item)
{
    if (reverse_is_outside(sweep, node)) reverse_outside(sweep, node, item);
    else add_to(sweep, node, 0, item);
}

const struct adc_indices *reverse_summed_over(struct sweep *sweep, const struct adc_node *node,
                                              const struct adc_indices *scope)
{
    const struct adc_indices *inner = adc_indices_minus(sweep->graph, scope, node->free);
    return adc_indices_minus(sweep->graph, inner, sweep->fixed);
}

/* A nest of the array's shape that sums over `inner` and `own`. */
static const struct adc_node *accumulated(struct sweep *sweep, const struct adc_node *array,
                                          struct adc_nest nest, const struct adc_indices *inner,
                                          const struct adc_indices *own)
{
    const struct adc_node *shape[ADC_MAX_RANK], *index[ADC_MAX_NEST];
    for (unsigned i = 0; i < array->rank; i++) shape[i] = adc_shape(array, i);
    for (uint32_t i = 0; inner && i < inner->count; i++)
        index[nest.index_count++] = inner->index[i];
    for (uint32_t i = 0; own && i < own->count; i++) index[nest.index_count++] = own->index[i];
    nest.reduce = ADC_REDUCE_SUM;
    nest.rank = array->rank;
    nest.shape = shape;
    nest.index = index;
    return point_simple_nest(sweep->graph, adc_nest(sweep->graph, &nest), sweep->scratch);
}

void reverse_push_part(struct sweep *sweep, const struct adc_node *array,
                       const struct adc_indices *scope, const struct adc_node *const *fixed,
                       const struct adc_node *bar)
{
    if (!reverse_is_active(sweep, array)) return;
    const struct adc_indices *inner = reverse_summed_over(sweep, array, scope), *own = NULL;
    const struct adc_node *element[ADC_MAX_RANK], *part[ADC_MAX_RANK];
    unsigned rank = 0;
    for (unsigned i = 0; inner && i < array->rank; i++) {
        element[i] = fixed ? fixed[i] : NULL;
        if (element[i]) continue;
        const struct adc_node *like =
            adc_index(sweep->graph, 0, adc_int(sweep->graph, 0), adc_shape(array, i));
        part[rank++] = element[i] = adc_fresh_index(sweep->graph, like);
        own = adc_indices_union(sweep->graph, own, element[i]->free);
    }
    if (inner) {
        struct adc_nest nest = {.target = element, .value = bar};
        if (rank) nest.value = adc_read(sweep->graph, bar, part);
        bar = accumulated(sweep, array, nest, inner, own);
    }
    add(sweep, array, (struct guarded){NULL, bar});
}

void reverse_push_array(struct sweep *sweep, const struct adc_node *array,
                        const struct adc_indices *scope, const struct adc_node *bar)
{
    reverse_push_part(sweep, array, scope, NULL, bar);
}

/* One nest over the whole scope the contribution came from: repeated, dropped, shifted and gathered
 * indices
 * differ in the target only. Contributions must not be joined at the read first. */
static void push_read(struct sweep *sweep, const struct adc_node *read,
                      const struct adc_indices *scope, struct guarded bar)
{
    const struct adc_node *array = read->in[0];
    struct adc_nest nest = {.value = bar.value, .target = read->in + 1};
    if (!reverse_is_active(sweep, array)) return;
    nest.guard = guard_condition(&sweep->guards, bar.guard);
    const struct adc_indices *inner = reverse_summed_over(sweep, array, scope);
    const struct adc_node *made = accumulated(sweep, array, nest, inner, NULL);
    add(sweep, array, (struct guarded){NULL, made});
}

/* What arrives from `scope` summed over the indices that the node does not know. */
static struct guarded summed(struct sweep *sweep, const struct adc_node *node,
                             const struct adc_indices *scope, struct guarded bar)
{
    const struct adc_indices *inner = reverse_summed_over(sweep, node, scope);
    if (!inner) return bar;
    struct adc_nest nest = {.reduce = ADC_REDUCE_SUM, .value = bar.value};
    nest.index = inner->index;
    nest.index_count = inner->count;
    bar.guard = guard_split(&sweep->guards, bar.guard, inner, &nest.guard);
    bar.value = point_simple_nest(sweep->graph, adc_nest(sweep->graph, &nest), sweep->scratch);
    return bar;
}

void reverse_push(struct sweep *sweep, const struct adc_node *node, const struct adc_indices *scope,
                  struct guarded bar)
{
    if (!bar.value || !reverse_is_active(sweep, node)) return;
    if (node->op == ADC_OP_READ && !reverse_is_outside(sweep, node))
        push_read(sweep, node, scope, bar);
    else add(sweep, node, summed(sweep, node, scope, bar));
}

/* The sum of arrays. Those that are not made anew come first, so that what is added to them is
 * added in place. */
static const struct adc_node *joined(struct sweep *sweep, const struct guarded *items, size_t count)
{
    const struct adc_node *sum = NULL;
    for (unsigned nests = 0; nests < 2; nests++)
        for (size_t i = 0; i < count; i++) {
            if ((items[i].value->op == ADC_OP_NEST) != nests) continue;
            sum = sum ? adc_join(sweep->graph, sum, items[i].value) : items[i].value;
        }
    return sum;
}

/* The whole adjoint of a node: all its users have been visited. */
static struct guarded total(struct sweep *sweep, const struct adc_node *node)
{
    struct contribution *list = sweep->first[node->id - sweep->visited.low];
    size_t count = 0;
    for (const struct contribution *at = list; at; at = at->next) count++;
    struct guarded single;
    struct guarded *items =
        count == 1 ? &single : ADC_NEW_ARRAY(sweep->scratch, struct guarded, count);
    size_t left = count;
    for (const struct contribution *at = list; at; at = at->next) items[--left] = at->item;
    if (!node->rank) return guard_sum(&sweep->guards, items, count);
    return (struct guarded){NULL, joined(sweep, items, count)};
}

bool reverse_is_direct(struct sweep *sweep, const struct adc_node *node,
                       const struct adc_indices *scope)
{
    return !reverse_summed_over(sweep, node, scope);
}

const struct adc_node *reverse_take(struct sweep *sweep, const struct adc_node *array)
{
    struct contribution **list = &sweep->first[array->id - sweep->visited.low];
    const struct adc_node *sum =
        *list ? total(sweep, array).value : adc_zero_like(sweep->graph, array);
    *list = NULL;
    return sum;
}

static void visit_if(struct sweep *sweep, const struct adc_node *node, struct guarded bar)
{
    for (unsigned arm = 1; arm < 3; arm++) {
        if (!reverse_is_active(sweep, node->in[arm])) continue;
        const struct guard *guard = guard_arm(&sweep->guards, bar.guard, node->in[0], arm == 1);
        reverse_push(sweep, node->in[arm], node->free, (struct guarded){guard, bar.value});
    }
}

static void visit(struct sweep *sweep, const struct adc_node *node, struct guarded bar)
{
    switch (node->op) {
    case ADC_OP_CONST:
    case ADC_OP_PARAM:
    case ADC_OP_STOP: return;
    case ADC_OP_MARK:
        if (node->rank) reverse_push_array(sweep, node->in[0], node->free, bar.value);
        else reverse_push(sweep, node->in[0], node->free, bar);
        return;
    case ADC_OP_STATE: return; /* its loop asks for the sum */
    case ADC_OP_FINAL:
        if (!node->rank) bar.value = guard_close(&sweep->guards, bar);
        add_to(sweep, node->in[0], node->number, (struct guarded){NULL, bar.value});
        return;
    case ADC_OP_IF: visit_if(sweep, node, bar); return;
    case ADC_OP_NEST: reverse_nest(sweep, node, node->free, bar); return;
    case ADC_OP_PUT: reverse_put(sweep, node, bar.value); return;
    case ADC_OP_JOIN:
        reverse_push_array(sweep, node->in[0], node->free, bar.value);
        reverse_push_array(sweep, node->in[1], node->free, bar.value);
        return;
    default: break;
    }
    ADC_INVARIANT(node->op >= ADC_OP_FIRST_ELEMENTWISE, sweep->graph);
    bool strong = steep_adjoint(&sweep->steep, node);
    for (unsigned i = 0; i < node->count; i++) {
        struct guarded next = bar;
        if (!reverse_is_active(sweep, node->in[i])) continue;
        next.value = adc_op_contribution(sweep->graph, node, i, bar.value, strong);
        reverse_push(sweep, node->in[i], node->free, next);
    }
}

void reverse_start(struct sweep *sweep)
{
    size_t count = (size_t)sweep->visited.high - sweep->visited.low + 1;
    guards_init(&sweep->guards, sweep->graph, sweep->scratch);
    sweep->first = ADC_NEW_ARRAY(sweep->scratch, struct contribution *, count);
    sweep->wanted = ADC_NEW_ARRAY(sweep->scratch, uint8_t, count);
    sweep->sum = ADC_NEW_ARRAY(sweep->scratch, struct guarded, count);
}

void reverse_run(struct sweep *sweep)
{
    for (uint32_t id = sweep->visited.high + 1; id-- > sweep->visited.low;) {
        const struct adc_node *node = sweep->graph->nodes.data[id];
        uint32_t at = id - sweep->visited.low;
        if (!sweep->first[at]) continue;
        sweep->graph->span = sweep->graph->spans.data[id];
        if (node->op == ADC_OP_LOOP) {
            reverse_loop(sweep, node, sweep->first[at]);
            continue;
        }
        struct guarded bar = total(sweep, node);
        if (sweep->wanted[at]) sweep->sum[at] = bar;
        visit(sweep, node, bar);
    }
}

void pass_reverse(struct adc_graph *graph, const struct pass_seed *outputs, size_t output_count,
                  struct pass_seed *wrt, size_t wrt_count, struct adc_arena *scratch)
{
    struct walk walks[REVERSE_WALKS];
    struct sweep sweep = {.graph = graph, .scratch = scratch, .walks = walks};
    sweep.range = pass_activity(graph, (struct pass_seeds){outputs, output_count},
                                (struct pass_seeds){wrt, wrt_count}, scratch, &sweep.active);
    for (size_t i = 0; i < wrt_count; i++) wrt[i].value = NULL;
    if (sweep.range.low > sweep.range.high) return;
    sweep.steep = steep_find(graph, sweep.range, sweep.active, true, scratch);
    struct adc_span span = graph->span;
    for (unsigned i = 0; i < REVERSE_WALKS; i++) walk_init(&walks[i], graph, scratch);
    sweep.visited = sweep.range;
    reverse_start(&sweep);
    for (size_t i = 0; i < output_count; i++) {
        const struct adc_indices *free = outputs[i].node->free;
        free = adc_indices_union(graph, free, outputs[i].value->free);
        sweep.fixed = adc_indices_union(graph, sweep.fixed, free);
    }
    for (size_t i = 0; i < output_count; i++)
        if (outputs[i].node->rank)
            reverse_push_array(&sweep, outputs[i].node, NULL, outputs[i].value);
        else reverse_push(&sweep, outputs[i].node, NULL, (struct guarded){NULL, outputs[i].value});
    for (size_t i = 0; i < wrt_count; i++)
        if (reverse_is_active(&sweep, wrt[i].node))
            sweep.wanted[wrt[i].node->id - sweep.visited.low] = 1;
    reverse_run(&sweep);
    for (size_t i = 0; i < wrt_count; i++) {
        if (!reverse_is_active(&sweep, wrt[i].node)) continue;
        struct guarded bar = sweep.sum[wrt[i].node->id - sweep.visited.low];
        if (bar.value)
            wrt[i].value = wrt[i].node->rank ? bar.value : guard_close(&sweep.guards, bar);
    }
    graph->span = span;
}
