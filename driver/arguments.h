/* NAME=VALUE arguments and --input files: texts and arrays by name, turned into values of a
 * parameter's type and shape. Sizes are found from the arrays.
 *
 * owner    the session's arena */
#ifndef ADC_DRIVER_ARGUMENTS_H
#define ADC_DRIVER_ARGUMENTS_H

#include "driver/array.h"
#include "ir/function.h"

struct session;

struct argument {
    const char *name;
    const char *text; /* "2.5", "true", "inf"; what begins with [ is an array, with { a record */
    const char *path; /* of the file it is from, or NULL */
    const struct npy *npy; /* the array in such a file, or NULL */
    const struct csv *csv;
    struct array *array; /* what was read from any of these last, as elements of `type`; or NULL */
    enum adc_type type;
    const struct adc_form *form; /* of what `array` was read for, or NULL */
    bool used;
};

struct arguments {
    struct argument *data;
    size_t count, capacity;
};

/* The operands from `first` on, then the --input file. Names repeated on the command line are
 * errors; the command line goes before the file. */
int arguments_collect(struct session *session, size_t first, struct arguments *arguments);

struct argument *arguments_find(const struct arguments *arguments, const char *name);

/* The value of a text for something of type `type` that messages call `name`. */
int argument_value(struct session *session, const char *name, const char *text, enum adc_type type,
                   union adc_value *value);

/* A scalar text by how it is written: ADC_INT, ADC_BOOL or ADC_F64; false if it is none. */
bool argument_as_written(const char *text, enum adc_type *type, union adc_value *value);

/* The message for a text that is none. */
int argument_no_scalar(struct session *session, const char *name, const char *text);

/* The array of an argument as one for `parameter` (type and rank), into argument->array; read once
 * for all products of a function. */
int arguments_read_array(struct session *session, const struct adc_parameter *parameter,
                         struct argument *argument);

/* Values of all parameters of `function`, in order, from arguments, their sizes and defaults; marks
 * what it used. */
int arguments_bind(struct session *session, const struct adc_function *function,
                   const struct arguments *arguments, union adc_value **values);

/* An error for the first argument that nobody used; parameter names are suggested. */
int arguments_check_used(struct session *session, const struct arguments *arguments,
                         const struct adc_function *const *functions, size_t count);

#endif
