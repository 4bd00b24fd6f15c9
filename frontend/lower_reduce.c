/* Reductions as nests.
 *
 *     mean       sum / number of points          max, min, mean, var_of, argmax of nothing: a check
 *     logsumexp  m + log(sum exp(v - m)); m, the greatest value, is stopped, since it cancels, and
 *                0
 *                where it is not finite
 *     argmax     the least index whose value is the greatest
 *
 * A sum filtered by `f(i) == b`, b an index around it, is one pass over i that adds into element
 * f(i) of an array over b (a histogram). */
#include "frontend/lower.h"

#include <math.h>

static const struct adc_node *nest(struct lower *l, enum adc_reduce reduce,
                                   const struct lower_points *points, const struct adc_node *value)
{
    struct adc_nest made = {.reduce = reduce, .value = value, .guard = points->guard};
    made.index = points->index;
    made.index_count = points->count;
    return lower_nest(l, &made);
}

static const struct adc_node *apply(struct lower *l, enum adc_op op, const struct adc_node *x,
                                    const struct adc_node *y)
{
    return adc_apply2(l->graph, op, x, y);
}

/* ------------------------------------------------------------------- histograms */

struct histogram {
    const struct adc_node *bin, *at; /* the index around the sum, and what it must equal */
    const struct adc_node *rest;     /* of the filter */
    const struct adc_node *axis[ADC_MAX_INPUTS];
    unsigned rank;
};

static bool reads_points(const struct adc_node *node, const struct lower_points *points)
{
    for (unsigned i = 0; i < points->count; i++)
        if (adc_indices_has(node->free, points->index[i])) return true;
    return false;
}

static bool is_point(const struct lower_points *points, const struct adc_node *index)
{
    for (unsigned i = 0; i < points->count; i++)
        if (points->index[i] == index) return true;
    return false;
}

static bool is_bin(const struct lower_points *points, const struct adc_node *bin,
                   const struct adc_node *at)
{
    if (bin->op != ADC_OP_INDEX || is_point(points, bin)) return false;
    if (bin->in[0]->free || bin->in[1]->free || adc_indices_has(at->free, bin)) return false;
    for (unsigned i = 0; i < points->count; i++)
        if (adc_indices_has(points->index[i]->free, bin)) return false;
    return reads_points(at, points);
}

/* The first equality of the filter's conjunction that makes a histogram. */
static bool find_bin(struct lower *l, const struct lower_points *points, struct histogram *h)
{
    const struct adc_node *stack[ADC_MAX_INPUTS];
    unsigned count = 0;
    stack[count++] = points->guard;
    while (count) {
        const struct adc_node *part = stack[--count];
        bool both = part->op == ADC_OP_IF && adc_is_const(part->in[2]) &&
                    !part->in[2]->value.boolean && count + 2 <= ADC_MAX_INPUTS;
        if (both) {
            stack[count++] = part->in[1];
            stack[count++] = part->in[0];
            continue;
        }
        bool equality = part->op == ADC_OP_IEQ && !h->bin;
        for (unsigned side = 0; equality && side < 2; side++)
            if (!h->bin && is_bin(points, part->in[side], part->in[1 - side])) {
                h->bin = part->in[side];
                h->at = part->in[1 - side];
            }
        if (!equality || !h->bin) h->rest = lower_and(l, h->rest, part);
    }
    return h->bin != NULL;
}

/* Everything the sum is made of, to be replaced alike. */
struct summed {
    const struct adc_node *node[ADC_MAX_INPUTS];
    unsigned count;
    const struct adc_indices *free;
};

static void take(struct lower *l, struct summed *s, const struct adc_node *node)
{
    s->node[s->count++] = node;
    s->free = adc_indices_union(l->graph, s->free, node->free);
}

/* An index that stays free, so that there is an array for each of its values: one whose passes
 * go on around the bin, or that is around such a loop. */
static bool stays(const struct lower *l, const struct summed *s, const struct histogram *h,
                  const struct adc_node *index)
{
    for (uint32_t f = 0; f < s->free->count; f++) {
        const struct adc_node *loop = s->free->index[f];
        if (lower_level(l, loop) && !adc_indices_has(loop->free, h->bin) &&
            adc_indices_has(loop->free, index))
            return true;
    }
    return false;
}

static bool add_axis(struct lower *l, const struct summed *s, struct histogram *h,
                     const struct adc_node *index)
{
    for (unsigned i = 0; i < h->rank; i++)
        if (h->axis[i] == index) return true;
    if (stays(l, s, h, index)) return true;
    if (index->in[0]->free || index->in[1]->free || h->rank == ADC_MAX_RANK) return false;
    h->axis[h->rank++] = index;
    return true;
}

/* Axes are the other indices around that the sum reads: open ones as they are nested, then
 * others. */
static bool find_axes(struct lower *l, const struct lower_points *points, const struct summed *s,
                      struct histogram *h)
{
    for (size_t i = 0; i < l->open.count; i++)
        if (adc_indices_has(s->free, l->open.data[i].index) &&
            !add_axis(l, s, h, l->open.data[i].index))
            return false;
    for (uint32_t f = 0; f < s->free->count; f++)
        if (!is_point(points, s->free->index[f]) && !add_axis(l, s, h, s->free->index[f]))
            return false;
    return add_axis(l, s, h, h->bin);
}

/* What the sum is made of in terms of the axes by which the array is made: all points at once,
 * whatever loops these are passes of, and the bin is where they lie. `own` gets these axes. */
static void to_own_axes(struct lower *l, struct histogram *h, struct summed *s,
                        const struct adc_node **own)
{
    const struct adc_node *from[ADC_MAX_RANK], *to[ADC_MAX_RANK];
    unsigned count = 0;
    for (unsigned i = 0; i < h->rank; i++) {
        own[i] = h->axis[i];
        if (h->axis[i] == h->bin || !lower_level(l, h->axis[i])) continue;
        from[count] = h->axis[i];
        to[count++] = own[i] = lower_derived_index(l, h->axis[i]);
    }
    h->at = lower_substitute(l, h->at, from, to, count);
    from[count] = h->bin;
    to[count++] = h->at;
    for (unsigned i = 0; i < s->count; i++)
        s->node[i] = lower_substitute(l, s->node[i], from, to, count);
    for (unsigned i = 0; i < h->rank; i++)
        if (h->axis[i] == h->bin) own[i] = h->at;
}

static const struct adc_node *histogram(struct lower *l, const struct lower_points *points,
                                        const struct adc_node *value)
{
    struct histogram h = {.rank = 0};
    struct summed s = {.count = 0};
    const struct adc_node *target[ADC_MAX_RANK], *shape[ADC_MAX_RANK], *index[ADC_MAX_INPUTS];
    if (!points->guard || !find_bin(l, points, &h)) return NULL;
    take(l, &s, value);
    take(l, &s, h.rest ? h.rest : adc_bool(l->graph, true));
    for (unsigned i = 0; i < points->count; i++) take(l, &s, points->index[i]);
    s.free = adc_indices_union(l->graph, s.free, h.at->free);
    if (!find_axes(l, points, &s, &h) || lower_reads_state(l, s.node, s.count, h.axis, h.rank))
        return NULL;
    struct adc_nest made = {.reduce = ADC_REDUCE_SUM, .rank = h.rank};
    to_own_axes(l, &h, &s, target);
    for (unsigned i = 0; i < h.rank; i++) {
        shape[i] = lower_size(l, h.axis[i]->in[1]);
        if (h.axis[i] != h.bin) index[made.index_count++] = target[i];
    }
    for (unsigned i = 0; i < points->count; i++) index[made.index_count++] = s.node[2 + i];
    made.value = s.node[0];
    /* what lies outside the array is left out anyway */
    bool from_zero = adc_is_const(h.bin->in[0]) && h.bin->in[0]->value.integer == 0;
    if (!from_zero) made.guard = apply(l, ADC_OP_IGE, h.at, h.bin->in[0]);
    if (h.rest) made.guard = lower_and(l, made.guard, s.node[1]);
    made.target = target;
    made.shape = shape;
    made.index = index;
    return adc_read(l->graph, lower_nest(l, &made), h.axis);
}

const struct adc_node *lower_sum(struct lower *l, const struct lower_points *points,
                                 const struct adc_node *value)
{
    const struct adc_node *made = histogram(l, points, value);
    return made ? made : nest(l, ADC_REDUCE_SUM, points, value);
}

/* ------------------------------------------------------------------- of nothing */

static bool is_rectangular(const struct lower_points *points)
{
    for (unsigned i = 0; i < points->count; i++)
        for (unsigned j = 0; j < i; j++)
            if (adc_indices_has(points->index[i]->free, points->index[j])) return false;
    return true;
}

static void require_points(struct lower *l, const struct ast *place, const struct builtin *row,
                           const struct lower_points *points)
{
    const char *text = sema_format(&l->s, "`%s` of nothing", row->name);
    const struct adc_node *some = NULL;
    if (points->guard || !is_rectangular(points)) {
        some = nest(l, ADC_REDUCE_ANY, points, adc_bool(l->graph, true));
        lower_require(l, some, place, text);
        return;
    }
    for (unsigned i = 0; i < points->count; i++) {
        const struct adc_node *low = points->index[i]->in[0], *high = points->index[i]->in[1];
        const struct size *length =
            sizes_sum(&l->sizes, sizes_of(&l->sizes, high), -1, sizes_of(&l->sizes, low));
        const struct size *one = sizes_constant(&l->sizes, 1);
        if (length && lower_proves(l, sizes_sum(&l->sizes, length, -1, one))) continue;
        some = lower_and(l, some, apply(l, ADC_OP_ILT, low, high));
    }
    if (some) lower_require(l, some, place, text);
}

/* The number of points, an int; where it is not 0 by a check. */
static const struct adc_node *count_points(struct lower *l, const struct lower_points *points)
{
    const struct adc_node *product = adc_int(l->graph, 1);
    if (points->guard || !is_rectangular(points)) return lower_sum(l, points, product);
    for (unsigned i = 0; i < points->count; i++) {
        const struct adc_node *index = points->index[i];
        const struct adc_node *length = apply(l, ADC_OP_ISUB, index->in[1], index->in[0]);
        product = apply(l, ADC_OP_IMUL, product, length);
    }
    return lower_size(l, product);
}

/* --------------------------------------------------------------------- kinds */

static const struct adc_node *mean(struct lower *l, const struct lower_points *points,
                                   const struct adc_node *value)
{
    const struct adc_node *sum = lower_sum(l, points, value);
    const struct adc_node *count = count_points(l, points);
    return apply(l, ADC_OP_DIV, sum, lower_convert_node(l, count, sum->type));
}

/* Of the squares of the distances from the mean. */
static const struct adc_node *variance(struct lower *l, const struct lower_points *points,
                                       const struct adc_node *value)
{
    const struct adc_node *off = apply(l, ADC_OP_SUB, value, mean(l, points, value));
    return mean(l, points, apply(l, ADC_OP_IPOW, off, adc_int(l->graph, 2)));
}

const struct adc_node *lower_peak(struct lower *l, const struct lower_points *points,
                                  const struct adc_node *value)
{
    const struct adc_node *greatest = nest(l, ADC_REDUCE_MAX, points, value);
    const struct adc_node *finite = adc_apply1(l->graph, ADC_OP_ISFINITE, greatest);
    const struct adc_node *zero = adc_real(l->graph, value->type, 0);
    const struct adc_node *peak = adc_apply3(l->graph, ADC_OP_IF, finite, greatest, zero);
    return adc_apply1(l->graph, ADC_OP_STOP, peak);
}

static const struct adc_node *logsumexp(struct lower *l, const struct lower_points *points,
                                        const struct adc_node *value)
{
    struct adc_graph *graph = l->graph;
    enum adc_type type = value->type;
    const struct adc_node *zero = adc_real(graph, type, 0);
    const struct adc_node *m = lower_peak(l, points, value);
    const struct adc_node *scaled = adc_apply1(graph, ADC_OP_EXP, apply(l, ADC_OP_SUB, value, m));
    const struct adc_node *sum = nest(l, ADC_REDUCE_SUM, points, scaled);
    const struct adc_node *log = apply(l, ADC_OP_ADD, m, adc_apply1(graph, ADC_OP_LOG, sum));
    const struct adc_node *nan = adc_apply1(graph, ADC_OP_ISNAN, sum);
    const struct adc_node *other =
        adc_apply3(graph, ADC_OP_IF, nan, sum, adc_real(graph, type, -(double)INFINITY));
    return adc_apply3(graph, ADC_OP_IF, apply(l, ADC_OP_GT, sum, zero), log, other);
}

/* The first of equals, outermost index first; NaN wins. */
static const struct lower_value *arg(struct lower *l, enum adc_reduce reduce,
                                     const struct lower_points *points,
                                     const struct adc_node *value)
{
    struct adc_graph *graph = l->graph;
    const struct adc_node *extreme = nest(l, reduce, points, value);
    bool real = adc_type_is_real(value->type);
    const struct adc_node *hit = apply(l, real ? ADC_OP_EQ : ADC_OP_IEQ, value, extreme);
    if (real)
        hit = adc_apply3(graph, ADC_OP_IF, adc_apply1(graph, ADC_OP_ISNAN, extreme),
                         adc_apply1(graph, ADC_OP_ISNAN, value), hit);
    struct lower_points found = *points;
    struct lower_value *tuple = lower_record(l, points->count);
    found.guard = lower_and(l, points->guard, hit);
    for (unsigned i = 0; i < points->count; i++) {
        const struct adc_node *index = points->index[i];
        const struct adc_node *first = nest(l, ADC_REDUCE_MIN, &found, index);
        if (points->count == 1) return lower_scalar(l, first);
        tuple->field[i] = lower_scalar(l, first);
        found.guard = lower_and(l, apply(l, ADC_OP_IEQ, index, first), found.guard);
    }
    return tuple;
}

static const struct adc_node *count(struct lower *l, const struct lower_points *points,
                                    const struct adc_node *value)
{
    struct lower_points counted = *points;
    bool always = adc_is_const(value) && value->value.boolean;
    if (!always) counted.guard = lower_and(l, points->guard, value);
    return lower_sum(l, &counted, adc_int(l->graph, 1));
}

static const struct adc_node *scalar(struct lower *l, enum builtin_reduction reduction,
                                     const struct lower_points *points,
                                     const struct adc_node *value)
{
    switch (reduction) {
    case BUILTIN_SUM: return lower_sum(l, points, value);
    case BUILTIN_PROD: return nest(l, ADC_REDUCE_PROD, points, value);
    case BUILTIN_MAX: return nest(l, ADC_REDUCE_MAX, points, value);
    case BUILTIN_MIN: return nest(l, ADC_REDUCE_MIN, points, value);
    case BUILTIN_MEAN: return mean(l, points, value);
    case BUILTIN_VARIANCE: return variance(l, points, value);
    case BUILTIN_LOGSUMEXP: return logsumexp(l, points, value);
    case BUILTIN_ALL: return nest(l, ADC_REDUCE_ALL, points, value);
    case BUILTIN_ANY: return nest(l, ADC_REDUCE_ANY, points, value);
    case BUILTIN_COUNT: return count(l, points, value);
    case BUILTIN_ARGMAX:
    case BUILTIN_ARGMIN:
    case BUILTIN_NO_REDUCTION: break;
    }
    ADC_INVARIANT(reduction == BUILTIN_SUM, l->graph);
    return value;
}

const struct lower_value *lower_reduction(struct lower *l, const struct ast *place,
                                          const struct builtin *row,
                                          const struct lower_points *points,
                                          const struct adc_node *value)
{
    switch (row->reduction) {
    case BUILTIN_MAX:
    case BUILTIN_MIN:
    case BUILTIN_MEAN:
    case BUILTIN_VARIANCE:
    case BUILTIN_ARGMAX:
    case BUILTIN_ARGMIN: require_points(l, place, row, points); break;
    default: break;
    }
    if (row->reduction == BUILTIN_ARGMAX) return arg(l, ADC_REDUCE_MAX, points, value);
    if (row->reduction == BUILTIN_ARGMIN) return arg(l, ADC_REDUCE_MIN, points, value);
    return lower_scalar(l, scalar(l, row->reduction, points, value));
}
