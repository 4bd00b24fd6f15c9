/* Pose of a hand: only the vertices that are seen are skinned, only the bones that move one are
 * looked at; the adjoint goes back from the points to the bones, up the tree, and to the angles. */
#include "hand.h"
#include "bench.h"

#include <math.h>
#include <string.h>

enum { POSE = 26, MOST = 64 }; /* numbers of a pose; bones */
typedef double matrix[4][4];
static int64_t N, B, V, complicated;
static double *unbind_of, *rest_of, *verts, *weight, *u, *theta, *points;
static int64_t *dof, *parent, *corner;

static void make_model(void)
{
    for (int64_t b = 0; b < B; b++) {
        parent[b] = b == 0 ? -1 : (b - 1) % 4 == 0 ? 0 : b - 1;
        for (int64_t a = 0; a < 3; a++) {
            int64_t first = 6 + (b - 2) / 4 * 4, joint = (b - 2) % 4;
            dof[3 * b + a] = b < 2 || joint > 2 || first + joint + 1 >= POSE ? -1
                             : joint == 0 && a < 2                           ? first + a
                             : joint > 0 && a == 0                           ? first + joint + 1
                                                                             : -1;
        }
        for (int64_t v = 0; v < V; v++)
            if (v % B != b && (v + 1) % B != b) weight[b * V + v] = 0;
        for (int i = 0; i < 4; i++) /* last rows 0 0 0 1 */
            rest_of[16 * b + 12 + i] = unbind_of[16 * b + 12 + i] = i == 3;
    }
    for (int64_t v = 0; v < V; v++) verts[4 * v + 3] = 1;
    for (int64_t n = 0; n < N && !complicated; n++) {
        u[2 * n] = 1, u[2 * n + 1] = 0;
        corner[3 * n + 1] = corner[3 * n + 2] = corner[3 * n];
    }
}

/* Before any number is taken: whether the first one is there tells made from given. */
static void prepare(const int64_t *size, struct bench_source *source)
{
    N = size[0], B = size[1], V = size[2], complicated = size[3];
    dof = bench_ints(source, (size_t)(3 * B), -2, -1);
    parent = bench_ints(source, (size_t)B, -2, -1);
    rest_of = bench_reals(source, (size_t)(16 * B), -0.5, 0.5);
    unbind_of = bench_reals(source, (size_t)(16 * B), -0.5, 0.5);
    verts = bench_reals(source, (size_t)(4 * V), -1, 1);
    weight = bench_reals(source, (size_t)(B * V), 0, 1);
    u = bench_reals(source, (size_t)(2 * N), 0, 0.5);
    theta = bench_reals(source, POSE, -0.5, 0.5);
    points = bench_reals(source, (size_t)(3 * N), -1, 1);
    corner = bench_ints(source, (size_t)(3 * N), 0, V);
    if (parent[0] < -1) make_model(); /* not in a file */
}

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

static void times(matrix a, matrix b, matrix out)
{
    for (int i = 0; i < 4; i++)
        for (int j = 0; j < 4; j++)
            out[i][j] =
                a[i][0] * b[0][j] + a[i][1] * b[1][j] + a[i][2] * b[2][j] + a[i][3] * b[3][j];
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

struct pose {
    double angle[MOST][3];
    matrix turn[MOST], local[MOST], world[MOST], bone[MOST];
    double whole[3][3]; /* of the whole hand */
};

/* z y x of the angles about x, z, y. */
static void turned(const double a[3], matrix m)
{
    double sx = sin(a[0]), cx = cos(a[0]), sz = sin(a[1]), cz = cos(a[1]), sy = sin(a[2]);
    double cy = cos(a[2]);
    matrix of = {{cz * cy, cz * sy * sx - sz * cx, cz * sy * cx + sz * sx, 0},
                 {sz * cy, sz * sy * sx + cz * cx, sz * sy * cx - cz * sx, 0},
                 {-sy, cy * sx, cy * cx, 0},
                 {0, 0, 0, 1}};
    memcpy(m, of, sizeof(matrix));
}

static double angle_of(int64_t b, int a)
{
    return dof[3 * b + a] >= 0 ? theta[dof[3 * b + a]] : 0;
}

static void whole_turn(const double w[3], double g[3][3])
{
    double s2 = w[0] * w[0] + w[1] * w[1] + w[2] * w[2], s = sqrt(s2);
    double a = s2 > 1e-8 ? sin(s) / s : 0, b = s2 > 1e-8 ? (1 - cos(s)) / s2 : 0;
    double skew[3][3] = {{0, -w[2], w[1]}, {w[2], 0, -w[0]}, {-w[1], w[0], 0}};
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++) /* skew^2 = w w' - s2 */
            g[i][j] = (i == j) * (1 - b * s2) + a * skew[i][j] + b * w[i] * w[j];
}

static void take_pose(struct pose *p)
{
    for (int64_t b = 0; b < B; b++) {
        for (int a = 0; a < 3; a++) p->angle[b][a] = angle_of(b, a);
        turned(p->angle[b], p->turn[b]);
        times(*(matrix *)(rest_of + 16 * b), p->turn[b], p->local[b]);
        if (parent[b] < 0) memcpy(p->world[b], p->local[b], sizeof(matrix));
        else times(p->world[parent[b]], p->local[b], p->world[b]);
        times(p->world[b], *(matrix *)(unbind_of + 16 * b), p->bone[b]);
    }
    whole_turn(theta, p->whole);
}

static void skin(struct pose *p, int64_t v, double bent[3], double at[3])
{
    const double *restrict x = verts + 4 * v;
    bent[0] = bent[1] = bent[2] = 0;
    for (int64_t b = 0; b < B; b++) {
        double by = weight[b * V + v];
        if (by == 0) continue;
        for (int i = 0; i < 3; i++) {
            const double *m = p->bone[b][i];
            bent[i] += by * (m[0] * x[0] + m[1] * x[1] + m[2] * x[2] + m[3] * x[3]);
        }
    }
    for (int i = 0; i < 3; i++) {
        const double *g = p->whole[i];
        at[i] = g[0] * bent[0] + g[1] * bent[1] + g[2] * bent[2] + theta[3 + i];
    }
}

/* Skins the corners of point n (one, if they are one) and gives its residual. */
static void residual(struct pose *p, int64_t n, double bent[3][3], double at[3][3], double r[3])
{
    double part[3] = {u[2 * n], u[2 * n + 1], 1 - u[2 * n] - u[2 * n + 1]};
    for (int i = 0; i < 3; i++) r[i] = points[3 * n + i];
    for (int c = 0; c < 3; c++) {
        if (c && !complicated) {
            memcpy(bent[c], bent[0], sizeof bent[0]);
            memcpy(at[c], at[0], sizeof at[0]);
        } else {
            skin(p, corner[3 * n + c], bent[c], at[c]);
        }
        for (int i = 0; i < 3; i++) r[i] -= part[c] * at[c][i];
    }
}

static double objective(void)
{
    struct pose p;
    double bent[3][3], at[3][3], r[3], sum = 0;
    take_pose(&p);
    for (int64_t n = 0; n < N; n++) {
        residual(&p, n, bent, at, r);
        sum += r[0] * r[0] + r[1] * r[1] + r[2] * r[2];
    }
    return 0.5 * sum;
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
    "hand_grad", 4, prepare, entries, operations, bytes, objective, gradient, work, compiled,
};
