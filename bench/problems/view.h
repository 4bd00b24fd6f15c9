/* What the problems of bundle adjustment share: data, and one observation's projection and rotation
 * (Rodrigues), there and back. */
#ifndef BENCH_VIEW_H
#define BENCH_VIEW_H

#include "bench.h"

#include <math.h>

struct scene {
    int64_t C, M, P; /* cameras, points, observations */
    double *cams, *points, *w, *feat;
    int64_t *obs;
};

static void scene_prepare(struct scene *s, const int64_t *size, struct bench_source *source)
{
    s->C = size[0], s->M = size[1], s->P = size[2];
    s->cams = bench_reals(source, (size_t)(11 * s->C), 0.1, 0.4);
    s->points = bench_reals(source, (size_t)(3 * s->M), 1, 2);
    s->w = bench_reals(source, (size_t)s->P, 0.5, 1.5);
    s->feat = bench_reals(source, (size_t)(2 * s->P), -1, 1);
    s->obs = bench_ints(source, (size_t)(2 * s->P), 0, 1);
    for (int64_t p = 0; p < s->P; p++) /* as ADBench */
        s->obs[2 * p] = p % s->C, s->obs[2 * p + 1] = p % s->M;
}

static double dot(const double a[3], const double b[3])
{
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

static void cross(const double a[3], const double b[3], double out[3])
{
    out[0] = a[1] * b[2] - a[2] * b[1];
    out[1] = a[2] * b[0] - a[0] * b[2];
    out[2] = a[0] * b[1] - a[1] * b[0];
}

struct view {
    double x[3], axis[3], turned[3], p[3]; /* point from the camera; axis x x; after the turn */
    double angle, sine, cosine, along;     /* along = axis . x */
    double q[2], r2, distortion, off[2];   /* on the plane; off = projection - feat */
};

static void look(const double *restrict cam, const double *restrict point,
                 const double *restrict at, struct view *v)
{
    double square = dot(cam, cam);
    for (int i = 0; i < 3; i++) v->x[i] = point[i] - cam[3 + i];
    v->angle = sqrt(square);
    v->sine = sin(v->angle), v->cosine = cos(v->angle);
    for (int i = 0; i < 3; i++) v->axis[i] = square > 0 ? cam[i] / v->angle : 0;
    v->along = dot(v->axis, v->x);
    cross(v->axis, v->x, v->turned);
    for (int i = 0; i < 3; i++)
        v->p[i] =
            v->x[i] * v->cosine + v->turned[i] * v->sine + v->axis[i] * v->along * (1 - v->cosine);
    for (int i = 0; i < 2; i++) v->q[i] = v->p[i] / v->p[2];
    v->r2 = v->q[0] * v->q[0] + v->q[1] * v->q[1];
    v->distortion = 1 + cam[9] * v->r2 + cam[10] * v->r2 * v->r2;
    for (int i = 0; i < 2; i++) v->off[i] = cam[6] * v->q[i] * v->distortion + cam[7 + i] - at[i];
}

/* Through the turn, from the adjoint of p: adds to those of the rotation and of the point. */
static void turn_back(const struct view *v, const double bar[3], double *restrict cam_bar,
                      double *restrict point_bar)
{
    double side[3], axis[3], x[3], across = dot(v->axis, bar), rest = 1 - v->cosine;
    cross(bar, v->axis, x);
    cross(v->x, bar, side);
    for (int i = 0; i < 3; i++) {
        x[i] = v->cosine * bar[i] + v->sine * x[i] + v->axis[i] * across * rest;
        axis[i] = v->sine * side[i] + rest * (bar[i] * v->along + v->x[i] * across);
    }
    double angle = v->cosine * dot(bar, v->turned) -
                   v->sine * (dot(bar, v->x) - v->along * across) - dot(axis, v->axis) / v->angle;
    for (int i = 0; i < 3; i++) {
        cam_bar[i] += axis[i] / v->angle + angle * v->axis[i];
        cam_bar[3 + i] -= x[i];
        point_bar[i] += x[i];
    }
}

/* From the adjoint of where the point is seen: adds to those of the camera and of the point. */
static void look_back(const double *restrict cam, const struct view *v, const double out[2],
                      double *restrict cam_bar, double *restrict point_bar)
{
    double q[2], p[3];
    double along = out[0] * v->q[0] + out[1] * v->q[1], distortion = cam[6] * along;
    double radial = 2 * (cam[9] + 2 * cam[10] * v->r2) * distortion;
    cam_bar[6] += v->distortion * along;
    cam_bar[9] += distortion * v->r2;
    cam_bar[10] += distortion * v->r2 * v->r2;
    for (int i = 0; i < 2; i++) {
        cam_bar[7 + i] += out[i];
        q[i] = cam[6] * v->distortion * out[i] + radial * v->q[i];
        p[i] = q[i] / v->p[2];
    }
    p[2] = -(q[0] * v->q[0] + q[1] * v->q[1]) / v->p[2];
    turn_back(v, p, cam_bar, point_bar);
}

#endif
