"""--explain-shapes lists what is checked and what is proved; --bounds=off and @unchecked leave checks of indices out."""
import harness

PROGRAM = """export fn f(var x: real[N], y: real[M], data k: int[M]) -> real {
  let z = y[0..2]
  @unchecked let w[m in 0..M] = x[k[m]]
  sum(m: x[k[m]]*w[m]*y[m]) + sum(i in 0..N-1: x[i+1]*x[i]) + sum(z)
}
@unchecked export fn g(var x: real[N], data k: int[M]) -> real = sum(m: x[k[m]])
export fn h(var x: real[N], y: real[M]) -> real = sum(x*y)
"""


class BoundsAreExplained(harness.Case):
    def setUp(self):
        super().setUp()
        self.write("f.ad", PROGRAM)

    def test_checks_and_proofs(self):
        lines = self.good("build", "f.ad", "--explain-shapes").splitlines()
        self.assertEqual(lines, [
            "f: 2 checked, 6 proved",
            "f.ad:2:13: slice of `y` outside 0..M: checked, status 1",
            "  `M` is a size of `y`, f.ad:1:37",
            "f.ad:4:10: index of `x` outside 0..N: checked, status 2",
            "  `N` is a size of `x`, f.ad:1:25",
            "  `M` is a size of `y`, f.ad:1:37",
            "f.ad:3:35: index `m` is inside 0..M: proved",
            "f.ad:4:12: sizes `M` and `M` are equal: proved",
            "f.ad:4:18: sizes `M` and `M` are equal: proved",
            "f.ad:4:23: sizes `M` and `M` are equal: proved",
            "f.ad:4:48: index `i+1` is inside 0..N: proved",
            "f.ad:4:55: index `i` is inside 0..N: proved",
            "g: 0 checked, 1 proved",
            "f.ad:6:75: sizes `M` and `M` are equal: proved",
            "h: 1 checked, 0 proved",
            "f.ad:7:55: `N` and `M` must be equal here: checked, status 1",
            "  `N` is a size of `x`, f.ad:7:25",
            "  `M` is a size of `y`, f.ad:7:37"])
        self.assertIn("f.c", self.files())

    def test_bounds_off(self):
        arguments = ["run", "f.ad", "f", "x=[1, 2, 3]", "y=[1, 1]", "k=[0, 5]", "--grad"]
        self.fails(1, *arguments, says="k[1] = 5")
        for engine in ("interp", "c"):
            self.good(*arguments, "--bounds=off", "--engine", engine)
        self.fails(1, *arguments, "--bounds=on", says="k[1] = 5")
        self.good("build", "f.ad", "--bounds=off", "--explain-shapes")
        self.assertNotIn("outside", self.read("f.c"))
        self.assertIn("must be equal", self.read("f.c"))
        self.fails(2, "build", "f.ad", "--bounds=no", says=("`no`", "on|off"))

    def test_unchecked(self):
        for engine in ("interp", "c"):
            self.assertEqual(self.value("run", "f.ad", "g", "x=[1, 2, 3]", "k=[1, 2]", "--grad", "--engine", engine),
                             {"function": "g", "result": 5.0, "grad": {"x": [0.0, 1.0, 1.0]}})
            self.good("run", "f.ad", "g", "x=[1, 2, 3]", "k=[1, 9]", "--grad", "--engine", engine)

    def test_standard_output_is_one_text(self):
        self.fails(2, "build", "f.ad", "-o", "-", "--explain-shapes", says="--explain-shapes")


if __name__ == "__main__":
    harness.main()
