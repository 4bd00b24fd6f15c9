"""TR-04: no fused multiply-add by accident: x*x - y*y at x = y is exactly 0 in emitted C by gcc and clang at every level, for
this very processor and with contraction asked for, and in code of the JIT."""
import shutil

from common import ROOT, Scratch, binary, good

PROGRAM = (ROOT / "tests" / "cases" / "TR-04.ad").read_text(encoding="utf-8")
POINT = 1.0000000074505806
MAIN = """#include "f.h"
#include <stdio.h>
int main(void)
{
    volatile double x = 0x1.0000002p0;
    double value, gradient[2];
    int status = f_grad(x, x, &value, &gradient[0], &gradient[1], 0);
    printf("%%d %%g %%d", status, value, gradient[0] == 2*x && gradient[1] == -2*x);
    return x != %r;
}
""" % POINT

with Scratch() as scratch:
    scratch.build("f", PROGRAM)
    main = scratch.write("main.c", MAIN)
    for compiler in ("gcc", "clang"):
        if not shutil.which(compiler):
            print("skipped: no %s (1 compiler)" % compiler)
            continue
        for flags in ((), ("-O0",), ("-O2",), ("-O3", "-march=native"), ("-O3", "-march=native", "-std=gnu11", "-ffp-contract=fast")):
            found = scratch.run(compiler, "main", *flags, main, scratch.folder / "f.c")
            assert found == "0 0 1", (compiler, flags, found)
    for level in "0123" if binary.has_llvm() else "":
        result = good(binary.adc("run", scratch.folder / "f.ad", "x=%r" % POINT, "y=%r" % POINT, "--grad", "--json", "--engine",
                                 "jit", "-O" + level)).json()
        assert result["result"] == 0 and result["grad"] == {"x": 2*POINT, "y": -2*POINT}, (level, result)
