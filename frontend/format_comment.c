/* Comments: finding them between tokens, and aligning those at the ends of lines. */
#include "frontend/format_internal.h"

#include <string.h>

uint32_t format_columns(const char *text, size_t length, uint32_t column)
{
    for (size_t i = 0; i < length; i++) {
        unsigned char byte = (unsigned char)text[i];
        if (byte == '\n') column = 0;
        else if (byte == '\t') column = (column / 8 + 1) * 8;
        else if ((byte & 0xc0) != 0x80) column++;
    }
    return column;
}

uint32_t format_column_of(const struct format *format, uint32_t offset)
{
    uint32_t begin = offset;
    while (begin > format->begin && format->text[begin - 1] != '\n') begin--;
    return format_columns(format->text + begin, offset - begin, 0);
}

/* ------------------------------------------------------------------ finding */

static bool is_doc(const char *text)
{
    return strncmp(text, "///", 3) == 0 && text[3] != '/';
}

/* Blanks at the end of a doc comment are part of it. */
static uint32_t line_comment_end(const struct format *format, uint32_t begin)
{
    const char *text = format->text;
    uint32_t end = begin;
    while (end < format->length && text[end] != '\n') end++;
    if (strncmp(text + begin, "///", 3) == 0) return end - (text[end - 1] == '\r');
    while (strchr(" \t\r", text[end - 1])) end--;
    return end;
}

static struct format_comment comment_at(const struct format *format, uint32_t begin)
{
    struct format_comment comment = {.begin = begin, .line = format->text[begin + 1] == '/'};
    if (comment.line) {
        comment.end = line_comment_end(format, begin);
        return comment;
    }
    const char *close = strstr(format->text + begin + 2, "*/");
    comment.end = (uint32_t)(close - format->text) + 2;
    comment.several = memchr(format->text + begin, '\n', comment.end - begin) != NULL;
    return comment;
}

/* What stands behind a `;` goes to the line that the `;` would be on, if it can. */
void format_gap(const struct format *format, uint32_t begin, uint32_t end, struct format_gap *gap)
{
    bool semicolon = false, behind_line = false;
    gap->comments.count = 0;
    gap->newlines = 0;
    gap->any_newline = false;
    for (uint32_t at = begin; at < end; at++) {
        char byte = format->text[at];
        if (byte == '\n') {
            gap->newlines++;
            gap->any_newline = true;
            semicolon = false;
        } else if (byte == ';') {
            semicolon = true;
        } else if (byte == '/') {
            struct format_comment comment = comment_at(format, at);
            comment.newlines = semicolon && !behind_line ? 0 : gap->newlines;
            comment.hidden = semicolon && is_doc(format->text + at);
            ADC_PUSH(format->arena, gap->comments, comment);
            gap->newlines = 0;
            behind_line = comment.line;
            at = comment.end - 1;
        }
    }
}

/* ----------------------------------------------------------------- aligning */

/* Comments of lines that follow each other and that had the same column keep having one: theirs,
 * or further right if the code got longer. Gives the number of them. */
static size_t group_of(const struct format_trailing *trailing, size_t count, uint32_t *column)
{
    size_t n = 0;
    *column = trailing->wanted;
    do {
        if (trailing[n].code + 1 > *column) *column = trailing[n].code + 1;
        n++;
    } while (n < count && trailing[n].line == trailing[n - 1].line + 1 &&
             trailing[n].wanted == trailing->wanted);
    return n;
}

static void put_blanks(struct adc_text *out, uint32_t count)
{
    while (count-- > 0) adc_text_put(out, " ", 1);
}

void format_align(const struct adc_text *text, const struct format_trailing *trailing, size_t count,
                  struct adc_text *out)
{
    size_t done = 0;
    for (size_t i = 0; i < count;) {
        uint32_t column;
        size_t end = i + group_of(trailing + i, count - i, &column);
        for (; i < end; i++) {
            adc_text_put(out, text->data + done, trailing[i].offset - done);
            put_blanks(out, column - trailing[i].code - 1);
            done = trailing[i].offset;
        }
    }
    if (text->count > done) adc_text_put(out, text->data + done, text->count - done);
}
