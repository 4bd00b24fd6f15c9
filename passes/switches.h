/* Which passes run: sets of those that are left out. The pipeline asks where it calls a pass; a
 * pass never asks for itself. */
#ifndef ADC_PASSES_SWITCHES_H
#define ADC_PASSES_SWITCHES_H

#include <stdbool.h>
#include <stdint.h>

enum pass_switch {
#define PASS(upper, lower) PASS_##upper,
#include "passes/switches.def"
#undef PASS
    PASS_SWITCH_COUNT
};

/* Bits 1 << enum pass_switch. */
typedef uint64_t pass_set;
_Static_assert(PASS_SWITCH_COUNT <= 64, "a set of passes has a bit for each");

static inline bool pass_is_in(pass_set set, enum pass_switch pass)
{
    return set >> pass & 1u;
}

static inline pass_set pass_only(enum pass_switch pass)
{
    return (pass_set)1 << pass;
}

/* As it is written on the command line. */
const char *pass_switch_name(enum pass_switch pass);

#endif
