"""adc check: derivatives against differences, at given and at seeded points."""
import json
import math

import harness

# `wrong` takes one value from an arm whose derivative is another one; SC-04's effect without custom rules
PROGRAM = """
export fn square(var x: real) -> real = x*x
export fn two(var x: real, var y: real) -> (s: real, p: real) = (x + y, sin(x)*y)
export fn guarded(var x: real, n: int, flag: bool) -> real {
  require x > 0, "x positive"
  if flag then log(x)*n else sqrt(x)
}
export fn none(x: real) -> real = x
"""
WRONG = "export fn wrong(var x: real, var y: real) -> real = (if x == 2 then 4.0 else x*x)*y\n"

# a pinhole camera's reprojection residual, component by component
CAMERA = """
export fn residual(var w0: real, var w1: real, var w2: real, var p0: real, var p1: real,
                   var p2: real, var t0: real, var t1: real, var t2: real, var f: real) -> real {
  let th2 = w0*w0 + w1*w1 + w2*w2
  let th = sqrt(th2)
  let c = cos(th)
  let s = sin(th)/th
  let k = (1 - c)/th2
  let wx = w0*p0 + w1*p1 + w2*p2
  let X = p0*c + (w1*p2 - w2*p1)*s + w0*wx*k + t0
  let Y = p1*c + (w2*p0 - w0*p2)*s + w1*wx*k + t1
  let Z = p2*c + (w0*p1 - w1*p0)*s + w2*wx*k + t2
  let x = X/Z
  let y = Y/Z
  let r2 = x*x + y*y
  let dd = 1 + r2*(0.1 + 0.01*r2)
  let ex = f*dd*x - 0.3
  let ey = f*dd*y + 0.2
  ex*ex + ey*ey
}
"""
CAMERA_POINT = {"w0": 0.1, "w1": -0.2, "w2": 0.3, "p0": 0.5, "p1": 0.25, "p2": 2.0, "t0": 0.05,
                "t1": -0.1, "t2": 1.0, "f": 1.2}
# high-precision differences, of cases-open.json QS-07
CAMERA_GRADIENT = {"w0": -0.3912701140412554, "w1": -0.3748543580789504, "w2": 0.0885382572590633,
                   "p0": -0.14891838387439518, "p1": 0.2194136238331255, "p2": 0.021118289925616658,
                   "t0": -0.20963135511494987, "t1": 0.16371278135243386,
                   "t2": 0.004222052018673791, "f": -0.010809217885159768}


class CheckComparesDerivatives(harness.Case):
    def setUp(self):
        super().setUp()
        self.write("p.ad", PROGRAM)
        self.write("w.ad", WRONG)

    def check(self, status, *arguments):
        """(the JSON of the run, standard error); `status` is wanted."""
        done = self.adc("check", *arguments, "--json")
        self.assertEqual(done.returncode, status, f"{arguments}: {done.stdout}{done.stderr}")
        return json.loads(done.stdout), done.stderr

    def entry(self, expression, **inputs):
        """The only entry of a function of x at one point."""
        self.write("e.ad", f"export fn f(var x: real) -> real = {expression}\n")
        done = self.adc("check", "e.ad", *(f"{n}={v}" for n, v in inputs.items()), "--json")
        self.assertIn(done.returncode, (0, 1), done.stderr)
        (entry,) = json.loads(done.stdout)["functions"][0]["entries"]
        self.assertEqual(done.returncode, 1 if entry["verdict"] == "failed" else 0)
        return entry

    def test_every_result_by_every_variable(self):
        found, _ = self.check(0, "p.ad", "two", "x=0.5", "y=3")
        (function,) = found["functions"]
        entries = {(e["result"], e["variable"]): e for e in function["entries"]}
        wanted = {("s", "x"): 1.0, ("s", "y"): 1.0, ("p", "x"): 3*math.cos(0.5),
                  ("p", "y"): math.sin(0.5)}
        self.assertEqual(set(entries), set(wanted))
        for key, value in wanted.items():
            self.assertEqual(entries[key]["verdict"], "good")
            self.close(entries[key]["derivative"], value)
            self.close(entries[key]["forward"], value)
            self.close(entries[key]["difference"], value, 1e-9)
        self.assertEqual(found["good"], 4)

    def test_table(self):
        table = self.good("check", "p.ad", "two", "x=0.5", "y=3")
        head, *rows = table.splitlines()
        self.assertEqual(head.split(), ["function", "result", "variable", "point", "derivative",
                                        "difference", "error", "verdict"])
        self.assertEqual([row.split()[:3] for row in rows[:4]],
                         [["two", "s", "x"], ["two", "s", "y"], ["two", "p", "x"], ["two", "p", "y"]])
        self.assertEqual(rows[4:], ["4 good, 0 kink, 0 unsure, 0 failed"])

    def test_right_program_passes(self):
        self.write("camera.ad", CAMERA)
        point = [f"{name}={value}" for name, value in CAMERA_POINT.items()]
        found, _ = self.check(0, "camera.ad", *point)
        self.assertEqual(found["good"], 10)
        for entry in found["functions"][0]["entries"]:
            self.close(entry["derivative"], CAMERA_GRADIENT[entry["variable"]], 1e-13)
            self.close(entry["difference"], CAMERA_GRADIENT[entry["variable"]], 1e-9)

    def test_wrong_derivative_fails_and_is_named(self):
        found, messages = self.check(1, "w.ad", "x=2", "y=3")
        verdicts = {e["variable"]: e["verdict"] for e in found["functions"][0]["entries"]}
        self.assertEqual(verdicts, {"x": "failed", "y": "good"})
        for text in ("w.ad:1:11: error:", "`x`", "x = 2.0, y = 3.0", "is 0.0", "differences give 12.0"):
            self.assertIn(text, messages)
        self.assertEqual(messages.count("error:"), 1)

    def test_messages_as_json_beside_the_table(self):
        done = self.adc("check", "w.ad", "x=2", "y=3", "--diagnostics=json")
        self.assertEqual(done.returncode, 1)
        self.assertIn("FAILED", done.stdout)
        (message,) = json.loads(done.stderr)
        self.assertEqual((message["line"], message["column"]), (1, 11))

    def test_every_exported_function_without_a_name(self):
        found, _ = self.check(0, "p.ad")
        self.assertEqual([f["function"] for f in found["functions"]], ["square", "two", "guarded"])
        self.assertEqual([len(f["points"]) for f in found["functions"]], [10, 10, 10])
        self.assertEqual(found["good"], 10 + 40 + 10)
        self.assertIn("none: nothing to differentiate\n", self.good("check", "p.ad"))

    def test_points_that_fail_a_require_are_counted(self):
        found, _ = self.check(0, "p.ad", "guarded", "--points", "20", "--seed", "3")
        (function,) = found["functions"]
        self.assertEqual(len(function["points"]), 20)
        self.assertGreater(function["failed_require"], 0)
        self.assertTrue(all(point["x"] > 0 for point in function["points"]))
        self.assertIn("failed a `require`", self.good("check", "p.ad", "guarded", "--seed", "3"))

    def test_points_can_be_given_back(self):
        self.write("r.ad", """type Camera = (turn: real[3], f: real)
type Option = (strike: real, call: bool)
export fn f(var cams: Camera[C], var o: Option[N], var p: (real, real[2]), x: real[C]) -> real {
  let (a, b) = p
  sum(c: cams[c].f*x[c]*sum(cams[c].turn)) + sum(n: if o[n].call then o[n].strike else 0) + a*sum(b)
}
""")
        found, _ = self.check(0, "r.ad", "--points", "3")
        (function,) = found["functions"]
        self.assertLessEqual({"cams[0].turn[2]", "cams[0].f", "o[0].strike", "p.0", "p.1[1]"},
                             {e["variable"] for e in function["entries"]})
        for number, point in enumerate(function["points"], 1):
            self.write("point.json", json.dumps(point))
            again, _ = self.check(0, "r.ad", "--input", "point.json")
            self.assertEqual([(e["variable"], e["derivative"]) for e in again["functions"][0]["entries"]],
                             [(e["variable"], e["derivative"]) for e in function["entries"] if e["point"] == number])

    def test_sizes_grow_until_a_require_holds(self):
        self.write("e.ad", """export fn f(var x: real[N], data k: int[M]) -> real {
  require N >= 6 and M >= 6, "many"
  sum(m: x[k[m]])
}
""")
        found, _ = self.check(0, "e.ad")
        self.assertEqual(len(found["functions"][0]["points"]), 10)

    def test_seeded_points(self):
        first, _ = self.check(0, "p.ad", "guarded", "--seed", "7", "--points", "60")
        self.assertEqual(first, self.check(0, "p.ad", "guarded", "--seed", "7", "--points", "60")[0])
        points = first["functions"][0]["points"]
        self.assertNotEqual(points, self.check(0, "p.ad", "guarded", "--seed", "8",
                                               "--points", "60")[0]["functions"][0]["points"])
        self.assertEqual({point["flag"] for point in points}, {True, False})
        self.assertLessEqual({point["n"] for point in points}, {1, 2, 3, 4, 5})
        sizes = [point["x"] for point in points]
        self.assertTrue(min(sizes) < 0.1 and max(sizes) > 10, sizes)

    def test_given_inputs_stay_among_seeded_points(self):
        found, _ = self.check(0, "p.ad", "guarded", "n=4", "flag=true", "--points", "5")
        points = found["functions"][0]["points"]
        self.assertEqual({(p["n"], p["flag"]) for p in points}, {(4, True)})
        self.assertEqual(len({p["x"] for p in points}), 5)

    def test_tiny_and_huge_inputs(self):
        for x in (1e-200, 1e200, 1e-5, 3e8):
            for expression, derivative in (("log(x)", 1/x), ("sqrt(x)", 0.5/math.sqrt(x)),
                                           ("3*x", 3.0), ("1e-200*x", 1e-200)):
                entry = self.entry(expression, x=x)
                self.assertEqual(entry["verdict"], "good", (expression, x, entry))
                self.assertLessEqual(abs(entry["difference"] - derivative), 1e-8*derivative)
        self.assertEqual(self.entry("1 + x", x=1e-200)["difference"], 1.0)
        self.assertEqual(self.entry("x*x", x=1e-200)["verdict"], "good")
        found = self.value("check", self.write("xy.ad", "export fn f(var x: real, var y: real) -> "
                                               "real = x*y\n"), "x=1e-200", "y=1e200")
        self.assertEqual(found["good"], 2)

    def test_zero_is_stepped_from_absolutely(self):
        for expression in ("x", "sin(x)", "exp(x)", "1e-6*x", "tanh(1e6*x)", "1/(1 + x)"):
            self.assertEqual(self.entry(expression, x=0)["verdict"], "good", expression)

    def test_kinks_are_shown_and_no_failures(self):
        for expression, x in (("abs(x)", 0), ("max(x, 1)", 1), ("floor(x)", 2), ("floor(x)", 0),
                              ("if x > 3 then 2*x else x + 3", 3), ("min(x*x, x)", 1)):
            self.assertEqual(self.entry(expression, x=x)["verdict"], "kink", expression)
        self.write("e.ad", "export fn f(var x: real) -> real = abs(x)\n")
        self.assertRegex(self.good("check", "e.ad", "x=0"), r"kink\npoint 1 of f: x = 0.0\n")

    def test_beside_a_kink_is_smooth(self):
        for expression, x in (("abs(x)", 1e-200), ("abs(x)", -1e-9), ("floor(x)", 90.95),
                              ("max(x, 1)", 1.000001)):
            self.assertEqual(self.entry(expression, x=x)["verdict"], "good", expression)

    def test_differences_that_cannot_tell(self):
        for expression, x in (("sin(x)", 1e200), ("sqrt(x)", 0), ("(1e10 + x) - 1e10", 1),
                              ("log(1 - exp(x))", -100), ("exp(x)", 1e8)):
            self.assertEqual(self.entry(expression, x=x)["verdict"], "unsure", expression)

    def test_modes_that_differ_by_what_one_minus_one_leaves(self):
        # saturated: p - 1 = -1e-300 in reverse mode, 0 in forward mode, and no difference sees either
        self.write("e.ad", """export fn f(var w: real[N], var v: real[N]) -> real = {
  let z = (w - mean(w))/sqrt(var_of(w) + 1e-5)
  logsumexp(z*v*1000) - 1000*max(z*v)
}
""")
        found, _ = self.check(0, "e.ad")
        self.assertEqual(found["failed"], 0)
        self.assertTrue(any(e["derivative"] != e["forward"] for e in found["functions"][0]["entries"]))

    def test_stop_gradient_is_no_failure(self):
        self.assertEqual(self.entry("x*stop_gradient(x)", x=3)["verdict"], "unsure")

    def test_derivative_that_is_not_finite(self):
        # sqrt(x^4) is x^2: its differences at 0 are fine, sqrt'(0)*0 is not
        self.write("e.ad", "export fn f(var x: real) -> real = sqrt(x*x*x*x)\n")
        run = self.value("run", "e.ad", "x=0", "--derive", "jvp,grad", "x_dot=1")
        finite = all(isinstance(v, float) for v in (run["grad"]["x"], run["jvp"]["result_dot"]))
        self.assertEqual(self.entry("sqrt(x*x*x*x)", x=0)["verdict"], "good" if finite else "failed")

    def test_tolerance(self):
        # 1e-5 too large at x = 1, between the default tolerance and a looser one
        self.write("e.ad", "export fn f(var x: real) -> real = if x == 1 then 1.00001*x - 0.00001 else x\n")
        self.assertEqual(self.adc("check", "e.ad", "x=1").returncode, 1)
        self.good("check", "e.ad", "x=1", "--tol", "1e-4")

    def test_single_precision(self):
        found = self.value("check", "p.ad", "--real", "f32", "--points", "30")
        self.assertEqual(found["failed"], 0, found)
        self.assertGreater(found["good"], 100)
        self.assertEqual(self.adc("check", "w.ad", "x=2", "y=3", "--real", "f32").returncode, 1)

    def test_wrt_and_of(self):
        found = self.value("check", "p.ad", "none", "--wrt", "x")
        self.assertEqual(found["good"], 10)
        found = self.value("check", "p.ad", "two", "--wrt", "y", "--of", "p")
        self.assertEqual({(e["result"], e["variable"]) for e in found["functions"][0]["entries"]},
                         {("p", "y")})

    # -------------------------------------------------------------------- arrays

    ARRAYS = """
export fn f(var x: real[N], var A: real[N, D], data k: int[M]) -> real =
  sum(m: x[k[m]]^2) + sum(n, d: A[n, d]*x[n])
export fn g(var x: real[N], y: real) -> (p: real[N], s: real) = ([n: sin(x[n])*y], sum(x))
export fn wrong(var x: real[N]) -> real = sum(n: if x[n] == 2 then 4.0 else x[n]^2)
"""

    def test_every_element_at_a_given_point(self):
        self.write("a.ad", self.ARRAYS)
        found, _ = self.check(0, "a.ad", "f", "x=[3, 5]", "A=[[1], [7]]", "k=[1, 1, 0]")
        entries = {e["variable"]: e for e in found["functions"][0]["entries"]}
        wanted = {"x[0]": 7.0, "x[1]": 27.0, "A[0, 0]": 3.0, "A[1, 0]": 5.0}
        self.assertEqual({name: e["derivative"] for name, e in entries.items()}, wanted)
        for name, value in wanted.items():
            self.close(entries[name]["difference"], value, 1e-9)
            self.assertEqual(entries[name]["verdict"], "good")
        rows = self.good("check", "a.ad", "f", "x=[3, 5]", "A=[[1], [7]]", "k=[1, 1, 0]").splitlines()
        self.assertEqual(len(rows), 1 + 4 + 1)

    def test_elements_of_results(self):
        self.write("a.ad", self.ARRAYS)
        found, _ = self.check(0, "a.ad", "g", "x=[0.5, 1.5]", "y=2")
        entries = {(e["result"], e["variable"]): e["derivative"] for e in found["functions"][0]["entries"]}
        self.assertEqual(set(entries), {(r, x) for r in ("p[0]", "p[1]", "s") for x in ("x[0]", "x[1]")})
        self.close(entries["p[1]", "x[1]"], 2*math.cos(1.5))
        self.assertEqual((entries["p[0]", "x[1]"], entries["s", "x[0]"]), (0.0, 1.0))

    def test_one_row_for_an_array_at_seeded_points(self):
        self.write("a.ad", self.ARRAYS)
        found, _ = self.check(0, "a.ad", "f")
        points = found["functions"][0]["points"]
        self.assertEqual(len(points), 10)
        for p in points:
            self.assertEqual((len(p["x"]), len(p["A"]), len(p["k"])), (p["N"], p["N"], p["M"]))
            self.assertTrue(all(0 <= k < p["N"] for k in p["k"]))
        self.assertGreater(len({(p["N"], p["D"], p["M"]) for p in points}), 3)
        rows = self.good("check", "a.ad", "f").splitlines()
        self.assertEqual([row.split("[")[0].split()[2] for row in rows[1:3]], ["x", "A"])
        self.assertIn("good, 0 kink, 0 unsure, 0 failed", rows[-1])

    def test_given_arrays_stay_and_set_their_sizes(self):
        self.write("a.ad", self.ARRAYS)
        found, _ = self.check(0, "a.ad", "f", "x=[3, 5, 6]", "--points", "4")
        for p in found["functions"][0]["points"]:
            self.assertEqual((p["x"], p["N"], len(p["A"])), ([3.0, 5.0, 6.0], 3, 3))

    def test_wrong_element_is_named(self):
        self.write("a.ad", self.ARRAYS)
        found, messages = self.check(1, "a.ad", "wrong", "x=[1, 2, 3]")
        self.assertEqual([e["verdict"] for e in found["functions"][0]["entries"]],
                         ["good", "failed", "good"])
        for text in ("`x[1]`", "x = [1.0, 2.0, 3.0]", "is 0.0", "differences give 4.0"):
            self.assertIn(text, messages)

    def test_some_elements_of_large_arrays(self):
        self.write("a.ad", self.ARRAYS)
        self.write("x.json", json.dumps([1 + i/7 for i in range(1000)]))
        table = self.good("check", "a.ad", "wrong", "x=@x.json")
        self.assertIn("wrong: 16 of 1000 elements of `x` compared at a point\n", table)
        self.assertIn("16 good", table)

    def test_kink_in_an_array(self):
        self.write("a.ad", "export fn f(var x: real[N]) -> real = max(i: x[i])\n")
        found, _ = self.check(0, "a.ad", "x=[1, 3, 3]")
        self.assertEqual([e["verdict"] for e in found["functions"][0]["entries"]], ["good", "kink", "kink"])

    def test_nothing_to_compare_in_an_empty_array(self):
        self.write("a.ad", self.ARRAYS)
        self.assertIn("0 good, 0 kink", self.good("check", "a.ad", "wrong", "x=[]"))
        self.fails(1, "check", "a.ad", "f", "x=[1]", "A=[[1], [2]]", "k=[]", says=("`N` = 1", "`N` = 2"))

    def test_bad_arguments(self):
        for arguments, says in ((("p.ad", "square", "y=3"), "`y`"),
                                (("p.ad", "two", "x=1"), "no value for parameter `y`"),
                                (("p.ad", "x=1"), "several functions"),
                                (("p.ad", "none"), "no `var`"),
                                (("p.ad", "square", "x=a"), "`a`"),
                                (("p.ad", "--points", "0"), "--points"),
                                (("p.ad", "--points", "1.5"), "--points"),
                                (("p.ad", "--seed", "x"), "--seed"),
                                (("p.ad", "--tol", "0"), "--tol"),
                                (("p.ad", "--tol", "nan"), "--tol"),
                                ((), "needs a file")):
            self.fails(2, "check", *arguments, says=says)
        self.fails(1, "check", "p.ad", "sqare", says="`square`")
        self.fails(1, "check", "p.ad", "guarded", "x=-1", "n=1", "flag=true", says="x positive")

    def test_no_point_is_a_failure(self):
        self.write("e.ad", "export fn f(var x: real) -> real {\n  require x > 1e100\n  x\n}\n")
        done = self.adc("check", "e.ad")
        self.assertEqual(done.returncode, 1)
        self.assertIn("no point was found", done.stderr)
        self.assertIn("500 failed a `require`", done.stderr)


if __name__ == "__main__":
    harness.main()
