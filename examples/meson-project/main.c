/* Newton's method on the misfit of enzyme.ad.
 *
 * Data: cells treated with puromycin; D. M. Bates, D. G. Watts, "Nonlinear Regression Analysis and Its Applications"
 * (1988), appendix 1.3. The book gives 212.7, 0.0641 and a sum of squares of 1195. */
#include "enzyme.h"

#include <math.h>
#include <stdio.h>

enum { COUNT = 12 };

static const double concentration[COUNT] = {0.02, 0.02, 0.06, 0.06, 0.11, 0.11,
                                            0.22, 0.22, 0.56, 0.56, 1.10, 1.10};
static const double measured[COUNT] = {76, 47, 97, 107, 123, 139, 159, 152, 191, 201, 207, 200};

int main(void)
{
    double most = 200, half = 0.06, value, by_most, by_half, h[4];
    for (int step = 0; step < 20; step++) {
        int status = misfit_grad(COUNT, most, half, concentration, measured, &value, &by_most, &by_half, NULL);
        if (!status) status = misfit_hess(COUNT, most, half, concentration, measured, h, NULL);
        if (status) {
            fprintf(stderr, "%s\n", misfit_status(status));
            return 1;
        }
        double determinant = h[0]*h[3] - h[1]*h[2];
        most -= (h[3]*by_most - h[1]*by_half)/determinant;
        half -= (h[0]*by_half - h[2]*by_most)/determinant;
    }
    printf("rate = %.1f c/(%.4f + c), sum of squares %.0f\n", most, half, value);
    return fabs(by_most) + fabs(by_half) > 1e-6;
}
