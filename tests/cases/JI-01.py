"""JI-01: compile and free in a loop: 2000 times from a string, evaluated and freed; resident memory is flat after the first
50, no file descriptor and no file is left."""
import os

from common import ROOT, Scratch, c_text, needs_llvm

HOST = r"""#define _XOPEN_SOURCE 700
#include <adc.h>
#include <dirent.h>
#include <stdio.h>
#include <unistd.h>

static const char text[] = %s;

static long resident(void)
{
    long pages = 0, resident = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (!file || fscanf(file, "%%ld %%ld", &pages, &resident) != 2) return -1;
    fclose(file);
    return resident*(sysconf(_SC_PAGESIZE)/1024);
}

static int descriptors(void)
{
    int count = 0;
    DIR *folder = opendir("/proc/self/fd");
    while (readdir(folder)) count++;
    closedir(folder);
    return count;
}

int main(void)
{
    double w[] = {0.1, -0.2, 0.3}, p[] = {0.5, 0.25, 2.0}, t[] = {0.05, -0.1, 1.0}, grad[3];
    long before = 0;
    int open = 0;
    for (int round = 0; round < 2000; round++) {
        adc_options options = {.engine = ADC_ENGINE_NATIVE, .effort = ADC_EFFORT_0};
        adc_context *context = adc_context_new(&options);
        adc_function *f = adc_function_get(adc_compile_string(context, "QS-07.ad", text, NULL), "residual", "grad");
        adc_argument arguments[] = {{.name = "w", .rank = 1, .lengths = {3}, .data = w},
                                    {.name = "p", .rank = 1, .lengths = {3}, .data = p},
                                    {.name = "t", .rank = 1, .lengths = {3}, .data = t},
                                    {.name = "f", .value = {.f64 = 1.2}}, {.name = "result"},
                                    {.name = "grad_w", .rank = 1, .lengths = {3}, .data = grad}};
        if (adc_call(f, arguments, 6) != ADC_GOOD) return 1;
        if (round == 0) printf("%%.14g %%.14g\n", arguments[4].value.f64, grad[0]);
        adc_context_free(context);
        if (round == 50) before = resident(), open = descriptors();
    }
    printf("%%d %%ld\n", descriptors() - open, resident() - before);
    return 0;
}
"""

needs_llvm()
with Scratch() as scratch:
    out = scratch.host("loop", HOST % c_text(ROOT / "tests" / "cases" / "QS-07.ad")).split()
    assert abs(float(out[0]) - 0.11593451754790796) < 1e-12 and abs(float(out[1]) + 0.3912701140412554) < 1e-12, out
    assert out[2] == "0" and int(out[3]) < 2048, "%s descriptors, %s KiB more" % (out[2], out[3])
    assert sorted(os.listdir(scratch.folder)) == ["libadc.a", "loop", "loop.c"], os.listdir(scratch.folder)
    print("2000 rounds: %s KiB more" % out[3])
