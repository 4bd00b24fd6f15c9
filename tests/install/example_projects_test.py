"""examples/*-project, copied away from the sources and built with an installed adc: they configure, build, run, build
nothing when nothing changed, and after a change of an imported .ad only what depends on it. What they print was
published (their main.c says where)."""
import pathlib
import shutil
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from harness import binary, projects  # noqa: E402

EXAMPLES = binary.ROOT / "examples"


class Projects(unittest.TestCase):
    def source_tree_is_not_used(self, folder):
        """No file that a build made names the sources of adc or its build folder."""
        count = 0
        for path in folder.rglob("*"):
            if path.is_file() and (path.suffix in (".c", ".h", ".d", ".txt", ".ninja", ".make", ".cmake") or
                                   path.name == "Makefile"):
                text = path.read_text(encoding="utf-8", errors="replace")
                # the prefix may lie in the build folder
                text = text.replace(str(projects.prefix()), "")
                self.assertNotIn(str(binary.ROOT), text, str(path))
                count += 1
        self.assertGreater(count, 3)

    def changes(self, source, imported, model, build, rebuilt):
        """`build` gives the steps it ran; the project is built."""
        self.assertEqual(build(), [])
        projects.touch(source / imported)
        self.assertEqual([s.split()[0] for s in build()], ["adc"])
        self.assertEqual(build(), [])
        text = (source / imported).read_text(encoding="utf-8")
        (source / imported).write_text(text + "\nexport fn unused(x: real) -> real = x\n", encoding="utf-8")
        self.assertEqual([s.split()[0] for s in build()], ["adc"])
        text = (source / model).read_text(encoding="utf-8")
        (source / model).write_text(text + "\nexport fn further(x: real) -> real = x\n", encoding="utf-8")
        self.assertEqual(build(), rebuilt)
        self.assertEqual(build(), [])

    def test_cmake(self):
        for generator in projects.generators():
            project = projects.Project(copy=EXAMPLES / "cmake-project")
            project.configure(generator)
            project.build()
            self.assertEqual(project.program("orings"),
                             "log-odds = 15.0429 -0.2322 temperature, deviance 20.315\nat 31 degrees: 0.9996\n")
            self.source_tree_is_not_used(project.build_folder)
            self.changes(project.source, "losses.ad", "orings.ad", project.steps,
                         ["adc orings.ad", "compile main", "compile orings", "link libmodel.a", "link orings"])

    def test_make(self):
        project = projects.Project(copy=EXAMPLES / "make-project")
        build = lambda: projects.steps(projects.run("make", "-j2", folder=project.source).out)  # noqa: E731
        build()
        self.assertEqual(projects.run(project.source / "relax").out, "energy -44.326801, gradient below 1e-9: yes\n")
        self.source_tree_is_not_used(project.source)
        self.changes(project.source, "pairs.ad", "cluster.ad", build,
                     ["adc cluster.ad", "compile cluster", "compile main", "link relax"])

    def test_meson(self):
        if not shutil.which("meson"):
            self.skipTest("1 skipped: meson is not installed")
        project = projects.Project(copy=EXAMPLES / "meson-project")
        folder = project.top / "o ut"
        projects.run("meson", "setup", folder, project.source)
        build = lambda: projects.steps(projects.run("ninja", "-C", folder).out)  # noqa: E731
        build()
        self.assertEqual(projects.run(folder / "enzyme").out, "rate = 212.7 c/(0.0641 + c), sum of squares 1195\n")
        self.source_tree_is_not_used(folder)
        self.changes(project.source, "kinetics.ad", "enzyme.ad", build,
                     ["adc", "compile enzyme", "compile main", "link enzyme"])


unittest.main()
