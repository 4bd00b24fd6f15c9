/* Bundle adjustment: the gradient of half the squared residuals, one observation after the other,
 * through the projection and the rotation and back. */
#include "ba.h"
#include "view.h"

#include <string.h>

static struct scene s;

static void prepare(const int64_t *size, struct bench_source *source)
{
    scene_prepare(&s, size, source);
}

static size_t entries(void)
{
    return (size_t)(11 * s.C + 3 * s.M + s.P);
}

static double operations(void)
{
    return 190.0 * (double)s.P;
}

static double bytes(void)
{
    return 8.0 * (double)(6 * s.P + 2 * (11 * s.C + 3 * s.M));
}

static double objective(void)
{
    double sum = 0;
    struct view v;
    for (int64_t p = 0; p < s.P; p++) {
        look(s.cams + 11 * s.obs[2 * p], s.points + 3 * s.obs[2 * p + 1], s.feat + 2 * p, &v);
        double square = v.off[0] * v.off[0] + v.off[1] * v.off[1], rest = 1 - s.w[p] * s.w[p];
        sum += s.w[p] * s.w[p] * square + rest * rest;
    }
    return 0.5 * sum;
}

static double gradient(double *grad)
{
    double *points_bar = grad + 11 * s.C, *w_bar = points_bar + 3 * s.M, sum = 0;
    struct view v;
    memset(grad, 0, (size_t)(11 * s.C + 3 * s.M) * sizeof *grad);
    for (int64_t p = 0; p < s.P; p++) {
        const double *cam = s.cams + 11 * s.obs[2 * p];
        look(cam, s.points + 3 * s.obs[2 * p + 1], s.feat + 2 * p, &v);
        double square = v.off[0] * v.off[0] + v.off[1] * v.off[1], rest = 1 - s.w[p] * s.w[p];
        sum += s.w[p] * s.w[p] * square + rest * rest;
        w_bar[p] = s.w[p] * (square - 2 * rest);
        double square_w = s.w[p] * s.w[p];
        double out[2] = {square_w * v.off[0], square_w * v.off[1]};
        look_back(cam, &v, out, grad + 11 * s.obs[2 * p], points_bar + 3 * s.obs[2 * p + 1]);
    }
    return 0.5 * sum;
}

static size_t work(void *size)
{
    return ((__typeof__(&ba_grad_work))size)(s.C, s.M, s.P);
}

static int compiled(const struct bench_call *call, double *value, double *grad)
{
    double *points_bar = grad + 11 * s.C, *w_bar = points_bar + 3 * s.M;
    return ((__typeof__(&ba_grad))call->function)(s.C, s.M, s.P, s.cams, s.points, s.w, s.obs,
                                                  s.feat, value, NULL, NULL, grad, points_bar,
                                                  w_bar, call->work);
}

const struct bench_problem bench_problem = {
    "ba_grad", 3, prepare, entries, operations, bytes, objective, gradient, work, compiled,
};
