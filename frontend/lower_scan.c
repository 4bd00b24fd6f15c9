/* Built-ins along the last axis.
 *
 *     softmax      exp(x - m)/sum exp(x - m)
 *     log_softmax  (x - m) - log(sum exp(x - m))      m: the greatest, where it is finite
 *     cumsum       element i is the sum of those up to i, cumprod the product; one pass along the
 *                  axis, and one back for a derivative */
#include "frontend/lower.h"

#include <string.h>

static const struct adc_node *apply(struct lower *l, enum adc_op op, const struct adc_node *x,
                                    const struct adc_node *y)
{
    return adc_apply2(l->graph, op, x, y);
}

/* The array that is made, and another index along its last axis. */
struct scan {
    struct lower_array *array, made;
    const struct adc_node *other, *at[ADC_MAX_RANK]; /* `at`: made's, the last one replaced */
    struct lower_points points;                      /* those of `other` */
};

static void begin(struct lower *l, struct scan *scan, const struct lower_value *value)
{
    struct lower_array *a = value->array;
    scan->array = a;
    scan->made = lower_shaped(l, a->shape, a->rank);
    memcpy(scan->at, scan->made.index, sizeof scan->at);
}

/* `other` runs from 0 to `end`. */
static void run(struct lower *l, struct scan *scan, const struct adc_node *end)
{
    scan->other = lower_axis(l, ADC_MAX_RANK, end);
    scan->at[scan->array->rank - 1] = scan->other;
    scan->points = (struct lower_points){.index = &scan->other, .count = 1};
}

/* ------------------------------------------------------------------------- softmax */

static void begin_softmax(struct lower *l, struct scan *scan, const struct ast *call,
                          const struct lower_value *value)
{
    begin(l, scan, lower_convert(l, value, call->type));
    run(l, scan, scan->made.shape[scan->array->rank - 1]);
}

/* x - m at the array's index or at the other one. */
static const struct adc_node *below_peak(struct lower *l, struct scan *scan,
                                         const struct adc_node *const *at)
{
    const struct adc_node *x = lower_part(l, &scan->made, scan->array, scan->at);
    const struct adc_node *peak = lower_peak(l, &scan->points, x);
    return apply(l, ADC_OP_SUB, lower_part(l, &scan->made, scan->array, at), peak);
}

const struct lower_value *lower_whole_softmax(struct lower *l, const struct ast *call,
                                              const struct lower_value *const *arguments)
{
    struct scan scan;
    begin_softmax(l, &scan, call, arguments[0]);
    struct lower_array made = scan.made;
    const struct adc_node *power =
        adc_apply1(l->graph, ADC_OP_EXP, below_peak(l, &scan, scan.made.index));
    struct lower_array *powers = lower_made(l, &made, power)->array; /* stored: computed once */
    const struct adc_node *other = lower_part(l, &scan.made, powers, scan.at);
    const struct adc_node *sum = lower_sum(l, &scan.points, other);
    const struct adc_node *own = lower_part(l, &scan.made, powers, scan.made.index);
    return lower_made(l, &scan.made, apply(l, ADC_OP_DIV, own, sum));
}

const struct lower_value *lower_whole_log_softmax(struct lower *l, const struct ast *call,
                                                  const struct lower_value *const *arguments)
{
    struct scan scan;
    begin_softmax(l, &scan, call, arguments[0]);
    const struct adc_node *other = adc_apply1(l->graph, ADC_OP_EXP, below_peak(l, &scan, scan.at));
    const struct adc_node *sum = lower_sum(l, &scan.points, other);
    const struct adc_node *own = below_peak(l, &scan, scan.made.index);
    const struct adc_node *log = adc_apply1(l->graph, ADC_OP_LOG, sum);
    return lower_made(l, &scan.made, apply(l, ADC_OP_SUB, own, log));
}

/* ----------------------------------------------------------------- sums, products
 *
 * Loops over the axes, one inside the other, carry the history of results, as those of a `rec`
 * with as many indices do; the innermost carries the result so far, too. A nest over the other
 * axes would have a loop, and its adjoint, for each of its points. */

struct along {
    struct lower_level *level[ADC_MAX_AXES];
    struct adc_carried all[ADC_MAX_AXES]; /* the history in each loop */
};

static struct adc_carried carried(struct lower *l, const struct lower_level *level,
                                  const struct adc_node *state, const struct adc_node *init)
{
    *lower_state(l, state->number) = (struct lower_state){.init = init, .level = level};
    return (struct adc_carried){.state = state, .init = init};
}

static void open_loops(struct lower *l, struct scan *scan, struct along *along)
{
    struct adc_graph *graph = l->graph;
    const struct lower_array *made = &scan->made;
    const struct adc_indices *around = lower_outer(l, scan->array);
    for (unsigned i = 0; i < made->rank; i++) {
        struct lower_level *level = along->level[i] = ADC_NEW(l->arena, struct lower_level);
        level->index = adc_loop_index(graph, adc_int(graph, 0), made->shape[i], around);
        around = adc_indices_union(graph, around, level->index->free);
        lower_note_level(l, level);
        scan->at[i] = level->index;
        const struct adc_node *state =
            adc_state_array(graph, level->index, scan->array->type, made->shape, made->rank, true);
        along->all[i] =
            carried(l, level, state, i ? along->all[i - 1].state : adc_zero_like(graph, state));
    }
}

static const struct adc_node *close_loop(struct lower *l, struct lower_level *level,
                                         const struct adc_carried *components, unsigned count)
{
    struct adc_loop loop = {.index = level->index, .carried = components, .count = count};
    for (unsigned i = 0; i < count; i++)
        lower_state(l, components[i].state->number)->next = components[i].next;
    level->loop = adc_loop(l->graph, &loop);
    return adc_final(l->graph, level->loop, components[0].state);
}

/* The array of all results. */
static const struct adc_node *run_along(struct lower *l, struct scan *scan, enum adc_op op,
                                        const struct adc_node *first)
{
    struct along along;
    open_loops(l, scan, &along);
    unsigned last = scan->made.rank - 1;
    struct lower_level *level = along.level[last];
    const struct adc_node *before = adc_state(l->graph, level->index, first, false);
    struct adc_carried both[] = {along.all[last], carried(l, level, before, first)};
    const struct adc_node *element = lower_part(l, &scan->made, scan->array, scan->at);
    both[1].next = apply(l, op, before, element);
    both[0].next = adc_put_element(l->graph, both[0].state, scan->at, both[1].next, NULL);
    const struct adc_node *made = close_loop(l, level, both, 2);
    for (unsigned i = last; i-- > 0;) {
        along.all[i].next = made;
        made = close_loop(l, along.level[i], &along.all[i], 1);
    }
    return made;
}

/* Each result by itself, where a length depends on indices around: histories have closed ones. */
static const struct lower_value *one_by_one(struct lower *l, struct scan *scan,
                                            enum adc_reduce reduce)
{
    const struct adc_node *own = scan->made.index[scan->array->rank - 1];
    run(l, scan, apply(l, ADC_OP_IADD, own, adc_int(l->graph, 1)));
    struct adc_nest nest = {.reduce = reduce, .index = &scan->other, .index_count = 1};
    nest.value = lower_part(l, &scan->made, scan->array, scan->at);
    return lower_made(l, &scan->made, lower_nest(l, &nest));
}

static const struct lower_value *partial(struct lower *l, const struct ast *call,
                                         const struct lower_value *value, enum adc_reduce reduce)
{
    struct scan scan;
    begin(l, &scan, lower_convert(l, value, call->type));
    for (unsigned i = 0; i < scan.made.rank; i++)
        if (scan.made.shape[i]->free) return one_by_one(l, &scan, reduce);
    enum adc_type type = scan.array->type;
    int64_t first = reduce == ADC_REDUCE_PROD;
    const struct adc_node *init =
        adc_type_is_real(type) ? adc_real(l->graph, type, (double)first) : adc_int(l->graph, first);
    return lower_stored(l, run_along(l, &scan, adc_reduce_op(reduce, type), init));
}

const struct lower_value *lower_whole_cumsum(struct lower *l, const struct ast *call,
                                             const struct lower_value *const *arguments)
{
    return partial(l, call, arguments[0], ADC_REDUCE_SUM);
}

const struct lower_value *lower_whole_cumprod(struct lower *l, const struct ast *call,
                                              const struct lower_value *const *arguments)
{
    return partial(l, call, arguments[0], ADC_REDUCE_PROD);
}
