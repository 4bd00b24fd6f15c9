"""Arrays in trace and graph: shapes, short values, indices; and through the engine `c`."""
import harness

PROGRAM = """
export fn mv(var x: real[N, D], var w: real[D]) -> real {
  let y[i] = sum(j: x[i, j]*w[j])
  sum(i: y[i]*y[i])
}
"""
GIVEN = ("x=[[1,2],[3,4],[5,6],[7,8],[9,10]]", "w=[1, -1.5]")


class ArraysAreTraced(harness.Case):
    def setUp(self):
        super().setUp()
        self.write("f.ad", PROGRAM)

    def test_json(self):
        nodes = {node["name"]: node for node in self.value("trace", "f.ad", *GIVEN)["nodes"]}
        self.assertEqual(nodes["N"]["value"], 5)
        self.assertEqual(nodes["x"]["shape"], [5, 2])
        self.assertEqual(nodes["x"]["value"], [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0], [7.0, 8.0], [9.0, 10.0]])
        self.assertEqual(nodes["w"]["gradient"], [-240.0, -280.0])
        inside = [node for node in nodes.values() if "indices" in node]
        self.assertTrue(inside)
        for node in inside:
            self.assertIsNone(node["value"])
            self.assertIsNone(node["gradient"])
            self.assertTrue(node["indices"])

    def test_computed_array(self):
        self.write("two.ad", PROGRAM.replace("-> real", "-> (y: real[N], s: real)")
                   .replace("  sum(i: y[i]*y[i])", "  (y = y, s = sum(i: y[i]*y[i]))"))
        nodes = self.value("trace", "two.ad", *GIVEN, "--of", "s")["nodes"]
        arrays = [node for node in nodes if node.get("shape") == [5]]
        self.assertEqual([node["value"] for node in arrays], [[-2.0, -3.0, -4.0, -5.0, -6.0]])

    def test_array_as_only_result(self):
        self.write("y.ad", PROGRAM.replace("-> real", "-> real[N]")
                   .replace("  sum(i: y[i]*y[i])", "  y"))
        nodes = self.value("trace", "y.ad", *GIVEN)["nodes"]
        arrays = [node for node in nodes if node.get("shape") == [5]]
        self.assertEqual([node["value"] for node in arrays], [[-2.0, -3.0, -4.0, -5.0, -6.0]])
        self.assertEqual([node["gradient"] for node in arrays], [None])

    def test_table(self):
        lines = self.good("trace", "f.ad", *GIVEN).splitlines()
        x = [line for line in lines if line.split()[1] == "x"]
        self.assertEqual(len(x), 1)
        self.assertIn("[[1.0, 2.0], [3.0, 4.0], [5.0, 6.0], ... 2 more]", x[0])
        self.assertIn("f64[5, 2]", x[0])
        self.assertTrue(any(line.startswith("Operator") and " for " in line for line in lines))

    def test_graph(self):
        text = self.good("graph", "f.ad", *GIVEN)
        self.assertIn("f64[5, 2]", text)
        self.assertIn("gradient [-240.0, -280.0]", text)
        self.assertIn("x", self.good("graph", "f.ad"))

    def test_engine_c(self):
        arguments = ("run", "f.ad", *GIVEN, "--grad", "--derive", "jvp", "x_dot=[[1,0],[0,0],[0,0],[0,0],[0,1]]",
                     "w_dot=[0, 1]")
        self.assertEqual(self.value(*arguments, "--engine", "c"), self.value(*arguments))
        empty = ("run", "f.ad", "x=[]", "w=[1, 2]", "--grad")
        self.assertEqual(self.value(*empty, "--engine", "c"), self.value(*empty))

    def test_computed_sizes(self):
        self.write("k.ad", """
export fn k(a: real[N]) -> (b: real[N-1], c: real[N*(N+1) div 2]) {
  let b[i in 0..N-1] = a[i+1] - a[i]
  let c[i in 0..N*(N+1) div 2] = 1.0*i
  (b = b, c = c)
}
""")
        for engine in ("interp", "c"):
            found = self.value("run", "k.ad", "a=[1, 2, 4]", "--engine", engine)
            self.assertEqual(found["result"], {"b": [1.0, 2.0], "c": [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]})

    def test_engine_c_types(self):
        self.write("t.ad", """
export fn t(var a: f32[N], data b: int[N], data c: bool[N]) -> (d: f32[N], e: int[N], f: bool[N]) {
  let d[i] = a[i] + a[i]
  let e[i] = b[i] + i
  let f[i] = not c[i]
  (d = d, e = e, f = f)
}
""")
        given = ("a=[0.1, 2]", "b=[7, -1]", "c=[true, false]")
        wanted = {"d": [0.2, 4.0], "e": [7, 0], "f": [False, True]}
        for engine in ("interp", "c"):
            found = self.value("run", "t.ad", *given, "--engine", engine)
            self.assertEqual(found["result"], wanted, engine)


if __name__ == "__main__":
    harness.main()
