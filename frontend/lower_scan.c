/* Built-ins along the last axis.
 *
 *     softmax      exp(x - m)/sum exp(x - m)
 *     log_softmax  (x - m) - log(sum exp(x - m))      m: the greatest, where it is finite
 *     cumsum       element i is the sum of those up to i, cumprod the product */
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

/* ----------------------------------------------------------------- sums, products */

static const struct lower_value *partial(struct lower *l, const struct ast *call,
                                         const struct lower_value *value, enum adc_reduce reduce)
{
    struct scan scan;
    begin(l, &scan, lower_convert(l, value, call->type));
    const struct adc_node *own = scan.made.index[scan.array->rank - 1];
    run(l, &scan, apply(l, ADC_OP_IADD, own, adc_int(l->graph, 1)));
    struct adc_nest nest = {.reduce = reduce, .index = &scan.other, .index_count = 1};
    nest.value = lower_part(l, &scan.made, scan.array, scan.at);
    return lower_made(l, &scan.made, lower_nest(l, &nest));
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
