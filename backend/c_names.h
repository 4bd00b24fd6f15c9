/* Names of the generated C: what a source name becomes.
 *
 * mangling  letters outside ASCII become _uXXXX_; a name that is a word of C, C++ or of the C
 *           library, or an external name of the file, gets a trailing `_`; one that ends in
 *           exactly two `_` gets a third, since that ending marks the compiler's own names
 *           (`t1__`, `w__`); one that C reserves by its first characters gets a leading `v`.
 *           Nothing else changes, so that a reader finds his names again.
 * scopes    within a scope no two claims give the same name: the later one gets `_2`, `_3`, ...
 * owner     the arena given to the init functions */
#ifndef ADC_BACKEND_C_NAMES_H
#define ADC_BACKEND_C_NAMES_H

#include "base/name.h"
#include "base/text.h"

#include <stdbool.h>

/* The words that generated names must not be. */
struct c_words {
    struct adc_names names;
    uint32_t anywhere; /* words with a smaller number are reserved for locals and parameters too */
    uint32_t total;    /* the others for functions only */
    struct adc_names
        own; /* external names of the file itself: reserved for locals and parameters */
    uint32_t own_count;
};

enum c_use { C_LOCAL, C_FUNCTION };

void c_words_init(struct c_words *words, struct adc_arena *arena);

/* Before anything is mangled as C_LOCAL. */
void c_words_reserve(struct c_words *words, const char *name);
bool c_is_reserved(struct c_words *words, const char *name, size_t length, enum c_use use);

/* The C name of a source name, on the words' arena. */
const char *c_mangle(struct c_words *words, const char *source, enum c_use use);

struct c_scope {
    struct c_words *words;
    struct adc_names taken;
    ADC_VEC(uint32_t)
    next; /* by number of a taken name: the suffix to try when it is asked for again */
};

void c_scope_init(struct c_scope *scope, struct c_words *words);

/* A C name for the source name that nobody of this scope has. */
const char *c_claim(struct c_scope *scope, const char *source);

/* Takes a name as it is; false if it was taken before. */
bool c_take(struct c_scope *scope, const char *name);

#endif
