/* Two layers: products of matrices as loops whose innermost one is contiguous. Layers are kept one
 * sample after the other; weights are read along their rows, so forward products are dot products. */
#include "mlp.h"
#include "bench.h"

#include <math.h>
#include <string.h>

static int64_t H, I, O, B;
static double *W1, *b1, *W2, *b2, *x, *y, *hidden, *out, *hidden_bar;

static void prepare(const int64_t *size, struct bench_source *source)
{
    I = size[0], H = size[1], O = size[2], B = size[3];
    W1 = bench_reals(source, (size_t)(H * I), -0.2, 0.2);
    b1 = bench_reals(source, (size_t)H, -0.2, 0.2);
    W2 = bench_reals(source, (size_t)(O * H), -0.2, 0.2);
    b2 = bench_reals(source, (size_t)O, -0.2, 0.2);
    x = bench_reals(source, (size_t)(B * I), -1, 1);
    y = bench_reals(source, (size_t)(B * O), -1, 1);
    hidden = bench_room((size_t)(B * H));
    hidden_bar = bench_room((size_t)H);
    out = bench_room((size_t)O);
}

static size_t entries(void)
{
    return (size_t)(H * I + H + O * H + O);
}

static double operations(void)
{
    return (double)B * (4.0 * (double)(H * I) + 6.0 * (double)(O * H) + 4.0 * (double)(H + O));
}

static double bytes(void)
{
    return 8.0 * (2.0 * (double)entries() + (double)(B * (I + O)));
}

/* out = W in + b */
static void affine(int64_t rows, int64_t columns, const double *restrict w,
                   const double *restrict shift, const double *restrict in, double *restrict result)
{
    for (int64_t r = 0; r < rows; r++) {
        double sum = shift[r];
        for (int64_t c = 0; c < columns; c++) sum += w[r * columns + c] * in[c];
        result[r] = sum;
    }
}

static double objective(void)
{
    double sum = 0;
    for (int64_t n = 0; n < B; n++) {
        affine(H, I, W1, b1, x + n * I, hidden);
        for (int64_t h = 0; h < H; h++) hidden[h] = tanh(hidden[h]);
        affine(O, H, W2, b2, hidden, out);
        for (int64_t o = 0; o < O; o++) {
            double off = out[o] - y[n * O + o];
            sum += off * off;
        }
    }
    return sum / (double)(B * O);
}

/* W_bar += out_bar in' */
static void outer(int64_t rows, int64_t columns, const double *restrict out_bar,
                  const double *restrict in, double *restrict w_bar)
{
    for (int64_t r = 0; r < rows; r++)
        for (int64_t c = 0; c < columns; c++) w_bar[r * columns + c] += out_bar[r] * in[c];
}

/* in_bar = W' out_bar */
static void transposed(int64_t rows, int64_t columns, const double *restrict w,
                       const double *restrict out_bar, double *restrict in_bar)
{
    memset(in_bar, 0, (size_t)columns * sizeof *in_bar);
    for (int64_t r = 0; r < rows; r++)
        for (int64_t c = 0; c < columns; c++) in_bar[c] += w[r * columns + c] * out_bar[r];
}

static double gradient(double *grad)
{
    double *W1_bar = grad, *b1_bar = W1_bar + H * I, *W2_bar = b1_bar + H, *b2_bar = W2_bar + O * H;
    double sum = 0, scale = 2 / (double)(B * O);
    memset(grad, 0, entries() * sizeof *grad);
    for (int64_t n = 0; n < B; n++) {
        affine(H, I, W1, b1, x + n * I, hidden);
        for (int64_t h = 0; h < H; h++) hidden[h] = tanh(hidden[h]);
        affine(O, H, W2, b2, hidden, out);
        for (int64_t o = 0; o < O; o++) {
            double off = out[o] - y[n * O + o];
            sum += off * off;
            out[o] = scale * off;
            b2_bar[o] += out[o];
        }
        outer(O, H, out, hidden, W2_bar);
        transposed(O, H, W2, out, hidden_bar);
        for (int64_t h = 0; h < H; h++) {
            hidden_bar[h] *= 1 - hidden[h] * hidden[h];
            b1_bar[h] += hidden_bar[h];
        }
        outer(H, I, hidden_bar, x + n * I, W1_bar);
    }
    return sum / (double)(B * O);
}

static size_t work(void *size)
{
    return ((__typeof__(&mlp_grad_work))size)(H, I, O, B);
}

static int compiled(const struct bench_call *call, double *value, double *grad)
{
    double *W1_bar = grad, *b1_bar = W1_bar + H * I, *W2_bar = b1_bar + H, *b2_bar = W2_bar + O * H;
    return ((__typeof__(&mlp_grad))call->function)(H, I, O, B, W1, b1, W2, b2, x, y, value, W1_bar,
                                                   b1_bar, W2_bar, b2_bar, call->work);
}

const struct bench_problem bench_problem = {
    "mlp_grad", 4, prepare, entries, operations, bytes, objective, gradient, work, compiled,
};
