"""CF-13: a recursive function. The language has none; the message names the call and what to write instead, and a loop
says the same."""
from common import Scratch, binary, good

RECURSIVE = """fn p(x: real, n: int) -> real = if n == 0 then 1 else x*p(x, n - 1)
export fn f(var x: real) -> real = p(x, 5)
"""
LOOP = """fn p(x: real, n: int) -> real = prod(i in 0..n: x)
export fn f(var x: real) -> real = p(x, 5)
"""

with Scratch() as scratch:
    source = scratch.write("f.ad", RECURSIVE)
    result = binary.adc("build", source, "-o", scratch.folder / "f.c", "--diagnostics=json")
    found = binary.diagnostics(result.err, RECURSIVE)
    assert result.status == 1 and [d.code for d in found] == ["E23"], str(result)
    assert (found[0].line, found[0].column) == (1, 57) and "calls itself" in found[0].text, str(found[0])
    assert any("for" in text and "rec" in text for _, text in found[0].more), found[0].more
    source = scratch.write("g.ad", LOOP)
    answer = good(binary.adc("run", source, "f", "x=1.5", "--grad", "--hessian", "--json")).json()
    assert answer == {"function": "f", "result": 7.59375, "grad": {"x": 25.3125}, "hessian": {"x": {"x": 67.5}}}, answer
