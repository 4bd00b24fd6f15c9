"""The documents about builds begin with a complete program: it is taken out of the text, built with an installed adc as
the text says, and prints what the text says."""
import pathlib
import re
import shlex
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from harness import binary, projects  # noqa: E402


class Documents(unittest.TestCase):
    def test_build_integration(self):
        text = (binary.ROOT / "docs" / "build-integration.md").read_text(encoding="utf-8")
        start = text[:text.index("\n## ")]
        files = dict(re.findall(r"^`(\S+)`\n\n```\w+\n(.*?)```", start, re.M | re.S))
        self.assertEqual(sorted(files), ["CMakeLists.txt", "line.ad", "main.c"])
        project = projects.Project(files)
        commands = re.search(r"```sh\n(.*?)```", start, re.S).group(1).splitlines()
        self.assertEqual(len(commands), 3)
        for command in commands:
            words = shlex.split(command.replace("/where/adc/is/installed", shlex.quote(str(projects.prefix()))))
            out = projects.run(*words, folder=project.source).out
        self.assertEqual(out.strip(), re.search(r"^prints `(.*?)`", start, re.M).group(1))

    def test_makefile(self):
        text = (binary.ROOT / "docs" / "build-integration.md").read_text(encoding="utf-8")
        makefile = re.search(r"```make\n(.*?)```", text, re.S).group(1)
        project = projects.Project({
            "Makefile": makefile, "model.ad": "import part (p)\nexport fn f(var x: real) -> real = p(x)\n",
            "part.ad": "export fn p(x: real) -> real = x\n",
            "main.c": '#include "model.h"\nint main(void)\n{\n    double y;\n    return f(0, &y, 0);\n}\n'})
        build = lambda: projects.steps(projects.run("make", folder=project.source).out)  # noqa: E731
        self.assertIn("adc model.ad", build())
        self.assertEqual(build(), [])
        (project.source / "part.ad").unlink()
        project.write("model.ad", "export fn f(var x: real) -> real = x*x\n")
        self.assertIn("compile model", build())


unittest.main()
