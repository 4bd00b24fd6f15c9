"""What must hold of a random program: C and native code give the same numbers bit for bit, the interpreter and native code
without some passes the same but for the order of sums, and derivatives are what differences say.

A finding is (kind, text); the kind tells whether a smaller program still fails in the same way."""
import math
import pathlib
import random
import re
import tempfile

from harness import binary, native, numbers, program, tally

SIZES = [0, 1, 2, 3, 9]
LARGE = [16, 17, 34]  # tiles of vectors, sums that wait, columns that are cut
POINTS = 3
SCALAR, ARRAY = ["value", "grad", "jvp", "hvp"], ["value", "vjp", "jvp"]


class Plan:
    """What is asked of all programs of one seed."""

    def __init__(self, seed, compilers):
        pick = random.Random("plan %d" % seed)
        self.array_result = seed % 4 == 3
        self.products = list(ARRAY if self.array_result else SCALAR)
        self.square = pick.random() < 0.3  # derivatives by all variables at once
        if self.square:
            self.products.append("jacobian" if self.array_result else "hessian")
        self.compilers = compilers
        self.level = "-O1" if {"gcc", "clang"} <= set(compilers) else "-O0"
        self.options = [native.TWO_LANES] if seed // 4 % 2 == 1 else []
        self.single = seed % 16 == 6
        if self.single:
            self.options.append("--real=f32")
        self.other = otherwise(pick)


def passes():
    return re.findall(r"^PASS\(\w+, (\w+)\)", (binary.ROOT / "passes" / "switches.def").read_text(encoding="utf-8"), re.M)


def otherwise(pick):
    """Options that change no value but for roundings: passes left out, all or some or few; left to right."""
    share = pick.choice([1, 0.5, 0.5, 0.15, 0.15])
    left_out = [name for name in passes() if pick.random() < share]
    return ["--without=" + ",".join(left_out or ["axes"])] + ["--strict"]*(pick.random() < 0.2)


class Batch:
    """Programs in one .ad file, one C translation unit, one library for each compiler and one of other options."""

    def __init__(self, programs, plan, folder):
        self.programs, self.plan, self.products = programs, plan, plan.products
        folder = tempfile.mkdtemp(dir=folder)  # a library that is loaded stays so under its name
        self.path = pathlib.Path(folder) / "programs.ad"
        text_ = "\n".join(p.text() for p in programs)
        self.path.write_text(text_)
        self.functions = {f.name: f for f in program.exported(text_)}
        self.failure = self.libraries = None
        self.table = tally.Tally()
        options = ["--derive=" + ",".join(self.products)] + plan.options
        try:
            self.unit = native.Unit(self.path, "q_", options, folder)
        except AssertionError as crash:
            self.failure = ("crash", str(crash))
            return
        if self.unit.result.status:
            later = re.search(r'"E41"|"E18".{1,300} depends on data', self.unit.result.err)
            self.failure = ("later" if later else "build", str(self.unit.result))
            return
        self.libraries = [native.Library([self.unit], compiler, folder, plan.level) for compiler in plan.compilers]
        self.other_unit = native.Unit(self.path, "other_", options + plan.other, folder)
        self.other = native.Library([self.other_unit], plan.compilers[-1], tempfile.mkdtemp(dir=folder), "-O0")
        for library in self.libraries + [self.other]:
            if library.failures:
                self.failure = ("warnings", "\n".join(library.failures.values()))


class Point:
    """Inputs of a function: sizes, then values drawn for each name on its own, so that they stay when others go."""

    def __init__(self, made, function, seed, number, large):
        generator = random.Random("%s %s" % (seed, number))
        self.inputs = {}
        cube = any(len(program.shape(p.type)) > 2 for p in function.parameters)
        for dim in ["N", "M", "D"]:
            size = generator.choice(SIZES if number else [2, 3])
            if large and not cube and number == POINTS - 1 and generator.random() < 0.4:
                size = generator.choice(LARGE)
            if not large:
                size = min(size, 4)
            if dim in function.dims():
                self.inputs[dim] = size
        targets = {p.name: p.target for p in made.parameters if p.target}
        unique = {p.name for p in made.parameters if p.unique}
        for p in function.parameters:
            of_name = random.Random("%s %s %s" % (seed, number, p.name))
            lengths = program.lengths(p.type, self.inputs)
            target = targets.get(p.name, "0")
            limit = int(target) if target.isdigit() else self.inputs.get(target, 0)
            if p.name in unique:
                self.inputs[p.name] = of_name.sample(range(limit), limit)
            else:
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
        self.point = Point(made, self.function, seed, number, large=not batch.plan.square)
        self.variables = self.function.variables()
        self.library = batch.libraries[0]
        self.results = self.function.reals()
        self.interprets = self.point.small and (number == 0 or number_of(made.name) % 4 == seed % 4)
        self.findings = []

    def find(self, kind, text_):
        self.findings.append((kind, "%s\nat %s" % (text_, self.point.inputs)))

    def call(self, product, inputs, library=None):
        unit = self.batch.other_unit if library is self.batch.other else self.batch.unit
        return (library or self.library).call(unit, self.function, product, inputs)

    def seeds(self, value):
        dots = {v + "_dot": like(self.point.inputs[v], self.point.random) for v in self.variables}
        bars = {r + "_bar": like(value[r], self.point.random) for r in self.results} if "vjp" in self.batch.products else {}
        return dict(dots, **bars)

    def judge(self):
        status, value = self.call("value", self.point.inputs)
        self.extra = self.seeds(value)
        outputs = {}
        for product in self.batch.products:
            again, outputs[product] = self.call(product, dict(self.point.inputs, **self.extra))
            if (again != 0) != (status != 0):
                self.find("status", "%s has status %d, value %d" % (product, again, status))
        for other in self.batch.libraries[1:]:
            self.compare_compilers(other, status, outputs)
        if self.interprets:  # a process each; many loops inside each other take it long
            self.compare_interpreter(status, outputs)
        self.compare_otherwise(status, outputs)
        if status == 0 and not self.findings and finite(outputs) and not self.batch.plan.single:
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

    def products(self):
        """Those whose numbers `adc run` names as C does."""
        return [p for p in self.batch.products if p not in ("jacobian", "hessian")]

    def compare_otherwise(self, status, outputs):
        """With other options. Where two numbers are equal but for roundings, one of them may win here and the other there:
        then a point beside this one shows no difference."""
        for product in self.batch.products:
            again, found = self.call(product, dict(self.point.inputs, **self.extra), self.batch.other)
            if (again != 0) != (status != 0):
                self.find("status", "%s has status %d, with %s %d" % (product, status, self.batch.plan.other, again))
            elif status == 0 and self.differs(found, outputs[product]):
                if all(self.differs_at(product, step) for step in (1e-5, -1e-5, 1e-4)):
                    self.find("options", "%s: %s, with %s %s" % (product, outputs[product], self.batch.plan.other, found))

    def differs_at(self, product, step):
        inputs = dict(self.point.inputs, **self.extra)
        inputs.update((v, moved(inputs[v], self.extra[v + "_dot"], step)) for v in self.variables)
        (status, wanted), (again, found) = self.call(product, inputs), self.call(product, inputs, self.batch.other)
        return not status and not again and self.differs(found, wanted)

    def differs(self, found, wanted):
        room = 1e-3 if self.batch.plan.single else 1e-9
        for name, value in wanted.items():
            got, want = numbers.flatten(found[name]), numbers.flatten(value)
            largest = max(1, size([w for w in want if math.isfinite(w)]))
            if not all(numbers.close(g, w, room, room*largest) for g, w in zip(got, want)):
                return True
        return False

    def compare_interpreter(self, status, outputs):
        result = binary.adc("run", self.batch.path, self.made.name, *self.point.arguments(self.extra), "--json",
                            *["--real=f32"]*self.batch.plan.single, "--derive=" + ",".join(self.products()), plain=True)
        if (result.status != 0) != (status != 0):
            self.find("interpreter", "C has status %d `%s`, the interpreter %s" % (
                status, self.library.status_text(self.batch.unit, self.function, status), result))
        if result.status or status:
            return
        answer = result.json()
        result = answer["result"]
        self.same("interpreter", "value", result if isinstance(result, dict) else {"result": result}, outputs["value"])
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
            near = 1e-4 if self.batch.plan.single else 1e-12
            room = near * max(1, size([w for w in want if math.isfinite(w)]))
            if len(got) != len(want) or not all(numbers.close(g, w, near, room) for g, w in zip(got, want)):
                self.find(kind, "%s: %s is %r and %r" % (product, name, value, wanted[name]))

    # --------------------------------------------------------------- derivatives

    def compare_values(self, outputs):
        for product in self.batch.products:
            for name in self.results:
                value = numbers.flatten(outputs["value"][name])
                again = numbers.flatten(outputs[product].get(name, outputs["value"][name]))
                if not all(numbers.close(a, b, 1e-10, 1e-11) for a, b in zip(again, value)):
                    self.find("value", "%s gives the value %r, not %r" % (product, again, value))

    def dots(self):
        return {v: self.extra[v + "_dot"] for v in self.variables}

    def compare_derivatives(self, outputs):
        """Forward and reverse mode, then differences along the direction of the tangents."""
        bars = [b for r in self.results for b in numbers.flatten(self.extra.get(r + "_bar", 1.0))]
        reverse, prefix, suffix = ("vjp", "", "_bar") if "vjp" in outputs else ("grad", "grad_", "")
        terms = [a * b for v in self.variables for a, b in zip(
            numbers.flatten(outputs[reverse][prefix + v + suffix]), numbers.flatten(self.extra[v + "_dot"]))]
        tangents = {r: numbers.flatten(outputs["jvp"][r + "_dot"]) for r in self.results}
        forward = sum(b * t for b, t in zip(bars, [t for r in self.results for t in tangents[r]]))
        scale = sum(abs(t) for t in terms) + sum(size(outputs["value"][r]) for r in self.results) + 1
        if abs(sum(terms) - forward) > 1e-9 * scale:
            self.find("modes", "along %s reverse mode gives %r, forward mode %r" % (self.dots(), sum(terms), forward))
        for r in self.results:
            self.against_differences("differences", "value", r, tangents[r])
        self.compare_squares(outputs, tangents)
        if "hvp" in outputs:
            for v in self.variables:
                self.against_differences("hvp", "grad", "grad_" + v, numbers.flatten(outputs["hvp"][v + "_hvp"]))
        if "grad" in outputs:
            self.single_elements(outputs["grad"])

    def compare_squares(self, outputs, tangents):
        """Derivatives by all variables at once, times the tangents."""
        dots = [d for v in self.variables for d in numbers.flatten(self.extra[v + "_dot"])]
        if "hessian" in outputs and dots:
            wanted = [h for v in self.variables for h in numbers.flatten(outputs["hvp"][v + "_hvp"])]
            self.compare_product("hessian", outputs["hessian"]["hess"], dots, wanted)
        if "jacobian" in outputs:
            for r in self.results:
                blocks = [(numbers.flatten(outputs["jacobian"]["jac_%s_%s" % (r, v)]), len(numbers.flatten(self.extra[v + "_dot"])))
                          for v in self.variables]
                rows = [x for i in range(len(tangents[r])) for block, n in blocks for x in block[i * n:(i + 1) * n]]
                self.compare_product("jacobian", rows, dots, tangents[r])

    def compare_product(self, kind, matrix, dots, wanted):
        n = len(dots)
        for i, want in enumerate(wanted):
            terms = [a * d for a, d in zip(matrix[i * n:(i + 1) * n], dots)]
            if abs(sum(terms) - want) > 1e-9 * (1 + sum(map(abs, terms)) + abs(want)):
                self.find(kind, "row %d of the %s times %s is %r, not %r" % (i, kind, self.dots(), sum(terms), want))
                return

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


def number_of(name):
    return int(name[1:])


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
