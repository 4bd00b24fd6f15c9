/* The fuzz entry of the parser without libFuzzer: mutates seeds a fixed number of times from a
 * fixed seed, so that every run tries the same inputs. Run from the root of the repository.
 *
 *     test_parse_fuzz_test [inputs [seed]]
 *     test_parse_fuzz_test FILE        one input, to repeat a crash */
#define _POSIX_C_SOURCE 200809L
#include "tests/fuzz/fuzz_parse.c"

#include <dirent.h>
#include <stdio.h>
#include <string.h>

enum { MOST_SEEDS = 256, LONGEST = 4096 };

struct seeds {
    uint8_t *data[MOST_SEEDS];
    size_t size[MOST_SEEDS], count;
};

static const char *const pieces[] = {
    "fn ",
    "let ",
    "mut ",
    "rec ",
    "const ",
    "data ",
    "var ",
    "type ",
    "import ",
    " as ",
    "export ",
    "extern ",
    " with ",
    "require ",
    "if ",
    " then ",
    " else ",
    "for ",
    "while ",
    " in ",
    " and ",
    " or ",
    "not ",
    " div ",
    " mod ",
    "true",
    "..",
    "->",
    "=>",
    "==",
    "+=",
    "++",
    "--",
    "**",
    "%",
    "?",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    ",",
    ":",
    ";",
    "\n",
    "\n  ",
    "@a ",
    "\n@b(",
    "\"",
    "\\",
    "/*",
    "*/",
    "//",
    "///",
    "'",
    "1",
    "1.5",
    "2x",
    ".5",
    "1.",
    "x",
    "return ",
    "elif ",
    "def ",
    "double ",
    "\xce\xbc",
    "\xe2\x88\x92",
    "\xc2\xa0",
    "\xff",
    "\r\n",
    "vjp (",
    "\nfn f() = ",
    "\nlet ",
    "\n}\n",
    "if x { y } else ",
    "sum(i in 0..3 if i > 0: ",
    "\t",
    "#",
};

static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state >> 11;
}

static size_t below(uint64_t *state, size_t bound)
{
    return bound ? (size_t)(next_random(state) % bound) : 0;
}

/* --------------------------------------------------------------------- seeds */

static uint8_t *read_file(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    if (!file) return NULL;
    uint8_t *data = malloc(1 << 20);
    *size = fread(data, 1, 1 << 20, file);
    fclose(file);
    return data;
}

/* In the order of names: the inputs must not depend on the file system. */
static void add_folder(struct seeds *seeds, const char *folder)
{
    struct dirent **entries = NULL;
    int count = scandir(folder, &entries, NULL, alphasort);
    for (int i = 0; i < count; i++) {
        char path[512];
        snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name);
        if (entries[i]->d_name[0] != '.' && strstr(path, ".ad") && seeds->count < MOST_SEEDS) {
            seeds->data[seeds->count] = read_file(path, &seeds->size[seeds->count]);
            seeds->count++;
        }
        free(entries[i]);
    }
    free(entries);
}

/* ----------------------------------------------------------------- mutations */

static size_t insert(uint8_t *data, size_t size, size_t at, const void *piece, size_t length)
{
    if (size + length > LONGEST) return size;
    memmove(data + at + length, data + at, size - at);
    memcpy(data + at, piece, length);
    return size + length;
}

static size_t erase(uint8_t *data, size_t size, size_t at, size_t length)
{
    if (length > size - at) length = size - at;
    memmove(data + at, data + at + length, size - at - length);
    return size - length;
}

static size_t mutate(uint8_t *data, size_t size, const struct seeds *seeds, uint64_t *random)
{
    uint8_t copy[64];
    size_t at = below(random, size + 1), length = 1 + below(random, 40);
    size_t other = below(random, seeds->count), from = below(random, seeds->size[other]);
    const char *piece = pieces[below(random, sizeof pieces / sizeof pieces[0])];
    switch (below(random, 7)) {
    case 0: return erase(data, size, at, 1);
    case 1: return erase(data, size, at, length);
    case 2: /* some bytes of another seed */
        if (length > seeds->size[other] - from) length = seeds->size[other] - from;
        return insert(data, size, at, seeds->data[other] + from, length);
    case 3: /* some bytes of its own again */
        if (length > size - at) length = size - at;
        memcpy(copy, data + at, length);
        return insert(data, size, below(random, size + 1), copy, length);
    case 4: /* any byte */
        if (at < size && below(random, 8) == 0) data[at] = (uint8_t)next_random(random);
        return size;
    default: return insert(data, size, at, piece, strlen(piece));
    }
}

static void run(const struct seeds *seeds, unsigned long inputs, uint64_t random)
{
    for (unsigned long i = 0; i < inputs; i++) {
        static const size_t most[] = {1, 2, 4, 16};
        size_t seed = i % seeds->count, size = seeds->size[seed];
        uint8_t data[LONGEST];
        if (size > LONGEST) size = LONGEST;
        memcpy(data, seeds->data[seed], size);
        for (size_t k = most[below(&random, 4)]; k > 0; k--)
            size = mutate(data, size, seeds, &random);
        uint8_t *exact = malloc(size ? size : 1); /* of its very size: reads behind it are seen */
        memcpy(exact, data, size);
        LLVMFuzzerTestOneInput(exact, size);
        free(exact);
    }
}

int main(int count, char **arguments)
{
    struct seeds seeds = {.count = 0};
    unsigned long inputs = count > 1 ? strtoul(arguments[1], NULL, 10) : 20000;
    uint64_t random = count > 2 ? strtoull(arguments[2], NULL, 10) : 20240229;
    if (count > 1 && inputs == 0) {
        size_t size = 0;
        uint8_t *data = read_file(arguments[1], &size);
        if (data) LLVMFuzzerTestOneInput(data, size);
        free(data);
        return data ? 0 : 1;
    }
    add_folder(&seeds, "tests/fuzz/corpus");
    add_folder(&seeds, "tests/syntax/bad");
    add_folder(&seeds, "tests/syntax/good");
    if (seeds.count < 40) {
        fprintf(stderr, "no seeds: run this from the root of the repository\n");
        return 1;
    }
    run(&seeds, inputs, random);
    printf("%lu inputs from %zu seeds\n", inputs, seeds.count);
    for (size_t i = 0; i < seeds.count; i++) free(seeds.data[i]);
    return 0;
}
