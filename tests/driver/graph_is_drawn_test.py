"""adc graph: DOT with kinds, values and gradients; pictures through Graphviz."""
import os
import shutil
import subprocess

import harness


class GraphIsDrawn(harness.Case):
    def setUp(self):
        super().setUp()
        self.write("s.ad", harness.SEED)

    def parses(self, text):
        if shutil.which("dot"):
            subprocess.run(["dot", "-Tplain"], input=text, text=True, check=True,
                           capture_output=True)

    def test_every_kind_is_there(self):
        text = self.good("graph", "s.ad", "kinds")
        self.assertTrue(text.startswith("digraph"))
        for word in ("Variable", "Placeholder", "Constant", "mul/0", "add/0"):
            self.assertIn(word, text)
        self.parses(text)

    def test_values_when_inputs_are_given(self):
        bare = self.good("graph", "-e", "z = (x*y + c)*c + x")
        full = self.good("graph", "-e", "z = (x*y + c)*c + x", "x=0.9", "y=0.4", "c=1.3")
        self.assertNotIn("3.058", bare)
        for number in ("3.058", "1.52", "1.17", "2.96"):
            self.assertIn(number, full)
        self.parses(bare)
        self.parses(full)

    def test_gradient_graph_is_larger(self):
        plain = self.good("graph", "s.ad", "z")
        derived = self.good("graph", "s.ad", "z", "--grad")
        self.assertNotEqual(plain, derived)
        self.assertIn("grad_x", derived)
        self.parses(derived)

    def test_picture(self):
        if not shutil.which("dot"):
            self.skipTest("Graphviz is not installed")
        self.good("graph", "s.ad", "z", "-o", "z.svg")
        self.assertIn("<svg", self.read("z.svg"))
        self.good("graph", "s.ad", "z", "x=2", "y=3", "-o", "z.png")
        with open(os.path.join(self.folder, "z.png"), "rb") as file:
            self.assertEqual(file.read(8), b"\x89PNG\r\n\x1a\n")
        self.good("graph", "s.ad", "z", "-o", "z.dot")
        self.assertEqual(self.files(), ["s.ad", "z.dot", "z.png", "z.svg"])

    def test_without_graphviz(self):
        empty = os.path.join(self.folder, "empty")
        os.mkdir(empty)
        self.fails(3, "graph", "s.ad", "z", "-o", "z.svg", environment={"PATH": empty},
                   says=("dot", "Graphviz"))
        self.assertEqual(self.files(), ["empty", "s.ad"])

    def test_other_endings(self):
        self.fails(2, "graph", "s.ad", "z", "-o", "z.pdf", says="z.pdf")

    def test_missing_input(self):
        self.fails(2, "graph", "s.ad", "z", "x=2", says="`y`")

    def test_unwritable(self):
        self.fails(3, "graph", "s.ad", "z", "-o", "none/z.dot", says="none/z.dot")


if __name__ == "__main__":
    harness.main()
