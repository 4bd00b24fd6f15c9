"""BI-07: cross compilation: the adc of this machine runs, the compiler is that of the target, and nothing made for the
target is executed. Where there is a cross compiler for aarch64 and qemu, what was made is run; else a compiler that
marks what it was called for stands for one."""
import shutil

import common  # noqa: F401

from harness import binary, projects

FILES = {
    "CMakeLists.txt": projects.model("adc_add_library(model f.ad)\nif(TARGET adc::runtime)\n"
                                     "    message(FATAL_ERROR \"a library of another machine\")\nendif()"),
    "f.ad": "export fn f(var x: real) -> real = x*x\n",
    "main.c": '#include "f.h"\nint main(void)\n{\n    double y, d;\n    return f_grad(3, &y, &d, 0) || d != 6;\n}\n',
    "toolchain.cmake": "set(CMAKE_SYSTEM_NAME Linux)\nset(CMAKE_SYSTEM_PROCESSOR %s)\nset(CMAKE_C_COMPILER %s)\n"
                       "set(CMAKE_FIND_ROOT_PATH /nonexistent)\nset(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE BOTH)\n",
}
COMPILER = "aarch64-linux-gnu-gcc"
QEMU = shutil.which("qemu-aarch64") or shutil.which("qemu-aarch64-static")
real = shutil.which(COMPILER) and QEMU

for generator in projects.generators():
    project = projects.Project(FILES, name="target")
    compiler = shutil.which(COMPILER) if real else project.source / "target-cc"
    machine = "aarch64" if real else "machine"
    if not real:
        project.write("target-cc", '#!/bin/sh\necho "$@" >>"$0.log"\nexec gcc "$@"\n')
        compiler.chmod(0o755)
    project.write("toolchain.cmake", FILES["toolchain.cmake"] % (machine, '"%s"' % compiler))
    given = "-DCMAKE_TOOLCHAIN_FILE=%s" % (project.source / "toolchain.cmake")
    project.configure(generator, given)  # finds adc on the PATH
    project.build()
    project.configure(generator, given, "-DADC_EXECUTABLE=%s" % (projects.prefix() / "bin" / "adc"), folder="named")
    project.build()
    host = project.build_folder / "host"
    if real:
        assert host.read_bytes()[18] == 183, host  # e_machine
        projects.run(QEMU, "-L", "/usr/aarch64-linux-gnu", host)
    else:
        assert "model.adc/f.c" in (project.source / "target-cc.log").read_text(encoding="utf-8")
if not real:
    print("1 skipped: running what was made for aarch64 (packages gcc-aarch64-linux-gnu, qemu-user or qemu-user-static)")
