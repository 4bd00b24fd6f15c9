/* The C emitter from the outside in: names, clashes, then the files around the functions.
 *
 * Functions are written first, into a text of their own, since they decide which headers and
 * helpers the file needs. */
#include "backend/emit_c.h"

#include "backend/emit_c_internal.h"

#include <stdlib.h>
#include <string.h>

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

/* ------------------------------------------------------------------------------- the file */

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

static void put_functions(struct c_unit *unit)
{
    for (size_t i = 0; i < unit->group_count; i++) {
        struct c_group *group = &unit->groups[i];
        for (size_t j = 0; j < group->count; j++) {
            struct c_product *product = &unit->products[group->first + j];
            c_scope_init(&product->scope, &unit->words);
            name_parameters(unit, group, product);
            name_locals(unit, product);
            name_buffers(unit, product);
            c_find_ranges(unit, product);
            c_analyse(unit, product);
            c_put_product(unit, product);
        }
        number_interface(unit, group);
        c_put_group_functions(unit, group);
    }
}

/* GCC takes the option from a pragma. Clang's pragma gives way to -ffp-contract=fast, so where it
 * can, the target is said to have no fused operation at all. */
static const char protection[] =
    "#if defined(__FAST_MATH__) && !defined(ADC_ALLOW_FAST_MATH)\n"
    "#error \"compile this file without -ffast-math, or define ADC_ALLOW_FAST_MATH\"\n"
    "#endif\n"
    "\n"
    "/* Products are rounded before they are added: the same numbers at every level of "
    "optimisation. */\n"
    "#if defined(__clang__)\n"
    "#pragma STDC FP_CONTRACT OFF\n"
    "#if defined(__x86_64__) || defined(__i386__)\n"
    "#pragma clang attribute push(__attribute__((target(\"no-fma,no-fma4\"))), apply_to = "
    "function)\n"
    "#endif\n"
    "#elif defined(__GNUC__)\n"
    "#pragma GCC push_options\n"
    "#pragma GCC optimize(\"fp-contract=off\")\n"
    "#elif defined(_MSC_VER)\n"
    "#pragma fp_contract(off)\n"
    "#else\n"
    "#pragma STDC FP_CONTRACT OFF\n"
    "#endif\n\n";

static const char protection_end[] =
    "#if defined(__clang__) && (defined(__x86_64__) || defined(__i386__))\n"
    "#pragma clang attribute pop\n"
    "#elif defined(__GNUC__) && !defined(__clang__)\n"
    "#pragma GCC pop_options\n"
    "#endif\n";

static const char load_int[] = "/* Integers lie in the workspace byte by byte. */\n"
                               "static inline int64_t load_int__(const double *slot)\n{\n"
                               "    int64_t value;\n"
                               "    memcpy(&value, slot, sizeof value);\n"
                               "    return value;\n}\n\n";

static const char store_int[] = "static inline void store_int__(double *slot, int64_t value)\n{\n"
                                "    memcpy(slot, &value, sizeof value);\n}\n\n";

/* Parts are called once, so compilers would inline them into one function again, as long as the
 * program. */
static const char parts[] =
    "/* Part of a long function; left alone, so that time and stack of compilation stay small. */\n"
    "#if defined(__GNUC__)\n"
    "#define PART__ static __attribute__((noinline))\n"
    "#else\n"
    "#define PART__ static\n"
    "#endif\n\n";

/* For 32 and 64 bits alike. */
static const char layout[] =
    "/* `size` times `length`; 0 for a negative length, SIZE_MAX for more than there can be. */\n"
    "static inline size_t extent__(size_t size, int64_t length)\n{\n"
    "    if (length <= 0 || !size) return 0;\n"
    "    return (uint64_t)length > SIZE_MAX / size ? SIZE_MAX : size * (size_t)length;\n}\n\n"
    "/* `size` and room for that many bytes more, up to a multiple of a double. */\n"
    "static inline size_t room__(size_t size, size_t bytes)\n{\n"
    "    if (bytes >= SIZE_MAX - sizeof(double)) return SIZE_MAX;\n"
    "    bytes = (bytes + sizeof(double) - 1) / sizeof(double) * sizeof(double);\n"
    "    return bytes > SIZE_MAX - size ? SIZE_MAX : size + bytes;\n}\n\n";

/* The functions, with the file's own line numbers where a "#line 0" stands; `name` is the file. */
static void put_numbered(const struct adc_text *functions, const char *name, struct adc_text *out)
{
    uint32_t line = 1;
    for (size_t i = 0; i < out->count; i++) line += out->data[i] == '\n';
    for (const char *at = functions->data; *at; line++) {
        size_t length = strcspn(at, "\n") + 1;
        if (!strncmp(at, "#line 0\n", length)) {
            adc_text_format(out, "#line %u ", line + 1);
            c_put_string(name, out);
            adc_text_add(out, "\n");
        } else {
            adc_text_put(out, at, length);
        }
        at += length;
    }
}

/* "z.c" for "z.h". */
static const char *source_file(struct c_unit *unit)
{
    const char *header = unit->unit->header_name;
    size_t length = strlen(header);
    if (length > 2 && header[length - 2] == '.') length -= 2;
    struct adc_text text;
    adc_text_init(&text, unit->arena);
    adc_text_format(&text, "%.*s.c", (int)length, header);
    return text.data;
}

static void put_source(struct c_unit *unit, const struct adc_text *functions, struct adc_text *out)
{
    struct adc_text helpers;
    adc_text_init(&helpers, unit->arena);
    c_put_helpers(unit, &helpers);
    const struct c_used *used = &unit->used;
    adc_text_add(out, "/* Generated by adc from ");
    c_put_comment(unit->unit->source_name, " ", out);
    adc_text_format(out, ". C99. */\n#include \"%s\"\n\n", unit->unit->header_name);
    if (used->math) adc_text_add(out, "#include <math.h>\n");
    bool memory = used->load_int || used->store_int || strstr(helpers.data, "memcpy");
    bool integer = memory || used->integer || strstr(helpers.data, "int64_t");
    bool boolean = used->boolean || strstr(helpers.data, "bool");
    if (boolean) adc_text_add(out, "#include <stdbool.h>\n");
    if (integer) adc_text_add(out, "#include <stdint.h>\n");
    if (used->stdlib) adc_text_add(out, "#include <stdlib.h>\n");
    if (memory) adc_text_add(out, "#include <string.h>\n");
    if (used->math || boolean || integer || used->stdlib) adc_text_add(out, "\n");
    if (unit->group_count) adc_text_add(out, protection);
    if (used->parts) adc_text_add(out, parts);
    if (used->load_int) adc_text_add(out, load_int);
    if (used->store_int) adc_text_add(out, store_int);
    if (used->layout) adc_text_add(out, layout);
    adc_text_add(out, helpers.data);
    if (unit->unit->line_directives) put_numbered(functions, source_file(unit), out);
    else adc_text_put(out, functions->data, functions->count);
    if (unit->group_count) adc_text_add(out, protection_end);
}

/* As it is in a macro. */
static void put_upper(struct adc_text *out, const char *text)
{
    for (; *text; text++) {
        bool lower = *text >= 'a' && *text <= 'z';
        bool kept = lower || (*text >= 'A' && *text <= 'Z') || (*text >= '0' && *text <= '9');
        char c = lower ? (char)(*text - 'a' + 'A') : kept ? *text : '_';
        adc_text_put(out, &c, 1);
    }
}

/* ADC_Z_H_F for "z.h" whose first function is f: files of one name in two folders of a program do
 * not export the same, so their headers may stand in one source. */
static const char *guard_of(struct c_unit *unit)
{
    const struct emit_c_unit *request = unit->unit;
    struct adc_text guard;
    adc_text_init(&guard, unit->arena);
    adc_text_add(&guard, "ADC_");
    const char *base = strrchr(request->header_name, '/');
    put_upper(&guard, base ? base + 1 : request->header_name);
    adc_text_add(&guard, "_");
    put_upper(&guard, request->prefix);
    if (request->count) put_upper(&guard, request->programs[0]->function->name->text);
    return guard.data;
}

static void init_unit(struct c_unit *unit)
{
    unsigned helpers = 0;
    while (adc_helper_text(helpers)) helpers++;
    unit->used.operators = adc_arena_array(unit->arena, ADC_OP_COUNT, sizeof *unit->used.operators);
    unit->used.helpers = adc_arena_array(unit->arena, helpers, sizeof *unit->used.helpers);
    adc_text_init(&unit->statement, unit->arena);
    adc_text_init(&unit->remark, unit->arena);
    c_words_init(&unit->words, unit->arena);
    unit->guard = guard_of(unit);
}

bool emit_c(const struct emit_c_unit *request, struct adc_text *source, struct adc_text *header,
            struct adc_text *manifest)
{
    struct c_unit unit = {.unit = request, .arena = request->arena};
    struct adc_text functions;
    adc_text_init(&functions, request->arena);
    unit.out = &functions;
    init_unit(&unit);
    find_groups(&unit);
    if (!name_functions(&unit)) return false;
    put_functions(&unit);
    put_source(&unit, &functions, source);
    c_put_header(&unit, header);
    if (manifest) c_put_manifest(&unit, manifest);
    return true;
}
