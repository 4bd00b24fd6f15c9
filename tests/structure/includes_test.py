"""Dependencies point one way: base <- ir <- {frontend, passes, backend} <- runtime <- driver.

Every #include "..." names its file from the root of the repository and lies in an allowed folder; headers
of LLVM appear in backend/emit_llvm.c and backend/jit.c alone."""
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
GENERATED = {"frontend/parser.h", "frontend/lexer.h"}
LLVM_FILES = {"backend/emit_llvm.c", "backend/jit.c"}


def findings_of(path):
    folder = path.relative_to(ROOT).parts[0]
    text = path.read_text(encoding="utf-8")
    for match in re.finditer(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', text, re.M):
        kind, target = match.groups()
        where = "%s:%d" % (name(path), text.count("\n", 0, match.start()) + 1)
        if kind == '"':
            if target.split("/")[0] not in ALLOWED[folder]:
                yield "%s: %s must not include %s" % (where, folder, target)
            elif target not in GENERATED and not (ROOT / target).is_file():
                yield "%s: no file %s" % (where, target)
        elif target.startswith("llvm") and name(path) not in LLVM_FILES:
            yield "%s: LLVM belongs to backend/emit_llvm.c and backend/jit.c" % where
    if path.suffix == ".c":
        own = name(path.with_suffix(".h"))
        first = re.search(r'#[ \t]*include[ \t]*[<"]([^>"]+)', text)
        if (ROOT / own).is_file() and first and first.group(1) != own:
            yield "%s: includes %s before its own header" % (name(path), first.group(1))


def main():
    files = sources()
    report([finding for path in files for finding in findings_of(path)], len(files))


main()
