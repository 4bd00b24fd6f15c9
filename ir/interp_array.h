/* Arrays of the interpreter: versions that share storage, so that an update costs what it touches.
 *
 * A version is a value and never changes. It has its elements in a buffer of its own (dense), or is
 * another version (its base; zeros if it has none) but for a map of changes. An update takes the
 * storage of the older version over and leaves there, as changes over the newer one, what it
 * overwrites (Baker's persistent arrays): whoever still reads the older one reads right, in
 * whatever order. Changes to more than a quarter of the elements become a buffer.
 *
 * handles  a version lives while it has handles or is a base. One that is only the base of one
 *          other is merged with it, so there are at most twice as many versions as handles
 * fixed    neither taken over nor made dense: a caller's array, and the points of a nest for `put`
 * threads  as the arena */
#ifndef ADC_IR_INTERP_ARRAY_H
#define ADC_IR_INTERP_ARRAY_H

#include "base/arena.h"
#include "ir/type.h"

/* Blocks of one size class that are free. */
struct interp_block;

struct interp_store {
    struct adc_arena *arena;
    struct interp_block *free[64]; /* by the power of two */
};

struct interp_change {
    size_t place; /* position + 1; 0: free */
    union adc_value value;
};

/* Hash table by position, at most three quarters full. */
struct interp_changes {
    struct interp_change *slots;
    size_t capacity, count; /* capacity a power of two, or 0 */
};

struct interp_array {
    size_t length, handles;
    union adc_value *data; /* of a dense one */
    const union adc_value *borrowed;
    struct interp_array *base;
    struct interp_changes changes; /* over base */
    struct interp_array *overlays; /* those whose base this is: a list through `next` */
    struct interp_array *next, **link;
    bool fixed;
};

/* Zeros, with one handle, which is the caller's. A dense one has its buffer at once. */
struct interp_array *interp_zeros(struct interp_store *store, size_t length, bool dense);

/* A caller's array, which must outlive the store. */
struct interp_array *interp_borrow(struct interp_store *store, size_t length,
                                   const union adc_value *elements);

static inline struct interp_array *interp_keep(struct interp_array *version)
{
    version->handles++;
    return version;
}

void interp_drop(struct interp_store *store, struct interp_array *version);

union adc_value interp_read(const struct interp_array *version, size_t at);

/* An element to write, while nobody but its maker has the version. Good until the next call. */
union adc_value *interp_cell(struct interp_store *store, struct interp_array *version, size_t at);

/* `array` with the elements replaced that were written to `points` (made without a buffer and
 * fixed); with one handle. */
struct interp_array *interp_put(struct interp_store *store, struct interp_array *array,
                                const struct interp_array *points);

/* a + b, element by element; with one handle. */
struct interp_array *interp_join(struct interp_store *store, enum adc_type type,
                                 struct interp_array *a, struct interp_array *b);

/* All elements in one buffer that stays as it is while the version is kept and not updated. */
const union adc_value *interp_plain(struct interp_store *store, struct interp_array *version);

#endif
