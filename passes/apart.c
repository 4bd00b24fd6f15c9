/* Whether passes of a loop meet in elements of arrays.
 *
 * in       all accesses to arrays in a loop
 * out      apart are passes that only read, or only add, or whose elements have a coordinate, the
 *          same one in all accesses, that moves with the index and with no loop inside
 * cost     for each access, all accesses and their axes */
#include "passes/apart.h"

#include "ir/nest.h"

const struct adc_node *apart_array(const struct adc_node *array)
{
    while (array->op == ADC_OP_MARK || array->op == ADC_OP_STOP) array = array->in[0];
    return array;
}

bool apart_steps(const struct adc_node *node, const struct adc_node *index)
{
    if (node == index) return true;
    if (node->op != ADC_OP_IADD && node->op != ADC_OP_ISUB) return false;
    if (node->op == ADC_OP_IADD && node->in[1] == index)
        return !adc_indices_has(node->in[0]->free, index);
    return node->in[0] == index && !adc_indices_has(node->in[1]->free, index);
}

bool apart_same_array(const struct loop_program *program, const struct adc_node *a,
                      const struct adc_node *b)
{
    if (program->place[a->id] != LOOP_BUFFER || program->place[b->id] != LOOP_BUFFER) return a == b;
    return program->buffer[a->id] == program->buffer[b->id];
}

static bool is_coordinate(const struct apart *apart, const struct adc_node *node)
{
    if (!apart_steps(node, apart->index)) return false;
    for (uint32_t i = 0; i < node->free->count; i++) {
        const struct adc_node *other = node->free->index[i];
        if (other != apart->index && apart->runs_inside(apart->of, other)) return false;
    }
    return true;
}

bool apart_holds(const struct apart *apart, const struct apart_access *one)
{
    bool written = false, added = true;
    uint32_t axes = 0;
    for (unsigned axis = 0; axis < one->array->rank; axis++)
        if (is_coordinate(apart, one->element[axis])) axes |= UINT32_C(1) << axis;
    for (size_t i = 0; i < apart->list.count; i++) {
        const struct apart_access *other = &apart->list.data[i];
        if (!apart_same_array(apart->program, one->array, other->array)) continue;
        written |= !other->read;
        added &= other->added;
        for (unsigned axis = 0; axis < one->array->rank; axis++)
            if (other->element[axis] != one->element[axis]) axes &= ~(UINT32_C(1) << axis);
    }
    return !written || added || axes;
}
