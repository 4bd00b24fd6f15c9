/* What this core does at most, measured by the two simplest kernels there are. */
#define _POSIX_C_SOURCE 200809L
#include "bench.h"

#include <stdlib.h>
#include <time.h>

#if defined(__AVX512F__)
enum { WIDTH = 8 };
#elif defined(__AVX__)
enum { WIDTH = 4 };
#else
enum { WIDTH = 2 };
#endif
typedef double vector __attribute__((vector_size(8 * WIDTH)));

/* As many sums as hide the latency of one fused operation: 4 cycles, 2 a cycle, and some. */
enum { SUMS = 12, TRIES = 5 };

double bench_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static volatile double sink;

__attribute__((noinline)) static double fused(long count, double factor, double term)
{
    vector sum[SUMS], f = {0}, t = {0};
    f += factor, t += term;
    for (int i = 0; i < SUMS; i++) sum[i] = t * i;
    for (long n = 0; n < count; n++)
#pragma GCC unroll 12
        for (int i = 0; i < SUMS; i++) sum[i] = sum[i] * f + t;
    vector all = {0};
    for (int i = 0; i < SUMS; i++) all += sum[i];
    return all[0];
}

double bench_peak(void)
{
    double best = 0;
    const long count = 1000000;
    for (int i = 0; i < TRIES; i++) {
        double start = bench_now();
        sink = fused(count, 0.999, 1e-9);
        double rate = 2.0 * SUMS * WIDTH * (double)count / (bench_now() - start);
        best = rate > best ? rate : best;
    }
    return best;
}

__attribute__((noinline)) static double summed(const double *x, size_t count)
{
    vector sum[8] = {0};
    for (size_t i = 0; i + 8 * WIDTH <= count; i += 8 * WIDTH)
#pragma GCC unroll 8
        for (int j = 0; j < 8; j++) {
            vector next;
            __builtin_memcpy(&next, x + i + (size_t)j * WIDTH, sizeof next);
            sum[j] += next;
        }
    for (int j = 1; j < 8; j++) sum[0] += sum[j];
    double all = 0;
    for (int j = 0; j < WIDTH; j++) all += sum[0][j];
    return all;
}

double bench_bandwidth(double bytes)
{
    size_t count = (size_t)(bytes / sizeof(double));
    count = count < 1024 ? 1024 : count;
    double *x = bench_room(count), best = 0;
    for (size_t i = 0; i < count; i++) x[i] = 1;
    long repeats = 1 + (long)(4e7 / (double)(count * sizeof *x));
    for (int i = 0; i < TRIES; i++) {
        double start = bench_now();
        for (long r = 0; r < repeats; r++) sink = summed(x, count);
        double rate = (double)(count * sizeof *x) * (double)repeats / (bench_now() - start);
        best = rate > best ? rate : best;
    }
    free(x);
    return best;
}
