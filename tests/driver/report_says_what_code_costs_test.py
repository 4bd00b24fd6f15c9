"""adc report: operations counted by hand, workspace and stack against the emitted C, limits that fail a build."""
import json
import os
import pathlib
import re
import subprocess
import unittest

import harness

PROGRAM = """@derive(value)
export fn dot_of(x: real[N], y: real[N]) -> real = sum(i: x[i]*y[i])

@derive(value)
export fn product(A: real[M, K], B: real[K, N]) -> (C: real[M, N]) = (C = [i, j: sum(k: A[i, k]*B[k, j])])

@derive(value)
export fn triangle(L: real[N, N], x: real[N]) -> (y: real[N]) = (y = [i: sum(j in 0..i+1: L[i, j]*x[j])])

@derive(value)
export fn chosen(x: real, y: real) -> real = if x > y then exp(x)*x + 1 else y*2.5

@derive(value)
export fn steps(a: real, n: int) -> real {
  mut s = a
  for t in 0..n { s = sin(s)*a }
  s
}

@derive(value)
export fn fixed(A: real[3, 3]) -> real {
  let B[i, j] = exp(A[i, j])
  sum(i, j, k: B[i, j]*B[j, k])
}
"""

# by hand: one for each operator of reals; of `chosen` the comparison and the dearer arm. Axes of `fixed` are short and
# constant: its 27 products B[i, j]*B[j, k] stand for themselves, so B[i, j]*B[j, i] is the same number for i and j
# either way, which leaves 24, and to add 27 up takes 26
FLOPS = {"dot_of": (dict(N=10), 20), "product": (dict(M=3, K=4, N=5), 2*3*4*5), "chosen": ({}, 1 + 3),
         "steps": (dict(n=7), 14), "triangle": (dict(N=6), 2*6*6), "fixed": ({}, 9 + 24 + 26)}

WORK = """#include "p.h"
#include <stdio.h>
int main(void)
{
    printf("%zu %zu %zu\\n", fixed_work(), product_work(3, 4, 5), layer_grad_work(7, 5));
    return 0;
}
"""

LAYER = """
export fn layer(var A: real[M, N], x: real[N]) -> real {
  let y[i] = tanh(sum(j: A[i, j]*x[j]))
  sum(i, k: y[i]*y[k])
}
"""


class Report(harness.Case):
    def report(self, name, **sizes):
        """By symbol."""
        found = self.good("report", "p.ad", *([name] if name else []), *["%s=%d" % pair for pair in sizes.items()], "--json")
        return {entry["symbol"]: entry for entry in json.loads(found)}

    def test_operations(self):
        self.write("p.ad", PROGRAM)
        for name, (sizes, count) in FLOPS.items():
            self.assertEqual(self.report(name, **sizes)[name]["flop_count"], count, name)

    def test_formulas(self):
        self.write("p.ad", PROGRAM)
        entries = self.report(None)
        self.assertEqual(entries["dot_of"]["flops"], "2*N")
        self.assertEqual(entries["product"]["flops"], "2*M*K*N")
        self.assertNotIn("flop_count", entries["product"])
        text = self.good("report", "p.ad", "product", "M=3", "K=4", "N=5")
        self.assertRegex(text, r"flops +2\*M\*K\*N\n +\(?= 120\)?\n")

    def test_workspace_is_that_of_the_emitted_code(self):
        self.write("p.ad", PROGRAM + LAYER)
        self.write("main.c", WORK)
        self.good("build", "p.ad", "--header", "p.h", "-o", "p.c")
        main = [line for line in self.read("p.h").split("\n") if "_work(" in line]
        self.assertIn("size_t layer_grad_work(int64_t M, int64_t N);", main)
        self.write("main.c", WORK.replace("fixed_work()", "fixed_work()" if "size_t fixed_work(void);" in main else "(size_t)0")
                   .replace("product_work(3, 4, 5)", "product_work(3, 5, 4)" if "M, int64_t N, int64_t K" in str(main) else
                            "product_work(3, 4, 5)"))
        subprocess.run(["cc", "-o", "main", "main.c", "p.c", "-lm"], cwd=self.folder, check=True)
        found = [int(word) for word in subprocess.run(["./main"], cwd=self.folder, capture_output=True, text=True, check=True).stdout.split()]
        self.assertEqual(found, [self.report("fixed")["fixed"]["work_bytes"], self.report("product", M=3, K=4, N=5)["product"]["work_bytes"],
                                 self.report("layer", M=7, N=5)["layer_grad"]["work_bytes"]])
        self.assertGreater(found[2], 0)

    def stacks(self, folder, compiler, level):
        """The largest frames of entry point and parts by product, as the compiler reports them."""
        subprocess.run([compiler, level, "-fstack-usage", "-c", "p.c", "-o", "p.o"], cwd=folder, check=True)
        frames = {}
        for line in (pathlib.Path(folder) / "p.su").read_text().splitlines():
            place, size, _ = line.split("\t")
            symbol, _, part = place.split(":")[-1].partition("_part")
            frames.setdefault(symbol, {})["part" if part else "entry"] = max(
                int(size), frames.get(symbol, {}).get("part" if part else "entry", 0))
        return frames

    def test_stack_is_no_more_than_stated(self):
        examples = pathlib.Path(__file__).resolve().parents[2] / "examples"
        checked = 0
        for path in sorted(examples.glob("*.ad")):
            self.write("p.ad", path.read_text())
            if "import " in path.read_text():
                continue
            self.good("build", "p.ad", "-o", "p.c")
            entries = self.report(None)
            for level in ("-O0", "-O2"):
                frames = self.stacks(self.folder, "gcc", level)
                for symbol, entry in entries.items():
                    used = sum(frames[symbol].values()) if symbol in frames else 0
                    self.assertLessEqual(used, entry["stack_bytes"], (path.name, symbol, level))
                    checked += used > 0
        self.assertGreater(checked, 100)

    def test_limits(self):
        self.write("p.ad", PROGRAM + LAYER)
        self.fails(1, "report", "p.ad", "layer", "--max-work", "100000", says=("p.ad:", "`layer` depends on sizes", "--max-work")[:2])
        # grad_A, where the caller has no place for it; y, its derivative and its adjoint, with room for whole vectors but
        # twice as long at most; rows of A for a tile of 32 passes; all that lanes store aligned to 64 bytes
        work = 8*3*4 + 3*(8*2*3 + 64) + 8*32*4 + 64
        self.assertIn("layer_grad", self.good("report", "p.ad", "layer", "M=3", "N=4", "--max-work", str(work)))
        self.fails(1, "report", "p.ad", "layer", "M=3", "N=4", "--max-work", str(work - 1), says="`layer_grad` takes %d" % work)
        self.fails(1, "report", "p.ad", "layer", "M=300", "N=4", "--max-work", "1000", says="more than `--max-work 1000`")
        self.write("s.ad", "export fn s(var x: real[4]) -> real = sum(i: exp(x[i])*sum(j: exp(x[j]*x[i])))\n")
        self.fails(1, "build", "s.ad", "--max-stack", "100", says=("s.ad:1:11", "more than `--max-stack 100`"))
        self.assertEqual(self.files(), ["p.ad", "s.ad"])
        self.good("build", "s.ad", "--max-stack", "100000", "--max-work", "100000")
        self.assertEqual(self.files(), ["p.ad", "s.ad", "s.c", "s.h"])
        self.fails(2, "build", "s.ad", "--max-stack", "-1", says="--max-stack")
        self.fails(2, "build", "s.ad", "--max-work", "many", says="--max-work")

    def test_reals_do_not_count(self):
        self.write("p.ad", PROGRAM)
        self.fails(2, "report", "p.ad", "steps", "n=3", "a=2", says="`a` is no size")


if __name__ == "__main__":
    harness.main()
