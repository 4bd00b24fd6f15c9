/* What code costs: the tables of `adc report`, the limits of --max-stack and --max-work. */
#ifndef ADC_DRIVER_REPORT_H
#define ADC_DRIVER_REPORT_H

#include "driver/program.h"

/* An error if a product of the function goes beyond a limit that the options set. */
int report_check_limits(struct session *session, struct program *program, const char *name);

#endif
