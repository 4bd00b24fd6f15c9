"""What is installed: the libraries export what adc.h declares and nothing else, have a name with a version, and serve a
program through pkg-config and through CMake; the manual is good troff that names every option; nothing in the tree
knows where it was built, so it can be moved."""
import pathlib
import re
import shutil
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from harness import binary, projects  # noqa: E402

PREFIX = projects.prefix()
HEADER = PREFIX / "include" / "adc" / "adc.h"


def found(pattern):
    paths = sorted(PREFIX.glob(pattern))
    assert len(paths) == 1, (pattern, paths)
    return paths[0]


def declared():
    """Functions, without those that are defined in the header and types of functions."""
    text = re.sub(r"/\*.*?\*/", " ", HEADER.read_text(encoding="utf-8"), flags=re.S)
    text = re.sub(r"^(static inline|typedef) .*?\(", " ", text, flags=re.M)
    return set(re.findall(r"\b(adc_\w+)\s*\(", text)) - set(re.findall(r"#define\s+(adc_\w+)\(", text))


def symbols(*command):
    lines = projects.run("nm", "--defined-only", *command).out.splitlines()
    names = {line.split()[-1] for line in lines if re.search(r" [TDBRVWu] ", line)}
    return {name.split("@")[0] for name in names}


class InstalledTree(unittest.TestCase):
    def test_documents_and_package_files(self):
        for pattern in ("bin/adc", "share/man/man1/adc.1", "share/doc/adc/LICENSE", "share/doc/adc/README.md",
                        "share/doc/adc/build-integration.md", "**/cmake/adc/adcConfig.cmake",
                        "**/cmake/adc/adcConfigVersion.cmake"):
            found(pattern)

    def test_nothing_knows_where_it_was_built(self):
        places = [str(binary.ROOT), str(binary.BUILD), str(PREFIX)]
        checked = 0
        for path in PREFIX.rglob("*"):
            if path.suffix in (".cmake", ".pc", ".h", ".hpp") or path.name == "adc.1":
                text = path.read_text(encoding="utf-8")
                self.assertFalse([p for p in places if p in text], str(path))
                checked += 1
        self.assertGreater(checked, 3)

    def test_manual_names_every_option(self):
        page = found("share/man/man1/adc.1")
        plain = page.read_text(encoding="utf-8").replace("\\-", "-")
        commands = re.findall(r"^\.SS (\w+)$", plain, re.M)
        self.assertIn("build", commands)
        sections = re.split(r"^\.S[SH] .*\n", plain, flags=re.M)
        count = 0
        for command in commands:
            text = binary.adc(command, "--help").out
            section = next(s for s in sections if "adc %s " % command in s[:60])
            for option in re.findall(r"^  (-\S+?),? ", text, re.M):
                self.assertIn("\\fB%s\\fR" % option, section, command)
                count += 1
        self.assertGreater(count, 60)

    def test_manual_is_good_troff(self):
        groff = shutil.which("groff")
        if not groff:
            self.skipTest("1 skipped: groff is not installed")
        result = projects.run(groff, "-man", "-ww", "-z", "-Tutf8", found("share/man/man1/adc.1"))
        self.assertEqual(result.err, "")


@unittest.skipUnless(HEADER.exists(), "skipped: the runtime library has no public header")
class Library(unittest.TestCase):
    def program(self):
        """One that does not link unless the library has its functions."""
        names = sorted(declared())
        table = "".join("    (void (*)(void))%s,\n" % name for name in names)
        return ("#include <adc/adc.h>\nstatic void (*const table[])(void) = {\n%s};\nint main(void)\n{\n"
                "    for (unsigned i = 0; i < sizeof table/sizeof *table; i++) if (!table[i]) return 1;\n"
                "    return 0;\n}\n" % table)

    def test_shared_library_exports_what_is_declared(self):
        library = found("lib*/**/libadc.so")
        version = re.match(r"adc (\d+\.\d+)", binary.adc("--version").out).group(1)
        self.assertEqual(symbols("-D", library) - {"ADC_" + version}, declared())
        soname = re.search(r"SONAME.*\[(.*)\]", projects.run("readelf", "-d", library).out).group(1)
        self.assertEqual(soname, "libadc.so." + version)
        self.assertTrue((library.parent / soname).exists())

    def test_archive_exports_what_is_declared(self):
        text = projects.run("nm", "-g", "--defined-only", found("lib*/**/libadc.a")).out
        names = {line.split()[-1] for line in text.splitlines() if re.search(r" [A-Z] ", line)}
        names = {n for n in names if not re.match(r"__(asan|ubsan|odr_asan|sanitizer|gcov|llvm)", n)}
        self.assertEqual(names, declared())

    def flags(self, *options):
        config = found("lib*/**/pkgconfig/adc.pc")
        return projects.run("env", "PKG_CONFIG_PATH=%s" % config.parent, "pkg-config", *options, "adc").out.split()

    def test_pkg_config(self):
        if not shutil.which("pkg-config"):
            self.skipTest("1 skipped: pkg-config is not installed")
        self.assertEqual(pathlib.Path(self.flags("--variable=adc")[0]).resolve(), PREFIX / "bin" / "adc")
        cache = (binary.BUILD / "CMakeCache.txt").read_text(encoding="utf-8")
        sanitize = re.search(r"^ADC_SANITIZE:STRING=(.*)$", cache, re.M).group(1)
        folder = projects.scratch()
        (folder / "main.c").write_text(self.program(), encoding="utf-8")
        more = ["-fsanitize=" + sanitize] if sanitize else []
        projects.run("gcc", "main.c", "-o", "main", *more, *self.flags("--cflags", "--libs"),
                     "-Wl,-rpath,%s" % found("lib*/**/libadc.so").parent, folder=folder)
        projects.run(folder / "main")

    def test_native_code_is_found_beside_the_library(self):
        if not list(PREFIX.glob("lib*/**/libadc_llvm.so")):
            self.skipTest("1 skipped: this adc was built without LLVM")
        folder = projects.scratch()
        (folder / "main.c").write_text(
            '#include <adc/adc.h>\n#include <string.h>\nint main(void)\n{\n'
            '    adc_options options = {.engine = ADC_ENGINE_NATIVE};\n'
            '    adc_context *context = adc_context_new(&options);\n'
            '    adc_module *module = adc_compile_string(context, "f.ad", "export fn f(var x: real) -> real = x*x\\n", 0);\n'
            '    void *found = adc_function_pointer(adc_function_get(module, "f", "grad"));\n'
            '    int (*code)(double, double *, double *, void *);\n    double y, slope = 0;\n'
            '    memcpy(&code, &found, sizeof code);\n    int status = found ? code(3, &y, &slope, 0) : 1;\n'
            '    adc_context_free(context);\n    return status || slope != 6;\n}\n', encoding="utf-8")
        cache = (binary.BUILD / "CMakeCache.txt").read_text(encoding="utf-8")
        sanitize = re.search(r"^ADC_SANITIZE:STRING=(.*)$", cache, re.M).group(1)
        # sanitizers stand between the library and dlopen: only the program's own run path is followed then
        more = ["-fsanitize=" + sanitize, "-Wl,--disable-new-dtags"] if sanitize else []
        projects.run("gcc", "main.c", "-o", "main", *more, *self.flags("--cflags", "--libs"),
                     "-Wl,-rpath,%s" % found("lib*/**/libadc.so").parent, folder=folder)
        projects.run(folder / "main")

    def test_cmake_targets(self):
        text = ("cmake_minimum_required(VERSION 3.25)\nproject(user LANGUAGES C)\n"
                "find_package(adc 0.1 REQUIRED COMPONENTS runtime)\n"
                "foreach(kind runtime runtime_static)\n    add_executable(with_${kind} main.c)\n"
                "    target_link_libraries(with_${kind} PRIVATE adc::${kind})\nendforeach()\n")
        project = projects.Project({"CMakeLists.txt": text, "main.c": self.program()})
        project.configure(projects.generators()[0])
        project.build()
        for kind in ("runtime", "runtime_static"):
            projects.run(project.build_folder / ("with_" + kind))

    def test_versions_that_do_not_fit_are_refused(self):
        text = "cmake_minimum_required(VERSION 3.25)\nproject(user LANGUAGES C)\nfind_package(adc 7.0 REQUIRED)\n"
        result = projects.Project({"CMakeLists.txt": text}).configure("Unix Makefiles", good=False)
        self.assertIn("version", result.err)


unittest.main()
