/* Literals, `'`, `@`, and built-ins that multiply arrays. */
#include "frontend/lower.h"

static const struct adc_node *apply(struct lower *l, enum adc_op op, const struct adc_node *x,
                                    const struct adc_node *y)
{
    return adc_apply2(l->graph, op, x, y);
}

/* ----------------------------------------------------------------------- literals */

/* By halving; recursion is as deep as the logarithm of their number. */
const struct adc_node *lower_chosen(struct lower *l, const struct adc_node *index,
                                    const struct adc_node *const *elements,
                                    const struct adc_node *const *first, uint32_t low,
                                    uint32_t high)
{
    if (high - low == 1) return elements[low];
    uint32_t middle = low + (high - low) / 2;
    const struct adc_node *before = lower_chosen(l, index, elements, first, low, middle);
    const struct adc_node *behind = lower_chosen(l, index, elements, first, middle, high);
    if (before == behind) return before;
    const struct adc_node *left = apply(l, ADC_OP_ILT, index, first[middle]);
    return adc_apply3(l->graph, ADC_OP_IF, left, before, behind);
}

/* An array of these scalars or arrays, which are written at `places`. */
static const struct lower_value *stacked(struct lower *l, struct ast *const *places,
                                         const struct lower_value *const *values, uint32_t count)
{
    const struct adc_node **elements = ADC_NEW_ARRAY(l->arena, const struct adc_node *, count);
    const struct adc_node **numbers = ADC_NEW_ARRAY(l->arena, const struct adc_node *, count);
    const struct adc_node *shape[ADC_MAX_RANK];
    struct lower_array *first = values[0]->array;
    shape[0] = adc_int(l->graph, count);
    for (unsigned axis = 0; first && axis < first->rank; axis++)
        shape[axis + 1] = first->shape[axis];
    struct lower_array made = lower_shaped(l, shape, first ? first->rank + 1 : 1);
    for (uint32_t e = 0; e < count; e++) {
        struct lower_array *array = values[e]->array;
        if (first && !lower_same_shape(l, places[e], first, array, ADC_E20)) array = first;
        elements[e] = first ? lower_part(l, &made, array, made.index + 1) : values[e]->node;
        numbers[e] = adc_int(l->graph, e);
    }
    return lower_made(l, &made, lower_chosen(l, made.index[0], elements, numbers, 0, count));
}

/* Of records: an array a field. */
static const struct lower_value *stacked_fields(struct lower *l, struct ast *const *places,
                                                const struct lower_value *const *values,
                                                uint32_t count)
{
    const struct lower_value **parts = ADC_NEW_ARRAY(l->arena, const struct lower_value *, count);
    if (values[0]->node || values[0]->array) return stacked(l, places, values, count);
    struct lower_value *made = lower_record(l, values[0]->count);
    for (uint32_t f = 0; f < made->count; f++) {
        for (uint32_t e = 0; e < count; e++) parts[e] = values[e]->field[f];
        made->field[f] = stacked_fields(l, places, parts, count);
    }
    return made;
}

/* The type of the parts of an array. */
static const struct sema_type *part_type(struct lower *l, const struct ast *node)
{
    struct sema_types *types = &l->module->types;
    return sema_tensor(types, sema_element(types, node->type), node->type->rank - 1);
}

struct ast *lower_step_array(struct lower *l, struct ast *node, uint32_t i)
{
    if (i < node->count) return node->child[i];
    const struct sema_type *type = part_type(l, node);
    const struct lower_value **values = ADC_NEW_ARRAY(l->arena, const struct lower_value *, i);
    l->graph->span = node->span;
    for (uint32_t e = node->count; e-- > 0;) values[e] = lower_convert(l, lower_pop(l), type);
    lower_push(l, stacked_fields(l, node->child, values, node->count));
    return NULL;
}

const struct lower_value *lower_whole_stack(struct lower *l, const struct ast *call,
                                            const struct lower_value *const *arguments)
{
    uint32_t count = call->count - 1;
    const struct sema_type *type = part_type(l, call);
    const struct lower_value **values = ADC_NEW_ARRAY(l->arena, const struct lower_value *, count);
    for (uint32_t e = 0; e < count; e++) values[e] = lower_convert(l, arguments[e], type);
    return stacked(l, call->child + 1, values, count);
}

/* ------------------------------------------------------------------------- ' and @ */

struct ast *lower_step_transpose(struct lower *l, struct ast *node, uint32_t i)
{
    if (i == 0) return node->child[0];
    struct lower_array *array = lower_pop(l)->array;
    struct lower_array made = {.rank = 2, .type = array->type};
    for (unsigned axis = 0; axis < 2; axis++) {
        made.index[axis] = array->index[1 - axis];
        made.shape[axis] = array->shape[1 - axis];
    }
    made.body = lower_element(l, array, array->index, array->body->free);
    lower_push(l, lower_array_value(l, &made));
    return NULL;
}

static void report_contraction(struct lower *l, const struct ast *node, const struct adc_node *a,
                               const struct adc_node *b)
{
    const struct ast *x = node->child[node->count - 2], *y = node->child[node->count - 1];
    struct adc_diag *diag = adc_diag_add(
        l->diags, ADC_E17, sema_at(node), "`%s` contracts %s with %s",
        node->kind == AST_MATMUL ? "@" : "dot", lower_size_text(l, a), lower_size_text(l, b));
    if (diag->notes) return;
    adc_diag_note(l->diags, diag, x->span, "`%s` is `%s`", sema_source(&l->s, x),
                  sema_shape_text(&l->s, x));
    adc_diag_note(l->diags, diag, y->span, "`%s` is `%s`", sema_source(&l->s, y),
                  sema_shape_text(&l->s, y));
}

static bool contracts(struct lower *l, const struct ast *node, const struct adc_node *a,
                      const struct adc_node *b)
{
    if (lower_compare_sizes(l, a, b) == LOWER_DIFFERENT) {
        report_contraction(l, node, a, b);
        return false;
    }
    lower_require_equal(l, node, a, b);
    return true;
}

static const struct adc_node *product(struct lower *l, const struct adc_node *x,
                                      const struct adc_node *y, enum adc_type type)
{
    return apply(l, type == ADC_INT ? ADC_OP_IMUL : ADC_OP_MUL, lower_convert_node(l, x, type),
                 lower_convert_node(l, y, type));
}

/* Rows of `a`, columns of `b`, contracted over the axis between them. */
static const struct lower_value *matmul(struct lower *l, const struct ast *node,
                                        struct lower_array *a, struct lower_array *b)
{
    const struct adc_node *shape[2], *left[2], *right[2];
    unsigned rank = 0;
    const struct adc_node *inner = a->shape[a->rank - 1];
    if (!contracts(l, node, inner, b->shape[0])) inner = adc_int(l->graph, 0);
    if (a->rank == 2) shape[rank++] = a->shape[0];
    if (b->rank == 2) shape[rank++] = b->shape[1];
    struct lower_array made = lower_shaped(l, shape, rank);
    const struct adc_node *between = lower_axis(l, ADC_MAX_RANK, inner);
    left[0] = a->rank == 2 ? made.index[0] : between;
    left[1] = right[0] = between;
    if (b->rank == 2) right[1] = made.index[rank - 1];
    const struct adc_node *term = product(l, lower_part(l, &made, a, left),
                                          lower_part(l, &made, b, right), node->type->scalar);
    const struct lower_points points = {.index = &between, .count = 1};
    const struct adc_node *body = lower_sum(l, &points, term);
    return rank ? lower_made(l, &made, body) : lower_scalar(l, body);
}

struct ast *lower_step_matmul(struct lower *l, struct ast *node, uint32_t i)
{
    if (i < 2) return node->child[i];
    l->graph->span = node->span;
    struct lower_array *b = lower_pop(l)->array, *a = lower_pop(l)->array;
    lower_push(l, matmul(l, node, a, b));
    return NULL;
}

/* ------------------------------------------------------------------------ products */

static const struct adc_node *multiply(struct lower *l, const void *context,
                                       const struct adc_node *const *elements)
{
    const struct ast *call = context;
    return product(l, elements[0], elements[1], call->type->scalar);
}

static const struct adc_node *square(struct lower *l, const void *context,
                                     const struct adc_node *const *elements)
{
    const struct ast *call = context;
    const struct adc_node *x = lower_convert_node(l, elements[0], call->type->scalar);
    return apply(l, ADC_OP_IPOW, x, adc_int(l->graph, 2));
}

/* The sum of all elements. */
static const struct adc_node *total(struct lower *l, struct lower_array *array)
{
    const struct lower_points points = {.index = array->index, .count = array->rank};
    return lower_sum(l, &points, lower_element(l, array, array->index, array->body->free));
}

const struct lower_value *lower_whole_dot(struct lower *l, const struct ast *call,
                                          const struct lower_value *const *arguments)
{
    return lower_scalar(l, total(l, lower_map(l, call, arguments, 2, multiply, call)->array));
}

const struct lower_value *lower_whole_norm(struct lower *l, const struct ast *call,
                                           const struct lower_value *const *arguments)
{
    const struct lower_value *squares = lower_map(l, call, arguments, 1, square, call);
    return lower_scalar(l, adc_apply1(l->graph, ADC_OP_SQRT, total(l, squares->array)));
}

const struct lower_value *lower_whole_outer(struct lower *l, const struct ast *call,
                                            const struct lower_value *const *arguments)
{
    struct lower_array *a = arguments[0]->array, *b = arguments[1]->array;
    const struct adc_node *shape[] = {a->shape[0], b->shape[0]};
    struct lower_array made = lower_shaped(l, shape, 2);
    const struct adc_node *x = lower_part(l, &made, a, made.index);
    const struct adc_node *y = lower_part(l, &made, b, made.index + 1);
    return lower_made(l, &made, product(l, x, y, call->type->scalar));
}

const struct lower_value *lower_whole_cross(struct lower *l, const struct ast *call,
                                            const struct lower_value *const *arguments)
{
    struct lower_array *a = arguments[0]->array, *b = arguments[1]->array;
    const struct adc_node *three = adc_int(l->graph, 3), *next[2], *x[2], *y[2];
    struct lower_array made = lower_shaped(l, &three, 1);
    if (!lower_same_shape(l, call->child[1], &made, a, ADC_E20) ||
        !lower_same_shape(l, call->child[2], &made, b, ADC_E20))
        return lower_zero(l, call->type);
    for (unsigned i = 0; i < 2; i++) {
        const struct adc_node *ahead =
            apply(l, ADC_OP_IADD, made.index[0], adc_int(l->graph, i + 1));
        next[i] = apply(l, ADC_OP_IMOD, ahead, three);
        x[i] = lower_part(l, &made, a, &next[i]);
        y[i] = lower_part(l, &made, b, &next[i]);
    }
    enum adc_type type = call->type->scalar;
    const struct adc_node *plus = product(l, x[0], y[1], type);
    const struct adc_node *minus = product(l, x[1], y[0], type);
    return lower_made(l, &made, apply(l, type == ADC_INT ? ADC_OP_ISUB : ADC_OP_SUB, plus, minus));
}

const struct lower_value *lower_whole_trace(struct lower *l, const struct ast *call,
                                            const struct lower_value *const *arguments)
{
    struct lower_array *array = arguments[0]->array;
    struct lower_array square = {.rank = 2, .type = array->type};
    square.shape[0] = square.shape[1] = array->shape[0];
    if (!lower_same_shape(l, call->child[1], &square, array, ADC_E20))
        return lower_zero(l, call->type);
    const struct adc_node *index = lower_axis(l, 0, array->shape[0]);
    const struct adc_node *at[] = {index, index};
    const struct lower_points points = {.index = &index, .count = 1};
    return lower_scalar(l, lower_sum(l, &points, lower_element_once(l, array, at)));
}
