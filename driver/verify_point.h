/* Where derivatives are compared: points, given or drawn, and elements of arrays there.
 *
 * owner    the session's arena */
#ifndef ADC_DRIVER_VERIFY_POINT_H
#define ADC_DRIVER_VERIFY_POINT_H

#include "driver/verify.h"

/* Draw `number` of the sequence of the seed: values of all parameters of `function`, sizes among
 * them. What is given stays; the first draw takes the defaults. Ints of arrays are drawn as
 * indices into arrays of the sizes drawn. */
int verify_draw(struct session *session, const struct program *program,
                const struct adc_function *function, const struct verify_options *options,
                uint64_t number, union adc_value *inputs);

/* Inputs that may be changed: own[i] are the elements of parameter i, of a scalar its value. */
struct verify_inputs {
    union adc_value *values; /* by parameter */
    union adc_value **own;
    size_t *count;
};

/* Inputs of `function`, the value or a product of it: those as written are copied from `inputs`,
 * seeds are 0. */
int verify_copy(struct session *session, const struct adc_function *function,
                const union adc_value *inputs, struct verify_inputs *copy);

/* A scalar, or one element of an array. */
struct verify_place {
    size_t index, element; /* of the parameter or result */
    const char *name;      /* "x[0, 1]" */
    size_t group;          /* number of its array among those that count */
};

struct verify_places {
    struct verify_place *data;
    size_t count, capacity;
};

struct verify_choice {
    struct session *session;
    const struct compile_options *options;
    const struct adc_function *value;
    struct verify_report *report; /* is told what is left out */
    const union adc_value *inputs;
    size_t number; /* of the point */
};

/* Whether derivatives of the result are compared. */
bool verify_counts(const struct compile_options *options, const struct adc_result *result);

/* All elements where they are few, else some of each array: other ones at each point. */
int verify_choose_results(const struct verify_choice *choice, struct verify_places *places);
int verify_choose_variables(const struct verify_choice *choice, struct verify_places *places,
                            size_t *groups);

#endif
