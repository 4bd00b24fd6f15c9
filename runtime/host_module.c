/* Modules: a text with its options becomes checked functions; emission as C.
 *
 * All exported functions are lowered at once, so that a module that is there has no errors left but
 * those of derivatives that do not exist. */
#include "runtime/host.h"

#include "runtime/reader.h"

#include <string.h>

/* --------------------------------------------------------------------------------- options */

static const char **copy_names(struct adc_arena *arena, const char *const *names, size_t count)
{
    const char **copies = ADC_NEW_ARRAY(arena, const char *, count);
    for (size_t i = 0; i < count; i++)
        copies[i] = adc_arena_copy(arena, names[i], strlen(names[i]));
    return copies;
}

static void take_constants(struct adc_arena *arena, const adc_compile_options *given,
                           struct compile_options *options)
{
    options->override_count = given->constant_count;
    options->overrides = ADC_NEW_ARRAY(arena, struct fe_override, given->constant_count);
    for (size_t i = 0; i < given->constant_count; i++) {
        const adc_constant *constant = &given->constants[i];
        options->overrides[i] = (struct fe_override){
            .name = adc_arena_copy(arena, constant->name, strlen(constant->name)),
            .type = host_type(constant->type),
            .value = host_load(constant->type, &constant->value),
        };
    }
}

static void take_options(struct adc_arena *arena, const adc_compile_options *given,
                         struct compile_options *options)
{
    const char **folders = copy_names(arena, given->folders, given->folder_count);
    options->real = host_type(given->real);
    options->unchecked = given->unchecked;
    options->budget = given->budget;
    options->loader = reader_files(folders, given->folder_count);
    take_constants(arena, given, options);
    if (given->wrt) options->wrt = copy_names(arena, given->wrt, given->wrt_count);
    options->wrt_count = given->wrt_count;
    if (given->of) options->of = adc_arena_copy(arena, given->of, strlen(given->of));
}

static bool has_all(const char *const *names, size_t count)
{
    if (count && !names) return false;
    for (size_t i = 0; i < count; i++)
        if (!names[i]) return false;
    return true;
}

/* NULL, or what is wrong. */
static const char *options_problem(const adc_compile_options *options)
{
    if (options->real != ADC_TYPE_F64 && options->real != ADC_TYPE_F32)
        return "the option `real` is neither F64 nor F32";
    if (!has_all(options->folders, options->folder_count)) return "a folder is NULL";
    if (!has_all(options->wrt, options->wrt ? options->wrt_count : 0))
        return "a name of `wrt` is NULL";
    if (options->constant_count && !options->constants) return "the constants are NULL";
    for (size_t i = 0; i < options->constant_count; i++) {
        const adc_constant *constant = &options->constants[i];
        bool fits = constant->type == ADC_TYPE_F64 || constant->type == ADC_TYPE_INT ||
                    constant->type == ADC_TYPE_BOOL;
        if (!constant->name) return "a constant has no name";
        if (!fits) return "a constant is neither F64, INT nor BOOL";
    }
    return NULL;
}

/* ----------------------------------------------------------------------------- compilation */

struct compiling {
    adc_status status;
    struct adc_module *module;
    const adc_compile_options *options;
    const char *name;
    const char *text;    /* NULL: the file `name` is read */
    const char *problem; /* why it cannot be */
};

bool host_take_exports(struct adc_module *module)
{
    struct compilation *in = &module->unit->in;
    const struct compile_entry *entries;
    module->count = compile_entries(module->compiled, &entries);
    module->entries = entries;
    module->written = ADC_NEW_ARRAY(&in->arena, struct adc_function *, module->count);
    for (size_t i = 0; i < module->count; i++) {
        if (!entries[i].exported) continue;
        module->written[i] = compile_lower(in, module->compiled, entries[i].name);
        if (!module->written[i]) return false;
    }
    return true;
}

static bool read_text(struct compiling *task, struct adc_text *text)
{
    struct adc_arena *arena = &task->module->unit->in.arena;
    adc_text_init(text, arena);
    if (task->text) {
        adc_text_add(text, task->text);
        return true;
    }
    if (task->module->options.loader.read_file(NULL, task->name, text)) return true;
    task->problem = text->count ? text->data : "there is no such file";
    task->status = ADC_NO_FILE;
    return false;
}

static void compile(void *argument)
{
    struct compiling *task = argument;
    struct adc_module *module = task->module;
    struct compilation *in = &module->unit->in;
    struct adc_text text;
    module->name = adc_arena_copy(&in->arena, task->name, strlen(task->name));
    take_options(&in->arena, task->options, &module->options);
    if (!read_text(task, &text)) return;
    module->compiled = compile_text(in, module->name, text.data, text.count, &module->options);
    if (!module->compiled || !host_take_exports(module)) task->status = ADC_BAD_PROGRAM;
}

/* The first constant that no function took, or NULL. */
static const char *unused_constant(const struct adc_module *module)
{
    for (size_t i = 0; i < module->options.override_count; i++)
        if (!module->options.overrides[i].used) return module->options.overrides[i].name;
    return NULL;
}

static adc_module *compile_unit(adc_context *context, struct compiling *task)
{
    static const adc_compile_options defaults = {.real = ADC_TYPE_F64};
    if (!task->options) task->options = &defaults;
    const char *problem = options_problem(task->options);
    if (problem) return host_fail(context, ADC_BAD_ARGUMENT, "%s", problem), NULL;
    struct host_compiled *made = host_add(context, sizeof *made);
    if (!made) return NULL;
    made->module.unit = &made->unit;
    made->module.own = true;
    made->unit.modules = task->module = &made->module;
    bool good = host_run(&made->unit, compile, task);
    if (task->problem)
        host_fail(context, ADC_NO_FILE, "cannot read `%s`: %s", task->name, task->problem);
    const char *unused = good ? unused_constant(&made->module) : NULL;
    if (unused) host_fail(context, ADC_UNKNOWN_NAME, "no const parameter `%s`", unused);
    if (good && !unused) return &made->module;
    host_remove(&made->unit);
    return NULL;
}

adc_module *adc_compile_file(adc_context *context, const char *path,
                             const adc_compile_options *options)
{
    struct compiling task = {.options = options, .name = path};
    if (!context) return NULL;
    if (!path) return host_fail(context, ADC_BAD_ARGUMENT, "the path is NULL"), NULL;
    return compile_unit(context, &task);
}

adc_module *adc_compile_string(adc_context *context, const char *name, const char *text,
                               const adc_compile_options *options)
{
    struct compiling task = {.options = options, .name = name, .text = text};
    if (!context) return NULL;
    if (!name || !text) return host_fail(context, ADC_BAD_ARGUMENT, "the text is NULL"), NULL;
    return compile_unit(context, &task);
}

void adc_module_free(adc_module *module)
{
    if (module && module->own) host_remove(module->unit);
}

/* ----------------------------------------------------------------------------- description */

const char *adc_module_function(const adc_module *module, size_t i)
{
    for (size_t k = 0; module && k < module->count; k++)
        if (module->entries[k].exported && i-- == 0) return module->entries[k].name;
    return NULL;
}

const char *adc_module_product(const adc_module *module, const char *function, size_t i)
{
    for (size_t k = 0; module && function && k < module->count; k++) {
        if (!module->entries[k].exported || strcmp(module->entries[k].name, function) != 0)
            continue;
        unsigned products = compile_products(module->written[k], &module->options);
        for (unsigned p = 0; p < ADC_PRODUCT_COUNT; p++)
            if (products & 1u << p && i-- == 0) return adc_product_name((enum adc_product)p);
    }
    return NULL;
}

/* -------------------------------------------------------------------------------- emission */

struct emission {
    adc_status status;
    struct adc_module *module;
    const char *header;
    struct adc_text texts[3]; /* by adc_form */
};

static void emit(void *argument)
{
    struct emission *task = argument;
    struct adc_module *module = task->module;
    struct compilation *in = &module->unit->in;
    struct compile_c_options options = {
        .header_name = task->header, .source_name = module->name, .prefix = ""};
    for (int i = 0; i < 3; i++) adc_text_init(&task->texts[i], &in->arena);
    struct compile_c_texts texts = {&task->texts[ADC_C_SOURCE], &task->texts[ADC_C_HEADER],
                                    &task->texts[ADC_MANIFEST]};
    if (!compile_emit_c(in, module->compiled, &module->options, &options, &texts))
        task->status = ADC_BAD_PROGRAM;
}

adc_status adc_module_emit(adc_module *module, adc_form form, const char *header, adc_write *write,
                           void *user)
{
    struct emission task = {.module = module, .header = header};
    if (!module) return ADC_BAD_ARGUMENT;
    struct adc_context *context = module->unit->context;
    if (!header || !write || (unsigned)form > ADC_MANIFEST)
        return host_fail(context, ADC_BAD_ARGUMENT, "emission needs a header's name and a writer");
    if (!host_run(module->unit, emit, &task)) return context->status;
    write(user, task.texts[form].data, task.texts[form].count);
    return ADC_GOOD;
}
