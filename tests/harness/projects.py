"""Projects of other people that use an installed adc: writing them, configuring, building, and what a build did.

The prefix is that of the environment variable ADC_PREFIX, which CMake's test `installed` fills; without it the build
folder is installed into a folder of this process. Projects lie elsewhere, so nothing of the source tree is in use."""
import atexit
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import time

from harness import binary

GENERATORS = ["Ninja", "Unix Makefiles"]


def generators():
    """Those there are: make is always, ninja is where it is installed."""
    return [g for g in GENERATORS if g != "Ninja" or shutil.which("ninja")]


def scratch(name="adc project"):
    folder = pathlib.Path(tempfile.mkdtemp(prefix="adc_")) / name
    atexit.register(shutil.rmtree, folder.parents[0], ignore_errors=True)
    folder.mkdir()
    return folder


def prefix():
    """The installed tree."""
    if "ADC_PREFIX" in os.environ:
        return pathlib.Path(os.environ["ADC_PREFIX"])
    folder = scratch("prefix")
    subprocess.run(["cmake", "--install", str(binary.BUILD), "--prefix", str(folder)], check=True,
                   stdout=subprocess.DEVNULL)
    os.environ["ADC_PREFIX"] = str(folder)
    return folder


def environment():
    """A plain one: no flags or compilers of whoever runs the tests."""
    kept = {k: v for k, v in binary.ENVIRONMENT.items() if k not in ("CFLAGS", "LDFLAGS", "MAKEFLAGS", "DESTDIR")}
    kept["PATH"] = "%s:%s" % (prefix() / "bin", kept["PATH"])
    kept["CCACHE_DISABLE"] = "1"
    return kept


def run(*command, folder=None, good=True, timeout=280):
    result = binary.run([str(c) for c in command], cwd=folder, env=environment(), timeout=timeout)
    if good and result.status:
        raise AssertionError(str(result))
    return result


def touch(path):
    """Newer than anything made before."""
    time.sleep(0.02)
    os.utime(path)


STEP = re.compile(r"(?:\[[^\]]*\] )?(adc build .*|Building \w+ object .*|Linking \w+ (?:\w+ )+.*|Generating .*|"
                  r"Compiling C object .*|Linking target .*|.*/adc build .*|(?:gcc|cc) .*)")


def steps(output):
    """What a build ran, a word a step and sorted: the file that adc reads, the object or what is linked."""
    found = []
    for line in output.splitlines():
        match = STEP.fullmatch(line.strip())
        if not match:
            continue
        text = match.group(1)
        if "adc build" in text:
            text = "adc " + text.split("adc build ")[1].split()[0].strip("'\"")
        elif " -c " not in text and " -o " in text:
            text = "link " + re.search(r"-o (\S+)", text).group(1)
        elif text.startswith("Generating"):
            text = "adc"
        elif text.startswith("Linking"):
            text = "link " + os.path.basename(text.split()[-1])
        else:
            text = "compile " + re.search(r"([^/ ]+?)(?:\.c)?\.o\b", text).group(1).split("_")[-1]
        found.append(text)
    return sorted(found)


class Project:
    """A folder with sources and, beside it, one with what is built."""

    def __init__(self, files=None, copy=None, name="a b (1) ü", source="src"):
        self.top = scratch(name)
        self.source = self.top / source
        if copy:
            shutil.copytree(copy, self.source)
        for path, text in (files or {}).items():
            self.write(path, text)

    def write(self, path, text):
        target = self.source / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")

    def configure(self, generator, *options, good=True, folder="o ut"):
        self.build_folder = self.top / (folder + " " + generator)
        return run("cmake", "-G", generator, "-S", self.source, "-B", self.build_folder,
                   "-DCMAKE_PREFIX_PATH=%s" % prefix(), *options, good=good)

    def build(self, *options, good=True):
        return run("cmake", "--build", self.build_folder, *options, good=good)

    def steps(self, *options):
        return steps(self.build(*options).out)

    def program(self, name):
        return run(self.build_folder / name).out


def model(call, main=True):
    """A CMakeLists.txt around one call of adc_add_library, whose target is `model`."""
    text = ("cmake_minimum_required(VERSION 3.25)\nproject(user LANGUAGES C)\nfind_package(adc REQUIRED)\n%s\n" % call)
    return text + ("add_executable(host main.c)\ntarget_link_libraries(host PRIVATE model)\n" if main else "")
