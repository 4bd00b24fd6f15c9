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
    union adc_value *gradients; /* of the node's type */
    bool has_gradients;         /* false: no real result; ints and bools never have one */
};

/* Live nodes and names only. */
void trace_names(struct session *session, const struct adc_function *function, struct trace *trace);

/* Everything, at the program's arguments. */
int trace_evaluate(struct session *session, const struct program *program,
                   const struct adc_function *function, struct trace *trace);

/* "Variable", "Placeholder", "Constant", "Operator" */
const char *trace_kind(const struct adc_function *function, const struct adc_node *node);

/* A value as text. */
const char *trace_text(struct session *session, enum adc_type type, union adc_value value);

#endif
