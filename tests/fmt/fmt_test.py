"""adc fmt: what it writes and when; the tree of every program with a meaning stays; the layout of the language's
own examples is (nearly) the canonical one."""
import difflib
import os
import pathlib
import re
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from harness import binary

ROUGH = "fn  f( x:real )->real=x * 2+1\n"
NEAT = "fn f(x: real) -> real = x*2 + 1\n"
WRONG = "fn  f( x:real ->real=x\n"
DESIGN = binary.ROOT.parent / "shared" / "design" / "examples"


class Fmt(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = pathlib.Path(scratch.name)

    def write(self, name, text):
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        os.utime(path, (1000, 1000))
        return path

    def adc(self, status, *arguments, **options):
        result = binary.adc(*arguments, cwd=self.folder, **options)
        self.assertEqual(result.status, status, str(result))
        return result

    def test_files_are_rewritten(self):
        rough, neat = self.write("rough.ad", ROUGH), self.write("neat.ad", NEAT)
        rough.chmod(0o640)
        result = self.adc(0, "fmt", "rough.ad", "neat.ad")
        self.assertEqual((result.out, result.err), ("", ""))
        self.assertEqual(rough.read_text(), NEAT)
        self.assertEqual(rough.stat().st_mode & 0o777, 0o640)
        self.assertNotEqual(rough.stat().st_mtime, 1000)
        self.assertEqual(neat.stat().st_mtime, 1000)
        self.assertEqual(sorted(os.listdir(self.folder)), ["neat.ad", "rough.ad"])

    def test_links_are_followed(self):
        rough = self.write("rough.ad", ROUGH)
        (self.folder / "link.ad").symlink_to("rough.ad")
        self.adc(0, "fmt", "link.ad")
        self.assertTrue((self.folder / "link.ad").is_symlink())
        self.assertEqual(rough.read_text(), NEAT)

    def test_standard_input(self):
        self.assertEqual(self.adc(0, "fmt", "-", stdin=ROUGH).out, NEAT)
        self.assertEqual(self.adc(0, "fmt", "-", stdin="").out, "")

    def test_check_writes_nothing(self):
        rough = self.write("rough.ad", ROUGH)
        self.write("neat.ad", NEAT)
        result = self.adc(1, "fmt", "--check", "neat.ad", "rough.ad", "-", stdin=ROUGH)
        self.assertEqual(result.out, "rough.ad\nstdin\n")
        self.assertEqual((rough.read_text(), rough.stat().st_mtime), (ROUGH, 1000))
        self.assertEqual(self.adc(0, "fmt", "--check", "neat.ad").out, "")

    def test_syntax_errors(self):
        rough, wrong = self.write("rough.ad", ROUGH), self.write("wrong.ad", WRONG)
        result = self.adc(1, "fmt", "wrong.ad", "rough.ad")
        self.assertRegex(result.err, r"^wrong\.ad:1:6: error: .*\[E31\]")
        self.assertEqual((rough.read_text(), wrong.read_text()), (ROUGH, WRONG))
        result = self.adc(1, "fmt", "--check", "wrong.ad", "rough.ad")
        self.assertEqual(result.out, "rough.ad\n")
        self.assertIn("wrong.ad:1:6", result.err)

    def test_programs_need_no_meaning(self):
        self.assertEqual(self.adc(0, "fmt", "-", stdin="fn f( ) =nothing").out, "fn f() = nothing\n")

    def test_arguments(self):
        self.write("rough.ad", ROUGH)
        self.assertIn("needs a file", self.adc(2, "fmt").err)
        self.assertIn("none.ad", self.adc(3, "fmt", "none.ad").err)
        self.assertIn("`--real`", self.adc(2, "fmt", "--real", "f32", "rough.ad").err)

    def tree(self, path):
        """The typed syntax tree, or None for a program with errors."""
        result = binary.adc("show", str(path), "--stage", "ast", plain=True)
        return result.out if result.status == 0 else None

    def test_trees_stay(self):
        compared = skipped = 0
        for path in sorted(binary.ROOT.glob("tests/**/*.ad")) + sorted(binary.ROOT.glob("examples/*.ad")):
            before = self.tree(path)
            # what a program imports is not beside the copy
            if before is None or re.search(r"^import\b", path.read_text(encoding="utf-8"), re.M):
                skipped += 1
                continue
            copy = self.write("copy.ad", path.read_text(encoding="utf-8"))
            self.adc(0, "fmt", "copy.ad", plain=True)
            self.assertEqual(self.tree(copy), before, str(path))
            compared += 1
        print("%d trees compared, skipped %d" % (compared, skipped))
        self.assertGreater(compared, 50)

    def test_examples_of_the_language_are_nearly_canonical(self):
        paths = sorted(DESIGN.glob("*.ad"))
        if not paths:
            print("skipped 1: no ../shared/design/examples")
            return
        lines = changed = 0
        for path in paths:
            before = path.read_text(encoding="utf-8")
            after = self.adc(0, "fmt", "-", stdin=before, plain=True).out
            changed += sum(line[0] == "-" for line in difflib.ndiff(before.splitlines(), after.splitlines()))
            lines += before.count("\n")
        print("%d of %d lines of %d examples change" % (changed, lines, len(paths)))
        self.assertLessEqual(changed, lines // 50)


unittest.main()
