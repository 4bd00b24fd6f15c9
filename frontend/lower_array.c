/* Arrays of lowering: an array is its element, a scalar node that reads indices of its own.
 *
 * reading   at its own indices gives the element as it is; elsewhere, cheap elements are written
 *           again for other indices (costly ones for constants), and an array with costly ones is
 *           stored, once, and read
 * storing   gives a nest of the array's own indices; what its element reads of the indices around
 *           is free in it: it is one array for each of their values
 * costly    what holds a reduction, a transcendental, a derivative, or is large: never computed
 *           again for an index that it does not depend on */
#include "frontend/lower.h"

#include <string.h>

enum { LARGE = 48 }; /* operators that reading an element may repeat */

const struct lower_value *lower_array_value(struct lower *l, const struct lower_array *array)
{
    struct lower_value *value = lower_record(l, 0);
    value->array = ADC_NEW(l->arena, struct lower_array);
    *value->array = *array;
    return value;
}

struct lower_array *lower_any_array(const struct lower_value *value)
{
    while (!value->array) value = value->field[0];
    return value->array;
}

/* The index of axis `number` of what has no letters; such indices are never open. */
const struct adc_node *lower_axis(struct lower *l, unsigned number, const struct adc_node *length)
{
    const struct adc_name *name =
        adc_name_of(l->module->names, sema_format(&l->s, "axis %u", number));
    return adc_index(l->graph, name->number, adc_int(l->graph, 0), length);
}

const struct lower_value *lower_stored(struct lower *l, const struct adc_node *node)
{
    struct lower_array array = {.type = (enum adc_type)node->type, .rank = node->rank};
    for (unsigned i = 0; i < node->rank; i++) {
        array.shape[i] = adc_shape(node, i);
        array.index[i] = lower_axis(l, i, array.shape[i]);
        while (adc_indices_has(node->free, array.index[i]))
            array.index[i] = lower_derived_index(l, array.index[i]);
    }
    array.body = adc_read(l->graph, node, array.index);
    array.stored = node;
    return lower_array_value(l, &array);
}

/* ---------------------------------------------------------------------- making */

struct lower_array lower_shaped(struct lower *l, const struct adc_node *const *shape, unsigned rank)
{
    struct lower_array made = {.rank = rank};
    for (unsigned i = 0; i < rank; i++) {
        made.shape[i] = shape[i];
        made.index[i] = lower_axis(l, i, shape[i]);
    }
    return made;
}

const struct lower_value *lower_made(struct lower *l, struct lower_array *made,
                                     const struct adc_node *element)
{
    made->body = element;
    made->type = (enum adc_type)element->type;
    return lower_array_value(l, made);
}

const struct adc_node *lower_part(struct lower *l, const struct lower_array *made,
                                  struct lower_array *array, const struct adc_node *const *at)
{
    const struct adc_indices *scope = lower_scope(l);
    for (unsigned i = 0; i < made->rank; i++)
        scope = adc_indices_union(l->graph, scope, made->index[i]->free);
    for (unsigned i = 0; i < array->rank; i++)
        scope = adc_indices_union(l->graph, scope, at[i]->free);
    return lower_element(l, array, at, scope);
}

/* ---------------------------------------------------------------------- scopes */

const struct adc_indices *lower_scope(struct lower *l)
{
    const struct adc_indices *scope = NULL;
    for (size_t i = 0; i < l->open.count; i++)
        scope = adc_indices_union(l->graph, scope, l->open.data[i].index->free);
    return scope;
}

static bool is_own(const struct lower_array *array, const struct adc_node *index)
{
    for (unsigned i = 0; i < array->rank; i++)
        if (array->index[i] == index) return true;
    return false;
}

const struct adc_indices *lower_outer(struct lower *l, const struct lower_array *array)
{
    const struct adc_indices *outer = NULL;
    for (uint32_t f = 0; array->body->free && f < array->body->free->count; f++) {
        const struct adc_node *index = array->body->free->index[f];
        if (!is_own(array, index)) outer = adc_indices_union(l->graph, outer, index->free);
    }
    return outer;
}

static bool is_costly(struct lower *l, const struct lower_array *array)
{
    const struct lower_fact *fact = lower_fact(l, array->body);
    if (fact->weight > LARGE) return true;
    for (uint32_t f = 0; fact->costly && f < fact->costly->count; f++)
        if (is_own(array, fact->costly->index[f])) return true;
    return false;
}

/* Whether every index of the scope is one that the element depends on. */
static bool covers(const struct lower_array *array, const struct adc_indices *scope)
{
    for (uint32_t i = 0; scope && i < scope->count; i++)
        if (!is_own(array, scope->index[i]) && !adc_indices_has(array->body->free, scope->index[i]))
            return false;
    return true;
}

/* --------------------------------------------------------------------- storing */

/* An array that only reads another one, in order, is that array. */
static const struct adc_node *read_as_is(const struct lower_array *array)
{
    const struct adc_node *body = array->body;
    if (body->op != ADC_OP_READ || body->count != array->rank + 1) return NULL;
    for (unsigned i = 0; i < array->rank; i++)
        if (body->in[i + 1] != array->index[i] ||
            adc_indices_has(body->in[0]->free, array->index[i]) ||
            adc_shape(body->in[0], i) != array->shape[i])
            return NULL;
    return body->in[0];
}

void lower_check_depth(struct lower *l, const struct adc_node *node)
{
    enum { MOST = ADC_MAX_RANK - ADC_MAX_AXES };
    if (!node->free || node->free->count <= MOST) return;
    adc_diag_add(l->diags, ADC_E37, l->graph->span,
                 "an array or a derivative that depends on more than %d indices around", MOST);
}

const struct adc_node *lower_store(struct lower *l, struct lower_array *array)
{
    if (array->stored) return array->stored;
    array->stored = read_as_is(array);
    if (array->stored) return array->stored;
    struct adc_nest nest = {.reduce = ADC_REDUCE_SET, .value = array->body};
    nest.rank = nest.index_count = array->rank;
    nest.target = nest.index = array->index;
    nest.shape = array->shape;
    array->stored = lower_nest(l, &nest);
    lower_check_depth(l, array->stored);
    if (array->name) adc_graph_set_name(l->graph, array->stored, array->name);
    return array->stored;
}

/* --------------------------------------------------------------------- reading */

const struct adc_node *lower_element(struct lower *l, struct lower_array *array,
                                     const struct adc_node *const *at,
                                     const struct adc_indices *scope)
{
    bool itself = true, constant = true, costly = is_costly(l, array);
    for (unsigned i = 0; i < array->rank; i++) {
        itself &= at[i] == array->index[i];
        constant &= adc_is_const(at[i]);
    }
    if (itself && (!costly || (!array->stored && covers(array, scope)))) return array->body;
    constant &= lower_fact(l, array->body)->weight <= LARGE;
    if (costly && !constant) lower_store(l, array);
    return lower_element_once(l, array, at);
}

const struct adc_node *lower_element_once(struct lower *l, const struct lower_array *array,
                                          const struct adc_node *const *at)
{
    if (array->stored) return adc_read(l->graph, array->stored, at);
    return lower_substitute(l, array->body, array->index, at, array->rank);
}

static bool is_open(const struct lower *l, const struct adc_node *index)
{
    for (size_t i = 0; i < l->open.count; i++)
        if (l->open.data[i].index == index) return true;
    return false;
}

struct lower_array *lower_apart(struct lower *l, struct lower_array *array)
{
    struct lower_array made = {.type = array->type, .rank = array->rank};
    const struct adc_indices *scope = lower_scope(l);
    bool open = false;
    for (unsigned i = 0; i < array->rank; i++) open |= is_open(l, array->index[i]);
    if (!open) return array;
    for (unsigned i = 0; i < array->rank; i++) {
        made.shape[i] = array->shape[i];
        made.index[i] = lower_axis(l, i, array->shape[i]);
        scope = adc_indices_union(l->graph, scope, made.index[i]->free);
    }
    made.body = lower_element(l, array, made.index, scope);
    return lower_array_value(l, &made)->array;
}

/* --------------------------------------------------------------------- combining */

static const char *shape_text(struct lower *l, const struct lower_array *array)
{
    struct adc_text text;
    adc_text_init(&text, l->arena);
    adc_text_format(&text, "%s[",
                    array->type == l->module->types.real ? "real" : adc_type_name(array->type));
    for (unsigned i = 0; i < array->rank; i++)
        adc_text_format(&text, i ? ", %s" : "%s", lower_size_text(l, array->shape[i]));
    adc_text_add(&text, "]");
    return text.data;
}

bool lower_same_shape(struct lower *l, const struct ast *place, const struct lower_array *a,
                      const struct lower_array *b, enum adc_code code)
{
    for (unsigned i = 0; i < a->rank; i++)
        if (lower_compare_sizes(l, a->shape[i], b->shape[i]) == LOWER_DIFFERENT) {
            const char *x = shape_text(l, a), *y = shape_text(l, b);
            struct adc_span at = sema_at(place);
            if (code == ADC_E16)
                adc_diag_add(l->diags, code, at,
                             "shapes `%s` and `%s` do not combine; only scalars broadcast", x, y);
            else adc_diag_add(l->diags, code, at, "expected `%s`, found `%s`", x, y);
            return false;
        }
    for (unsigned i = 0; i < a->rank; i++) lower_require_equal(l, place, a->shape[i], b->shape[i]);
    return true;
}

bool lower_same_shapes(struct lower *l, const struct ast *place, const struct lower_value *a,
                       const struct lower_value *b)
{
    if (a->array) return lower_same_shape(l, place, a->array, b->array, ADC_E20);
    for (uint32_t f = 0; f < a->count; f++)
        if (!lower_same_shapes(l, place, a->field[f], b->field[f])) return false;
    return true;
}

struct mapping {
    const struct lower_value *const *operands;
    unsigned count;
    struct lower_array made;
};

/* Whether the index is open or read by another operand as an index around it. */
static bool is_taken(const struct lower *l, const struct mapping *m, const struct adc_node *index)
{
    if (is_open(l, index)) return true;
    for (unsigned i = 0; i < m->count; i++) {
        const struct lower_value *operand = m->operands[i];
        const struct adc_node *body = operand->array ? operand->array->body : operand->node;
        if (operand->array && is_own(operand->array, index)) continue;
        if (adc_indices_has(body->free, index)) return true;
    }
    return false;
}

/* The operand that cannot be read but at its own indices lends them; otherwise the axes' own. */
static void choose_indices(struct lower *l, struct mapping *m)
{
    for (unsigned axis = 0; axis < m->made.rank; axis++)
        m->made.index[axis] = lower_axis(l, axis, m->made.shape[axis]);
    for (unsigned i = 0; i < m->count; i++) {
        const struct lower_array *array = m->operands[i]->array;
        bool lends = array && !array->stored && is_costly(l, array);
        for (unsigned axis = 0; lends && axis < array->rank; axis++)
            lends = !is_taken(l, m, array->index[axis]);
        if (!lends) continue;
        memcpy(m->made.index, array->index, array->rank * sizeof *array->index);
        memcpy(m->made.shape, array->shape, array->rank * sizeof *array->shape);
        return;
    }
}

const struct lower_value *lower_map(struct lower *l, const struct ast *place,
                                    const struct lower_value *const *operands, unsigned count,
                                    lower_combine *combine, const void *context)
{
    struct mapping m = {.operands = operands, .count = count};
    const struct adc_node *elements[3];
    const struct lower_array *first = NULL;
    const struct adc_indices *scope = NULL;
    for (unsigned i = 0; i < count; i++) {
        const struct lower_array *array = operands[i]->array;
        const struct adc_node *body = array ? array->body : operands[i]->node;
        scope = adc_indices_union(l->graph, scope, array ? lower_outer(l, array) : body->free);
        if (!array) continue;
        if (!first) first = array;
        else if (!lower_same_shape(l, place, first, array, ADC_E16)) return operands[i];
    }
    m.made.rank = first->rank;
    memcpy(m.made.shape, first->shape, first->rank * sizeof *first->shape);
    choose_indices(l, &m);
    for (unsigned axis = 0; axis < m.made.rank; axis++)
        scope = adc_indices_union(l->graph, scope, m.made.index[axis]->free);
    for (unsigned i = 0; i < count; i++)
        elements[i] = operands[i]->array ? lower_element(l, operands[i]->array, m.made.index, scope)
                                         : operands[i]->node;
    m.made.body = combine(l, context, elements);
    m.made.type = (enum adc_type)m.made.body->type;
    return lower_array_value(l, &m.made);
}
