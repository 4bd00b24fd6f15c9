/* Arguments: from texts to values, with one clear message for each way to get them wrong. */
#include "driver/arguments.h"

#include "driver/csv.h"
#include "driver/json_io.h"
#include "driver/npy.h"
#include "driver/record.h"
#include "driver/scalar.h"
#include "driver/session.h"
#include "driver/sizes.h"

#include <string.h>

/* ------------------------------------------------------------------- collecting */

struct argument *arguments_find(const struct arguments *arguments, const char *name)
{
    for (size_t i = 0; i < arguments->count; i++)
        if (strcmp(arguments->data[i].name, name) == 0) return &arguments->data[i];
    return NULL;
}

static int from_json(struct session *session, struct argument *argument)
{
    json_t *value;
    const char *raw;
    int status = json_read(session, argument->path, &value, &raw);
    if (status != STATUS_GOOD) return status;
    argument->text = json_argument_text(&session->arena, value, raw);
    json_decref(value);
    return STATUS_GOOD;
}

static int from_npy(struct session *session, struct argument *argument)
{
    struct npy *npy = ADC_NEW(&session->arena, struct npy);
    const char *bytes;
    size_t length;
    int status = files_read(session, argument->path, &bytes, &length);
    if (status != STATUS_GOOD) return status;
    const char *problem = npy_open(bytes, length, npy);
    if (problem)
        return session_fail(session, STATUS_USAGE, "`%s`: `%s` %s", argument->name, argument->path,
                            problem);
    argument->npy = npy;
    argument->text = npy->rank ? "[" : array_npy_text(session, npy, 0);
    return STATUS_GOOD;
}

static int from_csv(struct session *session, struct argument *argument)
{
    struct csv *csv = ADC_NEW(&session->arena, struct csv);
    const char *text;
    size_t length;
    int status = files_read(session, argument->path, &text, &length);
    if (status != STATUS_GOOD) return status;
    csv_read(&session->arena, text, length, csv);
    argument->csv = csv;
    argument->text = csv->fields.count == 1 ? csv->fields.data[0] : "[";
    return STATUS_GOOD;
}

/* NAME=@FILE.json, .npy, .csv */
static int from_file(struct session *session, struct argument *argument)
{
    argument->path = argument->text + 1;
    if (files_ends_in(argument->path, ".npy")) return from_npy(session, argument);
    if (files_ends_in(argument->path, ".csv")) return from_csv(session, argument);
    return from_json(session, argument);
}

static int add_operand(struct session *session, const char *operand, struct arguments *arguments)
{
    const char *equals = strchr(operand, '=');
    if (!equals || equals == operand)
        return session_fail(session, STATUS_USAGE,
                            "unexpected argument `%s`; inputs are NAME=VALUE", operand);
    struct argument argument = {.text = equals + 1};
    argument.name = adc_arena_copy(&session->arena, operand, (size_t)(equals - operand));
    if (arguments_find(arguments, argument.name))
        return session_fail(session, STATUS_USAGE, "`%s` is given twice", argument.name);
    if (argument.text[0] == '@') {
        int status = from_file(session, &argument);
        if (status != STATUS_GOOD) return status;
    }
    ADC_PUSH(&session->arena, *arguments, argument);
    return STATUS_GOOD;
}

static int add_input(struct session *session, const char *path, struct arguments *arguments)
{
    json_t *object, *value;
    const char *key, *raw;
    int status = json_read(session, path, &object, &raw);
    if (status != STATUS_GOOD) return status;
    if (!json_is_object(object)) {
        json_decref(object);
        return session_fail(session, STATUS_USAGE, "`%s` is not a JSON object of inputs", path);
    }
    raw = json_first_member(raw);
    json_object_foreach(object, key, value)
    {
        const char *text = json_argument_text(&session->arena, value, raw);
        raw = json_next_member(raw);
        if (arguments_find(arguments, key)) continue;
        struct argument argument = {.name = adc_arena_copy(&session->arena, key, strlen(key)),
                                    .text = text};
        ADC_PUSH(&session->arena, *arguments, argument);
    }
    json_decref(object);
    return STATUS_GOOD;
}

int arguments_collect(struct session *session, size_t first, struct arguments *arguments)
{
    const struct options *options = &session->options;
    for (size_t i = first; i < options->operands.count; i++) {
        int status = add_operand(session, options->operands.data[i], arguments);
        if (status != STATUS_GOOD) return status;
    }
    return options->input ? add_input(session, options->input, arguments) : STATUS_GOOD;
}

/* ---------------------------------------------------------------------- reading */

int argument_no_scalar(struct session *session, const char *name, const char *text)
{
    size_t all = strlen(text);
    int length = all > 40 ? 40 : (int)all;
    const char *more = all > 40 ? "..." : "";
    if (strcmp(text, "[") == 0)
        return session_fail(session, STATUS_USAGE, "`%s` is a scalar, but the file holds an array",
                            name);
    if (*text == '[')
        return session_fail(session, STATUS_USAGE, "`%s` is a scalar, but `%.*s%s` is an array",
                            name, length, text, more);
    if (*text == '{')
        return session_fail(session, STATUS_USAGE, "`%s` is no record, but `%.*s%s` is an object",
                            name, length, text, more);
    return session_fail(session, STATUS_USAGE, "`%s`: `%s` is no number and no bool", name, text);
}

int argument_value(struct session *session, const char *name, const char *text, enum adc_type type,
                   union adc_value *value)
{
    enum scalar_problem problem = scalar_read(text, type, value);
    if (problem == SCALAR_GOOD) return STATUS_GOOD;
    if (problem == SCALAR_OUT_OF_RANGE)
        return session_fail(session, STATUS_USAGE, "`%s` = `%s` is out of the range of %s", name,
                            text, adc_type_name(type));
    if (*text == '[' || *text == '{') return argument_no_scalar(session, name, text);
    return session_fail(session, STATUS_USAGE, "`%s` is %s, but `%s` is not", name,
                        scalar_wanted(type), text);
}

bool argument_as_written(const char *text, enum adc_type *type, union adc_value *value)
{
    return scalar_as_written(text, type, value);
}

/* Files hold the array as it lies in memory. */
static bool is_record(const struct adc_parameter *parameter, const struct argument *argument)
{
    return parameter->form && !argument->npy && !argument->csv;
}

/* A part of a record reads it from the text of all of it, or is given alone. */
static int read_record(struct session *session, const struct adc_parameter *parameter,
                       struct argument *argument, struct array *array)
{
    struct record_target target = {.form = parameter->form, .size_count = parameter->size_count};
    target.bare = parameter->whole && strcmp(argument->name, parameter->name->text) == 0;
    target.array = (struct array_target){.name = argument->name, .type = parameter->type};
    return record_of_text(session, &target, argument->text, array);
}

static int read_elements(struct session *session, const struct adc_parameter *parameter,
                         struct argument *argument, struct array *array)
{
    struct array_target target = {.name = argument->name,
                                  .path = argument->path,
                                  .type = parameter->type,
                                  .rank = parameter->rank};
    if (*argument->text == '{') return argument_no_scalar(session, argument->name, argument->text);
    if (argument->npy) return array_of_npy(session, &target, argument->npy, array);
    if (argument->csv) return array_of_csv(session, &target, argument->csv, array);
    return array_of_list(session, &target, argument->text, array);
}

/* Arrays are read once for all products of a function. */
int arguments_read_array(struct session *session, const struct adc_parameter *parameter,
                      struct argument *argument)
{
    bool record = is_record(parameter, argument);
    const struct array *there = argument->array;
    if (there && argument->type == parameter->type && argument->form == parameter->form &&
        (record || there->rank == parameter->rank))
        return STATUS_GOOD;
    struct array *array = ADC_NEW(&session->arena, struct array);
    argument->array = array;
    argument->type = parameter->type;
    argument->form = parameter->form;
    return record ? read_record(session, parameter, argument, array)
                  : read_elements(session, parameter, argument, array);
}

/* ---------------------------------------------------------------------- binding */

static int missing(struct session *session, const struct adc_function *function,
                   const struct adc_parameter *parameter)
{
    const char *name = parameter->whole ? parameter->whole->text : parameter->name->text;
    const char *value = parameter->form && !parameter->form->rank ? "{...}"
                        : parameter->form || parameter->rank      ? "[VALUE, ...]"
                                                                  : "VALUE";
    session_fail(session, STATUS_USAGE, "no value for parameter `%s` of `%s`", name,
                 function->name->text);
    session_help(session, "add `%s=%s`", name, value);
    return STATUS_USAGE;
}

static int read_value(struct session *session, const struct adc_parameter *parameter,
                      struct argument *argument, union adc_value *value)
{
    argument->used = true;
    if (!parameter->rank && !parameter->form)
        return argument_value(session, argument->name, argument->text, parameter->type, value);
    int status = arguments_read_array(session, parameter, argument);
    if (status != STATUS_GOOD) return status;
    if (parameter->rank) value->elements = argument->array->elements;
    else *value = argument->array->elements[0]; /* a scalar of a record */
    return STATUS_GOOD;
}

/* What is given for the parameter, or for the record that it is a part of. */
static struct argument *argument_for(const struct arguments *arguments,
                                     const struct adc_parameter *parameter)
{
    struct argument *own = arguments_find(arguments, parameter->name->text);
    if (own || !parameter->whole) return own;
    return arguments_find(arguments, parameter->whole->text);
}

/* Ill-typed values are reported before missing ones: the user wrote them. */
int arguments_bind(struct session *session, const struct adc_function *function,
                   const struct arguments *arguments, union adc_value **values)
{
    size_t count = function->params.count;
    const struct adc_parameter *absent = NULL;
    bool *given = ADC_NEW_ARRAY(&session->arena, bool, count);
    const struct array **arrays = ADC_NEW_ARRAY(&session->arena, const struct array *, count);
    *values = ADC_NEW_ARRAY(&session->arena, union adc_value, count);
    for (size_t i = 0; i < count; i++) {
        const struct adc_parameter *parameter = &function->params.data[i];
        struct argument *argument = argument_for(arguments, parameter);
        (*values)[i] = parameter->value;
        given[i] = argument != NULL;
        if (!argument) {
            bool needed = !parameter->has_default && parameter->kind != ADC_DIM;
            if (needed && !absent) absent = parameter;
            continue;
        }
        int status = read_value(session, parameter, argument, &(*values)[i]);
        if (status != STATUS_GOOD) return status;
        if (parameter->rank || parameter->form) arrays[i] = argument->array;
    }
    if (absent) return missing(session, function, absent);
    return sizes_bind(session, function, arrays, given, *values);
}

static bool is_parameter(const struct adc_function *function, const char *name)
{
    for (size_t i = 0; i < function->params.count; i++)
        if (adc_parameter_is(&function->params.data[i], name)) return true;
    return false;
}

int arguments_check_used(struct session *session, const struct arguments *arguments,
                         const struct adc_function *const *functions, size_t count)
{
    for (size_t i = 0; i < arguments->count; i++) {
        const struct argument *argument = &arguments->data[i];
        bool known = argument->used;
        for (size_t f = 0; f < count; f++) known |= is_parameter(functions[f], argument->name);
        if (known) continue;
        session_fail(session, STATUS_USAGE, "`%s` has no parameter `%s`", functions[0]->name->text,
                     argument->name);
        ADC_VEC(const char *) names = {0};
        for (size_t f = 0; f < count; f++)
            for (size_t p = 0; p < functions[f]->params.count; p++)
                ADC_PUSH(&session->arena, names, functions[f]->params.data[p].name->text);
        session_suggest(session, argument->name, names.data, names.count);
        return STATUS_USAGE;
    }
    return STATUS_GOOD;
}
