/* Calls of functions of teams_shapes.ad on threads, for teams_test.py, which watches them for
 * races: as many passes as make several tiles, elements that several chunks add to. */
#include "threads.h"

#include <omp.h>
#include <stdint.h>
#include <stdio.h>

enum { N = 161, M = 164, L = 372 };

int main(void)
{
    static double x[3 * M], ones[3 * M], y[3 * M], h[3 * M], last[3 * M], x_bar[3 * M];
    static double means[12] = {0.1, 0.2, 0.3}, weights[4], means_bar[12], weights_bar[4];
    static int64_t of[N], at[N];
    double results[4];
    for (int i = 0; i < 3 * M; i++) x[i] = i * 37 % 101 / 50.0 - 1;
    for (int i = 0; i < 3 * M; i++) ones[i] = 1;
    for (int i = 0; i < N; i++) of[i] = i * 13 % N;
    for (int i = 0; i < N; i++) at[i] = i * 7 % N;
    for (int threads = 2; threads <= 5; threads++) {
        omp_set_num_threads(threads);
        int bad = lifted_vjp(N, x, L, ones, 1, y, &results[0], x_bar, NULL);
        bad |= mixture_vjp(N, means, weights, x, L, 1, &results[1], means_bar, weights_bar, NULL);
        bad |= bundle_vjp(M, N, x, x, of, at, L, 1, &results[2], h, last, NULL);
        bad |= tallies_vjp(N, M, x, of, ones, L, ones, ones, 1, h, last, &results[3], x_bar, NULL);
        if (bad) return bad;
    }
    puts("good");
    return 0;
}
