"""Options: unknown ones get a suggestion, planned ones say so, every subcommand has its page."""
import harness

COMMANDS = ("build", "run", "eval", "trace", "graph", "show", "check", "test")


class OptionsAreChecked(harness.Case):
    def setUp(self):
        super().setUp()
        self.write("f.ad", harness.ONE)

    def test_help_on_each(self):
        for command in COMMANDS:
            page = self.good(command, "--help")
            self.assertIn(f"usage: adc {command}", page)
            self.assertIn("--diagnostics", page)
            self.assertEqual(page, self.good(command, "f.ad", "-h"))
            self.assertLessEqual(max(map(len, page.splitlines())), 120)

    def test_overview(self):
        page = self.good("--help")
        for command in COMMANDS:
            self.assertIn(f"\n  {command} ", page)
        self.assertRegex(self.good("--version"), r"^adc \d+\.\d+\.\d+\n$")

    def test_unknown_option(self):
        for command, option, near in (("build", "--heder", "--header"), ("run", "--grda", "--grad"),
                                      ("eval", "--jsn", "--json"), ("trace", "--inputs", "--input"),
                                      ("show", "--stag", "--stage"), ("graph", "--gard", "--grad")):
            self.fails(2, command, "f.ad", option, says=(f"`{option}`", f"did you mean `{near}`?"))
        self.fails(2, "run", "f.ad", "--qqqqqqqq", says=("`--qqqqqqqq`", "--help"))
        self.fails(2, "build", "f.ad", "-x", says="`-x`")

    def test_option_of_another_subcommand(self):
        self.fails(2, "run", "f.ad", "--emit", "c", says="`--emit`")

    def test_missing_value(self):
        self.fails(2, "build", "f.ad", "-o", says="`-o` needs a value")
        self.fails(2, "run", "f.ad", "--wrt", says="`--wrt` needs a value")

    def test_value_of_a_flag(self):
        self.fails(2, "run", "f.ad", "--json=yes", says="`--json` takes no value")

    def test_choices(self):
        self.fails(2, "run", "f.ad", "--real", "f16", says=("`f16`", "f32|f64"))
        self.fails(2, "build", "f.ad", "-O7", says="`7`")
        self.fails(2, "run", "f.ad", "--engine", "gpu", says=("`gpu`", "interp|c|jit"))
        self.fails(2, "show", "f.ad", "--stage", "fused", says=("fused", "not supported yet"))
        self.fails(2, "show", "f.ad", says="--stage")

    def test_derive(self):
        self.fails(2, "run", "f.ad", "--derive", "gard", says=("`gard`", "`grad`"))
        self.fails(2, "build", "f.ad", "--derive", "lagrangian_hessian", says="not supported yet")
        self.fails(2, "build", "f.ad", "--derive", "grad,,vjp", says="--derive")

    def test_passes_left_out(self):
        self.good("run", "f.ad", "x=1", "y=2", "--without", "fuse,lanes")
        self.fails(2, "run", "f.ad", "--without", "gathr", says=("no pass `gathr`", "`gather`"))
        self.fails(2, "build", "f.ad", "--without", "derive", says=("no pass `derive`", "axes, idle, distribute"))
        self.fails(2, "build", "f.ad", "--without", "fuse,", says="--without")

    def test_planned(self):
        for option in ("--blas", "--trace-nan"):
            self.fails(2, "build", "f.ad", option, says=(option, "not supported yet"))

    def test_budgets(self):
        for bad in ("0", "M", "12Q", "-1", "1MK"):
            self.fails(2, "run", "f.ad", "--tape-budget", bad, says=("--tape-budget " + bad, "64M"))

    def test_given_twice(self):
        self.fails(2, "build", "f.ad", "-o", "a.c", "-o", "b.c", says="twice")

    def test_accepted_without_effect(self):
        plain = self.good("build", "f.ad", "-o", "-")
        for options in (("-O2",), ("-O0",), ("--strict",), ("--portable",), ("-I", "x"), ("-Ix",)):
            self.assertEqual(self.good("build", "f.ad", "-o", "-", *options), plain, options)

    def test_unknown_command(self):
        self.fails(2, "bulid", "f.ad", says=("`bulid`", "`build`"))
        self.fails(2, says="no command")

    def test_operands(self):
        self.fails(2, "build", says="file")
        self.fails(2, "run", says="file")
        self.fails(2, "build", "f.ad", "g.ad", says="`g.ad`")

    def test_two_dashes_end_options(self):
        self.write("--odd.ad", harness.ONE)
        found = self.good("run", "--json", "--", "--odd.ad", "x=1", "y=2")
        self.assertIn('"result": 2.0', found)

    def test_nothing_was_written(self):
        self.fails(2, "build", "f.ad", "--heder", "x.h")
        self.assertEqual(self.files(), ["f.ad"])


if __name__ == "__main__":
    harness.main()
