/* Contexts: one heap, one arena, one list of diagnostics; the landing place of longjmp is in
 * compile.c. */
#include "runtime/compile.h"

void adc_context_init(struct adc_context *context, struct adc_allocator allocator)
{
    *context = (struct adc_context){.heap = {.allocator = allocator}};
    adc_arena_init(&context->arena, &context->heap);
    adc_arena_init(&context->scratch, &context->heap);
}

void adc_context_free(struct adc_context *context)
{
    adc_arena_free(&context->scratch);
    adc_arena_free(&context->arena);
}
