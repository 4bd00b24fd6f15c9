"""Size is no obstacle: 100 000 statements, and expressions 100 000 operators deep, go through `adc build` in seconds
with memory linear in size; the emitted C compiles in time linear in size with gcc and clang at -O1, and runs in a
thread with a 512 KiB stack at -O0. Nothing recurses over what the user controls.

adc and the run are measured with value and gradient, the C compilers at -O1 with the value alone, each with half of
the shapes (--full: both with all shapes, value and gradient). It is the optimised twin of adc that runs here. What counts is processor time, compared between sizes (ten
times the size may take at most 25 times as long), so that a busy machine does not fail the test."""
import math
import pathlib
import resource
import subprocess
import sys
import tempfile
import time

from harness import binary

SMALL, LARGE = 10000, 100000
GROWTH = 25        # of time, for ten times the size
MEMORY_GROWTH = 14  # of peak memory beyond what an empty program needs
BUILD_SECONDS, COMPILE_SECONDS = 20, 150
FULL = "--full" in sys.argv

HOST = r"""
#include "f.h"
#include <pthread.h>
#include <stdio.h>
static void *run(void *status)
{
    double result, gx, gy;
    *(int *)status = f_grad(0.5, 0.25, &result, &gx, &gy, NULL);
    if (*(int *)status == 0) printf("%.17g %.17g %.17g\n", result, gx, gy);
    return NULL;
}
int main(void)
{
    pthread_attr_t attributes;
    pthread_t thread;
    int status = 1;
    pthread_attr_init(&attributes);
    if (pthread_attr_setstacksize(&attributes, 512 * 1024)) return 2;
    if (pthread_create(&thread, &attributes, run, &status)) return 3;
    pthread_join(thread, NULL);
    return status != 0;
}
"""

# Runs a command and writes its processor seconds and peak memory in KiB to a file. The peak the system tells of a
# child includes the parent's at its start, and Python's depends on what has been tested before.
MEASURE = r"""
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
static double seconds(struct timeval t) { return (double)t.tv_sec + 1e-6 * (double)t.tv_usec; }
int main(int argc, char **argv)
{
    struct rusage usage;
    int status = 0;
    FILE *out = argc > 2 ? fopen(argv[1], "w") : NULL;
    pid_t child = out ? fork() : -1;
    if (child == 0) {
        execvp(argv[2], argv + 2);
        _exit(127);
    }
    if (child < 0 || wait4(child, &status, 0, &usage) != child) return 126;
    fprintf(out, "%.6f %ld\n", seconds(usage.ru_utime) + seconds(usage.ru_stime), usage.ru_maxrss);
    if (fclose(out)) return 126;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
"""

HEAD = "export fn f(var x: real, var y: real) -> real "


def statements(n):
    lines = [HEAD + "{", "  let t0 = x*y", "  let t1 = x + y"]
    lines += ["  let t%d = 0.5*t%d*t%d + y" % (i, i - 1, i - 2) for i in range(2, n)]
    return "\n".join(lines + ["  t%d" % (n - 1), "}"]) + "\n"


def statements_value(n, x, y):
    a, b = (x * y, y, x), (x + y, 1.0, 1.0)
    for _ in range(2, n):
        a, b = b, (0.5 * b[0] * a[0] + y, 0.5 * (b[1] * a[0] + b[0] * a[1]), 0.5 * (b[2] * a[0] + b[0] * a[2]) + 1)
    return b


def left(n):
    """((x*y + x)*y + x) ... leaning to the left: as written by a chain of + with products between."""
    return HEAD + "=\n  x" + "".join(" +\n  %d*x*y" % (i % 7 + 1) for i in range(n // 3)) + "\n"


def left_value(n, x, y):
    s = float(sum(i % 7 + 1 for i in range(n // 3)))
    return x + s * x * y, 1 + s * y, s * x


def right(n):
    """x + 0.5*(x + 0.5*(... y)): leaning to the right, one bracket a level."""
    levels = n // 2
    return HEAD + "=\n  " + "x + 0.5*(" * levels + "y" + ")" * levels + "\n"


def right_value(n, x, y):
    return 2 * x, 2.0, 0.0


def calls(n):
    """sin(0.9*sin(0.9* ... x)) + y."""
    levels = n // 2
    return HEAD + "=\n  " + "sin(0.9*" * levels + "x" + ")" * levels + " + y\n"


def calls_value(n, x, y):
    value, slope = x, 1.0
    for _ in range(n // 2):
        slope *= 0.9 * math.cos(0.9 * value)
        value = math.sin(0.9 * value)
    return value + y, slope, 1.0


class Measure:
    def __init__(self, folder):
        self.tool, self.found = folder / "measure", folder / "measured"
        source = folder / "measure.c"
        source.write_text(MEASURE)
        subprocess.run(["gcc", "-D_DEFAULT_SOURCE", "-O1", str(source), "-o", str(self.tool)], check=True)

    def __call__(self, command, timeout):
        """(seconds, peak memory in KiB) of a command that must succeed."""
        result = subprocess.run([str(self.tool), str(self.found)] + command, stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT, text=True)
        assert result.returncode == 0, "%s\nstatus %d\n%s" % (" ".join(command), result.returncode,
                                                              result.stdout[:4000])
        seconds, memory = self.found.read_text().split()
        assert float(seconds) < timeout, "%s took %s s" % (" ".join(command), seconds)
        return float(seconds), int(memory)


class Shape:
    """A program by size and its value by hand; `compilers` are timed with it."""

    def __init__(self, name, text, value, *compilers):
        self.name, self.text, self.value, self.problems = name, text, value, []
        self.compilers = [c for c in binary.COMPILERS if FULL or c in compilers]

    def check(self, folder, measured, floor):
        sizes = {}
        for n in (SMALL, LARGE):
            where = folder / ("%s%d" % (self.name, n))
            where.mkdir()
            (where / "f.ad").write_text(self.text(n))
            (where / "host.c").write_text(HOST)
            sizes[n] = self.measure(where, measured)
        print("%-10s %s" % (self.name, {k: tuple(round(v[n], 2) if k != "memory" else v[n] for n in sizes)
                                          for k, v in transpose(sizes).items()}))
        for what, at in transpose(sizes).items():
            if what == "memory":
                self.growth(what, at[SMALL] - floor, at[LARGE] - floor, MEMORY_GROWTH)
            elif at[LARGE] > 1:
                self.growth(what, at[SMALL], at[LARGE], GROWTH)
        self.run(folder / ("%s%d" % (self.name, LARGE)), measured, LARGE)

    def growth(self, what, small, large, limit):
        if large > limit * small:
            self.problems.append("%s: %s grows from %.2f to %.2f for ten times the size" % (self.name, what, small, large))

    def measure(self, where, measured):
        build = [binary.ADC_PLAIN, "build", str(where / "f.ad"), "-o", str(where / "f.c")]
        seconds, memory = measured(build + ["--derive=grad"], BUILD_SECONDS)
        found = {"adc": seconds, "memory": memory}
        if not FULL:
            measured(build[:-1] + [str(where / "value.c"), "--derive=value"], BUILD_SECONDS)
        source = where / ("f.c" if FULL else "value.c")
        for compiler in self.compilers:
            found[compiler] = measured([compiler, "-std=c99", "-O1", "-c", str(source), "-o", str(where / "f.o")],
                                       COMPILE_SECONDS)[0]
        return found

    def run(self, where, measured, n):
        measured(["gcc", "-std=c99", "-D_POSIX_C_SOURCE=200809L", "-O0", "-I", str(where), str(where / "host.c"),
                  str(where / "f.c"), "-o", str(where / "host"), "-lm", "-pthread"], COMPILE_SECONDS)
        result = binary.run([str(where / "host")])
        if result.status:
            self.problems.append("%s: the host ends with %s" % (self.name, result))
            return
        got, want = [float(word) for word in result.out.split()], self.value(n, 0.5, 0.25)
        if not all(abs(g - w) <= 1e-9 * max(1, abs(w)) for g, w in zip(got, want)):
            self.problems.append("%s: got %s, want %s" % (self.name, got, want))


def transpose(sizes):
    return {what: {n: sizes[n][what] for n in sizes} for what in sizes[SMALL]}


def check_parentheses(folder, problems):
    """10 million brackets deep: a diagnostic, not a crash; and in bounded time."""
    source = folder / "deep.ad"
    n = 10 * 1000 * 1000
    for text in (HEAD + "= " + "(" * n + "x" + ")" * n + "\n", HEAD + "= " + "(" * n, HEAD + "= " + "-" * n + "x\n",
                 HEAD + "= " + "[" * n, HEAD + "{" * n):
        source.write_text(text)
        start = time.monotonic()
        result = subprocess.run([binary.ADC_PLAIN, "build", str(source), "-o", str(folder / "deep.c")], capture_output=True,
                                text=True, timeout=120)
        shape = text[len(HEAD):len(HEAD) + 4]
        print("10 million of `%s`: status %d, %.1f s, %s" % (shape, result.returncode, time.monotonic() - start,
                                                            result.stderr.split("\n")[0][:100]))
        if result.returncode != 1 or "[E" not in result.stderr or (folder / "deep.c").exists():
            problems.append("10 million of `%s`: status %d, %s" % (shape, result.returncode, result.stderr[:500]))


def main():
    resource.setrlimit(resource.RLIMIT_STACK, (1 << 20, resource.getrlimit(resource.RLIMIT_STACK)[1]))
    shapes = [Shape("statements", statements, statements_value, "gcc"), Shape("left", left, left_value, "clang"),
              Shape("right", right, right_value, "gcc"), Shape("calls", calls, calls_value, "clang")]
    problems = []
    with tempfile.TemporaryDirectory(prefix="adc_scale_") as folder:
        folder = pathlib.Path(folder)
        measured = Measure(folder)
        (folder / "empty.ad").write_text(HEAD + "= x\n")
        floor = measured([binary.ADC_PLAIN, "build", str(folder / "empty.ad"), "-o", str(folder / "empty.c")], 10)[1]
        for shape in shapes:
            try:
                shape.check(folder, measured, floor - 512)
            except AssertionError as error:
                shape.problems.append("%s: %s" % (shape.name, error))
            problems += shape.problems
        check_parentheses(folder, problems)
    print("\n".join(problems))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
