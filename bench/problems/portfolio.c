/* Options by Black and Scholes: the slopes are the Greeks in closed form (delta, vega, rho), which
 * share everything with the price. */
#include "portfolio.h"
#include "bench.h"

#include <math.h>

static int64_t n;
static double *spot, *sigma, *strike, *T, *held, r;

static void prepare(const int64_t *size, struct bench_source *source)
{
    n = size[0];
    spot = bench_reals(source, (size_t)n, 50, 150);
    sigma = bench_reals(source, (size_t)n, 0.1, 0.5);
    r = bench_real(source, 0.01, 0.05);
    strike = bench_reals(source, (size_t)n, 50, 150);
    T = bench_reals(source, (size_t)n, 0.1, 2);
    held = bench_reals(source, (size_t)n, -1, 1);
}

static size_t entries(void)
{
    return (size_t)(2 * n + 1);
}

static double operations(void)
{
    return 35.0 * (double)n;
}

static double bytes(void)
{
    return 56.0 * (double)n;
}

static double normal(double x)
{
    return 0.5 * erfc(-x * 0.70710678118654752440);
}

static double objective(void)
{
    double sum = 0;
    for (int64_t i = 0; i < n; i++) {
        double q = sigma[i] * sqrt(T[i]);
        double d = (log(spot[i] / strike[i]) + (r + 0.5 * sigma[i] * sigma[i]) * T[i]) / q;
        double left = strike[i] * exp(-r * T[i]);
        sum += held[i] * (spot[i] * normal(d) - left * normal(d - q));
    }
    return sum;
}

static double by_hand(double *restrict spot_bar, double *restrict sigma_bar, double *restrict r_bar)
{
    double sum = 0, rho = 0;
    for (int64_t i = 0; i < n; i++) {
        double root = sqrt(T[i]), q = sigma[i] * root;
        double d = (log(spot[i] / strike[i]) + (r + 0.5 * sigma[i] * sigma[i]) * T[i]) / q;
        double left = strike[i] * exp(-r * T[i]), delta = normal(d), below = normal(d - q);
        double density = 0.39894228040143267794 * exp(-0.5 * d * d);
        sum += held[i] * (spot[i] * delta - left * below);
        spot_bar[i] = held[i] * delta;
        sigma_bar[i] = held[i] * spot[i] * density * root;
        rho += held[i] * T[i] * left * below;
    }
    *r_bar = rho;
    return sum;
}

static double gradient(double *grad)
{
    return by_hand(grad, grad + n, grad + 2 * n);
}

static size_t work(void *size)
{
    return ((__typeof__(&portfolio_grad_work))size)(n);
}

static int compiled(const struct bench_call *call, double *value, double *grad)
{
    return ((__typeof__(&portfolio_grad))call->function)(n, spot, sigma, r, strike, T, held, value,
                                                         grad, grad + n, grad + 2 * n, call->work);
}

const struct bench_problem bench_problem = {
    "portfolio_grad", 1, prepare, entries, operations, bytes, objective, gradient, work, compiled,
};
