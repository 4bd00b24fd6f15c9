/* The mixture of Gaussians of ADBench with its Wishart prior. */
#include "gmm.h"
#include "mixture.h"

#include <string.h>

static struct mixture mix;
static double gamma_prior;
static int64_t m_prior;

static void prepare(const int64_t *size, struct bench_source *source)
{
    mix.N = size[0], mix.D = size[1], mix.K = size[2];
    mix.triangle = mix.D * (mix.D + 1) / 2;
    mix.alpha = bench_reals(source, (size_t)mix.K, -1, 1);
    mix.mu = bench_reals(source, (size_t)(mix.K * mix.D), 0, 1);
    mix.icf = bench_reals(source, (size_t)(mix.K * mix.triangle), -1, 1);
    mix.x = bench_reals(source, (size_t)(mix.N * mix.D), 0, 1);
    gamma_prior = bench_real(source, 1, 1);
    m_prior = (int64_t)bench_real(source, 0, 0);
    mixture_rooms(&mix);
}

static size_t entries(void)
{
    return (size_t)(mix.K * (1 + mix.D + mix.triangle));
}

/* With what does not depend on the point moved out of the sum over points. */
static double operations(void)
{
    double d = (double)mix.D;
    return (double)(mix.N * mix.K) * (2 * d * (d + 1) + 5 * d + 8);
}

static double bytes(void)
{
    return 8.0 * (2.0 * (double)entries() + (double)(mix.N * mix.D));
}

/* All but the points: value, and what it adds to the gradient if that is wanted. */
static double rest(double *alpha_bar, double *icf_bar)
{
    const double pi = 3.14159265358979323846, d = (double)mix.D, nu = d + (double)m_prior + 1;
    double log_gamma = 0.25 * d * (d - 1) * log(pi), prior = 0, square = gamma_prior * gamma_prior;
    double all = mixture_logsumexp(mix.alpha, mix.K);
    for (int64_t j = 0; j < mix.D; j++) log_gamma += lgamma(0.5 * (nu - (double)j));
    double scale = nu * d * (log(gamma_prior) - 0.5 * log(2)) - log_gamma;
    for (int64_t k = 0; k < mix.K; k++) {
        const double *row = mix.icf + k * mix.triangle, *diagonal = mix.diagonal + k * mix.D;
        double *bar = icf_bar ? icf_bar + k * mix.triangle : NULL, sum = 0;
        for (int64_t r = 0; r < mix.D; r++) sum += diagonal[r] * diagonal[r];
        for (int64_t i = mix.D; i < mix.triangle; i++) sum += row[i] * row[i];
        prior += 0.5 * square * sum - (double)m_prior * mix.logdet[k];
        if (!bar) continue;
        for (int64_t r = 0; r < mix.D; r++)
            bar[r] += square * diagonal[r] * diagonal[r] - (double)m_prior;
        for (int64_t i = mix.D; i < mix.triangle; i++) bar[i] += square * row[i];
        alpha_bar[k] -= (double)mix.N * exp(mix.alpha[k] - all);
    }
    return -0.5 * (double)mix.N * d * log(2 * pi) - (double)mix.N * all + prior -
           (double)mix.K * scale;
}

static double objective(void)
{
    double sum = 0;
    mixture_begin(&mix);
    for (int64_t n = 0; n < mix.N; n++) sum += mixture_point(&mix, n, 0);
    return sum + rest(NULL, NULL);
}

static double gradient(double *grad)
{
    double *mu_bar = grad + mix.K, *icf_bar = mu_bar + mix.K * mix.D, sum = 0;
    memset(grad, 0, entries() * sizeof *grad);
    mixture_begin(&mix);
    for (int64_t n = 0; n < mix.N; n++) {
        sum += mixture_point(&mix, n, 1);
        for (int64_t k = 0; k < mix.K; k++) {
            grad[k] += mix.share[k];
            mixture_back(&mix, k, mix.share[k], mu_bar + k * mix.D, icf_bar + k * mix.triangle);
        }
    }
    return sum + rest(grad, icf_bar);
}

static size_t work(void *size)
{
    return ((__typeof__(&gmm_grad_work))size)(mix.K, mix.D, mix.N, m_prior);
}

static int compiled(const struct bench_call *call, double *value, double *grad)
{
    double *mu_bar = grad + mix.K, *icf_bar = mu_bar + mix.K * mix.D;
    return ((__typeof__(&gmm_grad))call->function)(mix.K, mix.D, mix.N, mix.alpha, mix.mu, mix.icf,
                                                   mix.x, gamma_prior, m_prior, value, grad, mu_bar,
                                                   icf_bar, call->work);
}

const struct bench_problem bench_problem = {
    "gmm_grad", 3, prepare, entries, operations, bytes, objective, gradient, work, compiled,
};
