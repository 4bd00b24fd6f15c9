/* Whole files through the C library. A file with no end in sight is given up at 2 GiB. */
#define _XOPEN_SOURCE 700
#include "runtime/reader.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const size_t LARGEST_SOURCE = (size_t)1 << 31;

/* Drops what was read so far: `out` is the reason then. */
static bool refuse(struct adc_text *out, const char *reason)
{
    out->count = 0;
    adc_text_add(out, reason);
    return false;
}

static bool read_stream(FILE *stream, struct adc_text *out)
{
    char block[16384];
    for (;;) {
        size_t got = fread(block, 1, sizeof block, stream);
        adc_text_put(out, block, got);
        if (out->count >= LARGEST_SOURCE) return refuse(out, "larger than 2 GiB");
        if (got < sizeof block) break;
    }
    return ferror(stream) ? refuse(out, strerror(errno)) : true;
}

/* The stream is closed on the way out of memory, too. */
static bool read_and_close(FILE *stream, struct adc_text *out)
{
    struct adc_heap *heap = out->arena->heap;
    jmp_buf landing, *outer = heap->out_of_memory;
    heap->out_of_memory = &landing;
    int why = setjmp(landing);
    bool good = why == 0 && read_stream(stream, out);
    heap->out_of_memory = outer;
    fclose(stream);
    if (why) longjmp(*outer, why);
    return good;
}

static bool read_file(void *user, const char *path, struct adc_text *out)
{
    struct stat about;
    (void)user;
    if (stat(path, &about) != 0) {
        bool absent = errno == ENOENT || errno == ENOTDIR || errno == ENAMETOOLONG;
        return absent ? false : refuse(out, strerror(errno));
    }
    if (S_ISDIR(about.st_mode)) return refuse(out, "it is a directory");
    FILE *stream = fopen(path, "rb");
    if (!stream) return refuse(out, strerror(errno));
    return read_and_close(stream, out);
}

static bool identify(void *user, const char *path, struct adc_text *out)
{
    char real[PATH_MAX];
    (void)user;
    if (!realpath(path, real)) return false;
    adc_text_add(out, real);
    return true;
}

struct fe_loader reader_files(const char *const *folders, size_t count)
{
    return (struct fe_loader){
        .read_file = read_file, .identify = identify, .folders = folders, .folder_count = count};
}
