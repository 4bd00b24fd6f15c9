"""--cache: a folder of objects is filled and read by processes at once, holds whole entries only, and mends damaged ones."""
import concurrent.futures
import os
import pathlib
import re
import unittest

import harness

PROGRAM = "export fn f%d(var x: real[N]) -> real = sum(i: exp(x[i])*%d)\n"


class Cache(harness.Case):
    def setUp(self):
        super().setUp()
        self.cache = pathlib.Path(self.folder) / "cache"
        if "without LLVM" in self.adc("eval", "1.0", "--engine", "jit").stderr:
            self.skipTest("this adc was built without LLVM")

    def run_cached(self, k):
        return self.value("run", "f%d.ad" % k, "x=[0, 1]", "--grad", "--engine", "jit", "--cache", "cache")["grad"]["x"]

    def entries(self):
        return sorted(os.listdir(self.cache))

    def test_processes_share_a_folder(self):
        """Eight at a time, the same four programs, while entries are cut short by somebody else."""
        for k in range(4):
            self.write("f%d.ad" % k, PROGRAM % (k, k))
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            runs = [(k, pool.submit(self.run_cached, k)) for _ in range(12) for k in range(4)]
            for _ in range(200):
                for name in self.entries() if self.cache.exists() else []:
                    try:
                        os.truncate(self.cache / name, 100)
                    except FileNotFoundError:
                        pass
            for k, run in runs:
                self.assertEqual(run.result(), [k, k*2.718281828459045])
        for k in range(4):
            self.run_cached(k)
        self.assertEqual(len(self.entries()), 4)
        for name in self.entries():
            self.assertRegex(name, re.compile("^[0-9a-f]{64}$"))

    def test_imports_are_part_of_the_key(self):
        self.write("f0.ad", "import part (p)\nexport fn f0(var x: real[N]) -> real = sum(i: p(x[i]))\n")
        self.write("part.ad", "fn p(x: real) -> real = x^2\n")
        self.assertEqual(self.run_cached(0), [0, 2])
        self.write("part.ad", "fn p(x: real) -> real = x^3\n")
        self.assertEqual(self.run_cached(0), [0, 3])
        self.assertEqual(len(self.entries()), 2)

    def test_lanes_are_part_of_the_key(self):
        self.write("f0.ad", PROGRAM % (0, 5))
        for options in ((), ("--simd", "off"), ("--simd", "2"), ("--strict",), ("--fma",)):
            self.value("run", "f0.ad", "x=[0, 1]", "--engine", "jit", "--cache", "cache", *options)
        self.assertEqual(len(self.entries()), 5)

    def test_an_entry_is_taken(self):
        self.write("f0.ad", PROGRAM % (0, 5))
        self.assertEqual(self.run_cached(0)[0], 5)
        (name,) = self.entries()
        before = (self.cache / name).stat().st_mtime_ns
        self.assertEqual(self.run_cached(0)[0], 5)
        self.assertEqual((self.cache / name).stat().st_mtime_ns, before)
        self.assertEqual(self.entries(), [name])


if __name__ == "__main__":
    harness.main()
