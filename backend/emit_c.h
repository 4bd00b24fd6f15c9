/* The C emitter: source, header and manifest of loop programs.
 *
 * in       the products (value, grad, ...) of all exported functions in source order; those of one
 *          function stand together (equal function->name, different function->symbol)
 * out      C99 that is also C11 and C17, whose header is also C++17; the contract of the generated
 *          code is written down in docs (architecture, section 6)
 * errors   E45 where an exported function makes a symbol of another
 * cost     time and memory linear in the size of the programs
 * law      the same unit gives the same bytes */
#ifndef ADC_BACKEND_EMIT_C_H
#define ADC_BACKEND_EMIT_C_H

#include "ir/loop.h"

enum { C_CONVENTION = 1 /* number of the calling convention; in f_abi and the manifest */ };

struct emit_c_unit {
    const char *source_name; /* the .ad file, for comments, status texts and #line */
    const char *header_name; /* as the source includes it */
    const char *prefix;      /* "" or text before every exported symbol */
    bool no_malloc, accumulate, line_directives;
    const struct loop_program *const *programs;
    size_t count;
    struct adc_diags *diags; /* takes E45; knows the lines of spans */
    struct adc_arena *arena;
};

/* Appends to the three texts; `manifest` may be NULL. False after errors. */
bool emit_c(const struct emit_c_unit *unit, struct adc_text *source, struct adc_text *header,
            struct adc_text *manifest);

/* A size in terms of the function's parameters, for documentation: "D*(D + 1) div 2"; what is too
 * long is cut. */
void c_put_size(const struct adc_function *function, const struct adc_node *size,
                struct adc_text *out);

#endif
