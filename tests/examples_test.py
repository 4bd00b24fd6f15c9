"""The programs of examples/: values and derivatives of tests/examples/expected.json (computed without adc, see
examples_make.py) by the interpreter and by C with each compiler, before and after `adc fmt`; `adc check` at the
same inputs; what examples/README.md says a command prints; the emitted C without warnings, and under sanitizers and
valgrind with buffers of the very sizes that its header states.

usage: examples_test.py [ADC]; else ADC of the environment"""
import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent
sys.path.insert(0, str(HERE))
from harness.numbers import flatten, shape  # noqa: E402

ADC = os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else os.environ["ADC"])
EXAMPLES = ROOT / "examples"
WARNINGS = ["-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Werror"]
SANITIZERS = ["-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"]
COMPILERS = [c for c in ("gcc", "clang") if shutil.which(c)]


def run(*command, **further):
    return subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False, timeout=300,
                          cwd=ROOT, **further)


def good(*command, **further):
    done = run(*command, **further)
    if done.returncode:
        raise ValueError("%s: exit %d\n%s%s" % (shlex.join(map(str, command)), done.returncode, done.stdout[-2000:],
                                                done.stderr[-2000:]))
    return done.stdout


# ------------------------------------------------------------------ values

def inputs_of(case):
    words = ["%s=%s" % item for item in case.get("inputs", {}).items()]
    words += ["%s=@examples/data/%s" % item for item in case.get("files", {}).items()]
    return words + (["--input", "examples/data/" + case["input"]] if case.get("input") else [])


def differences(got, want, tol, name="result"):
    """Where two values of the same form differ by more than tol, relative to the largest number beside it."""
    if isinstance(want, dict):
        return [text for key in want for text in differences(got[key], want[key], tol, "%s.%s" % (name, key))]
    if shape(got) != shape(want):
        return ["%s is %r, want %r" % (name, got, want)]
    pairs = list(zip(flatten(got), flatten(want)))
    scale = max((abs(w) for _, w in pairs), default=0)
    return ["%s: %r, want %r" % (name, g, w) for g, w in pairs if not abs(g - w) <= tol*scale][:3]


def compare(case, program, engine, compiler):
    further = ["--of", case["of"]] if "of" in case else []
    out = good(ADC, "run", program, case["function"], *inputs_of(case), "--derive", case["derive"], "--json", "--engine",
               engine, *further, env=dict(os.environ, CC=compiler))
    found = json.loads(out)
    return [text for key, want in case["expect"].items() for text in differences(found[key], want, case["tol"], key)]


def values(cases, folder):
    for case in cases:
        program = EXAMPLES / case["program"]
        formatted = folder / case["program"]
        engines = [(program, "interp", "cc"), (formatted, "interp", "cc")] + [(program, "c", c) for c in COMPILERS]
        for path, engine, compiler in engines:
            for text in compare(case, path, engine, compiler):
                yield "%s, %s, %s %s: %s" % (path, case["function"], engine, compiler, text)
        if case["derive"] != "value":
            good(ADC, "check", program, case["function"], *inputs_of(case))


# ------------------------------------------------------------------ layout, tests in programs, the README

def layout(folder):
    for path in sorted(EXAMPLES.glob("*.ad")):
        shutil.copy(path, folder)
    copies = sorted(folder.glob("*.ad"))
    good(ADC, "fmt", *copies)
    good(ADC, "fmt", "--check", *copies)
    for copy in copies:
        if copy.name != "forms.ad" and copy.read_text() != (EXAMPLES / copy.name).read_text():
            yield "%s is not in canonical layout" % copy.name


NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e[-+]?\d+)?")


def alike(got, want):
    """Equal texts, but that real numbers agree to 1e-9 of 1 or of themselves."""
    if NUMBER.sub("#", got).split() != NUMBER.sub("#", want).split():
        return False
    pairs = zip(map(float, NUMBER.findall(got)), map(float, NUMBER.findall(want)))
    return all(abs(a - b) <= 1e-9*max(1, abs(b)) for a, b in pairs)


def readme(counts):
    """Blocks of `$ command` lines, each with what it prints below it; programs that are not mentioned."""
    text = (EXAMPLES / "README.md").read_text(encoding="utf-8")
    for block in re.findall(r"```\n(\$ .*?)```", text, re.S):
        for part in re.split(r"^\$ ", block, flags=re.M)[1:]:
            command, _, answer = part.partition("\n")
            words = shlex.split(command)
            counts["commands"] += 1
            done = run(ADC, *words[1:])
            if words[0] != "adc" or done.returncode or not alike(done.stdout, answer):
                yield "%s prints\n%s%s" % (command, done.stdout, done.stderr)
    for path in sorted(EXAMPLES.glob("*.ad")):
        if path.name not in text:
            yield "examples/README.md does not mention %s" % path.name


# ------------------------------------------------------------------ emitted C

def length(entry, sizes):
    """Number of elements of a parameter of the manifest."""
    total = 1
    for axis in entry["shape"]:
        total *= eval(str(axis).replace(" div ", " // "), {}, sizes)  # noqa: S307: a polynomial of our own manifest
    return total


def plain(value):
    """The numbers of a value as they lie in memory."""
    if isinstance(value, dict):
        value = list(value.values())
    return [x for item in value for x in plain(item)] if isinstance(value, list) else [value]


def sizes_of(entries, inputs):
    """Dimensions by the shapes of the inputs: an axis that is a name stands for its length. A dimension of a record alone
    is the one with which the record has as many numbers as there are."""
    sizes, primal = {}, [entry for entry in entries if entry.get("role") == "primal" and entry["direction"] == "in"]
    for entry in primal:
        value = inputs.get(entry["of"])
        for axis in entry["shape"]:
            if not isinstance(value, list):
                break
            if isinstance(axis, str) and axis.isidentifier():
                sizes.setdefault(axis, len(value))
            value = value[0] if value else None
    for dim in (entry["name"] for entry in primal if entry["kind"] == "dim"):
        for entry in (e for e in primal if dim not in sizes and re.search(r"\b%s\b" % dim, str(e["shape"]))):
            sizes[dim] = next(n for n in range(100) if length(entry, dict(sizes, **{dim: n})) == len(plain(inputs[entry["of"]])))
    return sizes


def buffer(entry, inputs, sizes):
    """C statements that make an argument, of exactly its size, and the argument."""
    pointer = "*" in entry["c_type"]
    if entry.get("kind") == "dim":
        return [], str(sizes[entry["name"]])
    if entry["direction"] == "in":
        given = plain(inputs[entry["of"]]) if entry["role"] == "primal" else [1.0]*length(entry, sizes)
        if not pointer:
            return [], str(given[0])
        values = [v if isinstance(v, int) else repr(v) for v in given]
        c_type = entry["c_type"].replace("const ", "").replace("*", "").strip()
        lines = ["const %s v_%s[] = {%s};" % (c_type, entry["symbol"], ", ".join(map(str, values)))]
        return lines, "copy(v_%s, sizeof v_%s)" % (entry["symbol"], entry["symbol"])
    return [], "fresh(sizeof(double)*%d)" % length(entry, sizes)


def call(product, inputs, sizes):
    """A C block that calls one product."""
    lines, arguments = [], []
    work = None
    for entry in product["parameters"]:
        if "role" not in entry:  # `work`
            continue
        made, argument = buffer(entry, inputs, sizes)
        lines += made
        arguments.append(argument)
    if product.get("work"):
        counts = ", ".join(str(dict(inputs, **sizes)[n]) for n in product["work"]["parameters"])
        work = "fresh(%s(%s))" % (product["work"]["symbol"], counts)
    lines.append("status |= %s(%s);" % (product["symbol"], ", ".join(arguments + [work or "NULL"])))
    return "    {\n        " + "\n        ".join(lines + ["release();"]) + "\n    }"


HOST = """#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
static void *held[100];
static int count;
static void *fresh(size_t bytes) { return held[count++] = malloc(bytes ? bytes : 1); }
static void *copy(const void *from, size_t bytes) { return memcpy(fresh(bytes), from, bytes); }
static void release(void) { while (count) free(held[--count]); }
int main(void)
{
    int status = 0;
"""


def emit(cases, folder):
    """C sources of all programs of the cases, and of a host that calls their products at the inputs."""
    sources, headers, calls = [], [], []
    for number, name in enumerate(sorted({case["program"] for case in cases})):
        prefix = "p%d_" % number
        source, manifest = folder / (prefix + "program.c"), folder / (prefix + "manifest.json")
        good(ADC, "build", EXAMPLES / name, "-o", source, "--prefix", prefix, "--manifest", manifest)
        sources.append(source)
        headers.append('#include "%sprogram.h"' % prefix)
        functions = {f["name"]: f for f in json.loads(manifest.read_text())["functions"]}
        for case in (c for c in cases if c["program"] == name):
            inputs = json.loads(good(ADC, "check", EXAMPLES / name, case["function"], *inputs_of(case), "--json"))
            inputs = inputs["functions"][0]["points"][0]
            for product in functions[case["function"]]["products"]:
                calls.append(call(product, inputs, sizes_of(product["parameters"], inputs)))
    host = folder / "host.c"
    host.write_text("\n".join(headers) + "\n" + HOST + "\n".join(calls)
                    + '\n    printf("%d\\n", status);\n    return status;\n}\n')
    return [*sources, host], len(calls)


def compiled(cases, folder, counts):
    sources, counts["calls"] = emit([c for c in cases if c["derive"] != "value"], folder)
    for compiler in COMPILERS:
        good(compiler, *WARNINGS, "-O2", "-I", folder, *sources, "-o", folder / ("host_" + compiler), "-lm")
        good(folder / ("host_" + compiler))
    good("gcc", *WARNINGS, *SANITIZERS, "-O1", "-I", folder, *sources, "-o", folder / "host_checked", "-lm")
    good(folder / "host_checked")
    if shutil.which("valgrind"):
        good("valgrind", "--quiet", "--error-exitcode=9", "--leak-check=full", folder / "host_gcc")
    else:
        print("skipped 1: valgrind is not there")


def main():
    cases = json.loads((HERE / "examples" / "expected.json").read_text())
    counts = {"commands": 0, "calls": 0}
    with tempfile.TemporaryDirectory(prefix="adc_examples_") as scratch:
        folder = pathlib.Path(scratch)
        findings = list(layout(folder))
        findings += values(cases, folder)
        findings += readme(counts)
        compiled(cases, folder, counts)
        programs = [p for p in sorted(EXAMPLES.glob("*.ad")) if "@test" in p.read_text()]
        good(ADC, "test", *programs, "--points", "3")
    print("\n".join(findings))
    print("%d cases, %d commands, %d calls of C, %d failed"
          % (len(cases), counts["commands"], counts["calls"], len(findings)))
    return 1 if findings or not counts["commands"] else 0


if __name__ == "__main__":
    sys.exit(main())
