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

enum builtin_reduction builtin_reduction(const struct builtin *builtin)
{
    static const struct {
        const char *name;
        enum builtin_reduction reduction;
    } reductions[] = {
        {"sum", BUILTIN_SUM},       {"prod", BUILTIN_PROD},     {"max", BUILTIN_MAX},
        {"min", BUILTIN_MIN},       {"mean", BUILTIN_MEAN},     {"logsumexp", BUILTIN_LOGSUMEXP},
        {"argmax", BUILTIN_ARGMAX}, {"argmin", BUILTIN_ARGMIN}, {"all", BUILTIN_ALL},
        {"any", BUILTIN_ANY},       {"count", BUILTIN_COUNT},
    };
    if (builtin->kind != BUILTIN_REDUCTION && builtin->kind != BUILTIN_SAME)
        return BUILTIN_NO_REDUCTION;
    for (size_t i = 0; i < sizeof reductions / sizeof *reductions; i++)
        if (strcmp(builtin->name, reductions[i].name) == 0) return reductions[i].reduction;
    return BUILTIN_NO_REDUCTION;
}

double builtin_constant(const struct builtin *builtin)
{
    if (strcmp(builtin->name, "pi") == 0) return 3.14159265358979323846;
    if (strcmp(builtin->name, "e") == 0) return 2.71828182845904523536;
    return strcmp(builtin->name, "inf") == 0 ? (double)INFINITY : (double)NAN;
}
