/* Whole arrays: literals, `'`, `@`, and built-ins that make, join or contract arrays. */
#include "frontend/lower.h"

static const struct adc_node *apply(struct lower *l, enum adc_op op, const struct adc_node *x,
                                    const struct adc_node *y)
{
    return adc_apply2(l->graph, op, x, y);
}

static const struct adc_node *zero_of(struct lower *l, enum adc_type type)
{
    return adc_const(l->graph, type, (union adc_value){.bits = 0});
}

static const struct adc_node *one_of(struct lower *l, enum adc_type type)
{
    return lower_convert_node(l, adc_int(l->graph, 1), type);
}

/* An array of the given shape, axes without letters. */
static struct lower_array shaped(struct lower *l, const struct adc_node *const *shape,
                                 unsigned rank)
{
    struct lower_array made = {.rank = rank};
    for (unsigned i = 0; i < rank; i++) {
        made.shape[i] = shape[i];
        made.index[i] = lower_axis(l, i, shape[i]);
    }
    return made;
}

static const struct lower_value *with_body(struct lower *l, struct lower_array *made,
                                           const struct adc_node *body)
{
    made->body = body;
    made->type = (enum adc_type)body->type;
    return lower_array_value(l, made);
}

/* ----------------------------------------------------------------------- literals */

/* elements[low..high) chosen by `index`, halving; recursion is as deep as the logarithm of their
 * number. */
static const struct adc_node *chosen(struct lower *l, const struct adc_node *index,
                                     const struct adc_node *const *elements, uint32_t low,
                                     uint32_t high)
{
    if (high - low == 1) return elements[low];
    uint32_t middle = low + (high - low) / 2;
    const struct adc_node *before = chosen(l, index, elements, low, middle);
    const struct adc_node *behind = chosen(l, index, elements, middle, high);
    if (before == behind) return before;
    const struct adc_node *left = apply(l, ADC_OP_ILT, index, adc_int(l->graph, middle));
    return adc_apply3(l->graph, ADC_OP_IF, left, before, behind);
}

struct ast *lower_step_array(struct lower *l, struct ast *node, uint32_t i)
{
    if (i < node->count) return node->child[i];
    struct sema_types *types = &l->module->types;
    const struct sema_type *type =
        sema_tensor(types, sema_element(types, node->type), node->type->rank - 1);
    const struct lower_value **values = ADC_NEW_ARRAY(l->arena, const struct lower_value *, i);
    const struct adc_node **elements = ADC_NEW_ARRAY(l->arena, const struct adc_node *, i);
    const struct adc_node *shape[ADC_MAX_RANK];
    l->graph->span = node->span;
    for (uint32_t e = node->count; e-- > 0;) values[e] = lower_convert(l, lower_pop(l), type);
    struct lower_array *first = values[0]->array;
    shape[0] = adc_int(l->graph, node->count);
    for (unsigned axis = 0; first && axis < first->rank; axis++)
        shape[axis + 1] = first->shape[axis];
    struct lower_array made = shaped(l, shape, node->type->rank);
    const struct adc_indices *scope = lower_scope(l);
    for (unsigned axis = 0; axis < made.rank; axis++)
        scope = adc_indices_union(l->graph, scope, made.index[axis]->free);
    for (uint32_t e = 0; e < node->count; e++) {
        bool fits = !first || lower_same_shape(l, node->child[e], first, values[e]->array, ADC_E20);
        if (!fits) values[e] = values[0];
        elements[e] =
            first ? lower_element(l, values[e]->array, made.index + 1, scope) : values[e]->node;
    }
    lower_push(l, with_body(l, &made, chosen(l, made.index[0], elements, 0, node->count)));
    return NULL;
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
    struct lower_array made = shaped(l, shape, rank);
    const struct adc_node *between = lower_axis(l, ADC_MAX_RANK, inner);
    left[0] = a->rank == 2 ? made.index[0] : between;
    left[1] = right[0] = between;
    if (b->rank == 2) right[1] = made.index[rank - 1];
    const struct adc_indices *scope = adc_indices_union(l->graph, lower_scope(l), between->free);
    for (unsigned axis = 0; axis < rank; axis++)
        scope = adc_indices_union(l->graph, scope, made.index[axis]->free);
    const struct adc_node *term = product(l, lower_element(l, a, left, scope),
                                          lower_element(l, b, right, scope), node->type->scalar);
    const struct lower_points points = {.index = &between, .count = 1};
    const struct adc_node *body = lower_sum(l, &points, term);
    return rank ? with_body(l, &made, body) : lower_scalar(l, body);
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

static const struct lower_value *outer(struct lower *l, const struct ast *call,
                                       struct lower_array *a, struct lower_array *b)
{
    const struct adc_node *shape[] = {a->shape[0], b->shape[0]};
    struct lower_array made = shaped(l, shape, 2);
    const struct adc_indices *scope = lower_scope(l);
    for (unsigned axis = 0; axis < 2; axis++)
        scope = adc_indices_union(l->graph, scope, made.index[axis]->free);
    const struct adc_node *x = lower_element(l, a, made.index, scope);
    const struct adc_node *y = lower_element(l, b, made.index + 1, scope);
    return with_body(l, &made, product(l, x, y, call->type->scalar));
}

static const struct lower_value *cross(struct lower *l, const struct ast *call,
                                       struct lower_array *a, struct lower_array *b)
{
    const struct adc_node *three = adc_int(l->graph, 3), *next[2], *x[2], *y[2];
    struct lower_array made = shaped(l, &three, 1);
    if (!lower_same_shape(l, call->child[1], &made, a, ADC_E20) ||
        !lower_same_shape(l, call->child[2], &made, b, ADC_E20))
        return with_body(l, &made, zero_of(l, call->type->scalar));
    const struct adc_indices *scope =
        adc_indices_union(l->graph, lower_scope(l), made.index[0]->free);
    for (unsigned i = 0; i < 2; i++) {
        const struct adc_node *ahead =
            apply(l, ADC_OP_IADD, made.index[0], adc_int(l->graph, i + 1));
        next[i] = apply(l, ADC_OP_IMOD, ahead, three);
        x[i] = lower_element(l, a, &next[i], scope);
        y[i] = lower_element(l, b, &next[i], scope);
    }
    enum adc_type type = call->type->scalar;
    const struct adc_node *plus = product(l, x[0], y[1], type);
    const struct adc_node *minus = product(l, x[1], y[0], type);
    return with_body(l, &made, apply(l, type == ADC_INT ? ADC_OP_ISUB : ADC_OP_SUB, plus, minus));
}

static const struct adc_node *trace(struct lower *l, const struct ast *call,
                                    struct lower_array *array)
{
    if (!lower_same_shape(l, call->child[1], array,
                          &(struct lower_array){.rank = 2,
                                                .type = array->type,
                                                .shape = {array->shape[1], array->shape[0]}},
                          ADC_E20))
        return zero_of(l, array->type);
    const struct adc_node *index = lower_axis(l, 0, array->shape[0]);
    const struct adc_node *at[] = {index, index};
    const struct lower_points points = {.index = &index, .count = 1};
    return lower_sum(l, &points, lower_element_once(l, array, at));
}

/* ------------------------------------------------------------------------- making */

/* zeros, ones, fill, eye; a negative size is none. */
static const struct lower_value *made_of(struct lower *l, const struct ast *call,
                                         const struct builtin *row,
                                         const struct lower_value *const *arguments)
{
    const struct adc_node *shape[ADC_MAX_RANK];
    unsigned first = row->kind == BUILTIN_FILL, rank = 0;
    enum adc_type type = call->type->scalar;
    for (uint32_t a = first; a + 1 < call->count; a++)
        shape[rank++] = lower_size(l, arguments[a]->node);
    if (row->kind == BUILTIN_EYE) shape[rank++] = shape[0];
    struct lower_array made = shaped(l, shape, rank);
    if (row->kind == BUILTIN_EYE) {
        const struct adc_node *equal = apply(l, ADC_OP_IEQ, made.index[0], made.index[1]);
        return with_body(l, &made,
                         adc_apply3(l->graph, ADC_OP_IF, equal, one_of(l, type), zero_of(l, type)));
    }
    if (row->kind == BUILTIN_FILL)
        return with_body(l, &made, lower_convert_node(l, arguments[0]->node, type));
    return with_body(l, &made, row->kind == BUILTIN_ONES ? one_of(l, type) : zero_of(l, type));
}

/* sum(x) ...: over all elements. */
static const struct adc_node *reduced(struct lower *l, const struct ast *call,
                                      const struct builtin *row, struct lower_array *array)
{
    const struct lower_points points = {.index = array->index, .count = array->rank};
    const struct adc_node *body = lower_element(l, array, array->index, array->body->free);
    enum builtin_reduction reduction = builtin_reduction(row);
    bool real = reduction == BUILTIN_MEAN || reduction == BUILTIN_LOGSUMEXP;
    if (real) body = lower_convert_node(l, body, call->type->scalar);
    return lower_reduction(l, call, row, &points, body);
}

static const struct adc_node *norm(struct lower *l, const struct ast *call,
                                   const struct lower_value *const *arguments)
{
    const struct lower_value *squares = lower_map(l, call, arguments, 1, square, call);
    return adc_apply1(l->graph, ADC_OP_SQRT, total(l, squares->array));
}

const struct lower_value *lower_array_builtin(struct lower *l, const struct ast *call,
                                              const struct builtin *row,
                                              const struct lower_value *const *arguments)
{
    struct lower_array *a = arguments[0]->array;
    switch (row->kind) {
    case BUILTIN_DOT:
        return lower_scalar(l, total(l, lower_map(l, call, arguments, 2, multiply, call)->array));
    case BUILTIN_OUTER: return outer(l, call, a, arguments[1]->array);
    case BUILTIN_CROSS: return cross(l, call, a, arguments[1]->array);
    case BUILTIN_NORM: return lower_scalar(l, norm(l, call, arguments));
    case BUILTIN_TRACE: return lower_scalar(l, trace(l, call, a));
    case BUILTIN_LEN: return lower_scalar(l, a->shape[0]);
    case BUILTIN_EYE:
    case BUILTIN_ZEROS:
    case BUILTIN_ONES:
    case BUILTIN_FILL: return made_of(l, call, row, arguments);
    default: return lower_scalar(l, reduced(l, call, row, a));
    }
}
