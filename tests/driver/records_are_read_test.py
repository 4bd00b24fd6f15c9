"""Records in and out: objects and lists, parts of records, sizes from fields, their layout in C; every way to get
them wrong."""
import json
import os
import shutil
import struct
import subprocess
import harness

PROGRAM = """
type Camera = (rot: real[3], pos: real[3], f: real)
type Layer<H, I> = (W: real[H, I], b: real[H])
type Option = (strike: real, call: bool, leg: (a: real, b: real[2]))

export fn packed(var cams: Camera[C], var m: Layer<H, I>, x: real[I]) -> real =
  sum(c, k: cams[c].rot[k]*cams[c].pos[k])*sum(c: cams[c].f) + sum(m.W @ x + m.b)

export fn parts(var opts: Option[N], s: real) -> (v: real, same: Option[N], pair: (int, real[2])) =
  (sum(n: if opts[n].call then s - opts[n].strike else opts[n].leg.b[1]), opts, (N, [s, 2*s]))

export fn small(var x: real, n: (i: int, j: int), q: (u: real, w: real)) -> real = x*n.i*n.j + q.u
"""
CAMS = '[{"rot": [1, 2, 3], "pos": [1, 1, 1], "f": 2}, {"f": 1, "rot": [0, 1, 0], "pos": [2, 2, 2]}]'
LAYER = '{"b": [1, 1, 1], "W": [[1, 2], [3, 4], [5, 6]]}'
OPTS = ('[{"strike": 2, "call": true, "leg": {"a": 1, "b": [2, 3]}},'
        ' {"strike": 5, "call": false, "leg": [7, [2, 3]]}]')


class RecordsAreRead(harness.Case):
    def setUp(self):
        super().setUp()
        self.write("f.ad", PROGRAM)

    def packed(self, cams=CAMS, m=LAYER, x="[1, 2]", *options):
        return ("run", "f.ad", "packed", f"cams={cams}", f"m={m}", f"x={x}", *options)

    def refused(self, cams=CAMS, m=LAYER, x="[1, 2]", says=(), status=2):
        self.fails(status, *self.packed(cams, m, x), says=says)

    def test_objects_and_lists_are_the_same(self):
        gradient = {"cams": [{"rot": [3, 3, 3], "pos": [3, 6, 9], "f": 8},
                             {"rot": [6, 6, 6], "pos": [0, 3, 0], "f": 8}],
                    "m": {"W": [[1, 2]]*3, "b": [1, 1, 1]}}
        lists = "[[[1, 2, 3], [1, 1, 1], 2], [[0, 1, 0], [2, 2, 2], 1]]"
        for cams in (CAMS, lists):
            for m in (LAYER, "[[[1, 2], [3, 4], [5, 6]], [1, 1, 1]]"):
                for engine in ("interp", "c"):
                    out = self.value(*self.packed(cams, m), "--grad", "--engine", engine)
                    self.assertEqual(out, {"function": "packed", "result": 60, "grad": gradient})
        self.write("in.json", f'{{"cams": {CAMS}, "m": {LAYER}, "x": [1, 2]}}')
        self.write("cams.json", CAMS)
        for given in (("--input", "in.json"), ("cams=@cams.json", "--input", "in.json")):
            self.assertEqual(self.value("run", "f.ad", "packed", *given)["result"], 60)

    def test_text_form_keeps_order(self):
        out = self.good(*self.packed(), "--grad")
        self.assertIn("grad m W", out)
        self.assertIn('{"rot": [3.0, 3.0, 3.0], "pos": [3.0, 6.0, 9.0], "f": 8.0}', out)

    def test_numbers_that_json_lacks(self):
        cams = '[{"rot": [inf, 0, 0], "pos": ["inf", 0, 0], "f": 1}]'
        self.assertEqual(self.value(*self.packed(cams))["result"], "inf")

    def test_files_of_numpy_hold_memory(self):
        header = "{'descr': '<f8', 'fortran_order': False, 'shape': (2, 7), }\n".encode()
        data = struct.pack("<14d", 1, 2, 3, 1, 1, 1, 2, 0, 1, 0, 2, 2, 2, 1)
        self.write("c.npy", b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + data)
        self.assertEqual(self.value(*self.packed("@c.npy"))["result"], 60)

    def test_parts_are_distributed_and_put_together(self):
        whole = [{"strike": 2, "call": True, "leg": {"a": 1, "b": [2, 3]}},
                 {"strike": 5, "call": False, "leg": {"a": 7, "b": [2, 3]}}]
        split = ("opts_strike=[2, 5]", "opts_call=[true, false]", 'opts_leg=[[1, [2, 3]], [7, [2, 3]]]')
        bars = ("v_bar=1", "same_bar=[[1, false, [0, [0, 0]]], [0, false, [0, [0, 4]]]]", "pair_1_bar=[0, 0]")
        for opts in ((f"opts={OPTS}",), split):
            for engine in ("interp", "c"):
                out = self.value("run", "f.ad", "parts", *opts, "s=3", "--derive", "vjp", *bars, "--engine", engine)
                self.assertEqual(out["result"], {"v": 4, "same": whole, "pair": [2, [3, 6]]})
                self.assertEqual(out["vjp"]["opts_bar"], [{"strike": 0, "leg": {"a": 0, "b": [0, 0]}},
                                                          {"strike": 0, "leg": {"a": 0, "b": [0, 5]}}])
        out = self.value("run", "f.ad", "parts", f"opts={OPTS}", "s=3", "--grad", "--of", "v", "--wrt", "opts")
        self.assertEqual(out["grad"]["opts"][0], {"strike": -1, "leg": {"a": 0, "b": [0, 0]}})
        out = self.value("run", "f.ad", "parts", f"opts={OPTS}", "s=3", "--grad", "--of", "v", "--wrt", "opts_strike")
        self.assertEqual(out["grad"], {"opts": [{"strike": -1}, {"strike": 0}]})

    def test_ints_and_unknown_names(self):
        self.assertEqual(self.value("run", "f.ad", "small", "x=2", "n=[3, 4]", "q=[1, 2]")["result"], 25)
        self.fails(2, "run", "f.ad", "small", "x=2", "n=[3, 4.5]", "q=[1, 2]", says="`n.j` is an int, but `4.5`")
        self.fails(2, "run", "f.ad", "small", "x=2", "n=[3, 1e30]", "q=[1, 2]", says=("`n.j`", "range"))
        self.fails(2, "run", "f.ad", "small", "x={}", "n=[3, 4]", "q=[1, 2]", says="`x` is no record")
        self.fails(2, "run", "f.ad", "small", "x=1", "q=[1, 2]", says=("`n` of `small`", "add `n={...}`"))
        self.fails(2, "run", "f.ad", "parts", "s=1", says=("`opts` of `parts`", "add `opts=[VALUE, ...]`"))
        self.fails(2, "run", "f.ad", "parts", "opt=[]", "s=1", says="no parameter `opt`")

    def test_what_is_no_record(self):
        one = '[{"rot": [1, 2, 3], "pos": [1, 1, 1], %s}]'
        for text, says in ((one % '"g": 2', ("`cams[0]` has no field `g`",)),
                           (one % '"post": 2', ("no field `post`", "`pos`")),
                           (one % '"f": 1, "f": 2', ("the field `f` twice",)),
                           ('[{"rot": [1, 2, 3], "f": 1}]', ("`cams[0]` has no value for its field `pos`",)),
                           (one % '"f": [1]', ("`cams[0].f`: expected a real",)),
                           (one % '"f": true', ("`cams[0].f` is a real", "`true`")),
                           (one % '"f": 1e999', ("`cams[0].f`", "range")),
                           (one % 'f: 1', ("`cams[0]`: expected the name of a field",)),
                           (one % '"f" 1', ("`cams[0]`: expected `:`",)),
                           (one % '"f": ', ("`cams[0].f`: expected a real",)),
                           ('{"rot": [1]}', ("`cams`: expected a list",)),
                           ("[1]", ("`cams[0]`: expected an object",)),
                           ("3", ("`cams`: expected a list",)),
                           ("", ("`cams` ends before",)),
                           ("[{", ("`cams[0]` ends before",)),
                           ("[[1, 2]]", ("`cams[0]` has 3 fields, but the list has length 2",)),
                           ("[[[1, 2, 3], [1, 2, 3], 3, 4]]", ("`cams[0]` has 3 fields", "length 4")),
                           ("[] 1", ("`cams`: expected nothing behind it",)),
                           ("[[[1, 2, 3], [1, 2, 3], 3]", ("ends before",))):
            self.refused(text, says=says)

    def test_sizes_come_from_fields(self):
        short = '[{"rot": [1, 2], "pos": [1, 1, 1], "f": 2}]'
        self.refused(short, says="`cams[0].rot` has length 2, but 3 is wanted", status=1)
        ragged = '[[[1, 2, 3], [1, 1, 1], 1], [[1, 2, 3], [1, 1], 1]]'
        self.refused(ragged, says=("`cams` is ragged", "`cams[1].pos` has length 2"))
        self.refused(m='{"W": [[1, 2], [3, 4]], "b": [1]}', status=1,
                     says="sizes differ: `H` = 2 from `m.W`, `H` = 1 from `m.b`")
        self.refused(m='{"W": [[1], [3]], "b": [1, 1]}', status=1, says=("`I` = 1 from `m.W[0]`", "`I` = 2 from `x`"))
        self.assertEqual(self.value(*self.packed("[]", '{"W": [], "b": []}', "[]"), "--grad")["grad"],
                         {"cams": [], "m": {"W": [], "b": []}})
        self.fails(2, *self.packed("[]", '{"W": [], "b": []}')[:-1], says="no value for parameter `x`")

    def test_types_of_modules(self):
        self.write("geo.ad", """const K = 2
type Base<A> = (v: real[A], w: real[K])
type Pair<A, B> = (l: Base<A>, r: Base<B>)
fn size(p: Pair<M, N>) -> real = dot(p.l.v, p.l.v)*N + dot(p.r.v, p.r.v)*M
""")
        self.write("main.ad", """import geo as g
import geo (Base)
export fn f(var ps: g.Pair<M, 3>[C], b: Base<Q>) -> real = sum(c: g.size(ps[c])) + Q*b.w[1]
""")
        out = self.value("run", "main.ad", "f", "b=[[1], [2, 3]]", "--grad",
                         'ps=[{"l": {"v": [1, 2], "w": [1, 1]}, "r": {"v": [1, 2, 3], "w": [1, 1]}}]')
        self.assertEqual(out["result"], 46)
        self.assertEqual(out["grad"]["ps"], [{"l": {"v": [6, 12], "w": [0, 0]}, "r": {"v": [4, 8, 12], "w": [0, 0]}}])

    def test_layout_in_c(self):
        compiler = os.environ.get("CC", "cc").split()
        self.assertTrue(shutil.which(compiler[0]))
        self.write("host.c", """#include "f.h"
#include <stdio.h>
int main(void)
{
    double cams[2][7] = {{1, 2, 3, 1, 1, 1, 2}, {0, 1, 0, 2, 2, 2, 1}}, grad_cams[2][7];
    double m[9] = {1, 2, 3, 4, 5, 6, 1, 1, 1}, x[2] = {1, 2}, value, grad_m[9];
    int status = packed_grad(2, 3, 2, &cams[0][0], m, x, &value, &grad_cams[0][0], grad_m, NULL);
    printf("[%d, %g", status, value);
    for (int i = 0; i < 14; i++) printf(", %g", grad_cams[i / 7][i % 7]);
    for (int i = 0; i < 9; i++) printf(", %g", grad_m[i]);
    printf("]");
    return 0;
}
""")
        self.good("build", "f.ad", "-o", "f.c", "--manifest", "f.json")
        strict = ["-std=c11", "-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow", "-Werror"]
        subprocess.run([*compiler, *strict, "-o", "host", "host.c", "f.c", "-lm"], cwd=self.folder, check=True)
        out = subprocess.run(["./host"], cwd=self.folder, check=True, capture_output=True, text=True).stdout
        self.assertEqual(json.loads(out), [0, 60, 3, 3, 3, 3, 6, 9, 8, 6, 6, 6, 0, 3, 0, 8, 1, 2, 1, 2, 1, 2, 1, 1, 1])
        header = self.read("f.h")
        for text in ("real[C, 7] = rot[3], pos[3], f", "real[H + H*I] = W[H, I], b[H]",
                     "variable, real[N, 3] = a, b[2]; a part of `opts`"):
            self.assertIn(text, header)
        functions = json.loads(self.read("f.json"))["functions"]
        entries = {e["name"]: e for f in functions for e in f["products"][0]["parameters"]}
        self.assertEqual(entries["m"]["fields"], [{"name": "W", "shape": ["H", "I"]}, {"name": "b", "shape": ["H"]}])
        self.assertEqual(entries["opts_call"]["part_of"], "opts")

    def test_no_test_remains_in_loops(self):
        loops = self.good("show", "f.ad", "packed", "--stage", "loops")
        self.assertIn("program packed_grad", loops)
        self.assertNotIn("if", loops)


if __name__ == "__main__":
    harness.main()
