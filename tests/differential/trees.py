"""Programs as trees, so that a failing one can be made smaller.

A type is a tuple: ("real",), ("bool",), ("int", "N") for an int from 0 to below N, ("real", "N", "D") for an array."""
import re

REAL, BOOL = ("real",), ("bool",)


class Node:
    """An expression: texts and nodes, one after the other."""

    def __init__(self, type_, *parts):
        self.type, self.parts = type_, list(parts)

    def text(self):
        return "".join(p if isinstance(p, str) else p.text() for p in self.parts)

    def places(self):
        """(node, number of a part) for every node below."""
        for i, part in enumerate(self.parts):
            if isinstance(part, Node):
                yield self, i
                yield from part.places()

    def below(self):
        for node, i in self.places():
            yield node.parts[i]

    def copy(self):
        return Node(self.type, *[p if isinstance(p, str) else p.copy() for p in self.parts])


class Parameter:
    """kind: "var", "data" or ""; `target`: the size that elements of an int array index; `unique`: each at most once."""

    def __init__(self, kind, name, type_, target=None, unique=False):
        self.kind, self.name, self.type, self.target, self.unique = kind, name, type_, target, unique

    def text(self):
        return "%s%s: %s" % (self.kind and self.kind + " ", self.name, type_text(self.type))


def type_text(type_):
    if type_[0] == "record":
        return "(%s)" % ", ".join("%s: %s" % (name, type_text(t)) for name, t in type_[1:])
    return type_[0] + ("[%s]" % ", ".join(type_[1:]) if type_[1:] else "")


def mentions(text, name):
    return re.search(r"(?<!\w)%s(?!\w)" % re.escape(name), text) is not None


class Program:
    """Helper functions, then one exported function of parameters, statements and a result."""

    def __init__(self, name, parameters, helpers, statements, result):
        self.name, self.parameters, self.helpers = name, parameters, helpers
        self.statements, self.result = statements, result

    def copy(self):
        return Program(self.name, list(self.parameters), [h.copy() for h in self.helpers],
                       [s.copy() for s in self.statements], self.result.copy())

    def roots(self):
        return self.helpers + self.statements + [self.result]

    def body(self):
        result = self.result.text()
        if result.startswith("{"):  # at the begin of a line it would continue the one above
            result = "(%s)" % result
        return "".join("  %s\n" % s.text() for s in self.statements) + "  %s\n" % result

    def used(self):
        """The parameters that the body mentions, a variable, and those that show a size it mentions."""
        body = self.body() + type_text(self.result.type)
        kept = [p for p in self.parameters if mentions(body, p.name)]
        if not any(p.kind == "var" for p in kept):
            kept.append(next(p for p in self.parameters if p.kind == "var"))
        sizes = {d for p in self.parameters for d in p.type[1:] + ((p.target,) if p.target else ()) if d.isidentifier()}
        for size in sorted(sizes):
            wanted = mentions(body + " ".join(p.text() for p in kept), size) or any(p.target == size for p in kept)
            if wanted and not any(size in p.type[1:] for p in kept):
                kept.append(next(p for p in self.parameters if size in p.type[1:]))
        return [p for p in self.parameters if p in kept]

    def text(self):
        helpers = [h.text() for h in self.helpers]
        body = self.body()
        wanted = [h for i, h in enumerate(helpers)
                  if mentions(body + "".join(helpers[:i] + helpers[i + 1:]), h.split("(")[0].split()[-1])]
        return "%sexport fn %s(%s) -> %s {\n%s}\n" % (
            "".join(h + "\n" for h in wanted), self.name, ", ".join(p.text() for p in self.used()), type_text(self.result.type), body)


# --------------------------------------------------------------------- smaller ones


def smaller(program):
    """Programs with less in them, the boldest cuts first; not all of them have a meaning."""
    for i in reversed(range(len(program.statements))):
        cut = program.copy()
        del cut.statements[i]
        yield cut
    yield from results(program)
    counts = [len(list(root.places())) for root in program.roots()]
    for r, count in enumerate(counts):
        for k in range(count):
            for n in range(alternatives(program, r, k)):
                yield replaced(program, r, k, n)


def results(program):
    """A part of the result as the result."""
    wanted = program.result.type
    types = [t for _, t in wanted[1:]] if wanted[0] == "record" else [wanted]
    for node in program.result.below():
        if node.type in types:
            cut = program.copy()
            cut.result = node.copy()
            yield cut


def choices(node):
    """Nodes that may stand in the place of one: simple ones, then its parts of the same type."""
    found = []
    if node.type == REAL and node.text() not in ("1.5", "x0"):
        found += [Node(REAL, "1.5")]
    if node.type == BOOL and node.text() != "true":
        found += [Node(BOOL, "true")]
    found += [below for below in node.below() if below.type == node.type]
    return sorted(found, key=lambda n: len(n.text()))[:6]


def alternatives(program, root, place):
    node, i = list(program.roots()[root].places())[place]
    return len(choices(node.parts[i]))


def replaced(program, root, place, choice):
    copy = program.copy()
    node, i = list(copy.roots()[root].places())[place]
    node.parts[i] = choices(node.parts[i])[choice].copy()
    return copy
