/* Contexts: one heap, one arena, one list of diagnostics; the landing place of longjmp is in
 * compile.c. */
#include "runtime/compile.h"

void compilation_init(struct compilation *context, struct adc_allocator allocator)
{
    *context = (struct compilation){.heap = {.allocator = allocator}};
    adc_arena_init(&context->arena, &context->heap);
    adc_arena_init(&context->scratch, &context->heap);
}

void compilation_free(struct compilation *context)
{
    adc_arena_free(&context->scratch);
    adc_arena_free(&context->arena);
}
