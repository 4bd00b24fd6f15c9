"""What README.md shows is what adc does: the program is examples/loglik.ad, the C is what is emitted for it, and the
commands with a `$` print what stands below them."""
import os
import re
import shlex
import subprocess
import tempfile

from common import BUILD, ROOT, report

ADC = os.environ.get("ADC", str(BUILD / "adc"))
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks():
    return re.findall(r"```(\w*)\n(.*?)```", README, re.S)


def emitted():
    with tempfile.TemporaryDirectory(prefix="adc_readme_") as folder:
        target = os.path.join(folder, "loglik.c")
        subprocess.run([ADC, "build", str(ROOT / "examples" / "loglik.ad"), "-o", target], check=True, timeout=30)
        with open(target, encoding="utf-8") as file:
            return file.read()


def findings():
    program = (ROOT / "examples" / "loglik.ad").read_text(encoding="utf-8")
    c = emitted()
    for language, text in blocks():
        if language == "" and text != program:
            yield "the program is not examples/loglik.ad"
        if language == "c" and text not in c:
            yield "the C is not what adc emits:\n" + c
    for command, answer in re.findall(r"^ *\$ (adc eval .*)\n *(\{.*\})$", README, re.M):
        done = subprocess.run([ADC] + shlex.split(command)[1:], capture_output=True, text=True, timeout=30)
        if done.stdout.strip() != answer:
            yield "%s prints %s%s" % (command, done.stdout, done.stderr)


report(list(findings()), len(blocks()))
