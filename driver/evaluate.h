/* Values of a function and its derivatives at one point, as JSON or as a table. */
#ifndef ADC_DRIVER_EVALUATE_H
#define ADC_DRIVER_EVALUATE_H

#include "driver/program.h"

/* Place for one result: its `count` values, or the elements of its array. */
struct job_output {
    union adc_value *values;
    size_t count;
    int64_t length[ADC_MAX_RANK]; /* of an array */
    int64_t *sizes;               /* of the form of a record */
};

/* One product ready to run. */
struct job {
    const struct adc_function *function;
    const union adc_value *inputs; /* by parameter; sizes among them */
    struct job_output *outputs;    /* by result */
    uint32_t status;               /* of the first check that failed, 0 if none */
};

/* Makes place for the results of a job that has its function and inputs: the inputs say how large
 * arrays are. */
int evaluate_make_outputs(struct session *session, struct job *job);

/* Fills outputs and status of every job, `repeat` times; *seconds is the mean time of one pass. */
typedef int evaluate_engine(struct session *session, struct job *jobs, size_t count,
                            unsigned repeat, double *seconds);

evaluate_engine evaluate_interpreted;
evaluate_engine evaluate_compiled; /* cc_engine.c */
evaluate_engine evaluate_jit;      /* jit_engine.c */

/* The engine of a name that the options allow; the interpreter without one. */
evaluate_engine *evaluate_engine_of(const char *name);

/* Evaluates `written` at the program's arguments by the engine that the options name, and adds the
 * results to session->out. `products` are bits 1 << enum adc_product. */
int evaluate(struct session *session, const struct program *program,
             const struct adc_function *written, unsigned products);

/* Seconds of a clock that never goes back. */
double evaluate_now(void);

/* The message for a `require` or another check that failed at `inputs`. */
int evaluate_failed_check(struct session *session, const struct adc_function *function,
                          uint32_t status, const union adc_value *inputs);

#endif
