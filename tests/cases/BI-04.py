"""BI-04: a second build runs nothing; a source that is touched without a change is read again, but its C keeps its time
stamp and nothing is compiled; and a build after that runs nothing again."""
import os

import common  # noqa: F401

from harness import projects

FILES = {
    "CMakeLists.txt": projects.model("adc_add_library(model f.ad)"),
    "f.ad": "import g (h)\nexport fn f(var x: real) -> real = h(x)\n",
    "g.ad": "export fn h(x: real) -> real = x\n",
    "main.c": '#include "f.h"\nint main(void)\n{\n    double y;\n    return f(0, &y, 0);\n}\n',
}

for generator in projects.generators():
    project = projects.Project(FILES)
    project.configure(generator)
    project.build()
    assert project.steps() == [], generator
    made = project.build_folder / "model.adc" / "f.c"
    before = os.stat(made).st_mtime_ns
    for name in ("f.ad", "g.ad"):
        projects.touch(project.source / name)
        assert project.steps() == ["adc f.ad"], generator
        assert os.stat(made).st_mtime_ns == before
        assert project.steps() == [], generator
