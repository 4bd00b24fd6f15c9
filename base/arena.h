/* Arenas over a caller's allocator.
 *
 * A heap is the caller's allocator plus the place to go when it fails; an arena hands out zeroed,
 * 16-byte aligned blocks from chunks of that heap and gives all of them back at once.
 *
 * owner    whoever called adc_arena_init; blocks live until adc_arena_free
 * threads  an arena belongs to one thread at a time
 * errors   out of memory: one longjmp to heap->out_of_memory (set by runtime/compile.c), so no
 *          caller checks for NULL */
#ifndef ADC_BASE_ARENA_H
#define ADC_BASE_ARENA_H

#include <setjmp.h>
#include <stddef.h>

/* resize(user, NULL, 0, n) allocates, resize(user, p, n, 0) frees and returns NULL. Blocks are
 * aligned for any type; NULL with new_size > 0 means out of memory. */
struct adc_allocator {
    void *(*resize)(void *user, void *block, size_t old_size, size_t new_size);
    void *user;
};

struct adc_heap {
    struct adc_allocator allocator;
    jmp_buf *out_of_memory;
};

struct adc_chunk;

struct adc_arena {
    struct adc_heap *heap;
    struct adc_chunk *chunks; /* newest first */
    char *next, *end;         /* free part of the newest chunk */
};

/* The allocator of the C library. */
struct adc_allocator adc_standard_allocator(void);

void adc_arena_init(struct adc_arena *arena, struct adc_heap *heap);
void adc_arena_free(struct adc_arena *arena);

/* `size` zeroed bytes, 16-byte aligned; size 0 gives a valid pointer. */
void *adc_arena_alloc(struct adc_arena *arena, size_t size);

/* As above for `count` elements; a product that overflows is out of memory. */
void *adc_arena_array(struct adc_arena *arena, size_t count, size_t size);

/* A copy of `length` bytes with a NUL behind it. */
char *adc_arena_copy(struct adc_arena *arena, const char *text, size_t length);

#define ADC_NEW(arena, type) ((type *)adc_arena_alloc((arena), sizeof(type)))
#define ADC_NEW_ARRAY(arena, type, count) ((type *)adc_arena_array((arena), (count), sizeof(type)))

#endif
