"""-g: gdb stops at lines of the program, in code of the JIT and in object files that C links."""
import os
import re
import shutil
import subprocess
import sys
import unittest

import harness

PROGRAM = """import part (p)

export fn f(var x: real[N]) -> real {
  let y[i] = p(x[i])
  let s = sum(i: y[i])
  s*s
}
"""
PART = "fn p(x: real) -> real =\n  exp(x)*x\n"
MAIN = """#include "f.h"
int main(void)
{
    double x[] = {1, 2}, result, grad[2];
    return f_grad(2, x, &result, grad, 0);
}
"""


class Debuggers(harness.Case):
    def setUp(self):
        super().setUp()
        if "without LLVM" in self.adc("eval", "1.0", "--engine", "jit").stderr:
            self.skipTest("this adc was built without LLVM")
        if not shutil.which("gdb") or "Couldn't" in self.gdb("/bin/true"):
            print("skipped: no gdb that may trace (%s)" % self.id(), file=sys.stderr)
            self.skipTest("no gdb")
        self.write("f.ad", PROGRAM)
        self.write("part.ad", PART)

    def gdb(self, *command, places=()):
        """What gdb prints when the command stops at each of the places."""
        script = ["set breakpoint pending on", "set debuginfod enabled off", "set confirm off"]
        script += ["break " + place for place in places] + ["run"] + ["bt", "continue"]*len(places)
        options = [word for line in script for word in ("-ex", line)]
        done = subprocess.run(["gdb", "-q", "-nx", "-batch", *options, "--args", *command], cwd=self.folder, text=True,
                              capture_output=True, env=dict(os.environ, ASAN_OPTIONS="detect_leaks=0"), timeout=200, check=False)
        return done.stdout + done.stderr

    def stops(self, text, wanted):
        found = re.findall(r"^(?:Thread.*|Breakpoint [\d.]+), .*? at (\S+)\n(\d+)\t(.*)$", text, re.M)
        self.assertEqual([(place, line) for place, _, line in found], wanted, text)

    def test_code_of_the_jit(self):
        text = self.gdb(os.path.abspath(harness.binary), "run", "f.ad", "x=[1]", "--engine", "jit", "-g",
                        places=["f.ad:5", "f.ad:6"])
        self.stops(text, [("f.ad:5", "  let s = sum(i: y[i])"), ("f.ad:6", "  s*s")])
        self.assertRegex(text, r"#0 .*\bf \(\) at f\.ad:5")
        self.assertIn("result    7.389", text)

    def test_loops_in_lanes(self):
        for count in (4, 9):  # too few for lanes or full vectors alone, and with passes left: each has code of its own
            text = self.gdb(os.path.abspath(harness.binary), "run", "f.ad", "x=%s" % ([1]*count), "--engine", "jit", "-g",
                            places=["f.ad:5"])
            self.assertIn("5\t  let s = sum(i: y[i])", text)

    def test_an_object_in_a_c_program(self):
        self.good("build", "f.ad", "--emit", "obj", "-o", "f.o", "-g")
        self.write("main.c", MAIN)
        subprocess.run(["cc", "-g", "-o", "main", "main.c", "f.o", "-lm"], cwd=self.folder, check=True)
        text = self.gdb("./main", places=["f.ad:6"])
        self.stops(text, [("f.ad:6", "  s*s")])
        self.assertRegex(text, r"#[12] .*main \(\) at main\.c:5")

    def test_lines_of_imported_files(self):
        self.good("build", "f.ad", "--emit", "obj", "-o", "f.o", "-g", "--derive", "value")
        text = self.good("build", "f.ad", "--emit", "llvm", "-o", "-", "-g", "--derive", "value")
        self.assertIn('!DIFile(filename: "part.ad", directory: ".")', text)

    def test_nothing_without_it(self):
        self.assertNotIn("!DIFile", self.good("build", "f.ad", "--emit", "llvm", "-o", "-"))


if __name__ == "__main__":
    harness.main()
