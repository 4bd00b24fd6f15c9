/* Values of lowering: scalars, arrays and records of them. Recursion is over the depth of a type.
 */
#include "frontend/lower.h"

#include <string.h>

void lower_push(struct lower *l, const struct lower_value *value)
{
    ADC_PUSH(l->arena, l->values, value);
}

const struct lower_value *lower_pop(struct lower *l)
{
    return l->values.data[--l->values.count];
}

struct lower_value *lower_record(struct lower *l, uint32_t count)
{
    struct lower_value *value =
        adc_arena_alloc(l->arena, sizeof *value + count * sizeof *value->field);
    value->count = count;
    return value;
}

const struct lower_value *lower_scalar(struct lower *l, const struct adc_node *node)
{
    struct lower_value *value = lower_record(l, 0);
    value->node = node;
    return value;
}

void lower_push_node(struct lower *l, const struct adc_node *node)
{
    lower_push(l, lower_scalar(l, node));
}

/* ------------------------------------------------------------------ conversion */

static double real_of(const struct adc_node *node)
{
    if (node->type == ADC_INT) return (double)node->value.integer;
    return adc_real_number(node);
}

/* Constants become constants: `2*x` multiplies by 2.0. */
const struct adc_node *lower_convert_node(struct lower *l, const struct adc_node *node,
                                          enum adc_type to)
{
    enum adc_type from = node->type;
    if (from == to) return node;
    if (from == ADC_I32 && to == ADC_INT) return adc_apply1(l->graph, ADC_OP_I32_TO_INT, node);
    if (from == ADC_INT && to == ADC_I32) return adc_apply1(l->graph, ADC_OP_INT_TO_I32, node);
    ADC_INVARIANT(adc_type_is_real(to) && from != ADC_BOOL, l->graph);
    if (from == ADC_INT && adc_is_const(node) && to == ADC_F32)
        return adc_const(l->graph, to, (union adc_value){.f32 = (float)node->value.integer});
    if (adc_is_const(node)) return adc_real(l->graph, to, real_of(node));
    if (from == ADC_INT)
        return adc_apply1(l->graph, to == ADC_F64 ? ADC_OP_INT_TO_F64 : ADC_OP_INT_TO_F32, node);
    return adc_apply1(l->graph, to == ADC_F64 ? ADC_OP_F32_TO_F64 : ADC_OP_F64_TO_F32, node);
}

static const struct adc_node *convert_element(struct lower *l, const void *context,
                                              const struct adc_node *const *elements)
{
    const struct sema_type *to = context;
    return lower_convert_node(l, elements[0], to->scalar);
}

const struct lower_value *lower_convert(struct lower *l, const struct lower_value *value,
                                        const struct sema_type *to)
{
    if (to->kind == SEMA_TENSOR && value->array->type != to->scalar)
        return lower_map(l, NULL, &value, 1, convert_element, to);
    if (to->kind == SEMA_SCALAR) {
        const struct adc_node *node = lower_convert_node(l, value->node, to->scalar);
        return node == value->node ? value : lower_scalar(l, node);
    }
    if (to->kind != SEMA_RECORD && to->kind != SEMA_TABLE) return value;
    struct lower_value *made = lower_record(l, to->count);
    bool same = true;
    for (uint32_t i = 0; i < to->count; i++) {
        made->field[i] = lower_convert(l, value->field[i], to->fields[i].type);
        same &= made->field[i] == value->field[i];
    }
    return same ? value : made;
}

/* Stands in after an error; it has no elements. */
static const struct lower_value *zero_array(struct lower *l, const struct sema_type *type)
{
    struct lower_array made = {.type = type->scalar, .rank = type->rank};
    for (unsigned i = 0; i < made.rank; i++) {
        made.shape[i] = adc_int(l->graph, 0);
        made.index[i] = lower_axis(l, i, made.shape[i]);
    }
    made.body = adc_const(l->graph, type->scalar, (union adc_value){.bits = 0});
    return lower_array_value(l, &made);
}

const struct lower_value *lower_zero(struct lower *l, const struct sema_type *type)
{
    if (type->kind == SEMA_SCALAR)
        return lower_scalar(l, adc_const(l->graph, type->scalar, (union adc_value){.bits = 0}));
    if (type->kind == SEMA_TENSOR) return zero_array(l, type);
    struct lower_value *made = lower_record(l, type->count);
    for (uint32_t i = 0; i < type->count; i++) made->field[i] = lower_zero(l, type->fields[i].type);
    return made;
}

static const struct adc_node *select_element(struct lower *l, const void *context,
                                             const struct adc_node *const *elements)
{
    (void)context;
    if (elements[1] == elements[2]) return elements[1];
    return adc_apply3(l->graph, ADC_OP_IF, elements[0], elements[1], elements[2]);
}

static const struct lower_value *select_array(struct lower *l, const struct ast *place,
                                              const struct adc_node *condition,
                                              const struct lower_value *a,
                                              const struct lower_value *b)
{
    const struct lower_value *operands[] = {lower_scalar(l, condition), a, b};
    if (a->array == b->array || !lower_same_shape(l, place, a->array, b->array, ADC_E20)) return a;
    return lower_map(l, place, operands, 3, select_element, NULL);
}

const struct lower_value *lower_select(struct lower *l, const struct ast *place,
                                       const struct adc_node *condition,
                                       const struct lower_value *a, const struct lower_value *b)
{
    if (a->array) return select_array(l, place, condition, a, b);
    if (a->node)
        return lower_scalar(l, adc_apply3(l->graph, ADC_OP_IF, condition, a->node, b->node));
    struct lower_value *made = lower_record(l, a->count);
    for (uint32_t i = 0; i < a->count; i++)
        made->field[i] = lower_select(l, place, condition, a->field[i], b->field[i]);
    return made;
}

const struct lower_value *lower_join(struct lower *l, const struct ast *place,
                                     const struct adc_node *condition, const struct lower_value *a,
                                     const struct lower_value *b)
{
    if (a == b) return a;
    if (a->node) return a->node == b->node ? a : lower_select(l, place, condition, a, b);
    if (a->array && lower_extends(l, a, b)) return a;
    if (a->array && lower_extends(l, b, a)) return b;
    if (a->array) return select_array(l, place, condition, a, b);
    struct lower_value *made = lower_record(l, a->count);
    for (uint32_t i = 0; i < a->count; i++)
        made->field[i] = lower_join(l, place, condition, a->field[i], b->field[i]);
    return made;
}

uint32_t lower_leaf_count(const struct lower_value *value)
{
    if (value->node || value->array) return 1;
    uint32_t count = 0;
    for (uint32_t i = 0; i < value->count; i++) count += lower_leaf_count(value->field[i]);
    return count;
}

const struct adc_node **lower_leaves(struct lower *l, const struct lower_value *value,
                                     const struct adc_node **leaves)
{
    if (value->node || value->array) {
        *leaves = value->array ? lower_store(l, value->array) : value->node;
        return leaves + 1;
    }
    for (uint32_t i = 0; i < value->count; i++) leaves = lower_leaves(l, value->field[i], leaves);
    return leaves;
}

const struct adc_indices *lower_free(struct lower *l, const struct lower_value *value)
{
    const struct adc_indices *free = value->node ? value->node->free : NULL;
    const struct lower_array *array = value->array;
    if (array) free = array->stored ? array->stored->free : lower_outer(l, array);
    for (unsigned i = 0; array && i < array->rank; i++)
        free = adc_indices_union(l->graph, free, array->shape[i]->free);
    for (uint32_t i = 0; i < value->count; i++)
        free = adc_indices_union(l->graph, free, lower_free(l, value->field[i]));
    return value->closure ? value->closure->around : free;
}

/* ----------------------------------------------------------------- definitions */

/* What a definition says of the nodes that it names. */
struct definition {
    const struct adc_name *name;
    bool mark;          /* they are differentiated with respect to */
    enum adc_keep keep; /* for a loop's adjoint */
};

static void note(struct lower *l, const struct adc_node *node, const struct definition *definition)
{
    if (node->op == ADC_OP_CONST || node->op == ADC_OP_PARAM) return;
    adc_graph_set_name(l->graph, node, definition->name);
    adc_graph_set_keep(l->graph, node, definition->keep);
}

static const struct adc_name *field_name(struct lower *l, const struct adc_name *name,
                                         const struct sema_type *type, uint32_t index)
{
    const struct adc_name *field = type->fields[index].name;
    const char *text = field ? sema_format(&l->s, "%s_%s", name->text, field->text)
                             : sema_format(&l->s, "%s_%u", name->text, index);
    return adc_name_of(l->module->names, text);
}

static const struct lower_value *marked_array(struct lower *l, struct lower_array *array,
                                              const struct definition *definition)
{
    const struct adc_node *made = adc_mark(l->graph, lower_store(l, array));
    note(l, made, definition);
    return lower_stored(l, made);
}

static const struct lower_value *named_array(struct lower *l, const struct lower_value *value,
                                             const struct definition *definition)
{
    struct lower_array *array = value->array;
    uint16_t op = array->body->op;
    if (!array->name) array->name = definition->name;
    if (op != ADC_OP_READ && op != ADC_OP_INDEX) note(l, array->body, definition);
    if (array->stored) note(l, array->stored, definition);
    return definition->mark ? marked_array(l, array, definition) : value;
}

/* Names the leaves (of a record `name_field`) and marks them if asked for. */
static const struct lower_value *named(struct lower *l, const struct lower_value *value,
                                       const struct sema_type *type,
                                       const struct definition *definition)
{
    if (value->node) {
        note(l, value->node, definition);
        if (!definition->mark) return value;
        const struct adc_node *made = adc_mark(l->graph, value->node);
        note(l, made, definition);
        return lower_scalar(l, made);
    }
    if (value->closure) return value;
    if (value->array) return named_array(l, value, definition);
    struct lower_value *made = lower_record(l, value->count);
    for (uint32_t i = 0; i < value->count; i++) {
        struct definition field = *definition;
        field.name = field_name(l, definition->name, type, i);
        made->field[i] = named(l, value->field[i], type->fields[i].type, &field);
    }
    return made;
}

const struct lower_value *lower_defined(struct lower *l, const struct sema_symbol *symbol,
                                        const struct lower_value *value)
{
    struct definition definition = {symbol->name, symbol->differentiated,
                                    (enum adc_keep)symbol->keep};
    return named(l, value, symbol->type, &definition);
}
