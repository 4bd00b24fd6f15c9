"""What the tests of structure share: where things are, and how a test reports.

A test is a script; `report` prints one line per finding and exits 1 if there is any, so that the list
is complete after one run."""
import os
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("ADC_BUILD_DIR", ROOT / "build" / "dev"))
FOLDERS = ["base", "ir", "frontend", "passes", "backend", "runtime", "driver"]


def sources(folders=FOLDERS, suffixes=(".c", ".h", ".l", ".y", ".def")):
    """Files of the given folders that were written by hand, sorted."""
    found = []
    for folder in folders:
        for path in (ROOT / folder).rglob("*"):
            if path.suffix in suffixes:
                found.append(path)
    return sorted(found)


def name(path):
    return str(path.relative_to(ROOT))


def report(findings, checked):
    if checked == 0:
        findings = findings + ["nothing was checked"]
    for finding in findings:
        print(finding)
    print("%d findings in %d things checked" % (len(findings), checked))
    sys.exit(1 if findings else 0)
