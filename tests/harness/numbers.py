"""Comparing numbers and reading them: the strings "inf", "-inf", "nan" stand for themselves in JSON."""
import ctypes
import math


def number(value):
    if isinstance(value, bool):
        return value
    return float(value) if isinstance(value, str) else value


def real(value):
    """The numbers of nested lists, which may be given as strings."""
    return [real(item) for item in value] if isinstance(value, list) else number(value)


def like(value, make):
    """Nested lists of that shape; `make()` gives each number."""
    return [like(item, make) for item in value] if isinstance(value, list) else make()


def flatten(value):
    """Numbers of nested lists and records, row by row."""
    if isinstance(value, dict):
        return flatten(list(value.values()))
    if isinstance(value, list):
        return [x for item in value for x in flatten(item)]
    return [number(value)]


def shape(value):
    """Lengths of nested lists, as far as the first ones show them; of records those of each field."""
    if isinstance(value, dict):
        return {name: shape(field) for name, field in value.items()}
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return [shape(item) for item in value]
    return [len(value)] + (shape(value[0]) if value else []) if isinstance(value, list) else []


def places(value):
    """How to reach every number of nested lists: tuples of indices."""
    if not isinstance(value, list):
        return [()]
    return [(i,) + rest for i, item in enumerate(value) for rest in places(item)]


def at(value, place):
    return at(value[place[0]], place[1:]) if place else value


def replaced(value, place, number):
    """A copy with another number at a place."""
    if not place:
        return number
    return [replaced(v, place[1:], number) if i == place[0] else v for i, v in enumerate(value)]


def dot(a, b):
    return sum(x * y for x, y in zip(flatten(a), flatten(b)))


def single(value):
    """The float (or list of floats) whose shortest text was read as a double."""
    if isinstance(value, list):
        return [single(v) for v in value]
    value = number(value)
    return ctypes.c_float(value).value if isinstance(value, float) else value


def close(got, want, tol, atol=0.0):
    """Equal, both NaN, or within tol of want (relative) or atol."""
    if isinstance(want, bool) or isinstance(got, bool):
        return got is want
    if math.isnan(want) or math.isnan(got):
        return math.isnan(want) and math.isnan(got)
    if got == want:
        return math.copysign(1, got) == math.copysign(1, want) if want == 0 and tol == 0 else True
    return math.isfinite(got) and math.isfinite(want) and abs(got - want) <= max(tol * abs(want), atol)


def derivative(function, x, scale=None):
    """d function / d x by central differences, extrapolated (Ridders); with an estimate of its error."""
    step = scale or max(abs(x), 1.0) * 0.05
    shrink, rows = 1.6, []
    best, error = math.nan, math.inf
    for i in range(12):
        row = [(function(x + step) - function(x - step)) / (2 * step)]
        factor = shrink * shrink
        for j in range(i):
            row.append((row[j] * factor - rows[-1][j]) / (factor - 1))
            factor *= shrink * shrink
            estimate = max(abs(row[j + 1] - row[j]), abs(row[j + 1] - rows[-1][j]))
            if estimate <= error:
                best, error = row[j + 1], estimate
        if rows and abs(row[-1] - rows[-1][-1]) > 4 * error:
            break
        rows.append(row)
        step /= shrink
    return best, error
