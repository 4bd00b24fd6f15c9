"""Dependencies point one way: base <- ir <- {frontend, passes, backend} <- runtime <- driver.

Every #include "..." names its file from the root of the repository and lies in an allowed folder; headers
of LLVM appear in backend/llvm_api.h alone, which the files of libadc_llvm alone include."""
import re

from common import FOLDERS, ROOT, name, report, sources

ALLOWED = {
    "base": {"base"},
    "ir": {"base", "ir"},
    "frontend": {"base", "ir", "frontend"},
    "passes": {"base", "ir", "passes"},
    "backend": {"base", "ir", "backend"},
    "runtime": {"base", "ir", "frontend", "passes", "backend", "runtime"},
    "driver": set(FOLDERS),
}
GENERATED = {"frontend/parser.h", "frontend/lexer.h", "llvm/llvm_cpus.inc"}
LLVM_HEADER = "backend/llvm_api.h"
LLVM_FILES = re.compile(r"backend/(emit_llvm\w*|native\w*|jit)\.[ch]")
LLVM_INCLUDERS = {LLVM_HEADER, "backend/emit_llvm.h", "backend/emit_llvm_internal.h", "backend/native.h"}


def findings_of(path):
    folder = path.relative_to(ROOT).parts[0]
    text = path.read_text(encoding="utf-8")
    for match in re.finditer(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', text, re.M):
        kind, target = match.groups()
        where = "%s:%d" % (name(path), text.count("\n", 0, match.start()) + 1)
        if kind == '"':
            if target not in GENERATED and target.split("/")[0] not in ALLOWED[folder]:
                yield "%s: %s must not include %s" % (where, folder, target)
            elif target not in GENERATED and not (ROOT / target).is_file():
                yield "%s: no file %s" % (where, target)
        elif target.startswith("llvm-c/") or target.startswith("llvm/"):
            if name(path) != LLVM_HEADER:
                yield "%s: headers of LLVM are included by %s" % (where, LLVM_HEADER)
        if target in LLVM_INCLUDERS and not LLVM_FILES.fullmatch(name(path)):
            yield "%s: %s is for libadc_llvm" % (where, target)
    if path.suffix == ".c":
        own = name(path.with_suffix(".h"))
        first = re.search(r'#[ \t]*include[ \t]*[<"]([^>"]+)', text)
        if (ROOT / own).is_file() and first and first.group(1) != own:
            yield "%s: includes %s before its own header" % (name(path), first.group(1))


def main():
    files = sources()
    report([finding for path in files for finding in findings_of(path)], len(files))


main()
