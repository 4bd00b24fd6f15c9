"""--fma: functions in lanes are of fused multiply-adds, with the same bits wherever they run; nothing else changes."""
import pathlib
import shutil
import unittest

import harness

MAPS = """export fn maps(x: real[N]) -> (a: real[N], b: real[N], c: real[N], d: real[N], e: real[N]) =
  ([i: exp(x[i])], [i: log(x[i]*x[i])], [i: tanh(x[i])], [i: erf(x[i])], [i: sin(x[i])])
"""
SUMS = "export fn f(var x: real[N], var y: real[N]) -> real = sum(i: x[i]*y[i] + x[i])\n"
POINTS = "x=[%s]" % ", ".join(repr(0.0537*k - 4.3) for k in range(161))
# The instruction is there, or not: the library's function then.
TARGETS = [("gcc -O1 -msse4.2", "sse4_2"), ("gcc -O1 -mavx2", "avx2"), ("gcc -O1 -mavx2 -mfma", "fma"),
           ("gcc -O2 -march=native -ffp-contract=fast", None), ("clang -O2 -march=native -ffp-contract=fast", None)]


class Fused(harness.Case):
    def emitted(self, program, *options):
        self.write("f.ad", program)
        self.good("build", "f.ad", "-o", "f.c", *options)
        return self.read("f.c")

    def maps(self, *options, **further):
        return self.value("run", "f.ad", POINTS, *options, **further)["result"]

    def test_bits_are_the_same_everywhere(self):
        self.write("f.ad", MAPS)
        features = pathlib.Path("/proc/cpuinfo").read_text().split()
        first, plain = None, None
        for compiler, feature in TARGETS:
            if not shutil.which(compiler.split()[0]) or (feature and feature not in features):
                print("skipped 1 target: %s" % compiler)
                continue
            found = self.maps("--fma", "--engine", "c", environment={"CC": compiler})
            first = first or found
            self.assertEqual(found, first, compiler)
            plain = plain or self.maps("--engine", "c", environment={"CC": compiler})
        self.assertNotEqual(first, plain)
        for name in first:
            for a, b in zip(first[name], plain[name]):
                self.close(a, b, 4e-16)
        if "without LLVM" in self.adc("eval", "1.0", "--engine", "jit").stderr:
            print("skipped 3 targets: no LLVM")
            return
        for width in ("2", "4", "on"):
            self.assertEqual(self.maps("--fma", "--engine", "jit", "--simd", width), first, width)

    def test_lanes_alone_are_fused(self):
        self.assertIn("fma_v__(", self.emitted(MAPS, "--fma"))
        self.assertNotIn("fma_v__(", self.emitted(MAPS))
        for options in (("--portable",), ("--simd", "off")):
            self.assertEqual(self.emitted(MAPS, "--fma", *options), self.emitted(MAPS, *options))
        for program in (SUMS, harness.SEED):
            self.assertEqual(self.emitted(program, "--fma"), self.emitted(program))


if __name__ == "__main__":
    harness.main()
