"""Published troubles of other tools: each case is a function, a point, and the right value and derivatives.

The collection lies beside the repository (../shared/cases) and brings its own judge; our programs are
tests/cases/ID.ad. Every engine's answers go to RESULTS-ENGINE.json in the build folder and through the judge.
Without the collection the programs are still compiled and run, and the count of unjudged cases is printed."""
import importlib.util
import json
import math
import pathlib
import sys
import tempfile

from harness import binary, native, numbers, program, tally

PROGRAMS = pathlib.Path(__file__).resolve().parent / "cases"
COLLECTION = binary.ROOT.parent / "shared" / "cases"

# Why a case has no program here, by a word of its `uses`.
REASONS = {
    "for": "loops are not supported yet", "while": "loops are not supported yet",
    "array": "arrays are not supported yet", "recursion": "the language has no recursion; loops are not supported yet",
    "custom rule": "custom rules are not supported yet", "external function": "extern is not supported yet",
    "lgamma": "special functions from lgamma on are not supported yet",
}
for word in ("digamma", "tgamma", "j0", "betainc", "gammainc", "i0"):
    REASONS[word] = REASONS["lgamma"]


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
        yield self.record["inputs"]
        for more in self.record.get("more") or []:
            yield more["inputs"]

    def wants_second(self):
        return bool(self.record.get("second"))


# Forward mode multiplies a tangent of zero with what reverse mode never reaches: NaN there, a number in reverse mode.
# The reason is why no rule of the language asks for more.
FORWARD_NAN = {
    "NP-01": "0 * NaN: a vector product sums over all inputs, one of which is NaN",
    "SL-07": "0 * inf in `/`, which has no strong zero (language reference, section 9)",
    "OV-03": "exp overflows, and its infinite tangent meets the zero slope of `/`",
    "OV-19": "cosh overflows, and its infinite tangent meets the zero slope of `/`",
}
# Cases of grade `convention` whose answer is not among the accepted ones yet; listed, not counted as failures.
OPEN = {"ZP-16": "acos(cos x) at 0: the infinite slope of acos meets the zero slope of cos, inf * 0"}
PRODUCTS = ["value", "grad", "vjp", "jvp", "hvp", "hessian"]


def load():
    """(cases by id, judge function or None)."""
    source = COLLECTION / "cases-open.json"
    if not source.exists():
        return {}, None
    spec = importlib.util.spec_from_file_location("judge", COLLECTION / "judge.py")
    module = importlib.util.module_from_spec(spec)
    sys.dont_write_bytecode = True
    spec.loader.exec_module(module)
    records = json.loads(source.read_text(encoding="utf-8"))["cases"]
    return {record["id"]: record for record in records}, module.judge


def written(value):
    """As JSON of results has it."""
    return value if math.isfinite(value) else "nan" if math.isnan(value) else "inf" if value > 0 else "-inf"


def interpret(case, inputs):
    arguments = ["%s=%s" % (name, value) for name, value in inputs.items()]
    result = binary.adc("run", case.path, case.function.name, *arguments, "--grad", "--hessian", "--json", *case.options())
    if result.status:
        raise AssertionError(str(result))
    answer = result.json()
    variables = case.function.variables()

    def read(text):
        value = numbers.number(text)
        return written(numbers.single(value) if case.unit.single else value)

    return {"value": read(answer["result"]), "gradient": {v: read(answer["grad"][v]) for v in variables},
            "second": [[read(answer["hessian"][a][b]) for b in variables] for a in variables]}


def call(case, library, inputs):
    if case.prefix in library.failures:
        raise AssertionError(library.failures[case.prefix])
    point = {name: numbers.number(value) for name, value in inputs.items()}
    variables = case.function.variables()
    answers = {}
    for product in ("value", "grad", "hessian"):
        status, outputs = library.call(case.unit, case.function, product, point)
        if status:
            raise AssertionError("%s gives status %d" % (product, status))
        answers[product] = outputs
    check_entry_points(case, library, point, answers)
    flat = answers["hessian"]["hess"]
    n = len(variables)
    return {"value": written(answers["value"]["result"]),
            "gradient": {v: written(answers["grad"]["grad_" + v]) for v in variables},
            "second": [[written(flat[i * n + j]) for j in range(n)] for i in range(n)]}


def check_entry_points(case, library, point, answers):
    """Value and derivatives are the same whichever entry point gives them (TR-06)."""
    tol = 1e-6 if case.unit.single else 1e-12
    value, gradient = answers["value"]["result"], answers["grad"]
    _, reverse = library.call(case.unit, case.function, "vjp", dict(point, result_bar=1.0))
    for name, got in [("grad", gradient["result"]), ("vjp", reverse["result"])]:
        if not numbers.close(got, value, 0):
            raise AssertionError("the value from %s is %r, not %r" % (name, got, value))
    for v in case.function.variables():
        dots = {other + "_dot": float(other == v) for other in case.function.variables()}
        _, forward = library.call(case.unit, case.function, "jvp", dict(point, **dots))
        for name, got in [("vjp", reverse[v + "_bar"]), ("jvp", forward["result_dot"])]:
            if name == "jvp" and case.id in FORWARD_NAN and math.isnan(got):
                continue
            if not numbers.close(got, gradient["grad_" + v], tol, 1e-300):
                raise AssertionError("d/d%s from %s is %r, from grad %r" % (v, name, got, gradient["grad_" + v]))


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
            for key in ("value", "gradient", "second"):
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
    records, judge = load()
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
    for line in [line for line in lines if line.split()[0] in OPEN]:
        print("open: %s (%s)" % (line, OPEN[line.split()[0]]))
        lines.remove(line)
    print("\n".join(lines))
    if judge is None:
        print("skipped %d: no collection in %s" % (len(paths), COLLECTION))
    else:
        print("skipped %d of the must cases that the language cannot say yet" % len(skipped))
    return 1 if lines else 0


def reason(record):
    return next((REASONS[word] for word in record.get("uses") or [] if word in REASONS), None)


if __name__ == "__main__":
    sys.exit(main())
