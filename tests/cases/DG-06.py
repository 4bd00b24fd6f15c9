"""DG-06: gradients are written, not accumulated: a second call into the same array gives the same answer, and stale
NaNs have no effect; `--accumulate` is a separate, documented entry that adds."""
from common import Scratch

PROGRAM = "fn g(a: real) -> real = -a\nexport fn f(var x: real, var y: real) -> real = g(x)*y\n"
HOST = r"""
#include "f.h"
#include <math.h>
#include <stdio.h>
int main(void)
{
    double result = NAN, g[2] = {NAN, NAN};
    for (int i = 0; i < 2; i++) {
        if (f_grad(2, 3, &result, &g[0], &g[1], NULL) != 0) return 1;
        printf("%g %g %g\n", result, g[0], g[1]);
    }
    return 0;
}
"""
ADD = HOST.replace("result = NAN, g[2] = {NAN, NAN}", "result = NAN, g[2] = {10, 20}")

with Scratch() as scratch:
    source = scratch.build("f", PROGRAM)
    host = scratch.write("host.c", HOST)
    for compiler in ("gcc", "clang"):
        assert scratch.run(compiler, "host", "-std=c99", host, source) == "-6 -3 -2\n" * 2
    source = scratch.build("f", PROGRAM, "--accumulate")
    host = scratch.write("host.c", ADD)
    assert scratch.run("gcc", "host", "-std=c99", host, source) == "-6 7 18\n-6 4 16\n"
    assert "add" in source.with_suffix(".h").read_text(encoding="utf-8")
