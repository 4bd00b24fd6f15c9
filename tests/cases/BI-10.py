"""BI-10: files of one name in two folders of one target: outputs, header guards and symbols stay apart."""
import common  # noqa: F401

from harness import projects

FILES = {
    "CMakeLists.txt": projects.model("adc_add_library(model a/model.ad b/model.ad)"),
    "a/model.ad": "fn help(x: real) -> real = x\nexport fn f(var x: real) -> real = help(x)\n",
    "b/model.ad": "fn help(x: real) -> real = 10*x\nexport fn g(var x: real) -> real = help(x)\n",
    "main.c": '#include "a/model.h"\n#include "b/model.h"\nint main(void)\n{\n    double y, z;\n'
              '    return f(1, &y, 0) || g(1, &z, 0) || y != 1 || z != 10;\n}\n',
}
CLASH = "adc_add_library(model \"${CMAKE_CURRENT_LIST_DIR}/../x/model.ad\" \"${CMAKE_CURRENT_LIST_DIR}/../y/model.ad\")"

for generator in projects.generators():
    project = projects.Project(FILES)
    project.configure(generator)
    project.build()
    projects.run(project.build_folder / "host")
    project.write("a/model.ad", FILES["a/model.ad"].replace("= x", "= x*1.0*x"))
    assert "adc a/model.ad" in project.steps() and project.steps() == []

project = projects.Project({"CMakeLists.txt": projects.model(CLASH)})
result = project.configure("Unix Makefiles", good=False)
assert result.status and "two files would both be model.h" in result.err, str(result)
