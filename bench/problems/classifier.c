/* The variant of the network: weights lie input by unit, so forward products are sums of rows. */
#include "classifier.h"
#include "bench.h"

#include <math.h>
#include <string.h>

static int64_t B, I, H, C;
static double *picture, *inner, *outer, *shift, *unit, *score, *unit_bar, decay;
static int64_t *class;

static void prepare(const int64_t *size, struct bench_source *source)
{
    I = size[0], H = size[1], C = size[2], B = size[3];
    picture = bench_reals(source, (size_t)(B * I), -1, 1);
    class = bench_ints(source, (size_t)B, 0, C);
    inner = bench_reals(source, (size_t)(I * H), -0.2, 0.2);
    outer = bench_reals(source, (size_t)(H * C), -0.2, 0.2);
    shift = bench_reals(source, (size_t)H, -0.2, 0.2);
    decay = bench_real(source, 0.01, 0.02);
    unit = bench_room((size_t)H);
    unit_bar = bench_room((size_t)H);
    score = bench_room((size_t)C);
}

static size_t entries(void)
{
    return (size_t)(I * H + H * C + H);
}

static double operations(void)
{
    return (double)B * (4.0 * (double)(H * I) + 6.0 * (double)(C * H) + 6.0 * (double)(H + C));
}

static double bytes(void)
{
    return 8.0 * (2.0 * (double)entries() + (double)(B * I));
}

/* out += w' in, w one row an entry of `in` */
static void add_rows(int64_t rows, int64_t columns, const double *restrict w,
                     const double *restrict in, double *restrict out)
{
    for (int64_t r = 0; r < rows; r++)
        for (int64_t c = 0; c < columns; c++) out[c] += in[r] * w[r * columns + c];
}

/* The loss of one sample; score becomes its exponentials, *sum their sum. */
static double sample(int64_t n, double *sum)
{
    memcpy(unit, shift, (size_t)H * sizeof *unit);
    add_rows(I, H, inner, picture + n * I, unit);
    for (int64_t h = 0; h < H; h++) unit[h] = unit[h] > 0 ? unit[h] : 0;
    memset(score, 0, (size_t)C * sizeof *score);
    add_rows(H, C, outer, unit, score);
    double top = score[0], right = score[class[n]], all = 0;
    for (int64_t c = 1; c < C; c++) top = score[c] > top ? score[c] : top;
    for (int64_t c = 0; c < C; c++) {
        score[c] = exp(score[c] - top);
        all += score[c];
    }
    *sum = all;
    return top + log(all) - right;
}

static double square(size_t count, const double *v)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++) sum += v[i] * v[i];
    return sum;
}

static double penalty(void)
{
    return 0.5 * decay * (square((size_t)(I * H), inner) + square((size_t)(H * C), outer));
}

static double objective(void)
{
    double sum, miss = 0;
    for (int64_t n = 0; n < B; n++) miss += sample(n, &sum);
    return miss / (double)B + penalty();
}

/* w_bar += in out_bar' */
static void add_outer(int64_t rows, int64_t columns, const double *restrict in,
                      const double *restrict out_bar, double *restrict w_bar)
{
    for (int64_t r = 0; r < rows; r++)
        for (int64_t c = 0; c < columns; c++) w_bar[r * columns + c] += in[r] * out_bar[c];
}

static double gradient(double *grad)
{
    double *inner_bar = grad, *outer_bar = grad + I * H, *shift_bar = outer_bar + H * C;
    double sum, miss = 0;
    for (int64_t i = 0; i < I * H; i++) inner_bar[i] = decay * inner[i];
    for (int64_t i = 0; i < H * C; i++) outer_bar[i] = decay * outer[i];
    memset(shift_bar, 0, (size_t)H * sizeof *shift_bar);
    for (int64_t n = 0; n < B; n++) {
        miss += sample(n, &sum);
        double scale = 1 / (sum * (double)B);
        for (int64_t c = 0; c < C; c++) score[c] *= scale;
        score[class[n]] -= 1 / (double)B;
        add_outer(H, C, unit, score, outer_bar);
        for (int64_t h = 0; h < H; h++) {
            double bar = 0;
            for (int64_t c = 0; c < C; c++) bar += outer[h * C + c] * score[c];
            unit_bar[h] = unit[h] > 0 ? bar : 0;
            shift_bar[h] += unit_bar[h];
        }
        add_outer(I, H, picture + n * I, unit_bar, inner_bar);
    }
    return miss / (double)B + penalty();
}

static size_t work(void *size)
{
    return ((__typeof__(&classifier_grad_work))size)(B, I, H, C);
}

static int compiled(const struct bench_call *call, double *value, double *grad)
{
    double *inner_bar = grad, *outer_bar = grad + I * H, *shift_bar = outer_bar + H * C;
    return ((__typeof__(&classifier_grad))call->function)(B, I, H, C, picture, class, inner, outer,
                                                          shift, decay, value, inner_bar, outer_bar,
                                                          shift_bar, call->work);
}

const struct bench_problem bench_problem = {
    "classifier_grad", 4, prepare, entries, operations, bytes, objective, gradient, work, compiled,
};
