/* What tests of checking and lowering share: one compilation on its own arena. */
#ifndef ADC_TESTS_FRONTEND_BENCH_H
#define ADC_TESTS_FRONTEND_BENCH_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "frontend/frontend.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct bench {
    struct adc_heap heap;
    struct adc_arena arena;
    struct adc_names names;
    struct adc_diags diags;
    struct fe_options options;
    struct fe_module *module;
};

static int bench_set_up(void **state)
{
    struct bench *b = calloc(1, sizeof *b);
    b->heap.allocator = adc_standard_allocator();
    adc_arena_init(&b->arena, &b->heap);
    adc_names_init(&b->names, &b->arena);
    adc_diags_init(&b->diags, &b->arena);
    *state = b;
    return 0;
}

static int bench_tear_down(void **state)
{
    struct bench *b = *state;
    adc_arena_free(&b->arena);
    free(b);
    return 0;
}

static void bench_check(struct bench *b, const char *text)
{
    uint32_t source = adc_source_add(&b->diags, "test.ad", text, strlen(text));
    struct ast *file = ast_parse(&b->arena, &b->names, &b->diags, source);
    b->module =
        b->diags.error_count ? NULL : fe_check(&b->arena, &b->names, &b->diags, file, &b->options);
}

/* The codes of all messages: "E07 E20". */
static const char *bench_codes(struct bench *b)
{
    struct adc_text text;
    adc_text_init(&text, &b->arena);
    adc_text_add(&text, "");
    for (size_t i = 0; i < b->diags.list.count; i++)
        adc_text_format(&text, i ? " %s" : "%s", adc_code_name(b->diags.list.data[i]->code));
    return text.data ? text.data : "";
}

static struct adc_function *bench_lower(struct bench *b, const char *name)
{
    assert_non_null(b->module);
    return fe_lower(b->module, name, &b->options);
}

static size_t bench_count(const struct adc_function *function, enum adc_op op)
{
    size_t count = 0;
    for (size_t i = 0; i < function->graph->nodes.count; i++)
        count += function->graph->nodes.data[i]->op == op;
    return count;
}

/* Runs `work` on a stack of 512 KiB. */
static inline void bench_small_stack(void *(*work)(void *), void *argument)
{
    pthread_attr_t attributes;
    pthread_t thread;
    assert_int_equal(pthread_attr_init(&attributes), 0);
    assert_int_equal(pthread_attr_setstacksize(&attributes, 512 * 1024), 0);
    assert_int_equal(pthread_create(&thread, &attributes, work, argument), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    pthread_attr_destroy(&attributes);
}

#endif
