#!/usr/bin/env python3
"""How long it takes from the text of a program to its gradient as a pointer, in processes that start cold.

    cmake --build --preset release --target latency
    python3 bench/latency/latency.py [BUILD [-O0|-O1|-O2|-O3] [RUNS]]

One line a program, milliseconds, of each step the least of RUNS runs (default 9): parse (with checking and lowering),
derive (all passes), emit (loop program and LLVM's form of it), what LLVM optimises, generates and links, and the sum. `load`
is opening LLVM, which a process pays once, and stands apart. `cached`: the sum when the object is in the cache."""
import json
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
STEPS = ["parse", "derive", "emit", "optimise", "generate", "link", "sum", "load"]
PROGRAMS = [("seed", "examples/seed.ad", "z"), ("Rosenbrock", "examples/rosenbrock.ad", "valley"),
            ("GMM", "bench/adbench/gmm.ad", "gmm"), ("LSTM", "bench/adbench/lstm.ad", "lstm")]
STRAIGHT = 100000  # nodes


def straight_line(path):
    """As many operators, each of which reads the one before and one far back."""
    lines = ["export fn f(var x: real, var y: real) -> real {", "  let a0 = x*y", "  let a1 = a0 + y"]
    for i in range(2, STRAIGHT):
        operator = "+" if i%3 else "*"
        lines.append("  let a%d = a%d %s a%d" % (i, i - 1, operator, i*7%i if i%2 else i//2))
    path.write_text("\n".join(lines + ["  a%d" % (STRAIGHT - 1), "}", ""]))


def least(command, runs):
    """Of each step the least."""
    found = [json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout) for _ in range(runs)]
    return {step: min(times[step] for times in found) for step in STEPS}


def measure(name, path, function, binary, level, runs, folder):
    command = [str(binary), str(path), function, level]
    times = least(command, runs)
    cache = str(folder / name)
    least(command + [cache], 1)
    print("%-14s" % name + "".join("%10.2f" % times[step] for step in STEPS) +
          "%10.2f" % least(command + [cache], runs)["sum"], flush=True)


def main():
    arguments = sys.argv[1:]
    build = pathlib.Path(arguments[0] if arguments else ROOT / "build" / "release")
    level = arguments[1].removeprefix("-O") if len(arguments) > 1 else "1"
    runs = int(arguments[2]) if len(arguments) > 2 else 9
    print("%-14s" % "ms" + "".join("%10s" % step for step in STEPS + ["cached"]))
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for title, path, function in PROGRAMS:
            measure(title, ROOT / path, function, build / "latency", level, runs, folder)
        straight_line(folder / "line.ad")
        measure("%d nodes" % STRAIGHT, folder / "line.ad", "f", build / "latency", level, 1, folder)


if __name__ == "__main__":
    main()
