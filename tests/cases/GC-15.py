"""GC-15: no undefined behaviour and no uninitialised read: every numeric case with the emitted C under
-fsanitize=address,undefined."""
import math

from common import ROOT, Scratch, binary, good, program

from harness import collection, native, numbers


def literal(value):
    return {"inf": "INFINITY", "-inf": "-INFINITY", "nan": "NAN"}.get(value, repr(value))


def argument(value, type_):
    """A C expression: a number, or an array of all elements (one at least: C has no empty ones)."""
    if not isinstance(value, list):
        return "(%s)(%s)" % (type_, literal(value))
    return "(const %s[]){%s}" % (type_, ", ".join(literal(v) for v in numbers.flatten(value) or [0.0]))


def call(function, prefix, product, inputs, type_):
    """A C block that calls one product; outputs start as garbage and are summed so that all are read."""
    ins, outs = function.signature(product)
    sizes = function.sizes(inputs)
    values = dict(inputs, **{v + "_dot": inputs[v] for v in function.variables()})
    arguments = [argument(values.get(name, sizes.get(name, 1.0)), "int64_t" if name in sizes else type_) for name, _ in ins]
    square = function.elements(inputs) ** 2
    counts = [(count or square) * math.prod(program.lengths(text, sizes)) for _, text, count in outs]
    pointers = ["out + %d" % sum(counts[:i]) for i in range(len(counts))]
    return "\n    ".join([
        "{ %s *out = malloc(sizeof(%s)*%d);" % (type_, type_, sum(counts)), "int status;",
        "status = %s%s%s(%s, NULL);" % (prefix, function.name, program.SUFFIX[product], ", ".join(arguments + pointers)),
        "if (status != 0) return 1;",
        "for (int i = 0; i < %d; i++) total += out[i] > 0;" % sum(counts), "free(out); }"])


def main():
    records = collection.records()
    if not records:
        print("skipped 1: no collection of cases")
        return
    with Scratch() as scratch:
        def emit(pair):
            index, path = pair
            record = records[path.stem]
            single = record.get("dtype") == "f32"
            prefix = "c%d_" % index
            good(binary.adc("build", path, "-o", scratch.folder / (prefix + ".c"), "--prefix", prefix,
                            "--derive=value,grad,vjp,jvp,hvp,hessian", *(["--real=f32"] if single else [])))
            function = program.exported(path.read_text(encoding="utf-8"))[0]
            return prefix, function, collection.inputs(record), "float" if single else "double"

        paths = [p for p in sorted((ROOT / "tests" / "cases").glob("*.ad")) if p.stem in records]
        with native.pool() as pool:
            built = list(pool.map(emit, enumerate(paths)))
        text = ['#include "%s.h"' % b[0] for b in built] + ["#include <math.h>", "#include <stdio.h>", "#include <stdlib.h>",
                                                          "int main(void)", "{", "    int total = 0;"]
        for prefix, function, inputs, type_ in built:
            for product in ("value", "grad", "vjp", "jvp", "hvp", "hessian"):
                text.append("    " + call(function, prefix, product, inputs, type_))
        text += ['    printf("%d\\n", total);', "    return 0;", "}"]
        host = scratch.write("host.c", "\n".join(text) + "\n")
        flags = ["-std=c99", "-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-I", str(scratch.folder)]

        def objects(part):
            return good(binary.run(["gcc", *flags, "-c"] + part, cwd=scratch.folder, timeout=120))

        sources = [str(host)] + [str(scratch.folder / (b[0] + ".c")) for b in built]
        with native.pool() as pool:
            list(pool.map(objects, [sources[0::2], sources[1::2]]))
        names = [s.replace(".c", ".o") for s in sources]
        print(len(built), "programs,", scratch.run("gcc", "host", *flags, *names))


main()
