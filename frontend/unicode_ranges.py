#!/usr/bin/env python3
"""Writes unicode_ranges.def: the code points above ASCII that names may hold (XID, as str.isidentifier
has it). Run it by hand when Unicode moves on: python3 frontend/unicode_ranges.py > frontend/unicode_ranges.def"""
import sys
import unicodedata


def ranges(accept):
    found, start = [], None
    for c in range(0x80, 0x110001):
        inside = c <= 0x10FFFF and not 0xD800 <= c <= 0xDFFF and accept(chr(c))
        if inside and start is None:
            start = c
        if not inside and start is not None:
            found.append((start, c - 1))
            start = None
    return found


def show(macro, found):
    line = ""
    for low, high in found:
        entry = f"{macro}({low:#x}, {high:#x})"
        if len(line) + len(entry) > 98:
            print(line)
            line = ""
        line += (" " if line else "") + entry
    print(line)


def main():
    print(f"/* unicode_ranges.def -- ranges of Unicode {unicodedata.unidata_version} above ASCII; made by unicode_ranges.py.")
    print(" *")
    print(" *     ADC_LETTERS(first, last)   may begin a name (XID_Start)")
    print(" *     ADC_MARKS(first, last)     may only go on with one (XID_Continue without XID_Start) */")
    show("ADC_LETTERS", ranges(lambda c: c.isidentifier()))
    show("ADC_MARKS", ranges(lambda c: ("a" + c).isidentifier() and not c.isidentifier()))


sys.exit(main())
