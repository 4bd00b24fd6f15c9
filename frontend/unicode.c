/* UTF-8 and the letters of names: binary search in sorted ranges. */
#include "frontend/unicode.h"

struct range {
    uint32_t first, last;
};

static const struct range letters[] = {
#define ADC_LETTERS(first, last) {first, last},
#define ADC_MARKS(first, last)
#include "frontend/unicode_ranges.def"
#undef ADC_LETTERS
#undef ADC_MARKS
};

static const struct range marks[] = {
#define ADC_LETTERS(first, last)
#define ADC_MARKS(first, last) {first, last},
#include "frontend/unicode_ranges.def"
#undef ADC_LETTERS
#undef ADC_MARKS
};

uint32_t unicode_decode(const char *text, size_t length, uint32_t *character)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000}; /* of a form with so many bytes */
    if (length == 0) return 0;
    uint32_t lead = (unsigned char)text[0];
    *character = lead;
    if (lead < 0x80) return 1;
    uint32_t bytes = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
    if (lead < 0xc2 || lead > 0xf4 || length < bytes) return 0;
    uint32_t value = lead & (0x7fu >> bytes);
    for (uint32_t i = 1; i < bytes; i++) {
        uint32_t byte = (unsigned char)text[i];
        if ((byte & 0xc0) != 0x80) return 0;
        value = value << 6 | (byte & 0x3f);
    }
    if (value < least[bytes] || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff)) return 0;
    *character = value;
    return bytes;
}

static bool within(const struct range *ranges, size_t count, uint32_t character)
{
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (character > ranges[middle].last) low = middle + 1;
        else high = middle;
    }
    return low < count && character >= ranges[low].first;
}

bool unicode_is_letter(uint32_t character)
{
    return within(letters, sizeof letters / sizeof letters[0], character);
}

bool unicode_is_name_part(uint32_t character)
{
    return unicode_is_letter(character) || within(marks, sizeof marks / sizeof marks[0], character);
}
