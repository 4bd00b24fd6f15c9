"""GC-12: header and source agree on every size: the workspace functions name exactly what the code touches, and the
size of the Hessian is the number of variables. The program is long enough for passes/schedule_parts to cut it."""
from common import Scratch

BIG = 600
HOST = r"""
#include "f.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
/* exactly as many bytes as asked for: one more touched is an error of the address sanitizer */
int main(void)
{
    double result, gx, gy, plain;
    size_t size = f_grad_work();
    char *work = malloc(size ? size : 1);
    if (!work) return 1;
    memset(work, 0xff, size);
    if (f_grad(0.5, 0.25, &result, &gx, &gy, size ? work : NULL) != 0) return 2;
    free(work);
    work = malloc(f_work() ? f_work() : 1);
    if (f(0.5, 0.25, &plain, work) != 0) return 3;
    free(work);
    double *hess = malloc(sizeof(double) * g_hess_size() * g_hess_size());
    work = malloc(g_hess_work() ? g_hess_work() : 1);
    if (g_hess(1, 2, 3, hess, work) != 0) return 4;
    printf("%d %d %d\n", size > 0, plain == plain, (int)g_hess_size());
    free(hess);
    free(work);
    return 0;
}
"""


def program():
    lines = ["export fn f(var x: real, var y: real) -> real {", "  let t0 = x*y", "  let t1 = x + y"]
    lines += ["  let t%d = 0.5*t%d*t%d + y" % (i, i - 1, i - 2) for i in range(2, BIG)]
    return "\n".join(lines + ["  t%d" % (BIG - 1), "}"]) + """
@derive(value, hessian)
export fn g(var a: real, var b: real, var c: real) -> real = a*b*c + a^2
"""


with Scratch() as scratch:
    source = scratch.build("f", program())
    host = scratch.write("host.c", HOST)
    out = scratch.run("gcc", "host", "-std=c99", "-Wall", "-Werror", "-g", "-fsanitize=address,undefined",
                      "-fno-sanitize-recover=all", host, source)
    assert out == "1 1 3\n", out
