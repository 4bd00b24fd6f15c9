"""Bad input of every kind: one clear message that names the thing, the right status, no file."""
import os
import subprocess

import harness

COMMANDS = (("build",), ("run",), ("trace",), ("graph",), ("show", "--stage", "ir"))


class BadInputIsNamed(harness.Case):
    def every_command(self, status, name, says=()):
        before = self.files()
        for command in COMMANDS:
            says = [says] if isinstance(says, str) else list(says)
            self.fails(status, command[0], name, *command[1:], says=[name, *says])
        self.assertEqual(self.files(), before)

    def test_missing_file(self):
        self.every_command(3, "none.ad", "No such file")

    def test_directory(self):
        os.mkdir(os.path.join(self.folder, "d.ad"))
        self.every_command(3, "d.ad", "directory")

    def test_file_in_a_file(self):
        self.write("f.ad", harness.ONE)
        self.every_command(3, "f.ad/g.ad")

    def test_binary_file(self):
        self.write("b.ad", b"\x7fELF\x02\x01\x01\x00" + bytes(range(256)) * 8)
        for command in COMMANDS:
            done = self.adc(command[0], "b.ad", *command[1:])
            self.assertEqual(done.returncode, 1, done.stderr)
            self.assertIn("b.ad", done.stderr)
            self.assertFalse(done.stdout)
        self.assertEqual(self.files(), ["b.ad"])

    def test_nul_byte(self):
        self.write("n.ad", b"export fn f(x: real) -> real = x\0*2\n")
        self.every_command(1, "n.ad", "n.ad:1:33")

    def test_invalid_utf8(self):
        self.write("u.ad", b"export fn f(x: real) -> real = x // \xff\n")
        self.every_command(1, "u.ad", "u.ad:1:37")

    def test_empty_file(self):
        for text in ("", "\n", "// only a comment\n"):
            self.write("e.ad", text)
            self.every_command(1, "e.ad", "function")

    def test_nothing_exported(self):
        self.write("p.ad", "fn f(x: real) -> real = x\n")
        self.fails(1, "build", "p.ad", says=("p.ad", "export"))
        self.assertEqual(self.files(), ["p.ad"])

    def test_unknown_function(self):
        self.write("f.ad", harness.SEED)
        for command in (("run",), ("trace",), ("graph",), ("show", "--stage", "c"),
                        ("show", "--stage", "ast")):
            self.fails(1, command[0], "f.ad", "knids", *command[1:],
                       says=("f.ad", "`knids`", "did you mean `kinds`?"))

    def test_undefined_name_with_line(self):
        self.write("f.ad", "export fn f(var x: real) -> real =\n  x*sigmod(x)\n")
        self.every_command(1, "f.ad", ("f.ad:2:5", "[E07]"))

    def test_ten_million_brackets(self):
        text = "export fn f(x: real) -> real = " + "(" * 10_000_000
        done = self.adc("build", "-", stdin=text)
        self.assertEqual(done.returncode, 1, done.stderr[-300:])
        self.assertIn("stdin:1:", done.stderr)
        self.assertLess(len(done.stderr), 10000)

    def test_closed_standard_output(self):
        self.write("f.ad", harness.ONE)
        for command in ("run f.ad x=1 y=2", "build f.ad -o -", "show f.ad --stage ir", "--help",
                        "trace f.ad x=1 y=2", "graph f.ad"):
            done = subprocess.run(f'"{harness.binary}" {command} >&-', shell=True, cwd=self.folder,
                                  text=True, stderr=subprocess.PIPE, check=False)
            self.assertEqual(done.returncode, 3, command)
            self.assertIn("standard output", done.stderr)
        self.assertEqual(self.files(), ["f.ad"])

    def test_closed_standard_output_does_not_touch_files(self):
        self.write("f.ad", harness.ONE)
        subprocess.run(f'"{harness.binary}" build f.ad >&- 2>&-', shell=True, cwd=self.folder,
                       check=True)
        self.assertTrue(self.read("f.c").strip())
        self.assertEqual(self.files(), ["f.ad", "f.c", "f.h"])

    def test_full_disk(self):
        self.write("f.ad", harness.ONE)
        for command in (("run", "f.ad", "x=1", "y=2"), ("build", "f.ad", "-o", "-", "--header", "h.h"),
                        ("build", "--help")):
            with open("/dev/full", "w") as full:
                done = self.adc(*command, stdout=full, stderr=subprocess.PIPE)
            self.assertEqual(done.returncode, 3, command)
            self.assertIn("No space left", done.stderr)
        self.assertEqual(self.files(), ["f.ad"])


if __name__ == "__main__":
    harness.main()
