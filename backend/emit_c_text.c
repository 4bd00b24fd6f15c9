/* Texts of the user inside C: comments, string literals, places. */
#include "backend/emit_c_internal.h"

#include <string.h>

enum { MAX_STATUS_TEXT = 300 /* bytes; C99 promises string literals of 4095 */ };

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash && slash[1] ? slash + 1 : path;
}

void c_put_place(const struct c_unit *unit, struct adc_span span, struct adc_text *out)
{
    const struct adc_diags *diags = unit->unit->diags;
    if (!span.end || span.source >= diags->sources.count) return;
    const struct adc_source *source = &diags->sources.data[span.source];
    adc_text_format(out, "%s:%u", base_name(source->name),
                    adc_source_position(source, span.begin).line);
}

void c_put_status_text(const struct c_unit *unit, const struct c_status *status,
                       struct adc_text *out)
{
    size_t length = strlen(status->text);
    bool cut = length > MAX_STATUS_TEXT;
    if (cut) {
        length = MAX_STATUS_TEXT;
        while (length && ((unsigned char)status->text[length] & 0xC0) == 0x80) length--;
    }
    adc_text_put(out, status->text, length);
    if (cut) adc_text_add(out, "...");
    if (!status->span.end) return;
    adc_text_add(out, " (");
    c_put_place(unit, status->span, out);
    adc_text_add(out, ")");
}

/* Length of a character that changes the direction of text, 0 if there is none: compilers warn of
 * them, and they make code read as what it is not. */
static size_t direction_mark(const unsigned char *at)
{
    if (at[0] != 0xE2) return 0;
    if (at[1] == 0x80 && ((at[2] >= 0xAA && at[2] <= 0xAE) || at[2] == 0x8E || at[2] == 0x8F))
        return 3;
    return at[1] == 0x81 && at[2] >= 0xA6 && at[2] <= 0xA9 ? 3 : 0;
}

void c_put_comment(const char *text, const char *newline, struct adc_text *out)
{
    for (const unsigned char *at = (const unsigned char *)text; *at; at++) {
        size_t mark = direction_mark(at);
        if (mark) {
            adc_text_add(out, "?");
            at += mark - 1;
        } else if (*at == '\n') {
            adc_text_add(out, newline);
        } else if (*at < 0x20 || *at == 0x7F) {
            adc_text_add(out, " ");
        } else {
            adc_text_put(out, (const char *)at, 1);
            bool opens = at[0] == '/' && at[1] == '*', closes = at[0] == '*' && at[1] == '/';
            if (opens || closes || (at[0] == '?' && at[1] == '?')) adc_text_add(out, " ");
        }
    }
}

/* Printable ASCII as it is; the rest in octal, so that the file is ASCII; no trigraphs. */
void c_put_string(const char *text, struct adc_text *out)
{
    adc_text_add(out, "\"");
    for (const unsigned char *at = (const unsigned char *)text; *at; at++) {
        bool trigraph = *at == '?' && (const char *)at > text && at[-1] == '?';
        if (*at == '"' || *at == '\\' || trigraph) adc_text_format(out, "\\%c", *at);
        else if (*at >= 0x20 && *at < 0x7F) adc_text_put(out, (const char *)at, 1);
        else
            adc_text_format(out, "\\%c%c%c", '0' + (*at >> 6), '0' + (*at >> 3 & 7),
                            '0' + (*at & 7));
    }
    adc_text_add(out, "\"");
}
