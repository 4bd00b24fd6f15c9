/* Built-ins that make arrays or give the elements of one another place. */
#include "frontend/lower.h"

#include <string.h>

static const struct adc_node *apply(struct lower *l, enum adc_op op, const struct adc_node *x,
                                    const struct adc_node *y)
{
    return adc_apply2(l->graph, op, x, y);
}

static const struct adc_node *choose(struct lower *l, const struct adc_node *condition,
                                     const struct adc_node *x, const struct adc_node *y)
{
    return adc_apply3(l->graph, ADC_OP_IF, condition, x, y);
}

static const struct adc_node *zero_of(struct lower *l, enum adc_type type)
{
    return adc_const(l->graph, type, (union adc_value){.bits = 0});
}

static const struct adc_node *one_of(struct lower *l, enum adc_type type)
{
    return lower_convert_node(l, adc_int(l->graph, 1), type);
}

/* -------------------------------------------------------------------------- making */

/* Of the sizes from argument number `first` on; a negative one is none. */
static struct lower_array sized(struct lower *l, const struct ast *call,
                                const struct lower_value *const *arguments, unsigned first)
{
    const struct adc_node *shape[ADC_MAX_RANK];
    unsigned rank = 0;
    for (uint32_t a = first; a + 1 < call->count; a++)
        shape[rank++] = lower_size(l, arguments[a]->node);
    return lower_shaped(l, shape, rank);
}

const struct lower_value *lower_whole_zeros(struct lower *l, const struct ast *call,
                                            const struct lower_value *const *arguments)
{
    struct lower_array made = sized(l, call, arguments, 0);
    return lower_made(l, &made, zero_of(l, call->type->scalar));
}

const struct lower_value *lower_whole_ones(struct lower *l, const struct ast *call,
                                           const struct lower_value *const *arguments)
{
    struct lower_array made = sized(l, call, arguments, 0);
    return lower_made(l, &made, one_of(l, call->type->scalar));
}

const struct lower_value *lower_whole_fill(struct lower *l, const struct ast *call,
                                           const struct lower_value *const *arguments)
{
    struct lower_array made = sized(l, call, arguments, 1);
    return lower_made(l, &made, lower_convert_node(l, arguments[0]->node, call->type->scalar));
}

const struct lower_value *lower_whole_eye(struct lower *l, const struct ast *call,
                                          const struct lower_value *const *arguments)
{
    enum adc_type type = call->type->scalar;
    const struct adc_node *size = lower_size(l, arguments[0]->node), *shape[] = {size, size};
    struct lower_array made = lower_shaped(l, shape, 2);
    const struct adc_node *equal = apply(l, ADC_OP_IEQ, made.index[0], made.index[1]);
    return lower_made(l, &made, choose(l, equal, one_of(l, type), zero_of(l, type)));
}

const struct lower_value *lower_whole_iota(struct lower *l, const struct ast *call,
                                           const struct lower_value *const *arguments)
{
    struct lower_array made = sized(l, call, arguments, 0);
    return lower_made(l, &made, made.index[0]);
}

/* The ends are exact; of one point, the first. */
const struct lower_value *lower_whole_linspace(struct lower *l, const struct ast *call,
                                               const struct lower_value *const *arguments)
{
    enum adc_type type = call->type->scalar;
    struct lower_array made = sized(l, call, arguments, 2);
    const struct adc_node *one = adc_int(l->graph, 1), *index = made.index[0];
    const struct adc_node *first = lower_convert_node(l, arguments[0]->node, type);
    const struct adc_node *end = lower_convert_node(l, arguments[1]->node, type);
    const struct adc_node *last = apply(l, ADC_OP_ISUB, made.shape[0], one);
    last = lower_size(l, apply(l, ADC_OP_IMAX, last, one));
    const struct adc_node *step =
        apply(l, ADC_OP_DIV, apply(l, ADC_OP_SUB, end, first), lower_convert_node(l, last, type));
    const struct adc_node *way = apply(l, ADC_OP_MUL, lower_convert_node(l, index, type), step);
    const struct adc_node *inside = apply(l, ADC_OP_ILT, index, last);
    return lower_made(l, &made, choose(l, inside, apply(l, ADC_OP_ADD, first, way), end));
}

/* ------------------------------------------------------------------------ diagonals */

const struct lower_value *lower_whole_diag(struct lower *l, const struct ast *call,
                                           const struct lower_value *const *arguments)
{
    struct lower_array *a = arguments[0]->array;
    const struct adc_node *shape[] = {a->shape[0], a->shape[0]};
    struct lower_array made = lower_shaped(l, shape, 2);
    const struct adc_node *equal = apply(l, ADC_OP_IEQ, made.index[0], made.index[1]);
    const struct adc_node *element = lower_part(l, &made, a, made.index);
    return lower_made(l, &made, choose(l, equal, element, zero_of(l, call->type->scalar)));
}

/* As long as the shorter axis. */
const struct lower_value *lower_whole_diagonal(struct lower *l, const struct ast *call,
                                               const struct lower_value *const *arguments)
{
    (void)call;
    struct lower_array *a = arguments[0]->array;
    const struct adc_node *length = lower_size(l, apply(l, ADC_OP_IMIN, a->shape[0], a->shape[1]));
    struct lower_array made = lower_shaped(l, &length, 1);
    const struct adc_node *at[] = {made.index[0], made.index[0]};
    return lower_made(l, &made, lower_part(l, &made, a, at));
}

/* The elements where row `op` column holds, the others are zero. */
static const struct lower_value *triangle(struct lower *l, struct lower_array *a, enum adc_op op)
{
    struct lower_array made = lower_shaped(l, a->shape, 2);
    const struct adc_node *kept = apply(l, op, made.index[0], made.index[1]);
    const struct adc_node *element = lower_part(l, &made, a, made.index);
    return lower_made(l, &made, choose(l, kept, element, zero_of(l, element->type)));
}

const struct lower_value *lower_whole_tril(struct lower *l, const struct ast *call,
                                           const struct lower_value *const *arguments)
{
    (void)call;
    return triangle(l, arguments[0]->array, ADC_OP_IGE);
}

const struct lower_value *lower_whole_triu(struct lower *l, const struct ast *call,
                                           const struct lower_value *const *arguments)
{
    (void)call;
    return triangle(l, arguments[0]->array, ADC_OP_ILE);
}

/* ------------------------------------------------------------------------- shaping */

const struct lower_value *lower_whole_len(struct lower *l, const struct ast *call,
                                          const struct lower_value *const *arguments)
{
    (void)call;
    return lower_scalar(l, lower_any_array(arguments[0])->shape[0]);
}

const struct lower_value *lower_whole_reverse(struct lower *l, const struct ast *call,
                                              const struct lower_value *const *arguments)
{
    (void)call;
    struct lower_array *a = arguments[0]->array;
    struct lower_array made = lower_shaped(l, a->shape, a->rank);
    const struct adc_node *at[ADC_MAX_RANK];
    memcpy(at, made.index, sizeof at);
    at[0] = apply(l, ADC_OP_ISUB, a->shape[0], adc_int(l->graph, 1));
    at[0] = lower_size(l, apply(l, ADC_OP_ISUB, at[0], made.index[0]));
    return lower_made(l, &made, lower_part(l, &made, a, at));
}

/* Whether all axes of `b` but the first are those of `a`: E20 or checks if not. */
static bool same_rows(struct lower *l, const struct ast *place, const struct lower_array *a,
                      const struct lower_array *b)
{
    struct lower_array wanted = *b;
    for (unsigned axis = 1; axis < a->rank; axis++) wanted.shape[axis] = a->shape[axis];
    return lower_same_shape(l, place, &wanted, b, ADC_E20);
}

const struct lower_value *lower_whole_concat(struct lower *l, const struct ast *call,
                                             const struct lower_value *const *arguments)
{
    uint32_t count = call->count - 1;
    struct lower_array **parts = ADC_NEW_ARRAY(l->arena, struct lower_array *, count);
    const struct adc_node **first = ADC_NEW_ARRAY(l->arena, const struct adc_node *, count);
    const struct adc_node **elements = ADC_NEW_ARRAY(l->arena, const struct adc_node *, count);
    const struct adc_node *shape[ADC_MAX_RANK], *at[ADC_MAX_RANK], *length = adc_int(l->graph, 0);
    for (uint32_t a = 0; a < count; a++) {
        parts[a] = lower_convert(l, arguments[a], call->type)->array;
        if (!same_rows(l, call->child[a + 1], parts[0], parts[a])) return lower_zero(l, call->type);
        first[a] = length;
        length = lower_size(l, apply(l, ADC_OP_IADD, length, parts[a]->shape[0]));
    }
    memcpy(shape, parts[0]->shape, sizeof shape);
    shape[0] = length;
    struct lower_array made = lower_shaped(l, shape, parts[0]->rank);
    memcpy(at, made.index, sizeof at);
    for (uint32_t a = 0; a < count; a++) {
        at[0] = a ? apply(l, ADC_OP_ISUB, made.index[0], first[a]) : made.index[0];
        elements[a] = lower_part(l, &made, parts[a], at);
    }
    return lower_made(l, &made, lower_chosen(l, made.index[0], elements, first, 0, count));
}

/* ------------------------------------------------------------------------- reshape */

static const struct adc_node *element_count(struct lower *l, const struct lower_array *array)
{
    const struct adc_node *count = adc_int(l->graph, 1);
    for (unsigned axis = 0; axis < array->rank; axis++)
        count = lower_size(l, apply(l, ADC_OP_IMUL, count, array->shape[axis]));
    return count;
}

/* Trailing axes that both arrays have stay as they are; of the others, elements are counted in the
 * order of rows. */
static const struct lower_value *reshaped(struct lower *l, struct lower_array *a,
                                          struct lower_array *made)
{
    const struct adc_node *at[ADC_MAX_RANK], *number = adc_int(l->graph, 0);
    unsigned from = a->rank, to = made->rank;
    while (from > 1 && to > 1 &&
           lower_compare_sizes(l, a->shape[from - 1], made->shape[to - 1]) == LOWER_EQUAL)
        at[--from] = made->index[--to];
    for (unsigned axis = 0; axis < to; axis++) {
        number = apply(l, ADC_OP_IMUL, number, made->shape[axis]);
        number = lower_size(l, apply(l, ADC_OP_IADD, number, made->index[axis]));
    }
    while (from-- > 1) {
        at[from] = apply(l, ADC_OP_IMOD, number, a->shape[from]);
        number = apply(l, ADC_OP_IDIV, number, a->shape[from]);
    }
    at[0] = number;
    return lower_made(l, made, lower_part(l, made, a, at));
}

const struct lower_value *lower_whole_flatten(struct lower *l, const struct ast *call,
                                              const struct lower_value *const *arguments)
{
    (void)call;
    struct lower_array *a = arguments[0]->array;
    const struct adc_node *length = element_count(l, a);
    struct lower_array made = lower_shaped(l, &length, 1);
    return a->rank == 1 ? arguments[0] : reshaped(l, a, &made);
}

const struct lower_value *lower_whole_reshape(struct lower *l, const struct ast *call,
                                              const struct lower_value *const *arguments)
{
    struct lower_array *a = arguments[0]->array, made = sized(l, call, arguments, 1);
    const struct adc_node *found = element_count(l, a);
    const struct adc_node *wanted = element_count(l, &made);
    if (lower_compare_sizes(l, wanted, found) == LOWER_DIFFERENT) {
        adc_diag_add(l->diags, ADC_E20, call->span,
                     "`reshape` keeps the number of elements: %s wanted, `%s` has %s",
                     lower_size_text(l, wanted), sema_source(&l->s, call->child[1]),
                     lower_size_text(l, found));
        return lower_zero(l, call->type);
    }
    lower_require_equal(l, call, wanted, found);
    return reshaped(l, a, &made);
}

/* ------------------------------------------------------------------------ the table */

/* sum(x) ...: over all elements. */
static const struct lower_value *reduced(struct lower *l, const struct ast *call,
                                         const struct builtin *row, struct lower_array *array)
{
    const struct lower_points points = {.index = array->index, .count = array->rank};
    const struct adc_node *body = lower_element(l, array, array->index, array->body->free);
    enum builtin_reduction reduction = row->reduction;
    bool real = reduction == BUILTIN_MEAN || reduction == BUILTIN_VARIANCE ||
                reduction == BUILTIN_LOGSUMEXP;
    if (real) body = lower_convert_node(l, body, call->type->scalar);
    return lower_reduction(l, call, row, &points, body);
}

const struct lower_value *lower_whole_builtin(struct lower *l, const struct ast *call,
                                              const struct builtin *row,
                                              const struct lower_value *const *arguments)
{
    static lower_whole *const rows[] = {
#define ADC_BUILTIN(name, kind, op, int_op, reduction, help)
#define ADC_ARRAY(name, id, check, least, most) [BUILTIN_##id] = lower_whole_##name,
#include "frontend/builtin.def"
#undef ADC_BUILTIN
#undef ADC_ARRAY
    };
    if (row->kind == BUILTIN_ARRAY) return rows[row->array](l, call, arguments);
    return reduced(l, call, row, arguments[0]->array);
}
