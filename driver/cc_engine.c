/* The engine `c`: emits C for the jobs, compiles it with a caller that takes inputs and outputs as
 * arrays, loads the library and calls it.
 *
 *     program.c, program.h    what adc build would write, for these products alone
 *     call.c                  one of each a job:
 *                             int adc_call_0(const union value *in, void *const *out, void *work)
 *                             size_t adc_work_0(const union value *in)
 *
 * All files lie in a private folder that the session removes. C names and the order of parameters
 * come from the manifest. */
#include "backend/emit_c.h"
#include "driver/call.h"
#include "driver/evaluate.h"
#include "driver/json_io.h"
#include "driver/process.h"
#include "driver/session.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_PARAMETERS = 100 }; /* of a C function; behind that there is a struct */

struct build {
    struct session *session;
    struct job *jobs;
    size_t count;
    const char *folder;
    json_t *products; /* of the manifest, in the order of the jobs */
    void *library;
};

static const char *in_folder(const struct build *build, const char *name)
{
    return session_format(build->session, "%s/%s", build->folder, name);
}

static int write_file(const struct build *build, const char *name, const struct adc_text *text)
{
    const char *path = in_folder(build, name);
    const char *problem = files_write_new(path, text->data, text->count);
    if (!problem) return STATUS_GOOD;
    return session_fail(build->session, STATUS_SYSTEM, "cannot write `%s`: %s", path, problem);
}

/* --------------------------------------------------------------------- emission */

static int read_manifest(struct build *build, const struct adc_text *manifest)
{
    json_t *root = json_loadb(manifest->data, manifest->count, 0, NULL);
    json_t *functions = json_object_get(root, "functions");
    build->products = json_incref(json_object_get(json_array_get(functions, 0), "products"));
    json_decref(root);
    if (json_array_size(build->products) == build->count) return STATUS_GOOD;
    return session_fail(build->session, STATUS_SYSTEM, "internal error: unexpected manifest");
}

static int emit(struct build *build)
{
    struct session *session = build->session;
    struct adc_text source, header, manifest;
    const struct loop_program **programs =
        ADC_NEW_ARRAY(&session->arena, const struct loop_program *, build->count);
    struct emit_c_unit unit = {.source_name = "program", .header_name = "program.h", .prefix = ""};
    unit.programs = programs;
    unit.count = build->count;
    unit.diags = &session->context.diags;
    unit.arena = &session->arena;
    for (size_t i = 0; i < build->count; i++) {
        programs[i] = compile_schedule(&session->context, build->jobs[i].function);
        if (!programs[i]) return session_compiler_failed(session);
    }
    adc_text_init(&source, &session->arena);
    adc_text_init(&header, &session->arena);
    adc_text_init(&manifest, &session->arena);
    if (!emit_c(&unit, &source, &header, &manifest)) return session_compiler_failed(session);
    int status = read_manifest(build, &manifest);
    if (status == STATUS_GOOD) status = write_file(build, "program.c", &source);
    return status == STATUS_GOOD ? write_file(build, "program.h", &header) : status;
}

/* ---------------------------------------------------------------------- callers */

static const char *c_type_of(enum adc_type type)
{
    static const char *const names[ADC_TYPE_COUNT] = {[ADC_F64] = "double",
                                                      [ADC_F32] = "float",
                                                      [ADC_INT] = "int64_t",
                                                      [ADC_BOOL] = "bool",
                                                      [ADC_I32] = "int32_t"};
    return names[type];
}

static const char *member_of(enum adc_type type)
{
    static const char *const names[ADC_TYPE_COUNT] = {[ADC_F64] = "f64",
                                                      [ADC_F32] = "f32",
                                                      [ADC_INT] = "integer",
                                                      [ADC_BOOL] = "boolean",
                                                      [ADC_I32] = "narrow"};
    return names[type];
}

static size_t parameter_named(const struct adc_function *function, const char *name)
{
    size_t index = 0;
    while (strcmp(function->params.data[index].name->text, name) != 0) index++;
    return index;
}

static size_t result_named(const struct adc_function *function, const char *name)
{
    size_t index = 0;
    while (strcmp(function->results.data[index].name->text, name) != 0) index++;
    return index;
}

/* in[0].f64   (const double *)in[0].elements   (double *)out[0]   work */
static void put_operand(const struct adc_function *function, const json_t *entry,
                        struct adc_text *out)
{
    const char *direction = json_string_value(json_object_get(entry, "direction"));
    const char *name = json_string_value(json_object_get(entry, "name"));
    if (strcmp(direction, "work") == 0) {
        adc_text_add(out, "work");
    } else if (strcmp(direction, "out") == 0) {
        size_t index = result_named(function, name);
        adc_text_format(out, "(%s *)out[%zu]", c_type_of(function->results.data[index].type),
                        index);
    } else {
        size_t index = parameter_named(function, name);
        const struct adc_parameter *parameter = &function->params.data[index];
        if (parameter->rank)
            adc_text_format(out, "(const %s *)in[%zu].elements", c_type_of(parameter->type), index);
        else adc_text_format(out, "in[%zu].%s", index, member_of(parameter->type));
    }
}

/* Inputs, outputs and `work` stand in the same order in a call and in a struct of arguments. */
static void put_operands(const struct adc_function *function, const json_t *product,
                         struct adc_text *out)
{
    const json_t *entries = json_object_get(product, "parameters");
    for (size_t i = 0; i < json_array_size(entries); i++) {
        adc_text_add(out, i ? ",\n        " : "\n        ");
        put_operand(function, json_array_get(entries, i), out);
    }
}

static void put_caller(const struct build *build, size_t index, struct adc_text *out)
{
    const json_t *product = json_array_get(build->products, index);
    const char *symbol = json_string_value(json_object_get(product, "symbol"));
    const char *tag = json_string_value(json_object_get(product, "args"));
    adc_text_format(out,
                    "\nint adc_call_%zu(const union value *in, void *const *out, void *work)\n{\n"
                    "    (void)in;\n    (void)out;\n",
                    index);
    if (tag) adc_text_format(out, "    const struct %s args = {", tag);
    else adc_text_format(out, "    return %s(", symbol);
    put_operands(build->jobs[index].function, product, out);
    if (tag) adc_text_format(out, "};\n    return %s(&args);\n}\n", symbol);
    else adc_text_add(out, ");\n}\n");
}

/* Workspaces of more parameters than a C function should have take the struct of the call. */
static void put_work_caller(const struct build *build, size_t index, struct adc_text *out)
{
    const struct adc_function *function = build->jobs[index].function;
    const json_t *product = json_array_get(build->products, index);
    const json_t *work = json_object_get(product, "work");
    const json_t *names = json_object_get(work, "parameters");
    const char *symbol = json_string_value(json_object_get(work, "symbol"));
    const char *tag = json_string_value(json_object_get(product, "args"));
    adc_text_format(out, "\nsize_t adc_work_%zu(const union value *in)\n{\n    (void)in;\n", index);
    if (json_array_size(names) > MAX_PARAMETERS) {
        adc_text_format(out,
                        "    void *const out[%zu] = {0};\n    void *const work = 0;\n"
                        "    const struct %s args = {",
                        function->results.count + 1, tag);
        put_operands(function, product, out);
        adc_text_format(out, "};\n    return %s(&args);\n}\n", symbol);
        return;
    }
    adc_text_format(out, "    return %s(", symbol);
    const json_t *entries = json_object_get(product, "parameters");
    for (size_t i = 0, next = 0; i < json_array_size(entries); i++) {
        const json_t *entry = json_array_get(entries, i);
        const char *wanted = json_string_value(json_array_get(names, next));
        if (!wanted || strcmp(json_string_value(json_object_get(entry, "symbol")), wanted) != 0)
            continue;
        if (next++) adc_text_add(out, ", ");
        put_operand(function, entry, out);
    }
    adc_text_add(out, ");\n}\n");
}

static int write_callers(const struct build *build)
{
    struct adc_text text;
    adc_text_init(&text, &build->session->arena);
    adc_text_add(&text, "#include \"program.h\"\n#include <stdbool.h>\n#include <stddef.h>\n"
                        "#include <stdint.h>\n\n"
                        "union value {\n    double f64;\n    float f32;\n    int64_t integer;\n"
                        "    int32_t narrow;\n    bool boolean;\n    const void *elements;\n};\n");
    for (size_t i = 0; i < build->count; i++) {
        put_caller(build, i, &text);
        put_work_caller(build, i, &text);
    }
    return write_file(build, "call.c", &text);
}

/* ---------------------------------------------------------------------- compiler */

/* $CC may hold arguments: "ccache gcc -m64". */
static void put_words(struct session *session, const char *text, struct option_list *words)
{
    while (*(text += strspn(text, " \t"))) {
        size_t length = strcspn(text, " \t");
        ADC_PUSH(&session->arena, *words, adc_arena_copy(&session->arena, text, length));
        text += length;
    }
}

static int compile(const struct build *build)
{
    struct session *session = build->session;
    struct option_list words = {0};
    const char *compiler = getenv("CC");
    if (compiler) put_words(session, compiler, &words);
    if (words.count == 0) ADC_PUSH(&session->arena, words, "cc");
    if (session->options.openmp) ADC_PUSH(&session->arena, words, "-fopenmp");
    const char *const rest[] = {"-std=c11",
                                "-O1",
                                "-w",
                                "-fPIC",
                                "-shared",
                                "-o",
                                in_folder(build, "program.so"),
                                in_folder(build, "program.c"),
                                in_folder(build, "call.c"),
                                "-lm",
                                NULL};
    for (size_t i = 0; i < sizeof rest / sizeof *rest; i++)
        ADC_PUSH(&session->arena, words, rest[i]);
    return process_run(session, "the C compiler", (const char *const *)words.data,
                       in_folder(build, "log"),
                       "install one, name it in CC, or use --engine interp");
}

static int load(struct build *build)
{
    /* the library of OpenMP that comes with it has threads, which live on */
    int keep = build->session->options.openmp ? RTLD_NODELETE : 0;
    build->library = dlopen(in_folder(build, "program.so"), RTLD_NOW | RTLD_LOCAL | keep);
    if (build->library) return STATUS_GOOD;
    return session_fail(build->session, STATUS_SYSTEM, "cannot load the compiled program: %s",
                        dlerror());
}

/* ---------------------------------------------------------------------- calling */

/* A function's address, into the pointer at `function`: both have one size, as POSIX has it. */
static int find(const struct build *build, const char *form, size_t index, void *function)
{
    struct session *session = build->session;
    const char *name = session_format(session, "adc_%s_%zu", form, index);
    void *symbol = dlsym(build->library, name);
    if (!symbol)
        return session_fail(session, STATUS_SYSTEM, "cannot load the compiled program: %s",
                            dlerror());
    memcpy(function, &symbol, sizeof symbol);
    return STATUS_GOOD;
}

static int call_all(struct build *build, unsigned repeat, double *seconds)
{
    struct job_caller *callers =
        ADC_NEW_ARRAY(&build->session->arena, struct job_caller, build->count);
    int status = STATUS_GOOD;
    for (size_t i = 0; i < build->count && status == STATUS_GOOD; i++) {
        status = find(build, "call", i, &callers[i].call);
        if (status == STATUS_GOOD) status = find(build, "work", i, &callers[i].work);
    }
    if (status != STATUS_GOOD) return status;
    return call_jobs(build->session, build->jobs, callers, build->count, repeat, seconds);
}

int evaluate_compiled(struct session *session, struct job *jobs, size_t count, unsigned repeat,
                      double *seconds)
{
    struct build build = {.session = session, .jobs = jobs, .count = count};
    int status = files_private_folder(session, &build.folder);
    if (status == STATUS_GOOD) status = emit(&build);
    if (status == STATUS_GOOD) status = write_callers(&build);
    if (status == STATUS_GOOD) status = compile(&build);
    if (status == STATUS_GOOD) status = load(&build);
    if (status == STATUS_GOOD) status = call_all(&build, repeat, seconds);
    if (build.library) dlclose(build.library);
    json_decref(build.products);
    return status;
}
