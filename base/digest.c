#include "base/digest.h"

#include <string.h>

/* Fractions of the cube roots of the first 64 primes. */
static const uint32_t round_constant[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

static uint32_t turned(uint32_t x, unsigned right)
{
    return x >> right | x << (32 - right);
}

static void schedule(const unsigned char *block, uint32_t *w)
{
    for (int i = 0; i < 16; i++)
        w[i] = (uint32_t)block[4 * i] << 24 | (uint32_t)block[4 * i + 1] << 16 |
               (uint32_t)block[4 * i + 2] << 8 | block[4 * i + 3];
    for (int i = 16; i < 64; i++) {
        uint32_t a = w[i - 15], b = w[i - 2];
        w[i] = w[i - 16] + w[i - 7] + (turned(a, 7) ^ turned(a, 18) ^ a >> 3) +
               (turned(b, 17) ^ turned(b, 19) ^ b >> 10);
    }
}

static void take_block(struct adc_digest *digest, const unsigned char *block)
{
    uint32_t w[64], s[8];
    schedule(block, w);
    memcpy(s, digest->state, sizeof s);
    for (int i = 0; i < 64; i++) {
        uint32_t choice = (s[4] & s[5]) ^ (~s[4] & s[6]);
        uint32_t majority = (s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]);
        uint32_t first = s[7] + (turned(s[4], 6) ^ turned(s[4], 11) ^ turned(s[4], 25)) + choice +
                         round_constant[i] + w[i];
        uint32_t second = (turned(s[0], 2) ^ turned(s[0], 13) ^ turned(s[0], 22)) + majority;
        memmove(s + 1, s, 7 * sizeof *s);
        s[4] += first;
        s[0] = first + second;
    }
    for (int i = 0; i < 8; i++) digest->state[i] += s[i];
}

/* Fractions of the square roots of the first 8 primes. */
void adc_digest_init(struct adc_digest *digest)
{
    *digest = (struct adc_digest){.state = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                            0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19}};
}

void adc_digest_put(struct adc_digest *digest, const void *bytes, size_t length)
{
    const unsigned char *from = bytes;
    size_t held = digest->length % 64;
    digest->length += length;
    while (length) {
        size_t taken = 64 - held < length ? 64 - held : length;
        if (taken == 64) {
            take_block(digest, from);
        } else {
            memcpy(digest->block + held, from, taken);
            if (held + taken == 64) take_block(digest, digest->block);
        }
        held = (held + taken) % 64;
        from += taken;
        length -= taken;
    }
}

void adc_digest_text(struct adc_digest *digest, const char *text)
{
    uint64_t length = strlen(text);
    adc_digest_put(digest, &length, sizeof length);
    adc_digest_put(digest, text, (size_t)length);
}

void adc_digest_end(struct adc_digest *digest, char text[ADC_DIGEST_TEXT + 1])
{
    static const char digits[] = "0123456789abcdef";
    static const unsigned char padding[64] = {0x80};
    unsigned char bits[8];
    uint64_t count = digest->length * 8;
    for (int i = 0; i < 8; i++) bits[i] = (unsigned char)(count >> (56 - 8 * i));
    size_t held = digest->length % 64;
    adc_digest_put(digest, padding, held < 56 ? 56 - held : 120 - held);
    adc_digest_put(digest, bits, sizeof bits);
    for (int i = 0; i < ADC_DIGEST_TEXT; i++)
        text[i] = digits[digest->state[i / 8] >> (28 - i % 8 * 4) & 15];
    text[ADC_DIGEST_TEXT] = 0;
}
