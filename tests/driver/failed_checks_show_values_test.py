"""A check that fails in adc run says which point of which index failed, and what was read there."""
import harness

PROGRAM = """
export fn observed(var cams: real[C, 2], data obs: int[P, 2]) -> real {
  require P > 1, "too few observations"
  sum(p: { let c = obs[p, 0]; cams[c, 0]*cams[c, 1] })
}
export fn triangle(var x: real[N], k: int) -> real = sum(i in 0..N, j in i..N if i != 1: x[i + j - k])
export fn contracted(var x: real[N], y: real[M]) -> real = sum((x + y)*x)
export fn least(var x: real[N]) -> real = min(i: x[i])
export fn guarded(var x: real[N], k: int[N]) -> real = sum(i: if x[i] > 0 then x[k[i]] else 0)
export fn positive(var x: real) -> real {
  require x > 0, "x is positive"
  log(x)
}
"""


class FailedChecksShowValues(harness.Case):
    def says(self, function, *arguments):
        """The message after `failed: `; both engines give it, and the gradient's check too."""
        self.write("f.ad", PROGRAM)
        found = set()
        for more in ([], ["--engine", "c"], ["--grad"]):
            message = self.fails(1, "run", "f.ad", function, *arguments, *more)
            found.add(message.split("\n")[0].split("failed: ")[1])
        (text,) = found
        return text

    def test_element_of_an_index_array(self):
        self.assertEqual(self.says("observed", "cams=[[1, 2]]", "obs=[[0, 5], [0, 1], [4, 0], [9, 0]]"),
                         "index of `cams` outside 0..C: p = 2, obs[2, 0] = 4, C = 1 (from `cams`)")
        self.assertEqual(self.says("observed", "cams=[[1, 2]]", "obs=[[0, 5], [-1, 1]]"),
                         "index of `cams` outside 0..C: p = 1, obs[1, 0] = -1")

    def test_sizes(self):
        self.assertEqual(self.says("contracted", "x=[1, 2]", "y=[1, 2, 3]"),
                         "`N` and `M` must be equal here: N = 2 (from `x`), M = 3 (from `y`)")
        self.assertEqual(self.says("least", "x=[]"), "`min` of nothing: N = 0 (from `x`)")

    def test_requirement_on_a_size(self):
        self.assertEqual(self.says("observed", "cams=[[1, 2]]", "obs=[[0, 5]]"),
                         "too few observations: P = 1 (from `obs`)")

    def test_first_point_of_a_dependent_range(self):
        self.assertEqual(self.says("triangle", "x=[1, 2, 3]", "k=0"),
                         "index of `x` outside 0..N: i = 2, j = 2, N = 3 (from `x`), k = 0")

    def test_arm_not_taken_is_not_to_blame(self):
        self.assertEqual(self.says("guarded", "x=[-1, 2]", "k=[7, 8]"),
                         "index of `x` outside 0..N: i = 1, k[1] = 8, N = 2 (from `x`)")

    def test_reals_are_left_out(self):
        self.assertEqual(self.says("positive", "x=-1"), "x is positive")


if __name__ == "__main__":
    harness.main()
