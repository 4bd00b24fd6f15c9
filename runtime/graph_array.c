/* Operators that see arrays as a whole, as nests. */
#include "runtime/graph.h"

#include <string.h>

static const struct adc_node *apply(struct graph_step *step, enum adc_op op,
                                    const struct adc_node *x, const struct adc_node *y)
{
    return adc_apply2(step->graph->function->graph, op, x, y);
}

/* ------------------------------------------------------------------------------- matrices */

/* The sum over `inner` of a product. */
static const struct adc_node *contraction(struct graph_step *step, const struct adc_node *x,
                                          const struct adc_node *y, const struct adc_node *inner)
{
    struct adc_nest nest = {.reduce = ADC_REDUCE_SUM, .index = &inner, .index_count = 1};
    nest.value =
        apply(step, ADC_OP_MUL, graph_as_real(step->graph, x), graph_as_real(step->graph, y));
    return adc_nest(step->graph->function->graph, &nest);
}

static bool is_matrix_or_vector(struct graph_step *step, const struct adc_node *node)
{
    struct host_graph *graph = step->graph;
    const char *name = graph_name_text(graph, node, &graph->unit.in.scratch);
    if (node->rank != 1 && node->rank != 2)
        graph_fail(step, ADC_WRONG_SHAPE, "`%s` is no matrix or vector", name);
    else if (node->type == ADC_BOOL || (node->type == ADC_F64 && graph->real == ADC_F32))
        graph_fail(step, ADC_WRONG_TYPE, "`%s` is no real of the graph", name);
    else return true;
    return false;
}

/* Axes of the result are named 0 and 1, the one that is summed over 2. */
static void make_matmul(void *argument)
{
    struct graph_step *step = argument;
    struct host_graph *graph = step->graph;
    const struct adc_node *a = step->inputs[0], *b = step->inputs[1];
    const struct adc_node *shape[2], *index[2], *at_a[2], *at_b[2];
    struct adc_arena *scratch = &graph->unit.in.scratch;
    unsigned rank = 0;
    if (!is_matrix_or_vector(step, a) || !is_matrix_or_vector(step, b)) return;
    const struct adc_node *inner = adc_shape(a, a->rank - 1u);
    const char *text =
        graph_text(graph, "`%s` has as many columns as `%s` has rows",
                   graph_name_text(graph, a, scratch), graph_name_text(graph, b, scratch));
    if (!graph_need_equal(step, inner, adc_shape(b, 0), text)) return;
    const struct adc_node *k = graph_index(graph, 2, inner);
    at_a[a->rank - 1] = at_b[0] = k;
    if (a->rank == 2) {
        shape[rank] = adc_shape(a, 0);
        at_a[0] = index[rank] = graph_index(graph, rank, shape[rank]);
        rank++;
    }
    if (b->rank == 2) {
        shape[rank] = adc_shape(b, 1);
        at_b[1] = index[rank] = graph_index(graph, rank, shape[rank]);
        rank++;
    }
    const struct adc_node *sum =
        contraction(step, graph_element(graph, a, at_a), graph_element(graph, b, at_b), k);
    graph_show(step, graph_map(graph, sum, shape, index, rank),
               (struct graph_record){.form = GRAPH_MATMUL, .word = GRAPH_WORD_MATMUL});
}

adc_node *adc_graph_matmul(adc_graph *graph, adc_node *a, adc_node *b)
{
    const struct adc_node *inputs[] = {a, b};
    struct graph_step step = {.graph = graph, .inputs = inputs, .count = 2};
    return graph_run(&step, make_matmul, false);
}

static void make_transpose(void *argument)
{
    struct graph_step *step = argument;
    struct host_graph *graph = step->graph;
    const struct adc_node *a = step->inputs[0], *shape[2], *index[2], *at[2];
    if (a->rank != 2) {
        graph_fail(step, ADC_WRONG_SHAPE, "`%s` is no matrix",
                   graph_name_text(graph, a, &graph->unit.in.scratch));
        return;
    }
    for (unsigned i = 0; i < 2; i++) {
        shape[i] = adc_shape(a, 1 - i);
        at[1 - i] = index[i] = graph_index(graph, i, shape[i]);
    }
    graph_show(step, graph_map(graph, graph_element(graph, a, at), shape, index, 2),
               (struct graph_record){.form = GRAPH_TRANSPOSE, .word = GRAPH_WORD_TRANSPOSE});
}

adc_node *adc_graph_transpose(adc_graph *graph, adc_node *matrix)
{
    const struct adc_node *inputs[] = {matrix};
    struct graph_step step = {.graph = graph, .inputs = inputs, .count = 1};
    return graph_run(&step, make_transpose, false);
}

/* ----------------------------------------------------------------------------- reductions */

struct reduction {
    const char *name;
    enum adc_reduce reduce;
    unsigned word;
};

static const struct reduction reductions[GRAPH_REDUCTIONS] = {
    [GRAPH_SUM] = {"sum", ADC_REDUCE_SUM, GRAPH_WORD_SUM},
    [GRAPH_PROD] = {"prod", ADC_REDUCE_PROD, GRAPH_WORD_PROD},
    [GRAPH_MAX] = {"max", ADC_REDUCE_MAX, ADC_OP_MAX},
    [GRAPH_MIN] = {"min", ADC_REDUCE_MIN, ADC_OP_MIN},
    [GRAPH_MEAN] = {"mean", ADC_REDUCE_SUM, GRAPH_WORD_MEAN},
    [GRAPH_ALL] = {"all", ADC_REDUCE_ALL, GRAPH_WORD_ALL},
    [GRAPH_ANY] = {"any", ADC_REDUCE_ANY, GRAPH_WORD_ANY},
};

/* The array's axes parted into those that stay and those that are reduced over. */
struct reducing {
    const struct adc_node *index[ADC_MAX_AXES]; /* of the array */
    const struct adc_node *kept[ADC_MAX_AXES], *shape[ADC_MAX_AXES], *over[ADC_MAX_AXES];
    unsigned kept_count, over_count;
};

static void part_axes(struct graph_step *step, struct reducing *r)
{
    const struct adc_node *array = step->inputs[0];
    for (unsigned i = 0; i < array->rank; i++) {
        const struct adc_node *length = adc_shape(array, i);
        r->index[i] = graph_index(step->graph, i, length);
        if (step->axis >= 0 && step->axis != (int)i) {
            r->shape[r->kept_count] = length;
            r->kept[r->kept_count++] = r->index[i];
        } else {
            r->over[r->over_count++] = r->index[i];
        }
    }
}

/* How many elements go into one; of none there is no greatest and no mean. */
static const struct adc_node *count_of(struct graph_step *step, const struct reducing *r)
{
    struct host_graph *graph = step->graph;
    const struct adc_node *count = NULL;
    for (unsigned i = 0; i < r->over_count; i++) {
        const struct adc_node *length = r->over[i]->in[1];
        count = count ? apply(step, ADC_OP_IMUL, count, length) : length;
    }
    const struct adc_node *zero = adc_int(graph->function->graph, 0);
    bool some = adc_is_const(count) && count->value.integer > 0;
    const char *text =
        graph_text(graph, "`%s` has elements to take the %s of",
                   graph_name_text(graph, step->inputs[0], &graph->unit.in.scratch), step->name);
    if (!some) graph_need(step, apply(step, ADC_OP_IGT, count, zero), text);
    return count;
}

static const struct adc_node *reduced(struct graph_step *step, enum graph_reduction which,
                                      const struct reducing *r)
{
    struct host_graph *graph = step->graph;
    struct adc_nest nest = {.reduce = reductions[which].reduce};
    const struct adc_node *element = graph_element(graph, step->inputs[0], r->index);
    bool real = which == GRAPH_MEAN || adc_type_is_real((enum adc_type)element->type);
    bool logic = which == GRAPH_ALL || which == GRAPH_ANY;
    nest.value = logic  ? element
                 : real ? graph_as_real(graph, element)
                        : graph_as_int(graph, element);
    if (!nest.value || logic != (element->type == ADC_BOOL)) {
        graph_fail(step, ADC_WRONG_TYPE, "there is no `%s` of elements of this type", step->name);
        return NULL;
    }
    nest.index = r->over;
    nest.index_count = r->over_count;
    const struct adc_node *count = NULL, *value = adc_nest(graph->function->graph, &nest);
    if (which == GRAPH_MEAN || which == GRAPH_MAX || which == GRAPH_MIN) count = count_of(step, r);
    if (which == GRAPH_MEAN) value = apply(step, ADC_OP_DIV, value, graph_as_real(graph, count));
    return graph_map(graph, value, r->shape, r->kept, r->kept_count);
}

static void make_reduction(void *argument)
{
    struct graph_step *step = argument;
    struct reducing r = {.kept_count = 0};
    unsigned which = 0;
    while (which < GRAPH_REDUCTIONS && strcmp(reductions[which].name, step->name) != 0) which++;
    if (which == GRAPH_REDUCTIONS) {
        graph_fail(step, ADC_UNKNOWN_NAME, "there is no reduction `%.40s`", step->name);
        return;
    }
    if (!step->inputs[0]->rank || step->axis < -1 || step->axis >= (int)step->inputs[0]->rank) {
        graph_fail(step, ADC_WRONG_SHAPE, "`%s` has no axis %d",
                   graph_name_text(step->graph, step->inputs[0], &step->graph->unit.in.scratch),
                   step->axis);
        return;
    }
    if (step->inputs[0]->rank == 1) step->axis = -1;
    part_axes(step, &r);
    const struct adc_node *made = reduced(step, (enum graph_reduction)which, &r);
    if (!made || step->status != ADC_GOOD) return;
    graph_show(step, made,
               (struct graph_record){.form = GRAPH_REDUCE,
                                     .word = (uint16_t)reductions[which].word,
                                     .op = (uint16_t)which,
                                     .axis = (int8_t)step->axis});
}

adc_node *adc_graph_reduce(adc_graph *graph, const char *name, adc_node *array, int axis)
{
    const struct adc_node *inputs[] = {array};
    struct graph_step step = {.graph = graph, .name = name, .inputs = inputs, .count = 1};
    step.axis = axis;
    if (!graph) return NULL;
    if (!name)
        return host_fail(graph->unit.context, ADC_BAD_ARGUMENT, "the reduction is NULL"), NULL;
    return graph_run(&step, make_reduction, false);
}

/* -------------------------------------------------------------------------------- reshape */

/* Where element `index` of `shape` stands in row-major order. */
static const struct adc_node *place(struct graph_step *step, const struct adc_node *const *shape,
                                    const struct adc_node *const *index, unsigned rank)
{
    const struct adc_node *at = adc_int(step->graph->function->graph, 0);
    for (unsigned i = 0; i < rank; i++) {
        if (i) at = apply(step, ADC_OP_IMUL, at, shape[i]);
        at = i ? apply(step, ADC_OP_IADD, at, index[i]) : index[i];
    }
    return at;
}

static const struct adc_node *product(struct graph_step *step,
                                      const struct adc_node *const *lengths, unsigned rank)
{
    const struct adc_node *count = adc_int(step->graph->function->graph, 1);
    for (unsigned i = 0; i < rank; i++)
        count = i ? apply(step, ADC_OP_IMUL, count, lengths[i]) : lengths[i];
    return count;
}

/* The number if the node is one made of numbers. */
static const struct adc_node *folded(struct graph_step *step, const struct adc_node *const *lengths,
                                     unsigned rank)
{
    int64_t count = 1;
    for (unsigned i = 0; i < rank; i++) {
        if (!adc_is_const(lengths[i])) return product(step, lengths, rank);
        count = (int64_t)((uint64_t)count * (uint64_t)lengths[i]->value.integer);
    }
    return adc_int(step->graph->function->graph, count);
}

static bool check_reshape(struct graph_step *step, const struct adc_node *const *old,
                          const struct adc_node *const *shape, unsigned rank)
{
    struct host_graph *graph = step->graph;
    const struct adc_node *array = step->inputs[0], *zero = adc_int(graph->function->graph, 0);
    const char *name = graph_name_text(graph, array, &graph->unit.in.scratch);
    for (unsigned i = 0; i < rank; i++) {
        bool positive = adc_is_const(shape[i]) && shape[i]->value.integer >= 0;
        bool negative = adc_is_const(shape[i]) && !positive;
        const char *text =
            graph_text(graph, "the new length of `%s` along axis %u is not negative", name, i);
        const struct adc_node *holds = negative ? adc_bool(graph->function->graph, false)
                                                : apply(step, ADC_OP_IGE, shape[i], zero);
        if (!positive && !graph_need(step, holds, text)) return false;
    }
    return graph_need_equal(step, folded(step, old, array->rank), folded(step, shape, rank),
                            graph_text(graph, "`%s` has as many elements as its new shape", name));
}

static void make_reshape(void *argument)
{
    struct graph_step *step = argument;
    struct host_graph *graph = step->graph;
    const struct adc_node *array = step->inputs[0];
    const struct adc_node *const *shape = step->inputs + 1;
    const struct adc_node *old[ADC_MAX_AXES], *index[ADC_MAX_AXES], *at[ADC_MAX_AXES];
    unsigned rank = (unsigned)step->count - 1;
    for (unsigned i = 0; i < rank; i++)
        if (shape[i]->rank || graph_record(graph, shape[i])->closed == GRAPH_OPEN ||
            shape[i]->type != ADC_INT) {
            graph_fail(step, ADC_WRONG_TYPE, "length %u is no int made of sizes and ints", i);
            return;
        }
    for (unsigned i = 0; i < array->rank; i++) old[i] = adc_shape(array, i);
    for (unsigned i = 0; i < rank; i++) index[i] = graph_index(graph, i, shape[i]);
    if (!array->rank || !check_reshape(step, old, shape, rank)) {
        if (step->status == ADC_GOOD)
            graph_fail(step, ADC_WRONG_SHAPE, "a scalar cannot be reshaped");
        return;
    }
    const struct adc_node *rest = place(step, shape, index, rank);
    for (unsigned i = array->rank; i-- > 1;) {
        at[i] = apply(step, ADC_OP_IMOD, rest, old[i]);
        rest = apply(step, ADC_OP_IDIV, rest, old[i]);
    }
    at[0] = rest;
    graph_show(step, graph_map(graph, graph_element(graph, array, at), shape, index, rank),
               (struct graph_record){.form = GRAPH_RESHAPE, .word = GRAPH_WORD_RESHAPE});
}

/* `first` and the `count` nodes of `more` behind it; false if they are not there or too many. */
static bool gather(struct graph_step *step, const struct adc_node *first, adc_node *const *more,
                   const struct adc_node **inputs)
{
    if (!step->graph) return false;
    if (step->count > ADC_MAX_AXES || (step->count && !more)) {
        host_fail(step->graph->unit.context, ADC_BAD_ARGUMENT, "the ints are NULL or more than %d",
                  ADC_MAX_AXES);
        return false;
    }
    inputs[0] = first;
    for (size_t i = 0; i < step->count; i++) inputs[i + 1] = more[i];
    step->inputs = inputs;
    step->count++;
    return true;
}

adc_node *adc_graph_reshape(adc_graph *graph, adc_node *array, unsigned rank,
                            adc_node *const *lengths)
{
    const struct adc_node *inputs[1 + ADC_MAX_AXES];
    struct graph_step step = {.graph = graph, .count = rank};
    if (!gather(&step, array, lengths, inputs)) return NULL;
    return graph_run(&step, make_reshape, false);
}

/* --------------------------------------------------------------------------------- index */

/* The int is inside the axis. */
static bool check_inside(struct graph_step *step, const struct adc_node *at, unsigned axis)
{
    struct host_graph *graph = step->graph;
    struct adc_graph *nodes = graph->function->graph;
    const struct adc_node *length = adc_shape(step->inputs[0], axis), *zero = adc_int(nodes, 0);
    const char *text =
        graph_text(graph, "the index of `%s` along axis %u is inside",
                   graph_name_text(graph, step->inputs[0], &graph->unit.in.scratch), axis);
    bool fixed = adc_is_const(at), below = fixed && at->value.integer < 0;
    bool inside =
        fixed && !below && adc_is_const(length) && at->value.integer < length->value.integer;
    bool outside = below || (fixed && adc_is_const(length) && !inside);
    if (outside) return graph_need(step, adc_bool(nodes, false), text);
    if (inside) return true;
    if (!fixed && !graph_need(step, apply(step, ADC_OP_IGE, at, zero), text)) return false;
    return graph_need(step, apply(step, ADC_OP_ILT, at, length), text);
}

static void make_index(void *argument)
{
    struct graph_step *step = argument;
    struct host_graph *graph = step->graph;
    const struct adc_node *array = step->inputs[0];
    const struct adc_node *shape[ADC_MAX_AXES], *index[ADC_MAX_AXES], *at[ADC_MAX_AXES];
    unsigned rank = 0;
    if (step->count - 1 > array->rank) {
        graph_fail(step, ADC_WRONG_SHAPE, "`%s` has %u axes, but %zu indices were given",
                   graph_name_text(graph, array, &graph->unit.in.scratch), (unsigned)array->rank,
                   step->count - 1);
        return;
    }
    for (unsigned i = 0; i < array->rank; i++) {
        const struct adc_node *given = i + 1 < step->count ? step->inputs[i + 1] : NULL;
        if (!given) {
            shape[rank] = adc_shape(array, i);
            at[i] = index[rank] = graph_index(graph, rank, shape[rank]);
            rank++;
            continue;
        }
        at[i] = given->rank ? NULL : graph_as_int(graph, given);
        if (!at[i]) {
            graph_fail(step, ADC_WRONG_TYPE, "index %u is no int", i);
            return;
        }
        if (!check_inside(step, at[i], i)) return;
    }
    graph_show(step, graph_map(graph, graph_element(graph, array, at), shape, index, rank),
               (struct graph_record){.form = GRAPH_INDEX, .word = GRAPH_WORD_INDEX});
}

adc_node *adc_graph_index(adc_graph *graph, adc_node *array, adc_node *const *at, size_t count)
{
    const struct adc_node *inputs[1 + ADC_MAX_AXES];
    struct graph_step step = {.graph = graph, .count = count};
    if (!gather(&step, array, at, inputs)) return NULL;
    return graph_run(&step, make_index, true);
}
