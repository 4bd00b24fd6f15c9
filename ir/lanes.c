/* Questions about loops in lanes that both printers ask. */
#include "ir/loop.h"
#include "ir/nest.h"

static enum loop_value value_of(const struct loop_program *program, const struct adc_node *node)
{
    return program->value ? (enum loop_value)program->value[node->id] : LOOP_UNIFORM;
}

enum loop_reach loop_reach(const struct loop_program *program, const struct adc_node *array,
                           const struct adc_node *const *element)
{
    bool buffer = program->place[array->id] == LOOP_BUFFER;
    if (buffer && program->buffers.data[program->buffer[array->id]].tiled) return LOOP_OWN;
    enum loop_reach reach = LOOP_ONE;
    for (unsigned i = 0; i < array->rank; i++) {
        enum loop_value value = value_of(program, element[i]);
        if (value == LOOP_VARYING) return LOOP_ANY;
        if (value == LOOP_UNIFORM) continue;
        bool next = i + 1 == array->rank && program->step[element[i]->id] == 1;
        reach = reach == LOOP_ONE && next ? LOOP_NEXT : LOOP_STRIDE;
    }
    return reach;
}

const struct loop_copy *loop_copied(const struct loop_program *program,
                                    const struct loop_lanes *lanes, const struct adc_node *array,
                                    const struct adc_node *const *element)
{
    for (unsigned i = 1; i < array->rank; i++)
        if (value_of(program, element[i]) != LOOP_UNIFORM) return NULL;
    for (size_t i = 0; i < lanes->copies.count; i++) {
        const struct loop_copy *copy = &lanes->copies.data[i];
        if (copy->array == array && copy->row == element[0]) return copy;
    }
    return NULL;
}
