/* The C interface of a unit: symbols and who clashes, statuses, names of parameters, locals and
 * arrays, and a number that changes with the prototypes. */
#include "backend/c_unit.h"

#include "backend/emit_c_internal.h"

#include "ir/nest.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ------------------------------------------------------------------------------- questions */

static bool is_selector(enum adc_type type)
{
    return adc_type_is_integer(type) || type == ADC_BOOL;
}

size_t c_parameter_count(const struct c_product *product)
{
    return product->function->params.count + product->function->results.count + 1;
}

/* Sizes of workspaces may depend on scalar ints and bools. */
bool c_work_takes(const struct c_product *product, uint32_t input)
{
    const struct adc_parameter *parameter = &product->function->params.data[input];
    return is_selector(parameter->type) && !parameter->rank;
}

bool c_has_work(const struct c_product *product)
{
    return product->program->work_count || c_has_layout(product);
}

bool c_has_layout(const struct c_product *product)
{
    return product->program->buffers.count || product->program->threads;
}

/* Elements of the layout that have to do with buffers. */
static uint32_t buffer_places(const struct c_unit *unit, const struct c_product *product)
{
    uint32_t count = (uint32_t)product->program->buffers.count;
    for (uint32_t i = 0; i < count; i++)
        if (c_adds_result(unit, product, i)) return 2 * count;
    return count;
}

uint32_t c_chunk_place(const struct c_unit *unit, const struct c_product *product)
{
    return buffer_places(unit, product) + 2 * product->program->own_count;
}

uint32_t c_place_count(const struct c_unit *unit, const struct c_product *product)
{
    return c_chunk_place(unit, product) + (product->program->threads ? 2 : 0);
}

uint32_t c_length_place(const struct c_product *product, uint32_t buffer)
{
    return (uint32_t)product->program->buffers.count + buffer;
}

uint32_t c_own_place(const struct c_unit *unit, const struct c_product *product, uint32_t buffer)
{
    uint32_t number = product->program->buffers.data[buffer].own - 1;
    return buffer_places(unit, product) + 2 * number;
}

bool c_is_own(const struct loop_team *team, uint32_t buffer)
{
    for (size_t i = 0; i < team->own.count; i++)
        if (team->own.data[i] == buffer) return true;
    for (size_t i = 0; i < team->added.count; i++)
        if (team->added.data[i] == buffer) return true;
    return false;
}

bool c_has_own(const struct c_product *product, uint32_t part)
{
    const struct loop_team *team = c_team(product, part);
    return product->parts[part].work || team->own.count || team->added.count;
}

const struct loop_team *c_team(const struct c_product *product, uint32_t part)
{
    return product->program->parts.data[part].team;
}

bool c_adds_result(const struct c_unit *unit, const struct c_product *product, uint32_t buffer)
{
    int32_t result = product->program->buffers.data[buffer].result;
    if (result < 0 || !unit->unit->accumulate) return false;
    enum adc_role role = product->function->results.data[result].role;
    return role == ADC_ROLE_GRAD || role == ADC_ROLE_BAR;
}

bool c_work_takes_struct(const struct c_product *product)
{
    size_t count = 0;
    for (uint32_t i = 0; i < product->function->params.count; i++)
        count += c_work_takes(product, i);
    return count > C_MAX_PARAMETERS;
}

bool c_is_single(const struct adc_node *node)
{
    if (adc_type_is_real(node->type)) return node->type == ADC_F32;
    for (unsigned i = 0; i < node->count; i++)
        if (adc_type_is_real(node->in[i]->type)) return node->in[i]->type == ADC_F32;
    return false;
}

union adc_value c_first_value(const struct adc_node *node)
{
    union adc_value value = {.bits = 0};
    if (node->op != ADC_OP_NEST) return value;
    bool prod = node->number == ADC_REDUCE_PROD, max = node->number == ADC_REDUCE_MAX,
         min = node->number == ADC_REDUCE_MIN;
    double real = max ? -(double)INFINITY : min ? (double)INFINITY : prod ? 1.0 : 0.0;
    switch ((enum adc_type)node->type) {
    case ADC_F64: value.f64 = real; break;
    case ADC_F32: value.f32 = (float)real; break;
    case ADC_INT:
    case ADC_I32: value.integer = max ? INT64_MIN : min ? INT64_MAX : prod; break;
    case ADC_BOOL: value.boolean = node->number == ADC_REDUCE_ALL; break;
    case ADC_TYPE_COUNT: break;
    }
    return value;
}

/* For 32 and 64 bits alike; formula.h reads them too. */
const char c_extent_text[] =
    "static inline size_t extent__(size_t size, int64_t length)\n{\n"
    "    if (length <= 0 || !size) return 0;\n"
    "    return (uint64_t)length > SIZE_MAX / size ? SIZE_MAX : size * (size_t)length;\n}\n";

const char c_room_text[] =
    "static inline size_t room__(size_t size, size_t bytes)\n{\n"
    "    if (bytes >= SIZE_MAX - sizeof(double)) return SIZE_MAX;\n"
    "    bytes = (bytes + sizeof(double) - 1) / sizeof(double) * sizeof(double);\n"
    "    return bytes > SIZE_MAX - size ? SIZE_MAX : size + bytes;\n}\n";

const char c_chunk_count_text[] =
    "static int64_t chunk_count__(int64_t low, int64_t high, int64_t unit, double cost, double "
    "least,\n"
    "    int64_t most)\n"
    "{\n"
    "    if (high <= low || cost < least) return 1;\n"
    "    const int64_t units = (high - low - 1) / unit + 1;\n"
    "    const int64_t few = most < units ? most : units;\n"
    "    return cost / least < (double)few ? (int64_t)(cost / least) : few;\n"
    "}\n";

const char c_chunk_text[] =
    "static int64_t chunk__(int64_t low, int64_t high, int64_t unit, int64_t count, int64_t "
    "number)\n"
    "{\n"
    "    if (number == count) return high;\n"
    "    const int64_t units = (high - low - 1) / unit + 1;\n"
    "    const int64_t more = units % count;\n"
    "    return low + unit * (units / count * number + (number < more ? number : more));\n"
    "}\n";

/* ---------------------------------------------------------------------------- external names */

/* Who makes which external name of the file. */
struct symbols {
    struct c_unit *unit;
    struct adc_names names;
    ADC_VEC(const struct c_group *) owners; /* by number of a name */
    bool good;
};

static void report_clash(struct symbols *symbols, const struct c_group *one,
                         const struct c_group *other, const char *symbol)
{
    struct adc_diags *diags = symbols->unit->unit->diags;
    const struct adc_function *a = one->function, *b = other->function;
    uint32_t before = diags->error_count;
    symbols->good = false;
    struct adc_diag *diag = adc_diag_add(
        diags, ADC_E45, b->span, "exported functions `%s` and `%s` both make the C name `%s`",
        a->name->text, b->name->text, symbol);
    if (diags->error_count == before) return; /* said already, with another name */
    adc_diag_note(diags, diag, a->span, "`%s` is exported here", a->name->text);
    adc_diag_help(diags, diag, "rename one of them");
}

/* prefix + stem + suffix, mangled, entered and reported if someone else has it. */
static const char *make_symbol(struct symbols *symbols, struct c_group *group, const char *stem,
                               const char *suffix)
{
    struct c_unit *unit = symbols->unit;
    struct adc_text source;
    adc_text_init(&source, unit->arena);
    adc_text_format(&source, "%s%s%s", unit->unit->prefix, stem, suffix);
    const char *symbol = c_mangle(&unit->words, source.data, C_FUNCTION);
    uint32_t before = symbols->names.count;
    const struct adc_name *name = adc_name_of(&symbols->names, symbol);
    if (symbols->names.count != before) ADC_PUSH(unit->arena, symbols->owners, group);
    else report_clash(symbols, symbols->owners.data[name->number], group, symbol);
    c_words_reserve(&unit->words, symbol);
    if (strcmp(symbol, source.data) != 0 && strcmp(suffix, "") == 0) {
        struct c_renamed renamed = {source.data, symbol};
        ADC_PUSH(unit->arena, group->renamed, renamed);
    }
    return symbol;
}

static void name_product(struct symbols *symbols, struct c_group *group, struct c_product *product)
{
    const char *stem = product->function->symbol->text;
    product->group = group;
    product->symbol = make_symbol(symbols, group, stem, "");
    product->work_symbol = make_symbol(symbols, group, stem, "_work");
    if (c_parameter_count(product) > C_MAX_PARAMETERS)
        product->args_tag = make_symbol(symbols, group, stem, "_args");
    if (product->function->product != ADC_HESSIAN) return;
    group->hess_size = make_symbol(symbols, group, stem, "_size");
    group->hessian = product;
}

/* ------------------------------------------------------------------------------ statuses */

static int by_number(const void *a, const void *b)
{
    uint32_t x = ((const struct c_status *)a)->number, y = ((const struct c_status *)b)->number;
    return (x > y) - (x < y);
}

/* The checks of all products, each number once. */
static void collect_statuses(struct c_unit *unit, struct c_group *group)
{
    for (size_t i = 0; i < group->count; i++) {
        const struct adc_function *function = unit->products[group->first + i].function;
        for (size_t j = 0; j < function->checks.count; j++) {
            const struct adc_check *check = &function->checks.data[j];
            struct c_status status = {check->status, check->text, check->span};
            ADC_PUSH(unit->arena, group->statuses, status);
        }
    }
    if (!group->statuses.count) return;
    qsort(group->statuses.data, group->statuses.count, sizeof *group->statuses.data, by_number);
    size_t kept = 1;
    for (size_t i = 1; i < group->statuses.count; i++)
        if (group->statuses.data[i].number != group->statuses.data[kept - 1].number)
            group->statuses.data[kept++] = group->statuses.data[i];
    group->statuses.count = kept;
}

static bool has_sizes(const struct c_unit *unit, const struct c_group *group)
{
    for (size_t i = 0; i < group->count; i++) {
        const struct adc_function *function = unit->products[group->first + i].function;
        for (size_t j = 0; j < function->params.count; j++)
            if (function->params.data[j].rank || function->params.data[j].kind == ADC_DIM)
                return true;
    }
    return false;
}

static void name_group(struct symbols *symbols, struct c_group *group)
{
    struct c_unit *unit = symbols->unit;
    const char *stem = group->function->name->text;
    for (size_t i = 0; i < group->count; i++)
        name_product(symbols, group, &unit->products[group->first + i]);
    group->status = make_symbol(symbols, group, stem, "_status");
    group->abi = make_symbol(symbols, group, stem, "_abi");
    group->abi_version = make_symbol(symbols, group, stem, "_abi_version");
    group->ok = make_symbol(symbols, group, stem, "_ok");
    group->out_of_memory = make_symbol(symbols, group, stem, "_out_of_memory");
    if (has_sizes(unit, group))
        group->negative_size = make_symbol(symbols, group, stem, "_negative_size");
    collect_statuses(unit, group);
    for (size_t i = 0; i < group->statuses.count; i++) {
        struct adc_text suffix;
        adc_text_init(&suffix, unit->arena);
        adc_text_format(&suffix, "_status_%u", group->statuses.data[i].number);
        make_symbol(symbols, group, stem, suffix.data);
    }
}

static void find_groups(struct c_unit *unit)
{
    size_t count = unit->unit->count;
    unit->products = ADC_NEW_ARRAY(unit->arena, struct c_product, count);
    unit->groups = ADC_NEW_ARRAY(unit->arena, struct c_group, count);
    for (size_t i = 0; i < count; i++) {
        const struct loop_program *program = unit->unit->programs[i];
        unit->products[i].program = program;
        unit->products[i].function = program->function;
        struct c_group *last = unit->groups + unit->group_count;
        if (unit->group_count && last[-1].function->name == program->function->name) {
            last[-1].count++;
            continue;
        }
        *last = (struct c_group){.function = program->function, .first = i, .count = 1};
        unit->group_count++;
    }
}

static bool name_functions(struct c_unit *unit)
{
    struct symbols symbols = {.unit = unit, .good = true};
    adc_names_init(&symbols.names, unit->arena);
    for (size_t i = 0; i < unit->group_count; i++) name_group(&symbols, &unit->groups[i]);
    c_words_reserve(&unit->words, "work");
    c_words_reserve(&unit->words, "args");
    return symbols.good;
}

/* ------------------------------------------------------------------ parameters and locals */

static void note_renamed(struct c_unit *unit, struct c_group *group, const char *source,
                         const char *c)
{
    if (strcmp(source, c) == 0) return;
    struct c_renamed renamed = {source, c};
    ADC_PUSH(unit->arena, group->renamed, renamed);
}

static void name_parameters(struct c_unit *unit, struct c_group *group, struct c_product *product)
{
    const struct adc_function *function = product->function;
    struct adc_names inputs;
    adc_names_init(&inputs, unit->arena);
    product->inputs = ADC_NEW_ARRAY(unit->arena, const char *, function->params.count);
    product->outputs = ADC_NEW_ARRAY(unit->arena, const char *, function->results.count);
    bool first = product == &unit->products[group->first]; /* others repeat its parameters */
    for (size_t i = 0; i < function->params.count; i++) {
        const char *source = function->params.data[i].name->text;
        product->inputs[i] = c_claim(&product->scope, source);
        if (first || function->params.data[i].role != ADC_ROLE_PRIMAL)
            note_renamed(unit, group, source, product->inputs[i]);
        adc_name_of(&inputs, source);
    }
    for (size_t i = 0; i < function->results.count; i++) {
        const char *source = function->results.data[i].name->text;
        uint32_t before = inputs.count;
        bool meets =
            adc_name_of(&inputs, source)->number < function->params.count && inputs.count == before;
        struct adc_text text;
        adc_text_init(&text, unit->arena);
        adc_text_format(&text, "%s%s", source, meets ? "_out" : "");
        product->outputs[i] = c_claim(&product->scope, text.data);
        if (first || function->results.data[i].role != ADC_ROLE_PRIMAL)
            note_renamed(unit, group, source, product->outputs[i]);
    }
}

static void name_locals(struct c_unit *unit, struct c_product *product)
{
    const struct adc_graph *graph = product->function->graph;
    product->locals = ADC_NEW_ARRAY(unit->arena, const char *, graph->nodes.count);
    uint32_t count = 0;
    c_index_names_init(unit, product);
    for (size_t id = 0; id < graph->nodes.count; id++) {
        if (product->program->place[id] != LOOP_LOCAL) continue;
        if (graph->names.data[id]) {
            product->locals[id] = c_claim(&product->scope, graph->names.data[id]->text);
            continue;
        }
        struct adc_text text;
        adc_text_init(&text, unit->arena);
        adc_text_format(&text, "t%u__", ++count);
        product->locals[id] = text.data;
    }
}

/* A buffer that is an output has its name: they meet in the entry point alone, where it has
 * none. */
static void name_buffers(struct c_unit *unit, struct c_product *product)
{
    const struct loop_program *program = product->program;
    size_t count = program->buffers.count;
    product->buffers = ADC_NEW_ARRAY(unit->arena, const char *, count);
    for (uint32_t i = 0; i < count; i++) {
        const struct loop_buffer *buffer = &program->buffers.data[i];
        const struct adc_name *source = product->function->graph->names.data[buffer->node->id];
        struct adc_text text;
        adc_text_init(&text, unit->arena);
        if (buffer->result >= 0) {
            product->buffers[i] = product->outputs[buffer->result];
        } else if (source) {
            product->buffers[i] = c_claim(&product->scope, source->text);
        } else {
            adc_text_format(&text, "a%u__", i + 1);
            product->buffers[i] = text.data;
        }
    }
    if (c_parameter_count(product) + count <= C_MAX_PARAMETERS) return;
    struct adc_text tag;
    adc_text_init(&tag, unit->arena);
    adc_text_format(&tag, "%s_arrays__", product->symbol);
    if (count) product->arrays_tag = tag.data;
}

/* ------------------------------------------------------------------------------- the unit */

static void put_member(const struct c_product *product, uint32_t input, struct adc_text *out)
{
    adc_text_add(out, ";");
    c_put_input_declaration(product, input, out);
}

static void number_interface(struct c_unit *unit, struct c_group *group)
{
    struct adc_text text;
    adc_text_init(&text, unit->arena);
    adc_text_format(&text, "%u;", C_CONVENTION);
    for (size_t i = 0; i < group->count; i++) {
        const struct c_product *product = &unit->products[group->first + i];
        c_put_prototype(product, &text);
        c_put_work_prototype(product, &text);
        for (size_t j = 0; product->args_tag && j < product->function->params.count; j++)
            put_member(product, (uint32_t)j, &text);
        for (size_t j = 0; product->args_tag && j < product->function->results.count; j++)
            adc_text_format(&text, ";*%s", product->outputs[j]);
    }
    group->abi_number = adc_hash(text.data, text.count, 0) & 0x3FFFFFFF;
}

static void prepare_group(struct c_unit *unit, struct c_group *group)
{
    for (size_t i = 0; i < group->count; i++) {
        struct c_product *product = &unit->products[group->first + i];
        c_scope_init(&product->scope, &unit->words);
        name_parameters(unit, group, product);
        name_locals(unit, product);
        name_buffers(unit, product);
        c_find_ranges(unit, product);
        c_analyse(unit, product);
    }
    number_interface(unit, group);
}

bool c_unit_prepare(struct c_unit *unit, const struct emit_c_unit *request)
{
    *unit = (struct c_unit){.unit = request, .arena = request->arena};
    c_words_init(&unit->words, unit->arena);
    find_groups(unit);
    if (!name_functions(unit)) return false;
    for (size_t i = 0; i < unit->group_count; i++) prepare_group(unit, &unit->groups[i]);
    return true;
}
