/* Reading comma-separated numbers. */
#include "driver/csv.h"

#include "driver/scalar.h"

#include <stdint.h>
#include <string.h>

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

/* The field at [begin, end), blanks and one pair of quotes around it taken off; ends in a NUL. */
static const char *trimmed(char *begin, char *end)
{
    while (begin < end && is_blank(*begin)) begin++;
    while (begin < end && is_blank(end[-1])) end--;
    if (end - begin >= 2 && *begin == '"' && end[-1] == '"') begin++, end--;
    *end = '\0';
    return begin;
}

static bool is_scalar(const char *field)
{
    enum adc_type type;
    union adc_value value;
    return scalar_as_written(field, &type, &value);
}

/* Fields of one line go to the end of csv->fields. */
static size_t split(struct adc_arena *arena, char *line, char *end, struct csv *csv)
{
    size_t count = 0;
    for (char *at = line;; at++) {
        if (at < end && *at != ',') continue;
        bool last = at == end;
        ADC_PUSH(arena, csv->fields, trimmed(line, at));
        count++;
        if (last) return count;
        line = at + 1;
    }
}

/* A mistyped number among numbers is no header. */
static bool is_header(const struct csv *csv)
{
    for (size_t i = 0; i < csv->fields.count; i++)
        if (is_scalar(csv->fields.data[i])) return false;
    return true;
}

static bool is_empty(const char *line, const char *end)
{
    while (line < end && is_blank(*line)) line++;
    return line == end;
}

static void take_line(struct adc_arena *arena, char *line, char *end, struct csv *csv,
                      size_t number)
{
    bool first = csv->columns == 0;
    size_t count = split(arena, line, end, csv);
    if (first) {
        csv->columns = count;
        if (is_header(csv)) {
            csv->fields.count = 0;
            return;
        }
    }
    if (count != csv->columns && csv->ragged == SIZE_MAX) {
        csv->ragged = csv->rows;
        csv->ragged_columns = count;
    }
    csv->rows++;
    ADC_PUSH(arena, csv->lines, number);
}

void csv_read(struct adc_arena *arena, const char *text, size_t length, struct csv *csv)
{
    static const char mark[] = "\xEF\xBB\xBF"; /* some programs begin with it */
    bool marked = length >= 3 && memcmp(text, mark, 3) == 0;
    char *copy = adc_arena_copy(arena, text, length), *stop = copy + length;
    size_t number = 0;
    *csv = (struct csv){.ragged = SIZE_MAX};
    for (char *line = copy + (marked ? 3 : 0), *end; line < stop; line = end + 1) {
        end = memchr(line, '\n', (size_t)(stop - line));
        if (!end) end = stop;
        number++;
        if (!is_empty(line, end)) take_line(arena, line, end, csv, number);
    }
}
