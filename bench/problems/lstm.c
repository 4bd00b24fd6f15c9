/* Diagonal LSTM layers: what the gates gave is kept on the way forward, so the way back has no
 * elementary function. */
#include "lstm.h"
#include "bench.h"

#include <math.h>
#include <string.h>

enum { FORGET, IN, OUT, CHANGE, CELL, FLAT, HIDDEN, KEPT }; /* FLAT = tanh of the cell */
static int64_t L, T, H;
static double *layers, *ends, *init, *seq, *kept, *chance, *z_bar, *hidden_bar, *cell_bar;

static void prepare(const int64_t *size, struct bench_source *source)
{
    L = size[0], T = size[1], H = size[2];
    layers = bench_reals(source, (size_t)(8 * L * H), -1, 1);
    ends = bench_reals(source, (size_t)(3 * H), -1, 1);
    init = bench_reals(source, (size_t)(2 * L * H), -1, 1);
    seq = bench_reals(source, (size_t)(T * H), 0, 1);
    kept = bench_room((size_t)(KEPT * L * H * (T + 1)));
    chance = bench_room((size_t)(H * T));
    z_bar = bench_room((size_t)H);
    hidden_bar = bench_room((size_t)(L * H));
    cell_bar = bench_room((size_t)(L * H));
}

static size_t entries(void)
{
    return (size_t)(8 * L * H + 3 * H);
}

static double operations(void)
{
    return (double)(T * H) * (50.0 * (double)L + 16);
}

static double bytes(void)
{
    return 8.0 * (double)(T * H * (1 + (KEPT + 1) * L));
}

static double sigmoid(double x)
{
    return 1 / (1 + exp(-x));
}

/* One layer; `now` is its row of what is kept, `before` that of the step before. */
static void layer(const double *restrict weight, const double *restrict z,
                  const double *restrict before, double *restrict now)
{
    const double *restrict bias = weight + 4 * H;
    for (int64_t i = 0; i < H; i++) {
        double hidden = before[HIDDEN * H + i];
        double forget = sigmoid(z[i] * weight[i] + bias[i]);
        double in = sigmoid(hidden * weight[H + i] + bias[H + i]);
        double out = sigmoid(z[i] * weight[2 * H + i] + bias[2 * H + i]);
        double change = tanh(hidden * weight[3 * H + i] + bias[3 * H + i]);
        double cell = before[CELL * H + i] * forget + in * change, flat = tanh(cell);
        now[FORGET * H + i] = forget, now[IN * H + i] = in, now[OUT * H + i] = out;
        now[CHANGE * H + i] = change, now[CELL * H + i] = cell, now[FLAT * H + i] = flat;
        now[HIDDEN * H + i] = out * flat;
    }
}

static double *row(int64_t t, int64_t l)
{
    return kept + (t * L + l) * KEPT * H;
}

static double forward(void)
{
    double total = 0, *z = z_bar;
    for (int64_t l = 0; l < L; l++) {
        memcpy(row(0, l) + HIDDEN * H, init + 2 * l * H, (size_t)H * sizeof(double));
        memcpy(row(0, l) + CELL * H, init + (2 * l + 1) * H, (size_t)H * sizeof(double));
    }
    for (int64_t t = 0; t < T - 1; t++) {
        const double *below = z, *wanted = seq + (t + 1) * H;
        double *restrict p = chance + t * H, sum = 2, all = 0, hit = 0;
        for (int64_t i = 0; i < H; i++) z[i] = seq[t * H + i] * ends[i];
        for (int64_t l = 0; l < L; l++) {
            layer(layers + 8 * l * H, below, row(t, l), row(t + 1, l));
            below = row(t + 1, l) + HIDDEN * H;
        }
        for (int64_t i = 0; i < H; i++) {
            double y = below[i] * ends[H + i] + ends[2 * H + i];
            p[i] = exp(y);
            sum += p[i];
            hit += wanted[i] * y;
            all += wanted[i];
        }
        total += hit - all * log(sum);
        for (int64_t i = 0; i < H; i++) p[i] = wanted[i] - p[i] * (all / sum);
    }
    return -total / (double)((T - 1) * H);
}

static double objective(void)
{
    return forward();
}

/* z_bar comes as the adjoint of the layer's output and becomes that of its input. */
static void layer_back(int64_t t, int64_t l, const double *restrict z, double *restrict bar)
{
    const double *restrict weight = layers + 8 * l * H, *restrict now = row(t + 1, l);
    const double *restrict before = row(t, l);
    double *restrict h_bar = hidden_bar + l * H, *restrict c_bar = cell_bar + l * H;
    for (int64_t i = 0; i < H; i++) {
        double forget = now[FORGET * H + i], in = now[IN * H + i], out = now[OUT * H + i];
        double change = now[CHANGE * H + i], flat = now[FLAT * H + i];
        double hidden = before[HIDDEN * H + i], given = z_bar[i] + h_bar[i];
        double cell = c_bar[i] + given * out * (1 - flat * flat);
        double forget_bar = cell * before[CELL * H + i] * forget * (1 - forget);
        double in_bar = cell * change * in * (1 - in);
        double out_bar = given * flat * out * (1 - out);
        double change_bar = cell * in * (1 - change * change);
        c_bar[i] = cell * forget;
        z_bar[i] = forget_bar * weight[i] + out_bar * weight[2 * H + i];
        h_bar[i] = in_bar * weight[H + i] + change_bar * weight[3 * H + i];
        bar[i] += forget_bar * z[i], bar[4 * H + i] += forget_bar;
        bar[H + i] += in_bar * hidden, bar[5 * H + i] += in_bar;
        bar[2 * H + i] += out_bar * z[i], bar[6 * H + i] += out_bar;
        bar[3 * H + i] += change_bar * hidden, bar[7 * H + i] += change_bar;
    }
}

static double gradient(double *grad)
{
    double *ends_bar = grad + 8 * L * H, value = forward(), scale = -1 / (double)((T - 1) * H);
    double *input = chance + (T - 1) * H;
    memset(grad, 0, entries() * sizeof *grad);
    memset(hidden_bar, 0, (size_t)(L * H) * sizeof(double));
    memset(cell_bar, 0, (size_t)(L * H) * sizeof(double));
    for (int64_t t = T - 2; t >= 0; t--) {
        const double *top = row(t + 1, L - 1) + HIDDEN * H, *p = chance + t * H;
        for (int64_t i = 0; i < H; i++) {
            double y_bar = scale * p[i];
            ends_bar[H + i] += y_bar * top[i];
            ends_bar[2 * H + i] += y_bar;
            z_bar[i] = y_bar * ends[H + i];
            input[i] = seq[t * H + i] * ends[i];
        }
        for (int64_t l = L - 1; l >= 0; l--)
            layer_back(t, l, l ? row(t + 1, l - 1) + HIDDEN * H : input, grad + 8 * l * H);
        for (int64_t i = 0; i < H; i++) ends_bar[i] += z_bar[i] * seq[t * H + i];
    }
    return value;
}

static size_t work(void *size)
{
    return ((__typeof__(&lstm_grad_work))size)(L, H, T);
}

static int compiled(const struct bench_call *call, double *value, double *grad)
{
    return ((__typeof__(&lstm_grad))call->function)(L, H, T, layers, ends, init, seq, value, grad,
                                                    grad + 8 * L * H, call->work);
}

const struct bench_problem bench_problem = {
    "lstm_grad", 3, prepare, entries, operations, bytes, objective, gradient, work, compiled,
};
