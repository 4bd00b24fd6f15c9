/* Calls by name, in memory of their own: nothing of the function or context is written.
 *
 * Native code is run where the function has it; else the interpreter runs the derived graph. */
#include "runtime/host.h"

#include "runtime/cost.h"

#include <string.h>

struct calling {
    const struct host_function *function;
    const adc_argument *arguments;
    size_t count;
    struct adc_heap heap;
    struct adc_arena arena;
};

/* work(calling, answer) with a place to land; its status, or that of a longjmp. */
static adc_status in_memory(struct calling *calling,
                            adc_status (*work)(struct calling *calling, void *answer), void *answer)
{
    const struct adc_context *context = calling->function->module->unit->context;
    jmp_buf landing;
    calling->heap = (struct adc_heap){context->allocator, &landing};
    adc_arena_init(&calling->arena, &calling->heap);
    volatile adc_status status = ADC_GOOD;
    int why = setjmp(landing);
    if (why == 0) status = work(calling, answer);
    else if (why == 1) status = host_say(context, ADC_OUT_OF_MEMORY, "out of memory");
    else status = host_say(context, ADC_INTERNAL_ERROR, "internal error: a broken invariant");
    adc_arena_free(&calling->arena);
    return status;
}

static struct host_binding binding_of(struct calling *calling, bool shapes_only)
{
    return (struct host_binding){.function = calling->function,
                                 .arguments = calling->arguments,
                                 .count = calling->count,
                                 .shapes_only = shapes_only,
                                 .arena = &calling->arena};
}

/* ----------------------------------------------------------------------------------- calls */

static void give_array(const adc_argument *argument, const union adc_value *elements)
{
    size_t count, size = host_size(argument->type);
    host_count(argument->lengths, argument->rank, &count);
    if (size == sizeof *elements && count) memcpy(argument->data, elements, count * size);
    for (size_t k = 0; size < sizeof *elements && k < count; k++)
        host_store(argument->type, elements[k], (char *)argument->data + k * size);
}

static void give_result(const struct adc_result *result, adc_argument *argument,
                        const union adc_value *values)
{
    if (result->rank) {
        give_array(argument, values[result->nodes[0]->id].elements);
        return;
    }
    void *to = argument->data ? argument->data : &argument->value;
    for (uint32_t k = 0; k < result->count; k++)
        host_store(argument->type, values[result->nodes[k]->id],
                   (char *)to + k * host_size(argument->type));
}

static adc_status interpret(struct calling *calling, const struct host_binding *b,
                            adc_argument *arguments)
{
    const struct adc_function *function = calling->function->function;
    union adc_value *values;
    uint32_t failed = adc_interpret(function, b->inputs, &calling->arena, &values);
    if (failed) {
        const struct adc_context *context = calling->function->module->unit->context;
        return host_say(context, (adc_status)failed, "failed: %s",
                        adc_status_text(calling->function, (adc_status)failed));
    }
    for (size_t i = 0; i < function->results.count; i++)
        if (b->requested[i])
            give_result(&function->results.data[i], &arguments[b->requested[i] - 1], values);
    return ADC_GOOD;
}

static size_t bytes_of(const adc_argument *argument)
{
    size_t count;
    host_count(argument->lengths, argument->rank, &count);
    return count * host_size(argument->type);
}

/* Native code takes for granted that what it writes overlaps nothing else. */
static bool overlaps(const struct calling *calling, size_t result)
{
    const adc_argument *written = &calling->arguments[result];
    uintptr_t begin = (uintptr_t)written->data, end = begin + bytes_of(written);
    for (size_t i = 0; i < calling->count; i++) {
        const adc_argument *other = &calling->arguments[i];
        uintptr_t from = (uintptr_t)other->data;
        if (i != result && from && from < end && begin < from + bytes_of(other)) return true;
    }
    return false;
}

/* By result: where it is written, itself or a copy; NULL: not wanted. */
static void **places_of(struct calling *calling, const struct host_binding *b,
                        adc_argument *arguments)
{
    size_t count = calling->function->function->results.count;
    void **places = ADC_NEW_ARRAY(&calling->arena, void *, count);
    for (size_t i = 0; i < count; i++) {
        if (!b->requested[i]) continue;
        size_t number = b->requested[i] - 1;
        adc_argument *argument = &arguments[number];
        places[i] = argument->data;
        if (!places[i] && !argument->rank) places[i] = &argument->value;
        if (argument->data && overlaps(calling, number))
            places[i] = adc_arena_alloc(&calling->arena, bytes_of(argument));
    }
    return places;
}

static adc_status status_of(const struct calling *calling, int status)
{
    const struct adc_context *context = calling->function->module->unit->context;
    if (status == ADC_GOOD || status == ADC_NEGATIVE_SIZE) return status;
    if (status < 0) return host_say(context, ADC_OUT_OF_MEMORY, "out of memory");
    return host_say(context, status, "failed: %s", adc_status_text(calling->function, status));
}

/* The workspace is not the arena's, which clears what it gives. */
static adc_status run_native(struct calling *calling, const struct host_binding *b,
                             adc_argument *arguments)
{
    const struct host_function *f = calling->function;
    const struct native_function *native = &f->native->function;
    const struct adc_allocator *memory = &calling->heap.allocator;
    size_t inputs = f->function->params.count;
    union native_value *values = ADC_NEW_ARRAY(&calling->arena, union native_value, inputs);
    for (size_t i = 0; i < inputs; i++)
        if (f->inputs[i].rank) values[i].elements = b->inputs[i].elements;
        else host_store(f->inputs[i].type, b->inputs[i], &values[i]);
    void **places = places_of(calling, b, arguments), *work = NULL;
    size_t size = native->call_work(values);
    if (size && size != SIZE_MAX) work = memory->resize(memory->user, NULL, 0, size);
    if (size && !work) return status_of(calling, ADC_OUT_OF_MEMORY);
    int status = native->call(values, places, work ? work : &work);
    if (work) memory->resize(memory->user, work, size, 0);
    for (size_t i = 0; i < f->function->results.count && status == ADC_GOOD; i++) {
        adc_argument *argument = b->requested[i] ? &arguments[b->requested[i] - 1] : NULL;
        if (argument && argument->data && places[i] != argument->data)
            memcpy(argument->data, places[i], bytes_of(argument));
    }
    return status_of(calling, status);
}

static adc_status call(struct calling *calling, void *answer)
{
    struct host_binding binding = binding_of(calling, false);
    binding.as_they_are = calling->function->runs_native;
    adc_status status = host_bind(&binding);
    if (status != ADC_GOOD) return status;
    return calling->function->runs_native ? run_native(calling, &binding, answer)
                                          : interpret(calling, &binding, answer);
}

adc_status adc_call(const adc_function *function, adc_argument *arguments, size_t count)
{
    struct calling calling = {.function = function, .arguments = arguments, .count = count};
    return function ? in_memory(&calling, call, arguments) : ADC_BAD_ARGUMENT;
}

/* ------------------------------------------------------------------------- shapes and sizes */

struct shape_question {
    const char *name;
    int64_t *lengths;
};

static adc_status shape(struct calling *calling, void *answer)
{
    const struct shape_question *question = answer;
    const struct host_function *f = calling->function;
    struct host_binding binding = binding_of(calling, true);
    adc_status status = host_bind(&binding);
    size_t inputs = f->function->params.count;
    for (size_t i = 0; i < inputs + f->function->results.count && status == ADC_GOOD; i++) {
        const adc_port *port = i < inputs ? &f->inputs[i] : &f->results[i - inputs];
        if (strcmp(port->name, question->name) != 0) continue;
        memcpy(question->lengths, binding.lengths[i], sizeof binding.lengths[i]);
        return ADC_GOOD;
    }
    if (status != ADC_GOOD) return status;
    return host_say(f->module->unit->context, ADC_UNKNOWN_NAME,
                    "`%s` has no parameter or result `%s`", f->function->symbol->text,
                    question->name);
}

adc_status adc_function_shape(const adc_function *function, const adc_argument *arguments,
                              size_t count, const char *name, int64_t lengths[ADC_MAX_LENGTHS])
{
    struct calling calling = {.function = function, .arguments = arguments, .count = count};
    struct shape_question question = {name, lengths};
    if (!function || !name || !lengths) return ADC_BAD_ARGUMENT;
    return in_memory(&calling, shape, &question);
}

static adc_status work(struct calling *calling, void *answer)
{
    struct host_binding binding = binding_of(calling, true);
    adc_status status = host_bind(&binding);
    if (status == ADC_GOOD)
        *(size_t *)answer =
            cost_work_at(calling->function->program, binding.inputs, &calling->arena);
    return status;
}

struct scheduling {
    adc_status status;
    struct host_function *function;
};

static void schedule(void *argument)
{
    struct scheduling *task = argument;
    struct host_function *f = task->function;
    f->program = compile_schedule(&f->module->unit->in, f->function);
    if (!f->program) task->status = ADC_BAD_PROGRAM;
}

adc_status adc_function_work(adc_function *function, const adc_argument *arguments, size_t count,
                             size_t *bytes)
{
    struct calling calling = {.function = function, .arguments = arguments, .count = count};
    struct scheduling task = {.function = function};
    if (!function || !bytes) return ADC_BAD_ARGUMENT;
    struct adc_context *context = function->module->unit->context;
    if (!function->program && !host_run(function->module->unit, schedule, &task))
        return context->status;
    return context->status = in_memory(&calling, work, bytes);
}
