"""Array inputs: lists, .json, .npy and .csv files, sizes from the arrays; every way to get them wrong."""
import json
import math
import struct
import harness

PROGRAM = """
export fn mv(var x: real[N, D], var w: real[D]) -> (y: real[N], s: real) {
  let y[i] = sum(j: x[i, j]*w[j])
  (y = y, s = sum(i: y[i]*y[i]))
}

export fn cubes(var x: real[N]) -> real = sum(i: x[i]*x[i]*x[i])

export fn mixed(a: real[N], data b: int[N-1], data t: bool[N*(N+1) div 2], var q: real[2, 3]) -> real =
  sum(i, j: q[i, j]) + sum(i: a[i]) + sum(i: b[i]) + count(i if t[i]: true)
"""
MIXED = {"a": "[0.5, 2, 3]", "b": "[1, 2]", "t": "[true, false, true, true, true, false]",
         "q": "[[1, 2, 3], [4, 5, 6]]"}


def npy(descr, shape, data, fortran=False, version=1, blanks=""):
    """The bytes of a file of NumPy (numpy.lib.format)."""
    header = f"{{'descr': '{descr}', 'fortran_order': {fortran}, 'shape': {shape}, }}{blanks}\n".encode()
    length = struct.pack("<H" if version == 1 else "<I", len(header))
    return b"\x93NUMPY" + bytes([version, 0]) + length + header + data


class ArraysAreRead(harness.Case):
    def setUp(self):
        super().setUp()
        self.write("f.ad", PROGRAM)

    def mixed(self, **given):
        return [f"{name}={text}" for name, text in {**MIXED, **given}.items()]

    def refused(self, function, *arguments, says, status=2):
        return self.fails(status, "run", "f.ad", function, *arguments, says=says)

    # ------------------------------------------------------------------- values

    def test_lists(self):
        found = self.value("run", "f.ad", "mv", "x=[[1, 2], [3, 4],[5,6]]", "w=[1,-1.5]")
        self.assertEqual(found["result"], {"y": [-2.0, -3.0, -4.0], "s": 29.0})

    def test_types(self):
        self.assertEqual(self.value("run", "f.ad", "mixed", *self.mixed())["result"],
                         21 + 5.5 + 3 + 4)
        self.assertEqual(self.value("run", "f.ad", "mixed", *self.mixed(b="[1.0, 2e0]"))["result"],
                         21 + 5.5 + 3 + 4)

    def test_named_numbers(self):
        found = self.value("run", "f.ad", "mv", "x=[[nan],[-inf],[inf]]", "w=[1]")
        self.assertEqual(found["result"]["y"], ["nan", "-inf", "inf"])
        self.write("in.json", '{"x": [["nan"], ["-inf"], ["inf"]], "w": [1]}')
        again = self.value("run", "f.ad", "mv", "--input", "in.json")
        self.assertEqual(again["result"], found["result"])

    def test_results_read_back(self):
        x = [[0.1, 1/3], [1e-300, math.pi], [5e-324, 2**53 + 2.0]]
        found = self.value("run", "f.ad", "mv", f"x={json.dumps(x)}", "w=[1, 0]")
        self.assertEqual(found["result"]["y"], [row[0] for row in x])

    def test_json_files(self):
        self.write("x.json", " [[1, 2],\n [3, 4]]\n")
        found = self.value("run", "f.ad", "mv", "x=@x.json", "w=[1, 1]")
        self.assertEqual(found["result"]["y"], [3.0, 7.0])
        self.write("in.json", '{"w": [1, 1], "x": [[1, 2], [3, 4]]}')
        self.assertEqual(self.value("run", "f.ad", "mv", "--input", "in.json"), found)
        found = self.value("run", "f.ad", "mv", "--input", "in.json", "w=[0, 1]")
        self.assertEqual(found["result"]["y"], [2.0, 4.0])

    def test_npy_files(self):
        for version in (1, 2):
            for descr, form in (("<f8", "d"), ("<f4", "f"), ("<i8", "q"), ("<i4", "i")):
                data = struct.pack(f"<6{form}", *range(6))
                self.write("x.npy", npy(descr, (2, 3), data, version=version, blanks="  "))
                found = self.value("run", "f.ad", "mv", "x=@x.npy", "w=[1, 10, 100]")
                self.assertEqual(found["result"]["y"], [210.0, 543.0], descr)
        self.write("t.npy", npy("|b1", (6,), bytes([1, 0, 0, 0, 0, 0])))
        self.assertEqual(self.value("run", "f.ad", "mixed", *self.mixed(t="@t.npy"))["result"],
                         21 + 5.5 + 3 + 1)

    def test_csv_files(self):
        for text in ("1,2\n3,4\n", "p, q\n1, 2\n\n3,4", "1,2\r\n3,4\r\n", '"1",2\n3,4.0e0\n'):
            self.write("x.csv", text)
            found = self.value("run", "f.ad", "mv", "x=@x.csv", "w=[1, 10]")
            self.assertEqual(found["result"]["y"], [21.0, 43.0], text)
        for text in ("1\n10\n", "1,10\n", "w\n1\n10\n"):
            self.write("w.csv", text)
            found = self.value("run", "f.ad", "mv", "x=[[1, 2]]", "w=@w.csv")
            self.assertEqual(found["result"]["y"], [21.0], text)

    def test_nothing(self):
        for given, y in (((), []), (("D=3",), [])):
            w = "w=[1, 2, 3]" if given else "w=[]"
            found = self.value("run", "f.ad", "mv", "x=[]", w, *given, "--grad", "--of", "s")
            self.assertEqual(found["result"], {"y": y, "s": 0.0})
            self.assertEqual(found["grad"], {"x": [], "w": [0.0]*len(given)*3})
        found = self.value("run", "f.ad", "mv", "x=[[], []]", "w=[]", "--grad", "--of", "s")
        self.assertEqual(found["grad"], {"x": [[], []], "w": []})

    def test_hidden_sizes(self):
        self.write("h.ad", "export fn h(x: real[N, D]) -> real = D + sum(i, j: x[i, j])\n")
        self.assertEqual(self.value("run", "h.ad", "x=[]", "D=3")["result"], 3.0)
        self.assertEqual(self.value("run", "h.ad", "x=[[],[]]")["result"], 0.0)
        self.fails(2, "run", "h.ad", "x=[]", says=("`D`", "add `D=SIZE`"))
        self.fails(2, "run", "h.ad", "x=[]", "D=-1", says=("`D` = -1", "negative"))
        self.fails(1, "run", "h.ad", "x=[[1, 2]]", "D=3", says=("`D` = 3 as given", "`D` = 2 from `x`"))
        self.fails(2, "run", "h.ad", "x=[]", "D=2.5", says=("`D`", "an int"))

    # -------------------------------------------------------------- derivatives

    def test_gradient(self):
        found = self.value("run", "f.ad", "mv", "x=[[1,2],[3,4],[5,6]]", "w=[1,-1.5]", "--grad", "--of", "s")
        self.assertEqual(found["grad"], {"x": [[-4.0, 6.0], [-6.0, 9.0], [-8.0, 12.0]],
                                         "w": [-62.0, -80.0]})

    def test_directions(self):
        found = self.value("run", "f.ad", "mv", "x=[[1,2],[3,4],[5,6]]", "w=[1,-1.5]",
                           "--derive", "vjp", "y_bar=[0,0,1]", "s_bar=0")
        self.assertEqual(found["vjp"], {"x_bar": [[0.0, 0.0], [0.0, 0.0], [1.0, -1.5]],
                                        "w_bar": [5.0, 6.0]})
        found = self.value("run", "f.ad", "cubes", "x=[1,2]", "--derive", "jvp,hvp", "x_dot=[1,-1]")
        self.assertEqual(found["jvp"], {"result_dot": 3.0 - 12.0})
        self.assertEqual(found["hvp"], {"x_hvp": [6.0, -12.0]})
        self.refused("cubes", "x=[1,2]", "--derive", "jvp", "x_dot=[1]", status=1,
                     says=("`N` = 2 from `x`", "`N` = 1 from `x_dot`"))

    def test_no_gradient_of_an_array(self):
        self.refused("mv", "x=[[1]]", "w=[1]", "--grad", says="--of")
        self.refused("mv", "x=[[1]]", "w=[1]", "--grad", "--of", "y", says=("`y`", "array", "vjp"))

    def test_table(self):
        text = self.good("run", "f.ad", "cubes", f"x={[1]*20}", "--grad")
        self.assertIn("[3.0, 3.0, 3.0, 3.0, 3.0, 3.0, 3.0, ... 13 more]", text)

    # ------------------------------------------------------------------- errors

    def test_lists_that_are_none(self):
        for text, says in (("[[1,2],[3]]", ("ragged", "`x[1]` has length 1")),
                           ("[[1],[2],[3,4]]", ("ragged", "`x[2]` has length 2")),
                           ("[[1,2],3]", ("2 axes", "`x[1]` = `3`")),
                           ("[1,2]", ("2 axes", "`x[0]` = `1`")),
                           ("3", ("2 axes", "`3`")),
                           ("[[1,[2]]]", ("2 axes", "`x[0, 1]` is a list")),
                           ("[[1,a]]", ("`x[0, 1]` is a real", "`a`")),
                           ("[[1,true]]", ("`x[0, 1]` is a real", "`true`")),
                           ("[[1,1e999]]", ("`x[0, 1]`", "range")),
                           ("[[1,2]", ("`x` ends before",)),
                           ("[", ("`x` ends before",)),
                           ("", ("`x` ends before",)),
                           ("[[1,]]", ("`x[0, 1]`", "a value")),
                           ("[[1 2]]", ("`x[0, 1]`", "`,` or `]`")),
                           ("[[1]]]", ("`x`", "nothing behind")),
                           ("{}", ("`x` is no record",)),
                           ("[" * 100000, ("2 axes", "`x[0, 0]` is a list"))):
            self.refused("mv", f"x={text}", "w=[1]", says=says)
        for name, text, says in (("b", "[1, 2.5]", ("`b[1]` is an int", "`2.5`")),
                                 ("b", "[1, 1e30]", ("`b[1]`", "range")),
                                 ("t", "[true, 1]", ("`t[1]` is a bool", "`1`"))):
            self.refused("mixed", *self.mixed(**{name: text}), says=says)
        self.write("in.json", '{"x": [[1, "2"]], "w": [1, 1]}')
        self.refused("mv", "--input", "in.json", says=("`x[0, 1]`", '"2"'))

    def test_sizes_that_differ(self):
        self.refused("mv", "x=[[1,2]]", "w=[1,2,3]", status=1,
                     says=("`D` = 2 from `x`", "`D` = 3 from `w`"))
        for name, text, says in (("b", "[1, 2, 3]", ("`b` has length 3", "2 is wanted")),
                                 ("t", "[true]", ("`t` has length 1", "6 is wanted")),
                                 ("q", "[[1,2],[3,4]]", ("`q` has length 2 along axis 1", "3 is wanted")),
                                 ("q", "[[1,2,3]]", ("`q` has length 1 along axis 0", "2 is wanted"))):
            self.refused("mixed", *self.mixed(**{name: text}), status=1, says=says)

    def test_missing(self):
        self.refused("mv", "w=[1]", says=("`x`", "add `x=[VALUE, ...]`"))

    def test_files_of_numpy(self):
        good = struct.pack("<6d", *range(6))
        for data, says in ((npy("<f8", (2, 3), good, fortran=True), "Fortran order"),
                           (npy(">f8", (2, 3), good), "big-endian"),
                           (npy("<c16", (3,), good), "another type"),
                           (npy("<f8", (2, 3), good[:-1]), "ends before"),
                           (npy("<f8", (2, 3), good + b"x"), "goes on"),
                           (npy("<f8", (2, 10**17), good), "ends before"),
                           (npy("<f8", (2, 10**19), good), "header"),
                           (npy("<f8", (1,)*9, good), "more than 8 axes"),
                           (npy("<f8", "", good), "header"),
                           (npy("<f8", (6,), good), "has 1"),
                           (b"", "no file of NumPy"), (b"[[1]]" * 9, "no file of NumPy"),
                           (b"\x93NUMPY\x03\0" + bytes(8), "format"),
                           (b"\x93NUMPY\x01\0\xff\xff" + bytes(8), "header"),
                           (b"\x93NUMPY\x02\0\x01\0", "header")):
            self.write("x.npy", data)
            self.refused("mv", "x=@x.npy", "w=[1]", says=("`x`", "x.npy", says))
        self.write("x.npy", npy("<f8", (2,), struct.pack("<2d", 1, 2.5)))
        self.refused("mixed", *self.mixed(b="@x.npy"), says=("`b[1]` is an int", "`2.5`"))
        self.fails(3, "run", "f.ad", "mv", "x=@none.npy", "w=[1]", says="none.npy")

    def test_tables(self):
        for text, says in (("1,2\n\n3\n", ("ragged", "line 3", "line 1")),
                           ("1,2\n3,abc\n", ("`x[1, 1]`", "`abc`", "line 2")),
                           ("1,b\n3,4\n", ("`x[0, 1]`", "`b`", "line 1")),
                           ("1,\n", ("`x[0, 1]`", "``"))):
            self.write("x.csv", text)
            self.refused("mv", "x=@x.csv", "w=[1]", says=says)
        self.write("x.csv", "1,2\n3,4\n")
        self.refused("cubes", "x=@x.csv", says=("1 axis", "2 rows and 2 columns"))

    def test_expressions(self):
        for engine in ("interp", "c"):
            run = lambda *arguments: self.value("eval", *arguments, "--engine", engine)
            self.assertEqual(run("sum(i: x[i]^2)", "x=[1, 2, 3]", "--grad"),
                             {"function": "eval", "result": 14.0, "grad": {"x": [2.0, 4.0, 6.0]}})
            self.assertEqual(run("y = A @ x", "A=[[1, 2], [3, 4]]", "x=[1, 10]"),
                             {"function": "y", "result": [21.0, 43.0]})
            self.assertEqual(run("sum(x)", "x=[]", "--grad"),
                             {"function": "eval", "result": 0.0, "grad": {"x": []}})
        self.write("x.csv", "1,2\n3,4\n")
        self.write("x.npy", npy("<i8", (2,), struct.pack("<2q", 0, 1)))
        self.assertEqual(self.value("eval", "[m: sum(j: x[i[m], j])]", "x=@x.csv", "i=@x.npy")["result"],
                         [3.0, 7.0])

    def test_whole_numbers_of_expressions_are_ints_where_one_is_needed(self):
        found = self.value("eval", "n*sum(m: x[k[m]]) + sum(i in 0..n: x[i])", "x=[1, 2, 4]", "k=[2, 2]",
                           "n=2", "--grad")
        self.assertEqual(found, {"function": "eval", "result": 19.0, "grad": {"x": [1.0, 1.0, 4.0]}})
        found = self.value("eval", "sum(i: if b[i] then x[i] else 0)", "x=[1, 2]", "b=[true, false]", "--grad")
        self.assertEqual(found["grad"], {"x": [1.0, 0.0]})
        self.fails(1, "eval", "x[k]", "x=[1]", "k=0.5", says=("E21", "int(k)"))

    def test_expressions_that_do_not_fit(self):
        self.fails(1, "eval", "A @ x", "A=[[1, 2]]", "x=[1]", says=("E17", "`real[1, 2]`", "`real[1]`"))
        self.fails(1, "eval", "x[2]", "x=[1, 2]", says=("E15", "one past the end"))
        self.fails(2, "eval", "sum(x)", "x=[1, [2]]", says="`x[1]` is a list")
        self.fails(2, "eval", "sum(x)", "x=[1]", "y=[1]", says="`y` does not occur")
        self.fails(2, "eval", "sum(x) + y", "x=[1]", says="no value for `y`")

    def test_matrices(self):
        found = self.value("run", "f.ad", "cubes", "x=[1,2]", "--hessian", "--jacobian")
        self.assertEqual(found["hessian"], {"x": {"x": [[6.0, 0.0], [0.0, 12.0]]}})
        self.assertEqual(found["jacobian"], {"result": {"x": [3.0, 12.0]}})

    def test_jacobian_of_one_result(self):
        self.write("two.ad", "fn two(var x: real[N], var y: real) -> (r: real[N], h: real) = {\n"
                             "  let r[n] = x[n]^2*y\n  (r, sum(n: x[n]*y))\n}\n")
        given = ["run", "two.ad", "two", "x=[1,2]", "y=3", "--jacobian", "--wrt", "x"]
        rows = {"r": {"x": [[6.0, 0.0], [0.0, 12.0]]}, "h": {"x": [3.0, 3.0]}}
        self.assertEqual(self.value(*given)["jacobian"], rows)
        for name in rows:
            self.assertEqual(self.value(*given, "--of", name)["jacobian"], {name: rows[name]})
        self.fails(1, *given, "--of", "s", says=("E49", "`s`"))

    # -------------------------------------------------------------------- large

    def test_a_million(self):
        x = [k/7 for k in range(10**6)]
        self.write("x.npy", npy("<f8", (len(x),), struct.pack(f"<{len(x)}d", *x)))
        self.write("in.json", json.dumps({"x": x}))
        self.write("x.csv", "\n".join(map(repr, x)))
        wanted = [3*v*v for v in x]
        for given in (["x=@x.npy"], ["x=@x.csv"], ["--input", "in.json"]):
            found = self.value("run", "f.ad", "cubes", *given, "--grad")
            for a, b in zip(found["grad"]["x"], wanted):
                if abs(a - b) > 1e-15*b:
                    self.fail(f"{a} is not {b}")
            self.assertEqual(len(found["grad"]["x"]), len(x))


if __name__ == "__main__":
    harness.main()
