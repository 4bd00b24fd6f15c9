"""GC-15: no undefined behaviour and no uninitialised read: every numeric case with the emitted C under
-fsanitize=address,undefined."""
import json

from common import ROOT, Scratch, binary, good, program

from harness import native

COLLECTION = ROOT.parent / "shared" / "cases" / "cases-open.json"


def literal(value):
    return {"inf": "INFINITY", "-inf": "-INFINITY", "nan": "NAN"}.get(value, repr(value))


def call(function, prefix, product, inputs, type_):
    """A C block that calls one product; outputs start as garbage and are summed so that all are read."""
    ins, outs = function.signature(product)
    values = [literal(inputs.get(name, 1.0)) for name, _ in ins]
    lines = ["{ %s out[%d];" % (type_, sum(count for _, _, count in outs)), "int status;"]
    at, pointers = 0, []
    for _, _, count in outs:
        pointers.append("out + %d" % at)
        at += count
    lines.append("status = %s%s%s(%s, NULL);" % (prefix, function.name, program.SUFFIX[product],
                                               ", ".join([("(%s)(%s)" % (type_, v)) for v in values] + pointers)))
    lines.append("if (status != 0) return 1;")
    lines.append("for (int i = 0; i < %d; i++) total += out[i] > 0; }" % at)
    return "\n    ".join(lines)


def main():
    if not COLLECTION.exists():
        print("skipped 1: no collection of cases")
        return
    records = {r["id"]: r for r in json.loads(COLLECTION.read_text(encoding="utf-8"))["cases"]}
    with Scratch() as scratch:
        def emit(pair):
            index, path = pair
            record = records[path.stem]
            single = record.get("dtype") == "f32"
            prefix = "c%d_" % index
            good(binary.adc("build", path, "-o", scratch.folder / (prefix + ".c"), "--prefix", prefix,
                            "--derive=value,grad,vjp,jvp,hvp,hessian", *(["--real=f32"] if single else [])))
            function = program.exported(path.read_text(encoding="utf-8"))[0]
            return prefix, function, record["inputs"], "float" if single else "double"

        paths = [p for p in sorted((ROOT / "tests" / "cases").glob("*.ad")) if p.stem in records]
        with native.pool() as pool:
            built = list(pool.map(emit, enumerate(paths)))
        text = ['#include "%s.h"' % b[0] for b in built] + ["#include <math.h>", "#include <stdio.h>", "int main(void)",
                                                          "{", "    int total = 0;"]
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
