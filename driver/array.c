/* From lists, NumPy files and tables to arrays, with the place of whatever is wrong. */
#include "driver/array.h"

#include "driver/csv.h"
#include "driver/npy.h"
#include "driver/scalar.h"
#include "driver/session.h"

#include <string.h>

/* --------------------------------------------------------------------- messages */

const char *array_axes(struct session *session, const char *name, unsigned rank)
{
    return session_format(session, "`%s` has %u %s", name, rank, rank == 1 ? "axis" : "axes");
}

/* x[1, 2] */
static const char *place(struct session *session, const char *name, const int64_t *at,
                         unsigned count)
{
    struct adc_text text;
    adc_text_init(&text, &session->arena);
    adc_text_add(&text, name);
    for (unsigned i = 0; i < count; i++)
        adc_text_format(&text, "%s%lld", i ? ", " : "[", (long long)at[i]);
    if (count) adc_text_add(&text, "]");
    return text.data;
}

/* An element at `where` whose text is `shown`. */
static int bad_element(struct session *session, const char *where, const char *shown,
                       enum adc_type type, enum scalar_problem problem)
{
    if (problem == SCALAR_OUT_OF_RANGE)
        return session_fail(session, STATUS_USAGE, "`%s` = `%s` is out of the range of %s", where,
                            shown, adc_type_name(type));
    return session_fail(session, STATUS_USAGE, "`%s` is %s, but `%s` is not", where,
                        scalar_wanted(type), shown);
}

/* ------------------------------------------------------------------------ lists */

/* The list at hand lies in `depth` open ones, of which next[] elements are read. */
struct reader {
    struct session *session;
    const struct array_target *target;
    const char *at;
    unsigned depth;
    int64_t next[ADC_MAX_RANK];
    bool fresh; /* the innermost list was just opened */
    struct adc_text token;
    ADC_VEC(union adc_value) elements;
    struct array *array;
};

static const char *here(const struct reader *reader)
{
    return place(reader->session, reader->target->name, reader->next, reader->depth);
}

static void skip_blanks(struct reader *reader)
{
    reader->at += strspn(reader->at, " \t\r\n");
}

static int unexpected(const struct reader *reader, const char *wanted)
{
    size_t length = strcspn(reader->at, " \t\r\n");
    if (length > 20) length = 20;
    if (length == 0)
        return session_fail(reader->session, STATUS_USAGE, "`%s` ends before %s",
                            reader->target->name, wanted);
    return session_fail(reader->session, STATUS_USAGE, "`%s`: expected %s, not `%.*s`",
                        here(reader), wanted, (int)length, reader->at);
}

static int open_list(struct reader *reader)
{
    const struct array_target *target = reader->target;
    if (reader->depth == target->rank)
        return session_fail(reader->session, STATUS_USAGE, "%s, but `%s` is a list",
                            array_axes(reader->session, target->name, target->rank), here(reader));
    reader->at++;
    reader->next[reader->depth++] = 0;
    reader->fresh = true;
    return STATUS_GOOD;
}

static int close_list(struct reader *reader)
{
    int64_t *length = &reader->array->length[reader->depth - 1];
    int64_t found = reader->next[reader->depth - 1];
    reader->at++;
    reader->depth--;
    if (*length >= 0 && *length != found)
        return session_fail(reader->session, STATUS_USAGE,
                            "`%s` is ragged: `%s` has length %lld, the lists before it %lld",
                            reader->target->name, here(reader), (long long)found,
                            (long long)*length);
    *length = found;
    reader->fresh = false;
    if (reader->depth) reader->next[reader->depth - 1]++;
    return STATUS_GOOD;
}

/* Files hold what JSON has no number for as strings: "inf". */
static const char *unquoted(struct adc_text *token)
{
    static const char *const names[] = {"\"inf\"", "\"-inf\"", "\"nan\""};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcmp(token->data, names[i]) != 0) continue;
        token->data[token->count - 1] = '\0';
        return token->data + 1;
    }
    return token->data;
}

static int element(struct reader *reader)
{
    const struct array_target *target = reader->target;
    union adc_value value;
    size_t length = strcspn(reader->at, ",[] \t\r\n");
    if (length == 0) return unexpected(reader, "a value");
    reader->token.count = 0;
    adc_text_put(&reader->token, reader->at, length);
    if (reader->depth < target->rank)
        return session_fail(reader->session, STATUS_USAGE, "%s, but `%s` = `%s` is no list",
                            array_axes(reader->session, target->name, target->rank), here(reader),
                            reader->token.data);
    const char *text = unquoted(&reader->token);
    enum scalar_problem problem = scalar_read(text, target->type, &value);
    if (problem != SCALAR_GOOD)
        return bad_element(reader->session, here(reader), text, target->type, problem);
    ADC_PUSH(&reader->session->arena, reader->elements, value);
    reader->at += length;
    reader->next[reader->depth - 1]++;
    reader->fresh = false;
    return STATUS_GOOD;
}

static int value(struct reader *reader)
{
    skip_blanks(reader);
    return *reader->at == '[' ? open_list(reader) : element(reader);
}

/* What follows inside a list. */
static int step(struct reader *reader)
{
    skip_blanks(reader);
    if (*reader->at == ']') return close_list(reader);
    if (!reader->fresh) {
        if (*reader->at != ',') return unexpected(reader, "`,` or `]`");
        reader->at++;
    }
    return value(reader);
}

int array_of_list(struct session *session, const struct array_target *target, const char *text,
                  struct array *array)
{
    struct reader reader = {.session = session, .target = target, .at = text, .array = array};
    array->rank = target->rank;
    for (unsigned i = 0; i < ADC_MAX_RANK; i++) array->length[i] = -1;
    adc_text_init(&reader.token, &session->arena);
    int status = value(&reader);
    while (status == STATUS_GOOD && reader.depth > 0) status = step(&reader);
    if (status != STATUS_GOOD) return status;
    skip_blanks(&reader);
    if (*reader.at) return unexpected(&reader, "nothing behind the list");
    array->elements = reader.elements.data;
    array->count = reader.elements.count;
    return STATUS_GOOD;
}

/* ------------------------------------------------------------------------ files */

/* Coordinates of element `at`. */
static const char *place_of(struct session *session, const struct array_target *target,
                            const struct array *array, size_t at)
{
    int64_t coordinates[ADC_MAX_RANK];
    for (unsigned i = array->rank; i-- > 0;) {
        coordinates[i] = (int64_t)(at % (size_t)array->length[i]);
        at /= (size_t)array->length[i];
    }
    return place(session, target->name, coordinates, array->rank);
}

static enum scalar_problem converted(union adc_value from, enum adc_type written,
                                     enum adc_type type, union adc_value *value)
{
    if (written == type) {
        *value = from;
        return SCALAR_GOOD;
    }
    if (written == ADC_BOOL) return SCALAR_ILL_TYPED;
    double real = written == ADC_INT ? (double)from.integer : from.f64;
    return scalar_of_double(real, type, value);
}

const char *array_npy_text(struct session *session, const struct npy *npy, size_t at)
{
    struct adc_text text;
    enum adc_type type;
    union adc_value value = npy_element(npy, at, &type);
    adc_text_init(&text, &session->arena);
    if (type == ADC_INT) adc_text_format(&text, "%lld", (long long)value.integer);
    else if (type == ADC_BOOL) adc_text_add(&text, value.boolean ? "true" : "false");
    else adc_text_real(&text, value.f64, false);
    return text.data;
}

int array_of_npy(struct session *session, const struct array_target *target, const struct npy *npy,
                 struct array *array)
{
    if (npy->rank != target->rank)
        return session_fail(session, STATUS_USAGE, "%s, but the array in `%s` has %u",
                            array_axes(session, target->name, target->rank), target->path,
                            npy->rank);
    array->rank = npy->rank;
    memcpy(array->length, npy->length, sizeof array->length);
    array->count = npy->count;
    array->elements = ADC_NEW_ARRAY(&session->arena, union adc_value, npy->count);
    for (size_t i = 0; i < npy->count; i++) {
        enum adc_type written;
        union adc_value from = npy_element(npy, i, &written);
        enum scalar_problem problem = converted(from, written, target->type, &array->elements[i]);
        if (problem != SCALAR_GOOD)
            return bad_element(session, place_of(session, target, array, i),
                               array_npy_text(session, npy, i), target->type, problem);
    }
    return STATUS_GOOD;
}

static int csv_shape(struct session *session, const struct array_target *target,
                     const struct csv *csv, struct array *array)
{
    array->rank = target->rank;
    array->length[0] = (int64_t)csv->rows;
    array->length[1] = csv->columns ? (int64_t)csv->columns : -1;
    if (target->rank == 2) return STATUS_GOOD;
    if (target->rank > 2)
        return session_fail(session, STATUS_USAGE, "%s, but the table in `%s` has 2",
                            array_axes(session, target->name, target->rank), target->path);
    if (csv->columns > 1 && csv->rows > 1)
        return session_fail(
            session, STATUS_USAGE, "%s, but the table in `%s` has %zu rows and %zu columns",
            array_axes(session, target->name, 1), target->path, csv->rows, csv->columns);
    array->length[0] = (int64_t)(csv->rows * csv->columns);
    return STATUS_GOOD;
}

int array_of_csv(struct session *session, const struct array_target *target, const struct csv *csv,
                 struct array *array)
{
    if (csv->ragged != SIZE_MAX)
        return session_fail(session, STATUS_USAGE,
                            "`%s` is ragged: line %zu of `%s` has %zu columns, line %zu has %zu",
                            target->name, csv->lines.data[csv->ragged], target->path,
                            csv->ragged_columns, csv->lines.data[0], csv->columns);
    int status = csv_shape(session, target, csv, array);
    if (status != STATUS_GOOD) return status;
    array->count = csv->fields.count;
    array->elements = ADC_NEW_ARRAY(&session->arena, union adc_value, array->count);
    for (size_t i = 0; i < array->count; i++) {
        const char *field = csv->fields.data[i];
        enum scalar_problem problem = scalar_read(field, target->type, &array->elements[i]);
        if (problem == SCALAR_GOOD) continue;
        status =
            bad_element(session, place_of(session, target, array, i), field, target->type, problem);
        session_help(session, "see line %zu of `%s`", csv->lines.data[i / csv->columns],
                     target->path);
        return status;
    }
    return STATUS_GOOD;
}
