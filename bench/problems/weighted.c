/* The mixture of Gaussians whose points count by a weight each. */
#include "weighted.h"
#include "mixture.h"

#include <string.h>

static struct mixture mix;
static double *weight, total;

static void prepare(const int64_t *size, struct bench_source *source)
{
    mix.N = size[0], mix.D = size[1], mix.K = size[2];
    mix.triangle = mix.D * (mix.D + 1) / 2;
    mix.x = bench_reals(source, (size_t)(mix.N * mix.D), 0, 1);
    weight = bench_reals(source, (size_t)mix.N, 0.5, 1.5);
    mix.alpha = bench_reals(source, (size_t)mix.K, -1, 1);
    mix.icf = bench_reals(source, (size_t)(mix.K * mix.triangle), -1, 1);
    mix.mu = bench_reals(source, (size_t)(mix.K * mix.D), 0, 1);
    mixture_rooms(&mix);
}

static size_t entries(void)
{
    return (size_t)(mix.K * (1 + mix.D + mix.triangle));
}

static double operations(void)
{
    double d = (double)mix.D;
    return (double)(mix.N * mix.K) * (2 * d * (d + 1) + 5 * d + 9);
}

static double bytes(void)
{
    return 8.0 * (2.0 * (double)entries() + (double)(mix.N * (mix.D + 1)));
}

static double objective(void)
{
    double sum = 0;
    total = 0;
    mixture_begin(&mix);
    for (int64_t n = 0; n < mix.N; n++) {
        sum += weight[n] * mixture_point(&mix, n, 0);
        total += weight[n];
    }
    return sum - total * mixture_logsumexp(mix.alpha, mix.K);
}

static double gradient(double *grad)
{
    double *icf_bar = grad + mix.K, *mu_bar = icf_bar + mix.K * mix.triangle, sum = 0;
    memset(grad, 0, entries() * sizeof *grad);
    total = 0;
    mixture_begin(&mix);
    for (int64_t n = 0; n < mix.N; n++) {
        sum += weight[n] * mixture_point(&mix, n, 1);
        total += weight[n];
        for (int64_t k = 0; k < mix.K; k++) {
            double share = weight[n] * mix.share[k];
            grad[k] += share;
            mixture_back(&mix, k, share, mu_bar + k * mix.D, icf_bar + k * mix.triangle);
        }
    }
    double all = mixture_logsumexp(mix.alpha, mix.K);
    for (int64_t k = 0; k < mix.K; k++) grad[k] -= total * exp(mix.alpha[k] - all);
    return sum - total * all;
}

static size_t work(void *size)
{
    return ((__typeof__(&weighted_grad_work))size)(mix.N, mix.D, mix.K);
}

static int compiled(const struct bench_call *call, double *value, double *grad)
{
    double *icf_bar = grad + mix.K, *mu_bar = icf_bar + mix.K * mix.triangle;
    return ((__typeof__(&weighted_grad))call->function)(mix.N, mix.D, mix.K, mix.x, weight,
                                                        mix.alpha, mix.icf, mix.mu, value, grad,
                                                        icf_bar, mu_bar, call->work);
}

const struct bench_problem bench_problem = {
    "weighted_grad", 3, prepare, entries, operations, bytes, objective, gradient, work, compiled,
};
