/* Contexts in threads of their own, all at once, give the same bytes (also run under the tsan preset). */
#include "runtime/compile.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { THREADS = 4, ROUNDS = 8 };

static const char program[] =
    "fn call(S: real, K: real, r: real, sigma: real, T: real) -> real {\n"
    "  let d1 = (log(S/K) + (r + 0.5*sigma^2)*T)/(sigma*sqrt(T))\n"
    "  S*norm_cdf(d1) - K*exp(-r*T)*norm_cdf(d1 - sigma*sqrt(T))\n"
    "}\n"
    "@derive(value, grad, hessian)\n"
    "export fn price(var S: real, var sigma: real, K: real) -> real = call(S, K, 0.02, sigma, 1.5)\n";

/* The emitted C, with its own storage; NULL if anything failed. */
static char *emitted_text(void)
{
    struct compilation context;
    struct compile_options options = {.real = ADC_F64};
    struct compile_c_options c = {.header_name = "p.h", .source_name = "p.ad", .prefix = ""};
    char *volatile copy = NULL; /* survives longjmp */
    jmp_buf landing;
    compilation_init(&context, adc_standard_allocator());
    struct compile_module *module =
        compile_text(&context, "p.ad", program, strlen(program), &options);
    context.heap.out_of_memory = &landing;
    if (module && setjmp(landing) == 0) {
        struct adc_text source, header;
        adc_text_init(&source, &context.arena);
        adc_text_init(&header, &context.arena);
        struct compile_c_texts texts = {&source, &header, NULL};
        if (compile_emit_c(&context, module, &options, &c, &texts)) {
            copy = malloc(source.count + 1);
            if (copy) memcpy(copy, source.data, source.count + 1);
        }
    }
    compilation_free(&context);
    return copy;
}

static void *work(void *expected)
{
    for (int round = 0; round < ROUNDS; round++) {
        char *text = emitted_text();
        bool same = text && strcmp(text, expected) == 0;
        free(text);
        if (!same) return expected;
    }
    return NULL;
}

static void contexts_live_in_threads(void **state)
{
    (void)state;
    pthread_t threads[THREADS];
    char *expected = emitted_text();
    assert_non_null(expected);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, work, expected), 0);
    for (int i = 0; i < THREADS; i++) {
        void *wrong = NULL;
        assert_int_equal(pthread_join(threads[i], &wrong), 0);
        assert_null(wrong);
    }
    free(expected);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(contexts_live_in_threads)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
