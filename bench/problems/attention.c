/* One head of attention, row by row: the weights of a row are in hand when its part of the gradient
 * is made, so no matrix of N by N is kept. */
#include "attention.h"
#include "bench.h"

#include <math.h>
#include <string.h>

static int64_t N, D;
static double *q, *k, *v, *goal, *weight, *bar;

static void prepare(const int64_t *size, struct bench_source *source)
{
    N = size[0], D = size[1];
    size_t count = (size_t)(N * D);
    q = bench_reals(source, count, -1, 1);
    k = bench_reals(source, count, -1, 1);
    v = bench_reals(source, count, -1, 1);
    goal = bench_reals(source, count, -1, 1);
    weight = bench_room((size_t)N);
    bar = bench_room((size_t)N);
}

static size_t entries(void)
{
    return (size_t)(3 * N * D);
}

static double operations(void)
{
    return (double)(N * N) * (10.0 * (double)D + 8);
}

static double bytes(void)
{
    return 56.0 * (double)(N * D);
}

/* weight = softmax(k row / sqrt(D)) */
static void weigh(const double *restrict row)
{
    double top = -INFINITY, sum = 0, scale = 1 / sqrt((double)D);
    for (int64_t j = 0; j < N; j++) {
        double dot = 0;
        for (int64_t d = 0; d < D; d++) dot += row[d] * k[j * D + d];
        weight[j] = dot * scale;
        top = weight[j] > top ? weight[j] : top;
    }
    for (int64_t j = 0; j < N; j++) {
        weight[j] = exp(weight[j] - top);
        sum += weight[j];
    }
    for (int64_t j = 0; j < N; j++) weight[j] /= sum;
}

static double objective(void)
{
    double sum = 0;
    for (int64_t i = 0; i < N; i++) {
        weigh(q + i * D);
        for (int64_t j = 0; j < N; j++) {
            double dot = 0;
            for (int64_t d = 0; d < D; d++) dot += v[j * D + d] * goal[i * D + d];
            sum += weight[j] * dot;
        }
    }
    return sum;
}

/* The part of row i; its value. */
static double row_back(int64_t i, double *restrict q_bar, double *restrict k_bar,
                       double *restrict v_bar)
{
    const double *restrict qi = q + i * D, *restrict gi = goal + i * D;
    double mean = 0, scale = 1 / sqrt((double)D);
    weigh(qi);
    for (int64_t j = 0; j < N; j++) {
        double dot = 0;
        for (int64_t d = 0; d < D; d++) dot += v[j * D + d] * gi[d];
        bar[j] = dot;
        mean += weight[j] * dot;
    }
    for (int64_t j = 0; j < N; j++) {
        double p = weight[j], s = scale * p * (bar[j] - mean);
        for (int64_t d = 0; d < D; d++) {
            v_bar[j * D + d] += p * gi[d];
            q_bar[i * D + d] += s * k[j * D + d];
            k_bar[j * D + d] += s * qi[d];
        }
    }
    return mean;
}

static double gradient(double *grad)
{
    double sum = 0;
    memset(grad, 0, entries() * sizeof *grad);
    for (int64_t i = 0; i < N; i++) sum += row_back(i, grad, grad + N * D, grad + 2 * N * D);
    return sum;
}

static size_t work(void *size)
{
    return ((__typeof__(&attention_grad_work))size)(N, D);
}

static int compiled(const struct bench_call *call, double *value, double *grad)
{
    return ((__typeof__(&attention_grad))call->function)(
        N, D, q, k, v, goal, value, grad, grad + N * D, grad + 2 * N * D, call->work);
}

const struct bench_problem bench_problem = {
    "attention_grad", 2, prepare, entries, operations, bytes, objective, gradient, work, compiled,
};
