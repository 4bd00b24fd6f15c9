/* What checks at entry say of the elements of int parameters: `all(p: 0 <= at[p, 1] < N)` holds
 * wherever else such an element is read, so a gather needs no check of its own. And of divisors:
 * `t mod P` is one of 0..P wherever t has a value, if P is not 0 then.
 *
 * A limit is a read of a parameter at constants and at indices that run over all of an axis each,
 * plus a constant, compared with 0 or with a size. What an `if` or a filter leaves out is no limit
 * of all elements. A divisor that is checked where loops have a pass is not 0 inside of them. */
#include "passes/arrange.h"

struct limit {
    const struct adc_node *read;
    int64_t offset;              /* 0 <= read + offset, or read + offset < high */
    const struct adc_node *high; /* NULL: the former */
};

struct divisor {
    const struct adc_node *size, *path; /* not 0 where the path holds; NULL: everywhere */
};

struct limits {
    ADC_VEC(struct limit) list;
    ADC_VEC(struct divisor) divisors;
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

/* Whether it is `a and b`. */
static bool is_both(const struct adc_node *node)
{
    if (node->op != ADC_OP_IF) return node->op == ADC_OP_AND;
    return adc_is_const(node->in[2]) && !adc_is_true(node->in[2]);
}

/* Whether it is `not a or b`. */
static bool is_implied(const struct adc_node *node)
{
    return node->op == ADC_OP_IF && adc_is_true(node->in[2]);
}

static void add_divisor(struct arrange *arrange, const struct adc_node *path,
                        const struct adc_node *size, const struct adc_node *zero)
{
    const struct divisor divisor = {.size = size, .path = path};
    if (adc_is_size(arrange->from, size) && adc_is_const(zero) && zero->value.integer == 0)
        ADC_PUSH(arrange->scratch, arrange->limits->divisors, divisor);
}

/* A condition that holds, as the conditions that it is made of; those that hold on a path of sizes
 * alone come last. */
static void look_at(struct arrange *arrange, const struct adc_node *condition)
{
    struct node_list stack = {0}, bound = {0};
    const struct adc_node *path = NULL;
    ADC_PUSH(arrange->scratch, stack, condition);
    while (stack.count) {
        const struct adc_node *node = stack.data[--stack.count];
        if (is_both(node)) {
            ADC_PUSH(arrange->scratch, stack, node->in[0]);
            ADC_PUSH(arrange->scratch, stack, node->in[1]);
        }
        if (node->op == ADC_OP_NEST && node->number == ADC_REDUCE_ALL && adc_is_true(node->in[1])) {
            struct adc_nest nest = adc_nest_parts(node);
            for (unsigned i = 0; i < nest.index_count; i++)
                ADC_PUSH(arrange->scratch, bound, nest.index[i]);
            ADC_PUSH(arrange->scratch, stack, nest.value);
        }
        if (is_implied(node) && !node->in[0]->free && !stack.count && !path) {
            path = node->in[0];
            ADC_PUSH(arrange->scratch, stack, node->in[1]);
        }
        bool zero =
            node->op == ADC_OP_IGE && adc_is_const(node->in[1]) && node->in[1]->value.integer == 0;
        if (zero && !path) add_limit(arrange, &bound, node->in[0], NULL);
        if (node->op == ADC_OP_ILT && !node->in[1]->free && !path)
            add_limit(arrange, &bound, node->in[0], node->in[1]);
        if (node->op == ADC_OP_INE && !bound.count) /* what holds for all of nothing says nothing */
            add_divisor(arrange, path, node->in[0], node->in[1]);
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

/* Whether the condition, one of the old graph, is that a range is not empty of an index that is
 * free in `value`. */
static bool is_range_of(const struct arrange *arrange, const struct adc_node *condition,
                        const struct adc_node *value)
{
    if (condition->op != ADC_OP_ILT) return false;
    const struct adc_node *low = arrange->map[condition->in[0]->id];
    const struct adc_node *high = arrange->map[condition->in[1]->id];
    for (unsigned i = 0; low && high && value->free && i < value->free->count; i++) {
        const struct adc_node *index = value->free->index[i];
        if (index->in[0] == low && index->in[1] == high) return true;
    }
    return false;
}

/* Whether the path holds wherever the indices of the value have values. */
static bool is_on_path(const struct arrange *arrange, const struct adc_node *path,
                       const struct adc_node *value)
{
    for (; path && is_both(path); path = path->in[1])
        if (!is_range_of(arrange, path->in[0], value)) return false;
    return !path || is_range_of(arrange, path, value);
}

bool arrange_divides(struct arrange *arrange, const struct adc_node *remainder)
{
    const struct adc_node *divisor = remainder->in[1];
    if (!adc_is_size(arrange->to, divisor)) return false;
    if (arrange->limits_of != arrange->from) find_limits(arrange);
    for (size_t i = 0; i < arrange->limits->divisors.count; i++) {
        const struct divisor *one = &arrange->limits->divisors.data[i];
        if (one->size->number == divisor->number && is_on_path(arrange, one->path, remainder))
            return true;
    }
    return false;
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
