"""The golden runner can fail: every kind of wrong expectation is reported, and nothing but the expected one."""
import pathlib
import subprocess
import sys
import tempfile
import unittest

RUNNER = pathlib.Path(__file__).resolve().parent / "golden_test.py"
SQUARE = "export fn f(var x: real) -> real = x*x\n"
SOURCE = "//: source closed form\n"


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
        for engine in ("interp", "gcc", "clang"):
            self.fails(SQUARE + "//: value x=3\n//| result = 9.000000001\n" + SOURCE, engine + ": result is 9.0, want")

    def test_wrong_derivative_fails(self):
        self.fails(SQUARE + "//: value x=3 derive=grad\n//| grad_x = 5\n" + SOURCE, "grad_x")

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
