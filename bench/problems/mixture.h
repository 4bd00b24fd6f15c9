/* What the mixtures of Gaussians share: a point's density and its part of the gradient, one point
 * after the other with nothing kept but what belongs to the point. The triangle of a component lies
 * column by column (ADBench), so the inner loops run along columns and are contiguous. */
#ifndef BENCH_MIXTURE_H
#define BENCH_MIXTURE_H

#include "bench.h"

#include <math.h>

struct mixture {
    int64_t N, D, K, triangle; /* points, dimensions, components; numbers of a triangle */
    double *alpha, *mu, *icf, *x;
    double *diagonal, *logdet; /* of each component */
    double *centred, *mapped;  /* of each component, of the point at hand */
    double *share;             /* of each component in the point at hand */
};

static void mixture_rooms(struct mixture *m)
{
    m->diagonal = bench_room((size_t)(m->K * m->D));
    m->logdet = bench_room((size_t)m->K);
    m->centred = bench_room((size_t)(m->K * m->D));
    m->mapped = bench_room((size_t)(m->K * m->D));
    m->share = bench_room((size_t)m->K);
}

static void mixture_begin(const struct mixture *m)
{
    for (int64_t k = 0; k < m->K; k++) {
        m->logdet[k] = 0;
        for (int64_t r = 0; r < m->D; r++) {
            m->diagonal[k * m->D + r] = exp(m->icf[k * m->triangle + r]);
            m->logdet[k] += m->icf[k * m->triangle + r];
        }
    }
}

/* mapped = factor (point - mu); the square of its length */
static double mixture_map(const struct mixture *m, int64_t k, const double *restrict point,
                          double *restrict centred, double *restrict mapped)
{
    const int64_t D = m->D;
    const double *restrict mu = m->mu + k * D, *restrict diagonal = m->diagonal + k * D;
    const double *restrict column = m->icf + k * m->triangle + D;
    double square = 0;
    for (int64_t r = 0; r < D; r++) {
        centred[r] = point[r] - mu[r];
        mapped[r] = diagonal[r] * centred[r];
    }
    for (int64_t c = 0; c < D; column += D - c - 1, c++)
        for (int64_t r = c + 1; r < D; r++) mapped[r] += column[r - c - 1] * centred[c];
    for (int64_t r = 0; r < D; r++) square += mapped[r] * mapped[r];
    return square;
}

static double mixture_logsumexp(const double *v, int64_t count)
{
    double top = v[0], sum = 0;
    for (int64_t k = 1; k < count; k++) top = v[k] > top ? v[k] : top;
    for (int64_t k = 0; k < count; k++) sum += exp(v[k] - top);
    return top + log(sum);
}

/* Logarithm of the density at point n; leaves centred, mapped, and the shares if they are wanted. */
static double mixture_point(const struct mixture *m, int64_t n, int wanted)
{
    double *restrict share = m->share, top = -INFINITY, sum = 0;
    for (int64_t k = 0; k < m->K; k++) {
        double square =
            mixture_map(m, k, m->x + n * m->D, m->centred + k * m->D, m->mapped + k * m->D);
        share[k] = m->alpha[k] + m->logdet[k] - 0.5 * square;
        top = share[k] > top ? share[k] : top;
    }
    for (int64_t k = 0; k < m->K; k++) {
        share[k] = exp(share[k] - top);
        sum += share[k];
    }
    for (int64_t k = 0; wanted && k < m->K; k++) share[k] /= sum;
    return top + log(sum);
}

/* Adds what component k has of the point at hand; `share` is the adjoint of its exponent. */
static void mixture_back(const struct mixture *m, int64_t k, double share, double *restrict mu_bar,
                         double *restrict icf_bar)
{
    const int64_t D = m->D;
    const double *restrict centred = m->centred + k * D, *restrict mapped = m->mapped + k * D;
    const double *restrict diagonal = m->diagonal + k * D;
    const double *restrict column = m->icf + k * m->triangle + D;
    double *restrict column_bar = icf_bar + D;
    for (int64_t c = 0; c < D; c++) {
        double back = diagonal[c] * mapped[c], here = share * centred[c];
        icf_bar[c] += share - here * back;
        for (int64_t r = c + 1; r < D; r++) {
            column_bar[r - c - 1] -= here * mapped[r];
            back += column[r - c - 1] * mapped[r];
        }
        mu_bar[c] += share * back;
        column += D - c - 1, column_bar += D - c - 1;
    }
}

#endif
