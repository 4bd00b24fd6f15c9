"""GC-09: the output really is C: a C compiler alone accepts it with no GNU extension, for both source and header,
on its own and in any order."""
import re

from common import Scratch, binary, good

PROGRAM = """export fn f(var x: real, var y: real, n: int, on: bool) -> (a: real, b: int, c: bool) {
  require x > 0, "x must be positive"
  let u = if on then hypot(x, y)*norm_cdf(x) else atan2(y, x)
  (u*logaddexp(x, y), n div 3 + n mod 5, on and u > 0)
}
"""
GNU = r"__attribute__|__builtin|\btypeof\b|__extension__|\basm\b|\$|static_cast|reinterpret_cast"

with Scratch() as scratch:
    source = scratch.build("f", PROGRAM)
    header = source.with_suffix(".h")
    text = re.sub(r"#if.*?#endif", "", source.read_text(encoding="utf-8"), flags=re.S)
    assert not re.search(GNU, text), text
    alone = scratch.write("alone.c", '#include "f.h"\n#include "f.h"\nint use(void);\nint use(void) { return f_status(0) != 0; }\n')
    for compiler in ("gcc", "clang"):
        for standard in ("c99", "c11", "c17"):
            for path in (source, alone):
                good(binary.run([compiler, "-x", "c", "-std=" + standard, "-pedantic-errors", "-Wall", "-Werror",
                                 "-fsyntax-only", "-I", str(scratch.folder), str(path)]))
        good(binary.run([compiler, "-x", "c++", "-std=c++17", "-pedantic-errors", "-Wall", "-Werror", "-fsyntax-only", str(header)]))
