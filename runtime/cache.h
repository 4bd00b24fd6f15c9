/* A folder of objects, so that what was compiled once is only linked later.
 *
 * An entry is a file named by the digest of all that its object depends on. It is written beside
 * its place and renamed, so readers see whole entries, whoever else writes; its head has its key
 * and a digest of the rest, so an entry that was damaged is none. Entries are never changed and may
 * be removed at any time. Who may write into the folder decides what code is run.
 *
 * errors   a folder that cannot be read or written is an empty one; out of memory leaves by longjmp
 *          with every file closed */
#ifndef ADC_RUNTIME_CACHE_H
#define ADC_RUNTIME_CACHE_H

#include "base/digest.h"
#include "backend/jit.h"

/* The object of `count` functions; false if there is none. It lies on the arena. */
bool cache_find(const char *folder, const char *key, struct adc_arena *arena, size_t count,
                struct native_object *object);

/* The folder is made if need be, those around it are not. */
void cache_keep(const char *folder, const char *key, struct adc_arena *arena,
                const struct native_object *object);

#endif
