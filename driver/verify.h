/* Derivatives of one function against differences of its interpreted values.
 *
 * At every point, for every real result and every variable: the derivative in reverse mode
 * (`grad` where there is one real result, else `vjp` row by row), in forward mode (`jvp` column
 * by column) and by differences of the value.
 *
 * owner    the session's arena */
#ifndef ADC_DRIVER_VERIFY_H
#define ADC_DRIVER_VERIFY_H

#include "driver/json_io.h"
#include "driver/program.h"

/* In the order of how bad they are. */
enum verdict { VERIFY_GOOD, VERIFY_KINK, VERIFY_UNSURE, VERIFY_FAILED, VERIFY_COUNT };

struct verify_entry {
    const char *result, *variable; /* of an array with the element: "x[0, 1]" */
    size_t row;                    /* entries of one row are of one result and one variable */
    enum adc_type type;            /* of the variable */
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

/* An array of which some elements alone were compared at a point. */
struct verify_sample {
    const struct adc_name *name;
    size_t chosen, count;
};

struct verify_report {
    const struct adc_function *function; /* its value: parameters in order */
    ADC_VEC(union adc_value *) points;
    ADC_VEC(struct verify_entry) entries;
    ADC_VEC(struct verify_sample) samples; /* the largest of each name */
    size_t row_count;                      /* of one point with few entries: one for each */
    size_t failed_checks, not_finite;      /* draws that were left out */
    size_t count[VERIFY_COUNT];
};

/* --seed, --points, --tol. */
int verify_take_options(struct session *session, struct verify_options *options);

/* Whether the function has a variable and a real result. */
bool verify_applies(const struct program *program, const struct adc_function *written);

int verify_function(struct session *session, const struct program *program,
                    const struct adc_function *written, const struct verify_options *options,
                    struct verify_report *report);

const char *verify_verdict_name(enum verdict verdict); /* "good", "kink", "unsure", "FAILED" */

/* Lengths of an array parameter at a point of `function`. */
void verify_lengths(struct session *session, const struct adc_function *function,
                    const union adc_value *inputs, size_t parameter, int64_t *lengths);

/* Sizes of the form of a parameter there. */
int64_t *verify_sizes(struct session *session, const struct adc_function *function,
                      const union adc_value *inputs, size_t parameter);

/* The values of all parameters at a point, as --input takes them. */
json_t *verify_json(struct session *session, const struct verify_report *report, size_t point);

/* "x = 2.0, y = [3.0, 4.0]" */
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
