/* The formatter: layout by examples, and for every program at hand that parses: formatting again
 * changes nothing, and the tree is the one it was (compared as ast_print writes it, which is
 * independent of the formatter's own check). */
#define _XOPEN_SOURCE 700 /* opendir */
#include "frontend/format.h"

#include "frontend/ast.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct bench {
    struct adc_heap heap;
    struct adc_arena arena;
    struct adc_names names;
    struct adc_diags diags;
};

static void open_bench(struct bench *bench, jmp_buf *out_of_memory)
{
    memset(bench, 0, sizeof *bench);
    bench->heap.allocator = adc_standard_allocator();
    bench->heap.out_of_memory = out_of_memory;
    adc_arena_init(&bench->arena, &bench->heap);
    adc_names_init(&bench->names, &bench->arena);
    adc_diags_init(&bench->diags, &bench->arena);
}

/* The formatted text, or NULL after syntax errors; fails the test if it would mean something
 * else. */
static const char *format(struct bench *bench, const char *name, const char *text)
{
    struct adc_text out;
    uint32_t errors = bench->diags.error_count;
    adc_text_init(&out, &bench->arena);
    uint32_t source = adc_source_add(&bench->diags, name, text, strlen(text));
    bool done = fe_format(&bench->arena, &bench->names, &bench->diags, source, &out);
    if (!done && bench->diags.error_count > errors) return NULL;
    if (!done) fail_msg("%s: formatting would change the meaning:\n%s", name, out.data);
    return out.data ? out.data : "";
}

static const char *tree_of(struct bench *bench, const char *text)
{
    struct adc_text out;
    adc_text_init(&out, &bench->arena);
    uint32_t source = adc_source_add(&bench->diags, "tree", text, strlen(text));
    ast_print(ast_parse(&bench->arena, &bench->names, &bench->diags, source), &out, NULL);
    return out.data;
}

/* True if the text parses. */
static bool check_laws(struct bench *bench, const char *name, const char *text)
{
    const char *once = format(bench, name, text);
    if (!once) return false;
    const char *twice = format(bench, name, once);
    if (!twice) fail_msg("%s: does not parse any more:\n%s", name, once);
    if (strcmp(once, twice) != 0) fail_msg("%s: not idempotent:\n%s\n%s", name, once, twice);
    if (strcmp(tree_of(bench, text), tree_of(bench, once)) != 0) fail_msg("%s: another tree", name);
    return true;
}

/* ------------------------------------------------------------------ examples */

struct example {
    const char *in, *out; /* out NULL: unchanged */
};

static void check_examples(const struct example *examples, size_t count)
{
    struct bench bench;
    jmp_buf out_of_memory;
    if (setjmp(out_of_memory)) fail_msg("out of memory");
    open_bench(&bench, &out_of_memory);
    for (size_t i = 0; i < count; i++) {
        const char *got = format(&bench, "example", examples[i].in);
        if (!got) fail_msg("does not parse: %s", examples[i].in);
        assert_string_equal(got, examples[i].out ? examples[i].out : examples[i].in);
        assert_true(check_laws(&bench, "example", examples[i].in));
    }
    adc_arena_free(&bench.arena);
}

#define CHECK(...)                                                    \
    do {                                                              \
        static const struct example examples[] = {__VA_ARGS__};       \
        check_examples(examples, sizeof examples / sizeof *examples); \
    } while (0)

static void test_blanks(void **state)
{
    (void)state;
    CHECK({"const a:real=x * y+c/ 2-z ^2", "const a: real = x*y + c/2 - z^2\n"},
          {"const a = - x ^ - y * - z", "const a = -x^-y*-z\n"},
          {"const a = x--y", "const a = x - -y\n"},
          {"const a = f (x,y) [ 1 ] .u '", "const a = f(x, y)[1].u'\n"},
          {"const a = A@B div c mod d", "const a = A @ B div c mod d\n"},
          {"const a = !b && ! c or not(d)", "const a = !b && !c or not (d)\n"},
          {"const a = (x<y)==(y>=z)", "const a = (x < y) == (y >= z)\n"},
          {"const a = x>[1+2,3 , ]", "const a = x > [1 + 2, 3,]\n"},
          {"type L < H > = (w:real [4,H],b:K< H,2 > [H ])",
           "type L<H> = (w: real[4, H], b: K<H, 2>[H])\n"},
          {"import std . opt(a,b)", "import std.opt (a, b)\n"},
          {"extern fn g (x:real)->real=\"g\" with vjp(w,dw)=>dw*2",
           "extern fn g(x: real) -> real = \"g\" with vjp (w, dw) => dw*2\n"},
          {"const a = 2 .u\n", NULL}, {"const a = x/ /*c*/y", "const a = x/ /*c*/ y\n"},
          {"const a = A[ : ,0]+A[0, :]+A[1 ..]+A[.. 2]+A[ 0 .. N .. 2]",
           "const a = A[:, 0] + A[0, :] + A[1..] + A[..2] + A[0..N..2]\n"});
}

static void test_blanks_of_sums(void **state)
{
    (void)state;
    CHECK({"const a = x[i + 1] + x[2 * i - k + 1]", "const a = x[i+1] + x[2*i-k+1]\n"},
          {"const a = x[f(i)+1] + x[(i+1) mod N]", "const a = x[f(i) + 1] + x[(i + 1) mod N]\n"},
          {"const a = sum(i in 0 .. N - 1, j in n-1: [i+1, x[j + 1]][0])",
           "const a = sum(i in 0..N-1, j in n-1: [i + 1, x[j+1]][0])\n"},
          {"const a = [i+1, j]", "const a = [i + 1, j]\n"},
          {"const a = [i in 1..n+1 if i+1 > 2: i+1]",
           "const a = [i in 1..n+1 if i + 1 > 2: i + 1]\n"},
          {"fn f() {\n  for t in 0..T - 1 { g(t+1) }\n}\n",
           "fn f() {\n  for t in 0..T-1 { g(t + 1) }\n}\n"},
          /* a sign that begins a line must keep its blank */
          {"fn f() {\n  for t in 0..T\n - 1 { }\n}\n",
           "fn f() {\n  for t in 0..T\n      - 1 {}\n}\n"});
}

static void test_line_ends(void **state)
{
    (void)state;
    CHECK({"\n\n\nconst a = 1\n\n\n\nconst b = 2\n\n\n", "const a = 1\n\nconst b = 2\n"},
          {"const a = 1 ;;\n;const b = 2;", "const a = 1\nconst b = 2\n"},
          {"const a = 1;const b = 2 ; const c = 3", "const a = 1; const b = 2; const c = 3\n"},
          {"fn f() { let y = x;-y}", "fn f() { let y = x; -y }\n"},
          {"fn f() {\n\n\n  let y = x\n -y\n\n}", "fn f() {\n  let y = x\n  -y\n}\n"},
          {"fn f() {\n  let y = x\n   - y\n  y\n}", "fn f() {\n  let y = x\n      - y\n  y\n}\n"},
          {"fn f() {\n  -\n  x\n}", "fn f() {\n  -x\n}\n"},
          /* a block would go on with the statement above */
          {"fn f() {\n  a;\n  { b }\n}", "fn f() {\n  a;\n  { b }\n}\n"},
          {"@inline ;\nfn f() {}\n@a fn g() {}\n", "@inline\nfn f() {}\n@a fn g() {}\n"},
          {"const a = 1\r\nconst b = 2\r\n", "const a = 1\nconst b = 2\n"},
          {"\xef\xbb\xbf"
           "const a = 1",
           "const a = 1\n"},
          {"", NULL}, {"\n \n", ""});
}

static void test_indentation(void **state)
{
    (void)state;
    CHECK({"fn f()\n{\nif a {\nb\n}\nelse {\nc\n}\n}",
           "fn f() {\n  if a {\n    b\n  } else {\n    c\n  }\n}\n"},
          {"fn f(a: real,\n  b: real)\n-> real\n = a",
           "fn f(a: real,\n     b: real)\n    -> real\n    = a\n"},
          {"fn f() =\n a\n+ b\n with vjp (y) =>\n c",
           "fn f() =\n  a\n    + b\n  with vjp (y) =>\n    c\n"},
          {"fn f() {\nlet t = if c\nthen a\nelse if d then b\nelse {\ne\n}\n}",
           "fn f() {\n  let t = if c\n          then a\n          else if d then b\n"
           "          else {\n            e\n          }\n}\n"},
          {"const a = f(\nb,\ng(c,\nd\n+ e),\n)",
           "const a = f(\n    b,\n    g(c,\n      d\n        + e),\n)\n"},
          {"const a = sum(i:\nx[i]\n- 1)", "const a = sum(i:\n    x[i]\n      - 1)\n"},
          {"const a = [i: {\nb\n}]", "const a = [i: {\n  b\n}]\n"},
          {"fn f() { a\nb }", "fn f() {\n  a\n  b\n}\n"}, {"fn f() {\n;\n}", "fn f() {}\n"});
}

static void test_comments(void **state)
{
    (void)state;
    CHECK({"// a  \n\n\n// b", "// a\n\n// b\n"}, {"/* a */const a = 1", "/* a */ const a = 1\n"},
          {"fn f() { // a\n// b\n  x // c\n\n // d\n}",
           "fn f() { // a\n  // b\n  x // c\n\n  // d\n}\n"},
          {"const a = f(/*b*/x/*c*/,y /*d*/)", "const a = f(/*b*/ x /*c*/, y /*d*/)\n"},
          {"fn f() {\n  x; /* a\n    b */\n  y\n}", "fn f() {\n  x  /* a\n    b */\n  y\n}\n"},
          {"fn f() {\n  x\n  -/*a*/ y\n}\n", NULL},
          {"// a\n; // b\nconst a = 1", "// a\n// b\nconst a = 1\n"},
          {"const a = 1 /*\n*/const b = 2", "const a = 1 /*\n*/\nconst b = 2\n"},
          /* a column of comments stays one, and moves when it must */
          {"const a=1   // a\nconst bb=2  // b\n", "const a = 1  // a\nconst bb = 2 // b\n"},
          {"const a=1  // a\nconst b=23 // b\n", "const a = 1  // a\nconst b = 23 // b\n"},
          {"const a = 1      // a\nconst b = 23     // b\nconst c = 1 // c\n", NULL},
          /* doc comments are part of the tree */
          {"///  a  \nfn f() {}", "///  a  \nfn f() {}\n"}, {"const a = 1 ///b\nfn f() {}\n", NULL},
          {"; /// no doc\nfn f() {}\n", NULL},
          {"const a = 1\n; /// no doc\nfn f() {}", "const a = 1 /// no doc\nfn f() {}\n"});
}

/* ------------------------------------------------------------------ programs */

struct programs {
    struct bench *bench;
    unsigned formatted, errors;
};

static char *read_file(struct bench *bench, const char *path)
{
    FILE *file = fopen(path, "rb");
    if (!file) fail_msg("cannot read %s", path);
    struct adc_text text;
    char block[4096];
    size_t got;
    bool whole = true;
    adc_text_init(&text, &bench->arena);
    adc_text_add(&text, "");
    while ((got = fread(block, 1, sizeof block, file)) > 0) {
        whole = whole && !memchr(block, 0, got);
        adc_text_put(&text, block, got);
    }
    fclose(file);
    return whole ? text.data : NULL;
}

static void check_file(struct programs *programs, const char *path)
{
    size_t length = strlen(path);
    if (length < 3 || strcmp(path + length - 3, ".ad") != 0) return;
    const char *text = read_file(programs->bench, path);
    if (text && check_laws(programs->bench, path, text)) programs->formatted++;
    else programs->errors++;
}

/* Files in a folder and those below it; false if there is no such folder. */
static bool check_folder(struct programs *programs, const char *root)
{
    struct adc_arena *arena = &programs->bench->arena;
    ADC_VEC(const char *) paths = {0};
    DIR *folder = opendir(root);
    if (!folder) return false;
    closedir(folder);
    ADC_PUSH(arena, paths, root);
    while (paths.count) {
        const char *path = paths.data[--paths.count];
        folder = opendir(path);
        if (!folder) {
            check_file(programs, path);
            continue;
        }
        for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
            struct adc_text below;
            if (entry->d_name[0] == '.') continue;
            adc_text_init(&below, arena);
            adc_text_format(&below, "%s/%s", path, entry->d_name);
            ADC_PUSH(arena, paths, below.data);
        }
        closedir(folder);
    }
    return true;
}

static void test_programs(void **state)
{
    (void)state;
    struct bench bench;
    jmp_buf out_of_memory;
    if (setjmp(out_of_memory)) fail_msg("out of memory");
    open_bench(&bench, &out_of_memory);
    struct programs programs = {.bench = &bench};
    assert_true(check_folder(&programs, ADC_SOURCE_DIR "/tests"));
    assert_true(check_folder(&programs, ADC_SOURCE_DIR "/examples"));
    unsigned skipped = !check_folder(&programs, ADC_SOURCE_DIR "/../shared/design/examples");
    print_message("%u programs formatted, %u with syntax errors, skipped %u collections\n",
                  programs.formatted, programs.errors, skipped);
    assert_true(programs.formatted >= 100);
    adc_arena_free(&bench.arena);
}

/* --------------------------------------------------------------------- depth */

enum { DEPTH = 20000 };

static const char *repeated(struct bench *bench, const char *before, const char *inner,
                            const char *after)
{
    struct adc_text text;
    adc_text_init(&text, &bench->arena);
    adc_text_add(&text, "fn f() = ");
    for (unsigned i = 0; i < DEPTH; i++) adc_text_add(&text, before);
    adc_text_add(&text, inner);
    for (unsigned i = 0; i < DEPTH; i++) adc_text_add(&text, after);
    return text.data;
}

/* The size of the result is linear, as indentation has a bound. */
static void test_depth(void **state)
{
    (void)state;
    static const char *const shapes[][3] = {{"(\n", "x", "\n)"},
                                            {"{\n", "x", "\n}"},
                                            {"-", "x", ""},
                                            {"x +\n", "x", ""},
                                            {"if c then ", "x", " else\ny"},
                                            {"x[", "0", "]"},
                                            {"fn(x) =>\n", "x", ""}};
    struct bench bench;
    jmp_buf out_of_memory;
    if (setjmp(out_of_memory)) fail_msg("out of memory");
    open_bench(&bench, &out_of_memory);
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        const char *text = repeated(&bench, shapes[i][0], shapes[i][1], shapes[i][2]);
        const char *once = format(&bench, "deep", text);
        assert_non_null(once);
        assert_string_equal(format(&bench, "deep", once), once);
        assert_true(strlen(once) <= 200 * DEPTH);
    }
    adc_arena_free(&bench.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_blanks),    cmocka_unit_test(test_blanks_of_sums),
        cmocka_unit_test(test_line_ends), cmocka_unit_test(test_indentation),
        cmocka_unit_test(test_comments),  cmocka_unit_test(test_programs),
        cmocka_unit_test(test_depth),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
