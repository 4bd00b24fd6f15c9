"""What the behaviour cases share: a scratch folder, building programs, compiling and running hosts."""
import pathlib
import shutil
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from harness import binary, program  # noqa: E402

ROOT = binary.ROOT
STRICT = ["-pedantic-errors", "-Wall", "-Wextra", "-Wshadow", "-Wstrict-prototypes", "-Wmissing-prototypes",
          "-Wconversion", "-Werror"]


class Scratch:
    """A folder for one test; `with Scratch() as s`."""

    def __enter__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="adc_case_"))
        return self

    def __exit__(self, kind, value, trace):
        shutil.rmtree(self.folder, ignore_errors=True)

    def write(self, name, text):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def build(self, name, text, *options, plain=False, timeout=60):
        """name.c and name.h from a program; the path of the C file."""
        source = self.write(name + ".ad", text)
        target = self.folder / (name + ".c")
        good(binary.adc("build", source, "-o", target, *options, plain=plain, timeout=timeout))
        return target

    def compile(self, compiler, output, *arguments, timeout=120):
        """Runs a C compiler in the folder."""
        target = self.folder / output
        good(binary.run([compiler, "-o", str(target), "-I", str(self.folder)] + [str(a) for a in arguments],
                        timeout=timeout))
        return target

    def run(self, compiler, output, *arguments, timeout=120):
        """Compiles a program and gives what it prints."""
        target = self.compile(compiler, output, *arguments, "-lm", "-pthread", timeout=timeout)
        return good(binary.run([str(target)], timeout=timeout)).out


    def host(self, name, text, *flags, timeout=280):
        """Compiles a program against adc.h and gives what it prints. The library is the one without sanitizers."""
        library = self.folder / "libadc.a"
        if not library.exists():
            objects = (binary.BUILD / "generated" / "plain_objects.txt").read_text().split("\n")[:-1]
            good(binary.run(["ar", "rcs", str(library)] + objects))
        source = self.write(name + ".c", text)
        target = self.compile("cc", name, "-std=c11", "-I", ROOT / "runtime", *flags, source, library, "-lm", "-ldl",
                              "-pthread", "-Wl,-rpath,%s" % (binary.BUILD / "plain"))
        return good(binary.run([str(target)], cwd=self.folder, timeout=timeout)).out


def c_text(path):
    """A file as a C string."""
    lines = pathlib.Path(path).read_text(encoding="utf-8").split("\n")
    return "\n".join('"%s\\n"' % line.replace("\\", "\\\\").replace('"', '\\"') for line in lines)


def needs_llvm():
    """Ends the test where there is no JIT."""
    if not binary.has_llvm():
        print("skipped: this adc was built without LLVM (1 case)")
        sys.exit(0)


def good(result):
    assert result.status == 0, str(result)
    return result


def programs():
    """All programs of the tests that must compile: cases and golden programs without diagnostics, examples."""
    found = sorted((ROOT / "tests" / "cases").glob("*.ad")) + sorted((ROOT / "examples").glob("*.ad"))
    for path in sorted((ROOT / "tests" / "golden").rglob("*.ad")):
        text = path.read_text(encoding="utf-8")
        if " error E" not in text and "//: options" not in text:
            found.append(path)
    return found


def derivable(path):
    """Products that every function of a program has."""
    functions = program.exported(path.read_text(encoding="utf-8"))
    products = ["value"]
    if all(f.variables() and f.reals() for f in functions):
        products += ["vjp", "jvp"]
        if all(len(f.reals()) == 1 and not program.shape(dict(f.results)[f.reals()[0]]) for f in functions):
            products += ["grad", "hvp", "hessian"]
    return ",".join(products)
