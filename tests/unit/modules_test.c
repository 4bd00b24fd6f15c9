/* Imports of files that exist in memory alone: where they are looked for, that each is read once,
 * that deep chains need no stack. The messages themselves are in tests/imports. */
#include "tests/unit/frontend_bench.h"

#include <stdio.h>

struct memory_file {
    const char *path, *text;
};

struct disk {
    const struct memory_file *files;
    size_t count;
    struct adc_text log; /* paths asked for, each with a blank behind it */
};

static bool read_memory(void *user, const char *path, struct adc_text *out)
{
    struct disk *disk = user;
    adc_text_format(&disk->log, "%s ", path);
    for (size_t i = 0; i < disk->count; i++)
        if (strcmp(disk->files[i].path, path) == 0) {
            adc_text_add(out, disk->files[i].text);
            return true;
        }
    return false;
}

/* Checks the first file, as the given one. */
static void check_disk(struct bench *b, struct disk *disk, const char *const *folders,
                       size_t folder_count)
{
    adc_text_init(&disk->log, &b->arena);
    adc_text_add(&disk->log, "");
    b->options.loader = (struct fe_loader){.read_file = read_memory,
                                           .user = disk,
                                           .folders = folders,
                                           .folder_count = folder_count};
    const struct memory_file *main = &disk->files[0];
    uint32_t source = adc_source_add(&b->diags, main->path, main->text, strlen(main->text));
    struct ast *file = ast_parse(&b->arena, &b->names, &b->diags, source);
    b->module = fe_check(&b->arena, &b->names, &b->diags, file, &b->options);
}

#define CHECK(b, disk, ...)                                                                        \
    do {                                                                                           \
        static const struct memory_file files_[] = {__VA_ARGS__};                                  \
        (disk).files = files_;                                                                     \
        (disk).count = sizeof files_ / sizeof *files_;                                             \
        check_disk(b, &(disk), NULL, 0);                                                           \
    } while (0)

static void beside_the_importing_file_first(void **state)
{
    struct bench *b = *state;
    static const struct memory_file files[] = {
        {"p/main.ad", "import x.a\nfn f(v: real) = a.f(v)\n"},
        {"p/x/a.ad", "import b\nfn f(v: real) = b.g(v)\n"},
        {"inc/b.ad", "fn g(v: real) = v\n"},
        {"other/b.ad", "fn g(v: int) = v\n"},
    };
    static const char *const folders[] = {"./inc//", "other"};
    struct disk disk = {.files = files, .count = 4};
    check_disk(b, &disk, folders, 2);
    assert_string_equal(bench_codes(b), "");
    assert_non_null(b->module);
    assert_string_equal(disk.log.data, "p/x/a.ad p/x/b.ad inc/b.ad ");
}

static void each_file_is_read_once(void **state)
{
    struct bench *b = *state;
    struct disk disk = {0};
    CHECK(b, disk, {"main.ad", "import l\nimport r\nimport base\nfn f(v: real) = l.f(v) + r.f(v)\n"},
          {"l.ad", "import base\nfn f(v: real) = base.c*v\n"},
          {"r.ad", "import base (c)\nfn f(v: real) = c + v\n"}, {"base.ad", "const c = 2\n"});
    assert_string_equal(bench_codes(b), "");
    assert_string_equal(disk.log.data, "l.ad base.ad r.ad ");
}

static void functions_of_imports_are_not_entries(void **state)
{
    struct bench *b = *state;
    struct disk disk = {0};
    size_t count;
    CHECK(b, disk, {"main.ad", "import m (f)\nfn g(x: real) = f(x)\n"},
          {"m.ad", "export fn f(x: real) -> real = x\n@test fn t() { require false }\n"});
    const struct fe_entry *entries = fe_functions(b->module, &count);
    assert_int_equal(count, 1);
    assert_string_equal(entries[0].name->text, "g");
}

/* g of m and g of main are two functions, also where calls are looked up when lowering. */
static void equal_names_in_two_files_stay_apart(void **state)
{
    struct bench *b = *state;
    struct disk disk = {0};
    CHECK(b, disk, {"main.ad", "import m\nfn g(x: real) = exp(x)\nfn f(x: real) = g(x) + m.g(x)\n"},
          {"m.ad", "fn g(x: real) = sin(x)\n"});
    assert_string_equal(bench_codes(b), "");
    struct adc_function *f = bench_lower(b, "f");
    assert_int_equal(bench_count(f, ADC_OP_EXP), 1);
    assert_int_equal(bench_count(f, ADC_OP_SIN), 1);
}

static void imports_of_a_module_are_not_its_members(void **state)
{
    struct bench *b = *state;
    struct disk disk = {0};
    CHECK(b, disk, {"main.ad", "import m\nfn f(x: real) = m.g(x) + m.n.g(x)\n"},
          {"m.ad", "import n (g)\nimport n\n"}, {"n.ad", "fn g(x: real) = x\n"});
    assert_null(b->module);
    assert_string_equal(bench_codes(b), "E07 E07");
}

static void without_a_loader_nothing_is_found(void **state)
{
    struct bench *b = *state;
    bench_check(b, "import a\nfn f(x: real) = x\n");
    assert_null(b->module);
    assert_string_equal(bench_codes(b), "E50");
}

static void *deep_chain(void *argument)
{
    enum { DEPTH = 10000 };
    struct bench *b = argument;
    struct memory_file *files = calloc(DEPTH, sizeof *files);
    for (int i = 0; i < DEPTH; i++) {
        char path[32], text[96];
        snprintf(path, sizeof path, "m%d.ad", i);
        snprintf(text, sizeof text,
                 i + 1 < DEPTH ? "import m%d\nfn f(x: real) = m%d.f(x)\n" : "fn f(x: real) = x\n",
                 i + 1, i + 1);
        files[i] = (struct memory_file){adc_arena_copy(&b->arena, path, strlen(path)),
                                        adc_arena_copy(&b->arena, text, strlen(text))};
    }
    struct disk disk = {.files = files, .count = DEPTH};
    check_disk(b, &disk, NULL, 0);
    free(files);
    return NULL;
}

static void chains_of_ten_thousand_files_need_no_stack(void **state)
{
    struct bench *b = *state;
    bench_small_stack(deep_chain, b);
    assert_string_equal(bench_codes(b), "");
    assert_non_null(bench_lower(b, "f"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, bench_set_up, bench_tear_down)
    const struct CMUnitTest tests[] = {
        TEST(beside_the_importing_file_first),
        TEST(each_file_is_read_once),
        TEST(functions_of_imports_are_not_entries),
        TEST(equal_names_in_two_files_stay_apart),
        TEST(imports_of_a_module_are_not_its_members),
        TEST(without_a_loader_nothing_is_found),
        TEST(chains_of_ten_thousand_files_need_no_stack),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
