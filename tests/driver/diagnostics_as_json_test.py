"""--diagnostics=json: one array on standard error, whatever happens; colour on terminals only."""
import json

import harness


class DiagnosticsAsJson(harness.Case):
    def array(self, status, *arguments, **further):
        done = self.adc(*arguments, "--diagnostics=json", **further)
        self.assertEqual(done.returncode, status, done.stderr)
        return json.loads(done.stderr)

    def test_good_run_is_an_empty_array(self):
        self.assertEqual(self.array(0, "eval", "x", "x=1"), [])

    def test_program_error(self):
        self.write("f.ad", "export fn f(var x: real) -> real =\n  x*sigmod(x)\n")
        found = self.array(1, "build", "f.ad")
        self.assertEqual(len(found), 1)
        self.assertEqual(set(found[0]), {"code", "severity", "file", "line", "column", "end",
                                         "message", "notes", "help", "fix"})
        self.assertEqual((found[0]["code"], found[0]["severity"], found[0]["file"]),
                         ("E07", "error", "f.ad"))
        self.assertEqual((found[0]["line"], found[0]["column"]), (2, 5))
        self.assertEqual(found[0]["end"], {"line": 2, "column": 11})
        self.assertIn("sigmod", found[0]["message"])

    def test_several_errors_in_one_run(self):
        self.write("f.ad", "fn f(x: real) -> real = x*one\nfn g(x: real) -> real = x*two\n")
        self.assertEqual([d["line"] for d in self.array(1, "run", "f.ad", "f", "x=1")], [1, 2])

    def test_message_of_the_command(self):
        found = self.array(3, "build", "none.ad")
        self.assertEqual(len(found), 1)
        self.assertIsNone(found[0]["code"])
        self.assertIsNone(found[0]["line"])
        self.assertIn("none.ad", found[0]["message"])

    def test_failed_require_has_a_place(self):
        self.write("r.ad", "export fn f(x: real) -> real {\n  require x > 0, \"no\"\n  x\n}\n")
        found = self.array(1, "run", "r.ad", "x=-1")
        self.assertEqual((found[0]["file"], found[0]["line"]), ("r.ad", 2))

    def test_bytes_that_are_no_text(self):
        self.write("u.ad", b"export fn f(x: real) -> real = \xff\n")
        self.assertTrue(self.array(1, "build", "u.ad"))
        done = self.adc(b"build", b"no\xffne.ad", b"--diagnostics=json")
        self.assertEqual(done.returncode, 3)
        self.assertEqual(len(json.loads(done.stderr)), 1)

    def test_no_colour_in_a_pipe(self):
        self.assertNotIn("\033", self.adc("build", "none.ad").stderr)

    def test_control_characters_of_names_stay_out(self):
        self.assertNotIn("\033", self.adc("build", "a\033[31mb.ad").stderr)


if __name__ == "__main__":
    harness.main()
