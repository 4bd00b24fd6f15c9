"""BI-12: emitted code in a static library inside a shared one and inside a program with link-time optimisation; as shared
library and as objects; with threads; from a project that hides symbols and asks for -ffast-math, unity builds and C90."""
import re

import common  # noqa: F401

from harness import projects

MORE = """
set(CMAKE_C_VISIBILITY_PRESET hidden)
set(CMAKE_C_STANDARD 90)
set(CMAKE_UNITY_BUILD ON)
set(CMAKE_C_FLAGS "-ffast-math -Wall -Wextra -Wconversion -Werror")
adc_add_library(model STATIC f.ad g.ad)
adc_add_library(apart SHARED f.ad g.ad)
adc_add_library(objects OBJECT f.ad g.ad)
adc_add_library(threads SHARED h.ad OPTIONS --openmp)
add_library(plugin SHARED plugin.c)
target_link_libraries(plugin PRIVATE model)
add_executable(optimised main.c)
target_link_libraries(optimised PRIVATE model)
set_target_properties(optimised model PROPERTIES INTERPROCEDURAL_OPTIMIZATION ON)
foreach(kind plugin apart objects)
    add_executable(with_${kind} main.c)
    target_include_directories(with_${kind} PRIVATE ${CMAKE_CURRENT_BINARY_DIR}/objects.adc)
    target_link_libraries(with_${kind} PRIVATE ${kind})
endforeach()
target_compile_definitions(with_plugin PRIVATE PLUGIN)
"""
FILES = {
    "CMakeLists.txt": projects.model(MORE, main=False),
    "f.ad": "fn help(x: real) -> real = x^3.5\nexport fn f(var x: real) -> real = help(x)\n",
    "g.ad": "fn help(x: real) -> real = if x > 0 then x else 0\nexport fn g(var x: real) -> real = help(x)\n",
    "h.ad": "export fn h(var x: real[N]) -> real = sum(n: exp(x[n]))\n",
    "plugin.c": '#include "f.h"\n#include "g.h"\n__attribute__((visibility("default"))) int plugin(double x, double *y)\n'
                '{\n    return f(x, y, 0) || g(x, y, 0);\n}\nint plugin(double x, double *y);\n',
    "main.c": '#ifdef PLUGIN\nint plugin(double x, double *y);\n#else\n#include "f.h"\n#include "g.h"\n#endif\n'
              'int main(void)\n{\n    double y = 0;\n#ifdef PLUGIN\n    return plugin(4, &y) || y != 4;\n#else\n'
              '    return f(4, &y, 0) || y != 128 || g(-1, &y, 0) || y != 0;\n#endif\n}\n',
}

for generator in projects.generators():
    project = projects.Project(FILES)
    project.configure(generator)
    project.build("-j2")
    for name in ("optimised", "with_plugin", "with_apart", "with_objects"):
        projects.run(project.build_folder / name)
    exported = re.findall(r" T (\w+)", projects.run("nm", "-D", "--defined-only", project.build_folder / "libapart.so").out)
    assert "f_grad" in exported and not [s for s in exported if "help" in s or s.endswith("__")], exported
    asked_for = projects.run("nm", "-D", "--undefined-only", project.build_folder / "libthreads.so").out
    assert "GOMP_parallel" in asked_for, asked_for
    break  # the generators differ in nothing here
