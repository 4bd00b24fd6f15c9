"""Native code: object files that C links, other targets, levels, processors, what goes wrong; and an adc without LLVM."""
import os
import shutil
import subprocess
import sys
import unittest

import harness

PROGRAM = """export fn f(var x: real[N], n: int, flag: bool) -> real {
  require n > 0
  let s = sum(i: if flag then exp(x[i]) else max(x[i], 1.5)^n)
  s/n
}

@derive(value)
export fn g(x: real[N], k: i32) -> real[N] = [i: x[i] mod k]
"""

MAIN = r"""#include "f.h"
#include <stdio.h>
int main(void)
{
    double x[3] = {0.5, 2.0, -1.0}, value, gradient[3], rest[3];
    printf("%d ", f_grad(3, x, 2, false, &value, gradient, NULL));
    printf("%.17g %.17g %.17g %.17g ", value, gradient[0], gradient[1], gradient[2]);
    printf("%d %s, ", f_grad(3, x, 0, true, &value, NULL, NULL), f_status(1));
    printf("%d %s, %s, %s ", f(-1, x, 1, true, &value, NULL), f_status(-2), f_status(-1), f_status(99));
    g(3, x, 2, rest, NULL);
    printf("%g %g %g %d", rest[0], rest[1], rest[2], f_abi() == f_abi_version);
    return 0;
}
"""
WANT = "0 %.17g 0 2 0 1 require n > 0 (f.ad:2), -2 negative size, out of memory, unknown status 0.5 0 1 1" % (
    (1.5 ** 2 + 4 + 1.5 ** 2) / 2)


def has_llvm():
    done = subprocess.run([os.path.abspath(harness.binary), "eval", "1.0", "--engine", "jit"], capture_output=True, text=True, check=False)
    return "built without LLVM" not in done.stderr


class Native(harness.Case):
    def setUp(self):
        super().setUp()
        if not has_llvm():
            self.skipTest("this adc was built without LLVM")
        self.write("f.ad", PROGRAM)

    def run_linked(self, *objects):
        self.write("main.c", MAIN)
        subprocess.run(["cc", "-o", "main", "main.c", *objects, "-lm"], cwd=self.folder, check=True)
        return subprocess.run(["./main"], cwd=self.folder, check=True, capture_output=True, text=True).stdout

    def test_object_links_as_the_emitted_source_does(self):
        self.good("build", "f.ad")
        self.assertEqual(self.run_linked("f.c"), WANT)
        for options in ((), ("-O0",), ("-O2",), ("-O3",), ("--mcpu", "native"), ("--mcpu=x86-64-v3",)):
            if options == ("--mcpu=x86-64-v3",) and os.uname().machine != "x86_64":
                continue
            self.good("build", "f.ad", "--emit", "obj", "-o", "f.o", *options)
            self.assertEqual(self.run_linked("f.o"), WANT, options)

    def test_assembly_assembles(self):
        self.good("build", "f.ad", "--emit", "asm", "--header", "f.h")
        self.assertEqual(self.run_linked("f.s"), WANT)

    def test_files_have_the_usual_endings(self):
        for kind, files in (("obj", ["f.ad", "f.h", "f.o"]), ("asm", ["f.ad", "f.s"]), ("llvm", ["f.ad", "f.ll"])):
            self.good("build", "f.ad", "--emit", kind)
            self.assertEqual(self.files(), files)
            for name in files[1:]:
                os.remove(os.path.join(self.folder, name))

    def test_same_input_gives_same_bytes(self):
        texts = [self.good("build", "f.ad", "--emit", kind, "-o", "-") for kind in ("llvm", "asm") * 2]
        self.assertEqual(texts[:2], texts[2:])

    def test_prefix_and_no_malloc(self):
        text = self.good("build", "f.ad", "--emit", "llvm", "-o", "-", "--prefix", "my_", "--no-malloc")
        self.assertIn("@my_f_grad(", text)
        self.assertNotIn("@malloc", text)

    def test_other_machines(self):
        for target, mark in (("aarch64-linux-gnu", "aarch64"), ("armv7-linux-gnueabihf", "armv7"),
                             ("riscv64-linux-gnu", "riscv64"), ("powerpc64le-linux-gnu", "powerpc64le")):
            self.assertIn(mark, self.good("build", "f.ad", "--emit", "llvm", "--target", target, "-o", "-"))
            self.good("build", "f.ad", "--emit", "obj", "--target", target, "-o", "f.o")

    def test_objects_for_aarch64_run(self):
        compiler = shutil.which("aarch64-linux-gnu-gcc")
        emulator = shutil.which("qemu-aarch64") or shutil.which("qemu-aarch64-static")
        if not compiler or not emulator:
            print("skipped: running objects for aarch64 (packages gcc-aarch64-linux-gnu, qemu-user)", file=sys.stderr)
            self.skipTest("no cross compiler or no qemu")
        self.write("main.c", MAIN)
        for level in "0123":
            self.good("build", "f.ad", "--emit", "obj", "--target", "aarch64-linux-gnu", "-o", "f.o", "-O" + level)
            subprocess.run([compiler, "-o", "main", "main.c", "f.o", "-lm"], cwd=self.folder, check=True)
            done = subprocess.run([emulator, "-L", "/usr/aarch64-linux-gnu", "./main"], cwd=self.folder, capture_output=True, text=True,
                                  check=False)
            self.assertEqual((done.returncode, done.stdout), (0, WANT), done.stderr)

    def test_risc_v_passes_reals_in_registers_as_its_c_does(self):
        self.good("build", "f.ad", "--emit", "obj", "--target", "riscv64-linux-gnu", "-o", "f.o")
        with open(os.path.join(self.folder, "f.o"), "rb") as file:
            flags = file.read()[48]  # e_flags: 4 is the ABI of doubles in registers
        self.assertEqual(flags & 6, 4)

    def test_unknown_machines_and_processors(self):
        self.fails(3, "build", "f.ad", "--emit", "obj", "--target", "pdp11-dec-unix", says="no such target")
        self.fails(3, "build", "f.ad", "--emit", "obj", "--mcpu", "i4004", says=("no such processor", "i4004"))
        self.fails(3, "build", "f.ad", "--emit", "obj", "--target", "aarch64-linux-gnu", "--mcpu", "native", says="no such processor")
        self.assertEqual(self.files(), ["f.ad"])

    def test_stages(self):
        self.assertIn("define", self.good("show", "f.ad", "--stage", "llvm"))
        self.assertIn("g:", self.good("show", "f.ad", "g", "--stage", "asm"))

    def test_engine(self):
        for arguments in (("f", "x=[0.5, 2, -1]", "n=3", "flag=false", "--grad"), ("f", "x=[0.5]", "n=1", "flag=true", "--grad"),
                          ("g", "x=[0.5, -3.25]", "k=2")):
            want = self.value("run", "f.ad", *arguments, "--engine", "c")
            for level in "0123":
                self.assertEqual(self.value("run", "f.ad", *arguments, "--engine", "jit", "-O" + level), want)
        self.fails(1, "run", "f.ad", "f", "x=[1]", "n=0", "flag=true", "--engine", "jit", says="failed: require n > 0")

    def test_tests_run_by_it(self):
        self.write("t.ad", "@test\nfn t() { require exp(0.0) == 1 }\n")
        self.assertIn("1 passed", self.good("test", "t.ad", "--engine", "jit"))


class WithoutLlvm(harness.Case):
    def test_the_command_says_so(self):
        if has_llvm():
            self.skipTest("this adc was built with LLVM")
        self.write("f.ad", harness.ONE)
        self.fails(3, "run", "f.ad", "x=1", "y=2", "--engine", "jit", says="built without LLVM")
        for kind in ("llvm", "obj", "asm"):
            self.fails(3, "build", "f.ad", "--emit", kind, says="built without LLVM")
        self.assertEqual(self.files(), ["f.ad"])


if __name__ == "__main__":
    harness.main()
