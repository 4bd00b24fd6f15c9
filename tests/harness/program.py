"""What a test needs to know of an .ad program, read from its text and not from adc: the exported functions
with their parameters and results, and the C signatures that follow from architecture's calling convention.

Scalars and arrays of them; a type is its text, "real" or "real[N, D+1]". Of functions with records the names alone."""
import re

from . import numbers


class Parameter:
    def __init__(self, kind, name, type_, default):
        self.kind, self.name, self.type, self.default = kind, name, type_, default


class Function:
    def __init__(self, name, parameters, results):
        self.name = name
        self.parameters = [p for p in parameters if p.kind != "const"]
        self.constants = [p for p in parameters if p.kind == "const"]
        self.results = results  # (name, type)
        types = [p.type for p in parameters] + [type_ for _, type_ in results]
        self.plain = all(element(t) in SCALARS for t in types)  # without records

    def variables(self):
        return [p.name for p in self.parameters if p.kind == "var"]

    def dims(self):
        """Names of sizes, in the order of their first appearance alone; they are the first C parameters."""
        found = []
        for p in self.parameters:
            for axis, length in enumerate(shape(p.type)):
                name = "%s_%d" % (p.name, axis) if length == "_" else length
                if re.fullmatch(r"[^\W\d]\w*", name) and name not in found + [q.name for q in self.parameters]:
                    found.append(name)
        return found

    def sizes(self, inputs):
        """Every size by name, from the arrays among `inputs` (nested lists) or given there by its name; with ints
        and `const` parameters, which sizes may mention too."""
        found = {p.name: int(p.default) for p in self.constants if p.type == "int" and p.default}
        found.update((name, value) for name, value in inputs.items() if isinstance(value, int))
        for p in self.parameters:
            value = inputs.get(p.name)
            for axis, length in enumerate(shape(p.type)):
                if not isinstance(value, list):
                    break
                name = "%s_%d" % (p.name, axis) if length == "_" else length
                found.setdefault(name, len(value))
                value = value[0] if value else None
        return found

    def reals(self):
        return [name for name, type_ in self.results if is_real(type_)]

    def elements(self, inputs):
        """How many numbers the variables are."""
        return len(numbers.flatten([inputs[name] for name in self.variables()]))

    def signature(self, product):
        """([(name, type) of inputs], [(name, type, count) of outputs]) of f, f_grad, ... in C order; without a count
        it is that of the point (`hess`)."""
        inputs = [(d, "int") for d in self.dims()] + [(p.name, p.type) for p in self.parameters]
        outputs = [(name, type_, 1) for name, type_ in self.results]
        variables, types = self.variables(), {p.name: p.type for p in self.parameters}
        if product == "value":
            return inputs, outputs
        if product == "grad":
            return inputs, outputs + [("grad_" + v, types[v], 1) for v in variables]
        if product == "vjp":
            bars = [(name + "_bar", type_) for name, type_ in self.results if is_real(type_)]
            return inputs + bars, outputs + [(v + "_bar", types[v], 1) for v in variables]
        dots = [(v + "_dot", types[v]) for v in variables]
        if product == "jvp":
            return inputs + dots, outputs + [(n + "_dot", t, 1) for n, t in self.results if is_real(t)]
        if product == "hvp":
            return inputs + dots, [(v + "_hvp", types[v], 1) for v in variables]
        if product == "hessian":
            return inputs, [("hess", "real", None)]  # a square, in elements of the variables
        if product == "jacobian":
            return inputs, outputs + [("jac_%s_%s" % (n, v), beside(t, types[v]), 1)
                                      for n, t in self.results if is_real(t) for v in variables]
        raise ValueError(product)


SUFFIX = {"value": "", "grad": "_grad", "vjp": "_vjp", "jvp": "_jvp", "hvp": "_hvp", "hessian": "_hess",
          "jacobian": "_jac"}


ROOM = 4096  # elements


SCALARS = ("real", "f32", "f64", "int", "i32", "bool")


def is_real(type_):
    return element(type_) in ("real", "f32", "f64")


def element(type_):
    """The type of the elements; of a scalar itself."""
    return type_.partition("[")[0].strip()


def shape(type_):
    """Texts of the lengths of an array's axes; nothing for a scalar."""
    return split(type_.partition("[")[2].rpartition("]")[0])


def beside(type_, other):
    """That of derivatives of one by the other: the axes of both."""
    axes = shape(type_) + shape(other)
    return element(type_) + ("[%s]" % ", ".join(axes) if axes else "")


def is_open(type_, sizes):
    """Whether the text of the parameters does not tell the lengths: `_`, constants of the file."""
    names = re.findall(r"[^\W\d]\w*", " ".join(shape(type_)))
    return any(name not in sizes and name not in ("div", "mod", "min", "max") for name in names)


def lengths(type_, sizes):
    """The numbers that they are; ROOM where that is open: for calls whose outputs are not looked at."""
    if is_open(type_, sizes):
        return [ROOM] + [1] * (len(shape(type_)) - 1)
    return [eval(re.sub(r"\bdiv\b", "//", re.sub(r"\bmod\b", "%", text)), {"min": min, "max": max}, dict(sizes))
            for text in shape(type_)]


def split(text):
    """At commas outside brackets, also those of types."""
    parts, depth, last = [], 0, 0
    for i, c in enumerate(text):
        depth += (c in "([{<") - (c in ")]}>")
        if c == "," and depth == 0:
            parts.append(text[last:i])
            last = i + 1
    return [p.strip() for p in parts + [text[last:]] if p.strip()]


def matching(text, start):
    """Index behind the bracket that closes the one at start."""
    depth = 0
    for i in range(start, len(text)):
        depth += (text[i] in "([{") - (text[i] in ")]}")
        if depth == 0:
            return i + 1
    raise ValueError("unbalanced: %s" % text[start:start + 40])


def exported(text):
    """Every `export fn` of a program, in order."""
    text = re.sub(r"/\*.*?\*/", " ", text, flags=re.S)
    text = re.sub(r"//[^\n]*", "", text)
    functions = []
    for match in re.finditer(r"\bexport\s+fn\s+(\w+)\s*(\()", text):
        end = matching(text, match.start(2))
        parameters = []
        for item in split(text[match.end(2):end - 1]):
            m = re.match(r"(?:(var|data|const)\s+)?(\w+)\s*:\s*([^=]+?)\s*(?:=\s*(.*))?$", item, re.S)
            parameters.append(Parameter(m[1] or "plain", m[2], m[3], m[4]))
        results = result_types(text, end)
        functions.append(Function(match.group(1), parameters, results))
    return functions


def result_types(text, start):
    arrow = re.match(r"\s*->\s*", text[start:])
    if not arrow:
        return [("result", "real")]
    at = start + arrow.end()
    if text[at] != "(":
        return [("result", re.match(r"\w+(\s*\[[^\]]*\])?", text[at:])[0])]
    end = matching(text, at)
    if re.match(r"\s*\[", text[end:]):  # an array of records
        return [("result", "()")]
    fields = split(text[at + 1:end - 1])
    named = [tuple(re.split(r"\s*:\s*", field)) for field in fields]
    if all(len(field) == 2 for field in named):
        return named
    return [("result%d" % i, field[0]) for i, field in enumerate(named)]
