/* Every allocation of a host program fails in turn: in compiling, asking for functions, calling and
 * describing, and in building, feeding, running and compiling a graph. Each failure is a status,
 * nothing crashes, nothing is left when the context is freed. */
#include "runtime/adc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Fails at allocation number `fail_at`, or from there on; counts bytes in use. */
struct meter {
    size_t made, fail_at, in_use;
    bool for_good;
    unsigned reports;
};

static void *metered(void *user, void *block, size_t old_size, size_t new_size)
{
    struct meter *meter = user;
    bool fails = new_size && ++meter->made >= meter->fail_at;
    if (fails && (meter->for_good || meter->made == meter->fail_at)) return NULL;
    meter->in_use += new_size - old_size;
    if (new_size) return realloc(block, new_size);
    free(block);
    return NULL;
}

static void count(void *user, const adc_diagnostic *diagnostic)
{
    struct meter *meter = user;
    assert_non_null(diagnostic->text);
    assert_non_null(diagnostic->rendered);
    meter->reports++;
}

/* Anything but success is want of memory, or what follows from a handle that is not there. */
static bool good(adc_status status)
{
    assert_true(status == ADC_GOOD || status == ADC_OUT_OF_MEMORY || status == ADC_BAD_ARGUMENT);
    return status == ADC_GOOD;
}

static bool found(const adc_context *context, const void *handle)
{
    assert_true(handle || !good(adc_context_status(context)));
    return handle != NULL;
}

static void ignore(void *user, const char *bytes, size_t size)
{
    (void)user;
    (void)bytes;
    (void)size;
}

/* ----------------------------------------------------------------------------------- text */

static bool use_module(adc_context *context)
{
    const char *const folders[] = {"std"}, *const wrt[] = {"x"};
    adc_compile_options options = {
        .folders = folders, .folder_count = 1, .wrt = wrt, .wrt_count = 1};
    double x[] = {1, 2, 3}, y[3], grad[3];
    int64_t lengths[ADC_MAX_LENGTHS];
    size_t bytes;
    adc_module *module = adc_compile_file(context, "host_oom_test.ad", &options);
    if (!found(context, module)) return false;
    adc_function *grad_f = adc_function_get(module, "f", "grad");
    adc_function *g = adc_function_get(module, "g", "value");
    adc_argument arguments[] = {{.name = "x", .rank = 1, .lengths = {3}, .data = x},
                                {.name = "grad_x", .rank = 1, .lengths = {3}, .data = grad}};
    adc_argument others[] = {arguments[0], {.name = "y", .rank = 1, .lengths = {3}, .data = y}};
    bool all = found(context, grad_f) & found(context, g);
    all &= good(adc_call(grad_f, arguments, 2));
    all &= good(adc_call(g, others, 2));
    all &= good(adc_function_shape(grad_f, arguments, 1, "grad_x", lengths));
    all &= good(adc_function_work(grad_f, arguments, 1, &bytes));
    all &= good(adc_module_emit(module, ADC_C_SOURCE, "f.h", ignore, NULL));
    if (all) assert_true(grad[0] == 2 && grad[2] == 6 && y[1] == 4 && lengths[0] == 3);
    return all;
}

/* A program with an error and a warning, so that reports need memory. */
static bool use_wrong_module(adc_context *context)
{
    adc_module *module =
        adc_compile_string(context, "w.ad", "export fn w(var x: real) -> real = yy\n", NULL);
    assert_null(module);
    adc_status status = adc_context_status(context);
    assert_true(status == ADC_BAD_PROGRAM || status == ADC_OUT_OF_MEMORY);
    return status == ADC_BAD_PROGRAM;
}

/* ----------------------------------------------------------------------------------- graph */

static bool use_graph(adc_context *context)
{
    double a[] = {1, 2, 3, 4};
    adc_graph *g = adc_graph_new(context, ADC_TYPE_F64);
    if (!found(context, g)) return false;
    adc_node *n = adc_graph_dimension(g, "N"), *shape[] = {n, n};
    adc_node *A = adc_graph_variable(g, "A", 2, shape), *c = adc_graph_constant(g, "c", 0.5);
    adc_node *B = adc_graph_apply2(g, "add", adc_graph_matmul(g, A, adc_graph_transpose(g, A)), c);
    adc_node *s = adc_graph_reduce(g, "sum", adc_graph_apply1(g, "log", B), -1);
    adc_node *named = adc_graph_find(g, "log/0");
    adc_graph_function function = {.name = "f", .results = &s, .count = 1};
    adc_argument feed = {.name = "A", .rank = 2, .lengths = {2, 2}, .data = a}, value;
    bool all = found(context, s) & (s == NULL || found(context, named));
    all &= good(adc_graph_feed(g, &feed, 1));
    all = all && good(adc_graph_forward(g, s));
    all = all && good(adc_graph_backward(g, s));
    all = all && good(adc_graph_gradient(g, A, &value));
    all = all && good(adc_graph_draw(g, s, ignore, NULL));
    all = all && good(adc_graph_emit_ad(g, &function, ignore, NULL));
    if (!all) return false;
    adc_module *module = adc_graph_compile(g, &function);
    if (!found(context, module)) return false;
    adc_function *grad = adc_function_get(module, "f", "grad");
    return found(context, grad) && good(adc_call(grad, &feed, 1));
}

/* ----------------------------------------------------------------------------------- whole */

static bool try_once(struct meter *meter, adc_engine engine, bool (*use)(adc_context *context))
{
    adc_options options = {.resize = metered, .report = count, .user = meter, .engine = engine};
    adc_context *context = adc_context_new(&options);
    bool done = context && use(context);
    if (!done && context) assert_true(meter->made >= meter->fail_at);
    adc_context_free(context);
    assert_int_equal(meter->in_use, 0);
    return done;
}

static void fail_each(adc_engine engine, bool (*use)(adc_context *context))
{
    size_t failures = 0;
    for (int for_good = 0; for_good < 2; for_good++)
        for (size_t n = 1;; n++) {
            struct meter meter = {.fail_at = n, .for_good = for_good};
            bool done = try_once(&meter, engine, use);
            if (done && meter.made < n) break;
            failures += !done;
        }
    assert_true(failures > 10);
    print_message("%zu failures\n", failures);
}

static void every_allocation_for_a_text_may_fail(void **state)
{
    (void)state;
    FILE *file = fopen("host_oom_test.ad", "w");
    assert_non_null(file);
    fputs("export fn f(x: real[N]) -> real {\n"
          "  require N > 0, \"no points\"\n"
          "  sum(i: x[i]^2)\n"
          "}\n"
          "fn g(x: real[N]) -> (y: real[N]) = (y = [i: 2*x[i]])\n",
          file);
    fclose(file);
    fail_each(ADC_ENGINE_INTERPRETER, use_module);
    remove("host_oom_test.ad");
}

static void every_allocation_for_a_report_may_fail(void **state)
{
    (void)state;
    fail_each(ADC_ENGINE_INTERPRETER, use_wrong_module);
}

static void every_allocation_for_a_graph_may_fail(void **state)
{
    (void)state;
    fail_each(ADC_ENGINE_INTERPRETER, use_graph);
}

/* Native code is compiled, called, and asked for. */
static bool use_native(adc_context *context)
{
    double x[] = {1, 2, 3}, grad[3];
    static const char text[] = "export fn f(var x: real[N]) -> real {\n"
                               "  let y[i] = sum(j: x[j])*x[i]\n"
                               "  sum(i: y[i]^2)\n"
                               "}\n";
    adc_argument arguments[] = {{.name = "x", .rank = 1, .lengths = {3}, .data = x},
                                {.name = "grad_x", .rank = 1, .lengths = {3}, .data = grad}};
    adc_module *module = adc_compile_string(context, "f.ad", text, NULL);
    if (!found(context, module)) return false;
    adc_function *f = adc_function_get(module, "f", "grad");
    if (!found(context, f)) return false;
    bool all = found(context, adc_function_pointer(f));
    all &= good(adc_call(f, arguments, 2));
    arguments[1].data = x; /* through a copy */
    return good(adc_call(f, arguments, 2)) && all;
}

static void every_allocation_for_native_code_may_fail(void **state)
{
    (void)state;
    adc_context *context = adc_context_new(NULL);
    adc_module *module =
        adc_compile_string(context, "f.ad", "export fn f(x: real) -> real = x", NULL);
    bool native = adc_function_pointer(adc_function_get(module, "f", "value")) != NULL;
    adc_context_free(context);
    if (native) fail_each(ADC_ENGINE_NATIVE, use_native);
    else print_message("skipped: no native code (1 test)\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_allocation_for_a_text_may_fail),
        cmocka_unit_test(every_allocation_for_a_report_may_fail),
        cmocka_unit_test(every_allocation_for_a_graph_may_fail),
        cmocka_unit_test(every_allocation_for_native_code_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
