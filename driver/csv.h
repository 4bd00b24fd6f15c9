/* Tables in text: a line a row, fields parted by commas, numbers or true and false in all of them.
 *
 * A first line without any of these is a header. Blank lines do not count.
 *
 * owner    the arena */
#ifndef ADC_DRIVER_CSV_H
#define ADC_DRIVER_CSV_H

#include "base/arena.h"
#include "base/vec.h"

struct csv {
    size_t rows, columns;         /* columns of the header if there are no rows */
    ADC_VEC(const char *) fields; /* row by row, without blanks around them */
    ADC_VEC(size_t) lines;        /* of each row, from 1 */
    size_t ragged;                /* row whose length differs from the first one's, or SIZE_MAX */
    size_t ragged_columns;
};

void csv_read(struct adc_arena *arena, const char *text, size_t length, struct csv *csv);

#endif
