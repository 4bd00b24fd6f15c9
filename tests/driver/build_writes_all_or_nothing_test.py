"""adc build: where outputs go, and that they appear together or not at all."""
import json
import os
import subprocess

import harness

BAD = "export fn f(var x: real) -> real = x*nobody\n"


class BuildWritesAllOrNothing(harness.Case):
    def setUp(self):
        super().setUp()
        self.write("f.ad", harness.ONE)

    def run_c(self, source):
        """Compiles f.c of the folder with a main and returns what it prints."""
        self.write("main.c", source)
        flags = ["-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow", "-Werror"]
        subprocess.run(["cc", *flags, "main.c", "f.c", "-o", "program", "-lm"], cwd=self.folder,
                       check=True)
        return subprocess.run(["./program"], cwd=self.folder, check=True, text=True,
                              capture_output=True).stdout

    def test_beside_the_source(self):
        os.mkdir(os.path.join(self.folder, "sub"))
        self.write("sub/g.ad", harness.ONE)
        self.assertEqual(self.good("build", "sub/g.ad"), "")
        self.assertEqual(sorted(os.listdir(os.path.join(self.folder, "sub"))),
                         ["g.ad", "g.c", "g.h"])
        self.assertIn('#include "g.h"', self.read("sub/g.c"))

    def test_build_is_the_default_command(self):
        self.good("f.ad", "-o", "a.c")
        self.good("-o", "b.c", "f.ad")
        self.good("build", "f.ad", "-oc.c")
        self.assertEqual(self.files(), ["a.c", "a.h", "b.c", "b.h", "c.c", "c.h", "f.ad"])
        self.assertEqual(self.read("a.c").replace("a.h", "b.h"), self.read("b.c"))

    def test_compiled_c_gives_value_and_gradient(self):
        self.good("build", "f.ad")
        printed = self.run_c("""#include "f.h"
#include <stdio.h>
int main(void)
{
    double r, gx, gy;
    if (f_grad(3.0, 5.0, &r, &gx, &gy, 0)) return 1;
    printf("%g %g %g\\n", r, gx, gy);
    return 0;
}
""")
        self.assertEqual(printed, "45 30 9\n")

    def test_header_elsewhere(self):
        self.good("build", "f.ad", "-o", "x.c", "--header", "y.h")
        self.assertEqual(self.files(), ["f.ad", "x.c", "y.h"])
        self.assertIn('#include "y.h"', self.read("x.c"))

    def test_standard_output_stands_alone(self):
        for arguments, stdin in ((("f.ad", "-o", "-"), ""), (("-",), harness.ONE)):
            text = self.good("build", *arguments, stdin=stdin)
            self.assertEqual(self.files(), ["f.ad"])
            self.assertNotIn('#include "', text)
            subprocess.run(["cc", "-std=c99", "-Wall", "-Werror", "-x", "c", "-c", "-", "-o",
                            "/dev/null"], input=text, text=True, check=True)

    def test_same_input_same_bytes(self):
        first = self.good("build", "f.ad", "-o", "-")
        self.assertEqual(first, self.good("build", "f.ad", "-o", "-"))

    def test_unchanged_output_keeps_its_time(self):
        self.good("build", "f.ad")
        for name in ("f.c", "f.h"):
            os.utime(os.path.join(self.folder, name), (1000, 1000))
        self.good("build", "f.ad")
        for name in ("f.c", "f.h"):
            self.assertEqual(os.stat(os.path.join(self.folder, name)).st_mtime, 1000)
        self.write("f.ad", harness.ONE.replace("x*x", "x*x*x"))
        self.good("build", "f.ad")
        self.assertNotEqual(os.stat(os.path.join(self.folder, "f.c")).st_mtime, 1000)

    def test_manifest_is_json(self):
        self.good("build", "f.ad", "--manifest", "f.json")
        self.assertIn("f_grad", json.dumps(json.loads(self.read("f.json"))))

    def test_dependency_file(self):
        os.mkdir(os.path.join(self.folder, "a b #$"))
        self.write("a b #$/g.ad", harness.ONE)
        self.good("build", "a b #$/g.ad", "-o", "g.c", "-MD", "-MF", "g.d")
        self.assertEqual(self.read("g.d"), "g.c g.h: a\\ b\\ \\#$$/g.ad\n")
        self.good("build", "f.ad", "-o", "f.c", "-MD")
        self.assertEqual(self.read("f.d"), "f.c f.h: f.ad\n")

    def test_name_of_the_dependency_file_is_enough(self):
        self.good("build", "f.ad", "-o", "g.c", "-MF", "g.d")
        self.assertEqual(self.read("g.d"), "g.c g.h: f.ad\n")

    def test_dependency_file_with_a_target_of_its_own(self):
        self.write("g.ad", "import f\nexport fn g(var x: real) -> real = f.f(x, x)\n")
        self.good("build", "g.ad", "-o", "g.c", "-MT", "a b.stamp", "-MP")
        self.assertEqual(self.read("g.d"), "a\\ b.stamp: g.ad f.ad\nf.ad:\n")
        self.good("build", "g.ad", "-o", "g.c", "-MF", "h.d", "-MP")
        self.assertEqual(self.read("h.d"), "g.c g.h: g.ad f.ad\nf.ad:\n")
        self.fails(2, "build", "g.ad", "-o", "-", "-MT", "x", says="dependency file")

    def test_make_reads_the_dependency_file(self):
        self.good("build", "f.ad", "-MD")
        self.write("Makefile", "all: f.c\ninclude f.d\nf.c f.h:\n\ttouch rebuilt\n")
        os.utime(os.path.join(self.folder, "f.ad"), (4e9, 4e9))
        subprocess.run(["make", "-s"], cwd=self.folder, check=True, capture_output=True)
        self.assertIn("rebuilt", self.files())

    def test_other_kinds(self):
        for kind, mark in (("ir", "mul"), ("loops", ""), ("dot", "digraph")):
            self.good("build", "f.ad", "--emit", kind)
            self.assertIn(mark, self.read(f"f.{kind}"))
            self.assertTrue(self.read(f"f.{kind}").strip())
            self.assertEqual(self.good("build", "f.ad", "--emit", kind, "-o", "-"),
                             self.read(f"f.{kind}"))
        self.fails(2, "build", "f.ad", "--emit", "ir", "--header", "x.h", says="--header")

    def test_products(self):
        text = self.good("build", "f.ad", "-o", "-", "--derive", "value,hvp")
        self.assertIn("f_hvp", text)
        self.assertNotIn("f_grad", text)

    def test_prefix(self):
        self.assertIn("int my_f_grad(", self.good("build", "f.ad", "-o", "-", "--prefix", "my_"))
        self.fails(2, "build", "f.ad", "--prefix", "1-", says="--prefix")

    def test_single_precision(self):
        self.assertIn("float", self.good("build", "f.ad", "-o", "-", "--real", "f32"))

    def test_wrt(self):
        text = self.good("build", "f.ad", "-o", "-", "--wrt", "y")
        self.assertIn("grad_y", text)
        self.assertNotIn("grad_x", text)

    def test_misspelt_wrt_and_of(self):
        self.write("n.ad", "export fn f(var width: real) -> (area: real, edge: real) =\n"
                           "  (area = width*width, edge = 4*width)\n")
        for command in (("build",), ("build", "--emit", "ir"), ("show", "--stage", "c"),
                        ("show", "--stage", "adjoint")):
            command = (command[0], "n.ad", *command[1:], "--derive", "grad", "--of")
            self.fails(2, *command, "aera", says=("`--of aera`", "did you mean `area`?"))
            self.fails(2, *command, "area", "--wrt", "widht",
                       says=("`--wrt widht`", "did you mean `width`?"))
        self.assertEqual(self.files(), ["f.ad", "n.ad"])

    def test_line_directives(self):
        self.assertIn("#line", self.good("build", "f.ad", "-o", "-", "-g"))

    def test_no_malloc(self):
        self.assertNotIn("malloc", self.good("build", "f.ad", "-o", "-", "--no-malloc"))

    # ------------------------------------------------------------------ failures

    def test_program_error_leaves_old_output(self):
        self.write("bad.ad", BAD)
        self.write("out.c", "old\n")
        self.fails(1, "build", "bad.ad", "-o", "out.c", "--manifest", "m.json", says="nobody")
        self.assertEqual(self.read("out.c"), "old\n")
        self.assertEqual(self.files(), ["bad.ad", "f.ad", "out.c"])

    def test_one_unwritable_output_and_none_is_written(self):
        for option in ("--header", "--manifest", "-MF"):
            self.fails(3, "build", "f.ad", "-o", "x.c", option, "none/there", says="none/there")
            self.assertEqual(self.files(), ["f.ad"])
        self.fails(3, "build", "f.ad", "-o", "none/x.c", says="none/x.c")
        self.assertEqual(self.files(), ["f.ad"])

    def test_directory_as_output(self):
        os.mkdir(os.path.join(self.folder, "d"))
        self.fails(3, "build", "f.ad", "-o", "x.c", "--header", "d", says="`d`")
        self.assertEqual(self.files(), ["d", "f.ad"])

    def test_folder_without_permission(self):
        if os.geteuid() == 0:
            self.skipTest("root may write everywhere")
        os.mkdir(os.path.join(self.folder, "d"), 0o555)
        self.fails(3, "build", "f.ad", "-o", "d/x.c", says="d/x.c")

    def test_full_disk(self):
        self.fails(3, "build", "f.ad", "-o", "/dev/full", "--header", "x.h", says="/dev/full")
        self.assertEqual(self.files(), ["f.ad"])

    def test_devices_are_not_replaced(self):
        self.good("build", "f.ad", "-o", "/dev/null", "--header", "x.h")
        self.assertFalse(os.path.isfile("/dev/null"))
        self.assertEqual(self.files(), ["f.ad", "x.h"])

    def test_links_are_followed(self):
        os.mkdir(os.path.join(self.folder, "real"))
        self.write("real/x.c", "old\n")
        os.symlink("real/x.c", os.path.join(self.folder, "x.c"))
        self.good("build", "f.ad", "-o", "x.c")
        self.assertTrue(os.path.islink(os.path.join(self.folder, "x.c")))
        self.assertNotEqual(self.read("real/x.c"), "old\n")
        self.assertEqual(os.listdir(os.path.join(self.folder, "real")), ["x.c"])

    def test_source_is_never_overwritten(self):
        self.fails(2, "build", "f.ad", "-o", "f.ad", says="f.ad")
        self.fails(2, "build", "f.ad", "-o", "./f.ad", says="f.ad")
        self.assertEqual(self.read("f.ad"), harness.ONE)

    def test_two_outputs_on_one_file(self):
        self.fails(2, "build", "f.ad", "-o", "x", "--header", "x", says="`x`")
        self.assertEqual(self.files(), ["f.ad"])

    def test_mode_of_outputs(self):
        old = os.umask(0o027)
        try:
            self.good("build", "f.ad")
        finally:
            os.umask(old)
        self.assertEqual(os.stat(os.path.join(self.folder, "f.c")).st_mode & 0o777, 0o640)


if __name__ == "__main__":
    harness.main()
