/* Every allocation of one compilation fails in turn: the context says so, nothing crashes, nothing leaks. */
#include "runtime/compile.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static const char program[] = "export fn f(var x: real, y: real) -> real {\n"
                              "  require y > 0, \"y must be positive\"\n"
                              "  let s = if x > 1 then sqrt(x*y) else x^3\n"
                              "  let g = grad(s, x)\n"
                              "  s*g + tanh(y)\n"
                              "}\n";

/* Fails at allocation number `fail_at`; counts bytes in use. */
struct meter {
    size_t made, fail_at, in_use;
};

static void *metered(void *user, void *block, size_t old_size, size_t new_size)
{
    struct meter *meter = user;
    struct adc_allocator standard = adc_standard_allocator();
    if (new_size && ++meter->made == meter->fail_at) return NULL;
    void *moved = standard.resize(NULL, block, old_size, new_size);
    meter->in_use += new_size - old_size;
    return moved;
}

/* Everything from text to C; true if it all worked. */
static bool compile_once(struct meter *meter)
{
    struct compilation context;
    struct compile_options options = {.real = ADC_F64};
    struct compile_c_options c = {.header_name = "f.h", .source_name = "f.ad", .prefix = ""};
    compilation_init(&context, (struct adc_allocator){metered, meter});
    struct compile_module *module =
        compile_text(&context, "f.ad", program, strlen(program), &options);
    volatile bool done = false; /* survives longjmp */
    if (module) {
        /* the texts live in an arena of their own, with the context's heap */
        jmp_buf landing;
        context.heap.out_of_memory = &landing;
        if (setjmp(landing) == 0) {
            struct adc_text source, header;
            adc_text_init(&source, &context.arena);
            adc_text_init(&header, &context.arena);
            struct compile_c_texts texts = {&source, &header, NULL};
            done = compile_emit_c(&context, module, &options, &c, &texts);
        }
    }
    assert_true(done || context.failed || meter->fail_at <= meter->made);
    assert_int_equal(context.diags.error_count, 0);
    compilation_free(&context);
    assert_int_equal(meter->in_use, 0);
    return done;
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    size_t failures = 0;
    for (size_t n = 1;; n++) {
        struct meter meter = {.fail_at = n};
        if (compile_once(&meter)) break;
        failures++;
    }
    assert_true(failures > 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_allocation_may_fail)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
