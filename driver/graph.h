/* Graphs as DOT texts. */
#ifndef ADC_DRIVER_GRAPH_H
#define ADC_DRIVER_GRAPH_H

#include "driver/program.h"

/* The graph as written of one function, appended to `out`. */
int graph_written(struct session *session, struct program *program, const char *name,
                  struct adc_text *out);

#endif
