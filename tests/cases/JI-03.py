"""JI-03: the second start is cheap: with a cache, a host that is started again links what the first one compiled. A
program of 1000 operations, the least of three starts each."""
from common import Scratch, binary, good, needs_llvm

HOST = r"""#define _XOPEN_SOURCE 700
#include <adc.h>
#include <stdio.h>
#include <time.h>

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return 1e3*(double)time.tv_sec + 1e-6*(double)time.tv_nsec;
}

int main(int count, char **arguments)
{
    adc_options options = {.engine = ADC_ENGINE_NATIVE, .cache = count > 1 ? arguments[1] : NULL};
    adc_context *context = adc_context_new(&options);
    adc_function_get(adc_compile_string(context, "g.ad", "export fn g(x: real) -> real = x", NULL), "g", "value");
    double start = now(); /* LLVM is loaded */
    adc_function *f = adc_function_get(adc_compile_file(context, "model.ad", NULL), "f", "grad");
    double end = now();
    adc_argument x = {.name = "x", .value = {.f64 = 0.5}}, out[] = {x, {.name = "grad_x"}};
    if (adc_call(f, out, 2) != ADC_GOOD) return 1;
    printf("%.3f %.17g\n", end - start, out[1].value.f64);
    adc_context_free(context);
    return 0;
}
"""

MODEL = "export fn f(var x: real) -> real {\n  let a0 = x\n" + "".join(
    "  let a%d = %s\n" % (i, "a%d*x + a%d" % (i - 1, i//2) if i % 2 else "sin(a%d)" % (i - 1)) for i in range(1, 667)) + "  a666\n}\n"


def start(*arguments):
    """Milliseconds to the function, and its gradient, the least of three starts."""
    found = [good(binary.run([str(scratch.folder / "host"), *arguments], cwd=scratch.folder)).out.split() for _ in range(3)]
    return min(float(time) for time, _ in found), found[0][1]


needs_llvm()
with Scratch() as scratch:
    scratch.write("model.ad", MODEL)
    scratch.host("host", HOST)
    cold, gradient = start()
    start("cache")
    warm, again = start("cache")
    assert gradient == again, (gradient, again)
    assert len(list((scratch.folder / "cache").iterdir())) == 2
    print("1000 operations: %.1f ms compiled, %.1f ms from the cache" % (cold, warm))
    assert warm < cold/2, (warm, cold)
