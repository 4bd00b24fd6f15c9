/* Kalman's filter and its adjoint by hand: means and variances of every step are kept, what else the
 * adjoint reads is made again. Covariances are symmetric, and so are their adjoints. */
#include "kalman.h"
#include "bench.h"

#include <math.h>
#include <string.h>

enum { MOST = 16 }; /* entries of a state */
static int64_t S, T;
static double *A, *h, *q, *y, *means, *covs, r;

static void prepare(const int64_t *size, struct bench_source *source)
{
    S = size[0], T = size[1];
    A = bench_reals(source, (size_t)(S * S), -0.4, 0.4);
    h = bench_reals(source, (size_t)S, 0.5, 1);
    q = bench_reals(source, (size_t)S, -2, -1);
    r = bench_real(source, -1, -1);
    y = bench_reals(source, (size_t)T, -1, 1);
    means = bench_room((size_t)((T + 1) * S));
    covs = bench_room((size_t)((T + 1) * S * S));
}

static size_t entries(void)
{
    return (size_t)(S * S + 2 * S + 1);
}

static double operations(void)
{
    double s = (double)S;
    return (double)T * (3 * 4 * s * s * s + 20 * s * s + 20 * s + 10);
}

static double bytes(void)
{
    return 8.0 * (double)(T + 2 * S * S + 4 * S);
}

struct step {
    double mean[MOST], half[MOST * MOST], cov[MOST * MOST], gain[MOST]; /* half = A P */
    double e, v;
};

static double dot(const double *u, const double *w)
{
    double sum = 0;
    for (int64_t i = 0; i < S; i++) sum += u[i] * w[i];
    return sum;
}

/* The state moved on, and what is seen of it. */
static void move(const double *restrict m, const double *restrict P, const double *restrict noise,
                 double seen, struct step *restrict s)
{
    memset(s->half, 0, (size_t)(S * S) * sizeof(double));
    for (int64_t i = 0; i < S; i++) {
        s->mean[i] = dot(A + i * S, m);
        for (int64_t k = 0; k < S; k++)
            for (int64_t j = 0; j < S; j++) s->half[i * S + j] += A[i * S + k] * P[k * S + j];
    }
    for (int64_t i = 0; i < S; i++) {
        for (int64_t j = 0; j < S; j++) s->cov[i * S + j] = dot(s->half + i * S, A + j * S);
        s->cov[i * S + i] += noise[i];
        s->gain[i] = dot(s->cov + i * S, h);
    }
    s->e = seen - dot(h, s->mean);
    s->v = dot(h, s->gain) + exp(r);
}

static double forward(const double *noise)
{
    double total = 0;
    struct step s;
    memset(means, 0, (size_t)S * sizeof(double));
    memset(covs, 0, (size_t)(S * S) * sizeof(double));
    for (int64_t i = 0; i < S; i++) covs[i * S + i] = 1;
    for (int64_t t = 0; t < T; t++) {
        double *m = means + (t + 1) * S, *P = covs + (t + 1) * S * S;
        move(m - S, P - S * S, noise, y[t], &s);
        total -= 0.5 * (s.e * s.e / s.v + log(6.28318530717958647693 * s.v));
        for (int64_t i = 0; i < S; i++) {
            m[i] = s.mean[i] + s.gain[i] * (s.e / s.v);
            for (int64_t j = 0; j < S; j++)
                P[i * S + j] = s.cov[i * S + j] - s.gain[i] * s.gain[j] / s.v;
        }
    }
    return total;
}

static void noises(double *noise)
{
    for (int64_t i = 0; i < S; i++) noise[i] = exp(q[i]);
}

static double objective(void)
{
    double noise[MOST] = {0};
    noises(noise);
    return forward(noise);
}

struct adjoint {
    double m[MOST], P[MOST * MOST]; /* of the state behind the step, then before it */
    double *A, *h, *noise, r;       /* sums */
};

/* Adjoints of mean and cov in bar->m and bar->P, from those of the state behind the step. */
static void update_back(const struct step *s, struct adjoint *bar)
{
    double gain[MOST], e = s->e, v = s->v;
    double e_bar = dot(bar->m, s->gain) / v - e / v;
    double v_bar = -dot(bar->m, s->gain) * e / (v * v) + 0.5 * (e * e / v - 1) / v;
    for (int64_t i = 0; i < S; i++) {
        double both = dot(bar->P + i * S, s->gain);
        v_bar += s->gain[i] * both / (v * v);
        gain[i] = bar->m[i] * e / v - 2 * both / v;
    }
    for (int64_t i = 0; i < S; i++) {
        gain[i] += v_bar * h[i];
        bar->h[i] += v_bar * s->gain[i] - e_bar * s->mean[i];
        bar->m[i] -= e_bar * h[i];
    }
    for (int64_t i = 0; i < S; i++) {
        for (int64_t j = 0; j < S; j++) {
            bar->h[j] += gain[i] * s->cov[i * S + j];
            bar->P[i * S + j] += 0.5 * (gain[i] * h[j] + gain[j] * h[i]);
        }
    }
    bar->r += v_bar;
}

/* Through mean = A m and cov = A P A' + noise; bar->P is symmetric. */
static void move_back(const double *restrict m, const struct step *restrict s,
                      struct adjoint *restrict bar)
{
    double half[MOST * MOST] = {0}, before[MOST] = {0};
    for (int64_t i = 0; i < S; i++) {
        bar->noise[i] += bar->P[i * S + i];
        for (int64_t j = 0; j < S; j++) {
            bar->A[i * S + j] += bar->m[i] * m[j];
            before[j] += bar->m[i] * A[i * S + j];
        }
        for (int64_t k = 0; k < S; k++) {
            double p = bar->P[i * S + k];
            for (int64_t j = 0; j < S; j++) {
                bar->A[i * S + j] += 2 * p * s->half[k * S + j];
                half[i * S + j] += p * A[k * S + j];
            }
        }
    }
    memset(bar->P, 0, (size_t)(S * S) * sizeof(double));
    for (int64_t k = 0; k < S; k++)
        for (int64_t i = 0; i < S; i++)
            for (int64_t j = 0; j < S; j++) bar->P[i * S + j] += A[k * S + i] * half[k * S + j];
    memcpy(bar->m, before, (size_t)S * sizeof(double));
}

static double gradient(double *grad)
{
    double noise[MOST] = {0}, value;
    struct step s;
    struct adjoint bar = {.A = grad, .h = grad + S * S, .noise = grad + S * S + S};
    memset(grad, 0, entries() * sizeof *grad);
    noises(noise);
    value = forward(noise);
    for (int64_t t = T - 1; t >= 0; t--) {
        const double *m = means + t * S;
        move(m, covs + t * S * S, noise, y[t], &s);
        update_back(&s, &bar);
        move_back(m, &s, &bar);
    }
    for (int64_t i = 0; i < S; i++) bar.noise[i] *= noise[i];
    grad[S * S + 2 * S] = bar.r * exp(r);
    return value;
}

static size_t work(void *size)
{
    return ((__typeof__(&kalman_grad_work))size)(S, T);
}

static int compiled(const struct bench_call *call, double *value, double *grad)
{
    double *h_bar = grad + S * S, *q_bar = h_bar + S, *r_bar = q_bar + S;
    return ((__typeof__(&kalman_grad))call->function)(S, T, A, h, q, r, y, value, grad, h_bar,
                                                      q_bar, r_bar, call->work);
}

const struct bench_problem bench_problem = {
    "kalman_grad", 2, prepare, entries, operations, bytes, objective, gradient, work, compiled,
};
