/* The engine `c`: emits C for the jobs, compiles it with a caller that takes inputs and outputs as
 * arrays, loads the library and calls it.
 *
 *     program.c, program.h    what adc build would write, for these products alone
 *     call.c                  int adc_call_0(const union value *in, void *const *out) ... one a job
 *
 * All files lie in a private folder that the session removes. C names come from the manifest. */
#include "backend/emit_c.h"
#include "driver/evaluate.h"
#include "driver/json_io.h"
#include "driver/process.h"
#include "driver/session.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

typedef int caller(const union adc_value *inputs, void *const *outputs);

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
        programs[i] = adc_schedule(&session->context, build->jobs[i].function);
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
    static const char *const names[ADC_TYPE_COUNT] = {
        [ADC_F64] = "double", [ADC_F32] = "float", [ADC_INT] = "int64_t", [ADC_BOOL] = "bool"};
    return names[type];
}

static const char *member_of(enum adc_type type)
{
    static const char *const names[ADC_TYPE_COUNT] = {
        [ADC_F64] = "f64", [ADC_F32] = "f32", [ADC_INT] = "integer", [ADC_BOOL] = "boolean"};
    return names[type];
}

static void put_operands(const struct adc_function *function, struct adc_text *out)
{
    for (size_t i = 0; i < function->params.count; i++)
        adc_text_format(out, "        in[%zu].%s,\n", i, member_of(function->params.data[i].type));
    for (size_t i = 0; i < function->results.count; i++)
        adc_text_format(out, "        (%s *)out[%zu],\n", c_type_of(function->results.data[i].type),
                        i);
    adc_text_add(out, "        0");
}

/* Inputs, outputs and `work` stand in the same order in a call and in a struct of arguments. */
static void put_caller(const struct build *build, size_t index, struct adc_text *out)
{
    const json_t *product = json_array_get(build->products, index);
    const char *symbol = json_string_value(json_object_get(product, "symbol"));
    const char *tag = json_string_value(json_object_get(product, "args"));
    adc_text_format(out, "\nint adc_call_%zu(const union value *in, void *const *out)\n{\n", index);
    adc_text_add(out, "    (void)in;\n    (void)out;\n");
    if (tag) adc_text_format(out, "    const struct %s args = {\n", tag);
    else adc_text_format(out, "    return %s(\n", symbol);
    put_operands(build->jobs[index].function, out);
    if (tag) adc_text_format(out, "};\n    return %s(&args);\n}\n", symbol);
    else adc_text_add(out, ");\n}\n");
}

static int write_callers(const struct build *build)
{
    struct adc_text text;
    adc_text_init(&text, &build->session->arena);
    adc_text_add(&text, "#include \"program.h\"\n#include <stdbool.h>\n#include <stdint.h>\n\n"
                        "union value {\n    double f64;\n    float f32;\n    int64_t integer;\n"
                        "    bool boolean;\n    uint64_t bits;\n};\n");
    for (size_t i = 0; i < build->count; i++) put_caller(build, i, &text);
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
    build->library = dlopen(in_folder(build, "program.so"), RTLD_NOW | RTLD_LOCAL);
    if (build->library) return STATUS_GOOD;
    return session_fail(build->session, STATUS_SYSTEM, "cannot load the compiled program: %s",
                        dlerror());
}

/* ---------------------------------------------------------------------- calling */

/* One job: its caller and typed memory for its outputs. */
struct call {
    caller *function;
    void **outputs;
};

static size_t size_of(enum adc_type type)
{
    static const size_t sizes[ADC_TYPE_COUNT] = {[ADC_F64] = sizeof(double),
                                                 [ADC_F32] = sizeof(float),
                                                 [ADC_INT] = sizeof(int64_t),
                                                 [ADC_BOOL] = sizeof(bool)};
    return sizes[type];
}

static int prepare(const struct build *build, size_t index, struct call *call)
{
    struct session *session = build->session;
    const struct adc_function *function = build->jobs[index].function;
    void *symbol = dlsym(build->library, session_format(session, "adc_call_%zu", index));
    if (!symbol)
        return session_fail(session, STATUS_SYSTEM, "cannot load the compiled program: %s",
                            dlerror());
    memcpy(&call->function, &symbol, sizeof symbol); /* as POSIX has it for functions */
    call->outputs = ADC_NEW_ARRAY(&session->arena, void *, function->results.count);
    for (size_t i = 0; i < function->results.count; i++)
        call->outputs[i] = adc_arena_array(&session->arena, function->results.data[i].count,
                                           size_of(function->results.data[i].type));
    return STATUS_GOOD;
}

static void take_outputs(struct job *job, const struct call *call)
{
    for (size_t i = 0; i < job->function->results.count; i++) {
        const struct adc_result *result = &job->function->results.data[i];
        size_t size = size_of(result->type);
        for (uint32_t k = 0; k < result->count; k++)
            memcpy(&job->outputs[i][k], (const char *)call->outputs[i] + k * size, size);
    }
}

static int call_all(struct build *build, unsigned repeat, double *seconds)
{
    struct call *calls = ADC_NEW_ARRAY(&build->session->arena, struct call, build->count);
    for (size_t i = 0; i < build->count; i++) {
        int status = prepare(build, i, &calls[i]);
        if (status != STATUS_GOOD) return status;
    }
    int status = 0;
    double start = evaluate_now();
    for (unsigned r = 0; r < repeat && status >= 0; r++)
        for (size_t i = 0; i < build->count && status >= 0; i++) {
            status = calls[i].function(build->jobs[i].inputs, calls[i].outputs);
            build->jobs[i].status = status > 0 ? (uint32_t)status : 0;
        }
    *seconds = (evaluate_now() - start) / repeat;
    if (status < 0) return session_fail(build->session, STATUS_SYSTEM, "out of memory");
    for (size_t i = 0; i < build->count; i++) take_outputs(&build->jobs[i], &calls[i]);
    return STATUS_GOOD;
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
