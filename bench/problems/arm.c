/* A robot's arm: the gradient by each angle is that joint's axis times the lever to the hand, against
 * the error (the geometric Jacobian), so nothing but axes and joints is kept. */
#include "arm.h"
#include "bench.h"

#include <math.h>

enum { JOINTS = 7 };
static int64_t n;
static double *angle, *link, *goal;

static void prepare(const int64_t *size, struct bench_source *source)
{
    n = size[0];
    angle = bench_reals(source, (size_t)(JOINTS * n), -3, 3);
    link = bench_reals(source, 4 * JOINTS, 0.1, 0.5);
    for (int j = 0; j < JOINTS; j++) {
        double twist = 6 * link[4 * j + 2];
        link[4 * j + 2] = cos(twist);
        link[4 * j + 3] = sin(twist);
    }
    goal = bench_reals(source, (size_t)(3 * n), -1, 1);
}

static size_t entries(void)
{
    return (size_t)(JOINTS * n);
}

static double operations(void)
{
    return (double)n * (JOINTS * (2 + 24 + 24 + 17) + 9);
}

static double bytes(void)
{
    return 8.0 * (double)(n * (2 * JOINTS + 3));
}

struct chain {
    double axis[JOINTS][3], joint[JOINTS][3]; /* about which and where each joint turns */
    double end[3];
};

static void chain(const double *restrict turn, struct chain *restrict c)
{
    double R[3][3] = {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}, p[3] = {0};
    for (int j = 0; j < JOINTS; j++) {
        const double *l = link + 4 * j;
        double co = cos(turn[j]), si = sin(turn[j]);
        for (int i = 0; i < 3; i++) {
            double along = R[i][0] * co + R[i][1] * si, across = R[i][1] * co - R[i][0] * si;
            double up = R[i][2];
            c->axis[j][i] = up;
            c->joint[j][i] = p[i];
            p[i] += l[0] * along + l[1] * up;
            R[i][0] = along;
            R[i][1] = l[2] * across + l[3] * up;
            R[i][2] = l[2] * up - l[3] * across;
        }
    }
    for (int i = 0; i < 3; i++) c->end[i] = p[i];
}

static double objective(void)
{
    double sum = 0;
    struct chain c;
    for (int64_t s = 0; s < n; s++) {
        chain(angle + JOINTS * s, &c);
        for (int i = 0; i < 3; i++)
            sum += (c.end[i] - goal[3 * s + i]) * (c.end[i] - goal[3 * s + i]);
    }
    return 0.5 * sum;
}

static double gradient(double *grad)
{
    double sum = 0, e[3], r[3];
    struct chain c;
    for (int64_t s = 0; s < n; s++) {
        chain(angle + JOINTS * s, &c);
        for (int i = 0; i < 3; i++) {
            e[i] = c.end[i] - goal[3 * s + i];
            sum += e[i] * e[i];
        }
        for (int j = 0; j < JOINTS; j++) {
            const double *z = c.axis[j];
            for (int i = 0; i < 3; i++) r[i] = c.end[i] - c.joint[j][i];
            grad[JOINTS * s + j] = e[0] * (z[1] * r[2] - z[2] * r[1]) +
                                   e[1] * (z[2] * r[0] - z[0] * r[2]) +
                                   e[2] * (z[0] * r[1] - z[1] * r[0]);
        }
    }
    return 0.5 * sum;
}

static size_t work(void *size)
{
    return ((__typeof__(&arm_grad_work))size)(n);
}

static int compiled(const struct bench_call *call, double *value, double *grad)
{
    return ((__typeof__(&arm_grad))call->function)(n, angle, link, goal, value, grad, call->work);
}

const struct bench_problem bench_problem = {
    "arm_grad", 1, prepare, entries, operations, bytes, objective, gradient, work, compiled,
};
