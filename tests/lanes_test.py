"""Loops in lanes (passes/lanes.c, passes/lanes_body.c, passes/unswitch.c, passes/tiles.c, passes/tiles_cut.c, passes/apart.c,
passes/jam.c, passes/jam_copy.c, passes/wait.c, passes/hold.c) compute what the same loops do scalar.

Every function of lanes_shapes.ad and its derivatives are called in C as `--simd off` makes it and in lanes, by gcc and
clang and with vectors of each width that this machine has: at sizes around the number of lanes and of a tile, with
infinities and NaN among the numbers, and with arrays that end (then begin) at memory that must not be touched, so that
they are aligned to 8 bytes alone. What is one to one must be the same bits; sums and functions of the library may
differ by a tolerance of the greatest number. Those with functions are tried with `--fma` too. Some shapes are tried with
single precision as well, of which a vector has twice as many. Native code must give the bits of C with as many lanes."""
import ctypes
import json
import math
import mmap
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile

from harness import binary

HERE = pathlib.Path(__file__).resolve().parent
SAME_BITS = {"map", "arms", "ends"}  # elementwise, of operations that C rounds alike everywhere
TARGETS = [("gcc", "-O1 -msse4.2", "sse4_2"), ("gcc", "-O2 -mavx2", "avx2"), ("gcc", "-O3 -march=native", None)]
CLANG = "-O3 -march=native -ffp-contract=fast"  # must give the bits of gcc with the same vectors all the same
# C, a processor and an option by which native code has as many lanes
NATIVE = [("-O1", "x86-64", "on", None), ("-O1 -msse4.2", "nehalem", "on", "sse4_2"),
          ("-O1 -march=x86-64-v3", "x86-64-v3", "on", "avx2"), ("-O1 -march=native", "native", "on", None),
          ("-O1 -march=native", "native", "4", None)]
STRICT = ["-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow", "-Wpsabi", "-Werror", "-fPIC",
          "-shared"]
SPECIAL = [math.inf, -math.inf, math.nan, 0.0, -0.0, 5e-324, 1e-45, 1e30, 1e100]
TYPES = {"double": ctypes.c_double, "float": ctypes.c_float, "int64_t": ctypes.c_int64, "bool": ctypes.c_bool}


class Plan:
    """What is tried with reals of one type; `shapes`: their names, or None for all; `options`: of `adc build`."""

    def __init__(self, real, tolerance, shapes, sizes, targets, natives, *options):
        self.real, self.tolerance, self.shapes, self.sizes = real, tolerance, shapes, sizes
        self.targets, self.natives = targets, natives
        self.options = ("--real", real) + options
        self.name = "%s%s%d" % (real, "".join(options), len(shapes or ()))


PLANS = [Plan("f64", 2e-14, None, [0, 1, 2, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33, 65, 130], TARGETS, NATIVE),
         Plan("f32", 1e-5, {"map", "arms", "sums", "index", "gather", "layers", "crossed", "bands", "paths", "labels"},
              [0, 1, 5, 8, 15, 16, 17, 64, 65, 130], [TARGETS[0], TARGETS[2]], [NATIVE[2], NATIVE[3]]),
         Plan("f64", 2e-14, {"rows", "labels"}, [0, 1, 7, 8, 9, 33], [TARGETS[1]], [NATIVE[1], NATIVE[3]], "--fma"),
         Plan("f64", 2e-14, {"bones", "fitted"}, [127, 256, 271], TARGETS[1:], [NATIVE[3]])]
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


def program_of(folder, plan):
    path = folder / ("shapes_%s.ad" % plan.name)
    shapes = (HERE / "lanes_shapes.ad").read_text().split("export fn ")
    wanted = [text for text in shapes[1:] if plan.shapes is None or text.split("(")[0] in plan.shapes]
    path.write_text("".join("export fn " + text for text in wanted))
    return path


def compiled(folder, plan, simd, compiler, flags):
    base = folder / ("shapes_%s_%s" % (plan.name, simd))
    if not base.with_suffix(".c").exists():
        result = binary.adc("build", program_of(folder, plan), "-o", base.with_suffix(".c"), "--simd", simd,
                            "--manifest", base.with_suffix(".json"), *plan.options)
        assert result.status == 0, result
    library = folder / ("%s_%s.so" % (base.name, "".join(c for c in compiler + flags if c.isalnum())))
    if not library.exists():
        subprocess.run([compiler] + flags.split() + STRICT + [str(base.with_suffix(".c")), "-o", str(library), "-lm"],
                       check=True)
    return opened(base, library)


def opened(base, library):
    manifest = json.loads(base.with_suffix(".json").read_text())
    return ctypes.CDLL(str(library)), [p for f in manifest["functions"] for p in f["products"]]


def native(folder, plan, simd, cpu):
    """As adc itself makes it, for a processor."""
    base = folder / ("native_%s_%s_%s" % (plan.name, simd, cpu))
    library = base.with_suffix(".so")
    result = binary.adc("build", program_of(folder, plan), "-o", base.with_suffix(".o"), "--emit", "obj", "--simd", simd,
                        "--mcpu", cpu, "--manifest", base.with_suffix(".json"), *plan.options)
    assert result.status == 0, result
    subprocess.run(["gcc", "-shared", str(base.with_suffix(".o")), "-o", str(library), "-lm"], check=True)
    return opened(base, library)


def length(parameter, sizes):
    return math.prod(sizes.get(axis, axis) for axis in parameter["shape"])


def numbers(parameter, sizes, special, source):
    if parameter["name"] in sizes:
        return [sizes[parameter["name"]]]
    count = length(parameter, sizes)
    if parameter["name"] == "order":  # no two alike
        return source.sample(range(count), count)
    if parameter["type"] == "int":
        return [source.randrange(max(sizes["N"], 1)) for _ in range(count)]
    values = [source.uniform(-2, 2) for _ in range(count)]
    for i in range(count):
        if special and source.random() < 0.2:
            values[i] = source.choice(SPECIAL)
    return values


def lent(library, product, sized, kept):
    """A workspace that ends where the function says."""
    function = getattr(library, product["symbol"] + "_work")
    function.restype = ctypes.c_size_t
    kept.append(Fenced(ctypes.c_double, [math.nan]*((function(*sized) + 7)//8), True))
    return ctypes.c_void_p(kept[-1].address)


def call(library, product, sizes, special, at_end, lend=False):
    """Outputs by name, as lists."""
    source, arguments, kept, outputs = random.Random(str((sizes, special))), [], [], {}
    sized = []  # what work depends on
    for p in product["parameters"]:
        kind = TYPES.get(p["c_type"].replace("const ", "").rstrip(" *"))
        if p["direction"] == "work":
            arguments.append(lent(library, product, sized, kept) if lend else None)
        elif p.get("kind") == "dim":
            arguments.append(ctypes.c_int64(sizes[p["name"]]))
            sized.append(arguments[-1])
        elif p["direction"] == "in":
            values = numbers(p, sizes, special, source)
            kept.append(Fenced(kind, values, at_end))
            arguments.append(ctypes.c_void_p(kept[-1].address) if p["c_type"].endswith("*") else kind(values[0]))
            if kind == ctypes.c_int64 and not p["c_type"].endswith("*"):
                sized.append(arguments[-1])
        else:
            kept.append(Fenced(kind, [0] * length(p, sizes), at_end))
            outputs[p["name"]] = kept[-1]
            arguments.append(ctypes.c_void_p(kept[-1].address))
    status = getattr(library, product["symbol"])(*arguments)
    return status, {name: list(fenced.numbers) for name, fenced in outputs.items()}


def same(a, b, tolerance, exact):
    if a == b or (a != a and b != b):
        return not exact or a != a or math.copysign(1, a) == math.copysign(1, b)
    return not exact and math.isfinite(a) and math.isfinite(b) and abs(a - b) <= tolerance


def compare(product, sizes, tolerance, expected, got, exact=False):
    if expected[0] != got[0]:
        return "status %d, expected %d" % (got[0], expected[0])
    exact = exact or product["symbol"] in SAME_BITS
    for name in expected[1] if not expected[0] else []:
        scale = max([1.0] + [abs(v) for v in expected[1][name] if math.isfinite(v)])
        for i, (a, b) in enumerate(zip(expected[1][name], got[1][name])):
            if not same(a, b, tolerance * scale, exact):
                return "%s[%d] is %r, expected %r" % (name, i, b, a)
    return None


def has(feature):
    return feature is None or feature in pathlib.Path("/proc/cpuinfo").read_text().split()


def text_of(case):
    return "%s at %s%s" % (case[0]["symbol"], case[1], " with infinities" if case[2] else "")


def in_c(folder, plan, cases):
    """What each call of emitted C in lanes does otherwise than the scalar form."""
    scalar, _ = compiled(folder, plan, "off", "gcc", "-O1")
    expected = [call(scalar, *case) for case in cases]
    for compiler, flags, feature in plan.targets:
        if not has(feature):
            print("skipped 1 target: no %s here" % feature)
            continue
        library, _ = compiled(folder, plan, "on", compiler, flags)
        for case, wanted in zip(cases, expected):
            wrong = compare(case[0], case[1], plan.tolerance, wanted, call(library, *case))
            yield wrong and "%s %s: %s: %s" % (compiler, flags, text_of(case), wrong)


def by_clang(folder, plan, cases):
    """What each call compiled by clang does otherwise than by gcc."""
    if not shutil.which("clang"):
        print("skipped 1 target: no clang")
        return
    gcc, _ = compiled(folder, plan, "on", "gcc", "-O1 -march=native")
    expected = [call(gcc, *case) for case in cases]
    library, _ = compiled(folder, plan, "on", "clang", CLANG)
    for case, wanted in zip(cases, expected):
        wrong = compare(case[0], case[1], plan.tolerance, wanted, call(library, *case), exact=True)
        yield wrong and "clang: %s: %s" % (text_of(case), wrong)


def in_native(folder, plan, cases):
    """What each call of native code does otherwise than emitted C with as many lanes."""
    if not binary.has_llvm():
        print("skipped %d targets: no LLVM" % len(plan.natives))
        return
    for flags, cpu, simd, feature in plan.natives:
        if not has(feature) or (os.uname().machine != "x86_64" and cpu != "native"):
            print("skipped 1 target: no %s here" % cpu)
            continue
        (expected, _), (library, _) = compiled(folder, plan, simd, "gcc", flags), native(folder, plan, simd, cpu)
        for case in cases:
            wrong = compare(case[0], case[1], plan.tolerance, call(expected, *case), call(library, *case), exact=True)
            yield wrong and "native %s, %s lanes: %s: %s" % (cpu, simd, text_of(case), wrong)


def cases_of(products, sizes):
    return [(product, {"N": n, "M": n + 3, "D": 1 + 5*n % 19, "K": 4}, special, at_end) for product in products
            for n in sizes for special, at_end in ((False, True), (True, False))]


def report(found):
    """Of each call what it does otherwise, or None; the status of the test."""
    failures = [text for text in found if text]
    print("\n".join(failures[:40]))
    print("%d calls, %d differ" % (len(found), len(failures)))
    return 1 if failures else 0


def main():
    found = []
    with tempfile.TemporaryDirectory(prefix="adc_lanes_") as name:
        folder = pathlib.Path(name)
        for plan in PLANS:
            _, products = compiled(folder, plan, "off", "gcc", "-O1")
            cases = cases_of(products, plan.sizes)
            found += list(in_c(folder, plan, cases)) + list(by_clang(folder, plan, cases)) + list(
                in_native(folder, plan, cases))
    return report(found)


if __name__ == "__main__":
    os.environ.setdefault("LC_ALL", "C")
    sys.exit(main())
