/* Many paths, one after the other: the states of one are kept at a time. */
#include "lotka_volterra_ensemble.h"
#include "bench.h"

#include <string.h>

static int64_t S, T;
static double *rate, *u0, *seen, *path, h;

static void prepare(const int64_t *size, struct bench_source *source)
{
    S = size[0], T = size[1];
    rate = bench_reals(source, 4, 0.4, 0.6);
    u0 = bench_reals(source, (size_t)(2 * S), 0.9, 1.2);
    seen = bench_reals(source, (size_t)(2 * S), 0.5, 1.5);
    h = bench_real(source, 0.01, 0.01);
    path = bench_room((size_t)(2 * T + 2));
}

static size_t entries(void)
{
    return (size_t)(4 + 2 * S);
}

static double operations(void)
{
    return (double)S * (double)T * (4 * 7 + 30 + 4 * 20 + 34);
}

static double bytes(void)
{
    return 8.0 * (double)(6 * S + 8);
}

static void slope(const double r[4], const double u[2], double out[2])
{
    double both = u[0] * u[1];
    out[0] = r[0] * u[0] - r[1] * both;
    out[1] = r[2] * both - r[3] * u[1];
}

struct stages {
    double u[4][2], slope[4][2]; /* where the slopes are taken, and these */
};

static void stages(const double r[4], const double u[2], double step, struct stages *s)
{
    static const double part[4] = {0, 0.5, 0.5, 1};
    memcpy(s->u[0], u, sizeof s->u[0]);
    slope(r, u, s->slope[0]);
    for (int i = 1; i < 4; i++) {
        for (int c = 0; c < 2; c++) s->u[i][c] = u[c] + part[i] * step * s->slope[i - 1][c];
        slope(r, s->u[i], s->slope[i]);
    }
}

/* Squared distance of the path's end from what was seen. */
static double forward(const double *begin, const double *goal, double *restrict at)
{
    double loss = 0;
    struct stages s;
    at[0] = begin[0], at[1] = begin[1];
    for (int64_t t = 0; t < T; t++, at += 2) {
        stages(rate, at, h, &s);
        for (int c = 0; c < 2; c++) {
            double sum = s.slope[0][c] + 2 * s.slope[1][c] + 2 * s.slope[2][c] + s.slope[3][c];
            at[2 + c] = at[c] + h / 6 * sum;
        }
    }
    for (int c = 0; c < 2; c++) loss += (at[c] - goal[c]) * (at[c] - goal[c]);
    return loss;
}

static double objective(void)
{
    double loss = 0;
    for (int64_t s = 0; s < S; s++) loss += forward(u0 + 2 * s, seen + 2 * s, path);
    return loss;
}

/* What a slope's cotangent gives to the rates and to the state it was taken at. */
static void slope_back(const double r[4], const double u[2], const double bar[2], double r_bar[4],
                       double u_bar[2])
{
    double both = u[0] * u[1], both_bar = r[2] * bar[1] - r[1] * bar[0];
    r_bar[0] += bar[0] * u[0];
    r_bar[1] -= bar[0] * both;
    r_bar[2] += bar[1] * both;
    r_bar[3] -= bar[1] * u[1];
    u_bar[0] = r[0] * bar[0] + both_bar * u[1];
    u_bar[1] = both_bar * u[0] - r[3] * bar[1];
}

/* Back from the end of the path at hand: adds to r_bar; bar[] becomes that of its beginning. */
static void backward(double r_bar[4], double bar[2])
{
    static const double weight[4] = {1, 2, 2, 1}, part[4] = {0, 0.5, 0.5, 1};
    struct stages s;
    for (int64_t t = T - 1; t >= 0; t--) {
        double given[2] = {0}, from[2], sum[2];
        stages(rate, path + 2 * t, h, &s);
        memcpy(sum, bar, sizeof sum);
        for (int i = 3; i >= 0; i--) {
            double slope_bar[2];
            for (int c = 0; c < 2; c++) slope_bar[c] = h / 6 * weight[i] * bar[c] + given[c];
            slope_back(rate, s.u[i], slope_bar, r_bar, from);
            for (int c = 0; c < 2; c++) {
                sum[c] += from[c];
                given[c] = part[i] * h * from[c];
            }
        }
        memcpy(bar, sum, sizeof sum);
    }
}

static double gradient(double *grad)
{
    double value = 0, r_bar[4] = {0};
    for (int64_t s = 0; s < S; s++) {
        double *bar = grad + 4 + 2 * s;
        value += forward(u0 + 2 * s, seen + 2 * s, path);
        for (int c = 0; c < 2; c++) bar[c] = 2 * (path[2 * T + c] - seen[2 * s + c]);
        backward(r_bar, bar);
    }
    memcpy(grad, r_bar, sizeof r_bar);
    return value;
}

static size_t work(void *size)
{
    return ((__typeof__(&lotka_volterra_ensemble_grad_work))size)(S, T);
}

static int compiled(const struct bench_call *call, double *value, double *grad)
{
    return ((__typeof__(&lotka_volterra_ensemble_grad))call->function)(
        S, rate, u0, seen, h, T, value, grad, grad + 4, call->work);
}

const struct bench_problem bench_problem = {
    "lotka_volterra_ensemble_grad",
    2,
    prepare,
    entries,
    operations,
    bytes,
    objective,
    gradient,
    work,
    compiled,
};
