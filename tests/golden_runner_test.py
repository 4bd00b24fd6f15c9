"""The golden runner can fail: every kind of wrong expectation is reported, and nothing but the expected one."""
import pathlib
import subprocess
import sys
import tempfile
import unittest

from harness import binary

RUNNER = pathlib.Path(__file__).resolve().parent / "golden_test.py"
SQUARE = "export fn f(var x: real) -> real = x*x\n"
SOURCE = "//: source closed form\n"
ENGINES = ["interp", "gcc", "clang"] + (["llvm", "jit"] if binary.has_llvm() else [])


class Runner(unittest.TestCase):
    def judge(self, text, *options):
        with tempfile.TemporaryDirectory(prefix="adc_runner_") as folder:
            path = pathlib.Path(folder) / "t.ad"
            path.write_text(text)
            process = subprocess.run([sys.executable, str(RUNNER), str(path), *options], capture_output=True, text=True, timeout=60)
            self.after = path.read_text()
            return process.returncode, process.stdout + process.stderr

    def passes(self, text):
        status, out = self.judge(text)
        self.assertEqual(status, 0, out)

    def fails(self, text, needle):
        status, out = self.judge(text)
        self.assertEqual(status, 1, out)
        self.assertIn(needle, out)
        self.assertNotIn("Traceback", out)

    def test_right_value_passes(self):
        self.passes(SQUARE + "//: value x=3 derive=grad\n//| result = 9\n//| grad_x = 6\n" + SOURCE)

    def test_wrong_value_fails(self):
        for engine in ENGINES:
            self.fails(SQUARE + "//: value x=3\n//| result = 9.000000001\n" + SOURCE, engine + ": result is 9.0, want")

    def test_wrong_derivative_fails(self):
        self.fails(SQUARE + "//: value x=3 derive=grad\n//| grad_x = 5\n" + SOURCE, "grad_x")

    ARRAYS = "export fn f(var x: real[N], data k: int[M]) -> real[M] = [m: x[k[m]]^2]\n"

    def test_right_arrays_pass(self):
        self.passes(self.ARRAYS + "//: value x=[1, 3] k=[1, 0] derive=value,vjp result_bar=[1, 2]\n"
                    "//| result = [9, 1]\n//| x_bar = [4, 6]\n//: value x=[] k=[]\n//| result = []\n"
                    "//: check adjoint N=3 M=2 k=0..2\n" + SOURCE)
        self.passes("export fn f(var A: real[N, N]) -> real = sum(i, j: A[i, j]^3)\n"
                    "//: check gradient N=2\n//: value A=[[1, 2], [0, inf]]\n//| result = inf\n" + SOURCE)

    def test_wrong_arrays_fail(self):
        for engine in ENGINES:
            self.fails(self.ARRAYS + "//: value x=[1, 3] k=[1, 0]\n//| result = [9, 1.0000001]\n" + SOURCE, engine + ": result")
        self.fails(self.ARRAYS + "//: value x=[1, 3] k=[1, 0]\n//| result = [[9, 1]]\n" + SOURCE, "result is [9.0, 1.0]")
        self.fails(self.ARRAYS + "//: value x=[] k=[]\n//| result = [[]]\n" + SOURCE, "result is []")
        self.fails("export fn f(var x: real[N]) -> real = sum(n: if x[n] == 2 then 4.0 else x[n]^2)\n"
                   "//: check gradient x=[1,2]\n", "grad_x[1]")

    def test_value_without_source_fails(self):
        self.fails(SQUARE + "//: value x=3\n//| result = 9\n", "without a source")

    def test_value_without_expectation_fails(self):
        self.fails(SQUARE + "//: value x=3\n" + SOURCE, "no value expected")

    def test_unknown_output_fails(self):
        self.fails(SQUARE + "//: value x=3\n//| resutl = 9\n" + SOURCE, "no output resutl")

    def test_unknown_directive_fails(self):
        self.fails(SQUARE + "//: vlaue x=3\n", "unknown directive")

    def test_no_directive_fails(self):
        self.fails(SQUARE, "without directive")

    def test_unlisted_diagnostic_fails(self):
        self.fails("export fn f(var x: real) -> real = y\n//: c contains\n//| x\n", "unlisted")

    def test_listed_diagnostic_passes(self):
        self.passes("export fn f(var x: real) -> real = x + y\n//!                                    ^ error E07: `y`\n")

    def test_misplaced_diagnostic_fails(self):
        self.fails("export fn f(var x: real) -> real = x + y\n//!                                   ^ error E07: `y`\n", "place differs")

    def test_missing_diagnostic_fails(self):
        self.fails(SQUARE + "//!                                    ^ error E07: `y`\n", "missing")

    def test_wrong_gradient_is_found_by_differences(self):
        self.passes(SQUARE + "//: check gradient\n")
        self.fails("export fn f(var x: real) -> real = x*stop_gradient(x)\n//: check gradient\n", "differences give")

    def test_missing_text_in_c_fails(self):
        self.fails(SQUARE + "//: c contains\n//| x*x*x\n", "occurs 0 times")
        self.fails(SQUARE + "//: c lacks in=f\n//| x*x\n", "occurs 1 times")

    def test_bless_rewrites_text_and_no_value(self):
        text = SQUARE + "//: ir after=ir\n//| nothing\n//: value x=3\n//| result = 8\n" + SOURCE
        status, out = self.judge(text, "--bless")
        self.assertEqual(status, 1, out)
        self.assertIn("//| result = 8\n", self.after)
        self.assertNotIn("nothing", self.after)
        self.passes(self.after.replace("result = 8", "result = 9"))


if __name__ == "__main__":
    unittest.main()
