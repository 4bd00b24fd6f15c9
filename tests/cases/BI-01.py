"""BI-01: blanks, brackets, # and letters outside ASCII in the paths of sources and of the build tree, with make and
with ninja."""
import common  # noqa: F401  # finds the harness

from harness import projects

FILES = {
    "CMakeLists.txt": projects.model("adc_add_library(model \"mod el/fün (1).ad\" INCLUDE \"li b\")"),
    "mod el/fün (1).ad": "import parts\nexport fn f(var x: real) -> real = parts.square(x) + 1\n",
    "li b/parts.ad": "export fn square(x: real) -> real = x*x\n",
    "main.c": '#include "mod el/fün (1).h"\n#include <stdio.h>\n'
              'int main(void)\n{\n    double y, d;\n    if (f_grad(3, &y, &d, 0)) return 1;\n'
              '    printf("%g %g\\n", y, d);\n    return 0;\n}\n',
}

# Rules of CMake's own for make do not bear a # in the folder of sources; no output may have one.
PLACES = [(generator, "src") for generator in projects.generators()]
if "Ninja" in projects.generators():
    PLACES.append(("Ninja", "src #1"))

for generator, source in PLACES:
    project = projects.Project(FILES, source=source)
    project.configure(generator)
    project.build()
    assert project.program("host") == "10 6\n"
    assert project.steps() == [], generator
    project.write("li b/parts.ad", "export fn square(x: real) -> real = 2*x*x\n")
    assert "adc mod" in project.steps(), generator
    assert project.program("host") == "19 12\n"
