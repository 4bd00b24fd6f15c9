/* Seeded points by the generator splitmix64 (Steele, Lea and Flood 2014). */
#include "driver/draw.h"

#include <math.h>

static uint64_t next(struct draw *draw)
{
    uint64_t z = draw->state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

struct draw draw_start(int64_t seed, uint64_t number)
{
    struct draw draw = {(uint64_t)seed};
    draw.state = next(&draw) ^ (number * 0xd1342543de82ef95u);
    next(&draw);
    return draw;
}

/* In [0, 1), with 32 bits, so that floats are drawn alike. */
static double fraction(struct draw *draw)
{
    return ldexp((double)(next(draw) >> 32), -32);
}

static double scaled(struct draw *draw, int exponents)
{
    double mantissa = 1 + fraction(draw);
    return ldexp(mantissa, (int)(next(draw) % (uint64_t)(2 * exponents)) - exponents);
}

static double draw_real(struct draw *draw)
{
    double choice = fraction(draw), sign = fraction(draw) < 0.33 ? -1 : 1;
    if (choice < 0.60) return sign * (0.1 + 1.9 * fraction(draw));
    if (choice < 0.85) return sign * scaled(draw, 10);
    if (choice < 0.93) return sign * scaled(draw, 26);
    return sign * (double)(next(draw) % 4);
}

union adc_value draw_value(struct draw *draw, enum adc_type type)
{
    union adc_value value = {.bits = 0};
    if (type == ADC_F64) value.f64 = draw_real(draw);
    else if (type == ADC_F32) value.f32 = (float)draw_real(draw);
    else if (adc_type_is_integer(type)) value.integer = 1 + (int64_t)(next(draw) % 5);
    else value.boolean = next(draw) & 1;
    return value;
}

int64_t draw_length(struct draw *draw, uint64_t most)
{
    return 1 + (int64_t)draw_below(draw, most);
}

uint64_t draw_below(struct draw *draw, uint64_t limit)
{
    return next(draw) % limit;
}

void draw_elements(struct draw *draw, enum adc_type type, int64_t limit, union adc_value *elements,
                   size_t count)
{
    int exponent = next(draw) % 4 ? 0 : (int)(next(draw) % 13) - 6;
    for (size_t i = 0; i < count; i++) {
        double real = (fraction(draw) < 0.4 ? -1 : 1) * (0.1 + 1.9 * fraction(draw));
        if (next(draw) % 16 == 0) real = (double)(next(draw) % 3);
        elements[i].bits = 0;
        if (type == ADC_F64) elements[i].f64 = ldexp(real, exponent);
        else if (type == ADC_F32) elements[i].f32 = (float)ldexp(real, exponent);
        else if (adc_type_is_integer(type))
            elements[i].integer = (int64_t)(next(draw) % (uint64_t)limit);
        else elements[i].boolean = next(draw) & 1;
    }
}
