/* Convolution on a line. In blocks that stay in the cache; the inner loops run along the line, where
 * they can be vectorised, for one weight after the other. */
#include "convolution.h"
#include "bench.h"

#include <string.h>

enum { BLOCK = 512 };
static int64_t N, K;
static double *x, *w, *goal;

static void prepare(const int64_t *size, struct bench_source *source)
{
    N = size[0], K = size[1];
    x = bench_reals(source, (size_t)(N + K - 1), -1, 1);
    w = bench_reals(source, (size_t)K, -1, 1);
    goal = bench_reals(source, (size_t)N, -1, 1);
}

static size_t entries(void)
{
    return (size_t)(N + K - 1 + K);
}

static double operations(void)
{
    return 6.0 * (double)(N * K);
}

static double bytes(void)
{
    return 24.0 * (double)N;
}

/* off = filtered - goal of the points from `first`, less than BLOCK of them. */
static void filtered(int64_t first, int64_t count, double *restrict off)
{
    const double *restrict in = x + first;
    for (int64_t i = 0; i < count; i++) off[i] = -goal[first + i];
    for (int64_t k = 0; k < K; k++)
        for (int64_t i = 0; i < count; i++) off[i] += w[k] * in[i + k];
}

static double objective(void)
{
    double sum = 0, off[BLOCK];
    for (int64_t first = 0; first < N; first += BLOCK) {
        int64_t count = N - first < BLOCK ? N - first : BLOCK;
        filtered(first, count, off);
        for (int64_t i = 0; i < count; i++) sum += off[i] * off[i];
    }
    return 0.5 * sum;
}

static double by_hand(double *restrict x_bar, double *restrict w_bar)
{
    double sum = 0, off[BLOCK];
    memset(x_bar, 0, (size_t)(N + K - 1) * sizeof *x_bar);
    memset(w_bar, 0, (size_t)K * sizeof *w_bar);
    for (int64_t first = 0; first < N; first += BLOCK) {
        int64_t count = N - first < BLOCK ? N - first : BLOCK;
        const double *restrict in = x + first;
        double *restrict out = x_bar + first;
        filtered(first, count, off);
        for (int64_t i = 0; i < count; i++) sum += off[i] * off[i];
        for (int64_t k = 0; k < K; k++) {
            double dot = 0;
            for (int64_t i = 0; i < count; i++) out[i + k] += w[k] * off[i];
            for (int64_t i = 0; i < count; i++) dot += off[i] * in[i + k];
            w_bar[k] += dot;
        }
    }
    return 0.5 * sum;
}

static double gradient(double *grad)
{
    return by_hand(grad, grad + N + K - 1);
}

static size_t work(void *size)
{
    return ((__typeof__(&convolution_grad_work))size)(K, N);
}

static int compiled(const struct bench_call *call, double *value, double *grad)
{
    return ((__typeof__(&convolution_grad))call->function)(K, N, x, w, goal, value, grad,
                                                           grad + N + K - 1, call->work);
}

const struct bench_problem bench_problem = {
    "convolution_grad", 2, prepare, entries, operations, bytes, objective, gradient, work, compiled,
};
