"""GC-01: emitted C is free of warnings under strict flags: gcc and clang, C99, C11, C17, header as C++17, unused
inputs and constant outputs included. Every program of the tests, every derivative."""
from common import ROOT, STRICT, Scratch, binary, derivable, good, programs

from harness import native

EXTRA = {
    "unused": "@nowarn(E38)\nexport fn unused(var x: real, var y: real, k: int, b: bool) -> real = x",
    "constant": "@nowarn(E38)\nexport fn constant(var x: real) -> real = 3",
    "nothing": "export fn nothing() -> real = 3",
}


def emit(scratch, index, path):
    target = scratch.folder / ("p%d.c" % index)
    good(binary.adc("build", path, "-o", target, "--prefix", "p%d_" % index, "--derive=" + derivable(path)))
    return str(target)


def syntax(files, command):
    good(binary.run(command + ["-fsyntax-only"] + STRICT + files, timeout=120))


with Scratch() as scratch:
    sources = programs() + [scratch.write(name + ".ad", text + "\n") for name, text in EXTRA.items()]
    with native.pool() as pool:
        files = list(pool.map(lambda pair: emit(scratch, *pair), enumerate(sources)))
        jobs = [["gcc", "-std=c99"], ["clang", "-std=c99"], ["clang", "-std=c11"], ["gcc", "-std=c17"]]
        list(pool.map(lambda command: syntax(files, command), jobs))
    everything = scratch.write("all.cpp", "".join('#include "%s"\n' % f.replace(".c", ".h") for f in files))
    for compiler in ("g++", "clang++"):
        good(binary.run([compiler, "-std=c++17", "-pedantic-errors", "-Wall", "-Wextra", "-Werror", "-fsyntax-only",
                         str(everything)]))
    print("%d files, no warning" % len(files))
