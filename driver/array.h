/* Arrays as users give them: nested lists, files of NumPy, tables.
 *
 * owner    the session's arena */
#ifndef ADC_DRIVER_ARRAY_H
#define ADC_DRIVER_ARRAY_H

#include "ir/node.h"

struct csv;
struct npy;
struct session;

struct array {
    unsigned rank;
    int64_t length[ADC_MAX_RANK]; /* -1: hidden by an empty list further out */
    union adc_value *elements;    /* row-major */
    size_t count;
    bool record;               /* read as a record: rank and length are not known, but */
    const int64_t *sizes;      /* the sizes of its form, -1: hidden or of another part, */
    const char *const *places; /* and what shows each of them: cams[0].rot */
};

/* What an array shall be, and what messages call it; `path` of the file it is from, or NULL. */
struct array_target {
    const char *name, *path;
    enum adc_type type;
    unsigned rank; /* from 1 */
};

/* [[1, 2], [3, 4]] */
int array_of_list(struct session *session, const struct array_target *target, const char *text,
                  struct array *array);

int array_of_npy(struct session *session, const struct array_target *target, const struct npy *npy,
                 struct array *array);

/* A matrix; a vector if there is one row or one column. */
int array_of_csv(struct session *session, const struct array_target *target, const struct csv *csv,
                 struct array *array);

/* Element `at` as text. */
const char *array_npy_text(struct session *session, const struct npy *npy, size_t at);

/* "`x` has 2 axes", "`x` has 1 axis" */
const char *array_axes(struct session *session, const char *name, unsigned rank);

#endif
