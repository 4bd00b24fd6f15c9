"""JI-06: JIT and ahead-of-time agree: value and gradient of every numeric case, bit for bit between emitted C (gcc -O1) and the
object that the JIT loads. cases_test compares the other products and compilers."""
import sys
import tempfile

import common
from harness import binary, collection, native, numbers, tally

import cases_test


def values(case, library):
    """Value and gradient at every point, as texts of the bits."""
    found = []
    for inputs in case.points():
        point = {name: numbers.real(value) for name, value in inputs.items()}
        for product in ("value", "grad"):
            status, outputs = library.call(case.unit, case.function, product, point)
            found += [status] + [x.hex() for name in sorted(outputs) for x in numbers.flatten(outputs[name])]
    return found


common.needs_llvm()
records = collection.records()
if not records:
    print("skipped: no collection in %s (1 case)" % collection.FOLDER)
    sys.exit(0)
paths = sorted(cases_test.PROGRAMS.glob("*.ad"))
cases = [cases_test.Case(i, path, records[path.stem]) for i, path in enumerate(paths) if path.stem in records]
with tempfile.TemporaryDirectory(prefix="adc_case_") as out:
    with native.pool() as pool:
        list(pool.map(lambda case: case.build(out), cases))
    libraries = [native.Library([case.unit for case in cases], compiler, out) for compiler in (binary.COMPILERS[0], native.LLVM)]
    compared = 0
    for case in cases:
        a, b = [values(case, library) for library in libraries]
        assert a == b, (case.id, a, b)
        compared += len(a)
print("%d numbers of %d cases agree" % (compared, len(cases)))
assert len(cases) > 100
