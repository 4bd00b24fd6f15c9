"""adc eval: values, gradients and Hessians of expressions, by both engines."""
import math

import harness

ARTICLE = ("z = (x*y + c)*c + x", "x=0.9", "y=0.4", "c=1.3")


class EvalGivesValueAndDerivatives(harness.Case):
    def test_article_in_json(self):
        for engine in ("interp", "c"):
            found = self.value("eval", *ARTICLE, "--grad", "--engine", engine)
            self.assertEqual(found, {"function": "z", "result": 3.0580000000000003,
                                     "grad": {"x": 1.52, "y": 1.1700000000000002, "c": 2.96}})

    def test_json_is_one_line_with_the_shortest_numbers(self):
        text = self.good("eval", *ARTICLE, "--grad", "--json")
        self.assertEqual(text, '{"function": "z", "result": 3.0580000000000003, "grad": '
                               '{"x": 1.52, "y": 1.1700000000000002, "c": 2.96}}\n')

    def test_table_without_json(self):
        self.assertEqual(self.good("eval", *ARTICLE, "--grad"),
                         "function  z\nresult    3.0580000000000003\ngrad x    1.52\n"
                         "grad y    1.1700000000000002\ngrad c    2.96\n")

    def test_unnamed_result_is_called_eval(self):
        self.assertEqual(self.value("eval", "x*x", "x=3"), {"function": "eval", "result": 9.0})

    def test_statements(self):
        found = self.value("eval", "let a = x*x; let b = a + 1; b*b", "x=2", "--grad")
        self.assertEqual(found["result"], 25.0)
        self.assertEqual(found["grad"], {"x": 40.0})

    def test_hessian(self):
        x, y = 1.25, 0.5
        for engine in ("interp", "c"):
            found = self.value("eval", "x^3*sin(y)", f"x={x}", f"y={y}", "--hessian", "--engine",
                               engine)["hessian"]
            self.close(found["x"]["x"], 6*x*math.sin(y))
            self.close(found["x"]["y"], 3*x*x*math.cos(y))
            self.close(found["y"]["x"], 3*x*x*math.cos(y))
            self.close(found["y"]["y"], -x**3*math.sin(y))

    def test_of_chooses_a_result(self):
        pair = "(area = x*y, sum = x + y)"
        found = self.value("eval", pair, "x=3", "y=4", "--grad", "--of", "area")
        self.assertEqual(found, {"function": "eval", "result": {"area": 12.0, "sum": 7.0},
                                 "grad": {"x": 4.0, "y": 3.0}})
        found = self.value("eval", pair, "x=3", "y=4", "--grad", "--of", "area", "--wrt", "y")
        self.assertEqual(found["grad"], {"y": 3.0})
        self.fails(2, "eval", pair, "x=3", "y=4", "--grad", says="--of")
        self.fails(2, "eval", pair, "x=3", "y=4", "--grad", "--of", "aera",
                   says=("`--of aera`", "did you mean `area`?"))

    def test_nested_grad_to_fifth_order(self):
        text = ("let a = grad(sin(2*x), x); let b = grad(a, x); let c = grad(b, x); "
                "let d = grad(c, x); grad(d, x)")
        self.close(self.value("eval", text, "x=0.3")["result"], 32*math.cos(0.6))

    def test_expression_may_begin_with_minus(self):
        self.assertEqual(self.value("eval", "-x^2", "x=3")["result"], -9.0)
        self.assertIn('"result": 3.0', self.good("eval", "--json", "--", "--x", "x=3"))

    def test_infinities_and_nan_are_strings(self):
        self.assertEqual(self.value("eval", "x", "x=inf")["result"], "inf")
        self.assertEqual(self.value("eval", "x", "x=-inf")["result"], "-inf")
        self.assertEqual(self.value("eval", "x - x", "x=inf")["result"], "nan")

    def test_single_precision(self):
        for engine in ("interp", "c"):
            found = self.value("eval", "x*x", "x=0.1", "--real", "f32", "--grad", "--engine", engine)
            self.assertEqual(found["grad"], {"x": 0.2})
            self.assertEqual(found["result"], 0.010000001)

    def test_self_doubling_forty_times(self):
        text = "".join(f"let a{i + 1} = a{i} + a{i}; " for i in range(40)).replace("a0 ", "x ")
        text = text.replace("x + a0;", "x + x;") + "a40"
        self.assertEqual(self.value("eval", text, "x=1", "--grad"),
                         {"function": "eval", "result": 2.0**40, "grad": {"x": 2.0**40}})

    def test_name_without_value(self):
        self.fails(2, "eval", "x*y", "x=1", says="`y`")

    def test_value_without_name(self):
        done = self.adc("eval", "x*x", "x=1", "w=2")
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertIn("`w`", done.stderr)

    def test_misspelt_function(self):
        self.fails(1, "eval", "sigmod(x)", "x=1", says=("sigmod", "sigmoid"))

    def test_no_expression(self):
        self.fails(2, "eval", says="expression")


if __name__ == "__main__":
    harness.main()
