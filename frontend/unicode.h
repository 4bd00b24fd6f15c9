/* UTF-8 and the letters of names. Pure functions over const tables. */
#ifndef ADC_FRONTEND_UNICODE_H
#define ADC_FRONTEND_UNICODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The character at `text` (at most `length` bytes): its number of bytes, or 0 where the bytes
 * are not UTF-8 (overlong forms, surrogates and numbers above U+10FFFF are not). */
uint32_t unicode_decode(const char *text, size_t length, uint32_t *character);

/* Characters above ASCII that may begin a name (XID_Start), or go on with one (XID_Continue).
 * Names are compared byte by byte: they are not normalised. */
bool unicode_is_letter(uint32_t character);
bool unicode_is_name_part(uint32_t character);

#endif
