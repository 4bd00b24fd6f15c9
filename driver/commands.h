/* The subcommands: each reads session->options, fills session->out and stages files, and returns
 * an exit status. main.c holds the table. */
#ifndef ADC_DRIVER_COMMANDS_H
#define ADC_DRIVER_COMMANDS_H

struct session;

int command_build(struct session *session);
int command_run(struct session *session);
int command_eval(struct session *session);
int command_trace(struct session *session);
int command_graph(struct session *session);
int command_show(struct session *session);
int command_report(struct session *session);
int command_check(struct session *session);
int command_test(struct session *session);
int command_fmt(struct session *session);

#endif
