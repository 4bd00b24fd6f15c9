/* The header: statuses, prototypes, and what every parameter is for. */
#include "backend/emit_c_internal.h"

#include <string.h>

/* ------------------------------------------------------------------ what a parameter is for */

/* What lies in the array of a record, or what record it is a part of. */
static void put_form(const struct adc_function *function, const struct adc_form *form,
                     const struct adc_node *const *sizes, const struct adc_name *whole,
                     struct adc_text *out)
{
    if (!form) return;
    while (form->count < form->declared) form = form->fields; /* records around a part */
    if (form->count) {
        adc_text_add(out, " = ");
        c_put_fields(function, form, sizes, out);
    }
    if (whole) adc_text_format(out, "; a part of `%s`", whole->text);
}

static void put_input_purpose(const struct c_product *product, size_t index, struct adc_text *out)
{
    const struct adc_parameter *parameter = &product->function->params.data[index];
    static const char *const kinds[] = {[ADC_VAR] = "variable",
                                        [ADC_PLAIN] = "placeholder",
                                        [ADC_DATA] = "placeholder (data)",
                                        [ADC_DIM] = "size"};
    switch (parameter->role) {
    case ADC_ROLE_BAR: adc_text_format(out, "adjoint of `%s`", parameter->of->text); break;
    case ADC_ROLE_DOT: adc_text_format(out, "tangent of `%s`", parameter->of->text); break;
    case ADC_ROLE_PRIMAL:
    case ADC_ROLE_GRAD:
    case ADC_ROLE_HVP:
    case ADC_ROLE_JACOBIAN:
    case ADC_ROLE_COUNT:
    case ADC_ROLE_HESSIAN: adc_text_add(out, kinds[parameter->kind]); break;
    }
    if (parameter->kind != ADC_DIM) {
        adc_text_add(out, ", ");
        c_put_shape(product->function, parameter->type, parameter->shape, parameter->rank, out);
        put_form(product->function, parameter->form, parameter->sizes, parameter->whole, out);
    }
    if (!parameter->doc || !*parameter->doc) return;
    adc_text_add(out, ": ");
    c_put_comment(parameter->doc, " ", out);
}

static void put_output_purpose(const struct c_unit *unit, const struct c_product *product,
                               const struct adc_result *result, struct adc_text *out)
{
    const char *of = result->of ? result->of->text : "";
    switch (result->role) {
    case ADC_ROLE_PRIMAL:
        if (result->named) adc_text_format(out, "value of `%s`", result->name->text);
        else adc_text_add(out, "value");
        break;
    case ADC_ROLE_GRAD: adc_text_format(out, "derivative of the value by `%s`", of); break;
    case ADC_ROLE_BAR: adc_text_format(out, "adjoint of `%s`", of); break;
    case ADC_ROLE_DOT: adc_text_format(out, "tangent of `%s`", of); break;
    case ADC_ROLE_HVP:
        adc_text_format(out, "part of Hessian times tangent that belongs to `%s`", of);
        break;
    case ADC_ROLE_HESSIAN:
        adc_text_format(out, "Hessian, n by n, row by row, n = %s()", product->group->hess_size);
        break;
    case ADC_ROLE_JACOBIAN:
        adc_text_format(out, "derivatives of `%s` by `%s`", of, adc_result_by(result));
        break;
    case ADC_ROLE_COUNT: break;
    }
    if (result->role != ADC_ROLE_HESSIAN) {
        adc_text_add(out, ", ");
        c_put_shape(product->function, result->type, c_result_shape(result, unit->arena),
                    result->rank, out);
        put_form(product->function, result->form, result->sizes, result->whole, out);
    }
    bool adjoint = result->role == ADC_ROLE_GRAD || result->role == ADC_ROLE_BAR;
    adc_text_add(out, adjoint && unit->unit->accumulate ? "; added to, not written" : "");
}

/* ---------------------------------------------------------------------- documentation */

static void put_padded(const char *name, size_t width, struct adc_text *out)
{
    adc_text_format(out, " *   %s", name);
    for (size_t i = strlen(name); i < width + 2; i++) adc_text_add(out, " ");
}

static size_t name_width(const struct c_product *product)
{
    enum { WIDEST = 24 };
    size_t width = strlen("work");
    for (size_t i = 0; i < product->function->params.count; i++) {
        size_t length = strlen(product->inputs[i]);
        if (length > width && length <= WIDEST) width = length;
    }
    for (size_t i = 0; i < product->function->results.count; i++) {
        size_t length = strlen(product->outputs[i]);
        if (length > width && length <= WIDEST) width = length;
    }
    return width;
}

static void put_work_purpose(const struct c_unit *unit, const struct c_product *product,
                             struct adc_text *out)
{
    if (!c_has_work(product)) adc_text_add(out, "not used, may be NULL");
    else if (unit->unit->no_malloc)
        adc_text_format(out, "%s() bytes, aligned like double", product->work_symbol);
    else
        adc_text_format(out, "%s() bytes, aligned like double, or NULL: allocated inside",
                        product->work_symbol);
}

static void put_parameters(const struct c_unit *unit, const struct c_product *product,
                           struct adc_text *out)
{
    size_t width = name_width(product);
    const struct adc_function *function = product->function;
    for (size_t i = 0; i < function->params.count; i++) {
        put_padded(product->inputs[i], width, out);
        put_input_purpose(product, i, out);
        adc_text_add(out, "\n");
    }
    for (size_t i = 0; i < function->results.count; i++) {
        put_padded(product->outputs[i], width, out);
        adc_text_add(out, "out: ");
        put_output_purpose(unit, product, &function->results.data[i], out);
        adc_text_add(out, "\n");
    }
    put_padded("work", width, out);
    put_work_purpose(unit, product, out);
    adc_text_add(out, "\n");
}

static void put_title(const struct c_unit *unit, const struct c_product *product,
                      struct adc_text *out)
{
    static const char *const titles[ADC_PRODUCT_COUNT] = {
        [ADC_VALUE] = "Value of",
        [ADC_GRAD] = "Value and gradient of",
        [ADC_PULLBACK] = "Value and vector-Jacobian product of",
        [ADC_PUSHFORWARD] = "Value and Jacobian-vector product of",
        [ADC_HVP] = "Hessian-vector product of",
        [ADC_HESSIAN] = "Hessian of",
        [ADC_JACOBIAN] = "Value and Jacobian of",
    };
    const struct adc_function *function = product->function;
    adc_text_format(out, "/* %s `%s`", titles[function->product], function->name->text);
    if (function->span.end) {
        adc_text_add(out, " (");
        c_put_place(unit, function->span, out);
        adc_text_add(out, ")");
    }
    adc_text_add(out, ".");
    if (function->doc && *function->doc && function->product == ADC_VALUE) {
        adc_text_add(out, "\n *\n * ");
        c_put_comment(function->doc, "\n * ", out);
    }
    adc_text_add(out, "\n *\n");
}

/* ------------------------------------------------------------------------ declarations */

static void put_wrapped_declaration(struct c_unit *unit, struct adc_text *out)
{
    struct adc_text *text = &unit->statement;
    adc_text_add(text, ";");
    c_put_wrapped(out, text->data, text->count, 0);
    text->count = 0;
}

/* struct f_args: the parameters as members, each with its purpose. */
static void put_args(const struct c_unit *unit, const struct c_product *product,
                     struct adc_text *out)
{
    const struct adc_function *function = product->function;
    adc_text_format(out, "struct %s {\n", product->args_tag);
    for (size_t i = 0; i < function->params.count; i++) {
        adc_text_add(out, "    ");
        c_put_input_declaration(product, (uint32_t)i, out);
        adc_text_add(out, "; /* ");
        put_input_purpose(product, i, out);
        adc_text_add(out, " */\n");
    }
    for (size_t i = 0; i < function->results.count; i++) {
        adc_text_format(out, "    %s *%s; /* out: ", c_type(function->results.data[i].type),
                        product->outputs[i]);
        put_output_purpose(unit, product, &function->results.data[i], out);
        adc_text_add(out, " */\n");
    }
    adc_text_add(out, "    void *work; /* ");
    put_work_purpose(unit, product, out);
    adc_text_add(out, " */\n};\n\n");
}

static void put_product(struct c_unit *unit, const struct c_product *product, struct adc_text *out)
{
    if (product->args_tag) {
        adc_text_format(out, "/* Parameters of %s. */\n", product->symbol);
        put_args(unit, product, out);
    }
    put_title(unit, product, out);
    if (product->args_tag)
        adc_text_format(out, " *   args  all parameters: members of struct %s\n",
                        product->args_tag);
    else put_parameters(unit, product, out);
    adc_text_add(out, " */\n");
    c_put_prototype(product, &unit->statement);
    put_wrapped_declaration(unit, out);
    adc_text_format(out, "\n/* Bytes of workspace that %s needs. */\n", product->symbol);
    c_put_work_prototype(product, &unit->statement);
    put_wrapped_declaration(unit, out);
    adc_text_add(out, "\n");
}

static void put_statuses(const struct c_unit *unit, const struct c_group *group,
                         struct adc_text *out)
{
    adc_text_format(out, "/* What the functions of `%s` return. */\nenum {\n",
                    group->function->name->text);
    adc_text_format(out, "    %s = 0,\n    %s = -1,\n", group->ok, group->out_of_memory);
    if (group->negative_size) adc_text_format(out, "    %s = -2,\n", group->negative_size);
    for (size_t i = 0; i < group->statuses.count; i++) {
        const struct c_status *status = &group->statuses.data[i];
        struct adc_text text;
        adc_text_init(&text, unit->arena);
        c_put_status_text(unit, status, &text);
        adc_text_format(out, "    %s_%u = %u, /* ", group->status, status->number, status->number);
        c_put_comment(text.data, " ", out);
        adc_text_add(out, " */\n");
    }
    adc_text_add(out, "};\n\n");
    adc_text_add(out, "/* What a status says: which condition failed, and where it stands. */\n");
    adc_text_format(out, "const char *%s(int status);\n\n", group->status);
}

static void put_abi(const struct c_group *group, struct adc_text *out)
{
    adc_text_format(out,
                    "/* Equal to %s if the object file was made with this header. */\n"
                    "enum { %s = %u };\nint %s(void);\n\n",
                    group->abi_version, group->abi_version, group->abi_number, group->abi);
    if (!group->hessian) return;
    adc_text_add(out, "/* Rows of the Hessian: the variables in order. */\n");
    c_put_hessian_size_prototype(group, out);
    adc_text_add(out, ";\n\n");
}

static void put_renamed(const struct c_group *group, struct adc_text *out)
{
    if (!group->renamed.count) return;
    adc_text_format(out,
                    "/* Names of `%s` that C, its library or this file needs for something else:\n",
                    group->function->name->text);
    for (size_t i = 0; i < group->renamed.count; i++)
        adc_text_format(out, " *   %s is %s\n", group->renamed.data[i].source,
                        group->renamed.data[i].c);
    adc_text_add(out, " */\n\n");
}

static void put_group(struct c_unit *unit, const struct c_group *group, struct adc_text *out)
{
    adc_text_add(out, "/* ");
    size_t width = strlen(group->function->name->text);
    for (size_t i = width; i < 92; i++) adc_text_add(out, "-");
    adc_text_format(out, " %s */\n\n", group->function->name->text);
    put_renamed(group, out);
    for (size_t i = 0; i < group->count; i++)
        put_product(unit, &unit->products[group->first + i], out);
    put_statuses(unit, group, out);
    put_abi(group, out);
}

/* -------------------------------------------------------------------------- the file */

static bool interface_has(const struct c_unit *unit, enum adc_type type)
{
    for (size_t i = 0; i < unit->unit->count; i++) {
        const struct adc_function *function = unit->products[i].function;
        for (size_t j = 0; j < function->params.count; j++)
            if (function->params.data[j].type == type) return true;
        for (size_t j = 0; j < function->results.count; j++)
            if (function->results.data[j].type == type) return true;
    }
    return false;
}

static bool has_hessian(const struct c_unit *unit)
{
    for (size_t i = 0; i < unit->group_count; i++)
        if (unit->groups[i].hess_size) return true;
    return false;
}

static const char preamble[] =
    " *\n"
    " * Every function returns a status: 0 if all went well; after another one the outputs are\n"
    " * unspecified. Outputs are written through pointers; one that is not wanted may be NULL. "
    "They\n"
    " * overlap neither each other nor anything else. There is no state: threads may share it all.";

/* The most threads that a loop of the file runs on; 0: the caller's alone. */
static unsigned threads_of(const struct c_unit *unit)
{
    unsigned most = 0;
    for (size_t i = 0; i < unit->unit->count; i++)
        if (unit->unit->programs[i]->threads > most) most = unit->unit->programs[i]->threads;
    return most;
}

void c_put_header(struct c_unit *unit, struct adc_text *out)
{
    adc_text_add(out, "/* Generated by adc from ");
    c_put_comment(unit->unit->source_name, " ", out);
    adc_text_add(out, ". C99, C11, C17, C++.\n");
    adc_text_add(out, preamble);
    if (threads_of(unit))
        adc_text_format(
            out,
            "\n * Compiled for OpenMP, loops run on threads: as many as "
            "omp_get_max_threads() says, at most\n * %u, for which workspaces have room. "
            "The same number gives the same bits.",
            threads_of(unit));
    adc_text_add(out, " */\n");
    adc_text_format(out, "#ifndef %s\n#define %s\n\n", unit->guard, unit->guard);
    if (interface_has(unit, ADC_BOOL)) adc_text_add(out, "#include <stdbool.h>\n");
    adc_text_add(out, "#include <stddef.h>\n");
    if (interface_has(unit, ADC_INT) || interface_has(unit, ADC_I32) || has_hessian(unit))
        adc_text_add(out, "#include <stdint.h>\n");
    adc_text_add(out, "\n#ifdef __cplusplus\nextern \"C\" {\n#endif\n\n");
    for (size_t i = 0; i < unit->group_count; i++) put_group(unit, &unit->groups[i], out);
    adc_text_add(out, "#ifdef __cplusplus\n}\n#endif\n\n#endif\n");
}
