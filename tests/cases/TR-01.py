"""TR-01: concurrent evaluation: 8 threads evaluate value and gradient of QS-07 and LA-12 at 10000 different points each; the bits are
those of a serial run. Emitted C, clean under -fsanitize=thread; and one function of a host, by pointer and by name."""
from common import ROOT, Scratch, binary, c_text

COMMON = r"""
#include <pthread.h>
#include <stdio.h>
#include <string.h>

enum { THREADS = 8, POINTS = 10000, MOST = 11 };

/* Numbers in (0.5, 1.5), the same for every run. */
static double draw(unsigned point, unsigned k)
{
    unsigned x = point*2654435761u + k*40503u + 12345u;
    x ^= x >> 15;
    x *= 2246822519u;
    x ^= x >> 13;
    return 0.5 + x/4294967296.0;
}

static double serial[THREADS][2][POINTS][MOST], threaded[THREADS][2][POINTS][MOST];

static void evaluate(double (*to)[POINTS][MOST], unsigned thread)
{
    for (unsigned i = 0; i < POINTS; i++) {
        double in[10];
        for (unsigned k = 0; k < 10; k++) in[k] = draw(thread*POINTS + i, k);
        evaluate_residual(in, to[0][i]);
        evaluate_likelihood(in, to[1][i]);
    }
}

static void *work(void *place)
{
    unsigned thread = *(unsigned *)place;
    evaluate(threaded[thread], thread);
    return NULL;
}

static int run(void)
{
    pthread_t threads[THREADS];
    unsigned numbers[THREADS];
    for (unsigned t = 0; t < THREADS; t++) evaluate(serial[t], t);
    for (unsigned t = 0; t < THREADS; t++) {
        numbers[t] = t;
        pthread_create(&threads[t], NULL, work, &numbers[t]);
    }
    for (unsigned t = 0; t < THREADS; t++) pthread_join(threads[t], NULL);
    printf("%d %d\n", memcmp(serial, threaded, sizeof serial), serial[0][0][0][0] == serial[1][0][0][0]);
    return 0;
}
"""

EMITTED = """#include "residual.h"
#include "likelihood.h"

/* value, then gradients */
static void evaluate_residual(const double *in, double *out)
{
    residual_grad(in, in + 3, in + 6, in[9], out, out + 1, out + 4, out + 7, out + 10, 0);
}

static void evaluate_likelihood(const double *in, double *out)
{
    f_grad(in, in[3], in[4], in[5], out, out + 1, out + 4, out + 5, out + 6, 0);
}
""" + COMMON + """
int main(void)
{
    return run();
}
"""

HOST = """#include <adc.h>

typedef int residual_code(const double *, const double *, const double *, double, double *, double *, double *, double *,
                          double *, void *);
static residual_code *residual;
static adc_function *likelihood;

static void evaluate_residual(const double *in, double *out)
{
    residual(in, in + 3, in + 6, in[9], out, out + 1, out + 4, out + 7, out + 10, 0);
}

static void evaluate_likelihood(const double *in, double *out)
{
    adc_argument arguments[] = {{.name = "y", .rank = 1, .lengths = {3}, .data = (void *)in},
                                {.name = "ell", .value = {.f64 = in[3]}}, {.name = "s", .value = {.f64 = in[4]}},
                                {.name = "n", .value = {.f64 = in[5]}}, {.name = "result", .data = out},
                                {.name = "grad_y", .rank = 1, .lengths = {3}, .data = out + 1},
                                {.name = "grad_ell", .data = out + 4}, {.name = "grad_s", .data = out + 5},
                                {.name = "grad_n", .data = out + 6}};
    if (adc_call(likelihood, arguments, 9) != ADC_GOOD) out[0] = -1;
}
""" + COMMON + """
static const char qs07[] = @QS07;
static const char la12[] = @LA12;

int main(void)
{
    adc_options options = {.engine = ADC_ENGINE_NATIVE};
    adc_context *context = adc_context_new(&options);
    void *code = adc_function_pointer(adc_function_get(adc_compile_string(context, "q", qs07, NULL), "residual", "grad"));
    memcpy(&residual, &code, sizeof code);
    likelihood = adc_function_get(adc_compile_string(context, "l", la12, NULL), "f", "grad");
    int status = run();
    adc_context_free(context);
    return status;
}
"""

QS07, LA12 = [ROOT / "tests" / "cases" / (name + ".ad") for name in ("QS-07", "LA-12")]

with Scratch() as scratch:
    parts = [scratch.build(name, path.read_text(encoding="utf-8")) for name, path in (("residual", QS07), ("likelihood", LA12))]
    main = scratch.write("main.c", EMITTED)
    for flags in (["-O2"], ["-O1", "-g", "-fsanitize=thread"]):
        found = scratch.run("gcc", "main", *flags, main, *parts)
        assert found == "0 0\n", (flags, found)
    if binary.has_llvm():
        found = scratch.host("host", HOST.replace("@QS07", c_text(QS07)).replace("@LA12", c_text(LA12)), "-O2")
        assert found == "0 0\n", found
    else:
        print("skipped: this adc was built without LLVM (1 program)")
