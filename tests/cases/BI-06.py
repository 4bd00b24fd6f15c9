"""BI-06: a library and a test that use the same .ad are built at once, from nothing, time and again (ADC_BUILDS says how
often; 50 were run when this was written)."""
import os

import common  # noqa: F401

from harness import projects

FILES = {
    "CMakeLists.txt": projects.model("adc_add_library(model f.ad)\nadc_add_library(again f.ad DERIVE value PREFIX t_)\n"
                                     "add_executable(check check.c)\n"
                                     "target_link_libraries(check PRIVATE again model)"),
    "f.ad": "import g (h)\nexport fn f(var x: real) -> real = h(x)\n",
    "g.ad": "export fn h(x: real) -> real = x*x\n",
    "main.c": '#include "f.h"\nint main(void)\n{\n    double y;\n    return f_grad(0, &y, 0, 0);\n}\n',
    "check.c": '#include "f.h"\nint main(void)\n{\n    double y;\n    return t_f(0, &y, 0);\n}\n',
}

for generator in projects.generators():
    project = projects.Project(FILES)
    project.configure(generator)
    for _ in range(int(os.environ.get("ADC_BUILDS", "2"))):
        project.build("--clean-first", "-j16")
    assert project.steps("-j16") == [], generator
    projects.run(project.build_folder / "check")
