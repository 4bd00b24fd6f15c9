/* The table of the prelude. */
#include "frontend/builtin.h"

#include <math.h>
#include <string.h>

static const struct builtin table[] = {
#define ADC_BUILTIN(name, kind, op, int_op, reduction, help) \
    {name, BUILTIN_##kind, op, int_op, BUILTIN_##reduction, help, 0, 0, 0},
#define ADC_ARRAY(name, id, check, least, most)                              \
    {#name, BUILTIN_ARRAY, ADC_OP_COUNT, ADC_OP_COUNT, BUILTIN_NO_REDUCTION, \
     NULL,  BUILTIN_##id,  least,        most},
#include "frontend/builtin.def"
#undef ADC_BUILTIN
#undef ADC_ARRAY
};

const struct builtin *builtin_at(size_t index)
{
    return index < sizeof table / sizeof *table ? &table[index] : NULL;
}

bool builtin_is_derivative(const struct builtin *builtin)
{
    switch (builtin->kind) {
    case BUILTIN_GRAD:
    case BUILTIN_JVP:
    case BUILTIN_VJP:
    case BUILTIN_HVP:
    case BUILTIN_JACOBIAN:
    case BUILTIN_HESSIAN: return true;
    default: return false;
    }
}

const char *builtin_own_type(const char *name)
{
    static const struct {
        const char *foreign, *own;
    } types[] = {
        {"double", "real"}, {"float", "f32"},    {"number", "real"}, {"Float64", "real"},
        {"Float32", "f32"}, {"float64", "real"}, {"float32", "f32"}, {"integer", "int"},
        {"long", "int"},    {"size_t", "int"},   {"int64_t", "int"}, {"int32_t", "int"},
        {"Int", "int"},     {"boolean", "bool"}, {"Bool", "bool"},
    };
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        if (strcmp(name, types[i].foreign) == 0) return types[i].own;
    return NULL;
}

double builtin_constant(const struct builtin *builtin)
{
    if (strcmp(builtin->name, "pi") == 0) return 3.14159265358979323846;
    if (strcmp(builtin->name, "e") == 0) return 2.71828182845904523536;
    return strcmp(builtin->name, "inf") == 0 ? (double)INFINITY : (double)NAN;
}
