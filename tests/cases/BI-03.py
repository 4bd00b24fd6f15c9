"""BI-03: an imported file is a dependency: a change of it makes C and object anew, once, and nothing else."""
import common  # noqa: F401

from harness import projects

FILES = {
    "CMakeLists.txt": projects.model("adc_add_library(model main.ad other.ad)"),
    "main.ad": "import util (twice)\nexport fn f(var x: real) -> real = twice(x)\n",
    "util.ad": "import deep (two)\nexport fn twice(x: real) -> real = two*x\n",
    "deep.ad": "const two: real = 2\n",
    "other.ad": "export fn g(var x: real) -> real = x\n",
    "main.c": '#include "main.h"\n#include "other.h"\nint main(void)\n{\n    double y = 0;\n'
              '    return f(1, &y, 0) || g(y, &y, 0) ? 1 : (int)y;\n}\n',
}

for generator in projects.generators():
    project = projects.Project(FILES)
    project.configure(generator)
    project.build()
    for factor in (3, 4):
        project.write("deep.ad", "const two: real = %d\n" % factor)
        found = project.steps()
        assert found == ["adc main.ad", "compile main", "link host", "link libmodel.a"], (generator, found)
        assert projects.run(project.build_folder / "host", good=False).status == factor
        assert project.steps() == [], generator
