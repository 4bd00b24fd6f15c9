/* jacobian and hessian: blocks of derivatives, for every leaf of what is differentiated and every
 * leaf of what by.
 *
 * A block is an array by its element, like any other: nothing is written out. With y at [i] and x
 * at [k] it is
 *
 *     forward    jvp(y[i], x, d), d being 1 at k and 0 elsewhere
 *     reverse    grad(y[i], x)[k]
 *     hessian    jvp(grad(e, y), x, d)[i]: a row at a time, since it is symmetric
 *
 * Forward mode costs a sweep for each element of x, reverse mode one for each of y: the fewer, by
 * the lengths if they are known, else by the number of axes; forward mode if these are alike.
 * Recursion is over the depth of types. */
#include "frontend/lower.h"

/* The axes of a block are those of the first operand, then those of the second. */
static void add_axis(struct lower_array *block, const struct adc_node *index,
                     const struct adc_node *length)
{
    block->index[block->rank] = index;
    block->shape[block->rank++] = length;
}

/* Axes of an array under names of their own. */
static void add_axes(struct lower *l, struct lower_array *block, const struct lower_array *array)
{
    for (unsigned i = 0; array && i < array->rank; i++) {
        const struct adc_node *like = adc_index(l->graph, 0, adc_int(l->graph, 0), array->shape[i]);
        add_axis(block, lower_derived_index(l, like), array->shape[i]);
    }
}

static const struct lower_value *finished(struct lower *l, struct lower_array *block,
                                          const struct adc_node *body)
{
    block->body = body;
    lower_check_depth(l, body);
    block->type = (enum adc_type)body->type;
    return block->rank ? lower_array_value(l, block) : lower_scalar(l, body);
}

static const struct adc_node *leaf(struct lower *l, const struct lower_value *value)
{
    return value->array ? lower_store(l, value->array) : value->node;
}

/* -------------------------------------------------------------------- jacobian */

/* The number of elements, if it is known. */
static bool known_length(struct lower *l, const struct lower_array *array, int64_t *length)
{
    enum { MANY = 1 << 24 };
    int64_t axis;
    *length = 1;
    for (unsigned i = 0; array && i < array->rank; i++) {
        if (!sizes_is_constant(sizes_of(&l->sizes, array->shape[i]), &axis)) return false;
        *length *= axis < 0 ? 0 : axis < MANY ? axis : MANY;
        if (*length > MANY) *length = MANY;
    }
    return true;
}

static bool prefers_reverse(struct lower *l, const struct lower_value *y,
                            const struct lower_value *x)
{
    int64_t of_y, of_x;
    if (known_length(l, y->array, &of_y) && known_length(l, x->array, &of_x)) return of_y < of_x;
    return (y->array ? y->array->rank : 0) < (x->array ? x->array->rank : 0);
}

static const struct lower_value *jacobian_block(struct lower *l, const struct lower_value *y,
                                                const struct lower_value *x)
{
    struct lower_array block = {.rank = 0};
    const struct adc_node *element = y->node, *mark = leaf(l, x), *body;
    if (y->array) {
        struct lower_array *apart = lower_apart(l, y->array);
        for (unsigned i = 0; i < apart->rank; i++)
            add_axis(&block, apart->index[i], apart->shape[i]);
        element = lower_element(l, apart, apart->index, apart->body->free);
    }
    const struct adc_node *const *at = block.index + block.rank;
    add_axes(l, &block, x->array);
    bool reverse = prefers_reverse(l, y, x);
    body = lower_derivative(l, reverse ? ADC_OP_GRAD : ADC_OP_JVP, element, mark,
                            reverse ? NULL : adc_unit(l->graph, mark, at));
    if (!body) body = adc_real(l->graph, (enum adc_type)element->type, 0.0);
    else if (body->rank) body = adc_read(l->graph, body, at);
    return finished(l, &block, lower_convert_node(l, body, (enum adc_type)element->type));
}

const struct lower_value *lower_jacobian(struct lower *l, const struct lower_value *y,
                                         const struct lower_value *x)
{
    const struct lower_value *record = y->count ? y : x;
    if (!record->count) return jacobian_block(l, y, x);
    struct lower_value *made = lower_record(l, record->count);
    for (uint32_t f = 0; f < record->count; f++)
        made->field[f] =
            record == y ? lower_jacobian(l, y->field[f], x) : lower_jacobian(l, y, x->field[f]);
    return made;
}

/* --------------------------------------------------------------------- hessian */

static const struct lower_value *hessian_block(struct lower *l, const struct adc_node *e,
                                               const struct lower_value *x,
                                               const struct lower_value *y)
{
    struct lower_array block = {.rank = 0};
    const struct adc_node *first = leaf(l, x), *second = leaf(l, y);
    add_axes(l, &block, x->array);
    const struct adc_node *const *at = block.index + block.rank;
    add_axes(l, &block, y->array);
    const struct adc_node *row = lower_derivative(l, ADC_OP_GRAD, e, second, NULL);
    if (row)
        row = lower_derivative(l, ADC_OP_JVP, row, first, adc_unit(l->graph, first, block.index));
    if (!row) return finished(l, &block, adc_real(l->graph, (enum adc_type)second->type, 0.0));
    return finished(l, &block, row->rank ? adc_read(l->graph, row, at) : row);
}

/* The blocks of one leaf `x`, in the shape of `y`. */
static const struct lower_value *hessian_row(struct lower *l, const struct adc_node *e,
                                             const struct lower_value *x,
                                             const struct lower_value *y)
{
    if (!y->count) return hessian_block(l, e, x, y);
    struct lower_value *made = lower_record(l, y->count);
    for (uint32_t f = 0; f < y->count; f++) made->field[f] = hessian_row(l, e, x, y->field[f]);
    return made;
}

/* `of` is a part of `x`. */
static const struct lower_value *hessian_rows(struct lower *l, const struct adc_node *e,
                                              const struct lower_value *of,
                                              const struct lower_value *x)
{
    if (!of->count) return hessian_row(l, e, of, x);
    struct lower_value *made = lower_record(l, of->count);
    for (uint32_t f = 0; f < of->count; f++) made->field[f] = hessian_rows(l, e, of->field[f], x);
    return made;
}

const struct lower_value *lower_hessian(struct lower *l, const struct adc_node *e,
                                        const struct lower_value *x)
{
    return hessian_rows(l, e, x, x);
}
