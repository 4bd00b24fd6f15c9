/* Functions of vmath.def against MPFR, in units of the last place of the exact value: in double on
 * random numbers of the whole range, of the range where something happens, and at edges; in float
 * on more of them, against the C library's function of double, whose error does not count there.
 * The same, on fewer points, with fused multiply-adds: a library is made of these and loaded.
 *
 * ADC_VMATH_SAMPLES multiplies the number of points, ADC_VMATH_ONLY names one function. */
#define _POSIX_C_SOURCE 200809L /* mkdtemp */

#include "tests/vmath_functions.h"

#include "tests/vmath_singles.h"

#include <dlfcn.h>
#include <float.h>
#include <mpfr.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { WIDE_SAMPLES = 12000, SINGLE_SAMPLES = 120000, FEWER = 4, PRECISION = 130 };

static const double promised = 2.0; /* ulp */

typedef int exact_function(mpfr_t, const mpfr_t, mpfr_rnd_t);

/* low, high: where it is neither its argument nor a limit. float goes without `library` by MPFR.
 * right: of |x| (to the left of 0 terms cancel, see below). */
struct subject {
    const char *name;
    double (*wide)(double);
    float (*single)(float);
    exact_function *exact;
    double (*library)(double);
    double low, high;
    bool right;
};

/* ------------------------------------------------------------------- exact values of kin */

/* 1/(1 + exp(-x)) */
static int exact_sigmoid(mpfr_t y, const mpfr_t x, mpfr_rnd_t round)
{
    mpfr_neg(y, x, round);
    mpfr_exp(y, y, round);
    mpfr_add_ui(y, y, 1, round);
    return mpfr_ui_div(y, 1, y, round);
}

static int exact_softplus(mpfr_t y, const mpfr_t x, mpfr_rnd_t round)
{
    bool negative = mpfr_sgn(x) < 0;
    mpfr_abs(y, x, round);
    mpfr_neg(y, y, round);
    mpfr_exp(y, y, round);
    mpfr_log1p(y, y, round);
    return negative ? 0 : mpfr_add(y, y, x, round);
}

/* exp(-|x|)/(1 + exp(-|x|)) with the sign of x */
static int exact_tail(mpfr_t y, const mpfr_t x, mpfr_rnd_t round)
{
    mpfr_abs(y, x, round);
    mpfr_neg(y, y, round);
    exact_sigmoid(y, y, round);
    return mpfr_copysign(y, y, x, round);
}

static double library_sigmoid(double x)
{
    return 1.0 / (1.0 + exp(-x));
}

static double library_softplus(double x)
{
    return x > 0.0 ? x + log1p(exp(-x)) : log1p(exp(x));
}

static double library_tail(double x)
{
    return copysign(1.0 / (1.0 + exp(fabs(x))), x);
}

static int exact_right_lgamma(mpfr_t y, const mpfr_t x, mpfr_rnd_t round)
{
    int sign;
    mpfr_abs(y, x, round);
    return mpfr_lgamma(y, &sign, y, round);
}

/* At 0, where MPFR says NaN, the limit. */
static int exact_right_digamma(mpfr_t y, const mpfr_t x, mpfr_rnd_t round)
{
    mpfr_abs(y, x, round);
    if (!mpfr_zero_p(y)) return mpfr_digamma(y, y, round);
    mpfr_set_inf(y, -1);
    return 0;
}

#define LIBRARY(name, low, high)                                                 \
    {                                                                            \
#name, vmath_##name, vmath_f_##name, mpfr_##name, name, low, high, false \
    }
#define KIN(name, low, high)                                                                \
    {                                                                                       \
#name, vmath_##name, vmath_f_##name, exact_##name, library_##name, low, high, false \
    }

static const struct subject subjects[] = {
    LIBRARY(exp, -750.0, 712.0),
    LIBRARY(exp2, -1080.0, 1025.0),
    LIBRARY(expm1, -50.0, 712.0),
    LIBRARY(log, 0.5, 2.0),
    LIBRARY(log2, 0.5, 2.0),
    LIBRARY(log10, 0.5, 2.0),
    LIBRARY(log1p, -1.0, 2.0),
    KIN(tail, -40.0, 40.0),
    KIN(sigmoid, -40.0, 40.0),
    KIN(softplus, -40.0, 40.0),
    LIBRARY(tanh, -22.0, 22.0),
    LIBRARY(sin, -1e3, 1e3),
    LIBRARY(cos, -1e3, 1e3),
    LIBRARY(tan, -1e3, 1e3),
    LIBRARY(asin, -1.0, 1.0),
    LIBRARY(acos, -1.0, 1.0),
    LIBRARY(atan, -4.0, 4.0),
    LIBRARY(sinh, -712.0, 712.0),
    LIBRARY(cosh, -712.0, 712.0),
    LIBRARY(asinh, -4.0, 4.0),
    LIBRARY(acosh, 1.0, 4.0),
    LIBRARY(atanh, -1.0, 1.0),
    LIBRARY(cbrt, 0.5, 8.0),
    LIBRARY(erf, -6.0, 6.0),
    LIBRARY(erfc, -6.0, 28.0),
    {"lgamma", vmath_lgamma, vmath_f_lgamma, exact_right_lgamma, NULL, 0.0, 12.0, true},
    {"digamma", vmath_digamma, vmath_f_digamma, exact_right_digamma, NULL, 0.0, 12.0, true},
};

/* Of two arguments, each low ... high where it is not anything. */
struct subject_of_two {
    const char *name;
    double (*wide)(double, double);
    float (*single)(float, float);
    int (*exact)(mpfr_t, const mpfr_t, const mpfr_t, mpfr_rnd_t);
    double low, high;
};

static const struct subject_of_two subjects_of_two[] = {
    {"pow", vmath_pow, vmath_f_pow, mpfr_pow, 0.0, 30.0},
    {"atan2", vmath_atan2, vmath_f_atan2, mpfr_atan2, -3.0, 3.0},
    {"hypot", vmath_hypot, vmath_f_hypot, mpfr_hypot, -3.0, 3.0},
};

/* -------------------------------------------------------------------------------- points */

static uint64_t random_bits(uint64_t *state)
{
    *state += UINT64_C(0x9e3779b97f4a7c15);
    uint64_t z = *state;
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

static double uniform(uint64_t *state, double low, double high)
{
    return low + (high - low) * ((double)(random_bits(state) >> 11) * 0x1p-53);
}

static const double edges[] = {0.0,
                               0x1p-1074,
                               0x1p-1022,
                               0x1.fffffffffffffp-1023,
                               0x1p-149,
                               0x1p-126,
                               0x1.fffffcp-127,
                               1e-300,
                               1e-20,
                               1e-17,
                               1e-9,
                               1e-8,
                               1e-5,
                               0.25,
                               0.41421356237309504,
                               0.5,
                               0.70710678118654752,
                               0.75,
                               0.78539816339744831,
                               1.0,
                               1.25,
                               1.4142135623730951,
                               1.5707963267948966,
                               2.0,
                               2.4142135623730951,
                               2.5,
                               3.1415926535897931,
                               4.0,
                               8.0,
                               9.0,
                               16.0,
                               17.0,
                               22.0,
                               36.7,
                               37.5,
                               88.5,
                               88.72283,
                               88.75,
                               87.33654,
                               103.97208,
                               104.0,
                               127.5,
                               128.0,
                               149.0,
                               150.0,
                               700.0,
                               709.0,
                               709.43613930310390,
                               709.78271289338397,
                               709.8,
                               710.4758600739439,
                               745.13321910194111,
                               746.0,
                               1022.5,
                               1024.0,
                               1074.0,
                               1075.0,
                               1600.0,
                               1048576.0,
                               1e10,
                               0x1p52,
                               0x1p53,
                               6381956970095103.0 * 0x1p797,
                               16367173.0 * 0x1p72,
                               1e22,
                               1e300,
                               DBL_MAX,
                               FLT_MAX,
                               0x1p1023,
                               0x1p127};

enum { EDGES = sizeof edges / sizeof *edges * 10 };

/* An edge or a neighbour, either sign; behind them, infinities and NaN. */
static double edge(unsigned i, bool single)
{
    double x = edges[i / 10], to = i / 2 % 5 < 2 ? -HUGE_VAL : HUGE_VAL;
    for (unsigned step = i / 2 % 5 == 0 || i / 2 % 5 == 4 ? 2
                         : i / 2 % 5 == 2                 ? 0
                                                          : 1;
         step; step--)
        x = single ? (double)nextafterf((float)x, (float)to) : nextafter(x, to);
    return i % 2 ? -x : x;
}

/* A third each: of all bit patterns, of low ... high, of all sizes from 2^-30 to 2^12. */
static double sample(uint64_t *state, double low, double high, unsigned i, bool single)
{
    uint64_t bits = random_bits(state);
    double sign = bits & 1 ? -1.0 : 1.0;
    if (i % 3 == 0) return single ? (double)real_f32((uint32_t)(bits >> 32)) : real_f64(bits);
    if (i % 3 == 1) return uniform(state, low, high);
    return sign * exp2(uniform(state, -30.0, 12.0));
}

/* ---------------------------------------------------------------------------- measuring */

struct worst {
    double error, at, at_y;
};

/* |got - exact| in units of the last place of `exact`. An infinite `got` is the number behind the
 * greatest one. */
static double ulps_of_exact(double got, mpfr_t exact, bool single)
{
    int digits = single ? 24 : 53, most = single ? 128 : 1024, least = single ? -149 : -1074;
    if (mpfr_nan_p(exact) || isnan(got)) return mpfr_nan_p(exact) && isnan(got) ? 0.0 : HUGE_VAL;
    if (mpfr_zero_p(exact) || mpfr_inf_p(exact))
        return got == mpfr_get_d(exact, MPFR_RNDN) && !signbit(got) == !mpfr_signbit(exact)
                   ? 0.0
                   : HUGE_VAL;
    if (!signbit(got) != !mpfr_signbit(exact)) return HUGE_VAL;
    int place = (int)mpfr_get_exp(exact) - digits;
    if (place < least) place = least;
    if (place > most - digits) place = most - digits;
    mpfr_t difference;
    mpfr_init2(difference, PRECISION);
    if (isinf(got)) mpfr_set_si_2exp(difference, got > 0 ? 1 : -1, most, MPFR_RNDN);
    else mpfr_set_d(difference, got, MPFR_RNDN);
    if (mpfr_get_exp(exact) > most && isinf(got)) mpfr_set(difference, exact, MPFR_RNDN);
    mpfr_sub(difference, difference, exact, MPFR_RNDN);
    mpfr_mul_2si(difference, difference, -place, MPFR_RNDN);
    double error = fabs(mpfr_get_d(difference, MPFR_RNDN));
    mpfr_clear(difference);
    return error;
}

/* The same where `exact` is a double with digits to spare for float. */
static double ulps_of_float(float got, double exact)
{
    if (isnan(exact) || isnan(got)) return isnan(exact) && isnan(got) ? 0.0 : HUGE_VAL;
    if (!signbit(got) != !signbit(exact)) return HUGE_VAL;
    if (exact == 0.0 || fabs(exact) >= 0x1p128) {
        double near = exact == 0.0 ? 0.0 : copysign(HUGE_VAL, exact);
        return (double)got == near ? 0.0 : HUGE_VAL;
    }
    int exponent;
    frexp(exact, &exponent);
    int place = exponent - 24 < -149 ? -149 : exponent - 24;
    double value = isinf(got) ? copysign(0x1p128, exact) : (double)got;
    return fabs(ldexp(value - exact, -place));
}

static void note(struct worst *worst, double error, double x, double y)
{
    if (error > worst->error) *worst = (struct worst){error, x, y};
}

static double error_at(const struct subject *subject, double x, bool single, mpfr_t argument,
                       mpfr_t exact)
{
    if (single && subject->library)
        return ulps_of_float(subject->single((float)x), subject->library((double)(float)x));
    if (single) x = (double)(float)x;
    mpfr_set_d(argument, x, MPFR_RNDN);
    subject->exact(exact, argument, MPFR_RNDN);
    if (subject->right) x = fabs(x);
    double got = single ? (double)subject->single((float)x) : subject->wide(x);
    return ulps_of_exact(got, exact, single);
}

static unsigned samples(bool single, bool fused)
{
    const char *factor = getenv("ADC_VMATH_SAMPLES");
    return (unsigned)(single ? SINGLE_SAMPLES : WIDE_SAMPLES) / (fused ? FEWER : 1) *
           (unsigned)(factor ? atoi(factor) : 1);
}

static struct worst measure(const struct subject *subject, bool single, bool fused)
{
    struct worst worst = {0};
    uint64_t state = 1;
    mpfr_t argument, exact;
    mpfr_init2(argument, 53);
    mpfr_init2(exact, PRECISION);
    static const double limits[] = {HUGE_VAL, -HUGE_VAL, NAN};
    for (unsigned i = 0; i < 3; i++)
        note(&worst, error_at(subject, limits[i], single, argument, exact), limits[i], 0.0);
    for (unsigned i = 0; i < EDGES; i++)
        note(&worst, error_at(subject, edge(i, single), single, argument, exact), edge(i, single),
             0.0);
    for (unsigned i = 0, count = samples(single && subject->library, fused); i < count; i++) {
        double x = sample(&state, subject->low, subject->high, i, single);
        note(&worst, error_at(subject, x, single, argument, exact), x, 0.0);
    }
    mpfr_clear(argument);
    mpfr_clear(exact);
    return worst;
}

/* Pairs of edges and limits, powers that come near the ends of the range and near 1, whatever. */
static void point_of_two(uint64_t *state, const struct subject_of_two *subject, unsigned i,
                         bool single, double *x, double *y)
{
    static const double special[] = {
        0.0,        -0.0,        1.0,       -1.0,    2.0,     -2.0,
        3.0,        -3.0,        0.5,       -0.5,    -1.5,    HUGE_VAL,
        -HUGE_VAL,  (double)NAN, 0x1p53,    -0x1p53, 0x1p24,  9007199254740991.0,
        16777215.0, DBL_MAX,     0x1p-1074, FLT_MAX, 0x1p-149};
    enum { SPECIAL = sizeof special / sizeof *special };
    unsigned way = i % 5;
    *x = sample(state, subject->low, subject->high, i / 5, single);
    *y = sample(state, subject->low, subject->high, i / 15, single);
    if (i < SPECIAL * SPECIAL) {
        *x = special[i / SPECIAL];
        *y = special[i % SPECIAL];
    } else if (way == 0) {
        *y = uniform(state, -160.0, 160.0) / log(fabs(*x)) * (single ? 0.7 : 5.0);
    } else if (way == 1) {
        *x = 1.0 + uniform(state, -1.0, 1.0) * exp2(uniform(state, -40.0, -2.0));
        *y = uniform(state, -600.0, 600.0) / log(*x) * (single ? 0.15 : 1.0);
    } else if (way == 2) {
        *x = *y * (1.0 + uniform(state, -1.0, 1.0));
    } else if (way == 3) {
        *x = special[random_bits(state) % SPECIAL];
    }
}

static struct worst measure_of_two(const struct subject_of_two *subject, bool single, bool fused)
{
    struct worst worst = {0};
    uint64_t state = 1;
    mpfr_t u, v, exact;
    mpfr_init2(u, 53);
    mpfr_init2(v, 53);
    mpfr_init2(exact, PRECISION);
    for (unsigned i = 0, count = 2 * samples(false, fused); i < count; i++) {
        double x, y;
        point_of_two(&state, subject, i, single, &x, &y);
        if (single) x = (double)(float)x;
        if (single) y = (double)(float)y;
        mpfr_set_d(u, x, MPFR_RNDN);
        mpfr_set_d(v, y, MPFR_RNDN);
        subject->exact(exact, u, v, MPFR_RNDN);
        double got = single ? (double)subject->single((float)x, (float)y) : subject->wide(x, y);
        note(&worst, ulps_of_exact(got, exact, single), x, y);
    }
    mpfr_clears(u, v, exact, (mpfr_ptr)NULL);
    return worst;
}

/* -------------------------------------------------------------------- fused multiply-adds */

static void *fused_library;

/* The library for any machine: what it has in place of instructions is exact as well. */
static int make_library(void **data)
{
    (void)data;
    char folder[] = "/tmp/adc-vmath-XXXXXX", command[600];
    if (!mkdtemp(folder)) return 1;
    snprintf(command, sizeof command, "%s/fused.c", folder);
    FILE *file = fopen(command, "w");
    struct adc_heap heap = {adc_standard_allocator(), NULL};
    struct adc_arena arena;
    struct adc_graph graph;
    struct adc_text text;
    adc_arena_init(&arena, &heap);
    adc_graph_init(&graph, &arena);
    adc_text_init(&text, &arena);
    adc_text_add(&text, "#include \"tests/vmath_functions.h\"\n\n");
    put_fused_singles(&graph, "extern", &text);
    bool good = file && fwrite(text.data, 1, text.count, file) == text.count;
    good = file && fclose(file) == 0 && good;
    adc_arena_free(&arena);
    snprintf(command, sizeof command,
             "cd %s && cc -O1 -std=c11 -ffp-contract=off -Wno-psabi -I" ADC_SOURCE_DIR
             " -shared -fPIC -o fused.so fused.c -lm",
             folder);
    good = good && system(command) == 0;
    snprintf(command, sizeof command, "%s/fused.so", folder);
    if (good) fused_library = dlopen(command, RTLD_NOW);
    snprintf(command, sizeof command, "rm -r %s", folder);
    return system(command) || !fused_library;
}

static int close_library(void **data)
{
    (void)data;
    return dlclose(fused_library);
}

/* Sets *function. */
static void find_fused(const char *width, const char *name, void *function)
{
    char symbol[60];
    snprintf(symbol, sizeof symbol, "fused_%s%s", width, name);
    void *found = dlsym(fused_library, symbol);
    if (!found) fail_msg("%s", symbol);
    memcpy(function, &found, sizeof found);
}

static struct subject fused_subject(struct subject subject)
{
    find_fused("", subject.name, &subject.wide);
    find_fused("f_", subject.name, &subject.single);
    return subject;
}

static struct subject_of_two fused_subject_of_two(struct subject_of_two subject)
{
    find_fused("", subject.name, &subject.wide);
    find_fused("f_", subject.name, &subject.single);
    return subject;
}

/* --------------------------------------------------------------------------------- tests */

static void check_functions(bool fused)
{
    bool good = true;
    printf("%-12s %8s %-26s %8s %s\n", "ulp", "double", "at", "float", "at");
    for (size_t i = 0; i < sizeof subjects / sizeof *subjects; i++) {
        const struct subject subject = fused ? fused_subject(subjects[i]) : subjects[i];
        const char *only = getenv("ADC_VMATH_ONLY");
        if (only && strcmp(only, subject.name) != 0) continue;
        struct worst wide = measure(&subject, false, fused);
        struct worst single = measure(&subject, true, fused);
        printf("%-12s %8.3f %-26.17g %8.3f %.9g\n", subject.name, wide.error, wide.at, single.error,
               single.at);
        good &= wide.error <= promised && single.error <= promised;
    }
    for (size_t i = 0; i < sizeof subjects_of_two / sizeof *subjects_of_two; i++) {
        const struct subject_of_two subject =
            fused ? fused_subject_of_two(subjects_of_two[i]) : subjects_of_two[i];
        struct worst wide = measure_of_two(&subject, false, fused);
        struct worst single = measure_of_two(&subject, true, fused);
        printf("%-12s %8.3f %.17g, %.17g   %8.3f %.9g, %.9g\n", subject.name, wide.error, wide.at,
               wide.at_y, single.error, single.at, single.at_y);
        good &= wide.error <= promised && single.error <= promised;
    }
    mpfr_free_cache();
    assert_true(good);
}

static void functions_are_good_to_two_ulp(void **data)
{
    (void)data;
    check_functions(false);
}

static void fused_functions_are_good_to_two_ulp(void **data)
{
    (void)data;
    check_functions(true);
}

/* Reflected, lgamma and digamma have digits relative to the greater of their terms: `mirror`, the
 * value on the right, and what makes of it the result. */
static void check_reflections(const struct subject *lgamma, const struct subject *digamma)
{
    uint64_t state = 1;
    double worst[2][2] = {{0.0}};
    mpfr_t x, exact, mirror;
    mpfr_init2(x, 60);
    mpfr_init2(exact, PRECISION);
    mpfr_init2(mirror, PRECISION);
    for (unsigned i = 0; i < 4000; i++) {
        bool single = i % 2;
        double at = -exp2(uniform(&state, -30.0, i % 4 < 2 ? 5.0 : 12.0));
        if (single) at = (double)(float)at;
        if (at == floor(at)) continue;
        for (unsigned second = 0; second < 2; second++) {
            const struct subject *subject = second ? digamma : lgamma;
            int sign;
            mpfr_set_d(x, at, MPFR_RNDN);
            if (second) mpfr_digamma(exact, x, MPFR_RNDN);
            else mpfr_lgamma(exact, &sign, x, MPFR_RNDN);
            mpfr_ui_sub(x, second, x, MPFR_RNDN);
            if (second) mpfr_digamma(mirror, x, MPFR_RNDN);
            else mpfr_lgamma(mirror, &sign, x, MPFR_RNDN);
            double got = single ? (double)subject->single((float)at) : subject->wide(at);
            double scale =
                fabs(mpfr_get_d(exact, MPFR_RNDN)) + 2.0 * fabs(mpfr_get_d(mirror, MPFR_RNDN));
            mpfr_sub_d(exact, exact, got, MPFR_RNDN);
            double error = fabs(mpfr_get_d(exact, MPFR_RNDN)) / scale * (single ? 0x1p24 : 0x1p53);
            if (!(error <= worst[second][single])) worst[second][single] = error;
        }
    }
    mpfr_clears(x, exact, mirror, (mpfr_ptr)NULL);
    printf("reflected, in halves of an ulp of the terms: lgamma %.2f %.2f, digamma %.2f %.2f\n",
           worst[0][0], worst[0][1], worst[1][0], worst[1][1]);
    for (unsigned i = 0; i < 4; i++) assert_true(worst[i / 2][i % 2] <= 4.0 * promised);
}

static void reflections_keep_the_digits_of_their_terms(void **data)
{
    (void)data;
    const struct subject *last = &subjects[sizeof subjects / sizeof *subjects - 2];
    check_reflections(&last[0], &last[1]);
}

static void fused_reflections_keep_the_digits_of_their_terms(void **data)
{
    (void)data;
    const struct subject *last = &subjects[sizeof subjects / sizeof *subjects - 2];
    const struct subject fused[] = {fused_subject(last[0]), fused_subject(last[1])};
    check_reflections(&fused[0], &fused[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(functions_are_good_to_two_ulp),
        cmocka_unit_test(fused_functions_are_good_to_two_ulp),
        cmocka_unit_test(reflections_keep_the_digits_of_their_terms),
        cmocka_unit_test(fused_reflections_keep_the_digits_of_their_terms),
    };
    return cmocka_run_group_tests(tests, make_library, close_library);
}
