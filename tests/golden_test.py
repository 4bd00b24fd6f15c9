"""Golden programs: one .ad file holds a program and what must be true of it (harness/directives.py).

    ir after=STAGE [fn=f] [of=f_grad]        `adc show` prints exactly the text
    count after=STAGE [fn=f] op=n ...        it has so many nodes of each operator
    value x=1 y=[[1, 2]] ... [derive=grad] [tol=] [atol=] [fn=f]   lines NAME = NUMBER or list, in interpreter,
                                             C (gcc, clang), objects by LLVM and the JIT
    check gradient|adjoint|hessian [seed=] [points=] [x=lo..hi] [N=3] [tol=]   against differences;
                                             <y', J v> = <J' y', v>; sizes are 2 unless given
    c contains|lacks|equals|count=n [in=f_grad]   text of the emitted C (blanks do not matter)
    dot contains|lacks|equals                text of the picture
    status x=1 ... [fn=f]                    a failed check: the text it gives everywhere
    options --flag ...                       given to every adc of this file
    source ...                               where the numbers come from; every value needs it

An unlisted diagnostic fails, so does an unknown directive, and a file without one. `--bless` rewrites texts of
ir, c equals and dot equals, never values: numbers come from an independent source."""
import json
import math
import pathlib
import random
import re
import subprocess
import sys
import tempfile

from harness import binary, directives, native, numbers, program, tally

ROOT = pathlib.Path(__file__).resolve().parent
# without arguments: everything here
DEFAULT = ["golden", "differential/kept", "diag", "syntax/bad"]
INTS = ["int", "i32"]
COMPARED = tally.Tally()
PRODUCTS = ["value", "grad", "vjp", "jvp", "hvp", "hessian"]


class Test:
    """One file: its directives, its functions, its build, and what went wrong."""

    def __init__(self, path, index):
        self.path, self.prefix, self.failures = path, "p%d_" % index, []
        self.directives, self.expected, self.functions, self.unit = [], [], [], None
        try:
            self.directives, self.expected = directives.parse(path)
        except directives.Bad as bad:
            self.failures.append(str(bad))

    def fail(self, directive, text):
        self.failures.append("line %d: %s" % (directive.line, text) if directive else text)

    def options(self):
        return [w for d in self.directives if d.name == "options" for w in d.words + ["%s=%s" % o for o in d.options.items()]]

    def function(self, directive):
        name = directive.option("fn")
        for function in self.functions:
            if name in (None, function.name):
                return function
        raise directives.Bad("line %d: no exported function %s" % (directive.line, name or ""))

    def wanted(self):
        """Products that the directives call, beyond those of the program."""
        asked = {"value"}
        for d in self.directives:
            if d.name == "value":
                asked |= set(d.option("derive", "value").split(","))
            if d.name == "check":
                asked |= {"gradient": {"grad"}, "adjoint": {"vjp", "jvp"}, "hessian": {"grad", "hessian"}}[d.words[0]]
        return sorted(asked, key=PRODUCTS.index)

    def runs_native(self):
        return any(d.name in ("value", "check", "status") for d in self.directives)

    def build(self, out):
        text = self.path.read_text(encoding="utf-8", errors="surrogateescape")
        if self.directives:
            self.functions = program.exported(text)
        options = self.options()
        if self.runs_native():
            options.append("--derive=" + ",".join(self.wanted()))
        self.unit = native.Unit(self.path, self.prefix, options, out)
        self.judge_diagnostics(text)

    def judge_diagnostics(self, text):
        result = self.unit.result
        got = binary.diagnostics(result.err.replace(self.prefix, ""), text)
        nothing_to_build = [d for d in got if d.code is None and "exports no function" in d.text]
        if nothing_to_build and not self.directives:
            got.remove(nothing_to_build[0])
        left = list(got)
        for expected in self.expected:
            reasons = [(expected.differs(d), d) for d in left]
            match = next((d for why, d in reasons if why is None), None)
            if match:
                left.remove(match)
            else:
                near = next(("; %s differs: %s %s" % (why, d, d.more) for why, d in reasons if d.code == expected.code), "")
                self.failures.append("missing %s%s" % (expected, near))
        for diagnostic in left:
            self.failures.append("unlisted %s" % diagnostic)
        errors = any(d.severity == "error" for d in got)
        if not nothing_to_build and result.status != (1 if errors else 0):
            self.failures.append("status of the build is %d\n%s" % (result.status, result))
        if errors and self.unit.source.exists():
            self.failures.append("a failed build left %s" % self.unit.source.name)

    def passed_build(self):
        return self.unit is not None and self.unit.result.status == 0


# ------------------------------------------------------------------ numbers


def inputs_of(test, directive, function):
    """Arguments by name: those given, defaults for the rest."""
    single = test.unit.single
    values = {d: int(directive.options[d]) for d in function.dims() if d in directive.options}
    for p in function.parameters:
        text = directive.option(p.name, p.default)
        if text is None:
            raise directives.Bad("line %d: no value for %s" % (directive.line, p.name))
        values[p.name] = typed(text, p.type, single)
    for name, type_ in extra_inputs(function, directive):
        values[name] = typed(directive.option(name, "1"), type_, single)
    return values


def extra_inputs(function, directive):
    """Inputs that a product has beyond the function's own: seeds."""
    own = {p.name for p in function.parameters} | set(function.dims())
    found = {}
    for product in directive.option("derive", "value").split(","):
        found.update(function.signature(product)[0])
    return [(name, type_) for name, type_ in found.items() if name not in own]


def typed(text, type_, single=False):
    if program.shape(type_):
        return converted(with_names(text), program.element(type_))
    if type_ == "bool":
        return text == "true"
    if type_ in INTS:
        return int(text)
    return float(text)


def converted(value, type_):
    """Nested lists of what was read, as elements of the type."""
    if isinstance(value, list):
        return [converted(v, type_) for v in value]
    return value if type_ in INTS + ["bool"] else float(value)


def with_names(text):
    """JSON in which inf and nan may stand."""
    return json.loads(re.sub(r"(?<![\"\w])(-?(?:inf|nan))\b", r'"\1"', text))


def expectations(directive):
    for line in directive.text:
        match = re.match(r"(\w+)\s*=\s*(.*?)\s*(?://.*)?$", line)
        if not match:
            raise directives.Bad("line %d: not NAME = NUMBER: %s" % (directive.line, line))
        yield match[1], with_names(match[2])


def run_arguments(directive):
    return ["%s=%s" % option for option in directive.options.items() if option[0] not in ("derive", "tol", "atol", "fn")]


def from_json(function, answer):
    """Outputs by the names of the C interface."""
    result = answer["result"]
    found = dict(result, result=result) if isinstance(result, dict) else {"result": result}
    if isinstance(result, list) and len(function.results) > 1:
        found = {"result%d" % i: v for i, v in enumerate(result)}
    for name, value in answer.get("grad", {}).items():
        found["grad_" + name] = value
    for group in ("vjp", "jvp", "hvp"):
        found.update(answer.get(group, {}))
    if "hessian" in answer:
        variables = function.variables()
        found["hess"] = [answer["hessian"][a][b] for a in variables for b in variables]
    return found


def run(test, directive, function, engine, compiler="cc"):
    """The answer of `adc run`, which goes through C without being told what the program's C looks like."""
    derive = directive.option("derive")
    command = ["run", test.path, function.name, *run_arguments(directive), "--json", "--engine", engine, *test.options()]
    command += native.scalar(test.options()) if engine == "jit" else []
    if derive:
        command.append("--derive=" + derive)
    result = binary.adc(*command, env=dict(binary.ENVIRONMENT, CC=compiler))
    if result.status:
        raise directives.Bad("line %d: %s" % (directive.line, result))
    found = from_json(function, result.json())
    return {name: numbers.single(value) for name, value in found.items()} if test.unit.single else found


def compiled(test, library, directive, function, like):
    if not function.plain:
        return run(test, directive, function, "c", library.compiler) if library.compiler != native.LLVM else None
    inputs = inputs_of(test, directive, function)
    found = {}
    for product in directive.option("derive", "value").split(","):
        status, outputs = library.call(test.unit, function, product, inputs, like=like)
        if status:
            raise directives.Bad("line %d: %s gives status %d" % (directive.line, product, status))
        found.update(outputs)
    return found


def judge_value(test, directive, libraries):
    function = test.function(directive)
    tol = float(directive.option("tol", "1e-14"))
    atol = float(directive.option("atol", "0"))
    if not any(d.name == "source" for d in test.directives):
        test.fail(directive, "numbers without a source")
    engines = [("interp", run(test, directive, function, "interp"))]
    for library in libraries:
        if test.prefix in library.failures:
            test.fail(directive, library.failures[test.prefix])
        else:
            engines.append((library.compiler, compiled(test, library, directive, function, engines[0][1])))
    engines = [(name, found) for name, found in engines if found is not None]
    if binary.has_llvm():
        engines.append(("jit", run(test, directive, function, "jit")))
    wanted = dict(expectations(directive))
    if not wanted:
        test.fail(directive, "no value expected")
    for engine, found in engines:
        for name, want in wanted.items():
            if name not in found:
                test.fail(directive, "%s: no output %s among %s" % (engine, name, ", ".join(found)))
                continue
            same = numbers.shape(found[name]) == numbers.shape(want)
            got, want = numbers.flatten(found[name]), numbers.flatten(want)
            if not same or not all(numbers.close(g, w, tol, atol) for g, w in zip(got, want)):
                test.fail(directive, "%s: %s is %r, want %r" % (engine, name, found[name], wanted[name]))
    judge_engines(test, directive, engines)


def judge_engines(test, directive, engines):
    """All engines do the same arithmetic in the same order: bit for bit. Where arrays are, C adds up contributions to
    one element in the order of its fused loops, the interpreter array by array: there C and C alone are bit for bit."""
    function = test.function(directive)
    arrays = not function.plain or any(program.shape(p.type) for p in function.parameters)
    for before, (engine, found) in enumerate(engines[1:]):
        first, reference = engines[before]
        for name, value in found.items():
            if name not in reference:  # the parts of a record have names in C alone
                continue
            got, want = numbers.flatten(value), numbers.flatten(reference[name])
            COMPARED.compare(first, engine, want, got, test.unit.single)
            tol = 1e-12 if arrays and first == "interp" else 0
            room = tol * max([abs(w) for w in want if math.isfinite(w)], default=0)
            if not all(numbers.close(g, w, tol, room) for g, w in zip(got, want)):
                test.fail(directive, "%s and %s differ: %s is %r and %r" % (engine, first, name, value, reference[name]))


# ----------------------------------------------------------------- derivatives


def random_point(directive, function, generator):
    values = {d: int(directive.option(d, "2")) for d in function.dims()}
    for p in function.parameters:
        low, dots, high = directive.option(p.name, "-2..2").partition("..")
        if not dots:
            values[p.name] = typed(low, p.type)
        else:
            sizes = program.lengths(p.type, values)
            values[p.name] = random_value(generator, program.element(p.type), low, high, sizes)
    return values


def random_value(generator, type_, low, high, sizes):
    """A number between low and high, or nested lists of such."""
    if sizes:
        return [random_value(generator, type_, low, high, sizes[1:]) for _ in range(sizes[0])]
    if type_ in INTS:
        return generator.randint(int(low), int(high))
    return generator.random() < 0.5 if type_ == "bool" else generator.uniform(float(low), float(high))


def random_like(value, generator):
    if isinstance(value, list):
        return [random_like(v, generator) for v in value]
    return generator.uniform(-1, 1)


def judge_check(test, directive, libraries):
    function, library = test.function(directive), libraries[0]
    if test.prefix in library.failures:
        test.fail(directive, library.failures[test.prefix])
        return
    generator = random.Random(int(directive.option("seed", "1")))
    judge = {"gradient": check_gradient, "adjoint": check_adjoint, "hessian": check_hessian}[directive.words[0]]
    for _ in range(int(directive.option("points", "8"))):
        point = random_point(directive, function, generator)
        problem = judge(test, library, function, point, float(directive.option("tol", "1e-8")), generator)
        if problem:
            test.fail(directive, "%s at %s" % (problem, point))
            return


def check_gradient(test, library, function, point, tol, _):
    def value(name, place, x):
        moved = dict(point, **{name: numbers.replaced(point[name], place, x)})
        return library.call(test.unit, function, "value", moved)[1][function.reals()[0]]

    _, outputs = library.call(test.unit, function, "grad", point)
    for name, place in [(n, p) for n in function.variables() for p in numbers.places(point[n])]:
        want, error = numbers.derivative(lambda x: value(name, place, x), numbers.at(point[name], place))
        got = numbers.at(outputs["grad_" + name], place)
        if not abs(got - want) <= max(tol * max(1, abs(want)), 4 * error):
            return "grad_%s%s is %r, differences give %r" % (name, list(place) or "", got, want)
    return None


def check_hessian(test, library, function, point, tol, _):
    elements = [(name, place) for name in function.variables() for place in numbers.places(point[name])]
    _, outputs = library.call(test.unit, function, "hessian", point)

    def slope(a, b, x):
        moved = dict(point, **{b[0]: numbers.replaced(point[b[0]], b[1], x)})
        return numbers.at(library.call(test.unit, function, "grad", moved)[1]["grad_" + a[0]], a[1])

    for i, a in enumerate(elements):
        for j, b in enumerate(elements):
            got = outputs["hess"][i * len(elements) + j]
            want, error = numbers.derivative(lambda x: slope(a, b, x), numbers.at(point[b[0]], b[1]))
            if not abs(got - want) <= max(tol * max(1, abs(want)), 4 * error):
                return "hess %s %s is %r, differences give %r" % (a, b, got, want)
    return None


def check_adjoint(test, library, function, point, tol, generator):
    _, values = library.call(test.unit, function, "value", point)
    dots = {v + "_dot": random_like(point[v], generator) for v in function.variables()}
    bars = {r + "_bar": random_like(values[r], generator) for r in function.reals()}
    _, forward = library.call(test.unit, function, "jvp", dict(point, **dots))
    _, reverse = library.call(test.unit, function, "vjp", dict(point, **bars))
    left = sum(numbers.dot(bars[r + "_bar"], forward[r + "_dot"]) for r in function.reals())
    right = sum(numbers.dot(reverse[v + "_bar"], dots[v + "_dot"]) for v in function.variables())
    if not abs(left - right) <= tol * max(1, abs(left)):
        return "<y_bar, J v> is %r, <J' y_bar, v> is %r" % (left, right)
    return None


# ----------------------------------------------------------------------- texts


def shown(test, directive):
    """Text of a stage of a function."""
    stage, _, name = directive.option("after").partition(".")
    name = name or directive.option("fn") or test.function(directive).name
    command = ["show", test.path, name, "--stage", stage, *test.options()]
    if directive.option("derive"):
        command.append("--derive=" + directive.option("derive"))
    result = binary.adc(*command)
    if result.status:
        raise directives.Bad("line %d: %s" % (directive.line, result))
    return result.out


def judge_ir(test, directive, bless):
    got = shown(test, directive).rstrip("\n").split("\n")
    judge_text(test, directive, got, bless)


def judge_text(test, directive, got, bless):
    if got == directive.text:
        return
    if bless:
        rewrite(test, directive, got)
    else:
        test.fail(directive, "%s is not as expected:\n%s" % (directive.name, "\n".join(got)))


def rewrite(test, directive, got):
    lines = test.path.read_text(encoding="utf-8").split("\n")
    lines[directive.line:directive.last] = [("//| " + line).rstrip() for line in got]
    test.path.write_text("\n".join(lines), encoding="utf-8")
    print("blessed %s line %d" % (test.path, directive.line))


def judge_count(test, directive):
    text = shown(test, directive)
    for op, want in directive.options.items():
        if op in ("after", "fn", "derive"):
            continue
        got = len(re.findall(r"^%%\d+ = %s\b|\b%s\(" % (re.escape(op), re.escape(op)), text, re.M))
        if got != int(want):
            test.fail(directive, "%s occurs %d times, not %s, in:\n%s" % (op, got, want, text))


def body(text, name):
    """From the definition of a C function to its closing brace."""
    match = re.search(r"^[^\n;=]*\b%s\([^;{]*\)\s*\{.*?^\}" % re.escape(name), text, re.M | re.S)
    return match.group(0) if match else ""


def judge_c(test, directive, bless):
    text = re.sub(r"\b%s" % test.prefix, "", test.unit.text())
    judge_contents(test, directive, text, bless, lambda name: body(text, name))


def judge_dot(test, directive, bless, out):
    target = pathlib.Path(out) / (test.prefix + ".dot")
    result = binary.adc("graph", test.path, test.function(directive).name, "-o", target, *test.options())
    if result.status:
        raise directives.Bad("line %d: %s" % (directive.line, result))
    judge_contents(test, directive, target.read_text(encoding="utf-8"), bless, None)


def judge_contents(test, directive, text, bless, part):
    if directive.option("in"):
        text = part(directive.option("in"))
        if not text:
            test.fail(directive, "no function %s" % directive.option("in"))
            return
    if "equals" in directive.words:
        judge_text(test, directive, text.rstrip("\n").split("\n"), bless)
        return
    code = squeeze(re.sub(r"/\*.*?\*/", " ", text, flags=re.S) if "comments" not in directive.words else text)
    if not directive.text:
        test.fail(directive, "no text expected")
    for line in directive.text:
        count = code.count(squeeze(line))
        if directive.option("count"):
            wrong = count != int(directive.option("count"))
        else:
            wrong = (count > 0) == ("lacks" in directive.words)
        if wrong:
            test.fail(directive, "`%s` occurs %d times in:\n%s" % (line, count, text))


def squeeze(text):
    """Blanks only where they part two words."""
    return re.sub(r"\s*([^\w\s])\s*", r"\1", re.sub(r"\s+", " ", text)).strip()


def judge_status(test, directive, libraries):
    function = test.function(directive)
    want = "\n".join(directive.text)
    command = ["run", test.path, function.name, *run_arguments(directive), *test.options()]
    runs = [("interp", "cc")] + [("c", compiler) for compiler in binary.COMPILERS if not function.plain]
    runs += [("jit", "cc")] if binary.has_llvm() else []
    for engine, compiler in runs:
        result = binary.adc(*command, "--engine", engine, env=dict(binary.ENVIRONMENT, CC=compiler))
        if result.status != 1 or want not in result.err:
            test.fail(directive, "want status 1 and `%s` from %s" % (want, result))
    for library in libraries:
        if test.prefix in library.failures:
            test.fail(directive, library.failures[test.prefix])
            continue
        if not function.plain:
            continue
        status, _ = library.call(test.unit, function, "value", inputs_of(test, directive, function))
        text = library.status_text(test.unit, function, status) if status else ""
        if status <= 0 or want not in text:
            test.fail(directive, "%s: status %d `%s`, want `%s`" % (library.compiler, status, text, want))


# ------------------------------------------------------------------------ all


def judge(test, libraries, bless, out):
    for d in reversed(test.directives):  # from below, so that blessing keeps line numbers
        try:
            if d.name == "value":
                judge_value(test, d, libraries)
            elif d.name == "check":
                judge_check(test, d, libraries)
            elif d.name == "ir":
                judge_ir(test, d, bless)
            elif d.name == "count":
                judge_count(test, d)
            elif d.name == "c":
                judge_c(test, d, bless)
            elif d.name == "dot":
                judge_dot(test, d, bless, out)
            elif d.name == "status":
                judge_status(test, d, libraries)
        except directives.Bad as bad:
            test.failures.append(str(bad))
        except (KeyError, ValueError, TypeError, AttributeError, NameError) as error:
            test.fail(d, "cannot judge %s: %r" % (d.name, error))


def guarded(test, action):
    """A crash of adc, or a time-out, is the failure of one test."""
    try:
        action()
    except (AssertionError, subprocess.TimeoutExpired) as error:
        test.failures.append(str(error))


def files_of(arguments):
    found = []
    for path in [pathlib.Path(a) for a in arguments] or [ROOT / d for d in DEFAULT]:
        found += sorted(path.rglob("*.ad")) if path.is_dir() else [path] if path.exists() else []
    return found


def main(arguments):
    bless = "--bless" in arguments
    tests = [Test(path, i) for i, path in enumerate(files_of([a for a in arguments if a != "--bless"]))]
    with tempfile.TemporaryDirectory(prefix="adc_golden_") as out:
        with native.pool() as pool:
            list(pool.map(lambda t: guarded(t, lambda: t.build(out)), [t for t in tests if not t.failures]))
        built = [t for t in tests if t.passed_build()]
        libraries = native.libraries([t.unit for t in built if t.runs_native()], out)
        with native.pool() as pool:
            list(pool.map(lambda t: guarded(t, lambda: judge(t, libraries, bless, out)), built))
    for test in tests:
        for failure in test.failures:
            print("%s: %s" % (test.path, failure))
    failed = sum(1 for t in tests if t.failures)
    COMPARED.show()
    print("%d golden programs, %d failed" % (len(tests), failed))
    return 1 if failed or not tests else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
