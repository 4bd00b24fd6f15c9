/* Rosenbrock's function: one pass, each term giving to two entries, the second carried along. */
#include "rosenbrock.h"
#include "bench.h"

static int64_t n;
static double *x;

static void prepare(const int64_t *size, struct bench_source *source)
{
    n = size[0];
    x = bench_reals(source, (size_t)n, -1, 2);
}

static size_t entries(void)
{
    return (size_t)n;
}

static double operations(void)
{
    return 13.0 * (double)n;
}

static double bytes(void)
{
    return 16.0 * (double)n;
}

static double objective(void)
{
    double sum = 0;
    for (int64_t i = 0; i < n - 1; i++) {
        double t = x[i + 1] - x[i] * x[i], u = 1 - x[i];
        sum += 100 * t * t + u * u;
    }
    return sum;
}

static double by_hand(int64_t count, const double *restrict at, double *restrict grad)
{
    double sum = 0, carried = 0;
    for (int64_t i = 0; i < count - 1; i++) {
        double t = at[i + 1] - at[i] * at[i], u = 1 - at[i];
        sum += 100 * t * t + u * u;
        grad[i] = carried - 400 * t * at[i] - 2 * u;
        carried = 200 * t;
    }
    grad[count - 1] = carried;
    return sum;
}

static double gradient(double *grad)
{
    return by_hand(n, x, grad);
}

static size_t work(void *size)
{
    return ((__typeof__(&rosenbrock_grad_work))size)(n);
}

static int compiled(const struct bench_call *call, double *value, double *grad)
{
    return ((__typeof__(&rosenbrock_grad))call->function)(n, x, value, grad, call->work);
}

const struct bench_problem bench_problem = {
    "rosenbrock_grad", 1, prepare, entries, operations, bytes, objective, gradient, work, compiled,
};
