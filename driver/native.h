/* Native code in the command line: levels, targets, what went wrong. */
#ifndef ADC_DRIVER_NATIVE_H
#define ADC_DRIVER_NATIVE_H

#include "backend/jit.h"

struct session;

/* Of -O; 1 if it is not given. */
unsigned native_level(const struct session *session);

/* The options of --target, --mcpu, -O. */
struct native_options native_options(const struct session *session);

/* The form of a --emit or --stage; false if it names none. */
bool native_form(const char *name, enum native_form *form);

/* The status after a call that failed. */
int native_failed(struct session *session, const struct native_report *report);

#endif
