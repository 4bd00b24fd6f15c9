"""How many numbers were compared between engines, for the log: how many bit for bit, and the greatest distance of the rest."""
import collections
import json
import math
import struct
import threading

from . import numbers


def units(a, b, single):
    """Units in the last place between two numbers; NaNs are alike, zeros of two signs are one apart."""
    if isinstance(a, int) and isinstance(b, int):
        return abs(a - b)
    if math.isnan(a) and math.isnan(b):
        return 0
    form, sign = ("<f", "<i") if single else ("<d", "<q")

    def order(x):
        bits = struct.unpack(sign, struct.pack(form, x))[0]
        return bits if bits >= 0 else -(bits + (1 << (31 if single else 63))) - 1
    return abs(order(a) - order(b))


class Tally:
    """Rows are pairs of engines; may be added to by several threads."""

    def __init__(self):
        self.lock = threading.Lock()
        self.rows = collections.defaultdict(lambda: [0, 0, 0])

    def compare(self, first, second, a, b, single=False):
        """Counts the numbers of two answers; says how many units they are apart at most."""
        apart = [units(x, y, single) for x, y in zip(numbers.flatten(a), numbers.flatten(b))]
        self.add(first, second, len(apart), sum(not n for n in apart), max(apart, default=0))
        return max(apart, default=0)

    def add(self, first, second, compared, equal, most):
        with self.lock:
            row = self.rows[first, second]
            row[:] = row[0] + compared, row[1] + equal, max(row[2], most)

    def text(self):
        """One line that `read` adds to another table."""
        return "compared: " + json.dumps([[*pair, *row] for pair, row in sorted(self.rows.items())])

    def read(self, text):
        """Adds the lines among others that `text` made; gives back the others."""
        rest = []
        for line in text.splitlines(keepends=True):
            if line.startswith("compared: "):
                for row in json.loads(line[len("compared: "):]):
                    self.add(*row)
            else:
                rest.append(line)
        return "".join(rest)

    def lines(self):
        yield "%-18s %10s %14s %10s" % ("engines", "compared", "bit for bit", "most ulp")
        for (first, second), (compared, equal, most) in sorted(self.rows.items()):
            yield "%-18s %10d %14d %10d" % (first + " " + second, compared, equal, most)

    def show(self):
        if self.rows:
            print("\n".join(self.lines()))
