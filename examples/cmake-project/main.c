/* Newton's method on the cost of orings.ad, and the chance of a failure at the temperature of the last flight.
 *
 * Data: the 23 flights before Challenger's, S. R. Dalal, E. B. Fowlkes, B. Hoadley, "Risk analysis of the space
 * shuttle", J. Am. Stat. Assoc. 84 (1989), table 1: any distress of a field joint. */
#include "orings.h"

#include <math.h>
#include <stdio.h>

enum { FLIGHTS = 23 };

static const double temperature[FLIGHTS] = {66, 70, 69, 68, 67, 72, 73, 70, 57, 63, 70, 78,
                                            67, 53, 67, 75, 70, 81, 76, 79, 75, 76, 58};
static const double failed[FLIGHTS] = {0, 1, 0, 0, 0, 0, 0, 0, 1, 1, 1, 0,
                                       0, 1, 0, 0, 0, 0, 0, 0, 1, 0, 1};

int main(void)
{
    double b[2] = {0, 0}, value, gradient[2], h[4];
    for (int step = 0; step < 20; step++) {
        int status = cost_grad(FLIGHTS, b, temperature, failed, &value, gradient, NULL);
        if (!status) status = cost_hess(FLIGHTS, b, temperature, failed, h, NULL);
        if (status) {
            fprintf(stderr, "%s\n", cost_status(status));
            return 1;
        }
        double determinant = h[0]*h[3] - h[1]*h[2];
        b[0] -= (h[3]*gradient[0] - h[1]*gradient[1])/determinant;
        b[1] -= (h[0]*gradient[1] - h[2]*gradient[0])/determinant;
    }
    printf("log-odds = %.4f %+.4f temperature, deviance %.3f\n", b[0], b[1], 2*value);
    printf("at 31 degrees: %.4f\n", 1/(1 + exp(-b[0] - 31*b[1])));
    return fabs(gradient[0]) + fabs(gradient[1]) > 1e-6;
}
