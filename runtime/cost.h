/* What code costs before it runs: workspace, stack, statements, operations, constants.
 *
 * flops    operators of reals, one each whatever they are; of an `if` the dearer arm; loops as if
 *          they took all passes, those whose length depends on another index as if it were always
 *          the greatest. So an upper bound, exact for rectangular loops without choices
 * stack    of emitted code, without what functions of the C library use: every value of a function
 *          counts as if it had a place of its own
 * owner    the arena of whoever asks */
#ifndef ADC_RUNTIME_COST_H
#define ADC_RUNTIME_COST_H

#include "backend/emit_c.h"

/* count times the product of the lengths, closed ints of the function's graph by increasing id. */
struct cost_term {
    uint64_t count;
    const struct adc_node *const *lengths;
    uint32_t length_count;
};

struct cost {
    const struct loop_program *program;
    uint64_t statements;
    uint64_t stack;     /* bytes */
    uint64_t constants; /* bytes of the real numbers in the code */
    ADC_VEC(struct cost_term) flops;
    bool unbounded;   /* a loop whose length depends on data is left out of flops */
    const char *work; /* bytes of workspace: "40 + 8*N" */
    bool sized;       /* they depend on the sizes */
};

/* costs[i] of program i of the unit; false after errors (diagnostics of the unit). */
bool cost_of_unit(const struct emit_c_unit *unit, struct cost *costs);

/* "12 + 3*N*K" */
void cost_put_flops(const struct cost *cost, struct adc_text *out);

/* At values of the parameters, of which scalar ints alone matter. SIZE_MAX, UINT64_MAX: too
 * many. */
uint64_t cost_flops_at(const struct cost *cost, const union adc_value *inputs,
                       struct adc_arena *scratch);
size_t cost_work_at(const struct loop_program *program, const union adc_value *inputs,
                    struct adc_arena *scratch);

#endif
