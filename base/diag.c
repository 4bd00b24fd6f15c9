/* Sources, diagnostics and their rendering. */
#include "base/diag.h"

#include <string.h>

static const struct {
    const char *name;
    enum adc_severity severity;
} codes[] = {
#define ADC_DIAG(code, severity, title) {#code, severity},
#include "base/diag.def"
#undef ADC_DIAG
};

enum {
    WINDOW = 160,  /* bytes of a source line that are shown */
    LOOK_BACK = 64 /* diagnostics among which a repetition is looked for */
};

void adc_diags_init(struct adc_diags *diags, struct adc_arena *arena)
{
    *diags = (struct adc_diags){.arena = arena};
}

uint32_t adc_source_add(struct adc_diags *diags, const char *name, const char *text, size_t length)
{
    struct adc_arena *arena = diags->arena;
    struct adc_source source = {.length = (uint32_t)length};
    source.name = adc_arena_copy(arena, name, strlen(name));
    source.text = adc_arena_copy(arena, text, length);
    ADC_VEC(uint32_t) starts = {0};
    ADC_PUSH(arena, starts, 0);
    for (uint32_t i = 0; i < source.length; i++)
        if (text[i] == '\n') ADC_PUSH(arena, starts, i + 1);
    source.line_starts = starts.data;
    source.line_count = (uint32_t)starts.count;
    ADC_PUSH(arena, diags->sources, source);
    return (uint32_t)diags->sources.count - 1;
}

struct adc_position adc_source_position(const struct adc_source *source, uint32_t offset)
{
    uint32_t low = 0, high = source->line_count;
    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;
        if (source->line_starts[middle] <= offset) low = middle;
        else high = middle;
    }
    return (struct adc_position){low + 1, offset - source->line_starts[low] + 1};
}

static const char *formatted(struct adc_diags *diags, const char *format, va_list arguments)
{
    struct adc_text text;
    adc_text_init(&text, diags->arena);
    adc_text_vformat(&text, format, arguments);
    return text.data;
}

static bool same_place(struct adc_span a, struct adc_span b)
{
    return a.source == b.source && a.begin == b.begin && a.end == b.end;
}

bool adc_diag_muted(const struct adc_diags *diags, enum adc_code code, struct adc_span span)
{
    for (size_t i = 0; i < diags->mutes.count; i++) {
        const struct adc_mute *mute = &diags->mutes.data[i];
        if (mute->code == code && mute->span.source == span.source &&
            mute->span.begin <= span.begin && span.end <= mute->span.end)
            return true;
    }
    return false;
}

bool adc_code_is_warning(enum adc_code code)
{
    return codes[code].severity == ADC_WARNING;
}

static struct adc_diag *added(struct adc_diags *diags, enum adc_code code,
                              enum adc_severity severity, struct adc_span span, const char *format,
                              va_list arguments)
{
    size_t first = diags->list.count > LOOK_BACK ? diags->list.count - LOOK_BACK : 0;
    for (size_t i = first; i < diags->list.count; i++) {
        struct adc_diag *earlier = diags->list.data[i];
        if (earlier->code == code && same_place(earlier->span, span)) return earlier;
    }
    struct adc_diag *diag = ADC_NEW(diags->arena, struct adc_diag);
    diag->code = code;
    diag->severity = severity;
    diag->span = span;
    diag->text = formatted(diags, format, arguments);
    if (diag->severity == ADC_WARNING && adc_diag_muted(diags, code, span)) return diag;
    ADC_PUSH(diags->arena, diags->list, diag);
    if (diag->severity == ADC_ERROR) diags->error_count++;
    else diags->warning_count++;
    return diag;
}

struct adc_diag *adc_diag_add(struct adc_diags *diags, enum adc_code code, struct adc_span span,
                              const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    struct adc_diag *diag = added(diags, code, codes[code].severity, span, format, arguments);
    va_end(arguments);
    return diag;
}

struct adc_diag *adc_diag_warn(struct adc_diags *diags, enum adc_code code, struct adc_span span,
                               const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    struct adc_diag *diag = added(diags, code, ADC_WARNING, span, format, arguments);
    va_end(arguments);
    return diag;
}

void adc_diag_note(struct adc_diags *diags, struct adc_diag *diag, struct adc_span span,
                   const char *format, ...)
{
    struct adc_note *note = ADC_NEW(diags->arena, struct adc_note);
    note->span = span;
    va_list arguments;
    va_start(arguments, format);
    note->text = formatted(diags, format, arguments);
    va_end(arguments);
    struct adc_note **end = &diag->notes;
    while (*end) end = &(*end)->next;
    *end = note;
}

void adc_diag_help(struct adc_diags *diags, struct adc_diag *diag, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    diag->help = formatted(diags, format, arguments);
    va_end(arguments);
}

void adc_diag_fix(struct adc_diags *diags, struct adc_diag *diag, struct adc_span span,
                  const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    diag->fix = span;
    diag->fix_text = formatted(diags, format, arguments);
    va_end(arguments);
}

const char *adc_code_name(enum adc_code code)
{
    return codes[code].name;
}

/* ------------------------------------------------------------------ rendering */

static const char *paint(bool colour, const char *escape)
{
    return colour ? escape : "";
}

static void place(const struct adc_diags *diags, struct adc_span span, struct adc_text *out)
{
    const struct adc_source *source = &diags->sources.data[span.source];
    struct adc_position at = adc_source_position(source, span.begin);
    adc_text_format(out, "%s:%u:%u: ", source->name, at.line, at.column);
}

/* Bytes that are not printable text (NUL, escapes) are shown as blanks, tabs too, so that the caret
 * stands under its column. */
static void visible(struct adc_text *out, const char *bytes, uint32_t length)
{
    for (uint32_t i = 0; i < length; i++) {
        char c = bytes[i];
        if ((unsigned char)c < 0x20 || c == 0x7f) c = ' ';
        adc_text_put(out, &c, 1);
    }
}

static uint32_t characters(const char *bytes, uint32_t length)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < length; i++) count += ((unsigned char)bytes[i] & 0xc0) != 0x80;
    return count;
}

/* The source line of `span` and a caret line below it. */
static void excerpt(const struct adc_diags *diags, struct adc_span span, bool colour,
                    struct adc_text *out)
{
    const struct adc_source *source = &diags->sources.data[span.source];
    struct adc_position at = adc_source_position(source, span.begin);
    uint32_t start = source->line_starts[at.line - 1];
    uint32_t end = at.line < source->line_count ? source->line_starts[at.line] - 1 : source->length;
    if (end > start && source->text[end - 1] == '\r') end--;
    if (span.begin - start > WINDOW / 2) start = span.begin - WINDOW / 2;
    while (start < span.begin && ((unsigned char)source->text[start] & 0xc0) == 0x80) start++;
    if (end > start + WINDOW) end = start + WINDOW;
    adc_text_format(out, "%5u | ", at.line);
    visible(out, source->text + start, end - start);
    uint32_t before = characters(source->text + start, span.begin - start);
    uint32_t stop = span.end < end ? span.end : end;
    uint32_t width =
        stop > span.begin ? characters(source->text + span.begin, stop - span.begin) : 1;
    adc_text_format(out, "\n      | %*s%s^", (int)before, "", paint(colour, "\033[1;32m"));
    for (uint32_t i = 1; i < width; i++) adc_text_put(out, "~", 1);
    adc_text_format(out, "%s\n", paint(colour, "\033[0m"));
}

void adc_diag_render(const struct adc_diags *diags, const struct adc_diag *diag, bool colour,
                     struct adc_text *out)
{
    bool error = diag->severity == ADC_ERROR;
    place(diags, diag->span, out);
    adc_text_format(out, "%s%s:%s %s [%s]\n", paint(colour, error ? "\033[1;31m" : "\033[1;35m"),
                    error ? "error" : "warning", paint(colour, "\033[0m"), diag->text,
                    adc_code_name(diag->code));
    excerpt(diags, diag->span, colour, out);
    for (const struct adc_note *note = diag->notes; note; note = note->next) {
        if (note->span.end) place(diags, note->span, out);
        else adc_text_add(out, "      = ");
        adc_text_format(out, "note: %s\n", note->text);
        if (note->span.end) excerpt(diags, note->span, colour, out);
    }
    if (diag->help) adc_text_format(out, "      = help: %s\n", diag->help);
}

/* ---------------------------------------------------------------- suggestions */

/* Edit distance with transpositions (optimal string alignment), cut off above `limit`. */
static size_t distance(const char *a, const char *b, size_t limit)
{
    enum { LONGEST = 64 };
    size_t rows[3][LONGEST + 1];
    size_t n = strlen(a), m = strlen(b);
    if (n > LONGEST || m > LONGEST || n > m + limit || m > n + limit) return limit + 1;
    for (size_t j = 0; j <= m; j++) rows[0][j] = j;
    for (size_t i = 1; i <= n; i++) {
        size_t *now = rows[i % 3], *last = rows[(i + 2) % 3], *before = rows[(i + 1) % 3];
        now[0] = i;
        for (size_t j = 1; j <= m; j++) {
            size_t best = last[j - 1] + (a[i - 1] != b[j - 1]);
            if (last[j] + 1 < best) best = last[j] + 1;
            if (now[j - 1] + 1 < best) best = now[j - 1] + 1;
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
                before[j - 2] + 1 < best)
                best = before[j - 2] + 1;
            now[j] = best;
        }
    }
    return rows[n % 3][m];
}

const char *adc_nearest(const char *name, const char *const *candidates, size_t count)
{
    size_t length = strlen(name);
    size_t limit = length / 3 ? length / 3 : 1;
    const char *found = NULL;
    if (length < 2) return NULL;
    for (size_t i = 0; i < count; i++) {
        size_t d = distance(name, candidates[i], limit);
        if (d > limit || (found && d == limit)) continue;
        found = candidates[i];
        if (d == 0) break;
        limit = d;
    }
    return found;
}
