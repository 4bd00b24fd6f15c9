/* Derivatives of one function against differences of its interpreted values.
 *
 * At every point, for every real result and every variable: the derivative in reverse mode
 * (`grad` where there is one real result, else `vjp` row by row), in forward mode (`jvp` column
 * by column) and by differences of the value.
 *
 * owner    the session's arena */
#ifndef ADC_DRIVER_VERIFY_H
#define ADC_DRIVER_VERIFY_H

#include "driver/program.h"

/* In the order of how bad they are. */
enum verdict { VERIFY_GOOD, VERIFY_KINK, VERIFY_UNSURE, VERIFY_FAILED, VERIFY_COUNT };

struct verify_entry {
    const char *result, *variable;
    enum adc_type type; /* of the variable */
    size_t point;
    double x; /* the variable there */
    double reverse, forward;
    double difference, estimate; /* NaN: none; the estimate of its error */
    double error;                /* |reverse - difference| relative to the larger of them */
    enum verdict verdict;
    bool modes_differ; /* failed as forward and reverse mode disagree */
};

struct verify_options {
    bool drawn; /* points are drawn; else one point, all of it from arguments and defaults */
    int64_t seed;
    uint32_t points;
    double tolerance; /* 0: the default */
};

struct verify_report {
    const struct adc_function *function; /* its value: parameters in order */
    ADC_VEC(union adc_value *) points;
    ADC_VEC(struct verify_entry) entries;
    size_t failed_checks, not_finite; /* draws that were left out */
    size_t count[VERIFY_COUNT];
};

/* --seed, --points, --tol. */
int verify_take_options(struct session *session, struct verify_options *options);

/* Whether the function has a variable and a real result. */
bool verify_applies(const struct program *program, const struct adc_function *written);

/* Whether arrays go in or out: they are not compared yet. */
bool verify_has_arrays(const struct adc_function *written);

int verify_function(struct session *session, const struct program *program,
                    const struct adc_function *written, const struct verify_options *options,
                    struct verify_report *report);

const char *verify_verdict_name(enum verdict verdict); /* "good", "kink", "unsure", "FAILED" */

/* "x = 2.0, y = 3.0" */
const char *verify_point_text(struct session *session, const struct verify_report *report,
                              size_t point);

/* What a failed entry has to say in one sentence. */
const char *verify_complaint(struct session *session, const struct verify_report *report,
                             const struct verify_entry *entry);

/* Why there are fewer points than wanted or none, "" if nothing was left out. */
const char *verify_left_out(struct session *session, const struct verify_report *report);

/* A number to look at: its shortest text at `digits` digits. */
const char *verify_number(struct session *session, double value, int digits);

#endif
