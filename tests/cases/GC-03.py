"""GC-03: the interface is const-correct: const inputs need no cast, under -Wcast-qual and -Wdiscarded-qualifiers."""
from common import Scratch

HOST = r"""
#include "f.h"
#include <stdio.h>
int main(void)
{
    const double x = 2, y = 3;
    const int64_t k = 4;
    double result, gx, gy;
    int (*gradient)(double, double, int64_t, double *, double *, double *, void *) = f_grad;
    int status = gradient(x, y, k, &result, &gx, &gy, NULL);
    printf("%d %g %g %g\n", status, result, gx, gy);
    return 0;
}
"""

with Scratch() as scratch:
    source = scratch.build("f", "export fn f(var x: real, var y: real, k: int) -> real = k*x*y\n")
    host = scratch.write("host.c", HOST)
    for compiler, flags in (("gcc", ["-Wdiscarded-qualifiers"]), ("clang", ["-Wincompatible-pointer-types-discards-qualifiers"])):
        out = scratch.run(compiler, "host", "-std=c99", "-Wall", "-Wextra", "-Wcast-qual", "-Werror", *flags, host, source)
        assert out == "0 24 12 8\n", out
