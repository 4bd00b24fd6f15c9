"""Further productions, for generator.Generator: recurrences with several lags, over trees and triangles, elements by their
numbers, rows at a distance, windows, packed triangles, powers of halves, loops whose passes are told to be alike.

    generate(seed, name, array)     as generator.generate, with these"""
from generator import Impossible, Index, array, generate, real, statement
from trees import BOOL, REAL, Node

__all__ = ["generate"]


# --------------------------------------------------------------------------- scalars


@real(3)
def power(self, depth):
    form = self.random.choice(["(1.0 + %^2)^-1.5", "(1.0 + %^2)^0.5", "(1.0 + %^2)^-0.5", "(1.5 + tanh(%))^2.5", "cbrt(1.0 + %^2)",
                               "(1.0 + %^2)^-2", "(1.0 + abs(%))^-1", "0.1*%^4", "(1.5 + cos(%))^1.5", "rsqrt(1.0 + %^2)"])
    first, last = form.split("%")
    return Node(REAL, first, self.scalar(depth - 1), last)


@real(3)
def short_array(self, depth):
    name = self.random.choice(["norm", "norm", "sum", "logsumexp", "max"])
    parts = [name, "(["]
    for i in range(self.random.choice([1, 2, 3])):
        parts += ([", "] if i else []) + [self.scalar(depth - 1)]
    return Node(REAL, *parts, "])")


@real(4)
def components(self, depth):
    """Elements of an array of constant length by their numbers, each as often as it comes."""
    found = [(n, d[0]) for n, d in self.arrays() if len(d) == 1 and d[0].isdigit()]
    if not found:
        raise Impossible
    name, length = self.random.choice(found)
    parts = ["("]
    for i in range(self.random.choice([1, 2, 3])):
        parts += [" + "] if i else []
        parts += ["%s[%d]*" % (name, self.random.randrange(int(length))), self.scalar(depth - 1)]
    return Node(REAL, *parts, ")")


@real(4)
def guarded(self, depth):
    """What lies at a distance, where there is something."""
    name, dims = self.random.choice(self.arrays())
    axis = self.random.randrange(len(dims))
    index, parts = self.bound(dims[axis]), [name, "["]
    offset = self.random.choice([-3, -2, -2, -1, 1, 1, 2, 3])
    for i, dim in enumerate(dims):
        parts += ([", "] if i else []) + (["%s %s %d" % (index.name, "-+"[offset > 0], abs(offset))] if i == axis else [self.index(dim)])
    test = "%s >= %d" % (index.name, -offset) if offset < 0 else "%s + %d < %s" % (index.name, offset, dims[axis])
    return Node(REAL, "(if %s then " % test, Node(REAL, *parts, "]"), " else ", self.scalar(depth - 1), ")")


@real(2)
def cases(self, depth):
    """Conditions on indices one in the other."""
    if not self.indices:
        raise Impossible
    return Node(REAL, "(if ", self.index_test(), " then ", self.scalar(depth - 1), " else if ", Node(BOOL, self.index_test()),
                " then ", self.scalar(depth - 1), " else ", self.scalar(depth - 1), ")")


@real(3)
def window(self, depth):
    """Weights along a few neighbours of an index."""
    vectors = [(n, d[0]) for n, d in self.arrays() if len(d) == 1]
    name, dim = self.random.choice(vectors)
    index, k = self.bound(dim), Index(self.fresh("i"), dim)
    width = self.random.choice([2, 3, 4])
    way = self.random.choice(["sum({k} in 0..{w} if {i} + {k} < {d}: {x}[{i} + {k}]*", "sum({k} in 0..{w} if {i} >= {k}: {x}[{i} - {k}]*",
                              "sum({k} in max(0, {i} - {w})..min({d}, {i} + {w}): {x}[{k}]*"])
    opening = way.format(k=k.name, w=width, i=index.name, d=dim, x=name)
    if " if " not in way:
        self.indices.append(k)
    body = self.scalar(depth - 1)
    if k in self.indices:
        self.indices.remove(k)
    return Node(REAL, opening, body, ")")


@real(2)
def packed(self, depth):
    """A triangle that lies row by row in a vector, whatever of it there is."""
    vectors = [(n, d[0]) for n, d in self.arrays() if len(d) == 1]
    if len(self.indices) > 1:
        raise Impossible
    (name, length), dim = self.random.choice(vectors), self.random.choice(self.dims)
    i, j = Index(self.fresh("i"), dim), Index(self.fresh("i"), dim)
    place = "%s*(%s + 1) div 2 + %s" % (i.name, i.name, j.name)
    self.indices += [i, j]
    body = self.scalar(depth - 1)
    del self.indices[-2:]
    return Node(REAL, "sum(%s in 0..%s, %s in 0..%s+1 if %s < %s: %s[%s]*" % (
        i.name, dim, j.name, i.name, place, length, name, place), body, ")")


# ------------------------------------------------------------------------ recurrences


@statement(3)
def lags(self, depth):
    name, dim = self.fresh("r"), self.random.choice(self.dims)
    near, far = sorted(self.random.sample([1, 2, 3, 4], 2))
    start = self.scalar(depth - 1)
    index, body = self.within(dim, depth - 1)
    self.locals.append((name, ("real", dim)))
    return Node((), "rec {0}[{1} in 0..{2}] = if {1} < {4} then ".format(name, index.name, dim, near, far), start,
                " else 0.5*tanh({0}[{1}-{2}]) - 0.3*{0}[{1}-{3}] + 0.3*sin(".format(name, index.name, near, far), body, ")")


@statement(3)
def of_all_before(self, depth):
    """Each element needs a sum over those before it, or some of them."""
    name, dim = self.fresh("r"), self.random.choice(self.dims)
    t, k = Index(self.fresh("i"), dim), Index(self.fresh("i"), dim)
    self.indices.append(t)
    start = self.scalar(depth - 1)
    range_ = self.random.choice(["0..{0}", "0..{0}", "max(0, {0} - 2)..{0}", "max(0, {0} - 3)..{0}", "min(1, {0})..{0}"]).format(t.name)
    self.indices.append(k)
    weight = self.scalar(depth - 2)
    del self.indices[-2:]
    self.locals.append((name, ("real", dim)))
    return Node((), "rec %s[%s in 0..%s] = 0.5*sin(" % (name, t.name, dim), start, ") + 0.4*tanh(sum(%s in %s: %s[%s]*" % (
        k.name, range_, name, k.name), weight, "))")


@statement(2)
def tree(self, depth):
    name, dim = self.fresh("r"), self.random.choice(self.dims)
    parents = [p for p in self.parameters if p.target and p.type[1] == dim]
    if not parents:
        raise Impossible
    start = self.scalar(depth - 1)
    index, body = self.within(dim, depth - 1)
    parent = "min(%s[%s], %s - 1)" % (self.random.choice(parents).name, index.name, index.name)
    self.locals.append((name, ("real", dim)))
    return Node((), "rec %s[%s in 0..%s] = if %s == 0 then " % (name, index.name, dim, index.name), start,
                " else 0.6*%s[%s]*cos(" % (name, parent), body, ") + 0.2")


@statement(3)
def states(self, depth):
    """A vector of states, step by step: itself, mirrored, or a sum over a triangle of the ones before."""
    name, dim, inner = self.fresh("r"), self.random.choice(self.dims), self.random.choice(self.dims)
    t, j, k = Index(self.fresh("i"), dim), Index(self.fresh("i"), inner), Index(self.fresh("i"), inner)
    self.indices += [t, j]
    start, body = self.scalar(depth - 1), self.scalar(depth - 1)
    self.indices.append(k)
    range_ = self.random.choice(["0..{1}", "0..{0} + 1", "{0}..{1}", "max(0, {0} - 1)..min({1}, {0} + 2)"]).format(j.name, inner)
    weight = self.scalar(depth - 2)
    del self.indices[-3:]
    self.locals.append((name, ("real", dim, inner)))
    before = "%s[%s - 1, %s]" % (name, t.name, self.random.choice([j.name, "%s - 1 - %s" % (inner, j.name)]))
    return Node((), "rec {0}[{1} in 0..{2}, {3} in 0..{4}] = if {1} == 0 then ".format(name, t.name, dim, j.name, inner), start,
                " else 0.4*%s + 0.3*tanh(sum(%s in %s: %s[%s - 1, %s]*" % (before, k.name, range_, name, t.name, k.name), weight,
                ")) + 0.2*sin(", body, ")")


# ------------------------------------------------------------------------------ loops


@statement(4)
def substitution(self, depth):
    """What solving triangular systems does: elements one after the other, each from sums over those before or behind."""
    name, dim = self.fresh("m"), self.random.choice(self.dims)
    start = self.tensor(depth - 2, (dim,))
    i, k = Index(self.fresh("i"), dim), Index(self.fresh("i"), dim)
    range_ = self.random.choice(["0..{0}", "0..{0}", "{0}+1..{1}", "0..{0}+1", "{0}..{1}"]).format(i.name, dim)
    self.locals.append((name, ("real", dim)))
    self.indices += [i, k]
    weight = self.scalar(depth - 2)
    self.indices.pop()
    body = self.scalar(depth - 1)
    self.indices.pop()
    over = self.random.choice(["0..%s", "0..%s", "reverse(0..%s)"]) % dim
    return Node((), "mut %s: real[%s] = " % (name, dim), start, "; for %s in %s { %s[%s] = 0.5*sin(" % (i.name, over, name, i.name), body,
                ") - 0.3*tanh(sum(%s in %s: %s[%s]*" % (k.name, range_, name, k.name), weight, ")) }")


@statement(3)
def factors(self, depth):
    """What factoring matrices does: a column, then what lies below of it, from the columns before."""
    name, dim = self.fresh("m"), self.random.choice(self.dims)
    j, i, k = (Index(self.fresh("i"), dim) for _ in range(3))
    self.indices.append(j)
    first = self.scalar(depth - 2)
    self.indices.append(i)
    second = self.scalar(depth - 2)
    del self.indices[-2:]
    self.locals.append((name, ("real", dim, dim)))
    names = {"L": name, "j": j.name, "i": i.name, "k": k.name, "n": dim}
    return Node((), "mut {L} = zeros({n}, {n}); for {j} in 0..{n} {{ {L}[{j}, {j}] = sqrt(1.5 + (".format(**names), first,
                ")^2 + sum({k} in 0..{j}: {L}[{j}, {k}]^2)); for {i} in {j}+1..{n} {{ {L}[{i}, {j}] = (tanh(".format(**names), second,
                ") - 0.5*sum({k} in 0..{j}: {L}[{i}, {k}]*{L}[{j}, {k}]))/{L}[{j}, {j}] }} }}".format(**names))


@statement(3)
def alike(self, depth):
    """Passes that know nothing of each other."""
    name, total, dim = self.fresh("m"), self.fresh("m"), self.random.choice(self.dims)
    start = self.tensor(depth - 2, (dim,))
    index, body = self.within(dim, depth - 1)
    self.indices.append(index)
    more = self.scalar(depth - 1)
    self.indices.pop()
    self.locals += [(name, ("real", dim)), (total, REAL)]
    return Node((), "mut %s: real[%s] = " % (name, dim), start, "; mut %s: real = 0.5; @parallel for %s in 0..%s { %s[%s] = 0.7*%s[%s] + 0.3*sin(" % (
        total, index.name, dim, name, index.name, name, index.name), body, "); %s += 0.1*%s[%s]*" % (total, name, index.name), more, " }")


@statement(3)
def permuted(self, depth):
    """Elements that no two places share."""
    found = [p for p in self.parameters if p.unique]
    if not found:
        raise Impossible
    places, dim = found[0].name, found[0].target
    name = self.fresh("c")
    vector = self.random.choice([n for n, d in self.arrays() if d == (dim,)])
    index, body = self.within(dim, depth - 1)
    self.locals.append((name, ("real", dim)))
    return Node((), "@unique(%s) let %s[%s in 0..%s] = %s[%s[%s]]*" % (places, name, index.name, dim, vector, places, index.name), body)


@array(2)
def literal(self, depth, dims):
    """An array element by element."""
    if len(dims) != 1 or not dims[0].isdigit():
        raise Impossible
    parts = ["["]
    for i in range(int(dims[0])):
        parts += ([", "] if i else []) + [self.scalar(depth - 2)]
    return Node(("real",) + dims, *parts, "]")


@statement(2)
def single_elements(self, depth):
    """Elements of a short array are set one by one, under conditions."""
    dim = self.random.choice([d for d in self.dims if d.isdigit()] or ["3"])
    name = self.fresh("m")
    start = self.tensor(depth - 2, (dim,))
    self.locals.append((name, ("real", dim)))
    parts = ["mut %s: real[%s] = " % (name, dim), start]
    for _ in range(self.random.choice([1, 2, 3])):
        place = "%s[%d]" % (name, self.random.randrange(int(dim)))
        value = self.scalar(depth - 2)
        if self.random.random() < 0.4:
            parts += ["; if ", self.bool(1), " { %s %s " % (place, self.random.choice(["=", "+="])), value, " }"]
        else:
            parts += ["; %s %s " % (place, self.random.choice(["=", "+=", "-="])), value]
    return Node((), *parts)
