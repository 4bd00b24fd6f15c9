"""adc trace: the article's order, names, kinds, values and gradients."""
import harness

ARTICLE = ("-e", "z = (x*y + c)*c + x", "x=0.9", "y=0.4", "c=1.3")


class TraceIsTopological(harness.Case):
    def test_article(self):
        nodes = self.value("trace", *ARTICLE)["nodes"]
        self.assertEqual([n["name"] for n in nodes],
                         ["x", "y", "mul/0", "c", "add/0", "mul/1", "add/1"])
        self.assertEqual([n["kind"] for n in nodes],
                         ["Variable", "Variable", "Operator", "Variable", "Operator", "Operator",
                          "Operator"])
        self.assertEqual([n["inputs"] for n in nodes],
                         [[], [], ["x", "y"], [], ["mul/0", "c"], ["add/0", "c"], ["mul/1", "x"]])
        # by hand, in double arithmetic, in the order of the program
        product = 0.9*0.4
        total = product + 1.3
        scaled = total*1.3
        self.assertEqual([n["value"] for n in nodes],
                         [0.9, 0.4, product, 1.3, total, scaled, scaled + 0.9])
        self.assertEqual([n["gradient"] for n in nodes],
                         [1.3*0.4 + 1.0, 1.3*0.9, 1.3, 1.3 + total, 1.3, 1.0, 1.0])

    def test_table_is_aligned(self):
        lines = self.good("trace", *ARTICLE).splitlines()
        self.assertEqual(len(lines), 8)
        self.assertEqual(lines[0].split(), ["kind", "name", "source", "value", "gradient"])
        column = lines[0].index("value")
        for line in lines[1:]:
            self.assertEqual(line[column - 1], " ")
            self.assertNotEqual(line[column], " ")

    def test_kinds(self):
        self.write("s.ad", harness.SEED)
        nodes = self.value("trace", "s.ad", "kinds", "x=2", "p=3")["nodes"]
        kinds = {n["name"]: n["kind"] for n in nodes}
        self.assertEqual(kinds["x"], "Variable")
        self.assertEqual(kinds["p"], "Placeholder")
        self.assertEqual([n["value"] for n in nodes if n["kind"] == "Constant"][0], 5.0)
        self.assertEqual(nodes[-1]["value"], 63.0)

    def test_constants_have_gradients(self):
        # the article's second example: x*y + 5
        nodes = self.value("trace", "-e", "x*y + 5", "x=2", "y=3")["nodes"]
        self.assertEqual([(n["name"], n["gradient"]) for n in nodes],
                         [("x", 3.0), ("y", 2.0), ("mul/0", 1.0), ("Const/0", 1.0), ("add/0", 1.0)])

    def test_source_names(self):
        self.write("s.ad", harness.SEED)
        nodes = self.value("trace", "s.ad", "z", "x=2", "y=3")["nodes"]
        self.assertEqual([n["name"] for n in nodes if n["source"] == "s"], ["add/0"])

    def test_equal_subexpressions_are_one_node(self):
        nodes = self.value("trace", "-e", "x*y + x*y", "x=2", "y=3")["nodes"]
        self.assertEqual([n["name"] for n in nodes], ["x", "y", "mul/0", "add/0"])
        self.assertEqual([n["gradient"] for n in nodes], [6.0, 4.0, 2.0, 1.0])

    def test_what_only_a_derivative_uses_has_its_value(self):
        # g = 2x, the result 2x^2; h is needed for its derivative alone
        text = "let h = x*x; let g = grad(h, x); g*x"
        nodes = self.value("trace", "-e", text, "x=3")["nodes"]
        self.assertEqual([n["value"] for n in nodes if n["source"] == "h"], [9.0])
        self.assertEqual([n["value"] for n in nodes if n["source"] == "g"], [6.0])
        self.assertEqual(nodes[-1]["value"], 18.0)
        self.assertEqual(nodes[0]["gradient"], 12.0)
        nodes = self.value("trace", "-e", "let h = x^5.5; grad(h, x)", "x=1")["nodes"]
        self.assertEqual([n["value"] for n in nodes if n["kind"] == "Constant"], [5.5])
        drawn = self.good("graph", "-e", text, "x=3")
        for value in ("9.0", "6.0", "18.0"):
            self.assertIn(f"value {value}", drawn)
        self.assertNotIn("value 0.0", drawn)

    def test_ints_and_bools_have_no_gradient(self):
        nodes = self.value("trace", "-e", "if x > 1 then x*x else x", "x=2")["nodes"]
        by_name = {n["name"]: n for n in nodes}
        self.assertIs(by_name["gt/0"]["value"] if "gt/0" in by_name else True, True)
        for node in nodes:
            self.assertEqual(node["gradient"] is None, isinstance(node["value"], bool), node)
        self.assertEqual(by_name["x"]["gradient"], 4.0)

    def test_derivatives_inside_the_program(self):
        nodes = self.value("trace", "-e", "grad(x^3, x)", "x=2")["nodes"]
        self.assertEqual(nodes[-1]["value"], 12.0)
        self.assertEqual(nodes[0]["name"], "x")
        self.assertEqual(nodes[0]["gradient"], 12.0)

    def test_failed_require(self):
        self.write("r.ad", "export fn f(var x: real) -> real {\n  require x > 0, \"no\"\n  x\n}\n")
        self.fails(1, "trace", "r.ad", "x=-1", says=("no", "r.ad:2:"))

    def test_long_chain(self):
        text = "export fn f(var x: real) -> real {\n  let a0 = x\n"
        text += "".join(f"  let a{i + 1} = sin(a{i})\n" for i in range(20000)) + "  a20000\n}\n"
        self.write("c.ad", text)
        nodes = self.value("trace", "c.ad", "x=0")["nodes"]
        self.assertEqual(len(nodes), 20001)
        self.assertEqual(nodes[0]["gradient"], 1.0)


if __name__ == "__main__":
    harness.main()
