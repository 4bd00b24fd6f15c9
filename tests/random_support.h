/* What the tests of random graphs and random nests share: dice, text IR there and back, emitted C as a library. */
#ifndef ADC_TESTS_RANDOM_SUPPORT_H
#define ADC_TESTS_RANDOM_SUPPORT_H

#include "ir/function.h"
#include "passes/passes.h"

#include <dlfcn.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* xorshift; the same numbers everywhere. */
static inline uint32_t support_dice(uint64_t *state, uint32_t sides)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return (uint32_t)(*state >> 33) % sides;
}

/* print, parse, print: the same bytes. `number` names the function in a failure. */
static inline void support_reads_back(const struct adc_function *function, struct adc_arena *arena,
                                      struct adc_names *names, uint32_t number)
{
    struct adc_text once, twice, problem;
    adc_text_init(&once, arena);
    adc_text_init(&twice, arena);
    adc_text_init(&problem, arena);
    adc_print(function, &once);
    struct adc_function *again = adc_parse_ir(arena, names, once.data, once.count, &problem);
    if (!again) fail_msg("graph %u: %s", number, problem.data);
    adc_print(again, &twice);
    assert_string_equal(once.data, twice.data);
}

/* A product of a function, through the passes in the order of runtime/compile.c; verified. */
static inline struct adc_function *support_product(const struct adc_function *from,
                                                   enum adc_product which,
                                                   const struct pass_derive_options *options,
                                                   struct adc_arena *arena,
                                                   struct adc_arena *scratch)
{
    const struct adc_function *cut = pass_checkpoint(arena, from, which, 0, scratch);
    struct adc_function *f = pass_simplify(arena, cut, PASS_BEFORE_DERIVATIVES, scratch);
    f = pass_expand(arena, f, scratch, NULL);
    f = pass_loops(arena, f, scratch);
    f = pass_derive(arena, f, which, options, scratch);
    assert_non_null(f);
    f = pass_loops(arena, f, scratch);
    f = pass_simplify(arena, f, PASS_AFTER_DERIVATIVES, scratch);
    struct adc_text problem;
    adc_text_init(&problem, scratch);
    const char *broken = adc_verify(f, &problem);
    if (broken) fail_msg("%s", broken);
    return f;
}

static inline void support_write(const char *folder, const char *name, const struct adc_text *text)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(text->data, 1, text->count, file), text->count);
    fclose(file);
}

/* Compiles source and header (included as "random.h") in `folder` under strict warnings and loads the result. */
static inline void *support_library(const struct adc_text *source, const struct adc_text *header,
                                    const char *folder, const char *flags)
{
    char command[1024];
    support_write(folder, "random.h", header);
    support_write(folder, "random.c", source);
    snprintf(command, sizeof command,
             "${CC:-cc} -std=c99 -O1 -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror -fPIC "
             "%s -shared -o %s/random.so %s/random.c -lm",
             flags, folder, folder);
    if (system(command) != 0) fail_msg("the emitted C does not compile: see %s", folder);
    snprintf(command, sizeof command, "%s/random.so", folder);
    void *library = dlopen(command, RTLD_NOW | RTLD_LOCAL);
    if (!library) fail_msg("%s", dlerror());
    return library;
}

/* Unloads it and removes the folder. */
static inline void support_close(void *library, const char *folder)
{
    char command[64];
    dlclose(library);
    snprintf(command, sizeof command, "rm -rf %s", folder);
    assert_int_equal(system(command), 0);
}

#endif
