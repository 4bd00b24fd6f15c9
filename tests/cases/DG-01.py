"""DG-01: a construct without a derivative gives a message at its place that names it; where no derivative is asked
for, none."""
from common import Scratch, binary, good

ACTIVE = "export fn f(var x: real) -> real {\n  let u = tgamma(x)\n  u*u\n}\n"
EXTERN = 'extern fn noise(x: real) -> real = "noise"\nexport fn f(var x: real) -> real = noise(x)\n'
INACTIVE = "export fn f(var x: real, y: real) -> real = x*floor(y)\n"

with Scratch() as scratch:
    for text, line, column, name in ((ACTIVE, 2, 11, "tgamma"), (EXTERN, 1, 1, "extern")):
        source = scratch.write("f.ad", text)
        result = binary.adc("build", source, "-o", scratch.folder / "f.c", "--diagnostics=json")
        found = binary.diagnostics(result.err, text)
        assert result.status == 1 and found, str(result)
        assert (found[0].line, found[0].column) == (line, column) and name in found[0].text, str(found[0])
        assert not (scratch.folder / "f.c").exists()
    source = scratch.write("g.ad", INACTIVE)
    assert good(binary.adc("build", source, "-o", scratch.folder / "g.c")).err == ""
