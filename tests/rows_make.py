#!/usr/bin/env python3
"""Writes tests/rows/f64.tsv, f32.tsv and second.tsv: what every row of ir/ops.def must give, from mpmath.

Nothing here knows adc. Where a function is smooth, value and partials come from the closed forms below at 80
digits (the partials checked against numerical differentiation); where it is not (kinks, ties, edges, outside
the domain, infinities, NaN) they are the conventions of the language, section 9, written down by hand.

    row <tab> arguments <tab> value <tab> partials <tab> bounds in ulp

Numbers are exact: hexadecimal, `inf`, `nan`; `0` is a zero of either sign, `0x0p+0` and `-0x0p+0` are that zero.
A partial may be `-` (no real argument, or structurally zero) or `*` (not stated). Bounds: of the value, then of
the partials, 4 unless a reason is given here (`wide`).

Usage: tests/rows_make.py [folder [density]] (needs mpmath). A density of 30 makes thirty times the random points,
to try a new formula with; it is not for git."""
import math
import os
import random
import sys
from fractions import Fraction

import mpmath as mp

mp.mp.dps = 80
M = mp.mpf
INF, NAN = math.inf, math.nan
HERE = sys.argv[1] if len(sys.argv) > 1 else os.path.join(os.path.dirname(os.path.abspath(__file__)), "rows")
WIDTHS = {"f64": (53, -1074, 1024), "f32": (24, -149, 128)}


# ------------------------------------------------------------------------------------------ rounding

def rounded(v, width):
    """Nearest number of the width, ties to even, as a Python float; a float is taken for exact."""
    if isinstance(v, (float, int)) and (v != v or v in (INF, -INF) or v == 0):
        return float(v)
    if mp.isnan(v) or mp.isinf(v):
        return float(v)
    bits, lowest, top = WIDTHS[width]
    sign, man, exp, _ = M(v)._mpf_
    if not man:
        return 0.0
    length = man.bit_length()
    unit = max(exp + length - bits, lowest)
    shift = unit - exp
    if shift > length + 2:
        q = 0
    elif shift > 0:
        q, rest = man >> shift, man & ((1 << shift) - 1)
        half = 1 << (shift - 1)
        q += rest > half or (rest == half and q & 1)
    else:
        q = man << -shift
    if q.bit_length() + unit > top:
        return -INF if sign else INF
    x = math.ldexp(q, unit)
    return -x if sign else x


def text(v, width, exact_zero=True):
    if isinstance(v, str):
        return v
    if isinstance(v, bool):
        return "true" if v else "false"
    if isinstance(v, int):
        return str(v)
    x = rounded(v, width)
    if x != x:
        return "nan"
    if x in (INF, -INF):
        return "inf" if x > 0 else "-inf"
    if x == 0 and not exact_zero and not isinstance(v, float) and v == 0:
        return "0"
    if x == 0:
        return "-0x0p+0" if math.copysign(1, x) < 0 else "0x0p+0"
    return x.hex()


# ------------------------------------------------------------------------------------------ points

RANDOM = random.Random(20240607)


def ends(width):
    """Far and tiny numbers of both signs, at least as far as a square leaves the range."""
    ten = [1e200, 1e-200, 1e-308, 5e-324] if width == "f64" else [1e30, 1e-30, 1e-38, 1e-45]
    return [s * rounded(M(t), width) for t in ten for s in (1, -1)]


DENSITY = int(sys.argv[2]) if len(sys.argv) > 2 else 1


def uniform(*intervals, count=24):
    """count points of each interval."""
    return lambda width: [rounded(M(RANDOM.uniform(a, b)), width) for a, b in intervals for _ in range(count * DENSITY)]


def logarithmic(low, high, count=24):
    return lambda width: [rounded(M(s * 10 ** RANDOM.uniform(low, high)), width)
                          for _ in range(count * DENSITY) for s in (1, -1)]


def given(*numbers):
    return lambda width: [rounded(M(n), width) for n in numbers]


def pairs(a, b, count=60, extremes=True):
    """Pairs of random points; with extremes, all pairs of ends too."""
    def make(width):
        xs, ys = a(width), b(width)
        points = [(RANDOM.choice(xs), RANDOM.choice(ys)) for _ in range(count * DENSITY)]
        if extremes:
            e = ends(width) + [1.5, -0.75]
            points += [(x, y) for x in e for y in e]
        return points
    return make


def apart(seed, *makers):
    """The same points, drawn so that those of the other rows stay as they are."""
    def make(maker, width):
        state = RANDOM.getstate()
        RANDOM.seed("%s %s" % (seed, width))
        points = maker(width)
        RANDOM.setstate(state)
        return points
    return [lambda width, maker=maker: make(maker, width) for maker in makers]


ROWS = {}


class Row:
    """f, d: closed forms in mpf. smooth: where they hold. points: makers of arguments by width. edges: lines
    `arguments : value partials` written by hand. wide: (arguments, value, partials, width) -> bounds. ends: also try far
    and tiny arguments. at: points of the test of second derivatives."""
    def __init__(self, name, f, d, smooth, points, edges="", wide=None, far=True, at=(), second=None):
        self.__dict__.update(locals())
        ROWS[name] = self


def row(name, f, d, smooth=lambda *a: True, points=(), edges="", **rest):
    Row(name, f, d if isinstance(d, (list, tuple)) else [d], smooth, points, edges, **rest)


def number(word, width):
    """A number of an edge line: a float, a zero with or without sign, or an expression in mpmath's names."""
    if word in ("-", "*", "0", "true", "false"):
        return word
    if word in ("+0", "-0"):
        return float(word)
    if word.lstrip("-").startswith("i:"):
        return int(word.replace("i:", ""))
    special = {"inf": INF, "-inf": -INF, "nan": NAN, "max": None, "-max": None, "tiny": None, "-tiny": None}
    if word in special:
        bits, lowest, top = WIDTHS[width]
        big, small = M(2) ** top - M(2) ** (top - bits), M(2) ** lowest
        value = {"max": big, "-max": -big, "tiny": small, "-tiny": -small}.get(word)
        return special[word] if value is None else value
    return M(eval(word, {k: getattr(mp, k) for k in ("pi", "e", "log", "sqrt", "exp", "mpf")}))


# ------------------------------------------------------------------------------------- the functions

def sigmoid(x):
    return 1 / (1 + mp.exp(-x)) if x > -1e6 else mp.exp(x) / (1 + mp.exp(x))


def erfc(x):
    if x > 1e5:
        return mp.exp(-x * x) / (x * mp.sqrt(mp.pi)) * (1 - 1 / (2 * x * x))
    return M(2) if x < -1e5 else mp.erfc(x)


def erfinv(x):
    a = abs(x)
    y = mp.sqrt(-mp.log((1 - a) * (1 + a))) if a > 0.5 else a * mp.sqrt(mp.pi) / 2
    for _ in range(200):
        over = mp.erf(y) - a if a < 0.5 else (1 - a) - mp.erfc(y)
        step = over * mp.sqrt(mp.pi) / 2 * mp.exp(y * y)
        y -= step / (1 + y * step)
        if abs(step) < abs(y) * M(10) ** -60:
            return y if x > 0 else -y
    raise ArithmeticError("erfinv(%s)" % x)


def pdf(x):
    return mp.exp(-x * x / 2) / mp.sqrt(2 * mp.pi)


def cdf(x):
    return erfc(-x / mp.sqrt(2)) / 2


def log_cdf(x):
    return mp.log1p(-cdf(-x)) if x > 0 else mp.log(cdf(x))


def excess(x):
    """x + pdf/cdf; for x -> -inf with t = -x: 1/t - 2/t^3 + 10/t^5 - 74/t^7 (continued fraction expanded)."""
    t = -x
    if t > 1e8:
        return 1 / t - 2 / t**3 + 10 / t**5 - 74 / t**7
    return x + pdf(x) / cdf(x)


def excess_dx(x):
    t = -x
    if t > 1e8:
        return 1 / t**2 - 6 / t**4 + 50 / t**6
    return 1 - pdf(x) / cdf(x) * excess(x)


def hazard(x):
    return excess(x) - x if x < -1e8 else pdf(x) / cdf(x)


def spherical(x, n):
    if n < 0:
        return M(0)
    if abs(x) < 50:
        odd = mp.fprod(2 * k + 1 for k in range(1, n + 1))
        return x**n / odd * mp.hyp0f1(M(n) + M(3) / 2, -x * x / 4)
    a, b = mp.sin(x) / x, (mp.sin(x) / x - mp.cos(x)) / x
    for i in range(1, n):
        a, b = b, (2 * i + 1) / x * b - a
    return a if n == 0 else b


def spherical_dx(x, n):
    return (n * spherical(x, n - 1) - (n + 1) * spherical(x, n + 1)) / (2 * n + 1)


def power(x, y):
    if x < 0:
        return mp.exp(y * mp.log(-x)) * (-1 if int(y) % 2 else 1)
    return mp.exp(y * mp.log(x))


def fraction(x):
    return Fraction(float(x))


def quotient(way):
    """The integer quotient of x/y by a way of rounding, exactly."""
    return lambda x, y: way(fraction(x) / fraction(y))


def trunc_quotient(q):
    return abs(q).__floor__() * (1 if q >= 0 else -1)


def rest(way):
    def f(x, y):
        r = fraction(x) - fraction(y) * quotient(way)(x, y)
        return M(r.numerator) / M(r.denominator)
    return f


def whole(way):
    return lambda x, y: -M(quotient(way)(x, y))


def floor_q(q):
    return q.__floor__()


def away(x):
    """Halves away from zero."""
    return mp.floor(x + M(1) / 2) if x > 0 else mp.ceil(x - M(1) / 2)


def norm(x, y):
    return mp.sqrt(x * x + y * y)


def positive(x, *_):
    return x > 0


def not_zero(x, *_):
    return x != 0


def times_subnormal(a, v, p, width):
    """Bounds where the partial is about x times the value: a subnormal value has few digits, and the product is
    off by x/2 units of the grid. Only second derivatives of other rows use these partials."""
    return 4, 4 + (2 * abs(a[0]) if v < (2.0**-1022 if width == "f64" else 2.0**-126) else 0)


ONE = lambda *a: M(1)
NAN1 = "nan: nan nan"
NAN2 = "nan,1: nan nan nan; 1,nan: nan nan nan"
wide_range = [uniform((-4, 4)), logarithmic(-30, 30)]
reals = lambda w: uniform((-4, 4))(w) + logarithmic(-10, 10)(w)

# -------------------------------------------------------------------------------- arithmetic, powers

row("add", lambda x, y: x + y, [ONE, ONE], points=[pairs(reals, reals)],
    edges="inf,1: inf 1 1; inf,-inf: nan 1 1; nan,1: nan 1 1; 1,nan: nan 1 1; max,max: inf 1 1; -0,-0: -0 1 1", at=[(1.5, 2.5)])
row("sub", lambda x, y: x - y, [ONE, lambda x, y: M(-1)], points=[pairs(reals, reals)],
    edges="inf,1: inf 1 -1; inf,inf: nan 1 -1; nan,1: nan 1 -1; 1,nan: nan 1 -1; -0,0: -0 1 -1", at=[(1.5, 2.5)])
row("mul", lambda x, y: x * y, [lambda x, y: y, lambda x, y: x], points=[pairs(reals, reals)],
    edges="0,inf: nan inf 0; inf,2: inf 2 inf; nan,1: nan 1 nan; 2,nan: nan nan 2; max,2: inf 2 max; -0,3: -0 3 -0", at=[(1.5, 2.5)])
row("div", lambda x, y: x / y, [lambda x, y: 1 / y, lambda x, y: -x / y**2], lambda x, y: y != 0,
    [pairs(reals, reals)], "1,0: inf inf -inf; -1,0: -inf inf inf; 1,-0: -inf -inf -inf; 0,0: nan inf nan; 1,inf: 0 0 0;"
    "inf,2: inf 0.5 -inf; nan,2: nan 0.5 nan; 1,nan: nan nan nan", at=[(1.5, 2.5), (-2, 0.75)])
row("neg", lambda x: -x, lambda x: M(-1), points=wide_range,
    edges="0: -0 -1; -0: +0 -1; inf: -inf -1; -inf: inf -1; nan: nan -1", at=[(1.5,)])
row("fma", lambda x, y, z: x * y + z, [lambda x, y, z: y, lambda x, y, z: x, ONE],
    points=[lambda w: [tuple(RANDOM.choice(reals(w)) for _ in range(3)) for _ in range(40)],
            lambda w: [(1 + 2.0**-20, 1 - 2.0**-20, -1.0), (1e200, 1e200, 1.0), (3.0, 5e-324, 1.0)] if w == "f64" else
            [(1 + 2.0**-12, 1 - 2.0**-12, -1.0)]],
    edges="inf,0,1: nan 0 inf 1; 1,2,nan: nan 2 1 1; nan,2,1: nan 2 nan 1; 1,inf,-inf: nan inf 1 1", far=False, at=[(1.5, 2.5, -1)])


def pow_smooth(x, y):
    return x > 0 or (x < 0 and y == int(y))


def pow_dy(x, y):
    return power(x, y) * mp.log(x) if x > 0 else NAN


def pow_points(w):
    far = 200 if w == "f64" else 30
    bases = uniform((0.1, 4))(w) + [abs(v) for v in logarithmic(-far / 10, far / 10)(w)] + [1.0, 0.5]
    return [(RANDOM.choice(bases), y) for y in uniform((-8, 8), (-0.5, 0.5), count=20)(w)] + \
        [(-RANDOM.choice(bases), float(n)) for n in range(-5, 8)] + \
        [(x, y) for x in (10.0**far, 10.0**-far) for y in (0.1, -0.1, 0.5, 1.0, -1.0, 1.25, 0.0)
         if (w, y) != ("f32", 0.1) for x in [rounded(M(x), w)] for y in [rounded(M(y), w)]]


row("pow", power, [lambda x, y: y * power(x, y - 1), pow_dy], pow_smooth, [pow_points],
    "0,0: 1 0 0; -0,0: 1 0 0; 0,1: 0 1 0; 0,2: 0 0 0; 0,1.5: 0 0 0; 0,0.5: 0 inf 0; 0,-1: inf -inf 0; -0,-1: -inf -inf 0;"
    "0,3: 0 0 0; -0,3: -0 0 0; -4,0.5: nan nan nan; inf,2: inf inf inf; inf,-3: 0 0 0; inf,0.5: inf 0 inf; nan,0: 1 0 nan; nan,2: nan nan nan;"
    "2,nan: nan nan nan; 1,nan: 1 nan 0; 2,inf: inf inf inf; 0.5,inf: 0 0 0",
    far=False, at=[(1.5, 2.5), (0.3, -1.25), (2, 3), (2, 0), (2, 1)],
    second="0,2: 2 0 0 0; 0,3: 0 0 0 0; 0,0: 0 * * *; 0,1: 0 * * *; -2,3: -12 * * *; 0,1.5: inf * * *; -2,0: 0 * * *")
row("pow_dx", lambda x, y: y * power(x, y - 1),
    [lambda x, y: y * (y - 1) * power(x, y - 2), lambda x, y: (1 + y * mp.log(x)) * power(x, y - 1) if x > 0 else NAN],
    lambda x, y: pow_smooth(x, y) and y != 0,
    [lambda w: [(RANDOM.uniform(0.1, 4), y) for y in [0.5, 0.75, 1.0, 1.25, 1.5, 2.0, 2.5, 3.0, -0.5, -2.0, -3.25]] +
     [(rounded(M(RANDOM.uniform(0.3, 3)), w), y) for y in uniform((0.5, 8), count=20)(w)] +
     [(-1.5, 2.0), (-1.5, 3.0), (-0.5, -3.0)]],
    "0,0: 0 0 *; 2,0: 0 0 0.5; 0,1: 1 0 -inf; 0,2: 0 2 0; 0,3: 0 0 0; 0,0.5: inf -inf *; -4,0.5: nan nan nan; nan,2: nan * nan; 2,nan: nan nan nan;"
    "0.5,inf: 0 * *; 2,inf: inf * *",
    # 1 + y*log(x) and the rounding of y - 1
    wide=lambda a, v, p, w: (4, 4, 4 if p[1] != p[1] else 4 * max(1, abs(float(power(a[0], a[1] - 1) / p[1])) * (1 + abs(a[1])))),
    far=False, at=[(1.5, 2.5), (2, 0), (2, 1), (0.7, 3)])


def ipow_points(w):
    return [(x, n) for n in list(range(-8, 9)) + [10, 13, 31, 64, -17] for x in uniform((-2, 2), count=3)(w)] + \
        [(1.0, 2**62 + 1), (-1.0, 2**63 - 1), (-1.0, -2**63 + 1), (-1.0, -2**63 + 2), (2.0, 100), (-0.5, 101)] + \
        ([(1e100, 3), (1e-100, 3), (1e200, 2), (1e-200, -1), (1 + 2.0**-30, 2**30)] if w == "f64" else
         [(1e10, 3), (1e-10, 3), (1e25, 2), (1 + 2.0**-12, 2**12)])


# |n| - 1 multiplications, each off by up to one ulp of the result, a division where n < 0, two factors more for the partial
row("ipow", lambda x, n: x**n, [lambda x, n: n * x**(n - 1)], lambda x, n: x != 0,
    [lambda w: [(rounded(M(x), w), n) for x, n in ipow_points(w)]],
    "0,i:0: 1 0; 0,i:1: 0 1; 0,i:2: 0 0; -0,i:3: -0 0; 0,i:-1: inf -inf; -0,i:-1: -inf -inf; inf,i:2: inf inf; inf,i:-1: 0 0;"
    "nan,i:0: 1 0; nan,i:1: nan 1; nan,i:2: nan nan; -inf,i:3: -inf inf; 2,i:-9223372036854775807: 0 0",
    wide=lambda a, v, p, w: (max(4, abs(a[1]) + 1),) * 2, far=False, at=[(1.5, 3), (-2, 2), (0.5, -3), (2, 0), (2, 1), (1.25, 7)],
    second="0,i:2: 2; 0,i:3: 0; 0,i:0: 0; 0,i:1: 0")

# ------------------------------------------------------------------------------ choice, signs, rounding

row("abs", lambda x: abs(x), mp.sign, not_zero, wide_range, "0: +0 0; -0: +0 0; inf: inf 1; -inf: inf -1; nan: nan nan", at=[(1.5,), (-2,)])
row("sign", mp.sign, "-", not_zero, wide_range, "0: +0 -; -0: -0 -; inf: 1 -; -inf: -1 -; nan: nan -")
row("copysign", lambda x, y: abs(x) if y > 0 else -abs(x), [lambda x, y: mp.sign(x) * mp.sign(y), "-"],
    lambda x, y: x != 0 and y != 0, [pairs(reals, reals)],
    "0,1: +0 0 -; 0,-1: -0 0 -; -0,1: +0 0 -; 2,0: 2 1 -; 2,-0: -2 -1 -; -2,-0: -2 1 -; inf,-1: -inf -1 -; 1,-inf: -1 -1 -; nan,1: nan nan -", at=[(1.5, -2)])
HALVES = given(0.5, -0.5, 1.5, -1.5, 2.5, -2.5, 3, -3, 0.4999999, 4503599627370497.5, 8388607.5)
for name, f in (("floor", mp.floor), ("ceil", mp.ceil), ("round", away),
                ("trunc", lambda x: mp.floor(x) if x > 0 else mp.ceil(x))):
    row(name, f, "-", not_zero, wide_range + [HALVES, given(0.49999999999999994)], "0: +0 -; -0: -0 -; inf: inf -; -inf: -inf -; nan: nan -")

MODS = pairs(lambda w: uniform((-20, 20))(w) + [5.5, -5.5, 6.0, -6.0], lambda w: uniform((-4, 4))(w) + [2.0, -2.0, 3.0])
FARMODS = lambda w: [(1e15 + 0.5, 3.0), (-1e15 - 0.5, 3.0), (1e200, 3.0), (-1e200, 7.0), (6 * 0.1, 0.1), (0.3, 0.1), (-0.3, 0.1), (4.35, 0.01),
                     (1e-20, -3.0), (-1e-20, 3.0)] if w == "f64" else [(1e10, 3.0), (-1e10, 7.0), (6.0, 0.75), (-6.0, 0.75)]
NOT_TINY = lambda x, y: x != 0 and y != 0 and abs(x) < abs(y) * M(10) ** 280
row("fmod", rest(trunc_quotient), [ONE, whole(trunc_quotient)], NOT_TINY, [MODS, lambda w: [(rounded(M(a), w), rounded(M(b), w)) for a, b in FARMODS(w)]],
    "5,inf: 5 1 0; -5,inf: -5 1 0; 0,3: +0 1 0; -0,3: -0 1 0; 5,0: nan 1 nan; inf,3: nan 1 nan; nan,3: nan 1 nan; 3,nan: nan 1 nan; -6,3: -0 1 2; 6,3: +0 1 -2", at=[(5.5, 2), (-7, 3)])
row("remainder", rest(round), [ONE, whole(round)], NOT_TINY, [MODS, lambda w: [(rounded(M(a), w), rounded(M(b), w)) for a, b in FARMODS(w)]],
    "5,inf: 5 1 0; 0,3: +0 1 0; 5,0: nan 1 nan; inf,3: nan 1 nan; nan,3: nan 1 nan; 3,nan: nan 1 nan; 5,2: 1 1 -2; 7,2: -1 1 -4; -5,2: -1 1 2; 5.5,2: -0.5 1 -3", at=[(5.5, 2), (-7, 3)])
row("mod", rest(floor_q), [ONE, whole(floor_q)], NOT_TINY, [MODS, lambda w: [(rounded(M(a), w), rounded(M(b), w)) for a, b in FARMODS(w)]],
    "5,inf: 5 1 0; -5,inf: inf 1 1; 5,-inf: -inf 1 1; 0,3: +0 1 0; 0,-3: -0 1 0; 5,0: nan 1 nan; inf,3: nan 1 nan; nan,3: nan 1 nan; 3,nan: nan 1 nan; -6,3: +0 1 2; 6,-3: -0 1 2",
    at=[(5.5, 2), (-7, 3)])
row("floor_quotient", lambda x, y: M(quotient(floor_q)(x, y)), ["-", "-"], NOT_TINY,
    [MODS, lambda w: [(rounded(M(a), w), rounded(M(b), w)) for a, b in FARMODS(w)]],
    "5,inf: 0 - -; -5,inf: -1 - -; 5,-inf: -1 - -; 0,3: 0 - -; 5,0: nan - -; nan,3: nan - -; -6,3: -2 - -")

for name, better in (("max", lambda x, y: x > y), ("min", lambda x, y: x < y)):
    row(name, lambda x, y, b=better: x if b(x, y) else y,
        [lambda x, y, b=better: M(b(x, y)), lambda x, y, b=better: M(not b(x, y))], lambda x, y: x != y, [pairs(reals, reals)],
        ("1,1: 1 0.5 0.5; 0,-0: %s 0.5 0.5; -0,0: %s 0.5 0.5; nan,1: nan 1 0; 1,nan: nan 0 1; nan,nan: nan 0.5 0.5; inf,1: %s; 1,-inf: %s; inf,inf: inf 0.5 0.5"
         % (("+0", "+0", "inf 1 0", "1 1 0") if name == "max" else ("-0", "-0", "1 0 1", "-inf 0 1"))), at=[(1.5, 2.5), (2.5, 1.5)])
    row(name + "_share", lambda x, y, b=better: M(b(x, y)), ["-", "-"], lambda x, y: x != y, [pairs(reals, reals, count=20)],
        "1,1: 0.5 - -; 0,-0: 0.5 - -; nan,1: 1 - -; 1,nan: 0 - -; nan,nan: 0.5 - -; inf,1: %d - -; -inf,1: %d - -; inf,inf: 0.5 - -" %
        ((1, 0) if name == "max" else (0, 1)))
row("clamp", lambda x, y, z: min(max(x, y), z),
    [lambda x, y, z: M(y < x < z), lambda x, y, z: M(x < y < z), lambda x, y, z: M(x > z or y > z)],
    lambda x, y, z: len({x, y, z}) == 3, [lambda w: [tuple(RANDOM.choice(reals(w)) for _ in range(3)) for _ in range(60)]],
    "1,1,2: 1 1 0 0; 2,1,2: 2 1 0 0; 1,1,1: 1 1 0 0; 0,1,1: 1 0 1 0; 3,1,1: 1 0 0 1; nan,1,2: nan 1 0 0; 1,nan,2: nan 0 1 0; 1,0,nan: nan 0 0 1; inf,0,1: 1 0 0 1; -inf,0,1: 0 0 1 0;"
    "3,2,1: 1 0 0 1; 0,2,1: 1 0 0 1; 1.5,2,1: 1 0 0 1", far=False, at=[(1.5, 1, 2), (0, 1, 2), (3, 1, 2)])
row("relu", lambda x: max(x, 0), lambda x: M(x > 0), not_zero, wide_range, "0: +0 0; -0: +0 0; inf: inf 1; -inf: +0 0; nan: +0 0", at=[(1.5,), (-1.5,)])

# --------------------------------------------------------------------------- roots, exponentials, logarithms

row("sqrt", mp.sqrt, lambda x: 1 / (2 * mp.sqrt(x)), positive, wide_range + [uniform((0, 1))],
    "0: +0 inf; -0: -0 inf; -1: nan nan; inf: inf 0; -inf: nan nan; " + NAN1, at=[(1.5,), (0.01,)])
row("rsqrt", lambda x: 1 / mp.sqrt(x), lambda x: -1 / (2 * x * mp.sqrt(x)), positive, wide_range + [uniform((0, 1))],
    "0: inf -inf; -0: -inf -inf; -1: nan nan; inf: 0 0; " + NAN1, at=[(1.5,), (0.01,)])
row("cbrt", lambda x: mp.sign(x) * mp.cbrt(abs(x)), lambda x: 1 / (3 * mp.cbrt(abs(x)) ** 2), not_zero,
    wide_range + [uniform((-1, 1), count=60), logarithmic(-30, 30)], "0: +0 inf; -0: -0 inf; inf: inf 0; -inf: -inf 0; " + NAN1, at=[(1.5,), (-0.3,)])
both = lambda x, y: x != 0 or y != 0
row("hypot", norm, [lambda x, y: x / norm(x, y), lambda x, y: y / norm(x, y)], both, [pairs(reals, reals)],
    "0,0: 0 0 0; 3,0: 3 1 0; 0,-3: 3 0 -1; inf,1: inf 1 0; -inf,1: inf -1 0; 1,inf: inf 0 1; inf,inf: inf nan nan; nan,1: nan nan nan; 1,nan: nan nan nan; max,max: inf sqrt(mpf(2))/2 sqrt(mpf(2))/2",
    at=[(1.5, 2.5), (-3, 0.5), (2, 0)])
row("unit", lambda x, y: x / norm(x, y), [lambda x, y: y**2 / norm(x, y)**3, lambda x, y: -x * y / norm(x, y)**3], both, [pairs(reals, reals)],
    "0,0: 0 * *; 3,0: 1 0 0; 0,3: 0 mpf(1)/3 0; inf,1: 1 * *; 1,inf: 0 * *; -1,inf: -0 * *; inf,inf: nan * *; nan,1: nan nan nan; 1,nan: nan nan nan; inf,nan: nan * *; 0,nan: nan * *; nan,0: nan * *", at=[(1.5, 2.5), (-3, 0.5)])
squares = lambda x, y: x * x + y * y
row("reciprocal", lambda x, y: x / squares(x, y), [lambda x, y: (y - x) * (y + x) / squares(x, y)**2, lambda x, y: -2 * x * y / squares(x, y)**2],
    both, [pairs(reals, reals)], "0,0: 0 * *; -2,0: -0.5 -0.25 0; inf,1: 0 * *; 1,inf: 0 * *; nan,1: nan nan nan; 1,nan: nan nan nan; nan,inf: nan * *; 0,nan: nan * *; 1,1: 0.5 0 -0.5",
    # four quotients by hypot; only second derivatives of atan2 use it
    wide=lambda a, v, p, w: (4, 8, 4), at=[(1.5, 2.5), (-3, 0.5)])

row("exp", mp.exp, mp.exp, points=[uniform((-4, 4), (-700, 700), (-745, -700)), logarithmic(-30, 0), given(80, -80, -100, 88.5)],
    edges="0: 1 1; -0: 1 1; inf: inf inf; -inf: 0 0; " + NAN1, at=[(1.5,)])
row("exp2", lambda x: mp.power(2, x), lambda x: mp.log(2) * mp.power(2, x), points=[uniform((-4, 4), (-1000, 1000)), logarithmic(-30, 0)],
    edges="0: 1 log(mpf(2)); inf: inf inf; -inf: 0 0; 3: 8 8*log(mpf(2)); " + NAN1, at=[(1.5,)])
row("expm1", mp.expm1, mp.exp, points=[uniform((-4, 4), (-700, 700)), logarithmic(-30, 0)],
    edges="0: +0 1; -0: -0 1; inf: inf inf; -inf: -1 0; " + NAN1, at=[(1.5,), (-0.1,)])
LOGS = wide_range + [uniform((0.5, 2))]
for name, f, c in (("log", mp.log, M(1)), ("log2", lambda x: mp.log(x) / mp.log(2), 1 / mp.log(2)), ("log10", lambda x: mp.log(x) / mp.log(10), 1 / mp.log(10))):
    row(name, f, lambda x, c=c: c / x, positive, LOGS, "0: -inf inf; -0: -inf inf; -1: nan nan; -inf: nan nan; inf: inf 0; 1: 0 %s; " %
        {"log": "1", "log2": "1/log(mpf(2))", "log10": "1/log(mpf(10))"}[name] + NAN1, at=[(1.5,), (0.2,)])
row("log1p", mp.log1p, lambda x: 1 / (1 + x), lambda x: x > -1, wide_range + [uniform((-1, 0)), given(-0.999999)],
    "0: +0 1; -0: -0 1; -1: -inf inf; -1.5: nan nan; -inf: nan nan; inf: inf 0; " + NAN1, at=[(1.5,), (-0.5,)])
row("xlogy", lambda x, y: x * mp.log(y), [lambda x, y: mp.log(y), lambda x, y: x / y], lambda x, y: y > 0, [pairs(reals, reals)],
    "0,0: 0 -inf 0; -0,0: 0 -inf 0; 0,-1: 0 nan 0; 2,0: -inf -inf inf; -2,0: inf -inf -inf; 1,-1: nan nan nan; 0,2: 0 log(mpf(2)) 0; 2,1: 0 0 2; nan,2: nan log(mpf(2)) nan; 2,nan: nan nan nan; 0,nan: nan nan *; 2,inf: inf inf 0; 0,inf: 0 inf 0",
    at=[(1.5, 2.5), (0, 2)])
row("xlog1py", lambda x, y: x * mp.log1p(y), [lambda x, y: mp.log1p(y), lambda x, y: x / (1 + y)], lambda x, y: y > -1, [pairs(reals, reals), pairs(reals, uniform((-1, 1)))],
    "0,-1: 0 -inf 0; 0,-2: 0 nan 0; 2,-1: -inf -inf inf; 1,-2: nan nan nan; 2,0: 0 0 2; nan,2: nan log(mpf(3)) nan; 2,nan: nan nan nan; 2,inf: inf inf 0; 0,nan: nan nan *",
    at=[(1.5, 2.5), (0, 2), (1.5, -0.5)])

# ---------------------------------------------------------------------------------- circular, hyperbolic

CIRCLE = wide_range + [given(mp.pi / 2, mp.pi, 100, 1e15, 22), uniform((-100, 100))]
row("sin", mp.sin, mp.cos, points=CIRCLE, edges="0: +0 1; -0: -0 1; inf: nan nan; -inf: nan nan; " + NAN1, at=[(1.5,)])
row("cos", mp.cos, lambda x: -mp.sin(x), points=CIRCLE, edges="0: 1 0; inf: nan nan; -inf: nan nan; " + NAN1, at=[(1.5,)])
row("tan", mp.tan, lambda x: mp.sec(x)**2, points=CIRCLE, edges="0: +0 1; -0: -0 1; inf: nan nan; " + NAN1, at=[(1.2,), (-0.4,)])
UNIT = [uniform((-1, 1), count=40), logarithmic(-30, -1), given(0.999999, -0.999999, 1 - M(2)**-24, M(2)**-53 - 1)]
inside = lambda x: -1 < x < 1
row("asin", mp.asin, lambda x: 1 / mp.sqrt(1 - x * x), inside, UNIT, "0: +0 1; -0: -0 1; 1: pi/2 inf; -1: -pi/2 inf; 1.5: nan nan; -2: nan nan; inf: nan nan; " + NAN1, at=[(0.5,), (-0.9,)])
row("acos", mp.acos, lambda x: -1 / mp.sqrt(1 - x * x), inside, UNIT, "0: pi/2 -1; 1: 0 -inf; -1: pi -inf; 1.5: nan nan; -2: nan nan; inf: nan nan; " + NAN1, at=[(0.5,), (-0.9,)])
row("atan", mp.atan, lambda x: 1 / (1 + x * x), points=wide_range, edges="0: +0 1; -0: -0 1; inf: pi/2 0; -inf: -pi/2 0; " + NAN1, at=[(0.5,), (-3,)])
row("cauchy", lambda x: 1 / (1 + x * x), lambda x: -2 * x / (1 + x * x)**2, points=wide_range + [logarithmic(6, 12)], edges="0: 1 0; inf: 0 *; " + NAN1, at=[(0.5,), (-3,)])
row("atan2", mp.atan2, [lambda y, x: x / (x * x + y * y), lambda y, x: -y / (x * x + y * y)], lambda y, x: y != 0 or x > 0,
    [pairs(reals, reals), lambda w: [(1e-170, 5.6843e-171), (1e-160, 1e-160), (1e-300, 1e-300), (2e-308, 1e-308)] if w == "f64" else [(rounded(M(1e-22), w), rounded(M(2e-23), w))]],
    "0,0: 0 0 0; -0,0: 0 0 0; 0,-0: pi 0 0; 0,-2: pi -0.5 0; -0,-2: -pi -0.5 0; 0,1: 0 1 0; inf,1: pi/2 0 0; 1,inf: 0 0 0; 1,-inf: pi 0 0; inf,inf: pi/4 0 0; -1,0: -pi/2 0 1; nan,1: nan nan nan; 1,nan: nan nan nan",
    at=[(1.5, 2.5), (-1, -0.5), (0, 1)])
SINCS = wide_range + [uniform((-30, 30), (2.5, 3.5))]


def near_root(size):
    """Bound in ulp where the result is a small difference of terms of about `size`."""
    return lambda a, v: 4 if v == 0 or v != v else 4 * max(1, float(size(*a) / abs(v)))


row("sinc", lambda x: mp.sin(x) / x, lambda x: (x * mp.cos(x) - mp.sin(x)) / x**2 if abs(x) > 0.1 else -spherical(x, 1), not_zero, SINCS,
    "0: 1 0; -0: 1 0; inf: nan nan; " + NAN1,
    # the slope has roots, near which its terms cancel
    wide=lambda a, v, p, w: (4, near_root(lambda x: 1 / max(1, abs(x)))(a, p[0])), at=[(1.5,), (-5,), (1e-3,)], second="0: mpf(-1)/3")
row("spherical", spherical, [spherical_dx], lambda x, n: x != 0,
    [lambda w: [(x, n) for n in (1, 2, 3, 5) for x in uniform((-12, 12), (-3, 3), count=10)(w)] + [(1e-20, 1), (-1e-5, 2), (1e30 if w == "f32" else 1e200, 1), (50.0, 3), (0.5, 0)]],
    "0,i:0: 1 0; 0,i:1: 0 mpf(1)/3; 0,i:2: 0 0; 1,i:-1: 0 *; nan,i:1: nan nan; inf,i:1: nan nan",
    # differences of terms, near roots; upward recurrence from n = 2
    wide=lambda a, v, p, w: (near_root(lambda x, n: 4 / max(1, abs(x)) if abs(x) > 1 else 0)(a, v), near_root(lambda x, n: 8 / max(1, abs(x)) if abs(x) > 1 else 0)(a, p[0])),
    far=False, at=[(1.5, 1), (-5, 1), (0.3, 2), (7, 3)], second="0,i:1: 0; 0,i:2: mpf(2)/15")

row("sinh", mp.sinh, mp.cosh, points=[uniform((-4, 4), (-700, 700)), logarithmic(-30, 0)], edges="0: +0 1; -0: -0 1; inf: inf inf; -inf: -inf inf; " + NAN1, at=[(1.5,)])
row("cosh", mp.cosh, mp.sinh, points=[uniform((-4, 4), (-700, 700)), logarithmic(-30, 0)], edges="0: 1 0; inf: inf inf; -inf: inf -inf; " + NAN1, at=[(1.5,)])
TANH = [uniform((-4, 4), (-20, 20), (-360, 360), (-0.6, 0.6)), logarithmic(-30, 0)]
row("tanh", mp.tanh, lambda x: mp.sech(x)**2, points=TANH, edges="0: +0 1; -0: -0 1; inf: 1 0; -inf: -1 0; " + NAN1, at=[(1.5,), (0.2,), (-0.4,)])
row("asinh", mp.asinh, lambda x: 1 / mp.sqrt(1 + x * x), points=wide_range, edges="0: +0 1; -0: -0 1; inf: inf 0; -inf: -inf 0; " + NAN1, at=[(1.5,), (-0.3,)])
row("acosh", mp.acosh, lambda x: 1 / mp.sqrt((x - 1) * (x + 1)), lambda x: x > 1, [uniform((1, 4), (1, 1.01)), logarithmic(0.1, 30), given(1 + M(2)**-23, 1e200)],
    "1: 0 inf; 0.5: nan nan; -2: nan nan; inf: inf 0; -inf: nan nan; " + NAN1, at=[(1.5,), (3,)])
row("atanh", mp.atanh, lambda x: 1 / ((1 - x) * (1 + x)), inside, UNIT, "0: +0 1; -0: -0 1; 1: inf inf; -1: -inf inf; 1.5: nan nan; -2: nan nan; inf: nan nan; " + NAN1, at=[(0.5,), (-0.9,)])

# ------------------------------------------------------------------------- sigmoid, error function and kin

SIG = [uniform((-4, 4), (-40, 40), (-720, 745)), logarithmic(-30, 0), given(-100, 100, -90, 90)]
row("sigmoid", sigmoid, lambda x: sigmoid(x) * sigmoid(-x), points=SIG, edges="0: 0.5 0.25; inf: 1 0; -inf: 0 0; " + NAN1, at=[(1.5,), (-3,)])
row("softplus", lambda x: x + mp.log1p(mp.exp(-x)) if x > 0 else mp.log1p(mp.exp(x)), sigmoid, points=SIG, edges="0: log(mpf(2)) 0.5; inf: inf 1; -inf: 0 0; " + NAN1, at=[(1.5,), (-3,)])
row("log_sigmoid", lambda x: -mp.log1p(mp.exp(-x)) if x > 0 else x - mp.log1p(mp.exp(x)), lambda x: sigmoid(-x), points=SIG,
    edges="0: -log(mpf(2)) 0.5; inf: 0 0; -inf: -inf 1; " + NAN1, at=[(1.5,), (-3,)])
# tails, and what is made of an argument and its tail: of any tail, right or not
TAILS = [uniform((-0.5, 0.5)), logarithmic(-30, -0.31), given(0.5, -0.5)]
from_tail = lambda t: 1 - t if t > 0 else -t
row("tail", lambda x: sigmoid(-x) if x > 0 else -sigmoid(x), lambda x: -sigmoid(x) * sigmoid(-x), not_zero, SIG,
    "0: 0.5 -0.25; -0: -0.5 -0.25; inf: +0 0; -inf: -0 0; " + NAN1, at=[(1.5,), (-3,)])
row("from_tail", from_tail, lambda t: M(-1), not_zero, TAILS, "0: 1 -1; -0: 0 -1; nan: nan -1", far=False, at=[(0.2,), (-0.3,)])
row("tail_slope", lambda t: abs(t) * (1 - abs(t)), lambda t: mp.sign(t) - 2 * t, not_zero, TAILS, "0: 0 1; -0: 0 -1; " + NAN1,
    far=False, at=[(0.2,), (-0.3,)])
row("tanh_with", lambda x, t: mp.tanh(x) if abs(x) < 0.549 else mp.sign(x) * (1 - 2 * abs(t)), [lambda x, t: 4 * abs(t) * (1 - abs(t)), "-"],
    lambda x, t: x != 0 and t != 0, [pairs(uniform((-0.54, 0.54)), uniform((0.01, 0.5)), extremes=False), pairs(uniform((0.55, 9)), uniform((0, 0.25)), extremes=False)],
    "0,0.5: +0 1 -; -0,-0.5: -0 1 -; inf,0: 1 0 -; -inf,-0: -1 0 -; nan,nan: nan nan -")
row("softplus_with", lambda x, t: max(x, 0) - mp.log1p(-abs(t)), [lambda x, t: from_tail(t), "-"], lambda x, t: t != 0,
    [pairs(uniform((-9, 9)), uniform((-0.5, 0.5)), extremes=False)],
    "0,0.5: log(mpf(2)) 0.5 -; inf,0: inf 1 -; -inf,-0: 0 0 -; nan,nan: nan nan -")
row("log_sigmoid_with", lambda x, t: min(x, 0) + mp.log1p(-abs(t)), [lambda x, t: from_tail(-t), "-"], lambda x, t: t != 0,
    [pairs(uniform((-9, -1)), uniform((-0.5, 0)), extremes=False), pairs(uniform((0, 9)), uniform((0, 0.5)), extremes=False)],
    "0,0.5: -log(mpf(2)) 0.5 -; inf,0: 0 0 -; -inf,-0: -inf 1 -; nan,nan: nan nan -")
row("logit", lambda x: mp.log(x) - mp.log1p(-x), lambda x: 1 / (x * (1 - x)), lambda x: 0 < x < 1,
    [uniform((0, 1), (0.25, 0.75), (0.49, 0.51)), logarithmic(-30, -1), given(0.999999, 1 - M(2)**-24, 0.3, 0.7)],
    "0: -inf inf; -0: -inf inf; 1: inf inf; -0.5: nan nan; 1.5: nan nan; inf: nan nan; -inf: nan nan; 0.5: 0 4; " + NAN1, at=[(0.2,), (0.6,)])


def logaddexp(x, y):
    return max(x, y) + mp.log1p(mp.exp(-abs(x - y)))


# the sum of the greater and the logarithm passes through 0
row("logaddexp", logaddexp, [lambda x, y: sigmoid(x - y), lambda x, y: sigmoid(y - x)],
    points=[pairs(uniform((-4, 4), (-400, 400)), uniform((-4, 4), (-400, 400)), extremes=False), lambda w: [(rounded(M(a), w), rounded(M(b), w)) for a, b in ((1000.3, 1700.7), (1700.7, 1000.3), (-50.1, -120.9), (0, 50), (1e20, 1))]],
    edges="0,0: log(mpf(2)) 0.5 0.5; -inf,-inf: -inf 0 0; inf,inf: inf 0.5 0.5; -inf,2: 2 0 1; 2,-inf: 2 1 0; inf,1: inf 1 0; inf,-inf: inf 1 0; 3,3: 3+log(mpf(2)) 0.5 0.5; " + NAN2,
    wide=lambda a, v, p, w: (4 if v == 0 else 4 * max(1, abs(max(a[0], a[1]) / v)), 4, 4), at=[(1.5, 2.5), (1, 1)])
row("softmax2", lambda x, y: sigmoid(x - y), [lambda x, y: sigmoid(x - y) * sigmoid(y - x), lambda x, y: -sigmoid(x - y) * sigmoid(y - x)],
    points=[pairs(uniform((-4, 4), (-400, 400)), uniform((-4, 4), (-400, 400)), extremes=False), lambda w: [(rounded(M(a), w), rounded(M(b), w)) for a, b in ((1000.3, 1700.7), (1700.7, 1000.3), (-50.1, -120.9))]],
    edges="0,0: 0.5 0.25 -0.25; -inf,-inf: 0 0 0; -inf,2: 0 0 0; 2,-inf: 1 0 0; inf,inf: 0.5 * *; " + NAN2, at=[(1.5, 2.5), (1, 1)])


def with_tail(width):
    """x, y and the tail of their difference, both rounded, as the operators get it."""
    points = [(x, y, rounded(M(x) - M(y), width)) for x, y in
              pairs(uniform((-4, 4), (-40, 40)), uniform((-4, 4), (-40, 40)), extremes=False)(width) if x != y]
    return [(x, y, float(rounded(sigmoid(-M(d)) if d > 0 else -sigmoid(M(d)), width))) for x, y, d in points]


DISTINCT = lambda x, y, t: x != y
row("logaddexp_with", lambda x, y, t: max(x, y) - mp.log1p(-abs(t)), [lambda x, y, t: sigmoid(x - y), lambda x, y, t: sigmoid(y - x), "-"], DISTINCT, [with_tail],
    "0,0,0.5: log(mpf(2)) 0.5 0.5 -; -inf,-inf,nan: -inf 0 0 -; -inf,2,-0: 2 0 1 -; inf,-inf,0: inf 1 0 -; nan,1,nan: nan nan nan -", far=False,
    wide=lambda a, v, p, w: (4 if v == 0 else 4 * max(1, abs(max(a[0], a[1]) / v)), 4, 4))
row("softmax2_with", lambda x, y, t: sigmoid(x - y), [lambda x, y, t: sigmoid(x - y) * sigmoid(y - x), lambda x, y, t: -sigmoid(x - y) * sigmoid(y - x), "-"], DISTINCT, [with_tail],
    "0,0,0.5: 0.5 0.25 -0.25 -; -inf,-inf,nan: 0 0 0 -; -inf,2,-0: 0 0 0 -; 2,-inf,0: 1 0 0 -; nan,1,nan: nan nan nan -", far=False)
row("log1mexp", lambda x: mp.log(-mp.expm1(x)) if x > -1 else mp.log1p(-mp.exp(x)), lambda x: mp.exp(x) / mp.expm1(x), lambda x: x < 0,
    [uniform((-4, 0), (-1, -0.4), (-740, 0), (-100, -80)), logarithmic(-30, 0)], "0: -inf -inf; -0: -inf -inf; 1: nan nan; inf: nan nan; -inf: 0 0; " + NAN1, at=[(-1.5,), (-0.2,)])
gauss = lambda x: mp.exp(-x * x)
ERF = [uniform((-3, 3), (-6, 6), (-27, 27), (-10, 10)), logarithmic(-30, 0)]
row("erf", mp.erf, lambda x: 2 / mp.sqrt(mp.pi) * gauss(x), points=ERF, edges="0: +0 2/sqrt(pi); -0: -0 2/sqrt(pi); inf: 1 0; -inf: -1 0; " + NAN1, at=[(0.5,), (-1.5,)])
row("erfc", erfc, lambda x: -2 / mp.sqrt(mp.pi) * gauss(x), points=ERF, edges="0: 1 -2/sqrt(pi); inf: 0 0; -inf: 2 0; " + NAN1, at=[(0.5,), (-1.5,)])
row("gauss", gauss, lambda x: -2 * x * gauss(x), points=ERF, edges="0: 1 0; inf: 0 *; -inf: 0 *; " + NAN1, wide=times_subnormal, at=[(0.5,), (-1.5,)])
INV = UNIT + [given(*[1 - M(2)**-k for k in (10, 20, 24, 30, 40, 53)]), uniform((0.9, 1), (-1, -0.99))]
inv_dx = lambda x: mp.sqrt(mp.pi) / 2 * mp.exp(erfinv(x)**2)
row("erfinv", erfinv, inv_dx, lambda x: inside(x) and x != 0, INV, "0: +0 sqrt(pi)/2; -0: -0 sqrt(pi)/2; 1: inf inf; -1: -inf inf; 1.5: nan nan; -2: nan nan; inf: nan nan; " + NAN1, at=[(0.5,), (-0.9,)])
row("erfinv_dx", inv_dx, lambda x: 2 * erfinv(x) * inv_dx(x)**2, lambda x: inside(x) and x != 0, INV, "0: sqrt(pi)/2 0; 1: inf *; -1: inf *; 1.5: nan nan; inf: nan *; " + NAN1,
    # the square of a value off by 3; only second derivatives of erfinv use it
    wide=lambda a, v, p, w: (4, 10), at=[(0.5,), (-0.9,)])
NORM = [uniform((-3, 3), (-6, 6), (-39, 9), (-14, 5)), logarithmic(-30, 0), given(-36, -30, -12, -2, -0.5, -1)]
row("norm_cdf", cdf, pdf, points=NORM, edges="0: 0.5 1/sqrt(2*pi); inf: 1 0; -inf: 0 0; " + NAN1, at=[(0.5,), (-1.5,)])
row("norm_pdf", pdf, lambda x: -x * pdf(x), points=NORM, edges="0: 1/sqrt(2*pi) 0; inf: 0 *; " + NAN1, wide=times_subnormal, at=[(0.5,), (-1.5,)])
row("norm_logcdf", log_cdf, hazard, points=NORM + [uniform((-100, -20), (0, 30))], edges="0: -log(mpf(2)) sqrt(2/pi); inf: 0 0; -inf: -inf inf; " + NAN1, at=[(0.5,), (-1.5,), (-5,), (-35,)])


def hazard_wide(a, v, p, width):
    """Only second and third derivatives of norm_logcdf use these rows: the product of two quotients
    for 0 < x <= 1, and 1 - hazard*excess, which is about 1/x^2 for x << 0 and loses x^2."""
    return 4, 8 if abs(a[0]) <= 1 else times_subnormal(a, v, p, width)[1]


def excess_wide(a, v, p, width):
    return 4, 24 + (24 * max(-1e9, a[0]) ** 2 if a[0] < 0 else 0)


row("norm_hazard", hazard, lambda x: -hazard(x) * excess(x), points=NORM, edges="0: sqrt(2/pi) -2/pi; inf: 0 *; -inf: inf *; " + NAN1,
    wide=hazard_wide, at=[(0.5,), (-1.5,), (-5,)])
row("norm_excess", excess, excess_dx, points=NORM, edges="0: sqrt(2/pi) 1-2/pi; inf: inf *; -inf: 0 *; " + NAN1, wide=excess_wide, at=[(0.5,), (-1.5,)])
row("div_pos", lambda x, y: x / y, [lambda x, y: 1 / y, lambda x, y: -x / y**2], lambda x, y: y > 0 and x != 0, [pairs(reals, reals)],
    "1,0: inf inf -inf; -1,0: -inf inf inf; 1,-0: inf inf -inf; 0,0: 0 0 0; 1,-1: nan nan nan; 0,-1: 0 0 0; 0,2: 0 0.5 0; 1,nan: nan nan nan; nan,2: nan 0.5 nan; 1,inf: 0 0 0; inf,2: inf 0.5 -inf", at=[(1.5, 2.5)])
row("mul_strong", lambda x, y: x * y, [lambda x, y: y, lambda x, y: x], points=[lambda w: [(1.5, -0.375), (-3.0, 1.25e10), (2.0**-60, 7.0), (2.0**-100, 2.0**-100), (1e30, 1e30)]],
    edges="0,2: 0 2 0; 2,0: 0 0 2; 0,inf: 0 0 0; 0,-inf: 0 0 0; inf,0: 0 0 0; -inf,-0: 0 0 0; 0,nan: 0 0 0; nan,0: nan 0 nan; 2,inf: inf inf 2; inf,2: inf 2 inf; 2,nan: nan nan 2; 0,0: 0 0 0", at=[(1.5, 2.5)])
row("select", None, ["-", ONE, ONE], lambda *a: False, (),
    "true,1,2: 1 - 1 0; false,1,2: 2 - 0 1; true,1,nan: 1 - 1 0; false,inf,2: 2 - 0 1; true,-0,0: -0 - 1 0")


# --------------------------------------------------------------------------------- gamma function and kin

def is_pole(x):
    return x <= 0 and x == mp.floor(x)


def log_gamma(x):
    return mp.re(mp.loggamma(x))


def psi(n, x):
    """For n = 1, 2 by reflection far left of 0, where mpmath would add |x| terms."""
    if x > -50:
        return mp.psi(n, x)
    s, c = mp.sinpi(x), mp.cospi(x)
    return (mp.pi / s)**2 - mp.psi(1, 1 - x) if n == 1 else mp.psi(2, 1 - x) - 2 * mp.pi**3 * c / s**3


def reflected(*terms):
    """Left of 0 values are a difference of terms; near its roots the bound is 6 ulp of the greater one."""
    def bound(x, v):
        if x > -1e-3 or v == 0 or v != v or abs(v) == INF:
            return 4
        return max(4, 6 * float(max(abs(t(M(x))) for t in terms) / abs(M(v))))
    return bound


log_gamma_bound = reflected(lambda x: log_gamma(-x), lambda x: mp.log(mp.pi / abs(x * mp.sinpi(x))))
# 1 - x is rounded
digamma_bound = reflected(lambda x: mp.digamma(1 - x), lambda x: mp.pi * mp.cospi(x) / mp.sinpi(x), lambda x: 1)


def polygamma_bound(n):
    """A power n + 1 of a rounded number."""
    near = reflected(lambda x: mp.factorial(n) * mp.zeta(n + 1, abs(x - mp.nint(x))))
    return lambda x, v: max(near(x, v), n + 1)


not_pole = lambda x, n=0: not is_pole(x)
GAMMA = [uniform((0, 3), (0.5, 2.5), (0.9, 1.1), (1.9, 2.1), (1.4, 1.5), (0, 20), (0, 200), (-2, 0), (-12, 0), (-0.3, 0)),
         logarithmic(-30, 30), given(1, 2, 0.25, 0.75, 1.25, 2.5, 2.75, 8, 1 + M(2)**-23, 2 - M(2)**-23, 1 + M(2)**-52, 2 - M(2)**-52,
                                     "1.4616321449683623", "1.46163213", 1e5, 1e15, -0.5, -1.5, -20.5, -100.25, -0.504083)]
row("lgamma", log_gamma, mp.digamma, not_pole, apart("lgamma", *GAMMA),
    "0: inf -inf; -0: inf inf; 1: 0 -0.577215664901532860606512090082402431042; 2: 0 0.422784335098467139393487909917597568957; -1: inf nan; -3: inf nan; inf: inf inf; -inf: inf nan; " + NAN1,
    wide=lambda a, v, p, w: (log_gamma_bound(a[0], v), digamma_bound(a[0], p[0])), at=[(0.3,), (1.5,), (7,), (20,), (-0.4,), (-1.7,)])
row("digamma", mp.digamma, lambda x: psi(1, x), not_pole, apart("digamma", *GAMMA),
    "0: -inf inf; -0: inf inf; -1: nan inf; -3: nan inf; inf: inf 0; -inf: nan nan; " + NAN1,
    wide=lambda a, v, p, w: (digamma_bound(a[0], v), 4), at=[(0.3,), (1.5,), (7,), (20,), (-0.4,), (-1.7,)])
row("trigamma", lambda x: psi(1, x), lambda x: psi(2, x), not_pole, apart("trigamma", *GAMMA),
    "0: inf -inf; -0: inf inf; -1: inf nan; -3: inf nan; inf: 0 0; -inf: nan nan; " + NAN1,
    wide=lambda a, v, p, w: (4, polygamma_bound(2)(a[0], p[0])), at=[(0.3,), (1.5,), (7,), (20,), (-0.4,), (-1.7,)])
row("polygamma", lambda x, n: mp.psi(n, x), [lambda x, n: mp.psi(n + 1, x)], not_pole,
    apart("polygamma", lambda w: [(x, n) for n in (1, 2, 3, 6) for x in uniform((0, 3), (0, 30), (-4, 0), count=12)(w)]),
    "0,i:1: inf -inf; 0,i:2: -inf inf; -1,i:2: nan inf; inf,i:2: 0 0; nan,i:2: nan nan",
    wide=lambda a, v, p, w: (polygamma_bound(a[1])(a[0], v), polygamma_bound(a[1] + 1)(a[0], p[0])), far=False, at=[(0.3, 1), (1.5, 2), (7, 3), (-0.4, 2)])



# ---------------------------------------------------------------------------- tests, conversions, integers

def real_tests(width):
    bits, lowest, top = WIDTHS[width]
    numbers = [0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 1.5, 2.5, -2.5, 1e10, -1e10, math.ldexp(1, lowest), -math.ldexp(1, lowest),
               math.ldexp(2**bits - 1, top - bits), INF, -INF, NAN, 2.0**63, -2.0**63, -(2.0**63 + 2.0**(64 - bits)), 2.0**62, 2.0**53, -2.0**64, math.ldexp(2**bits - 1, 63 - bits),
               0.49999997, -0.75, 3.0, -3.0]
    return [rounded(M(n), width) if math.isfinite(n) and n else n for n in numbers]


def to_int(way):
    def f(x):
        if not math.isfinite(x):
            return 0
        n = way(Fraction(x))
        return n if -2**63 <= n < 2**63 else 0
    return f


def round_away(q):
    return (abs(q) + Fraction(1, 2)).__floor__() * (1 if q >= 0 else -1)


TESTS = {
    "isnan": math.isnan, "isinf": math.isinf, "isfinite": math.isfinite,
    "trunc_int": to_int(trunc_quotient), "floor_int": to_int(floor_q), "round_int": to_int(round_away),
    "real_fits_int": lambda x: math.isfinite(x) and -2**63 <= trunc_quotient(Fraction(x)) < 2**63,
}
COMPARE = {"eq": lambda a, b: a == b, "ne": lambda a, b: a != b, "lt": lambda a, b: a < b, "le": lambda a, b: a <= b, "gt": lambda a, b: a > b, "ge": lambda a, b: a >= b}


def is_strong_zero(x, y):
    """Of a derivative and a partial one is 0 and the other no number to multiply with; a NaN must be the partial's."""
    return x == 0 and not math.isfinite(y) or y == 0 and math.isinf(x)


def wrap(n):
    return (n + 2**63) % 2**64 - 2**63


INTS = [0, 1, -1, 2, -2, 3, -7, 10, 63, 2**32 + 1, 2**63 - 1, -2**63 + 1, -2**63, 123456789012345]
INTEGER = {
    "iadd": lambda a, b: wrap(a + b), "isub": lambda a, b: wrap(a - b), "imul": lambda a, b: wrap(a * b),
    "idiv": lambda a, b: wrap(a // b) if b else 0, "imod": lambda a, b: a % b if b else 0,
    "ipowi": lambda a, b: 0 if b < 0 else wrap(pow(a % 2**64, b, 2**64)), "imin": min, "imax": max,
}
INTEGER1 = {"ineg": lambda a: wrap(-a), "iabs": lambda a: wrap(abs(a)), "isign": lambda a: (a > 0) - (a < 0)}


def iroot(x, y):
    """The least m above 0 with m^y >= x; max(x, 1) for y < 2."""
    if y < 2 or x < 2:
        return max(x, 1)
    y = min(y, 64)
    m = int(mp.floor(mp.root(M(x), y)))
    return next(m for m in range(max(m - 1, 1), m + 3) if m**y >= x)


ROOTS = [(n**y + d, y) for y in (2, 3, 4, 7) for n in (1, 2, 3, 10, 1000) for d in (-1, 0, 1) if n**y < 2**62]
BOOLS = {"and": lambda a, b: a and b, "or": lambda a, b: a or b, "beq": lambda a, b: a == b, "bne": lambda a, b: a != b}


def plain_lines(width):
    """Rows without derivatives."""
    out = lambda name, args, value, count=0: line(name, args, value, ["-"] * count, None, width)
    for name, f in TESTS.items():
        yield from (out(name, [x], f(x), 1) for x in real_tests(width))
    for name, f in dict(COMPARE, strong_zero=is_strong_zero).items():
        some = [0.0, -0.0, 1.0, -1.0, 1.5, INF, -INF, NAN]
        yield from (out(name, [x, y], f(x, y), 2) for x in some for y in some)
    if width == "f32":
        yield from (out("int_to_f32", [n], M(n) if n else 0.0) for n in INTS + [2**24 + 1, 2**24 + 3])
        yield from (line("f64_to_f32", [x], (rounded(M(x), "f32") if math.isfinite(x) and x else x), [M(1)], None, "f32")
                    for x in [0.0, -0.0, 0.1, -1e300, 1e-40, 1e-60, 16777217.0, INF, NAN])
        return
    yield from (out("int_to_f64", [n], M(n) if n else 0.0) for n in INTS + [2**53 + 1, 2**53 + 3])
    yield from (line("f32_to_f64", [x], x, [M(1)], None, "f64") for x in [0.0, -0.0, 0.5, rounded(M("0.1"), "f32"), 2.0**-149, INF, NAN])
    yield from (out("i32_to_int", [n], n) for n in INTS if -2**31 <= n < 2**31)
    yield from (out("int_to_i32", [n], (n + 2**31) % 2**32 - 2**31) for n in INTS + [2**31 - 1, 2**31, -2**31, -2**31 - 1])
    yield from (out("bool_to_int", [b], int(b)) for b in (False, True))
    for name, f in INTEGER.items():
        yield from (out(name, [a, b], f(a, b)) for a in INTS for b in INTS)
    for name, f in COMPARE.items():
        yield from (out("i" + name, [a, b], f(a, b)) for a in INTS[::3] + [-2**63] for b in INTS[::3] + [-2**63])
    for name, f in INTEGER1.items():
        yield from (out(name, [a], f(a)) for a in INTS)
    yield from (out("iroot", [a, b], iroot(a, b)) for a, b in [(a, b) for a in INTS for b in INTS] + ROOTS)
    few = [-2**63, -3, 0, 2, 5, 2**63 - 1]
    yield from (out("iclamp", [a, b, c], min(max(a, b), c)) for a in few for b in few for c in few)
    for name, f in BOOLS.items():
        yield from (out(name, [a, b], f(a, b)) for a in (False, True) for b in (False, True))
    yield from (out("not", [a], not a) for a in (False, True))


# -------------------------------------------------------------------------------------------- output

def line(name, args, value, partials, bounds, width):
    words = [name, " ".join(text(a, width) if not isinstance(a, float) else text(a, "f64") for a in args),
             text(value, width, False), " ".join(text(p, width, False) for p in partials) or "-",
             " ".join("%.3g" % b for b in bounds) if bounds and any(b != 4 for b in bounds) else "4"]
    return "\t".join(words)


def arguments(r, width):
    for maker in r.points:
        for p in maker(width):
            p = p if isinstance(p, tuple) else (p,)
            yield tuple(rounded(M(x), width) if isinstance(x, float) and x and math.isfinite(x) else x for x in p)
    if r.far and len(r.d) == 1:
        yield from ((x,) for x in ends(width))


def smooth_line(r, args, width):
    exact = [M(a) if isinstance(a, float) else a for a in args]
    value = r.f(*exact)
    partials = [d if isinstance(d, str) else d(*exact) for d in r.d]
    plain = [float(rounded(p, width)) if not isinstance(p, str) else p for p in partials]
    bounds = r.wide(args, rounded(value, width), plain, width) if r.wide else None
    # columns by argument: an int argument has none
    columns = partials + ["-"] * (len(args) - len(partials))
    return line(r.name, args, value, columns, bounds, width)


def edge_lines(r, edges, width):
    for entry in filter(None, (e.strip() for e in edges.split(";"))):
        left, right = entry.split(":", 1) if "i:" not in entry else entry.rsplit(": ", 1)
        args = [number(w.strip(), width) for w in left.split(",")]
        args = [w == "true" if w in ("true", "false") else 0.0 if w == "0" else float(rounded(w, width)) if not isinstance(w, int) else w for w in args]
        value, *partials = [number(w, width) for w in right.split()]
        yield line(r.name, args, value, partials + ["-"] * (len(args) - len(partials)), None, width)


def row_lines(r, width):
    seen = set()
    for args in arguments(r, width):
        if any(isinstance(a, float) and (a == 0 or not math.isfinite(a)) and not r.smooth(*args) for a in args):
            continue
        if r.smooth(*args) and args not in seen:
            seen.add(args)
            yield smooth_line(r, args, width)
    yield from edge_lines(r, r.edges, width)


def second_lines(r):
    """All second partials at smooth points, by differentiating the closed forms of the first."""
    for args in r.at:
        real = [i for i, d in enumerate(r.d)]
        exact = [M(a) if i in real else a for i, a in enumerate(args)]
        numbers = []
        for i in real:
            for j in real:
                if isinstance(r.d[i], str) or isinstance(r.d[j], str):
                    numbers.append("-")
                    continue
                g = lambda t, i=i, j=j: r.d[i](*(exact[:j] + [t] + exact[j + 1:]))
                numbers.append(mp.diff(g, exact[j]))
        shown = [M(a) if i in real else a for i, a in enumerate(args)]
        yield "\t".join([r.name, " ".join(text(a, "f64") if a else "0x0p+0" if i in real else "0" for i, a in enumerate(shown)), " ".join(text(clean(n), "f64", False) for n in numbers)])
    for entry in filter(None, (e.strip() for e in (r.second or "").split(";"))):
        left, right = entry.rsplit(": ", 1)
        args = [number(w.strip(), "f64") for w in left.split(",")]
        yield "\t".join([r.name, " ".join("0x0p+0" if w == "0" else text(w, "f64") for w in args),
                         " ".join(text(number(w, "f64"), "f64", False) for w in right.split())])


def clean(n):
    """Numerical differentiation leaves 1e-40 where there is 0."""
    return n if isinstance(n, str) or abs(n) > M(10) ** -25 else M(0)


def check_partials(r):
    """The closed forms of the partials against numerical differentiation of the value."""
    for args in r.at:
        exact = [M(a) if i < len(r.d) else a for i, a in enumerate(args)]
        for i, d in enumerate(r.d):
            if isinstance(d, str):
                continue
            g = lambda t: r.f(*(exact[:i] + [t] + exact[i + 1:]))
            if r.name in ("fmod", "remainder", "mod"):
                h = M(2) ** -30
                numeric = (g(exact[i] + h) - g(exact[i] - h)) / (2 * h)
            else:
                numeric = mp.diff(g, exact[i])
            given_here = d(*exact)
            if abs(numeric - given_here) > M(10) ** -12 * max(1, abs(numeric)):
                raise ArithmeticError("%s%s: partial %d is %s, not %s" % (r.name, args, i, numeric, given_here))


def main():
    os.makedirs(HERE, exist_ok=True)
    for width in WIDTHS:
        with open(os.path.join(HERE, width + ".tsv"), "w") as out:
            out.write("# row\targuments\tvalue\tpartials\tbounds; made by tests/rows_make.py\n")
            for r in ROWS.values():
                for words in row_lines(r, width):
                    out.write(words + "\n")
            for words in plain_lines(width):
                out.write(words + "\n")
    with open(os.path.join(HERE, "second.tsv"), "w") as out:
        out.write("# row\targuments\tsecond partials, row by row; made by tests/rows_make.py\n")
        for r in ROWS.values():
            check_partials(r)
            for words in second_lines(r):
                out.write(words + "\n")


if __name__ == "__main__":
    main()
