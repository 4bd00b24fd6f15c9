/* Compiled jobs: inputs and outputs as compiled code has them in memory, and the calls. */
#ifndef ADC_DRIVER_CALL_H
#define ADC_DRIVER_CALL_H

#include "backend/jit.h"
#include "driver/evaluate.h"

struct job_caller {
    native_caller *call;
    native_work_caller *work;
};

/* Runs every job by its caller, as an engine does (evaluate.h). */
int call_jobs(struct session *session, struct job *jobs, const struct job_caller *callers,
              size_t count, unsigned repeat, double *seconds);

#endif
