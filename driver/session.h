/* One run of the `adc` command: its memory, what it has to say, what it writes.
 *
 * Results gather in `out` and go to standard output in one piece at the end; messages gather in
 * `messages` (the command's own) and in context.diags (the compiler's) and go to standard error.
 * Every step returns an exit status; STATUS_GOOD means go on.
 *
 * owner    main.c; everything allocated here lives in `arena` until the process ends
 * errors   out of memory: longjmp to main.c through heap.out_of_memory */
#ifndef ADC_DRIVER_SESSION_H
#define ADC_DRIVER_SESSION_H

#include "driver/files.h"
#include "driver/options.h"
#include "runtime/compile.h"

enum {
    STATUS_GOOD = 0,
    STATUS_PROGRAM = 1, /* an error in the program, a failed check, no such function */
    STATUS_USAGE = 2,   /* options and arguments */
    STATUS_SYSTEM = 3,  /* files, the C compiler, internal errors */
};

struct message {
    struct adc_span span; /* end 0: no place */
    const char *text;
    const char *help; /* or NULL */
    const char *code; /* of a diagnostic that --fix saw to; NULL: an error */
};

struct session {
    struct adc_heap heap;
    struct adc_arena arena;
    struct compilation context; /* of the compilation */
    struct options options;
    struct files files;
    struct adc_text out;
    bool out_stands; /* `out` is written with STATUS_PROGRAM too: a table with failures in it */
    ADC_VEC(struct message) messages;
    struct adc_text told; /* messages of earlier compilations, rendered */
};

/* `heap.out_of_memory` must be set by the caller first. */
void session_init(struct session *session);
void session_free(struct session *session);

/* Adds a message and returns `status`. */
int session_fail(struct session *session, int status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
int session_fail_at(struct session *session, int status, struct adc_span span, const char *text);

/* Further advice under the last message. */
void session_help(struct session *session, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* "did you mean `NAME`?" under the last message when a candidate is near; says whether one was. */
bool session_suggest(struct session *session, const char *name, const char *const *candidates,
                     size_t count);

/* The status after a call of the compiler that failed. */
int session_compiler_failed(struct session *session);

/* Says that a replacement was made, and what diagnostic (E07) asked for it. */
void session_fixed(struct session *session, struct adc_span span, const char *code,
                   const char *text);

/* Drops the compilation with its diagnostics. */
void session_forget(struct session *session);

/* As session_forget, but what there is to say is kept and said at the end. */
void session_keep_messages(struct session *session);

/* Formatted text on the session's arena. */
const char *session_format(struct session *session, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Writes files and results if `status` is good, then all messages; returns the final status. */
int session_finish(struct session *session, int status);

#endif
