/* The manifest: what a program needs to know to call the generated code, as JSON.
 *
 * Keys stand in a fixed order, texts are ASCII with escapes: the same unit gives the same bytes. */
#include "backend/emit_c_internal.h"

#include <string.h>

enum { MANIFEST_FORMAT = 1 };

/* Commas and indentation. depth counts open brackets. */
struct json {
    struct adc_text *out;
    unsigned depth;
    bool first; /* nothing stands in the innermost bracket yet */
};

static void put_string(struct adc_text *out, const char *text)
{
    adc_text_add(out, "\"");
    for (const char *at = text; *at; at++) {
        unsigned char c = (unsigned char)*at;
        if (c == '"' || c == '\\') adc_text_format(out, "\\%c", c);
        else if (c < 0x20 || c == 0x7F)
            adc_text_format(out, "\\u00%c%c", "0123456789abcdef"[c >> 4],
                            "0123456789abcdef"[c & 15]);
        else adc_text_put(out, at, 1);
    }
    adc_text_add(out, "\"");
}

static void separate(struct json *json, bool line)
{
    if (!json->first) adc_text_add(json->out, line ? "," : ", ");
    json->first = false;
    if (!line) return;
    adc_text_add(json->out, "\n");
    for (unsigned i = 0; i < json->depth; i++) adc_text_add(json->out, "  ");
}

static void put_key(struct json *json, const char *key, bool line)
{
    separate(json, line);
    put_string(json->out, key);
    adc_text_add(json->out, ": ");
}

static void put_text(struct json *json, const char *key, const char *value, bool line)
{
    put_key(json, key, line);
    put_string(json->out, value);
}

static void put_number(struct json *json, const char *key, long long value, bool line)
{
    put_key(json, key, line);
    adc_text_format(json->out, "%lld", value);
}

static void open_bracket(struct json *json, char bracket)
{
    adc_text_put(json->out, &bracket, 1);
    json->depth++;
    json->first = true;
}

static void close_bracket(struct json *json, char bracket, bool line)
{
    bool empty = json->first;
    json->depth--;
    json->first = true;
    if (line && !empty) separate(json, true);
    adc_text_put(json->out, &bracket, 1);
    json->first = false;
}

static void put_default(struct json *json, const struct adc_parameter *parameter)
{
    struct adc_text text;
    adc_text_init(&text, json->out->arena);
    switch (parameter->type) {
    case ADC_F64: adc_text_real(&text, parameter->value.f64, false); break;
    case ADC_F32: adc_text_real(&text, (double)parameter->value.f32, true); break;
    case ADC_INT:
    case ADC_I32: adc_text_format(&text, "%lld", (long long)parameter->value.integer); break;
    case ADC_BOOL: adc_text_add(&text, parameter->value.boolean ? "true" : "false"); break;
    case ADC_TYPE_COUNT: break;
    }
    put_key(json, "default", false);
    if (strpbrk(text.data, "in") && parameter->type != ADC_BOOL) put_string(json->out, text.data);
    else adc_text_add(json->out, text.data);
}

/* Numbers, and expressions over sizes as texts. */
static void put_shape(struct json *json, const struct adc_function *function,
                      const struct adc_node *const *shape, unsigned rank)
{
    put_key(json, "shape", false);
    open_bracket(json, '[');
    for (unsigned i = 0; i < rank; i++) {
        struct adc_text size;
        adc_text_init(&size, json->out->arena);
        c_put_size(function, shape[i], &size);
        separate(json, false);
        if (shape[i]->op == ADC_OP_CONST) adc_text_add(json->out, size.data);
        else put_string(json->out, size.data);
    }
    close_bracket(json, ']', false);
}

/* Of a record its fields in their order; recursion is over the depth of a type. */
static void put_fields(struct json *json, const struct adc_function *function,
                       const struct adc_form *form, const struct adc_node *const *sizes)
{
    put_key(json, "fields", false);
    open_bracket(json, '[');
    for (uint32_t f = 0; f < form->count; f++) {
        const struct adc_form *field = &form->fields[f];
        separate(json, false);
        open_bracket(json, '{');
        if (field->name) put_text(json, "name", field->name->text, false);
        put_shape(json, function, sizes + field->first, field->rank);
        if (field->count) put_fields(json, function, field, sizes);
        close_bracket(json, '}', false);
    }
    close_bracket(json, ']', false);
}

/* A part of a record says of which. */
static void put_form(struct json *json, const struct adc_function *function,
                     const struct adc_form *form, const struct adc_node *const *sizes,
                     const struct adc_name *whole)
{
    if (!form) return;
    if (whole) put_text(json, "part_of", whole->text, false);
    put_number(json, "outer_axes", form->rank, false);
    put_fields(json, function, form, sizes);
}

static void put_input(struct json *json, const struct c_product *product, size_t index)
{
    const struct adc_parameter *parameter = &product->function->params.data[index];
    separate(json, true);
    open_bracket(json, '{');
    put_text(json, "name", parameter->name->text, false);
    put_text(json, "symbol", product->inputs[index], false);
    put_text(json, "direction", "in", false);
    put_text(json, "role", adc_role_name(parameter->role), false);
    put_text(json, "of", (parameter->of ? parameter->of : parameter->name)->text, false);
    put_text(json, "kind", adc_kind_name(parameter->kind), false);
    put_text(json, "type", adc_type_name(parameter->type), false);
    struct adc_text type;
    adc_text_init(&type, json->out->arena);
    adc_text_format(&type, parameter->rank ? "const %s *" : "%s", c_type(parameter->type));
    put_text(json, "c_type", type.data, false);
    put_shape(json, product->function, parameter->shape, parameter->rank);
    put_form(json, product->function, parameter->form, parameter->sizes, parameter->whole);
    if (parameter->has_default) put_default(json, parameter);
    close_bracket(json, '}', false);
}

static void put_output(struct json *json, const struct c_product *product, size_t index)
{
    const struct adc_result *result = &product->function->results.data[index];
    struct adc_text type;
    adc_text_init(&type, json->out->arena);
    adc_text_format(&type, "%s *", c_type(result->type));
    separate(json, true);
    open_bracket(json, '{');
    put_text(json, "name", result->name->text, false);
    put_text(json, "symbol", product->outputs[index], false);
    put_text(json, "direction", "out", false);
    put_text(json, "role", adc_role_name(result->role), false);
    put_text(json, "of", (result->of ? result->of : result->name)->text, false);
    put_text(json, "type", adc_type_name(result->type), false);
    put_text(json, "c_type", type.data, false);
    if (result->role == ADC_ROLE_HESSIAN && !result->rank) {
        put_key(json, "shape", false);
        adc_text_format(json->out, "[%u, %u]", c_hessian_count(product), c_hessian_count(product));
    } else {
        put_shape(json, product->function, c_result_shape(result, json->out->arena), result->rank);
    }
    put_form(json, product->function, result->form, result->sizes, result->whole);
    close_bracket(json, '}', false);
}

static void put_work(struct json *json, const struct c_product *product)
{
    put_key(json, "work", true);
    open_bracket(json, '{');
    put_text(json, "symbol", product->work_symbol, false);
    struct adc_text formula;
    adc_text_init(&formula, json->out->arena);
    c_put_work_formula(product, &formula);
    put_text(json, "bytes", formula.data, false);
    put_key(json, "parameters", false);
    open_bracket(json, '[');
    for (uint32_t i = 0; i < product->function->params.count; i++) {
        if (!c_work_takes(product, i)) continue;
        separate(json, false);
        put_string(json->out, product->inputs[i]);
    }
    close_bracket(json, ']', false);
    close_bracket(json, '}', false);
}

static void put_product(struct json *json, const struct c_product *product)
{
    separate(json, true);
    open_bracket(json, '{');
    put_text(json, "product", adc_product_name(product->function->product), true);
    put_text(json, "symbol", product->symbol, true);
    if (product->args_tag) put_text(json, "args", product->args_tag, true);
    put_work(json, product);
    put_key(json, "parameters", true);
    open_bracket(json, '[');
    for (size_t i = 0; i < product->function->params.count; i++) put_input(json, product, i);
    for (size_t i = 0; i < product->function->results.count; i++) put_output(json, product, i);
    separate(json, true);
    open_bracket(json, '{');
    put_text(json, "name", "work", false);
    put_text(json, "symbol", "work", false);
    put_text(json, "direction", "work", false);
    put_text(json, "c_type", "void *", false);
    close_bracket(json, '}', false);
    close_bracket(json, ']', true);
    close_bracket(json, '}', true);
}

static void put_status(struct json *json, long long code, const char *symbol, const char *text)
{
    separate(json, true);
    open_bracket(json, '{');
    put_number(json, "status", code, false);
    put_text(json, "symbol", symbol, false);
    put_text(json, "text", text, false);
    close_bracket(json, '}', false);
}

static void put_statuses(const struct c_unit *unit, struct json *json, const struct c_group *group)
{
    put_key(json, "statuses", true);
    open_bracket(json, '[');
    put_status(json, 0, group->ok, "good");
    put_status(json, -1, group->out_of_memory, "out of memory");
    if (group->negative_size) put_status(json, -2, group->negative_size, "negative size");
    for (size_t i = 0; i < group->statuses.count; i++) {
        const struct c_status *status = &group->statuses.data[i];
        struct adc_text symbol, text;
        adc_text_init(&symbol, unit->arena);
        adc_text_init(&text, unit->arena);
        adc_text_format(&symbol, "%s_%u", group->status, status->number);
        c_put_status_text(unit, status, &text);
        put_status(json, status->number, symbol.data, text.data);
    }
    close_bracket(json, ']', true);
}

static void put_group(struct c_unit *unit, struct json *json, const struct c_group *group)
{
    separate(json, true);
    open_bracket(json, '{');
    put_text(json, "name", group->function->name->text, true);
    put_text(json, "status_function", group->status, true);
    put_text(json, "abi_function", group->abi, true);
    put_number(json, "abi", group->abi_number, true);
    if (group->hess_size) {
        put_text(json, "hess_size_function", group->hess_size, true);
        if (!c_hessian_length(group->hessian))
            put_number(json, "hess_size", c_hessian_count(group->hessian), true);
    }
    put_statuses(unit, json, group);
    put_key(json, "products", true);
    open_bracket(json, '[');
    for (size_t i = 0; i < group->count; i++) put_product(json, &unit->products[group->first + i]);
    close_bracket(json, ']', true);
    close_bracket(json, '}', true);
}

void c_put_manifest(struct c_unit *unit, struct adc_text *out)
{
    struct json json = {out, 0, true};
    open_bracket(&json, '{');
    put_number(&json, "manifest", MANIFEST_FORMAT, true);
    put_number(&json, "convention", C_CONVENTION, true);
    put_text(&json, "source", unit->unit->source_name, true);
    put_text(&json, "header", unit->unit->header_name, true);
    put_text(&json, "prefix", unit->unit->prefix, true);
    put_key(&json, "functions", true);
    open_bracket(&json, '[');
    for (size_t i = 0; i < unit->group_count; i++) put_group(unit, &json, &unit->groups[i]);
    close_bracket(&json, ']', true);
    close_bracket(&json, '}', true);
    adc_text_add(out, "\n");
}
