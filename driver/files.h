/* Files of the driver: whole texts in, output files all written or none.
 *
 * An output is first written to a temporary file beside its target and renamed in files_commit, so
 * that nobody ever sees half a file. Devices and pipes are written in place, before any rename. A
 * target that holds the same bytes already is left alone (its time stamp too).
 *
 * owner    the session */
#ifndef ADC_DRIVER_FILES_H
#define ADC_DRIVER_FILES_H

#include "base/text.h"
#include "base/vec.h"

struct session;

struct output {
    const char *path;      /* as the user wrote it */
    const char *target;    /* where it goes: links followed */
    const char *temporary; /* written and waiting; NULL when none is pending */
    const char *data;      /* to be written in place (devices), else NULL */
    size_t length;
};

struct files {
    struct adc_arena *arena;
    ADC_VEC(struct output) outputs;
    ADC_VEC(const char *) folders; /* private temporary folders, to be removed */
    bool input_used;               /* standard input was read */
};

void files_init(struct files *files, struct adc_arena *arena);

/* The whole text of `path` ("-" is standard input), with a NUL behind it. */
int files_read(struct session *session, const char *path, const char **text, size_t *length);

/* Registers and stages one output file ("-" is standard output). */
int files_stage(struct session *session, const char *path, const char *data, size_t length);

/* Moves every staged output to its place. */
int files_commit(struct session *session);

/* Removes what is still temporary: staged outputs, private folders. */
void files_discard(struct files *files);

/* A new private folder under TMPDIR or /tmp. */
int files_private_folder(struct session *session, const char **path);

/* NULL, or what went wrong. */
const char *files_write_all(int descriptor, const char *data, size_t length);
const char *files_write_new(const char *path, const char *data, size_t length);

/* `path` with the ending of its last component replaced ("a/b.ad", ".c" -> "a/b.c"). */
const char *files_with_ending(struct adc_arena *arena, const char *path, const char *ending);
const char *files_base_name(const char *path);
bool files_ends_in(const char *path, const char *ending);

#endif
