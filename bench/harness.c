/* Runs one problem at one size: checks every compiled gradient against the one by hand, then
 * measures all in turn, round by round, so that what slows the machine down slows all of them.
 *
 *     PROBLEM [--rounds R] [--seconds S] [--data FILE] SIZE ... [NAME=LIBRARY ...]
 *
 * One line of JSON on standard output. Exit status 1 if a gradient is wrong or a library fails. */
#define _POSIX_C_SOURCE 200809L
#include "bench.h"

#include <dlfcn.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_PROGRAMS = 8, MOST_ROUNDS = 101, MOST_SIZES = 8 };

/* Largest error of an entry, relative to the largest entry: sums of 1e6 terms in another order. */
static const double tolerance = 1e-9;

struct bench_source {
    FILE *given; /* NULL: numbers are made */
    uint64_t state;
};

struct program {
    const char *name;
    struct bench_call call; /* function NULL: by hand */
    double value, error;
    double *grad;
    long repeats;
    double seconds[MOST_ROUNDS];
};

struct run {
    int rounds;
    double seconds; /* of a round of one program, at least */
    const char *data;
    int64_t size[MOST_SIZES];
    int size_count, program_count;
    struct program programs[MOST_PROGRAMS];
};

static void fail(const char *what, const char *which)
{
    fprintf(stderr, "bench: %s: %s\n", what, which);
    exit(1);
}

double *bench_room(size_t count)
{
    void *room = NULL;
    size_t bytes = (count * sizeof(double) + 4095) / 4096 * 4096;
    if (posix_memalign(&room, 64, bytes + 4096)) fail("out of memory", "data");
    memset(room, 0, bytes);
    return room;
}

/* splitmix64 (Steele, Lea, Flood 2014): even in [0, 1). */
static double even(struct bench_source *source)
{
    uint64_t z = source->state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return (double)((z ^ z >> 31) >> 11) * 0x1p-53;
}

static double next(struct bench_source *source, double low, double high)
{
    double x;
    if (!source->given) return low + (high - low) * even(source);
    if (fread(&x, sizeof x, 1, source->given) != 1) fail("too few numbers", "data");
    return x;
}

double bench_real(struct bench_source *source, double low, double high)
{
    return next(source, low, high);
}

double *bench_reals(struct bench_source *source, size_t count, double low, double high)
{
    double *x = bench_room(count);
    for (size_t i = 0; i < count; i++) x[i] = next(source, low, high);
    return x;
}

int64_t *bench_ints(struct bench_source *source, size_t count, int64_t low, int64_t high)
{
    int64_t *x = (int64_t *)bench_room(count);
    for (size_t i = 0; i < count; i++)
        x[i] = (int64_t)floor(next(source, (double)low, (double)high));
    return x;
}

static double call(struct program *program, double *grad)
{
    if (program->call.function) {
        int status = bench_problem.compiled(&program->call, &program->value, grad);
        if (status) {
            fprintf(stderr, "bench: %s: status %d\n", program->name, status);
            exit(1);
        }
    } else {
        program->value = grad ? bench_problem.gradient(grad) : bench_problem.objective();
    }
    return program->value;
}

static void check(struct program *program, const struct program *by_hand, size_t entries)
{
    double worst = 0, largest = 0;
    for (size_t i = 0; i < entries; i++) {
        double off = fabs(program->grad[i] - by_hand->grad[i]);
        if (!(off <= worst) && !isnan(worst)) worst = off; /* NaN stays */
        largest = fmax(largest, fabs(by_hand->grad[i]));
    }
    worst /= largest > 0 ? largest : 1;
    double of_value = fabs(program->value - by_hand->value) / fmax(fabs(by_hand->value), 1e-300);
    program->error = worst >= of_value ? worst : of_value;
    if (!(program->error <= tolerance)) {
        fprintf(stderr, "bench: %s is wrong: gradient off by %.1e, value %.17g instead of %.17g\n",
                program->name, worst, program->value, by_hand->value);
        exit(1);
    }
}

static double timed(struct program *program)
{
    double start = bench_now();
    for (long i = 0; i < program->repeats; i++) call(program, program->grad);
    return (bench_now() - start) / (double)program->repeats;
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void measure(struct run *run)
{
    for (int i = 0; i < run->program_count; i++) {
        struct program *program = &run->programs[i];
        program->repeats = 1;
        double once = timed(program);
        program->repeats = once < run->seconds ? 1 + (long)(run->seconds / (once + 1e-9)) : 1;
    }
    for (int round = 0; round < run->rounds; round++)
        for (int i = 0; i < run->program_count; i++)
            run->programs[i].seconds[round] = timed(&run->programs[i]);
    for (int i = 0; i < run->program_count; i++)
        qsort(run->programs[i].seconds, (size_t)run->rounds, sizeof(double), ascending);
}

static void add_library(struct run *run, const char *name, const char *path)
{
    if (run->program_count == MOST_PROGRAMS) fail("too many libraries", path);
    struct program *program = &run->programs[run->program_count++];
    char symbol[256];
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!library) fail("cannot load", dlerror());
    program->name = name;
    program->call.function = dlsym(library, bench_problem.function);
    snprintf(symbol, sizeof symbol, "%s_work", bench_problem.function);
    program->call.work_size = dlsym(library, symbol);
    if (!program->call.function || !program->call.work_size) fail("no such function in", path);
}

static void read_arguments(struct run *run, int count, char **word)
{
    run->programs[run->program_count++].name = "objective";
    run->programs[run->program_count++].name = "hand";
    for (int i = 1; i < count; i++) {
        char *equals = strchr(word[i], '=');
        if (!strcmp(word[i], "--rounds") && i + 1 < count) run->rounds = atoi(word[++i]);
        else if (!strcmp(word[i], "--seconds") && i + 1 < count) run->seconds = atof(word[++i]);
        else if (!strcmp(word[i], "--data") && i + 1 < count) run->data = word[++i];
        else if (equals) *equals = 0, add_library(run, word[i], equals + 1);
        else if (run->size_count < MOST_SIZES) run->size[run->size_count++] = atoll(word[i]);
    }
    if (run->size_count != bench_problem.size_count) fail("wrong number of sizes", word[0]);
    if (run->rounds < 1 || run->rounds > MOST_ROUNDS) fail("rounds", "1 to 101");
}

static void report(const struct run *run)
{
    double bytes = bench_problem.bytes();
    printf("{");
    if (run->rounds > 1)
        printf("\"peak\": %.6g, \"bandwidth\": %.6g, ", bench_peak(), bench_bandwidth(bytes));
    printf("\"operations\": %.6g, \"bytes\": %.6g", bench_problem.operations(), bytes);
    printf(", \"entries\": %zu, \"programs\": [", bench_problem.entries());
    for (int i = 0; i < run->program_count; i++) {
        const struct program *program = &run->programs[i];
        printf("%s{\"name\": \"%s\", \"minimum\": %.9g, \"median\": %.9g, \"error\": %.3g}",
               i ? ", " : "", program->name, program->seconds[0], program->seconds[run->rounds / 2],
               program->error);
    }
    printf("]}\n");
}

int main(int count, char **word)
{
    struct run run = {.rounds = 7, .seconds = 0.02};
    struct bench_source source = {.state = 1};
    read_arguments(&run, count, word);
    if (run.data && !(source.given = fopen(run.data, "rb"))) fail("cannot read", run.data);
    bench_problem.prepare(run.size, &source);
    size_t entries = bench_problem.entries();
    for (int i = 0; i < run.program_count; i++) {
        struct program *program = &run.programs[i];
        program->grad = i ? bench_room(entries) : NULL;
        if (program->call.work_size)
            program->call.work =
                bench_room(bench_problem.work(program->call.work_size) / sizeof(double) + 8);
        if (i)
            memset(program->grad, 0xff, entries * sizeof(double)); /* NaN: what is left out shows */
        call(program, program->grad);
        if (i > 1) check(program, &run.programs[1], entries);
    }
    double value = run.programs[0].value, by_hand = run.programs[1].value;
    run.programs[0].error = fabs(value - by_hand) / fmax(fabs(by_hand), 1e-300);
    if (!(run.programs[0].error <= tolerance)) fail("values by hand differ", word[0]);
    if (run.rounds > 1) measure(&run);
    report(&run);
    return 0;
}
