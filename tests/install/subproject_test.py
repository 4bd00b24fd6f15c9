"""adc as a part of another project, from its sources: add_subdirectory and FetchContent, with an adc that is given and
with the one that is built. The latter takes a while: it is configured and planned, and built if ADC_SUBPROJECT=build."""
import os
import pathlib
import re
import shutil
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from harness import binary, projects  # noqa: E402

HEAD = "cmake_minimum_required(VERSION 3.25)\nproject(user LANGUAGES C)\ninclude(CTest)\n%s\n"
TAIL = ("adc_add_library(model f.ad)\nadd_executable(host main.c)\ntarget_link_libraries(host PRIVATE model)\n"
        "if(TARGET adc_base)\n    get_target_property(kind adc_base TYPE)\nendif()\n"
        "if(TARGET test_sema_test)\n    message(FATAL_ERROR \"the tests of adc\")\nendif()\n")
FILES = {
    "f.ad": "import g (h)\nexport fn f(var x: real) -> real = h(x)\n",
    "g.ad": "export fn h(x: real) -> real = x*x\n",
    "main.c": '#include "f.h"\nint main(void)\n{\n    double y, d;\n    return f_grad(3, &y, &d, 0) || y != 9 || d != 6;\n}\n',
}
SUBDIRECTORY = 'add_subdirectory("%s" adc EXCLUDE_FROM_ALL)' % binary.ROOT
FETCHED = ('include(FetchContent)\nFetchContent_Declare(adc SOURCE_DIR "%s")\nFetchContent_MakeAvailable(adc)'
           % binary.ROOT)


class Subproject(unittest.TestCase):
    def project(self, how):
        return projects.Project(dict(FILES, **{"CMakeLists.txt": HEAD % how + TAIL}))

    def test_with_a_compiler_that_is_given(self):
        for generator, how in zip(projects.GENERATORS, (SUBDIRECTORY, FETCHED)):
            if generator not in projects.generators():
                continue
            project = self.project(how)
            project.configure(generator, "-DADC_EXECUTABLE=%s" % (projects.prefix() / "bin" / "adc"))
            project.build()
            project.program("host")
            self.assertEqual(project.steps(), [])
            self.assertFalse((project.build_folder / "adc" / "generated").exists())

    def test_with_the_compiler_that_is_built(self):
        if "Ninja" not in projects.generators():
            self.skipTest("1 skipped: ninja is not installed")
        project = self.project(SUBDIRECTORY)
        project.configure("Ninja")
        plan = projects.run("ninja", "-t", "commands", "host", folder=project.build_folder).out
        self.assertLess(plan.index("-o adc/adc "), re.search(r"/adc/adc['\"]? build ", plan).start())
        self.assertNotIn("adc_plain", plan)
        if os.environ.get("ADC_SUBPROJECT") != "build":
            return
        launcher = ["-DCMAKE_C_COMPILER_LAUNCHER=ccache"] if shutil.which("ccache") else []
        project.configure("Ninja", *launcher)
        project.build("-j2")
        project.program("host")
        self.assertEqual(project.steps(), [])

    def test_mistakes_are_named(self):
        calls = {
            "adc_add_library(model)": "no .ad file",
            "adc_add_library(model f.c)": "does not end in .ad",
            "adc_add_library(model f.ad STATIC SHARED)": "exclude each other",
            "adc_add_library(model f.ad DERIVE)": "nothing behind DERIVE",
        }
        for call, message in calls.items():
            project = projects.Project(dict(FILES, **{"CMakeLists.txt": projects.model(call, main=False)}))
            result = project.configure("Unix Makefiles", good=False)
            self.assertNotEqual(result.status, 0, call)
            self.assertIn(message, " ".join(result.err.split()), call)

    def test_errors_of_programs_are_errors_of_the_build(self):
        for generator in projects.generators():
            project = projects.Project(dict(FILES, **{"CMakeLists.txt": projects.model("adc_add_library(model f.ad)")}))
            project.write("g.ad", "export fn h(x: real) -> real =\n  x*y\n")
            project.configure(generator)
            result = project.build(good=False)
            self.assertNotEqual(result.status, 0)
            self.assertIn("%s:2:5: error: " % (project.source / "g.ad"), result.out + result.err)
            project.write("g.ad", FILES["g.ad"])
            project.build()
            project.program("host")

    def test_words_of_the_function(self):
        call = ("adc_add_library(model f.ad DERIVE value grad jvp WRT y OF b CONST k=3 PREFIX my_ INCLUDE lib ../more\n"
                "    OPTIONS --real=f32 -g)")
        program = ("import part (p)\nimport other (o)\nexport fn f(x: real, y: real, const k: int = 2) -> (a: real, b: real) "
                   "{\n  (a = p(x), b = o(y)^k)\n}\n")
        project = projects.Project({
            "CMakeLists.txt": projects.model(call), "f.ad": program,
            "lib/part.ad": "export fn p(x: real) -> real = x\n", "../more/other.ad": "export fn o(x: real) -> real = x\n",
            "main.c": '#include "f.h"\nint main(void)\n{\n    float a, b, d;\n'
                      '    return my_f_grad(1, 2, &a, &b, &d, 0) || b != 8 || d != 12;\n}\n'})
        for generator in projects.generators():
            project.configure(generator)
            project.build()
            project.program("host")
            self.assertEqual(project.steps(), [])
            listing = project.source / "CMakeLists.txt"
            listing.write_text(listing.read_text(encoding="utf-8").replace("k=3", "k=2"), encoding="utf-8")
            self.assertIn("adc f.ad", project.steps())
            self.assertEqual(projects.run(project.build_folder / "host", good=False).status, 1)
            listing.write_text(listing.read_text(encoding="utf-8").replace("k=2", "k=3"), encoding="utf-8")


unittest.main()
