/* Fits the model of lynx_hare.ad by descent along the gradient that adc makes, with a step that adapts. */
#include "lynx_hare.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Thousands of pelts of hares and lynxes, 1900 to 1920 (Hudson Bay Company; Odum, Fundamentals of Ecology, 1953). */
static const double counts[21][2] = {
    {30.0, 4.0},  {47.2, 6.1},  {70.2, 9.8},  {77.4, 35.2}, {36.3, 59.4}, {20.6, 41.7}, {18.1, 19.0},
    {21.4, 13.0}, {22.0, 8.3},  {25.4, 9.1},  {27.1, 7.4},  {40.3, 8.0},  {57.0, 12.3}, {76.6, 19.5},
    {52.3, 45.7}, {19.5, 51.1}, {11.2, 29.7}, {7.6, 15.8},  {14.6, 9.7},  {16.2, 10.1}, {24.7, 8.6},
};

int main(void)
{
    double q[6] = {log(0.5), log(0.025), log(0.025), log(0.8), log(30.0), log(4.0)};
    double loss, gradient[6], length = 1e-3;
    if (misfit_grad(21, q, counts[0], &loss, gradient, NULL)) return 1;
    for (int pass = 0; pass <= 4000; pass++) {
        double trial[6], next, slope[6];
        if (pass % 500 == 0)
            printf("%4d  misfit %8.5f  rates %.4f %.4f %.4f %.4f\n", pass, loss, exp(q[0]), exp(q[1]), exp(q[2]),
                   exp(q[3]));
        for (int k = 0; k < 6; k++) trial[k] = q[k] - length * gradient[k];
        if (misfit_grad(21, trial, counts[0], &next, slope, NULL)) return 1;
        if (next < loss) {
            memcpy(q, trial, sizeof q);
            memcpy(gradient, slope, sizeof gradient);
            loss = next;
            length *= 1.2;
        } else {
            length *= 0.5;
        }
    }
    return 0;
}
