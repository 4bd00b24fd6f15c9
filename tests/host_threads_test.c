/* One function called by many threads at once, and contexts of their own in threads, all giving the
 * same numbers (also run under the tsan preset). */
#include "runtime/adc.h"

#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#ifdef ADC_HAS_LLVM
enum { COMPILED = ADC_ENGINE_NATIVE };
#else
enum { COMPILED = ADC_ENGINE_BEST };
#endif

enum { THREADS = 4, ROUNDS = 25, N = 20 };

/* d/dx of sum(exp(s*x)) is s*exp(s*x); an s of 0 fails. */
static const char program[] = "export fn f(var x: real[N], s: real) -> real {\n"
                              "  require s != 0, \"no scale\"\n"
                              "  sum(i: exp(s*x[i]))\n"
                              "}\n";

static void fill(double *x, double start)
{
    for (int i = 0; i < N; i++) x[i] = start + 0.1 * i;
}

/* True if the call of this thread gives what it should. */
static bool call_once(const adc_function *function, double scale)
{
    double x[N], grad[N];
    int64_t lengths[ADC_MAX_LENGTHS];
    adc_argument arguments[] = {{.name = "x", .rank = 1, .lengths = {N}, .data = x},
                                {.name = "s", .value = {.f64 = scale}},
                                {.name = "grad_x", .rank = 1, .lengths = {N}, .data = grad}};
    fill(x, -1);
    adc_status status = adc_call(function, arguments, 3);
    if (scale == 0) return status == 1 && strstr(adc_status_text(function, status), "no scale");
    if (status != ADC_GOOD) return false;
    for (int i = 0; i < N; i++)
        if (fabs(grad[i] - scale * exp(scale * x[i])) > 1e-14 * fabs(grad[i])) return false;
    return adc_function_shape(function, arguments, 2, "grad_x", lengths) == ADC_GOOD &&
           lengths[0] == N;
}

static void *call_shared(void *function)
{
    for (int round = 0; round < ROUNDS; round++)
        if (!call_once(function, round % 5 * 0.5)) return function;
    return NULL;
}

static bool use_graph(adc_context *context)
{
    adc_graph *graph = adc_graph_new(context, ADC_TYPE_F64);
    adc_node *x = adc_graph_variable(graph, "x", 0, NULL);
    adc_node *z = adc_graph_apply2(graph, "mul", x, adc_graph_apply1(graph, "sin", x));
    adc_argument feed = {.name = "x", .value = {.f64 = 2}}, value;
    return adc_graph_feed(graph, &feed, 1) == ADC_GOOD &&
           adc_graph_backward(graph, z) == ADC_GOOD &&
           adc_graph_gradient(graph, x, &value) == ADC_GOOD &&
           fabs(value.value.f64 - (sin(2) + 2 * cos(2))) < 1e-15;
}

static void *use_own_context(void *engine)
{
    adc_options options = {.engine = *(adc_engine *)engine};
    for (int round = 0; round < 3; round++) {
        adc_context *context = adc_context_new(&options);
        adc_module *module = adc_compile_string(context, "f.ad", program, NULL);
        bool good = call_once(adc_function_get(module, "f", "grad"), 0.5) && use_graph(context);
        adc_context_free(context);
        if (!good) return engine;
    }
    return NULL;
}

static void run_all(void *(*work)(void *), void *argument)
{
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, work, argument), 0);
    for (int i = 0; i < THREADS; i++) {
        void *wrong = NULL;
        assert_int_equal(pthread_join(threads[i], &wrong), 0);
        assert_null(wrong);
    }
}

static void share_one_function(adc_engine engine)
{
    adc_options options = {.engine = engine};
    adc_context *context = adc_context_new(&options);
    adc_module *module = adc_compile_string(context, "f.ad", program, NULL);
    adc_function *function = adc_function_get(module, "f", "grad");
    assert_non_null(function);
    run_all(call_shared, function);
    adc_context_free(context);
}

/* Native code, where there is any, and the interpreter. */
static void one_function_serves_many_threads(void **state)
{
    (void)state;
    share_one_function((adc_engine)COMPILED);
    share_one_function(ADC_ENGINE_INTERPRETER);
}

static void contexts_live_in_threads(void **state)
{
    adc_engine engine = (adc_engine)COMPILED;
    (void)state;
    run_all(use_own_context, &engine);
    engine = ADC_ENGINE_INTERPRETER;
    run_all(use_own_context, &engine);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_function_serves_many_threads),
        cmocka_unit_test(contexts_live_in_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
