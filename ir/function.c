/* Functions of the graph: making them, their products' names, what they need. */
#include "ir/function.h"

#include "ir/nest.h"

#include <string.h>

struct adc_function *adc_function_new(struct adc_arena *arena, const struct adc_name *name)
{
    struct adc_function *function = ADC_NEW(arena, struct adc_function);
    function->name = name;
    function->symbol = name;
    function->graph = ADC_NEW(arena, struct adc_graph);
    function->real = ADC_F64;
    adc_graph_init(function->graph, arena);
    return function;
}

static const struct {
    const char *name, *suffix;
} products[ADC_PRODUCT_COUNT] = {
    [ADC_VALUE] = {"value", ""},           [ADC_GRAD] = {"grad", "_grad"},
    [ADC_PULLBACK] = {"vjp", "_vjp"},      [ADC_PUSHFORWARD] = {"jvp", "_jvp"},
    [ADC_HVP] = {"hvp", "_hvp"},           [ADC_HESSIAN] = {"hessian", "_hess"},
    [ADC_JACOBIAN] = {"jacobian", "_jac"},
};

const char *adc_product_name(enum adc_product product)
{
    return products[product].name;
}

const char *adc_product_suffix(enum adc_product product)
{
    return products[product].suffix;
}

const char *adc_result_by(const struct adc_result *result)
{
    return result->name->text + strlen("jac_") + strlen(result->of->text) + strlen("_");
}

bool adc_parameter_is(const struct adc_parameter *parameter, const char *name)
{
    if (!strcmp(parameter->name->text, name)) return true;
    return parameter->whole && !strcmp(parameter->whole->text, name);
}

const struct adc_node **adc_mapped(struct adc_arena *arena, const struct adc_node *const *nodes,
                                   uint32_t count, const struct adc_node *const *map)
{
    const struct adc_node **mapped = ADC_NEW_ARRAY(arena, const struct adc_node *, count);
    for (uint32_t i = 0; i < count; i++) mapped[i] = map[nodes[i]->id];
    return mapped;
}

static void mark(const struct adc_node *const *nodes, uint32_t count, uint8_t *live)
{
    for (uint32_t i = 0; i < count; i++) live[nodes[i]->id] = 1;
}

void adc_function_roots(const struct adc_function *function, uint8_t *live)
{
    for (size_t i = 0; i < function->results.count; i++) {
        const struct adc_result *result = &function->results.data[i];
        mark(result->nodes, result->count, live);
        mark(result->sizes, result->size_count, live);
    }
    for (size_t i = 0; i < function->checks.count; i++)
        live[function->checks.data[i].condition->id] = 1;
    for (size_t i = 0; i < function->params.count; i++) {
        const struct adc_parameter *param = &function->params.data[i];
        mark(param->shape, param->rank, live);
        mark(param->sizes, param->size_count, live);
    }
}

void adc_function_live(const struct adc_function *function, uint8_t *live)
{
    adc_function_roots(function, live);
    for (size_t id = function->graph->nodes.count; id-- > 0;) {
        if (!live[id]) continue;
        const struct adc_node *node = function->graph->nodes.data[id];
        for (unsigned i = 0; i < node->count; i++) live[node->in[i]->id] = 1;
    }
}

static bool is_entry(const struct adc_node *node, const uint8_t *entry)
{
    bool all = true;
    for (unsigned i = 0; i < node->count; i++) all = all && entry[node->in[i]->id];
    switch (node->op) {
    case ADC_OP_CONST:
    case ADC_OP_PARAM:
    case ADC_OP_INDEX:
    case ADC_OP_IF: return all;
    case ADC_OP_READ: return all && node->in[0]->op == ADC_OP_PARAM;
    case ADC_OP_NEST:
        return all && (node->number == ADC_REDUCE_ALL || node->number == ADC_REDUCE_ANY);
    default: break;
    }
    if (node->op < ADC_OP_FIRST_ELEMENTWISE) return false;
    return all && !(node->free && adc_type_is_real((enum adc_type)node->type));
}

bool adc_is_size(const struct adc_function *function, const struct adc_node *node)
{
    return node->op == ADC_OP_PARAM && function->params.data[node->number].kind == ADC_DIM;
}

uint8_t *adc_function_entry(const struct adc_function *function, struct adc_arena *arena)
{
    const struct adc_graph *graph = function->graph;
    uint8_t *entry = ADC_NEW_ARRAY(arena, uint8_t, graph->nodes.count);
    for (size_t id = 0; id < graph->nodes.count; id++)
        entry[id] = is_entry(graph->nodes.data[id], entry);
    return entry;
}
