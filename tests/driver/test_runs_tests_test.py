"""adc test: @test functions, gradients of exported functions, several files."""
import harness

GOOD = """export fn f(var x: real, var y: real) -> real = x*x*y

@test fn value() {
  require f(2, 3) == 12
}

@test
fn derivative() {
  let x: real = 2
  let y: real = 3
  require grad(f(x, y), x) == 12, "2*x*y"
}
"""
BAD = """@test fn fails() {
  let a = 1.5
  require a > 1
  require a > 2, "a is small"
}
@test fn holds() {
  require 1 < 2
}
"""
WRONG = "export fn wrong(var x: real) -> real = if x == 2 then 4.0 else x*x\n"


class TestRunsTests(harness.Case):
    def setUp(self):
        super().setUp()
        self.write("good.ad", GOOD)
        self.write("bad.ad", BAD)

    def test_tests_and_gradients(self):
        for engine in ("interp", "c"):
            self.assertEqual(self.good("test", "good.ad", "--engine", engine),
                             "pass  good.ad: value\npass  good.ad: derivative\n"
                             "pass  good.ad: derivatives of f\n3 passed, 0 failed, 0 skipped\n")

    def test_without_gradients(self):
        self.assertEqual(self.good("test", "good.ad", "--no-gradients").splitlines()[-1],
                         "2 passed, 0 failed, 0 skipped")

    def test_failed_require(self):
        done = self.adc("test", "bad.ad")
        self.assertEqual(done.returncode, 1)
        self.assertEqual(done.stdout.splitlines(),
                         ["FAIL  bad.ad: fails: bad.ad:4:3: failed: a is small", "pass  bad.ad: holds",
                          "1 passed, 1 failed, 0 skipped"])

    def test_several_files(self):
        self.write("broken.ad", "fn f(x: real) -> real = y\n")
        done = self.adc("test", "good.ad", "broken.ad", "bad.ad")
        self.assertEqual(done.returncode, 1)
        self.assertIn("FAIL  broken.ad: it has errors\n", done.stdout)
        self.assertTrue(done.stdout.endswith("4 passed, 2 failed, 0 skipped\n"), done.stdout)
        self.assertIn("broken.ad:1:25: error:", done.stderr)

    def test_wrong_gradient(self):
        self.write("w.ad", WRONG)
        done = self.adc("test", "w.ad", "--seed", "1", "--points", "200")
        self.assertEqual(done.returncode, 1)
        self.assertIn("FAIL  w.ad: derivatives of wrong: ", done.stdout)
        self.assertIn("x = 2.0 is 0.0, but differences give 4.0", done.stdout)
        self.good("test", "w.ad", "--no-gradients")

    def test_file_without_tests(self):
        self.write("e.ad", "fn f(x: real) -> real = x\n")
        self.assertEqual(self.good("test", "e.ad"), "0 passed, 0 failed, 0 skipped\n")

    def test_function_that_cannot_be_drawn_is_skipped(self):
        self.write("e.ad", "export fn f(var x: real, const k: int) -> real = x^k\n"
                           "export fn g(var x: real) -> real {\n  require x > 1e100\n  x\n}\n"
                           "export fn h(var x: real) -> real = x\n")
        lines = self.good("test", "e.ad").splitlines()
        self.assertTrue(lines[0].startswith("skip  e.ad: derivatives of f: `const k"), lines)
        self.assertEqual(lines[1:], ["skip  e.ad: derivatives of g: points skipped: 500 failed a `require`",
                                     "pass  e.ad: derivatives of h", "1 passed, 0 failed, 2 skipped"])
        self.assertEqual(self.good("test", "e.ad", "--const", "k=3").splitlines()[0],
                         "pass  e.ad: derivatives of f")

    def test_gradients_of_arrays_are_compared(self):
        self.write("a.ad", "export fn f(var x: real[N], data k: int[M]) -> real = sum(m: x[k[m]]^3)\n"
                           "export fn g(var x: real[N], y: real[M]) -> real {\n  require N == M + 1\n"
                           "  sum(i in 0..M: x[i+1]*y[i])\n}\n"
                           "@test fn t() {\n  let x = [1.0, 2.0]\n  require sum(x) == 3\n}\n")
        self.assertEqual(self.good("test", "a.ad").splitlines(),
                         ["pass  a.ad: t", "pass  a.ad: derivatives of f", "pass  a.ad: derivatives of g",
                          "3 passed, 0 failed, 0 skipped"])

    def test_bad_arguments(self):
        self.fails(2, "test", says="needs a file")
        self.fails(2, "test", "good.ad", "--points", "0", says="--points")
        self.fails(2, "test", "good.ad", "--const", "kk=3", says="`kk`")
        self.fails(3, "test", "absent.ad", says="absent.ad")


if __name__ == "__main__":
    harness.main()
