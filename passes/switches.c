/* The names of passes that can be left out. */
#include "passes/switches.h"

const char *pass_switch_name(enum pass_switch pass)
{
    static const char *const names[PASS_SWITCH_COUNT] = {
#define PASS(upper, lower) [PASS_##upper] = #lower,
#include "passes/switches.def"
#undef PASS
    };
    return names[pass];
}
