/* Bundle adjustment: the blocks of the Jacobian, one observation after the other: through the
 * projection once, and back for each of its two residuals. */
#include "ba_jacobian.h"
#include "view.h"

#include <string.h>

static struct scene s;

static void prepare(const int64_t *size, struct bench_source *source)
{
    scene_prepare(&s, size, source);
}

static size_t entries(void)
{
    return (size_t)(2 * 15 * s.P);
}

static double operations(void)
{
    return 290.0 * (double)s.P;
}

static double bytes(void)
{
    return 8.0 * (double)(35 * s.P + 11 * s.C + 3 * s.M);
}

static double squares(const struct view *v, double w)
{
    return w * w * (v->off[0] * v->off[0] + v->off[1] * v->off[1]);
}

static double objective(void)
{
    double sum = 0;
    struct view v;
    for (int64_t p = 0; p < s.P; p++) {
        look(s.cams + 11 * s.obs[2 * p], s.points + 3 * s.obs[2 * p + 1], s.feat + 2 * p, &v);
        sum += squares(&v, s.w[p]);
    }
    return 0.5 * sum;
}

static double gradient(double *grad)
{
    double *restrict cam_row = grad, *restrict point_row = grad + 22 * s.P, sum = 0;
    double *restrict w_row = grad + 28 * s.P;
    struct view v;
    for (int64_t p = 0; p < s.P; p++) {
        const double *cam = s.cams + 11 * s.obs[2 * p];
        look(cam, s.points + 3 * s.obs[2 * p + 1], s.feat + 2 * p, &v);
        sum += squares(&v, s.w[p]);
        for (int i = 0; i < 2; i++, cam_row += 11, point_row += 3) {
            double out[2] = {i ? 0 : s.w[p], i ? s.w[p] : 0};
            memset(cam_row, 0, 11 * sizeof *cam_row);
            memset(point_row, 0, 3 * sizeof *point_row);
            look_back(cam, &v, out, cam_row, point_row);
            *w_row++ = v.off[i];
        }
    }
    return 0.5 * sum;
}

static size_t work(void *size)
{
    return ((__typeof__(&ba_jacobian_work))size)(s.C, s.M, s.P);
}

static int compiled(const struct bench_call *call, double *value, double *grad)
{
    return ((__typeof__(&ba_jacobian))call->function)(s.C, s.M, s.P, s.cams, s.points, s.w, s.obs,
                                                      s.feat, value, grad, grad + 22 * s.P,
                                                      grad + 28 * s.P, call->work);
}

const struct bench_problem bench_problem = {
    "ba_jacobian", 3, prepare, entries, operations, bytes, objective, gradient, work, compiled,
};
