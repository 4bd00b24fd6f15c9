/* Every invariant of a function and its graph, asked after each pass in debug builds. */
#include "ir/function.h"
#include "ir/state.h"

static bool is_length(const struct adc_node *node)
{
    return node->type == ADC_INT && !node->rank && !node->free;
}

static const char *state_problem(const struct adc_node *node)
{
    if (node->in[0]->op != ADC_OP_INDEX) return "a state without index";
    if (node->count != 1 + node->rank) return "a state whose lengths are not as many as its axes";
    for (unsigned i = 1; i < node->count; i++)
        if (!is_length(node->in[i])) return "a state whose lengths are no closed ints";
    return NULL;
}

static const char *loop_problem(const struct adc_node *node)
{
    struct adc_carried carried[ADC_MAX_CARRIED];
    struct adc_loop loop = adc_loop_parts(node);
    if (node->count != 2 + 3 * loop.count) return "a loop with an incomplete component";
    for (unsigned i = 0; i < loop.count; i++) carried[i] = adc_loop_carried(node, i);
    loop.carried = carried;
    return adc_loop_problem(&loop);
}

static const char *final_problem(const struct adc_node *node)
{
    if (node->in[0]->op != ADC_OP_LOOP) return "a final of no loop";
    int component = adc_loop_find(node->in[0], node->number);
    if (component < 0) return "a final of a component that its loop has not";
    const struct adc_node *state = adc_loop_carried(node->in[0], (unsigned)component).state;
    return state->type == node->type && state->rank == node->rank ? NULL : "an ill-typed final";
}

/* What is wrong with a loop's node or an update, or NULL. */
static const char *structural_problem(const struct adc_node *node)
{
    switch (node->op) {
    case ADC_OP_STATE: return state_problem(node);
    case ADC_OP_LOOP: return loop_problem(node);
    case ADC_OP_FINAL: return final_problem(node);
    case ADC_OP_JOIN: return adc_alike(node->in[0], node->in[1]) ? NULL : "a join of unlike arrays";
    case ADC_OP_PUT:
        if (node->in[1]->op != ADC_OP_NEST || node->in[1]->number != ADC_REDUCE_SET)
            return "an update by something else than a SET nest";
        return adc_alike(node->in[0], node->in[1]) ? NULL : "an update by an unlike nest";
    default: return NULL;
    }
}

/* Ids dense and inputs earlier; types follow from signatures (the builders refuse the rest). */
static bool node_holds(const struct adc_graph *graph, const struct adc_node *node, size_t id,
                       struct adc_text *problem)
{
    if (node->id != id) {
        adc_text_format(problem, "node %zu has id %u", id, node->id);
        return false;
    }
    for (unsigned i = 0; i < node->count; i++) {
        const struct adc_node *in = node->in[i];
        if (in->id >= id || graph->nodes.data[in->id] != in) {
            adc_text_format(problem, "node %zu reads a later or a foreign node", id);
            return false;
        }
    }
    if (node->op >= ADC_OP_FIRST_ELEMENTWISE && node->count != adc_op_info(node->op)->arity) {
        adc_text_format(problem, "node %zu: %s has %u inputs", id, adc_op_info(node->op)->name,
                        (unsigned)node->count);
        return false;
    }
    const char *what = structural_problem(node);
    if (what) {
        adc_text_format(problem, "node %zu: %s", id, what);
        return false;
    }
    return true;
}

static bool owned(const struct adc_graph *graph, const struct adc_node *node)
{
    return node && node->id < graph->nodes.count && graph->nodes.data[node->id] == node;
}

/* What is live: a loop depends on nothing that its index does not (while a derivative is made, the
 * bodies of adjoint loops are in terms of passes of primal ones). */
static bool loops_hold(const struct adc_function *function, struct adc_text *problem)
{
    const struct adc_graph *graph = function->graph;
    uint8_t *live = ADC_NEW_ARRAY(problem->arena, uint8_t, graph->nodes.count);
    adc_function_live(function, live);
    for (size_t id = 0; id < graph->nodes.count; id++) {
        const struct adc_node *node = graph->nodes.data[id];
        if (!live[id] || node->op != ADC_OP_LOOP) continue;
        for (uint32_t i = 0; node->free && i < node->free->count; i++) {
            if (adc_indices_has(node->in[0]->free, node->free->index[i])) continue;
            adc_text_format(problem, "node %zu: a loop that depends on what its index does not",
                            id);
            return false;
        }
    }
    return true;
}

static bool results_hold(const struct adc_function *function, struct adc_text *problem)
{
    for (size_t i = 0; i < function->results.count; i++) {
        const struct adc_result *result = &function->results.data[i];
        for (uint32_t j = 0; j < result->count; j++)
            if (!owned(function->graph, result->nodes[j]) ||
                result->nodes[j]->type != result->type || result->nodes[j]->free) {
                adc_text_format(problem, "result %s[%u] is foreign, ill-typed or open",
                                result->name->text, j);
                return false;
            }
    }
    return true;
}

static bool checks_hold(const struct adc_function *function, struct adc_text *problem)
{
    for (size_t i = 0; i < function->checks.count; i++) {
        const struct adc_check *check = &function->checks.data[i];
        if (owned(function->graph, check->condition) && check->condition->type == ADC_BOOL &&
            !check->condition->free && check->status > 0)
            continue;
        adc_text_format(problem, "check %zu is foreign, ill-typed, open or without status", i);
        return false;
    }
    return true;
}

const char *adc_verify(const struct adc_function *function, struct adc_text *problem)
{
    const struct adc_graph *graph = function->graph;
    for (size_t id = 0; id < graph->nodes.count; id++) {
        const struct adc_node *node = graph->nodes.data[id];
        if (!node_holds(graph, node, id, problem)) return problem->data;
        if (node->op != ADC_OP_PARAM) continue;
        if (node->number >= function->params.count ||
            function->params.data[node->number].type != (enum adc_type)node->type) {
            adc_text_format(problem, "node %zu is no parameter of %s", id, function->name->text);
            return problem->data;
        }
    }
    if (!results_hold(function, problem) || !checks_hold(function, problem) ||
        !loops_hold(function, problem))
        return problem->data;
    return NULL;
}
