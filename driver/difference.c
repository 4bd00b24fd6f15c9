/* Extrapolated differences: central ones and, for kinks and edges of domains, those of each side.
 *
 * A table of Neville over the steps of one family; row k starts from the difference at step k and
 * removes one power of h a column: even powers of central differences, every power of one-sided
 * ones. */
#include "driver/difference.h"

#include <float.h>
#include <math.h>
#include <string.h>

enum { COLUMNS = 7, RATIO = 4 };

/* ------------------------------------------------------------------------ steps */

static void add_steps(struct difference_steps *steps, int from, int to)
{
    double x = steps->x;
    for (int e = from; e >= to && steps->count < DIFFERENCE_STEPS; e -= 2) {
        double step = ldexp(1, e);
        double up = x + step, down = x - step;
        if (steps->single) {
            up = (double)(float)up;
            down = (double)(float)down;
        }
        if (!(up > x && down < x)) return; /* below the least subnormal, or beyond the largest */
        steps->up[steps->count] = up;
        steps->down[steps->count++] = down;
    }
}

void difference_steps(double x, bool single, struct difference_steps *steps)
{
    int digits = single ? FLT_MANT_DIG : DBL_MANT_DIG;
    int exponent;
    *steps = (struct difference_steps){.x = x, .single = single};
    frexp(x, &exponent);
    bool near_zero = fabs(x) < 0x1p-8;
    if (near_zero) {
        int last = -digits - 9;
        add_steps(steps, -2, x != 0 && exponent - 4 > last ? exponent - 4 : last);
    }
    steps->absolute = steps->count;
    if (x != 0) add_steps(steps, exponent - 4, exponent - digits + 2);
}

/* ------------------------------------------------------------------------ table */

/* A one-sided or central difference quotient at each step, largest step first. */
struct quotients {
    double value[DIFFERENCE_STEPS];  /* NaN: none */
    double noise[DIFFERENCE_STEPS];  /* what the rounding of the function may add */
    double width[DIFFERENCE_STEPS];  /* between the two arguments */
    double scale[DIFFERENCE_STEPS];  /* |f| over the larger of |x| and the width */
    double jitter[DIFFERENCE_STEPS]; /* of the function's values, as far as it shows */
    double order;                    /* RATIO to the power of h that a column removes: 4 or 16 */
    size_t count;
};

/* `value` is the best entry that no smaller step gainsays, `plain` the best one by the table alone,
 * `sharp` that with the most digits. */
struct estimate {
    double value, error, scale;
    double plain, plain_error;
    double sharp, sharp_error;
    double last, last_noise; /* at the smallest step */
    bool valid;
    bool flat; /* the function changes in the larger half of the steps only */
};

static double larger(double a, double b)
{
    return a > b ? a : b;
}

/* Steps below the last one without a value. */
static size_t first_usable(const struct quotients *q)
{
    size_t first = q->count;
    while (first > 0 && isfinite(q->value[first - 1])) first--;
    return first;
}

/* What changes from one small step to the next is no longer the function's shape: quotients of
 * smooth functions differ by less than a rounding there, those of a jump by the same amount every
 * time. Each step gets what the smaller ones show. */
static void find_jitter(struct quotients *q, double limit, double rounding)
{
    double least = HUGE_VAL, most = 0, jitter = rounding;
    for (size_t k = q->count; k-- > 0;) {
        if (k + 1 < q->count && q->width[k] <= limit && isfinite(q->value[k])) {
            double change = fabs(q->value[k] - q->value[k + 1]) * q->width[k + 1];
            least = change < least ? change : least;
            most = larger(most, change);
            jitter = larger(rounding, most - least);
        }
        q->jitter[k] = jitter;
    }
}

static void fill(const struct quotients *q, size_t first, double table[][COLUMNS])
{
    for (size_t k = first; k < q->count; k++) {
        double factor = q->order;
        table[k][0] = q->value[k];
        for (size_t j = 1; j < COLUMNS; j++, factor *= q->order) {
            if (j > k - first) table[k][j] = NAN;
            else
                table[k][j] =
                    table[k][j - 1] + (table[k][j - 1] - table[k - 1][j - 1]) / (factor - 1);
        }
    }
}

/* `doubt` is what speaks against the value beside its error in the table. */
static void take(struct estimate *best, double value, double error, double doubt, double scale)
{
    if (!isfinite(value) || !isfinite(error)) return;
    if (!best->valid || error < best->plain_error) {
        best->plain = value;
        best->plain_error = error;
    }
    if (!best->valid || error * fabs(best->sharp) < best->sharp_error * fabs(value)) {
        best->sharp = value;
        best->sharp_error = error;
    }
    if (best->valid && !(error + doubt < best->error)) return;
    best->value = value;
    best->error = error + doubt;
    best->scale = scale;
    best->valid = true;
}

/* One column, from the smallest step up. [low, high] is where every smaller step has the value,
 * as far as rounding lets it tell; an empty range is gainsaid from both sides. */
static void take_column(const struct quotients *q, size_t first, size_t j, double table[][COLUMNS],
                        struct estimate *best)
{
    double low = -HUGE_VAL, high = HUGE_VAL;
    for (size_t k = q->count; k-- > first + j;) {
        double v = table[k][j], jitter = q->jitter[k] / q->width[k], noise = q->noise[k];
        double error = larger(fabs(v - table[k][j - 1]), fabs(v - table[k - 1][j - 1]));
        double gainsaid = larger(0, larger(low - v, v - high));
        take(best, v, error + 2 * noise, gainsaid + 2 * jitter, q->scale[k]);
        low = larger(low, v - 8 * (noise + jitter));
        high = -larger(-high, -(v + 8 * (noise + jitter)));
    }
}

static struct estimate extrapolate(const struct quotients *q)
{
    struct estimate best = {.error = HUGE_VAL};
    double table[DIFFERENCE_STEPS][COLUMNS];
    size_t first = first_usable(q);
    if (first == q->count) return best;
    fill(q, first, table);
    for (size_t j = 1; j < COLUMNS; j++) take_column(q, first, j, table, &best);
    best.flat = true;
    for (size_t k = q->count / 2; k < q->count; k++) best.flat &= q->value[k] == 0;
    best.last = q->value[q->count - 1];
    best.last_noise = q->noise[q->count - 1];
    return best;
}

/* Difference quotients that grow as the step shrinks, by more than rounding explains. */
static bool diverges(const struct estimate *estimate)
{
    return estimate->valid && estimate->plain_error > 0.1 * fabs(estimate->plain) &&
           fabs(estimate->last) > 10 * fabs(estimate->plain) &&
           fabs(estimate->last) > 64 * estimate->last_noise;
}

static bool is_settled(const struct estimate *estimate)
{
    return estimate->error <= 0.1 * fabs(estimate->value) ||
           fabs(estimate->last) <= 64 * estimate->last_noise;
}

/* ------------------------------------------------------------------- one family */

struct samples {
    const struct difference_steps *steps;
    const double *above, *below;
    double at, rounding;
    bool single;
    size_t first, end; /* of the family */
};

struct family {
    struct estimate central, left, right;
    const struct estimate *main; /* central; that of one side at the edge of a domain */
    enum difference_kind kind;
    double error; /* of the main one, relative to value and scale */
};

/* Quotients of the values `high` and `low` at the arguments `up` and `down`; NULL: those at x. */
static void quotients_of(const struct samples *s, const double *up, const double *high,
                         const double *down, const double *low, struct quotients *q)
{
    double unit = s->single ? (double)FLT_EPSILON : DBL_EPSILON;
    double least = s->single ? (double)FLT_MIN * (double)FLT_EPSILON : DBL_MIN * DBL_EPSILON;
    *q =
        (struct quotients){.order = up && down ? RATIO * RATIO : RATIO, .count = s->end - s->first};
    for (size_t i = 0; i < q->count; i++) {
        size_t k = s->first + i;
        double a = up ? up[k] : s->steps->x, b = down ? down[k] : s->steps->x;
        double fa = high ? high[k] : s->at, fb = low ? low[k] : s->at;
        double size = larger(fabs(fa), fabs(fb));
        q->width[i] = a - b;
        q->value[i] = (fa - fb) / q->width[i];
        q->noise[i] = 2 * unit * (size / q->width[i]) + 4 * (least / q->width[i]);
        q->scale[i] = size / larger(fabs(s->steps->x), q->width[i]);
    }
}

static enum difference_kind kind_of(const struct family *family, bool single)
{
    const struct estimate *left = &family->left, *right = &family->right;
    double tolerance = single ? 1e-2 : 1e-5;
    if (!family->main->valid) return DIFFERENCE_NONE;
    if (!left->valid || !right->valid)
        return diverges(family->main) ? DIFFERENCE_DIVERGED : DIFFERENCE_SMOOTH;
    bool left_diverges = diverges(left), right_diverges = diverges(right);
    if (left_diverges != right_diverges)
        return is_settled(left_diverges ? right : left) ? DIFFERENCE_JUMP : DIFFERENCE_DIVERGED;
    double size = larger(fabs(left->value), fabs(right->value));
    if (!left_diverges &&
        fabs(left->value - right->value) > 10 * (left->error + right->error) + tolerance * size)
        return DIFFERENCE_CORNER;
    return diverges(&family->central) ? DIFFERENCE_DIVERGED : DIFFERENCE_SMOOTH;
}

/* Small is relative to x; the truncation of quotients leaves less than a rounding below the
 * limits: its power is 3 of central differences, 2 of one-sided ones. */
static void of_family(const struct samples *s, struct family *family)
{
    const struct difference_steps *steps = s->steps;
    struct quotients q;
    double jitter[DIFFERENCE_STEPS];
    double size = fabs(steps->x) < 0x1p-8 && s->first == 0 && steps->absolute ? 1 : fabs(steps->x);
    quotients_of(s, steps->up, s->above, steps->down, s->below, &q);
    find_jitter(&q, ldexp(size, s->single ? -8 : -17), s->rounding);
    family->central = extrapolate(&q);
    memcpy(jitter, q.jitter, sizeof jitter);
    for (unsigned side = 0; side < 2; side++) {
        if (side) quotients_of(s, NULL, NULL, steps->down, s->below, &q);
        else quotients_of(s, steps->up, s->above, NULL, NULL, &q);
        if (family->central.valid) memcpy(q.jitter, jitter, sizeof jitter);
        else find_jitter(&q, ldexp(size, s->single ? -12 : -26), s->rounding);
        *(side ? &family->left : &family->right) = extrapolate(&q);
    }
    family->main = family->central.valid ? &family->central
                   : family->right.valid ? &family->right
                                         : &family->left;
    family->kind = kind_of(family, s->single);
    family->error = family->main->error /
                    larger(larger(fabs(family->main->value), family->main->scale), DBL_MIN);
}

/* A derivative that is known to some digits, else one that is small for what derivatives are like
 * there. */
static unsigned rank(const struct family *family)
{
    if (!family->main->valid) return 0;
    bool smooth = family->kind == DIFFERENCE_SMOOTH;
    if (smooth && family->main->error <= 0.01 * fabs(family->main->value)) return 3;
    return family->error < 1e-6 ? 2 : 1;
}

static const struct family *better(const struct family *a, const struct family *b)
{
    unsigned first = rank(a), second = rank(b);
    if (first != second) return first > second ? a : b;
    if (first == 1) return a->error < b->error ? a : b;
    return a->main->error < b->main->error ? a : b;
}

struct difference difference_estimate(const struct difference_steps *steps, const double *above,
                                      const double *below, double at, double rounding, bool single)
{
    struct samples samples = {steps, above, below, at, rounding, single, 0, steps->absolute};
    struct family absolute, relative;
    of_family(&samples, &absolute);
    samples.first = steps->absolute;
    samples.end = steps->count;
    of_family(&samples, &relative);
    const struct family *family = better(&absolute, &relative);
    if (family->kind == DIFFERENCE_NONE || !isfinite(at))
        return (struct difference){
            .kind = DIFFERENCE_NONE, .value = NAN, .error = HUGE_VAL, .sharp = NAN};
    const struct estimate *main = family->main;
    return (struct difference){.kind = family->kind,
                               .value = main->value,
                               .error = main->error,
                               .scale = main->scale,
                               .sharp = main->sharp,
                               .sharp_error = main->sharp_error,
                               .flat = family->left.flat || family->right.flat};
}
