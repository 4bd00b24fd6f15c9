"""GC-06: functions without temporaries: no zero-length arrays, no empty initialisers or structs in the C."""
import re

from common import STRICT, Scratch

PROGRAM = """export fn same(var x: real) -> real = x
export fn three() -> real = 3
export fn yes() -> bool = true
@nowarn(E38)
export fn constant(var x: real) -> real = 3
"""
HOST = r"""
#include "f.h"
#include <stdio.h>
int main(void)
{
    double a, b, c, g, h;
    bool d;
    if (same_grad(7, &a, &g, NULL) || three(&b, NULL) || yes(&d, NULL) || constant_grad(1, &c, &h, NULL)) return 1;
    printf("%g %g %g %d %g %g\n", a, g, b, d, c, h);
    return 0;
}
"""

with Scratch() as scratch:
    source = scratch.build("f", PROGRAM)
    text = source.read_text(encoding="utf-8")
    assert not re.search(r"\[\s*0\s*\]|\{\s*\}\s*;|struct\s+\w+\s*\{\s*\}", text), text
    host = scratch.write("host.c", HOST)
    for compiler in ("gcc", "clang"):
        out = scratch.run(compiler, "host", "-std=c99", "-include", "stdbool.h", *STRICT, host, source)
        assert out == "7 1 3 1 3 0\n", out
