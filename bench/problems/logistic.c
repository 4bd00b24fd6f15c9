/* Logistic regression: one pass over the samples, a dot product and an update of the gradient each;
 * one exponential serves loss and slope. */
#include "logistic.h"
#include "bench.h"

#include <math.h>
#include <string.h>

static int64_t N, D;
static double *w, *x, *y, b, ridge;

static void prepare(const int64_t *size, struct bench_source *source)
{
    N = size[0], D = size[1];
    w = bench_reals(source, (size_t)D, -0.5, 0.5);
    b = bench_real(source, -1, 1);
    x = bench_reals(source, (size_t)(N * D), -1, 1);
    y = bench_reals(source, (size_t)N, 0, 1);
    for (int64_t n = 0; n < N; n++) y[n] = y[n] > 0.5;
    ridge = bench_real(source, 0.01, 0.02);
}

static size_t entries(void)
{
    return (size_t)(D + 1);
}

static double operations(void)
{
    return (double)N * (4.0 * (double)D + 10);
}

static double bytes(void)
{
    return 8.0 * (double)(N * (D + 1) + 2 * D);
}

static double objective(void)
{
    double sum = 0, square = 0;
    for (int64_t n = 0; n < N; n++) {
        double z = b;
        for (int64_t d = 0; d < D; d++) z += x[n * D + d] * w[d];
        sum += fmax(z, 0) + log1p(exp(-fabs(z))) - y[n] * z;
    }
    for (int64_t d = 0; d < D; d++) square += w[d] * w[d];
    return sum / (double)N + 0.5 * ridge * square;
}

static double by_hand(const double *restrict at, const double *restrict sample,
                      double *restrict grad)
{
    double sum = 0, square = 0, b_bar = 0;
    memset(grad, 0, (size_t)(D + 1) * sizeof *grad);
    for (int64_t n = 0; n < N; n++) {
        const double *restrict row = sample + n * D;
        double z = b;
        for (int64_t d = 0; d < D; d++) z += row[d] * at[d];
        double small = exp(-fabs(z)), p = (z >= 0 ? 1 : small) / (1 + small), off = p - y[n];
        sum += (z > 0 ? z : 0) + log1p(small) - y[n] * z;
        b_bar += off;
        for (int64_t d = 0; d < D; d++) grad[d] += off * row[d];
    }
    for (int64_t d = 0; d < D; d++) {
        square += at[d] * at[d];
        grad[d] = grad[d] / (double)N + ridge * at[d];
    }
    grad[D] = b_bar / (double)N;
    return sum / (double)N + 0.5 * ridge * square;
}

static double gradient(double *grad)
{
    return by_hand(w, x, grad);
}

static size_t work(void *size)
{
    return ((__typeof__(&logistic_grad_work))size)(D, N);
}

static int compiled(const struct bench_call *call, double *value, double *grad)
{
    return ((__typeof__(&logistic_grad))call->function)(D, N, w, b, x, y, ridge, value, grad,
                                                        grad + D, call->work);
}

const struct bench_problem bench_problem = {
    "logistic_grad", 2, prepare, entries, operations, bytes, objective, gradient, work, compiled,
};
