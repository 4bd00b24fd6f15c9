/* Sources in the file system, for whoever compiles files.
 *
 * errors  a reason as text; out of memory leaves by longjmp, with every file closed
 * threads no state */
#ifndef ADC_RUNTIME_READER_H
#define ADC_RUNTIME_READER_H

#include "frontend/frontend.h"

/* Reads imported files; `folders` must outlive the loader. */
struct fe_loader reader_files(const char *const *folders, size_t count);

#endif
