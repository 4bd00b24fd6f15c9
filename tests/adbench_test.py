#!/usr/bin/env python3
"""The programs of bench/adbench against the expected values of ADBench: value and gradient.

Relative error of the largest entry: 1e-12, 1e-11 for the LSTM. The gradient of half the squared residuals is J' r
of the expected Jacobian. Emitted C and native code run all, the interpreter the small ones. Without the data everything is skipped.
usage: adbench_test.py [ADC [DATA]]; else ADC of the environment, and ../shared/adbench beside the checkout
"""
import json
import math
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "bench", "adbench"))
import data  # noqa: E402
from harness import binary  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
PROGRAMS = os.path.join(HERE, "..", "bench", "adbench")


def flat(value):
    if isinstance(value, list):
        return [x for item in value for x in flat(item)]
    return [float(value)]


def run(adc, name, arguments, engine):
    with tempfile.TemporaryDirectory() as folder:
        command = [adc, "run", os.path.join(PROGRAMS, name + ".ad"), name] + data.write(arguments, folder)
        command += ["--derive", "grad", "--json", "--engine", engine]
        if name in ("ba", "hand"):
            command += ["--of", "half"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    if done.returncode:
        raise ValueError("%s, %s: %s" % (name, engine, done.stderr or done.returncode))
    out = json.loads(done.stdout)
    out.update(("grad_" + key, value) for key, value in out.get("grad", {}).items())
    if isinstance(out["result"], dict):
        out.update(out["result"])
    return out


def error(got, want):
    """Largest difference, relative to the largest entry wanted."""
    scale = max(abs(x) for x in want)
    if len(got) != len(want):
        return math.inf
    worst = max(abs(a - b) for a, b in zip(got, want))
    return worst/scale if scale else worst


def dense_gradient(rows, columns, jacobian, residual):
    """J' r of a matrix stored column by column."""
    return [sum(jacobian[c*rows + r]*residual[r] for r in range(rows)) for c in range(columns)]


def attempt(test, what, *arguments):
    try:
        what(*arguments)
    except (ValueError, KeyError, subprocess.TimeoutExpired) as problem:
        test.failed += 1
        print("FAILED %s: %s" % (arguments, problem))


class Test:
    def __init__(self, adc, folder):
        self.adc, self.folder = adc, folder
        self.compared = self.failed = 0

    def check(self, what, got, want, tolerance):
        worst = error(flat(got), want)
        self.compared += len(want)
        good = worst <= tolerance
        self.failed += not good
        print("%s %-44s %.1e" % ("ok    " if good else "FAILED", what, worst))

    def path(self, *parts):
        return os.path.join(self.folder, "data", *parts)

    def gmm(self, name, path, engine):
        got = run(self.adc, "gmm", data.gmm(path), engine)
        gradient = flat(got["grad_alpha"]) + flat(got["grad_mu"]) + flat(got["grad_icf"])
        # the constant pi = 3.14159265359 of ADBench
        _, d, k, n = name, *data.Reader(path).ints(3)
        shift = -0.5*n*d*(math.log(2*3.14159265359) - math.log(2*math.pi)) \
            + k*0.25*d*(d - 1)*(math.log(3.14159265359) - math.log(math.pi))
        self.check("%s value, %s" % (name, engine), got["result"] + shift, data.expected(self.folder, name + "_F"), 1e-12)
        self.check("%s gradient, %s" % (name, engine), gradient, data.expected(self.folder, name + "_J"), 1e-12)

    def lstm(self, name, engine):
        got = run(self.adc, "lstm", data.lstm(self.path("lstm", name + ".txt")), engine)
        gradient = flat(got["grad_layers"]) + flat(got["grad_ends"])
        self.check("%s value, %s" % (name, engine), got["result"], data.expected(self.folder, name + "_F"), 1e-11)
        self.check("%s gradient, %s" % (name, engine), gradient, data.expected(self.folder, name + "_J"), 1e-11)

    def ba(self, engine):
        arguments = data.ba(self.path("ba", "test.txt"))
        got = run(self.adc, "ba", arguments, engine)
        values = data.expected(self.folder, "ba_test_F")
        jacobian = data.expected(self.folder, "ba_test_J")
        self.check("ba_test residuals, " + engine, flat(got["reprojection"]) + flat(got["weight"]), values, 1e-12)
        count = len(arguments["w"])
        cams, points, w = [[0.0]*11 for _ in arguments["cams"]], [[0.0]*3 for _ in arguments["points"]], [0.0]*count
        for row in range(2*count):
            entries, p = jacobian[15*row:15*row + 15], row//2
            camera, point = arguments["obs"][p]
            for j in range(11):
                cams[camera][j] += entries[j]*values[row]
            for j in range(3):
                points[point][j] += entries[11 + j]*values[row]
            w[p] += entries[14]*values[row]
        for p in range(count):
            w[p] += jacobian[30*count + p]*values[2*count + p]
        gradient = flat(got["grad_cams"]) + flat(got["grad_points"]) + flat(got["grad_w"])
        self.check("ba_test J' r, " + engine, gradient, flat(cams) + flat(points) + w, 1e-12)

    def hand(self, name, path, complicated, engine):
        arguments = data.hand(path, self.path("hand", "model"), complicated)
        got = run(self.adc, "hand", arguments, engine)
        values = data.expected(self.folder, name + "_F")
        jacobian = data.expected(self.folder, name + "_J")
        rows = len(values)
        self.check("%s residuals, %s" % (name, engine), got["residual"], values, 1e-12)
        columns = len(jacobian)//rows
        gradient = dense_gradient(rows, columns, jacobian, values)
        if complicated:
            u = [[sum(jacobian[c*rows + 3*i + k]*values[3*i + k] for k in range(3)) for c in range(2)]
                 for i in range(rows//3)]
            self.check("%s J' r of u, %s" % (name, engine), got["grad_u"], flat(u), 1e-12)
            gradient = gradient[2:]
        self.check("%s J' r of theta, %s" % (name, engine), got["grad_theta"], gradient, 1e-12)


def main():
    adc = sys.argv[1] if len(sys.argv) > 1 else os.environ["ADC"]
    folder = sys.argv[2] if len(sys.argv) > 2 else os.path.join(HERE, "..", "..", "shared", "adbench")
    if not os.path.isdir(os.path.join(folder, "data")):
        print("adbench: 13 data sets skipped, %s is not there" % folder)
        return 0
    test = Test(adc, folder)
    compiled = ["c", "jit"] if binary.has_llvm(adc) else ["c"]
    for engine in ["interp"] + compiled:
        attempt(test, test.gmm, "gmm_test", test.path("gmm", "test.txt"), engine)
        attempt(test, test.ba, engine)
        attempt(test, test.hand, "hand_simple_test", test.path("hand", "test.txt"), False, engine)
        attempt(test, test.hand, "hand_complicated_test", test.path("hand", "hand_complicated.txt"), True, engine)
    for engine in compiled:
        for size in "d2_K5", "d10_K25", "d20_K50":
            attempt(test, test.gmm, "gmm_1k_" + size, test.path("gmm", "1k", "gmm_%s.txt" % size), engine)
        for kind in "simple", "complicated":
            attempt(test, test.hand, "hand_%s_small_c100" % kind, test.path("hand", kind + "_small", "hand1_t26_c100.txt"),
                    kind == "complicated", engine)
        for size in "l2_c1024", "l4_c1024", "l2_c4096", "l4_c4096":
            attempt(test, test.lstm, "lstm_" + size, engine)
    print("adbench: %d numbers compared, %d checks failed" % (test.compared, test.failed))
    return 1 if test.failed else 0


if __name__ == "__main__":
    sys.exit(main())
