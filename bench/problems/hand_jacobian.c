/* Pose of a hand: what the residuals change by with each angle, one angle after the other: through
 * the bones below it alone, and the vertices that are seen. */
#include "hand_jacobian.h"
#include "pose.h"

static size_t entries(void)
{
    return (size_t)(3 * N * (POSE + 2));
}

static double operations(void)
{
    double seen = (double)(N * (complicated ? 3 : 1));
    return (double)B * 5 * 112 + 20 * 3 * 3 * 112 + seen * (4 * 2 * 21 + POSE * 60);
}

static double bytes(void)
{
    return 8.0 * (double)(34 * B + N * (complicated ? 30 : 15)) + 8.0 * (double)entries();
}

/* Adds how `turned` changes with angle number `by`. */
static void turned_along(const double a[3], int by, matrix m)
{
    double sx = sin(a[0]), cx = cos(a[0]), sz = sin(a[1]), cz = cos(a[1]), sy = sin(a[2]);
    double cy = cos(a[2]);
    matrix of[3] = {{{0, cz * sy * cx + sz * sx, sz * cx - cz * sy * sx, 0},
                     {0, sz * sy * cx - cz * sx, -sz * sy * sx - cz * cx, 0},
                     {0, cy * cx, -cy * sx, 0},
                     {0}},
                    {{-sz * cy, -sz * sy * sx - cz * cx, cz * sx - sz * sy * cx, 0},
                     {cz * cy, cz * sy * sx - sz * cx, cz * sy * cx + sz * sx, 0},
                     {0},
                     {0}},
                    {{-cz * sy, cz * cy * sx, cz * cy * cx, 0},
                     {-sz * sy, sz * cy * sx, sz * cy * cx, 0},
                     {-cy, -sy * sx, -sy * cx, 0},
                     {0}}};
    for (int i = 0; i < 4; i++)
        for (int j = 0; j < 4; j++) m[i][j] += of[by][i][j];
}

static void whole_along(const double w[3], int by, double g[3][3])
{
    double s2 = w[0] * w[0] + w[1] * w[1] + w[2] * w[2], s = sqrt(s2);
    memset(g, 0, 9 * sizeof(double));
    if (!(s2 > 1e-8)) return;
    double a = sin(s) / s, b = (1 - cos(s)) / s2, e[3] = {by == 0, by == 1, by == 2};
    double a_along = (cos(s) - a) / s2 * w[by], b_along = (a - 2 * b) / s2 * w[by];
    double skew[3][3] = {{0, -w[2], w[1]}, {w[2], 0, -w[0]}, {-w[1], w[0], 0}};
    double turn[3][3] = {{0, -e[2], e[1]}, {e[2], 0, -e[0]}, {-e[1], e[0], 0}};
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++)
            g[i][j] = -(i == j) * (b_along * s2 + 2 * b * w[by]) + a_along * skew[i][j] +
                      a * turn[i][j] + b_along * w[i] * w[j] + b * (e[i] * w[j] + w[i] * e[j]);
}

/* The bones that number `by` of the pose moves, and how. */
struct moved {
    matrix world[MOST], bone[MOST];
    int64_t list[MOST], count;
    bool moves[MOST];
};

static void move(struct pose *p, int64_t by, struct moved *to)
{
    to->count = 0;
    for (int64_t b = 0; b < B; b++) {
        matrix turn = {{0}}, local, part;
        bool turns = false, carried = parent[b] >= 0 && to->moves[parent[b]];
        for (int a = 0; a < 3; a++) {
            if (dof[3 * b + a] != by) continue;
            turned_along(p->angle[b], a, turn);
            turns = true;
        }
        to->moves[b] = turns || carried;
        if (!to->moves[b]) continue;
        to->list[to->count++] = b;
        memset(to->world[b], 0, sizeof(matrix));
        if (carried) times(to->world[parent[b]], p->local[b], to->world[b]);
        if (turns) {
            times(*(matrix *)(rest_of + 16 * b), turn, local);
            if (parent[b] < 0) memcpy(part, local, sizeof part);
            else times(p->world[parent[b]], local, part);
            for (int i = 0; i < 4; i++)
                for (int j = 0; j < 4; j++) to->world[b][i][j] += part[i][j];
        }
        times(to->world[b], *(matrix *)(unbind_of + 16 * b), to->bone[b]);
    }
}

/* Where vertex v goes. */
static void skin_along(struct pose *p, const struct moved *moved, int64_t v, double at[3])
{
    const double *restrict x = verts + 4 * v;
    double bent[3] = {0};
    for (int64_t k = 0; k < moved->count; k++) {
        int64_t b = moved->list[k];
        double by = weight[b * V + v];
        if (by == 0) continue;
        for (int i = 0; i < 3; i++) {
            const double *m = moved->bone[b][i];
            bent[i] += by * (m[0] * x[0] + m[1] * x[1] + m[2] * x[2] + m[3] * x[3]);
        }
    }
    for (int i = 0; i < 3; i++) {
        const double *g = p->whole[i];
        at[i] = g[0] * bent[0] + g[1] * bent[1] + g[2] * bent[2];
    }
}

static double gradient(double *grad)
{
    static struct pose p;
    static struct moved moved;
    double whole[3][3][3], at[3][3], r[3], sum = 0, *by_u = grad + 3 * N * POSE;
    double *bent = NULL;
    static double *room;
    static int64_t rooms;
    if (rooms < 9 * N) room = bench_room((size_t)(rooms = 9 * N));
    bent = room;
    take_pose(&p);
    for (int k = 0; k < 3; k++) whole_along(theta, k, whole[k]);
    for (int64_t n = 0; n < N; n++) {
        residual(&p, n, (double(*)[3])(bent + 9 * n), at, r);
        for (int i = 0; i < 3; i++) {
            sum += r[i] * r[i];
            by_u[(3 * n + i) * 2] = at[2][i] - at[0][i];
            by_u[(3 * n + i) * 2 + 1] = at[2][i] - at[1][i];
        }
    }
    for (int64_t k = 0; k < POSE; k++) {
        move(&p, k, &moved);
        for (int64_t n = 0; n < N; n++) {
            double part[3] = {u[2 * n], u[2 * n + 1], 1 - u[2 * n] - u[2 * n + 1]}, to[3] = {0};
            for (int c = 0; c < (complicated ? 3 : 1); c++) {
                double by = complicated ? part[c] : 1, along[3] = {0};
                const double *x = bent + 9 * n + 3 * c;
                if (moved.count) skin_along(&p, &moved, corner[3 * n + c], along);
                for (int i = 0; i < 3 && k < 3; i++)
                    for (int j = 0; j < 3; j++) along[i] += whole[k][i][j] * x[j];
                for (int i = 0; i < 3; i++) to[i] -= by * along[i];
            }
            for (int i = 0; i < 3; i++) grad[(3 * n + i) * POSE + k] = to[i] - (k == 3 + i);
        }
    }
    return 0.5 * sum;
}

static size_t work(void *size)
{
    return ((__typeof__(&hand_jacobian_work))size)(POSE, N, B, V);
}

static int compiled(const struct bench_call *call, double *value, double *grad)
{
    return ((__typeof__(&hand_jacobian))call->function)(
        POSE, N, B, V, theta, u, dof, parent, rest_of, unbind_of, verts, weight, points, corner,
        value, grad, grad + 3 * N * POSE, call->work);
}

const struct bench_problem bench_problem = {
    "hand_jacobian", 4,        pose_prepare, entries,  operations, bytes,
    pose_objective,  gradient, work,         compiled,
};
