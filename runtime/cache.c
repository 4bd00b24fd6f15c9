/* An entry:
 *
 *     adc object 1
 *     KEY
 *     DIGEST of all that follows
 *     SYMBOL WORK_SYMBOL       one line a function
 *     bytes of the object */
#define _XOPEN_SOURCE 700
#include "runtime/cache.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char magic[] = "adc object 1\n";

enum { MAGIC = sizeof magic - 1, HEAD = MAGIC + 2 * (ADC_DIGEST_TEXT + 1) };

static char *path_of(const char *folder, const char *name, struct adc_arena *arena)
{
    struct adc_text path;
    adc_text_init(&path, arena);
    adc_text_format(&path, "%s/%s", folder, name);
    return path.data;
}

static void digest_of(const char *bytes, size_t size, char *text)
{
    struct adc_digest digest;
    adc_digest_init(&digest);
    adc_digest_put(&digest, bytes, size);
    adc_digest_end(&digest, text);
}

/* --------------------------------------------------------------------------------- reading */

static bool read_all(int file, char *to, size_t size)
{
    while (size) {
        ssize_t got = read(file, to, size);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return false;
        to += got;
        size -= (size_t)got;
    }
    return true;
}

/* Memory comes before the file is opened, since to find none leaves. */
static bool read_file(const char *path, struct adc_arena *arena, char **bytes, size_t *size)
{
    struct stat about;
    if (stat(path, &about) != 0 || !S_ISREG(about.st_mode) || about.st_size < HEAD) return false;
    *size = (size_t)about.st_size;
    *bytes = adc_arena_alloc(arena, *size + 1);
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return false;
    bool good = read_all(file, *bytes, *size);
    close(file);
    return good;
}

static bool is_whole(const char *bytes, size_t size, const char *key)
{
    char digest[ADC_DIGEST_TEXT + 1];
    digest_of(bytes + HEAD, size - HEAD, digest);
    return memcmp(bytes, magic, MAGIC) == 0 && memcmp(bytes + MAGIC, key, ADC_DIGEST_TEXT) == 0 &&
           memcmp(bytes + MAGIC + ADC_DIGEST_TEXT + 1, digest, ADC_DIGEST_TEXT) == 0;
}

/* Takes a word that ends with `end` off the text; NULL if none does. */
static const char *take_word(char **at, char *limit, char end)
{
    char *from = *at, *stop = memchr(from, end, (size_t)(limit - from));
    if (!stop) return NULL;
    *stop = 0;
    *at = stop + 1;
    return from;
}

bool cache_find(const char *folder, const char *key, struct adc_arena *arena, size_t count,
                struct native_object *object)
{
    char *bytes;
    size_t size;
    if (!read_file(path_of(folder, key, arena), arena, &bytes, &size)) return false;
    if (!is_whole(bytes, size, key)) return false;
    char *at = bytes + HEAD, *limit = bytes + size;
    object->count = count;
    object->symbols = ADC_NEW_ARRAY(arena, const char *, count);
    object->work_symbols = ADC_NEW_ARRAY(arena, const char *, count);
    for (size_t i = 0; i < count; i++) {
        object->symbols[i] = take_word(&at, limit, ' ');
        if (!object->symbols[i]) return false;
        object->work_symbols[i] = take_word(&at, limit, '\n');
        if (!object->work_symbols[i]) return false;
    }
    object->bytes = at;
    object->size = (size_t)(limit - at);
    return true;
}

/* --------------------------------------------------------------------------------- writing */

static bool write_all(int file, const char *from, size_t size)
{
    while (size) {
        ssize_t put = write(file, from, size);
        if (put < 0 && errno == EINTR) continue;
        if (put <= 0) return false;
        from += put;
        size -= (size_t)put;
    }
    return true;
}

void cache_keep(const char *folder, const char *key, struct adc_arena *arena,
                const struct native_object *object)
{
    struct adc_text entry;
    char digest[ADC_DIGEST_TEXT + 1];
    char *path = path_of(folder, key, arena), *temporary = path_of(folder, ".new_XXXXXX", arena);
    adc_text_init(&entry, arena);
    for (size_t i = 0; i < object->count; i++)
        adc_text_format(&entry, "%s %s\n", object->symbols[i], object->work_symbols[i]);
    adc_text_put(&entry, object->bytes, object->size);
    digest_of(entry.data, entry.count, digest);
    (void)mkdir(folder, S_IRWXU); /* it may be there */
    int file = mkstemp(temporary);
    if (file < 0) return;
    bool good = write_all(file, magic, MAGIC) && write_all(file, key, ADC_DIGEST_TEXT) &&
                write_all(file, "\n", 1) && write_all(file, digest, ADC_DIGEST_TEXT) &&
                write_all(file, "\n", 1) && write_all(file, entry.data, entry.count);
    good = close(file) == 0 && good;
    if (!good || rename(temporary, path) != 0) unlink(temporary);
}
