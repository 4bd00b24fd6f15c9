/* Logarithm of a sum of exponentials: the exponentials are kept as the gradient and scaled. */
#include "log_sum_exp.h"
#include "bench.h"

#include <math.h>

static int64_t n;
static double *x;

static void prepare(const int64_t *size, struct bench_source *source)
{
    n = size[0];
    x = bench_reals(source, (size_t)n, -5, 5);
}

static size_t entries(void)
{
    return (size_t)n;
}

static double operations(void)
{
    return 5.0 * (double)n;
}

static double bytes(void)
{
    return 16.0 * (double)n;
}

static double largest(int64_t count, const double *at)
{
    double top = at[0];
    for (int64_t i = 1; i < count; i++) top = at[i] > top ? at[i] : top;
    return top;
}

static double objective(void)
{
    double top = largest(n, x), sum = 0;
    for (int64_t i = 0; i < n; i++) sum += exp(x[i] - top);
    return top + log(sum);
}

static double by_hand(int64_t count, const double *restrict at, double *restrict grad)
{
    double top = largest(count, at), sum = 0;
    for (int64_t i = 0; i < count; i++) {
        grad[i] = exp(at[i] - top);
        sum += grad[i];
    }
    double scale = 1 / sum;
    for (int64_t i = 0; i < count; i++) grad[i] *= scale;
    return top + log(sum);
}

static double gradient(double *grad)
{
    return by_hand(n, x, grad);
}

static size_t work(void *size)
{
    return ((__typeof__(&log_sum_exp_grad_work))size)(n);
}

static int compiled(const struct bench_call *call, double *value, double *grad)
{
    return ((__typeof__(&log_sum_exp_grad))call->function)(n, x, value, grad, call->work);
}

const struct bench_problem bench_problem = {
    "log_sum_exp_grad", 1, prepare, entries, operations, bytes, objective, gradient, work, compiled,
};
