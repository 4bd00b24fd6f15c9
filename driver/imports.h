/* How the compiler gets imported files: beside the importing file, along -I.
 *
 * owner    the session */
#ifndef ADC_DRIVER_IMPORTS_H
#define ADC_DRIVER_IMPORTS_H

#include "frontend/frontend.h"

struct session;

/* A loader that reads from the file system, with the folders of the session's options. */
struct fe_loader imports_loader(struct session *session);

/* Paths of the files that the last compilation imported. */
size_t imports_count(const struct session *session);
const char *imports_path(const struct session *session, size_t index);

#endif
