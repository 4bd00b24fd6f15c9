/* Canonical layout of a source text: what `adc fmt` prints. The rules are in docs/formatting.md.
 *
 * Works on the tokens that layout.c passes to the grammar and on the comments between them, so it
 * takes everything that parses, whether or not it has a meaning.
 *
 * invariants  formatting twice is formatting once; the formatted text has the same tree, which is
 *             checked by parsing it again
 * errors      syntax errors are diagnostics; the result is then false
 * cost        linear in the text; no recursion */
#ifndef ADC_FRONTEND_FORMAT_H
#define ADC_FRONTEND_FORMAT_H

#include "base/diag.h"
#include "base/name.h"

/* The formatted text of source number `source`. False after syntax errors, and (without a
 * diagnostic) if the formatted text would mean something else, which is an error of the
 * formatter. */
bool fe_format(struct adc_arena *arena, struct adc_names *names, struct adc_diags *diags,
               uint32_t source, struct adc_text *out);

#endif
