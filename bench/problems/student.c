/* The mixture with Student's kernel. Triangles lie row by row: the map of a point is dot products of
 * rows, its way back sums of rows. */
#include "student.h"
#include "bench.h"

#include <math.h>
#include <string.h>

static int64_t N, D, K;
static double *point, *centre, *share, *factor, nu;
static double *lower, *logdet, *centred, *mapped, *bar, *weight, *far;

static void prepare(const int64_t *size, struct bench_source *source)
{
    N = size[0], D = size[1], K = size[2];
    point = bench_reals(source, (size_t)(N * D), 0, 1);
    centre = bench_reals(source, (size_t)(K * D), 0, 1);
    share = bench_reals(source, (size_t)K, -1, 1);
    factor = bench_reals(source, (size_t)(K * D * D), -1, 1);
    nu = bench_real(source, 4, 5);
    lower = bench_room((size_t)(K * D * D));
    logdet = bench_room((size_t)K);
    centred = bench_room((size_t)(K * D));
    mapped = bench_room((size_t)(K * D));
    bar = bench_room((size_t)D);
    weight = bench_room((size_t)K);
    far = bench_room((size_t)K);
}

static size_t entries(void)
{
    return (size_t)(K * (1 + D + D * D));
}

static double operations(void)
{
    double d = (double)D;
    return (double)(N * K) * (2 * d * (d + 1) + 5 * d + 14);
}

static double bytes(void)
{
    return 8.0 * (2.0 * (double)entries() + (double)(N * D));
}

static void begin(void)
{
    for (int64_t k = 0; k < K; k++) {
        logdet[k] = 0;
        for (int64_t i = 0; i < D; i++) {
            const double *row = factor + (k * D + i) * D;
            memcpy(lower + (k * D + i) * D, row, (size_t)i * sizeof *row);
            lower[(k * D + i) * D + i] = exp(row[i]);
            logdet[k] += row[i];
        }
    }
}

/* Logarithm of the density; leaves the exponentials and their sum. */
static double density(int64_t n, double *restrict sum)
{
    double top = -INFINITY;
    for (int64_t k = 0; k < K; k++) {
        double *restrict c = centred + k * D, *restrict y = mapped + k * D, square = 0;
        for (int64_t i = 0; i < D; i++) c[i] = point[n * D + i] - centre[k * D + i];
        for (int64_t i = 0; i < D; i++) {
            const double *restrict row = lower + (k * D + i) * D;
            double dot = 0;
            for (int64_t j = 0; j <= i; j++) dot += row[j] * c[j];
            y[i] = dot;
            square += dot * dot;
        }
        far[k] = square;
        weight[k] = share[k] + logdet[k] - 0.5 * (nu + (double)D) * log1p(square / nu);
        top = weight[k] > top ? weight[k] : top;
    }
    *sum = 0;
    for (int64_t k = 0; k < K; k++) *sum += weight[k] = exp(weight[k] - top);
    return top + log(*sum);
}

static double log_of_shares(void)
{
    double top = share[0], sum = 0;
    for (int64_t k = 1; k < K; k++) top = share[k] > top ? share[k] : top;
    for (int64_t k = 0; k < K; k++) sum += exp(share[k] - top);
    return top + log(sum);
}

static double objective(void)
{
    double total = 0, sum;
    begin();
    for (int64_t n = 0; n < N; n++) total += density(n, &sum);
    return total - (double)N * log_of_shares();
}

/* Adds the part of component k; `off` is the adjoint of half the squared length. */
static void back(int64_t k, double p, double off, double *restrict centre_bar,
                 double *restrict factor_bar)
{
    const double *restrict c = centred + k * D, *restrict y = mapped + k * D;
    memset(bar, 0, (size_t)D * sizeof *bar);
    for (int64_t i = 0; i < D; i++) {
        const double *restrict row = lower + (k * D + i) * D;
        double *restrict row_bar = factor_bar + i * D, by = off * y[i];
        for (int64_t j = 0; j < i; j++) {
            row_bar[j] += by * c[j];
            bar[j] += by * row[j];
        }
        row_bar[i] += p + by * c[i] * row[i];
        bar[i] += by * row[i];
    }
    for (int64_t i = 0; i < D; i++) centre_bar[i] -= bar[i];
}

static double gradient(double *grad)
{
    double *share_bar = grad + K * D, *factor_bar = share_bar + K, total = 0, sum;
    memset(grad, 0, entries() * sizeof *grad);
    begin();
    for (int64_t n = 0; n < N; n++) {
        total += density(n, &sum);
        for (int64_t k = 0; k < K; k++) {
            double p = weight[k] / sum, off = -p * (nu + (double)D) / (nu + far[k]);
            share_bar[k] += p;
            back(k, p, off, grad + k * D, factor_bar + k * D * D);
        }
    }
    double all = log_of_shares();
    for (int64_t k = 0; k < K; k++) share_bar[k] -= (double)N * exp(share[k] - all);
    return total - (double)N * all;
}

static size_t work(void *size)
{
    return ((__typeof__(&student_grad_work))size)(N, D, K);
}

static int compiled(const struct bench_call *call, double *value, double *grad)
{
    double *share_bar = grad + K * D, *factor_bar = share_bar + K;
    return ((__typeof__(&student_grad))call->function)(
        N, D, K, point, centre, share, factor, nu, value, grad, share_bar, factor_bar, call->work);
}

const struct bench_problem bench_problem = {
    "student_grad", 3, prepare, entries, operations, bytes, objective, gradient, work, compiled,
};
