"""The tables are covered by tests: every diagnostic code of base/diag.def stands in a `//!` line or a .expect
file, every row of ir/ops.def in the reference data of the rows test, every pass in some test.

A code whose meaning is still to come is listed in WITHOUT_MEANING with the reason; one listed there that has
a test is a finding too, so that the list only shrinks."""
import re

from common import ROOT, name, report

WITHOUT_MEANING = {
    # code: why no program of today can show it
    "E28": "every operator has a rule; functions without one come with `extern`, which has no meaning yet",
}


def text_of(paths):
    return "\n".join(path.read_text(encoding="utf-8", errors="replace") for path in paths)


def tests(*patterns):
    return sorted(path for pattern in patterns for path in (ROOT / "tests").rglob(pattern))


def diagnostics():
    table = (ROOT / "base" / "diag.def").read_text(encoding="utf-8")
    codes = re.findall(r"^ADC_DIAG\((E\d+),", table, re.M)
    programs = text_of(tests("*.ad"))
    shown = set(re.findall(r"^\s*//!.*?\b(E\d+)\b", programs, re.M))
    shown |= set(re.findall(r"\bE\d+\b", text_of(tests("*.expect"))))
    for code in codes:
        if code not in shown and code not in WITHOUT_MEANING:
            yield "diagnostic %s: no test shows it" % code
        if code in shown and code in WITHOUT_MEANING:
            yield "diagnostic %s has a test: take it off the list of those without meaning" % code
    for code in sorted(set(WITHOUT_MEANING) - set(codes)):
        yield "diagnostic %s is not in the table" % code


def rows():
    table = (ROOT / "ir" / "ops.def").read_text(encoding="utf-8")
    names = re.findall(r'^ADC_OPERATOR\(\w+,\s*"(\w+)"', table, re.M)
    data = text_of(path for path in tests("rows*", "rows/*", "*/rows*") if path.is_file())
    for row in names:
        if not re.search(r"\b%s\b" % row, data):
            yield "operator %s: not in the data of the rows test" % row


def passes():
    text = text_of(tests("*.c", "*.py", "*.ad"))
    for path in sorted((ROOT / "passes").glob("*.c")):
        if not re.search(r"\b%s\b" % path.stem, text):
            yield "%s: no test names it" % name(path)


def main():
    findings = list(diagnostics()) + list(rows()) + list(passes())
    report(findings, 1)


main()
