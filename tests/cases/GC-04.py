"""GC-04: two files that both define a helper h and a function f link into one program and one archive under
different prefixes; a clash of public names within a file is reported when generating."""
from common import Scratch, binary, good

ONE = "fn h(x: real) -> real = x*x + 1\nexport fn f(var x: real) -> real = h(x)*hypot(x, 2)\n"
TWO = "fn h(x: real) -> real = x*x*x\nexport fn f(var x: real) -> real = h(x) + hypot(x, 3)\n"
HOST = r"""
#include "one.h"
#include "two.h"
#include <stdio.h>
int main(void)
{
    double a, b;
    if (one_f(0, &a, NULL) != 0 || two_f(0, &b, NULL) != 0) return 1;
    printf("%g %g\n", a, b);
    return 0;
}
"""
CLASH = "export fn f(var x: real) -> real = x*x\nexport fn f_grad(var x: real) -> real = x\n"

with Scratch() as scratch:
    one = scratch.build("one", ONE, "--prefix", "one_")
    two = scratch.build("two", TWO, "--prefix", "two_")
    host = scratch.write("host.c", HOST)
    for compiler in ("gcc", "clang"):
        assert scratch.run(compiler, "host", "-std=c99", "-Werror", host, one, two) == "2 3\n"
    for source in (one, two):
        good(binary.run(["gcc", "-std=c99", "-c", str(source), "-o", str(source) + ".o"]))
    archive = str(scratch.folder / "libboth.a")
    good(binary.run(["ar", "rcs", archive, "%s.o" % one, "%s.o" % two]))
    assert scratch.run("gcc", "host", "-std=c99", host, archive) == "2 3\n"

    clash = scratch.write("clash.ad", CLASH)
    result = binary.adc("build", clash, "-o", scratch.folder / "clash.c")
    assert result.status == 1 and "[E45]" in result.err and "f_grad" in result.err, str(result)
    assert not (scratch.folder / "clash.c").exists()
