/* Arrays lie in the buffer of the map that is made of them.
 *
 * Where a map has all elements of an array, reads the array at the element that it sets and nowhere
 * else, and nobody else reads the array, each element of the one may take the place of the other:
 * of the exponentials of a softmax, made for their sum, the result's own array holds them until
 * they are scaled.
 *
 * in       a scheduled program
 * out      the same statements; of such two arrays one buffer, that of the map
 * law      the array is made before the loops of the map, or in them, and always in front of its
 *          READ, which only the map's value is computed from: so it stands in the map's innermost
 *          loop, in front of the element that is set. Neither stands in further loops, which would
 *          make it again
 * cost     linear */
#include "passes/arrange.h"
#include "passes/schedule.h"

#include "ir/nest.h"

typedef const struct adc_node *node_t;

enum { NOBODY, MANY, FIRST }; /* FIRST + id: of a nest */

/* By id, which nest alone is computed from the node. What nests and loops are made of is theirs. */
static uint32_t *find_owners(const struct schedule *s)
{
    uint32_t *owner = ADC_NEW_ARRAY(s->scratch, uint32_t, s->count);
    uint8_t *root = ADC_NEW_ARRAY(s->scratch, uint8_t, s->count);
    adc_function_roots(s->function, root);
    for (size_t id = s->count; id-- > 0;) {
        node_t node = s->graph->nodes.data[id];
        if (root[id]) owner[id] = MANY;
        if (!s->updates.live[id]) continue;
        uint32_t own = owner[id];
        if (node->op == ADC_OP_NEST) own = FIRST + (uint32_t)id;
        else if (node->op < ADC_OP_FIRST_ELEMENTWISE && node->op != ADC_OP_IF) own = MANY;
        for (unsigned i = 0; i < node->count; i++) {
            uint32_t *input = &owner[node->in[i]->id];
            *input = *input == NOBODY || *input == own ? own : MANY;
        }
    }
    return owner;
}

/* By buffer, how many arrays lie in it. */
static uint32_t *count_arrays(const struct schedule *s)
{
    const struct loop_program *program = s->program;
    uint32_t *count = ADC_NEW_ARRAY(s->scratch, uint32_t, program->buffers.count);
    for (size_t id = 0; id < s->count; id++)
        if (program->place[id] == LOOP_BUFFER) count[program->buffer[id]]++;
    return count;
}

/* The map that may have the array's buffer, or NULL. */
static node_t map_of(const struct schedule *s, const uint32_t *owner, node_t array)
{
    const struct updates *updates = &s->updates;
    uint32_t read = updates->first_read[array->id];
    if (array->op != ADC_OP_NEST || updates->scope[array->id] || !read) return NULL;
    if (updates->uses[array->id] != 1 || owner[read - 1] < FIRST) return NULL;
    node_t map = s->graph->nodes.data[owner[read - 1] - FIRST];
    if (updates->scope[map->id] || array->type != map->type || !adc_same_shape(array, map) ||
        !arrange_sets_all(map))
        return NULL;
    return updates_own_element(s->graph->nodes.data[read - 1], map) ? map : NULL;
}

/* Without the buffers that are left, which `target` says of. */
static void renumber(const struct schedule *s, const uint32_t *target)
{
    struct loop_program *program = s->program;
    uint32_t *number = ADC_NEW_ARRAY(s->scratch, uint32_t, program->buffers.count);
    uint32_t kept = 0;
    for (uint32_t i = 0; i < program->buffers.count; i++) {
        number[i] = kept;
        if (target[i] == i) program->buffers.data[kept++] = program->buffers.data[i];
    }
    program->buffers.count = kept;
    for (size_t id = 0; id < s->count; id++)
        if (program->place[id] == LOOP_BUFFER)
            program->buffer[id] = number[target[program->buffer[id]]];
}

void schedule_share(const struct schedule *s)
{
    const struct loop_program *program = s->program;
    const uint32_t *owner = find_owners(s), *arrays = count_arrays(s);
    uint32_t *target = ADC_NEW_ARRAY(s->scratch, uint32_t, program->buffers.count);
    uint8_t *taken = ADC_NEW_ARRAY(s->scratch, uint8_t, program->buffers.count);
    for (uint32_t i = 0; i < program->buffers.count; i++) target[i] = i;
    for (size_t id = 0; id < s->count; id++) {
        node_t array = s->graph->nodes.data[id];
        if (program->place[id] != LOOP_BUFFER) continue;
        uint32_t own = program->buffer[id];
        node_t map = program->buffers.data[own].result < 0 ? map_of(s, owner, array) : NULL;
        if (!map || program->place[map->id] != LOOP_BUFFER || arrays[own] != 1) continue;
        uint32_t other = program->buffer[map->id];
        if (arrays[other] != 1 || taken[own] || taken[other]) continue;
        taken[own] = taken[other] = 1;
        target[own] = other;
    }
    renumber(s, target);
}
