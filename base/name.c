/* Interned names in an open-addressing table. */
#include "base/name.h"

#include <string.h>

uint32_t adc_hash(const void *bytes, size_t length, uint32_t seed)
{
    const unsigned char *at = bytes;
    uint32_t hash = seed ^ 2166136261u;
    for (size_t i = 0; i < length; i++) hash = (hash ^ at[i]) * 16777619u;
    hash ^= hash >> 15;
    hash *= 0x2c1b3c6du;
    return hash ^ (hash >> 13);
}

void adc_names_init(struct adc_names *names, struct adc_arena *arena)
{
    *names = (struct adc_names){.arena = arena, .slot_count = 64};
    names->slots = ADC_NEW_ARRAY(arena, const struct adc_name *, names->slot_count);
}

static void grow(struct adc_names *names)
{
    uint32_t count = names->slot_count * 2;
    const struct adc_name **slots = ADC_NEW_ARRAY(names->arena, const struct adc_name *, count);
    for (uint32_t i = 0; i < names->slot_count; i++) {
        const struct adc_name *name = names->slots[i];
        if (!name) continue;
        uint32_t at = name->hash & (count - 1);
        while (slots[at]) at = (at + 1) & (count - 1);
        slots[at] = name;
    }
    names->slots = slots;
    names->slot_count = count;
}

const struct adc_name *adc_name(struct adc_names *names, const char *text, size_t length)
{
    uint32_t hash = adc_hash(text, length, 0);
    uint32_t at = hash & (names->slot_count - 1);
    for (; names->slots[at]; at = (at + 1) & (names->slot_count - 1)) {
        const struct adc_name *name = names->slots[at];
        if (name->hash == hash && name->length == length && !memcmp(name->text, text, length))
            return name;
    }
    struct adc_name *name = adc_arena_alloc(names->arena, sizeof *name + length + 1);
    name->number = names->count++;
    name->length = (uint32_t)length;
    name->hash = hash;
    memcpy(name->text, text, length);
    names->slots[at] = name;
    if (names->count > names->slot_count / 4 * 3) grow(names);
    return name;
}

const struct adc_name *adc_name_of(struct adc_names *names, const char *text)
{
    return adc_name(names, text, strlen(text));
}
