/* Liveness that looks into loops: a FINAL asks for one component, a STATE for its init and next in
 * every loop that carries it. */
#include "passes/components.h"

#include "ir/state.h"

/* A loop that carries a STATE, and the next such. */
struct carrier {
    const struct adc_node *loop;
    struct carrier *next;
};

struct asking {
    struct adc_arena *scratch;
    uint8_t *live;
    struct carrier **carriers; /* by id of a STATE */
    ADC_VEC(const struct adc_node *) stack;
};

static void need(struct asking *asking, const struct adc_node *node)
{
    if (asking->live[node->id]) return;
    asking->live[node->id] = 1;
    ADC_PUSH(asking->scratch, asking->stack, node);
}

/* What it takes to make passes of the loop, with one of its components. */
static void need_component(struct asking *asking, const struct adc_node *loop, uint32_t number)
{
    struct adc_carried carried = adc_loop_carried(loop, (unsigned)adc_loop_find(loop, number));
    need(asking, loop->in[0]);
    need(asking, loop->in[1]);
    need(asking, carried.state);
    need(asking, carried.init);
    need(asking, carried.next);
}

static void need_inputs(struct asking *asking, const struct adc_node *node)
{
    if (node->op == ADC_OP_FINAL) {
        need_component(asking, node->in[0], node->number);
        return;
    }
    for (const struct carrier *at = asking->carriers[node->id]; at; at = at->next)
        need_component(asking, at->loop, node->number);
    for (unsigned i = 0; i < node->count; i++) need(asking, node->in[i]);
}

static void find_carriers(struct asking *asking, const struct adc_function *function)
{
    size_t count = function->graph->nodes.count;
    uint8_t *all = ADC_NEW_ARRAY(asking->scratch, uint8_t, count);
    adc_function_live(function, all);
    for (size_t id = 0; id < count; id++) {
        const struct adc_node *loop = function->graph->nodes.data[id];
        if (!all[id] || loop->op != ADC_OP_LOOP) continue;
        for (unsigned i = 0; i < adc_loop_parts(loop).count; i++) {
            struct carrier **first = &asking->carriers[adc_loop_carried(loop, i).state->id];
            struct carrier *carrier = ADC_NEW(asking->scratch, struct carrier);
            *carrier = (struct carrier){loop, *first};
            *first = carrier;
        }
    }
}

void components_live(const struct adc_function *function, uint8_t *live, struct adc_arena *scratch)
{
    const struct adc_graph *graph = function->graph;
    struct asking asking = {.scratch = scratch, .live = live};
    asking.carriers = ADC_NEW_ARRAY(scratch, struct carrier *, graph->nodes.count);
    find_carriers(&asking, function);
    adc_function_roots(function, live);
    for (size_t id = 0; id < graph->nodes.count; id++)
        if (live[id]) ADC_PUSH(scratch, asking.stack, graph->nodes.data[id]);
    while (asking.stack.count) need_inputs(&asking, asking.stack.data[--asking.stack.count]);
}
