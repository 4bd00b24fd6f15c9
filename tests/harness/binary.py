"""The `adc` binary: where it is, running it, and reading what it says.

ADC and ADC_PLAIN (the optimised twin without sanitizers, for what is measured) come from CMake."""
import functools
import json
import os
import pathlib
import shlex
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
ADC = os.environ.get("ADC", str(ROOT / "build" / "dev" / "adc"))
ADC_PLAIN = os.environ.get("ADC_PLAIN", ADC)
BUILD = pathlib.Path(os.environ.get("ADC_BUILD_DIR", ROOT / "build" / "dev"))
COMPILERS = ["gcc", "clang"]

# A sanitizer's finding must not look like an error of the program (1), of the call (2) or of a file (3).
# intercept_tls_get_addr: as in tests/CMakeLists.txt.
ENVIRONMENT = dict(os.environ, ASAN_OPTIONS="exitcode=99:allocator_may_return_null=1:intercept_tls_get_addr=0",
                   UBSAN_OPTIONS="exitcode=99:print_stacktrace=1", LC_ALL="C")


class Result:
    """How one run of a command ended."""

    def __init__(self, command, process):
        self.command = shlex.join(command)
        self.status = process.returncode
        self.out = process.stdout
        self.err = process.stderr

    def json(self):
        return json.loads(self.out)

    def __str__(self):
        return "%s\nstatus %d\n%s%s" % (self.command, self.status, self.out, self.err)


def run(command, stdin="", timeout=60, **options):
    options.setdefault("env", ENVIRONMENT)
    process = subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=timeout,
                             errors="surrogateescape", **options)
    return Result(command, process)


def adc(*arguments, plain=False, **options):
    """Runs adc; a crash or a sanitizer's finding is never an expected result."""
    wrapper = shlex.split(os.environ.get("ADC_VALGRIND", "")) if not plain else []
    result = run(wrapper + [ADC_PLAIN if plain else ADC] + [str(a) for a in arguments], **options)
    if result.status not in (0, 1, 2, 3):
        raise AssertionError("adc crashed: %s" % result)
    return result


@functools.lru_cache(maxsize=None)
def has_llvm(path=ADC_PLAIN):
    """Whether this adc makes native code by itself."""
    result = run([path, "eval", "1.0", "--engine", "jit"])
    if result.status and "built without LLVM" not in result.err:
        raise AssertionError(str(result))
    return result.status == 0


class Diagnostic:
    """One message: line and column from 1, width on its first line; both in bytes, as adc counts."""

    def __init__(self, record, lines):
        self.severity, self.code, self.text = record["severity"], record["code"], record["message"]
        self.line, self.column, self.width = record["line"] or 0, record["column"] or 0, 0
        if self.line:
            line = lines[self.line - 1] if self.line <= len(lines) else ""
            end = record["end"]
            stop = end["column"] if end["line"] == self.line else len(line.encode(errors="surrogateescape")) + 1
            self.width = max(1, stop - self.column)
        self.more = [("note", note["message"]) for note in record["notes"]]
        if record["help"]:
            self.more.append(("help", record["help"]))
        if record["fix"]:
            self.more.append(("fix", record["fix"]["text"]))

    def __str__(self):
        return "%d:%d+%d %s %s: %s" % (self.line, self.column, self.width, self.severity, self.code, self.text)


def diagnostics(text, source):
    """What `--diagnostics=json` wrote to stderr about the source text, in order."""
    return [Diagnostic(record, source.split("\n")) for record in json.loads(text)]
