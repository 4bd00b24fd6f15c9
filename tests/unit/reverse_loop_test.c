/* Derivatives of loops made by hand, of first and second order (loops_support.h), and in C. Passes exercised there:
 * arrange_drop, arrange_guard, arrange_keep, arrange_unshare, arrange_update, window, schedule_escape. */
#define _XOPEN_SOURCE 700 /* mkdtemp */

#include "tests/unit/loops_support.h"

#include "backend/emit_c.h"
#include "tests/random_support.h"

/* --------------------------------------------------------------- one loop, scalars */

/* p = x[0]^T, by p *= x[0]. */
static node_t power(struct world *w)
{
    node_t t = index_to(w, w->steps), p = state_of(w, t, num(w, 0));
    return after(w, t, p, num(w, 1), mul(w, p, at(w, w->x, whole(w, 0))));
}

static double power_value(const double *x, int n, int steps)
{
    (void)n;
    return pow(x[0], steps);
}

/* u = x[1]*u*(1 - u) from x[0]; the sum of all u. */
static node_t logistic(struct world *w)
{
    node_t t = index_to(w, w->steps), u = state_of(w, t, num(w, 0)), s = state_of(w, t, num(w, 0));
    node_t rest = op2(w, ADC_OP_SUB, num(w, 1), u);
    node_t next = mul(w, mul(w, at(w, w->x, whole(w, 1)), u), rest);
    struct adc_carried both[] = {{u, at(w, w->x, whole(w, 0)), next},
                                 {s, num(w, 0.5), add(w, s, mul(w, u, u))}};
    node_t loop = loop_of(w, t, NULL, both, 2);
    return add(w, adc_final(w->g, loop, s), adc_final(w->g, loop, u));
}

static double logistic_value(const double *x, int n, int steps)
{
    double u = x[0], s = 0.5;
    (void)n;
    for (int t = 0; t < steps; t++) {
        s += u * u;
        u = x[1] * u * (1 - u);
    }
    return s + u;
}

/* sqrt(x[0]^2 + 1) by Newton, as long as the square is wrong. */
static node_t newton(struct world *w)
{
    node_t x0 = at(w, w->x, whole(w, 0)), a = add(w, mul(w, x0, x0), num(w, 1));
    node_t t = index_to(w, plus(w, w->steps, 20)), y = state_of(w, t, num(w, 0));
    node_t error = op1(w, ADC_OP_ABS, op2(w, ADC_OP_SUB, mul(w, y, y), a));
    node_t next = mul(w, num(w, 0.5), add(w, y, op2(w, ADC_OP_DIV, a, y)));
    struct adc_carried one = {y, num(w, 3), next};
    node_t guard = op2(w, ADC_OP_GT, error, num(w, 1e-5));
    return adc_final(w->g, loop_of(w, t, guard, &one, 1), y);
}

static double newton_value(const double *x, int n, int steps)
{
    double a = x[0] * x[0] + 1, y = 3;
    (void)n;
    for (int t = 0; t < steps + 20 && fabs(y * y - a) > 1e-5; t++) y = 0.5 * (y + a / y);
    return y;
}

/* As above, downwards, with t in the value. */
static node_t guarded_down(struct world *w)
{
    node_t t = index_in(w, whole(w, 2), plus(w, w->steps, 9)), y = state_of(w, t, num(w, 0));
    node_t real_t = op1(w, ADC_OP_INT_TO_F64, t);
    node_t next =
        add(w, y,
            op1(w, ADC_OP_SIN,
                mul(w, mul(w, y, real_t), mul(w, num(w, 0.05), at(w, w->x, whole(w, 0))))));
    struct adc_carried one = {y, at(w, w->x, whole(w, 0)), next};
    node_t guard = op2(w, ADC_OP_LT, op1(w, ADC_OP_ABS, y), num(w, 1.5));
    struct adc_loop loop = {.index = t, .guard = guard, .down = true, .carried = &one, .count = 1};
    return adc_final(w->g, adc_loop(w->g, &loop), y);
}

static double guarded_down_value(const double *x, int n, int steps)
{
    double y = x[0];
    (void)n;
    for (int t = steps + 8; t >= 2 && fabs(y) < 1.5; t--) y += sin(y * t * (0.05 * x[0]));
    return y;
}

/* (a, b) = (b, sin(a)*x[0]): a component that becomes another. */
static node_t aliases(struct world *w)
{
    node_t t = index_to(w, w->steps), a = state_of(w, t, num(w, 0)), b = state_of(w, t, num(w, 0));
    node_t next = mul(w, op1(w, ADC_OP_SIN, a), at(w, w->x, whole(w, 0)));
    struct adc_carried both[] = {{a, num(w, 1), b}, {b, at(w, w->x, whole(w, 0)), next}};
    node_t loop = loop_of(w, t, NULL, both, 2);
    return mul(w, adc_final(w->g, loop, a), adc_final(w->g, loop, b));
}

static double aliases_value(const double *x, int n, int steps)
{
    double a = 1, b = x[0];
    (void)n;
    for (int t = 0; t < steps; t++) {
        double next = sin(a) * x[0];
        a = b;
        b = next;
    }
    return a * b;
}

/* s = if s > 0.4: s*x[t] else s + exp(x[t]): arms, an array read at t. */
static node_t arms(struct world *w)
{
    node_t t = index_to(w, w->n), s = state_of(w, t, num(w, 0)), xt = at(w, w->x, t);
    node_t more = op2(w, ADC_OP_GT, s, num(w, 0.4));
    node_t next = choose(w, more, mul(w, s, xt), add(w, s, op1(w, ADC_OP_EXP, xt)));
    return after(w, t, s, num(w, 1), next);
}

static double arms_value(const double *x, int n, int steps)
{
    double s = 1;
    (void)steps;
    for (int t = 0; t < n; t++) s = s > 0.4 ? s * x[t] : s + exp(x[t]);
    return s;
}

/* ------------------------------------------------------------------ arrays in place */

/* y[t] = x[t] - sum(j < t: y[j]*x[j]), y = x at first. */
static node_t substitution(struct world *w)
{
    node_t t = index_to(w, w->n), y = state_of(w, t, w->x), j = index_in(w, whole(w, 0), t);
    node_t terms = sum(w, mul(w, at(w, y, j), at(w, w->x, j)), j);
    return digest(w, after(w, t, y, w->x, put(w, y, t, op2(w, ADC_OP_SUB, at(w, y, t), terms))));
}

static double substitution_value(const double *x, int n, int steps)
{
    double y[MOST];
    (void)steps;
    memcpy(y, x, sizeof y);
    for (int t = 0; t < n; t++)
        for (int j = 0; j < t; j++) y[t] -= y[j] * x[j];
    return digested(y, n);
}

/* T times: y[i], y[k] = y[k], y[i]*y[k] for i = t mod N, k = (t + 1) mod N. */
static node_t swaps(struct world *w)
{
    node_t t = index_to(w, w->steps), y = state_of(w, t, w->x);
    node_t i = op2(w, ADC_OP_IMOD, t, w->n), k = op2(w, ADC_OP_IMOD, plus(w, t, 1), w->n);
    node_t yi = at(w, y, i), yk = at(w, y, k);
    return digest(w, after(w, t, y, w->x, put(w, put(w, y, i, yk), k, mul(w, yi, yk))));
}

static double swaps_value(const double *x, int n, int steps)
{
    double y[MOST];
    memcpy(y, x, sizeof y);
    for (int t = 0; n && t < steps; t++) {
        int i = t % n, k = (t + 1) % n;
        double yi = y[i], yk = y[k];
        y[i] = yk;
        y[k] = yi * yk;
    }
    return digested(y, n);
}

/* T times: y[i] = tanh(y[i] + y[0]) for all i that are not 0, where y[i] > 0.2: a guarded put. */
static node_t guarded_puts(struct world *w)
{
    node_t t = index_to(w, w->steps), y = state_of(w, t, w->x), i = index_in(w, whole(w, 1), w->n);
    struct adc_nest nest = {.reduce = ADC_REDUCE_SET, .rank = 1, .target = &i, .shape = &w->n};
    nest.value = op1(w, ADC_OP_TANH, add(w, at(w, y, i), at(w, y, whole(w, 0))));
    nest.guard = op2(w, ADC_OP_GT, at(w, y, i), num(w, 0.2));
    nest.index = &i;
    nest.index_count = 1;
    return digest(w, after(w, t, y, w->x, adc_put(w->g, y, adc_nest(w->g, &nest))));
}

static double guarded_puts_value(const double *x, int n, int steps)
{
    double y[MOST];
    memcpy(y, x, sizeof y);
    for (int t = 0; t < steps; t++)
        for (int i = 1; i < n; i++)
            if (y[i] > 0.2) y[i] = tanh(y[i] + y[0]);
    return digested(y, n);
}

/* y = y (+) [x[i]*y[t mod N] for i]: joins; and the whole array anew every pass. */
static node_t joins(struct world *w)
{
    node_t t = index_to(w, w->steps), y = state_of(w, t, w->x), z = state_of(w, t, w->x);
    node_t i = index_to(w, w->n), k = op2(w, ADC_OP_IMOD, t, w->n);
    node_t more = map(w, mul(w, at(w, w->x, i), at(w, y, k)), i, w->n);
    node_t anew = map(w, op1(w, ADC_OP_SIN, add(w, at(w, z, i), at(w, y, i))), i, w->n);
    struct adc_carried both[] = {{y, w->x, adc_join(w->g, y, more)}, {z, w->x, anew}};
    node_t loop = loop_of(w, t, NULL, both, 2);
    return add(w, digest(w, adc_final(w->g, loop, y)), digest(w, adc_final(w->g, loop, z)));
}

static double joins_value(const double *x, int n, int steps)
{
    double y[MOST], z[MOST];
    memcpy(y, x, sizeof y);
    memcpy(z, x, sizeof z);
    for (int t = 0; n && t < steps; t++) {
        double yk = y[t % n];
        for (int i = 0; i < n; i++) z[i] = sin(z[i] + y[i]);
        for (int i = 0; i < n; i++) y[i] += x[i] * yk;
    }
    return digested(y, n) + digested(z, n);
}

/* A local array of each pass: l[i] = exp(s*x[i]); s = s/2 + sum(i: l[i]*l[N-1-i])/8. */
static node_t local_array(struct world *w)
{
    node_t t = index_to(w, w->steps), s = state_of(w, t, num(w, 0)), i = index_to(w, w->n);
    node_t l = map(w, op1(w, ADC_OP_EXP, mul(w, s, at(w, w->x, i))), i, w->n);
    node_t other = op2(w, ADC_OP_ISUB, plus(w, w->n, -1), i);
    node_t terms = sum(w, mul(w, at(w, l, i), at(w, l, other)), i);
    node_t next = add(w, mul(w, num(w, 0.5), s), mul(w, num(w, 0.125), terms));
    return after(w, t, s, num(w, 0.3), op1(w, ADC_OP_TANH, next));
}

static double local_array_value(const double *x, int n, int steps)
{
    double s = 0.3;
    for (int t = 0; t < steps; t++) {
        double terms = 0;
        for (int i = 0; i < n; i++) terms += exp(s * x[i]) * exp(s * x[n - 1 - i]);
        s = tanh(0.5 * s + 0.125 * terms);
    }
    return s;
}

/* s = max(i: x[i] + s*sin(x[i])) + prod(i: x[i] - s)/4. */
static node_t reductions(struct world *w)
{
    node_t t = index_to(w, w->steps), s = state_of(w, t, num(w, 0)), i = index_to(w, w->n);
    node_t xi = at(w, w->x, i);
    node_t most = reduce(w, ADC_REDUCE_MAX, add(w, xi, mul(w, s, op1(w, ADC_OP_SIN, xi))), i);
    node_t prod = reduce(w, ADC_REDUCE_PROD, op2(w, ADC_OP_SUB, xi, s), i);
    return after(w, t, s, num(w, 0.1), add(w, most, mul(w, num(w, 0.25), prod)));
}

static double reductions_value(const double *x, int n, int steps)
{
    double s = 0.1;
    for (int t = 0; t < steps; t++) {
        double most = -INFINITY, prod = 1;
        for (int i = 0; i < n; i++) {
            most = fmax(most, x[i] + s * sin(x[i]));
            prod *= x[i] - s;
        }
        s = most + 0.25 * prod;
    }
    return s;
}

/* ----------------------------------------------------------------------- histories */

/* h[t] = h[t-1]*x[t], h[0] = x[0]; s = sum(t: sin(h[t])*h[N-1-t]). */
static node_t cumulative_product(struct world *w)
{
    node_t t = index_to(w, w->n), h = history(w, t, w->n, NULL);
    node_t first = op2(w, ADC_OP_IEQ, t, whole(w, 0));
    node_t before = choose(w, first, num(w, 1), at(w, h, plus(w, t, -1)));
    node_t zero = adc_zero_like(w->g, h);
    node_t all = after(w, t, h, zero, put(w, h, t, mul(w, before, at(w, w->x, t))));
    node_t i = index_to(w, w->n), other = op2(w, ADC_OP_ISUB, plus(w, w->n, -1), i);
    return sum(w, mul(w, op1(w, ADC_OP_SIN, at(w, all, i)), at(w, all, other)), i);
}

static double cumulative_product_value(const double *x, int n, int steps)
{
    double h[MOST], p = 1, s = 0;
    (void)steps;
    for (int t = 0; t < n; t++) h[t] = p *= x[t];
    for (int t = 0; t < n; t++) s += sin(h[t]) * h[n - 1 - t];
    return s;
}

/* An RNN: h[t, i] = tanh(x[i]*h[t-1, N-1-i] + x[t mod N] + sum(j: h[t-1, j])/4). */
static node_t rnn(struct world *w)
{
    node_t t = index_to(w, w->steps), h = history(w, t, w->steps, w->n), i = index_to(w, w->n);
    node_t j = index_to(w, w->n), before = plus(w, t, -1),
           first = op2(w, ADC_OP_IEQ, t, whole(w, 0));
    node_t other = op2(w, ADC_OP_ISUB, plus(w, w->n, -1), i);
    node_t old = choose(w, first, at(w, w->x, i), at2(w, h, before, other));
    node_t all = mul(w, num(w, 0.25), sum(w, at2(w, h, before, j), j));
    node_t u = add(w, mul(w, at(w, w->x, i), old), at(w, w->x, op2(w, ADC_OP_IMOD, t, w->n)));
    node_t target[] = {t, i}, shape[] = {w->steps, w->n};
    struct adc_nest nest = {.reduce = ADC_REDUCE_SET, .rank = 2, .target = target, .shape = shape};
    nest.value = op1(w, ADC_OP_TANH, add(w, u, all));
    nest.index = &i;
    nest.index_count = 1;
    node_t end = after(w, t, h, adc_zero_like(w->g, h), adc_put(w->g, h, adc_nest(w->g, &nest)));
    node_t k = index_to(w, w->n), u1 = index_to(w, w->steps);
    node_t square = mul(w, at2(w, end, u1, k), at2(w, end, u1, k));
    return sum(w, sum(w, mul(w, square, at(w, w->x, k)), k), u1);
}

static double rnn_value(const double *x, int n, int steps)
{
    double h[MOST][MOST] = {{0}}, s = 0;
    for (int t = 0; t < steps; t++) {
        double all = 0;
        for (int j = 0; t && j < n; j++) all += h[t - 1][j];
        for (int i = 0; i < n; i++) {
            double old = t ? h[t - 1][n - 1 - i] : x[i];
            h[t][i] = tanh(x[i] * old + x[t % n] + 0.25 * all);
            s += h[t][i] * h[t][i] * x[i];
        }
    }
    return s;
}

/* Softmin of the three before: log(exp(-a) + exp(-b) + exp(-c)), negative. */
static node_t softmin(struct world *w, node_t a, node_t b, node_t c)
{
    node_t e = add(w, op1(w, ADC_OP_EXP, op1(w, ADC_OP_NEG, a)),
                   op1(w, ADC_OP_EXP, op1(w, ADC_OP_NEG, b)));
    e = add(w, e, op1(w, ADC_OP_EXP, op1(w, ADC_OP_NEG, c)));
    return op1(w, ADC_OP_NEG, op1(w, ADC_OP_LOG, e));
}

/* d[t, q] = (x[t] - sin(x[q]))^2 + softmin(d[t-1, q], d[t, q-1], d[t-1, q-1]): two loops, one
 * history through both. */
static node_t warping(struct world *w)
{
    node_t t = index_to(w, w->n), q = inner_index(w, t, whole(w, 0), w->n);
    node_t outer = history(w, t, w->n, w->n), inner = history(w, q, w->n, w->n);
    node_t t1 = plus(w, t, -1), q1 = plus(w, q, -1);
    node_t before = softmin(w, at2(w, inner, t1, q), at2(w, inner, t, q1), at2(w, inner, t1, q1));
    node_t apart = op2(w, ADC_OP_SUB, at(w, w->x, t), op1(w, ADC_OP_SIN, at(w, w->x, q)));
    node_t d = add(w, mul(w, apart, apart), before);
    node_t row = after(w, q, inner, outer, put2(w, inner, t, q, d));
    node_t all = after(w, t, outer, adc_zero_like(w->g, outer), row);
    node_t i = index_to(w, w->n);
    return sum(w, at2(w, all, i, op2(w, ADC_OP_ISUB, plus(w, w->n, -1), i)), i);
}

static double warping_value(const double *x, int n, int steps)
{
    double d[MOST + 1][MOST + 1] = {{0}}, s = 0;
    (void)steps;
    for (int t = 0; t < n; t++)
        for (int q = 0; q < n; q++) {
            double apart = x[t] - sin(x[q]);
            double e = exp(-d[t][q + 1]) + exp(-d[t + 1][q]) + exp(-d[t][q]);
            d[t + 1][q + 1] = apart * apart - log(e);
        }
    for (int i = 0; i < n; i++) s += d[i + 1][n - i];
    return s;
}

/* --------------------------------------------------------------------- nested loops */

/* for t { for q < N { s = s*x[q] + cos(s) } s = s + x[t mod N]^2 }, scalars through both. */
static node_t loop_in_loop(struct world *w)
{
    node_t t = index_to(w, w->steps), q = inner_index(w, t, whole(w, 0), w->n);
    node_t s = state_of(w, t, num(w, 0)), r = state_of(w, q, num(w, 0));
    node_t next = add(w, mul(w, r, at(w, w->x, q)), op1(w, ADC_OP_COS, r));
    node_t inner = after(w, q, r, s, next), xt = at(w, w->x, op2(w, ADC_OP_IMOD, t, w->n));
    return after(w, t, s, num(w, 0.2), add(w, inner, mul(w, xt, xt)));
}

static double loop_in_loop_value(const double *x, int n, int steps)
{
    double s = 0.2;
    for (int t = 0; t < steps; t++) {
        for (int q = 0; q < n; q++) s = s * x[q] + cos(s);
        s += n ? x[t % n] * x[t % n] : 0;
    }
    return s;
}

/* The same with a triangle: q < t, and an array carried through both. */
static node_t triangle(struct world *w)
{
    node_t t = index_to(w, w->n), q = index_in(w, whole(w, 0), t);
    node_t y = state_of(w, t, w->x), z = state_of(w, q, w->x);
    node_t zt = at(w, z, t), zq = at(w, z, q);
    node_t next = put(w, z, t, add(w, mul(w, zt, zq), op1(w, ADC_OP_SIN, zt)));
    return digest(w, after(w, t, y, w->x, after(w, q, z, y, next)));
}

static double triangle_value(const double *x, int n, int steps)
{
    double y[MOST];
    (void)steps;
    memcpy(y, x, sizeof y);
    for (int t = 0; t < n; t++)
        for (int q = 0; q < t; q++) y[t] = y[t] * y[q] + sin(y[t]);
    return digested(y, n);
}

/* A guarded loop in a loop: passes differ. */
static node_t guarded_inside(struct world *w)
{
    node_t t = index_to(w, w->n), q = inner_index(w, t, whole(w, 0), whole(w, 12));
    node_t s = state_of(w, t, num(w, 0)), r = state_of(w, q, num(w, 0));
    node_t grown = add(w, mul(w, r, num(w, 1.5)), mul(w, r, mul(w, num(w, 0.125), at(w, w->x, t))));
    struct adc_carried one = {r, add(w, op1(w, ADC_OP_TANH, s), num(w, 0.4)), grown};
    node_t guard = op2(w, ADC_OP_LT, r, num(w, 2.65));
    node_t inner = adc_final(w->g, loop_of(w, q, guard, &one, 1), r);
    return after(w, t, s, num(w, 0.2), mul(w, inner, at(w, w->x, t)));
}

static double guarded_inside_value(const double *x, int n, int steps)
{
    double s = 0.2;
    (void)steps;
    for (int t = 0; t < n; t++) {
        double r = tanh(s) + 0.4;
        for (int q = 0; q < 12 && r < 2.65; q++) r = r * 1.5 + r * (0.125 * x[t]);
        s = r * x[t];
    }
    return s;
}

/* Three loops in each other. */
static node_t three_loops(struct world *w)
{
    node_t t = index_to(w, w->steps), q = inner_index(w, t, whole(w, 0), w->n);
    node_t p = inner_index(w, q, q, w->n);
    node_t a = state_of(w, t, num(w, 0)), b = state_of(w, q, num(w, 0)),
           c = state_of(w, p, num(w, 0));
    node_t next = op1(w, ADC_OP_SIN, add(w, mul(w, c, at(w, w->x, p)), at(w, w->x, q)));
    node_t inner = after(w, p, c, b, next);
    node_t middle = after(w, q, b, a, mul(w, inner, add(w, b, num(w, 1.25))));
    return after(w, t, a, num(w, 0.7), op1(w, ADC_OP_TANH, add(w, middle, mul(w, a, a))));
}

static double three_loops_value(const double *x, int n, int steps)
{
    double a = 0.7;
    for (int t = 0; t < steps; t++) {
        double b = a;
        for (int q = 0; q < n; q++) {
            double c = b;
            for (int p = q; p < n; p++) c = sin(c * x[p] + x[q]);
            b = c * (b + 1.25);
        }
        a = tanh(b + a * a);
    }
    return a;
}

/* sum(i: after T passes of u = u*x[i] + sin(u)): a loop in a nest, with one more that reads at [t].
 * */
static node_t loop_in_nest(struct world *w)
{
    node_t i = index_to(w, w->n), t = inner_index(w, i, whole(w, 0), w->steps);
    node_t u = state_of(w, t, num(w, 0));
    node_t other = at(w, w->x, op2(w, ADC_OP_IMOD, t, w->n));
    node_t next = add(w, mul(w, u, at(w, w->x, i)), mul(w, op1(w, ADC_OP_SIN, u), other));
    node_t end = after(w, t, u, op1(w, ADC_OP_COS, at(w, w->x, i)), next);
    return sum(w, mul(w, end, at(w, w->x, i)), i);
}

static double loop_in_nest_value(const double *x, int n, int steps)
{
    double s = 0;
    for (int i = 0; i < n; i++) {
        double u = cos(x[i]);
        for (int t = 0; t < steps; t++) u = u * x[i] + sin(u) * x[t % n];
        s += u * x[i];
    }
    return s;
}

/* In each pass, for each i, a loop over q < i, and then s = their sum: loop, nest, loop. */
static node_t loop_in_nest_in_loop(struct world *w)
{
    node_t t = index_to(w, w->steps), i = index_to(w, w->n), q = inner_index(w, t, whole(w, 0), i);
    node_t s = state_of(w, t, num(w, 0)), u = state_of(w, q, num(w, 0));
    node_t next = op1(w, ADC_OP_SIN, add(w, mul(w, u, at(w, w->x, q)), s));
    node_t end = after(w, q, u, at(w, w->x, i), next);
    return after(w, t, s, num(w, 0.1), mul(w, num(w, 0.5), sum(w, end, i)));
}

static double loop_in_nest_in_loop_value(const double *x, int n, int steps)
{
    double s = 0.1;
    for (int t = 0; t < steps; t++) {
        double all = 0;
        for (int i = 0; i < n; i++) {
            double u = x[i];
            for (int q = 0; q < i; q++) u = sin(u * x[q] + s);
            all += u;
        }
        s = 0.5 * all;
    }
    return s;
}

/* Two loops, the second over what the first gave. */
static node_t one_after_another(struct world *w)
{
    node_t t = index_to(w, w->n), y = state_of(w, t, w->x);
    node_t first = put(w, y, t, mul(w, at(w, y, t), at(w, y, whole(w, 0))));
    node_t end = after(w, t, y, w->x, first);
    node_t q = index_to(w, w->n), s = state_of(w, q, num(w, 0));
    node_t next = add(w, mul(w, s, at(w, end, q)), op1(w, ADC_OP_EXP, at(w, w->x, q)));
    return after(w, q, s, num(w, 0.3), next);
}

static double one_after_another_value(const double *x, int n, int steps)
{
    double y[MOST], s = 0.3;
    (void)steps;
    memcpy(y, x, sizeof y);
    for (int t = 0; t < n; t++) y[t] *= y[0];
    for (int q = 0; q < n; q++) s = s * y[q] + exp(x[q]);
    return s;
}

/* ---------------------------------------------------------------- gradients in bodies */

/* q -= grad(sum(i: sin(q[i])*q[N-1-i]*x[i]), q)/8, whole arrays. */
static node_t descent(struct world *w)
{
    node_t t = index_to(w, w->steps), q = state_of(w, t, w->x), i = index_to(w, w->n);
    node_t mark = adc_mark(w->g, q), other = op2(w, ADC_OP_ISUB, plus(w, w->n, -1), i);
    node_t term =
        mul(w, mul(w, op1(w, ADC_OP_SIN, at(w, mark, i)), at(w, mark, other)), at(w, w->x, i));
    node_t grad = op2(w, ADC_OP_GRAD, sum(w, term, i), mark), k = index_to(w, w->n);
    node_t less = mul(w, num(w, -0.125), at(w, grad, k));
    return digest(w, after(w, t, q, w->x, adc_join(w->g, q, map(w, less, k, w->n))));
}

static double descent_value(const double *x, int n, int steps)
{
    double q[MOST], g[MOST];
    memcpy(q, x, sizeof q);
    for (int t = 0; t < steps; t++) {
        for (int i = 0; i < n; i++) {
            int k = n - 1 - i;
            g[i] = cos(q[i]) * q[k] * x[i] + sin(q[k]) * x[k];
        }
        for (int i = 0; i < n; i++) q[i] -= 0.125 * g[i];
    }
    return digested(q, n);
}

/* q = q/2 + grad(r, q)/4 for r after the passes of r = r*x[k]*q: a loop reversed in a pass. */
static node_t gradient_of_a_loop(struct world *w)
{
    node_t t = index_to(w, w->steps), q = state_of(w, t, num(w, 0)),
           k = inner_index(w, t, whole(w, 0), w->n);
    node_t mark = adc_mark(w->g, q), r = state_of(w, k, num(w, 0));
    node_t end = after(w, k, r, mark, mul(w, mul(w, r, at(w, w->x, k)), mark));
    node_t grad = op2(w, ADC_OP_GRAD, end, mark);
    node_t next = add(w, mul(w, num(w, 0.5), q), mul(w, num(w, 0.25), grad));
    return after(w, t, q, num(w, 0.9), next);
}

static double gradient_of_a_loop_value(const double *x, int n, int steps)
{
    double q = 0.9, product = 1;
    for (int k = 0; k < n; k++) product *= x[k];
    for (int t = 0; t < steps; t++) q = 0.5 * q + 0.25 * (n + 1) * pow(q, n) * product;
    return q;
}

/* ---------------------------------------------------------------------------- table */

static const struct program programs[] = {
    {"power", power, power_value, 1},
    {"logistic", logistic, logistic_value, 2},
    {"newton", newton, newton_value, 1},
    {"guarded_down", guarded_down, guarded_down_value, 1},
    {"aliases", aliases, aliases_value, 1},
    {"arms", arms, arms_value, 0},
    {"substitution", substitution, substitution_value, 0},
    {"swaps", swaps, swaps_value, 2},
    {"guarded_puts", guarded_puts, guarded_puts_value, 0},
    {"joins", joins, joins_value, 0},
    {"local_array", local_array, local_array_value, 0},
    {"reductions", reductions, reductions_value, 1},
    {"cumulative_product", cumulative_product, cumulative_product_value, 0},
    {"rnn", rnn, rnn_value, 0},
    {"warping", warping, warping_value, 0},
    {"loop_in_loop", loop_in_loop, loop_in_loop_value, 0},
    {"triangle", triangle, triangle_value, 0},
    {"guarded_inside", guarded_inside, guarded_inside_value, 0},
    {"three_loops", three_loops, three_loops_value, 0},
    {"loop_in_nest", loop_in_nest, loop_in_nest_value, 0},
    {"loop_in_nest_in_loop", loop_in_nest_in_loop, loop_in_nest_in_loop_value, 0},
    {"descent", descent, descent_value, 0},
    {"gradient_of_a_loop", gradient_of_a_loop, gradient_of_a_loop_value, 0},
    {"one_after_another", one_after_another, one_after_another_value, 0},
};

static void check(void **state)
{
    check_program(*state, true);
}

/* ----------------------------------------------------------------------------- in C */

enum { COUNT = sizeof programs / sizeof *programs, PRODUCTS = 3 };

static const enum adc_product products[PRODUCTS] = {ADC_GRAD, ADC_PUSHFORWARD, ADC_HVP};

static void *compiled(struct world *w, const struct loop_program *const *loops, size_t count,
                      char *folder)
{
    struct adc_text source, header;
    adc_text_init(&source, &w->arena);
    adc_text_init(&header, &w->arena);
    adc_source_add(&w->diags, "loops.ad", "", 0);
    struct emit_c_unit unit = {.source_name = "loops.ad", .header_name = "random.h", .prefix = ""};
    unit.programs = loops;
    unit.count = count;
    unit.diags = &w->diags;
    unit.arena = &w->arena;
    assert_true(emit_c(&unit, &source, &header, NULL));
    assert_non_null(mkdtemp(folder));
    return support_library(&source, &header, folder,
                           "-fsanitize=undefined -fno-sanitize-recover=all");
}

typedef int grad_function(int64_t, int64_t, const double *, double *, double *, void *);
typedef int jvp_function(int64_t, int64_t, const double *, const double *, double *, double *,
                         void *);
typedef int hvp_function(int64_t, int64_t, const double *, const double *, double *, void *);

static void call(void *symbol, enum adc_product product, const struct point *point, double *out)
{
    grad_function *grad;
    jvp_function *jvp;
    hvp_function *hvp;
    double s;
    assert_non_null(symbol);
    memcpy(&grad, &symbol, sizeof symbol);
    memcpy(&jvp, &symbol, sizeof symbol);
    memcpy(&hvp, &symbol, sizeof symbol);
    int64_t n = point->n, steps = point->steps;
    int status = -1;
    if (product == ADC_GRAD) status = grad(n, steps, point->x, &s, out, NULL);
    else if (product == ADC_HVP) status = hvp(n, steps, point->x, point->v, out, NULL);
    else status = jvp(n, steps, point->x, point->v, &s, out, NULL);
    assert_int_equal(status, 0);
}

static void check_compiled(struct world *w, const struct program *program, void *library,
                           struct adc_function *const *made)
{
    static const char *const results[PRODUCTS] = {"grad_x", "s_dot", "x_hvp"};
    for (unsigned i = 0; i < 25 * PRODUCTS; i++) {
        struct point point = point_of(i / PRODUCTS);
        double c[MOST] = {0}, expected[MOST] = {0};
        if (point.n < program->least || point.steps < program->least) continue;
        const struct adc_function *f = made[i % PRODUCTS];
        run(w, f, &point, results[i % PRODUCTS], expected);
        call(dlsym(library, f->symbol->text), products[i % PRODUCTS], &point, c);
        for (int k = 0; k < MOST; k++)
            near(program, &point, results[i % PRODUCTS], c[k], expected[k], 1e-11);
    }
}

static void compiled_equals_interpreted(void **state)
{
    static struct world worlds[COUNT]; /* large */
    struct adc_function *made[COUNT][PRODUCTS];
    const struct loop_program *loops[COUNT * PRODUCTS];
    size_t count = 0;
    (void)state;
    for (unsigned i = 0; i < COUNT; i++) {
        struct world *w = &worlds[i];
        world_open(w, &programs[i]);
        w->f->name = w->f->symbol = adc_name_of(&w->names, programs[i].name);
        w->f->exported = true;
        for (unsigned j = 0; j < PRODUCTS; j++) {
            made[i][j] = product_of(w, w->f, products[j], NULL);
            loops[count++] = pass_schedule(&w->arena, made[i][j], 0, &w->arena);
        }
    }
    char folder[] = "/tmp/adc_loops_XXXXXX";
    void *library = compiled(&worlds[0], loops, count, folder);
    for (unsigned i = 0; i < COUNT; i++) check_compiled(&worlds[i], &programs[i], library, made[i]);
    support_close(library, folder);
    for (unsigned i = 0; i < COUNT; i++) world_close(&worlds[i]);
}

int main(void)
{
    struct CMUnitTest tests[COUNT + 1];
    for (unsigned i = 0; i < COUNT; i++) {
        tests[i] = (struct CMUnitTest)cmocka_unit_test_prestate(check, (void *)&programs[i]);
        tests[i].name = programs[i].name;
    }
    tests[COUNT] = (struct CMUnitTest)cmocka_unit_test(compiled_equals_interpreted);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
