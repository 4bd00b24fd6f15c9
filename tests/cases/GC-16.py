"""GC-16: a function of 300 scalar inputs: beyond 100 parameters they are members of a struct; value and gradient
of their sum, in C and through `adc run`."""
from common import STRICT, Scratch, binary, good

N = 300
HOST = r"""
#include "f.h"
#include <stdio.h>
int main(void)
{
    struct f_grad_args a;
    double result, g[%d];
    int good = 1;
%s
    a.result = &result;
    a.work = NULL;
    if (f_grad(&a) != 0) return 1;
    for (int i = 0; i < %d; i++) good = good && g[i] == 1.0;
    printf("%%g %%d\n", result, good);
    return 0;
}
"""

with Scratch() as scratch:
    names = ["x%d" % i for i in range(N)]
    text = "export fn f(%s) -> real =\n  %s\n" % (", ".join("var %s: real" % n for n in names), " +\n  ".join(names))
    source = scratch.build("f", text)
    fill = "\n".join("    a.%s = %d; a.grad_%s = &g[%d];" % (n, i, n, i) for i, n in enumerate(names))
    host = scratch.write("host.c", HOST % (N, fill, N))
    for compiler in ("gcc", "clang"):
        out = scratch.run(compiler, "host", "-std=c99", *STRICT, host, source)
        assert out == "%d 1\n" % (N * (N - 1) // 2), out
    arguments = ["%s=%d" % (n, i) for i, n in enumerate(names)]
    for engine in ("interp", "c"):
        answer = good(binary.adc("run", scratch.folder / "f.ad", "f", *arguments, "--grad", "--json", "--engine", engine)).json()
        assert answer["result"] == N * (N - 1) // 2 and set(answer["grad"].values()) == {1.0}, answer
