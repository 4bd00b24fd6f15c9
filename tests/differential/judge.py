"""What must hold of a random program: C and native code give the same numbers bit for bit, the interpreter the same but for
the order of sums, and derivatives are what differences say.

A finding is (kind, text); the kind tells whether a smaller program still fails in the same way."""
import math
import pathlib
import random
import tempfile

from harness import binary, native, numbers, program, tally

SIZES = [0, 1, 2, 3, 9]
SCALAR, ARRAY = ["value", "grad", "jvp", "hvp"], ["value", "vjp", "jvp"]


class Batch:
    """Programs in one .ad file, one C translation unit, one library for each compiler."""

    def __init__(self, programs, array_result, folder, compilers, lanes=False):
        level = "-O1" if {"gcc", "clang"} <= set(compilers) else "-O0"
        self.programs = programs
        self.products = ARRAY if array_result else SCALAR
        folder = tempfile.mkdtemp(dir=folder)  # a library that is loaded stays so under its name
        self.path = pathlib.Path(folder) / "programs.ad"
        text = "\n".join(p.text() for p in programs)
        self.path.write_text(text)
        self.functions = {f.name: f for f in program.exported(text)}
        self.failure = self.libraries = None
        self.table = tally.Tally()
        try:
            self.unit = native.Unit(self.path, "q_", ["--derive=" + ",".join(self.products)] +
                                    ([native.TWO_LANES] if lanes else []), folder)
        except AssertionError as crash:
            self.failure = ("crash", str(crash))
            return
        if self.unit.result.status:
            later = '"E41"' in self.unit.result.err
            self.failure = ("later" if later else "build", str(self.unit.result))
            return
        self.libraries = [native.Library([self.unit], compiler, folder, level) for compiler in compilers]
        for library in self.libraries:
            if library.failures:
                self.failure = ("warnings", "\n".join(library.failures.values()))


class Point:
    """Inputs of a function: sizes, then values drawn for each name on its own, so that they stay when others go."""

    def __init__(self, made, function, seed, number):
        generator = random.Random("%s %s" % (seed, number))
        self.inputs = {}
        for dim in ["N", "M", "D"]:
            size = generator.choice(SIZES if number else [2, 3])
            if dim in function.dims():
                self.inputs[dim] = size
        targets = {p.name: p.target for p in made.parameters if p.target}
        for p in function.parameters:
            of_name = random.Random("%s %s %s" % (seed, number, p.name))
            lengths = program.lengths(p.type, self.inputs)
            limit = self.inputs.get(targets.get(p.name), 0)
            self.inputs[p.name] = drawn(of_name, lengths, limit if p.name in targets else None)
        self.small = all(size <= 3 for size in self.inputs.values() if isinstance(size, int))
        self.random = random.Random("%s %s direction" % (seed, number))

    def arguments(self, extra):
        return ["%s=%s" % (name, text(value)) for name, value in dict(self.inputs, **extra).items()]


def text(value):
    if isinstance(value, list):
        return "[%s]" % ", ".join(text(v) for v in value)
    return repr(value)


def drawn(generator, lengths, limit):
    if lengths:
        return [drawn(generator, lengths[1:], limit) for _ in range(lengths[0])]
    if limit is not None:
        return generator.randrange(limit) if limit else 0
    return generator.choice([-1, 1]) * generator.uniform(0.1, 1.8)


def like(value, generator):
    return [like(v, generator) for v in value] if isinstance(value, list) else generator.uniform(-1, 1)


def moved(value, direction, step):
    if isinstance(value, list):
        return [moved(v, d, step) for v, d in zip(value, direction)]
    return value + step * direction


class Judge:
    """One program at one point."""

    def __init__(self, batch, made, seed, number):
        self.batch, self.made = batch, made
        self.function = batch.functions[made.name]
        self.point = Point(made, self.function, seed, number)
        self.variables = self.function.variables()
        self.library = batch.libraries[0]
        self.findings = []

    def find(self, kind, text_):
        self.findings.append((kind, "%s\nat %s" % (text_, self.point.inputs)))

    def call(self, product, inputs, library=None):
        return (library or self.library).call(self.batch.unit, self.function, product, inputs)

    def seeds(self, value):
        dots = {v + "_dot": like(self.point.inputs[v], self.point.random) for v in self.variables}
        bars = {"result_bar": like(value, self.point.random)} if "vjp" in self.batch.products else {}
        return dict(dots, **bars)

    def judge(self):
        status, value = self.call("value", self.point.inputs)
        self.extra = self.seeds(value["result"])
        outputs = {}
        for product in self.batch.products:
            again, outputs[product] = self.call(product, dict(self.point.inputs, **self.extra))
            if (again != 0) != (status != 0):
                self.find("status", "%s has status %d, value %d" % (product, again, status))
        for other in self.batch.libraries[1:]:
            self.compare_compilers(other, status, outputs)
        if self.point.small:  # many loops inside each other take the interpreter long
            self.compare_interpreter(status, outputs)
        if status == 0 and not self.findings and finite(outputs):
            self.compare_values(outputs)
            self.compare_derivatives(outputs)
        return self.findings

    # ------------------------------------------------------------------- engines

    def compare_compilers(self, other, status, outputs):
        for product in self.batch.products:
            again, found = self.call(product, dict(self.point.inputs, **self.extra), other)
            if again != status:
                self.find("compilers", "%s: status %d by %s, %d by %s" % (
                    product, status, self.library.compiler, again, other.compiler))
            elif status == 0:
                self.identical(other, product, found, outputs[product])

    def compare_interpreter(self, status, outputs):
        result = binary.adc("run", self.batch.path, self.made.name, *self.point.arguments(self.extra), "--json",
                            "--derive=" + ",".join(self.batch.products), plain=True)
        if (result.status != 0) != (status != 0):
            self.find("interpreter", "C has status %d `%s`, the interpreter %s" % (
                status, self.library.status_text(self.batch.unit, self.function, status), result))
        if result.status or status:
            return
        answer = result.json()
        self.same("interpreter", "value", {"result": answer["result"]}, outputs["value"])
        if "grad" in answer:
            self.same("interpreter", "grad", {"grad_" + n: v for n, v in answer["grad"].items()}, outputs["grad"])
        for product in ("vjp", "jvp", "hvp"):
            if product in answer:
                self.same("interpreter", product, answer[product], outputs[product])

    def identical(self, other, product, found, wanted):
        for name, value in found.items():
            if self.batch.table.compare(self.library.compiler, other.compiler, wanted[name], value):
                self.find("compilers", "%s: %s is %r by %s, %r by %s" % (
                    product, name, value, other.compiler, wanted[name], self.library.compiler))

    def same(self, kind, product, found, wanted):
        """Contributions to one element may meet in another order: equal but for roundings."""
        for name, value in found.items():
            got, want = numbers.flatten(value), numbers.flatten(wanted[name])
            room = 1e-12 * max(1, size([w for w in want if math.isfinite(w)]))
            if len(got) != len(want) or not all(numbers.close(g, w, 1e-12, room) for g, w in zip(got, want)):
                self.find(kind, "%s: %s is %r and %r" % (product, name, value, wanted[name]))

    # --------------------------------------------------------------- derivatives

    def compare_values(self, outputs):
        value = numbers.flatten(outputs["value"]["result"])
        for product in self.batch.products:
            if "result" not in outputs[product]:
                continue
            again = numbers.flatten(outputs[product]["result"])
            if not all(numbers.close(a, b, 1e-10, 1e-11) for a, b in zip(again, value)):
                self.find("value", "%s gives the value %r, not %r" % (product, again, value))

    def dots(self):
        return {v: self.extra[v + "_dot"] for v in self.variables}

    def compare_derivatives(self, outputs):
        """Forward and reverse mode, then differences along the direction of the tangents."""
        bar = self.extra.get("result_bar", 1.0)
        reverse, prefix, suffix = ("vjp", "", "_bar") if "vjp" in outputs else ("grad", "grad_", "")
        terms = [a * b for v in self.variables for a, b in zip(
            numbers.flatten(outputs[reverse][prefix + v + suffix]), numbers.flatten(self.extra[v + "_dot"]))]
        tangent = numbers.flatten(outputs["jvp"]["result_dot"])
        forward = sum(b * t for b, t in zip(numbers.flatten(bar), tangent))
        scale = sum(abs(t) for t in terms) + size(outputs["value"]["result"]) + 1
        if abs(sum(terms) - forward) > 1e-9 * scale:
            self.find("modes", "along %s reverse mode gives %r, forward mode %r" % (self.dots(), sum(terms), forward))
        self.against_differences("differences", "value", "result", tangent)
        if "hvp" in outputs:
            for v in self.variables:
                self.against_differences("hvp", "grad", "grad_" + v, numbers.flatten(outputs["hvp"][v + "_hvp"]))
        if "grad" in outputs:
            self.single_elements(outputs["grad"])

    def along(self, product, name, step, dots):
        """The outputs a step away; NaN where there are none."""
        inputs = dict(self.point.inputs, **self.extra)
        inputs.update((v, moved(inputs[v], dots[v], step)) for v in dots)
        status, outputs = self.call(product, inputs)
        values = numbers.flatten(outputs[name])
        return [math.nan] * len(values) if status else values

    def against_differences(self, kind, product, name, wanted, dots=None):
        dots = dots or self.dots()
        sides = {s: self.along(product, name, s, dots) for s in (0, 1e-4, -1e-4, 5e-5, -5e-5)}
        room = 1e-6 * max(1, size(sides[0]))
        for i, want in enumerate(wanted):
            got = smooth(*[sides[s][i] for s in (0, 1e-4, -1e-4, 5e-5, -5e-5)])
            if got is not None and not abs(got - want) <= room + 1e-5 * abs(want):
                self.find(kind, "element %d of the derivative of %s along %s is %r, differences give %r" % (
                    i, name, dots, want, got))
                return

    def single_elements(self, gradient):
        places = [(v, p) for v in self.variables for p in numbers.places(self.point.inputs[v])]
        for v, place in self.point.random.sample(places, min(3, len(places))):
            zero = moved(self.extra[v + "_dot"], self.extra[v + "_dot"], -1)
            dots = {v: numbers.replaced(zero, place, 1.0)}
            self.against_differences("differences", "value", "result", [numbers.at(gradient["grad_" + v], place)], dots)


def size(value):
    return max([abs(v) for v in numbers.flatten(value)] or [0])


def finite(outputs):
    return all(math.isfinite(x) and abs(x) < 1e8 for o in outputs.values() for v in o.values() for x in numbers.flatten(v))


def smooth(at, up, down, half_up, half_down):
    """The central difference of two steps, or None: a kink, a jump or noise."""
    h = 1e-4
    if not all(map(math.isfinite, (at, up, down, half_up, half_down))):
        return None
    wide, narrow = (up - down) / (2 * h), (half_up - half_down) / h
    right, left = (half_up - at) * 2 / h, (at - half_down) * 2 / h
    scale = max(1, abs(at), abs(narrow))
    if abs(wide - narrow) > 1e-5 * scale or abs(right - left) > 3e-2 * scale:
        return None
    if abs((right - left) - ((up - at) / h - (at - down) / h) / 2) > 1e-5 * scale:
        return None
    return (4 * narrow - wide) / 3
