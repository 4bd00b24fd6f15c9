/* SHA-256 (FIPS 180-4): names for contents, and whether a file is what was written. */
#ifndef ADC_BASE_DIGEST_H
#define ADC_BASE_DIGEST_H

#include <stddef.h>
#include <stdint.h>

enum { ADC_DIGEST_TEXT = 64 /* hexadecimal digits */ };

struct adc_digest {
    uint32_t state[8];
    uint64_t length; /* bytes so far */
    unsigned char block[64];
};

void adc_digest_init(struct adc_digest *digest);
void adc_digest_put(struct adc_digest *digest, const void *bytes, size_t length);
/* A text with its length, so that "ab", "c" is not "a", "bc". */
void adc_digest_text(struct adc_digest *digest, const char *text);
/* Ends it: 64 digits and a NUL. */
void adc_digest_end(struct adc_digest *digest, char text[ADC_DIGEST_TEXT + 1]);

#endif
