"""Programs are right without any pass that `--without` leaves out (passes/switches.def): array programs give the
numbers of their closed forms without each of them, and without all; and each changes the loops of some program."""
import re
import subprocess
import sys

import arrays_test
from harness import binary

PROGRAMS = ["a_cell_with_gates", "a_mixture_of_gaussians", "a_network_with_memory", "a_step_of_burgers_equation", "attention",
            "bones_of_a_hand", "cameras_see_points", "logsumexp_is_stable", "neighbours_in_a_plane", "products_of_loops",
            "predators_and_prey", "rays_meet_spheres", "a_skin_is_pulled_to_places",
            "sums_that_run", "charges_at_places", "a_determinant_by_its_factor",
            "a_filter_of_scalar_observations"]
# without all of them sums have other roundings
TOLERANCE = 1e-12


def passes():
    return re.findall(r"^PASS\(\w+, (\w+)\)", (binary.ROOT / "passes" / "switches.def").read_text(encoding="utf-8"), re.M)


def compare(path, left_out, engine):
    failures, count = [], 0
    for line, arguments, options, expected in arrays_test.directives(path):
        if isinstance(expected, list):
            continue
        got = arrays_test.answer(path, arguments, options, engine, "cc", "-O0", "--without", left_out)
        tol = max(float(options.get("tol", 0)), TOLERANCE)
        for name, want in expected.items():
            count += 1
            near = arrays_test.same(got.get(name, []), want, tol) or close(got.get(name), want)
            if not near:
                failures.append("%s:%d: without %s: %s is %r, want %r" % (path.name, line, left_out, name,
                                                                         got.get(name), want))
    return failures, count


def close(got, want):
    """Up to what is left of larger numbers that cancel."""
    pairs = list(zip(arrays_test.flatten(got), arrays_test.flatten(want)))
    largest = max((abs(w) for _, w in pairs), default=0)
    return bool(pairs) and all(abs(g - w) <= TOLERANCE * largest for g, w in pairs)


def loops(path, *options):
    command = [arrays_test.ADC, "show", str(path), "f", "--stage", "loops", *options]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout


def main():
    failures, compared = [], 0
    engine = "jit" if binary.has_llvm() else "c"
    paths = [arrays_test.HERE / (name + ".ad") for name in PROGRAMS]
    for left_out in passes() + [",".join(passes())]:
        for path in paths:
            wrong, count = compare(path, left_out, engine)
            failures += wrong
            compared += count
    plain = {path: loops(path) for path in paths}
    for left_out in passes():
        if all(loops(path, "--without", left_out) == plain[path] for path in paths):
            failures.append("%s: no program is another without it" % left_out)
    print("\n".join(failures))
    print("%d programs without each of %d passes, %d values compared, %d failed" % (
        len(paths), len(passes()), compared, len(failures)))
    return 1 if failures or not compared else 0


if __name__ == "__main__":
    sys.exit(main())
