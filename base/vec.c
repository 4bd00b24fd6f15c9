/* Growth of arena arrays. */
#include "base/vec.h"

#include <string.h>

void *adc_vec_grow(struct adc_arena *arena, const void *data, size_t *capacity, size_t size)
{
    size_t wanted = *capacity ? *capacity * 2 : 8;
    void *block = adc_arena_array(arena, wanted, size);
    if (*capacity) memcpy(block, data, *capacity * size);
    *capacity = wanted;
    return block;
}
