/* Every invariant of a function and its graph, asked after each pass in debug builds. */
#include "ir/function.h"

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
    return true;
}

static bool owned(const struct adc_graph *graph, const struct adc_node *node)
{
    return node && node->id < graph->nodes.count && graph->nodes.data[node->id] == node;
}

static bool results_hold(const struct adc_function *function, struct adc_text *problem)
{
    for (size_t i = 0; i < function->results.count; i++) {
        const struct adc_result *result = &function->results.data[i];
        for (uint32_t j = 0; j < result->count; j++)
            if (!owned(function->graph, result->nodes[j]) ||
                result->nodes[j]->type != result->type) {
                adc_text_format(problem, "result %s[%u] is foreign or ill-typed",
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
            check->status > 0)
            continue;
        adc_text_format(problem, "check %zu is foreign, ill-typed or without status", i);
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
    if (!results_hold(function, problem) || !checks_hold(function, problem)) return problem->data;
    return NULL;
}
