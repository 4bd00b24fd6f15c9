/* Reading whole files, writing all outputs or none. */
#define _XOPEN_SOURCE 700
#include "driver/files.h"

#include "driver/session.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const uint32_t LARGEST_SOURCE = 1u << 31;

void files_init(struct files *files, struct adc_arena *arena)
{
    *files = (struct files){.arena = arena};
}

/* ------------------------------------------------------------------------ paths */

const char *files_base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

bool files_ends_in(const char *path, const char *ending)
{
    size_t length = strlen(path), tail = strlen(ending);
    return length > tail && strcmp(path + length - tail, ending) == 0;
}

const char *files_with_ending(struct adc_arena *arena, const char *path, const char *ending)
{
    const char *base = files_base_name(path);
    const char *dot = strrchr(base, '.');
    size_t keep = dot && dot != base ? (size_t)(dot - path) : strlen(path);
    struct adc_text text;
    adc_text_init(&text, arena);
    adc_text_put(&text, path, keep);
    adc_text_add(&text, ending);
    return text.data;
}

/* ---------------------------------------------------------------------- reading */

static int cannot_read(struct session *session, const char *path, const char *why)
{
    return session_fail(session, STATUS_SYSTEM, "cannot read `%s`: %s", path, why);
}

static int read_all(struct session *session, int descriptor, const char *path,
                    struct adc_text *text)
{
    char block[65536];
    for (;;) {
        ssize_t got = read(descriptor, block, sizeof block);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return cannot_read(session, path, strerror(errno));
        if (got == 0) return STATUS_GOOD;
        adc_text_put(text, block, (size_t)got);
        if (text->count >= LARGEST_SOURCE) return cannot_read(session, path, "larger than 2 GiB");
    }
}

static int read_standard_input(struct session *session, struct adc_text *text)
{
    if (session->files.input_used)
        return session_fail(session, STATUS_USAGE, "standard input (`-`) is asked for twice");
    session->files.input_used = true;
    return read_all(session, STDIN_FILENO, "standard input", text);
}

static int read_path(struct session *session, const char *path, struct adc_text *text)
{
    struct stat about;
    if (stat(path, &about) != 0) return cannot_read(session, path, strerror(errno));
    if (S_ISDIR(about.st_mode)) return cannot_read(session, path, "it is a directory");
    int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) return cannot_read(session, path, strerror(errno));
    int status = read_all(session, descriptor, path, text);
    close(descriptor);
    return status;
}

int files_read(struct session *session, const char *path, const char **text, size_t *length)
{
    struct adc_text all;
    adc_text_init(&all, &session->arena);
    int status = strcmp(path, "-") == 0 ? read_standard_input(session, &all)
                                        : read_path(session, path, &all);
    *text = all.data;
    *length = all.count;
    return status;
}

/* ---------------------------------------------------------------------- writing */

const char *files_write_all(int descriptor, const char *data, size_t length)
{
    while (length > 0) {
        ssize_t done = write(descriptor, data, length);
        if (done < 0 && errno == EINTR) continue;
        if (done < 0) return strerror(errno);
        data += done;
        length -= (size_t)done;
    }
    return NULL;
}

const char *files_write_new(const char *path, const char *data, size_t length)
{
    int descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (descriptor < 0) return strerror(errno);
    const char *problem = files_write_all(descriptor, data, length);
    if (close(descriptor) != 0 && !problem) problem = strerror(errno);
    return problem;
}

static int cannot_write(struct session *session, const char *path, const char *why)
{
    return session_fail(session, STATUS_SYSTEM, "cannot write `%s`: %s", path, why);
}

static bool same_content(const char *path, const char *data, size_t length)
{
    FILE *file = fopen(path, "rb");
    if (!file) return false;
    char block[16384];
    bool same = true;
    while (same) {
        size_t got = fread(block, 1, sizeof block, file);
        if (got == 0) break;
        same = got <= length && memcmp(block, data, got) == 0;
        data += got;
        length -= same ? got : 0;
    }
    same = same && length == 0 && !ferror(file);
    fclose(file);
    return same;
}

/* A file beside the target that did not exist, with the target's mode if there is one. */
static int write_temporary(struct session *session, struct output *output, const struct stat *old)
{
    int folder = (int)(files_base_name(output->target) - output->target);
    for (unsigned attempt = 0; attempt < 1000; attempt++) {
        const char *name = session_format(session, "%.*s.adc.%d.%u.tmp", folder, output->target,
                                          (int)getpid(), attempt);
        const char *problem = files_write_new(name, output->data, output->length);
        if (problem && errno == EEXIST) continue;
        if (problem) {
            unlink(name);
            return cannot_write(session, output->path, problem);
        }
        if (old) chmod(name, old->st_mode & 07777);
        output->temporary = name;
        output->data = NULL;
        return STATUS_GOOD;
    }
    return cannot_write(session, output->path, "no free temporary name");
}

/* The file behind a link is replaced, not the link. */
static const char *link_target(struct session *session, const char *path)
{
    char *real = realpath(path, NULL);
    if (!real) return path;
    const char *copy = adc_arena_copy(&session->arena, real, strlen(real));
    free(real);
    return copy;
}

static int stage_file(struct session *session, struct output *output)
{
    struct stat old;
    bool exists = stat(output->path, &old) == 0;
    if (!exists && errno != ENOENT) return cannot_write(session, output->path, strerror(errno));
    if (exists && S_ISDIR(old.st_mode))
        return cannot_write(session, output->path, "it is a directory");
    if (exists && access(output->path, W_OK) != 0)
        return cannot_write(session, output->path, strerror(errno));
    if (exists && !S_ISREG(old.st_mode)) return STATUS_GOOD;
    output->target = link_target(session, output->path);
    if (!exists || !same_content(output->target, output->data, output->length))
        return write_temporary(session, output, exists ? &old : NULL);
    output->data = NULL;
    return STATUS_GOOD;
}

int files_stage(struct session *session, const char *path, const char *data, size_t length)
{
    if (strcmp(path, "-") == 0) {
        adc_text_put(&session->out, data, length);
        return STATUS_GOOD;
    }
    struct output output = {.path = path, .target = path, .data = data, .length = length};
    int status = stage_file(session, &output);
    if (status == STATUS_GOOD) ADC_PUSH(&session->arena, session->files.outputs, output);
    return status;
}

static int write_in_place(struct session *session, const struct output *output)
{
    int descriptor = open(output->path, O_WRONLY | O_CLOEXEC);
    if (descriptor < 0) return cannot_write(session, output->path, strerror(errno));
    const char *problem = files_write_all(descriptor, output->data, output->length);
    if (close(descriptor) != 0 && !problem) problem = strerror(errno);
    return problem ? cannot_write(session, output->path, problem) : STATUS_GOOD;
}

int files_commit(struct session *session)
{
    struct files *files = &session->files;
    for (size_t i = 0; i < files->outputs.count; i++) {
        if (!files->outputs.data[i].data) continue;
        int status = write_in_place(session, &files->outputs.data[i]);
        if (status != STATUS_GOOD) return status;
    }
    for (size_t i = 0; i < files->outputs.count; i++) {
        struct output *output = &files->outputs.data[i];
        if (!output->temporary) continue;
        if (rename(output->temporary, output->target) != 0)
            return cannot_write(session, output->path, strerror(errno));
        output->temporary = NULL;
    }
    return STATUS_GOOD;
}

/* -------------------------------------------------------------- private folders */

int files_private_folder(struct session *session, const char **path)
{
    const char *parent = getenv("TMPDIR");
    if (!parent || !*parent) parent = "/tmp";
    const char *wanted = session_format(session, "%s/adc-XXXXXX", parent);
    char *name = adc_arena_copy(&session->arena, wanted, strlen(wanted));
    if (!mkdtemp(name))
        return session_fail(session, STATUS_SYSTEM, "cannot make a temporary folder in `%s`: %s",
                            parent, strerror(errno));
    ADC_PUSH(&session->arena, session->files.folders, name);
    *path = name;
    return STATUS_GOOD;
}

/* Private folders hold plain files only. */
static void remove_folder(const char *path)
{
    DIR *folder = opendir(path);
    if (!folder) return;
    int descriptor = dirfd(folder);
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            unlinkat(descriptor, entry->d_name, 0);
    closedir(folder);
    rmdir(path);
}

void files_discard(struct files *files)
{
    for (size_t i = 0; i < files->outputs.count; i++) {
        if (files->outputs.data[i].temporary) unlink(files->outputs.data[i].temporary);
        files->outputs.data[i].temporary = NULL;
    }
    for (size_t i = 0; i < files->folders.count; i++) remove_folder(files->folders.data[i]);
    files->folders.count = 0;
}
