/* Messages that several steps share: what was expected, what is not supported yet. */
#include "frontend/sema.h"

#include <string.h>

const char *sema_format(struct sema *s, const char *format, ...)
{
    struct adc_text text;
    va_list arguments;
    adc_text_init(&text, s->arena);
    va_start(arguments, format);
    adc_text_vformat(&text, format, arguments);
    va_end(arguments);
    return text.data;
}

const char *sema_type_name(struct sema *s, const struct sema_type *type)
{
    struct adc_text text;
    adc_text_init(&text, s->arena);
    sema_type_text(type, &text);
    return text.data;
}

const char *sema_source(struct sema *s, const struct ast *node)
{
    enum { LONGEST = 60 };
    const struct adc_source *source = &s->diags->sources.data[node->span.source];
    uint32_t length = node->span.end - node->span.begin;
    const char *text = source->text + node->span.begin;
    const char *line = memchr(text, '\n', length);
    if (line) length = (uint32_t)(line - text);
    bool cut = length > LONGEST || line;
    if (length > LONGEST) length = LONGEST;
    while (cut && length && ((unsigned char)text[length] & 0xc0) == 0x80) length--;
    return sema_format(s, "%.*s%s", (int)length, text, cut ? "..." : "");
}

struct adc_span sema_at(const struct ast *node)
{
    return node->at.end ? node->at : node->span;
}

void sema_unsupported(struct sema *s, struct adc_span span, const char *what)
{
    adc_diag_add(s->diags, ADC_E41, span, "%s is not supported yet", what);
}

/* -------------------------------------------------------------- what was expected */

bool sema_missing_else(struct sema *s, const struct ast *value)
{
    while (value->kind == AST_BLOCK && value->count) value = value->child[value->count - 1];
    if (value->kind != AST_IFSTMT) return false;
    while (value->child[2] && value->child[2]->kind == AST_IFSTMT) value = value->child[2];
    enum sema_kind kind = value->child[1]->type->kind;
    if (value->child[2] || kind == SEMA_UNIT || kind == SEMA_ERROR) return false;
    struct adc_span behind = {value->span.source, value->span.end, value->span.end};
    struct adc_diag *diag =
        adc_diag_add(s->diags, ADC_E04, behind, "`if` used as a value needs an `else`");
    adc_diag_help(s->diags, diag, "` else { 0 }`");
    adc_diag_fix(s->diags, diag, behind, " else { 0 }");
    return true;
}

/* `wanted` says what is needed where the function stands. */
static void report_function(struct sema *s, const struct ast *value, const char *wanted)
{
    const char *text = sema_source(s, value);
    struct adc_diag *diag =
        adc_diag_add(s->diags, ADC_E24, value->span, "%s; `%s` is a function", wanted, text);
    if (value->kind != AST_LAMBDA) adc_diag_help(s->diags, diag, "`%s(...)` calls it", text);
}

bool sema_expect_value(struct sema *s, struct ast *value)
{
    if (value->type->kind == SEMA_ERROR) return false;
    if (value->type->kind == SEMA_UNIT) {
        if (sema_missing_else(s, value)) return false;
        adc_diag_add(s->diags, ADC_E20, value->span,
                     "a value is needed here, but this ends without one");
        return false;
    }
    if (value->type->kind == SEMA_MODULE) {
        adc_diag_add(s->diags, ADC_E20, value->span, "`%s` is a module, not a value",
                     sema_source(s, value));
        value->type = &s->types->error;
        return false;
    }
    if (value->type->kind != SEMA_FUNCTION) return true;
    report_function(s, value, "a value is needed here");
    value->type = &s->types->error;
    return false;
}

bool sema_expect_number(struct sema *s, struct ast *value, const char *what)
{
    const struct sema_type *type = value->type;
    if (type->kind == SEMA_ERROR) return false;
    if (sema_is_numeric(type)) return true;
    if (type->kind == SEMA_UNIT || type->kind == SEMA_MODULE) return sema_expect_value(s, value);
    if (type->kind == SEMA_FUNCTION) {
        report_function(s, value, sema_format(s, "%s needs a number", what));
        return false;
    }
    struct adc_diag *diag =
        adc_diag_add(s->diags, ADC_E20, value->span, "%s needs a number; this is %s", what,
                     sema_shape_text(s, value));
    if (sema_is(type, ADC_BOOL)) adc_diag_help(s->diags, diag, "`int(b)` is 0 or 1");
    return false;
}

/* The expression whose value a block has. */
static struct ast *value_of(struct ast *node)
{
    while (node->kind == AST_BLOCK && node->count) node = node->child[node->count - 1];
    return node;
}

/* `/` becomes `div`, with blanks around it. */
static void fix_quotient(struct sema *s, struct adc_diag *diag, struct adc_span slash)
{
    const char *text = s->diags->sources.data[slash.source].text;
    bool before = slash.begin > 0 && text[slash.begin - 1] != ' ', behind = text[slash.end] != ' ';
    adc_diag_fix(s->diags, diag, slash, "%sdiv%s", before ? " " : "", behind ? " " : "");
}

bool sema_report_quotient(struct sema *s, const struct ast *value, const char *what)
{
    if (value->kind != AST_DIV || !sema_is(value->child[0]->type, ADC_INT) ||
        !sema_is(value->child[1]->type, ADC_INT))
        return false;
    struct adc_diag *diag = adc_diag_add(s->diags, ADC_E22, value->span,
                                         "int / int gives a real; %s needs an int", what);
    adc_diag_help(s->diags, diag, "`%s div %s`", sema_source(s, value->child[0]),
                  sema_source(s, value->child[1]));
    fix_quotient(s, diag, sema_at(value));
    return true;
}

static void expect_int(struct sema *s, struct ast *value, const char *what)
{
    struct ast *at = value_of(value);
    if (sema_report_quotient(s, at, what)) return;
    struct adc_diag *diag =
        adc_diag_add(s->diags, ADC_E21, at->span, "%s needs an int, this is a real", what);
    adc_diag_help(s->diags, diag, "`int(%s)` (no derivative passes)", sema_source(s, at));
}

static const struct sema_field *field_named(const struct sema_type *record,
                                            const struct adc_name *name)
{
    for (uint32_t f = 0; f < record->count; f++)
        if (record->fields[f].name == name) return &record->fields[f];
    return NULL;
}

static void note(struct sema *s, struct adc_diag *diag, const char *text)
{
    adc_diag_note(s->diags, diag, (struct adc_span){0, 0, 0}, "%s", text);
}

/* A name that the record does not have, and the one that may be meant. */
static void note_unknown(struct sema *s, struct adc_diag *diag, const struct sema_type *record,
                         const struct adc_name *name)
{
    ADC_VEC(const char *) names = {0};
    for (uint32_t f = 0; f < record->count; f++)
        if (record->fields[f].name) ADC_PUSH(s->arena, names, record->fields[f].name->text);
    note(s, diag, sema_format(s, "there is no field `%s`", name->text));
    const char *near = adc_nearest(name->text, names.data, names.count);
    if (near) adc_diag_help(s->diags, diag, "`%s`", near);
}

/* Where two records with names differ: missing and unknown fields, then their order, then types. */
static void note_fields(struct sema *s, struct adc_diag *diag, const struct sema_type *found,
                        const struct sema_type *wanted)
{
    bool same = found->count == wanted->count;
    for (uint32_t f = 0; f < found->count; f++)
        if (!found->fields[f].name || !wanted->fields[f % wanted->count].name) return;
    for (uint32_t f = 0; f < wanted->count; f++) {
        if (field_named(found, wanted->fields[f].name)) continue;
        note(s, diag, sema_format(s, "the field `%s` is missing", wanted->fields[f].name->text));
        same = false;
    }
    for (uint32_t f = 0; f < found->count; f++) {
        if (field_named(wanted, found->fields[f].name)) continue;
        note_unknown(s, diag, wanted, found->fields[f].name);
        same = false;
    }
    for (uint32_t f = 0; same && f < found->count; f++) {
        const struct sema_field *a = &found->fields[f], *b = &wanted->fields[f];
        if (a->name != b->name) {
            note(s, diag, "the fields stand in another order");
            return;
        }
        if (!sema_converts(a->type, b->type))
            note(s, diag,
                 sema_format(s, "`%s` is %s, not %s", a->name->text, sema_type_name(s, a->type),
                             sema_type_name(s, b->type)));
    }
}

bool sema_expect(struct sema *s, struct ast *value, const struct sema_type *type, const char *what)
{
    const struct sema_type *found = value->type;
    if (found->kind == SEMA_ERROR || type->kind == SEMA_ERROR) return false;
    if (sema_converts(found, type)) return true;
    bool function = type->kind == SEMA_FUNCTION && found->kind == SEMA_FUNCTION && found->count;
    if (found->kind == SEMA_UNIT || found->kind == SEMA_MODULE ||
        (found->kind == SEMA_FUNCTION && !function))
        return sema_expect_value(s, value);
    if (sema_is_real(found) && sema_is(type, ADC_INT)) {
        expect_int(s, value, what);
        return false;
    }
    struct ast *at = value_of(value);
    struct adc_diag *diag =
        adc_diag_add(s->diags, ADC_E20, at->span, "expected %s for %s, found %s",
                     sema_type_name(s, type), what, sema_shape_text(s, at));
    if (found->kind == SEMA_RECORD && type->kind == SEMA_RECORD) note_fields(s, diag, found, type);
    if (sema_is_real(found) && sema_is_real(type))
        adc_diag_help(s->diags, diag, "`%s(%s)` converts", type->text, sema_source(s, at));
    else if (sema_is(found, ADC_BOOL) && sema_is_number(type))
        adc_diag_help(s->diags, diag, "`int(%s)` is 0 or 1", sema_source(s, at));
    else if (type->kind == SEMA_FUNCTION && !function)
        adc_diag_help(s->diags, diag, "the name of a function, or `fn(x) => ...`");
    return false;
}
