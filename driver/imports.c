/* Files are read by the library's reader, with the folders of -I. */
#include "driver/imports.h"

#include "driver/session.h"
#include "runtime/reader.h"

struct fe_loader imports_loader(struct session *session)
{
    const struct option_list *folders = &session->options.folders;
    return reader_files(folders->data, folders->count);
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
