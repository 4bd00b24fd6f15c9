#!/usr/bin/env python3
"""What @checkpoint promises: the gradient of a million passes of a four-vector in less than a budget. What @store and
@recompute promise: a value more or less is kept of each pass, and the numbers stay. What --tape-budget promises
(passes/budget.c): no more than that is kept, and not far less where segments may be long. What is lent holds NaNs: what
is written whole need not be filled before (passes/fills.c).

u -> u/(1 + a*u), one place further in the vector, n times, is x/(1 + n*a*x): the gradient has a closed form. A `for`
and a `rec` are run in emitted C and in the interpreter, with and without the attribute; the workspace is what
f_grad_work says, lent by the caller with a canary behind it. Expected sizes are formulas: states by segment, the
largest record of a segment, and a few arrays of the size of the state.
usage: checkpoints_test.py; the binary is ADC of the environment"""
import ctypes
import json
import math
import os
import pathlib
import subprocess
import sys
import tempfile

ADC = os.environ["ADC"]
PASSES = 1000000
X, A = [1.0, 2.0, 3.0, 4.0], 1e-6
STATE = 4 * 8   # bytes, as much as a pass records
SMALL = 16 * STATE  # a few arrays more
PROGRAMS = {
    "for": """export fn f(var x: real[4], var a: real, n: int) -> real {
  mut u = x
  %s
  for t in 0..n { u = [i in 0..4: u[(i+1) mod 4]/(1 + a*u[(i+1) mod 4])] }
  dot(u, u)
}
""",
    "rec": """export fn f(var x: real[4], var a: real, n: int) -> real {
  %s
  rec u[t in 0..n+1]: real[4] =
    if t == 0 then x else [i in 0..4: u[t-1, (i+1) mod 4]/(1 + a*u[t-1, (i+1) mod 4])]
  sum(i in 0..4: u[n, i]^2)
}
"""}


def expected():
    """The gradient by x, then by a."""
    ends = [1 + PASSES * A * x for x in X]
    return [2 * x / e**3 for x, e in zip(X, ends)] + [sum(-2 * PASSES * x**3 / e**3 for x, e in zip(X, ends))]


def call(library, n):
    """Bytes of workspace, and the gradient made in it."""
    library.f_grad_work.restype = ctypes.c_size_t
    size = library.f_grad_work(ctypes.c_int64(n))
    work = (ctypes.c_double * (size // 8 + 1))()
    ctypes.memset(work, 0xff, size)
    work[size // 8] = 12345.0
    result, grad_a = ctypes.c_double(), ctypes.c_double()
    grad_x = (ctypes.c_double * 4)()
    status = library.f_grad((ctypes.c_double * 4)(*X), ctypes.c_double(A), ctypes.c_int64(n), ctypes.byref(result),
                            grad_x, ctypes.byref(grad_a), work)
    if status or work[size // 8] != 12345.0:
        raise AssertionError("status %d, behind the workspace %r" % (status, work[size // 8]))
    return size, list(grad_x) + [grad_a.value]


def interpreted(path):
    done = subprocess.run([ADC, "run", str(path), "f", "x=%s" % json.dumps(X), "a=%r" % A, "n=%d" % PASSES, "--grad",
                           "--json", "--engine", "interp"], capture_output=True, text=True, check=True, timeout=250)
    grad = json.loads(done.stdout)["grad"]
    return grad["x"] + [grad["a"]]


def built(folder, name, text, *options):
    path = pathlib.Path(folder) / (name + ".ad")
    path.write_text(text, encoding="utf-8")
    subprocess.run([ADC, "build", str(path), "-o", str(path.with_suffix(".c")), *options],
                   check=True, timeout=60)
    library = path.with_suffix(".so")
    subprocess.run([os.environ.get("CC", "gcc"), "-O1", "-fPIC", "-shared", str(path.with_suffix(".c")), "-o",
                    str(library), "-lm"], check=True, timeout=60)
    return path, ctypes.CDLL(str(library))


def length(passes, levels):
    """The least m with m^(levels + 1) >= passes."""
    m = 1
    while m**(levels + 1) < passes:
        m += 1
    return m


def check(folder, kind):
    passes = PASSES + (kind == "rec")
    failures, plain = [], None
    for levels, attribute in enumerate(["", "@checkpoint", "@checkpoint(levels = 2)", "@checkpoint(levels = 3)"]):
        if kind == "rec" and not levels:
            continue
        path, library = built(folder, "%s%d" % (kind, levels), PROGRAMS[kind] % attribute)
        size, grad = call(library, PASSES)
        plain = plain or grad
        kept = (levels + 1) * length(passes, levels) * STATE if levels else passes * STATE
        print("%s, %s: %d bytes" % (kind, attribute or "without", size))
        if not kept - STATE * (levels + 1) <= size <= kept + SMALL * (levels + 1):
            failures.append("%s %s: %d bytes, not about %d" % (kind, attribute, size, kept))
        if grad != plain or (levels < 2 and interpreted(path) != plain):
            failures.append("%s %s: gradients differ from those without" % (kind, attribute))
        if any(abs(g - e) > 1e-9 * abs(e) for g, e in zip(grad, expected())):
            failures.append("%s %s: gradient %r, not %r" % (kind, attribute, grad, expected()))
    return failures, plain


KEPT = """export fn f(var x: real, var a: real, n: int) -> real {
  mut s = x
  mut total = 0.0
  for t in 0..n {
    total += s*s
    %slet e = exp(s)
    %slet p = e + a
    s = log(p)
  }
  total
}
"""


def check_kept(folder):
    """s after t passes is log(e^x + t*a). Kept of a pass are s and, unless the program says otherwise, e alone."""
    failures, first, n, x, a = [], None, 1000, 0.5, 0.25
    ends = [math.exp(x) + t * a for t in range(n)]
    expected = [math.fsum(2 * math.log(e) * math.exp(x) / e for e in ends),
                math.fsum(2 * math.log(e) * t / e for t, e in enumerate(ends))]
    for numbers, attributes in ((2, ("", "")), (1, ("@recompute ", "")), (3, ("", "@store ")), (2, ("@recompute ", "@store "))):
        library = built(folder, "kept%d" % len("".join(attributes)), KEPT % attributes)[1]
        library.f_grad_work.restype = ctypes.c_size_t
        size, out = library.f_grad_work(ctypes.c_int64(n)), [ctypes.c_double() for _ in range(3)]
        work = ctypes.create_string_buffer(b"\xff"*size, size)
        status = library.f_grad(ctypes.c_double(x), ctypes.c_double(a), ctypes.c_int64(n), *map(ctypes.byref, out), work)
        grad = [g.value for g in out[1:]]
        first = first or grad
        if status or size != 8 * n * numbers or grad != first:
            failures.append("%s: status %d, %d bytes, %r" % (attributes, status, size, grad))
        if any(abs(g - e) > 1e-12 * abs(e) for g, e in zip(grad, expected)):
            failures.append("%s: gradient %r, not %r" % (attributes, grad, expected))
    return failures


def check_budgets(folder, plain):
    failures = []
    for budget, bytes_ in (("64K", 1 << 16), ("300000", 300000), ("1M", 1 << 20), ("20M", 20 << 20), ("1", 0)):
        name = "budget" + budget
        size, grad = call(built(folder, name, PROGRAMS["for"] % "", "--tape-budget", budget)[1], PASSES)
        print("for, --tape-budget %s: %d bytes" % (budget, size))
        least = 2 * length(PASSES, 1) * STATE + SMALL
        if not (bytes_ // 4 <= size <= max(bytes_ + SMALL, least)) or grad != plain:
            failures.append("--tape-budget %s: %d bytes, %r" % (budget, size, grad))
    return failures


def main():
    with tempfile.TemporaryDirectory() as folder:
        failures, loop = check(folder, "for")
        more, recurrence = check(folder, "rec")
        kept = check_kept(folder) + check_budgets(folder, loop)
    failures += more + kept
    if any(abs(a - b) > 1e-12 * abs(a) for a, b in zip(loop, recurrence)):
        failures.append("for and rec differ: %r, %r" % (loop, recurrence))
    print("\n".join(failures))
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
