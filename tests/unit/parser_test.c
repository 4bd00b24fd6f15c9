/* The parser: programs that must be refused, word for word; programs whose tree is known; values
 * of literals; depth and size. Run from the root of the repository.
 *
 *     tests/syntax/bad/NAME.ad    `//!` lines: the diagnostics, all of them, in order
 *     tests/syntax/good/NAME.ad   NAME.ast beside it: the tree as ast_print shows it
 *
 * A `//!` line is `//!  ^~~ error E35: text` with carets under the columns of the last other
 * line, `//! at LINE:COLUMN+WIDTH error E35: text`, or help, note or fix of the diagnostic
 * above. Texts are those that the message begins with, except fixes, which are whole. */
#define _POSIX_C_SOURCE 200809L
#include "frontend/ast.h"

#include <dirent.h>
#include <float.h>
#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* ------------------------------------------------------------------ set-up */

struct bench {
    struct adc_heap heap;
    jmp_buf out_of_memory;
    struct adc_arena arena;
    struct adc_names names;
    struct adc_diags diags;
    struct ast *tree;
    size_t bytes; /* held */
};

static void *counting_resize(void *user, void *block, size_t old_size, size_t new_size)
{
    struct bench *bench = user;
    bench->bytes += new_size - old_size;
    if (new_size) return realloc(block, new_size);
    free(block);
    return NULL;
}

static struct bench *bench_new(void)
{
    struct bench *bench = calloc(1, sizeof *bench);
    assert_non_null(bench);
    bench->heap.allocator = (struct adc_allocator){counting_resize, bench};
    bench->heap.out_of_memory = &bench->out_of_memory;
    adc_arena_init(&bench->arena, &bench->heap);
    adc_names_init(&bench->names, &bench->arena);
    adc_diags_init(&bench->diags, &bench->arena);
    return bench;
}

static void bench_free(struct bench *bench)
{
    adc_arena_free(&bench->arena);
    assert_int_equal(bench->bytes, 0); /* nothing bypasses the allocator's book-keeping */
    free(bench);
}

static struct bench *parse_bytes(const char *text, size_t length)
{
    struct bench *bench = bench_new();
    uint32_t source = adc_source_add(&bench->diags, "test.ad", text, length);
    bench->tree = ast_parse(&bench->arena, &bench->names, &bench->diags, source);
    return bench;
}

static struct bench *parse(const char *text)
{
    return parse_bytes(text, strlen(text));
}

static struct bench *parse_body(const char *text)
{
    struct bench *bench = bench_new();
    uint32_t source = adc_source_add(&bench->diags, "eval", text, strlen(text));
    bench->tree = ast_parse_body(&bench->arena, &bench->names, &bench->diags, source);
    return bench;
}

static const char *printed(struct bench *bench)
{
    struct adc_text text;
    adc_text_init(&text, &bench->arena);
    ast_print(bench->tree, &text, NULL);
    return text.data;
}

static char *read_file(const char *path, size_t *length)
{
    FILE *file = fopen(path, "rb");
    if (!file) return NULL;
    char *text = calloc(1, 1 << 20);
    *length = fread(text, 1, (1 << 20) - 1, file);
    fclose(file);
    return text;
}

/* The tree of "fn f() = EXPRESSION" below the item's function: its body. */
static const struct ast *body_of(const struct bench *bench)
{
    return bench->tree->child[0]->child[0]->child[2];
}

static void expect_errors(const char *text, size_t length, const char *expected)
{
    struct bench *bench = parse_bytes(text, length);
    struct adc_text found;
    adc_text_init(&found, &bench->arena);
    for (size_t i = 0; i < bench->diags.list.count; i++) {
        const struct adc_diag *diag = bench->diags.list.data[i];
        struct adc_position at =
            adc_source_position(&bench->diags.sources.data[0], diag->span.begin);
        adc_text_format(&found, "%s %u:%u %s\n", adc_code_name(diag->code), at.line, at.column,
                        diag->text);
    }
    assert_string_equal(found.data, expected);
    assert_int_equal(bench->tree->kind, AST_FILE);
    bench_free(bench);
}

/* ------------------------------------------------- programs to be refused */

struct expectation {
    unsigned line, column, width;
    char code[8];
    const char *text;
};

static unsigned mistakes;

static void complain(const char *path, unsigned line, const char *what, const char *text)
{
    print_error("%s:%u: %s: %s\n", path, line, what, text);
    mistakes++;
}

static unsigned width_of(struct adc_span span)
{
    return span.end > span.begin ? span.end - span.begin : 1;
}

/* Reads "error E35: text" behind carets or a place. */
static bool read_error(const char *text, struct expectation *expected)
{
    int used = 0;
    if (sscanf(text, " error %7[E0-9]: %n", expected->code, &used) != 1 || !used) return false;
    expected->text = text + used;
    return true;
}

static bool read_expectation(const char *line, unsigned above, struct expectation *expected)
{
    int used = 0;
    if (sscanf(line, "//! at %u:%u+%u%n", &expected->line, &expected->column, &expected->width,
               &used) == 3 &&
        used)
        return read_error(line + used, expected);
    const char *caret = line + 3 + strspn(line + 3, " ");
    if (*caret != '^') return false;
    expected->line = above;
    expected->column = (unsigned)(caret - line) + 1;
    expected->width = (unsigned)strspn(caret, "^~");
    return read_error(caret + expected->width, expected);
}

static bool begins(const char *text, const char *prefix)
{
    return text && strncmp(text, prefix, strlen(prefix)) == 0;
}

static bool has_note(const struct adc_diag *diag, const char *text)
{
    for (const struct adc_note *note = diag->notes; note; note = note->next)
        if (begins(note->text, text)) return true;
    return false;
}

/* help:, note: and fix: of the diagnostic above */
static bool matches_more(const struct adc_diag *diag, const char *line)
{
    if (begins(line, "//! help: ")) return begins(diag->help, line + 10);
    if (begins(line, "//! note: ")) return has_note(diag, line + 10);
    return begins(line, "//! fix: ") && diag->fix_text && strcmp(diag->fix_text, line + 9) == 0;
}

static void compare(const struct bench *bench, const struct adc_diag *diag,
                    const struct expectation *expected, const char *path)
{
    struct adc_position at = adc_source_position(&bench->diags.sources.data[0], diag->span.begin);
    if (at.line != expected->line || at.column != expected->column ||
        width_of(diag->span) != expected->width) {
        print_error("%s:%u:%u+%u, expected %u:%u+%u\n", path, at.line, at.column,
                    width_of(diag->span), expected->line, expected->column, expected->width);
        mistakes++;
    }
    if (strcmp(adc_code_name(diag->code), expected->code) != 0)
        complain(path, at.line, "another code", adc_code_name(diag->code));
    if (!begins(diag->text, expected->text)) complain(path, at.line, "another text", diag->text);
}

/* Walks over the lines of a program with the diagnostics in hand. */
static void check_lines(const struct bench *bench, char *text, const char *path)
{
    size_t count = bench->diags.list.count, next = 0;
    unsigned line = 0, above = 0;
    for (char *at = text, *end; *at; at = end + 1) {
        end = strchr(at, '\n');
        *end = '\0';
        line++;
        struct expectation expected;
        if (strncmp(at, "//!", 3) != 0) {
            above = line;
        } else if (read_expectation(at, above, &expected)) {
            if (next == count) complain(path, line, "no such diagnostic", at);
            else compare(bench, bench->diags.list.data[next++], &expected, path);
        } else if (next == 0 || !matches_more(bench->diags.list.data[next - 1], at)) {
            complain(path, line, "no such help, note or fix", at);
        }
    }
    if (count == 0) complain(path, 1, "accepted", "");
    for (; next < count; next++)
        complain(path, 0, "diagnostic not listed", bench->diags.list.data[next]->text);
}

static void check_bad(const char *path)
{
    size_t length = 0;
    char *text = read_file(path, &length);
    assert_non_null(text);
    assert_int_equal(text[length - 1], '\n');
    struct bench *bench = parse_bytes(text, length);
    assert_int_equal(bench->tree->kind, AST_FILE);
    check_lines(bench, text, path);
    bench_free(bench);
    free(text);
}

/* Calls `check` for every NAME.ad of a folder; the number of files, or 0 without such a folder. */
static unsigned for_each(const char *folder, void (*check)(const char *path))
{
    DIR *dir = opendir(folder);
    if (!dir) return 0;
    unsigned count = 0;
    for (struct dirent *entry; (entry = readdir(dir));) {
        char path[512];
        size_t length = strlen(entry->d_name);
        if (length < 4 || strcmp(entry->d_name + length - 3, ".ad") != 0) continue;
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        check(path);
        count++;
    }
    closedir(dir);
    return count;
}

static void bad_programs_give_their_diagnostics(void **state)
{
    (void)state;
    mistakes = 0;
    assert_true(for_each("tests/syntax/bad", check_bad) >= 40);
    assert_int_equal(mistakes, 0);
}

/* The design's own bad programs name a code and its line. */
static void check_design_bad(const char *path)
{
    char expect[512], code[8];
    unsigned line = 0;
    snprintf(expect, sizeof expect, "%.*s.expect", (int)(strlen(path) - 3), path);
    size_t length = 0;
    char *text = read_file(expect, &length);
    assert_non_null(text);
    assert_int_equal(sscanf(text, "%7s %u", code, &line), 2);
    free(text);
    text = read_file(path, &length);
    struct bench *bench = parse_bytes(text, length);
    bool found = false;
    for (size_t i = 0; i < bench->diags.list.count; i++) {
        const struct adc_diag *diag = bench->diags.list.data[i];
        struct adc_position at =
            adc_source_position(&bench->diags.sources.data[0], diag->span.begin);
        found |= at.line == line && strcmp(adc_code_name(diag->code), code) == 0;
    }
    if (!found) complain(path, line, "not reported", code);
    bench_free(bench);
    free(text);
}

static void check_accepted(const char *path)
{
    size_t length = 0;
    char *text = read_file(path, &length);
    struct bench *bench = parse_bytes(text, length);
    for (size_t i = 0; i < bench->diags.list.count; i++)
        complain(path, 0, "refused", bench->diags.list.data[i]->text);
    bench_free(bench);
    free(text);
}

static void design_programs_parse_or_are_refused(void **state)
{
    (void)state;
    mistakes = 0;
    unsigned bad = for_each("../shared/design/bad", check_design_bad);
    unsigned good = for_each("../shared/design/examples", check_accepted);
    if (!bad || !good) print_message("skipped: 2 folders of the design are not beside this one\n");
    for_each("examples", check_accepted);
    assert_int_equal(mistakes, 0);
}

/* ------------------------------------------------- programs and their trees */

static void check_good(const char *path)
{
    check_accepted(path);
    char expected_path[512];
    size_t length = 0, expected_length = 0;
    snprintf(expected_path, sizeof expected_path, "%.*s.ast", (int)(strlen(path) - 3), path);
    char *text = read_file(path, &length);
    char *expected = read_file(expected_path, &expected_length);
    assert_non_null(expected);
    struct bench *bench = parse_bytes(text, length);
    const char *found = printed(bench);
    unsigned line = 1;
    for (size_t i = 0; i < expected_length && found[i] == expected[i]; i++)
        line += expected[i] == '\n';
    if (strcmp(found, expected) != 0) complain(expected_path, line, "another tree", found);
    bench_free(bench);
    free(text);
    free(expected);
}

static void good_programs_give_their_trees(void **state)
{
    (void)state;
    mistakes = 0;
    assert_true(for_each("tests/syntax/good", check_good) >= 5);
    assert_int_equal(mistakes, 0);
}

static void expect_body(const char *text, const char *expected)
{
    struct bench *bench = parse_body(text);
    assert_int_equal(bench->diags.list.count, 0);
    assert_int_equal(bench->tree->kind, AST_BLOCK);
    assert_string_equal(printed(bench), expected);
    bench_free(bench);
}

static void body_takes_semicolons_and_line_ends(void **state)
{
    (void)state;
    expect_body("a; b", "(block (name a) (name b))\n");
    expect_body("a\nb\n", "(block (name a) (name b))\n");
    expect_body(";;a;;\n;b;", "(block (name a) (name b))\n");
    expect_body("z = x", "(block\n  (assign = (name z) (name x)))\n");
    expect_body("let a = x\n  + y; a", "(block\n  (let a\n    -\n    (add (name x) (name y)))\n"
                                       "  (name a))\n");
    expect_body("", "(block)\n");
    expect_body("  // nothing\n", "(block)\n");
}

static void body_is_not_a_file(void **state)
{
    (void)state;
    struct bench *bench = parse_body("fn f(x: real) -> real = x");
    assert_int_equal(bench->diags.error_count, 1);
    bench_free(bench);
}

static void texts_without_items_are_empty_files(void **state)
{
    (void)state;
    const char *const texts[] = {"",       "\n\n", "// comment", "/* a */ /**/", "\xef\xbb\xbf",
                                 " \t\r\n"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct bench *bench = parse(texts[i]);
        assert_int_equal(bench->diags.list.count, 0);
        assert_string_equal(printed(bench), "(file)\n");
        bench_free(bench);
    }
}

static void byte_order_mark_and_carriage_returns_are_skipped(void **state)
{
    (void)state;
    struct bench *bench = parse("\xef\xbb\xbf/// one\r\n/// two\r\nfn f() = 1\r\n  + 2\r\n");
    assert_int_equal(bench->diags.list.count, 0);
    assert_string_equal(bench->tree->child[0]->text->text, "one\ntwo");
    assert_int_equal(body_of(bench)->kind, AST_ADD);
    bench_free(bench);
}

static void names_of_every_script_are_names(void **state)
{
    (void)state;
    struct bench *bench =
        parse("fn f(\xcf\x83: real, \xce\xbc_1: real, \xe5\x80\xa4: real, e\xcc\x81: real) = "
              "\xcf\x83*\xce\xbc_1");
    assert_int_equal(bench->diags.list.count, 0);
    assert_int_equal(body_of(bench)->kind, AST_MUL);
    assert_string_equal(body_of(bench)->child[0]->text->text, "\xcf\x83");
    bench_free(bench);
}

/* ------------------------------------------------------------------- spans */

static void expect_span(const struct bench *bench, struct adc_span span, const char *text)
{
    const char *source = bench->diags.sources.data[0].text;
    assert_int_equal(span.end - span.begin, strlen(text));
    assert_memory_equal(source + span.begin, text, strlen(text));
}

static void spans_are_those_of_the_source(void **state)
{
    (void)state;
    struct bench *bench =
        parse("/// doc\n@inline fn f(var x: real[2]) -> real = (x[0] + y.z)*-g(x) // c\n");
    const struct ast *item = bench->tree->child[0], *fn = item->child[0];
    assert_int_equal(bench->diags.list.count, 0);
    expect_span(bench, fn->span, "fn f(var x: real[2]) -> real = (x[0] + y.z)*-g(x)");
    expect_span(bench, fn->at, "f");
    expect_span(bench, item->child[1]->at, "inline");
    expect_span(bench, fn->child[0]->child[0]->span, "var x: real[2]");
    expect_span(bench, fn->child[0]->child[0]->at, "x");
    const struct ast *product = fn->child[2], *sum = product->child[0];
    expect_span(bench, product->span, "(x[0] + y.z)*-g(x)");
    expect_span(bench, product->at, "*");
    expect_span(bench, sum->span, "(x[0] + y.z)");
    expect_span(bench, sum->at, "+");
    expect_span(bench, sum->child[0]->at, "[0]");
    expect_span(bench, sum->child[1]->at, "z");
    expect_span(bench, product->child[1]->at, "-");
    expect_span(bench, product->child[1]->child[0]->at, "g");
    bench_free(bench);
}

/* ---------------------------------------------------------------- literals */

static double real_literal(const char *literal)
{
    char text[128];
    snprintf(text, sizeof text, "fn f() = %s", literal);
    struct bench *bench = parse(text);
    assert_int_equal(bench->diags.list.count, 0);
    assert_int_equal(body_of(bench)->kind, AST_REAL);
    double value = body_of(bench)->real;
    bench_free(bench);
    return value;
}

/* The nearest doubles, from the literature on decimal conversion (Gay 1990; the halfway and
 * subnormal cases that other readers got wrong). */
static void reals_are_rounded_correctly(void **state)
{
    (void)state;
    const struct {
        const char *literal;
        double value;
    } rows[] = {
        {"0.1", 0x1.999999999999ap-4},
        {"1e23", 0x1.52d02c7e14af6p+76},
        {"9007199254740993.0", 0x1p+53},
        {"9007199254740993.0000000000000001", 0x1.0000000000001p+53},
        {"2.2250738585072011e-308", 0x0.fffffffffffffp-1022},
        {"4.9e-324", 0x1p-1074},
        {"2.4703282292062327208e-324", 0.0},
        {"1.7976931348623157e308", DBL_MAX},
        {"1_000.5", 1000.5},
        {"12.50E+3", 12500.0},
        {"0.000000000000000000000000000001e+30", 1.0},
        {"0.0e999999999999", 0.0},
        {"1e-999999999999", 0.0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        double value = real_literal(rows[i].literal);
        assert_memory_equal(&value, &rows[i].value, sizeof value);
    }
}

static void ints_keep_their_digits(void **state)
{
    (void)state;
    struct bench *bench = parse("fn f() = 9_223_372_036_854_775_807");
    assert_int_equal(bench->diags.list.count, 0);
    assert_true(body_of(bench)->integer == INT64_MAX);
    assert_string_equal(body_of(bench)->text->text, "9_223_372_036_854_775_807");
    bench_free(bench);
}

static void strings_lose_their_escapes(void **state)
{
    (void)state;
    struct bench *bench = parse("fn f() = \"a\\n\\t\\r\\\"\\\\ // \xc2\xb5\"");
    assert_int_equal(bench->diags.list.count, 0);
    assert_string_equal(body_of(bench)->text->text, "a\n\t\r\"\\ // \xc2\xb5");
    bench_free(bench);
}

/* ---------------------------------------------------------- not even text */

static void bytes_that_are_no_text_are_refused(void **state)
{
    (void)state;
    expect_errors("fn f() = 1\n\0\0\0", 13, "E46 2:1 this is a NUL byte, not text\n");
    expect_errors("fn f() = \x01", 10, "E46 1:10 this is a control character (0x01), not text\n");
    expect_errors("\x7f", 1, "E46 1:1 this is a control character (0x7f), not text\n");
    expect_errors("a\rb", 3, "E46 1:2 this carriage return ends no line\n");
    expect_errors("a\r", 2, "E46 1:2 this carriage return ends no line\n");
    expect_errors("\xff\xfe"
                  "f\0",
                  4, "E46 1:1 this is UTF-16\n");
}

static void malformed_utf8_is_refused_at_its_place(void **state)
{
    (void)state;
    expect_errors("// \xff", 4, "E46 1:4 byte 0xff is not UTF-8\n");
    expect_errors("// \xc3", 4, "E46 1:4 byte 0xc3 is not UTF-8\n");
    expect_errors("// \xc0\x80", 5, "E46 1:4 byte 0xc0 is not UTF-8\n");
    expect_errors("// \xe0\x80\x80", 6, "E46 1:4 byte 0xe0 is not UTF-8\n");
    expect_errors("// \xed\xa0\x80", 6, "E46 1:4 byte 0xed is not UTF-8\n");
    expect_errors("// \xf4\x90\x80\x80", 7, "E46 1:4 byte 0xf4 is not UTF-8\n");
    expect_errors("// \xe2\x82(", 6, "E46 1:4 byte 0xe2 is not UTF-8\n");
}

static void twenty_errors_are_enough(void **state)
{
    (void)state;
    char text[4096] = "fn f(x: real) -> real {\n";
    for (int i = 0; i < 25; i++) strcat(text, "  x 1\n");
    strcat(text, "}\n");
    struct bench *bench = parse(text);
    assert_int_equal(bench->diags.list.count, 20);
    for (size_t i = 0; i < 20; i++) {
        const struct adc_diag *diag = bench->diags.list.data[i];
        assert_int_equal(diag->span.begin, 24 + 6 * i + 4);
        assert_true((diag->notes != NULL) == (i == 19));
    }
    bench_free(bench);
}

/* ------------------------------------------------------------------- depth */

/* head, `before` times, middle, `behind` times */
static char *nest(const char *before, size_t times, const char *middle, const char *behind)
{
    const char *head = "fn f(x: real) = ";
    size_t a = strlen(before), b = strlen(behind), m = strlen(middle), h = strlen(head);
    char *text = malloc(h + times * (a + b) + m + 1), *at = text;
    assert_non_null(text);
    memcpy(at, head, h);
    at += h;
    for (size_t i = 0; i < times; i++, at += a) memcpy(at, before, a);
    memcpy(at, middle, m);
    at += m;
    for (size_t i = 0; i < times; i++, at += b) memcpy(at, behind, b);
    *at = '\0';
    return text;
}

static const struct {
    const char *before, *middle, *behind;
} nests[] = {
    {"", "x", " + x"},
    {"x + (", "x", ")"},
    {"(", "x", ")"},
    {"sin(", "x", ")"},
    {"-", "x", ""},
    {"x^", "x", ""},
    {"not ", "x", ""},
    {"if x then 1 else ", "x", ""},
    {"if x { 1 } else ", "{ x }", ""},
    {"{", "x", "}"},
    {"x[", "0", "]"},
    {"[", "x", "]"},
    {"sum(i: ", "x", ")"},
    {"fn(y) => ", "x", ""},
    {"", "x", "'"},
    {"", "x", ".a"},
    {"{ let a = ", "x", "; a }"},
    {"if x then ", "1", " else 0"},
    {"{ if x ", "{ 1 }", " }"},
    {"", "f", "(x)"},
};

static void *parse_nests(void *unused)
{
    (void)unused;
    for (size_t i = 0; i < sizeof nests / sizeof nests[0]; i++) {
        char *text = nest(nests[i].before, 100000, nests[i].middle, nests[i].behind);
        struct bench *bench = parse(text);
        size_t errors = bench->diags.list.count, bytes = bench->bytes;
        free(text);
        bench_free(bench);
        if (errors || bytes > 200u * 1000 * 1000) return (void *)nests[i].before;
    }
    return NULL;
}

/* With little stack, and in memory that is linear in the text. */
static void nests_of_100000_levels_parse(void **state)
{
    (void)state;
    pthread_attr_t attributes;
    pthread_t thread;
    void *failed = "";
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, 512 * 1024);
    assert_int_equal(pthread_create(&thread, &attributes, parse_nests, NULL), 0);
    pthread_join(thread, &failed);
    pthread_attr_destroy(&attributes);
    assert_null(failed);
}

static void expect_depth_error(const char *before, const char *message)
{
    char *text = nest(before, 10 * 1000 * 1000, "x", "");
    struct bench *bench = parse(text);
    assert_int_equal(bench->diags.list.count, 1);
    assert_int_equal(bench->diags.list.data[0]->code, ADC_E37);
    assert_string_equal(bench->diags.list.data[0]->text, message);
    assert_true(bench->bytes < 600u * 1000 * 1000);
    bench_free(bench);
    free(text);
}

static void nests_of_ten_million_levels_are_refused(void **state)
{
    (void)state;
    expect_depth_error("(", "nested deeper than 500000");
    expect_depth_error("[{", "nested deeper than 500000");
    expect_depth_error("-", "nested deeper than 3000000");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bad_programs_give_their_diagnostics),
        cmocka_unit_test(design_programs_parse_or_are_refused),
        cmocka_unit_test(good_programs_give_their_trees),
        cmocka_unit_test(body_takes_semicolons_and_line_ends),
        cmocka_unit_test(body_is_not_a_file),
        cmocka_unit_test(texts_without_items_are_empty_files),
        cmocka_unit_test(byte_order_mark_and_carriage_returns_are_skipped),
        cmocka_unit_test(names_of_every_script_are_names),
        cmocka_unit_test(spans_are_those_of_the_source),
        cmocka_unit_test(reals_are_rounded_correctly),
        cmocka_unit_test(ints_keep_their_digits),
        cmocka_unit_test(strings_lose_their_escapes),
        cmocka_unit_test(bytes_that_are_no_text_are_refused),
        cmocka_unit_test(malformed_utf8_is_refused_at_its_place),
        cmocka_unit_test(twenty_errors_are_enough),
        cmocka_unit_test(nests_of_100000_levels_parse),
        cmocka_unit_test(nests_of_ten_million_levels_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
