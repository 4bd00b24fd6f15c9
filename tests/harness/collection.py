"""The collection of cases beside the repository (../shared/cases): published troubles of other tools, with the right
numbers and a judge of its own."""
import importlib.util
import json
import sys

from . import binary

FOLDER = binary.ROOT.parent / "shared" / "cases"


def records():
    """Every case by its id, in order; none without the collection."""
    source = FOLDER / "cases-open.json"
    if not source.exists():
        return {}
    return {record["id"]: record for record in json.loads(source.read_text(encoding="utf-8"))["cases"]}


def judge():
    """judge(case, result) of the collection, or None."""
    if not (FOLDER / "judge.py").exists():
        return None
    spec = importlib.util.spec_from_file_location("judge", FOLDER / "judge.py")
    module = importlib.util.module_from_spec(spec)
    sys.dont_write_bytecode = True
    spec.loader.exec_module(module)
    return module.judge


def inputs(record):
    """Numbers and nested lists by name. Long ones are a size and a formula in `i`, "e for i = 0 .. size-1, ...": plain
    arithmetic, the same in Python and C."""
    def expanded(value):
        if not isinstance(value, dict):
            return value
        formula = compile(value["formula"].partition(" for ")[0], "formula", "eval")
        return [eval(formula, {"__builtins__": {}}, {"i": i}) for i in range(value["size"])]

    return {name: expanded(value) for name, value in record["inputs"].items()}
