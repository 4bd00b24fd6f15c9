"""Published troubles of other tools: each case is a function, a point, and the right value and derivatives.

The collection lies beside the repository (../shared/cases) and brings its own judge; our programs are
tests/cases/ID.ad. Every engine's answers go to RESULTS-ENGINE.json in the build folder and through the judge.
Without the collection the programs are still compiled and run, and the count of unjudged cases is printed."""
import json
import math
import pathlib
import random
import sys
import tempfile

from harness import binary, collection, native, numbers, program, tally

PROGRAMS = pathlib.Path(__file__).resolve().parent / "cases"

# Why a case has no program here, by a word of its `uses`.
REASONS = {
    "recursion": "the language has no recursion: CF-13.py holds what is said instead",
    "custom rule": "custom rules are not supported yet", "external function": "extern is not supported yet",
    "tgamma": "special functions beyond trigamma are not supported yet",
}
for word in ("j0", "betainc", "gammainc", "i0"):
    REASONS[word] = REASONS["tgamma"]

# Vector products sum over all inputs: the zero tangent of one times the NaN of another, as the gradient's sum is.
FORWARD_NAN = {"NP-01": "one of the inputs is NaN"}
PRODUCTS = ["value", "grad", "vjp", "jvp", "hvp", "hessian"]


class Case:
    def __init__(self, index, path, record):
        self.path, self.id, self.record = path, path.stem, record
        self.function = program.exported(path.read_text(encoding="utf-8"))[0]
        self.prefix = "case%d_" % index
        self.unit = None

    def options(self):
        return ["--real=f32"] if self.record.get("dtype") == "f32" else []

    def build(self, out):
        self.unit = native.Unit(self.path, self.prefix, self.options() + ["--derive=" + ",".join(PRODUCTS)], out)

    def points(self):
        """Inputs of the main point and of further ones, by name."""
        return [collection.inputs(p) for p in [self.record] + (self.record.get("more") or [])]

    def wants_second(self):
        return any(p.get("second") for p in [self.record] + (self.record.get("more") or []))

    def elements(self, inputs):
        """(variable, place) of every number that is differentiated by."""
        return [(v, place) for v in self.function.variables() for place in numbers.places(inputs[v])]


def written(value):
    """As JSON of results has it."""
    if isinstance(value, list):
        return [written(v) for v in value]
    return value if math.isfinite(value) else "nan" if math.isnan(value) else "inf" if value > 0 else "-inf"


def interpret(case, inputs):
    arguments = ["%s=%s" % (name, json.dumps(value)) for name, value in inputs.items()]
    products = ["--grad"] + (["--hessian"] if case.wants_second() else [])
    result = binary.adc("run", case.path, case.function.name, *[a.replace('"', "") for a in arguments], *products,
                        "--json", *case.options())
    if result.status:
        raise AssertionError(str(result))
    answer = result.json()
    elements = case.elements(inputs)

    def read(value):
        if isinstance(value, list):
            return [read(v) for v in value]
        value = numbers.number(value)
        return written(numbers.single(value) if case.unit.single else value)

    found = {"value": read(answer["result"]),
             "gradient": {v: read(answer["grad"][v]) for v in case.function.variables()}}
    if case.wants_second():
        found["second"] = [[read(numbers.at(answer["hessian"][a][b], i + j)) for b, j in elements] for a, i in elements]
    return found


def call(case, library, inputs):
    if case.prefix in library.failures:
        raise AssertionError(library.failures[case.prefix])
    point = {name: numbers.real(value) for name, value in inputs.items()}
    answers = {}
    for product in ("value", "grad") + (("hessian",) if case.wants_second() else ()):
        status, outputs = library.call(case.unit, case.function, product, point)
        if status:
            raise AssertionError("%s gives status %d" % (product, status))
        answers[product] = outputs
    check_entry_points(case, library, point, answers)
    found = {"value": written(answers["value"]["result"]),
             "gradient": {v: written(answers["grad"]["grad_" + v]) for v in case.function.variables()}}
    if case.wants_second():
        n = len(case.elements(point))
        check_hvp(case, library, point, answers["hessian"]["hess"])
        found["second"] = [written(answers["hessian"]["hess"][i * n:(i + 1) * n]) for i in range(n)]
    return found


def directions(case, point):
    """Each unit; of long inputs a direction with every element instead."""
    elements = case.elements(point)
    zero = {v: numbers.like(point[v], lambda: 0.0) for v in case.function.variables()}
    if len(elements) > 32:
        generator = random.Random(case.id)
        yield {v: numbers.like(point[v], lambda: generator.uniform(-1, 1)) for v in zero}
        return
    for name, place in elements:
        yield dict(zero, **{name: numbers.replaced(zero[name], place, 1.0)})


def dotted(values):
    return {name + "_dot": value for name, value in values.items()}


def check_entry_points(case, library, point, answers):
    """Value and derivatives are the same whichever entry point gives them (TR-06)."""
    # sums of many terms round differently in the two modes: by about their number
    tol = 1e-6 if case.unit.single else max(1e-12, case.record["tol"])
    value, gradient = answers["value"]["result"], answers["grad"]
    variables = case.function.variables()
    _, reverse = library.call(case.unit, case.function, "vjp", dict(point, result_bar=1.0))
    for name, got in [("grad", gradient["result"]), ("vjp", reverse["result"])]:
        if not numbers.close(got, value, 0):
            raise AssertionError("the value from %s is %r, not %r" % (name, got, value))
    for name, place in case.elements(point):
        got, want = numbers.at(reverse[name + "_bar"], place), numbers.at(gradient["grad_" + name], place)
        if not numbers.close(got, want, tol, 1e-300):
            raise AssertionError("d/d%s%r from vjp is %r, from grad %r" % (name, place, got, want))
    for direction in directions(case, point):
        _, forward = library.call(case.unit, case.function, "jvp", dict(point, **dotted(direction)))
        terms = [x * y for v in variables for x, y in zip(numbers.flatten(gradient["grad_" + v]),
                                                          numbers.flatten(direction[v])) if y]
        got, want, scale = forward["result_dot"], sum(terms), sum(map(abs, terms))
        if case.id in FORWARD_NAN and math.isnan(got):
            continue
        if not numbers.close(got, want, tol, max(1e-300, tol * scale)):
            raise AssertionError("along %r jvp gives %r, grad %r" % (direction, got, want))


def check_hvp(case, library, point, hessian):
    """A row of the Hessian is its product with a unit. That sums over zeros too, so not where one meets NaN."""
    tol = 1e-6 if case.unit.single else 1e-12
    n = len(case.elements(point))
    scale = max([abs(x) for x in hessian if math.isfinite(x)] + [0])
    for row, direction in enumerate(directions(case, point)):
        _, outputs = library.call(case.unit, case.function, "hvp", dict(point, **dotted(direction)))
        got = numbers.flatten([outputs[v + "_hvp"] for v in case.function.variables()])
        for x, want in zip(got, hessian[row * n:(row + 1) * n]):
            if case.id in FORWARD_NAN and math.isnan(x):
                continue
            if not numbers.close(x, want, tol, tol * scale):
                raise AssertionError("along %r hvp gives %r, hessian %r" % (direction, x, want))


def collect(cases, engine):
    """Results by id and failures by id of one engine; `engine(case, inputs)` answers at one point."""
    def one(case):
        try:
            answers = [engine(case, inputs) for inputs in case.points()]
            return case.id, dict(answers[0], more=answers[1:]), None
        except (AssertionError, KeyError, ValueError) as error:
            return case.id, None, repr(error) if not str(error) else str(error)

    with native.pool() as pool:
        answers = list(pool.map(one, cases))
    return {i: a for i, a, e in answers if a}, {i: e for i, a, e in answers if e}


def compare_engines(cases, table, before, after):
    """Lines of trouble: compiled engines do the same arithmetic in the same order, bit for bit."""
    (first, a), (second, b) = before, after
    for case in cases:
        if case.id not in a or case.id not in b:
            continue
        for point, other in zip([a[case.id]] + a[case.id]["more"], [b[case.id]] + b[case.id]["more"]):
            for key in sorted(point.keys() & {"value", "gradient", "second"}):
                apart = table.compare(first, second, numbered(point[key]), numbered(other[key]), case.unit.single)
                if apart and first != "interp":
                    yield "%s: %s and %s differ: %s is %r and %r" % (case.id, first, second, key, point[key], other[key])


def numbered(value):
    """Numbers that the collection has as texts."""
    if isinstance(value, dict):
        return [numbered(v) for v in value.values()]
    if isinstance(value, list):
        return [numbered(v) for v in value]
    return numbers.number(value)


def judge_all(cases, results, failures, judge, engine):
    """Lines of trouble; ideal cases are only counted."""
    lines, counts = [], {}
    for case in cases:
        grade = case.record["grade"]
        error = failures.get(case.id)
        if not error:
            try:
                error = judge(case.record, results[case.id])
            except (KeyError, TypeError, ValueError, IndexError) as problem:
                error = "malformed result: %r" % problem
        count = counts.setdefault(grade, [0, 0])
        count[1 if error else 0] += 1
        if error and grade != "ideal":
            lines.append("%s [%s] %s: %s" % (case.id, grade, engine, error))
    return lines, counts


def main():
    records, judge = collection.records(), collection.judge()
    paths = sorted(PROGRAMS.glob("*.ad"))
    cases = [Case(i, path, records[path.stem]) for i, path in enumerate(paths) if path.stem in records]
    skipped = {i: reason(r) for i, r in records.items()
               if r["grade"] == "must" and not (PROGRAMS / (i + ".ad")).exists()}
    lines = ["%s: no program and no reason" % i for i, why in skipped.items() if not why]
    with tempfile.TemporaryDirectory(prefix="adc_cases_") as out:
        with native.pool() as pool:
            list(pool.map(lambda case: case.build(out), cases))
        lines += ["%s: %s" % (c.id, c.unit.result) for c in cases if c.unit.result.status]
        cases = [c for c in cases if c.unit.result.status == 0]
        engines = [("interp", interpret)] if cases else []
        for library in native.libraries([c.unit for c in cases], out) if cases else []:
            engines.append((library.compiler, lambda case, inputs, library=library: call(case, library, inputs)))
        table, before = tally.Tally(), None
        for name, engine in engines:
            results, failures = collect(cases, engine)
            if before:
                lines += compare_engines(cases, table, before, (name, results))
            before = name, results
            (binary.BUILD / ("RESULTS-%s.json" % name)).write_text(
                json.dumps(dict(results, skipped=skipped), indent=1, sort_keys=True))
            found, counts = judge_all(cases, results, failures, judge, name)
            lines += found
            print("%-7s %s" % (name, ", ".join("%s %d of %d" % (g, c[0], sum(c)) for g, c in sorted(counts.items()))))
        table.show()
    print("\n".join(lines))
    if judge is None:
        print("skipped %d: no collection in %s" % (len(paths), collection.FOLDER))
    else:
        print("skipped %d of the must cases: %s" % (len(skipped), ", ".join(sorted(skipped))))
    return 1 if lines else 0


def reason(record):
    return next((REASONS[word] for word in record.get("uses") or [] if word in REASONS), None)


if __name__ == "__main__":
    sys.exit(main())
