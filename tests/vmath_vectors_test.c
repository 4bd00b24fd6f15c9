/* Functions for lanes as the printer of vectors writes them: they compile without a warning, and
 * give the bits of the same texts over single numbers, with GCC and Clang at several levels, with
 * and without the instructions of this machine: all one checksum. So do those with fused
 * multiply-adds, for which the library stands where there is no instruction. */
#define _POSIX_C_SOURCE 200809L /* mkdtemp */

#include "backend/c_vector.h"

#include "tests/vmath_program.h"

static const char head[] = "#if defined(__AVX512F__)\n#define BYTES 64\n#define AVX512__\n"
                           "#elif defined(__AVX__)\n#define BYTES 32\n#define AVX__\n"
                           "#else\n#define BYTES 16\n#endif\n"
                           "#define VECTOR __attribute__((vector_size(BYTES)))\n"
                           "typedef double reals_d VECTOR;\ntypedef uint64_t bits_d VECTOR;\n"
                           "typedef int64_t masks_d VECTOR;\n"
                           "typedef float reals_s VECTOR;\ntypedef uint32_t bits_s VECTOR;\n"
                           "typedef int32_t masks_s VECTOR;\n\n";

static void write_program(const char *folder, bool fused)
{
    struct c_vector vectors[2] = {
        {.reals = "reals_d", .bits = "bits_d", .masks = "masks_d", .suffix = "_d"},
        {.reals = "reals_s", .bits = "bits_s", .masks = "masks_s", .suffix = "_s"}};
    _Static_assert(ADC_F64 == 0 && ADC_F32 == 1, "indices of vectors");
    for (unsigned w = 0; w < 2; w++) {
        vectors[w].fused = fused;
        c_vector_init(&vectors[w], &graph, (enum adc_type)w);
    }
    for (unsigned i = 0; adc_vmath_text(i, fused); i++)
        c_vector_need(&vectors[adc_vmath_type(i)], i);
    struct adc_text text;
    adc_text_init(&text, &arena);
    adc_text_add(&text, "#include \"tests/vmath_functions.h\"\n#include <stdio.h>\n\n");
    if (fused) put_fused_singles(&graph, "static", &text);
    adc_text_add(&text, head);
    for (unsigned w = 0; w < 2; w++) c_vector_put(&vectors[w], &text);
    put_program(fused, &text);
    write_text(folder, &text);
}

/* Levels and instructions, NULL behind the last: the first one's checksums are everyone's. */
static void compare(const char *const *compilers, bool fused)
{
    static const char options[] =
        "cd %s && %s -std=c11 -Wall -Wextra -Werror -Wno-psabi -Wno-unused-function "
        "-ffp-contract=off "
        "-I" ADC_SOURCE_DIR " -o program program.c -lm && ./program > output";
    char folder[] = "/tmp/adc-vmath-XXXXXX";
    assert_non_null(mkdtemp(folder));
    write_program(folder, fused);
    bool good = true;
    for (size_t i = 0; compilers[i]; i++) {
        good &= run(options, folder, compilers[i]);
        good &= run(i ? "cd %s && diff output %s >&2" : "cd %s && mv output %s", folder, "first");
    }
    if (good) good = run("rm -r %s%s", folder, "");
    assert_true(good);
}

static void vectors_give_the_bits_of_single_numbers(void **state)
{
    (void)state;
    static const char *const compilers[] = {
        "gcc -O0",   "gcc -O2 -mavx2 -mfma",    "gcc -O3 -march=native",
        "clang -O0", "clang -O3 -march=native", NULL,
    };
    compare(compilers, false);
}

static void fused_vectors_give_the_bits_of_single_numbers(void **state)
{
    (void)state;
    static const char *const compilers[] = {
        "gcc -O0", "gcc -O0 -mavx2 -mfma", "gcc -O1 -march=native", "clang -O0 -march=native", NULL,
    };
    compare(compilers, true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vectors_give_the_bits_of_single_numbers),
        cmocka_unit_test(fused_vectors_give_the_bits_of_single_numbers),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
