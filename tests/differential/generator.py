"""Random programs of the array language, each well typed by construction.

    generate(seed, name, array)     a trees.Program; the same for the same seed

A production is a method with a weight: `@real(4)` makes scalars, `@array(2)` arrays, `@statement(3)` statements. New
constructs of the language are further productions; nothing else has to know of them. Values stay of modest size
(arguments of exp are bounded, denominators above 1), so that differences keep their digits."""
import random
import re

from trees import BOOL, REAL, Node, Parameter, Program

REALS, ARRAYS, STATEMENTS = [], [], []
LITERALS = ["0.5", "1.5", "-0.75", "2.0", "0.3", "-1.25", "1.0"]
LENGTHS = ["1", "2", "3", "3", "4", "5"]  # of axes that fall apart


def real(weight):
    return lambda method: REALS.append((weight, method)) or method


def array(weight):
    return lambda method: ARRAYS.append((weight, method)) or method


def statement(weight):
    return lambda method: STATEMENTS.append((weight, method)) or method


class Impossible(Exception):
    """A production that needs what is not in scope."""


class Index:
    """An index in scope, below the size `dim`; `before`, `after`: how far x[i - b], x[i + a] stay inside."""

    def __init__(self, name, dim, before=0, after=0):
        self.name, self.dim, self.before, self.after = name, dim, before, after


def stands_alone(index, text, arrays):
    """Whether an element of one of `arrays` is read at the bare index, which tells its range."""
    names = "|".join(map(re.escape, arrays))
    return re.search(r"(?<![\w.])(%s)\[([^\[\]]*, )?%s[\],]" % (names, index), text) is not None


class Generator:
    def __init__(self, seed, name):
        self.random = random.Random(seed)
        self.name, self.counter = name, 0
        self.depth = self.random.choice([2, 3, 4])
        self.indices, self.locals = [], []  # in scope; locals are (name, type)
        self.helpers, self.statements = [], []
        self.dims = self.make_dims()
        self.parameters = self.make_parameters()

    def fresh(self, letter):
        self.counter += 1
        return "%s%d" % (letter, self.counter)

    def make_dims(self):
        """Sizes by name, or constant ones, or both."""
        constant = self.random.choice([0, 0, 0.5, 1])
        names = ["N", "M", "D"][:self.random.choice([1, 2, 2, 3])]
        return [self.random.choice(LENGTHS) if self.random.random() < constant else name for name in names]

    def make_parameters(self):
        dims, pick = self.dims, self.random.choice
        made = [Parameter("var", "x0", ("real", dims[0])), Parameter("var", "s0", REAL), Parameter("", "t0", REAL)]
        made += [Parameter("", "y%d" % i, ("real", d)) for i, d in enumerate(dims)]
        made += [Parameter("var", "A0", ("real", pick(dims), pick(dims)))]
        made += [Parameter("data", "k%d" % i, ("int", pick(dims)), d) for i, d in enumerate(dims)]
        if self.random.random() < 0.3:
            made.append(Parameter("var", "T0", ("real", pick(dims), pick(dims), pick(dims))))
        if self.random.random() < 0.3:
            made.append(Parameter("var", "g0", ("real", "5")))
        if self.random.random() < 0.3:
            made.append(Parameter("data", "q0", ("int", dims[0]), dims[0], unique=True))
        return made

    # ------------------------------------------------------------------- choosing

    def pick(self, productions, depth, *arguments):
        """The node of a production that is possible here."""
        for _ in range(20):
            total = self.random.uniform(0, sum(w for w, _ in productions))
            for weight, method in productions:
                total -= weight
                if total <= 0:
                    break
            saved = len(self.indices), len(self.locals)
            try:
                return method(self, depth, *arguments)
            except Impossible:
                del self.indices[saved[0]:]
                del self.locals[saved[1]:]
        return None

    def scalar(self, depth):
        node = self.pick(REALS, depth) if depth > 0 and self.random.random() < 0.9 else None
        return node or self.leaf()

    def tensor(self, depth, dims):
        node = self.pick(ARRAYS, depth, dims) if depth > 0 and self.random.random() < 0.85 else None
        return node or self.array_leaf(dims)

    def name_of(self, type_):
        """A name of a type, by which a derivative can be taken: no field."""
        name = self.named(type_)
        if "." in name:
            raise Impossible
        return name

    def named(self, type_):
        """A parameter or local of a type."""
        names = [p.name for p in self.parameters if p.type == type_ and not p.target]
        names += [name for name, t in self.locals if t == type_]
        if not names:
            raise Impossible
        return self.random.choice(names)

    def leaf(self):
        for _ in range(4):
            try:
                if self.random.random() < 0.6:
                    return self.read()
                if self.random.random() < 0.7:
                    return Node(REAL, self.named(REAL))
            except Impossible:
                pass
        return Node(REAL, self.random.choice(LITERALS))

    def array_leaf(self, dims):
        try:
            return Node(("real",) + dims, self.named(("real",) + dims))
        except Impossible:
            return self.comprehension(1, dims)

    # --------------------------------------------------------------------- indices

    def arrays(self):
        found = [(p.name, p.type[1:]) for p in self.parameters if len(p.type) > 1 and not p.target]
        return found + [(name, t[1:]) for name, t in self.locals if len(t) > 1]

    def read(self):
        """An element of an array, at indices that are in scope."""
        name, dims = self.random.choice(self.arrays())
        parts = [name, "["]
        for i, dim in enumerate(dims):
            parts += ([", "] if i else []) + [self.index(dim)]
        return Node(REAL, *parts, "]")

    def index(self, dim):
        """An int below the size `dim`."""
        ways = [self.bare, self.bare, self.bare, self.shifted, self.gathered, self.wrapped] + [self.constant]*dim.isdigit()
        for _ in range(6):
            try:
                return Node(("int", dim), *self.random.choice(ways)(dim))
            except Impossible:
                pass
        raise Impossible

    def bound(self, dim):
        found = [i for i in self.indices if i.dim == dim]
        if not found:
            raise Impossible
        return self.random.choice(found[-2:])

    def bare(self, dim):
        return [self.bound(dim).name]

    def shifted(self, dim):
        index = self.bound(dim)
        ways = [" - 1"] * index.before + [" + 1"] * index.after
        if not ways:
            raise Impossible
        return [index.name, self.random.choice(ways)]

    def constant(self, dim):
        return [str(self.random.randrange(int(dim)))]

    def gathered(self, dim):
        found = [p for p in self.parameters if p.target == dim]
        if not found:
            raise Impossible
        parameter = self.random.choice(found)
        return [parameter.name, "[", Node(("int", parameter.type[1]), *self.bare(parameter.type[1])), "]"]

    def wrapped(self, dim):
        index = self.bound(dim)
        return self.random.choice([["(", index.name, " + 1) mod ", dim], ["min(", index.name, " + 1, ", dim, " - 1)"],
                                   [dim, " - 1 - ", index.name], ["0"]])

    def binder(self, dim, offsets=True):
        """(index, text of its range or None: taken from a bare use)."""
        index = Index(self.fresh("i"), dim)
        way = self.random.random()
        if way < 0.5 or not offsets:
            return index, None
        if way < 0.6:
            index.before = 1
            return index, "1..%s" % dim
        if way < 0.7:
            index.after = 1
            return index, "0..%s-1" % dim
        if way < 0.9:
            return index, self.moving(dim)
        return index, "0..%s" % dim

    def moving(self, dim):
        """A range below `dim` that other indices or data decide: a triangle, a window, from where an element says."""
        outer = [i.name for i in self.indices if i.dim == dim]
        if outer and self.random.random() < 0.8:
            form = self.random.choice(["0..{0}+1", "0..{0}", "0..{0}", "{0}..{1}", "{0}+1..{1}", "max(0, {0} - 2)..{0}",
                                       "max(0, {0} - 1)..min({1}, {0} + 2)", "{0}..min({1}, {0} + 3)"])
            return form.format(self.random.choice(outer), dim)
        starts = [(p, i) for p in self.parameters if p.target == dim for i in self.indices if i.dim == p.type[1]]
        if starts:
            parameter, index = self.random.choice(starts)
            return self.random.choice(["{0}[{1}]..{2}", "0..{0}[{1}]"]).format(parameter.name, index.name, dim)
        return "0..%s" % dim

    def bind(self, count, offsets=True, dims=None):
        bound = []
        for n in range(count):
            index, range_ = self.binder(dims[n] if dims else self.random.choice(self.dims), offsets)
            bound.append((index, range_))
            self.indices.append(index)
        return bound

    def binders(self, bound, *parts):
        """Text of what bind gave; where an index has no range and stands alone in an index of `parts`, without one."""
        body = " ".join(p.text() for p in parts if p)
        for index, _ in bound:
            self.indices.remove(index)
        arrays = [name for name, _ in self.arrays()]
        return ", ".join("%s in %s" % (i.name, r or "0..%s" % i.dim) if r or not stands_alone(i.name, body, arrays) else i.name
                         for i, r in bound)

    # ----------------------------------------------------------------------- bools

    def bool(self, depth):
        way = self.random.random()
        if 0.45 <= way < 0.85 and self.indices:
            return self.index_test()
        test = Node(BOOL, self.scalar(depth - 1), self.random.choice([" > ", " <= ", " < "]), self.scalar(depth - 1))
        if way < 0.85 or not self.indices:
            return test
        op = self.random.choice([" and ", " or "])  # of two indices: clang warns where it is always or never true
        return Node(BOOL, "(", test, ")", op, "(", self.index_test(), ")")

    def index_test(self):
        index = self.random.choice(self.indices)
        same = [i for i in self.indices if i.dim == index.dim and i is not index]
        if same and self.random.random() < 0.6:
            other = self.random.choice(same).name
        else:
            other = self.random.choice(["0", "1", index.dim + " - 1"])
        return Node(BOOL, index.name, self.random.choice([" == ", " != ", " > ", " < ", " >= "]), other)

    # ----------------------------------------------------------------- scalars

    @real(10)
    def binary(self, depth):
        a, b = self.scalar(depth - 1), self.scalar(depth - 1)
        form = self.random.choice(["(%+%)", "(%+%)", "(%-%)", "(%*%)", "(%*%)", "(%/(1.5 + %^2))", "max(%, %)", "min(%, %)",
                                   "atan2(%, 1.0 + %^2)", "hypot(%, 1.0 + %^2)", "logaddexp(%, %)"])
        first, middle, last = form.split("%")
        return Node(REAL, first, a, middle, b, last)

    @real(8)
    def unary(self, depth):
        form = self.random.choice(["sin(%)", "cos(%)", "tanh(%)", "sqrt(1.0 + %^2)", "exp(tanh(%))", "log1p(%^2)", "abs(%)",
                                   "sigmoid(%)", "softplus(%)", "atan(%)", "relu(%)", "(0.5*%)^2", "(0.5*%)^3", "-(%)",
                                   "erf(%)", "clamp(%, -0.8, 0.9)", "stop_gradient(%)*0.0"])
        first, last = form.split("%")
        return Node(REAL, first, self.scalar(depth - 1), last)

    @real(3)
    def choice(self, depth):
        return Node(REAL, "(if ", self.bool(depth - 1), " then ", self.scalar(depth - 1), " else ", self.scalar(depth - 1), ")")

    @real(6)
    def reduction(self, depth):
        if len(self.indices) > 2:
            raise Impossible
        name = self.random.choice(["sum"] * 6 + ["mean", "max", "min", "logsumexp", "prod"])
        bound = self.bind(self.random.choice([1, 1, 1, 2]))
        filter_ = self.bool(1) if self.random.random() < 0.25 else None
        body = self.scalar(depth - 1)
        if name == "prod":
            body = Node(REAL, "(1.0 + 0.1*tanh(", body, "))")
        parts = [name, "(", self.binders(bound, body, filter_)] + ([" if ", filter_] if filter_ else [])
        return Node(REAL, *parts, ": ", body, ")")

    @real(6)
    def stencil(self, depth):
        """A sum of what elements and their neighbours make: points give to several elements of one array."""
        if self.indices:
            raise Impossible
        name, dims = self.random.choice([a for a in self.arrays() if len(a[1]) <= 2])
        bound = [Index(self.fresh("i"), dim, self.random.randrange(3), self.random.randrange(1, 3)) for dim in dims]
        ranges = ["%s in %d..%s-%d" % (i.name, i.before, i.dim, i.after) for i in bound]

        def element():
            offsets = [self.random.randint(-i.before, i.after) for i in bound]
            return "%s[%s]" % (name, ", ".join("%s%+d" % (i.name, o) if o else i.name for i, o in zip(bound, offsets)))

        first, second, third = Node(REAL, element()), Node(REAL, element()), Node(REAL, element())
        body = Node(REAL, self.random.choice(["", "tanh", "cos"]), "(", first, " - 0.5*", second, "*", third, ")")
        if self.random.random() < 0.3:
            end = self.random.choice(["%s == %s - 1", "%s + 2 >= %s", "%s < 2"])
            index = self.random.choice(bound)
            test = end % ((index.name, index.dim) if end.count("%s") == 2 else index.name)
            body = Node(REAL, "(if ", test, " then ", first, " else ", body, ")")
        self.indices += bound
        factor = Node(REAL, self.scalar(1)) if self.random.random() < 0.4 else Node(REAL, "0.3")
        for index in bound:
            self.indices.remove(index)
        return Node(REAL, "sum(", ", ".join(ranges), ": ", body, "*", factor, ")")

    @real(2)
    def filtered(self, depth):
        """Weights pass over an array."""
        vectors = [a for a in self.arrays() if len(a[1]) == 1]
        if len(vectors) < 2 or self.indices:
            raise Impossible
        (name, (dim,)), (weights, (width,)) = self.random.sample(vectors, 2)
        i, k = self.fresh("i"), self.fresh("i")
        way = self.random.choice([("0..%s-%s+1" % (dim, width), "+"), ("%s..%s" % (width, dim), "-")])
        return Node(REAL, "sum(%s in %s: cos(sum(%s in 0..%s: 0.5*%s[%s]*%s[%s%s%s])))" % (
            i, way[0], k, width, weights, k, name, i, way[1], k))

    @real(1)
    def scatter(self, depth):
        """What becomes a histogram where it is defined for all values of the equated index."""
        targets = [(p, i) for p in self.parameters if p.target for i in self.indices if i.dim == p.target]
        if not targets:
            raise Impossible
        parameter, index = self.random.choice(targets)
        bound = self.bind(1, False, [parameter.type[1]])
        inner = bound[0][0]
        body = self.scalar(depth - 1)
        self.indices.remove(inner)
        return Node(REAL, "sum(", inner.name, " if %s[%s] == %s: " % (parameter.name, inner.name, index.name), body, ")")

    @real(1)
    def counted(self, depth):
        bound = self.bind(1)
        test = self.bool(depth - 1)
        form = self.random.choice(["0.25*count(%)", "(if any(%) then 1.5 else -0.5)", "(if all(%) then 0.7 else 0.5)"])
        first, last = form.split("%")
        return Node(REAL, first, self.binders(bound, test), ": ", test, last)

    @real(1)
    def at_maximum(self, depth):
        dim = self.random.choice(self.dims)
        bound = self.bind(1, False, [dim])
        body = self.scalar(1)
        name = self.random.choice(["argmax", "argmin"])
        place = [name, "(", self.binders(bound, body), ": ", body, ")"]
        named = [n for n, d in self.arrays() if d == (dim,)]
        if not named:
            raise Impossible
        return Node(REAL, self.random.choice(named), "[", *place, "]")

    @real(2)
    def whole(self, depth):
        dims = (self.random.choice(self.dims),)
        name = self.random.choice(["sum", "mean", "max", "logsumexp", "norm", "dot", "var_of"])
        if name == "dot":
            return Node(REAL, "dot(", self.tensor(depth - 1, dims), ", ", self.tensor(depth - 1, dims), ")")
        if name in ("sum", "max") and self.random.random() < 0.3:
            dims += (self.random.choice(self.dims),)
        return Node(REAL, name, "(", self.tensor(depth - 1, dims), ")")

    @real(2)
    def local_derivative(self, depth):
        """A derivative with respect to a value of this very place."""
        v, e = self.fresh("v"), self.fresh("e")
        start = self.scalar(depth - 1)
        self.locals.append((v, REAL))
        body = self.scalar(depth - 1)
        self.locals.pop()
        return Node(REAL, "{ let %s = " % v, start, "; let %s = (" % e, body, ")*%s; grad(%s, %s) }" % (v, e, v))

    @real(1)
    def local_array_derivative(self, depth):
        """jvp by a whole array, of a scalar that needs it."""
        dim = self.random.choice(self.dims)
        e, name = self.fresh("e"), self.name_of(("real", dim))
        body, direction = self.scalar(depth - 1), self.tensor(1, (dim,))
        return Node(REAL, "{ let %s = " % e, body, " + 0.5*sum(%s)*sum(%s); jvp(%s, %s, " % (name, name, e, name), direction, ") }")

    @real(1)
    def called(self, depth):
        helpers = [h for h in self.helpers if h.signature]
        if not helpers:
            raise Impossible
        helper = self.random.choice(helpers)
        parts = [helper.text().split("(")[0].split()[-1], "("]
        for i, type_ in enumerate(helper.signature):
            parts += ([", "] if i else []) + [self.scalar(depth - 1) if type_ == REAL else
                                              self.tensor(1, (self.random.choice(self.dims),))]
        return Node(REAL, *parts, ")")

    @real(2)
    def applied(self, depth):
        """A lambda, which captures what is in scope, given to a function."""
        name, v = self.name + "_apply", self.fresh("v")
        argument = self.scalar(depth - 1)
        self.locals.append((v, REAL))
        body = self.scalar(depth - 1)
        self.locals.pop()
        if not any(h.text().startswith("fn %s(" % name) for h in self.helpers):
            made = Node((), "fn %s(f: fn(real) -> real, u: real) -> real = 0.5*f(u) + f(0.3*u)*u" % name)
            made.signature = None
            self.helpers.append(made)
        return Node(REAL, name, "(fn(%s) => " % v, body, ", ", argument, ")")

    # ------------------------------------------------------------------- arrays

    @array(5)
    def comprehension(self, depth, dims):
        bound = self.bind(len(dims), False, dims)
        body = self.scalar(depth - 1)
        return Node(("real",) + dims, "[", self.binders(bound), ": ", body, "]")

    @array(4)
    def combined(self, depth, dims):
        type_ = ("real",) + dims
        a, b = self.tensor(depth - 1, dims), self.tensor(depth - 1, dims)
        form = self.random.choice(["(%+%)", "(%-%)", "(%*%)", "(%/(1.5 + %^2))", "max(%, %)"])
        first, middle, last = form.split("%")
        return Node(type_, first, a, middle, b, last)

    @array(3)
    def mapped(self, depth, dims):
        form = self.random.choice(["sin(%)", "tanh(%)", "exp(tanh(%))", "(0.5*%)^2", "abs(%)", "-(%)", "sigmoid(%)"])
        first, last = form.split("%")
        return Node(("real",) + dims, first, self.tensor(depth - 1, dims), last)

    @array(2)
    def scaled(self, depth, dims):
        return Node(("real",) + dims, "(", self.scalar(depth - 1), "*", self.tensor(depth - 1, dims), ")")

    @array(3)
    def product(self, depth, dims):
        inner = self.random.choice(self.dims)
        if len(dims) == 1:
            left, right = self.tensor(depth - 1, dims + (inner,)), self.tensor(depth - 1, (inner,))
        elif len(dims) == 2:
            left, right = self.tensor(depth - 1, (dims[0], inner)), self.tensor(depth - 1, (inner, dims[1]))
        else:
            raise Impossible
        return Node(("real",) + dims, "(", left, " @ ", right, ")")

    @array(1)
    def transposed(self, depth, dims):
        if len(dims) != 2:
            raise Impossible
        return Node(("real",) + dims, "(", self.tensor(depth - 1, dims[::-1]), ")'")

    @array(1)
    def row(self, depth, dims):
        """A[i] is row i."""
        found = [(n, d) for n, d in self.arrays() if len(d) == len(dims) + 1 and d[1:] == dims]
        if not found:
            raise Impossible
        name, all_dims = self.random.choice(found)
        return Node(("real",) + dims, name, "[", self.index(all_dims[0]), "]")

    @array(1)
    def gradient(self, depth, dims):
        e, name = self.fresh("e"), self.name_of(("real",) + dims)
        return Node(("real",) + dims, "{ let %s = (" % e, self.scalar(depth - 1), ")*sum(%s); grad(%s, %s) }" % (name, e, name))

    @array(1)
    def pushed(self, depth, dims):
        y, name = self.fresh("w"), self.name_of(("real",) + dims)
        body, direction = self.tensor(depth - 1, dims), self.tensor(1, dims)
        return Node(("real",) + dims, "{ let %s = " % y, body, "*%s; jvp(%s, %s, " % (name, y, name), direction, ") }")

    @array(1)
    def pulled(self, depth, dims):
        y, name = self.fresh("w"), self.name_of(("real",) + dims)
        body, direction = self.tensor(depth - 1, dims), self.tensor(1, dims)
        return Node(("real",) + dims, "{ let %s = " % y, body, "*%s; vjp(%s, %s, " % (name, y, name), direction, ") }")

    @array(2)
    def library(self, depth, dims):
        """What the language brings for whole arrays, along the last axis where there is one."""
        form = self.random.choice(["softmax(%)", "log_softmax(%)", "(0.3*cumsum(%))", "cumprod(tanh(%))", "reverse(%)"])
        first, last = form.split("%")
        return Node(("real",) + dims, first, self.tensor(depth - 1, dims), last)

    @array(1)
    def of_matrices(self, depth, dims):
        if len(dims) != 2:
            raise Impossible
        way = self.random.choice(["outer", "tril", "triu"])
        if way == "outer":
            return Node(("real",) + dims, "outer(", self.tensor(depth - 1, dims[:1]), ", ", self.tensor(depth - 1, dims[1:]), ")")
        return Node(("real",) + dims, way, "(", self.tensor(depth - 1, dims), ")")

    @array(1)
    def column(self, depth, dims):
        found = [(n, d) for n, d in self.arrays() if len(d) == len(dims) + 1 and d[:-1] == dims]
        if not found:
            raise Impossible
        name, all_dims = self.random.choice(found)
        return Node(("real",) + dims, name, "[", ":, " * len(dims), self.index(all_dims[-1]), "]")

    @array(1)
    def matrix_of_derivatives(self, depth, dims):
        if len(dims) != 2 or depth < 2:
            raise Impossible
        y, name = self.fresh("w"), self.name_of(("real", dims[1]))
        if dims[0] == dims[1] and self.random.random() < 0.4:
            return Node(("real",) + dims, "{ let %s = (" % y, self.scalar(depth - 1), ")*sum(%s); hessian(%s, %s) }" % (name, y, name))
        return Node(("real",) + dims, "{ let %s = " % y, self.tensor(depth - 1, dims[:1]),
                    "*sum(%s); jacobian(%s, %s) }" % (name, y, name))

    # --------------------------------------------------------------- statements

    @statement(4)
    def let_scalar(self, depth):
        name = self.fresh("a")
        made = Node((), "let %s = " % name, self.scalar(depth))
        self.locals.append((name, REAL))
        return made

    @statement(4)
    def let_array(self, depth):
        name, dims = self.fresh("b"), tuple(self.random.choice(self.dims) for _ in range(self.random.choice([1, 1, 2])))
        made = Node((), "let %s = " % name, self.tensor(depth, dims))
        self.locals.append((name, ("real",) + dims))
        return made

    @statement(4)
    def let_elements(self, depth):
        name, dims = self.fresh("c"), tuple(self.random.choice(self.dims) for _ in range(self.random.choice([1, 1, 2])))
        bound = self.bind(len(dims), False, dims)
        body = self.scalar(depth)
        simd = self.attribute(["@simd(%s)" % bound[-1][0].name, "@simd(%s)" % bound[0][0].name])
        made = Node((), simd, "let %s[%s] = " % (name, self.binders(bound)), body)
        self.locals.append((name, ("real",) + dims))
        return made

    @statement(2)
    def changed(self, depth):
        name = self.fresh("m")
        start, test, value = self.scalar(depth - 1), self.bool(depth - 1), self.scalar(depth - 1)
        self.locals.append((name, REAL))
        other = self.scalar(depth - 1)
        return Node((), "mut %s = " % name, start, "; if ", test, " { %s = " % name, value, " } else { %s += " % name, other, " }")

    # -------------------------------------------------------------------- state

    def within(self, dim, depth, *locals_):
        """(index, scalar) of an index over a size that the scalar may read, with further locals."""
        index = Index(self.fresh("i"), dim)
        self.indices.append(index)
        self.locals += locals_
        body = self.scalar(depth)
        del self.locals[len(self.locals) - len(locals_):]
        self.indices.remove(index)
        return index, body

    def update(self, depth, muts):
        """A statement that changes one of `muts`, (name, type); what is carried stays of modest size."""
        name, type_ = self.random.choice(muts)
        if len(type_) > 1 and self.random.random() < 0.3:
            return Node((), name, self.random.choice([" = 0.5*tanh(%s) + 0.3*sin(" % name, " -= 0.1*tanh("]),
                        self.tensor(depth - 1, type_[1:]), ")")
        place = name
        if len(type_) > 1:
            place = "%s[%s]" % (name, ", ".join(self.index(dim).text() for dim in type_[1:]))
        form = self.random.choice(["{0} = 0.7*tanh({0}) + 0.3*sin(", "{0} += 0.1*cos(", "{0} = 0.5*cos(", "{0} -= 0.2*tanh({0})*tanh("])
        return Node((), form.format(place), self.scalar(depth - 1), ")")

    def conditional(self, depth, muts):
        test = self.bool(depth - 1)
        parts = ["if ", test, " { ", self.update(depth, muts), " }"]
        if self.random.random() < 0.4:
            parts += [" else { ", self.update(depth, muts), " }"]
        return Node((), *parts)

    def inner_let(self, depth, _):
        name = self.fresh("a")
        made = Node((), self.attribute(["@store", "@recompute"]), "let %s = " % name, self.scalar(depth - 1))
        self.locals.append((name, REAL))
        return made

    def attribute(self, choices):
        return self.random.choice(choices) + " " if self.random.random() < 0.15 else ""

    def passes(self, depth, muts, last=None):
        """`for` over one or two indices, whose body changes `muts` and ends with the statement `last`."""
        kept = len(self.locals)
        indices = [Index(self.fresh("i"), self.random.choice(self.dims)) for _ in range(self.random.choice([1, 1, 1, 2]))]
        way = self.random.random()
        ranges = []
        for index in indices:
            ranges.append(self.moving(index.dim) if self.random.random() < 0.4 else "0..%s" % index.dim)
            self.indices.append(index)
        if way < 0.15 and ranges[0].startswith("0.."):
            indices[0].before, ranges[0] = 1, "1..%s" % indices[0].dim
        elif way < 0.3:
            ranges[0] = self.random.choice(["%s..2", "%s..3", "reverse(%s)"]) % ranges[0]
        scalars = [name for name, type_ in muts if type_ == REAL]
        guard = " while %s < 1.5" % self.random.choice(scalars) if scalars and self.random.random() < 0.2 else ""
        body = []
        for _ in range(self.random.choice([1, 1, 2, 3])):
            kinds = [self.update, self.update, self.conditional, self.inner_let] + [self.passes]*(depth > 1)
            body += ["; " if body else "", self.random.choice(kinds)(depth - 1, muts)]
        body += ["; ", self.update(depth - 1, muts)] + (["; ", last] if last else [])
        del self.indices[-len(indices):]
        del self.locals[kept:]
        return Node((), self.attribute(["@unroll(2)", "@unroll", "@checkpoint(every = 2)", "@checkpoint", "@checkpoint(levels = 2)"]),
                    "for %s%s { " % (", ".join("%s in %s" % (i.name, r) for i, r in zip(indices, ranges)), guard), *body, " }")

    def carried(self, depth):
        """(muts, parts) of declarations."""
        muts, parts = [], []
        for _ in range(self.random.choice([1, 1, 2, 3])):
            name, dims = self.fresh("m"), ()
            if self.random.random() < 0.5:
                dims = tuple(self.random.choice(self.dims) for _ in range(self.random.choice([1, 1, 2])))
            start = self.tensor(depth - 1, dims) if dims else self.scalar(depth - 1)
            type_ = ": real" + "[%s]" % ", ".join(dims) if dims else ": real"
            parts += ["mut %s%s = " % (name, type_), start, "; "]
            muts.append((name, ("real",) + dims))
            self.locals.append(muts[-1])
        return muts, parts

    @statement(6)
    def loop(self, depth):
        muts, parts = self.carried(depth)
        return Node((), *parts, self.passes(min(depth, 3), muts))

    @statement(1)
    def loop_with_derivatives(self, depth):
        """In each pass a derivative of what is carried by something from before, which nothing carried needs."""
        dim = self.random.choice([None, None] + self.dims)
        by = self.name_of(("real", dim) if dim else REAL)
        total, e, muts, parts = self.fresh("m"), self.fresh("e"), *self.carried(depth)
        name, type_ = muts[0]
        value = "sum(%s)" % name if len(type_) > 1 else name
        factor, gradient = ("sum(%s)" % by, "sum(grad(%s, %s))") if dim else (by, "grad(%s, %s)")
        if self.random.random() < 0.1 and dim:
            gradient = "sum(hvp(%%s, %%s, 0.5*%s))" % by
        last = Node((), "let %s = %s*(1 + 0.1*%s); %s += 0.1*tanh(%s)" % (e, value, factor, total, gradient % (e, by)))
        made = Node((), *parts, "mut %s: real = 0; " % total, self.passes(min(depth, 3), muts, last))
        self.locals.append((total, REAL))
        return made

    @real(2)
    def loop_inside(self, depth):
        """A loop wherever a scalar may stand: in definitions, sums, other loops."""
        kept = len(self.locals)
        muts, parts = self.carried(min(depth, 2))
        parts += [self.passes(min(depth, 2), muts), "; "]
        name, type_ = muts[0]
        parts += ["sum(", name, ")"] if len(type_) > 1 else [name]
        del self.locals[kept:]
        return Node(REAL, "{ ", *parts, " }")

    @statement(3)
    def recurrence(self, depth):
        name, dim = self.fresh("r"), self.random.choice(self.dims)
        start = self.scalar(depth - 1)
        index, body = self.within(dim, depth - 1)
        self.locals.append((name, ("real", dim)))
        return Node((), "rec %s[%s in 0..%s] = if %s == 0 then " % (name, index.name, dim, index.name), start,
                    " else 0.5*tanh(%s[%s-1]) + 0.3*sin(" % (name, index.name), body, ")")

    @statement(2)
    def recurrence_of_arrays(self, depth):
        name, dim, inner = self.fresh("r"), self.random.choice(self.dims), self.random.choice(self.dims)
        start = self.tensor(depth - 1, (inner,))
        index = Index(self.fresh("i"), dim)
        self.indices.append(index)
        body = self.tensor(depth - 1, (inner,))
        self.indices.remove(index)
        self.locals.append((name, ("real", dim, inner)))
        return Node((), "rec %s[%s in 0..%s] = if %s == 0 then " % (name, index.name, dim, index.name), start,
                    " else 0.5*tanh(%s[%s-1]) + 0.3*sin(" % (name, index.name), body, ")")

    @statement(2)
    def recurrence_of_two(self, depth):
        """What dynamic programming does."""
        name, rows, columns = self.fresh("r"), self.random.choice(self.dims), self.random.choice(self.dims)
        i, j = Index(self.fresh("i"), rows), Index(self.fresh("i"), columns)
        self.indices += [i, j]
        start, body = self.scalar(depth - 1), self.scalar(depth - 1)
        del self.indices[-2:]
        form = self.random.choice(["0.4*{0}[{1}-1, {2}] + 0.3*tanh({0}[{1}, {2}-1])", "min({0}[{1}-1, {2}-1], {0}[{1}, {2}-1])",
                                   "logsumexp([{0}[{1}-1, {2}-1], {0}[{1}-1, {2}]])"]).format(name, i.name, j.name)
        self.locals.append((name, ("real", rows, columns)))
        return Node((), "rec %s[%s in 0..%s, %s in 0..%s] = if %s == 0 or %s == 0 then " % (
            name, i.name, rows, j.name, columns, i.name, j.name), start, " else %s + 0.3*sin(" % form, body, ")")

    # ------------------------------------------------------------------ records

    @statement(2)
    def record(self, depth):
        """A record of a scalar and an array, read by its fields; sometimes changed."""
        name, dim = self.fresh("q"), self.random.choice(self.dims)
        word = self.random.choice(["let", "mut"])
        parts = ["%s %s = (a = " % (word, name), self.scalar(depth - 1), ", w = ", self.tensor(depth - 1, (dim,)), ")"]
        fields = [(name + ".a", REAL), (name + ".w", ("real", dim))]
        self.locals += fields
        if word == "mut":
            parts += ["; ", self.passes(min(depth, 2), fields)]
        return Node((), *parts)

    @statement(2)
    def array_of_records(self, depth):
        name, dim = self.fresh("q"), self.random.choice(self.dims)
        index = Index(self.fresh("i"), dim)
        self.indices.append(index)
        a, b = self.scalar(depth - 1), self.scalar(depth - 1)
        self.indices.remove(index)
        view = self.fresh("c")
        other = self.fresh("i")
        self.locals.append((view, ("real", dim)))
        return Node((), "let %s = [%s in 0..%s: (a = " % (name, index.name, dim), a, ", b = ", b,
                    ")]; let %s[%s in 0..%s] = %s[%s].a*%s[%s].b" % (view, other, dim, name, other, name, other))

    # ------------------------------------------------------------------ the whole

    def helper(self):
        """A function of scalars and vectors, of its own scope."""
        kept = self.parameters, self.locals, self.dims
        types = [REAL] + ([("real", "H")] if self.random.random() < 0.6 else [])
        self.dims = ["H"] if len(types) > 1 else []
        names = [self.fresh("u") for _ in types]
        self.parameters = []
        self.locals = list(zip(names, types))
        body = self.scalar(self.depth - 1) if self.dims else self.scalars_only(self.depth - 1)
        self.parameters, self.locals, self.dims = kept
        head = ", ".join("%s: real%s" % (n, "[H]" if len(t) > 1 else "") for n, t in zip(names, types))
        made = Node((), "fn %s_%s(%s) = " % (self.name, self.fresh("h"), head), body)
        made.signature = types
        return made

    def scalars_only(self, depth):
        """Without arrays in scope."""
        if depth == 0:
            return Node(REAL, self.random.choice([self.locals[0][0], self.locals[0][0], "0.5"]))
        form = self.random.choice(["(%+%)", "(%*%)", "sin(%)", "(if % > % then % else -(%))", "log1p(%^2)"]).split("%")
        parts = [form[0]]
        for text in form[1:]:
            parts += [self.scalars_only(depth - 1), text]
        return Node(REAL, *parts)

    def several(self):
        dims = (self.random.choice(self.dims),)
        first, second = self.scalar(self.depth - 1), self.tensor(self.depth - 1, dims)
        return Node(("record", ("r0", REAL), ("r1", ("real",) + dims)), "(r0 = ", first, ", r1 = ", second, ")")

    def program(self, array_result):
        for _ in range(self.random.choice([0, 0, 1, 2])):
            self.helpers.append(self.helper())
        for _ in range(self.random.choice([0, 1, 2, 3])):
            made = self.pick(STATEMENTS, self.random.choice([1, 2, 3, 4]))
            if made:
                self.statements.append(made)
        if array_result and self.random.random() < 0.3:
            result = self.several()
        elif array_result:
            dims = tuple(self.random.choice(self.dims) for _ in range(self.random.choice([1, 2])))
            result = self.tensor(self.depth, dims)
        else:
            result = Node(REAL, self.scalar(self.depth), " + 0.1*", self.scalar(self.depth - 1))
        return Program(self.name, self.parameters, self.helpers, self.statements, result)


def generate(seed, name, array_result=False):
    return Generator("%s %s" % (seed, array_result), name).program(array_result)
