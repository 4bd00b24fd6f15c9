/* What checks at entry say of the elements of int parameters: `all(p: 0 <= at[p, 1] < N)` holds
 * wherever else such an element is read, so a gather needs no check of its own.
 *
 * A limit is a read of a parameter at constants and at indices that run over all of an axis each,
 * plus a constant, compared with 0 or with a size. What an `if` or a filter leaves out is no limit
 * of all elements. */
#include "passes/arrange.h"

struct limit {
    const struct adc_node *read;
    int64_t offset;              /* 0 <= read + offset, or read + offset < high */
    const struct adc_node *high; /* NULL: the former */
};

struct limits {
    ADC_VEC(struct limit) list;
};

/* ----------------------------------------------------------------------------- finding */

static const struct adc_node *peeled(const struct adc_node *node)
{
    return node->op == ADC_OP_I32_TO_INT ? node->in[0] : node;
}

/* Whether the read's elements are constants and distinct indices over whole axes. */
static bool is_whole(const struct adc_node *read)
{
    if (read->op != ADC_OP_READ || read->in[0]->op != ADC_OP_PARAM) return false;
    for (unsigned i = 1; i < read->count; i++) {
        const struct adc_node *at = read->in[i];
        if (adc_is_const(at)) continue;
        if (at->op != ADC_OP_INDEX || at->in[1] != adc_shape(read->in[0], i - 1)) return false;
        if (!adc_is_const(at->in[0]) || at->in[0]->value.integer != 0) return false;
        for (unsigned j = 1; j < i; j++)
            if (read->in[j] == at) return false;
    }
    return true;
}

/* Whether the read is made at other elements for other values of each index: else the condition
 * says nothing where the range of one is empty. */
static bool reads_all(const struct adc_node *read, const struct node_list *bound)
{
    for (size_t b = 0; b < bound->count; b++) {
        bool found = false;
        for (unsigned i = 1; i < read->count; i++) found = found || read->in[i] == bound->data[b];
        if (!found) return false;
    }
    return true;
}

static void add_limit(struct arrange *arrange, const struct node_list *bound,
                      const struct adc_node *node, const struct adc_node *high)
{
    struct limit limit = {.high = high};
    bool adds = node->op == ADC_OP_IADD || node->op == ADC_OP_ISUB;
    if (adds && adc_is_const(node->in[1])) {
        int64_t offset = node->in[1]->value.integer;
        if (offset < -INT32_MAX || offset > INT32_MAX) return;
        limit.offset = node->op == ADC_OP_IADD ? offset : -offset;
        node = node->in[0];
    }
    limit.read = peeled(node);
    if (is_whole(limit.read) && reads_all(limit.read, bound))
        ADC_PUSH(arrange->scratch, arrange->limits->list, limit);
}

/* A condition that holds, as the conditions that it is made of. */
static void look_at(struct arrange *arrange, const struct adc_node *condition)
{
    struct node_list stack = {0}, bound = {0};
    ADC_PUSH(arrange->scratch, stack, condition);
    while (stack.count) {
        const struct adc_node *node = stack.data[--stack.count];
        bool both = node->op == ADC_OP_AND;
        if (node->op == ADC_OP_IF) both = adc_is_const(node->in[2]) && !adc_is_true(node->in[2]);
        if (both) {
            ADC_PUSH(arrange->scratch, stack, node->in[0]);
            ADC_PUSH(arrange->scratch, stack, node->in[1]);
        }
        if (node->op == ADC_OP_NEST && node->number == ADC_REDUCE_ALL && adc_is_true(node->in[1])) {
            struct adc_nest nest = adc_nest_parts(node);
            for (unsigned i = 0; i < nest.index_count; i++)
                ADC_PUSH(arrange->scratch, bound, nest.index[i]);
            ADC_PUSH(arrange->scratch, stack, nest.value);
        }
        bool zero =
            node->op == ADC_OP_IGE && adc_is_const(node->in[1]) && node->in[1]->value.integer == 0;
        if (zero) add_limit(arrange, &bound, node->in[0], NULL);
        if (node->op == ADC_OP_ILT && !node->in[1]->free)
            add_limit(arrange, &bound, node->in[0], node->in[1]);
    }
}

static void find_limits(struct arrange *arrange)
{
    const struct adc_function *from = arrange->from;
    arrange->limits = ADC_NEW(arrange->scratch, struct limits);
    arrange->limits_of = from;
    for (size_t i = 0; i < from->entry_count; i++) look_at(arrange, from->checks.data[i].condition);
}

/* ------------------------------------------------------------------------------- asking */

/* Whether the limit is one of the read, a node of another graph. */
static bool meets(const struct limit *limit, const struct adc_node *read)
{
    if (read->in[0]->number != limit->read->in[0]->number) return false;
    for (unsigned i = 1; i < read->count; i++) {
        const struct adc_node *at = limit->read->in[i];
        if (!adc_is_const(at)) continue;
        if (!adc_is_const(read->in[i]) || read->in[i]->value.integer != at->value.integer)
            return false;
    }
    return true;
}

bool arrange_limited(struct arrange *arrange, const struct adc_node *element,
                     const struct adc_node **low, const struct adc_node **high)
{
    struct adc_graph *graph = arrange->to->graph;
    const struct adc_node *read = peeled(element);
    if (read->op != ADC_OP_READ || read->in[0]->op != ADC_OP_PARAM) return false;
    if (arrange->limits_of != arrange->from) find_limits(arrange);
    *low = *high = NULL;
    for (size_t i = 0; i < arrange->limits->list.count; i++) {
        const struct limit *limit = &arrange->limits->list.data[i];
        if (!meets(limit, read)) continue;
        const struct adc_node *offset = adc_int(graph, limit->offset);
        if (!limit->high) *low = adc_int(graph, -limit->offset);
        else if (arrange->map[limit->high->id])
            *high = adc_apply2(graph, ADC_OP_ISUB, arrange->map[limit->high->id], offset);
    }
    return *low && *high;
}
