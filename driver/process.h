/* Other programs: the C compiler, Graphviz. */
#ifndef ADC_DRIVER_PROCESS_H
#define ADC_DRIVER_PROCESS_H

struct session;

/* Runs arguments[0] (found on PATH) with what it says going to the file `log`, and waits. Anything
 * but success is an error that names `what` and shows the log; `advice` (or NULL) is said when the
 * program is missing. A signal that ends adc meanwhile ends the program first, and temporary files
 * go. */
int process_run(struct session *session, const char *what, const char *const *arguments,
                const char *log, const char *advice);

#endif
