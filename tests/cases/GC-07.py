"""GC-07: a straight-line function of 200 000 temporaries runs in a thread with a 512 KiB stack, at -O0 and -O2,
with the caller's workspace and with its own; its gradient at a tenth of the size."""
import time

from common import Scratch

CALLS = {
    "value": "#define WORK f_work\n#define CALL(r, w) f(0.5, 0.25, r, w)\n",
    "grad": "#define WORK f_grad_work\n#define CALL(r, w) f_grad(0.5, 0.25, r, &gx, &gy, w)\n",
}
HOST = r"""
#include "f.h"
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
static void *run(void *failed)
{
    double result, gx = 0, gy = 0, again;
    void *work = malloc(WORK());
    int status = CALL(&result, work);
    if (status == 0) status = CALL(&again, NULL);
    free(work);
    if (status == 0 && again == result) printf("%.17g %.17g %.17g\n", result, gx, gy);
    else *(int *)failed = 1;
    return NULL;
}
int main(void)
{
    pthread_attr_t attributes;
    pthread_t thread;
    int failed = 0;
    pthread_attr_init(&attributes);
    if (pthread_attr_setstacksize(&attributes, 512 * 1024)) return 2;
    if (pthread_create(&thread, &attributes, run, &failed)) return 3;
    pthread_join(thread, NULL);
    return failed;
}
"""


def program(n):
    """Each line uses its two predecessors nonlinearly, so that the adjoint needs them all again."""
    lines = ["export fn f(var x: real, var y: real) -> real {", "  let t0 = x*y", "  let t1 = x + y"]
    for i in range(2, n):
        lines.append("  let t%d = 0.5*t%d*t%d + y" % (i, i - 1, i - 2))
    return "\n".join(lines + ["  t%d" % (n - 1), "}"]) + "\n"


def expected(n, x, y):
    """The same recurrence with its tangents, in the order of the program."""
    a, b = (x*y, y, x), (x + y, 1.0, 1.0)
    for _ in range(2, n):
        value = 0.5*b[0]*a[0] + y
        dx = 0.5*(b[1]*a[0] + b[0]*a[1])
        dy = 0.5*(b[2]*a[0] + b[0]*a[2]) + 1
        a, b = b, (value, dx, dy)
    return b


def try_out(scratch, n, product, compiler, level):
    start = time.monotonic()
    source = scratch.build("f", program(n), "--derive=" + product, plain=True, timeout=120)
    built = time.monotonic()
    host = scratch.write("host.c", CALLS[product] + HOST)
    out = scratch.run(compiler, "host", "-std=c99", "-D_POSIX_C_SOURCE=200809L", level, host, source, timeout=400)
    print("%s of %d: adc %.1f s, %s %s %.1f s" % (product, n, built - start, compiler, level, time.monotonic() - built))
    want = expected(n, 0.5, 0.25)
    got = [float(word) for word in out.split()][:1 if product == "value" else 3]
    assert all(abs(g - w) <= 1e-12*max(1, abs(w)) for g, w in zip(got, want)), (got, want)


with Scratch() as scratch:
    try_out(scratch, 200000, "value", "gcc", "-O0")
    try_out(scratch, 200000, "value", "gcc", "-O2")
    try_out(scratch, 20000, "value", "clang", "-O2")
    try_out(scratch, 20000, "grad", "gcc", "-O0")
