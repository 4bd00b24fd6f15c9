/* C functions of a product: prototypes, parts, entry point, workspace; and those all products
 * share.
 *
 * Without a workspace part 0 is the body of the entry point. With one, the entry point finds or
 * allocates it and calls part 0, a static function like the others. */
#include "backend/emit_c_internal.h"

#include <string.h>

static bool is_selector(enum adc_type type)
{
    return type == ADC_INT || type == ADC_BOOL;
}

size_t c_parameter_count(const struct c_product *product)
{
    return product->function->params.count + product->function->results.count + 1;
}

/* Sizes of workspaces may depend on scalar ints and bools. */
bool c_work_takes(const struct c_product *product, uint32_t input)
{
    return is_selector(product->function->params.data[input].type);
}

bool c_work_takes_struct(const struct c_product *product)
{
    size_t count = 0;
    for (uint32_t i = 0; i < product->function->params.count; i++)
        count += c_work_takes(product, i);
    return count > C_MAX_PARAMETERS;
}

/* ------------------------------------------------------------------------- parameters */

/* Brackets and commas of a list. */
struct list {
    struct adc_text *out;
    bool any;
};

static struct adc_text *next(struct list *list)
{
    adc_text_add(list->out, list->any ? ", " : "(");
    list->any = true;
    return list->out;
}

static void end(struct list *list, const char *none)
{
    adc_text_add(list->out, list->any ? ")" : none);
}

static void put_input_declaration(const struct c_product *product, uint32_t index,
                                  struct adc_text *out)
{
    adc_text_format(out, "%s %s", c_type(product->function->params.data[index].type),
                    product->inputs[index]);
}

static void put_output_declaration(const struct c_product *product, uint32_t index,
                                   struct adc_text *out)
{
    adc_text_format(out, "%s *%s", c_type(product->function->results.data[index].type),
                    product->outputs[index]);
}

void c_put_prototype(const struct c_product *product, struct adc_text *out)
{
    adc_text_format(out, "int %s", product->symbol);
    if (product->args_tag) {
        adc_text_format(out, "(const struct %s *args)", product->args_tag);
        return;
    }
    struct list list = {out, false};
    for (uint32_t i = 0; i < product->function->params.count; i++)
        put_input_declaration(product, i, next(&list));
    for (uint32_t i = 0; i < product->function->results.count; i++)
        put_output_declaration(product, i, next(&list));
    adc_text_add(next(&list), "void *work");
    end(&list, "(void)");
}

void c_put_work_prototype(const struct c_product *product, struct adc_text *out)
{
    adc_text_format(out, "size_t %s", product->work_symbol);
    struct list list = {out, false};
    if (c_work_takes_struct(product)) {
        adc_text_format(next(&list), "const struct %s *args", product->args_tag);
    } else {
        for (uint32_t i = 0; i < product->function->params.count; i++)
            if (c_work_takes(product, i)) put_input_declaration(product, i, next(&list));
    }
    end(&list, "(void)");
}

static void put_part_name(const struct c_product *product, uint32_t part, struct adc_text *out)
{
    adc_text_format(out, "%s_part%u__", product->symbol, part);
}

void c_put_part_call(const struct c_product *product, uint32_t index, struct adc_text *out)
{
    const struct c_part *part = &product->parts[index];
    put_part_name(product, index, out);
    struct list list = {out, false};
    if (product->args_tag) {
        if (part->input_count || part->output_count) adc_text_add(next(&list), "args");
    } else {
        for (uint32_t i = 0; i < part->input_count; i++)
            adc_text_add(next(&list), product->inputs[part->inputs[i]]);
        for (uint32_t i = 0; i < part->output_count; i++)
            adc_text_add(next(&list), product->outputs[part->outputs[i]]);
    }
    if (part->work) adc_text_add(next(&list), "w__");
    end(&list, "()");
}

static void put_part_prototype(const struct c_product *product, uint32_t index,
                               struct adc_text *out)
{
    const struct c_part *part = &product->parts[index];
    adc_text_add(out, part->checks ? "PART__ int " : "PART__ void ");
    put_part_name(product, index, out);
    struct list list = {out, false};
    if (product->args_tag) {
        if (part->input_count || part->output_count)
            adc_text_format(next(&list), "const struct %s *args", product->args_tag);
    } else {
        for (uint32_t i = 0; i < part->input_count; i++)
            put_input_declaration(product, part->inputs[i], next(&list));
        for (uint32_t i = 0; i < part->output_count; i++)
            put_output_declaration(product, part->outputs[i], next(&list));
    }
    if (part->work) adc_text_add(next(&list), "double *w__");
    end(&list, "(void)");
}

/* Lays out unit->statement as the head of a function. */
static void finish_head(struct c_unit *unit)
{
    c_put_wrapped(unit->out, unit->statement.data, unit->statement.count, 0);
    unit->statement.count = 0;
    adc_text_add(unit->out, "{\n");
    unit->last_line = 0;
}

/* In #line mode the lines behind a function are the file's own again; emit_c.c puts the number. */
static void finish_function(struct c_unit *unit)
{
    adc_text_add(unit->out, "}\n\n");
    if (unit->unit->line_directives && unit->last_line) adc_text_add(unit->out, "#line 0\n");
}

static void put_part(struct c_unit *unit, const struct c_product *product, uint32_t index)
{
    unit->used.parts = true;
    put_part_prototype(product, index, &unit->statement);
    finish_head(unit);
    c_put_part_body(unit, product, index);
    if (product->parts[index].checks) adc_text_add(unit->out, "    return 0;\n");
    finish_function(unit);
}

/* ------------------------------------------------------------------------ entry points */

/* What the entry point does not read is named, so that compilers know it is meant. */
static void put_unused(struct c_unit *unit, const struct c_product *product)
{
    const struct c_part *part = &product->parts[0];
    struct adc_text *out = unit->out;
    size_t before = out->count;
    if (product->args_tag) {
        if (!part->input_count && !part->output_count && !part->work)
            adc_text_add(out, "    (void)args;\n");
        return;
    }
    for (uint32_t i = 0, used = 0; i < product->function->params.count; i++) {
        if (used < part->input_count && part->inputs[used] == i) used++;
        else adc_text_format(out, "    (void)%s;\n", product->inputs[i]);
    }
    for (uint32_t i = 0, used = 0; i < product->function->results.count; i++) {
        if (used < part->output_count && part->outputs[used] == i) used++;
        else adc_text_format(out, "    (void)%s;\n", product->outputs[i]);
    }
    if (!part->work) adc_text_add(out, "    (void)work;\n");
    if (out->count != before && !part->work) adc_text_add(out, "\n");
}

/* z_work(k), as the entry point calls it. */
static void put_work_call(const struct c_product *product, struct adc_text *out)
{
    adc_text_add(out, product->work_symbol);
    struct list list = {out, false};
    if (c_work_takes_struct(product)) {
        adc_text_add(next(&list), "args");
    } else {
        for (uint32_t i = 0; i < product->function->params.count; i++)
            if (c_work_takes(product, i)) c_put_input(product, i, next(&list));
    }
    end(&list, "()");
}

/* double *w__ = work ? work : malloc(z_work()); ... */
static void put_workspace(struct c_unit *unit, const struct c_product *product)
{
    const char *work = product->args_tag ? "args->work" : "work";
    struct adc_text *text = &unit->statement;
    adc_text_format(text, "double *w__ = %s", work);
    if (!unit->unit->no_malloc) {
        unit->used.stdlib = true;
        adc_text_format(text, " ? %s : malloc(", work);
        put_work_call(product, text);
        adc_text_add(text, ")");
    }
    adc_text_add(text, ";");
    c_put_wrapped(unit->out, text->data, text->count, 4);
    text->count = 0;
    adc_text_format(unit->out, "    if (!w__) return %s;\n", product->group->out_of_memory);
}

static void put_entry_with_work(struct c_unit *unit, const struct c_product *product)
{
    bool checks = product->parts[0].checks;
    put_unused(unit, product);
    put_workspace(unit, product);
    struct adc_text *text = &unit->statement;
    bool frees = !unit->unit->no_malloc;
    if (checks) adc_text_add(text, frees ? "const int status__ = " : "return ");
    c_put_part_call(product, 0, text);
    adc_text_add(text, ";");
    c_put_wrapped(unit->out, text->data, text->count, 4);
    text->count = 0;
    if (frees)
        adc_text_format(unit->out, "    if (!%s) free(w__);\n",
                        product->args_tag ? "args->work" : "work");
    if (!checks) adc_text_add(unit->out, "    return 0;\n");
    else if (frees) adc_text_add(unit->out, "    return status__;\n");
}

static void put_entry(struct c_unit *unit, const struct c_product *product)
{
    c_put_prototype(product, &unit->statement);
    finish_head(unit);
    if (product->program->work_count) {
        put_entry_with_work(unit, product);
    } else {
        put_unused(unit, product);
        c_put_part_body(unit, product, 0);
        adc_text_add(unit->out, "    return 0;\n");
    }
    finish_function(unit);
}

static void put_work(struct c_unit *unit, const struct c_product *product)
{
    c_put_work_prototype(product, &unit->statement);
    finish_head(unit);
    if (c_work_takes_struct(product)) {
        adc_text_add(unit->out, "    (void)args;\n");
    } else {
        for (uint32_t i = 0; i < product->function->params.count; i++)
            if (c_work_takes(product, i))
                adc_text_format(unit->out, "    (void)%s;\n", product->inputs[i]);
    }
    unsigned count = product->program->work_count;
    if (count) adc_text_format(unit->out, "    return %u * sizeof(double);\n", count);
    else adc_text_add(unit->out, "    return 0;\n");
    finish_function(unit);
}

void c_put_product(struct c_unit *unit, const struct c_product *product)
{
    uint32_t statics = product->order_count - (product->program->work_count ? 0 : 1);
    struct adc_text *out = unit->out;
    for (uint32_t i = 0; i < statics; i++) put_part(unit, product, product->order[i]);
    adc_text_format(out, "/* %s: %s", product->function->name->text,
                    adc_product_name(product->function->product));
    struct adc_span span = product->function->span;
    if (span.end) {
        adc_text_add(out, ", ");
        c_put_place(unit, span, out);
    }
    adc_text_add(out, " */\n");
    put_entry(unit, product);
    put_work(unit, product);
}

/* --------------------------------------------------------------- shared by the products */

static void put_status_function(struct c_unit *unit, const struct c_group *group)
{
    struct adc_text *out = unit->out;
    adc_text_format(out, "const char *%s(int status)\n{\n", group->status);
    adc_text_add(out, "    static const char *const texts__[] = {\n        \"good\",\n");
    uint32_t number = 1;
    for (size_t i = 0; i < group->statuses.count; i++, number++) {
        for (; number < group->statuses.data[i].number; number++)
            adc_text_add(out, "        \"unknown status\",\n");
        struct adc_text text;
        adc_text_init(&text, unit->arena);
        c_put_status_text(unit, &group->statuses.data[i], &text);
        adc_text_add(out, "        ");
        c_put_string(text.data, out);
        adc_text_add(out, ",\n");
    }
    adc_text_add(out, "    };\n");
    adc_text_format(out, "    if (status == %s) return \"out of memory\";\n", group->out_of_memory);
    adc_text_format(out,
                    "    return status < 0 || status > %u ? \"unknown status\" : "
                    "texts__[status];\n}\n\n",
                    number - 1);
}

void c_put_group_functions(struct c_unit *unit, const struct c_group *group)
{
    struct adc_text *out = unit->out;
    put_status_function(unit, group);
    adc_text_format(out, "int %s(void)\n{\n    return %s;\n}\n\n", group->abi, group->abi_version);
    if (group->hess_size)
        adc_text_format(out, "int64_t %s(void)\n{\n    return %u;\n}\n\n", group->hess_size,
                        group->hess_count);
}
