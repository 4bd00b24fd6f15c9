"""Programs against adc.h and adc.hpp: those of docs/host-api.md print what stands below them there, the
example prints what the article has, adc.hpp does what its test says. C by gcc and clang, C++ by g++ and
clang++; compilers that are not there are counted as skipped. The library is the one without sanitizers."""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("ADC_BUILD_DIR", ROOT / "build" / "dev"))
WARNINGS = ["-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow", "-Werror"]
COMPILERS = {"c": ["gcc", "clang"], "cpp": ["g++", "clang++"]}
STANDARD = {"c": "-std=c11", "cpp": "-std=c++17"}

# the article's numbers, from its text
EXAMPLE = """\
Variable  x      value 0.9     gradient 1.52
Variable  y      value 0.4     gradient 1.17
Operator  mul/0  value 0.36    gradient 1.3
Constant  c      value 1.3     gradient 2.96
Operator  add/0  value 1.66    gradient 1.3
Operator  mul/1  value 2.158   gradient 1
Operator  add/1  value 3.058   gradient 1
export fn z(var x: real, var y: real) -> real {
  let mul_0 = x * y
  let c = 1.3
  let add_0 = mul_0 + c
  let mul_1 = add_0 * c
  let add_1 = mul_1 + x
  add_1
}
"""


class HostPrograms(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="adc_host_"))
        objects = (BUILD / "generated" / "plain_objects.txt").read_text().split("\n")[:-1]
        cls.library = cls.folder / "libadc.a"
        subprocess.run(["ar", "rcs", str(cls.library)] + objects, check=True)

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder)

    def build(self, compiler, language, source):
        program = self.folder / "program"
        command = [compiler, STANDARD[language]] + WARNINGS + ["-I", str(ROOT / "runtime"), "-o", str(program),
                                                               str(source), str(self.library), "-lm", "-ldl",
                                                               "-Wl,-rpath,%s" % (BUILD / "plain")]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120)
        self.assertEqual(done.returncode, 0, done.stderr)
        return program

    def check(self, language, source, expected):
        for compiler in COMPILERS[language]:
            if not shutil.which(compiler):
                print("skipped: no %s (1 program)" % compiler, file=sys.stderr)
                continue
            with self.subTest(compiler=compiler):
                program = self.build(compiler, language, source)
                done = subprocess.run([str(program)], capture_output=True, text=True, timeout=60, cwd=self.folder)
                self.assertEqual((done.stdout, done.stderr, done.returncode), (expected, "", 0))

    def documented(self, language):
        text = (ROOT / "docs" / "host-api.md").read_text(encoding="utf-8")
        program, printed = re.search(r"```%s\n(.*?)```.*?```\n(.*?)```" % language, text, re.S).groups()
        source = self.folder / ("documented." + language)
        source.write_text(program, encoding="utf-8")
        self.check(language, source, printed)

    def test_the_documented_c_program(self):
        self.documented("c")

    def test_the_documented_cpp_program(self):
        self.documented("cpp")

    def test_the_example(self):
        self.check("c", ROOT / "examples" / "graph_builder.c", EXAMPLE)

    def test_the_example_writes_files(self):
        compiler = shutil.which("gcc") or shutil.which("clang")
        program = self.build(compiler, "c", ROOT / "examples" / "graph_builder.c")
        subprocess.run([str(program), "--files"], check=True, timeout=60, cwd=self.folder, stdout=subprocess.DEVNULL)
        main = self.folder / "main.c"
        main.write_text('#include "z.h"\n#include <stdio.h>\nint main(void) {\n'
                        'double z, x, y;\nint status = z_grad(0.9, 0.4, &z, &x, &y, NULL);\n'
                        'printf("%.17g %.17g %.17g\\n", z, x, y);\nreturn status;\n}\n')
        binary = self.folder / "emitted"
        subprocess.run([compiler, "-std=c99", "-o", str(binary), str(main), str(self.folder / "z.c"), "-lm"],
                       check=True, timeout=60)
        done = subprocess.run([str(binary)], capture_output=True, text=True, timeout=60, check=True)
        self.assertEqual(done.stdout, "3.0580000000000003 1.52 1.1700000000000002\n")
        self.assertIn("digraph", (self.folder / "graph_builder.dot").read_text())

    def test_the_wrapper(self):
        self.check("cpp", ROOT / "tests" / "host" / "adc_hpp.cpp", "")

    def test_the_workspace_is_as_large_as_generated_code_says(self):
        """adc_function_work against f_work of the emitted C."""
        self.check("c", self.work_program(), "")

    def work_program(self):
        """Prints what differs, for several functions and sizes."""
        source = self.folder / "work.ad"
        source.write_text(
            "export fn layer(var A: real[M, N], x: real[N]) -> real {\n"
            "  let y[i] = tanh(sum(j: A[i, j]*x[j]))\n"
            "  let z[i] = y[i]*sum(k: y[k])\n"
            "  sum(i: z[i]^3)\n}\n"
            "export fn path(var a: real, n: int) -> real {\n"
            "  mut s = a\n"
            "  for t in 0..n { s = sin(s)*a }\n"
            "  s\n}\n")
        adc = os.environ.get("ADC", str(BUILD / "adc"))
        subprocess.run([adc, "build", str(source), "-o", str(self.folder / "work.c")], check=True, timeout=60)
        text = (self.folder / "work.c").read_text()
        program = self.folder / "work_main.c"
        (self.folder / "work_emitted.h").write_text((self.folder / "work.h").read_text())
        program.write_text(text + """
#include <adc.h>
#include <stdio.h>
static void compare(const char *name, size_t a, size_t b) {
    if (a != b) printf("%s: %zu, not %zu\\n", name, a, b);
}
int main(void) {
    adc_context *context = adc_context_new(NULL);
    adc_module *module = adc_compile_file(context, "work.ad", NULL);
    adc_function *layer = adc_function_get(module, "layer", "grad");
    adc_function *path = adc_function_get(module, "path", "grad");
    const int64_t sizes[] = {0, 1, 2, 7, 1000, INT64_C(1) << 31};
    for (int i = 0; i < 6; i++)
        for (int j = 0; j < 6; j++) {
            int64_t m = sizes[i], n = sizes[j];
            adc_argument given[] = {{.name = "M", .type = ADC_TYPE_INT, .value = {.i64 = m}},
                                    {.name = "N", .type = ADC_TYPE_INT, .value = {.i64 = n}}};
            size_t bytes = 1;
            if (adc_function_work(layer, given, 2, &bytes) != ADC_GOOD) return 1;
            compare("layer", bytes, layer_grad_work(m, n));
            adc_argument steps = {.name = "n", .type = ADC_TYPE_INT, .value = {.i64 = n - 1}};
            if (adc_function_work(path, &steps, 1, &bytes) != ADC_GOOD) return 1;
            compare("path", bytes, path_grad_work(n - 1));
        }
    adc_context_free(context);
    return 0;
}
""")
        return program


if __name__ == "__main__":
    unittest.main()
