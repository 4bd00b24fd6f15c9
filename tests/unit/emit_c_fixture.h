/* A unit to emit, a directory of its own, and compilers to try the result: for tests of the C
 * emitter.
 *
 * Include after <cmocka.h>, with _XOPEN_SOURCE 700 for mkdtemp. */
#ifndef ADC_TESTS_EMIT_C_FIXTURE_H
#define ADC_TESTS_EMIT_C_FIXTURE_H

#include "tests/unit/emit_c_support.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define STRICT                                                                             \
    "-Wall -Wextra -Wpedantic -pedantic-errors -Wconversion -Wshadow -Wstrict-prototypes " \
    "-Wmissing-prototypes -Wcast-qual -Wdouble-promotion -Werror"

static const char *const compilers[] = {"gcc", "clang"};
static const char *const levels[] = {"-O0", "-O3 -march=native -ffp-contract=fast"};

enum { COMPILER_COUNT = 2, LEVEL_COUNT = 2 };

/* A bench, the texts of one unit, and a directory. */
struct fixture {
    struct bench bench;
    struct emit_c_unit unit;
    const struct loop_program *programs[16];
    struct adc_text source, header, manifest;
    char directory[64];
};

static inline int set_up(void **state)
{
    struct fixture *t = calloc(1, sizeof *t);
    bench_init(&t->bench);
    adc_text_init(&t->source, &t->bench.arena);
    adc_text_init(&t->header, &t->bench.arena);
    adc_text_init(&t->manifest, &t->bench.arena);
    t->unit = (struct emit_c_unit){.source_name = "test.ad",
                                   .header_name = "test.h",
                                   .prefix = "",
                                   .programs = t->programs,
                                   .diags = &t->bench.diags,
                                   .arena = &t->bench.arena};
    strcpy(t->directory, "/tmp/adc_emit_c_XXXXXX");
    *state = t;
    return mkdtemp(t->directory) ? 0 : -1;
}

static inline int tear_down(void **state)
{
    struct fixture *t = *state;
    char command[128];
    snprintf(command, sizeof command, "rm -r %s", t->directory);
    int status = system(command);
    adc_arena_free(&t->bench.arena);
    free(t);
    return status;
}

static inline void write_file(const struct fixture *t, const char *name, const char *text)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", t->directory, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

static inline void add(struct fixture *t, const struct loop_program *program)
{
    t->programs[t->unit.count++] = program;
}

/* Emits and writes test.c and test.h. */
static inline void emit(struct fixture *t)
{
    t->source.count = t->header.count = t->manifest.count = 0;
    assert_true(emit_c(&t->unit, &t->source, &t->header, &t->manifest));
    write_file(t, "test.c", t->source.data);
    write_file(t, "test.h", t->header.data);
    write_file(t, "test.json", t->manifest.data);
}

/* Exit status of a shell command in the directory; what it prints is shown only when it fails. */
static inline int run(const struct fixture *t, const char *command)
{
    char line[4096];
    snprintf(line, sizeof line, "cd %s && { %s; } >log 2>&1", t->directory, command);
    int status = system(line);
    return status == -1 ? -1 : status / 256 + (status & 0xFF);
}

static inline void must(const struct fixture *t, const char *command)
{
    if (run(t, command) == 0) return;
    char line[128];
    snprintf(line, sizeof line, "cat %s/log", t->directory);
    if (system(line) != 0) print_message("no log\n");
    print_message("%s\n", t->source.data);
    fail_msg("failed: %s", command);
}

static inline bool have(const struct fixture *t, const char *program)
{
    char command[64];
    snprintf(command, sizeof command, "command -v %s", program);
    return run(t, command) == 0;
}

/* Compiles test.c strictly with all compilers, links it with `main_text` and runs it. */
static inline void check_run(struct fixture *t, const char *main_text)
{
    write_file(t, "main.c", main_text);
    unsigned found = 0;
    for (unsigned i = 0; i < COMPILER_COUNT * LEVEL_COUNT; i++) {
        const char *compiler = compilers[i / LEVEL_COUNT];
        if (!have(t, compiler)) continue;
        char command[1024];
        snprintf(command, sizeof command,
                 "%s -std=c99 %s " STRICT
                 " -c test.c && %s -std=gnu11 -w main.c test.o -lm -o main "
                 "&& ./main",
                 compiler, levels[i % LEVEL_COUNT], compiler);
        must(t, command);
        found++;
    }
    assert_true(found > 0);
}

#define CHECKS                                                                                  \
    "#include \"test.h\"\n#include <math.h>\n#include <stdio.h>\n#include <stdlib.h>\n"         \
    "#include <string.h>\n#include <float.h>\n"                                                 \
    "#define CHECK(c) do { if (!(c)) { printf(\"line %d: %s\\n\", __LINE__, #c); exit(1); } } " \
    "while (0)\n"

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

static inline const struct adc_node *constant(struct adc_function *f, double value)
{
    return adc_real(f->graph, ADC_F64, value);
}

static inline const struct adc_node *apply(struct adc_function *f, enum adc_op op,
                                           const struct adc_node *x, const struct adc_node *y)
{
    return adc_apply2(f->graph, op, x, y);
}

/* fn z(var x, var y) = { let s = x*y + 5; s*5 + x } */
static inline struct adc_function *seed(struct fixture *t)
{
    struct bench *b = &t->bench;
    const char *text = "/// The example.\nexport fn z(var x: real, var y: real) -> real {\n"
                       "  let s = x*y + 5\n  s*5 + x\n}\n";
    adc_source_add(&b->diags, "test.ad", text, strlen(text));
    struct adc_function *f = bench_function(b, "z");
    f->doc = "The example.";
    f->span = (struct adc_span){0, 27, 28};
    const struct adc_node *x = bench_param(b, f, "x", ADC_F64),
                          *y = bench_param(b, f, "y", ADC_F64);
    const struct adc_node *five = constant(f, 5);
    f->graph->span = (struct adc_span){0, 75, 82};
    const struct adc_node *s = apply(f, ADC_OP_ADD, apply(f, ADC_OP_MUL, x, y), five);
    bench_name(b, f, s, "s");
    f->graph->span = (struct adc_span){0, 87, 94};
    bench_result(b, f, "result", apply(f, ADC_OP_ADD, apply(f, ADC_OP_MUL, s, five), x));
    return f;
}

#endif
