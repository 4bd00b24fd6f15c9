/* Reading imported files. Called back by the compiler, so nothing is reported here: the reason goes
 * into `out`. */
#define _XOPEN_SOURCE 700
#include "driver/imports.h"

#include "driver/session.h"

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
    bool good = read_stream(stream, out);
    fclose(stream);
    return good;
}

static bool identify(void *user, const char *path, struct adc_text *out)
{
    char real[PATH_MAX];
    (void)user;
    if (!realpath(path, real)) return false;
    adc_text_add(out, real);
    return true;
}

struct fe_loader imports_loader(struct session *session)
{
    const struct option_list *folders = &session->options.folders;
    return (struct fe_loader){.read_file = read_file,
                              .identify = identify,
                              .folders = folders->data,
                              .folder_count = folders->count};
}

/* The first source is the program itself. */
size_t imports_count(const struct session *session)
{
    size_t count = session->context.diags.sources.count;
    return count ? count - 1 : 0;
}

const char *imports_path(const struct session *session, size_t index)
{
    return session->context.diags.sources.data[index + 1].name;
}
