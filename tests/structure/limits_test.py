"""Sizes that keep the code readable: functions of at most 80 lines, median 12, 95th percentile 45; files of
at most 700 lines, 100 columns wide; at most 6 parameters."""
import re

from common import ROOT, name, report, sources

LINES, MEDIAN, P95, FILE_LINES, WIDTH, PARAMETERS = 80, 12, 45, 700, 100, 6


def without_comments(text):
    """The text with comments, strings and character constants blanked; lines stay lines."""
    pattern = r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\''
    return re.sub(pattern, lambda m: re.sub(r"[^\n]", " ", m.group(0)), text, flags=re.S)


def functions(text):
    """(name, first line, lines, parameters) of every function: K&R, `{` alone in column 1."""
    lines = text.split("\n")
    start = None
    for i, line in enumerate(lines):
        if line.rstrip() == "{" and i > 0:
            start = i
        elif line.rstrip() == "}" and start is not None:
            head = start - 1
            while head > 0 and lines[head - 1].strip() and not re.search(r"[;}]\s*$", lines[head - 1]) \
                    and not lines[head - 1].startswith("#"):
                head -= 1
            signature = " ".join(lines[head:start])
            match = re.search(r"(\w+)\s*\((.*)\)", signature)
            if match:
                yield match.group(1), head + 1, i - head + 1, parameter_count(match.group(2))
            start = None


def parameter_count(text):
    depth, count = 0, 1
    for c in text:
        depth += (c == "(") - (c == ")")
        count += c == "," and depth == 0
    return 0 if text.strip() in ("", "void") else count


def main():
    findings, lengths, files = [], [], sources()
    for path in files:
        text = path.read_text(encoding="utf-8")
        count = text.count("\n")
        if count > FILE_LINES and path.suffix in (".c", ".h", ".l", ".y"):
            findings.append("%s: %d lines" % (name(path), count))
        if path.suffix in (".c", ".h"):
            for i, line in enumerate(text.split("\n")):
                if len(line) > WIDTH:
                    findings.append("%s:%d: %d columns" % (name(path), i + 1, len(line)))
        if path.suffix != ".c":
            continue
        for function, line, length, parameters in functions(without_comments(text)):
            lengths.append(length)
            where = "%s:%d: %s" % (name(path), line, function)
            if length > LINES:
                findings.append("%s has %d lines" % (where, length))
            if parameters > PARAMETERS:
                findings.append("%s has %d parameters" % (where, parameters))
    lengths.sort()
    median, p95 = lengths[len(lengths) // 2], lengths[len(lengths) * 95 // 100]
    print("functions: %d, median %d lines, 95th percentile %d" % (len(lengths), median, p95))
    if median > MEDIAN:
        findings.append("the median function has %d lines" % median)
    if p95 > P95:
        findings.append("one function in twenty has %d lines or more" % p95)
    report(findings, len(files))


main()
