/* --fix: the replacements that errors propose, applied to the file. */
#ifndef ADC_DRIVER_FIX_H
#define ADC_DRIVER_FIX_H

struct session;

/* Before the command: every file among the operands (the first one; all of them for `test` and
 * `fmt`) is compiled, the fixes of its errors are applied, and so on until there are none, ten
 * times at most. The file is rewritten once, and every replacement is a message. What errors
 * remain is the command's business. */
int fix_files(struct session *session);

#endif
