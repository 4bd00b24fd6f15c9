"""The library keeps no state: .data and .bss of its optimised objects are empty (tables of pointers that
the loader relocates, .data.rel.ro, are constant), and it neither prints nor exits."""
import pathlib
import re
import subprocess

from common import BUILD, report

# What the C library offers for printing to the process's own streams or ending it. `abort` is how a broken
# invariant ends a debug build (adc_broken); these are release objects.
FORBIDDEN = {"printf", "puts", "putchar", "vprintf", "stdout", "stderr", "exit", "_exit", "abort", "perror",
             "setlocale", "fprintf", "vfprintf", "fputs", "fwrite", "__printf_chk", "__fprintf_chk"}


def sections(path):
    text = subprocess.run(["size", "-A", str(path)], capture_output=True, text=True, check=True).stdout
    return {m.group(1): int(m.group(2)) for m in re.finditer(r"^(\.\S+)\s+(\d+)", text, re.M)}


def undefined(path):
    text = subprocess.run(["nm", "-u", str(path)], capture_output=True, text=True, check=True).stdout
    return set(re.findall(r"U (\S+)", text))


def findings_of(path):
    for section, size in sections(path).items():
        if size and re.match(r"\.(t?data|t?bss)\b(?!\.rel\.ro)", section):
            yield "%s: %d bytes in %s" % (path.name, size, section)
    for symbol in sorted(undefined(path) & FORBIDDEN):
        yield "%s: calls %s" % (path.name, symbol)


def main():
    names = (BUILD / "generated" / "plain_objects.txt").read_text().split("\n")[:-1]
    objects = [pathlib.Path(name) for name in names]
    report([finding for path in objects for finding in findings_of(path)], len(objects))


main()
