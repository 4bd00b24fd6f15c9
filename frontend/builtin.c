/* The table of the prelude. */
#include "frontend/builtin.h"

#include <math.h>
#include <string.h>

static const struct builtin table[] = {
#define ADC_BUILTIN(name, kind, op, int_op, help) {name, BUILTIN_##kind, op, int_op, help},
#include "frontend/builtin.def"
#undef ADC_BUILTIN
};

const struct builtin *builtin_at(size_t index)
{
    return index < sizeof table / sizeof *table ? &table[index] : NULL;
}

double builtin_constant(const struct builtin *builtin)
{
    if (strcmp(builtin->name, "pi") == 0) return 3.14159265358979323846;
    if (strcmp(builtin->name, "e") == 0) return 2.71828182845904523536;
    return strcmp(builtin->name, "inf") == 0 ? (double)INFINITY : (double)NAN;
}
