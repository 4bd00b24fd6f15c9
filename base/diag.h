/* Sources, spans and diagnostics.
 *
 * A user's mistake becomes a diagnostic with a code of diag.def; the stage that found it goes on.
 * The list belongs to the compilation's arena. Printing is the driver's business: the library only
 * renders texts (adc_diag_render). */
#ifndef ADC_BASE_DIAG_H
#define ADC_BASE_DIAG_H

#include "base/text.h"
#include "base/vec.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>

/* Bytes [begin, end) of source number `source`. */
struct adc_span {
    uint32_t source, begin, end;
};

/* One text given to the compiler. `text` has a NUL behind its last byte (and may hold others). */
struct adc_source {
    const char *name; /* as shown in messages */
    const char *text;
    uint32_t length;
    uint32_t *line_starts; /* offset of each line */
    uint32_t line_count;
};

struct adc_position {
    uint32_t line, column; /* from 1; columns count bytes */
};

enum adc_severity { ADC_WARNING, ADC_ERROR };

enum adc_code {
#define ADC_DIAG(code, severity, title) ADC_##code,
#include "base/diag.def"
#undef ADC_DIAG
    ADC_CODE_COUNT
};

/* A second place or a further sentence; span.end == 0 when it has no place. */
struct adc_note {
    struct adc_span span;
    const char *text;
    struct adc_note *next;
};

struct adc_diag {
    enum adc_code code;
    enum adc_severity severity;
    struct adc_span span;
    const char *text;        /* one sentence */
    struct adc_note *notes;  /* in order */
    const char *help;        /* what to write instead, or NULL */
    struct adc_span fix;     /* bytes that `fix_text` replaces; used when fix_text is not NULL */
    const char *fix_text;
};

/* Warnings of this code with places in this span are not reported (@nowarn). */
struct adc_mute {
    enum adc_code code;
    struct adc_span span;
};

struct adc_diags {
    struct adc_arena *arena;
    ADC_VEC(struct adc_source) sources;
    ADC_VEC(struct adc_diag *) list;
    ADC_VEC(struct adc_mute) mutes;
    uint32_t error_count, warning_count;
};

void adc_diags_init(struct adc_diags *diags, struct adc_arena *arena);

/* Takes a copy of the text; the number is for spans. Lengths above 2^31 are refused by the reader
 * of files, not here. */
uint32_t adc_source_add(struct adc_diags *diags, const char *name, const char *text, size_t length);
struct adc_position adc_source_position(const struct adc_source *source, uint32_t offset);

bool adc_diag_muted(const struct adc_diags *diags, enum adc_code code, struct adc_span span);
bool adc_code_is_warning(enum adc_code code);

/* Appends a diagnostic with the severity of diag.def (a muted warning is made, but not appended);
 * the same code at the same span is reported
 * once if the two come close together (the earlier one is returned). */
struct adc_diag *adc_diag_add(struct adc_diags *diags, enum adc_code code, struct adc_span span,
                              const char *format, ...) __attribute__((format(printf, 4, 5)));
/* As above, but a warning whatever diag.def says. */
struct adc_diag *adc_diag_warn(struct adc_diags *diags, enum adc_code code, struct adc_span span,
                               const char *format, ...) __attribute__((format(printf, 4, 5)));
void adc_diag_note(struct adc_diags *diags, struct adc_diag *diag, struct adc_span span,
                   const char *format, ...) __attribute__((format(printf, 4, 5)));
void adc_diag_help(struct adc_diags *diags, struct adc_diag *diag, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void adc_diag_fix(struct adc_diags *diags, struct adc_diag *diag, struct adc_span span,
                  const char *format, ...) __attribute__((format(printf, 4, 5)));

const char *adc_code_name(enum adc_code code);  /* "E07" */

/* file:line:col: error: text [E07], source line, caret, notes, help. Lines longer than the window
 * are cut around the caret. Colour as ANSI escapes when asked for. */
void adc_diag_render(const struct adc_diags *diags, const struct adc_diag *diag, bool colour,
                     struct adc_text *out);

/* The candidate nearest to `name` by edit distance (at most a third of its length), or NULL. */
const char *adc_nearest(const char *name, const char *const *candidates, size_t count);

#endif
