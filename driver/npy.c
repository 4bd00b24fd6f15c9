/* Reading .npy: the header by its grammar, elements byte by byte so that no byte order of the host
 * matters. */
#include "driver/npy.h"

#include <string.h>

static const struct {
    const char *descr;
    size_t size;
} types[NPY_TYPE_COUNT] = {
    [NPY_F8] = {"<f8", 8}, [NPY_F4] = {"<f4", 4}, [NPY_I8] = {"<i8", 8},
    [NPY_I4] = {"<i4", 4}, [NPY_B1] = {"|b1", 1},
};

/* ----------------------------------------------------------------------- header */

struct header {
    const char *at, *end;
    struct npy *npy;
    bool descr, order, shape; /* seen */
};

static void skip_blanks(struct header *header)
{
    while (header->at < header->end && (*header->at == ' ' || *header->at == '\n')) header->at++;
}

static bool take(struct header *header, const char *text)
{
    size_t length = strlen(text);
    skip_blanks(header);
    if ((size_t)(header->end - header->at) < length || memcmp(header->at, text, length) != 0)
        return false;
    header->at += length;
    return true;
}

/* 'descr' with either quote; NULL if there is no string. */
static const char *take_string(struct header *header, size_t *length)
{
    skip_blanks(header);
    if (header->at >= header->end || (*header->at != '\'' && *header->at != '"')) return NULL;
    char quote = *header->at++;
    const char *begin = header->at;
    const char *close = memchr(begin, quote, (size_t)(header->end - begin));
    if (!close) return NULL;
    *length = (size_t)(close - begin);
    header->at = close + 1;
    return begin;
}

static const char malformed[] = "has a header that is not NumPy's";

static const char *read_descr(struct header *header)
{
    size_t length;
    const char *text = take_string(header, &length);
    header->descr = true;
    for (unsigned t = 0; text && t < NPY_TYPE_COUNT; t++)
        if (length == strlen(types[t].descr) && memcmp(text, types[t].descr, length) == 0) {
            header->npy->type = (enum npy_type)t;
            return NULL;
        }
    if (text && length && *text == '>') return "is big-endian; save it as `<f8`";
    return "holds elements of another type than <f8, <f4, <i8, <i4 and |b1";
}

static const char *read_length(struct header *header)
{
    int64_t value = 0;
    if (header->npy->rank == ADC_MAX_AXES) return "has more than 8 axes";
    if (header->at >= header->end || *header->at < '0' || *header->at > '9') return malformed;
    for (; header->at < header->end && *header->at >= '0' && *header->at <= '9'; header->at++) {
        if (value > (INT64_MAX - 9) / 10) return malformed;
        value = value * 10 + (*header->at - '0');
    }
    header->npy->length[header->npy->rank++] = value;
    return NULL;
}

/* ()  (3,)  (3, 4) */
static const char *read_shape(struct header *header)
{
    header->shape = true;
    if (!take(header, "(")) return malformed;
    while (!take(header, ")")) {
        const char *problem = read_length(header);
        if (problem) return problem;
        if (take(header, ",")) continue;
        return take(header, ")") ? NULL : malformed;
    }
    return NULL;
}

static const char *read_entry(struct header *header, bool *fortran)
{
    size_t length;
    const char *key = take_string(header, &length);
    if (!key || !take(header, ":")) return malformed;
    if (length == 5 && memcmp(key, "descr", 5) == 0) return read_descr(header);
    if (length == 5 && memcmp(key, "shape", 5) == 0) return read_shape(header);
    if (length != 13 || memcmp(key, "fortran_order", 13) != 0) return malformed;
    header->order = true;
    *fortran = take(header, "True");
    return *fortran || take(header, "False") ? NULL : malformed;
}

static const char *read_header(struct header *header)
{
    bool fortran = false;
    if (!take(header, "{")) return malformed;
    while (!take(header, "}")) {
        const char *problem = read_entry(header, &fortran);
        if (problem) return problem;
        if (take(header, ",")) continue;
        if (take(header, "}")) break;
        return malformed;
    }
    if (!header->descr || !header->order || !header->shape) return malformed;
    if (fortran && header->npy->rank > 1)
        return "is in Fortran order; save it with numpy.ascontiguousarray";
    return NULL;
}

/* --------------------------------------------------------------------- the file */

/* How many elements there are, if so many can be in `size` bytes. */
static const char *count_elements(struct npy *npy, size_t size)
{
    bool empty = false;
    npy->count = 1;
    for (unsigned i = 0; i < npy->rank; i++) empty |= npy->length[i] == 0;
    if (empty) npy->count = 0;
    for (unsigned i = 0; i < npy->rank && !empty; i++) {
        if ((uint64_t)npy->length[i] > size / npy->count) return "ends before its last element";
        npy->count *= (size_t)npy->length[i];
    }
    if (npy->count > size / types[npy->type].size) return "ends before its last element";
    return npy->count * types[npy->type].size < size ? "goes on behind its last element" : NULL;
}

const char *npy_open(const char *bytes, size_t size, struct npy *npy)
{
    const unsigned char *byte = (const unsigned char *)bytes;
    *npy = (struct npy){0};
    if (size < 10 || memcmp(bytes, "\x93NUMPY", 6) != 0) return "is no file of NumPy (.npy)";
    if (byte[6] != 1 && byte[6] != 2) return "has a format other than 1 and 2 of NumPy";
    size_t begin = byte[6] == 1 ? 10 : 12;
    if (size < begin) return malformed;
    size_t length = (size_t)byte[8] | (size_t)byte[9] << 8;
    if (byte[6] == 2) length |= (size_t)byte[10] << 16 | (size_t)byte[11] << 24;
    if (length > size - begin) return malformed;
    struct header header = {.at = bytes + begin, .end = bytes + begin + length, .npy = npy};
    const char *problem = read_header(&header);
    if (problem) return problem;
    npy->data = byte + begin + length;
    return count_elements(npy, size - begin - length);
}

union adc_value npy_element(const struct npy *npy, size_t at, enum adc_type *type)
{
    size_t size = types[npy->type].size;
    uint64_t bits = 0;
    union adc_value value = {.bits = 0};
    for (size_t i = 0; i < size; i++) bits |= (uint64_t)npy->data[at * size + i] << (8 * i);
    uint32_t low = (uint32_t)bits;
    float single;
    int32_t whole;
    memcpy(&single, &low, sizeof low);
    memcpy(&whole, &low, sizeof low);
    switch (npy->type) {
    case NPY_F8:
        *type = ADC_F64;
        value.bits = bits;
        break;
    case NPY_F4:
        *type = ADC_F64;
        value.f64 = (double)single;
        break;
    case NPY_I8:
        *type = ADC_INT;
        value.bits = bits;
        break;
    case NPY_I4:
        *type = ADC_INT;
        value.integer = whole;
        break;
    case NPY_B1:
    case NPY_TYPE_COUNT:
        *type = ADC_BOOL;
        value.boolean = bits != 0;
        break;
    }
    return value;
}
