"""--fix: the replacements that errors propose, applied to the file."""
import glob
import json
import os
import re

import harness

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../syntax/bad")
SHOW = ("--stage", "ast")


class FixRewritesFiles(harness.Case):
    def codes(self, name):
        """[(code, has a fix)] of the errors of a file."""
        done = self.adc("show", name, *SHOW, "--diagnostics=json")
        return [(d["code"], bool(d["fix"])) for d in json.loads(done.stderr)
                if d["severity"] == "error"]

    def test_misspelt_name(self):
        self.write("f.ad", "export fn f(var x: real) -> real = sqrtt(x) + 1\n")
        done = self.adc("run", "f.ad", "x=0", "--fix", "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(json.loads(done.stdout)["result"], 1.0)
        self.assertEqual(self.read("f.ad"), "export fn f(var x: real) -> real = sqrt(x) + 1\n")
        self.assertEqual(done.stderr, "f.ad:1:36: fixed: `sqrtt` -> `sqrt` [E07]\n")

    def test_several_at_once_and_in_rounds(self):
        # names are looked up once the file has been parsed: two rounds
        self.write("f.ad", "export fn f(var x: real, n: int) -> real {\n  var y = sqrtt(x)**2\n"
                           "  y + n%2\n}\n")
        done = self.adc("check", "f.ad", "x=0.5", "n=3", "--fix")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.read("f.ad"), "export fn f(var x: real, n: int) -> real {\n"
                                            "  mut y = sqrt(x)^2\n  y + n mod 2\n}\n")
        self.assertEqual(sorted(re.findall(r"\[(E\d\d)\]", done.stderr)), ["E01", "E03", "E03", "E07"])
        self.assertEqual(done.stderr.count("fixed:"), 4)

    def test_insertions_and_removals(self):
        self.write("f.ad", "export fn f(x, var y: real) -> real = +x + y\n")
        done = self.adc("show", "f.ad", *SHOW, "--fix")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.read("f.ad"), "export fn f(x: real, var y: real) -> real = x + y\n")
        self.assertIn("added `: real` [E01]", done.stderr)
        self.assertIn("removed `+` [E36]", done.stderr)

    def test_what_is_seen_with_sizes_and_derivatives(self):
        self.write("f.ad", "export fn f(x: real[N]) -> real {\n  let d[i] = x[i+1] - x[i]\n  sum(d)\n}\n"
                           "export fn g(x: real, y: real) -> real {\n  let u = x^2\n  grad(u, y)\n}\n")
        self.good("build", "f.ad", "-o", "-", "--fix")
        self.assertEqual(self.read("f.ad"),
                         "export fn f(x: real[N]) -> real {\n  let d[i in 0..N - 1] = x[i+1] - x[i]\n  sum(d)\n}\n"
                         "export fn g(x: real, y: real) -> real {\n  let u = x^2\n  grad(u, x)\n}\n")

    def test_words_are_set_apart(self):
        self.write("f.ad", "export fn f(x: real[N]) -> real = sum(zeros(N/2)) + x[(N+1)/2]\n")
        self.good("build", "f.ad", "-o", "-", "--fix")
        self.assertEqual(self.read("f.ad"),
                         "export fn f(x: real[N]) -> real = sum(zeros(N div 2)) + x[(N+1) div 2]\n")

    def test_names_and_definitions(self):
        self.write("f.ad", "export fn f(data: real) -> real {\n  let s = 2*data\n  s += math.sin(data)\n  s\n}\n")
        self.good("build", "f.ad", "-o", "-", "--fix")
        self.assertEqual(self.read("f.ad"), "export fn f(data_: real) -> real {\n  mut s = 2*data_\n"
                                            "  s += sin(data_)\n  s\n}\n")

    def test_errors_that_remain(self):
        self.write("f.ad", "export fn f(var x: real) -> real = sqrtt(x) + wholly_unknown\n")
        done = self.adc("build", "f.ad", "--fix")
        self.assertEqual(done.returncode, 1)
        self.assertIn("sqrt(x) + wholly_unknown", self.read("f.ad"))
        self.assertIn("f.ad:1:46: error:", done.stderr)
        self.assertEqual(done.stderr.count("error:"), 1)
        self.assertEqual(self.files(), ["f.ad"])

    def test_nothing_to_fix_leaves_the_file_alone(self):
        path = self.write("f.ad", harness.ONE)
        os.utime(path, (1, 1))
        self.good("build", "f.ad", "-o", "-", "--fix")
        self.assertEqual(os.stat(path).st_mtime, 1)

    def test_permissions_and_links_stay(self):
        path = self.write("f.ad", "export fn f(x) -> real = x\n")
        os.chmod(path, 0o640)
        os.symlink("f.ad", os.path.join(self.folder, "link.ad"))
        self.good("show", "link.ad", *SHOW, "--fix")
        self.assertTrue(os.path.islink(os.path.join(self.folder, "link.ad")))
        self.assertEqual(self.read("f.ad"), "export fn f(x: real) -> real = x\n")
        self.assertEqual(os.stat(path).st_mode & 0o777, 0o640)

    def test_messages_as_json(self):
        self.write("f.ad", "export fn f(x) -> real = x + wholly_unknown\n")
        done = self.adc("show", "f.ad", *SHOW, "--fix", "--diagnostics=json")
        fixed, error = json.loads(done.stderr)
        self.assertEqual((fixed["severity"], fixed["code"], fixed["line"]), ("fixed", "E01", 1))
        self.assertEqual((error["severity"], error["code"]), ("error", "E07"))

    def test_every_file_of_test(self):
        self.write("a.ad", "@test fn a() {\n  require sqrtt(0.0) == 0\n}\n")
        self.write("b.ad", "@test fn b() {\n  require sqrtt(0.0) == 0\n}\n")
        self.assertEqual(self.good("test", "a.ad", "b.ad", "--fix").splitlines()[-1],
                         "2 passed, 0 failed, 0 skipped")

    def test_what_is_no_file(self):
        self.fails(2, "build", "-", "--fix", stdin="fn f(x) -> real = x\n", says="--fix")
        self.fails(2, "show", "-e", "2*x", *SHOW, "--fix", says="--fix")
        self.fails(2, "eval", "2*x", "x=1", "--fix", says="--fix")
        self.fails(3, "build", "absent.ad", "--fix", says="absent.ad")

    def test_bad_programs(self):
        """Where every error of a code has a fix, the code is gone afterwards, or what is left has none."""
        fixed = 0
        for path in sorted(glob.glob(os.path.join(FOLDER, "*.ad"))):
            with open(path, encoding="utf-8", errors="surrogateescape", newline="") as file:
                lines = [line for line in file if not line.startswith(("//!", "//|", "//:"))]
            self.write("p.ad", "".join(lines).encode("utf-8", "surrogateescape"))
            before = self.codes("p.ad")
            done = self.adc("show", "p.ad", *SHOW, "--fix")
            after = self.codes("p.ad")
            name = os.path.basename(path)
            self.assertFalse([code for code, fix in after if fix], f"{name}: {after}")
            self.assertEqual(done.returncode, 1 if after else 0, name)
            codes = {code for code, fix in before if fix} - {code for code, fix in before if not fix}
            self.assertFalse(codes & {code for code, _ in after}, f"{name}: {before} {after}")
            fixed += bool(codes)
        self.assertGreater(fixed, 15)


if __name__ == "__main__":
    harness.main()
