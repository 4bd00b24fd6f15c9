"""Programs of several files: what an import finds, what it brings, what it does not bring."""
import json
import os
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "driver"))
import harness  # noqa: E402

STATS = """/// Density of the normal distribution, without its factor.
export fn density(x: real, mu: real = 0.5, data s: real = 2) -> real = exp(-((x - mu)/s)^2/2)
const half = 1/2
const two = 2
type Pair = (a: real, b: real)
fn swap(p: Pair) -> Pair = (a = p.b, b = p.a)
fn density_of(p: Pair) = density(p.a)
@test fn fails() { require false, "tests of an imported file do not run" }
"""


class ModulesAreFollowed(harness.Case):
    def write(self, name, text):
        os.makedirs(os.path.dirname(os.path.join(self.folder, name)), exist_ok=True)
        return super().write(name, text)

    def result(self, text, *arguments):
        """Value of f(3) of a program next to std/stats.ad."""
        self.write("std/stats.ad", STATS)
        self.write("main.ad", text)
        return self.value("run", "main.ad", "f", "x=3", *arguments)

    def diagnostics(self, *arguments, status=1):
        done = self.adc(*arguments, "--diagnostics=json")
        self.assertEqual(done.returncode, status, done.stderr)
        return json.loads(done.stderr)

    def refused(self, text, *codes, files=()):
        for name, content in files:
            self.write(name, content)
        self.write("std/stats.ad", STATS)
        self.write("main.ad", text)
        found = self.diagnostics("build", "main.ad", "-o", "-")
        self.assertEqual([d["code"] for d in found], list(codes), found)
        return found

    # ------------------------------------------------------------------ names

    def test_every_way_to_name_a_function(self):
        # exp(-((3 - 0.5)/2)^2/2) and its derivative
        value, slope = 0.4578333617716143, -0.28614585110725893
        for text in ("import std.stats\nexport fn f(var x: real) -> real = stats.density(x)\n",
                     "import std.stats\nexport fn f(var x: real) -> real = std.stats.density(x)\n",
                     "import std.stats as st\nexport fn f(var x: real) -> real = st.density(x)\n",
                     "import std.stats (density, two)\nexport fn f(var x: real) -> real = density(x)\n",
                     "import std.stats\nexport fn f(var x: real) -> real = stats.density(s = 2, x = x)\n"):
            found = self.result(text, "--grad")
            self.close(found["result"], value)
            self.close(found["grad"]["x"], slope)

    def test_constants_and_types(self):
        text = """import std.stats
import std.stats (Pair)
export fn f(var x: real) -> real {
  let p: stats.Pair = (a = x, b = std.stats.half)
  let q: Pair = stats.swap(p)
  q.a + x^stats.two
}
"""
        self.close(self.result(text)["result"], 9.5)

    def test_arrays_and_functions(self):
        self.write("geo/rot.ad", """type Pose = (angle: real, shift: real[2])
const half: real[2] = [0.5, 0.25]
const order = 2
fn turn(p: real[2], a: real) -> real[2] = [cos(a)*p[0] - sin(a)*p[1], sin(a)*p[0] + cos(a)*p[1]]
fn each(g: fn(real[2]) -> real[2], x: real[N, 2]) -> real[N, 2] = [n: g(x[n])]
fn move(p: Pose, x: real[2]) -> real[2] = turn(x, p.angle) + p.shift
fn power(x: real, const k: int = order) -> real = x^k
fn apply(h: fn(real) -> real, x: real) -> real = h(x) + 1
""")
        self.write("main.ad", """import geo.rot
import geo.rot as r
import geo.rot (Pose, apply, half)
export fn f(var x: real[N, 2], var a: real) -> real {
  let p: Pose = (angle = 2*a, shift = half)
  let y = rot.each(fn(v) => rot.turn(v, a), x)
  sum(y) + sum(r.move(p, x[0])) + sum(i: geo.rot.half[i]*half[i]) + apply(geo.rot.power, a) + r.power(a, 3)
    + apply(fn(t) => r.power(t)*r.order, a)
}
""")
        # sums of rows are (c - s) x0 + ... : (c + s) x0 + (c - s) x1, with the angle a, once with 2 a
        found = self.value("run", "main.ad", "f", "x=[[1, 2], [3, 4]]", "a=0.5", "--grad")
        self.close(found["result"], 12.533910474491844)
        self.close(found["grad"]["a"], -8.928851030406435)

    def test_data_is_checked_across_files(self):
        found = self.refused("import std.stats\n"
                             "export fn f(var x: real) -> real = stats.density(1, 0, x)\n", "E27")
        self.assertEqual(found[0]["file"], "main.ad")

    def test_functions_of_one_name_in_two_files(self):
        self.write("a.ad", "fn g(x: real) = helper(x)\nfn helper(x: real) = 10*x\n")
        self.write("b.ad", "fn g(x: real) = helper(x)\nfn helper(x: real) = 100*x\n")
        self.close(self.result("import a\nimport b\nfn helper(x: real) = x\n"
                               "export fn f(var x: real) -> real = a.g(x) + b.g(x) + helper(x)\n")["result"], 333)

    def test_a_local_hides_the_first_part_of_a_path(self):
        self.close(self.result("import std.stats\nexport fn f(var x: real) -> real {\n  let std = x\n"
                               "  std + stats.two\n}\n")["result"], 5)

    def test_a_module_within_a_module(self):
        self.write("a.ad", "const c = 1\n")
        self.write("a/b.ad", "const c = 10\n")
        for order in ("import a\nimport a.b\n", "import a.b\nimport a\n"):
            self.close(self.result(order + "export fn f(var x: real) -> real = x + a.c + a.b.c + b.c\n")["result"], 24)

    def test_clashes(self):
        self.write("m.ad", "fn density(x: real) = x\n")
        note = self.refused("import std.stats (density)\nimport m (density)\nexport fn f(var x: real) -> real = x\n",
                            "E08")[0]["notes"][0]
        self.assertEqual((note["file"], note["line"]), ("main.ad", 1))
        self.refused("import std.stats (density)\nfn density(x: real) = x\n", "E08")
        self.refused("fn stats(x: real) = x\nimport std.stats\n", "E08")
        self.write("other/stats.ad", "const c = 1\n")
        self.refused("import std.stats\nimport other.stats\n", "E08")
        self.refused("import std.stats\nimport std.stats\n", "E08")
        self.refused("import std.stats (density)\nexport fn f(var x: real) -> real { let density = x; density }\n", "E12")

    def test_what_a_module_is_not(self):
        head = "import std.stats\nexport fn f(var x: real) -> real "
        for body, code in (("= stats", "E20"), ("= stats + x", "E20"), ("= stats(x)", "E20"), ("= std.stats", "E20"),
                           ("{ stats\n x }", "E20"), ("= if x > 0 then stats else stats", "E20"),
                           ("{ let s = stats; x }", "E20"), ("= grad(x, stats)", "E39"), ("= x.stats", "E20"),
                           ("= stats.Pair", "E20"), ("= stats.half(x)", "E20"), ("= std.other", "E07")):
            self.refused(head + body + "\n", code)

    def test_misspelt_members_are_suggested(self):
        for text in ("import std.stats\nexport fn f(var x: real) -> real = stats.desnity(x)\n",
                     "import std.stats (desnity)\nexport fn f(var x: real) -> real = x\n"):
            found = self.refused(text, "E07")[0]
            self.assertEqual(found["fix"]["text"], "density")
            self.assertIn("std/stats.ad", found["message"])

    def test_imports_are_not_passed_on(self):
        self.write("m.ad", "import std.stats\nimport std.stats (swap)\nfn g(x: real) = stats.density(x)\n")
        self.refused("import m\nexport fn f(var x: real) -> real = m.stats.density(x)\n", "E07")
        self.refused("import m (swap)\nexport fn f(var x: real) -> real = x\n", "E07")

    # ------------------------------------------------------------------ files

    def test_where_files_are_looked_for(self):
        self.write("main.ad", "import a\nexport fn f(var x: real) -> real = x + a.c\n")
        self.write("one/a.ad", "const c = 1\n")
        self.write("two/a.ad", "const c = 2\n")
        run = ("run", "main.ad", "x=0")
        self.close(self.value(*run, "-I", "one", "-Itwo")["result"], 1)
        self.close(self.value(*run, "-I", "two", "-I", "one")["result"], 2)
        self.write("a.ad", "const c = 0\n")
        self.close(self.value(*run, "-I", "one")["result"], 0)

    def test_beside_the_importing_file_not_the_program(self):
        self.write("main.ad", "import lib.a\nexport fn f(var x: real) -> real = x + a.g(1)\n")
        self.write("lib/a.ad", "import b\nfn g(x: real) = b.c*x\n")
        self.write("lib/b.ad", "const c = 5\n")
        self.write("b.ad", "const c = 7\n")
        self.close(self.value("run", "main.ad", "x=0")["result"], 5)
        self.close(self.value("run", os.path.join(self.folder, "main.ad"), "x=0")["result"], 5)

    def test_standard_input_imports_from_here(self):
        self.write("a.ad", "const c = 4\n")
        self.close(self.value("run", "-", "x=0", stdin="import a\nexport fn f(var x: real) -> real = x + a.c\n")["result"], 4)

    def test_a_missing_file_says_where(self):
        self.write("src/main.ad", "import a.b\nexport fn f(var x: real) -> real = x\n")
        said = self.fails(1, "build", "src/main.ad", "-I", "inc", "-I", "/no/such",
                          says=("src/main.ad:1:8", "no module `a.b`", "`src/a/b.ad`", "`inc/a/b.ad`",
                                "`/no/such/a/b.ad`", "[E50]"))
        self.assertEqual(len(re.findall("looked for", said)), 3)

    def test_files_that_cannot_be_read(self):
        self.write("main.ad", "import a\nexport fn f(var x: real) -> real = x\n")
        os.mkdir(os.path.join(self.folder, "a.ad"))
        self.fails(1, "build", "main.ad", says=("cannot read `a.ad`", "directory", "[E50]"))

    def test_one_file_by_two_paths_is_one(self):
        self.write("inc/base.ad", "const c: real = q\n")
        self.write("inc/m.ad", "import base\nfn g(x: real) = base.c*x\n")
        os.symlink("inc", os.path.join(self.folder, "link"))
        self.write("main.ad", "import base\nimport inc.m\nexport fn f(var x: real) -> real = m.g(x)\n")
        found = self.diagnostics("build", "main.ad", "-I", "link", "-I", os.path.join(self.folder, "inc"))
        self.assertEqual([(d["code"], os.path.basename(d["file"])) for d in found], [("E07", "base.ad")])

    def test_cycles(self):
        for name, other in (("a", "b"), ("b", "c"), ("c", "a")):
            self.write(name + ".ad", f"import {other}\nfn f{name}(x: real) = x\n")
        found = self.refused("import a\nexport fn f(var x: real) -> real = x\n", "E50")[0]
        self.assertIn("a.ad -> b.ad -> c.ad -> a.ad", found["message"])
        self.assertEqual((found["file"], found["line"]), ("c.ad", 1))
        found = self.refused("import main\nexport fn f(var x: real) -> real = x\n", "E50")[0]
        self.assertIn("main.ad -> main.ad", found["message"])
        self.write("d.ad", "import main\n")
        self.refused("import d\nexport fn f(var x: real) -> real = x\n", "E50")

    def test_errors_name_their_file(self):
        bad = (("one.ad", "fn g(x: real) = x +\n"), ("two.ad", "fn g(x: real) = y\n"))
        found = self.refused("import one\nexport fn f(var x: real) -> real = x\n", "E35", files=bad)[0]
        self.assertEqual(found["file"], "one.ad")
        found = self.refused("import two\nexport fn f(var x: real) -> real = z\n", "E07", "E07", files=bad)
        self.assertEqual([d["file"] for d in found], ["two.ad", "main.ad"])

    def test_a_failed_check_names_its_file(self):
        self.write("main.ad", "import m\nexport fn f(var x: real) -> real = m.g(x)\n")
        self.write("m.ad", "fn g(x: real) -> real {\n  require x > 0, \"too small\"\n  log(x)\n}\n")
        done = self.adc("run", "main.ad", "x=-1")
        self.assertEqual(done.returncode, 1)
        self.assertIn("m.ad:2", done.stderr)
        self.good("build", "main.ad", "-o", "main.c")
        self.assertIn("m.ad:2", self.read("main.c"))

    def test_warnings_of_imported_files(self):
        self.write("main.ad", "import m\nexport fn f(var x: real) -> real = m.g(x)\n")
        self.write("m.ad", "fn g(x: real) -> real {\n  let y = x\n  x\n}\n")
        found = self.diagnostics("build", "main.ad", "-o", "-", status=0)
        self.assertEqual([(d["code"], d["file"], d["line"]) for d in found], [("E10", "m.ad", 2)])

    # ------------------------------------------------------------------- build

    def test_imported_exports_are_not_exported_again(self):
        self.result("import std.stats\nexport fn f(var x: real) -> real = stats.density(x)\n")
        self.good("build", "main.ad", "-o", "main.c")
        self.assertNotIn("density", self.read("main.h"))
        self.assertIn("f_grad", self.read("main.h"))

    def test_a_program_of_imports_alone_exports_nothing(self):
        self.write("std/stats.ad", STATS)
        self.write("main.ad", "import std.stats\n")
        self.fails(1, "build", "main.ad", says="exports no function")
        self.fails(1, "run", "main.ad", "density", "x=1", says="no function `density`")

    def test_dependencies_name_every_file(self):
        self.write("main.ad", "import lib.a\nimport b\nexport fn f(var x: real) -> real = a.g(x)\n")
        self.write("lib/a.ad", "import c\nfn g(x: real) = c.c*x\n")
        self.write("lib/c.ad", "const c = 5\n")
        self.write("in clude/b.ad", "const c = 5\n")
        self.good("build", "main.ad", "-o", "out.c", "-MD", "-MF", "out.d", "-I", "in clude")
        self.assertEqual(self.read("out.d"),
                         "out.c out.h: main.ad lib/a.ad lib/c.ad in\\ clude/b.ad\n")

    def test_an_imported_file_is_not_written_over(self):
        self.write("main.ad", "import a\nexport fn f(var x: real) -> real = x\n")
        self.write("a.ad", "const c = 5\n")
        self.fails(2, "build", "main.ad", "-o", "a.ad", says="a.ad")
        self.assertEqual(self.read("a.ad"), "const c = 5\n")

    def test_ten_thousand_files_in_a_chain(self):
        count = 10000
        for i in range(count - 1):
            super().write(f"m{i}.ad", f"import m{i + 1} as next\nfn f(x: real) = next.f(x)\n")
        super().write(f"m{count - 1}.ad", "fn f(x: real) = 2*x\n")
        super().write("main.ad", "import m0\nexport fn f(var x: real) -> real = m0.f(x)\n")
        self.close(self.value("run", "main.ad", "x=3")["result"], 6)
        super().write(f"m{count - 1}.ad", "import m0\n")
        said = self.fails(1, "run", "main.ad", "x=3", says="more) -> ")
        self.assertLess(len(said), 4000)


if __name__ == "__main__":
    harness.main()
