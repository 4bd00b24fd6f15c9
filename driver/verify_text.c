/* What verification has to say, in words. */
#include "driver/record.h"
#include "driver/session.h"
#include "driver/verify_point.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

const char *verify_verdict_name(enum verdict verdict)
{
    static const char *const names[VERIFY_COUNT] = {[VERIFY_GOOD] = "good",
                                                    [VERIFY_KINK] = "kink",
                                                    [VERIFY_UNSURE] = "unsure",
                                                    [VERIFY_FAILED] = "FAILED"};
    return names[verdict];
}

const char *verify_number(struct session *session, double value, int digits)
{
    struct adc_text text;
    char rounded[48];
    adc_text_init(&text, &session->arena);
    if (isfinite(value)) {
        snprintf(rounded, sizeof rounded, "%.*e", digits - 1, value);
        value = strtod(rounded, NULL);
    }
    adc_text_real(&text, value, false);
    return text.data;
}

static json_t *parameter_json(struct session *session, const struct verify_report *report,
                              size_t point, size_t parameter)
{
    const struct adc_function *function = report->function;
    const struct adc_parameter *written = &function->params.data[parameter];
    const union adc_value *values = report->points.data[point];
    int64_t lengths[ADC_MAX_RANK];
    const union adc_value *elements =
        written->rank ? values[parameter].elements : &values[parameter];
    if (written->form)
        return record_json(written->type, elements, written->form,
                           verify_sizes(session, function, values, parameter));
    if (!written->rank) return json_of_value(written->type, values[parameter]);
    verify_lengths(session, function, values, parameter, lengths);
    return json_of_array(written->type, elements, lengths, written->rank);
}

/* A record that is passed field by field has the name of the whole. */
static const char *name_outside(const struct adc_parameter *parameter)
{
    return parameter->whole ? parameter->whole->text : parameter->name->text;
}

json_t *verify_json(struct session *session, const struct verify_report *report, size_t point)
{
    json_t *object = json_object();
    for (size_t i = 0; i < report->function->params.count; i++)
        record_merge(object, name_outside(&report->function->params.data[i]),
                     parameter_json(session, report, point, i));
    return object;
}

static void put_value(struct adc_text *text, enum adc_type type, union adc_value value)
{
    if (adc_type_is_integer(type)) adc_text_format(text, "%lld", (long long)value.integer);
    else if (type == ADC_BOOL) adc_text_add(text, value.boolean ? "true" : "false");
    else if (type == ADC_F32) adc_text_real(text, (double)value.f32, true);
    else adc_text_real(text, value.f64, false);
}

const char *verify_point_text(struct session *session, const struct verify_report *report,
                              size_t point)
{
    enum { SHOWN = 8 };
    const struct adc_parameter *last = NULL;
    json_t *all = verify_json(session, report, point);
    struct adc_text text;
    adc_text_init(&text, &session->arena);
    adc_text_add(&text, "");
    for (size_t i = 0; i < report->function->params.count; i++) {
        const struct adc_parameter *parameter = &report->function->params.data[i];
        const char *name = name_outside(parameter);
        bool shown = last && last->whole && last->whole == parameter->whole;
        last = parameter;
        if (shown) continue;
        adc_text_format(&text, "%s%s = ", i ? ", " : "", name);
        if (parameter->rank || parameter->form)
            json_write_short(json_object_get(all, name), SHOWN, &text);
        else put_value(&text, parameter->type, report->points.data[point][i]);
    }
    json_decref(all);
    return text.data;
}

const char *verify_complaint(struct session *session, const struct verify_report *report,
                             const struct verify_entry *entry)
{
    const char *where = verify_point_text(session, report, entry->point);
    const char *head =
        session_format(session, "the derivative of `%s` of `%s` with respect to `%s` at %s",
                       entry->result, report->function->name->text, entry->variable, where);
    const char *reverse = verify_number(session, entry->reverse, 17);
    if (entry->modes_differ)
        return session_format(session, "%s is %s in reverse mode and %s in forward mode", head,
                              reverse, verify_number(session, entry->forward, 17));
    return session_format(session, "%s is %s, but differences give %s (their error is about %s)",
                          head, reverse, verify_number(session, entry->difference, 12),
                          verify_number(session, entry->estimate, 2));
}

const char *verify_left_out(struct session *session, const struct verify_report *report)
{
    size_t checks = report->failed_checks, values = report->not_finite;
    const char *first = "", *second = "";
    if (checks) first = session_format(session, "%zu failed a `require`", checks);
    if (values) second = session_format(session, "%zu had a value that is not finite", values);
    if (!checks && !values) return "";
    return session_format(session, "points skipped: %s%s%s", first, checks && values ? ", " : "",
                          second);
}
