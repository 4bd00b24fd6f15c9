/* Arguments: from texts to values, with one clear message for each way to get them wrong. */
#include "driver/arguments.h"

#include "driver/json_io.h"
#include "driver/session.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ------------------------------------------------------------------- collecting */

struct argument *arguments_find(const struct arguments *arguments, const char *name)
{
    for (size_t i = 0; i < arguments->count; i++)
        if (strcmp(arguments->data[i].name, name) == 0) return &arguments->data[i];
    return NULL;
}

static const char *shown(struct session *session, const json_t *value)
{
    struct adc_text text;
    adc_text_init(&text, &session->arena);
    json_write(value, &text);
    return text.data;
}

static const char *text_of_json(struct session *session, const json_t *value)
{
    const char *text = json_argument_text(&session->arena, value);
    return text ? text : shown(session, value);
}

/* The value in a file: NAME=@FILE.json */
static int from_file(struct session *session, const char *name, const char *path, const char **text)
{
    if (files_ends_in(path, ".npy") || files_ends_in(path, ".csv"))
        return session_fail(session, STATUS_USAGE,
                            "`%s`: arrays are not supported yet, and `%s` holds one", name, path);
    json_t *value;
    int status = json_read(session, path, &value);
    if (status != STATUS_GOOD) return status;
    *text = text_of_json(session, value);
    json_decref(value);
    return STATUS_GOOD;
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
        int status = from_file(session, argument.name, argument.text + 1, &argument.text);
        if (status != STATUS_GOOD) return status;
    }
    ADC_PUSH(&session->arena, *arguments, argument);
    return STATUS_GOOD;
}

static int add_input(struct session *session, const char *path, struct arguments *arguments)
{
    json_t *object, *value;
    const char *key;
    int status = json_read(session, path, &object);
    if (status != STATUS_GOOD) return status;
    if (!json_is_object(object)) {
        json_decref(object);
        return session_fail(session, STATUS_USAGE, "`%s` is not a JSON object of inputs", path);
    }
    json_object_foreach(object, key, value)
    {
        if (arguments_find(arguments, key)) continue;
        struct argument argument = {.name = adc_arena_copy(&session->arena, key, strlen(key)),
                                    .text = text_of_json(session, value)};
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

static size_t digits(const char *text)
{
    size_t count = 0;
    while (text[count] >= '0' && text[count] <= '9') count++;
    return count;
}

static bool is_whole(const char *text)
{
    if (*text == '-' || *text == '+') text++;
    size_t count = digits(text);
    return count > 0 && text[count] == '\0';
}

/* 12  -1.5  .5  2.  1e-3 */
static bool is_number(const char *text)
{
    if (*text == '-' || *text == '+') text++;
    size_t before = digits(text), after = 0;
    text += before;
    if (*text == '.') {
        after = digits(text + 1);
        text += after + 1;
    }
    if (before + after == 0) return false;
    if (*text != 'e' && *text != 'E') return *text == '\0';
    text++;
    if (*text == '-' || *text == '+') text++;
    size_t exponent = digits(text);
    return exponent > 0 && text[exponent] == '\0';
}

static bool is_named_number(const char *text)
{
    if (*text == '-' || *text == '+') text++;
    return strcmp(text, "inf") == 0 || strcmp(text, "nan") == 0;
}

static bool is_bool(const char *text)
{
    return strcmp(text, "true") == 0 || strcmp(text, "false") == 0;
}

int argument_no_scalar(struct session *session, const char *name, const char *text)
{
    if (*text == '[')
        return session_fail(session, STATUS_USAGE, "arrays are not supported yet: `%s`", name);
    if (*text == '{' || *text == '(')
        return session_fail(session, STATUS_USAGE, "records are not supported yet: `%s`", name);
    return session_fail(session, STATUS_USAGE, "`%s`: `%s` is no number and no bool", name, text);
}

static int ill_typed(struct session *session, const char *name, const char *text,
                     enum adc_type type)
{
    if (*text == '[' || *text == '{' || *text == '(')
        return argument_no_scalar(session, name, text);
    const char *wanted = type == ADC_BOOL  ? "a bool (true or false)"
                         : type == ADC_INT ? "an int"
                                           : "a real";
    return session_fail(session, STATUS_USAGE, "`%s` is %s, but `%s` is not", name, wanted, text);
}

static int out_of_range(struct session *session, const char *name, const char *text,
                        enum adc_type type)
{
    return session_fail(session, STATUS_USAGE, "`%s` = `%s` is out of the range of %s", name, text,
                        adc_type_name(type));
}

/* 3, and 3.0 or 3e2 as they are whole. */
static int int_value(struct session *session, const char *name, const char *text,
                     union adc_value *value)
{
    if (is_whole(text)) {
        errno = 0;
        value->integer = strtoll(text, NULL, 10);
        return errno ? out_of_range(session, name, text, ADC_INT) : STATUS_GOOD;
    }
    if (!is_number(text)) return ill_typed(session, name, text, ADC_INT);
    double real = strtod(text, NULL);
    if (real != floor(real) && !isinf(real)) return ill_typed(session, name, text, ADC_INT);
    if (!(real >= -0x1p63 && real < 0x1p63)) return out_of_range(session, name, text, ADC_INT);
    value->integer = (int64_t)real;
    return STATUS_GOOD;
}

static int real_value(struct session *session, const char *name, const char *text,
                      enum adc_type type, union adc_value *value)
{
    bool number = is_number(text);
    if (!number && !is_named_number(text)) return ill_typed(session, name, text, type);
    bool overflow;
    if (type == ADC_F32) {
        value->f32 = strtof(text, NULL);
        overflow = isinf(value->f32);
    } else {
        value->f64 = strtod(text, NULL);
        overflow = isinf(value->f64);
    }
    return number && overflow ? out_of_range(session, name, text, type) : STATUS_GOOD;
}

int argument_value(struct session *session, const char *name, const char *text, enum adc_type type,
                   union adc_value *value)
{
    value->bits = 0;
    if (adc_type_is_real(type)) return real_value(session, name, text, type, value);
    if (type == ADC_INT) return int_value(session, name, text, value);
    if (!is_bool(text)) return ill_typed(session, name, text, type);
    value->boolean = text[0] == 't';
    return STATUS_GOOD;
}

bool argument_as_written(const char *text, enum adc_type *type, union adc_value *value)
{
    value->bits = 0;
    if (is_bool(text)) {
        *type = ADC_BOOL;
        value->boolean = text[0] == 't';
        return true;
    }
    errno = 0;
    *type = ADC_INT;
    value->integer = is_whole(text) ? strtoll(text, NULL, 10) : 0;
    if (is_whole(text) && !errno) return true;
    *type = ADC_F64;
    value->f64 = strtod(text, NULL);
    return is_number(text) ? isfinite(value->f64) : is_named_number(text);
}

/* ---------------------------------------------------------------------- binding */

static int missing(struct session *session, const struct adc_function *function,
                   const struct adc_parameter *parameter)
{
    session_fail(session, STATUS_USAGE, "no value for parameter `%s` of `%s`",
                 parameter->name->text, function->name->text);
    session_help(session, "add `%s=VALUE`", parameter->name->text);
    return STATUS_USAGE;
}

/* Ill-typed values are reported before missing ones: the user wrote them. */
int arguments_bind(struct session *session, const struct adc_function *function,
                   const struct arguments *arguments, union adc_value **values)
{
    size_t count = function->params.count;
    const struct adc_parameter *absent = NULL;
    *values = ADC_NEW_ARRAY(&session->arena, union adc_value, count);
    for (size_t i = 0; i < count; i++) {
        const struct adc_parameter *parameter = &function->params.data[i];
        struct argument *argument = arguments_find(arguments, parameter->name->text);
        (*values)[i] = parameter->value;
        if (!argument) {
            if (!parameter->has_default && !absent) absent = parameter;
            continue;
        }
        argument->used = true;
        int status =
            argument_value(session, argument->name, argument->text, parameter->type, &(*values)[i]);
        if (status != STATUS_GOOD) return status;
    }
    return absent ? missing(session, function, absent) : STATUS_GOOD;
}

static bool is_parameter(const struct adc_function *function, const char *name)
{
    for (size_t i = 0; i < function->params.count; i++)
        if (strcmp(function->params.data[i].name->text, name) == 0) return true;
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
