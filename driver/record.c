/* Records: from text to elements in the order of memory, and back to JSON.
 *
 * Recursion is over the depth of a type. A value that is not read yet is the text that begins with
 * it. */
#include "driver/record.h"

#include "driver/scalar.h"
#include "driver/session.h"

#include <string.h>

/* ------------------------------------------------------------------------ places */

/* Where a value stands: a name and what leads to it; cams[0].rot[2]. */
struct spot {
    const struct spot *outer;
    const struct adc_name *field; /* or NULL: element `at` */
    int64_t at;
};

struct reader {
    struct session *session;
    const struct record_target *target;
    const char *at;
    struct adc_text token;
    ADC_VEC(union adc_value) elements;
    ADC_VEC(const char *) found; /* of records being read: where each field's value stands */
    int64_t *sizes;
    const char **places;
};

enum { MOST_SPOTS = 128 };

static const char *place(const struct reader *r, const struct spot *spot)
{
    const struct spot *path[MOST_SPOTS];
    unsigned count = 0;
    struct adc_text text;
    adc_text_init(&text, &r->session->arena);
    adc_text_add(&text, r->target->array.name);
    for (; spot && count < MOST_SPOTS; spot = spot->outer) path[count++] = spot;
    while (count) {
        spot = path[--count];
        if (spot->field) adc_text_format(&text, ".%s", spot->field->text);
        else adc_text_format(&text, "[%lld]", (long long)spot->at);
    }
    return text.data;
}

static void skip_blanks(struct reader *r)
{
    r->at += strspn(r->at, " \t\r\n");
}

static int unexpected(const struct reader *r, const struct spot *spot, const char *wanted)
{
    size_t length = strcspn(r->at, " \t\r\n");
    if (length > 20) length = 20;
    if (length == 0)
        return session_fail(r->session, STATUS_USAGE, "`%s` ends before %s", place(r, spot),
                            wanted);
    return session_fail(r->session, STATUS_USAGE, "`%s`: expected %s, not `%.*s`", place(r, spot),
                        wanted, (int)length, r->at);
}

/* ------------------------------------------------------------------------ values */

static int read_form(struct reader *r, const struct adc_form *form, unsigned axis,
                     const struct spot *spot);

static int read_scalar(struct reader *r, const struct spot *spot)
{
    static const char *const names[] = {"\"inf\"", "\"-inf\"", "\"nan\""};
    enum adc_type type = r->target->array.type;
    union adc_value value;
    size_t length = strcspn(r->at, ",[]{}: \t\r\n");
    if (length == 0) return unexpected(r, spot, scalar_wanted(type));
    r->token.count = 0;
    adc_text_put(&r->token, r->at, length);
    char *text = r->token.data;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcmp(text, names[i]) != 0) continue;
        text[length - 1] = '\0';
        text++;
        break;
    }
    enum scalar_problem problem = scalar_read(text, type, &value);
    if (problem == SCALAR_OUT_OF_RANGE)
        return session_fail(r->session, STATUS_USAGE, "`%s` = `%s` is out of the range of %s",
                            place(r, spot), text, adc_type_name(type));
    if (problem != SCALAR_GOOD)
        return session_fail(r->session, STATUS_USAGE, "`%s` is %s, but `%s` is not", place(r, spot),
                            scalar_wanted(type), text);
    ADC_PUSH(&r->session->arena, r->elements, value);
    r->at += length;
    return STATUS_GOOD;
}

/* After a value in a list or object; *more says whether another one follows. */
static int read_separator(struct reader *r, const struct spot *spot, char closing, bool *more)
{
    skip_blanks(r);
    *more = *r->at == ',';
    if (!*more && *r->at != closing)
        return unexpected(r, spot, closing == ']' ? "`,` or `]`" : "`,` or `}`");
    r->at++;
    return STATUS_GOOD;
}

/* Whether the bracket just read is closed at once. */
static bool is_empty(struct reader *r, char closing)
{
    skip_blanks(r);
    if (*r->at != closing) return false;
    r->at++;
    return true;
}

/* The length of an axis is that of the first list along it. */
static int take_length(struct reader *r, uint32_t number, const struct spot *spot, int64_t found)
{
    int64_t *length = &r->sizes[number];
    if (*length >= 0 && *length != found)
        return session_fail(r->session, STATUS_USAGE,
                            "`%s` is ragged: `%s` has length %lld, the lists before it %lld",
                            r->target->array.name, place(r, spot), (long long)found,
                            (long long)*length);
    if (*length < 0) r->places[number] = place(r, spot);
    *length = found;
    return STATUS_GOOD;
}

static int read_axis(struct reader *r, const struct adc_form *form, unsigned axis,
                     const struct spot *spot)
{
    struct spot inner = {.outer = spot};
    if (*r->at != '[') return unexpected(r, spot, "a list");
    r->at++;
    bool more = !is_empty(r, ']');
    while (more) {
        int status = read_form(r, form, axis + 1, &inner);
        if (status == STATUS_GOOD) status = read_separator(r, &inner, ']', &more);
        if (status != STATUS_GOOD) return status;
        inner.at++;
    }
    return take_length(r, form->first + axis, spot, inner.at);
}

/* ----------------------------------------------------------------------- records */

static int unknown_field(const struct reader *r, const struct adc_form *form,
                         const struct spot *spot, const char *name)
{
    ADC_VEC(const char *) names = {0};
    for (uint32_t f = 0; f < form->declared; f++)
        if (form->names[f]) ADC_PUSH(&r->session->arena, names, form->names[f]->text);
    session_fail(r->session, STATUS_USAGE, "`%s` has no field `%s`", place(r, spot), name);
    session_suggest(r->session, name, names.data, names.count);
    return STATUS_USAGE;
}

/* "rot": value */
static int find_field(struct reader *r, const struct adc_form *form, const struct spot *spot,
                      size_t first)
{
    struct session *session = r->session;
    skip_blanks(r);
    size_t length = *r->at == '"' ? strcspn(r->at + 1, "\"") : 0;
    if (!length || !r->at[length + 1]) return unexpected(r, spot, "the name of a field in quotes");
    const char *name = adc_arena_copy(&session->arena, r->at + 1, length);
    uint32_t f = 0;
    while (f < form->declared && !(form->names[f] && !strcmp(form->names[f]->text, name))) f++;
    if (f == form->declared) return unknown_field(r, form, spot, name);
    if (r->found.data[first + f])
        return session_fail(session, STATUS_USAGE, "`%s` has the field `%s` twice", place(r, spot),
                            name);
    r->at += length + 2;
    skip_blanks(r);
    if (*r->at != ':') return unexpected(r, spot, "`:`");
    r->at++;
    skip_blanks(r);
    r->found.data[first + f] = r->at;
    r->at = json_after_value(r->at);
    return STATUS_GOOD;
}

static int find_fields(struct reader *r, const struct adc_form *form, const struct spot *spot,
                       size_t first)
{
    bool more = !is_empty(r, '}');
    while (more) {
        int status = find_field(r, form, spot, first);
        if (status == STATUS_GOOD) status = read_separator(r, spot, '}', &more);
        if (status != STATUS_GOOD) return status;
    }
    return STATUS_GOOD;
}

/* In the order of the fields. */
static int find_elements(struct reader *r, const struct adc_form *form, const struct spot *spot,
                         size_t first)
{
    uint32_t count = 0;
    bool more = !is_empty(r, ']');
    while (more) {
        skip_blanks(r);
        if (count < form->declared) r->found.data[first + count] = r->at;
        count++;
        r->at = json_after_value(r->at);
        int status = read_separator(r, spot, ']', &more);
        if (status != STATUS_GOOD) return status;
    }
    if (count == form->declared) return STATUS_GOOD;
    return session_fail(r->session, STATUS_USAGE, "`%s` has %u fields, but the list has length %u",
                        place(r, spot), form->declared, count);
}

static int read_fields(struct reader *r, const struct adc_form *form, const struct spot *spot,
                       size_t first)
{
    for (uint32_t f = 0; f < form->count; f++) {
        const struct adc_form *field = &form->fields[f];
        struct spot inner = {spot, field->name, field->position};
        r->at = r->found.data[first + field->position];
        if (!r->at)
            return session_fail(r->session, STATUS_USAGE, "`%s` has no value for its field `%s`",
                                place(r, spot), field->name->text);
        int status = read_form(r, field, 0, &inner);
        if (status != STATUS_GOOD) return status;
    }
    return STATUS_GOOD;
}

static int read_record(struct reader *r, const struct adc_form *form, const struct spot *spot)
{
    size_t first = r->found.count;
    bool object = *r->at == '{';
    if (!object && *r->at != '[') return unexpected(r, spot, "an object");
    r->at++;
    for (uint32_t f = 0; f < form->declared; f++)
        ADC_PUSH(&r->session->arena, r->found, (const char *)NULL);
    int status = object ? find_fields(r, form, spot, first) : find_elements(r, form, spot, first);
    const char *behind = r->at;
    if (status == STATUS_GOOD) status = read_fields(r, form, spot, first);
    r->at = behind;
    r->found.count = first;
    return status;
}

static int read_form(struct reader *r, const struct adc_form *form, unsigned axis,
                     const struct spot *spot)
{
    skip_blanks(r);
    if (axis < form->rank) return read_axis(r, form, axis, spot);
    if (!form->count) return read_scalar(r, spot);
    bool around = form->count < form->declared;
    return around && r->target->bare ? read_form(r, form->fields, 0, spot)
                                     : read_record(r, form, spot);
}

int record_of_text(struct session *session, const struct record_target *target, const char *text,
                   struct array *array)
{
    struct reader r = {.session = session, .target = target, .at = text};
    adc_text_init(&r.token, &session->arena);
    r.sizes = ADC_NEW_ARRAY(&session->arena, int64_t, target->size_count);
    r.places = ADC_NEW_ARRAY(&session->arena, const char *, target->size_count);
    for (uint32_t i = 0; i < target->size_count; i++) r.sizes[i] = -1;
    int status = read_form(&r, target->form, 0, NULL);
    skip_blanks(&r);
    if (status == STATUS_GOOD && *r.at) status = unexpected(&r, NULL, "nothing behind it");
    array->record = true;
    array->sizes = r.sizes;
    array->places = r.places;
    array->elements = r.elements.data;
    array->count = r.elements.count;
    return status;
}

/* -------------------------------------------------------------------------- JSON */

/* A value at `*elements`, which moves behind it. */
static json_t *form_json(enum adc_type type, const union adc_value **elements,
                         const struct adc_form *form, unsigned axis, const int64_t *sizes)
{
    if (axis < form->rank) {
        json_t *list = json_array();
        for (int64_t i = 0; i < sizes[form->first + axis]; i++)
            json_append(list, form_json(type, elements, form, axis + 1, sizes));
        return list;
    }
    if (!form->count) return json_of_value(type, *(*elements)++);
    bool tuple = !form->fields[0].name;
    json_t *record = tuple ? json_array() : json_object();
    for (uint32_t f = 0; f < form->count; f++) {
        const struct adc_form *field = &form->fields[f];
        while (tuple && json_array_size(record) < field->position) json_append(record, json_null());
        json_t *value = form_json(type, elements, field, 0, sizes);
        if (tuple) json_append(record, value);
        else json_put(record, field->name->text, value);
    }
    return record;
}

json_t *record_json(enum adc_type type, const union adc_value *elements,
                    const struct adc_form *form, const int64_t *sizes)
{
    return form_json(type, &elements, form, 0, sizes);
}

/* Scalars in a form. */
static size_t form_count(const struct adc_form *form, const int64_t *sizes)
{
    size_t count = form->count ? 0 : 1;
    for (uint32_t f = 0; f < form->count; f++) count += form_count(&form->fields[f], sizes);
    for (unsigned axis = 0; axis < form->rank; axis++) count *= (size_t)sizes[form->first + axis];
    return count;
}

void record_place(const struct adc_form *form, const int64_t *sizes, size_t element,
                  struct adc_text *out)
{
    for (;;) {
        size_t around = form_count(form, sizes), f = 0;
        for (unsigned axis = 0; axis < form->rank; axis++) {
            around /= (size_t)sizes[form->first + axis];
            adc_text_format(out, "%s%zu", axis ? ", " : "[", element / around);
            element %= around;
        }
        if (form->rank) adc_text_add(out, "]");
        if (!form->count) return;
        for (; element >= form_count(&form->fields[f], sizes); f++)
            element -= form_count(&form->fields[f], sizes);
        form = &form->fields[f];
        if (form->name) adc_text_format(out, ".%s", form->name->text);
        else adc_text_format(out, ".%u", (unsigned)form->position);
    }
}

/* Both are parts of one value. */
static void merge(json_t *whole, json_t *part)
{
    const char *key;
    json_t *value;
    json_object_foreach(part, key, value)
    {
        json_t *there = json_object_get(whole, key);
        if (there) merge(there, value);
        else json_put(whole, key, json_incref(value));
    }
    for (size_t i = 0; i < json_array_size(part); i++) {
        json_t *there = json_array_get(whole, i);
        value = json_array_get(part, i);
        if (!there) json_append(whole, json_incref(value));
        else if (json_is_null(there)) json_array_set(whole, i, value);
        else merge(there, value);
    }
}

void record_merge(json_t *object, const char *key, json_t *part)
{
    json_t *there = json_object_get(object, key);
    if (!there) {
        json_put(object, key, part);
        return;
    }
    merge(there, part);
    json_decref(part);
}
