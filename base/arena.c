/* Arenas: chunks of doubling size, up to 1 MiB, in a list; blocks are never freed one by one. */
#include "base/arena.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { ALIGN = 16, FIRST_CHUNK = 4096, LARGEST_CHUNK = 1 << 20 };

struct adc_chunk {
    struct adc_chunk *older;
    size_t size; /* of the whole chunk, this header included */
};

static void *standard_resize(void *user, void *block, size_t old_size, size_t new_size)
{
    (void)user;
    (void)old_size;
    if (new_size == 0) {
        free(block);
        return NULL;
    }
    return realloc(block, new_size);
}

static size_t header_size(void)
{
    return (sizeof(struct adc_chunk) + ALIGN - 1) / ALIGN * ALIGN;
}

static void out_of_memory(struct adc_heap *heap)
{
    longjmp(*heap->out_of_memory, 1);
}

static void add_chunk(struct adc_arena *arena, size_t size)
{
    struct adc_heap *heap = arena->heap;
    size_t wanted = arena->chunks ? arena->chunks->size * 2 : FIRST_CHUNK;
    if (wanted > LARGEST_CHUNK) wanted = LARGEST_CHUNK;
    if (size > SIZE_MAX - header_size()) out_of_memory(heap);
    if (wanted < size + header_size()) wanted = size + header_size();
    struct adc_chunk *chunk = heap->allocator.resize(heap->allocator.user, NULL, 0, wanted);
    if (!chunk) out_of_memory(heap);
    chunk->older = arena->chunks;
    chunk->size = wanted;
    arena->chunks = chunk;
    arena->next = (char *)chunk + header_size();
    arena->end = (char *)chunk + wanted;
}

struct adc_allocator adc_standard_allocator(void)
{
    return (struct adc_allocator){standard_resize, NULL};
}

void adc_arena_init(struct adc_arena *arena, struct adc_heap *heap)
{
    *arena = (struct adc_arena){.heap = heap};
}

void adc_arena_free(struct adc_arena *arena)
{
    struct adc_allocator *allocator = &arena->heap->allocator;
    for (struct adc_chunk *chunk = arena->chunks, *older; chunk; chunk = older) {
        older = chunk->older;
        allocator->resize(allocator->user, chunk, chunk->size, 0);
    }
    adc_arena_init(arena, arena->heap);
}

void *adc_arena_alloc(struct adc_arena *arena, size_t size)
{
    if (size > SIZE_MAX - ALIGN) out_of_memory(arena->heap);
    size_t rounded = (size + ALIGN - 1) / ALIGN * ALIGN;
    if (!arena->chunks || rounded > (size_t)(arena->end - arena->next)) add_chunk(arena, rounded);
    void *block = arena->next;
    arena->next += rounded;
    memset(block, 0, rounded);
    return block;
}

void *adc_arena_array(struct adc_arena *arena, size_t count, size_t size)
{
    if (size && count > SIZE_MAX / size) out_of_memory(arena->heap);
    return adc_arena_alloc(arena, count * size);
}

char *adc_arena_copy(struct adc_arena *arena, const char *text, size_t length)
{
    char *copy = adc_arena_alloc(arena, length + 1);
    memcpy(copy, text, length);
    return copy;
}
