/* Contexts: the caller's memory and callback, the list of units, what there is to report.
 *
 * A report needs memory for the diagnostic as text; where there is none, the callback gets its
 * sentence alone. */
#include "runtime/host.h"

#include <stdio.h>
#include <string.h>

/* ---------------------------------------------------------------------------------- memory */

void *host_allocate(const struct adc_context *context, size_t size)
{
    void *block = context->allocator.resize(context->allocator.user, NULL, 0, size);
    if (block) memset(block, 0, size);
    return block;
}

void host_release(const struct adc_context *context, void *block, size_t size)
{
    if (block) context->allocator.resize(context->allocator.user, block, size, 0);
}

/* -------------------------------------------------------------------------------- messages */

enum { MESSAGE_SIZE = 600 };

static void say(const struct adc_context *context, const char *format, va_list arguments)
{
    static const char before[] = "adc: error: ";
    char text[MESSAGE_SIZE + sizeof before];
    adc_diagnostic diagnostic = {.error = true, .code = "", .rendered = text};
    if (!context->report) return;
    memcpy(text, before, sizeof before);
    char *sentence = text + sizeof before - 1;
    vsnprintf(sentence, MESSAGE_SIZE - 1, format, arguments);
    char copy[MESSAGE_SIZE];
    memcpy(copy, sentence, strlen(sentence) + 1);
    strcat(sentence, "\n");
    diagnostic.text = copy;
    context->report(context->user, &diagnostic);
}

adc_status host_say(const struct adc_context *context, adc_status status, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    say(context, format, arguments);
    va_end(arguments);
    return status;
}

adc_status host_fail(struct adc_context *context, adc_status status, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    say(context, format, arguments);
    va_end(arguments);
    return context->status = status;
}

struct report {
    struct host_unit *unit;
    const struct adc_diag *diag;
    const char *text; /* NULL: no memory for it */
};

static void render(void *argument)
{
    struct report *report = argument;
    struct adc_text text;
    adc_text_init(&text, &report->unit->in.arena);
    adc_diag_render(&report->unit->in.diags, report->diag, false, &text);
    report->text = text.data;
}

static void report_one(struct host_unit *unit, const struct adc_diag *diag)
{
    const struct adc_context *context = unit->context;
    struct report report = {unit, diag, NULL};
    adc_diagnostic told = {.error = diag->severity == ADC_ERROR, .text = diag->text};
    if (!unit->in.failed) compilation_run(&unit->in, render, &report);
    const struct adc_source *source = &unit->in.diags.sources.data[diag->span.source];
    told.code = adc_code_name(diag->code);
    told.help = diag->help;
    told.rendered = report.text ? report.text : diag->text;
    if (diag->span.end) {
        struct adc_position at = adc_source_position(source, diag->span.begin);
        told.file = source->name;
        told.line = at.line;
        told.column = at.column;
    }
    context->report(context->user, &told);
}

static void report_all(struct host_unit *unit)
{
    while (unit->context->report && unit->reported < unit->in.diags.list.count)
        report_one(unit, unit->in.diags.list.data[unit->reported++]);
}

/* ----------------------------------------------------------------------------------- units */

bool host_enter(struct host_unit *unit)
{
    if (!unit) return false;
    unit->context->status = ADC_GOOD;
    if (!unit->in.failed) return true;
    unit->context->status = unit->in.no_memory ? ADC_OUT_OF_MEMORY : ADC_INTERNAL_ERROR;
    return false;
}

bool host_run(struct host_unit *unit, void (*work)(void *task), void *task)
{
    struct adc_context *context = unit->context;
    if (!host_enter(unit)) return false;
    bool done = compilation_run(&unit->in, work, task);
    bool failed_before = unit->in.failed;
    report_all(unit);
    if (!done || failed_before) {
        adc_status status = unit->in.no_memory ? ADC_OUT_OF_MEMORY : ADC_INTERNAL_ERROR;
        host_fail(context, status, "%s", unit->in.failure);
        return false;
    }
    if (unit->in.failed) /* no memory for a report: what was asked for is there */
        context->status = ADC_OUT_OF_MEMORY;
    if (*(adc_status *)task != ADC_GOOD) context->status = *(adc_status *)task;
    return context->status == ADC_GOOD;
}

void *host_add(struct adc_context *context, size_t size)
{
    struct host_unit *unit = host_allocate(context, size);
    context->status = ADC_GOOD;
    if (!unit) {
        host_fail(context, ADC_OUT_OF_MEMORY, "out of memory");
        return NULL;
    }
    unit->context = context;
    unit->size = size;
    unit->next = context->units;
    unit->link = &context->units;
    if (unit->next) unit->next->link = &unit->next;
    context->units = unit;
    compilation_init(&unit->in, context->allocator);
    unit->in.threads = context->threads;
    unit->in.lanes.fma = context->fma;
    unit->in.cache = context->cache;
    return unit;
}

void host_remove(struct host_unit *unit)
{
    for (struct adc_module *module = unit->modules; module; module = module->next)
        for (struct host_function *f = module->functions; f; f = f->next) host_native_free(f);
    if (unit->close) unit->close(unit);
    *unit->link = unit->next;
    if (unit->next) unit->next->link = unit->link;
    compilation_free(&unit->in);
    host_release(unit->context, unit, unit->size);
}

/* -------------------------------------------------------------------------------- contexts */

static bool take_options(struct adc_context *context, const adc_options *options)
{
    if ((unsigned)options->engine > ADC_ENGINE_NATIVE) return false;
    if ((unsigned)options->effort > ADC_EFFORT_3) return false;
    if (options->resize)
        context->allocator = (struct adc_allocator){options->resize, options->user};
    context->report = options->report;
    context->user = options->user;
    context->engine = options->engine;
    if (options->effort) context->level = (unsigned)options->effort - ADC_EFFORT_0;
    if (options->threads > COMPILE_MOST_THREADS) return false;
    context->debug = options->debug;
    context->threads = options->threads;
    context->fma = options->fma;
    return true;
}

adc_context *adc_context_new(const adc_options *options)
{
    struct adc_context start = {.allocator = adc_standard_allocator(), .level = 1};
    if (options && !take_options(&start, options)) return NULL;
    struct adc_context *context = host_allocate(&start, sizeof start);
    if (!context) return NULL;
    *context = start;
    if (!options || !options->cache) return context;
    context->cache = host_allocate(context, strlen(options->cache) + 1);
    if (!context->cache) return adc_context_free(context), NULL;
    strcpy(context->cache, options->cache);
    return context;
}

void adc_context_free(adc_context *context)
{
    if (!context) return;
    while (context->units) host_remove(context->units);
    if (context->cache) host_release(context, context->cache, strlen(context->cache) + 1);
    struct adc_context last = *context;
    host_release(&last, context, sizeof *context);
}

adc_status adc_context_status(const adc_context *context)
{
    return context ? context->status : ADC_BAD_ARGUMENT;
}

const char *adc_version(void)
{
    return ADC_VERSION;
}
