"""What the tests of the command line share: running adc, scratch folders, programs.

    python3 tests/driver/NAME_test.py [/path/to/adc]

Without an argument the binary is that of the environment variable ADC."""
import json
import os
import subprocess
import sys
import tempfile
import unittest

SEED = """const c: real = 5

export fn z(var x: real, var y: real) -> real {
  let s = x*y + c
  s*c + x
}

/// Every kind of node at once.
export fn kinds(var x: real, p: real, const k: int = 3) -> real = (x*p + c)*c + x^k

fn helper(var x: real, n: int, flag: bool) -> real = if flag then x*n else x
"""

ONE = "export fn f(var x: real, var y: real) -> real = x*x*y\n"

binary = None


class Case(unittest.TestCase):
    """A test with a scratch folder `self.folder` that adc runs in."""
    maxDiff = None

    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = scratch.name

    def write(self, name, text):
        path = os.path.join(self.folder, name)
        mode = "wb" if isinstance(text, bytes) else "w"
        with open(path, mode) as file:
            file.write(text)
        return path

    def read(self, name):
        with open(os.path.join(self.folder, name)) as file:
            return file.read()

    def files(self):
        return sorted(os.listdir(self.folder))

    def adc(self, *arguments, stdin="", environment=None, **further):
        """The finished process; texts unless `text=False`."""
        variables = dict(os.environ, NO_COLOR="1", **(environment or {}))
        further.setdefault("text", True)
        if "stdout" not in further and "stderr" not in further:
            further["capture_output"] = True
        return subprocess.run([binary, *arguments], input=stdin, cwd=self.folder, env=variables,
                              timeout=300, check=False, **further)

    def good(self, *arguments, **further):
        """Standard output of a run that succeeds."""
        done = self.adc(*arguments, **further)
        self.assertEqual(done.returncode, 0, f"{arguments}: {done.stderr}")
        return done.stdout

    def value(self, *arguments, **further):
        """The JSON object that a run with --json prints."""
        return json.loads(self.good(*arguments, "--json", **further))

    def fails(self, status, *arguments, says=(), **further):
        """Standard error of a run that ends with `status`, prints nothing and names all of `says`."""
        done = self.adc(*arguments, **further)
        self.assertEqual(done.returncode, status, f"{arguments}: {done.stdout}{done.stderr}")
        self.assertFalse(done.stdout, f"{arguments} printed results")
        for text in [says] if isinstance(says, str) else says:
            self.assertIn(text, done.stderr, f"{arguments}")
        self.assertEqual(done.stderr.count("error:"), 1, f"{arguments}: {done.stderr}")
        return done.stderr

    def close(self, found, wanted, tolerance=1e-14):
        self.assertLessEqual(abs(found - wanted), tolerance * max(1.0, abs(wanted)),
                             f"{found!r} is not {wanted!r}")


def main():
    global binary
    arguments = [a for a in sys.argv[1:] if not a.startswith("-")]
    binary = os.path.abspath(arguments[0] if arguments else os.environ["ADC"])
    flags = [a for a in sys.argv[1:] if a.startswith("-")]
    # the tests import this file as `harness`; that copy must know the binary too
    sys.modules["harness"].binary = binary
    unittest.main(module="__main__", argv=[sys.argv[0], *flags])
