"""Missing, extra, misspelt, ill-typed, repeated and out-of-range arguments: status 2, one message."""
import harness

PROGRAM = """
export fn f(var alpha: real, n: int, flag: bool) -> real = if flag then alpha*n else alpha
"""


class ArgumentsAreChecked(harness.Case):
    def setUp(self):
        super().setUp()
        self.write("f.ad", PROGRAM)

    def refused(self, *arguments, says):
        for command in ("run", "trace"):
            self.fails(2, command, "f.ad", "f", *arguments, says=says)

    def test_missing(self):
        self.refused("n=1", "flag=true", says="`alpha`")

    def test_misspelt(self):
        self.refused("alhpa=1", "n=1", "flag=true", says=("`alhpa`", "did you mean `alpha`?"))

    def test_extra(self):
        self.refused("alpha=1", "n=1", "flag=true", "zz=3", says="`zz`")

    def test_repeated(self):
        self.refused("alpha=1", "n=1", "flag=true", "alpha=2", says=("`alpha`", "twice"))

    def test_ill_typed(self):
        for given, says in ((("alpha=abc", "n=1", "flag=true"), ("`alpha`", "a real", "`abc`")),
                            (("alpha=true", "n=1", "flag=true"), ("`alpha`", "a real", "`true`")),
                            (("alpha=1", "n=2.5", "flag=true"), ("`n`", "an int", "`2.5`")),
                            (("alpha=1", "n=nan", "flag=true"), ("`n`", "an int", "`nan`")),
                            (("alpha=1", "n=true", "flag=true"), ("`n`", "an int", "`true`")),
                            (("alpha=1", "n=1", "flag=1"), ("`flag`", "a bool", "`1`")),
                            (("alpha=", "n=1", "flag=true"), ("`alpha`", "a real")),
                            (("alpha=1e", "n=1", "flag=true"), ("`alpha`", "`1e`")),
                            (("alpha=0x10", "n=1", "flag=true"), ("`alpha`", "`0x10`")),
                            (("alpha=1 ", "n=1", "flag=true"), ("`alpha`", "`1 `"))):
            self.refused(*given, says=says)

    def test_out_of_range(self):
        for given, says in ((("alpha=1e999", "n=1", "flag=true"), ("`alpha`", "range")),
                            (("alpha=1", "n=9223372036854775808", "flag=true"), ("`n`", "range")),
                            (("alpha=1", "n=-1e30", "flag=true"), ("`n`", "range"))):
            self.refused(*given, says=says)
        self.fails(2, "run", "f.ad", "alpha=1e39", "n=1", "flag=true", "--real", "f32",
                   says=("`alpha`", "range"))

    def test_arrays_and_records(self):
        for text in ("[1, 2]", "[[1]]", "[]"):
            self.refused(f"alpha={text}", "n=1", "flag=true",
                         says=("`alpha` is a scalar", f"`{text}`", "array"))
        self.refused("alpha={}", "n=1", "flag=true", says=("`alpha` is no record", "`{}`"))
        self.write("a.json", "[[1, 2], [3, 4]]")
        self.refused("alpha=@a.json", "n=1", "flag=true", says=("`alpha`", "[[1, 2], [3, 4]]"))

    def test_not_name_and_value(self):
        self.refused("alpha=1", "n=1", "flag=true", "extra", says="`extra`")
        self.refused("alpha=1", "n=1", "flag=true", "=3", says="`=3`")

    def test_input_files(self):
        given = ("n=1", "flag=true")
        for text, says in (("[1]", "object"), ('{"alpha": }', "JSON"), ("", "JSON"),
                           ('{"alpha": 1, "alpha": 2}', "JSON"), ('{"alpha": null}', "`null`"),
                           ('{"alpha": "3"}', '"3"'), ('{"alpha": [1]}', "`[1]` is an array"),
                           ('{"beta": 1}', "`beta`"), ('{"alpha": 1e999}', "JSON")):
            self.write("in.json", text)
            self.fails(2, "run", "f.ad", *given, "--input", "in.json", says=says)
        self.fails(3, "run", "f.ad", *given, "--input", "none.json", says="none.json")
        self.fails(3, "run", "f.ad", *given, "alpha=@none.json", says="none.json")

    def test_constants(self):
        self.fails(2, "run", "f.ad", "alpha=1", "n=1", "flag=true", "--const", "k=1", says="`k`")
        self.fails(2, "build", "f.ad", "--const", "k=1", says="`k`")
        self.fails(2, "build", "f.ad", "--const", "k", says="`--const k`")
        self.fails(2, "build", "f.ad", "--const", "k=x", says="`x`")
        self.fails(2, "build", "f.ad", "--const", "k=1", "--const", "k=2", says="twice")
        self.assertEqual(self.files(), ["f.ad"])

    def test_missing_const_parameter(self):
        self.write("k.ad", "export fn f(var x: real, const k: int) -> real = x^k\n")
        self.assertEqual(self.value("run", "k.ad", "x=2", "k=3")["result"], 8.0)
        for command in ("run", "trace"):
            self.fails(2, command, "k.ad", "x=2", says=("k.ad:1:32", "`const k`"))
            self.fails(2, command, "k.ad", "x=2", "k=2.5", says=("`k`", "int"))
            self.fails(2, command, "k.ad", "x=2", "--const", "k=true", says=("`k`", "int"))
            self.fails(2, command, "k.ad", "x=2", "k=many", says=("`k`", "`many`"))
            self.fails(2, command, "k.ad", "x=2", "k=[1]", says=("`k`", "`[1]` is an array"))
            self.fails(2, command, "k.ad", "x=2", "k=3", "k=4", says=("`k`", "twice"))
        self.fails(1, "build", "k.ad", says=("`const k`", "--const k=VALUE"))
        self.good("build", "k.ad", "--const", "k=3")

    def test_repeat(self):
        for text in ("0", "-1", "many", "1.5", "1e30"):
            self.fails(2, "run", "f.ad", "alpha=1", "n=1", "flag=true", "--repeat", text,
                       says=("--repeat", text))

    def test_standard_input_twice(self):
        self.fails(2, "run", "-", "--input", "-", stdin=PROGRAM, says="standard input")


if __name__ == "__main__":
    harness.main()
