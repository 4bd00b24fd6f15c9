/* Relaxes 13 atoms to the icosahedron, the cluster of least energy: -44.326801 (D. J. Wales, J. P. K. Doye,
 * J. Phys. Chem. A 101 (1997), table 1), by descent along the gradient with a step of Barzilai and Borwein. */
#include "cluster.h"

#include <math.h>
#include <stdio.h>

enum { ATOMS = 13, COORDINATES = 3*ATOMS };

/* One atom in the middle, the others at (0, +-1, +-g), (+-1, +-g, 0), (+-g, 0, +-1) with the golden ratio g. */
static void place(double x[COORDINATES])
{
    const double golden = (1 + sqrt(5))/2;
    double *at = x;
    for (int k = 0; k < 3; k++) *at++ = 0;
    for (int axis = 0; axis < 3; axis++)
        for (int corner = 0; corner < 4; corner++, at += 3) {
            at[axis] = 0;
            at[(axis + 1)%3] = 0.6*(corner & 1 ? 1 : -1);
            at[(axis + 2)%3] = 0.6*(corner & 2 ? golden : -golden);
        }
}

static double norm(const double v[COORDINATES])
{
    double sum = 0;
    for (int i = 0; i < COORDINATES; i++) sum += v[i]*v[i];
    return sqrt(sum);
}

int main(void)
{
    double x[COORDINATES], old[COORDINATES], gradient[COORDINATES], before[COORDINATES], value;
    double step = 1e-4;
    int passes = 0;
    place(x);
    for (; passes < 1000; passes++) {
        int status = energy_grad(ATOMS, x, &value, gradient, NULL);
        if (status) {
            fprintf(stderr, "%s\n", energy_status(status));
            return 1;
        }
        if (norm(gradient) < 1e-9) break;
        if (passes) {
            double along = 0, change = 0;
            for (int i = 0; i < COORDINATES; i++) {
                along += (x[i] - old[i])*(gradient[i] - before[i]);
                change += (x[i] - old[i])*(x[i] - old[i]);
            }
            step = along > 0 ? change/along : 1e-4;
        }
        for (int i = 0; i < COORDINATES; i++) {
            old[i] = x[i];
            before[i] = gradient[i];
            x[i] -= step*gradient[i];
        }
    }
    printf("energy %.6f, gradient below 1e-9: %s\n", value, norm(gradient) < 1e-9 ? "yes" : "no");
    return passes == 1000;
}
