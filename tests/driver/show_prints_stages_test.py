"""adc show: every stage as text, of a file, of standard input, of an expression."""
import harness


class ShowPrintsStages(harness.Case):
    def setUp(self):
        super().setUp()
        self.write("s.ad", harness.SEED)

    def test_each_stage(self):
        for stage, mark in (("ast", "(fn"), ("ir", "mul"), ("adjoint", "grad_x"), ("loops", ""),
                            ("c", "int z_grad(")):
            text = self.good("show", "s.ad", "z", "--stage", stage)
            self.assertIn(mark, text, stage)
            self.assertTrue(text.strip(), stage)
            self.assertTrue(text.endswith("\n"), stage)

    def test_from_standard_input(self):
        self.assertEqual(self.good("show", "-", "z", "--stage", "ir", stdin=harness.SEED),
                         self.good("show", "s.ad", "z", "--stage", "ir"))

    def test_expression(self):
        for stage in ("ast", "ir", "adjoint", "loops", "c"):
            self.assertTrue(self.good("show", "-e", "z = x*y", "--stage", stage).strip(), stage)

    def test_function_that_is_not_exported(self):
        self.assertIn("helper", self.good("show", "s.ad", "helper", "--stage", "c"))

    def test_all_exported_functions(self):
        text = self.good("show", "s.ad", "--stage", "ir")
        for name in ("z", "kinds"):
            self.assertIn(self.good("show", "s.ad", name, "--stage", "ir"), text)
        self.assertNotIn("helper", text)

    def test_c_is_what_build_writes(self):
        self.good("build", "s.ad")
        self.assertEqual(self.good("show", "s.ad", "--stage", "c"), self.read("s.c"))
        self.assertEqual(self.files(), ["s.ad", "s.c", "s.h"])
        self.assertIn('#include "s.h"', self.good("show", "s.ad", "z", "--stage", "c"))
        self.assertEqual(self.good("show", "-", "--stage", "c", stdin=harness.ONE),
                         self.good("build", "-", stdin=harness.ONE))

    def test_adjoint_leaves_out_the_value(self):
        self.assertNotIn(self.good("show", "s.ad", "z", "--stage", "ir"),
                         self.good("show", "s.ad", "z", "--stage", "adjoint"))

    def test_derive(self):
        self.assertIn("z_jvp", self.good("show", "s.ad", "z", "--stage", "c", "--derive", "jvp"))

    def test_common_subexpression_is_computed_once(self):
        text = self.good("show", "-e", "z = x*y + x*y", "--stage", "c", "--derive", "value")
        body = text[text.index("int z("):]
        self.assertEqual(body.count("x*y") + body.count("x * y"), 1, body)


if __name__ == "__main__":
    harness.main()
