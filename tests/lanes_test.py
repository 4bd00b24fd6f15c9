"""Loops in lanes (passes/lanes.c, passes/lanes_body.c, passes/unswitch.c) compute what the same loops do scalar.

Every function of lanes_shapes.ad and its derivatives are called in C as `--simd off` makes it and in lanes, by gcc and
clang and with vectors of each width that this machine has: at sizes around the number of lanes and of a tile, with
infinities and NaN among the numbers, and with arrays that end (then begin) at memory that must not be touched, so that
they are aligned to 8 bytes alone. What is one to one must be the same bits; sums and functions of the library may
differ by TOLERANCE of the greatest number."""
import ctypes
import json
import math
import mmap
import os
import pathlib
import random
import subprocess
import sys
import tempfile

from harness import binary

HERE = pathlib.Path(__file__).resolve().parent
TOLERANCE = 2e-14
SIZES = [0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 40, 65]
SAME_BITS = {"map", "arms", "ends"}  # elementwise, of operations that C rounds alike everywhere
TARGETS = [("gcc", "-O2 -msse4.2", "sse4_2"), ("gcc", "-O2 -mavx2", "avx2"), ("gcc", "-O3 -march=native", None),
           ("clang", "-O2 -march=native", None)]
STRICT = ["-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow", "-Wpsabi", "-Werror", "-fPIC",
          "-shared"]
SPECIAL = [math.inf, -math.inf, math.nan, 0.0, -0.0, 5e-324, 1e100]
TYPES = {"double": ctypes.c_double, "int64_t": ctypes.c_int64, "bool": ctypes.c_bool}
libc = ctypes.CDLL(None, use_errno=True)
libc.mprotect.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]


class Fenced:
    """Room for numbers that ends, or begins, at memory that must not be touched."""

    def __init__(self, kind, values, at_end):
        size, page = max(len(values), 1) * ctypes.sizeof(kind), mmap.PAGESIZE
        inner = (size + page - 1) // page * page
        self.memory = mmap.mmap(-1, inner + 2 * page)
        base = ctypes.addressof(ctypes.c_char.from_buffer(self.memory))
        used = len(values) * ctypes.sizeof(kind)
        self.address = base + page + (inner - used if at_end else 0)
        self.numbers = (kind * len(values)).from_address(self.address)
        self.numbers[:] = values
        for fence in (base, base + page + inner):
            if libc.mprotect(fence, page, 0):
                raise OSError("mprotect")


def compiled(folder, simd, compiler, flags):
    base = folder / ("shapes_%s" % simd)
    if not base.with_suffix(".c").exists():
        result = binary.adc("build", HERE / "lanes_shapes.ad", "-o", base.with_suffix(".c"), "--simd", simd,
                            "--manifest", base.with_suffix(".json"))
        assert result.status == 0, result
    library = folder / ("%s_%s.so" % (base.name, "".join(c for c in compiler + flags if c.isalnum())))
    subprocess.run([compiler] + flags.split() + STRICT + [str(base.with_suffix(".c")), "-o", str(library), "-lm"],
                   check=True)
    manifest = json.loads(base.with_suffix(".json").read_text())
    return ctypes.CDLL(str(library)), [p for f in manifest["functions"] for p in f["products"]]


def length(parameter, sizes):
    return math.prod(sizes[axis] for axis in parameter["shape"])


def numbers(parameter, sizes, special, source):
    count = length(parameter, sizes)
    if parameter["type"] == "int":
        return [source.randrange(max(sizes["N"], 1)) for _ in range(count)]
    values = [source.uniform(-2, 2) for _ in range(count)]
    for i in range(count):
        if special and source.random() < 0.2:
            values[i] = source.choice(SPECIAL)
    return values


def call(library, product, sizes, special, at_end):
    """Outputs by name, as lists."""
    source, arguments, kept, outputs = random.Random(str((sizes, special))), [], [], {}
    for p in product["parameters"]:
        kind = TYPES.get(p["c_type"].replace("const ", "").rstrip(" *"))
        if p["direction"] == "work":
            arguments.append(None)
        elif p.get("kind") == "dim":
            arguments.append(ctypes.c_int64(sizes[p["name"]]))
        elif p["direction"] == "in":
            values = numbers(p, sizes, special, source)
            kept.append(Fenced(kind, values, at_end))
            arguments.append(ctypes.c_void_p(kept[-1].address) if p["c_type"].endswith("*") else kind(values[0]))
        else:
            kept.append(Fenced(kind, [0] * length(p, sizes), at_end))
            outputs[p["name"]] = kept[-1]
            arguments.append(ctypes.c_void_p(kept[-1].address))
    status = getattr(library, product["symbol"])(*arguments)
    return status, {name: list(fenced.numbers) for name, fenced in outputs.items()}


def same(a, b, exact, scale):
    if a == b or (a != a and b != b):
        return not exact or a != a or math.copysign(1, a) == math.copysign(1, b)
    return not exact and math.isfinite(a) and math.isfinite(b) and abs(a - b) <= TOLERANCE * scale


def compare(product, sizes, special, expected, got):
    if expected[0] != got[0]:
        return "status %d, scalar %d" % (got[0], expected[0])
    exact = product["symbol"] in SAME_BITS
    for name in expected[1] if not expected[0] else []:
        scale = max([1.0] + [abs(v) for v in expected[1][name] if math.isfinite(v)])
        for i, (a, b) in enumerate(zip(expected[1][name], got[1][name])):
            if not same(a, b, exact, scale):
                return "%s[%d] is %r, scalar %r" % (name, i, b, a)
    return None


def has(feature):
    return feature is None or feature in pathlib.Path("/proc/cpuinfo").read_text().split()


def main():
    failures, calls = [], 0
    with tempfile.TemporaryDirectory(prefix="adc_lanes_") as name:
        folder = pathlib.Path(name)
        scalar, products = compiled(folder, "off", "gcc", "-O1")
        cases = [(product, {"N": n, "M": n + 3, "D": 3 + n % 9, "K": 4}, special, at_end) for product in products
                 for n in SIZES for special, at_end in ((False, True), (True, False))]
        expected = [call(scalar, *case) for case in cases]
        for compiler, flags, feature in TARGETS:
            if not has(feature):
                print("skipped 1 target: no %s here" % feature)
                continue
            library, _ = compiled(folder, "on", compiler, flags)
            for case, wanted in zip(cases, expected):
                calls += 1
                wrong = compare(case[0], case[1], case[2], wanted, call(library, *case))
                if wrong:
                    failures.append("%s %s: %s at %s%s: %s" % (compiler, flags, case[0]["symbol"], case[1],
                                                               " with infinities" if case[2] else "", wrong))
    print("\n".join(failures[:40]))
    print("%d calls, %d differ" % (calls, len(failures)))
    return 1 if failures else 0


if __name__ == "__main__":
    os.environ.setdefault("LC_ALL", "C")
    sys.exit(main())
