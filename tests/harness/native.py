"""Emitted C as functions of Python: every program of a test run goes into one shared library per C compiler, and one
of the objects that adc makes through LLVM.

Each program gets a prefix of its own (--prefix), so that names of different programs never meet."""
import concurrent.futures
import ctypes
import math
import os
import pathlib

from . import binary, numbers, program

TYPES = {"real": ctypes.c_double, "f64": ctypes.c_double, "f32": ctypes.c_float,
         "int": ctypes.c_int64, "i32": ctypes.c_int32, "bool": ctypes.c_bool}
X86 = os.uname().machine in ("x86_64", "i686")
# Compilers have vectors for processors that are named, native code for the one that is here: for the same bits all have
# none, or with TWO_LANES as an option of the unit two lanes.
TWO_LANES = "--simd=2"


def scalar(options):
    """For native code beside compilers that were told of no processor; nothing if the options say what it has."""
    return ["--simd=off"] if X86 and not any(o.startswith("--simd") for o in options) else []


FLAGS = ["-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow", "-Werror", "-fPIC"]


def pool():
    """Workers that mostly wait for other processes."""
    return concurrent.futures.ThreadPoolExecutor(os.cpu_count() or 2)


class Unit:
    """One .ad file built once with certain options: its C text and header, or why there is none."""

    def __init__(self, path, prefix, options, out):
        self.path, self.prefix, self.options = path, prefix, options
        self.source = pathlib.Path(out) / (prefix + pathlib.Path(path).stem + ".c")
        self.single = "--real=f32" in options
        self.result = binary.adc("build", path, "-o", self.source, "--prefix", prefix,
                                 "--diagnostics=json", *options)

    def text(self):
        return self.source.read_text(encoding="utf-8")


LLVM = "llvm"


class Library:
    """The shared library of many units, by one compiler; LLVM: without one."""

    def __init__(self, units, compiler, out, level="-O1"):
        self.compiler, self.flags = compiler, FLAGS + [level]
        out = pathlib.Path(out) / compiler
        out.mkdir(exist_ok=True)
        self.failures = {}
        with pool() as workers:
            objects = list(workers.map(lambda unit: self.compile(unit, out), units))
        target = out / "programs.so"
        linker = "cc" if compiler == LLVM else compiler
        linked = binary.run([linker, "-shared", "-o", str(target)] + [o for o in objects if o] + ["-lm"])
        if linked.status:
            raise AssertionError(str(linked))
        self.handle = ctypes.CDLL(str(target))

    def compile(self, unit, out):
        """The object of one unit; warnings are errors and belong to the unit."""
        target = str(out / (unit.source.stem + ".o"))
        if self.compiler == LLVM:
            return self.emit(unit, target)
        lanes = ["-msse4.2"] if X86 and TWO_LANES in unit.options else []
        result = binary.run([self.compiler] + self.flags + lanes + ["-c", str(unit.source), "-o", target],
                            timeout=300)
        if result.status:
            self.failures[unit.prefix] = str(result)
            return None
        return target

    def emit(self, unit, target):
        """The code that the JIT would run; the header is beside the C source already."""
        result = binary.adc("build", unit.path, "--emit", "obj", "-o", target, "--prefix", unit.prefix, "--mcpu=native",
                            self.flags[-1], *scalar(unit.options), *unit.options, plain=True)
        if result.status:
            self.failures[unit.prefix] = str(result)
            return None
        return target

    def call(self, unit, function, product, inputs, work=None, like=None):
        """(status, outputs by name) of one call; `inputs` by name; `like`: outputs with the shapes of those whose type
        leaves them open."""
        types = dict(TYPES, real=ctypes.c_float) if unit.single else TYPES
        ins, outs = function.signature(product)
        sizes = function.sizes(inputs)
        arguments = [argument(types[program.element(t)], dict(sizes, **inputs)[name]) for name, t in ins]
        shapes = {name: numbers.shape(like[name]) if like and program.is_open(t, sizes) else program.lengths(t, sizes)
                  for name, t, _ in outs}
        square = function.elements(inputs) ** 2 if product == "hessian" else 1
        buffers = {name: (types[program.element(t)] * ((count or square) * math.prod(shapes[name])))()
                   for name, t, count in outs}
        symbol = getattr(self.handle, unit.prefix + function.name + program.SUFFIX[product])
        symbol.restype = ctypes.c_int
        symbol.argtypes = None
        status = symbol(*arguments, *[ctypes.byref(b) for b in buffers.values()], work)
        values = {name: list(b) if name == "hess" else nested(iter(b), shapes[name]) for name, b in buffers.items()}
        return status, values

    def status_text(self, unit, function, status):
        symbol = getattr(self.handle, unit.prefix + function.name + "_status")
        symbol.restype = ctypes.c_char_p
        return (symbol(ctypes.c_int(status)) or b"").decode()


def argument(type_, value):
    if not isinstance(value, list):
        return type_(value)
    elements = numbers.flatten(value)
    return (type_ * len(elements))(*elements)


def nested(elements, lengths):
    """The next elements of an iterator as nested lists."""
    if not lengths:
        return next(elements)
    return [nested(elements, lengths[1:]) for _ in range(lengths[0])]


def compilers():
    return binary.COMPILERS + ([LLVM] if binary.has_llvm() else [])


def libraries(units, out):
    return [Library(units, compiler, out) for compiler in compilers()]
