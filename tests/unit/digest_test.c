/* SHA-256 against the examples of FIPS 180-4 and of NIST's test vectors. */
#include "base/digest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void expect(const char *text, size_t piece, const char *wanted)
{
    struct adc_digest digest;
    char found[ADC_DIGEST_TEXT + 1];
    adc_digest_init(&digest);
    for (size_t at = 0, length = strlen(text); at < length; at += piece)
        adc_digest_put(&digest, text + at, length - at < piece ? length - at : piece);
    adc_digest_end(&digest, found);
    assert_string_equal(found, wanted);
}

static void published_digests(void **state)
{
    (void)state;
    expect("", 1, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    for (size_t piece = 1; piece < 130; piece++) {
        expect("abc", piece, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        expect("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", piece,
               "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
        expect("abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopq"
               "klmnopqrlmnopqrsmnopqrstnopqrstu",
               piece, "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1");
    }
}

static void a_million_letters(void **state)
{
    struct adc_digest digest;
    char found[ADC_DIGEST_TEXT + 1];
    (void)state;
    adc_digest_init(&digest);
    for (int i = 0; i < 100000; i++) adc_digest_put(&digest, "aaaaaaaaaa", 10);
    adc_digest_end(&digest, found);
    assert_string_equal(found, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

static void texts_do_not_run_together(void **state)
{
    struct adc_digest digest;
    char found[2][ADC_DIGEST_TEXT + 1];
    const char *const words[2][2] = {{"ab", "c"}, {"a", "bc"}};
    (void)state;
    for (int i = 0; i < 2; i++) {
        adc_digest_init(&digest);
        for (int k = 0; k < 2; k++) adc_digest_text(&digest, words[i][k]);
        adc_digest_end(&digest, found[i]);
    }
    assert_string_not_equal(found[0], found[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_digests),
        cmocka_unit_test(a_million_letters),
        cmocka_unit_test(texts_do_not_run_together),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
