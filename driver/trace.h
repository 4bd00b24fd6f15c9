/* The graph as written with values and gradients of all nodes, as trace and graph show them. */
#ifndef ADC_DRIVER_TRACE_H
#define ADC_DRIVER_TRACE_H

#include "driver/program.h"

/* All arrays by node id of `function`; meaningful where `live`. */
struct trace {
    const struct adc_function *function;
    uint8_t *live;
    const char **names; /* automatic: "x", "mul/0" */
    union adc_value *values;
    union adc_value *gradients; /* of the node's type and shape */
    uint8_t *has_gradient; /* ints, bools and what is computed anew for every index have none */
    bool has_gradients;    /* false: no result that is a real scalar */
};

/* Live nodes and names only. */
void trace_names(struct session *session, const struct adc_function *function, struct trace *trace);

/* Everything, at the program's arguments. */
int trace_evaluate(struct session *session, const struct program *program,
                   const struct adc_function *function, struct trace *trace);

/* "Variable", "Placeholder", "Constant", "Operator" */
const char *trace_kind(const struct adc_function *function, const struct adc_node *node);

/* A value of a node as text: "2.0", "[1.0, 2.0, 3.0, ... 7 more]"; "-" where there is none. */
const char *trace_value(struct session *session, const struct trace *trace,
                        const struct adc_node *node);
const char *trace_gradient(struct session *session, const struct trace *trace,
                           const struct adc_node *node);

/* "f64[3, 4]" of an array, "for i, j" of what has a value at every point of indices, "" of a
 * scalar. */
const char *trace_note(struct session *session, const struct trace *trace,
                       const struct adc_node *node);

#endif
