/* C functions of a product: prototypes, parts, entry point, workspace; and those all products
 * share.
 *
 * Without a workspace part 0 is the body of the entry point. With one, the entry point finds or
 * allocates it and calls part 0, a static function like the others. */
#include "backend/emit_c_internal.h"

#include <string.h>

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

void c_put_input_declaration(const struct c_product *product, uint32_t index, struct adc_text *out)
{
    const struct adc_parameter *parameter = &product->function->params.data[index];
    adc_text_format(out, parameter->rank ? "const %s *%s" : "%s %s", c_type(parameter->type),
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
        c_put_input_declaration(product, i, next(&list));
    for (uint32_t i = 0; i < product->function->results.count; i++)
        put_output_declaration(product, i, next(&list));
    adc_text_add(next(&list), "void *work");
    end(&list, "(void)");
}

bool c_put_work_parameters(const struct c_product *product, struct adc_text *out)
{
    struct list list = {out, false};
    if (c_work_takes_struct(product)) {
        adc_text_format(next(&list), "const struct %s *args", product->args_tag);
    } else {
        for (uint32_t i = 0; i < product->function->params.count; i++)
            if (c_work_takes(product, i)) c_put_input_declaration(product, i, next(&list));
    }
    return list.any;
}

void c_put_work_prototype(const struct c_product *product, struct adc_text *out)
{
    adc_text_format(out, "size_t %s", product->work_symbol);
    struct list list = {out, c_put_work_parameters(product, out)};
    end(&list, "(void)");
}

static void put_part_name(const struct c_product *product, uint32_t part, struct adc_text *out)
{
    adc_text_format(out, "%s_part%u__", product->symbol, part);
}

void c_put_space(const struct c_product *product, uint32_t buffer, const char *base, uint32_t place,
                 struct adc_text *out)
{
    enum adc_type type = (enum adc_type)product->program->buffers.data[buffer].node->type;
    if (loop_is_aligned(&product->program->buffers.data[buffer]))
        adc_text_format(out, "%saligned__(%s + at__[%u])",
                        type == ADC_F32 ? "(float *)(void *)" : "", base, place);
    else if (type == ADC_F64) adc_text_format(out, "%s + at__[%u]", base, place);
    else adc_text_format(out, "(%s *)(void *)(%s + at__[%u])", c_type(type), base, place);
}

static void put_space(const struct c_product *product, uint32_t index, struct adc_text *out)
{
    c_put_space(product, index, "w__", index, out);
}

/* Where a buffer lies, as the entry point says it: y ? y : w__ + at__[0] */
static void put_buffer_place(const struct c_unit *unit, const struct c_product *product,
                             uint32_t index, struct adc_text *out)
{
    int32_t result = product->program->buffers.data[index].result;
    if (result >= 0 && !c_adds_result(unit, product, index)) {
        c_put_output(product, (uint32_t)result, out);
        adc_text_add(out, " ? ");
        c_put_output(product, (uint32_t)result, out);
        adc_text_add(out, " : ");
    }
    put_space(product, index, out);
}

/* The argument for a buffer; `team` that of a chunk which calls. */
static void put_buffer(const struct c_unit *unit, const struct c_product *product, uint32_t buffer,
                       enum c_caller caller, const struct loop_team *team, struct adc_text *out)
{
    if (caller == C_FROM_ENTRY) put_buffer_place(unit, product, buffer, out);
    else if (caller == C_FROM_CHUNK && c_is_own(team, buffer))
        c_put_space(product, buffer, "own__", c_own_place(unit, product, buffer), out);
    else adc_text_add(out, product->buffers[buffer]);
}

void c_put_part_arguments(const struct c_unit *unit, const struct c_product *product,
                          uint32_t index, enum c_caller caller, bool any, struct adc_text *out)
{
    const struct c_part *part = &product->parts[index];
    struct list list = {out, any};
    if (product->args_tag) {
        if (part->input_count || part->output_count) adc_text_add(next(&list), "args");
    } else {
        for (uint32_t i = 0; i < part->input_count; i++)
            adc_text_add(next(&list), product->inputs[part->inputs[i]]);
        for (uint32_t i = 0; i < part->output_count; i++)
            adc_text_add(next(&list), product->outputs[part->outputs[i]]);
    }
    static const char *const structs[] = {"arrays__", "&arrays__", "&arrays_own__"};
    if (product->arrays_tag && part->buffer_count) adc_text_add(next(&list), structs[caller]);
    for (uint32_t i = 0; !product->arrays_tag && i < part->buffer_count; i++)
        put_buffer(unit, product, part->buffers[i], caller, c_team(product, index), next(&list));
    for (uint32_t i = 0; i < part->index_count; i++)
        adc_text_add(next(&list), product->locals[part->indices[i]]);
    if (part->work) adc_text_add(next(&list), caller == C_FROM_CHUNK ? "own__" : "w__");
    if (part->teams) adc_text_add(next(&list), "at__");
    end(&list, "()");
}

/* f_part3__(x, result, w__) */
static void put_part_call(const struct c_unit *unit, const struct c_product *product,
                          uint32_t index, enum c_caller caller, struct adc_text *out)
{
    put_part_name(product, index, out);
    c_put_part_arguments(unit, product, index, caller, false, out);
}

void c_put_part_call(struct c_unit *unit, const struct c_product *product, uint32_t part,
                     struct adc_text *out)
{
    if (c_team(product, part)) c_put_team_call(unit, product, part, out);
    else put_part_call(unit, product, part, C_FROM_PART, out);
}

/* Buffers overlap nothing that the part sees. */
static void put_buffer_declarations(const struct c_product *product, const struct c_part *part,
                                    struct list *list)
{
    if (product->arrays_tag) {
        if (part->buffer_count)
            adc_text_format(next(list), "const struct %s *arrays__", product->arrays_tag);
        return;
    }
    for (uint32_t i = 0; i < part->buffer_count; i++) {
        uint32_t buffer = part->buffers[i];
        const struct adc_node *array = product->program->buffers.data[buffer].node;
        adc_text_format(next(list), "%s *restrict %s", c_type((enum adc_type)array->type),
                        product->buffers[buffer]);
    }
}

void c_put_part_parameters(const struct c_product *product, uint32_t index, bool any,
                           struct adc_text *out)
{
    const struct c_part *part = &product->parts[index];
    struct list list = {out, any};
    if (product->args_tag) {
        if (part->input_count || part->output_count)
            adc_text_format(next(&list), "const struct %s *args", product->args_tag);
    } else {
        for (uint32_t i = 0; i < part->input_count; i++)
            c_put_input_declaration(product, part->inputs[i], next(&list));
        for (uint32_t i = 0; i < part->output_count; i++)
            put_output_declaration(product, part->outputs[i], next(&list));
    }
    put_buffer_declarations(product, part, &list);
    for (uint32_t i = 0; i < part->index_count; i++)
        adc_text_format(next(&list), "int64_t %s", product->locals[part->indices[i]]);
    if (part->work) adc_text_add(next(&list), "double *w__");
    if (part->teams) adc_text_add(next(&list), "const size_t *at__");
    end(&list, "(void)");
}

static void put_part_prototype(const struct c_product *product, uint32_t index,
                               struct adc_text *out)
{
    const struct loop_team *team = c_team(product, index);
    adc_text_add(out, product->parts[index].checks ? "PART__ int " : "PART__ void ");
    put_part_name(product, index, out);
    if (team) adc_text_add(out, "(int64_t low__, int64_t high__");
    c_put_part_parameters(product, index, team, out);
}

/* Lays out unit->statement with the indentation of a function's body. */
static void finish_line(struct c_unit *unit)
{
    c_put_wrapped(unit->out, unit->statement.data, unit->statement.count, 4);
    unit->statement.count = 0;
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

/* Buffers out of their struct: what the part stores might be the struct, for all that compilers
 * know, and they would load the pointers again and again. */
static void put_named_buffers(struct c_unit *unit, const struct c_product *product,
                              const struct c_part *part)
{
    for (uint32_t i = 0; product->arrays_tag && i < part->named_count; i++) {
        const char *name = product->buffers[part->named[i]];
        const struct adc_node *array = product->program->buffers.data[part->named[i]].node;
        adc_text_format(unit->out, "    %s *const %s = arrays__->%s;\n",
                        c_type((enum adc_type)array->type), name, name);
    }
}

static void put_part(struct c_unit *unit, const struct c_product *product, uint32_t index)
{
    const struct c_part *part = &product->parts[index];
    const struct adc_graph *graph = product->function->graph;
    unit->used.parts = true;
    for (uint32_t i = 0; i < part->index_count; i++)
        c_open_index(product, graph->nodes.data[part->indices[i]]);
    put_part_prototype(product, index, &unit->statement);
    finish_head(unit);
    put_named_buffers(unit, product, part);
    c_put_part_body(unit, product, index);
    for (uint32_t i = 0; i < part->index_count; i++)
        c_close_index(product, graph->nodes.data[part->indices[i]]);
    if (product->parts[index].checks) adc_text_add(unit->out, "    return 0;\n");
    finish_function(unit);
    if (!c_team(product, index)) return;
    for (uint32_t i = 0; i < part->index_count; i++)
        c_open_index(product, graph->nodes.data[part->indices[i]]);
    c_put_team(unit, product, index);
    for (uint32_t i = 0; i < part->index_count; i++)
        c_close_index(product, graph->nodes.data[part->indices[i]]);
}

/* ------------------------------------------------------------------------ entry points */

/* The entry point itself uses sizes, and the results that are buffers. */
static bool entry_takes(const struct c_product *product, uint32_t input)
{
    if (product->function->params.data[input].kind == ADC_DIM) return true;
    return c_has_layout(product) && c_work_takes(product, input);
}

static bool is_buffer(const struct c_product *product, uint32_t output)
{
    for (size_t i = 0; i < product->program->buffers.count; i++)
        if (product->program->buffers.data[i].result == (int32_t)output) return true;
    return false;
}

/* What the entry point does not read is named, so that compilers know it is meant. */
static void put_unused(struct c_unit *unit, const struct c_product *product)
{
    const struct c_part *part = &product->parts[0];
    struct adc_text *out = unit->out;
    size_t before = out->count;
    bool work = c_has_work(product);
    if (product->args_tag) {
        if (!part->input_count && !part->output_count && !work)
            adc_text_add(out, "    (void)args;\n");
        return;
    }
    for (uint32_t i = 0, used = 0; i < product->function->params.count; i++) {
        if (used < part->input_count && part->inputs[used] == i) used++;
        else if (!entry_takes(product, i))
            adc_text_format(out, "    (void)%s;\n", product->inputs[i]);
    }
    for (uint32_t i = 0, used = 0; i < product->function->results.count; i++) {
        if (used < part->output_count && part->outputs[used] == i) used++;
        else if (!is_buffer(product, i))
            adc_text_format(out, "    (void)%s;\n", product->outputs[i]);
    }
    if (!work) adc_text_add(out, "    (void)work;\n");
    if (out->count != before && !work) adc_text_add(out, "\n");
}

/* The arguments of f_work, from the parameters of the entry point; without the closing bracket. */
static bool put_work_arguments(const struct c_product *product, struct adc_text *out)
{
    struct list list = {out, false};
    if (c_work_takes_struct(product)) {
        adc_text_add(next(&list), "args");
    } else {
        for (uint32_t i = 0; i < product->function->params.count; i++)
            if (c_work_takes(product, i)) c_put_input(product, i, next(&list));
    }
    return list.any;
}

/* z_work(k), as the entry point calls it. */
static void put_work_call(const struct c_product *product, struct adc_text *out)
{
    adc_text_add(out, product->work_symbol);
    struct list list = {out, put_work_arguments(product, out)};
    end(&list, "()");
}

/* Without an allocation, nothing may be at a workspace of no bytes. */
static void put_laid_out(struct c_unit *unit, const struct c_product *product, const char *work)
{
    struct adc_text *text = &unit->statement;
    const char *failed = product->group->out_of_memory;
    adc_text_format(unit->out, "    size_t at__[%u];\n", c_place_count(unit, product));
    adc_text_format(text, "const size_t size__ = %s_layout__", product->symbol);
    bool any = put_work_arguments(product, text);
    adc_text_add(text, any ? ", at__);" : "(at__);");
    finish_line(unit);
    if (unit->unit->no_malloc) {
        adc_text_format(unit->out,
                        "    double none__[1];\n"
                        "    if (size__ == SIZE_MAX || (size__ && !%s)) return %s;\n"
                        "    double *w__ = %s ? %s : none__;\n",
                        work, failed, work, work);
        return;
    }
    unit->used.stdlib = true;
    adc_text_format(unit->out,
                    "    if (size__ == SIZE_MAX) return %s;\n"
                    "    double *w__ = %s ? %s : malloc(size__ ? size__ : 1);\n"
                    "    if (!w__) return %s;\n",
                    failed, work, work, failed);
}

/* double *w__ = work ? work : malloc(z_work()); ... */
static void put_workspace(struct c_unit *unit, const struct c_product *product)
{
    const char *work = product->args_tag ? "args->work" : "work";
    struct adc_text *text = &unit->statement;
    if (c_has_layout(product)) {
        put_laid_out(unit, product, work);
        return;
    }
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

/* const struct f_arrays__ arrays__ = {y ? y : w__ + at__[0], ...}; */
static void put_arrays(struct c_unit *unit, const struct c_product *product)
{
    struct adc_text *text = &unit->statement;
    if (!product->arrays_tag || !product->parts[0].buffer_count) return;
    adc_text_format(text, "const struct %s arrays__ = {", product->arrays_tag);
    for (uint32_t i = 0; i < product->program->buffers.count; i++) {
        if (i) adc_text_add(text, ", ");
        put_buffer_place(unit, product, i, text);
    }
    adc_text_add(text, "};");
    finish_line(unit);
}

/* if (!status__ && grad_x) for (size_t k__ = 0; k__ < at__[3]; k__++) grad_x[k__] += ...; */
static void put_additions(struct c_unit *unit, const struct c_product *product)
{
    struct adc_text *text = &unit->statement;
    size_t count = product->program->buffers.count;
    for (uint32_t i = 0; i < count; i++) {
        if (!c_adds_result(unit, product, i)) continue;
        uint32_t result = (uint32_t)product->program->buffers.data[i].result;
        adc_text_add(text, product->parts[0].checks ? "if (!status__ && " : "if (");
        c_put_output(product, result, text);
        adc_text_format(text, ") for (size_t k__ = 0; k__ < at__[%u]; k__++) ",
                        c_length_place(product, i));
        c_put_output(product, result, text);
        adc_text_add(text, "[k__] += (");
        put_space(product, i, text);
        adc_text_add(text, ")[k__];");
        finish_line(unit);
    }
}

static bool adds_results(const struct c_unit *unit, const struct c_product *product)
{
    for (uint32_t i = 0; i < product->program->buffers.count; i++)
        if (c_adds_result(unit, product, i)) return true;
    return false;
}

static void put_entry_with_work(struct c_unit *unit, const struct c_product *product)
{
    bool checks = product->parts[0].checks;
    put_unused(unit, product);
    c_put_negative_checks(unit, product);
    put_workspace(unit, product);
    put_arrays(unit, product);
    struct adc_text *text = &unit->statement;
    bool frees = !unit->unit->no_malloc;
    bool later = frees || adds_results(unit, product);
    if (checks) adc_text_add(text, later ? "const int status__ = " : "return ");
    put_part_call(unit, product, 0, C_FROM_ENTRY, text);
    adc_text_add(text, ";");
    finish_line(unit);
    put_additions(unit, product);
    if (frees)
        adc_text_format(unit->out, "    if (!%s) free(w__);\n",
                        product->args_tag ? "args->work" : "work");
    if (!checks) adc_text_add(unit->out, "    return 0;\n");
    else if (later) adc_text_add(unit->out, "    return status__;\n");
}

static void put_entry(struct c_unit *unit, const struct c_product *product)
{
    c_put_prototype(product, &unit->statement);
    finish_head(unit);
    if (c_has_work(product)) {
        put_entry_with_work(unit, product);
    } else {
        put_unused(unit, product);
        c_put_negative_checks(unit, product);
        c_put_part_body(unit, product, 0);
        adc_text_add(unit->out, "    return 0;\n");
    }
    finish_function(unit);
}

static void put_laid_out_work(struct c_unit *unit, const struct c_product *product)
{
    struct adc_text *text = &unit->statement;
    adc_text_format(unit->out, "    size_t at__[%u];\n", c_place_count(unit, product));
    adc_text_format(text, "return %s_layout__", product->symbol);
    struct list list = {text, false};
    if (c_work_takes_struct(product)) adc_text_add(next(&list), "args");
    for (uint32_t i = 0; !c_work_takes_struct(product) && i < product->function->params.count; i++)
        if (c_work_takes(product, i)) adc_text_add(next(&list), product->inputs[i]);
    adc_text_add(next(&list), "at__");
    end(&list, "()");
    adc_text_add(text, ";");
    finish_line(unit);
    finish_function(unit);
}

static void put_work(struct c_unit *unit, const struct c_product *product)
{
    c_put_work_prototype(product, &unit->statement);
    finish_head(unit);
    if (c_has_layout(product)) {
        put_laid_out_work(unit, product);
        return;
    }
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

static void put_arrays_struct(const struct c_product *product, struct adc_text *out)
{
    adc_text_format(out, "struct %s {\n", product->arrays_tag);
    for (size_t i = 0; i < product->program->buffers.count; i++) {
        const struct adc_node *array = product->program->buffers.data[i].node;
        adc_text_format(out, "    %s *%s;\n", c_type((enum adc_type)array->type),
                        product->buffers[i]);
    }
    adc_text_add(out, "};\n\n");
}

void c_put_product(struct c_unit *unit, const struct c_product *product)
{
    uint32_t statics = product->order_count - (c_has_work(product) ? 0 : 1);
    struct adc_text *out = unit->out;
    if (product->arrays_tag) put_arrays_struct(product, out);
    if (c_has_layout(product)) c_put_layout(unit, product);
    for (size_t i = 0; i < product->program->buffers.count; i++)
        unit->used.aligned |= loop_is_aligned(&product->program->buffers.data[i]);
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
    if (group->negative_size)
        adc_text_format(out, "    if (status == %s) return \"negative size\";\n",
                        group->negative_size);
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
    if (group->hessian) c_put_hessian_size(unit, group);
}
