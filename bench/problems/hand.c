/* Pose of a hand: the adjoint goes back from the points to the bones, up the tree, and to the
 * angles. */
#include "hand.h"
#include "pose.h"

static size_t entries(void)
{
    return (size_t)(POSE + 2 * N);
}

static double operations(void)
{
    double seen = (double)(N * (complicated ? 3 : 1));
    return (double)B * 5 * 112 + seen * (4 * 2 * 21 + 40);
}

static double bytes(void)
{
    return 8.0 * (double)(34 * B + N * (complicated ? 30 : 15));
}

/* out += a b' */
static void times_transposed(matrix a, matrix b, matrix out)
{
    for (int i = 0; i < 4; i++)
        for (int j = 0; j < 4; j++)
            for (int k = 0; k < 4; k++) out[i][j] += a[i][k] * b[j][k];
}

/* out = a' b */
static void transposed_times(matrix a, matrix b, matrix out)
{
    memset(out, 0, sizeof(matrix));
    for (int k = 0; k < 4; k++)
        for (int i = 0; i < 4; i++)
            for (int j = 0; j < 4; j++) out[i][j] += a[k][i] * b[k][j];
}

struct adjoint {
    matrix bone[MOST], world[MOST];
    double whole[3][3];
};

/* From the adjoint of where vertex v is. */
static void skin_back(struct pose *p, int64_t v, const double bent[3], const double bar[3],
                      struct adjoint *to)
{
    double back[3] = {0};
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++) {
            to->whole[i][j] += bar[i] * bent[j];
            back[j] += p->whole[i][j] * bar[i];
        }
    for (int64_t b = 0; b < B; b++) {
        double by = weight[b * V + v];
        if (by == 0) continue;
        for (int i = 0; i < 3; i++)
            for (int j = 0; j < 4; j++) to->bone[b][i][j] += by * back[i] * verts[4 * v + j];
    }
}

/* From the adjoint of a bone's turn to its angles. */
static void turned_back(const double a[3], matrix bar, double *restrict theta_bar, const int64_t *d)
{
    double sx = sin(a[0]), cx = cos(a[0]), sz = sin(a[1]), cz = cos(a[1]), sy = sin(a[2]);
    double cy = cos(a[2]), x, y, z;
    x = bar[0][1] * (cz * sy * cx + sz * sx) + bar[0][2] * (sz * cx - cz * sy * sx) +
        bar[1][1] * (sz * sy * cx - cz * sx) - bar[1][2] * (sz * sy * sx + cz * cx) +
        bar[2][1] * cy * cx - bar[2][2] * cy * sx;
    z = -bar[0][0] * sz * cy - bar[0][1] * (sz * sy * sx + cz * cx) +
        bar[0][2] * (cz * sx - sz * sy * cx) + bar[1][0] * cz * cy +
        bar[1][1] * (cz * sy * sx - sz * cx) + bar[1][2] * (cz * sy * cx + sz * sx);
    y = -bar[0][0] * cz * sy + bar[0][1] * cz * cy * sx + bar[0][2] * cz * cy * cx -
        bar[1][0] * sz * sy + bar[1][1] * sz * cy * sx + bar[1][2] * sz * cy * cx - bar[2][0] * cy -
        bar[2][1] * sy * sx - bar[2][2] * sy * cx;
    if (d[0] >= 0) theta_bar[d[0]] += x;
    if (d[1] >= 0) theta_bar[d[1]] += z;
    if (d[2] >= 0) theta_bar[d[2]] += y;
}

static void whole_back(const double w[3], double bar[3][3], double *restrict w_bar)
{
    double s2 = w[0] * w[0] + w[1] * w[1] + w[2] * w[2], s = sqrt(s2);
    if (!(s2 > 1e-8)) return;
    double a = sin(s) / s, b = (1 - cos(s)) / s2, a_bar = 0, b_bar = 0, trace = 0;
    double skew[3] = {bar[2][1] - bar[1][2], bar[0][2] - bar[2][0], bar[1][0] - bar[0][1]};
    for (int i = 0; i < 3; i++) {
        trace += bar[i][i];
        a_bar += skew[i] * w[i];
        for (int j = 0; j < 3; j++) b_bar += bar[i][j] * w[i] * w[j];
    }
    b_bar -= trace * s2;
    double s2_bar = a_bar * (cos(s) - a) / (2 * s2) + b_bar * (0.5 * a - b) / s2 - b * trace;
    for (int i = 0; i < 3; i++) {
        w_bar[i] = a * skew[i] + 2 * s2_bar * w[i];
        for (int j = 0; j < 3; j++) w_bar[i] += b * (bar[i][j] + bar[j][i]) * w[j];
    }
}

static void pose_back(struct pose *p, struct adjoint *bar, double *restrict theta_bar)
{
    matrix local, turn;
    for (int64_t b = B - 1; b >= 0; b--) {
        times_transposed(bar->bone[b], *(matrix *)(unbind_of + 16 * b), bar->world[b]);
        if (parent[b] < 0) {
            memcpy(local, bar->world[b], sizeof local);
        } else {
            transposed_times(p->world[parent[b]], bar->world[b], local);
            times_transposed(bar->world[b], p->local[b], bar->world[parent[b]]);
        }
        if (dof[3 * b] < 0 && dof[3 * b + 1] < 0 && dof[3 * b + 2] < 0) continue;
        transposed_times(*(matrix *)(rest_of + 16 * b), local, turn);
        turned_back(p->angle[b], turn, theta_bar, dof + 3 * b);
    }
    whole_back(theta, bar->whole, theta_bar);
}

static double gradient(double *grad)
{
    struct pose p;
    struct adjoint bar;
    double bent[3][3], at[3][3], r[3], sum = 0, *u_bar = grad + POSE;
    memset(&bar, 0, sizeof bar);
    memset(grad, 0, POSE * sizeof *grad);
    take_pose(&p);
    for (int64_t n = 0; n < N; n++) {
        double part[3] = {u[2 * n], u[2 * n + 1], 1 - u[2 * n] - u[2 * n + 1]};
        residual(&p, n, bent, at, r);
        u_bar[2 * n] = u_bar[2 * n + 1] = 0;
        for (int i = 0; i < 3; i++) {
            sum += r[i] * r[i];
            grad[3 + i] -= r[i];
            u_bar[2 * n] -= r[i] * (at[0][i] - at[2][i]);
            u_bar[2 * n + 1] -= r[i] * (at[1][i] - at[2][i]);
        }
        for (int c = 0; c < (complicated ? 3 : 1); c++) {
            double by = complicated ? -part[c] : -1, back[3] = {by * r[0], by * r[1], by * r[2]};
            skin_back(&p, corner[3 * n + c], bent[c], back, &bar);
        }
    }
    pose_back(&p, &bar, grad);
    return 0.5 * sum;
}

static size_t work(void *size)
{
    return ((__typeof__(&hand_grad_work))size)(POSE, N, B, V);
}

static int compiled(const struct bench_call *call, double *value, double *grad)
{
    return ((__typeof__(&hand_grad))call->function)(POSE, N, B, V, theta, u, dof, parent, rest_of,
                                                    unbind_of, verts, weight, points, corner, value,
                                                    NULL, grad, grad + POSE, call->work);
}

const struct bench_problem bench_problem = {
    "hand_grad",    4,        pose_prepare, entries,  operations, bytes,
    pose_objective, gradient, work,         compiled,
};
