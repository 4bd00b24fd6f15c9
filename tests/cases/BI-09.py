"""BI-09: failure leaves no half-written file: a syntax error, a full disk and an unwritable folder give a message and
a non-zero status, and an earlier output stays as it was."""
import os

from common import Scratch, binary, good

GOOD = "export fn f(var x: real) -> real = x*x\n"

with Scratch() as scratch:
    target = scratch.build("f", GOOD)
    header = target.with_suffix(".h")
    before = target.read_bytes(), header.read_bytes()
    source = scratch.write("f.ad", "export fn f(var x: real) -> real = x*\n")
    result = binary.adc("build", source, "-o", target)
    assert result.status == 1 and "f.ad:1" in result.err, str(result)
    assert (target.read_bytes(), header.read_bytes()) == before

    source = scratch.write("f.ad", GOOD)
    result = binary.adc("build", source, "-o", "/dev/full", "--header", header)
    assert result.status == 3 and "/dev/full" in result.err, str(result)
    assert header.read_bytes() == before[1]
    result = binary.adc("build", source, "-o", scratch.folder / "nowhere" / "f.c")
    assert result.status == 3 and "nowhere" in result.err, str(result)
    result = binary.adc("build", source, "-o", target, "--header", scratch.folder / "nowhere" / "f.h")
    assert result.status == 3 and target.read_bytes() == before[0], str(result)
    assert sorted(os.listdir(scratch.folder)) == ["f.ad", "f.c", "f.h"], os.listdir(scratch.folder)
