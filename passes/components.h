/* Which components of loops are asked for: those whose FINAL or STATE something needs that is
 * needed itself. */
#ifndef ADC_PASSES_COMPONENTS_H
#define ADC_PASSES_COMPONENTS_H

#include "ir/function.h"

/* Marks, by id, what the roots of the function need; `live` is zeros. LOOPs are not marked: who
 * needs a FINAL or a STATE needs what its component is made of, and index and guard of the loop. */
void components_live(const struct adc_function *function, uint8_t *live, struct adc_arena *scratch);

#endif
