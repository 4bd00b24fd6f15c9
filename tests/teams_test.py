"""Loops that run on threads (passes/threads.c, passes/threads_look.c, frontend/lower_parallel.c) compute what they do on
one.

The derivatives of the functions of teams_shapes.ad, and with them their values, are called as `--openmp` makes them, by
gcc and clang and as native code, with several numbers of threads and numbers of passes around those of lanes and tiles:
sums may differ from those of the same program without `--openmp` by TOLERANCE of the greatest number; called again the
bits must be the same, those of native code must be those of C, and the status is that of one thread. Memory that is
lent is as long as NAME_work() says, and ends where nothing may be touched. Without OpenMP the same C has one thread,
and warns of nothing. ThreadSanitizer sees no races, but does where chunks share their memory."""
import ctypes
import os
import pathlib
import subprocess
import sys
import tempfile

import lanes_test as lanes
from harness import binary

PROGRAM = pathlib.Path(__file__).resolve().parent / "teams_shapes.ad"
RACES = PROGRAM.with_name("teams_races.c")
SIZES = [0, 1, 7, 8, 9, 32, 33, 161]
THREADS = [1, 2, 3, 5]
TOLERANCE = lanes.PLANS[0].tolerance
WORK = 52000  # slow steps of a call: what is worth five threads
SLICED = 17000  # elements that several threads add up
WHERE = {"clang": [2, 5], "one": [5]}


def emitted(folder, name, *options):
    base = folder / name
    result = binary.adc("build", PROGRAM, "-o", base.with_suffix(".c"), "--manifest", base.with_suffix(".json"),
                        "--derive", "vjp", *options)
    assert result.status == 0, result
    return base


def compiled(base, name, compiler, flags):
    library = base.parent / (name + ".so")
    subprocess.run([compiler] + flags.split() + lanes.STRICT + [str(base.with_suffix(".c")), "-o", str(library), "-lm"],
                   check=True)
    return lanes.opened(base, library)


def has_threads(compiler):
    probe = [compiler, "-fopenmp", "-x", "c", "-", "-o", os.devnull]
    program = "#include <omp.h>\nint main(void) { return omp_get_max_threads() < 1; }\n"
    return subprocess.run(probe, input=program, capture_output=True, text=True).returncode == 0


def native(folder):
    base = folder / "native"
    result = binary.adc("build", PROGRAM, "-o", base.with_suffix(".o"), "--emit", "obj", "--mcpu", "native", "--openmp",
                        "--threads", "8", "--derive", "vjp", "--manifest", base.with_suffix(".json"))
    assert result.status == 0, result
    library = base.with_suffix(".so")
    subprocess.run(["gcc", "-shared", str(base.with_suffix(".o")), "-o", str(library), "-lm", "-lgomp"], check=True)
    return lanes.opened(base, library)


def on_threads(library, count, *case):
    if hasattr(library, "omp_set_num_threads"):
        library.omp_set_num_threads(count)
    return lanes.call(library, *case, lend=count % 2 == 1)


def check(libraries, single, case):
    """What a call does otherwise than it should, with each number of threads."""
    product, sizes = case[:2]
    expected = lanes.call(single, *case)
    for count in THREADS:
        first = None
        for name, (library, _) in libraries.items():
            if count not in WHERE.get(name, THREADS):
                continue
            got = on_threads(library, count, *case)
            wrong = lanes.compare(product, sizes, TOLERANCE, expected, got)
            if not wrong and name == "gcc":
                first = got
                wrong = lanes.compare(product, sizes, TOLERANCE, got, on_threads(library, count, *case), exact=True)
            elif not wrong and name == "native":
                wrong = lanes.compare(product, sizes, TOLERANCE, first, got, exact=True)
            yield wrong and "%s, %d threads: %s at %s: %s" % (name, count, product["symbol"], sizes, wrong)


def races(folder):
    """Races that ThreadSanitizer sees with Archer, which tells it what OpenMP does; it must see those of chunks that share
    one memory, too."""
    found = sorted(pathlib.Path("/usr/lib").glob("llvm-*/lib/libarcher.so"))
    if not found or not has_threads("clang"):
        print("skipped 2 runs under ThreadSanitizer: no Archer here")
        return
    text = (folder / "threads.c").read_text()
    (folder / "shared.c").write_text(text.replace(" + (size_t)(t__ - 1) * ", " + 0 * (size_t)t__ * "))
    environment = dict(os.environ, OMP_TOOL_LIBRARIES=str(found[-1]),
                       TSAN_OPTIONS="ignore_noninstrumented_modules=1 exitcode=66")
    for name, flags, status in ("threads", "-march=native", 0), ("shared", "", 66):
        program = folder / (name + "_races")
        subprocess.run(["clang", "-O1", "-g", "-fsanitize=thread", "-fopenmp", *flags.split(), "-I", str(folder),
                        str(folder / (name + ".c")), str(RACES), "-o", str(program), "-lm"], check=True)
        done = subprocess.run([program], env=environment, capture_output=True, text=True)
        said = done.stderr[:600] if status == 0 else "status %d" % done.returncode
        yield None if done.returncode == status else "races of %s: %s" % (name, said)


def main():
    with tempfile.TemporaryDirectory(prefix="adc_teams_") as name:
        folder = pathlib.Path(name)
        plain, threads = emitted(folder, "plain"), emitted(folder, "threads", "--openmp", "--threads", "8")
        single, products = compiled(plain, "single", "gcc", "-O1 -march=native")
        libraries = {"gcc": compiled(threads, "gcc", "gcc", "-O1 -march=native -fopenmp"),
                     "one": compiled(threads, "one", "gcc", "-O0 -march=native")}
        if has_threads("clang"):
            libraries["clang"] = compiled(threads, "clang", "clang", "-O1 -march=native -fopenmp")
        else:
            print("skipped 1 compiler: clang has no OpenMP here")
        if binary.has_llvm():
            libraries["native"] = native(folder)
        else:
            print("skipped native code: no LLVM")
        cases = [(product, {"N": n, "M": n + 3, "L": WORK//max(n, 1)}, False, False) for product in products for n in SIZES]
        long = {"N": 161, "M": SLICED, "L": WORK//161}
        cases += [(product, long, False, False) for product in products if product["symbol"].startswith(("tallies", "pairs"))]
        found = [text for case in cases for text in check(libraries, single, case)]
        found += races(folder)
    return lanes.report(found)


if __name__ == "__main__":
    os.environ.setdefault("LC_ALL", "C")
    sys.exit(main())
