"""Array programs, each with expectations from closed forms, by the interpreter, through C with every compiler
that is there, and by the JIT; compiled engines agree bit for bit.

    //: value NAME=VALUE ... [derive=LIST] [tol=T]
    //| NAME = VALUE          a result, grad_x, x_bar, jac_y_x, hess_x_y (a block) ...; numbers, nested lists, records
    //: status NAME=VALUE ...
    //| TEXT                  of the check that fails

Numbers are equal, or agree to tol (relative). A program without a directive fails."""
import json
import math
import os
import pathlib
import re
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
from harness import binary, native, tally  # noqa: E402
from harness.numbers import flatten, shape  # noqa: E402

ADC = sys.argv[1] if len(sys.argv) > 1 else os.environ["ADC"]


def directives(path):
    """(line, arguments, options, expectations) of each `value`; those of a `status` are a text."""
    found = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if line.startswith("//: value "):
            words = [w.partition("=") for w in line[len("//: value "):].split()]
            options = {k: v for k, _, v in words if k in ("derive", "tol")}
            arguments = ["%s=%s" % (k, v) for k, _, v in words if k not in options]
            found.append((number, arguments, options, {}))
        elif line.startswith("//: status "):
            found.append((number, line[len("//: status "):].split(), {}, []))
        elif line.startswith("//| ") and isinstance(found[-1][3], list):
            found[-1][3].append(line[4:])
        elif line.startswith("//| "):
            name, _, value = line[4:].partition(" = ")
            found[-1][3][name] = json.loads(re.sub(r"(-?(?:inf|nan))", r'"\1"', value))
        elif line.startswith("//:") and not line.startswith("//: source"):
            raise ValueError("%s:%d: no such directive" % (path.name, number))
    if not found or not all(expected for *_, expected in found):
        raise ValueError("%s: no expectation" % path.name)
    return found


def same(got, want, tol):
    pairs = list(zip(flatten(got), flatten(want)))
    return shape(got) == shape(want) and all(
        g == w or abs(g - w) <= tol * abs(w) or (math.isnan(g) and math.isnan(w)) for g, w in pairs)


def run(path, arguments, options, engine, compiler, *more):
    command = [ADC, "run", str(path), "f", *arguments, "--json", "--engine", engine, *more]
    command += native.scalar([]) if engine == "jit" else []
    if "derive" in options:
        command.append("--derive=" + options["derive"])
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120,
                          env=dict(os.environ, CC=compiler))


def answer(path, arguments, options, engine, compiler, *more):
    done = run(path, arguments, options, engine, compiler, *more)
    if done.returncode:
        raise ValueError("%s %s\n%s" % (path, " ".join(done.args), done.stderr))
    out = json.loads(done.stdout)
    named = {"grad_" + k: v for k, v in out.get("grad", {}).items()}
    for product in ("vjp", "jvp", "hvp"):
        named.update(out.get(product, {}))
    for prefix, product in (("jac", "jacobian"), ("hess", "hessian")):
        for row, blocks in out.get(product, {}).items():
            named.update({"%s_%s_%s" % (prefix, row, column): v for column, v in blocks.items()})
    result = out.get("result")
    named.update(result if isinstance(result, dict) else {})
    named["result"] = result
    return named


def compare(path, line, arguments, options, expected, engine, compiler, answers):
    """What is wrong, a text each; an answer joins the others."""
    where = "%s:%d: %s %s: " % (path.name, line, engine, compiler)
    if isinstance(expected, list):
        done = run(path, arguments, options, engine, compiler)
        good = done.returncode == 1 and "\n".join(expected) in done.stderr
        return [] if good else ["%s%r, exit %d" % (where, done.stderr, done.returncode)]
    tol = float(options.get("tol", 0))
    try:
        got = answer(path, arguments, options, engine, compiler)
    except ValueError as problem:
        return [where + str(problem)]
    answers.append((engine if engine != "c" else compiler, got))
    return ["%s%s is %r, want %r" % (where, name, got.get(name), want) for name, want in expected.items()
            if not same(got.get(name, []), want, tol)]


def differing(answers, table):
    """Compiled engines do the same arithmetic in the same order: bit for bit."""
    for (first, a), (second, b) in zip(answers, answers[1:]):
        for name, value in a.items():
            apart = table.compare(first, second, value, b.get(name, []))
            if apart and first != "interp":
                yield "%s and %s differ: %s is %r and %r" % (first, second, name, value, b.get(name))


def main():
    failures, compared = [], 0
    engines = [("interp", "cc")] + [("c", c) for c in ("gcc", "clang") if shutil.which(c)]
    engines += [("jit", "cc")] if binary.has_llvm() else []
    table = tally.Tally()
    programs = sorted(HERE.glob("*.ad"))
    for path in programs:
        for line, arguments, options, expected in directives(path):
            answers = []
            for engine, compiler in engines:
                compared += len(expected)
                failures += compare(path, line, arguments, options, expected, engine, compiler, answers)
            failures += ["%s:%d: %s" % (path.name, line, text) for text in differing(answers, table)]
    print("\n".join(failures))
    table.show()
    print("%d array programs, %d values compared, %d failed" % (len(programs), compared, len(failures)))
    return 1 if failures or not programs else 0


if __name__ == "__main__":
    sys.exit(main())
