/* From text to a pointer that can be called, in this process for the first time: the time of each
 * step as one JSON object, in milliseconds. bench/latency/latency.py makes a table of many runs.
 *
 *     latency FILE.ad FUNCTION LEVEL [CACHE] */
#define _XOPEN_SOURCE 700
#include "runtime/compile.h"
#include "runtime/reader.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return 1e3 * (double)time.tv_sec + 1e-6 * (double)time.tv_nsec;
}

static char *read_all(const char *path, size_t *length)
{
    FILE *file = fopen(path, "rb");
    if (!file || fseek(file, 0, SEEK_END) != 0) exit(2);
    *length = (size_t)ftell(file);
    rewind(file);
    char *text = malloc(*length + 1);
    if (!text || fread(text, 1, *length, file) != *length) exit(2);
    text[*length] = 0;
    fclose(file);
    return text;
}

static void fail(struct compilation *context, const char *problem)
{
    if (problem) fprintf(stderr, "%s\n", problem);
    for (size_t i = 0; i < context->diags.list.count; i++)
        fprintf(stderr, "%s\n", context->diags.list.data[i]->text);
    exit(1);
}

int main(int count, char **arguments)
{
    struct compilation context;
    struct compile_options options = {.loader = reader_files(NULL, 0)};
    struct native_report report = {0};
    struct native_function made;
    const struct adc_function *function;
    const char *problem = NULL;
    size_t length;
    if (count < 4) return 2;
    char *text = read_all(arguments[1], &length);
    compilation_init(&context, adc_standard_allocator());
    double start = now();
    struct compile_module *module = compile_text(&context, arguments[1], text, length, &options);
    struct adc_function *written = module ? compile_lower(&context, module, arguments[2]) : NULL;
    double parsed = now();
    if (!written) fail(&context, context.failure);
    function = compile_derive(&context, written, ADC_GRAD, &options);
    double derived = now();
    if (!function) fail(&context, context.failure);
    if (!compile_open_native(&context, &problem)) fail(&context, problem);
    double opened = now();
    struct compile_code code = {.functions = &function, .count = 1, .source_name = arguments[1]};
    code.options.level = (unsigned)atoi(arguments[3]);
    code.made = &made;
    code.report = &report;
    if (count > 4) context.cache = arguments[4];
    struct native_code *loaded = compile_native(&context, &code);
    double end = now();
    if (!loaded) fail(&context, report.problem);
    const struct native_times *t = &report.times;
    double llvm = 1e3 * (t->passes + t->generation + t->link);
    printf(
        "{\"parse\": %.3f, \"derive\": %.3f, \"load\": %.3f, \"emit\": %.3f, \"optimise\": %.3f, "
        "\"generate\": %.3f, \"link\": %.3f, \"sum\": %.3f}\n",
        parsed - start, derived - parsed, opened - derived, end - opened - llvm, 1e3 * t->passes,
        1e3 * t->generation, 1e3 * t->link, end - opened + derived - start);
    context.native->release(loaded);
    compilation_free(&context);
    free(text);
    return made.entry == 0;
}
