/* Soft warping of time: the table of distances forward, then what each cell is worth backward, from
 * its three followers (Cuturi and Blondel 2017, algorithm 2). */
#include "soft_dtw.h"
#include "bench.h"

#include <math.h>
#include <string.h>

static int64_t N, M;
static double *a, *b, *table, *worth, soft;

static void prepare(const int64_t *size, struct bench_source *source)
{
    N = size[0], M = size[1];
    a = bench_reals(source, (size_t)N, -1, 1);
    b = bench_reals(source, (size_t)M, -1, 1);
    soft = bench_real(source, 0.1, 0.1);
    table = bench_room((size_t)((N + 2) * (M + 2)));
    worth = bench_room((size_t)(2 * (M + 2)));
}

static size_t entries(void)
{
    return (size_t)N;
}

static double operations(void)
{
    return 28.0 * (double)(N * M);
}

static double bytes(void)
{
    return 16.0 * (double)(N * M);
}

static double softmin(double p, double q, double r)
{
    double low = p < q ? p : q;
    low = r < low ? r : low;
    return low - soft * log(exp((low - p) / soft) + exp((low - q) / soft) + exp((low - r) / soft));
}

static double objective(void)
{
    int64_t row = M + 2;
    for (int64_t j = 0; j <= M; j++) table[j] = INFINITY;
    table[0] = 0;
    for (int64_t i = 1; i <= N; i++) {
        double *restrict now = table + i * row;
        const double *restrict above = now - row;
        now[0] = INFINITY;
        for (int64_t j = 1; j <= M; j++) {
            double off = a[i - 1] - b[j - 1];
            now[j] = off * off + softmin(above[j - 1], above[j], now[j - 1]);
        }
    }
    return table[N * row + M];
}

/* Share of a cell (its value, less its own distance) that a predecessor has. */
static double share(double rest, double predecessor)
{
    return exp((rest - predecessor) / soft);
}

static double gradient(double *grad)
{
    int64_t row = M + 2;
    double value = objective(), *below = worth, *now = worth + row;
    memset(worth, 0, (size_t)(2 * row) * sizeof *worth);
    for (int64_t i = N; i >= 1; i--) {
        const double *restrict at = table + i * row;
        double sum = 0;
        now[M + 1] = 0;
        for (int64_t j = M; j >= 1; j--) {
            double e = i == N && j == M;
            if (i < N) {
                double off = a[i] - b[j - 1];
                e += below[j] * share(at[row + j] - off * off, at[j]);
            }
            if (j < M) {
                double off = a[i - 1] - b[j];
                e += now[j + 1] * share(at[j + 1] - off * off, at[j]);
            }
            if (i < N && j < M) {
                double off = a[i] - b[j];
                e += below[j + 1] * share(at[row + j + 1] - off * off, at[j]);
            }
            now[j] = e;
            sum += e * 2 * (a[i - 1] - b[j - 1]);
        }
        grad[i - 1] = sum;
        double *swap = below;
        below = now, now = swap;
    }
    return value;
}

static size_t work(void *size)
{
    return ((__typeof__(&soft_dtw_grad_work))size)(N, M);
}

static int compiled(const struct bench_call *call, double *value, double *grad)
{
    return ((__typeof__(&soft_dtw_grad))call->function)(N, M, a, b, soft, value, grad, call->work);
}

const struct bench_problem bench_problem = {
    "soft_dtw_grad", 2, prepare, entries, operations, bytes, objective, gradient, work, compiled,
};
