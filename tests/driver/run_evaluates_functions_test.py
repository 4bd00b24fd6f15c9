"""adc run: functions, kinds of parameters, products, engines, inputs from files."""
import math
import os
import signal
import subprocess
import time

import harness

PROGRAM = """
export fn two(var x: real, var y: real) -> (sum: real, product: real) = (x + y, x*y)
export fn one(var x: real, data d: real, n: int, flag: bool = true) -> real =
  if flag then x*d*n else -x
fn count(n: int) -> int = n*n
fn big(n: int) -> bool = n > 10
fn plain(x: real, y: real) -> real = x^2*y
fn guarded(var x: real) -> real {
  require x > 0, "x must be positive"
  log(x)
}
fn edge(x: real) -> real = 1/x
"""


class RunEvaluatesFunctions(harness.Case):
    def setUp(self):
        super().setUp()
        self.write("seed.ad", harness.SEED)
        self.write("one.ad", harness.ONE)
        self.write("p.ad", PROGRAM)

    def test_seed_by_both_engines(self):
        for engine in ("interp", "c"):
            self.assertEqual(
                self.value("run", "seed.ad", "z", "x=2", "y=3", "--grad", "--engine", engine),
                {"function": "z", "result": 57.0, "grad": {"x": 16.0, "y": 10.0}})

    def test_the_shared_example(self):
        path = os.path.join(os.path.dirname(__file__), "../../../shared/design/examples/01_seed.ad")
        if not os.path.exists(path):
            self.skipTest("the design documents are not there")
        found = self.value("run", os.path.abspath(path), "z", "x=2", "y=3", "--grad")
        self.assertEqual(found["result"], 57.0)
        self.assertEqual(found["grad"], {"x": 16.0, "y": 10.0})

    def test_function_left_out_where_one_is_exported(self):
        self.assertEqual(self.value("run", "one.ad", "x=2", "y=3"), {"function": "f", "result": 12.0})

    def test_function_left_out_where_several_are_exported(self):
        self.fails(2, "run", "seed.ad", "x=2", "y=3", says=("several", "z, kinds"))

    def test_const_parameter_by_name_option_or_default(self):
        # (2*3 + 5)*5 + 2^k
        for given, wanted in ((("k=4",), 71.0), (("--const", "k=2"), 59.0), ((), 63.0)):
            found = self.value("run", "seed.ad", "kinds", "x=2", "p=3", *given)
            self.assertEqual(found["result"], wanted, given)

    def test_functions_that_are_not_exported_run(self):
        for engine in ("interp", "c"):
            found = self.value("run", "seed.ad", "helper", "x=2.5", "n=4", "flag=true", "--grad",
                               "--engine", engine)
            self.assertEqual(found, {"function": "helper", "result": 10.0, "grad": {"x": 4.0}})

    def test_const_given_twice(self):
        self.write("c.ad", "export fn f(var x: real, const k: int) -> real = x^k\n")
        self.write("c.json", '{"x": 3, "k": 4}')
        self.fails(2, "run", "c.ad", "f", "x=3", "--const", "k=2", "k=3", says="`k` is given twice")
        # the command line goes before the file
        found = self.value("run", "c.ad", "f", "--const", "k=2", "--input", "c.json")
        self.assertEqual(found["result"], 9.0)
        self.assertEqual(self.value("run", "c.ad", "f", "--input", "c.json")["result"], 81.0)

    def test_named_results_are_an_object(self):
        for engine in ("interp", "c"):
            found = self.value("run", "p.ad", "two", "x=2", "y=3", "--engine", engine)
            self.assertEqual(found["result"], {"sum": 5.0, "product": 6.0})

    def test_gradient_of_one_result(self):
        found = self.value("run", "p.ad", "two", "x=2", "y=3", "--grad", "--of", "product")
        self.assertEqual(found["grad"], {"x": 3.0, "y": 2.0})

    def test_several_results_need_of(self):
        self.fails(2, "run", "p.ad", "two", "x=2", "y=3", "--grad", says=("--of", "sum, product"))
        self.fails(2, "run", "p.ad", "two", "x=2", "y=3", "--grad", "--of", "prodct",
                   says=("prodct", "`product`"))

    def test_default_is_used_and_can_be_given(self):
        self.assertEqual(self.value("run", "p.ad", "one", "x=2", "d=3", "n=4")["result"], 24.0)
        found = self.value("run", "p.ad", "one", "x=2", "d=3", "n=4", "flag=false", "--grad")
        self.assertEqual((found["result"], found["grad"]), (-2.0, {"x": -1.0}))

    def test_ints_and_bools(self):
        for engine in ("interp", "c"):
            self.assertEqual(self.value("run", "p.ad", "count", "n=-7", "--engine", engine),
                             {"function": "count", "result": 49})
            self.assertEqual(self.value("run", "p.ad", "big", "n=11", "--engine", engine),
                             {"function": "big", "result": True})

    def test_whole_numbers_for_ints(self):
        for text in ("3", "3.0", "3e0", "+3", "0.3e1"):
            self.assertEqual(self.value("run", "p.ad", "count", f"n={text}")["result"], 9)

    def test_without_var_wrt_is_needed(self):
        self.fails(2, "run", "p.ad", "plain", "x=2", "y=3", "--grad", says=("plain", "--wrt"))
        found = self.value("run", "p.ad", "plain", "x=2", "y=3", "--grad", "--wrt", "y")
        self.assertEqual(found["grad"], {"y": 4.0})
        found = self.value("run", "p.ad", "plain", "x=2", "y=3", "--hessian", "--wrt", "x,y")
        self.assertEqual(found["hessian"], {"x": {"x": 6.0, "y": 4.0}, "y": {"x": 4.0, "y": 0.0}})

    def test_wrt_names_are_checked(self):
        self.fails(2, "run", "p.ad", "plain", "x=2", "y=3", "--grad", "--wrt", "z", says="`z`")
        self.fails(2, "run", "p.ad", "one", "x=2", "d=3", "n=1", "--grad", "--wrt", "d", says="data")
        self.fails(2, "run", "p.ad", "one", "x=2", "d=3", "n=1", "--grad", "--wrt", "n", says="`n`")

    def test_products_with_further_inputs(self):
        # f = x^2 y at (3, 5): gradient (30, 9), Hessian ((10, 6), (6, 0))
        at = ("run", "one.ad", "f", "x=3", "y=5")
        for engine in ("interp", "c"):
            by = ("--engine", engine)
            self.assertEqual(self.value(*at, "--derive", "jvp", "x_dot=2", "y_dot=-1", *by),
                             {"function": "f", "result": 45.0, "jvp": {"result_dot": 51.0}})
            self.assertEqual(self.value(*at, "--derive", "vjp", "result_bar=2", *by)["vjp"],
                             {"x_bar": 60.0, "y_bar": 18.0})
            self.assertEqual(self.value(*at, "--derive", "hvp", "x_dot=2", "y_dot=-1", *by)["hvp"],
                             {"x_hvp": 14.0, "y_hvp": 12.0})
            self.assertEqual(self.value(*at, "--derive", "value,grad,hessian", *by),
                             {"function": "f", "result": 45.0, "grad": {"x": 30.0, "y": 9.0},
                              "hessian": {"x": {"x": 10.0, "y": 6.0}, "y": {"x": 6.0, "y": 0.0}}})

    def test_seed_of_product_is_needed(self):
        self.fails(2, "run", "one.ad", "x=3", "y=5", "--derive", "jvp", "x_dot=1", says="`y_dot`")
        self.fails(2, "run", "one.ad", "x=3", "y=5", "--derive", "vjp", says="`result_bar`")

    def test_failed_require(self):
        for engine in ("interp", "c"):
            self.fails(1, "run", "p.ad", "guarded", "x=-1", "--engine", engine,
                       says=("x must be positive", "p.ad:9:"))
        self.close(self.value("run", "p.ad", "guarded", "x=2")["result"], math.log(2))

    def test_infinite_results_are_strings(self):
        for engine in ("interp", "c"):
            found = self.value("run", "p.ad", "edge", "x=-0.0", "--engine", engine)
            self.assertEqual(found["result"], "-inf")

    def test_inputs_from_files(self):
        self.write("in.json", '{"x": 2, "y": 7.5}')
        self.write("y.json", "3\n")
        self.write("nan.json", '"nan"')
        self.assertEqual(self.value("run", "one.ad", "--input", "in.json")["result"], 30.0)
        self.assertEqual(self.value("run", "one.ad", "--input", "in.json", "y=1")["result"], 4.0)
        self.assertEqual(self.value("run", "one.ad", "x=2", "y=@y.json")["result"], 12.0)
        self.assertEqual(self.value("run", "one.ad", "x=2", "y=@nan.json")["result"], "nan")
        found = self.value("run", "one.ad", "--input", "-", stdin='{"x": 1, "y": 2}')
        self.assertEqual(found["result"], 2.0)

    def test_large_ints_are_exact(self):
        self.write("in.json", '{"n": 9007199254740993}')
        text = "export fn f(n: int) -> int = n + 1\n"
        self.write("int.ad", text)
        for engine in ("interp", "c"):
            self.assertEqual(self.value("run", "int.ad", "--input", "in.json", "--engine", engine)
                             ["result"], 9007199254740994)

    def test_program_from_standard_input(self):
        self.assertEqual(self.value("run", "-", "x=2", "y=3", stdin=harness.ONE)["result"], 12.0)

    def test_repeat_reports_seconds(self):
        for engine in ("interp", "c"):
            found = self.value("run", "one.ad", "x=2", "y=3", "--repeat", "10", "--engine", engine)
            self.assertGreaterEqual(found["seconds"], 0.0)

    def test_table(self):
        self.assertEqual(self.good("run", "p.ad", "two", "x=2", "y=3", "--hessian", "--of",
                                   "product"),
                         "function        two\nresult sum      5.0\nresult product  6.0\n"
                         "hessian x x     0.0\nhessian x y     1.0\n"
                         "hessian y x     1.0\nhessian y y     0.0\n")


class EngineC(harness.Case):
    def setUp(self):
        super().setUp()
        self.write("one.ad", harness.ONE)

    def test_missing_compiler(self):
        self.fails(3, "run", "one.ad", "x=1", "y=2", "--engine", "c",
                   environment={"CC": "no-such-compiler"}, says="no-such-compiler")

    def test_failing_compiler_shows_its_output(self):
        script = self.write("bad-cc", "#!/bin/sh\necho this compiler is tired\nexit 1\n")
        os.chmod(script, 0o755)
        self.fails(3, "run", "one.ad", "x=1", "y=2", "--engine", "c", environment={"CC": script},
                   says="this compiler is tired")

    def test_compiler_with_arguments(self):
        found = self.value("run", "one.ad", "x=1", "y=2", "--engine", "c",
                           environment={"CC": "cc -O0  -g"})
        self.assertEqual(found["result"], 2.0)

    def test_temporary_folder_is_removed(self):
        os.mkdir(os.path.join(self.folder, "tmp"))
        scratch = {"TMPDIR": os.path.join(self.folder, "tmp")}
        self.good("run", "one.ad", "x=1", "y=2", "--engine", "c", environment=scratch)
        self.fails(3, "run", "one.ad", "x=1", "y=2", "--engine", "c",
                   environment=dict(scratch, CC="false"))
        self.assertEqual(os.listdir(scratch["TMPDIR"]), [])

    def test_interrupted_compiler_leaves_nothing(self):
        tmp = os.path.join(self.folder, "tmp")
        os.mkdir(tmp)
        script = self.write("slow-cc", "#!/bin/sh\ntouch started\nexec sleep 60\n")
        os.chmod(script, 0o755)
        process = subprocess.Popen([harness.binary, "run", "one.ad", "x=1", "y=2", "--engine", "c"],
                                   cwd=self.folder, env=dict(os.environ, CC=script, TMPDIR=tmp))
        while not os.path.exists(os.path.join(self.folder, "started")):
            self.assertIsNone(process.poll())
            time.sleep(0.01)
        process.terminate()
        self.assertEqual(process.wait(timeout=30), -signal.SIGTERM)
        self.assertEqual(os.listdir(tmp), [])

    def test_names_that_c_reserves(self):
        self.write("r.ad", "export fn exp(var double: real, int64_t: real) -> real = "
                           "double*int64_t + double\n")
        self.assertEqual(self.value("run", "r.ad", "double=2", "int64_t=3", "--grad", "--engine", "c"),
                         {"function": "exp", "result": 8.0, "grad": {"double": 4.0}})

    def test_more_parameters_than_a_c_function_takes(self):
        names = [f"x{i}" for i in range(300)]
        self.write("many.ad", "export fn f(" + ", ".join(f"var {n}: real" for n in names) +
                   ") -> real =\n  " + " +\n  ".join(names) + "\n")
        found = self.value("run", "many.ad", *[f"{n}={i}" for i, n in enumerate(names)], "--grad",
                           "--engine", "c")
        self.assertEqual(found["result"], sum(range(300)))
        self.assertEqual(found["grad"], {n: 1.0 for n in names})


if __name__ == "__main__":
    harness.main()
