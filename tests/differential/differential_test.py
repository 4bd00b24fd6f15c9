"""Random programs: interpreter, C and native code agree, with passes and without, forward and reverse mode agree, both
agree with differences.

    differential_test.py [SEED ...] [--count N]     ADC_DIFFERENTIAL=N in the environment: so many programs

The seeds are 0, 1, ..., so that a run can be repeated. Programs are judged by the batch, each batch in a process of its
own: one file, one C translation unit. A failing one is made smaller as long as it fails in the same way, and printed;
kept under kept/ it is run by the golden runner."""
import argparse
import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

import constructs
import judge
import trees
from harness import binary, native, tally

BATCH, SHRUNK, CANDIDATES = 20, 2, 250


def made_of(seed, plan):
    return [constructs.generate("%d.%d" % (seed, i), "p%d" % i, plan.array_result) for i in range(BATCH)]


def findings(batch, made, seed):
    """Of all points of one program; the first kind alone."""
    for number in range(judge.POINTS):
        try:
            found = judge.Judge(batch, made, seed, number).judge()
        except (AssertionError, subprocess.TimeoutExpired) as crash:
            found = [("crash", str(crash)[:2000])]
        if found:
            return found
    return []


def judged(programs, plan, seed, folder):
    """(program, kind, text) of what is wrong."""
    batch = judge.Batch(programs, plan, folder)
    if batch.failure and len(programs) == 1:
        return [(programs[0], *batch.failure)]
    if batch.failure:
        return [f for p in programs for f in judged([p], plan, seed, folder)]
    found = [(p, *found) for p in programs for found in findings(batch, p, seed)[:1]]
    print(batch.table.text())
    return found


def code_of(kind, text):
    """Programs that do not build fail in the same way if the error is the same, or the place of a crash."""
    codes = re.findall({"build": r'"code": "(E\d+)", "severity": "error"', "crash": r"#\d \w+ in (\w+)"}.get(kind, "$^"), text)
    return kind, codes[:3]


def shrunk(found, plan, seed, folder):
    """The smallest program met that fails as the given one does."""
    made, kind, text = found
    wanted, tried, again = code_of(kind, text), 0, True
    while again and tried < CANDIDATES:
        again = False
        for candidate in trees.smaller(made):
            if len(candidate.text()) >= len(made.text()):
                continue
            tried += 1
            if tried > CANDIDATES:
                break
            smaller = judged([candidate], plan, seed, folder)
            if smaller and code_of(*smaller[0][1:]) == wanted:
                made, kind, text = smaller[0]
                again = True
                break
    return made, kind, text


def compilers_of(seed):
    """Both, with optimisation, for some batches; else the one or the other, clang being the faster without."""
    if seed % 32 == 0:
        return ["gcc", "clang"]
    return ["gcc"] if seed % 4 == 1 else ["clang"]


def run_batch(seed):
    """One batch, in this process; prints what it finds."""
    plan = judge.Plan(seed, compilers_of(seed) + ([native.LLVM] if binary.has_llvm() else []))
    with tempfile.TemporaryDirectory(prefix="adc_differential_") as folder:
        found = judged(made_of(seed, plan), plan, seed, folder)
        later = [f for f in found if f[1] == "later"]
        found = [f for f in found if f[1] != "later"]
        print("seed %d: %d programs need what is not supported yet" % (seed, len(later)))
        for n, failure in enumerate(found):
            if n < SHRUNK:
                failure = shrunk(failure, plan, seed, folder)
            made, kind, text = failure
            print("seed %d, %s: %s\n%s\n%s\n" % (seed, made.name, kind, made.text(), text))
    return len(found)


def run_apart(seed):
    """One batch in a process of its own, which may crash; memory from malloc is nowhere zero."""
    process = subprocess.run([sys.executable, __file__, "--batch", str(seed)], capture_output=True, text=True, check=False,
                             env=dict(os.environ, MALLOC_PERTURB_="165"))
    if process.returncode in (0, 1):
        return process.returncode, process.stdout + process.stderr
    return 1, "seed %d: the process ended with %d\n%s%s" % (seed, process.returncode, process.stdout, process.stderr)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("seeds", nargs="*", type=int)
    parser.add_argument("--count", type=int, default=int(os.environ.get("ADC_DIFFERENTIAL", "1200")))
    parser.add_argument("--batch", type=int)
    options = parser.parse_args()
    if options.batch is not None:
        return 1 if run_batch(options.batch) else 0
    seeds = options.seeds or range((options.count + BATCH - 1) // BATCH)
    table, failed = tally.Tally(), 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count() or 2) as pool:
        for status, out in pool.map(run_apart, seeds):
            failed += status
            print(table.read(out), end="", flush=True)
    table.show()
    print("%d random programs in %d batches, %d batches failed" % (len(seeds) * BATCH, len(seeds), failed))
    return 1 if failed or not seeds else 0


if __name__ == "__main__":
    sys.exit(main())
