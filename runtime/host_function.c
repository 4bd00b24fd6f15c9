/* Functions: deriving a product, and what there is to know of it.
 *
 * Everything is made when the function is asked for, so that calls only read. */
#include "runtime/host.h"

#include "backend/emit_c.h"
#include "ir/nest.h"

#include <string.h>

/* ---------------------------------------------------------------------------------- scalars */

bool host_is_element(adc_element type)
{
    return (unsigned)type <= ADC_TYPE_BOOL;
}

enum adc_type host_type(adc_element type)
{
    static const enum adc_type types[] = {ADC_F64, ADC_F32, ADC_INT, ADC_I32, ADC_BOOL};
    return types[type];
}

adc_element host_element(enum adc_type type)
{
    static const adc_element elements[ADC_TYPE_COUNT] = {[ADC_F64] = ADC_TYPE_F64,
                                                         [ADC_F32] = ADC_TYPE_F32,
                                                         [ADC_INT] = ADC_TYPE_INT,
                                                         [ADC_I32] = ADC_TYPE_I32,
                                                         [ADC_BOOL] = ADC_TYPE_BOOL};
    return elements[type];
}

size_t host_size(adc_element type)
{
    static const size_t sizes[] = {sizeof(double), sizeof(float), sizeof(int64_t), sizeof(int32_t),
                                   sizeof(bool)};
    return sizes[type];
}

union adc_value host_load(adc_element type, const void *from)
{
    union adc_value value = {.bits = 0};
    int32_t narrow;
    switch (type) {
    case ADC_TYPE_F64: memcpy(&value.f64, from, sizeof value.f64); break;
    case ADC_TYPE_F32: memcpy(&value.f32, from, sizeof value.f32); break;
    case ADC_TYPE_INT: memcpy(&value.integer, from, sizeof value.integer); break;
    case ADC_TYPE_I32:
        memcpy(&narrow, from, sizeof narrow);
        value.integer = narrow;
        break;
    case ADC_TYPE_BOOL: value.boolean = *(const unsigned char *)from != 0; break;
    }
    return value;
}

void host_store(adc_element type, union adc_value value, void *to)
{
    int32_t narrow = (int32_t)value.integer;
    switch (type) {
    case ADC_TYPE_F64: memcpy(to, &value.f64, sizeof value.f64); break;
    case ADC_TYPE_F32: memcpy(to, &value.f32, sizeof value.f32); break;
    case ADC_TYPE_INT: memcpy(to, &value.integer, sizeof value.integer); break;
    case ADC_TYPE_I32: memcpy(to, &narrow, sizeof narrow); break;
    case ADC_TYPE_BOOL: *(bool *)to = value.boolean; break;
    }
}

bool host_count(const int64_t *lengths, unsigned rank, size_t *count)
{
    *count = 1;
    for (unsigned i = 0; i < rank; i++)
        if (lengths[i] == 0) *count = 0;
    for (unsigned i = 0; i < rank && *count; i++) {
        if ((uint64_t)lengths[i] > SIZE_MAX / sizeof(union adc_value) / *count) return false;
        *count *= (size_t)lengths[i];
    }
    return true;
}

/* ------------------------------------------------------------------------------------ ports */

struct getting {
    adc_status status;
    struct adc_module *module;
    size_t entry;
    enum adc_product product;
    struct host_function *made;
    const char *problem; /* of native code */
};

static const char *const *shape_texts(struct getting *task, const struct adc_node *const *shape,
                                      unsigned rank)
{
    struct adc_arena *arena = &task->module->unit->in.arena;
    const char **texts = ADC_NEW_ARRAY(arena, const char *, rank);
    for (unsigned i = 0; i < rank; i++) {
        struct adc_text text;
        adc_text_init(&text, arena);
        c_put_size(task->made->function, shape[i], &text);
        texts[i] = text.data;
    }
    return texts;
}

static void describe_input(struct getting *task, size_t index)
{
    static const adc_port_kind kinds[] = {[ADC_VAR] = ADC_PORT_VAR,
                                          [ADC_PLAIN] = ADC_PORT_PLAIN,
                                          [ADC_DATA] = ADC_PORT_DATA,
                                          [ADC_DIM] = ADC_PORT_DIMENSION};
    const struct adc_parameter *parameter = &task->made->function->params.data[index];
    adc_port *port = &task->made->inputs[index];
    port->name = parameter->name->text;
    port->of = (parameter->of ? parameter->of : parameter->name)->text;
    port->role = adc_role_name(parameter->role);
    port->doc = parameter->doc;
    port->kind = kinds[parameter->kind];
    port->type = host_element(parameter->type);
    port->rank = parameter->rank;
    port->shape = shape_texts(task, parameter->shape, parameter->rank);
    port->has_default = parameter->has_default;
    if (parameter->has_default) host_store(port->type, parameter->value, &port->value);
}

/* As in the C signature, where an output named like an input is called x_out. */
static const char *result_name(struct getting *task, const char *name)
{
    const struct host_function *f = task->made;
    struct adc_text text;
    adc_text_init(&text, &task->module->unit->in.arena);
    adc_text_add(&text, name);
    for (size_t i = 0; i < f->function->params.count; i++)
        if (strcmp(f->inputs[i].name, name) == 0) adc_text_add(&text, "_out");
    return text.data;
}

static void describe_square(struct getting *task, const struct adc_result *result, adc_port *port)
{
    struct adc_arena *arena = &task->module->unit->in.arena;
    struct adc_text text;
    int64_t side = 0;
    while (side * side < result->count) side++;
    adc_text_init(&text, arena);
    adc_text_format(&text, "%lld", (long long)side);
    const char **shape = ADC_NEW_ARRAY(arena, const char *, 2);
    shape[0] = shape[1] = text.data;
    task->made->side = side;
    port->rank = 2;
    port->shape = shape;
}

static void describe_result(struct getting *task, size_t index)
{
    struct adc_arena *arena = &task->module->unit->in.arena;
    const struct adc_result *result = &task->made->function->results.data[index];
    adc_port *port = &task->made->results[index];
    port->name = result_name(task, result->name->text);
    port->of = (result->of ? result->of : result->name)->text;
    port->role = adc_role_name(result->role);
    port->kind = ADC_PORT_RESULT;
    port->type = host_element(result->type);
    port->rank = result->rank;
    if (result->role == ADC_ROLE_HESSIAN && !result->rank) {
        describe_square(task, result, port);
        return;
    }
    const struct adc_node **shape = ADC_NEW_ARRAY(arena, const struct adc_node *, result->rank);
    for (unsigned i = 0; i < result->rank; i++) shape[i] = adc_shape(result->nodes[0], i);
    task->made->lengths[index] = shape;
    port->shape = shape_texts(task, shape, result->rank);
}

/* ----------------------------------------------------------------------------------- checks */

/* "failed: N > 0: no samples (model.ad:3)" */
static const char *check_text(struct getting *task, const struct adc_check *check)
{
    const struct compilation *in = &task->module->unit->in;
    struct adc_text text;
    adc_text_init(&text, &task->module->unit->in.arena);
    adc_text_add(&text, check->text);
    if (!check->span.end) return text.data;
    const struct adc_source *source = &in->diags.sources.data[check->span.source];
    adc_text_format(&text, " (%s:%u)", source->name,
                    adc_source_position(source, check->span.begin).line);
    return text.data;
}

/* Checks stand in order of their status; those of one status say the same. */
static void take_checks(struct getting *task)
{
    struct host_function *made = task->made;
    size_t count = made->function->checks.count;
    made->checks = ADC_NEW_ARRAY(&task->module->unit->in.arena, struct host_check, count);
    for (size_t i = 0; i < count; i++) {
        const struct adc_check *check = &made->function->checks.data[i];
        size_t last = made->check_count;
        if (last && made->checks[last - 1].status == check->status) continue;
        made->checks[made->check_count++] =
            (struct host_check){check->status, check_text(task, check)};
    }
}

const char *adc_status_text(const adc_function *function, adc_status status)
{
    static const char *const texts[] = {"good",
                                        "out of memory",
                                        "negative size",
                                        "bad argument",
                                        "unknown name",
                                        "an input has no value",
                                        "a name is given twice",
                                        "wrong type",
                                        "wrong shape",
                                        "the program has errors",
                                        "the file cannot be read",
                                        "a constant cannot be written",
                                        "no native code",
                                        "internal error"};
    if (status <= 0 && status >= ADC_INTERNAL_ERROR) return texts[-status];
    for (size_t i = 0; function && i < function->check_count; i++)
        if (function->checks[i].status == (uint32_t)status) return function->checks[i].text;
    return "unknown status";
}

/* ---------------------------------------------------------------------------------- getting */

static void describe(struct getting *task)
{
    struct adc_arena *arena = &task->module->unit->in.arena;
    struct host_function *made = task->made;
    size_t inputs = made->function->params.count, results = made->function->results.count;
    made->inputs = ADC_NEW_ARRAY(arena, adc_port, inputs);
    made->results = ADC_NEW_ARRAY(arena, adc_port, results);
    made->lengths = ADC_NEW_ARRAY(arena, const struct adc_node *const *, results);
    for (size_t i = 0; i < inputs; i++) describe_input(task, i);
    for (size_t i = 0; i < results; i++) describe_result(task, i);
    take_checks(task);
}

/* The interpreter serves where native code may be missing, so nobody is told then. */
static void take_native(struct getting *task)
{
    adc_engine engine = task->module->unit->context->engine;
    struct adc_diags *diags = &task->module->unit->in.diags;
    size_t told = diags->list.count;
    if (engine == ADC_ENGINE_INTERPRETER) return;
    task->made->runs_native = host_native_make(task->made, &task->problem);
    if (task->made->runs_native) return;
    if (engine == ADC_ENGINE_NATIVE) task->status = ADC_NO_NATIVE_CODE;
    else diags->list.count = told;
}

static void get(void *argument)
{
    struct getting *task = argument;
    struct adc_module *module = task->module;
    struct compilation *in = &module->unit->in;
    const char *name = module->entries[task->entry].name;
    struct adc_function **written = &module->written[task->entry];
    if (!*written) *written = compile_lower(in, module->compiled, name);
    struct host_function *made = ADC_NEW(&in->arena, struct host_function);
    made->module = module;
    made->name = name;
    made->product = task->product;
    if (*written) made->function = compile_derive(in, *written, task->product, &module->options);
    if (!made->function) {
        task->status = ADC_BAD_PROGRAM;
        return;
    }
    task->made = made;
    describe(task);
    take_native(task);
    if (task->status != ADC_GOOD) return;
    made->next = module->functions;
    module->functions = made;
}

static bool find_entry(const struct adc_module *module, const char *name, size_t *entry)
{
    for (*entry = 0; *entry < module->count; ++*entry)
        if (strcmp(module->entries[*entry].name, name) == 0) return true;
    return false;
}

static bool find_product(const char *name, enum adc_product *product)
{
    for (unsigned p = 0; p < ADC_PRODUCT_COUNT; p++) {
        *product = (enum adc_product)p;
        if (strcmp(adc_product_name(*product), name) == 0) return true;
    }
    return false;
}

adc_function *adc_function_get(adc_module *module, const char *name, const char *product)
{
    struct getting task = {.module = module};
    if (!module || !host_enter(module->unit)) return NULL;
    struct adc_context *context = module->unit->context;
    if (!name || !product)
        return host_fail(context, ADC_BAD_ARGUMENT, "the name of a function is NULL"), NULL;
    if (!find_entry(module, name, &task.entry))
        return host_fail(context, ADC_UNKNOWN_NAME, "`%s` has no function `%s`", module->name,
                         name),
               NULL;
    if (!find_product(product, &task.product))
        return host_fail(context, ADC_UNKNOWN_NAME, "there is no product `%s`", product), NULL;
    for (struct host_function *f = module->functions; f; f = f->next)
        if (f->product == task.product && strcmp(f->name, name) == 0) return f;
    if (host_run(module->unit, get, &task)) return task.made;
    if (context->status == ADC_NO_NATIVE_CODE)
        host_fail(context, ADC_NO_NATIVE_CODE, "no native code: %s", task.problem);
    return NULL;
}

size_t adc_function_inputs(const adc_function *function, const adc_port **ports)
{
    if (ports) *ports = function ? function->inputs : NULL;
    return function ? function->function->params.count : 0;
}

size_t adc_function_results(const adc_function *function, const adc_port **ports)
{
    if (ports) *ports = function ? function->results : NULL;
    return function ? function->function->results.count : 0;
}

const char *adc_function_symbol(const adc_function *function)
{
    return function ? function->function->symbol->text : NULL;
}
