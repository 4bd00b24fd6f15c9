"""Directives in the comments of a test program.

    //: NAME word key=value ...     a directive
    //| text                        expected text of the directive above
    //!   ^~~~ error E16: text      a diagnostic; the caret line stands under the columns of the last line of code
    //! at 3:1+2 error E16: text    the same by line, column and width (for columns 1 to 3 and ends of files)
    //! help: text                  belongs to the diagnostic above; also `note:`, and `fix:` for a replacement

Expected texts are contained in what adc says; a replacement is exactly as given. Columns and widths count bytes."""
import re

KNOWN = {"ir", "count", "value", "check", "c", "dot", "status", "source", "options"}


class Directive:
    def __init__(self, name, line, words, options):
        self.name, self.line, self.words, self.options = name, line, words, options
        self.text = []  # expected lines
        self.first = self.last = line  # lines of the text block

    def option(self, key, default=None):
        return self.options.get(key, default)


class Expected:
    """A diagnostic that the program must give."""

    def __init__(self, line, column, width, severity, code, text):
        self.line, self.column, self.width = line, column, width
        self.severity, self.code, self.text = severity, code, text
        self.more = []  # (kind, text)

    def __str__(self):
        return "%d:%d+%d %s %s: %s" % (self.line, self.column, self.width, self.severity, self.code, self.text)

    def differs(self, got):
        """What is wrong with `got`, or None."""
        if (self.line, self.column, self.width) != (got.line, got.column, got.width):
            return "place"
        if (self.severity, self.code) != (got.severity, got.code):
            return "code"
        if self.text not in got.text:
            return "text"
        for kind, text in self.more:
            if not any(k == kind and (text == t if kind == "fix" else text in t) for k, t in got.more):
                return "%s `%s`" % (kind, text)
        return None


class Bad(Exception):
    """The test file itself is wrong."""


DIAGNOSTIC = re.compile(r"(error|warning) (E\d+): (.*)$")


def words_of(text):
    """Words of a directive; brackets, which nest, and quotes keep blanks together."""
    words, depth, quoted, blank = [], 0, False, True
    for c in text:
        quoted ^= c == '"'
        depth += 0 if quoted else (c == "[") - (c == "]")
        if c.isspace() and depth == 0 and not quoted:
            blank = True
            continue
        if blank:
            words.append("")
        words[-1] += c
        blank = False
    return words


def parse(path):
    """(directives, expected diagnostics) of a file."""
    directives, expected, code_line = [], [], 0
    for number, line in enumerate(path.read_text(encoding="utf-8", errors="surrogateescape").split("\n"), 1):
        mark = line.lstrip()[:3]
        if mark == "//:":
            directives.append(directive(line.lstrip()[3:], number))
        elif mark == "//|":
            if not directives:
                raise Bad("line %d: text without directive" % number)
            directives[-1].text.append(re.sub(r"^ ", "", line.lstrip()[3:]))
            directives[-1].last = number
        elif mark == "//!":
            diagnostic(line, number, code_line, expected)
        else:
            code_line = number
    if not directives and not expected:
        raise Bad("a test without directive")
    return directives, expected


def directive(text, number):
    words = words_of(text)
    if not words or words[0] not in KNOWN:
        raise Bad("line %d: unknown directive `%s`" % (number, text.strip()))
    if words[0] == "source":
        return Directive("source", number, words[1:], {})
    options = {}
    for word in words[1:]:
        key, equals, value = word.partition("=")
        if equals:
            options[key] = value
    return Directive(words[0], number, [w for w in words[1:] if "=" not in w], options)


def diagnostic(line, number, code_line, expected):
    body = line[line.index("//!") + 3:]
    more = re.match(r"\s*(note|help|fix): (.*)$", body)
    if more:
        if not expected:
            raise Bad("line %d: %s of no diagnostic" % (number, more[1]))
        expected[-1].more.append(more.groups())
        return
    head = DIAGNOSTIC.search(body)
    if not head:
        raise Bad("line %d: not a diagnostic" % number)
    place = body[:head.start()].strip()
    at = re.fullmatch(r"at (\d+):(\d+)\+(\d+)", place)
    if at:
        where = tuple(int(g) for g in at.groups())
    elif re.fullmatch(r"\^~*", place):
        where = (code_line, line.index("^") + 1, len(place))
    else:
        raise Bad("line %d: no place of the diagnostic" % number)
    expected.append(Expected(*where, *head.groups()))
