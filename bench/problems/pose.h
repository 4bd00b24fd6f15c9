/* What the problems of a hand share: its model, its pose, and the residuals of points that were
 * seen. Only the vertices that are seen are skinned, only the bones that move one are looked at. */
#ifndef BENCH_POSE_H
#define BENCH_POSE_H

#include "bench.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

enum { POSE = 26, MOST = 64 }; /* numbers of a pose; bones */
typedef double matrix[4][4];
static int64_t N, B, V, complicated;
static double *unbind_of, *rest_of, *verts, *weight, *u, *theta, *points;
static int64_t *dof, *parent, *corner;

static inline void make_model(void)
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
static inline void pose_prepare(const int64_t *size, struct bench_source *source)
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

static inline void times(matrix a, matrix b, matrix out)
{
    for (int i = 0; i < 4; i++)
        for (int j = 0; j < 4; j++)
            out[i][j] =
                a[i][0] * b[0][j] + a[i][1] * b[1][j] + a[i][2] * b[2][j] + a[i][3] * b[3][j];
}

struct pose {
    double angle[MOST][3];
    matrix turn[MOST], local[MOST], world[MOST], bone[MOST];
    double whole[3][3]; /* of the whole hand */
};

/* z y x of the angles about x, z, y. */
static inline void turned(const double a[3], matrix m)
{
    double sx = sin(a[0]), cx = cos(a[0]), sz = sin(a[1]), cz = cos(a[1]), sy = sin(a[2]);
    double cy = cos(a[2]);
    matrix of = {{cz * cy, cz * sy * sx - sz * cx, cz * sy * cx + sz * sx, 0},
                 {sz * cy, sz * sy * sx + cz * cx, sz * sy * cx - cz * sx, 0},
                 {-sy, cy * sx, cy * cx, 0},
                 {0, 0, 0, 1}};
    memcpy(m, of, sizeof(matrix));
}

static inline double angle_of(int64_t b, int a)
{
    return dof[3 * b + a] >= 0 ? theta[dof[3 * b + a]] : 0;
}

static inline void whole_turn(const double w[3], double g[3][3])
{
    double s2 = w[0] * w[0] + w[1] * w[1] + w[2] * w[2], s = sqrt(s2);
    double a = s2 > 1e-8 ? sin(s) / s : 0, b = s2 > 1e-8 ? (1 - cos(s)) / s2 : 0;
    double skew[3][3] = {{0, -w[2], w[1]}, {w[2], 0, -w[0]}, {-w[1], w[0], 0}};
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++) /* skew^2 = w w' - s2 */
            g[i][j] = (i == j) * (1 - b * s2) + a * skew[i][j] + b * w[i] * w[j];
}

static inline void take_pose(struct pose *p)
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

static inline void skin(struct pose *p, int64_t v, double bent[3], double at[3])
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
static inline void residual(struct pose *p, int64_t n, double bent[3][3], double at[3][3],
                            double r[3])
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

static inline double pose_objective(void)
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

#endif
