"""The problems of the benchmark: which program, at which sizes, with which data.

A size list is what problems/NAME.c takes; the small ones are for checking, odd on purpose. Problems of ADBench use its
data where they are at hand (a folder with `data` in it); else the C programs make numbers of the same shape.
"""
import array
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(HERE)
sys.path.insert(0, os.path.join(HERE, "adbench"))
import data  # noqa: E402


def built_adc():
    """adc of the release preset, configured and built if need be."""
    folder = os.path.join(ROOT, "build", "release")
    for command in [] if os.path.exists(os.path.join(folder, "CMakeCache.txt")) else [["cmake", "--preset", "release"]]:
        subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    subprocess.run(["cmake", "--build", "--preset", "release", "--target", "adc"], cwd=ROOT, check=True,
                   stdout=subprocess.DEVNULL)
    return os.path.join(folder, "adc")


def flat(value):
    if isinstance(value, list):
        return [x for item in value for x in flat(item)]
    return [float(value)]


def gmm_data(folder, sizes):
    path = os.path.join(folder, "data", "gmm", "1k", "gmm_d%d_K%d.txt" % (sizes[1], sizes[2]))
    return data.gmm(path) if sizes[0] == 1000 and os.path.exists(path) else None


def lstm_data(folder, sizes):
    path = os.path.join(folder, "data", "lstm", "lstm_l%d_c%d.txt" % (sizes[0], sizes[1]))
    return data.lstm(path) if os.path.exists(path) else None


def hand_data(folder, complicated):
    kind = "complicated" if complicated else "simple"
    path = os.path.join(folder, "data", "hand", kind + "_small", "hand1_t26_c100.txt")
    if not os.path.exists(path):
        return None
    return data.hand(path, os.path.join(folder, "data", "hand", "model"), complicated)


class Case:
    """label: name in the table; sizes, small: what the C program takes."""

    def __init__(self, name, sizes, small, **more):
        self.name, self.sizes, self.small = name, sizes, small
        self.variant = more.get("variant", "")
        self.size_text = more.get("size", " ".join(str(n) for n in sizes))
        self.program = os.path.join(HERE, more.get("program", os.path.join("problems", name + ".ad")))
        self.source = os.path.join(HERE, "problems", name + ".c")
        self.product = more.get("product", "grad")
        self.options = more.get("options", [])
        self.given = more.get("given")

    @property
    def label(self):
        return self.name + ("-" + self.variant if self.variant else "")

    def write_data(self, folder, path):
        """The file of given data for the sizes; False if there is none."""
        arguments = self.given(folder, self.sizes) if self.given and folder else None
        if arguments is None:
            return False
        with open(path, "wb") as file:
            for value in arguments.values():
                array.array("d", flat(value)).tofile(file)
        return True


def adbench(name, sizes, small, **more):
    return Case(name, sizes, small, program=os.path.join("adbench", name + ".ad"), **more)


def hand(variant, complicated):
    return adbench("hand", [100, 22, 544, complicated], [5, 22, 30, complicated], variant=variant, size="points 100",
                   options=["--of", "half"], given=lambda folder, sizes: hand_data(folder, sizes[3]))


def hand_jacobian(variant, complicated):
    return adbench("hand_jacobian", [100, 22, 544, complicated], [5, 22, 30, complicated], variant=variant, product="value",
                   size="points 100", given=lambda folder, sizes: hand_data(folder, sizes[3]))


def gmm(variant, dimension, components):
    return adbench("gmm", [1000, dimension, components], [13, 3, 4], variant=variant, given=gmm_data,
                   size="n1000 d%d K%d" % (dimension, components))


def ba(variant, cameras, points, observations):
    return adbench("ba", [cameras, points, observations], [3, 7, 21], variant=variant, options=["--of", "half"],
                   size="observations %d" % observations)


def ba_jacobian(variant, cameras, points, observations):
    return adbench("ba_jacobian", [cameras, points, observations], [3, 7, 21], variant=variant, product="value",
                   size="observations %d" % observations)


def lstm(layers):
    return adbench("lstm", [layers, 1024, 14], [2, 5, 3], variant="l%d" % layers, size="l%d c1024" % layers,
                   given=lstm_data)


CASES = [
    gmm("d2", 2, 5), gmm("d10", 10, 25), gmm("d20", 20, 50), gmm("d64", 64, 100),
    ba("1", 49, 7776, 31843), ba("5", 257, 65132, 225911),
    ba_jacobian("1", 49, 7776, 31843), ba_jacobian("5", 257, 65132, 225911), lstm(2), lstm(4),
    hand("simple", 0), hand("complicated", 1), hand_jacobian("simple", 0), hand_jacobian("complicated", 1),
    Case("rosenbrock", [1000000], [17]),
    Case("log_sum_exp", [1000000], [17]),
    Case("mlp", [128, 128, 128, 32], [3, 5, 2, 4], size="128x128x2 batch 32"),
    Case("lotka_volterra", [10000], [9], size="steps 10000"),
    Case("lotka_volterra_ensemble", [1000, 100], [5, 7], size="paths 1000 steps 100"),
    Case("portfolio", [1000000], [17]),
    Case("burgers", [1000000], [17]),
    Case("logistic", [100000, 50], [11, 3], size="100000 x 50"),
    Case("attention", [256, 64], [7, 5], size="256 x 64"),
    Case("kalman", [4, 1000], [3, 9], size="state 4 steps 1000"),
    Case("arm", [10000], [5], size="poses 10000"),
    Case("convolution", [100000, 32], [33, 4], size="100000, width 32"),
    Case("soft_dtw", [256, 256], [7, 5], size="256 x 256"),
    # problems again, renamed, reordered, extended
    Case("student", [1000, 10, 25], [13, 3, 4], size="n1000 d10 K25"),
    Case("weighted", [1000, 10, 25], [13, 3, 4], size="n1000 d10 K25"),
    Case("classifier", [128, 128, 10, 32], [3, 5, 4, 6], size="128x128x10 batch 32"),
]


def chosen(words, small):
    """The cases that were asked for, by name or label; all of them without words. Small ones are all different."""
    unknown = [word for word in words if not any(word in (case.name, case.label) for case in CASES)]
    if unknown:
        sys.exit("bench: no problem %s; there are %s" % (unknown[0], ", ".join(case.label for case in CASES)))
    wanted = [case for case in CASES if not words or case.name in words or case.label in words]
    return list({(case.name, tuple(case.small)): case for case in wanted}.values()) if small else wanted
