/* What was proved of sizes and indices, and what is left to be checked at run time. */
#ifndef ADC_DRIVER_EXPLAIN_H
#define ADC_DRIVER_EXPLAIN_H

#include "driver/program.h"

/* Adds the list of one function to session->out. */
int explain_shapes(struct session *session, struct program *program, const char *name);

#endif
