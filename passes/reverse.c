/* Reverse mode: one sweep over the active nodes in descending id.
 *
 * An adjoint is a pair (guard, value): contributions through the arm of an `if` live under that arm's
 * guard (guard.h), and the guard is closed with 0 only when the cotangent of a variable is handed out.
 * The rules of elementwise operators are the table's (ir/rules.h). */
#include "ir/rules.h"
#include "passes/guard.h"
#include "passes/passes.h"

struct contribution {
    struct guarded item;
    struct contribution *next;
};

struct sweep {
    struct adc_graph *graph;
    struct adc_arena *scratch;
    struct guards guards;
    struct pass_range range;
    uint8_t *active;              /* by id - range.low */
    struct contribution **first;  /* by id - range.low, newest first */
    uint8_t *wanted;              /* by id - range.low: in wrt, so its sum is kept in `sum` */
    struct guarded *sum;          /* by id - range.low */
};

static bool is_active(const struct sweep *sweep, const struct adc_node *node)
{
    return node->id >= sweep->range.low && node->id <= sweep->range.high &&
           sweep->active[node->id - sweep->range.low];
}

static void push(struct sweep *sweep, const struct adc_node *node, const struct guard *guard,
                 const struct adc_node *value)
{
    if (!value || !is_active(sweep, node)) return;
    struct contribution *contribution = ADC_NEW(sweep->scratch, struct contribution);
    contribution->item = (struct guarded){guard, value};
    contribution->next = sweep->first[node->id - sweep->range.low];
    sweep->first[node->id - sweep->range.low] = contribution;
}

/* The whole adjoint of a node: all its users have been visited. */
static struct guarded total(struct sweep *sweep, uint32_t id)
{
    struct contribution *list = sweep->first[id - sweep->range.low];
    size_t count = 0;
    for (const struct contribution *at = list; at; at = at->next) count++;
    struct guarded single;
    struct guarded *items = count == 1 ? &single
                                       : ADC_NEW_ARRAY(sweep->scratch, struct guarded, count);
    size_t left = count;
    for (const struct contribution *at = list; at; at = at->next) items[--left] = at->item;
    return guard_sum(&sweep->guards, items, count);
}

static void visit(struct sweep *sweep, const struct adc_node *node, struct guarded bar)
{
    struct guards *guards = &sweep->guards;
    switch (node->op) {
    case ADC_OP_CONST:
    case ADC_OP_PARAM:
    case ADC_OP_STOP: return;
    case ADC_OP_MARK: push(sweep, node->in[0], bar.guard, bar.value); return;
    case ADC_OP_IF:
        if (is_active(sweep, node->in[1]))
            push(sweep, node->in[1], guard_arm(guards, bar.guard, node->in[0], true), bar.value);
        if (is_active(sweep, node->in[2]))
            push(sweep, node->in[2], guard_arm(guards, bar.guard, node->in[0], false), bar.value);
        return;
    default: break;
    }
    ADC_INVARIANT(node->op >= ADC_OP_FIRST_ELEMENTWISE, sweep->graph);
    for (unsigned i = 0; i < node->count; i++)
        if (is_active(sweep, node->in[i]))
            push(sweep, node->in[i], bar.guard,
                 adc_op_contribution(sweep->graph, node, i, bar.value));
}

static void run(struct sweep *sweep)
{
    for (uint32_t id = sweep->range.high + 1; id-- > sweep->range.low;) {
        const struct adc_node *node = sweep->graph->nodes.data[id];
        uint32_t at = id - sweep->range.low;
        if (!sweep->first[at]) continue;
        struct guarded bar = total(sweep, id);
        if (sweep->wanted[at]) sweep->sum[at] = bar;
        sweep->graph->span = sweep->graph->spans.data[id];
        visit(sweep, node, bar);
    }
}

void pass_reverse(struct adc_graph *graph, const struct pass_seed *outputs, size_t output_count,
                  struct pass_seed *wrt, size_t wrt_count, struct adc_arena *scratch)
{
    struct sweep sweep = {.graph = graph, .scratch = scratch};
    sweep.range = pass_activity(graph, outputs, output_count, wrt, wrt_count, scratch,
                                &sweep.active);
    for (size_t i = 0; i < wrt_count; i++) wrt[i].value = NULL;
    if (sweep.range.low > sweep.range.high) return;
    size_t count = (size_t)sweep.range.high - sweep.range.low + 1;
    struct adc_span span = graph->span;
    guards_init(&sweep.guards, graph, scratch);
    sweep.first = ADC_NEW_ARRAY(scratch, struct contribution *, count);
    sweep.wanted = ADC_NEW_ARRAY(scratch, uint8_t, count);
    sweep.sum = ADC_NEW_ARRAY(scratch, struct guarded, count);
    for (size_t i = 0; i < output_count; i++)
        push(&sweep, outputs[i].node, NULL, outputs[i].value);
    for (size_t i = 0; i < wrt_count; i++)
        if (is_active(&sweep, wrt[i].node)) sweep.wanted[wrt[i].node->id - sweep.range.low] = 1;
    run(&sweep);
    for (size_t i = 0; i < wrt_count; i++) {
        if (!is_active(&sweep, wrt[i].node)) continue;
        struct guarded bar = sweep.sum[wrt[i].node->id - sweep.range.low];
        if (bar.value) wrt[i].value = guard_close(&sweep.guards, bar);
    }
    graph->span = span;
}
