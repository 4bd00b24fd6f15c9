/* Native code in hosts: pointers with the signature of the generated C, calls by name that run it,
 * the same numbers as the interpreter's, code that is freed with its module, the cache of objects. */
#define _XOPEN_SOURCE 700
#include "runtime/adc.h"

#include <dirent.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#ifdef __SANITIZE_ADDRESS__
enum { ROUNDS = 60, SETTLED = 20 }; /* memory that is freed stays in quarantine */
#else
enum { ROUNDS = 1000, SETTLED = 50 }; /* 10000 with ADC_ROUNDS=10000: 80 KiB more */
#endif

static const char program[] = "export fn f(var x: real[N], s: real = 1) -> real {\n"
                              "  require s != 0, \"no scale\"\n"
                              "  s*sum(i: exp(x[i]))\n"
                              "}\n"
                              "export fn types(a: f32[N], n: int, b: bool, k: i32[N]) ->\n"
                              "    (c: f32[N], m: int, d: bool, e: i32[N]) =\n"
                              "  (c = [i: 2*a[i]], m = n, d = !b, e = k)\n"
                              "export fn add(var a: real[N], b: real[N]) -> (c: real[N]) =\n"
                              "  (c = [i: a[i] + b[i]])\n";

typedef int f_grad(int64_t N, const double *x, double s, double *result, double *grad_x,
                   void *work);

static char told[200];

static void report(void *user, const adc_diagnostic *diagnostic)
{
    (void)user;
    snprintf(told, sizeof told, "%s", diagnostic->text);
}

static adc_context *open_context(adc_engine engine, const char *cache)
{
    adc_options options = {.report = report, .engine = engine, .cache = cache};
    told[0] = 0;
    return adc_context_new(&options);
}

static adc_function *get(adc_context *context, const char *name, const char *product)
{
    adc_module *module = adc_compile_string(context, "f.ad", program, NULL);
    return adc_function_get(module, name, product);
}

/* Functions with data and pointers to functions have one size, as POSIX has it. */
static f_grad *code_of(adc_function *function)
{
    void *found = adc_function_pointer(function);
    f_grad *code;
    memcpy(&code, &found, sizeof code);
    return code;
}

static void a_pointer_has_the_signature_of_generated_code(void **state)
{
    (void)state;
    adc_context *context = open_context(ADC_ENGINE_INTERPRETER, NULL);
    f_grad *code = code_of(get(context, "f", "grad"));
    double x[] = {0, 1, -2}, result, grad[3];
    assert_non_null(code);
    assert_int_equal(code(3, x, 2, &result, grad, NULL), 0);
    assert_true(fabs(result - 2 * (1 + exp(1) + exp(-2))) < 1e-15 * result);
    assert_true(grad[0] == 2 && grad[1] == 2 * exp(1) && grad[2] == 2 * exp(-2));
    assert_int_equal(code(3, x, 0, &result, grad, NULL), 1);
    assert_int_equal(code(0, NULL, 1, &result, NULL, NULL), 0);
    assert_true(result == 0);
    adc_context_free(context);
}

static void both_engines_give_the_same_bits(void **state)
{
    double values[2], grads[2][4];
    (void)state;
    for (int native = 0; native < 2; native++) {
        adc_context *context =
            open_context(native ? ADC_ENGINE_NATIVE : ADC_ENGINE_INTERPRETER, NULL);
        double x[] = {0.1, -3, 2.5, 1};
        adc_argument arguments[] = {
            {.name = "grad_x", .rank = 1, .lengths = {4}, .data = grads[native]},
            {.name = "x", .rank = 1, .lengths = {4}, .data = x},
            {.name = "result"}};
        assert_int_equal(adc_call(get(context, "f", "grad"), arguments, 3), ADC_GOOD);
        values[native] = arguments[2].value.f64;
        adc_context_free(context);
    }
    assert_memory_equal(&values[0], &values[1], sizeof *values);
    assert_memory_equal(grads[0], grads[1], sizeof *grads);
}

static void every_type_goes_in_and_out(void **state)
{
    float a[] = {1.5f, -2}, c[2];
    int32_t k[] = {7, -8}, e[2];
    (void)state;
    adc_context *context = open_context(ADC_ENGINE_NATIVE, NULL);
    adc_argument arguments[] = {
        {.name = "a", .type = ADC_TYPE_F32, .rank = 1, .lengths = {2}, .data = a},
        {.name = "n", .type = ADC_TYPE_INT, .value = {.i64 = -5}},
        {.name = "b", .type = ADC_TYPE_BOOL, .value = {.boolean = true}},
        {.name = "k", .type = ADC_TYPE_I32, .rank = 1, .lengths = {2}, .data = k},
        {.name = "c", .type = ADC_TYPE_F32, .rank = 1, .lengths = {2}, .data = c},
        {.name = "m", .type = ADC_TYPE_INT},
        {.name = "d", .type = ADC_TYPE_BOOL, .value = {.boolean = true}},
        {.name = "e", .type = ADC_TYPE_I32, .rank = 1, .lengths = {2}, .data = e}};
    assert_int_equal(adc_call(get(context, "types", "value"), arguments, 8), ADC_GOOD);
    assert_true(c[0] == 3 && c[1] == -4 && e[0] == 7 && e[1] == -8);
    assert_true(arguments[5].value.i64 == -5 && !arguments[6].value.boolean);
    adc_context_free(context);
}

static void results_may_overlap_inputs(void **state)
{
    double a[] = {1, 2, 3, 4};
    (void)state;
    adc_context *context = open_context(ADC_ENGINE_NATIVE, NULL);
    adc_argument arguments[] = {{.name = "a", .rank = 1, .lengths = {3}, .data = a},
                                {.name = "b", .rank = 1, .lengths = {3}, .data = a},
                                {.name = "c", .rank = 1, .lengths = {3}, .data = a + 1}};
    assert_int_equal(adc_call(get(context, "add", "value"), arguments, 3), ADC_GOOD);
    assert_true(a[0] == 1 && a[1] == 2 && a[2] == 4 && a[3] == 6);
    adc_context_free(context);
}

static void checks_of_the_program_are_told(void **state)
{
    double x[] = {1};
    (void)state;
    adc_context *context = open_context(ADC_ENGINE_NATIVE, NULL);
    adc_function *function = get(context, "f", "value");
    adc_argument arguments[] = {{.name = "x", .rank = 1, .lengths = {1}, .data = x},
                                {.name = "s", .value = {.f64 = 0}}};
    assert_int_equal(adc_call(function, arguments, 2), 1);
    assert_non_null(strstr(told, "no scale"));
    adc_context_free(context);
}

static void graphs_become_native_code(void **state)
{
    (void)state;
    adc_context *context = open_context(ADC_ENGINE_NATIVE, NULL);
    adc_graph *graph = adc_graph_new(context, ADC_TYPE_F64);
    adc_node *x = adc_graph_variable(graph, "x", 0, NULL),
             *y = adc_graph_variable(graph, "y", 0, NULL);
    adc_node *z = adc_graph_apply2(graph, "mul", adc_graph_apply1(graph, "sin", x), y);
    adc_graph_function wanted = {.name = "z", .results = &z, .count = 1};
    adc_function *grad = adc_function_get(adc_graph_compile(graph, &wanted), "z", "grad");
    void *found = adc_function_pointer(grad);
    int (*code)(double, double, double *, double *, double *, void *);
    double result, slopes[2];
    memcpy(&code, &found, sizeof code);
    assert_non_null(code);
    assert_int_equal(code(2, 3, &result, &slopes[0], &slopes[1], NULL), 0);
    assert_true(result == sin(2) * 3 && slopes[0] == 3 * cos(2) && slopes[1] == sin(2));
    adc_argument arguments[] = {
        {.name = "x", .value = {.f64 = 2}}, {.name = "y", .value = {.f64 = 3}}, {.name = "grad_x"}};
    assert_int_equal(adc_call(grad, arguments, 3), ADC_GOOD);
    assert_true(arguments[2].value.f64 == slopes[0]);
    adc_context_free(context);
}

static void every_effort_gives_the_same(void **state)
{
    double x[] = {0.3, 0.7}, first = 0;
    (void)state;
    for (int effort = ADC_EFFORT_DEFAULT; effort <= ADC_EFFORT_3; effort++) {
        adc_options options = {.engine = ADC_ENGINE_NATIVE, .effort = (adc_effort)effort};
        options.threads = effort == ADC_EFFORT_1 ? 4 : 0; /* of which so little is not worth two */
        options.debug = effort == ADC_EFFORT_2;
        adc_context *context = adc_context_new(&options);
        adc_argument arguments[] = {{.name = "x", .rank = 1, .lengths = {2}, .data = x},
                                    {.name = "result"}};
        assert_int_equal(adc_call(get(context, "f", "value"), arguments, 2), ADC_GOOD);
        if (!effort) first = arguments[1].value.f64;
        assert_true(arguments[1].value.f64 == first);
        adc_context_free(context);
    }
    adc_options wrong = {.effort = (adc_effort)(ADC_EFFORT_3 + 1)};
    assert_null(adc_context_new(&wrong));
    wrong = (adc_options){.engine = (adc_engine)7};
    assert_null(adc_context_new(&wrong));
    wrong = (adc_options){.threads = 1025};
    assert_null(adc_context_new(&wrong));
}

static void note_fused(void *user, const char *bytes, size_t count)
{
    static const char wanted[] = "fma_v__(";
    bool *found = user;
    for (size_t i = 0; i + sizeof wanted <= count; i++)
        if (memcmp(bytes + i, wanted, sizeof wanted - 1) == 0) *found = true;
}

static void functions_of_lanes_are_fused_if_asked_for(void **state)
{
    double x[40], sums[2];
    (void)state;
    for (unsigned i = 0; i < 40; i++) x[i] = 0.1 * i;
    for (int fma = 0; fma < 2; fma++) {
        adc_options options = {.engine = ADC_ENGINE_NATIVE, .fma = fma};
        adc_context *context = adc_context_new(&options);
        adc_module *module = adc_compile_string(context, "f.ad", program, NULL);
        bool fused = false;
        assert_int_equal(adc_module_emit(module, ADC_C_SOURCE, "f.h", note_fused, &fused),
                         ADC_GOOD);
        assert_int_equal(fused, fma);
        adc_argument arguments[] = {{.name = "x", .rank = 1, .lengths = {40}, .data = x},
                                    {.name = "result"}};
        assert_int_equal(adc_call(adc_function_get(module, "f", "value"), arguments, 2), ADC_GOOD);
        sums[fma] = arguments[1].value.f64;
        adc_context_free(context);
    }
    assert_true(fabs(sums[0] - sums[1]) <= 1e-14 * sums[0]);
}

/* ---------------------------------------------------------------------------------- memory */

static long resident_kib(void)
{
    long pages = 0, resident = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (!file || fscanf(file, "%ld %ld", &pages, &resident) != 2) resident = 0;
    if (file) fclose(file);
    return resident * (sysconf(_SC_PAGESIZE) / 1024);
}

static void code_is_freed_with_its_context(void **state)
{
    const char *wanted = getenv("ADC_ROUNDS");
    long settled = 0, rounds = wanted ? atol(wanted) : ROUNDS;
    (void)state;
    for (long round = 0; round < rounds; round++) {
        double x = 1, slope;
        adc_context *context = open_context(ADC_ENGINE_NATIVE, NULL);
        adc_argument arguments[] = {{.name = "x", .rank = 1, .lengths = {1}, .data = &x},
                                    {.name = "grad_x", .rank = 1, .lengths = {1}, .data = &slope}};
        adc_module *module = adc_compile_string(
            context, "g.ad", "export fn g(var x: real[N]) -> real = sum(i: x[i]*x[i])\n", NULL);
        assert_int_equal(adc_call(adc_function_get(module, "g", "grad"), arguments, 2), ADC_GOOD);
        assert_true(slope == 2);
        adc_context_free(context);
        if (round == SETTLED) settled = resident_kib();
    }
    long grown = resident_kib() - settled;
    print_message("%ld rounds: %ld KiB, then %ld more\n", rounds, settled, grown);
#if !defined(__SANITIZE_ADDRESS__) && !defined(ADC_VALGRIND) /* they keep what is freed for long */
    assert_true(grown < 2048);
#endif
}

/* ----------------------------------------------------------------------------------- cache */

struct folder {
    char path[40];
};

static struct folder new_folder(void)
{
    struct folder folder = {"/tmp/adc_cache_test_XXXXXX"};
    assert_non_null(mkdtemp(folder.path));
    return folder;
}

/* Calls what(path) for every entry and gives their number. */
static int each_entry(const char *path, void (*what)(const char *path))
{
    DIR *entries = opendir(path);
    int count = 0;
    assert_non_null(entries);
    for (struct dirent *entry; (entry = readdir(entries));) {
        char name[400];
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
        snprintf(name, sizeof name, "%s/%s", path, entry->d_name);
        assert_int_not_equal(entry->d_name[0], '.'); /* nothing half-written is left */
        if (what) what(name);
        count++;
    }
    closedir(entries);
    return count;
}

static void remove_entry(const char *path)
{
    assert_int_equal(remove(path), 0);
}

static void remove_folder(const struct folder *folder)
{
    each_entry(folder->path, remove_entry);
    assert_int_equal(rmdir(folder->path), 0);
}

static void call_cached(const char *cache)
{
    double x[] = {0, 1}, grad[2];
    adc_context *context = open_context(ADC_ENGINE_NATIVE, cache);
    adc_argument arguments[] = {{.name = "x", .rank = 1, .lengths = {2}, .data = x},
                                {.name = "grad_x", .rank = 1, .lengths = {2}, .data = grad}};
    assert_int_equal(adc_call(get(context, "f", "grad"), arguments, 2), ADC_GOOD);
    assert_true(grad[0] == 1 && grad[1] == exp(1));
    adc_context_free(context);
}

/* So that it shows whether it is taken or made anew: the status text becomes another, and the
 * digest is that of the whole. */
static void spoil_middle(const char *path)
{
    FILE *file = fopen(path, "r+b");
    assert_non_null(file);
    assert_int_equal(fseek(file, 600, SEEK_SET), 0);
    int byte = fgetc(file);
    assert_int_equal(fseek(file, 600, SEEK_SET), 0);
    fputc(byte ^ 0x10, file);
    fclose(file);
}

static void cut(const char *path)
{
    assert_int_equal(truncate(path, 300), 0);
}

static void empty(const char *path)
{
    assert_int_equal(truncate(path, 0), 0);
}

static char kept[1 << 16];
static size_t kept_size;

static void keep(const char *path)
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    kept_size = fread(kept, 1, sizeof kept, file);
    fclose(file);
}

static void same_as_kept(const char *path)
{
    static char bytes[sizeof kept];
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    assert_int_equal(fread(bytes, 1, sizeof bytes, file), kept_size);
    assert_memory_equal(bytes, kept, kept_size);
    fclose(file);
}

static void the_cache_keeps_and_mends_entries(void **state)
{
    void (*const damages[])(const char *path) = {spoil_middle, cut, empty};
    (void)state;
    struct folder folder = new_folder();
    call_cached(folder.path);
    assert_int_equal(each_entry(folder.path, keep), 1);
    call_cached(folder.path);
    assert_int_equal(each_entry(folder.path, same_as_kept), 1);
    for (size_t i = 0; i < sizeof damages / sizeof *damages; i++) {
        each_entry(folder.path, damages[i]);
        call_cached(folder.path);
        assert_int_equal(each_entry(folder.path, same_as_kept), 1);
    }
    remove_folder(&folder);
}

static int compile_into(const char *cache, const char *name, const char *text,
                        const adc_compile_options *options)
{
    adc_context *context = open_context(ADC_ENGINE_NATIVE, cache);
    adc_module *module = adc_compile_string(context, name, text, options);
    assert_non_null(adc_function_get(module, "f", "value"));
    adc_context_free(context);
    return each_entry(cache, NULL);
}

static void keys_have_all_that_code_depends_on(void **state)
{
    static const char text[] = "export fn f(x: real, const k: int = 2) -> real = x^k\n";
    const adc_constant k = {.name = "k", .type = ADC_TYPE_INT, .value = {.i64 = 3}};
    const adc_compile_options single = {.real = ADC_TYPE_F32},
                              cubed = {.constants = &k, .constant_count = 1};
    (void)state;
    struct folder folder = new_folder();
    assert_int_equal(compile_into(folder.path, "f.ad", text, NULL), 1);
    assert_int_equal(compile_into(folder.path, "f.ad", text, NULL), 1);
    assert_int_equal(compile_into(folder.path, "f.ad", text, &single), 2);
    assert_int_equal(compile_into(folder.path, "f.ad", text, &cubed), 3);
    assert_int_equal(compile_into(folder.path, "g.ad", text, NULL), 4); /* named by status texts */
    assert_int_equal(
        compile_into(folder.path, "f.ad", "\nexport fn f(x: real) -> real = x\n", NULL), 5);
    assert_int_equal(compile_into(folder.path, "f.ad", text, NULL), 5);
    remove_folder(&folder);
}

static void a_folder_that_cannot_be_used_is_no_error(void **state)
{
    (void)state;
    call_cached("/proc/adc/nowhere");
    call_cached("/dev/null");
    call_cached("");
}

/* -------------------------------------------------------------------------------- without */

static void without_llvm_the_host_is_told(void **state)
{
    double x = 1;
    (void)state;
    adc_context *context = open_context(ADC_ENGINE_NATIVE, NULL);
    assert_null(get(context, "f", "grad"));
    assert_int_equal(adc_context_status(context), ADC_NO_NATIVE_CODE);
    assert_non_null(strstr(told, "built without LLVM"));
    adc_context_free(context);
    context = open_context(ADC_ENGINE_BEST, NULL);
    adc_function *function = get(context, "f", "value");
    adc_argument arguments[] = {{.name = "x", .rank = 1, .lengths = {1}, .data = &x},
                                {.name = "result"}};
    assert_int_equal(adc_call(function, arguments, 2), ADC_GOOD);
    assert_true(arguments[1].value.f64 == exp(1));
    assert_int_equal(told[0], 0);
    assert_null(adc_function_pointer(function));
    assert_int_equal(adc_context_status(context), ADC_NO_NATIVE_CODE);
    adc_context_free(context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pointer_has_the_signature_of_generated_code),
        cmocka_unit_test(both_engines_give_the_same_bits),
        cmocka_unit_test(every_type_goes_in_and_out),
        cmocka_unit_test(results_may_overlap_inputs),
        cmocka_unit_test(checks_of_the_program_are_told),
        cmocka_unit_test(graphs_become_native_code),
        cmocka_unit_test(every_effort_gives_the_same),
        cmocka_unit_test(functions_of_lanes_are_fused_if_asked_for),
        cmocka_unit_test(the_cache_keeps_and_mends_entries),
        cmocka_unit_test(keys_have_all_that_code_depends_on),
        cmocka_unit_test(a_folder_that_cannot_be_used_is_no_error),
        cmocka_unit_test(code_is_freed_with_its_context),
    };
    const struct CMUnitTest without[] = {cmocka_unit_test(without_llvm_the_host_is_told)};
#ifdef ADC_HAS_LLVM
    (void)without;
    return cmocka_run_group_tests(tests, NULL, NULL);
#else
    (void)tests;
    print_message("skipped: built without LLVM (%zu tests)\n", sizeof tests / sizeof *tests);
    return cmocka_run_group_tests(without, NULL, NULL);
#endif
}
