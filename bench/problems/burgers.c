/* Residual of Burgers' equation: each point gives to itself and its neighbours; two sums are carried
 * along, so that every entry is written once. */
#include "burgers.h"
#include "bench.h"

static int64_t n;
static double *u, *old, nu, dx, dt;

static void prepare(const int64_t *size, struct bench_source *source)
{
    n = size[0];
    u = bench_reals(source, (size_t)n, -1, 1);
    old = bench_reals(source, (size_t)n, -1, 1);
    nu = bench_real(source, 0.01, 0.01);
    dx = bench_real(source, 0.1, 0.1);
    dt = bench_real(source, 0.01, 0.01);
}

static size_t entries(void)
{
    return (size_t)n;
}

static double operations(void)
{
    return 25.0 * (double)n;
}

static double bytes(void)
{
    return 24.0 * (double)n;
}

static double objective(void)
{
    double sum = 0, a = 1 / dt, b = 1 / (2 * dx), c = nu / (dx * dx);
    for (int64_t i = 1; i < n - 1; i++) {
        double residual = (u[i] - old[i]) * a + u[i] * (u[i + 1] - u[i - 1]) * b -
                          c * (u[i + 1] - 2 * u[i] + u[i - 1]);
        sum += residual * residual;
    }
    return 0.5 * sum;
}

static double by_hand(int64_t count, const double *restrict now, const double *restrict before,
                      double *restrict grad)
{
    double sum = 0, a = 1 / dt, b = 1 / (2 * dx), c = nu / (dx * dx);
    double here = 0, left = 0; /* what is known of entries i and i - 1 */
    for (int64_t i = 1; i < count - 1; i++) {
        double slope = (now[i + 1] - now[i - 1]) * b;
        double residual =
            (now[i] - before[i]) * a + now[i] * slope - c * (now[i + 1] - 2 * now[i] + now[i - 1]);
        sum += residual * residual;
        grad[i - 1] = left - residual * (now[i] * b + c);
        left = here + residual * (a + slope + 2 * c);
        here = residual * (now[i] * b - c);
    }
    grad[count - 2] = left;
    grad[count - 1] = here;
    return 0.5 * sum;
}

static double gradient(double *grad)
{
    return by_hand(n, u, old, grad);
}

static size_t work(void *size)
{
    return ((__typeof__(&burgers_grad_work))size)(n);
}

static int compiled(const struct bench_call *call, double *value, double *grad)
{
    return ((__typeof__(&burgers_grad))call->function)(n, u, old, nu, dx, dt, value, grad,
                                                       call->work);
}

const struct bench_problem bench_problem = {
    "burgers_grad", 1, prepare, entries, operations, bytes, objective, gradient, work, compiled,
};
