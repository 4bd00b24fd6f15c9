/* One derivative of a function of one real, by differences that are extrapolated to step 0.
 *
 * Steps are powers of two, four times smaller each, so that x + h and x - h are exact. A relative
 * family goes from |x|/8 down to the spacing of reals at x; near 0 an absolute one from 1/4 down
 * goes before it. The caller samples the function at every step; where it has no value, the
 * sample is NaN.
 *
 * source   Ridders, Advances in Engineering Software 4 (1982): Neville's table with the entry of
 *          the least estimated error, here over all steps, with the rounding of the function
 *          added and with what smaller steps say against it. */
#ifndef ADC_DRIVER_DIFFERENCE_H
#define ADC_DRIVER_DIFFERENCE_H

#include <stdbool.h>
#include <stddef.h>

enum { DIFFERENCE_STEPS = 64 };

/* The arguments at which to sample. Steps [0, absolute) are the absolute family. */
struct difference_steps {
    double x;
    bool single; /* arguments are floats */
    size_t count, absolute;
    double up[DIFFERENCE_STEPS], down[DIFFERENCE_STEPS];
};

enum difference_kind {
    DIFFERENCE_SMOOTH,
    DIFFERENCE_CORNER,   /* left and right both have a derivative: another one */
    DIFFERENCE_JUMP,     /* the function is continuous on one side only */
    DIFFERENCE_DIVERGED, /* the differences grow as steps shrink */
    DIFFERENCE_NONE,     /* no values on either side */
};

struct difference {
    enum difference_kind kind;
    double value; /* central; one-sided at the edge of a domain */
    double error; /* its estimate */
    double scale; /* |f| / |x|: what derivatives are like here */
    double sharp,
        sharp_error; /* what some steps agree on best, though smaller ones may gainsay it */
    bool flat; /* on one side small steps change nothing: a staircase, or digits that cancelled */
};

void difference_steps(double x, bool single, struct difference_steps *steps);

/* `above[k]` and `below[k]` are the values at up[k] and down[k], `at` the one at x. `rounding` is
 * how far values are known to be off, 0 if they are rounded like one operation. `single`: as
 * floats. */
struct difference difference_estimate(const struct difference_steps *steps, const double *above,
                                      const double *below, double at, double rounding, bool single);

#endif
