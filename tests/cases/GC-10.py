"""GC-10: only names of ISO C99's library, all declared: the same numbers under -std=c99 and -std=c17, and no
symbol outside libm and libc."""
import re

from common import Scratch, binary, good

PROGRAM = """export fn f(var x: real) -> real =
  pi*x + e*hypot(x, 2) + erf(x) + erfc(x) + cbrt(x) + expm1(x) + log1p(x) + exp2(x) + log2(1 + x) + fmod(x, 0.3)
  + remainder(x, 0.3) + asinh(x) + rsqrt(x) + sinc(x) + norm_cdf(x) + norm_logcdf(x) + erfinv(x) + xlogy(x, x)
"""
HOST = r"""
#include "f.h"
#include <stdio.h>
int main(void)
{
    double result, gx;
    if (f_grad(0.37, &result, &gx, NULL) != 0) return 1;
    printf("%.17g %.17g\n", result, gx);
    return 0;
}
"""
ISO = set("""acosh asinh atanh cbrt ceil copysign cos cosh erf erfc exp exp2 expm1 fabs floor fma fmax fmin fmod hypot ldexp frexp log
log10 log1p log2 nearbyint pow remainder rint round sin sinh sqrt tan tanh trunc acos asin atan atan2 nan malloc free memcpy
memset""".split())

with Scratch() as scratch:
    source = scratch.build("f", PROGRAM)
    assert "M_PI" not in source.read_text(encoding="utf-8")
    host = scratch.write("host.c", HOST)
    answers = set()
    for compiler in ("gcc", "clang"):
        for standard in ("-std=c99", "-std=c17"):
            answers.add(scratch.run(compiler, "host", standard, "-Werror=implicit-function-declaration", "-Wall", host, source))
            good(binary.run([compiler, standard, "-c", "-O1", str(source), "-o", str(source) + ".o"]))
            symbols = set(re.findall(r" U (\w+)", good(binary.run(["nm", "-u", str(source) + ".o"])).out))
            foreign = {s for s in symbols if s not in ISO and not s.startswith("_GLOBAL_OFFSET")}
            assert not foreign, foreign
    assert len(answers) == 1, answers
